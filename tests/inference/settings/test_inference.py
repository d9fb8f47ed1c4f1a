"""How models are served, and whether the environment can hold it."""

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azure_mlplatform.emulation.answers import SUBSCRIPTION
from azure_mlplatform.foundation.profiles import PROFILES, Environment
from azure_mlplatform.inference.app_service.settings import AppServiceSettings
from azure_mlplatform.inference.container_app.settings import WORKLOAD_PROFILES, ContainerAppsSettings, WorkloadProfile
from azure_mlplatform.inference.settings.container import EntraSignIn, ServedByContainer
from azure_mlplatform.inference.settings.inference import InferenceSettings
from azure_mlplatform.settings import EnvironmentSettings
from azure_mlplatform.testing import example_settings
from support.violations import problems, refused

HTTPS = {"cname": "scoring.ml.example.com", "secret_name": "scoring-tls"}
CALLER = "00000000-0000-0000-0000-0000000ca11e"
SIGN_IN = {"client_id": "00000000-0000-0000-0000-00000000c11e", "callers": [CALLER]}
APP = {"name": "scoring", "sign_in": SIGN_IN}
AKS = {"target": "aks", "endpoints": [{"name": "scoring"}], "aks": {"https": HTTPS}}
MANAGED = {"target": "managed", "endpoints": [{"name": "scoring"}]}
APP_SERVICE = {"target": "app_service", "app_service": {"apps": [APP]}}
CONTAINER_APP = {"target": "container_app", "container_app": {"apps": [APP]}}
WORKSPACE = {"network_mode": "own", "clusters": [{"name": "cpu", "vm_size": "Standard_D4ds_v4"}]}
PROVIDERS = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg/providers"
REGISTRY = f"{PROVIDERS}/Microsoft.ContainerRegistry/registries/crmodels"
CLUSTER = f"{PROVIDERS}/Microsoft.ContainerService/managedClusters/aks-central"
SUBNETS = f"{PROVIDERS}/Microsoft.Network/virtualNetworks/vnet/subnets"


def changed(data, **changes):
    """The target's own block with some keys changed."""
    block = data["target"]
    return {**data, block: {**data[block], **changes}}


@pytest.mark.parametrize(
    ("data", "paths"),
    [
        (AKS, []),
        (MANAGED, []),
        (APP_SERVICE, []),
        (CONTAINER_APP, []),
        ({}, ["target"]),
        ({"targets": []}, ["target"]),
        ({"targets": ["managed"], "endpoints": [{"name": "scoring"}]}, []),
        ({"target": "aks"}, ["aks"]),
        ({"target": "kubernetes"}, ["target"]),
        ({"target": "managed"}, ["endpoints"]),
        ({**MANAGED, "aks": {"https": HTTPS}}, ["aks"]),
        ({**APP_SERVICE, "endpoints": [{"name": "scoring"}]}, ["endpoints"]),
        ({**APP_SERVICE, "container_app": {"apps": [APP]}}, ["container_app"]),
        ({**MANAGED, "endpoints": [{"name": "scoring"}, {"name": "scoring"}]}, ["endpoints[1].name"]),
        ({**MANAGED, "endpoints": [{"name": "a-very-long-name"}]}, ["endpoints[0].name"]),
        ({**MANAGED, "endpoints": [{"name": "Scoring"}]}, ["endpoints[0].name"]),
        (changed(APP_SERVICE, apps=[]), ["app_service.apps"]),
        (changed(APP_SERVICE, apps=[APP, APP]), ["app_service.apps[1].name"]),
        (changed(APP_SERVICE, sku="B1"), ["app_service.sku"]),
        (changed(APP_SERVICE, registry_id="cr"), ["app_service.registry_id"]),
    ],
)
def test_what_cannot_be_is_refused_where_it_stands(data, paths):
    assert refused(InferenceSettings, data) == paths


