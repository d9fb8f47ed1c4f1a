"""The approval of a connection, as the engine drives it: a real provider process against Azure on loopback."""

from pathlib import Path

import pulumi
import pulumi_azure_native
import pytest
from pulumi.runtime import rpc

from azure_mlplatform.dynamic.approved_connection import TARGET_API_VERSIONS, ApproveConnection
from azure_mlplatform.testing import record
from support.data_factory import FACTORY, GROUP, Connections
from support.management_plane import TENANT, ProviderError, azure_on_loopback, dynamic_providers

pytestmark = pytest.mark.slow

ENDPOINT, STORAGE, WORKSPACE = Connections.ENDPOINT, Connections.STORAGE, Connections.WORKSPACE


def inputs(target_id=STORAGE):
    """What the program registers, as the engine hands it on."""

    def program():
        ApproveConnection(
            "approval", endpoint_id=ENDPOINT, target_id=target_id, tenant_id=TENANT, opts=pulumi.ResourceOptions()
        )

    [made] = record(program).of_type("ApproveConnection")
    return dict(made.inputs)


def puts(azure):
    return [each for each in azure.calls if each.method == "PUT"]


def test_what_is_kept_in_the_state_is_a_name_and_no_secret():
    given = inputs()
    assert len(given["__provider"]) < 200
    assert "[secret]" not in given.values()


@pytest.mark.parametrize("target", [STORAGE, WORKSPACE])
def test_a_connection_is_approved_once_its_endpoint_is_there(azure, providers, target):
    connections = Connections(azure, target)
    id_, state = providers.create(inputs(target))
    assert (id_, state["status"]) == (ENDPOINT, "Approved")
    assert connections.status == "Approved"
    assert "early" not in connections.endpoint.state
    [put] = puts(azure)
    assert put.body["properties"]["privateEndpoint"]["id"].endswith("/adf.lake")
    assert put.body["properties"]["privateLinkServiceConnectionState"] == {
        "status": "Approved",
        "description": "Approved by azure-mlplatform",
        "actionRequired": "None",
    }


def test_versions_are_those_of_azure_native():
    sdk = Path(pulumi_azure_native.__file__).parent
    for kind, api_version in TARGET_API_VERSIONS.items():
        module = kind.removeprefix("Microsoft.").split("/")[0].lower()
        documented = (sdk / module / "private_endpoint_connection.py").read_text()
        assert f"Uses Azure REST API version {api_version}." in documented


def test_what_is_anothers_stays_pending(azure, providers):
    others = ("adf2.lake", "my-adf.lake", "adf.lake2", "adf.lake.lake", "lake", "adf-lake", "adf.other")
    connections = Connections(azure, sources=others)
    providers.create(inputs())
    assert connections.status == "Approved"
    assert {each.state["status"] for each in connections.others} == {"Pending"}


def test_a_connection_of_no_private_endpoint_is_passed_over(azure, providers):
    connections = Connections(azure)
    gone = connections.add("")
    providers.create(inputs())
    assert (connections.status, gone.state["status"]) == ("Approved", "Pending")


def test_two_are_an_error_and_nothing_is_approved(azure, providers):
    connections = Connections(azure, sources=("ADF.Lake",))
    with pytest.raises(ProviderError, match=r"storageAccounts/lake has 2 connections from 'adf.lake'; it must have"):
        providers.create(inputs())
    assert {connections.status, *(each.state["status"] for each in connections.others)} == {"Pending"}


def test_a_strangers_connection_that_was_approved_is_taken_back(azure, providers):
    """Of two with one name, ours is not listed: the target's list lags behind."""
    connections = Connections(azure, WORKSPACE)
    stranger = azure.has(
        f"{STORAGE}/privateEndpointConnections/c", "outside", {"endpoint": "/subscriptions/x/privateEndpoints/adf.lake"}
    )
    stranger.state["status"] = "Pending"
    with pytest.raises(ProviderError, match="should be Approved"):
        providers.create(inputs(STORAGE))
    assert (connections.status, stranger.state["status"]) == ("Pending", "Rejected")


def test_none_is_an_error(azure, providers):
    connections = Connections(azure, WORKSPACE)
    with pytest.raises(ProviderError, match=r"storageAccounts/lake has 0 connections from 'adf.lake'; it must have"):
        providers.create(inputs(STORAGE))
    assert connections.status == "Pending"


