"""What refuses a delete or a write in Azure: locks, references, states, and writes at the same time.

Sources: Microsoft Learn ("Lock your resources to protect your infrastructure") and issue threads that quote Azure's
answer; each row names its own. Types are named by ARM type in lower case. Texts hold placeholders in braces: `{id}` and
`{name}` of what is deleted or written, `{user}` the id and `{user_name}` the name of what refers to it.

Paths lead through the ARM body of the referring resource: `[]` is each item of a list, `*` each key of a map, `**` any
depth. A path holds an id unless the row has a `kind`; then it holds the name of a sibling below the same parent, in an
object whose `type` is that kind.

A subnet counts as deleted, too, when a PUT of its network leaves it out (Azure/bicep#12540, #13267).

A child type needs no row to need its parent, nor to go with it: both follow from the ids. A child is deleted with its
parent unless an `IN_USE` row with an empty path says that the parent is refused while the child exists.

Assumed: rows with `assumed` have no source that was read for one of their columns; the source says which.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from .row import Refusal


class Reach(StrEnum):
    """What stands in which relation to the locked scope."""

    SELF = "the locked resource itself"
    CHILD = "a child below the locked scope, by a request of its own"
    EXTENSION = "an extension resource on the locked scope or on something below it"
    ENDPOINT = "a private endpoint whose target is locked: its connection lies below the target"
    GROUP = "a whole that the locked resource lies in, as its resource group"


class Operation(StrEnum):
    """What a request does."""

    DELETE = "delete"
    WRITE = "write"
    ACTION = "action"


_LOCKED_TEXT = (
    "The scope '{id}' cannot perform {operation} operation because following scope(s) are locked: '{locked}'. Please"
    " remove the lock and try again."
)


@dataclass(frozen=True, kw_only=True)
class Locked(Refusal):
    """An operation that a lock of a level refuses. The answer is that of Azure/apiops#606 (read for a delete)."""

    table = "LOCKS"
    by = ("level", "operation", "reach")

    level: str
    """The lock's level, as in `properties.level`."""

    operation: Operation
    """What is tried: DELETE, PUT or PATCH, or POST."""

    reach: Reach
    """On what. A lock on a group or subscription is inherited by everything in it."""

    half_way: bool = False
    """Whether Azure accepts the request first and fails while it works."""

    status: int = 409
    code: str = "ScopeLocked"
    text: str = _LOCKED_TEXT
    """The error text; `{locked}` is the scope, not the lock."""


_LEARN = "Learn: lock-resources"


def _locked(
    level: str, operation: Operation, reach: Reach, source: str, text: str = _LOCKED_TEXT, **more: Any
) -> Locked:
    return Locked(level=level, operation=operation, reach=reach, source=f"{_LEARN}: {source}", text=text, **more)


