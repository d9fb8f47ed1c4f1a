"""Duplicates: a value or a name that a list has twice. Azure does not tell upper from lower case."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple, Protocol

from .secret_values import SECRET
from .violations import Path, UnreadableError, Violation


class HasName(Protocol):
    """Anything with a name."""

    @property
    def name(self) -> str:
        """The name."""
        ...


class Named(NamedTuple):
    """A name, and where it was given."""

    path: Path
    """Where the settings have it."""

    name: str

    owner: str
    """The words for the place in a message: `number 1`, `in fqdns`."""


def duplicate_values(values: Sequence[object], path: Path) -> Iterator[Violation]:
    """A violation for each value that stands in the list a second time."""
    seen: set[str] = set()
    for index, value in enumerate(values):
        text = f"{value:g}" if isinstance(value, float) else str(value)
        if value != SECRET and text.lower() in seen:
            yield Violation((*path, index), value, f"{text} stands here twice", "Leave the second out")
        seen.add(text.lower())


def duplicate_names(
    items: Sequence[HasName], path: Path, thing: str, *, without_hyphens: bool = False
) -> Iterator[Violation]:
    """A violation for each item of a list whose name an earlier one has.

    `thing` is the word for an item. `without_hyphens` compares names as Azure has them where hyphens are left out.
    An item whose name is itself wrong is skipped.
    """
    yield from duplicates_among(_names_of(items, path, without_hyphens), thing)


def duplicates_among(names: Iterable[Named], thing: str) -> Iterator[Violation]:
    """A violation for each name that an earlier one equals, wherever in the settings the two are."""
    first: dict[str, Named] = {}
    for each in names:
        other = first.setdefault(each.name.lower(), each)
        if other is not each and each.name != SECRET:
            yield Violation(
                each.path,
                each.name,
                f"a second {thing} is named '{each.name}' (the first is {other.owner})",
                "Give each a name of its own",
            )


def _names_of(items: Sequence[HasName], path: Path, without_hyphens: bool) -> Iterator[Named]:
    for index, item in enumerate(items):
        try:
            name = item.name.replace("-", "") if without_hyphens else item.name
        except UnreadableError:
            continue
        yield Named((*path, index, "name"), name, f"number {index + 1}")
