"""The arguments of components: models whose fields take plain values and outputs."""

from collections.abc import Awaitable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Generic, Optional, TypeVar, Union, overload

import pulumi
from pydantic import ConfigDict, Field, ValidationError, field_validator

from ..foundation.model import Settings
from ..foundation.problems import Problem, ProblemsError, is_kept, problems_of
from ..foundation.violations import rule_error

Value = TypeVar("Value")
Given = TypeVar("Given")

In = Union[Value, Awaitable[Value], pulumi.Output[Value]]
"""A value that may be an output of another resource. Pydantic cannot resolve `pulumi.Input` itself."""

if TYPE_CHECKING:
    # A type checker accepts more types than the field holds: natural Python passes, as in Pulumi's own SDKs.

    class _Accepts(Generic[Value, Given]):
        """A field that holds a Value and takes a Given."""

        @overload
        def __get__(self, instance: None, owner: Any) -> "_Accepts[Value, Given]": ...
        @overload
        def __get__(self, instance: object, owner: Any) -> Value: ...
        def __get__(self, instance: Optional[object], owner: Any) -> Any: ...
        def __set__(self, instance: object, value: Given) -> None: ...

    EnumOrText = _Accepts[Value, Union[Value, str]]
    """A field that holds an enum; the enum's text is taken as well."""

    ModelOrDict = _Accepts[Value, Union[Value, Mapping[str, Any]]]
    """A field that holds a model; a dict of the model's fields is taken as well."""

    ModelsOrDicts = _Accepts[list[Value], Sequence[Union[Value, Mapping[str, Any]]]]
    """A field that holds a list of models; dicts of the models' fields are taken as well."""

    ArgsOrDict = Union[Value, Mapping[str, Any]]
    """The arguments of a component, or a dict of them."""
else:

    class _AsItIs:
        """At run time the annotation is the type itself: pydantic validates it, a Pulumi host reads it."""

        def __class_getitem__(cls, type_: Any) -> Any:
            return type_

    EnumOrText = ModelOrDict = ArgsOrDict = _AsItIs

    class ModelsOrDicts:
        """At run time the annotation is a list."""

        def __class_getitem__(cls, type_: Any) -> Any:
            return list[type_]


LEFT_OUT: Any = None
"""The default of an optional `ModelOrDict`. Its type makes a type checker accept it."""

NONE_GIVEN: Any = Field(default_factory=list)
"""The default of an optional `ModelsOrDicts`: an empty list."""


class RefusedError(ProblemsError, pulumi.RunError):
    """The program asks for something that is not allowed. Pulumi shows the message without a traceback."""


def refuse_deployed(problems: list[Problem]) -> None:
    """Raises RefusedError for what Azure has, or keeps the problems where a preview asked to go on."""
    if not is_kept(problems):
        raise RefusedError(problems)


class ComponentArgs(Settings):
    """The arguments of a component: a model, or the plain dict that a host in another language passes."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    if not TYPE_CHECKING:  # A type checker uses the fields instead.

        def __init__(self, **data: Any) -> None:
            try:
                super().__init__(**data)
            except ValidationError as error:
                raise _refused(error, type(self)) from None

        # Inside another model pydantic validates by itself, and reports with the whole path.
        __init__.__pydantic_base_init__ = True

    @classmethod
    def model_validate(cls, obj: Any, **kwargs: Any):
        """Returns the arguments. Raises one RefusedError with every problem in them."""
        if not isinstance(obj, cls | Mapping):
            what = "nothing is given" if obj is None else f"a {type(obj).__name__} is given"
            raise RefusedError([Problem((), what, f"Pass {cls.__name__}(…), or a dict of its fields", cls.__name__)])
        try:
            return super().model_validate(obj, **kwargs)
        except ValidationError as error:
            raise _refused(error, cls) from None

    @field_validator("*", mode="before")
    @classmethod
    def _no_resource_in_place_of_its_id(cls, value: Any) -> Any:
        for each in value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else [value]:
            if isinstance(each, pulumi.Resource):
                raise rule_error(
                    f"a {type(each).__name__} is given, but a value is expected",
                    "Pass one of its outputs, such as `.id` for an id or `.name` for a name. For a component, pass "
                    "`.resource_id` or the result of `.reference()`",
                )
        return value


def _refused(error: ValidationError, args: type[ComponentArgs]) -> RefusedError:
    return RefusedError(Problem(each.path, each.what, each.fix, args.__name__) for each in problems_of(error, args))
