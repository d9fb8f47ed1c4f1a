"""What Azure would answer: ids, principals and addresses of resources that do not exist yet.

Only what stands here is emulated; everything else stays unknown, as in a first preview.
"""

import hashlib
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from ..catalogue.ai_kinds import AI_KINDS, AIServiceKind
from .resource import UNKNOWN

Inputs = Mapping[str, Any]

SUBSCRIPTION = "00000000-0000-0000-0000-000000000001"
"""The subscription of what is made without a provider of its own, as in a test."""

_GROUP = "/subscriptions/{subscription}/resourceGroups/{resourceGroupName}"
_NETWORK = _GROUP + "/providers/Microsoft.Network"
_ACCOUNT = _GROUP + "/providers/Microsoft.CognitiveServices/accounts/{accountName}"
_STORAGE = _GROUP + "/providers/Microsoft.Storage/storageAccounts/{accountName}"
_WORKSPACE = _GROUP + "/providers/Microsoft.MachineLearningServices/workspaces/{workspaceName}"
_CLUSTER = _GROUP + "/providers/Microsoft.ContainerService/managedClusters/{resourceName}"
_ON_CLUSTER = (
    _GROUP + "/providers/{clusterRp}/{clusterResourceName}/{clusterName}/providers/Microsoft.KubernetesConfiguration"
)
_SYNAPSE = _GROUP + "/providers/Microsoft.Synapse/workspaces/{workspaceName}"
_SITE = _GROUP + "/providers/Microsoft.Web/sites/{name}"
_APPS = _GROUP + "/providers/Microsoft.App"
_FACTORY = _GROUP + "/providers/Microsoft.DataFactory/factories/{factoryName}"
_DATABRICKS = _GROUP + "/providers/Microsoft.Databricks"
_IDENTITY = _GROUP + "/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{resourceName}"

