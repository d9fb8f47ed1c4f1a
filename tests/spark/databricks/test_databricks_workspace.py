from dataclasses import replace

import pytest

from azure_mlplatform.emulation.answers import SUBSCRIPTION
from azure_mlplatform.foundation.built_in_roles import ROLE_IDS, Role
from azure_mlplatform.parts.arguments import RefusedError
from azure_mlplatform.parts.placement import PrivateNetwork
from azure_mlplatform.plan.resource import UNKNOWN
from azure_mlplatform.resource_types import RESOURCE_TYPES
from azure_mlplatform.settings import SECRET
from azure_mlplatform.spark.databricks.databricks_workspace import DatabricksWorkspace, DatabricksWorkspaceArgs
from azure_mlplatform.testing import TENANT, children
from support.programs import LAKE, LOG, OPEN, STORE, SUBNETS, ZONES, attachable, from_office, networked, one, serving

NAME = "dbw-churn-prod"
GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups"
MANAGED = f"{GROUP}/rg-churn-dbw-nodes-prod"
WORKSPACE_ID = f"{GROUP}/rg-test/providers/Microsoft.Databricks/workspaces/{NAME}"
DBFS = "dbfschurnprodabc123"
TOKEN = "dapi-of-nobody"
ATTACHED = {"workspace": attachable(), "token": TOKEN}
NETWORK_ID = SUBNETS.removesuffix("/subnets")


def databricks(settings=None, **changes):
    subnets = {"host_subnet_id": f"{SUBNETS}/host", "container_subnet_id": f"{SUBNETS}/container"}
    return serving(DatabricksWorkspace, DatabricksWorkspaceArgs, settings or {}, **subnets, **changes)


WITHOUT_LINK = [
    ("AccessConnector", "serve-connector"),
    ("DiagnosticSetting", "serve-diagnostics"),
    ("Workspace", "serve-workspace"),
]
BASE = WITHOUT_LINK + [
    (kind, f"serve-{of}{ending}")
    for of in ("endpoint-databricks_ui_api", "storage-endpoint-blob", "storage-endpoint-dfs")
    for kind, ending in (("PrivateEndpoint", ""), ("PrivateDnsZoneGroup", "-zones"))
]
SIGN_IN = [
    ("PrivateEndpoint", "serve-endpoint-browser_authentication"),
    ("PrivateDnsZoneGroup", "serve-endpoint-browser_authentication-zones"),
]
STORES = [STORE, {**STORE, "name": "results", "container": "results", "access": "write", "folders": []}]


@pytest.mark.parametrize("preview", [False, True])
@pytest.mark.parametrize(
    ("settings", "changes", "made"),
    [
        ({}, {}, BASE),
        ({}, OPEN, WITHOUT_LINK),
        ({"browser_authentication": True}, {}, BASE + SIGN_IN),
        ({}, {"lock": True}, [*BASE, ("ManagementLockByScope", "serve-lock")]),
        (
            {},
            {"datastores": STORES},
            BASE + [("RoleAssignment", f"serve-connector-store-stlake-{each}") for each in ("curated", "results")],
        ),
        ({}, {"workspace": attachable()}, BASE),
        ({}, ATTACHED, [*BASE, ("Compute", "serve-compute"), ("ComputeDetach", "serve-detach")]),
    ],
)
def test_children(settings, changes, made, preview):
    assert children(databricks(settings, **changes, preview=preview), "serve") == sorted(made)


def test_the_workspace_is_in_the_network_without_public_addresses():
    plan = databricks()
    made, connector = one(plan, "Workspace", "serve-"), one(plan, "AccessConnector", "serve-")
    assert made.inputs == {
        "accessConnector": {"id": connector.id, "identityType": "SystemAssigned"},
        "computeMode": "Hybrid",
        "defaultStorageFirewall": "Enabled",
        "location": "westeurope",
        "managedResourceGroupId": MANAGED,
        "parameters": {
            "customPrivateSubnetName": {"value": "container"},
            "customPublicSubnetName": {"value": "host"},
            "customVirtualNetworkId": {"value": NETWORK_ID},
            "enableNoPublicIp": {"value": True},
            "requireInfrastructureEncryption": {"value": True},
            "storageAccountName": {"value": DBFS},
            "storageAccountSkuName": {"value": "Standard_ZRS"},
        },
        "publicNetworkAccess": "Disabled",
        "requiredNsgRules": "NoAzureDatabricksRules",
        "resourceGroupName": "rg-test",
        "sku": {"name": "premium"},
        "tags": {"project": "churn"},
        "workspaceName": NAME,
    }
    assert made.id == WORKSPACE_ID
    assert made.dependencies == (connector.urn,)
    assert connector.inputs == {
        "connectorName": "dbac-churn-prod-abc123",
        "identity": {"type": "SystemAssigned"},
        "location": "westeurope",
        "resourceGroupName": "rg-test",
        "tags": {"project": "churn"},
    }


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (OPEN, ("Enabled", "AllRules", "Disabled")),
        # To Azure its firewall knows no addresses: single ones would let in the whole internet.
        (from_office("203.0.113.0/24"), ("Disabled", "NoAzureDatabricksRules", "Enabled")),
    ],
)
def test_it_is_open_to_all_or_to_none(changes, expected):
    made = one(databricks(**changes), "Workspace", "serve-")
    inputs = [made.input(each) for each in ("publicNetworkAccess", "requiredNsgRules", "defaultStorageFirewall")]
    assert tuple(inputs) == expected


