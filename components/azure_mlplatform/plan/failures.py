"""The problems that made a program fail, with the place in the user's own files."""

import os
import sysconfig
import traceback
from collections.abc import Iterator
from pathlib import Path

from pulumi import RunError

from ..foundation.problems import CALLS, Problem, ProblemsError, show_calls
from .recorder import RecordingError


def problems_in(error: Exception) -> Iterator[Problem]:
    """The problems that made a program fail. For an unexpected error: one problem with the place in the program."""
    if isinstance(error, ProblemsError):
        yield from error.problems
    elif isinstance(error, RecordingError | RunError):
        yield Problem((), " ".join(str(error).split()), "")
    else:
        show_calls(error)
        text = f"{type(error).__name__}: {' '.join(str(error).split())}".removesuffix(": ")
        yield Problem((), f"the program failed{_place(error)}: {text}", f"Set {CALLS}=1 to see all calls")


_NOT_THE_USERS = (sysconfig.get_path("stdlib"), sysconfig.get_path("purelib"), sysconfig.get_path("platlib"))


def _place(error: Exception) -> str:
    """The last place in the user's own files that led to an error."""
    if isinstance(error, SyntaxError) and error.filename:
        return f" in {_shown(error.filename)}, line {error.lineno}"
    own = str(Path(__file__).parents[1])
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if Path(frame.filename).is_absolute() and not frame.filename.startswith((own, *_NOT_THE_USERS)):
            return f" in {_shown(frame.filename)}, line {frame.lineno}"
    return ""


def _shown(file: str) -> str:
    """A file as a person in this folder names it."""
    try:
        return min(file, os.path.relpath(file), key=len)
    except ValueError:
        # On Windows, a file may be on another drive.
        return file