IDS: dict[str, str] = {
    f"azure-native:{type_}": path
    for type_, path in {
        "app:ContainerApp": _APPS + "/containerApps/{containerAppName}",
        "app:ContainerAppsAuthConfig": _APPS + "/containerApps/{containerAppName}/authConfigs/{authConfigName}",
        "app:ManagedEnvironment": _APPS + "/managedEnvironments/{environmentName}",
        "applicationinsights:Component": _GROUP + "/providers/Microsoft.Insights/components/{resourceName}",
        "authorization:ManagementLockByScope": "{scope}/providers/Microsoft.Authorization/locks/{lockName}",
        "authorization:RoleAssignment": (
            "{scope}/providers/Microsoft.Authorization/roleAssignments/{roleAssignmentName}"
        ),
        "cognitiveservices:Account": _ACCOUNT,
        "cognitiveservices:Deployment": _ACCOUNT + "/deployments/{deploymentName}",
        "consumption:Budget": "{scope}/providers/Microsoft.Consumption/budgets/{budgetName}",
        "containerregistry:Registry": _GROUP + "/providers/Microsoft.ContainerRegistry/registries/{registryName}",
        "containerservice:AgentPool": _CLUSTER + "/agentPools/{agentPoolName}",
        "containerservice:MaintenanceConfiguration": _CLUSTER + "/maintenanceConfigurations/{configName}",
        "containerservice:ManagedCluster": _CLUSTER,
        "containerservice:ManagedNamespace": _CLUSTER + "/managedNamespaces/{managedNamespaceName}",
        "containerservice:TrustedAccessRoleBinding": (
            _CLUSTER + "/trustedAccessRoleBindings/{trustedAccessRoleBindingName}"
        ),
        "datafactory:Factory": _FACTORY,
        "datafactory:IntegrationRuntime": _FACTORY + "/integrationRuntimes/{integrationRuntimeName}",
        "datafactory:LinkedService": _FACTORY + "/linkedservices/{linkedServiceName}",
        "datafactory:ManagedPrivateEndpoint": (
            _FACTORY
            + "/managedVirtualNetworks/{managedVirtualNetworkName}/managedPrivateEndpoints/{managedPrivateEndpointName}"
        ),
        "datafactory:Pipeline": _FACTORY + "/pipelines/{pipelineName}",
        "datafactory:Trigger": _FACTORY + "/triggers/{triggerName}",
        "databricks:AccessConnector": _DATABRICKS + "/accessConnectors/{connectorName}",
        "databricks:Workspace": _DATABRICKS + "/workspaces/{workspaceName}",
        "keyvault:Vault": _GROUP + "/providers/Microsoft.KeyVault/vaults/{vaultName}",
        "kubernetesconfiguration:Extension": _ON_CLUSTER + "/extensions/{extensionName}",
        "kubernetesconfiguration:FluxConfiguration": _ON_CLUSTER + "/fluxConfigurations/{fluxConfigurationName}",
        "machinelearningservices:BatchEndpoint": _WORKSPACE + "/batchEndpoints/{endpointName}",
        "machinelearningservices:Compute": _WORKSPACE + "/computes/{computeName}",
        "machinelearningservices:DataVersion": _WORKSPACE + "/data/{name}/versions/{version}",
        "machinelearningservices:Datastore": _WORKSPACE + "/datastores/{name}",
        "machinelearningservices:OnlineEndpoint": _WORKSPACE + "/onlineEndpoints/{endpointName}",
        "machinelearningservices:Workspace": _WORKSPACE,
        "machinelearningservices:WorkspaceConnection": _WORKSPACE + "/connections/{connectionName}",
        "managedidentity:FederatedIdentityCredential": (
            _IDENTITY + "/federatedIdentityCredentials/{federatedIdentityCredentialResourceName}"
        ),
        "managedidentity:UserAssignedIdentity": _IDENTITY,
        "monitor:ActionGroup": _GROUP + "/providers/Microsoft.Insights/actionGroups/{actionGroupName}",
        "monitor:DataCollectionRule": _GROUP
        + "/providers/Microsoft.Insights/dataCollectionRules/{dataCollectionRuleName}",
        "monitor:DataCollectionRuleAssociation": (
            "{resourceUri}/providers/Microsoft.Insights/dataCollectionRuleAssociations/{associationName}"
        ),
        "monitor:MetricAlert": _GROUP + "/providers/Microsoft.Insights/metricAlerts/{ruleName}",
        "monitor:ScheduledQueryRule": _GROUP + "/providers/Microsoft.Insights/scheduledQueryRules/{ruleName}",
        "monitor:DiagnosticSetting": "{resourceUri}/providers/Microsoft.Insights/diagnosticSettings/{name}",
        "network:NatGateway": _NETWORK + "/natGateways/{natGatewayName}",
        "network:NetworkSecurityGroup": _NETWORK + "/networkSecurityGroups/{networkSecurityGroupName}",
        "network:PrivateDnsZoneGroup": (
            _NETWORK + "/privateEndpoints/{privateEndpointName}/privateDnsZoneGroups/{privateDnsZoneGroupName}"
        ),
        "network:PrivateEndpoint": _NETWORK + "/privateEndpoints/{privateEndpointName}",
        "network:PublicIPAddress": _NETWORK + "/publicIPAddresses/{publicIpAddressName}",
        "network:RouteTable": _NETWORK + "/routeTables/{routeTableName}",
        "network:VirtualNetwork": _NETWORK + "/virtualNetworks/{virtualNetworkName}",
        "network:VirtualNetworkPeering": (
            _NETWORK + "/virtualNetworks/{virtualNetworkName}/virtualNetworkPeerings/{virtualNetworkPeeringName}"
        ),
        "operationalinsights:Workspace": (
            _GROUP + "/providers/Microsoft.OperationalInsights/workspaces/{workspaceName}"
        ),
        "privatedns:PrivateZone": _NETWORK + "/privateDnsZones/{privateZoneName}",
        "privatedns:VirtualNetworkLink": (
            _NETWORK + "/privateDnsZones/{privateZoneName}/virtualNetworkLinks/{virtualNetworkLinkName}"
        ),
        "resources:Deployment": _GROUP + "/providers/Microsoft.Resources/deployments/{deploymentName}",
        "resources:ResourceGroup": _GROUP,
        "storage:BlobContainer": _STORAGE + "/blobServices/default/containers/{containerName}",
        "storage:BlobServiceProperties": _STORAGE + "/blobServices/{blobServicesName}",
        "storage:FileServiceProperties": _STORAGE + "/fileServices/{fileServicesName}",
        "storage:StorageAccount": _STORAGE,
        "synapse:BigDataPool": _SYNAPSE + "/bigDataPools/{bigDataPoolName}",
        "synapse:IpFirewallRule": _SYNAPSE + "/firewallRules/{ruleName}",
        "synapse:Workspace": _SYNAPSE,
        "web:AppServicePlan": _GROUP + "/providers/Microsoft.Web/serverfarms/{name}",
        "web:WebApp": _SITE,
        "web:WebAppAuthSettingsV2WithoutSecrets": _SITE + "/config/authsettingsV2",
        "web:WebAppAuthSettingsV2WithoutSecretsSlot": _SITE + "/slots/{slot}/config/authsettingsV2",
        "web:WebAppFtpAllowed": _SITE + "/basicPublishingCredentialsPolicies/ftp",
        "web:WebAppFtpAllowedSlot": _SITE + "/slots/{slot}/basicPublishingCredentialsPolicies/ftp",
        "web:WebAppScmAllowed": _SITE + "/basicPublishingCredentialsPolicies/scm",
        "web:WebAppScmAllowedSlot": _SITE + "/slots/{slot}/basicPublishingCredentialsPolicies/scm",
        "web:WebAppSlot": _SITE + "/slots/{slot}",
    }.items()
} | {
    # What this library's own dynamic resources answer with.
    "pulumi-python:dynamic/azure-mlplatform:ApproveConnection": "{endpoint_id}",
    "pulumi-python:dynamic/azure-mlplatform:ClusterClaim": "{cluster_id}",
    "pulumi-python:dynamic/azure-mlplatform:ComputeDetach": "{compute_id}",
    "pulumi-python:dynamic/azure-mlplatform:KubernetesDetach": "{compute_id}",
    "pulumi-python:dynamic/azure-mlplatform:StartTrigger": "{factory_id}/triggers/{trigger}",
    "pulumi-python:dynamic/azure-mlplatform:StopTrigger": "{factory_id}/triggers/{trigger}",
}
"""Type → the id it has, made of its inputs. Where a template has a name, so does the resource's output."""


