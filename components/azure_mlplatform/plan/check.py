"""Checks every stack of every project in a repository: problems in each stack, and conflicts between stacks."""

import datetime
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Optional

from ..access.effective_rights import PlanGrants
from ..config.files import FIRST_STACK, PROJECT_FILE, stacks
from ..config.repository import is_ours, projects
from ..foundation import clock
from ..foundation.problems import Problem
from .comparisons import ALL, RIGHTS
from .kept_results import KeptResults
from .planning import SECONDS, Job, Planning, Result
from .summary import Summaries, Summary


@dataclass(frozen=True, slots=True)
class Report:
    """The result of a check."""

    stacks: tuple[Summary, ...]
    """The stacks that could be planned, in the order of their folders."""

    skipped: tuple[str, ...]
    """The folders of Pulumi projects that have no settings of this library."""

    problems: tuple[Problem, ...]
    """The problems in each stack."""

    conflicts: tuple[Problem, ...] = ()
    """The conflicts of stacks with each other, also in what their identities and groups may do."""

    grants: tuple[PlanGrants, ...] = ()
    """The rights that each stack gives, if they were asked for."""

    def as_json(self) -> dict[str, Any]:
        """The report as `mlplatform check --json` prints it."""
        return {
            "stacks": [
                {
                    "folder": each.folder or ".",
                    "project": each.project,
                    "stack": each.stack,
                    "resources": each.resources,
                }
                for each in self.stacks
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
    shows: Callable[[Summary], None] = lambda stack: None,
    processes: Optional[int] = None,
    cache: Optional[Path] = None,
    seconds: float = SECONDS,
    with_grants: bool = False,
) -> Report:
    """Plans every stack of this library's projects below `root`, and compares all plans.

    `only` are the names of the stacks that count. Default: all. `today` is the day of the check. Default: the current
    day. `says` is told what is under way, and `shows` each planned stack in the order of the report, as soon as those
    before it are done.

    `processes` is the number of processes that plan, and `seconds` the time that a program may take in one. Default:
    programs run in this process. `cache` is a folder for results: a stack is planned only if something of it changed
    since one was kept there. Default: all are planned. `with_grants` asks for the rights that each stack gives.
    """
    day = today or datetime.date.fromisoformat(clock.today())
    jobs: list[Job] = []
    skipped: list[str] = []
    found: dict[Job, list[Problem]] = {}
    for folder in projects(root):
        name = "" if folder == root else folder.relative_to(root).as_posix()
        if not is_ours(folder):
            skipped.append(name or ".")
            continue
        mine = stacks(folder)
        if not mine:
            job = Job(name, "")
            found[job] = [Problem((), "has no stack", FIRST_STACK, f"{name}/{PROJECT_FILE}".lstrip("/"))]
            jobs.append(job)
        jobs += (Job(name, each) for each in mine if not only or each in only)
    kept = KeptResults(cache, root, day) if cache else None
    summaries, done = Summaries(ALL), _InOrder(jobs, shows)
    for job, result in _results(jobs, found, kept, Planning(root, day, kept is not None, seconds), processes, says):
        if result.summary is None:
            done.add(job, list(result.problems), None, result.printed)
            continue
        if kept is not None and result.reads is not None:
            kept.keep(result.summary, result.reads)
        done.add(job, [], summaries.add(result.summary), result.printed)
    if kept is not None:
        kept.tidy()
    problems = tuple(dict.fromkeys(done.problems))
    disputed = tuple(summaries.problems())
    grants = tuple(summaries.rows(RIGHTS)) if with_grants else ()
    return Report(tuple(done.stacks), tuple(skipped), problems, disputed, grants)


def _results(
    jobs: list[Job],
    found: dict[Job, list[Problem]],
    kept: Optional[KeptResults],
    planning: Planning,
    processes: Optional[int],
    says: Callable[[str], None],
) -> Iterator[tuple[Job, Result]]:
    """The result of each stack: those that are known, then those that are planned."""
    open_: list[Job] = []
    for job in jobs:
        if job in found:
            yield job, Result(problems=tuple(found[job]))
        elif kept is not None and (summary := kept.find(job.folder, job.stack)) is not None:
            yield job, Result(summary)
        else:
            open_.append(job)
    count = min(processes or 0, len(open_))
    if count:
        says(f"planning {len(open_)} stacks in {count} processes")
    for number, (job, result) in enumerate(planning.in_workers(open_, count) if count else planning.here(open_), 1):
        says(f"planned {number} of {len(open_)} stacks, last {job.folder} {job.stack}".replace("  ", " "))
        yield job, result


class _InOrder:
    """Puts results in the order of their jobs, and shows each as soon as those before it are there."""

    def __init__(self, jobs: list[Job], shows: Callable[[Summary], None]) -> None:
        self.stacks: list[Summary] = []
        self.problems: list[Problem] = []
        self._jobs, self._shows, self._next = jobs, shows, 0
        self._waiting: dict[Job, tuple[list[Problem], Optional[Summary], str]] = {}

    def add(self, job: Job, problems: list[Problem], stack: Optional[Summary], printed: str) -> None:
        self._waiting[job] = problems, stack, printed
        while self._next < len(self._jobs) and self._jobs[self._next] in self._waiting:
            problems, stack, printed = self._waiting.pop(self._jobs[self._next])
            self._next += 1
            if printed:
                sys.stderr.write(printed)
            self.problems += problems
            if stack is not None:
                self.stacks.append(stack)
                self._shows(stack)
