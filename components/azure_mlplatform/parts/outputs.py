"""Outputs: values that are known before Azure answers, and checks that run once they are known."""

from collections.abc import Iterable
from typing import Any

import pulumi

from ..foundation.problems import Problem
from ..foundation.violations import Path
from .arguments import In, RefusedError, Value


def known_value_of(resource: pulumi.Resource, value: In[Value]) -> "pulumi.Output[Value]":
    """A value that we gave to `resource` ourselves: known as soon as `value` is, and still after the resource.

    The resource's own output of it would be unknown in a first preview, with everything made of it.
    """
    if isinstance(value, pulumi.Output):
        return pulumi.Output.all(value, resource.urn).apply(lambda both: both[0])
    return resource.urn.apply(lambda _: value)


def after_check(checked: "pulumi.Output[Any]", value: In[Value]) -> "pulumi.Output[Value]":
    """`value`, or the error that `checked` ends with. It is known even where `checked` is not."""
    if isinstance(value, pulumi.Output):
        return value.apply(lambda each: after_check(checked, each))
    return checked.apply(lambda _: value, run_with_unknowns=True)


def gated_by(violations: "Iterable[pulumi.Output[list[Problem]]]", value: In[Value]) -> "pulumi.Output[Value]":
    """`value`, or an error if any check that is already known failed. Unknown checks are skipped."""

    def raise_known(found: list[Any]) -> None:
        problems = [problem for each in found if isinstance(each, list) for problem in each]
        if problems:
            raise RefusedError(problems)

    return after_check(pulumi.Output.all(*violations).apply(raise_known, run_with_unknowns=True), value)


def immutable_violations(
    setting: Path,
    deployed: "pulumi.Output[Any]",
    wanted: In[Any],
    fix: str = "Set it back, or make a new environment and move the work",
) -> "pulumi.Output[list[Problem]]":
    """A problem if an immutable property was deployed with a different value.

    The engine has to ignore changes of the property: only then it answers with what was deployed.
    """

    def compare(both: list[Any]) -> list[Problem]:
        actual, asked = both
        if actual is None or str(actual).lower() == str(asked).lower():
            return []
        return [Problem(setting, f"immutable: deployed as '{actual}', cannot become '{asked}'", fix)]

    return pulumi.Output.all(deployed, wanted).apply(compare)
