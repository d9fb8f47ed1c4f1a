"""Builds expressions of Data Factory and Synapse from parts.

The functions are those of "Expressions and functions in Azure Data Factory and Azure Synapse Analytics" (Microsoft
Learn). The module does not use Pulumi.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, Union


class Expression(NamedTuple):
    """An expression, without its leading `@`."""

    text: str

    @property
    def as_text(self) -> str:
        """The expression as a string, for example for a trigger's parameters."""
        return f"@{self.text}"

    @property
    def as_json(self) -> dict[str, str]:
        """The expression as a JSON object, for example for an activity's properties."""
        return {"type": "Expression", "value": self.as_text}


Part = Union[Expression, str, int]
"""A part of an expression: another expression, a string, or a whole number."""

RUN_ID = Expression("pipeline().RunId")
"""The id of the run."""

TRIGGER_TIME = Expression("pipeline().TriggerTime")
"""The start time of the run."""


def _written(part: Part) -> str:
    if isinstance(part, Expression):
        return part.text
    return str(part) if isinstance(part, int) else "'" + part.replace("'", "''") + "'"


def call(function: str, *arguments: Part) -> Expression:
    """A call of a function. A Python string becomes a string in the expression."""
    return Expression(f"{function}({', '.join(map(_written, arguments))})")


def concat(*parts: Part) -> Expression:
    """The parts as one string."""
    return Expression(_written(parts[0])) if len(parts) == 1 else call("concat", *parts)


def parameter(name: str) -> Expression:
    """A parameter of the pipeline."""
    return Expression(f"pipeline().parameters.{name}")


def variable(name: str) -> Expression:
    """A variable of the pipeline."""
    return call("variables", name)


def output_of(activity: str, path: str) -> Expression:
    """A value in the output of an activity. `path` is, for example, `properties.status`."""
    return Expression(f"activity('{activity}').output.{path}")


def either(condition: Expression, one: Part, other: Part) -> Expression:
    """`one` if the condition is true, else `other`. Both are always evaluated, so both must always be valid."""
    return call("if", condition, one, other)


def given_or(name: str, computed: Part) -> Expression:
    """The pipeline's parameter `name`, or `computed` if it is empty; see `either`."""
    return either(call("empty", parameter(name)), computed, parameter(name))


def json_of(value: Mapping[str, Any]) -> Expression:
    """A JSON object as a string. Expressions in it become JSON strings, with any special characters escaped."""
    pieces: list[Part] = []
    for piece in _json_pieces(value):
        if pieces and isinstance(piece, str) and isinstance(pieces[-1], str):
            pieces[-1] += piece
        else:
            pieces.append(piece)
    return concat(*pieces)


def _json_pieces(value: Any) -> Iterator[Union[Expression, str]]:
    if isinstance(value, Expression):
        # Names of blobs may contain quotation marks.
        escaped = call("replace", call("replace", value, "\\", "\\\\"), '"', '\\"')
        yield from ('"', escaped, '"')
    elif isinstance(value, Mapping):
        yield "{"
        for index, (key, item) in enumerate(value.items()):
            yield ("," if index else "") + json.dumps(key) + ":"
            yield from _json_pieces(item)
        yield "}"
    else:
        yield json.dumps(value)
