"""The cluster for stress tests is prod's compute, or an error that names the pool and the field."""

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from azure_mlplatform.config.stress_test import same_compute, served_by, with_prods_pools
from azure_mlplatform.environment.settings.platform import PlatformSettings
from azure_mlplatform.foundation.problems import ProblemsError, dotted
from azure_mlplatform.inference.aks.settings.aks import AKSSettings
from azure_mlplatform.testing import example_settings
from support.violations import problems, refused

ROOT = Path(__file__).parents[2]
HTTPS = {"cname": "scoring.ml.example.com", "secret_name": "scoring-tls"}
GPU = {"name": "gpu", "vm_size": "Standard_NC24ads_A100_v4", "accelerator": "gpu", "max_nodes": 2}
BIG = {"name": "big", "vm_size": "Standard_D16ds_v5", "min_nodes": 2, "max_nodes": 9}
FLUX = {"url": "https://git.example.com/x", "tag": "v1", "kustomizations": [{"name": "a", "path": "./a"}]}
WORKSPACE = {"network_mode": "own", "clusters": [{"name": "cpu", "vm_size": "Standard_D4ds_v4"}]}
CLUSTER = (
    "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg/providers/"
    "Microsoft.ContainerService/managedClusters/aks-central"
)
REGISTRY = CLUSTER.partition("Microsoft.")[0] + "Microsoft.ContainerRegistry/registries/crmodels"


def aks(*pools, **changes):
    return AKSSettings.model_validate({"https": HTTPS, "pools": list(pools), **changes})


def differences(own, **served):
    try:
        same_compute(own, served)
    except ProblemsError as error:
        return [(dotted(each.path), each.what) for each in error.problems]
    return []


def test_its_pools_are_those_of_all_projects_and_go_down_to_no_node():
    made = same_compute(aks(), {"a": aks(GPU), "b": aks({**GPU, "min_nodes": 1, "max_nodes": 5}, BIG)})
    assert [(each.name, each.vm_size, each.least, each.most) for each in made.pools] == [
        ("gpu", "Standard_NC24ads_A100_v4", 0, 5),
        ("big", "Standard_D16ds_v5", 0, 9),
    ]


def test_the_rest_is_prods_too_and_only_https_and_the_like_are_its_own():
    prod = aks(
        gitops=FLUX,
        pod_network="subnet",
        upgrade_channel="patch",
        training=True,
        scheduler_config_map="volcano",
        cpu={"vm_size": "Standard_D8ds_v5", "max_nodes": 8},
    )
    own = aks(https={"cname": "stress.example.com", "secret_name": "stress-tls"}, maintenance={"day": "Saturday"})
    made = same_compute(own, {"prod": prod})
    for field in ("gitops", "pod_network", "upgrade_channel", "training", "scheduler_config_map", "cpu"):
        assert getattr(made, field) == getattr(prod, field), field
    for field in ("https", "maintenance"):
        assert getattr(made, field) == getattr(own, field), field


def test_what_deployments_ask_for_is_the_same():
    prod = aks(GPU, BIG, cpu={"vm_size": "Standard_D8ds_v5"})
    made = same_compute(aks(), {"prod": prod})
    assert made.instance_types(highly_available=True) == prod.instance_types(highly_available=True)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"vm_size": "Standard_NC48ads_A100_v4"}, "vm_size of pool gpu is 'Standard_NC48ads_A100_v4' in b, and"),
        ({"mig_profile": "MIG3g"}, "mig_profile of pool gpu is 'MIG3g' in b, and not set in a"),
        ({"zones": ["1"]}, "zones of pool gpu is ['1'] in b, and ['1', '2', '3'] in a"),
        ({"spot": True}, "spot of pool gpu is True in b, and False in a"),
        ({"max_pods": 100}, "max_pods of pool gpu is 100 in b, and 50 in a"),
        ({"os_disk_gib": 512}, "os_disk_gib of pool gpu is 512 in b, and 256 in a"),
        ({"os_disk": "ephemeral", "os_disk_gib": 60}, "os_disk of pool gpu is 'ephemeral' in b, and 'managed' in a"),
        # The same, said in other words.
        ({"zones": ["1", "2", "3"]}, None),
        ({"os_disk": "managed", "os_disk_gib": 256, "instances_per_node": 1}, None),
        ({"min_nodes": 1, "max_nodes": 7}, None),
    ],
)
def test_two_projects_whose_pools_differ_have_no_cluster_in_common(changes, said):
    found = differences(aks(), a=aks(GPU), b=aks({**GPU, **changes}))
    assert {path for path, _ in found} == (set() if said is None else {"stress_tests[1]"})
    if said:
        assert found[0][1].startswith(said)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"cpu": {"vm_size": "Standard_D8ds_v5"}}, "vm_size of pool cpu is 'Standard_D8ds_v5' in b"),
        ({"pod_network": "subnet"}, "pod_network is 'subnet' in b, and 'overlay' in a"),
        ({"training": True}, "training is True in b, and False in a"),
        ({"gitops": FLUX}, "gitops is set in b, and not set in a"),
        ({"kubernetes_version": "1.33"}, None),
    ],
)
def test_two_projects_whose_clusters_differ_have_none_in_common(changes, said):
    found = differences(aks(), a=aks(), b=aks(**changes))
    assert [text.startswith(said) for _, text in found] == ([True] if said else [])


