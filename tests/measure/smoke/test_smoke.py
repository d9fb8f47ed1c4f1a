"""`mlplatform endpoint smoke`, as a pipeline runs it, against the emulated Azure, its data plane and servers behind."""

import json
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import jsonschema
import junitparser
import pytest
import yaml

from support.scoring.azure_endpoints import container_app, online_endpoint, web_app
from support.scoring.emulated import emulated_azure
from support.scoring.tunable import tunable_server

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[3]
SCHEMA = json.loads((ROOT / "schemas" / "output.schema.json").read_text(encoding="utf-8"))

SUM = {"name": "sums up", "input": {"data": [[1, 2], [3]]}, "expected": {"version": "blue", "result": 6.0}}
SHAPE = {"name": "has a shape", "input": {"data": [1]}, "schema": {"required": ["version", "result"]}, "max_ms": 20_000}
WRONG = {"name": "is wrong", "input": {"data": [1]}, "expected": {"version": "blue", "result": 2}}


class Stage:
    """An emulated Azure, two servers, and a folder with files of cases."""

    def __init__(self, emulated, blue, green, folder):
        self.emulated, self.blue, self.green, self.folder = emulated, blue, green, folder
        self.azure, self.plane = emulated.azure, emulated.plane

    def smoke(self, endpoint, cases, *words, **variables):
        file = self.folder / "cases.yaml"
        file.write_text(cases if isinstance(cases, str) else yaml.safe_dump({"cases": cases}), encoding="utf-8")
        return subprocess.run(
            [sys.executable, "-m", "azure_mlplatform", "endpoint", "smoke", endpoint, str(file), *map(str, words)],
            cwd=self.folder,
            env={**self.emulated.variables(), **variables},
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    def answer(self, endpoint, cases, *words, code=0, **variables):
        done = self.smoke(endpoint, cases, "--json", *words, **variables)
        assert done.returncode == code, done.stdout + done.stderr
        found = json.loads(done.stdout)
        jsonschema.validate(found, SCHEMA)
        return found

    def managed(self, **how):
        servers = {"blue": self.blue.url, "green": self.green.url}
        return online_endpoint(self.azure, self.plane, servers, {"blue": 100}, **how)


@pytest.fixture(scope="module")
def _stage(tmp_path_factory):
    folder = tmp_path_factory.mktemp("smoke")
    with emulated_azure(folder) as emulated, tunable_server("blue") as blue, tunable_server("green") as green:
        yield Stage(emulated, blue, green, folder)


@pytest.fixture
def stage(_stage):
    _stage.azure.reset()
    _stage.azure.entra.scoring_seconds = 3600
    _stage.plane.untune()
    for each in (_stage.blue, _stage.green):
        each.set(service_ms=0, error_share=0, break_share=0)
    return _stage


def test_all_cases_are_sent_and_judged(stage):
    id_ = stage.managed()
    done = stage.smoke(id_, [WRONG, SUM, SHAPE])
    assert done.returncode == 1, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].startswith("failed    is wrong")
    assert lines[1].strip() == "answer.result is 1, expected 2 ± 2e-06"
    assert lines[2].startswith("passed    sums up")
    assert lines[-1] == "2 of 3 passed"
    found = stage.answer(id_, [SUM, SHAPE])
    assert (found["passed"], found["failed"], found["kind"]) == (2, 0, "managed")


def test_one_version_is_reached_before_it_has_traffic(stage):
    id_ = stage.managed()
    found = stage.answer(id_, [SUM], "--deployment", "green", code=1)
    assert found["cases"][0]["failures"] == ['answer.version is "green", expected "blue"']


def test_it_runs_against_the_other_places_too(stage):
    servers = {"scoring--v1": stage.blue.url, "scoring--v2": stage.green.url}
    app = container_app(stage.azure, stage.plane, servers, [{"revisionName": "scoring--v1", "weight": 100}])
    assert stage.answer(app, [SUM])["kind"] == "container app"
    stage.answer(app, [SUM], "--deployment", "scoring--v2", code=1)
    site = web_app(stage.azure, stage.plane, {"production": stage.blue.url, "staging": stage.green.url}, {"staging": 0})
    assert stage.answer(site, [SUM])["kind"] == "app service"
    stage.answer(site, [SUM], "--deployment", "staging", code=1)
    cluster = stage.managed(name="k", cluster="aks", auth_mode="AMLToken")
    assert stage.answer(cluster, [SUM])["kind"] == "kubernetes"
    assert stage.answer(f"{stage.blue.url}/score", [SUM], "--no-token")["kind"] == "url"


