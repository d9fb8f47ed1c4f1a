"""Which operations meet on a resource that takes one write at a time, by rows of SERIAL."""

from collections.abc import Iterable, Iterator
from typing import Any

from .ids import ancestors, arm_type, extended, resource_group_of
from .tables.deletion import Serial
from .values import values_at

Busy = tuple[str, str]
"""The id of a busy resource in lower case, and the key of its row."""

_GROUP = "microsoft.resources/resourcegroups"


def kept_busy(rows: Iterable[Serial], id_: str, operation: str, body: dict[str, Any]) -> set[Busy]:
    """The resources that an operation keeps busy."""
    kept = set()
    for row in rows:
        if row.type == _GROUP and not (operation == "delete" and arm_type(id_) == _GROUP):
            continue
        if row.path or not row.user or arm_type(id_) == row.user:
            kept |= {(each.lower(), row.key) for each in _written(row, id_)}
        if row.keeps and arm_type(id_) == row.user:
            kept |= {(each.lower(), row.key) for each in _referred(row, body)}
    return kept


def met(rows: Iterable[Serial], id_: str, body: dict[str, Any]) -> Iterator[tuple[Serial, str]]:
    """The resources that must not be busy for an operation, each with its row."""
    for row in rows:
        if not row.user or row.user == arm_type(id_):
            for each in _referred(row, body) if row.path else _written(row, id_):
                yield row, each


def _written(row: Serial, id_: str) -> Iterator[str]:
    """The resources of a row that an operation on an id writes."""
    yield from (each for each in _above(id_) if arm_type(each) == row.type)
    if arm_type(id_) in row.extensions:
        yield from (each for each in _above(extended(id_)) if arm_type(each) == row.type)


def _referred(row: Serial, body: dict[str, Any]) -> Iterator[str]:
    """The resources of a row that a body refers to, or to what is below them."""
    for _, value in values_at(body, row.path):
        yield from (each for each in _above(str(value)) if arm_type(each) == row.type)


def _above(id_: str) -> Iterator[str]:
    """A resource, its parents of the same provider, and its group."""
    if "/providers/" in id_:
        yield from ancestors(id_)
    if group := resource_group_of(id_):
        yield group
