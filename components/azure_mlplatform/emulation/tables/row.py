"""The columns that rows of all tables share: the source, and Azure's answer if it refuses."""

from dataclasses import dataclass
from typing import ClassVar

DAY = "2026-11-27"
"""The day on which a source was read, unless a row names another."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """A fact, with its source."""

    table: ClassVar[str]
    """The name of its table."""

    by: ClassVar[tuple[str, ...]]
    """The columns that tell it from the other rows."""

    source: str
    """Where this was read."""

    day: str = DAY
    """When it was read."""

    assumed: bool = False
    """Whether a column of the row has no source. The source says which."""

    @property
    def key(self) -> str:
        """The table and the columns that tell it from other rows, in one line."""
        columns = (getattr(self, each) for each in self.by)
        texts = (" ".join(map(str, each)) if isinstance(each, tuple) else str(each) for each in columns)
        return " ".join([self.table, *filter(None, texts)])


@dataclass(frozen=True, kw_only=True)
class Refusal(Row):
    """Something that Azure refuses, with its answer."""

    status: int
    """The HTTP status."""

    code: str
    """The error code."""

    text: str
    """The error text, with placeholders in braces."""
