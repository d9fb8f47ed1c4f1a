import datetime
import re
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import pulumi
import pytest

from azure_mlplatform.emulation.answers import SUBSCRIPTION
from azure_mlplatform.foundation.secret_values import SECRET, holds_key
from azure_mlplatform.inference.settings.inference import TARGETS, InferenceSettings, InferenceTarget
from azure_mlplatform.parts.arguments import RefusedError
from azure_mlplatform.plan.resource import UNKNOWN
from azure_mlplatform.plan.update import Operation
from azure_mlplatform.project_environment import ProjectEnvironment, ProjectEnvironmentArgs
from azure_mlplatform.stack import azure_provider
from azure_mlplatform.testing import change, check_golden, children, example_settings, record, urns
from support.programs import (
    BATCH,
    BRICKS,
    CPU,
    EVERY_TARGET,
    GROUP,
    HOSTS,
    HUB,
    INFERENCE,
    LEGACY,
    OTHER_TARGETS,
    SYNAPSE,
    TODAY,
    WITHIN_ANOTHER,
    WORKSPACE,
    of_targets,
    twice_granted,
    whole,
)

GOLDEN = Path(__file__).parent / "golden"
VAULT = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-keys/providers/Microsoft.KeyVault/vaults/kv-keys"
EVERYTHING = {
    "budget": {"amount": 1500, "contact_emails": ["ml@example.com"]},
    "workload_identity": {"github_repository": "example/churn"},
    "access": {"readers": [GROUP]},
    "customer_managed_key": {"key_vault_id": VAULT, "key_id": "https://kv-keys.vault.azure.net/keys/ml"},
    "network": {"address_space": ["10.20.0.0/22"], "hub": {"vnet_id": HUB}},
    "synapse": SYNAPSE,
    "batch": {**BATCH, "jobs": [{**each, **LEGACY} for each in BATCH["jobs"]]},
}
ENVIRONMENTS = ["dev", "test", "prod"]


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_urns_do_not_move(environment):
    check_golden(urns(whole(environment, **EVERYTHING)), GOLDEN / f"project-environment-{environment}.txt")


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_a_preview_shows_the_same_resources(environment):
    assert urns(whole(environment, preview=True, **EVERYTHING)) == urns(whole(environment, **EVERYTHING))


@pytest.mark.parametrize("preview", [False, True])
def test_a_second_evaluation_is_identical(preview):
    one, other = (whole("prod", preview=preview, anew=True, **EVERYTHING) for _ in range(2))
    assert [each.as_json() for each in one.resources] == [each.as_json() for each in other.resources]


def test_children_and_parents():
    plan = whole("dev")
    assert children(plan, "churn-dev") == [
        ("ProjectEnvironment", "churn"),
        ("Stash", "endpoint-scoring"),
        ("Stash", "environment"),
        ("Stash", "inference"),
        ("Stash", "workspace"),
        ("azure-native", "azure"),
    ]
    product, workspace = ("DataProductRG", "churn-data-product"), ("MLWorkspace", "churn-ml")
    guard = ("Stash", "churn-retire-first")
    endpoint = ("OnlineEndpoint", "churn-endpoint-scoring")
    assert children(plan, "churn") == [("AKSInference", "churn-aks"), product, workspace, endpoint, guard]
    assert children(whole("dev", workspace=None), "churn") == [product, guard]
    assert children(whole("dev", workspace=None, synapse=SYNAPSE), "churn") == [
        product,
        guard,
        ("SynapseWorkspace", "churn-synapse"),
    ]
    for target, made in (
        ("managed", [product, workspace, endpoint, guard]),
        ("app_service", [("AppServiceInference", "churn-app-service"), product, workspace, guard]),
        ("container_app", [("ContainerAppInference", "churn-container-app"), product, workspace, guard]),
    ):
        assert children(whole("dev", inference=OTHER_TARGETS[target]), "churn") == made
    batch = ("BatchScoring", "churn-batch")
    assert children(whole("dev", inference=None, batch=BATCH), "churn") == [batch, product, workspace, guard]
    databricks = ("DatabricksWorkspace", "churn-databricks")
    assert children(whole("dev", inference=None, **BRICKS), "churn") == [product, databricks, workspace, guard]
    assert plan.of_type("DataProductRG")[0].urn == (
        "urn:pulumi:dev::churn::azure-mlplatform:index:ProjectEnvironment$azure-mlplatform:index:DataProductRG"
        "::churn-data-product"
    )


