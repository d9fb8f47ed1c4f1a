"""`mlplatform request render`: the stacks of requested projects, beside what was changed in them by hand."""

import datetime
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..foundation.problems import Problem
from .exit_codes import BAD_INPUT, FINDING
from .input import refuse_any
from .options import AsJson, On, OutputFile, day
from .output import output
from .plans import kept, progress
from .request import Project, RequestsFolder, repository_in

if TYPE_CHECKING:
    from ..requests.render import Rendering

EXAMPLES = (
    "mlplatform request render               all projects with a request",
    "mlplatform request render lending       one of them",
    "mlplatform request render --dry-run     which files would change",
)


def render(
    project: Project = None,
    folder: RequestsFolder = Path(),
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say which files would change, and write nothing.")
    ] = False,
    as_json: AsJson = False,
    file: OutputFile = None,
    on: On = None,
) -> None:
    """Write the stacks of projects from their requests.

    Writes projects/PROJECT: settings of each environment, rights.<stack>.json for the landing stack, environments.json
    with the names for the team's repository, costs.json; who holds which addresses; and who reviews what
    (.github/CODEOWNERS). What was changed by hand stays. Where a request and a person changed the same lines, shows
    both and writes nothing of that project (exit code 1).
    """
    from ..foundation.clock import today
    from ..requests.checks import request_problems
    from ..requests.render import render as rendered
    from ..requests.render import review_rendering, write
    from .answers import RequestRender

    with output(RequestRender, file, as_json=as_json) as said:
        now = day(on) or datetime.date.fromisoformat(today())
        repository = repository_in(folder, project)
        refuse_any(each for each in request_problems(repository, now) if _stands_against(each, project))
        names = [each for each in repository.requests if project in (None, each)]

        def computed(draft: Path, stacks: list[str]) -> Mapping[str, str]:
            return computed_files(draft, stacks, now)

        with progress() as says:
            says(f"rendering {project or 'all projects'}")
            found = rendered(repository, names, computed, today=now)
        problems = [problem for each in found for problem in each.problems]
        conflicts = [conflict for each in found for conflict in each.conflicts]
        refused = bool(problems) or bool(conflicts)
        if not dry_run:
            for each in found:
                if not (each.problems or each.conflicts) and (each.project or not refused or len(found) > 2):
                    write(repository.root, each)
        if not refused or any(each.project and not (each.problems or each.conflicts) for each in found):
            # Who reviews what follows from all requests, so it comes after what is written of each.
            reviews = review_rendering(repository, found)
            found.append(reviews)
            if not dry_run:
                write(repository.root, reviews)
        if as_json:
            said.notices(("warning", notice) for each in found for notice in each.notices)
            said.answer(
                written=not dry_run,
                files={name: "removed" if text is None else "written" for each in found for name, text in _shown(each)},
                conflicts=[{"file": each.file, "both": each.both} for each in conflicts],
                problems=said.problems(problems),
            )
        else:
            said.notices(("warning", notice) for each in found for notice in each.notices)
            for each in found:
                said.lines(f"{_verb(text, dry_run)} {name}" for name, text in _shown(each))
            for each in conflicts:
                said.lines([f"conflict in {each.file}: nothing of this project is written"])
                said.text(each.both)
            said.problems(problems)
            if not refused and not any(_shown(each) for each in found):
                said.lines(["Everything is as it was rendered."])
        if problems:
            raise typer.Exit(BAD_INPUT)
        if conflicts:
            raise typer.Exit(FINDING)


def _stands_against(problem: Problem, project: str | None) -> bool:
    """Whether a problem stands against rendering: one of the project, of the platform's answers or of the addresses."""
    others = ("requests/platform.yaml", "requests/addresses.lock.yaml")
    return project is None or problem.file.startswith((f"requests/{project}.yaml", *others))


def _shown(rendering: "Rendering") -> list[tuple[str, str | None]]:
    """The files that a person looks at: not the texts that are kept for the next rendering."""
    return [(name, text) for name, text in rendering.files.items() if not name.startswith("requests/.rendered")]


def _verb(text: str | None, dry_run: bool) -> str:
    return ("would remove" if dry_run else "removed") if text is None else "would write" if dry_run else "wrote"


def computed_files(folder: Path, stacks: list[str], today: datetime.date) -> Mapping[str, str]:
    """rights.<stack>.json as `mlplatform rights <stack> --json` prints it, environments.json and costs.json."""
    from ..catalogue.prices import price_table, table_for
    from ..foundation.profiles import PROFILES, Environment
    from ..plan.cost import cost_of
    from ..plan.program import run_retired, run_stack
    from ..plan.rights import rights_of
    from ..plan.team_names import environments_text
    from ..requests.costs import FILE, costs_text
    from .answers import Rights

    prices = price_table(table_for(folder))
    plans = []
    found: dict[str, str] = {}
    problems: list[Problem] = []
    for stack in stacks:
        with kept(problems, stack):
            plan = run_stack(folder, stack, today=today)
            plans.append(plan)
            if PROFILES[Environment(stack)].has_ci_identities:
                rights = rights_of(plan, run_retired(folder, stack, today=today))
                text = Rights.model_validate({"stacks": [rights.as_json()]}).model_dump_json(indent=2, by_alias=True)
                found[f"rights.{stack}.json"] = f"{text}\n"
    refuse_any(problems)
    costs = costs_text(cost_of(each, prices) for each in plans)
    return {**found, "environments.json": environments_text(plans), FILE: costs}
