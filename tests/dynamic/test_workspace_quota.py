"""Quotas of a workspace, as the engine drives them: a real provider process against Azure on loopback."""

import pulumi
import pytest

from azure_mlplatform.dynamic.workspace_quota import WorkspaceQuota
from azure_mlplatform.testing import record
from support.management_plane import TENANT, ProviderError

pytestmark = pytest.mark.slow

WORKSPACE = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.MachineLearningServices/workspaces/mlw"
D = "Standard_D_Family_Cluster_Dedicated_vCPUs"
DS = "Standard_DSv2_Family_Cluster_Dedicated_vCPUs"
HAS = {D: 48, DS: 100}


def inputs(limits, workspace_id=WORKSPACE):
    """What the program registers, as the engine hands it on."""

    def program():
        WorkspaceQuota(
            "quota",
            workspace_id=workspace_id,
            location="westeurope",
            limits=limits,
            tenant_id=TENANT,
            opts=pulumi.ResourceOptions(),
        )

    [made] = record(program).of_type("WorkspaceQuota")
    return dict(made.inputs)


@pytest.fixture
def workspace(azure):
    return azure.has(WORKSPACE, "azure-native:machinelearningservices:Workspace", {})


def quotas(workspace):
    return workspace.state.get("quotas", {})


def test_they_are_set_and_then_left_alone(workspace, providers):
    id_, state = providers.create(inputs({D: 16, DS: 0}))
    assert (id_, quotas(workspace)) == (WORKSPACE, {D: 16, DS: 0})
    assert providers.diff(id_, state, inputs({D: 16, DS: 0})) == (False, [])
    found = providers.read(id_, state)
    assert providers.diff(id_, found, inputs({D: 16, DS: 0})) == (False, [])


def test_one_that_somebody_raised_in_the_studio_is_set_back(workspace, providers):
    id_, state = providers.create(inputs({D: 16}))
    quotas(workspace)[D] = 48
    found = providers.read(id_, state)
    assert providers.diff(id_, found, inputs({D: 16})) == (True, [])
    providers.update(id_, found, inputs({D: 16}))
    assert quotas(workspace) == {D: 16}


def test_a_family_that_is_taken_out_gets_back_what_the_subscription_has(workspace, providers):
    id_, state = providers.create(inputs({D: 16, DS: 8}))
    providers.update(id_, state, inputs({DS: 4}))
    assert quotas(workspace) == {D: HAS[D], DS: 4}


def test_all_that_azure_refuses_is_said_at_once(workspace, providers):
    with pytest.raises(ProviderError) as error:
        providers.create(inputs({D: 64, "Standard_X_Family": 4}))
    assert f"{D}: the quota is more than the subscription has" in str(error.value)
    assert "Standard_X_Family: Azure has no such family in this region" in str(error.value)


def test_without_the_right_on_the_subscription_azure_says_so(azure, workspace, providers):
    azure.breaks("update", target="quotas", status=403, code="AuthorizationFailed", message="No updateQuotas/action.")
    with pytest.raises(ProviderError, match="AuthorizationFailed: No updateQuotas/action"):
        providers.create(inputs({D: 16}))


def test_a_deletion_gives_back_what_the_subscription_has(workspace, providers):
    id_, state = providers.create(inputs({D: 16}))
    providers.delete(id_, state)
    assert quotas(workspace) == {D: HAS[D]}


def test_a_workspace_that_is_gone_is_no_failure(azure, workspace, providers):
    id_, state = providers.create(inputs({D: 16}))
    azure.world.resources.clear()
    providers.delete(id_, state)


def test_another_workspace_is_a_replacement(workspace, providers):
    id_, state = providers.create(inputs({D: 16}))
    assert providers.diff(id_, state, inputs({D: 16}, f"{WORKSPACE}2")) == (True, ["workspace_id"])