LOCKS = (
    _locked("CanNotDelete", Operation.DELETE, Reach.SELF, "can't delete it"),
    _locked(
        "CanNotDelete",
        Operation.DELETE,
        Reach.CHILD,
        "all resources within the scope inherit it; Azure-Player/azure.datafactory.devops#183 (a pipeline,"
        " lock on the group), microsoft/AzureTRE#4664 (a container, lock on the account), Azure/apiops#606",
    ),
    _locked(
        "CanNotDelete",
        Operation.DELETE,
        Reach.EXTENSION,
        "a diagnostic setting below a locked account; role assignments on a locked resource or group;"
        " Azure/enterprise-azure-policy-as-code#933 (role assignments)",
    ),
    _locked(
        "CanNotDelete",
        Operation.DELETE,
        Reach.ENDPOINT,
        "inherited; hashicorp/terraform-provider-azurerm#17478: the delete waits, then fails on"
        " {target}/privateEndpointConnectionProxies/{endpoint}.{guid}, with this text around the other",
        text=f"Call to {{type}} failed. Error message: {_LOCKED_TEXT}",
        half_way=True,
    ),
    _locked(
        "CanNotDelete",
        Operation.DELETE,
        Reach.GROUP,
        "blocks the whole delete operation of the group, never a partial deletion",
    ),
    _locked("ReadOnly", Operation.DELETE, Reach.SELF, "can't delete or update it"),
    _locked("ReadOnly", Operation.DELETE, Reach.CHILD, "inherited"),
    _locked("ReadOnly", Operation.DELETE, Reach.EXTENSION, "inherited"),
    _locked("ReadOnly", Operation.DELETE, Reach.GROUP, "assumed: as the other level does", assumed=True),
    _locked("ReadOnly", Operation.WRITE, Reach.SELF, "can't delete or update it"),
    _locked("ReadOnly", Operation.WRITE, Reach.CHILD, "a blob container can't be created"),
    _locked("ReadOnly", Operation.WRITE, Reach.EXTENSION, "roles can't be assigned"),
    _locked("ReadOnly", Operation.ACTION, Reach.SELF, "listing keys, starting machines"),
    _locked("ReadOnly", Operation.ACTION, Reach.CHILD, "assumed: inherited, as writes are", assumed=True),
)
"""The refusals of a lock. Everything else goes through: writes and actions under CanNotDelete (Learn: read and modify),
also a write of a whole that leaves out a part, as a subnet (assumed), locks themselves (assumed), and data by its own
host. Not modelled: locks of Azure's own on a service's managed group, and the history of deployments, which a lock
keeps from being cut at 800."""


@dataclass(frozen=True, kw_only=True)
class InUse(Refusal):
    """A type that cannot be deleted while something refers to it."""

    table = "IN_USE"
    by = ("type", "user", "path", "kind")

    type: str
    """The ARM type of what is deleted."""

    user: str
    """The ARM type of what refers to it."""

    path: str = ""
    """Where its body holds the id. Empty if it is a child of what is deleted."""

    below: bool = False
    """Whether an id of something below what is deleted counts as well."""

    by_name: bool = False
    """Whether the last name in the id decides alone: the definition of a role has an id at each scope."""

    kind: str = ""
    """Empty, or the reference's `type` if the path holds a sibling's name instead of an id."""


@dataclass(frozen=True, kw_only=True)
class Delegated(Refusal):
    """A service whose subnet keeps its delegation while a resource of the service is in it."""

    table = "DELEGATED"
    by = ("user",)

    user: str
    """The ARM type of what is in the subnet."""

    path: str
    """Where its body holds the id of the subnet."""

    service: str
    """The service that the subnet is delegated to."""

    link: str
    """The service association link that stands on the subnet."""

    status: int = 400
    code: str = "SubnetMissingRequiredDelegation"
    text: str = (
        "Subnet {id} requires any of the following delegation(s) [{service}] to reference service association link"
        " {id}/serviceAssociationLinks/{link}."
    )


_SUBNET_TEXT = (
    "Subnet {name} is in use by {user} and cannot be deleted. In order to delete the subnet, delete all the resources"
    " within the subnet. See aka.ms/deletesubnet."
)
_NODES = "assumed: nodes are machines with network interfaces, which hold a subnet as in Azure/bicep#12540"
_APP_LINK = "assumed: App Service leaves a service association link on the subnet"

