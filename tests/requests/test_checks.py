"""Requests against the platform's answers, and against each other."""

import datetime
from ipaddress import IPv4Network
from pathlib import Path

import pytest

from azure_mlplatform.foundation.profiles import Environment
from azure_mlplatform.requests.address_lock import AddressLock
from azure_mlplatform.requests.checks import placeholder_notices, purgeable_on, request_problems
from azure_mlplatform.requests.request import Request
from support.requests import PLATFORM, PROJECT, SANDBOX, changed, in_memory, named

TODAY = datetime.date(2026, 11, 28)
GROUP = "5a2c4f0e-7a51-4c8a-9a37-5f1c6a0d2e01"
NOWHERE = Path("/nowhere")
CONNECTIONS = {
    name: {"issuer": f"https://vstoken.dev.azure.com/{GROUP}", "subject": f"sc://bank/lending/{name}"}
    for name in ("deploy", "release")
}


def said(*requests, platform=PLATFORM, **more):
    repository = in_memory(NOWHERE, *requests, platform=platform, **{"lock": AddressLock(), **more})
    return [str(each) for each in request_problems(repository, TODAY)]


def test_requests_that_are_right_have_no_problem():
    assert said(PROJECT, SANDBOX, named("other")) == []


QUOTAS = [
    {"environment": "dev", "budget": 400, "nodes": 1, "instances": 0},
    {"environment": "prod", "nodes": 40},
]
INSTANCE = {"name": "al", "vm_size": "Standard_D4ds_v5", "assigned_user": GROUP}


@pytest.mark.parametrize(
    ("request_", "platform", "says"),
    [
        (changed(PROJECT, "region", "northeurope"), PLATFORM, "the platform is not in 'northeurope'"),
        (PROJECT, changed(PLATFORM, "cost_center_pattern", "CC-[0-9]"), "'CC-5120' is not a cost center"),
        (PROJECT, changed(PLATFORM, "cost_code_pattern", "[0-9]+"), "'P-2026-0311' is not a cost code"),
        (changed(PROJECT, "reads", [{"product": "customer-36"}]), PLATFORM, "did you mean 'customer-360'?"),
        (
            changed(PROJECT, "reads", [{"product": "customer-360", "access": "write"}]),
            PLATFORM,
            "customer-360 is read only",
        ),
        (
            changed(PROJECT, "reads", [{"product": "customer-360"}]),
            changed(PLATFORM, "data_products.0.nonprod", None),
            "customer-360 has no data for dev",
        ),
        (PROJECT, changed(PLATFORM, "quotas", QUOTAS), "500 budget is more than the quota of dev"),
        (PROJECT, changed(PLATFORM, "quotas", QUOTAS), "2 nodes are more than the quota of dev"),
        (
            changed(PROJECT, "environments.0.instances", [INSTANCE]),
            changed(PLATFORM, "quotas", QUOTAS),
            "1 compute instances are more than the quota of dev",
        ),
        (PROJECT, changed(PLATFORM, "regions.0.nonprod_cores", 7), "all requests take 8 vCPUs of nonprod"),
        (PROJECT, changed(PLATFORM, "regions.0.address_pool", ["10.0.0.0/25"]), "has no free /24"),
        (changed(SANDBOX, "environments.0.expires_on", "2027-12-31"), PLATFORM, "398 days ahead"),
    ],
)
def test_what_the_platform_does_not_allow_is_refused(request_, platform, says):
    found = said(request_, platform=platform)
    assert any(says in each for each in found), found


def with_group(request_, number, group=GROUP, field="readers"):
    return changed(request_, f"environments.{number}.groups", {field: [group]})


@pytest.mark.parametrize(
    ("requests", "says"),
    [
        ([with_group(with_group(PROJECT, 0), 1)], "has access to lending dev too"),
        ([with_group(PROJECT, 0), with_group(named("other"), 0, GROUP.upper())], "has access to lending dev too"),
        (
            [with_group(changed(PROJECT, "environments.0.instances", [INSTANCE]), 1)],
            "is the person who has the compute instance al in lending dev",
        ),
        (
            [
                PROJECT,
                changed(named("other"), "repository", {"github": "Bank/Lending", "ids": {"owner": 1, "repository": 2}}),
            ],
            "is the repository of lending too",
        ),
        (
            [
                changed(named("a-bb"), "data_product", "loans"),
                changed(named("bb"), "data_product", "loans-a"),
            ],
            "its resource group would be rg-loans-a-bb-dev, as that of a-bb dev is",
        ),
    ],
)
def test_what_two_environments_have_is_refused(requests, says):
    found = said(*requests)
    assert any(says in each for each in found), found


