"""The day a program runs on, which decides what is expired or retired."""

import datetime
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Optional

_DAY: ContextVar[Optional[datetime.date]] = ContextVar("day", default=None)


def today() -> str:
    """The day in UTC, as a component takes it."""
    return (_DAY.get() or datetime.datetime.now(datetime.UTC).date()).isoformat()


@contextmanager
def on(day: Optional[datetime.date]) -> Iterator[None]:
    """Programs that run inside take `day` for today; None is the real one."""
    before = _DAY.set(day)
    try:
        yield
    finally:
        _DAY.reset(before)
