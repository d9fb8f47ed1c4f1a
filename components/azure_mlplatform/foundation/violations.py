"""Broken rules: what one is, how a whole reports those of its parts, and how pydantic carries them."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import NamedTuple, Optional, TypeVar

from pydantic_core import InitErrorDetails, PydanticCustomError

Path = tuple[str | int, ...]
"""Where a value stands in a model: names of fields and positions in lists."""

_Value = TypeVar("_Value")


class Violation(NamedTuple):
    """A broken rule: where in the model, the value given, what is wrong, and what to do."""

    path: Path
    value: object
    what: str
    fix: str

    @property
    def details(self) -> InitErrorDetails:
        """The same as pydantic reports it."""
        return InitErrorDetails(type=rule_error(self.what, self.fix), loc=self.path, input=self.value)


def rule_error(what: str, fix: str) -> PydanticCustomError:
    """The error that the rule of a single value raises: what is wrong, and what to do."""
    return PydanticCustomError("refused", "{what}. {fix}", {"what": what, "fix": fix})


class UnreadableError(Exception):
    """A check reads a field whose own value is wrong. The check stops; that field's problem is reported by itself."""


def prefixed(path: Path, violations: Iterable[Violation]) -> Iterator[Violation]:
    """Reports the violations of a part as the whole sees them: `path` comes before each path."""
    for violation in violations:
        yield violation._replace(path=(*path, *violation.path))


def together(checks: Iterable[Callable[[], Iterable[Violation]]]) -> Iterator[Violation]:
    """Runs all checks. One that reads a wrong field stops alone, and the others still run.

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
    """Checks each value of a list and reports as the whole sees it. Runs as `together` does."""

    def check_at(index: int, value: _Value) -> Iterator[Violation]:
        yield from prefixed((*path, index), check_value(value))

    yield from together(partial(check_at, index, value) for index, value in enumerate(values))
