"""`mlplatform request new`: writes a request. Asks in a terminal for what no option says."""

import datetime
import os
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Optional

import typer
from pydantic import ValidationError

from ..foundation.problems import Problem, dotted, problems_of
from .input import needs_folder, option, refuse_any
from .options import AsJson, CostCenter, CostCode, DataProduct, Email, On, OutputFile, Owner, day
from .output import output
from .request import REPOSITORY, RequestsFolder

if TYPE_CHECKING:
    from ..requests.request import Request

EXAMPLES = (
    "mlplatform request new cards            asks in a terminal for what is needed",
    "mlplatform request new trial --tier sandbox --group <id>   asks in a terminal for the rest",
)

_EACH = "For all environments, or for one: dev=<value>. May be repeated."


def new(
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME",
            help="The project's name: 2 to 24 lower-case letters, digits and single hyphens. It cannot change later.",
        ),
    ],
    folder: RequestsFolder = Path(),
    from_issue: Annotated[
        Optional[Path],
        typer.Option(
            "--from-issue",
            metavar="FILE",
            help="Take all answers from the body of an issue that the form made; `-`: standard input. "
            "`gh issue view NUMBER --json body --jq .body` prints it.",
        ),
    ] = None,
    tier: Annotated[
        Optional[str], typer.Option(metavar="sandbox|project", help="To explore, or for what goes into production.")
    ] = None,
    why: Annotated[Optional[str], typer.Option(metavar="TEXT", help="What it is for, in a sentence.")] = None,
    owner: Owner = None,
    email: Email = None,
    requested_by: Annotated[
        Optional[str], typer.Option(metavar="ADDRESS", help="The address of the person who asks.")
    ] = None,
    project_manager: Annotated[
        Optional[str], typer.Option(metavar="ADDRESS", help="The project manager. A sandbox has none.")
    ] = None,
    cost_center: CostCenter = None,
    cost_code: CostCode = None,
    cost_contact: Annotated[
        Optional[str], typer.Option(metavar="ADDRESS", help="Who answers for the costs, and reviews the request.")
    ] = None,
    data_product: DataProduct = None,
    region: Annotated[
        Optional[str], typer.Option(metavar="REGION", help="Default: the platform's, if it has one only.")
    ] = None,
    environments: Annotated[
        Optional[list[str]],
        typer.Option(
            "--environment",
            "-e",
            metavar="sandbox|dev|test|prod",
            help="An environment. May be repeated. Default: sandbox; of a project, dev and prod.",
        ),
    ] = None,
    network: Annotated[
        Optional[list[str]],
        typer.Option(metavar="[ENV=]SIZE", help=f"small, medium or large. Default: small; a sandbox has none. {_EACH}"),
    ] = None,
    budget: Annotated[
        Optional[list[str]], typer.Option(metavar="[ENV=]AMOUNT", help=f"A month's budget. Default: 500. {_EACH}")
    ] = None,
    group: Annotated[
        Optional[list[str]],
        typer.Option(metavar="[ENV=]ID", help=f"The Entra group that works in sandbox or dev. {_EACH}"),
    ] = None,
    cluster: Annotated[
        Optional[list[str]],
        typer.Option(metavar="[ENV=]SIZE:NODES", help=f"A cluster, such as Standard_D4ds_v5:4. {_EACH}"),
    ] = None,
    reads: Annotated[
        Optional[list[str]],
        typer.Option(metavar="PRODUCT[/FOLDER]", help="A data product that it reads. May be repeated."),
    ] = None,
    repository: Annotated[
        Optional[str], typer.Option(metavar="ORG/NAME", help="The GitHub repository whose pipelines release models.")
    ] = None,
    repository_ids: Annotated[
        Optional[str],
        typer.Option(metavar="OWNER,REPOSITORY", help="Its ids: gh api repos/ORG/NAME --jq '.owner.id, .id'"),
    ] = None,
    inference: Annotated[
        Optional[str],
        typer.Option(metavar="aks|managed|app_service|container_app", help="What models run on. Default: nothing."),
    ] = None,
    ai_service: Annotated[
        Optional[list[str]], typer.Option(metavar="KIND", help="An AI service, such as AIServices. May be repeated.")
    ] = None,
    expires_on: Annotated[
        Optional[str], typer.Option(metavar="YYYY-MM-DD", help="Default: a sandbox in 30 days, others never.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the files, and write nothing.")] = False,
    as_json: AsJson = False,
    file: OutputFile = None,
    on: On = None,
) -> None:
    """Write a request for environments: requests/NAME.yaml, and nothing else.

    In a terminal, asks for what is needed and no option says. Elsewhere, says all that is missing at once.
    `mlplatform request check` then compares it with the platform team's answers and with all other requests.
    """
    from ..foundation.clock import today
    from ..requests.new_request import request_text, schema_line
    from ..requests.repository import FOLDER, request_path
    from .answers import RequestNew

    with output(RequestNew, file, as_json=as_json) as said:
        refuse_any(needs_folder(folder, REPOSITORY))
        root = folder.resolve()
        problems: list[Problem] = []
        path = request_path(root, name)
        if path.exists():
            fix = f"Change that file, or give another name. `mlplatform request status {name}` says how far it is"
            problems.append(option("NAME", f"'{name}' has a request: {FOLDER}/{path.name}", fix))
        now = day(on) or datetime.date.fromisoformat(today())
        texts = {
            "tier": tier, "why": why, "owner_team": owner, "owner_email": email, "requested_by": requested_by,
            "project_manager": project_manager, "data_product": data_product, "region": region or _only_region(root),
            "who_pays.cost_center": cost_center, "who_pays.cost_code": cost_code, "who_pays.contact": cost_contact,
            "repository.github": repository, "repository.ids": repository_ids, "expires_on": expires_on,
        }  # fmt: skip
        by_environment = {
            "environment": environments, "network": network, "budget": budget, "group": group, "cluster": cluster,
        }  # fmt: skip
        everywhere = {"reads": reads, "inference": inference, "ai_services": ai_service}
        data: dict[str, Any] = {}
        if from_issue is not None:
            beside = {**texts, **by_environment, **everywhere, "region": region}
            others = [_OPTIONS.get(each, f"--{each}") for each, value in beside.items() if value]
            if others:
                problems.append(
                    option(", ".join(others), "is an answer of the issue", "Leave it out, or change the file")
                )
            data, of_issue = _answers(from_issue, name, now)
            refuse_any([*problems, *of_issue])
        asks = sys.stdin.isatty() and sys.stderr.isatty() and not as_json
        given = {key: value for key, value in texts.items() if value is not None}
        while True:
            if from_issue is not None:
                found, wrong = _validated(data, [], now)
                refuse_any(_in_issue(each, from_issue) for each in wrong)
                break
            found, wrong = _request(name, given, by_environment, everywhere, now)
            askable = [each for each in wrong if _key(each) in texts]
            if not asks or not askable or len(askable) < len(wrong) or problems:
                break
            for problem in askable:
                given[_key(problem)] = _answer(problem)
        refuse_any([*problems, *map(_as_option, wrong)])
        assert found is not None  # noqa: S101 - refused otherwise
        text = schema_line(root) + request_text(found)
        if not dry_run:
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(text.encode())
        check = f"mlplatform request check {name}{f' -C {folder}' if folder != Path() else ''}"
        if as_json:
            said.answer(file=f"{FOLDER}/{path.name}", written=not dry_run, text=text, next=check)
        elif dry_run:
            said.text(text.removesuffix("\n"))
        else:
            said.lines([f"wrote {_shown(path)}", f"Next: {check}"])


