"""What two plans cannot both have: a resource, addresses behind one hub, a data factory, or a cluster that one wants
alone."""

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
    """Everything that Azure would refuse, or one stack would take from another."""
    yield from _shared(plans)
    yield from _named(plans)
    yield from _overlaps(plans)
    yield from _attached(plans)
    yield from _factories(plans)


def _shared(plans: Sequence[Plan]) -> Iterator[Problem]:
    """The first resource that two stacks would both make; the others follow from it."""
    for one, other in combinations(plans, 2):
        theirs = {each.id.lower() for each in _made(one)}
        both = [each for each in _made(other) if each.id.lower() in theirs]
        both.sort(key=lambda each: len(each.id))
        if both:
            yield Problem(
                (),
                f"{both[0].kind} {both[0].azure_name} belongs to {one.label} already",
                "Give each stack another environment, project or subscription",
                other.file,
            )


def _made(plan: Plan) -> list[PlannedResource]:
    """What Azure would have of a plan. What only claims or detaches something has the id of that, and extensions of
    one cluster follow from its second attach."""
    native = (each for each in plan.azure_resources if each.type.startswith("azure-native:"))
    made = (each for each in native if each.kind != "Extension")
    return [each for each in made if each.id.startswith("/subscriptions/")]


def _named(plans: Sequence[Plan]) -> Iterator[Problem]:
    """The first resource in another environment's group that a stack of the same project names: environments share
    nothing."""
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
                f"{found[0].kind} {found[0].azure_name} names {found[1].rsplit('/', 1)[-1]}, which is in the group of "
                f"{other.label}",
                "The environments of a project share nothing: name what is outside both",
                one.file,
            )


def _groups(plan: Plan) -> set[str]:
    """The resource groups, by id in lower case, that a plan makes something in."""
    made = (each for each in plan.azure_resources if "resourceGroupName" in each.inputs)
    return {group for each in made if (group := _group_of(each.id))}


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping | list):
        for each in value.values() if isinstance(value, Mapping) else value:
            yield from _texts(each)


def _group_of(text: str) -> str:
    """The resource group that an ARM id lies in, by id in lower case; empty where it is none."""
    found = re.match(r"/subscriptions/[^/]+/resourcegroups/[^/]+", text, re.IGNORECASE)
    return found[0].lower() if found else ""


def _overlaps(plans: Sequence[Plan]) -> Iterator[Problem]:
    """Address spaces that two stacks share although both are peered to the same hub, which Azure refuses."""
    for one, other in combinations([spoke for plan in plans for spoke in _spokes(plan)], 2):
        if one.hub.lower() != other.hub.lower():
            continue
        for space in other.spaces:
            for taken in one.spaces:
                if space.overlaps(taken):
                    yield Problem(
                        ("azure-mlplatform:network", "address_space"),
                        f"{space} overlaps {taken} of {one.plan.label}, and both are peered to {name_of(one.hub)}",
                        "Networks that share a hub share no address: choose another range",
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
    """Data factories that run the pipelines of two stacks: what one may do as the factory, the other may too."""
    for one, other in combinations(plans, 2):
        for factory in sorted(_runs_in(one) & _runs_in(other)):
            yield Problem(
                ("azure-mlplatform:batch", "data_factory_id"),
                f"{name_of(factory)} runs the pipelines of {one.label} already, and signs in as one for both",
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
    """Clusters that two workspaces attach although one of them wants it alone."""
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
    """Clusters that are made for several workspaces, with the names of their pools."""
    for plan in plans:
        for cluster in plan.of_type("ManagedCluster"):
            if cluster.input(f"tags.{CLUSTER_CLAIM}") == Attach.SHARED:
                of_it = (each for each in plan.of_type("AgentPool") if each.input("resourceName") == cluster.azure_name)
                yield cluster, {each.azure_name for each in of_it}, plan


def _as_shared(cluster: PlannedResource, pools: set[str], by: _Claim) -> Iterator[Problem]:
    """What is wrong with how a workspace attaches a cluster that is made for several."""
    if by.attach == Attach.EXCLUSIVE:
        yield Problem(
            (*_AKS, "cluster_id"),
            f"{cluster.azure_name} is made for several workspaces, and is attached {by}",
            "Set attach: shared, or name a cluster that is not shared",
        )
    for name in sorted(by.pools - pools):
        yield Problem(
            (*_AKS, "pools"),
            f"{cluster.azure_name} has no pool {name}",
            f"Its pools: {', '.join(sorted(pools))}",
        )


def _claims(plan: Plan) -> Iterator[_Claim]:
    for compute in plan.of_type("Compute"):
        cluster = compute.input("properties.resourceId")
        if compute.input("properties.computeType") == "Kubernetes" and UNKNOWN not in (cluster, compute.id):
            workspace = compute.id.rsplit("/computes/", 1)[0]
            types = compute.input("properties.properties.instanceTypes") or {}
            selected = {str(each["nodeSelector"].get(POOL_LABEL)) for each in types.values()}
            yield _Claim(plan, str(cluster), workspace, str(compute.input(f"tags.{ATTACH}")), frozenset(selected))
