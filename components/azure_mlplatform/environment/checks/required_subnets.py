"""Checks that the network has the subnets and the DNS zones that the parts need."""

from collections.abc import Iterator
from ipaddress import IPv4Network
from typing import Optional

from ...catalogue.private_link import PrivateService, zones
from ...foundation.secret_values import SECRET
from ...foundation.values import same_id
from ...foundation.violations import Violation
from ...inference.settings.inference import TARGETS, InferenceSettings
from ...inference.settings.target import InferenceTarget
from ...network.settings import DATABRICKS_SUBNETS, DELEGATIONS, DnsMode, NetworkSettings, SubnetIds, SubnetRole
from ...spark.databricks.settings import SPACES, DatabricksSettings
from ...workspace.settings.workspace import NetworkMode, WorkspaceSettings
from .inference import place_of


def computes_have_a_subnet(
    network: Optional[NetworkSettings], workspace: Optional[WorkspaceSettings]
) -> Iterator[Violation]:
    """A violation if `network_mode` is `own` and there is no network, or no training subnet."""
    if workspace is None or workspace.network_mode is not NetworkMode.OWN:
        return
    if network is None:
        yield Violation(
            ("workspace", "network_mode"),
            workspace.network_mode,
            "network_mode is 'own', but the environment has no network",
            "Add network, or set network_mode: managed",
        )
    elif network.subnet_ids is not None and network.subnet_ids.training is None:
        yield Violation(
            ("network", "subnet_ids", "training"),
            None,
            "network_mode is 'own', but no training subnet is adopted",
            "Add training: <the id of the subnet for computes>",
        )


def models_have_a_subnet(
    network: Optional[NetworkSettings], inference: Optional[InferenceSettings]
) -> Iterator[Violation]:
    """A violation for each target that needs a subnet and has none, or one that another target uses."""
    if inference is None:
        return
    users: dict[SubnetRole, InferenceTarget] = {}
    for target in inference.chosen:
        role = inference.subnet_role(target, network)
        if role is None:
            continue
        if network is None:
            if not TARGETS[target].works_without_network:
                yield Violation(
                    place_of(target, inference),
                    target,
                    f"target '{target}' needs a network, and the environment has none",
                    "Add network, or " + ("set target: managed" if inference.target else "take it out of targets"),
                )
            continue
        if users.setdefault(role, target) is not target:
            yield _second_in_subnet(network, role, users[role], target)
        elif network.subnet_ids is not None and getattr(network.subnet_ids, role) is None:
            yield Violation(
                ("network", "subnet_ids", role.value),
                None,
                f"{'target is' if inference.target else 'a target is'} '{target}', but no {role} subnet is adopted",
                f"Add {role}: <the id of the subnet>",
            )
    if network is not None and network.subnet_ids is not None:
        yield from _subnets_of_targets_differ(network.subnet_ids, list(users))


def _second_in_subnet(
    network: NetworkSettings, role: SubnetRole, first: InferenceTarget, second: InferenceTarget
) -> Violation:
    """The violation if two targets are in one subnet, which is delegated to one service."""
    own = [TARGETS[each].own_subnet or role for each in (first, second)]
    block, adopted = ("subnet_ids", True) if network.adopted else ("subnets", False)
    return Violation(
        ("network", block, own[1].value),
        None,
        f"{first} and {second} cannot share the {role} subnet: a subnet is delegated to one service only",
        f"Add {own[0]} or {own[1]}: the subnet of the one that comes later, "
        + (
            f"delegated to {DELEGATIONS[own[0]]} or {DELEGATIONS[own[1]]}"
            if adopted
            else "such as a /26 in a second range of network.address_space"
        ),
    )


def _subnets_of_targets_differ(given: SubnetIds, roles: list[SubnetRole]) -> Iterator[Violation]:
    """A violation for each adopted subnet of a target that another target has too."""
    seen: dict[str, SubnetRole] = {}
    for role in roles:
        subnet_id = getattr(given, role)
        if subnet_id is None or subnet_id == SECRET:
            continue
        if (other := seen.setdefault(subnet_id.lower(), role)) is not role:
            yield Violation(
                ("network", "subnet_ids", role.value),
                subnet_id,
                f"{other} and {role} are the same subnet, and two targets cannot share one",
                "Give two",
            )


