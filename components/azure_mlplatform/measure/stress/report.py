"""A stress test in words, and as plain data."""

import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, Optional

from ..statistics.intervals import CONFIDENCE
from .knee import BEND, FEWEST_RUNS
from .plan import FLAT_TIMES
from .scaling import Recovery, Scaling
from .steps import FEWEST, Part, Step
from .stress_test import Outcome, Result, of_run

GENERATOR_WAS_THE_LIMIT = (
    "The generator was the limit, not the server: this machine could not keep its own schedule, so nothing is known "
    "beyond. Close other programs, take a machine with more cores near the endpoint, or send from several with Azure "
    "Load Testing: --locustfile DIR writes its test (a closed loop: its percentiles are too good)"
)


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What a reader must know to compare it with another test."""

    endpoint: str
    kind: str
    deployment: str
    day: str
    generator: str
    """The machine that sent, such as `x86_64, 2 cores`."""

    models: tuple[str, ...] = ()
    images: tuple[str, ...] = ()
    vm_sizes: tuple[str, ...] = ()


def sentences(result: Result) -> Iterator[str]:
    """What was found, the most important first."""
    yield _verdict(result)
    yield from _knee(result)
    if result.calm:
        yield _recovery(result.calm, "After the ramp")
    if result.scaling:
        yield from _scaling(result.scaling, result)
    if result.recovery:
        yield _recovery(result.recovery, "After the hold")
        yield _scale_in(result.recovery)
    yield from (f"{part.capitalize()} ended at {at:.0f} s: {end}." for part, end, at in result.ends)
    yield f"{result.requests:,} requests in {result.seconds:.0f} s."
    yield from result.notes


def _verdict(result: Result) -> str:
    asked, target = result.plan.target.rate, _target(result)
    carried = "" if asked is None else f" {asked:g} requests a second are carried within the target ({target})."
    match result.outcome:
        case Outcome.KNEE:
            return f"The knee is at {_rate(result.capacity)}.{carried}"
        case Outcome.HOLDS:
            return f"There is no knee up to {result.plan.top:g} requests a second.{carried}"
        case Outcome.MISSES:
            knee = result.knee
            held = f"It is met up to {_rate(knee.meets)}" if knee and knee.meets else "It is met at no rate"
            return f"The target ({target}) is not met up to {asked:g} requests a second. {held}."
        case Outcome.BREAKS:
            knee = result.knee
            at = f" at {_rate(knee.fails)}" if knee and knee.fails else ""
            held = f" It carried {_rate(knee.follows)}." if knee and knee.follows else ""
            return f"The server broke{at} without a knee before.{held}"
        case Outcome.GENERATOR:
            return f"{GENERATOR_WAS_THE_LIMIT}."
        case Outcome.BUDGET:
            return "Inconclusive: the budget was used up before there was any sign of a limit."
        case Outcome.TOP:
            return (
                f"Inconclusive: there is no knee up to {result.plan.top:g} requests a second. Give a higher --top-rate."
            )
        case Outcome.INTERRUPTED:
            return "Interrupted. What was seen until then:"


def _knee(result: Result) -> Iterator[str]:
    knee = result.knee
    if knee is None:
        return
    if knee.capacity is not None:
        at = "" if knee.instances is None else f" with {_instances(knee.instances)}"
        follows = f"followed up to {_rate(knee.follows)}" if knee.follows else "followed at no rate"
        yield f"Throughput {follows}, and stayed behind from {_rate(knee.fails)} on{at}."
        if result.interval:
            found = result.interval
            yield (
                f"{CONFIDENCE:.0%} interval of the knee, from {found.runs} independent runs: "
                f"{found.low:.1f} to {found.high:.1f} requests a second."
            )
        else:
            count = len(result.capacities)
            yield f"No interval: {_runs(count)} of the ramp, and {FEWEST_RUNS} are needed (--runs)."
    if result.outcome is not Outcome.GENERATOR and result.generator_was_limit:
        yield f"{GENERATOR_WAS_THE_LIMIT}."
    if not math.isnan(knee.flat):
        bend = f"more than {BEND:g} times that from {_rate(knee.bend)} on" if knee.bend else "and stays near it"
        yield f"p{result.plan.target.percentile:g} without load is {_ms(knee.flat)}, {bend}."
    if knee.errors:
        yield f"Errors ({_kinds(result)}) exceed {result.plan.target.errors:.1%} from {_rate(knee.errors)} on."
    if knee.collapses:
        yield f"Throughput collapses at {_rate(knee.collapses)}: it falls instead of staying flat."
    if result.changes and knee.capacity is not None and knee.instances is not None:
        steps = [each for each in of_run(result.steps) if each.instances not in (None, knee.instances)]
        if steps:
            yield f"Instances changed in the ramp: the knee is that of {_instances(knee.instances)}."


def _scaling(found: Scaling, result: Result) -> Iterator[str]:
    held = f"{_rate(found.rate)} held for {found.seconds:.0f} s"
    if found.instances is None:
        yield f"With {held}: the place does not tell its instances, so nobody knows whether they grew."
    elif found.grew is None:
        early = next((each for each in result.changes if each.now > each.before and each.by <= found.at), None)
        before = f" They had grown to {early.now} before, {early.by:.0f} s after the start." if early else ""
        told = _instances(found.instances)
        yield f"With {held}: the autoscaler never moved. Azure told {told} all the time.{before}"
    else:
        low, high = found.grew
        grown = f"from {found.instances} to {found.most}"
        yield f"With {held}: instances grew {grown}; the first came {low:.0f} to {high:.0f} s after the load step."
    if not found.missed:
        yield "The target was met all the time."
    elif found.met_again is None:
        yield f"The target ({_target(result)}) was not met again while the load was held."
    elif found.met_again == 0:
        yield "The target was met from the first window on, apart from single ones."
    else:
        yield f"The target ({_target(result)}) was met again {found.met_again:.0f} s after the load step."


def _recovery(found: Recovery, when: str) -> str:
    left = f"{when}, with {found.rate:g} requests a second left"
    if found.met_again is None:
        return f"{left}: the target was not met again in {found.seconds:.0f} s."
    if found.met_again == 0:
        return f"{left}: the target was met at once."
    return f"{left}: the target was met again after {found.met_again:.0f} s."


def _scale_in(found: Recovery) -> str:
    if found.instances is None:
        return "Whether instances went again is not known."
    if found.shrank is None:
        return f"No instance went in {found.seconds:.0f} s: {_instances(found.instances)} at the end."
    low, high = found.shrank
    return (
        f"The first instance went {low:.0f} to {high:.0f} s after the load: {_instances(found.instances)} at the end."
    )


HEADER = ("part", "offered/s", "answered/s", "p50 ms", "p95 ms", "p99 ms", "errors", "late ms", "instances", "")


def rows(result: Result) -> list[tuple[str, ...]]:
    """The steps of the ramps as a table, in the order of their time."""
    parts = (Part.WARM_UP, Part.RAMP, Part.KNEE)
    return [_row(each, result) for each in result.steps if each.part in parts]


def _row(step: Step, result: Result) -> tuple[str, ...]:
    if step.part is Part.WARM_UP:
        remark = "dropped"
    elif step.late:
        remark = "no evidence: the generator was late"
    elif step.sent < FEWEST:
        remark = "no evidence: too few requests"
    elif step.died:
        remark = "the server stopped answering"
    elif not step.follows:
        remark = "stays behind"
    else:
        remark = "" if step.meets(result.bound, result.plan.target.errors) else "misses the target"
    return (
        f"{step.part}{'' if result.plan.runs == 1 else f' {step.run + 1}'}",
        f"{step.offered:.1f}",
        f"{step.achieved:.1f}",
        *(_plain_ms(each) for each in (step.p50, step.p95, step.p99)),
        f"{step.errors:.1%}",
        _plain_ms(step.lateness),
        "" if step.instances is None else str(step.instances),
        remark,
    )


def lines(result: Result, about: Circumstances) -> Iterator[str]:
    """The whole as text for a terminal."""
    yield f"{about.endpoint} ({about.kind}){f', {about.deployment}' if about.deployment else ''}"
    yield ""
    yield from sentences(result)
    if table := rows(result):
        yield ""
        shown = [HEADER, *table]
        widths = [max(len(row[column]) for row in shown) for column in range(len(HEADER))]
        for row in shown:
            words = (
                each.ljust(width) if column in (0, len(HEADER) - 1) else each.rjust(width)
                for column, (each, width) in enumerate(zip(row, widths, strict=True))
            )
            yield "  ".join(words).rstrip()
    yield ""
    yield from _circumstances(about)


def markdown(result: Result, about: Circumstances, plot: str = "") -> Iterator[str]:
    """The whole as Markdown. `plot` is the file of the plot."""
    yield f"# Stress test of {about.endpoint}"
    yield ""
    yield from (f"- {each}" for each in sentences(result))
    if plot:
        yield ""
        yield f"![Offered and achieved rate, response times, errors and instances]({plot})"
    if table := rows(result):
        yield ""
        yield f"| {' | '.join(HEADER)} |"
        yield f"|---{'|--:' * (len(HEADER) - 2)}|---|"
        yield from (f"| {' | '.join(each)} |" for each in table)
    yield ""
    yield from (f"- {each}" for each in _circumstances(about))


def _circumstances(about: Circumstances) -> Iterator[str]:
    yield f"{about.day}, sent from {about.generator}"
    for word, values in (("model", about.models), ("image", about.images), ("machines", about.vm_sizes)):
        if values:
            yield f"{word}: {', '.join(map(_in_workspace, values))}"


def as_json(result: Result, about: Circumstances) -> dict[str, Any]:
    """The whole as JSON has it: no infinite numbers, times in seconds."""
    asked, scaling = result.plan.target, result.scaling
    return {
        "endpoint": asdict(about),
        "outcome": result.outcome,
        "sentences": list(sentences(result)),
        "target": {
            "percentile": asked.percentile,
            "bound": finite(result.bound),
            "bound_is_asked": asked.bound is not None,
            "errors": asked.errors,
            "rate": asked.rate,
        },
        "knee": result.knee and {name: finite(each) for name, each in asdict(result.knee).items()},
        "capacities": result.capacities,
        "interval": result.interval and asdict(result.interval),
        "calm": result.calm and asdict(result.calm),
        "scaling": scaling and {**asdict(scaling), "never_moved": scaling.never_moved},
        "recovery": result.recovery and asdict(result.recovery),
        "steps": [{name: finite(each) for name, each in asdict(step).items()} for step in result.steps],
        "instances": [asdict(each) for each in result.readings],
        "ends": [{"part": part, "why": end, "at": at} for part, end, at in result.ends],
        "requests": result.requests,
        "seconds": result.seconds,
        "notes": result.notes,
    }


def finite(value: Any) -> Any:
    """None in place of a number that JSON has not."""
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _in_workspace(id_: str) -> str:
    """The part of an id after its workspace, such as `models/churn/versions/3`. Other texts as they are."""
    return id_.partition("/workspaces/")[2].partition("/")[2] or id_


def _target(result: Result) -> str:
    target = result.plan.target
    own = "" if target.bound is not None else f", which is {FLAT_TIMES:g} times that without load"
    return f"p{target.percentile:g} within {_ms(result.bound)}{own}, errors up to {target.errors:.1%}"


def _kinds(result: Result) -> str:
    found: dict[str, int] = {}
    for each in of_run(result.steps):
        for kind, count in each.kinds:
            found[kind] = found.get(kind, 0) + count
    return ", ".join(sorted(found, key=lambda kind: -found[kind])[:3]) or "none"


def _rate(rate: Optional[float]) -> str:
    return f"{rate or 0:.1f} requests a second"


def _ms(seconds: float) -> str:
    return f"{_plain_ms(seconds)} ms"


def _plain_ms(seconds: float) -> str:
    return "-" if math.isnan(seconds) else "failed" if math.isinf(seconds) else f"{seconds * 1000:.1f}"


def _instances(count: Optional[int]) -> str:
    return f"{count} instance{'' if count == 1 else 's'}"


def _runs(count: int) -> str:
    return f"{count} run{'' if count == 1 else 's'}"
