"""Forms in which a team asks: a GitHub issue form and a Backstage template. Both have the fields of a request.

They are made from the JSON Schema of `Request`, so a new field is in both. What the platform team keeps in a request
(approvals, days) is in neither. The answers of an issue form are read back into a request here; Backstage writes the
file itself and opens a pull request.

Sources, read 2026-11-28: GitHub Docs, "Syntax for issue forms", and schemastore.org/github-issue-forms.json;
Backstage's Template.v1beta3 (npm: @backstage/plugin-scaffolder-common 2.4.0), "Writing Templates" and "Built-in
actions" (`fetch:template`, `publish:github:pull-request`).
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Optional

import yaml
from pydantic.json_schema import GenerateJsonSchema

from ..config.go_yaml import Document, UnreadableError, parse
from ..config.yaml_text import block
from ..foundation.field_docs import field_docs
from ..foundation.problems import Problem, ProblemsError
from ..foundation.values import nearest
from .request import Request

KEPT = frozenset(
    {
        "requested_on",
        "environments[].approvals",
        "environments[].vended_on",
        "environments[].retiring_since",
        "environments[].retired_on",
    }
)
"""The fields that the platform team keeps, and no form asks for."""

ISSUE_FORM = ".github/ISSUE_TEMPLATE/environment.yml"
BACKSTAGE_TEMPLATE = "backstage/template.yaml"
BACKSTAGE_SKELETON = "backstage/skeleton/requests/${{ values.project }}.yaml"
"""The files, from the root of the platform team's repository."""

NOTHING = "_No response_"
"""What GitHub writes for a field without an answer."""

MOST_CHARACTERS = 65536
"""The longest body of an issue on GitHub, in characters."""

_EXAMPLE = """\
- environment: dev
  budget: {amount: 500}
  network: small
  clusters:
    - {name: cpu, vm_size: Standard_D4ds_v5, max_nodes: 4}
- environment: prod
  budget: {amount: 2000}
  network: small
  clusters:
    - {name: cpu, vm_size: Standard_D4ds_v5, max_nodes: 8}
"""


@dataclass(frozen=True, slots=True)
class FormField:
    """A field of the forms."""

    path: tuple[str, ...]
    """Its place in a request."""

    schema: Mapping[str, Any]
    """Its JSON Schema, without references."""

    required: bool

    @property
    def key(self) -> str:
        """Its dotted path: `who_pays.cost_center`."""
        return ".".join(self.path)

    @property
    def id(self) -> str:
        """Its id in an issue form."""
        return "-".join(self.path)

    @property
    def label(self) -> str:
        """Its heading: `Who pays: cost center`."""
        words = ": ".join(each.replace("_", " ") for each in self.path)
        return words[0].upper() + words[1:]

    @property
    def choices(self) -> tuple[str, ...]:
        """The values, if there are few to choose from."""
        return ("false", "true") if self.schema.get("type") == "boolean" else tuple(self.schema.get("enum", ()))

    @property
    def is_list(self) -> bool:
        """Whether it is a list of groups of keys."""
        return self.schema.get("type") == "array"

    @property
    def description(self) -> str:
        """Its meaning."""
        return str(self.schema.get("description", ""))

    @property
    def example(self) -> str:
        """An example, or nothing."""
        examples = self.schema.get("examples") or [""]
        return str(examples[0])


@cache
def request_fields() -> tuple[FormField, ...]:
    """The fields of the forms, in the order of a request. A group of keys is taken apart, a list stays whole."""
    return tuple(_fields(asked_schema(), (), required=True))


def asked_schema() -> dict[str, Any]:
    """The JSON Schema of what a team answers: a request, without references and what the platform team keeps."""
    whole = Request.model_json_schema(schema_generator=_Described)
    return _inlined(whole, whole.get("$defs", {}), "")


def field_names(schema: Mapping[str, Any], at: str = "") -> Iterator[str]:
    """The dotted names of all fields in a schema without references, of groups and lists too."""
    for name, each in schema.get("properties", {}).items():
        yield f"{at}{name}"
        yield from field_names(each, f"{at}{name}.")
        yield from field_names(each.get("items", {}), f"{at}{name}[].")


def _fields(schema: Mapping[str, Any], at: tuple[str, ...], *, required: bool) -> Iterator[FormField]:
    for name, each in schema["properties"].items():
        needed = required and name in schema.get("required", ())
        if each.get("type") == "object":
            yield from _fields(each, (*at, name), required=needed)
        else:
            yield FormField((*at, name), each, needed)


