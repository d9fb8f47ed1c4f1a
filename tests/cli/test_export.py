"""What is written for Synapse, by a process of its own, and judged by Synapse's own models."""

import json
import shutil
import subprocess
import sys
from copy import deepcopy
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
TELEMETRY = ROOT / "projects" / "telemetry"
WORKSPACE = (
    "/subscriptions/00000000-0000-0000-0000-0000007e1e0f/resourceGroups/rg-telemetry-prod/providers"
    "/Microsoft.MachineLearningServices/workspaces/mlw-telemetry-prod-abc123"
)
URI = "https://bep-teleme-anomalies-prod-abc123.westeurope.inference.ml.azure.com/jobs"
OUTPUTS = {"workspace_id": WORKSPACE, "batch_scoring_uris": {"anomalies": URI}}
NAME = "score-telemetry-anomalies-prod"
FILES = {f"pipeline/{NAME}.json", f"pipeline/{NAME}-attempt.json", f"trigger/{NAME}-schedule.json"}
MARK = "azure-mlplatform telemetry prod"
pytestmark = pytest.mark.slow


def export(repository, *args, outputs=OUTPUTS, folder=TELEMETRY):
    text = outputs if isinstance(outputs, str) else json.dumps(outputs)
    return subprocess.run(
        [
            *(sys.executable, "-m", "azure_mlplatform", "export", "synapse", str(repository)),
            *("--stack", "prod", "--outputs", "-", "-C", str(folder), *args),
        ],
        input=text,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def written(repository):
    files = (each for each in repository.rglob("*.json") if each.is_file())
    return {each.relative_to(repository).as_posix(): each.read_text() for each in files}


@pytest.fixture
def project(tmp_path):
    folder = tmp_path / "project"
    shutil.copytree(TELEMETRY, folder)
    return folder


@pytest.fixture
def repository(tmp_path):
    folder = tmp_path / "synapse"
    folder.mkdir()
    return folder


def change(project, **batch):
    file = project / "Pulumi.prod.yaml"
    data = yaml.safe_load(file.read_text())
    data["config"]["azure-mlplatform:batch"].update(batch)
    file.write_text(yaml.safe_dump(data))


def test_what_is_written_is_what_synapse_reads(repository):
    from azure.synapse.artifacts import _serialization, models

    done = export(repository)
    assert (done.returncode, done.stderr) == (0, "3 files: 3 written, 0 removed\n")
    assert set(done.stdout.splitlines()) == {f"written: {each}" for each in FILES}
    found = {name: json.loads(text) for name, text in written(repository).items()}
    assert set(found) == FILES
    kinds = {name: each for name, each in vars(models).items() if isinstance(each, type)}
    read, write = _serialization.Deserializer(kinds), _serialization.Serializer(kinds)

    def understood(document):
        """What is left of a document once Synapse's own models have read and written it."""
        kind = "TriggerResource" if "runtimeState" in document["properties"] else "PipelineResource"
        # It writes milliseconds where there are none.
        return json.loads(json.dumps(write.body(read(kind, deepcopy(document)), kind)).replace(".000Z", "Z"))

    for name, document in found.items():
        state = {"runtimeState": document["properties"]["runtimeState"]} if name.startswith("trigger/") else {}
        back = understood(document)
        # The state is the service's own to write.
        assert {**back["properties"], **state} == document["properties"]
        assert (Path(name).stem, document["properties"]["annotations"]) == (document["name"], [MARK])
    document = found[f"pipeline/{NAME}-attempt.json"]
    document["properties"]["activities"][0]["typeProperties"]["turnOffAsync"] = True
    assert "turnOffAsync" not in json.dumps(understood(document))


def test_what_azure_gave_and_the_settings_say_stands_in_the_files(repository):
    export(repository)
    attempt = json.loads((repository / f"pipeline/{NAME}-attempt.json").read_text())["properties"]
    defaults = {name: each.get("defaultValue") for name, each in attempt["parameters"].items()}
    assert (defaults["workspace_id"], defaults["scoring_uri"]) == (WORKSPACE, URI)
    assert "connectVia" not in json.dumps(attempt)
    trigger = json.loads((repository / f"trigger/{NAME}-schedule.json").read_text())["properties"]
    assert trigger["runtimeState"] == "Started"
    assert trigger["typeProperties"]["recurrence"]["interval"] == 6


def test_a_second_time_nothing_changes(repository):
    export(repository)
    done = export(repository, "--json")
    assert (done.returncode, json.loads(done.stdout)["files"]) == (0, {})
    assert done.stderr == ""
    done = export(repository)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "3 files: 0 written, 0 removed\n")


