"""Finds a private range that no other network has, for a suggestion that can be used as it is."""

from collections.abc import Iterable
from ipaddress import IPv4Network

_WITHIN = IPv4Network("10.0.0.0/8")
_FIRST = IPv4Network("10.20.0.0/22")
"""Suggestions start here: below, hubs and offices are likely."""


def free_range(taken: Iterable[IPv4Network], size: int = 22) -> str:
    """The first range with the prefix length `size` that overlaps none of `taken`, in CIDR form.

    It knows what it is told. Networks elsewhere, such as other offices behind the hub, may have it.
    """
    others = sorted(set(taken), key=lambda each: each.network_address)
    start = int(_FIRST.network_address)
    step = 2 ** (32 - size)
    while start + step - 1 <= int(_WITHIN.broadcast_address):
        candidate = IPv4Network((start, size))
        clash = [each for each in others if each.overlaps(candidate)]
        if not clash:
            return str(candidate)
        after = max(int(each.broadcast_address) for each in clash) + 1
        start = -(-after // step) * step
    return OWN_RANGE


OWN_RANGE = "10.<number>.<number>.0/22"
"""The shape of a range, where none is known to be free. It is refused if it is pasted as it is."""
