"""The commands that load an endpoint, end to end, against Azure ML's own inference server with a real model."""

import json
import shlex
import subprocess
import sys
from typing import Any, NamedTuple

import pytest

from support.scoring.azure_endpoints import online_endpoint
from support.scoring.emulated import EmulatedAzure, emulated_azure

pytestmark = pytest.mark.slow

CANDIDATES = """\
target: {percentile: 80, bound_ms: 4000, errors: 0.1, expected_rate: 20, peak_rate: 40, survives: nothing}
candidates:
- {name: as-it-is, deployment: blue}
bounds: {minutes: 6, requests: 50000}
runs: {seconds: 5, warm_up: 1}
"""


class Stage(NamedTuple):
    emulated: EmulatedAzure
    id: str
    folder: Any

    def run(self, command, words, codes=(0,)):
        (self.folder / "body.json").write_text(json.dumps({"data": [[5.1, 3.5, 1.4, 0.2]]}))
        done = subprocess.run(
            [sys.executable, "-m", "azure_mlplatform", "endpoint", command, self.id, *shlex.split(words), "--json"],
            cwd=self.folder,
            env=self.emulated.variables(),
            capture_output=True,
            text=True,
            check=False,
            timeout=500,
        )
        assert done.returncode in codes, done.stderr + done.stdout
        return json.loads(done.stdout)


@pytest.fixture
def stage(tmp_path, real_servers):
    azureml = real_servers.azureml
    with emulated_azure(tmp_path) as emulated:
        servers = {"blue": azureml.url, "green": azureml.url}
        yield Stage(emulated, online_endpoint(emulated.azure, emulated.plane, servers, {"blue": 100}), tmp_path)
    azureml.take(0)


def test_a_size_that_holds_the_target_is_recommended(stage):
    (stage.folder / "sizes.yaml").write_text(CANDIDATES)
    found = stage.run("profile", "--candidates sizes.yaml --body body.json --live")
    assert (found["outcome"], found["recommended"]) == ("recommended", "as-it-is")


def test_the_knee_of_a_server_that_takes_a_known_time_is_found(stage, real_servers):
    real_servers.azureml.take(100)
    found = stage.run(
        "stress",
        "--body body.json --start-rate 2 --top-rate 400 --ramp-steps 8 --step-seconds 4 --warm-up 1 --hold 2 "
        "--recover 3 --bound-ms 4000 --timeout 8 --max-seconds 200",
        codes=(0, 1),
    )
    assert found["outcome"] in ("knee", "broke")
    assert found["requests"] > 0


def test_a_version_that_is_no_worse_gets_all_traffic(stage):
    found = stage.run(
        "rollout",
        "--to green --steps 50,100 --source probes --payload body.json --probe-rate 20 --probe-window 0.5s --pause 0s "
        "--settle 0s --watch 0s --baseline 5s --ratio 10 --floor 0.4 --false-alarms 0.01 --longest 240s "
        "--journal journal",
    )
    assert (found["answer"], found["traffic"]) == ("go", {"green": 100})
