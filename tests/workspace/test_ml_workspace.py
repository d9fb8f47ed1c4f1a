from typing import Any

import pulumi
import pulumi_azure_native as native
import pytest

from azure_mlplatform.emulation.answers import SUBSCRIPTION
from azure_mlplatform.foundation.built_in_roles import ROLE_IDS, Role, role_name
from azure_mlplatform.foundation.custom_roles import (
    CUSTOM_ROLES,
    CustomRole,
    custom_role_id,
    own_custom_role_guid,
)
from azure_mlplatform.foundation.naming import Kind
from azure_mlplatform.parts.arguments import RefusedError
from azure_mlplatform.parts.outputs import gated_by, immutable_violations
from azure_mlplatform.parts.placement import Placement
from azure_mlplatform.plan.resource import UNKNOWN
from azure_mlplatform.settings import Environment
from azure_mlplatform.testing import TENANT, children, record
from support.programs import (
    CENTRAL,
    GROUP,
    MANAGED,
    OPEN,
    OTHER_GROUP,
    OWN,
    STORE,
    SUBNETS,
    from_office,
    ml_workspace,
    one,
    placed,
    twice_granted,
)

VNET = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-net/providers/Microsoft.Network/virtualNetworks/vnet"
ADOPTED = {
    "key_vault_id": f"{CENTRAL}/Microsoft.KeyVault/vaults/kv-x",
    "storage_account_id": f"{CENTRAL}/Microsoft.Storage/storageAccounts/stx",
    "container_registry_id": f"{CENTRAL}/Microsoft.ContainerRegistry/registries/crx",
    "application_insights_id": f"{CENTRAL}/Microsoft.Insights/components/appi-x",
}
BASE = [
    ("Compute", "ml-cluster-cpu"),
    ("DiagnosticSetting", "ml-diagnostics"),
    ("PrivateDnsZoneGroup", "ml-endpoint-amlworkspace-zones"),
    ("PrivateEndpoint", "ml-endpoint-amlworkspace"),
    ("RoleAssignment", "ml-compute-registry-acr-pull"),
    ("RoleAssignment", "ml-compute-storage-storage-blob-data-contributor"),
    ("RoleAssignment", "ml-compute-storage-storage-queue-data-contributor"),
    ("RoleAssignment", "ml-compute-storage-storage-table-data-contributor"),
    ("RoleAssignment", "ml-compute-workspace-reader"),
    ("RoleAssignment", "ml-identity-insights-ai-administrator"),
    ("RoleAssignment", "ml-identity-key-vault-ai-administrator"),
    ("RoleAssignment", "ml-identity-key-vault-key-vault-administrator"),
    ("RoleAssignment", "ml-identity-registry-ai-administrator"),
    ("RoleAssignment", "ml-identity-storage-ai-administrator"),
    ("RoleAssignment", "ml-identity-storage-storage-blob-data-contributor"),
    ("RoleAssignment", "ml-identity-storage-storage-file-data-privileged-contributor"),
    ("RoleAssignment", "ml-identity-workspace-ai-administrator"),
    ("UserAssignedIdentity", "ml-compute-identity"),
    ("UserAssignedIdentity", "ml-identity"),
    ("Workspace", "ml-workspace"),
]
ENDPOINTS = ["registry-endpoint-registry", "vault-endpoint-vault"] + [
    f"storage-endpoint-{each}" for each in ("blob", "file", "queue", "table")
]
PARTS = [
    ("BlobServiceProperties", "ml-storage-blobs"),
    ("Component", "ml-insights"),
    *[
        ("DiagnosticSetting", f"ml-{each}-diagnostics")
        for each in (
            "registry",
            "storage",
            "storage-blobs",
            "storage-files",
            "storage-queues",
            "storage-tables",
            "vault",
        )
    ],
    ("FileServiceProperties", "ml-storage-files"),
    *[("PrivateEndpoint", f"ml-{each}") for each in ENDPOINTS],
    *[("PrivateDnsZoneGroup", f"ml-{each}-zones") for each in ENDPOINTS],
    *[("RoleAssignment", f"ml-identity-endpoint-{each}") for each in ("blob", "file", "queue", "table")],
    ("Registry", "ml-registry"),
    ("StorageAccount", "ml-storage"),
    ("Vault", "ml-vault"),
]
APPROVER = [
    ("RoleAssignment", f"ml-identity-{part}-network-connection-approver")
    for part in ("key-vault", "registry", "storage")
]
LOCKS = [("ManagementLockByScope", f"ml-{each}-lock") for each in ("registry", "storage", "vault")]


