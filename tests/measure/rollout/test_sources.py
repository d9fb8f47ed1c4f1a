"""What is asked of each source, and how its answer is read: in the shape of Microsoft's clients and APIs."""

import datetime
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from typing import Any, Optional
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest

from azure_mlplatform.dynamic.arm import ArmError
from azure_mlplatform.measure.endpoints.endpoint import EndpointError, Kind
from azure_mlplatform.measure.load.client import UnreachableError
from azure_mlplatform.measure.load.measurement import Failure, Measurement
from azure_mlplatform.measure.load.schedule import constant
from azure_mlplatform.measure.rollout.evidence import EvidenceError, Minute, Served, is_failure
from azure_mlplatform.measure.rollout.platform_metrics import PlatformMetrics
from azure_mlplatform.measure.rollout.probes import Probes
from azure_mlplatform.measure.rollout.prometheus import Prometheus
from azure_mlplatform.measure.rollout.traffic_log import TrafficLog

T = 1_800_000_000.0
WORKSPACE = "/subscriptions/1/resourceGroups/g/providers/Microsoft.MachineLearningServices/workspaces/w"
ENDPOINT = f"{WORKSPACE}/onlineEndpoints/ep-o'hara"


@pytest.mark.parametrize("status", [0, 408, 424, 429, 500, 502, 503, 504])
def test_what_is_the_versions_fault_counts(status):
    assert is_failure(status)


@pytest.mark.parametrize("status", [200, 204, 301, 400, 401, 403, 404, 413])
def test_what_is_the_callers_fault_does_not(status):
    assert not is_failure(status)


def table(columns, *rows):
    from azure.monitor.query import LogsQueryResult, LogsTable

    kinds = ["datetime" if each == "minute" else "dynamic" if each == "limit" else "string" for each in columns]
    raw = LogsTable(
        name="PrimaryResult", columns=list(columns), columns_types=kinds, rows=[list(each) for each in rows]
    )
    return LogsQueryResult(tables=[raw], statistics={}, visualization={})


class Logs:
    """Log Analytics: keeps what was asked, and answers with what it is given."""

    def __init__(self, answer):
        self.answer, self.asked = answer, []

    def query_resource(self, resource, query, *, timespan):
        self.asked.append((resource, query, timespan))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    query_workspace = query_resource


def test_the_log_is_asked_of_the_workspace_by_minute_and_version():
    minute = datetime.datetime.fromtimestamp(T, datetime.UTC)
    logs = Logs(
        table(
            ("minute", "version", "requests", "failed", "slow"),
            (minute + datetime.timedelta(minutes=1), "green", 10, 1, 2),
            (minute, "Blue", 90, 0, 4),
            (minute, "red", 9, 9, 9),
        )
    )
    found = TrafficLog(logs, ENDPOINT).minutes(("blue", "green"), T, T + 120, 812.5)
    assert found == [Minute(T, {"blue": Served(90, 0, 4)}), Minute(T + 60, {"green": Served(10, 1, 2)})]
    [(resource, query, span)] = logs.asked
    assert resource == WORKSPACE
    assert span == (minute, minute + datetime.timedelta(seconds=120))
    assert "EndpointName =~ 'ep-o\\'hara'" in query
    assert "DeploymentName in~ ('blue', 'green')" in query
    assert "countif(TotalDurationMs > 812.5)" in query
    assert "code in (408, 424, 429)" in query


def test_a_log_analytics_workspace_can_be_named():
    logs = Logs(table(("limit",), (120.0,)))
    assert TrafficLog(logs, ENDPOINT, log_workspace="11111111").percentile("blue", T, T + 60) == 120
    assert logs.asked[0][0] == "11111111"


@pytest.mark.parametrize("value", [None, float("nan")])
def test_a_percentile_of_nothing_is_none(value):
    assert TrafficLog(Logs(table(("limit",), (value,))), ENDPOINT).percentile("blue", T, T + 60) is None


