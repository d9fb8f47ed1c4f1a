"""Stops a compute instance, and keeps it stopped.

azure-native makes an instance and never changes it. Starting and stopping are actions of Azure Resource Manager, and so
is nothing else of it: a change of its schedule would replace it, with the files on its disk.
"""

from typing import Any, Optional

import pulumi
from pulumi.dynamic import CreateResult, DiffResult, ReadResult, Resource, UpdateResult

from ..foundation.values import name_of
from .arm import ArmError, ResourceManager
from .provider import ArmProvider, difference

API_VERSION = "2025-12-01"
"""The API version of the azure-native version of this library."""

STOPPED = "Stopped"
_STOPPING = "Stopping"
_SETTLING = ("Creating", "Starting", "Restarting", "SettingUp", "Resizing", _STOPPING)
"""The states that end by themselves. ComputeInstanceState, Azure's management library for JavaScript
(@azure/arm-machinelearning), read 2026-11-28."""


class StoppedInstanceProvider(ArmProvider):
    """Stops an instance, and detects that somebody or its schedule started it."""

    def create(self, props: Any) -> CreateResult:
        """Stops it."""
        return CreateResult(id_=props["compute_id"], outs=self._stopped(props))

    def read(self, id_: str, props: Any) -> ReadResult:
        """Its current state, or an empty id if it is gone. Needs only read access."""
        state = _state(self.resource_manager(props), props["compute_id"])
        return ReadResult(id_="", outs={}) if state is None else ReadResult(id_, {**props, "power": state})

    def diff(self, _id: str, olds: Any, news: Any) -> DiffResult:
        """An update if it runs, a replacement for another instance."""
        inputs = {key: value for key, value in news.items() if key != "power"}
        return difference(olds, inputs, "compute_id", drifted=olds.get("power") != STOPPED)

    def update(self, _id: str, _olds: Any, news: Any) -> UpdateResult:
        """Stops it again."""
        return UpdateResult(outs=self._stopped(news))

    def _stopped(self, props: Any) -> dict[str, Any]:
        stop(self.resource_manager(props), props["compute_id"])
        return {**props, "power": STOPPED}


def stop(arm: ResourceManager, compute_id: str) -> None:
    """Stops an instance and waits until it is. Does nothing if it is stopped or gone.

    Raises ArmError if it does not stop.
    """

    def ask() -> Optional[str]:
        return _state(arm, compute_id)

    state = arm.wait(ask, lambda each: each not in _SETTLING)
    if state in (STOPPED, None):
        return
    arm.post(f"{compute_id}/stop", API_VERSION)
    state = arm.wait(ask, lambda each: each in (STOPPED, None) or each not in (*_SETTLING, state))
    if state not in (STOPPED, None):
        raise ArmError(f"compute instance '{name_of(compute_id)}' was stopped, but is {state}")


def _state(arm: ResourceManager, compute_id: str) -> Optional[str]:
    """The state of an instance: `Running`, `Stopped` and others; None if it does not exist."""
    found = arm.get(compute_id, API_VERSION)
    if found is None:
        return None
    own = found["properties"].get("properties")
    return str(own.get("state")) if isinstance(own, dict) else ""


class StoppedInstance(Resource, module="azure-mlplatform", name="StoppedInstance"):
    """Stops a compute instance at each update that finds it running. Its deletion leaves it stopped: its user may start
    it again."""

    power: "pulumi.Output[Optional[str]]"
    """The state of the instance: `Stopped`."""

    def __init__(
        self, name: str, *, compute_id: "pulumi.Input[str]", tenant_id: str, opts: pulumi.ResourceOptions
    ) -> None:
        # The name of an output has to be there as an input.
        props = {"compute_id": compute_id, "tenant_id": tenant_id, "power": None}
        super().__init__(StoppedInstanceProvider(), name, props, opts)
