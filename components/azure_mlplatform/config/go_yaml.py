"""Reads YAML as the Pulumi CLI does: its loader is gopkg.in/yaml.v3, and what it reads goes through JSON.

It resolves plain scalars by rules of its own, between YAML 1.1 and 1.2: `yes` and `16:30` are texts, `0500` is 320.
Source: resolve.go of gopkg.in/yaml.v3 3.0.1 and workspace/loaders.go of pulumi/sdk 3.260.0, read 2026-11-28. A real
engine judges it in tests/engine/test_go_yaml.py.
"""

import contextlib
import datetime
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Optional

import yaml

from ..foundation.violations import Path

MOST_BYTES = 1_000_000
"""The largest file that is read. The largest one of this repository has 10 kB."""

MOST_NODES = 10_000
"""The largest number of values in a file, with each alias counted as all that it stands for. The largest file of this
repository has 300."""

DEEPEST = 100
"""The deepest nesting. The C library ends the process at some ten thousand levels, and takes long before."""


class Number(NamedTuple):
    """A plain scalar that readers of YAML take for different values."""

    written: str
    value: int | float
    """The value that Pulumi reads."""

    @property
    def plain(self) -> list[str]:
        """The spellings of what may be meant, on which all readers agree."""
        sign = "-" if self.written.startswith("-") else ""
        digits = self.written.lstrip("+-").replace("_", "")
        decimal = re.fullmatch(r"0*(\d+(?:\.\d+)?)", digits)
        return list(dict.fromkeys([str(self.value), *([sign + decimal[1]] if decimal else [])]))


class Date(NamedTuple):
    """A plain scalar that is a date or a time. Pulumi hands over another text."""

    written: str
    value: str


@dataclass(frozen=True)
class Document:
    """The content of a text."""

    data: Any
    lines: dict[Path, int] = field(default_factory=dict)
    """Path → line, counted from 1."""

    misread: dict[Path, Number | Date] = field(default_factory=dict)
    """Path → a scalar that is not read by everyone as it is written. The scalar may be the last key of its path."""

    duplicates: list[tuple[Path, int, int]] = field(default_factory=list)
    """Each key that occurs again in its mapping: its path, and the lines of the first one and of this one."""


class UnreadableError(Exception):
    """The text is YAML, but holds what Pulumi or this library cannot read."""

    def __init__(self, what: str, fix: str, line: Optional[int] = None) -> None:
        super().__init__(what)
        self.what, self.fix, self.line = what, fix, line


def parse(text: str, most: int = MOST_NODES) -> Document:
    """Returns the content of a text. Raises yaml.YAMLError if it is not YAML, and UnreadableError if it cannot be used,
    as if it has more than `most` values.

    Takes time and memory in proportion to the text, whatever is in it.
    """
    _check_size(text, most)
    loader = _Loader(text)
    try:
        root = loader.get_single_node()
    finally:
        loader.dispose()
    if root is None:
        return Document(None)
    builder = _Builder(most)
    data = builder.built(root, ())
    return Document(data, builder.lines, builder.misread, builder.duplicates)


_PLAIN = "plain"
_PREFIX = "tag:yaml.org,2002:"


class _Loader(yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader):  # type: ignore[misc]
    """Composes nodes, and leaves plain scalars unresolved."""

    def resolve(self, kind: Any, value: Any, implicit: Any) -> str:
        if kind is yaml.ScalarNode:
            return _PLAIN if implicit[0] else f"{_PREFIX}str"
        return f"{_PREFIX}{'seq' if kind is yaml.SequenceNode else 'map'}"


def _check_size(text: str, most: int) -> None:
    """Raises UnreadableError if the text has too many values, or too deep ones, before anything is made of them."""
    depth = count = 0
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, yaml.NodeEvent):
            count += 1
            if count > most:
                raise _too_many(most)
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > DEEPEST:
                fix = "Write fewer levels. No setting needs more than ten"
                raise UnreadableError(f"is nested more than {DEEPEST} levels deep", fix, event.start_mark.line + 1)
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _too_many(most: int) -> UnreadableError:
    fix = "Write less, and use fewer aliases: each counts as all that it stands for"
    return UnreadableError(f"has more than {most:,} values", fix)


_Pair = tuple[yaml.ScalarNode, yaml.Node]


