"""The system pool of a cluster, as the engine drives it: a real provider process against Azure on loopback."""

import pulumi
import pytest

from azure_mlplatform.dynamic.system_pool import SystemPool
from azure_mlplatform.emulation.behaviour import CLUSTER as CLUSTER_TYPE
from azure_mlplatform.testing import record
from support.management_plane import TENANT, ProviderError

pytestmark = pytest.mark.slow

CLUSTER = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.ContainerService/managedClusters/aks"
POOL = f"{CLUSTER}/agentPools/system"


def inputs(least=1, most=3, cluster_id=CLUSTER):
    """What the program registers, as the engine hands it on."""

    def program():
        SystemPool(
            "pool",
            cluster_id=cluster_id,
            pool="system",
            properties={"minCount": least, "maxCount": most},
            tenant_id=TENANT,
            opts=pulumi.ResourceOptions(),
        )

    [made] = record(program).of_type("SystemPool")
    return dict(made.inputs)


class Pool:
    """The system pool of a cluster."""

    def __init__(self, azure):
        self._azure = azure
        profile = {"name": "system", "mode": "System", "minCount": 1, "maxCount": 3, "vmSize": "Standard_D4ds_v5"}
        self.cluster = azure.has(CLUSTER, CLUSTER_TYPE, {"agentPoolProfiles": [profile]})

    @property
    def properties(self):
        return self.cluster.body["agentPoolProfiles"][0]

    @property
    def provisioning(self):
        return self.cluster.state["provisioning"]["system"]

    @property
    def puts(self):
        return [each.body["properties"] for each in self._azure.calls if each.method == "PUT"]


def test_a_pool_that_is_as_wanted_is_not_written(azure, providers):
    pool = Pool(azure)
    id_, state = providers.create(inputs())
    assert (id_, pool.puts) == (POOL, [])
    assert dict(state["properties"]) == {"minCount": 1, "maxCount": 3}


def test_a_change_is_written_with_all_that_the_pool_has_and_waited_for(azure, providers):
    pool = Pool(azure)
    _, state = providers.create(inputs())
    assert providers.diff(POOL, state, inputs(2, 5)) == (True, [])
    providers.update(POOL, state, inputs(2, 5))
    [put] = pool.puts
    assert (put["minCount"], put["maxCount"], put["vmSize"]) == (2, 5, "Standard_D4ds_v5")
    assert pool.provisioning == "Succeeded"


def test_a_change_by_hand_is_found_and_put_back(azure, providers):
    pool = Pool(azure)
    _, state = providers.create(inputs())
    pool.properties["maxCount"] = 30
    found = providers.read(POOL, state)
    assert providers.diff(POOL, found, inputs()) == (True, [])
    providers.update(POOL, found, inputs())
    assert pool.properties["maxCount"] == 3


def test_the_pool_of_another_cluster_is_another_pool(azure, providers):
    Pool(azure)
    _, state = providers.create(inputs())
    assert providers.diff(POOL, state, inputs(cluster_id=f"{CLUSTER}2")) == (True, ["cluster_id"])


def test_a_pool_that_is_gone_is_said(azure, providers):
    with pytest.raises(ProviderError, match="does not exist: the cluster was made with another system pool"):
        providers.create(inputs())
    pool = Pool(azure)
    _, state = providers.create(inputs())
    pool.cluster.body["agentPoolProfiles"] = []
    assert providers.gone(POOL, state)
    assert pool.puts == []


def test_a_write_that_fails_in_the_end_is_said(azure, providers):
    Pool(azure)
    azure.breaks("update", late=True)
    with pytest.raises(ProviderError, match="its provisioning is Failed"):
        providers.create(inputs(5, 9))


def test_deletion_leaves_it_to_its_cluster(azure, providers):
    pool = Pool(azure)
    _, state = providers.create(inputs())
    calls = len(azure.calls)
    providers.delete(POOL, state)
    assert (len(azure.calls), pool.puts) == (calls, [])
