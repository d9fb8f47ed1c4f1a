"""Finds conflicts between plans: the same resource, overlapping addresses behind one hub, a shared data factory, or a
cluster that one plan wants exclusively."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from ipaddress import IPv4Network
from itertools import combinations, permutations
from typing import Any, NamedTuple

from ..foundation.cluster_sharing import ATTACH, CLUSTER_CLAIM, POOL_LABEL, Attach, second_attach
from ..foundation.problems import Problem
from ..foundation.values import name_of
from .resource import UNKNOWN, Plan, PlannedResource


class _Spoke(NamedTuple):
    plan: Plan
    hub: str
    spaces: list[IPv4Network]


def conflicts(plans: Sequence[Plan]) -> Iterator[Problem]:
    """Every conflict: Azure would refuse it, or one stack would take something from another."""
    yield from _shared(plans)
    yield from _named(plans)
    yield from _overlaps(plans)
    yield from _attached(plans)
    yield from _factories(plans)


def _shared(plans: Sequence[Plan]) -> Iterator[Problem]:
    """A problem for each two stacks that would make the same resource. Names only the first one: the others follow."""
    for one, other in combinations(plans, 2):
        theirs = {each.id.lower() for each in _made(one)}
        both = [each for each in _made(other) if each.id.lower() in theirs]
        both.sort(key=lambda each: len(each.id))
        if both:
            yield Problem(
                (),
                f"{both[0].kind} {both[0].azure_name} already belongs to {one.label}",
                "Give each stack a different environment, project or subscription",
                other.file,
            )


def _made(plan: Plan) -> list[PlannedResource]:
    """The resources that a plan makes in Azure. Resources that only claim or detach something have its id, so they are
    skipped. Extensions of a cluster are skipped too: its second attach is reported instead."""
    native = (each for each in plan.azure_resources if each.type.startswith("azure-native:"))
    made = (each for each in native if each.kind != "Extension")
    return [each for each in made if each.id.startswith("/subscriptions/")]


def _named(plans: Sequence[Plan]) -> Iterator[Problem]:
    """A problem if a stack refers to a resource in the group of another environment of its project. Names only the
    first one."""
    groups = [_groups(plan) for plan in plans]
    for (one, ours), (other, theirs) in permutations(zip(plans, groups, strict=True), 2):
        if one.project != other.project:
            continue
        found = next(
            (
                (each, text)
                for each in one.azure_resources
                for text in _texts(each.inputs)
                if (group := _group_of(text)) in theirs and group not in ours
            ),
            None,
        )
        if found is not None:
            yield Problem(
                (),
                f"{found[0].kind} {found[0].azure_name} refers to {found[1].rsplit('/', 1)[-1]}, which is in the group "
                f"of {other.label}",
                "Use a resource outside both groups: environments of a project must not share resources",
                one.file,
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


def _overlaps(plans: Sequence[Plan]) -> Iterator[Problem]:
    """A problem if address spaces of two stacks overlap and both are peered to the same hub. Azure refuses that."""
    for one, other in combinations([spoke for plan in plans for spoke in _spokes(plan)], 2):
        if one.hub.lower() != other.hub.lower():
            continue
        for space in other.spaces:
            for taken in one.spaces:
                if space.overlaps(taken):
                    yield Problem(
                        ("azure-mlplatform:network", "address_space"),
                        f"{space} overlaps {taken} of {one.plan.label}, and both are peered to {name_of(one.hub)}",
                        "Choose another range: networks with the same hub must not overlap",
                        other.plan.file,
                    )


def _spokes(plan: Plan) -> Iterator[_Spoke]:
    networks = {each.azure_name: each for each in plan.of_type("VirtualNetwork")}
    for peering in plan.of_type("VirtualNetworkPeering"):
        network = networks.get(str(peering.input("virtualNetworkName")))
        if network is not None:
            prefixes = network.input("addressSpace.addressPrefixes") or []
            yield _Spoke(plan, str(peering.input("remoteVirtualNetwork.id")), list(map(IPv4Network, prefixes)))


def _factories(plans: Sequence[Plan]) -> Iterator[Problem]:
    """A problem if one data factory runs the pipelines of two stacks: both would have all rights of the factory."""
    for one, other in combinations(plans, 2):
        for factory in sorted(_runs_in(one) & _runs_in(other)):
            yield Problem(
                ("azure-mlplatform:batch", "data_factory_id"),
                f"{name_of(factory)} already runs the pipelines of {one.label}, and uses one identity for both",
                "Give each environment a factory of its own",
                other.file,
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
    claims = [claim for plan in plans for claim in _claims(plan)]
    for one, other in combinations(claims, 2):
        alone = Attach.EXCLUSIVE in (one.attach, other.attach)
        if alone and one.cluster.lower() == other.cluster.lower() and one.workspace.lower() != other.workspace.lower():
            problem = second_attach((*_AKS, "cluster_id"), name_of(one.cluster), str(one), str(other))
            yield replace(problem, file=other.plan.file)
    for cluster, pools, owner in _central(plans):
        for each in claims:
            if each.cluster.lower() == cluster.id.lower() and each.plan is not owner:
                yield from (replace(problem, file=each.plan.file) for problem in _as_shared(cluster, pools, each))


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