class _Builder:
    """Builds the values of nodes, and notes lines and what is not read as it is written."""

    def __init__(self, most: int) -> None:
        self.lines: dict[Path, int] = {}
        self.misread: dict[Path, Number | Date] = {}
        self.duplicates: list[tuple[Path, int, int]] = []
        self._count, self._most = 0, most
        self._above: list[yaml.Node] = []

    def built(self, node: yaml.Node, at: Path) -> Any:
        self._counted()
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node, at)
        known = f"{_PREFIX}{'seq' if isinstance(node, yaml.SequenceNode) else 'map'}"
        if node.tag != known:
            raise _unknown_tag(node)
        with self._inside(node):
            return self._mapping(node, at) if isinstance(node, yaml.MappingNode) else self._list(node, at)

    def _counted(self) -> None:
        self._count += 1
        if self._count > self._most:
            raise _too_many(self._most)

    @contextlib.contextmanager
    def _inside(self, node: yaml.Node) -> Iterator[None]:
        if any(each is node for each in self._above):
            what = "has a value that YAML cannot hold: an anchor that contains itself"
            raise UnreadableError(what, _TEXT, node.start_mark.line + 1)
        self._above.append(node)
        yield
        self._above.pop()

    def _scalar(self, node: yaml.ScalarNode, at: Path) -> Any:
        tag = node.tag.removeprefix(_PREFIX)
        if tag == "str":
            return node.value
        if tag not in (_PLAIN, "int", "float", "bool", "null"):
            raise _unknown_tag(node)
        value = resolve(node.value)
        line = node.start_mark.line + 1
        if tag != _PLAIN and not _fits(tag, value):
            raise UnreadableError(f"has a value that YAML cannot hold: '{node.value}' is not a !!{tag}", _TEXT, line)
        if isinstance(value, float) and not math.isfinite(value):
            what = f"has a value that Pulumi cannot hold: {node.value} is not a number in JSON"
            raise UnreadableError(what, "Write a number, or leave the key out", line)
        if isinstance(value, Date):
            self.misread[at] = value
            return value.value
        if isinstance(value, int | float) and not isinstance(value, bool) and _MISREAD.match(node.value):
            self.misread[at] = Number(node.value, value)
        return value

    def _list(self, node: yaml.Node, at: Path) -> list[Any]:
        items = []
        for index, item in enumerate(node.value):
            self.lines[*at, index] = item.start_mark.line + 1
            items.append(self.built(item, (*at, index)))
        return items

    def _mapping(self, node: yaml.MappingNode, at: Path) -> dict[str, Any]:
        found: dict[str, Any] = {}
        own, merged = self._own_and_merged(node)
        for key_node, value_node in own:
            path = (*at, self._key(key_node, at))
            line = key_node.start_mark.line + 1
            if path[-1] in found:
                self.duplicates.append((path, self.lines[path], line))
            self.lines[path] = line
            found[str(path[-1])] = self.built(value_node, path)
        for key_node, value_node in self._pairs_to_merge(merged):
            key = self._key(key_node, at)
            if key not in found:
                self.lines[*at, key] = key_node.start_mark.line + 1
                found[key] = self.built(value_node, (*at, key))
        return found

    def _own_and_merged(self, node: yaml.MappingNode) -> tuple[list[_Pair], list[yaml.MappingNode]]:
        """The pairs of a mapping, and the mappings that it merges (`<<`), of which the first one with a key counts."""
        own: list[_Pair] = []
        merged: list[yaml.MappingNode] = []
        for key, value in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                raise UnreadableError("has a key that is a list or a mapping", "Write the key as a text", line)
            if key.tag != _PLAIN or key.value != "<<":
                own.append((key, value))
                continue
            for each in value.value if isinstance(value, yaml.SequenceNode) else [value]:
                if not isinstance(each, yaml.MappingNode):
                    what = "merges what is no mapping into a mapping (<<)"
                    raise UnreadableError(what, "Give an alias of a mapping", line)
                merged.append(each)
        return own, merged

    def _pairs_to_merge(self, nodes: list[yaml.MappingNode]) -> Iterator[_Pair]:
        for node in nodes:
            with self._inside(node):
                own, merged = self._own_and_merged(node)
                for pair in own:
                    self._counted()
                    yield pair
                yield from self._pairs_to_merge(merged)

    def _key(self, node: yaml.ScalarNode, at: Path) -> str:
        value = self._scalar(node, (*at, node.value))
        if isinstance(value, str):
            return value
        if value is None:
            fix = "Write a key before the colon"
            raise UnreadableError("has a key that is empty", fix, node.start_mark.line + 1)
        return str(value).lower() if isinstance(value, bool) else str(value)


