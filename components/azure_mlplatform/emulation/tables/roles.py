"""Which role an identity must have when a resource is made or changed, and what Azure says of one that it cannot find.

A row counts where this world made the identity: nobody else can have given it a role. Azure's checks read the role
assignments of a scope and of all above it, as `Azure` does here. How long an assignment takes until it has effect
(Learn, answers/questions/524792: up to 30 minutes) is not modelled as time: a fault of the operation
`effect` on an assignment keeps it from having effect for a number of checks. azure-native does not send a request again
for any answer of these tables (see `provider.py`), so an update that meets one fails, and the next one goes on.

Not here, as creation does not fail without the role (assumed): pulls of App Service and of online endpoints, data
stores with identity, secrets by Key Vault references. Customer-managed keys are refused without their role
(Azure/terraform-azurerm-avm-res-storage-storageaccount#391: 403), but nothing here makes one.
"""

from dataclasses import dataclass

from .row import Refusal


@dataclass(frozen=True, kw_only=True)
class Needed(Refusal):
    """A role that an identity must have on something that a resource names."""

    table = "ROLES"
    by = ("type", "target", "roles")

    type: str
    """The ARM type of the resource that is made or changed."""

    identity: str
    """Where its body holds the id of the identity, or that of its parent, with `parent:` before the path."""

    target: str
    """Where its body holds the id, or the host name of the registry, on which the role must be."""

    roles: tuple[str, ...]
    """The names of the roles any of which suffices."""

    given: str = ""
    """The condition on the target for the row to count, as `path=value`. Empty: none."""


_DAY = "2026-11-28"

ROLE_IDS = {
    "AcrPull": "7f951dda-4ed3-4680-a7ca-43fe172d538d",
    "AcrPush": "8311e382-0749-4cb8-b61a-304f252e45ec",
    "Azure AI Administrator": "b78c5d69-af96-48a3-bf8d-a8b4d589de94",
    "Contributor": "b24988ac-6180-42a0-ab88-20f7382dd24c",
    "Key Vault Administrator": "00482a5a-887f-4fb3-b363-3b7fe8e74483",
    "Network Contributor": "4d97b98b-1d4f-4787-a291-c67834d212e7",
    "Owner": "8e3af657-a8ff-443c-a75c-2fe8c4bcb635",
    "Private DNS Zone Contributor": "b12aa53e-6015-4669-85d0-8515ebb3ae7f",
}
"""The ids of the role definitions (Learn: role-based-access-control/built-in-roles)."""

_CONTRIBUTOR = ("Contributor", "Owner")
_OF_WORKSPACES = ("Azure AI Administrator", *_CONTRIBUTOR)
_WORKSPACE = "microsoft.machinelearningservices/workspaces"
_CLUSTER = "microsoft.containerservice/managedclusters"
_REQUIRED = (
    "Learn: machine-learning/how-to-identity-based-service-authentication (required for a user-assigned identity, as in"
    " the template that Azure/azure-quickstart-templates#8576 adds); how-to-assign-roles (since 2024-11-19 a"
    " system-assigned identity has Azure AI Administrator; that it is enough for a user-assigned one is assumed); that"
    " the creation is refused, and how, is assumed"
)
_NO_RIGHT = (
    "The client '{principal}' with object id '{principal}' does not have authorization to perform action '{type}/read'"
    " over scope '{target}' or the scope is invalid. If access was recently granted, please refresh your credentials."
)

