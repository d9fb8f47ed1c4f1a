"""`mlplatform endpoint rollout`: gives a new version traffic step by step, and takes it back if it is worse."""

import contextlib
import math
import shlex
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Optional

import typer

from ..foundation.problems import ProblemsError
from .endpoint import (
    DEFAULT_MODEL_PATH,
    EndpointArgument,
    ModelPath,
    Plots,
    endpoint_of,
    plot_problems,
    reaching_azure,
    tell,
    unreachable,
)
from .exit_codes import BAD_INPUT, CHANGED_BY_OTHERS, FINDING, FINE, INCONCLUSIVE, UNREACHABLE
from .input import exclude, option, refuse, refuse_any
from .options import AsJson, AsMarkdown, DryRun, Environments, OutputFile
from .output import Output, output

if TYPE_CHECKING:
    from ..foundation.problems import Problem
    from ..measure.endpoints.endpoint import Deployment, Endpoint, Traffic
    from ..measure.load.schedule import Measure, Schedule
    from ..measure.rollout.evidence import Source
    from ..measure.rollout.journal import Journal
    from ..measure.rollout.plan import Plan
    from ..measure.rollout.run import Outcome

EXAMPLES = (
    "mlplatform endpoint rollout prod/scoring --to green --dry-run          how long each step must be",
    "mlplatform endpoint rollout prod/scoring --to green                    10, 25, 50, then 100 %",
    "mlplatform endpoint rollout prod/scoring --to green --mirror 20        copies of requests first",
    "mlplatform endpoint rollout prod/scoring --to green --status           where it stands",
    "mlplatform endpoint rollout prod/scoring --to green --back             old takes all traffic at once",
)
CODES = (FINDING, BAD_INPUT, UNREACHABLE, INCONCLUSIVE, CHANGED_BY_OTHERS)


class SourceName(StrEnum):
    """Where the numbers come from."""

    LOG = "log"
    METRICS = "metrics"
    PROMETHEUS = "prometheus"
    PROBES = "probes"


class WhenInconclusive(StrEnum):
    """What becomes of a step that ends without an answer."""

    HOLD = "hold"
    BACK = "back"
    EXTEND = "extend"
    ASK = "ask"


@dataclass(frozen=True)
class _Evidence:
    """The options of sources."""

    name: Optional[SourceName]
    log_workspace: str
    prometheus: str
    requests_query: str
    slow_query: str
    p95_query: str
    payload: Optional[Path]
    rate: float
    window: float
    lag: Optional[float]
    path: str


