"""The detaching of a compute, as the engine drives it: a real provider process against Azure on loopback."""

import pulumi
import pytest
from pulumi.runtime import rpc

from azure_mlplatform.dynamic.compute_detach import ComputeDetach
from azure_mlplatform.dynamic.kubernetes_detach import KubernetesDetach
from azure_mlplatform.testing import record
from support.management_plane import CLIENT, TENANT, ProviderError, azure_on_loopback, dynamic_providers

pytestmark = pytest.mark.slow

COMPUTE = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.MachineLearningServices/workspaces/mlw/computes/aks"


def inputs(compute_id=COMPUTE, detach=KubernetesDetach):
    """What the program registers, as the engine hands it on."""

    def program():
        detach("detach", compute_id=compute_id, tenant_id=TENANT, opts=pulumi.ResourceOptions())

    [made] = record(program).of_type(detach.__name__)
    return dict(made.inputs)


class Compute:
    """A compute of a workspace, with the cluster that is attached."""

    CLUSTER = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.ContainerService/managedClusters/aks"

    def __init__(self, azure):
        self._world = azure.world
        kind = "azure-native:machinelearningservices:Compute"
        azure.has(COMPUTE, kind, {"properties": {"computeType": "Kubernetes", "resourceId": self.CLUSTER}})
        azure.has(self.CLUSTER, "azure-native:containerservice:ManagedCluster", {})

    @property
    def is_detached(self):
        return self._world.get(COMPUTE) is None and self._world.get(self.CLUSTER) is not None


BOTH = pytest.mark.parametrize("detach", [KubernetesDetach, ComputeDetach])


@BOTH
def test_what_is_kept_in_the_state_is_a_name_and_no_secret(detach):
    given = inputs(detach=detach)
    assert given["compute_id"] == COMPUTE
    assert len(given["__provider"]) < 200
    assert "[secret]" not in given.values()


@BOTH
def test_what_is_attached_is_detached_and_waited_for(azure, providers, detach):
    compute = Compute(azure)
    id_, state = providers.create(inputs(detach=detach))
    assert (id_, azure.calls) == (COMPUTE, [])
    providers.delete(id_, state)
    assert compute.is_detached
    assert azure.grants[0]["client_id"] == CLIENT


def test_what_is_gone_already_is_as_good(azure, providers):
    providers.delete(COMPUTE, inputs())
    assert [each.method for each in azure.calls] == ["DELETE"]


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_throttled_or_failing_call_is_repeated(azure, providers, status):
    compute = Compute(azure)
    azure.breaks(times=2, status=status, headers={"Retry-After": "1"})
    providers.delete(COMPUTE, inputs())
    assert compute.is_detached


@pytest.mark.parametrize("late", [False, True])
def test_a_refusal_is_told_with_what_azure_says(azure, providers, late):
    compute = Compute(azure)
    azure.breaks(status=409, code="Conflict", message="Deployments are running on aks.", late=late)
    with pytest.raises(ProviderError, match="Conflict: Deployments are running on aks"):
        providers.delete(COMPUTE, inputs())
    assert not compute.is_detached


def test_wrong_credentials_are_told_without_the_secret(tmp_path):
    with (
        azure_on_loopback(tmp_path) as (azure, environment),
        dynamic_providers(**{**environment, "ARM_CLIENT_SECRET": "hunter2"}) as providers,
    ):
        Compute(azure)
        with pytest.raises(ProviderError, match="AADSTS7000215") as failed:
            providers.delete(COMPUTE, inputs())
        assert "hunter2" not in str(failed.value)
        assert azure.calls == []


def test_a_compute_that_is_made_anew_is_detached_first(providers):
    given = inputs()
    assert providers.diff(COMPUTE, given, given) == (False, [])
    for other in ("/another", rpc.UNKNOWN):
        assert providers.diff(COMPUTE, given, {**given, "compute_id": other}) == (True, ["compute_id"])


def test_another_tenant_is_an_update_after_which_the_compute_is_still_known(azure, providers):
    compute = Compute(azure)
    id_, state = providers.create(inputs())
    moved = {**inputs(), "tenant_id": "00000000-0000-0000-0000-0000000000bb"}
    assert providers.diff(id_, state, moved) == (True, [])
    providers.delete(id_, providers.update(id_, state, moved))
    assert compute.is_detached
