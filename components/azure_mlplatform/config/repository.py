"""Finds the projects of a repository and reads their settings without running their programs."""

from collections.abc import Iterator
from pathlib import Path as FilePath

from pydantic import ValidationError

from ..environment.settings.environment import EnvironmentSettings
from ..foundation.model import NAMESPACE
from ..foundation.problems import Problem, ProblemsError, located, problems_of
from .files import PROJECT_FILE, read, stack_config, stacks

_PREFIX = f"{NAMESPACE}:"


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


def settings_of(folder: FilePath, stack: str) -> EnvironmentSettings:
    """The settings of a stack from its files. Raises ProblemsError with all problems in them."""
    files = stack_config(folder, stack)
    if found := [*files.misread_problems(), *files.empty_problems()]:
        raise ProblemsError(found)
    fields = EnvironmentSettings.model_fields
    values = {key.removeprefix(_PREFIX): each for key, each in files.values.items() if key.startswith(_PREFIX)}
    data = {key: value for key, value in values.items() if key in fields}
    try:
        return EnvironmentSettings.model_validate(data)
    except ValidationError as error:
        hidden = [(str(path[0]).removeprefix(_PREFIX), *path[1:]) for path in files.encrypted]
        problems = [
            Problem((f"{_PREFIX}{each.path[0]}", *each.path[1:]), each.what, each.fix)
            for each in problems_of(error, EnvironmentSettings, hidden, data)
        ]
        raise ProblemsError(located(problems, files.files, files.stack.path.name)) from None
