"""The environment's network: address space, subnets, rules, the way out, private endpoints and their DNS.

It does not manage the hub: not its firewall, not its gateway, and not the peering back, which the hub's
owner makes. Adopted subnets stay as they are; only zones of the environment's own are linked to their
network.
"""

from typing import Any, NamedTuple, Optional

import pulumi
import pulumi_azure_native as native
from pydantic import Field

from ._component import Component, ComponentArgs, In, PlacedArgs, child, known_value_of
from .authorization import lock
from .catalogue.private_link import PrivateService, private_link
from .diagnostics import send_diagnostics
from .foundation.naming import Kind
from .settings.network import DATABRICKS_SUBNETS, DnsMode, EgressKind, NetworkSettings, SubnetRole


class PrivateNetwork(ComponentArgs):
    """Where a component's private endpoints go, and who names them."""

    subnet_id: In[str]
    """The subnet of the endpoints."""

    zone_ids: Optional[dict[str, In[str]]] = None
    """DNS zone → id, for each zone that the service needs. Left out, Azure Policy registers endpoints."""


class NetworkedArgs(PlacedArgs):
    """What a component has to know whose resources are called by others."""

    private_network: Optional[PrivateNetwork] = None
    """Where private endpoints go. Left out, there are none and everything has a public address."""

    allowed_ip_ranges: list[str] = Field(default_factory=list)
    """Public addresses that may connect beside the private endpoints. Left out, none may."""

    lock: bool = False
    """Whether what holds data or work is protected from `pulumi destroy`, and locked where a lock does no harm.
    Left out, it is not."""

    @property
    def public_network_access(self) -> str:
        """`Enabled` or `Disabled`, as Azure writes it."""
        return "Enabled" if self.private_network is None or self.allowed_ip_ranges else "Disabled"

    @property
    def default_action(self) -> str:
        """What a firewall does with an address that is not allowed: `Allow` or `Deny`."""
        return "Allow" if self.private_network is None and not self.allowed_ip_ranges else "Deny"


class NetworkArgs(PlacedArgs):
    """What a Network is made of."""

    settings: NetworkSettings
    """The address space, or the adopted subnets."""

    zone_redundant: bool = True
    """Whether the public address of the way out is spread over availability zones. Left out, it is."""

    dns_zones: list[str] = Field(default_factory=list)
    """The private DNS zones to make, or to find among the adopted ones. Left out, none."""

    container_delegation: Optional[str] = None
    """The service that the containers subnet is given to, such as `Microsoft.App/environments`. Left out, it is given
    to none."""

    pod_cidr: Optional[str] = None
    """Addresses of pods that only a cluster knows, which its subnet's rules let pass. Left out, there are none."""

    diagnostics: Optional[In[str]] = None
    """The Log Analytics workspace, by id, that logs and metrics go to. Left out, they go nowhere."""

    lock: bool = False
    """Whether `pulumi destroy` refuses to delete the network. Left out, it does not."""