_SUBNET_USERS = (
    (
        "microsoft.network/privateendpoints",
        "properties.subnet.id",
        "Azure/bicep#12540, #13267 ({user} is .../networkInterfaces/{nic}/ipConfigurations/{configuration})",
        False,
    ),
    (
        "microsoft.app/managedenvironments",
        "properties.vnetConfiguration.infrastructureSubnetId",
        (
            "a deployment guide on GitHub that names {id}/serviceAssociationLinks/legionservicelink as {user}, which"
            " Azure removes 30 minutes to hours after; that it stands while the environment exists is assumed"
        ),
        True,
    ),
    (
        "microsoft.cognitiveservices/accounts",
        "properties.networkInjections[].subnetArmId",
        (
            "microsoft-foundry/foundry-samples#153 (legionservicelink, in one report for two days after); that it"
            " stands until the account is purged is assumed"
        ),
        True,
    ),
    (
        "microsoft.containerservice/managedclusters",
        "properties.agentPoolProfiles[].vnetSubnetID",
        _NODES,
        True,
    ),
    (
        "microsoft.containerservice/managedclusters",
        "properties.apiServerAccessProfile.subnetId",
        "assumed: the API server's load balancer has its frontend there",
        True,
    ),
    (
        "microsoft.machinelearningservices/workspaces/computes",
        "properties.properties.subnet.id",
        f"{_NODES}; a compute cluster at zero nodes may not hold it",
        True,
    ),
    ("microsoft.web/sites", "properties.virtualNetworkSubnetId", _APP_LINK, True),
    ("microsoft.web/sites/slots", "properties.virtualNetworkSubnetId", _APP_LINK, True),
)
"""Type, path, source and whether it is assumed, of what occupies a subnet. A cluster shows all its pools."""

_OF_SUBNET = (
    (
        "microsoft.network/networksecuritygroups",
        "networkSecurityGroup.id",
        "InUseNetworkSecurityGroupCannotBeDeleted",
        (
            "Network security group {id} cannot be deleted because it is in use by the following resources: {user}. In"
            " order to delete the Network security group, remove the association with the resource(s)."
        ),
        "pulumi/pulumi-azure-native#3051, DataBiosphere/terra-workspace-manager#502 ({user} is the subnet's id)",
        False,
    ),
    (
        "microsoft.network/routetables",
        "routeTable.id",
        "InUseRouteTableCannotBeDeleted",
        "Route table {name} is in use and cannot be deleted.",
        "a Terraform file on GitHub that quotes the answer (400); Learn has a page of the code for AKS",
        False,
    ),
    (
        "microsoft.network/natgateways",
        "natGateway.id",
        "InUseNatGatewayCannotBeDeleted",
        "Nat gateway {name} cannot be deleted because it is in use by the following resources: {user}.",
        (
            "three clients on GitHub that handle the code, stackshy/cloudemu#967 (400); the text is assumed. One client"
            " handles NatGatewayInUseBySubnet instead"
        ),
        True,
    ),
)
"""Type, path below the subnet, code, text, source and whether it is assumed, of what a subnet refers to."""

_DOCUMENT_TEXT = "The document cannot be deleted since it is referenced by {user_name}."
_PUBLIC_IP_TEXT = (
    "Public IP address {id} can not be deleted since it is still allocated to resource {user}. In order to delete the"
    " public IP, disassociate/detach the Public IP address from the resource.  To learn how to do this, see"
    " aka.ms/deletepublicip."
)

