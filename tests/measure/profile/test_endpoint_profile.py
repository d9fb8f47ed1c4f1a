"""`mlplatform endpoint profile` end to end: real requests to real servers behind an emulated Azure."""

import contextlib
import json
import signal
import subprocess
import sys
import threading
import time

import pytest
import yaml

from azure_mlplatform.emulation import serving
from support.scoring.azure_endpoints import online_endpoint
from support.scoring.emulated import emulated_azure
from support.scoring.tunable import tunable_server

pytestmark = pytest.mark.slow

FILE = {
    # Lateness of 100 ms is allowed: a machine of two cores that others use, too, is late.
    "target": {"percentile": 50, "bound_ms": 2000, "errors": 0.05, "expected_rate": 20, "peak_rate": 20},
    "runs": {"seconds": 2, "warm_up": 0.5, "most": 8, "resolution": 0.5},
    "bounds": {"minutes": 10, "requests": 4000},
    "candidates": [
        {"name": "slow", "vm_size": "Standard_D2ds_v4", "instances": 2},
        {"name": "fast", "vm_size": "Standard_D4ds_v4", "instances": 2, "workers": 4},
        {"name": "dear", "vm_size": "Standard_D8ds_v4", "instances": 2},
    ],
}
PRICES = """region,service,sku,meter,price,currency,unit,source,day
westeurope,Virtual Machines,Standard_D2ds_v4,D2ds v4,0.1,EUR,1 Hour,a test,2026-11-28
westeurope,Virtual Machines,Standard_D4ds_v4,D4ds v4,0.2,EUR,1 Hour,a test,2026-11-28
westeurope,Virtual Machines,Standard_D8ds_v4,D8ds v4,0.4,EUR,1 Hour,a test,2026-11-28
"""


