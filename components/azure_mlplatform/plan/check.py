"""Checks every stack of every project in a repository: problems in each stack, and conflicts between stacks."""

import datetime
import os
import sysconfig
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Optional

from pulumi import RunError

from ..access.effective_rights import grants_of
from ..access.separation import violations
from ..config.files import FIRST_STACK, PROJECT_FILE, stacks
from ..config.repository import is_ours, projects
from ..foundation.problems import CALLS, Problem, ProblemsError, show_calls
from .conflicts import conflicts
from .program import run_stack
from .recorder import RecordingError
from .resource import Plan


@dataclass(frozen=True, slots=True)
class Report:
    """The result of a check."""

    plans: tuple[Plan, ...]
    """The plans of the stacks that could be planned."""

    skipped: tuple[str, ...]
    """The folders of Pulumi projects that have no settings of this library."""

    problems: tuple[Problem, ...]
    """The problems in each stack."""

    conflicts: tuple[Problem, ...] = ()
    """The conflicts of stacks with each other."""

    def as_json(self) -> dict[str, Any]:
        """The report as `mlplatform check --json` prints it."""
        return {
            "stacks": [
                {
                    "folder": plan.folder or ".",
                    "project": plan.project,
                    "stack": plan.stack,
                    "resources": len(plan.azure_resources),
                }
                for plan in self.plans
            ],
            "skipped": list(self.skipped),
            "conflicts": [each.as_json() for each in self.conflicts],
        }


def check_stacks(
    root: Path,
    only: Optional[list[str]] = None,
    *,
    today: Optional[datetime.date] = None,
    says: Callable[[str], None] = lambda text: None,
) -> Report:
    """Plans every stack of this library's projects below `root`, and compares all plans.

    `only` are the names of the stacks that count. Default: all. `today` is the day of the check. Default: the current
    day. `says` is told what is under way.
    """
    plans: list[Plan] = []
    skipped: list[str] = []
    problems: list[Problem] = []
    for folder in projects(root):
        name = "" if folder == root else folder.relative_to(root).as_posix()
        if not is_ours(folder):
            skipped.append(name or ".")
            continue
        found = stacks(folder)
        if not found:
            problems.append(Problem((), "has no stack", FIRST_STACK, f"{name}/{PROJECT_FILE}".lstrip("/")))
        for stack in found:
            if only and stack not in only:
                continue
            says(f"planning {name} {stack}".replace("  ", " "))
            try:
                plans.append(replace(run_stack(folder, stack, today=today), folder=name))
            except Exception as error:  # A program may raise anything. The other stacks must still be checked.
                where = f"{name}/".lstrip("/")
                problems += [
                    replace(each, file=f"{where}{each.file or f'Pulumi.{stack}.yaml'}") for each in problems_in(error)
                ]
    disputed = (*conflicts(plans), *violations(map(grants_of, plans)))
    return Report(tuple(plans), tuple(skipped), tuple(dict.fromkeys(problems)), disputed)


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