def rollout(
    endpoint: EndpointArgument,
    to: Annotated[str, typer.Option("--to", metavar="NAME", help="The new deployment, revision or slot.")],
    old: Annotated[
        Optional[str],
        typer.Option("--from", metavar="NAME", help="The version it replaces. Default: the one that has the traffic."),
    ] = None,
    steps: Annotated[
        str, typer.Option(metavar="LIST", help="Percents for the new version, ascending. 100 ends the list.")
    ] = "10,25,50,100",
    mirror: Annotated[
        int,
        typer.Option(metavar="PERCENT", help="Copy so many requests to it first. Managed endpoints only, 50 at most."),
    ] = 0,
    dry_run: DryRun = False,
    status: Annotated[bool, typer.Option("--status", help="Say where the rollout stands, and do nothing.")] = False,
    back: Annotated[bool, typer.Option("--back", help="Give the old version all traffic at once.")] = False,
    source: Annotated[
        Optional[SourceName],
        typer.Option(help="Where the numbers come from. Default: log for Azure ML, metrics elsewhere."),
    ] = None,
    false_alarms: Annotated[
        float,
        typer.Option(
            metavar="SHARE", help="How often a version that is no worse goes back: over all looks and steps, at most."
        ),
    ] = 0.05,
    ratio: Annotated[
        float, typer.Option(metavar="NUMBER", help="What a step must be able to see: so many times as bad as old.")
    ] = 2.0,
    floor: Annotated[
        float, typer.Option(metavar="SHARE", help="And at least this share of failures, where old has fewer.")
    ] = 0.005,
    power: Annotated[float, typer.Option(metavar="SHARE", help="With which chance it must be able to see that.")] = 0.9,
    guard: Annotated[
        float,
        typer.Option(metavar="SHARE", help="Back at once if the new version fails in this share of its requests."),
    ] = 0.2,
    pause: Annotated[str, typer.Option(metavar="TIME", help="Between two looks.")] = "60s",
    settle: Annotated[str, typer.Option(metavar="TIME", help="What is dropped after each step: warm-up.")] = "60s",
    longest: Annotated[str, typer.Option(metavar="TIME", help="The longest time for one step.")] = "24h",
    look_back: Annotated[str, typer.Option("--baseline", metavar="TIME", help="How far to look back at old.")] = "24h",
    watch: Annotated[str, typer.Option(metavar="TIME", help="How long the guard watches at 100 %.")] = "10m",
    inconclusive: Annotated[
        WhenInconclusive,
        typer.Option(help="What a step without an answer does: hold its traffic, go back, extend once, or ask."),
    ] = WhenInconclusive.HOLD,
    log_workspace: Annotated[
        str, typer.Option(metavar="ID", help="Ask this Log Analytics workspace. Default: the log of the endpoint.")
    ] = "",
    prometheus: Annotated[str, typer.Option(metavar="URL", help="The Prometheus server.")] = "",
    requests_query: Annotated[
        str, typer.Option(metavar="PROMQL", help="Requests by version and code in $window: docs/measure.md.")
    ] = "",
    slow_query: Annotated[str, typer.Option(metavar="PROMQL", help="Requests by version, slower than $slow s.")] = "",
    p95_query: Annotated[str, typer.Option(metavar="PROMQL", help="The 95th percentile by version, in seconds.")] = "",
    payload: Annotated[
        Optional[Path], typer.Option(metavar="FILE", help="The body of the requests of --source probes.")
    ] = None,
    probe_rate: Annotated[
        float, typer.Option(metavar="NUMBER", help="Requests a second to each version, with --source probes.")
    ] = 2.0,
    probe_window: Annotated[
        str, typer.Option(metavar="TIME", help="What counts as one minute of --source probes.")
    ] = "60s",
    lag: Annotated[
        Optional[str], typer.Option(metavar="TIME", help="When a minute counts as complete. Default: by the source.")
    ] = None,
    journal: Annotated[
        Optional[Path], typer.Option(metavar="DIR", help="Where evidence is kept. Default: the user's cache.")
    ] = None,
    plot: Plots = None,
    environments: Environments = None,
    path: ModelPath = DEFAULT_MODEL_PATH,
    as_json: AsJson = False,
    as_markdown: AsMarkdown = False,
    file: OutputFile = None,
) -> None:
    """Give a new version traffic step by step, and take it back if it is worse.

    Between steps, the requests that failed or were slow in the same minutes are compared. The test may be looked at as
    often as one likes: its rate of false alarms is that of the whole rollout. A step is passed once it has seen enough
    to show a worse version; if it has not in time, the answer is inconclusive, which is no pass. The endpoint's own
    traffic says where a rollout stands: run the same command again after any interruption.

    Exit codes: 0 the new version has all traffic; 1 the old one has it; 4 inconclusive; 5 somebody else changed the
    traffic, and nothing was written after that.
    """
    from .answers import EndpointRollout

    with output(EndpointRollout, file, as_json=as_json) as said:
        problems = [
            *exclude({"--json": as_json, "--markdown": as_markdown}),
            *exclude({"--dry-run": dry_run, "--status": status, "--back": back}),
        ]
        values = _Values(problems)
        settings = {
            "steps": values.steps(steps),
            "mirror": values.mirror(mirror),
            "alpha": values.between("--false-alarms", false_alarms, 0, 0.5),
            "power": values.between("--power", power, 0.5, 1),
            "ratio": values.above("--ratio", ratio, 1),
            "floor": values.between("--floor", floor, 0, 1),
            "guard": values.between("--guard", guard, 0, 1),
            "pause": values.time("--pause", pause),
            "settle": values.time("--settle", settle),
            "longest": values.time("--longest", longest),
            "baseline": values.time("--baseline", look_back),
            "watch": values.time("--watch", watch),
            "back_if_inconclusive": inconclusive is WhenInconclusive.BACK,
        }
        evidence = _Evidence(
            source,
            log_workspace,
            prometheus,
            requests_query,
            slow_query,
            p95_query,
            payload,
            probe_rate,
            values.time("--probe-window", probe_window),
            None if lag is None else values.time("--lag", lag),
            path,
        )
        problems += _source_problems(evidence)
        problems += plot_problems(plot)
        if old == to:
            problems.append(option("--from", f"'{to}' cannot replace itself", "Name the version that has the traffic"))
        if inconclusive is WhenInconclusive.ASK and not sys.stdin.isatty():
            problems.append(option("--inconclusive", "nobody can be asked here", "Allowed: hold, back, extend"))
        if "://" in endpoint:
            fix = "Name the endpoint by its resource id, or as ENV/NAME"
            problems.append(option("ENDPOINT", "the traffic of a URL cannot be changed", fix))
        refuse_any(problems)
        from ..measure.extra import needs_extra

        needs_extra("endpoint rollout", "numpy", "scipy", *(("matplotlib",) if plot else ()))
        with reaching_azure():
            found = endpoint_of(endpoint, environments=environments, path=path)
            command = _Command(found, to, old, settings, evidence, said, inconclusive, as_markdown, plot or [], journal)
            if status:
                command.status()
            elif dry_run:
                command.dry_run()
            elif back:
                command.back()
            else:
                command.run()


