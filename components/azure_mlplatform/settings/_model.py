"""The base of every settings model and of every component's arguments: frozen, closed, all problems at once."""

import contextlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from types import FunctionType
from typing import Annotated, Any, ClassVar, NamedTuple, Optional, Self, TypeVar, get_args, get_origin

from pydantic import (
    BaseModel,
    ConfigDict,
    ModelWrapValidatorHandler,
    TypeAdapter,
    ValidationError,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    field_validator,
    model_validator,
)
from pydantic.fields import FieldInfo
from pydantic_core import InitErrorDetails, PydanticCustomError

Path = tuple[str | int, ...]
_Value = TypeVar("_Value")

SECRET = "[secret]"  # noqa: S105 - the text shown in a secret's place


class Encrypted(str):
    """What stands for an encrypted value where there is no key to read it, as in a preview."""

    __slots__ = ()

    def __new__(cls) -> Self:
        return super().__new__(cls, SECRET)


_KEY = re.compile(
    r"[?&;\s]sig=[\w%/+-]{16,}"  # a shared access signature
    r"|(?i:(account|sharedaccess)key=\S{16,})"  # a connection string
    r"|(?<![\w+/])[\w+/]{86}==(?!=)"  # the 64 bytes of an account key
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----"
    r"|--password[= ]\s*[^\s$]\S*|\baz\s+login\b.*\s-p\s+[^\s$]"  # a password given to a command
)
"""What only a key, a connection string or a SAS token looks like."""


class Refusal(NamedTuple):
    """One thing that a check refuses: where it stands in the model, its value, what is wrong, what to do."""

    path: Path
    value: object
    what: str
    fix: str


def below(path: Path, refusals: Iterable[Refusal]) -> Iterator[Refusal]:
    """What a part refuses, as the whole that it stands in under `path` says it."""
    for refusal in refusals:
        yield refusal._replace(path=(*path, *refusal.path))


def below_each(
    path: Path, values: Sequence[_Value], refusals: Callable[[_Value], Iterable[Refusal]]
) -> Iterator[Refusal]:
    """What each value of a list refuses, as the whole that the list stands in under `path` says it. One that is itself
    wrong, so that it cannot be read, keeps nothing of the others back."""
    unread: Optional[AttributeError] = None
    for index, value in enumerate(values):
        try:
            yield from below((*path, index), refusals(value))
        except AttributeError as error:
            unread = unread or error
    if unread is not None:
        raise unread


def repeated(values: Sequence[object], path: Path) -> Iterator[Refusal]:
    """Every value of a list that stands there a second time; Azure does not tell upper from lower case."""
    seen: set[str] = set()
    for index, value in enumerate(values):
        text = str(value).lower()
        if value != SECRET and text in seen:
            yield Refusal((*path, index), value, f"{value} stands here twice", "Leave the second out")
        seen.add(text)


def refused(what: str, fix: str) -> PydanticCustomError:
    """The error a value's rule raises: `what` is wrong with it, and the `fix`."""
    return PydanticCustomError("refused", "{what}. {fix}", {"what": what, "fix": fix})


def _validation_error(title: str, details: list[InitErrorDetails]) -> ValidationError:
    return ValidationError.from_exception_data(title, details)


def _details(error: ValidationError) -> Iterator[InitErrorDetails]:
    for line in error.errors(include_url=False):
        context = line.get("ctx", {})
        known: Any = line["type"]
        if known == "refused":
            known = refused(context["what"], context["fix"])
        elif known in ("value_error", "assertion_error"):
            known = refused(str(context["error"]), "")
        yield InitErrorDetails(type=known, loc=line["loc"], input=line["input"], ctx=context)


def _detail(refusal: Refusal) -> InitErrorDetails:
    return InitErrorDetails(type=refused(refusal.what, refusal.fix), loc=refusal.path, input=refusal.value)


Check = Callable[[Any], Iterable[Refusal]]


def check(function: Check) -> Check:
    """Mark a method as a check of the whole model; it yields what it refuses.

    Every check runs, so that all problems show at once. One that reads a field which is itself
    wrong ends there, and goes on once that field is right.
    """
    function.__dict__["is_check"] = True
    return function


