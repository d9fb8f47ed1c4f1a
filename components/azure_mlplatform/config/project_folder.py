"""Starts a project: completes what is asked for with what the other projects agree on, and writes its folder."""

import contextlib
import datetime
import importlib.metadata
import json
import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Network
from pathlib import Path as FilePath
from typing import Any, Optional

from pydantic import ValidationError
from pydantic_core import PydanticCustomError

from ..environment.isolation import isolation_violations
from ..environment.settings.environment import EnvironmentSettings
from ..foundation.placeholders import placeholders
from ..foundation.problems import Problem, ProblemsError, dotted, problems_of
from ..foundation.profiles import PROFILES, Environment
from ..foundation.values import private_range
from .agreed_values import AgreedValues, agreed_values
from .files import PROJECT_FILE
from .new_project import IN_REPOSITORY, Layout, NewProject, files
from .repository import projects, settings_of

_PROGRAM = FilePath("stacks", "project", "__main__.py")
"""The program that the projects of a repository share."""

REGION = "westeurope"
"""The region of a project if nobody names one and there is no other project."""


@dataclass(frozen=True)
class Asked:
    """The request as somebody types it. All texts as they were written: nothing is checked yet."""

    name: str
    environments: Sequence[str]
    project: Mapping[str, Any] = field(default_factory=dict)
    """Values of `NewProject`."""

    everywhere: Mapping[str, Any] = field(default_factory=dict)
    """Values of `NewEnvironment` for all environments."""

    subscription_ids: Mapping[str, str] = field(default_factory=dict)
    """Environment → its subscription."""

    address_space: Optional[str] = None
    """The range from which each environment gets a network. Default: a free one for each that needs a network."""


@dataclass(frozen=True)
class Start:
    """A project that can be written."""

    root: FilePath
    """The repository, or the folder in which projects stand."""

    folder: FilePath
    """The project's folder, which is not there yet, or is empty."""

    files: Mapping[str, str]
    agreed: Mapping[str, str]
    """The values that it has from the other projects: key → value."""

    placeholders: Mapping[str, tuple[str, ...]]
    """Setting with a placeholder → the stacks that have it."""

    notices: tuple[str, ...]


def start(where: FilePath, asked: Asked, *, today: datetime.date) -> Start:
    """The files of the project that is asked for, below `where`. Writes nothing.

    Below a folder with the program `stacks/project`, or in it, the project goes to projects/<name> and uses that
    program. Elsewhere it goes to `where`/<name> and has one of its own. Raises ProblemsError with all problems: in what
    is asked for, in the folder, and in the files as the loader reads them.
    """
    where = where.resolve()
    shared = next((each for each in (where, *where.parents) if (each / _PROGRAM).is_file()), None)
    root = shared or where
    layout = IN_REPOSITORY if shared else Layout()
    if shared and not (shared / "schemas").is_dir():
        layout = Layout(layout.main, layout.virtualenv)
    agreed = agreed_values(root, projects(root) if shared else _beside(root))
    problems: list[Problem] = []
    given, from_others = _completed(asked, agreed, problems)
    project: Optional[NewProject] = None
    try:
        project = NewProject.model_validate(given)
    except ValidationError as error:
        problems += problems_of(error, NewProject, data=given)
    folder = (root / "projects" if shared else root) / asked.name
    if not any(each.path == ("name",) for each in problems):
        problems += _occupied(folder, asked.name, agreed)
    if project is None or problems:
        raise ProblemsError(problems)
    made = files(project, layout, requirement=requirement(), today=today, forms=agreed.forms)
    loaded = loaded_settings(project, made, today)
    if expired := list(_expired(loaded, today)):
        raise ProblemsError(expired)
    return Start(root, folder, made, from_others, _placeholders(loaded), tuple(_notices(agreed)))


def write(start: Start) -> None:
    """Writes the project's folder: all of it, or nothing. Raises OSError."""
    above = start.folder.parent
    draft = above / f".{start.folder.name}-{uuid.uuid4().hex}"
    is_new = not above.exists()
    above.mkdir(exist_ok=True)
    try:
        draft.mkdir()
        for name, text in start.files.items():
            (draft / name).write_bytes(text.encode())
        if start.folder.exists():
            start.folder.rmdir()
        draft.rename(start.folder)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        if is_new:
            with contextlib.suppress(OSError):
                above.rmdir()
        raise


def _beside(root: FilePath) -> Iterator[FilePath]:
    """The projects in the folder itself and in the folders directly in it."""
    inner = (each for each in sorted(root.iterdir()) if each.is_dir() and not each.name.startswith("."))
    return (each for each in (root, *inner) if (each / PROJECT_FILE).is_file())


