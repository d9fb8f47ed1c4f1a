"""One page for a person: environments side by side, as wide as the terminal, or as Markdown."""

import itertools
import shutil
from collections.abc import Iterable, Iterator, Sequence
from io import StringIO
from typing import TextIO

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ..foundation.markdown import escaped
from ..foundation.printable import printable
from ..plan.overview import Section

WIDTH = 100
"""The number of columns, if the page does not go to a terminal."""


def show(title: str, names: Sequence[str], sections: Iterable[Section], stream: TextIO) -> None:
    """Prints the sections in one column for each name. Colours only a terminal, unless NO_COLOR is set."""
    is_terminal = stream.isatty()
    width = shutil.get_terminal_size((WIDTH, 24)).columns if is_terminal else WIDTH
    console = Console(
        file=StringIO(), width=width, force_terminal=is_terminal, highlight=False, markup=False, emoji=False
    )
    with console.capture() as captured:
        heading = _table(len(names))
        heading.add_row(*(Text(printable(each), style="bold") for each in (title, *names)))
        console.print(heading)
        for section in sections:
            console.print(Text(section.title, style="bold cyan"))
            for count, rows in itertools.groupby(section.rows, key=lambda row: len(row.values)):
                table = _table(len(names), wide=count != len(names), wide_labels=section.wide_labels)
                for row in rows:
                    table.add_row(_cell(f"  {row.label}"), *map(_cell, row.values))
                console.print(table)
    print("\n".join(each.rstrip() for each in captured.get().splitlines()), file=stream)


def _table(names: int, *, wide: bool = False, wide_labels: bool = False) -> Table:
    """A table with a column for labels, and one for each name, or a wide one for all.

    Values beside wide labels keep to one line, but for one for all.
    """
    table = Table(box=None, pad_edge=False, expand=True, show_header=False)
    table.add_column(ratio=4 * names if wide_labels else 2, overflow="fold")
    in_one_line = wide_labels and not wide
    for width in [4 * names] if wide else [4] * names:
        table.add_column(ratio=width, overflow="ellipsis" if in_one_line else "fold", no_wrap=in_one_line)
    return table


def _cell(text: str) -> Text:
    return Text("\n".join(map(printable, text.split("\n"))))


def markdown(title: str, names: Sequence[str], sections: Iterable[Section]) -> Iterator[str]:
    """The sections as tables in Markdown."""
    yield f"### {escaped(title)}"
    for section in sections:
        yield ""
        yield f"| {section.title} | {' | '.join(map(escaped, names))} |"
        yield "|---" * (len(names) + 1) + "|"
        for row in section.rows:
            values = row.values if len(row.values) == len(names) else (*row.values, *[""] * (len(names) - 1))
            cells = ("<br>".join(map(escaped, value.split("\n"))) for value in values)
            yield f"| {escaped(row.label)} | {' | '.join(cells)} |"
