"""What expires when, and what a program makes of settings that have expired."""

import datetime

import pytest
from hypothesis import given as over
from hypothesis import strategies as st

from azure_mlplatform.environment.settings.expiry import Expiry, Phase
from azure_mlplatform.foundation.profiles import PROFILES, Environment
from azure_mlplatform.settings import EnvironmentSettings
from azure_mlplatform.testing import example_settings
from support.violations import problems

DAY = datetime.date(2026, 12, 1)
CLUSTERS = [{"name": "cpu", "vm_size": "Standard_D4ds_v4", "max_nodes": 4}]
INSTANCE = {
    "name": "alice",
    "vm_size": "Standard_D4ds_v4",
    "assigned_user": "00000000-0000-0000-0000-000000000003",
    "schedule": {"time_zone": "UTC", "start": "08:00"},
}
WORKSPACE = {"network_mode": "managed", "clusters": CLUSTERS, "instances": [INSTANCE]}


def sandbox(expires_on="2026-11-30", **changes):
    return example_settings("sandbox", expires_on=expires_on, workspace=WORKSPACE, **changes)


def on(day, settings):
    return [each.what for each in settings.violations_on(day)]


@pytest.mark.parametrize(
    ("ahead", "grace", "phase", "warning", "rests"),
    [
        (15, 14, Phase.LIVES, None, False),
        (14, 14, Phase.EXPIRES_SOON, 14, False),
        (8, 14, Phase.EXPIRES_SOON, 14, False),
        (7, 14, Phase.EXPIRES_SOON, 7, False),
        (2, 14, Phase.EXPIRES_SOON, 7, False),
        (1, 14, Phase.EXPIRES_SOON, 1, False),
        (0, 14, Phase.AT_REST, None, True),
        (-13, 14, Phase.AT_REST, None, True),
        (-14, 14, Phase.OVER, None, True),
        (0, 0, Phase.OVER, None, True),
        (1, None, Phase.EXPIRES_SOON, 1, False),
        (0, None, Phase.REFUSED, None, False),
    ],
)
def test_each_day_has_its_phase(ahead, grace, phase, warning, rests):
    expiry = Expiry(DAY + datetime.timedelta(ahead), grace)
    assert (expiry.phase(DAY), expiry.warning(DAY), expiry.rests(DAY)) == (phase, warning, rests)


@over(st.integers(-400, 400), st.none() | st.integers(0, 90), st.integers(0, 400))
def test_an_expiry_never_goes_back(ahead, grace, later):
    order = [*Phase]
    expiry = Expiry(DAY + datetime.timedelta(ahead), grace)
    before, after = expiry.phase(DAY), expiry.phase(DAY + datetime.timedelta(later))
    assert order.index(before) <= order.index(after)
    assert expiry.rests(DAY) <= expiry.rests(DAY + datetime.timedelta(later))


def test_until_it_expires_nothing_is_at_rest():
    settings = sandbox()
    assert settings.as_of(datetime.date(2026, 11, 29)) is settings


@pytest.mark.parametrize("retire", [None, {"reason": "The trial ended, ML-3"}])
def test_what_expired_is_at_rest_and_stays_so_while_it_is_retired(retire):
    rested = sandbox(retire=retire).as_of(DAY)
    assert rested.workspace is not None
    assert [(each.min_nodes, each.max_nodes) for each in rested.workspace.clusters] == [(0, 0)]
    [instance] = rested.workspace.instances
    assert instance.stopped
    # A changed schedule would replace the machine, with what is on it.
    assert instance.schedule == sandbox().workspace.instances[0].schedule  # type: ignore[union-attr]


def test_a_rest_is_said_with_what_costs_on():
    first, second = [each for each in sandbox().notices_on(DAY) if each.startswith("expires_on")]
    assert "expired on 2026-11-30" in first
    assert "retires it on 2026-12-14" in first
    assert "the disk of instance 'alice'" in second
    assert "starts it at 08:00" in second


def test_the_last_two_weeks_are_said():
    [said] = [each for each in sandbox("2026-12-10").notices_on(DAY) if each.startswith("expires_on")]
    assert said.startswith("expires_on: it expires in 9 days")
    assert "2026-12-24" in said


def test_nothing_retired_keeps_the_rest_from_being_stopped():
    """A size that is retired is refused in an environment that lives, and not in one that is to be stopped."""
    old = [{**CLUSTERS[0], "vm_size": "Standard_NC6s_v3"}]
    settings = example_settings("sandbox", expires_on="2026-11-30", workspace={**WORKSPACE, "clusters": old})
    assert on(datetime.date(2026, 11, 29), settings) != []
    assert on(DAY, settings) == []


@pytest.mark.parametrize(("environment", "grace"), [(each, p.expiry_grace_days) for each, p in PROFILES.items()])
def test_only_where_the_profile_has_a_grace_period_does_a_date_stop_anything(environment, grace):
    settings = example_settings(environment, expires_on="2026-11-30")
    assert (settings.as_of(DAY) is not settings) == (grace is not None)
    assert (on(DAY, settings) == []) == (grace is not None)


def test_a_dev_environment_may_choose_to_rest():
    chosen = example_settings("dev", expires_on="2026-11-30", expiry_grace_days=5)
    assert (on(DAY, chosen), on(datetime.date(2026, 12, 5), chosen)[0].split(",")[1]) == (
        [],
        " and its 5 days of grace ended on 2026-12-05",
    )


def dumped(environment, **changes):
    return {**example_settings(environment).model_dump(mode="json", exclude_unset=True), **changes}


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (dumped("prod", expires_on="2026-12-30", expiry_grace_days=5), "no date stops a prod environment"),
        (dumped("dev", expiry_grace_days=5), "there is no expires_on"),
        (dumped("sandbox", expiry_grace_days=91), "91"),
    ],
)
def test_a_grace_period_that_makes_no_sense_is_refused(data, what):
    assert [what in each.what for each in problems(EnvironmentSettings, data)] == [True]


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"workload_identity": {"github_repository": "example/churn"}}, "no pipeline signs in to it"),
        ({"workspace": {**WORKSPACE, "clusters": [{**CLUSTERS[0], "max_nodes": 9}]}}, "9 nodes together (cpu 9)"),
        (
            {"workspace": {**WORKSPACE, "clusters": [CLUSTERS[0], {**CLUSTERS[0], "name": "more", "max_nodes": 5}]}},
            "(cpu 4, more 5), and a sandbox environment has 8 at most",
        ),
        ({"workspace": {**WORKSPACE, "clusters": [{**CLUSTERS[0], "min_nodes": 1}]}}, "no node stays between jobs"),
        ({"inference": {"target": "aks", "aks": {}, "endpoints": []}}, "has no AKS"),
    ],
)
def test_a_sandbox_has_nothing_that_only_promoted_work_needs(changes, what):
    found = [each.what for each in problems(EnvironmentSettings, dumped("sandbox", **changes))]
    assert any(what in each for each in found), found


def test_where_work_is_promoted_the_same_is_allowed():
    assert [each for each in Environment if PROFILES[each].is_promoted] == ["dev", "test", "prod"]
    dev = dumped("dev", workload_identity={"github_repository": "example/churn"})
    assert problems(EnvironmentSettings, dev) == []
