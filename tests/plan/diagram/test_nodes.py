"""What leads where in a plan: the edges that the records of resource types give."""

from azure_mlplatform.plan.diagram.nodes import Graph
from azure_mlplatform.resource_types.resource_type import Relation
from support.programs import (
    BATCH,
    BRICKS,
    CENTRAL,
    DOCUMENTS,
    GROUP,
    HUB,
    LOG,
    OTHER_TARGETS,
    SHARED_FACTORY,
    SYNAPSE,
    WORKSPACE,
    batch_in,
    whole,
)


def edges_of(plan, *relations):
    """The edges by the names in the program, without what they have in common."""
    names = {each.urn: each.name.removeprefix("churn-") for each in plan.resources}
    graph = Graph(plan)
    return {
        tuple(names.get(end, end) for end in (each.source, each.target)) for each in graph.of(*(relations or Relation))
    }


def test_endpoints_lead_to_their_targets_and_roles_from_who_has_them():
    edges = edges_of(
        whole(
            "dev",
            access={"data_scientists": [GROUP]},
            workload_identity={"github_repository": "example/churn"},
            network={"address_space": ["10.20.0.0/22"], "hub": {"vnet_id": HUB}},
            workspace=None,
        )
    )
    part = "data-product-"
    for service in ("assistant", "documents"):
        assert (f"{part}{service}-endpoint-account", f"{part}{service}-account") in edges
        assert (f"{part}network-vnet", f"{part}{service}-endpoint-account") in edges
        assert (f"{part}workload-identity", f"{part}{service}-account") in edges
        assert (f"{part}{service}-account", f"{part}log") in edges
    assert (f"{part}network-vnet", "outside:hub vnet-hub") in edges
    assert (f"outside:group {GROUP}", f"{part}assistant-account") in edges
    assert ("outside:workload repo:example/churn:environment:dev", f"{part}workload-identity") in edges


def test_a_workspace_leads_to_what_it_computes_on_reads_and_calls():
    alice = {"name": "alice", "vm_size": "Standard_D4ds_v4", "assigned_user": GROUP}
    plan = whole("dev", ai_services=[DOCUMENTS], workspace={**WORKSPACE, "instances": [alice]})
    uses = edges_of(plan, Relation.USES)
    for target in ("ml-cluster-cpu", "ml-instance-alice", "ml-store-sales", "data-product-documents-account"):
        assert ("ml-workspace", target) in uses
    assert ("outside:storage account stlake", "ml-store-sales") in edges_of(plan, Relation.PART)


def test_a_cluster_has_its_pools_and_what_runs_models_on_it():
    plan = whole("prod")
    assert edges_of(plan, Relation.PART) >= {
        *(("aks-cluster", f"aks-{each}") for each in ("pool-cpu", "pool-gpu", "extension", "namespace", "compute")),
    }
    assert edges_of(plan) >= {
        ("data-product-network-vnet", "aks-cluster"),
        ("ml-workspace", "aks-compute"),
        ("ml-workspace", "endpoint-scoring-endpoint"),
        ("endpoint-scoring-endpoint", "aks-compute"),
        ("endpoint-scoring-endpoint", "endpoint-scoring-identity"),
        ("endpoint-scoring-identity", "ml-registry"),
        ("endpoint-scoring-identity", "data-product-assistant-account"),
    }


def test_a_cluster_that_others_run_is_outside():
    cluster = (
        f"{CENTRAL.replace('00000000cafe', '000000000001')}/Microsoft.ContainerService/managedClusters/aks-central"
    )
    aks = {
        "cluster_id": cluster,
        "attach": "shared",
        "quota": {"cpu": 8, "memory_gib": 32},
        "shared_cluster_reason": "All teams on it agreed, ARC-77",
    }
    plan = whole("prod", inference={"target": "aks", "aks": aks})
    parts = {("outside:AKS aks-central", each) for each in ("aks-compute", "aks-namespace")}
    assert edges_of(plan, Relation.PART) >= parts
    assert ("ml-identity", "outside:AKS aks-central") in edges_of(plan, Relation.ROLE)


def test_databricks_stands_in_its_subnets_and_is_attached():
    plan = whole("dev", token=GROUP, inference=None, **BRICKS)
    assert edges_of(plan) >= {
        ("data-product-network-vnet", "databricks-workspace"),
        ("databricks-workspace", "databricks-connector"),
        ("databricks-endpoint-databricks_ui_api", "databricks-workspace"),
        ("ml-workspace", "databricks-compute"),
        ("databricks-workspace", "databricks-compute"),
        ("databricks-workspace", "data-product-log"),
    }


