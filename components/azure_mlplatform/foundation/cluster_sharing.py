"""Whose a Kubernetes cluster is: the words for it, in settings, on tags and in messages."""

from enum import StrEnum

from .problems import Problem
from .violations import Path

CLUSTER_CLAIM = "mlplatform-attached-to"
"""Tag of a cluster: the workspace, by id, that it is alone for, or `shared`. Other repositories read it."""

ATTACH = "mlplatform-attach"
"""Tag of an attached cluster's compute: `exclusive` or `shared`."""

POOL_LABEL = "kubernetes.azure.com/agentpool"
"""The label by which AKS marks the nodes of a pool."""


class Attach(StrEnum):
    """Whose a cluster is."""

    EXCLUSIVE = "exclusive"
    """One workspace's alone."""

    SHARED = "shared"
    """Several workspaces', with a namespace each. The tag on such a cluster says so with this word."""


def second_attach(at: Path, cluster: str, one: str, other: str) -> Problem:
    """The problem of two workspaces that attach one cluster, where one of them wants it alone."""
    return Problem(
        at,
        f"{cluster} is attached {one}, and {other}: a second workspace breaks the first one's scoring",
        "Give each workspace a cluster, or set attach: shared in both, for a namespace each",
    )
