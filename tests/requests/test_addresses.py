"""Who holds which range, over the lives of environments and over branches."""

import copy
import datetime
from ipaddress import IPv4Network
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from azure_mlplatform.foundation.problems import ProblemsError
from azure_mlplatform.foundation.profiles import PROFILES, Environment
from azure_mlplatform.requests.address_lock import AddressLock
from azure_mlplatform.requests.addresses import kept_ranges, with_ranges
from support.requests import PLATFORM, PROJECT, changed, in_memory, named

START = datetime.date(2026, 11, 28)
NOWHERE = Path("/nowhere/at/all")


@pytest.fixture(autouse=True)
def _no_other_projects(monkeypatch):
    monkeypatch.setattr("azure_mlplatform.requests.addresses.projects", lambda root: [])


def given_ranges(requests, lock, today, platform=PLATFORM):
    repository = in_memory(NOWHERE, *requests.values(), platform=platform, lock=lock)
    lock, pools = kept_ranges(repository, today), {}
    for document in repository.requests.values():
        lock = with_ranges(lock, document, repository, pools)
    return lock


WIDE = {**PLATFORM, "regions": [{"region": "westeurope", "address_pool": ["10.160.0.0/17"]}]}
"""A platform whose pool is never full: retired ranges count too."""

STEPS = st.lists(
    st.tuples(
        st.sampled_from(["add", "retire", "forget", "wait"]),
        st.sampled_from(["alpha", "beta", "gamma", "delta"]),
        st.sampled_from(["small", "medium", "large"]),
        st.integers(1, 60),
    ),
    max_size=25,
)


@given(STEPS)
@settings(max_examples=150, deadline=None)
def test_in_any_order_no_two_overlap_and_none_moves(steps):
    requests, lock, today = {}, AddressLock(), START
    before: dict = {}
    free_on: dict = {}
    for what, name, size, days in steps:
        if what == "add" and name not in requests:
            if any(day > today for (project, _), day in free_on.items() if project == name):
                continue  # `request check` refuses a name that Azure still holds.
            requests[name] = changed(named(name), "environments.0.network", size)
        elif what == "retire" and name in requests:
            requests[name] = copy.deepcopy(requests[name])
            for each in requests[name]["environments"]:
                if "retired_on" not in each:
                    each |= {"retiring_since": today.isoformat(), "retired_on": today.isoformat()}
                    held = PROFILES[Environment(each["environment"])].vault_retention_days
                    free_on[name, each["environment"]] = today + datetime.timedelta(max(held, 14))
        elif what == "forget" and name in requests and "retired_on" in requests[name]["environments"][0]:
            lock = given_ranges(requests, lock, today, WIDE)  # The tombstone is written before somebody removes it.
            del requests[name]
        elif what == "wait":
            today += datetime.timedelta(days)
        lock = given_ranges(requests, lock, today, WIDE)
        networks = [each.network for each in lock.ranges]
        assert not any(one.overlaps(other) for number, one in enumerate(networks) for other in networks[:number])
        now = {(each.project, each.environment): each.range for each in lock.ranges if each.held_until is None}
        assert all(now[key] == range_ for key, range_ in before.items() if key in now)
        assert set(now) == {
            (name, Environment(each["environment"]))
            for name, request in requests.items()
            for each in request["environments"]
            if "retired_on" not in each
        }
        held = {(each.project, each.environment.value) for each in lock.ranges if each.held_until is not None}
        assert held == {key for key, day in free_on.items() if day > today}
        before = now


def test_a_range_stays_until_the_last_soft_delete_has_run_out():
    lock = given_ranges({"lending": PROJECT}, AddressLock(), START)
    gone = changed(PROJECT, "environments.1.retired_on", "2026-12-01")
    gone["environments"][1]["retiring_since"] = "2026-12-01"
    for day, held in (("2026-12-01", True), ("2027-02-28", True), ("2027-03-01", False)):
        after = given_ranges({"lending": gone}, lock, datetime.date.fromisoformat(day))
        assert (("lending", Environment.PROD) in after.by_holder) is held, day
    assert after.by_holder["lending", Environment.DEV] == lock.by_holder["lending", Environment.DEV]


