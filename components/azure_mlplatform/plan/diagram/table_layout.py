"""Places the table of who may do what. Rows and columns are those of all environments of a project, so the same cell
has the same place in each."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace

from ...foundation.plurals import listed, plural
from .boxes import PADDING, absent, box_rows, drawn_box, height_of
from .legend import LEGEND, head, legend, nothing
from .picture import Box, Table
from .sheet import MARGIN, SIZES, Border, Rectangle, Row, Sheet, Style, Text
from .words import wrapped

_SCOPE = 250
_WIDTHS = (120, 200)
_GAP = 4
_SCREEN = 1552
_CELL = "#dcfce7"
_STRIPE = "#f1f5f9"
_MOST_PRINCIPALS = 9
_LIMITS = (24, 18, 14, 10)
"""Rows, from generous to sparing: the first that fits a screen is used."""

_HEAD_LINES = 5
_SCREEN_HEIGHT = 1000


def table_sheets(tables: Sequence[Table]) -> list[Sheet]:
    """The sheets of a table, one for each environment of a project."""
    sheets: list[Sheet] = []
    for rows in _LIMITS:
        sheets = _Layout(_folded(tables, rows)).sheets()
        if sheets[0].height <= _SCREEN_HEIGHT:
            break
    return sheets


def sparing_table(table: Table) -> Table:
    """The table with few rows and columns, and the rest together in the last."""
    [folded] = _folded([table], _LIMITS[0])
    return folded


def _folded(tables: Sequence[Table], rows: int) -> list[Table]:
    """The tables with scopes together that are of one sort and on which everybody has the same roles; and what is more
    than fits in one last row and column."""
    alike: dict[tuple[object, ...], list[str]] = defaultdict(list)
    for key in _merged([table.scopes for table in tables]):
        alike[_sort(tables, key)].append(key)
    instead = {key: keys[0] for keys in alike.values() for key in keys}
    folded = [_with_scopes(table, instead) for table in tables]
    scopes = _merged([table.scopes for table in folded])
    if len(scopes) > rows:
        folded = [_with_scopes(table, dict.fromkeys(scopes[rows - 1 :], scopes[-1])) for table in folded]
    principals = _merged([table.principals for table in folded])
    if len(principals) > _MOST_PRINCIPALS:
        rest = dict.fromkeys(principals[_MOST_PRINCIPALS - 1 :], principals[-1])
        folded = [_with_principals(table, rest) for table in folded]
    return folded


def _sort(tables: Sequence[Table], key: str) -> tuple[object, ...]:
    found: list[object] = []
    for table in tables:
        box = next((box for box in table.scopes if box.key == key), None)
        roles = sorted((principal, each) for (scope, principal), each in table.roles.items() if scope == key)
        found.append((box and (box.words, box.outside), tuple(roles)))
    return tuple(found)


def _with_scopes(table: Table, instead: dict[str, str]) -> Table:
    roles: dict[tuple[str, str], set[str]] = defaultdict(set)
    for (scope, principal), found in table.roles.items():
        roles[instead.get(scope, scope), principal] |= set(found)
    return replace(
        table,
        scopes=_together(table.scopes, instead),
        roles={cell: tuple(sorted(found)) for cell, found in roles.items()},
    )


def _with_principals(table: Table, instead: dict[str, str]) -> Table:
    roles: dict[tuple[str, str], set[str]] = defaultdict(set)
    for (scope, principal), found in table.roles.items():
        roles[scope, instead.get(principal, principal)] |= set(found)
    return replace(
        table,
        principals=_together(table.principals, instead),
        roles={cell: tuple(sorted(found)) for cell, found in roles.items()},
    )


def _together(boxes: Sequence[Box], instead: dict[str, str]) -> tuple[Box, ...]:
    """The boxes, with one for those that stand together."""
    groups: dict[str, list[Box]] = defaultdict(list)
    for box in boxes:
        groups[instead.get(box.key, box.key)].append(box)
    return tuple(_group(key, found) for key, found in groups.items())


def _group(key: str, boxes: list[Box]) -> Box:
    first = boxes[0]
    if len(boxes) == 1:
        return replace(first, key=key)
    kinds = {box.words for box in boxes}
    words = f"{len(boxes)} {plural(first.words) if len(kinds) == 1 else 'more'}"
    names = listed((box.name for box in boxes), most=4)
    return Box(key=key, words=words, name=names, outside=all(box.outside for box in boxes))


def _merged(lists: Sequence[Sequence[Box]]) -> list[str]:
    """The keys of all lists, each where its own list has it."""
    order: list[str] = []
    for boxes in lists:
        at = 0
        for box in boxes:
            if box.key in order:
                at = max(at, order.index(box.key) + 1)
            else:
                order.insert(at, box.key)
                at += 1
    return order


class _Layout:
    def __init__(self, tables: list[Table]) -> None:
        self._tables = tables
        self._principals = _merged([table.principals for table in tables])
        self._scopes = _merged([table.scopes for table in tables])
        room = (_SCREEN - _SCOPE) / max(1, len(self._principals)) - _GAP
        self._column = round(min(max(room, _WIDTHS[0]), _WIDTHS[1]))
        heads = (height_of(self._rows(box)) for table in tables for box in table.principals)
        self._head = max(heads, default=float(LEGEND.line))
        self._heights = {key: max(self._height(table, key) for table in tables) for key in self._scopes}

    def _rows(self, box: Box) -> list[Row]:
        return box_rows(box, self._column, _HEAD_LINES, names=3, wraps=3)

    @staticmethod
    def _scope_rows(box: Box) -> list[Row]:
        return box_rows(box, _SCOPE, 1, names=2)

    def _height(self, table: Table, key: str) -> float:
        cells = [self._cell(found) for (scope, _), found in table.roles.items() if scope == key]
        rows = [height_of(self._scope_rows(box), least=0) for box in table.scopes if box.key == key]
        return max([*(len(each) * LEGEND.line + PADDING for each in cells), *rows, 0])

    def _cell(self, roles: Sequence[str]) -> list[str]:
        room = self._column - 2 * PADDING
        return [row for role in roles for row in wrapped(role, room, SIZES[Style.LINE], rows=3)]

    def _x(self, principal: str) -> float:
        return MARGIN + _SCOPE + _GAP + self._principals.index(principal) * (self._column + _GAP)

    def sheets(self) -> list[Sheet]:
        """A sheet for each environment."""
        right = MARGIN + _SCOPE + _GAP + len(self._principals) * (self._column + _GAP) - _GAP + MARGIN
        return [self._sheet(table, max(right, LEGEND.width)) for table in self._tables]

    def _sheet(self, table: Table, size: float) -> Sheet:
        rectangles: list[Rectangle] = []
        texts = [*head(table.heading, size), *(self._axes() if self._principals else [nothing()])]
        principals = {box.key: box for box in table.principals}
        scopes = {box.key: box for box in table.scopes}
        for key in self._principals:
            place = Rectangle(
                x=self._x(key), y=LEGEND.head, width=self._column, height=self._head, border=Border.SOLID, key=key
            )
            self._draw(place, key, principals, rectangles, texts)
        y = LEGEND.head + self._head + _GAP
        across = self._x(self._principals[-1]) + self._column - MARGIN if self._principals else _SCOPE
        for index, key in enumerate(self._scopes):
            if index % 2 == 0:
                stripe = Rectangle(
                    x=MARGIN, y=y - 2, width=across, height=self._heights[key] + _GAP, border=Border.STRIPE
                )
                rectangles.append(replace(stripe, fill=_STRIPE))
            place = Rectangle(x=MARGIN, y=y, width=_SCOPE, height=self._heights[key], border=Border.SOLID, key=key)
            self._draw(place, key, scopes, rectangles, texts, is_scope=True)
            for principal in self._principals:
                if roles := table.roles.get((key, principal)):
                    tip = f"{principals[principal].name} on {scopes[key].name}: {', '.join(roles)}"
                    x = self._x(principal)
                    rectangles.append(replace(place, x=x, width=self._column, fill=_CELL, tip=tip, key=""))
                    texts += [
                        Text(x=x + PADDING, y=y + 14 + LEGEND.line * index, text=text, style=Style.LINE)
                        for index, text in enumerate(self._cell(roles))
                    ]
            y += self._heights[key] + _GAP
        marks, words, wires, height = legend(y, size, arrows=False)
        return Sheet(
            width=size,
            height=height,
            title=table.heading.title,
            description=described(table),
            rectangles=(*rectangles, *marks),
            texts=(*texts, *words),
            wires=tuple(wires),
        )

    def _axes(self) -> Iterator[Text]:
        y = LEGEND.head + self._head - 10
        yield Text(x=MARGIN, y=y - 16, text="Columns: who. Rows: on what.", style=Style.LINE)
        yield Text(x=MARGIN, y=y, text="Cells: with which roles.", style=Style.LINE)

    def _draw(
        self,
        place: Rectangle,
        key: str,
        boxes: dict[str, Box],
        rectangles: list[Rectangle],
        texts: list[Text],
        *,
        is_scope: bool = False,
    ) -> None:
        box = boxes.get(key)
        if box is None:
            rows = absent(*self._others(key), place.width)
        else:
            rows = self._scope_rows(box) if is_scope else self._rows(box)
        drawn, written = drawn_box(place, box, rows)
        rectangles.append(drawn)
        texts += written

    def _others(self, key: str) -> tuple[Box, str]:
        having = [
            (table, box) for table in self._tables for box in (*table.principals, *table.scopes) if box.key == key
        ]
        return having[0][1], listed(dict.fromkeys(table.heading.stack for table, _ in having), most=3)


def described(table: Table) -> str:
    """All that a table shows, in words, for who does not see it."""
    return " ".join(_sentences(table))


def _sentences(table: Table) -> Iterator[str]:
    yield f"{table.heading.facts}."
    names = {box.key: f"{box.words} {box.name}" for box in (*table.principals, *table.scopes)}
    for principal in table.principals:
        may = [
            f"{', '.join(roles)} on {names[scope]}"
            for (scope, key), roles in sorted(table.roles.items())
            if key == principal.key
        ]
        yield f"{names[principal.key]}: {'; '.join([*principal.lines, *may]) or 'no role'}."