def refused(status, message):
    from azure.core.exceptions import HttpResponseError

    error = HttpResponseError(message)
    error.status_code = status
    return error


@pytest.mark.parametrize(
    ("answer", "word"),
    [
        (refused(403, "InsufficientAccessError"), "Microsoft.Insights/logs/AmlOnlineEndpointTrafficLog/read"),
        (refused(400, "'where' operator: Failed to resolve table or column expression"), "diagnostic setting"),
        (refused(429, "throttled"), "throttled"),
    ],
)
def test_a_log_that_cannot_be_read_says_what_to_do(answer, word):
    with pytest.raises(EvidenceError, match=word):
        TrafficLog(Logs(answer), ENDPOINT).minutes(("blue",), T, T + 60, None)


def test_a_part_of_an_answer_is_none():
    from azure.monitor.query import LogsQueryPartialResult

    part = LogsQueryPartialResult(partial_data=[], partial_error=None, statistics={}, visualization={})
    with pytest.raises(EvidenceError, match="only a part"):
        TrafficLog(Logs(part), ENDPOINT).minutes(("blue",), T, T + 60, None)


class Manager:
    def __init__(self, answers: Any) -> None:
        self.answers, self.asked = answers, []

    def begin(self):
        return self

    def list(self, path: str, api_version: str) -> Optional[list[Any]]:
        self.asked.append(
            (urlsplit(path).path, {key: value for key, [value] in parse_qs(urlsplit(path).query).items()})
        )
        assert api_version
        found: Any = self.answers(self.asked[-1]) if callable(self.answers) else self.answers
        if isinstance(found, Exception):
            raise found
        return found


def series(points, aggregation, **labels):
    return {
        "metadatavalues": [
            {"name": {"value": name, "localizedValue": name}, "value": value} for name, value in labels.items()
        ],
        "data": [
            {
                "timeStamp": datetime.datetime.fromtimestamp(at, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
                aggregation: value,
            }
            for at, value in points
        ],
    }


def metric(*found):
    return [{"name": {"value": "any"}, "timeseries": list(found)}]


@pytest.mark.parametrize(
    ("kind", "name", "aggregation", "version", "status"),
    [
        (Kind.MANAGED, "RequestsPerMinute", "average", "deployment", "statuscode"),
        (Kind.CONTAINER_APP, "Requests", "total", "revisionname", "statuscode"),
    ],
)
def test_metrics_are_read_by_version_and_status(kind, name, aggregation, version, status):
    manager = Manager(
        metric(
            series([(T, 90), (T + 60, 80)], aggregation, **{version: "blue", status: "200"}),
            series([(T, 3), (T + 60, 0)], aggregation, **{version: "blue", status: "503"}),
            series([(T, 2)], aggregation, **{version: "Green", status: "404"}),
            series([(T, 1)], aggregation, **{version: "green", status: "unknown"}),
            series([(T, 7)], aggregation, **{version: "red", status: "200"}),
            series([(T, None)], aggregation, **{version: "green", status: "429"}),
        )
    )
    found = PlatformMetrics(manager, ENDPOINT, kind).minutes(("blue", "green"), T, T + 120, 100.0)
    assert found == [
        Minute(T, {"blue": Served(93, 3), "green": Served(3, 1)}),
        Minute(T + 60, {"blue": Served(80)}),
    ]
    [(path, query)] = manager.asked
    assert path == f"{ENDPOINT}/providers/Microsoft.Insights/metrics"
    assert (query["metricnames"], query["interval"]) == (name, "PT1M")
    assert query["aggregation"].lower() == aggregation
    assert query["timespan"] == "2027-01-15T08:00:00Z/2027-01-15T08:02:00Z"


def test_slots_are_resources_of_their_own():
    def answer(asked):
        path, query = asked
        slot = "/slots/staging/" in path
        values = {"Requests": 10 if slot else 90, "Http5xx": 4 if slot else 0}
        return metric(series([(T, values[query["metricnames"]])], "total"))

    site = "/subscriptions/1/resourceGroups/g/providers/Microsoft.Web/sites/app"
    found = PlatformMetrics(Manager(answer), site, Kind.APP_SERVICE).minutes(("production", "staging"), T, T + 60, None)
    assert found == [Minute(T, {"production": Served(90, 0), "staging": Served(10, 4)})]


@pytest.mark.parametrize(
    ("answer", "word"),
    [(ArmError("403 Forbidden", 403), "Microsoft.Insights/metrics/read"), (None, "knows no resource")],
)
def test_metrics_that_cannot_be_read_say_what_to_do(answer, word):
    with pytest.raises(EvidenceError, match=word):
        PlatformMetrics(Manager(answer), ENDPOINT, Kind.MANAGED).minutes(("blue",), T, T + 60, None)


def test_metrics_have_no_percentile():
    assert PlatformMetrics(Manager([]), ENDPOINT, Kind.MANAGED).percentile("blue", T, T + 60) is None
    with pytest.raises(EvidenceError, match="no metrics of a url"):
        PlatformMetrics(Manager([]), ENDPOINT, Kind.URL).minutes(("blue",), T, T + 60, None)


@pytest.fixture
def server():
    """A Prometheus on loopback that answers each query with what it is given."""
    made = SimpleNamespace(answers={}, asked=[])

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            query = {key: value for key, [value] in parse_qs(urlsplit(self.path).query).items()}
            made.asked.append(query)
            body = json.dumps(made.answers.get(query["query"], {"status": "error", "error": "parse error"})).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format, *args):  # noqa: A002
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        made.url = f"http://127.0.0.1:{running.server_port}"
        yield made
        running.shutdown()


