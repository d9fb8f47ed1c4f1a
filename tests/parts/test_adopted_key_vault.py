"""The vault of a customer-managed key is read once, and judged before anything is made."""

import pytest

from azure_mlplatform.parts.arguments import RefusedError
from azure_mlplatform.settings import EnvironmentSettings
from azure_mlplatform.testing import SUBSCRIPTION, TENANT, example_settings, urns
from support.programs import BATCH, DOCUMENTS, LEGACY, SYNAPSE, WORKSPACE, data_product, whole

VAULT = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-keys/providers/Microsoft.KeyVault/vaults/kv-keys"
KEY = {"key_vault_id": VAULT, "key_id": "https://kv-keys.vault.azure.net/keys/ml"}
CLOSED = {"bypass": "AzureServices", "defaultAction": "Deny"}
RIGHT = {
    "enableRbacAuthorization": True,
    "enableSoftDelete": True,
    "enablePurgeProtection": True,
    "publicNetworkAccess": "Disabled",
    "networkAcls": CLOSED,
    "tenantId": TENANT,
}


def problems(environment="prod", location="westeurope", changes=None, **settings):
    """What is wrong with a vault with these properties. None: left out, as Azure answers."""
    properties = {key: value for key, value in {**RIGHT, **(changes or {})}.items() if value is not None}
    existing = {VAULT.upper(): {"location": location, "properties": properties}}
    found = []
    try:
        data_product(environment, customer_managed_key=KEY, existing=existing, **settings)
    except RefusedError as error:
        found = list(error.problems)
    assert {each.path for each in found} <= {("customer_managed_key", "key_vault_id")}
    assert all(each.what.startswith(f"'{VAULT}': ") for each in found)
    return [f"{each.what}. {each.fix}" for each in found]


@pytest.mark.parametrize(
    ("changes", "text", "fix"),
    [
        ({}, None, ""),
        ({"tenantId": TENANT.upper()}, None, ""),
        ({"enablePurgeProtection": None}, "no purge protection", "--enable-purge-protection true"),
        ({"enablePurgeProtection": False}, "no purge protection", "az keyvault update --name kv-keys"),
        ({"enableSoftDelete": False}, "no soft delete", "--enable-soft-delete true"),
        ({"enableSoftDelete": None}, None, ""),
        ({"enableRbacAuthorization": None}, "access policies", "--enable-rbac-authorization true"),
        ({"enableRbacAuthorization": False}, "access policies", "--enable-rbac-authorization true"),
        ({"tenantId": "00000000-0000-0000-0000-00000000beef"}, "in the tenant", "the environment's tenant"),
        ({"publicNetworkAccess": None, "networkAcls": None}, "every network reaches it", "Disabled"),
        ({"publicNetworkAccess": "Enabled", "networkAcls": {"defaultAction": "Allow"}}, "every network", "Disabled"),
        ({"publicNetworkAccess": "Enabled"}, None, ""),
        ({"networkAcls": {**CLOSED, "bypass": "None"}}, "no trusted services", "--bypass AzureServices"),
    ],
)
def test_a_vault_that_cannot_hold_the_key_is_refused_with_the_way(changes, text, fix):
    found = problems(changes=changes)
    assert len(found) == (text is not None)
    assert all(text in each and fix in each for each in found)


def test_everything_that_is_wrong_with_a_vault_comes_at_once():
    assert len(problems(changes=dict.fromkeys(RIGHT), location="northeurope", ai_services=[DOCUMENTS])) == 4


@pytest.mark.parametrize(("environment", "refused"), [("sandbox", 0), ("dev", 0), ("test", 1), ("prod", 1)])
def test_a_vault_is_open_where_the_environment_may_be(environment, refused):
    assert len(problems(environment, changes={"publicNetworkAccess": "Enabled", "networkAcls": None})) == refused


@pytest.mark.parametrize(
    ("settings", "location", "named"),
    [
        ({"ai_services": [DOCUMENTS]}, "West Europe", ""),
        ({"ai_services": [DOCUMENTS]}, "northeurope", "AI services"),
        ({"workspace": WORKSPACE}, "northeurope", ""),
        ({"synapse": SYNAPSE, "ai_services": [DOCUMENTS]}, "northeurope", "AI services, Synapse"),
    ],
)
def test_a_vault_in_another_region_is_refused_for_what_needs_it_near(settings, location, named):
    found = problems(location=location, **settings)
    assert len(found) == bool(named)
    assert all(f"in northeurope, but {named} need" in each for each in found)


def test_a_data_factory_needs_the_vault_near_too():
    jobs = [{**each, **LEGACY} for each in BATCH["jobs"]]
    settings = example_settings("dev", workspace=WORKSPACE, batch={**BATCH, "jobs": jobs}, customer_managed_key=KEY)
    assert isinstance(settings, EnvironmentSettings)
    assert settings.encrypted_near_the_vault == ["the data factory"]


def test_an_environment_that_is_retired_can_go_with_any_vault():
    assert problems(changes={"enablePurgeProtection": False}, retire={"reason": "the project has ended"}) == []


@pytest.mark.parametrize("preview", [False, True])
@pytest.mark.parametrize("environment", ["dev", "prod"])
def test_a_vault_of_which_nothing_is_known_is_not_judged(environment, preview):
    plan = data_product(environment, preview=preview, customer_managed_key=KEY)
    [reader] = [each for each in plan.of_type("RoleAssignment") if each.name == "dp-key-reader"]
    assert reader.input("scope") == VAULT


def test_one_vault_is_read_once(monkeypatch):
    import pulumi_azure_native as native

    read = []
    get = native.keyvault.Vault.get
    monkeypatch.setattr(native.keyvault.Vault, "get", lambda *args: read.append(args[1]) or get(*args))
    adopting = {**WORKSPACE, "key_vault_id": VAULT.replace("resourceGroups", "resourcegroups")}
    plan = whole("prod", workspace=adopting, customer_managed_key=KEY, anew=True)
    assert read == [VAULT]
    assert urns(plan)
    whole("prod", workspace=adopting, customer_managed_key=KEY, preview=True, anew=True)
    assert read == [VAULT, VAULT]
