"""The differences between plans of one project, apart from names."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from ..foundation.naming import SHORT
from ..foundation.printable import printable
from .resource import UNKNOWN, Plan, PlannedResource


class Difference(NamedTuple):
    """A resource that a plan lacks, or an input with different values."""

    resource: str
    """The resource: its kind and its name in the program."""

    path: str
    """The input. Empty if a plan lacks the resource."""

    values: tuple[Any, ...]
    """The value in each plan, in the order of the plans. None if it is absent."""


def differences(*plans: Plan) -> list[Difference]:
    """The differences between the plans, by resource.

    Ignores names, ids and addresses of the environments themselves, because they always differ: texts are compared
    after each resource's name is replaced by its name in the program.
    """
    described = [_described(plan, _names(plan, plans)) for plan in plans]
    keys = dict.fromkeys(key for each in described for key in each)
    found: list[Difference] = []
    for key in sorted(keys):
        label = f"{key[1].rsplit('$', 1)[-1].rsplit(':', 1)[-1]} {key[0]}"
        has = [key in each for each in described]
        if not all(has):
            found.append(Difference(label, "", tuple("yes" if each else None for each in has)))
            continue
        inputs = [each[key] for each in described]
        for path in sorted({path for each in inputs for path in each}):
            values = tuple(each.get(path) for each in inputs)
            if any(value != values[0] for value in values[1:]):
                found.append(Difference(label, path, values))
    return found


def _described(plan: Plan, names: "_Names") -> dict[tuple[str, str], dict[str, Any]]:
    return {
        (each.name, each.urn.split("::")[2]): {**dict(_flat(each.inputs, "", names)), "protect": each.protect}
        for each in plan.azure_resources
    }


class _Names(NamedTuple):
    """The names that only this plan uses, and their replacements."""

    instead: dict[str, str]
    pattern: re.Pattern[str]
    """Matches any of the names, the longest first."""

    def read(self, text: str) -> str:
        """The text with this plan's own names replaced."""
        found = self.pattern.sub(lambda match: self.instead[match[0]], text) if self.instead else text
        return _ENVIRONMENT.sub("-<environment>", found)


def _names(plan: Plan, plans: tuple[Plan, ...]) -> _Names:
    """The names of resources that have another name in another plan. Skips all other names, because they may also be
    words in other texts."""
    others = [{each.name: set(_identifying(each)) for each in other.resources} for other in plans if other is not plan]
    found: dict[str, str] = {}
    for each in plan.resources:
        for text in _identifying(each):
            differs = any(text not in other[each.name] for other in others if each.name in other)
            if differs and len(text) > 3 and text != UNKNOWN:
                found.setdefault(text, f"<{each.name}>")
    return _Names(found, re.compile("|".join(map(re.escape, sorted(found, key=len, reverse=True)))))


def _identifying(resource: PlannedResource) -> Iterator[str]:
    if resource.type.startswith("pulumi:providers:"):
        yield str(resource.inputs.get("subscriptionId", UNKNOWN))
    elif resource.custom:
        yield resource.azure_name
        yield resource.principal_id
        for name in ("clientId", "result"):
            yield str(resource.outputs.get(name, UNKNOWN))
        yield str(resource.input("roleAssignmentName") or UNKNOWN)


def _flat(value: Any, path: str, names: _Names) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            if path != "tags" or key not in ("environment",):
                yield from _flat(item, f"{path}.{key}" if path else key, names)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            label = item.get("name", index) if isinstance(item, Mapping) else index
            yield from _flat(item, f"{path}[{names.read(str(label))}]", names)
    else:
        yield path, names.read(value) if isinstance(value, str) else value


_ENVIRONMENT = re.compile(rf"-({'|'.join(SHORT.values())})(?![\w<])")


def table(found: list[Difference], stacks: list[str]) -> Iterator[str]:
    """The differences as lines, one paragraph for each resource."""
    return map(printable, _lines(found, stacks))


def _lines(found: list[Difference], stacks: list[str]) -> Iterator[str]:
    yield f"Differences between {' and '.join(stacks)}, apart from names:"
    if not found:
        yield "  none"
    before = ""
    for each in found:
        if not each.path:
            there = " and ".join(stack for stack, value in zip(stacks, each.values, strict=True) if value)
            yield f"  {each.resource}: only in {there}"
            before = ""
            continue
        if each.resource != before:
            yield f"  {each.resource}"
            before = each.resource
        shown = "  →  ".join("(none)" if value is None else " ".join(str(value).split("\n")) for value in each.values)
        yield f"      {each.path}: {shown}"
