"""`mlplatform endpoint profile`: finds the cheapest way to run a model that holds what it has to hold."""

import contextlib
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn, Optional

import typer

from ..foundation.printable import printable
from ..foundation.problems import Problem, ProblemsError
from .cost import currency_problems
from .endpoint import (
    DEFAULT_MODEL_PATH,
    EndpointArgument,
    ModelPath,
    NoToken,
    Plots,
    Scope,
    endpoint_of,
    plot_problems,
    reaching_azure,
    tell,
)
from .exit_codes import BAD_INPUT, FINDING, INCONCLUSIVE, UNREACHABLE
from .input import exclude, option, refuse_any
from .options import AsJson, AsMarkdown, Currency, DryRun, Environments, OutputFile, PricesFile
from .output import output
from .plans import progress

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ..catalogue.prices import PriceTable
    from ..measure.endpoints.endpoint import Endpoint, Route
    from ..measure.load.schedule import Measure
    from ..measure.profile.candidates import Candidate, Candidates
    from ..measure.profile.cost import MonthlyCost
    from ..measure.profile.deployments import CandidateDeployments
    from ..measure.profile.report import Profile, Tried
    from ..measure.profile.search import Found, Search

EXAMPLES = (
    "mlplatform endpoint profile prod/scoring --candidates sizes.yaml --body request.json --plot sizes.png",
    "mlplatform endpoint profile prod/scoring --candidates sizes.yaml --body request.json --dry-run",
    "mlplatform endpoint profile prod/scoring --candidates sizes.yaml --body request.json --json -o sizes.json",
)

_LONGEST_WAIT = 60.0
_SHORTEST_WAIT = 5.0
_REFUSED_BODY = ("HTTP 400", "HTTP 413", "HTTP 415", "HTTP 422", "HTTP 424")
"""The last one is what a managed endpoint makes of a model's status that is not 200 ("Troubleshoot online endpoints",
2024-09-18; read 2026-11-28)."""


def profile(
    endpoint: EndpointArgument,
    candidates: Annotated[
        Path,
        typer.Option(
            "--candidates", metavar="FILE", help="What to try, the target and the bounds, in YAML: docs/measure.md."
        ),
    ],
    body: Annotated[
        Optional[Path], typer.Option("--body", metavar="FILE", help="The body of each request, as JSON.")
    ] = None,
    plots: Plots = None,
    all_rates: Annotated[
        bool,
        typer.Option("--all-rates", help="Find the highest rate of each candidate, also of those that cannot win."),
    ] = False,
    live: Annotated[
        bool, typer.Option("--live", help="Measure deployments that take live traffic, too: their callers will wait.")
    ] = False,
    take_over: Annotated[
        bool,
        typer.Option("--take-over", help="Take away what another profile made here, even if it may still be at work."),
    ] = False,
    seed: Annotated[
        int, typer.Option("--seed", metavar="N", min=1, help="Draws the arrivals. The same seed, the same ones.")
    ] = 1,
    prices: PricesFile = None,
    currency: Currency = None,
    dry_run: DryRun = False,
    environments: Environments = None,
    scope: Scope = None,
    no_token: NoToken = False,
    path: ModelPath = DEFAULT_MODEL_PATH,
    as_json: AsJson = False,
    as_markdown: AsMarkdown = False,
    file: OutputFile = None,
) -> None:
    """Find the cheapest way to run a model that meets a target.

    Deploys each candidate without traffic, or addresses it if it is there; measures it under load that a schedule fixed
    before; and takes away what it made. Recommends the cheapest that meets the target at the expected and at the peak
    rate, and still after the loss of an instance or a zone. Exits with 1 if nothing meets it, with 4 if that cannot be
    said: the budget ended first, it is too close to call, or this machine is too slow to send the load.
    """
    from ..measure.extra import needs_extra
    from .answers import EndpointProfile

    with output(EndpointProfile, file, as_json=as_json) as said:
        refuse_any(exclude({"--json": as_json, "--markdown": as_markdown}))
        needs_extra("endpoint profile", "numpy", "scipy", "httptools", *(["matplotlib"] if plots else []))
        wanted, bodies, table = _input(candidates, body, plots or [], prices, currency)
        with contextlib.ExitStack() as stack:
            stack.enter_context(reaching_azure())
            at = endpoint_of(endpoint, environments=environments, scope=scope, no_token=no_token, path=path)
            says = stack.enter_context(_said())
            made = _deployments(at, wanted, bodies, says)
            refuse_any(_with_lines(made.read(live=live), candidates))
            costs = _costs(wanted, made, table, getattr(at, "location", ""))
            refuse_any(_with_lines(_money_problems(wanted, costs), candidates))
            if dry_run:
                if as_json:
                    search = _search_of(wanted, made, costs, seed=seed, all_rates=all_rates, says=says)
                    search.line_up()
                    would = _profile_of(wanted, made, search, None, table).as_json()
                    said.answer(**would | {"outcome": "dry run"})
                else:
                    said.lines(_what_would_be(wanted, made, costs))
                return
            if at.token is not None:
                # Whoever cannot sign in deploys nothing.
                at.token()
            made.clean(take_over=take_over)
            search = _search_of(wanted, made, costs, seed=seed, all_rates=all_rates, says=says)
            winner = _searched(search, made)
            found = _profile_of(wanted, made, search, winner, table)
        found = _drawn(found, plots or [], bodies)
        if as_json:
            said.answer(**found.as_json())
        else:
            said.lines(found.markdown() if as_markdown else found.table())
        if code := _code(found):
            raise typer.Exit(code)


