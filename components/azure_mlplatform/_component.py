"""What every component is made of: arguments that may be outputs, and names that are known."""

from collections.abc import Awaitable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Optional, TypeVar, Union

import pulumi
from pydantic import ConfigDict, Field, ValidationError

from .foundation.model import Settings
from .foundation.naming import RULES, SHORT_NAME, Kind, azure_name
from .foundation.problems import Problem, ProblemsError, problems_of
from .foundation.profiles import Environment
from .foundation.rules import field_rule, pattern_rule
from .foundation.values import guid, region
from .foundation.violations import Path

T = TypeVar("T")

In = Union[T, Awaitable[T], pulumi.Output[T]]
"""A value that may be an output of another resource. Pydantic cannot resolve `pulumi.Input` itself."""


class RefusedError(ProblemsError, pulumi.RunError):
    """What is asked for cannot be made. Pulumi shows the message, without a traceback."""


class ComponentArgs(Settings):
    """The arguments of a component: a model, or the plain dict that a host in another language hands over."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    if not TYPE_CHECKING:  # A type checker keeps to the fields.

        def __init__(self, **data: Any) -> None:
            try:
                super().__init__(**data)
            except ValidationError as error:
                raise _refused(error, type(self)) from None

        # Inside another model pydantic validates by itself, and reports with the whole path.
        __init__.__pydantic_base_init__ = True

    @classmethod
    def model_validate(cls, obj: Any, **kwargs: Any):
        """The arguments, or every problem in them as one RefusedError."""
        try:
            return super().model_validate(obj, **kwargs)
        except ValidationError as error:
            raise _refused(error, cls) from None


def _refused(error: ValidationError, args: type[ComponentArgs]) -> RefusedError:
    return RefusedError(Problem(each.path, each.what, each.fix, args.__name__) for each in problems_of(error, args))


class PlacedArgs(ComponentArgs):
    """What every component with resources in an environment's group has to know."""

    project: str
    """The project's short name, part of every Azure name."""

    environment: Environment
    """`sandbox`, `dev`, `test` or `prod`, part of every Azure name."""

    suffix: In[str]
    """The six characters at the end of globally unique names."""

    subscription_id: str
    """The subscription that the group is in."""

    resource_group_name: In[str]
    """The resource group that everything is made in."""

    location: str
    """The Azure region by its short name."""

    tags: dict[str, str] = Field(default_factory=dict)
    """Tags on every resource that takes some. Left out, there are none."""

    _project = field_rule(
        pattern_rule(SHORT_NAME, "is no name for a project", "letters, digits and single hyphens"), "project"
    )
    _region = field_rule(region, "location")
    _subscription = field_rule(guid, "subscription_id")

    def id_of(self, resource_type: str, name: In[str]) -> "pulumi.Output[str]":
        """The ARM id of a resource in the group, made of names: known before the resource exists, and no edge to it."""
        return pulumi.Output.all(self.resource_group_name, name).apply(
            lambda both: (
                f"/subscriptions/{self.subscription_id}/resourceGroups/{both[0]}/providers/{resource_type}/{both[1]}"
            )
        )

    def known_name(self, kind: Kind, part: str = "") -> str:
        """The Azure name of a resource of a kind without a suffix; `part` tells apart several of one kind."""
        return azure_name(kind, self.project, self.environment, part)

    def name_of(self, kind: Kind, part: str = "") -> In[str]:
        """The Azure name of a resource; `part` tells apart several of one kind."""
        if not RULES[kind].suffixed:
            return self.known_name(kind, part)
        return pulumi.Output.from_input(self.suffix).apply(
            lambda suffix: azure_name(kind, self.project, self.environment, part, suffix=suffix)
        )


def known_value_of(resource: pulumi.Resource, value: In[T]) -> "pulumi.Output[T]":
    """A value we gave to `resource` ourselves: known as soon as it is, yet still after the resource.

    The resource's own output of it would be unknown in a first preview, with everything made of it.
    """
    if isinstance(value, pulumi.Output):
        return pulumi.Output.all(value, resource.urn).apply(lambda both: both[0])
    return resource.urn.apply(lambda _: value)


def after_check(checked: "pulumi.Output[Any]", value: In[T]) -> "pulumi.Output[T]":
    """`value`, which is known even where what it waits for is not; an error of that is its own."""
    if isinstance(value, pulumi.Output):
        return value.apply(lambda each: after_check(checked, each))
    return checked.apply(lambda _: value, run_with_unknowns=True)


def gated_by(violations: "Iterable[pulumi.Output[list[Problem]]]", value: In[T]) -> "pulumi.Output[T]":
    """`value`, unless one of the refusals that are known has a problem: one that is unknown yet hides no other."""

    def all_known(found: list[Any]) -> None:
        problems = [problem for each in found if isinstance(each, list) for problem in each]
        if problems:
            raise RefusedError(problems)

    return after_check(pulumi.Output.all(*violations).apply(all_known, run_with_unknowns=True), value)


def immutable_violations(
    setting: Path,
    made: "pulumi.Output[Any]",
    wanted: In[Any],
    fix: str = "Set it back, or make a new environment and move the work",
) -> "pulumi.Output[list[Problem]]":
    """What is wrong where a property that lasts for a resource's life was `made` as another than is `wanted`.

    The engine has to ignore its changes: only then it answers with what was made.
    """

    def compare(both: list[Any]) -> list[Problem]:
        actual, asked = both
        if actual is None or str(actual).lower() == str(asked).lower():
            return []
        return [
            Problem(
                setting,
                f"it was made with '{actual}', and that cannot change to '{asked}'",
                fix,
            )
        ]

    return pulumi.Output.all(made, wanted).apply(compare)


def is_hosted() -> bool:
    """Whether the program is a component that another language's program uses.

    A dynamic resource runs with the Python of the main program, which then has none of this library.
    """
    # A program of its own has a stack in it; a hosted component has its parent's URN alone.
    return pulumi.runtime.settings.get_root_resource() is None


def without_none(**properties: Any) -> Any:
    """The properties that have a value: inside another property, None would reach Azure as null."""
    return {name: value for name, value in properties.items() if value is not None}


def child(
    parent: pulumi.Resource,
    *,
    protect: bool = False,
    depends_on: Optional[list[pulumi.Resource]] = None,
    ignore_changes: Optional[list[str]] = None,
    delete_before_replace: Optional[bool] = None,
    replace_on_changes: Optional[list[str]] = None,
    retain_on_delete: Optional[bool] = None,
    secret_outputs: Optional[list[str]] = None,
) -> pulumi.ResourceOptions:
    """The options of a component's child: its parent, and nothing of the caller's."""
    return pulumi.ResourceOptions(
        parent=parent,
        protect=protect or None,
        depends_on=depends_on,
        ignore_changes=ignore_changes,
        delete_before_replace=delete_before_replace,
        replace_on_changes=replace_on_changes,
        retain_on_delete=retain_on_delete,
        additional_secret_outputs=secret_outputs,
    )


class Component(pulumi.ComponentResource):
    """A component of this library. Its class-level annotations are its outputs."""

    def __init__(self, name: str, args: ComponentArgs, opts: Optional[pulumi.ResourceOptions]) -> None:
        super().__init__(f"azure-mlplatform:index:{type(self).__name__}", name, None, opts)
        self._name_in_program = name

    def _finish(self, outputs: Mapping[str, Any]) -> None:
        """Assigns every output, then registers them all."""
        for output, value in outputs.items():
            setattr(self, output, pulumi.Output.from_input(value))
        self.register_outputs(dict(outputs))