def test_check_touches_nothing_and_says_so(repository):
    done = export(repository, "--check")
    assert done.returncode == 1
    assert set(done.stdout.splitlines()) == {f"would be written: {each}" for each in FILES}
    assert written(repository) == {}
    export(repository)
    assert export(repository, "--check").returncode == 0
    old = {"pipeline/old.json": json.dumps({"properties": {"annotations": [MARK]}})}
    (repository / "pipeline/old.json").write_text(old["pipeline/old.json"])
    before = written(repository)
    done = export(repository, "--check")
    assert (done.returncode, done.stdout) == (1, "would be removed: pipeline/old.json\n")
    assert written(repository) == before


def test_what_the_settings_no_longer_have_goes_and_nothing_else_does(repository, project):
    export(repository, folder=project)
    others = {
        "pipeline/ours.json": '{"name": "ours", "properties": {"annotations": ["by hand"]}}',
        "pipeline/broken.json": "{",
        "pipeline/list.json": "[]",
        "pipeline/empty.json": "{}",
        "pipeline/properties.json": '{"properties": []}',
        "notebook/a.json": f'{{"properties": {{"annotations": ["{MARK}"]}}}}',
        "trigger/dev.json": '{"properties": {"annotations": ["azure-mlplatform telemetry dev"]}}',
    }
    for name, text in others.items():
        (repository / name).parent.mkdir(exist_ok=True)
        (repository / name).write_text(text)
    (repository / "trigger" / "folder.json").mkdir()
    job = {"name": "drift", "deployment": "pipeline", "active": False, "output": {"folder": "drift"}}
    change(project, jobs=[{**job, "schedule": {"frequency": "Hour", "time_zone": "UTC"}}])
    uris = {"drift": URI.replace("teleme-anomalies", "telemetry-drift")}
    done = export(repository, "--json", folder=project, outputs={**OUTPUTS, "batch_scoring_uris": uris})
    new = {each.replace("anomalies", "drift") for each in FILES}
    assert json.loads(done.stdout)["files"] == dict.fromkeys(new, "written") | dict.fromkeys(FILES, "removed")
    found = written(repository)
    assert set(found) == new | set(others)
    assert {name: found[name] for name in others} == others
    assert '"runtimeState": "Stopped"' in found[f"trigger/{NAME}-schedule.json".replace("anomalies", "drift")]


def test_a_published_pipeline_brings_its_linked_service(repository, project):
    job = {"name": "old", "mode": "published_pipeline", "output": {"folder": "old"}}
    change(
        project,
        jobs=[
            {
                **job,
                "published_pipeline_id": "00000000-0000-0000-0000-0000000000b1",
                "schedule": {"frequency": "Hour", "time_zone": "UTC"},
            }
        ],
    )
    assert export(repository, folder=project, outputs={"workspace_id": WORKSPACE}).returncode == 0
    attempt = json.loads((repository / "pipeline/score-telemetry-old-prod-attempt.json").read_text())
    [activity] = attempt["properties"]["activities"]
    assert activity["linkedServiceName"]["referenceName"] == "lstelemetryworkspaceprod"
    service = json.loads((repository / "linkedService/lstelemetryworkspaceprod.json").read_text())
    assert service["properties"] == {
        "type": "AzureMLService",
        "typeProperties": {
            "subscriptionId": "00000000-0000-0000-0000-0000007e1e0f",
            "resourceGroupName": "rg-telemetry-prod",
            "mlWorkspaceName": "mlw-telemetry-prod-abc123",
            "authentication": "MSI",
        },
        "annotations": [MARK],
    }
    done = export(repository)
    assert "removed: linkedService/lstelemetryworkspaceprod.json" in done.stdout.splitlines()
    assert set(written(repository)) == FILES


