"""Settings of a schedule, and the time window of each run.

The allowed ranges are those of "Create schedule triggers" (Azure Data Factory, Microsoft Learn).
"""

import datetime
from collections.abc import Iterator
from enum import StrEnum
from itertools import pairwise, product
from typing import NamedTuple

from pydantic import Field

from ...foundation.duplicates import duplicate_values
from ...foundation.model import check
from ...foundation.rules import field_rule, needs_plain_text, published_like
from ...foundation.values import WEEK_DAYS, date, time_of_day, week_day, windows_time_zone
from ...foundation.violations import Violation
from ...parts.settings.part import PartSettings


class Frequency(StrEnum):
    """The unit of `interval`."""

    MINUTE = "Minute"
    HOUR = "Hour"
    DAY = "Day"
    WEEK = "Week"
    MONTH = "Month"


MINUTES = {Frequency.MINUTE: 1, Frequency.HOUR: 60, Frequency.DAY: 24 * 60, Frequency.WEEK: 7 * 24 * 60}
"""The minutes of each unit with a fixed length. A month has none."""

_LONGEST_MONTH = 31 * MINUTES[Frequency.DAY]
_BY_THE_DAY = (Frequency.DAY, Frequency.WEEK, Frequency.MONTH)


@needs_plain_text
@published_like(windows_time_zone)
def _zone_rule(value: str) -> str:
    return windows_time_zone(value)


MOST_OCCURRENCES = 500
"""The most occurrences in one period."""


class Occurrence(NamedTuple):
    """A time at which a schedule runs, within one period."""

    key: str
    """Its unique key: the day of the week (0 is Sunday) or of the month, if any, and `HHmm`."""

    minute: int
    """Its minutes of local time since the start of the period."""


class Windows(NamedTuple):
    """The length of each run's window, which starts at the previous occurrence."""

    gaps: dict[int, list[str]]
    """Minutes of local time → the keys of the occurrences that come so long after the previous one."""

    otherwise: int
    """The minutes for every other run, such as a manual one. If `months` is not 0: the minutes from the start of the
    month to its last occurrence."""

    months: int = 0
    """The number of months back to the month of that last occurrence. 0: `otherwise` is a length."""


