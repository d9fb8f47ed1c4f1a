"""Endpoints of all kinds against the emulated Azure and its data plane: routes, tokens, traffic, and who was faster."""

import time
from collections import Counter

import pytest

import requests
from azure_mlplatform.dynamic import arm
from azure_mlplatform.emulation import serving
from azure_mlplatform.measure.endpoints.endpoint import (
    ChangedByOthersError,
    EndpointError,
    Kind,
    NoSuchError,
    NotSignedInError,
    Traffic,
)
from support.scoring.azure_endpoints import container_app, online_deployment, online_endpoint, web_app

pytestmark = pytest.mark.slow

WEIGHTS = [{"revisionName": "scoring--v1", "weight": 100}, {"revisionName": "scoring--v2", "weight": 0, "label": "new"}]


@pytest.fixture
def no_pauses(monkeypatch):
    """The seconds of every pause, none of which is made."""
    seconds = []
    monkeypatch.setattr(arm.time, "sleep", seconds.append)
    return seconds


def managed(stage, traffic=None, **how):
    servers = {"blue": stage.blue.url, "green": stage.green.url}
    return online_endpoint(stage.azure, stage.plane, servers, traffic or {"blue": 100}, **how)


def app(stage, weights=WEIGHTS, **how):
    servers = {"scoring--v1": stage.blue.url, "scoring--v2": stage.green.url}
    return container_app(stage.azure, stage.plane, servers, [dict(each) for each in weights], **how)


def site(stage, rules=None, **how):
    return web_app(
        stage.azure, stage.plane, {"production": stage.blue.url, "staging": stage.green.url}, rules or {}, **how
    )


PLACES = {
    "managed": (managed, "blue", "green"),
    "container app": (app, "scoring--v1", "scoring--v2"),
    "app service": (site, "production", "staging"),
}


def scored(endpoint, version=""):
    """The version that answers a request, and the status."""
    route = endpoint.route(version)
    headers = {**route.headers, **({"Authorization": f"Bearer {endpoint.token()}"} if endpoint.token else {})}
    answer = requests.post(route.url, json={"data": [[1, 2], [3]]}, headers=headers, timeout=10)
    return answer.json().get("version"), answer.status_code


def puts(stage):
    return [each for each in stage.azure.calls if each.method in ("PUT", "PATCH")]


@pytest.mark.parametrize("place", PLACES)
def test_it_leads_to_the_endpoint_and_to_each_version(stage, place):
    make, old, new = PLACES[place]
    endpoint = stage.read(make(stage))
    assert endpoint.kind == Kind(place)
    assert [each.name for each in endpoint.deployments()] == sorted([old, new])
    assert endpoint.traffic().shares == {old: 100}
    assert {scored(endpoint) for _ in range(5)} == {("blue", 200)}
    assert scored(endpoint, new) == ("green", 200)
    assert scored(endpoint, old) == ("blue", 200)


@pytest.mark.parametrize("place", PLACES)
def test_a_written_map_is_in_effect(stage, place):
    make, old, new = PLACES[place]
    endpoint = stage.read(make(stage))
    after = endpoint.set_traffic({old: 60, new: 40}, endpoint.traffic())
    assert after.shares == {old: 60, new: 40} == endpoint.traffic().shares
    stage.plane.refresh()
    counted = Counter(scored(endpoint)[0] for _ in range(100))
    assert 20 < counted["green"] < 60
    assert endpoint.set_traffic({new: 100}, after).shares | {old: 0} == {new: 100, old: 0}
    stage.plane.refresh()
    assert {scored(endpoint)[0] for _ in range(10)} == {"green"}


@pytest.mark.parametrize("place", PLACES)
def test_the_same_map_again_is_no_write(stage, place):
    make, old, new = PLACES[place]
    endpoint = stage.read(make(stage))
    endpoint.set_traffic({old: 60, new: 40}, endpoint.traffic())
    stage.azure.manager.calls.clear()
    # Even if what was seen is older: somebody who starts again after a crash has seen the map before the write.
    endpoint.set_traffic({new: 40, old: 60}, Traffic({old: 100}))
    assert puts(stage) == []


