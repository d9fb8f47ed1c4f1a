"""What a thing in Azure that several environments may share can have once, or so many times.

Each limit has its source, and the day on which it was read. One whose source does not say it, or was not read, is
assumed. Not here, because Azure allows it: App Service plans that share a subnet (multi-plan subnet join), clusters
that share one, and event subscriptions of several factories on one storage account.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any, NamedTuple, Union

from ..foundation.built_in_roles import role_name
from ..foundation.free_range import OWN_RANGE
from ..foundation.secret_values import SECRET
from ..foundation.values import name_of
from ..foundation.violations import Path
from .resource import UNKNOWN, Plan, PlannedResource

READ = "2026-11-28"
"""The day on which a source was read, unless a limit names another."""

_DNS: Path = ("azure-mlplatform:network", "dns")
_SPACE: Path = ("azure-mlplatform:network", "address_space")
_SUBNETS: Path = ("azure-mlplatform:network", "subnet_ids")
_SUFFIX: Path = ("azure-mlplatform:suffix",)


class Planned(NamedTuple):
    """A resource, and what its plan has beside it."""

    resource: PlannedResource
    plan: Plan
    by_id: Mapping[str, PlannedResource]
    """Id in lower case → resource."""

    @property
    def id(self) -> str:
        """Its id, or a text that no other resource has if the plan does not know it."""
        known = self.resource.id != UNKNOWN
        return self.resource.id if known else f"{self.plan.folder} {self.resource.urn}"

    @property
    def parent_id(self) -> str:
        """The id of the resource that it is part of."""
        return self.resource.id if self.resource.id == UNKNOWN else self.resource.id.rsplit("/", 2)[0]

    @property
    def subscription(self) -> str:
        """The subscription of its provider."""
        urn = self.resource.provider.rsplit("::", 1)[0]
        found = (each for each in self.plan.resources if each.urn == urn)
        return next((str(each.inputs.get("subscriptionId", UNKNOWN)) for each in found), UNKNOWN)

    def text(self, path: str) -> str:
        """An input as a text. Empty if it is absent."""
        value = self.resource.input(path)
        return "" if value is None else str(value)

    def items(self, path: str) -> list[Any]:
        """The items of an input that is a list."""
        value = self.resource.input(path)
        return value if isinstance(value, list) else []

    def plan_of(self, path: str, origin: str = "") -> str:
        """The plan in which an input can be compared: `any`, or its own if the value comes from a resource of a type
        that begins with `origin`. What such a resource answers is emulated, and says nothing of another plan."""
        urns = self.resource.property_dependencies.get(path.partition(".")[0], ())
        emulated = any(urn.split("::")[2].rpartition("$")[2].startswith(origin) for urn in urns)
        return f"{self.plan.file} {self.plan.project}" if emulated else "any"


class Use(NamedTuple):
    """One use of a shared thing."""

    of: tuple[str, ...]
    """The shared thing: its id or name, and what tells this use of it from others that may be beside it. An empty or
    unknown part means that nothing is compared."""

    what: str = ""
    """The use as a message shows it. Default: the resource's kind and name."""

    by: str = ""
    """Who uses it. Several uses by the same one are one. Default: the resource."""

    alone: bool = True
    """Whether it bears no other use beside it."""

    @property
    def known(self) -> bool:
        """Whether it can be compared."""
        return all(each and UNKNOWN not in each and SECRET not in each for each in self.of)


Uses = Callable[[Planned], Iterator[Use]]


@dataclass(frozen=True, kw_only=True)
class Limit:
    """What a shared thing can have once, or so many times."""

    uses: Mapping[str, Uses]
    """Resource type → the uses that a resource of this type makes."""

    rule: str
    """What is allowed, with the thing as `{thing}`."""

    fix: str
    """What to do."""

    path: Path = ()
    """The setting that decides it. Empty: none of this library does."""

    at_most: int = 1
    """The number of uses that it bears."""

    source: str
    """Where it was read."""

    day: str = READ
    """When it was read."""

    assumed: bool = False
    """Whether the source does not say all of it."""


def _zone_link(link: Planned) -> Iterator[Use]:
    zone = link.text("privateZoneName")
    yield Use((link.text("virtualNetwork.id"), zone), zone)


