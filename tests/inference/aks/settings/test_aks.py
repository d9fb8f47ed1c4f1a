import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azure_mlplatform.catalogue.vm_sizes import size_names
from azure_mlplatform.foundation.profiles import Environment
from azure_mlplatform.inference.aks.settings.aks import AKSSettings
from azure_mlplatform.inference.aks.settings.gitops import GitOpsSettings
from azure_mlplatform.inference.aks.settings.quotas import series_of
from azure_mlplatform.parts.settings.zones import AvailabilityZones
from support.violations import problems, refused

HTTPS = {"https": {"cname": "scoring.ml.example.com", "secret_name": "scoring-tls"}}
GPU = {"name": "gpu", "vm_size": "Standard_NC24ads_A100_v4", "accelerator": "gpu", "max_nodes": 2}
CLUSTER = (
    "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-central/providers"
    "/Microsoft.ContainerService/managedClusters/aks-central"
)
QUOTA = {"quota": {"cpu": 64, "memory_gib": 512}}
SHARED = {"cluster_id": CLUSTER, "attach": "shared", **QUOTA}
SOURCE = {"url": "https://git.example.com/config", "tag": "v1", "kustomizations": [{"name": "a", "path": "./a"}]}


def aks(**given_):
    return AKSSettings.model_validate({**HTTPS, **given_})


@pytest.mark.parametrize(
    ("data", "paths"),
    [
        (HTTPS, []),
        ({}, ["https"]),
        ({"insecure_reason": "no certificate yet"}, []),
        ({**HTTPS, "insecure_reason": "no certificate yet"}, ["insecure_reason"]),
        ({**HTTPS, "pools": [GPU, GPU]}, ["pools[1].name"]),
        ({**HTTPS, "compute_name": "aks-1"}, ["compute_name"]),
        ({**HTTPS, "compute_name": "a-name-of-17-chars"}, ["compute_name"]),
        ({**HTTPS, "namespace": "kube-system"}, ["namespace"]),
        ({**HTTPS, "namespace": "azureml"}, ["namespace"]),
        ({**HTTPS, "namespace": "Churn"}, ["namespace"]),
        ({**HTTPS, "kubernetes_version": "1.33"}, []),
        ({**HTTPS, "kubernetes_version": "v1.33"}, ["kubernetes_version"]),
        ({**HTTPS, "pod_cidr": "10.0.0.0/33"}, ["pod_cidr"]),
        ({**HTTPS, "pod_cidr": "172.30.0.0/16"}, ["pod_cidr"]),
        ({**HTTPS, "service_cidr": "100.64.0.0/20"}, ["service_cidr"]),
        ({**HTTPS, "service_cidr": "10.0.0.0/8"}, ["service_cidr"]),
        ({**HTTPS, "service_cidr": "100.64.0.0/20", "pod_network": "subnet"}, []),
        ({**HTTPS, "scheduler_config_map": "volcano"}, ["scheduler_config_map"]),
        ({**HTTPS, "scheduler_config_map": "volcano", "training": True}, []),
        ({"https": {"cname": "nohost", "secret_name": "Tls"}}, ["https.cname", "https.secret_name"]),
        (SHARED, []),
        ({key: value for key, value in SHARED.items() if key != "quota"}, ["quota"]),
        ({**SHARED, **HTTPS}, ["https"]),
        ({"cluster_id": CLUSTER, **HTTPS}, []),
        ({"cluster_id": CLUSTER}, ["https"]),
        ({"cluster_id": CLUSTER, **HTTPS, "system": {}, "pod_cidr": "10.1.0.0/16"}, ["system", "pod_cidr"]),
        ({"cluster_id": "aks", **HTTPS}, ["cluster_id"]),
        ({**SHARED, "pools": [{**GPU, "vm_size": "Standard_NC48ads_A100_v4", "instances_per_node": 1}]}, []),
        ({**SHARED, "quota": {"cpu": 8, "memory_gib": 512}, "pools": [GPU]}, ["quota"]),
        ({**HTTPS, "gitops": SOURCE}, []),
        ({**HTTPS, "maintenance": {"day": "Funday", "hours": 2}}, ["maintenance.day", "maintenance.hours"]),
    ],
)
def test_what_cannot_be_is_refused_where_it_stands(data, paths):
    assert refused(AKSSettings, data) == paths