ROLES = (
    *(
        Needed(
            type=_WORKSPACE,
            identity="properties.primaryUserAssignedIdentity",
            target=f"properties.{target}",
            roles=roles,
            given=given,
            status=403,
            code="AuthorizationFailed",
            text=_NO_RIGHT,
            source=_REQUIRED,
            day=_DAY,
            assumed=True,
        )
        for target, roles, given in (
            ("storageAccount", _OF_WORKSPACES, ""),
            ("keyVault", _OF_WORKSPACES, ""),
            ("keyVault", ("Key Vault Administrator",), "properties.enableRbacAuthorization=true"),
            ("containerRegistry", _OF_WORKSPACES, ""),
            ("applicationInsights", _OF_WORKSPACES, ""),
        )
    ),
    Needed(
        type=f"{_WORKSPACE}/computes",
        identity="parent:properties.primaryUserAssignedIdentity",
        target="properties.resourceId",
        roles=_CONTRIBUTOR,
        given="type=microsoft.containerservice/managedclusters",
        status=400,
        code="BadRequest",
        text="AKS role check failed for user assigned identity. Please check the role assignment.",
        source="Azure/AML-Kubernetes#279 (code, text; the status from the code); that this role is enough is assumed",
        day=_DAY,
        assumed=True,
    ),
    Needed(
        type=_CLUSTER,
        identity="identity.userAssignedIdentities[]",
        target="properties.agentPoolProfiles[].vnetSubnetID",
        roles=("Network Contributor", *_CONTRIBUTOR),
        status=403,
        code="LinkedAuthorizationFailed",
        text=(
            "The client '{principal}' with object id '{principal}' does not have permission to perform action(s)"
            " 'Microsoft.Network/virtualNetworks/subnets/join/action' on the linked scope(s) '{target}' or the linked"
            " scope(s) are invalid."
        ),
        source="Azure/terraform-azurerm-aks#178 (from Learn: at least Network Contributor on the subnet);"
        " MicrosoftDocs/azure-aks-docs#110 (text), Azure/aad-pod-identity#511 (code, 403, of machines)",
        day=_DAY,
        assumed=True,
    ),
    Needed(
        type=_CLUSTER,
        identity="identity.userAssignedIdentities[]",
        target="properties.apiServerAccessProfile.privateDNSZone",
        roles=("Private DNS Zone Contributor", *_CONTRIBUTOR),
        status=400,
        code="CustomPrivateDNSZoneMissingPermissionError",
        text=(
            "Service principal or user-assigned identity must be given permission to read and write to custom private"
            " dns zone {target}. Check access result not allowed for action Microsoft.Network/privateDnsZones/write."
        ),
        source="Azure/Azure-Landing-Zones#2892 (text), Azure/AKS#3470 (code, and the role from Learn: aks/"
        "private-clusters); the status is assumed",
        day=_DAY,
        assumed=True,
    ),
    Needed(
        type="microsoft.app/containerapps",
        identity="properties.configuration.registries[].identity",
        target="properties.configuration.registries[].server",
        roles=("AcrPull", "AcrPush", *_CONTRIBUTOR),
        status=400,
        code="ContainerAppOperationError",
        text=(
            "Failed to provision revision for container app '{name}'. Error details: The following field(s) are either"
            " invalid or missing. Field 'template.containers.{name}.image' is invalid with details: 'Invalid value:"
            " unable to pull image using Managed identity {identity} for registry {target}';.."
        ),
        source="microsoft/azure-container-apps#1061 (code, text), microsoft/GitHub-Copilot-for-Azure#1701 (for minutes"
        " after the assignment); the status is assumed",
        day=_DAY,
        assumed=True,
    ),
)
"""The roles that are checked."""


@dataclass(frozen=True, kw_only=True)
class Fresh(Refusal):
    """A principal that was made just now and that Azure looks up, because its kind is not given."""

    table = "FRESH"
    by = ("type", "path")

    type: str
    """The ARM type that names the principal."""

    path: str
    """The property that keeps Azure from looking it up."""


FRESH = (
    Fresh(
        type="microsoft.authorization/roleassignments",
        path="properties.principalType",
        status=400,
        code="PrincipalNotFound",
        text=(
            "Principal {principal} does not exist in the directory {tenant}. Check that you have the correct principal"
            " ID. If you are creating this principal and then immediately assigning a role, this error might be related"
            " to a replication delay. In this case, set the role assignment principalType property to a value, such as"
            " ServicePrincipal, User, or Group.  See https://aka.ms/docs-principaltype"
        ),
        source="Azure/avdaccelerator#99 (text); Azure/azure-sdk-for-net#1652 (400); microsoft/iomt-fhir#79 (the"
        " remedy); that every principal of this process is fresh is assumed",
        day=_DAY,
    ),
)
"""Principals that Azure does not find yet."""
