"""Where a model comes from, and its digest: properties of the model's version, which travel with it.

Properties and not tags: a tag can be changed later, a property that a version has cannot (Learn: machine-learning,
Model entity; that the service keeps to this in registries is assumed).
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Optional

_PREFIX = "mlplatform."

_COMMIT = ("azureml.git.commit", "mlflow.source.git.commit")
_REPOSITORY = ("azureml.git.repository_uri", "mlflow.source.git.repoURL")
_DIRTY = ("azureml.git.dirty",)
"""What Azure ML writes into a job's properties: MicrosoftDocs/azure-docs, machine-learning/
concept-train-model-git-integration ("What information is tracked?"), read 2026-11-28."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Provenance:
    """Where a model comes from. None: not known."""

    digest: Optional[str] = None
    """The digest of its files, as `sha256:…`."""

    workspace: Optional[str] = None
    """The workspace in which it was made, by id."""

    job: Optional[str] = None
    """The job that made it."""

    git_commit: Optional[str] = None
    """The commit of the code of that job."""

    git_repository: Optional[str] = None
    git_dirty: Optional[str] = None
    """`True` if the code had changes that were not committed."""

    registry_model: Optional[str] = None
    """The version in the registry that it is a copy of, as `azureml://registries/…`."""

    @property
    def properties(self) -> dict[str, str]:
        """The properties of a version of the model."""
        return {f"{_PREFIX}{key}": value for key, value in self.known.items()}

    @property
    def known(self) -> dict[str, str]:
        """What is known, by name."""
        return {each.name: value for each in fields(self) if (value := getattr(self, each.name)) is not None}


def provenance_of(properties: Mapping[str, Any]) -> Provenance:
    """What the properties of a version say."""
    return Provenance(**{each.name: _text(properties.get(f"{_PREFIX}{each.name}")) for each in fields(Provenance)})


def of_job(workspace: str, job: Optional[str], *properties: Mapping[str, Any]) -> Provenance:
    """The provenance of a model in the workspace where it was made. The first properties that say a thing count."""

    def first(keys: tuple[str, ...]) -> Optional[str]:
        return next((text for each in properties for key in keys if (text := _text(each.get(key)))), None)

    return Provenance(
        workspace=workspace,
        job=job,
        git_commit=first(_COMMIT),
        git_repository=first(_REPOSITORY),
        git_dirty=first(_DIRTY),
    )


def _text(value: Any) -> Optional[str]:
    return value if isinstance(value, str) and value else None
