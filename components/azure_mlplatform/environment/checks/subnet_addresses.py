"""Checks that subnets have enough addresses and that address ranges do not overlap."""

from collections.abc import Iterator
from ipaddress import IPv4Network
from typing import Optional

from ...catalogue.private_link import private_link
from ...foundation.profiles import Profile
from ...foundation.violations import Violation
from ...inference.aks.settings.aks import AKSSettings
from ...inference.settings.inference import InferenceSettings
from ...network.settings import NetworkSettings, SubnetRole
from ...parts.settings.part import PartSettings
from ...workspace.settings.computes import ClusterSettings
from ...workspace.settings.workspace import NetworkMode, WorkspaceSettings

RESERVED_ADDRESSES = 5
"""Addresses that Azure reserves in every subnet ("Virtual network FAQ")."""

_LARGER = "Give subnets.{} a larger range; on a live network, one in a second range of address_space"
"""The advice that works on a live network too: a wider first range would move every subnet that is a share of it."""


def endpoints_fit(network: Optional[NetworkSettings], environment: PartSettings, location: str) -> Iterator[Violation]:
    """A violation if the endpoints subnet has too few addresses for the private endpoints."""
    subnet = network.subnet_range(SubnetRole.ENDPOINTS) if network else None
    if subnet is None:
        return
    needed = sum(len(private_link(each, location)) for each in environment.private_services)
    if _free(subnet) < needed:
        yield Violation(
            ("network", "subnets", "endpoints"),
            str(subnet),
            f"the endpoints subnet {subnet} has {_free(subnet)} free addresses, and {needed} are needed",
            f"{_LARGER.format('endpoints')}. Every private endpoint takes an address, and Azure reserves "
            f"{RESERVED_ADDRESSES}",
        )


def computes_fit(
    network: Optional[NetworkSettings], workspace: Optional[WorkspaceSettings], clusters: list[ClusterSettings]
) -> Iterator[Violation]:
    """A violation if the training subnet has too few addresses for the nodes and instances."""
    if workspace is None or workspace.network_mode is not NetworkMode.OWN:
        return
    subnet = network.subnet_range(SubnetRole.TRAINING) if network else None
    nodes = sum(each.max_nodes for each in clusters)
    needed = nodes + len(workspace.instances)
    if subnet is not None and _free(subnet) < needed:
        yield Violation(
            ("network", "subnets", "training"),
            str(subnet),
            f"the training subnet {subnet} has {_free(subnet)} free addresses, and {needed} are needed: up to "
            f"{nodes} cluster nodes, and {len(workspace.instances)} instances",
            f"Lower max_nodes, or {_LARGER.format('training').lower()}. Every node takes an address, and Azure "
            f"reserves {RESERVED_ADDRESSES}",
        )


def models_fit(
    network: Optional[NetworkSettings], inference: Optional[InferenceSettings], profile: Profile
) -> Iterator[Violation]:
    """A violation for each target whose subnet has too few addresses."""
    if network is None or inference is None:
        return
    for target, block in inference.blocks.items():
        role = inference.subnet_role(target, network)
        subnet = network.subnet_range(role) if role else None
        if role is None or subnet is None:
            continue
        needed = block.addresses(profile)
        if _free(subnet) < needed:
            yield Violation(
                ("network", "subnets", role.value),
                str(subnet),
                f"the {role} subnet {subnet} has {_free(subnet)} free addresses, and up to {needed} are needed: "
                f"{block.addresses_in_words(profile)}",
                f"Lower max_nodes, or {_LARGER.format(role).lower()}; Azure reserves {RESERVED_ADDRESSES} addresses",
            )


def cluster_ranges_are_apart(
    network: Optional[NetworkSettings], inference: Optional[InferenceSettings]
) -> Iterator[Violation]:
    """A violation for each range of an own cluster that overlaps the network's or the hub's address space."""
    aks: Optional[AKSSettings] = inference.aks if inference else None
    if network is None or aks is None or aks.adopted:
        return
    taken = [(each, "the network's address space") for each in network.address_space]
    taken += [(each, "the hub's address space") for each in (network.hub.address_space if network.hub else ())]
    for field in ("pod_cidr", "service_cidr"):
        own = IPv4Network(getattr(aks, field))
        for space, owner in taken:
            if own.overlaps(IPv4Network(space)):
                yield Violation(
                    ("inference", "aks", field),
                    str(own),
                    f"{field} {own} overlaps {owner} {space}",
                    "Choose a range that neither the network nor the hub uses",
                )


def _free(subnet: IPv4Network) -> int:
    return subnet.num_addresses - RESERVED_ADDRESSES
