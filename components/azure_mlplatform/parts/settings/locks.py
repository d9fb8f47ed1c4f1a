"""Locks that are lifted for a change."""

import datetime
from collections.abc import Iterator

from pydantic import Field

from ...foundation.rules import field_rule
from ...foundation.values import date
from ...foundation.violations import Violation
from .part import PartSettings

MOST_DAYS = 7
"""The longest time without locks, in days."""


class LiftedLocks(PartSettings):
    """Lifts the locks for a change that removes something. Protection in Pulumi stays."""

    until: str = Field(examples=["2026-12-05"])
    """The last day without locks, at most 7 days ahead. From the next day on, the stack is refused until the setting is
    gone, and with it the locks are back."""

    reason: str = Field(min_length=10, examples=["Endpoint 'second' goes, CHG-123"])
    """The reason, for reviewers: at least 10 characters."""

    _date = field_rule(date, "until")

    def violations_on(self, today: datetime.date) -> Iterator[Violation]:
        """A violation if the day has passed, or is too far ahead."""
        ahead = (datetime.date.fromisoformat(self.until) - today).days
        if ahead < 0:
            yield Violation(
                ("until",), self.until, f"the locks were lifted until {self.until}", "Remove lift_locks: they come back"
            )
        elif ahead > MOST_DAYS:
            latest = today + datetime.timedelta(MOST_DAYS)
            yield Violation(
                ("until",), self.until, f"{self.until} is {ahead} days ahead", f"Allowed: {latest} or earlier"
            )

    def notices_on(self, today: datetime.date) -> Iterator[str]:
        """Says that nothing is locked."""
        yield f"no lock holds anything until {self.until}: {self.reason}"
