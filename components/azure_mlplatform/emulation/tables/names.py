"""Where names must be unique in Azure, and how long a deleted resource holds its name.

Sources: Microsoft Learn ("Naming rules and restrictions for Azure resources", the soft-delete pages, REST references)
and issue threads that quote Azure's answer; each row names its own. Types are named by ARM type in lower case. Texts
hold placeholders in braces: `{name}` is the value in question, `{id}` the ARM id of what is created.

A name without a row has to be unique below its parent only, thus within its resource group for a top-level type. Read
as such: Machine Learning workspaces and their computes, Log Analytics workspaces, Application Insights, Databricks
workspaces, managed clusters, user-assigned identities, private DNS zones, App Service plans, AI accounts (their
subdomain is another matter). A managed cluster's DNS prefix gets a hash in its host name, so it needs no row.

Assumed: rows with `assumed` have no source that was read for one of their columns; the source says which. Statuses are
from the threads where they print one: 409 stands where they name "Conflict" only.
"""

from dataclasses import dataclass
from enum import StrEnum

from .row import Refusal


class Scope(StrEnum):
    """Within what a value must be unique."""

    GLOBAL = "global"
    REGION = "region"
    RESOURCE_GROUP = "resource group"


@dataclass(frozen=True, kw_only=True)
class Taken(Refusal):
    """A value that must be unique beyond its resource group, and the refusal of one that is taken."""

    table = "TAKEN"
    by = ("type", "path")

    type: str
    """The ARM type."""

    scope: Scope
    """Within what the value must be unique, over all subscriptions and tenants."""

    path: str
    """What must be unique: `name`, or the path of a property in the body. No value, no claim."""


TAKEN = (
    Taken(
        type="microsoft.storage/storageaccounts",
        scope=Scope.GLOBAL,
        path="name",
        status=409,
        code="StorageAccountAlreadyTaken",
        text="The storage account named {name} is already taken.",
        source="Learn: resource-name-rules; hashicorp/terraform#11485",
    ),
    Taken(
        type="microsoft.keyvault/vaults",
        scope=Scope.GLOBAL,
        path="name",
        status=409,
        code="VaultAlreadyExists",
        text=(
            "The vault name '{name}' is already in use. Vault names are globaly unique so it is possible that the name"
            " is already taken. If you are sure that the vault name was not taken then it is possible that a vault with"
            " the same name was recently deleted but not purged"
        ),
        source="Learn: resource-name-rules; Azure/data-management-zone#289 (its quote of the text ends there)",
    ),
    Taken(
        type="microsoft.containerregistry/registries",
        scope=Scope.GLOBAL,
        path="name",
        status=409,
        code="AlreadyInUse",
        text=(
            "The registry DNS name {name}.azurecr.io is already in use. You can check if the name is already claimed"
            " using following API:"
            " https://docs.microsoft.com/en-us/rest/api/containerregistry/registries/checknameavailability"
        ),
        source="Learn: resource-name-rules; MicrosoftDocs/azure-dev-docs#1303",
    ),
    Taken(
        type="microsoft.cognitiveservices/accounts",
        scope=Scope.GLOBAL,
        path="properties.customSubDomainName",
        status=409,
        code="CustomDomainInUse",
        text=(
            "Please pick a different name. The subdomain name '{name}' is not available as it's already used by a"
            " resource. If the resource using the name was deleted in the last 48 hours, you may need to purge the"
            " deleted resource."
        ),
        source="Azure/bicep#17663 (text); guides that quote the code with it (code); the status is assumed",
        assumed=True,
    ),
    Taken(
        type="microsoft.datafactory/factories",
        scope=Scope.GLOBAL,
        path="name",
        status=409,
        code="DataFactoryNameInUse",
        text="The specified resource name '{name}' is already in use. Resource names must be globally unique.",
        source="Learn: data-factory/naming-rules, tutorial-incremental-copy-multiple-tables-powershell",
    ),
    Taken(
        type="microsoft.synapse/workspaces",
        scope=Scope.GLOBAL,
        path="name",
        status=409,
        code="Conflict",
        text="The workspace name '{name}' is already in use.",
        source="assumed: the name is the host name's first label, and Synapse has a check of names; no text was found",
        assumed=True,
    ),
    Taken(
        type="microsoft.web/sites",
        scope=Scope.GLOBAL,
        path="name",
        status=409,
        code="Conflict",
        text="Website with given name {name} already exists.",
        source="Learn: resource-name-rules; dotnet/sign#392, Azure/RDS-Templates#365 (extended code 54001)",
    ),
    Taken(
        type="microsoft.machinelearningservices/workspaces/onlineendpoints",
        scope=Scope.REGION,
        path="name",
        status=400,
        code="BadRequest",
        text=(
            "There is already an endpoint with this name, Endpoint name needs to be unique within a region. Try some"
            " other name."
        ),
        source="Learn: machine-learning/concept-endpoints-online; Azure/azureml-examples#1931 (text);"
        " Azure/azure-sdk-for-python#35109 (code; an endpoint on Kubernetes is unique per cluster instead)",
    ),
    Taken(
        type="microsoft.machinelearningservices/workspaces/batchendpoints",
        scope=Scope.REGION,
        path="name",
        status=400,
        code="BadRequest",
        text=(
            "There is already an endpoint with this name, Endpoint name needs to be unique within a region. Try some"
            " other name."
        ),
        source="assumed: as for online endpoints, whose page names both kinds together",
        assumed=True,
    ),
    Taken(
        type="microsoft.authorization/roledefinitions",
        scope=Scope.GLOBAL,
        path="properties.roleName",
        status=409,
        code="RoleDefinitionWithSameNameExists",
        text="A custom role with the same name already exists in this directory.",
        source="Azure/azure-sdk-for-net, AuthorizationTests (409, code); Kong/developer.konghq.com (text); Learn:"
        " role-based-access-control/custom-roles (unique in the tenant); the limit to the tenant is left out",
    ),
    Taken(
        type="microsoft.authorization/roleassignments",
        scope=Scope.GLOBAL,
        path="name",
        status=400,
        code="RoleAssignmentUpdateNotPermitted",
        text="Tenant ID, application ID, principal ID, and scope are not allowed to be updated.",
        source="andrewilson.co.uk, 2024-07-04 (no two assignments of one name, even in other subscriptions);"
        " the status is assumed, and the limit to the tenant is left out",
        assumed=True,
    ),
)
"""What must be unique beyond its resource group."""