IN_USE = (
    InUse(
        type="microsoft.authorization/roledefinitions",
        user="microsoft.authorization/roleassignments",
        path="properties.roleDefinitionId",
        by_name=True,
        status=400,
        code="RoleDefinitionHasAssignments",
        text="There are existing role assignments referencing role.",
        source="Learn: role-based-access-control/role-definitions-list and troubleshooting (code, text); the status is"
        " assumed",
        assumed=True,
    ),
    *(
        InUse(
            type=type_,
            user=user,
            path=path,
            below=below,
            status=400,
            code="InUseSubnetCannotBeDeleted",
            text=_SUBNET_TEXT,
            source=source,
            assumed=assumed,
        )
        for type_, below in (
            ("microsoft.network/virtualnetworks/subnets", False),
            ("microsoft.network/virtualnetworks", True),
        )
        for user, path, source, assumed in _SUBNET_USERS
    ),
    InUse(
        type="microsoft.network/virtualnetworks",
        user="microsoft.databricks/workspaces",
        path="properties.parameters.customVirtualNetworkId.value",
        status=400,
        code="InUseSubnetCannotBeDeleted",
        text=_SUBNET_TEXT,
        source="assumed: Databricks puts a network intent policy on its two subnets, which its body names without id",
        assumed=True,
    ),
    *(
        InUse(
            type=type_,
            user=user,
            path=f"{prefix}{path}",
            status=400,
            code=code,
            text=text,
            source=source,
            assumed=assumed,
        )
        for user, prefix in (
            ("microsoft.network/virtualnetworks", "properties.subnets[].properties."),
            ("microsoft.network/virtualnetworks/subnets", "properties."),
        )
        for type_, path, code, text, source, assumed in _OF_SUBNET
    ),
    InUse(
        type="microsoft.network/publicipaddresses",
        user="microsoft.network/natgateways",
        path="properties.publicIpAddresses[].id",
        status=400,
        code="PublicIPAddressCannotBeDeleted",
        text=_PUBLIC_IP_TEXT,
        source="hashicorp/terraform-provider-azurerm#6052",
    ),
    InUse(
        type="microsoft.network/publicipaddresses",
        user="microsoft.containerservice/managedclusters",
        path="properties.networkProfile.loadBalancerProfile.outboundIPs.publicIPs[].id",
        status=400,
        code="PublicIPAddressCannotBeDeleted",
        text=_PUBLIC_IP_TEXT,
        source="assumed: the cluster's load balancer has the address as frontend",
        assumed=True,
    ),
    InUse(
        type="microsoft.network/privatednszones",
        user="microsoft.network/privatednszones/virtualnetworklinks",
        status=409,
        code="CannotDeleteResource",
        text=(
            "Cannot delete resource while nested resources exist. Some existing nested resource IDs include: '{user}'."
            " Please delete all nested resources before deleting this resource."
        ),
        source="learntocloud/networking-lab#8 ({user} is the id from the provider on, without /providers/);"
        " Azure/azure-cli#15010: for a while after the last link is gone, too",
    ),
    InUse(
        type="microsoft.web/serverfarms",
        user="microsoft.web/sites",
        path="properties.serverFarmId",
        status=409,
        code="Conflict",
        text="Server farm '{name}' cannot be deleted because it has web app(s) {user_name} assigned to it.",
        source="hashicorp/terraform-provider-azurerm#13377 (extended code 11003)",
    ),
    *(
        InUse(
            type="microsoft.app/managedenvironments",
            user="microsoft.app/containerapps",
            path=path,
            status=409,
            code="ManagedEnvironmentHasContainerApps",
            text="The specified environment {name} cannot be deleted because it still contains {count} ContainerApps.",
            source="teardown scripts on GitHub that quote it (409), microsoft/azure-container-apps#1012 (of builders)",
        )
        for path in ("properties.environmentId", "properties.managedEnvironmentId")
    ),
    InUse(
        type="microsoft.datafactory/factories/linkedservices",
        user="microsoft.datafactory/factories/linkedservices",
        path="properties.**.referenceName",
        kind="LinkedServiceReference",
        status=400,
        code="BadRequest",
        text=_DOCUMENT_TEXT,
        source="liprec/vsts-publish-adf#57 (a key vault, by another linked service)",
    ),
    InUse(
        type="microsoft.datafactory/factories/linkedservices",
        user="microsoft.datafactory/factories/pipelines",
        path="properties.**.referenceName",
        kind="LinkedServiceReference",
        status=400,
        code="BadRequest",
        text=_DOCUMENT_TEXT,
        source="assumed: as by another linked service; by a data set in Azure-Player/azure.datafactory.devops#38",
        assumed=True,
    ),
    InUse(
        type="microsoft.datafactory/factories/pipelines",
        user="microsoft.datafactory/factories/pipelines",
        path="properties.**.referenceName",
        kind="PipelineReference",
        status=400,
        code="BadRequest",
        text=_DOCUMENT_TEXT,
        source="MicrosoftDocs/azure-docs#29217, liprec/vsts-publish-adf#104",
    ),
    InUse(
        type="microsoft.datafactory/factories/pipelines",
        user="microsoft.datafactory/factories/triggers",
        path="properties.**.referenceName",
        kind="PipelineReference",
        status=400,
        code="BadRequest",
        text=_DOCUMENT_TEXT,
        source="assumed: as by another pipeline",
        assumed=True,
    ),
    InUse(
        type="microsoft.datafactory/factories/integrationruntimes",
        user="microsoft.datafactory/factories/linkedservices",
        path="properties.connectVia.referenceName",
        kind="IntegrationRuntimeReference",
        status=400,
        code="BadRequest",
        text=_DOCUMENT_TEXT,
        source="assumed: as for the other documents of a factory",
        assumed=True,
    ),
    InUse(
        type="microsoft.datafactory/factories/integrationruntimes",
        user="microsoft.datafactory/factories/pipelines",
        path="properties.**.referenceName",
        kind="IntegrationRuntimeReference",
        status=400,
        code="BadRequest",
        text=_DOCUMENT_TEXT,
        source="assumed: as for the other documents of a factory; an activity names its runtime",
        assumed=True,
    ),
    InUse(
        type="microsoft.insights/datacollectionrules",
        user="microsoft.insights/datacollectionruleassociations",
        path="properties.dataCollectionRuleId",
        status=400,
        code="BadRequest",
        text="The data collection rule '{id}' has associations.",
        source="assumed: Learn has ?deleteAssociations=true to delete them too, without a word on what comes else",
        assumed=True,
    ),
)
"""What cannot be deleted while it is in use. The delete of a whole resource group is not held up by references within
the group, see `BLOCKED`.

Not refused, though one might expect it: an identity that has roles or that something runs as (infernux.no: assignments
linger); an AI account with deployments (Learn, though one guide reports a blocked group); a workspace or an endpoint
with what is below it (Learn: concept-soft-delete, Azure/azureml-examples#1625). Assumed, as no thread about a refusal
was found: what a workspace, an alert, Databricks or Application Insights refers to; a network with peerings or links
to zones; a cluster with endpoints; a site with slots."""


