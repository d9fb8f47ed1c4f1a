"""The stacks over Pulumi's real protocol: a process of their own, and an engine on loopback that speaks gRPC.

The engine's answers are the plan's; what this shows is that a program talks the protocol as the plan
believes it does, in `pulumi preview` and in `pulumi up`, and what a person sees when it refuses.
"""

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import grpc
import pytest
from google.protobuf import empty_pb2
from pulumi.runtime.proto import engine_pb2_grpc, resource_pb2, resource_pb2_grpc

from azure_mlplatform.config.files import stack_config
from azure_mlplatform.plan import run_stack
from azure_mlplatform.plan.recorder import Log, Recorder
from support.programs import BY_BLOB

ROOT = Path(__file__).parents[2]
HOST = Path(__file__).parent / "language_host.py"
pytestmark = pytest.mark.slow


class Monitor(resource_pb2_grpc.ResourceMonitorServicer):
    def __init__(self, recorder):
        self.recorder = recorder

    def GetDeploymentInfo(self, request, context):  # noqa: N802
        return self.recorder.GetDeploymentInfo(request)

    def SupportsFeature(self, request, context):  # noqa: N802
        return resource_pb2.SupportsFeatureResponse(hasSupport=self.recorder.SupportsFeature(request).hasSupport)

    def RegisterResource(self, request, context):  # noqa: N802
        return self.recorder.RegisterResource(request)

    def ReadResource(self, request, context):  # noqa: N802
        return self.recorder.ReadResource(request)

    def RegisterResourceOutputs(self, request, context):  # noqa: N802
        return self.recorder.RegisterResourceOutputs(request)

    def SignalAndWaitForShutdown(self, request, context):  # noqa: N802
        return empty_pb2.Empty()


class Engine(engine_pb2_grpc.EngineServicer):
    def __init__(self, log):
        self.log = log

    def Log(self, request, context):  # noqa: N802
        self.log.Log(request)
        return empty_pb2.Empty()


