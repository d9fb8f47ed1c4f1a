import shutil
import xml.etree.ElementTree as ET

import pytest

from azure_mlplatform.plan import diagram
from azure_mlplatform.plan.difference import Difference, differences, table
from azure_mlplatform.plan.tree import counts, size, tree
from support.programs import (
    BATCH,
    BRICKS,
    CENTRAL,
    DOCUMENTS,
    GROUP,
    HUB,
    LOG,
    OPENAI,
    OTHER_TARGETS,
    SHARED_FACTORY,
    SYNAPSE,
    WORKSPACE,
    batch_in,
    whole,
)

ONCE_A_WEEK = "every week on Monday, Friday at 06:30, 18:30 UTC"
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def dev():
    return whole(
        "dev",
        access={"data_scientists": [GROUP]},
        workload_identity={"github_repository": "example/churn"},
        network={"address_space": ["10.20.0.0/22"], "hub": {"vnet_id": HUB}},
        workspace=None,
    )


@pytest.fixture(scope="module")
def prod():
    return whole(
        "prod",
        ai_services=[OPENAI],
        network={"address_space": ["10.20.0.0/22"], "hub": {"vnet_id": HUB}},
        workspace=None,
    )


def test_the_tree_has_every_resource_once_below_its_component(dev):
    lines = list(tree(dev))
    shown = [line for line in lines[1:-1] if not line.rstrip().endswith(")")]
    assert len(shown) == len(dev.azure_resources)
    assert (
        lines[0] == f"churn dev: {len(dev.azure_resources)} resources in {len(dev.components)} components, 2 protected"
    )
    assert "   └─ churn-data-product  (DataProductRG)" in lines
    account = next(line for line in lines if "ais-churn-assistant" in line)
    assert account.startswith("      │  ├─ Account")
    assert account.endswith("OpenAI S0")


def test_protected_resources_are_marked(prod):
    marked = [line for line in tree(prod) if line.endswith("protected") and "─ " in line]
    assert len(marked) == sum(each.protect for each in prod.azure_resources) == 5


def test_counts_are_those_of_the_plan(dev):
    assert counts(dev)["RoleAssignment"] == len(dev.of_type("RoleAssignment"))
    assert sum(counts(dev).values()) == len(dev.azure_resources)
    assert list(tree(dev))[-1].startswith("  2 Account, 3 DeployedModel, 3 Deployment, 10 DiagnosticSetting")


def test_sizes_say_what_a_person_asks_for(dev):
    said = {each.name.removeprefix("churn-data-product-"): size(each) for each in dev.azure_resources}
    assert said["assistant-model-chat"] == "gpt-5.4 2026-03-05 Standard 10"
    assert said["network-vnet"] == "10.20.0.0/22"
    assert said["log"] == "PerGB2018 30 days"
    assert said[f"assistant-user-{GROUP}"] == "Cognitive Services OpenAI User for a Group"


def test_a_plan_does_not_differ_from_itself(dev):
    assert differences(dev, dev) == []
    assert list(table([], ["a", "b"])) == ["Differences between a and b, apart from names:", "  none"]


def test_differences_are_settings_and_never_names():
    one, other = (whole(each, ai_services=[DOCUMENTS], workspace=None) for each in ("dev", "prod"))
    found = {(each.resource, each.path): each.values for each in differences(one, other)}
    protect = {
        (f"{kind} churn-data-product-{name}", "protect"): (False, True)
        for kind, name in [
            ("Account", "documents-account"),
            ("ResourceGroup", "group"),
            ("VirtualNetwork", "network-vnet"),
        ]
    }
    assert found == {
        **protect,
        ("ManagementLockByScope churn-data-product-log-lock", ""): (None, "yes"),
        ("Workspace churn-data-product-log", "retentionInDays"): (30, 365),
        **{
            ("PublicIPAddress churn-data-product-network-egress-ip", f"zones[{n}]"): (None, str(n + 1))
            for n in range(3)
        },
    }


def test_differences_read_as_paragraphs():
    lines = list(
        table(
            [
                Difference("A a", "", ("yes", None)),
                Difference("B b", "x", (1, 2)),
                Difference("B b", "y", (None, "z")),
            ],
            ["dev", "prod"],
        )
    )
    assert lines[1:] == ["  A a: only in dev", "  B b", "      x: 1  →  2", "      y: (none)  →  z"]