def test_an_endpoint_is_named_by_its_environment(stage):
    stage.managed(name="ep-churn-scoring-dev-abc123")
    names = {
        "subscription_id": "00000000-0000-0000-0000-000000000001",
        "resource_group": "rg",
        "workspace": "mlw",
        "online_endpoints": ["ep-churn-scoring-dev-abc123"],
    }
    file = stage.folder / "environments.json"
    file.write_text(json.dumps({"version": 1, "environments": {"dev": names}}), encoding="utf-8")
    assert stage.answer("dev/scoring", [SUM])["endpoint"].endswith("/ep-churn-scoring-dev-abc123")
    assert "did you mean 'dev'" in stage.smoke("dve/scoring", [SUM]).stderr
    file.unlink()
    done = stage.smoke("dev/scoring", [SUM])
    assert (done.returncode, "environments.json" in done.stderr) == (2, True)


def test_a_bound_on_time_and_a_status_that_is_wanted(stage):
    id_ = stage.managed()
    stage.blue.set(service_ms=300)
    [case] = stage.answer(id_, [{**SUM, "max_ms": 250}], code=1)["cases"]
    assert "allowed are 250" in case["failures"][0]
    assert case["milliseconds"] > 300
    refused = {"name": "text", "input": {"data": "x"}, "status": 424}
    assert stage.answer(id_, [refused])["passed"] == 1


def test_a_payload_that_the_model_refuses_is_shown_with_its_text(stage):
    [case] = stage.answer(stage.managed(), [{"name": "text", "input": {"data": "x"}}], code=1)["cases"]
    assert "status 424 instead of 200 (the model answered 400)" in case["failures"][0]
    assert "cannot be scored" in case["failures"][0]


def test_a_long_and_hostile_answer_is_cut_and_escaped(stage):
    class Hostile(BaseHTTPRequestHandler):
        def do_POST(self):
            self.send_response(500)
            self.end_headers()
            self.wfile.write(b"##vso[task.setvariable]\x1b[31m " + b"x" * 100_000)

        def log_message(self, *_):
            pass

    with serving(Hostile) as url:
        done = stage.smoke(url, [SUM], "--no-token")
    assert done.returncode == 1
    assert "\x1b" not in done.stdout
    assert "##vso[" not in done.stdout
    assert len(done.stdout) < 1000


def test_a_redirect_is_not_followed(stage):
    met = []

    class Redirects(BaseHTTPRequestHandler):
        def do_POST(self):
            met.append(self.path)
            self.send_response(307)
            self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    with serving(Redirects) as url:
        done = stage.smoke(url, [SUM], "--no-token")
    assert (done.returncode, met) == (1, ["/score"])
    assert "status 307 instead of 200" in done.stdout


def serving(handler):
    import contextlib

    @contextlib.contextmanager
    def block():
        server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/score"
        finally:
            server.shutdown()
            thread.join()
            server.server_close()

    return block()


def test_a_request_without_an_answer_fails_and_the_next_one_is_sent(stage):
    stage.blue.set(service_ms=100_000)
    found = stage.answer(f"{stage.blue.url}/score", [SUM, SHAPE], "--no-token", "--timeout", "0.5", code=1)
    assert [each["failures"] for each in found["cases"]] == [["no answer within 0.5 s"]] * 2


def test_a_connection_that_breaks_fails_its_case(stage):
    stage.blue.set(break_share=1)
    found = stage.answer(f"{stage.blue.url}/score", [SUM, SHAPE], "--no-token", code=1)
    assert [each["status"] for each in found["cases"]] == [0, 0]
    assert "the connection broke" in found["cases"][0]["failures"][0]


@pytest.mark.parametrize("words", [(), ("--deployment", "blu")])
def test_no_such_endpoint_or_deployment(stage, words):
    id_ = stage.managed()
    done = stage.smoke(id_ if words else f"{id_}x", [SUM], *words)
    assert done.returncode == 2
    assert done.stderr.startswith("error: ENDPOINT: ")
    assert ("did you mean 'blue'" in done.stderr) == bool(words)
    assert "Traceback" not in done.stderr


def test_a_token_that_is_not_accepted_ends_it_with_the_role_that_is_missing(stage):
    id_ = stage.managed()
    stage.plane.tune(id_, audiences=["https://another.example.com"])
    done = stage.smoke(id_, [SUM, SHAPE])
    assert done.returncode == 3
    assert "401" in done.stderr
    assert "AzureML Data Scientist" in done.stderr
    found = stage.answer(id_, [SUM, SHAPE], code=3)
    assert [each["outcome"] for each in found["cases"]] == ["not sent", "not sent"]
    assert "AzureML Data Scientist" in found["unreachable"]
    stage.plane.tune(id_, audiences=["https://ml.azure.com"], answer=403)
    assert stage.smoke(id_, [SUM]).returncode == 3
    # Somebody who tests that strangers are kept out wants a 403.
    assert stage.answer(id_, [{"name": "stranger", "input": 1, "status": 403}])["passed"] == 1