@pytest.mark.parametrize(
    ("changes", "paths"),
    [
        ({}, []),
        ({"branch": "main"}, ["branch"]),
        ({"tag": None}, ["branch"]),
        ({"tag": None, "commit": "a" * 40}, []),
        ({"url": "git@example.com:x"}, ["url"]),
        ({"kustomizations": []}, ["kustomizations"]),
        ({"kustomizations": [{"name": "a", "path": "a"}]}, ["kustomizations[0].path"]),
        ({"kustomizations": [{"name": "a", "path": "./a"}] * 2}, ["kustomizations[1].name"]),
    ],
)
def test_a_git_source_is_one_revision_without_a_password(changes, paths):
    assert refused(GitOpsSettings, {**SOURCE, **changes}) == paths


def said(settings, environment=Environment.PROD):
    zones = AvailabilityZones(environment, "westeurope")
    found = (*settings.profile_violations(environment), *settings.zone_violations(zones))
    return [(".".join(map(str, each.path)), each.what) for each in found]


def test_in_a_kind_of_environment_that_asks_for_it_scoring_is_encrypted():
    insecure = AKSSettings.model_validate({"insecure_reason": "no certificate yet"})
    assert [path for path, _ in said(insecure)] == ["insecure_reason"]
    assert said(insecure, Environment.DEV) == []


@pytest.mark.parametrize(
    ("cpu", "highly_available", "path", "text"),
    [
        ({}, True, None, ""),
        ({}, False, None, ""),
        ({"min_nodes": 2}, True, "cpu.min_nodes", "the router needs 3 nodes"),
        ({"min_nodes": 2}, False, None, ""),
        ({"min_nodes": 0}, False, "cpu.min_nodes", "at least 1 node"),
        ({"max_nodes": 2}, True, "cpu.max_nodes", "less than the 3 nodes"),
    ],
)
def test_the_routers_pool_holds_them(cpu, highly_available, path, text):
    found = said(aks(cpu=cpu), Environment.PROD if highly_available else Environment.DEV)
    assert [each[0] for each in found] == ([path] if path else [])
    assert not found or text in found[0][1]


@pytest.mark.parametrize("pool", ["system", "cpu"])
@pytest.mark.parametrize(
    ("settings", "field"),
    [({"min_nodes": 2}, "min_nodes"), ({"zones": ["2"]}, "zones"), ({"max_pods": 49}, "max_pods")],
)
def test_settings_do_not_undo_what_prod_asks_for(pool, settings, field):
    assert [path for path, _ in said(aks(**{pool: settings}))] == [f"{pool}.{field}"]
    assert said(aks(**{pool: settings}), Environment.DEV) == []


@pytest.mark.parametrize(
    ("quota", "paths"),
    [
        ({"regional": 1000, "series": {"NCads_A100_v4": 48, "Dds_v5": 56}}, []),
        ({"series": {"NCads_A100_v4": 47}}, ["vcpu_quota.series.NCads_A100_v4"]),
        ({"series": {"ncads_a100_V4": 47}}, ["vcpu_quota.series.ncads_a100_V4"]),
        ({"series": {"Dds_v5": 55}}, ["vcpu_quota.series.Dds_v5"]),
        ({"regional": 103}, ["vcpu_quota.regional"]),
        ({"regional": 104}, []),
        ({"series": {"standardNCADSA100v4Family": 47}}, ["vcpu_quota.series.standardNCADSA100v4Family"]),
        ({"series": {"standardNCADSA100v4Family": 48, "standardDDSv5Family": 56}}, []),
        ({"series": {"NCads_A100_v5": 48}}, ["vcpu_quota.series.NCads_A100_v5"]),
    ],
)
def test_no_more_is_asked_for_than_the_quota(quota, paths):
    # system and cpu 6 nodes and one of surge, 4 vCPUs each; two nodes of 24.
    found = said(aks(pools=[GPU], vcpu_quota=quota))
    assert [path for path, _ in found] == paths