def _registration(link: Planned) -> Iterator[Use]:
    if link.resource.input("registrationEnabled"):
        yield Use((link.text("virtualNetwork.id"),), link.text("privateZoneName"))


def _zone_records(group: Planned) -> Iterator[Use]:
    endpoint = group.by_id.get(group.parent_id.lower())
    connections = (endpoint and endpoint.input("privateLinkServiceConnections")) or []
    for connection in connections:
        target = str(connection.get("privateLinkServiceId") or "")
        for service in connection.get("groupIds") or []:
            for config in group.items("privateDnsZoneConfigs"):
                zone = str(config.get("privateDnsZoneId") or "")
                yield Use((zone, target, str(service)), f"{name_of(target)} ({service})", by=group.parent_id)


def _peered(peering: Planned) -> Iterator[Use]:
    remote = peering.text("remoteVirtualNetwork.id")
    yield Use((peering.parent_id, remote), f"{peering.resource.azure_name} to {name_of(remote)}")


def _remote_gateway(peering: Planned) -> Iterator[Use]:
    if peering.resource.input("useRemoteGateways"):
        yield Use((peering.parent_id,), peering.resource.azure_name)


def _nat_gateway(network: Planned) -> Iterator[Use]:
    for subnet in network.items("subnets"):
        yield Use((str((subnet.get("natGateway") or {}).get("id") or ""),), network.resource.azure_name)


def _in_subnet(*paths: str, alone: bool = False) -> Uses:
    def uses(resource: Planned) -> Iterator[Use]:
        for path in paths:
            yield Use((resource.text(path),), alone=alone)

    return uses


def _pools(cluster: Planned) -> Iterator[Use]:
    for pool in cluster.items("agentPoolProfiles"):
        yield Use((str(pool.get("vnetSubnetID") or ""),), alone=False)


def _databricks(workspace: Planned) -> Iterator[Use]:
    network = workspace.text("parameters.customVirtualNetworkId.value")
    for side in ("Public", "Private"):
        subnet = workspace.text(f"parameters.custom{side}SubnetName.value")
        yield Use((network and subnet and f"{network}/subnets/{subnet}",))


def _extension(extension: Planned) -> Iterator[Use]:
    cluster = extension.parent_id.rpartition("/providers/")[0]
    yield Use((cluster, extension.text("extensionType")), extension.resource.azure_name)


def _credential(credential: Planned) -> Iterator[Use]:
    subject = credential.text("subject")
    yield Use((credential.parent_id, credential.text("issuer"), subject), subject)


def _trusted(credential: Planned) -> Iterator[Use]:
    subject = credential.text("subject")
    identity = credential.parent_id
    yield Use((subject, credential.text("issuer")), f"{subject} on {name_of(identity)}", by=identity)


def _of_parent(resource: Planned) -> Iterator[Use]:
    yield Use((resource.parent_id,))


def _sink(setting: Planned) -> Iterator[Use]:
    for path in ("workspaceId", "storageAccountId", "eventHubAuthorizationRuleId"):
        for list_ in ("logs", "metrics"):
            for each in setting.items(list_):
                name = str(each.get("category") or each.get("categoryGroup") or "")
                if each.get("enabled"):
                    sink = setting.text(path)
                    what = f"{name} to {name_of(sink)} by {setting.resource.azure_name}"
                    yield Use((setting.text("resourceUri"), sink, f"{list_} {name}" if name else ""), what)


def _on_resource(setting: Planned) -> Iterator[Use]:
    yield Use((setting.text("resourceUri"),))


def _grant(assignment: Planned) -> Iterator[Use]:
    role, principal = assignment.text("roleDefinitionId"), assignment.text("principalId")
    of = (assignment.text("scope"), name_of(role), principal, assignment.plan_of("principalId"))
    yield Use(of, f"{role_name(role)} for {principal}")


def _named(path: str, *within: str) -> Uses:
    """The use of a name among all resources of the type, and among those with equal values at `within`."""

    def uses(resource: Planned) -> Iterator[Use]:
        places = [resource.text(each) for each in within]
        of = (resource.text(path), resource.resource.kind, resource.plan_of(path, "random:"), *places)
        yield Use(of, f"{resource.resource.kind} {resource.resource.azure_name}")

    return uses


def _instance(compute: Planned) -> Iterator[Use]:
    if compute.text("properties.computeType") == "ComputeInstance":
        yield from _named("computeName", "location")(compute)


