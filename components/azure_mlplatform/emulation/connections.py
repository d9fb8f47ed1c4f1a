"""Private endpoint connections: what a target lists, who approved them, and when an endpoint notices.

Sources: Learn, "Private Endpoint Connections - List" and "- Put", "Managed Private Endpoints - Get" (Data Factory),
read 2026-11-27. Assumed: an endpoint never shows an approval that came before it was provisioned, and the number of
reads that each step takes.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple
from uuid import NAMESPACE_URL, uuid5

from ..foundation.values import name_of
from .behaviour import MANAGED_ENDPOINT, PRIVATE_ENDPOINT
from .values import first_at, values_at
from .world import OUTSIDE, Held, World

_MICROSOFTS = "/subscriptions/ms/resourceGroups/vnet/privateEndpoints"
"""Where Azure makes the private endpoints of managed networks."""

_READS_TO_PROVISION, _READS_TO_NOTICE = 2, 2


class Connection(NamedTuple):
    """A connection at a target."""

    name: str
    target: str
    endpoint: str
    """The id of the private endpoint that it comes from. Empty: it is gone."""

    source: Held
    """The resource that the connection goes with."""

    state: dict[str, Any]
    """`status` and `description`."""

    def as_json(self) -> dict[str, Any]:
        """The connection as the target shows it."""
        state = {"status": "Pending", "description": "", "actionRequired": "None", **self.state}
        return {
            "id": f"{self.target}/privateEndpointConnections/{self.name}",
            "name": self.name,
            "properties": {
                "privateEndpoint": {"id": self.endpoint} if self.endpoint else None,
                "privateLinkServiceConnectionState": state,
                "provisioningState": "Succeeded",
            },
        }

    def put(self, properties: dict[str, Any]) -> None:
        """Approves or rejects the connection, as the target's owner."""
        self.state.update(properties["privateLinkServiceConnectionState"])
        if self.source.type == MANAGED_ENDPOINT and _provisioning(self.source) != "Succeeded":
            self.source.state["early"] = True


def at(world: World, target: str) -> Iterator[Connection]:
    """The connections of a target: of managed endpoints, of private endpoints, and of others' that it was given."""
    for each in world.of_type(MANAGED_ENDPOINT):
        if str(first_at(each.body, "properties.privateLinkResourceId")).lower() == target.lower():
            factory, _, _ = each.id.partition("/managedVirtualNetworks/")
            endpoint = f"{_MICROSOFTS}/{name_of(factory)}.{name_of(each.id)}"
            yield Connection(_name(each), target, endpoint, each, each.state["connection"])
    for each in world.of_type(PRIVATE_ENDPOINT):
        asked = (
            ("privateLinkServiceConnections", "Approved"),
            ("manualPrivateLinkServiceConnections", "Pending"),
        )
        for path, status in asked:
            ids = (value for _, value in values_at(each.body, f"{path}[].properties.privateLinkServiceId"))
            if target.lower() in (str(value).lower() for value in ids):
                state = each.state.setdefault("connection", {"status": status})
                yield Connection(_name(each), target, each.id, each, state)
    prefix = f"{target.lower()}/privateendpointconnections/"
    for each in world.of_type(OUTSIDE):
        if each.id.lower().startswith(prefix):
            yield Connection(name_of(each.id), target, each.body["endpoint"], each, each.state)


def shown_by_endpoint(endpoint: Held) -> dict[str, Any]:
    """The states that a managed private endpoint shows, one read nearer to their end."""
    state = endpoint.state
    reads = state["reads"] = state.get("reads", 0) + 1
    shown: dict[str, Any] = {"provisioningState": _provisioning(endpoint)}
    # It shows Pending before it is provisioned, and what becomes of its connection some reads later.
    if reads >= _READS_TO_PROVISION:
        known, status = state.get("known", "Pending"), state["connection"]["status"]
        if status != known and not (status == "Approved" and state.get("early")):
            state["unnoticed"] = state.get("unnoticed", 0) + 1
            if state["unnoticed"] >= state.get("notices_after", _READS_TO_NOTICE):
                state["known"] = known = status
                state["unnoticed"] = 0
        shown["connectionState"] = {"status": known}
    return shown


def _provisioning(endpoint: Held) -> str:
    if endpoint.state.get("failed"):
        return "Failed"
    return "Succeeded" if endpoint.state.get("reads", 0) > _READS_TO_PROVISION else "Provisioning"


def _name(source: Held) -> str:
    """Azure chooses the name, and a part of it by chance."""
    return f"{name_of(source.id)}.{uuid5(NAMESPACE_URL, source.id.lower())}"
