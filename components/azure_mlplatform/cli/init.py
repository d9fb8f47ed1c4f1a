"""`mlplatform init`: writes a new project."""

import json
import os
import re
import shlex
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn, Optional

import typer

from ..foundation.printable import printable
from .exit_codes import BAD_INPUT
from .input import refuse

if TYPE_CHECKING:
    from ..config.project_folder import Start
    from ..foundation.problems import Problem

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
    owner: Annotated[Optional[str], typer.Option(metavar="TEAM", help="The team that is responsible.")] = None,
    email: Annotated[Optional[str], typer.Option(metavar="ADDRESS", help="The team's address.")] = None,
    cost_center: Annotated[Optional[str], typer.Option(metavar="TEXT", help="Who pays.")] = None,
    cost_code: Annotated[
        Optional[str], typer.Option(metavar="TEXT", help="Where it is booked. A sandbox needs none.")
    ] = None,
    data_product: Annotated[
        Optional[str], typer.Option(metavar="NAME", help="The data product. Default: the project's name.")
    ] = None,
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
    as_json: Annotated[bool, typer.Option("--json", help="Print what was written as JSON.")] = False,
) -> None:
    """Write a new project: settings that preview, with comments that explain them.

    What no option says is taken from the other projects where they agree: tenant, region, hub, owner, a free range of
    addresses. What then nobody knows is a placeholder: a preview takes it and says so, `pulumi up` refuses it.

    In a repository with stacks/project, writes projects/NAME, which uses that program. Elsewhere writes NAME with a
    program of its own.

    Example: mlplatform init churn -e dev -e prod --owner retail-analytics

    Exits with 0 if it was written, and with 2 if something is wrong; nothing is written then.
    """
    import datetime

    from ..config.project_folder import Asked, start, write
    from ..foundation.clock import today
    from ..foundation.problems import Problem, ProblemsError

    if not folder.is_dir():
        refuse([f"-C {folder}: is not a folder\n    Name the folder in which the project is written"])
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
        "group_id": group,
        "user_id": user,
        "hub": {"vnet_id": hub} if hub is not None else None,
        "budget": budget,
        "expires_on": expires_on,
        "no_zones_reason": no_zones_reason,
    }
    asked = Asked(
        name, environments or ["dev", "prod"], _given(project), _given(everywhere), own, address_space=address_space
    )
    found = None
    try:
        found = start(folder, asked, today=datetime.date.fromisoformat(today()))
    except ProblemsError as error:
        problems += error.problems
    if found is None or problems:
        _refuse([Problem((), f"{_option(each)}: {each.what}", each.fix, each.file) for each in problems], as_json)
    if not dry_run:
        write(found)
    _show_json(found, dry_run) if as_json else _show(found, dry_run)


def _given(values: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value is not None}


def _subscriptions(given: list[str]) -> tuple[dict[str, Any], dict[str, str], list["Problem"]]:
    """The subscription of all environments, those of single ones, and what is wrong."""
    from ..foundation.problems import Problem

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
    "group_id": "--group",
    "user_id": "--user",
    "owner_team": "--owner",
    "owner_email": "--email",
    "vnet_id": "--hub",
}
"""Field of a new project → the option. Any other field has an option of its name."""


def _option(problem: "Problem") -> str:
    """The option that a problem is about; the place in the file, if it shows only there."""
    from ..foundation.problems import dotted

    if problem.file:
        return dotted(problem.path)
    field = next((each for each in reversed(problem.path) if isinstance(each, str)), "")
    return _OPTIONS.get(field, f"--{field.replace('_', '-')}")


def _refuse(problems: Iterable["Problem"], as_json: bool) -> NoReturn:
    distinct = list(dict.fromkeys(problems))
    if as_json:
        print(
            json.dumps({"version": 1, "command": "init", "problems": [each.as_json() for each in distinct]}, indent=2)
        )
        raise typer.Exit(BAD_INPUT)
    refuse(map(str, distinct))


def _show(start: "Start", dry_run: bool) -> None:
    for name, text in start.files.items():
        print(f"--- {_shown(start.folder / name)}\n{text}" if dry_run else f"wrote {_shown(start.folder / name)}")
    out = sys.stderr if dry_run else sys.stdout
    for each in start.notices:
        print(printable(f"warning: {each}"), file=out)
    if start.agreed:
        print("\nAs the other projects have it:", file=out)
        for key, value in start.agreed.items():
            print(printable(f"    {key}: {value}"), file=out)
    if start.placeholders:
        print("\nPlaceholders, which a preview takes and `pulumi up` refuses:", file=out)
        for option, settings in _by_option(start).items():
            print(f"    {option:15} {', '.join(settings)}", file=out)
    print(f"\nNext: {_next(start)}", file=out)


def _show_json(start: "Start", dry_run: bool) -> None:
    result = {
        "version": 1,
        "command": "init",
        "problems": [],
        "notices": [{"severity": "warning", "text": each} for each in start.notices],
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
    print(json.dumps(result, indent=2))


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