@pytest.mark.parametrize("place", PLACES)
def test_a_map_that_others_changed_is_not_overwritten(stage, place):
    make, old, new = PLACES[place]
    endpoint = stage.read(make(stage))
    seen = endpoint.traffic()
    stage.read(endpoint.id).set_traffic({old: 80, new: 20}, seen)
    stage.azure.manager.calls.clear()
    with pytest.raises(ChangedByOthersError, match=r"20 %.* was written"):
        endpoint.set_traffic({new: 100}, seen)
    assert puts(stage) == []


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(
    ("shares", "text"),
    [((50, 40), "sum to 90"), ((150, -50), "whole number from 0 to 100"), ((99.5, 0.5), "whole number")],
)
def test_a_map_that_is_not_whole_is_refused(stage, place, shares, text):
    make, old, new = PLACES[place]
    endpoint = stage.read(make(stage))
    with pytest.raises(EndpointError, match=text):
        endpoint.set_traffic(dict(zip((old, new), shares, strict=True)), endpoint.traffic())
    assert puts(stage) == []


@pytest.mark.parametrize("place", PLACES)
def test_a_missing_version_is_named_with_those_that_are_there(stage, place):
    make, old, new = PLACES[place]
    endpoint = stage.read(make(stage))
    for ask in (
        lambda: endpoint.route(f"{old}x"),
        lambda: endpoint.set_traffic({f"{old}x": 100}, endpoint.traffic()),
    ):
        with pytest.raises(NoSuchError, match=rf"did you mean '{old}'.*{new}"):
            ask()
    assert puts(stage) == []


@pytest.mark.parametrize("place", PLACES)
def test_no_such_endpoint(stage, place):
    make, *_ = PLACES[place]
    with pytest.raises(NoSuchError, match="nobody"):
        stage.read(f"{make(stage)}-nobody")


def test_a_write_waits_for_the_operation_of_another_one_and_then_looks_again(stage):
    endpoint = stage.read(managed(stage))
    seen = endpoint.traffic()
    held = stage.azure.world.get(endpoint.id)
    body = {**held.body, "properties": {**held.body["properties"], "traffic": {"blue": 90, "green": 10}}}
    endpoint._manager.put(endpoint.id, endpoint.api_version, body)
    with pytest.raises(ChangedByOthersError, match=r"now it is blue 90 %, green 10 %"):
        endpoint.set_traffic({"green": 100}, seen)
    assert endpoint.traffic().shares == {"blue": 90, "green": 10}


@pytest.mark.parametrize("place", PLACES)
def test_who_writes_at_the_same_time_is_noticed(stage, place, monkeypatch):
    make, old, new = PLACES[place]
    endpoint = stage.read(make(stage))
    other, write = stage.read(endpoint.id), endpoint._write

    def write_before_another_one(resource, aim):
        write(resource, aim)
        other.set_traffic({old: 90, new: 10}, aim)

    monkeypatch.setattr(endpoint, "_write", write_before_another_one)
    with pytest.raises(ChangedByOthersError, match="at the same time"):
        endpoint.set_traffic({old: 80, new: 20}, endpoint.traffic())
    assert endpoint.traffic().shares == {old: 90, new: 10}


def test_a_busy_endpoint_is_asked_again(stage, no_pauses):
    endpoint = stage.read(managed(stage))
    stage.azure.breaks("update", target="onlineEndpoints/scoring", status=409, code="Conflict", times=2)
    endpoint.set_traffic({"green": 100}, endpoint.traffic())
    assert endpoint.traffic().shares == {"green": 100}
    assert len(puts(stage)) == 3


def test_a_busy_endpoint_that_stays_busy_is_an_error(stage, no_pauses):
    endpoint = stage.read(managed(stage))
    stage.azure.breaks("update", target="onlineEndpoints/scoring", status=409, code="Conflict", times=50)
    with pytest.raises(EndpointError, match="409 Conflict"):
        endpoint.set_traffic({"green": 100}, endpoint.traffic())
    assert endpoint.traffic().shares == {"blue": 100}


def test_throttling_is_waited_for(stage, no_pauses):
    endpoint = stage.read(managed(stage))
    stage.azure.breaks("any", status=429, code="TooManyRequests", times=3, headers={"Retry-After": "7"})
    endpoint.set_traffic({"green": 100}, endpoint.traffic())
    assert sum(no_pauses) >= 21


@pytest.mark.parametrize("place", ["managed", "container app"])
def test_an_operation_that_azure_ends_with_a_failure_changes_nothing(stage, place):
    make, old, new = PLACES[place]
    endpoint = stage.read(make(stage))
    stage.azure.breaks("update", status=500, code="InternalServerError", message="no luck", late=True)
    with pytest.raises(EndpointError, match="no luck"):
        endpoint.set_traffic({new: 100}, endpoint.traffic())
    assert endpoint.traffic().shares == {old: 100}


