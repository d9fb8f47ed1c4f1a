"""`mlplatform endpoint stress`: loads an endpoint until it fails, and says where, and what happens then."""

import contextlib
import json
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Optional

import typer

from ..foundation.problems import Problem
from .endpoint import (
    DEFAULT_MODEL_PATH,
    DeploymentOption,
    EndpointArgument,
    ModelPath,
    NoToken,
    Plots,
    Scope,
    endpoint_of,
    plot_problems,
    reaching_azure,
    tell,
    unreachable,
)
from .exit_codes import FINDING, FINE, INCONCLUSIVE, INTERRUPTED
from .input import exclude, option, refuse, refuse_any
from .options import AsJson, AsMarkdown, Environments, OutputFile
from .output import output

if TYPE_CHECKING:
    from ..measure.endpoints.endpoint import Endpoint
    from ..measure.load.target import Target
    from ..measure.stress.limits import Limits
    from ..measure.stress.plan import StressPlan
    from ..measure.stress.report import Circumstances
    from ..measure.stress.stress_test import Outcome, Result

EXAMPLES = (
    "mlplatform endpoint stress stress/load --body request.json --top-rate 500 --plot knee.png",
    "mlplatform endpoint stress stress/load --body request.json --top-rate 500 --rate 120 --bound-ms 200",
    "mlplatform endpoint stress stress/load --cases cases.yaml --top-rate 500 --hold 0 --recover 0 --runs 5",
)

_OPTIONS = {
    "start": "--start-rate",
    "steps": "--ramp-steps",
    "top": "--top-rate",
    "bound": "--bound-ms",
    "seconds": "--max-seconds",
    "requests": "--max-requests",
}
"""Field of the plan → its option, where it is not the field's own name."""


