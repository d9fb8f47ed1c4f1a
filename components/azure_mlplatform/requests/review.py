"""What a change of requests means: in rights, in money a month, in addresses, and whose yes it takes.

Compares a repository with itself at another time. Only projects whose files differ are planned, then and now, with the
library and the prices of today: what differs comes from the change alone.
"""

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, Any, Optional

from ..foundation.built_in_roles import role_name
from ..foundation.markdown import escaped
from ..foundation.printable import printable
from ..foundation.problems import Problem
from ..foundation.values import name_of
from .codeowners import who_agrees
from .repository import RepositoryRequests
from .request import APPROVALS

if TYPE_CHECKING:
    from ..catalogue.prices import PriceTable
    from ..plan.cost import PlanCost
    from ..plan.resource import Plan
    from ..plan.rights import Assignment
    from ..plan.settings_difference import SettingDifference

_PROJECTS = "projects"
_GUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_RETIRED = {"azure-mlplatform:retire": {"reason": "What retiring changes"}}

Planned = Callable[[FilePath, str, Mapping[str, Any]], "Plan"]
"""Plans the stack of a folder with some more settings."""

ProblemsIn = Callable[[Exception], Iterable[Problem]]

MOST_ROWS = 40
"""The most rows of a list in Markdown. GitHub takes comments of up to 65,536 characters."""


@dataclass(frozen=True, slots=True)
class StackState:
    """A stack at one time."""

    rights: frozenset[tuple[str, str]]
    """Action and scope: what the deploying identity must be allowed."""

    roles: frozenset["Assignment"]
    """The roles that the stack gives others. Custom roles by their names."""

    role_actions: frozenset[tuple[str, str]]
    """Custom role that the stack makes → an action that it allows; and who may give roles → a role."""

    cost: "PlanCost"
    ranges: tuple[str, ...]
    """The address spaces of its networks."""


@dataclass(frozen=True, slots=True)
class StackChange:
    """A stack then and now."""

    folder: str
    """The folder of its Pulumi.yaml, from the repository's root."""

    stack: str
    before: Optional[StackState]
    """None if it is new, or could not be planned then."""

    after: Optional[StackState]
    """None if it is gone, or cannot be planned."""

    @property
    def label(self) -> str:
        """The folder below projects/ and the stack."""
        return f"{self.folder.removeprefix(f'{_PROJECTS}/')} {self.stack}"

    def gained(self, what: Callable[[StackState], frozenset[Any]]) -> list[Any]:
        """What it has now and had not, sorted."""
        return sorted(_of(self.after, what) - _of(self.before, what))

    def lost(self, what: Callable[[StackState], frozenset[Any]]) -> list[Any]:
        """What it had and has no more, sorted."""
        return sorted(_of(self.before, what) - _of(self.after, what))

    @property
    def changes_anything(self) -> bool:
        """Whether rights, roles, money or addresses differ."""
        return self.before != self.after


def _of(state: Optional[StackState], what: Callable[[StackState], frozenset[Any]]) -> frozenset[Any]:
    return frozenset() if state is None else what(state)


def rights_in(state: StackState) -> frozenset[tuple[str, str]]:
    """The rights of a state."""
    return state.rights


def roles_in(state: StackState) -> frozenset["Assignment"]:
    """The roles of a state."""
    return state.roles


def role_actions_in(state: StackState) -> frozenset[tuple[str, str]]:
    """The actions of custom roles that a state makes, and the roles that somebody may give."""
    return state.role_actions


@dataclass(frozen=True, slots=True)
class ProjectChange:
    """A project then and now."""

    project: str
    what: str
    """`new`, `changed` or `gone`: the request; `rendered` if only its stacks changed."""

    asked: tuple["SettingDifference", ...]
    """The fields of the request that differ."""

    addresses: Mapping[str, tuple[Optional[str], Optional[str]]]
    """Environment → the range that it held and holds."""

    reviewers: tuple[tuple[str, str], ...]
    """Each whose yes it takes, as CODEOWNERS names them → why."""

    approvals: int
    stacks: tuple[StackChange, ...] = ()
    is_rendered: bool = True
    """Whether it has a folder in projects/."""


