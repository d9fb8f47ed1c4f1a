"""The base class of all settings models and component arguments.

It is frozen, refuses unknown keys, and reports all problems at once.
"""

import contextlib
import functools
import re
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
from pydantic_core import InitErrorDetails, PydanticKnownError

from .secret_values import ENCRYPTED_ERROR, KEY_ERROR, Encrypted, holds_key
from .violations import UnreadableError, Violation, rule_error

NAMESPACE = "azure-mlplatform"
"""The namespace of the library's settings in Pulumi's configuration."""

Check = Callable[[Any], Iterable[Violation]]


def check(function: Check) -> Check:
    """Marks a method that checks the whole model and yields violations.

    All checks run, so that all problems show at once. A check stops when it reads a field whose own value is wrong.
    """
    function.__dict__["is_check"] = True
    return function


class Settings(BaseModel):
    """An immutable value that refuses unknown keys and reports all its problems at once."""

    # Build on first use: otherwise a nested model is built once for itself and again for each model that contains it.
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True, allow_inf_nan=False)

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

    if not TYPE_CHECKING:  # Type checkers know only the declared fields.

        def __getattr__(self, name: str) -> Any:
            """Runs only for a missing attribute: a wrong field of `_readable_part`, or a typo."""
            if name in type(self).model_fields:
                raise UnreadableError(name)
            return super().__getattr__(name)

    @field_validator("*", mode="wrap")
    @classmethod
    def _pass_encrypted_and_no_key(cls, value: Any, handler: ValidatorFunctionWrapHandler, info: ValidationInfo) -> Any:
        """Accepts an encrypted text unchecked, since no rule can check it without decryption. Refuses any key."""
        annotation = cls.model_fields[str(info.field_name)].annotation
        if not isinstance(value, Encrypted):
            # Models check themselves, and name the place.
            if (isinstance(value, str) or not _has_models(annotation)) and holds_key(value):
                raise KEY_ERROR
            if isinstance(value, str | bool) and _takes_a_number(annotation):
                return _as_number(value, handler)
            return handler(value)
        if annotation in (str, Optional[str]):
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
        """Runs the checks on the valid fields."""
        readable = cls._readable_part(data, details)
        for each in cls._checks:
            # Keep the violations that a check finds before it reads a wrong field.
            with contextlib.suppress(UnreadableError):
                yield from each(readable)

    @classmethod
    def _readable_part(cls, data: Mapping[str, Any], details: list[InitErrorDetails]) -> Self:
        """A model of the valid fields in `data`. Reading any other field raises UnreadableError."""
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
    """The lines of an error, in the form that another error can contain."""
    for line in error.errors(include_url=False):
        context = line.get("ctx", {})
        known: Any = line["type"]
        if known == "refused":
            known = rule_error(context["what"], context["fix"])
        elif known in ("value_error", "assertion_error"):
            known = rule_error(str(context["error"]), "")
        yield InitErrorDetails(type=known, loc=line["loc"], input=line["input"], ctx=context)


def _by_first(details: list[InitErrorDetails]) -> dict[int | str, list[InitErrorDetails]]:
    """First part of the location → the details below it, with the rest of their location."""
    found: dict[int | str, list[InitErrorDetails]] = {}
    for detail in details:
        if loc := detail.get("loc", ()):
            found.setdefault(loc[0], []).append({**detail, "loc": loc[1:]})
    return found


def _item(annotation: Any) -> Optional[type[Settings]]:
    """The model of the items of a list; None if the annotation is not a list of models."""
    held = get_args(annotation) if get_origin(annotation) is list else ()
    return held[0] if held and isinstance(held[0], type) and issubclass(held[0], Settings) else None


def _readable_items(item: type[Settings], data: list[Any], details: list[InitErrorDetails]) -> Optional[list[Settings]]:
    """The readable part of each item, in the same order; None if the list itself is wrong."""
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
    """The classes in an annotation: the annotation itself, or the members of a union."""
    return [each for each in get_args(annotation) or (annotation,) if isinstance(each, type)]


@functools.cache
def _has_models(annotation: Any) -> bool:
    """Whether values of an annotation contain models."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return True
    return any(map(_has_models, get_args(annotation)))


def _takes_a_number(annotation: Any) -> bool:
    types = set(_members(annotation))
    return bool(types & {int, float}) and not types & {str, bool}


_PLAIN_NUMBER = re.compile(r"[+-]?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")


def _as_number(value: str | bool, handler: ValidatorFunctionWrapHandler) -> Any:
    """The number of a text in quotes, if all readers agree on it. A boolean is none, though Python takes it for one."""
    if isinstance(value, bool):
        raise PydanticKnownError("float_type")
    number = handler(value)
    if not _PLAIN_NUMBER.fullmatch(value):
        plain = int(number) if float(number).is_integer() else number
        raise rule_error(f"'{value}' is a number that readers take differently", f"Write {plain}, without quotes")
    return number


def _valid(field: FieldInfo, value: Any, config: ConfigDict) -> Any:
    """The valid value of a field, converted as the model would convert it."""
    field_type: Any = Annotated[field.annotation, field]
    has_config = isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel)
    return TypeAdapter(field_type, config=None if has_config else config).validate_python(value)
