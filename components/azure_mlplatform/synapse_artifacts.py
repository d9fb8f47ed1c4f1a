"""The pipelines and triggers of batches as files of a Synapse workspace's Git repository, since they are no resources
of ARM. Synapse reads a folder for each kind of artifact, and publishes what its collaboration branch holds.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .naming import Kind, azure_name
from .scoring_pipeline import (
    Json,
    ScoredWhere,
    attempt_pipeline,
    scoring_names,
    scoring_pipeline,
    scoring_triggers,
)
from .settings.batch import BatchMode, BatchSettings, Orchestrator
from .settings.environment import EnvironmentSettings
from .settings.problems import Problem, ProblemsError
from .settings.values import name_of, resource_group_of, subscription_of

_FOLDERS = ("pipeline", "trigger", "linkedService")
"""Where Synapse keeps what is written here ("Source control in Synapse Studio")."""


def artifacts(settings: EnvironmentSettings, outputs: Mapping[str, Any]) -> dict[str, Json]:
    """File → what it holds. `outputs` are the stack's, as `pulumi stack output --json` prints them: they have the
    addresses that Azure gave.

    Raises ProblemsError where the settings score nothing with Synapse, or an output is missing.
    """
    batch, workspace = settings.batch, settings.workspace
    if batch is None or workspace is None or batch.orchestrator is not Orchestrator.SYNAPSE:
        raise ProblemsError(
            [
                Problem(
                    ("batch", "orchestrator"),
                    "nothing is scored by Synapse",
                    "Set orchestrator: synapse; what Data Factory runs, `pulumi up` deploys",
                )
            ]
        )
    workspace_id, addresses = _placed(batch, outputs)
    mark = _mark(settings)
    stores = {each.name: each for each in workspace.datastores}
    service = azure_name(Kind.LINKED_SERVICE, settings.project.name, settings.environment, "workspace")
    found: dict[str, Json] = {}

    def add(folder: str, name: str, properties: Json) -> None:
        found[f"{folder}/{name}.json"] = {"name": name, "properties": {**properties, "annotations": [mark]}}

    for job in batch.jobs:
        pipeline = azure_name(Kind.SCORING_PIPELINE, settings.project.name, settings.environment, job.name)
        names = scoring_names(pipeline)
        where = ScoredWhere(workspace_id, addresses.get(job.name, ""), service, orchestrator=Orchestrator.SYNAPSE)
        add("pipeline", names.pipeline, scoring_pipeline(job, names, stores))
        add("pipeline", names.attempt, attempt_pipeline(job, where))
        for trigger, properties in scoring_triggers(job, names, stores).items():
            state = "Started" if job.active else "Stopped"
            add("trigger", trigger, {**properties, "runtimeState": state})
    if any(each.mode is BatchMode.PUBLISHED_PIPELINE for each in batch.jobs):
        add("linkedService", service, _linked_service(workspace_id))
    return found


def _mark(settings: EnvironmentSettings) -> str:
    """What the files of one environment are told by, so that those it no longer has can go."""
    return f"azure-mlplatform {settings.project.name} {settings.environment}"


def _placed(batch: BatchSettings, outputs: Mapping[str, Any]) -> tuple[str, Mapping[str, str]]:
    workspace_id, addresses = outputs.get("workspace_id"), outputs.get("batch_scoring_uris")
    missing = [
        *([] if isinstance(workspace_id, str) else ["workspace_id"]),
        *(
            f"batch_scoring_uris.{job.name}"
            for job in batch.jobs
            if job.mode is BatchMode.BATCH_ENDPOINT
            and not isinstance(addresses.get(job.name) if isinstance(addresses, Mapping) else None, str)
        ),
    ]
    if missing:
        raise ProblemsError(
            Problem(
                (),
                f"the outputs have no {each}",
                "Run `pulumi up` first, and give what `pulumi stack output --json` prints then",
            )
            for each in missing
        )
    return str(workspace_id), addresses if isinstance(addresses, Mapping) else {}


def _linked_service(workspace_id: str) -> Json:
    return {
        "type": "AzureMLService",
        "typeProperties": {
            "subscriptionId": subscription_of(workspace_id),
            "resourceGroupName": resource_group_of(workspace_id),
            "mlWorkspaceName": name_of(workspace_id),
            "authentication": "MSI",
        },
    }


def write(folder: Path, settings: EnvironmentSettings, found: Mapping[str, Json], *, check: bool) -> dict[str, str]:
    """Makes a repository hold these files and no others of this environment; returns file → `written` or `removed`
    of those that differed. With `check` nothing is touched."""
    changed: dict[str, str] = {}
    for name, content in sorted(found.items()):
        file, text = folder / name, json.dumps(content, indent=4) + "\n"
        if file.is_file() and file.read_text(encoding="utf-8") == text:
            continue
        changed[name] = "written"
        if not check:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8", newline="\n")
    for file in _of_environment(folder, settings):
        name = file.relative_to(folder).as_posix()
        if name not in found:
            changed[name] = "removed"
            if not check:
                file.unlink()
    return changed


def _of_environment(folder: Path, settings: EnvironmentSettings) -> list[Path]:
    """The files that were written for this environment. Others' are left alone, readable or not."""
    mark = _mark(settings)

    def is_ours(file: Path) -> bool:
        try:
            return mark in json.loads(file.read_text(encoding="utf-8"))["properties"].get("annotations", [])
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return False

    return [file for each in _FOLDERS for file in sorted((folder / each).glob("*.json")) if is_ours(file)]