def _managed_endpoint(endpoint: Planned) -> Iterator[Use]:
    if endpoint.text("kind").lower() != "k8s":
        yield from _named("endpointName", "location")(endpoint)


def _topic(topic: Planned) -> Iterator[Use]:
    yield Use((topic.text("source"),), topic.resource.name)


def _event_subscription(subscription: Planned) -> Iterator[Use]:
    yield Use((subscription.text("scope"), subscription.text("eventSubscriptionName")), subscription.resource.name)


_OTHER_NAME = "Give one of them another name. Names of this library end in the suffix: set another one, or none"

LIMITS = (
    Limit(
        uses={"azure-native:privatedns:VirtualNetworkLink": _zone_link},
        rule="the network {thing} can be linked to one private DNS zone of a name",
        fix="Put the zones into a group outside both, and set network.dns in both: {mode: adopt, resource_group_id: …},"
        " or {mode: policy} if Azure Policy registers endpoints",
        path=_DNS,
        source="MicrosoftDocs/azure-docs, dns/private-dns-virtual-network-links (one link of a zone and a network); "
        "MicrosoftDocs/azure-aks-docs#212, microsoft-foundry/foundry-samples#214 (zones of equal name)",
    ),
    Limit(
        uses={"azure-native:privatedns:VirtualNetworkLink": _registration},
        rule="the network {thing} can register its machines in one private DNS zone",
        fix="Set registrationEnabled in one link only",
        source="MicrosoftDocs/azure-docs, dns/private-dns-virtual-network-links: exactly one registration zone",
    ),
    Limit(
        uses={"azure-native:network:PrivateDnsZoneGroup": _zone_records},
        rule="the zone {thing} holds the record of one private endpoint for a name",
        fix="Give each network zones of its own, or reach the service through one endpoint in both",
        path=_DNS,
        source="MicrosoftDocs/azure-docs, private-link/private-endpoint-dns: a second one deletes the A-record",
    ),
    Limit(
        uses={"azure-native:network:VirtualNetworkPeering": _peered},
        rule="the network {thing} can be peered to another network once",
        fix="Remove one of the peerings",
        source="The code AnotherPeeringAlreadyReferencesRemoteVnet in clients of Azure; no page of Microsoft was found",
        assumed=True,
    ),
    Limit(
        uses={"azure-native:network:VirtualNetworkPeering": _remote_gateway},
        rule="the network {thing} can use the gateway of one other network",
        fix="Set use_gateway in one of them only",
        path=("azure-mlplatform:network", "hub", "use_gateway"),
        source="Learn: VirtualNetworkPeeringPropertiesFormat, useRemoteGateways: only one peering can have this flag",
    ),
    Limit(
        uses={"azure-native:network:VirtualNetwork": _nat_gateway},
        rule="the NAT gateway {thing} serves one network",
        fix="Give each network a gateway of its own",
        source="MicrosoftDocs/azure-docs, nat-gateway/nat-overview: it can't span multiple virtual networks",
    ),
    Limit(
        uses={
            "azure-native:app:ManagedEnvironment": _in_subnet("vnetConfiguration.infrastructureSubnetId", alone=True),
            "azure-native:databricks:Workspace": _databricks,
            "azure-native:containerservice:AgentPool": _in_subnet("vnetSubnetID"),
            "azure-native:containerservice:ManagedCluster": _pools,
            "azure-native:machinelearningservices:Compute": _in_subnet("properties.properties.subnet.id"),
            "azure-native:network:PrivateEndpoint": _in_subnet("subnet.id"),
            "azure-native:web:WebApp": _in_subnet("virtualNetworkSubnetId"),
        },
        rule="the subnet {thing} of a Container Apps environment or a Databricks workspace takes nothing else",
        fix="Name another subnet in one of them",
        path=_SUBNETS,
        source="Learn: container-apps/networking (dedicated exclusively to the environment); "
        "databricks/security/network/classic/vnet-inject (can't share subnets across workspaces or with others)",
    ),
    Limit(
        uses={"azure-native:kubernetesconfiguration:Extension": _extension},
        rule="the cluster {thing} takes an extension of a type once",
        fix="Install it in one of them, and attach the cluster in the other (attach: shared)",
        path=("azure-mlplatform:inference", "aks"),
        source="assumed: an extension works on the whole cluster; no page that says it was read",
        assumed=True,
    ),
    Limit(
        uses={"azure-native:managedidentity:FederatedIdentityCredential": _credential},
        rule="the identity {thing} trusts one issuer and subject once",
        fix="Remove one of the credentials, or give each environment an identity of its own",
        path=("azure-mlplatform:workload_identity",),
        source="Microsoft Entra, workload-identity-federation-considerations: the combination must be unique",
    ),
    Limit(
        uses={"azure-native:managedidentity:FederatedIdentityCredential": _trusted},
        rule="one identity trusts the subject {thing}",
        fix="Give each identity a GitHub environment or a service connection of its own, and take the subject out of "
        "the other one. What may act as two identities has the rights of both",
        path=("azure-mlplatform:workload_identity",),
        source="this library: an identity for each environment and use. Entra takes one issuer and subject on several",
    ),
    Limit(
        uses={"azure-native:managedidentity:FederatedIdentityCredential": _of_parent},
        rule="the identity {thing} takes 20 federated credentials at most",
        fix="Give each environment an identity of its own",
        path=("azure-mlplatform:workload_identity",),
        at_most=20,
        source="Microsoft Entra, workload-identity-federation-considerations",
    ),
    Limit(
        uses={"azure-native:eventgrid:SystemTopic": _topic},
        rule="{thing} can have one Event Grid system topic",
        fix="Make the topic in one of them, and only event subscriptions in the other",
        source="MicrosoftDocs/azure-docs, event-grid/system-topics; MicrosoftDocs/azure-docs#97986 (Azure's answer)",
    ),
    Limit(
        uses={"azure-native:eventgrid:EventSubscription": _event_subscription},
        rule="{thing} has an event subscription of a name once",
        fix="Give one of them another name: the second one takes the events of the first",
        source="The name is part of its id: Learn, rest/api/eventgrid/event-subscriptions/create-or-update",
    ),
    Limit(
        uses={"azure-native:monitor:DiagnosticSetting": _sink},
        rule="{thing} sends a category to a destination once",
        fix="Send it in one of them only, or to another workspace",
        path=("azure-mlplatform:diagnostics",),
        source="Azure/terraform-azurerm-avm-ptn-aiml-landing-zone#19 (Azure's answer)",
    ),
    Limit(
        uses={"azure-native:monitor:DiagnosticSetting": _on_resource},
        rule="{thing} takes five diagnostic settings",
        fix="Send its logs from fewer environments",
        path=("azure-mlplatform:diagnostics",),
        at_most=5,
        source="Learn: azure-monitor/platform/diagnostic-settings, destinations",
    ),
    Limit(
        uses={"azure-native:authorization:RoleAssignment": _grant},
        rule="{thing} has a role assignment for a role and principal once",
        fix="Use a principal of its own in one of them, such as a group for each environment",
        source="hashicorp/terraform-provider-azurerm#28694, #17421 (RoleAssignmentExists)",
    ),
    Limit(
        uses={"azure-native:authorization:RoleAssignment": _named("roleAssignmentName")},
        rule="the role assignment's name {thing} can be had once in a tenant",
        fix="Give one of the resources another name in the program, or its own resource group",
        source="MicrosoftDocs/azure-docs, role-based-access-control/role-assignments: unique within the tenant",
    ),
    Limit(
        uses={
            "azure-native:cognitiveservices:Account": _named("properties.customSubDomainName"),
            "azure-native:containerregistry:Registry": _named("registryName"),
            "azure-native:datafactory:Factory": _named("factoryName"),
            "azure-native:keyvault:Vault": _named("vaultName"),
            "azure-native:storage:StorageAccount": _named("accountName"),
            "azure-native:web:WebApp": _named("name"),
        },
        rule="the name {thing} can be had once in all of Azure",
        fix=_OTHER_NAME,
        path=_SUFFIX,
        source="MicrosoftDocs/azure-docs, azure-resource-manager/management/resource-name-rules; "
        "data-factory/naming-rules; ai-services/cognitive-services-custom-subdomains",
    ),
    Limit(
        uses={"azure-native:synapse:Workspace": _named("workspaceName")},
        rule="the name {thing} can be had once in all of Azure",
        fix=_OTHER_NAME,
        path=_SUFFIX,
        source="assumed: it is the first label of the workspace's host names",
        assumed=True,
    ),
    Limit(
        uses={
            "azure-native:machinelearningservices:Compute": _instance,
            "azure-native:machinelearningservices:OnlineEndpoint": _managed_endpoint,
        },
        rule="the name {thing} can be had once in a region",
        fix=_OTHER_NAME,
        path=_SUFFIX,
        source="Learn: machine-learning/how-to-create-compute-instance, concept-endpoints-online",
    ),
    Limit(
        uses={"azure-native:machinelearningservices:BatchEndpoint": _named("endpointName", "location")},
        rule="the name {thing} can be had once in a region",
        fix=_OTHER_NAME,
        path=_SUFFIX,
        source="assumed: as for online endpoints, whose page names both kinds together",
        assumed=True,
    ),
)
"""Every limit. Names in a group or below a parent are not here: equal ids are one resource."""


