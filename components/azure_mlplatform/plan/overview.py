"""Environments side by side on one page: what they have, who may do what, what is at risk, and what somebody chose."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..foundation.built_in_roles import role_name
from ..foundation.plurals import counted, listed
from ..foundation.values import name_of
from ..resource_types import resource_type
from ..resource_types.inference import CLUSTER
from ..resource_types.network import VNET
from ..resource_types.resource_type import Machines, Shown
from .creation_time import creation_time
from .resource import UNKNOWN, Plan, PlannedResource
from .settings_difference import NOTHING, SettingDifference, in_one_line, is_id, setting_differences

_ROLE = "azure-native:authorization:RoleAssignment"
_LOCK = "azure-native:authorization:ManagementLockByScope"
_CREDENTIAL = "azure-native:managedidentity:FederatedIdentityCredential"
_GROUP = "azure-native:resources:ResourceGroup"
_ADDRESS = "azure-native:network:PublicIPAddress"
_BUDGET = "azure-native:consumption:Budget"
_PEOPLE = ("Group", "User")

_KINDS = 4
"""The number of kinds that one cell names, and of lines that it has."""

_LONG = 60
"""The most characters of a setting's value."""

_MOST_CHOSEN = 14
"""The number of rows for settings. If more differ, those of a block share a row."""

_LONG_NOTICE = 66
"""The characters of a notice that are shown: a line."""

NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the page."""

    label: str
    values: tuple[str, ...]
    """One for each environment, or one for all. Each may have several lines."""


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the page."""

    title: str
    rows: tuple[Row, ...]

    wide_labels: bool = False
    """Whether labels need more room than values."""


def sections(plans: Sequence[Plan], settings: Sequence[Mapping[str, Any]]) -> list[Section]:
    """The parts of the page. `settings` are those of each plan, as its files have them.

    A page stays a page: long cells name the first few and the number of the others.
    """
    found = [
        Section("What is made", tuple(_made(plans))),
        Section("Who may do what", tuple(_who(plans))),
        Section("Risk", tuple(_risk(plans))),
        Section("What costs, used or not", tuple(_costs(plans))),
        Section("Chosen differently", tuple(_chosen(settings)), wide_labels=True),
        Section("Notices", tuple(_notices(plans))),
    ]
    return [each for each in found if each.rows]


def _row(label: str, plans: Iterable[Plan], value: Callable[[Plan], str]) -> Row:
    return Row(label, tuple(map(value, plans)))


def _made(plans: Sequence[Plan]) -> Iterator[Row]:
    """The numbers, the kinds that only some have, and the sizes that differ. What is the same in all shares a row."""
    yield _row("components", plans, lambda plan: str(len(plan.components)))
    yield _row("resources", plans, _counted)
    times = [creation_time(plan) for plan in plans]
    if all(times):
        yield Row("first update", tuple(map(str, times)))
    shown = [_by_kind(plan) for plan in plans]
    counts = [Counter({words: len(found) for words, found in each.items()}) for each in shown]
    kinds = sorted({words for each in counts for words in each}, key=str.lower)
    sizes = {words: [_sizes(each.get(words, ())) for each in shown] for words in kinds}
    if len(plans) == 1:
        yield Row("kinds", (", ".join(counted(counts[0][words], words) for words in kinds),))
        for words in kinds:
            if sizes[words][0]:
                yield Row(words, (sizes[words][0],))
        return
    alike = [words for words in kinds if all(each[words] == counts[0][words] for each in counts)]
    for words in kinds:
        if len(set(sizes[words])) > 1:
            yield Row(words, tuple(each or NOTHING for each in sizes[words]))
    apart = [words for words in kinds if words not in alike]
    partly = [words for words in apart if not all(each[words] for each in counts)]
    yield Row("only here", tuple(_several(each, partly) for each in counts))
    yield Row(
        "more or fewer", tuple(_several(each, [words for words in apart if words not in partly]) for each in counts)
    )
    yield Row("as many in all", (_several(counts[0], alike, most=8),))


