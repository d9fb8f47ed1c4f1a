"""The resources that several kinds of component use: identities, roles, vaults, storage, registries, monitoring."""

from collections.abc import Iterator

from ..foundation.built_in_roles import role_name
from ..foundation.values import name_of, resource_group_of
from .resource_type import (
    GROUP_ID,
    Edge,
    Inputs,
    Nodes,
    Outside,
    Relation,
    Resource,
    ResourceType,
    Shown,
    part_of,
    stable_guid,
)
from .topic import Topic

_IDENTITY = GROUP_ID + "/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{resourceName}"
_INSIGHTS = GROUP_ID + "/providers/Microsoft.Insights"
_STORAGE = GROUP_ID + "/providers/Microsoft.Storage/storageAccounts/{accountName}"


def _principal(urn: str, inputs: Inputs) -> dict:
    # One that is made again is another principal: the emulated Azure says with `#` how often.
    again = "".join(urn.partition("#")[1:])
    return _principal_of(str(inputs.get("resourceGroupName")), f"{inputs.get('resourceName')}{again}")


def _principal_of_id(id_: str) -> dict:
    return _principal_of(resource_group_of(id_), name_of(id_))


def _principal_of(group: str, name: str) -> dict:
    """The same for the plan that makes an identity and for one that only reads it."""
    seed = f"{group}/{name}".lower()
    return {
        "principalId": stable_guid(f"{seed} principal"),
        "clientId": stable_guid(f"{seed} client"),
        "tenantId": stable_guid("tenant"),
    }


def _insights(urn: str, inputs: Inputs) -> dict:
    key = stable_guid(f"{urn} key")
    return {"instrumentationKey": key, "connectionString": f"InstrumentationKey={key}"}


def _granted(resource: Resource) -> str:
    return f"{role_name(str(resource.input('roleDefinitionId')))} for a {resource.input('principalType')}"


def _grant(resource: Resource, nodes: Nodes) -> Iterator[Edge]:
    role = role_name(str(resource.input("roleDefinitionId")))
    yield Edge(nodes.principal(resource), nodes.scope(resource), role, Relation.ROLE)


def _trust(resource: Resource, nodes: Nodes) -> Iterator[Edge]:
    identity = nodes.named("azure-native:managedidentity:UserAssignedIdentity", resource.input("resourceName"))
    subject = nodes.outside(Outside("workload", str(resource.input("subject")), Topic.IDENTITY))
    yield Edge(subject, identity, "signs in as", Relation.SIGNS_IN)


def _logs(resource: Resource, nodes: Nodes) -> Iterator[Edge]:
    target = str(resource.input("workspaceId"))
    outside = Outside("Log Analytics", name_of(target), Topic.OPERATIONS)
    yield Edge(nodes.with_id(resource.input("resourceUri")), nodes.with_id(target, outside), "", Relation.LOGS)


TYPES = {
    "azure-native:applicationinsights:Component": ResourceType(
        id=_INSIGHTS + "/components/{resourceName}",
        outputs=_insights,
        words="Application Insights",
        size=(),
        topic=Topic.OPERATIONS,
    ),
    "azure-native:authorization:ManagementLockByScope": ResourceType(
        id="{scope}/providers/Microsoft.Authorization/locks/{lockName}",
        words="lock",
        size=("level",),
        topic=Topic.OPERATIONS,
        shown=Shown.COUNTED,
        named_by_azure=False,
    ),
    "azure-native:authorization:RoleAssignment": ResourceType(
        id="{scope}/providers/Microsoft.Authorization/roleAssignments/{roleAssignmentName}",
        size=_granted,
        topic=Topic.IDENTITY,
        shown=Shown.COUNTED,
        edges=_grant,
        named_by_azure=False,
    ),
    "azure-native:authorization:RoleDefinition": ResourceType(
        id="{scope}/providers/Microsoft.Authorization/roleDefinitions/{roleDefinitionId}",
        words="custom role",
        size=("roleName",),
        topic=Topic.IDENTITY,
        shown=Shown.COUNTED,
        named_by_azure=False,
    ),
    "azure-native:containerregistry:Registry": ResourceType(
        holds="images",
        id=GROUP_ID + "/providers/Microsoft.ContainerRegistry/registries/{registryName}",
        words="container registry",
        topic=Topic.PARTS,
    ),
    "azure-native:keyvault:Vault": ResourceType(
        holds="secrets, until it is purged",
        id=GROUP_ID + "/providers/Microsoft.KeyVault/vaults/{vaultName}",
        words="key vault",
        topic=Topic.PARTS,
    ),
    "azure-native:managedidentity:FederatedIdentityCredential": ResourceType(
        id=_IDENTITY + "/federatedIdentityCredentials/{federatedIdentityCredentialResourceName}",
        size=("subject",),
        topic=Topic.IDENTITY,
        shown=Shown.COUNTED,
        edges=_trust,
    ),
    "azure-native:managedidentity:UserAssignedIdentity": ResourceType(
        id=_IDENTITY,
        outputs=_principal,
        read=_principal_of_id,
        words="managed identity",
        topic=Topic.IDENTITY,
        shown=Shown.COUNTED,
    ),
    "azure-native:monitor:ActionGroup": ResourceType(
        id=_INSIGHTS + "/actionGroups/{actionGroupName}",
        size=("emailReceivers.0.emailAddress",),
        topic=Topic.OPERATIONS,
        shown=Shown.COUNTED,
    ),
    "azure-native:monitor:DataCollectionRule": ResourceType(
        id=_INSIGHTS + "/dataCollectionRules/{dataCollectionRuleName}", shown=Shown.HIDDEN
    ),
    "azure-native:monitor:DataCollectionRuleAssociation": ResourceType(
        id="{resourceUri}/providers/Microsoft.Insights/dataCollectionRuleAssociations/{associationName}",
        shown=Shown.HIDDEN,
    ),
    "azure-native:monitor:DiagnosticSetting": ResourceType(
        id="{resourceUri}/providers/Microsoft.Insights/diagnosticSettings/{name}",
        size=(),
        topic=Topic.OPERATIONS,
        shown=Shown.COUNTED,
        edges=_logs,
        named_by_azure=False,
    ),
    "azure-native:monitor:MetricAlert": ResourceType(
        id=_INSIGHTS + "/metricAlerts/{ruleName}",
        words="alert",
        size=("description",),
        topic=Topic.OPERATIONS,
        shown=Shown.COUNTED,
    ),
    "azure-native:monitor:ScheduledQueryRule": ResourceType(
        id=_INSIGHTS + "/scheduledQueryRules/{ruleName}",
        words="alert",
        size=("description",),
        topic=Topic.OPERATIONS,
        shown=Shown.COUNTED,
    ),
    "azure-native:storage:BlobContainer": ResourceType(
        holds="data",
        id=_STORAGE + "/blobServices/default/containers/{containerName}",
        words="container",
        topic=Topic.PARTS,
        edges=part_of("azure-native:storage:StorageAccount", "accountName"),
    ),
    "azure-native:storage:BlobServiceProperties": ResourceType(
        id=_STORAGE + "/blobServices/{blobServicesName}", shown=Shown.HIDDEN
    ),
    "azure-native:storage:FileServiceProperties": ResourceType(
        id=_STORAGE + "/fileServices/{fileServicesName}", shown=Shown.HIDDEN
    ),
    "azure-native:storage:StorageAccount": ResourceType(holds="data", id=_STORAGE, topic=Topic.PARTS),
}
