"""Properties that cannot change in place: which the provider replaces, and which Azure refuses to change.

Transcribed from outside, not from the components. How the provider decides (pulumi-azure-native, `provider/pkg`):

- `gen/properties.go`: a property forces a replacement if the spec's `x-ms-mutability` has create and not update, and it
  stands at the top of the resource (flattened `properties` count as the top). The same mark in a nested type is only
  reported, in `reports/forceNewTypes.json`: the update is sent to Azure. Marks beside a `$ref` count (`resolver.go`).
- `gen/replacement.go`, `forceNewMap`: its own list. It goes by name, so it also hits nested types of that resource.
- `provider/diff.go`: an object that forces a replacement does so when a value below it changes. A child that is added
  or removed below it is an update in place. Casing and spaces of a top-level `location` do not count.

Path parameters (the resource's name, `resourceGroupName`, names of parents, `scope`, `resourceUri`) all replace. They
have no rows here: the emulator derives them from the id templates.

A row stands for all that is below its path, and for a value that becomes another one: setting one that was not there is
allowed (assumed). Two tables narrow the rows that are refused:

- `ONE_WAY`: the value that cannot be left. Every other change is allowed.
- `ALLOWED`: moves, each from a value to a value, that are allowed all the same.

Short names of sources:

- azure-mgmt-X N: models of the Python SDK from PyPI. `visibility=["read", "create"]` is the spec's x-ms-mutability.
- azurerm: docstrings of pulumi-azure 6.40.1, "Changing this forces a new resource to be created" or "requires
  temporary_name_for_rotation". Terraform replaces there by itself, so this tells what, not with which error.
- SDK: docstrings of pulumi_azure_native 3.29.0.
- PATCH: the property is not in the service's update model. This is weaker evidence than an error that somebody met.
- Paths without more, such as `workspace.json`: Azure/azure-rest-api-specs at the API version of pulumi_azure_native.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from .row import Refusal


class Outcome(StrEnum):
    """What happens when the program changes the property."""

    REPLACED = "replaced"
    REFUSED = "refused"


@dataclass(frozen=True, kw_only=True)
class Immutable(Refusal):
    """One property that cannot change in place. Its answer counts if Azure refuses the change."""

    table = "IMMUTABLE"
    by = ("type", "path")

    type: str
    path: str
    outcome: Outcome
    status: int = 400
    code: str = "PropertyChangeNotAllowed"
    text: str = "Changing property '{path}' from '{old}' to '{new}' is not allowed."


_FORCE_NEW_MAP = "pulumi-azure-native gen/replacement.go: forceNewMap"
_FORCE_NEW_TYPES = "pulumi-azure-native reports/forceNewTypes.json: create and read only, in a nested type"
_APP_ENVIRONMENTS = "Microsoft.App 2025-02-02-preview ManagedEnvironments.json"
_APP_APPS = "Microsoft.App 2025-02-02-preview ContainerApps.json"
_READ_CREATE = 'visibility=["read", "create"]'

_LOCATION_CODE = "InvalidResourceLocation"
_LOCATION_TEXT = "The resource already exists in location '{old}' ... cannot be created in location '{new}'."
_LOCATION_ANSWER = "public deployment notes: 409 InvalidResourceLocation for a second location"

_ZONES_CODE = "ResourceAvailabilityZonesCannotBeModified"
_ZONES_SOURCE = "azurerm: zones; Azure's management library for Java: the code for a zone added or removed"

_POOL_AZURERM = (
    "availabilityZones",
    "capacityReservationGroupID",
    "creationData",
    "enableEncryptionAtHost",
    "enableFIPS",
    "enableNodePublicIP",
    "enableUltraSSD",
    "gpuProfile.driver",
    "kubeletConfig",
    "kubeletDiskType",
    "linuxOSConfig",
    "maxPods",
    "nodePublicIPPrefixID",
    "osDiskSizeGB",
    "osType",
    "podSubnetID",
    "proximityPlacementGroupID",
    "scaleSetEvictionPolicy",
    "scaleSetPriority",
    "spotMaxPrice",
    "vnetSubnetID",
)
_POOL_SDK = ("hostGroupID", "osDiskType")


def _rows(type_: str, outcome: Outcome, source: str, *paths: str, **more: Any) -> tuple[Immutable, ...]:
    return tuple(Immutable(type=type_, path=path, outcome=outcome, source=source, **more) for path in paths)


def _replaced(type_: str, source: str, *paths: str, assumed: bool = False) -> tuple[Immutable, ...]:
    return _rows(type_, Outcome.REPLACED, source, *paths, assumed=assumed)


def _refused(type_: str, source: str, *paths: str, **more: Any) -> tuple[Immutable, ...]:
    return _rows(type_, Outcome.REFUSED, source, *paths, **more)


def _location_refused(type_: str, source: str, *, assumed: bool = False) -> tuple[Immutable, ...]:
    why = f"{source}: no x-ms-mutability on location, so the update is sent; {_LOCATION_ANSWER}"
    return _refused(
        type_,
        f"assumed: {why}" if assumed else why,
        "location",
        assumed=assumed,
        status=409,
        code=_LOCATION_CODE,
        text=_LOCATION_TEXT,
    )


def _pool_refused(type_: str, prefix: str, source: str, *names: str) -> tuple[Immutable, ...]:
    return tuple(
        row
        for name in names
        for row in _refused(
            type_,
            f"{source}; error text as met for vmSize",
            f"{prefix}{name}",
            text=f"Changing property 'properties.{name}' is not allowed.",
        )
    )


_APPS: tuple[Immutable, ...] = (
    *_replaced(
        "azure-native:app:ContainerApp",
        f"{_APP_APPS}: x-ms-mutability create, read; location from common-types v5 TrackedResource",
        "location",
        "kind",
        "environmentId",
        "managedEnvironmentId",
    ),
    *_replaced(
        "azure-native:app:ManagedEnvironment",
        f"{_APP_ENVIRONMENTS}: x-ms-mutability create, read; location from common-types v5 TrackedResource",
        "location",
        "zoneRedundant",
        "infrastructureResourceGroup",
    ),
    *_refused(
        "azure-native:app:ManagedEnvironment",
        f"assumed: {_APP_ENVIRONMENTS}: create, read in a nested type, so not replaced; azure-powershell#19329: cannot "
        "be changed on an existing environment; pulumi-azure-native#2577, azure-container-apps#851: ignored, no error",
        "vnetConfiguration.internal",
        "vnetConfiguration.infrastructureSubnetId",
        "vnetConfiguration.dockerBridgeCidr",
        "vnetConfiguration.platformReservedCidr",
        "vnetConfiguration.platformReservedDnsIP",
        assumed=True,
    ),
    *_refused(
        "azure-native:app:ManagedEnvironment",
        "assumed: no source read says that a profile's type can change under its name",
        "workloadProfiles[].workloadProfileType",
        assumed=True,
    ),
    *_replaced(
        "azure-native:web:AppServicePlan",
        f"azure-mgmt-web 11.0.1 (2025-05-01) AppServicePlan: {_READ_CREATE}",
        "location",
        "reserved",
        "isXenon",
        "hyperV",
        "hostingEnvironmentProfile",
    ),
    *_replaced("azure-native:web:WebApp", _FORCE_NEW_MAP, "location", "kind"),
    *_replaced(
        "azure-native:web:WebApp",
        f"azure-mgmt-web 11.0.1 (2025-05-01) SiteProperties: {_READ_CREATE}, cloningInfo create only",
        "reserved",
        "isXenon",
        "hyperV",
        "hostingEnvironmentProfile",
        "cloningInfo",
    ),
    *_replaced(
        "azure-native:web:WebAppSlot",
        f"azure-mgmt-web 11.0.1 (2025-05-01) Site and SiteProperties: {_READ_CREATE}, cloningInfo create only",
        "location",
        "reserved",
        "isXenon",
        "hyperV",
        "hostingEnvironmentProfile",
        "cloningInfo",
    ),
)

_IDENTITY: tuple[Immutable, ...] = (
    *_replaced("azure-native:authorization:RoleAssignment", _FORCE_NEW_MAP, "principalId"),
    *_refused(
        "azure-native:authorization:RoleAssignment",
        "assumed: azurerm names every field of a role assignment; the error read names tenant, application, principal "
        "and scope only",
        "roleDefinitionId",
        "principalType",
        "delegatedManagedIdentityResourceId",
        assumed=True,
        code="RoleAssignmentUpdateNotPermitted",
        text="Tenant ID, application ID, principal ID, and scope are not allowed to be updated.",
    ),
    *_refused(
        "azure-native:authorization:RoleDefinition",
        "assumed: azurerm replaces a role definition with another role_definition_id or scope, which its id has; no "
        "source read says what Azure answers to another type",
        "roleType",
        assumed=True,
    ),
    *_replaced(
        "azure-native:managedidentity:UserAssignedIdentity",
        f"azure-mgmt-msi 8.0.0b2 TrackedResource: {_READ_CREATE}",
        "location",
    ),
    *_replaced("azure-native:resources:ResourceGroup", _FORCE_NEW_MAP, "location"),
    *_refused(
        "azure-native:consumption:Budget",
        "azurerm: budget time_grain and time_period.start_date",
        "timeGrain",
        "timePeriod.startDate",
    ),
)

_AI: tuple[Immutable, ...] = (
    *_replaced(
        "azure-native:cognitiveservices:Account",
        f"azure-mgmt-cognitiveservices 15.0.0b6 Account: {_READ_CREATE}",
        "location",
    ),
    *_refused(
        "azure-native:cognitiveservices:Account",
        "azurerm: kind, except from OpenAI to AIServices and back",
        "kind",
    ),
    *_refused(
        "azure-native:cognitiveservices:Account",
        "azurerm: custom_subdomain_name can be added later, but not changed once set",
        "properties.customSubDomainName",
    ),
    *_refused(
        "azure-native:cognitiveservices:Account",
        "azurerm: project_management_enabled cannot be disabled, unless kind is OpenAI",
        "properties.allowProjectManagement",
    ),
    *_refused(
        "azure-native:cognitiveservices:Deployment",
        "azure-search-openai-demo#1330 and #1429; azurerm: model name and format",
        "properties.model.name",
        "properties.model.format",
        code="CannotChangeDeploymentModel",
        text="The model of deployment cannot be changed.",
    ),
    *_refused("azure-native:cognitiveservices:Deployment", "azurerm: sku name", "sku.name"),
)

_REGISTRY: tuple[Immutable, ...] = (
    *_replaced(
        "azure-native:containerregistry:Registry",
        f'SDK: "This cannot be changed after the resource is created"; azure-mgmt-containerregistry 15.0.0 '
        f"TrackedResource: {_READ_CREATE}",
        "location",
    ),
    *_refused(
        "azure-native:containerregistry:Registry",
        "azurerm: zone_redundancy_enabled; PATCH: not in RegistryPropertiesUpdateParameters",
        "zoneRedundancy",
    ),
    *_refused(
        "azure-native:containerregistry:Registry",
        "assumed: a customer-managed key is chosen at creation; no document read says so, and the PATCH model has it",
        "encryption.status",
        assumed=True,
    ),
)

_AKS: tuple[Immutable, ...] = (
    *_replaced(
        "azure-native:containerservice:AgentPool",
        f"{_FORCE_NEW_MAP}; PR #3655 cites the AKS documentation",
        "vmSize",
        "gpuInstanceProfile",
    ),
    *_replaced("azure-native:containerservice:AgentPool", _FORCE_NEW_MAP, "networkProfile.nodePublicIPTags"),
    *_pool_refused(
        "azure-native:containerservice:AgentPool",
        "",
        "SDK: may not be changed after creation",
        *_POOL_SDK,
    ),
    *_pool_refused(
        "azure-native:containerservice:AgentPool",
        "",
        "azurerm: kubernetes_cluster_node_pool",
        *_POOL_AZURERM,
        "windowsProfile",
    ),
    *_replaced(
        "azure-native:containerservice:ManagedCluster",
        _FORCE_NEW_MAP,
        "location",
        "diskEncryptionSetID",
        "dnsPrefix",
        "fqdnSubdomain",
        "linuxProfile",
        "nodeResourceGroup",
        "windowsProfile",
    ),
    *_replaced(
        "azure-native:containerservice:ManagedCluster",
        f"{_FORCE_NEW_MAP}; PR #4771 (July 2026): these only, not the rest of networkProfile",
        "networkProfile.serviceCidr",
        "networkProfile.serviceCidrs",
        "networkProfile.dnsServiceIP",
        "networkProfile.networkMode",
        "networkProfile.networkPlugin",
        "networkProfile.networkPluginMode",
        "networkProfile.podCidr",
        "networkProfile.networkDataplane",
        "networkProfile.networkPolicy",
        "networkProfile.outboundType",
    ),
    *_replaced(
        "azure-native:containerservice:ManagedCluster",
        f"assumed: {_FORCE_NEW_MAP} at commit 2afdb0dd; no source says that 3.29.0 has it already",
        "networkProfile.podCidrs",
        "networkProfile.ipFamilies",
        assumed=True,
    ),
    *_replaced(
        "azure-native:containerservice:ManagedCluster",
        f"assumed: {_FORCE_NEW_MAP} has windowsProfile by name and hits the nested type too; read from the code only",
        "agentPoolProfiles[].windowsProfile",
        assumed=True,
    ),
    *_pool_refused(
        "azure-native:containerservice:ManagedCluster",
        "agentPoolProfiles[].",
        "AKS documentation: the size of a pool cannot change; forceNewMap has vmSize for AgentPool only",
        "vmSize",
    ),
    *_pool_refused(
        "azure-native:containerservice:ManagedCluster",
        "agentPoolProfiles[].",
        "azurerm: kubernetes_cluster default_node_pool gpu_instance",
        "gpuInstanceProfile",
    ),
    *_pool_refused(
        "azure-native:containerservice:ManagedCluster",
        "agentPoolProfiles[].",
        "SDK: may not be changed after creation",
        *_POOL_SDK,
    ),
    *_pool_refused(
        "azure-native:containerservice:ManagedCluster",
        "agentPoolProfiles[].",
        "azurerm: kubernetes_cluster default_node_pool and kubernetes_cluster_node_pool",
        *_POOL_AZURERM,
    ),
    *_refused(
        "azure-native:containerservice:ManagedCluster",
        "azurerm: role_based_access_control_enabled, private_cluster_enabled, private_dns_zone_id, edge_zone",
        "enableRBAC",
        "apiServerAccessProfile.enablePrivateCluster",
        "apiServerAccessProfile.privateDNSZone",
        "extendedLocation",
    ),
    *_refused(
        "azure-native:containerservice:ManagedCluster",
        "azurerm: oidc_issuer_enabled cannot be disabled once enabled",
        "oidcIssuerProfile.enabled",
    ),
    *_replaced(
        "azure-native:containerservice:ManagedNamespace",
        f"assumed: azure-mgmt-containerservice 41.8.0 (2026-08-01) TrackedResource: {_READ_CREATE}; the mark at "
        "2025-09-01 was not read",
        "location",
        assumed=True,
    ),
    *_refused(
        "azure-native:containerservice:TrustedAccessRoleBinding",
        "azurerm: cluster_trusted_access_role_binding source_resource_id",
        "sourceResourceId",
    ),
    *_refused(
        "azure-native:kubernetesconfiguration:Extension",
        "azurerm: kubernetes_cluster_extension; PATCH: not in PatchExtensionProperties",
        "extensionType",
        "scope",
        "plan",
    ),
    *_replaced(
        "azure-native:kubernetesconfiguration:FluxConfiguration",
        "fluxconfiguration.json 2023-05-01: x-ms-mutability create, read",
        "scope",
        "namespace",
    ),
)

_DATABRICKS: tuple[Immutable, ...] = (
    *_replaced(
        "azure-native:databricks:AccessConnector",
        f"azure-mgmt-databricks 3.0.0 (2026-01-01) TrackedResource: {_READ_CREATE}",
        "location",
    ),
    *_replaced(
        "azure-native:databricks:Workspace",
        f"azure-mgmt-databricks 3.0.0 (2026-01-01) TrackedResource: {_READ_CREATE}",
        "location",
    ),
    *_replaced(
        "azure-native:databricks:Workspace",
        f'{_FORCE_NEW_MAP}, pulumi-azure-native#4766; SDK: "Required on create, cannot be changed"',
        "computeMode",
    ),
    *_refused(
        "azure-native:databricks:Workspace",
        "azure-docs#111122 and azure-quickstart-templates#14515: error text; azurerm: virtual_network_id",
        "parameters.customVirtualNetworkId",
        code="VirtualNetworkIdChangeNotAllowed",
        text="Updating required Virtual Network from {old} to {new} is currently not allowed",
    ),
    *_refused(
        "azure-native:databricks:Workspace",
        "azurerm: databricks_workspace and its custom_parameters",
        "managedResourceGroupId",
        "parameters.customPublicSubnetName",
        "parameters.customPrivateSubnetName",
        "parameters.amlWorkspaceId",
        "parameters.loadBalancerBackendPoolName",
        "parameters.loadBalancerId",
        "parameters.natGatewayName",
        "parameters.publicIpName",
        "parameters.requireInfrastructureEncryption",
        "parameters.storageAccountName",
        "parameters.vnetAddressPrefix",
    ),
    *_refused(
        "azure-native:databricks:Workspace",
        "azurerm: no_public_ip can change from false to true only, and only with an injected network",
        "parameters.enableNoPublicIp",
    ),
    *_refused(
        "azure-native:databricks:Workspace",
        "terraform-azurerm-avm-res-databricks-workspace#134: creation-only, ARM rejected the change",
        "defaultCatalog.initialType",
    ),
)

_DATA_FACTORY: tuple[Immutable, ...] = (
    *_replaced(
        "azure-native:datafactory:Factory",
        f"azure-mgmt-datafactory 10.0.0 (2018-06-01) Factory: {_READ_CREATE}",
        "location",
    ),
    *_refused(
        "azure-native:datafactory:ManagedPrivateEndpoint",
        "azurerm: data_factory_managed_private_endpoint",
        "properties.privateLinkResourceId",
        "properties.groupId",
        "properties.fqdns",
    ),
    *_refused(
        "azure-native:datafactory:Trigger",
        "azurerm: data_factory_trigger_blob_event storage_account_id",
        "properties.scope",
    ),
    *_refused(
        "azure-native:datafactory:Trigger",
        "assumed: the kind of a trigger is part of what it is; no source read",
        "properties.type",
        assumed=True,
    ),
    *_refused(
        "azure-native:datafactory:IntegrationRuntime",
        "assumed: azurerm has one resource for each kind; no source read for the managed network",
        "properties.type",
        "properties.managedVirtualNetwork",
        assumed=True,
    ),
    *_refused(
        "azure-native:datafactory:LinkedService",
        "assumed: azurerm has one resource for each kind; no source read",
        "properties.type",
        assumed=True,
    ),
)

_KEY_VAULT: tuple[Immutable, ...] = (
    *_location_refused(
        "azure-native:keyvault:Vault",
        "azure-mgmt-keyvault 14.1.0 VaultCreateOrUpdateParameters",
    ),
    *_refused(
        "azure-native:keyvault:Vault",
        'SDK: "irreversible"; azurerm: not possible to disable; error text found in two public repositories',
        "properties.enablePurgeProtection",
        code="BadRequest",
        text="The property 'enablePurgeProtection' cannot be set to false. "
        "Enabling the purge protection for a vault is an irreversible action.",
    ),
    *_refused(
        "azure-native:keyvault:Vault",
        "azurerm, code of key_vault update: quotes code and text of the answer",
        "properties.softDeleteRetentionInDays",
        code="BadRequest",
        text='The property "softDeleteRetentionInDays" has been set already and it can\'t be modified.',
    ),
    *_refused(
        "azure-native:keyvault:Vault",
        'SDK: "Once set to true, it cannot be reverted to false"',
        "properties.enableSoftDelete",
    ),
)

_ML: tuple[Immutable, ...] = (
    *_replaced(
        "azure-native:machinelearningservices:BatchEndpoint",
        f"BatchEndpoint.tsp: TrackedResource, whose location is {_READ_CREATE}",
        "location",
    ),
    *_refused(
        "azure-native:machinelearningservices:BatchEndpoint",
        "azure-sdk-for-python#31809: AuthMode must be 'AADToken', at creation too",
        "properties.authMode",
    ),
    *_replaced(
        "azure-native:machinelearningservices:OnlineEndpoint",
        f"OnlineEndpoint.tsp: TrackedResource, whose location is {_READ_CREATE}",
        "location",
    ),
    *_refused(
        "azure-native:machinelearningservices:OnlineEndpoint",
        "assumed: PATCH has tags and identity only; the spec does not mark these, and no error was found",
        "properties.authMode",
        "properties.compute",
        assumed=True,
    ),
    *_location_refused(
        "azure-native:machinelearningservices:Compute",
        "ComputeResource.tsp: `location?: string`",
        assumed=True,
    ),
    *_refused(
        "azure-native:machinelearningservices:Compute",
        "azurerm: compute_cluster and compute_instance; PATCH (ClusterUpdateParameters): scale settings only; "
        "azurerm#15825, azure-rest-api-specs#18889: Azure kept the old size without an error",
        "properties.properties.vmSize",
    ),
    *_refused(
        "azure-native:machinelearningservices:Compute",
        "azurerm: compute_cluster and compute_instance; PATCH (ClusterUpdateParameters): scale settings only",
        "properties.disableLocalAuth",
        "properties.properties.subnet",
        "properties.properties.enableNodePublicIp",
        "properties.properties.vmPriority",
        "properties.properties.userAccountCredentials",
        "properties.properties.remoteLoginPortPublicAccess",
        "properties.properties.sshSettings",
        "properties.properties.personalComputeInstanceSettings",
        "properties.properties.computeInstanceAuthorizationType",
    ),
    *_refused(
        "azure-native:machinelearningservices:Compute",
        "assumed: azurerm says so of inference_cluster kubernetes_cluster_id, and the other kinds are alike",
        "properties.resourceId",
        assumed=True,
    ),
    *_refused(
        "azure-native:machinelearningservices:Compute",
        "assumed: no source read; the PATCH model has none of them",
        "properties.computeType",
        "properties.computeLocation",
        "properties.properties.osType",
        "properties.properties.isolatedNetwork",
        "properties.properties.namespace",
        assumed=True,
    ),
    *_refused(
        "azure-native:machinelearningservices:DataVersion",
        f"{_FORCE_NEW_TYPES} (DataVersionBase, AssetBase, MLTableData; read for a registry, 2023-04-01-preview)",
        "properties.dataUri",
        "properties.dataType",
        "properties.isAnonymous",
        "properties.referencedUris",
    ),
    *_refused(
        "azure-native:machinelearningservices:Datastore",
        "assumed: azurerm names the container of blob and Data Lake stores, but also tags, as it has no update",
        "properties.datastoreType",
        "properties.accountName",
        "properties.containerName",
        "properties.filesystem",
        "properties.fileShareName",
        assumed=True,
    ),
    *_location_refused(
        "azure-native:machinelearningservices:Workspace",
        "Workspace.tsp: `location?: string`",
    ),
    *_refused(
        "azure-native:machinelearningservices:Workspace",
        'SDK: "This cannot be changed once the workspace has been created"; azurerm',
        "keyVault",
        "storageAccount",
    ),
    *_refused(
        "azure-native:machinelearningservices:Workspace",
        "azurerm: high_business_impact, service_side_encryption_enabled, encryption; PATCH: not in "
        "WorkspaceUpdateParameters (read at 2023-04-01)",
        "hbiWorkspace",
        "enableServiceSideCMKEncryption",
        "encryption.status",
        "encryption.keyVaultProperties.keyVaultArmId",
    ),
    *_refused(
        "azure-native:machinelearningservices:Workspace",
        'Microsoft Foundry documentation, managed network: "After you enable managed virtual network isolation, you '
        "can't disable it\"",
        "managedNetwork.isolationMode",
    ),
    *_refused(
        "azure-native:machinelearningservices:Workspace",
        "assumed: the kind and the hub of a workspace are part of what it is; no source read",
        "kind",
        "hubResourceId",
        assumed=True,
    ),
)

_MONITOR: tuple[Immutable, ...] = (
    *_replaced(
        "azure-native:applicationinsights:Component",
        f"azure-mgmt-applicationinsights 5.0.0b2 ComponentsResource: {_READ_CREATE}",
        "location",
        "applicationType",
    ),
    *_replaced(
        "azure-native:monitor:ActionGroup",
        f"azure-mgmt-monitor 8.0.0b3 ActionGroupResource is a TrackedResource: {_READ_CREATE}",
        "location",
    ),
    *_replaced(
        "azure-native:monitor:DataCollectionRule",
        f"azure-mgmt-monitor 8.0.0b3 DataCollectionRuleResource is a TrackedResource: {_READ_CREATE}",
        "location",
    ),
    *_refused(
        "azure-native:monitor:DataCollectionRule",
        "azurerm: monitor_data_collection_rule kind, once set",
        "kind",
    ),
    *_replaced(
        "azure-native:monitor:MetricAlert",
        f"azure-mgmt-monitor 8.0.0b3 MetricAlertResource is a TrackedResource: {_READ_CREATE}",
        "location",
    ),
    *_replaced(
        "azure-native:monitor:ScheduledQueryRule",
        f"azure-mgmt-monitor 8.0.0b3 ScheduledQueryRuleResource: {_READ_CREATE}",
        "location",
    ),
    *_replaced(
        "azure-native:monitor:ScheduledQueryRule",
        f"assumed: {_FORCE_NEW_MAP} at commit 2afdb0dd, pulumi-azure-native#4839: 3.28.0 updated in place, and Azure "
        'answered 400 "Scope can not be updated"; no source says that 3.29.0 has it already',
        "scopes",
        assumed=True,
    ),
    *_replaced(
        "azure-native:operationalinsights:Workspace",
        f"azure-mgmt-loganalytics 14.0.0 TrackedResource: {_READ_CREATE}",
        "location",
    ),
    *_refused(
        "azure-native:operationalinsights:Workspace",
        "azurerm: sku, except between PerGB2018 and CapacityReservation",
        "sku.name",
    ),
)

_NETWORK: tuple[Immutable, ...] = (
    *_location_refused("azure-native:network:NatGateway", "azure-mgmt-network 33.1.0 Resource"),
    *_refused("azure-native:network:NatGateway", "azurerm: nat_gateway sku_name", "sku.name"),
    *_refused("azure-native:network:NatGateway", _ZONES_SOURCE, "zones", code=_ZONES_CODE),
    *_location_refused("azure-native:network:NetworkSecurityGroup", "azure-mgmt-network 33.1.0 Resource"),
    *_location_refused("azure-native:network:RouteTable", "azure-mgmt-network 33.1.0 Resource"),
    *_refused(
        "azure-native:network:PrivateDnsZoneGroup",
        "terraform-provider-azurerm#27559: the zone of a group must be made anew, not updated",
        "privateDnsZoneConfigs[].privateDnsZoneId",
    ),
    *_replaced("azure-native:network:PrivateEndpoint", f"{_FORCE_NEW_MAP}, pulumi-azure-native#3883", "subnet"),
    *_location_refused("azure-native:network:PrivateEndpoint", "azure-mgmt-network 33.1.0 Resource"),
    *_refused(
        "azure-native:network:PrivateEndpoint",
        "azurerm: private_service_connection; bicep-registry-modules#1513 and a stored article: error",
        "privateLinkServiceConnections[].name",
        "privateLinkServiceConnections[].privateLinkServiceId",
        "privateLinkServiceConnections[].groupIds",
        "manualPrivateLinkServiceConnections[].name",
        "manualPrivateLinkServiceConnections[].privateLinkServiceId",
        "manualPrivateLinkServiceConnections[].groupIds",
        code="CannotChangePrivateLinkConnectionOnPrivateEndpoint",
        text="Cannot change the private link connection on private endpoint.",
    ),
    *_refused(
        "azure-native:network:PrivateEndpoint",
        "azurerm: custom_network_interface_name, edge_zone and ip_configuration",
        "customNetworkInterfaceName",
        "extendedLocation",
        "ipConfigurations[].name",
        "ipConfigurations[].privateIPAddress",
        "ipConfigurations[].groupId",
        "ipConfigurations[].memberName",
    ),
    *_replaced(
        "azure-native:network:PublicIPAddress",
        _FORCE_NEW_MAP,
        "location",
        "publicIPAddressVersion",
        "publicIPPrefix",
        "sku",
    ),
    *_refused("azure-native:network:PublicIPAddress", _ZONES_SOURCE, "zones", code=_ZONES_CODE),
    *_refused("azure-native:network:PublicIPAddress", "azurerm: ip_tags and edge_zone", "ipTags", "extendedLocation"),
    *_refused(
        "azure-native:network:PublicIPAddress",
        "azurerm: Standard and StandardV2 require Static; Dynamic is for Basic only",
        "publicIPAllocationMethod",
    ),
    *_replaced("azure-native:network:VirtualNetwork", _FORCE_NEW_MAP, "location"),
    *_refused("azure-native:network:VirtualNetwork", "azurerm: edge_zone", "extendedLocation"),
    *_refused(
        "azure-native:network:VirtualNetworkPeering",
        "azurerm: remote_virtual_network_id, only_ipv6_peering_enabled, peer_complete_virtual_networks_enabled",
        "remoteVirtualNetwork",
        "enableOnlyIPv6Peering",
        "peerCompleteVnets",
    ),
    *_replaced(
        "azure-native:privatedns:PrivateZone",
        f"azure-mgmt-privatedns 2.0.0 (2024-06-01) PrivateZone: {_READ_CREATE}",
        "location",
    ),
    *_replaced(
        "azure-native:privatedns:VirtualNetworkLink",
        f"azure-mgmt-privatedns 2.0.0 (2024-06-01) VirtualNetworkLink: {_READ_CREATE}",
        "location",
    ),
    *_refused(
        "azure-native:privatedns:VirtualNetworkLink",
        "azurerm: zone_virtual_network_link virtual_network_id",
        "virtualNetwork",
    ),
)

_STORAGE: tuple[Immutable, ...] = (
    *_replaced("azure-native:storage:StorageAccount", _FORCE_NEW_MAP, "location", "isHnsEnabled"),
    *_refused(
        "azure-native:storage:StorageAccount",
        "azurerm: infrastructure_encryption_enabled; public notes: AccountPropertyCannotBeUpdated for this property",
        "encryption.requireInfrastructureEncryption",
        code="AccountPropertyCannotBeUpdated",
        text="The property 'requireInfrastructureEncryption' was specified in the input, but it cannot be updated "
        "as it is read-only.",
    ),
    *_refused(
        "azure-native:storage:StorageAccount",
        "azurerm: nfsv3_enabled; PATCH: not in StorageAccountPropertiesUpdateParameters; Azure's table of errors has "
        "the code",
        "enableNfsV3",
        code="AccountPropertyCannotBeUpdated",
        text="The property 'isNfsV3Enabled' was specified in the input, but it cannot be updated as it is read-only.",
    ),
    *_refused(
        "azure-native:storage:StorageAccount",
        "azurerm: account_kind, except from Storage to StorageV2",
        "kind",
    ),
    *_refused(
        "azure-native:storage:StorageAccount",
        "azurerm: account_tier, and account_replication_type between zone-redundant and other kinds",
        "sku.name",
    ),
    *_refused("azure-native:storage:StorageAccount", "azurerm: edge_zone", "extendedLocation"),
    *_refused(
        "azure-native:storage:StorageAccount",
        f"azure-mgmt-storage 25.3.0 EncryptionService.key_type: {_READ_CREATE}, in a nested type; the comment in "
        "gen/properties.go: not replaced on purpose",
        "encryption.services.blob.keyType",
        "encryption.services.file.keyType",
        "encryption.services.queue.keyType",
        "encryption.services.table.keyType",
    ),
    *_refused(
        "azure-native:storage:StorageAccount",
        'SDK: "immutable and can only be set to true at the account creation time"',
        "immutableStorageWithVersioning.enabled",
    ),
    *_refused(
        "azure-native:storage:StorageAccount",
        'SDK: "It cannot be disabled once it is enabled"',
        "largeFileSharesState",
    ),
    *_refused(
        "azure-native:storage:BlobContainer",
        'SDK: "immutable and can only be set to true at the container creation time"',
        "immutableStorageWithVersioning.enabled",
    ),
    *_refused(
        "azure-native:storage:BlobContainer",
        "azurerm: default_encryption_scope, encryption_scope_override_enabled",
        "defaultEncryptionScope",
        "denyEncryptionScopeOverride",
    ),
)

_SYNAPSE: tuple[Immutable, ...] = (
    *_replaced(
        "azure-native:synapse:Workspace",
        "workspace.json 2021-06-01: common-types v2 TrackedResource, whose location is create and read only",
        "location",
    ),
    *_refused(
        "azure-native:synapse:Workspace",
        "azurerm: synapse_workspace; PATCH: not in WorkspacePatchProperties of workspace.json 2021-06-01",
        "defaultDataLakeStorage",
        "managedResourceGroupName",
        "managedVirtualNetwork",
        "sqlAdministratorLogin",
        "virtualNetworkProfile.computeSubnetId",
    ),
    *_refused(
        "azure-native:synapse:Workspace",
        "azurerm: data_exfiltration_protection_enabled (the PATCH model has managedVirtualNetworkSettings)",
        "managedVirtualNetworkSettings.preventDataExfiltration",
    ),
    *_replaced(
        "azure-native:synapse:BigDataPool",
        "azure-mgmt-synapse 2.1.0b7: BigDataPoolResourceInfo is a TrackedResource, as the workspace is",
        "location",
    ),
)

IMMUTABLE: tuple[Immutable, ...] = (
    *_APPS,
    *_IDENTITY,
    *_AI,
    *_REGISTRY,
    *_AKS,
    *_DATABRICKS,
    *_DATA_FACTORY,
    *_KEY_VAULT,
    *_ML,
    *_MONITOR,
    *_NETWORK,
    *_STORAGE,
    *_SYNAPSE,
)

ONE_WAY: dict[tuple[str, str], bool | str] = {
    ("azure-native:cognitiveservices:Account", "properties.allowProjectManagement"): True,
    ("azure-native:containerservice:ManagedCluster", "oidcIssuerProfile.enabled"): True,
    ("azure-native:databricks:Workspace", "parameters.enableNoPublicIp"): True,
    ("azure-native:keyvault:Vault", "properties.enablePurgeProtection"): True,
    ("azure-native:keyvault:Vault", "properties.enableSoftDelete"): True,
    ("azure-native:storage:StorageAccount", "largeFileSharesState"): "Enabled",
}

ALLOWED: dict[tuple[str, str], tuple[tuple[str, str], ...]] = {
    ("azure-native:cognitiveservices:Account", "kind"): (("OpenAI", "AIServices"), ("AIServices", "OpenAI")),
    ("azure-native:machinelearningservices:Workspace", "managedNetwork.isolationMode"): (
        ("Disabled", "AllowInternetOutbound"),
        ("Disabled", "AllowOnlyApprovedOutbound"),
        ("AllowInternetOutbound", "AllowOnlyApprovedOutbound"),
        ("AllowOnlyApprovedOutbound", "AllowInternetOutbound"),
    ),
    ("azure-native:operationalinsights:Workspace", "sku.name"): (
        ("PerGB2018", "CapacityReservation"),
        ("CapacityReservation", "PerGB2018"),
    ),
    ("azure-native:storage:StorageAccount", "kind"): (("Storage", "StorageV2"),),
    ("azure-native:storage:StorageAccount", "sku.name"): (
        ("Standard_LRS", "Standard_GRS"),
        ("Standard_LRS", "Standard_RAGRS"),
        ("Standard_GRS", "Standard_LRS"),
        ("Standard_GRS", "Standard_RAGRS"),
        ("Standard_RAGRS", "Standard_LRS"),
        ("Standard_RAGRS", "Standard_GRS"),
        ("Standard_ZRS", "Standard_GZRS"),
        ("Standard_ZRS", "Standard_RAGZRS"),
        ("Standard_GZRS", "Standard_ZRS"),
        ("Standard_GZRS", "Standard_RAGZRS"),
        ("Standard_RAGZRS", "Standard_ZRS"),
        ("Standard_RAGZRS", "Standard_GZRS"),
    ),
}

_PROXY_WEB = "azure-mgmt-web 11.0.1: a proxy resource without a property of read and create only"

NONE_KNOWN: dict[str, str] = {
    "azure-native:app:ContainerAppsAuthConfig": "azure-mgmt-appcontainers 5.1.0: no property of read and create only",
    "azure-native:applicationinsights:Workbook": "no source read: none was looked up",
    "azure-native:authorization:PolicyAssignment": "no source read: none was looked up",
    "azure-native:loadtestservice:LoadTest": "no source read: none was looked up",
    "azure-native:machinelearningservices:Registry": "no source read: none was looked up",
    "azure-native:authorization:ManagementLockByScope": (
        "azurerm names level and notes, as it has no update for locks; no source read says that Azure refuses"
    ),
    "azure-native:containerservice:MaintenanceConfiguration": (
        "azure-mgmt-containerservice 41.8.0: a proxy resource without a property of read and create only"
    ),
    "azure-native:datafactory:Pipeline": "azure-mgmt-datafactory 10.0.0; azurerm: only its factory and its name",
    "azure-native:machinelearningservices:WorkspaceConnection": (
        "SDK docstrings and azure-types.json: nothing said; no mark found for it in forceNewTypes.json as far as read"
    ),
    "azure-native:managedidentity:FederatedIdentityCredential": "azure-mgmt-msi 8.0.0b2; azurerm: only its identity",
    "azure-native:monitor:DataCollectionRuleAssociation": "azure-mgmt-monitor 8.0.0b3; azurerm: only its target",
    "azure-native:monitor:DiagnosticSetting": "azure-mgmt-monitor 8.0.0b3; azurerm: only its name and its target",
    "azure-native:resources:Deployment": (
        "azure-mgmt-resource-deployments 2.0.0: no property of read and create only; location is not for groups"
    ),
    "azure-native:storage:BlobServiceProperties": "azure-mgmt-storage 25.3.0: no property of read and create only",
    "azure-native:storage:FileServiceProperties": "azure-mgmt-storage 25.3.0: no property of read and create only",
    "azure-native:synapse:IpFirewallRule": "SDK docstrings and azure-types.json: nothing said",
    "azure-native:web:WebAppAuthSettingsV2WithoutSecrets": _PROXY_WEB,
    "azure-native:web:WebAppAuthSettingsV2WithoutSecretsSlot": _PROXY_WEB,
    "azure-native:web:WebAppFtpAllowed": _PROXY_WEB,
    "azure-native:web:WebAppFtpAllowedSlot": _PROXY_WEB,
    "azure-native:web:WebAppScmAllowed": _PROXY_WEB,
    "azure-native:web:WebAppScmAllowedSlot": _PROXY_WEB,
}