def test_a_full_pool_says_who_gets_no_range():
    small = changed(PLATFORM, "regions.0.address_pool", ["10.160.0.0/24"])
    with pytest.raises(ProblemsError, match=r"has no free /24 .*10\.160\.0\.0/24") as raised:
        given_ranges({"lending": PROJECT}, AddressLock(), START, small)
    assert [each.path for each in raised.value.problems] == [("environments", 1, "network")]


def test_hubs_and_the_ranges_inside_clusters_are_nobodys():
    group = "/subscriptions/3b2c4f0e-7a51-4c8a-9a37-5f1c6a0d2e11/resourceGroups/rg-hub"
    hub = {"vnet_id": f"{group}/providers/Microsoft.Network/virtualNetworks/hub", "address_space": ["10.161.0.0/24"]}
    answers = changed(PLATFORM, "regions.0.address_pool", ["172.16.0.0/15", "10.162.0.0/24"])
    answers["regions"][0]["prod"] = {"hub": hub}
    lock = given_ranges({"lending": PROJECT}, AddressLock(), START, answers)
    assert [each.range for each in lock.ranges] == ["172.17.0.0/24", "172.17.1.0/24"]
    nearer = changed(answers, "regions.0.address_pool", ["10.161.0.0/24", "10.163.0.0/23"])
    with pytest.raises(ValidationError, match="overlaps"):
        given_ranges({"lending": PROJECT}, AddressLock(), START, nearer)


def test_the_file_is_read_as_it_was_written(tmp_path):
    lock = given_ranges({"lending": PROJECT, "beta": named("beta")}, AddressLock(), START)
    lock = lock.released(("beta", Environment.DEV), datetime.date(2027, 1, 1))
    (tmp_path / "lock.yaml").write_text(lock.text())
    read = AddressLock.read(tmp_path / "lock.yaml")
    assert set(read.ranges) == set(lock.ranges)
    assert read.text() == lock.text()
    assert list(read.problems()) == []
    assert AddressLock.read(tmp_path / "none.yaml").ranges == ()


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("10.160.0.0/24", "10.160.8.0/24", r"lock.yaml:6.* the entry of lending dev \(10.160.8.0/24\) was edited"),
        ("environment: dev", "environment: test", "was edited by hand"),
        ("10.160.0.0/24", "10.160.0.1/24", "has bits set after its prefix"),
        ("version: 1", "version: 2", "version"),
        ("version: 1\n", "", "version: required"),
        ("addresses:\n", "addresses: none\nmore:\n", "unknown key 'more'"),
        ("project: lending", "project: [lending", "is not YAML"),
        (", project: lending, environment: dev", ", environment: dev", "project: required"),
    ],
)
def test_a_file_that_was_edited_by_hand_is_refused_with_what_is_wrong(tmp_path, old, new, says):
    text = given_ranges({"lending": PROJECT}, AddressLock(), START).text()
    assert old in text
    (tmp_path / "addresses.lock.yaml").write_text(text.replace(old, new, 1))
    with pytest.raises(ProblemsError, match=says) as raised:
        AddressLock.read(tmp_path / "addresses.lock.yaml")
    assert all(each.file.startswith("requests/addresses.lock.yaml") for each in raised.value.problems)


def test_two_branches_that_took_the_same_range_are_found(tmp_path):
    ours = given_ranges({"alpha": named("alpha")}, AddressLock(), START)
    theirs = given_ranges({"beta": named("beta")}, AddressLock(), START)
    merged = ours.text() + "".join(line + "\n" for line in theirs.text().splitlines() if line.startswith("  - "))
    (tmp_path / "lock.yaml").write_text(merged)
    found = list(AddressLock.read(tmp_path / "lock.yaml").problems())
    assert [each.what for each in found] == [
        "alpha dev and beta dev hold the same range 10.160.0.0/24",
        "alpha prod and beta prod hold the same range 10.160.1.0/24",
    ]
    assert found[0].file == "requests/addresses.lock.yaml:8"
    assert "render` again" in found[0].fix


def test_an_environment_that_holds_two_ranges_is_found():
    lock = given_ranges({"lending": PROJECT}, AddressLock(), START)
    twice = lock.with_range(IPv4Network("10.160.9.0/24"), "lending", Environment.DEV, "westeurope")
    assert [each.what for each in twice.problems()] == ["lending dev holds 10.160.0.0/24 and 10.160.9.0/24"]
