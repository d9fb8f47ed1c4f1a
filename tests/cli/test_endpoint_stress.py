"""`mlplatform endpoint stress` as a process, against real servers, and what it refuses."""

import json
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import jsonschema
import pytest

from support.scoring.azure_endpoints import online_deployment, online_endpoint
from support.scoring.emulated import emulated_azure
from support.scoring.tunable import tunable_server

ROOT = Path(__file__).parents[2]
SCHEMA = json.loads((ROOT / "schemas" / "output.schema.json").read_text(encoding="utf-8"))

NO_URL = "https://scoring.invalid/score"


@pytest.fixture
def body(tmp_path):
    file = tmp_path / "a body.json"
    file.write_text('{"data": [1, 2]}')
    return file


def command(*words):
    return [sys.executable, "-m", "azure_mlplatform", "endpoint", "stress", *map(str, words)]


def run(*words, environment=None, code=0):
    done = subprocess.run(
        command(*words), capture_output=True, text=True, check=False, timeout=500, env=environment, cwd=ROOT
    )
    assert done.returncode == code, done.stderr + done.stdout
    assert "Traceback" not in done.stderr
    return done


def answer(*words, **options):
    found = json.loads(run(*words, "--json", **options).stdout)
    jsonschema.validate(found, SCHEMA)
    return found


def test_all_that_is_wrong_is_said_at_once(tmp_path):
    bad = tmp_path / "bad.json"
    bad.write_text("{")
    said = run(
        NO_URL, "--top-rate", 0.5, "--ramp-steps", 1, "--runs", 0, "--errors", 2, "--bound-ms", 0, "--max-requests", 0,
        "--hold", -1, "--rate", 7, "--body", bad, "--plot", "a.pdf", "--json", code=2,
    )  # fmt: skip
    wrong = {each["file"].split()[0] for each in json.loads(said.stdout)["problems"]}
    assert wrong == {
        "--top-rate", "--ramp-steps", "--runs", "--errors", "--bound-ms", "--max-requests", "--hold", "--rate",
        "--body", "--plot",
    }  # fmt: skip
    assert "error:" in run(NO_URL, "--top-rate", 5, "--no-token", code=2).stderr, "no body"


def test_a_url_may_be_production(body):
    said = run(NO_URL, "--no-token", "--body", body, "--top-rate", 5, code=2).stderr
    assert "a URL does not say whether it is production" in said
    assert "--not-production" in said


def test_a_name_that_is_no_host_is_the_network(body):
    said = run(NO_URL, "--no-token", "--not-production", "--body", body, "--top-rate", 5, code=3).stderr
    assert "scoring.invalid" in said


@pytest.fixture
def emulated(tmp_path):
    with emulated_azure(tmp_path) as made:
        yield made


def test_a_production_endpoint_is_refused_unless_its_name_is_typed_twice(emulated, body):
    with tunable_server("v1") as server:
        id_ = online_endpoint(emulated.azure, emulated.plane, {"v1": server.url}, {"v1": 100}, environment="prod")
        words = (id_, "--body", body, "--top-rate", 20, "--hold", 0, "--recover", 0, "--max-requests", 5)
        own = emulated.variables()
        for told, why in (
            ((), "'scoring' is a production endpoint. A stress test sends more than it can carry"),
            (("--production", "scoring"), "type its name twice: --production scoring --callers-may-fail scoring"),
            (("--callers-may-fail", "scoring"), "type its name twice"),
            (("--production", "scoring", "--callers-may-fail", "scorings"), "'scorings' is not the name"),
        ):
            assert why in run(*words, *told, environment=own, code=2).stderr
        assert server.count() == 0, "not one request"
        run(*words, "--production", "scoring", "--callers-may-fail", "scoring", environment=own, code=4)
        assert server.count() == 5


def test_a_cluster_for_stress_tests_has_prods_compute_and_is_tested_without_more_words(emulated, body):
    with tunable_server("v1") as server:
        id_ = online_endpoint(
            emulated.azure, emulated.plane, {"v1": server.url}, {"v1": 100}, environment="prod", cluster="aks"
        )
        emulated.azure.world.resources[id_.lower()].body["tags"]["purpose"] = "stress-test"
        run(
            id_, "--body", body, "--top-rate", 20, "--hold", 0, "--recover", 0, "--max-requests", 5,
            environment=emulated.variables(), code=4,
        )  # fmt: skip


def test_what_the_model_refuses_is_input_and_what_the_endpoint_refuses_is_not(emulated, body, tmp_path):
    wrong = tmp_path / "wrong.json"
    wrong.write_text('{"data": ["a"]}')
    with tunable_server("v1") as server:
        said = run(server.url, "--no-token", "--body", wrong, "--top-rate", 5, code=2).stderr
        assert "the model refuses it: it answers HTTP 400" in said
        assert server.count() <= 3
        server.set(error_share=1.0, error_status=403)
        said = run(server.url, "--no-token", "--body", body, "--top-rate", 5, code=3).stderr
        assert "HTTP 403" in said
        assert "Ask its owner" in said


