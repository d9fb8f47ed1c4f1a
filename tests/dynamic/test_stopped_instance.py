"""A stopped compute instance, as the engine drives it: a real provider process against Azure on loopback."""

import pulumi
import pytest

from azure_mlplatform.dynamic.stopped_instance import StoppedInstance
from azure_mlplatform.testing import record
from support.management_plane import TENANT, ProviderError

pytestmark = pytest.mark.slow

WORKSPACE = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.MachineLearningServices/workspaces/mlw"
INSTANCE = f"{WORKSPACE}/computes/alice"
COMPUTE = "azure-native:machinelearningservices:Compute"


def inputs(compute_id=INSTANCE):
    """What the program registers, as the engine hands it on."""

    def program():
        StoppedInstance("alice", compute_id=compute_id, tenant_id=TENANT, opts=pulumi.ResourceOptions())

    [made] = record(program).of_type("StoppedInstance")
    return dict(made.inputs)


@pytest.fixture
def instance(azure):
    """An instance that runs."""
    return azure.has(INSTANCE, COMPUTE, {"properties": {"computeType": "ComputeInstance", "properties": {}}})


def stops(azure):
    return [each for each in azure.calls if each.method == "POST"]


def test_an_instance_that_runs_is_stopped_and_waited_for(azure, instance, providers):
    id_, state = providers.create(inputs())
    assert (id_, state["power"]) == (INSTANCE, "Stopped")
    assert instance.state["power"] == "Stopped"
    assert providers.diff(id_, state, inputs()) == (False, [])


def test_an_instance_that_is_stopped_is_left_alone(azure, instance, providers):
    instance.state["power"] = "Stopped"
    providers.create(inputs())
    assert stops(azure) == []


def test_a_start_by_its_user_or_schedule_is_found_and_stopped_again(azure, instance, providers):
    id_, state = providers.create(inputs())
    instance.state["power"] = "Running"
    found = providers.read(id_, state)
    assert found["power"] == "Running"
    assert providers.diff(id_, found, inputs()) == (True, [])
    providers.update(id_, found, inputs())
    assert instance.state["power"] == "Stopped"


def test_an_instance_that_is_gone_is_no_failure(azure, providers):
    _, state = providers.create(inputs())
    assert providers.gone(INSTANCE, state)
    assert providers.diff(INSTANCE, state, inputs(f"{WORKSPACE}/computes/bob")) == (True, ["compute_id"])


def test_one_that_does_not_stop_is_said(azure, instance, providers):
    azure.breaks("stop", target="alice", status=409, code="Conflict", message="It is being set up.", late=True)
    with pytest.raises(ProviderError, match="It is being set up"):
        providers.create(inputs())


def test_it_stays_stopped_when_the_environment_wakes(azure, instance, providers):
    id_, state = providers.create(inputs())
    providers.delete(id_, state)
    assert instance.state["power"] == "Stopped"
