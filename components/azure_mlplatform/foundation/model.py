"""The base of every settings model and of every component's arguments: frozen, closed, all problems at once."""

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import FunctionType
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Optional, Self, get_args, get_origin

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
from pydantic_core import InitErrorDetails

from .secret_values import ENCRYPTED_ERROR, KEY_ERROR, Encrypted, holds_key
from .violations import UnreadableError, Violation, rule_error

NAMESPACE = "azure-mlplatform"
"""The namespace that the library's settings have in Pulumi's configuration."""

Check = Callable[[Any], Iterable[Violation]]


def check(function: Check) -> Check:
    """Marks a method as a check of the whole model; it yields violations.

    Every check runs, so that all problems show at once. A check that reads a field whose own value is wrong stops
    there, and goes on once that field is right.
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

    if not TYPE_CHECKING:  # A type checker keeps to the fields.

        def __getattr__(self, name: str) -> Any:
            """Reached only where nothing has the name: a field of `_readable_part` whose value is wrong, or a typo."""
            if name in type(self).model_fields:
                raise UnreadableError(name)
            return super().__getattr__(name)

    @field_validator("*", mode="wrap")
    @classmethod
    def _pass_encrypted_and_no_key(cls, value: Any, handler: ValidatorFunctionWrapHandler, info: ValidationInfo) -> Any:
        """Passes an encrypted text as it is, since no rule can judge it without its key. Never passes a key."""
        if not isinstance(value, Encrypted):
            if holds_key(value):
                raise KEY_ERROR
            return handler(value)
        if cls.model_fields[str(info.field_name)].annotation in (str, Optional[str]):
            return value
        try:
            return handler(value)
        except ValidationError:
            raise ENCRYPTED_ERROR from None

    @model_validator(mode="wrap")
    @classmethod
    def _all_problems_at_once(cls, data: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        if isinstance(data, Encrypted):
            raise ENCRYPTED_ERROR
        try:
            model = handler(data)
        except ValidationError as error:
            details = list(_details(error))
            if isinstance(data, Mapping):
                details += [each.details for each in cls._violations_of_readable_part(data, details)]
            raise ValidationError.from_exception_data(cls.__name__, details) from None
        violations = [violation for each in cls._checks for violation in each(model)]
        if violations:
            raise ValidationError.from_exception_data(cls.__name__, [each.details for each in violations])
        return model

    @classmethod
    def _violations_of_readable_part(
        cls, data: Mapping[str, Any], details: list[InitErrorDetails]
    ) -> Iterator[Violation]:
        """Runs the checks although some fields are wrong."""
        readable = cls._readable_part(data, details)
        for each in cls._checks:
            # A check reports what it found before it reads a wrong field.
            with contextlib.suppress(UnreadableError):
                yield from each(readable)

    @classmethod
    def _readable_part(cls, data: Mapping[str, Any], details: list[InitErrorDetails]) -> Self:
        """A model of the fields in `data` that are right. Reading another one raises UnreadableError."""
        wrong = _by_first(details)
        right: dict[str, Any] = {}
        for name, field in cls.model_fields.items():
            inner = next((each for each in _members(field.annotation) if issubclass(each, Settings)), None)
            value = data.get(name)
            if name not in wrong:
                if name in data:
                    right[name] = _valid(field, value, cls.model_config)
                elif not field.is_required():
                    right[name] = field.get_default(call_default_factory=True)
            elif (item := _item(field.annotation)) is not None and isinstance(value, list):
                items = _readable_items(item, value, wrong[name])
                if items is not None:
                    right[name] = items
            elif inner is not None and isinstance(value, Mapping) and all(each.get("loc") for each in wrong[name]):
                right[name] = inner._readable_part(value, wrong[name])
        readable = cls.model_construct(_fields_set=set(right) & set(data), **right)
        for name in set(cls.model_fields) - set(right):
            vars(readable).pop(name, None)
        return readable


def _details(error: ValidationError) -> Iterator[InitErrorDetails]:
    """The lines of an error, so that another error can hold them."""
    for line in error.errors(include_url=False):
        context = line.get("ctx", {})
        known: Any = line["type"]
        if known == "refused":
            known = rule_error(context["what"], context["fix"])
        elif known in ("value_error", "assertion_error"):
            known = rule_error(str(context["error"]), "")
        yield InitErrorDetails(type=known, loc=line["loc"], input=line["input"], ctx=context)


def _by_first(details: list[InitErrorDetails]) -> dict[int | str, list[InitErrorDetails]]:
    """First part of the place → the details below it, with the rest of their place."""
    found: dict[int | str, list[InitErrorDetails]] = {}
    for detail in details:
        if loc := detail.get("loc", ()):
            found.setdefault(loc[0], []).append({**detail, "loc": loc[1:]})
    return found


def _item(annotation: Any) -> Optional[type[Settings]]:
    """The model that a list holds; None if the annotation is no list of models."""
    held = get_args(annotation) if get_origin(annotation) is list else ()
    return held[0] if held and isinstance(held[0], type) and issubclass(held[0], Settings) else None


def _readable_items(item: type[Settings], data: list[Any], details: list[InitErrorDetails]) -> Optional[list[Settings]]:
    """The readable part of each item of a list, in place; None if the list itself is wrong."""
    if any(len(each.get("loc", ())) < 2 for each in details):
        return None
    if not all(isinstance(each, Mapping | Settings) for each in data):
        return None
    wrong = _by_first(details)
    return [
        item._readable_part(value, wrong.get(index, [])) if isinstance(value, Mapping) else value
        for index, value in enumerate(data)
    ]


def _members(annotation: Any) -> list[type]:
    """The classes in an annotation: itself, or the members of a union."""
    return [each for each in get_args(annotation) or (annotation,) if isinstance(each, type)]


def _valid(field: FieldInfo, value: Any, config: ConfigDict) -> Any:
    """The value of a field that is known to be right, as the model would hold it."""
    field_type: Any = Annotated[field.annotation, field]
    has_config = isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel)
    return TypeAdapter(field_type, config=None if has_config else config).validate_python(value)
