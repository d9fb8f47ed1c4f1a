"""All that a check compares between plans: what they dispute, and what the rights that they give allow."""

from collections.abc import Iterator, Sequence
from typing import Any

from ..access.effective_rights import PlanGrants, grants_of
from ..access.separation import violations
from ..foundation.problems import Problem
from .conflicts import COMPARISONS
from .summary import Comparison, Summary


def _not_apart(plans: Sequence[tuple[Summary, tuple[PlanGrants, ...]]]) -> Iterator[Problem]:
    yield from violations(grants for _, rows in plans for grants in rows)


RIGHTS = Comparison("rights", PlanGrants, lambda plan: [grants_of(plan)], _not_apart)
"""The rights that a plan gives: with them, environments may not be apart."""

ALL: tuple[Comparison[Any], ...] = (*COMPARISONS, RIGHTS)
"""In the order of the messages."""
