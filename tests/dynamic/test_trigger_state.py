"""Stopping and starting a trigger, as the engine drives them: a real provider process against Azure on loopback."""

import pulumi
import pytest
from pulumi.runtime import rpc

from azure_mlplatform.dynamic.trigger_state import StartTrigger, StopRemoved, StopTrigger
from azure_mlplatform.emulation.refusal import AzureError
from azure_mlplatform.testing import record
from support.data_factory import FACTORY, Trigger
from support.management_plane import CLIENT, TENANT, ProviderError, azure_on_loopback, dynamic_providers

pytestmark = pytest.mark.slow

ACCOUNT = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Storage/storageAccounts/lake"
DAILY = {
    "type": "ScheduleTrigger",
    "pipelines": [],
    "typeProperties": {"recurrence": {"frequency": "Day", "interval": 1, "timeZone": "UTC"}},
}
HOURLY = {**DAILY, "typeProperties": {"recurrence": {"frequency": "Hour", "interval": 1, "timeZone": "UTC"}}}
ARRIVAL = {
    "type": "BlobEventsTrigger",
    "pipelines": [],
    "typeProperties": {"scope": ACCOUNT, "events": ["Microsoft.Storage.BlobCreated"], "blobPathEndsWith": ".csv"},
}
OTHER_ARRIVAL = {**ARRIVAL, "typeProperties": {**ARRIVAL["typeProperties"], "blobPathEndsWith": ".parquet"}}


def inputs(kind, definition, *, trigger="arrivals", factory_id=FACTORY):
    """What the program registers, as the engine hands it on."""

    def program():
        kind(
            "state",
            factory_id=factory_id,
            trigger=trigger,
            definition=definition,
            tenant_id=TENANT,
            opts=pulumi.ResourceOptions(),
        )

    [made] = record(program).of_type(kind.__name__)
    return dict(made.inputs)


def stop(definition=DAILY, **changes):
    return inputs(StopTrigger, definition, **changes)


def start(definition=DAILY, **changes):
    return inputs(StartTrigger, definition, **changes)


@pytest.mark.parametrize("kind", [StopTrigger, StartTrigger])
def test_what_is_kept_in_the_state_is_a_name_and_no_secret(kind):
    given = inputs(kind, ARRIVAL)
    assert given["definition"] == ARRIVAL
    assert len(given["__provider"]) < 200
    assert "[secret]" not in given.values()


@pytest.mark.parametrize(("before", "after"), [(DAILY, HOURLY), (ARRIVAL, OTHER_ARRIVAL)])
def test_a_started_trigger_is_stopped_and_can_then_change(azure, providers, before, after):
    trigger = Trigger(azure, definition=before).running()
    with pytest.raises(AzureError, match="TriggerEnabledCannotUpdate"):
        trigger.put(after)
    id_, _ = providers.create(stop(after))
    assert id_ == f"{FACTORY}/triggers/arrivals"
    trigger.put(after)
    assert azure.grants[0]["client_id"] == CLIENT


def test_a_trigger_that_changes_in_an_update_is_stopped_for_it(azure, providers):
    id_, state = providers.create(stop())
    trigger = Trigger(azure, definition=DAILY).running()
    assert providers.diff(id_, state, stop(HOURLY)) == (True, [])
    state = providers.update(id_, state, stop(HOURLY))
    trigger.put(HOURLY)
    assert providers.diff(id_, state, stop(HOURLY)) == (False, [])


def test_a_subscription_ends_before_its_trigger_stops(azure, providers):
    trigger = Trigger(azure, definition=ARRIVAL).running()
    providers.create(stop(OTHER_ARRIVAL))
    assert trigger.did == ["unsubscribeFromEvents", "stop"]
    assert (trigger.subscription, trigger.subscribed_to) == ("Disabled", None)


@pytest.mark.parametrize("definition", [DAILY, ARRIVAL])
def test_a_stopped_trigger_is_left_alone(azure, providers, definition):
    trigger = Trigger(azure, definition=definition)
    providers.create(stop(definition))
    assert trigger.did == []


def test_a_trigger_that_was_stopped_alone_loses_its_old_subscription(azure, providers):
    trigger = Trigger(azure, definition=ARRIVAL).running()
    trigger.set(state="Stopped")
    providers.create(stop(OTHER_ARRIVAL))
    assert trigger.did == ["unsubscribeFromEvents"]


def test_a_trigger_or_factory_that_is_not_there_needs_no_stop(azure, providers):
    id_, state = providers.create(stop())
    providers.update(id_, state, stop(HOURLY))
    providers.create(stop())
    assert {each.method for each in azure.calls} == {"GET"}