def refused(done):
    assert done.returncode == 2, done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    return done.stderr


@pytest.mark.parametrize(
    ("outputs", "said"),
    [
        ({}, "error: --outputs: the output workspace_id is missing"),
        ({}, "--outputs: the output batch_scoring_uris.anomalies is missing"),
        ({**OUTPUTS, "batch_scoring_uris": None}, "the output batch_scoring_uris.anomalies is missing"),
        ({**OUTPUTS, "workspace_id": WORKSPACE.replace("-prod-", "-dev-")}, "workspace_id is not from this environ"),
        ({**OUTPUTS, "workspace_id": WORKSPACE.replace("1e0f", "de00")}, "workspace_id is not from this environment"),
        ({**OUTPUTS, "workspace_id": "[secret]"}, "workspace_id is not from this environment"),
        (
            {**OUTPUTS, "batch_scoring_uris": {"anomalies": URI.replace("-prod-", "-dev-")}},
            "batch_scoring_uris.anomalies is not from this environment",
        ),
        ("[]", "--outputs -: is not a JSON object"),
        ("", "--outputs -: is not a JSON object"),
    ],
)
def test_outputs_that_are_not_the_stacks_are_refused(outputs, said, repository):
    assert said in refused(export(repository, outputs=outputs))
    assert written(repository) == {}


def test_a_stack_that_leaves_synapse_leaves_nothing_there(repository, project):
    export(repository, folder=project)
    file = project / "Pulumi.prod.yaml"
    data = yaml.safe_load(file.read_text())
    del data["config"]["azure-mlplatform:batch"]
    file.write_text(yaml.safe_dump(data))
    done = export(repository, "--json", folder=project, outputs={})
    assert (done.returncode, json.loads(done.stdout)["files"]) == (0, dict.fromkeys(FILES, "removed"))
    assert written(repository) == {}


def test_a_stack_that_synapse_never_scored_has_nothing_to_write(repository):
    done = export(repository, folder=ROOT, outputs={})
    assert (done.returncode, done.stdout) == (0, "")
    assert "Synapse scores nothing here" in done.stderr


@pytest.mark.parametrize("text", ["{}", "not JSON", f'{{"properties": {{"annotations": "{MARK}"}}}}'])
def test_a_file_of_that_name_that_is_anothers_is_not_written_over(repository, text):
    file = repository / f"pipeline/{NAME}.json"
    file.parent.mkdir()
    file.write_text(text)
    assert f"pipeline/{NAME}.json: already exists, and was not written for this" in refused(export(repository))
    assert written(repository) == {f"pipeline/{NAME}.json": text}


def test_folders_and_files_that_are_not_there_are_refused(repository, tmp_path):
    missing = tmp_path / "missing"
    assert f"{missing}: is not a folder" in refused(export(missing))
    assert f"-C {missing}: is not a folder" in refused(export(repository, folder=missing))
    done = subprocess.run(
        [
            *(sys.executable, "-m", "azure_mlplatform", "export", "synapse", str(repository)),
            *("-s", "prod", "--outputs", str(tmp_path / "none.json"), "-C", str(TELEMETRY)),
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert "none.json: cannot be read" in refused(done)


def test_a_file_in_a_folders_place_is_refused(repository):
    (repository / "pipeline").write_text("")
    assert "cannot be written" in refused(export(repository))


def test_a_folder_in_a_files_place_is_refused(repository):
    (repository / f"pipeline/{NAME}.json").mkdir(parents=True)
    assert "already exists, and was not written for this environment" in refused(export(repository))


def test_settings_that_are_wrong_are_refused_with_their_place(repository, project):
    change(project, compute="gpu", jobs=[])
    said = refused(export(repository, folder=project))
    assert "azure-mlplatform:batch.jobs" in said
    assert "Pulumi.prod.yaml" in said
