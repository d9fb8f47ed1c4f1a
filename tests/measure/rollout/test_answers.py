"""What the command answers: text, JSON, Markdown and a picture, each with its exit code. In simulated time."""

import json
import struct
from pathlib import Path

import jsonschema
import pytest
from typer.testing import CliRunner

from azure_mlplatform.cli import endpoint_rollout
from azure_mlplatform.cli.app import app
from azure_mlplatform.foundation.problems import ProblemsError
from azure_mlplatform.measure.rollout import run as runs
from support.rollouts import START, Behaviour, Callers, CallersLog, SimulatedEndpoint

SCHEMA = json.loads((Path(__file__).parents[3] / "schemas" / "output.schema.json").read_text(encoding="utf-8"))
QUICK = ("--pause", "5m", "--ratio", "3", "--longest", "6h", "--baseline", "6h")


@pytest.fixture
def command(monkeypatch, tmp_path):
    def answer(*words, callers=None, log=None, to="green", **endpoint):
        callers = callers or Callers()
        made = SimulatedEndpoint(callers, **endpoint)
        monkeypatch.setattr(endpoint_rollout, "endpoint_of", lambda *_args, **_options: made)
        monkeypatch.setattr(endpoint_rollout, "source_of", lambda *_args: CallersLog(callers, **(log or {})))
        monkeypatch.setattr(runs, "Clock", lambda: callers.clock)
        said = ["endpoint", "rollout", "prod/demand", "--to", to, *QUICK, "--journal", str(tmp_path / "j"), *words]
        return CliRunner().invoke(app, said)

    return answer


def as_json(done, code):
    assert done.exit_code == code, (done.output, done.exception)
    found = json.loads(done.stdout)
    jsonschema.validate(found, SCHEMA)
    return found


BAD = {"green": Behaviour(failed=0.5)}


def test_go_back_inconclusive_and_changed_are_told_apart(command):
    found = as_json(command("--json"), 0)
    assert (found["answer"], found["traffic"], found["alarm_at"]) == ("go", {"green": 100}, 40)
    assert [each["share"] for each in found["served"]] == [10, 25, 50]
    assert found["baseline"]["slower_than_ms"] == 120
    found = as_json(command("--json", callers=Callers(BAD)), 1)
    assert (found["answer"], found["traffic"]) == ("back", {"blue": 100})
    assert "hard guard" in found["reason"]
    found = as_json(command("--json", callers=Callers(a_minute=2)), 4)
    assert (found["answer"], found["traffic"]) == ("inconclusive", {"blue": 90, "green": 10})
    callers = Callers()
    callers.events.append((START + 600, lambda: callers.turn({"blue": 60, "green": 40}, {})))
    found = as_json(command("--json", callers=callers), 5)
    assert (found["answer"], found["traffic"]) == ("changed by others", {"blue": 60, "green": 40})


def test_a_source_that_is_lost_takes_traffic_back_with_the_code_of_azure(command):
    done = command("--json", log={"fails": lambda at: at > START + 600})
    found = as_json(done, 3)
    assert (found["answer"], found["traffic"]) == ("no evidence", {"blue": 100})


def test_the_dry_run_says_how_long_each_step_takes_and_changes_nothing(command):
    callers = Callers({"blue": Behaviour(failed=0.005)}, a_minute=180)
    found = as_json(command("--json", "--dry-run", "--steps", "1,10,100", callers=callers), 0)
    assert found["advice"][-1] == "start at 10 %"
    assert [each["share"] for each in found["needed"]] == [1, 10]
    assert found["standing"] == "not begun"
    assert callers.shares == {"blue": 100}
    done = command("--dry-run", callers=callers)
    assert done.exit_code == 0
    assert done.stdout.endswith("nothing was changed\n")


def test_the_status_says_step_and_evidence(command):
    callers = Callers(a_minute=2)
    assert command(callers=callers).exit_code == 4
    found = as_json(command("--status", "--json", callers=callers), 0)
    assert found["standing"] == "at 10 %"
    assert set(found["e_values"]) == {"failures", "slow requests"}
    done = command("--status", callers=callers)
    assert "last answer: inconclusive" in done.stdout
    done = command("--status", callers=Callers(shares={"blue": 67, "green": 33}))
    assert (done.exit_code, "at no step of this rollout" in done.stdout) == (0, True)


def test_back_is_what_was_asked_for(command):
    callers = Callers(shares={"blue": 75, "green": 25})
    found = as_json(command("--back", "--json", callers=callers), 0)
    assert (found["answer"], callers.shares) == ("back", {"blue": 100})


def test_back_knows_from_the_journal_who_had_the_traffic(command):
    callers = Callers()
    versions = dict.fromkeys(("blue", "green", "red"), "Succeeded")
    assert command(callers=callers, versions=versions).exit_code == 0
    assert command("--back", callers=callers, versions=versions).exit_code == 0
    assert callers.shares == {"blue": 100}


def test_back_without_anything_to_go_back_to_asks_for_it(command):
    done = command("--back", callers=Callers(shares={"green": 100}))
    assert isinstance(done.exception, ProblemsError)
    assert "--from: blue" in str(done.exception)


def test_a_version_with_all_traffic_is_fine_although_nobody_knows_the_old_one(command):
    done = command(callers=Callers(shares={"green": 100}))
    assert (done.exit_code, "nothing to do" in done.stdout) == (0, True)


def test_no_numbers_of_old_is_bad_input(command):
    found = as_json(command("--json", log={"hidden": {"blue"}}), 2)
    assert "No data is not health" in found["problems"][0]["what"]


def test_traffic_that_is_no_step_is_bad_input(command):
    callers = Callers(shares={"blue": 67, "green": 33})
    found = as_json(command("--json", callers=callers), 2)
    assert "no step of this rollout" in found["problems"][0]["what"]
    assert callers.shares == {"blue": 67, "green": 33}


def test_a_label_and_another_case_name_a_version(command):
    assert command(to="GREEN").exit_code == 0


def test_markdown_and_pictures(command, tmp_path):
    picture, file = tmp_path / "it.png", tmp_path / "it.txt"
    assert command("--markdown", "-o", str(file), "--plot", str(picture)).exit_code == 0
    text = file.read_text()
    assert text.startswith("## Rollout of `green` on `ep-demand`: go\n")
    assert text.count("\n| ") == 4
    data = picture.read_bytes()
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">II", data[16:24]) == (960, 540)
    drawn = [tmp_path / name for name in ("a.svg", "b.svg")]
    for each in drawn:
        assert command("--plot", str(each), callers=Callers(BAD)).exit_code == 1
    assert drawn[0].read_bytes() == drawn[1].read_bytes()


def test_a_step_can_be_extended_once(command):
    callers = Callers(a_minute=2)
    assert command("--inconclusive", "extend", callers=callers).exit_code == 4
    assert callers.at - START >= 2 * 6 * 3600
