"""Where two plans of one project differ, apart from their names."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from ..naming import SHORT
from .resource import UNKNOWN, Plan, PlannedResource


class Difference(NamedTuple):
    """A resource that only one plan has, or an input that is another in each."""

    resource: str
    """The resource: its kind and its name in the program."""

    path: str
    """The input; empty where one plan lacks the resource."""

    values: tuple[Any, ...]
    """The value in each plan, in their order; None where it is absent."""


def differences(*plans: Plan) -> list[Difference]:
    """What differs between the plans, by resource.

    Names, ids and addresses of the environments themselves differ everywhere and are left out: a text is
    compared with each resource's name replaced by its name in the program.
    """
    described = [_described(plan) for plan in plans]
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


def _described(plan: Plan) -> dict[tuple[str, str], dict[str, Any]]:
    names = _names(plan)
    return {
        (each.name, each.urn.split("::")[2]): {**dict(_flat(each.inputs, "", names)), "protect": each.protect}
        for each in plan.azure_resources
    }


def _names(plan: Plan) -> list[tuple[str, str]]:
    """What a plan's own names are, the longest first, and what to read in their place."""
    found: dict[str, str] = {}
    for each in plan.resources:
        for text in _identifying(each):
            if len(text) > 3 and text != UNKNOWN:
                found.setdefault(text, f"<{each.name}>")
    return sorted(found.items(), key=lambda pair: -len(pair[0]))


def _identifying(resource: PlannedResource) -> Iterator[str]:
    if resource.type.startswith("pulumi:providers:"):
        yield str(resource.inputs.get("subscriptionId", UNKNOWN))
    elif resource.custom:
        yield resource.azure_name
        for name in ("principalId", "clientId", "result"):
            yield str(resource.outputs.get(name, UNKNOWN))
        yield str(resource.input("roleAssignmentName") or UNKNOWN)


def _flat(value: Any, path: str, names: list[tuple[str, str]]) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            if path != "tags" or key not in ("environment",):
                yield from _flat(item, f"{path}.{key}" if path else key, names)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            label = item.get("name", index) if isinstance(item, Mapping) else index
            yield from _flat(item, f"{path}[{_read(str(label), names)}]", names)
    else:
        yield path, _read(value, names) if isinstance(value, str) else value


def _read(text: str, names: list[tuple[str, str]]) -> str:
    for name, instead in names:
        text = text.replace(name, instead)
    return _ENVIRONMENT.sub("-<environment>", text)


_ENVIRONMENT = re.compile(rf"-({'|'.join(SHORT.values())})(?![\w<])")


def table(found: list[Difference], stacks: list[str]) -> Iterator[str]:
    """The differences as lines, a resource a paragraph."""
    yield f"Where {' and '.join(stacks)} differ, apart from names:"
    if not found:
        yield "  nowhere"
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
        shown = "  →  ".join("(none)" if value is None else str(value) for value in each.values)
        yield f"      {each.path}: {shown}"
