import pytest
from refusals import problems, refused

from azure_mlplatform.settings import EnvironmentSettings
from azure_mlplatform.settings.private_link import PrivateService
from azure_mlplatform.settings.workspace import WorkspaceSettings
from azure_mlplatform.testing import example_settings

CPU = {"name": "cpu", "vm_size": "Standard_DS3_v2"}
IDS = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg/providers"


def own(**changes):
    return {"network_mode": "own", **changes}


def cluster(**changes):
    return own(clusters=[{**CPU, **changes}])


@pytest.mark.parametrize(
    ("data", "paths"),
    [
        (own(), []),
        (cluster(), []),
        ({}, ["network_mode"]),
        ({"network_mode": "hybrid"}, ["network_mode"]),
        (cluster(max_nodes=1, min_nodes=2), ["clusters[0].max_nodes"]),
        (cluster(max_nodes=0), ["clusters[0].max_nodes"]),
        (cluster(idle_seconds=5), ["clusters[0].idle_seconds"]),
        (cluster(vm_size="DS3"), ["clusters[0].vm_size"]),
        (own(clusters=[CPU, {**CPU, "name": "CPU"}]), ["clusters[1].name"]),
        (own(clusters=[CPU], image_build_compute="gpu"), ["image_build_compute"]),
        (own(managed_network={}), ["managed_network"]),
        (own(key_vault_id="kv"), ["key_vault_id"]),
        (own(storage_account_id=f"{IDS}/Microsoft.KeyVault/vaults/x"), ["storage_account_id"]),
        (
            {
                "network_mode": "managed",
                "managed_network": {
                    "fqdns": [{"name": "one", "fqdn": "pypi.org"}],
                    "service_tags": [{"name": "one", "service_tag": "AzureMonitor"}],
                },
            },
            ["managed_network.fqdns[0].name"],
        ),
        (
            {"network_mode": "managed", "managed_network": {"fqdns": [{"name": "one", "fqdn": "pypi"}]}},
            ["managed_network.fqdns[0].fqdn"],
        ),
    ],
)
def test_what_cannot_be_is_refused_where_it_stands(data, paths):
    assert refused(WorkspaceSettings, data) == paths


@pytest.mark.parametrize(
    ("name", "legal"),
    [
        ("cpu", True),
        ("cpu-cluster", True),
        ("gpu4", True),
        ("a" * 24, True),
        ("a" * 25, False),
        ("ab", False),
        ("4gpu", False),
        ("cpu-4", False),
        ("cpu-", False),
        ("cpu_x", False),
    ],
)
def test_a_compute_has_a_name_that_azure_takes(name, legal):
    assert (refused(WorkspaceSettings, cluster(name=name)) == []) == legal


@pytest.mark.parametrize(
    "size",
    ["Standard_DS3_v2", "Standard_NC24ads_A100_v4", "Standard_ND96isr_H100_v5", "Standard_E4-2s_v5", "Standard_F4s_v2"],
)
def test_sizes_are_written_as_azure_does(size):
    assert refused(WorkspaceSettings, cluster(vm_size=size)) == []


def test_images_are_built_on_the_first_cluster_unless_said_otherwise():
    clusters = [CPU, {**CPU, "name": "build"}]
    assert WorkspaceSettings.model_validate(own()).image_build is None
    assert WorkspaceSettings.model_validate(own(clusters=clusters)).image_build == "cpu"
    assert WorkspaceSettings.model_validate(own(clusters=clusters, image_build_compute="build")).image_build == "build"


def test_endpoints_lead_to_what_is_made():
    assert WorkspaceSettings.model_validate(
        own(key_vault_id=f"{IDS}/Microsoft.KeyVault/vaults/x")
    ).private_services == [
        PrivateService.ML_WORKSPACE,
        PrivateService.WORKSPACE_STORAGE,
        PrivateService.CONTAINER_REGISTRY,
    ]


def test_own_computes_need_a_subnet():
    def environment(kind, **changes):
        return {**example_settings(kind).model_dump(mode="json", exclude_unset=True), "workspace": own(), **changes}

    assert refused(EnvironmentSettings, environment("dev")) == []
    assert refused(EnvironmentSettings, environment("sandbox")) == ["workspace.network_mode"]
    adopted = {"subnet_ids": {"endpoints": f"{IDS}/Microsoft.Network/virtualNetworks/v/subnets/e"}}
    [problem] = problems(EnvironmentSettings, environment("dev", network=adopted))
    assert problem.path == ("network", "subnet_ids", "training")
    assert (
        refused(EnvironmentSettings, environment("dev", network=adopted, workspace={"network_mode": "managed"})) == []
    )
