"""When Azure ends something that settings can name: what is refused and what is said on a day."""

import datetime
from collections.abc import Iterator
from typing import NamedTuple, Optional

from ..foundation.violations import Path, Violation

NOTICE_DAYS = 60
"""The days before the end from which a notice is given: Microsoft's own notice for models."""

HARDWARE_NOTICE_DAYS = 365
"""The same for hardware, whose successor needs quota, and often other code."""


class Lifecycle(NamedTuple):
    """The end of something."""

    retires: datetime.date
    """The first day without it."""

    successor: str = ""
    """The replacement. Empty: none is named."""

    none_new_from: Optional[datetime.date] = None
    """The first day on which Azure makes no new one, if that is earlier."""

    notice_days: int = NOTICE_DAYS


def ended(
    path: Path, value: object, what: str, lifecycle: Optional[Lifecycle], today: datetime.date
) -> Iterator[Violation]:
    """A violation if `what` has ended. None as `lifecycle`: no end is announced."""
    if lifecycle is not None and lifecycle.retires <= today:
        fix = f"Use its successor {lifecycle.successor}" if lifecycle.successor else "Use another one; none is named"
        yield Violation(path, value, f"{what} was retired on {lifecycle.retires}", fix)


def ending(what: str, lifecycle: Optional[Lifecycle], today: datetime.date) -> Iterator[str]:
    """Notices if `what` ends soon, or if Azure makes no new one any more."""
    if lifecycle is None or lifecycle.retires <= today:
        return
    successor = f"; its successor is {lifecycle.successor}" if lifecycle.successor else ""
    if lifecycle.none_new_from is not None and lifecycle.none_new_from <= today:
        yield (
            f"{what}: since {lifecycle.none_new_from} Azure makes no new one; what exists runs until "
            f"{lifecycle.retires}{successor}"
        )
    elif (lifecycle.retires - today).days <= lifecycle.notice_days:
        yield f"{what} retires on {lifecycle.retires}{successor}"
