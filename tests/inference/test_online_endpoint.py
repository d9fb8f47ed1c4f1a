import pulumi
import pytest

from azure_mlplatform.foundation.built_in_roles import ROLE_IDS, Role
from azure_mlplatform.inference.online_endpoint import OnlineEndpoint, OnlineEndpointArgs
from azure_mlplatform.parts.arguments import RefusedError
from azure_mlplatform.plan.resource import UNKNOWN
from azure_mlplatform.testing import children, record
from support.programs import CENTRAL, OPEN, WORKSPACES, attachable, from_office, one, served, serving

WORKSPACE = f"{WORKSPACES}/mlw-churn"
STORAGE = f"{CENTRAL}/Microsoft.Storage/storageAccounts/stchurn"
REGISTRY = f"{CENTRAL}/Microsoft.ContainerRegistry/registries/crmodels"
COMPUTE = f"{WORKSPACE}/computes/aks"
NAME = "ep-churn-scoring-prod-abc123"


def endpoint(settings=None, **changes):
    given = {"workspace": attachable(storage_account_id=STORAGE), **changes}
    return serving(OnlineEndpoint, OnlineEndpointArgs, settings or {"name": "scoring"}, **given)


@pytest.mark.parametrize("preview", [False, True])
@pytest.mark.parametrize("compute_id", [None, COMPUTE])
def test_children(compute_id, preview):
    assert children(endpoint(compute_id=compute_id, preview=preview), "serve") == [
        *([] if compute_id else [("DiagnosticSetting", "serve-endpoint-diagnostics")]),
        ("OnlineEndpoint", "serve-endpoint"),
        ("RoleAssignment", "serve-images"),
        ("RoleAssignment", "serve-metrics"),
        ("RoleAssignment", "serve-models"),
        ("UserAssignedIdentity", "serve-identity"),
    ]


def test_an_endpoint_on_managed_machines_tells_each_request():
    [logs] = endpoint().of_type("DiagnosticSetting")
    assert [each["category"] for each in logs.input("logs")] == [
        "AmlOnlineEndpointTrafficLog",
        "AmlOnlineEndpointConsoleLog",
        "AmlOnlineEndpointEventLog",
    ]
    assert logs.input("logAnalyticsDestinationType") == "Dedicated"
    assert logs.input("resourceUri").endswith(f"/onlineEndpoints/{NAME}")


@pytest.mark.parametrize(
    ("changes", "kind", "properties"),
    [
        ({}, "Managed", {"authMode": "AADToken", "publicNetworkAccess": "Disabled"}),
        (
            from_office("203.0.113.0/24"),
            "Managed",
            {"authMode": "AADToken", "publicNetworkAccess": "Enabled"},
        ),
        (OPEN, "Managed", {"authMode": "AADToken", "publicNetworkAccess": "Enabled"}),
        ({"compute_id": COMPUTE}, "K8S", {"authMode": "AMLToken", "compute": COMPUTE}),
    ],
)
def test_callers_sign_in_with_tokens_and_never_with_keys(changes, kind, properties):
    plan = endpoint(**changes)
    identity = one(plan, "UserAssignedIdentity", "serve-")
    assert one(plan, "OnlineEndpoint", "serve-").inputs == {
        "endpointName": NAME.replace("prod", {"dev": "dev", "sandbox": "sbx"}.get(changes.get("environment"), "prod")),
        "identity": {"type": "UserAssigned", "userAssignedIdentities": [identity.id]},
        "kind": kind,
        "location": "westeurope",
        "properties": properties,
        "resourceGroupName": "rg-test",
        "tags": {"project": "churn"},
        "workspaceName": "mlw-churn",
    }


def test_a_description_is_passed_on():
    plan = endpoint({"name": "scoring", "description": "Who leaves next month"})
    assert one(plan, "OnlineEndpoint", "serve-").input("properties.description") == "Who leaves next month"


def test_traffic_is_a_releases():
    made = one(endpoint(), "OnlineEndpoint", "serve-")
    assert set(made.ignore_changes) == {"properties.mirrorTraffic", "properties.traffic"}
    assert "traffic" not in made.input("properties")
    assert not made.protect
    assert one(endpoint(lock=True), "OnlineEndpoint", "serve-").protect


def test_its_identity_pulls_images_reads_models_writes_metrics_and_nothing_else():
    plan = endpoint()
    names = {guid: role for role, guid in ROLE_IDS.items()}
    granted = {
        (names[each.input("roleDefinitionId").rsplit("/", 1)[1]], each.input("scope"))
        for each in plan.of_type("RoleAssignment")
    }
    assert granted == {
        (Role.ACR_PULL, REGISTRY),
        (Role.STORAGE_BLOB_DATA_READER, STORAGE),
        (Role.AZUREML_METRICS_WRITER, WORKSPACE),
    }
    identity = one(plan, "UserAssignedIdentity", "serve-")
    assert {each.input("principalId") for each in plan.of_type("RoleAssignment")} == {identity.outputs["principalId"]}


def test_it_waits_for_its_identity_and_for_no_role():
    """Roles are needed by deployments, which a release makes."""
    plan = endpoint()
    [dependency] = one(plan, "OnlineEndpoint", "serve-").dependencies
    assert dependency == one(plan, "UserAssignedIdentity", "serve-").urn


@pytest.mark.parametrize("preview", [False, True])
def test_outputs(preview):
    plan = endpoint(preview=preview)
    identity, made = one(plan, "UserAssignedIdentity", "serve-"), one(plan, "OnlineEndpoint", "serve-endpoint")
    component = next(each for each in plan.of_type("OnlineEndpoint") if each.name == "serve")
    assert component.outputs == {
        "name": NAME,
        "resource_id": made.id,
        "principal_id": UNKNOWN if preview else identity.outputs["principalId"],
        "client_id": UNKNOWN if preview else identity.outputs["clientId"],
        "scoring_uri": UNKNOWN if preview else f"https://{NAME}.westeurope.inference.ml.azure.com/score",
    }


def test_a_name_that_azure_does_not_take_is_refused():
    with pytest.raises(RefusedError, match="is not a valid endpoint name"):
        endpoint({"name": "Scoring_1"})


def test_a_cluster_that_is_attached_to_no_workspace_is_no_compute():
    args = {**served(OnlineEndpointArgs, workspace=attachable()), "settings": {"name": "scoring"}}

    def program():
        OnlineEndpoint("e", {**args, "compute_id": pulumi.Output.from_input(None)})

    with pytest.raises(RefusedError, match="OnlineEndpointArgs: compute_id: the cluster is not attached"):
        record(program)


@pytest.mark.parametrize(
    ("target", "compute_id", "allowed"),
    [
        ("aks", COMPUTE, True),
        ("managed", None, True),
        ("aks", None, False),
        ("managed", COMPUTE, False),
        ("app_service", None, False),
    ],
)
def test_the_target_of_an_endpoint_is_where_it_runs(target, compute_id, allowed):
    settings = {"name": "scoring", "target": target}
    if allowed:
        assert endpoint(settings, compute_id=compute_id).of_type("OnlineEndpoint")
        return
    with pytest.raises(RefusedError, match=f"target is '{target}', but {'a' if compute_id else 'no'} compute_id"):
        endpoint(settings, compute_id=compute_id)
