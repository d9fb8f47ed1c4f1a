"""Places the frames, boxes and arrows of a view. The same thing has the same place in all environments of a project,
because all of them are laid out at once; an environment that lacks it keeps its place free and says who has it.

Arrows run in the gutters between the columns and in lanes below them, so they cross no box and no text.
"""

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from ...foundation.plurals import listed
from .boxes import PADDING, absent, box_rows, drawn_box, height_of
from .legend import LEGEND, head, legend, nothing
from .picture import Arrow, Box, Flow, Frame
from .sheet import MARGIN, SIZES, Border, Rectangle, Sheet, Style, Text, Wire
from .words import width, wrapped

COLUMN = 280
_HEAD_OF_FRAME = 24
_GAP = 8
_BETWEEN_FRAMES = 14
_TRACK = 8
_GUTTER = 28
_LIMITS = ((12, 14), (9, 10), (7, 7), (5, 5), (4, 3), (3, 2))
"""Boxes of a frame and lines of a box, from generous to sparing: the first that fits a screen is used."""

_FEW = 8

SCREEN = 1000
"""The height of a sheet that a screen shows at once."""


def flow_sheets(flows: Sequence[Flow]) -> list[Sheet]:
    """The sheets of a view, one for each environment of a project."""
    sheets: list[Sheet] = []
    for boxes, lines in _LIMITS:
        sheets = _Layout([_folded(flow, _kept(flows, boxes)) for flow in flows], lines).sheets()
        if sheets[0].height <= SCREEN:
            break
    return sheets


def sparing_flow(flow: Flow) -> Flow:
    """The flow with few boxes in each frame, and the rest in words."""
    kept = _kept([flow], _FEW)
    arrows = tuple(each for each in flow.arrows if each.source in kept and each.target in kept)
    return replace(_folded(flow, kept), arrows=arrows)


def merged(flows: Sequence[Flow]) -> list[list[tuple[str, list[str]]]]:
    """The frames and the keys of boxes in all environments: column → title and keys, in the order of the first."""
    columns: list[list[tuple[str, list[str]]]] = []
    for index in range(max(len(flow.columns) for flow in flows)):
        frames: dict[str, set[str]] = {}
        for flow in flows:
            for frame in flow.columns[index]:
                frames.setdefault(frame.title, set()).update(box.key for box in frame.boxes)
        order = _in_order([[frame.title for frame in flow.columns[index]] for flow in flows])
        if order:
            columns.append([(title, sorted(frames[title])) for title in order])
    return columns


def _in_order(lists: list[list[str]]) -> list[str]:
    """The titles of all lists, each before those that follow it in its own list."""
    order: list[str] = []
    for titles in lists:
        at = 0
        for title in titles:
            if title in order:
                at = order.index(title) + 1
            else:
                order.insert(at, title)
                at += 1
    return order


def _kept(flows: Sequence[Flow], most: int) -> set[str]:
    """The keys of the boxes that are drawn: of a frame with too many, the first."""
    found: set[str] = set()
    for column in merged(flows):
        for _, keys in column:
            found |= set(keys if len(keys) <= most else keys[: most - 1])
    return found


def _folded(flow: Flow, kept: set[str]) -> Flow:
    """The flow with the boxes that are kept; the rest in words."""
    return replace(flow, columns=tuple(tuple(_fold(frame, kept) for frame in column) for column in flow.columns))


def _fold(frame: Frame, kept: set[str]) -> Frame:
    rest = [box for box in frame.boxes if box.key not in kept]
    if not rest:
        return frame
    words = f"{len(rest)} more: {listed((f'{each.words} {each.name}' for each in rest), most=4)}"
    return replace(
        frame,
        boxes=tuple(box for box in frame.boxes if box.key in kept),
        counted=f"{words}; {frame.counted}" if frame.counted else words,
    )


