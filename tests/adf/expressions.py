"""Evaluates expressions of Data Factory. Cases that the documentation leaves open fail."""

import base64
import calendar
import json
import math
import operator
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Union
from urllib.parse import quote, unquote
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from tzlocal.windows_tz import win_tz

MAX_EXPRESSION_LENGTH = 8192
"""Characters per expression ("Azure Data Factory limits")."""


class ExpressionError(Exception):
    """The service would reject the expression, or fail the activity that contains it."""


class Properties(dict[str, Any]):
    """Values that the service provides, such as `pipeline()`. Names ignore case, unlike those in plain JSON."""


class _Missing:
    """Marks a missing value, where `None` is a valid value."""


MISSING = _Missing()


@dataclass(frozen=True, kw_only=True)
class Context:
    """The values that an expression may refer to. A field that is not given does not exist for the expression."""

    now: datetime
    pipeline: Mapping[str, Any] | None = None
    variables: Mapping[str, Any] = field(default_factory=dict)
    activities: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    trigger: Mapping[str, Any] | None = None
    trigger_body: Mapping[str, Any] | None = None
    item: Any = MISSING
    guid: Callable[[], UUID] = uuid4


@dataclass(frozen=True)
class Literal:
    """A string, number, `true`, `false` or `null`."""

    value: Any


@dataclass(frozen=True)
class Call:
    """A function by its name in lower case, with its arguments."""

    name: str
    arguments: tuple["Node", ...]


@dataclass(frozen=True)
class Access:
    """A property or an item of a value. A safe access gives null if it does not exist."""

    target: "Node"
    key: "Node"
    safe: bool


Node = Union[Literal, Call, Access]


def is_expression(text: str) -> bool:
    """Whether the service evaluates the string instead of using it unchanged."""
    return not isinstance(_template(text), str)


def evaluate(value: Any, context: Context) -> Any:
    """The value with every expression in it evaluated, at any depth: strings, `Expression` objects, lists, objects."""
    if isinstance(value, str):
        return _string(value, context)
    if isinstance(value, list):
        return [evaluate(item, context) for item in value]
    if isinstance(value, Mapping):
        if set(value) == {"type", "value"} and value["type"] == "Expression":
            return evaluate(value["value"], context)
        return {name: evaluate(item, context) for name, item in value.items()}
    return value


def parse(text: str) -> Node:
    """The tree of one expression, without its `@`."""
    parser = _Parser(text, 0)
    node = parser.expression()
    parser.end()
    return node


@dataclass(frozen=True)
class References:
    """The literal names that expressions refer to."""

    activities: frozenset[str]
    variables: frozenset[str]
    parameters: frozenset[str]


def references(value: Any) -> References:
    """The references of every expression in the value. A malformed expression is an error."""
    found: dict[str, set[str]] = {"activity": set(), "variables": set(), "parameters": set()}
    for text in strings(value):
        template = _template(text)
        for part in () if isinstance(template, str) else template if isinstance(template, tuple) else (template,):
            for node in () if isinstance(part, str) else _walk(part):
                match node:
                    case Call("activity" | "variables" as name, (Literal(str(argument)),)):
                        found[name].add(argument)
                    case Access(Access(Call("pipeline"), Literal("parameters")), Literal(str(argument))):
                        found["parameters"].add(argument)
    return References(*(frozenset(found[name]) for name in ("activity", "variables", "parameters")))


def strings(value: Any) -> Iterator[str]:
    """Every string in the value, at any depth."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from strings(item)
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from strings(item)


def as_text(value: Any) -> str:
    """The value as text, as `string()` and interpolation convert it."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    if isinstance(value, int):
        return str(value)
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def timestamp(when: datetime) -> str:
    """The moment in the service's default format, in UTC."""
    return _format(_Stamp(when.astimezone(UTC), utc=True), "o")


def _walk(node: Node) -> Iterator[Node]:
    yield node
    if isinstance(node, Call):
        for argument in node.arguments:
            yield from _walk(argument)
    elif isinstance(node, Access):
        yield from _walk(node.target)
        yield from _walk(node.key)


