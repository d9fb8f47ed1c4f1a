"""`mlplatform check`: every stack of a repository, and what they dispute."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..foundation.problems import Problem
from .exit_codes import BAD_INPUT, FINDING
from .input import needs_folder, option, refuse, refuse_any
from .options import AsJson, NoCache, On, OutputFile, Processes, Repository, Stacks, day
from .output import output
from .plans import progress

if TYPE_CHECKING:
    from ..plan.summary import Summary

EXAMPLES = (
    "mlplatform check                       every stack of every project below this folder",
    "mlplatform check prod                  only the stacks of this name",
    "mlplatform check --on 2027-06-01       what will have expired or retired by then",
    "mlplatform check --no-cache            plan all of it, also what has not changed",
    "mlplatform check --rights prod         and who may do what, where",
)


def check(
    stacks: Stacks = None,
    folder: Repository = Path(),
    as_json: AsJson = False,
    file: OutputFile = None,
    on: On = None,
    processes: Processes = None,
    no_cache: NoCache = False,
    rights: Annotated[bool, typer.Option("--rights", help="Show also who may do what, where, by environment.")] = False,
) -> None:
    """Check the stacks of all projects, and their conflicts.

    Finds wrong settings and, across projects, a resource that two stacks make, addresses that overlap behind one hub,
    a cluster that a second workspace attaches, and rights with which two environments are not apart. Exits with 2 if a
    stack is refused, and with 1 if stacks conflict. Plans on all cores, and only what changed since the last check.
    """
    from ..access.matrix import rows
    from ..plan.check import check_stacks
    from ..plan.kept_results import cache_folder
    from ..plan.planning import cores
    from .answers import Check
    from .rights_page import show_rights

    with output(Check, file, as_json=as_json) as said:
        refuse_any(needs_folder(folder, "Name the folder that contains the projects"))
        folders = (each for each in stacks or [] if Path(each).is_dir())
        refuse_any(option(each, "is a folder, not a stack", f"Give it with -C {each}") for each in folders)
        with progress() as says:

            def shows(stack: "Summary") -> None:
                if as_json:
                    said.notices(stack.messages, stack.label)
                    return
                with says.aside():
                    said.lines([f"{stack.file}: {stack.resources} resources"])
                    said.lines(f"    {severity}: {text}" for severity, text in stack.messages)

            report = check_stacks(
                folder.resolve(),
                stacks or None,
                today=day(on),
                says=says,
                shows=shows,
                processes=processes or cores(),
                cache=None if no_cache else cache_folder(),
                with_grants=rights,
            )
        if stacks and not report.stacks and not report.problems:
            refuse(option(", ".join(stacks), "is the name of no stack in these projects", "Leave it out to check all"))
        if not report.stacks and not report.problems:
            what = "contains no Pulumi project with settings of azure-mlplatform"
            skipped = f". Skipped: {', '.join(report.skipped)}" if report.skipped else ""
            fix = f"Write one: mlplatform init NAME{skipped}"
            refuse(Problem((), what, fix, str(folder)))
        matrix = list(rows(report.grants))
        if as_json:
            shown = {"rights": [each._asdict() for each in matrix]} if rights else {}
            said.answer(problems=said.problems(report.problems), **report.as_json(), **shown)
        else:
            said.lines(f"{each}: skipped, because it has no settings of azure-mlplatform" for each in report.skipped)
            if rights:
                show_rights(matrix, said.stream)
            said.problems((*report.problems, *report.conflicts))
        if report.problems:
            raise typer.Exit(BAD_INPUT)
        if report.conflicts:
            raise typer.Exit(FINDING)
