"""`mlplatform preview`: what `pulumi up` would make, or what a change does to it."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from .diagram import VIEWS, check_request, draw
from .input import exclude, option, refuse_any
from .options import AsJson, AsMarkdown, Folder, On, OutputFile, Stacks, day
from .output import output
from .plans import plans_of, stacks_in

if TYPE_CHECKING:
    from ..plan.resource import Plan
    from .output import Output

EXAMPLES = (
    "mlplatform preview                                    all stacks side by side",
    "mlplatform preview prod --full                        the whole tree of one",
    "mlplatform preview --since main --markdown            what this branch changes, for a pull request",
    "mlplatform preview prod --against state.json          what an update does to what exists",
    "mlplatform preview prod --diagram prod.svg            a picture",
    "mlplatform preview --json -o plan.json                a plan to keep, which --since reads",
)


def preview(
    stacks: Stacks = None,
    folder: Folder = Path(),
    full: Annotated[bool, typer.Option("--full", help="Show the tree of all resources, and every difference.")] = False,
    since: Annotated[
        Optional[str],
        typer.Option(
            metavar="REV|PLAN.json",
            help="Show what the settings change since a Git revision, or since the saved output of `--json`.",
        ),
    ] = None,
    against: Annotated[
        Optional[str],
        typer.Option(
            metavar="STATE.json|-|stack",
            help="Show what `pulumi up` would do to the environment of a `pulumi stack export`: a file, standard "
            "input, or the word `stack`, which asks the Pulumi CLI.",
        ),
    ] = None,
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
    as_json: AsJson = False,
    as_markdown: AsMarkdown = False,
    file: OutputFile = None,
    on: On = None,
) -> None:
    """Show what `pulumi up` would make. Needs neither an Azure account nor the Pulumi CLI.

    One page by default: what is made, who may do what, what is at risk, what costs, and how the environments differ.
    With --since or --against it shows what a change does, and exits with 1 if something goes that holds data or work,
    or if Azure, a lock or protection refuses a step.
    """
    from .answers import Against, Preview, Since

    compares = since is not None or against is not None
    with output((Since if against is None else Against) if compares else Preview, file, as_json=as_json) as said:
        problems = list(exclude({"--json": as_json, "--markdown": as_markdown, "--full": full}))
        compared = {"--since": since is not None, "--against": against is not None}
        for name, given in {"--unknown": unknown, "--full": full, "--diagram": diagram is not None}.items():
            problems += exclude({**compared, name: given})
        if view and diagram is None:
            problems.append(option("--view", "needs --diagram FILE", "Add it, or leave --view out"))
        refuse_any(problems)
        if compares:
            from .changes import show_changes

            show_changes(said, folder, stacks, since=since, against=against, as_markdown=as_markdown, today=day(on))
            return
        if diagram is not None:
            check_request(diagram, view or [], unknown=unknown)
        plans = plans_of(folder, stacks_in(folder, stacks), known=not unknown, today=day(on))
        if diagram is not None:
            draw(folder, plans, diagram, view or [], today=day(on))
        _show(said, folder, plans, full=full, as_markdown=as_markdown)


def _show(said: "Output", folder: Path, plans: list["Plan"], *, full: bool, as_markdown: bool) -> None:
    from ..config.files import stack_config
    from ..plan.creation_time import creation_time
    from ..plan.settings_difference import settings_in

    settings = [settings_in(stack_config(folder.resolve(), plan.stack)) for plan in plans]
    if full or said.as_json:
        for plan in plans:
            said.notices(plan.messages, plan.stack)
    if said.as_json:
        said.answer(
            stacks=[
                {
                    "project": plan.project,
                    "stack": plan.stack,
                    "settings": chosen,
                    "first_update": time.as_json() if (time := creation_time(plan)) else None,
                    "resources": [each.as_json() for each in plan.resources],
                }
                for plan, chosen in zip(plans, settings, strict=True)
            ]
        )
        return
    if full:
        from ..plan.difference import differences, table
        from ..plan.tree import tree

        for plan in plans:
            said.lines([*tree(plan), ""])
        if len(plans) > 1:
            said.lines(table(differences(*plans), [plan.stack for plan in plans]))
        return
    from ..plan.overview import sections
    from . import page

    title, stacks, found = plans[0].project, [plan.stack for plan in plans], sections(plans, settings)
    if as_markdown:
        said.lines(page.markdown(title, stacks, found))
    else:
        page.show(title, stacks, found, said.stream)
