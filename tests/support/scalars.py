"""Scalars of YAML, and what the Pulumi CLI makes of them. A real CLI judges them in tests/engine/test_go_yaml.py."""

import json
from pathlib import Path
from typing import Any, NamedTuple


class Scalar(NamedTuple):
    """A scalar as it is written in a list or mapping."""

    written: str
    value: Any
    """The value that the CLI hands over."""

    misread: bool
    """Whether other readers, or people, take it for something else. No setting may be written so."""


SCALARS = [
    Scalar(**each)
    for each in json.loads((Path(__file__).parents[1] / "data" / "pulumi_scalars.json").read_text(encoding="utf-8"))
]


def same(one: Any, other: Any) -> bool:
    """Whether two values are the same in JSON, which has no integers and tells numbers from booleans."""
    if isinstance(one, bool) or isinstance(other, bool) or not isinstance(one, int | float):
        return type(one) is type(other) and one == other
    return isinstance(other, int | float) and float(one) == float(other)
