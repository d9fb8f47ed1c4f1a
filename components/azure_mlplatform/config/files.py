"""Reads Pulumi.yaml and Pulumi.<stack>.yaml as the Pulumi CLI does, and keeps the line of every key."""

import difflib
import json
import stat
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
from .go_yaml import MOST_BYTES, MOST_NODES, Date, Number, UnreadableError, parse

PROJECT_FILE = "Pulumi.yaml"

FIRST_STACK = "Create one with `pulumi stack init dev`, then write its settings"
"""The advice if a project has no stack."""


@dataclass(frozen=True)
class ConfigFile:
    """A file of a project."""

    path: FilePath
    data: dict[str, Any]
    lines: dict[Path, int] = field(default_factory=dict)
    """Path in the file → line, counted from 1."""

    misread: dict[Path, Number | Date] = field(default_factory=dict)
    """Path in the file → a scalar that is not read by everyone as it is written."""

    @property
    def config(self) -> dict[str, Any]:
        """The `config:` block."""
        return self.data.get("config") or {}

    def document_problems(self) -> Iterator[Problem]:
        """Problems of a document that Pulumi does not read: scalars that readers take differently, and keys without a
        value."""
        for path, found in self.misread.items():
            place = f"{self.path.name}:{self.lines.get(path) or self.lines.get(path[:-1], 1)}"
            yield _misread(path, found, place, reads="many readers do not take for a text")
        for path in _empty(self.data, ()):
            place = f"{self.path.name}:{self.lines.get(path, 1)}"
            yield Problem(path, "has no value", "Write its value, or remove the key", place)


def read(path: FilePath, most_values: int = MOST_NODES) -> ConfigFile:
    """Reads a file. Raises ProblemsError if it is missing, not a file, too large, not YAML, or not a mapping."""
    try:
        found = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        raise ProblemsError([_missing(path)]) from None
    except OSError as error:
        raise _unreadable(path, error) from None
    if not stat.S_ISREG(found.st_mode):
        what = next((each for is_it, each in _NO_FILES if is_it(found.st_mode)), "something else")
        raise ProblemsError([Problem((), f"is not a file, but {what}", "Make it a text file", path.name)])
    if found.st_size > MOST_BYTES:
        what = f"has {found.st_size:,} bytes, and the most is {MOST_BYTES:,}"
        raise ProblemsError([Problem((), what, "Remove what is no setting", path.name)])
    return _read(path, (found.st_mtime_ns, found.st_size, found.st_ino), most_values)


_NO_FILES = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


@lru_cache(maxsize=64)
def _read(path: FilePath, _stamp: tuple[int, ...], most_values: int) -> ConfigFile:
    try:
        found = parse(path.read_text(encoding="utf-8-sig"), most_values)
    except OSError as error:
        raise _unreadable(path, error) from None
    except UnicodeDecodeError:
        raise ProblemsError([Problem((), "is not text in UTF-8", "Save it as UTF-8", path.name)]) from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{path.name}:{mark.line + 1}" if mark else path.name
        what = getattr(error, "problem", None) or getattr(error, "reason", None) or "cannot be read"
        fix = "Check indentation, quotes and colons in this line and the line before"
        raise ProblemsError([Problem((), f"is not YAML: {what}", fix, where)]) from None
    except UnreadableError as error:
        where = f"{path.name}:{error.line}" if error.line else path.name
        raise ProblemsError([Problem((), error.what, error.fix, where)]) from None
    problems = [
        Problem(key, f"occurs a second time (first in line {first})", "Keep only one of them", f"{path.name}:{line}")
        for key, first, line in found.duplicates
    ]
    if path.name == PROJECT_FILE:
        problems += [
            _misread(at, each, f"{path.name}:{found.lines.get(at, 1)}")
            for at, each in found.misread.items()
            if isinstance(each, Date)
        ]
    data = found.data
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
    return ConfigFile(path, data or {}, found.lines, found.misread)


def forget() -> None:
    """Forgets the files that were read, so that each is opened again."""
    _read.cache_clear()


def _unreadable(path: FilePath, error: OSError) -> ProblemsError:
    fix = "Make it a file that you may read"
    return ProblemsError([Problem((), f"cannot be read: {error.strerror}", fix, path.name)])


def _misread(path: Path, found: Number | Date, place: str, reads: str = "") -> Problem:
    """The problem of a scalar that is not read by everyone as it is written. `reads` says who reads a date otherwise.
    Default: Pulumi does."""
    quoted = f"'{found.written}'"
    if isinstance(found, Date):
        hands_over = "cannot read" if place.startswith(f"{PROJECT_FILE}:") else f"hands over as '{found.value}'"
        what = f"{quoted} without quotes is a date, which {reads or f'Pulumi {hands_over}'}"
        return Problem(path, what, f"Put it in quotes: {quoted}", place)
    what = f"{quoted} is a number that readers of YAML take differently (Pulumi: {found.value})"
    return Problem(path, what, f"Write {' or '.join(found.plain)}; a text needs quotes: {quoted}", place)


