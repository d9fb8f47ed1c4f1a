from ipaddress import IPv4Network

from hypothesis import given
from hypothesis import strategies as st

from azure_mlplatform.foundation.free_range import OWN_RANGE, free_range
from azure_mlplatform.foundation.values import private_range


def networks(*ranges):
    return [IPv4Network(each) for each in ranges]


def test_the_first_free_range_is_suggested():
    assert free_range([]) == "10.20.0.0/22"
    assert free_range(networks("10.20.0.0/22", "10.0.0.0/16")) == "10.20.4.0/22"
    assert free_range(networks("10.20.6.0/24", "10.20.0.0/22")) == "10.20.8.0/22"
    assert free_range(networks("10.20.0.0/24"), size=24) == "10.20.1.0/24"


def test_none_is_invented_where_all_is_taken():
    assert free_range(networks("10.0.0.0/8")) == OWN_RANGE
    assert free_range(networks("10.16.0.0/12", "10.32.0.0/11", "10.64.0.0/10", "10.128.0.0/9")) == OWN_RANGE


ranges = st.builds(
    lambda address, size: IPv4Network((address, size), strict=False),
    st.integers(10 << 24, (11 << 24) - 1),
    st.integers(12, 29),
)


@given(st.lists(ranges, max_size=30), st.integers(16, 28))
def test_a_suggestion_overlaps_nothing_and_is_accepted(taken, size):
    suggested = free_range(taken, size)
    if suggested != OWN_RANGE:
        assert private_range(suggested) == suggested
        assert IPv4Network(suggested).prefixlen == size
        assert not any(IPv4Network(suggested).overlaps(each) for each in taken)
