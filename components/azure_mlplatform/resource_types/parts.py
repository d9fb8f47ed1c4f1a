"""The resources that several kinds of component use: identities, roles, vaults, storage, registries, monitoring."""

from collections.abc import Iterator

from ..foundation.built_in_roles import role_name
from ..foundation.values import name_of
from .palette import Colour
from .resource_type import GROUP_ID, Edge, Inputs, Nodes, Resource, ResourceType, stable_guid

_IDENTITY = GROUP_ID + "/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{resourceName}"
_INSIGHTS = GROUP_ID + "/providers/Microsoft.Insights"
_STORAGE = GROUP_ID + "/providers/Microsoft.Storage/storageAccounts/{accountName}"
_ELSEWHERE = {
    "Microsoft.ContainerRegistry/registries/": "registry",
    "Microsoft.ContainerService/managedClusters/": "AKS",
}
"""Resources of others that a diagram shows as the scope of a role: where models come from, and where they run. A lake
is drawn with its datastore."""


def _principal(urn: str, inputs: Inputs) -> dict:
    return {
        "principalId": stable_guid(f"{urn} principal"),
        "clientId": stable_guid(f"{urn} client"),
        "tenantId": stable_guid("tenant"),
    }


def _insights(urn: str, inputs: Inputs) -> dict:
    key = stable_guid(f"{urn} key")
    return {"instrumentationKey": key, "connectionString": f"InstrumentationKey={key}"}


def _granted(resource: Resource) -> str:
    return f"{role_name(str(resource.input('roleDefinitionId')))} for a {resource.input('principalType')}"


def _grant(resource: Resource, nodes: Nodes) -> Iterator[Edge]:
    scope = str(resource.input("scope"))
    words = next((words for part, words in _ELSEWHERE.items() if part in scope), "")
    target = nodes.with_id(scope, f"{words} {name_of(scope)}" if words else "")
    yield Edge(nodes.principal(resource), target, role_name(str(resource.input("roleDefinitionId"))), "dashed")


def _trust(resource: Resource, nodes: Nodes) -> Iterator[Edge]:
    identity = nodes.named("azure-native:managedidentity:UserAssignedIdentity", resource.input("resourceName"))
    yield Edge(f"outside:{resource.input('subject')}", identity, "signs in as", "dashed")


def _logs(resource: Resource, nodes: Nodes) -> Iterator[Edge]:
    target = str(resource.input("workspaceId"))
    yield Edge(nodes.with_id(resource.input("resourceUri")), nodes.with_id(target, name_of(target)), "", "dotted")


TYPES = {
    "azure-native:applicationinsights:Component": ResourceType(
        id=_INSIGHTS + "/components/{resourceName}", outputs=_insights, words="Application Insights", size=()
    ),
    "azure-native:authorization:ManagementLockByScope": ResourceType(
        id="{scope}/providers/Microsoft.Authorization/locks/{lockName}",
        size=("level",),
        hidden=True,
        named_by_azure=False,
    ),
    "azure-native:authorization:RoleAssignment": ResourceType(
        id="{scope}/providers/Microsoft.Authorization/roleAssignments/{roleAssignmentName}",
        size=_granted,
        hidden=True,
        edges=_grant,
        named_by_azure=False,
    ),
    "azure-native:containerregistry:Registry": ResourceType(
        holds="images",
        id=GROUP_ID + "/providers/Microsoft.ContainerRegistry/registries/{registryName}",
        words="container registry",
    ),
    "azure-native:keyvault:Vault": ResourceType(
        holds="secrets, until it is purged",
        id=GROUP_ID + "/providers/Microsoft.KeyVault/vaults/{vaultName}",
        words="key vault",
    ),
    "azure-native:managedidentity:FederatedIdentityCredential": ResourceType(
        id=_IDENTITY + "/federatedIdentityCredentials/{federatedIdentityCredentialResourceName}",
        size=("subject",),
        hidden=True,
        edges=_trust,
    ),
    "azure-native:managedidentity:UserAssignedIdentity": ResourceType(
        id=_IDENTITY, outputs=_principal, colour=Colour.IDENTITY
    ),
    "azure-native:monitor:ActionGroup": ResourceType(
        id=_INSIGHTS + "/actionGroups/{actionGroupName}", size=("emailReceivers.0.emailAddress",), hidden=True
    ),
    "azure-native:monitor:DataCollectionRule": ResourceType(
        id=_INSIGHTS + "/dataCollectionRules/{dataCollectionRuleName}", hidden=True
    ),
    "azure-native:monitor:DataCollectionRuleAssociation": ResourceType(
        id="{resourceUri}/providers/Microsoft.Insights/dataCollectionRuleAssociations/{associationName}", hidden=True
    ),
    "azure-native:monitor:DiagnosticSetting": ResourceType(
        id="{resourceUri}/providers/Microsoft.Insights/diagnosticSettings/{name}",
        size=(),
        hidden=True,
        edges=_logs,
        named_by_azure=False,
    ),
    "azure-native:monitor:MetricAlert": ResourceType(
        id=_INSIGHTS + "/metricAlerts/{ruleName}", size=("description",), hidden=True
    ),
    "azure-native:monitor:ScheduledQueryRule": ResourceType(
        id=_INSIGHTS + "/scheduledQueryRules/{ruleName}", size=("description",), hidden=True
    ),
    "azure-native:storage:BlobContainer": ResourceType(
        holds="data", id=_STORAGE + "/blobServices/default/containers/{containerName}", hidden=True
    ),
    "azure-native:storage:BlobServiceProperties": ResourceType(
        id=_STORAGE + "/blobServices/{blobServicesName}", hidden=True
    ),
    "azure-native:storage:FileServiceProperties": ResourceType(
        id=_STORAGE + "/fileServices/{fileServicesName}", hidden=True
    ),
    "azure-native:storage:StorageAccount": ResourceType(holds="data", id=_STORAGE),
}
