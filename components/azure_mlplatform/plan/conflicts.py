"""Finds conflicts between plans, and within one: a resource made twice, what a shared thing has only once, ranges that
overlap, and a cluster that one plan wants exclusively.

Each rule is an index over all resources of all plans. Plans are put in order first, so the order in which they come
does not matter: of two plans, the later one has to change.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from ipaddress import IPv4Network
from typing import Any, NamedTuple, Optional

from ..foundation.cluster_sharing import ATTACH, CLUSTER_CLAIM, POOL_LABEL, Attach, second_attach
from ..foundation.free_range import OWN_RANGE, free_range
from ..foundation.problems import Problem
from ..foundation.values import name_of
from .limits import APART, LIMITS, Apart, Limit, Planned, Span, Use
from .resource import UNKNOWN, Plan, PlannedResource

_SHOWN = 3
"""The number of things of one conflict that a message names."""


def conflicts(plans: Sequence[Plan]) -> Iterator[Problem]:
    """Every conflict: Azure would refuse it, or one stack would take something from another. Each once."""
    ordered = sorted(plans, key=lambda plan: (plan.folder, plan.stack, plan.project))
    resources = [each for plan in ordered for each in _planned(plan)]
    yield from _shared(ordered)
    yield from _named(ordered)
    yield from _beyond_limits(resources)
    yield from _overlaps(resources)
    yield from _attached(ordered)
    yield from _factories(ordered)


def _planned(plan: Plan) -> Iterator[Planned]:
    by_id = {each.id.lower(): each for each in _native(plan)}
    for each in _native(plan):
        yield Planned(each, plan, by_id)


def _native(plan: Plan) -> Iterator[PlannedResource]:
    """The resources that a plan makes in Azure. Resources that only claim or detach something have its id, so they are
    skipped."""
    return (each for each in plan.azure_resources if each.type.startswith("azure-native:"))


def _shared(plans: Sequence[Plan]) -> Iterator[Problem]:
    """A problem for each two stacks that would make the same resources. Names those that hold the others."""
    first: dict[str, Plan] = {}
    both: dict[tuple[int, int], list[PlannedResource]] = {}
    for number, plan in enumerate(plans):
        for each in _made(plan):
            owner = first.setdefault(each.id.lower(), plan)
            if owner is not plan:
                both.setdefault((number, id(owner)), []).append(each)
    by_identity = {id(plan): plan for plan in plans}
    for (number, owner), found in both.items():
        plan = plans[number]
        highest = _highest(found)
        yield Problem(
            (),
            f"{_listed(f'{each.kind} {each.azure_name}' for each in highest)} already "
            f"belong{'s' if len(highest) == 1 else ''} to {by_identity[owner].label}",
            "Give each stack a different environment, project or subscription",
            plan.file,
        )


def _highest(resources: Iterable[PlannedResource]) -> list[PlannedResource]:
    """The resources that do not lie below another one of them."""
    kept: dict[str, PlannedResource] = {}
    for each in sorted(resources, key=lambda each: (len(each.id), each.id)):
        parts = each.id.lower().split("/")
        if not any("/".join(parts[:end]) in kept for end in range(2, len(parts) + 1)):
            kept[each.id.lower()] = each
    return list(kept.values())


def _made(plan: Plan) -> Iterator[PlannedResource]:
    """The resources that two plans cannot both make. Extensions of a cluster are skipped: its second attach is reported
    instead."""
    return (each for each in _native(plan) if each.kind != "Extension" and each.id.startswith("/subscriptions/"))


def _named(plans: Sequence[Plan]) -> Iterator[Problem]:
    """A problem if a stack refers to a resource in the group of another environment of its project. Names only the
    first one."""
    groups = [_groups(plan) for plan in plans]
    owners: dict[tuple[str, str], list[int]] = {}
    for number, (plan, theirs) in enumerate(zip(plans, groups, strict=True)):
        for group in theirs:
            owners.setdefault((plan.project, group), []).append(number)
    for number, (plan, ours) in enumerate(zip(plans, groups, strict=True)):
        said: set[int] = set()
        for each in plan.azure_resources:
            for text in _texts(each.inputs):
                group = _group_of(text)
                for other in owners.get((plan.project, group), ()) if group and group not in ours else ():
                    if other in said or other == number:
                        continue
                    said.add(other)
                    yield Problem(
                        (),
                        f"{each.kind} {each.azure_name} refers to {text.rsplit('/', 1)[-1]}, which is in the group "
                        f"of {plans[other].label}",
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

    use: Use
    planned: Planned

    @property
    def by(self) -> str:
        return (self.use.by or self.planned.id).lower()

    def shown(self, *, among_own: bool = False) -> str:
        """The use in words. `among_own` tells it from another one of the same plan."""
        resource = self.planned.resource
        what = self.use.what or f"{resource.kind} {resource.azure_name}"
        return f"{what} ({resource.name})" if among_own else what


def _beyond_limits(resources: Sequence[Planned]) -> Iterator[Problem]:
    """The problems of things that are used more often than they can be."""
    of_type: dict[str, list[tuple[int, Limit]]] = {}
    for number, limit in enumerate(LIMITS):
        for type_ in limit.uses:
            of_type.setdefault(type_, []).append((number, limit))
    taken: dict[tuple[int, tuple[str, ...]], list[_Taken]] = {}
    for each in resources:
        for number, limit in of_type.get(each.resource.type, ()):
            for use in limit.uses[each.resource.type](each):
                if use.known:
                    key = (number, tuple(part.lower() for part in use.of))
                    taken.setdefault(key, []).append(_Taken(use, each))
    clashes: dict[tuple[int, str, int, int], tuple[list[_Taken], list[_Taken]]] = {}
    for (number, of), uses in taken.items():
        if len(uses) < 2:
            continue
        if LIMITS[number].at_most > 1:
            yield from _too_many(LIMITS[number], uses)
            continue
        for one, other in _second_uses(uses):
            key = (number, of[0], id(one.planned.plan), id(other.planned.plan))
            earlier, later = clashes.setdefault(key, ([], []))
            earlier.append(one)
            later.append(other)
    for (number, *_), (earlier, later) in sorted(clashes.items(), key=lambda each: each[0][0]):
        yield _clash(LIMITS[number], earlier, later)


def _second_uses(uses: list[_Taken]) -> Iterator[tuple[_Taken, _Taken]]:
    """The uses that cannot be beside an earlier one, each with the earlier one."""
    first = uses[0]
    alone: Optional[_Taken] = None
    seen: set[str] = set()
    for each in uses:
        if each.by not in seen:
            seen.add(each.by)
            earlier = alone or (first if each.use.alone and first.by != each.by else None)
            if earlier is not None:
                yield earlier, each
            if each.use.alone and alone is None:
                alone = each


def _clash(limit: Limit, earlier: list[_Taken], later: list[_Taken]) -> Problem:
    one, other = earlier[0].planned.plan, later[0].planned.plan
    rule = limit.rule.replace("{thing}", name_of(later[0].use.of[0]))
    if one is other:
        has = f"{one.label} has {_listed(each.shown(among_own=True) for each in (*earlier, *later))}"
    else:
        mine, theirs = (_listed(each.shown() for each in side) for side in (later, earlier))
        both = f"{one.label} and {other.label} both have {mine}"
        has = both if mine == theirs else f"{one.label} has {theirs}, and {other.label} has {mine}"
    return Problem(limit.path, f"{rule}, but {has}", limit.fix, other.file)


def _too_many(limit: Limit, uses: list[_Taken]) -> Iterator[Problem]:
    """A problem if a thing is used more often than it can be."""
    distinct = {each.by: each for each in reversed(uses)}
    if len(distinct) <= limit.at_most:
        return
    counts: dict[str, int] = {}
    for each in reversed(distinct.values()):
        label = each.planned.plan.label
        counts[label] = counts.get(label, 0) + 1
    rule = limit.rule.replace("{thing}", name_of(uses[0].use.of[0]))
    has = ", ".join(f"{label} has {count}" for label, count in counts.items())
    yield Problem(limit.path, f"{rule}, but {has}", limit.fix, uses[-1].planned.plan.file)


def _listed(things: Iterable[str]) -> str:
    """The first things, and how many more there are."""
    all_ = sorted(set(things))
    rest = len(all_) - _SHOWN
    if rest > 1:
        return f"{', '.join(all_[:_SHOWN])} and {rest} more"
    return " and ".join(filter(None, [", ".join(all_[:-1]), all_[-1]]))


class _Range(NamedTuple):
    span: Span
    planned: Planned
    number: int
    """Its place in the order of the plans."""

    @property
    def version(self) -> int:
        return self.span.range.version

    @property
    def first(self) -> int:
        return int(self.span.range.network_address)

    @property
    def last(self) -> int:
        return int(self.span.range.broadcast_address)


def _overlaps(resources: Sequence[Planned]) -> Iterator[Problem]:
    """A problem for each two networks or subnets whose ranges overlap where they must not."""
    taken: list[IPv4Network] = []
    for apart in APART:
        within: dict[str, list[_Range]] = {}
        for number, each in enumerate(resources):
            if each.resource.type in apart.spans:
                for span in apart.spans[each.resource.type](each):
                    if UNKNOWN not in span.of:
                        within.setdefault(span.of.lower(), []).append(_Range(span, each, number))
        taken += [
            each.span.range for one in within.values() for each in one if isinstance(each.span.range, IPv4Network)
        ]
        for ranges in within.values():
            for one, other in _overlapping(ranges):
                problem = _overlap(apart, one, other)
                if OWN_RANGE in problem.fix:
                    # No range is suggested twice.
                    free = free_range(taken)
                    taken.append(IPv4Network(free))
                    problem = replace(problem, fix=problem.fix.replace(OWN_RANGE, free))
                yield problem


def _overlapping(ranges: list[_Range]) -> Iterator[tuple[_Range, _Range]]:
    """The pairs that overlap, the earlier plan's range first. Looks only at ranges that reach into each other."""
    found: list[tuple[_Range, _Range]] = []
    reaching: list[_Range] = []
    for each in sorted(ranges, key=lambda each: (each.version, each.first)):
        reaching = [one for one in reaching if one.version == each.version and one.last >= each.first]
        pairs = ((one, each) if one.number <= each.number else (each, one) for one in reaching)
        found += [(one, other) for one, other in pairs if one.span.by.lower() != other.span.by.lower()]
        reaching.append(each)
    yield from sorted(found, key=lambda pair: (pair[1].number, pair[0].number))


