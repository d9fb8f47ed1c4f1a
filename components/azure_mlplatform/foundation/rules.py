"""Rules for single values of a model, and functions that apply them to fields."""

import re
from collections.abc import Callable
from functools import wraps
from typing import Any, Optional

from pydantic import BaseModel, ValidationError, field_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

from .secret_values import ENCRYPTED_ERROR, SECRET
from .violations import rule_error

Rule = Callable[[str], str]
"""Takes a text and returns it, perhaps in a normal form. Raises `rule_error` if the text is not allowed."""


def stands_for(shape: str) -> Callable[[Rule], Rule]:
    """Marks the rule of a value that only its owner can know, such as an id. Messages and editors then show `shape`
    and no example, which would be accepted. What is pasted without a change is refused."""

    def mark(rule: Rule) -> Rule:
        @wraps(rule)
        def filled_in(value: str) -> str:
            if re.search("<[^<>]+>", value):
                raise rule_error(f"'{value}' is a shape, not a value", "Write the value itself in place of <…>")
            return rule(value)

        filled_in.__dict__["shape"] = shape
        return filled_in

    return mark


def known_to_owner(shape: str, *fields: str) -> Any:
    """Applies to `fields`, which have no other rule, that a value only its owner can know is not left as a shape."""
    return field_rule(stands_for(shape)(lambda value: value), *fields)


def shapes(model: type[BaseModel]) -> dict[str, str]:
    """Field → the shape of its value, for fields whose value only its owner can know."""
    found = {}
    for decorator in model.__pydantic_decorators__.field_validators.values():
        if shape := getattr(getattr(decorator.func, "rule", None), "shape", None):
            found |= dict.fromkeys(decorator.info.fields, shape)
    return found


JsonSchema = dict[str, Any]
"""A JSON Schema of one text."""


def pattern_rule(pattern: str, is_not: str, allowed: str) -> Rule:
    """A rule: the whole text must match `pattern`. Otherwise the message has `is_not` and `allowed`."""

    @published_as(lambda: matching(pattern, f"This {is_not}. Allowed: {allowed}"))
    def rule(value: str) -> str:
        if not re.fullmatch(pattern, value):
            raise rule_error(f"'{value}' {is_not}", f"Allowed: {allowed}")
        return value

    return rule


def published_as(schema: Callable[[], JsonSchema]) -> Callable[[Rule], Rule]:
    """Says what JSON Schema can say of a rule. The schema must accept whatever the rule accepts."""

    def mark(rule: Rule) -> Rule:
        rule.__dict__["json_schema"] = schema
        return rule

    return mark


def published_like(other: Rule) -> Callable[[Rule], Rule]:
    """Says of a rule what JSON Schema can say of another one, which it contains."""
    return published_as(lambda: schema_of(other))


def schema_of(rule: Rule) -> JsonSchema:
    """Returns the part of a rule that JSON Schema can say. Empty if none."""
    return dict(getattr(rule, "json_schema", dict)())


def matching(pattern: str, message: str) -> JsonSchema:
    """A schema: the whole text matches `pattern`. An editor shows `message` otherwise."""
    return {"pattern": f"^(?:{portable(pattern)})$", "patternErrorMessage": message}


def one_of(title: str, choices: list[str], else_: Optional[JsonSchema] = None, **more: Any) -> JsonSchema:
    """A schema: one of `choices`, which an editor offers, or a text that `else_` accepts. `title` names the choices."""
    return {"anyOf": [{"title": title, "enum": choices, **more}, *([] if else_ is None else [else_])]}


def portable(pattern: str) -> str:
    """A pattern that Python and JavaScript read alike. JavaScript knows no `(?i:…)`, and its `\\w` is ASCII only."""
    letters = re.sub(
        r"\(\?i:([^()]*)\)",
        lambda found: re.sub("[A-Za-z]", lambda letter: f"[{letter[0].upper()}{letter[0].lower()}]", found[1]),
        pattern,
    )
    return letters.replace(r"\w", "A-Za-z0-9_\u00aa-\U0010ffff")


def rule_schemas(model: type[BaseModel]) -> dict[str, JsonSchema]:
    """Field → what JSON Schema can say of each of its texts, by the rules that `field_rule` applies to it.

    A text may also be encrypted, unless the schema has `needs_plain_text`.
    """
    found: dict[str, JsonSchema] = {}
    for decorator in model.__pydantic_decorators__.field_validators.values():
        rule = getattr(decorator.func, "rule", None)
        if rule is None:
            continue
        for field in decorator.info.fields:
            schema = found.setdefault(field, {})
            schema |= schema_of(rule)
            if getattr(rule, "needs_plain_text", False):
                schema["needs_plain_text"] = True
    return found


def needs_plain_text(rule: Rule) -> Rule:
    """Marks a rule that does not allow encrypted values, because the library computes with the value."""
    rule.__dict__["needs_plain_text"] = True
    return rule


def field_rule(rule: Rule, *fields: str) -> Any:
    """Applies a rule to `fields`: to a text, or to each text in a list or mapping. Outputs are not checked."""
    if not callable(rule):
        raise TypeError(f"the rule for {', '.join(fields)} is hidden by a field of the same name")

    def apply(value: Any) -> Any:
        if isinstance(value, str):
            return _apply_to_text(rule, value)
        if isinstance(value, list | dict):
            return _apply_to_each(apply, value)
        return value

    apply.__dict__["rule"] = rule
    return field_validator(*fields, mode="after")(apply)


def _apply_to_text(rule: Rule, value: str) -> str:
    if value != SECRET:
        return rule(value)
    if getattr(rule, "needs_plain_text", False):
        raise ENCRYPTED_ERROR
    return value


def _apply_to_each(apply: Callable[[Any], Any], values: list[Any] | dict[Any, Any]) -> list[Any] | dict[Any, Any]:
    details: list[InitErrorDetails] = []
    kept: dict[Any, Any] = {}
    for key, item in values.items() if isinstance(values, dict) else enumerate(values):
        try:
            kept[key] = apply(item)
        except PydanticCustomError as error:
            details.append(InitErrorDetails(type=error, loc=(key,), input=item))
    if details:
        raise ValidationError.from_exception_data("values", details)
    return kept if isinstance(values, dict) else list(kept.values())
