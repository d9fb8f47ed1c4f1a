"""Detaches what a compute of a workspace stands for before azure-native deletes the compute.

ARM's deletion of a compute has a required parameter that says what becomes of what is attached: `Delete` or `Detach`.
azure-native sends none, and what the service then does is not documented. So a resource of this provider, which depends
on the compute and therefore goes first, deletes it with `Detach`; azure-native then finds nothing to delete.
"""

from typing import Any

from pulumi.dynamic import CreateResult, DiffResult

from .provider import ArmProvider

API_VERSION = "2025-12-01"
"""That of the azure-native version that this library is built with."""


class ComputeDetachProvider(ArmProvider):
    """Does nothing but for its deletion."""

    def create(self, props: Any) -> CreateResult:
        """There is a compute to detach later."""
        return CreateResult(id_=props["compute_id"], outs=props)

    def diff(self, _id: str, olds: Any, news: Any) -> DiffResult:
        """Another compute, or the same made anew, is detached by itself: in a preview its id is unknown."""
        replaces = [] if olds.get("compute_id") == news.get("compute_id") else ["compute_id"]
        changed = bool(replaces) or olds.get("tenant_id") != news.get("tenant_id")
        return DiffResult(changes=changed, replaces=replaces, delete_before_replace=True)

    def delete(self, _id: str, props: Any) -> None:
        """Detaches it, and waits until the workspace knows it no more."""
        self.resource_manager(props).delete(props["compute_id"], API_VERSION, underlyingResourceAction="Detach")