@lru_cache(maxsize=4096)
def _template(text: str) -> str | Node | tuple[str | Node, ...]:
    """A literal, an expression, or the parts of an interpolated string."""
    if text.startswith("@") and not text.startswith(("@@", "@{")):
        return parse(text[1:])
    parts: list[str | Node] = []
    position = 0
    while (at := text.find("@", position)) >= 0:
        parts.append(text[position:at])
        if text.startswith("@@{", at):
            parts.append("@{")
            position = at + 3
        elif text.startswith("@{", at):
            parser = _Parser(text, at + 2)
            parts.append(parser.expression())
            parser.take("}")
            position = parser.position
        else:
            parts.append("@")
            position = at + (2 if at == 0 and text.startswith("@@") else 1)
    parts.append(text[position:])
    if all(isinstance(part, str) for part in parts):
        return "".join(part for part in parts if isinstance(part, str))
    return tuple(parts)


def _string(text: str, context: Context) -> Any:
    template = _template(text)
    if isinstance(template, str):
        return template
    try:
        if isinstance(template, tuple):
            return "".join(part if isinstance(part, str) else as_text(_value(part, context)) for part in template)
        return _value(template, context)
    except ExpressionError as error:
        raise ExpressionError(f"The expression '{text}' cannot be evaluated: {error}") from None


_TOKEN = re.compile(
    r"\s*(?:(?P<number>-?(?:\d+\.\d+|\.\d+|\d+))(?!\w)|(?P<text>'(?:[^']|'')*')"
    r"|(?P<name>[A-Za-z_]\w*)|(?P<sign>\?\.|\?\[|[().,\[\]}]))"
)
_WORDS = {"true": True, "false": False, "null": None}


class _Parser:
    def __init__(self, text: str, position: int) -> None:
        self._text = text
        self.position = position

    def expression(self) -> Node:
        node = self._primary()
        while (sign := self._sign()) in {".", "?.", "[", "?["}:
            self.take(sign)
            if sign.endswith("."):
                kind, name = self._next()
                if kind != "name":
                    raise self._error()
                key: Node = Literal(name)
            else:
                key = self.expression()
                self.take("]")
            node = Access(node, key, sign.startswith("?"))
        return node

    def take(self, sign: str) -> None:
        if self._next() != ("sign", sign):
            raise ExpressionError(f"'{sign}' is expected in '{self._text}' before position {self.position}.")

    def end(self) -> None:
        if self._text[self.position :].strip():
            raise self._error()

    def _primary(self) -> Node:
        kind, token = self._next()
        if kind == "number":
            return Literal(float(token) if "." in token else int(token))
        if kind == "text":
            return Literal(token[1:-1].replace("''", "'"))
        if kind == "name" and self._sign() == "(":
            return self._call(token)
        if kind == "name" and token.lower() in _WORDS:
            return Literal(_WORDS[token.lower()])
        raise self._error()

    def _call(self, name: str) -> Call:
        function = _FUNCTIONS.get(name.lower())
        if function is None:
            raise ExpressionError(f"'{name}' isn't a function of Data Factory that this interpreter knows.")
        arguments: list[Node] = []
        self.take("(")
        while self._sign() != ")":
            if arguments:
                self.take(",")
            arguments.append(self.expression())
        self.take(")")
        if not function.least <= len(arguments) <= function.most:
            raise ExpressionError(f"'{name}' doesn't take {len(arguments)} arguments.")
        return Call(name.lower(), tuple(arguments))

    def _sign(self) -> str:
        match = _TOKEN.match(self._text, self.position)
        return (match["sign"] or "") if match else ""

    def _next(self) -> tuple[str, str]:
        match = _TOKEN.match(self._text, self.position)
        if match is None or match.lastgroup is None:
            raise self._error()
        self.position = match.end()
        return match.lastgroup, match[match.lastgroup]

    def _error(self) -> ExpressionError:
        return ExpressionError(f"'{self._text}' cannot be parsed near position {self.position}.")