class Span(NamedTuple):
    """A range of addresses within a shared thing."""

    of: str
    """The thing in which ranges must not overlap, by id."""

    range: Union[IPv4Network, IPv6Network]

    by: str
    """Who has the range, by id. Ranges of the same one are not compared."""


Spans = Callable[[Planned], Iterator[Span]]


@dataclass(frozen=True, kw_only=True)
class Apart:
    """Ranges that must not overlap."""

    spans: Mapping[str, Spans]
    """Resource type → the ranges that a resource of this type has."""

    rule: str
    """What is wrong, after the two ranges: with the thing as `{thing}`."""

    fix: str
    path: Path = ()
    source: str
    day: str = READ


def _prefixes(values: Any) -> Iterator[Union[IPv4Network, IPv6Network]]:
    for each in values if isinstance(values, list) else [values]:
        try:
            yield ip_network(str(each))
        except ValueError:  # Unknown, or Azure will say it.
            continue


def _hub(network: Planned) -> Iterator[Span]:
    for each in _prefixes(network.items("addressSpace.addressPrefixes")):
        yield Span(network.id, each, network.id)


def _spoke(peering: Planned) -> Iterator[Span]:
    network = peering.by_id.get(peering.parent_id.lower())
    if network is not None:
        for each in _prefixes(network.input("addressSpace.addressPrefixes")):
            yield Span(peering.text("remoteVirtualNetwork.id"), each, network.id)


