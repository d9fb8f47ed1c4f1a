"""A change of settings against an environment that exists: what `pulumi up` does to it, said before."""

import datetime
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..config.files import PROJECT_FILE, read
from ..emulation.world import World
from ..foundation.markdown import escaped
from ..foundation.printable import printable
from ..foundation.problems import Problem, ProblemsError, dotted, kept_going
from ..foundation.secret_values import SECRET
from ..resource_types import resource_type
from .program import run_stack
from .resource import OF_THE_ENGINE, UNKNOWN, Plan
from .settings_difference import in_one_line
from .state import State
from .update import Changed, Operation, Step, Update

_ORDER = (Operation.REPLACE, Operation.DELETE, Operation.UPDATE, Operation.CREATE)
_LONG = 60
"""The most characters of a value."""

_MANY = 6
"""The number of changed inputs of one resource that are shown to a person."""


@dataclass(frozen=True, slots=True)
class ChangedSetting:
    """A setting that gets another value."""

    setting: str
    """Its name, with the name of each item of a list: `workspace.clusters[cpu].max_nodes`."""

    before: Any
    """None if it was not there."""

    after: Any
    """None if it goes."""

    outcomes: tuple[str, ...]
    """The outcomes of a change of it, by the table of changes. Several if that depends on more."""

    def as_json(self) -> dict[str, Any]:
        """The setting as `--json` prints it."""
        return {
            "setting": self.setting,
            "before": self.before,
            "after": self.after,
            "outcomes": list(self.outcomes),
        }


@dataclass(frozen=True, slots=True)
class Effect:
    """What a change of settings does to one stack."""

    project: str
    stack: str
    steps: tuple[Step, ...]
    """What changes, in the order in which a person should read it. Without what stays as it is."""

    same: int
    """The number of resources that stay as they are."""

    problems: tuple[Problem, ...]
    """What this library refuses: nothing of the change happens."""

    messages: tuple[tuple[str, str], ...]
    """What the program logged, and what could not be compared: severity and text."""

    settings: tuple["ChangedSetting", ...] = ()
    """The settings that change. Empty if they are not known, as in a state."""

    @property
    def refused(self) -> bool:
        """Whether the library, Azure, a lock or protection refuses any of it."""
        return bool(self.problems) or any(each.refusals for each in self.steps)

    @property
    def lost(self) -> list[Step]:
        """The steps that take away what holds data or work."""
        return [each for each in self.steps if takes_away(each)]

    def as_json(self) -> dict[str, Any]:
        """The effect on one stack as `--json` prints it."""
        return {
            "project": self.project,
            "stack": self.stack,
            "settings": [each.as_json() for each in self.settings],
            "resources": [_as_json(each) for each in self.steps],
            "same": self.same,
            "refused": self.refused,
            "takes_away": bool(self.lost),
        }


def takes_away(step: Step) -> bool:
    """Whether a step takes away what holds data or work."""
    goes = step.operation in (Operation.REPLACE, Operation.DELETE) and not step.stays
    return goes and bool(resource_type(step.type).holds)


def effect(folder: Path, state: State, *, stack: str = "", today: datetime.date, source: str = "") -> Effect:
    """The effect of the settings in `folder` on the environment of a state, as of a day.

    `source` is where the state comes from. Raises ProblemsError if the state is of another project or not of `stack`
    (default: any), or if the settings are refused before anything is made.
    """
    if other := list(_of_another(state, read(folder / PROJECT_FILE).data.get("name"), stack, source)):
        raise ProblemsError(other)
    update = Update(state, World.on(today))
    return effect_of(update, lambda: run_stack(folder, state.stack, today=today, recorder=update))


