"""The commands of `mlplatform`."""

import json
import sys
from pathlib import Path
from typing import Annotated, Any, NoReturn, Optional

import typer

app = typer.Typer(
    name="mlplatform",
    help="Machine-learning environments on Azure: look at them before they exist.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    rich_markup_mode=None,
)

BAD_INPUT = 2
"""The exit code for input that cannot be used."""


@app.callback()
def mlplatform() -> None:
    """Machine-learning environments on Azure: look at them before they exist."""


@app.command()
def preview(
    stacks: Annotated[
        Optional[list[str]],
        typer.Argument(metavar="[STACK]...", help="Stacks to show. Left out: all whose settings are in the folder."),
    ] = None,
    folder: Annotated[
        Path,
        typer.Option("-C", metavar="DIR", help="The folder of Pulumi.yaml: the root, or projects/<name>."),
    ] = Path(),
    as_json: Annotated[bool, typer.Option("--json", help="Print the resources as JSON.")] = False,
    unknown: Annotated[
        bool,
        typer.Option("--unknown", help="Know nothing that Azure would answer, as in the first `pulumi preview`."),
    ] = False,
    diagram: Annotated[
        Optional[Path],
        typer.Option(metavar="FILE.svg", help="Draw the environment; with several stacks, a file each."),
    ] = None,
) -> None:
    """Show what `pulumi up` would create. Needs neither an Azure account nor the Pulumi CLI."""
    plans = _plans(folder, stacks or [], known=not unknown)
    if diagram is not None:
        _draw(plans, diagram)
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
def schema(
    file: Annotated[
        str, typer.Option(metavar="stack|project", help="For Pulumi.<stack>.yaml, or for Pulumi.yaml.")
    ] = "stack",
) -> None:
    """Print the JSON Schema of the settings, for completion in an editor."""
    from ..settings.schema import SCHEMAS

    if file not in SCHEMAS:
        _refuse([f"--file: '{file}' is not allowed\n    Allowed: {', '.join(SCHEMAS)}"])
    print(json.dumps(SCHEMAS[file](), indent=2))


def _plans(folder: Path, stacks: list[str], *, known: bool) -> list[Any]:
    """The plans of the stacks, or the problems of all of them at once."""
    from pulumi import RunError

    from ..plan.conflict import conflicts
    from ..plan.program import run_stack
    from ..plan.recorder import RecordingError
    from ..settings import files
    from ..settings.problems import ProblemsError

    if not folder.is_dir():
        _refuse([f"-C {folder}: is no folder\n    Name the folder that Pulumi.yaml is in"])
    plans, problems = [], []
    try:
        wanted = list(dict.fromkeys(stacks)) or files.stacks(files.read(folder / files.PROJECT_FILE).path.parent)
    except ProblemsError as error:
        _refuse(map(str, error.problems))
    if not wanted:
        hint = "`pulumi stack init dev` makes one; then write its settings"
        _refuse([f"{folder / 'Pulumi.<stack>.yaml'}: is missing\n    {hint}"])
    for stack in wanted:
        try:
            plans.append(run_stack(folder, stack, known=known))
        except ProblemsError as error:
            problems += [str(each) for each in error.problems]
        except (RecordingError, RunError) as error:
            problems.append(f"Pulumi.{stack}.yaml: {error}")
    problems += map(str, conflicts(plans))
    if problems:
        _refuse(problems)
    for plan in plans:
        for severity, text in plan.messages:
            print(f"{severity}: {text}", file=sys.stderr)
    return plans


def _draw(plans: list[Any], file: Path) -> None:
    from ..plan.diagram import DiagramError, svg

    if file.suffix.lower() != ".svg":
        _refuse([f"--diagram {file}: is no name for a picture\n    Allowed: a name that ends in .svg"])
    for plan in plans:
        target = file if len(plans) == 1 else file.with_stem(f"{file.stem}-{plan.stack}")
        try:
            target.write_text(svg(plan), encoding="utf-8")
        except (DiagramError, OSError) as error:
            _refuse([f"--diagram {target}: {error}"])
        print(f"wrote {target}", file=sys.stderr)


def _refuse(problems: Any) -> NoReturn:
    """Prints each problem once and ends with the exit code for bad input."""
    for problem in dict.fromkeys(problems):
        print(f"error: {problem}", file=sys.stderr)
    raise typer.Exit(BAD_INPUT)
