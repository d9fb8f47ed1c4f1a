"""The program of an environment that has expired: what stops, and that nothing goes or comes anew."""

import pytest

from support.programs import BATCH, GROUP, TODAY, WORKSPACE, whole

INSTANCE = {
    "name": "alice",
    "vm_size": "Standard_D4ds_v4",
    "assigned_user": GROUP,
    "schedule": {"time_zone": "UTC", "start": "08:00", "stop": "18:00"},
}
LIVES = {
    "workspace": {**WORKSPACE, "instances": [INSTANCE]},
    "inference": None,
    "batch": BATCH,
    "expires_on": "2026-12-31",
    "expiry_grace_days": 14,
}


@pytest.fixture(scope="module", params=[False, True], ids=["known", "unknown"])
def plans(request):
    """The environment as it lives, and once it has expired, in both modes."""
    return [whole("dev", preview=request.param, **{**LIVES, "expires_on": day}) for day in ("2026-12-31", TODAY)]


def test_only_starts_go_and_only_stops_come(plans):
    before, after = ({each.urn: each.kind for each in plan.resources} for plan in plans)
    assert {kind for urn, kind in after.items() if urn not in before} == {"StoppedInstance"}
    # With the runs go the alerts on runs that are late.
    assert {kind for urn, kind in before.items() if urn not in after} == {"ScheduledQueryRule", "StartTrigger"}


def test_no_cluster_may_have_a_node(plans):
    def nodes(plan):
        found = [each.input("properties.properties.scaleSettings") for each in plan.of_type("Compute")]
        return [(each["minNodeCount"], each["maxNodeCount"]) for each in found if each]

    before, after = map(nodes, plans)
    assert all(most > 0 for _, most in before)
    assert after == [(0, 0)] * len(before) != []


def test_an_instance_stays_as_it_was_made(plans):
    """A change of its properties would replace it, with the files on it."""
    before, after = ([each for each in plan.of_type("Compute") if "instance-alice" in each.urn] for plan in plans)
    assert [each.input("properties") for each in before] == [each.input("properties") for each in after] != []


def test_it_is_said(plans):
    before, after = ([text for _, text in plan.messages if text.startswith("expires_on")] for plan in plans)
    assert before == []
    assert len(after) == 2