def test_a_service_connection_is_for_one_environment():
    devops = {key: value for key, value in PROJECT.items() if key != "repository"}
    for number in (0, 1):
        devops = changed(devops, f"environments.{number}.service_connections", CONNECTIONS)
    found = said(devops)
    assert [each.split("\n")[0].rpartition(": ")[2] for each in found] == [
        "'sc://bank/lending/deploy' is the service connection of lending dev deploy too",
        "'sc://bank/lending/release' is the service connection of lending dev release too",
    ]


def retired(request_, number, day="2026-11-01"):
    gone = {**request_["environments"][number], "retiring_since": day, "retired_on": day}
    return changed(request_, f"environments.{number}", gone)


def test_a_group_of_a_retired_environment_is_free_and_its_name_is_not():
    gone = retired(retired(with_group(changed(named("a-bb"), "data_product", "loans"), 0), 0), 1)
    same = with_group(changed(named("bb"), "data_product", "loans-a"), 0)
    # Dev's 14 days are over, prod's 90 are not.
    assert [each.split("\n")[0].rpartition("/")[2] for each in said(gone, same)] == [
        "bb.yaml: environments[1]: its resource group would be rg-loans-a-bb-prod, as that of a-bb prod is"
    ]


@pytest.mark.parametrize(("kind", "day"), [("dev", "2026-11-15"), ("prod", "2027-01-30")])
def test_an_environment_is_purgeable_when_the_last_soft_delete_has_run_out(kind, day):
    request_ = Request.model_validate(retired(retired(PROJECT, 0), 1))
    environment = request_.environment(Environment(kind))
    assert environment is not None
    assert str(purgeable_on(environment)) == day


def lock_of(*held, until=None):
    lock = AddressLock()
    for text, project, kind in held:
        lock = lock.with_range(IPv4Network(text), project, Environment(kind), "westeurope")
    return lock.released((held[0][1], Environment(held[0][2])), until) if until else lock


DEV, PROD = ("10.160.0.0/24", "lending", "dev"), ("10.160.1.0/24", "lending", "prod")


@pytest.mark.parametrize(
    ("request_", "lock", "says"),
    [
        (changed(PROJECT, "environments.0.network", "large"), lock_of(DEV, PROD), "a range never moves"),
        (PROJECT, lock_of(("10.1.0.0/24", "lending", "dev")), "10.1.0.0/24 of lending dev is in no pool"),
        (PROJECT, lock_of(DEV, ("10.160.2.0/24", "gone", "dev")), "there is no requests/gone.yaml"),
        (PROJECT, lock_of(DEV, ("10.160.2.0/24", "lending", "test")), "the request has no such environment any more"),
        (PROJECT, lock_of(DEV, until=datetime.date(2027, 1, 1)), "Azure holds its names until 2027-01-01"),
        (PROJECT, lock_of(DEV, ("10.160.0.128/25", "lending", "prod")), "overlaps 10.160.0.0/24 of lending dev"),
    ],
)
def test_held_ranges_that_do_not_fit_are_refused(request_, lock, says):
    found = said(request_, lock=lock)
    assert any(says in each for each in found), found


def test_a_name_is_free_again_when_its_days_are_over():
    assert said(PROJECT, lock=lock_of(DEV, until=TODAY)) == []


def test_an_unreadable_request_keeps_its_range_without_a_word_more():
    assert said(lock=lock_of(DEV), unread=frozenset(["lending"])) == []


def test_placeholders_are_said():
    repository = in_memory(NOWHERE, PROJECT, changed(named("other"), "owner_email", "replace-me@example.com"))
    assert [each.split(" ")[0] for each in placeholder_notices(repository)] == ["other"]