_DENY_INTERNET = {
    "name": "deny-internet-inbound",
    "description": "Nothing here is reached from the internet.",
    "priority": 4000,
    "direction": "Inbound",
    "access": "Deny",
    "protocol": "*",
    "source_address_prefix": "Internet",
    "source_port_range": "*",
    "destination_address_prefix": "*",
    "destination_port_range": "*",
}
_DENY_REMOTE_LOGIN = {
    "name": "deny-remote-login-outbound",
    "description": "A node that is taken over does not log in to its neighbours.",
    "priority": 4000,
    "direction": "Outbound",
    "access": "Deny",
    "protocol": "Tcp",
    "source_address_prefix": "*",
    "source_port_range": "*",
    "destination_address_prefix": "VirtualNetwork",
    "destination_port_ranges": ["22", "3389"],
}
_ALLOW_HTTPS = {
    "name": "allow-https-inbound",
    "description": "The network reaches its endpoints over HTTPS.",
    "priority": 100,
    "direction": "Inbound",
    "access": "Allow",
    "protocol": "Tcp",
    "source_address_prefix": "VirtualNetwork",
    "source_port_range": "*",
    "destination_address_prefix": "*",
    "destination_port_range": "443",
}
_ALLOW_SMB = {
    "name": "allow-smb-inbound",
    "description": "Computes mount the workspace's file share.",
    "priority": 110,
    "direction": "Inbound",
    "access": "Allow",
    "protocol": "Tcp",
    "source_address_prefix": "VirtualNetwork",
    "source_port_range": "*",
    "destination_address_prefix": "*",
    "destination_port_range": "445",
}
_ALLOW_DATABRICKS = {
    "name": "allow-databricks-inbound",
    "description": "Databricks' nodes reach its control plane.",
    "priority": 120,
    "direction": "Inbound",
    "access": "Allow",
    "protocol": "Tcp",
    "source_address_prefix": "VirtualNetwork",
    "source_port_range": "*",
    "destination_address_prefix": "*",
    # "Azure Private Link concepts" (Azure Databricks): of a subnet whose endpoints obey a security group.
    "destination_port_ranges": ["3306", "6666", "8443-8451"],
}
_DENY_OTHERS = {
    "name": "deny-other-inbound",
    "description": "An endpoint answers nothing else.",
    "priority": 4096,
    "direction": "Inbound",
    "access": "Deny",
    "protocol": "*",
    "source_address_prefix": "*",
    "source_port_range": "*",
    "destination_address_prefix": "*",
    "destination_port_range": "*",
}

_RULES: dict[SubnetRole, list[Any]] = {
    SubnetRole.ENDPOINTS: [_ALLOW_HTTPS, _ALLOW_SMB, _DENY_OTHERS],
    # Nodes of one distributed job log in to each other, so training keeps remote login inside the network.
    SubnetRole.TRAINING: [_DENY_INTERNET],
    SubnetRole.AKS: [_DENY_INTERNET, _DENY_REMOTE_LOGIN],
    SubnetRole.CONTAINERS: [_DENY_INTERNET, _DENY_REMOTE_LOGIN],
    SubnetRole.RUNNERS: [_DENY_INTERNET, _DENY_REMOTE_LOGIN],
}
"""What each subnet's group says. Of those that are not here, Databricks writes the rules itself."""


def _pod_rules(pod_cidr: Optional[str]) -> list[Any]:
    """What pods with addresses of their own need: they reach each other, and nodes reach them, without being hidden
    behind a node, and what the network does not know counts as the internet ("Azure CNI Overlay")."""
    if pod_cidr is None:
        return []
    return [
        {
            "name": f"allow-pods-{direction.lower()}",
            "description": "Pods of one cluster reach each other.",
            "priority": 200,
            "direction": direction,
            "access": "Allow",
            "protocol": "*",
            "source_address_prefix": pod_cidr if direction == "Inbound" else "*",
            "source_port_range": "*",
            "destination_address_prefix": "*" if direction == "Inbound" else pod_cidr,
            "destination_port_range": "*",
        }
        for direction in ("Inbound", "Outbound")
    ]


