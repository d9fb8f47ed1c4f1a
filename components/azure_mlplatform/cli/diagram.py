"""`mlplatform preview --diagram`: draws views of environments into files."""

import datetime
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Optional

from .input import option, refuse, refuse_any

VIEWS = "overview|network|identity"


def check_request(file: Path, views: list[str], *, unknown: bool) -> None:
    """Refuses what cannot be drawn, before anything is planned."""
    from ..plan.diagram.draw import FORMATS
    from ..plan.diagram.picture import View
    from ..plan.diagram.png import DiagramError, check

    problems = []
    if unknown:
        fix = "A picture needs the ids that lead to resources"
        problems.append(option("--diagram", "cannot be used with --unknown", fix))
    ending = file.suffix.lower()
    if ending not in FORMATS:
        fix = f"Allowed: a name that ends in {_or(FORMATS)}"
        problems.append(option(f"--diagram {file}", "is not a format that can be drawn", fix))
    problems += [
        option("--view", f"'{each}' is not allowed", f"Allowed: {', '.join(View)}")
        for each in views
        if each not in list(View)
    ]
    if ending == ".png":
        try:
            check()
        except DiagramError as error:
            what, _, fix = str(error).partition("\n")
            problems.append(option(f"--diagram {file}", what, fix.strip()))
    refuse_any(problems)


def draw(folder: Path, plans: list[Any], file: Path, views: list[str], *, today: Optional[datetime.date]) -> None:
    """Draws each view of each plan into a file of its own, with the same layout for all stacks of the project."""
    from ..plan.diagram.draw import drawn
    from ..plan.diagram.picture import View

    chosen = [View(each) for each in dict.fromkeys(views)] or [View.OVERVIEW]
    among = [*plans, *_others(folder, {each.stack for each in plans}, today=today)]
    for plan in plans:
        for view in chosen:
            names = [file.stem, *([plan.stack] if len(plans) > 1 else []), *([view] if len(chosen) > 1 else [])]
            target = file.with_stem("-".join(names))
            try:
                target.write_bytes(drawn(plan, view, file.suffix.lower(), among))
            except OSError as error:
                refuse(option(f"--diagram {target}", f"cannot be written ({error.strerror})"))
            print(f"wrote {target}", file=sys.stderr)


def _others(folder: Path, drawn: set[str], *, today: Optional[datetime.date]) -> Iterator[Any]:
    """The plans of the project's other stacks. One that cannot be planned is left out of the layout."""
    from ..config import files
    from ..plan.program import run_stack

    for stack in files.stacks(files.read(folder / files.PROJECT_FILE).path.parent):
        if stack not in drawn:
            try:
                yield run_stack(folder, stack, today=today)
            except Exception:  # A program may raise anything. The stacks that are asked for are drawn all the same.
                print(f"note: {stack} has problems; no place is kept for what only {stack} has", file=sys.stderr)


def _or(allowed: tuple[str, ...]) -> str:
    return f"{', '.join(allowed[:-1])} or {allowed[-1]}"
