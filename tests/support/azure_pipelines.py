"""Reads files of Azure Pipelines as Azure does before it runs them: `each` is written out, and every scalar is a text.

In the published schema, inputs of tasks are booleans all the same.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

_EACH = re.compile(r"\$\{\{ each (\w+) in parameters\.(\w+) \}\}")


def compiled(file: Path) -> dict[str, Any]:
    """A file, with `each` written out for the defaults of its parameters."""
    data = yaml.load(file.read_text(encoding="utf-8"), yaml.BaseLoader)  # noqa: S506 - makes texts only
    values = {each["name"]: each.get("default") for each in data.get("parameters", [])}
    return _written_out(data, values)


def _written_out(value: Any, parameters: Mapping[str, Any]) -> Any:
    if isinstance(value, list):
        found: list[Any] = []
        for item in value:
            each = _EACH.fullmatch(next(iter(item))) if isinstance(item, dict) and len(item) == 1 else None
            if each is None:
                found.append(_written_out(item, parameters))
                continue
            for one in parameters[each[2]]:
                found += _with(_written_out(item[each[0]], parameters), f"${{{{ {each[1]} }}}}", one)
        return found
    if isinstance(value, dict):
        return {
            key: _booleans(item) if key == "inputs" else _written_out(item, parameters) for key, item in value.items()
        }
    return value


def _booleans(inputs: Mapping[str, str]) -> dict[str, Any]:
    return {key: value == "true" if value in ("true", "false") else value for key, value in inputs.items()}


def _with(value: Any, old: str, new: str) -> Any:
    if isinstance(value, list):
        return [_with(each, old, new) for each in value]
    if isinstance(value, dict):
        return {key: _with(each, old, new) for key, each in value.items()}
    return value.replace(old, new) if isinstance(value, str) else value
