"""Reads requests/ of a repository: what the platform team answers, each team's request, and who holds which range."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path as FilePath
from typing import Generic, Optional, TypeVar

from pydantic import ValidationError

from ..config.files import read
from ..config.go_yaml import MOST_NODES
from ..foundation.model import Settings
from ..foundation.problems import Problem, ProblemsError, located, problems_of
from ..foundation.violations import Path, Violation
from .address_lock import LOCK_FILE, AddressLock
from .platform import Platform
from .request import Request, RequestedEnvironment

FOLDER = "requests"
"""The folder of requests in a repository."""

PLATFORM_FILE = "platform.yaml"

RESERVED = {
    "platform": f"{FOLDER}/{PLATFORM_FILE} is the platform team's",
    "shared": "projects/shared is what exists once for all projects",
}
"""The names that no project can have → why."""

_Model = TypeVar("_Model", bound=Settings)


@dataclass(frozen=True)
class Document(Generic[_Model]):
    """A file that was read."""

    path: FilePath
    content: _Model
    lines: Mapping[Path, int] = field(repr=False)
    """Path in the file → line, counted from 1."""

    @property
    def place(self) -> str:
        """The file, as messages name it."""
        return f"{FOLDER}/{self.path.name}"

    @cached_property
    def _places(self) -> dict[Path, str]:
        return {path: f"{self.place}:{line}" for path, line in self.lines.items()}

    def located(self, violations: Iterable[Violation]) -> Iterator[Problem]:
        """The violations as problems, each with its line."""
        found = (Problem(each.path, each.what, each.fix) for each in violations)
        return located(found, self._places, self.place)


@dataclass(frozen=True)
class RepositoryRequests:
    """All that is in requests/."""

    root: FilePath
    """The repository."""

    platform: Optional[Document[Platform]] = None
    """None if it cannot be read."""

    requests: Mapping[str, Document[Request]] = field(default_factory=dict)
    """Project → its request, of those that can be read, by name."""

    unread: frozenset[str] = frozenset()
    """The projects whose request cannot be read."""

    lock: Optional[AddressLock] = None
    """Who holds which range. Empty if there is no file yet; None if it cannot be used."""

    problems: tuple[Problem, ...] = ()
    """Why something cannot be read."""

    def environments(self) -> Iterator[tuple[Document[Request], int, RequestedEnvironment]]:
        """Each environment with its request, and its place in it."""
        for document in self.requests.values():
            for index, each in enumerate(document.content.environments):
                yield document, index, each


def read_requests(root: FilePath) -> RepositoryRequests:
    """Reads all requests of a repository. Time is linear in their number.

    Raises ProblemsError if it has no requests/. What cannot be read is a problem of the result.
    """
    folder = root / FOLDER
    if not folder.is_dir():
        what = f"has no folder {FOLDER}/"
        fix = f"Give the platform team's repository with -C DIR. A new one begins with {FOLDER}/{PLATFORM_FILE}"
        raise ProblemsError([Problem((), what, fix, str(root))])
    problems: list[Problem] = []
    if not (folder / PLATFORM_FILE).is_file():
        fix = "Write it: docs/requests.md has an example"
        problems.append(Problem((), "is missing", fix, f"{FOLDER}/{PLATFORM_FILE}"))
        platform = None
    else:
        platform = _document(folder / PLATFORM_FILE, Platform, problems)
    found: dict[str, Document[Request]] = {}
    unread: set[str] = set()
    for path in sorted(folder.iterdir()):
        if path.name in (PLATFORM_FILE, LOCK_FILE) or path.name.startswith(".") or path.suffix not in (".yaml", ".yml"):
            continue
        if path.suffix == ".yml":
            problems.append(Problem((), "is not read", f"Rename it to {path.stem}.yaml", f"{FOLDER}/{path.name}"))
            continue
        document = _document(path, Request, problems)
        if document is None:
            unread.add(path.stem)
            continue
        problems += _name_problems(document)
        found[path.stem] = document
    lock = None
    try:
        lock = AddressLock.read(folder / LOCK_FILE)
    except ProblemsError as error:
        problems += error.problems
    return RepositoryRequests(root, platform, found, frozenset(unread), lock, tuple(problems))


def request_path(root: FilePath, project: str) -> FilePath:
    """The file of a project's request."""
    return root / FOLDER / f"{project}.yaml"


def _name_problems(document: Document[Request]) -> Iterator[Problem]:
    name, stem = document.content.project, document.path.stem
    if name != stem:
        what = f"'{name}' is not the name of the file"
        fix = f"Rename the file to {name}.yaml, or write project: {stem}"
        yield from document.located([Violation(("project",), name, what, fix)])
    elif name in RESERVED:
        fix = "Give the project another name"
        yield from document.located(
            [Violation(("project",), name, f"no project can be '{name}': {RESERVED[name]}", fix)]
        )


def _document(path: FilePath, model: type[_Model], problems: list[Problem]) -> Optional[Document[_Model]]:
    """The content of a file; None after a problem."""
    try:
        file = read(path, MOST_NODES)
    except ProblemsError as error:
        problems += (_below(each) for each in error.problems)
        return None
    if found := list(file.document_problems()):
        problems += map(_below, found)
        return None
    try:
        content = model.model_validate(file.data)
    except ValidationError as error:
        places = {at: f"{FOLDER}/{path.name}:{line}" for at, line in file.lines.items()}
        problems += located(problems_of(error, model, data=file.data), places, f"{FOLDER}/{path.name}")
        return None
    return Document(path, content, file.lines)


def _below(problem: Problem) -> Problem:
    return replace(problem, file=f"{FOLDER}/{problem.file}")
