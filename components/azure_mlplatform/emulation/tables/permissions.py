"""What Azure asks of a caller: an action on what a request is about, and actions on what its body names.

The name of an action follows from the request ("{Company}.{ProviderName}/{resourceType}/{action}", Learn:
role-based-access-control/permissions). The tables have what does not follow: a name that differs, and the links of a
body. Azure compares actions and scopes without regard to case.
"""

from dataclasses import dataclass

from .row import Row

_DAY = "2026-11-28"

UNAUTHORIZED = (
    "The client '{client}' with object id '{client}' does not have authorization to perform action '{action}' over"
    " scope '{scope}' or the scope is invalid. If access was recently granted, please refresh your credentials."
)
"""The text of 403 AuthorizationFailed (Azure/azure-rest-api-specs#25873, read 2026-11-28)."""

LINKED_UNAUTHORIZED = (
    "The client '{client}' with object id '{client}' has permission to perform action '{action}' on scope '{scope}';"
    " however, it does not have permission to perform action '{linked}' on the linked scope(s) '{target}' or the linked"
    " scope(s) are invalid."
)
"""The text of 403 LinkedAuthorizationFailed (CDCgov/prime-reportstream#7678, MicrosoftDocs/azure-docs#96892, read
2026-11-28)."""

NAMES = {"microsoft.resources/resourcegroups": "microsoft.resources/subscriptions/resourcegroups"}
"""Type in an id → type in an action (permissions/management-and-governance)."""


@dataclass(frozen=True, kw_only=True)
class Linked(Row):
    """An action on something that a body names."""

    table = "LINKED"
    by = ("type", "path", "action")

    type: str
    """The ARM type that is written."""

    path: str
    """Where its body holds the id, or a map with ids as keys. Empty: what it is below."""

    action: str
    """The action. With `{type}`: that of the target's type."""


_JOIN_SUBNET = "microsoft.network/virtualnetworks/subnets/join/action"
_ASSIGN = "microsoft.managedidentity/userassignedidentities/assign/action"
_KEYS = "microsoft.operationalinsights/workspaces/sharedkeys/action"
_APPROVE = "{type}/privateendpointconnectionsapproval/action"
_NETWORKING = "Learn: role-based-access-control/permissions/networking"
_SUBNETS = (
    ("microsoft.network/privateendpoints", "subnet.id", "Learn: private-link/rbac-permissions", False),
    (
        "microsoft.containerservice/managedclusters",
        "agentPoolProfiles[].vnetSubnetID",
        "Learn: aks/aks-service-permissions",
        False,
    ),
    (
        "microsoft.containerservice/managedclusters/agentpools",
        "vnetSubnetID",
        "Learn: aks/aks-service-permissions (of the cluster)",
        True,
    ),
    ("microsoft.machinelearningservices/workspaces/computes", "properties.properties.subnet.id", _NETWORKING, True),
    (
        "microsoft.machinelearningservices/workspaces",
        "serverlessComputeSettings.serverlessComputeCustomSubnet",
        _NETWORKING,
        True,
    ),
    ("microsoft.app/managedenvironments", "vnetConfiguration.infrastructureSubnetId", _NETWORKING, True),
    ("microsoft.web/sites", "virtualNetworkSubnetId", _NETWORKING, True),
    ("microsoft.web/sites/slots", "virtualNetworkSubnetId", _NETWORKING, True),
    ("microsoft.databricks/workspaces", "parameters.customVirtualNetworkId.value", _NETWORKING, True),
)

