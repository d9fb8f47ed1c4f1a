"""Finds conflicts between plans, and within one: a resource made twice, what a shared thing has only once, ranges that
overlap, and a cluster that one plan wants exclusively.

Each rule keeps a few rows of a plan, and is an index over the rows of all plans. Plans are put in order first, so the
order in which they come does not matter: of two plans, the later one has to change.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any, NamedTuple, Optional, Union

from ..foundation.cluster_sharing import ATTACH, CLUSTER_CLAIM, POOL_LABEL, Attach, second_attach
from ..foundation.free_range import OWN_RANGE, free_range
from ..foundation.problems import Problem
from ..foundation.values import name_of
from .limits import APART, LIMITS, Apart, Limit, Planned, Span
from .resource import UNKNOWN, Plan, PlannedResource
from .summary import Comparison, Row, Summaries, Summary, summary_of

_SHOWN = 3
"""The number of things of one conflict that a message names."""

_Rows = Sequence[tuple[Summary, tuple[Row, ...]]]


def conflicts(plans: Iterable[Plan]) -> Iterator[Problem]:
    """Every conflict: Azure would refuse it, or one stack would take something from another. Each once."""
    summaries = Summaries(COMPARISONS)
    for each in {id(plan): plan for plan in plans}.values():
        summaries.add(summary_of(each, COMPARISONS))
    yield from summaries.problems()


def _planned(plan: Plan) -> Iterator[Planned]:
    by_id = {each.id.lower(): each for each in _native(plan)}
    for each in _native(plan):
        yield Planned(each, plan, by_id)


def _native(plan: Plan) -> Iterator[PlannedResource]:
    """The resources that a plan makes in Azure. Resources that only claim or detach something have its id, so they are
    skipped."""
    return (each for each in plan.azure_resources if each.type.startswith("azure-native:"))


class _Made(NamedTuple):
    """A resource that two plans cannot both make."""

    id: str
    kind: str

    @property
    def key(self) -> str:
        return self.id.lower()


def _made(plan: Plan) -> Iterator[_Made]:
    """The resources that a plan makes. Extensions of a cluster are skipped: its second attach is reported instead."""
    for each in _native(plan):
        if each.kind != "Extension" and each.id.startswith("/subscriptions/"):
            yield _Made(each.id, each.kind)


def _shared(plans: _Rows[_Made]) -> Iterator[Problem]:
    """A problem for each two stacks that would make the same resources. Names those that hold the others."""
    first: dict[str, int] = {}
    both: dict[tuple[int, int], list[_Made]] = {}
    for number, (_, rows) in enumerate(plans):
        for each in rows:
            owner = first.setdefault(each.key, number)
            if owner != number:
                both.setdefault((number, owner), []).append(each)
    for (number, owner), found in both.items():
        highest = _highest(found)
        yield Problem(
            (),
            f"{_listed(f'{each.kind} {name_of(each.id)}' for each in highest)} already "
            f"belong{'s' if len(highest) == 1 else ''} to {plans[owner][0].label}",
            "Give each stack a different environment, project or subscription",
            plans[number][0].file,
        )


def _highest(resources: Iterable[_Made]) -> list[_Made]:
    """The resources that do not lie below another one of them."""
    kept: dict[str, _Made] = {}
    for each in sorted(resources, key=lambda each: (len(each.id), each.id)):
        parts = each.key.split("/")
        if not any("/".join(parts[:end]) in kept for end in range(2, len(parts) + 1)):
            kept[each.key] = each
    return list(kept.values())


class _InGroup(NamedTuple):
    """A resource group in which a plan makes something, or to which it refers."""

    group: str
    """Its id in lower case."""

    what: str
    """What refers to what in it. Empty if the plan makes something in it."""


def _in_groups(plan: Plan) -> Iterator[_InGroup]:
    """The groups of a plan, and its first reference to each other group."""
    ours = _groups(plan)
    yield from (_InGroup(group, "") for group in sorted(ours))
    seen = set(ours)
    for each in plan.azure_resources:
        for text in _texts(each.inputs):
            group = _group_of(text)
            if group and group not in seen:
                seen.add(group)
                yield _InGroup(group, f"{each.kind} {each.azure_name} refers to {text.rsplit('/', 1)[-1]}")


def _named(plans: _Rows[_InGroup]) -> Iterator[Problem]:
    """A problem if a stack refers to a resource in the group of another environment of its project. Names only the
    first one."""
    owners: dict[tuple[str, str], list[int]] = {}
    for number, (plan, rows) in enumerate(plans):
        for each in rows:
            if not each.what:
                owners.setdefault((plan.project, each.group), []).append(number)
    for number, (plan, rows) in enumerate(plans):
        said: set[int] = set()
        for each in rows:
            for other in owners.get((plan.project, each.group), ()) if each.what else ():
                if other in said or other == number:
                    continue
                said.add(other)
                yield Problem(
                    (),
                    f"{each.what}, which is in the group of {plans[other][0].label}",
                    "Use a resource outside both groups: environments of a project must not share resources",
                    plan.file,
                )


def _groups(plan: Plan) -> set[str]:
    """The resource groups in which a plan makes something, by id in lower case."""
    made = (each for each in plan.azure_resources if "resourceGroupName" in each.inputs)
    return {group for each in made if (group := _group_of(each.id))}


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping | list):
        for each in value.values() if isinstance(value, Mapping) else value:
            yield from _texts(each)


def _group_of(text: str) -> str:
    """The resource group of an ARM id, by id in lower case. Empty if the text is not an ARM id."""
    found = re.match(r"/subscriptions/[^/]+/resourcegroups/[^/]+", text, re.IGNORECASE)
    return found[0].lower() if found else ""


class _Taken(NamedTuple):
    """A use of a shared thing by a resource of a plan."""

    limit: int
    """The number of its limit in `LIMITS`."""

    of: tuple[str, ...]
    what: str
    name: str
    """The resource's name in the program."""

    by: str
    alone: bool

    @property
    def key(self) -> str:
        return "\0".join((str(self.limit), *self.of)).lower()

    def shown(self, *, among_own: bool = False) -> str:
        """The use in words. `among_own` tells it from another one of the same plan."""
        return f"{self.what} ({self.name})" if among_own else self.what