def _missing(path: FilePath) -> Problem:
    if path.name == PROJECT_FILE:
        return Problem((), f"is missing in {path.parent}", "Give the folder of a Pulumi project with -C DIR", path.name)
    there = {each.lower(): each for each in stacks(path.parent)}
    wanted = path.name.removeprefix("Pulumi.").removesuffix(".yaml")
    here = f"Stacks here: {', '.join(there.values()) or 'none'}"
    if not wanted:
        return Problem((), "the name of a stack is empty", f"Name one. {here}", "Pulumi.<stack>.yaml")
    near = difflib.get_close_matches(wanted.lower(), there, n=1)
    hint = f"Did you mean '{there[near[0]]}'? " if near else ""
    make = f"Create it with `pulumi stack init {wanted}`, then write its settings"
    return Problem((), "is missing", f"{hint}{here}. {make}", path.name)


_ORDER = ("sandbox", "dev", "test", "nonprod", "prod")


def stacks(folder: FilePath) -> list[str]:
    """The stacks with a settings file in a folder: sandbox, dev, test, nonprod, prod, then the others by name."""
    found = (each.name.removeprefix("Pulumi.").removesuffix(".yaml") for each in folder.glob("Pulumi.*.yaml"))
    return sorted(filter(None, found), key=order)


def order(stack: str) -> tuple[int, str]:
    """The key by which stacks are sorted: sandbox, dev, test, nonprod, prod, then the others by name."""
    return (_ORDER.index(stack) if stack in _ORDER else len(_ORDER), stack)


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

    misread: dict[Path, Number | Date] = field(default_factory=dict)
    """Path, starting with the full key → a scalar that is not read by everyone as it is written."""

    @property
    def texts(self) -> dict[str, str]:
        """The values as Pulumi passes them to a program: a text unchanged, everything else as JSON."""
        return {
            key: value if isinstance(value, str) else json.dumps(value)
            for key, value in self.values.items()
            if value is not None
        }

    @property
    def settings(self) -> dict[str, Any]:
        """The library's settings, by key without its namespace."""
        prefix = f"{NAMESPACE}:"
        return {key.removeprefix(prefix): value for key, value in self.values.items() if key.startswith(prefix)}

    @property
    def secret_keys(self) -> list[str]:
        """The keys with an encrypted value or part."""
        return sorted({str(path[0]) for path in self.encrypted})

    def misread_problems(self) -> Iterator[Problem]:
        """Problems of settings with a value that is not read by everyone as it is written."""
        for path, found in self.misread.items():
            if str(path[0]).startswith(f"{NAMESPACE}:"):
                yield _misread(path, found, self.files.get(path) or self.files[path[:-1]])

    def empty_problems(self) -> Iterator[Problem]:
        """Problems of settings without a value. The CLI hands over an empty text for a key, and nothing for what is
        in one, so that a part that somebody began to write would be missing without a word."""
        for key, value in self.values.items():
            if key.startswith(f"{NAMESPACE}:"):
                for path in _empty(value, (key,)):
                    yield Problem(
                        path,
                        "has no value",
                        "Write its value, or remove the key",
                        self.files.get(path) or self.files[key,],
                    )

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
    for path in (folder / PROJECT_FILE, folder / f"Pulumi.{stack}.yaml"):
        try:
            if path.name != PROJECT_FILE and stack not in stacks(folder):
                # Some file systems find `Pulumi.dev.yaml` by the name `Pulumi.DEV.yaml`.
                raise ProblemsError([_missing(path)])
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
    misread: dict[Path, Number | Date] = {}
    for file in (project, own):
        places, scalars = _by_key(file.lines), _by_key(file.misread)
        for key, raw in file.config.items():
            full = key if ":" in key else f"{name}:{key}"
            at: Path = ("config", key)
            value = raw
            if file is project and isinstance(raw, dict):
                nested = next((each for each in ("value", "default") if each in raw), None)
                if nested is None and raw:
                    continue
                value, at = raw.get(nested), (*at, str(nested))
            if full in values:
                # The stack's value replaces the project's.
                encrypted = [path for path in encrypted if path[0] != full]
                files = {path: place for path, place in files.items() if path[0] != full}
                misread = {path: each for path, each in misread.items() if path[0] != full}
            hidden: list[Path] = []
            values[full] = _without_secrets(value, (full,), hidden)
            encrypted += hidden
            files[full,] = f"{file.path.name}:{file.lines.get(('config', key), 1)}"
            files |= {
                (full, *path[len(at) :]): f"{file.path.name}:{line}"
                for path, line in places.get(key, {}).items()
                if path[: len(at)] == at and len(path) > len(at)
            }
            misread |= {
                (full, *path[len(at) :]): each for path, each in scalars.get(key, {}).items() if path[: len(at)] == at
            }
    return StackConfig(project, own, values, files, tuple(encrypted), misread)


def _empty(value: Any, at: Path) -> Iterator[Path]:
    """The places without a value."""
    if value is None:
        yield at
    elif isinstance(value, dict | list):
        for key, each in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _empty(each, (*at, key if isinstance(key, int) else str(key)))


def _by_key(found: dict[Path, Any]) -> dict[str | int, dict[Path, Any]]:
    """The paths below `config:`, by the key there."""
    grouped: dict[str | int, dict[Path, Any]] = {}
    for path, each in found.items():
        if path[0] == "config" and len(path) > 1:
            grouped.setdefault(path[1], {})[path] = each
    return grouped


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
