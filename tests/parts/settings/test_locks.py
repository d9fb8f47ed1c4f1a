"""Locks that are lifted for a change: how long, where, and what they hold meanwhile."""

import datetime

import pytest

from azure_mlplatform.settings import PROFILES, EnvironmentSettings
from azure_mlplatform.testing import example_settings
from support.programs import whole
from support.violations import problems

TODAY = datetime.date(2026, 1, 15)
LIFTED = {"until": "2026-01-20", "reason": "Endpoint 'second' goes, CHG-123"}


@pytest.mark.parametrize(
    ("until", "what"),
    [
        ("2026-01-14", "the locks were lifted until 2026-01-14"),
        ("2026-01-15", None),
        ("2026-01-22", None),
        ("2026-01-23", "2026-01-23 is 8 days ahead"),
    ],
)
def test_locks_are_lifted_for_a_week_at_most(until, what):
    settings = example_settings("prod", lift_locks={**LIFTED, "until": until})
    found = [(each.path, each.what) for each in settings.violations_on(TODAY)]
    assert found == ([(("lift_locks", "until"), what)] if what else [])


def test_it_is_said_that_nothing_is_locked():
    [notice] = [each for each in example_settings("prod", lift_locks=LIFTED).notices_on(TODAY) if "lock" in each]
    assert notice == "no lock holds anything until 2026-01-20: Endpoint 'second' goes, CHG-123"


@pytest.mark.parametrize("environment", [each for each, profile in PROFILES.items() if not profile.protect])
def test_where_nothing_is_locked_nothing_is_lifted(environment):
    base = example_settings(environment).model_dump(mode="json", exclude_unset=True)
    [problem] = problems(EnvironmentSettings, {**base, "lift_locks": LIFTED})
    assert (problem.path, problem.what) == (("lift_locks",), f"nothing is locked in a {environment} environment")


def test_retiring_lifts_them_too():
    base = example_settings("prod").model_dump(mode="json", exclude_unset=True)
    [problem] = problems(EnvironmentSettings, {**base, "lift_locks": LIFTED, "retire": {"reason": "it has ended"}})
    assert problem.what == "retire lifts the locks too"


@pytest.mark.parametrize(("field", "value"), [("until", "next week"), ("reason", "x"), ("until", None)])
def test_a_day_and_a_reason_are_needed(field, value):
    base = example_settings("prod").model_dump(mode="json", exclude_unset=True)
    [problem] = problems(EnvironmentSettings, {**base, "lift_locks": {**LIFTED, field: value}})
    assert problem.path == ("lift_locks", field)


def test_every_lock_goes_and_everything_else_stays_as_it_was():
    kept, lifted = whole("prod"), whole("prod", lift_locks=LIFTED)
    locks = {each.urn for each in kept.of_type("ManagementLockByScope")}
    assert locks
    assert {each.urn for each in kept.resources} - {each.urn for each in lifted.resources} == locks
    assert {each.urn for each in lifted.resources} < {each.urn for each in kept.resources}
    protected = {each.urn for each in kept.resources if each.protect}
    assert {each.urn for each in lifted.resources if each.protect} == protected