def drawn(plan):
    root = ET.fromstring(diagram.svg(plan))  # noqa: S314 - our own picture
    kinds = {"node": set(), "cluster": set(), "edge": set()}
    for group in root.iter(f"{SVG}g"):
        if (kind := group.get("class", "")) in kinds:
            kinds[kind].add(group.findtext(f"{SVG}title"))
    return kinds


def test_the_diagram_groups_by_component_and_leads_endpoints_to_their_targets(dev):
    picture = drawn(dev)
    by_name = {each.name.removeprefix("churn-data-product-"): each.urn for each in dev.resources}
    assert picture["cluster"] == {f"cluster {each.urn}" for each in dev.components}
    for service in ("assistant", "documents"):
        endpoint = by_name[f"{service}-endpoint-account"]
        assert f"{endpoint}->{by_name[f'{service}-account']}" in picture["edge"]
        assert f"{by_name['network-vnet']}->{endpoint}" in picture["edge"]
        assert f"{by_name['workload-identity']}->{by_name[f'{service}-account']}" in picture["edge"]
        assert f"{by_name[f'{service}-account']}->{by_name['log']}" in picture["edge"]
    assert f"{by_name['network-vnet']}->outside:hub vnet-hub" in picture["edge"]
    assert f"outside:Group {GROUP}->{by_name['assistant-account']}" in picture["edge"]
    assert f"outside:repo:example/churn:environment:dev->{by_name['workload-identity']}" in picture["edge"]


def test_a_workspace_is_drawn_with_what_it_computes_on_reads_and_calls():
    alice = {"name": "alice", "vm_size": "Standard_D4ds_v4", "assigned_user": GROUP}
    plan = whole("dev", ai_services=[DOCUMENTS], workspace={**WORKSPACE, "instances": [alice]})
    by_name = {each.name.removeprefix("churn-"): each.urn for each in plan.resources}
    edges = drawn(plan)["edge"]
    for target in ("ml-cluster-cpu", "ml-instance-alice", "ml-store-sales", "data-product-documents-account"):
        assert f"{by_name['ml-workspace']}->{by_name[target]}" in edges
    assert f"{by_name['ml-store-sales']}->outside:storage stlake" in edges
    picture = diagram.svg(plan)
    for once in ("ML workspace", "Log Analytics", "compute cluster", "compute instance", ">datastore<"):
        assert picture.count(once) == 1


def edges_of(plan):
    """The edges by the names in the program, without what they have in common."""
    names = {each.urn: each.name.removeprefix("churn-") for each in plan.resources}
    ends = [tuple(edge.split("->")) for edge in drawn(plan)["edge"]]
    return {tuple(names.get(end, end) for end in edge) for edge in ends}


def test_a_cluster_is_drawn_with_its_pools_and_who_runs_models_on_it():
    assert edges_of(whole("prod")) >= {
        ("data-product-network-vnet", "aks-cluster"),
        *(("aks-cluster", f"aks-{each}") for each in ("pool-cpu", "pool-gpu", "extension", "namespace")),
        ("ml-workspace", "aks-compute"),
        ("aks-compute", "aks-cluster"),
        ("ml-workspace", "endpoint-scoring-endpoint"),
        ("endpoint-scoring-endpoint", "aks-compute"),
        ("endpoint-scoring-endpoint", "endpoint-scoring-identity"),
        ("endpoint-scoring-identity", "ml-registry"),
        ("endpoint-scoring-identity", "data-product-assistant-account"),
    }


def test_a_cluster_that_others_run_is_drawn_outside():
    cluster = (
        f"{CENTRAL.replace('00000000cafe', '000000000001')}/Microsoft.ContainerService/managedClusters/aks-central"
    )
    aks = {"cluster_id": cluster, "attach": "shared", "quota": {"cpu": 8, "memory_gib": 32}}
    edges = edges_of(whole("prod", inference={"target": "aks", "aks": aks}))
    assert ("aks-compute", "outside:AKS aks-central") in edges
    assert ("ml-identity", "outside:AKS aks-central") in edges


