"""The JSON Schemas of Pulumi.yaml and Pulumi.<stack>.yaml, for completion, help and checks in an editor.

They accept whatever the library accepts when it is written as YAML. What they cannot say, such as ranges that overlap,
only `mlplatform preview` and `pulumi up` refuse. Keywords that JSON Schema does not have (`errorMessage`,
`patternErrorMessage`, `deprecationMessage`, `markdownDescription`, `markdownEnumDescriptions`) are those of
yaml-language-server 1.25 (its validator and hover, read 2026-11-28); others ignore them.
"""

import re
from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema

from ..catalogue.changes import CHANGES, Outcome
from ..environment.settings.environment import PROJECT_KEYS, EnvironmentSettings
from ..environment.settings.platform import PlatformSettings
from ..foundation.field_docs import field_docs, member_docs
from ..foundation.model import NAMESPACE
from ..foundation.rules import portable, rule_schemas, shapes
from ..landing.settings import LandingSettings
from ..parts.settings.part import PartSettings
from ..shared.settings import SharedSettings
from .schema_rules import MODEL_RULES, environment_rules
from .settings_tree import values_of

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_UNKNOWN = (
    "Unknown setting. Only an encrypted value (`pulumi config set --secret`) may have a name of its own here. "
    "Allowed: {}"
)
_NUMBER = r"^[+-]?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$"
"""A number in quotes, as foundation/model.py takes it."""
_TRUTH = "^(?:[Tt][Rr][Uu][Ee]|[Ff][Aa][Ll][Ss][Ee]|[Yy](?:[Ee][Ss])?|[Nn][Oo]?|[Oo][Nn]|[Oo][Ff][Ff]|[Tt]|[Ff]|0|1)$"
"""The texts that pydantic takes for true or false."""
_ENCRYPTED = {"required": ["secure"], "maxProperties": 1}
"""The object that `pulumi config set --secret` writes in place of a text."""


def stack_schema(model: type[PartSettings] = EnvironmentSettings) -> dict[str, Any]:
    """The schema of Pulumi.<stack>.yaml."""
    properties, required, definitions = _properties(lambda key: key not in PROJECT_KEYS, model)
    config = {
        "type": "object",
        "properties": properties,
        # Allow any key of another namespace: Pulumi and the providers check those.
        "patternProperties": {f"^(?!{NAMESPACE}:)": {}},
        "additionalProperties": {
            "if": {"type": "object", **_ENCRYPTED},
            "else": {"enum": [], "errorMessage": _UNKNOWN.format(", ".join(properties))},
        },
        "required": required,
    }
    if rules := environment_rules(properties):
        config["allOf"] = rules
    return {
        "$schema": _DIALECT,
        "title": "A stack of azure-mlplatform: Pulumi.<stack>.yaml",
        "type": "object",
        "properties": {"config": config},
        "required": ["config"],
        "$defs": definitions,
    }


def project_schema() -> dict[str, Any]:
    """The schema of the parts of Pulumi.yaml that this library uses."""
    properties, required, definitions = _properties(lambda key: key in PROJECT_KEYS, EnvironmentSettings)
    config = {
        "type": "object",
        "properties": {
            key: {
                "type": "object",
                "properties": {"value": value},
                "required": ["value"],
                "description": "In Pulumi.yaml, a setting stands below `value:`.",
            }
            for key, value in properties.items()
        },
        # Everything else belongs to one environment.
        "patternProperties": {
            f"^{NAMESPACE}:(?!(?:{'|'.join(PROJECT_KEYS)})$)": {
                "enum": [],
                "errorMessage": "Belongs to one environment, or is unknown. Move it to Pulumi.<stack>.yaml",
            }
        },
        "required": required,
    }
    python = {"const": "python", "errorMessage": "The programs of this library are written in Python"}
    return {
        "$schema": _DIALECT,
        "title": "A project of azure-mlplatform: Pulumi.yaml",
        "type": "object",
        "properties": {
            "name": {"type": "string", "minLength": 1},
            "main": {"type": "string"},
            "runtime": {
                "description": "How Pulumi runs the program.",
                "anyOf": [{"type": "object", "properties": {"name": python}, "required": ["name"]}, python],
            },
            "config": config,
        },
        "required": ["name", "runtime", "config"],
        "$defs": definitions,
    }