def matrix(*found):
    return {
        "status": "success",
        "data": {"resultType": "matrix", "result": [{"metric": labels, "values": values} for labels, values in found]},
    }


def test_prometheus_counts_by_version_and_code(server):
    server.answers = {
        "all 60s": matrix(
            ({"version": "blue", "code": "200"}, [[T + 60, "90.1"], [T + 120, "NaN"]]),
            ({"version": "blue", "code": "500"}, [[T + 60, "2"]]),
            ({"version": "green"}, [[T + 120, "5"]]),
            ({"code": "200"}, [[T + 120, "5"]]),
        ),
        "slow 0.12": matrix(({"version": "blue"}, [[T + 60, "7"]])),
        "p95": matrix(({"version": "blue"}, [[T + 60, "0.1"], [T + 120, "0.125"]])),
    }
    source = Prometheus(server.url, "all $window", slow_query="slow $slow", p95_query="p95")
    assert source.minutes(("blue", "green"), T, T + 120, 120.0) == [
        Minute(T, {"blue": Served(92.1, 2, 7)}),
        Minute(T + 60, {"green": Served(5, 5)}),
    ]
    assert (server.asked[0]["start"], server.asked[0]["end"]) == (f"{T + 60:g}", f"{T + 120:g}")
    assert source.percentile("blue", T, T + 120) == 125


def test_a_prometheus_that_does_not_answer_or_refuses_is_said(server):
    with pytest.raises(EvidenceError, match="parse error"):
        Prometheus(server.url, "nonsense").minutes(("blue",), T, T + 120, None)
    with pytest.raises(EvidenceError, match="did not answer"):
        Prometheus("http://127.0.0.1:9", "all").minutes(("blue",), T, T + 120, None)


def measured(schedule, status, seconds):
    number = len(schedule.times)
    done = schedule.times + seconds
    failure = np.zeros(number, np.int8)
    return Measurement(schedule.times, schedule.times, schedule.times, done, np.full(number, status, np.int16), failure)


