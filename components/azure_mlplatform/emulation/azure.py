"""The emulated Azure: takes and refuses operations on resources as the real one is documented to do.

What it refuses stands in `tables/`, transcribed from outside. Nothing here or there knows the components.
"""

import contextlib
import copy
import datetime
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Optional

from ..foundation.values import name_of
from ..resource_types import resource_type
from ..resource_types.resource_type import UNKNOWN
from . import authorization, behaviour, refusals
from .answers import emulate
from .ids import arm_type, parent_of, resource_group_of, without_path_parameters
from .refresh import merged, only_shown
from .refusal import AzureError
from .tables.deletion import Operation
from .tables.durations import DURATIONS, OTHERS
from .world import ANY, Fault, Held, SoftDeleted, World

Shown = tuple[dict[str, Any], dict[str, Any]]
"""A resource as Azure shows it: what can be written, and everything."""

_AT_ONCE = 0.01
"""The seconds that an operation on a parent with one write at a time takes, so that a second one can meet it."""


_KINDS = {"create": Operation.WRITE, "update": Operation.WRITE, "delete": Operation.DELETE}
"""Operation of a fault → of a lock. Every other one is an action."""


class Azure:
    """Operations on a world. Safe for threads."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._state = threading.RLock()
        self._under_way: Counter[tuple[str, str]] = Counter()

    def save(self, file: Path) -> None:
        """Writes the world to a file, as it is between two operations."""
        with self._state:
            self.world.save(file)

    def read(self, id_: str, type_: str) -> Optional[Shown]:
        """A resource as Azure shows it, or None if there is none."""
        self.authorize("read", id_)
        with self._fault("read", id_), self._state:
            held = self.world.get(id_)
            if held is None:
                return behaviour.outside(id_, type_) if self._is_outside(id_) else None
            return self._shown(held)

    def is_there(self, id_: str) -> bool:
        """Whether there is a resource, of this world or of others. Asks no right."""
        with self._state:
            return self.world.get(id_) is not None or self._is_outside(id_)

    def authorize(self, verb: str, id_: str, body: Any = None) -> None:
        """Refuses a request that the world's principal has no right to. `verb` is one of a right."""
        if self.world.principal is not None:
            authorization.authorize(self.world.principal, verb, id_, body)

    def _authorize_write(self, resource: Held) -> None:
        self.authorize("write", resource.id, resource.body)
        for each in behaviour.of_template(resource):
            self.authorize("write", each.id, each.body)

    def has(self, id_: str) -> bool:
        """Whether this world made a resource."""
        self.authorize("read", id_)
        with self._fault("read", id_), self._state:
            return self.world.get(id_) is not None

    @contextlib.contextmanager
    def reading(self, id_: str) -> Iterator[None]:
        """Holds the world for a read that is more than one resource, such as a list."""
        with self._fault("read", id_), self._state:
            yield

    @contextlib.contextmanager
    def acting(self, operation: str, id_: str) -> Iterator[Optional[Fault]]:
        """Holds the world for a write that is not one of a whole resource, such as an action.

        Yields a fault that comes after Azure has accepted it, or None.
        """
        with self._fault(operation, id_, accepts=True) as fault, self._one_at_a_time(id_, operation), self._state:
            refusals.refuse_locked(self.world, id_, _KINDS.get(operation, Operation.ACTION))
            yield fault

    def change_pool(self, cluster: Held, name: str, properties: dict[str, Any]) -> None:
        """Writes a pool of a cluster by its name, within `acting`. Raises AzureError if Azure refuses it."""
        with self._state:
            pools = behaviour.shown(self.world, cluster)["agentPoolProfiles"]
            given = [{**each, **properties} if each["name"] == name else each for each in pools]
            body = {**cluster.body, "agentPoolProfiles": given}
            refusals.refuse_change(self.world, cluster, body)
            refusals.refuse_retired(self.world, Held(cluster.id, cluster.type, body), cluster)
            behaviour.change_pool(self.world, cluster, name, properties)
            self.world.log.append(("update", f"{cluster.id}/agentPools/{name}"))

    def take_over(self, id_: str, type_: str, inputs: dict[str, Any], outputs: dict[str, Any]) -> None:
        """Takes over a resource that exists, with the inputs and outputs that a stack's state has of it."""
        body = without_path_parameters(type_, inputs)
        held = Held(id_, type_, copy.deepcopy(body), only_shown(outputs, body))
        behaviour.ready(self.world, held)
        for each in (held, *behaviour.of_template(held)):
            self.world.resources[each.id.lower()] = each
            self.world.made[each.id.lower()] = 1

    def create(self, type_: str, urn: str, inputs: dict[str, Any], subscription: str) -> tuple[str, Shown]:
        """Makes a resource. Raises AzureError if Azure refuses it."""
        id_, answers = self._emulated(type_, urn, inputs, subscription)
        held = Held(id_, type_, without_path_parameters(type_, inputs))
        self._authorize_write(held)
        with self._fault("create", id_), self._one_at_a_time(id_, "create", held.body), self._state:
            self._needs_parent(id_)
            before = self.world.get(id_)
            if before is not None:
                self._put(before, urn, inputs, subscription)
                return before.id, self._shown(before)
            refusals.refuse_locked(self.world, id_, Operation.WRITE)
            refusals.refuse_retired(self.world, held)
            refusals.refuse_fresh_principal(self.world, held)
            refusals.refuse_key_vault(self.world, held)
            refusals.refuse_without_role(self.world, held)
            refusals.refuse_unreached(self.world, held)
            refusals.refuse_taken(self.world, held)
            refusals.refuse_overlap(self.world, held)
            recovered = refusals.refuse_held_name(self.world, held)
            if recovered is None:
                self.world.made[id_.lower()] = self.world.made.get(id_.lower(), 0) + 1
            self._answer(held, urn, inputs, subscription, answers)
            behaviour.made(held)
            self._carry_out(held)
            self.world.resources[id_.lower()] = held
            self.world.log.append(("create", id_))
            return id_, self._shown(held)

    def update(self, id_: str, urn: str, inputs: dict[str, Any], subscription: str) -> Shown:
        """Changes a resource. Raises AzureError if Azure refuses it."""
        type_ = urn.split("::")[2].rsplit("$", 1)[-1]
        self._authorize_write(Held(id_, type_, without_path_parameters(type_, inputs)))
        with self._fault("update", id_), self._one_at_a_time(id_, "update", inputs), self._state:
            held = self.world.get(id_)
            if held is None:
                raise AzureError(404, "ResourceNotFound", f"The Resource '{id_}' was not found.")
            self._put(held, urn, inputs, subscription)
            return self._shown(held)

    def delete(self, id_: str) -> None:
        """Deletes a resource with all below it, or does nothing. Raises AzureError if Azure refuses it."""
        # azure-native writes the defaults of a child that exists with its parent.
        self.authorize("write" if arm_type(id_) in behaviour.ALWAYS_THERE else "delete", id_)
        self.remove(id_)

    def remove(self, id_: str) -> None:
        """As `delete`, by a service itself: asks no right."""
        with self._fault("delete", id_), self._one_at_a_time(id_, "delete"), self._state:
            held = self.world.get(id_)
            if held is None:
                return
            refusals.refuse_locked(self.world, id_, Operation.DELETE)
            if held.type == behaviour.PRIVATE_ENDPOINT:
                refusals.refuse_locked_target(self.world, held)
            refusals.refuse_state(self.world, held, delete=True)
            refusals.refuse_in_use(self.world, held)
            stays = refusals.staying(self.world, held) if held.type == behaviour.GROUP else []
            for each in self.world.below(id_):
                if each not in stays:
                    self._forget(each)
            refusals.refuse_blocked(self.world, held, stays)
            for each in [*stays, held]:
                self._forget(each)
            self.world.log.append(("delete", id_))

    def id_of(self, type_: str, urn: str, inputs: dict[str, Any], subscription: str) -> str:
        """The id that a resource gets."""
        return self._emulated(type_, urn, inputs, subscription)[0]

    def _emulated(self, type_: str, urn: str, inputs: dict[str, Any], subscription: str) -> tuple[str, dict[str, Any]]:
        """The id that a resource gets, and what the service adds to it."""
        id_, answers = emulate(type_, urn, inputs, subscription)
        if not id_:
            raise AzureError(400, "InvalidResource", f"{type_}: no id can be made of its inputs")
        return id_, answers

    def _put(self, held: Held, urn: str, inputs: dict[str, Any], subscription: str) -> None:
        body = without_path_parameters(held.type, inputs)
        refusals.refuse_locked(self.world, held.id, Operation.WRITE)
        refusals.refuse_change(self.world, held, body)
        refusals.refuse_state(self.world, held, delete=False)
        refusals.refuse_lost_subnets(self.world, held, body)
        refusals.refuse_lost_delegations(self.world, held, body)
        wanted = Held(held.id, held.type, body, held.read_only)
        refusals.refuse_retired(self.world, wanted, held)
        refusals.refuse_key_vault(self.world, wanted)
        refusals.refuse_without_role(self.world, wanted)
        refusals.refuse_overlap(self.world, wanted)
        refusals.refuse_unreached(self.world, wanted)
        behaviour.changed(self.world, held, body)
        held.body = body
        self._carry_out(held)
        self._answer(held, urn, inputs, subscription)
        self.world.log.append(("update", held.id))

    def _carry_out(self, deployment: Held) -> None:
        """Makes or changes the resources of a template."""
        for each in behaviour.of_template(deployment):
            self._needs_parent(each.id)
            refusals.refuse_locked(self.world, each.id, Operation.WRITE)
            before = self.world.get(each.id)
            if before is not None:
                refusals.refuse_change(self.world, before, each.body)
                before.body = each.body
            else:
                self.world.resources[each.id.lower()] = each
                self.world.log.append(("create", each.id))

    def _shown(self, held: Held) -> Shown:
        written = behaviour.shown(self.world, held)
        return copy.deepcopy(written), copy.deepcopy(merged(written, held.read_only))

    def _answer(
        self,
        held: Held,
        urn: str,
        inputs: dict[str, Any],
        subscription: str,
        answers: Optional[dict[str, Any]] = None,
    ) -> None:
        """Puts what the service adds into a resource. `answers` are those of its first life, if they are known."""
        # A principal that is made again is another one.
        times = self.world.made.get(held.id.lower(), 1)
        if answers is None or times > 1:
            _, answers = emulate(held.type, urn if times == 1 else f"{urn}#{times}", inputs, subscription)
        held.read_only |= _as_before(_said(only_shown(answers, held.body), name_of(held.id)), held.read_only)

    def _is_outside(self, id_: str) -> bool:
        """Whether a resource lies in a group that this world did not make. It then counts as there."""
        group = resource_group_of(id_)
        return not group or (self.world.get(group) is None and group.lower() not in self.world.made)

    def _needs_parent(self, id_: str) -> None:
        parent = parent_of(id_)
        if parent is None or self.world.get(parent) is not None or self._is_outside(parent):
            return
        if behaviour.is_inline(self.world, parent):
            return
        if parent.count("/") == 4:
            raise AzureError(404, "ResourceGroupNotFound", f"Resource group '{name_of(parent)}' could not be found.")
        text = f"Failed to perform 'write' on '{id_}', because parent resource '{parent}' was not found."
        raise AzureError(404, "ParentResourceNotFound", text)

    def _forget(self, held: Held) -> None:
        del self.world.resources[held.id.lower()]
        days = refusals.held_days(held)
        if days is not None:
            until = self.world.today + datetime.timedelta(days=days)
            self.world.deleted[held.id.lower()] = SoftDeleted(held, until.isoformat())

    @contextlib.contextmanager
    def _one_at_a_time(
        self, id_: str, operation: str = "update", body: Optional[dict[str, Any]] = None
    ) -> Iterator[None]:
        """Refuses a second write on a resource that takes one at a time."""
        with self._state:
            held = self.world.get(id_)
            body = body or (held.body if held is not None else {})
            kept = refusals.kept_busy(self.world, id_, operation, body)
            refusals.refuse_busy(self.world, id_, body, +self._under_way)
            self._under_way.update(kept)
        try:
            if kept:
                time.sleep(_AT_ONCE)
            yield
        finally:
            with self._state:
                self._under_way.subtract(kept)

    @contextlib.contextmanager
    def _fault(self, operation: str, id_: str, *, accepts: bool = False) -> Iterator[Optional[Fault]]:
        """Applies the first fault that hits an operation.

        If Azure `accepts` the operation and carries it out later, yields a fault that comes then.
        """
        with self._state:
            behaviour.replace_retired_models(self.world)
        fault = self._next_fault(operation, id_)
        if fault is None:
            yield None
            return
        time.sleep(documented_seconds(operation, id_) if fault.seconds is None else fault.seconds)
        if (accepts and (fault.late or fault.lost)) or not fault.status:
            yield fault
            return
        if not fault.half_way:
            raise error_of(fault)
        yield None
        raise error_of(fault)

    def _next_fault(self, operation: str, id_: str) -> Optional[Fault]:
        with self._state:
            for fault in self.world.faults:
                if fault.operation in (operation, ANY) and fault.target.lower() in id_.lower():
                    fault.times -= 1
                    if fault.times <= 0:
                        self.world.faults.remove(fault)
                    return fault
        return None