@dataclass(frozen=True, kw_only=True)
class Held(Refusal):
    """A state of a resource in which Azure refuses to delete or change it."""

    table = "HELD"
    by = ("type", "path", "value")

    type: str
    """The ARM type."""

    path: str
    """The property that tells the state."""

    value: str
    """Its value in that state."""

    last: bool = False
    """Whether it holds for the last resource with that value below its parent only."""

    writes: bool = False
    """Whether a write is refused as well as a delete."""


HELD = (
    Held(
        type="microsoft.datafactory/factories/triggers",
        path="properties.runtimeState",
        value="Started",
        writes=True,
        status=400,
        code="TriggerEnabledCannotUpdate",
        text="Cannot update enabled Trigger; the trigger needs to be disabled first. ",
        source="Azure-Player/azure.datafactory.tools#350 (delete), Azure/Azure-DataFactory#539 (write),"
        " Azure/Synapse-workspace-deployment#46 (the text, with its last space)",
    ),
    Held(
        type="microsoft.containerservice/managedclusters/agentpools",
        path="properties.mode",
        value="System",
        last=True,
        status=409,
        code="OperationNotAllowed",
        text="There has to be at least one agent pool.",
        source="pulumi/pulumi-azure-native#1575 (code, text, for the last pool); that the last system pool counts next"
        " to user pools, and the status, are assumed",
        assumed=True,
    ),
)
"""States that refuse a delete. The delete of the parent is not refused by them (assumed)."""