def texts(value):
    if isinstance(value, dict):
        for key, item in value.items():
            yield from texts(key)
            yield from texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from texts(item)
    elif isinstance(value, str):
        yield value


def names(plan, kinds=None):
    return {each.azure_name for each in plan.azure_resources if kinds is None or each.kind in kinds}


def test_dev_and_prod_share_no_name_no_id_no_network_no_identity_and_no_account():
    dev, prod = (
        whole(environment, **{**EVERYTHING, "network": {"address_space": [space]}})
        for environment, space in (("dev", "10.20.0.0/22"), ("prod", "10.40.0.0/22"))
    )
    own = {each.kind for each in dev.azure_resources} - WITHIN_ANOTHER
    assert own >= {"ResourceGroup", "VirtualNetwork", "UserAssignedIdentity", "Account", "Workspace", "PrivateEndpoint"}
    assert not names(dev, own) & names(prod, own)
    ids = [{each.id for each in plan.azure_resources if each.kind != "RandomString"} for plan in (dev, prod)]
    assert UNKNOWN not in ids[0] | ids[1]
    assert not ids[0] & ids[1]
    principals = [
        {each.outputs.get("principalId") for each in plan.of_type("UserAssignedIdentity")} for plan in (dev, prod)
    ]
    assert not principals[0] & principals[1]
    subdomains = [
        {each.input("properties.customSubDomainName") for each in plan.of_type("Account")} for plan in (dev, prod)
    ]
    assert not subdomains[0] & subdomains[1]


def test_nothing_in_one_environment_names_another():
    dev, prod = whole("dev", **EVERYTHING), whole("prod", **EVERYTHING)
    ours = names(prod) - {each.azure_name for each in prod.azure_resources if each.kind in WITHIN_ANOTHER}
    for text in texts([each.inputs for each in dev.azure_resources]):
        assert not any(name in text for name in ours), text


KEY = re.compile(
    r"(?i)(account|shared|access|admin|primary|secondary|api|instrumentation)_?key|sharedaccess|sas(token|uri|url)"
    r"|password|credential.*value|connectionstring|[?&;]sig=|\[secret\]"
)
# How Azure names the settings that say that there is none.
WITHOUT_KEYS = {"allowSharedKeyAccess"}


def carried(plan):
    """Every name and value in a plan that is, or could hold, a key. An output that the state encrypts is none."""
    found = [
        text
        for each in plan.resources
        for text in texts([dict(each.inputs), {key: value for key, value in each.outputs.items() if value != SECRET}])
    ]
    return {text for text in found if KEY.search(text) or holds_key(text)} - WITHOUT_KEYS


@pytest.mark.parametrize("preview", [False, True])
@pytest.mark.parametrize("environment", ["dev", "prod"])
@pytest.mark.parametrize("mode", ["own", "managed"])
def test_no_input_or_output_carries_a_key_or_a_secret(environment, mode, preview):
    alice = {"name": "alice", "vm_size": "Standard_D4ds_v4", "assigned_user": GROUP}
    workspace = {**WORKSPACE, "network_mode": mode, "instances": [alice] if environment == "dev" else []}
    plan = whole(environment, preview=preview, **EVERYTHING, workspace=workspace)
    assert carried(plan) == set()
    assert twice_granted(plan) == []


@pytest.mark.parametrize("preview", [False, True])
@pytest.mark.parametrize("environment", ["dev", "prod"])
def test_no_batch_is_scored_with_a_key(environment, preview):
    plan = whole(environment, preview=preview, inference=None, batch=BATCH)
    assert {"BatchEndpoint", "Factory", "LinkedService", "Pipeline", "Trigger"} <= {
        each.kind for each in plan.resources
    }
    assert carried(plan) == set()
    assert twice_granted(plan) == []


