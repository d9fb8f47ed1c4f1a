"""Input that cannot be used: how a command says so and ends."""

import sys
from collections.abc import Iterable
from typing import NoReturn

import typer

from ..foundation.printable import printable
from .exit_codes import BAD_INPUT


def refuse(problems: Iterable[str]) -> NoReturn:
    """Prints each problem once and exits with the code for invalid input."""
    for problem in dict.fromkeys(problems):
        print("\n".join(map(printable, f"error: {problem}".split("\n"))), file=sys.stderr)
    raise typer.Exit(BAD_INPUT)