@contextmanager
def engine(project, stack, *, known, existing=None):
    recorder, log = Recorder(project, stack, known=known, existing=existing), Log()
    server = grpc.server(ThreadPoolExecutor(4))
    resource_pb2_grpc.add_ResourceMonitorServicer_to_server(Monitor(recorder), server)
    engine_pb2_grpc.add_EngineServicer_to_server(Engine(log), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield f"127.0.0.1:{port}", recorder, log
    finally:
        server.stop(None).wait()


def pulumi(folder, stack, *, dry_run, known=True, texts=None, secret_keys=None, existing=None):
    """What `pulumi preview` (dry_run) or `pulumi up` would do, as (exit code, resources, messages, output)."""
    config = stack_config(folder, stack)
    project = config.project.data["name"]
    program = (folder / config.project.data["main"]).resolve()
    with engine(project, stack, known=known, existing=existing) as (address, recorder, log):
        done = subprocess.run(
            [sys.executable, HOST, program, address, address, project, stack, folder, "true" if dry_run else "false"],
            env={
                **os.environ,
                "PULUMI_CONFIG": json.dumps(texts or config.texts),
                "PULUMI_CONFIG_SECRET_KEYS": json.dumps(secret_keys or config.secret_keys),
            },
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        return (
            done.returncode,
            sorted(recorder.planned, key=lambda each: each.urn),
            log.messages,
            done.stdout + done.stderr,
        )


@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_up_registers_what_the_plan_shows(stack):
    code, resources, messages, output = pulumi(ROOT, stack, dry_run=False)
    plan = run_stack(ROOT, stack)
    assert (code, tuple(messages), output) == (0, plan.messages, "")
    assert [each.as_json() for each in resources] == [each.as_json() for each in plan.resources]
    assert [each.outputs for each in resources if not each.custom] == [
        each.outputs for each in plan.resources if not each.custom
    ]


def test_a_first_preview_registers_what_the_plan_shows_as_unknown():
    code, resources, messages, output = pulumi(ROOT, "prod", dry_run=True, known=False)
    assert (code, messages, output) == (0, [("warning", BY_BLOB.format("customers"))], "")
    plan = run_stack(ROOT, "prod", known=False)
    assert [each.as_json() for each in resources] == [each.as_json() for each in plan.resources]


def test_bad_settings_say_the_same_through_pulumi_up_and_nothing_is_made(tmp_path):
    for file in ROOT.glob("Pulumi*.yaml"):
        text = file.read_text().replace("stacks/project", str(ROOT / "stacks" / "project"))
        (tmp_path / file.name).write_text(text.replace("location: westeurope", "location: westeurop"))
    code, resources, messages, output = pulumi(tmp_path, "dev", dry_run=False)
    assert code == 1
    assert [each.kind for each in resources] == ["Stack"]
    [(severity, text)] = messages
    assert severity == "error"
    assert text.startswith("Pulumi.dev.yaml:4: azure-mlplatform:location: 'westeurop' is not an Azure region")
    assert "did you mean 'westeurope'?" in text
    assert "Traceback" not in text + output


def test_a_decrypted_secret_in_bad_settings_is_not_shown(tmp_path):
    for file in ROOT.glob("Pulumi*.yaml"):
        text = file.read_text().replace("stacks/project", str(ROOT / "stacks" / "project"))
        (tmp_path / file.name).write_text(text.replace("location: westeurope", "location: {secure: v1:x}"))
    texts = {**stack_config(tmp_path, "dev").texts, "azure-mlplatform:location": "hunter2"}
    code, _, messages, output = pulumi(
        tmp_path, "dev", dry_run=False, texts=texts, secret_keys=["azure-mlplatform:location"]
    )
    assert code == 1
    assert "'[secret]' is not an Azure region" in messages[0][1]
    assert "hunter2" not in str(messages) + output


def test_another_subscription_is_refused_without_a_traceback(tmp_path):
    for file in ROOT.glob("Pulumi*.yaml"):
        text = file.read_text().replace("main: stacks/project", "main: program")
        (tmp_path / file.name).write_text(text)
    (tmp_path / "program").mkdir()
    (tmp_path / "program" / "__main__.py").write_text(
        "import pulumi\n"
        "import pulumi_azure_native as native\n"
        "from azure_mlplatform import ProjectEnvironment, ProjectEnvironmentArgs, stack_settings\n"
        "elsewhere = native.Provider('azure', subscription_id='elsewhere')\n"
        "args = ProjectEnvironmentArgs(settings=stack_settings(), today='2026-01-15')\n"
        "ProjectEnvironment('churn', args, pulumi.ResourceOptions(providers=[elsewhere]))\n"
    )
    code, resources, messages, output = pulumi(tmp_path, "dev", dry_run=False)
    assert code == 1
    made = {each.kind for each in resources if each.type.startswith("azure-native")}
    assert made == {"ResourceGroup"}
    assert "but the environment is in elsewhere" in messages[0][1]
    assert "Traceback" not in messages[0][1] + output


@pytest.mark.parametrize("dry_run", [True, False])
def test_another_network_mode_is_refused_and_nothing_is_put_into_the_workspace(dry_run):
    [made] = run_stack(ROOT, "dev").of_type("azure-native:machinelearningservices:Workspace")
    existing = {made.id: {"managedNetwork": {"isolationMode": "AllowOnlyApprovedOutbound"}}}
    code, resources, messages, output = pulumi(ROOT, "dev", dry_run=dry_run, existing=existing)
    assert code == 1
    assert (
        "workspace.network_mode: the workspace has a managed network, and an update does not change" in messages[0][1]
    )
    assert not {"Compute", "Datastore"} & {each.kind for each in resources}
    assert "Traceback" not in messages[0][1] + output


@pytest.mark.parametrize("dry_run", [True, False])
def test_an_adopted_lake_is_refused_as_workspace_storage(tmp_path, dry_run):
    lake = "/subscriptions/00000000-0000-0000-0000-00000000cafe/resourceGroups/r/providers/Microsoft.Storage"
    lake += "/storageAccounts/stlake"
    for file in ROOT.glob("Pulumi*.yaml"):
        text = file.read_text().replace("stacks/project", str(ROOT / "stacks" / "project"))
        text = text.replace("network_mode: own", f"network_mode: own\n    storage_account_id: {lake}")
        (tmp_path / file.name).write_text(text)
    code, resources, messages, output = pulumi(
        tmp_path, "dev", dry_run=dry_run, existing={lake: {"isHnsEnabled": True}}
    )
    assert code == 1
    assert f"workspace.storage_account_id: '{lake}': the account has a hierarchical namespace" in messages[0][1]
    assert "azure-native:machinelearningservices:Workspace" not in {each.type for each in resources}
    assert "Traceback" not in messages[0][1] + output
    code, resources, messages, output = pulumi(
        tmp_path, "dev", dry_run=dry_run, existing={lake: {"isHnsEnabled": False}}
    )
    assert (code, messages, output) == (0, [], "")
