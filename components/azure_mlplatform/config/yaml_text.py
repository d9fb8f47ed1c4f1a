"""Writes YAML as a person would: items of lists indented, lists of plain values in brackets, quotes where needed."""

import re
from typing import Any

import yaml

_PLAIN = re.compile(
    r"[A-Za-z][A-Za-z0-9@./_-]*(?: [A-Za-z0-9@./_-]+)*"
    # An id.
    r"|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
)
_WORDS = {"true", "false", "yes", "no", "on", "off", "y", "n", "null"}


def scalar(text: str) -> str:
    """A text, in quotes unless every reader takes it for the same text."""
    if _PLAIN.fullmatch(text) and text.lower() not in _WORDS:
        return text
    return yaml.safe_dump(text, default_style='"', allow_unicode=True, width=10**6).rstrip("\n")


def block(value: Any, indent: int = 0) -> str:
    """Lines with keys and values."""
    text = yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=10**6)
    return "".join(f"{' ' * indent}{line}\n" for line in text.splitlines())


class _Dumper(yaml.SafeDumper):
    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)

    def represent_sequence(self, tag: str, sequence: Any, flow_style: Any = None) -> yaml.SequenceNode:
        plain = not any(isinstance(each, dict | list) for each in sequence)
        return super().represent_sequence(tag, sequence, flow_style=plain)

    def represent_mapping(self, tag: str, mapping: Any, flow_style: Any = None) -> yaml.MappingNode:
        return super().represent_mapping(tag, mapping, flow_style=not mapping)
