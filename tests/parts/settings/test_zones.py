"""Availability zones: what the kind of environment needs, what its region has, and what is refused or left out."""

import datetime

import pytest

from azure_mlplatform.catalogue.regions import REGIONS
from azure_mlplatform.foundation.profiles import Environment
from azure_mlplatform.network.network import NetworkArgs
from azure_mlplatform.parts.settings.zones import AvailabilityZones
from azure_mlplatform.settings import EnvironmentSettings
from azure_mlplatform.testing import example_settings
from support.programs import (
    BRICKS,
    CPU,
    GPU_POOL,
    HTTPS,
    INFERENCE,
    MODEL_APP,
    OTHER_TARGETS,
    SYNAPSE,
    WORKSPACE,
    placed,
    whole,
)
from support.violations import problems, refused

WITHOUT = ["westus", "northcentralus", "ukwest", "westindia"]
REASON = "The data stays in this region, ARC-118"


def given(environment, location, **changes):
    data = example_settings(environment).model_dump(mode="json", exclude_unset=True)
    return {**data, "location": location, **changes}


def served(**aks):
    return {**INFERENCE, "aks": {"https": HTTPS, **aks}}


@pytest.mark.parametrize("location", WITHOUT)
def test_prod_in_a_region_without_zones_is_refused_with_what_needs_them_and_where_there_are_some(location):
    data = given("prod", location, workspace=WORKSPACE, inference=INFERENCE, synapse=SYNAPSE)
    [problem] = problems(EnvironmentSettings, data)
    assert problem.path == ("location",)
    assert problem.what.startswith(f"{location} has no availability zones (read 2026-11-28), and in prod ")
    for part in ("NAT gateway's address", "workspace's storage", "registry", "cluster's pools", "lake of Synapse"):
        assert part in problem.what
    near = {"ukwest": "uksouth", "westindia": "centralindia"}.get(location, "centralus, eastus, eastus2, ")
    assert f"such as {near}" in problem.fix
    assert "no_zones_reason" in problem.fix


@pytest.mark.parametrize(
    ("changes", "part"),
    [
        ({"inference": OTHER_TARGETS["app_service"]}, "the App Service plan"),
        ({"inference": OTHER_TARGETS["container_app"]}, "the Container Apps environment"),
        ({**BRICKS}, "the storage of Databricks"),
    ],
)
def test_each_part_that_is_spread_over_zones_is_named(changes, part):
    [problem] = problems(EnvironmentSettings, given("prod", "ukwest", workspace=WORKSPACE, **changes))
    assert part in problem.what


def test_what_others_run_needs_no_zones():
    hub = {"kind": "firewall", "firewall_ip": "10.0.0.4"}
    data = given("prod", "ukwest", network={"address_space": ["10.20.0.0/22"], "egress": hub})
    assert refused(EnvironmentSettings, data) == []


@pytest.mark.parametrize("environment", ["sandbox", "dev", "test"])
@pytest.mark.parametrize("location", WITHOUT)
def test_where_zones_are_only_wanted_they_are_left_out(environment, location):
    assert refused(EnvironmentSettings, given(environment, location)) == []


@pytest.mark.parametrize("environment", ["dev", "prod"])
@pytest.mark.parametrize(
    "inference", [served(pools=[GPU_POOL]), OTHER_TARGETS["app_service"], OTHER_TARGETS["container_app"]]
)
@pytest.mark.parametrize("preview", [False, True])
def test_nothing_is_in_a_zone_where_the_region_has_none(environment, inference, preview):
    plan = whole(
        environment,
        location="ukwest",
        workspace=WORKSPACE,
        inference=inference,
        no_zones_reason=REASON if environment == "prod" else None,
        preview=preview,
    )
    assert {each.input("sku.name") for each in plan.of_type("StorageAccount")} == {"Standard_LRS"}
    assert {each.input("zoneRedundancy") for each in plan.of_type("Registry")} == {"Disabled"}
    assert {each.input("zones") for each in plan.of_type("PublicIPAddress")} == {None}
    assert not [each for each in plan.of_type("AgentPool") if "availabilityZones" in each.inputs]
    for cluster in plan.of_type("ManagedCluster"):
        assert not [each for each in cluster.input("agentPoolProfiles") if "availabilityZones" in each]
    for kind in ("AppServicePlan", "ManagedEnvironment"):
        assert {each.input("zoneRedundant") for each in plan.of_type(kind)} <= {False}


@pytest.mark.parametrize("location", ["westeurope", "japanwest", "eastus3", "swedensouth"])
def test_a_region_with_zones_or_one_that_is_not_checked_has_all_three_in_prod(location):
    plan = whole("prod", location=location, inference=served(pools=[GPU_POOL]))
    assert {tuple(each.input("availabilityZones")) for each in plan.of_type("AgentPool")} == {("1", "2", "3")}
    assert {each.input("sku.name") for each in plan.of_type("StorageAccount")} == {"Standard_ZRS"}


def test_a_reason_leaves_zones_out_in_any_region():
    plan = whole("prod", no_zones_reason=REASON)
    assert {each.input("sku.name") for each in plan.of_type("StorageAccount")} == {"Standard_LRS"}
    assert {each.input("zones") for each in plan.of_type("PublicIPAddress")} == {None}