def guid(seed: str) -> str:
    """A GUID that stands for one that Azure draws: the same for the same seed."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, seed))


def characters(seed: str, length: int) -> str:
    """Lower-case letters and digits that stand for drawn ones: the same for the same seed."""
    alphabet = "abcdefghijklmnopqrstuvwxyz0123456789"
    digest = hashlib.sha256(seed.encode()).digest()
    return "".join(alphabet[digest[index % len(digest)] % len(alphabet)] for index in range(length))


def _identity(urn: str, inputs: Inputs) -> dict[str, Any]:
    """What Azure adds to an `identity` block; user-assigned ones go in as a list and come out as a map."""
    given = inputs.get("identity")
    if not isinstance(given, Mapping):
        return {}
    added: dict[str, Any] = {"type": given.get("type")}
    if "SystemAssigned" in str(given.get("type")):
        added |= {"principalId": guid(f"{urn} principal"), "tenantId": guid("tenant")}
    if given.get("userAssignedIdentities"):
        added["userAssignedIdentities"] = {
            each: {"principalId": guid(f"{each} principal"), "clientId": guid(f"{each} client")}
            for each in given["userAssignedIdentities"]
        }
    return {"identity": added}


def _account(urn: str, inputs: Inputs) -> dict[str, Any]:
    properties = inputs.get("properties", {})
    domain = AI_KINDS[AIServiceKind(inputs["kind"])].domain
    return {
        "properties": {
            **properties,
            "endpoint": f"https://{properties.get('customSubDomainName')}.{domain}/",
        }
    }


def _user_assigned_identity(urn: str, inputs: Inputs) -> dict[str, Any]:
    return {
        "principalId": guid(f"{urn} principal"),
        "clientId": guid(f"{urn} client"),
        "tenantId": guid("tenant"),
    }


def _random_string(urn: str, inputs: Inputs) -> dict[str, Any]:
    return {"result": characters(urn, int(inputs.get("length", 6)))}


def _insights(urn: str, inputs: Inputs) -> dict[str, Any]:
    key = guid(f"{urn} key")
    return {"instrumentationKey": key, "connectionString": f"InstrumentationKey={key}"}


def _workspace(urn: str, inputs: Inputs) -> dict[str, Any]:
    return {"managedNetwork": inputs.get("managedNetwork", {"isolationMode": "Disabled"})}


def _databricks(urn: str, inputs: Inputs) -> dict[str, Any]:
    """The host name is made of a number that Azure draws, and of its last digits."""
    number = str(uuid.UUID(guid(f"{urn} workspace")).int)[:16]
    return {
        "parameters": inputs.get("parameters", {}),
        "workspaceId": number,
        "workspaceUrl": f"adb-{number}.{int(number) % 20}.azuredatabricks.net",
    }


def _extension(urn: str, inputs: Inputs) -> dict[str, Any]:
    return {"aksAssignedIdentity": {"principalId": guid(f"{urn} principal"), "tenantId": guid("tenant")}}


def _online_endpoint(urn: str, inputs: Inputs) -> dict[str, Any]:
    """Of a cluster, the address is the router's, which nobody knows before Azure does."""
    properties = inputs.get("properties", {})
    address = f"https://{inputs.get('endpointName')}.{inputs.get('location')}.inference.ml.azure.com/score"
    if "compute" in properties:
        address = UNKNOWN
    return {"properties": {**properties, "scoringUri": address}}


