import pytest

from azure_mlplatform.emulation.answers import SUBSCRIPTION
from azure_mlplatform.foundation.built_in_roles import ROLE_IDS, Role
from azure_mlplatform.parts.arguments import RefusedError
from azure_mlplatform.workspace.managed_network import isolation_mode_violations
from azure_mlplatform.workspace.settings.managed_network import Isolation
from support.programs import CENTRAL, LAKE, MANAGED, OWN, STORE, ml_workspace, one

ML = "azure-native:machinelearningservices:Workspace"
WORKSPACE_ID = (
    f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-test/providers"
    "/Microsoft.MachineLearningServices/workspaces/mlw-churn-dev-abc123"
)
ACCOUNT = f"{CENTRAL}/Microsoft.CognitiveServices/accounts/ais-docs"
DOCS = {"name": "docs", "kind": "FormRecognizer", "resource_id": ACCOUNT, "endpoint": "https://docs.example"}
SQL = f"{CENTRAL}/Microsoft.Sql/servers/sql-x"
LAKE_ID = f"{LAKE}/Microsoft.Storage/storageAccounts/stlake"


def endpoint(resource_id, group):
    return {
        "category": "UserDefined",
        "destination": {"serviceResourceId": resource_id, "sparkEnabled": False, "subresourceTarget": group},
        "type": "PrivateEndpoint",
    }


def test_an_own_network_is_said_to_be_none_of_azures():
    assert one(ml_workspace(OWN), ML).input("managedNetwork") == {"isolationMode": "Disabled"}


def test_rules_say_what_leaves_and_some_follow_from_what_is_used():
    rules = {
        "private_endpoints": [{"name": "warehouse", "resource_id": SQL, "group_id": "sqlServer"}],
        "service_tags": [{"name": "monitor", "service_tag": "AzureMonitor"}],
        "fqdns": [{"name": "pypi", "fqdn": "pypi.org"}],
    }
    flat = {**STORE, "name": "flat", "storage_account_id": f"{LAKE_ID}2", "hierarchical": False, "folders": []}
    plan = ml_workspace({**MANAGED, "managed_network": rules, "datastores": [STORE, flat]}, ai_services=[DOCS])
    made, storage = one(plan, ML), one(plan, "StorageAccount").id
    assert made.input("serverlessComputeSettings") is None
    assert made.input("provisionNetworkNow") is True
    assert made.input("managedNetwork") == {
        "isolationMode": "AllowOnlyApprovedOutbound",
        "outboundRules": {
            "monitor": {
                "category": "UserDefined",
                "destination": {"portRanges": "443", "protocol": "TCP", "serviceTag": "AzureMonitor"},
                "type": "ServiceTag",
            },
            "own-docs-account": endpoint(ACCOUNT, "account"),
            "own-stlake-blob": endpoint(LAKE_ID, "blob"),
            "own-stlake-dfs": endpoint(LAKE_ID, "dfs"),
            "own-stlake2-blob": endpoint(f"{LAKE_ID}2", "blob"),
            "own-storage-queue": endpoint(storage, "queue"),
            "own-storage-table": endpoint(storage, "table"),
            "pypi": {"category": "UserDefined", "destination": "pypi.org", "type": "FQDN"},
            "warehouse": endpoint(SQL, "sqlServer"),
        },
    }


def test_the_workspace_may_approve_what_its_network_connects_to():
    plan = ml_workspace({**MANAGED, "datastores": [STORE]}, ai_services=[DOCS])
    approved = {
        each.input("scope"): each.urn
        for each in plan.of_type("RoleAssignment")
        if each.input("roleDefinitionId").endswith(ROLE_IDS[Role.NETWORK_CONNECTION_APPROVER])
    }
    parts = {one(plan, kind).id for kind in ("Vault", "StorageAccount", "Registry")}
    assert set(approved) == {*parts, LAKE_ID, ACCOUNT}
    assert set(approved.values()) <= set(one(plan, ML).dependencies)
    own = ml_workspace({**OWN, "datastores": [STORE]}, ai_services=[DOCS])
    assert not [each for each in own.of_type("RoleAssignment") if "approver" in each.name]


OWN_MODE, OUTBOUND, CLOSED = (
    "Disabled",
    Isolation.ALLOW_INTERNET_OUTBOUND.value,
    Isolation.ALLOW_ONLY_APPROVED_OUTBOUND.value,
)
ASKED = {
    OWN_MODE: OWN,
    OUTBOUND: {**MANAGED, "managed_network": {"isolation": OUTBOUND}},
    CLOSED: MANAGED,
}


@pytest.mark.parametrize("wanted", list(ASKED))
@pytest.mark.parametrize("actual", list(ASKED))
def test_a_workspace_keeps_the_network_it_was_made_with(actual, wanted):
    existing = {WORKSPACE_ID: {"managedNetwork": {"isolationMode": actual}}}
    if actual == wanted:
        assert one(ml_workspace(ASKED[wanted], existing=existing), "Compute", "ml-cluster-cpu")
        return
    with pytest.raises(RefusedError) as refused:
        ml_workspace(ASKED[wanted], existing=existing)
    text = str(refused.value)
    both_managed = OWN_MODE not in (actual, wanted)
    assert text.startswith(f"workspace.{'managed_network.isolation' if both_managed else 'network_mode'}: ")
    assert "an update does not change that" in text
    assert "set it back, or make a new environment" in text
    # What Azure does by its own command, the message names.
    by_command = (actual, wanted) == (OUTBOUND, CLOSED) or actual == OWN_MODE
    assert ("az ml workspace update --managed-network" in text) == by_command


def test_a_workspace_of_which_azure_says_nothing_has_no_managed_network():
    assert list(isolation_mode_violations(None, OWN_MODE)) == []
    [problem] = isolation_mode_violations(None, CLOSED)
    assert problem.path == ("workspace", "network_mode")


def test_the_engine_is_told_to_leave_the_isolation_alone():
    assert "managedNetwork.isolationMode" in one(ml_workspace(OWN), ML).ignore_changes
