"""What `pulumi up` does to an environment that exists: the engine's steps, on an emulated Azure that has the state.

The steps follow the engine (pulumi pkg/resource/deploy/step_generator.go at v3.260.0, read 2026-11-28). What Azure and
azure-native do stands in the tables of `emulation/`. Unlike the engine, it goes on after a refusal, as if the step had
succeeded, so that all refusals show at once.
"""

import base64
import copy
import pickle
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Optional

from pulumi.dynamic.dynamic import PROVIDER_KEY

from ..emulation.answers import emulate
from ..emulation.azure import Azure, is_emulated
from ..emulation.behaviour import ALWAYS_THERE
from ..emulation.ids import arm_type
from ..emulation.refusal import AzureError
from ..emulation.refusals import held_days
from ..emulation.replacement import ID, changes, replaced_by
from ..emulation.wire import plain
from ..emulation.world import Held, World
from ..foundation.secret_values import SECRET
from .recorder import Recorder
from .resource import UNKNOWN
from .state import Deployed, State

_NATIVE = "azure-native:"
_PROVIDERS = "pulumi:providers:"
_STASH = "pulumi:index:Stash"
_DYNAMIC = "pulumi-python:dynamic"
_RANDOM = "random:"


class Operation(StrEnum):
    """What the engine does with a resource, in its own words."""

    CREATE = "create"
    UPDATE = "update"
    REPLACE = "replace"
    DELETE = "delete"
    SAME = "same"


class By(StrEnum):
    """Who refuses a step."""

    AZURE = "Azure"
    LOCK = "a lock"
    NAME = "a held name"
    PROVIDER = "azure-native"
    PROTECTION = "protection"


_BY_CODE = {
    "ScopeLocked": By.LOCK,
    "FlagMustBeSetForRestore": By.NAME,
    "ConflictError": By.NAME,
    "VaultAlreadyExists": By.NAME,
}


@dataclass(frozen=True, slots=True)
class Refusal:
    """A step that does not succeed."""

    by: By
    text: str
    assumed: bool = False
    """Whether no source states it."""


@dataclass(frozen=True, slots=True)
class Changed:
    """An input that gets another value."""

    path: str
    before: Any
    """None if it was not there."""

    after: Any
    """None if it goes."""

    replaces: bool = False
    """Whether this change replaces the resource."""

    assumed: bool = False
    """Whether no source states that it does."""


@dataclass(slots=True)
class Step:
    """What happens to one resource."""

    operation: Operation
    urn: str
    type: str
    id: str
    custom: bool = True
    changes: list[Changed] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    because_of: str = ""
    """The URN of the resource whose replacement replaces this one."""

    held_until: str = ""
    """The day until which soft delete holds the name, as YYYY-MM-DD."""

    may_be_held: int = 0
    """The days for which soft delete holds the name of one that went earlier, if this one is new. A state does not have
    what is gone."""

    stays: bool = False
    """Whether Azure keeps it although the program lets it go."""

    checked: bool = True
    """Whether its type is known here. Of another type, only changes are known, not what Azure does with them."""

    @property
    def name(self) -> str:
        """The name in the program."""
        return self.urn.rsplit("::", 1)[-1]