def test_databricks_is_drawn_in_its_subnets_and_attached():
    plan = whole("dev", token=GROUP, inference=None, **BRICKS)
    assert edges_of(plan) >= {
        ("data-product-network-vnet", "databricks-workspace"),
        ("databricks-workspace", "databricks-connector"),
        ("databricks-endpoint-databricks_ui_api", "databricks-workspace"),
        ("ml-workspace", "databricks-compute"),
        ("databricks-compute", "databricks-workspace"),
        ("databricks-workspace", "data-product-log"),
    }
    picture = diagram.svg(plan)
    for once in (">Databricks<", "attached Databricks", ">access connector<"):
        assert picture.count(once) == 1
    lines = list(tree(plan))
    [connector] = [line for line in lines if "─ AccessConnector" in line]
    assert connector.endswith("SystemAssigned")
    assert any("─ ComputeDetach" in line and line.endswith("  detach") for line in lines)


def test_apps_are_drawn_with_where_they_run_and_where_their_images_come_from():
    central = f"{CENTRAL}/Microsoft.ContainerRegistry/registries/crmodels"
    app = {**OTHER_TARGETS["app_service"]["app_service"], "registry_id": central}
    assert edges_of(whole("prod", inference={"target": "app_service", "app_service": app})) >= {
        ("app-service-plan", "app-service-scoring"),
        ("app-service-scoring-green", "app-service-scoring"),
        ("app-service-scoring-endpoint-sites-green", "app-service-scoring"),
        ("data-product-network-vnet", "app-service-scoring"),
        ("app-service-scoring", "app-service-scoring-identity"),
        ("app-service-scoring-identity", "outside:registry crmodels"),
    }
    assert edges_of(whole("prod", inference=OTHER_TARGETS["container_app"])) >= {
        ("data-product-network-vnet", "container-app-environment"),
        ("container-app-endpoint-managedEnvironments", "container-app-environment"),
        ("container-app-environment", "container-app-scoring"),
        ("container-app-scoring", "container-app-scoring-identity"),
        ("container-app-scoring-identity", "ml-registry"),
    }


def test_synapse_is_drawn_with_its_lake_and_what_its_pools_are_attached_to():
    assert edges_of(whole("prod", inference=None, synapse=SYNAPSE)) >= {
        ("synapse-workspace", "synapse-lake"),
        ("synapse-workspace", "synapse-pool-spark"),
        ("ml-workspace", "synapse-pool-spark-compute"),
        ("synapse-pool-spark-compute", "synapse-pool-spark"),
        ("synapse-endpoint-Dev", "synapse-workspace"),
        ("synapse-lake-endpoint-dfs", "synapse-lake"),
    }


def test_batches_are_drawn_from_what_starts_them_to_where_they_are_scored():
    plan = whole("prod", inference=None, batch=BATCH)
    assert edges_of(plan) >= {
        ("outside:storage stlake", "batch-trigger-arrived-blob"),
        ("batch-trigger-arrived-blob", "batch-pipeline-arrived"),
        ("batch-trigger-nightly-schedule", "batch-pipeline-nightly"),
        ("batch-pipeline-nightly", "batch-attempt-nightly"),
        ("batch-attempt-nightly", "batch-endpoint-nightly"),
        ("ml-workspace", "batch-endpoint-nightly"),
        ("batch-factory", "batch-managed-network"),
        ("batch-factory", "batch-reach-workspace"),
        ("batch-reach-workspace", "ml-workspace"),
        ("batch-reach-stlake", "outside:storage stlake"),
        ("batch-factory", "ml-workspace"),
        ("batch-factory", "batch-pipeline-nightly"),
    }
    of_batches = {each.urn: each.name for each in plan.azure_resources if each.name.startswith("churn-batch-")}
    nodes = {of_batches[each].removeprefix("churn-batch-") for each in drawn(plan)["node"] & set(of_batches)}
    assert nodes == {
        *("factory", "managed-network", "factory-endpoint-dataFactory", "reach-stlake", "reach-workspace"),
        *(f"{part}-{job}" for part in ("attempt", "endpoint", "pipeline") for job in ("arrived", "nightly")),
        *("trigger-arrived-blob", "trigger-nightly-schedule"),
    }
    picture = diagram.svg(plan)
    assert [picture.count(each) for each in (">Data Factory<", ">managed network<", ">blob lands<")] == [1, 1, 1]


