"""`mlplatform rights` as a person runs it, and `mlplatform local --rights`."""

import json
import os
import subprocess
import sys

import pytest

from azure_mlplatform.plan.rights import Need
from support.stacks import ROOT, rights_of_stack

pytestmark = pytest.mark.slow
GROUP = "/subscriptions/00000000-0000-0000-0000-00000000f00d/resourceGroups/rg-customer-360-churn-prod"
HUB = (
    "/subscriptions/00000000-0000-0000-0000-00000000cafe/resourceGroups/rg-hub/providers/Microsoft.Network/"
    "virtualNetworks/vnet-hub"
)


def run(*arguments, cwd=ROOT):
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("PULUMI", "ARM", "AZURE"))}
    return subprocess.run(
        [sys.executable, "-m", "azure_mlplatform", *map(str, arguments)],
        cwd=cwd,
        capture_output=True,
        text=True,
        env=environment,
        check=False,
    )


def refused(done):
    """The problems of a command that ended as it must for bad input."""
    assert (done.returncode, done.stdout) == (2, ""), done.stderr
    assert "Traceback" not in done.stderr
    return done.stderr.split("error: ")[1:]


def test_a_table_shows_each_right_by_its_owner():
    done = run("rights", "prod")
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    assert lines[0] == f"churn prod: {len(rights_of_stack(ROOT, 'prod').rights)} rights on 18 scopes"
    assert any(line.startswith(f"{GROUP}  (the environment's group") for line in lines)
    assert any(line.startswith(f"{HUB}  (what others own: ") for line in lines)
    assert "  The owner of vnet-hub makes the peering back to vnet-churn-prod:" in lines


def test_json_is_one_object_and_a_second_run_gives_the_same():
    one, other = (run("rights", "prod", "--json").stdout for _ in range(2))
    assert one == other
    found = json.loads(one)
    assert list(found) == ["version", "notices", "problems", "command", "stacks"]
    [found] = found["stacks"]
    assert (found["project"], found["stack"]) == ("churn", "prod")
    assert found["rights"] == rights_of_stack(ROOT, "prod").as_json()["rights"]
    assert {key for each in found["rights"] for key in each} == {
        "action", "scope", "needed_for", "assumed", "because",
        "deletes_held",
    }  # fmt: skip


def test_a_role_is_for_the_group_and_for_an_update_unless_it_is_said():
    role = json.loads(run("rights", "prod", "--role").stdout)
    assert role == rights_of_stack(ROOT, "prod").role(GROUP, Need.UP)
    hub = json.loads(run("rights", "prod", "--role", "--scope", HUB.lower()).stdout)
    assert hub["Actions"] == [f"Microsoft.Network/virtualNetworks/{each}/action" for each in ("join", "peer")]
    ended = json.loads(run("rights", "prod", "--role", "--for", "retirement").stdout)
    assert "Microsoft.Authorization/locks/delete" in set(ended["Actions"]) - set(role["Actions"])


def test_another_project_is_named_by_its_folder():
    done = run("rights", "dev", "-C", "projects/claims", "--for", "up")
    assert done.stdout.startswith("claims dev: ")
    assert "/delete " not in done.stdout


def test_what_is_wrong_with_the_words_is_said_at_once():
    done = run("rights", "prod", "--for", "down", "--json", "--role")
    assert done.returncode == 2
    assert [(each["file"], each["what"]) for each in json.loads(done.stdout)["problems"]] == [
        ("--json, --role", "exclude each other"),
        ("--for", "'down' is not allowed"),
    ]
    [need] = refused(run("rights", "prod", "--for", "down"))
    assert need == "--for: 'down' is not allowed\n    Allowed: up, removal, retirement\n"
    [scope] = refused(run("rights", "prod", "-C", "projects/claims", "--scope", "/x"))
    assert scope.startswith("--scope: '/x' is not a scope of this stack\n    Allowed: /subscriptions/")


def test_a_stack_that_is_not_there_or_does_not_preview_is_refused_as_elsewhere(tmp_path):
    for arguments in (("nope",), ("prod", "-C", "nowhere")):
        assert refused(run("rights", *arguments)) == refused(run("preview", *arguments))
    for file in ROOT.glob("Pulumi*.yaml"):
        text = file.read_text().replace("stacks/project", str(ROOT / "stacks" / "project"))
        (tmp_path / file.name).write_text(text.replace("location: westeurope", "location: westeurop"))
    assert refused(run("rights", "dev", "-C", tmp_path)) == refused(run("preview", "dev", "-C", tmp_path))


PROGRAM = """
import pulumi
import pulumi_azure_native as native

azure = native.Provider("azure", subscription_id="00000000-0000-0000-0000-000000000001", location="westeurope")
opts = pulumi.ResourceOptions(provider=azure)
native.sql.Server("server", resource_group_name="rg", server_name="s", opts=opts)
"""


def test_a_type_without_a_row_is_named(tmp_path):
    (tmp_path / "__main__.py").write_text(PROGRAM)
    (tmp_path / "Pulumi.yaml").write_text("name: other\nruntime: python\n")
    (tmp_path / "Pulumi.dev.yaml").write_text("config: {}\n")
    [problem] = refused(run("rights", "dev", "-C", tmp_path))
    assert problem.startswith("Pulumi.dev.yaml: server: azure-native:sql:Server has no row in catalogue/operations.py")


def test_local_authorizes_by_the_roles_in_files(tmp_path):
    """A call of the management plane, with the sign-in that the command gets."""
    (tmp_path / "role.json").write_text(json.dumps({"Actions": ["*/write"], "AssignableScopes": ["/subscriptions/s"]}))
    group = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Storage/storageAccounts/st"
    call = (
        "import os, requests\n"
        "url = f'https://{os.environ[\"ARM_METADATA_HOSTNAME\"]}'\n"
        f"path = '{group}/providers/Microsoft.Resources/tags/default?api-version=2021-04-01'\n"
        "print(requests.get(url + path, headers={'Authorization': 'Bearer emulated'}).json())\n"
    )
    allowed = run("local", "--", sys.executable, "-c", call, cwd=tmp_path)
    assert allowed.stdout == "{'properties': {'tags': {}}}\n", allowed.stderr
    denied = run("local", "--rights", "role.json", "--", sys.executable, "-c", call, cwd=tmp_path)
    assert "does not have authorization to perform action 'microsoft.resources/tags/read'" in denied.stdout
    assert "only the rights in role.json count" in denied.stderr


def test_local_says_all_files_that_are_no_roles_and_runs_nothing(tmp_path):
    (tmp_path / "empty.json").write_text("{}")
    done = run(
        "local", "--rights", "empty.json", "--rights", "none.json", "--", sys.executable, "-c", "print(5)", cwd=tmp_path
    )
    empty, none = refused(done)
    assert empty.startswith("empty.json: is no role\n    Give a role definition with Actions and AssignableScopes")
    assert none == "none.json: cannot be read (No such file or directory)\n"
    assert not (tmp_path / ".local-azure").exists()


def test_local_takes_its_options_before_the_command(tmp_path):
    done = run("local", "--world", "w", "--", sys.executable, "-c", "print(5)", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "5\n"), done.stderr
    assert (tmp_path / "w" / "world.json").exists()