def _value(node: Node, context: Context) -> Any:
    if isinstance(node, Literal):
        return node.value
    if isinstance(node, Access):
        return _access(_value(node.target, context), _value(node.key, context), safe=node.safe)
    function = _FUNCTIONS[node.name]
    arguments = [_value(argument, context) for argument in node.arguments]
    for number, argument in enumerate(arguments):
        kind = function.kinds[min(number, len(function.kinds) - 1)]
        if not _KINDS[kind](argument):
            raise ExpressionError(f"'{function.name}' takes {kind} as argument {number + 1}, not {argument!r}.")
    try:
        return function.body(context, *arguments) if function.contextual else function.body(*arguments)
    except (ValueError, ArithmeticError, IndexError) as error:
        raise ExpressionError(f"'{function.name}' fails: {error}") from None


def _access(target: Any, key: Any, *, safe: bool) -> Any:
    if target is None and safe:
        return None
    if isinstance(target, Mapping) and isinstance(key, str):
        name = key
        if isinstance(target, Properties):
            name = next((known for known in target if known.lower() == key.lower()), key)
        if name in target:
            return target[name]
        if safe:
            return None
        raise ExpressionError(f"property '{key}' doesn't exist, available properties are '{', '.join(target)}'.")
    if isinstance(target, list) and isinstance(key, int) and not isinstance(key, bool):
        if 0 <= key < len(target):
            return target[key]
        if safe:
            return None
        raise ExpressionError(f"array index {key} is outside of an array of {len(target)}.")
    raise ExpressionError(f"'{key}' cannot be selected from {type(target).__name__}.")


@dataclass(frozen=True)
class _Function:
    name: str
    kinds: tuple[str, ...]
    least: int
    most: float
    body: Callable[..., Any]
    contextual: bool


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


_KINDS: dict[str, Callable[[Any], bool]] = {
    "any": lambda _: True,
    "text": lambda value: isinstance(value, str),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "number": _is_number,
    "numbers": lambda value: _is_number(value) or (isinstance(value, list) and all(map(_is_number, value))),
    "boolean": lambda value: isinstance(value, bool),
    "array": lambda value: isinstance(value, list),
    "sequence": lambda value: isinstance(value, list | str),
    "collection": lambda value: isinstance(value, list | str | Mapping),
    "items": lambda value: isinstance(value, list | Mapping),
    "comparable": lambda value: _is_number(value) or isinstance(value, str),
}
_FUNCTIONS: dict[str, _Function] = {}


def _define(name: str, kinds: str, body: Callable[..., Any], *, contextual: bool = False) -> None:
    """Adds a function. In `kinds`, `?` marks an optional argument, and `+` one that may repeat."""
    words = kinds.split()
    _FUNCTIONS[name.lower()] = _Function(
        name=name,
        kinds=tuple(word.rstrip("?+") for word in words),
        least=sum(not word.endswith("?") for word in words),
        most=math.inf if kinds.endswith("+") else len(words),
        body=body,
        contextual=contextual,
    )


def _find(text: str, searched: str) -> int:
    return text.lower().find(searched.lower())


def _substring(text: str, start: int, length: int) -> str:
    if start < 0 or length < 0 or start + length > len(text):
        raise ExpressionError(f"{start} and {length} don't lie within a string of {len(text)} characters.")
    return text[start : start + length]


def _contains(collection: Any, searched: Any) -> bool:
    if isinstance(collection, str | Mapping) and not isinstance(searched, str):
        raise ExpressionError("a string is expected to look for.")
    return searched in collection


