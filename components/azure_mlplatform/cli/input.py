"""Input that cannot be used: how a command says so and ends."""

import sys
from collections.abc import Iterable
from typing import NoReturn

import typer

BAD_INPUT = 2
"""The exit code for invalid input."""


def refuse(problems: Iterable[str]) -> NoReturn:
    """Prints each problem once and exits with the code for invalid input."""
    for problem in dict.fromkeys(problems):
        print(f"error: {problem}", file=sys.stderr)
    raise typer.Exit(BAD_INPUT)
