"""Writes a new request: the values that were given, in the order of the document, with comments that teach."""

from pathlib import Path as FilePath
from typing import Any

from ..config.yaml_text import block
from .request import Request


def request_text(request: Request) -> str:
    """The text of a request's file."""
    about = f"""\
# What {" ".join(request.owner_team.split())} asks for. docs/requests.md says what each key is for.
# Next: `mlplatform request check {request.project}` says what is wrong or missing.
"""
    return about + block(_plain(request.model_dump(mode="json", exclude_unset=True, exclude_none=True)))


def schema_line(root: FilePath) -> str:
    """The line from which an editor knows the schema of a request, if the repository has it."""
    name = "request.schema.json"
    return f"# yaml-language-server: $schema=../schemas/{name}\n" if (root / "schemas" / name).is_file() else ""


def _plain(value: Any) -> Any:
    """Whole amounts without a decimal point, as a person writes them."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, list) else value
