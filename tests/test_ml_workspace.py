from typing import Any

import pytest

from azure_mlplatform.ml_workspace import MLWorkspace, MLWorkspaceArgs
from azure_mlplatform.network import PrivateNetwork
from azure_mlplatform.roles import ROLE_IDS, Role
from azure_mlplatform.settings.private_link import PRIVATE_LINK
from azure_mlplatform.testing import TENANT, UNKNOWN, children, example_settings, record
from programs import CENTRAL, GROUP, LOG, placed

SUBNETS = f"{CENTRAL}/Microsoft.Network/virtualNetworks/v/subnets"
ZONES = {
    zone: f"{CENTRAL}/Microsoft.Network/privateDnsZones/{zone}"
    for groups in PRIVATE_LINK.values()
    for zones in groups.values()
    for zone in zones
}
CPU = {"name": "cpu", "vm_size": "Standard_DS3_v2"}
OWN = {"network_mode": "own", "clusters": [CPU]}
MANAGED = {"network_mode": "managed", "clusters": [CPU]}
ADOPTED = {
    "key_vault_id": f"{CENTRAL}/Microsoft.KeyVault/vaults/kv-x",
    "storage_account_id": f"{CENTRAL}/Microsoft.Storage/storageAccounts/stx",
    "container_registry_id": f"{CENTRAL}/Microsoft.ContainerRegistry/registries/crx",
    "application_insights_id": f"{CENTRAL}/Microsoft.Insights/components/appi-x",
}
BASE = [
    ("Compute", "ml-cpu"),
    ("DiagnosticSetting", "ml-diagnostics"),
    ("PrivateDnsZoneGroup", "ml-endpoint-amlworkspace-zones"),
    ("PrivateEndpoint", "ml-endpoint-amlworkspace"),
    ("RoleAssignment", "ml-compute-registry-acr-pull"),
    ("RoleAssignment", "ml-compute-storage-storage-blob-data-contributor"),
    ("RoleAssignment", "ml-identity-insights-contributor"),
    ("RoleAssignment", "ml-identity-key-vault-contributor"),
    ("RoleAssignment", "ml-identity-key-vault-key-vault-administrator"),
    ("RoleAssignment", "ml-identity-registry-contributor"),
    ("RoleAssignment", "ml-identity-storage-contributor"),
    ("RoleAssignment", "ml-identity-storage-storage-blob-data-contributor"),
    ("RoleAssignment", "ml-identity-storage-storage-file-data-privileged-contributor"),
    ("RoleAssignment", "ml-identity-workspace-contributor"),
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
        for each in ("registry", "storage", "storage-blobs", "storage-files", "vault")
    ],
    ("FileServiceProperties", "ml-storage-files"),
    *[("PrivateEndpoint", f"ml-{each}") for each in ENDPOINTS],
    *[("PrivateDnsZoneGroup", f"ml-{each}-zones") for each in ENDPOINTS],
    ("Registry", "ml-registry"),
    ("StorageAccount", "ml-storage"),
    ("Vault", "ml-vault"),
]
APPROVER = [
    ("RoleAssignment", f"ml-identity-{part}-network-connection-approver")
    for part in ("key-vault", "registry", "storage")
]
LOCKS = [("ManagementLockByScope", f"ml-{each}-lock") for each in ("registry", "storage", "vault")]


def workspace(settings, preview=False, then=None, **changes):
    args = {
        **placed(example_settings()),
        "settings": settings,
        "tenant_id": TENANT,
        "diagnostics": LOG,
        "private_network": PrivateNetwork(subnet_id=f"{SUBNETS}/endpoints", zone_ids=dict(ZONES)),
        "training_subnet_id": f"{SUBNETS}/training",
        **changes,
    }

    def program():
        made = MLWorkspace("ml", MLWorkspaceArgs.model_validate(args))
        if then:
            then(made)

    return record(program, preview=preview)


def one(plan, kind):
    [found] = [each for each in plan.of_type(kind) if each.name.startswith("ml-")]
    return found


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
            {"private_network": None},
            [each for each in BASE if each[0] not in ("Compute", "PrivateEndpoint", "PrivateDnsZoneGroup")],
        ),
    ],
)
def test_children(settings, changes, made, preview):
    assert children(workspace(settings, preview, **changes), "ml") == sorted(made)


def test_the_workspace_takes_no_key_and_no_public_call():
    plan = workspace(OWN)
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
    plan = workspace(MANAGED, preview)
    by_name = {each.name: each for each in plan.azure_resources}
    made = by_name["ml-workspace"]
    own = [name for name in by_name if name.startswith("ml-identity-") and name != "ml-identity-workspace-contributor"]
    assert len(own) == 10
    assert {by_name[name].urn for name in own} <= set(made.dependencies)
    assert not {each.urn for each in plan.of_type("RoleAssignment") if each.name.startswith("ml-compute")} & set(
        made.dependencies
    )
    assert by_name["ml-endpoint-amlworkspace"].urn in by_name["ml-cpu"].dependencies