def test_a_difference_deep_inside_is_named_by_its_field():
    [(path, text)] = differences(aks(), a=aks(gitops=FLUX), b=aks(gitops={**FLUX, "tag": "v2"}))
    assert (path, text) == ("stress_tests[1]", "gitops.tag is 'v2' in b, and 'v1' in a")


def test_what_the_stack_says_itself_has_to_be_the_same():
    own = aks({**GPU, "vm_size": "Standard_NC48ads_A100_v4"}, BIG, upgrade_channel="patch")
    assert differences(own, a=aks(GPU)) == [
        (
            "inference.aks.pools[0].vm_size",
            "vm_size of pool gpu is 'Standard_NC48ads_A100_v4' in this stack, and 'Standard_NC24ads_A100_v4' in a",
        ),
        ("inference.aks.upgrade_channel", "upgrade_channel is 'patch' in this stack, and 'stable' in a"),
        ("inference.aks.pools[1]", "no tested project has the pool big"),
    ]
    assert differences(aks(GPU), a=aks(GPU)) == []


def test_an_adopted_cluster_lends_its_pools_and_nothing_else():
    shared = AKSSettings.model_validate(
        {"cluster_id": CLUSTER, "attach": "shared", "quota": {"cpu": 64, "memory_gib": 512}, "pools": [GPU]}
    )
    large = {"vm_size": "Standard_D8ds_v5"}
    made = same_compute(aks(), {"a": aks(GPU, cpu=large), "b": shared})
    assert (made.cpu.vm_size, made.cluster_id) == ("Standard_D8ds_v5", None)


@given(st.lists(st.sampled_from([GPU, BIG, {**GPU, "name": "mig", "mig_profile": "MIG2g"}]), unique_by=str))
def test_a_project_alone_never_differs_from_itself(pools):
    prod = aks(*pools)
    made = same_compute(prod, {"prod": prod})
    assert made.instance_types(highly_available=True) == prod.instance_types(highly_available=True)
    assert {each.least for each in made.pools} <= {0}


def platform(**changes):
    settings = example_settings("prod", workspace=WORKSPACE, network={"address_space": ["10.88.0.0/21"]})
    data = settings.model_dump(mode="json", exclude_unset=True)
    inference = {"target": "aks", "endpoints": [{"name": "load"}], "aks": {"https": HTTPS}}
    return {**data, "inference": inference, "stress_tests": ["../churn"], **changes}


@pytest.mark.parametrize(
    ("changes", "paths"),
    [
        ({}, []),
        ({"stress_tests": []}, []),
        ({"environment": "dev"}, ["environment"]),
        ({"inference": None}, ["inference"]),
        ({"inference": {"target": "managed", "endpoints": [{"name": "load"}]}}, ["inference"]),
        ({"stress_tests": ["../a", "../b", "../a"]}, ["stress_tests[2]"]),
        ({"tags": {"purpose": "pleasure"}}, ["tags.purpose"]),
        ({"tags": {"criticality": "low"}}, []),
    ],
)
def test_stress_is_tested_on_a_cluster_of_prods_kind(changes, paths):
    assert refused(PlatformSettings, platform(**changes)) == paths


@pytest.fixture
def churn(tmp_path):
    """The reference project in the folder churn, beside a folder for the platform."""
    for file in ROOT.glob("Pulumi*.yaml"):
        (tmp_path / "churn").mkdir(exist_ok=True)
        (tmp_path / "churn" / file.name).write_text(file.read_text())
    (tmp_path / "platform").mkdir()
    return tmp_path / "churn"