def _order(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    def ordered(left: Any, right: Any) -> bool:
        if isinstance(left, str) != isinstance(right, str):
            raise ExpressionError("a string and a number cannot be compared.")
        return compare(left, right)

    return ordered


def _divide(dividend: float, divisor: float) -> float:
    if isinstance(dividend, int) and isinstance(divisor, int):
        quotient = abs(dividend) // abs(divisor)
        return quotient if (dividend < 0) == (divisor < 0) else -quotient
    return dividend / divisor


def _remainder(dividend: float, divisor: float) -> float:
    result = math.fmod(dividend, divisor)
    return int(result) if isinstance(dividend, int) and isinstance(divisor, int) else result


def _union(*collections: Any) -> Any:
    if len({isinstance(collection, list) for collection in collections}) > 1:
        raise ExpressionError("arrays and objects cannot be mixed.")
    if isinstance(collections[0], Mapping):
        return {name: value for collection in collections for name, value in collection.items()}
    items: list[Any] = []
    for collection in collections:
        items += [item for item in collection if not _contains(items, item)]
    return items


def _end(collection: Any, position: int) -> Any:
    if not collection:
        raise ExpressionError("the collection is empty.")
    return collection[position]


def _front(collection: Any, count: int, *, taken: bool) -> Any:
    if count < 0:
        raise ExpressionError("the count is negative.")
    return collection[:count] if taken else collection[count:]


def _integer(value: Any) -> int:
    if isinstance(value, str) and re.fullmatch(r"\s*[+-]?\d+\s*", value):
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise ExpressionError(f"{value!r} isn't an integer.")


def _boolean(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value != 0
    if isinstance(value, str) and value.strip().lower() in {"true", "false"}:
        return value.strip().lower() == "true"
    raise ExpressionError(f"{value!r} isn't a boolean.")


def _json(value: Any) -> Any:
    if value is None:
        return {}
    if not isinstance(value, str):
        raise ExpressionError("a string is expected.")
    return json.loads(value)


def _join(items: list[Any], delimiter: str) -> str:
    if any(item is None or isinstance(item, list | Mapping) for item in items):
        raise ExpressionError("only strings, numbers and booleans can be joined.")
    return delimiter.join(map(as_text, items))


def _split(text: str, delimiter: str) -> list[str]:
    return text.split(delimiter)


def _guid(context: Context, form: str = "D") -> str:
    value = context.guid()
    forms = {"N": value.hex, "D": str(value), "B": f"{{{value}}}", "P": f"({value})"}
    if form.upper() not in forms:
        raise ExpressionError(f"'{form}' isn't a format of a GUID.")
    return forms[form.upper()]


for _name, _kinds, _body in (
    ("concat", "text text+", lambda *parts: "".join(parts)),
    ("replace", "text text text", lambda text, old, new: text.replace(old, new) if old else _fail("nothing to find.")),
    ("split", "text text", _split),
    ("toLower", "text", str.lower),
    ("toUpper", "text", str.upper),
    ("trim", "text", str.strip),
    ("substring", "text integer integer", _substring),
    ("indexOf", "text text", _find),
    ("lastIndexOf", "text text", lambda text, searched: text.lower().rfind(searched.lower())),
    ("startsWith", "text text", lambda text, searched: text.lower().startswith(searched.lower())),
    ("endsWith", "text text", lambda text, searched: text.lower().endswith(searched.lower())),
    ("contains", "collection any", _contains),
    ("length", "sequence", len),
    ("empty", "collection", lambda collection: not collection),
    ("first", "sequence", lambda collection: _end(collection, 0)),
    ("last", "sequence", lambda collection: _end(collection, -1)),
    ("skip", "array integer", lambda collection, count: _front(collection, count, taken=False)),
    ("take", "sequence integer", lambda collection, count: _front(collection, count, taken=True)),
    ("join", "array text", _join),
    ("union", "items items+", _union),
    ("array", "any", lambda value: [value]),
    ("createArray", "any any+", lambda *items: list(items)),
    ("coalesce", "any+", lambda *values: next((value for value in values if value is not None), None)),
    ("if", "boolean any any", lambda condition, yes, no: yes if condition else no),
    ("equals", "any any", operator.eq),
    ("and", "boolean boolean", lambda left, right: left and right),
    ("or", "boolean boolean", lambda left, right: left or right),
    ("not", "boolean", operator.not_),
    ("greater", "comparable comparable", _order(operator.gt)),
    ("greaterOrEquals", "comparable comparable", _order(operator.ge)),
    ("less", "comparable comparable", _order(operator.lt)),
    ("lessOrEquals", "comparable comparable", _order(operator.le)),
    ("add", "number number", operator.add),
    ("sub", "number number", operator.sub),
    ("mul", "number number", operator.mul),
    ("div", "number number", _divide),
    ("mod", "number number", _remainder),
    ("min", "numbers+", lambda *values: min(_numbers(values))),
    ("max", "numbers+", lambda *values: max(_numbers(values))),
    ("range", "integer integer", lambda start, count: _front(list(range(start, start + count)), count, taken=True)),
    ("int", "any", _integer),
    ("float", "text", float),
    ("bool", "any", _boolean),
    ("string", "any", as_text),
    ("json", "any", _json),
    ("base64", "text", lambda text: base64.b64encode(text.encode()).decode()),
    ("base64ToString", "text", lambda text: base64.b64decode(text, validate=True).decode()),
    ("uriComponent", "text", lambda text: quote(text, safe="")),
    ("encodeUriComponent", "text", lambda text: quote(text, safe="")),
    ("uriComponentToString", "text", unquote),
    ("decodeUriComponent", "text", unquote),
):
    _define(_name, _kinds, _body)
_define("guid", "text?", _guid, contextual=True)


def _fail(message: str) -> Any:
    raise ExpressionError(message)


def _numbers(values: tuple[Any, ...]) -> list[float]:
    return [number for value in values for number in (value if isinstance(value, list) else [value])]


def _pipeline(context: Context) -> Any:
    return _fail("pipeline() exists in pipelines only.") if context.pipeline is None else context.pipeline


def _trigger(context: Context) -> Any:
    return _fail("trigger() exists in triggers only.") if context.trigger is None else context.trigger


def _trigger_body(context: Context) -> Any:
    body = context.trigger_body
    return _fail("triggerBody() exists in event triggers only.") if body is None else body


def _item(context: Context) -> Any:
    return _fail("item() exists in loops only.") if context.item is MISSING else context.item


def _variable(context: Context, name: str) -> Any:
    known = next((variable for variable in context.variables if variable.lower() == name.lower()), None)
    return _fail(f"variable '{name}' doesn't exist or isn't set.") if known is None else context.variables[known]


def _activity(context: Context, name: str) -> Any:
    if name not in context.activities:
        raise ExpressionError(f"activity '{name}' doesn't exist here or didn't run.")
    return context.activities[name]


for _name, _kinds, _body in (
    ("pipeline", "", _pipeline),
    ("trigger", "", _trigger),
    ("triggerBody", "", _trigger_body),
    ("item", "", _item),
    ("variables", "text", _variable),
    ("activity", "text", _activity),
):
    _define(_name, _kinds, _body, contextual=True)


@dataclass(frozen=True)
class _Stamp:
    """A .NET `DateTime`: the local time, whether it is known to be UTC, and units of 100 ns after the microseconds."""

    wall: datetime
    utc: bool
    tick: int = 0

    def plus(self, delta: timedelta) -> "_Stamp":
        return _Stamp(self.wall + delta, self.utc, self.tick)


_ISO = re.compile(
    r"(?P<year>\d{4})-(?P<month>\d\d)-(?P<day>\d\d)"
    r"(?:[T ](?P<hour>\d\d):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:\.(?P<fraction>\d{1,7}))?)?"
    r"(?P<zone>Z|[+-]\d\d:\d\d)?)?"
)
_ENGLISH = re.compile(
    r"(?P<month>\d{1,2})/(?P<day>\d{1,2})/(?P<year>\d{4})"
    r"(?: (?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d))?)?"
)


def _stamp(text: str) -> _Stamp:
    match = _ISO.fullmatch(text) or _ENGLISH.fullmatch(text)
    if match is None:
        raise ExpressionError(f"'{text}' isn't a timestamp.")
    found = match.groupdict()
    numbers = [int(found[name] or 0) for name in ("year", "month", "day", "hour", "minute", "second")]
    fraction = (found.get("fraction") or "").ljust(7, "0")
    wall = datetime(*numbers[:6], microsecond=int(fraction[:6]), tzinfo=UTC)
    zone = found.get("zone")
    if zone and zone != "Z":
        offset = timedelta(hours=int(zone[1:3]), minutes=int(zone[4:6]))
        wall = wall - offset if zone[0] == "+" else wall + offset
    return _Stamp(wall, bool(zone), int(fraction[6]))


_STANDARD = {
    "d": "M/d/yyyy",
    "D": "dddd, MMMM d, yyyy",
    "f": "dddd, MMMM d, yyyy h:mm tt",
    "F": "dddd, MMMM d, yyyy h:mm:ss tt",
    "g": "M/d/yyyy h:mm tt",
    "G": "M/d/yyyy h:mm:ss tt",
    "M": "MMMM d",
    "m": "MMMM d",
    "o": "yyyy-MM-ddTHH:mm:ss.fffffffK",
    "O": "yyyy-MM-ddTHH:mm:ss.fffffffK",
    "r": "ddd, dd MMM yyyy HH:mm:ss 'GMT'",
    "R": "ddd, dd MMM yyyy HH:mm:ss 'GMT'",
    "s": "yyyy-MM-ddTHH:mm:ss",
    "t": "h:mm tt",
    "T": "h:mm:ss tt",
    "u": "yyyy-MM-dd HH:mm:ss'Z'",
    "y": "MMMM yyyy",
    "Y": "MMMM yyyy",
}
_PART = re.compile(
    r"(?P<run>([yMdHhmsfFtzKg])\2*)|'(?P<one>[^']*)'|\"(?P<two>[^\"]*)\"|\\(?P<escaped>.)|(?P<other>.)", re.S
)
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


def _format(stamp: _Stamp, form: str) -> str:
    if len(form) == 1 and form not in _STANDARD:
        raise ExpressionError(f"'{form}' isn't a format of a timestamp.")
    return "".join(_part(stamp, match) for match in _PART.finditer(_STANDARD.get(form, form)))


def _part(stamp: _Stamp, match: re.Match[str]) -> str:
    if match["run"]:
        return _run(stamp, match["run"][0], len(match["run"]))
    for name in ("one", "two", "escaped"):
        if match[name] is not None:
            return match[name]
    if match["other"] in "'\"\\":
        raise ExpressionError("a quoted part of the format doesn't end.")
    return "" if match["other"] == "%" else match["other"]


def _run(stamp: _Stamp, letter: str, count: int) -> str:
    """The text for repeated letters in a format, such as `yyyy`."""
    wall = stamp.wall
    if letter == "y":
        return str(wall.year % 100).zfill(count) if count < 3 else str(wall.year).zfill(count)
    if letter in "Md" and count > 2:
        name = _MONTHS[wall.month - 1] if letter == "M" else _DAYS[wall.weekday()]
        return name[:3] if count == 3 else name
    numbers = {"M": wall.month, "d": wall.day, "H": wall.hour, "h": wall.hour % 12 or 12}
    numbers |= {"m": wall.minute, "s": wall.second}
    if letter in numbers:
        return str(numbers[letter]).zfill(min(count, 2))
    if letter in "fF" and count <= 7:
        digits = f"{wall.microsecond:06}{stamp.tick}"[:count]
        return digits if letter == "f" else digits.rstrip("0")
    if letter == "t":
        return ("AM" if wall.hour < 12 else "PM")[:count]
    if letter == "K":
        return ("Z" if stamp.utc else "") * count
    if letter == "z" and stamp.utc:
        return ("+0", "+00", "+00:00")[min(count, 3) - 1]
    raise ExpressionError(f"'{letter * count}' in a format has no documented meaning here.")


def _shift(stamp: _Stamp, count: int, unit: str) -> _Stamp:
    unit = unit.lower()
    months = {"month": 1, "year": 12}.get(unit)
    if months is not None:
        total = stamp.wall.year * 12 + stamp.wall.month - 1 + count * months
        year, month = divmod(total, 12)
        day = min(stamp.wall.day, calendar.monthrange(year, month + 1)[1])
        return _Stamp(stamp.wall.replace(year=year, month=month + 1, day=day), stamp.utc, stamp.tick)
    if unit not in {"second", "minute", "hour", "day", "week"}:
        raise ExpressionError(f"'{unit}' isn't a unit of time.")
    return stamp.plus(timedelta(**{f"{unit}s": count}))


def _zone(name: str) -> ZoneInfo:
    if name != "UTC" and name not in win_tz:
        raise ExpressionError(f"'{name}' isn't a Windows time zone.")
    return ZoneInfo("UTC" if name == "UTC" else win_tz[name])


def _to_utc(stamp: _Stamp, name: str) -> _Stamp:
    """Converts as TimeZoneInfo.ConvertTimeToUtc does: a skipped time fails, a repeated one is in standard time."""
    if stamp.utc:
        if name != "UTC":
            raise ExpressionError("a timestamp in UTC isn't in the source time zone.")
        return stamp
    zone = _zone(name)
    moments = [stamp.wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)]
    moments = [moment for moment in moments if _wall(moment, zone) == stamp.wall]
    if not moments:
        raise ExpressionError(f"{_format(stamp, 's')} doesn't exist in '{name}': clocks skip it.")
    return _Stamp(max(moments), utc=True, tick=stamp.tick)


def _wall(moment: datetime, zone: ZoneInfo) -> datetime:
    return moment.astimezone(zone).replace(tzinfo=UTC, fold=0)


def _from_utc(stamp: _Stamp, name: str) -> _Stamp:
    return _Stamp(_wall(stamp.wall, _zone(name)), utc=name == "UTC", tick=stamp.tick)


def _ticks(text: str) -> int:
    stamp = _stamp(text)
    elapsed = stamp.wall - datetime(1, 1, 1, tzinfo=UTC)
    return elapsed // timedelta(microseconds=1) * 10 + stamp.tick


def _added(unit: str) -> Callable[..., str]:
    return lambda text, count, form="o": _format(_shift(_stamp(text), count, unit), form)


def _start(**fields: Any) -> Callable[..., str]:
    def started(text: str, form: str = "o") -> str:
        stamp = _stamp(text)
        return _format(_Stamp(stamp.wall.replace(minute=0, second=0, microsecond=0, **fields), stamp.utc), form)

    return started


def _now(context: Context) -> _Stamp:
    return _Stamp(context.now.astimezone(UTC), utc=True)


for _name, _kinds, _body in (
    ("formatDateTime", "text text?", lambda text, form="o": _format(_stamp(text), form)),
    ("addSeconds", "text integer text?", _added("Second")),
    ("addMinutes", "text integer text?", _added("Minute")),
    ("addHours", "text integer text?", _added("Hour")),
    ("addDays", "text integer text?", _added("Day")),
    (
        "addToTime",
        "text integer text text?",
        lambda text, count, unit, form="o": _format(_shift(_stamp(text), count, unit), form),
    ),
    (
        "subtractFromTime",
        "text integer text text?",
        lambda text, count, unit, form="o": _format(_shift(_stamp(text), -count, unit), form),
    ),
    ("convertFromUtc", "text text text?", lambda text, zone, form="o": _format(_from_utc(_stamp(text), zone), form)),
    ("convertToUtc", "text text text?", lambda text, zone, form="o": _format(_to_utc(_stamp(text), zone), form)),
    (
        "convertTimeZone",
        "text text text text?",
        lambda text, source, zone, form="o": _format(_from_utc(_to_utc(_stamp(text), source), zone), form),
    ),
    ("startOfHour", "text text?", _start()),
    ("startOfDay", "text text?", _start(hour=0)),
    ("startOfMonth", "text text?", _start(hour=0, day=1)),
    ("dayOfWeek", "text", lambda text: _stamp(text).wall.isoweekday() % 7),
    ("dayOfMonth", "text", lambda text: _stamp(text).wall.day),
    ("dayOfYear", "text", lambda text: _stamp(text).wall.timetuple().tm_yday),
    ("ticks", "text", _ticks),
):
    _define(_name, _kinds, _body)
for _name, _kinds, _body in (
    ("utcNow", "text?", lambda context, form="o": _format(_now(context), form)),
    (
        "getFutureTime",
        "integer text text?",
        lambda context, count, unit, form="o": _format(_shift(_now(context), count, unit), form),
    ),
    (
        "getPastTime",
        "integer text text?",
        lambda context, count, unit, form="o": _format(_shift(_now(context), -count, unit), form),
    ),
):
    _define(_name, _kinds, _body, contextual=True)
