"""Finds values and names that occur twice. The case of letters is ignored, as in Azure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
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
    """A name and its place in the settings."""

    path: Path
    """The path of the name in the settings."""

    name: str

    owner: str
    """The place as a message names it: `number 1`, `in fqdns`."""


def duplicate_values(values: Sequence[object], path: Path) -> Iterator[Violation]:
    """A violation for each value that occurs in the list again."""
    seen: set[str] = set()
    for index, value in enumerate(values):
        text = f"{value:g}" if isinstance(value, float) else str(value)
        if value != SECRET and text.lower() in seen:
            yield Violation((*path, index), value, f"{text} is listed twice", "Remove the second one")
        seen.add(text.lower())


def ids_of_others(ids: Iterable[tuple[Path, str]], others: Mapping[str, str]) -> Iterator[Violation]:
    """A violation for each id that is the id of something else. `others` maps the words for it to its id."""
    for path, value in ids:
        for what, other in others.items():
            if value.lower() == other.lower() and value != SECRET:
                yield Violation(path, value, f"'{value}' is the id of {what} too", "Give each its own id")


def duplicate_names(
    items: Sequence[HasName], path: Path, thing: str, *, without_hyphens: bool = False
) -> Iterator[Violation]:
    """A violation for each item of a list that has the name of an earlier item.

    `thing` is the word for an item in messages. `without_hyphens` ignores hyphens, for names that have none in Azure.
    Items with an invalid name are skipped.
    """
    yield from duplicates_among(_names_of(items, path, without_hyphens), thing)


def duplicates_among(names: Iterable[Named], thing: str) -> Iterator[Violation]:
    """A violation for each name that equals an earlier one, anywhere in the settings."""
    first: dict[str, Named] = {}
    for each in names:
        other = first.setdefault(each.name.lower(), each)
        if other is not each and each.name != SECRET:
            yield Violation(
                each.path,
                each.name,
                f"a second {thing} is named '{each.name}' (the first is {other.owner})",
                "Give each its own name",
            )


def duplicates_across(lists: Mapping[Path, Sequence[HasName]], thing: str) -> Iterator[Violation]:
    """A violation for each item that has the name of an item of an earlier list. `lists` maps the path of each list to
    its items. Names that occur twice in one list are those of `duplicate_names`."""
    first: list[Named] = []
    for path, items in lists.items():
        seen: set[str] = set()
        for each in _names_of(items, path, without_hyphens=False):
            if each.name.lower() not in seen:
                seen.add(each.name.lower())
                first.append(each._replace(owner=f"in {'.'.join(map(str, path))}"))
    yield from duplicates_among(first, thing)


def _names_of(items: Sequence[HasName], path: Path, without_hyphens: bool) -> Iterator[Named]:
    for index, item in enumerate(items):
        try:
            name = item.name.replace("-", "") if without_hyphens else item.name
        except UnreadableError:
            continue
        yield Named((*path, index, "name"), name, f"number {index + 1}")