@pytest.mark.parametrize("preview", [False, True])
@pytest.mark.parametrize(
    ("settings", "changes", "made"),
    [
        (OWN, {}, [*BASE, *PARTS]),
        (MANAGED, {}, [*BASE, *PARTS, *APPROVER]),
        ({**OWN, **ADOPTED}, {}, BASE),
        (OWN, {"lock": True}, [*BASE, *PARTS, *LOCKS]),
        (
            {**OWN, **ADOPTED, "clusters": []},
            OPEN,
            [each for each in BASE if each[0] not in ("Compute", "PrivateEndpoint", "PrivateDnsZoneGroup")],
        ),
    ],
)
def test_children(settings, changes, made, preview):
    assert children(ml_workspace(settings, preview=preview, **changes), "ml") == sorted(made)


def test_the_workspace_takes_no_key_and_no_public_call():
    plan = ml_workspace(OWN)
    made = one(plan, "azure-native:machinelearningservices:Workspace")
    identity = next(each for each in plan.of_type("UserAssignedIdentity") if each.name == "ml-identity")
    assert made.inputs == {
        "applicationInsights": one(plan, "Component").id,
        "containerRegistry": one(plan, "Registry").id,
        "friendlyName": "churn dev",
        "hbiWorkspace": False,
        "identity": {"type": "UserAssigned", "userAssignedIdentities": [identity.id]},
        "imageBuildCompute": "cpu",
        "keyVault": one(plan, "Vault").id,
        "location": "westeurope",
        "managedNetwork": {"isolationMode": "Disabled"},
        "primaryUserAssignedIdentity": identity.id,
        "publicNetworkAccess": "Disabled",
        "resourceGroupName": "rg-test",
        "serverlessComputeSettings": {
            "serverlessComputeCustomSubnet": f"{SUBNETS}/training",
            "serverlessComputeNoPublicIP": True,
        },
        "sku": {"name": "Basic", "tier": "Basic"},
        "storageAccount": one(plan, "StorageAccount").id,
        "systemDatastoresAuthMode": "Identity",
        "tags": {"project": "churn"},
        "v1LegacyMode": False,
        "workspaceName": "mlw-churn-dev-abc123",
    }


@pytest.mark.parametrize("preview", [False, True])
def test_the_roles_come_before_the_workspace_and_its_endpoint_before_the_cluster(preview):
    plan = ml_workspace({**MANAGED, "datastores": [STORE]}, preview=preview)
    by_name = {each.name: each for each in plan.azure_resources}
    made = by_name["ml-workspace"]
    later = ["ml-identity-workspace-ai-administrator", "ml-identity-store-stlake-curated"]
    later += [name for name in by_name if name.startswith("ml-identity-endpoint-")]
    own = [name for name in by_name if name.startswith("ml-identity-") and name not in later]
    assert len(own) == 11
    assert not {by_name[name].urn for name in later} & set(made.dependencies)
    assert {by_name[name].urn for name in own} <= set(made.dependencies)
    assert not {each.urn for each in plan.of_type("RoleAssignment") if each.name.startswith("ml-compute")} & set(
        made.dependencies
    )
    assert by_name["ml-endpoint-amlworkspace"].urn in by_name["ml-cluster-cpu"].dependencies
    # The first compute has Azure make the managed network, which the workspace's identity lets in.
    own_network = {each.name: each for each in ml_workspace(OWN, preview=preview).azure_resources}
    for named, waits in ((by_name, True), (own_network, False)):
        assert (named["ml-identity-workspace-ai-administrator"].urn in named["ml-cluster-cpu"].dependencies) == waits