def _request(
    name: str,
    texts: Mapping[str, str],
    by_environment: Mapping[str, Optional[list[str]]],
    everywhere: Mapping[str, Any],
    today: datetime.date,
) -> tuple[Optional["Request"], list[Problem]]:
    """The request that is meant, and what is wrong with it."""
    problems: list[Problem] = []
    data: dict[str, Any] = {"project": name, "requested_on": today.isoformat()}
    for key, text in texts.items():
        inner, dot, field = key.partition(".")
        if key == "expires_on":
            continue
        if dot:
            data.setdefault(inner, {})[field] = _ids(text) if field == "ids" else text
        else:
            data[key] = text
    data.setdefault("who_pays", {})
    if everywhere["reads"]:
        data["reads"] = [_read(each) for each in everywhere["reads"]]
    data["environments"] = _environments(data.get("tier"), texts, by_environment, everywhere, problems, today)
    return _validated(data, problems, today)


def _validated(
    data: dict[str, Any], problems: list[Problem], today: datetime.date
) -> tuple[Optional["Request"], list[Problem]]:
    from ..requests.request import Request

    order = [*Request.model_fields]
    data = {key: data[key] for key in sorted(data, key=lambda key: order.index(key) if key in order else 99)}
    try:
        found = Request.model_validate(data)
    except ValidationError as error:
        return None, [*problems, *problems_of(error, Request, data=data)]
    problems += [Problem(each.path, each.what, each.fix) for each in found.violations_on(today)]
    return (None if problems else found), problems


def _answers(file: Path, name: str, today: datetime.date) -> tuple[dict[str, Any], list[Problem]]:
    """The answers of an issue, and what is wrong with the file or its project."""
    from ..requests.front_ends import MOST_CHARACTERS, request_of_issue

    place = f"--from-issue {file}"
    try:
        text = sys.stdin.read(4 * MOST_CHARACTERS) if str(file) == "-" else file.read_text(encoding="utf-8")
    except OSError as error:
        return {}, [option(place, f"cannot be read ({error.strerror})", "Give the saved body of an issue")]
    except UnicodeDecodeError:
        return {}, [option(place, "is not text in UTF-8", "Give the saved body of an issue")]
    found = {"project": name, **request_of_issue(text, place), "requested_on": today.isoformat()}
    if found["project"] != name:
        return found, [option("NAME", f"'{name}' is not the project of the issue", f"It asks for {found['project']}")]
    return found, []


