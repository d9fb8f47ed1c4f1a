"""Every type of resource that the library registers has a record, and no record is left over."""

import inspect
import re
import string

import pulumi_azure_native as native
import pytest

from azure_mlplatform.plan import UNKNOWN, Plan, PlannedResource
from azure_mlplatform.plan.tree import size
from azure_mlplatform.resource_types import RESOURCE_TYPES, resource_type
from support.landings import landed
from support.programs import (
    BATCH,
    BRICKS,
    CENTRAL,
    GROUP,
    HTTPS,
    HUB,
    INFERENCE,
    OPENAI,
    OTHER_TARGETS,
    SYNAPSE,
    WORKSPACE,
    whole,
)
from support.stacks import STACKS, plan_of

FIREWALL = {
    "address_space": ["10.20.0.0/22"],
    "hub": {"vnet_id": HUB},
    "egress": {"kind": "firewall", "firewall_ip": "10.0.0.4"},
}
SOURCE = {
    "url": "https://git.example.com/config",
    "tag": "v1",
    "kustomizations": [{"name": "plugins", "path": "./plugins"}],
}
STOPPED = {"name": "al", "vm_size": "Standard_D4ds_v4", "assigned_user": GROUP, "stopped": True}
GITOPS = {**INFERENCE, "aks": {**INFERENCE["aks"], "gitops": SOURCE}}


CLUSTER = f"{CENTRAL.replace('00000000cafe', '000000000001')}/Microsoft.ContainerService/managedClusters/aks-central"
FROM_OFFICE = {
    "address_space": ["10.20.0.0/22"],
    "public_access": {"ip_ranges": ["203.0.113.0/24"], "reason": "Office access, NET-123"},
}


@pytest.fixture(scope="module")
def registered() -> dict[str, PlannedResource]:
    """Type → a resource of it, from every stack of every project and from what no project has."""
    plans: list[Plan] = [plan_of(*each) for each in STACKS]
    plans += [
        whole("dev", token=GROUP, inference=None, workload_identity={"github_repository": "example/churn"}, **BRICKS),
        whole("dev", network=FIREWALL, inference=None, workspace={**WORKSPACE, "instances": [STOPPED]}),
        whole("prod", ai_services=[OPENAI], budget={"amount": 9, "contact_emails": ["ml@example.com"]}),
        whole("prod", inference=GITOPS),
        whole("prod", inference=None, batch=BATCH, synapse=SYNAPSE),
        whole("prod", inference={"target": "aks", "aks": {"cluster_id": CLUSTER, "https": HTTPS}}),
        whole("dev", inference=None, synapse=SYNAPSE, network=FROM_OFFICE),
        *(whole("prod", inference=each) for each in OTHER_TARGETS.values()),
        landed("dev"),
    ]
    made = (each for plan in plans for each in plan.resources if each.custom)
    return {each.type: each for each in made if not each.type.startswith("pulumi:providers:")}


def test_every_type_that_is_registered_has_a_record(registered):
    assert set(registered) - set(RESOURCE_TYPES) == set()


def test_no_record_is_left_over(registered):
    assert set(RESOURCE_TYPES) - set(registered) == set()


@pytest.mark.parametrize("type_", [each for each in RESOURCE_TYPES if each.startswith("azure-native:")])
def test_an_id_is_made_of_inputs_that_the_sdk_requires_or_names(type_):
    """The SDK is the judge: what stands in an id's template has to be an input of the resource."""
    _, module, name = type_.split(":")
    resource = getattr(getattr(native, module), name)
    inputs = {each.rstrip("_") for each in inspect.signature(resource._internal_init).parameters}
    fields = {field for _, field, _, _ in string.Formatter().parse(RESOURCE_TYPES[type_].id) if field}
    asked = {re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", each).lower() for each in fields - {"subscription"}}
    # Pulumi's SDK has a shorter name for a few.
    assert asked <= inputs, asked - inputs


@pytest.mark.parametrize("type_", RESOURCE_TYPES)
def test_an_id_is_whole_where_everything_is_known(type_, registered):
    resource = registered[type_]
    assert resource.id not in ("", UNKNOWN)
    assert "{" not in resource.id
    if type_.startswith("azure-native:"):
        scope = "/subscriptions/[0-9a-f-]{36}(/resourceGroups/[^/]+)?"
        assert re.match(rf"{scope}(/providers/Microsoft[.]|$)", resource.id)


def test_a_type_that_only_a_program_of_others_registers_is_shown_too():
    strange = PlannedResource(
        urn="urn", type="aws:s3/bucket:LogBucket", name="b", parent="", custom=True, inputs={"sku": {"name": "big"}},
        dependencies=(), property_dependencies={}, protect=False,
    )  # fmt: skip
    assert (resource_type(strange.type).words_for(strange), size(strange)) == ("log bucket", "big")