def _input(
    file: Path, body: Optional[Path], plots: list[Path], prices: Optional[Path], currency: Optional[str]
) -> "tuple[Candidates, Mapping[str, bytes], PriceTable]":
    """What the files say. Raises ProblemsError with the problems of all of them."""
    from ..catalogue.prices import PriceTable, price_table, table_for

    problems: list[Problem] = list(currency_problems(currency))
    wanted: Optional[Candidates] = None
    table = PriceTable((), "", "")
    bodies: dict[str, bytes] = {}
    try:
        wanted = _read(file)
    except ProblemsError as error:
        problems += error.problems
    if wanted is not None:
        bodies = _bodies(wanted, file, body, problems)
    try:
        table = price_table(prices or table_for(Path()), currency or "")
    except ProblemsError as error:
        problems += error.problems
    problems += plot_problems(plots)
    refuse_any(problems)
    assert wanted is not None  # noqa: S101 - else there is a problem
    return wanted, bodies, table


def _read(file: Path) -> "Candidates":
    """The candidates in a file. Raises ProblemsError with all its problems, each with its line."""
    from pydantic import ValidationError

    from ..config.files import read
    from ..foundation.problems import problems_of
    from ..measure.profile.candidates import Candidates

    found = read(file)
    if problems := list(found.document_problems()):
        raise ProblemsError(problems)
    try:
        return Candidates.model_validate(found.data)
    except ValidationError as error:
        raise ProblemsError(_with_lines(problems_of(error, Candidates, data=found.data), file)) from None


def _with_lines(problems: Iterable[Problem], file: Path) -> list[Problem]:
    """Problems of candidates, each with its line in their file."""
    from ..config.files import read
    from ..foundation.problems import located

    return list(located(problems, {at: f"{file.name}:{line}" for at, line in read(file).lines.items()}, file.name))


def _bodies(wanted: "Candidates", file: Path, body: Optional[Path], problems: list[Problem]) -> dict[str, bytes]:
    """Candidate → the body of its requests. Its own stands beside the file that names it."""
    found: dict[str, bytes] = {}
    missing = False
    for index, each in enumerate(wanted.candidates):
        place = file.parent / each.body if each.body else body
        where = f"{file.name}: candidates[{index}].body" if each.body else "--body"
        if place is None:
            missing = True
            continue
        try:
            found[each.name] = place.read_bytes()
        except OSError as error:
            problem = option(where, f"'{place}' cannot be read ({error.strerror})", "Name a file with a request")
            if problem not in problems:
                problems.append(problem)
    if missing:
        problems.append(option("--body", "is missing", "Name the file with the body of a request"))
    return found


