"""`mlplatform preview --against` as a person and a pipeline run it: a process of its own, on a state in a file."""

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from azure_mlplatform.emulation.world import World
from azure_mlplatform.plan import run
from azure_mlplatform.plan.state import State
from azure_mlplatform.plan.update import Update

pytestmark = pytest.mark.slow

PROGRAM = """
import pulumi
import pulumi_azure_native as native

config = pulumi.Config()
group = native.resources.ResourceGroup("group", resource_group_name="rg", location="westeurope")
if config.get("data") != "no":
    native.storage.StorageAccount(
        "data",
        resource_group_name=group.name,
        account_name="stdata",
        location="westeurope",
        kind="StorageV2",
        sku={"name": config.get("sku") or "Standard_LRS"},
        tags={"team": config.get("team") or "a"},
        opts=pulumi.ResourceOptions(protect=config.get_bool("protect")),
    )
"""


@pytest.fixture
def project(tmp_path):
    """A program in a folder with a space, and the state of its stack."""
    folder = tmp_path / "a project"
    folder.mkdir()
    (folder / "__main__.py").write_text(PROGRAM)
    (folder / "Pulumi.yaml").write_text("name: mine\nruntime: python\n")
    settings(folder)
    update = Update(State("mine", "dev", ()), World())
    run(lambda: exec(PROGRAM, {}), project="mine", stack="dev", recorder=update)  # noqa: S102
    (folder / "state.json").write_text(exported(update.state))
    return folder


def settings(folder, **config):
    lines = "".join(f"  mine:{key}: '{value}'\n" for key, value in config.items())
    (folder / "Pulumi.dev.yaml").write_text(f"config:\n{lines}" if lines else "config: {}\n")


def exported(state):
    """The state as `pulumi stack export` writes it."""
    keys = {"property_dependencies": "propertyDependencies", "retain_on_delete": "retainOnDelete"}
    resources = [
        {keys.get(key, key): value for key, value in ((each, getattr(one, each)) for each in one.__slots__)}
        for one in state.resources
    ]
    return json.dumps({"version": 3, "deployment": {"resources": resources}})


def against(folder, *arguments, state="state.json", text=None, **environment):
    return subprocess.run(
        [sys.executable, "-m", "azure_mlplatform", "preview", *arguments, "--against", state],
        cwd=folder,
        capture_output=True,
        text=True,
        input=text,
        env={**{key: value for key, value in os.environ.items() if not key.startswith("PULUMI")}, **environment},
        check=False,
        timeout=120,
    )


def test_no_change(project):
    done = against(project)
    assert (done.returncode, done.stdout) == (0, "mine dev: no change, 2 as they are\n"), done.stderr


def test_a_change_in_place(project):
    settings(project, team="b")
    done = against(project)
    assert done.returncode == 0
    assert "update  storage account data" in done.stdout
    assert "tags.team: a  →  b" in done.stdout


def test_what_takes_data_away_has_an_exit_code_of_its_own(project):
    settings(project, data="no")
    done = against(project)
    assert done.returncode == 1
    assert "Takes away what holds data or work:\n  delete  storage account data\n      holds data" in done.stdout


def test_json_for_a_pipeline(project):
    settings(project, data="no")
    done = against(project, "--json")
    found = json.loads(done.stdout)
    [stack] = found["changed"]
    assert (done.returncode, found["version"], stack["project"], stack["stack"]) == (1, 1, "mine", "dev")
    assert (stack["same"], stack["refused"], stack["takes_away"]) == (1, False, True)
    [step] = stack["resources"]
    assert (step["operation"], step["name"], step["holds"]) == ("delete", "data", "data")
    assert found["problems"] == found["notices"] == []


def test_json_for_a_pipeline_where_all_is_refused(project):
    (project / "state.json").write_text("{}")
    done = against(project, "dev", "--json")
    found = json.loads(done.stdout)
    assert (done.returncode, found["changed"], found["command"]) == (2, [], "preview --against")
    assert [each["what"] for each in found["problems"]] == ["is not a stack's export"]


def test_markdown_for_a_pull_request(project):
    settings(project, team="b")
    lines = against(project, "--markdown").stdout.splitlines()
    assert lines[0] == "### mine dev"
    assert "| update | storage account data | tags.team: a → b |" in lines


def test_what_azure_refuses(project):
    settings(project, sku="Standard_ZRS")
    done = against(project)
    assert done.returncode == 1
    assert "Refused, so the update stops there:\n  update  storage account data\n      refused by Azure" in done.stdout


def test_what_protection_refuses(project):
    data = json.loads((project / "state.json").read_text())
    for each in data["deployment"]["resources"]:
        each["protect"] = each["urn"].endswith("::data")
    (project / "state.json").write_text(json.dumps(data))
    settings(project, data="no")
    done = against(project)
    assert done.returncode == 1
    assert "refused by protection" in done.stdout


def test_a_state_from_standard_input(project):
    done = against(project, state="-", text=(project / "state.json").read_text())
    assert (done.returncode, done.stdout) == (0, "mine dev: no change, 2 as they are\n")


def test_a_state_from_the_pulumi_cli(project, tmp_path):
    cli = tmp_path / "pulumi"
    cli.write_text(
        f'#!/bin/sh\n[ "$5" = org/dev ] && cat "{project}/state.json" || {{ echo "no stack" >&2; exit 255; }}\n'
    )
    cli.chmod(cli.stat().st_mode | stat.S_IXUSR)
    path = f"{tmp_path}:{os.environ['PATH']}"
    assert against(project, "org/dev", state="stack", PATH=path).stdout == "mine dev: no change, 2 as they are\n"
    failed = against(project, state="stack", PATH=path)
    assert failed.returncode == 2
    assert "no stack" in failed.stderr


@pytest.mark.parametrize(
    ("arguments", "state", "said"),
    [
        (["prod"], "state.json", "is the state of the stack 'dev', and 'prod' is asked for"),
        (["dev", "prod"], "state.json", "--against: is for one stack, and 2 are named: dev, prod"),
        ([], "nothing.json", "--against nothing.json: cannot be read (No such file or directory)"),
        ([], "Pulumi.yaml", "--against Pulumi.yaml: is not JSON"),
        (["--full", "--markdown"], "state.json", "--markdown, --full: exclude each other"),
        (["--unknown"], "state.json", "--against, --unknown: exclude each other"),
        (["-C", "nowhere"], "state.json", "-C nowhere: is not a folder"),
    ],
)
def test_bad_input(project, arguments, state, said):
    done = against(project, *arguments, state=state)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_state_of_another_project(project):
    (project / "Pulumi.yaml").write_text("name: other\nruntime: python\n")
    done = against(project)
    assert done.returncode == 2
    assert "is the state of the project 'mine', and Pulumi.yaml here has the name 'other'" in done.stderr


def test_without_the_pulumi_cli(project):
    done = against(project, state="stack", PATH=str(Path(sys.executable).parent / "nothing"))
    assert "--against stack: needs the Pulumi CLI on PATH" in done.stderr
    assert done.returncode == 2
