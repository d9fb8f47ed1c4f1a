import asyncio
import gc
import os
import subprocess
import sys
import threading
from pathlib import Path

import pulumi
import pulumi_azure_native as native
import pulumi_random as random
import pytest
from pulumi import resource as sdk_resource

from azure_mlplatform.plan import UNKNOWN, run, run_stack
from azure_mlplatform.plan.recorder import RecordingError
from azure_mlplatform.settings import ProblemsError

PROJECT = "name: mine\nruntime: python\nmain: program\nconfig:\n  mine:shared: {value: from-project}\n"


def write(folder, program, *, project=PROJECT, helper=None, **stacks):
    (folder / "program").mkdir()
    (folder / "Pulumi.yaml").write_text(project)
    (folder / "program" / "__main__.py").write_text(program)
    if helper:
        (folder / "program" / "helper.py").write_text(helper)
    for name, text in stacks.items():
        (folder / f"Pulumi.{name}.yaml").write_text(text)
    return folder


def test_a_group_and_what_is_in_it():
    def program():
        group = native.resources.ResourceGroup("g", resource_group_name="rg-a", location="westeurope")
        native.network.VirtualNetwork("v", resource_group_name=group.name, virtual_network_name="vnet-a")
        pulumi.export("id", group.id)

    plan = run(program, project="p", stack="s")
    [group], stack, [vnet] = plan.of_type("ResourceGroup"), plan.root, plan.of_type("VirtualNetwork")
    assert plan.outputs == {"id": group.id}
    assert vnet.input("resourceGroupName") == "rg-a"
    assert vnet.id == f"{group.id}/providers/Microsoft.Network/virtualNetworks/vnet-a"
    assert vnet.parent == stack.urn == "urn:pulumi:s::p::pulumi:pulumi:Stack::p-s"
    assert vnet.dependencies == (group.urn,)
    assert vnet.property_dependencies["resourceGroupName"] == (group.urn,)