@pytest.mark.parametrize(
    ("changes", "paths"),
    [
        ({}, []),
        ({"sign_in": None}, ["sign_in"]),
        ({"sign_in": None, "open_reason": "the gateway checks tokens"}, []),
        ({"open_reason": "the gateway checks tokens"}, ["open_reason"]),
        ({"sign_in": {**SIGN_IN, "callers": []}}, ["sign_in.callers"]),
        ({"sign_in": {**SIGN_IN, "callers": [CALLER, CALLER]}}, ["sign_in.callers[1]"]),
        ({"port": 0}, ["port"]),
        ({"health_check_path": "health"}, ["health_check_path"]),
        ({"image": "no registry"}, ["image"]),
        ({"environment_variables": {"WEBSITES_PORT": "80"}}, ["environment_variables.WEBSITES_PORT"]),
        ({"environment_variables": {"AZURE_CLIENT_ID": "x"}}, ["environment_variables.AZURE_CLIENT_ID"]),
        ({"environment_variables": {"API_KEY": "x"}}, ["environment_variables.API_KEY"]),
        ({"environment_variables": {"HF_TOKEN": "x", "A": "b"}}, ["environment_variables.HF_TOKEN"]),
        ({"environment_variables": {"MAX_TOKENS": "4096", "KEY": "@Microsoft.KeyVault(SecretUri=https://x)"}}, []),
        ({"environment_variables": {"URL": "https://x?sig=aBcDeFgHiJkLmNoPqRsT"}}, ["environment_variables"]),
    ],
)
def test_a_container_is_called_by_whom_it_knows(changes, paths):
    assert refused(ServedByContainer, {**APP, **changes}) == paths


def test_tokens_are_meant_for_the_model():
    given = EntraSignIn.model_validate(SIGN_IN)
    assert given.allowed_audiences == [f"api://{given.client_id}", given.client_id]
    own = EntraSignIn.model_validate({**SIGN_IN, "audiences": ["api://churn"]})
    assert own.allowed_audiences == ["api://churn"]


@pytest.mark.parametrize(
    ("data", "paths"),
    [
        ({"apps": [APP]}, []),
        ({"apps": [{**APP, "cpu": 0.3}]}, ["apps[0].cpu"]),
        ({"apps": [{**APP, "cpu": 0.75}]}, []),
        ({"apps": [{**APP, "cpu": 1, "memory_gib": 4}]}, ["apps[0].cpu"]),
        ({"apps": [{**APP, "cpu": 8}]}, ["apps[0].cpu"]),
        ({"apps": [{**APP, "cpu": 1, "memory_gib": 4}], "workload_profile": "D4"}, []),
        ({"apps": [APP], "min_nodes": 1}, ["min_nodes"]),
        ({"apps": [APP], "workload_profile": "D4", "min_nodes": 3, "max_nodes": 2}, ["max_nodes"]),
        ({"apps": [APP], "workload_profile": "D5"}, ["workload_profile"]),
        ({"apps": [{**APP, "min_replicas": 3, "max_replicas": 2}]}, ["apps[0].max_replicas"]),
        ({"apps": [{**APP, "cpu": 24, "memory_gib": 220}], "workload_profile": "Consumption-GPU-NC24-A100"}, []),
    ],
)
def test_replicas_fit_what_they_run_on(data, paths):
    assert refused(ContainerAppsSettings, data) == paths


def test_every_workload_profile_is_known():
    assert set(WORKLOAD_PROFILES) == set(WorkloadProfile)


WEB = {"apps": [{"name": "web", "sign_in": SIGN_IN}]}
APPS = {"apps": [{"name": "apps", "sign_in": SIGN_IN}]}


def several(*targets, **changes):
    """The settings of several targets, with an endpoint or an app on each."""
    blocks = {"aks": {"https": HTTPS}, "app_service": WEB, "container_app": APPS}
    serving = [each for each in targets if each in ("aks", "managed")]
    endpoints = [{"name": f"on-{each}", "target": each} for each in serving]
    given = {each: blocks[each] for each in targets if each in blocks}
    return {"targets": list(targets), **given, **({"endpoints": endpoints} if endpoints else {}), **changes}


EVERY = ("aks", "managed", "app_service", "container_app")
ON_BOTH = [{"name": "scoring", "target": "aks"}, {"name": "small", "target": "managed"}]


