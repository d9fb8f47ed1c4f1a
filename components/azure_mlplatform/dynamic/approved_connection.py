"""Approves the private endpoint connection that a data factory's managed private endpoint requests.

Azure makes such an endpoint in Microsoft's network, and its connection waits at the target for the owner's approval.
Azure chooses the connection's name, so the connection is found by its private endpoint, which Data Factory names
`{factory}.{managed private endpoint}`. This is unique, because factory names are unique in all of Azure.
"""

from typing import Any, Optional

import pulumi
from pulumi.dynamic import CreateResult, DiffResult, ReadResult, Resource, UpdateResult

from ..foundation.values import name_of
from .arm import ArmError, ResourceManager
from .provider import ArmProvider, difference

FACTORY_API_VERSION = "2018-06-01"
"""The only API version of Data Factory."""
TARGET_API_VERSIONS = {
    "Microsoft.MachineLearningServices/workspaces": "2025-12-01",
    "Microsoft.Storage/storageAccounts": "2024-01-01",
}
"""Kind of target → API version of its connections, as in the azure-native version of this library."""

_PENDING, _APPROVED = "Pending", "Approved"
_OVER = ("Rejected", "Disconnected")
_ANEW = "The connection was ended: delete the managed private endpoint and create it again"


class ApproveConnectionProvider(ArmProvider):
    """Approves a connection, and detects that it was ended."""

    def create(self, props: Any) -> CreateResult:
        """Waits until the endpoint is pending, approves its connection, and waits until the endpoint is approved."""
        return CreateResult(id_=props["endpoint_id"], outs=self._approved(props))

    def read(self, id_: str, props: Any) -> ReadResult:
        """The connection's current status, or an empty id if the endpoint is gone."""
        found = _endpoint(self.resource_manager(props), props["endpoint_id"])
        return ReadResult(id_="", outs={}) if found is None else ReadResult(id_, {**props, "status": _status(found)})

    def diff(self, _id: str, olds: Any, news: Any) -> DiffResult:
        """An update if it is no longer approved, a replacement for another or a recreated endpoint."""
        return difference(olds, news, "endpoint_id", "target_id", drifted=olds["status"] != _APPROVED)

    def update(self, _id: str, _olds: Any, news: Any) -> UpdateResult:
        """Approves the connection again."""
        return UpdateResult(outs=self._approved(news))

    def _approved(self, props: Any) -> dict[str, Any]:
        endpoint_id, target_id = props["endpoint_id"], props["target_id"]
        api_version = _api_version(target_id)
        arm = self.resource_manager(props)
        # Wait first: a connection that is approved before the endpoint is provisioned may never become ready.
        if _awaited(arm, endpoint_id, _PENDING, _APPROVED) == _PENDING:
            connection = _connection(arm, endpoint_id, target_id, api_version)
            ours = _state(connection).get("status") == _PENDING
            if ours:
                _put(arm, connection, api_version, _APPROVED)
            try:
                _awaited(arm, endpoint_id, _APPROVED)
            except ArmError:
                # The endpoint does not know of it, so this was another's connection.
                if ours:
                    _put(arm, connection, api_version, "Rejected")
                raise
        return {**props, "status": _APPROVED}


def _endpoint(arm: ResourceManager, endpoint_id: str) -> Optional[Any]:
    """The endpoint, or None if it is gone: Data Factory then answers 400, so that only its list tells.

    Source: hashicorp/terraform-provider-azurerm#12618, read 2026-11-28.
    """
    try:
        return arm.get(endpoint_id, FACTORY_API_VERSION)
    except ArmError as error:
        listed = arm.list(endpoint_id.rpartition("/")[0], FACTORY_API_VERSION) if error.status == 400 else None
        names = [str(each.get("name")).lower() for each in listed or []]
        if error.status != 400 or name_of(endpoint_id).lower() in names:
            raise
        return None


def _put(arm: ResourceManager, connection: Any, api_version: str, status: str) -> None:
    state = {**_state(connection), "status": status, "description": f"{status} by azure-mlplatform"}
    properties = {**connection["properties"], "privateLinkServiceConnectionState": state}
    arm.put(connection["id"], api_version, {**connection, "properties": properties})


