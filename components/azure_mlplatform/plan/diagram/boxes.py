"""The rows of text in a box, and the box on a sheet."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Optional

from ...foundation.plurals import counted
from .picture import Box
from .sheet import SIZES, Border, Rectangle, Row, Style, Text
from .words import fitted, width, wrapped

PADDING = 8
_HEIGHTS = {Style.WORDS: 16.0, Style.NAME: 15.0, Style.LINE: 13.5}
_PROTECTED = "protected"
_LEAST = 46.0
"""The height of a box: arrows enter and leave at heights of their own."""


def box_rows(box: Box, room: float, lines: int, *, names: int = 1, wraps: int = 2) -> list[Row]:
    """The rows of a box that is `room` wide: what it is, its name in `names` rows, and at most `lines` more, each text
    in up to `wraps` of them."""
    inner = room - 2 * PADDING
    words = width(box.words, SIZES[Style.WORDS], bold=True)
    beside = words + 8 + width(_PROTECTED, SIZES[Style.LABEL]) <= inner
    mark = _PROTECTED if box.protected and beside else None
    rows = [_row(fitted(box.words, inner, SIZES[Style.WORDS], bold=True), Style.WORDS, mark)]
    rows += [_row(each, Style.NAME) for each in wrapped(box.name, inner, SIZES[Style.NAME], rows=names)]
    texts = [*([_PROTECTED] if box.protected and not beside else []), *box.lines]
    more = [each for text in texts for each in wrapped(text, inner, SIZES[Style.LINE], rows=wraps)]
    if len(more) > lines:
        more = [*more[: lines - 1], f"and {counted(len(more) - lines + 1, 'more line')}"] if lines else []
    return rows + [_row(each, Style.LINE) for each in more]


def absent(box: Box, where: str, room: float) -> list[Row]:
    """The rows in the place of a box that only other environments have."""
    inner = room - 2 * PADDING
    return [
        _row(fitted(box.words, inner, SIZES[Style.WORDS], bold=True), Style.WORDS),
        _row(fitted(f"only in {where}", inner, SIZES[Style.NAME]), Style.NAME),
    ]


def _row(text: str, style: Style, mark: Optional[str] = None) -> Row:
    return Row(text=text, style=style, height=_HEIGHTS[style], mark=mark)


def height_of(rows: list[Row], *, least: float = _LEAST) -> float:
    """The height of a box with these rows."""
    return max(least, sum(row.height for row in rows) + PADDING)


def drawn_box(place: Rectangle, box: Optional[Box], rows: list[Row]) -> tuple[Rectangle, list[Text]]:
    """A box at its place with its texts; without a box, a free place."""
    border = Border.DOTTED if box is None else Border.DASHED if box.outside else Border.SOLID
    tip = "\n".join((f"{box.words} {box.name}", *box.lines)) if box else " ".join(row.text for row in rows)
    drawn = replace(place, border=border, fill="#ffffff" if box else "none", tip=tip)
    return drawn, list(_texts(drawn, rows, muted=box is None))


def _texts(place: Rectangle, rows: list[Row], *, muted: bool) -> Iterator[Text]:
    y = place.y + 2
    for row in rows:
        y += row.height
        yield Text(x=place.x + PADDING, y=y - 2, text=row.text, style=row.style, muted=muted)
        if row.mark:
            right = place.x + place.width - PADDING
            yield Text(x=right, y=y - 2, text=row.mark, style=Style.LABEL, right=True)
