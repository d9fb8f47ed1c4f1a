"""Reads Pulumi.yaml and Pulumi.<stack>.yaml as the Pulumi CLI does, and keeps the line of every key."""

import difflib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path as FilePath
from typing import Any

import yaml

from ..foundation.model import NAMESPACE
from ..foundation.problems import Problem, ProblemsError
from ..foundation.secret_values import Encrypted
from ..foundation.violations import Path

PROJECT_FILE = "Pulumi.yaml"

FIRST_STACK = "Create one with `pulumi stack init dev`, then write its settings"
"""The advice if a project has no stack."""


class _Loader(yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader):  # type: ignore[misc]
    """Reads booleans, numbers and texts as the CLI's parser (yaml.v3) does: `yes` is a text, and so is a date."""


_Loader.yaml_implicit_resolvers = {
    first: [
        (tag, pattern)
        for tag, pattern in resolvers
        if tag not in ("tag:yaml.org,2002:timestamp", "tag:yaml.org,2002:bool") or first in "tTfF"
    ]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


@dataclass(frozen=True)
class ConfigFile:
    """A file of a project."""

    path: FilePath
    data: dict[str, Any]
    lines: dict[Path, int] = field(default_factory=dict)
    """Path in the file → line, counted from 1."""

    @property
    def config(self) -> dict[str, Any]:
        """The `config:` block."""
        return self.data.get("config") or {}


def read(path: FilePath) -> ConfigFile:
    """Reads a file. Raises ProblemsError if it is missing, not YAML, or not a mapping."""
    try:
        stamp = path.stat().st_mtime_ns
    except OSError:
        raise ProblemsError([_missing(path)]) from None
    return _read(path, stamp)


@lru_cache(maxsize=64)
def _read(path: FilePath, _stamp: int) -> ConfigFile:
    problems: list[Problem] = []
    lines: dict[Path, int] = {}
    try:
        text = path.read_text(encoding="utf-8")
        loader = _Loader(text)
        root = loader.get_single_node()
        if root is not None:
            _walk(root, (), lines, problems, path.name)
        data = loader.construct_document(root) if root is not None else None
    except OSError as error:
        raise ProblemsError(
            [Problem((), f"cannot be read: {error.strerror}", "Make it a file that you may read", path.name)]
        ) from None
    except UnicodeDecodeError:
        raise ProblemsError([Problem((), "is not text in UTF-8", "Save it as UTF-8", path.name)]) from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{path.name}:{mark.line + 1}" if mark else path.name
        what = getattr(error, "problem", None) or "cannot be read"
        raise ProblemsError(
            [
                Problem(
                    (),
                    f"is not YAML: {what}",
                    "Check indentation, quotes and colons in this line and the line before",
                    where,
                )
            ]
        ) from None
    except (ValueError, TypeError, RecursionError) as error:
        raise ProblemsError(
            [Problem((), f"has a value that YAML cannot hold: {error}", "Write it as plain text", path.name)]
        ) from None
    if data is not None and not isinstance(data, dict):
        problems.append(
            Problem((), "is not a mapping of keys to values", "Write lines such as `key: value`", path.name)
        )
    elif data and data.get("config") is not None and not isinstance(data["config"], dict):
        problems.append(
            Problem(
                ("config",),
                "is not a mapping of keys to values",
                "Write one key per line below `config:`",
                path.name,
            )
        )
    if problems:
        raise ProblemsError(problems)
    return ConfigFile(path, data or {}, lines)


def _walk(node: yaml.Node, at: Path, lines: dict[Path, int], problems: list[Problem], file: str) -> None:
    if isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            lines[*at, index] = item.start_mark.line + 1
            _walk(item, (*at, index), lines, problems, file)
    if not isinstance(node, yaml.MappingNode):
        return
    for key, value in node.value:
        path = (*at, str(key.value))
        line = key.start_mark.line + 1
        if path in lines:
            problems.append(
                Problem(
                    path,
                    f"occurs a second time (first in line {lines[path]})",
                    "Keep only one of them",
                    f"{file}:{line}",
                )
            )
        lines[path] = line
        _walk(value, path, lines, problems, file)


def _missing(path: FilePath) -> Problem:
    if path.name == PROJECT_FILE:
        return Problem((), f"is missing in {path.parent}", "Give the folder of a Pulumi project with -C DIR", path.name)
    there = stacks(path.parent)
    wanted = path.name.removeprefix("Pulumi.").removesuffix(".yaml")
    near = difflib.get_close_matches(wanted, there, n=1)
    hint = f"Did you mean '{near[0]}'? " if near else ""
    make = f"Create it with `pulumi stack init {wanted}`, then write its settings"
    return Problem(
        (),
        "is missing",
        f"{hint}Stacks here: {', '.join(there) or 'none'}. {make}",
        path.name,
    )


_ORDER = ("sandbox", "dev", "test", "prod")


def stacks(folder: FilePath) -> list[str]:
    """The stacks with a settings file in a folder: sandbox, dev, test, prod, then the others by name."""
    found = [each.name.removeprefix("Pulumi.").removesuffix(".yaml") for each in folder.glob("Pulumi.*.yaml")]
    return sorted(found, key=lambda name: (_ORDER.index(name) if name in _ORDER else len(_ORDER), name))


@dataclass(frozen=True)
class StackConfig:
    """A stack's configuration as the program gets it, with the file and line of each part."""

    project: ConfigFile
    stack: ConfigFile
    values: dict[str, Any]
    """Full key → value. An encrypted value is an `Encrypted`."""

    files: dict[Path, str]
    """Path, starting with the full key → file and line."""

    encrypted: tuple[Path, ...]
    """The paths of encrypted values, starting with the full key."""

    @property
    def texts(self) -> dict[str, str]:
        """The values as Pulumi passes them to a program: a text unchanged, everything else as JSON."""
        return {
            key: value if isinstance(value, str) else json.dumps(value)
            for key, value in self.values.items()
            if value is not None
        }

    @property
    def secret_keys(self) -> list[str]:
        """The keys with an encrypted value or part."""
        return sorted({str(path[0]) for path in self.encrypted})

    def problems(self, project_keys: tuple[str, ...], keys: tuple[str, ...]) -> Iterator[Problem]:
        """Problems of keys that are in both files, in the wrong file, or in a misspelt namespace, or lack a `value:`.

        `keys` are all known keys, `project_keys` those that belong in Pulumi.yaml.
        """
        stack_file = self.stack.path.name
        for file, other in ((self.project, stack_file), (self.stack, PROJECT_FILE)):
            for full in map(str, file.config):
                namespace, _, key = full.rpartition(":")
                place = f"{file.path.name}:{file.lines.get(('config', full), 1)}"
                if namespace not in ("", NAMESPACE) and difflib.get_close_matches(namespace, [NAMESPACE], cutoff=0.8):
                    what = f"nothing reads the namespace '{namespace}'"
                    yield Problem((full,), what, f"Did you mean '{NAMESPACE}:{key}'?", place)
                if namespace != NAMESPACE or key not in keys:
                    continue
                if full in self.project.config and full in self.stack.config:
                    if file is self.stack:
                        what = f"is in {PROJECT_FILE} too, and the stack's value replaces the project's whole value"
                        yield Problem(
                            (full,),
                            what,
                            f"Keep it only in {PROJECT_FILE if key in project_keys else stack_file}",
                            place,
                        )
                elif (key in project_keys) != (file is self.project):
                    whose = "all environments of the project" if key in project_keys else "one environment"
                    yield Problem((full,), f"belongs to {whose}", f"Move it to {other}", place)
        for full, raw in self.project.config.items():
            if str(full).startswith(f"{NAMESPACE}:") and isinstance(raw, dict) and raw and "value" not in raw:
                place = f"{PROJECT_FILE}:{self.project.lines.get(('config', str(full)), 1)}"
                yield Problem((str(full),), "has no `value:`", "In Pulumi.yaml, put the keys below `value:`", place)


def stack_config(folder: FilePath, stack: str) -> StackConfig:
    """The configuration of a stack, from the project's file and its own. Raises ProblemsError with the problems of
    both files."""
    problems: list[Problem] = []
    found: list[ConfigFile] = []
    project_path = folder / PROJECT_FILE
    for path in (project_path, folder / f"Pulumi.{stack}.yaml"):
        try:
            found.append(read(path))
        except ProblemsError as error:
            problems += error.problems
    if problems:
        raise ProblemsError(problems)
    project, own = found
    name = project.data.get("name")
    if not isinstance(name, str) or not name:
        problems.append(Problem(("name",), "required, and missing", "Add the Pulumi project's name", PROJECT_FILE))
    runtime = project.data.get("runtime")
    runtime = runtime.get("name") if isinstance(runtime, dict) else runtime
    if runtime != "python":
        problems.append(
            Problem(("runtime",), f"'{runtime}' is not python", "Set runtime: {name: python}", PROJECT_FILE)
        )
    if problems:
        raise ProblemsError(problems)
    values: dict[str, Any] = {}
    files: dict[Path, str] = {}
    encrypted: list[Path] = []
    for file in (project, own):
        for key, raw in file.config.items():
            full = str(key) if ":" in str(key) else f"{name}:{key}"
            at: Path = ("config", str(key))
            value = raw
            if file is project and isinstance(raw, dict):
                nested = next((each for each in ("value", "default") if each in raw), None)
                if nested is None and raw:
                    continue
                value, at = raw.get(nested), (*at, str(nested))
            hidden: list[Path] = []
            values[full] = _without_secrets(value, (full,), hidden)
            encrypted = [path for path in encrypted if path[0] != full] + hidden
            files = {path: place for path, place in files.items() if path[0] != full}
            files[full,] = f"{file.path.name}:{file.lines.get(('config', str(key)), 1)}"
            files |= {
                (full, *path[len(at) :]): f"{file.path.name}:{line}"
                for path, line in file.lines.items()
                if path[: len(at)] == at and len(path) > len(at)
            }
    return StackConfig(project, own, values, files, tuple(encrypted))


def _without_secrets(value: Any, at: Path, found: list[Path]) -> Any:
    """The value with every `secure:` replaced. Adds their paths to `found`."""
    if isinstance(value, dict):
        if set(value) == {"secure"}:
            found.append(at)
            return Encrypted()
        return {key: _without_secrets(item, (*at, str(key)), found) for key, item in value.items()}
    if isinstance(value, list):
        return [_without_secrets(item, (*at, index), found) for index, item in enumerate(value)]
    return value
