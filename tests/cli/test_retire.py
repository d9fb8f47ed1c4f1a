"""`mlplatform request retire`: what is shown, and what is written."""

import json
import os
import shutil
import subprocess
import sys

import pytest
import yaml

from support.stacks import ROOT

REQUEST = """\
project: explore
# The trial of a quarter.
environments:
  - environment: sandbox
    expires_on: "2027-02-26"
"""


@pytest.fixture
def repository(tmp_path):
    """A repository with one sandbox."""
    shutil.copytree(ROOT / "projects" / "explore", tmp_path / "projects" / "explore")
    shutil.copytree(ROOT / "stacks", tmp_path / "stacks")
    (tmp_path / "requests").mkdir()
    (tmp_path / "requests" / "explore.yaml").write_text(REQUEST)
    return tmp_path


def run(repository, *words, code=0, path="/usr/bin:/bin"):
    done = subprocess.run(
        [sys.executable, "-m", "azure_mlplatform", "request", "retire", *words, "-C", str(repository)],
        env={**os.environ, "PATH": path, "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done


def request(repository):
    return yaml.safe_load((repository / "requests" / "explore.yaml").read_text())["environments"][0]


def test_it_shows_and_writes_nothing(repository):
    before = {each: each.read_bytes() for each in repository.rglob("*.yaml")}
    done = run(repository, "explore")
    assert "AI services" in done.stdout or "AI service" in done.stdout
    steps = [each for each in done.stdout.splitlines() if each.strip().startswith(("pulumi", "mlplatform"))]
    assert [each.split()[0] for each in steps] == [
        "mlplatform",
        "mlplatform",
        "pulumi",
        "pulumi",
        "mlplatform",
        "mlplatform",
        "mlplatform",
    ]
    assert before == {each: each.read_bytes() for each in repository.rglob("*.yaml")}


def test_the_same_as_json(repository):
    [found] = json.loads(run(repository, "explore", "sandbox", "--json", "--on", "2026-12-01").stdout)["environments"]
    kinds = {each["kind"] for each in found["obstacles"]}
    assert {"soft-deleted name", "DNS link", "data", "role outside"} <= kinds
    # A vault of a sandbox is held for a week, its workspace for two.
    assert found["free_on"] == "2026-12-15"
    assert {each["free_on"] for each in found["obstacles"]} == {None, "2026-12-03", "2026-12-08", "2026-12-15"}


def test_a_beginning_and_an_end_leave_a_tombstone(repository):
    said = run(repository, "explore", "sandbox", "--reason", "The trial ended, ML-3", "--on", "2026-12-01").stdout
    assert [each.strip() for each in said.splitlines() if each.startswith("  wrote")] == [
        "wrote projects/explore/Pulumi.sandbox.yaml",
        "wrote requests/explore.yaml",
    ]
    config = yaml.safe_load((repository / "projects" / "explore" / "Pulumi.sandbox.yaml").read_text())["config"]
    assert config["azure-mlplatform:retire"] == {"reason": "The trial ended, ML-3"}
    assert request(repository) == {"environment": "sandbox", "retiring_since": "2026-12-01", "expires_on": "2027-02-26"}
    again = run(repository, "explore", "sandbox", "--reason", "Another reason", "--on", "2026-12-02").stdout
    assert "wrote" not in again
    # What is done is no step any more.
    assert "--reason" not in again

    done = run(repository, "explore", "sandbox", "--destroyed", "--on", "2026-12-03")
    assert "free on 2026-12-17" in done.stdout
    assert done.stderr.startswith("warning: nobody looked whether projects/explore sandbox is destroyed: ")
    assert request(repository)["retired_on"] == "2026-12-03"
    assert "# The trial of a quarter." in (repository / "requests" / "explore.yaml").read_text()
    assert "Nothing is left to write" in run(repository, "explore", "--destroyed", code=2).stderr


def test_nothing_is_said_to_be_destroyed_that_is_there(repository, tmp_path_factory):
    folder = tmp_path_factory.mktemp("bin")
    (folder / "pulumi").write_text('#!/bin/sh\necho \'[{"name": "sandbox", "resourceCount": 7}]\'\n')
    (folder / "pulumi").chmod(0o755)
    done = run(repository, "explore", "--destroyed", code=2, path=f"{folder}:/usr/bin:/bin")
    assert "the stack sandbox of projects/explore still has 7 resources" in done.stderr
    assert "retired_on" not in request(repository)


def test_of_what_was_destroyed_nothing_is_left(repository):
    file = repository / "requests" / "explore.yaml"
    file.write_text(REQUEST + '    retiring_since: "2026-12-01"\n    retired_on: "2026-12-03"\n')
    said = run(repository, "explore", "sandbox", "--on", "2026-12-04").stdout
    assert "retired on 2026-12-03: nothing is left to destroy" in said
    assert "1. Take its files away\n       mlplatform request render explore" in said
    shutil.rmtree(repository / "projects")
    [found] = json.loads(run(repository, "explore", "--json", "--on", "2026-12-04").stdout)["environments"]
    assert (found["retired_on"], found["free_on"], found["obstacles"]) == ("2026-12-03", "2026-12-17", [])
    assert [each["what"][:15] for each in found["steps"]] == ["From 2026-12-17"]
    for word in (("--reason", "Once more, ML-3"), ("--destroyed",)):
        refused = run(repository, "explore", *word, code=2).stderr
        assert "explore sandbox was retired on 2026-12-03\n    Nothing is left to write" in refused


@pytest.fixture
def landed(tmp_path):
    """A repository with the lending project and its landing."""
    for part in ("projects/lending", "stacks", "requests"):
        shutil.copytree(ROOT / part, tmp_path / part)
    return tmp_path


def test_a_landing_ends_too(landed):
    found = json.loads(run(landed, "lending", "dev", "--json", code=1).stdout)["environments"][0]
    names = {each["name"] for each in found["obstacles"] if each["kind"] == "federated credential"}
    assert names == {"github-lending-dev-ids", "github-lending-dev-release-ids"}
    own, landing = "pulumi -C projects/lending", "pulumi -C projects/lending/landing"
    commands = [each["command"] for each in found["steps"] if (each["command"] or "").startswith("pulumi")]
    assert commands == [
        f"{own} up --stack dev",
        f"{own} destroy --stack dev",
        f"{landing} up --stack dev && {landing} destroy --stack dev",
    ]
    # Once it has begun, what a person has to end is no reason to stop.
    run(landed, "lending", "dev", "--reason", "The project ended, ML-3", code=0)
    for folder in ("projects/lending", "projects/lending/landing"):
        assert "azure-mlplatform:retire:" in (landed / folder / "Pulumi.dev.yaml").read_text()


def test_a_landing_that_is_there_is_not_said_to_be_destroyed(landed, tmp_path_factory):
    folder = tmp_path_factory.mktemp("bin")
    (folder / "pulumi").write_text(
        '#!/bin/sh\ncase "$PWD" in *landing) echo \'[{"name": "dev", "resourceCount": 7}]\';; *) echo "[]";; esac\n'
    )
    (folder / "pulumi").chmod(0o755)
    done = run(landed, "lending", "dev", "--destroyed", code=2, path=f"{folder}:/usr/bin:/bin")
    assert done.stderr == (
        "error: --destroyed: the stack dev of projects/lending/landing still has 7 resources\n"
        "    pulumi -C projects/lending/landing destroy --stack dev\n"
    )
    assert "retired_on" not in (landed / "requests" / "lending.yaml").read_text()


def test_what_has_expired_can_be_retired(repository):
    file = repository / "projects" / "explore" / "Pulumi.sandbox.yaml"
    file.write_text(file.read_text().replace("2027-02-26", "2026-01-01"))
    assert "in this order" in run(repository, "explore").stdout


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (("explor",), "'explor' has no stacks in projects/; did you mean 'explore'?"),
        (("explore", "dev"), "'dev' is no stack of explore"),
        (("../explore",), "has no stacks"),
        (("explore", "--reason", "short"), "fewer than 10 characters"),
        (("explore", "--reason", "The trial ended", "--destroyed"), "exclude each other"),
    ],
)
def test_what_cannot_be_retired_is_said(repository, words, what):
    done = run(repository, *words, code=2)
    assert what in done.stderr
    assert "retire" not in (repository / "projects" / "explore" / "Pulumi.sandbox.yaml").read_text().replace(
        "retires", ""
    )
