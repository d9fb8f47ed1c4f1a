"""What old did before the rollout: its traffic, its failures, and how long a step must be because of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Optional

from ..statistics.exposure import Effect, effect_of, minimum_exposure
from ..statistics.sequential import dispersion
from .evidence import PERCENTILE, EvidenceError, Minute, Source, total
from .plan import Plan, Stage

LEAST_REQUESTS = 100
"""Fewer requests of old say nothing about what is usual."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """Old's past."""

    requests: int
    seconds: float
    failed: float
    """The share that failed, from 0 to 1."""

    slow: float
    """The share that was slower than the threshold. 0 if durations are not known."""

    slower_than: Optional[float]
    """The threshold in milliseconds, old's 95th percentile. Fixed for the whole rollout before its first look; both
    versions are held against the same one in the same minutes, so an error of it changes what is compared and not how
    often the alarm is false. None: slowness is not compared."""

    burst_of_failures: float
    """How many failures come together."""

    burst_of_slow: float

    @property
    def rate(self) -> float:
        """Requests a second."""
        return self.requests / self.seconds

    def as_json(self) -> dict[str, Any]:
        """As the journal keeps it."""
        return {each: getattr(self, each) for each in self.__slots__}


def baseline_of(source: Source, old: str, now: float, seconds: float) -> Baseline:
    """Old's past until now. Raises EvidenceError if it had too little traffic to compare anything with."""
    until = (now - source.lag) // source.window * source.window
    since = until - seconds
    slower_than = source.percentile(old, since, until)
    minutes = source.minutes((old,), since, until, slower_than)
    served = total(minutes, old)
    if served.requests < LEAST_REQUESTS:
        raise EvidenceError(
            f"{source.name} has {served.requests:g} requests of '{old}' in the last {in_words(seconds)}, and fewer "
            f"than {LEAST_REQUESTS} say nothing. No data is not health. If it has traffic, look whether its log is "
            "on; if it has little, look further back with --baseline, or send requests of your own with --source probes"
        )
    return _of(minutes, old, slower_than, source.window)


def _of(minutes: list[Minute], old: str, slower_than: Optional[float], window: float) -> Baseline:
    served = total(minutes, old)
    each = [found.of(old) for found in minutes]
    first, last = minutes[0].start, minutes[-1].start
    return Baseline(
        requests=round(served.requests),
        seconds=last - first + window,
        failed=served.failed / served.requests,
        slow=served.slow / served.requests if slower_than is not None else 0.0,
        slower_than=slower_than,
        burst_of_failures=dispersion([(one.requests, one.failed) for one in each]),
        burst_of_slow=dispersion([(one.requests, one.slow) for one in each]),
    )


def effects(plan: Plan, baseline: Baseline) -> dict[str, Effect]:
    """What a step must be able to see, by the name of the test."""
    level = plan.level * len(plan.stages)
    failed = effect_of(
        baseline.failed,
        ratio=plan.ratio,
        floor=plan.floor,
        level=level,
        tolerated=plan.tolerated,
        burst=baseline.burst_of_failures,
    )
    if baseline.slower_than is None:
        return {"failures": failed}
    # About 5 %; less where many of old's requests take equally long.
    slow = effect_of(
        baseline.slow,
        ratio=plan.ratio,
        floor=plan.floor,
        level=level,
        tolerated=plan.tolerated,
        burst=baseline.burst_of_slow,
    )
    return {"failures": failed, "slow requests": slow}


def share_of(stage: Stage, source: Source) -> float:
    """New's share of all requests that are seen, its copies among them."""
    if source.fixed_share is not None:
        return source.fixed_share
    return stage.mirror / (100 + stage.mirror) if stage.mirror else stage.share / 100


@dataclass(frozen=True, slots=True)
class Needed:
    """What a stage must see before it can be passed."""

    stage: Stage
    requests: Optional[int]
    """Requests to both versions together. None: no number is enough."""

    seconds: Optional[float]
    """How long that takes at old's rate."""

    test: str
    """The test that needs most."""


def needed(plan: Plan, baseline: Baseline, source: Source) -> list[Needed]:
    """The minimum exposure of each stage, computed from the traffic that there is."""
    found: list[Needed] = []
    for stage in plan.stages:
        most, test = 0, ""
        share = share_of(stage, source)
        for name, effect in effects(plan, baseline).items():
            requests = minimum_exposure(effect, share, wanted=plan.power)
            if requests is None:
                most, test = -1, name
                break
            if requests > most:
                most, test = requests, name
        # Copies, and requests of our own to new, come on top of what old gets.
        beside = stage.mirror / 100 if source.fixed_share is None else share / (1 - share)
        seen = baseline.rate * (1 + beside)
        found.append(
            Needed(stage, most, most / seen + plan.settle, test) if most >= 0 else Needed(stage, None, None, test)
        )
    return found


def advice(plan: Plan, baseline: Baseline, found: list[Needed]) -> Iterator[str]:
    """What each step can see and how long it takes, in sentences."""
    effect = effects(plan, baseline)
    yield (
        f"'{plan.old}' has {baseline.rate:.3g} requests a second, {percent(baseline.failed)} of them fail"
        + (
            f", and {round(100 * PERCENTILE)} % take at most {baseline.slower_than:.0f} ms"
            if baseline.slower_than is not None
            else "; this source has no durations, so slowness is not compared"
        )
    )
    for name, burst in (("failures", baseline.burst_of_failures), ("slow requests", baseline.burst_of_slow)):
        if burst >= 1.5 and name in effect:
            yield f"{name} come in bursts of about {burst:.1f}: a step needs so many times as many requests"
    for each in found:
        seen = f"{percent(effect[each.test].old)} → {percent(effect[each.test].new)} {each.test}"
        if each.seconds is None or each.requests is None:
            yield f"a step of {each.stage} can never see {seen}"
            continue
        yield (
            f"a step of {each.stage} sees {seen} in {in_words(each.seconds)} ({each.requests:,} requests, with a "
            f"chance of {percent(plan.power)})"
            + (": longer than a step may take" if each.seconds > plan.longest else "")
        )
    late = [each for each in found if each.seconds is None or each.seconds > plan.longest]
    if late and len(late) < len(found):
        fit = next(each for each in found if each not in late)
        yield f"start at {fit.stage}"
    elif late:
        yield (
            f"at {baseline.rate:.3g} requests a second no step sees that within {in_words(plan.longest)}: let a step "
            "take longer (--longest), look for a larger difference (--ratio, --floor), or send requests of your own "
            "(--source probes)"
        )


def percent(share: float) -> str:
    """A share in percent, with as many digits as mean something."""
    return f"{100 * share:.2g} %" if share < 0.1 else f"{100 * share:.3g} %"


def in_words(seconds: float) -> str:
    """A time as people say it: `40 s`, `12 min`, `18 h`, `3.2 days`."""
    if seconds < 120:
        return f"{seconds:.0f} s"
    if seconds < 7200:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.3g} h" if seconds < 72 * 3600 else f"{seconds / 86400:.3g} days"
