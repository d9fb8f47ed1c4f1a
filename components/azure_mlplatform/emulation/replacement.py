"""What azure-native makes of a change of inputs: an update, or a replacement of the resource."""

import re
from collections.abc import Iterator
from typing import Any, Optional

from .ids import path_parameters
from .tables.immutable import IMMUTABLE, Immutable, Outcome

ID = "part of its id"
"""The cause of a replacement that needs no row: the property is part of the resource's id."""


def changes(old: Any, new: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """The path and kind (ADD, DELETE or UPDATE) of each difference between two values."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in sorted({*old, *new}):
            here = f"{path}.{key}" if path else key
            if key not in old:
                yield here, "ADD"
            elif key not in new:
                yield here, "DELETE"
            else:
                yield from changes(old[key], new[key], here)
    elif isinstance(old, list) and isinstance(new, list):
        for index in range(max(len(old), len(new))):
            here = f"{path}[{index}]"
            if index >= len(old):
                yield here, "ADD"
            elif index >= len(new):
                yield here, "DELETE"
            else:
                yield from changes(old[index], new[index], here)
    elif path == "location" and _location(old) == _location(new):
        return
    elif old != new:
        yield path, "UPDATE"


def replaced_by(type_: str, path: str) -> Optional[Immutable | str]:
    """Why azure-native replaces a resource if the value at a path changes: a row, ID, or None if it does not."""
    if re.split(r"[.\[]", path)[0] in path_parameters(type_):
        return ID
    anywhere = re.sub(r"\[\d+\]", "[]", path)
    return next(
        (
            row
            for row in IMMUTABLE
            if row.type == type_ and row.outcome is Outcome.REPLACED and f"{anywhere}.".startswith(f"{row.path}.")
        ),
        None,
    )


def _location(value: Any) -> str:
    return str(value).lower().replace(" ", "")