@dataclass(frozen=True, kw_only=True)
class Unique(Refusal):
    """Properties whose combination may occur once, whatever the names are."""

    table = "UNIQUE"
    by = ("type", "within", "paths")

    type: str
    """The ARM type."""

    within: str
    """Among which resources: `scope` of the extension, `parent`, or the path that they have in common."""

    paths: tuple[str, ...]
    """The properties that may not all be equal. `[]` is any item of a list."""


UNIQUE = (
    Unique(
        type="microsoft.authorization/roleassignments",
        within="scope",
        paths=("properties.roleDefinitionId", "properties.principalId"),
        status=409,
        code="RoleAssignmentExists",
        text="The role assignment already exists.",
        source="hashicorp/terraform-provider-azurerm#28694, #17421",
    ),
    Unique(
        type="microsoft.insights/diagnosticsettings",
        within="scope",
        paths=("properties.workspaceId", "properties.logs[].category"),
        status=409,
        code="Conflict",
        text=(
            "Data sink '{sink}' is already used in diagnostic setting '{other}' for category '{category}'. Data sinks"
            " can't be reused in different settings on the same category for the same resource."
        ),
        source="Azure/terraform-azurerm-avm-ptn-aiml-landing-zone#19, there for a category of `properties.metrics`;"
        " holds for category groups, storage accounts and event hubs as well (assumed)",
        assumed=True,
    ),
    Unique(
        type="microsoft.network/privatednszones/virtualnetworklinks",
        within="properties.virtualNetwork.id",
        paths=("zone",),
        status=400,
        code="BadRequest",
        text=(
            "A virtual network cannot be linked to multiple zones with overlapping namespaces. You tried to link"
            " virtual network with '{zone}' and '{zone}' zones."
        ),
        source="MicrosoftDocs/azure-aks-docs#212, microsoft-foundry/foundry-samples#214; `zone` is the zone's name",
    ),
    Unique(
        type="microsoft.network/virtualnetworks/virtualnetworkpeerings",
        within="parent",
        paths=("properties.remoteVirtualNetwork.id",),
        status=400,
        code="AnotherPeeringAlreadyReferencesRemoteVnet",
        text="Peering already references remote virtual network. Cannot add another peering referencing the same"
        " remote virtual network.",
        source="the code and text in clients of Azure on GitHub (read by find_string), no page of Microsoft;"
        " the status is assumed",
        day="2026-11-28",
        assumed=True,
    ),
    Unique(
        type="microsoft.app/managedenvironments",
        within="properties.vnetConfiguration.infrastructureSubnetId",
        paths=("properties.vnetConfiguration.infrastructureSubnetId",),
        status=400,
        code="ManagedEnvironmentInvalidNetworkConfiguration",
        text="The environment network configuration is invalid: the subnet is already used by '{other}'.",
        source="Learn: container-apps/networking (a subnet dedicated exclusively to the environment);"
        " microsoft/azure-container-apps#1220 (code); the rest of the text is assumed",
        day="2026-11-28",
        assumed=True,
    ),
    Unique(
        type="microsoft.databricks/workspaces",
        within="properties.parameters.customVirtualNetworkId.value",
        paths=("properties.parameters.customPublicSubnetName.value",),
        status=400,
        code="BadRequest",
        text="The subnet is already used by the workspace '{other}'.",
        source="Learn: databricks/security/network/classic/vnet-inject (can't share subnets across workspaces);"
        " status, code and text are assumed",
        day="2026-11-28",
        assumed=True,
    ),
    Unique(
        type="microsoft.managedidentity/userassignedidentities/federatedidentitycredentials",
        within="parent",
        paths=("properties.issuer", "properties.subject"),
        status=409,
        code="Conflict",
        text="Issuer and subject combination already exists for this Managed Identity.",
        source="Microsoft Entra, workload-identity-federation-considerations (must be unique); the answer is assumed",
        day="2026-11-28",
        assumed=True,
    ),
)
"""Combinations of properties that may occur once."""