def test_storage_is_spread_over_zones_where_asked():
    made = one(databricks(environment="dev"), "Workspace", "serve-")
    assert made.input("parameters.storageAccountSkuName.value") == "Standard_LRS"


def test_every_endpoint_leads_where_it_should_and_is_named():
    plan = databricks({"browser_authentication": True})
    workspace = one(plan, "Workspace", "serve-")
    endpoints = {
        each.input("privateLinkServiceConnections.0.groupIds")[0]: each for each in plan.of_type("PrivateEndpoint")
    }
    storage = f"{MANAGED}/providers/Microsoft.Storage/storageAccounts/{DBFS}"
    target = "privateLinkServiceConnections.0.privateLinkServiceId"
    assert {group: each.input(target) for group, each in endpoints.items()} == {
        "blob": storage,
        "dfs": storage,
        "databricks_ui_api": workspace.id,
        "browser_authentication": workspace.id,
    }
    # The account exists only once the workspace does.
    assert all(workspace.urn in each.dependencies for each in endpoints.values())
    # Databricks takes one at a time.
    assert endpoints["databricks_ui_api"].urn in endpoints["browser_authentication"].dependencies
    assert {each.azure_name for each in endpoints.values()} == {
        "pep-churn-databricks-prod",
        "pep-churn-databricks-sign-in-prod",
        "pep-churn-databricks-storage-blob-prod",
        "pep-churn-databricks-storage-dfs-prod",
    }
    named = {
        each.name.removesuffix("-zones").rsplit("-", 1)[-1]: each.input("privateDnsZoneConfigs.0.privateDnsZoneId")
        for each in plan.of_type("PrivateDnsZoneGroup")
    }
    assert named == {
        "blob": ZONES["privatelink.blob.core.windows.net"],
        "dfs": ZONES["privatelink.dfs.core.windows.net"],
        "databricks_ui_api": ZONES["privatelink.azuredatabricks.net"],
        "browser_authentication": ZONES["privatelink.azuredatabricks.net"],
    }


def test_policy_names_the_endpoints_where_no_zone_is_given():
    plan = databricks(private_network=PrivateNetwork(subnet_id=f"{SUBNETS}/endpoints"))
    assert len(plan.of_type("PrivateEndpoint")) == 3
    assert not plan.of_type("PrivateDnsZoneGroup")


def test_it_reads_and_writes_what_the_datastores_say_and_nothing_else():
    shared = {**STORE, "name": "again", "access": "write", "folders": []}
    for stores, expected in (
        (STORES, {"curated": Role.STORAGE_BLOB_DATA_READER, "results": Role.STORAGE_BLOB_DATA_CONTRIBUTOR}),
        ([STORE, shared], {"curated": Role.STORAGE_BLOB_DATA_CONTRIBUTOR}),
    ):
        plan = databricks(datastores=stores)
        connector = one(plan, "AccessConnector", "serve-")
        roles = plan.of_type("RoleAssignment")
        containers = f"{LAKE}/Microsoft.Storage/storageAccounts/stlake/blobServices/default/containers"
        assert {each.input("scope"): each.input("roleDefinitionId").rsplit("/", 1)[-1] for each in roles} == {
            f"{containers}/{container}": ROLE_IDS[role] for container, role in expected.items()
        }
        assert {each.input("principalId") for each in roles} == {connector.outputs["identity"]["principalId"]}
        assert {each.input("principalType") for each in roles} == {"ServicePrincipal"}


def test_it_reports_logs_and_has_no_metrics():
    plan = databricks()
    [sent] = plan.of_type("DiagnosticSetting")
    assert (sent.input("resourceUri"), sent.input("workspaceId")) == (WORKSPACE_ID, LOG)
    assert sent.input("logs") == [{"categoryGroup": "allLogs", "enabled": True}]
    assert "metrics" not in sent.inputs


@pytest.mark.parametrize("lock", [False, True])
def test_prod_is_protected_and_its_lock_goes_first(lock):
    plan = databricks({"browser_authentication": True}, lock=lock)
    assert {one(plan, kind, "serve-").protect for kind in ("Workspace", "AccessConnector")} == {lock}
    if lock:
        made = one(plan, "ManagementLockByScope", "serve-")
        assert made.input("scope") == WORKSPACE_ID
        guarded = {each.urn for each in plan.of_type("PrivateEndpoint") if "storage" not in each.name}
        guarded |= {one(plan, "DiagnosticSetting", "serve-").urn, one(plan, "Workspace", "serve-").urn}
        assert set(made.dependencies) == guarded