def _completed(asked: Asked, agreed: AgreedValues, problems: list[Problem]) -> tuple[dict[str, Any], dict[str, str]]:
    """The values of a `NewProject`, and those of them that come from the other projects."""
    from_others: dict[str, str] = {}

    def else_agreed(key: str, given: Any, others: Any) -> Any:
        if given is not None or not others:
            return given
        from_others[key] = others["hub"]["vnet_id"] if key == "network.hub" else str(others)
        return others

    project = {
        key: else_agreed(f"project.{key}", None, value)
        for key, value in agreed.project.items()
        if key not in asked.project
    }
    tenant = else_agreed("tenant_id", asked.project.get("tenant_id"), agreed.tenant_id)
    location = else_agreed("location", asked.everywhere.get("location"), agreed.location) or REGION
    environments = []
    ranges = _ranges(asked, agreed, problems)
    for each in dict.fromkeys(asked.environments):
        kind = Environment(each) if each in list(Environment) else None
        own: dict[str, Any] = {**asked.everywhere, "environment": each, "location": location}
        if each in asked.subscription_ids:
            own["subscription_id"] = asked.subscription_ids[each]
        elif kind is not None:
            own["subscription_id"] = else_agreed(
                "subscription_id", own.get("subscription_id"), agreed.subscription_ids.get(kind)
            )
        if each in ranges:
            own["address_space"] = ranges[each]
            if kind is not None and "hub" not in own:
                own |= else_agreed("network.hub", None, agreed.networks.get(kind)) or {}
        environments.append(own)
    for each in asked.subscription_ids:
        if each not in asked.environments:
            fix = f"Name one of its environments: {', '.join(asked.environments)}"
            problems.append(Problem(("subscription_id",), f"the project gets no environment '{each}'", fix))
    values = {**project, **asked.project, "name": asked.name, "environments": environments, "tenant_id": tenant}
    return values, from_others


def _ranges(asked: Asked, agreed: AgreedValues, problems: list[Problem]) -> dict[str, str]:
    """Environment → the range of its network."""
    within: Optional[IPv4Network] = None
    if asked.address_space is not None:
        try:
            within = IPv4Network(private_range(asked.address_space))
        except PydanticCustomError as error:
            context = error.context or {}
            problems.append(Problem(("address_space",), context["what"], context["fix"]))
            return {}
    kinds = [Environment(each) for each in dict.fromkeys(asked.environments) if each in list(Environment)]
    wanted = [each.value for each in kinds if within or PROFILES[each].needs_network]
    found = agreed.free_ranges(len(wanted), within) if wanted else []
    if len(found) < len(wanted):
        what = (
            f"'{within or '10.0.0.0/8'}' has no room for {len(wanted)} networks of /24 beside those of other projects"
        )
        problems.append(Problem(("address_space",), what, "Give a private range with room, such as one of another /16"))
        return {}
    return dict(zip(wanted, found, strict=True))


def _occupied(folder: FilePath, name: str, agreed: AgreedValues) -> Iterator[Problem]:
    other = agreed.names.get(name)
    if other is not None:
        what = f"'{name}' is the name of the project in {'this folder' if other == '.' else other}"
        yield Problem(("name",), what, "Give it another name: Azure's names are made of it")
    elif os.path.lexists(folder) and not folder.is_dir():
        yield Problem(("name",), f"{folder} is there, and is not a folder", "Give it another name, or move that file")
    elif folder.is_dir() and any(folder.iterdir()):
        yield Problem(("name",), f"the folder {folder} is not empty", "Give it another name, or move that folder")


def loaded_settings(
    project: NewProject, made: Mapping[str, str], today: datetime.date
) -> dict[str, EnvironmentSettings]:
    """Stack → its settings, as the loader reads the files. Raises ProblemsError with what it and a program refuse."""
    loaded: dict[str, EnvironmentSettings] = {}
    problems: list[Problem] = []
    with tempfile.TemporaryDirectory() as draft:
        for name, text in made.items():
            FilePath(draft, name).write_bytes(text.encode())
        for each in project.environments:
            stack = each.environment.value
            try:
                loaded[stack] = settings_of(FilePath(draft), stack)
            except ProblemsError as error:
                problems += error.problems
                continue
            found = (*loaded[stack].violations_on(today), *isolation_violations(loaded[stack]))
            problems += [Problem(one.path, one.what, one.fix, f"Pulumi.{stack}.yaml") for one in found]
    if problems:
        raise ProblemsError(dict.fromkeys(problems))
    return loaded


def _expired(loaded: Mapping[str, EnvironmentSettings], today: datetime.date) -> Iterator[Problem]:
    """A problem for each new environment that would begin at rest."""
    for stack, settings in loaded.items():
        if settings.expiry is not None and settings.expiry.days_left(today) <= 0:
            what = f"the environment expired on {settings.expiry.on}, before it begins"
            yield Problem(("expires_on",), what, "Give a later day", f"Pulumi.{stack}.yaml")


def _placeholders(loaded: Mapping[str, EnvironmentSettings]) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for stack, settings in loaded.items():
        for path, _ in placeholders(settings.model_dump(mode="json", exclude_unset=True)):
            found.setdefault(dotted(path), []).append(stack)
    return {key: tuple(stacks) for key, stacks in found.items()}


def _notices(agreed: AgreedValues) -> Iterator[str]:
    for each in agreed.unread:
        yield (
            f"{each} cannot be read (`mlplatform check` says why): the new project may have got addresses that it has"
        )


def requirement() -> str:
    """The line of a requirements.txt by which pip gets this library from where it was installed from (PEP 610)."""
    name = "azure-mlplatform"
    try:
        installed = importlib.metadata.distribution(name)
    except importlib.metadata.PackageNotFoundError:
        return name
    origin = json.loads(installed.read_text("direct_url.json") or "{}")
    url = origin.get("url")
    if not url:
        return f"{name}=={installed.version}"
    if vcs := origin.get("vcs_info"):
        return f"{name} @ {vcs['vcs']}+{url}@{vcs['commit_id']}"
    return f"{name} @ {url}"
