"""The answers of the emulated Azure: ids, principals and addresses of resources that do not exist yet.

Only the types in `resource_types/` are emulated. All other values stay unknown, as in a first preview.
"""

from collections.abc import Mapping
from typing import Any

from ..foundation.values import name_of
from ..resource_types import resource_type
from ..resource_types.resource_type import UNKNOWN, Inputs, stable_guid

SUBSCRIPTION = "00000000-0000-0000-0000-000000000001"
"""The subscription of resources that have no explicit provider, as in a test."""


def _identity(urn: str, inputs: Inputs) -> dict[str, Any]:
    """The `identity` block as Azure returns it. User-assigned identities go in as a list and come out as a map."""
    given = inputs.get("identity")
    if not isinstance(given, Mapping):
        return {}
    added: dict[str, Any] = {"type": given.get("type")}
    if "SystemAssigned" in str(given.get("type")):
        added |= {"principalId": stable_guid(f"{urn} principal"), "tenantId": stable_guid("tenant")}
    if given.get("userAssignedIdentities"):
        added["userAssignedIdentities"] = {
            each: {"principalId": stable_guid(f"{each} principal"), "clientId": stable_guid(f"{each} client")}
            for each in given["userAssignedIdentities"]
        }
    return {"identity": added}


def emulate(type_: str, urn: str, inputs: Inputs, subscription: str) -> tuple[str, dict[str, Any]]:
    """The emulated id and outputs of a resource. An empty id means unknown."""
    record = resource_type(type_)
    outputs = _identity(urn, inputs) | record.outputs(urn, inputs)
    if not record.id:
        return "", outputs
    try:
        id_ = record.id.format_map({**inputs, "subscription": subscription, "name_in_program": urn.rsplit("::", 1)[-1]})
    except KeyError:
        return "", outputs
    if UNKNOWN in id_:
        return "", outputs
    return id_, {**outputs, "name": name_of(id_)} if id_.startswith("/") else outputs
