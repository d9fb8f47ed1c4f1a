import datetime
import ipaddress
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azure_mlplatform.foundation.free_range import DOCUMENTED
from azure_mlplatform.network.settings import DATABRICKS_SUBNETS, DELEGATIONS, SMALLEST
from azure_mlplatform.settings import NetworkSettings, SubnetRole
from support.violations import problems, refused

IDS = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg/providers/Microsoft.Network"
ADOPTED = {"endpoints": f"{IDS}/virtualNetworks/v/subnets/e"}
spaces = st.integers(10, 24).flatmap(
    lambda length: st.integers(0, 2 ** (length - 8) - 1).map(
        lambda index: ipaddress.IPv4Network(
            (int(ipaddress.IPv4Address("10.0.0.0")) + index * 2 ** (32 - length), length)
        )
    )
)


def own(**changes):
    return {"address_space": ["10.20.0.0/22"], **changes}


BRICKS = {"databricks_host": "10.21.0.0/26", "databricks_container": "10.21.0.64/26"}


def with_databricks(**changes):
    subnets = {key: value for key, value in {**BRICKS, **changes}.items() if value}
    return {"address_space": ["10.20.0.0/22", "10.21.0.0/24"], "subnets": subnets}


@given(spaces)
def test_the_default_subnets_fill_the_space_and_share_nothing(space):
    settings = NetworkSettings.model_validate({"address_space": [str(space)]})
    ranges = settings.ranges()
    assert set(ranges) == set(SubnetRole) - set(DELEGATIONS)
    assert all(subnet.subnet_of(space) for subnet in ranges.values())
    assert not any(one.overlaps(other) for one, other in combinations(ranges.values(), 2))
    assert sum(subnet.num_addresses for subnet in ranges.values()) == space.num_addresses
    assert all(subnet.prefixlen <= SMALLEST[role][0] for role, subnet in ranges.items())


@pytest.mark.parametrize("length", [25, 26, 27, 28, 29])
def test_a_space_too_small_for_the_default_subnets_says_how_large_it_must_be(length):
    found = problems(NetworkSettings, {"address_space": [f"10.0.0.0/{length}"]})
    assert found
    assert all(each.path == ("address_space", 0) for each in found)
    assert any("/24" in each.fix for each in found)


@pytest.mark.parametrize(
    ("data", "paths"),
    [
        ({}, ["address_space"]),
        (own(subnet_ids=ADOPTED), ["address_space"]),
        ({"subnet_ids": ADOPTED, "egress": {}}, ["egress"]),
        ({"subnet_ids": ADOPTED, "hub": {"vnet_id": f"{IDS}/virtualNetworks/hub"}}, ["hub"]),
        ({"subnet_ids": ADOPTED, "subnets": {"aks": "10.0.0.0/24"}}, ["subnets"]),
        ({"address_space": ["10.0.0.0/22", "10.0.2.0/24"]}, ["address_space[1]"]),
        (own(hub={"vnet_id": f"{IDS}/virtualNetworks/hub", "address_space": ["10.0.0.0/8"]}), ["address_space[0]"]),
        (own(hub={"vnet_id": "hub"}), ["hub.vnet_id"]),
        (own(subnets={"aks": "10.99.0.0/24"}), ["subnets.aks"]),
        (own(subnets={"endpoints": "10.20.3.128/29"}), ["subnets.endpoints"]),
        (own(subnets={"training": "10.20.0.0/24"}), ["subnets.training"]),
        (own(subnets={"runners": "8.8.8.0/24"}), ["subnets.runners"]),
        (with_databricks(), []),
        (with_databricks(databricks_host="10.21.0.0/27"), ["subnets.databricks_host"]),
        (with_databricks(databricks_host=None), ["subnets.databricks_host"]),
        (with_databricks(databricks_container=None), ["subnets.databricks_container"]),
        (with_databricks(databricks_container="10.21.0.0/26"), ["subnets.databricks_container"]),
        (with_databricks(databricks_container="10.22.0.0/26"), ["subnets.databricks_container"]),
        (with_databricks(databricks_host="10.20.3.192/26"), ["subnets.databricks_host"]),
        ({"subnet_ids": {**ADOPTED, "databricks_host": ADOPTED["endpoints"]}}, ["subnet_ids.databricks_container"]),
        ({"subnet_ids": {**ADOPTED, **dict.fromkeys(DATABRICKS_SUBNETS, ADOPTED["endpoints"])}}, []),
        (own(subnets={"gateway": "10.20.0.0/24"}), ["subnets.gateway"]),
        (own(egress={"kind": "firewall"}), ["egress.firewall_ip"]),
        (own(egress={"firewall_ip": "10.0.0.4"}), ["egress.firewall_ip"]),
        (own(egress={"kind": "natgateway"}), ["egress.kind"]),
        (own(dns={"mode": "adopt"}), ["dns.mode"]),
        (own(dns={"zone_ids": {"z": f"{IDS}/privateDnsZones/z"}}), ["dns.mode"]),
        (own(dns={"mode": "adopt", "zone_ids": {"z": "id"}}), ["dns.zone_ids.z"]),
        (own(dns={"servers": ["10.0.0.4", "10.0.0.5"]}), []),
        (own(dns={"mode": "policy", "servers": ["10.0.0.4"]}), []),
        (own(dns={"servers": ["10.0.0.4", "10.0.0.4"]}), ["dns.servers[1]"]),
        (own(dns={"servers": ["10.0.0.4", "8.8.8.8", "resolver"]}), ["dns.servers[1]", "dns.servers[2]"]),
        (own(dns={"servers": [f"10.0.0.{each}" for each in range(4, 25)]}), ["dns.servers"]),
        ({"subnet_ids": ADOPTED, "dns": {"mode": "policy", "servers": ["10.0.0.4"]}}, ["dns.servers"]),
        ({"subnet_ids": ADOPTED, "dns": {"mode": "policy"}}, []),
        (own(public_access={"ip_ranges": [], "reason": "a reason that is long"}), ["public_access.ip_ranges"]),
        (own(public_access={"ip_ranges": ["203.0.113.0/24"], "reason": "no"}), ["public_access.reason"]),
        (own(public_access={"ip_ranges": ["203.0.113.0/24"]}), ["public_access.reason"]),
    ],
)
def test_what_cannot_be_is_refused_where_it_stands(data, paths):
    assert refused(NetworkSettings, data) == paths


