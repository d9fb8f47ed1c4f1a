"""How long the first update takes, by published times."""

import dataclasses

import pytest

from azure_mlplatform.emulation.tables.durations import DURATIONS
from azure_mlplatform.plan.creation_time import CreationTime, creation_time
from support.stacks import IDS, ROOT, STACKS, plan_of

EXPLORE = ROOT / "projects" / "explore"


@pytest.mark.parametrize(("folder", "stack"), STACKS, ids=IDS)
def test_every_stack_has_a_time_that_is_at_least_that_of_its_slowest_resource(folder, stack):
    plan = plan_of(folder, stack)
    found = creation_time(plan)
    assert found is not None
    slowest = max(DURATIONS[each].create for each in types(plan))
    assert slowest <= found.seconds < 4 * 3600
    assert 0 < found.documented <= found.resources == len(plan.azure_resources)
    assert found.slowest


def types(plan):
    from azure_mlplatform.emulation.ids import arm_type

    found = (arm_type(each.id) for each in plan.azure_resources if each.type.startswith("azure-native:"))
    return [each for each in found if each in DURATIONS]


def test_a_sandbox_is_ready_in_minutes():
    found = creation_time(plan_of(EXPLORE, "sandbox"))
    assert found is not None
    assert found.minutes <= 30


def test_a_chain_is_as_long_as_its_parts():
    """Without what waits, the time is that of the slowest alone."""
    plan = plan_of(EXPLORE, "sandbox")
    apart = [dataclasses.replace(each, dependencies=(), property_dependencies={}) for each in plan.resources]
    loose, whole = creation_time(dataclasses.replace(plan, resources=tuple(apart))), creation_time(plan)
    assert loose is not None
    assert whole is not None
    assert loose.seconds < whole.seconds


def test_nothing_is_said_where_azures_values_are_unknown():
    assert creation_time(plan_of(EXPLORE, "sandbox", known=False)) is None


def test_how_it_is_said():
    said = str(CreationTime(seconds=301, documented=57, resources=168, slowest=()))
    assert said == "about 6 minutes (documented for 57 of 168 resources)"
