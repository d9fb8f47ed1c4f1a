"""`mlplatform explain` as a person runs it."""

import json

import pytest
import typer.testing

from azure_mlplatform.cli import edge
from azure_mlplatform.cli.app import app
from azure_mlplatform.config.explain import known


def run(*args, columns=100):
    """A command in this process, with the edge around it, which says what is refused."""

    def command() -> None:
        raise SystemExit(edge._code(lambda: app(["explain", *args], prog_name="mlplatform")))

    runner = typer.Typer()
    runner.command()(command)
    return typer.testing.CliRunner().invoke(runner, [], env={"COLUMNS": str(columns)})


def test_a_setting_has_a_page():
    done = run("workspace.clusters.vm_size")
    assert done.exit_code == 0
    lines = done.stdout.splitlines()
    assert lines[0] == "workspace.clusters.vm_size  (Pulumi.<stack>.yaml)"
    assert lines[2] == "The VM size of each node. A change replaces the nodes."
    assert "type        text" in lines
    assert "  sandbox, dev, test, prod  required in workspace.clusters" in lines
    assert lines[lines.index("example") + 1 :][:2] == ["  config:", "    azure-mlplatform:workspace:"]


@pytest.mark.parametrize("columns", [60, 100, 200])
@pytest.mark.parametrize(
    "name", ["", "network", "inference.aks", "network.egress.kind", "stress_tests", "synapse", "tags"]
)
def test_a_page_fits_the_terminal_and_100_columns(name, columns):
    lines = run(*filter(None, [name]), columns=columns).stdout.splitlines()
    # What stands in an example is pasted, so it is never broken.
    shown = lines[: lines.index("example")] if "example" in lines else lines
    assert max(map(len, shown)) <= min(columns, 100)


def test_without_a_key_the_top_ones_are_listed():
    done = run()
    top = [each.name for each in known() if "." not in each.name]
    files = ["Pulumi.yaml:", "Pulumi.<stack>.yaml:"]
    files += [f"Pulumi.<stack>.yaml of stacks/{each}:" for each in ("platform", "landing", "shared")]
    lines = [line for line in done.stdout.splitlines() if line[:1].isalpha()][:-1]
    assert [line for line in lines if line.endswith(":")] == files
    assert [line.split()[0] for line in lines if line not in files] == top
    assert done.stdout.rstrip().endswith(
        "mlplatform explain KEY explains one of them, and lists the settings below it."
    )
    only = run("--file", "project").stdout
    assert [line.split()[0] for line in only.splitlines()[:2]] == ["Pulumi.yaml:", "project"]
    assert "location" not in only


def test_json_has_all_of_it():
    found = json.loads(run("network.egress.kind", "--json").stdout)
    assert (found["version"], found["command"], found["problems"], found["notices"]) == (1, "explain", [], [])
    setting = found["setting"]
    assert (setting["name"], setting["default"], setting["required"]) == ("network.egress.kind", "nat_gateway", False)
    assert list(setting["choices"]) == ["nat_gateway", "firewall", "hub_routes"]
    listed = json.loads(run("--json", "--file", "stack").stdout)["settings"]
    assert {each["name"] for each in listed} == {each.name for each in known("stack") if "." not in each.name}
    assert found["others"] == []


def test_a_setting_of_several_programs_is_explained_for_each():
    done = run("location")
    heads = [f"location  (Pulumi.<stack>.yaml{each})" for each in ("", " of stacks/landing", " of stacks/shared")]
    assert [line for line in done.stdout.splitlines() if line.startswith("location")] == heads
    last = "`--file stack`, `--file landing` or `--file shared` explains one of them alone."
    assert done.stdout.rstrip().splitlines()[-1] == last
    alone = run("location", "--file", "shared").stdout
    assert alone.startswith(heads[2])
    assert "--file" not in alone
    assert alone.rstrip() in done.stdout
    found = json.loads(run("location", "--json").stdout)
    assert [each["kind"] for each in (found["setting"], *found["others"])] == ["stack", "landing", "shared"]


def test_a_setting_of_a_landing_has_a_page():
    lines = run("rights").stdout.splitlines()
    assert lines[0] == "rights  (Pulumi.<stack>.yaml of stacks/landing)"
    assert "  prod     optional, default ../rights.prod.json" in lines
    assert lines[-1] == "    azure-mlplatform:rights: ../rights.dev.json"


def test_what_there_is_not_is_refused_with_all_that_is_wrong():
    done = run("netwrk", "--file", "stak")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "--file: 'stak' is not allowed\n    Allowed: landing, platform-stack, project, shared, stack" in done.stderr
    assert "'netwrk' is not a setting\n    Did you mean network?" in done.stderr
    again = run("netwrk", "--json")
    assert again.exit_code == 2
    [problem] = json.loads(again.stdout)["problems"]
    assert problem["fix"] == "Did you mean network?"


def test_a_name_from_outside_is_shown_in_one_line():
    done = run("a\n::error::b\x1b[31m")
    assert "\n::error" not in done.stderr
    assert "\x1b" not in done.stderr


def test_it_is_written_to_a_file(tmp_path):
    done = run("budget", "-o", str(tmp_path / "budget.txt"))
    assert (done.exit_code, done.stdout) == (0, "")
    assert (tmp_path / "budget.txt").read_text() == run("budget").stdout