class _Values:
    """Reads options, and keeps what is wrong with all of them."""

    def __init__(self, problems: "list[Problem]") -> None:
        self._problems = problems

    def steps(self, text: str) -> tuple[int, ...]:
        from ..measure.rollout.plan import steps_of

        return self._read("--steps", lambda: steps_of(text), (100,))

    def mirror(self, value: int) -> int:
        from ..measure.rollout.plan import mirror_problem

        if problem := mirror_problem(value):
            self._problems.append(option("--mirror", *problem.split(". ", 1)))
        return value

    def time(self, name: str, text: str) -> float:
        from ..measure.rollout.duration import seconds_of

        return self._read(name, lambda: seconds_of(text), 0.0)

    def between(self, name: str, value: float, least: float, most: float) -> float:
        if not least < value < most:
            self._problems.append(option(name, f"{value:g} is not allowed", f"Allowed: between {least:g} and {most:g}"))
        return value

    def above(self, name: str, value: float, least: float) -> float:
        if not value > least:
            self._problems.append(option(name, f"{value:g} is not allowed", f"Allowed: more than {least:g}"))
        return value

    def _read(self, name: str, read: Callable[[], Any], otherwise: Any) -> Any:
        try:
            return read()
        except ValueError as error:
            what, _, fix = str(error).partition(". ")
            self._problems.append(option(name, what, fix))
            return otherwise


def _source_problems(evidence: _Evidence) -> "list[Problem]":
    found: list[Problem] = []
    if evidence.name is SourceName.PROMETHEUS and not (evidence.prometheus and evidence.requests_query):
        found.append(
            option("--source prometheus", "needs a server and a query", "Give --prometheus and --requests-query")
        )
    if evidence.name is SourceName.PROBES and evidence.payload is None:
        found.append(option("--source probes", "needs a request to send", "Give --payload FILE"))
    if evidence.payload is not None and not evidence.payload.is_file():
        found.append(option(f"--payload {evidence.payload}", "is not a file", "Give a file with the body of a request"))
    for name, value in (("--probe-rate", evidence.rate), ("--probe-window", evidence.window)):
        if not 0 < value < math.inf:
            found.append(option(name, f"{value:g} is not allowed", "Allowed: more than 0"))
    return found


