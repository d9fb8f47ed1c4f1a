"""What two plans cannot both have: a resource, or addresses behind one hub."""

from collections.abc import Iterator, Sequence
from ipaddress import IPv4Network
from itertools import combinations
from typing import NamedTuple

from ..settings.problems import Problem
from .resource import Plan


class _Spoke(NamedTuple):
    stack: str
    hub: str
    spaces: list[IPv4Network]


def conflicts(plans: Sequence[Plan]) -> Iterator[Problem]:
    """Everything that Azure would refuse, or one stack would take from another."""
    yield from _shared(plans)
    yield from _overlaps(plans)


def _shared(plans: Sequence[Plan]) -> Iterator[Problem]:
    """The first resource that two stacks would both make; the others follow from it."""
    for one, other in combinations(plans, 2):
        theirs = {each.id.lower() for each in one.azure_resources if each.id.startswith("/subscriptions/")}
        both = [each for each in other.azure_resources if each.id.lower() in theirs]
        both.sort(key=lambda each: len(each.id))
        if both:
            yield Problem(
                (),
                f"{both[0].kind} {both[0].azure_name} belongs to {one.stack} already",
                "Give each stack another environment, project or subscription",
                f"Pulumi.{other.stack}.yaml",
            )


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
                        f"{space} overlaps {taken} of {one.stack}, and both are peered to {one.hub.rsplit('/', 1)[-1]}",
                        "Networks that share a hub share no address: choose another range",
                        f"Pulumi.{other.stack}.yaml",
                    )


def _spokes(plan: Plan) -> Iterator[_Spoke]:
    networks = {each.azure_name: each for each in plan.of_type("VirtualNetwork")}
    for peering in plan.of_type("VirtualNetworkPeering"):
        network = networks.get(str(peering.input("virtualNetworkName")))
        if network is not None:
            prefixes = network.input("addressSpace.addressPrefixes") or []
            yield _Spoke(plan.stack, str(peering.input("remoteVirtualNetwork.id")), list(map(IPv4Network, prefixes)))
