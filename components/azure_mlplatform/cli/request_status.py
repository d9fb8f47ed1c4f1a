"""`mlplatform request status`: how far each requested environment is, and the next step."""

import dataclasses
import datetime
from pathlib import Path

from .options import AsJson, On, OutputFile, day
from .output import output
from .request import Project, RequestsFolder, repository_in

EXAMPLES = (
    "mlplatform request status               all environments",
    "mlplatform request status lending       those of one project",
)


def status(
    project: Project = None,
    folder: RequestsFolder = Path(),
    as_json: AsJson = False,
    file: OutputFile = None,
    on: On = None,
) -> None:
    """Show how far each environment is, and the next step.

    From requested to purgeable: requested, checked, approved, vended, expiring, retiring, retired, purgeable.
    """
    from ..foundation.clock import today
    from ..requests.listing import wrong_projects
    from ..requests.states import statuses
    from .answers import RequestStatus

    with output(RequestStatus, file, as_json=as_json) as said:
        now = day(on) or datetime.date.fromisoformat(today())
        repository = repository_in(folder, project)
        found = [
            each
            for each in statuses(repository, wrong_projects(repository, now), now)
            if project in (None, each.project)
        ]
        if as_json:
            said.answer(environments=[dataclasses.asdict(each) for each in found])
            return
        for each in found:
            since = f" since {each.since}" if each.since else ""
            until = f", until {each.until}" if each.until else ""
            said.lines([f"{each.project} {each.environment}: {each.state}{since}{until}"])
            said.lines([f"    {each.step}", *([f"    {each.command}"] if each.command else [])])
        unread = [each for each in sorted(repository.unread) if project in (None, each)]
        said.lines(f"{each}: cannot be read; `mlplatform request check {each}` says why" for each in unread)
        if not found and not unread:
            said.lines(["There is no request yet. `mlplatform request new` asks for one."])
