"""What others have to link so that names resolve in an own network."""

import datetime

import pytest

from azure_mlplatform.testing import SUBSCRIPTION, example_settings
from support.programs import CENTRAL, HTTPS, INFERENCE, WORKSPACE

ZONE_GROUP = {"resource_group_id": CENTRAL.removesuffix("/providers")}
SUBNET = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-hub/providers/Microsoft.Network/virtualNetworks/hub/subnets"
ADOPTED = {"subnet_ids": {"endpoints": f"{SUBNET}/endpoints", "training": f"{SUBNET}/training", "aks": f"{SUBNET}/aks"}}
OWN = {"address_space": ["10.20.0.0/22"]}
SERVERS = ["10.0.0.4"]


def said(network, **changes):
    changes = {"workspace": WORKSPACE, **changes}
    settings = example_settings("dev", network=network, **changes)
    return [each for each in settings.notices_on(datetime.date(2026, 11, 28)) if each.startswith("network.dns")]


@pytest.mark.parametrize("dns", [{"mode": "policy"}, {"mode": "adopt", **ZONE_GROUP}])
def test_without_dns_servers_every_zone_that_must_be_linked_is_named_with_the_network(dns):
    [notice] = said({**OWN, "dns": dns})
    assert f"mode is '{dns['mode']}' without servers" in notice
    assert "resolve in vnet-churn-dev only after" in notice
    for zone in ("api.azureml.ms", "notebooks.azure.net", "vaultcore.azure.net", "blob.core.windows.net", "azurecr.io"):
        assert f"privatelink.{zone}" in notice
    assert "network.dns.servers" in notice


@pytest.mark.parametrize(
    "network",
    [
        OWN,
        {**OWN, "dns": {"mode": "policy", "servers": SERVERS}},
        {**OWN, "dns": {"mode": "adopt", "servers": SERVERS, **ZONE_GROUP}},
        {**ADOPTED, "dns": {"mode": "policy"}},
    ],
)
def test_where_names_resolve_or_others_run_the_network_nothing_is_said(network):
    assert said(network) == []


def test_an_environment_without_private_endpoints_needs_no_zones():
    assert said({**OWN, "dns": {"mode": "policy"}}, workspace=None) == []


def test_own_zones_are_not_linked_to_the_network_of_the_servers():
    [notice] = said({**OWN, "dns": {"servers": SERVERS}})
    assert "mode is 'create'" in notice
    assert "privatelink.api.azureml.ms" in notice


@pytest.mark.parametrize(("dns", "told"), [({"mode": "policy"}, True), ({"mode": "adopt", **ZONE_GROUP}, False)])
def test_the_zone_that_aks_makes_must_be_linked_to_the_network_of_the_servers(dns, told):
    found = said({**OWN, "dns": {**dns, "servers": SERVERS}}, inference={**INFERENCE, "aks": {"https": HTTPS}})
    assert any("privatelink.westeurope.azmk8s.io" in each for each in found) is told
    assert [each for each in said({**OWN, "dns": dns}, inference=INFERENCE) if "azmk8s" in each] == []
