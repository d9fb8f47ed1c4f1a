"""`mlplatform request` and `mlplatform projects` as a team runs them: processes of their own."""

import contextlib
import json
import os
import pty
import re
import shlex
import shutil
import subprocess
import sys

import pytest
import yaml

from support.requests import PLATFORM, PROJECT, ROOT, SANDBOX, changed, named, repository_at, write

pytestmark = pytest.mark.slow
DAY = ("--on", "2026-11-28")
ASKED = (
    "--tier", "project", "--why", "Score loan applications", "--owner", "lending-analytics",
    "--email", "lending@bank.com", "--requested-by", "alice@bank.com", "--project-manager", "bob@bank.com",
    "--cost-center", "CC-5120", "--cost-code", "P-2026-0311", "--cost-contact", "finance@bank.com",
    "--repository", "bank/lending", "--repository-ids", "9919,73114",
)  # fmt: skip


def run(*args, cwd, **more):
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("PULUMI", "ARM", "AZURE"))}
    return subprocess.run(
        [sys.executable, "-m", "azure_mlplatform", *map(str, args)],
        cwd=cwd,
        capture_output=True,
        text=True,
        env=environment,
        check=False,
        timeout=240,
        **more,
    )


@pytest.fixture
def root(tmp_path):
    return repository_at(tmp_path / "a new folder")


def test_from_a_request_to_a_preview_by_the_commands_that_are_printed(root):
    asked = run("request", "new", "lending", *ASKED, *DAY, cwd=root)
    assert (asked.returncode, asked.stderr) == (0, "")
    assert asked.stdout == "wrote requests/lending.yaml\nNext: mlplatform request check lending\n"
    assert sorted(each.name for each in root.iterdir()) == ["requests", "stacks"]
    checked = run(*shlex.split(asked.stdout.splitlines()[-1].removeprefix("Next: mlplatform ")), *DAY, cwd=root)
    assert (checked.returncode, checked.stdout) == (0, "1 request for 2 environments: nothing is wrong\n")

    def next_step():
        status = json.loads(run("request", "status", "lending", "--json", *DAY, cwd=root).stdout)["environments"]
        return [(each["state"], each["command"]) for each in status]

    assert next_step() == [("checked", "mlplatform request render lending")] * 2
    rendered = run("request", "render", "lending", *DAY, cwd=root)
    assert rendered.returncode == 0, rendered.stderr
    assert "wrote projects/lending/rights.prod.json" in rendered.stdout
    assert next_step() == [("checked", "gh pr create --fill")] * 2
    shown = run("preview", "-C", "projects/lending", cwd=root)
    assert shown.returncode == 0, shown.stderr
    for stack in ("dev", "prod"):
        kept = json.loads((root / "projects" / "lending" / f"rights.{stack}.json").read_text())
        now = json.loads(run("rights", stack, "-C", "projects/lending", "--json", cwd=root).stdout)
        assert kept["stacks"] == now["stacks"]
    names = json.loads((root / "projects" / "lending" / "environments.json").read_text())["environments"]
    assert names["dev"]["computes"] == ["cpu"]
    assert names["dev"]["workspace"].startswith("mlw-lending-dev-")
    suffix = yaml.safe_load((root / "projects/lending/Pulumi.dev.yaml").read_text())["config"][
        "azure-mlplatform:suffix"
    ]
    assert names["dev"]["workspace"].endswith(suffix)
    again = run("request", "render", *DAY, cwd=root)
    assert (again.returncode, again.stdout) == (0, "Everything is as it was rendered.\n")
    listed = run("projects", *DAY, cwd=root).stdout.splitlines()
    assert [re.split(r" {2,}", line) for line in listed] == [
        ["project", "environment", "owner", "cost center", "expires", "state"],
        ["lending", "dev", "lending-analytics", "CC-5120", "never", "checked"],
        ["lending", "prod", "lending-analytics", "CC-5120", "never", "checked"],
    ]


def test_all_that_is_missing_is_said_at_once_by_its_option(root):
    done = run("request", "new", "lending", "--tier", "project", "--network", "test=small", *DAY, cwd=root)
    assert (done.returncode, done.stdout) == (2, "")
    said = {line.split(" ")[1].rstrip(":") for line in done.stderr.splitlines() if line.startswith("error: ")}
    assert said == {
        "--why", "--owner", "--email", "--requested-by", "--project-manager", "--cost-center", "--cost-code",
        "--cost-contact", "--repository", "--network",
    }  # fmt: skip
    assert not (root / "requests" / "lending.yaml").exists()


def test_a_sandbox_asks_for_little(root):
    given = (*ASKED[2:10], "--cost-center", "CC-1", "--cost-contact", "f@bank.com")
    words = ("request", "new", "trial", "--tier", "sandbox", *given[:8], *given[8:], "--expires-on")
    assert run(*words, "2027-12-31", *DAY, cwd=root).stderr.startswith("error: --expires-on: ")
    done = run(*words, "2027-01-31", "--dry-run", *DAY, cwd=root)
    assert done.returncode == 0, done.stderr
    assert yaml.safe_load(done.stdout)["environments"] == [
        {
            "environment": "sandbox",
            "expires_on": "2027-01-31",
            "budget": {"amount": 500},
            "clusters": [{"name": "cpu", "vm_size": "Standard_D4ds_v5", "max_nodes": 4}],
        }
    ]
    assert not (root / "requests" / "trial.yaml").exists()


