import pytest

from azure_mlplatform.emulation.answers import SUBSCRIPTION
from azure_mlplatform.foundation.built_in_roles import ROLE_IDS
from azure_mlplatform.parts.arguments import RefusedError
from azure_mlplatform.plan.resource import UNKNOWN
from support.programs import GROUP, LAKE, OWN, STORE, ml_workspace, one

NAMES = {guid: role for role, guid in ROLE_IDS.items()}
ACCOUNT = f"{LAKE}/Microsoft.Storage/storageAccounts/stlake"
CURATED = f"{ACCOUNT}/blobServices/default/containers/curated"
WORKSPACE = f"/subscriptions/{SUBSCRIPTION}/resourcegroups/rg-test/workspaces/mlw-churn-dev-abc123"


def stores(*given, **changes):
    return ml_workspace({**OWN, "datastores": list(given)}, **changes)


def granted(plan, scope=ACCOUNT):
    """Grants below a scope, as (principal, role, scope), where the principal is `compute`, `identity` or an id."""
    by_principal = {each.outputs["principalId"]: each.name for each in plan.of_type("UserAssignedIdentity")}
    return sorted(
        (
            by_principal.get(each.input("principalId"), each.input("principalId")),
            NAMES[each.input("roleDefinitionId").rsplit("/", 1)[1]].value,
            each.input("scope"),
        )
        for each in plan.of_type("RoleAssignment")
        if str(each.input("scope")).startswith(scope)
    )


@pytest.mark.parametrize("preview", [False, True])
def test_a_container_of_a_lake_needs_no_credentials(preview):
    store = one(stores(STORE, preview=preview), "Datastore")
    assert store.inputs == {
        "name": "sales",
        "properties": {
            "accountName": "stlake",
            "credentials": {"credentialsType": "None"},
            "datastoreType": "AzureDataLakeGen2",
            "filesystem": "curated",
            "resourceGroup": "rg-lake",
            "serviceDataAccessAuthIdentity": "WorkspaceUserAssignedIdentity",
            "subscriptionId": "00000000-0000-0000-0000-00000000cafe",
        },
        "resourceGroupName": "rg-test",
        "skipValidation": True,
        "workspaceName": "mlw-churn-dev-abc123",
    }


def test_a_container_of_another_account_is_one_of_blobs():
    properties = one(stores({**STORE, "hierarchical": False}), "Datastore").input("properties")
    assert (properties["datastoreType"], properties["containerName"]) == ("AzureBlob", "curated")
    assert "filesystem" not in properties


def data_asset(plan):
    [made] = plan.of_type("azure-native:resources:Deployment")
    return made


@pytest.mark.parametrize("preview", [False, True])
def test_a_folder_becomes_a_data_asset_that_stays(preview):
    plan = stores(STORE, preview=preview)
    deployment = data_asset(plan)
    assert deployment.input("properties.mode") == "Incremental"
    [template] = deployment.input("properties.template.resources")
    version = template["name"].rsplit("/", 1)[1]
    assert template == {
        "type": "Microsoft.MachineLearningServices/workspaces/data/versions",
        "apiVersion": "2025-12-01",
        "name": f"mlw-churn-dev-abc123/transactions/{version}",
        "properties": {
            "dataType": "uri_folder",
            "dataUri": f"azureml:/{WORKSPACE}/datastores/sales/paths/sales/transactions/",
        },
    }
    assert deployment.input("deploymentName") == f"data-transactions-{version}"
    assert one(plan, "Datastore").urn in deployment.dependencies
    [component] = plan.of_type("MLWorkspace")
    assert component.outputs["data_assets"] == {"transactions": f"azureml:transactions:{version}"}


def test_another_place_is_another_version():
    def version(**changes):
        return data_asset(stores({**STORE, **changes})).input("deploymentName").rsplit("-", 1)[1]

    elsewhere = [{"name": "transactions", "path": "sales/2026"}]
    again = [{**STORE["folders"][0], "generation": 2}]
    assert version() == version(access="write")
    versions = [version(), version(folders=elsewhere), version(container="raw"), version(name="renamed")]
    assert len({*versions, version(folders=again)}) == 5


