"""When a batch is scored by the clock, and from when to when each run's window reaches.

Ranges are those of "Create schedule triggers" (Azure Data Factory, Microsoft Learn).
"""

import datetime
from collections.abc import Iterator
from enum import StrEnum
from itertools import pairwise, product
from typing import NamedTuple

from pydantic import Field

from ...foundation.duplicates import duplicate_values
from ...foundation.model import check
from ...foundation.rules import field_rule, needs_plain_text
from ...foundation.values import WEEK_DAYS, date, time_of_day, week_day, windows_time_zone
from ...foundation.violations import Violation
from ...parts.settings.part import PartSettings


class Frequency(StrEnum):
    """The unit that `interval` counts."""

    MINUTE = "Minute"
    HOUR = "Hour"
    DAY = "Day"
    WEEK = "Week"
    MONTH = "Month"


MINUTES = {Frequency.MINUTE: 1, Frequency.HOUR: 60, Frequency.DAY: 24 * 60, Frequency.WEEK: 7 * 24 * 60}
"""What is always as long; a month is not."""

_LONGEST_MONTH = 31 * MINUTES[Frequency.DAY]
_BY_THE_DAY = (Frequency.DAY, Frequency.WEEK, Frequency.MONTH)


@needs_plain_text
def _zone_rule(value: str) -> str:
    return windows_time_zone(value)


MOST_OCCURRENCES = 500
"""In one period."""


class Occurrence(NamedTuple):
    """A time at which a schedule runs, in its own period."""

    key: str
    """What tells it apart: the day of the week (0 is Sunday) or of the month, if any, and `HHmm`."""

    minute: int
    """Its place in the period, in minutes of the clock on the wall."""


class Windows(NamedTuple):
    """How far back each run's window reaches: to the occurrence before it."""

    gaps: dict[int, list[str]]
    """Minutes on the wall's clock → the occurrences, by key, that lie so long behind the one before."""

    otherwise: int
    """The minutes of every other run, such as one that somebody starts; of a month, where in it the last occurrence
    lies."""

    months: int = 0
    """How many months back the last occurrence lies that `otherwise` means. 0: `otherwise` is a gap."""


class ScheduleSettings(PartSettings):
    """When it runs. A run's window reaches from the run before it to its own time, by the clock on the wall."""

    frequency: Frequency
    """`Minute`, `Hour`, `Day`, `Week` or `Month`."""

    interval: int = Field(default=1, ge=1, le=1000)
    """How many of them lie between two runs: 1 to 1000. Left out: 1."""

    time_zone: str = Field(examples=["W. Europe Standard Time"])
    """The time zone of all times here, by the name that Windows gives it, or `UTC`. Summer time is kept."""

    at: list[str] = Field(default_factory=list, examples=[["03:00"]])
    """With `Day`, `Week` and `Month`: at which times of the day."""

    week_days: list[str] = Field(default_factory=list, examples=[["Monday", "Thursday"]])
    """With `Week`: on which days."""

    month_days: list[int] = Field(default_factory=list, examples=[[1, 15]])
    """With `Month`: on which days, 1 to 28, which every month has."""

    start: str = Field(default="2026-01-01", examples=["2026-12-01"])
    """The day it counts from, as year-month-day: nothing runs before, and an `interval` counts from its midnight.
    Nothing that is past is made up for. Left out: 2026-01-01."""

    _zone = field_rule(_zone_rule, "time_zone")
    _times = field_rule(time_of_day, "at")
    _days = field_rule(week_day, "week_days")
    _start = field_rule(date, "start")

    @property
    def occurrences(self) -> list[Occurrence]:
        """When it runs in one period, in order; none where it counts minutes or hours."""
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
        """How far back each run's window reaches."""
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
        """The longest time between two runs."""
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
                    f"Leave it out (it goes with {', '.join(with_it)})",
                )
            yield from duplicate_values(value, (field,))

    @check
    def _occurrences_can_be_told_apart(self) -> Iterator[Violation]:
        # Each is named in the expression that finds a window's start, which may have 8192 characters.
        found = len(self.at) * len(self.week_days or self.month_days or [""])
        if found > MOST_OCCURRENCES:
            yield Violation(
                ("at",),
                self.at,
                f"it runs {found} times a {self.frequency.lower()}, and {MOST_OCCURRENCES} can be told apart",
                "Give fewer times, or frequency: Minute or Hour with an interval",
            )

    @check
    def _days_are_in_every_month(self) -> Iterator[Violation]:
        for index, day in enumerate(self.month_days):
            if not 1 <= day <= 28:
                yield Violation(
                    ("month_days", index),
                    day,
                    f"day {day} is not in every month" if day > 0 else f"there is no day {day} in a month",
                    "Allowed: 1 to 28; the end of a month is day 1 of the next, at 00:00",
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
                    f"interval is {self.interval}, and {field} has several days",
                    f"Leave interval out, or give one day: which days an omitted {self.frequency.lower()} takes along "
                    "depends on where it begins",
                )

    @check
    def _every_hour_has_every_minute(self) -> Iterator[Violation]:
        hours, minutes = {each[:2] for each in self.at}, {each[3:] for each in self.at}
        missing = sorted({f"{hour}:{minute}" for hour, minute in product(hours, minutes)} - set(self.at))
        if missing:
            yield Violation(
                ("at",),
                self.at,
                f"Data Factory runs at every one of the hours with every one of the minutes, so at {missing[0]} too",
                "Give times whose minutes are the same, or two jobs",
            )

    def violations_on(self, today: datetime.date) -> Iterator[Violation]:
        """Times that a change of the clocks skips or repeats within the year to come."""
        for index, time in enumerate(self.at):
            if day := self._changed(time, today):
                yield Violation(
                    ("at", index),
                    time,
                    f"on {day} the clocks change, and {time} is skipped or comes twice in {self.time_zone}",
                    "Choose a time outside that hour, or time_zone: UTC, so that no window has a hole",
                )

    def _changed(self, time: str, today: datetime.date) -> str:
        """The first day within a year on which it runs and there is no such time, or two of it; empty where there is
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
        """Whether it may run on a day; which weeks or months an interval leaves out is not looked at."""
        if self.frequency is Frequency.WEEK:
            return WEEK_DAYS[day.weekday()] in self.week_days
        return self.frequency is not Frequency.MONTH or day.day in self.month_days
