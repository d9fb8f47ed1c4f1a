"""The inputs of a resource after a refresh, as azure-native computes them.

It does not read inputs from Azure. It compares what Azure showed after the last update with what Azure shows now, and
puts the difference into the inputs (pulumi-azure-native, provider/pkg/provider, `Read` and `applyDiff`, read
2026-11-27).
"""

from typing import Any


def refreshed(inputs: Any, before: Any, now: Any) -> Any:
    """`inputs`, with the changes between what Azure showed `before` and shows `now`. Lists are compared by place."""
    if isinstance(inputs, dict) and isinstance(before, dict) and isinstance(now, dict):
        kept = {key: value for key, value in inputs.items() if key in now or key not in before}
        for key, value in now.items():
            if key not in before or (key not in inputs and before[key] != value):
                kept[key] = value
            elif before[key] != value:
                kept[key] = refreshed(inputs[key], before[key], value)
        return kept
    if isinstance(inputs, list) and isinstance(before, list) and isinstance(now, list):
        return [
            refreshed(inputs[index], before[index], value) if index < min(len(inputs), len(before)) else value
            for index, value in enumerate(now)
        ]
    return now


def without(shown: dict[str, Any], read_only: dict[str, Any]) -> dict[str, Any]:
    """Leaves out the properties that Azure alone decides."""
    kept: dict[str, Any] = {}
    for key, value in shown.items():
        added = read_only.get(key)
        if isinstance(value, dict) and isinstance(added, dict):
            kept[key] = without(value, added)
        elif key not in read_only:
            kept[key] = value
    return kept


def merged(written: dict[str, Any], read_only: dict[str, Any]) -> dict[str, Any]:
    """Adds the properties that Azure alone decides to those that were written."""
    result = dict(written)
    for key, value in read_only.items():
        mine = result.get(key)
        result[key] = merged(mine, value) if isinstance(mine, dict) and isinstance(value, dict) else value
    return result


def only_shown(shown: dict[str, Any], written: dict[str, Any]) -> dict[str, Any]:
    """The part of what Azure shows that nobody can write."""
    added: dict[str, Any] = {}
    for key, value in shown.items():
        mine = written.get(key)
        if isinstance(value, dict) and isinstance(mine, dict):
            if below := only_shown(value, mine):
                added[key] = below
        elif key not in written or value != mine:
            added[key] = value
    return added
