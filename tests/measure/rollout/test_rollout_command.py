"""`mlplatform endpoint rollout` as a process, against the emulated Azure and real scoring servers: faults and all."""

import contextlib
import json
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import jsonschema
import pytest

from azure_mlplatform.emulation import serving
from support.scoring.azure_endpoints import container_app, online_endpoint, web_app
from support.scoring.emulated import EmulatedAzure, emulated_azure
from support.scoring.tunable import TunableServer, tunable_server

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[3]
SCHEMA = json.loads((ROOT / "schemas" / "output.schema.json").read_text(encoding="utf-8"))
BLUE, GREEN = {"blue": 100}, {"green": 100}
STEPS = [{"blue": 90, "green": 10}, {"blue": 50, "green": 50}]
QUICK = shlex.split(
    "--steps 10,50,100 --source probes --probe-rate 50 --probe-window 0.5s --pause 0s --settle 0s --watch 0s "
    "--baseline 5s --ratio 10 --floor 0.4 --false-alarms 0.01 --longest 240s"
)


class Stage(NamedTuple):
    emulated: EmulatedAzure
    blue: TunableServer
    green: TunableServer
    folder: Path

    def shares(self, id_):
        """What is in effect."""
        held = self.emulated.azure.world.get(id_)
        assert held is not None
        found = serving.in_effect(held)
        return {name: share for name, share in found["shares"].items() if share}

    def start(self, id_, *words, before=("-m", "azure_mlplatform"), to="green"):
        payload = self.folder / "payload.json"
        payload.write_text('{"data": [[1, 2]]}')
        command = [sys.executable, *before, "endpoint", "rollout", id_, "--to", to, *QUICK]
        return subprocess.Popen(
            [*command, "--payload", str(payload), "--journal", str(self.folder / "journal"), *words],
            env={**self.emulated.variables(), "PYTHONPATH": f"{ROOT / 'tests'}:{ROOT / 'components'}"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, id_, *words, **how):
        process = self.start(id_, *words, **how)
        out, err = process.communicate(timeout=280)
        return process.returncode, out, err


@pytest.fixture(scope="module")
def _planes(tmp_path_factory) -> Iterator[EmulatedAzure]:
    with emulated_azure(tmp_path_factory.mktemp("azure")) as emulated:
        yield emulated


@pytest.fixture
def stage(_planes, tmp_path) -> Iterator[Stage]:
    _planes.azure.reset()
    # Service times that vary much: the pauses of a busy machine are little beside them.
    how = {"service_ms": 60, "distribution": "exponential", "parallel": 16}
    with tunable_server("blue", **how) as blue, tunable_server("green", seed=2, **how) as green:
        yield Stage(_planes, blue, green, tmp_path)


@pytest.fixture
def managed(stage):
    servers = {"blue": stage.blue.url, "green": stage.green.url}
    return online_endpoint(stage.emulated.azure, stage.emulated.plane, servers, BLUE)


@contextlib.contextmanager
def going(stage, id_, *words, at=STEPS[0]):
    """A rollout that has reached a step."""
    process = stage.start(id_, *words)
    end = time.monotonic() + 280
    while stage.shares(id_) != at:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < end
        time.sleep(0.02)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def test_a_good_version_gets_all_traffic(stage, managed):
    code, out, err = stage.run(managed, "--dry-run")
    assert code == 0, err
    assert "a step of 10 % sees" in out
    assert stage.shares(managed) == BLUE
    code, out, err = stage.run(managed, "--json", "--plot", str(stage.folder / "rollout.svg"))
    assert code == 0, err
    found = json.loads(out)
    jsonschema.validate(found, SCHEMA)
    assert (found["answer"], found["traffic"], stage.shares(managed)) == ("go", GREEN, GREEN)
    assert [each["share"] for each in found["served"]] == [10, 50]
    assert "<svg" in (stage.folder / "rollout.svg").read_text()
    code, out, _ = stage.run(managed)
    assert (code, "nothing to do" in out) == (0, True)
    code, out, err = stage.run(managed, "--back", "--from", "blue")
    assert (code, stage.shares(managed)) == (0, BLUE), err


def test_errors_in_some_answers_take_it_back(stage, managed):
    stage.green.set(error_share=0.4)
    code, out, err = stage.run(managed, "--markdown")
    assert code == 1, err
    assert stage.shares(managed) == BLUE
    assert out.startswith("## Rollout of `green` on `scoring`: back")


def test_a_slow_version_is_taken_back(stage, managed):
    stage.green.set(service_ms=900)
    code, out, err = stage.run(managed)
    assert code == 1, err
    assert stage.shares(managed) == BLUE
    assert "slow requests" in out


def test_a_version_that_dies_in_the_middle_is_taken_back(stage, managed):
    with going(stage, managed, at=STEPS[1]) as process:
        stage.green.die()
        out, err = process.communicate(timeout=280)
    assert process.returncode == 1, err
    assert stage.shares(managed) == BLUE
    assert "back" in out


def test_tokens_that_end_in_the_middle_are_renewed(stage, managed):
    stage.emulated.azure.entra.scoring_seconds = 3
    try:
        code, _, err = stage.run(managed)
    finally:
        stage.emulated.azure.entra.scoring_seconds = 3600
    assert code == 0, err


def test_somebody_elses_change_is_left_alone_and_told_apart(stage, managed):
    with going(stage, managed) as process:
        held = stage.emulated.azure.world.get(managed)
        held.body = {**held.body, "properties": {**held.body["properties"], "traffic": {"blue": 70, "green": 30}}}
        held.state.pop("traffic", None)
        _, err = process.communicate(timeout=280)
    assert process.returncode == 5, err
    assert stage.shares(managed) == {"blue": 70, "green": 30}


def test_ctrl_c_says_what_the_traffic_is_and_how_to_go_on_or_back(stage, managed):
    with going(stage, managed) as process:
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert stage.shares(managed) in STEPS
    assert "interrupted. Traffic: blue" in err
    assert "go back: mlplatform endpoint rollout" in err
    code, _, err = stage.run(managed, "--back")
    assert (code, stage.shares(managed)) == (0, BLUE), err


def test_an_operation_that_azure_ends_with_a_failure_takes_traffic_back(stage, managed):
    with going(stage, managed) as process:
        stage.emulated.azure.breaks("update", status=500, code="InternalServerError", message="no luck", late=True)
        _, err = process.communicate(timeout=280)
    assert process.returncode == 3, err
    assert "no luck" in err
    assert stage.shares(managed) == BLUE


def test_throttling_and_lost_connections_are_waited_out(stage, managed):
    stage.emulated.azure.breaks("any", status=429, code="TooManyRequests", times=3, headers={"Retry-After": "1"})
    code, _, err = stage.run(managed)
    assert code == 0, err


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["--to", "gren"], "did you mean 'green'"),
        (["--from", "red"], "has no 'red'"),
        (["--steps", "50,10"], "does not ascend"),
        (["--mirror", "60"], "Allowed: 0 to 50"),
        (["--longest", "soon"], "is no time"),
        (["--dry-run", "--status"], "exclude each other"),
        (["--inconclusive", "ask"], "nobody can be asked"),
        (["--plot", "it.gif"], "no picture"),
        (["--payload", "nope"], "is not a file"),
    ],
)
def test_bad_input_changes_nothing(stage, managed, words, text):
    code, out, err = stage.run(managed, *words)
    assert (code, out) == (2, ""), err
    assert text in err
    assert "Traceback" not in err
    assert stage.shares(managed) == BLUE


