"""The environment's network: address space, subnets, egress, peering, and private DNS zones.

It does not manage the hub: the hub's owner runs its firewall and gateway and makes the peering from the hub to this
network. Adopted subnets do not change; only the environment's own DNS zones are linked to their network.
"""

from collections.abc import Mapping
from typing import Any, Optional, Union

import pulumi
import pulumi_azure_native as native
from pydantic import Field

from ..catalogue.changes import replacing
from ..foundation.naming import Kind
from ..parts.arguments import ArgsOrDict, In, ModelOrDict
from ..parts.component import Component, child
from ..parts.diagnostics import send_diagnostics
from ..parts.outputs import known_value_of
from ..parts.placement import PlacedArgs, PrivateNetwork
from .security_rules import security_rules
from .settings import DELEGATIONS, DnsMode, EgressKind, EgressSettings, NetworkSettings, SubnetRole


class NetworkArgs(PlacedArgs):
    """The arguments of a Network."""

    settings: ModelOrDict[NetworkSettings]
    """The address space, or the adopted subnets."""

    dns_zones: list[str] = Field(default_factory=list)
    """The private DNS zones to make, or to find among the adopted ones. Default: none."""

    container_delegation: Optional[str] = None
    """The service that the containers subnet is delegated to, such as `Microsoft.App/environments`. Default: none, or
    the one it was delegated to before."""

    pod_cidr: Optional[str] = None
    """The range of pod addresses outside the network. The rules of the AKS subnet allow it. Default: none."""


