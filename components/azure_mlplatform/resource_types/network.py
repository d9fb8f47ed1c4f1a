"""Networks, private endpoints and private DNS zones."""

from collections.abc import Iterator

from ..foundation.values import name_of
from .resource_type import GROUP_ID, Edge, Nodes, Outside, Relation, Resource, ResourceType, Shown, from_subnet
from .topic import Topic

VNET = "azure-native:network:VirtualNetwork"
_NETWORK = GROUP_ID + "/providers/Microsoft.Network"


def _endpoint(resource: Resource, nodes: Nodes) -> Iterator[Edge]:
    target = resource.input("privateLinkServiceConnections.0.privateLinkServiceId")
    yield Edge(resource.urn, nodes.with_id(target), "Private Link", Relation.PRIVATE_LINK)
    yield from from_subnet("subnet.id")(resource, nodes)


def _peering(resource: Resource, nodes: Nodes) -> Iterator[Edge]:
    hub = name_of(str(resource.input("remoteVirtualNetwork.id")))
    outside = nodes.outside(Outside("hub", hub, Topic.NETWORK))
    yield Edge(nodes.only(VNET), outside, "peering", Relation.PEERING)


def _egress(resource: Resource, nodes: Nodes) -> Iterator[Edge]:
    yield Edge(nodes.only(VNET), resource.urn, "egress", Relation.EGRESS)


def _address_of(resource: Resource, nodes: Nodes) -> Iterator[Edge]:
    yield from _egress(resource, nodes)
    for address in resource.input("publicIpAddresses") or []:
        yield Edge(resource.urn, nodes.with_id(address.get("id")), "", Relation.PART)


TYPES = {
    "azure-native:network:NatGateway": ResourceType(
        id=_NETWORK + "/natGateways/{natGatewayName}",
        words="NAT gateway",
        topic=Topic.NETWORK,
        shown=Shown.COUNTED,
        edges=_address_of,
    ),
    "azure-native:network:NetworkSecurityGroup": ResourceType(
        id=_NETWORK + "/networkSecurityGroups/{networkSecurityGroupName}",
        size=(),
        topic=Topic.NETWORK,
        shown=Shown.COUNTED,
    ),
    "azure-native:network:PrivateDnsZoneGroup": ResourceType(
        id=_NETWORK + "/privateEndpoints/{privateEndpointName}/privateDnsZoneGroups/{privateDnsZoneGroupName}",
        shown=Shown.HIDDEN,
        named_by_azure=False,
    ),
    "azure-native:network:PrivateEndpoint": ResourceType(
        id=_NETWORK + "/privateEndpoints/{privateEndpointName}",
        size=("privateLinkServiceConnections.0.groupIds",),
        topic=Topic.NETWORK,
        shown=Shown.COUNTED,
        edges=_endpoint,
    ),
    "azure-native:network:PublicIPAddress": ResourceType(
        id=_NETWORK + "/publicIPAddresses/{publicIpAddressName}",
        words="public IP address",
        topic=Topic.NETWORK,
        shown=Shown.COUNTED,
    ),
    "azure-native:network:RouteTable": ResourceType(
        id=_NETWORK + "/routeTables/{routeTableName}",
        size=("routes.0.nextHopIpAddress",),
        topic=Topic.NETWORK,
        shown=Shown.COUNTED,
        edges=_egress,
    ),
    VNET: ResourceType(
        id=_NETWORK + "/virtualNetworks/{virtualNetworkName}",
        size=("addressSpace.addressPrefixes",),
        topic=Topic.NETWORK,
    ),
    "azure-native:network:VirtualNetworkPeering": ResourceType(
        id=_NETWORK + "/virtualNetworks/{virtualNetworkName}/virtualNetworkPeerings/{virtualNetworkPeeringName}",
        words="peering",
        topic=Topic.NETWORK,
        shown=Shown.COUNTED,
        edges=_peering,
    ),
    "azure-native:privatedns:PrivateZone": ResourceType(
        id=_NETWORK + "/privateDnsZones/{privateZoneName}",
        words="private DNS zone",
        topic=Topic.NETWORK,
        shown=Shown.COUNTED,
    ),
    "azure-native:privatedns:VirtualNetworkLink": ResourceType(
        id=_NETWORK + "/privateDnsZones/{privateZoneName}/virtualNetworkLinks/{virtualNetworkLinkName}",
        shown=Shown.HIDDEN,
    ),
}
