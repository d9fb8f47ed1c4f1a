"""What the emulated Azure does with endpoints, apps and slots: each refusal of its table, and how operations run."""

import pytest

from azure_mlplatform.emulation import serving
from azure_mlplatform.emulation.azure import Azure
from azure_mlplatform.emulation.entra import TOKEN
from azure_mlplatform.emulation.ids import arm_type
from azure_mlplatform.emulation.loopback import Call
from azure_mlplatform.emulation.resource_manager import ResourceManager
from azure_mlplatform.emulation.scoring_tokens import read_scoring_token
from azure_mlplatform.emulation.tables.api_versions import API_VERSIONS
from azure_mlplatform.emulation.tables.serving import SERVING
from azure_mlplatform.emulation.world import Fault, Held, World

GROUP = "/subscriptions/s/resourceGroups/rg/providers"
ENDPOINT = f"{GROUP}/Microsoft.MachineLearningServices/workspaces/w/onlineEndpoints/e"
CLUSTER = f"{GROUP}/Microsoft.MachineLearningServices/workspaces/w/onlineEndpoints/k"
APP = f"{GROUP}/Microsoft.App/containerApps/a"
SITE = f"{GROUP}/Microsoft.Web/sites/s"

PROPERTIES = {"authMode": "AADToken", "traffic": {"blue": 100}, "mirrorTraffic": {}}
DEPLOYMENT = {"location": "x", "sku": {"capacity": 1}, "properties": {"model": "m"}}


class Client:
    """Calls Resource Manager without a network."""

    def __init__(self):
        self.world = World()
        self.manager = ResourceManager(Azure(self.world), "https://arm")
        self._has(ENDPOINT, serving.ENDPOINT, {"location": "x", "properties": dict(PROPERTIES)})
        self._has(CLUSTER, serving.ENDPOINT, {"location": "x", "properties": {**PROPERTIES, "compute": "c"}})
        for endpoint in (ENDPOINT, CLUSTER):
            for name in ("blue", "green"):
                self._has(f"{endpoint}/deployments/{name}", serving.DEPLOYMENT, dict(DEPLOYMENT))
        app = self._has(APP, serving.CONTAINER_APP, {"configuration": {"ingress": {"traffic": []}}})
        app.state["revisions"] = [
            {"name": each, "provisioningState": state, "active": each != "a--off"}
            for each, state in (("a--1", "Provisioned"), ("a--off", "Provisioned"), ("a--2", "Provisioning"))
        ]
        self._has(SITE, serving.WEB_APP, {"siteConfig": {}}).read_only = {"defaultHostName": "s.net"}
        self._has(f"{SITE}/slots/green", serving.SLOT, {}).read_only = {"defaultHostName": "s-green.net"}

    def _has(self, id_, type_, body):
        held = self.world.resources[id_.lower()] = Held(id_, type_, body)
        return held

    def __call__(self, method, path, body=None):
        kind = f"{arm_type(path)}/"
        version = next((each[0] for type_, each in API_VERSIONS.items() if kind.startswith(f"{type_}/")), "1")
        return self.manager.answer(Call(method, path, {"api-version": version}, body, f"Bearer {TOKEN}"))

    def ends(self, answer):
        """The status of an operation at its end."""
        where = dict(answer.headers)["Azure-AsyncOperation"].removeprefix("https://arm")
        for _ in range(10):
            found = self("GET", where)
            if found.body["status"] != "InProgress":
                return found.body
        raise AssertionError("it does not end")


@pytest.fixture
def client():
    return Client()


def traffic(client, endpoint, shares, mirror=None):
    body = {**client("GET", endpoint).body}
    body["properties"] = {**body["properties"], "traffic": shares, "mirrorTraffic": mirror or {}}
    return client("PUT", endpoint, body)


def weights(client, *given):
    names = [{"revisionName": name, "weight": weight} for name, weight in given]
    return client("PATCH", APP, {"properties": {"configuration": {"ingress": {"traffic": names}}}})


def rules(client, *given):
    made = [{"name": "r", "actionHostName": host, "reroutePercentage": share} for host, share in given]
    return client("PATCH", f"{SITE}/config/web", {"properties": {"experiments": {"rampUpRules": made}}})


def twice(client):
    client("PUT", f"{ENDPOINT}/deployments/green", {**DEPLOYMENT, "tags": {"a": "b"}})
    return client("PUT", f"{ENDPOINT}/deployments/green", DEPLOYMENT)


REFUSED = {
    "missing endpoint": lambda client: client("GET", f"{ENDPOINT}x"),
    "missing deployment": lambda client: client("GET", f"{ENDPOINT}/deployments/red"),
    "traffic to a missing deployment": lambda client: traffic(client, ENDPOINT, {"red": 100}),
    "traffic that does not sum up": lambda client: traffic(client, ENDPOINT, {"blue": 90}),
    "too many copies": lambda client: traffic(client, ENDPOINT, {"blue": 100}, {"green": 51}),
    "copies on a cluster": lambda client: traffic(client, CLUSTER, {"blue": 100}, {"green": 10}),
    "deletion with traffic": lambda client: client("DELETE", f"{ENDPOINT}/deployments/blue"),
    "deployment busy": twice,
    "too few instances": lambda client: client(
        "PUT", f"{ENDPOINT}/deployments/red", {**DEPLOYMENT, "sku": {"capacity": 0}}
    ),
    "weights that do not sum up": lambda client: weights(client, ("a--1", 90)),
    "weight of a missing revision": lambda client: weights(client, ("a--off", 100)),
    "rule of a missing slot": lambda client: rules(client, ("other.net", 10)),
    "rules over 100": lambda client: rules(client, ("s-green.net", 60), ("s-green.net", 50)),
    "missing slot": lambda client: client("POST", f"{SITE}/slotsswap", {"targetSlot": "red"}),
}