def effect_of(update: Update, run: Callable[[], Plan]) -> Effect:
    """The effect of a program. `run` runs it with `update` as its recorder.

    Raises ProblemsError if the program ends before it has registered everything.
    """
    state = update.before
    with kept_going() as kept:
        try:
            plan = run()
        except ProblemsError as error:
            raise ProblemsError([*error.problems, *(each for each in kept if each not in error.problems)]) from None
    steps = [each for each in update.finish() if each.custom and not each.type.startswith(OF_THE_ENGINE)]
    changed = [each for each in steps if each.operation is not Operation.SAME]
    return Effect(
        state.project,
        state.stack,
        tuple(sorted(changed, key=_rank)),
        len(steps) - len(changed),
        tuple(replace(each, file=each.file or f"Pulumi.{state.stack}.yaml") for each in kept),
        (*plan.messages, *_notices(state, changed)),
    )


def _of_another(state: State, project: object, stack: str, source: str) -> Iterator[Problem]:
    if state.project != project:
        what = f"is the state of the project '{state.project}', and Pulumi.yaml here has the name '{project}'"
        yield Problem((), what, f"Export it in this folder, or run this in the folder of {state.project}", source)
    if stack and state.stack != stack:
        what = f"is the state of the stack '{state.stack}', and '{stack}' is asked for"
        yield Problem((), what, f"Export {stack}: `pulumi stack export --stack {stack}`", source)


def _notices(state: State, steps: Iterable[Step]) -> Iterator[tuple[str, str]]:
    for each in state.pending:
        yield (
            "warning",
            f"a run was cut off during {each}: `pulumi up` asks about it first (docs/local.md, If a run is cut off)",
        )
    for each in state.resources:
        if each.going:
            yield "warning", f"{each.name} was replaced, and its deletion is still to come"
        elif each.unfinished:
            yield "warning", f"{each.name} is unfinished: its last change broke off, so it is changed again"
    if hidden := sorted(each.name for each in state.resources if SECRET in str(each.inputs)):
        yield "info", f"encrypted in the state, so not compared: inputs of {', '.join(hidden)}"
    if unchecked := sorted({each.type for each in steps if not each.checked}):
        yield (
            "info",
            f"{', '.join(unchecked)}: not a type of this library, so it is not known whether Azure replaces it",
        )


def _rank(step: Step) -> tuple[bool, bool, int, str]:
    return not step.refusals, not takes_away(step), _ORDER.index(step.operation), step.urn


def _as_json(step: Step) -> dict[str, Any]:
    return {
        "urn": step.urn,
        "type": step.type,
        "name": step.name,
        "id": None if step.id in ("", UNKNOWN) else step.id,
        "operation": step.operation.value,
        "holds": resource_type(step.type).holds or None,
        "changes": [
            {
                "path": each.path,
                "before": each.before,
                "after": each.after,
                "replaces": each.replaces,
                "assumed": each.assumed,
            }
            for each in step.changes
        ],
        "refusals": [{"by": each.by.value, "message": each.text, "assumed": each.assumed} for each in step.refusals],
        "because_of": step.because_of or None,
        "name_held_until": step.held_until or None,
        "name_may_be_held_days": step.may_be_held or None,
        "stays": step.stays,
        "checked": step.checked,
    }


def table(found: Effect) -> Iterator[str]:
    """The effect as lines for a person."""
    return map(printable, _table(found))


def _table(found: Effect) -> Iterator[str]:
    yield f"{found.project} {found.stack}: {_counted(found)}"
    if found.settings:
        yield ""
        yield "Settings:"
        for each in found.settings:
            yield f"  {_setting(each)}"
    for title, steps in _groups(found):
        yield ""
        yield f"{title}:"
        for each in steps:
            yield f"  {each.operation.value:8}{_label(each)}"
            for line in _details(each):
                yield f"      {line}"


def markdown(found: Effect) -> Iterator[str]:
    """The effect as a comment on a pull request."""
    return map(printable, _markdown(found))