@dataclass(frozen=True)
class Review:
    """All that changed."""

    since: str
    projects: tuple[ProjectChange, ...]
    problems: tuple[Problem, ...] = field(default=())
    """Why a stack cannot be planned, and budgets below their floor."""


def review(
    before: RepositoryRequests,
    after: RepositoryRequests,
    since: str,
    prices: "PriceTable",
    *,
    only: Optional[str] = None,
    planned: Planned,
    problems_in: ProblemsIn,
    problems: tuple[Problem, ...] = (),
    says: Callable[[str], None] = lambda text: None,
) -> Review:
    """What differs between two times of a repository: of all its projects, or of `only` one.

    `planned` plans a stack, and `problems_in` reads why it fails. `problems` are known already.
    `says` is told what is under way.
    """
    from ..config.files import order

    found: list[ProjectChange] = []
    wrong: list[Problem] = list(problems)
    then, now = _trees(before.root), _trees(after.root)
    names = {*then, *now, *before.requests, *after.requests}
    # A request that cannot be read is not gone. Its problem is said.
    unread = before.unread | after.unread
    for name in sorted(names & {only} if only else names):
        asked = [] if name in unread else _asked(before, after, name)
        addresses = _addresses(before, after, name)
        if not asked and not addresses and then.get(name) == now.get(name):
            continue
        stacks: list[StackChange] = []
        if then.get(name) != now.get(name):
            for folder, stack in sorted(
                _stacks(before.root, name) | _stacks(after.root, name), key=lambda e: (e[0], order(e[1]))
            ):
                says(f"planning {folder} {stack}, then and now")
                stacks.append(
                    _stack(before.root, after.root, folder, stack, prices, planned, problems_in, wrong, since)
                )
        document = after.requests.get(name)
        old = before.requests.get(name)
        what = "rendered" if not asked else "new" if old is None else "gone" if document is None else "changed"
        request = (document or old).content if (document or old) else None  # type: ignore[union-attr]
        found.append(
            ProjectChange(
                name,
                what,
                tuple(asked),
                addresses,
                () if name in unread else tuple(who_agrees(before, after, name)),
                max((APPROVALS[each.environment] for each in request.environments), default=1) if request else 1,
                tuple(each for each in stacks if each.changes_anything),
                name in now,
            )
        )
    said_already = {each.file.partition(":")[0] for each in problems if each.path[-2:] == ("budget", "amount")}
    for each in found:
        for change in each.stacks:
            if change.after is not None and f"requests/{each.project}.yaml" not in said_already:
                wrong += change.after.cost.problems(f"{change.folder}/Pulumi.{change.stack}.yaml")
    return Review(since, tuple(found), tuple(dict.fromkeys(wrong)))


def _trees(root: FilePath) -> dict[str, str]:
    """Project → a digest of all files in its folder."""
    found: dict[str, str] = {}
    folder = root / _PROJECTS
    for project in sorted(folder.iterdir()) if folder.is_dir() else ():
        if not project.is_dir() or project.name.startswith("."):
            continue
        digest = hashlib.sha256()
        for path in sorted(project.rglob("*")):
            inner = path.relative_to(project)
            if path.is_file() and not any(part.startswith(".") or part == "__pycache__" for part in inner.parts):
                digest.update(f"{inner}\0{path.stat().st_size}\0".encode())
                digest.update(path.read_bytes())
        found[project.name] = digest.hexdigest()
    return found


def _stacks(root: FilePath, project: str) -> set[tuple[str, str]]:
    """The folders and stacks of a project: its own, and its landing."""
    from ..config.files import stacks
    from ..config.repository import is_ours, projects

    top = root / _PROJECTS / project
    if not top.is_dir():
        return set()
    return {
        (folder.relative_to(root).as_posix(), stack)
        for folder in projects(top)
        if is_ours(folder)
        for stack in stacks(folder)
    }


