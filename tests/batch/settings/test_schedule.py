import datetime

import pytest

from azure_mlplatform.batch.settings.schedule import ScheduleSettings, Windows
from support.violations import problems, refused

DAY = {"frequency": "Day", "time_zone": "W. Europe Standard Time", "at": ["04:00"]}
WEEK = {**DAY, "frequency": "Week", "week_days": ["Monday", "Thursday"]}
MONTH = {**DAY, "frequency": "Month", "month_days": [1, 15]}
MANY = [f"{hour:02}:{minute:02}" for minute in range(0, 60, 2) for hour in range(4, 14)]
HOUR = {"frequency": "Hour", "interval": 6, "time_zone": "UTC"}


@pytest.mark.parametrize(
    ("data", "paths"),
    [
        (DAY, []),
        (WEEK, []),
        (MONTH, []),
        (HOUR, []),
        ({}, ["frequency", "time_zone"]),
        ({**DAY, "frequency": "Daily"}, ["frequency"]),
        ({**DAY, "frequency": "Year"}, ["frequency"]),
        ({**DAY, "interval": 0}, ["interval"]),
        ({**DAY, "interval": 1001}, ["interval"]),
        ({**DAY, "interval": 1000}, []),
        ({**DAY, "time_zone": "Europe/Berlin"}, ["time_zone"]),
        ({**DAY, "time_zone": "Mars"}, ["time_zone"]),
        ({**DAY, "at": []}, ["at"]),
        ({**DAY, "at": ["24:00"]}, ["at[0]"]),
        ({**DAY, "at": ["04:00", "04:00"]}, ["at[1]"]),
        ({**DAY, "at": ["04:00", "16:00"]}, []),
        ({**DAY, "at": ["04:00", "16:30"]}, ["at"]),
        ({**DAY, "at": ["04:00", "04:30", "16:00", "16:30"]}, []),
        ({**DAY, "week_days": ["Monday"]}, ["week_days"]),
        ({**DAY, "month_days": [1]}, ["month_days"]),
        ({**WEEK, "week_days": []}, ["week_days"]),
        ({**WEEK, "week_days": ["Mo"]}, ["week_days[0]"]),
        ({**WEEK, "week_days": ["monday", "Monday"]}, ["week_days[1]"]),
        ({**WEEK, "at": MANY}, ["at"]),
        ({**WEEK, "at": MANY[:250]}, []),
        ({**WEEK, "interval": 2}, ["interval"]),
        ({**WEEK, "interval": 2, "week_days": ["Monday"]}, []),
        ({**MONTH, "month_days": [0]}, ["month_days[0]"]),
        ({**MONTH, "month_days": [28]}, []),
        ({**MONTH, "month_days": [29, -1]}, ["month_days[0]", "month_days[1]"]),
        ({**MONTH, "interval": 3}, ["interval"]),
        ({**HOUR, "at": ["04:00"]}, ["at"]),
        ({**DAY, "start": "2026-13-01"}, ["start"]),
        ({**DAY, "cron": "0 4 * * *"}, ["cron"]),
        ({"frequency": "Week", "time_zone": "Mars", "interval": 0}, ["at", "interval", "time_zone", "week_days"]),
    ],
)
def test_what_cannot_be_is_refused_where_it_stands(data, paths):
    assert sorted(refused(ScheduleSettings, data)) == sorted(paths)


def test_a_zone_of_another_list_is_answered_with_its_name_here():
    [problem] = problems(ScheduleSettings, {**DAY, "time_zone": "Europe/Brussels"})
    assert "Azure writes it 'Romance Standard Time'" in problem.what


def test_times_that_would_bring_others_are_named():
    [problem] = problems(ScheduleSettings, {**DAY, "at": ["04:00", "16:30"]})
    assert problem.what == "Data Factory combines every hour with every minute, so it would also run at 04:30"


@pytest.mark.parametrize(
    ("data", "windows", "longest"),
    [
        (DAY, Windows({}, 24 * 60), 24 * 60),
        ({**DAY, "interval": 3}, Windows({}, 3 * 24 * 60), 3 * 24 * 60),
        ({**DAY, "at": ["06:00", "18:00"]}, Windows({}, 12 * 60), 12 * 60),
        ({**DAY, "at": ["08:00", "16:00"]}, Windows({8 * 60: ["1600"]}, 16 * 60), 16 * 60),
        # From Thursday to Monday are four days, from Monday to Thursday three.
        (WEEK, Windows({3 * 24 * 60: ["40400"]}, 4 * 24 * 60), 4 * 24 * 60),
        ({**WEEK, "week_days": ["Sunday"], "interval": 2}, Windows({}, 14 * 24 * 60), 14 * 24 * 60),
        (MONTH, Windows({14 * 24 * 60: ["150400"]}, 14 * 24 * 60 + 240, 1), 31 * 24 * 60),
        (HOUR, Windows({}, 6 * 60), 6 * 60),
        ({**HOUR, "frequency": "Minute", "interval": 15}, Windows({}, 15), 15),
    ],
)
def test_a_window_reaches_back_to_the_run_before(data, windows, longest):
    schedule = ScheduleSettings.model_validate(data)
    assert (schedule.windows, schedule.longest_gap_minutes) == (windows, longest)


@pytest.mark.parametrize(
    ("changes", "refused_days"),
    [
        ({}, []),
        ({"at": ["02:30"]}, ["2026-03-29"]),
        ({"at": ["02:00"]}, ["2026-03-29"]),
        ({"at": ["03:00"]}, []),
        ({"at": ["02:30"], "time_zone": "UTC"}, []),
        ({"at": ["02:30"], "frequency": "Week", "week_days": ["Monday"]}, []),
        ({"at": ["02:30"], "frequency": "Week", "week_days": ["Sunday"]}, ["2026-03-29"]),
        ({"at": ["02:30"], "frequency": "Month", "month_days": [1]}, ["2026-11-01"][:0]),
        ({"at": ["02:30"], "frequency": "Month", "month_days": [25]}, ["2026-10-25"]),
        # New York's clocks change on other days.
        ({"at": ["02:30"], "time_zone": "Eastern Standard Time"}, ["2026-03-08"]),
        ({"at": ["01:30"], "time_zone": "Eastern Standard Time"}, ["2026-11-01"]),
    ],
)
def test_a_time_that_the_clocks_skip_or_repeat_is_refused_on_the_day(changes, refused_days):
    schedule = ScheduleSettings.model_validate({**DAY, **changes})
    found = list(schedule.violations_on(datetime.date(2026, 1, 15)))
    assert [each.what.split()[1] for each in found] == refused_days
    assert [each.path for each in found] == [("at", 0)] * len(refused_days)