@contextlib.contextmanager
def _said() -> "Iterator[Callable[[str], None]]":
    """Says what is under way: on a terminal in one line, else a line each."""
    if sys.stderr.isatty():
        with progress() as says:
            yield says
    else:
        yield tell


def _deployments(
    at: "Endpoint", wanted: "Candidates", bodies: "Mapping[str, bytes]", says: "Callable[[str], None]"
) -> "CandidateDeployments":
    from ..measure.profile.deployments import CandidateDeployments

    wait = min(max(10 * wanted.target.bound, _SHORTEST_WAIT), max(_LONGEST_WAIT, 2 * wanted.target.bound))

    def measure(route: "Route", candidate: "Candidate") -> "Measure":
        return _measure(at, route, bodies[candidate.name], wait)

    return CandidateDeployments(at, wanted.candidates, measure, wanted.bounds.minutes, says)


def _measure(at: "Endpoint", route: "Route", body: bytes, wait: float) -> "Measure":
    """What sends requests to a route."""
    from ..measure.load.client import UnreachableError
    from ..measure.load.run import run
    from ..measure.load.target import Target
    from ..measure.profile.search import CandidateError

    target = Target(route.url, (body,), route.headers, at.token)

    def measure(schedule: Any) -> Any:
        try:
            return run(schedule, target, timeout=wait)
        except UnreachableError as error:
            raise CandidateError(str(error)) from None

    return measure


def _costs(
    wanted: "Candidates", made: "CandidateDeployments", table: "PriceTable", location: str
) -> "dict[str, Optional[MonthlyCost]]":
    from ..measure.profile.cost import billed_machines, monthly_cost

    region = wanted.region or location
    return {
        each.name: monthly_cost(
            table, region, *billed_machines(each, made.endpoint.kind, made.vm_size(each), made.instances(each))
        )
        for each in wanted.candidates
    }


def _money_problems(wanted: "Candidates", costs: "Mapping[str, Optional[MonthlyCost]]") -> Iterator[Problem]:
    """Money can be bounded only where its price is known."""
    if wanted.bounds.money is None:
        return
    for index, each in enumerate(wanted.candidates):
        if not each.is_there and costs[each.name] is None:
            fix = "Remove bounds.money, or add its price to the table: mlplatform prices update"
            what = "has no price, and bounds.money bounds what it may cost"
            yield Problem(("candidates", index), what, fix)


def _search_of(
    wanted: "Candidates",
    made: "CandidateDeployments",
    costs: "Mapping[str, Optional[MonthlyCost]]",
    *,
    seed: int,
    all_rates: bool,
    says: "Callable[[str], None]",
) -> "Search":
    from ..catalogue.prices import HOURS
    from ..measure.profile.search import Budget, Search

    entrants = []
    for each in wanted.candidates:
        cost = costs[each.name]
        hourly = float(cost.amount / HOURS) if cost and not each.is_there else None
        entrants.append(made.entrant(each, cost=cost, money_an_hour=hourly))
    budget = Budget(wanted.bounds, made.clock, made.bill)
    return Search(
        entrants,
        wanted.target,
        wanted.runs,
        made.measure_of,
        budget,
        seed=seed,
        all_rates=all_rates,
        leave=made.leave,
        says=says,
    )


def _searched(search: "Search", made: "CandidateDeployments") -> "Optional[Found]":
    """Searches, and takes away what was made for it. Returns the winner."""
    try:
        with contextlib.ExitStack() as stack:
            stack.enter_context(made)
            stack.enter_context(_terminated_as_by_ctrl_c())
            return search.run()
    finally:
        for name in made.left_behind:
            fix = "It is billed. Delete it: az ml online-deployment delete, or run this again with --take-over"
            print(f"error: {printable(f'{made.endpoint.name}: {name} could not be taken away')}", file=sys.stderr)
            print(f"    {fix}", file=sys.stderr)