def _stack(
    old: FilePath,
    new: FilePath,
    folder: str,
    stack: str,
    prices: "PriceTable",
    planned: Planned,
    problems_in: ProblemsIn,
    problems: list[Problem],
    since: str,
) -> StackChange:
    states: list[Optional[StackState]] = []
    for root, place in ((old, f"{since}: "), (new, "")):
        state = None
        if (root / folder / f"Pulumi.{stack}.yaml").is_file():
            state, found = _state(root / folder, stack, prices, planned, problems_in)
            file = f"{folder}/Pulumi.{stack}.yaml"
            where = (
                replace(each, file=f"{place}{folder}/{each.file}" if each.file else f"{place}{file}") for each in found
            )
            # A stack that was wrong and is mended is no problem of the change.
            problems += where if root is new else ()
        states.append(state)
    return StackChange(folder, stack, *states)


def _state(
    folder: FilePath, stack: str, prices: "PriceTable", planned: Planned, problems_in: ProblemsIn
) -> tuple[Optional[StackState], list[Problem]]:
    from ..plan.cost import cost_of
    from ..plan.rights import rights_of

    try:
        plan = planned(folder, stack, {})
        try:
            retired = planned(folder, stack, _RETIRED)
        except Exception:  # Not every program retires, and what is left is right all the same.
            retired = plan
        rights = rights_of(plan, retired)
    except Exception as error:  # A program may raise anything.
        return None, list(problems_in(error))
    definitions = plan.of_type("RoleDefinition")
    names = {name_of(each.id): str(each.input("roleName") or each.name) for each in definitions}
    actions = (
        (f"custom role {names[name_of(each.id)]}", f"{sign}{action}")
        for each in definitions
        for permission in each.input("permissions") or []
        for key, sign in (("actions", ""), ("dataActions", ""), ("notActions", "not "), ("notDataActions", "not "))
        for action in permission.get(key) or []
    )
    # A condition names the roles that may be given.
    given = (
        (f"may give on {_place(str(each.input('scope')))}", names.get(guid) or role_name(guid))
        for each in plan.of_type("RoleAssignment")
        for guid in re.findall(_GUID, str(each.input("condition") or ""))
    )
    spaces = (each.input("addressSpace.addressPrefixes") for each in plan.of_type("VirtualNetwork"))
    return (
        StackState(
            frozenset((each.action, each.scope) for each in rights.rights),
            frozenset(replace(each, role=names.get(each.role, each.role)) for each in rights.assignments),
            frozenset([*actions, *given]),
            cost_of(plan, prices),
            tuple(str(each) for space in spaces if isinstance(space, list) for each in space),
        ),
        [],
    )


def _asked(before: RepositoryRequests, after: RepositoryRequests, name: str) -> list["SettingDifference"]:
    from ..plan.settings_difference import setting_differences

    old, new = (_fields(each, name) for each in (before, after))
    return setting_differences(old, new)


def _fields(found: RepositoryRequests, name: str) -> dict[str, Any]:
    """The fields of a request, with its environments by kind."""
    document = found.requests.get(name)
    if document is None:
        return {}
    data = document.content.model_dump(mode="json", exclude_unset=True)
    data["environments"] = [{"name": each["environment"], **each} for each in data["environments"]]
    return data


def _addresses(
    before: RepositoryRequests, after: RepositoryRequests, name: str
) -> dict[str, tuple[Optional[str], Optional[str]]]:
    sides = [
        {
            environment.value: each.range
            for (project, environment), each in found.lock.by_holder.items()
            if project == name
        }
        if found.lock
        else {}
        for found in (before, after)
    ]
    names = dict.fromkeys([*sides[0], *sides[1]])
    pairs = {each: (sides[0].get(each), sides[1].get(each)) for each in names}
    return {each: pair for each, pair in pairs.items() if pair[0] != pair[1]}


def _money(state: Optional[StackState], *, most: bool) -> str:
    from ..plan.cost import bound

    return "none" if state is None else bound(state.cost, most=most)


