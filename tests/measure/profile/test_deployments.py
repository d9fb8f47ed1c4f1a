"""Candidates are deployed to an emulated Azure, and whatever happens nothing of them is left there."""

import datetime
import socket

import pytest

from azure_mlplatform.foundation.problems import ProblemsError
from azure_mlplatform.measure.endpoints.address import Address, endpoint_at
from azure_mlplatform.measure.endpoints.url import UrlEndpoint
from azure_mlplatform.measure.profile.candidates import Candidate
from azure_mlplatform.measure.profile.deployments import MARK, CandidateDeployments, Maker
from azure_mlplatform.measure.profile.search import CandidateError
from support.queues import Servers
from support.scoring.azure_endpoints import container_app, online_deployment, online_endpoint
from support.scoring.emulated import emulated_azure

SMALL = Candidate(name="small", vm_size="Standard_D2ds_v4", instances=2)
LARGE = Candidate(name="large", vm_size="Standard_D4ds_v4", instances=2, max_concurrent_requests_per_instance=4)
NOW = Candidate(name="now", deployment="green")


@pytest.fixture
def emulated(tmp_path):
    with emulated_azure(tmp_path) as found, found.signed_in():
        yield found


@pytest.fixture
def endpoint_id(emulated):
    servers = {"blue": "http://127.0.0.1:1", "green": "http://127.0.0.1:1"}
    return online_endpoint(emulated.azure, emulated.plane, servers, {"blue": 100})


def candidates_of(id_, *candidates, **more):
    made = CandidateDeployments(
        endpoint_at(Address(id=id_)),
        candidates,
        lambda route, _: Servers(service=float(len(route.headers))),
        60,
        lambda _: None,
        pause=lambda _: None,
        **more,
    )
    return made, made.read(live=False)


def there(emulated):
    """The deployments that the emulated Azure has."""
    ids = [each.id for each in emulated.azure.world.resources.values() if "/deployments/" in each.id]
    return sorted(each.rsplit("/", 1)[-1] for each in ids)


def test_what_is_made_is_like_the_one_with_the_most_traffic_and_gone_afterwards(emulated, endpoint_id):
    made, problems = candidates_of(endpoint_id, SMALL, LARGE, NOW)
    assert problems == []
    small, large, now = map(made.entrant, (SMALL, LARGE, NOW))
    assert (small.slots, large.slots, now.slots, now.instances) == (2, 8, None, 1)
    with made:
        made.measure_of(small)
        made.measure_of(small)
        made.measure_of(now)
        [name] = [each for each in there(emulated) if each.startswith("pf-")]
        held = emulated.azure.world.resources[f"{endpoint_id}/deployments/{name}".lower()]
        assert held.body["properties"]["instanceType"] == "Standard_D2ds_v4"
        assert held.body["properties"]["model"].endswith("/churn/versions/blue")
        assert held.body["sku"]["capacity"] == 2
        assert MARK in held.body["tags"]
        made.leave(small)
        assert there(emulated) == ["blue", "green"]
        made.measure_of(large)
        assert len(there(emulated)) == 3
    assert there(emulated) == ["blue", "green"]
    assert made.left_behind == []
    assert endpoint_at(Address(id=endpoint_id)).traffic().shares == {"blue": 100}


@pytest.mark.parametrize("half_way", [False, True])
def test_a_deployment_that_fails_is_a_candidate_that_cannot_be_measured(emulated, endpoint_id, half_way):
    made, _ = candidates_of(endpoint_id, SMALL)
    emulated.azure.breaks("create", target="pf-", status=400, code="OutOfQuota", message="No quota.", half_way=half_way)
    with made, pytest.raises(CandidateError, match="No quota"):
        made.measure_of(made.entrant(SMALL))
    assert (made.left_behind, there(emulated)) == ([], ["blue", "green"])


def test_whatever_ends_it_takes_away_what_was_made(emulated, endpoint_id):
    made, _ = candidates_of(endpoint_id, SMALL)

    def interrupted(*_):
        raise KeyboardInterrupt

    made.measure = interrupted
    with pytest.raises(KeyboardInterrupt), made:
        made.measure_of(made.entrant(SMALL))
    assert len([each for each in emulated.azure.calls if each.method == "PUT"]) == 1
    assert there(emulated) == ["blue", "green"]


