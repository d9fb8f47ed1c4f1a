"""A person deploys where only pipelines do, for once."""

import datetime
from collections.abc import Iterator

from pydantic import Field

from ...foundation.profiles import PROFILES, Environment
from ...foundation.rules import field_rule
from ...foundation.values import date
from ...foundation.violations import Violation
from .part import PartSettings

MOST_DAYS = 3
"""The longest time in which a person may deploy, in days."""


class BreakGlass(PartSettings):
    """Lets `pulumi up` go on with a person's sign-in. It gives nobody a right: who has none is refused by Azure."""

    until: str = Field(examples=["2026-12-03"])
    """The last day, at most 3 days ahead. From the next day on, the stack is refused until the setting is gone."""

    reason: str = Field(min_length=10, examples=["GitHub is down, INC-4711"])
    """The reason, for reviewers: at least 10 characters."""

    _date = field_rule(date, "until")

    def profile_violations(self, environment: Environment) -> Iterator[Violation]:
        """A violation where people deploy anyway."""
        if PROFILES[environment].people_may_deploy:
            yield Violation((), None, f"a person may deploy a {environment} environment anyway", "Remove it")

    def violations_on(self, today: datetime.date) -> Iterator[Violation]:
        """A violation if the day has passed, or is too far ahead."""
        ahead = (datetime.date.fromisoformat(self.until) - today).days
        if ahead < 0:
            yield Violation(("until",), self.until, f"a person could deploy until {self.until}", "Remove break_glass")
        elif ahead > MOST_DAYS:
            latest = today + datetime.timedelta(MOST_DAYS)
            yield Violation(
                ("until",), self.until, f"{self.until} is {ahead} days ahead", f"Allowed: {latest} or earlier"
            )

    def notices_on(self, today: datetime.date) -> Iterator[str]:
        """Says that a person may deploy."""
        yield f"break_glass: a person may deploy until {self.until}: {self.reason}"