def document_schema(model: type[BaseModel], title: str) -> dict[str, Any]:
    """The schema of a document with the fields of `model`, such as a request. No value in it is encrypted."""
    whole = model.model_json_schema(schema_generator=_InPlainText)
    definitions = whole.pop("$defs", {})
    _share_choices([whole["properties"], *definitions.values()], definitions)
    for value in (*whole["properties"].values(), *definitions.values()):
        _mark_down(value)
    return {"$schema": _DIALECT, **whole, "title": title, "$defs": dict(sorted(definitions.items()))}


SCHEMAS: dict[str, Callable[[], dict[str, Any]]] = {
    "stack": stack_schema,
    "platform-stack": lambda: stack_schema(PlatformSettings),
    "landing": lambda: stack_schema(LandingSettings),
    "shared": lambda: stack_schema(SharedSettings),
    "project": project_schema,
}
"""Kind of file → its schema."""


def _properties(
    wanted: Callable[[str], bool], model: type[PartSettings]
) -> tuple[dict[str, Any], list[str], dict[str, Any]]:
    """Full key → schema for the wanted settings, the full keys that are required, and the definitions that they refer
    to."""
    whole = model.model_json_schema(schema_generator=_Documented)
    properties = {f"{NAMESPACE}:{key}": _not_null(value) for key, value in whole["properties"].items() if wanted(key)}
    required = [f"{NAMESPACE}:{key}" for key in whole["required"] if wanted(key)]
    definitions = whole["$defs"]
    _say_what_changes_do(whole, model)
    _share_choices([properties, *definitions.values()], definitions)
    used: dict[str, Any] = {}
    pending = list(_references(properties))
    while pending:
        name = pending.pop()
        if name not in used:
            used[name] = definitions[name]
            pending += _references(definitions[name])
    for value in (*properties.values(), *used.values()):
        _mark_down(value)
    return properties, required, dict(sorted(used.items()))


def _say_what_changes_do(schema: dict[str, Any], model: type[PartSettings]) -> None:
    """Adds to the description of each setting what a change of it does to an environment that exists, if it is refused
    or replaces something. Settings that several parts share say for which."""
    said: dict[int, tuple[dict[str, Any], list[tuple[str, str]]]] = {}
    shared: dict[int, set[str]] = {}
    for setting in values_of(model):
        name = setting.full_name
        of = schema if setting.owner is model else schema["$defs"][setting.owner.__name__]
        field = of["properties"][setting.field]
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


def _share_choices(value: Any, definitions: dict[str, Any]) -> None:
    """Moves long lists of choices to the definitions, each once."""
    for each in value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else ():
        if isinstance(each, dict) and len(each.get("enum", ())) > _MANY and "title" in each:
            title = each.pop("title")
            definitions.setdefault(title, dict(each))
            each.clear()
            each["$ref"] = f"#/$defs/{title}"
        else:
            _share_choices(each, definitions)


_MANY = 20
"""The number of choices from which a list is long."""


def _mark_down(value: Any) -> None:
    """Repeats descriptions with code in them as Markdown, which an editor would show with its marks otherwise."""
    if isinstance(value, dict):
        text = value.get("description")
        if isinstance(text, str) and "`" in text:
            value["markdownDescription"] = text
        for each in list(value.values()):
            _mark_down(each)
    elif isinstance(value, list):
        for each in value:
            _mark_down(each)


def _not_null(value: dict[str, Any]) -> dict[str, Any]:
    """The schema of a key of its own, which may be left out but not be empty."""
    if "anyOf" in value:
        [option, *more] = [each for each in value["anyOf"] if each != {"type": "null"}]
        if not more:
            value |= option
            del value["anyOf"]
    if isinstance(value.get("type"), list):
        value["type"] = [each for each in value["type"] if each != "null"]
        if value["type"][0] == "string" and "anyOf" not in value and re.search(value.get("pattern", ""), "123456"):
            # Pulumi hands the number of a key over as its digits.
            value["type"].append("number")
    return value


def _references(value: Any) -> list[str]:
    if isinstance(value, dict):
        own = [value["$ref"].rsplit("/", 1)[-1]] if isinstance(value.get("$ref"), str) else []
        return own + [name for item in value.values() for name in _references(item)]
    if isinstance(value, list):
        return [name for item in value for name in _references(item)]
    return []