def stress(
    endpoint: EndpointArgument,
    top: Annotated[
        float, typer.Option("--top-rate", metavar="RATE", help="The highest rate of all, in requests a second.")
    ],
    body: Annotated[
        Optional[Path], typer.Option("--body", metavar="FILE", help="The body of each request, as JSON.")
    ] = None,
    cases: Annotated[
        Optional[Path],
        typer.Option(
            "--cases", metavar="FILE", help="Send the inputs of these smoke-test cases in turn, in place of a body."
        ),
    ] = None,
    start: Annotated[
        float, typer.Option("--start-rate", metavar="RATE", help="The first rate, and what is left when the load goes.")
    ] = 1.0,
    steps: Annotated[
        int, typer.Option("--ramp-steps", metavar="N", help="Steps to the top, each faster by the same factor.")
    ] = 12,
    step_seconds: Annotated[
        float, typer.Option("--step-seconds", metavar="SECONDS", help="The length of a step.")
    ] = 30.0,
    continuous: Annotated[
        bool, typer.Option("--continuous", help="Ramp evenly, in place of steps, for the time that these would take.")
    ] = False,
    runs: Annotated[
        int, typer.Option("--runs", metavar="N", help="Find the knee so often. Three runs or more give an interval.")
    ] = 1,
    warm_up: Annotated[
        float, typer.Option("--warm-up", metavar="SECONDS", help="Send the first rate so long before, and drop it.")
    ] = 10.0,
    hold: Annotated[
        float,
        typer.Option(
            "--hold", metavar="SECONDS", help="Hold a rate beyond the knee so long, for the autoscaler. 0: no."
        ),
    ] = 600.0,
    hold_rate: Annotated[
        Optional[float],
        typer.Option("--hold-rate", metavar="RATE", help="The rate that is held. Default: 1.2 times the knee."),
    ] = None,
    recover: Annotated[
        float,
        typer.Option("--recover", metavar="SECONDS", help="Watch so long after the ramp, and after the hold. 0: no."),
    ] = 300.0,
    rate: Annotated[
        Optional[float],
        typer.Option("--rate", metavar="RATE", help="What has to be carried. Exits with 1 if it is not."),
    ] = None,
    percentile: Annotated[
        float, typer.Option("--percentile", metavar="P", help="The percentile of response times that has a bound.")
    ] = 95.0,
    bound_ms: Annotated[
        Optional[float],
        typer.Option("--bound-ms", metavar="MS", help="Its bound. Default: three times what it is at the first step."),
    ] = None,
    errors: Annotated[
        float, typer.Option("--errors", metavar="SHARE", help="The most errors, as a share of all requests.")
    ] = 0.01,
    max_seconds: Annotated[
        float, typer.Option("--max-seconds", metavar="SECONDS", help="Send nothing after that time.")
    ] = 1800.0,
    max_requests: Annotated[
        int, typer.Option("--max-requests", metavar="N", help="Send no more requests than that.")
    ] = 1_000_000,
    timeout: Annotated[
        float, typer.Option("--timeout", metavar="SECONDS", min=0.1, max=3600, help="The longest time of one request.")
    ] = 30.0,
    poll: Annotated[
        float,
        typer.Option("--poll", metavar="SECONDS", min=1, max=600, help="How often Azure is asked for the instances."),
    ] = 15.0,
    seed: Annotated[
        int, typer.Option("--seed", metavar="N", min=1, help="Draws the arrivals. The same seed, the same ones.")
    ] = 1,
    production: Annotated[
        Optional[str],
        typer.Option(
            "--production", metavar="NAME", help="Test this production endpoint. Needs --callers-may-fail too."
        ),
    ] = None,
    callers_may_fail: Annotated[
        Optional[str],
        typer.Option(
            "--callers-may-fail", metavar="NAME", help="Say again that this endpoint's callers may get errors."
        ),
    ] = None,
    not_production: Annotated[
        bool, typer.Option("--not-production", help="Say that a URL is no production endpoint.")
    ] = False,
    plots: Plots = None,
    locustfile: Annotated[
        Optional[Path],
        typer.Option(
            "--locustfile",
            metavar="DIR",
            help="Send nothing: write a test for Azure Load Testing into this folder, for rates beyond one machine.",
        ),
    ] = None,
    engines: Annotated[
        int, typer.Option("--engines", metavar="N", min=1, help="The engines of that test, which share the top rate.")
    ] = 1,
    token_secret: Annotated[
        str, typer.Option("--token-secret", metavar="URL", help="The Key Vault secret from which they take a token.")
    ] = "",
    deployment: DeploymentOption = None,
    environments: Environments = None,
    scope: Scope = None,
    no_token: NoToken = False,
    path: ModelPath = DEFAULT_MODEL_PATH,
    as_json: AsJson = False,
    as_markdown: AsMarkdown = False,
    file: OutputFile = None,
) -> None:
    """Load an endpoint until it fails: where is its knee, how fast does it scale, how fast does it recover?

    Raises the rate until throughput stays behind, holds a rate beyond for the autoscaler, and lets the load go. It ends
    by itself: at its budget, once half of the requests fail, and half a minute after the last good answer. A production
    endpoint is refused unless its name is typed twice. Exits with 1 if the rate that has to be carried is not, or if
    the server broke; with 4 if nothing can be said: this machine was too slow, or the budget or top rate too low.
    """
    from ..measure.extra import needs_extra
    from ..measure.stress.plan import StressPlan, Target
    from ..measure.stress.production import production_problems
    from ..measure.stress.report import as_json as report_json
    from ..measure.stress.report import lines, markdown
    from .answers import EndpointStress

    with output(EndpointStress, file, as_json=as_json) as said, reaching_azure():
        needs_extra("endpoint stress", "numpy", "scipy", "httptools", *(["matplotlib"] if plots else []))
        wanted = Target(percentile, bound_ms if bound_ms is None else bound_ms / 1000, errors, rate)
        plan = StressPlan(
            start=start,
            top=top,
            steps=steps,
            step_seconds=step_seconds,
            continuous=continuous,
            runs=runs,
            warm_up=warm_up,
            hold=hold,
            hold_rate=hold_rate,
            recover=recover,
            seed=seed,
            target=wanted,
            seconds=max_seconds,
            requests=max_requests,
        )
        bodies: list[bytes] = []
        refuse_any(
            [
                *exclude({"--json": as_json, "--markdown": as_markdown}),
                *map(_of_option, plan.problems()),
                *plot_problems(plots),
                *_read_bodies(body, cases, bodies),
            ]
        )
        found = endpoint_of(endpoint, environments=environments, scope=scope, no_token=no_token, path=path)
        refuse_any(
            production_problems(
                found, production=production, callers_may_fail=callers_may_fail, not_production=not_production
            )
        )
        about = _circumstances(found, deployment or "")
        target = _target(found, deployment or "", bodies)
        if locustfile is not None:
            files = _load_test(target, plan, found.name, locustfile, engines=engines, token_secret=token_secret)
            if as_json:
                said.answer(files=[str(each) for each in files])
            else:
                said.lines(_how_to_run(locustfile, files))
            return
        result = _tested(found, deployment or "", target, plan, timeout=timeout, poll=poll)
        _draw(result, about, plots or [])
        if as_json:
            said.answer(**report_json(result, about))
        elif as_markdown:
            said.lines(markdown(result, about, _beside(plots or [], file)))
        else:
            said.lines(lines(result, about))
        if code := _code(result.outcome, was_interrupted=_was_interrupted(result)):
            raise typer.Exit(code)