def _markdown(found: Effect) -> Iterator[str]:
    yield f"### {found.project} {found.stack}"
    yield ""
    yield _counted(found)
    if found.settings:
        yield ""
        yield "| setting | before | after | a change of it |"
        yield "|---|---|---|---|"
        for setting in found.settings:
            values = " | ".join(escaped(in_one_line(each, _LONG)) for each in (setting.before, setting.after))
            yield f"| `{escaped(setting.setting)}` | {values} | {escaped(' or '.join(setting.outcomes))} |"
    for each in found.problems:
        yield ""
        place = dotted(each.path).replace("`", "'")
        yield f"- **Refused:** `{place}`: {escaped(each.what)}. {escaped(each.fix)}"
    for title, steps in _groups(found):
        yield ""
        yield f"**{title}**"
        yield ""
        yield "| what | resource | details |"
        yield "|---|---|---|"
        for each in steps:
            details = "<br>".join(map(escaped, _details(each)))
            yield f"| {each.operation.value} | {escaped(_label(each))} | {details} |"


def _groups(found: Effect) -> Iterator[tuple[str, list[Step]]]:
    lost = found.lost
    groups = {
        "Refused, so the update stops there": [each for each in found.steps if each.refusals],
        "Takes away what holds data or work": [each for each in lost if not each.refusals],
        "Goes and comes back, or goes": [
            each
            for each in found.steps
            if not each.refusals and each not in lost and each.operation in (Operation.REPLACE, Operation.DELETE)
        ],
        "Changes in place": [each for each in found.steps if not each.refusals and each.operation is Operation.UPDATE],
        "New": [each for each in found.steps if not each.refusals and each.operation is Operation.CREATE],
    }
    return ((title, steps) for title, steps in groups.items() if steps)


def _counted(found: Effect) -> str:
    counted = Counter(each.operation for each in found.steps)
    words = {
        Operation.REPLACE: "replaced",
        Operation.DELETE: "deleted",
        Operation.UPDATE: "changed in place",
        Operation.CREATE: "new",
    }
    parts = [f"{counted[each]} {words[each]}" for each in _ORDER if counted[each]]
    return ", ".join([*(parts or ["no change"]), f"{found.same} as they are"])


def _label(step: Step) -> str:
    words = resource_type(step.type).words or re.sub(r"(?<=[a-z])(?=[A-Z])", " ", step.type.rsplit(":", 1)[-1]).lower()
    shown = words if isinstance(words, str) else step.type.rsplit(":", 1)[-1]
    return f"{shown} {step.name}"


def _details(step: Step) -> Iterator[str]:
    for each in step.refusals:
        yield f"refused by {each.by.value}{' (assumed)' if each.assumed else ''}: {each.text}"
    if takes_away(step):
        yield f"holds {resource_type(step.type).holds}"
    if step.because_of:
        yield f"goes with {step.because_of.rsplit('::', 1)[-1]}, which is replaced"
    if step.stays:
        yield "Azure keeps it: only the stack lets it go"
    if step.held_until:
        yield f"Azure holds its name until {step.held_until}"
    if step.may_be_held:
        days = step.may_be_held
        yield f"if one of its name was deleted in the last {days} days, Azure holds it: restore or purge that one"
    if not step.checked:
        yield "not known here whether Azure replaces it"
    for each in step.changes[:_MANY]:
        yield _change(each)
    if len(step.changes) > _MANY:
        yield f"and {len(step.changes) - _MANY} inputs more"


def _setting(changed: ChangedSetting) -> str:
    outcomes = f"  ({' or '.join(changed.outcomes)})" if changed.outcomes else ""
    before, after = (in_one_line(each, _LONG) for each in (changed.before, changed.after))
    return f"{changed.setting}: {before}  →  {after}{outcomes}"


def _change(change: Changed) -> str:
    why = (
        " (replaces it; assumed)" if change.replaces and change.assumed else " (replaces it)" if change.replaces else ""
    )
    return f"{change.path}: {_short(change.before)}  →  {_short(change.after)}{why}"


def _short(value: Any) -> str:
    text = "(none)" if value is None else " ".join(str(value).split())
    return text if len(text) <= _LONG else f"{text[: _LONG - 1]}…"
