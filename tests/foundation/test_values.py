import datetime
import ipaddress

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from pydantic_core import PydanticCustomError

from azure_mlplatform.foundation import values

GUID = "0000aaaa-0000-BBBB-0000-000000000001"
VNET = f"/subscriptions/{GUID}/resourceGroups/rg-a/providers/Microsoft.Network/virtualNetworks/vnet-a"


def allowed(rule, value):
    try:
        rule(value)
    except PydanticCustomError:
        return False
    return True


@given(st.uuids())
def test_every_guid_is_one(value):
    assert values.guid(str(value).upper()) == str(value)


@pytest.mark.parametrize("value", ["", "x", GUID[:-1], GUID + "0", GUID.replace("-", ""), f" {GUID}", f"{GUID}\n"])
def test_what_is_no_guid_is_refused(value):
    assert not allowed(values.guid, value)


@pytest.mark.parametrize("value", ["00000000-0000-0000-0000-000000000000"])
def test_an_id_of_zeros_is_none(value):
    with pytest.raises(PydanticCustomError, match="stands for no id"):
        values.guid(value)


@given(st.ip_addresses(v=4), st.integers(0, 32))
def test_a_range_is_taken_just_when_a_virtual_network_may_have_it(address, length):
    network = ipaddress.IPv4Network((address, length), strict=False)
    shared = ipaddress.IPv4Network("100.64.0.0/10")
    ours = [ipaddress.IPv4Network(each) for each in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")]
    legal = 8 <= length <= 29 and any(network.subnet_of(each) for each in [*ours, shared])
    assert allowed(values.private_range, str(network)) == legal


@given(st.ip_addresses(v=4, network="10.0.0.0/8"), st.integers(9, 29))
def test_a_range_with_bits_behind_its_prefix_names_the_one_it_lies_in(address, length):
    network = ipaddress.IPv4Network((address, length), strict=False)
    assume(address != network.network_address)
    with pytest.raises(PydanticCustomError) as error:
        values.private_range(f"{address}/{length}")
    assert str(network) in str(error.value)


@given(st.text(max_size=20))
def test_no_text_breaks_a_rule(text):
    for rule in (values.private_range, values.ip_range, values.ip_address, values.date, values.guid):
        allowed(rule, text)


@pytest.mark.parametrize("value", ["10.0.0.4", "2001:db8::/32", "", "10.0.0.0/33", "10.0.0.0/8/8"])
def test_what_is_no_range_is_refused(value):
    assert not allowed(values.private_range, value)


@pytest.mark.parametrize(
    ("value", "legal"),
    [
        ("203.0.113.0/24", True),
        ("203.0.113.7", True),
        ("10.0.0.0/8", False),
        ("192.168.1.1", False),
        ("0.0.0.0/0", False),
        ("0.0.0.0/7", False),
        ("203.0.113.8/31", False),
        ("x", False),
    ],
)
def test_a_firewall_never_opens_the_internet(value, legal):
    assert allowed(values.ip_range, value) == legal


def test_a_single_address_is_written_as_storage_takes_it():
    assert values.ip_range("203.0.113.7/32") == values.ip_range("203.0.113.7") == "203.0.113.7"


@pytest.mark.parametrize(
    ("value", "legal"), [("10.0.0.4", True), ("8.8.8.8", False), ("10.0.0.0/24", False), ("x", False)]
)
def test_a_next_hop_is_one_private_address(value, legal):
    assert allowed(values.ip_address, value) == legal


@given(st.dates())
def test_every_date_is_one(day: datetime.date):
    assert values.date(day.isoformat()) == day.isoformat()


@pytest.mark.parametrize("value", ["2026-02-30", "tomorrow", "01.02.2026", "", "20260115", "2026-W01-1"])
def test_what_is_no_date_is_refused(value):
    assert not allowed(values.date, value)


@pytest.mark.parametrize(
    ("value", "legal"),
    [
        (VNET, True),
        (VNET.replace("Microsoft.Network", "microsoft.network").replace("resourceGroups", "resourcegroups"), True),
        (VNET + "/subnets/a", False),
        (VNET.replace("virtualNetworks", "routeTables"), False),
        (VNET.replace(GUID, "x"), False),
        ("vnet-a", False),
    ],
)
def test_an_id_is_of_its_type(value, legal):
    assert allowed(values.arm_id("Microsoft.Network/virtualNetworks"), value) == legal


@pytest.mark.parametrize("name", ["..", ".", "a?b", "a#b", "a%2e", "a b", "a\\b", "", "a/..", "a@b", "a:b"])
def test_a_name_that_leads_elsewhere_is_no_id(name):
    group = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg"
    rule = values.arm_id("Microsoft.Network/virtualNetworks")
    assert allowed(rule, f"{group}/providers/Microsoft.Network/virtualNetworks/vnet-1.a_(b)")
    assert not allowed(rule, f"{group}/providers/Microsoft.Network/virtualNetworks/{name}")
    assert not allowed(values.arm_group_id, f"{group.removesuffix('rg')}{name}")


def test_the_parts_of_an_id():
    assert values.subscription_of(VNET) == GUID.lower()
    assert values.resource_group_of(VNET) == "rg-a"
    assert values.name_of(VNET) == "vnet-a"


def test_a_group_has_an_id_of_its_own():
    group = f"/subscriptions/{GUID}/resourceGroups/rg-a"
    assert allowed(values.arm_group_id, group)
    assert not allowed(values.arm_group_id, group + "/x")
    assert values.name_of(group) == "rg-a"


@pytest.mark.parametrize(
    ("value", "legal"), [("a@b.example", True), ("a@b", False), ("a b@c.example", False), ("", False)]
)
def test_an_address_can_get_mail(value, legal):
    assert allowed(values.email, value) == legal