class Stage:
    """An emulated endpoint, behind whose candidates a server stands as soon as they are made."""

    def __init__(self, emulated, id_, servers, folder):
        self.emulated, self.id, self.folder = emulated, id_, folder
        self._servers = servers
        self._ends = threading.Event()
        self._watch = threading.Thread(target=self._back)
        self._watch.start()
        (folder / "sizes.yaml").write_text(yaml.safe_dump(FILE))
        (folder / "request.json").write_text('{"data": [1, 2]}')
        (folder / "prices.csv").write_text(PRICES)

    def _back(self):
        seen = set()
        while not self._ends.wait(0.02):
            for name in set(self.deployments()) - seen:
                seen.add(name)
                if name.startswith("pf-"):
                    self.emulated.plane.backs(self.id, name, self._servers[name.rsplit("-", 1)[-1]].url)

    def end(self):
        self._ends.set()
        self._watch.join()

    def deployments(self):
        held = list(self.emulated.azure.world.resources.values())
        return sorted(each.id.rsplit("/", 1)[-1] for each in held if each.type == serving.DEPLOYMENT)

    def start(self, *words, endpoint=""):
        return subprocess.Popen(
            [
                *(sys.executable, "-m", "azure_mlplatform", "endpoint", "profile", endpoint or self.id),
                *("--candidates", "sizes.yaml", "--body", "request.json", *words),
            ],
            cwd=self.folder,
            env=self.emulated.variables(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *words, **more):
        process = self.start(*words, **more)
        out, err = process.communicate(timeout=550)
        return process.returncode, out, err

    def waits_for(self, condition):
        ends = time.monotonic() + 60
        while not condition():
            assert time.monotonic() < ends
            time.sleep(0.05)


@pytest.fixture
def stage(tmp_path):
    with (
        emulated_azure(tmp_path) as emulated,
        tunable_server("blue") as blue,
        tunable_server("slow", service_ms=100, parallel=1) as slow,
        tunable_server("fast", service_ms=20, parallel=8) as fast,
    ):
        id_ = online_endpoint(emulated.azure, emulated.plane, {"blue": blue.url}, {"blue": 100})
        found = Stage(emulated, id_, {"slow": slow, "fast": fast, "dear": fast}, tmp_path)
        with contextlib.closing(_Ending(found)):
            yield found
        assert blue.count() == 0, "the live version got no request"


class _Ending:
    def __init__(self, stage):
        self.close = stage.end


def test_it_recommends_the_cheapest_that_holds_and_leaves_nothing(stage):
    code, out, err = stage.run("--prices", "prices.csv", "--plot", "it.png", "--plot", "it.svg", "--json")
    assert code == 0, err + out
    answer = json.loads(out)
    slow, fast, dear = answer["candidates"]
    assert (answer["outcome"], answer["recommended"]) == ("recommended", "fast")
    assert (slow["fate"], fast["fate"], dear["fate"]) == ("fails", "wins", "dearer")
    assert fast["cost"]["amount"] == pytest.approx(0.2 * 730 * 2)
    assert fast["made"]
    assert fast["model"].endswith("/models/churn/versions/blue")
    assert dear["deployment"] is None
    assert (stage.folder / "it.png").stat().st_size > 10_000
    assert (stage.folder / "it.svg").read_text().startswith("<?xml")
    assert stage.deployments() == ["blue"]
    assert answer["money"] > 0
    assert "slow: deploying 'pf-" in err
    # Each deployment was measured by its header, and the live one by nobody.
    log = stage.emulated.plane.log(stage.id)
    assert {each["deployment"].rsplit("-", 1)[-1] for each in log} == {"slow", "fast"}
    assert len(log) == pytest.approx(answer["requests"], rel=0.02)


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_and_the_end_of_a_job_take_away_what_was_made(stage, sent):
    process = stage.start()
    stage.waits_for(lambda: len(stage.deployments()) == 2)
    stage.waits_for(lambda: stage.emulated.plane.log(stage.id))
    process.send_signal(sent)
    _, err = process.communicate(timeout=120)
    assert process.returncode == 130, err
    assert stage.deployments() == ["blue"]


def test_what_a_kill_left_is_gone_after_the_next_start(stage):
    process = stage.start()
    stage.waits_for(lambda: len(stage.deployments()) == 2)
    process.kill()
    process.communicate()
    [left] = [each for each in stage.deployments() if each != "blue"]
    (stage.folder / "sizes.yaml").write_text(yaml.safe_dump(FILE | {"bounds": {"minutes": 0.1, "requests": 100}}))
    code, out, err = stage.run("--json")
    assert code == 4, err
    answer = json.loads(out)
    assert (answer["outcome"], answer["taken_away"]) == ("inconclusive", [left])
    assert f"taking away '{left}', which an interrupted run left" in err
    assert stage.deployments() == ["blue"]


def test_all_that_is_wrong_is_said_at_once_and_nothing_is_deployed(stage):
    wrong = {"candidates": [{"name": "a", "like": "grey"}, {"name": "b", "instance_type": "gpu"}]}
    (stage.folder / "sizes.yaml").write_text(yaml.safe_dump(FILE | wrong))
    code, out, err = stage.run()
    assert (code, out) == (2, "")
    assert "sizes.yaml:5: candidates[0].like: scoring has no 'grey'" in err
    assert "sizes.yaml:7: candidates[1].instance_type: cannot be chosen here: scoring is a managed endpoint" in err
    code, out, err = stage.run("--body", "missing.json", "--plot", "it.gif", "--json")
    assert code == 2
    places = [each["file"] for each in json.loads(out)["problems"]]
    assert places == ["--body", "--plot"]
    code, out, err = stage.run(endpoint=f"{stage.id}x")
    assert code == 2
    assert "error: ENDPOINT: " in err
    assert stage.deployments() == ["blue"]


def test_money_is_bounded_only_where_it_is_known(stage):
    (stage.folder / "sizes.yaml").write_text(yaml.safe_dump(FILE | {"bounds": {"money": 5}}))
    code, _, err = stage.run()
    assert code == 2
    assert err.count("has no price, and bounds.money bounds what it may cost") == 3


def test_a_dry_run_deploys_nothing_and_says_what_would_be(stage):
    code, out, err = stage.run("--dry-run", "--prices", "prices.csv")
    assert code == 0, err
    assert "slow: 146 EUR a month, 2 instances; needs 40 a second, measured in 4 runs of 2 s or more" in out
    assert '"WORKER_COUNT": "4"' in out
    assert "Ends after 10 minutes, 4,000 requests at the latest" in out
    code, out, err = stage.run("--dry-run", "--json")
    answer = json.loads(out)
    assert (code, answer["outcome"], answer["nearest"]) == (0, "dry run", None)
    assert [each["required_rate"] for each in answer["candidates"]] == [40, 40, 40]
    assert not [each for each in stage.emulated.azure.calls if each.method != "GET"]


def test_a_model_that_refuses_the_body_is_bad_input(stage):
    (stage.folder / "request.json").write_text("{}")
    code, out, err = stage.run("--json")
    assert code == 2, err
    [why] = {each["why"] for each in json.loads(out)["candidates"]}
    assert why == "answers no request: HTTP 424. Look at its answer: mlplatform endpoint smoke"
    assert stage.deployments() == ["blue"]