@pytest.mark.parametrize("what", SERVING)
def test_each_row_refuses(client, what):
    row, answer = SERVING[what], REFUSED[what](client)
    assert (answer.status, answer.body["error"]["code"]) == (row.status, row.code)
    start = row.text.partition("{")[0]
    assert answer.body["error"]["message"].startswith(start)
    assert "{" not in answer.body["error"]["message"]


def test_a_map_shows_at_once_and_takes_effect_at_the_end(client):
    answer = traffic(client, ENDPOINT, {"blue": 90, "green": 10})
    held = client.world.get(ENDPOINT)
    assert answer.body["properties"]["provisioningState"] == "Updating"
    assert answer.body["properties"]["traffic"] == {"blue": 90, "green": 10}
    assert serving.in_effect(held)["shares"] == {"blue": 100}
    assert client.ends(answer) == {"status": "Succeeded"}
    assert serving.in_effect(held)["shares"] == {"blue": 90, "green": 10}
    assert client("GET", ENDPOINT).body["properties"]["provisioningState"] == "Succeeded"


@pytest.mark.parametrize("of", [ENDPOINT, APP])
def test_one_operation_at_a_time(client, of):
    write = {ENDPOINT: lambda: traffic(client, ENDPOINT, {"green": 100}), APP: lambda: weights(client, ("a--1", 100))}[
        of
    ]
    first, second = write(), write()
    assert (first.status, second.status) == (200, 409)
    client.ends(first)
    assert write().status == 200


def test_an_operation_goes_on_without_its_client(client):
    traffic(client, ENDPOINT, {"blue": 90, "green": 10})
    states = [client("GET", ENDPOINT).body["properties"]["provisioningState"] for _ in range(3)]
    assert states == ["Updating", "Succeeded", "Succeeded"]


def test_one_that_fails_is_undone(client):
    client.world.faults.append(Fault(ENDPOINT, "update", late=True, code="InternalServerError"))
    answer = traffic(client, ENDPOINT, {"green": 100})
    found = client.ends(answer)
    assert (found["status"], found["error"]["code"]) == ("Failed", "InternalServerError")
    shown = client("GET", ENDPOINT).body["properties"]
    assert (shown["traffic"], shown["provisioningState"]) == ({"blue": 100}, "Failed")


@pytest.mark.parametrize("late", [False, True])
def test_what_was_accepted_is_carried_out_at_the_end_of_the_server(client, late):
    if late:
        client.world.faults.append(Fault(ENDPOINT, "update", late=True))
    traffic(client, ENDPOINT, {"green": 100})
    client.manager.operations.settle()
    held = client.world.get(ENDPOINT)
    assert serving.in_effect(held)["shares"] == ({"blue": 100} if late else {"green": 100})
    assert held.state["provisioningState"] == ("Failed" if late else "Succeeded")


def test_a_deployment_is_created_scaled_and_deleted(client):
    red = f"{ENDPOINT}/deployments/red"
    made = client("PUT", red, DEPLOYMENT)
    assert (made.status, made.body["properties"]["provisioningState"]) == (201, "Creating")
    assert client("DELETE", red).status == 409
    client.ends(made)
    scaled = client("PUT", red, {**DEPLOYMENT, "sku": {"capacity": 5}})
    assert scaled.body["properties"]["provisioningState"] == "Scaling"
    client.ends(scaled)
    assert client("GET", red).body["sku"]["capacity"] == 5
    client.ends(client("DELETE", red))
    assert client("GET", red).status == 404
    assert client("DELETE", red).status == 204


def test_the_latest_revision_is_the_newest_that_is_ready(client):
    client.ends(
        client(
            "PATCH",
            APP,
            {"properties": {"configuration": {"ingress": {"traffic": [{"latestRevision": True, "weight": 100}]}}}},
        )
    )
    assert serving.in_effect(client.world.get(APP))["shares"] == {"a--off": 100}
    shown = client("GET", APP).body["properties"]
    assert (shown["latestReadyRevisionName"], shown["latestRevisionName"]) == ("a--off", "a--2")


def test_a_merge_patch_keeps_what_it_does_not_name(client):
    client.world.get(APP).body["configuration"]["secrets"] = ["kept"]
    client.ends(weights(client, ("a--1", 100)))
    assert client.world.get(APP).body["configuration"]["secrets"] == ["kept"]


def test_a_swap_moves_what_runs_and_no_rule(client):
    rules(client, ("s-green.net", 10))
    site, slot = client.world.get(SITE), client.world.get(f"{SITE}/slots/green")
    answer = client("POST", f"{SITE}/slotsswap", {"targetSlot": "green"})
    assert client("GET", SITE).body["properties"]["slotSwapStatus"] == "InProgress"
    client.ends(answer)
    assert (serving.runs_in(site), serving.runs_in(slot)) == ("green", "production")
    assert [each["reroutePercentage"] for each in serving.rules_of(site)] == [10]


def test_a_patch_of_an_endpoint_takes_tags_and_identity_only(client):
    client("PATCH", ENDPOINT, {"tags": {"a": "b"}, "properties": {"traffic": {"green": 100}}})
    held = client.world.get(ENDPOINT)
    assert (held.body["tags"], held.body["properties"]["traffic"]) == ({"a": "b"}, {"blue": 100})


def test_a_token_is_for_one_endpoint(client):
    answer = client("POST", f"{ENDPOINT}/token").body
    told = read_scoring_token(answer["accessToken"])
    assert told
    assert told.audience == ENDPOINT.lower()
    assert int(told.ends) == answer["expiryTimeUtc"]
