"""Detaches a Spark pool from a workspace before azure-native deletes the compute; see compute_detach."""

import pulumi
from pulumi.dynamic import Resource

from .compute_detach import ComputeDetachProvider


class SparkDetachProvider(ComputeDetachProvider):
    """The name that states of Spark pools have in them."""


class SparkDetach(Resource, module="azure-mlplatform", name="SparkDetach"):
    """Goes before the compute does, and detaches the pool."""

    def __init__(
        self, name: str, *, compute_id: "pulumi.Input[str]", tenant_id: str, opts: pulumi.ResourceOptions
    ) -> None:
        super().__init__(SparkDetachProvider(), name, {"compute_id": compute_id, "tenant_id": tenant_id}, opts)