def _of_option(problem: Problem) -> Problem:
    """A problem of the plan as one of its option."""
    field = str(problem.path[0])
    name = _OPTIONS.get(field, f"--{field.replace('_', '-')}")
    return option(name, problem.what, problem.fix)


def _read_bodies(body: Optional[Path], cases: Optional[Path], bodies: list[bytes]) -> Iterable[Problem]:
    """Reads what is sent into `bodies`."""
    if (body is None) == (cases is None):
        yield option("--body, --cases", "one of them is needed, and not both", "Give what a caller sends")
    elif cases is not None:
        from ..measure.smoke.cases import read_cases

        # A case that expects a refusal is no load.
        good = [each for each in read_cases(cases).cases if 200 <= each.status < 300]
        bodies += [json.dumps(each.input).encode() for each in good]
        if not good:
            yield option(f"--cases {cases}", "has no case that expects an answer 2xx", "Add one")
    elif body is not None:
        try:
            text = body.read_bytes()
            json.loads(text)
        except OSError as error:
            yield option(f"--body {body}", error.strerror or str(error), "Name a file of JSON")
        except ValueError as error:
            yield option(f"--body {body}", f"is not JSON: {error}", "Write what a caller sends")
        else:
            bodies.append(text)


def _target(endpoint: "Endpoint", deployment: str, bodies: list[bytes]) -> "Target":
    from ..measure.load.target import Target

    route = endpoint.route(deployment)
    return Target(route.url, bodies, dict(route.headers), endpoint.token)


def _load_test(
    target: "Target", plan: "StressPlan", name: str, folder: Path, *, engines: int, token_secret: str
) -> list[Path]:
    """Writes a test that sends the top rate as long as the plan holds one."""
    import re

    from ..measure.load.locustfile import load_test

    id_ = re.sub("[^a-z0-9]+", "-", name.lower()).strip("-")[:43]
    texts = load_test(
        target,
        name=f"stress-{id_}",
        rate=plan.top,
        seconds=plan.hold or plan.steps * plan.step_seconds,
        engines=engines,
        token_secret=token_secret,
    )
    folder.mkdir(parents=True, exist_ok=True)
    for each, text in texts.items():
        (folder / each).write_text(text, encoding="utf-8")
    return [folder / each for each in texts]


def _how_to_run(folder: Path, files: list[Path]) -> Iterator[str]:
    yield from (f"wrote {each}" for each in files)
    yield "A closed loop: read the rate and the errors there, not the percentiles. Run it with"
    yield "    az load test create --load-test-resource <name> --resource-group <group> \\"
    yield f"        --load-test-config-file {folder / 'load-test.yaml'} --test-id <test>"


