"""Starts the triggers of a data factory, and stops them before they change.

A trigger is made stopped, azure-native neither starts nor stops it, and Azure refuses to change a started one (400
TriggerEnabledCannotUpdate). So two resources go around it: StopTrigger, the trigger, which depends on it, and
StartTrigger, which depends on the trigger. Both have the trigger's definition, so that its change reaches all three.
"""

from typing import Any

import pulumi
from pulumi.dynamic import CreateResult, DiffResult, ReadResult, Resource, UpdateResult

from .provider import ArmProvider, difference
from .trigger import STARTED, Trigger


class _TriggerProvider(ArmProvider):
    def trigger(self, props: Any) -> Trigger:
        return Trigger(self.resource_manager(props), props["factory_id"], props["trigger"])


class StopTriggerProvider(_TriggerProvider):
    """Stops a trigger that is there and started."""

    def create(self, props: Any) -> CreateResult:
        """Stops the trigger of a stack that is deployed anew over it; in a new factory there is none."""
        self.trigger(props).stop()
        return CreateResult(id_=_id(props), outs=props)

    def diff(self, _id: str, olds: Any, news: Any) -> DiffResult:
        """The trigger changes next."""
        return difference(olds, news, "factory_id", "trigger")

    def update(self, _id: str, _olds: Any, news: Any) -> UpdateResult:
        """Stops the trigger, so that it can change."""
        self.trigger(news).stop()
        return UpdateResult(outs=news)


class StartTriggerProvider(_TriggerProvider):
    """Starts a trigger, finds that somebody stopped it, and stops it."""

    def create(self, props: Any) -> CreateResult:
        """Starts the trigger."""
        return CreateResult(id_=_id(props), outs=self._started(props))

    def read(self, id_: str, props: Any) -> ReadResult:
        """Whether the trigger runs; what is gone has no id. It asks for no more than a reader may see."""
        state = self.trigger(props).state()
        return ReadResult(id_="", outs={}) if state is None else ReadResult(id_, {**props, "runtime_state": state})

    def diff(self, _id: str, olds: Any, news: Any) -> DiffResult:
        """What changed was stopped for it, and what somebody stopped is started again."""
        return difference(olds, news, "factory_id", "trigger", drifted=olds["runtime_state"] != STARTED)

    def update(self, _id: str, _olds: Any, news: Any) -> UpdateResult:
        """Starts the trigger again."""
        return UpdateResult(outs=self._started(news))

    def delete(self, _id: str, props: Any) -> None:
        """Stops the trigger: Azure deletes no started one."""
        self.trigger(props).stop()

    def _started(self, props: Any) -> dict[str, Any]:
        self.trigger(props).start()
        return {**props, "runtime_state": STARTED}


def _id(props: Any) -> str:
    return f"{props['factory_id']}/triggers/{props['trigger']}"


class _TriggerState(Resource, module="azure-mlplatform", name="TriggerState"):
    """What goes before or after a trigger, and has its definition."""

    provider: type[_TriggerProvider]
    """Whose name is kept in the state."""

    def __init__(
        self,
        name: str,
        *,
        factory_id: "pulumi.Input[str]",
        trigger: "pulumi.Input[str]",
        definition: "pulumi.Input[Any]",
        tenant_id: str,
        opts: pulumi.ResourceOptions,
    ) -> None:
        props = {"factory_id": factory_id, "trigger": trigger, "definition": definition, "tenant_id": tenant_id}
        super().__init__(self.provider(), name, props, opts)


class StopTrigger(_TriggerState, module="azure-mlplatform", name="StopTrigger"):
    """Goes before a trigger is changed, and stops it; the trigger depends on it.

    `definition` is what the trigger's `properties` are to be, in ARM's shape; `trigger` is its name.
    """

    provider = StopTriggerProvider


class StartTrigger(_TriggerState, module="azure-mlplatform", name="StartTrigger"):
    """Goes after a trigger was made or changed, and starts it; it depends on the trigger.

    `trigger` is the name as an output of the trigger: one that is replaced is then stopped first. `definition` as for
    StopTrigger.
    """

    provider = StartTriggerProvider
