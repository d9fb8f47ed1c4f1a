from dataclasses import replace
from typing import Optional

import pytest

from azure_mlplatform.inference.aks.aks_inference import AKSInference
from azure_mlplatform.inference.aks.arguments import AKSInferenceArgs
from azure_mlplatform.plan.conflicts import conflicts
from azure_mlplatform.plan.resource import UNKNOWN, Plan
from azure_mlplatform.testing import SUBSCRIPTION
from support.programs import (
    HTTPS,
    HUB,
    OWN,
    SHARED_FACTORY,
    attachable,
    batch_in,
    data_product,
    ml_workspace,
    serving,
)

OTHER_HUB = HUB.replace("vnet-hub", "vnet-other")
OTHER = "00000000-0000-0000-0000-00000000beef"


def spoke(environment, space, hub=HUB):
    network = {"address_space": space, **({"hub": {"vnet_id": hub}} if hub else {})}
    return data_product(environment, stack=environment, network=network)


def said(*plans):
    return [str(each) for each in conflicts(plans)]


@pytest.mark.parametrize(
    ("space", "hub", "overlap"),
    [
        (["10.20.0.0/20"], HUB, "10.20.0.0/20 overlaps 10.20.0.0/22 of dev"),
        (["10.60.0.0/22", "10.20.2.0/24"], HUB, "10.20.2.0/24 overlaps 10.20.0.0/22 of dev"),
        (["10.20.0.0/20"], HUB.replace("vnet-hub", "VNET-HUB"), "10.20.0.0/20 overlaps 10.20.0.0/22 of dev"),
        (["10.60.0.0/22"], HUB, None),
        (["10.20.0.0/20"], OTHER_HUB, None),
        (["10.20.0.0/20"], None, None),
    ],
)
def test_networks_that_share_a_hub_share_no_address(space, hub, overlap):
    found = said(spoke("dev", ["10.20.0.0/22"]), spoke("prod", space, hub))
    assert len(found) == (overlap is not None)
    if overlap:
        assert found[0].startswith(f"Pulumi.prod.yaml: azure-mlplatform:network.address_space: {overlap}")


def test_two_stacks_cannot_make_the_same_resource():
    one, other = data_product("dev", stack="dev"), data_product("dev", stack="copy")
    [problem] = said(one, other)
    assert problem.startswith("Pulumi.copy.yaml: ResourceGroup rg-customer-360-churn-dev already belongs to dev")
    assert said(one, data_product("dev", stack="copy", subscription_id=OTHER)) == []
    assert said(one, data_product("prod", stack="prod")) == []


def test_a_data_factory_runs_the_pipelines_of_one_environment_alone():
    def adopting(environment: str, factory: Optional[str] = SHARED_FACTORY) -> Plan:
        return replace(batch_in(factory, environment), stack=environment)

    def shares(*plans):
        return [each for each in said(*plans) if "data_factory_id" in each]

    [problem] = shares(adopting("dev"), adopting("prod", SHARED_FACTORY.replace("rg-shared", "RG-Shared")))
    assert problem.startswith(
        "Pulumi.prod.yaml: azure-mlplatform:batch.data_factory_id: adf already runs the pipelines of dev"
    )
    assert shares(adopting("dev", None), adopting("prod", None)) == []
    assert shares(adopting("dev"), adopting("prod", None)) == []


def test_no_environment_names_what_belongs_to_another_of_its_project():
    placed = {"environment": "prod", "resource_group_name": "rg-prod"}
    dev, prod = ml_workspace(), replace(ml_workspace(**placed), stack="prod")
    [vault] = [each.id for each in dev.of_type("Vault")]
    adopting = replace(ml_workspace({**OWN, "key_vault_id": vault}, **placed), stack="prod")
    [problem] = said(dev, adopting)
    assert problem.startswith("Pulumi.prod.yaml: RoleAssignment ")
    assert f"refers to {vault.rsplit('/', 1)[1]}, which is in the group of dev" in problem
    assert said(dev, replace(adopting, project="other")) == []
    # What others made in dev's group is dev's too.
    given = f"{vault.rsplit('/providers/', 1)[0]}/providers/Microsoft.KeyVault/vaults/kv-given"
    assert len(said(dev, replace(ml_workspace({**OWN, "key_vault_id": given}, **placed), stack="prod"))) == 1
    # Both send their logs to the same place, which neither makes.
    assert said(dev, prod) == []


CLUSTER = (
    f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-central/providers/Microsoft.ContainerService/managedClusters/"
    "aks-central"
)


def attaching(workspace, attach, cluster=CLUSTER):
    """The compute alone of a plan that attaches a cluster."""
    own = {"quota": {"cpu": 64, "memory_gib": 512}} if attach == "shared" else {"https": HTTPS}
    settings = {"cluster_id": cluster, "attach": attach, **own}
    plan = serving(AKSInference, AKSInferenceArgs, settings, workspace=attachable(workspace))
    compute = tuple(each for each in plan.resources if each.kind == "Compute")
    return replace(plan, stack=workspace, resources=compute)


@pytest.mark.parametrize(
    ("one", "other", "refused"),
    [
        (("mlw-a", "exclusive"), ("mlw-b", "exclusive"), True),
        (("mlw-a", "exclusive"), ("mlw-b", "shared"), True),
        (("mlw-a", "shared"), ("mlw-b", "exclusive"), True),
        (("mlw-a", "shared"), ("mlw-b", "shared"), False),
        (("mlw-a", "exclusive"), ("mlw-b", "exclusive", CLUSTER.replace("aks-central", "aks-other")), False),
        (("mlw-a", "exclusive"), ("mlw-b", "exclusive", CLUSTER.replace("aks-central", "AKS-Central")), True),
    ],
)
def test_a_cluster_is_attached_by_one_workspace_or_shared(one, other, refused):
    found = said(*(attaching(*each) for each in (one, other)))
    assert len(found) == refused
    for problem in found:
        assert problem.startswith("Pulumi.mlw-b.yaml: azure-mlplatform:inference.aks.cluster_id: ")
        assert f"is attached {one[1]} to mlw-a by mlw-a, and {other[1]} to mlw-b by mlw-b: a second" in problem


def test_what_is_not_known_yet_is_no_second_attach():
    one, other = (attaching(each, "exclusive") for each in ("mlw-a", "mlw-b"))
    unknown = [replace(each, id=UNKNOWN) if each.kind == "Compute" else each for each in other.resources]
    assert said(one, replace(other, resources=tuple(unknown))) == []
    # A workspace does not attach twice what it has.
    assert [each for each in said(one, one) if "attached" in each] == []