@dataclass(frozen=True, kw_only=True)
class Blocked(Refusal):
    """A whole that stays when something in it cannot be deleted."""

    table = "BLOCKED"
    by = ("type",)

    type: str
    """The ARM type of the whole."""


BLOCKED = (
    Blocked(
        type="microsoft.resources/resourcegroups",
        status=409,
        code="ResourceGroupDeletionBlocked",
        text=(
            "Deletion of resource group '{name}' failed as resources with identifiers '{users}' could not be deleted."
            " The provisioning state of the resource group will be rolled back. The tracking Id is '{tracking}'. Please"
            " check audit logs for more details."
        ),
        source="a log of a Go client's test on GitHub",
    ),
)
"""The delete of a group that some resource in it refuses, half-way: what could be deleted is gone. Resources outside
the group that refer to something in it refuse it; so may things that Azure made, as a service association link. Within
the group Azure tries again until nothing refuses (assumed). A lock in the group refuses it at once, see `LOCKS`."""


@dataclass(frozen=True, kw_only=True)
class Serial(Refusal):
    """A resource on which Azure refuses a write or delete while another one is under way."""

    table = "SERIAL"
    by = ("type", "user", "path")

    type: str
    """The ARM type of the busy resource. It is busy by an operation on itself or on a child of it."""

    user: str = ""
    """The ARM type of what is refused. Empty: the busy resource itself and its children."""

    path: str = ""
    """Where the refused body holds the busy resource's id. Empty if it is the resource itself or below it."""

    always: bool = False
    """Whether every second operation is refused. If not, it is reported as occasional."""

    extensions: tuple[str, ...] = ()
    """The ARM types of resources that extend the busy resource and are written through it, as its children are."""

    keeps: bool = False
    """Whether the user itself keeps busy what its body refers to, so that two of them at once clash."""


