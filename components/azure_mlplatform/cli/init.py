"""`mlplatform init`: writes a new project."""

import datetime
import os
import re
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Optional

import typer

from ..foundation.printable import printable
from ..foundation.problems import Problem, ProblemsError, dotted
from .input import needs_folder, refuse, refuse_any
from .options import AsJson, CostCenter, CostCode, DataProduct, Email, On, OutputFile, Owner, day
from .output import output

if TYPE_CHECKING:
    from ..config.project_folder import Start
    from .output import Output

EXAMPLES = (
    "mlplatform init demand --owner logistics-analytics      dev and prod",
    "mlplatform init trial -e sandbox --expires-on 2027-01-31",
    "mlplatform init pricing-two --dry-run                   print the files, and write nothing",
)

_ONE = "For all environments, or for one: dev=<id>. May be repeated."


def init(
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME",
            help="The project's name: 2 to 24 lower-case letters, digits and single hyphens. It cannot change later.",
        ),
    ],
    environments: Annotated[
        Optional[list[str]],
        typer.Option(
            "--environment",
            "-e",
            metavar="sandbox|dev|test|prod",
            help="An environment to write. May be repeated. Default: dev and prod.",
        ),
    ] = None,
    folder: Annotated[
        Path, typer.Option("-C", metavar="DIR", help="The repository, or the folder for the project's. Default: here.")
    ] = Path(),
    location: Annotated[
        Optional[str],
        typer.Option(metavar="REGION", help="Default: that of most projects here, else westeurope."),
    ] = None,
    tenant: Annotated[
        Optional[str], typer.Option(metavar="ID", help="The Entra tenant. Default: that of the projects here.")
    ] = None,
    subscription: Annotated[
        Optional[list[str]], typer.Option(metavar="[ENV=]ID", help=f"The subscription. {_ONE}")
    ] = None,
    group: Annotated[
        Optional[str], typer.Option(metavar="ID", help="The Entra group that works in sandbox and dev, by object id.")
    ] = None,
    user: Annotated[
        Optional[str],
        typer.Option(metavar="ID", help="Who gets a compute instance in sandbox and dev, by object id."),
    ] = None,
    owner: Owner = None,
    email: Email = None,
    cost_center: CostCenter = None,
    cost_code: CostCode = None,
    data_product: DataProduct = None,
    address_space: Annotated[
        Optional[str],
        typer.Option(
            metavar="RANGE",
            help="The private range from which each environment gets a network. Default: one that no project here has.",
        ),
    ] = None,
    hub: Annotated[
        Optional[str],
        typer.Option(metavar="ID", help="The hub's virtual network, by id. Default: that of the projects here."),
    ] = None,
    budget: Annotated[Optional[str], typer.Option(metavar="AMOUNT", help="A month's budget. Default: 500.")] = None,
    expires_on: Annotated[
        Optional[str], typer.Option(metavar="YYYY-MM-DD", help="Default: a sandbox in 30 days, others never.")
    ] = None,
    no_zones_reason: Annotated[
        Optional[str], typer.Option(metavar="TEXT", help="Why prod uses no availability zones, in a region without.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the files, and write nothing.")] = False,
    as_json: AsJson = False,
    file: OutputFile = None,
    on: On = None,
) -> None:
    """Write a new project: settings that preview, with comments that explain them.

    What no option says is taken from the other projects where they agree: tenant, region, hub, owner, a free range of
    addresses. What then nobody knows is a placeholder: a preview takes it and says so, `pulumi up` refuses it.

    In a repository with stacks/project, writes projects/NAME, which uses that program. Elsewhere writes NAME with a
    program of its own.
    If something is wrong, nothing is written.
    """
    from ..config.project_folder import Asked, start, write
    from ..foundation.clock import today
    from .answers import Init

    everywhere, own, problems = _subscriptions(subscription or [])
    project = {
        "owner_team": owner,
        "owner_email": email,
        "cost_center": cost_center,
        "cost_code": cost_code,
        "data_product": data_product,
        "tenant_id": tenant,
    }
    everywhere |= {
        "location": location,
        "data_scientists": [group] if group is not None else None,
        "user_id": user,
        "hub": {"vnet_id": hub} if hub is not None else None,
        "budget": budget,
        "expires_on": expires_on,
        "no_zones_reason": no_zones_reason,
    }
    asked = Asked(
        name, environments or ["dev", "prod"], _given(project), _given(everywhere), own, address_space=address_space
    )
    with output(Init, file, as_json=as_json) as said:
        refuse_any(needs_folder(folder, "Name the folder in which the project is written"))
        found = None
        try:
            found = start(folder, asked, today=day(on) or datetime.date.fromisoformat(today()))
        except ProblemsError as error:
            problems += error.problems
        if found is None or problems:
            refuse(*(Problem((), f"{_option(each)}: {each.what}", each.fix, each.file) for each in problems))
        if not dry_run:
            write(found)
        if as_json:
            said.notices(("warning", each) for each in found.notices)
            said.answer(**_as_json(found, dry_run))
        else:
            _show(said, found, dry_run)


