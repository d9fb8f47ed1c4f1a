"""Ranges from a pool, judged by a search that looks at everything."""

import time
from ipaddress import IPv4Network

from hypothesis import given
from hypothesis import strategies as st

from azure_mlplatform.foundation.free_range import free_ranges
from azure_mlplatform.requests.address_pool import AddressPool, overlaps

POOL = IPv4Network("10.160.0.0/20")
INSIDE = st.integers(20, 28).flatmap(
    lambda size: st.integers(0, 2 ** (size - 20) - 1).map(
        lambda number: IPv4Network((int(POOL.network_address) + number * 2 ** (32 - size), size))
    )
)


@given(st.lists(INSIDE, max_size=6), st.lists(st.integers(20, 26), max_size=20))
def test_the_first_free_range_is_taken(taken, sizes):
    pool, known = AddressPool([POOL], taken), list(taken)
    for size in sizes:
        found = pool.take(size)
        assert found == next(free_ranges(known, size, POOL), None)
        if found is not None:
            known.append(found)


def test_a_second_range_is_used_when_the_first_is_full():
    pool = AddressPool([IPv4Network("10.0.0.0/24"), IPv4Network("10.9.0.0/24")], [])
    assert [str(pool.take(25)) for _ in range(5)] == [
        "10.0.0.0/25", "10.0.0.128/25", "10.9.0.0/25", "10.9.0.128/25", "None",
    ]  # fmt: skip


def test_what_was_full_for_a_large_one_has_room_for_a_small_one():
    pool = AddressPool([IPv4Network("10.0.0.0/23")], [IPv4Network("10.0.0.0/25")])
    assert [str(pool.take(size)) for size in (23, 24, 24, 25, 25)] == [
        "None", "10.0.1.0/24", "None", "10.0.0.128/25", "None",
    ]  # fmt: skip


@given(st.lists(INSIDE, max_size=12))
def test_overlaps_are_found_as_by_comparing_all_with_all(ranges):
    found = overlaps((each, str(number)) for number, each in enumerate(ranges))
    some = any(one.overlaps(other) for number, one in enumerate(ranges) for other in ranges[:number])
    assert bool(found) is some
    assert all(first[0].overlaps(second[0]) for first, second in found)


def test_many_take_as_long_for_each_as_few():
    def seconds(number):
        pool = AddressPool([IPv4Network("10.0.0.0/8")], [])
        start = time.process_time()
        for _ in range(number):
            assert pool.take(24)
        return time.process_time() - start

    few, many = (min(seconds(number) for _ in range(3)) for number in (2_000, 20_000))
    assert many < 40 * few
