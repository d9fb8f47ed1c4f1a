"""The plans of stacks, for the commands that read them."""

import contextlib
import datetime
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Optional

from ..config import files
from ..foundation.problems import Problem
from .input import needs_folder, refuse, refuse_any

if TYPE_CHECKING:
    from rich.status import Status

    from ..plan.resource import Plan

FOLDER = "Name the folder that contains Pulumi.yaml"


def stacks_in(folder: Path, stacks: Optional[list[str]]) -> list[str]:
    """The stacks that are named, or all in the folder. Raises ProblemsError if there is none."""
    refuse_any(needs_folder(folder, FOLDER))
    found = list(dict.fromkeys(stacks or [])) or files.stacks(files.read(folder / files.PROJECT_FILE).path.parent)
    if not found:
        refuse(Problem((), "is missing", files.FIRST_STACK, str(folder / "Pulumi.<stack>.yaml")))
    return found


def plans_of(folder: Path, stacks: list[str], *, known: bool = True, today: Optional[datetime.date]) -> list["Plan"]:
    """The plan of each stack. Raises ProblemsError with the problems of all, and of what they dispute."""
    from ..plan.conflicts import conflicts
    from ..plan.program import run_stack

    plans: list[Plan] = []
    problems: list[Problem] = []
    with progress() as says:
        for number, stack in enumerate(stacks, 1):
            says(f"planning {stack} ({number} of {len(stacks)})")
            with kept(problems, stack):
                plans.append(run_stack(folder, stack, known=known, today=today))
    refuse_any([*problems, *conflicts(plans)])
    return plans


@contextlib.contextmanager
def kept(problems: list[Problem], stack: str) -> Iterator[None]:
    """Adds the problems of a stack that cannot be planned to a list, so that those of all stacks show at once."""
    from ..plan.failures import problems_in

    try:
        yield
    except Exception as error:  # A program may raise anything.
        file = f"Pulumi.{stack.rsplit('/', 1)[-1]}.yaml"
        problems += (replace(each, file=each.file or file) for each in problems_in(error))


class Progress:
    """Says on standard error what is under way, if that is a terminal."""

    def __init__(self, status: "Optional[Status]" = None) -> None:
        self._status = status

    def __call__(self, text: str) -> None:
        """Says what is under way now."""
        if self._status is not None:
            from rich.text import Text

            from ..foundation.printable import printable

            self._status.update(Text(printable(text)))

    @contextlib.contextmanager
    def aside(self) -> Iterator[None]:
        """Makes room for lines of the answer on the same terminal."""
        if self._status is None or not sys.stdout.isatty():
            yield
            return
        self._status.stop()
        try:
            yield
        finally:
            self._status.start()


@contextlib.contextmanager
def progress() -> Iterator[Progress]:
    """Says on standard error what is under way, until the block ends."""
    if not sys.stderr.isatty():
        yield Progress()
        return
    from rich.console import Console
    from rich.text import Text

    with Console(file=sys.stderr).status(Text("reading")) as status:
        yield Progress(status)
