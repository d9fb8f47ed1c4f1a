"""`mlplatform schema`: the schemas of settings files, and of what commands print."""

import json
from collections.abc import Callable
from typing import Annotated, Any

import typer
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, models_json_schema

from ..foundation.field_docs import field_docs
from .input import option, refuse
from .options import OutputFile

EXAMPLES = (
    "mlplatform schema                          of Pulumi.<stack>.yaml",
    "mlplatform schema --file project           of Pulumi.yaml",
    "mlplatform schema --file request           of requests/<project>.yaml",
    "mlplatform schema --file smoke-cases       of the cases of `mlplatform endpoint smoke`",
    "mlplatform schema --file output            of what commands print with --json",
    "mlplatform schema --file issue-form        a GitHub issue form with the fields of a request",
)

_KINDS = "stack|platform-stack|landing|shared|project|request|platform|smoke-cases|output|issue-form|backstage"


def schema(
    kind: Annotated[
        str,
        typer.Option(
            "--file",
            metavar=_KINDS,
            help="The schema of a project's Pulumi.<stack>.yaml, of the platform's, of a landing's, of the one of what "
            "is shared, of Pulumi.yaml, of a request, of requests/platform.yaml, of the cases of a smoke test, or of "
            "what commands print. Or a form with the fields of a request: a GitHub issue form, a Backstage template.",
        ),
    ] = "stack",
    file: OutputFile = None,
) -> None:
    """Print a JSON Schema of settings or of output.

    Of settings and requests, for completion in an editor; of what commands print with --json; or the forms in which
    teams ask for environments, which are made from the schema of a request.
    """
    from ..config.schema import SCHEMAS, document_schema
    from ..measure.smoke.cases import Cases
    from ..requests.front_ends import backstage_text, issue_form_text
    from ..requests.platform import Platform
    from ..requests.request import Request
    from .answers import Answer
    from .output import output

    makers: dict[str, Callable[[], Any]] = {
        **SCHEMAS,
        "request": lambda: document_schema(Request, "A request for environments: requests/<project>.yaml"),
        "platform": lambda: document_schema(Platform, "What a platform team answers: requests/platform.yaml"),
        "smoke-cases": lambda: document_schema(Cases, "The cases of `mlplatform endpoint smoke`"),
        "output": output_schema,
        "issue-form": issue_form_text,
        "backstage": backstage_text,
    }
    if kind not in makers:
        refuse(option("--file", f"'{kind}' is not allowed", f"Allowed: {', '.join(makers)}"))
    with output(Answer, file, as_json=False) as said:
        made = makers[kind]()
        said.text(made.removesuffix("\n") if isinstance(made, str) else json.dumps(made, indent=2))


def output_schema() -> dict[str, Any]:
    """The schema of the JSON objects of all commands."""
    from .answers import ANSWERS, Answer

    kinds: list[tuple[type[Answer], JsonSchemaMode]] = [(each, "serialization") for each in ANSWERS]
    references, whole = models_json_schema(kinds, schema_generator=_Described)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "What commands of mlplatform print with --json",
        "anyOf": [references[each] for each in kinds],
        "$defs": whole["$defs"],
    }


class _Described(GenerateJsonSchema):
    """Describes each field by its docstring."""

    def model_schema(self, schema: Any) -> Any:
        built = super().model_schema(schema)
        for name, text in field_docs(schema["cls"]).items():
            built["properties"][name]["description"] = text
        return built
