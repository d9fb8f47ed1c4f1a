"""Which model a deployment is sent with, as the engine drives it: a real provider process against Azure on loopback."""

import datetime

import pulumi
import pytest
from hypothesis import given
from hypothesis import strategies as st

from azure_mlplatform.dynamic.deployed_model import DeployedModel, Model, to_send
from azure_mlplatform.emulation.behaviour import DEPLOYMENT
from azure_mlplatform.testing import record
from support.management_plane import TENANT, ProviderError

ACCOUNT = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.CognitiveServices/accounts/ai"
CHAT = f"{ACCOUNT}/deployments/chat"
OLD, MOVED, NEW, NEWEST = (Model("gpt", f"2026-0{month}-01") for month in (1, 3, 5, 7))
OTHER = Model("gpt-next", "2026-04-01")


@pytest.mark.parametrize(
    ("wanted", "asked", "runs", "sent"),
    [
        (OLD, None, None, OLD),
        (OLD, OLD, OLD, OLD),
        (OLD, OLD, MOVED, MOVED),
        (OLD, None, MOVED, MOVED),
        (NEW, OLD, MOVED, NEW),
        (NEW, NEW, MOVED, NEW),  # Somebody set it back by hand.
        (OLD, NEW, NEW, NEW),
        (MOVED, OLD, MOVED, MOVED),
        (OLD, OLD, OTHER, OTHER),  # The service replaced the model itself.
        (OLD, None, OTHER, OTHER),
        (OTHER, OLD, OLD, OTHER),  # A person did.
        (OTHER, OTHER, OLD, OLD),
        (Model("GPT", "2026-01-01"), OLD, MOVED, MOVED),
        (Model("embed", "2"), Model("embed", "1"), Model("embed", "1"), Model("embed", "2")),
        (Model("embed", "2"), Model("embed", "2"), Model("embed", "10"), Model("embed", "10")),
        # The month and day of two years have no order.
        (Model("gpt", "0613"), Model("gpt", "0613"), Model("gpt", "0125"), Model("gpt", "0125")),
        (Model("gpt", "0125"), Model("gpt", "0613"), Model("gpt", "1106"), Model("gpt", "0125")),
        (Model("gpt", "preview"), Model("gpt", "preview"), OLD, OLD),
    ],
)
def test_what_is_sent(wanted, asked, runs, sent):
    assert to_send(wanted, asked, runs) == sent


VERSIONS = st.one_of(
    st.dates(datetime.date(2023, 1, 1)).map(str),
    st.integers(1, 99).map(str),
    st.sampled_from(["0613", "0125", "turbo"]),
)
MODELS = st.builds(Model, st.sampled_from(["gpt", "embed"]), VERSIONS)


@given(wanted=MODELS, asked=st.none() | MODELS, runs=st.none() | MODELS)
def test_nothing_older_than_what_runs_is_ever_sent_and_nothing_else_than_one_of_both(wanted, asked, runs):
    sent = to_send(wanted, asked, runs)
    assert sent in (wanted, runs)
    assert runs is None or not runs.newer_than(sent)
    assert to_send(wanted, wanted, sent) == sent  # The next update changes nothing.


@given(wanted=MODELS, runs=MODELS)
def test_a_newer_version_in_the_settings_is_always_sent(wanted, runs):
    if wanted.newer_than(runs):
        assert to_send(wanted, None, runs) == to_send(wanted, wanted, runs) == to_send(wanted, runs, runs) == wanted


def inputs(model=OLD, **changes):
    """What the program registers, as the engine hands it on."""
    given = {"account_id": ACCOUNT, "deployment": "chat", "tenant_id": TENANT, **changes}

    def program():
        DeployedModel("version", model=model.name, version=model.version, opts=pulumi.ResourceOptions(), **given)

    [made] = record(program).of_type("DeployedModel")
    return dict(made.inputs)


class Deployment:
    """The deployment in Azure."""

    def __init__(self, azure, model=OLD):
        self._held = azure.has(CHAT, DEPLOYMENT, {"properties": {"model": {"format": "OpenAI", **model._asdict()}}})

    def runs(self, model):
        self._held.body["properties"]["model"].update(model._asdict())


def decided(state):
    return Model(state["model"], state["version"])


@pytest.mark.slow
def test_a_new_deployment_gets_the_settings_model(azure, providers):
    id_, state = providers.create(inputs())
    assert (id_, decided(state)) == (ACCOUNT, OLD)
    assert providers.diff(id_, state, inputs()) == (False, [])


@pytest.mark.slow
def test_what_the_service_moved_stands_and_is_no_change(azure, providers):
    chat = Deployment(azure)
    id_, state = providers.create(inputs())
    chat.runs(MOVED)
    found = providers.read(id_, state)
    assert decided(found) == MOVED
    assert providers.diff(id_, found, inputs()) == (False, [])
    assert all(each.method == "GET" for each in azure.calls)


@pytest.mark.slow
def test_a_person_raises_it(azure, providers):
    chat = Deployment(azure)
    id_, state = providers.create(inputs())
    chat.runs(MOVED)
    found = providers.read(id_, state)
    assert providers.diff(id_, found, inputs(NEW)) == (True, [])
    state = providers.update(id_, found, inputs(NEW))
    assert decided(state) == NEW
    chat.runs(NEW)
    assert providers.diff(id_, providers.read(id_, state), inputs(NEW)) == (False, [])


@pytest.mark.slow
def test_an_environment_of_an_earlier_library_takes_over_what_runs(azure, providers):
    Deployment(azure, MOVED)
    assert decided(providers.create(inputs())[1]) == MOVED


@pytest.mark.slow
def test_settings_that_catch_up_are_remembered_before_the_service_moves_on(azure, providers):
    """Otherwise the next move to another model would look as if a person had asked for the old one."""
    chat = Deployment(azure, MOVED)
    id_, state = providers.create(inputs())
    assert providers.diff(id_, state, inputs(MOVED)) == (True, [])
    state = providers.update(id_, state, inputs(MOVED))
    chat.runs(OTHER)
    found = providers.read(id_, state)
    assert decided(found) == OTHER
    assert providers.diff(id_, found, inputs(MOVED)) == (False, [])


@pytest.mark.slow
def test_another_deployment_is_another_decision(azure, providers):
    id_, state = providers.create(inputs())
    assert providers.diff(id_, state, inputs(deployment="other")) == (True, ["deployment"])
    assert providers.diff(id_, state, inputs(account_id=f"{ACCOUNT}2")) == (True, ["account_id"])


@pytest.mark.slow
def test_a_deployment_that_is_gone_comes_back_as_it_ran(azure, providers):
    Deployment(azure, MOVED)
    id_, state = providers.create(inputs())
    azure.delete(CHAT)
    found = providers.read(id_, state)
    assert decided(found) == MOVED
    assert providers.diff(id_, found, inputs()) == (False, [])


@pytest.mark.slow
def test_an_answer_that_is_none_is_no_decision(azure, providers):
    azure.breaks("read", status=403, code="AuthorizationFailed", message="no right", times=9)
    with pytest.raises(ProviderError, match="AuthorizationFailed"):
        providers.create(inputs())
