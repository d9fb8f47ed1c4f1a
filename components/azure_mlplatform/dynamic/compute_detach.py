"""Detaches the resource behind a workspace's compute before azure-native deletes the compute.

ARM requires a parameter to delete a compute, which decides about the attached resource: `Delete` or `Detach`.
azure-native does not send it, and the result is not documented. So this resource, which depends on the compute and is
therefore deleted first, deletes the compute with `Detach`; azure-native then finds nothing to delete.
"""

from typing import Any

import pulumi
from pulumi.dynamic import CreateResult, DiffResult, Resource

from .provider import ArmProvider, difference

API_VERSION = "2025-12-01"
"""The API version of the azure-native version of this library."""


class ComputeDetachProvider(ArmProvider):
    """Does nothing until it is deleted."""

    def create(self, props: Any) -> CreateResult:
        """Keeps the compute's id for the deletion."""
        return CreateResult(id_=props["compute_id"], outs=props)

    def diff(self, _id: str, olds: Any, news: Any) -> DiffResult:
        """A replacement for another or a recreated compute, whose id is unknown in a preview."""
        return difference(olds, news, "compute_id")

    def delete(self, _id: str, props: Any) -> None:
        """Detaches, and waits until the workspace no longer has the compute."""
        self.resource_manager(props).delete(props["compute_id"], API_VERSION, underlyingResourceAction="Detach")


class ComputeDetach(Resource, module="azure-mlplatform", name="ComputeDetach"):
    """Is deleted before the compute, and then detaches the resource behind it."""

    provider: type[ComputeDetachProvider] = ComputeDetachProvider
    """The provider's class. The state keeps its name."""

    def __init__(
        self, name: str, *, compute_id: "pulumi.Input[str]", tenant_id: str, opts: pulumi.ResourceOptions
    ) -> None:
        super().__init__(self.provider(), name, {"compute_id": compute_id, "tenant_id": tenant_id}, opts)
