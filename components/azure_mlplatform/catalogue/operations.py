"""The operations of Azure's access control that a request on each resource type takes, as Microsoft publishes them.

A right is an operation on a scope. A GET takes the operation `read` of the type, a PUT or PATCH `write`, a DELETE
`delete`, a POST the action at its end (Learn: role-based-access-control/permissions, which also has the spelling; its
pages as stored in MicrosoftDocs/azure-docs, of March 2024 to February 2026). A body that names other resources takes an
action on each of them, such as `join/action` on a subnet: Azure Resource Manager refuses it with
LinkedAuthorizationFailed otherwise. That such a request takes no other action is never published, so a role may still
lack one.

Left out, as nothing was found about them: what Azure ML asks of its own parts and of a cluster, Databricks or Spark
pool that it attaches; what AKS asks of a private DNS zone; what a data collection rule asks of its log. Polls of long
operations take no right here: Contributor on a group is known to suffice for them, and they lie outside the group.
"""

import datetime
from dataclasses import dataclass

READ = datetime.date(2026, 11, 28)
"""The day on which all sources were read."""

_PAGES = "Learn: role-based-access-control/permissions"

RESERVED_GROUP = "managedResourceGroupId"
"""The input that names a group that Azure makes with a resource."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Operation:
    """One operation that a request takes."""

    action: str
    """Its published name. One of OF_TARGETS with a slash before it, such as `/approve`: that of the target's type."""

    on: str = ""
    """The path in the inputs to the ids of what it is on. `[]` stands for each item of a list and each
    key of a map. Default: the resource itself."""

    only_if: str = ""
    """A condition on the inputs, as `path=value`. Default: always."""

    reason: str = ""
    """What the resource does with what it is on, in a few words. Default: it is read, written or deleted itself."""

    source: str = ""
    """Where this was read. Default: the source of the row."""

    assumed: bool = False
    """Whether no source states that the request takes it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Operations:
    """The operations on resources of one type."""

    read: tuple[Operation, ...] = ()
    """To read one, also before it is made and in a refresh."""

    write: tuple[Operation, ...] = ()
    """To make or change one."""

    delete: tuple[Operation, ...] = ()
    """To delete one."""

    source: str
    """Where the names were read."""


def _on(action: str, on: str, reason: str, source: str, *, assumed: bool = False, only_if: str = "") -> Operation:
    return Operation(action=action, on=on, reason=reason, source=source, assumed=assumed, only_if=only_if)


_IDENTITIES = _on(
    "Microsoft.ManagedIdentity/userAssignedIdentities/assign/action",
    "identity.userAssignedIdentities[]",
    "runs as it",
    f"{_PAGES}/identity (RBAC action for assigning an existing user assigned identity to a resource)",
)


def _joins(path: str, *, assumed: bool = False) -> Operation:
    return _on(
        "Microsoft.Network/virtualNetworks/subnets/join/action",
        path,
        "joins it",
        f"{_PAGES}/networking; Learn: private-link/rbac-permissions (private endpoints, 2026-03-30), aks/"
        "aks-service-permissions (clusters); for other types the check is assumed",
        assumed=assumed,
    )


def _joins_part(type_: str, path: str, reason: str) -> Operation:
    return _on(
        f"Microsoft.Network/{type_}/join/action",
        path,
        reason,
        f"{_PAGES}/networking (the action); Azure/ARO-RP, pkg/validate/dynamic (routeTables, natGateways)",
    )


_SENDS_LOGS = "Microsoft.OperationalInsights/workspaces/sharedKeys/action"
_ALERTS = "Learn: azure-monitor/alerts/alerts-overview (read permission on the target and on any action group)"
_CLUSTER = "Microsoft.ContainerService/managedClusters"
_FACTORY = "Microsoft.DataFactory/factories"
_WORKSPACE = "Microsoft.MachineLearningServices/workspaces"
_LOCATIONS = "Microsoft.MachineLearningServices/locations"
_QUOTAS = f"{_PAGES}/ai-machine-learning; machine-learning/how-to-assign-roles (on the subscription)"
_READS_QUOTAS = _on(f"{_LOCATIONS}/quotas/read", "subscription", "reads quotas", _QUOTAS)
_MODEL_REGISTRY = "Microsoft.MachineLearningServices/registries"
_SITE = "Microsoft.Web/sites"


def _type(name: str, page: str, *writes: Operation, upper: bool = False, reset: bool = False) -> Operations:
    """A type with the three operations of its name. `upper`: published as `Read`, `Write`, `Delete`.

    `reset`: exists as long as its parent, so azure-native writes its defaults instead of deleting it.
    """
    verbs = [each.title() if upper else each for each in ("read", "write", "delete")]
    read, write, delete = (Operation(action=f"{name}/{verb}") for verb in verbs)
    return Operations(
        read=(read,),
        write=(write, *writes),
        delete=(write if reset else delete,),
        source=page if " " in page else f"{_PAGES}/{page}",
    )


_EVENTS_SOURCE = (
    "Learn: event-grid/security-authorization (Microsoft.EventGrid/EventSubscriptions/Write on the source);"
    f" {_PAGES}/integration; that Data Factory asks it of who subscribes: dynamic/trigger_client.py"
)
_BY_BLOB = "definition.type=BlobEventsTrigger"
_ACCOUNT = "definition.typeProperties.scope"


def _of_trigger(*names: str, only_if: str = "") -> tuple[Operation, ...]:
    return tuple(Operation(action=f"{_FACTORY}/triggers/{name}/action", only_if=only_if) for name in names)


def _on_events(*verbs: str) -> tuple[Operation, ...]:
    return tuple(
        _on(
            f"Microsoft.EventGrid/eventSubscriptions/{verb}",
            _ACCOUNT,
            "is started by its events",
            _EVENTS_SOURCE,
            only_if=_BY_BLOB,
            assumed=verb != "write",
        )
        for verb in verbs
    )


_TRIGGER_READ = Operation(action=f"{_FACTORY}/triggers/read")
_STARTS = (
    *_of_trigger("start"),
    *_of_trigger("subscribetoevents", "geteventsubscriptionstatus", only_if=_BY_BLOB),
    *_on_events("read", "write"),
)
_STOPS = (
    *_of_trigger("stop"),
    *_of_trigger("unsubscribefromevents", "geteventsubscriptionstatus", only_if=_BY_BLOB),
    *_on_events("read", "delete"),
)
_TAGS = "public deployments that change tags/default with Microsoft.Resources/tags/write only; read by the general rule"
_COMPUTE_DELETE = Operation(action=f"{_WORKSPACE}/computes/delete", reason="detaches what is behind it")
_DETACH = Operations(delete=(_COMPUTE_DELETE,), source=f"{_PAGES}/ai-machine-learning")
_MANAGED_ENDPOINT = f"{_FACTORY}/managedVirtualNetworks/managedPrivateEndpoints"


_MODEL_READ = Operation(
    action="Microsoft.CognitiveServices/accounts/deployments/read", reason="reads which model a deployment runs"
)

OPERATIONS: dict[str, Operations] = {
    "azure-native:app:ContainerApp": _type(
        "microsoft.app/containerapps",
        "compute",
        _on(
            "microsoft.app/managedenvironments/join/action",
            "environmentId",
            "runs in it",
            f"{_PAGES}/compute (Allows to create a Container App in a Managed Environment)",
        ),
        _IDENTITIES,
    ),
    "azure-native:app:ContainerAppsAuthConfig": _type("microsoft.app/containerapps/authconfigs", "compute"),
    "azure-native:app:ManagedEnvironment": _type(
        "microsoft.app/managedenvironments",
        "compute",
        _joins("vnetConfiguration.infrastructureSubnetId", assumed=True),
    ),
    "azure-native:applicationinsights:Component": _type(
        "Microsoft.Insights/Components",
        "monitor",
        _on(
            _SENDS_LOGS,
            "workspaceResourceId",
            "keeps its data there",
            "MicrosoftDocs/azure-monitor-docs#297 (2026-07-06: with a log in another subscription; else assumed)",
        ),
        upper=True,
    ),
    "azure-native:authorization:ManagementLockByScope": _type(
        "Microsoft.Authorization/locks", "management-and-governance"
    ),
    "azure-native:applicationinsights:Workbook": _type("Microsoft.Insights/Workbooks", "monitor", upper=True),
    "azure-native:authorization:PolicyAssignment": _type(
        "Microsoft.Authorization/policyAssignments", "management-and-governance"
    ),
    "azure-native:authorization:RoleAssignment": _type(
        "Microsoft.Authorization/roleAssignments", "management-and-governance"
    ),
    "azure-native:authorization:RoleDefinition": _type(
        "Microsoft.Authorization/roleDefinitions", "management-and-governance"
    ),
    "azure-native:cognitiveservices:Account": _type(
        "Microsoft.CognitiveServices/accounts", "ai-machine-learning", _IDENTITIES
    ),
    "azure-native:cognitiveservices:Deployment": _type(
        "Microsoft.CognitiveServices/accounts/deployments", "ai-machine-learning"
    ),
    "azure-native:consumption:Budget": _type("Microsoft.Consumption/budgets", "management-and-governance"),
    "azure-native:containerregistry:Registry": _type(
        "Microsoft.ContainerRegistry/registries", "containers", _IDENTITIES
    ),
    "azure-native:containerservice:AgentPool": _type(f"{_CLUSTER}/agentPools", "containers", _joins("vnetSubnetID")),
    "azure-native:containerservice:MaintenanceConfiguration": _type(
        f"{_CLUSTER}/maintenanceConfigurations", "containers"
    ),
    "azure-native:containerservice:ManagedCluster": _type(
        _CLUSTER,
        "containers",
        _joins("agentPoolProfiles[].vnetSubnetID"),
        _IDENTITIES,
        *(
            _on(
                f"Microsoft.OperationalInsights/workspaces/{name}read",
                "addonProfiles.omsagent.config.logAnalyticsWorkspaceResourceID",
                "sends its logs there",
                "Learn: aks/aks-service-permissions (identity creating and operating the cluster), which also names"
                " Microsoft.OperationsManagement/solutions: for the add-on without sign-in by identity, not used here",
            )
            for name in ("", "sharedKeys/")
        ),
    ),
    "azure-native:containerservice:ManagedNamespace": _type(
        f"{_CLUSTER}/managedNamespaces",
        "the general rule of names; an AuthorizationFailed with managedNamespaces/write, read in a public transcript",
    ),
    "azure-native:containerservice:TrustedAccessRoleBinding": _type(
        f"{_CLUSTER}/trustedAccessRoleBindings", "containers"
    ),
    "azure-native:databricks:AccessConnector": _type("Microsoft.Databricks/accessConnectors", "analytics"),
    "azure-native:databricks:Workspace": _type(
        "Microsoft.Databricks/workspaces",
        "analytics",
        _joins("parameters.customVirtualNetworkId.value", assumed=True),
    ),
    "azure-native:datafactory:Factory": _type(_FACTORY, "analytics"),
    "azure-native:datafactory:IntegrationRuntime": _type(f"{_FACTORY}/integrationruntimes", "analytics"),
    "azure-native:datafactory:LinkedService": _type(f"{_FACTORY}/linkedServices", "analytics"),
    "azure-native:datafactory:ManagedPrivateEndpoint": _type(_MANAGED_ENDPOINT, "analytics"),
    "azure-native:datafactory:Pipeline": _type(f"{_FACTORY}/pipelines", "analytics"),
    "azure-native:datafactory:Trigger": _type(f"{_FACTORY}/triggers", "analytics"),
    "azure-native:keyvault:Vault": _type("Microsoft.KeyVault/vaults", "security"),
    "azure-native:kubernetesconfiguration:Extension": _type(
        "Microsoft.KubernetesConfiguration/extensions", "hybrid-multicloud"
    ),
    "azure-native:kubernetesconfiguration:FluxConfiguration": _type(
        "Microsoft.KubernetesConfiguration/fluxConfigurations", "hybrid-multicloud"
    ),
    "azure-native:loadtestservice:LoadTest": _type("Microsoft.LoadTestService/loadTests", "devops"),
    "azure-native:machinelearningservices:BatchEndpoint": _type(f"{_WORKSPACE}/batchEndpoints", "ai-machine-learning"),
    "azure-native:machinelearningservices:Compute": _type(
        f"{_WORKSPACE}/computes",
        "ai-machine-learning",
        _joins("properties.properties.subnet.id", assumed=True),
        _IDENTITIES,
    ),
    "azure-native:machinelearningservices:Datastore": _type(f"{_WORKSPACE}/datastores", "ai-machine-learning"),
    "azure-native:machinelearningservices:OnlineEndpoint": _type(
        f"{_WORKSPACE}/onlineEndpoints", "ai-machine-learning", _IDENTITIES
    ),
    "azure-native:machinelearningservices:Registry": _type(
        _MODEL_REGISTRY,
        "Learn: machine-learning/how-to-manage-registries (Allow users to create and manage registries; read, write, "
        "delete), stored of 2024",
    ),
    "azure-native:machinelearningservices:Workspace": _type(
        _WORKSPACE,
        "ai-machine-learning",
        _IDENTITIES,
        _joins("serverlessComputeSettings.serverlessComputeCustomSubnet", assumed=True),
    ),
    "azure-native:machinelearningservices:WorkspaceConnection": _type(
        f"{_WORKSPACE}/connections", "ai-machine-learning"
    ),
    "azure-native:managedidentity:FederatedIdentityCredential": _type(
        "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials", "identity"
    ),
    "azure-native:managedidentity:UserAssignedIdentity": _type(
        "Microsoft.ManagedIdentity/userAssignedIdentities", "identity"
    ),
    "azure-native:monitor:ActionGroup": _type("Microsoft.Insights/ActionGroups", "monitor", upper=True),
    "azure-native:monitor:DataCollectionRule": _type("Microsoft.Insights/DataCollectionRules", "monitor", upper=True),
    "azure-native:monitor:DataCollectionRuleAssociation": _type(
        "Microsoft.Insights/DataCollectionRuleAssociations", "monitor", upper=True
    ),
    "azure-native:monitor:DiagnosticSetting": _type(
        "Microsoft.Insights/DiagnosticSettings",
        "monitor",
        _on(
            _SENDS_LOGS,
            "workspaceId",
            "sends logs there",
            "JimGBritt/AzurePolicy#17 (LinkedAuthorizationFailed), MicrosoftDocs/azure-docs#80159",
        ),
        upper=True,
    ),
    "azure-native:monitor:MetricAlert": _type(
        "Microsoft.Insights/MetricAlerts",
        "monitor",
        _on("/read", "scopes[]", "watches it", _ALERTS),
        _on("Microsoft.Insights/ActionGroups/Read", "actions[].actionGroupId", "notifies it", _ALERTS),
        upper=True,
    ),
    "azure-native:monitor:ScheduledQueryRule": _type(
        "Microsoft.Insights/ScheduledQueryRules",
        "monitor",
        _on("/read", "scopes[]", "watches it", _ALERTS),
        _on("Microsoft.Insights/ActionGroups/Read", "actions.actionGroups[]", "notifies it", _ALERTS),
        upper=True,
    ),
    "azure-native:network:NatGateway": _type(
        "Microsoft.Network/natGateways",
        "Azure/ARO-RP, pkg/validate/dynamic (read, write, join); delete by the general rule of names",
        _joins_part("publicIPAddresses", "publicIpAddresses[].id", "uses the address"),
    ),
    "azure-native:network:NetworkSecurityGroup": _type("Microsoft.Network/networkSecurityGroups", "networking"),
    "azure-native:network:PrivateDnsZoneGroup": _type(
        "Microsoft.Network/privateEndpoints/privateDnsZoneGroups",
        "networking",
        _on(
            "Microsoft.Network/privateDnsZones/join/action",
            "privateDnsZoneConfigs[].privateDnsZoneId",
            "registers names in it",
            f"{_PAGES}/networking (Joins a Private DNS Zone)",
        ),
    ),
    "azure-native:network:PrivateEndpoint": _type(
        "Microsoft.Network/privateEndpoints",
        "networking",
        _joins("subnet.id"),
        _on(
            "/approve",
            "privateLinkServiceConnections[].privateLinkServiceId",
            "connects to it, approved at once",
            "Learn: private-link/rbac-permissions (automatic approval, 2026-03-30); MicrosoftDocs/azure-docs#96892",
        ),
    ),
    "azure-native:network:PublicIPAddress": _type("Microsoft.Network/publicIPAddresses", "networking"),
    "azure-native:network:RouteTable": _type("Microsoft.Network/routeTables", "networking"),
    "azure-native:network:VirtualNetwork": _type(
        "Microsoft.Network/virtualNetworks",
        "networking",
        _joins_part("networkSecurityGroups", "subnets[].networkSecurityGroup.id", "its subnets use it"),
        _joins_part("routeTables", "subnets[].routeTable.id", "its subnets use it"),
        _joins_part("natGateways", "subnets[].natGateway.id", "its subnets use it"),
    ),
    "azure-native:network:VirtualNetworkPeering": _type(
        "Microsoft.Network/virtualNetworks/virtualNetworkPeerings",
        "networking",
        _on(
            "Microsoft.Network/virtualNetworks/peer/action",
            "remoteVirtualNetwork.id",
            "peers with it",
            f"{_PAGES}/networking (Peers a virtual network with another virtual network)",
        ),
    ),
    "azure-native:operationalinsights:Workspace": _type("Microsoft.OperationalInsights/workspaces", "monitor"),
    "azure-native:privatedns:PrivateZone": _type("Microsoft.Network/privateDnsZones", "networking"),
    "azure-native:privatedns:VirtualNetworkLink": _type(
        "Microsoft.Network/privateDnsZones/virtualNetworkLinks",
        "networking",
        _on(
            "Microsoft.Network/virtualNetworks/join/action",
            "virtualNetwork.id",
            "links it to a zone",
            f"{_PAGES}/networking (Joins a virtual network)",
            assumed=True,
        ),
    ),
    "azure-native:resources:Deployment": _type("Microsoft.Resources/deployments", "management-and-governance"),
    "azure-native:resources:ResourceGroup": _type(
        "Microsoft.Resources/subscriptions/resourceGroups", "management-and-governance"
    ),
    "azure-native:storage:BlobContainer": _type("Microsoft.Storage/storageAccounts/blobServices/containers", "storage"),
    "azure-native:storage:BlobServiceProperties": _type(
        "Microsoft.Storage/storageAccounts/blobServices", "storage", reset=True
    ),
    "azure-native:storage:FileServiceProperties": _type(
        "Microsoft.Storage/storageAccounts/fileServices", "storage", reset=True
    ),
    "azure-native:storage:StorageAccount": _type("Microsoft.Storage/storageAccounts", "storage", _IDENTITIES),
    "azure-native:synapse:BigDataPool": _type("Microsoft.Synapse/workspaces/bigDataPools", "analytics"),
    "azure-native:synapse:IpFirewallRule": _type("Microsoft.Synapse/workspaces/firewallRules", "analytics"),
    "azure-native:synapse:Workspace": _type("Microsoft.Synapse/workspaces", "analytics"),
    "azure-native:web:AppServicePlan": _type("Microsoft.Web/serverfarms", "web-and-mobile", upper=True),
    **{
        f"azure-native:web:WebApp{kind}{slot}": _type(f"{_SITE}{path}/{name}", "web-and-mobile", upper=True, reset=True)
        for slot, path in (("", ""), ("Slot", "/slots"))
        for kind, name in (
            ("AuthSettingsV2WithoutSecrets", "config"),
            ("FtpAllowed", "basicPublishingCredentialsPolicies"),
            ("ScmAllowed", "basicPublishingCredentialsPolicies"),
        )
    },
    **{
        f"azure-native:web:WebApp{slot}": _type(
            f"{_SITE}{path}",
            "web-and-mobile",
            _on(
                "Microsoft.Web/serverfarms/Join/Action",
                "serverFarmId",
                "runs on it",
                f"{_PAGES}/web-and-mobile (Joins an App Service Plan)",
            ),
            _joins("virtualNetworkSubnetId", assumed=True),
            _IDENTITIES,
            upper=True,
        )
        for slot, path in (("", ""), ("Slot", "/slots"))
    },
    "pulumi-python:dynamic/azure-mlplatform:ApproveConnection": Operations(
        read=(Operation(action=f"{_MANAGED_ENDPOINT}/read"),),
        write=tuple(
            _on(action, "target_id", "approves the factory's connection to it", f"{_PAGES}; Learn: private-link")
            for action in ("/connections/read", "/connections/write", "/approve")
        ),
        source=f"{_PAGES}/analytics",
    ),
    "pulumi-python:dynamic/azure-mlplatform:ClusterClaim": Operations(
        read=(Operation(action="Microsoft.Resources/tags/read", reason="reads who claims it"),),
        write=(Operation(action="Microsoft.Resources/tags/write", reason="claims it by a tag"),),
        delete=(Operation(action="Microsoft.Resources/tags/write", reason="gives the claim back"),),
        source=_TAGS,
    ),
    "pulumi-python:dynamic/azure-mlplatform:ComputeDetach": _DETACH,
    "pulumi-python:dynamic/azure-mlplatform:DeployedModel": Operations(
        read=(_MODEL_READ,), write=(_MODEL_READ,), source=f"{_PAGES}/ai-machine-learning"
    ),
    "pulumi-python:dynamic/azure-mlplatform:KubernetesDetach": _DETACH,
    "pulumi-python:dynamic/azure-mlplatform:StartTrigger": Operations(
        read=(_TRIGGER_READ,), write=_STARTS, delete=_STOPS, source=f"{_PAGES}/analytics"
    ),
    # A change of a trigger stops it first. One that goes is stopped by the other two.
    "pulumi-python:dynamic/azure-mlplatform:StopRemoved": Operations(
        delete=(_TRIGGER_READ, *_of_trigger("stop")), source=f"{_PAGES}/analytics"
    ),
    "pulumi-python:dynamic/azure-mlplatform:StopTrigger": Operations(
        read=(_TRIGGER_READ,), write=_STOPS, source=f"{_PAGES}/analytics"
    ),
    "pulumi-python:dynamic/azure-mlplatform:StoppedInstance": Operations(
        read=(Operation(action=f"{_WORKSPACE}/computes/read", reason="reads whether it runs"),),
        write=(
            Operation(action=f"{_WORKSPACE}/computes/read", reason="reads whether it runs"),
            Operation(action=f"{_WORKSPACE}/computes/stop/action", reason="stops it"),
        ),
        source=f"{_PAGES}/ai-machine-learning",
    ),
    "pulumi-python:dynamic/azure-mlplatform:SystemPool": Operations(
        read=(Operation(action=f"{_CLUSTER}/agentPools/read"),),
        write=(Operation(action=f"{_CLUSTER}/agentPools/write", reason="changes its pool"),),
        source=f"{_PAGES}/containers",
    ),
    "pulumi-python:dynamic/azure-mlplatform:WorkspaceQuota": Operations(
        read=(_READS_QUOTAS,),
        write=(_READS_QUOTAS, _on(f"{_LOCATIONS}/updateQuotas/action", "subscription", "sets quotas", _QUOTAS)),
        delete=(
            _READS_QUOTAS,
            _on(f"{_LOCATIONS}/updateQuotas/action", "subscription", "gives back what the subscription has", _QUOTAS),
        ),
        source=_QUOTAS,
    ),
    "random:index/randomString:RandomString": Operations(source="the state keeps it, not Azure"),
}
"""Full type → its operations. Every type that the library registers has a row; a test holds it."""

IN_TEMPLATES: dict[str, str] = {
    "Microsoft.DataFactory/factories/managedVirtualNetworks": f"{_FACTORY}/managedVirtualNetworks/write",
    "Microsoft.MachineLearningServices/workspaces/data/versions": f"{_WORKSPACE}/data/versions/write",
}
"""Type in an ARM template → the operation that makes it. Who deploys a template writes what is in it."""


def _approvals(name: str, approve: str) -> dict[str, str]:
    connections = f"{name}/privateEndpointConnections"
    return {
        "approve": f"{name}/{approve}",
        "connections/read": f"{connections}/read",
        "connections/write": f"{connections}/write",
    }


_LOWER, _UPPER = "privateEndpointConnectionsApproval/action", "PrivateEndpointConnectionsApproval/action"
UNPUBLISHED = "privateEndpointConnection*/action"
"""The pattern that covers an approval that a provider asks for and does not publish. A custom role may not name what is
not published (Azure/azure-cli#31926: InvalidActionOrNotAction), but a pattern that covers something published. Besides
the approval, it covers `privateEndpointConnectionProxies/validate/action` only. That Azure takes it is assumed."""

OF_TARGETS: dict[str, dict[str, str]] = {
    "microsoft.app/managedenvironments": _approvals("microsoft.app/managedenvironments", UNPUBLISHED),
    "microsoft.cognitiveservices/accounts": _approvals("Microsoft.CognitiveServices/accounts", UNPUBLISHED),
    "microsoft.containerregistry/registries": _approvals("Microsoft.ContainerRegistry/registries", _LOWER),
    "microsoft.databricks/workspaces": _approvals("Microsoft.Databricks/workspaces", _LOWER),
    "microsoft.datafactory/factories": {**_approvals(_FACTORY, _UPPER), "read": f"{_FACTORY}/read"},
    "microsoft.keyvault/vaults": _approvals("Microsoft.KeyVault/vaults", _UPPER),
    "microsoft.machinelearningservices/registries": _approvals(_MODEL_REGISTRY, _LOWER),
    "microsoft.machinelearningservices/workspaces": _approvals(_WORKSPACE, _LOWER),
    "microsoft.operationalinsights/workspaces": {"read": "Microsoft.OperationalInsights/workspaces/read"},
    "microsoft.storage/storageaccounts": _approvals("Microsoft.Storage/storageAccounts", _UPPER),
    "microsoft.synapse/workspaces": {
        **_approvals("Microsoft.Synapse/workspaces", _LOWER),
        "read": "Microsoft.Synapse/workspaces/read",
    },
    "microsoft.web/sites": _approvals(_SITE, _UPPER),
}
"""Type in lower case of what a request names → its operations by a short name.

From the pages in `OPERATIONS`; those of Microsoft.App and Microsoft.CognitiveServices publish no approval.
"""