@pytest.mark.parametrize("environment", ["dev", "prod"])
def test_an_empty_list_means_no_zone(environment):
    pool = {**GPU_POOL, "zones": [], "no_zones_reason": "A100 only outside zones, ML-322"}
    plan = whole(environment, inference=served(pools=[pool]))
    pools = {each.input("agentPoolName"): each.input("availabilityZones") for each in plan.of_type("AgentPool")}
    assert pools["gpu"] is None
    assert pools["cpu"] == (["1", "2", "3"] if environment == "prod" else ["1"])


@pytest.mark.parametrize(
    ("environment", "location", "pools", "changes", "paths"),
    [
        ("dev", "westeurope", {"cpu": {"zones": []}}, {}, []),
        ("prod", "westeurope", {"cpu": {"zones": []}}, {}, ["cpu.zones"]),
        ("prod", "westeurope", {"cpu": {"zones": [], "no_zones_reason": REASON}}, {}, []),
        ("prod", "westeurope", {"cpu": {"zones": [], "no_zones_reason": "short"}}, {}, ["cpu.no_zones_reason"]),
        ("prod", "westeurope", {"cpu": {"no_zones_reason": REASON}}, {}, ["cpu.no_zones_reason"]),
        ("prod", "westeurope", {"pools": [{**GPU_POOL, "zones": []}]}, {}, ["pools[0].zones"]),
        ("prod", "westeurope", {"pools": [{**GPU_POOL, "zones": ["2"]}]}, {}, []),
        ("prod", "westeurope", {"system": {"zones": ["2"]}}, {}, ["system.zones"]),
        ("prod", "ukwest", {"system": {"zones": []}}, {"no_zones_reason": REASON}, []),
        ("prod", "ukwest", {"system": {"zones": ["1"]}}, {"no_zones_reason": REASON}, ["system.zones"]),
        ("prod", "uksouth", {"system": {"zones": ["1"]}}, {"no_zones_reason": REASON}, ["system.zones"]),
        ("dev", "ukwest", {"cpu": {"zones": ["1"]}, "pools": [{**GPU_POOL, "zones": ["1"]}]}, {}, ["cpu", "pools[0]"]),
    ],
)
def test_zones_of_a_pool(environment, location, pools, changes, paths):
    data = given(environment, location, workspace=WORKSPACE, inference=served(**pools), **changes)
    full = [f"inference.aks.{each}" + ("" if "." in each else ".zones") for each in paths]
    assert sorted(refused(EnvironmentSettings, data)) == sorted(full)


def test_one_instance_is_enough_without_zones():
    plan = {"target": "app_service", "app_service": {"apps": [MODEL_APP], "instances": 1}}
    at = ["inference.app_service.instances"]
    assert refused(EnvironmentSettings, given("prod", "uksouth", workspace=WORKSPACE, inference=plan)) == at
    data = given("prod", "ukwest", workspace=WORKSPACE, inference=plan, no_zones_reason=REASON)
    assert refused(EnvironmentSettings, data) == []


def test_a_component_alone_obeys_the_same_rules():
    args = {**placed("prod", location="ukwest"), "settings": {"address_space": ["10.20.0.0/22"]}}
    assert refused(NetworkArgs, args) == ["placement.location"]
    args = {
        **placed("prod", location="ukwest", no_zones_reason=REASON),
        "settings": {"address_space": ["10.20.0.0/22"]},
    }
    assert refused(NetworkArgs, args) == []


@pytest.mark.parametrize(
    ("location", "said"),
    [
        ("westeurope", []),
        ("ukwest", []),
        ("eastus3", ["location: eastus3 is not in the catalogue of regions of 2026-11-28"]),
        ("swedensouth", ["location: whether swedensouth has availability zones is not checked"]),
    ],
)
def test_what_is_not_checked_is_said(location, said):
    found = list(example_settings("test", location=location).notices_on(datetime.date(2026, 11, 28)))
    assert [each.startswith(start) for each, start in zip(found, said, strict=True)] == [True] * len(said)


def test_sizes_with_accelerators_whose_regions_are_not_listed_are_said_once():
    cluster = {"name": "gpu", "vm_size": "Standard_NC24ads_A100_v4"}
    settings = example_settings(
        "dev", workspace={**WORKSPACE, "clusters": [CPU, cluster]}, inference=served(pools=[GPU_POOL])
    )
    [notice] = [each for each in settings.notices_on(datetime.date(2026, 11, 28)) if "list-skus" in each]
    assert notice.startswith("Standard_NC24ads_A100_v4: ")
    assert "--location westeurope --size Standard_NC24ads_A100_v4" in notice


@pytest.mark.parametrize(("location", "allowed"), [("westeurope", True), ("northeurope", False), ("eastus3", True)])
def test_an_fpga_is_refused_where_the_region_is_known_not_to_have_it(location, allowed):
    pool = {"name": "fpga", "vm_size": "Standard_NP10s", "accelerator": "fpga"}
    found = problems(EnvironmentSettings, given("dev", location, workspace=WORKSPACE, inference=served(pools=[pool])))
    assert [each.path for each in found] == ([] if allowed else [("inference", "aks", "pools", 0, "vm_size")])
    assert all("canadacentral, eastus, japaneast" in each.fix for each in found)


@pytest.mark.parametrize("location", sorted(REGIONS))
@pytest.mark.parametrize("environment", list(Environment))
def test_only_prod_is_spread_and_only_where_there_are_zones(environment, location):
    zones = AvailabilityZones(environment, location)
    assert zones.usable == (REGIONS[location].zones is not False)
    assert zones.profile.zone_redundant == (environment is Environment.PROD and zones.usable)
    assert not AvailabilityZones(environment, location, REASON).usable
