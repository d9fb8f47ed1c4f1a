import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tzlocal.windows_tz import win_tz

from azure_mlplatform.workspace.settings.computes import (
    ClusterSettings,
    InstanceSchedule,
    InstanceSettings,
    Priority,
    SetupScript,
)
from support.violations import problems, refused

CPU = {"name": "cpu", "vm_size": "Standard_D4ds_v4"}
ALICE = {"name": "alice", "vm_size": "Standard_D4ds_v4", "assigned_user": "00000000-0000-0000-0000-0000000000a1"}
HOURS = {"time_zone": "UTC", "start": "08:00", "stop": "18:00"}


@pytest.mark.parametrize(
    ("changes", "paths"),
    [
        ({}, []),
        ({"max_nodes": 1, "min_nodes": 2}, ["max_nodes"]),
        ({"max_nodes": 0}, ["max_nodes"]),
        ({"idle_seconds": 5}, ["idle_seconds"]),
        ({"vm_size": "DS3"}, ["vm_size"]),
        ({"priority": "Spot"}, ["priority"]),
    ],
)
def test_a_cluster_that_cannot_be_is_refused_where_it_stands(changes, paths):
    assert refused(ClusterSettings, {**CPU, **changes}) == paths


@pytest.mark.parametrize(
    ("name", "legal"),
    [
        ("cpu", True),
        ("cpu-cluster", True),
        ("gpu4", True),
        ("a" * 24, True),
        ("a" * 25, False),
        ("ab", False),
        ("4gpu", False),
        ("cpu-4", False),
        ("cpu-", False),
        ("cpu_x", False),
    ],
)
def test_a_compute_has_a_name_that_azure_takes(name, legal):
    assert (refused(ClusterSettings, {**CPU, "name": name}) == []) == legal


@pytest.mark.parametrize(
    ("changes", "paths"),
    [
        ({}, []),
        ({"name": "a-much-too-long-name"}, ["name"]),
        ({"assigned_user": "alice@example.com"}, ["assigned_user"]),
        ({"idle_shutdown_minutes": 14}, ["idle_shutdown_minutes"]),
        ({"idle_shutdown_minutes": 4321}, ["idle_shutdown_minutes"]),
        ({"schedule": HOURS}, []),
        ({"schedule": {**HOURS, "time_zone": "CET"}}, ["schedule.time_zone"]),
        ({"schedule": {**HOURS, "start": "8"}}, ["schedule.start"]),
        ({"schedule": {**HOURS, "stop": "24:00"}}, ["schedule.stop"]),
        ({"schedule": {**HOURS, "stop": "08:00"}}, ["schedule.stop"]),
        ({"schedule": {**HOURS, "days": ["Montag", "Friday"]}}, ["schedule.days[0]"]),
        ({"schedule": {**HOURS, "days": []}}, ["schedule.days"]),
        ({"schedule": {"time_zone": "UTC"}}, ["schedule.start"]),
        ({"setup_script": {"text": ""}}, ["setup_script.text"]),
    ],
)
def test_an_instance_that_cannot_be_is_refused_where_it_stands(changes, paths):
    assert refused(InstanceSettings, {**ALICE, **changes}) == paths


@pytest.mark.parametrize(
    ("zone", "advice"),
    [
        ("Europe/Berlin", "Azure writes it 'W. Europe Standard Time'"),
        ("W Europe Standard Time", "did you mean 'W. Europe Standard Time'?"),
        ("w. europe standard time", "did you mean 'W. Europe Standard Time'?"),
    ],
)
def test_a_time_zone_of_another_spelling_is_refused_with_azures(zone, advice):
    [problem] = problems(InstanceSchedule, {**HOURS, "time_zone": zone})
    assert problem.what == f"'{zone}' is not a time zone; {advice}"


def test_a_time_zone_like_none_is_refused_without_a_guess():
    [problem] = problems(InstanceSchedule, {**HOURS, "time_zone": "Mars"})
    assert problem.what == "'Mars' is not a time zone"
    assert "'W. Europe Standard Time' or 'UTC'" in problem.fix


@given(st.sampled_from(sorted(win_tz)), st.times(), st.times())
def test_every_zone_of_windows_and_every_time_is_taken(zone, start, stop):
    times = {"start": f"{start:%H:%M}", "stop": f"{stop:%H:%M}"}
    same = times["start"] == times["stop"]
    assert refused(InstanceSchedule, {"time_zone": zone, **times}) == (["stop"] if same else [])


def test_days_are_written_as_azure_does():
    assert InstanceSchedule.model_validate({**HOURS, "days": ["monday", "SUNDAY"]}).days == ["Monday", "Sunday"]


@pytest.mark.parametrize(
    ("command", "secret"),
    [
        (f"az storage blob list --account-key {'A' * 86}==", "A" * 86),
        ("az login --service-principal -u app -p hunter2 --tenant t", "hunter2"),
        ("tool --password=hunter2", "hunter2"),
        ("tool --password hunter2", "hunter2"),
    ],
)
def test_a_key_in_a_script_is_refused_and_not_shown(command, secret):
    [problem] = problems(SetupScript, {"text": command})
    assert problem.path == ("text",)
    assert secret not in str(problem)
    assert "Entra ID" in problem.fix


@pytest.mark.parametrize("command", ["mkdir -p /mnt/x", "tool --password $SECRET", "az login --identity", "sort -p 1"])
def test_what_only_looks_like_a_password_passes(command):
    assert problems(SetupScript, {"text": command}) == []


def test_low_priority_is_said_to_be_spot_since_it_is():
    settings = ClusterSettings.model_validate({"name": "cpu", "vm_size": "Standard_D4ds_v4", "priority": "LowPriority"})
    assert list(settings.notices_on(datetime.date(2026, 3, 30))) == []
    [notice] = settings.notices_on(datetime.date(2026, 3, 31))
    assert notice.startswith("compute cpu: low-priority nodes are Spot VMs since 2026-03-31")
    dedicated = settings.model_copy(update={"priority": Priority.DEDICATED})
    assert list(dedicated.notices_on(datetime.date(2026, 3, 31))) == []