def _circumstances(endpoint: "Endpoint", deployment: str) -> "Circumstances":
    """Who and what was measured, read before the load."""
    import datetime
    import os
    import platform

    from ..measure.stress.report import Circumstances

    shown = [each for each in endpoint.deployments() if not deployment or each.name == deployment]

    def told(of: Callable[[Any], Optional[str]]) -> tuple[str, ...]:
        return tuple(sorted({value for each in shown if (value := of(each))}))

    return Circumstances(
        endpoint=endpoint.name,
        kind=endpoint.kind,
        deployment=deployment,
        day=datetime.datetime.now(tz=datetime.UTC).date().isoformat(),
        generator=f"a machine with {os.cpu_count()} cores ({platform.machine()})",
        models=told(lambda each: each.model),
        images=told(lambda each: each.image),
        vm_sizes=told(lambda each: each.vm_size),
    )


def _tested(
    endpoint: "Endpoint", deployment: str, target: "Target", plan: "StressPlan", *, timeout: float, poll: float
) -> "Result":
    from ..measure.endpoints.endpoint import Kind
    from ..measure.load.client import UnreachableError
    from ..measure.stress.instances import InstanceWatch, instances_of
    from ..measure.stress.limits import Limits
    from ..measure.stress.live import DeniedError, LiveMeasure, RefusedError
    from ..measure.stress.stress_test import StressTest

    began = time.monotonic()

    def clock() -> float:
        return time.monotonic() - began

    limits = Limits(plan.seconds, plan.requests, clock, timeout=timeout)
    measure = LiveMeasure(target, limits, timeout=timeout)
    watch = InstanceWatch(lambda: instances_of(endpoint.deployments(), deployment), clock, interval=poll)
    test = StressTest(plan, measure, limits, clock, readings=lambda: watch.readings, tell=tell)
    try:
        with _interruptible(limits), watch if endpoint.kind is not Kind.URL else contextlib.nullcontext():
            measure.probe()
            result = test.go()
    except RefusedError as error:
        refuse(option("--body, --cases", f"the model refuses it: {error}", "Send what a caller sends"))
    except (DeniedError, UnreachableError) as error:
        unreachable(f"{endpoint.name}: {error}")
    result.notes.extend(watch.notes)
    if endpoint.kind is Kind.KUBERNETES and result.scaling and result.scaling.never_moved:
        result.notes.append(_PODS)
    return result


_PODS = (
    "On a cluster, Azure ML's router scales the pods, and Azure may go on telling the number of the deployment. Watch "
    "the pods in the workspace's namespace: kubectl get pods -w"
)


@contextlib.contextmanager
def _interruptible(limits: "Limits") -> Iterator[None]:
    """Lets the first Ctrl-C end the load, so that what was seen is reported. The second ends the command."""
    import signal
    import threading

    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def end(_number: int, _frame: object) -> None:
        limits.interrupted = True
        signal.signal(signal.SIGINT, before)
        tell("interrupted: waits for the answers under way, and reports. Once more: ends at once")

    before = signal.signal(signal.SIGINT, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _draw(result: "Result", about: "Circumstances", plots: list[Path]) -> None:
    if not plots or not result.steps:
        return
    from ..measure.stress.plot import plot

    for each in plots:
        plot(result, f"{about.endpoint}, {about.day}", each)
        tell(f"wrote {each}")


def _beside(plots: list[Path], file: Optional[Path]) -> str:
    """The plot as a Markdown file beside it names it."""
    import os

    return os.path.relpath(plots[0], (file or Path("x")).parent) if plots else ""


def _was_interrupted(result: "Result") -> bool:
    from ..measure.stress.limits import End

    return any(end is End.INTERRUPTED for _, end, _ in result.ends)


def _code(outcome: "Outcome", *, was_interrupted: bool) -> int:
    from ..measure.stress.stress_test import Outcome

    if was_interrupted:
        return INTERRUPTED
    if outcome in (Outcome.KNEE, Outcome.HOLDS):
        return FINE
    return FINDING if outcome in (Outcome.MISSES, Outcome.BREAKS) else INCONCLUSIVE
