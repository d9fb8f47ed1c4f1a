"""What a program reads while it is planned: a plan may be kept until any of it changes.

Python's audit events name each file that is opened and each folder that is listed; variables of the environment are
noted where they are read. A program that does something whose result cannot be compared later (it writes, starts a
process, opens a connection, prints) is never kept.
"""

import contextlib
import hashlib
import json
import os
import stat
import sys
import sysconfig
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Optional

_MOST_FILES = 5_000
"""The number of files that a program may read, or have beside it, to be kept."""

_OUTSIDE = ("subprocess.", "os.system", "os.exec", "os.posix_spawn", "os.fork", "socket.connect", "socket.getaddrinfo")
"""The beginnings of audit events of what a plan cannot be compared by."""

_WHOLE = "*"
"""Stands for all variables of the environment."""

_INSTALLED = (f"{os.sep}site-packages{os.sep}", f"{os.sep}dist-packages{os.sep}", f"{os.sep}__pycache__{os.sep}")
_LIBRARY = str(Path(__file__).parents[1])
_OURS = tuple(f"{each}{os.sep}" for each in {sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib"), _LIBRARY})


@dataclass(frozen=True, slots=True)
class Reads:
    """What a plan was made of, beside the library and what is installed."""

    files: dict[str, str]
    """Absolute path → digest of its content. Empty if there is no such file."""

    folders: dict[str, str]
    """Absolute path → digest of the names in it."""

    variables: tuple[str, ...]
    """The variables of the environment that were read."""

    environment: str
    """The digest of their values."""

    def hold(self) -> bool:
        """Whether all of it is still the same."""
        return (
            self.environment == _environment(self.variables)
            and all(digest == _of_names(path) for path, digest in self.folders.items())
            and all(digest == _of_file(path) for path, digest in self.files.items())
        )


@dataclass
class Watch:
    """What is being read."""

    files: set[str] = field(default_factory=set)
    folders: set[str] = field(default_factory=set)
    repeatable: bool = True
    """False once the program did something whose result cannot be compared."""

    started: int = field(default_factory=time.time_ns)

    def reads(self, beside: Path) -> Optional[Reads]:
        """What was read, and all files of the program's folder `beside`. None if the plan cannot be kept."""
        for module in list(sys.modules.values()):
            if isinstance(file := getattr(module, "__file__", None), str) and not _known(file):
                self.files.add(file)
        for path in _below(beside):
            (self.folders if os.path.isdir(path) else self.files).add(path)
            if len(self.files) > _MOST_FILES:
                return None
        if not self.repeatable or any(map(self._changed, (*self.files, *self.folders))):
            return None
        names = tuple(sorted(_VARIABLES))
        return Reads(
            {each: _of_file(each) for each in sorted(self.files)},
            {each: _of_names(each) for each in sorted(self.folders)},
            names,
            _environment(names),
        )

    def _changed(self, path: str) -> bool:
        """Whether a file was changed while it was read, or is none."""
        try:
            found = os.stat(path)
        except OSError:
            return False
        if stat.S_ISDIR(found.st_mode):
            return False
        return not stat.S_ISREG(found.st_mode) or found.st_mtime_ns >= self.started


_VARIABLES: set[str] = set()
"""All variables that were read since the first watch: what a module reads when it is loaded counts for later plans."""

_watch: Optional[Watch] = None
_hooked = False


@contextlib.contextmanager
def watched() -> Iterator[Watch]:
    """Notes what is read inside the block. One block at a time."""
    global _watch, _hooked  # noqa: PLW0603 - an audit hook is for the whole process, and cannot be removed
    if not _hooked:
        _hooked = True
        sys.addaudithook(_event)
        os.environ.__class__ = _Environment
    _watch = Watch()
    try:
        yield _watch
    finally:
        _watch = None


def _event(name: str, arguments: tuple[Any, ...]) -> None:
    if _watch is None:
        return
    if name in ("open", "os.listdir", "os.scandir"):
        path = arguments[0]
        if isinstance(path, int):
            return
        path = os.path.abspath(os.fsdecode("." if path is None else path))
        if name != "open":
            if not _known(path + os.sep):
                _watch.folders.add(path)
        elif not _known(path):
            _, mode, flags = arguments
            writes = flags & (os.O_WRONLY | os.O_RDWR) if mode is None else set(mode) & set("wax+")
            _watch.files.add(path)
            _watch.repeatable &= not writes
    elif name.startswith(_OUTSIDE):
        _watch.repeatable = False


def _known(path: str) -> bool:
    """Whether a file belongs to Python, to what is installed, or to this library."""
    return path.startswith(_OURS) or any(each in path for each in _INSTALLED)


class _Environment(os._Environ):
    """The environment, which notes what is read of it."""

    def __getitem__(self, key: Any) -> Any:
        if _watch is not None:
            _VARIABLES.add(os.fsdecode(key))
        return super().__getitem__(key)

    def __iter__(self) -> Iterator[Any]:
        if _watch is not None:
            _VARIABLES.add(_WHOLE)
        return super().__iter__()


def _environment(names: Iterable[str]) -> str:
    wanted = sorted(os.environ) if _WHOLE in names else names
    return _digest(json.dumps([[each, os.environ.get(each)] for each in wanted]).encode())


def _of_file(path: str) -> str:
    try:
        with open(path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""


def _of_names(path: str) -> str:
    try:
        names = os.listdir(path)
    except OSError:
        return ""
    return _digest(json.dumps(sorted(each for each in names if each != "__pycache__")).encode())


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _below(folder: Path) -> Iterator[str]:
    """The folder, and all folders and files in it, without hidden ones and compiled ones."""
    for path, folders, files in os.walk(folder):
        folders[:] = [
            each for each in folders if not each.startswith(".") and each not in ("__pycache__", "node_modules")
        ]
        yield path
        yield from (os.path.join(path, each) for each in files if not each.startswith("."))


def made_of_library() -> str:
    """The digest of this library's files, and of the versions of Python and of all that is installed beside it."""
    from importlib.metadata import distributions

    installed = sorted({f"{each.name} {each.version}" for each in distributions()})
    parts = [_digest(json.dumps([sys.version, sys.platform, installed]).encode())]
    for path in sorted(Path(_LIBRARY).rglob("*.py")):
        parts += [path.relative_to(_LIBRARY).as_posix(), _of_file(str(path))]
    return _digest("\n".join(parts).encode())
