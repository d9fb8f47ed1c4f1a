"""Whether an answer is the expected one, and where it is not."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

from .cases import Tolerance

MOST = 5
"""The most differences that are told of one answer."""

LONGEST = 80
"""The maximum length of a value in a message."""


def differences(expected: Any, found: Any, tolerance: Tolerance) -> list[str]:
    """Where an answer differs, the first MOST places. Numbers are the same within the tolerance."""
    return list(islice(_differences(expected, found, tolerance, "answer"), MOST))


def _differences(expected: Any, found: Any, tolerance: Tolerance, at: str) -> Iterator[str]:
    if _is_number(expected) and _is_number(found):
        bound = max(tolerance.relative * abs(expected), tolerance.absolute)
        # A comparison with NaN is false, and NaN is never what is expected.
        if not abs(found - expected) <= bound:
            yield f"{at} is {_short(found)}, expected {_short(expected)} ± {bound:g}"
    elif isinstance(expected, dict) and isinstance(found, dict):
        for key in expected:
            if key not in found:
                yield f"{at}.{key} is missing"
            else:
                yield from _differences(expected[key], found[key], tolerance, f"{at}.{key}")
        yield from (f"{at}.{key} is not expected" for key in found if key not in expected)
    elif isinstance(expected, list) and isinstance(found, list):
        if len(expected) != len(found):
            yield f"{at} has {len(found)} items, expected {len(expected)}"
        for index, (one, other) in enumerate(zip(expected, found, strict=False)):
            yield from _differences(one, other, tolerance, f"{at}[{index}]")
    elif type(expected) is not type(found) or expected != found:
        yield f"{at} is {_short(found)}, expected {_short(expected)}"


def schema_violations(schema: Any, found: Any) -> list[str]:
    """Where an answer does not fit a JSON Schema, the first MOST places. References lead nowhere outside of it."""
    from jsonschema.validators import Draft202012Validator, validator_for
    from referencing import Registry
    from referencing.exceptions import Unresolvable

    kind: Any = validator_for(schema, Draft202012Validator)
    validator = kind(schema, registry=Registry())
    try:
        errors = islice(validator.iter_errors(found), MOST)
        return [f"{_place(each.absolute_path)}: {_cut(each.message)}" for each in errors]
    except (Unresolvable, RecursionError) as error:
        return [f"the schema cannot be applied: {_cut(str(error))}"]


def _place(path: Any) -> str:
    return "answer" + "".join(f"[{each}]" if isinstance(each, int) else f".{each}" for each in path)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _short(value: Any) -> str:
    import json

    return _cut(json.dumps(value, ensure_ascii=False))


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
