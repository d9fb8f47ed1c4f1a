"""`mlplatform expire`, with a Pulumi CLI that notes what it was asked."""

import datetime
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from azure_mlplatform.emulation.server import write_executable

TODAY = datetime.datetime.now(datetime.UTC).date()
REQUEST = """\
project: trial
environments:
  - environment: sandbox
    expires_on: "2026-12-31"
"""

FAKE = """\
import json, pathlib, sys
here = pathlib.Path(__file__).parent
calls = here / "calls"
words = sys.argv[1:]
file = here / f"{pathlib.Path.cwd().name}.json"
state = json.loads(file.read_text()) if file.exists() else {}
if words[:2] == ["stack", "ls"]:
    print(json.dumps([{"name": name, "resourceCount": len(tags)} for name, tags in state.items()]))
elif words[:2] == ["stack", "export"]:
    tags = [{"inputs": {"tags": {"expires-on": each}}} for each in state[words[3]]]
    print(json.dumps({"deployment": {"resources": tags}}))
else:
    with calls.open("a") as noted:
        noted.write(f"{pathlib.Path.cwd().name} {' '.join(words)}\\n")
    if (here / "fails").exists() and (here / "fails").read_text() == words[0]:
        print("error: the update failed for a reason")
        sys.exit(255)
    if words[0] == "destroy":
        state[words[-2]] = []
        file.write_text(json.dumps(state))
"""


class Repository:
    """A repository with a sandbox, and a Pulumi CLI beside it."""

    def __init__(self, root: Path) -> None:
        self.root, self.bin = root / "repository", root / "bin"
        self.bin.mkdir()
        (self.bin / "pulumi.py").write_text(FAKE)
        write_executable(self.bin / "pulumi", str(self.bin / "pulumi.py"))
        (self.root / "requests").mkdir(parents=True)
        (self.root / "requests" / "trial.yaml").write_text(REQUEST)

    def stack(self, ahead: int, *, folder="projects/trial", main="../../stacks/project", stack="sandbox", **settings):
        """Writes a stack that expires in some days."""
        self.day = (TODAY + datetime.timedelta(ahead)).isoformat()
        project = self.root / folder
        project.mkdir(parents=True, exist_ok=True)
        config = {"azure-mlplatform:project": {"value": {"name": "trial"}}}
        (project / "Pulumi.yaml").write_text(
            yaml.safe_dump({"name": "trial", "runtime": {"name": "python"}, "main": main, "config": config})
        )
        own = {"environment": "sandbox", "expires_on": self.day, **settings}
        lines = [f"  azure-mlplatform:{key}: {json.dumps(each)}\n" for key, each in own.items()]
        self.file = project / f"Pulumi.{stack}.yaml"
        self.file.write_text(f"config:\n{''.join(lines)}")

    def deployed(self, stacks: dict[str, list[str]], folder: str = "trial") -> None:
        """Says which stacks of a project exist, each with the days in the tags of its resources."""
        (self.bin / f"{folder}.json").write_text(json.dumps(stacks))

    def run(self, *words: str, cli: bool = True):
        path = f"{self.bin}{os.pathsep}" if cli else ""
        return subprocess.run(
            [sys.executable, "-m", "azure_mlplatform", "expire", "-C", str(self.root), *words],
            env={**os.environ, "PATH": f"{path}/usr/bin:/bin", "PYTHONIOENCODING": "utf-8"},
            capture_output=True,
            text=True,
            check=False,
        )

    @property
    def calls(self) -> list[str]:
        found = self.bin / "calls"
        return [" ".join(each.split()[:2]) for each in found.read_text().splitlines()] if found.exists() else []

    @property
    def request(self):
        return yaml.safe_load((self.root / "requests" / "trial.yaml").read_text())["environments"][0]


@pytest.fixture
def repository(tmp_path):
    return Repository(tmp_path)


@pytest.mark.parametrize(("ahead", "code", "warning"), [(15, 0, None), (14, 1, 14), (7, 1, 7), (2, 1, 7), (1, 1, 1)])
def test_it_warns_fourteen_seven_and_one_days_ahead(repository, ahead, code, warning):
    repository.stack(ahead)
    repository.deployed({"sandbox": [repository.day]})
    done = repository.run("--json")
    [stack] = json.loads(done.stdout)["stacks"]
    assert (done.returncode, stack["warning"], stack["days_left"], stack["steps"]) == (code, warning, ahead, [])
    assert repository.calls == []


def test_what_expired_gets_an_update(repository):
    repository.stack(0)
    repository.deployed({"sandbox": [repository.day]})
    shown = repository.run("--dry-run")
    assert (shown.returncode, repository.calls) == (1, [])
    assert "due         pulumi -C projects/trial up --yes --skip-preview --stack sandbox" in shown.stdout
    done = repository.run()
    assert (done.returncode, repository.calls) == (0, ["trial up"])
    assert "at rest; it is retired on" in done.stdout


def test_what_was_never_deployed_is_not_made(repository):
    repository.stack(-20)
    done = repository.run()
    assert repository.calls == []
    assert "nothing of it is deployed" in done.stdout