def _taken(plan: Plan) -> Iterator[_Taken]:
    """The uses of a plan that can be compared."""
    for planned in _planned(plan):
        resource = planned.resource
        for number, limit in _limits_of(resource.type):
            for use in limit.uses[resource.type](planned):
                if use.known:
                    what = use.what or f"{resource.kind} {resource.azure_name}"
                    by = (use.by or planned.id).lower()
                    yield _Taken(number, use.of, what, resource.name, by, use.alone)


@cache
def _limits_of(type_: str) -> tuple[tuple[int, Limit], ...]:
    return tuple((number, limit) for number, limit in enumerate(LIMITS) if type_ in limit.uses)


class _By(NamedTuple):
    """A use, and the stack that has it."""

    use: _Taken
    plan: Summary


def _beyond_limits(plans: _Rows[_Taken]) -> Iterator[Problem]:
    """The problems of things that are used more often than they can be."""
    taken: dict[str, list[_By]] = {}
    for plan, rows in plans:
        for each in rows:
            taken.setdefault(each.key, []).append(_By(each, plan))
    clashes: dict[tuple[int, str, str, str], tuple[list[_By], list[_By]]] = {}
    for uses in taken.values():
        if len(uses) < 2:
            continue
        first = uses[0].use
        if LIMITS[first.limit].at_most > 1:
            yield from _too_many(LIMITS[first.limit], uses)
            continue
        for one, other in _second_uses(uses):
            key = (first.limit, first.of[0].lower(), _identity(one.plan), _identity(other.plan))
            earlier, later = clashes.setdefault(key, ([], []))
            earlier.append(one)
            later.append(other)
    for (number, *_), (earlier, later) in sorted(clashes.items(), key=lambda each: each[0][0]):
        yield _clash(LIMITS[number], earlier, later)


def _identity(plan: Summary) -> str:
    return f"{plan.file} {plan.project}"


def _second_uses(uses: list[_By]) -> Iterator[tuple[_By, _By]]:
    """The uses that cannot be beside an earlier one, each with the earlier one."""
    first = uses[0]
    alone: Optional[_By] = None
    seen: set[str] = set()
    for each in uses:
        if each.use.by not in seen:
            seen.add(each.use.by)
            earlier = alone or (first if each.use.alone and first.use.by != each.use.by else None)
            if earlier is not None:
                yield earlier, each
            if each.use.alone and alone is None:
                alone = each


def _clash(limit: Limit, earlier: list[_By], later: list[_By]) -> Problem:
    one, other = earlier[0].plan, later[0].plan
    rule = limit.rule.replace("{thing}", name_of(later[0].use.of[0]))
    if one is other:
        has = f"{one.label} has {_listed(each.use.shown(among_own=True) for each in (*earlier, *later))}"
    else:
        mine, theirs = (_listed(each.use.shown() for each in side) for side in (later, earlier))
        both = f"{one.label} and {other.label} both have {mine}"
        has = both if mine == theirs else f"{one.label} has {theirs}, and {other.label} has {mine}"
    return Problem(limit.path, f"{rule}, but {has}", limit.fix, other.file)


