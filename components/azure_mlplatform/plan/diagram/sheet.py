"""A picture with its places: rectangles, texts and lines on a sheet. Lengths are pixels of a screen."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Optional

from .words import width

MARGIN = 24
"""The free room around a sheet."""


class Border(StrEnum):
    """The border of a rectangle. It says what a colour could only repeat."""

    FRAME = "frame"
    """A titled group."""

    STRIPE = "stripe"
    """Nothing: it leads the eye along a row."""

    SOLID = "solid"
    """The environment makes it."""

    DASHED = "dashed"
    """Others run it."""

    DOTTED = "dotted"
    """Another environment of the project has it, this one does not."""


class Style(StrEnum):
    """The look of a text."""

    TITLE = "title"
    FACTS = "facts"
    FRAME = "frame"
    WORDS = "words"
    NAME = "name"
    LINE = "line"
    LABEL = "label"


SIZES = {
    Style.TITLE: 20.0,
    Style.FACTS: 12.0,
    Style.FRAME: 12.0,
    Style.WORDS: 12.0,
    Style.NAME: 11.5,
    Style.LINE: 10.5,
    Style.LABEL: 10.0,
}
BOLD = frozenset({Style.TITLE, Style.FRAME, Style.WORDS})


@dataclass(frozen=True, slots=True, kw_only=True)
class Rectangle:
    x: float
    y: float
    width: float
    height: float
    border: Border
    fill: str = "#ffffff"
    tip: str = ""
    """All that it stands for, unshortened."""

    key: str = ""
    """The key of its box. Empty for everything else."""

    def contains(self, other: "Rectangle | Text") -> bool:
        """Whether another thing lies in this one."""
        x, y, right, bottom = other.bounds
        return self.x <= x and self.y <= y and right <= self.x + self.width and bottom <= self.y + self.height

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """Left, top, right, bottom."""
        return self.x, self.y, self.x + self.width, self.y + self.height


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    x: float
    y: float
    """The line that the letters stand on."""

    text: str
    style: Style
    right: bool = False
    """Whether it ends at `x` instead of beginning there."""

    muted: bool = False

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """Left, top, right, bottom, in the widest of the fonts that are asked for."""
        size = SIZES[self.style]
        room = width(self.text, size, bold=self.style in BOLD)
        left = self.x - room if self.right else self.x
        return left, self.y - 0.8 * size, left + room, self.y + 0.25 * size


@dataclass(frozen=True, slots=True, kw_only=True)
class Wire:
    """An arrow along right angles."""

    points: tuple[tuple[float, float], ...]
    tip: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    width: float
    height: float
    title: str
    description: str
    rectangles: tuple[Rectangle, ...]
    texts: tuple[Text, ...]
    wires: tuple[Wire, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A row of text in a rectangle."""

    text: str
    style: Style
    height: float
    mark: Optional[str] = None
    """A word at the row's end."""