def test_the_workspace_sees_the_endpoints_of_its_storage():
    plan = ml_workspace(OWN)
    endpoints = {each.id for each in plan.of_type("PrivateEndpoint") if each.name.startswith("ml-storage-")}
    seen = {each.input("scope") for each in plan.of_type("RoleAssignment") if "identity-endpoint" in each.name}
    assert len(endpoints) == 4
    assert seen == endpoints


def test_images_are_built_on_a_cluster_where_the_registry_is_private():
    plans = [ml_workspace(OWN), ml_workspace(OWN, **OPEN)]
    assert [one(each, "Workspace", "ml-workspace").input("imageBuildCompute") for each in plans] == ["cpu", None]


@pytest.mark.parametrize(
    ("kind", "path", "private", "some", "everyone"),
    [
        ("Vault", "properties.publicNetworkAccess", "Disabled", "Enabled", "Enabled"),
        ("Vault", "properties.networkAcls.defaultAction", "Deny", "Deny", "Allow"),
        ("StorageAccount", "publicNetworkAccess", "Disabled", "Enabled", "Enabled"),
        ("StorageAccount", "networkRuleSet.defaultAction", "Deny", "Deny", "Allow"),
        ("Registry", "publicNetworkAccess", "Disabled", "Enabled", "Enabled"),
        ("Registry", "networkRuleSet.defaultAction", "Deny", "Deny", "Allow"),
        ("Registry", "policies.exportPolicy.status", "disabled", "enabled", "enabled"),
        # It cannot be opened to some addresses.
        ("azure-native:machinelearningservices:Workspace", "publicNetworkAccess", "Disabled", "Disabled", "Enabled"),
    ],
)
def test_public_access_is_what_was_asked_for(kind, path, private, some, everyone):
    cases: list[dict[str, Any]] = [{}, from_office("203.0.113.0/24"), OPEN]
    found = [one(ml_workspace(OWN, **changes), kind).input(path) for changes in cases]
    assert found == [private, some, everyone]


def test_allowed_addresses_are_written_as_each_service_takes_them():
    plan = ml_workspace(OWN, **from_office("203.0.113.0/24"))
    assert one(plan, "Vault").input("properties.networkAcls.ipRules") == [{"value": "203.0.113.0/24"}]
    for kind in ("StorageAccount", "Registry"):
        [rule] = one(plan, kind).input("networkRuleSet.ipRules")
        assert rule == {"action": "Allow", "iPAddressOrRange": "203.0.113.0/24"}


@pytest.mark.parametrize(
    ("redundant", "sku", "zones"), [(True, "Standard_ZRS", "Enabled"), (False, "Standard_LRS", "Disabled")]
)
def test_storage_and_registry_are_spread_over_zones_where_asked(redundant, sku, zones):
    plan = ml_workspace(OWN, environment="prod" if redundant else "dev")
    assert one(plan, "StorageAccount").input("sku.name") == sku
    assert one(plan, "Registry").input("zoneRedundancy") == zones


def test_locks_guard_vault_storage_and_registry_and_never_the_workspace():
    plan = ml_workspace(OWN, lock=True)
    by_id = {each.id: each.kind for each in plan.azure_resources}
    assert sorted(by_id[each.input("scope")] for each in plan.of_type("ManagementLockByScope")) == [
        "Registry",
        "StorageAccount",
        "Vault",
    ]
    protected = sorted(each.name for each in plan.azure_resources if each.protect)
    assert protected == ["ml-registry", "ml-storage", "ml-vault", "ml-workspace"]
    for lock in plan.of_type("ManagementLockByScope"):
        label = lock.name.removesuffix("-lock")
        guarded = {each.urn for each in plan.of_type("PrivateEndpoint") if each.name.startswith(f"{label}-endpoint")}
        assert guarded
        assert guarded <= set(lock.dependencies)