def documented_seconds(operation: str, id_: str) -> int:
    """The time that an operation on a resource takes by the sources of the table; 0 for a read."""
    row = DURATIONS.get(arm_type(id_), OTHERS)
    return {"create": row.create, "delete": row.delete, "read": 0}.get(operation, row.update)


def error_of(fault: Fault) -> AzureError:
    """The refusal that a fault describes."""
    return AzureError(
        fault.status,
        fault.code,
        fault.message,
        half_way=fault.half_way,
        headers=tuple(fault.headers.items()),
        body=fault.body,
    )


def is_emulated(type_: str) -> bool:
    """Whether a type of azure-native is emulated."""
    return bool(resource_type(type_).id)


def _as_before(answers: Any, before: Any) -> Any:
    """The answers, with the values from before: what a service has once given, such as a principal, stays."""
    if isinstance(answers, dict) and isinstance(before, dict):
        return {key: _as_before(each, before[key]) if key in before else each for key, each in answers.items()}
    return answers if isinstance(answers, dict | list) else before


def _said(value: Any, name: str) -> Any:
    """The answers, with a value in place of each that a plan cannot know."""
    if isinstance(value, dict):
        return {key: _said(each, name) for key, each in value.items()}
    return f"https://{name}.emulated.invalid" if value == UNKNOWN else value
