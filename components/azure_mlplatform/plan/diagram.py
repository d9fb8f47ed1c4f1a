"""A plan as a picture: the environment as a person would draw it, in SVG.

Graphviz lays it out: the self-contained `graphviz-pure` of the extra `diagram`, or else a `dot` on the PATH.
"""

import html
import re
import shutil
import subprocess
import sysconfig
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from ..foundation.roles import role_name
from ..foundation.values import name_of
from .resource import UNKNOWN, Plan, PlannedResource
from .tree import size

_HIDDEN = {
    "ActionGroup",
    "ApproveConnection",
    "BlobContainer",
    "BlobServiceProperties",
    "Budget",
    "ClusterClaim",
    "ContainerAppsAuthConfig",
    "DataCollectionRule",
    "DataCollectionRuleAssociation",
    "DataVersion",
    "ComputeDetach",
    "DiagnosticSetting",
    "FederatedIdentityCredential",
    "FileServiceProperties",
    "IntegrationRuntime",
    "IpFirewallRule",
    "KubernetesDetach",
    "LinkedService",
    "MaintenanceConfiguration",
    "ManagementLockByScope",
    "MetricAlert",
    "NetworkSecurityGroup",
    "PrivateDnsZoneGroup",
    "PrivateZone",
    "PublicIPAddress",
    "RandomString",
    "ResourceGroup",
    "RoleAssignment",
    "ScheduledQueryRule",
    "StartTrigger",
    "StopTrigger",
    "TrustedAccessRoleBinding",
    "VirtualNetworkLink",
    "VirtualNetworkPeering",
    "WebAppAuthSettingsV2WithoutSecrets",
    "WebAppAuthSettingsV2WithoutSecretsSlot",
    "WebAppFtpAllowed",
    "WebAppFtpAllowedSlot",
    "WebAppScmAllowed",
    "WebAppScmAllowedSlot",
    "WorkspaceConnection",
}
"""Kinds that are drawn as an edge, as a word on another node, or not at all."""

_COLOURS = {
    "PrivateEndpoint": "#dbeafe",
    "VirtualNetwork": "#dbeafe",
    "NatGateway": "#dbeafe",
    "RouteTable": "#dbeafe",
    "Account": "#ede9fe",
    "AccessConnector": "#dcfce7",
    "Deployment": "#f5f3ff",
    "Compute": "#ffedd5",
    "Datastore": "#fef9c3",
    "AgentPool": "#cffafe",
    "AppServicePlan": "#cffafe",
    "BatchEndpoint": "#fae8ff",
    "BigDataPool": "#ffedd5",
    "ContainerApp": "#fae8ff",
    "Factory": "#fef3c7",
    "ManagedCluster": "#cffafe",
    "ManagedEnvironment": "#cffafe",
    "ManagedPrivateEndpoint": "#dbeafe",
    "OnlineEndpoint": "#fae8ff",
    "Pipeline": "#fef9c3",
    "Trigger": "#fef9c3",
    "WebApp": "#fae8ff",
    "WebAppSlot": "#fae8ff",
    "Workspace": "#fef3c7",
    "UserAssignedIdentity": "#dcfce7",
}


class DiagramError(Exception):
    """No diagram can be drawn; the message says what to do."""


class _Edge(NamedTuple):
    source: str
    target: str
    label: str = ""
    style: str = "solid"


def svg(plan: Plan) -> str:
    """The environment as an SVG document. Raises DiagramError where no Graphviz is to be found."""
    program = _graphviz()
    done = subprocess.run(  # noqa: S603 - our own program, with no argument from outside
        [program, "-Tsvg"], input=dot(plan), capture_output=True, text=True, encoding="utf-8", check=False
    )
    if done.returncode != 0:
        raise DiagramError(f"{Path(program).name} failed: {done.stderr.strip()}")
    return done.stdout


def _graphviz() -> str:
    found = shutil.which("graphviz-pure", path=sysconfig.get_path("scripts")) or shutil.which("graphviz-pure")
    found = found or shutil.which("dot")
    if found is None:
        raise DiagramError("drawing needs Graphviz: pip install 'azure-mlplatform[diagram]'")
    return found