@pytest.mark.parametrize("environment", ["dev", "prod"])
def test_a_registry_and_its_images_go_only_where_a_setting_says_so(environment):
    def registry(**changes):
        plan = ml_workspace({**OWN, **changes.pop("settings", {})}, environment=environment, lock=True, **changes)
        locks = [each for each in plan.of_type("ManagementLockByScope") if each.name == "ml-registry-lock"]
        return one(plan, "Registry").protect, bool(locks)

    assert registry() == (True, True)
    assert registry(settings={"discard_registry_reason": "Moved to crml, ML-321"}) == (False, False)
    assert registry(retire={"reason": "The project ended, ticket ML-321"}) == (False, False)


def test_roles_lie_on_the_parts_that_are_adopted_too():
    plan = ml_workspace({**OWN, **ADOPTED})
    scopes = {each.input("scope") for each in plan.of_type("RoleAssignment")}
    assert set(ADOPTED.values()) < scopes


def test_a_data_scientist_can_work_without_a_key():
    plan = ml_workspace(OWN, then=lambda made: made.grant_data_scientist(GROUP))
    names = {guid: role for role, guid in ROLE_IDS.items()}
    granted = {
        (names[each.input("roleDefinitionId").rsplit("/", 1)[1]], each.input("scope"))
        for each in plan.of_type("RoleAssignment")
        if each.input("principalId") == GROUP
    }
    storage = one(plan, "StorageAccount").id
    assert granted == {
        (Role.AZUREML_DATA_SCIENTIST, one(plan, "azure-native:machinelearningservices:Workspace").id),
        (Role.STORAGE_BLOB_DATA_CONTRIBUTOR, storage),
        (Role.STORAGE_FILE_DATA_PRIVILEGED_CONTRIBUTOR, storage),
    }


RELEASE_PRINCIPAL = "00000000-0000-0000-0000-0000000e1ea5"


@pytest.mark.parametrize(
    ("environment", "role"),
    [("dev", CustomRole.RELEASE_DEV), ("test", CustomRole.RELEASE), ("prod", CustomRole.RELEASE)],
)
def test_a_pipeline_that_releases_gets_the_role_of_its_environment(environment, role):
    plan = ml_workspace(OWN, environment=environment, then=lambda made: made.grant_release(RELEASE_PRINCIPAL))
    granted = {
        (role_name(each.input("roleDefinitionId")), each.input("scope"), each.input("principalType"))
        for each in plan.of_type("RoleAssignment")
        if each.input("principalId") == RELEASE_PRINCIPAL
    }
    workspace = one(plan, "azure-native:machinelearningservices:Workspace").id
    assert granted == {
        (CUSTOM_ROLES[role].name, workspace, "ServicePrincipal"),
        (Role.STORAGE_BLOB_DATA_CONTRIBUTOR, one(plan, "StorageAccount").id, "ServicePrincipal"),
    }
    [definition] = plan.of_type("RoleDefinition")
    group = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-test"
    assert definition.inputs == {
        "assignableScopes": [group],
        "description": CUSTOM_ROLES[role].description,
        "permissions": [
            {
                "actions": [*CUSTOM_ROLES[role].actions],
                "dataActions": [],
                "notActions": [*CUSTOM_ROLES[role].not_actions],
                "notDataActions": [],
            }
        ],
        "roleDefinitionId": own_custom_role_guid(SUBSCRIPTION, "rg-test", role),
        "roleName": f"{CUSTOM_ROLES[role].name} (rg-test, {SUBSCRIPTION})",
        "roleType": "CustomRole",
        "scope": group,
    }
    assignment = next(each for each in plan.of_type("RoleAssignment") if each.name == "ml-release")
    assert definition.urn in assignment.dependencies


def test_a_shared_definition_is_named_and_not_made():
    plan = ml_workspace(
        OWN, environment="prod", custom_roles="shared", then=lambda made: made.grant_release(RELEASE_PRINCIPAL)
    )
    assert plan.of_type("RoleDefinition") == []
    assignment = next(each for each in plan.of_type("RoleAssignment") if each.name == "ml-release")
    assert assignment.input("roleDefinitionId") == custom_role_id(
        SUBSCRIPTION, TENANT, Environment.PROD, CustomRole.RELEASE
    )