class Network(Component):
    """A virtual network with a subnet and a security group for each role, or subnets that others run."""

    name: pulumi.Output[str]
    """The network's name."""

    resource_id: pulumi.Output[str]
    """The network's id."""

    subnet_ids: pulumi.Output[dict[str, str]]
    """Role → subnet id."""

    zone_ids: pulumi.Output[dict[str, str]]
    """Private DNS zone → id; empty where Azure Policy registers endpoints."""

    def __init__(self, name: str, args: NetworkArgs, opts: Optional[pulumi.ResourceOptions] = None) -> None:
        args = NetworkArgs.model_validate(args)
        super().__init__(name, args, opts)
        adopted = args.settings.subnet_ids
        if adopted is None:
            vnet = self._vnet(args)
            vnet_id: In[str] = vnet.id
            self._subnet_ids: dict[str, In[str]] = {
                role.value: _below(vnet.id, f"subnets/{args.name_of(Kind.SUBNET, _label(role))}")
                for role in SubnetRole
                if role in args.settings.ranges()
            }
            self._peer(args, vnet)
        else:
            vnet_id = adopted.endpoints.rsplit("/subnets/", 1)[0]
            self._subnet_ids = {role: subnet for role, subnet in adopted.model_dump().items() if subnet}
        self._zone_ids = self._zones(args, vnet_id)
        self._finish(
            {
                "name": pulumi.Output.from_input(vnet_id).apply(lambda each: each.rsplit("/", 1)[-1]),
                "resource_id": vnet_id,
                "subnet_ids": self._subnet_ids,
                "zone_ids": self._zone_ids or {},
            }
        )

    @property
    def private_network(self) -> PrivateNetwork:
        """What another component takes as its `private_network`."""
        return PrivateNetwork(subnet_id=self._subnet_ids[SubnetRole.ENDPOINTS], zone_ids=self._zone_ids)

    def subnet_id(self, role: SubnetRole) -> Optional[In[str]]:
        """The id of a role's subnet; None where it was not adopted."""
        return self._subnet_ids.get(role)

    def _vnet(self, args: NetworkArgs) -> "native.network.VirtualNetwork":
        ranges = args.settings.ranges()
        groups = {role: self._rules(args, role) for role in ranges}
        way_out = self._way_out(args)
        subnets: list[Any] = [
            {
                "name": args.name_of(Kind.SUBNET, _label(role)),
                "address_prefix": str(prefix),
                "network_security_group": {"id": groups[role].id},
                "default_outbound_access": False,
                "private_endpoint_network_policies": "Enabled",
                # An endpoint never opens a connection, so its subnet needs no way out.
                **({} if role is SubnetRole.ENDPOINTS else way_out),
                **_delegated(_DATABRICKS if role in DATABRICKS_SUBNETS else _container_service(args, role)),
            }
            for role, prefix in ranges.items()
        ]
        # Subnets stand inline: Azure writes one subnet of a network at a time, and policies that ask for
        # a security group look at the first write.
        vnet = native.network.VirtualNetwork(
            f"{self._name_in_program}-vnet",
            virtual_network_name=args.name_of(Kind.VIRTUAL_NETWORK),
            resource_group_name=args.resource_group_name,
            location=args.location,
            address_space={"address_prefixes": args.settings.address_space},
            subnets=subnets,
            tags=args.tags,
            opts=child(self, protect=args.lock),
        )
        for role, group in groups.items():
            self._report(args, f"{_label(role)}-rules", group, metrics=False)
        self._report(args, "vnet", vnet)
        return vnet

    def _rules(self, args: NetworkArgs, role: SubnetRole) -> "native.network.NetworkSecurityGroup":
        rules = _RULES.get(role)
        if rules is not None:
            rules = [*rules, *_other_rules(args, role)]
        return native.network.NetworkSecurityGroup(
            f"{self._name_in_program}-{_label(role)}-rules",
            network_security_group_name=args.name_of(Kind.NETWORK_SECURITY_GROUP, _label(role)),
            resource_group_name=args.resource_group_name,
            location=args.location,
            security_rules=rules,
            tags=args.tags,
            # Else every update would take Databricks' own rules away.
            opts=child(self, ignore_changes=["securityRules"] if rules is None else None),
        )

    def _report(self, args: NetworkArgs, label: str, resource: pulumi.CustomResource, *, metrics: bool = True) -> None:
        if args.diagnostics is not None:
            name = f"{self._name_in_program}-{label}-diagnostics"
            send_diagnostics(name, resource.id, args.diagnostics, parent=self, metrics=metrics)

    def _way_out(self, args: NetworkArgs) -> dict[str, Any]:
        egress = args.settings.egress
        if egress.kind is EgressKind.HUB_ROUTES:
            return {}
        if egress.kind is EgressKind.FIREWALL:
            table = native.network.RouteTable(
                f"{self._name_in_program}-routes",
                route_table_name=args.name_of(Kind.ROUTE_TABLE),
                resource_group_name=args.resource_group_name,
                location=args.location,
                disable_bgp_route_propagation=True,
                routes=[
                    {
                        "name": "to-firewall",
                        "address_prefix": "0.0.0.0/0",
                        "next_hop_type": "VirtualAppliance",
                        "next_hop_ip_address": egress.firewall_ip,
                    }
                ],
                tags=args.tags,
                opts=child(self),
            )
            return {"route_table": {"id": table.id}}
        address = native.network.PublicIPAddress(
            f"{self._name_in_program}-egress-ip",
            public_ip_address_name=args.name_of(Kind.PUBLIC_IP, "egress"),
            resource_group_name=args.resource_group_name,
            location=args.location,
            sku={"name": "Standard", "tier": "Regional"},
            public_ip_allocation_method="Static",
            zones=["1", "2", "3"] if args.zone_redundant else None,
            tags=args.tags,
            opts=child(self),
        )
        self._report(args, "egress-ip", address)
        gateway = native.network.NatGateway(
            f"{self._name_in_program}-egress",
            nat_gateway_name=args.name_of(Kind.NAT_GATEWAY),
            resource_group_name=args.resource_group_name,
            location=args.location,
            sku={"name": "Standard"},
            public_ip_addresses=[{"id": address.id}],
            idle_timeout_in_minutes=10,
            tags=args.tags,
            opts=child(self),
        )
        return {"nat_gateway": {"id": gateway.id}}

    def _peer(self, args: NetworkArgs, vnet: "native.network.VirtualNetwork") -> None:
        hub = args.settings.hub
        if hub is None:
            return
        native.network.VirtualNetworkPeering(
            f"{self._name_in_program}-to-hub",
            virtual_network_peering_name=args.name_of(Kind.PEERING, "hub"),
            resource_group_name=args.resource_group_name,
            virtual_network_name=known_value_of(vnet, args.name_of(Kind.VIRTUAL_NETWORK)),
            remote_virtual_network={"id": hub.vnet_id},
            allow_virtual_network_access=True,
            allow_forwarded_traffic=True,
            use_remote_gateways=hub.use_gateway,
            opts=child(self),
        )

    def _zones(self, args: NetworkArgs, vnet_id: In[str]) -> Optional[dict[str, In[str]]]:
        dns = args.settings.dns
        if dns.mode is DnsMode.POLICY:
            return None
        if dns.mode is DnsMode.ADOPT:
            return {zone: zone_id for zone in args.dns_zones if (zone_id := dns.zone_id(zone))}
        made: dict[str, In[str]] = {}
        for zone in args.dns_zones:
            private_zone = native.privatedns.PrivateZone(
                f"{self._name_in_program}-{zone}",
                private_zone_name=zone,
                resource_group_name=args.resource_group_name,
                location="global",
                tags=args.tags,
                opts=child(self),
            )
            native.privatedns.VirtualNetworkLink(
                f"{self._name_in_program}-{zone}-link",
                virtual_network_link_name=args.name_of(Kind.VIRTUAL_NETWORK),
                private_zone_name=known_value_of(private_zone, zone),
                resource_group_name=args.resource_group_name,
                location="global",
                registration_enabled=False,
                virtual_network={"id": vnet_id},
                tags=args.tags,
                opts=child(self),
            )
            made[zone] = private_zone.id
        return made