@pytest.mark.parametrize(
    "input_",
    [
        {"adminUserPassword": "x"},
        {"accountKey": "x"},
        {"url": "https://st.blob.core.windows.net/c?sv=1&sig=abcdefghijklmnop"},
        {"text": "A" * 86 + "=="},
        {"sasToken": "x"},
    ],
)
def test_a_key_would_be_found(input_):
    plan = whole("dev", **EVERYTHING)
    victim = replace(plan.azure_resources[0], inputs=input_)
    assert carried(replace(plan, resources=(*plan.resources, victim)))
    answering = replace(plan.azure_resources[0], outputs=input_)
    assert carried(replace(plan, resources=(*plan.resources, answering)))


def exported(**changes):
    """The plan of an environment, and what a stack of it exports."""
    settings, seen = example_settings(**changes), {}

    def program():
        environment = ProjectEnvironment("churn", ProjectEnvironmentArgs(settings=settings, today=TODAY))
        for name, value in environment.outputs.items():
            value.apply(lambda each, name=name: seen.update({name: each}))

    return record(program), seen


SERVICES = [{"name": "docs", "kind": "FormRecognizer"}]


def test_outputs_are_what_people_and_pipelines_need():
    plan, seen = exported(ai_services=SERVICES, workspace=WORKSPACE)
    [group] = plan.of_type("ResourceGroup")
    identity = next(each for each in plan.of_type("UserAssignedIdentity") if "workload" in each.name)
    [account] = plan.of_type("Account")
    assert set(seen) == {
        "resource_group_name",
        "resource_group_id",
        "log_analytics_workspace_id",
        "workload_identity_id",
        "workload_identity_client_id",
        "ai_service_endpoints",
        "subnet_ids",
        "workspace_name",
        "workspace_id",
        "workspace_storage_account_id",
        "key_vault_id",
        "application_insights_id",
        "container_registry_id",
        "clusters",
        "instances",
        "data_assets",
        "compute_client_id",
        "compute_principal_id",
        "mlflow_tracking_uri",
        "studio_url",
    }
    assert (seen["resource_group_name"], seen["resource_group_id"]) == ("rg-customer-360-churn-dev", group.id)
    assert seen["workload_identity_client_id"] == identity.outputs["clientId"]
    assert seen["ai_service_endpoints"] == {"docs": f"https://{account.azure_name}.cognitiveservices.azure.com/"}


def test_outputs_say_where_models_are_deployed_to_and_called():
    before = set(exported(workspace=WORKSPACE)[1])

    def added(inference):
        plan, seen = exported(workspace=WORKSPACE, inference=inference)
        return plan, {key: value for key, value in seen.items() if key not in before}

    def endpoint_of(plan, address):
        [made] = plan.of_type("azure-native:machinelearningservices:OnlineEndpoint")
        identity = next(each for each in plan.of_type("UserAssignedIdentity") if "endpoint-scoring" in each.name)
        return {
            "endpoints": {"scoring": made.azure_name},
            **({"scoring_uris": {"scoring": address.format(made.azure_name)}} if address else {}),
            "endpoint_client_ids": {"scoring": identity.outputs["clientId"]},
        }

    plan, outputs = added(INFERENCE)
    [cluster] = plan.of_type("ManagedCluster")
    assert outputs == {
        "kubernetes_cluster_id": cluster.id,
        "kubernetes_namespace": "churn-dev",
        "instance_types": ["cpu", "gpu"],
        **endpoint_of(plan, None),  # The address of the router, which a plan does not know.
    }
    plan, outputs = added(OTHER_TARGETS["managed"])
    assert outputs == endpoint_of(plan, "https://{}.westeurope.inference.ml.azure.com/score")
    for target, kind in (("app_service", "WebApp"), ("container_app", "ContainerApp")):
        plan, outputs = added(OTHER_TARGETS[target])
        [app] = plan.of_type(kind)
        assert outputs["model_apps"] == {"scoring": app.azure_name}
        assert outputs["model_hosts"]["scoring"].startswith(f"{app.azure_name}.")
        assert set(outputs) == {"model_apps", "model_hosts"}


