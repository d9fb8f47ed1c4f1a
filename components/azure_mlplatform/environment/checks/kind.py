"""What each kind of environment needs, of its own settings and of its landing's."""

import datetime
from collections.abc import Iterator
from typing import Any, Optional

from ...foundation.profiles import PROFILES, Environment
from ...foundation.violations import Violation


def needed(environment: Environment, field: str, example: str) -> Violation:
    """The violation of a setting that a kind of environment needs, and that is missing."""
    return Violation((field,), None, f"a {environment} environment needs {field}", f"Add {example}")


def has_its_bounds(environment: Environment, budget: Optional[Any], expires_on: Optional[str]) -> Iterator[Violation]:
    """A violation for each of budget and day of expiry that is needed and missing."""
    profile = PROFILES[environment]
    if profile.needs_budget and budget is None:
        yield needed(environment, "budget", "budget: {amount: <amount>, contact_emails: [<name>@<domain>]}")
    if profile.longest_life_days and expires_on is None:
        yield needed(environment, "expires_on", f"a day within the next {profile.longest_life_days}")


def lives_too_long(environment: Environment, expires_on: str, today: datetime.date) -> Iterator[Violation]:
    """A violation if the day of expiry is further ahead than the kind of environment may live."""
    longest = PROFILES[environment].longest_life_days
    ahead = (datetime.date.fromisoformat(expires_on) - today).days
    if longest is not None and ahead > longest:
        yield Violation(
            ("expires_on",),
            expires_on,
            f"{expires_on} is {ahead} days ahead",
            f"A {environment} environment may live for {longest} days: "
            f"set {today + datetime.timedelta(longest)} or earlier",
        )