def dot(plan: Plan) -> str:
    """The environment in Graphviz's own language."""
    shown = {each.urn: each for each in plan.azure_resources if each.kind not in _HIDDEN}
    edges = list(_edges(plan, shown))
    lines = [
        "digraph {",
        "rankdir=LR; compound=true; nodesep=0.3; ranksep=1.1; splines=true; newrank=true;",
        'graph [fontname="Helvetica" fontsize=13 style="rounded" color="#94a3b8" labeljust=l];',
        'node [fontname="Helvetica" fontsize=11 shape=box style="rounded,filled" fillcolor=white color="#64748b"];',
        'edge [fontname="Helvetica" fontsize=9 color="#475569"];',
    ]
    group = next(iter(plan.of_type("ResourceGroup")), None)
    title = f"{plan.project} {plan.stack}" + (f", {group.azure_name}, {group.input('location')}" if group else "")
    lines.append(f"label={_quoted(title)}; labelloc=t; fontsize=18;")
    lines += _cluster(plan, plan.root, shown)
    outside = {end for edge in edges for end in (edge.source, edge.target) if end.startswith("outside:")}
    lines += [
        f'{_quoted(each)} [label={_quoted(each.removeprefix("outside:"))} style="rounded,dashed"];'
        for each in sorted(outside)
    ]
    labels: dict[tuple[str, str, str], set[str]] = {}
    for edge in edges:
        labels.setdefault((edge.source, edge.target, edge.style), set()).add(edge.label)
    for (source, target, style), texts in sorted(labels.items()):
        label = _quoted("\n".join(sorted(texts))).replace("\n", r"\n")
        lines.append(f"{_quoted(source)} -> {_quoted(target)} [label={label} style={style}];")
    return "\n".join([*lines, "}"])


def _cluster(plan: Plan, parent: PlannedResource, shown: dict[str, PlannedResource]) -> Iterator[str]:
    for each in plan.children(parent.urn):
        if each.urn in shown:
            yield _node(each)
        elif not each.custom:
            yield f"subgraph {_quoted('cluster ' + each.urn)} {{ label={_quoted(f'{each.kind}  {each.name}')};"
            yield from _cluster(plan, each, shown)
            yield "}"


def _node(resource: PlannedResource) -> str:
    lines = [f"<b>{html.escape(_spoken(resource))}</b>", html.escape(resource.azure_name)]
    if detail := size(resource):
        lines.append(f'<font color="#475569">{html.escape(detail)}</font>')
    if resource.kind == "VirtualNetwork":
        lines += [
            f'<font color="#475569">{html.escape(each["name"])}  {html.escape(each["addressPrefix"])}</font>'
            for each in resource.input("subnets") or []
        ]
    if resource.protect:
        lines.append("protected")
    colour = _COLOURS.get(resource.kind, "white")
    return f'{_quoted(resource.urn)} [label=<{"<br/>".join(lines)}> fillcolor="{colour}"];'


_SPOKEN = {
    "azure-native:app:ManagedEnvironment": "Container Apps environment",
    "azure-native:applicationinsights:Component": "Application Insights",
    "azure-native:cognitiveservices:Account": "AI service",
    "azure-native:containerregistry:Registry": "container registry",
    "azure-native:containerservice:ManagedCluster": "AKS",
    "azure-native:containerservice:ManagedNamespace": "namespace",
    "azure-native:databricks:Workspace": "Databricks",
    "azure-native:datafactory:Factory": "Data Factory",
    "azure-native:keyvault:Vault": "key vault",
    "azure-native:machinelearningservices:Workspace": "ML workspace",
    "azure-native:operationalinsights:Workspace": "Log Analytics",
    "azure-native:resources:Deployment": "managed network",
    "azure-native:synapse:BigDataPool": "Spark pool",
    "azure-native:synapse:Workspace": "Synapse",
    "azure-native:web:AppServicePlan": "App Service plan",
    "azure-native:web:WebApp": "web app",
    "azure-native:web:WebAppSlot": "slot",
}
"""Types whose last part does not say what they are."""