def _api_version(target_id: str) -> str:
    kind = "/".join(target_id.split("/")[6:8])
    for known, api_version in TARGET_API_VERSIONS.items():
        if kind.lower() == known.lower():
            return api_version
    raise ArmError(f"{target_id} is a '{kind}'; connections are approved on: {', '.join(TARGET_API_VERSIONS)}")


def _awaited(arm: ResourceManager, endpoint_id: str, *wanted: str) -> str:
    """The endpoint's status as soon as it is provisioned and its status is `wanted`. Raises ArmError if it never is."""

    def reached(found: Any, *statuses: str) -> bool:
        return _provisioning(found) == "Succeeded" and _status(found) in statuses

    found = arm.wait(
        lambda: _endpoint(arm, endpoint_id),
        lambda each: each is None or _provisioning(each) == "Failed" or reached(each, *wanted, *_OVER),
    )
    if found is None:
        raise ArmError(f"{endpoint_id} does not exist: create the managed private endpoint before it is approved")
    if not reached(found, *wanted):
        raise ArmError(
            f"{endpoint_id} should be {' or '.join(wanted)}, but its provisioning is {_provisioning(found)} and its "
            f"connection is {_status(found)}" + (f". {_ANEW}" if _status(found) in _OVER else "")
        )
    return _status(found)


def _connection(arm: ResourceManager, endpoint_id: str, target_id: str, api_version: str) -> Any:
    """The endpoint's connection at the target, found by its source."""
    listed = arm.list(f"{target_id}/privateEndpointConnections", api_version)
    if listed is None:
        raise ArmError(f"{target_id} does not exist")
    factory_id, _, _ = endpoint_id.partition("/managedVirtualNetworks/")
    source = f"{name_of(factory_id)}.{name_of(endpoint_id)}"
    found = [each for each in listed if _source(each).lower() == source.lower()]
    if len(found) != 1:
        raise ArmError(f"{target_id} has {len(found)} connections from '{source}'; it must have exactly one")
    below, id_ = f"{target_id}/privateEndpointConnections/".lower(), str(found[0].get("id"))
    if not id_.lower().startswith(below) or "/" in id_[len(below) :]:
        raise ArmError(f"the connection from '{source}' has an id that is not below {target_id}")
    if _state(found[0]).get("status") in _OVER:
        raise ArmError(f"the connection from '{source}' to {target_id} is {_state(found[0])['status']}. {_ANEW}")
    return found[0]


def _part(whole: Any, *names: str) -> Any:
    """Follows names into an object. Returns an empty object where one is missing: an answer may lack any part."""
    for name in names:
        whole = whole.get(name) if isinstance(whole, dict) else None
    return {} if whole is None else whole


def _source(connection: Any) -> str:
    return name_of(str(_part(connection, "properties", "privateEndpoint", "id") or ""))


def _state(connection: Any) -> dict[str, Any]:
    found = _part(connection, "properties", "privateLinkServiceConnectionState")
    return found if isinstance(found, dict) else {}


def _provisioning(endpoint: Any) -> str:
    return str(_part(endpoint, "properties", "provisioningState") or "unknown")


def _status(endpoint: Any) -> str:
    return str(_part(endpoint, "properties", "connectionState", "status") or "unknown")


class ApproveConnection(Resource, module="azure-mlplatform", name="ApproveConnection"):
    """The approval of a data factory's managed private endpoint at the target.

    `endpoint_id` is the ARM id as an output of the endpoint, so that a replaced endpoint is approved again. `target_id`
    is the resource that it connects to, of a kind in TARGET_API_VERSIONS. Deletion does nothing: the connection is
    deleted with its endpoint.
    """

    def __init__(
        self,
        name: str,
        *,
        endpoint_id: "pulumi.Input[str]",
        target_id: "pulumi.Input[str]",
        tenant_id: str,
        opts: pulumi.ResourceOptions,
    ) -> None:
        props = {"endpoint_id": endpoint_id, "target_id": target_id, "tenant_id": tenant_id}
        super().__init__(ApproveConnectionProvider(), name, props, opts)