def review_table(found: Review) -> list[str]:
    """The review as lines of text."""
    lines: list[str] = []
    for each in found.projects:
        lines += [*([""] if lines else []), f"{each.project}: {_words(each)}"]
        lines += (f"  asks for   {line}" for line in _asked_lines(each))
        lines += (f"  address    {line}" for line in _address_lines(each))
        for change in each.stacks:
            lines.append(f"  {change.label}: {_kind(change)}")
            lines += (f"    {what:<9} {old} → {new}" for what, old, new in _money_lines(change))
            lines += (f"    {sign} {text}" for sign, text in _right_lines(change))
        lines += (f"  yes of     {owners} ({why})" for owners, why in each.reviewers)
        lines.append(f"  approvals  {each.approvals}")
    return list(map(printable, lines or [f"nothing that anybody asked for changes since {found.since}"]))


def review_markdown(found: Review) -> list[str]:
    """The review as a comment on a pull request."""
    from ..plan.cost import grouped

    lines = ["## What this changes"]
    if not found.projects:
        lines += ["", f"Nothing that anybody asked for, since `{escaped(found.since)}`."]
    for each in found.problems:
        lines += ["", f"- **Refused:** `{escaped(each.file)}`: {escaped(each.what)}. {escaped(each.fix)}"]
    for each in found.projects:
        lines += ["", f"### {escaped(each.project)}: {_words(each)}"]
        if each.reviewers:
            yes = "; ".join(f"{_unmentioned(owners)} ({escaped(why)})" for owners, why in each.reviewers)
            lines += ["", f"**Takes the yes of:** {yes}. Approvals: {each.approvals}"]
        lines += _bullets("Asked for", _asked_lines(each))
        lines += _bullets("Addresses", _address_lines(each))
        if each.stacks:
            rows = [
                f"| {escaped(change.label)} | {what} a month | {escaped(old)} | {escaped(new)} |"
                for change in each.stacks
                for what, old, new in _money_lines(change)
                if old != new
            ]
            head = ["| stack | | before | after |", "|---|---|---|---|"]
            lines += ["", *([*head, *rows] if rows else ["Money: as before."])]
        for change in each.stacks:
            rights = [f"{sign} {text}" for sign, text in _right_lines(change)]
            if rights:
                lines += ["", f"<details><summary>Rights of {escaped(change.label)}: {_counts(change)}</summary>"]
                lines += _bullets("", rights)
                lines += ["", "</details>"]
            if change.after is not None and change.after.cost.without_price:
                names = (line.what for line in grouped(change.after.cost.without_price))
                lines += _bullets(f"No price in {change.label}, so in no sum", names)
    return list(map(printable, lines))


def _unmentioned(owners: str) -> str:
    """Handles in code, so that a comment calls nobody."""
    return " or ".join(f"`{each}`" for each in owners.split())


def _bullets(title: str, texts: Iterable[str]) -> list[str]:
    found = list(texts)
    if not found:
        return []
    shown = found if len(found) <= MOST_ROWS else found[: MOST_ROWS - 1]
    lines = ["", *([f"**{escaped(title)}**", ""] if title else []), *(f"- {escaped(each)}" for each in shown)]
    if len(found) > len(shown):
        lines.append(f"- and {len(found) - len(shown)} more: `mlplatform request check --since REV --json` has all")
    return lines


def _words(change: ProjectChange) -> str:
    words = {
        "new": "a new request",
        "changed": "a changed request",
        "gone": "its request is gone",
        "rendered": "its stacks change, its request does not",
    }[change.what]
    return (
        words
        if change.is_rendered or change.what == "gone"
        else f"{words}, not rendered yet: mlplatform request render"
    )


def _asked_lines(change: ProjectChange) -> list[str]:
    if change.what in ("new", "gone"):
        return []
    return [f"{each.setting}: {_value(each.values[0])} → {_value(each.values[1])}" for each in change.asked]


def _value(value: Any) -> str:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return "none" if value is None else str(value)


def _address_lines(change: ProjectChange) -> list[str]:
    lines = [f"{name}: {_value(old)} → {_value(new)}" for name, (old, new) in change.addresses.items()]
    for each in change.stacks:
        old, new = (side.ranges if side else () for side in (each.before, each.after))
        if old != new:
            lines.append(f"network of {each.label}: {', '.join(old) or 'none'} → {', '.join(new) or 'none'}")
    return lines


