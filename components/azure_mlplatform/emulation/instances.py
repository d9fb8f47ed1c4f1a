"""Compute instances: what starting and stopping them does.

Sources: `Compute - Start`, `Compute - Stop` and ComputeInstanceState in Azure's management library for JavaScript
(@azure/arm-machinelearning), read 2026-11-28. The code of a refusal is assumed.
"""

from typing import Any

from ..foundation.values import name_of
from .azure import Azure, error_of
from .long_operations import LongOperations
from .loopback import Answer, Call
from .refusal import AzureError
from .world import Held

ACTIONS = ("start", "stop")
_AFTER = {"start": "Running", "stop": "Stopped"}
_DURING = {"start": "Starting", "stop": "Stopping"}


def is_instance(held: Held) -> bool:
    """Whether a compute is one person's machine."""
    return held.body.get("properties", {}).get("computeType") == "ComputeInstance"


def shown(body: dict[str, Any], held: Held) -> dict[str, Any]:
    """An instance in ARM's shape, with its state. A new one runs."""
    properties = body["properties"]
    own = {**properties.get("properties", {}), "state": held.state.get("power", "Running")}
    return {**body, "properties": {**properties, "properties": own}}


def act(azure: Azure, operations: LongOperations, call: Call, id_: str) -> Answer:
    """The answer to an action on an instance."""
    action = call.path.rsplit("/", 1)[-1].lower()
    if call.method != "POST":
        raise AzureError(405, "MethodNotAllowed", f"{call.method} of {call.path} is not allowed.")
    with azure.acting(action, id_) as fault:
        held = azure.world.get(id_)
        if held is None or not is_instance(held):
            raise AzureError(404, "ComputeNotFound", f"Compute instance '{name_of(id_)}' was not found.")
        azure.world.log.append((action, held.id))
        held.state["power"] = _DURING[action]
        return operations.accept(
            id_,
            None if fault and fault.lost else lambda: held.state.update(power=_AFTER[action]),
            failure=error_of(fault) if fault and fault.late else None,
        )