def test_a_wrong_secret_is_one_line_without_it(stage):
    done = stage.smoke(stage.managed(), [SUM], ARM_CLIENT_SECRET="a-wrong-secret")  # noqa: S106 - a wrong one
    assert done.returncode == 3
    assert "a-wrong-secret" not in done.stderr + done.stdout
    assert len(done.stderr.splitlines()) == 1


def test_no_token_is_ever_shown(stage):
    done = stage.smoke(stage.managed(), [WRONG, {"name": "text", "input": "x"}], MLPLATFORM_TRACEBACK="1")
    assert "eyJ" not in done.stdout + done.stderr
    assert "Bearer" not in done.stdout + done.stderr


def test_a_certificate_that_is_not_trusted(stage):
    id_ = stage.managed()
    # Azure's own certificate is trusted, that of the endpoint is not.
    done = stage.smoke(id_, [SUM, SHAPE], REQUESTS_CA_BUNDLE=str(stage.folder / "ca.pem"))
    assert done.returncode == 3
    assert "its certificate is not trusted" in done.stderr
    assert "REQUESTS_CA_BUNDLE" in done.stderr
    assert done.stdout.splitlines()[-1] == "0 of 2 passed"


def test_nothing_listens_there(stage):
    done = stage.smoke("http://127.0.0.1:9/score", [SUM], "--no-token")
    assert done.returncode == 3
    assert "no connection" in done.stderr
    assert "object at 0x" not in done.stderr


def test_junit_as_another_tool_reads_it(stage):
    file = stage.folder / "smoke.xml"
    assert stage.smoke(stage.managed(), [WRONG, {**SUM, "name": "<&\x07>"}], "--junit", file).returncode == 1
    [suite] = junitparser.JUnitXml.fromfile(str(file))
    assert (suite.tests, suite.failures, suite.errors) == (2, 1, 0)
    failed, passed = suite
    assert failed.name == "is wrong"
    assert failed.result[0].message == "answer.result is 1, expected 2 ± 2e-06"
    assert (passed.name, passed.result) == (r"<&\x07>", [])
    assert passed.time > 0
    assert stage.smoke("http://127.0.0.1:9/score", [SUM], "--no-token", "--junit", file).returncode == 3
    [suite] = junitparser.JUnitXml.fromfile(str(file))
    assert (suite.tests, suite.errors) == (1, 1)


@pytest.mark.parametrize(
    ("endpoint", "words", "text"),
    [
        ("nobody", (), "is no endpoint"),
        ("https://example.com/score", (), "a URL says nothing of its token"),
        ("https://example.com/score", ("--scope", "a", "--no-token"), "exclude each other"),
        ("https://example.com/score", ("--no-token", "--deployment", "blue"), "no single version"),
        ("/subscriptions/s/resourceGroups/g/providers/Microsoft.Web/sites/a", ("--no-token",), "for a URL only"),
        ("https://example.com/score", ("--no-token", "--path", "score"), "is no path"),
    ],
)
def test_what_cannot_be_asked(stage, endpoint, words, text):
    done = stage.smoke(endpoint, [SUM], *words)
    assert done.returncode in (2, 3)
    assert text in done.stderr


def test_all_that_is_wrong_in_a_file_is_an_answer_too(stage):
    found = stage.answer(stage.managed(), "cases: [{name: a, input: 1, x: 1}, {input: 2}]", code=2)
    assert len(found["problems"]) == 2


def test_both_real_servers_answer_as_their_model_does(stage, real_servers):
    """End to end: the command, Entra ID, the routing of the data plane, and the servers of Azure ML and MLflow."""
    azureml, mlflow, made = real_servers
    id_ = online_endpoint(
        stage.azure, stage.plane, {"blue": azureml.url, "green": mlflow.url}, {"blue": 100}, name="real"
    )
    inputs, scores = made.expected["inputs"], made.expected["scores"]
    as_azureml = {"name": "azureml", "input": {"data": inputs}, "expected": {"scores": scores}}
    as_mlflow = {"name": "mlflow", "input": {"inputs": inputs}, "expected": {"predictions": scores}}
    refused = {"name": "refused", "input": {"data": "x"}, "status": 424}
    assert stage.answer(id_, [as_azureml, refused])["passed"] == 2
    assert stage.answer(id_, [as_mlflow], "--deployment", "green")["passed"] == 1
    azureml.take(700)
    try:
        found = stage.answer(id_, [{**as_azureml, "max_ms": 600}], code=1)
    finally:
        azureml.take(0)
    assert found["cases"][0]["milliseconds"] > 700