@pytest.mark.parametrize("target", OTHER_TARGETS)
def test_every_target_is_made_shown_and_in_its_subnet(target):
    """A new target has its component, its outputs, and a subnet that is delegated as it needs."""
    without, before = exported(workspace=WORKSPACE)
    plan, outputs = exported(workspace=WORKSPACE, inference=OTHER_TARGETS[target])
    made = {each.kind for each in plan.resources if each.type.startswith("azure-mlplatform:")}
    assert made - {each.kind for each in without.resources}
    assert set(outputs) - set(before)
    row = TARGETS[InferenceTarget(target)]
    assert (row.subnet_role is None) == (target not in InferenceSettings.model_fields)
    [network] = plan.of_type("VirtualNetwork")
    delegated = {
        each["name"]: [one["serviceName"] for one in each.get("delegations", [])] for each in network.input("subnets")
    }
    assert delegated["snet-churn-containers-dev"] == ([row.delegation] if row.delegation else [])


TARGETS_OF = ("aks", "managed", "app_service", "container_app")
STASHES = {
    "aks": set(),  # An endpoint on a cluster has its stash with one target too.
    "managed": {"endpoint-on-managed"},
    "app_service": {"app-web"},
    "container_app": {"app-apps"},
}
"""Target → what keeps where its models are, beside another target only."""


def serves(*targets, preview=False, **changes):
    """The plan of an environment that serves models by some targets; by `target` if it is one."""
    given = of_targets(*targets)
    if len(targets) == 1:
        [given["target"]] = given.pop("targets")
    return whole("dev", preview=preview, inference=given, **{**HOSTS, **changes})


def made_by(plan):
    return {each.urn for each in plan.resources}


@pytest.mark.parametrize("preview", [False, True])
@pytest.mark.parametrize("pair", list(combinations(TARGETS_OF, 2)), ids="-".join)
def test_two_targets_make_what_each_makes_alone_and_nothing_else(pair, preview):
    both, *alone = (serves(*each, preview=preview) for each in (pair, *((each,) for each in pair)))
    stashes = {each.urn for each in both.of_type("Stash") if each.name in {*STASHES[pair[0]], *STASHES[pair[1]]}}
    assert made_by(both) == made_by(alone[0]) | made_by(alone[1]) | stashes
    assert twice_granted(both) == []
    made = {each.urn: each for each in both.azure_resources}
    for each in (each for one in alone for each in one.azure_resources):
        if each.kind not in ("VirtualNetwork", "NetworkSecurityGroup"):
            assert made[each.urn].inputs == each.inputs


@pytest.mark.parametrize("preview", [False, True])
def test_every_target_beside_the_others_has_its_own(preview):
    plan = whole("prod", preview=preview, **EVERY_TARGET)
    [vnet] = plan.of_type("VirtualNetwork")
    by_name = {each.name: each for each in plan.azure_resources}
    on_cluster, managed = (by_name[f"churn-endpoint-on-{each}-endpoint"] for each in ("aks", "managed"))
    assert (on_cluster.input("kind"), managed.input("kind")) == ("K8S", "Managed")
    assert "compute" in on_cluster.input("properties")
    assert "compute" not in managed.input("properties")
    subnets = {
        "app-service": by_name["churn-app-service-web"].input("virtualNetworkSubnetId"),
        "container-app": by_name["churn-container-app-environment"].input("vnetConfiguration.infrastructureSubnetId"),
    }
    for role, subnet_id in subnets.items():
        assert subnet_id == (UNKNOWN if preview else f"{vnet.id}/subnets/snet-churn-{role}-prod")
    names = [each.azure_name for each in plan.of_type("UserAssignedIdentity")]
    assert len(names) == len(set(names))


def test_outputs_say_what_each_target_serves():
    inference = of_targets("aks", "managed", "app_service", "container_app")
    plan, outputs = exported(workspace=WORKSPACE, inference=inference, **HOSTS)
    assert outputs["inference_targets"] == {
        "aks": ["on-aks"],
        "managed": ["on-managed"],
        "app_service": ["web"],
        "container_app": ["apps"],
    }
    assert set(outputs["endpoints"]) == set(outputs["endpoint_client_ids"]) == {"on-aks", "on-managed"}
    apps = {each.name.rsplit("-", 1)[-1]: each for kind in ("WebApp", "ContainerApp") for each in plan.of_type(kind)}
    assert outputs["model_apps"] == {name: each.azure_name for name, each in apps.items()}
    assert {name: host.partition(".")[0] for name, host in outputs["model_hosts"].items()} == outputs["model_apps"]
    alone = exported(workspace=WORKSPACE, inference=of_targets("aks"))[1]
    assert "inference_targets" not in alone


