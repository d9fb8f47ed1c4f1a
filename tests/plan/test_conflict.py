from dataclasses import replace

import pytest

from azure_mlplatform.plan.conflict import conflicts
from programs import HUB, OWN, data_product, ml_workspace

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
    assert problem.startswith("Pulumi.copy.yaml: ResourceGroup rg-customer-360-churn-dev belongs to dev already")
    assert said(one, data_product("dev", stack="copy", subscription_id=OTHER)) == []
    assert said(one, data_product("prod", stack="prod")) == []


def test_no_environment_names_what_belongs_to_another_of_its_project():
    placed = {"environment": "prod", "resource_group_name": "rg-prod"}
    dev, prod = ml_workspace(), replace(ml_workspace(**placed), stack="prod")
    [vault] = [each.id for each in dev.of_type("Vault")]
    adopting = replace(ml_workspace({**OWN, "key_vault_id": vault}, **placed), stack="prod")
    [problem] = said(dev, adopting)
    assert problem.startswith("Pulumi.prod.yaml: RoleAssignment ")
    assert f"names {vault.rsplit('/', 1)[1]}, which is in the group of dev" in problem
    assert said(dev, replace(adopting, project="other")) == []
    # What others made in dev's group is dev's too.
    given = f"{vault.rsplit('/providers/', 1)[0]}/providers/Microsoft.KeyVault/vaults/kv-given"
    assert len(said(dev, replace(ml_workspace({**OWN, "key_vault_id": given}, **placed), stack="prod"))) == 1
    # Both send their logs to the same place, which neither makes.
    assert said(dev, prod) == []
