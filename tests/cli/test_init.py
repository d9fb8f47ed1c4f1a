"""`mlplatform init` as a person runs it: a process of its own, in a folder of its own."""

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.slow
TENANT = "9d1e7c52-0c1f-4f6e-8a3b-7e2d4b6c8f90"
ONE, OTHER = "3b2c4f0e-7a51-4c8a-9a37-5f1c6a0d2e11", "3b2c4f0e-7a51-4c8a-9a37-5f1c6a0d2e12"


def run(*args, cwd):
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("PULUMI", "ARM", "AZURE"))}
    return subprocess.run(
        [sys.executable, "-m", "azure_mlplatform", *map(str, args)],
        cwd=cwd,
        capture_output=True,
        text=True,
        env=environment,
        check=False,
        timeout=120,
    )


@pytest.fixture
def place(tmp_path):
    """The folder of somebody who installed the package and has no repository."""
    folder = tmp_path / "a new folder"
    folder.mkdir()
    return folder


def test_the_next_command_works_as_it_is_printed(place):
    done = run("init", "churn", cwd=place)
    assert (done.returncode, done.stderr) == (0, "")
    assert [line for line in done.stdout.splitlines() if line.startswith("wrote ")] == [
        f"wrote churn/{name}"
        for name in (
            "Pulumi.yaml", "Pulumi.dev.yaml", "Pulumi.prod.yaml", "__main__.py", "requirements.txt", ".gitignore",
        )
    ]  # fmt: skip
    last = done.stdout.splitlines()[-1]
    assert last == "Next: mlplatform preview -C churn"
    _, *words = shlex.split(last.removeprefix("Next: "))
    shown = run(*words, cwd=place)
    assert (shown.returncode, "churn" in shown.stdout) == (0, True)
    assert run("check", cwd=place).returncode == 0


def test_a_folder_elsewhere_is_written_as_a_shell_takes_it(place):
    done = run("init", "churn", "-C", place, "-e", "sandbox", cwd=ROOT)
    [*_, last] = done.stdout.splitlines()
    assert shlex.split(last.removeprefix("Next: ")) == ["mlplatform", "preview", "-C", str(place / "churn")]


def test_a_project_with_all_that_is_needed_has_no_placeholder(place):
    done = run(
        "init", "churn", "-e", "sandbox", "-e", "dev", "-e", "prod", "--tenant", TENANT, "--subscription", ONE,
        "--subscription", f"prod={OTHER}", "--group", ONE.replace("3b", "4b"), "--user", ONE.replace("3b", "5b"),
        "--owner", "Retail: analytics", "--email", "retail@bank.com", "--cost-center", "4711", "--cost-code", "0815",
        "--data-product", "customers", "--location", "northeurope", "--budget", "1500", "--address-space",
        "10.9.0.0/16", cwd=place,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "laceholder" not in done.stdout
    checked = json.loads(run("check", "--json", cwd=place).stdout)
    assert (len(checked["stacks"]), checked["notices"]) == (3, [])
    assert f"subscription_id: {OTHER}" in (place / "churn" / "Pulumi.prod.yaml").read_text()
    assert f"subscription_id: {ONE}" in (place / "churn" / "Pulumi.dev.yaml").read_text()


def test_what_is_still_open_is_said_by_the_option_that_fills_it(place):
    done = run("init", "churn", "-e", "sandbox", "--owner", "retail", cwd=place)
    lines = done.stdout.splitlines()
    first = lines.index("Placeholders, which a preview takes and `pulumi up` refuses:") + 1
    said = dict(line.split(maxsplit=1) for line in lines[first : lines.index("", first)])
    assert said == {
        "--email": "project.owner_email, budget.contact_emails[0]",
        "--cost-center": "project.cost_center",
        "--subscription": "subscription_id",
        "--tenant": "tenant_id",
        "--user": "workspace.instances[0].assigned_user",
        "--group": "synapse.administrators_group_id, access.data_scientists[0]",
    }


def test_a_dry_run_prints_the_files_and_writes_nothing(place):
    done = run("init", "churn", "-e", "dev", "--dry-run", cwd=place)
    assert done.returncode == 0
    assert [*place.iterdir()] == []
    assert done.stdout.startswith("--- churn/Pulumi.yaml\n# What is the same")
    assert "\n--- churn/Pulumi.dev.yaml\n" in done.stdout
    assert "Next: mlplatform preview -C churn" in done.stderr


def test_json_has_what_was_written_what_is_open_and_the_next_command(place):
    done = run("init", "churn", "-e", "dev", "--json", cwd=place)
    found = json.loads(done.stdout)
    assert {key: found[key] for key in ("version", "command", "problems", "notices", "folder", "written", "next")} == {
        "version": 1,
        "command": "init",
        "problems": [],
        "notices": [],
        "folder": "churn",
        "written": True,
        "next": "mlplatform preview -C churn",
    }
    assert {name: (place / "churn" / name).read_text() for name in found["files"]} == found["files"]
    assert {"setting": "tenant_id", "stacks": ["dev"], "option": "--tenant"} in found["placeholders"]
    again = run("init", "churn", "--json", cwd=place)
    assert again.returncode == 2
    [problem] = json.loads(again.stdout)["problems"]
    assert problem["what"] == "NAME: 'churn' is the name of the project in churn"


def test_all_that_is_wrong_comes_at_once_by_its_option(place):
    done = run(
        "init", "Churn", "-e", "stage", "-e", "dev", "--tenant", "x", "--subscription", "qa=1", "--subscription", "1",
        "--subscription", "2", "--hub", "x", "--email", "x", "--budget", "lots", "--no-zones-reason", "short",
        cwd=place,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (2, "")
    assert "Traceback" not in done.stderr
    said = {each.split(":")[0] for each in done.stderr.split("error: ")[1:]}
    assert said == {
        "NAME", "--environment", "--tenant", "--subscription", "--hub", "--email", "--budget", "--no-zones-reason",
    }  # fmt: skip
    assert "--subscription: of all environments is given twice" in done.stderr
    assert "--subscription: the project gets no environment 'qa'" in done.stderr
    assert [*place.iterdir()] == []


def test_a_folder_that_cannot_be_written_is_one_line(place):
    done = run("init", "churn", "-C", place / "nowhere", cwd=place)
    assert done.returncode == 2
    assert done.stderr.startswith(f"error: -C {place / 'nowhere'}: is not a folder")


@pytest.mark.parametrize("words", [[], ["churn", "--budgte", "5"]])
def test_what_the_command_line_does_not_know_is_refused(place, words):
    done = run("init", *words, cwd=place)
    assert done.returncode == 2
    assert "Usage: " in done.stderr
