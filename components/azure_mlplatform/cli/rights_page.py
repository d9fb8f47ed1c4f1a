"""Who may do what, where: a table for each environment, as wide as the terminal."""

import itertools
import shutil
from collections.abc import Iterable
from io import StringIO
from typing import TextIO

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ..access.matrix import Row
from ..foundation.printable import printable
from .page import WIDTH

_SHOWN = 3


def show_rights(rows: Iterable[Row], stream: TextIO) -> None:
    """Prints the rows, a table for each environment."""
    is_terminal = stream.isatty()
    width = shutil.get_terminal_size((WIDTH, 24)).columns if is_terminal else WIDTH
    console = Console(
        file=StringIO(), width=width, force_terminal=is_terminal, highlight=False, markup=False, emoji=False
    )
    with console.capture() as captured:
        for environment, mine in itertools.groupby(rows, key=lambda row: row.environment):
            console.print()
            console.print(Text(printable(environment), style="bold cyan"))
            table = Table(box=None, pad_edge=False, expand=True)
            for title, ratio in (("who", 5), ("may", 2), ("with the role", 5), ("on", 8)):
                table.add_column(title, ratio=ratio, overflow="fold")
            for row in mine:
                table.add_row(*(Text(printable(each)) for each in (row.who, row.may, row.role, _listed(row.where))))
            console.print(table)
    print("\n".join(each.rstrip() for each in captured.get().splitlines()), file=stream)


def _listed(places: tuple[str, ...]) -> str:
    rest = len(places) - _SHOWN
    return ", ".join(places[:_SHOWN]) + (f" and {rest} more" if rest > 0 else "")
