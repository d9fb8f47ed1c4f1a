"""`mlplatform check`: every stack of a repository, and what they dispute."""

from pathlib import Path
from typing import Annotated

import typer

from ..foundation.problems import Problem
from .exit_codes import BAD_INPUT, FINDING
from .input import needs_folder, option, refuse, refuse_any
from .options import AsJson, On, OutputFile, Repository, Stacks, day
from .output import output
from .plans import progress

EXAMPLES = (
    "mlplatform check                       every stack of every project below this folder",
    "mlplatform check prod                  only the stacks of this name",
    "mlplatform check --on 2027-06-01       what will have expired or retired by then",
    "mlplatform check --rights prod         and who may do what, where",
)


def check(
    stacks: Stacks = None,
    folder: Repository = Path(),
    as_json: AsJson = False,
    file: OutputFile = None,
    on: On = None,
    rights: Annotated[bool, typer.Option("--rights", help="Show also who may do what, where, by environment.")] = False,
) -> None:
    """Check the stacks of all projects, and their conflicts.

    Finds wrong settings and, across projects, a resource that two stacks make, addresses that overlap behind one hub,
    a cluster that a second workspace attaches, and rights with which two environments are not apart. Exits with 2 if a
    stack is refused, and with 1 if stacks conflict.
    """
    from ..access.effective_rights import grants_of
    from ..access.matrix import rows
    from ..plan.check import check_stacks
    from .answers import Check
    from .rights_page import show_rights

    with output(Check, file, as_json=as_json) as said:
        refuse_any(needs_folder(folder, "Name the folder that contains the projects"))
        folders = (each for each in stacks or [] if Path(each).is_dir())
        refuse_any(option(each, "is a folder, not a stack", f"Give it with -C {each}") for each in folders)
        with progress() as says:
            report = check_stacks(folder.resolve(), stacks or None, today=day(on), says=says)
        if stacks and not report.plans and not report.problems:
            refuse(option(", ".join(stacks), "is the name of no stack in these projects", "Leave it out to check all"))
        if not report.plans and not report.problems:
            what = "contains no Pulumi project with settings of azure-mlplatform"
            skipped = f". Skipped: {', '.join(report.skipped)}" if report.skipped else ""
            fix = f"Write one: mlplatform init NAME{skipped}"
            refuse(Problem((), what, fix, str(folder)))
        matrix = list(rows(map(grants_of, report.plans))) if rights else []
        if as_json:
            for plan in report.plans:
                said.notices(plan.messages, plan.label)
            shown = {"rights": [each._asdict() for each in matrix]} if rights else {}
            said.answer(problems=said.problems(report.problems), **report.as_json(), **shown)
        else:
            for plan in report.plans:
                said.lines([f"{plan.file}: {len(plan.azure_resources)} resources"])
                said.lines(f"    {severity}: {text}" for severity, text in plan.messages)
            said.lines(f"{each}: skipped, because it has no settings of azure-mlplatform" for each in report.skipped)
            if rights:
                show_rights(matrix, said.stream)
            said.problems((*report.problems, *report.conflicts))
        if report.problems:
            raise typer.Exit(BAD_INPUT)
        if report.conflicts:
            raise typer.Exit(FINDING)
