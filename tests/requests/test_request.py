"""What a request may say, and what is refused."""

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from azure_mlplatform.foundation.field_docs import field_docs
from azure_mlplatform.foundation.model import Settings
from azure_mlplatform.foundation.problems import problems_of
from azure_mlplatform.requests import platform as platforms
from azure_mlplatform.requests import request as requests_
from azure_mlplatform.requests.platform import Platform
from azure_mlplatform.requests.request import Request
from support.requests import PLATFORM, PROJECT, REMOVED, SANDBOX, changed

TODAY = datetime.date(2026, 11, 28)
GROUP = "5a2c4f0e-7a51-4c8a-9a37-5f1c6a0d2e01"


def problems(data, model: type[Settings] = Request):
    try:
        model.model_validate(data)
    except ValidationError as error:
        return [str(each) for each in problems_of(error, model, data=data)]
    return []


def test_a_project_and_a_sandbox_are_accepted():
    assert problems(PROJECT) == problems(SANDBOX) == problems(PLATFORM, Platform) == []


CONNECTION = {"issuer": "https://vstoken.dev.azure.com/" + GROUP, "subject": "sc://bank/lending/one"}


@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        ("project", "Lending", "'Lending' is not allowed"),
        ("why", "x", "at least 10"),
        ("tier", "gold", "Allowed: sandbox, project"),
        ("project_manager", REMOVED, "required for a project"),
        ("who_pays.cost_code", REMOVED, "who_pays.cost_code: required for a project"),
        ("who_pays.contact", "finance", "is not an e-mail address"),
        ("region", "westeurop", "westeurope"),
        ("repository.ids", REMOVED, "repository.ids: required"),
        ("repository.github", "lending", "repository.github"),
        ("repository", REMOVED, "no pipeline can release models"),
        ("environments.1", REMOVED, "prod is missing"),
        ("environments.0.network", REMOVED, "required for dev"),
        ("environments.0.network", "10.1.0.0/24", "Allowed: small, medium, large"),
        ("environments.0.environment", "prod", "prod is listed twice"),
        ("environments.0.environment", "sandbox", "has no environment 'sandbox'"),
        ("environments.0.groups", {"data_scientists": ["alice@bank.com"]}, "is a person or a mailbox"),
        ("environments.0.groups", {"readers": ["all"]}, "is not a GUID"),
        ("environments.0.groups", {"data_scientists": [GROUP, GROUP.upper()]}, "listed twice"),
        ("environments.1.groups", {"data_scientists": [GROUP]}, "in prod no group writes"),
        ("environments.1.instances", [{"name": "al", "vm_size": "Standard_D4ds_v5", "assigned_user": GROUP}], "nobody"),
        ("environments.0.clusters.0.vm_size", "Standard_D4ds_v99", "is not a VM size in the catalogue"),
        ("environments.0.clusters.0.name", "c-1", "not a valid compute name"),
        ("environments.0.clusters.1", {"name": "CPU", "vm_size": "Standard_D4ds_v5"}, "a second compute is named"),
        ("environments.0.budget.amount", 0, "budget.amount"),
        ("environments.0.budget", REMOVED, "budget: required"),
        ("environments.0.service_connections", {"deploy": CONNECTION, "release": CONNECTION}, "connection of deploy"),
        ("environments.0.approvals", [{"by": "a", "day": "2026-11-01"}] * 2, "listed twice"),
        ("environments.0.vended_on", "2026-11-01", "without its approvals"),
        ("environments.0.retired_on", "2026-11-01", "without retiring_since"),
        ("reads", [{"product": "c360"}, {"product": "c360"}], "listed twice"),
        ("reads", [{"product": "c3", "folder": "a"}, {"product": "c3", "access": "write"}], "whole container"),
        ("reads", [{"product": "c3", "folder": "../a"}], "not a folder of a container"),
        ("addresses", "10.0.0.0/8", "unknown key 'addresses'"),
    ],
)
def test_a_project_is_refused(path, value, says):
    found = problems(changed(PROJECT, path, value))
    assert any(says in each for each in found), found


@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        ("who_pays.cost_code", "P-1", "a sandbox has no cost code"),
        ("repository", PROJECT["repository"], "a sandbox has no pipelines"),
        ("environments.0.expires_on", REMOVED, "required for a sandbox"),
        ("environments.0.expires_on", "tomorrow", "is not a date"),
        ("environments.0.inference", "aks", "no AKS cluster"),
        ("environments.1", PROJECT["environments"][1], "has no environment 'prod'"),
        ("environments", [], "environments"),
    ],
)
def test_a_sandbox_is_refused(path, value, says):
    found = problems(changed(SANDBOX, path, value))
    assert any(says in each for each in found), found


def test_all_that_is_wrong_is_said_at_once():
    wrong = changed(changed(changed(PROJECT, "why", "x"), "who_pays.cost_code", REMOVED), "environments.1", REMOVED)
    assert len(problems(wrong)) == 3


@pytest.mark.parametrize(("day", "wrong"), [("2027-02-26", False), ("2027-02-27", True), ("2026-11-01", False)])
def test_a_sandbox_lives_as_long_as_its_profile_says(day, wrong):
    request = Request.model_validate(changed(SANDBOX, "environments.0.expires_on", day))
    assert bool(list(request.violations_on(TODAY))) is wrong


def test_prod_needs_two_people():
    one = {"by": "a@bank.com", "day": "2026-11-01"}
    other = {"by": "b@bank.com", "day": "2026-11-03"}
    alone = Request.model_validate(changed(PROJECT, "environments.1.approvals", [one]))
    both = Request.model_validate(changed(PROJECT, "environments.1.approvals", [other, one]))
    assert [each.environments[1].approved_on for each in (alone, both)] == [None, "2026-11-03"]


@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        ("subscriptions.prod", PLATFORM["subscriptions"]["nonprod"], "is the subscription of nonprod too"),
        ("regions.0.address_pool", ["8.8.0.0/16"], "is not a private range"),
        ("regions.0.address_pool", ["10.0.0.0/16", "10.0.4.0/24"], "overlaps"),
        ("regions.1", {"region": "northeurope", "address_pool": ["10.160.4.0/24"]}, "overlaps"),
        ("data_products.0.nonprod", PLATFORM["data_products"][0]["prod"], "is the account of prod too"),
        ("data_products.0.reviewers", ["alice"], "is not a GitHub team"),
        ("cost_code_pattern", "[", "is not a regular expression"),
    ],
)
def test_the_platforms_answers_are_refused(path, value, says):
    found = problems(changed(PLATFORM, path, value), Platform)
    assert any(says in each for each in found), found


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(st.sampled_from([*Request.model_fields]), JSON)
def test_no_value_ends_in_anything_but_problems(field, value):
    problems({**PROJECT, field: value})


def test_every_field_says_what_it_means():
    models = {
        each
        for module in (requests_, platforms)
        for each in vars(module).values()
        if isinstance(each, type) and issubclass(each, Settings) and each.__module__ == module.__name__
    }
    assert models
    for model in models:
        assert set(field_docs(model)) == set(model.model_fields), model
