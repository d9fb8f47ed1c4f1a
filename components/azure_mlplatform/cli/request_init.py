"""`mlplatform request init`: begins the platform team's repository."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Optional

import typer

from ..foundation.problems import Problem, ProblemsError, dotted
from .input import needs_folder, option, refuse_any
from .options import AsJson, CostCenter, CostCode, OutputFile
from .output import output
from .request import REPOSITORY, RequestsFolder

if TYPE_CHECKING:
    from ..requests.platform import Platform

EXAMPLES = (
    "mlplatform request init                 says which options are missing; docs/requests.md has them all",
    "mlplatform request init --dry-run       prints what this repository does not have yet",
)


def init(
    folder: RequestsFolder = Path(),
    owner: Annotated[Optional[str], typer.Option(metavar="TEAM", help="The platform team.")] = None,
    email: Annotated[Optional[str], typer.Option(metavar="ADDRESS", help="Its address.")] = None,
    reviewer: Annotated[
        Optional[list[str]],
        typer.Option(metavar="@ORG/TEAM", help="Its GitHub team, which reviews requests. May be repeated."),
    ] = None,
    tenant: Annotated[Optional[str], typer.Option(metavar="ID", help="The Entra tenant.")] = None,
    subscription: Annotated[
        Optional[list[str]],
        typer.Option(
            metavar="nonprod|prod=ID", help="The subscription of environments. Give one for nonprod and one for prod."
        ),
    ] = None,
    region: Annotated[
        Optional[str], typer.Option(metavar="REGION", help="The region of environments. Default: westeurope.")
    ] = None,
    address_pool: Annotated[
        Optional[list[str]],
        typer.Option(
            metavar="RANGE", help="The private range from which each environment gets a network. May be repeated."
        ),
    ] = None,
    hub: Annotated[
        Optional[list[str]],
        typer.Option(metavar="nonprod|prod=ID", help="The hub's virtual network, by id. Default: no hub."),
    ] = None,
    dns_server: Annotated[
        Optional[list[str]],
        typer.Option(
            metavar="nonprod|prod=ADDRESS",
            help="The hub's DNS resolver: zones then stand in projects/shared. Default: each environment has its own.",
        ),
    ] = None,
    repository: Annotated[
        Optional[str],
        typer.Option(
            metavar="ORG/NAME", help="This repository on GitHub. Default: each team's own deploys its stacks."
        ),
    ] = None,
    repository_ids: Annotated[
        Optional[str],
        typer.Option(metavar="OWNER,REPOSITORY", help="Its ids: gh api repos/ORG/NAME --jq '.owner.id, .id'"),
    ] = None,
    cost_center: CostCenter = None,
    cost_code: CostCode = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the files, and write nothing.")] = False,
    as_json: AsJson = False,
    file: OutputFile = None,
) -> None:
    """Begin the platform team's repository: its answers for all requests, the programs, and what environments share.

    Writes requests/platform.yaml, stacks/ and projects/shared. What is there already stays as it is; options that are
    answers in a requests/platform.yaml that is there are refused.
    """
    from ..config.project_folder import REGION, requirement
    from ..requests.new_repository import Asked, new_repository
    from .answers import RequestInit

    with output(RequestInit, file, as_json=as_json) as said:
        refuse_any(needs_folder(folder, REPOSITORY))
        root = folder.resolve()
        there = _there(root)
        problems: list[Problem] = []
        subscriptions, hubs, servers = (
            _by_tier(name, values, problems)
            for name, values in (("--subscription", subscription), ("--hub", hub), ("--dns-server", dns_server))
        )
        given: dict[str, Any] = {
            "team": {"name": owner, "email": email, "reviewers": reviewer},
            "tenant_id": tenant,
            "subscriptions": subscriptions,
            "repository": {"github": repository, "ids": _ids(repository_ids)} if repository or repository_ids else None,
            "regions": [{"region": region or REGION, "address_pool": address_pool}],
        }
        if there is not None:
            known = {
                "--owner": owner, "--email": email, "--reviewer": reviewer, "--tenant": tenant,
                "--subscription": subscription, "--region": region, "--address-pool": address_pool, "--hub": hub,
                "--dns-server": dns_server, "--repository": repository, "--repository-ids": repository_ids,
            }  # fmt: skip
            if others := [name for name, value in known.items() if value]:
                fix = "Leave it out, or change that file"
                problems.append(option(", ".join(others), "is an answer in requests/platform.yaml", fix))
        for tier in servers.keys() - hubs.keys():
            problems.append(option("--dns-server", f"{tier} has no hub", f"Give --hub {tier}=<id> too"))
        asked = Asked(_filled(given), hubs, servers, cost_center, cost_code)
        files: dict[str, str] = {}
        try:
            files = new_repository(root, there, asked, requirement())
        except ProblemsError as error:
            problems += map(_as_option, error.problems)
        refuse_any(problems)
        if not dry_run:
            for name, text in files.items():
                path = root / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(text.encode())
        elsewhere = f" -C {folder}" if folder != Path() else ""
        following = f"mlplatform request new <project>{elsewhere}"
        if as_json:
            said.answer(files=files, written=not dry_run, next=following)
        elif not files:
            said.lines(["Everything is there."])
        elif dry_run:
            for name, text in files.items():
                said.text(f"--- {name}\n{text}")
        else:
            said.lines(f"wrote {name}" for name in files)
            said.lines([f"Next: {following}"])


def _there(root: Path) -> "Optional[Platform]":
    """The answers that the repository has. Raises ProblemsError if they cannot be used."""
    from ..requests.repository import FOLDER, PLATFORM_FILE, read_requests

    if not (root / FOLDER / PLATFORM_FILE).exists():
        return None
    found = read_requests(root)
    if found.platform is None:
        refuse_any(each for each in found.problems if each.file.startswith(f"{FOLDER}/{PLATFORM_FILE}"))
    return found.platform.content if found.platform is not None else None


def _by_tier(name: str, values: Optional[list[str]], problems: list[Problem]) -> dict[str, str]:
    """Nonprod and prod → their values of an option."""
    from ..foundation.profiles import Tier

    found: dict[str, str] = {}
    for each in values or []:
        tier, equals, value = each.partition("=")
        if not equals or tier not in list(Tier):
            fix = f"Write {' or '.join(f'{one}=<value>' for one in Tier)}"
            problems.append(option(name, f"'{each}' is neither of nonprod nor of prod", fix))
        elif tier in found:
            problems.append(option(name, f"of {tier} is given twice", "Give it once"))
        else:
            found[tier] = value
    return found


def _ids(text: Optional[str]) -> Any:
    if text is None:
        return None
    owner, _, repository = text.replace(" ", "").partition(",")
    return _filled({"owner": owner or None, "repository": repository or None})


def _filled(value: Any) -> Any:
    """What was given, without what nobody gave."""
    if isinstance(value, dict):
        return {key: _filled(each) for key, each in value.items() if each is not None}
    return [_filled(each) for each in value] if isinstance(value, list) else value


_OPTIONS = {
    "team.name": "--owner",
    "team.email": "--email",
    "team.reviewers": "--reviewer",
    "tenant_id": "--tenant",
    "subscription_id": "--subscription",
    "subscriptions": "--subscription",
    "repository": "--repository",
    "repository.github": "--repository",
    "repository.ids": "--repository-ids",
    "regions.region": "--region",
    "location": "--region",
    "regions.address_pool": "--address-pool",
    "regions.nonprod.hub": "--hub",
    "regions.prod.hub": "--hub",
    "hub": "--hub",
    "regions.nonprod.dns": "--dns-server",
    "regions.prod.dns": "--dns-server",
}
"""Place in the answers, or in the settings of what is shared → the option that gives it."""


def _as_option(problem: Problem) -> Problem:
    """The problem with the option that it is about; with its place, if no option gives it."""
    names = [each for each in problem.path if isinstance(each, str)]
    places = (".".join(names[:count]) for count in range(len(names), 0, -1))
    found = next((_OPTIONS[each] for each in places if each in _OPTIONS), None)
    if found is None:
        return problem
    place = dotted(problem.path)
    return option(found, problem.what if place in _OPTIONS else f"{place}: {problem.what}", problem.fix)
