"""`mlplatform request check --since`: what a change of requests means."""

import datetime
import re
import tempfile
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Optional

from ..foundation.built_in_roles import role_name
from ..foundation.problems import Problem, ProblemsError
from ..foundation.values import name_of
from .changes import checked_out
from .plans import progress

if TYPE_CHECKING:
    from ..catalogue.prices import PriceTable
    from ..requests.repository import RepositoryRequests
    from ..requests.review import Review, StackState
    from .output import Output

_GUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"


def reviewed_since(
    now: "RepositoryRequests",
    revision: str,
    problems: Iterable[Problem],
    project: Optional[str],
    today: Optional[datetime.date],
) -> "Review":
    """What changed since a revision, with all that is wrong now."""
    from ..catalogue.prices import price_table, table_for
    from ..requests.repository import RepositoryRequests, read_requests
    from ..requests.review import review

    prices = price_table(table_for(now.root))
    with tempfile.TemporaryDirectory(prefix="mlplatform-") as copy:
        then = checked_out(now.root, revision, f"--since {revision}", Path(copy))
        try:
            before = read_requests(then)
        except ProblemsError:
            # There was no folder with requests yet.
            before = RepositoryRequests(then)
        with progress() as says:
            return review(
                before,
                now,
                revision,
                lambda folder, stack: _state(folder, stack, prices, today),
                only=project,
                problems=tuple(problems),
                says=says,
            )


def _state(
    folder: Path, stack: str, prices: "PriceTable", today: Optional[datetime.date]
) -> "tuple[Optional[StackState], list[Problem]]":
    """The state of a stack, or the problems with which it cannot be planned."""
    from ..plan.cost import cost_of
    from ..plan.failures import problems_in
    from ..plan.program import run_retired, run_stack
    from ..plan.rights import rights_of
    from ..requests.review import StackState, shown_scope

    try:
        plan = run_stack(folder, stack, today=today)
        try:
            retired = run_retired(folder, stack, today=today)
        except Exception:  # Not every program retires, and what is left is right all the same.
            retired = plan
        rights = rights_of(plan, retired)
    except Exception as error:  # A program may raise anything.
        return None, list(problems_in(error))
    definitions = plan.of_type("RoleDefinition")
    names = {name_of(each.id): str(each.input("roleName") or each.name) for each in definitions}
    actions = (
        (f"custom role {names[name_of(each.id)]}", f"{sign}{action}")
        for each in definitions
        for permission in each.input("permissions") or []
        for key, sign in (("actions", ""), ("dataActions", ""), ("notActions", "not "), ("notDataActions", "not "))
        for action in permission.get(key) or []
    )
    # A condition names the roles that may be given.
    given = (
        (f"may give on {shown_scope(str(each.input('scope')))}", names.get(guid) or role_name(guid))
        for each in plan.of_type("RoleAssignment")
        for guid in re.findall(_GUID, str(each.input("condition") or ""))
    )
    spaces = (each.input("addressSpace.addressPrefixes") for each in plan.of_type("VirtualNetwork"))
    return (
        StackState(
            frozenset((each.action, each.scope) for each in rights.rights),
            frozenset(replace(each, role=names.get(each.role, each.role)) for each in rights.assignments),
            frozenset([*actions, *given]),
            cost_of(plan, prices),
            tuple(str(each) for space in spaces if isinstance(space, list) for each in space),
        ),
        [],
    )


def show_review(said: "Output", found: "Review", *, as_markdown: bool) -> None:
    """Says a review: as text, as Markdown, or as the JSON object."""
    from ..requests.review import review_json, review_markdown, review_table

    if said.as_json:
        said.answer(
            requests=[each.project for each in found.projects],
            since=found.since,
            changed=review_json(found),
            problems=said.problems(found.problems),
        )
        return
    said.lines(review_markdown(found) if as_markdown else review_table(found))
    said.problems(found.problems)
