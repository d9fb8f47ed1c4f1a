"""Whether the environment can hold what models are to be served from: its kind, region, network and workspace."""

from collections.abc import Iterator
from ipaddress import IPv4Network
from typing import TYPE_CHECKING

from ..catalogue.private_link import PrivateService, zones
from ..foundation.profiles import PROFILES
from ..foundation.secret_values import SECRET
from ..foundation.values import subscription_of
from ..foundation.violations import Path, Violation, prefixed
from .aks import AKSSettings
from .inference import InferenceSettings, InferenceTarget
from .network import RESERVED, DnsMode, SubnetRole
from .workspace import NetworkMode

if TYPE_CHECKING:
    from .environment import EnvironmentSettings

SUBNETS = {
    InferenceTarget.AKS: SubnetRole.AKS,
    InferenceTarget.APP_SERVICE: SubnetRole.CONTAINERS,
    InferenceTarget.CONTAINER_APP: SubnetRole.CONTAINERS,
}
"""The subnet that each target needs."""

OTHER_ADDRESSES = 2
"""Addresses that a cluster takes beside its nodes: the API server's endpoint and the router's load balancer."""


def placement_violations(environment: "EnvironmentSettings") -> Iterator[Violation]:
    """What is wrong with how models are served in this environment: its kind, region, network and workspace."""
    inference = environment.inference
    if inference is None:
        return
    yield from prefixed(("inference",), _of_the_kind(environment, inference))
    yield from _workspace_violations(environment, inference)
    yield from _network_violations(environment, inference)


def _of_the_kind(environment: "EnvironmentSettings", inference: InferenceSettings) -> Iterator[Violation]:
    profile, location = PROFILES[environment.environment], environment.location
    if inference.aks is not None:
        yield from prefixed(
            ("aks",),
            inference.aks.violations_in(
                highly_available=profile.highly_available,
                zone_redundant=profile.zone_redundant,
                may_be_insecure=profile.may_serve_insecurely,
            ),
        )
        yield from prefixed(("aks",), inference.aks.region_violations(location))
        yield from _cluster_elsewhere(environment, inference.aks)
    if inference.app_service is not None:
        yield from prefixed(
            ("app_service",), inference.app_service.violations_in(zone_redundant=profile.zone_redundant)
        )
    if inference.container_app is not None:
        yield from prefixed(
            ("container_app",),
            inference.container_app.violations_in(location, highly_available=profile.highly_available),
        )
    block = inference.app_service or inference.container_app
    if block is not None and inference.registry_id is None and environment.workspace is None:
        yield Violation(
            (inference.target.value, "registry_id"),
            None,
            "there is neither a workspace with a registry nor registry_id",
            "Add registry_id: <the registry that images are pulled from>",
        )


def _cluster_elsewhere(environment: "EnvironmentSettings", aks: AKSSettings) -> Iterator[Violation]:
    if aks.cluster_id is None or SECRET in (aks.cluster_id, environment.subscription_id):
        return
    if subscription_of(aks.cluster_id) != environment.subscription_id.lower():
        yield Violation(
            ("aks", "cluster_id"),
            aks.cluster_id,
            f"the cluster is in the subscription {subscription_of(aks.cluster_id)}, and a workspace attaches clusters "
            "of its own only",
            f"Adopt a cluster in {environment.subscription_id}",
        )


def _workspace_violations(environment: "EnvironmentSettings", inference: InferenceSettings) -> Iterator[Violation]:
    workspace = environment.workspace
    if inference.needs_workspace and workspace is None:
        yield Violation(
            ("inference", "target"),
            inference.target,
            f"target '{inference.target}' works in a workspace, and there is none",
            "Add workspace, or serve from app_service or container_app",
        )
    if inference.aks is not None and workspace is not None and workspace.network_mode is NetworkMode.MANAGED:
        yield Violation(
            ("inference", "target"),
            inference.target,
            "the workspace has a managed network, to which no cluster can be attached",
            "Set workspace.network_mode: own, or target: managed",
        )


