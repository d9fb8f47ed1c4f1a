"""The data plane of the emulated Azure, as a caller meets it."""

import threading
import time
from collections import Counter

import pytest

import requests
from azure_mlplatform.emulation.scoring_tokens import scoring_token
from support.scoring.azure_endpoints import online_endpoint

pytestmark = pytest.mark.slow

ML = "https://ml.azure.com"


class Caller:
    def __init__(self, url, token=None):
        self._url, self._session = url, requests.Session()
        self._token = scoring_token(ML, time.time() + 3600) if token is None else token

    def __call__(self, data=(1,), **headers):
        answer = self._session.post(
            self._url,
            json={"data": list(data)},
            headers={"Authorization": f"Bearer {self._token}", **headers},
            timeout=30,
        )
        return answer.status_code, answer.headers.get("azureml-model-deployment"), answer


@pytest.fixture
def endpoint(stage):
    stage.plane.untune()
    stage.plane.clear_log()
    for each in (stage.blue, stage.green):
        each.set(service_ms=0, error_share=0, parallel=1)
    servers = {"blue": stage.blue.url, "green": stage.green.url}
    return online_endpoint(stage.azure, stage.plane, servers, {"blue": 70, "green": 30})


def url(stage, endpoint):
    return f"https://{stage.plane.host(endpoint)}/score"


def test_it_splits_by_the_shares_and_keeps_a_log(stage, endpoint):
    call = Caller(url(stage, endpoint))
    counted = Counter(call()[1] for _ in range(300))
    assert 60 < counted["green"] < 120
    log = stage.plane.log(endpoint)
    assert Counter(each["deployment"] for each in log) == counted
    assert {each["status"] for each in log} == {200}
    assert all(each["duration_ms"] > 0 for each in log)


def test_a_header_names_a_version(stage, endpoint):
    call = Caller(url(stage, endpoint))
    assert {call(**{"azureml-model-deployment": "green"})[1] for _ in range(10)} == {"green"}
    assert call(**{"azureml-model-deployment": "red"})[0] == 404


@pytest.mark.parametrize(
    ("token", "text"),
    [
        ("", "wrong format"),
        ("nonsense", "wrong format"),
        (scoring_token("https://management.azure.com", time.time() + 3600), "is for"),
        (scoring_token(ML, time.time() - 1), "expired"),
    ],
    ids=["none", "nonsense", "another audience", "expired"],
)
def test_it_checks_the_token(stage, endpoint, token, text):
    status, _, answer = Caller(url(stage, endpoint), token)()
    assert status == 401
    assert text in answer.text


def test_a_token_ends_while_a_connection_goes_on(stage, endpoint):
    call = Caller(url(stage, endpoint), scoring_token(ML, time.time() + 0.5))
    assert call()[0] == 200
    time.sleep(0.6)
    assert call()[0] == 401


def test_an_answer_of_a_model_that_is_no_200_becomes_a_424(stage, endpoint):
    stage.blue.set(error_share=1, error_status=500)
    status, _, answer = Caller(url(stage, endpoint))(**{"azureml-model-deployment": "blue"})
    assert (status, answer.headers["ms-azureml-model-error-statuscode"]) == (424, "500")


def test_what_takes_longer_than_the_timeout_is_a_408(stage, endpoint):
    stage.plane.tune(endpoint, timeout_ms=100)
    stage.blue.set(service_ms=5000)
    assert Caller(url(stage, endpoint))(**{"azureml-model-deployment": "blue"})[0] == 408


def test_more_requests_than_a_deployment_takes_are_429(stage):
    servers = {"blue": stage.blue.url}
    settings = {"maxConcurrentRequestsPerInstance": 1, "requestTimeout": "PT20S"}
    id_ = online_endpoint(stage.azure, stage.plane, servers, {"blue": 100}, name="busy", settings=settings)
    stage.blue.set(service_ms=1500)
    answers = []
    calls = [threading.Thread(target=lambda: answers.append(Caller(url(stage, id_))()[0])) for _ in range(5)]
    for each in calls:
        each.start()
    for each in calls:
        each.join()
    assert Counter(answers) == {200: 2, 429: 3}


def test_a_dead_server_is_a_503_and_comes_back(stage, endpoint):
    call = Caller(url(stage, endpoint))
    stage.blue.refuse()
    try:
        assert call(**{"azureml-model-deployment": "blue"})[0] == 503
    finally:
        stage.blue.come_back()
    assert call(**{"azureml-model-deployment": "blue"})[0] == 200


def test_copies_go_beside_and_their_answers_nowhere(stage, endpoint):
    held = stage.azure.world.get(endpoint)
    held.body["properties"] |= {"traffic": {"blue": 100}, "mirrorTraffic": {"green": 50}}
    stage.plane.refresh()
    before = stage.green.count()
    call = Caller(url(stage, endpoint))
    assert {call()[1] for _ in range(100)} == {"blue"}
    for _ in range(100):
        if len(stage.plane.log(endpoint)) == 100 + stage.green.count() - before:
            break
        time.sleep(0.05)
    copied = [each for each in stage.plane.log(endpoint) if each["mirrored"]]
    assert 30 < len(copied) == stage.green.count() - before < 70


def test_nothing_takes_traffic(stage, endpoint):
    stage.azure.world.get(endpoint).body["properties"]["traffic"] = {}
    stage.plane.refresh()
    assert Caller(url(stage, endpoint))()[0] == 404
