import datetime

import pytest

from azure_mlplatform.parts.settings.break_glass import MOST_DAYS, BreakGlass
from azure_mlplatform.settings import Environment
from support.violations import refused

TODAY = datetime.date(2026, 11, 28)
REASON = "GitHub is down, INC-4711"


@pytest.mark.parametrize(
    ("ahead", "said"), [(-1, "could deploy until"), (0, ""), (MOST_DAYS, ""), (MOST_DAYS + 1, "is 4 days ahead")]
)
def test_a_person_may_for_some_days(ahead, said):
    until = TODAY + datetime.timedelta(ahead)
    found = list(BreakGlass(until=str(until), reason=REASON).violations_on(TODAY))
    assert [said in each.what for each in found] == ([True] if said else [])


def test_it_is_for_where_only_pipelines_deploy():
    given = BreakGlass(until=str(TODAY), reason=REASON)
    assert [each for each in Environment if not list(given.profile_violations(each))] == [Environment.PROD]


def test_a_reason_and_a_day_are_needed():
    assert sorted(refused(BreakGlass, {"until": "tomorrow", "reason": "x"})) == ["reason", "until"]
