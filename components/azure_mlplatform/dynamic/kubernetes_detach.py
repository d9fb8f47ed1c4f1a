"""Detaches a Kubernetes cluster, with the class names that existing states contain; see compute_detach."""

from .compute_detach import ComputeDetach, ComputeDetachProvider


class KubernetesDetachProvider(ComputeDetachProvider):
    """Does nothing until it is deleted."""


class KubernetesDetach(ComputeDetach, module="azure-mlplatform", name="KubernetesDetach"):
    """Is deleted before the compute, and then detaches the cluster."""

    provider = KubernetesDetachProvider
