"""Expressions of Data Factory and Synapse: built of parts, and written down once.

Their functions are those of "Expressions and functions in Azure Data Factory and Azure Synapse Analytics" (Microsoft
Learn). Nothing here knows Pulumi.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, Union


class Expression(NamedTuple):
    """An expression, without the `@` that it begins with where it is used."""

    text: str

    @property
    def as_text(self) -> str:
        """The expression where a text is expected that may be one, as in a trigger's parameters."""
        return f"@{self.text}"

    @property
    def as_json(self) -> dict[str, str]:
        """The expression where a value is expected, as in an activity's properties."""
        return {"type": "Expression", "value": self.as_text}


Part = Union[Expression, str, int]
"""Part of an expression: another one, a text, or a whole number."""

RUN_ID = Expression("pipeline().RunId")
"""The id of the run."""

TRIGGER_TIME = Expression("pipeline().TriggerTime")
"""When the run was started."""


def _written(part: Part) -> str:
    if isinstance(part, Expression):
        return part.text
    return str(part) if isinstance(part, int) else "'" + part.replace("'", "''") + "'"


def call(function: str, *arguments: Part) -> Expression:
    """A call of a function. A Python text is a text in the expression."""
    return Expression(f"{function}({', '.join(map(_written, arguments))})")


def concat(*parts: Part) -> Expression:
    """The parts as one text."""
    return Expression(_written(parts[0])) if len(parts) == 1 else call("concat", *parts)


def parameter(name: str) -> Expression:
    """A parameter of the pipeline."""
    return Expression(f"pipeline().parameters.{name}")


def variable(name: str) -> Expression:
    """A variable of the pipeline."""
    return call("variables", name)


def output_of(activity: str, path: str) -> Expression:
    """A value in what an activity answers, such as `properties.status`."""
    return Expression(f"activity('{activity}').output.{path}")


def either(condition: Expression, one: Part, other: Part) -> Expression:
    """`one` if the condition holds, else `other`. Both are worked out, so both have to be legal whatever is so."""
    return call("if", condition, one, other)


def given_or(name: str, computed: Part) -> Expression:
    """A parameter of the pipeline, or what is computed if it is empty; see `either`."""
    return either(call("empty", parameter(name)), computed, parameter(name))


def json_of(value: Mapping[str, Any]) -> Expression:
    """A JSON object as a text. An expression in it stands for a text, whatever characters that holds."""
    pieces: list[Part] = []
    for piece in _json_pieces(value):
        if pieces and isinstance(piece, str) and isinstance(pieces[-1], str):
            pieces[-1] += piece
        else:
            pieces.append(piece)
    return concat(*pieces)


def _json_pieces(value: Any) -> Iterator[Union[Expression, str]]:
    if isinstance(value, Expression):
        # Blobs may have quotation marks in their names.
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
