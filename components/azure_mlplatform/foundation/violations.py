"""Broken rules, functions that collect them from the parts of a model, and their form as pydantic errors."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import NamedTuple, Optional, TypeVar

from pydantic_core import InitErrorDetails, PydanticCustomError

Path = tuple[str | int, ...]
"""The place of a value in a model: names of fields and positions in lists."""

_Value = TypeVar("_Value")


class Violation(NamedTuple):
    """A broken rule: the place in the model, the given value, what is wrong, and what to do."""

    path: Path
    value: object
    what: str
    fix: str

    @property
    def details(self) -> InitErrorDetails:
        """The violation in pydantic's form."""
        return InitErrorDetails(type=rule_error(self.what, self.fix), loc=self.path, input=self.value)


def rule_error(what: str, fix: str) -> PydanticCustomError:
    """The error that a rule for a single value raises: what is wrong, and what to do."""
    return PydanticCustomError("refused", "{what}. {fix}", {"what": what, "fix": fix})


class UnreadableError(Exception):
    """A check read a field whose own value is wrong. The check stops; the field's own problem is reported anyway."""


def prefixed(path: Path, violations: Iterable[Violation]) -> Iterator[Violation]:
    """Puts `path` before the path of each violation, to report the violations of a part for the whole model."""
    for violation in violations:
        yield violation._replace(path=(*path, *violation.path))


def together(checks: Iterable[Callable[[], Iterable[Violation]]]) -> Iterator[Violation]:
    """Runs all checks. If a check reads a wrong field, only that check stops.

    Raises UnreadableError at the end if any check stopped.
    """
    unreadable: Optional[UnreadableError] = None
    for each in checks:
        try:
            yield from each()
        except UnreadableError as error:
            unreadable = unreadable or error
    if unreadable is not None:
        raise unreadable


def prefixed_each(
    path: Path, values: Sequence[_Value], check_value: Callable[[_Value], Iterable[Violation]]
) -> Iterator[Violation]:
    """Checks each value of the list at `path`, and reports violations for the whole model. Runs as `together` does."""

    def check_at(index: int, value: _Value) -> Iterator[Violation]:
        yield from prefixed((*path, index), check_value(value))

    yield from together(partial(check_at, index, value) for index, value in enumerate(values))
