"""Values of a body by their path, and the differences between two bodies."""

from collections.abc import Iterator
from typing import Any

Found = tuple[str, Any]
"""Where a value stands, with names instead of places in a list, and the value."""


def values_at(body: Any, path: str) -> list[Found]:
    """The values at a dotted path.

    `[]` stands for each item of a list, which is known by its name if it has one; `*` for each key of a map; `**` for
    any depth. azure-native leaves out most envelopes named `properties`, so a path may have them or not.
    """
    return list(_walk(body, path.split("."), ""))


def _walk(value: Any, parts: list[str], where: str) -> Iterator[Found]:
    if not parts:
        yield where, value
        return
    part, rest = parts[0], parts[1:]
    if part == "**":
        yield from _walk(value, rest, where)
        children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        for key, each in children:
            yield from _walk(each, parts, f"{where}.{key}")
        return
    if not isinstance(value, dict):
        return
    if part == "*":
        for key, each in value.items():
            yield from _walk(each, rest, f"{where}.{key}")
        return
    name = part.removesuffix("[]")
    key = next((each for each in value if each.lower() == name.lower()), None)
    if key is None:
        if name == "properties":
            yield from _walk(value, rest, where)
        return
    below = value[key]
    if not part.endswith("[]"):
        yield from _walk(below, rest, f"{where}.{key}")
    elif isinstance(below, list):
        for index, each in enumerate(below):
            label = each.get("name", index) if isinstance(each, dict) else index
            yield from _walk(each, rest, f"{where}.{key}[{label}]")


def first_at(body: Any, path: str) -> Any:
    """The first value at a path, or None."""
    return next((value for _, value in values_at(body, path)), None)


def differing(old: list[Found], new: list[Found]) -> Iterator[tuple[Any, Any]]:
    """The values that stand at the same place in both, and differ. Of an object, the values in it."""
    now = dict(new)
    for where, before in old:
        if where in now:
            yield from _differing(before, now[where])


def _differing(before: Any, now: Any) -> Iterator[tuple[Any, Any]]:
    if isinstance(before, dict) and isinstance(now, dict):
        for key in before.keys() & now.keys():
            yield from _differing(before[key], now[key])
    elif before is not None and now is not None and not _same(before, now):
        yield before, now


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, str) and isinstance(other, str):
        return one.lower() == other.lower()
    if isinstance(one, list) and isinstance(other, list):
        return sorted(map(str, one)) == sorted(map(str, other))
    return one == other
