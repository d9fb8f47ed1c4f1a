import pytest

from azure_mlplatform.emulation.answers import SUBSCRIPTION
from azure_mlplatform.foundation.built_in_roles import Role, role_name
from azure_mlplatform.parts.arguments import RefusedError
from azure_mlplatform.parts.encryption import EncryptionKey
from azure_mlplatform.plan.resource import UNKNOWN
from azure_mlplatform.settings import CustomerManagedKey
from azure_mlplatform.spark.synapse.synapse_workspace import SynapseWorkspace, SynapseWorkspaceArgs
from azure_mlplatform.testing import TENANT, children, record
from azure_mlplatform.workspace import attached_compute
from support.programs import (
    CENTRAL,
    COMPUTES,
    GROUP,
    IDENTITIES,
    LOG,
    OPEN,
    SUBNETS,
    SYNAPSE,
    ZONES,
    attachable,
    from_office,
    one,
    served,
)

NAME, LAKE = "synw-churn-prod-abc123", "dlschurnprodabc123"
ID = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-test/providers/Microsoft.Synapse/workspaces/{NAME}"
LAKE_ID = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-test/providers/Microsoft.Storage/storageAccounts/{LAKE}"
ML = attachable()
KEY = EncryptionKey(
    key=CustomerManagedKey(
        key_vault_id=f"{CENTRAL}/Microsoft.KeyVault/vaults/kv-keys", key_id="https://kv-keys.vault.azure.net/keys/ml"
    ),
    identity_id=f"{IDENTITIES}/id-key",
    identity_client_id="00000000-0000-0000-0000-0000000000f3",
)
LET_GO = {"data_exfiltration_protection": False}
KEPT = {"data_exfiltration_protection": True}


def synapse(settings=None, *, preview=False, existing=None, then=None, **changes):
    given = served(SynapseWorkspaceArgs, **changes)
    given = {**given, "settings": {**SYNAPSE, **(settings or {})}}

    def program():
        made = SynapseWorkspace("syn", SynapseWorkspaceArgs.model_validate(given))
        if then:
            then(made)

    return record(program, preview=preview, existing=existing)


ALONE = [
    ("BigDataPool", "syn-pool-spark"),
    ("BlobContainer", "syn-lake-container"),
    ("BlobServiceProperties", "syn-lake-blobs"),
    ("DiagnosticSetting", "syn-diagnostics"),
    *(("DiagnosticSetting", f"syn-lake-{each}-diagnostics") for each in ("blobs", "files", "queues", "tables")),
    ("DiagnosticSetting", "syn-lake-diagnostics"),
    ("DiagnosticSetting", "syn-pool-spark-diagnostics"),
    ("FileServiceProperties", "syn-lake-files"),
    ("RoleAssignment", "syn-lake-writer"),
    ("StorageAccount", "syn-lake"),
    ("Workspace", "syn-workspace"),
]
REACHED = [
    (kind, f"syn-{each}{ending}")
    for each in ("endpoint-Dev", "endpoint-Sql", "endpoint-SqlOnDemand", "lake-endpoint-blob", "lake-endpoint-dfs")
    for kind, ending in (("PrivateEndpoint", ""), ("PrivateDnsZoneGroup", "-zones"))
]
ATTACHED = [
    ("Compute", "syn-pool-spark-compute"),
    ("RoleAssignment", "syn-lake-computes-writer"),
    ("ComputeDetach", "syn-pool-spark-detach"),
]


@pytest.mark.parametrize("preview", [False, True])
@pytest.mark.parametrize(
    ("changes", "made"),
    [
        ({}, ALONE + REACHED),
        ({"workspace": ML}, ALONE + REACHED + ATTACHED),
        ({"workspace": ML, "settings": {"pools": [{"name": "spark", "attach": False}]}}, ALONE + REACHED),
        ({"lock": True}, [*ALONE, *REACHED, ("ManagementLockByScope", "syn-lake-lock")]),
        (OPEN, [*ALONE, ("IpFirewallRule", "syn-firewall-all")]),
        (
            from_office("203.0.113.7", "198.51.100.0/24"),
            [
                *ALONE,
                *REACHED,
                ("IpFirewallRule", "syn-firewall-198-51-100-0-24"),
                ("IpFirewallRule", "syn-firewall-203-0-113-7-32"),
            ],
        ),
    ],
)
def test_children(changes, made, preview):
    assert children(synapse(preview=preview, **changes), "syn") == sorted(made)