@dataclass
class _Command:
    """One run of the command on an endpoint that was read."""

    endpoint: "Endpoint"
    new: str
    old: Optional[str]
    settings: dict[str, Any]
    evidence: _Evidence
    said: Output
    inconclusive: WhenInconclusive
    as_markdown: bool
    plots: list[Path]
    folder: Optional[Path]

    def status(self) -> None:
        """Says where the traffic stands, and what the journal knows."""
        from ..measure.rollout.journal import baseline_from, is_same, minutes_of
        from ..measure.rollout.judge import Judge
        from ..measure.rollout.plan import given, traffic_in_words

        traffic = self.endpoint.traffic()
        plan = self._plan(traffic)
        events = self._journal().events()
        kept = baseline_from(events[0]) if events and is_same(events[0], plan) else None
        e_values: dict[str, float] = {}
        if kept is not None:
            judge = Judge(plan, kept)
            for each in events:
                if each["event"] == "minutes" and each.get("stage") in range(len(plan.stages)):
                    judge.observe(each["stage"], minutes_of(each, plan))
            e_values = judge.e_values
        where = self._standing(plan, traffic)
        if self.said.as_json:
            self.said.answer(
                **self._names(plan),
                traffic=given(traffic.shares),
                mirror=given(traffic.mirror),
                standing=where,
                alarm_at=plan.level,
                e_values=e_values,
            )
            return
        self.said.lines([f"traffic: {traffic_in_words(traffic)}", f"stands: {where}"])
        self.said.lines(
            f"e-value of {name}: {value:.3g} (alarm at {plan.level:.3g})" for name, value in e_values.items()
        )
        if ends := [each for each in events if each["event"] == "end"]:
            self.said.lines([f"last answer: {ends[-1].get('answer')}: {ends[-1].get('reason')}"])

    def dry_run(self) -> None:
        """Says how long each step must be, from the traffic that there is."""
        from ..measure.rollout.baseline import advice, baseline_of, needed
        from ..measure.rollout.plan import given, traffic_in_words
        from ..measure.rollout.report import needed_as_json
        from ..measure.rollout.run import Clock

        traffic = self.endpoint.traffic()
        plan = self._plan(traffic)
        where = self._standing(plan, traffic)
        source = self._source()
        baseline = self._reading(lambda: baseline_of(source, plan.old, Clock().now(), plan.baseline))
        found = needed(plan, baseline, source)
        words = list(advice(plan, baseline, found))
        if self.said.as_json:
            self.said.answer(
                **self._names(plan),
                traffic=given(traffic.shares),
                mirror=given(traffic.mirror),
                standing=where,
                alarm_at=plan.level,
                needed=needed_as_json(found),
                advice=words,
                baseline=_baseline(baseline),
            )
            return
        self.said.lines([f"traffic: {traffic_in_words(traffic)}", f"stands: {where}", *words])
        self.said.lines(["nothing was changed"])

    def back(self) -> None:
        """Gives the old version all traffic."""
        plan = self._plan(self.endpoint.traffic(), back=True)
        with self._locked() as journal:
            outcome = self._rollout(plan, journal, with_source=False).back("asked for with --back")
        # Going back was what was asked for, so it is no finding.
        self._say(plan, outcome, {"back": FINE, "changed by others": CHANGED_BY_OTHERS})

    def run(self) -> None:
        """Carries the rollout out."""
        from ..measure.rollout.run import StoppedError

        plan = self._plan(self.endpoint.traffic())
        with self._locked() as journal:
            rollout = self._rollout(plan, journal, with_source=True)
            try:
                outcome = self._reading(rollout.run)
            except StoppedError as error:
                self._say(plan, error.outcome, {}, stopped=str(error))
                unreachable(str(error))
            except KeyboardInterrupt:
                self._tell_interrupted(plan, rollout.traffic)
                raise
        codes = {
            "go": FINE,
            "back": FINDING,
            "inconclusive": INCONCLUSIVE,
            "changed by others": CHANGED_BY_OTHERS,
            "no evidence": UNREACHABLE,
        }
        self._say(plan, outcome, codes)

    def _rollout(self, plan: "Plan", journal: "Journal", *, with_source: bool) -> Any:
        from ..measure.rollout.run import Clock, Rollout

        source: Any = self._source() if with_source else None
        return Rollout(self.endpoint, source, plan, journal, Clock(), tell, self._extend())

    def _plan(self, traffic: "Traffic", *, back: bool = False) -> "Plan":
        from ..measure.endpoints.endpoint import PRODUCTION, Kind
        from ..measure.rollout.plan import NotOfThisRolloutError, Plan, given, old_of

        there = self.endpoint.deployments()
        names = [each.name for each in there]
        refuse_any(self._misnamed(names, there))
        old = self.old or (PRODUCTION if self.endpoint.kind is Kind.APP_SERVICE else self._known_old())
        if old is None and given(traffic.shares) == {self.new: 100} and not back:
            # There is nothing to do, so it does not matter which one had it before.
            old = next((each for each in names if each != self.new), "")
        try:
            old = old or old_of(traffic, self.new, names)
        except NotOfThisRolloutError as error:
            refuse(option("--from", str(error)))
        if old == self.new:
            refuse(option("--to", f"'{self.new}' has the traffic already", "Name the version that is to get it"))
        return Plan(old=old, new=self.new, **self.settings)

    def _misnamed(self, names: list[str], there: "tuple[Deployment, ...]") -> "Iterator[Problem]":
        """What is wrong with the names of versions. Replaces a label, or another case, by the name."""
        from ..foundation.values import nearest

        by_name = {each.label.lower(): each.name for each in there if each.label}
        by_name |= {each.name.lower(): each.name for each in there}
        for spelling, name in (("--to", self.new), ("--from", self.old)):
            if name is not None and name.lower() not in by_name:
                known = f"It has {', '.join(names)}" if names else "It has none"
                yield option(spelling, f"{self.endpoint.name} has no '{name}'{nearest(name, names)}", known)
        self.new = by_name.get(self.new.lower(), self.new)
        self.old = self.old and by_name.get(self.old.lower(), self.old)

    def _known_old(self) -> Optional[str]:
        """The version that a rollout to the same one was begun from, by the journal."""
        events = self._journal().events()
        plan = events[0].get("plan") or {} if events else {}
        return str(plan["old"]) if plan.get("new") == self.new and plan.get("old") else None

    def _standing(self, plan: "Plan", traffic: "Traffic") -> str:
        from ..measure.rollout.plan import NotOfThisRolloutError, standing

        try:
            at = standing(plan, traffic)
        except NotOfThisRolloutError as error:
            return f"at no step of this rollout: {error}"
        if at.done:
            return f"'{plan.new}' has all traffic"
        return "not begun" if at.stage < 0 else f"at {plan.stages[at.stage]}"

    def _names(self, plan: "Plan") -> dict[str, Any]:
        return {"endpoint": self.endpoint.id, "old": plan.old, "new": plan.new}

    def _journal(self) -> "Journal":
        from ..measure.rollout.journal import Journal, journal_file
        from ..plan.kept_results import cache_folder

        folder = self.folder or cache_folder().parent / "rollout"
        return Journal(journal_file(folder, self.endpoint.id), self.endpoint.id)

    @contextlib.contextmanager
    def _locked(self) -> "Iterator[Journal]":
        from ..measure.rollout.journal import InUseError

        try:
            with self._journal() as journal:
                yield journal
        except InUseError as error:
            refuse(option("ENDPOINT", str(error)))

    def _reading(self, read: Callable[[], Any]) -> Any:
        """What needs the source. Ends the command with what is wrong if it has no numbers, before anything changed."""
        from ..measure.rollout.evidence import EvidenceError
        from ..measure.rollout.plan import NotOfThisRolloutError

        try:
            return read()
        except EvidenceError as error:
            raise ProblemsError([option("--source", str(error))]) from None
        except NotOfThisRolloutError as error:
            raise ProblemsError([option("ENDPOINT", str(error))]) from None

    def _source(self) -> "Source":
        return source_of(self.endpoint, self.evidence)

    def _extend(self) -> Callable[[str], bool]:
        done: list[str] = []

        def once(reason: str) -> bool:
            done.append(reason)
            tell(f"{reason}. Extended once")
            return len(done) == 1

        def ask(reason: str) -> bool:
            try:
                return typer.confirm(f"{reason}. Go on for as long again?", err=True)
            except typer.Abort:
                raise KeyboardInterrupt from None

        return {WhenInconclusive.EXTEND: once, WhenInconclusive.ASK: ask}.get(self.inconclusive, lambda _: False)

    def _tell_interrupted(self, plan: "Plan", traffic: "Traffic") -> None:
        from ..measure.rollout.plan import traffic_in_words

        again = shlex.join(["mlplatform", *sys.argv[1:]])
        old = "" if self.old else f" --from {shlex.quote(plan.old)}"
        for line in (
            f"interrupted. Traffic: {traffic_in_words(traffic)}, unless a change was under way",
            f"go on: {again}",
            f"go back: {again}{old} --back",
        ):
            tell(line)

    def _say(self, plan: "Plan", outcome: "Outcome", codes: dict[str, int], stopped: str = "") -> None:
        from ..measure.rollout.report import draw, lines, markdown, time_of

        for each in self.plots:
            draw(plan, outcome, each)
        judge = outcome.judge
        if self.said.as_json:
            self.said.answer(
                **self._names(plan),
                answer="stopped" if stopped else outcome.answer.value,
                reason=stopped or outcome.reason,
                traffic=outcome.shares,
                alarm_at=plan.level,
                e_values=judge.e_values if judge else {},
                baseline=_baseline(judge.baseline) if judge else None,
                served=[_served(plan, index, *both) for index, both in sorted(judge.seen.items())] if judge else [],
                looks=[
                    {"time": time_of(each.time), "share": each.share, "e_values": each.e_values, "power": each.power}
                    for each in outcome.looks
                ],
            )
        elif self.as_markdown:
            self.said.text(markdown(self.endpoint.name, plan, outcome, judge.baseline if judge else None))
        elif not stopped:
            self.said.lines(lines(plan, outcome))
        if code := codes.get(outcome.answer.value, FINE):
            raise typer.Exit(code)


