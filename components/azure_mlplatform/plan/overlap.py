"""Networks of several plans that one hub cannot both be peered to."""

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


def overlaps(plans: Sequence[Plan]) -> Iterator[Problem]:
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