def test_subnets_that_overlap_are_both_named():
    [problem] = problems(NetworkSettings, own(subnets={"training": "10.20.0.0/24"}))
    assert "10.20.0.0/24 overlaps the aks subnet 10.20.0.0/23" in problem.what


def test_a_subnet_that_is_too_small_says_why():
    [problem] = problems(NetworkSettings, own(subnets={"containers": "10.20.3.0/28"}))
    assert "/28" in problem.what
    assert "Container Apps" in problem.what
    assert "/27" in problem.fix


def test_single_subnets_can_stand_in_a_second_space():
    settings = NetworkSettings.model_validate(
        {"address_space": ["10.20.0.0/22", "10.30.0.0/20"], "subnets": {"aks": "10.30.0.0/20"}}
    )
    assert str(settings.ranges()[SubnetRole.AKS]) == "10.30.0.0/20"
    assert str(settings.ranges()[SubnetRole.TRAINING]) == "10.20.2.0/24"


def test_databricks_takes_nothing_from_the_others():
    without, beside = (NetworkSettings.model_validate(each).ranges() for each in (own(), with_databricks()))
    host, container = (beside.pop(role) for role in DATABRICKS_SUBNETS)
    assert beside == without
    assert (str(host), str(container)) == ("10.21.0.0/26", "10.21.0.64/26")


def test_adopted_zones_are_found_by_id_before_group():
    dns = NetworkSettings.model_validate(
        own(
            dns={
                "mode": "adopt",
                "resource_group_id": IDS.split("/providers", maxsplit=1)[0],
                "zone_ids": {"a": f"{IDS}/privateDnsZones/a"},
            }
        )
    ).dns
    assert dns.zone_id("a") == f"{IDS}/privateDnsZones/a"
    assert dns.zone_id("b") == f"{IDS}/privateDnsZones/b"


HOSTS = ("app_service", "container_app")


@pytest.mark.parametrize("role", HOSTS)
def test_a_target_has_a_subnet_of_its_own_if_the_settings_give_one(role):
    without = NetworkSettings.model_validate(own())
    data = {"address_space": ["10.20.0.0/22", "10.21.0.0/24"], "subnets": {role: "10.21.0.64/27"}}
    settings = NetworkSettings.model_validate(data)
    assert settings.ranges() == {**without.ranges(), SubnetRole(role): ipaddress.IPv4Network("10.21.0.64/27")}
    assert [settings.gives(SubnetRole(each)) for each in HOSTS] == [each == role for each in HOSTS]
    adopted = NetworkSettings.model_validate({"subnet_ids": {**ADOPTED, role: ADOPTED["endpoints"]}})
    assert [adopted.gives(SubnetRole(each)) for each in HOSTS] == [each == role for each in HOSTS]


@pytest.mark.parametrize(
    ("subnets", "paths"),
    [
        ({"app_service": "10.21.0.0/28", "container_app": "10.21.0.32/27"}, []),
        ({"app_service": "10.21.0.0/29"}, ["subnets.app_service"]),
        ({"container_app": "10.21.0.0/28"}, ["subnets.container_app"]),
        ({"app_service": "10.22.0.0/26"}, ["subnets.app_service"]),
        ({"app_service": "10.20.3.0/27"}, ["subnets.app_service"]),
        ({"app_service": "10.21.0.0/26", "container_app": "10.21.0.32/27"}, ["subnets.container_app"]),
        (
            {"app_service": "10.21.0.0/29", "container_app": "10.22.0.0/26"},
            ["subnets.app_service", "subnets.container_app"],
        ),
    ],
)
def test_subnets_of_targets_have_a_place_and_a_size(subnets, paths):
    data = {"address_space": ["10.20.0.0/22", "10.21.0.0/24"], "subnets": subnets}
    assert sorted(refused(NetworkSettings, data)) == paths


def test_a_range_of_the_documentation_is_said():
    settings = NetworkSettings.model_validate({"address_space": ["10.200.4.0/22", "10.20.0.0/22"]})
    [notice] = settings.notices_on(datetime.date(2026, 11, 28))
    assert notice.startswith(
        f"network.address_space: 10.200.4.0/22 is in {DOCUMENTED}, where the documentation has its"
    )
    assert notice.endswith("is it yours?")
