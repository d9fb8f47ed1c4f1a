"""The day on which an environment expires, and what follows it."""

import datetime
from enum import StrEnum
from typing import NamedTuple, Optional

WARNED_DAYS = (14, 7, 1)
"""The days ahead of `expires_on` from which each warning is due."""


class Phase(StrEnum):
    """Where an environment with a day of expiry stands."""

    LIVES = "lives"
    """The first warning is still ahead."""

    EXPIRES_SOON = "expires soon"
    """A warning is due."""

    AT_REST = "at rest"
    """It has expired: an update stops what can be stopped, and deletes nothing."""

    OVER = "over"
    """Its grace period has ended: it has to be retired."""

    REFUSED = "refused"
    """It has expired, and its kind of environment has no grace period: each update is refused until somebody
    decides."""


class Expiry(NamedTuple):
    """The end of an environment."""

    on: datetime.date
    """The day from which it counts as expired."""

    grace_days: Optional[int]
    """The days at rest after it. None: it is never at rest."""

    @property
    def over_on(self) -> Optional[datetime.date]:
        """The day from which it has to be retired. None: somebody has to decide."""
        return None if self.grace_days is None else self.on + datetime.timedelta(self.grace_days)

    def days_left(self, today: datetime.date) -> int:
        """The days until it expires; 0 or fewer once it has."""
        return (self.on - today).days

    def phase(self, today: datetime.date) -> Phase:
        """Where it stands on a day."""
        left = self.days_left(today)
        if left > 0:
            return Phase.EXPIRES_SOON if left <= max(WARNED_DAYS) else Phase.LIVES
        if self.over_on is None:
            return Phase.REFUSED
        return Phase.AT_REST if today < self.over_on else Phase.OVER

    def rests(self, today: datetime.date) -> bool:
        """Whether everything that can be stopped is stopped: from the expiry on, to the very end."""
        return self.grace_days is not None and self.days_left(today) <= 0

    def warning(self, today: datetime.date) -> Optional[int]:
        """The warning that is due: the last one of WARNED_DAYS that was reached. None before and after them."""
        left = self.days_left(today)
        return min((days for days in WARNED_DAYS if 0 < left <= days), default=None)