def served_by(*targets, **changes):
    """The program of an environment that serves models by some targets."""
    inference = of_targets(*targets)
    if len(targets) == 1:
        [inference["target"]] = inference.pop("targets")
    settings = example_settings(workspace=WORKSPACE, inference=inference, **{**HOSTS, **changes})
    return lambda: ProjectEnvironment(
        "churn",
        ProjectEnvironmentArgs(settings=settings, today=TODAY),
        pulumi.ResourceOptions(providers=[azure_provider(settings)]),
    )


PLAIN = {"network": {"address_space": ["10.20.0.0/22"]}}
VNET, PODS = "churn-data-product-network-vnet", "churn-data-product-network-aks-rules"


@pytest.mark.parametrize(
    ("first", "second", "network", "coming", "going"),
    [
        # The containers subnet is given to App Service, and stays so when App Service goes.
        ("aks", "app_service", PLAIN, {VNET: "subnets[2].delegations"}, {}),
        # The rules of the subnet let pods reach each other.
        ("app_service", "aks", PLAIN, {PODS: "securityRules"}, {PODS: "securityRules"}),
        ("managed", "container_app", PLAIN, {VNET: "subnets[2].delegations"}, {}),
        ("container_app", "app_service", HOSTS, {}, {}),
        ("app_service", "container_app", HOSTS, {}, {}),
    ],
)
def test_a_second_target_comes_and_goes_and_nothing_else_moves(first, second, network, coming, going):
    one, two = served_by(first, **network), served_by(first, second, **network)
    day = datetime.date.fromisoformat(TODAY)
    for before, after, wanted, beside in ((one, two, Operation.CREATE, coming), (two, one, Operation.DELETE, going)):
        found = change(before, after, project="churn", today=day)
        assert not found.problems
        assert not [each for step in found.steps for each in step.refusals]
        # The stash keeps no target while there are several.
        others = {each.name: each for each in found.steps if each.operation is not wanted and each.name != "inference"}
        assert {each.operation for each in others.values()} <= {Operation.UPDATE}
        assert set(others) == set(beside)
        for name, path in beside.items():
            assert all(each.path.startswith(path) for each in others[name].changes)
        assert any(each.operation is wanted for each in found.steps)


def test_a_target_gives_way_to_another_while_both_serve():
    """From one target to another: both, then the second alone. The first value that a stack keeps is no hindrance."""
    day = datetime.date.fromisoformat(TODAY)
    found = change(served_by("aks", "app_service"), served_by("app_service"), project="churn", today=day)
    assert not found.problems
    gone = {each.type for each in found.steps if each.operation is Operation.DELETE}
    assert "azure-native:containerservice:ManagedCluster" in gone
    assert not [each for each in found.steps if "app-service" in each.name]


def test_databricks_is_where_the_settings_say_and_reads_what_jobs_read():
    plan, seen = exported(workspace=WORKSPACE, **BRICKS)
    [databricks] = plan.of_type("azure-native:databricks:Workspace")
    [connector] = plan.of_type("AccessConnector")
    [vnet] = plan.of_type("VirtualNetwork")
    assert seen["databricks_workspace_id"] == databricks.id
    assert seen["databricks_url"] == f"https://{databricks.outputs['workspaceUrl']}"
    assert seen["databricks_access_connector_id"] == connector.id
    assert seen["databricks_principal_id"] == connector.outputs["identity"]["principalId"]
    given = {
        key: databricks.input(f"parameters.custom{key}.value")
        for key in ("VirtualNetworkId", "PublicSubnetName", "PrivateSubnetName")
    }
    assert given == {
        "VirtualNetworkId": vnet.id,
        "PublicSubnetName": "snet-churn-databricks-host-dev",
        "PrivateSubnetName": "snet-churn-databricks-container-dev",
    }
    grants = [each for each in plan.of_type("RoleAssignment") if each.name.startswith("churn-databricks-")]
    assert [each.input("scope").rsplit("/", 1)[-1] for each in grants] == ["curated"]
    assert not any(name.startswith("databricks") for name in exported(workspace=WORKSPACE)[1])


TOKEN = "dapi-of-nobody"