@pytest.mark.parametrize("preview", [False, True])
def test_a_token_attaches_it_and_is_never_shown(preview):
    plan = databricks({"compute_name": "spark"}, **ATTACHED, preview=preview)
    made, workspace = one(plan, "Compute", "serve-"), one(plan, "Workspace", "serve-")
    url = UNKNOWN if preview else f"https://{workspace.outputs['workspaceUrl']}"
    assert made.inputs == {
        "computeName": "spark",
        "location": "westeurope",
        "properties": {
            "computeLocation": "westeurope",
            "computeType": "Databricks",
            "properties": {"databricksAccessToken": SECRET, "workspaceUrl": url},
            "resourceId": workspace.id,
        },
        "resourceGroupName": "rg-test",
        "tags": {"project": "churn"},
        "workspaceName": "mlw-churn",
    }
    assert made.dependencies == (workspace.urn,)
    # A new token is sent; another workspace is another compute.
    assert set(made.replace_on_changes) == {
        "location",
        "properties.resourceId",
        "properties.properties.workspaceUrl",
    }
    assert made.delete_before_replace
    assert not made.retain_on_delete
    assert TOKEN not in str(plan)
    # Detached before the compute is deleted, and so before Databricks is.
    detach = one(plan, "ComputeDetach", "serve-")
    assert detach.inputs["compute_id"] == made.id
    assert detach.inputs["tenant_id"] == TENANT
    assert made.urn in detach.dependencies


def test_the_answer_holds_the_token_and_is_a_secret_too(monkeypatch):
    compute = "azure-native:machinelearningservices:Compute"
    answers = replace(RESOURCE_TYPES[compute], outputs=lambda _, given: dict(given))
    monkeypatch.setitem(RESOURCE_TYPES, compute, answers)
    assert one(databricks(**ATTACHED), "Compute", "serve-").outputs["properties"] == SECRET


@pytest.mark.parametrize("preview", [False, True])
@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, []),
        ({"workspace": attachable()}, ["databricks is not attached"]),
        (ATTACHED, ["databricks is attached as databricks"]),
    ],
)
def test_the_preview_says_whether_it_is_attached(changes, said, preview):
    messages = databricks(**changes, preview=preview).messages
    assert [kind for kind, _ in messages] == ["warning"] * len(said)
    assert all(text.startswith(start) for (_, text), start in zip(messages, said, strict=True))
    if said and "not" in said[0]:
        assert "pulumi config set --secret azure-mlplatform:databricks_token" in messages[0][1]


def test_a_token_without_a_workspace_is_refused_without_being_shown():
    with pytest.raises(RefusedError, match="no machine-learning workspace to attach Databricks to") as error:
        databricks(token=TOKEN)
    assert TOKEN not in str(error.value)


def test_the_arguments_do_not_show_the_token():
    subnets = {"host_subnet_id": f"{SUBNETS}/host", "container_subnet_id": f"{SUBNETS}/container"}
    args = DatabricksWorkspaceArgs.model_validate({**networked(), "settings": {}, **subnets, **ATTACHED})
    assert TOKEN not in repr(args)


def made_with(**parameters):
    """What Azure answers about a workspace that was made with other parameters."""
    same = {
        "customVirtualNetworkId": NETWORK_ID,
        "customPublicSubnetName": "host",
        "customPrivateSubnetName": "container",
    }
    return {WORKSPACE_ID: {"parameters": {key: {"value": value} for key, value in {**same, **parameters}.items()}}}


@pytest.mark.parametrize(
    ("changed", "path"),
    [
        ({"customVirtualNetworkId": f"{NETWORK_ID}-old"}, "network"),
        ({"customPublicSubnetName": "old"}, "network.subnet_ids.databricks_host"),
        ({"customPrivateSubnetName": "old"}, "network.subnet_ids.databricks_container"),
    ],
)
def test_what_it_was_made_in_cannot_change(changed, path):
    assert databricks(existing=made_with())
    with pytest.raises(RefusedError, match="cannot become") as error:
        databricks(existing=made_with(**changed))
    [problem] = error.value.problems
    assert ".".join(map(str, problem.path)) == path
    made = one(databricks(), "Workspace", "serve-")
    assert set(made.ignore_changes) == {f"parameters.{key}" for key in made_with()[WORKSPACE_ID]["parameters"]}


@pytest.mark.parametrize("preview", [False, True])
@pytest.mark.parametrize("attached", [False, True])
def test_outputs(attached, preview):
    plan = databricks(**(ATTACHED if attached else {}), preview=preview)
    [component] = plan.of_type("DatabricksWorkspace")
    workspace, connector = one(plan, "Workspace", "serve-"), one(plan, "AccessConnector", "serve-")
    assert component.outputs == {
        "name": NAME,
        "resource_id": workspace.id,
        "url": UNKNOWN if preview else f"https://{workspace.outputs['workspaceUrl']}",
        "access_connector_id": connector.id,
        "principal_id": UNKNOWN if preview else connector.outputs["identity"]["principalId"],
        **({"compute_id": one(plan, "Compute", "serve-").id} if attached else {}),
    }
