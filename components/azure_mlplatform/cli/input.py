"""Input that cannot be used: how a command says so and ends."""

from collections.abc import Iterable
from pathlib import Path
from typing import NoReturn

from ..foundation.problems import Problem, ProblemsError


def refuse(*problems: Problem) -> NoReturn:
    """Ends the command with problems: as lines, or in its JSON object."""
    raise ProblemsError(dict.fromkeys(problems))


def refuse_any(problems: Iterable[Problem]) -> None:
    """Ends the command if there are problems, with all of them."""
    if found := list(problems):
        refuse(*found)


def option(name: str, what: str, fix: str = "") -> Problem:
    """The problem of an option or argument: what is wrong with it, and what to do."""
    return Problem((), what, fix, name)


def exclude(given: dict[str, bool]) -> Iterable[Problem]:
    """A problem if more than one of some options is given: option → whether it is."""
    found = [name for name, is_given in given.items() if is_given]
    if len(found) > 1:
        yield option(", ".join(found), "exclude each other", "Give one of them")


def needs_folder(folder: Path, advice: str) -> Iterable[Problem]:
    """A problem if the folder of `-C` is none."""
    if not folder.is_dir():
        yield option(f"-C {folder}", "is not a folder", advice)