@contextlib.contextmanager
def _terminated_as_by_ctrl_c() -> Iterator[None]:
    """Lets SIGTERM, with which CI systems end a job, end the block as Ctrl-C does. After the block it is ignored: what
    was made is being taken away."""
    import signal

    def end(_number: int, _frame: object) -> NoReturn:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)


def _profile_of(
    wanted: "Candidates",
    made: "CandidateDeployments",
    search: "Search",
    winner: "Optional[Found]",
    table: "PriceTable",
) -> "Profile":
    from ..measure.profile.report import Profile

    return Profile(
        made.endpoint,
        wanted,
        search,
        winner,
        {each.name: _tried(each, made) for each in wanted.candidates},
        {},
        prices=table.place,
        taken_away=made.taken_away,
        left_behind=made.left_behind,
    )


def _tried(candidate: "Candidate", made: "CandidateDeployments") -> "Tried":
    from ..measure.profile.report import Tried

    own = made.made.get(candidate.name)
    return Tried(
        candidate,
        made.vm_size(candidate),
        made.deployment(candidate),
        candidate.deployment or (own.name if own else ""),
        candidate.max_concurrent_requests_per_instance,
    )


def _drawn(found: "Profile", plots: list[Path], bodies: "Mapping[str, bytes]") -> "Profile":
    """The profile with its plots."""
    from dataclasses import replace

    from ..measure.profile.plot import plot

    winner = found.winner.entrant.name if found.winner else ""
    for each in plots:
        plot(found.search.found, found.candidates.target, winner, each)
    lengths = {name: len(body) for name, body in bodies.items()}
    return replace(found, plots=[str(each) for each in plots], body_bytes=lengths)


def _what_would_be(
    wanted: "Candidates",
    made: "CandidateDeployments",
    costs: "Mapping[str, Optional[MonthlyCost]]",
) -> Iterator[str]:
    """Says what would be deployed and measured, and how long it takes at the least."""
    import json
    import math

    from ..foundation.plurals import counted
    from ..measure.profile.at_rate import FIRST_LOOK, counted_seconds

    target, runs = wanted.target, wanted.runs
    for each in wanted.candidates:
        instances = made.instances(each)
        cost = costs[each.name]
        price = f"{cost.amount:,.0f} {cost.currency} a month" if cost else "no price"
        required = target.required_rate(instances or 1)
        if math.isinf(required):
            yield f"{each.name}: {price}. Nothing is left of it after the loss of one {target.survives}"
            continue
        length = runs.warm_up + counted_seconds(required, each.batch, target, runs)
        number = counted(instances, "instance") if instances else "instances unknown"
        requests = FIRST_LOOK * length * required / each.batch
        line = f"{each.name}: {price}, {number}; needs {required:.3g} a second, measured in {FIRST_LOOK} runs of "
        yield f"{line}{length:.0f} s or more ({requests:,.0f} requests)"
        if each.is_there:
            yield f"    measures '{each.deployment}' as it is"
        elif made.can_deploy:
            yield "    deploys, without traffic:"
            yield from (f"        {line}" for line in json.dumps(made.definition(each), indent=2).splitlines())
    bounds = wanted.bounds
    money = f", {bounds.money:g} of money" if bounds.money is not None else ""
    yield f"Ends after {bounds.minutes:g} minutes, {bounds.requests:,} requests{money} at the latest"


def _code(found: "Profile") -> int:
    """The exit code: 0 if a candidate is recommended and nothing is left behind."""
    from ..measure.profile.report import Outcome
    from ..measure.profile.search import Fate

    if found.left_behind:
        return UNREACHABLE
    search: list[Found] = found.search.found
    if all(each.fate is Fate.BROKEN for each in search):
        refused = [each.answers in _REFUSED_BODY for each in search]
        return BAD_INPUT if all(refused) else UNREACHABLE
    return {Outcome.RECOMMENDED: 0, Outcome.NOTHING_MEETS: FINDING, Outcome.INCONCLUSIVE: INCONCLUSIVE}[found.outcome]