class _Documented(GenerateJsonSchema):
    """Adds what the models know and pydantic does not publish: docstrings, rules of fields, rules across fields, and
    the other ways in which a number or a text may be written."""

    encrypted = True
    """Whether a text may be an encrypted value."""

    def model_schema(self, schema: Any) -> Any:
        built = super().model_schema(schema)
        model: type[BaseModel] = schema["cls"]
        properties = built.get("properties", {})
        rules, docs, own = rule_schemas(model), field_docs(model), shapes(model)
        for name, value in properties.items():
            # An editor shows it above the help.
            value["title"] = name
            if value.get("default", "") is None:
                del value["default"]
            if name in docs:
                value["description"] = docs[name]
            rule = dict(rules.get(name, {}))
            plain = rule.pop("needs_plain_text", False)
            for text in _texts(value):
                text.update(rule)
                if "pattern" in text:
                    text.setdefault("patternErrorMessage", docs.get(name, ""))
                if self.encrypted and not plain:
                    text["type"] = [*([text["type"]] if isinstance(text["type"], str) else text["type"]), "object"]
                    text.update(_ENCRYPTED)
                if "anyOf" in text:
                    # The choices are of texts. `type` says what else there may be.
                    text["anyOf"] = [*text["anyOf"], {"type": ["object", "null"]}]
                text.setdefault("errorMessage", "Expected a text. One that looks like something else needs quotes")
            if name in own:
                # What an editor offers, somebody takes.
                value.pop("examples", None)
                value["description"] = f"{value.get('description', '')} Shape: `{own[name]}`.".strip()
        if built.pop("additionalProperties", None) is False:
            # The same as `additionalProperties: false`, but with a message that says which keys there are.
            message = f"Unknown key. Allowed: {', '.join(properties)}"
            built["propertyNames"] = {"enum": list(properties), "errorMessage": message}
        built.pop("title", None)
        if rules_across := [rule for base in model.__mro__ for rule in MODEL_RULES.get(base.__name__, ())]:
            built["allOf"] = deepcopy(rules_across)
        return built

    def enum_schema(self, schema: Any) -> Any:
        built = super().enum_schema(schema)
        docs = member_docs(schema["cls"])
        choices = built.get("enum", [])
        built["errorMessage"] = f"Allowed: {', '.join(map(str, choices))}"
        if docs:
            built["markdownEnumDescriptions"] = [docs.get(each, "") for each in choices]
        built.pop("title", None)
        return built

    def nullable_schema(self, schema: Any) -> Any:
        inner = self.generate_inner(schema["schema"])
        if "type" not in inner or "enum" in inner:
            return {"anyOf": [inner, {"type": "null"}]}
        types = inner["type"] if isinstance(inner["type"], list) else [inner["type"]]
        return {**inner, "type": [*types, "null"]}

    def list_schema(self, schema: Any) -> Any:
        return {**super().list_schema(schema), "errorMessage": "Expected a list: one item per line, starting with '- '"}

    def str_schema(self, schema: Any) -> Any:
        built = super().str_schema(schema)
        if "pattern" in built:
            built["pattern"] = portable(built["pattern"])
        return built

    def int_schema(self, schema: Any) -> Any:
        whole = {"type": ["integer", "string"], "pattern": _NUMBER, "errorMessage": "Expected a whole number"}
        return {**super().int_schema(schema), **whole}

    def float_schema(self, schema: Any) -> Any:
        number = {"type": ["number", "string"], "pattern": _NUMBER, "errorMessage": "Expected a number"}
        return {**super().float_schema(schema), **number}

    def bool_schema(self, schema: Any) -> Any:
        written = {"pattern": _TRUTH, "minimum": 0, "maximum": 1, "multipleOf": 1}
        return {"type": ["boolean", "string", "number"], **written, "errorMessage": "Expected true or false"}


class _InPlainText(_Documented):
    encrypted = False


def _texts(value: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The schemas of the texts in a field: of itself, of each item, or of each value of its keys."""
    types = value.get("type", ())
    if "string" in (types, *types[:1]) and "enum" not in value:
        yield value
    for inner in ("items", "additionalProperties"):
        if isinstance(value.get(inner), dict):
            yield from _texts(value[inner])
    for each in value.get("anyOf", ()):
        yield from _texts(each)