@pytest.mark.parametrize(
    ("made", "setting"),
    [
        ({"filesystem": "raw", "accountName": "stlake"}, "container"),
        ({"filesystem": "curated", "accountName": "stold"}, "storage_account_id"),
        ({"filesystem": "curated", "accountName": "stlake"}, None),
    ],
)
def test_a_store_keeps_the_container_that_versions_which_stay_name(made, setting):
    id_ = one(stores(STORE), "Datastore").id
    existing = {id_: {"properties": {"datastoreType": "AzureDataLakeGen2", **made}}}
    if setting is None:
        assert stores(STORE, existing=existing).of_type("azure-native:resources:Deployment")
        return
    with pytest.raises(RefusedError) as refused:
        stores(STORE, existing=existing)
    [problem] = refused.value.problems
    assert problem.path == ("workspace", "datastores", 0, setting)


AS_LAKE = {"datastoreType": "AzureDataLakeGen2", "filesystem": "curated", "accountName": "stlake"}
AS_BLOBS = {"datastoreType": "AzureBlob", "containerName": "curated", "accountName": "stlake"}


@pytest.mark.parametrize(
    ("made", "changes", "setting"),
    [
        (AS_LAKE, {"as_blobs": True}, "as_blobs"),
        (AS_BLOBS, {}, "as_blobs"),
        (AS_LAKE, {"hierarchical": False}, "hierarchical"),
        (AS_LAKE, {}, None),
        (AS_BLOBS, {"as_blobs": True}, None),
        (AS_BLOBS, {"hierarchical": False}, None),
    ],
)
def test_a_store_stays_of_the_kind_that_it_was_made_as(made, changes, setting):
    existing = {one(stores(STORE), "Datastore").id: {"properties": made}}
    if setting is None:
        assert stores({**STORE, **changes}, existing=existing).of_type("azure-native:resources:Deployment")
        return
    with pytest.raises(RefusedError) as refused:
        stores({**STORE, **changes}, existing=existing)
    [problem] = refused.value.problems
    assert problem.path == ("workspace", "datastores", 0, setting)
    assert problem.fix == "Set it back, and add a datastore with another name on the same container"


@pytest.mark.parametrize("changes", [{}, {"as_blobs": True}])
def test_what_a_store_was_made_as_is_not_sent_as_another(changes):
    """All of it together: what is ignored in part would be sent without its container."""
    assert set(one(stores({**STORE, **changes}), "Datastore").ignore_changes) == {
        f"properties.{each}" for each in ("accountName", "containerName", "datastoreType", "filesystem")
    }


def test_the_container_of_a_lake_can_be_reached_as_blobs():
    assert one(stores({**STORE, "as_blobs": True}), "Datastore").input("properties") == {
        **one(stores({**STORE, "hierarchical": False}), "Datastore").input("properties")
    }


def test_grants_follow_from_the_stores_at_the_container():
    write = {**STORE, "name": "scores", "container": "scores", "access": "write", "folders": []}
    plan = stores(STORE, write, then=lambda made: made.grant_data_scientist(GROUP))
    scores = CURATED.replace("curated", "scores")
    assert granted(plan) == [
        (GROUP, "Storage Blob Data Reader", CURATED),
        (GROUP, "Storage Blob Data Reader", scores),
        ("ml-compute-identity", "Storage Blob Data Contributor", scores),
        ("ml-compute-identity", "Storage Blob Data Reader", CURATED),
        ("ml-identity", "Storage Blob Data Reader", CURATED),
        ("ml-identity", "Storage Blob Data Reader", scores),
    ]


@pytest.mark.parametrize("order", [1, -1])
def test_stores_that_share_a_container_share_its_grant_and_the_wider_one_wins(order):
    pair = [STORE, {**STORE, "name": "back", "access": "write", "folders": []}]
    plan = stores(*pair[::order])
    assert granted(plan) == [
        ("ml-compute-identity", "Storage Blob Data Contributor", CURATED),
        ("ml-identity", "Storage Blob Data Reader", CURATED),
    ]
    assert UNKNOWN not in {each.input("scope") for each in plan.of_type("RoleAssignment")}
