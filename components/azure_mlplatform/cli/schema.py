"""`mlplatform schema`: the schemas of settings files, and of what commands print."""

import json
from collections.abc import Iterable
from typing import Annotated, Any, get_args

import typer
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from .input import option, refuse
from .options import OutputFile

EXAMPLES = (
    "mlplatform schema                          of Pulumi.<stack>.yaml",
    "mlplatform schema --file project           of Pulumi.yaml",
    "mlplatform schema --file output            of what commands print with --json",
)

_KINDS = "stack|platform-stack|project|output"


def schema(
    kind: Annotated[
        str,
        typer.Option(
            "--file",
            metavar=_KINDS,
            help="The schema of a project's Pulumi.<stack>.yaml, of the platform's, of Pulumi.yaml, or of the output "
            "of commands.",
        ),
    ] = "stack",
    file: OutputFile = None,
) -> None:
    """Print a JSON Schema of settings or of output.

    Of settings, for completion in an editor; or of what commands print with --json.
    """
    from ..config.schema import SCHEMAS
    from .answers import Answer
    from .output import output

    makers = {**SCHEMAS, "output": output_schema}
    if kind not in makers:
        refuse(option("--file", f"'{kind}' is not allowed", f"Allowed: {', '.join(makers)}"))
    with output(Answer, file, as_json=False) as said:
        said.text(json.dumps(makers[kind](), indent=2))


def output_schema() -> dict[str, Any]:
    """The schema of the JSON objects of all commands."""
    from ..foundation.field_docs import field_docs
    from .answers import ANSWERS

    references, whole = models_json_schema([(each, "serialization") for each in ANSWERS])
    definitions = whole["$defs"]
    for model in _models(ANSWERS):
        for name, text in field_docs(model).items():
            definitions[model.__name__]["properties"][name]["description"] = text
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "What commands of mlplatform print with --json",
        "anyOf": [references[each, "serialization"] for each in ANSWERS],
        "$defs": definitions,
    }


def _models(answers: Iterable[type[BaseModel]]) -> set[type[BaseModel]]:
    """The models of objects, and those in their fields."""
    found: set[type[BaseModel]] = set()
    pending: list[Any] = list(answers)
    while pending:
        each = pending.pop()
        if isinstance(each, type) and issubclass(each, BaseModel) and each not in found:
            found.add(each)
            pending += [field.annotation for field in each.model_fields.values()]
        pending += get_args(each)
    return found