_DATABRICKS = "Microsoft.Databricks/workspaces"
"""Whom Databricks' subnets are given to, which lets it write their security rules."""


def _label(role: SubnetRole) -> str:
    """A subnet's role in names, which have no underscores."""
    return role.replace("_", "-")


def _other_rules(args: NetworkArgs, role: SubnetRole) -> list[Any]:
    """What a subnet's rules have beside their own, for what else is in the network."""
    if role is SubnetRole.AKS:
        return _pod_rules(args.pod_cidr)
    if role is SubnetRole.ENDPOINTS and SubnetRole.DATABRICKS_HOST in args.settings.ranges():
        return [_ALLOW_DATABRICKS]
    return []


def _container_service(args: NetworkArgs, role: SubnetRole) -> Optional[str]:
    return args.container_delegation if role is SubnetRole.CONTAINERS else None


def _delegated(service: Optional[str]) -> dict[str, Any]:
    return {"delegations": [{"name": "delegation", "service_name": service}]} if service else {}


def _below(parent_id: "pulumi.Output[str]", path: str) -> "pulumi.Output[str]":
    return parent_id.apply(lambda each: f"{each}/{path}")


class Endpoints(NamedTuple):
    """The private endpoints of a resource, and what names them."""

    endpoints: "list[native.network.PrivateEndpoint]"
    zone_groups: "list[native.network.PrivateDnsZoneGroup]"

    @property
    def all(self) -> list[pulumi.Resource]:
        """Both: a caller finds the resource once they are there."""
        return [*self.endpoints, *self.zone_groups]


