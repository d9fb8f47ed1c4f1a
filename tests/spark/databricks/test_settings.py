"""Whether an environment can hold Databricks, and what is said of it."""

import datetime

import pytest

from azure_mlplatform.emulation.answers import SUBSCRIPTION
from azure_mlplatform.environment.checks.spark import token_attaches_databricks
from azure_mlplatform.settings import DatabricksSettings, EnvironmentSettings, PrivateService
from azure_mlplatform.testing import example_settings
from support.violations import problems, refused

SPACES = ["10.20.0.0/22", "10.21.0.0/24"]
BOTH = {"databricks_host": "10.21.0.0/25", "databricks_container": "10.21.0.128/25"}
OWN = {"address_space": SPACES, "subnets": BOTH}
SUBNETS = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/vnet/subnets"
WORKSPACE = {"network_mode": "own", "clusters": [{"name": "cpu", "vm_size": "Standard_D4ds_v4"}]}
TODAY = datetime.date(2026, 1, 15)


def environment(**changes):
    base = example_settings("prod").model_dump(mode="json", exclude_unset=True)
    return {**base, "network": OWN, "databricks": {}, **changes}


def adopted(**changes):
    ids = {each: f"{SUBNETS}/{each}" for each in ("endpoints", "training", *BOTH)} | changes
    return {"subnet_ids": {key: value for key, value in ids.items() if value}}


OTHER_NETWORK = f"{SUBNETS.replace('/vnet/', '/other/')}/container"
ELSEWHERE = SUBNETS.replace(SUBSCRIPTION, "00000000-0000-0000-0000-00000000cafe")
HOST, CONTAINER = "network.subnet_ids.databricks_host", "network.subnet_ids.databricks_container"


@pytest.mark.parametrize(
    ("changes", "paths"),
    [
        ({}, []),
        ({"network": {"address_space": SPACES}}, [f"network.subnets.{each}" for each in BOTH]),
        ({"network": {"address_space": SPACES}, "databricks": None}, []),
        # Its subnets stay until it is gone.
        ({"databricks": None}, []),
        ({"network": {**OWN, "subnets": {**BOTH, "databricks_host": None}}}, ["network.subnets.databricks_host"]),
        (
            {"network": {**OWN, "address_space": ["10.20.0.0/22", "10.21.0.0/25", "10.21.0.128/25"]}},
            [f"network.subnets.{each}" for each in BOTH],
        ),
        (
            {
                "network": {
                    "address_space": ["172.16.0.0/22", "10.0.0.0/15"],
                    "subnets": {"databricks_host": "10.0.0.0/20", "databricks_container": "10.1.0.0/20"},
                }
            },
            [f"network.subnets.{each}" for each in BOTH],
        ),
        ({"network": adopted()}, []),
        ({"network": adopted(databricks_host=None, databricks_container=None)}, [HOST, CONTAINER]),
        ({"network": adopted(databricks_container=f"{SUBNETS}/databricks_host")}, [CONTAINER]),
        ({"network": adopted(databricks_container=OTHER_NETWORK)}, [CONTAINER]),
        ({"network": adopted(**{each: f"{ELSEWHERE}/{each}" for each in BOTH})}, [HOST]),
        ({"databricks": {"compute_name": "no name"}}, ["databricks.compute_name"]),
        ({"databricks": {"token": "dapi-of-nobody"}}, ["databricks.token"]),
    ],
)
def test_what_cannot_be_is_refused_where_it_stands(changes, paths):
    assert refused(EnvironmentSettings, environment(**changes)) == paths


def test_a_sandbox_without_a_network_has_none():
    sandbox = example_settings("sandbox").model_dump(mode="json", exclude_unset=True)
    [problem] = problems(EnvironmentSettings, {**sandbox, "databricks": {}})
    assert (problem.path, problem.what) == (
        ("databricks",),
        "Databricks needs a network, and the environment has none",
    )
    assert "databricks_host" in problem.fix


def test_missing_subnets_come_with_the_advice_to_add_a_range():
    for each in problems(EnvironmentSettings, environment(network={"address_space": SPACES})):
        assert "Add a range to network.address_space, such as a /24" in each.fix


def test_a_token_in_the_settings_is_not_shown():
    found = problems(EnvironmentSettings, environment(databricks={"token": "dapi-of-nobody"}))
    assert "dapi-of-nobody" not in str(found)


def test_its_endpoints_need_zones():
    with_sign_in = {"browser_authentication": True}
    settings = DatabricksSettings.model_validate(with_sign_in)
    assert settings.private_services == [
        PrivateService.DATABRICKS,
        PrivateService.DATABRICKS_STORAGE,
        PrivateService.DATABRICKS_SIGN_IN,
    ]
    made = EnvironmentSettings.model_validate(environment(databricks=with_sign_in))
    zones = {"privatelink.azuredatabricks.net", *(f"privatelink.{each}.core.windows.net" for each in ("blob", "dfs"))}
    assert set(made.dns_zones) == zones
    elsewhere = {
        "mode": "adopt",
        "zone_ids": {"privatelink.other.net": f"{SUBNETS.split('virtual', maxsplit=1)[0]}privateDnsZones/z"},
    }
    found = problems(EnvironmentSettings, environment(network={**OWN, "dns": elsewhere}))
    assert {each.what for each in found} == {f"no id is given for the zone {zone}" for zone in zones}


def test_its_endpoints_count():
    # Eleven addresses are free in a /28, and Databricks has three endpoints.
    network = {**OWN, "subnets": {**BOTH, "endpoints": "10.20.3.128/28"}}
    services = [{"name": f"service-{index}", "kind": "Face"} for index in range(9)]
    assert refused(EnvironmentSettings, environment(network=network, ai_services=services[:8])) == []
    assert refused(EnvironmentSettings, environment(network=network, ai_services=services)) == [
        "network.subnets.endpoints"
    ]


@pytest.mark.parametrize(
    ("changes", "missing"),
    [
        ({"workspace": WORKSPACE}, []),
        ({}, ["workspace"]),
        ({"databricks": None, "workspace": WORKSPACE}, ["databricks"]),
        ({"databricks": None}, ["databricks", "workspace"]),
    ],
)
def test_a_token_needs_something_to_attach_and_to_attach_to(changes, missing):
    settings = EnvironmentSettings.model_validate(environment(**changes))
    found = list(token_attaches_databricks(settings.databricks, settings.workspace))
    assert [each.path for each in found] == [("databricks_token",)] * bool(missing)
    for each in found:
        assert each.what.endswith("there is no " + " and no ".join(missing))
        assert each.fix.startswith("Add " + " and ".join(missing))


def test_a_key_of_ones_own_is_said_not_to_reach_it():
    vault = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-keys/providers/Microsoft.KeyVault/vaults/kv-keys"
    key = {"key_vault_id": vault, "key_id": "https://kv-keys.vault.azure.net/keys/ml"}
    said = [
        list(EnvironmentSettings.model_validate(environment(**changes)).notices_on(TODAY))
        for changes in ({}, {"customer_managed_key": key}, {"customer_managed_key": key, "databricks": None})
    ]
    assert [len(each) for each in said] == [0, 1, 0]
    assert said[1][0].startswith("databricks: customer_managed_key does not apply to it")