def test_after_the_grace_period_it_goes_and_a_second_run_changes_nothing(repository):
    repository.stack(-14)
    repository.deployed({"sandbox": [repository.day]})
    shown = repository.run("--dry-run", "--json")
    steps = [each["step"] for each in json.loads(shown.stdout)["stacks"][0]["steps"]]
    assert (shown.returncode, steps) == (1, ["retire", "up", "destroy", "record"])
    assert "azure-mlplatform:retire" not in repository.file.read_text()

    done = repository.run()
    assert (done.returncode, repository.calls) == (0, ["trial up", "trial destroy"])
    written = yaml.safe_load(repository.file.read_text())["config"]["azure-mlplatform:retire"]
    assert written["reason"].startswith(f"Expired on {repository.day}, 14 days of grace ended on {TODAY}")
    assert (repository.request["retiring_since"], repository.request["retired_on"]) == (f"{TODAY}", f"{TODAY}")

    files = [each.read_bytes() for each in sorted(repository.root.rglob("*.yaml"))]
    again = repository.run()
    assert (again.returncode, len(repository.calls)) == (0, 2)
    assert files == [each.read_bytes() for each in sorted(repository.root.rglob("*.yaml"))]


@pytest.mark.parametrize("fails", ["up", "destroy"])
def test_a_run_that_failed_is_taken_up(repository, fails):
    repository.stack(-14)
    repository.deployed({"sandbox": [repository.day]})
    (repository.bin / "fails").write_text(fails)
    done = repository.run("--json")
    steps = {each["step"]: each for each in json.loads(done.stdout)["stacks"][0]["steps"]}
    assert done.returncode == 1
    assert steps["retire"]["done"]
    assert not steps["record"]["done"]
    assert "the update failed for a reason" in steps[fails]["error"]
    assert "retired_on" not in repository.request
    (repository.bin / "fails").unlink()
    assert repository.run().returncode == 0
    assert repository.calls[-2:] == ["trial up", "trial destroy"]
    assert "retired_on" in repository.request


def test_a_record_that_was_missed_is_made(repository):
    repository.stack(-14, retire={"reason": "It expired, ML-3"})
    repository.deployed({"sandbox": []})
    assert repository.run().returncode == 0
    assert (repository.calls, repository.request["retired_on"]) == ([], f"{TODAY}")


def test_a_wrong_year_destroys_nothing(repository):
    repository.stack(-300)
    repository.deployed({"sandbox": [(TODAY + datetime.timedelta(65)).isoformat()]})
    done = repository.run()
    assert (done.returncode, repository.calls) == (1, [])
    assert "what runs was deployed to expire on" in done.stdout
    assert "azure-mlplatform:retire" not in repository.file.read_text()


def test_a_landing_goes_after_its_environment_and_not_before(repository):
    repository.stack(-14, folder="projects/trial/landing", main="../../../stacks/landing")
    repository.stack(-14)
    repository.deployed({"sandbox": [repository.day]}, "landing")
    repository.deployed({"sandbox": [repository.day]})
    (repository.bin / "fails").write_text("destroy")
    failed = repository.run()
    assert repository.calls == ["trial up", "trial destroy"]
    assert "waits: projects/trial sandbox goes first" in failed.stdout
    (repository.bin / "fails").unlink()
    (repository.bin / "calls").unlink()
    assert repository.run().returncode == 0
    assert repository.calls == ["trial up", "trial destroy", "landing up", "landing destroy"]
    landing = repository.root / "projects" / "trial" / "landing" / "Pulumi.sandbox.yaml"
    assert "azure-mlplatform:retire" in landing.read_text()


def test_a_landing_waits_for_an_environment_with_a_longer_grace_period(repository):
    repository.stack(-14, folder="projects/trial/landing", main="../../../stacks/landing")
    repository.stack(-14, expiry_grace_days=30)
    repository.deployed({"sandbox": [repository.day]}, "landing")
    repository.deployed({"sandbox": [repository.day]})
    done = repository.run()
    assert repository.calls == ["trial up"]
    assert "waits: projects/trial sandbox goes first" in done.stdout


@pytest.mark.parametrize("environment", ["dev", "prod"])
def test_no_date_ends_what_is_promoted(repository, environment):
    repository.stack(-200, environment=environment, stack=environment)
    repository.deployed({environment: [repository.day]})
    done = repository.run()
    assert (done.returncode, repository.calls) == (1, [])
    assert f"No date stops a {environment}" in done.stdout


def test_without_the_cli_it_can_only_look(repository):
    repository.stack(0)
    assert repository.run("--dry-run", cli=False).returncode == 1
    refused = repository.run(cli=False)
    assert (refused.returncode, "needs the Pulumi CLI on PATH" in refused.stderr) == (2, True)


def test_another_day_is_for_looking_only(repository):
    repository.stack(30)
    repository.deployed({"sandbox": [repository.day]})
    later = (TODAY + datetime.timedelta(31)).isoformat()
    assert repository.run("--on", later).returncode == 2
    assert "due" in repository.run("--on", later, "--dry-run").stdout


def test_what_cannot_be_read_does_not_hide_the_rest(repository):
    repository.stack(5)
    repository.stack(0, folder="projects/other", environment="sandbx", expiry_grace_days="x")
    repository.stack(0, folder="projects/date", expires_on="soon")
    done = repository.run()
    assert done.returncode == 1
    assert "projects/trial sandbox: expires on" in done.stdout
    for each in ("'sandbx' is not an environment", "'x' is not a number of days", "'soon' is not a day"):
        assert each in done.stderr


def test_a_repository_in_which_nothing_expires_says_so(repository):
    done = repository.run()
    assert (done.returncode, done.stdout) == (0, "nothing here expires: no stack has expires_on\n")