def test_two_components_share_one_own_definition():
    plan = ml_workspace(OWN, then=lambda made: (made.grant_reader(GROUP), made.grant_reader(OTHER_GROUP)))
    [definition] = plan.of_type("RoleDefinition")
    readers = [each for each in plan.of_type("RoleAssignment") if each.name.startswith("ml-reader-")]
    assert len(readers) == 2
    assert all(definition.urn in each.dependencies for each in readers)


@pytest.mark.parametrize("preview", [False, True])
def test_outputs(preview):
    plan = ml_workspace(OWN, preview=preview)
    [component] = plan.of_type("MLWorkspace")
    made = one(plan, "azure-native:machinelearningservices:Workspace")
    assert component.outputs["name"] == "mlw-churn-dev-abc123"
    assert component.outputs["resource_id"] == made.id
    assert component.outputs["mlflow_tracking_uri"] == (
        UNKNOWN if preview else f"azureml://westeurope.api.azureml.ms/mlflow/v1.0{made.id}"
    )
    assert component.outputs["studio_url"] == (
        UNKNOWN if preview else f"https://ml.azure.com/?wsid={made.id}&tid={TENANT}"
    )


@pytest.mark.parametrize(
    ("part", "facts", "text"),
    [
        ("key_vault_id", {"properties": {"enableRbacAuthorization": False}}, "uses access policies"),
        ("storage_account_id", {"isHnsEnabled": True}, "has a hierarchical namespace"),
        ("container_registry_id", {"sku": {"name": "Standard", "tier": "Standard"}}, "is not Premium"),
        ("application_insights_id", {"workspaceResourceId": ""}, "classic Application Insights"),
    ],
)
def test_what_is_adopted_is_read_and_refused_where_no_workspace_can_stand_on_it(part, facts, text):
    with pytest.raises(RefusedError) as refused:
        ml_workspace({**OWN, **ADOPTED}, existing={ADOPTED[part]: facts})
    assert str(refused.value).startswith(f"workspace.{part}: '{ADOPTED[part]}': ")
    assert text in str(refused.value)


def test_what_is_adopted_and_right_is_taken():
    existing = {
        ADOPTED["key_vault_id"]: {"properties": {"enableRbacAuthorization": True}},
        ADOPTED["storage_account_id"]: {"isHnsEnabled": False},
        ADOPTED["container_registry_id"]: {"sku": {"name": "Premium", "tier": "Premium"}},
        ADOPTED["application_insights_id"]: {"workspaceResourceId": "some"},
    }
    made = one(ml_workspace({**OWN, **ADOPTED}, existing=existing), "azure-native:machinelearningservices:Workspace")
    assert made.input("storageAccount") == ADOPTED["storage_account_id"]


def test_without_a_network_a_small_registry_will_do():
    small = {**OWN, "container_registry_sku": "Basic"}
    registry = one(ml_workspace(small, **OPEN), "Registry")
    assert registry.input("sku.name") == "Basic"
    assert not {"networkRuleSet", "policies"} & set(registry.inputs)
    basic = {"container_registry_id": ADOPTED["container_registry_id"]}
    ml_workspace(
        {**OWN, **basic},
        **OPEN,
        existing={ADOPTED["container_registry_id"]: {"sku": {"name": "Basic", "tier": "Basic"}}},
    )
    with pytest.raises(RefusedError, match=r"settings\.container_registry_sku: a Basic registry supports no private"):
        ml_workspace(small)


KEY = {
    "key": {
        "key_vault_id": f"{CENTRAL}/Microsoft.KeyVault/vaults/kv-keys",
        "key_id": "https://kv-keys.vault.azure.net/keys/ml",
    },
    "identity_id": f"{CENTRAL}/Microsoft.ManagedIdentity/userAssignedIdentities/id-key",
    "identity_client_id": "client",
}


