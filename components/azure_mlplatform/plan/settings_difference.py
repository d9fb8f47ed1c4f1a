"""Finds settings that somebody chose differently: between environments of a project, or between two versions of one."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, Optional

from ..config.files import StackConfig
from ..foundation.secret_values import SECRET, Encrypted, redacted
from ..foundation.values import name_of


class SettingDifference(NamedTuple):
    """A setting with another value in some of the sides that are compared."""

    setting: str
    """Its name, with the name of each item of a list: `workspace.clusters[cpu].max_nodes`."""

    values: tuple[Any, ...]
    """The value in each. None if it is absent."""


def settings_in(files: StackConfig) -> dict[str, Any]:
    """The library's settings as the files of a stack have them, by key without its namespace; without secrets."""
    return {key: _shown(value) for key, value in files.settings.items()}


def _shown(value: Any) -> Any:
    if isinstance(value, Encrypted):
        return SECRET
    if isinstance(value, Mapping):
        return {redacted(str(key)): _shown(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_shown(each) for each in value]
    return redacted(value) if isinstance(value, str) else value


def setting_differences(*sides: Mapping[str, Any]) -> list[SettingDifference]:
    """The settings that differ, each as far down as two sides have it.

    A block, or an item of a list, that only one side has is one difference. Items of a list go by their `name`.
    """
    return list(_differing(list(sides), ""))


def _differing(values: list[Any], path: str) -> Iterator[SettingDifference]:
    there = [each for each in values if each is not None]
    if len(there) > 1 and all(isinstance(each, Mapping) for each in there):
        for key in dict.fromkeys(key for each in there for key in each):
            yield from _differing([(each or {}).get(key) for each in values], f"{path}.{key}" if path else str(key))
    elif len(there) > 1 and all(_is_named(each) for each in there) and any(there):
        items = [None if each is None else {str(item["name"]): item for item in each} for each in values]
        for name in dict.fromkeys(name for each in items if each is not None for name in each):
            yield from _differing([(each or {}).get(name) for each in items], f"{path}[{name}]")
    elif any(each != values[0] for each in values[1:]):
        yield SettingDifference(path, tuple(values))


def _is_named(value: Any) -> bool:
    if not isinstance(value, list):
        return False
    names = [each.get("name") if isinstance(each, Mapping) else None for each in value]
    return all(isinstance(each, str) for each in names) and len(set(names)) == len(names)


NOTHING = "–"  # noqa: RUF001
"""The sign for a value that is not there."""

_ID = re.compile(r"^/subscriptions/|^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", re.IGNORECASE)


def is_id(value: Any) -> bool:
    """Whether a value is the id of a resource or of a principal."""
    return isinstance(value, str) and _ID.search(value) is not None


def in_one_line(value: Any, most: int) -> str:
    """A value for a person, in at most so many characters: of a mapping or list, the values in it."""
    text = " ".join((_text(value) or NOTHING).split())
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _text(value: Any) -> Optional[str]:
    if isinstance(value, Mapping):
        return ", ".join(filter(None, map(_text, value.values())))
    if isinstance(value, list):
        return ", ".join(filter(None, map(_text, value)))
    if is_id(value):
        return name_of(value) if "/" in value else f"…{value[-6:]}"
    if isinstance(value, bool):
        return str(value).lower()
    return None if value is None else str(value)
