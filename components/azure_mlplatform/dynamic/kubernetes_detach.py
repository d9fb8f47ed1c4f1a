"""The detaching of a Kubernetes cluster, by the names that states have in them; see compute_detach."""

from .compute_detach import ComputeDetach, ComputeDetachProvider


class KubernetesDetachProvider(ComputeDetachProvider):
    """Does nothing but for its deletion."""


class KubernetesDetach(ComputeDetach, module="azure-mlplatform", name="KubernetesDetach"):
    """Goes before the compute does, and detaches the cluster."""

    provider = KubernetesDetachProvider
