"""Takes ranges from a pool: the first that is free, in time linear in the number of ranges."""

from bisect import bisect_right, insort
from collections.abc import Iterable
from ipaddress import IPv4Network
from typing import Optional


class AddressPool:
    """Private ranges from which networks get theirs. What was taken once is never given again by the same pool."""

    def __init__(self, ranges: Iterable[IPv4Network], taken: Iterable[IPv4Network]) -> None:
        self._ranges = [(int(each.network_address), int(each.broadcast_address)) for each in ranges]
        self._taken = _merged(taken)
        self._next: dict[int, tuple[int, int]] = {}
        """Prefix length → the first place that was not looked at: number of the range, and address. All before it is
        taken and stays so."""

    def take(self, prefix: int) -> Optional[IPv4Network]:
        """A range of a size that overlaps none that is taken. None if the pool is full for this size."""
        step = 2 ** (32 - prefix)
        number, start = self._next.get(prefix, (0, 0))
        while number < len(self._ranges):
            first, last = self._ranges[number]
            start = _aligned(max(start, first), step)
            while start + step - 1 <= last:
                beyond = self._end_of_overlap(start, start + step - 1)
                if beyond is None:
                    self._next[prefix] = (number, start + step)
                    insort(self._taken, (start, start + step - 1))
                    return IPv4Network((start, prefix))
                start = _aligned(beyond + 1, step)
            number, start = number + 1, 0
        self._next[prefix] = (number, 0)
        return None

    def free_addresses(self) -> int:
        """The number of addresses that are not taken, in pieces of any size."""
        free = sum(last - first + 1 for first, last in self._ranges)
        for start, end in self._taken:
            for first, last in self._ranges:
                free -= max(0, min(end, last) - max(start, first) + 1)
        return free

    def _end_of_overlap(self, start: int, end: int) -> Optional[int]:
        """The last address of a taken range that overlaps this one."""
        before = bisect_right(self._taken, (end, 2**32)) - 1
        if before >= 0 and self._taken[before][1] >= start:
            return self._taken[before][1]
        return None


def overlaps(
    ranges: Iterable[tuple[IPv4Network, str]],
) -> list[tuple[tuple[IPv4Network, str], tuple[IPv4Network, str]]]:
    """The pairs of ranges that overlap, each range with the name of its holder: each range with the first one that
    reaches into it. Time is that of sorting."""
    found: list[tuple[tuple[IPv4Network, str], tuple[IPv4Network, str]]] = []
    widest: Optional[tuple[IPv4Network, str]] = None
    for each in sorted(ranges, key=lambda one: (int(one[0].network_address), one[0].prefixlen)):
        if widest is not None and widest[0].overlaps(each[0]):
            found.append((widest, each))
        if widest is None or each[0].broadcast_address > widest[0].broadcast_address:
            widest = each
    return found


def _aligned(address: int, step: int) -> int:
    return -(-address // step) * step


def _merged(ranges: Iterable[IPv4Network]) -> list[tuple[int, int]]:
    """First and last address of the ranges, sorted, without those that lie in another one."""
    merged: list[tuple[int, int]] = []
    for start, end in sorted((int(each.network_address), int(each.broadcast_address)) for each in ranges):
        if not merged or end > merged[-1][1]:
            merged.append((start, end))
    return merged