def test_the_stop_itself_is_deleted_without_a_call(azure, providers):
    trigger = Trigger(azure, definition=DAILY).running()
    providers.delete(f"{FACTORY}/triggers/arrivals", stop())
    assert (trigger.state, azure.calls) == ("Started", [])


@pytest.mark.parametrize("given", [stop, start])
def test_every_change_is_seen_and_another_trigger_is_another(providers, given):
    old = {**given(ARRIVAL), "runtime_state": "Started"}
    assert providers.diff("id", old, given(ARRIVAL)) == (False, [])
    assert providers.diff("id", old, given(OTHER_ARRIVAL)) == (True, [])
    assert providers.diff("id", old, {**given(ARRIVAL), "definition": rpc.UNKNOWN}) == (True, [])
    for name in ("factory_id", "trigger"):
        for other in ("another", rpc.UNKNOWN):
            assert providers.diff("id", old, {**given(ARRIVAL), name: other}) == (True, [name])


@pytest.mark.parametrize(
    ("action", "definition", "fault"),
    [
        ("stop", DAILY, {"status": 429, "headers": {"Retry-After": "1"}}),
        ("stop", DAILY, {"status": 502}),
        ("unsubscribeFromEvents", ARRIVAL, {"status": 500}),
        ("start", DAILY, {"status": 429, "headers": {"Retry-After": "1"}}),
        ("start", DAILY, {"status": 502}),
        ("subscribeToEvents", ARRIVAL, {"status": 503}),
        ("getEventSubscriptionStatus", ARRIVAL, {"status": 502}),
    ],
)
def test_a_throttled_or_failing_call_is_repeated(azure, providers, action, definition, fault):
    trigger = Trigger(azure, definition=definition)
    stops = action in ("stop", "unsubscribeFromEvents")
    if stops:
        trigger.running()
    trigger.breaks(action, **fault)
    providers.create(stop(definition) if stops else start(definition))
    assert azure.world.faults == []
    assert trigger.state == ("Stopped" if stops else "Started")


@pytest.mark.parametrize("action", ["start", "stop", "subscribeToEvents", "unsubscribeFromEvents"])
def test_what_is_refused_while_event_grid_works_is_asked_again(azure, providers, action):
    trigger = Trigger(azure, definition=ARRIVAL)
    stops = action in ("stop", "unsubscribeFromEvents")
    if stops:
        trigger.running()
    busy = "Resource cannot be updated during provisioning"
    headers = {"Retry-After": "0.01"}
    trigger.breaks(action, times=3, status=400, code="BadRequest", message=busy, headers=headers)
    providers.create(stop(ARRIVAL) if stops else start(ARRIVAL))
    assert azure.world.faults == []
    assert trigger.state == ("Stopped" if stops else "Started")


def test_an_event_grid_that_works_for_ever_is_told_without_blaming_a_role(azure, providers):
    trigger = Trigger(azure, definition=ARRIVAL)
    busy = "Resource cannot be updated during provisioning"
    headers = {"Retry-After": "0.01"}
    trigger.breaks("subscribeToEvents", times=10**6, status=400, code="BadRequest", message=busy, headers=headers)
    with pytest.raises(ProviderError, match=busy) as failed:
        providers.create(start(ARRIVAL))
    assert "EventGrid EventSubscription Contributor" not in str(failed.value)


def test_throttling_is_waited_out(azure, providers):
    trigger = Trigger(azure, definition=DAILY)
    azure.breaks(times=8, status=429, headers={"Retry-After": "0.01"})
    providers.create(start())
    assert trigger.state == "Started"


def test_a_scheduled_trigger_is_started_and_waited_for(azure, providers):
    trigger = Trigger(azure, definition=DAILY)
    id_, state = providers.create(start())
    assert (id_, state["runtime_state"]) == (f"{FACTORY}/triggers/arrivals", "Started")
    assert (trigger.state, trigger.did) == ("Started", ["start"])
    assert [each.path.rsplit("/", 1)[-1] for each in azure.calls if each.method == "POST"] == ["start"]


def test_a_trigger_of_events_is_subscribed_before_it_starts(azure, providers):
    trigger = Trigger(azure, definition=ARRIVAL)
    providers.create(start(ARRIVAL))
    assert (trigger.state, trigger.subscribed_to) == ("Started", ARRIVAL)
    asked = [each.path.rsplit("/", 1)[-1] for each in azure.calls]
    assert trigger.did == ["subscribeToEvents", "start"]
    assert "getEventSubscriptionStatus" in asked[asked.index("subscribeToEvents") : asked.index("start")]