@dataclass(frozen=True, kw_only=True)
class Overlap(Refusal):
    """Address ranges that must not overlap."""

    table = "OVERLAPS"
    by = ("type",)

    type: str
    """The ARM type that is refused."""

    within: str
    """The path of what the ranges share. Empty: the resource itself."""


OVERLAPS = (
    Overlap(
        type="microsoft.network/virtualnetworks/virtualnetworkpeerings",
        within="properties.remoteVirtualNetwork.id",
        status=400,
        code="VnetAddressSpaceOverlapsWithAlreadyPeeredVnet",
        text="Cannot create or update peering {id}. Virtual networks cannot be peered because address space of the"
        " first virtual network overlaps with address space of third virtual network {other} already peered with"
        " the second virtual network {hub}.",
        source="the code and text in clients of Azure and run books on GitHub (read by find_string), which leave out"
        " the middle of the text; the status: a thread that quotes 400 with the code",
        day="2026-11-28",
        assumed=True,
    ),
    Overlap(
        type="microsoft.network/virtualnetworks",
        within="",
        status=400,
        code="NetcfgSubnetRangesOverlap",
        text="Subnet '{name}' is not valid because its IP address range overlaps with that of an existing subnet in"
        " virtual network '{hub}'.",
        source="MicrosoftDocs/azure-docs, virtual-network/virtual-networks-faq (can't overlap); the code and text in"
        " run books on GitHub; the status is assumed",
        day="2026-11-28",
        assumed=True,
    ),
)
"""Ranges that must not overlap."""


class Again(StrEnum):
    """What Azure does with a create whose name a deleted resource holds."""

    REFUSED = "refused"
    """It fails until the deleted resource is recovered or purged, or the days are over."""

    RECOVERED = "recovered"
    """It brings back the deleted resource, with its data and without a word."""

    NEW = "new"
    """It makes a new resource; the deleted one cannot be recovered any more."""


@dataclass(frozen=True, kw_only=True)
class SoftDeleted(Refusal):
    """A type whose deleted resources stay recoverable for a while."""

    table = "SOFT_DELETED"
    by = ("type",)

    type: str
    """The ARM type."""

    days: int | str
    """How long, in days, or the path of the property that decides."""

    default: int
    """The days if that property is not given."""

    scope: Scope
    """Where the deleted resource holds its name. Resource group: for the same ARM id only."""

    again: Again
    """What a create with the same name does."""

    unless: str = ""
    """When the deletion is final instead: a condition on the deleted resource, or empty."""

    recover: str = ""
    """The input by which a create recovers the deleted resource instead of being refused, or empty."""

    purge: str
    """How its owner frees the name before time, or empty if nobody can."""

    unpurgeable: str = ""
    """The property that, if true, forbids the purge, or empty."""

    status: int = 0
    """The HTTP status of the refusal. 0 without one."""

    code: str = ""
    """The error code. Empty without a refusal."""

    text: str = ""
    """The error text. Empty without a refusal."""