def test_an_adopted_factory_is_drawn_as_what_others_run():
    assert ("outside:Data Factory adf", "serve-pipeline-nightly") in edges_of(batch_in(SHARED_FACTORY))


FEW = {**BATCH, "jobs": [{**each, "concurrency": 4} for each in BATCH["jobs"]]}


def test_batches_are_sized_and_named_by_what_a_person_asks_for():
    plan = whole("prod", inference=None, batch=FEW)
    said = {each.name.removeprefix("churn-batch-"): size(each) for each in plan.azure_resources}
    wanted = {
        "action-group": "ml@example.com",
        "attempt-nightly": "",
        "endpoint-nightly": "AADToken",
        "factory": "",
        "failed-pipelines": "Batch scoring: pipelines failed",
        "late-nightly": "Batch scoring: nightly has not succeeded for 33 hours",
        "pipeline-nightly": "4 at once",
        "reach-workspace": "amlworkspace",
        "reach-workspace-approval": "",
        "runtime": "Managed",
        "service-workspace": "AzureMLService",
        "trigger-arrived-blob": "a blob in /curated/blobs/incoming/*.csv",
        "trigger-arrived-blob-start": "",
        "trigger-nightly-schedule": "every day at 04:00 W. Europe Standard Time",
    }
    assert {name: said[name] for name in wanted} == wanted
    lines = [line.split("─ ")[-1].split() for line in tree(plan)]
    for kind, name in (
        ("ApproveConnection", "reach-workspace-approval"),
        ("StartTrigger", "trigger-arrived-blob-start"),
        ("StopTrigger", "trigger-arrived-blob-stop"),
    ):
        assert [kind, name] in lines


@pytest.mark.parametrize(
    ("schedule", "said"),
    [
        ({"frequency": "Hour", "interval": 6}, "every 6 hours UTC"),
        ({"frequency": "Week", "at": ["06:30", "18:30"], "week_days": ["Monday", "Friday"]}, ONCE_A_WEEK),
        ({"frequency": "Month", "at": ["00:00"], "month_days": [1, 15]}, "every month on 1, 15 at 00:00 UTC"),
    ],
)
def test_a_schedule_reads_as_one(schedule, said):
    job = {**BATCH["jobs"][0], "schedule": {**schedule, "time_zone": "UTC"}}
    plan = whole("dev", ai_services=[], inference=None, batch={"compute": "cpu", "jobs": [job]})
    assert [size(each) for each in plan.of_type("Trigger")] == [said]


def test_a_name_that_is_a_word_elsewhere_is_no_difference():
    dev = whole("dev", ai_services=[], inference=None, batch=BATCH)
    own = {**BATCH, "compute": None, "cluster": {"name": "batch", "vm_size": "Standard_D4ds_v4"}}
    prod = whole("prod", ai_services=[], inference=None, batch=own)
    found = differences(dev, prod)
    assert not any("<churn-ml-cluster-batch>" in str(each.values) for each in found)
    assert [each.path for each in found if each.resource == "Pipeline churn-batch-pipeline-nightly"] == []
    assert not [each for each in found if each.path == "principalId"]


def test_every_end_of_an_edge_is_drawn(dev):
    picture = drawn(dev)
    for edge in picture["edge"]:
        assert any(edge == f"{a}->{b}" for a in picture["node"] for b in picture["node"] if edge.startswith(a))


def test_an_adopted_network_and_a_central_log_are_drawn_outside():
    network = {"subnet_ids": {"endpoints": f"{CENTRAL}/Microsoft.Network/virtualNetworks/v/subnets/endpoints"}}
    plan = whole("dev", network=network, diagnostics={"log_analytics_workspace_id": LOG}, workspace=None)
    assert {"outside:endpoints", "outside:log-central"} <= drawn(plan)["node"]


def test_without_graphviz_the_message_says_what_to_install(dev, monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda *_, **__: None)
    with pytest.raises(diagram.DiagramError, match=r"pip install 'azure-mlplatform\[diagram\]'"):
        diagram.svg(dev)
