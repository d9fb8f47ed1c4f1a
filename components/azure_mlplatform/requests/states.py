"""The state of each requested environment, from its request, and the next step."""

import datetime
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Optional

from .checks import purgeable_on
from .render import Programs, is_rendered
from .repository import Document, RepositoryRequests
from .request import APPROVALS, Request, RequestedEnvironment


class State(StrEnum):
    """How far an environment is, in the order of its life."""

    REQUESTED = "requested"
    """A request is there, and something in it is wrong."""

    CHECKED = "checked"
    """Nothing in the request is wrong."""

    APPROVED = "approved"
    """Enough people approved it."""

    VENDED = "vended"
    """Its landing stands, and its pipelines may deploy."""

    EXPIRING = "expiring"
    """It expires within 14 days, or has expired."""

    RETIRING = "retiring"
    """Its retirement began."""

    RETIRED = "retired"
    """It was destroyed. Azure and the addresses are held for some days."""

    PURGEABLE = "purgeable"
    """Nothing of it is held any more, so its entry can go."""


EXPIRING_DAYS = 14
"""The days before the expiry from which an environment counts as expiring."""


@dataclass(frozen=True)
class Status:
    """An environment and how far it is."""

    project: str
    environment: str
    state: State
    since: Optional[str]
    """The day from which it is in this state, if the request says it."""

    until: Optional[str]
    """The day on which the state ends by itself: an expiry, or the end of the last soft delete."""

    step: str
    """What somebody does next."""

    command: Optional[str]
    """The command for it. None: time has to pass."""


def statuses(repository: RepositoryRequests, wrong: Collection[str], today: datetime.date) -> Iterator[Status]:
    """The status of each environment. `wrong` are the projects in whose request something is wrong."""
    programs = Programs.of(repository.root)
    for document, _, environment in repository.environments():
        name = document.content.project
        yield _status(
            document,
            environment,
            today,
            wrong=name in wrong,
            rendered=is_rendered(repository.root, name),
            landed=programs.land(document.content),
        )


def _status(
    document: Document[Request],
    environment: RequestedEnvironment,
    today: datetime.date,
    *,
    wrong: bool,
    rendered: bool,
    landed: bool,
) -> Status:
    name, stack = document.content.project, environment.name

    def status(
        state: State, step: str, command: Optional[str], since: Optional[str] = None, until: Optional[str] = None
    ) -> Status:
        return Status(name, stack, state, since, until, step, command)

    if environment.retired_on is not None:
        free = purgeable_on(environment)
        assert free is not None  # noqa: S101 - it is retired
        if free <= today:
            step = f"Remove {stack} from requests/{name}.yaml, and render it: its addresses are free"
            return status(State.PURGEABLE, step, f"mlplatform request render {name}", free.isoformat())
        step = f"Wait until {free}: Azure holds deleted names and data until then"
        return status(State.RETIRED, step, None, environment.retired_on, free.isoformat())
    if environment.retiring_since is not None:
        step = "Update with `retire`, destroy it and its landing, and write retired_on into the request, in this order"
        command = f"mlplatform request retire {name} {stack}"
        return status(State.RETIRING, step, command, environment.retiring_since)
    if environment.vended_on is not None:
        return _in_use(environment, name, today, status)
    if wrong:
        return status(
            State.REQUESTED, "Mend what is wrong", f"mlplatform request check {name}", document.content.requested_on
        )
    if environment.approved_on is not None:
        folder = f"projects/{name}/landing" if landed else f"projects/{name}"
        step = "The platform team makes it, and writes vended_on into the request"
        return status(State.APPROVED, step, f"pulumi -C {folder} up --stack {stack}", environment.approved_on)
    if not rendered:
        return status(State.CHECKED, "Write its stacks", f"mlplatform request render {name}")
    there, needed = len(environment.approvals), APPROVALS[environment.environment]
    step = f"Let it be reviewed: {there} of {needed} approvals are written in the request"
    return status(State.CHECKED, step, "gh pr create --fill")


def _in_use(
    environment: RequestedEnvironment, name: str, today: datetime.date, status: Callable[..., Status]
) -> Status:
    stack, ends = environment.name, environment.expires_on
    if ends is not None and (datetime.date.fromisoformat(ends) - today).days <= EXPIRING_DAYS:
        expired = ends <= today.isoformat()
        step = f"It {'has expired' if expired else 'expires'}: give a later expires_on, or retire it"
        return status(State.EXPIRING, step, f"mlplatform request status {name}", environment.vended_on, ends)
    step = "Its pipelines deploy and release. A change begins with a preview"
    return status(State.VENDED, step, f"mlplatform preview -C projects/{name} {stack}", environment.vended_on, ends)