def test_a_request_that_is_there_is_not_written_again(root):
    write(root, PROJECT)
    before = (root / "requests" / "lending.yaml").read_text()
    done = run("request", "new", "lending", *ASKED, *DAY, cwd=root)
    assert done.returncode == 2
    assert "'lending' has a request" in done.stderr
    assert (root / "requests" / "lending.yaml").read_text() == before


def test_a_terminal_is_asked_for_what_is_missing(root):
    main, side = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "azure_mlplatform", "request", "new", "lending", *ASKED[:14], *ASKED[16:], *DAY],
        cwd=root,
        stdin=side,
        stdout=side,
        stderr=side,
    )
    os.close(side)
    os.write(main, b"P-2026-0311\n")
    said = b""
    with contextlib.suppress(OSError):
        while part := os.read(main, 4096):
            said += part
    assert process.wait(60) == 0, said
    assert b"who pays: cost code:" in said
    request = yaml.safe_load((root / "requests" / "lending.yaml").read_text())
    assert request["who_pays"]["cost_code"] == "P-2026-0311"


def test_what_is_wrong_is_said_with_file_and_line_and_in_json(root):
    write(root, changed(PROJECT, "region", "northeurope"))
    write(root, SANDBOX)
    done = run("request", "check", *DAY, cwd=root)
    assert (done.returncode, done.stdout) == (2, "")
    assert re.match(r"error: requests/lending.yaml:\d+: region: the platform is not in 'northeurope'\n", done.stderr)
    assert run("request", "check", "trial", *DAY, cwd=root).returncode == 0
    answer = json.loads(run("request", "check", "--json", *DAY, cwd=root).stdout)
    assert (answer["requests"], len(answer["problems"])) == (["lending", "trial"], 1)
    status = json.loads(run("request", "status", "--json", *DAY, cwd=root).stdout)["environments"]
    assert [each["state"] for each in status] == ["requested", "requested", "checked"]
    refused = run("request", "render", *DAY, cwd=root)
    assert (refused.returncode, (root / "projects").exists()) == (2, False)
    assert run("request", "render", "trial", *DAY, cwd=root).returncode == 0


def test_a_conflict_ends_with_a_finding_and_writes_nothing(root):
    write(root, SANDBOX)
    assert run("request", "render", *DAY, cwd=root).returncode == 0
    stack = root / "projects" / "trial" / "Pulumi.sandbox.yaml"
    stack.write_text(stack.read_text().replace("max_nodes: 2", "max_nodes: 3"))
    write(root, changed(SANDBOX, "environments.0.clusters.0.max_nodes", 4))
    before = stack.read_text()
    done = run("request", "render", *DAY, cwd=root)
    assert done.returncode == 1
    assert done.stdout.startswith(
        "conflict in projects/trial/Pulumi.sandbox.yaml: nothing of this project is written\n"
    )
    assert "max_nodes: 3" in done.stdout
    assert "max_nodes: 4" in done.stdout
    answer = json.loads(run("request", "render", "--json", *DAY, cwd=root).stdout)
    assert [each["file"] for each in answer["conflicts"]] == ["projects/trial/Pulumi.sandbox.yaml"]
    assert stack.read_text() == before


def test_a_dry_run_writes_nothing(root):
    write(root, SANDBOX)
    done = run("request", "render", "--dry-run", *DAY, cwd=root)
    assert (done.returncode, done.stdout.splitlines()[0]) == (0, "would write projects/trial/Pulumi.yaml")
    assert not list((root / "projects").iterdir()) if (root / "projects").exists() else True
    assert not (root / "requests" / ".rendered").exists()


def test_a_name_that_has_no_request_and_a_folder_without_requests_are_refused(root, tmp_path):
    write(root, PROJECT)
    done = run("request", "status", "lendin", cwd=root)
    assert (done.returncode, done.stdout) == (2, "")
    assert "did you mean 'lending'?" in done.stderr
    elsewhere = run("request", "check", cwd=tmp_path)
    assert (elsewhere.returncode, "has no folder requests/" in elsewhere.stderr) == (2, True)


def test_a_repository_without_any_project_says_how_to_begin(tmp_path):
    done = run("projects", cwd=tmp_path)
    assert (done.returncode, "mlplatform init NAME" in done.stdout) == (0, True)


def test_projects_without_a_request_are_listed_too(root):
    shutil.copytree(ROOT / "projects" / "claims", root / "projects" / "claims")
    write(root, named("other"))
    answer = json.loads(run("projects", "--json", *DAY, cwd=root).stdout)["environments"]
    assert [(each["project"], each["environment"], each["state"]) for each in answer] == [
        ("claims", "dev", None), ("claims", "prod", None), ("other", "dev", "checked"), ("other", "prod", "checked"),
    ]  # fmt: skip
    assert answer[0]["owner_team"] == "claims-automation"


def test_the_only_region_of_the_platform_is_taken(root):
    two = {**PLATFORM, "regions": [*PLATFORM["regions"], {"region": "northeurope", "address_pool": ["10.200.0.0/16"]}]}
    repository_at(root, platform=two)
    done = run("request", "new", "lending", *ASKED, *DAY, cwd=root)
    assert "error: --region: required, and missing" in done.stderr
    assert run("request", "new", "lending", *ASKED, "--region", "northeurope", *DAY, cwd=root).returncode == 0
