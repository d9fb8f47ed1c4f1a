"""The day on which a program runs. It decides what is expired or retired."""

import datetime
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Optional

_DAY: ContextVar[Optional[datetime.date]] = ContextVar("day", default=None)


def today() -> str:
    """Today's date in UTC, in ISO form."""
    return (_DAY.get() or datetime.datetime.now(datetime.UTC).date()).isoformat()


@contextmanager
def on(day: Optional[datetime.date]) -> Iterator[None]:
    """Sets today's date for the programs that run inside the block. None: the real date."""
    before = _DAY.set(day)
    try:
        yield
    finally:
        _DAY.reset(before)