LINKED = (
    *(
        Linked(type=type_, path=path, action=_JOIN_SUBNET, source=source, day=_DAY, assumed=assumed)
        for type_, path, source, assumed in _SUBNETS
    ),
    *(
        Linked(
            type=type_,
            path=path,
            action=_ASSIGN,
            source="Learn: role-based-access-control/permissions/identity (assigning an identity to a resource)",
            day=_DAY,
        )
        for type_, path in (
            ("microsoft.containerregistry/registries", "identity.userAssignedIdentities"),
            *(
                (each, "identity.userAssignedIdentities[]")
                for each in (
                    "microsoft.app/containerapps",
                    "microsoft.cognitiveservices/accounts",
                    "microsoft.containerservice/managedclusters",
                    "microsoft.machinelearningservices/workspaces",
                    "microsoft.machinelearningservices/workspaces/computes",
                    "microsoft.machinelearningservices/workspaces/onlineendpoints",
                    "microsoft.storage/storageaccounts",
                    "microsoft.web/sites",
                    "microsoft.web/sites/slots",
                )
            ),
        )
    ),
    *(
        Linked(
            type="microsoft.network/virtualnetworks",
            path=f"subnets[].{path}.id",
            action=f"microsoft.network/{name}/join/action",
            source="Azure/ARO-RP, pkg/validate/dynamic, and its docs (who writes a subnet that has them)",
            day=_DAY,
        )
        for path, name in (
            ("networkSecurityGroup", "networksecuritygroups"),
            ("routeTable", "routetables"),
            ("natGateway", "natgateways"),
        )
    ),
    Linked(
        type="microsoft.network/natgateways",
        path="publicIpAddresses[].id",
        action="microsoft.network/publicipaddresses/join/action",
        source=f"{_NETWORKING} (Joins a public IP address)",
        day=_DAY,
    ),
    Linked(
        type="microsoft.network/virtualnetworks/virtualnetworkpeerings",
        path="remoteVirtualNetwork.id",
        action="microsoft.network/virtualnetworks/peer/action",
        source=f"{_NETWORKING} (Peers a virtual network with another virtual network)",
        day=_DAY,
    ),
    Linked(
        type="microsoft.network/privateendpoints",
        path="privateLinkServiceConnections[].privateLinkServiceId",
        action=_APPROVE,
        source="MicrosoftDocs/azure-docs#96892 (code and text), #77212 (the name); Azure/azure-cli#31926 (also where a"
        " provider does not publish it)",
        day=_DAY,
    ),
    *(
        Linked(
            type=f"{type_}/privateendpointconnections",
            path="",
            action=f"{type_}/privateendpointconnectionsapproval/action",
            source="MicrosoftDocs/azure-docs#77212 (the right to approve); that a PUT asks it is assumed",
            day=_DAY,
            assumed=True,
        )
        for type_ in ("microsoft.machinelearningservices/workspaces", "microsoft.storage/storageaccounts")
    ),
    Linked(
        type="microsoft.network/privateendpoints/privatednszonegroups",
        path="privateDnsZoneConfigs[].privateDnsZoneId",
        action="microsoft.network/privatednszones/join/action",
        source=f"{_NETWORKING} (Joins a Private DNS Zone)",
        day=_DAY,
    ),
    Linked(
        type="microsoft.network/privatednszones/virtualnetworklinks",
        path="virtualNetwork.id",
        action="microsoft.network/virtualnetworks/join/action",
        source=f"{_NETWORKING} (Joins a virtual network; that a link does is assumed)",
        day=_DAY,
        assumed=True,
    ),
    *(
        Linked(type=type_, path=path, action=_KEYS, source=source, day=_DAY)
        for type_, path, source in (
            ("microsoft.insights/diagnosticsettings", "workspaceId", "JimGBritt/AzurePolicy#17 (code and text)"),
            (
                "microsoft.insights/components",
                "workspaceResourceId",
                "MicrosoftDocs/azure-monitor-docs#297 (of another subscription; of the same one is assumed)",
            ),
        )
    ),
    *(
        Linked(
            type="microsoft.containerservice/managedclusters",
            path="addonProfiles.omsagent.config.logAnalyticsWorkspaceResourceID",
            action=f"microsoft.operationalinsights/workspaces/{name}",
            source="Learn: aks/aks-service-permissions",
            day=_DAY,
        )
        for name in ("read", "sharedkeys/read")
    ),
    *(
        Linked(
            type=f"microsoft.insights/{type_}",
            path=path,
            action=action,
            source="Learn: azure-monitor/alerts/alerts-overview (read permission on target and action group)",
            day=_DAY,
        )
        for type_, path, action in (
            ("metricalerts", "scopes[]", "{type}/read"),
            ("metricalerts", "actions[].actionGroupId", "microsoft.insights/actiongroups/read"),
            ("scheduledqueryrules", "scopes[]", "{type}/read"),
            ("scheduledqueryrules", "actions.actionGroups[]", "microsoft.insights/actiongroups/read"),
        )
    ),
    Linked(
        type="microsoft.app/containerapps",
        path="environmentId",
        action="microsoft.app/managedenvironments/join/action",
        source="Learn: role-based-access-control/permissions/compute (Allows to create a Container App in a Managed"
        " Environment)",
        day=_DAY,
    ),
    *(
        Linked(
            type=type_,
            path="serverFarmId",
            action="microsoft.web/serverfarms/join/action",
            source="Learn: role-based-access-control/permissions/web-and-mobile (Joins an App Service Plan)",
            day=_DAY,
        )
        for type_ in ("microsoft.web/sites", "microsoft.web/sites/slots")
    ),
)
"""The links that Resource Manager checks. Others may be checked too: a link without a row passes."""


@dataclass(frozen=True, kw_only=True)
class OnSource(Row):
    """What Data Factory does to the source of a trigger's events, as who called it."""

    table = "ON_SOURCE"
    by = ("action", "asks")

    action: str
    """The action on the trigger."""

    asks: str
    """The action on the storage account."""


ON_SOURCE = tuple(
    OnSource(
        action=action,
        asks=f"microsoft.eventgrid/eventsubscriptions/{verb}",
        source="Learn: event-grid/security-authorization (writing a subscription takes the right on the source); that"
        " Data Factory acts as who called it, and the rights besides write, are assumed",
        day=_DAY,
        assumed=True,
    )
    for action, verb in (
        ("subscribetoevents", "write"),
        ("unsubscribefromevents", "delete"),
        ("geteventsubscriptionstatus", "read"),
    )
)
"""Subscriptions of a trigger's events."""
