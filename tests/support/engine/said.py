"""What `mlplatform preview --against` says of a stack before the engine runs, which is its judge."""

import datetime
import json
from typing import NamedTuple

from azure_mlplatform.foundation.problems import ProblemsError
from azure_mlplatform.plan.against import effect
from azure_mlplatform.plan.state import state_of
from support.engine.engine import Done, Engine


class Said(NamedTuple):
    """What was said of a change."""

    changes: list[tuple[str, str]]
    """URN and operation of each resource that changes, sorted."""

    refusals: list[str]
    may_be_held: list[str]
    """The new resources whose names an earlier one may hold. A state does not have what is gone."""


def said_before(made: Engine, stack: str) -> Said:
    """The effect of the settings as they are now on the stack as it is now."""
    state = state_of(json.dumps(made.exported(stack)), "the stack")
    day = datetime.datetime.now(datetime.UTC).date()
    try:
        found = effect(made.project, state, today=day)
    except ProblemsError as error:
        return Said([], list(map(str, error.problems)), [])
    refusals = [each.text for step in found.steps for each in step.refusals]
    return Said(
        sorted((each.urn, each.operation.value) for each in found.steps),
        [*map(str, found.problems), *refusals],
        [each.name for each in found.steps if each.may_be_held],
    )


def up_as_said(made: Engine, stack: str) -> Done:
    """Deploys a change, and checks that it does what was said before."""
    said = said_before(made, stack)
    done = made.up(stack)
    assert (said.changes, said.refusals) == (done.changes(), [])
    return done
