"""The services that serve models: AKS, App Service and Container Apps."""

from collections.abc import Iterator

from .resource_type import (
    GROUP_ID,
    Edge,
    Edges,
    Inputs,
    Nodes,
    Relation,
    Resource,
    ResourceType,
    Shown,
    all_of,
    from_subnet,
    machines,
    part_of,
    runs_as,
    stable_characters,
    stable_guid,
)
from .topic import Topic

CLUSTER = "azure-native:containerservice:ManagedCluster"
_CLUSTER = GROUP_ID + "/providers/Microsoft.ContainerService/managedClusters/{resourceName}"
_ON_CLUSTER = (
    GROUP_ID + "/providers/{clusterRp}/{clusterResourceName}/{clusterName}/providers/Microsoft.KubernetesConfiguration"
)
_APPS = GROUP_ID + "/providers/Microsoft.App"
_SITE = GROUP_ID + "/providers/Microsoft.Web/sites/{name}"


def _extension(urn: str, inputs: Inputs) -> dict:
    return {"aksAssignedIdentity": {"principalId": stable_guid(f"{urn} principal"), "tenantId": stable_guid("tenant")}}


def _web_app(urn: str, inputs: Inputs) -> dict:
    return {"defaultHostName": f"{inputs.get('name')}.azurewebsites.net"}


def _container_apps_environment(urn: str, inputs: Inputs) -> dict:
    return {"defaultDomain": f"{stable_characters(urn, 12)}.{inputs.get('location')}.azurecontainerapps.io"}


def _runs(path: str) -> Edges:
    """An edge from the host of an app, which an input names by id, to the app."""

    def edges(resource: Resource, nodes: Nodes) -> Iterator[Edge]:
        yield Edge(nodes.with_id(resource.input(path)), resource.urn, "runs")

    return edges


def _swaps(resource: Resource, nodes: Nodes) -> Iterator[Edge]:
    app = nodes.named("azure-native:web:WebApp", resource.input("name"))
    yield Edge(app, resource.urn, "swaps with", Relation.PART)


def _of_site(path: str) -> ResourceType:
    return ResourceType(id=_SITE + path, shown=Shown.HIDDEN)


TYPES = {
    "azure-native:app:ContainerApp": ResourceType(
        holds="revisions that releases made",
        id=_APPS + "/containerApps/{containerAppName}",
        size=(
            ("template.containers.0.resources.cpu", " vCPUs"),
            ("template.scale.minReplicas", " to"),
            ("template.scale.maxReplicas", " replicas"),
        ),
        topic=Topic.SERVING,
        edges=all_of(_runs("environmentId"), runs_as),
    ),
    "azure-native:app:ContainerAppsAuthConfig": ResourceType(
        id=_APPS + "/containerApps/{containerAppName}/authConfigs/{authConfigName}", shown=Shown.HIDDEN
    ),
    "azure-native:app:ManagedEnvironment": ResourceType(
        id=_APPS + "/managedEnvironments/{environmentName}",
        outputs=_container_apps_environment,
        words="Container Apps environment",
        size=("workloadProfiles.1.name",),
        topic=Topic.HOST,
        edges=from_subnet("vnetConfiguration.infrastructureSubnetId"),
    ),
    "azure-native:containerservice:AgentPool": ResourceType(
        id=_CLUSTER + "/agentPools/{agentPoolName}",
        size=("vmSize", ("minCount", " to"), ("maxCount", " nodes at most")),
        machines=machines("vmSize", "minCount", "maxCount"),
        topic=Topic.HOST,
        edges=part_of(CLUSTER, "resourceName"),
    ),
    "azure-native:containerservice:MaintenanceConfiguration": ResourceType(
        id=_CLUSTER + "/maintenanceConfigurations/{configName}",
        size=("maintenanceWindow.schedule.weekly.dayOfWeek", "maintenanceWindow.startTime"),
        shown=Shown.HIDDEN,
    ),
    CLUSTER: ResourceType(
        holds="what runs on it",
        id=_CLUSTER,
        words="AKS",
        size=("sku.tier", "networkProfile.outboundType"),
        machines=machines("vmSize", "minCount", "maxCount", below="agentPoolProfiles"),
        topic=Topic.HOST,
        edges=all_of(from_subnet("agentPoolProfiles.0.vnetSubnetID"), runs_as),
    ),
    "azure-native:containerservice:ManagedNamespace": ResourceType(
        id=_CLUSTER + "/managedNamespaces/{managedNamespaceName}",
        words="namespace",
        size=(("properties.defaultResourceQuota.cpuLimit", " CPUs at most"),),
        topic=Topic.HOST,
        edges=part_of(CLUSTER, "resourceName", words="AKS", topic=Topic.HOST),
    ),
    "azure-native:containerservice:TrustedAccessRoleBinding": ResourceType(
        id=_CLUSTER + "/trustedAccessRoleBindings/{trustedAccessRoleBindingName}", size=(), shown=Shown.HIDDEN
    ),
    "azure-native:kubernetesconfiguration:Extension": ResourceType(
        id=_ON_CLUSTER + "/extensions/{extensionName}",
        outputs=_extension,
        size=("extensionType",),
        topic=Topic.HOST,
        edges=part_of(CLUSTER, "clusterName", words="AKS", topic=Topic.HOST),
    ),
    "azure-native:kubernetesconfiguration:FluxConfiguration": ResourceType(
        id=_ON_CLUSTER + "/fluxConfigurations/{fluxConfigurationName}",
        words="configuration from Git",
        size=("gitRepository.url",),
        topic=Topic.HOST,
        edges=part_of(CLUSTER, "clusterName", words="AKS", topic=Topic.HOST),
    ),
    "azure-native:web:AppServicePlan": ResourceType(
        id=GROUP_ID + "/providers/Microsoft.Web/serverfarms/{name}",
        words="App Service plan",
        size=("sku.name", "sku.capacity"),
        machines=machines("sku.name", "sku.capacity", "sku.capacity"),
        topic=Topic.HOST,
    ),
    "azure-native:web:WebApp": ResourceType(
        holds="the image that a release set",
        id=_SITE,
        outputs=_web_app,
        words="web app",
        size=("siteConfig.linuxFxVersion",),
        topic=Topic.SERVING,
        edges=all_of(_runs("serverFarmId"), from_subnet("virtualNetworkSubnetId"), runs_as),
    ),
    "azure-native:web:WebAppAuthSettingsV2WithoutSecrets": _of_site("/config/authsettingsV2"),
    "azure-native:web:WebAppAuthSettingsV2WithoutSecretsSlot": _of_site("/slots/{slot}/config/authsettingsV2"),
    "azure-native:web:WebAppFtpAllowed": _of_site("/basicPublishingCredentialsPolicies/ftp"),
    "azure-native:web:WebAppFtpAllowedSlot": _of_site("/slots/{slot}/basicPublishingCredentialsPolicies/ftp"),
    "azure-native:web:WebAppScmAllowed": _of_site("/basicPublishingCredentialsPolicies/scm"),
    "azure-native:web:WebAppScmAllowedSlot": _of_site("/slots/{slot}/basicPublishingCredentialsPolicies/scm"),
    "azure-native:web:WebAppSlot": ResourceType(
        id=_SITE + "/slots/{slot}",
        words="slot",
        size=("siteConfig.linuxFxVersion",),
        topic=Topic.SERVING,
        edges=_swaps,
    ),
}
