"""Checks that no environment uses resources in the resource group of another environment of its project."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from ..foundation.environment_names import ci_group_name, group_name
from ..foundation.profiles import Environment
from ..foundation.violations import Path, Violation
from .settings.environment import EnvironmentSettings


def isolation_violations(settings: EnvironmentSettings) -> Iterator[Violation]:
    """A violation for each id in the settings that is in the group of another environment of the same project."""
    others = {
        name(settings.project, each).lower(): each
        for each in Environment
        if each is not settings.environment
        for name in (group_name, ci_group_name)
    }
    for path, text in _texts(settings, ()):
        found = re.match(r"/subscriptions/[^/]+/resourcegroups/([^/]+)", text, re.IGNORECASE)
        other = others.get(found[1].lower()) if found else None
        if found and other is not None:
            yield Violation(
                path,
                text,
                f"'{text}' is in {found[1]}, a group of the {other} environment of {settings.project.name}",
                f"Use a resource of {settings.environment}, or one outside all environments: they share nothing",
            )


def _texts(value: Any, path: Path) -> Iterator[tuple[Path, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from _texts(getattr(value, name), (*path, name))
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _texts(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _texts(item, (*path, index))