def test_a_series_that_no_pool_has_is_a_mistake():
    [(_, text)] = said(aks(pools=[GPU], vcpu_quota={"series": {"NCads_A100_v5": 1}}))
    assert text == "no pool uses the series NCads_A100_v5; did you mean 'NCads_A100_v4'?"


def test_spot_nodes_are_not_counted():
    assert said(aks(pools=[{**GPU, "spot": True}], vcpu_quota={"regional": 56})) == []


def test_the_quotas_message_has_the_sum():
    [(_, text)] = said(aks(pools=[GPU], vcpu_quota={"series": {"Dds_v5": 40}}))
    assert text == (
        "the pools need up to 56 vCPUs (system 6+1 nodes of 4 vCPUs, cpu 6+1 nodes of 4 vCPUs), but the quota is 40"
    )


@pytest.mark.parametrize(
    ("cidr", "fits"),
    [("100.64.0.0/16", True), ("100.64.0.0/20", True), ("100.64.0.0/21", False), ("10.9.0.0/24", False)],
)
def test_each_node_has_a_range_for_its_pods(cidr, fits):
    # Sixteen nodes at most: 7 and 7, and two with GPUs.
    assert (said(aks(pools=[GPU], pod_cidr=cidr)) == []) == fits


@pytest.mark.parametrize("highly_available", [False, True])
def test_instance_types_are_one_a_pool(highly_available):
    types = aks(pools=[GPU]).instance_types(highly_available=highly_available)
    assert [each.name for each in types] == ["cpu", "gpu"]
    assert types[0].devices == {}
    # A node of 4 vCPUs, without the pods of every node, the extension and the sidecars, halved.
    share = 3600 // 3 if highly_available else 1780
    assert types[0].room.cpu_m == (4000 - 140 - 600 - share) // 2 - 100


def test_a_shared_cluster_knows_its_instance_types_by_project():
    settings = AKSSettings.model_validate({**SHARED, "pools": [GPU]})
    assert [each.name for each in settings.instance_types(highly_available=True, prefix="churn-prod-")] == [
        "churn-prod-gpu"
    ]
    assert not settings.installs_extension
    assert AKSSettings.model_validate({"cluster_id": CLUSTER, **HTTPS}).installs_extension


def test_retired_sizes_are_found_in_every_pool():
    day = datetime.date(2027, 6, 1)
    settings = aks(pools=[{"name": "fpga", "vm_size": "Standard_NP10s", "accelerator": "fpga"}])
    assert [each.path for each in settings.violations_on(day)] == [("pools", 0, "vm_size")]
    old = aks(system={"vm_size": "Standard_D8s_v3"}, cpu={"vm_size": "Standard_D8s_v3"})
    assert [each.path for each in old.violations_on(datetime.date(2030, 1, 1))] == [
        ("system", "vm_size"),
        ("cpu", "vm_size"),
    ]
    before = datetime.date(2029, 11, 14)
    assert [each.split(":")[0] for each in old.notices_on(before)] == ["pool system", "pool cpu"]


def test_that_volcano_keeps_the_autoscaler_from_working_is_said():
    day = datetime.date(2026, 1, 1)
    assert any("Volcano" in each for each in aks(training=True).notices_on(day))
    assert list(aks(training=True, scheduler_config_map="volcano").notices_on(day)) == []


@pytest.mark.parametrize(
    ("size", "series"),
    [
        ("Standard_NC24ads_A100_v4", "NCads_A100_v4"),
        ("Standard_D4ds_v5", "Dds_v5"),
        ("Standard_E8-4ds_v5", "Eds_v5"),
        ("Standard_NP10s", "NPs"),
    ],
)
def test_series_are_named_as_microsofts_pages_do(size, series):
    assert series_of(size) == series


@given(st.sampled_from(size_names()))
def test_a_series_has_no_number_of_vcpus(name):
    assert not series_of(name)[1:3].isdigit()


def test_problems_of_pools_come_with_all_others():
    data = {"pools": [{**GPU, "accelerator": "none"}], "compute_name": "aks-1"}
    assert sorted(".".join(map(str, each.path)) for each in problems(AKSSettings, data)) == [
        "compute_name",
        "https",
        "pools.0.accelerator",
    ]