def _too_many(limit: Limit, uses: list[_By]) -> Iterator[Problem]:
    """A problem if a thing is used more often than it can be."""
    distinct = {each.use.by: each for each in reversed(uses)}
    if len(distinct) <= limit.at_most:
        return
    counts: dict[str, int] = {}
    for each in reversed(distinct.values()):
        counts[each.plan.label] = counts.get(each.plan.label, 0) + 1
    rule = limit.rule.replace("{thing}", name_of(uses[0].use.of[0]))
    has = ", ".join(f"{label} has {count}" for label, count in counts.items())
    yield Problem(limit.path, f"{rule}, but {has}", limit.fix, uses[-1].plan.file)


def _listed(things: Iterable[str]) -> str:
    """The first things, and how many more there are."""
    all_ = sorted(set(things))
    rest = len(all_) - _SHOWN
    if rest > 1:
        return f"{', '.join(all_[:_SHOWN])} and {rest} more"
    return " and ".join(filter(None, [", ".join(all_[:-1]), all_[-1]]))


class _Range(NamedTuple):
    """A range of addresses that a plan has within a shared thing."""

    apart: int
    """The number of its rule in `APART`."""

    of: str
    by: str
    range: str
    at: int
    """The place of its resource in the plan."""


def _ranges(plan: Plan) -> Iterator[_Range]:
    """The ranges of a plan that can be compared."""
    for at, planned in enumerate(_planned(plan)):
        for number, apart in enumerate(APART):
            for span in apart.spans.get(planned.resource.type, _no_spans)(planned):
                if UNKNOWN not in span.of:
                    yield _Range(number, span.of, span.by, str(span.range), at)


def _no_spans(_: Planned) -> Iterator[Span]:
    return iter(())


class _Placed(NamedTuple):
    """A range, and its place among all."""

    of: str
    by: str
    range: Union[IPv4Network, IPv6Network]
    number: tuple[int, int]
    plan: Summary

    @property
    def version(self) -> int:
        return self.range.version

    @property
    def first(self) -> int:
        return int(self.range.network_address)

    @property
    def last(self) -> int:
        return int(self.range.broadcast_address)


def _overlaps(plans: _Rows[_Range]) -> Iterator[Problem]:
    """A problem for each two networks or subnets whose ranges overlap where they must not."""
    taken: list[IPv4Network] = []
    for number, apart in enumerate(APART):
        within: dict[str, list[_Placed]] = {}
        for place, (plan, rows) in enumerate(plans):
            for each in rows:
                if each.apart == number:
                    placed = _Placed(each.of, each.by, ip_network(each.range), (place, each.at), plan)
                    within.setdefault(each.of.lower(), []).append(placed)
        taken += [each.range for one in within.values() for each in one if isinstance(each.range, IPv4Network)]
        for ranges in within.values():
            for one, other in _overlapping(ranges):
                problem = _overlap(apart, one, other)
                if OWN_RANGE in problem.fix:
                    # No range is suggested twice.
                    free = free_range(taken)
                    taken.append(IPv4Network(free))
                    problem = replace(problem, fix=problem.fix.replace(OWN_RANGE, free))
                yield problem


def _overlapping(ranges: list[_Placed]) -> Iterator[tuple[_Placed, _Placed]]:
    """The pairs that overlap, the earlier plan's range first. Looks only at ranges that reach into each other."""
    found: list[tuple[_Placed, _Placed]] = []
    reaching: list[_Placed] = []
    for each in sorted(ranges, key=lambda each: (each.version, each.first)):
        reaching = [one for one in reaching if one.version == each.version and one.last >= each.first]
        pairs = ((one, each) if one.number <= each.number else (each, one) for one in reaching)
        found += [(one, other) for one, other in pairs if one.by.lower() != other.by.lower()]
        reaching.append(each)
    yield from sorted(found, key=lambda pair: (pair[1].number, pair[0].number))


def _overlap(apart: Apart, one: _Placed, other: _Placed) -> Problem:
    thing = name_of(other.of)
    rule = apart.rule.replace("{thing}", thing)
    if one.of.lower() in (one.by.lower(), other.by.lower()):
        rule = f"and one is peered to the other, {thing}"
    return Problem(
        apart.path, f"{other.range} overlaps {one.range} of {one.plan.label}, {rule}", apart.fix, other.plan.file
    )


class _Factory(NamedTuple):
    """A data factory that runs pipelines of a plan, by id in lower case."""

    id: str


def _runs_in(plan: Plan) -> Iterator[_Factory]:
    found = {each.id.lower().rpartition("/pipelines/")[0] for each in plan.of_type("Pipeline") if each.id != UNKNOWN}
    return map(_Factory, sorted(found))


def _factories(plans: _Rows[_Factory]) -> Iterator[Problem]:
    """A problem if one data factory runs the pipelines of two stacks: both would have all rights of the factory."""
    first: dict[_Factory, Summary] = {}
    for plan, rows in plans:
        for factory in rows:
            owner = first.setdefault(factory, plan)
            if owner is not plan:
                yield Problem(
                    ("azure-mlplatform:batch", "data_factory_id"),
                    f"{name_of(factory.id)} already runs the pipelines of {owner.label}, "
                    "and uses one identity for both",
                    "Give each environment a factory of its own",
                    plan.file,
                )