def _inlined(schema: Mapping[str, Any], definitions: Mapping[str, Any], at: str) -> dict[str, Any]:
    if "$ref" in schema:
        target = definitions[schema["$ref"].rpartition("/")[2]]
        own = {key: value for key, value in schema.items() if key != "$ref"}
        return _inlined({**target, **own}, definitions, at)
    if "anyOf" in schema:
        # A field that may be left out: in a form, that is no answer.
        [inner] = [each for each in schema["anyOf"] if each != {"type": "null"}]
        own = {key: value for key, value in schema.items() if key not in ("anyOf", "default")}
        return _inlined({**inner, **own}, definitions, at)
    made = {key: value for key, value in schema.items() if key not in ("$defs", "title", "properties", "items")}
    if made.get("default", "") is None:
        del made["default"]
    if "items" in schema:
        made["items"] = _inlined(schema["items"], definitions, f"{at}[]")
    if "properties" in schema:
        made["properties"] = {
            name: _inlined(each, definitions, f"{at}.{name}".lstrip("."))
            for name, each in schema["properties"].items()
            if f"{at}.{name}".lstrip(".") not in KEPT
        }
    return made


class _Described(GenerateJsonSchema):
    """Describes each field by its docstring."""

    def model_schema(self, schema: Any) -> Any:
        built = super().model_schema(schema)
        for name, text in field_docs(schema["cls"]).items():
            if name in built.get("properties", {}):
                built["properties"][name]["description"] = " ".join(text.split())
        return built


def issue_form() -> dict[str, Any]:
    """The GitHub issue form."""
    words = (
        "The answers become `requests/<project>.yaml`. A list is written as YAML. Nothing here is an address: the "
        "network gets its range from the platform team."
    )
    body: list[dict[str, Any]] = [{"type": "markdown", "attributes": {"value": words}}]
    body += (_form_item(each) for each in request_fields())
    return {
        "name": "Request an environment",
        "description": "Ask for a sandbox, or for the dev and prod environments of a project",
        "title": "Request: ",
        "labels": ["environment-request"],
        "body": body,
    }


def _form_item(field: FormField) -> dict[str, Any]:
    attributes: dict[str, Any] = {"label": field.label, "description": field.description}
    kind = "input"
    if field.choices:
        kind, attributes["options"] = "dropdown", list(field.choices)
    elif field.is_list:
        kind, attributes["render"] = "textarea", "yaml"
        keys = sorted(field_names(field.schema["items"]))
        attributes["description"] += f" A list of: {', '.join(keys)}."
        attributes |= {"value": _EXAMPLE} if field.key == "environments" else {}
    elif field.example:
        attributes["placeholder"] = field.example
    return {"type": kind, "id": field.id, "attributes": attributes, "validations": {"required": field.required}}


def backstage_template() -> dict[str, Any]:
    """The Backstage template. Its two placeholders are the platform team's repository and owner."""
    schema = asked_schema()
    titled = {name: {"title": _title(name), **each} for name, each in schema["properties"].items()}
    parameters = {
        "title": "Request an environment",
        "type": "object",
        "required": list(schema["required"]),
        "properties": titled,
    }
    return {
        "apiVersion": "scaffolder.backstage.io/v1beta3",
        "kind": "Template",
        "metadata": {
            "name": "ml-environment",
            "title": "Machine-learning environment",
            "description": "Ask for a sandbox, or for the dev and prod environments of a project",
            "tags": ["azure", "machine-learning"],
        },
        "spec": {
            "owner": "group:default/ml-platform",
            "type": "environment",
            "parameters": [parameters],
            "steps": [
                {
                    "id": "write",
                    "name": "Write the request",
                    "action": "fetch:template",
                    "input": {
                        "url": "./skeleton",
                        "values": {"project": "${{ parameters.project }}", "request": "${{ parameters }}"},
                    },
                },
                {
                    "id": "propose",
                    "name": "Open a pull request",
                    "action": "publish:github:pull-request",
                    "input": {
                        "repoUrl": "github.com?owner=example&repo=ml-platform",
                        "branchName": "request-${{ parameters.project }}",
                        "title": "Request: ${{ parameters.project }}",
                        "description": "Asked for in Backstage. `mlplatform request check` says what it means.",
                    },
                },
            ],
            "output": {"links": [{"title": "Pull request", "url": "${{ steps.propose.output.remoteUrl }}"}]},
        },
    }


def _title(name: str) -> str:
    words = name.replace("_", " ")
    return words[0].upper() + words[1:]


def backstage_skeleton() -> str:
    """The request as Backstage writes it: JSON, which is YAML. `mlplatform request render` does not mind."""
    return "${{ values.request | dump(2) }}\n"


