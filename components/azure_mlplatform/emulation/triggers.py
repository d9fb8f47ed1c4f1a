"""Triggers of Data Factory: what starting, stopping and subscribing do, and how long Azure works on them.

Sources: Learn, "Triggers - REST API (Azure Data Factory)", and its "Sample pre- and post-deployment script", read
2026-11-27. That a trigger of blob events refuses actions while Event Grid works on its subscription, from the first
write on: Azure/Azure-DataFactory#612, hashicorp/terraform-provider-azurerm#32570, #31928,
Azure-Player/azure.datafactory.tools#484, read 2026-11-28.
"""

from typing import Any

from ..foundation.values import name_of
from .azure import Azure, error_of
from .long_operations import LongOperations
from .loopback import Answer, Call
from .refusal import AzureError
from .world import ACTIONS, Held

_ACTIONS = {each.lower(): each for each in ACTIONS}
_OF_EVERY_TRIGGER = ("type", "description", "annotations", "pipeline", "pipelines")
"""The properties of a trigger that do not depend on its type. azure-native writes the others beside them."""

_ENABLED = "Enabled"


def definition(held: Held) -> dict[str, Any]:
    """A trigger's properties as ARM shows them."""
    flat = held.body.get("properties", {})
    own = {key: flat[key] for key in _OF_EVERY_TRIGGER if key in flat}
    return {**own, "typeProperties": {key: value for key, value in flat.items() if key not in _OF_EVERY_TRIGGER}}


def act(azure: Azure, operations: LongOperations, call: Call, id_: str) -> Answer:
    """The answer to an action on a trigger."""
    action = _ACTIONS[call.path.rsplit("/", 1)[-1].lower()]
    if call.method != "POST":
        raise AzureError(405, "MethodNotAllowed", f"{call.method} of {call.path} is not allowed.")
    with azure.acting(action, id_) as fault:
        held = azure.world.get(id_)
        if held is None:
            raise AzureError(404, "TriggerNotFound", "The document could not be retrieved: it does not exist.")
        if action == "getEventSubscriptionStatus":
            operations.was_read(id_)
            body = {"triggerName": name_of(id_), "status": held.state["subscription"]}
            return Answer(body=body, headers=(("Retry-After", "0.01"),))
        if held.state.get("refusals", 0) > 0:
            held.state["refusals"] -= 1
            text = "Resource cannot be updated during provisioning"
            raise AzureError(400, "BadRequest", text, headers=(("Retry-After", "0.01"),))
        azure.world.log.append((action, held.id))
        carry_out = _EFFECTS[action](held)
        return operations.accept(
            id_,
            None if fault and fault.lost else carry_out,
            status=_STATUS.get(action, 202),
            failure=error_of(fault) if fault and fault.late else None,
        )


def _start(held: Held) -> Any:
    if held.body.get("properties", {}).get("type") == "BlobEventsTrigger" and held.state["subscription"] != _ENABLED:
        raise AzureError(400, "TriggerNotSubscribed", "The trigger is not subscribed to its events.")
    return lambda: held.read_only["properties"].update(runtimeState="Started")


def _stop(held: Held) -> Any:
    return lambda: held.read_only["properties"].update(runtimeState="Stopped")


def _subscribe(held: Held) -> Any:
    held.state["subscription"] = "Provisioning"
    # The subscription is made from the definition of this moment, and keeps it when the trigger changes.
    return lambda: held.state.update(subscription=_ENABLED, subscribed_to=definition(held))


def _unsubscribe(held: Held) -> Any:
    held.state["subscription"] = "Deprovisioning"
    return lambda: held.state.update(subscription="Disabled", subscribed_to=None)


_EFFECTS = {
    "start": _start,
    "stop": _stop,
    "subscribeToEvents": _subscribe,
    "unsubscribeFromEvents": _unsubscribe,
}
_STATUS = {"start": 200, "stop": 200}
"""Action → the status by which Azure accepts it. 202 otherwise."""
