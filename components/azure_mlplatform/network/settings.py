"""The environment's network: its own address space, or subnets that others run."""

import datetime
from collections.abc import Iterator
from enum import StrEnum
from ipaddress import IPv4Network
from itertools import combinations
from typing import Optional

from pydantic import Field

from ..foundation.duplicates import duplicate_values
from ..foundation.free_range import DOCUMENTED
from ..foundation.model import Settings, check
from ..foundation.rules import field_rule
from ..foundation.values import arm_group_id, arm_id, ip_address, private_range
from ..foundation.violations import Path, Violation
from ..parts.settings.part import PartSettings
from ..parts.settings.public_access import PublicAccess


class SubnetRole(StrEnum):
    """The purpose of a subnet."""

    ENDPOINTS = "endpoints"
    TRAINING = "training"
    AKS = "aks"
    CONTAINERS = "containers"
    RUNNERS = "runners"
    DATABRICKS_HOST = "databricks_host"
    DATABRICKS_CONTAINER = "databricks_container"
    APP_SERVICE = "app_service"
    CONTAINER_APP = "container_app"


DATABRICKS_SUBNETS = (SubnetRole.DATABRICKS_HOST, SubnetRole.DATABRICKS_CONTAINER)
"""The two subnets that only Databricks may use ("Deploy Azure Databricks in your Azure virtual network")."""

DELEGATIONS = {
    **dict.fromkeys(DATABRICKS_SUBNETS, "Microsoft.Databricks/workspaces"),
    SubnetRole.APP_SERVICE: "Microsoft.Web/serverFarms",
    SubnetRole.CONTAINER_APP: "Microsoft.App/environments",
}
"""The service that a subnet is delegated to, for subnets that one service only may use."""

SMALLEST = {
    SubnetRole.ENDPOINTS: (28, "every private endpoint takes an address"),
    SubnetRole.TRAINING: (27, "every node of a compute cluster takes an address"),
    SubnetRole.AKS: (26, "every node takes an address, and an upgrade adds nodes"),
    SubnetRole.CONTAINERS: (27, "a Container Apps environment with workload profiles needs a /27"),
    SubnetRole.RUNNERS: (28, "every runner takes an address"),
    **dict.fromkeys(
        DATABRICKS_SUBNETS,
        (26, "Databricks accepts no smaller subnet: every node takes an address in both of its subnets"),
    ),
    # "Enable integration with an Azure virtual network" (MicrosoftDocs/azure-docs, 2023-02-13, read 2026-11-28).
    SubnetRole.APP_SERVICE: (28, "App Service accepts no smaller subnet"),
    SubnetRole.CONTAINER_APP: (27, "a Container Apps environment with workload profiles needs a /27"),
}
"""The longest prefix that each subnet may have, and the reason."""

_SHARE = {
    SubnetRole.AKS: 1,
    SubnetRole.TRAINING: 2,
    SubnetRole.CONTAINERS: 3,
    SubnetRole.ENDPOINTS: 4,
    SubnetRole.RUNNERS: 4,
}
"""The bits by which each subnet's prefix is longer than the address space's, in the order of the addresses. A subnet
that is not listed has the range in the settings, or does not exist."""


class Subnets(Settings):
    """The address ranges of the subnets in an own network. Default: shares of the first address space, in this order:
    half for AKS, a quarter for training, an eighth for containers, a sixteenth each for endpoints and runners, none for
    the others. A range cannot change while anything is in its subnet."""

    endpoints: Optional[str] = Field(default=None, examples=["10.200.3.128/26"])
    """The range of private endpoints. At least /28, and an address for each endpoint."""

    training: Optional[str] = Field(default=None, examples=["10.200.2.0/24"])
    """The range of compute clusters and instances. At least /27."""

    aks: Optional[str] = Field(default=None, examples=["10.200.0.0/23"])
    """The range of AKS nodes. At least /26."""

    containers: Optional[str] = Field(default=None, examples=["10.200.3.0/25"])
    """The range of Container Apps or App Service: of one of them. At least /27."""

    runners: Optional[str] = Field(default=None, examples=["10.200.3.192/26"])
    """The range of CI runners, which reach private endpoints that hosted runners cannot. At least /28."""

    databricks_host: Optional[str] = Field(default=None, examples=["10.200.10.0/25"])
    """The range of the Databricks nodes' host addresses, which outbound traffic uses. At least /26. Default: none.
    Remove it only after the Databricks workspace is deleted."""

    databricks_container: Optional[str] = Field(default=None, examples=["10.200.10.128/25"])
    """The range of the Databricks nodes' container addresses. At least /26. The smaller of the two ranges limits the
    number of nodes. Default: none."""

    app_service: Optional[str] = Field(default=None, examples=["10.200.11.0/26"])
    """The range of App Service, if Container Apps is in `containers`. At least /28; Microsoft recommends a /26. Remove
    it only after App Service is deleted. Default: App Service is in `containers`."""

    container_app: Optional[str] = Field(default=None, examples=["10.200.11.64/26"])
    """The range of Container Apps, if App Service is in `containers`. At least /27. Remove it only after the Container
    Apps environment is deleted. Default: Container Apps is in `containers`."""

    _ranges = field_rule(private_range, *SubnetRole)