def _overlap(apart: Apart, one: _Range, other: _Range) -> Problem:
    thing, plan = name_of(other.span.of), one.planned.plan
    rule = apart.rule.replace("{thing}", thing)
    if one.span.of.lower() in (one.span.by.lower(), other.span.by.lower()):
        rule = f"and one is peered to the other, {thing}"
    return Problem(
        apart.path,
        f"{other.span.range} overlaps {one.span.range} of {plan.label}, {rule}",
        apart.fix,
        other.planned.plan.file,
    )


def _factories(plans: Sequence[Plan]) -> Iterator[Problem]:
    """A problem if one data factory runs the pipelines of two stacks: both would have all rights of the factory."""
    first: dict[str, Plan] = {}
    for plan in plans:
        for factory in sorted(_runs_in(plan)):
            owner = first.setdefault(factory, plan)
            if owner is not plan:
                yield Problem(
                    ("azure-mlplatform:batch", "data_factory_id"),
                    f"{name_of(factory)} already runs the pipelines of {owner.label}, and uses one identity for both",
                    "Give each environment a factory of its own",
                    plan.file,
                )


def _runs_in(plan: Plan) -> set[str]:
    return {each.id.lower().rpartition("/pipelines/")[0] for each in plan.of_type("Pipeline") if each.id != UNKNOWN}