def test_a_test_for_azure_load_testing_sends_nothing(body, tmp_path):
    with tunable_server("v1") as server:
        words = (server.url, "--no-token", "--body", body, "--top-rate", 5000, "--engines", 4)
        found = answer(*words, "--locustfile", tmp_path / "load")
        assert {Path(each).name for each in found["files"]} == {"locustfile.py", "cases.json", "load-test.yaml"}
        assert server.count() == 0
    assert "engineInstances: 4" in (tmp_path / "load" / "load-test.yaml").read_text()


@pytest.mark.slow
def test_a_server_that_saturates_at_a_known_rate(body, tmp_path):
    """Loosely: this machine may be busy with something else. The simulated queues are the judges of the figure."""
    with tunable_server("v1", service_ms=40, parallel=2) as server:
        plots = tmp_path / "knee.png", tmp_path / "knee.svg"
        found = answer(
            server.url, "--no-token", "--body", body, "--start-rate", 5, "--top-rate", 150, "--ramp-steps", 6,
            "--step-seconds", 6, "--warm-up", 2, "--hold", 4, "--recover", 4, "--bound-ms", 4000, "--timeout", 10,
            "--plot", plots[0], "--plot", plots[1],
        )  # fmt: skip
        assert server.count() == found["requests"] + 3, "and three to see whether it answers"
    assert found["outcome"] == "knee"
    assert 30 <= found["knee"]["capacity"] <= 55, "2 at once, 40 ms each: 50 a second"
    assert found["scaling"]["instances"] is None
    assert not found["scaling"]["never_moved"], "of a URL nobody knows"
    assert plots[0].read_bytes().startswith(b"\x89PNG")
    assert "<svg" in plots[1].read_text()


@pytest.mark.slow
def test_an_autoscaler_that_adds_a_worker(emulated, body):
    """The server carries 25 a second with an instance. 12 s after more than 20 a second come, four are there: after the
    ramp, in which throughput stays behind."""
    delay, done = 12.0, threading.Event()
    grown = []
    with tunable_server("v1", service_ms=40, parallel=1) as server:
        id_ = online_endpoint(emulated.azure, emulated.plane, {"v1": server.url}, {"v1": 100}, cluster="aks")

        def autoscale():
            before = server.count()
            while not done.wait(1.0):
                before, now = server.count(), before
                if before - now > 20:
                    done.wait(delay)
                    server.set(parallel=4)
                    online_deployment(emulated.azure, id_, "v1", instances=4)
                    grown.append(time.monotonic())
                    return

        scaler = threading.Thread(target=autoscale)
        scaler.start()
        found = answer(
            id_, "--body", body, "--start-rate", 4, "--top-rate", 40, "--ramp-steps", 2, "--step-seconds", 6,
            "--warm-up", 1, "--hold-rate", 40, "--hold", 30, "--recover", 6, "--bound-ms", 2000, "--timeout", 10,
            "--poll", 1, environment=emulated.variables(),
        )  # fmt: skip
        done.set()
        scaler.join()
    assert len(grown) == 1
    seen = [each["instances"] for each in found["instances"]]
    assert seen == sorted(seen)
    assert {1, 4} == set(seen)
    assert found["scaling"]["met_again"] is not None


@pytest.mark.slow
def test_a_server_that_dies_is_left_alone(body):
    with tunable_server("v1", service_ms=2, parallel=4) as server:
        started = subprocess.Popen(
            command(
                server.url,
                "--no-token",
                "--body",
                body,
                "--start-rate",
                10,
                "--top-rate",
                40,
                "--ramp-steps",
                2,
                "--step-seconds",
                30,
                "--warm-up",
                0,
                "--recover",
                0,
                "--hold",
                0,
                "--bound-ms",
                4000,
                "--json",
            ),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        while server.count() < 60:
            time.sleep(0.2)
        server.die()
        text, said = started.communicate(timeout=200)
    assert started.returncode == 1, said
    found = json.loads(text)
    assert found["outcome"] == "breaks"
    # Half of 5 seconds' requests at 10 a second, and what waits.
    assert found["requests"] < 60 + 10 * 12


@pytest.mark.slow
def test_ctrl_c_reports_what_was_seen(body):
    with tunable_server("v1", service_ms=2, parallel=4) as server:
        started = subprocess.Popen(
            command(
                server.url,
                "--no-token",
                "--body",
                body,
                "--start-rate",
                10,
                "--top-rate",
                100,
                "--json",
                "--bound-ms",
                4000,
            ),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        while server.count() < 150:
            time.sleep(0.2)
        started.send_signal(signal.SIGINT)
        text, said = started.communicate(timeout=60)
        assert started.returncode == 130, said
        found = json.loads(text)
        jsonschema.validate(found, SCHEMA)
        assert found["outcome"] == "interrupted"
        assert found["steps"]
        assert found["requests"] + 3 == server.count()
