"""Writes the pipelines and triggers of batches as files for a Synapse workspace's Git repository, since they are not
ARM resources. Synapse reads one folder per kind of artifact, and publishes its collaboration branch.
"""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..batch.pipelines import Json, ScoredWhere, attempt_pipeline, scoring_names, scoring_pipeline, scoring_triggers
from ..batch.settings.batch import BatchSettings, Orchestrator
from ..batch.settings.jobs import BatchMode
from ..environment.settings.environment import EnvironmentSettings
from ..foundation.naming import SUFFIX_LENGTH, Kind, azure_name
from ..foundation.problems import Problem, ProblemsError
from ..foundation.values import name_of, resource_group_of, subscription_of

_FOLDERS = ("pipeline", "trigger", "linkedService")
"""The folders that Synapse reads these artifacts from ("Source control in Synapse Studio")."""


def artifacts(settings: EnvironmentSettings, outputs: Mapping[str, Any]) -> dict[str, Json]:
    """File → its content. `outputs` are the stack's outputs from `pulumi stack output --json`, with the addresses that
    Azure assigned.

    Empty if Synapse scores nothing. Raises ProblemsError if an output is missing or belongs to another environment.
    """
    batch, workspace = settings.batch, settings.workspace
    if batch is None or workspace is None or batch.orchestrator is not Orchestrator.SYNAPSE:
        return {}
    workspace_id, addresses = _placed(settings, batch, outputs)
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
    """The annotation that marks the files of an environment, so that obsolete ones can be removed."""
    return f"azure-mlplatform {settings.project.name} {settings.environment}"


def _placed(
    settings: EnvironmentSettings, batch: BatchSettings, outputs: Mapping[str, Any]
) -> tuple[str, Mapping[str, str]]:
    """The workspace's id, and job → its endpoint's address, from the outputs of this environment."""
    given = outputs.get("batch_scoring_uris")
    addresses = given if isinstance(given, Mapping) else {}
    workspace = re.escape(f"/subscriptions/{settings.subscription_id}/resourceGroups/")
    kind = "/providers/Microsoft.MachineLearningServices/workspaces/"
    wanted = {
        "workspace_id": (outputs.get("workspace_id"), f"{workspace}[^/]+{kind}{_name(settings, Kind.ML_WORKSPACE)}")
    }
    for job in batch.jobs:
        if job.mode is BatchMode.BATCH_ENDPOINT:
            host = _name(settings, Kind.BATCH_ENDPOINT, job.name)
            wanted[f"batch_scoring_uris.{job.name}"] = (addresses.get(job.name), rf"https://{host}\..+/jobs")
    problems = [
        Problem(
            (),
            f"the output {output} is {'missing' if value is None else 'not from this environment'}",
            "Give the output of `pulumi stack output --json` for this stack after `pulumi up`",
            file="--outputs",
        )
        for output, (value, pattern) in wanted.items()
        if not isinstance(value, str) or not re.fullmatch(pattern, value, re.IGNORECASE)
    ]
    if problems:
        raise ProblemsError(problems)
    return str(outputs["workspace_id"]), addresses


def _name(settings: EnvironmentSettings, kind: Kind, part: str = "") -> str:
    """A pattern for a resource's name with any suffix."""
    stands_for = "0" * SUFFIX_LENGTH
    name = azure_name(kind, settings.project.name, settings.environment, part, suffix=stands_for)
    return re.escape(name.removesuffix(stands_for)) + f"[a-z0-9]{{{SUFFIX_LENGTH}}}"


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
    """Writes these files to a repository, and removes all other files of this environment. `check` changes nothing.

    Returns file → `written` or `removed`, for each file that differed. Raises ProblemsError if a file with such a name
    does not belong to this environment.
    """
    mark = _mark(settings)
    ours = [file for each in _FOLDERS for file in sorted((folder / each).glob("*.json")) if mark in _marks(file)]
    others = [name for name in found if (folder / name).exists() and folder / name not in ours]
    if others:
        raise ProblemsError(
            Problem((), "already exists, and was not written for this environment", "Move or rename it", file=name)
            for name in others
        )
    changed: dict[str, str] = {}
    for name, content in sorted(found.items()):
        file, text = folder / name, json.dumps(content, indent=4) + "\n"
        if file.is_file() and file.read_text(encoding="utf-8") == text:
            continue
        changed[name] = "written"
        if not check:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8", newline="\n")
    for file in ours:
        name = file.relative_to(folder).as_posix()
        if name not in found:
            changed[name] = "removed"
            if not check:
                file.unlink()
    return changed


def _marks(file: Path) -> list[Any]:
    """The annotations of an artifact. Empty if the file is not an artifact."""
    try:
        found = json.loads(file.read_text(encoding="utf-8"))["properties"]["annotations"]
    except (OSError, ValueError, KeyError, TypeError):
        return []
    return found if isinstance(found, list) else []