def _in_issue(problem: Problem, file: Path) -> Problem:
    return replace(problem, file=problem.file or f"--from-issue {file}")


def _environments(
    tier: Optional[str],
    texts: Mapping[str, str],
    by_environment: Mapping[str, Optional[list[str]]],
    everywhere: Mapping[str, Any],
    problems: list[Problem],
    today: datetime.date,
) -> list[dict[str, Any]]:
    from ..config.new_project import LIFE_DAYS
    from ..foundation.profiles import PROFILES, Environment

    names = by_environment["environment"] or (["sandbox"] if tier == "sandbox" else ["dev", "prod"])
    given = {key: _each(key, values or [], names, problems) for key, values in by_environment.items()}
    found = []
    for name in names:
        # A name that is no environment is refused with the request.
        profile = PROFILES[Environment(name)] if name in list(Environment) else None
        own: dict[str, Any] = {"environment": name}
        if (profile and profile.longest_life_days) or "expires_on" in texts:
            own["expires_on"] = texts.get("expires_on") or (today + datetime.timedelta(LIFE_DAYS)).isoformat()
        if sizes := given["network"].get(name, [] if profile and not profile.needs_network else ["small"]):
            own["network"] = sizes[-1]
        own["budget"] = {"amount": given["budget"].get(name, ["500"])[-1]}
        if (groups := given["group"].get(name)) and profile and "data_scientists" in profile.may_grant:
            own["groups"] = {"data_scientists": groups}
        clusters = given["cluster"].get(name, ["Standard_D4ds_v5:4"])
        own["clusters"] = [_cluster(each, number) for number, each in enumerate(clusters)]
        for key in ("inference", "ai_services"):
            if everywhere[key]:
                own[key] = everywhere[key]
        found.append(own)
    return found


def _each(key: str, values: list[str], names: list[str], problems: list[Problem]) -> dict[str, list[str]]:
    """Environment → the values of an option that are for it."""
    found: dict[str, list[str]] = {}
    for value in values:
        environment, equals, own = value.partition("=")
        if equals and environment not in names:
            what = f"the request has no environment '{environment}'"
            problems.append(Problem((key,), what, f"Name one of its environments: {', '.join(names)}"))
        for each in [environment] if equals else names:
            found.setdefault(each, []).append(own if equals else value)
    return found


def _cluster(text: str, number: int) -> dict[str, Any]:
    size, colon, nodes = text.partition(":")
    return {"name": f"cpu{number + 1 if number else ''}", "vm_size": size, **({"max_nodes": nodes} if colon else {})}


def _read(text: str) -> dict[str, str]:
    product, slash, folder = text.partition("/")
    return {"product": product, **({"folder": folder} if slash else {})}


def _ids(text: str) -> Any:
    owner, comma, repository = text.replace(" ", "").partition(",")
    return {"owner": owner, "repository": repository} if comma else {"owner": owner}


def _only_region(root: Path) -> Optional[str]:
    """The region of the platform, if it has one only."""
    from ..foundation.problems import ProblemsError
    from ..requests.repository import read_requests

    try:
        platform = read_requests(root).platform
    except ProblemsError:
        return None
    regions = platform.content.regions if platform is not None else []
    return regions[0].region if len(regions) == 1 else None


_OPTIONS = {
    "project": "NAME",
    "owner_team": "--owner",
    "owner_email": "--email",
    "environments": "--environment",
    "environment": "--environment",
    "who_pays.contact": "--cost-contact",
    "repository": "--repository",
    "repository.github": "--repository",
    "repository.ids": "--repository-ids",
    "ai_services": "--ai-service",
    "clusters": "--cluster",
    "groups": "--group",
}
"""Place in a request → the option that gives it. Any other place has an option of its last name."""


def _key(problem: Problem) -> str:
    """The place that a person can be asked for: without the environment, and at most two names deep."""
    path = [each for each in problem.path if isinstance(each, str)]
    if path[:1] == ["environments"]:
        return path[1] if path[1:] else "environments"
    if path == ["repository"]:
        return "repository.github"
    return ".".join(path[:2])


def _as_option(problem: Problem) -> Problem:
    key = _key(problem)
    named = _OPTIONS.get(key) or f"--{key.rpartition('.')[2].replace('_', '-')}"
    place = dotted(problem.path)
    what = problem.what if key in ("environments", *_OPTIONS, place) else f"{place}: {problem.what}"
    return option(named, what, problem.fix)


def _answer(problem: Problem) -> str:
    """What a person types for something that is missing or wrong."""
    typer.echo(f"{problem.fix}" if problem.what.startswith("required") else f"{problem.what}. {problem.fix}", err=True)
    return typer.prompt(_key(problem).replace("_", " ").replace(".", ": "), err=True)


def _shown(path: Path) -> str:
    return os.path.relpath(path) if path.is_relative_to(Path.cwd()) else str(path)
