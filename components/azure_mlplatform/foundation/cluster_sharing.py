"""Names for the ownership of a Kubernetes cluster in settings, tags and messages."""

from enum import StrEnum

from .problems import Problem
from .violations import Path

CLUSTER_CLAIM = "mlplatform-attached-to"
"""Tag of a cluster: the id of the only workspace that may use it, or `shared`. Other repositories read it."""

ATTACH = "mlplatform-attach"
"""Tag of the compute of an attached cluster: `exclusive` or `shared`."""

POOL_LABEL = "kubernetes.azure.com/agentpool"
"""The label that AKS puts on the nodes of a pool."""


class Attach(StrEnum):
    """Who may use a cluster."""

    EXCLUSIVE = "exclusive"
    """One workspace only."""

    SHARED = "shared"
    """Several workspaces, each with its own namespace. The tag of a shared cluster has this value."""


def second_attach(at: Path, cluster: str, one: str, other: str) -> Problem:
    """The problem of two workspaces that attach one cluster although one of them needs it exclusively."""
    return Problem(
        at,
        f"{cluster} is attached {one}, and {other}: a second workspace breaks the first one's scoring",
        "Give each workspace its own cluster, or set attach: shared in both, so that each gets its own namespace",
    )