_MADE_BY = "# Made by `make schemas` from the schema of a request. Change the schema instead.\n"


def issue_form_text() -> str:
    """The file of the issue form."""
    return _MADE_BY + block(issue_form())


def backstage_text() -> str:
    """The file of the Backstage template."""
    placeholders = "# Yours to replace in a copy: owner, and repoUrl of the pull request.\n"
    return _MADE_BY + placeholders + block(backstage_template())


def request_of_issue(body: str, place: str) -> dict[str, Any]:
    """The request in the body of an issue that the form made. Raises ProblemsError with all that cannot be read.

    A heading counts only if it is one of the form's, so that an answer may have headings of its own.
    """
    fields = {each.label: each for each in request_fields()}
    if len(body) > MOST_CHARACTERS:
        what = f"has {len(body):,} characters, and an issue has at most {MOST_CHARACTERS:,}"
        raise ProblemsError([Problem((), what, "Give the body of one issue", place)])
    found: dict[str, Any] = {}
    problems: list[Problem] = []
    answered: set[str] = set()
    for label, answer, line in _sections(body, fields):
        field, where = fields[label], f"{place}:{line}"
        if label in answered:
            problems.append(Problem(field.path, "is answered twice", f"Keep one heading '### {label}'", where))
            continue
        answered.add(label)
        if answer in ("", NOTHING):
            continue
        value, problem = _answer(field, answer)
        if problem:
            problems.append(Problem(field.path, problem[0], problem[1], where))
            continue
        inner = found
        for part in field.path[:-1]:
            inner = inner.setdefault(part, {})
        inner[field.path[-1]] = value
    if not answered:
        hint = "Save the body of the issue, such as with: gh issue view NUMBER --json body --jq .body"
        raise ProblemsError([Problem((), "has none of the form's headings", hint, place)])
    if problems:
        raise ProblemsError(problems)
    return found


def _sections(body: str, fields: Mapping[str, FormField]) -> Iterator[tuple[str, str, int]]:
    """The form's headings with their answers and lines."""
    label, start, lines = "", 0, []
    fenced: Optional[str] = None
    for number, line in enumerate(body.replace("\r\n", "\n").split("\n"), 1):
        if fence := re.match(r"\s{0,3}(`{3,}|~{3,})", line):
            if fenced is None:
                fenced = fence[1]
            elif line.strip().startswith(fenced) and not line.strip().strip(fenced[0]):
                fenced = None
        heading = re.fullmatch(r"### (.+?)\s*", line)
        if fenced is None and heading and heading[1] in fields:
            if label:
                yield label, "\n".join(lines).strip(), start
            label, start, lines = heading[1], number, []
        else:
            lines.append(line)
    if label:
        yield label, "\n".join(lines).strip(), start


def _answer(field: FormField, answer: str) -> tuple[Any, Optional[tuple[str, str]]]:
    """The value of an answer, or what is wrong with it and what to do."""
    if field.is_list:
        text = re.sub(r"\A(`{3,}|~{3,})[^\n]*\n(.*?)\n?\1[`~]*\Z", r"\2", answer, flags=re.DOTALL)
        try:
            document = parse(text)
        except (yaml.YAMLError, UnreadableError) as error:
            what = getattr(error, "problem", None) or (error.what if isinstance(error, UnreadableError) else "")
            return None, (f"is not YAML: {what}".removesuffix(": "), f"A list. {field.description}")
        if document.duplicates:
            path, _, line = document.duplicates[0]
            return None, (f"has the key '{path[-1]}' twice, in line {line} of the list", "Keep one")
        value = _as_written(document)
        if not isinstance(value, list):
            return None, ("is not a list", "Begin each item with '- '")
        return value, None
    if "\n" in answer:
        return None, ("has more than one line", "Give it in one line")
    if field.choices and answer not in field.choices:
        return None, (
            f"'{answer}' is not allowed{nearest(answer, field.choices)}",
            f"Allowed: {', '.join(field.choices)}",
        )
    if field.schema.get("type") in ("integer", "number") and re.fullmatch(r"[0-9]{1,18}", answer):
        return int(answer), None
    if field.schema.get("type") == "boolean":
        return answer == "true", None
    return answer, None


def _as_written(document: Document) -> Any:
    """The content, with dates and unclear numbers as the texts that a person wrote."""
    for path, scalar in document.misread.items():
        owner = document.data
        for part in path[:-1]:
            owner = owner[part]
        # A scalar may be a key as well.
        if path and owner[path[-1]] == scalar.value:
            owner[path[-1]] = scalar.written
    return document.data