_AKS = ("azure-mlplatform:inference", "aks")


class _OnCluster(NamedTuple):
    """A cluster that a plan attaches to a workspace, or one that it makes for several workspaces."""

    cluster: str
    """The cluster by id."""

    name: str
    workspace: str
    """The workspace by id. Empty if the plan makes the cluster."""

    attach: str
    pools: tuple[str, ...]
    """The pools that the instance types select, or those of the cluster."""


class _Claim(NamedTuple):
    plan: Summary
    row: _OnCluster

    def __str__(self) -> str:
        return f"{self.row.attach} to {name_of(self.row.workspace)} by {self.plan.label}"


def _attached(plans: _Rows[_OnCluster]) -> Iterator[Problem]:
    """A problem if two workspaces attach one cluster and one of them wants it exclusively, or if a workspace attaches
    a shared cluster wrongly."""
    on: dict[str, list[_Claim]] = {}
    for plan, rows in plans:
        for row in rows:
            if row.workspace:
                on.setdefault(row.cluster.lower(), []).append(_Claim(plan, row))
    for claims in on.values():
        first, exclusive = claims[0], None
        for claim in claims:
            earlier = exclusive or (first if claim.row.attach == Attach.EXCLUSIVE else None)
            if earlier is not None and earlier.row.workspace.lower() != claim.row.workspace.lower():
                problem = second_attach((*_AKS, "cluster_id"), name_of(first.row.cluster), str(earlier), str(claim))
                yield replace(problem, file=claim.plan.file)
            if exclusive is None and claim.row.attach == Attach.EXCLUSIVE:
                exclusive = claim
    for owner, rows in plans:
        for cluster in rows:
            for claim in on.get(cluster.cluster.lower(), ()) if not cluster.workspace else ():
                if claim.plan is not owner:
                    yield from (replace(problem, file=claim.plan.file) for problem in _as_shared(cluster, claim))


def _as_shared(cluster: _OnCluster, by: _Claim) -> Iterator[Problem]:
    """The problems if a workspace attaches a cluster that is made for several workspaces."""
    if by.row.attach == Attach.EXCLUSIVE:
        yield Problem(
            (*_AKS, "cluster_id"),
            f"{cluster.name} is made for several workspaces, but is attached {by}",
            "Set attach: shared, or name a cluster that is not shared",
        )
    for name in sorted({*by.row.pools} - {*cluster.pools}):
        yield Problem(
            (*_AKS, "pools"),
            f"{cluster.name} has no pool {name}",
            f"Use one of its pools: {', '.join(cluster.pools)}",
        )


def _on_clusters(plan: Plan) -> Iterator[_OnCluster]:
    """The clusters that a plan attaches, then those that it makes for several workspaces."""
    for compute in plan.of_type("Compute"):
        cluster = compute.input("properties.resourceId")
        if compute.input("properties.computeType") == "Kubernetes" and UNKNOWN not in (cluster, compute.id):
            workspace = compute.id.rsplit("/computes/", 1)[0]
            types = compute.input("properties.properties.instanceTypes") or {}
            pools = {str(each["nodeSelector"].get(POOL_LABEL)) for each in types.values()}
            attach = str(compute.input(f"tags.{ATTACH}"))
            yield _OnCluster(str(cluster), name_of(str(cluster)), workspace, attach, tuple(sorted(pools)))
    for cluster in plan.of_type("ManagedCluster"):
        if cluster.input(f"tags.{CLUSTER_CLAIM}") == Attach.SHARED:
            of_it = (each for each in plan.of_type("AgentPool") if each.input("resourceName") == cluster.azure_name)
            pools = {each.azure_name for each in of_it}
            yield _OnCluster(cluster.id, cluster.azure_name, "", Attach.SHARED.value, tuple(sorted(pools)))


COMPARISONS: tuple[Comparison[Any], ...] = (
    Comparison("made", _Made, _made, _shared, key=lambda row: row.key),
    Comparison("groups", _InGroup, _in_groups, _named, key=lambda row: row.group),
    Comparison("limits", _Taken, _taken, _beyond_limits, key=lambda row: row.key),
    # All ranges are kept: one that is suggested must be free.
    Comparison("ranges", _Range, _ranges, _overlaps),
    Comparison("clusters", _OnCluster, _on_clusters, _attached, key=lambda row: row.cluster.lower()),
    Comparison("factories", _Factory, _runs_in, _factories, key=lambda row: row.id),
)
"""What is compared between plans, in the order of the messages. A new comparison is a line here."""