def _given(values: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value is not None}


def _subscriptions(given: list[str]) -> tuple[dict[str, Any], dict[str, str], list[Problem]]:
    """The subscription of all environments, those of single ones, and what is wrong."""
    everywhere: dict[str, Any] = {}
    own: dict[str, str] = {}
    problems: list[Problem] = []
    for each in given:
        environment, equals, value = each.rpartition("=")
        into: dict[str, Any] = own if equals else everywhere
        key = environment if equals else "subscription_id"
        if key in into:
            what = f"{f'of {environment}' if equals else 'of all environments'} is given twice"
            problems.append(Problem(("subscription_id",), what, "Give it once"))
        into[key] = value
    return everywhere, own, problems


_OPTIONS = {
    "name": "NAME",
    "environment": "--environment",
    "environments": "--environment",
    "tenant_id": "--tenant",
    "subscription_id": "--subscription",
    "data_scientists": "--group",
    "user_id": "--user",
    "owner_team": "--owner",
    "owner_email": "--email",
    "vnet_id": "--hub",
}
"""Field of a new project → the option. Any other field has an option of its name."""


def _option(problem: Problem) -> str:
    """The option that a problem is about; the place in the file, if it shows only there."""
    if problem.file:
        return dotted(problem.path)
    field = next((each for each in reversed(problem.path) if isinstance(each, str)), "")
    return _OPTIONS.get(field, f"--{field.replace('_', '-')}")


def _show(said: "Output", start: "Start", dry_run: bool) -> None:
    """Says what was written. With `--dry-run` the files are the answer, and the rest goes to standard error."""
    if dry_run:
        for name, text in start.files.items():
            said.text(f"--- {_shown(start.folder / name)}\n{text}")
        for line in _rest(start):
            print(printable(line), file=sys.stderr)
    else:
        said.lines(f"wrote {_shown(start.folder / name)}" for name in start.files)
        said.lines(_rest(start))


def _rest(start: "Start") -> Iterator[str]:
    yield from (f"warning: {each}" for each in start.notices)
    if start.agreed:
        yield ""
        yield "As the other projects have it:"
        yield from (f"    {key}: {value}" for key, value in start.agreed.items())
    if start.placeholders:
        yield ""
        yield "Placeholders, which a preview takes and `pulumi up` refuses:"
        yield from (f"    {option:15} {', '.join(settings)}" for option, settings in _by_option(start).items())
    yield ""
    yield f"Next: {_next(start)}"


def _as_json(start: "Start", dry_run: bool) -> dict[str, Any]:
    return {
        "folder": _shown(start.folder),
        "written": not dry_run,
        "files": dict(start.files),
        "agreed": dict(start.agreed),
        "placeholders": [
            {"setting": setting, "stacks": list(stacks), "option": _option_of(setting)}
            for setting, stacks in start.placeholders.items()
        ],
        "next": _next(start),
    }


_OF_SETTINGS = {
    "project.owner_email": "--email",
    "project.owner_team": "--owner",
    "tenant_id": "--tenant",
    "subscription_id": "--subscription",
    "access.data_scientists[0]": "--group",
    "synapse.administrators_group_id": "--group",
    "workspace.instances[0].assigned_user": "--user",
    "budget.contact_emails[0]": "--email",
    "network.hub.vnet_id": "--hub",
}
"""Setting of a new project → the option that gives it. Any other has an option of its name."""


def _option_of(setting: str) -> str:
    return _OF_SETTINGS.get(setting, f"--{setting.rpartition('.')[2].replace('_', '-')}")


def _by_option(start: "Start") -> dict[str, list[str]]:
    """Option → the settings for which it gives a value in place of the placeholder."""
    found: dict[str, list[str]] = {}
    for each in start.placeholders:
        found.setdefault(_option_of(each), []).append(each)
    return found


def _next(start: "Start") -> str:
    """The next command to type."""
    place = _shown(start.folder)
    return "mlplatform preview" if place == "." else f"mlplatform preview -C {_quoted(place)}"


def _quoted(text: str) -> str:
    """A path as a shell takes it: cmd.exe and PowerShell know double quotes only."""
    if os.name == "nt":
        return f'"{text}"' if re.search(r"[^\w.\\/:-]", text) else text
    return shlex.quote(text)


def _shown(path: Path) -> str:
    """A path as somebody here types it: relative to this folder, unless that leads out of it."""
    here = Path.cwd()
    return path.relative_to(here).as_posix() if path.is_relative_to(here) else str(path)
