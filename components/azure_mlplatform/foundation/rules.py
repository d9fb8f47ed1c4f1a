"""Rules for single values of a model, and functions that apply them to fields."""

import re
from collections.abc import Callable
from typing import Any

from pydantic import ValidationError, field_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

from .secret_values import ENCRYPTED_ERROR, SECRET
from .violations import rule_error

Rule = Callable[[str], str]
"""Takes a text and returns it, perhaps in a normal form. Raises `rule_error` if the text is not allowed."""


def pattern_rule(pattern: str, is_not: str, allowed: str) -> Rule:
    """A rule: the whole text must match `pattern`. Otherwise the message has `is_not` and `allowed`."""

    def rule(value: str) -> str:
        if not re.fullmatch(pattern, value):
            raise rule_error(f"'{value}' {is_not}", f"Allowed: {allowed}")
        return value

    return rule


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