def test_an_operation_that_never_ends_is_given_up(stage, no_pauses):
    endpoint = stage.read(managed(stage))
    stage.azure.breaks("update", lost=True)
    with pytest.raises(EndpointError, match=r"does not end|did not finish"):
        endpoint.set_traffic({"green": 100}, endpoint.traffic())


def test_a_client_that_dies_in_mid_write_leaves_a_whole_map_that_the_next_one_finds(stage):
    """The operation goes on without its client. The next one waits for its end, and sees what it did."""
    endpoint = stage.read(managed(stage))
    held = stage.azure.world.get(endpoint.id)
    body = {**held.body, "properties": {**held.body["properties"], "traffic": {"blue": 90, "green": 10}}}
    accepted = endpoint._manager.put(endpoint.id, endpoint.api_version, body)
    assert accepted["properties"]["provisioningState"] == "Updating"
    assert serving.in_effect(held)["shares"] == {"blue": 100}
    assert stage.read(endpoint.id).traffic().shares == {"blue": 90, "green": 10}


def test_the_whole_endpoint_is_written_back(stage):
    id_ = managed(stage, environment="prod")
    before = stage.azure.world.get(id_).body
    endpoint = stage.read(id_)
    assert endpoint.is_prod
    endpoint.set_traffic({"blue": 50, "green": 50}, endpoint.traffic(), mirror={})
    after = stage.azure.world.get(id_).body
    assert after["tags"] == before["tags"]
    assert (after["kind"], after["location"]) == (before["kind"], before["location"])
    assert after["properties"]["authMode"] == "AADToken"
    [call] = puts(stage)
    assert set(call.body["properties"]) == {"authMode", "traffic", "mirrorTraffic"}
    assert call.body["identity"]["userAssignedIdentities"] == {
        each: {} for each in before["identity"]["userAssignedIdentities"]
    }


def test_a_deployment_that_is_not_ready_takes_no_traffic(stage):
    endpoint = stage.read(managed(stage))
    stage.azure.world.get(f"{endpoint.id}/deployments/green").state["provisioningState"] = "Failed"
    with pytest.raises(EndpointError, match="'green' is Failed"):
        endpoint.set_traffic({"blue": 90, "green": 10}, endpoint.traffic())


def test_copies_are_50_percent_at_most_and_for_managed_endpoints_only(stage):
    endpoint = stage.read(managed(stage))
    after = endpoint.set_traffic({"blue": 100}, endpoint.traffic(), mirror={"green": 40})
    assert after.mirror == {"green": 40}
    # Left out, they stay.
    assert endpoint.set_traffic({"blue": 95, "green": 5}, after).mirror == {"green": 40}
    with pytest.raises(EndpointError, match="50 % at most"):
        endpoint.set_traffic({"blue": 100}, endpoint.traffic(), mirror={"green": 60})
    for made in (
        stage.read(managed(stage, name="k", cluster="aks", auth_mode="AMLToken")),
        stage.read(app(stage)),
        stage.read(site(stage)),
    ):
        seen = made.traffic()
        first, second = [each.name for each in made.deployments()]
        with pytest.raises(EndpointError, match=r"copy|copies"):
            made.set_traffic(dict(seen.shares), seen, mirror={second if first in seen.shares else first: 10})


def test_a_deployment_is_made_scaled_and_removed(stage):
    endpoint = stage.read(managed(stage))
    body = endpoint.definition("blue")
    made = endpoint.deploy("red", {**body, "sku": {**body["sku"], "capacity": 3}})
    assert (made.state, made.instances) == ("Succeeded", 3)
    assert endpoint.traffic().shares == {"blue": 100}
    endpoint.remove("red")
    endpoint.remove("red")
    assert [each.name for each in endpoint.deployments()] == ["blue", "green"]
    with pytest.raises(EndpointError, match="has traffic"):
        endpoint.remove("blue")
    with pytest.raises(EndpointError, match="instance count"):
        endpoint.deploy("red", {**body, "sku": {**body["sku"], "capacity": 0}})


def test_an_endpoint_on_a_cluster_gives_its_own_token(stage):
    stage.azure.manager.token_seconds = 2
    endpoint = stage.read(managed(stage, name="k", cluster="aks", auth_mode="AMLToken"))
    assert endpoint.kind is Kind.KUBERNETES
    assert scored(endpoint) == ("blue", 200)
    first = endpoint.token()
    assert first == endpoint.token()
    time.sleep(2.1)
    assert endpoint.token() != first
    assert scored(endpoint) == ("blue", 200)


