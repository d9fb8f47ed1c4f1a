import pytest

from azure_mlplatform.catalogue.private_link import PrivateService
from azure_mlplatform.settings import EnvironmentSettings
from azure_mlplatform.testing import example_settings
from azure_mlplatform.workspace.settings.workspace import WorkspaceSettings
from support.violations import problems, refused

CPU = {"name": "cpu", "vm_size": "Standard_D4ds_v4"}
IDS = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg/providers"
LAKE = f"{IDS}/Microsoft.Storage/storageAccounts/stlake"
SUBNET = f"{IDS}/Microsoft.Network/virtualNetworks/v/subnets/s"
REGISTRY = f"{IDS}/Microsoft.ContainerRegistry/registries/crx"
STORE = {"name": "sales", "storage_account_id": LAKE, "container": "curated"}
ALICE = {"name": "alice", "vm_size": "Standard_D4ds_v4", "assigned_user": "00000000-0000-0000-0000-0000000000a1"}


def environment(kind="dev", **changes):
    return {
        **example_settings(kind).model_dump(mode="json", exclude_unset=True),
        "workspace": own(clusters=[CPU]),
        **changes,
    }


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
        (own(vm_family_quotas={"Standard_D": 0, "Standard_DSv2": 4}), []),
        (
            own(vm_family_quotas={"Standard D": -1, "Standard_D": 4, "standard_d": 4}),
            [
                "vm_family_quotas.Standard D",
                "vm_family_quotas.Standard D",
                "vm_family_quotas.standard_d",
            ],
        ),
        (own(vm_family_quotas={"Standard_D": 4.5}), ["vm_family_quotas.Standard_D"]),
        (own(vm_family_quotas=["Standard_D"]), ["vm_family_quotas"]),
        ({"network_mode": "hybrid"}, ["network_mode"]),
        (cluster(max_nodes=0), ["clusters[0].max_nodes"]),
        (own(clusters=[CPU, {**CPU, "name": "CPU"}]), ["clusters[1].name"]),
        (own(clusters=[CPU], image_build_compute="gpu"), ["image_build_compute"]),
        (own(managed_network={}), ["managed_network"]),
        (own(key_vault_id="kv"), ["key_vault_id"]),
        (own(storage_account_id=f"{IDS}/Microsoft.KeyVault/vaults/x"), ["storage_account_id"]),
        (own(serverless_subnet_id="snet"), ["serverless_subnet_id"]),
        ({"network_mode": "managed", "serverless_subnet_id": SUBNET}, ["serverless_subnet_id"]),
        (
            {"network_mode": "managed", "managed_network": {"fqdns": [{}]}},
            ["managed_network.fqdns[0].name", "managed_network.fqdns[0].fqdn"],
        ),
        (own(instances=[ALICE, ALICE]), ["instances[1].name"]),
        (own(instances=[ALICE, {**ALICE, "name": "al-ice"}]), ["instances[1].name"]),
        (own(storage_account_id=LAKE, datastores=[STORE]), ["storage_account_id"]),
        (
            own(storage_account_id=LAKE.upper().replace("MICROSOFT.", "Microsoft."), datastores=[STORE]),
            ["storage_account_id"],
        ),
        (own(storage_account_id=LAKE, datastores=[{**STORE, "hierarchical": False}]), []),
        (own(container_registry_sku="Tiny"), ["container_registry_sku"]),
        (own(container_registry_id=REGISTRY, container_registry_sku="Premium"), ["container_registry_sku"]),
    ],
)
def test_what_cannot_be_is_refused_where_it_stands(data, paths):
    assert refused(WorkspaceSettings, data) == paths


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
    assert refused(EnvironmentSettings, environment()) == []
    assert refused(EnvironmentSettings, environment("sandbox")) == ["workspace.network_mode"]
    adopted = {"subnet_ids": {"endpoints": f"{IDS}/Microsoft.Network/virtualNetworks/v/subnets/e"}}
    [problem] = problems(EnvironmentSettings, environment(network=adopted))
    assert problem.path == ("network", "subnet_ids", "training")
    managed = {"network_mode": "managed", "clusters": [CPU]}
    assert refused(EnvironmentSettings, environment(network=adopted, workspace=managed)) == []


@pytest.mark.parametrize(("kind", "allowed"), [("dev", True), ("test", False), ("prod", False)])
def test_instances_belong_to_people_and_prod_has_none(kind, allowed):
    found = problems(EnvironmentSettings, environment(kind, workspace=own(clusters=[CPU], instances=[ALICE])))
    assert [each.path for each in found] == ([] if allowed else [("workspace", "instances")])
    if not allowed:
        assert found[0].what == f"a {kind} environment allows no compute instances, since each belongs to a person"
        assert "allowed in: sandbox, dev" in found[0].fix


def test_a_private_workspace_needs_a_premium_registry_and_something_to_build_images_on():
    small = own(container_registry_sku="Standard")
    assert refused(EnvironmentSettings, environment(workspace=small)) == [
        "workspace.container_registry_sku",
        "workspace.clusters",
    ]
    open_ = {"network_mode": "managed", "container_registry_sku": "Standard"}
    assert refused(EnvironmentSettings, environment("sandbox", workspace=open_)) == []


def test_the_training_subnet_has_room_for_every_node():
    network = {"address_space": ["10.20.0.0/24"]}

    def sized(nodes, instances):
        return environment(
            network=network, workspace=own(clusters=[{**CPU, "max_nodes": nodes}], instances=[ALICE] * instances)
        )

    assert refused(EnvironmentSettings, sized(58, 1)) == []
    [problem] = problems(EnvironmentSettings, sized(59, 1))
    assert problem.path == ("network", "subnets", "training")
    assert problem.what == (
        "the training subnet 10.20.0.128/26 has 59 free addresses, and 60 are needed: up to 59 cluster nodes, "
        "and 1 instances"
    )