_TEXT = "Write it as plain text"


def _unknown_tag(node: yaml.Node) -> UnreadableError:
    tag = str(node.tag).replace(_PREFIX, "!!")
    return UnreadableError(
        f"has a value that YAML cannot hold: the tag {tag} is not known",
        "Remove the tag. No setting needs one",
        node.start_mark.line + 1,
    )


_MISREAD = re.compile(r"[+-]?(?:0[0-9]|0[bBoOX]|[^'\"]*_)")
"""Matches numbers that readers of YAML 1.1, YAML 1.2 and JSON take for different values, or for a text: with a leading
0, `0b`, `0o`, `0X` and `_`. They agree on `0x1f`."""

_CONSTANTS: dict[str, Any] = {
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), float("inf")),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), float("-inf")),
}
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_BASES = ((2, "0b", "01"), (8, "0o", "0-7"), (16, "0x", "0-9a-f"), (8, "0", "0-7"), (10, "", "0-9"))
_SIGNED = re.compile(r"0(?:(?=b[+-][01]+$)|(?=o[+-][0-7]+$))([bo])([+-][0-7]+)")
"""Matches a binary or octal number with its sign after the prefix, which Go reads too."""
_DOTTED_FLOAT = re.compile(r"\.[0-9](?:_?[0-9])*(?:[eE][-+]?[0-9](?:_?[0-9])*)?")


def resolve(text: str) -> Any:
    """The value of a plain scalar: a text, a number, a boolean, None or a Date."""
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    first = text[0]
    if first == ".":
        return _float(text.replace("_", ""), text) if _DOTTED_FLOAT.fullmatch(text) else text
    if first not in "+-0123456789":
        return text
    if (date := _date(text)) is not None:
        return date
    plain = text.replace("_", "")
    if (number := _integer(plain)) is not None:
        return number
    if _FLOAT.fullmatch(plain):
        return _float(plain, text)
    if signed := _SIGNED.fullmatch(plain):
        return _within(int(signed[2], 2 if signed[1] == "b" else 8))
    return text


def _integer(plain: str) -> Optional[int]:
    sign, body = (plain[0], plain[1:]) if plain[0] in "+-" else ("", plain)
    for base, prefix, digits in _BASES:
        low = body.lower()
        if low.startswith(prefix) and re.fullmatch(f"[{digits}]+", low[len(prefix) :]):
            value = int(low[len(prefix) :], base)
            if value >= 2**63 and sign == "+":
                return None
            return _within(-value if sign == "-" else value)
    return None


def _within(value: int) -> Optional[int]:
    """The value, if Go has a type for it."""
    return value if -(2**63) <= value < 2**64 else None


def _float(plain: str, text: str) -> Any:
    value = float(plain)
    if value in (float("inf"), float("-inf")):
        return text
    # Go writes a whole number without a point.
    return int(value) if value.is_integer() and abs(value) < 1e21 else value


_DATE = re.compile(
    r"(?P<year>\d{4})-(?P<month>\d\d?)-(?P<day>\d\d?)"
    r"(?:(?P<between>[Tt ])(?P<hour>\d\d?):(?P<minute>\d\d?):(?P<second>\d\d?)(?:[.,](?P<fraction>\d+))?"
    r"(?P<zone>Z|[+-]\d\d:\d\d)?)?",
    re.ASCII,
)


def _date(text: str) -> Optional[Date]:
    found = _DATE.fullmatch(text)
    if found is None:
        return None
    spaced, zone = found["between"] == " ", found["zone"]
    if found["between"] and spaced == bool(zone):
        return None
    try:
        moment = datetime.datetime(
            *(int(found[each] or 0) for each in ("year", "month", "day", "hour", "minute", "second")),
            tzinfo=datetime.UTC,
        )
    except ValueError:
        return None
    fraction = (found["fraction"] or "")[:9].rstrip("0")
    offset = (
        f"{zone.replace(':', '')} {zone.replace(':', '')}" if zone and zone[1:] not in ("", "00:00") else "+0000 UTC"
    )
    return Date(text, f"{moment:%Y-%m-%d %H:%M:%S}{'.' if fraction else ''}{fraction} {offset}")


def _fits(tag: str, value: Any) -> bool:
    """Whether a resolved value may have an explicit tag."""
    if tag == "null":
        return value is None
    if tag == "bool":
        return isinstance(value, bool)
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and (tag == "float" or isinstance(value, int))