def private_endpoints(
    name: str,
    target: "pulumi.CustomResource | pulumi.Output[str]",
    service: PrivateService,
    *,
    part: str,
    args: NetworkedArgs,
    parent: pulumi.Resource,
    depends_on: Optional[list[pulumi.Resource]] = None,
) -> Endpoints:
    """A private endpoint to each group id of a service, with the zone group that names it; none where the
    environment has no network.

    `target` is the resource, or the id of one that another makes. `part` tells the endpoint's Azure name apart from
    others of the environment.
    """
    private_network = args.private_network
    made = Endpoints([], [])
    if private_network is None:
        return made
    groups = private_link(service, args.location)
    target_id = target if isinstance(target, pulumi.Output) else target.id
    for group_id, zones in groups.items():
        several = len(groups) > 1
        label = f"{part}-{group_id.lower()}" if several else part
        endpoint_name = args.name_of(Kind.PRIVATE_ENDPOINT, label)
        endpoint = native.network.PrivateEndpoint(
            f"{name}-endpoint-{group_id}",
            private_endpoint_name=endpoint_name,
            resource_group_name=args.resource_group_name,
            location=args.location,
            subnet={"id": private_network.subnet_id},
            custom_network_interface_name=args.name_of(Kind.NETWORK_INTERFACE, label),
            private_link_service_connections=[
                {"name": group_id, "private_link_service_id": target_id, "group_ids": [group_id]}
            ],
            tags=args.tags,
            opts=child(parent, depends_on=depends_on),
        )
        made.endpoints.append(endpoint)
        if private_network.zone_ids is None:
            continue
        made.zone_groups.append(
            native.network.PrivateDnsZoneGroup(
                f"{name}-endpoint-{group_id}-zones",
                private_dns_zone_group_name="default",
                private_endpoint_name=known_value_of(endpoint, endpoint_name),
                resource_group_name=args.resource_group_name,
                private_dns_zone_configs=[
                    {"name": zone.replace(".", "-"), "private_dns_zone_id": private_network.zone_ids[zone]}
                    for zone in zones
                ],
                opts=child(parent),
            )
        )
    return made


def with_endpoints_and_diagnostics(
    name: str,
    resource: pulumi.CustomResource,
    service: PrivateService,
    *,
    part: str,
    args: NetworkedArgs,
    diagnostics: In[str],
    parent: pulumi.Resource,
    logs: bool = True,
) -> Endpoints:
    """Gives a resource its diagnostics, its private endpoints and, where it is protected, its lock."""
    reported = send_diagnostics(f"{name}-diagnostics", resource.id, diagnostics, parent=parent, logs=logs)
    made = private_endpoints(name, resource, service, part=part, args=args, parent=parent)
    if args.lock:
        lock(f"{name}-lock", resource, parent=parent, guards=[reported, *made.endpoints])
    return made