SERIAL = (
    Serial(
        type="microsoft.cognitiveservices/accounts",
        always=True,
        status=409,
        code="RequestConflict",
        text="Another operation is being performed on the parent resource '{id}'. Please try again later.",
        source="Azure/Vector-Search-AI-Assistant#11, Azure-Samples/tutor#117, Azure/azure-dev#9398,"
        " hashicorp/terraform-provider-azurerm#22607 (creates), #22939 (deletes)",
    ),
    Serial(
        type="microsoft.cognitiveservices/accounts",
        user="microsoft.network/privateendpoints",
        path="properties.privateLinkServiceConnections[].properties.privateLinkServiceId",
        status=400,
        code="AccountProvisioningStateInvalid",
        text="Call to Microsoft.CognitiveServices/accounts failed. Error message: Account {id} in state Accepted",
        source="hashicorp/terraform-provider-azurerm#31712 (for about half a second after the account says Succeeded),"
        " microsoft-foundry/foundry-samples#553",
    ),
    Serial(
        type="microsoft.containerservice/managedclusters",
        extensions=(
            "microsoft.kubernetesconfiguration/extensions",
            "microsoft.kubernetesconfiguration/fluxconfigurations",
        ),
        always=True,
        status=409,
        code="OperationNotAllowed",
        text=(
            "Operation is not allowed: Another operation ({state}) is in progress, please wait for it to finish before"
            " starting a new operation. See https://aka.ms/aks-pending-operation for more details"
        ),
        source="Azure/terraform-azurerm-avm-res-containerservice-managedcluster#160 of 2026-02-24 ('The AKS API does"
        " not support concurrent modifications to agent pools on the same cluster'; it locks namespaces alike),"
        " Azure/terraform-azurerm-avm-ptn-aks-production#25 (409), cilium/cilium#25944 (of pools: 'Another"
        " agentpool operation ({pool} - {state})'), Azure/telescope#1213 (a pool against an extension's install),"
        " Azure/AKS-Construction#385, #390 (two extensions); Azure/AKS#1913: clashes of pools are now and then. Of"
        " Trusted Access, maintenance windows and Flux configurations: assumed",
        day="2026-11-28",
        assumed=True,
    ),
    Serial(
        type="microsoft.network/virtualnetworks",
        user="microsoft.containerservice/managedclusters",
        path="properties.agentPoolProfiles[].vnetSubnetID",
        keeps=True,
        status=400,
        code="VirtualNetworkNotInSucceededState",
        text=(
            "Set virtual network ownership failed. Virtual network {id} is in {state} state. It needs to be in"
            " Succeeded state in order to set resource ownership."
        ),
        source="Azure/AKS#4522 (of a pool; its polling ends with SetVNetOwnershipFailed), of a cluster: assumed",
        day="2026-11-28",
        assumed=True,
    ),
    Serial(
        type="microsoft.network/virtualnetworks",
        user="microsoft.containerservice/managedclusters/agentpools",
        path="properties.vnetSubnetID",
        keeps=True,
        status=400,
        code="VirtualNetworkNotInSucceededState",
        text=(
            "Set virtual network ownership failed. Virtual network {id} is in {state} state. It needs to be in"
            " Succeeded state in order to set resource ownership."
        ),
        source="Azure/AKS#4522 (its polling ends with SetVNetOwnershipFailed),"
        " hashicorp/terraform-provider-azurerm#25888, #32682",
        day="2026-11-28",
    ),
    Serial(
        type="microsoft.network/virtualnetworks",
        status=429,
        code="AnotherOperationInProgress",
        text=(
            "Another operation on this or dependent resource is in progress. To retrieve status of the operation use"
            " uri: {uri}."
        ),
        source="pulumi/pulumi-azure-native#1024, #699 (subnets), hashicorp/terraform-provider-azurerm#3780 (peerings);"
        " the status is assumed, the threads print none",
        assumed=True,
    ),
    Serial(
        type="microsoft.network/virtualnetworks",
        user="microsoft.network/virtualnetworks/virtualnetworkpeerings",
        path="properties.remoteVirtualNetwork.id",
        status=400,
        code="ReferencedResourceNotProvisioned",
        text=(
            "Cannot proceed with operation because resource {id} used by resource {user} is not in Succeeded state."
            " Resource is in Updating state and the last operation that updated/is updating the resource is"
            " {operation}."
        ),
        source="hashicorp/terraform-provider-azurerm#2605, Azure-Samples/azuresandbox#329 (PutSubnetOperation)",
    ),
    Serial(
        type="microsoft.storage/storageaccounts",
        status=409,
        code="StorageAccountOperationInProgress",
        text=("An operation is currently performing on this storage account that requires exclusive access."),
        source="hashicorp/terraform-provider-azurerm#29351; storage's table of error codes (409)",
    ),
    Serial(
        type="microsoft.storage/storageaccounts",
        user="microsoft.network/privateendpoints",
        path="properties.privateLinkServiceConnections[].properties.privateLinkServiceId",
        keeps=True,
        status=409,
        code="StorageAccountOperationInProgress",
        text=(
            "Call to Microsoft.Storage/storageAccounts failed. Error message: An operation is currently performing on"
            " this storage account that requires exclusive access."
        ),
        source="Azure/bicep-registry-modules#6001 of 2025-09-24 (several endpoints of one account at once), Learn: a"
        " tutorial of functions with several private endpoints on one account ('might occasionally fail'),"
        " Azure/terraform-azurerm-avm-res-storage-storageaccount#382; the status is assumed",
        day="2026-11-28",
        assumed=True,
    ),
    Serial(
        type="microsoft.databricks/workspaces",
        user="microsoft.network/privateendpoints",
        path="properties.privateLinkServiceConnections[].properties.privateLinkServiceId",
        keeps=True,
        status=409,
        code="ConcurrentUpdateError",
        text=(
            "Call to Microsoft.Databricks/workspaces failed. Error message: Workspace update could not be completed"
            " because it has been updated by another process."
        ),
        source="databricks/terraform-databricks-examples#177 of 2025-02-18, hashicorp/terraform-provider-azurerm#26373;"
        " the status is assumed",
        day="2026-11-28",
        assumed=True,
    ),
    Serial(
        type="microsoft.managedidentity/userassignedidentities",
        user="microsoft.managedidentity/userassignedidentities/federatedidentitycredentials",
        always=True,
        status=409,
        code="ConcurrentFederatedIdentityCredentialsWritesForSingleManagedIdentity",
        text=(
            "Too many Federated Identity Credentials are written concurrently for the managed identity '{id}'."
            " Concurrent Federated Identity Credentials writes under the same managed identity are not supported."
        ),
        source="hashicorp/terraform-provider-azurerm#29242, #20003; error tables on GitHub (409)",
    ),
    Serial(
        type="microsoft.app/managedenvironments",
        always=True,
        status=409,
        code="ManagedEnvironmentOperationInProgress",
        text="Cannot modify Container Apps environment {name} because another operation is in progress.",
        source="microsoft/azure-container-apps#1112; the status is assumed",
        assumed=True,
    ),
    Serial(
        type="microsoft.app/containerapps",
        always=True,
        status=409,
        code="ContainerAppOperationInProgress",
        text="Cannot modify a container app '{name}' because there is an existing modification in progress.",
        source="runbooks on GitHub that handle the code; status and text are assumed",
        assumed=True,
    ),
    Serial(
        type="microsoft.web/sites",
        status=409,
        code="Conflict",
        text="Cannot modify this site because another operation is in progress. Details: {operation}",
        source="microsoft/azure-pipelines-tasks#11384 (409), microsoft/vscode-azureappservice#1306",
    ),
    Serial(
        type="microsoft.web/serverfarms",
        status=429,
        code="Conflict",
        text="Cannot modify this web hosting plan because another operation is in progress. Details: {operation}",
        source="microsoft/Partner-Smart-Office#1 (429), Azure/azure-sdk-for-java#1827 (extended code 59205)",
    ),
    Serial(
        type="microsoft.machinelearningservices/workspaces/onlineendpoints",
        status=409,
        code="Conflict",
        text="Conflict of operation, another operation on same entity is already running in workspace {name}.",
        source="Azure/azure-cli#17075 (of a model's deployment; the text says: on the same entity, so not of the whole"
        " workspace); status and code are assumed",
        assumed=True,
    ),
    Serial(
        type="microsoft.resources/resourcegroups",
        always=True,
        status=409,
        code="ResourceGroupBeingDeleted",
        text="The resource group '{name}' is in deprovisioning state and cannot perform this operation.",
        source="microsoft/azure-container-apps#206, while the group is being deleted only; the status is assumed",
        assumed=True,
    ),
)
"""Where two operations at once clash. Two private endpoints on one target are listed only where threads say so."""

DELEGATED = (
    Delegated(
        user="microsoft.web/sites",
        path="properties.virtualNetworkSubnetId",
        service="Microsoft.Web/serverFarms",
        link="AppServiceLink",
        source="MicrosoftDocs/azure-docs#48902 of 2020-02-25 (text); the code: MicrosoftDocs, Power Platform, 'Set up"
        " virtual network support', and scripts on GitHub; the status is assumed",
        day="2026-11-28",
        assumed=True,
    ),
    Delegated(
        user="microsoft.app/managedenvironments",
        path="properties.vnetConfiguration.infrastructureSubnetId",
        service="Microsoft.App/environments",
        link="legionservicelink",
        source="two scripts and notes on GitHub: while the link exists, Azure refuses to remove the delegation with"
        " this code; the text is that of MicrosoftDocs/azure-docs#48902 and #92894 for other services; the status is"
        " assumed",
        day="2026-11-28",
        assumed=True,
    ),
)
"""A resource that keeps the delegation of a subnet."""
