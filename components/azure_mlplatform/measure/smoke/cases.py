"""The file of cases of a smoke test: what is sent, and what has to come back."""

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Optional

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ...foundation.problems import Problem, ProblemsError, problems_of

LARGEST = 64 * 1024 * 1024
"""The largest file that is read, in bytes."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, populate_by_name=True)


class Tolerance(_Part):
    """How far a number may lie from the expected one. The larger of both counts."""

    relative: float = Field(default=1e-6, ge=0)
    """A share of the expected number. Default: 0.000001."""

    absolute: float = Field(default=0, ge=0)
    """In the unit of the number. Default: 0."""


class Case(_Part):
    """One request, and what has to come back."""

    name: str = Field(min_length=1, max_length=200)
    """Its name in the results."""

    input: Any
    """The JSON that is sent."""

    expected: Any = None
    """The JSON that has to come back, numbers within the tolerance. Default: not compared."""

    # `schema` is a method of pydantic's models.
    json_schema: Optional[dict[str, Any] | bool] = Field(default=None, alias="schema")
    """A JSON Schema that the answer has to fit. Default: none."""

    status: int = Field(default=200, ge=200, le=599)
    """The HTTP status that has to come back. A managed endpoint answers 424 if its model answers anything but 200."""

    max_ms: Optional[float] = Field(default=None, gt=0)
    """The longest time in milliseconds, from sending to the last byte. Default: that of the file, else no bound."""

    tolerance: Optional[Tolerance] = None
    """Default: that of the file."""

    @property
    def compares(self) -> bool:
        """Whether it has an expected answer, which may be null."""
        return "expected" in self.model_fields_set


class Cases(_Part):
    """A file of cases."""

    version: int = Field(default=1, ge=1, le=1)
    """The version of the file."""

    tolerance: Tolerance = Field(default_factory=Tolerance)
    """The tolerance of all cases that have none of their own."""

    max_ms: Optional[float] = Field(default=None, gt=0)
    """The longest time of all cases that have none of their own, in milliseconds. Default: no bound."""

    cases: list[Case] = Field(min_length=1, max_length=1000)
    """The cases, in the order in which they are sent."""

    def tolerance_of(self, case: Case) -> Tolerance:
        """The tolerance that counts for a case."""
        return case.tolerance or self.tolerance

    def max_ms_of(self, case: Case) -> Optional[float]:
        """The bound that counts for a case."""
        return case.max_ms or self.max_ms


def read_cases(file: Path) -> Cases:
    """The cases in a file of YAML or JSON. Raises ProblemsError with all that is wrong in it."""
    data = _read(file)
    problems = [Problem(path, what, fix, str(file)) for path, what, fix in _no_json(data, ())]
    try:
        found = Cases.model_validate(data)
    except ValidationError as error:
        known = {each.path for each in problems}
        problems += [
            Problem(each.path, each.what, each.fix, str(file))
            for each in problems_of(error, Cases, data=data)
            if each.path not in known
        ]
        raise ProblemsError(problems) from None
    problems += [Problem(path, what, fix, str(file)) for path, what, fix in _wrong(found)]
    if problems:
        raise ProblemsError(problems)
    return found


_Found = Iterator[tuple[tuple[str | int, ...], str, str]]


def _read(file: Path) -> Any:
    import yaml

    try:
        if file.stat().st_size > LARGEST:
            raise ProblemsError(
                [Problem((), f"has more than {LARGEST} bytes", "Send fewer or smaller inputs", str(file))]
            )
        text = file.read_text(encoding="utf-8-sig")
        return json.loads(text) if file.suffix.lower() == ".json" else yaml.safe_load(text)
    except OSError as error:
        problem = Problem((), f"cannot be read ({error.strerror})", "Name a file that exists", str(file))
    except yaml.MarkedYAMLError as error:
        line = f":{error.problem_mark.line + 1}" if error.problem_mark else ""
        problem = Problem((), f"is no YAML: {error.problem}", "Mend the text at this line", f"{file}{line}")
    except json.JSONDecodeError as error:
        problem = Problem((), f"is no JSON: {error.msg}", "Mend the text at this line", f"{file}:{error.lineno}")
    except (ValueError, RecursionError, yaml.YAMLError):
        problem = Problem((), "is neither YAML nor JSON in UTF-8", "Write it as docs/measure.md shows", str(file))
    raise ProblemsError([problem])


def _no_json(value: Any, path: tuple[str | int, ...]) -> _Found:
    """Values that YAML has and JSON has not."""
    if isinstance(value, dict):
        for key, each in value.items():
            if isinstance(key, str):
                yield from _no_json(each, (*path, key))
            else:
                yield (*path, str(key)), f"the key {key!r} is no text", f'Write it in quotes: "{key}"'
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from _no_json(each, (*path, index))
    elif isinstance(value, float) and not math.isfinite(value):
        yield path, f"{value} is no number of JSON", "Leave it out, or write null"
    elif not isinstance(value, str | int | float | bool | None):
        yield path, f"{value} is a {type(value).__name__}, which JSON has not", "Write it in quotes"


def _wrong(found: Cases) -> _Found:
    names = [each.name for each in found.cases]
    for index, each in enumerate(found.cases):
        if each.name in names[:index]:
            yield ("cases", index, "name"), f"'{each.name}' is the name of an earlier case", "Give it another name"
        if each.json_schema is not None:
            yield from _wrong_schema(each.json_schema, ("cases", index, "schema"))


def _wrong_schema(schema: Any, path: tuple[str | int, ...]) -> _Found:
    from jsonschema.exceptions import SchemaError
    from jsonschema.validators import Draft202012Validator, validator_for

    try:
        validator: Any = validator_for(schema, Draft202012Validator)
        validator.check_schema(schema)
    except SchemaError as error:
        yield (*path, *error.absolute_path), f"is no JSON Schema: {error.message[:300]}", "See https://json-schema.org"


def uses_schemas(found: Cases) -> bool:
    """Whether a case needs the package jsonschema."""
    return any(each.json_schema is not None for each in found.cases)
