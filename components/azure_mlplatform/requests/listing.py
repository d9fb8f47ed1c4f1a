"""The list of all environments of a repository: those that were requested, and those that somebody wrote by hand."""

import datetime
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import Any, Optional

from ..config.files import StackConfig, stack_config, stacks
from ..config.repository import is_ours, projects
from ..foundation.problems import ProblemsError
from .checks import request_problems
from .repository import FOLDER, RepositoryRequests, read_requests
from .states import Status, statuses


@dataclass(frozen=True)
class Listed:
    """An environment in the list. A value is None if nobody wrote it."""

    project: str
    environment: str
    owner_team: Optional[str]
    cost_center: Optional[str]
    expires_on: Optional[str]
    state: Optional[str]
    """The state of its request. None: it has none."""

    folder: str
    """The folder of its stack, relative to the repository."""


def listed(root: FilePath, today: datetime.date) -> list[Listed]:
    """All environments, by project and in the order of their lives. Skips what cannot be read."""
    repository = read_requests(root) if (root / FOLDER).is_dir() else RepositoryRequests(root)
    wrong = wrong_projects(repository, today)
    found = [_of_request(repository, each) for each in statuses(repository, wrong, today)]
    found += _written_by_hand(root, repository)
    return sorted(found, key=lambda each: each.project)


def wrong_projects(repository: RepositoryRequests, today: datetime.date) -> set[str]:
    """The projects in whose request something is wrong."""
    places = (each.file.partition(":")[0] for each in request_problems(repository, today))
    return {FilePath(each).stem for each in places if each.startswith(f"{FOLDER}/")}


def _of_request(repository: RepositoryRequests, status: Status) -> Listed:
    request = repository.requests[status.project].content
    environment = next(each for each in request.environments if each.name == status.environment)
    return Listed(
        status.project,
        status.environment,
        request.owner_team,
        request.who_pays.cost_center,
        environment.expires_on,
        status.state.value,
        f"projects/{status.project}",
    )


def _written_by_hand(root: FilePath, repository: RepositoryRequests) -> Iterator[Listed]:
    for folder in projects(root):
        name = folder.relative_to(root).as_posix()
        parts = FilePath(name).parts
        if parts[:1] == ("projects",) and parts[1:2] and parts[1] in repository.requests:
            continue
        if not is_ours(folder):
            continue
        for stack in stacks(folder):
            try:
                yield _of_stack(stack_config(folder, stack), stack, name)
            except ProblemsError:
                continue


def _of_stack(config: StackConfig, stack: str, folder: str) -> Listed:
    project = config.settings.get("project")
    values: dict[str, Any] = project if isinstance(project, dict) else {}

    def text(value: Any) -> Optional[str]:
        return value if isinstance(value, str) else None

    return Listed(
        text(values.get("name")) or str(config.project.data.get("name")),
        stack,
        text(values.get("owner_team")),
        text(values.get("cost_center")),
        text(config.settings.get("expires_on")),
        None,
        folder,
    )