_AKS = ("azure-mlplatform:inference", "aks")


class _Claim(NamedTuple):
    plan: Plan
    cluster: str
    workspace: str
    attach: str
    pools: frozenset[str]
    """The pools that its instance types select."""

    def __str__(self) -> str:
        return f"{self.attach} to {name_of(self.workspace)} by {self.plan.label}"


def _attached(plans: Sequence[Plan]) -> Iterator[Problem]:
    """A problem if two workspaces attach one cluster and one of them wants it exclusively, or if a workspace attaches
    a shared cluster wrongly."""
    on: dict[str, list[_Claim]] = {}
    for plan in plans:
        for claim in _claims(plan):
            on.setdefault(claim.cluster.lower(), []).append(claim)
    for claims in on.values():
        first, exclusive = claims[0], None
        for claim in claims:
            earlier = exclusive or (first if claim.attach == Attach.EXCLUSIVE else None)
            if earlier is not None and earlier.workspace.lower() != claim.workspace.lower():
                problem = second_attach((*_AKS, "cluster_id"), name_of(first.cluster), str(earlier), str(claim))
                yield replace(problem, file=claim.plan.file)
            if exclusive is None and claim.attach == Attach.EXCLUSIVE:
                exclusive = claim
    for cluster, pools, owner in _central(plans):
        for claim in on.get(cluster.id.lower(), ()):
            if claim.plan is not owner:
                yield from (replace(problem, file=claim.plan.file) for problem in _as_shared(cluster, pools, claim))


def _central(plans: Sequence[Plan]) -> Iterator[tuple[PlannedResource, set[str], Plan]]:
    """The clusters that are made for several workspaces, with the names of their pools and their plan."""
    for plan in plans:
        for cluster in plan.of_type("ManagedCluster"):
            if cluster.input(f"tags.{CLUSTER_CLAIM}") == Attach.SHARED:
                of_it = (each for each in plan.of_type("AgentPool") if each.input("resourceName") == cluster.azure_name)
                yield cluster, {each.azure_name for each in of_it}, plan


def _as_shared(cluster: PlannedResource, pools: set[str], by: _Claim) -> Iterator[Problem]:
    """The problems if a workspace attaches a cluster that is made for several workspaces."""
    if by.attach == Attach.EXCLUSIVE:
        yield Problem(
            (*_AKS, "cluster_id"),
            f"{cluster.azure_name} is made for several workspaces, but is attached {by}",
            "Set attach: shared, or name a cluster that is not shared",
        )
    for name in sorted(by.pools - pools):
        yield Problem(
            (*_AKS, "pools"),
            f"{cluster.azure_name} has no pool {name}",
            f"Use one of its pools: {', '.join(sorted(pools))}",
        )


def _claims(plan: Plan) -> Iterator[_Claim]:
    for compute in plan.of_type("Compute"):
        cluster = compute.input("properties.resourceId")
        if compute.input("properties.computeType") == "Kubernetes" and UNKNOWN not in (cluster, compute.id):
            workspace = compute.id.rsplit("/computes/", 1)[0]
            types = compute.input("properties.properties.instanceTypes") or {}
            selected = {str(each["nodeSelector"].get(POOL_LABEL)) for each in types.values()}
            yield _Claim(plan, str(cluster), workspace, str(compute.input(f"tags.{ATTACH}")), frozenset(selected))