def test_apps_lead_to_where_they_run_and_where_their_images_come_from():
    central = f"{CENTRAL}/Microsoft.ContainerRegistry/registries/crmodels"
    app = {**OTHER_TARGETS["app_service"]["app_service"], "registry_id": central}
    assert edges_of(whole("prod", inference={"target": "app_service", "app_service": app})) >= {
        ("app-service-plan", "app-service-scoring"),
        ("app-service-scoring", "app-service-scoring-green"),
        ("app-service-scoring-endpoint-sites-green", "app-service-scoring"),
        ("data-product-network-vnet", "app-service-scoring"),
        ("app-service-scoring", "app-service-scoring-identity"),
        ("app-service-scoring-identity", "outside:container registry crmodels"),
    }
    assert edges_of(whole("prod", inference=OTHER_TARGETS["container_app"])) >= {
        ("data-product-network-vnet", "container-app-environment"),
        ("container-app-endpoint-managedEnvironments", "container-app-environment"),
        ("container-app-environment", "container-app-scoring"),
        ("container-app-scoring", "container-app-scoring-identity"),
        ("container-app-scoring-identity", "ml-registry"),
    }


def test_synapse_leads_to_its_lake_and_its_pools():
    assert edges_of(whole("prod", inference=None, synapse=SYNAPSE)) >= {
        ("synapse-workspace", "synapse-lake"),
        ("synapse-workspace", "synapse-pool-spark"),
        ("ml-workspace", "synapse-pool-spark-compute"),
        ("synapse-pool-spark", "synapse-pool-spark-compute"),
        ("synapse-endpoint-Dev", "synapse-workspace"),
        ("synapse-lake-endpoint-dfs", "synapse-lake"),
    }


def test_batches_lead_from_what_starts_them_to_where_they_are_scored():
    edges = edges_of(whole("prod", inference=None, batch=BATCH))
    assert edges >= {
        ("outside:storage account stlake", "batch-trigger-arrived-blob"),
        ("batch-pipeline-arrived", "batch-trigger-arrived-blob"),
        ("batch-pipeline-nightly", "batch-trigger-nightly-schedule"),
        ("batch-pipeline-nightly", "batch-attempt-nightly"),
        ("batch-attempt-nightly", "batch-endpoint-nightly"),
        ("batch-endpoint-nightly", "ml-workspace"),
        ("batch-factory", "batch-managed-network"),
        ("batch-factory", "batch-reach-workspace"),
        ("batch-reach-workspace", "ml-workspace"),
        ("batch-reach-stlake", "outside:storage account stlake"),
        ("batch-factory", "batch-pipeline-nightly"),
    }


def test_an_adopted_factory_network_and_log_are_outside():
    assert ("outside:Data Factory adf", "serve-pipeline-nightly") in edges_of(batch_in(SHARED_FACTORY))
    network = {"subnet_ids": {"endpoints": f"{CENTRAL}/Microsoft.Network/virtualNetworks/v/subnets/endpoints"}}
    plan = whole("dev", network=network, diagnostics={"log_analytics_workspace_id": LOG}, workspace=None)
    sources = {source for source, _ in edges_of(plan, Relation.SUBNET)}
    targets = {target for _, target in edges_of(plan, Relation.LOGS)}
    assert (sources, targets) == ({"outside:virtual network v"}, {"outside:Log Analytics log-central"})


def test_a_role_comes_from_the_identity_also_where_its_principal_is_unknown():
    known, unknown = (edges_of(whole("prod", preview=each, anew=True), Relation.ROLE) for each in (False, True))
    of_identities = {edge for edge in known if not edge[0].startswith("outside:")}
    assert {source for source, _ in of_identities} <= {source for source, _ in unknown}
    assert of_identities & unknown


def test_a_part_is_a_line_of_the_whole_in_the_end():
    plan = whole("prod", inference=None, batch=BATCH)
    graph = Graph(plan)
    urns = {each.name.removeprefix("churn-batch-"): each.urn for each in plan.resources}
    for part in ("attempt-nightly", "endpoint-nightly", "trigger-nightly-schedule"):
        assert graph.whole(urns[part]) == urns["pipeline-nightly"]
    assert graph.whole(urns["pipeline-nightly"]) == urns["pipeline-nightly"]
