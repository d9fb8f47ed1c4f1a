"""Outputs: values that are known before Azure answers, and checks that run once the values are known."""

from collections.abc import Iterable
from typing import Any

import pulumi

from ..catalogue.changes import SET_BACK
from ..foundation.problems import Problem
from ..foundation.violations import Path
from .arguments import In, Value, refuse_deployed


def known_value_of(resource: pulumi.Resource, value: In[Value]) -> "pulumi.Output[Value]":
    """An input of `resource` as an output: known as soon as `value` is known, but it still depends on the resource.

    The resource's own output would be unknown in a first preview, and so would everything made from it.
    """
    if isinstance(value, pulumi.Output):
        return pulumi.Output.all(value, resource.urn).apply(lambda both: both[0])
    return resource.urn.apply(lambda _: value)


def after_check(checked: "pulumi.Output[Any]", value: In[Value]) -> "pulumi.Output[Value]":
    """`value`, or the error that `checked` ends with. It is known even if `checked` is unknown."""
    if isinstance(value, pulumi.Output):
        return value.apply(lambda each: after_check(checked, each))
    return checked.apply(lambda _: value, run_with_unknowns=True)


def gated_by(violations: "Iterable[pulumi.Output[list[Problem]]]", value: In[Value]) -> "pulumi.Output[Value]":
    """`value`, or an error if any check that is already known failed. Unknown checks are skipped."""

    def raise_known(found: list[Any]) -> None:
        problems = [problem for each in found if isinstance(each, list) for problem in each]
        if problems:
            refuse_deployed(problems)

    return after_check(pulumi.Output.all(*violations).apply(raise_known, run_with_unknowns=True), value)


def immutable_violations(
    setting: Path,
    deployed: "pulumi.Output[Any]",
    wanted: In[Any],
    fix: str = SET_BACK,
) -> "pulumi.Output[list[Problem]]":
    """A problem if an immutable property was deployed with a different value.

    The engine must ignore changes of the property, or it does not return the deployed value.
    """

    def compare(both: list[Any]) -> list[Problem]:
        actual, asked = both
        if actual is None or str(actual).lower() == str(asked).lower():
            return []
        return [Problem(setting, f"immutable: deployed as '{actual}', cannot become '{asked}'", fix)]

    return pulumi.Output.all(deployed, wanted).apply(compare)