def _synapse(urn: str, inputs: Inputs) -> dict[str, Any]:
    """What is kept for its life, and the addresses: those of SQL have a domain of their own."""
    name = inputs.get("workspaceName")
    kept = ("cspWorkspaceAdminProperties", "managedVirtualNetworkSettings")
    return {
        **{each: inputs[each] for each in kept if each in inputs},
        "connectivityEndpoints": {
            "dev": f"https://{name}.dev.azuresynapse.net",
            "sql": f"{name}.sql.azuresynapse.net",
            "sqlOnDemand": f"{name}-ondemand.sql.azuresynapse.net",
        },
    }


def _batch_endpoint(urn: str, inputs: Inputs) -> dict[str, Any]:
    address = f"https://{inputs.get('endpointName')}.{inputs.get('location')}.inference.ml.azure.com/jobs"
    return {"properties": {**inputs.get("properties", {}), "scoringUri": address}}


def _web_app(urn: str, inputs: Inputs) -> dict[str, Any]:
    return {"defaultHostName": f"{inputs.get('name')}.azurewebsites.net"}


def _container_apps_environment(urn: str, inputs: Inputs) -> dict[str, Any]:
    return {"defaultDomain": f"{characters(urn, 12)}.{inputs.get('location')}.azurecontainerapps.io"}


OUTPUTS: dict[str, Callable[[str, Inputs], dict[str, Any]]] = {
    "azure-native:applicationinsights:Component": _insights,
    "azure-native:app:ManagedEnvironment": _container_apps_environment,
    "azure-native:cognitiveservices:Account": _account,
    "azure-native:databricks:Workspace": _databricks,
    "azure-native:kubernetesconfiguration:Extension": _extension,
    "azure-native:machinelearningservices:BatchEndpoint": _batch_endpoint,
    "azure-native:machinelearningservices:OnlineEndpoint": _online_endpoint,
    "azure-native:synapse:Workspace": _synapse,
    "azure-native:web:WebApp": _web_app,
    "azure-native:machinelearningservices:Workspace": _workspace,
    "azure-native:managedidentity:UserAssignedIdentity": _user_assigned_identity,
    "random:index/randomString:RandomString": _random_string,
}
"""Type → the outputs, beside id and name, that Azure adds."""


def emulate(type_: str, urn: str, inputs: Inputs, subscription: str) -> tuple[str, dict[str, Any]]:
    """The id and the outputs of a resource, as far as they are emulated; an empty id is unknown."""
    outputs: dict[str, Any] = _identity(urn, inputs)
    if type_ in OUTPUTS:
        outputs |= OUTPUTS[type_](urn, inputs)
    if type_ not in IDS:
        return (urn.rsplit("::", 1)[-1] if type_ in OUTPUTS else ""), outputs
    try:
        id_ = IDS[type_].format_map({**inputs, "subscription": subscription})
    except KeyError:
        return "", outputs
    if UNKNOWN in id_:
        return "", outputs
    return id_, {**outputs, "name": id_.rsplit("/", 1)[-1]}