def test_the_workspace_knows_no_password_and_is_closed():
    plan = synapse(lock=True)
    made = one(plan, "Workspace", "syn-")
    assert made.inputs == {
        "azureADOnlyAuthentication": True,
        "defaultDataLakeStorage": {
            "accountUrl": f"https://{LAKE}.dfs.core.windows.net",
            "createManagedPrivateEndpoint": True,
            "filesystem": "workspace",
            "resourceId": LAKE_ID,
        },
        "identity": {"type": "SystemAssigned"},
        "location": "westeurope",
        "managedVirtualNetwork": "default",
        "managedVirtualNetworkSettings": {"preventDataExfiltration": False},
        "publicNetworkAccess": "Disabled",
        "resourceGroupName": "rg-test",
        "tags": {"project": "churn"},
        "trustedServiceBypassEnabled": False,
        "workspaceName": NAME,
    }
    assert set(made.ignore_changes) == {
        "cspWorkspaceAdminProperties",
        "defaultDataLakeStorage",
        "managedVirtualNetworkSettings.preventDataExfiltration",
    }
    assert made.protect
    lake, container = one(plan, "StorageAccount", "syn-"), one(plan, "BlobContainer", "syn-")
    assert set(made.dependencies) == {lake.urn, container.urn}


def test_the_lake_is_a_lake_and_no_workspace_storage():
    plan = synapse(lock=True)
    lake = one(plan, "StorageAccount", "syn-")
    assert (lake.input("accountName"), lake.input("isHnsEnabled"), lake.protect) == (LAKE, True, True)
    assert lake.input("allowSharedKeyAccess") is False
    assert lake.input("networkRuleSet.defaultAction") == "Deny"
    assert one(plan, "BlobServiceProperties", "syn-").input("isVersioningEnabled") is False
    container = one(plan, "BlobContainer", "syn-")
    assert container.inputs == {
        "accountName": LAKE,
        "containerName": "workspace",
        "publicAccess": "None",
        "resourceGroupName": "rg-test",
    }
    assert container.protect
    lock = one(plan, "ManagementLockByScope", "syn-")
    assert lock.input("scope") == lake.id


def test_a_pool_scales_and_pauses():
    plan = synapse(
        {"pools": [{"name": "big", "node_size": "Large", "min_nodes": 4, "max_nodes": 40, "pause_minutes": 30}]}
    )
    pool = one(plan, "BigDataPool", "syn-")
    assert pool.inputs == {
        "autoPause": {"delayInMinutes": 30, "enabled": True},
        "autoScale": {"enabled": True, "maxNodeCount": 40, "minNodeCount": 4},
        "bigDataPoolName": "big",
        "location": "westeurope",
        "nodeSize": "Large",
        "nodeSizeFamily": "MemoryOptimized",
        "resourceGroupName": "rg-test",
        "sparkVersion": "3.5",
        "tags": {"project": "churn"},
        "workspaceName": NAME,
    }
    assert pool.ignore_changes == ("nodeCount",)
    assert one(plan, "Workspace", "syn-").urn in pool.dependencies


def test_it_is_reached_by_private_endpoints():
    plan = synapse()
    found = {}
    for each in plan.of_type("PrivateEndpoint"):
        [connection] = each.input("privateLinkServiceConnections")
        assert each.input("subnet.id") == f"{SUBNETS}/endpoints"
        found[connection["groupIds"][0]] = connection["privateLinkServiceId"]
    assert found == {**dict.fromkeys(("Dev", "Sql", "SqlOnDemand"), ID), **dict.fromkeys(("blob", "dfs"), LAKE_ID)}
    zones = {
        each.name: [zone["privateDnsZoneId"] for zone in each.input("privateDnsZoneConfigs")]
        for each in plan.of_type("PrivateDnsZoneGroup")
    }
    assert zones["syn-endpoint-Dev-zones"] == [ZONES["privatelink.dev.azuresynapse.net"]]
    assert zones["syn-endpoint-SqlOnDemand-zones"] == [ZONES["privatelink.sql.azuresynapse.net"]]
    assert zones["syn-lake-endpoint-dfs-zones"] == [ZONES["privatelink.dfs.core.windows.net"]]