class ScheduleSettings(PartSettings):
    """A schedule. A run's window reaches from the previous run to its own time, in local time."""

    frequency: Frequency
    """The unit of `interval`: `Minute`, `Hour`, `Day`, `Week` or `Month`."""

    interval: int = Field(default=1, ge=1, le=1000)
    """The number of units between two runs: 1 to 1000. Default: 1."""

    time_zone: str = Field(examples=["W. Europe Standard Time"])
    """The time zone of all times here, by its Windows name, or `UTC`. It follows daylight saving time."""

    at: list[str] = Field(default_factory=list, examples=[["03:00"]])
    """With `Day`, `Week` and `Month`: the times of day."""

    week_days: list[str] = Field(default_factory=list, examples=[["Monday", "Thursday"]])
    """With `Week`: the days of the week."""

    month_days: list[int] = Field(default_factory=list, examples=[[1, 15]])
    """With `Month`: the days of the month, 1 to 28, which every month has."""

    start: str = Field(default="2026-01-01", examples=["2026-12-01"])
    """The first day, as year-month-day. Nothing runs before it, and `interval` counts from its midnight. Runs in the
    past are not made up for. Default: 2026-01-01."""

    _zone = field_rule(_zone_rule, "time_zone")
    _times = field_rule(time_of_day, "at")
    _days = field_rule(week_day, "week_days")
    _start = field_rule(date, "start")

    @property
    def occurrences(self) -> list[Occurrence]:
        """The times at which it runs in one period, in order. Empty for `Minute` and `Hour`."""
        days: list[tuple[str, int]] = [("", 0)]
        if self.frequency is Frequency.WEEK:
            # The order of Data Factory's dayOfWeek: Sunday is 0.
            days = [(str(number), number) for number in ((WEEK_DAYS.index(each) + 1) % 7 for each in self.week_days)]
        elif self.frequency is Frequency.MONTH:
            days = [(f"{each:02}", each - 1) for each in self.month_days]
        times = [(each.replace(":", ""), int(each[:2]) * 60 + int(each[3:])) for each in self.at]
        day = MINUTES[Frequency.DAY]
        return sorted(
            (
                Occurrence(label + time, number * day + minute)
                for (label, number), (time, minute) in product(days, times)
            ),
            key=lambda each: each.minute,
        )

    @property
    def windows(self) -> Windows:
        """The length of each run's window."""
        if self.frequency not in _BY_THE_DAY:
            return Windows({}, self.interval * MINUTES[self.frequency])
        found = self.occurrences
        gaps: dict[int, list[str]] = {}
        for before, after in pairwise(found):
            gaps.setdefault(after.minute - before.minute, []).append(after.key)
        if self.frequency is Frequency.MONTH:
            return Windows(gaps, found[-1].minute, self.interval)
        first = self.interval * MINUTES[self.frequency] - found[-1].minute + found[0].minute
        gaps.setdefault(first, []).append(found[0].key)
        longest = max(gaps)
        return Windows({gap: keys for gap, keys in gaps.items() if gap != longest}, longest)

    @property
    def longest_gap_minutes(self) -> int:
        """The longest time between two runs, in minutes."""
        windows = self.windows
        return windows.months * _LONGEST_MONTH or windows.otherwise

    @check
    def _times_go_with_the_frequency(self) -> Iterator[Violation]:
        for field, with_it, example in (
            ("at", _BY_THE_DAY, "['03:00']"),
            ("week_days", (Frequency.WEEK,), "[Monday]"),
            ("month_days", (Frequency.MONTH,), "[1]"),
        ):
            value = getattr(self, field)
            if self.frequency in with_it and not value:
                yield Violation(
                    (field,), None, f"frequency is '{self.frequency}', but {field} is empty", f"Add {field}: {example}"
                )
            elif value and self.frequency not in with_it:
                yield Violation(
                    (field,),
                    value,
                    f"{field} is given, but frequency is '{self.frequency}'",
                    f"Leave it out (it is for {', '.join(with_it)})",
                )
            yield from duplicate_values(value, (field,))

    @check
    def _occurrences_can_be_told_apart(self) -> Iterator[Violation]:
        # The expression that finds a window's start names each one. It may have 8192 characters.
        found = len(self.at) * len(self.week_days or self.month_days or [""])
        if found > MOST_OCCURRENCES:
            yield Violation(
                ("at",),
                self.at,
                f"it runs {found} times a {self.frequency.lower()}, but at most {MOST_OCCURRENCES} are allowed",
                "Give fewer times, or use frequency: Minute or Hour with an interval",
            )

    @check
    def _days_are_in_every_month(self) -> Iterator[Violation]:
        for index, day in enumerate(self.month_days):
            if not 1 <= day <= 28:
                yield Violation(
                    ("month_days", index),
                    day,
                    f"day {day} is not in every month" if day > 0 else f"there is no day {day} in a month",
                    "Allowed: 1 to 28; for the end of a month, use day 1 of the next at 00:00",
                )

    @check
    def _several_days_are_in_every_period(self) -> Iterator[Violation]:
        if self.interval == 1:
            return
        for field in ("week_days", "month_days"):
            if len(getattr(self, field)) > 1:
                yield Violation(
                    ("interval",),
                    self.interval,
                    f"interval is {self.interval}, but {field} has several days",
                    f"Leave interval out, or give one day: which days a skipped {self.frequency.lower()} contains "
                    "depends on its first day",
                )

    @check
    def _every_hour_has_every_minute(self) -> Iterator[Violation]:
        hours, minutes = {each[:2] for each in self.at}, {each[3:] for each in self.at}
        missing = sorted({f"{hour}:{minute}" for hour, minute in product(hours, minutes)} - set(self.at))
        if missing:
            yield Violation(
                ("at",),
                self.at,
                f"Data Factory combines every hour with every minute, so it would also run at {missing[0]}",
                "Give times with the same minutes, or make two jobs",
            )

    def violations_on(self, today: datetime.date) -> Iterator[Violation]:
        """Violations for times that a clock change skips or repeats within the next year."""
        for index, time in enumerate(self.at):
            if day := self._changed(time, today):
                yield Violation(
                    ("at", index),
                    time,
                    f"on {day} the clocks change: {time} is skipped or repeated in {self.time_zone}",
                    "Choose a time outside that hour, or use time_zone: UTC, so that no window has a gap",
                )

    def _changed(self, time: str, today: datetime.date) -> str:
        """The first day within a year on which it runs and a clock change skips or repeats the time. Empty if there is
        none."""
        import zoneinfo

        from tzlocal.windows_tz import win_tz

        where = zoneinfo.ZoneInfo(win_tz[self.time_zone])
        at = datetime.time.fromisoformat(time)
        for days in range(366):
            one = datetime.datetime.combine(today + datetime.timedelta(days), at, where)
            if self._runs_on(one.date()) and one.utcoffset() != one.replace(fold=1).utcoffset():
                return one.date().isoformat()
        return ""

    def _runs_on(self, day: datetime.date) -> bool:
        """Whether it may run on a day. Ignores which weeks or months `interval` skips."""
        if self.frequency is Frequency.WEEK:
            return WEEK_DAYS[day.weekday()] in self.week_days
        return self.frequency is not Frequency.MONTH or day.day in self.month_days