class SubnetIds(Settings):
    """Subnets that another team runs, by their ids."""

    endpoints: str = Field(examples=["/subscriptions/…/virtualNetworks/vnet-hub/subnets/endpoints"])
    """The subnet of private endpoints."""

    training: Optional[str] = None
    """The subnet of compute clusters and instances. Default: none, and `network_mode: own` is refused."""

    aks: Optional[str] = None
    """The subnet of AKS nodes. Default: the environment makes no AKS."""

    containers: Optional[str] = None
    """The subnet of Container Apps or App Service: of one of them. Default: none."""

    runners: Optional[str] = None
    """The subnet of CI runners. Default: the environment has none."""

    databricks_host: Optional[str] = None
    """The subnet of the Databricks nodes' host addresses. It must be delegated to Microsoft.Databricks/workspaces, have
    a security group and egress, and be in the network of databricks_container. Default: the environment has no
    Databricks."""

    databricks_container: Optional[str] = None
    """The subnet of the Databricks nodes' container addresses, with the same requirements as databricks_host."""

    app_service: Optional[str] = None
    """The subnet of App Service, if Container Apps is in `containers`. It must be delegated to
    Microsoft.Web/serverFarms. Default: App Service is in `containers`."""

    container_app: Optional[str] = None
    """The subnet of Container Apps, if App Service is in `containers`. It must be delegated to
    Microsoft.App/environments. Default: Container Apps is in `containers`."""

    _ids = field_rule(arm_id("Microsoft.Network/virtualNetworks/subnets"), *SubnetRole)


class EgressKind(StrEnum):
    """The egress of resources without a public address. Without egress, nodes and computes do not start."""

    NAT_GATEWAY = "nat_gateway"
    """The environment's own NAT gateway."""

    FIREWALL = "firewall"
    """A route to a firewall, usually in the hub."""

    HUB_ROUTES = "hub_routes"
    """No own route: the hub's gateway announces a default route. Not with an own cluster, whose AKS wants a route."""


class EgressSettings(Settings):
    """The egress of an own network."""

    kind: EgressKind = EgressKind.NAT_GATEWAY
    """`nat_gateway`, `firewall` or `hub_routes`. Default: `nat_gateway`."""

    firewall_ip: Optional[str] = Field(default=None, examples=["10.0.0.4"])
    """The firewall's private address, with `kind: firewall` only."""

    _ip = field_rule(ip_address, "firewall_ip")

    @check
    def _address_goes_with_kind(self) -> Iterator[Violation]:
        if (self.kind is EgressKind.FIREWALL) != (self.firewall_ip is not None):
            yield Violation(
                ("firewall_ip",),
                self.firewall_ip,
                f"kind is '{self.kind}', and firewall_ip is {self.firewall_ip or 'not given'}",
                "Give firewall_ip with kind: firewall, and with no other kind",
            )


class HubSettings(Settings):
    """The hub that this network is peered to. The hub's owner makes the peering from the hub to this network."""

    vnet_id: str = Field(examples=["/subscriptions/…/providers/Microsoft.Network/virtualNetworks/vnet-hub"])
    """The hub's virtual network, by id."""

    address_space: list[str] = Field(default_factory=list, examples=[["10.0.0.0/16"]])
    """The hub's address ranges, to refuse an overlap before Azure does. Default: nothing is compared."""

    use_gateway: bool = False
    """Whether other networks are reached through the hub's gateway. It must exist before the peering."""

    _id = field_rule(arm_id("Microsoft.Network/virtualNetworks"), "vnet_id")
    _ranges = field_rule(private_range, "address_space")


class DnsMode(StrEnum):
    """The owner of the private DNS zones."""

    CREATE = "create"
    """The environment makes its own zones and links them to its network."""

    ADOPT = "adopt"
    """The zones exist. Endpoints register in them."""

    POLICY = "policy"
    """Azure Policy registers endpoints. The library makes neither zones nor zone groups."""