def test_everything_reports():
    plan = synapse()
    sent = {each.input("resourceUri") for each in plan.of_type("DiagnosticSetting")}
    services = {f"{LAKE_ID}/{each}Services/default" for each in ("blob", "file", "queue", "table")}
    assert sent == {ID, LAKE_ID, f"{ID}/bigDataPools/spark", *services}
    assert {each.input("workspaceId") for each in plan.of_type("DiagnosticSetting")} == {LOG}


@pytest.mark.parametrize(
    ("changes", "access", "rules", "through"),
    [
        ({}, "Disabled", [], True),
        (from_office("203.0.113.7"), "Enabled", [("203.0.113.7", "203.0.113.7")], True),
        (from_office("198.51.100.0/24"), "Enabled", [("198.51.100.0", "198.51.100.255")], True),
        (OPEN, "Enabled", [("0.0.0.0", "255.255.255.255")], False),  # noqa: S104 - what is let in
    ],
)
def test_only_addresses_that_are_given_call_it(changes, access, rules, through):
    plan = synapse(**changes)
    made = one(plan, "Workspace", "syn-")
    assert made.input("publicNetworkAccess") == access
    found = plan.of_type("IpFirewallRule")
    assert [(each.input("startIpAddress"), each.input("endIpAddress")) for each in found] == rules
    # An open lake needs no private endpoint of the managed network.
    assert made.input("defaultDataLakeStorage.createManagedPrivateEndpoint") is through


@pytest.mark.parametrize("workspace", [None, ML])
def test_who_writes_to_the_lake(workspace):
    plan = synapse(workspace=workspace)
    principal = one(plan, "Workspace", "syn-").outputs["identity"]["principalId"]
    granted = {
        (each.input("principalId"), role_name(each.input("roleDefinitionId")), each.input("scope"))
        for each in plan.of_type("RoleAssignment")
    }
    scope = f"{LAKE_ID}/blobServices/default/containers/workspace"
    writers = [principal, COMPUTES] if workspace else [principal]
    assert granted == {(each, Role.STORAGE_BLOB_DATA_CONTRIBUTOR.value, scope) for each in writers}


def test_a_data_scientist_reads_and_writes_where_people_may_work():
    plan = synapse(environment="dev", then=lambda made: made.grant_data_scientist(GROUP))
    grant = one(plan, "RoleAssignment", f"syn-lake-{GROUP}")
    assert (grant.input("principalId"), grant.input("principalType")) == (GROUP, "Group")
    assert role_name(grant.input("roleDefinitionId")) == Role.STORAGE_BLOB_DATA_CONTRIBUTOR
    for environment in ("test", "prod"):
        with pytest.raises(RefusedError, match=f"in a {environment} environment no individual has access"):
            synapse(environment=environment, then=lambda made: made.grant_data_scientist(GROUP))


@pytest.mark.parametrize("preview", [False, True])
def test_a_pool_is_attached_by_identity_and_detached_before_it_goes(preview):
    plan = synapse(workspace=ML, preview=preview)
    pool, attached = one(plan, "BigDataPool", "syn-"), one(plan, "Compute", "syn-")
    assert attached.inputs == {
        "computeName": "spark",
        "identity": {"type": "UserAssigned", "userAssignedIdentities": [f"{IDENTITIES}/id-compute"]},
        "location": "westeurope",
        "properties": {"computeLocation": "westeurope", "computeType": "SynapseSpark", "resourceId": pool.id},
        "resourceGroupName": "rg-test",
        "tags": {"project": "churn"},
        "workspaceName": "mlw-churn",
    }
    assert attached.dependencies == (pool.urn,)
    assert (attached.delete_before_replace, attached.retain_on_delete) == (True, False)
    assert set(attached.replace_on_changes) == {"identity", "location", "properties.resourceId"}
    # Nodes of a pool that come and go are no other pool.
    assert attached.ignore_changes == ("properties.properties",)
    detach = one(plan, "ComputeDetach", "syn-")
    assert (detach.input("compute_id"), detach.input("tenant_id")) == (attached.id, TENANT)
    assert detach.dependencies == (attached.urn,)