@pytest.mark.parametrize("status", ["Rejected", "Disconnected"])
def test_what_was_ended_is_an_error_and_stays_so(azure, providers, status):
    connections = Connections(azure)
    connections.end(status)
    with pytest.raises(ProviderError, match=f"its connection is {status}. .* delete the managed private endpoint"):
        providers.create(inputs())
    assert (connections.status, puts(azure)) == (status, [])
    assert len(azure.calls) < 10


def test_what_is_ended_while_the_endpoint_still_waits_is_not_approved(azure, providers):
    connections = Connections(azure)
    connections.end("Rejected", noticed=False)
    connections.endpoint.state["notices_after"] = 10
    with pytest.raises(ProviderError, match=r"connection from 'adf.lake' to .*/lake is Rejected. .* create it again"):
        providers.create(inputs())
    assert puts(azure) == []


def test_what_is_approved_already_is_as_good(azure, providers):
    connections = Connections(azure)
    connections.end("Approved")
    _, state = providers.create(inputs())
    assert (state["status"], puts(azure)) == ("Approved", [])


def test_an_endpoint_that_fails_or_never_gets_to_know_is_an_error(azure, providers):
    connections = Connections(azure)
    connections.endpoint.state["failed"] = True
    with pytest.raises(ProviderError, match="should be Pending or Approved, but its provisioning is Failed"):
        providers.create(inputs())
    assert len(azure.calls) < 10
    azure.reset()
    connections = Connections(azure)
    connections.endpoint.state["notices_after"] = 10_000
    told = "should be Approved, but its provisioning is Succeeded and its connection is Pending"
    with pytest.raises(ProviderError, match=told):
        providers.create(inputs())


def test_an_endpoint_or_target_that_is_not_there_is_named(azure, providers):
    with pytest.raises(ProviderError, match="managedPrivateEndpoints/lake does not exist"):
        providers.create(inputs())
    azure.create("azure-native:resources:ResourceGroup", {"resourceGroupName": "rg", "location": "westeurope"})
    azure.has(f"{FACTORY}/managedVirtualNetworks/default", "outside", {})
    Connections(azure)
    with pytest.raises(ProviderError, match="storageAccounts/lake does not exist"):
        providers.create(inputs())


def test_another_kind_of_target_is_refused_before_anything_is_asked(azure, providers):
    with pytest.raises(ProviderError, match=r"'Microsoft.Sql/servers'; connections are approved on: Microsoft.Mac"):
        providers.create(inputs(f"{GROUP}/Microsoft.Sql/servers/sql"))
    assert azure.calls == []


@pytest.mark.parametrize("status", [429, 500, 502])
def test_a_throttled_or_failing_call_is_repeated(azure, providers, status):
    connections = Connections(azure)
    azure.breaks(times=2, status=status, headers={"Retry-After": "0.01"})
    providers.create(inputs())
    assert connections.status == "Approved"


def test_a_connection_that_was_ended_is_found_and_approved_again(azure, providers):
    connections = Connections(azure)
    id_, state = providers.create(inputs())
    assert providers.diff(id_, providers.read(id_, state), inputs()) == (False, [])
    connections.end("Pending")
    seen = providers.read(id_, state)
    assert seen["status"] == "Pending"
    assert providers.diff(id_, seen, inputs()) == (True, [])
    state = providers.update(id_, seen, inputs())
    assert connections.status == "Approved"
    assert providers.diff(id_, state, inputs()) == (False, [])
    for name in ("endpoint_id", "target_id"):
        for other in ("another", rpc.UNKNOWN):
            assert providers.diff(id_, state, {**inputs(), name: other}) == (True, [name])


def test_an_endpoint_that_is_gone_leaves_the_state(azure, providers):
    Connections(azure)
    id_, state = providers.create(inputs())
    assert not providers.gone(id_, state)
    azure.world.resources.clear()
    assert providers.gone(id_, state)


def test_a_deleted_approval_asks_azure_for_nothing(azure, providers):
    Connections(azure)
    providers.delete(ENDPOINT, inputs())
    assert azure.calls == []


def test_wrong_credentials_are_told_without_the_secret(tmp_path):
    with (
        azure_on_loopback(tmp_path) as (azure, environment),
        dynamic_providers(**{**environment, "ARM_CLIENT_SECRET": "hunter2"}) as providers,
    ):
        Connections(azure)
        with pytest.raises(ProviderError, match="AADSTS7000215") as failed:
            providers.create(inputs())
        assert "hunter2" not in str(failed.value)
        assert azure.calls == []
