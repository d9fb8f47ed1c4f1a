"""`mlplatform projects`: all environments of a repository, with who owns and pays for them."""

import dataclasses
import datetime
from pathlib import Path

from .input import needs_folder, refuse_any
from .options import AsJson, On, OutputFile, Repository, day
from .output import output

EXAMPLES = (
    "mlplatform projects                     the list",
    "mlplatform projects --json              for a program, such as a report of what expires",
)

_COLUMNS = ("project", "environment", "owner", "cost center", "expires", "state")


def projects(
    folder: Repository = Path(),
    as_json: AsJson = False,
    file: OutputFile = None,
    on: On = None,
) -> None:
    """List all projects and environments.

    With owner, cost center, expiry and the state of the request. Also lists what somebody wrote without a request.
    """
    from ..foundation.clock import today
    from ..requests.listing import listed
    from .answers import Projects

    with output(Projects, file, as_json=as_json) as said:
        refuse_any(needs_folder(folder, "Name the folder that contains the projects"))
        now = day(on) or datetime.date.fromisoformat(today())
        found = listed(folder.resolve(), now)
        if as_json:
            said.answer(environments=[dataclasses.asdict(each) for each in found])
            return
        if not found:
            said.lines(
                ["There is no project yet. `mlplatform init NAME` writes one, `mlplatform request new` asks for one."]
            )
            return
        rows = [
            (
                each.project,
                each.environment,
                each.owner_team or "",
                each.cost_center or "",
                each.expires_on or "never",
                each.state or "no request",
            )
            for each in found
        ]
        widths = [max(len(row[column]) for row in (_COLUMNS, *rows)) for column in range(len(_COLUMNS))]
        said.lines(
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
            for row in (_COLUMNS, *rows)
        )