def test_probes_send_both_versions_the_same():
    sent = []

    def measure(version):
        def run(schedule):
            sent.append((version, schedule.times.tolist()))
            if version == "dead":
                raise UnreachableError("no connection")
            return measured(schedule, 503 if version == "bad" else 200, 0.5 if version == "bad" else 0.1)

        return run

    source = Probes(measure, lambda _seed: constant(5, 4), lambda: T, rounds=3)
    assert source.percentile("blue", 0, 0) == pytest.approx(100)
    assert [each.of("blue") for each in source.minutes(("blue",), 0, 0, 100.5)] == [Served(20, 0, 0)] * 3
    [minute] = source.minutes(("blue", "bad"), 0, 0, 120.0)
    assert (minute.of("blue"), minute.of("bad")) == (Served(20, 0, 0), Served(20, 20, 20))
    assert sent[-1][1] == sent[-2][1]
    [minute] = source.minutes(("blue", "dead"), 0, 0, 120.0)
    assert minute.of("dead") == Served(20, 20, 0)


def test_probes_that_find_no_route_say_so():
    def measure(_version):
        raise EndpointError("it has no address")

    with pytest.raises(EvidenceError, match="no address"):
        Probes(measure, lambda _seed: constant(5, 4), lambda: T).minutes(("a", "b"), 0, 0, None)


def test_what_was_not_sent_is_not_counted():
    def measure(_version):
        def run(schedule):
            found = measured(schedule, 200, 0.1)
            found.failure[5:] = Failure.NOT_SENT
            found.status[5:] = 0
            return found

        return run

    [minute] = Probes(measure, lambda _seed: constant(5, 4), lambda: T).minutes(("a", "b"), 0, 0, 120.0)
    assert minute.of("a") == Served(5, 0, 0)


def test_microsofts_own_client_sends_and_reads_it(monkeypatch):
    """LogsQueryClient itself, with an answer of the service's API in place of the network."""
    import io

    from azure.core.credentials import AccessToken
    from azure.monitor.query import LogsQueryClient

    import requests

    sent = []

    def send(_session, request, **_options):
        sent.append(request)
        columns = [{"name": name, "type": kind} for name, kind in COLUMNS]
        rows = [["2027-01-15T08:00:00Z", "blue", 90, 1, 5]]
        body = json.dumps({"tables": [{"name": "PrimaryResult", "columns": columns, "rows": rows}]}).encode()
        answer = requests.Response()
        answer.status_code, answer.url, answer.request = 200, request.url, request
        answer.headers["Content-Type"] = "application/json"
        answer.raw, answer._content, answer._content_consumed = io.BytesIO(), body, True
        return answer

    monkeypatch.setattr(requests.Session, "send", send)
    credential: Any = SimpleNamespace(get_token=lambda *_scopes, **_options: AccessToken("token", 4_000_000_000))
    client = LogsQueryClient(credential)
    found = TrafficLog(client, ENDPOINT.replace("'", "")).minutes(("blue", "green"), T, T + 120, 100.0)
    assert found == [Minute(T, {"blue": Served(90, 1, 5)})]
    [request] = sent
    assert urlsplit(request.url).path.lower().startswith(f"/v1{WORKSPACE.lower()}/query")
    asked = json.loads(request.body)
    assert asked["query"].startswith(
        "AmlOnlineEndpointTrafficLog\n| where TimeGenerated >= datetime(2027-01-15T08:00:00"
    )
    assert asked["timespan"].startswith("2027-01-15T08:00:00")


COLUMNS = (("minute", "datetime"), ("version", "string"), ("requests", "long"), ("failed", "long"), ("slow", "long"))


def test_ctrl_c_ends_what_sends_requests():
    waited = []

    def measure(version):
        def run(schedule):
            if version == "a":
                raise KeyboardInterrupt
            waited.append(source.stopping.wait(20))
            return measured(schedule, 200, 0.1)

        return run

    source = Probes(measure, lambda _seed: constant(5, 4), lambda: T)
    with pytest.raises(KeyboardInterrupt):
        source.minutes(("a", "b"), 0, 0, None)
    assert waited == [True]
