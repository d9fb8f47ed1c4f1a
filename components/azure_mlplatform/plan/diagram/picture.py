"""The content of a picture, before anything has a place: boxes in frames with arrows, or a table of boxes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Union


class View(StrEnum):
    """A view of an environment."""

    OVERVIEW = "overview"
    """The parts of an environment, and their relations."""

    NETWORK = "network"
    """Its subnets, private endpoints, name zones and ways out."""

    IDENTITY = "identity"
    """Its data, and who may do what."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A thing that a person sees singly."""

    key: str
    """The same for the same thing in every environment of a project."""

    words: str
    """The words for its kind: `AI service`."""

    name: str
    lines: tuple[str, ...] = ()
    """The details: its size, its parts."""

    outside: bool = False
    """Whether others run it."""

    protected: bool = False
    """Whether `pulumi destroy` refuses to delete it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """A titled group of boxes."""

    title: str
    fill: str
    boxes: tuple[Box, ...] = ()
    counted: str = ""
    """The numbers of resources that are not drawn singly."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrow:
    """A relation between two boxes, by their keys."""

    source: str
    target: str
    label: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """The lines above a picture."""

    project: str
    stack: str
    view: View
    facts: str
    """Group, region and numbers."""

    @property
    def title(self) -> str:
        """The title: `churn prod: network`."""
        return f"{self.project} {self.stack}: {_TITLES[self.view]}"


_TITLES = {View.OVERVIEW: "overview", View.NETWORK: "network", View.IDENTITY: "data and identity"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """The ways in which a picture shows the resources of a plan, by URN."""

    drawn: frozenset[str] = frozenset()
    """As a box, a line or a cell."""

    counted: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """Columns of frames, with arrows between boxes."""

    heading: Heading
    columns: tuple[tuple[Frame, ...], ...]
    arrows: tuple[Arrow, ...]
    shown: Shown

    @property
    def boxes(self) -> dict[str, Box]:
        """The boxes by key, from left to right."""
        return {box.key: box for column in self.columns for frame in column for box in frame.boxes}


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Who may do what: principals in columns, what they may reach in rows, their roles in cells."""

    heading: Heading
    principals: tuple[Box, ...]
    scopes: tuple[Box, ...]
    roles: Mapping[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)
    """Key of a scope, key of a principal → roles."""

    shown: Shown


Picture = Union[Flow, Table]
