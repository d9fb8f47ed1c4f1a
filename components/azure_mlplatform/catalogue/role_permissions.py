"""What each built-in role allows that this library assigns, or that a condition must keep from being assigned.

Transcribed from Microsoft's published pages. Azure changes built-in roles: a row says where it was read, and of which
day.
"""

from dataclasses import dataclass

from ..foundation.built_in_roles import ROLE_IDS, Role


@dataclass(frozen=True, slots=True)
class Permissions:
    """What a role allows. Operations are names, or patterns with `*`."""

    actions: tuple[str, ...] = ()
    not_actions: tuple[str, ...] = ()
    data_actions: tuple[str, ...] = ()
    not_data_actions: tuple[str, ...] = ()


EVERYTHING = Permissions(actions=("*",), data_actions=("*",))
"""What a role allows of which nothing is known: the worst."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RolePermissions:
    """A row of the table."""

    name: str
    id: str
    """The GUID of its definition."""

    permissions: Permissions

    source: str
    day: str
    """The day of the source, and where the source has none, the day on which it was read."""

    assumed: bool = False
    """Whether the source describes the operations, but does not list them."""


_PAGES = "MicrosoftDocs/azure-docs: role-based-access-control/built-in-roles/"
_HISTORY = "theMichaelB/Azure-Role-Definition-History (answers of `az role definition list`): roles/"
_READ = "2026-11-28"

_MANAGES = (
    "Microsoft.Authorization/*/read",
    "Microsoft.Insights/alertRules/*",
    "Microsoft.Resources/deployments/*",
    "Microsoft.Resources/subscriptions/resourceGroups/read",
    "Microsoft.Support/*",
)
"""What many roles allow beside their own purpose."""

_VAULT_READS = (
    "Microsoft.KeyVault/checkNameAvailability/read",
    "Microsoft.KeyVault/deletedVaults/read",
    "Microsoft.KeyVault/locations/*/read",
    "Microsoft.KeyVault/vaults/*/read",
    "Microsoft.KeyVault/operations/read",
)
_ML = "Microsoft.MachineLearningServices/workspaces"
_BLOBS = "Microsoft.Storage/storageAccounts/blobServices"
_FILES = "Microsoft.Storage/storageAccounts/fileServices"
_QUEUES = "Microsoft.Storage/storageAccounts/queueServices/queues"
_TABLES = "Microsoft.Storage/storageAccounts/tableServices/tables"
_OPENAI = "Microsoft.CognitiveServices/accounts/OpenAI"


def _below(prefix: str, *names: str) -> tuple[str, ...]:
    return tuple(f"{prefix}/{each}" for each in names)


def _row(
    role: Role, source: str, day: str, *actions: str, assumed: bool = False, **others: tuple[str, ...]
) -> tuple[Role, RolePermissions]:
    permissions = Permissions(actions=actions, **others)
    row = RolePermissions(
        name=role.value, id=ROLE_IDS[role], permissions=permissions, source=source, day=day, assumed=assumed
    )
    return role, row


ROLE_PERMISSIONS: dict[Role, RolePermissions] = dict(
    (
        _row(Role.READER, f"{_PAGES}general", "2026-02-23", "*/read"),
        _row(
            Role.CONTRIBUTOR,
            f"{_PAGES}privileged",
            "2026-07-01",
            "*",
            not_actions=(
                "Microsoft.Authorization/*/Delete",
                "Microsoft.Authorization/*/Write",
                "Microsoft.Authorization/elevateAccess/Action",
                "Microsoft.Blueprint/blueprintAssignments/write",
                "Microsoft.Blueprint/blueprintAssignments/delete",
                "Microsoft.Compute/galleries/share/action",
                "Microsoft.Purview/consents/write",
                "Microsoft.Purview/consents/delete",
                "Microsoft.Resources/deploymentStacks/manageDenySetting/action",
                "Microsoft.Subscription/cancel/action",
                "Microsoft.Subscription/enable/action",
            ),
        ),
        _row(
            Role.AI_ADMINISTRATOR,
            "MicrosoftDocs/azure-ai-docs: machine-learning/how-to-assign-roles (Azure AI Administrator role)",
            "2024-09-03",
            "Microsoft.Authorization/*/read",
            "Microsoft.CognitiveServices/*",
            "Microsoft.ContainerRegistry/registries/*",
            "Microsoft.DocumentDb/databaseAccounts/*",
            "Microsoft.Features/features/read",
            "Microsoft.Features/providers/features/read",
            "Microsoft.Features/providers/features/register/action",
            "Microsoft.Insights/alertRules/*",
            "Microsoft.Insights/components/*",
            "Microsoft.Insights/diagnosticSettings/*",
            "Microsoft.Insights/generateLiveToken/read",
            "Microsoft.Insights/logDefinitions/read",
            "Microsoft.Insights/metricAlerts/*",
            "Microsoft.Insights/metricdefinitions/read",
            "Microsoft.Insights/metrics/read",
            "Microsoft.Insights/scheduledqueryrules/*",
            "Microsoft.Insights/topology/read",
            "Microsoft.Insights/transactions/read",
            "Microsoft.Insights/webtests/*",
            "Microsoft.KeyVault/*",
            "Microsoft.MachineLearningServices/workspaces/*",
            "Microsoft.Network/virtualNetworks/subnets/joinViaServiceEndpoint/action",
            "Microsoft.ResourceHealth/availabilityStatuses/read",
            "Microsoft.Resources/deployments/*",
            "Microsoft.Resources/deployments/operations/read",
            "Microsoft.Resources/subscriptions/operationresults/read",
            "Microsoft.Resources/subscriptions/read",
            "Microsoft.Resources/subscriptions/resourcegroups/deployments/*",
            "Microsoft.Resources/subscriptions/resourceGroups/read",
            "Microsoft.Resources/subscriptions/resourceGroups/write",
            "Microsoft.Storage/storageAccounts/*",
            "Microsoft.Support/*",
            "Microsoft.Search/searchServices/write",
            "Microsoft.Search/searchServices/read",
            "Microsoft.Search/searchServices/delete",
            "Microsoft.Search/searchServices/indexes/*",
            "Microsoft.DataFactory/factories/*",
        ),
        _row(
            Role.RBAC_ADMINISTRATOR,
            f"{_PAGES}privileged",
            "2026-07-01",
            "Microsoft.Authorization/roleAssignments/write",
            "Microsoft.Authorization/roleAssignments/delete",
            "*/read",
            "Microsoft.Support/*",
        ),
        _row(
            Role.NETWORK_CONTRIBUTOR,
            f"{_PAGES}networking",
            _READ,
            *_MANAGES,
            "Microsoft.Network/*",
            "Microsoft.ResourceHealth/availabilityStatuses/read",
        ),
        _row(
            Role.PRIVATE_DNS_ZONE_CONTRIBUTOR,
            f"{_PAGES}networking",
            _READ,
            *_MANAGES,
            "Microsoft.Network/privateDnsZones/*",
            "Microsoft.Network/privateDnsOperationResults/*",
            "Microsoft.Network/privateDnsOperationStatuses/*",
            "Microsoft.Network/virtualNetworks/read",
            "Microsoft.Network/virtualNetworks/join/action",
        ),
        _row(
            Role.MANAGED_IDENTITY_OPERATOR,
            f"{_HISTORY}Managed_Identity_Operator.json",
            _READ,
            *_MANAGES,
            "Microsoft.ManagedIdentity/userAssignedIdentities/*/read",
            "Microsoft.ManagedIdentity/userAssignedIdentities/*/assign/action",
        ),
        _row(
            Role.AZUREML_DATA_SCIENTIST,
            f"{_PAGES}ai-machine-learning",
            _READ,
            *_below(_ML, "*/read", "*/action", "*/delete", "*/write"),
            not_actions=_below(
                _ML,
                "delete",
                "write",
                "computes/*/write",
                "computes/*/delete",
                "computes/listKeys/action",
                "listKeys/action",
                "hubs/write",
                "hubs/delete",
                "featurestores/write",
                "featurestores/delete",
            ),
        ),
        _row(
            Role.AZUREML_COMPUTE_OPERATOR,
            f"{_PAGES}ai-machine-learning",
            _READ,
            *_below(_ML, "computes/*", "notebooks/vm/*"),
        ),
        _row(Role.AZUREML_METRICS_WRITER, f"{_PAGES}ai-machine-learning", _READ, *_below(_ML, "metrics/*/write")),
        _row(
            Role.STORAGE_BLOB_DATA_CONTRIBUTOR,
            f"{_HISTORY}Storage_Blob_Data_Contributor.json",
            _READ,
            *_below(
                _BLOBS, "containers/delete", "containers/read", "containers/write", "generateUserDelegationKey/action"
            ),
            data_actions=_below(f"{_BLOBS}/containers/blobs", "delete", "read", "write", "move/action", "add/action"),
        ),
        _row(
            Role.STORAGE_BLOB_DATA_READER,
            f"{_HISTORY}Storage_Blob_Data_Reader.json",
            _READ,
            *_below(_BLOBS, "containers/read", "generateUserDelegationKey/action"),
            data_actions=_below(_BLOBS, "containers/blobs/read"),
        ),
        _row(
            Role.STORAGE_FILE_DATA_PRIVILEGED_CONTRIBUTOR,
            f"{_PAGES}storage",
            _READ,
            data_actions=_below(
                _FILES,
                "fileshares/files/read",
                "fileshares/files/write",
                "fileshares/files/delete",
                "fileshares/files/modifypermissions/action",
                "readFileBackupSemantics/action",
                "writeFileBackupSemantics/action",
            ),
        ),
        _row(
            Role.STORAGE_QUEUE_DATA_CONTRIBUTOR,
            f"{_HISTORY}Storage_Queue_Data_Contributor.json",
            _READ,
            *_below(_QUEUES, "delete", "read", "write"),
            data_actions=_below(f"{_QUEUES}/messages", "delete", "read", "write", "process/action"),
        ),
        _row(
            Role.STORAGE_TABLE_DATA_CONTRIBUTOR,
            f"{_PAGES}storage",
            _READ,
            *_below(_TABLES, "read", "write", "delete"),
            data_actions=_below(f"{_TABLES}/entities", "read", "write", "delete", "add/action", "update/action"),
        ),
        _row(
            Role.NETWORK_CONNECTION_APPROVER,
            f"{_PAGES}ai-machine-learning",
            _READ,
            *_below(
                "Microsoft.ContainerRegistry/registries",
                "privateEndpointConnectionsApproval/action",
                "privateEndpointConnections/read",
                "privateEndpointConnections/write",
            ),
            *(
                f"{kind}/{name}"
                for kind in ("Microsoft.Cache/redis", "Microsoft.Cache/redisEnterprise")
                for name in (
                    "read",
                    "privateEndpointConnections/read",
                    "privateEndpointConnections/write",
                    "privateLinkResources/read",
                    "privateEndpointConnectionsApproval/action",
                )
            ),
            *(
                f"{kind}/{name}"
                for kind in ("Microsoft.CognitiveServices/accounts", "Microsoft.Storage/storageAccounts")
                for name in (
                    "read",
                    "privateEndpointConnections/read",
                    "privateEndpointConnections/write",
                    "privateLinkResources/read",
                )
            ),
            *(
                f"{kind}/{name}"
                for kind in (
                    "Microsoft.DocumentDB/databaseAccounts",
                    "Microsoft.KeyVault/vaults",
                    _ML,
                    "Microsoft.Sql/servers",
                )
                for name in (
                    "privateEndpointConnectionsApproval/action",
                    "privateEndpointConnections/read",
                    "privateEndpointConnections/write",
                    "privateLinkResources/read",
                    "read",
                )
            ),
        ),
        _row(
            Role.KEY_VAULT_ADMINISTRATOR,
            f"{_HISTORY}Key_Vault_Administrator.json",
            _READ,
            *_MANAGES,
            *_VAULT_READS,
            data_actions=("Microsoft.KeyVault/vaults/*",),
        ),
        _row(
            Role.KEY_VAULT_SECRETS_OFFICER,
            f"{_HISTORY}Key_Vault_Secrets_Officer.json",
            _READ,
            *_MANAGES,
            *_VAULT_READS,
            data_actions=("Microsoft.KeyVault/vaults/secrets/*",),
        ),
        _row(
            Role.KEY_VAULT_SECRETS_USER,
            f"{_HISTORY}Key_Vault_Secrets_User.json",
            _READ,
            data_actions=_below("Microsoft.KeyVault/vaults/secrets", "getSecret/action", "readMetadata/action"),
        ),
        _row(
            Role.KEY_VAULT_CRYPTO_USER,
            f"{_HISTORY}Key_Vault_Crypto_Service_Encryption_User.json",
            _READ,
            *_below("Microsoft.EventGrid/eventSubscriptions", "write", "read", "delete"),
            data_actions=_below("Microsoft.KeyVault/vaults/keys", "read", "wrap/action", "unwrap/action"),
        ),
        _row(
            Role.ACR_PULL,
            f"{_HISTORY}AcrPull.json",
            _READ,
            "Microsoft.ContainerRegistry/registries/pull/read",
        ),
        _row(
            Role.ACR_PUSH,
            f"{_HISTORY}AcrPush.json",
            _READ,
            "Microsoft.ContainerRegistry/registries/pull/read",
            "Microsoft.ContainerRegistry/registries/push/write",
        ),
        _row(
            Role.KUBERNETES_EXTENSION_CONTRIBUTOR,
            "Azure's description of the role: creates, updates, gets, lists and deletes extensions, and gets their "
            "asynchronous operations",
            _READ,
            *_MANAGES,
            *_below("Microsoft.KubernetesConfiguration/extensions", "write", "read", "delete", "operations/read"),
            assumed=True,
        ),
        _row(
            Role.AKS_CLUSTER_ADMIN,
            f"{_HISTORY}Azure_Kubernetes_Service_Cluster_Admin_Role.json",
            _READ,
            *_below(
                "Microsoft.ContainerService/managedClusters",
                "listClusterAdminCredential/action",
                "accessProfiles/listCredential/action",
                "read",
            ),
        ),
        _row(
            Role.COGNITIVE_SERVICES_USER,
            f"{_PAGES}ai-machine-learning",
            _READ,
            "Microsoft.CognitiveServices/*/read",
            "Microsoft.CognitiveServices/accounts/listkeys/action",
            "Microsoft.Insights/alertRules/read",
            "Microsoft.Insights/diagnosticSettings/read",
            "Microsoft.Insights/logDefinitions/read",
            "Microsoft.Insights/metricdefinitions/read",
            "Microsoft.Insights/metrics/read",
            "Microsoft.ResourceHealth/availabilityStatuses/read",
            "Microsoft.Resources/deployments/operations/read",
            "Microsoft.Resources/subscriptions/operationresults/read",
            "Microsoft.Resources/subscriptions/read",
            "Microsoft.Resources/subscriptions/resourceGroups/read",
            "Microsoft.Support/*",
            data_actions=("Microsoft.CognitiveServices/*",),
        ),
        _row(
            Role.COGNITIVE_SERVICES_OPENAI_USER,
            f"{_PAGES}ai-machine-learning",
            _READ,
            "Microsoft.CognitiveServices/*/read",
            "Microsoft.Authorization/roleAssignments/read",
            "Microsoft.Authorization/roleDefinitions/read",
            data_actions=_below(
                _OPENAI,
                "*/read",
                "engines/completions/action",
                "engines/search/action",
                "engines/generate/action",
                "deployments/audio/action",
                "deployments/search/action",
                "deployments/completions/action",
                "deployments/chat/completions/action",
                "deployments/realtime/action",
                "deployments/extensions/chat/completions/action",
                "deployments/embeddings/action",
                "images/generations/action",
                "assistants/*",
            ),
            not_data_actions=_below(_OPENAI, "stored-completions/read"),
        ),
        _row(
            Role.DATA_FACTORY_CONTRIBUTOR,
            f"{_HISTORY}Data_Factory_Contributor.json",
            _READ,
            *_MANAGES,
            "Microsoft.DataFactory/dataFactories/*",
            "Microsoft.DataFactory/factories/*",
            "Microsoft.ResourceHealth/availabilityStatuses/read",
            "Microsoft.EventGrid/eventSubscriptions/write",
        ),
        _row(
            Role.EVENTGRID_SUBSCRIPTION_CONTRIBUTOR,
            f"{_HISTORY}EventGrid_EventSubscription_Contributor.json",
            _READ,
            *_MANAGES,
            "Microsoft.EventGrid/eventSubscriptions/*",
            "Microsoft.EventGrid/topicTypes/eventSubscriptions/read",
            "Microsoft.EventGrid/locations/eventSubscriptions/read",
            "Microsoft.EventGrid/locations/topicTypes/eventSubscriptions/read",
        ),
    )
)
"""The built-in roles of foundation/built_in_roles.py."""

NEVER_ASSIGNED = (
    RolePermissions(
        name="Owner",
        id="8e3af657-a8ff-443c-a75c-2fe8c4bcb635",
        permissions=Permissions(actions=("*",)),
        source=f"{_PAGES}privileged",
        day="2026-07-01",
    ),
    RolePermissions(
        name="User Access Administrator",
        id="18d7d88d-d35e-4fb5-a5c3-7773c20a72d9",
        permissions=Permissions(actions=("*/read", "Microsoft.Authorization/*", "Microsoft.Support/*")),
        source=f"{_PAGES}privileged",
        day="2026-07-01",
    ),
)
"""Roles that the library never assigns, and that nobody may be able to hand out."""

BUILT_IN: dict[str, RolePermissions] = {each.id: each for each in (*ROLE_PERMISSIONS.values(), *NEVER_ASSIGNED)}
"""Every role of this table, by the GUID of its definition."""