def _several(counts: Counter[str], kinds: Iterable[str], *, most: int = 100) -> str:
    found = [counted(counts[words], words) for words in kinds if counts[words]]
    return listed(found, most=most) or NOTHING


def _counted(plan: Plan) -> str:
    made = plan.azure_resources
    counts = {
        "protected": sum(each.protect for each in made),
        "locked": sum(each.type == _LOCK for each in made),
    }
    parts = (f", {count} {word}" for word, count in counts.items() if count)
    return f"{len(made)}{''.join(parts)}"


def _by_kind(plan: Plan) -> dict[str, list[PlannedResource]]:
    """The resources that a person looks for, by the words for their kind."""
    found: dict[str, list[PlannedResource]] = {}
    for each in plan.azure_resources:
        if resource_type(each.type).shown is not Shown.HIDDEN:
            found.setdefault(_words(each), []).append(each)
    return found


def _sizes(resources: Iterable[PlannedResource]) -> str:
    """The SKUs and address spaces of a kind. What runs on machines is counted among the costs."""
    found = Counter(resource_type(each.type).size_of(each) for each in resources if _has_size(each))
    return listed((f"{count} × {size}" if count > 1 else size for size, count in found.items()), most=_KINDS)  # noqa: RUF001


def _has_size(resource: PlannedResource) -> bool:
    record = resource_type(resource.type)
    if record.shown is not Shown.DRAWN or (any(record.machines(resource)) and resource.type != CLUSTER):
        return False
    first = record.size[0] if isinstance(record.size, tuple) and record.size else ""
    return resource.type == VNET or (isinstance(first, str) and first.startswith("sku"))


def _words(resource: PlannedResource) -> str:
    return resource_type(resource.type).words_for(resource)


def _who(plans: Sequence[Plan]) -> Iterator[Row]:
    yield _row("people", plans, _people)
    yield _row("identities", plans, _identities)
    yield _row("signs in as them", plans, _signs_in)


def _people(plan: Plan) -> str:
    roles: dict[str, set[str]] = {}
    for each in plan.of_type(_ROLE):
        if each.input("principalType") in _PEOPLE:
            who = f"{str(each.input('principalType')).lower()} …{str(each.input('principalId'))[-6:]}"
            roles.setdefault(who, set()).add(role_name(str(each.input("roleDefinitionId"))))
    return _lines((f"{who}: {listed(sorted(granted), most=_KINDS)}" for who, granted in sorted(roles.items())), NOBODY)


def _identities(plan: Plan) -> str:
    granted = [each for each in plan.of_type(_ROLE) if each.input("principalType") not in _PEOPLE]
    principals = {each.input("principalId") for each in granted}
    return f"{len(principals)} with {len(granted)} roles" if granted else NOBODY


def _signs_in(plan: Plan) -> str:
    return _lines((str(each.input("subject")) for each in plan.of_type(_CREDENTIAL)), NOBODY)


def _risk(plans: Sequence[Plan]) -> Iterator[Row]:
    yield _row("open to internet", plans, lambda plan: _named(plan, _is_public))
    yield _row("public addresses", plans, lambda plan: _named(plan, lambda each: each.type == _ADDRESS))
    yield _row("unprotected", plans, lambda plan: _named(plan, _is_unprotected))
    yield _row("roles outside", plans, _outside)


def _is_public(resource: PlannedResource) -> bool:
    paths = ("publicNetworkAccess", "properties.publicNetworkAccess", "publicNetworkAccessForIngestion")
    return any(str(resource.input(path)).lower() == "enabled" for path in paths)


def _is_unprotected(resource: PlannedResource) -> bool:
    return bool(resource_type(resource.type).holds) and not resource.protect


def _named(plan: Plan, fits: Callable[[PlannedResource], bool]) -> str:
    kinds = Counter(_words(each) for each in plan.azure_resources if fits(each))
    return listed((counted(count, words) for words, count in kinds.most_common()), most=_KINDS) or NOTHING


