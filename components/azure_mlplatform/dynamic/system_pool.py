"""Keeps the system pool of a cluster as the settings want it.

A new cluster is made with its system pool, so the pool cannot be a resource of azure-native too. And it cannot be
changed as a part of the cluster: AKS adds the pools that are made apart to the same list and decides their order, so a
place in the list is now this pool, now another. This resource changes the pool by its name.
"""

from typing import Any

import pulumi
from pulumi.dynamic import CreateResult, DiffResult, ReadResult, Resource, UpdateResult

from ..foundation.values import name_of
from .arm import ArmError, ResourceManager
from .provider import ArmProvider, difference

API_VERSION = "2025-09-01"
"""The API version of the azure-native version of this library."""

_DONE = ("Succeeded", "Failed", "Canceled")


class SystemPoolProvider(ArmProvider):
    """Changes the properties of a pool, and detects that somebody changed them."""

    def create(self, props: Any) -> CreateResult:
        """Takes over the pool that the cluster was made with."""
        self._put(self.resource_manager(props), props)
        return CreateResult(id_=_id(props), outs=props)

    def read(self, id_: str, props: Any) -> ReadResult:
        """The pool's current properties, or an empty id if the pool is gone. Needs only read access."""
        found = self.resource_manager(props).get(_id(props), API_VERSION)
        if found is None:
            return ReadResult(id_="", outs={})
        return ReadResult(id_, {**props, "properties": _shown(found, props)})

    def diff(self, _id: str, olds: Any, news: Any) -> DiffResult:
        """An update if a property differs, a replacement for the pool of another cluster."""
        return difference(olds, news, "cluster_id", "pool")

    def update(self, _id: str, _olds: Any, news: Any) -> UpdateResult:
        """Changes the pool."""
        self._put(self.resource_manager(news), news)
        return UpdateResult(outs=news)

    @staticmethod
    def _put(arm: ResourceManager, props: Any) -> None:
        """Writes the pool with the wanted properties, unless it has them. Raises ArmError if it does not exist."""
        path = _id(props)
        found = arm.get(path, API_VERSION)
        if found is None:
            raise ArmError(f"{path} does not exist: the cluster was made with another system pool")
        if _shown(found, props) == props["properties"]:
            return
        arm.put(path, API_VERSION, {"properties": {**found["properties"], **props["properties"]}})
        found = arm.wait(lambda: arm.get(path, API_VERSION), lambda each: each is None or _state(each) in _DONE)
        if found is None or _state(found) != "Succeeded":
            raise ArmError(f"pool '{name_of(path)}' was changed, but its provisioning is {_state(found)}")


def _id(props: Any) -> str:
    return f"{props['cluster_id']}/agentPools/{props['pool']}"


def _shown(found: Any, props: Any) -> dict[str, Any]:
    """The current values of the properties that are kept."""
    return {key: found["properties"].get(key) for key in props["properties"]}


def _state(found: Any) -> Any:
    return found and found["properties"].get("provisioningState")


class SystemPool(Resource, module="azure-mlplatform", name="SystemPool"):
    """The system pool of a cluster. `properties` are those to keep, in ARM's words.

    Deletion does nothing: the pool goes with its cluster.
    """

    def __init__(
        self,
        name: str,
        *,
        cluster_id: "pulumi.Input[str]",
        pool: str,
        properties: dict[str, Any],
        tenant_id: str,
        opts: pulumi.ResourceOptions,
    ) -> None:
        props = {"cluster_id": cluster_id, "pool": pool, "properties": properties, "tenant_id": tenant_id}
        super().__init__(SystemPoolProvider(), name, props, opts)