def source_of(endpoint: "Endpoint", evidence: _Evidence) -> "Source":
    """The source that was chosen, or the one that fits the endpoint."""
    from ..measure.endpoints.address import signed_in
    from ..measure.endpoints.endpoint import Kind
    from ..measure.rollout import platform_metrics, prometheus, traffic_log

    of_azure_ml = endpoint.kind in (Kind.MANAGED, Kind.KUBERNETES)
    name = evidence.name or (SourceName.LOG if of_azure_ml else SourceName.METRICS)
    if name is SourceName.LOG and not of_azure_ml:
        fix = "Allowed: metrics, prometheus, probes"
        refuse(option("--source log", f"a {endpoint.kind} has no log of single requests", fix))
    if name is SourceName.PROBES:
        return _probes(endpoint, evidence)
    if name is SourceName.METRICS:
        lag = platform_metrics.LAG if evidence.lag is None else evidence.lag
        return platform_metrics.PlatformMetrics(signed_in(), endpoint.id, endpoint.kind, lag=lag)
    if name is SourceName.PROMETHEUS:
        return prometheus.Prometheus(
            evidence.prometheus,
            evidence.requests_query,
            slow_query=evidence.slow_query,
            p95_query=evidence.p95_query,
            lag=prometheus.LAG if evidence.lag is None else evidence.lag,
        )
    from ..measure.extra import needs_extra

    needs_extra("--source log", "azure.monitor.query")
    from azure.monitor.query import LogsQueryClient

    client = LogsQueryClient(signed_in().credential)
    lag = traffic_log.LAG if evidence.lag is None else evidence.lag
    return traffic_log.TrafficLog(client, endpoint.id, log_workspace=evidence.log_workspace, lag=lag)


