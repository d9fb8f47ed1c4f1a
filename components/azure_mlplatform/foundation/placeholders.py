"""Values that nobody has filled in yet. A preview takes them and says so; `pulumi up` refuses them."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from .violations import Path

SUBSCRIPTION = "00000000-0000-0000-0000-000000000001"
TENANT = "00000000-0000-0000-0000-000000000002"
GROUP = "00000000-0000-0000-0000-000000000003"
USER = "00000000-0000-0000-0000-000000000004"

TEXT = "REPLACE-ME"
"""Stands for a text, such as a cost center."""

EMAIL = "replace-me@example.com"

WRITTEN = frozenset((SUBSCRIPTION, TENANT, GROUP, USER, TEXT, EMAIL))
"""The placeholders in the files of a new project."""

_PLACEHOLDER = re.compile(
    # Entra and Azure draw ids at random (RFC 9562, version 4), so none has 80 leading zeros.
    r"(?i:(?<![0-9a-f-])0{8}-0000-0000-0000-[0-9a-f]{12}(?![0-9a-f-]))"
    rf"|(?<![\w-]){TEXT}(?![\w-])"
    # Domains that nobody can have (RFC 2606).
    r"|(?i:@(?:[\w-]+\.)*example(?:\.com|\.net|\.org)?$)",
)


def is_placeholder(text: str) -> bool:
    """Whether a text is a placeholder, or has one in it, as an id has one in a subscription that nobody named."""
    return _PLACEHOLDER.search(text) is not None


def placeholders(value: Any, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """Every placeholder in a value, with its place."""
    if isinstance(value, str):
        if is_placeholder(value):
            yield path, value
    elif isinstance(value, Mapping):
        for key, each in value.items():
            yield from placeholders(each, (*path, str(key)))
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from placeholders(each, (*path, index))