def databricks_has_subnets(
    network: Optional[NetworkSettings], databricks: Optional[DatabricksSettings]
) -> Iterator[Violation]:
    """A violation if Databricks lacks one of its two subnets, or they do not suit it."""
    if databricks is None:
        return
    if network is None:
        yield Violation(
            ("databricks",),
            None,
            "Databricks needs a network, and the environment has none",
            "Add network, with a range for databricks_host and one for databricks_container in network.subnets",
        )
    elif network.adopted:
        yield from _adopted_databricks_subnets(network)
    else:
        yield from _own_databricks_subnets(network)


def _own_databricks_subnets(network: NetworkSettings) -> Iterator[Violation]:
    for role in DATABRICKS_SUBNETS:
        given = getattr(network.subnets, role)
        if given is None:
            yield Violation(
                ("network", "subnets", role.value),
                None,
                f"Databricks needs the subnet {role}, which has no default range",
                "Add a range to network.address_space, such as a /24, and give one half each to "
                "network.subnets.databricks_host and databricks_container",
            )
            continue
        subnet = IPv4Network(given)
        for space in map(IPv4Network, network.address_space):
            if subnet.subnet_of(space) and space.prefixlen not in SPACES:
                yield Violation(
                    ("network", "subnets", role.value),
                    given,
                    f"{role} is in {space}, but Databricks requires a network of /{SPACES[0]} to /{SPACES[-1]}",
                    "Put both of its subnets into a range of that size in network.address_space",
                )


def _adopted_databricks_subnets(network: NetworkSettings) -> Iterator[Violation]:
    ids = [getattr(network.subnet_ids, role) for role in DATABRICKS_SUBNETS]
    for role, subnet_id in zip(DATABRICKS_SUBNETS, ids, strict=True):
        if subnet_id is None:
            yield Violation(
                ("network", "subnet_ids", role.value),
                None,
                f"Databricks needs the subnet {role}, but none is adopted",
                f"Add {role}: <the id of a subnet that is delegated to Microsoft.Databricks/workspaces>",
            )
    host, container = ids
    if host is None or container is None or SECRET in ids:
        return
    at = ("network", "subnet_ids", DATABRICKS_SUBNETS[1].value)
    if same_id(host, container):
        yield Violation(at, container, "databricks_host and databricks_container are the same subnet", "Give two")
    elif not same_id(*(each.rsplit("/subnets/", 1)[0] for each in ids)):
        yield Violation(
            at,
            container,
            "databricks_container is in another network than databricks_host",
            "Give two subnets of the same network",
        )


def zones_are_given(network: Optional[NetworkSettings], dns_zones: list[str]) -> Iterator[Violation]:
    """A violation for each DNS zone that must be adopted and is not given."""
    if network is None or network.dns.mode is not DnsMode.ADOPT:
        return
    for zone in dns_zones:
        if network.dns.zone_id(zone) is None:
            yield Violation(
                ("network", "dns", "zone_ids"),
                None,
                f"no id is given for the zone {zone}",
                f"Add '{zone}: <id>', or give resource_group_id, the group that holds every zone",
            )


def cluster_zone_is_given(
    network: Optional[NetworkSettings], inference: Optional[InferenceSettings], location: str
) -> Iterator[Violation]:
    """A violation if an own cluster's API server is to be in an adopted zone that is not given."""
    if network is None or inference is None or inference.aks is None or inference.aks.adopted:
        return
    if inference.aks.shared_zone_reason is None:
        return
    if network.dns.mode is not DnsMode.ADOPT:
        yield Violation(
            ("inference", "aks", "shared_zone_reason"),
            inference.aks.shared_zone_reason,
            f"no zone is shared: network.dns.mode is '{network.dns.mode}'",
            "Remove it",
        )
        return
    [zone] = zones(PrivateService.KUBERNETES, location)
    if network.dns.mode is DnsMode.ADOPT and network.dns.zone_id(zone) is None:
        yield Violation(
            ("network", "dns", "zone_ids"),
            None,
            f"no id is given for the zone {zone}, which the API server needs",
            "Add it, or give resource_group_id, the group that holds every zone",
        )