def test_all_that_is_wrong_is_said_at_once(stage, managed):
    code, out, _ = stage.run(managed, "--steps", "x", "--mirror", "90", "--pause", "y", "--json")
    assert code == 2
    assert len(json.loads(out)["problems"]) == 3


def test_no_such_endpoint(stage):
    code, _, err = stage.run("/subscriptions/1/resourceGroups/g/providers/Microsoft.App/containerApps/none")
    assert code == 2, err


def test_a_version_that_is_not_ready_is_refused(stage, managed):
    stage.emulated.azure.world.get(f"{managed}/deployments/green").state["provisioningState"] = "Failed"
    code, _, err = stage.run(managed)
    assert code == 3, err
    assert "green" in err
    assert stage.shares(managed) == BLUE


def test_revisions_of_a_container_app(stage):
    weights = [
        {"revisionName": "scoring--v1", "weight": 100},
        {"revisionName": "scoring--v2", "weight": 0, "label": "new"},
    ]
    servers = {"scoring--v1": stage.blue.url, "scoring--v2": stage.green.url}
    id_ = container_app(stage.emulated.azure, stage.emulated.plane, servers, weights)
    code, _, err = stage.run(id_, to="new")
    assert code == 0, err
    assert stage.shares(id_) == {"scoring--v2": 100}


def test_slots_of_app_service_are_swapped(stage):
    servers = {"production": stage.blue.url, "staging": stage.green.url}
    id_ = web_app(stage.emulated.azure, stage.emulated.plane, servers, {})
    code, _, err = stage.run(id_, to="staging")
    assert code == 0, err
    assert stage.shares(id_) == {"production": 100}
    assert serving.runs_in(stage.emulated.azure.world.get(id_)) == "staging"
    code, _, err = stage.run(id_, to="staging")
    assert (code, serving.runs_in(stage.emulated.azure.world.get(id_))) == (0, "staging"), err
    code, _, err = stage.run(id_, "--back", to="staging")
    assert (code, serving.runs_in(stage.emulated.azure.world.get(id_))) == (0, "production"), err


@pytest.mark.parametrize("number", [2, 6, 9, 12, 18, 30])
def test_killed_after_a_call_of_azure_and_started_again_it_ends_whole(stage, managed, number):
    """Signal 9 right after the n-th call, whatever it was; then the same command again."""
    code, _, err = stage.run(managed, before=("-m", "support.kill_after", str(number)))
    assert code in (-signal.SIGKILL, 0), err
    deadline = time.monotonic() + 10
    while stage.shares(managed) not in (BLUE, *STEPS, GREEN):
        assert time.monotonic() < deadline, stage.shares(managed)
        time.sleep(0.05)
    code, _, err = stage.run(managed)
    assert code == 0, err
    assert stage.shares(managed) == GREEN