class Network(Component):
    """A virtual network with a subnet and a security group for each role, or adopted subnets."""

    name: pulumi.Output[str]
    """The network's name."""

    resource_id: pulumi.Output[str]
    """The network's id."""

    subnet_ids: pulumi.Output[dict[str, str]]
    """Role → subnet id."""

    zone_ids: pulumi.Output[dict[str, str]]
    """Private DNS zone → id. Empty if Azure Policy registers the endpoints."""

    def __init__(self, name: str, args: ArgsOrDict[NetworkArgs], opts: Optional[pulumi.ResourceOptions] = None) -> None:
        args = NetworkArgs.model_validate(args)
        super().__init__(name, args, opts)
        adopted, self._egress_kind = args.settings.subnet_ids, args.settings.egress.kind
        if adopted is None:
            vnet = self._vnet(args)
            vnet_id: In[str] = vnet.id
            self._subnet_ids: dict[str, In[str]] = {
                role.value: pulumi.Output.concat(
                    vnet.id, "/subnets/", self.placement.name_of(Kind.SUBNET, _label(role))
                )
                for role in SubnetRole
                if role in args.settings.ranges()
            }
            self._peerings = self._peer(args, vnet)
        else:
            vnet_id = adopted.endpoints.rsplit("/subnets/", 1)[0]
            self._subnet_ids = {role: subnet for role, subnet in adopted.model_dump().items() if subnet}
            self._peerings = []
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
        """The value for the `private_network` of another component."""
        network = PrivateNetwork(subnet_id=self._subnet_ids[SubnetRole.ENDPOINTS], zone_ids=self._zone_ids)
        return network.peered_by(*self._peerings, way_out=self._egress_kind is not EgressKind.NAT_GATEWAY)

    @property
    def exports(self) -> Mapping[str, "pulumi.Output[Any]"]:
        """The outputs that a stack exports."""
        return {"subnet_ids": self.subnet_ids}

    def subnet_id(self, role: Union[SubnetRole, str]) -> Optional[In[str]]:
        """The id of a role's subnet, or None if it has none. Raises ValueError if there is no such role."""
        return self._subnet_ids.get(SubnetRole(role))

    def _vnet(self, args: NetworkArgs) -> "native.network.VirtualNetwork":
        ranges, dns = args.settings.ranges(), args.settings.dns
        groups = {role: self._rules(args, role) for role in ranges}
        egress = self._egress(args.settings.egress)
        subnets: list[Any] = [
            {
                "name": self.placement.name_of(Kind.SUBNET, _label(role)),
                "address_prefix": str(prefix),
                "network_security_group": {"id": groups[role].id},
                "default_outbound_access": False,
                "private_endpoint_network_policies": "Enabled",
                # Private endpoints open no connections, so their subnet needs no egress.
                **({} if role is SubnetRole.ENDPOINTS else egress),
                **_delegated(role, args.container_delegation),
            }
            for role, prefix in ranges.items()
        ]
        # Subnets are inline: Azure writes only one subnet of a network at a time, and policies that require
        # a security group check the first write.
        vnet = native.network.VirtualNetwork(
            self.logical_name("vnet"),
            virtual_network_name=self.placement.name_of(Kind.VIRTUAL_NETWORK),
            resource_group_name=self.placement.resource_group_name,
            location=self.placement.location,
            address_space={"address_prefixes": args.settings.address_space},
            subnets=subnets,
            # Left out, it is Azure's own DNS, and an update takes away servers that were set by hand.
            dhcp_options={"dns_servers": dns.servers} if dns.servers else None,
            tags=self.placement.tags,
            opts=child(self, protect=self.placement.protected, ignore_changes=_kept_delegation(args)),
        )
        for role, group in groups.items():
            send_diagnostics(self, f"{_label(role)}-rules", group.id, metrics=False)
        send_diagnostics(self, "vnet", vnet.id)
        return vnet

    def _rules(self, args: NetworkArgs, role: SubnetRole) -> "native.network.NetworkSecurityGroup":
        rules = security_rules(role, args.settings, args.pod_cidr)
        return native.network.NetworkSecurityGroup(
            self.logical_name(f"{_label(role)}-rules"),
            network_security_group_name=self.placement.name_of(Kind.NETWORK_SECURITY_GROUP, _label(role)),
            resource_group_name=self.placement.resource_group_name,
            location=self.placement.location,
            security_rules=rules,
            tags=self.placement.tags,
            # Otherwise every update would remove the rules that Databricks wrote.
            opts=child(self, ignore_changes=["securityRules"] if rules is None else None),
        )

    def _egress(self, egress: EgressSettings) -> dict[str, Any]:
        """Makes the egress and returns the properties of a subnet that uses it."""
        if egress.kind is EgressKind.HUB_ROUTES:
            return {}
        if egress.kind is EgressKind.FIREWALL:
            table = native.network.RouteTable(
                self.logical_name("routes"),
                route_table_name=self.placement.name_of(Kind.ROUTE_TABLE),
                resource_group_name=self.placement.resource_group_name,
                location=self.placement.location,
                disable_bgp_route_propagation=True,
                routes=[
                    {
                        "name": "to-firewall",
                        "address_prefix": "0.0.0.0/0",
                        "next_hop_type": "VirtualAppliance",
                        "next_hop_ip_address": egress.firewall_ip,
                    }
                ],
                tags=self.placement.tags,
                opts=child(self),
            )
            return {"route_table": {"id": table.id}}
        address = native.network.PublicIPAddress(
            self.logical_name("egress-ip"),
            public_ip_address_name=self.placement.name_of(Kind.PUBLIC_IP, "egress"),
            resource_group_name=self.placement.resource_group_name,
            location=self.placement.location,
            sku={"name": "Standard", "tier": "Regional"},
            public_ip_allocation_method="Static",
            zones=["1", "2", "3"] if self.placement.profile.zone_redundant else None,
            tags=self.placement.tags,
            opts=child(self),
        )
        send_diagnostics(self, "egress-ip", address.id)
        gateway = native.network.NatGateway(
            self.logical_name("egress"),
            nat_gateway_name=self.placement.name_of(Kind.NAT_GATEWAY),
            resource_group_name=self.placement.resource_group_name,
            location=self.placement.location,
            sku={"name": "Standard"},
            public_ip_addresses=[{"id": address.id}],
            idle_timeout_in_minutes=10,
            tags=self.placement.tags,
            opts=child(self),
        )
        return {"nat_gateway": {"id": gateway.id}}

    def _peer(self, args: NetworkArgs, vnet: "native.network.VirtualNetwork") -> list[pulumi.Resource]:
        """Makes the peering to the hub, if there is a hub."""
        hub = args.settings.hub
        if hub is None:
            return []
        peering = native.network.VirtualNetworkPeering(
            self.logical_name("to-hub"),
            virtual_network_peering_name=self.placement.name_of(Kind.PEERING, "hub"),
            resource_group_name=self.placement.resource_group_name,
            virtual_network_name=known_value_of(vnet, self.placement.name_of(Kind.VIRTUAL_NETWORK)),
            remote_virtual_network={"id": hub.vnet_id},
            allow_virtual_network_access=True,
            allow_forwarded_traffic=True,
            use_remote_gateways=hub.use_gateway,
            opts=child(
                self,
                delete_before_replace=True,
                replace_on_changes=replacing("azure-native:network:VirtualNetworkPeering"),
            ),
        )
        return [peering]

    def _zones(self, args: NetworkArgs, vnet_id: In[str]) -> Optional[dict[str, In[str]]]:
        dns = args.settings.dns
        if dns.mode is DnsMode.POLICY:
            return None
        if dns.mode is DnsMode.ADOPT:
            return {zone: zone_id for zone in args.dns_zones if (zone_id := dns.zone_id(zone))}
        made: dict[str, In[str]] = {}
        for zone in args.dns_zones:
            private_zone = native.privatedns.PrivateZone(
                self.logical_name(f"{zone}"),
                private_zone_name=zone,
                resource_group_name=self.placement.resource_group_name,
                location="global",
                tags=self.placement.tags,
                opts=child(self),
            )
            link = native.privatedns.VirtualNetworkLink(
                self.logical_name(f"{zone}-link"),
                virtual_network_link_name=self.placement.name_of(Kind.VIRTUAL_NETWORK),
                private_zone_name=known_value_of(private_zone, zone),
                resource_group_name=self.placement.resource_group_name,
                location="global",
                registration_enabled=False,
                virtual_network={"id": vnet_id},
                tags=self.placement.tags,
                opts=child(self),
            )
            # No name in the zone resolves in the network before the zone is linked to it.
            made[zone] = known_value_of(link, private_zone.id)
        return made


def _label(role: SubnetRole) -> str:
    """The role as names contain it: with hyphens for underscores."""
    return role.replace("_", "-")


def _delegated(role: SubnetRole, container_service: Optional[str]) -> dict[str, Any]:
    """The properties of a subnet that delegate it to a service; empty without a service."""
    # Delegated to it, Databricks writes the rules of its subnets itself.
    service = container_service if role is SubnetRole.CONTAINERS else DELEGATIONS.get(role)
    return {"delegations": [{"name": "delegation", "service_name": service}]} if service else {}


def _kept_delegation(args: NetworkArgs) -> Optional[list[str]]:
    """The delegation of the containers subnet, once nothing is in it: the network is updated before what was in it is
    deleted, and until then Azure refuses to take the delegation away ("requires any of the following delegation(s) to
    reference service association link": MicrosoftDocs/azure-docs#48902 and #92894, read 2026-11-28)."""
    roles = list(args.settings.ranges())
    if args.container_delegation is not None or SubnetRole.CONTAINERS not in roles:
        return None
    return [f"subnets[{roles.index(SubnetRole.CONTAINERS)}].delegations"]
