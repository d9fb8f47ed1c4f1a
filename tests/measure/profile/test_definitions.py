"""What is deployed for a candidate: the definition of another deployment, with its own changes and a mark."""

import datetime
import os
import socket

import pytest

from azure_mlplatform.measure.endpoints.endpoint import Kind
from azure_mlplatform.measure.profile.candidates import Candidate
from azure_mlplatform.measure.profile.deployments import MARK, Maker, definition_of, is_ours, mark_in

BLUE = {
    "location": "westeurope",
    "tags": {"release": "7"},
    "sku": {"name": "Default", "capacity": 1},
    "properties": {
        "endpointComputeType": "Managed",
        "instanceType": "Standard_DS3_v2",
        "model": "/m/1",
        "environmentId": "/e/1",
        "environmentVariables": {"A": "1", "WORKER_COUNT": "1"},
        "requestSettings": {"requestTimeout": "PT5S"},
    },
}


def made(candidate, like=BLUE, kind=Kind.MANAGED):
    return definition_of(Candidate.model_validate({"name": "it"} | candidate), like, kind, "mark")


def test_what_is_not_named_stays():
    plain = made({})
    assert plain["properties"].pop("scaleSettings") == {"scaleType": "Default"}
    assert plain == BLUE | {"tags": {"release": "7", MARK: "mark"}}
    assert BLUE["tags"] == {"release": "7"}


def test_what_is_named_changes():
    found = made(
        {
            "vm_size": "Standard_D4ds_v4",
            "instances": 3,
            "workers": 4,
            "max_concurrent_requests_per_instance": 8,
            "environment_variables": {"OMP_NUM_THREADS": "1"},
        }
    )
    properties = found["properties"]
    assert (properties["instanceType"], found["sku"]) == ("Standard_D4ds_v4", {"name": "Default", "capacity": 3})
    assert properties["requestSettings"] == {"requestTimeout": "PT5S", "maxConcurrentRequestsPerInstance": 8}
    assert properties["environmentVariables"] == {"A": "1", "WORKER_COUNT": "4", "OMP_NUM_THREADS": "1"}
    assert (properties["model"], properties["environmentId"]) == ("/m/1", "/e/1")


def test_resources_of_a_container_on_a_cluster():
    candidate = {"instance_type": "gpu", "requests": {"cpu": "500m"}, "limits": {"memory": "4Gi", "gpu": 1}}
    properties = made(candidate, kind=Kind.KUBERNETES)["properties"]
    assert properties["instanceType"] == "gpu"
    assert properties["containerResourceRequirements"] == {
        "containerResourceRequests": {"cpu": "500m"},
        "containerResourceLimits": {"memory": "4Gi", "gpu": "1"},
    }


NOW = datetime.datetime(2026, 11, 28, 18, 0, tzinfo=datetime.UTC)


def test_a_mark_says_who_made_it_and_until_when():
    maker = Maker(socket.gethostname(), os.getpid() + 1, NOW)
    assert Maker.read(str(maker)) == maker
    assert mark_in(made({})) == "mark"
    assert mark_in(BLUE) is None
    assert Maker.read("somebody's own tag") is None
    assert (is_ours("pf-ab-small"), is_ours("blue")) == (True, False)


@pytest.mark.parametrize(
    ("host", "process", "minutes", "runs"),
    [
        ("elsewhere", 1, 10, True),
        ("elsewhere", 1, -10, False),
        (socket.gethostname(), 2**22 + 1, 10, False),
        (socket.gethostname(), os.getppid(), 10, True),
    ],
)
def test_who_may_still_be_at_work(host, process, minutes, runs):
    maker = Maker(host, process, NOW + datetime.timedelta(minutes=minutes))
    assert maker.may_run(NOW) is runs