@pytest.mark.parametrize("preview", [False, True])
def test_a_token_is_nowhere_in_a_plan(preview):
    plan = whole("dev", preview=preview, token=TOKEN, inference=None, **BRICKS)
    assert TOKEN not in str(plan)
    assert carried(plan) == {SECRET}
    assert twice_granted(plan) == []


@pytest.mark.parametrize("missing", ["databricks", "workspace"])
def test_a_token_that_attaches_nothing_is_refused_without_being_shown(missing):
    with pytest.raises(RefusedError, match=f"databricks_token: .*there is no {missing}") as error:
        whole("dev", token=TOKEN, inference=None, **{**BRICKS, missing: None})
    assert TOKEN not in str(error.value)


def test_destroying_detaches_before_databricks_and_the_network_go():
    """The engine deletes what depends on others first."""
    kept = outlives(whole("dev", token=TOKEN, inference=None, **BRICKS), "churn-databricks-detach")
    assert kept > {
        "churn-databricks-compute",
        "churn-databricks-workspace",
        "churn-databricks-connector",
        "churn-ml-workspace",
        "churn-data-product-network-vnet",
    }


def outlives(plan, name):
    """What is deleted after a resource."""
    by_name = {each.name: each for each in plan.azure_resources}
    names = {each.urn: each.name for each in by_name.values()}
    found, pending = set(), [name]
    while pending:
        above = {names[urn] for urn in by_name[pending.pop()].dependencies if urn in names} - found
        found |= above
        pending += above
    return found


def test_outputs_say_where_synapse_is():
    before = set(exported(workspace=WORKSPACE)[1])
    plan, seen = exported(workspace=WORKSPACE, synapse=SYNAPSE, access={"data_scientists": [GROUP]})
    [synapse] = plan.of_type("azure-native:synapse:Workspace")
    [lake] = [each for each in plan.of_type("StorageAccount") if each.input("isHnsEnabled")]
    assert {key: value for key, value in seen.items() if key not in before} == {
        "synapse_workspace_id": synapse.id,
        "synapse_workspace_name": synapse.azure_name,
        "synapse_development_endpoint": f"https://{synapse.azure_name}.dev.azuresynapse.net",
        "synapse_principal_id": synapse.outputs["identity"]["principalId"],
        "synapse_lake_id": lake.id,
        "spark_pools": ["spark"],
    }
    [attached] = [each for each in plan.of_type("Compute") if each.input("properties.resourceId")]
    computes = next(each for each in plan.of_type("UserAssignedIdentity") if "compute" in each.name)
    assert attached.input("identity.userAssignedIdentities") == [computes.id]
    assert attached.input("workspaceName") == seen["workspace_name"]
    granted = {each.name: each.input("principalId") for each in plan.of_type("RoleAssignment")}
    assert granted["churn-synapse-lake-computes-writer"] == seen["compute_principal_id"]
    assert granted[f"churn-synapse-lake-{GROUP}-writer"] == GROUP


def test_outputs_say_how_batches_are_deployed_replayed_and_called():
    before = set(exported(workspace=WORKSPACE)[1])
    plan, seen = exported(workspace=WORKSPACE, batch={**BATCH, "compute": None, "cluster": {**CPU, "name": "batch"}})
    [factory] = plan.of_type("Factory")
    endpoints = {each.name.rsplit("-", 1)[-1]: each for each in plan.of_type("BatchEndpoint")}
    assert {key: value for key, value in seen.items() if key not in before} == {
        "data_factory_id": factory.id,
        "data_factory_principal_id": factory.outputs["identity"]["principalId"],
        "batch_pipelines": {"nightly": "score-churn-nightly-dev", "arrived": "score-churn-arrived-dev"},
        "batch_endpoints": {name: each.azure_name for name, each in endpoints.items()},
        "batch_scoring_uris": {
            name: f"https://{each.azure_name}.westeurope.inference.ml.azure.com/jobs"
            for name, each in endpoints.items()
        },
        "batch_compute": "batch",
    }
    assert seen["clusters"] == ["cpu", "batch"]
    pipelines = {each.azure_name for each in plan.of_type("Pipeline")}
    assert set(seen["batch_pipelines"].values()) < pipelines


def test_batch_endpoints_are_made_once_their_workspace_is_private():
    plan = whole("prod", inference=None, batch=BATCH)
    reached = next(each for each in plan.resources if each.name == "churn-ml-endpoint-amlworkspace")
    for endpoint in plan.of_type("BatchEndpoint"):
        assert reached.urn in endpoint.dependencies


