"""Finds the projects of a repository and reads their settings without running their programs."""

import contextlib
from collections.abc import Iterable, Iterator
from dataclasses import replace
from ipaddress import IPv4Network
from pathlib import Path as FilePath
from typing import Any, Optional, TypeVar

from pydantic import ValidationError

from ..environment.checks.stack_name import stack_name_violations
from ..environment.settings.environment import EnvironmentSettings
from ..foundation.free_range import OWN_RANGE, free_range
from ..foundation.model import NAMESPACE
from ..foundation.problems import Problem, ProblemsError, located, problems_of
from ..parts.settings.part import PartSettings
from .files import PROJECT_FILE, read, stack_config, stacks

_PREFIX = f"{NAMESPACE}:"

S = TypeVar("S", bound=PartSettings)


def projects(root: FilePath) -> Iterator[FilePath]:
    """`root` and the folders below it that contain a Pulumi project, sorted by name. Skips hidden folders and installed
    packages."""
    pending = [root]
    while pending:
        folder = pending.pop()
        names = {each.name: each for each in folder.iterdir()}
        if PROJECT_FILE in names:
            yield folder
        inner = (each for name, each in sorted(names.items()) if not name.startswith(".") and name not in _SKIPPED)
        pending += reversed([each for each in inner if each.is_dir() and not each.is_symlink()])


_SKIPPED = ("node_modules", "__pycache__")


def is_ours(folder: FilePath) -> bool:
    """Whether a Pulumi project has settings of this library. Also true if a file cannot be read, so may have some."""
    for name in (PROJECT_FILE, *(f"Pulumi.{each}.yaml" for each in stacks(folder))):
        try:
            config = read(folder / name).config
        except ProblemsError:
            return True
        if any(str(key).startswith(_PREFIX) for key in config):
            return True
    return False


def taken_ranges(folder: FilePath) -> Iterator[IPv4Network]:
    """The address ranges that the stacks of the repository of a project have: of networks, of their hubs, and of pods
    and services. Skips files that cannot be read. The repository is the nearest folder above with `.git`."""
    above = [folder.resolve(), *folder.resolve().parents]
    root = next((each for each in above if (each / ".git").exists()), above[0])
    yield from pool_ranges(root)
    for project in projects(root):
        yield from networks_in(project)


def pool_ranges(root: FilePath) -> Iterator[IPv4Network]:
    """The pools from which networks of requests get their ranges, and the hubs, as the platform team answers them in
    requests/platform.yaml. None if that cannot be read."""
    with contextlib.suppress(ProblemsError):
        yield from ranges_in(read(root / "requests" / "platform.yaml").data.get("regions"))


def networks_in(folder: FilePath) -> Iterator[IPv4Network]:
    """The address ranges that the stacks of one project have. Skips files that cannot be read."""
    for stack in stacks(folder):
        try:
            yield from ranges_in(read(folder / f"Pulumi.{stack}.yaml").config)
        except ProblemsError:
            continue


def ranges_in(value: Any) -> Iterator[IPv4Network]:
    """The address ranges in settings that nobody has checked."""
    if isinstance(value, str):
        with contextlib.suppress(ValueError):
            if "/" in value:
                yield IPv4Network(value)
    elif isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from ranges_in(each)


def with_free_ranges(problems: Iterable[Problem], folder: FilePath) -> list[Problem]:
    """The problems, with a range that is free in the repository where they advise one."""
    found = list(problems)
    if not any(OWN_RANGE in each.fix for each in found):
        return found
    try:
        free = free_range(taken_ranges(folder))
    except OSError:
        return found
    return [replace(each, fix=each.fix.replace(OWN_RANGE, free)) for each in found]


def settings_of(folder: FilePath, stack: str, model: type[S] = EnvironmentSettings) -> S:
    """The settings of a stack from its files, as a `model`. Raises ProblemsError with all problems in them."""
    files = stack_config(folder, stack)
    if found := [*files.misread_problems(), *files.empty_problems()]:
        raise ProblemsError(found)
    fields = model.model_fields
    data = {key: value for key, value in files.settings.items() if key in fields}
    found = [Problem(each.path, each.what, each.fix) for each in stack_name_violations(stack, data)]
    settings: Optional[S] = None
    try:
        settings = model.model_validate(data)
    except ValidationError as error:
        hidden = [(str(path[0]).removeprefix(_PREFIX), *path[1:]) for path in files.encrypted]
        found += problems_of(error, model, hidden, data)
    if settings is None or found:
        problems = [Problem((f"{_PREFIX}{each.path[0]}", *each.path[1:]), each.what, each.fix) for each in found]
        placed = located(problems, files.files, files.stack.path.name)
        raise ProblemsError(with_free_ranges(placed, folder))
    return settings