@given(st.permutations(EVERY).flatmap(lambda order: st.integers(1, 4).map(lambda count: order[:count])))
def test_any_targets_serve_beside_each_other(targets):
    settings = InferenceSettings.model_validate(several(*targets))
    assert [each.value for each in settings.chosen] == [each for each in EVERY if each in targets]
    names = {"aks": ["on-aks"], "managed": ["on-managed"], "app_service": ["web"], "container_app": ["apps"]}
    assert settings.models() == {each: names[each] for each in EVERY if each in targets}
    assert {each.value for each in settings.blocks} == set(targets) - {"managed"}


@pytest.mark.parametrize("data", [AKS, MANAGED, APP_SERVICE, CONTAINER_APP])
def test_a_list_of_one_target_means_the_same(data):
    one = InferenceSettings.model_validate(data)
    other = InferenceSettings.model_validate({**data, "target": None, "targets": [data["target"]]})
    assert (one.chosen, one.models(), one.blocks) == (other.chosen, other.models(), other.blocks)


@pytest.mark.parametrize(
    ("data", "paths"),
    [
        ({**several("aks", "app_service"), "target": "aks"}, ["targets"]),
        (several("aks", "app_service", targets=["aks", "app_service", "aks"]), ["targets[2]"]),
        (several("aks", "app_service", targets=["aks", "appservice"]), ["targets[1]"]),
        (several("aks", "app_service", targets=["aks"]), ["app_service"]),
        (several("aks", "app_service", targets="aks, app_service"), ["targets"]),
        (several("aks", "app_service", aks=None), ["aks"]),
        (several("app_service", "container_app", endpoints=[{"name": "scoring"}]), ["endpoints"]),
        (several("aks", "managed", endpoints=[{"name": "scoring"}]), ["endpoints[0].target"]),
        (several("aks", "managed", endpoints=ON_BOTH[:1]), ["endpoints"]),
        (several("aks", "managed", endpoints=[*ON_BOTH, ON_BOTH[0]]), ["endpoints[2].name"]),
        (several("aks", "app_service", endpoints=ON_BOTH), ["endpoints[1].target"]),
        (several("aks", "app_service", endpoints=[{"name": "web"}]), ["app_service.apps[0].name"]),
        (several("app_service", "container_app", container_app=WEB), ["container_app.apps[0].name"]),
        (
            several("aks", "app_service", endpoints=[{"name": "web", "target": "app_service"}], aks={"https": {}}),
            ["aks.https.cname", "aks.https.secret_name", "endpoints[0].target", "app_service.apps[0].name"],
        ),
    ],
)
def test_what_cannot_be_together_is_refused_where_it_stands(data, paths):
    assert sorted(refused(InferenceSettings, data)) == sorted(paths)


def test_a_model_has_its_name_over_all_targets():
    [problem] = problems(InferenceSettings, several("aks", "container_app", endpoints=[{"name": "apps"}]))
    assert (problem.what, problem.fix) == (
        "a second endpoint or app is named 'apps' (the first is in endpoints)",
        "Give each its own name",
    )


def test_a_second_target_is_said_to_go_into_targets():
    [problem] = problems(InferenceSettings, {**AKS, "app_service": WEB})
    assert problem.what == "app_service is given, but target is 'aks'"
    assert problem.fix == "Leave it out, or change target, or write targets: [aks, app_service] in its place"


def environment(kind="prod", **changes):
    base = example_settings(kind).model_dump(mode="json", exclude_unset=True)
    return {**base, "workspace": WORKSPACE, **changes}


def adopted(**subnets):
    names = {"endpoints": f"{SUBNETS}/endpoints", "training": f"{SUBNETS}/training", **subnets}
    return {"subnet_ids": names}