def test_with_synapse_its_identity_calls_the_endpoints():
    plan, seen = exported(workspace=WORKSPACE, synapse=SYNAPSE, batch={**BATCH, "orchestrator": "synapse"})
    assert plan.of_type("Factory") == plan.of_type("Pipeline") == []
    assert seen["data_factory_id"] is None
    [score] = [each for each in plan.of_type("RoleAssignment") if each.name == "churn-batch-score"]
    assert score.input("principalId") == seen["synapse_principal_id"]


def test_batches_read_and_write_where_the_workspace_does():
    plan = whole("dev", inference=None, batch=BATCH)
    [storage] = [each for each in plan.of_type("StorageAccount") if each.name == "churn-ml-storage"]
    granted = {each.name: each.input("scope") for each in plan.of_type("RoleAssignment")}
    assert granted["churn-batch-store-workspace"] == storage.id
    assert granted["churn-batch-store-stlake-curated"] == granted["churn-ml-compute-store-stlake-curated"]
    [workspace] = [each for each in plan.of_type("Workspace") if each.name == "churn-ml-workspace"]
    assert granted["churn-batch-score"] == workspace.id


def test_only_a_factory_has_tables_of_its_own():
    plan = whole("dev", inference=None, batch=BATCH)
    reported = {each.name: each.input("logAnalyticsDestinationType") for each in plan.of_type("DiagnosticSetting")}
    assert {name for name, kind in reported.items() if kind} == {"churn-batch-factory-diagnostics"}


def test_destroying_stops_triggers_before_anything_of_the_factory_goes():
    """The engine deletes what depends on others first."""
    kept = outlives(whole("dev", inference=None, batch=BATCH), "churn-batch-trigger-arrived-blob-start")
    assert kept > {
        "churn-batch-trigger-arrived-blob",
        "churn-batch-pipeline-arrived",
        "churn-batch-attempt-arrived",
        "churn-batch-factory",
        "churn-batch-reach-workspace",
        "churn-ml-workspace",
    }


def longest_chain(plan, to=None):
    """The longest chain of dependencies, or the longest one to a resource."""
    by_urn = {each.urn: each for each in plan.resources}
    known = {}

    def chain(urn):
        if urn not in known:
            above = [dep for dep in by_urn[urn].dependencies if by_urn[dep].custom]
            known[urn] = [*max(map(chain, above), key=len, default=[]), by_urn[urn].name.removeprefix("churn-")]
        return known[urn]

    return max((chain(each.urn) for each in plan.azure_resources if to in (None, each.name)), key=len)


MODELS = [
    "data-product-group",  # everything is in it
    "data-product-assistant-account",  # models are deployed on it
    "data-product-assistant-model-chat",  # the service takes one deployment at a time
    "data-product-assistant-model-embed",
    "data-product-assistant-model-batch",
    "data-product-assistant-endpoint-account",  # refused while a model is being deployed
    "data-product-assistant-endpoint-account-zones",  # named after the endpoint
]


def test_the_longest_chain_is_what_azure_requires():
    assert longest_chain(whole("prod", workspace=None)) == MODELS


NETWORK = [
    "data-product-network-egress-ip",  # the gateway's address
    "data-product-network-egress",  # a subnet names its way out
    "data-product-network-vnet",  # a workspace or a cluster names its subnet, an endpoint lies in one
]


@pytest.mark.parametrize("mode", ["own", "managed"])
@pytest.mark.parametrize("environment", ["dev", "prod"])
def test_the_longest_chain_to_a_cluster_is_what_azure_requires(environment, mode):
    workspace = {**WORKSPACE, "network_mode": mode}
    plan = whole(environment, workspace=workspace, inference=None)
    network = NETWORK
    roles = [
        "data-product-log",  # what Application Insights stands on
        "ml-insights",  # what a role is given on
        "ml-identity-insights-ai-administrator",  # without its roles a workspace does not work
    ]
    chain = longest_chain(plan, "churn-ml-cluster-cpu")
    assert chain[0] == "data-product-group"  # everything is in it
    assert chain[1:4] in (network, roles)
    # Nodes without public addresses need the workspace's endpoint; a managed network, what its identity may let in.
    assert chain[4:] in (
        ["ml-workspace", "ml-endpoint-amlworkspace", "ml-cluster-cpu"],
        ["ml-workspace", "ml-identity-workspace-ai-administrator", "ml-cluster-cpu"],
    )
    assert len(MODELS) == len(chain)
    assert longest_chain(plan)[:-1] == [
        "data-product-group",
        *NETWORK,
        "ml-storage-endpoint-blob",  # storage takes one new endpoint at a time
        "ml-storage-endpoint-file",
        "ml-storage-endpoint-queue",
        "ml-storage-endpoint-table",
    ]
    assert longest_chain(plan)[-1].startswith(("ml-storage", "ml-identity-endpoint"))  # what the endpoint is named in