@pytest.mark.parametrize("definition", [DAILY, ARRIVAL])
def test_a_started_trigger_is_not_started_again(azure, providers, definition):
    trigger = Trigger(azure, definition=definition).running()
    _, state = providers.create(start(definition))
    assert (trigger.did, state["runtime_state"]) == ([], "Started")


@pytest.mark.parametrize(
    ("status", "left"), [("Provisioning", []), ("Enabled", []), ("Disabled", ["subscribeToEvents"])]
)
def test_a_start_that_broke_off_is_taken_up_where_it_was(azure, providers, status, left):
    trigger = Trigger(azure, definition=ARRIVAL)
    trigger.set(subscription=status)
    if status == "Provisioning":
        trigger.set(subscription="Enabled", after=3)
    providers.create(start(ARRIVAL))
    assert (trigger.state, trigger.did) == ("Started", [*left, "start"])


def test_a_stop_that_broke_off_is_taken_up_where_it_was(azure, providers):
    trigger = Trigger(azure, definition=ARRIVAL).running()
    trigger.set(subscription="Deprovisioning")
    trigger.set(subscription="Disabled", after=3)
    providers.create(stop(ARRIVAL))
    assert (trigger.state, trigger.subscription, trigger.did) == ("Stopped", "Disabled", ["stop"])


def test_a_change_reaches_the_subscription(azure, providers):
    trigger = Trigger(azure, definition=ARRIVAL)
    stopped, started = providers.create(stop(ARRIVAL)), providers.create(start(ARRIVAL))
    assert providers.diff(*started, start(OTHER_ARRIVAL)) == (True, [])
    providers.update(*stopped, stop(OTHER_ARRIVAL))
    trigger.put(OTHER_ARRIVAL)
    providers.update(*started, start(OTHER_ARRIVAL))
    assert (trigger.state, trigger.subscribed_to) == ("Started", OTHER_ARRIVAL)


@pytest.mark.parametrize("how", ["it lasts", "it fails", "it is refused"])
def test_a_subscription_that_is_not_made_says_what_is_missing(azure, providers, how):
    trigger = Trigger(azure, definition=ARRIVAL)
    refusal = {"status": 403, "code": "LinkedAuthorizationFailed", "message": "no permission"}
    kinds = {"it lasts": {"lost": True}, "it fails": {**refusal, "late": True}, "it is refused": refusal}
    # The first two are refused while Event Grid works on what was written.
    trigger.breaks("subscribeToEvents", times=3, **kinds[how])
    told = "is still Provisioning" if how == "it lasts" else "LinkedAuthorizationFailed: no permission"
    with pytest.raises(ProviderError, match=told) as failed:
        providers.create(start(ARRIVAL))
    assert f"EventGrid EventSubscription Contributor' on {ACCOUNT}" in str(failed.value)
    assert "az provider register --namespace Microsoft.EventGrid" in str(failed.value)
    assert trigger.state == "Stopped"


@pytest.mark.parametrize(
    ("given", "definition", "action", "told"),
    [
        (start, DAILY, "start", "was started, but is still Stopped"),
        (stop, DAILY, "stop", "was stopped, but is still Started"),
        (stop, ARRIVAL, "unsubscribeFromEvents", "was ended, but is still Deprovisioning"),
    ],
)
def test_what_does_not_come_about_is_an_error(azure, providers, given, definition, action, told):
    trigger = Trigger(azure, definition=definition)
    if given is stop:
        trigger.running()
    trigger.breaks(action, lost=True)
    with pytest.raises(ProviderError, match=told):
        providers.create(given(definition))


def test_a_trigger_that_is_not_there_cannot_start(azure, providers):
    told = "trigger 'arrivals' of data factory 'adf' does not exist: deploy it before it is started"
    with pytest.raises(ProviderError, match=told):
        providers.create(start())


def test_a_trigger_that_somebody_stopped_is_found_and_started_again(azure, providers):
    trigger = Trigger(azure, definition=DAILY)
    id_, state = providers.create(start())
    assert providers.diff(id_, providers.read(id_, state), start()) == (False, [])
    trigger.set(state="Stopped")
    seen = providers.read(id_, state)
    assert seen["runtime_state"] == "Stopped"
    assert providers.diff(id_, seen, start()) == (True, [])
    state = providers.update(id_, seen, start())
    assert trigger.state == "Started"
    assert providers.diff(id_, state, start()) == (False, [])