def _probes(endpoint: "Endpoint", evidence: _Evidence) -> "Source":
    from ..measure.load.run import run
    from ..measure.load.schedule import poisson
    from ..measure.load.target import Target
    from ..measure.rollout.probes import Probes
    from ..measure.rollout.run import Clock

    assert evidence.payload is not None  # noqa: S101 - asked for before
    body = evidence.payload.read_bytes()

    def measure(version: str) -> "Measure":
        route = endpoint.route(version)
        target = Target(route.url, (body,), route.headers, endpoint.token)
        return lambda schedule: run(schedule, target, stop=lambda _: source.stopping.is_set())

    def schedule(seed: int) -> "Schedule":
        return poisson(evidence.rate, evidence.window, seed=seed)

    source = Probes(measure, schedule, Clock().now, window=evidence.window)
    return source


def _served(plan: "Plan", index: int, new: Any, old: Any) -> dict[str, Any]:
    stage = plan.stages[index]
    numbers = {
        f"{side}_{name}": getattr(served, name)
        for side, served in (("new", new), ("old", old))
        for name in ("requests", "failed", "slow")
    }
    return {"share": stage.share, "mirror": stage.mirror, **numbers}


def _baseline(found: Any) -> dict[str, Any]:
    return {
        "requests": found.requests,
        "requests_a_second": found.rate,
        "failed": found.failed,
        "slower_than_ms": found.slower_than,
        "burst_of_failures": found.burst_of_failures,
        "burst_of_slow": found.burst_of_slow,
    }