def _inline_subnets(network: Planned) -> Iterator[Span]:
    for subnet in network.items("subnets"):
        for each in _prefixes(subnet.get("addressPrefixes") or subnet.get("addressPrefix")):
            yield Span(network.id, each, f"{network.id}/subnets/{subnet.get('name')}")


def _subnet(subnet: Planned) -> Iterator[Span]:
    group = f"/subscriptions/{subnet.subscription}/resourceGroups/{subnet.text('resourceGroupName')}"
    network = f"{group}/providers/Microsoft.Network/virtualNetworks/{subnet.text('virtualNetworkName')}"
    name = subnet.text("subnetName") or subnet.text("name") or subnet.resource.urn
    for each in _prefixes(subnet.resource.input("addressPrefixes") or subnet.text("addressPrefix")):
        yield Span(network, each, f"{network}/subnets/{name}")


APART = (
    Apart(
        spans={
            "azure-native:network:VirtualNetwork": _hub,
            "azure-native:network:VirtualNetworkPeering": _spoke,
        },
        rule="and both are peered to {thing}",
        fix=f"Choose another range, such as {OWN_RANGE}: networks with the same hub must not overlap",
        path=_SPACE,
        source="The answer VnetAddressSpaceOverlapsWithAlreadyPeeredVnet; MicrosoftDocs/azure-docs, "
        "virtual-network/virtual-network-manage-peering (address spaces must not overlap)",
    ),
    Apart(
        spans={
            "azure-native:network:VirtualNetwork": _inline_subnets,
            "azure-native:network:Subnet": _subnet,
        },
        rule="and both are subnets of {thing}",
        fix="Choose another range: subnets of one network must not overlap",
        source="MicrosoftDocs/azure-docs, virtual-network/virtual-networks-faq (subnet address spaces can't overlap); "
        "the answer NetcfgSubnetRangesOverlap",
    ),
)
"""Ranges that must not overlap within a shared thing."""
