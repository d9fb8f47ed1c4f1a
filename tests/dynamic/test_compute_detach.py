"""The detaching of a compute, as the engine drives it: a real provider process against Azure on loopback."""

import pulumi
import pytest
from pulumi.runtime import rpc

from azure_mlplatform.dynamic.compute_detach import API_VERSION, ComputeDetach
from azure_mlplatform.dynamic.kubernetes_detach import KubernetesDetach
from azure_mlplatform.testing import record
from support.loopback import CLIENT, TENANT, Answer, ProviderError, azure_on_loopback, dynamic_providers

pytestmark = pytest.mark.slow

COMPUTE = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.MachineLearningServices/workspaces/mlw/computes/aks"


def inputs(compute_id=COMPUTE, detach=KubernetesDetach):
    """What the program registers, as the engine hands it on."""

    def program():
        detach("detach", compute_id=compute_id, tenant_id=TENANT, opts=pulumi.ResourceOptions())

    [made] = record(program).of_type(detach.__name__)
    return dict(made.inputs)


class Compute:
    """A compute, as "Compute - Delete" documents it: 202 with a Location that answers 202 until all is done."""

    def __init__(self, azure, polls=2):
        self.deleted_with = []
        self.azure, self.polls = azure, polls
        azure.resources[COMPUTE] = self.delete
        azure.resources["/operations/1"] = self.operation

    def delete(self, call):
        action = call.query.get("underlyingResourceAction")
        if action not in ("Delete", "Detach") or call.query["api-version"] != API_VERSION:
            return Answer(400, {"error": {"code": "BadArgument", "message": "underlyingResourceAction is required."}})
        self.deleted_with.append(action)
        location = f"{self.azure.url}/operations/1"
        return Answer(202, headers=(("Location", location), ("Retry-After", "1")))

    def operation(self, call):
        self.polls -= 1
        if self.polls > 0:
            return Answer(202, headers=(("Location", f"{self.azure.url}/operations/1"), ("Retry-After", "1")))
        del self.azure.resources[COMPUTE]
        return Answer(204)


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
    assert compute.deleted_with == ["Detach"]
    assert compute.polls == 0
    assert COMPUTE not in azure.resources
    assert azure.grants[0]["client_id"] == CLIENT


def test_what_is_gone_already_is_as_good(azure, providers):
    providers.delete(COMPUTE, inputs())
    assert [each.method for each in azure.calls] == ["DELETE"]


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_throttled_or_failing_call_is_repeated(azure, providers, status):
    compute = Compute(azure)
    azure.faults = [Answer(status, {}, (("Retry-After", "1"),)) for _ in range(2)]
    providers.delete(COMPUTE, inputs())
    assert compute.deleted_with == ["Detach"]


def test_a_refusal_is_told_with_what_azure_says(azure, providers):
    azure.faults = [Answer(409, {"error": {"code": "Conflict", "message": "Deployments are running on aks."}})]
    with pytest.raises(ProviderError, match="Conflict: Deployments are running on aks"):
        providers.delete(COMPUTE, inputs())


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
    assert compute.deleted_with == ["Detach"]