def test_a_customers_key_encrypts_workspace_storage_and_registry():
    plan = ml_workspace(OWN, encryption=KEY)
    made = one(plan, "azure-native:machinelearningservices:Workspace")
    identity = next(each for each in plan.of_type("UserAssignedIdentity") if each.name == "ml-identity")
    assert made.input("identity.userAssignedIdentities") == [identity.id, KEY["identity_id"]]
    assert made.input("primaryUserAssignedIdentity") == identity.id
    assert made.input("encryption") == {
        "identity": {"userAssignedIdentity": KEY["identity_id"]},
        "keyVaultProperties": {
            "identityClientId": "client",
            "keyIdentifier": KEY["key"]["key_id"],
            "keyVaultArmId": KEY["key"]["key_vault_id"],
        },
        "status": "Enabled",
    }
    storage = one(plan, "StorageAccount")
    assert storage.input("identity") == {"type": "UserAssigned", "userAssignedIdentities": [KEY["identity_id"]]}
    assert storage.input("encryption.keySource") == "Microsoft.Keyvault"
    assert storage.input("encryption.encryptionIdentity") == {"encryptionUserAssignedIdentity": KEY["identity_id"]}
    assert storage.input("encryption.keyVaultProperties") == {
        "keyName": "ml",
        "keyVaultUri": "https://kv-keys.vault.azure.net/",
    }
    registry = one(plan, "Registry")
    assert registry.input("identity") == {"type": "UserAssigned", "userAssignedIdentities": {KEY["identity_id"]: {}}}
    assert registry.input("encryption") == {
        "keyVaultProperties": {"identity": "client", "keyIdentifier": KEY["key"]["key_id"]},
        "status": "enabled",
    }


@pytest.mark.parametrize(
    ("kind", "category", "called"),
    [
        ("OpenAI", "AzureOpenAI", "OpenAI"),
        ("AIServices", "AIServices", "AIServices"),
        ("FormRecognizer", "CognitiveService", "FormRecognizer"),
        ("SpeechServices", "CognitiveService", "speech"),
    ],
)
def test_an_ai_service_is_found_by_a_connection_and_called_with_entra_sign_in(kind, category, called):
    account = f"{CENTRAL}/Microsoft.CognitiveServices/accounts/ais-x"
    service = {"name": "assistant", "kind": kind, "resource_id": account, "endpoint": "https://x.example/"}
    made = one(ml_workspace(OWN, ai_services=[service]), "WorkspaceConnection")
    assert made.inputs == {
        "connectionName": "assistant",
        "properties": {
            "authType": "AAD",
            "category": category,
            "isSharedToAll": True,
            "metadata": {"ApiType": "Azure", "Kind": called, "ResourceId": account},
            "target": "https://x.example/",
        },
        "resourceGroupName": "rg-test",
        "workspaceName": "mlw-churn-dev-abc123",
    }


@pytest.mark.parametrize("environment", ["test", "prod"])
def test_where_no_individual_has_access_groups_can_at_most_read(environment):
    with pytest.raises(RefusedError, match=f"in a {environment} environment no individual has access"):
        ml_workspace(environment=environment, then=lambda made: made.grant_data_scientist(GROUP))
    plan = ml_workspace(environment=environment, then=lambda made: made.grant_reader(GROUP))
    [grant] = [each for each in plan.of_type("RoleAssignment") if each.input("principalId") == GROUP]
    assert role_name(grant.input("roleDefinitionId")) == CUSTOM_ROLES[CustomRole.READER].name
    assert grant.input("principalType") == "Group"
    assert grant.input("scope") == one(plan, "azure-native:machinelearningservices:Workspace").id


def test_serverless_jobs_run_in_a_subnet_of_their_own_where_asked():
    subnet = f"{VNET}/subnets/serverless"
    plan = ml_workspace({**OWN, "serverless_subnet_id": subnet})
    made = one(plan, "azure-native:machinelearningservices:Workspace")
    assert made.input("serverlessComputeSettings") == {
        "serverlessComputeCustomSubnet": subnet,
        "serverlessComputeNoPublicIP": True,
    }