def test_pulumis_sdk_is_left_as_it_was():
    """Importing the mock kit changes nothing, and a run puts back what it changes, also where the program fails."""
    code = (
        "from pulumi import resource; before = resource.collapse_alias_to_urn; import azure_mlplatform.testing; "
        "assert resource.collapse_alias_to_urn is before"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
    before, inside = sdk_resource.collapse_alias_to_urn, []

    def seen():
        inside.append(sdk_resource.collapse_alias_to_urn)

    def program():
        seen()
        other = threading.Thread(target=run, args=(seen,))
        other.start()
        other.join()
        seen()
        raise pulumi.RunError("no")

    with pytest.raises(pulumi.RunError):
        run(program)
    assert before not in inside
    assert len(inside) == 3
    assert sdk_resource.collapse_alias_to_urn is before


def test_in_a_first_preview_nothing_is_known_that_azure_answers():
    def program():
        group = native.resources.ResourceGroup("g", resource_group_name="rg-a")
        pulumi.export("name", group.name)
        pulumi.export("tags", group.tags)
        pulumi.export("drawn", random.RandomString("r", length=6).result)

    assert run(program, known=False).outputs == {"name": UNKNOWN, "tags": UNKNOWN, "drawn": UNKNOWN}


def test_what_is_not_emulated_stays_unknown():
    def program():
        account = native.batch.BatchAccount("b", account_name="batch", resource_group_name="rg")
        pulumi.export("endpoint", account.account_endpoint)
        pulumi.export("id", account.id)

    assert run(program).outputs == {"endpoint": UNKNOWN, "id": UNKNOWN}


def test_a_part_that_azure_adds_to_an_input_is_unknown_and_not_none():
    def program():
        vnet = native.network.VirtualNetwork(
            "v",
            resource_group_name="rg",
            virtual_network_name="v",
            flow_timeout_in_minutes=4,
            tags={"a": "b"},
            subnets=[{"name": "s", "address_prefix": "10.0.0.0/24"}],
        )
        pulumi.export("subnet", vnet.subnets)
        pulumi.export("timeout", vnet.flow_timeout_in_minutes)
        pulumi.export("tags", vnet.tags)

    assert run(program).outputs == {"subnet": UNKNOWN, "timeout": 4, "tags": {"a": "b"}}


def test_urns_have_the_types_of_all_parents():
    class Part(pulumi.ComponentResource):
        def __init__(self, name, parent=None):
            super().__init__("a:b:Part", name, None, pulumi.ResourceOptions(parent=parent))

    def program():
        random.RandomString("r", length=1, opts=pulumi.ResourceOptions(parent=Part("inner", Part("outer"))))

    [drawn] = run(program, project="p", stack="s").of_type("RandomString")
    assert drawn.urn == "urn:pulumi:s::p::a:b:Part$a:b:Part$random:index/randomString:RandomString::r"


def test_inputs_are_what_the_provider_gets():
    def program():
        native.operationalinsights.Workspace(
            "w",
            resource_group_name="rg",
            retention_in_days=30,
            workspace_capping={"daily_quota_gb": 1.5},
            tags={"secret": pulumi.Output.secret("hunter2")},
        )

    [workspace] = run(program).of_type("Workspace")
    assert workspace.inputs == {
        "resourceGroupName": "rg",
        "retentionInDays": 30,
        "tags": {"secret": "[secret]"},
        "workspaceCapping": {"dailyQuotaGb": 1.5},
    }
    assert type(workspace.inputs["retentionInDays"]) is int


def test_options_are_kept():
    def program():
        first = random.RandomString("first", length=1, opts=pulumi.ResourceOptions(protect=True))
        opts = pulumi.ResourceOptions(
            depends_on=[first],
            ignore_changes=["special", "override_special"],
            delete_before_replace=True,
            retain_on_delete=True,
            aliases=[pulumi.Alias(name="old")],
        )
        random.RandomString("second", length=1, opts=opts)

    first, second = run(program).of_type("RandomString")
    assert (first.protect, second.protect) == (True, False)
    assert second.dependencies == (first.urn,)
    assert second.ignore_changes == ("special", "overrideSpecial")
    assert (second.delete_before_replace, second.retain_on_delete, second.aliases) == (True, True, ("old",))


def test_no_urn_is_made_of_the_many_aliases_that_the_sdk_gives():
    aliases = []

    def program():
        aliases.extend(native.resources.ResourceGroup("group", resource_group_name="rg")._aliases)

    run(program)
    assert aliases
    assert all(isinstance(each, pulumi.Alias) for each in aliases)


@pytest.mark.parametrize(
    ("program", "error", "text"),
    [
        (lambda: native.resources.get_resource_group("rg"), RecordingError, "calls Azure"),
        (lambda: native.resources.get_resource_group_output("rg"), RecordingError, "calls Azure"),
        (lambda: [random.RandomString("same", length=1) for _ in range(2)], RecordingError, "two resources"),
        (lambda: pulumi.Output.from_input(1).apply(lambda _: 1 / 0), ZeroDivisionError, "division"),
        (lambda: 1 / 0, ZeroDivisionError, "division"),
    ],
)
def test_what_a_program_cannot_do_is_raised(program, error, text, caplog):
    with pytest.raises(error, match=text):
        run(program)
    gc.collect()
    assert caplog.records == []


@pytest.mark.filterwarnings("ignore")
def test_an_output_inside_a_text_is_found():
    def program():
        group = native.resources.ResourceGroup("g", resource_group_name="rg")
        native.network.VirtualNetwork("v", resource_group_name=f"{group.name}-x")

    with pytest.raises(RecordingError, match="output inside a text"):
        run(program)


def test_an_error_of_one_run_does_not_reach_the_next():
    with pytest.raises(ZeroDivisionError):
        run(lambda: 1 / 0)
    assert run(lambda: None).azure_resources == []


def test_runs_leave_nothing_behind(monkeypatch):
    monkeypatch.setattr(pulumi.runtime.settings.SETTINGS, "stack", "outer")
    seen = []
    for stack in ("one", "two"):
        run(lambda: seen.append((pulumi.get_stack(), pulumi.Config("n").get("k"))), stack=stack, config={"n:k": stack})
    assert seen == [("one", "one"), ("two", "two")]
    assert pulumi.get_stack() == "outer"
    assert pulumi.Config("n").get("k") is None
    with pytest.raises(RuntimeError, match="no running event loop"):
        asyncio.get_running_loop()


def test_an_asynchronous_program_is_awaited():
    async def main():
        await asyncio.sleep(0)
        return {"answer": 42}

    assert run(lambda: pulumi.run(main)).outputs == {"answer": 42}


def test_what_a_program_logs_is_kept():
    def program():
        pulumi.log.debug("debug")
        pulumi.log.info("info")
        pulumi.log.warn("careful")

    assert run(program).messages == (("info", "info"), ("warning", "careful"))


def test_a_stack_gets_its_own_settings_and_the_projects(tmp_path):
    program = (
        "import pulumi\nconfig = pulumi.Config()\n"
        "pulumi.export('shared', config.require('shared'))\n"
        "pulumi.export('own', config.require_object('own'))\n"
        "pulumi.export('secret', config.require_secret('token'))\n"
        "root = pulumi.runtime.settings.get_root_directory()\n"
        "pulumi.export('where', [pulumi.get_project(), pulumi.get_stack(), root])\n"
    )
    stack = "config:\n  mine:own: [1, two]\n  mine:token: {secure: v1:x}\n"
    plan = run_stack(write(tmp_path, program, dev=stack), "dev")
    assert plan.outputs == {
        "shared": "from-project",
        "own": [1, "two"],
        "secret": "[secret]",
        "where": ["mine", "dev", str(tmp_path)],
    }


def test_a_program_runs_in_its_folder_and_its_helpers_are_forgotten(tmp_path):
    here, paths = Path.cwd(), list(sys.path)
    program = "import os, pulumi, helper\npulumi.export('cwd', os.getcwd())\npulumi.export('helper', helper.VALUE)\n"
    folders = [tmp_path / "one", tmp_path / "two"]
    for value, folder in enumerate(folders):
        folder.mkdir()
        write(folder, program, helper=f"VALUE = {value}\n", dev="")
    plans = [run_stack(folder, "dev") for folder in folders]
    assert [plan.outputs for plan in plans] == [
        {"cwd": str(folder / "program"), "helper": value} for value, folder in enumerate(folders)
    ]
    assert (Path.cwd(), sys.path) == (here, paths)
    assert "helper" not in sys.modules


def test_a_program_that_fails_leaves_the_folder_too(tmp_path):
    here = Path.cwd()
    with pytest.raises(ZeroDivisionError):
        run_stack(write(tmp_path, "1 / 0\n", dev=""), "dev")
    assert Path.cwd() == here


def test_main_can_be_a_file_or_the_project_itself(tmp_path):
    (tmp_path / "Pulumi.dev.yaml").touch()
    (tmp_path / "__main__.py").write_text("import pulumi\npulumi.export('ran', 'folder')\n")
    (tmp_path / "other.py").write_text("import pulumi\npulumi.export('ran', 'file')\n")
    for main, ran in (("", "folder"), ("main: other.py\n", "file")):
        (tmp_path / "Pulumi.yaml").write_text(f"name: p\nruntime: python\n{main}")
        os.utime(tmp_path / "Pulumi.yaml", ns=(len(main), len(main)))
        assert run_stack(tmp_path, "dev").outputs == {"ran": ran}


def test_a_missing_program_says_so(tmp_path):
    (tmp_path / "Pulumi.yaml").write_text("name: p\nruntime: python\nmain: nowhere\n")
    (tmp_path / "Pulumi.dev.yaml").touch()
    with pytest.raises(ProblemsError, match="main: 'nowhere'"):
        run_stack(tmp_path, "dev")


def test_what_is_read_answers_as_far_as_it_is_known_to_exist():
    id_ = "/subscriptions/s/resourceGroups/g"

    def program():
        group = native.resources.ResourceGroup.get("g", id_)
        native.resources.ResourceGroup("made", resource_group_name="made", location=group.location, tags=group.tags)

    plan = run(program, existing={id_.upper(): {"location": "westeurope"}})
    [made] = plan.of_type("ResourceGroup")
    assert (made.input("location"), made.input("tags")) == ("westeurope", UNKNOWN)
    assert made.dependencies == ()
    assert not any(made.property_dependencies.values())


def test_what_exists_answers_where_changes_are_ignored_and_only_there():
    seen = {}

    def program():
        group = native.resources.ResourceGroup(
            "g",
            resource_group_name="g",
            location="westeurope",
            managed_by="new",
            opts=pulumi.ResourceOptions(ignore_changes=["managedBy"]),
        )
        group.managed_by.apply(lambda each: seen.update(managed_by=each))
        group.location.apply(lambda each: seen.update(location=each))

    id_ = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/g"
    run(program, existing={id_: {"managedBy": "old", "location": "northeurope"}})
    assert seen == {"managed_by": "old", "location": "westeurope"}
    run(program)
    assert seen == {"managed_by": "new", "location": "westeurope"}