_COMPUTES = {
    "AmlCompute": "compute cluster",
    "ComputeInstance": "compute instance",
    "Databricks": "attached Databricks",
    "Kubernetes": "attached Kubernetes",
    "SynapseSpark": "attached Spark",
}


def _spoken(resource: PlannedResource) -> str:
    """A kind in words: `PrivateEndpoint` as `private endpoint`."""
    if resource.kind == "Compute":
        return _COMPUTES.get(str(resource.input("properties.computeType")), "compute")
    return _SPOKEN.get(resource.type) or re.sub(r"(?<=[a-z])(?=[A-Z])", " ", resource.kind).lower()


class _Shown:
    """The nodes of a diagram, found by what edges name them by."""

    def __init__(self, plan: Plan, shown: dict[str, PlannedResource]) -> None:
        self._by_id = {each.id.lower(): urn for urn, each in shown.items()}
        self._by_name = {(each.kind, each.azure_name): urn for urn, each in shown.items()}
        self._by_principal = {each.principal_id: urn for urn, each in shown.items() if each.principal_id != UNKNOWN}
        self.vnet = next((each.urn for each in shown.values() if each.kind == "VirtualNetwork"), "")

    def with_id(self, id_: object, outside: str = "") -> str:
        return self._by_id.get(str(id_).lower(), f"outside:{outside}" if outside else "")

    def named(self, kind: str, name: object, outside: str = "") -> str:
        return self._by_name.get((kind, str(name)), f"outside:{outside}" if outside else "")

    def principal(self, resource: PlannedResource) -> str:
        id_ = str(resource.input("principalId"))
        return self._by_principal.get(id_, f"outside:{resource.input('principalType')} {id_}")


def _edges(plan: Plan, shown: dict[str, PlannedResource]) -> Iterator[_Edge]:
    nodes = _Shown(plan, shown)
    for each in plan.azure_resources:
        if each.kind in _EDGES:
            yield from (
                edge
                for edge in _EDGES[each.kind](each, nodes)
                if edge.source and edge.target and edge.source != edge.target
            )


def _endpoint(resource: PlannedResource, nodes: _Shown) -> Iterator[_Edge]:
    yield _Edge(
        resource.urn,
        nodes.with_id(resource.input("privateLinkServiceConnections.0.privateLinkServiceId")),
        "Private Link",
    )
    yield from _in_subnet(resource, nodes, "subnet.id")


def _in_subnet(resource: PlannedResource, nodes: _Shown, path: str) -> Iterator[_Edge]:
    if given := resource.input(path):
        network, _, subnet = str(given).rpartition("/subnets/")
        yield _Edge(nodes.with_id(network, subnet), resource.urn, subnet)


def _runs_as(resource: PlannedResource, nodes: _Shown) -> Iterator[_Edge]:
    for identity in resource.input("identity.userAssignedIdentities") or []:
        yield _Edge(resource.urn, nodes.with_id(identity), "runs as", "dashed")


def _logs(resource: PlannedResource, nodes: _Shown) -> Iterator[_Edge]:
    target = str(resource.input("workspaceId"))
    yield _Edge(
        nodes.with_id(resource.input("resourceUri")),
        nodes.with_id(target, target.rsplit("/", 1)[-1]),
        "",
        "dotted",
    )


def _grant(resource: PlannedResource, nodes: _Shown) -> Iterator[_Edge]:
    role = role_name(str(resource.input("roleDefinitionId")))
    scope = str(resource.input("scope"))
    # Of what others run, what models come from and run on; a lake is drawn with its datastore.
    kind = next((word for part, word in _ELSEWHERE.items() if part in scope), "")
    target = nodes.with_id(scope, f"{kind} {name_of(scope)}" if kind else "")
    yield _Edge(nodes.principal(resource), target, role, "dashed")