def _network_violations(environment: "EnvironmentSettings", inference: InferenceSettings) -> Iterator[Violation]:
    network, aks = environment.network, inference.aks
    role = SUBNETS.get(inference.target)
    if role is None or (aks is not None and aks.adopted):
        return
    if network is None:
        if inference.target is not InferenceTarget.APP_SERVICE:
            yield Violation(
                ("inference", "target"),
                inference.target,
                f"target '{inference.target}' is in a network, and the environment has none",
                "Add network, or set target: managed",
            )
        return
    if network.subnet_ids is not None:
        if getattr(network.subnet_ids, role) is None:
            yield Violation(
                ("network", "subnet_ids", role.value),
                None,
                f"target is '{inference.target}', but no {role} subnet is adopted",
                f"Add {role}: <the id of the subnet>",
            )
    elif network.address_space:
        yield from _room_violations(environment, inference, role)
    if aks is not None:
        if aks.egress is not None and not network.adopted:
            yield Violation(
                ("inference", "aks", "egress"),
                aks.egress,
                f"egress is given for the cluster, and the network's own says '{network.egress.kind}'",
                "Leave it out: it is for adopted subnets",
            )
        yield from _cluster_range_violations(environment, aks)
        [zone] = zones(PrivateService.KUBERNETES, environment.location)
        if network.dns.mode is DnsMode.ADOPT and network.dns.zone_id(zone) is None:
            yield Violation(
                ("network", "dns", "zone_ids"),
                None,
                f"no zone is given for {zone}, which the API server is named in",
                "Add it, or resource_group_id of the group that holds every zone",
            )


def _room_violations(
    environment: "EnvironmentSettings", inference: InferenceSettings, role: SubnetRole
) -> Iterator[Violation]:
    network, profile = environment.network, PROFILES[environment.environment]
    subnet = network.ranges().get(role) if network else None
    if subnet is None:
        return
    needed, parts = 0, ""
    if inference.aks is not None:
        pools = inference.aks.pools_at_peak(highly_available=profile.highly_available)
        needed = sum(map(inference.aks.addresses, pools)) + OTHER_ADDRESSES
        parts = ", ".join(f"{each} with {inference.aks.addresses(each)} addresses" for each in pools)
        parts += f", and {OTHER_ADDRESSES} for the API server and the router"
    elif inference.app_service is not None:
        needed = inference.app_service.addresses(highly_available=profile.highly_available)
        parts = "two an instance, since it takes both while it is scaled"
    elif inference.container_app is not None:
        needed = inference.container_app.addresses(zone_redundant=profile.zone_redundant)
        parts = "12 for the environment itself, the rest for nodes or replicas"
    has = subnet.num_addresses - RESERVED
    if has < needed:
        yield Violation(
            ("network", "subnets", role.value),
            str(subnet),
            f"the {role} subnet {subnet} has {has} free addresses, and {needed} are needed at most: {parts}",
            "Widen it, or lower what is at most; Azure keeps 5 addresses itself",
        )


def _cluster_range_violations(environment: "EnvironmentSettings", aks: AKSSettings) -> Iterator[Violation]:
    network = environment.network
    if network is None:
        return
    taken = [(each, "the network's address space") for each in network.address_space]
    taken += [(each, "the hub's address space") for each in (network.hub.address_space if network.hub else ())]
    for field in ("pod_cidr", "service_cidr"):
        own = IPv4Network(getattr(aks, field))
        for space, owner in taken:
            if own.overlaps(IPv4Network(space)):
                at: Path = ("inference", "aks", field)
                yield Violation(
                    at,
                    str(own),
                    f"{field} {own} overlaps {owner} {space}",
                    "Choose a range that nothing in the network has",
                )


def placement_notices(environment: "EnvironmentSettings") -> Iterator[str]:
    """What is right in this environment and should still be known."""
    inference, workspace = environment.inference, environment.workspace
    if inference is None:
        return
    if (
        inference.target is InferenceTarget.MANAGED
        and workspace is not None
        and environment.network is not None
        and workspace.network_mode is NetworkMode.OWN
    ):
        yield (
            "managed endpoints in a workspace with a network of its own: each deployment needs "
            "egress_public_network_access: disabled, and then reaches nothing but the workspace, its storage and its "
            "registry"
        )
