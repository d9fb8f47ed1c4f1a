"""`mlplatform request check --since`: what a change of requests means."""

import datetime
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Optional

from ..foundation.problems import Problem, ProblemsError
from .changes import checked_out
from .plans import progress

if TYPE_CHECKING:
    from ..plan.resource import Plan
    from ..requests.repository import RepositoryRequests
    from ..requests.review import Review
    from .output import Output


def reviewed_since(
    now: "RepositoryRequests",
    revision: str,
    problems: Iterable[Problem],
    project: Optional[str],
    today: Optional[datetime.date],
) -> "Review":
    """What changed since a revision, with all that is wrong now."""
    from ..catalogue.prices import price_table, table_for
    from ..plan.check import problems_in
    from ..plan.program import run_stack
    from ..requests.repository import RepositoryRequests, read_requests
    from ..requests.review import review

    def planned(folder: Path, stack: str, settings: Mapping[str, Any]) -> "Plan":
        return run_stack(folder, stack, settings=settings, today=today)

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
                prices,
                only=project,
                problems=tuple(problems),
                planned=planned,
                problems_in=problems_in,
                says=says,
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
