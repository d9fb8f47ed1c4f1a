"""What stands in the way of the end of an environment."""

import datetime

import pytest

from azure_mlplatform.plan.retirement import BY_HAND, Kind, by_kind, obstacles
from support.programs import BRICKS, GROUP, HUB, whole
from support.stacks import ROOT, plan_of

DAY = datetime.date(2026, 11, 28)
ENDED = {"reason": "The project ended, ML-321"}


def of_stack(folder, stack):
    return obstacles(plan_of(folder, stack), plan_of(folder, stack, retired=True), DAY)


@pytest.fixture(scope="module")
def prod():
    return by_kind(of_stack(ROOT, "prod"))


def test_prod_has_each_kind_in_the_order_in_which_they_are_met(prod):
    assert list(prod) == [each for each in Kind if each in prod]
    assert {Kind.PROTECTION, Kind.LOCK, Kind.FEDERATED_CREDENTIAL, Kind.SOFT_DELETED_NAME, Kind.DATA} <= set(prod)


def test_everything_that_is_protected_or_locked_is_named_and_comes_free_by_retiring(prod):
    plan, retired = plan_of(ROOT, "prod"), plan_of(ROOT, "prod", retired=True)
    protected = [each.azure_name for each in plan.azure_resources if each.protect]
    assert sorted(each.name for each in prod[Kind.PROTECTION]) == sorted(protected)
    assert len(prod[Kind.LOCK]) == len(plan.of_type("ManagementLockByScope"))
    assert not any(each.protect for each in retired.azure_resources)
    assert not any("unprotect" in each.what for each in prod[Kind.PROTECTION])


def test_names_are_held_until_a_day_and_purge_protection_is_said(prod):
    held = {each.what.partition(":")[0]: each for each in prod[Kind.SOFT_DELETED_NAME]}
    assert {words: each.free_on for words, each in held.items()} == {
        "key vault": "2027-02-26",
        "Log Analytics": "2026-12-12",
        "ML workspace": "2026-12-12",
        "AI service": "2026-11-30",
    }
    assert "lets nobody free it earlier" in held["key vault"].what
    assert "frees it earlier" in held["AI service"].what


def test_the_hub_keeps_its_side_of_a_peering(prod):
    [peering] = prod[Kind.PEERING]
    assert (peering.name, peering.who) == ("vnet-hub", "the hub's owner")
    assert "disconnected" in peering.what
    assert Kind.PEERING in BY_HAND


def test_a_pipeline_that_signs_in_is_named(prod):
    [credential, *_] = prod[Kind.FEDERATED_CREDENTIAL]
    assert "repo:example" in credential.what


def test_computes_that_stand_outside_are_detached():
    plan = whole("dev", token=GROUP, inference=None, **BRICKS)
    found = by_kind(obstacles(plan, plan, DAY))[Kind.ATTACHED_COMPUTE]
    assert ["made here, and goes after it" in each.what for each in found] == [True]


def test_zones_of_others_lose_records_and_keep_theirs():
    zones = f"{HUB.rsplit('/providers/', 1)[0]}/providers/Microsoft.Network/privateDnsZones"
    own = by_kind(of_stack(ROOT, "dev"))[Kind.DNS_LINK]
    assert all("takes it before the zone" in each.what for each in own)
    assert zones not in str(own)


def test_what_is_still_protected_when_it_is_retired_is_said():
    plan = plan_of(ROOT, "prod")
    found = by_kind(obstacles(plan, plan, DAY))[Kind.PROTECTION]
    assert all("pulumi state unprotect" in each.what for each in found)


def test_the_group_that_a_landing_made_is_not_outside():
    found = by_kind(of_stack(ROOT / "projects" / "lending", "dev"))
    assert [each.name for each in found.get(Kind.ROLE_OUTSIDE, [])] == ["curated"]