_ELSEWHERE = {
    "Microsoft.ContainerRegistry/registries/": "registry",
    "Microsoft.ContainerService/managedClusters/": "AKS",
}


def _deployment(resource: PlannedResource, nodes: _Shown) -> Iterator[_Edge]:
    yield _Edge(nodes.named("Account", resource.input("accountName")), resource.urn, "serves")
    # Of the deployments of templates, the one that makes a factory's network.
    factory = str(resource.input("deploymentName")).removesuffix("-managed-network")
    yield _Edge(nodes.named("Factory", factory), resource.urn, "runs in")


def _peering(resource: PlannedResource, nodes: _Shown) -> Iterator[_Edge]:
    hub = str(resource.input("remoteVirtualNetwork.id")).rsplit("/", 1)[-1]
    yield _Edge(nodes.vnet, f"outside:hub {hub}", "peering")


def _trust(resource: PlannedResource, nodes: _Shown) -> Iterator[_Edge]:
    identity = nodes.named("UserAssignedIdentity", resource.input("resourceName"))
    yield _Edge(f"outside:{resource.input('subject')}", identity, "signs in as", "dashed")


def _way_out(resource: PlannedResource, nodes: _Shown) -> Iterator[_Edge]:
    yield _Edge(nodes.vnet, resource.urn, "way out")


def _compute(resource: PlannedResource, nodes: _Shown) -> Iterator[_Edge]:
    workspace = nodes.named("Workspace", resource.input("workspaceName"))
    cluster = resource.input("properties.resourceId")
    yield _Edge(workspace, resource.urn, "runs jobs on" if cluster is None else "attached")
    if cluster is not None:
        yield _Edge(resource.urn, nodes.with_id(cluster, f"AKS {name_of(str(cluster))}"), "on")


def _spark_pool(resource: PlannedResource, nodes: _Shown) -> Iterator[_Edge]:
    yield _Edge(nodes.named("Workspace", resource.input("workspaceName")), resource.urn, "Spark")


def _batch_endpoint(resource: PlannedResource, nodes: _Shown) -> Iterator[_Edge]:
    yield _Edge(nodes.named("Workspace", resource.input("workspaceName")), resource.urn, "batches")


def _managed_endpoint(resource: PlannedResource, nodes: _Shown) -> Iterator[_Edge]:
    target = str(resource.input("properties.privateLinkResourceId"))
    yield _Edge(nodes.named("Factory", resource.input("factoryName")), resource.urn)
    yield _Edge(resource.urn, nodes.with_id(target, f"storage {name_of(target)}"), "Private Link")


def _pipeline(resource: PlannedResource, nodes: _Shown) -> Iterator[_Edge]:
    factory = resource.input("factoryName")
    yield _Edge(nodes.named("Factory", factory, f"Data Factory {factory}"), resource.urn, "runs")
    if address := resource.input("parameters.scoring_uri.defaultValue"):
        endpoint = str(address).removeprefix("https://").partition(".")[0]
        yield _Edge(resource.urn, nodes.named("BatchEndpoint", endpoint), "calls")
    for activity in resource.input("activities") or []:
        called = activity.get("pipeline") or {}
        yield _Edge(resource.urn, nodes.named("Pipeline", called.get("referenceName")), "makes attempts")


def _trigger(resource: PlannedResource, nodes: _Shown) -> Iterator[_Edge]:
    yield _Edge(
        resource.urn, nodes.named("Pipeline", resource.input("properties.pipelines.0.pipelineReference.referenceName"))
    )
    if account := resource.input("properties.scope"):
        yield _Edge(f"outside:storage {name_of(str(account))}", resource.urn, "blob lands")


def _online_endpoint(resource: PlannedResource, nodes: _Shown) -> Iterator[_Edge]:
    compute = resource.input("properties.compute")
    yield _Edge(nodes.named("Workspace", resource.input("workspaceName")), resource.urn, "endpoint")
    if compute is not None:
        yield _Edge(resource.urn, nodes.with_id(compute), "models run on")
    yield from _runs_as(resource, nodes)