@dataclass(frozen=True, slots=True)
class _End:
    """One end of an arrow: a box, or a whole frame."""

    key: str
    column: int
    y: float
    is_frame: bool

    def out(self, *, right: bool) -> float:
        """The height at which arrows leave at a side. Arrows that leave or enter at the two sides of a gutter have
        heights of four classes, so that no two of them run on the same line."""
        first, offset = self.y + (0 if self.is_frame else 4), 0 if right else 8
        return math.ceil((first - offset) / 16) * 16 + offset

    def into(self, *, right: bool) -> float:
        """The height at which arrows enter at a side."""
        return self.out(right=right) + 12


class _Layout:
    def __init__(self, flows: list[Flow], lines: int) -> None:
        self._flows = flows
        self._lines = lines
        self._columns = merged(flows)
        self._frame_of = {key: title for column in self._columns for title, keys in column for key in keys}
        self._room = COLUMN - 2 * _GAP
        self._height: dict[str, float] = {}
        self._tops: dict[str, float] = {}
        self._frames: dict[str, tuple[int, float, float]] = {}
        self._place()
        self._arrows = self._lifted()
        self._tracks, self._lanes = self._routes()
        self._gutters = [self._gutter(index) for index in range(len(self._columns))]

    def _place(self) -> None:
        for flow in self._flows:
            for key, box in flow.boxes.items():
                rows = box_rows(box, self._room, self._lines)
                self._height[key] = max(self._height.get(key, 0), height_of(rows))
        self._bottom = float(LEGEND.head)
        for index, column in enumerate(self._columns):
            y = float(LEGEND.head)
            for title, keys in column:
                top = y
                y += _HEAD_OF_FRAME
                for key in keys:
                    self._tops[key] = y
                    y += self._height[key] + _GAP
                self._tops[f"counted {title}"] = y
                rows = max(len(self._counted(flow, title)) for flow in self._flows)
                y += rows * LEGEND.line + (_GAP if rows else 0)
                self._frames[title] = (index, top, y - top)
                y += _BETWEEN_FRAMES
            self._bottom = max(self._bottom, y - _BETWEEN_FRAMES)

    def _counted(self, flow: Flow, title: str) -> list[str]:
        """Returns the rows for resources that a frame does not draw singly."""
        for frame in (frame for column in flow.columns for frame in column if frame.title == title and frame.counted):
            text = f"and {frame.counted}" if frame.boxes else frame.counted
            return wrapped(text, self._room, SIZES[Style.LINE], rows=5)
        return []

    def _lifted(self) -> dict[tuple[str, str], set[Arrow]]:
        """The arrows of all environments by their ends. Those to all boxes of a frame become one to the frame."""
        frame_of = self._frame_of
        ends = {(each.source, each.target) for flow in self._flows for each in flow.arrows}
        ends = {(source, target) for source, target in ends if source in frame_of and target in frame_of}
        inside: dict[str, set[str]] = defaultdict(set)
        for key, title in frame_of.items():
            inside[title].add(key)
        instead: dict[tuple[str, str], tuple[str, str]] = {end: end for end in ends}
        for which in (1, 0):
            groups: dict[tuple[str, str], set[tuple[str, str]]] = defaultdict(set)
            for end in ends:
                now = instead[end]
                if now[which] in frame_of:
                    groups[now[1 - which], frame_of[now[which]]].add(end)
            for (other, title), members in groups.items():
                whole = {instead[end][which] for end in members} == inside[title]
                if whole and len(inside[title]) > 1 and self._is_whole_everywhere(members, inside[title]):
                    for end in members:
                        instead[end] = (f"frame {title}", other) if which == 0 else (other, f"frame {title}")
        found: dict[tuple[str, str], set[Arrow]] = defaultdict(set)
        for flow in self._flows:
            for each in flow.arrows:
                if (each.source, each.target) in ends:
                    found[instead[each.source, each.target]].add(each)
        return dict(sorted(found.items()))

    def _is_whole_everywhere(self, members: set[tuple[str, str]], inside: set[str]) -> bool:
        """Whether an arrow to a frame says too much in no environment: each has all of its arrows, or none of them."""
        for flow in self._flows:
            here = {(each.source, each.target) for each in flow.arrows} & members
            reached = {key for end in here for key in end} & inside
            if here and reached != inside & set(flow.boxes):
                return False
        return True

    def _end(self, key: str) -> _End:
        if key.startswith("frame "):
            column, top, _ = self._frames[key.removeprefix("frame ")]
            return _End(key, column, top, True)
        return _End(key, self._frames[self._frame_of[key]][0], self._tops[key], False)

    def _ways(self, source: _End, target: _End) -> list[int]:
        """The gutters that an arrow runs through; gutter 0 is right of column 0."""
        if source.column == target.column:
            return [source.column]
        if source.column < target.column:
            first, last = source.column, target.column - 1
        else:
            first, last = source.column - 1, target.column
        return [first] if first == last else [first, last]

    def _routes(self) -> tuple[dict[tuple[int, str], int], dict[str, int]]:
        """The track of each target in each gutter, and its lane below the columns if it has arrows from afar."""
        tracks: dict[int, dict[str, None]] = defaultdict(dict)
        lanes: dict[str, None] = {}
        # First those to the left: then no arrow to the left crosses the head of one to the right.
        ends = sorted(self._arrows, key=lambda each: (self._end(each[1]).column, self._end(each[1]).y, each))
        for source, target in ends:
            ways = self._ways(self._end(source), self._end(target))
            for gutter in ways:
                tracks[gutter][target] = None
            if len(ways) > 1:
                lanes[target] = None
        return (
            {(gutter, target): index for gutter, found in tracks.items() for index, target in enumerate(found)},
            {target: index for index, target in enumerate(lanes)},
        )

    def _label(self, target: str, gutter: int, flow: Flow) -> str:
        """The words at the head of an arrow: of all that enter a target from one gutter."""
        labels = {
            each.label
            for (source, end), members in self._arrows.items()
            if end == target and self._ways(self._end(source), self._end(end))[-1] == gutter
            for each in members
            if each.label and each in flow.arrows
        }
        return ", ".join(sorted(labels))

    def _gutter(self, index: int) -> tuple[float, float, float]:
        """The room for words at its left, for tracks, and for words at its right."""
        rooms = [0.0, 0.0]
        for _, target in self._arrows:
            if (index, target) in self._tracks:
                room = max(width(self._label(target, index, flow), SIZES[Style.LABEL]) for flow in self._flows)
                at_right = self._end(target).column == index + 1
                rooms[at_right] = max(rooms[at_right], room + 14)
        count = sum(1 for gutter, _ in self._tracks if gutter == index)
        last = index == len(self._columns) - 1
        if last and not count:
            return 0, 0, 0
        tracks = max(_GUTTER - sum(rooms), _TRACK * (count + 1))
        return rooms[0], tracks, rooms[1]

    def _x(self, column: int) -> float:
        return MARGIN + column * COLUMN + sum(sum(each) for each in self._gutters[:column])

    def _track_x(self, gutter: int, target: str) -> float:
        left, _, _ = self._gutters[gutter]
        return self._x(gutter) + COLUMN + left + _TRACK * (1 + self._tracks[gutter, target])

    def sheets(self) -> list[Sheet]:
        """A sheet for each environment."""
        lanes = self._bottom + (_TRACK * (len(self._lanes) + 1) if self._lanes else 0)
        if not self._columns:
            return [self._sheet(flow, LEGEND.width, LEGEND.head + LEGEND.line) for flow in self._flows]
        right = math.ceil(self._x(len(self._columns) - 1) + COLUMN + sum(self._gutters[-1]))
        return [self._sheet(flow, max(right + MARGIN, LEGEND.width), lanes) for flow in self._flows]

    def _sheet(self, flow: Flow, size: float, bottom: float) -> Sheet:
        rectangles: list[Rectangle] = []
        texts: list[Text] = list(head(flow.heading, size))
        if not self._columns:
            texts.append(nothing())
        fills = {frame.title: frame.fill for each in self._flows for column in each.columns for frame in column}
        for title, (column, top, height) in self._frames.items():
            x = self._x(column)
            rectangles.append(
                Rectangle(x=x, y=top, width=COLUMN, height=height, border=Border.FRAME, fill=fills[title], tip=title)
            )
            texts.append(Text(x=x + PADDING, y=top + 16, text=title, style=Style.FRAME))
            for index, text in enumerate(self._counted(flow, title)):
                y = self._tops[f"counted {title}"] + LEGEND.line * (index + 0.75)
                texts.append(Text(x=x + PADDING, y=y, text=text, style=Style.LINE))
        for key, top in self._tops.items():
            if not key.startswith("counted "):
                place = self._rectangle(key, top)
                box = flow.boxes.get(key)
                rows = box_rows(box, self._room, self._lines) if box else absent(*self._others(key), self._room)
                drawn, written = drawn_box(place, box, rows)
                rectangles.append(drawn)
                texts += written
        wires, labels = self._wires(flow)
        legend_rectangles, legend_texts, legend_wires, height = legend(bottom, size, arrows=bool(self._arrows))
        return Sheet(
            width=size,
            height=height,
            title=flow.heading.title,
            description=described(flow),
            rectangles=(*rectangles, *legend_rectangles),
            texts=(*texts, *labels, *legend_texts),
            wires=(*wires, *legend_wires),
        )

    def _rectangle(self, key: str, top: float) -> Rectangle:
        column = self._frames[self._frame_of[key]][0]
        return Rectangle(
            x=self._x(column) + _GAP, y=top, width=self._room, height=self._height[key], border=Border.SOLID, key=key
        )

    def _others(self, key: str) -> tuple[Box, str]:
        """A box of another environment, and the environments that have it."""
        having = [flow for flow in self._flows if key in flow.boxes]
        return having[0].boxes[key], listed((flow.heading.stack for flow in having), most=3)

    def _wires(self, flow: Flow) -> tuple[list[Wire], list[Text]]:
        wires, labels = [], {}
        for (source, target), members in self._arrows.items():
            if not members & set(flow.arrows):
                continue
            start, end = self._end(source), self._end(target)
            ways = self._ways(start, end)
            leaves_right = ways[0] == start.column
            enters_left = ways[-1] == end.column - 1
            begin = self._x(start.column) + self._inset(start, right=leaves_right)
            finish = self._x(end.column) + self._inset(end, right=not enters_left)
            leave, enter = start.out(right=leaves_right), end.into(right=not enters_left)
            points = [(begin, leave)]
            if len(ways) == 1:
                x = self._track_x(ways[0], target)
                points += [(x, leave), (x, enter)]
            else:
                lane = self._bottom + _TRACK * (1 + self._lanes[target])
                first, last = (self._track_x(gutter, target) for gutter in ways)
                points += [(first, leave), (first, lane), (last, lane), (last, enter)]
            points.append((finish, enter))
            names = {
                flow.boxes[key].name for each in members for key in (each.source, each.target) if key in flow.boxes
            }
            label = self._label(target, ways[-1], flow)
            wires.append(Wire(points=tuple(points), tip=f"{label or 'to'}: {', '.join(sorted(names))}"))
            if label:
                x = self._x(end.column) - 6 if enters_left else self._x(end.column) + COLUMN + 6
                labels[target, ways[-1]] = Text(x=x, y=enter - 3, text=label, style=Style.LABEL, right=enters_left)
        return wires, list(labels.values())

    @staticmethod
    def _inset(end: _End, *, right: bool) -> float:
        gap = 0 if end.is_frame else _GAP
        return COLUMN - gap if right else gap


def described(flow: Flow) -> str:
    """All that a picture shows, in words, for who does not see it."""
    return " ".join(_sentences(flow))


def _sentences(flow: Flow) -> Iterator[str]:
    yield f"{flow.heading.facts}."
    for column in flow.columns:
        for frame in column:
            things = [f"{box.words} {box.name}" for box in frame.boxes]
            yield f"{frame.title}: {', '.join([*things, *([frame.counted] if frame.counted else [])])}."
    boxes = flow.boxes
    for each in flow.arrows:
        if each.source in boxes and each.target in boxes:
            label = f" ({each.label})" if each.label else ""
            yield f"{boxes[each.source].name} to {boxes[each.target].name}{label}."
