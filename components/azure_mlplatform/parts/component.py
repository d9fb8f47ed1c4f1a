"""The base of all components, and the options of their children."""

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Optional
from weakref import WeakKeyDictionary

import pulumi

from ..foundation.problems import Problem
from .arguments import ComponentArgs, In, RefusedError
from .outputs import after_check
from .placement import PlacedArgs, Placement

_PARAMETERS = ("name", "args", "opts")


class Component(pulumi.ComponentResource):
    """A component of this library. Its class-level annotations are its outputs."""

    if not TYPE_CHECKING:  # A type checker knows the parameters.

        def __new__(cls, *_: Any, **keywords: Any) -> Any:
            """Raises RefusedError if the fields of the arguments are passed one by one."""
            fields = [each for each in keywords if each not in _PARAMETERS]
            if fields:
                given = ", ".join(f"{each}=…" for each in fields)
                raise RefusedError(
                    [
                        Problem(
                            (),
                            f"{', '.join(fields)} cannot be passed one by one",
                            f"Pass the arguments as one object: {cls.__name__}(name, {cls.__name__}Args({given}))",
                            cls.__name__,
                        )
                    ]
                )
            return super().__new__(cls)

    def __init__(self, name: str, args: ComponentArgs, opts: Optional[pulumi.ResourceOptions], part: str = "") -> None:
        """Registers the component. `part` distinguishes it from others of its class in the same environment."""
        super().__init__(f"azure-mlplatform:index:{type(self).__name__}", name, None, opts)
        self._name_in_program = name
        if isinstance(args, PlacedArgs):
            self._place(args.placement, part)

    def _place(self, placement: Placement, part: str = "") -> None:
        self.placement = _alone(self, placement, part)

    def logical_name(self, label: str = "") -> str:
        """The name in the program of a child, or of the component itself."""
        return f"{self._name_in_program}-{label}" if label else self._name_in_program

    @property
    def exports(self) -> Mapping[str, "pulumi.Output[Any]"]:
        """The outputs that a stack exports, by the exported name."""
        return {}

    def _finish(self, outputs: Mapping[str, Any]) -> None:
        """Assigns every output, then registers them all."""
        for output, value in outputs.items():
            setattr(self, output, pulumi.Output.from_input(value))
        self.register_outputs(dict(outputs))


_MADE: "WeakKeyDictionary[Any, dict[tuple[str, ...], list[tuple[str, Any]]]]" = WeakKeyDictionary()
"""Stack → kind, subscription, project, environment and part → the components with these, and their groups."""


def _alone(component: Component, placement: Placement, part: str) -> Placement:
    """The placement. Raises RefusedError if another component of the program would have the same Azure names. If the
    name of a resource group is an output, the error comes when the name is known."""
    stack = pulumi.runtime.settings.get_root_resource()
    if stack is None:  # A component hosted for another language. Each has its own process.
        return placement
    kind, name, group = type(component).__name__, component.logical_name(), placement.resource_group_name
    key = (kind, placement.subscription_id, placement.project, placement.environment.value, part)
    others = _MADE.setdefault(stack, {}).setdefault(key, [])
    problem = Problem(
        (),
        f"would make the same resources as another component: the {kind} of {placement.project} in "
        f"{placement.environment}" + (f" with the name '{part}'" if part else ""),
        f"Give it a different project, environment, resource group{' or name' if part else ''}, or use the first one",
        name,
    )
    for other, taken in others:
        group = _unless_equal(group, taken, replace(problem, what=problem.what.replace("another component", other)))
    others.append((name, placement.resource_group_name))
    return (
        placement
        if group is placement.resource_group_name
        else placement.model_copy(update={"resource_group_name": group})
    )


def _unless_equal(group: In[str], taken: In[str], problem: Problem) -> In[str]:
    """The name of a group. Raises RefusedError if it equals one that is taken."""

    def compare(both: list[str]) -> str:
        if both[0].lower() == both[1].lower():
            raise RefusedError([problem])
        return both[0]

    if isinstance(group, str) and isinstance(taken, str):
        return compare([group, taken])
    return after_check(pulumi.Output.all(group, taken).apply(compare), group)


def is_hosted() -> bool:
    """Whether a program in another language uses this component.

    A dynamic resource runs with the Python of the main program, which then does not have this library.
    """
    # A Python program has a stack. A hosted component has only the URN of its parent.
    return pulumi.runtime.settings.get_root_resource() is None


def without_none(**properties: Any) -> Any:
    """The properties that have a value. A None inside another property would reach Azure as null."""
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
    """The options of a component's child: its parent and these options, none of the component's own."""
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
