"""Turns everything that is wrong with some settings into one readable message."""

import contextlib
import difflib
import os
import re
import traceback
from collections.abc import Iterable, Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Optional, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from .field_docs import field_docs
from .printable import printable
from .rules import shapes
from .secret_values import SECRET, redacted
from .violations import Path


@dataclass(frozen=True, slots=True)
class Problem:
    """One problem: where it is, what is wrong, and what to do."""

    path: Path
    """The place in the settings."""

    what: str
    """The problem, including the value."""

    fix: str
    """The allowed values, or what to do."""

    file: str = ""
    """The file, and the line if known."""

    def as_json(self) -> dict[str, Any]:
        """The problem as commands print it with `--json`."""
        return {
            "file": self.file,
            "path": list(_redacted(self.path)),
            "what": redacted(self.what),
            "fix": redacted(self.fix),
        }

    @property
    def line(self) -> str:
        """The place and the problem in one line."""
        return printable(": ".join(filter(None, [self.file, dotted(_redacted(self.path)), redacted(self.what)])))

    def __str__(self) -> str:
        return self.line + (f"\n    {printable(self.fix)}" if self.fix else "")


def _redacted(path: Path) -> Path:
    return tuple(redacted(each) if isinstance(each, str) else each for each in path)


class ProblemsError(Exception):
    """The settings cannot be used. The message lists all problems, one paragraph each."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


CALLS = "MLPLATFORM_TRACEBACK"
"""The environment variable that shows the calls of an unexpected error, for who mends it."""


def show_calls(error: BaseException) -> None:
    """Writes the calls of an error to standard error, if somebody asked for that."""
    if os.environ.get(CALLS):
        traceback.print_exception(error)


_KEPT: ContextVar[Optional[list[Problem]]] = ContextVar("kept", default=None)


@contextlib.contextmanager
def kept_going() -> Iterator[list[Problem]]:
    """Keeps the problems of what is deployed in the list that it gives, instead of ending the program at the first.

    A program then goes on as if there were none, so that all its resources are known.
    """
    token = _KEPT.set(found := [])
    try:
        yield found
    finally:
        _KEPT.reset(token)


def is_kept(problems: Iterable[Problem]) -> bool:
    """Keeps the problems if somebody asked for that (`kept_going`), and says whether."""
    if (kept := _KEPT.get()) is None:
        return False
    kept.extend(each for each in problems if each not in kept)
    return True


def dotted(path: Path) -> str:
    """The path in dotted form: `network.subnets.aks`, `ai_services[1].name`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text


def problems_of(
    error: ValidationError, model: type[BaseModel], secrets: Iterable[Path] = (), data: Any = None
) -> list[Problem]:
    """Every problem in a validation error of `model`, in the order of the fields. Never shows a secret.

    `secrets` are paths in `data`; everything below them is secret. No problem shows a text from there, and a problem
    below such a path is reported at the path itself.
    """
    hidden = tuple(secrets)
    texts = sorted({text for path in hidden for text in _texts_at(data, path)}, key=len, reverse=True)
    found: dict[Path, Problem] = {}
    for line in error.errors(include_url=False):
        path, owner = _place(model, line["loc"])
        above = next((secret for secret in hidden if path[: len(secret)] == secret and len(path) > len(secret)), None)
        if above is not None:
            found[above] = Problem(above, f"something in {SECRET} is wrong", _PLAIN)
            continue
        problem = _problem(line, path, owner, texts)
        # A union such as In[str] reports an error for each member; the first is enough.
        found.setdefault((*path, problem.what) if line["type"] == "refused" else path, problem)
    return list(found.values())


_PLAIN = "Settings hold no secrets. Write the value in plain text to see what is wrong"


def _texts_at(data: Any, path: Path) -> Iterator[str]:
    """Every text below a path, in the forms that a message could show."""
    for part in path:
        try:
            data = data[part]
        except (KeyError, IndexError, TypeError):
            return
    if isinstance(data, Mapping):
        for key in data:
            yield from _texts_at(data, (key,))
    elif isinstance(data, list):
        for index in range(len(data)):
            yield from _texts_at(data, (index,))
    elif data is not None and not isinstance(data, bool) and str(data):
        yield from {str(data), str(data).lower()}


def _place(model: type[BaseModel], loc: tuple[int | str, ...]) -> tuple[Path, type[BaseModel] | None]:
    """The path of an error without the names of union members, and the model that contains its last part."""
    path: list[int | str] = []
    owner: type[BaseModel] | None = model
    types: tuple[Any, ...] = (model,)
    for part in loc:
        models = [each for each in types if isinstance(each, type) and issubclass(each, BaseModel)]
        field = models[0].model_fields.get(str(part)) if models else None
        if models:
            owner = models[0]
            types = _members(field.annotation) if field else ()
        elif types and not isinstance(part, int) and _names_a_member(part):
            continue
        else:
            owner = None
            types = tuple(member for each in types for arg in get_args(each) for member in _members(arg))
        path.append(part)
    return tuple(path), owner


def _names_a_member(part: str) -> bool:
    return part in ("str", "int", "float", "bool") or part.startswith(("is-instance[", "function-", "lax-or-strict"))


def _members(annotation: Any) -> tuple[Any, ...]:
    """The flattened types of a union, or the type itself."""
    args = get_args(annotation)
    if not args or isinstance(annotation, type):
        return (annotation,)
    if getattr(annotation, "__origin__", None) in (list, dict):
        return (annotation,)
    return tuple(member for arg in args for member in _members(arg))