@pytest.mark.parametrize(
    ("changes", "paths"),
    [
        ({"inference": AKS}, []),
        ({"inference": MANAGED}, []),
        ({"inference": APP_SERVICE}, []),
        ({"inference": CONTAINER_APP}, []),
        ({"inference": AKS, "workspace": None}, ["inference.target"]),
        ({"inference": MANAGED, "workspace": None}, ["inference.target"]),
        ({"inference": APP_SERVICE, "workspace": None}, ["inference.app_service.registry_id"]),
        ({"inference": changed(APP_SERVICE, registry_id=REGISTRY), "workspace": None}, []),
        ({"inference": AKS, "workspace": {**WORKSPACE, "network_mode": "managed"}}, ["inference.target"]),
        ({"inference": MANAGED, "workspace": {**WORKSPACE, "network_mode": "managed"}}, []),
        ({"inference": AKS, "network": adopted()}, ["network.subnet_ids.aks"]),
        ({"inference": AKS, "network": adopted(aks=f"{SUBNETS}/aks")}, []),
        ({"inference": CONTAINER_APP, "network": adopted()}, ["network.subnet_ids.containers"]),
        (
            {
                "inference": {
                    **AKS,
                    "aks": {
                        "cluster_id": CLUSTER,
                        "attach": "shared",
                        "quota": {"cpu": 8, "memory_gib": 32},
                        "shared_cluster_reason": "All teams on it agreed",
                    },
                },
                "network": adopted(),
            },
            [],
        ),
        (
            {
                "inference": {
                    **AKS,
                    "aks": {"cluster_id": CLUSTER.replace("000001", "00beef"), "https": HTTPS},
                }
            },
            ["inference.aks.cluster_id"],
        ),
        ({"inference": changed(AKS, pod_cidr="10.20.0.0/16")}, ["inference.aks.pod_cidr"]),
        ({"inference": changed(AKS, service_cidr="10.20.0.0/20")}, ["inference.aks.service_cidr"]),
        (
            {
                "inference": AKS,
                "network": {
                    "address_space": ["10.20.0.0/22"],
                    "hub": {
                        "vnet_id": f"{PROVIDERS}/Microsoft.Network/virtualNetworks/hub",
                        "address_space": ["172.16.0.0/12"],
                    },
                },
            },
            ["inference.aks.service_cidr"],
        ),
        (
            {"inference": changed(AKS, pod_network="subnet"), "network": {"address_space": ["10.20.0.0/22"]}},
            ["network.subnets.aks"],
        ),
        (
            {
                "inference": changed(APP_SERVICE, instances=20),
                "network": {"address_space": ["10.20.0.0/22"], "subnets": {"containers": "10.20.3.0/27"}},
            },
            ["network.subnets.containers"],
        ),
        ({"inference": changed(APP_SERVICE, instances=1)}, ["inference.app_service.instances"]),
        (
            {"inference": changed(CONTAINER_APP, workload_profile="Consumption-GPU-NC24-A100")},
            ["inference.container_app.workload_profile"],
        ),
        (
            {"inference": changed(AKS, pools=[{"name": "f", "vm_size": "Standard_NP10s", "accelerator": "fpga"}])},
            [],
        ),
        (
            {
                "location": "northeurope",
                "inference": changed(AKS, pools=[{"name": "f", "vm_size": "Standard_NP10s", "accelerator": "fpga"}]),
            },
            ["inference.aks.pools[0].vm_size"],
        ),
        (
            {"inference": {"target": "aks", "aks": {"insecure_reason": "no certificate yet"}}},
            ["inference.aks.insecure_reason"],
        ),
    ],
)
def test_what_the_environment_cannot_hold_is_refused(changes, paths):
    assert refused(EnvironmentSettings, environment(**changes)) == paths


TWO_HOSTS = several("app_service", "container_app")
SECOND_SPACE = ["10.20.0.0/22", "10.21.0.0/24"]
CMK = {
    "key_vault_id": f"{PROVIDERS}/Microsoft.KeyVault/vaults/kv-keys",
    "key_id": "https://kv-keys.vault.azure.net/keys/ml",
}


def in_own(**subnets):
    return {"address_space": SECOND_SPACE, "subnets": subnets}