def change(file, key, value):
    data = yaml.safe_load(file.read_text())
    data["config"][f"azure-mlplatform:{key}"] = value
    file.write_text(yaml.safe_dump(data))


def test_pools_are_read_from_the_projects_files(churn):
    made = with_prods_pools(PlatformSettings.model_validate(platform()), churn.parent / "platform")
    aks = made.inference and made.inference.aks
    assert aks
    assert [each.name for each in aks.pools] == ["gpu"]
    assert aks.gitops
    assert aks.gitops.tag == "v7"
    assert type(made).__name__ == "EnvironmentSettings"


def test_other_targets_of_the_project_and_of_the_platform_change_nothing(churn):
    web = {"registry_id": REGISTRY, "apps": [{"name": "web", "open_reason": "The gateway checks tokens"}]}
    prod = yaml.safe_load((churn / "Pulumi.prod.yaml").read_text())["config"]["azure-mlplatform:inference"]
    prod["targets"] = [prod.pop("target"), "app_service"]
    change(churn / "Pulumi.prod.yaml", "inference", {**prod, "app_service": web})
    own = platform()["inference"]
    own["targets"] = [own.pop("target"), "app_service"]
    settings = PlatformSettings.model_validate(platform(inference={**own, "app_service": web}))
    made = with_prods_pools(settings, churn.parent / "platform").inference
    assert made
    assert made.targets == ["aks", "app_service"]
    assert made.aks
    assert [each.name for each in made.aks.pools] == ["gpu"]


def test_a_stack_of_prods_kind_is_prod_whatever_its_name(churn):
    (churn / "Pulumi.prod.yaml").rename(churn / "Pulumi.live.yaml")
    served, found = served_by(["../churn"], churn.parent / "platform")
    assert (list(served), found) == (["../churn"], [])


def test_what_cannot_be_read_is_said_for_each_project(churn):
    here = churn.parent / "platform"
    for name in ("devonly", "without", "broken"):
        (churn.parent / name).mkdir()
        for file in churn.iterdir():
            (churn.parent / name / file.name).write_text(file.read_text())
    (churn.parent / "devonly" / "Pulumi.prod.yaml").unlink()
    without = churn.parent / "without" / "Pulumi.prod.yaml"
    data = yaml.safe_load(without.read_text())
    del data["config"]["azure-mlplatform:inference"]
    without.write_text(yaml.safe_dump(data))
    change(churn.parent / "broken" / "Pulumi.prod.yaml", "location", "nowhere")
    _, found = served_by(["../churn", "../none", "../devonly", "../without", "../broken"], here)
    assert [(dotted(each.path), each.what.split("\n")[0].split(" (")[0]) for each in found] == [
        ("stress_tests[1]", "../none is not a Pulumi project"),
        ("stress_tests[2]", "../devonly has no stack whose environment is prod"),
        ("stress_tests[3]", "../without does not serve models from AKS in prod"),
        ("stress_tests[4]", found[3].what.split("\n")[0].split(" (")[0]),
    ]
    assert "azure-mlplatform:location: 'nowhere' is not an Azure region" in found[3].what
    with pytest.raises(ProblemsError) as error:
        with_prods_pools(PlatformSettings.model_validate(platform(stress_tests=["../none"])), here)
    assert len(error.value.problems) == 1


def test_a_subnet_that_is_too_small_for_prods_pools_is_refused(churn):
    pool = {**GPU, "max_nodes": 600}
    prod = yaml.safe_load((churn / "Pulumi.prod.yaml").read_text())["config"]["azure-mlplatform:inference"]
    change(
        churn / "Pulumi.prod.yaml",
        "inference",
        {**prod, "aks": {**prod["aks"], "pools": [pool], "vcpu_quota": {}, "pod_cidr": "100.64.0.0/12"}},
    )
    change(churn / "Pulumi.prod.yaml", "network", {"address_space": ["10.40.0.0/16"]})
    settings = PlatformSettings.model_validate(platform(network={"address_space": ["10.88.0.0/23"]}))
    with pytest.raises(ProblemsError) as error:
        with_prods_pools(settings, churn.parent / "platform")
    assert any("the aks subnet 10.88.0.0/24 has 251 free addresses" in each.what for each in error.value.problems)


def test_the_platforms_own_problems_come_first():
    [problem] = problems(PlatformSettings, platform(stress_tests=["../churn"], environment="test"))
    assert "a cluster in a test environment differs" in problem.what