def _kubernetes(resource: PlannedResource, nodes: _Shown) -> Iterator[_Edge]:
    yield from _in_subnet(resource, nodes, "agentPoolProfiles.0.vnetSubnetID")


def _workspace(resource: PlannedResource, nodes: _Shown) -> Iterator[_Edge]:
    """Of the kinds of workspace only that of Databricks is in a network and reads as a connector, and only that of
    Synapse has a lake."""
    network = resource.input("parameters.customVirtualNetworkId.value")
    for role in ("Public", "Private"):
        if subnet := resource.input(f"parameters.custom{role}SubnetName.value"):
            yield _Edge(nodes.with_id(network, str(subnet)), resource.urn, str(subnet))
    if connector := resource.input("accessConnector.id"):
        yield _Edge(resource.urn, nodes.with_id(connector), "reads as", "dashed")
    if lake := resource.input("defaultDataLakeStorage.resourceId"):
        yield _Edge(resource.urn, nodes.with_id(lake), "lake")


def _of_cluster(resource: PlannedResource, nodes: _Shown) -> Iterator[_Edge]:
    name = resource.input("resourceName") or resource.input("clusterName")
    yield _Edge(nodes.named("ManagedCluster", name), resource.urn)


def _web_app(resource: PlannedResource, nodes: _Shown) -> Iterator[_Edge]:
    yield _Edge(nodes.with_id(resource.input("serverFarmId")), resource.urn, "runs")
    yield from _in_subnet(resource, nodes, "virtualNetworkSubnetId")
    yield from _runs_as(resource, nodes)


def _slot(resource: PlannedResource, nodes: _Shown) -> Iterator[_Edge]:
    yield _Edge(resource.urn, nodes.named("WebApp", resource.input("name")), "swaps with")


def _container_app(resource: PlannedResource, nodes: _Shown) -> Iterator[_Edge]:
    yield _Edge(nodes.with_id(resource.input("environmentId")), resource.urn, "runs")
    yield from _runs_as(resource, nodes)


def _container_apps(resource: PlannedResource, nodes: _Shown) -> Iterator[_Edge]:
    yield from _in_subnet(resource, nodes, "vnetConfiguration.infrastructureSubnetId")


def _store(resource: PlannedResource, nodes: _Shown) -> Iterator[_Edge]:
    yield _Edge(nodes.named("Workspace", resource.input("workspaceName")), resource.urn, "data")
    yield _Edge(resource.urn, f"outside:storage {resource.input('properties.accountName')}")


def _connection(resource: PlannedResource, nodes: _Shown) -> Iterator[_Edge]:
    account = nodes.with_id(resource.input("properties.metadata.ResourceId"))
    yield _Edge(nodes.named("Workspace", resource.input("workspaceName")), account, "connection")


_EDGES: dict[str, Callable[[PlannedResource, _Shown], Iterator[_Edge]]] = {
    "AgentPool": _of_cluster,
    "BatchEndpoint": _batch_endpoint,
    "BigDataPool": _spark_pool,
    "Compute": _compute,
    "ContainerApp": _container_app,
    "Datastore": _store,
    "Deployment": _deployment,
    "DiagnosticSetting": _logs,
    "Extension": _of_cluster,
    "FederatedIdentityCredential": _trust,
    "FluxConfiguration": _of_cluster,
    "ManagedCluster": _kubernetes,
    "ManagedEnvironment": _container_apps,
    "ManagedNamespace": _of_cluster,
    "ManagedPrivateEndpoint": _managed_endpoint,
    "NatGateway": _way_out,
    "OnlineEndpoint": _online_endpoint,
    "Pipeline": _pipeline,
    "PrivateEndpoint": _endpoint,
    "RoleAssignment": _grant,
    "RouteTable": _way_out,
    "Trigger": _trigger,
    "VirtualNetworkPeering": _peering,
    "WebApp": _web_app,
    "WebAppSlot": _slot,
    "Workspace": _workspace,
    "WorkspaceConnection": _connection,
}
"""Kind → the edges that a resource of it stands for."""


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