@pytest.mark.parametrize(
    ("changes", "paths"),
    [
        ({"inference": several("aks", "app_service")}, []),
        ({"inference": several("aks", "managed", "container_app")}, []),
        ({"inference": TWO_HOSTS}, ["network.subnets.container_app"]),
        ({"inference": TWO_HOSTS, "network": in_own(app_service="10.21.0.0/26")}, []),
        ({"inference": TWO_HOSTS, "network": in_own(container_app="10.21.0.0/26")}, []),
        ({"inference": TWO_HOSTS, "network": in_own(app_service="10.21.0.0/26", container_app="10.21.0.64/26")}, []),
        ({"inference": APP_SERVICE, "network": in_own(container_app="10.21.0.0/26")}, []),
        (
            {"inference": TWO_HOSTS, "network": adopted(containers=f"{SUBNETS}/containers")},
            ["network.subnet_ids.container_app"],
        ),
        (
            {"inference": TWO_HOSTS, "network": adopted(app_service=f"{SUBNETS}/web")},
            ["network.subnet_ids.containers"],
        ),
        (
            {
                "inference": TWO_HOSTS,
                "network": adopted(containers=f"{SUBNETS}/one", app_service=f"{SUBNETS}/ONE"),
            },
            ["network.subnet_ids.containers"],
        ),
        ({"inference": TWO_HOSTS, "network": adopted(containers=f"{SUBNETS}/c", app_service=f"{SUBNETS}/web")}, []),
        (
            {
                "inference": several("aks", "app_service", app_service={**WEB, "instances": 20}),
                "network": {
                    "address_space": ["10.20.0.0/22"],
                    "subnets": {"containers": "10.20.3.0/27", "aks": "10.20.1.0/28"},
                },
            },
            ["network.subnets.aks"],
        ),
        (
            {
                "inference": several(
                    "app_service",
                    "container_app",
                    app_service={**WEB, "instances": 20},
                    container_app={"apps": [{**APPS["apps"][0], "max_replicas": 300}]},
                ),
                "network": in_own(container_app="10.21.0.0/27", containers="10.21.0.32/27"),
            },
            ["network.subnets.container_app", "network.subnets.containers"],
        ),
        (
            {"inference": several("aks", "managed", "app_service"), "workspace": None},
            ["inference.app_service.registry_id", "inference.targets[0]", "inference.targets[1]"],
        ),
        (
            {"inference": several("app_service", "aks"), "workspace": {**WORKSPACE, "network_mode": "managed"}},
            ["inference.targets[1]"],
        ),
        (
            {
                "inference": several(
                    "aks",
                    "app_service",
                    "container_app",
                    aks={"insecure_reason": "no certificate yet"},
                    app_service={**WEB, "instances": 1},
                    container_app={**APPS, "workload_profile": "D4", "min_nodes": 0},
                )
            },
            [
                "inference.aks.insecure_reason",
                "inference.app_service.instances",
                "inference.container_app.min_nodes",
                "network.subnets.container_app",
            ],
        ),
        (
            {
                "inference": several(
                    "aks",
                    "app_service",
                    endpoints=[{"name": "ab"}],
                    app_service={
                        "apps": [
                            {"name": each, "sign_in": SIGN_IN}
                            for each in ("endpoint-ab", "aks", "compute", "workspace", "key", "aks-2")
                        ]
                    },
                )
            },
            [f"inference.app_service.apps[{number}].name" for number in range(4)],
        ),
    ],
)
def test_what_several_targets_need_is_asked_of_each_at_once(changes, paths):
    assert sorted(refused(EnvironmentSettings, environment(**changes))) == sorted(paths)


def test_two_targets_in_one_subnet_are_told_where_the_second_one_goes():
    [problem] = problems(EnvironmentSettings, environment(inference=TWO_HOSTS))
    assert problem.what == (
        "app_service and container_app cannot share the containers subnet: a subnet is delegated to one service only"
    )
    assert problem.fix == (
        "Add app_service or container_app: the subnet of the one that comes later, such as a /26 in a second range of "
        "network.address_space"
    )


def test_an_identity_has_its_name_alone():
    app = {"name": "endpoint-ab", "sign_in": SIGN_IN}
    inference = several("aks", "app_service", endpoints=[{"name": "ab"}], app_service={"apps": [app]})
    [problem] = problems(EnvironmentSettings, environment(inference=inference))
    assert problem.what == "a second identity is named 'endpoint-ab' (the first is that of the endpoint ab)"
    web = several("app_service", app_service={"registry_id": REGISTRY, "apps": [{"name": "key", "sign_in": SIGN_IN}]})
    encrypted = environment(inference=web, workspace=None, customer_managed_key=CMK)
    assert refused(EnvironmentSettings, encrypted) == ["inference.app_service.apps[0].name"]