def _outside(plan: Plan) -> str:
    groups = tuple(f"{each.id.lower()}/" for each in plan.of_type(_GROUP))
    found = sorted(
        {
            name_of(scope)
            for each in plan.of_type(_ROLE)
            if (scope := str(each.input("scope"))) != UNKNOWN and not f"{scope.lower()}/".startswith(groups or "/")
        }
    )
    return listed(found, most=_KINDS) or NOTHING


def _costs(plans: Sequence[Plan]) -> Iterator[Row]:
    yield _row("budget", plans, _budget)
    machines = [_machines(plan) for plan in plans]
    for size in sorted({each.size for found in machines for each in found}):
        running = (_running([each for each in found if each.size == size]) for found in machines)
        yield Row(size.removeprefix("Standard_"), tuple(running))


def _budget(plan: Plan) -> str:
    return _lines((f"{each.input('amount')} a month" for each in plan.of_type(_BUDGET)), NOTHING)


def _machines(plan: Plan) -> list[Machines]:
    return [each for resource in plan.azure_resources for each in resource_type(resource.type).machines(resource)]


def _running(found: list[Machines]) -> str:
    least, most = sum(each.least for each in found), sum(each.most for each in found)
    if not found:
        return NOTHING
    return f"{least} always" if least == most else f"{least} always, {most} at most"


def _lines(texts: Iterable[str], nothing: str) -> str:
    found = list(texts)
    more = [f"and {len(found) - _KINDS + 1} more"] if len(found) > _KINDS else []
    return "\n".join([*found[: _KINDS - len(more)], *more]) or nothing


_OWN = frozenset({"environment", "subscription_id", "tenant_id", "network.address_space", "suffix"})
"""Settings that each environment has a value of its own for."""


def _chosen(settings: Sequence[Mapping[str, Any]]) -> Iterator[Row]:
    """The settings that differ, without those that differ by what they are."""
    found = {each.setting: each.values for each in setting_differences(*settings) if not _is_own(each)}
    blocks: dict[str, list[str]] = {}
    while len(found) + len(blocks) > _MOST_CHOSEN and (block := _block([*found, *blocks])):
        inside = [name for name in found if name.startswith(block)]
        below = [name for name in blocks if name.startswith(block)]
        blocks[block] = [*inside, *(each for name in below for each in blocks.pop(name))]
        found = {name: values for name, values in found.items() if name not in inside}
    for name, values in found.items():
        yield Row(name, tuple(in_one_line(each, _LONG) for each in values))
    for name, inside in blocks.items():
        shown = listed((each[len(name) :].lstrip(".") for each in inside), most=_KINDS)
        yield Row(name, (f"{len(inside)} differ: {shown}",))


def _is_own(difference: SettingDifference) -> bool:
    if difference.setting in _OWN:
        return True
    return all(map(is_id, difference.values))


def _block(found: Iterable[str]) -> str:
    """The deepest block, and of those the one with the most settings, that has several. Empty if there is none."""
    blocks = Counter(name[: match.start()] for name in found for match in re.finditer(r"\.|\[", name))
    several = {name: count for name, count in blocks.items() if count > 1}
    return max(several, key=lambda name: (name.count(".") + name.count("["), several[name]), default="")


def _notices(plans: Sequence[Plan]) -> Iterator[Row]:
    stacks: dict[str, list[str]] = {}
    for plan in plans:
        for severity, text in plan.messages:
            stacks.setdefault(f"{severity}: {text}" if severity != "warning" else text, []).append(plan.stack)
    for text, names in stacks.items():
        shown = " ".join(text.split())
        cut = f"{shown[:_LONG_NOTICE].rsplit(' ', 1)[0]} … (--full)" if len(shown) > _LONG_NOTICE else shown
        yield Row(", ".join(names), (cut,))
