"""The commands of `mlplatform`."""

import datetime
import json
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Optional

import typer

from .diagram import VIEWS, check_request, draw
from .exit_codes import BAD_INPUT
from .explain import explain
from .init import init
from .input import refuse
from .local import local

app = typer.Typer(
    name="mlplatform",
    help="Preview and check machine-learning environments on Azure before they exist.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    rich_markup_mode=None,
)

export = typer.Typer(help="Write files that other tools deploy.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(export, name="export")
app.add_typer(local, name="local")
app.command()(init)
app.command()(explain)


OnOption = Annotated[
    Optional[datetime.datetime],
    typer.Option(
        "--on",
        metavar="YYYY-MM-DD",
        formats=["%Y-%m-%d"],
        help="Check expiry and retirement as of this day. Default: today.",
    ),
]


@app.callback()
def mlplatform() -> None:
    """Preview and check machine-learning environments on Azure before they exist."""


@app.command()
def preview(
    stacks: Annotated[
        Optional[list[str]],
        typer.Argument(metavar="[STACK]...", help="Stacks to show. Default: all with settings in the folder."),
    ] = None,
    folder: Annotated[
        Path,
        typer.Option("-C", metavar="DIR", help="The folder of Pulumi.yaml: the root, or projects/<name>."),
    ] = Path(),
    as_json: Annotated[bool, typer.Option("--json", help="Print the resources as JSON.")] = False,
    unknown: Annotated[
        bool,
        typer.Option("--unknown", help="Leave all values from Azure unknown, as in the first `pulumi preview`."),
    ] = False,
    diagram: Annotated[
        Optional[Path],
        typer.Option(
            metavar="FILE",
            help="Draw the environment, in the format of the file's ending: .svg, .png, .mmd or .md (Mermaid). With "
            "several stacks or views, one file for each.",
        ),
    ] = None,
    view: Annotated[
        Optional[list[str]],
        typer.Option(metavar=VIEWS, help="With --diagram: what to draw. May be repeated. Default: overview."),
    ] = None,
    against: Annotated[
        Optional[str],
        typer.Option(
            metavar="STATE.json|-|stack",
            help="Show what `pulumi up` would do to the environment of a `pulumi stack export`: a file, standard "
            "input, or the word `stack`, which asks the Pulumi CLI.",
        ),
    ] = None,
    as_markdown: Annotated[
        bool, typer.Option("--markdown", help="With --against: print a comment for a pull request.")
    ] = False,
    on: OnOption = None,
) -> None:
    """Show what `pulumi up` would create. Needs neither an Azure account nor the Pulumi CLI.

    With --against it exits with 1 if something goes that holds data or work, or if Azure, a lock or protection refuses
    a step, and with 2 if the settings are refused.
    """
    if against is not None:
        if unknown or diagram is not None or view:
            refuse(["--against: cannot be used with --unknown, --diagram or --view"])
        from .against import show

        show(folder, stacks or [], against, as_json=as_json, as_markdown=as_markdown, today=on and on.date())
        return
    if as_markdown:
        refuse(["--markdown: needs --against STATE.json"])
    if diagram is not None or view:
        check_request(diagram, view or [], unknown=unknown)
    plans = _plans(folder, stacks or [], known=not unknown, today=on and on.date())
    if diagram is not None:
        draw(folder, plans, diagram, view or [], today=on and on.date())
    if as_json:
        resources = [each.as_json() for plan in plans for each in plan.resources]
        print(json.dumps(resources, indent=2))
        return
    from ..plan.difference import differences, table
    from ..plan.tree import tree

    for plan in plans:
        print("\n".join(tree(plan)), end="\n\n")
    if len(plans) > 1:
        print("\n".join(table(differences(*plans), [plan.stack for plan in plans])))


@app.command()
def check(
    folder: Annotated[Path, typer.Argument(metavar="[DIR]", help="The repository. Default: this folder.")] = Path(),
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
    on: OnOption = None,
) -> None:
    """Check every stack of every project below a folder, and conflicts between them.

    Finds wrong settings and, across projects, a resource that two stacks make, addresses that overlap behind one hub,
    and a cluster that a second workspace attaches. Exits with 2 if there is a problem.
    """
    if not folder.is_dir():
        refuse([f"{folder}: is not a folder\n    Name the folder that contains the projects"])
    from ..foundation.printable import printable
    from ..plan.check import check_stacks

    report = check_stacks(folder.resolve(), today=on and on.date())
    if as_json:
        print(json.dumps(report.as_json(), indent=2))
        if report.problems:
            raise typer.Exit(BAD_INPUT)
        return
    if not report.plans and not report.problems:
        refuse([f"{folder}: contains no Pulumi project with settings of azure-mlplatform"])
    for plan in report.plans:
        print(printable(f"{plan.file}: {len(plan.azure_resources)} resources"))
        for severity, text in plan.messages:
            print(printable(f"    {severity}: {text}"))
    for each in report.skipped:
        print(printable(f"{each}: skipped, because it has no settings of azure-mlplatform"))
    if report.problems:
        refuse(map(str, report.problems))


_RETIRED = {"azure-mlplatform:retire": {"reason": "What retiring changes"}}
"""The settings of a stack that is retired."""


@app.command()
def rights(
    stack: Annotated[str, typer.Argument(metavar="STACK", help="The stack that is deployed.")],
    folder: Annotated[Path, typer.Option("-C", metavar="DIR", help="The folder of Pulumi.yaml.")] = Path(),
    as_json: Annotated[bool, typer.Option("--json", help="Print the rights as JSON.")] = False,
    role: Annotated[
        bool,
        typer.Option("--role", help="Print a custom role for one scope, as `az role definition create` takes it."),
    ] = False,
    scope: Annotated[
        Optional[str],
        typer.Option(metavar="ID", help="Only what this scope takes. Default: all; a role: the environment's group."),
    ] = None,
    need: Annotated[
        Optional[str],
        typer.Option(
            "--for",
            metavar="up|removal|retirement",
            help="Only what this takes: `pulumi up`, one that removes, or retiring. Default: all; a role: up.",
        ),
    ] = None,
) -> None:
    """Show what the identity that deploys a stack must be allowed, where, and because of what.

    Computed from the resources that `pulumi up` would make. Lists also what others have to do: the owners of the hub,
    of shared storage and of the subscription.
    """
    from pulumi import RunError

    from ..foundation.problems import ProblemsError
    from ..plan.check import problems_in
    from ..plan.program import run_stack
    from ..plan.recorder import RecordingError
    from ..plan.rights import Need, rights_of, table

    problems = []
    if need not in (None, *Need):
        problems.append(f"--for: '{need}' is not allowed\n    Allowed: {', '.join(Need)}")
    if role and as_json:
        problems.append("--json, --role: exclude each other\n    Give one of them")
    if problems:
        refuse(problems)
    [plan] = _plans(folder, [stack], known=True, today=None)
    try:
        found = rights_of(plan, run_stack(folder, stack, settings=_RETIRED))
    except (ProblemsError, RecordingError, RunError) as error:
        refuse(str(replace(each, file=each.file or plan.file)) for each in problems_in(error))
    if scope is not None:
        scope = next((each for each in found.scopes if each.lower() == scope.lower()), scope)
        if scope not in found.scopes:
            refuse([f"--scope: '{scope}' is not a scope of this stack\n    Allowed: {', '.join(found.scopes)}"])
    wanted = Need(need) if need else None
    if role:
        print(json.dumps(found.role(scope or found.own_scope, wanted or Need.UP), indent=2))
    elif as_json:
        print(json.dumps(found.as_json(scope, wanted), indent=2))
    else:
        print("\n".join(table(found, scope, wanted)))


@app.command()
def schema(
    file: Annotated[
        str,
        typer.Option(
            metavar="stack|platform-stack|project",
            help="The schema of a project's Pulumi.<stack>.yaml, of the platform's, or of Pulumi.yaml.",
        ),
    ] = "stack",
) -> None:
    """Print the JSON Schema of the settings, for completion in an editor."""
    from ..config.schema import SCHEMAS

    if file not in SCHEMAS:
        refuse([f"--file: '{file}' is not allowed\n    Allowed: {', '.join(SCHEMAS)}"])
    print(json.dumps(SCHEMAS[file](), indent=2))


@export.command("synapse")
def export_synapse(
    repository: Annotated[
        Path, typer.Argument(metavar="DIR", help="The root folder of Synapse in its Git repository.")
    ],
    stack: Annotated[str, typer.Option("--stack", "-s", metavar="STACK", help="The stack with the batches.")],
    outputs: Annotated[
        Path,
        typer.Option(metavar="FILE", help="The output of `pulumi stack output --json`; - for standard input."),
    ],
    folder: Annotated[Path, typer.Option("-C", metavar="DIR", help="The folder of Pulumi.yaml.")] = Path(),
    check: Annotated[
        bool, typer.Option("--check", help="Change nothing, and exit with 1 if a file would change.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print file → written or removed as JSON.")] = False,
) -> None:
    """Write the pipelines and triggers of batches into the Git repository of a Synapse workspace.

    They are not ARM resources, so `pulumi up` cannot deploy them. Removes files that were written for the environment
    before but are no longer in its settings. Does not touch other files in the repository.
    """
    from ..config.repository import settings_of
    from ..export.synapse_artifacts import artifacts, write
    from ..foundation.problems import ProblemsError

    for path, option in ((repository, ""), (folder, "-C ")):
        if not path.is_dir():
            refuse([f"{option}{path}: is not a folder\n    Name an existing folder"])
    try:
        settings = settings_of(folder, stack)
        found = artifacts(settings, _outputs(outputs))
        changed = write(repository, settings, found, check=check)
    except ProblemsError as error:
        refuse(map(str, error.problems))
    except OSError as error:
        refuse([f"{error.filename}: cannot be written ({error.strerror})"])
    if as_json:
        print(json.dumps(changed, indent=2))
    else:
        for name, what in changed.items():
            print(f"{'would be ' if check else ''}{what}: {name}")
        counted = Counter(changed.values())
        print(
            f"{len(found)} files: {counted['written']} written, {counted['removed']} removed"
            + (" (--check: nothing was changed)" if check else ""),
            file=sys.stderr,
        )
    if not found and not changed:
        print(
            "Synapse scores nothing in this stack; `pulumi up` deploys the pipelines of Data Factory", file=sys.stderr
        )
    if check and changed:
        raise typer.Exit(1)


def _outputs(file: Path) -> dict[str, Any]:
    """The outputs of a stack from a file or from standard input."""
    try:
        text = sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8")
        found = json.loads(text)
    except OSError as error:
        refuse([f"--outputs {file}: cannot be read ({error.strerror})"])
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        refuse([f"--outputs {file}: is not a JSON object\n    Give the output of `pulumi stack output --json`"])
    return found


def _plans(folder: Path, stacks: list[str], *, known: bool, today: Optional[datetime.date]) -> list[Any]:
    """The plans of the stacks. Exits with the problems of all stacks if there are any."""
    from ..config import files
    from ..foundation.printable import printable
    from ..foundation.problems import ProblemsError
    from ..plan.check import problems_in
    from ..plan.conflicts import conflicts
    from ..plan.program import run_stack

    if not folder.is_dir():
        refuse([f"-C {folder}: is not a folder\n    Name the folder that contains Pulumi.yaml"])
    plans, problems = [], []
    try:
        wanted = list(dict.fromkeys(stacks)) or files.stacks(files.read(folder / files.PROJECT_FILE).path.parent)
    except ProblemsError as error:
        refuse(map(str, error.problems))
    if not wanted:
        refuse([f"{folder / 'Pulumi.<stack>.yaml'}: is missing\n    {files.FIRST_STACK}"])
    for stack in wanted:
        try:
            plans.append(run_stack(folder, stack, known=known, today=today))
        except Exception as error:  # A program may raise anything.
            problems += [str(replace(each, file=each.file or f"Pulumi.{stack}.yaml")) for each in problems_in(error)]
    problems += map(str, conflicts(plans))
    if problems:
        refuse(problems)
    for plan in plans:
        for severity, text in plan.messages:
            print(printable(f"{severity}: {text}"), file=sys.stderr)
    return plans