def test_hosted_for_another_language_nothing_is_dynamic_and_the_compute_stays(monkeypatch):
    monkeypatch.setattr(attached_compute, "is_hosted", lambda: True)
    plan = synapse(workspace=ML)
    assert not plan.of_type("ComputeDetach")
    assert one(plan, "Compute", "syn-").retain_on_delete
    [(severity, text)] = plan.messages
    assert severity == "warning"
    assert "az ml compute detach" in text


def test_with_data_exfiltration_protection_only_the_tenant_is_reached():
    made = one(synapse(KEPT), "Workspace", "syn-")
    assert made.input("managedVirtualNetworkSettings") == {
        "allowedAadTenantIdsForLinking": [TENANT],
        "preventDataExfiltration": True,
    }
    open_lake = one(synapse(KEPT, **OPEN), "Workspace", "syn-")
    assert open_lake.input("defaultDataLakeStorage.createManagedPrivateEndpoint") is True
    with pytest.raises(RefusedError, match=r"settings\.pools\[0\]\.attach: the pool spark is attached"):
        synapse(KEPT, workspace=ML)


@pytest.mark.parametrize(
    ("asked", "made", "refused"),
    [(LET_GO, True, True), (KEPT, False, True), (KEPT, True, False), (LET_GO, None, False)],
)
def test_what_lasts_is_refused_where_the_settings_differ(asked, made, refused):
    settings = {} if made is None else {"preventDataExfiltration": made}
    existing = {ID: {"managedVirtualNetworkSettings": settings}}
    if not refused:
        assert one(synapse(asked, existing=existing), "BigDataPool", "syn-").azure_name == "spark"
        return
    with pytest.raises(RefusedError, match=r"synapse\.data_exfiltration_protection: immutable: deployed as"):
        synapse(asked, existing=existing)


def test_the_first_administrators_are_a_group_and_stay():
    settings = {"administrators_group_id": GROUP.upper()}
    made = one(synapse(settings, environment="dev"), "Workspace", "syn-")
    assert made.input("cspWorkspaceAdminProperties") == {"initialWorkspaceAdminObjectId": GROUP}
    other = {ID.replace("prod", "dev"): {"cspWorkspaceAdminProperties": {"initialWorkspaceAdminObjectId": COMPUTES}}}
    with pytest.raises(RefusedError, match="az synapse role assignment create"):
        synapse(settings, environment="dev", existing=other)
    assert synapse(environment="dev", existing=other).of_type("BigDataPool")


def test_a_customers_key_is_read_by_an_identity_that_may_already():
    made = one(synapse(encryption=KEY), "Workspace", "syn-")
    assert made.input("identity") == {
        "type": "SystemAssigned,UserAssigned",
        "userAssignedIdentities": [f"{IDENTITIES}/id-key"],
    }
    assert made.input("encryption") == {
        "cmk": {
            "kekIdentity": {"useSystemAssignedIdentity": False, "userAssignedIdentity": f"{IDENTITIES}/id-key"},
            "key": {"keyVaultUrl": "https://kv-keys.vault.azure.net/keys/ml", "name": "ml"},
        }
    }
    lake = one(synapse(encryption=KEY), "StorageAccount", "syn-")
    assert lake.input("encryption.keySource") == "Microsoft.Keyvault"


@pytest.mark.parametrize("preview", [False, True])
def test_outputs(preview):
    plan = synapse(preview=preview)
    [component] = plan.of_type("SynapseWorkspace")
    workspace = one(plan, "Workspace", "syn-")
    assert component.outputs == {
        "name": NAME,
        "resource_id": workspace.id,
        "principal_id": UNKNOWN if preview else workspace.outputs["identity"]["principalId"],
        "lake_id": one(plan, "StorageAccount", "syn-").id,
        "development_endpoint": UNKNOWN if preview else f"https://{NAME}.dev.azuresynapse.net",
        "spark_pools": ["spark"],
    }
