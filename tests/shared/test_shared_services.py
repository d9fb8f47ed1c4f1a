"""What environments share, in both tiers."""

import pytest
from pydantic import ValidationError

from azure_mlplatform.catalogue.private_link import PrivateService, zones
from azure_mlplatform.foundation.custom_roles import CustomRole, custom_role_guid
from azure_mlplatform.foundation.profiles import Environment
from azure_mlplatform.plan.rights import rights_of
from azure_mlplatform.shared.settings import SharedSettings
from azure_mlplatform.testing import check_golden, urns
from support.changes import BASES
from support.stacks import ROOT, plan_of

FOLDER = ROOT / "projects" / "shared"
TENANT = "00000000-0000-0000-0000-0000000000aa"
WRITER = {"name": "churn-dev", "principal_id": "00000000-0000-0000-0000-0000000d1001"}


def settings(base="shared", **changes):
    return SharedSettings.model_validate({**BASES[base], **changes})


def refused(base="shared", **changes):
    with pytest.raises(ValidationError) as error:
        settings(base, **changes)
    return [f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.value.errors()]


@pytest.mark.parametrize("stack", ["nonprod", "prod"])
def test_a_first_preview_registers_the_same(stack):
    assert urns(plan_of(FOLDER, stack, known=False)) == urns(plan_of(FOLDER, stack))


@pytest.mark.parametrize("stack", ["nonprod", "prod"])
def test_every_zone_that_an_environment_may_need_is_there_and_linked_to_the_hub(stack):
    plan = plan_of(FOLDER, stack)
    made = {each.azure_name for each in plan.of_type("PrivateZone")}
    assert made == {
        zone for at in ("westeurope", "swedencentral") for each in PrivateService for zone in zones(each, at)
    }
    linked = {each.input("privateZoneName") for each in plan.of_type("VirtualNetworkLink")}
    assert linked == made


def test_nonprod_and_prod_share_nothing_but_who_publishes_models():
    nonprod, prod = (plan_of(FOLDER, each).azure_resources for each in ("nonprod", "prod"))
    ids = [{each.id for each in side} for side in (nonprod, prod)]
    assert not ids[0] & ids[1]
    subscriptions = [{each.split("/")[2] for each in side if each.startswith("/subscriptions/")} for side in ids]
    assert not subscriptions[0] & subscriptions[1]


def test_own_roles_of_nonprod_and_prod_are_apart_and_known_beforehand():
    for stack, environment in (("nonprod", Environment.DEV), ("prod", Environment.PROD)):
        plan = plan_of(FOLDER, stack)
        guids = {each.input("roleDefinitionId") for each in plan.of_type("RoleDefinition")}
        assert {custom_role_guid(TENANT, environment, each) for each in CustomRole} <= guids
        own = [each for each in plan.of_type("RoleDefinition") if "-role-" in each.name and "models" not in each.name]
        for each in own:
            assert each.input("assignableScopes")[1:] == [
                f"/subscriptions/{one}"
                for one in settings("shared" if stack == "nonprod" else "shared_prod").subscriptions
            ]


def test_the_hub_peers_back_to_each_spoke():
    [peering] = plan_of(FOLDER, "prod").of_type("VirtualNetworkPeering")
    assert peering.id.endswith(
        "/rg-hub/providers/Microsoft.Network/virtualNetworks/vnet-hub-prod/virtualNetworkPeerings/"
        "peer-vnet-lending-prod"
    )
    assert peering.input("remoteVirtualNetwork.id").endswith("/vnet-lending-prod")
    assert (peering.input("allowGatewayTransit"), peering.input("useRemoteGateways")) == (True, None)


def test_models_go_one_way_and_nobody_deletes_them():
    plan = plan_of(FOLDER, "prod")
    [registry] = plan.of_type("azure-native:machinelearningservices:Registry")
    assert registry.protect
    assert registry.input("publicNetworkAccess") == "Disabled"
    roles = {
        each.input("roleDefinitionId"): each.input("permissions.0.actions") for each in plan.of_type("RoleDefinition")
    }
    may = {}
    for each in plan.of_type("RoleAssignment"):
        assert each.input("scope") == registry.id
        may[each.input("principalId")] = roles[each.input("roleDefinitionId").rsplit("/", 1)[-1]]
    kind = "Microsoft.MachineLearningServices/registries"
    assert may == {
        "00000000-0000-0000-0000-0000000d1001": [f"{kind}/read", f"{kind}/assets/read", f"{kind}/assets/write"],
        "00000000-0000-0000-0000-0000000f1001": [f"{kind}/read", f"{kind}/assets/read"],
    }


def test_policies_differ_by_tier_in_one_effect():
    def effects(stack):
        found = {}
        for each in plan_of(FOLDER, stack).of_type("PolicyAssignment"):
            found[each.input("displayName")] = each.input("parameters.effect.value")
        return found

    public = "Azure Machine Learning Workspaces should disable public network access"
    assert effects("nonprod") == {**effects("prod"), public: "Audit"}
    assert effects("prod")[public] == "Deny"


def test_load_testing_is_in_nonprod_and_the_registry_in_prod():
    [found] = refused("shared", model_registry=BASES["shared_prod"]["model_registry"])
    assert found.startswith("model_registry: models go through one registry, which nonprod does not have")
    [found] = refused("shared_prod", load_testing={})
    assert found == "load_testing: load tests do not run in prod. Move it to the stack of nonprod"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"hub": None, "dns": {}}, "dns.linked_network_ids: no network is linked to the zones"),
        ({"subscriptions": []}, "subscriptions: "),
        ({"tenant_id": "00000000-0000-0000-0000-0000000005d0"}, "tenant_id: "),
        ({"subscription_id": "00000000-0000-0000-0000-0000000005d9"}, "hub.vnet_id: 'vnet-hub-nonprod' is in the"),
        (
            {"dns": {"regions": ["westeurope"], "without": ["example.com"]}},
            "dns.without.0: 'example.com' is not a zone",
        ),
        ({"environment": "dev"}, "environment: "),
        ({"network": {}}, "network: "),
    ],
)
def test_bad_input_is_said_with_its_place(changes, said):
    assert any(each.startswith(said) for each in refused("shared", **changes)), refused("shared", **changes)


def test_an_identity_of_both_tiers_is_refused():
    registry = {**BASES["shared_prod"]["model_registry"], "writers": [WRITER], "readers": [WRITER]}
    [found] = refused("shared_prod", model_registry=registry)
    assert "'churn-dev' is the writer 'churn-dev' too: nonprod and prod would share an identity" in found


def test_an_administrator_needs_rights_on_whole_subscriptions():
    found = rights_of(plan_of(FOLDER, "nonprod"), plan_of(FOLDER, "nonprod", retired=True))
    wide = {each.action for each in found.rights if each.scope.count("/") == 2}
    assert "Microsoft.Authorization/roleDefinitions/write" in wide
    assert "Microsoft.Authorization/policyAssignments/write" in wide


@pytest.mark.parametrize("stack", ["nonprod", "prod"])
def test_urns_do_not_move(stack):
    check_golden(urns(plan_of(FOLDER, stack)), ROOT / "tests" / "golden" / f"project-shared-{stack}.txt")