class Settings(BaseModel):
    """A value that does not change, knows all its keys, and reports all its problems at once."""

    # Built on first use: a model inside another would otherwise be built for itself and for each that has it.
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    _checks: ClassVar[tuple[Check, ...]] = ()

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        found = {
            name: member
            for base in reversed(cls.__mro__)
            for name, member in vars(base).items()
            if isinstance(member, FunctionType) and getattr(member, "is_check", False)
        }
        cls._checks = tuple(found.values())

    @field_validator("*", mode="wrap")
    @classmethod
    def _pass_encrypted_and_no_key(cls, value: Any, handler: ValidatorFunctionWrapHandler, info: ValidationInfo) -> Any:
        """An encrypted text cannot be judged without its key, so it passes as it is; a key never passes."""
        if not isinstance(value, Encrypted):
            if _holds_a_key(value):
                raise _A_KEY
            return handler(value)
        if cls.model_fields[str(info.field_name)].annotation in (str, Optional[str]):
            return value
        try:
            return handler(value)
        except ValidationError:
            raise _ENCRYPTED from None

    @model_validator(mode="wrap")
    @classmethod
    def _all_problems_at_once(cls, data: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        if isinstance(data, Encrypted):
            raise _ENCRYPTED
        try:
            model = handler(data)
        except ValidationError as error:
            details = list(_details(error))
            if isinstance(data, Mapping):
                details += map(_detail, cls._refusals_of_the_rest(data, details))
            raise _validation_error(cls.__name__, details) from None
        refusals = [refusal for each in cls._checks for refusal in each(model)]
        if refusals:
            raise _validation_error(cls.__name__, list(map(_detail, refusals)))
        return model

    @classmethod
    def _refusals_of_the_rest(cls, data: Mapping[str, Any], details: list[InitErrorDetails]) -> Iterator[Refusal]:
        """What the checks refuse although something else is wrong too."""
        rest = cls._rest(data, details)
        for each in cls._checks:
            # What it found before it met something wrong is refused all the same.
            with contextlib.suppress(AttributeError):
                yield from each(rest)

    @classmethod
    def _rest(cls, data: Mapping[str, Any], details: list[InitErrorDetails]) -> Self:
        """A model of what is right in `data`; to read anything else in it is an AttributeError."""
        wrong: dict[int | str, list[InitErrorDetails]] = {}
        for detail in details:
            if loc := detail.get("loc", ()):
                wrong.setdefault(loc[0], []).append({**detail, "loc": loc[1:]})
        right: dict[str, Any] = {}
        for name, field in cls.model_fields.items():
            inner = next((each for each in _members(field.annotation) if issubclass(each, Settings)), None)
            if name not in wrong:
                if name in data:
                    right[name] = _valid(field, data[name], cls.model_config)
                elif not field.is_required():
                    right[name] = field.get_default(call_default_factory=True)
            elif (item := _item(field.annotation)) is not None and isinstance(data.get(name), list):
                items = _rest_of_items(item, data[name], wrong[name])
                if items is not None:
                    right[name] = items
            elif (
                inner is not None
                and isinstance(data.get(name), Mapping)
                and all(each.get("loc") for each in wrong[name])
            ):
                right[name] = inner._rest(data[name], wrong[name])
        rest = cls.model_construct(_fields_set=set(right) & set(data), **right)
        for name in set(cls.model_fields) - set(right):
            vars(rest).pop(name, None)
        return rest


def _item(annotation: Any) -> Optional[type[Settings]]:
    """The model that a list holds, where it is a list of models."""
    held = get_args(annotation) if get_origin(annotation) is list else ()
    return held[0] if held and isinstance(held[0], type) and issubclass(held[0], Settings) else None


def _rest_of_items(item: type[Settings], data: list[Any], details: list[InitErrorDetails]) -> Optional[list[Settings]]:
    """What is right in each of a list's items, in their places; None where the list itself is wrong."""
    wrong: dict[int | str, list[InitErrorDetails]] = {}
    for detail in details:
        loc = detail.get("loc", ())
        if len(loc) < 2:
            return None
        wrong.setdefault(loc[0], []).append({**detail, "loc": loc[1:]})
    if not all(isinstance(each, Mapping | Settings) for each in data):
        return None
    return [
        item._rest(value, wrong.get(index, [])) if isinstance(value, Mapping) else value
        for index, value in enumerate(data)
    ]


def _members(annotation: Any) -> list[type]:
    """The classes in an annotation: itself, or the members of a union."""
    return [each for each in get_args(annotation) or (annotation,) if isinstance(each, type)]


def _valid(field: FieldInfo, value: Any, config: ConfigDict) -> Any:
    """A value of a field that is known to be right, as the model would hold it."""
    field_type: Any = Annotated[field.annotation, field]
    has_config = isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel)
    return TypeAdapter(field_type, config=None if has_config else config).validate_python(value)


_ENCRYPTED = refused(
    "[secret] cannot be read in a preview, which has to compute with it",
    "Settings hold no secrets: give it in plain text",
)

_A_KEY = refused(
    f"{SECRET} looks like a key, a SAS token or a connection string",
    "Nothing here takes one: everything signs in with Entra ID. Remove it, and renew the key if it is real",
)


def _holds_a_key(value: Any) -> bool:
    """Whether a text, or one right inside a list or mapping, is a key; models inside look for themselves."""
    if isinstance(value, str):
        return _KEY.search(value) is not None
    if isinstance(value, Mapping):
        return any(isinstance(each, str) and _KEY.search(each) for each in value.values())
    return isinstance(value, list) and any(isinstance(each, str) and _KEY.search(each) for each in value)


Rule = Callable[[str], str]


def computed(rule: Rule) -> Rule:
    """Mark the rule of a value that the library computes with, so that it cannot be encrypted."""
    rule.__dict__["is_computed"] = True
    return rule


def obeys(rule: Rule, *fields: str) -> Any:
    """A validator that applies one rule to `fields`: to a text, or to each one in a list or mapping."""
    if not callable(rule):
        raise TypeError(f"the rule for {', '.join(fields)} is hidden by a field of the same name")

    def apply(value: Any) -> Any:
        if value is None:
            return value
        if isinstance(value, str):
            if value != SECRET:
                return rule(value)
            if getattr(rule, "is_computed", False):
                raise _ENCRYPTED
            return value
        if not isinstance(value, list | dict):
            return value
        items = value.items() if isinstance(value, dict) else enumerate(value)
        details, kept = [], {}
        for key, item in items:
            try:
                kept[key] = apply(item)
            except PydanticCustomError as error:
                details.append(InitErrorDetails(type=error, loc=(key,), input=item))
        if details:
            raise _validation_error("values", details)
        return kept if isinstance(value, dict) else list(kept.values())

    return field_validator(*fields, mode="after")(apply)


def matches(pattern: str, is_not: str, allowed: str) -> Rule:
    """A rule: the whole text matches `pattern`, or else it `is_not` what is `allowed`."""

    def rule(value: str) -> str:
        if not re.fullmatch(pattern, value):
            raise refused(f"'{value}' {is_not}", f"Allowed: {allowed}")
        return value

    return rule
