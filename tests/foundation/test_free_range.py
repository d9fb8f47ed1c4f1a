import itertools
from ipaddress import IPv4Network

from hypothesis import given
from hypothesis import strategies as st

from azure_mlplatform.foundation.free_range import OWN_RANGE, free_range, free_ranges
from azure_mlplatform.foundation.values import private_range


def networks(*ranges):
    return [IPv4Network(each) for each in ranges]


def test_the_first_free_range_is_suggested():
    assert free_range([]) == "10.128.0.0/22"
    assert free_range(networks("10.128.0.0/22", "10.0.0.0/16")) == "10.128.4.0/22"
    assert free_range(networks("10.128.6.0/24", "10.128.0.0/22")) == "10.128.8.0/22"
    assert str(next(free_ranges(networks("10.128.0.0/24"), 24))) == "10.128.1.0/24"


def test_below_the_upper_half_is_looked_after_it_and_examples_are_left_out():
    assert free_range(networks("10.128.0.0/9")) == "10.0.0.0/22"
    assert free_range(networks("10.128.0.0/10", "10.192.0.0/13")) == "10.201.0.0/22"
    within = IPv4Network("10.200.0.0/22")
    assert list(map(str, free_ranges(networks("10.200.1.0/24"), 24, within))) == [
        "10.200.0.0/24", "10.200.2.0/24", "10.200.3.0/24",
    ]  # fmt: skip


def test_none_is_invented_where_all_is_taken():
    assert free_range(networks("10.0.0.0/8")) == OWN_RANGE
    assert free_range(networks("10.0.0.0/9", "10.128.0.0/9")) == OWN_RANGE


ranges = st.builds(
    lambda address, size: IPv4Network((address, size), strict=False),
    st.integers(10 << 24, (11 << 24) - 1),
    st.integers(12, 29),
)


@given(st.lists(ranges, max_size=30), st.integers(16, 28))
def test_ranges_overlap_nothing_and_are_accepted(taken, size):
    found = list(itertools.islice(free_ranges(taken, size), 3))
    assert len(set(found)) == len(found)
    for each in found:
        assert private_range(str(each)) == str(each)
        assert each.prefixlen == size
        assert not any(each.overlaps(other) for other in taken)


@given(st.lists(ranges, max_size=8), st.integers(16, 20), st.integers(10, 16))
def test_no_range_is_passed_over(taken, size, wide):
    within = IPv4Network(((10 << 24), wide), strict=False)
    every = [each for each in within.subnets(new_prefix=size) if not any(each.overlaps(other) for other in taken)]
    assert list(free_ranges(taken, size, within)) == every