_EXPECTED = {
    "string": "a text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "list": "a list: one item per line, starting with '- '",
    "dict": "keys and values",
    "model": "keys and values",
}


_KEY_NAME = re.compile(
    r"(?i)(account|access|primary|secondary|shared|storage|api)_?key|sas(_|$)|token|password|secret|connection_?string"
)
_NO_KEYS = "No setting takes a key, SAS token or password: everything signs in with Entra ID. Remove it"


def _problem(line: ErrorDetails, path: Path, owner: type[BaseModel] | None, secrets: list[str]) -> Problem:
    kind, context = line["type"], line.get("ctx", {})
    value = line["input"]
    shown = _shown(value, secrets)
    if kind == "refused":
        return Problem(path, _masked(context["what"], secrets), _masked(context["fix"], secrets))
    if kind == "extra_forbidden":
        keys = list(owner.model_fields) if owner else []
        if _KEY_NAME.search(str(path[-1])):
            return Problem(path, f"unknown key '{path[-1]}'", _NO_KEYS)
        return Problem(path, f"unknown key '{path[-1]}'", _advice(str(path[-1]), keys))
    if kind == "missing":
        return Problem(path, "required, and missing", _meaning(owner, path))
    if kind == "enum":
        allowed = [each.strip("' ") for each in str(context["expected"]).replace(" or ", ", ").split(", ")]
        hint = _hint_of_choice(owner, path, str(value))
        return Problem(path, f"{shown} is not allowed", _advice(_masked(str(value), secrets), allowed, hint))
    if kind == "string_pattern_mismatch":
        return Problem(path, f"{shown} is not allowed", _meaning(owner, path))
    if kind in ("string_too_long", "string_too_short"):
        count = f"{shown} has {len(str(value))} characters"
        bound = f"at most {context['max_length']}" if "max_length" in context else f"at least {context['min_length']}"
        return Problem(path, count, f"Allowed: {bound}. {_meaning(owner, path)}".rstrip())
    for prefix, expected in _EXPECTED.items():
        if kind.startswith(prefix) and kind.endswith(("_type", "_parsing", "_from_float")):
            what = f"{shown} is {_kind(value)}" if value is not None else "has no value"
            if prefix == "int" and isinstance(value, float):
                what = f"{shown} is not a whole number"
            quoted = f", in quotes: '{shown}'" if prefix == "string" and isinstance(value, bool | int | float) else ""
            return Problem(path, what, f"Expected {expected}{quoted}. {_meaning(owner, path)}".rstrip())
    return Problem(path, f"{shown}: {line['msg'][0].lower()}{line['msg'][1:]}", _meaning(owner, path))


def _shown(value: object, secrets: list[str]) -> str:
    if value is None:
        return "an empty value"
    if isinstance(value, Mapping | list | tuple):
        return "a group of keys" if isinstance(value, Mapping) else "a list"
    text = _masked(str(value).lower() if isinstance(value, bool) else str(value), secrets)
    if text == SECRET or isinstance(value, bool | int | float):
        return text
    return f"'{text[:77] + '...' if len(text) > 80 else text}'"


def _masked(text: str, secrets: list[str]) -> str:
    for secret in secrets:
        text = text.replace(secret, SECRET)
    return redacted(text)


def _kind(value: object) -> str:
    names = {
        bool: "a boolean",
        int: "a number",
        float: "a number",
        str: "a text",
    }
    return names.get(type(value), "not allowed here")


def _hint_of_choice(owner: type[BaseModel] | None, path: Path, value: str) -> str:
    """Returns the advice that the choices of a field have for a value, such as the name of a product."""
    field = owner.model_fields.get(str(path[-1])) if owner and path else None
    for each in _members(field.annotation) if field else ():
        if hint := getattr(each, "advice", lambda _: "")(value):
            return hint
    return ""


def _advice(value: str, allowed: list[str], hint: str = "") -> str:
    """The allowed values, after the one that is meant: by its letters, if no better `hint` is known."""
    letters = {re.sub(r"[^a-z0-9]", "", each.lower()): each for each in reversed(allowed)}
    given = re.sub(r"[^a-z0-9]", "", value.lower())
    near = difflib.get_close_matches(given, letters, n=1, cutoff=0.5)
    near = near or [each for each in letters if given.startswith(each)]
    if not hint and near:
        hint = f"Did you mean '{letters[near[0]]}'?"
    return f"{hint} Allowed: {', '.join(allowed)}".strip()


def _meaning(owner: type[BaseModel] | None, path: Path) -> str:
    """The docstring of a field, and an example."""
    field = owner.model_fields.get(str(path[-1])) if owner and path else None
    if owner is None or field is None:
        return ""
    meaning = field_docs(owner).get(str(path[-1]), "")
    if shape := shapes(owner).get(str(path[-1])):
        return f"{meaning} Shape: {shape}".strip()
    example = f" For example {_example(field.examples[0])}" if field.examples else ""
    return f"{meaning}{example}".strip()


def _example(value: Any) -> str:
    # Without quotes, YAML takes a date for no text.
    return f"'{value}'" if re.fullmatch(r"\d{4}-\d\d-\d\d", str(value)) else str(value)


def located(problems: Iterable[Problem], file_of: Mapping[Path, str], default: str) -> Iterator[Problem]:
    """Adds file and line to the problems: those of the nearest path in `file_of`, else `default`."""
    for problem in problems:
        place = default
        for length in range(len(problem.path), 0, -1):
            if problem.path[:length] in file_of:
                place = file_of[problem.path[:length]]
                break
        yield Problem(problem.path, problem.what, problem.fix, place)