@pytest.mark.parametrize("preview", [False, True])
@pytest.mark.parametrize("environment", ["dev", "prod"])
def test_the_longest_chain_to_a_model_is_what_azure_requires(environment, preview):
    plan = whole(environment, preview=preview)
    attached = [
        "data-product-group",  # everything is in it
        *NETWORK,
        "aks-subnet-contributor",  # AKS writes to the subnet as the cluster's identity
        "aks-cluster",
        "aks-pool-cpu",  # a pool is of a cluster; the system pool takes nothing else
        "aks-extension",  # its pods need nodes
        "aks-namespace",  # AKS takes one write on a cluster at a time
        "aks-trusted-access",
        "aks-compute",  # attaching asks the extension for its identity
    ]
    assert longest_chain(plan, "churn-aks-compute") == attached
    # What detaches names its compute, and asks Azure for nothing until it is deleted: after the endpoints.
    assert longest_chain(plan, "churn-endpoint-scoring-endpoint") == [
        *attached,
        "aks-detach",
        "endpoint-scoring-endpoint",
    ]
    # Nothing waits for the other writes on the cluster.
    others = [each.removeprefix("churn-") for each in writes_on_the_cluster(plan)]
    assert [each for each in others if each in longest_chain(plan, "churn-endpoint-scoring-endpoint")] == others[:4]
    # The workspace is made meanwhile.
    assert len(longest_chain(plan, "churn-ml-workspace")) < len(longest_chain(plan, "churn-aks-extension"))
    assert longest_chain(plan, "churn-aks-workspace-contributor") == [*attached[:6], "aks-workspace-contributor"]


def writes_on_the_cluster(plan):
    """The names of the pools, extensions and so on of a cluster, in their order."""
    kinds = (
        "AgentPool",
        "Extension",
        "FluxConfiguration",
        "MaintenanceConfiguration",
        "ManagedNamespace",
        "SystemPool",
        "TrustedAccessRoleBinding",
    )
    writes = [each for kind in kinds for each in plan.of_type(kind)]
    return [each.name for each in sorted(writes, key=lambda each: len(longest_chain(plan, each.name)))]


def test_what_endpoints_wait_for_comes_first_on_a_cluster_and_what_fails_most_often_last():
    source = {"url": "https://example.com/ml", "branch": "main", "kustomizations": [{"name": "tls", "path": "./tls"}]}
    plan = whole("prod", inference={**INFERENCE, "aks": {**INFERENCE["aks"], "gitops": source}})
    assert [each.removeprefix("churn-aks-") for each in writes_on_the_cluster(plan)] == [
        "pool-cpu",
        "flux",
        "gitops",  # it may bring the certificate that the extension's router waits for
        "extension",
        "namespace",
        "trusted-access",
        "pool-system",
        "cluster-upgrades",
        "cluster-images",
        "pool-gpu",
    ]


@pytest.mark.parametrize("preview", [False, True])
def test_destroying_detaches_after_the_endpoints_and_before_anything_of_the_cluster(preview):
    """The engine deletes what depends on others first."""
    plan = whole("dev", preview=preview)
    assert "churn-aks-detach" in outlives(plan, "churn-endpoint-scoring-endpoint")
    kept = {"cluster", "compute", "extension", "namespace", "pool-cpu", "trusted-access", "workspace-contributor"}
    assert {f"churn-aks-{each}" for each in kept} < outlives(plan, "churn-aks-detach")
    assert "churn-ml-workspace" in outlives(plan, "churn-aks-detach")