def _kind(change: StackChange) -> str:
    return "new" if change.before is None else "gone" if change.after is None else "changed"


def _money_lines(change: StackChange) -> Iterator[tuple[str, str, str]]:
    """Bound, before and after."""
    for what, most in (("floor", False), ("ceiling", True)):
        yield what, _money(change.before, most=most), _money(change.after, most=most)


def _right_lines(change: StackChange) -> Iterator[tuple[str, str]]:
    """The roles that others get, what custom roles allow, then what the deploying identity must be allowed."""
    for sign, roles in (("+", change.gained(roles_in)), ("-", change.lost(roles_in))):
        for each in roles:
            yield sign, f"{each.role} on {_place(each.scope)} for {each.principal} ({each.principal_type})"
    for what, words in ((role_actions_in, "{}"), (rights_in, "who deploys, on {}")):
        for sign, found in (("+", change.gained(what)), ("-", change.lost(what))):
            by_place: dict[str, list[str]] = {}
            for one, other in found:
                place, action = (one, other) if what is role_actions_in else (_place(other), one)
                by_place.setdefault(words.format(place), []).append(action)
            for place, actions in by_place.items():
                yield sign, f"{place}: {', '.join(actions)}"


def _place(scope: str) -> str:
    """A scope as a person names it: `registries/cr in rg-lending-dev`."""
    found = re.search(r"/resourceGroups/([^/]+)(?:/providers/(.+))?$", scope, re.IGNORECASE)
    if not found:
        return scope
    if not found[2]:
        return f"the group {found[1]}"
    return f"{'/'.join(found[2].split('/')[1:])} in {found[1]}"


def _counts(change: StackChange) -> str:
    parts = [
        f"{len(change.gained(what))} more and {len(change.lost(what))} fewer {words}"
        for what, words in (
            (roles_in, "roles"),
            (role_actions_in, "in custom roles and what may be given"),
            (rights_in, "of who deploys"),
        )
        if change.gained(what) or change.lost(what)
    ]
    return ", ".join(parts)


def review_json(found: Review) -> list[dict[str, Any]]:
    """The projects of a review as `mlplatform request check --since REV --json` prints them."""
    return [
        {
            "project": each.project,
            "what": each.what,
            "rendered": each.is_rendered,
            "asked": [{"setting": one.setting, "before": one.values[0], "after": one.values[1]} for one in each.asked],
            "addresses": [
                {"environment": name, "before": old, "after": new} for name, (old, new) in each.addresses.items()
            ],
            "reviewers": [{"owners": owners.split(), "why": why} for owners, why in each.reviewers],
            "approvals": each.approvals,
            "stacks": [_stack_json(one) for one in each.stacks],
        }
        for each in found.projects
    ]


def _stack_json(change: StackChange) -> dict[str, Any]:
    return {
        "folder": change.folder,
        "stack": change.stack,
        "what": _kind(change),
        "money": {
            side: state
            and {
                "currency": state.cost.currency or None,
                "floor": float(round(state.cost.floor, 2)),
                "ceiling": float(round(state.cost.ceiling, 2)),
                "without_price": [each.what for each in state.cost.without_price],
            }
            for side, state in (("before", change.before), ("after", change.after))
        },
        "ranges": {
            side: list(state.ranges) if state else []
            for side, state in (("before", change.before), ("after", change.after))
        },
        "roles": {
            name: [
                {
                    "role": each.role,
                    "scope": each.scope,
                    "principal": each.principal,
                    "principal_type": each.principal_type,
                }
                for each in found
            ]
            for name, found in (("gained", change.gained(roles_in)), ("lost", change.lost(roles_in)))
        },
        "role_actions": {
            name: [{"role": role, "action": action} for role, action in found]
            for name, found in (("gained", change.gained(role_actions_in)), ("lost", change.lost(role_actions_in)))
        },
        "rights": {
            name: [{"action": action, "scope": scope} for action, scope in found]
            for name, found in (("gained", change.gained(rights_in)), ("lost", change.lost(rights_in)))
        },
    }