SOFT_DELETED = (
    SoftDeleted(
        type="microsoft.keyvault/vaults",
        days="properties.softDeleteRetentionInDays",
        default=90,
        scope=Scope.GLOBAL,
        again=Again.REFUSED,
        recover="properties.createMode=recover",
        purge="az keyvault purge",
        unpurgeable="properties.enablePurgeProtection",
        status=409,
        code="ConflictError",
        text=(
            "A vault with the same name already exists in deleted state. You need to either recover or purge existing"
            " key vault. Follow this link https://go.microsoft.com/fwlink/?linkid=2149745 for more information on soft"
            " delete."
        ),
        source="alan-turing-institute/data-safe-haven#2523 (text), Azure/azure-powershell#12573 (refused);"
        " Learn: key-vault-ovw-soft-delete (7 to 90 days, purge protection keeps to the same interval), and for vaults"
        " of another subscription VaultAlreadyExists as in `TAKEN`",
    ),
    SoftDeleted(
        type="microsoft.cognitiveservices/accounts",
        days=2,
        default=2,
        scope=Scope.RESOURCE_GROUP,
        again=Again.REFUSED,
        recover="properties.restore=true",
        purge="az cognitiveservices account purge, with a right on the subscription",
        status=409,
        code="FlagMustBeSetForRestore",
        text=(
            "An existing resource with ID '{id}' has been soft-deleted. To restore the resource, you must specify"
            " 'restore' to be 'true' in the property. If you don't want to restore existing resource, please purge it"
            " first."
        ),
        source="Learn: ai-services/recover-purge-resources (48 hours); Azure/azure-cli#18146 (text);"
        " MicrosoftDocs/azure-docs#76885 (right to purge). Its subdomain stays taken as well, for every account:"
        " Azure/bicep#17663",
    ),
    SoftDeleted(
        type="microsoft.operationalinsights/workspaces",
        days=14,
        default=14,
        scope=Scope.RESOURCE_GROUP,
        again=Again.RECOVERED,
        unless="deleted with ?force=true",
        purge="recover it, then delete it with ?force=true",
        source="Learn: rest/api/loganalytics/workspaces/delete (same subscription, group, location and name recovers;"
        " the name cannot be used for another workspace, so a create at another location is refused, with a text that"
        " was not found); Azure/azure-powershell#12841 (purge)",
    ),
    SoftDeleted(
        type="microsoft.machinelearningservices/workspaces",
        days=14,
        default=14,
        scope=Scope.RESOURCE_GROUP,
        again=Again.REFUSED,
        unless="its only identities are user-assigned, or deleted with ?forceToPurge=true",
        purge="delete permanently in the portal or by CLI v2; gone workspaces may get stuck: Azure/azure-cli#33756",
        status=400,
        code="BadRequest",
        text="Soft-deleted workspace exists. Please purge or recover it. https://aka.ms/wsoftdelete",
        source="Learn: machine-learning/concept-soft-delete (the default for every workspace; 14 days; 'not supported'"
        " with user-assigned identities only, taken here as final); Azure/ResourceModules#3596 (text, code)",
        assumed=True,
    ),
    SoftDeleted(
        type="microsoft.storage/storageaccounts",
        days=14,
        default=14,
        scope=Scope.GLOBAL,
        again=Again.NEW,
        purge="not needed: the name is free",
        source="blogs.blackmarble.co.uk/awilson/azure-storage-account-deletion (same tenant; from another tenant the"
        " name stays taken for a while, which the row leaves out)",
    ),
    SoftDeleted(
        type="microsoft.web/sites",
        days=30,
        default=30,
        scope=Scope.GLOBAL,
        again=Again.NEW,
        purge="not needed: the name is free",
        source="assumed: from memory of Learn: app-service-undelete, which was not read",
        assumed=True,
    ),
    SoftDeleted(
        type="microsoft.storage/storageaccounts/blobservices/containers",
        days="blobservices: properties.containerDeleteRetentionPolicy.days",
        default=0,
        scope=Scope.RESOURCE_GROUP,
        again=Again.NEW,
        unless="blobservices: properties.containerDeleteRetentionPolicy.enabled is not true",
        purge="not needed: the name is free",
        source="assumed: from memory of Learn: soft-delete-container-overview, which was not read",
        assumed=True,
    ),
)
"""Types with soft delete. Every other type's deletion frees the name at once (assumed)."""