def test_private_endpoints_and_zones_are_those_of_all_targets():
    network = in_own(app_service="10.21.0.0/26")
    every = EnvironmentSettings.model_validate(environment(inference=TWO_HOSTS, network=network))
    apart = [
        EnvironmentSettings.model_validate(environment(inference=several(each), network=network))
        for each in ("app_service", "container_app")
    ]
    without = EnvironmentSettings.model_validate(environment(network=network))
    assert set(every.dns_zones) == {zone for each in apart for zone in each.dns_zones}
    added = [len(each.private_services) - len(without.private_services) for each in (every, *apart)]
    assert added[0] == sum(added[1:]) == 2


def test_in_dev_insecure_scoring_needs_a_reason_only():
    inference = {"target": "aks", "aks": {"insecure_reason": "no certificate yet"}}
    assert refused(EnvironmentSettings, environment("dev", inference=inference)) == []


def test_a_subnet_too_small_is_refused_with_the_sum():
    inference = changed(AKS, pod_network="subnet", cpu={"max_pods": 30}, system={"max_pods": 30})
    network = {"address_space": ["10.20.0.0/24"]}
    [problem] = problems(EnvironmentSettings, environment("dev", inference=inference, network=network))
    assert problem.what == (
        "the aks subnet 10.20.0.0/25 has 123 free addresses, and up to 312 are needed: system 4+1 nodes with 155 "
        "addresses, cpu 4+1 nodes with 155 addresses, and 2 for the API server and the router"
    )


def test_adopted_zones_cover_the_api_server():
    zones = {"mode": "adopt", "zone_ids": {}}
    group = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-dns"
    network = {"address_space": ["10.20.0.0/22"], "dns": {**zones, "resource_group_id": group}}
    assert refused(EnvironmentSettings, environment(inference=AKS, network=network)) == []
    shared = {**AKS, "aks": {**AKS["aks"], "shared_zone_reason": "Made before zones were apart"}}
    known = {
        each: f"{group}/providers/Microsoft.Network/privateDnsZones/{each}"
        for each in EnvironmentSettings.model_validate(environment(inference=AKS)).dns_zones
    }
    network["dns"] = {"mode": "adopt", "zone_ids": known}
    assert refused(EnvironmentSettings, environment(inference=AKS, network=network)) == []
    [problem] = problems(EnvironmentSettings, environment(inference=shared, network=network))
    assert "privatelink.westeurope.azmk8s.io" in problem.what
    network["dns"] = {"mode": "create"}
    assert refused(EnvironmentSettings, environment(inference=shared, network=network)) == [
        "inference.aks.shared_zone_reason"
    ]


@pytest.mark.parametrize(
    ("inference", "mode", "said"), [(MANAGED, "own", True), (MANAGED, "managed", False), (AKS, "own", False)]
)
def test_what_a_managed_endpoint_reaches_from_a_network_of_ones_own_is_said(inference, mode, said):
    settings = EnvironmentSettings.model_validate(
        environment(inference=inference, workspace={**WORKSPACE, "network_mode": mode})
    )
    notices = list(settings.notices_on(datetime.date(2026, 1, 1)))
    assert any("egress_public_network_access" in each for each in notices) == said


def test_instances_are_counted():
    settings = AppServiceSettings.model_validate({"apps": [APP]})
    assert [settings.count(highly_available=each) for each in (False, True)] == [1, 3]
    apps = ContainerAppsSettings.model_validate({"apps": [APP]})
    assert apps.addresses(PROFILES[Environment.PROD]) == 13
    gpu = ContainerAppsSettings.model_validate({"apps": [APP], "workload_profile": "Consumption-GPU-NC8as-T4"})
    assert gpu.addresses(PROFILES[Environment.PROD]) == 22
    nodes = ContainerAppsSettings.model_validate({"apps": [APP], "workload_profile": "D4"})
    assert [nodes.addresses(PROFILES[each]) for each in (Environment.DEV, Environment.PROD)] == [15, 17]
    app = apps.apps[0]
    assert [
        app.least(highly_available=available, zone_redundant=zones)
        for available, zones in ((False, False), (True, False), (True, True))
    ] == [0, 1, 3]
