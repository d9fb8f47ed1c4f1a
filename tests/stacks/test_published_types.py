"""Every registered input, judged by the types that Azure publishes."""

import copy
from typing import Any

import pytest

from support.azure_types import problems, published
from support.programs import BRICKS, OTHER_TARGETS, SYNAPSE, whole
from support.stacks import IDS, ROOT, STACKS, plan_of

NO_JUDGE = {
    # Azure publishes them under the same ARM type as the scm policy, which the snapshot has.
    "azure-native:web:WebAppFtpAllowed",
    "azure-native:web:WebAppFtpAllowedSlot",
    # The snapshot is older than their use here.
    "azure-native:applicationinsights:Workbook",
    "azure-native:authorization:PolicyAssignment",
    "azure-native:loadtestservice:LoadTest",
    "azure-native:machinelearningservices:Registry",
}
"""Types of azure-native without a judge."""


def found(plan):
    return {
        each.urn: wrong
        for each in plan.azure_resources
        if each.type in published() and (wrong := problems(each.type, each.inputs))
    }


@pytest.mark.parametrize(("folder", "stack"), STACKS, ids=IDS)
def test_no_input_of_a_stack_is_unknown_read_only_missing_or_wrong(folder, stack):
    plan = plan_of(folder, stack)
    assert found(plan) == {}
    judged = {each.type for each in plan.azure_resources if each.type.startswith("azure-native:")}
    assert judged - set(published()) <= NO_JUDGE


@pytest.mark.parametrize("environment", ["dev", "prod"])
def test_nor_of_what_no_stack_has(environment):
    plans = [whole(environment, inference=each) for each in OTHER_TARGETS.values()]
    plans += [whole(environment, inference=None, **BRICKS), whole(environment, inference=None, synapse=SYNAPSE)]
    for plan in plans:
        assert found(plan) == {}


VAULT = "azure-native:keyvault:Vault"
CLUSTER = "azure-native:containerservice:ManagedCluster"
PIPELINE = "azure-native:datafactory:Pipeline"


@pytest.mark.parametrize(
    ("type_", "path", "value", "said"),
    [
        (VAULT, "properties.enableRbacAuthorisation", True, "properties.enableRbacAuthorisation: is unknown"),
        (VAULT, "properties.enableRbacAuthorization", "yes", "'yes' is no boolean"),
        (VAULT, "properties.sku.family", "B", None),  # Azure publishes this one as open: any text.
        (VAULT, "properties.tenantId", 5, "5 is no text"),
        (VAULT, "properties.hsmPoolResourceId", "x", "properties.hsmPoolResourceId: is read-only"),
        (VAULT, "properties.tenantId", None, "properties.tenantId: is required, and missing"),
        (VAULT, "properties.networkAcls.ipRules", {}, "{} is no list"),
        (CLUSTER, "networkProfile.podCIDR2", "x", "networkProfile.podCIDR2: is unknown"),
        (CLUSTER, "agentPoolProfiles.0.minCount", "three", "'three' is no number"),
        (CLUSTER, "agentPoolProfiles.0.nodeImageVersion", "x", "agentPoolProfiles[0].nodeImageVersion: is read-only"),
        (CLUSTER, "identity.type", "Mine", "identity.type: 'Mine' is none of"),
        (PIPELINE, "activities.0.typo", 1, "activities[0].typo: is unknown"),
    ],
)
def test_the_judge_sees_what_is_wrong(type_, path, value, said):
    plan = plan_of(ROOT, "prod")
    inputs = copy.deepcopy(dict(next(each for each in plan.azure_resources if each.type == type_).inputs))
    *parents, last = path.split(".")
    target: Any = inputs
    for each in parents:
        target = target[int(each)] if each.isdigit() else target[each]
    if value is None:
        del target[last]
    else:
        target[last] = value
    wrong = problems(type_, inputs)
    assert any(said in each for each in wrong) if said else not wrong, wrong
