"""Finds private ranges that no other network has: for new projects, and for suggestions that can be used."""

from collections.abc import Iterable, Iterator
from ipaddress import IPv4Network
from typing import Optional

_PRIVATE = (IPv4Network("10.128.0.0/9"), IPv4Network("10.0.0.0/9"))
"""Where ranges are looked for. Networks that people number by hand begin at 10.0.0.0, so the upper half comes first."""

DOCUMENTED = IPv4Network("10.200.0.0/16")
"""The range of the documentation's examples, which nobody gets."""

OWN_RANGE = "10.<number>.<number>.0/22"
"""The shape of a range, where none is known to be free. It is refused if it is pasted as it is."""


def free_ranges(taken: Iterable[IPv4Network], size: int, within: Optional[IPv4Network] = None) -> Iterator[IPv4Network]:
    """The ranges with the prefix length `size` that overlap none of `taken`, in a range or in all that begin with 10.

    It knows what it is told. Networks elsewhere, such as other offices behind the hub, may have them.
    """
    others = [*taken] if within else [*taken, DOCUMENTED]
    for each in (within,) if within else _PRIVATE:
        start, end, step = int(each.network_address), int(each.broadcast_address), 2 ** (32 - size)
        while start + step - 1 <= end:
            candidate = IPv4Network((start, size))
            clash = [int(other.broadcast_address) for other in others if other.overlaps(candidate)]
            if not clash:
                yield candidate
            # Goes on after the last network in the way: a large one has many candidates.
            start = max(start, *clash) // step * step + step if clash else start + step


def free_range(taken: Iterable[IPv4Network]) -> str:
    """The first free range for a network of the usual size, in CIDR form; the shape of one if all are taken."""
    return next(map(str, free_ranges(taken, 22)), OWN_RANGE)
