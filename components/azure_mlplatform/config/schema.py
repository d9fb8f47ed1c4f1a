"""The JSON Schemas of Pulumi.yaml and Pulumi.<stack>.yaml, for completion and checks in an editor."""

from collections.abc import Callable, Iterator
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema

from ..catalogue.changes import CHANGES, Outcome
from ..environment.settings.environment import PROJECT_KEYS, EnvironmentSettings
from ..environment.settings.platform import PlatformSettings
from ..foundation.field_docs import field_docs
from ..foundation.model import NAMESPACE

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_ENCRYPTED = {
    "type": "object",
    "description": "A value that `pulumi config set --secret` encrypted.",
    "properties": {"secure": {"type": "string"}},
    "required": ["secure"],
    "additionalProperties": False,
}


def stack_schema(model: type[EnvironmentSettings] = EnvironmentSettings) -> dict[str, Any]:
    """The schema of Pulumi.<stack>.yaml."""
    properties, definitions = _properties(lambda key: key not in PROJECT_KEYS, model)
    config = {
        "type": "object",
        "properties": properties,
        # Allow any key of another namespace: Pulumi and the providers check those.
        "patternProperties": {f"^(?!{NAMESPACE}:)": {}},
        "additionalProperties": _ENCRYPTED,
    }
    return {
        "$schema": _DIALECT,
        "title": "A stack of azure-mlplatform: Pulumi.<stack>.yaml",
        "type": "object",
        "properties": {"config": config},
        "$defs": definitions,
    }


def project_schema() -> dict[str, Any]:
    """The schema of the parts of Pulumi.yaml that this library uses."""
    properties, definitions = _properties(lambda key: key in PROJECT_KEYS, EnvironmentSettings)
    config = {
        "type": "object",
        "properties": {
            key: {
                "type": "object",
                "properties": {"value": value},
                "required": ["value"],
                "additionalProperties": False,
            }
            for key, value in properties.items()
        },
    }
    return {
        "$schema": _DIALECT,
        "title": "A project of azure-mlplatform: Pulumi.yaml",
        "type": "object",
        "properties": {"name": {"type": "string"}, "main": {"type": "string"}, "config": config},
        "required": ["name", "runtime"],
        "$defs": definitions,
    }


SCHEMAS: dict[str, Callable[[], dict[str, Any]]] = {
    "stack": stack_schema,
    "platform-stack": lambda: stack_schema(PlatformSettings),
    "project": project_schema,
}
"""Kind of file → its schema."""


def _properties(
    wanted: Callable[[str], bool], model: type[EnvironmentSettings]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Full key → schema for the wanted settings, and the definitions that they refer to."""
    whole = model.model_json_schema(schema_generator=_Documented)
    properties = {f"{NAMESPACE}:{key}": value for key, value in whole["properties"].items() if wanted(key)}
    definitions = whole["$defs"]
    _say_what_changes_do(whole)
    used: dict[str, Any] = {}
    pending = list(_references(properties))
    while pending:
        name = pending.pop()
        if name not in used:
            used[name] = definitions[name]
            pending += _references(definitions[name])
    return properties, dict(sorted(used.items()))


def setting_names(schema: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """The full name of each setting of a model's schema, such as `workspace.clusters[].vm_size`, and the schemas of the
    fields on the way to it, the last one last."""
    return dict(_settings_below(schema, "", [], schema["$defs"]))


def _settings_below(
    value: dict[str, Any], name: str, fields: list[dict[str, Any]], definitions: dict[str, Any]
) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    if "$ref" in value:
        value = definitions[value["$ref"].rsplit("/", 1)[-1]]
    options = [each for each in value.get("anyOf", []) if each.get("type") != "null"]
    if options:
        for each in options:
            yield from _settings_below(each, name, fields, definitions)
    elif "properties" in value:
        for field, inner in value["properties"].items():
            yield from _settings_below(inner, f"{name}.{field}" if name else field, [*fields, inner], definitions)
    elif value.get("type") == "array":
        yield from _settings_below(value["items"], f"{name}[]", fields, definitions)
    else:
        yield (f"{name}{{}}" if value.get("type") == "object" else name), fields


def _say_what_changes_do(schema: dict[str, Any]) -> None:
    """Adds to the description of each setting what a change of it does to an environment that exists, if it is refused
    or replaces something. Settings that several parts share say for which."""
    said: dict[int, tuple[dict[str, Any], list[tuple[str, str]]]] = {}
    shared: dict[int, set[str]] = {}
    for name, fields in setting_names(schema).items():
        field = fields[-1]
        shared.setdefault(id(field), set()).add(name)
        for each in CHANGES:
            if each.setting == name and each.outcome in (Outcome.REFUSED, Outcome.REPLACED):
                text = f"{each.outcome} ({each.when})" if each.when else each.outcome.value
                said.setdefault(id(field), (field, []))[1].append((name, text))
    for key, (field, texts) in said.items():
        same = len(shared[key]) * len({text for _, text in texts}) == len(texts)
        sentences = dict.fromkeys(text if same else f"{text} in {name}" for name, text in texts)
        changes = f"On a live environment, a change is {'; '.join(sentences)}."
        field["description"] = f"{field.get('description', '')} {changes}".strip()


def _references(value: Any) -> list[str]:
    if isinstance(value, dict):
        own = [value["$ref"].rsplit("/", 1)[-1]] if isinstance(value.get("$ref"), str) else []
        return own + [name for item in value.values() for name in _references(item)]
    if isinstance(value, list):
        return [name for item in value for name in _references(item)]
    return []


class _Documented(GenerateJsonSchema):
    """Adds the docstrings under the fields as descriptions."""

    def model_schema(self, schema: Any) -> Any:
        built = super().model_schema(schema)
        model: type[BaseModel] = schema["cls"]
        for name, text in field_docs(model).items():
            if name in built.get("properties", {}):
                built["properties"][name]["description"] = text
                built["properties"][name].pop("title", None)
        return built