class Update(Recorder):
    """A resource monitor that does what the engine would do to the resources of a state."""

    def __init__(self, state: State, world: World) -> None:
        reads = {each.id: each.outputs for each in state.resources if each.external}
        super().__init__(state.project, state.stack, existing=reads)
        self.before, self._azure = state, Azure(world)
        self._olds = {each.urn: each for each in state.resources if not each.going and not each.external}
        self._seen: dict[str, Step] = {}
        self._left: dict[str, Deployed] = {}
        self._former: dict[str, str] = {}
        """URN → the one that it had in the state, where it had another."""

        self._deleted_first: dict[str, str] = {}
        """URN in the state → the URN of the replaced resource that it had to go with."""

        for each in self._olds.values():
            if each.type.startswith(_NATIVE) and is_emulated(each.type) and each.id:
                self._azure.take_over(each.id, each.type, dict(each.inputs), dict(each.outputs))

    def finish(self) -> list[Step]:
        """Deletes what the program no longer has, and returns all steps in the order of their URNs."""
        for old in reversed(self.before.resources):
            if old.external or old.urn in self._seen:
                continue
            step = Step(Operation.DELETE, old.urn, old.type, old.id, old.custom)
            self._seen[old.urn] = step
            if old.urn in self._deleted_first:
                step.because_of = self._deleted_first[old.urn]
            elif old.protect:
                step.refusals.append(_protected("delete"))
            elif old.retain_on_delete:
                step.stays = True
            else:
                self._delete(old, step)
        for step in self._seen.values():
            if step.operation in (Operation.DELETE, Operation.REPLACE) and (
                held := self._azure.world.deleted.get(step.id.lower())
            ):
                step.held_until = held.until
        return sorted(self._seen.values(), key=lambda each: each.urn)

    @property
    def state(self) -> State:
        """The state that the stack has after these steps, if none of them is refused."""
        return State(self.before.project, self.before.stack, tuple(self._left.values()))

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802 - the name of the call
        if not request.custom:
            urn = self.make_urn(request.parent, request.type, request.name)
            old = self._old(urn, request)
            operation = Operation.SAME if old else Operation.CREATE
            self._seen[old.urn if old else urn] = Step(operation, urn, request.type, "", custom=False)
            self._keep(urn, request, "", plain(request.object), {})
        return super().RegisterResource(request)

    def _shown(self, id_: str, type_: str) -> Mapping[str, Any]:
        """What the state shows of a resource of others, or one that suits if the state does not have it."""
        if found := super()._shown(id_, type_):
            return found
        shown = self._azure.read(id_, type_)
        return shown[1] if shown else {}

    def _answer(self, urn: str, request: Any, inputs: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        old = self._old(urn, request)
        inputs = _without_ignored(request.ignoreChanges, old.inputs, inputs) if old else inputs
        id_, outputs = self._step(urn, request, old, inputs)
        self._keep(urn, request, id_, inputs, outputs)
        return id_, outputs

    def _keep(self, urn: str, request: Any, id_: str, inputs: dict[str, Any], outputs: dict[str, Any]) -> None:
        self._left[urn] = Deployed(
            urn=urn,
            type=request.type,
            custom=request.custom,
            external=False,
            id=id_,
            inputs=inputs,
            outputs=outputs,
            property_dependencies={key: tuple(each.urns) for key, each in request.propertyDependencies.items()},
            provider=request.provider,
            protect=request.protect,
            retain_on_delete=request.retainOnDelete,
            ignore_changes=tuple(request.ignoreChanges),
            replace_on_changes=tuple(request.replaceOnChanges),
            going=False,
            unfinished=False,
        )

    def _step(
        self, urn: str, request: Any, old: Optional[Deployed], inputs: dict[str, Any]
    ) -> tuple[str, dict[str, Any]]:
        if request.type.startswith(_PROVIDERS):
            super()._answer(urn, request, inputs)
        step = Step(Operation.CREATE, urn, request.type, "", checked=_is_checked(request.type))
        self._seen[old.urn if old else urn] = step
        if old is None:
            return self._create(step, request, inputs)
        step.id = old.id
        if old.urn in self._deleted_first:
            step.operation, step.because_of = Operation.REPLACE, self._deleted_first[old.urn]
            return self._create(step, request, inputs)
        difference = _difference(old, inputs, request.replaceOnChanges)
        step.changes = difference.changes
        if not difference.some and not old.unfinished:
            step.operation = Operation.SAME
            return old.id, dict(old.outputs)
        if not difference.replace:
            step.operation = Operation.UPDATE
            return old.id, self._update(old, step, request, inputs)
        step.operation = Operation.REPLACE
        if old.protect and request.protect:
            step.refusals.append(_protected("replace"))
            return old.id, dict(old.outputs)
        said = request.deleteBeforeReplaceDefined or request.deleteBeforeReplace
        if request.deleteBeforeReplace if said else difference.delete_first:
            self._delete_dependents(old)
            self._delete(old, step)
        return self._create(step, request, inputs)

    def _create(self, step: Step, request: Any, inputs: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        type_ = request.type
        if type_.startswith(_PROVIDERS):
            return request.name, {}
        subscription = self._subscriptions.get(request.provider.rsplit("::", 1)[0], self._subscription_id)
        again = step.operation is Operation.REPLACE
        id_, outputs = emulate(type_, f"{step.urn}#again" if again else step.urn, inputs, subscription)
        step.id = step.id or id_
        if type_.startswith(_DYNAMIC):
            return id_, {**inputs, **outputs}
        if not (id_ and type_.startswith(_NATIVE) and is_emulated(type_)):
            return id_, outputs
        if self._azure.has(id_) and arm_type(id_) not in ALWAYS_THERE:
            # After a deletion that was refused, only that refusal counts.
            if not step.refusals:
                text = f"cannot create already existing resource '{id_}'"
                step.refusals.append(Refusal(By.PROVIDER, text))
            return id_, outputs
        if not again:
            step.may_be_held = held_days(Held(id_, type_, inputs)) or 0
        try:
            id_, (_, shown) = self._azure.create(type_, step.urn, inputs, subscription)
        except AzureError as error:
            step.refusals.append(_refused(error))
            return id_, outputs
        return id_, shown

    def _update(self, old: Deployed, step: Step, request: Any, inputs: dict[str, Any]) -> dict[str, Any]:
        if request.type == _STASH:
            return dict(old.outputs)
        subscription = self._subscriptions.get(request.provider.rsplit("::", 1)[0], self._subscription_id)
        if request.type.startswith(_DYNAMIC):
            # What an update makes anew, such as the mark of a stop, is another one.
            _, outputs = emulate(request.type, f"{step.urn}#again", inputs, subscription)
            return {**old.outputs, **inputs, **outputs}
        if not (request.type.startswith(_NATIVE) and is_emulated(request.type)):
            return {**old.outputs, **inputs}
        try:
            return self._azure.update(old.id, step.urn, inputs, subscription)[1]
        except AzureError as error:
            step.refusals.append(_refused(error))
            return dict(old.outputs)

    def _delete(self, old: Deployed, step: Step) -> None:
        if not old.type.startswith(_NATIVE) or not is_emulated(old.type):
            return
        try:
            self._azure.delete(old.id)
        except AzureError as error:
            step.refusals.append(_refused(error))

    def _delete_dependents(self, root: Deployed) -> None:
        """Deletes what a change of `root` would replace as well, the last first, before `root` itself."""
        going, found = {root.urn}, []
        for each in self._olds.values():
            if each.urn in self._seen or each.urn in self._deleted_first or not each.custom:
                continue
            unknown = {key for key, urns in each.property_dependencies.items() if going.intersection(urns)}
            if unknown.intersection(each.inputs):
                inputs = {key: UNKNOWN if key in unknown else value for key, value in each.inputs.items()}
                if _difference(each, inputs, each.replace_on_changes, unknowns_differ=True).replace:
                    going.add(each.urn)
                    found.append(each)
        for each in reversed(found):
            self._deleted_first[each.urn] = root.urn
            step = Step(Operation.REPLACE, each.urn, each.type, each.id)
            self._delete(each, step)

    def _old(self, urn: str, request: Any) -> Optional[Deployed]:
        """The resource of the state that a registration goes on with: of its URN, or of a former one."""
        if found := self._olds.get(urn):
            return found
        for former in self._former_urns(request):
            if former in self._olds:
                self._former[urn] = former
                return self._olds[former]
        return None

    def _former_urns(self, request: Any) -> Iterator[str]:
        """The URNs by the aliases of a registration, then those that follow from its parent's former URN."""
        given = [each.urn or self._urn_of(each.spec, request) for each in request.aliases]
        yield from given
        parent = self._former.get(request.parent)
        if parent is None:
            return
        now, before = request.parent.rsplit("::", 1)[-1], parent.rsplit("::", 1)[-1]
        for type_, name in [(request.type, request.name), *(_type_and_name(each) for each in given)]:
            renamed = before + name.removeprefix(now) if name.startswith(now) else name
            yield self.make_urn(parent, type_, renamed)

    def _urn_of(self, spec: Any, request: Any) -> str:
        parent = "" if spec.noParent else spec.parentUrn or request.parent
        parent = self._former.get(parent, parent) if spec.parentUrn else parent
        urn = self.make_urn(parent, spec.type or request.type, spec.name or request.name)
        project, stack = spec.project or self._project, spec.stack or self._stack
        return "::".join([f"urn:pulumi:{stack}", project, *urn.split("::")[2:]])


@dataclass(frozen=True, slots=True)
class _Difference:
    changes: list[Changed]
    some: bool
    replace: bool
    delete_first: bool


def _difference(
    old: Deployed, inputs: Mapping[str, Any], replace_on_changes: Iterable[str], *, unknowns_differ: bool = False
) -> _Difference:
    """What the provider says of a change of inputs.

    A value that is not known here, such as an id that Azure will give, counts as unchanged unless `unknowns_differ`.
    """
    if old.type.startswith(_DYNAMIC) and PROVIDER_KEY in inputs and not unknowns_differ:
        return _of_dynamic(old, inputs)
    before, after = dict(old.inputs), dict(inputs)
    if old.type.startswith(_NATIVE) and "location" not in after and "location" in before:
        after["location"] = before["location"]  # azure-native fills it in.
    forced = [_path(each) for each in replace_on_changes]
    found = []
    for path, _ in changes(before, after):
        one, other = _at(before, path), _at(after, path)
        if other == UNKNOWN and not unknowns_differ:
            continue
        row = _replaced_by(old.type, path)
        replaces = row is not None or any(_contains(each, _path(path)) for each in forced)
        found.append(Changed(path, one, other, replaces, getattr(row, "assumed", False)))
    replace = any(each.replaces for each in found)
    # The name stays, so azure-native deletes first.
    return _Difference(found, bool(found), replace, old.type.startswith(_NATIVE))


def _replaced_by(type_: str, path: str) -> Any:
    if type_.startswith(_RANDOM):
        return ID  # Each of its inputs makes another value.
    return replaced_by(type_, path) if type_.startswith(_NATIVE) else None


def _of_dynamic(old: Deployed, inputs: Mapping[str, Any]) -> _Difference:
    """Asks the provider of a dynamic resource, which this program brings along."""
    named = [
        Changed(path, _at(old.inputs, path), _at(inputs, path))
        for path, _ in changes(dict(old.inputs), dict(inputs))
        if not path.startswith(PROVIDER_KEY)
    ]
    if inputs[PROVIDER_KEY] == SECRET:
        return _Difference(named, bool(named), False, False)
    provider = pickle.loads(base64.b64decode(str(inputs[PROVIDER_KEY])))  # noqa: S301 - of the program itself
    news = {key: old.outputs.get(key) if value == UNKNOWN else value for key, value in inputs.items()}
    said = provider.diff(old.id, dict(old.outputs), news)
    replaces = set(said.replaces or ())
    marked = [
        Changed(each.path, each.before, each.after, re.split(r"[.\[]", each.path)[0] in replaces) for each in named
    ]
    some = bool(named) if said.changes is None else bool(said.changes)
    return _Difference(marked if some else [], some, bool(replaces), bool(said.delete_before_replace))


def _type_and_name(urn: str) -> tuple[str, str]:
    return urn.split("::")[2].rsplit("$", 1)[-1], urn.rsplit("::", 1)[-1]


def _is_checked(type_: str) -> bool:
    return is_emulated(type_) or type_.startswith((_PROVIDERS, _RANDOM, "pulumi:", _DYNAMIC))


def _refused(error: AzureError) -> Refusal:
    by = _BY_CODE.get(error.code, By.AZURE)
    return Refusal(by, f"{error.status} {error.code}: {error.message}", error.assumed)


def _protected(verb: str) -> Refusal:
    way = "`pulumi state unprotect URN` lifts it for one update"
    return Refusal(By.PROTECTION, f"Pulumi refuses to {verb} what is protected; {way}")


def _path(text: str) -> tuple[str, ...]:
    """The parts of a property path such as `a.b[0].c` or `a["b"]`."""
    return tuple(name or index.strip('"') for name, index in re.findall(r"([^.\[\]]+)|\[([^\]]+)\]", text))


def _contains(path: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Whether a path that may have `*` stands for another one or for one above it."""
    return len(other) >= len(path) and all(one in ("*", two) for one, two in zip(path, other, strict=False))


def _at(value: Any, path: str) -> Any:
    for part in _path(path):
        if isinstance(value, Mapping):
            value = value.get(part)
        elif isinstance(value, list) and part.isdecimal() and int(part) < len(value):
            value = value[int(part)]
        else:
            return None
    return value


def _without_ignored(paths: Iterable[str], old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """The inputs, with the old values of those whose changes are ignored (resource/properties_path.go: Reset)."""
    kept = copy.deepcopy(dict(new))
    for each in paths:
        _reset(_path(each), old, kept)
    return kept


def _reset(path: tuple[str, ...], old: Any, new: Any) -> None:
    part, rest = path[0], path[1:]
    for key in _keys(part, old, new):
        before, now = _item(old, key), _item(new, key)
        if rest:
            if before is not None and now is not None:
                _reset(rest, before, now)
        elif before is not None:
            if isinstance(new, dict) or now is not None:
                new[key] = copy.deepcopy(before)
        elif isinstance(new, dict):
            new.pop(key, None)


def _keys(part: str, old: Any, new: Any) -> Iterator[Any]:
    if isinstance(old, list) or isinstance(new, list):
        size = min(len(each) for each in (old, new) if isinstance(each, list))
        yield from range(size) if part == "*" else [int(part)] if part.isdecimal() and int(part) < size else []
    elif isinstance(new, dict):
        yield from {*new, *(old or {})} if part == "*" else [part]


def _item(value: Any, key: Any) -> Any:
    if isinstance(value, Mapping):
        return value.get(key)
    return value[key] if isinstance(value, list) and isinstance(key, int) and key < len(value) else None