class DnsSettings(Settings):
    """The DNS of private endpoints."""

    mode: DnsMode = DnsMode.CREATE
    """`create`, `adopt` or `policy`. Default: `create`."""

    resource_group_id: Optional[str] = Field(default=None, examples=["/subscriptions/…/resourceGroups/rg-dns"])
    """With `adopt`: the resource group that holds every zone under its usual name."""

    zone_ids: dict[str, str] = Field(default_factory=dict)
    """With `adopt`: zone name → id, for zones in other resource groups."""

    servers: list[str] = Field(default_factory=list, max_length=20, examples=[["10.0.0.4", "10.0.0.5"]])
    """The DNS servers of an own network, by private address: up to 20, such as the inbound endpoint of the hub's
    resolver. A change is made in place, but machines that run keep the old servers until they renew their lease or
    restart; nodes of AKS, until an upgrade of the node image. Default: Azure's own DNS, which resolves zones that are
    linked to the network."""

    _servers = field_rule(ip_address, "servers")
    _group = field_rule(arm_group_id, "resource_group_id")
    _zones = field_rule(arm_id("Microsoft.Network/privateDnsZones"), "zone_ids")

    @check
    def _zones_go_with_adopt(self) -> Iterator[Violation]:
        given = self.resource_group_id is not None or bool(self.zone_ids)
        if given and self.mode is not DnsMode.ADOPT:
            yield Violation(
                ("mode",),
                self.mode,
                f"zones are given, but mode is '{self.mode}'",
                "Set mode: adopt, or leave the zones out",
            )
        if not given and self.mode is DnsMode.ADOPT:
            yield Violation(
                ("mode",),
                self.mode,
                "mode is 'adopt', but no zones are given",
                "Give resource_group_id or zone_ids",
            )

    @check
    def _servers_are_given_once(self) -> Iterator[Violation]:
        yield from duplicate_values(self.servers, ("servers",))

    def zone_id(self, zone: str) -> Optional[str]:
        """The id of an adopted zone, or None if the settings do not give it."""
        if zone in self.zone_ids:
            return self.zone_ids[zone]
        if self.resource_group_id is None:
            return None
        return f"{self.resource_group_id}/providers/Microsoft.Network/privateDnsZones/{zone}"