def test_a_refresh_asks_for_no_more_than_a_reader_may_see(azure, providers):
    Trigger(azure, definition=ARRIVAL).running()
    providers.read(f"{FACTORY}/triggers/arrivals", start(ARRIVAL))
    assert [each.method for each in azure.calls] == ["GET"]


def test_a_trigger_that_is_gone_leaves_the_state(azure, providers):
    Trigger(azure, definition=DAILY)
    id_, state = providers.create(start())
    assert not providers.gone(id_, state)
    azure.world.resources.clear()
    assert providers.gone(id_, state)


@pytest.mark.parametrize("definition", [DAILY, ARRIVAL])
def test_a_deleted_start_leaves_a_trigger_that_can_be_deleted(azure, providers, definition):
    trigger = Trigger(azure, definition=definition)
    id_, state = providers.create(start(definition))
    with pytest.raises(AzureError, match="TriggerEnabledCannotUpdate"):
        trigger.remove()
    providers.delete(id_, state)
    assert trigger.subscription == "Disabled"
    trigger.remove()
    providers.delete(id_, state)


def test_a_refusal_is_told_with_what_azure_says(azure, providers):
    trigger = Trigger(azure, definition=DAILY)
    trigger.breaks("start", status=409, code="Conflict", message="The factory is being deleted.")
    with pytest.raises(
        ProviderError, match=r"start of trigger 'arrivals' of data .* Conflict: The factory is being del"
    ):
        providers.create(start())


def test_wrong_credentials_are_told_without_the_secret(tmp_path):
    with (
        azure_on_loopback(tmp_path) as (azure, environment),
        dynamic_providers(**{**environment, "ARM_CLIENT_SECRET": "hunter2"}) as providers,
    ):
        Trigger(azure, definition=DAILY)
        with pytest.raises(ProviderError, match="AADSTS7000215") as failed:
            providers.create(start())
        assert "hunter2" not in str(failed.value)
        assert azure.calls == []


def all_triggers(*names, factory_id=FACTORY):
    """What the program registers for the triggers that it has."""

    def program():
        StopRemoved(
            "removed",
            factory_id=factory_id,
            triggers=list(names),
            tenant_id=TENANT,
            opts=pulumi.ResourceOptions(),
        )

    [made] = record(program).of_type("StopRemoved")
    return dict(made.inputs)


def test_a_trigger_that_is_no_longer_there_is_stopped_and_the_others_run_on(azure, providers):
    gone, stays = Trigger(azure, "gone", definition=ARRIVAL), Trigger(azure, "stays", definition=DAILY)
    gone.running()
    stays.running()
    id_, state = providers.create(all_triggers("gone", "stays"))
    assert (gone.did, stays.did) == ([], [])
    assert providers.diff(id_, state, all_triggers("stays", "new")) == (True, [])
    providers.update(id_, state, all_triggers("stays", "new"))
    assert (gone.state, gone.subscription) == ("Stopped", "Disabled")
    assert (stays.state, stays.did) == ("Started", [])


def test_the_same_triggers_are_no_change_and_another_factory_is_another_list(azure, providers):
    id_, state = providers.create(all_triggers("one"))
    assert providers.diff(id_, state, all_triggers("one")) == (False, [])
    assert providers.diff(id_, state, all_triggers("one", factory_id=f"{FACTORY}2")) == (True, ["factory_id"])
    providers.delete(id_, state)
    assert azure.calls == []


def test_each_stop_is_another_so_that_what_was_stopped_is_started_again(azure, providers):
    """A change that breaks off after the stop, and is taken back: the start sees that a stop has been."""
    trigger = Trigger(azure, definition=DAILY).running()
    id_, first = providers.create(stop())
    trigger.set(state="Started")
    _, started = providers.create({**start(), "stop": first["stop"]})
    broken_off = providers.update(id_, first, stop(HOURLY))
    taken_back = providers.update(id_, broken_off, stop())
    assert trigger.state == "Stopped"
    assert len({first["stop"], broken_off["stop"], taken_back["stop"]}) == 3
    assert providers.diff(id_, taken_back, stop()) == (False, [])
    again = {**start(), "stop": taken_back["stop"]}
    assert providers.diff(id_, started, again) == (True, [])
    providers.update(id_, started, again)
    assert trigger.state == "Started"


@pytest.mark.parametrize("action", ["subscribeToEvents", "start"])
def test_a_slow_action_is_only_slow(azure, providers, action):
    trigger = Trigger(azure, definition=ARRIVAL)
    trigger.breaks(action, times=3, seconds=0.01)
    providers.create(start(ARRIVAL))
    assert (trigger.state, trigger.subscription) == ("Started", "Enabled")
