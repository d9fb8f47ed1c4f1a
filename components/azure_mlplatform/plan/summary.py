"""The little of a plan that a check of many keeps. A plan has some megabytes, and its summary some kilobytes.

A `Comparison` says which rows it keeps of a plan, and finds the problems between the rows of all plans. Rows are named
tuples of plain values, so a summary goes through JSON unchanged: from a worker, and into a kept result.
"""

import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from hashlib import blake2b
from typing import Any, Generic, Optional, TypeVar

from pydantic import TypeAdapter

from ..foundation.problems import Problem
from .resource import Plan

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Summary:
    """A plan without its resources."""

    project: str
    stack: str
    folder: str
    """The project's folder, relative to the repository's root."""

    resources: int
    """The number of resources that a provider makes."""

    messages: tuple[tuple[str, str], ...] = ()
    """What the program logged: severity (`info`, `warning`, `error`) and text."""

    rows: Mapping[str, str] = field(default_factory=dict)
    """Name of a comparison → the rows that it keeps, as JSON."""

    @property
    def label(self) -> str:
        """The folder and the name of the stack, to distinguish it from others."""
        return f"{self.folder} {self.stack}".lstrip()

    @property
    def file(self) -> str:
        """The file with the stack's settings."""
        return f"{self.folder}/Pulumi.{self.stack}.yaml".lstrip("/")


@dataclass(frozen=True)
class Comparison(Generic[Row]):
    """What is kept of each plan, and the problems that it shows beside others."""

    name: str
    """Its name in a summary."""

    row: type[Row]
    """The type of its rows: a named tuple of texts, numbers, and tuples of them."""

    keep: Callable[[Plan], Iterable[Row]]
    """Returns the rows of a plan, in a fixed order."""

    problems: "Callable[[Sequence[tuple[Summary, tuple[Row, ...]]]], Iterable[Problem]]"
    """Returns the problems between the rows of all plans, which come in the order of their files."""

    key: Optional[Callable[[Row], str]] = None
    """Returns what rows have in common if they are to be compared. Rows whose key no other row has are left out, so a
    comparison of many plans stays small. Default: all rows are compared."""

    def written(self, plan: Plan) -> str:
        """The rows of a plan, as JSON."""
        return _adapter(self.row).dump_json(tuple(self.keep(plan))).decode()

    def read(self, text: str) -> tuple[Row, ...]:
        """The rows in a JSON text. Raises ValueError if it holds something else."""
        return _adapter(self.row).validate_json(text)


@cache
def _adapter(row: type[Any]) -> TypeAdapter[Any]:
    rows: Any = tuple[row, ...]
    return TypeAdapter(rows)


class Summaries:
    """The summaries of many plans, packed, and the problems between them.

    Keeps some kilobytes of each plan: its rows are compressed, and read again only where a comparison needs them.
    """

    def __init__(self, comparisons: Sequence[Comparison[Any]]) -> None:
        self._comparisons = comparisons
        self._packed: list[tuple[Summary, dict[str, bytes]]] = []
        self._once: dict[str, set[int]] = {each.name: set() for each in comparisons}
        self._again: dict[str, set[int]] = {each.name: set() for each in comparisons}

    def add(self, summary: Summary) -> Summary:
        """Adds a summary. Returns it without its rows. Raises ValueError if they cannot be read."""
        packed: dict[str, bytes] = {}
        for each in self._comparisons:
            text = summary.rows[each.name]
            if each.key is not None:
                once, again = self._once[each.name], self._again[each.name]
                for digest in map(_digest, map(each.key, each.read(text))):
                    (again if digest in once else once).add(digest)
            packed[each.name] = zlib.compress(text.encode())
        bare = Summary(summary.project, summary.stack, summary.folder, summary.resources, summary.messages)
        self._packed.append((bare, packed))
        return bare

    def problems(self) -> Iterator[Problem]:
        """The problems of all comparisons. The order in which the summaries were added does not matter."""
        self._packed.sort(key=lambda each: (each[0].folder, each[0].stack, each[0].project))
        for each in self._comparisons:
            yield from each.problems([(bare, self._rows(each, packed)) for bare, packed in self._packed])

    def rows(self, comparison: Comparison[Row]) -> Iterator[Row]:
        """All rows that a comparison keeps, in the order of the plans' files."""
        for _, packed in self._packed:
            yield from comparison.read(zlib.decompress(packed[comparison.name]).decode())

    def _rows(self, comparison: Comparison[Row], packed: Mapping[str, bytes]) -> tuple[Row, ...]:
        again, key = self._again[comparison.name], comparison.key
        if key is not None and not again:
            return ()
        rows = comparison.read(zlib.decompress(packed[comparison.name]).decode())
        return rows if key is None else tuple(each for each in rows if _digest(key(each)) in again)


def _digest(key: str) -> int:
    """A number in place of a key: in 100,000 stacks, two keys get the same one by chance once in a thousand runs, and
    rows are then compared for nothing."""
    return int.from_bytes(blake2b(key.encode(), digest_size=8).digest())


def summary_of(plan: Plan, comparisons: Iterable[Comparison[Any]]) -> Summary:
    """The summary of a plan."""
    rows = {each.name: each.written(plan) for each in comparisons}
    return Summary(plan.project, plan.stack, plan.folder, len(plan.azure_resources), plan.messages, rows)