class NetworkSettings(PartSettings):
    """An own network (`address_space`) or adopted subnets (`subnet_ids`), never both."""

    address_space: list[str] = Field(default_factory=list, examples=[["10.200.0.0/22"]])
    """The network's private ranges. The default subnets need at least a /24."""

    subnets: Subnets = Field(default_factory=Subnets)
    """Ranges of single subnets, in place of their default shares."""

    subnet_ids: Optional[SubnetIds] = None
    """Adopted subnets. Others run the network, its security rules and its egress."""

    egress: EgressSettings = Field(default_factory=EgressSettings)
    """The egress of an own network. Default: a NAT gateway."""

    hub: Optional[HubSettings] = None
    """The hub that an own network is peered to. Default: no peering."""

    dns: DnsSettings = Field(default_factory=DnsSettings)
    """The DNS of private endpoints. Default: the environment's own zones."""

    public_access: Optional[PublicAccess] = None
    """Opens public endpoints to some addresses. Default: all are closed. Refused in test and prod."""

    _ranges = field_rule(private_range, "address_space")

    @property
    def adopted(self) -> bool:
        """Whether others run the subnets."""
        return self.subnet_ids is not None

    def ranges(self) -> dict[SubnetRole, IPv4Network]:
        """Each subnet's range: the given one, or its share of the first address space, if it has one."""
        found: dict[SubnetRole, IPv4Network] = {}
        first = IPv4Network(self.address_space[0])
        start = int(first.network_address)
        for role, share in _SHARE.items():
            length = first.prefixlen + share
            given = getattr(self.subnets, role)
            if given is not None:
                found[role] = IPv4Network(given)
            elif length <= 32:
                found[role] = IPv4Network((start, length))
            start += 2 ** max(32 - length, 0)
        for role in SubnetRole:
            if role not in _SHARE and (given := getattr(self.subnets, role)) is not None:
                found[role] = IPv4Network(given)
        return found

    def gives(self, role: SubnetRole) -> bool:
        """Whether the settings give a subnet by its range or its id. If not, it is a share of the address space, or
        there is none."""
        return getattr(self.subnet_ids or self.subnets, role) is not None

    @property
    def shared_range(self) -> Optional[str]:
        """The first range, if a subnet is a share of it: another one would move that subnet. None elsewhere."""
        if self.adopted or all(getattr(self.subnets, role) is not None for role in _SHARE):
            return None
        return self.address_space[0]

    def subnet_range(self, role: SubnetRole) -> Optional[IPv4Network]:
        """The range of a subnet, or None if it has none or others run the network."""
        if self.adopted or not self.address_space:
            return None
        return self.ranges().get(role)

    @property
    def costs_at_rest(self) -> list[str]:
        """The NAT gateway with its address."""
        nat = not self.adopted and self.egress.kind is EgressKind.NAT_GATEWAY
        return ["the NAT gateway"] if nat else []

    @property
    def zone_redundant_parts(self) -> list[str]:
        """The address of the NAT gateway."""
        nat = not self.adopted and self.egress.kind is EgressKind.NAT_GATEWAY
        return ["the NAT gateway's address"] if nat else []

    def notices_on(self, today: datetime.date) -> Iterator[str]:
        """A notice for each range that is an example of the documentation."""
        yield from super().notices_on(today)
        for each in self.address_space:
            if IPv4Network(each).subnet_of(DOCUMENTED):
                yield (
                    f"network.address_space: {each} is in {DOCUMENTED}, where the documentation has its examples. A "
                    "range that another network has too can never be peered to the same hub: is it yours?"
                )

    @check
    def _own_or_adopted(self) -> Iterator[Violation]:
        if self.adopted == bool(self.address_space):
            yield Violation(
                ("address_space",),
                self.address_space,
                "address_space and subnet_ids are both given"
                if self.adopted
                else "neither address_space nor subnet_ids is given",
                "Give address_space for an own network, or subnet_ids for a network that others run",
            )
        if not self.adopted:
            return
        given: list[Path] = [(field,) for field in ("subnets", "egress", "hub") if field in self.model_fields_set]
        if self.dns.servers:
            given.append(("dns", "servers"))
        for path in given:
            yield Violation(
                path,
                None,
                f"{'.'.join(map(str, path))} is given together with subnet_ids",
                "Leave it out: the owner of the adopted network decides it",
            )

    @check
    def _spaces_are_apart(self) -> Iterator[Violation]:
        for (i, one), (j, other) in combinations(enumerate(map(IPv4Network, self.address_space)), 2):
            if one.overlaps(other):
                yield _overlap(("address_space", j), other, one, f"address_space[{i}]")
        for i, one in enumerate(map(IPv4Network, self.address_space)):
            for theirs in map(IPv4Network, self.hub.address_space if self.hub else ()):
                if one.overlaps(theirs):
                    yield _overlap(("address_space", i), one, theirs, "the hub's address space")

    @check
    def _databricks_has_both_subnets(self) -> Iterator[Violation]:
        block = "subnets" if self.subnet_ids is None else "subnet_ids"
        given = [role for role in DATABRICKS_SUBNETS if self.gives(role)]
        for role in DATABRICKS_SUBNETS:
            if given and role not in given:
                yield Violation(
                    (block, role.value),
                    None,
                    f"{given[0]} is given without {role}, but Databricks needs both subnets",
                    f"Give {role} too, or neither",
                )

    @check
    def _subnets_fit(self) -> Iterator[Violation]:
        if not self.address_space:
            return
        spaces = [IPv4Network(each) for each in self.address_space]
        ranges = self.ranges()
        for role in SubnetRole:
            given = getattr(self.subnets, role) is not None
            at: Path = ("subnets", role.value) if given else ("address_space", 0)
            longest, why = SMALLEST[role]
            subnet = ranges.get(role)
            if subnet is None and role not in _SHARE:
                continue
            if subnet is None or subnet.prefixlen > longest:
                size = f"/{subnet.prefixlen} ({subnet})" if subnet else "no addresses"
                yield Violation(
                    at,
                    str(subnet or spaces[0]),
                    f"the {role} subnet gets {size}, which is too small: {why}",
                    f"At least a /{longest} is needed: "
                    + (
                        "enlarge it"
                        if given
                        else f"enlarge the address space to a /{longest - _SHARE[role]}, or set subnets.{role}"
                    ),
                )
            elif given and not any(subnet.subnet_of(space) for space in spaces):
                yield Violation(
                    at,
                    str(subnet),
                    f"the {role} subnet {subnet} is outside the address space",
                    f"Choose a range within {', '.join(self.address_space)}",
                )
        for (role, one), (other_role, other) in combinations(ranges.items(), 2):
            if one.overlaps(other):
                mine = other_role if getattr(self.subnets, other_role) is not None else role
                at = ("subnets", mine.value)
                yield _overlap(
                    at,
                    ranges[mine],
                    one if mine is other_role else other,
                    f"the {role if mine is other_role else other_role} subnet",
                )


def _overlap(path: Path, one: IPv4Network, other: IPv4Network, owner: str) -> Violation:
    return Violation(path, str(one), f"{one} overlaps {owner} {other}", "Choose ranges that do not overlap")
