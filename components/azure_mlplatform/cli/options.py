"""The options that several commands have, with one spelling and one meaning each."""

import datetime
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Optional

import typer

from .exit_codes import MEANINGS


def _stacks(ctx: typer.Context, incomplete: str) -> Iterator[str]:
    """The stacks that a shell offers."""
    from ..config.files import stacks

    chosen = ctx.params.get("stacks") or ()
    return (
        each
        for each in stacks(ctx.params.get("folder") or Path())
        if each.startswith(incomplete) and each not in chosen
    )


Stacks = Annotated[
    Optional[list[str]],
    typer.Argument(
        metavar="STACK", help="The stacks. Default: all with settings in the folder.", autocompletion=_stacks
    ),
]

Folder = Annotated[
    Path, typer.Option("-C", metavar="DIR", help="The folder of Pulumi.yaml: the root, or projects/<name>.")
]

Repository = Annotated[
    Path, typer.Option("-C", metavar="DIR", help="The folder with the projects in it. Default: this folder.")
]

AsJson = Annotated[
    bool, typer.Option("--json", help="Print one JSON object: docs/commands.md, schemas/output.schema.json.")
]

AsMarkdown = Annotated[bool, typer.Option("--markdown", help="Print Markdown, such as a comment for a pull request.")]

OutputFile = Annotated[
    Optional[Path],
    typer.Option("--output", "-o", metavar="FILE", help="Write to this file. Default: standard output."),
]

Owner = Annotated[Optional[str], typer.Option(metavar="TEAM", help="The team that is responsible.")]
Email = Annotated[Optional[str], typer.Option(metavar="ADDRESS", help="The team's address.")]
CostCenter = Annotated[Optional[str], typer.Option(metavar="TEXT", help="Who pays.")]
CostCode = Annotated[Optional[str], typer.Option(metavar="TEXT", help="Where it is booked. A sandbox needs none.")]
DataProduct = Annotated[
    Optional[str], typer.Option(metavar="NAME", help="The data product. Default: the project's name.")
]

DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")]

Currency = Annotated[
    Optional[str],
    typer.Option(
        metavar="CODE", help="The currency of prices, such as EUR. Default: the table's only one; of an update, USD."
    ),
]

PricesFile = Annotated[
    Optional[Path],
    typer.Option(
        "--prices",
        metavar="FILE",
        help="The price table. Default: requests/prices.csv in this folder or one above, else the packaged one.",
    ),
]

On = Annotated[
    Optional[datetime.datetime],
    typer.Option(
        "--on",
        metavar="YYYY-MM-DD",
        formats=["%Y-%m-%d"],
        help="Check expiry and retirement as of this day. Default: today.",
    ),
]

Processes = Annotated[
    Optional[int],
    typer.Option("--processes", metavar="N", min=1, help="Plan in so many processes. Default: one for each core."),
]

Environments = Annotated[
    Optional[Path],
    typer.Option(
        "--environments",
        metavar="FILE",
        help="The file with the names of environments. Default: ./environments.json, else .cloud/environments.json.",
    ),
]

NoCache = Annotated[
    bool, typer.Option("--no-cache", help="Plan all stacks, and keep no results: docs/commands.md, A check of many.")
]


def day(on: Optional[datetime.datetime]) -> Optional[datetime.date]:
    """The day of `--on`."""
    return on and on.date()


def epilog(*examples: str, codes: tuple[int, ...] = ()) -> str:
    """The end of a command's help: examples, and its exit codes beside 0."""
    shown = "\n".join(("\b", "Examples:", *(f"  {each}" for each in examples)))
    ends = "\n".join(("\b", "Exit codes:", *(f"  {code:<4}{MEANINGS[code]}" for code in sorted({0, 130, *codes}))))
    return f"{shown}\n\n{ends}"
