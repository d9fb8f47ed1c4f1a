"""Detaches what a compute of a workspace stands for before azure-native deletes the compute.

ARM's deletion of a compute has a required parameter that says what becomes of what is attached: `Delete` or `Detach`.
azure-native sends none, and what the service then does is not documented. So this resource, which depends on the
compute and therefore goes first, deletes it with `Detach`; azure-native then finds nothing to delete.
"""

from typing import Any

import pulumi
from pulumi.dynamic import CreateResult, DiffResult, Resource

from .provider import ArmProvider, difference

API_VERSION = "2025-12-01"
"""That of the azure-native version that this library is built with."""


class ComputeDetachProvider(ArmProvider):
    """Does nothing but for its deletion."""

    def create(self, props: Any) -> CreateResult:
        """There is a compute to detach later."""
        return CreateResult(id_=props["compute_id"], outs=props)

    def diff(self, _id: str, olds: Any, news: Any) -> DiffResult:
        """Another compute, or the same made anew, is detached by itself: in a preview its id is unknown."""
        return difference(olds, news, "compute_id")

    def delete(self, _id: str, props: Any) -> None:
        """Detaches, and waits until the workspace knows the compute no more."""
        self.resource_manager(props).delete(props["compute_id"], API_VERSION, underlyingResourceAction="Detach")


class ComputeDetach(Resource, module="azure-mlplatform", name="ComputeDetach"):
    """Goes before the compute does, and detaches what it stands for."""

    provider: type[ComputeDetachProvider] = ComputeDetachProvider
    """Whose name is kept in the state."""

    def __init__(
        self, name: str, *, compute_id: "pulumi.Input[str]", tenant_id: str, opts: pulumi.ResourceOptions
    ) -> None:
        super().__init__(self.provider(), name, {"compute_id": compute_id, "tenant_id": tenant_id}, opts)
