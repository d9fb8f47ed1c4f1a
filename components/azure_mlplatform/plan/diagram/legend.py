"""The heading and the legend of a sheet."""

import math
from collections.abc import Iterator
from typing import NamedTuple

from .picture import Heading
from .sheet import MARGIN, SIZES, Border, Rectangle, Style, Text, Wire
from .words import fitted, width


class _Sizes(NamedTuple):
    head: float = 72
    """Where the content begins."""

    line: float = 14
    width: float = 640
    """The least width of a sheet."""


LEGEND = _Sizes()
_ENTRIES = (
    (Border.SOLID, "made here"),
    (Border.DASHED, "run by others"),
    (Border.DOTTED, "only in another environment"),
)
_PROTECTED = "protected: pulumi destroy refuses to delete it"
_ARROW = "a relation, named at its head"


def head(heading: Heading, size: float) -> Iterator[Text]:
    """The title and the facts above a picture, in the room that it has."""
    room = size - 2 * MARGIN
    title = fitted(heading.title, room, SIZES[Style.TITLE], bold=True)
    yield Text(x=MARGIN, y=36, text=title, style=Style.TITLE)
    yield Text(x=MARGIN, y=56, text=fitted(heading.facts, room, SIZES[Style.FACTS]), style=Style.FACTS)


def nothing() -> Text:
    """The words in place of a picture with nothing in it."""
    return Text(x=MARGIN, y=LEGEND.head + 10, text="The plan has nothing that this view shows.", style=Style.LINE)


def legend(top: float, size: float, *, arrows: bool) -> tuple[list[Rectangle], list[Text], list[Wire], float]:
    """The legend below a picture, and the height of the whole sheet."""
    rectangles, texts, wires = [], [], []
    x, y = float(MARGIN), top + 18

    def entry(mark: float, text: str) -> float:
        """The place of the next entry, in a new row if this one is full. Returns where its mark begins."""
        nonlocal x, y
        room = mark + width(text, SIZES[Style.LINE])
        if x > MARGIN and x + room > size - MARGIN:
            x, y = float(MARGIN), y + 22
        at = x
        texts.append(Text(x=x + mark, y=y + 11, text=text, style=Style.LINE))
        x += room + 24
        return at

    for border, text in _ENTRIES:
        at = entry(32, text)
        rectangles.append(Rectangle(x=at, y=y, width=24, height=14, border=border, tip=text))
    if arrows:
        at = entry(32, _ARROW)
        wires.append(Wire(points=((at, y + 7), (at + 24, y + 7)), tip=_ARROW))
    entry(0, _PROTECTED)
    return rectangles, texts, wires, math.ceil(y + 14 + MARGIN)