def test_computes_are_found_by_the_names_the_settings_give_them():
    instance = {"name": "alice", "vm_size": "Standard_D4ds_v4", "assigned_user": GROUP}
    [component] = ml_workspace({**OWN, "instances": [instance]}).of_type("MLWorkspace")
    assert component.outputs["clusters"] == ["cpu"]
    assert component.outputs["instances"] == {"alice": "cichurnalicedevabc123"}


WORKSPACE_ID = (
    f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-test/providers"
    "/Microsoft.MachineLearningServices/workspaces/mlw-churn-dev-abc123"
)


@pytest.mark.parametrize(
    ("property_", "setting"),
    [("keyVault", "key_vault_id"), ("storageAccount", "storage_account_id")],
)
def test_a_workspace_keeps_the_parts_it_was_made_with(property_, setting):
    made = {WORKSPACE_ID: {property_: ADOPTED[setting].upper()}}
    adopting = {**OWN, setting: ADOPTED[setting]}
    assert ml_workspace(adopting, existing=made).of_type("Compute")
    with pytest.raises(RefusedError) as refused:
        ml_workspace(OWN, existing=made)
    text = str(refused.value)
    assert text.startswith(f"workspace.{setting}: immutable: deployed as '{ADOPTED[setting].upper()}', cannot become")
    assert "make a new environment" in text


def test_a_part_that_is_only_now_made_hides_no_refusal():
    """As when the stack lets go of an adopted vault: its own is not there yet, and the workspace is."""
    known = Placement.model_validate(placed()["placement"])
    found = []

    def program():
        kept = known.id_of("Microsoft.KeyVault/vaults", known.name_of(Kind.KEY_VAULT))
        unknown = native.managedidentity.UserAssignedIdentity("v", resource_group_name="rg").id
        made = pulumi.Output.from_input(ADOPTED["key_vault_id"])
        violations = [
            immutable_violations(("a",), unknown, "x"),
            immutable_violations(("b",), made, kept),
            immutable_violations(("c",), made, made),
        ]
        gated_by(violations, "name").apply(found.append)

    with pytest.raises(RefusedError) as refused:
        record(program, preview=True)
    assert [each.path for each in refused.value.problems] == [("b",)]
    assert found == []


def test_what_else_it_keeps_is_told_at_once():
    made = {WORKSPACE_ID: {"hbiWorkspace": True, "managedNetwork": {"isolationMode": "AllowInternetOutbound"}}}
    with pytest.raises(RefusedError) as refused:
        ml_workspace(OWN, existing=made)
    assert [each.path[-1] for each in refused.value.problems] == ["network_mode", "high_business_impact"]
    ignored = one(ml_workspace(OWN), "Workspace", "ml-workspace").ignore_changes
    assert set(ignored) == {"hbiWorkspace", "keyVault", "managedNetwork.isolationMode", "storageAccount"}


def test_what_application_insights_answers_is_a_secret():
    insights = one(ml_workspace(OWN), "Component")
    assert insights.outputs["connectionString"] == insights.outputs["instrumentationKey"] == "[secret]"


@pytest.mark.parametrize("settings", [OWN, {**MANAGED, "datastores": [STORE]}, {**MANAGED, **ADOPTED}])
def test_no_role_is_given_twice(settings):
    plan = ml_workspace(settings, then=lambda made: made.grant_data_scientist(GROUP))
    assert twice_granted(plan) == []


def test_an_adopted_account_that_is_a_datastore_too_is_approved_once():
    account = ADOPTED["storage_account_id"]
    flat = {**STORE, "storage_account_id": account, "hierarchical": False}
    plan = ml_workspace({**MANAGED, **ADOPTED, "datastores": [flat]})
    assert twice_granted(plan) == []
    rules = one(plan, "Workspace", "ml-workspace").input("managedNetwork.outboundRules")
    assert sorted(rules) == ["own-storage-queue", "own-storage-table"]