def test_an_endpoint_that_takes_keys_is_refused(stage):
    with pytest.raises(EndpointError, match="takes keys"):
        _ = stage.read(managed(stage, auth_mode="Key")).token


def test_the_scope_is_that_of_the_place(stage):
    for make, scope in ((managed, "https://ml.azure.com/.default"), (app, "api://"), (site, "api://")):
        stage.azure.grants.clear()
        stage.read(make(stage)).token()
        assert stage.azure.grants[-1]["scope"].startswith(scope)


def test_an_app_without_sign_in_needs_no_token(stage):
    for make in (app, site):
        endpoint = stage.read(make(stage, signs_in=False))
        assert endpoint.token is None
        assert scored(endpoint) == ("blue", 200)


def test_a_sign_in_that_entra_refuses_is_one_line(stage, monkeypatch):
    endpoint = stage.read(managed(stage))
    monkeypatch.setenv("ARM_CLIENT_SECRET", "wrong")
    with pytest.raises(EndpointError) as error:
        stage.read(endpoint.id).token()
    assert "\n" not in str(error.value)
    assert "wrong" not in str(error.value)


def test_a_missing_role_is_said(stage):
    endpoint = stage.read(managed(stage, name="k", cluster="aks", auth_mode="AMLToken"))
    stage.azure.breaks("read", target="onlineEndpoints/k", status=403, code="AuthorizationFailed", times=9)
    with pytest.raises(NotSignedInError, match="AzureML Data Scientist"):
        endpoint.token()
    with pytest.raises(NotSignedInError, match="role"):
        endpoint.traffic()


def test_the_latest_revision_becomes_a_named_one_and_labels_stay(stage):
    id_ = app(stage, [{"latestRevision": True, "weight": 100, "label": "new"}])
    endpoint = stage.read(id_)
    assert endpoint.traffic().shares == {"scoring--v2": 100}
    assert endpoint.deployment("new").name == "scoring--v2"
    endpoint.set_traffic({"scoring--v1": 90, "new": 10}, endpoint.traffic())
    assert stage.azure.world.get(id_).body["configuration"]["ingress"]["traffic"] == [
        {"revisionName": "scoring--v2", "weight": 10, "label": "new"},
        {"revisionName": "scoring--v1", "weight": 90},
    ]


def test_an_app_with_one_revision_at_a_time_is_refused(stage):
    endpoint = stage.read(app(stage, mode="Single"))
    with pytest.raises(EndpointError, match="Multiple"):
        endpoint.set_traffic({"scoring--v2": 100}, endpoint.traffic())


def test_a_rule_of_0_percent_opens_a_slot(stage):
    endpoint = stage.read(site(stage))
    assert endpoint.route("staging").headers == {}
    endpoint.set_traffic({"production": 100, "staging": 0}, endpoint.traffic())
    stage.plane.refresh()
    assert endpoint.route("staging").headers == {"Cookie": "x-ms-routing-name=staging"}
    assert scored(endpoint, "staging") == ("green", 200)
    assert {scored(endpoint)[0] for _ in range(5)} == {"blue"}


def test_a_rule_that_changes_by_itself_is_refused(stage):
    id_ = site(stage, {"staging": 10})
    stage.azure.world.get(id_).body["siteConfig"]["experiments"]["rampUpRules"][0]["changeStep"] = 5
    with pytest.raises(EndpointError, match="by itself"):
        stage.read(id_).traffic()


def test_a_swap_moves_what_runs(stage):
    endpoint = stage.read(site(stage))
    endpoint.swap("staging")
    stage.plane.refresh()
    assert scored(endpoint, "production") == ("green", 200)
    assert scored(endpoint, "staging") == ("blue", 200)
    with pytest.raises(NoSuchError):
        endpoint.swap("nothing")


def test_a_conflict_is_answered_while_a_deployment_is_made(stage):
    endpoint = stage.read(managed(stage))
    online_deployment(stage.azure, endpoint.id, "red")
    client = endpoint._manager
    body = endpoint.definition("red")
    client.put(f"{endpoint.id}/deployments/red", endpoint.api_version, {**body, "tags": {"a": "b"}})
    with pytest.raises(arm.ArmError, match="409 Conflict"):
        client.put(f"{endpoint.id}/deployments/red", endpoint.api_version, body)
