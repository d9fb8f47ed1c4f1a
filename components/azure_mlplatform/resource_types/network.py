"""Networks, private endpoints and private DNS zones."""

from collections.abc import Iterator

from ..foundation.values import name_of
from .palette import Colour
from .resource_type import GROUP_ID, Edge, Nodes, Resource, ResourceType, from_subnet

VNET = "azure-native:network:VirtualNetwork"
_NETWORK = GROUP_ID + "/providers/Microsoft.Network"


def _endpoint(resource: Resource, nodes: Nodes) -> Iterator[Edge]:
    target = resource.input("privateLinkServiceConnections.0.privateLinkServiceId")
    yield Edge(resource.urn, nodes.with_id(target), "Private Link")
    yield from from_subnet("subnet.id")(resource, nodes)


def _peering(resource: Resource, nodes: Nodes) -> Iterator[Edge]:
    hub = name_of(str(resource.input("remoteVirtualNetwork.id")))
    yield Edge(nodes.only(VNET), f"outside:hub {hub}", "peering")


def _egress(resource: Resource, nodes: Nodes) -> Iterator[Edge]:
    yield Edge(nodes.only(VNET), resource.urn, "egress")


TYPES = {
    "azure-native:network:NatGateway": ResourceType(
        id=_NETWORK + "/natGateways/{natGatewayName}", colour=Colour.NETWORK, edges=_egress
    ),
    "azure-native:network:NetworkSecurityGroup": ResourceType(
        id=_NETWORK + "/networkSecurityGroups/{networkSecurityGroupName}", size=(), hidden=True
    ),
    "azure-native:network:PrivateDnsZoneGroup": ResourceType(
        id=_NETWORK + "/privateEndpoints/{privateEndpointName}/privateDnsZoneGroups/{privateDnsZoneGroupName}",
        hidden=True,
        named_by_azure=False,
    ),
    "azure-native:network:PrivateEndpoint": ResourceType(
        id=_NETWORK + "/privateEndpoints/{privateEndpointName}",
        size=("privateLinkServiceConnections.0.groupIds",),
        colour=Colour.NETWORK,
        edges=_endpoint,
    ),
    "azure-native:network:PublicIPAddress": ResourceType(
        id=_NETWORK + "/publicIPAddresses/{publicIpAddressName}",
        hidden=True,
    ),
    "azure-native:network:RouteTable": ResourceType(
        id=_NETWORK + "/routeTables/{routeTableName}",
        size=("routes.0.nextHopIpAddress",),
        colour=Colour.NETWORK,
        edges=_egress,
    ),
    VNET: ResourceType(
        id=_NETWORK + "/virtualNetworks/{virtualNetworkName}",
        size=("addressSpace.addressPrefixes",),
        colour=Colour.NETWORK,
    ),
    "azure-native:network:VirtualNetworkPeering": ResourceType(
        id=_NETWORK + "/virtualNetworks/{virtualNetworkName}/virtualNetworkPeerings/{virtualNetworkPeeringName}",
        hidden=True,
        edges=_peering,
    ),
    "azure-native:privatedns:PrivateZone": ResourceType(
        id=_NETWORK + "/privateDnsZones/{privateZoneName}", hidden=True
    ),
    "azure-native:privatedns:VirtualNetworkLink": ResourceType(
        id=_NETWORK + "/privateDnsZones/{privateZoneName}/virtualNetworkLinks/{virtualNetworkLinkName}", hidden=True
    ),
}