def test_a_cluster_has_no_public_address_and_no_password():
    plan = workspace(
        {**OWN, "clusters": [{**CPU, "min_nodes": 1, "max_nodes": 9, "idle_seconds": 300, "priority": "LowPriority"}]}
    )
    cluster = one(plan, "Compute")
    identity = next(each for each in plan.of_type("UserAssignedIdentity") if each.name == "ml-compute-identity")
    assert cluster.input("identity.userAssignedIdentities") == [identity.id]
    assert cluster.input("properties") == {
        "computeLocation": "westeurope",
        "computeType": "AmlCompute",
        "disableLocalAuth": True,
        "properties": {
            "enableNodePublicIp": False,
            "osType": "Linux",
            "remoteLoginPortPublicAccess": "Disabled",
            "scaleSettings": {"maxNodeCount": 9, "minNodeCount": 1, "nodeIdleTimeBeforeScaleDown": "PT300S"},
            "subnet": {"id": f"{SUBNETS}/training"},
            "vmPriority": "LowPriority",
            "vmSize": "Standard_DS3_v2",
        },
    }


def test_in_a_managed_network_the_cluster_is_in_no_subnet_and_rules_say_what_leaves():
    rules = {
        "private_endpoints": [{"name": "lake", "resource_id": ADOPTED["storage_account_id"], "group_id": "dfs"}],
        "service_tags": [{"name": "monitor", "service_tag": "AzureMonitor"}],
        "fqdns": [{"name": "pypi", "fqdn": "pypi.org"}],
    }
    plan = workspace({**MANAGED, "managed_network": rules})
    made = one(plan, "azure-native:machinelearningservices:Workspace")
    assert one(plan, "Compute").input("properties.properties.subnet") is None
    assert made.input("serverlessComputeSettings") is None
    assert made.input("provisionNetworkNow") is True
    assert made.input("managedNetwork") == {
        "isolationMode": "AllowOnlyApprovedOutbound",
        "outboundRules": {
            "lake": {
                "category": "UserDefined",
                "destination": {
                    "serviceResourceId": ADOPTED["storage_account_id"],
                    "sparkEnabled": False,
                    "subresourceTarget": "dfs",
                },
                "type": "PrivateEndpoint",
            },
            "monitor": {
                "category": "UserDefined",
                "destination": {"portRanges": "443", "protocol": "TCP", "serviceTag": "AzureMonitor"},
                "type": "ServiceTag",
            },
            "pypi": {"category": "UserDefined", "destination": "pypi.org", "type": "FQDN"},
        },
    }


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
        ("azure-native:machinelearningservices:Workspace", "publicNetworkAccess", "Disabled", "Enabled", "Enabled"),
    ],
)
def test_public_access_is_what_was_asked_for(kind, path, private, some, everyone):
    cases: list[dict[str, Any]] = [{}, {"allowed_ip_ranges": ["203.0.113.0/24"]}, {"private_network": None}]
    found = [one(workspace(OWN, **changes), kind).input(path) for changes in cases]
    assert found == [private, some, everyone]


def test_allowed_addresses_are_written_as_each_service_takes_them():
    plan = workspace(OWN, allowed_ip_ranges=["203.0.113.0/24"])
    assert one(plan, "Vault").input("properties.networkAcls.ipRules") == [{"value": "203.0.113.0/24"}]
    for kind in ("StorageAccount", "Registry"):
        [rule] = one(plan, kind).input("networkRuleSet.ipRules")
        assert rule == {"action": "Allow", "iPAddressOrRange": "203.0.113.0/24"}


@pytest.mark.parametrize(
    ("redundant", "sku", "zones"), [(True, "Standard_ZRS", "Enabled"), (False, "Standard_LRS", "Disabled")]
)
def test_storage_and_registry_are_spread_over_zones_where_asked(redundant, sku, zones):
    plan = workspace(OWN, zone_redundant=redundant)
    assert one(plan, "StorageAccount").input("sku.name") == sku
    assert one(plan, "Registry").input("zoneRedundancy") == zones


def test_locks_guard_vault_storage_and_registry_and_never_the_workspace():
    plan = workspace(OWN, lock=True)
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


def test_roles_lie_on_the_parts_that_are_adopted_too():
    plan = workspace({**OWN, **ADOPTED})
    scopes = {each.input("scope") for each in plan.of_type("RoleAssignment")}
    assert set(ADOPTED.values()) < scopes


def test_a_data_scientist_can_work_without_a_key():
    plan = workspace(OWN, then=lambda made: made.grant_data_scientist(GROUP))
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


@pytest.mark.parametrize("preview", [False, True])
def test_outputs(preview):
    plan = workspace(OWN, preview)
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