def test_what_cannot_be_taken_away_is_said(emulated, endpoint_id):
    made, _ = candidates_of(endpoint_id, SMALL)
    with made:
        made.measure_of(made.entrant(SMALL))
        emulated.azure.breaks("delete", target="pf-", status=409, code="Conflict", message="Locked.", times=1000)
    assert made.left_behind == [each for each in there(emulated) if each.startswith("pf-")]
    assert len(made.left_behind) == 1


def left_by(emulated, endpoint_id, host, minutes):
    until = datetime.datetime.now(datetime.UTC) + datetime.timedelta(minutes=minutes)
    id_ = online_deployment(emulated.azure, endpoint_id, "pf-0-old")
    emulated.azure.world.resources[id_.lower()].body["tags"] = {MARK: str(Maker(host, 2**22 + 1, until))}


@pytest.mark.parametrize(("host", "minutes"), [(socket.gethostname(), 60), ("elsewhere", -1)])
def test_what_an_interrupted_run_left_is_taken_away(emulated, endpoint_id, host, minutes):
    left_by(emulated, endpoint_id, host, minutes)
    made, _ = candidates_of(endpoint_id, SMALL)
    made.clean(take_over=False)
    assert (made.taken_away, there(emulated)) == (["pf-0-old"], ["blue", "green"])


def test_what_another_run_may_still_measure_is_not(emulated, endpoint_id):
    left_by(emulated, endpoint_id, "elsewhere", 30)
    made, _ = candidates_of(endpoint_id, SMALL)
    with pytest.raises(ProblemsError, match="another profile measures here with 'pf-0-old', on elsewhere"):
        made.clean(take_over=False)
    assert "pf-0-old" in there(emulated)
    made.clean(take_over=True)
    assert there(emulated) == ["blue", "green"]


def test_a_name_alone_is_no_mark(emulated, endpoint_id):
    online_deployment(emulated.azure, endpoint_id, "pf-mine")
    made, _ = candidates_of(endpoint_id, SMALL)
    made.clean(take_over=True)
    assert "pf-mine" in there(emulated)


def test_what_is_refused_here(emulated, endpoint_id):
    wrong = (
        Candidate(name="live", deployment="blue"),
        Candidate(name="missing", deployment="grey"),
        Candidate(name="cluster", instance_type="gpu", like="grey"),
    )
    _, problems = candidates_of(endpoint_id, *wrong)
    assert [(each.path, each.what) for each in problems] == [
        (("candidates", 0, "deployment"), "'blue' takes 100 % of the traffic, and the search overloads it"),
        (("candidates", 1, "deployment"), "scoring has no 'grey'"),
        (("candidates", 2, "like"), "scoring has no 'grey'"),
        (("candidates", 2, "instance_type"), "cannot be chosen here: scoring is a managed endpoint"),
    ]
    made, _ = candidates_of(endpoint_id, wrong[0])
    assert made.read(live=True) == []


def test_revisions_are_measured_as_they_are(emulated):
    servers = {"scoring--v1": "http://127.0.0.1:1", "scoring--v2": "http://127.0.0.1:1"}
    traffic = [{"revisionName": "scoring--v1", "weight": 100}]
    id_ = container_app(emulated.azure, emulated.plane, servers, traffic)
    there = Candidate(name="new", deployment="scoring--v2")
    made, problems = candidates_of(id_, there, Candidate(name="made", workers=2))
    assert [each.what for each in problems] == ["nothing can be deployed to a container app from here"]
    made.measure_of(made.entrant(there))


def test_a_url_is_one_candidate():
    made = CandidateDeployments(UrlEndpoint("https://x"), [SMALL, NOW], lambda *_: Servers(), 60, lambda _: None)
    assert [each.path for each in made.read(live=False)] == [
        ("candidates", 0, "vm_size"),
        ("candidates", 0),
        ("candidates", 1, "deployment"),
    ]


def test_the_bill_is_that_of_the_time_that_deployments_existed(emulated, endpoint_id):
    now = [0.0]
    made, _ = candidates_of(endpoint_id, SMALL, LARGE, clock=lambda: now[0])
    with made:
        made.measure_of(made.entrant(SMALL, money_an_hour=2.0))
        now[0] = 1800
        assert made.bill() == 1.0
        made.leave(made.entrant(SMALL))
        made.measure_of(made.entrant(LARGE, money_an_hour=4.0))
        now[0] = 5400
        assert made.bill() == 5.0
