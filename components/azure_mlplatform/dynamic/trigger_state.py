"""Starts the triggers of a data factory, and stops them before they change.

A new trigger is stopped. azure-native neither starts nor stops it, and Azure refuses to change a started trigger (400
TriggerEnabledCannotUpdate). So each trigger has two resources around it: the trigger depends on StopTrigger, and
StartTrigger depends on the trigger. Both have the trigger's definition, so that a change of it updates all three.
"""

import uuid
from typing import Any, Optional

import pulumi
from pulumi.dynamic import CreateResult, DiffResult, ReadResult, Resource, UpdateResult

from .provider import ArmProvider, difference
from .trigger_client import STARTED, Trigger


class _TriggerProvider(ArmProvider):
    def trigger(self, props: Any) -> Trigger:
        return Trigger(self.resource_manager(props), props["factory_id"], props["trigger"])


class StopTriggerProvider(_TriggerProvider):
    """Stops a trigger if it exists and is started."""

    def create(self, props: Any) -> CreateResult:
        """Stops a trigger from an earlier deployment. A new factory has none."""
        self.trigger(props).stop()
        return CreateResult(id_=_id(props), outs=_stopped(props))

    def diff(self, _id: str, olds: Any, news: Any) -> DiffResult:
        """An update if the trigger's definition changes, a replacement for another trigger."""
        inputs = {key: value for key, value in news.items() if key != "stop"}
        return difference(olds, inputs, "factory_id", "trigger")

    def update(self, _id: str, _olds: Any, news: Any) -> UpdateResult:
        """Stops the trigger so that it can change."""
        self.trigger(news).stop()
        return UpdateResult(outs=_stopped(news))


class StartTriggerProvider(_TriggerProvider):
    """Starts a trigger, detects that somebody stopped it, and stops it on deletion."""

    def create(self, props: Any) -> CreateResult:
        """Starts the trigger."""
        return CreateResult(id_=_id(props), outs=self._started(props))

    def read(self, id_: str, props: Any) -> ReadResult:
        """The trigger's current state, or an empty id if the trigger is gone. Needs only read access."""
        state = self.trigger(props).state()
        return ReadResult(id_="", outs={}) if state is None else ReadResult(id_, {**props, "runtime_state": state})

    def diff(self, _id: str, olds: Any, news: Any) -> DiffResult:
        """An update, which starts the trigger again, if its definition changed or somebody stopped it."""
        return difference(olds, news, "factory_id", "trigger", drifted=olds["runtime_state"] != STARTED)

    def update(self, _id: str, _olds: Any, news: Any) -> UpdateResult:
        """Starts the trigger again."""
        return UpdateResult(outs=self._started(news))

    def delete(self, _id: str, props: Any) -> None:
        """Stops the trigger, because Azure does not delete a started one."""
        self.trigger(props).stop()

    def _started(self, props: Any) -> dict[str, Any]:
        self.trigger(props).start()
        return {**props, "runtime_state": STARTED}


class StopRemovedProvider(ArmProvider):
    """Stops triggers that are no longer in the list, before anything that they start changes."""

    def create(self, props: Any) -> CreateResult:
        """Keeps the list."""
        return CreateResult(id_=props["factory_id"], outs=props)

    def diff(self, _id: str, olds: Any, news: Any) -> DiffResult:
        """An update if the list changes, a replacement for another factory."""
        return difference(olds, news, "factory_id")

    def update(self, _id: str, olds: Any, news: Any) -> UpdateResult:
        """Stops each trigger that is no longer in the list. It is deleted later, after everything else has changed."""
        arm = self.resource_manager(news)
        for name in olds["triggers"]:
            if name not in news["triggers"]:
                Trigger(arm, news["factory_id"], name).stop()
        return UpdateResult(outs=news)


def _stopped(props: Any) -> dict[str, Any]:
    """The outputs of a stop, which differ from those of the stop before."""
    return {**props, "stop": uuid.uuid4().hex}


def _id(props: Any) -> str:
    return f"{props['factory_id']}/triggers/{props['trigger']}"


class _TriggerState(Resource, module="azure-mlplatform", name="TriggerState"):
    """A resource before or after a trigger, with the trigger's definition."""

    provider: type[_TriggerProvider]
    """The provider's class. The state keeps its name."""

    def __init__(
        self,
        name: str,
        *,
        factory_id: "pulumi.Input[str]",
        trigger: "pulumi.Input[str]",
        definition: "pulumi.Input[Any]",
        tenant_id: str,
        opts: pulumi.ResourceOptions,
        **more: "pulumi.Input[Any]",
    ) -> None:
        props = {"factory_id": factory_id, "trigger": trigger, "definition": definition, "tenant_id": tenant_id}
        super().__init__(self.provider(), name, {**props, **more}, opts)


class StopTrigger(_TriggerState, module="azure-mlplatform", name="StopTrigger"):
    """Stops a trigger before it is changed; the trigger depends on it.

    `definition` is the trigger's new `properties` in ARM's shape; `trigger` is its name.
    """

    provider = StopTriggerProvider

    stop: "pulumi.Output[Optional[str]]"
    """Another text after each stop."""

    def __init__(self, name: str, **arguments: Any) -> None:
        # The name of an output has to be there as an input.
        super().__init__(name, stop=None, **arguments)


class StartTrigger(_TriggerState, module="azure-mlplatform", name="StartTrigger"):
    """Starts a trigger after it was made or changed; it depends on the trigger.

    `trigger` is the name as an output of the trigger, so that a replaced trigger is stopped first. `definition` is as
    for StopTrigger, and `stop` is its output: what was stopped is started again, also where a change broke off and was
    taken back.
    """

    provider = StartTriggerProvider


class StopRemoved(Resource, module="azure-mlplatform", name="StopRemoved"):
    """Stops the triggers of a factory that the program no longer has. Pipelines depend on it.

    The engine deletes last. Without this, a trigger that was renamed or went would still start a pipeline that has
    changed already, or beside its successor.
    """

    def __init__(
        self,
        name: str,
        *,
        factory_id: "pulumi.Input[str]",
        triggers: list[str],
        tenant_id: str,
        opts: pulumi.ResourceOptions,
    ) -> None:
        props = {"factory_id": factory_id, "triggers": triggers, "tenant_id": tenant_id}
        super().__init__(StopRemovedProvider(), name, props, opts)
