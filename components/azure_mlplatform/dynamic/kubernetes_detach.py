"""Detaches a Kubernetes cluster from a workspace before azure-native deletes the compute; see compute_detach."""

import pulumi
from pulumi.dynamic import Resource

from .compute_detach import ComputeDetachProvider


class KubernetesDetachProvider(ComputeDetachProvider):
    """The name that states of clusters have in them."""


class KubernetesDetach(Resource, module="azure-mlplatform", name="KubernetesDetach"):
    """Goes before the compute does, and detaches the cluster."""

    def __init__(
        self, name: str, *, compute_id: "pulumi.Input[str]", tenant_id: str, opts: pulumi.ResourceOptions
    ) -> None:
        super().__init__(KubernetesDetachProvider(), name, {"compute_id": compute_id, "tenant_id": tenant_id}, opts)
