import json
import os
import subprocess
import sys

import pulumi
import pulumi_azure_native as native
import pytest

from azure_mlplatform.emulation.answers import SUBSCRIPTION
from azure_mlplatform.parts.arguments import RefusedError
from azure_mlplatform.plan.recorder import RecordingError
from azure_mlplatform.plan.resource import UNKNOWN
from azure_mlplatform.settings import Environment
from azure_mlplatform.testing import AzureMocks, check_golden, children, example_settings, record, urns
from azure_mlplatform.workspace.ml_workspace import MLWorkspace, MLWorkspaceArgs
from support.programs import MANAGED, OWN, networked


class Pair(pulumi.ComponentResource):
    def __init__(self, name):
        super().__init__("test:index:Pair", name)
        for part in ("b", "a"):
            native.resources.ResourceGroup(
                f"{name}-{part}", resource_group_name=f"rg-{part}", opts=pulumi.ResourceOptions(parent=self)
            )
        self.register_outputs({"answer": 42})


@pytest.mark.parametrize("environment", Environment)
def test_examples_are_of_the_environment_asked_for(environment):
    assert example_settings(environment).environment is environment


def test_children_are_sorted_by_kind_and_name():
    plan = record(lambda: Pair("p"))
    assert children(plan, "p") == [("ResourceGroup", "p-a"), ("ResourceGroup", "p-b")]
    assert plan.of_type("Pair")[0].outputs == {"answer": 42}
    assert urns(plan)[0] == "urn:pulumi:dev::test::pulumi:pulumi:Stack::test-dev"
    assert plan[urns(plan)[0]].kind == "Stack"


@pytest.mark.parametrize(("preview", "known"), [(False, True), (True, False)])
def test_both_modes(preview, known):
    [group] = record(lambda: native.resources.ResourceGroup("g", resource_group_name="rg"), preview=preview).of_type(
        "ResourceGroup"
    )
    assert group.id == (f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg" if known else UNKNOWN)


ELSEWHERE = "00000000-0000-0000-0000-0000000000aa"


def test_resources_without_a_provider_are_made_in_the_subscription_asked_for():
    def program():
        native.resources.ResourceGroup("g", resource_group_name="rg")

    [group] = record(program, subscription_id=ELSEWHERE).of_type("ResourceGroup")
    assert group.id == f"/subscriptions/{ELSEWHERE}/resourceGroups/rg"


@pytest.mark.parametrize("settings", [OWN, MANAGED])
def test_a_placement_in_another_subscription_than_the_providers_is_named_as_the_cause(settings):
    args = {
        **networked(subscription_id=ELSEWHERE),
        "settings": settings,
        "training_subnet_id": f"/subscriptions/{ELSEWHERE}/resourceGroups/rg/providers/Microsoft.Network"
        "/virtualNetworks/vnet/subnets/training",
    }
    with pytest.raises(RefusedError) as refused:
        record(lambda: MLWorkspace("ml", args))
    assert str(refused.value) == (
        f"placement.subscription_id: the placement says '{ELSEWHERE}', but the provider makes resources in "
        f"'{SUBSCRIPTION}'\n    Give the provider and the placement the same subscription; in a test, "
        f"record(…, subscription_id='{ELSEWHERE}')"
    )
    assert record(lambda: MLWorkspace("ml", args), subscription_id=ELSEWHERE).of_type("MLWorkspace")


def test_an_input_is_found_by_its_path():
    def program():
        native.network.RouteTable(
            "t", resource_group_name="rg", routes=[{"name": "r", "next_hop_type": "Internet"}], tags={"a": "b"}
        )

    [table] = record(program).of_type("RouteTable")
    assert table.input("routes.0.nextHopType") == "Internet"
    assert (table.input("routes.1.name"), table.input("tags.c"), table.input("tags.a.b")) == (None, None, None)


def test_golden_names_what_goes_and_what_comes(tmp_path, monkeypatch):
    file = tmp_path / "golden" / "urns.txt"
    monkeypatch.delenv("UPDATE_GOLDEN", raising=False)
    with pytest.raises(AssertionError, match=r"\+ a"):
        check_golden(["a"], file)
    monkeypatch.setenv("UPDATE_GOLDEN", "1")
    check_golden(["a", "b"], file)
    monkeypatch.delenv("UPDATE_GOLDEN")
    check_golden(["a", "b"], file)
    with pytest.raises(AssertionError, match=r"- b\n\s+\+ c"):
        check_golden(["a", "c"], file)


OWN_WAY = """
import json
import os
import pulumi
import pulumi_azure_native as native
from azure_mlplatform.testing import AzureMocks
from azure_mlplatform.workspace.ml_workspace import MLWorkspace

pulumi.runtime.set_mocks(AzureMocks())

@pulumi.runtime.test
def check():
    group = native.resources.ResourceGroup("g", resource_group_name="rg-a")
    identity = native.managedidentity.UserAssignedIdentity("i", resource_group_name=group.name, resource_name_="id-a")
    assert all(isinstance(each, pulumi.Output) for each in group._aliases), "a plan's short cut, outside a plan"
    workspace = MLWorkspace("ml", json.loads(os.environ["ARGS"]))
    return pulumi.Output.all(group.id, identity.id, identity.principal_id, workspace.resource_id).apply(
        lambda each: print(json.dumps(each))
    )

check()
"""


@pytest.mark.slow
def test_pulumis_own_mocks_get_azures_answers():
    # In a process of its own: Pulumi's mocks leave an event loop in every thread that they use.
    args = MLWorkspaceArgs.model_validate({**networked(), "settings": MANAGED}).model_dump_json(exclude_unset=True)
    done = subprocess.run(
        [sys.executable, "-c", OWN_WAY], capture_output=True, text=True, check=True, env={**os.environ, "ARGS": args}
    )
    group_id, identity_id, principal, workspace_id = json.loads(done.stdout)
    assert workspace_id.endswith("/Microsoft.MachineLearningServices/workspaces/mlw-churn-dev-abc123")
    assert group_id == f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-a"
    assert identity_id == f"{group_id}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-a"
    assert len(principal) == 36


def test_pulumis_own_mocks_refuse_to_ask_azure():
    arguments = pulumi.runtime.MockCallArgs("azure-native:resources:getResourceGroup", {}, "")
    with pytest.raises(RecordingError, match="getResourceGroup calls Azure"):
        AzureMocks().call(arguments)
