"""Carries out a stress test: finds the knee, then what an autoscaler does beyond it, then how the endpoint recovers.

It knows no Azure and no network: it measures by a function, and reads instances that somebody else watches. All times
are seconds of one clock, which starts with the test.
"""

import math
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Optional

from ..load.judgement import SHARE
from ..load.measurement import Failure, Measurement
from ..load.schedule import Measure, Schedule, joined, poisson, ramp
from .instances import Reading, instances_at
from .knee import Interval, Knee, capacity_of, interval_of, knee_of
from .limits import End, Limits
from .plan import FLAT_TIMES, StressPlan
from .scaling import Change, Recovery, Scaling, changes, recovery_of, scaling_of
from .steps import FEWEST, Part, Step, died, step_of, windows

AROUND = (0.9, 1.1, 1.25)
"""The steps around the first knee that is seen, as multiples of it. Throughput has to stay behind at the last one."""

AGAIN = (0.8, 0.9, 1.1, 1.25)
"""The steps of later runs, as multiples of the first one's knee."""

HOLD_TIMES = 1.2
"""The rate that is held, as a multiple of the knee: no instance more is needed for less."""

MOST_LATE = 3
"""After so many late steps in a row the generator is taken to be too slow."""

WINDOW = 1.0
"""The shortest window while a rate is held, in seconds."""


class Outcome(StrEnum):
    """What the test found, in the order of what counts most."""

    KNEE = "knee"
    """The knee, and what has to be carried is carried."""

    HOLDS = "holds"
    """No knee up to the top, and what has to be carried is carried."""

    MISSES = "misses"
    """The target is not met at a rate that has to be carried."""

    BREAKS = "breaks"
    """The server stopped answering, and did not show a knee before."""

    GENERATOR = "generator"
    """This machine was too slow: nothing is known of the server beyond."""

    BUDGET = "budget"
    """The budget ended before there was any sign."""

    TOP = "top"
    """No knee up to the top, and nobody said what has to be carried."""

    INTERRUPTED = "interrupted"


@dataclass
class Result:
    """What a stress test found. Also of one that ended early: what was seen until then."""

    plan: StressPlan
    bound: float = math.nan
    """The bound in seconds that steps were judged by. NaN: nothing was answered."""

    steps: list[Step] = field(default_factory=list)
    """All steps of warm-up and ramps, and the windows of all that was held."""

    knee: Optional[Knee] = None
    """That of the first run. None: it did not start."""

    capacities: list[float] = field(default_factory=list)
    """The capacity that each run found."""

    interval: Optional[Interval] = None
    """None: there were too few runs."""

    calm: Optional[Recovery] = None
    """After the ramp."""

    scaling: Optional[Scaling] = None
    recovery: Optional[Recovery] = None
    readings: Sequence[Reading] = ()
    requests: int = 0
    """Requests that were sent."""

    seconds: float = 0.0
    ends: list[tuple[Part, End, float]] = field(default_factory=list)
    """What ended a part before its plan did, and when."""

    notes: list[str] = field(default_factory=list)

    @property
    def changes(self) -> list[Change]:
        """The changes of the instances."""
        return changes(self.readings)

    @property
    def capacity(self) -> Optional[float]:
        """The best estimate of the knee."""
        return self.interval.value if self.interval else self.knee and self.knee.capacity

    @property
    def generator_was_limit(self) -> bool:
        """Whether the ramp ended because this machine was too slow."""
        ramps = [each for each in self.steps if each.part in (Part.RAMP, Part.KNEE)]
        return len(ramps) >= MOST_LATE and all(each.late for each in ramps[-MOST_LATE:])

    @property
    def outcome(self) -> Outcome:
        """What was found."""
        asked, knee = self.plan.target.rate, self.knee
        ended = {end for part, end, _ in self.ends if part in (Part.WARM_UP, Part.RAMP, Part.KNEE)}
        if asked is not None and knee is not None and self._misses(asked, knee):
            return Outcome.MISSES
        if knee is not None and knee.capacity is not None:
            return Outcome.KNEE
        if knee is not None and asked is not None and (knee.meets or 0) >= asked * 0.9:
            return Outcome.HOLDS
        for end, outcome in (
            (End.INTERRUPTED, Outcome.INTERRUPTED),
            (End.SILENT, Outcome.BREAKS),
            (End.FAILING, Outcome.BREAKS),
        ):
            if end in ended:
                return outcome
        if self.generator_was_limit:
            return Outcome.GENERATOR
        if ended & {End.REQUESTS, End.TIME}:
            return Outcome.BUDGET
        return Outcome.BREAKS if knee is not None and knee.fails is not None else Outcome.TOP

    def _misses(self, asked: float, knee: Knee) -> bool:
        target = self.plan.target
        ramps = [each for each in self.steps if each.run == 0 and each.part in (Part.RAMP, Part.KNEE) and each.counts]
        return any(each.rate <= asked * 1.0001 and not each.meets(self.bound, target.errors) for each in ramps)


class _OverError(Exception):
    """Nothing more is sent."""


class _LateError(Exception):
    """The generator is too slow for the rates of a ramp."""


class StressTest:
    """One stress test. `go` carries it out; `result` has what is known at any time."""

    def __init__(
        self,
        plan: StressPlan,
        measure: Measure,
        limits: Limits,
        clock: Callable[[], float],
        *,
        readings: Callable[[], Sequence[Reading]] = tuple,
        tell: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._plan, self._measure, self._limits = plan, measure, limits
        self._clock, self._readings, self._tell = clock, readings, tell
        self._shift = 0.0
        self._seed = plan.seed
        self._part, self._begun = Part.WARM_UP, clock()
        self.result = Result(plan, bound=plan.target.bound or math.nan)

    def go(self) -> Result:
        """Carries it out. What is wrong with the endpoint from the start is raised by `measure`."""
        import contextlib

        with contextlib.suppress(_OverError):
            self._warm_up()
            for run in range(self._plan.runs):
                with contextlib.suppress(_LateError):
                    self._ramp(run)
                self._judge()
                if self.result.generator_was_limit:
                    break
            # Without a knee, nothing is known that could be held.
            if self.result.generator_was_limit and self.result.capacity is None:
                raise _OverError
            if self._limits.end is not End.SILENT:
                self._beyond()
        self._judge()
        self.result.seconds = self._clock() - self._begun
        return self.result

    def _warm_up(self) -> None:
        if self._plan.warm_up:
            self._step(Part.WARM_UP, 0, self._plan.start, self._plan.warm_up)

    def _ramp(self, run: int) -> None:
        if self._plan.continuous:
            self._even_ramp(run)
        elif run and self.result.knee and (found := self.result.knee.capacity):
            for each in AGAIN:
                self._sure_step(Part.KNEE, run, min(each * found, self._plan.top))
        elif not run:
            self._stepped_ramp()

    def _stepped_ramp(self) -> None:
        known = 0.0
        for rate in self._plan.rates:
            if rate <= known:
                continue
            step = self._sure_step(Part.RAMP, 0, rate)
            if step is None or not step.counts or step.follows:
                continue
            found = capacity_of(self._ramped(0))
            if found is None:
                return
            around = sorted({min(each * found, self._plan.top) for each in AROUND})
            last = [self._sure_step(Part.KNEE, 0, each) for each in around][-1]
            if last is not None and last.counts and not last.follows:
                return
            if last is not None and last.instances != step.instances:
                # The autoscaler came in between: beyond it is another endpoint, whose knee a ramp would run after.
                return
            known = max(around)

    def _even_ramp(self, run: int) -> None:
        plan = self._plan
        seconds = plan.steps * plan.step_seconds
        done = self._send(Part.RAMP, ramp(plan.start, plan.top, seconds, seed=self._next_seed()))
        if done is None:
            raise _OverError
        at, schedule, measured = done
        sent_seconds = self._sent_seconds(schedule, measured)
        for number in range(plan.steps):
            begin = number * plan.step_seconds
            length = min(plan.step_seconds, sent_seconds - begin)
            if length < plan.step_seconds / 2:
                break
            rate = plan.start + (plan.top - plan.start) * (begin + length / 2) / seconds
            self._keep(self._judged(measured, Part.RAMP, run, at, begin, length, rate))
        self._go_on()

    def _sure_step(self, part: Part, run: int, rate: float) -> Optional[Step]:
        """A step, once more if the generator was late. None: it said nothing."""
        for _ in range(MOST_LATE):
            step = self._step(part, run, rate, self._plan.step_seconds)
            if not step.late:
                return step
        raise _LateError

    def _step(self, part: Part, run: int, rate: float, seconds: float) -> Step:
        done = self._send(part, poisson(rate, seconds, seed=self._next_seed()))
        if done is None:
            raise _OverError
        at, schedule, measured = done
        step = self._judged(measured, part, run, at, 0.0, self._sent_seconds(schedule, measured), rate)
        self._keep(step)
        self._tell(_told(step))
        self._go_on()
        return step

    def _go_on(self) -> None:
        """Ends the ramp if something ended the last part."""
        if self._limits.end in (End.SILENT, End.INTERRUPTED, End.TIME, End.REQUESTS):
            raise _OverError
        if self._limits.end is End.FAILING:
            self._after_failing()

    def _after_failing(self) -> None:
        """The ramp has found failure: what is left is how the endpoint recovers."""
        self._judge()
        self._beyond(hold=False)
        raise _OverError

    def _beyond(self, *, hold: bool = True) -> None:
        """The calm, what is held beyond the knee, and the recovery."""
        plan, found = self._plan, self.result.capacity
        if plan.recover:
            self.result.calm = self._recover(Part.CALM)
        rate = plan.hold_rate or (found and min(HOLD_TIMES * found, plan.top))
        if not hold or not plan.hold or rate is None:
            return
        parts = [poisson(rate, plan.hold, seed=self._next_seed())]
        if plan.recover:
            parts.append(poisson(plan.start, plan.recover, seed=self._next_seed()))
        self._tell(f"holds {rate:g} requests a second for {plan.hold:g} s")
        done = self._send(Part.HOLD, joined(*parts), failing=False)
        if done is None:
            return
        at, schedule, measured = done
        seconds = self._sent_seconds(schedule, measured)
        held = self._windows(measured, Part.HOLD, at, 0.0, min(plan.hold, seconds), rate)
        target = plan.target
        args = (self.result.bound, target.errors)
        self.result.scaling = scaling_of(held, self._readings(), at, min(plan.hold, seconds), rate, *args)
        if self._limits.end is End.SILENT and plan.recover:
            # Too much for it: whether it comes back is asked gently.
            self.result.recovery = self._recover(Part.RECOVERY)
        elif seconds > plan.hold:
            after = self._windows(measured, Part.RECOVERY, at, plan.hold, seconds, plan.start)
            self.result.recovery = recovery_of(
                after, self._readings(), at + plan.hold, seconds - plan.hold, plan.start, *args
            )

    def _recover(self, part: Part) -> Optional[Recovery]:
        plan = self._plan
        self._tell(f"sends {plan.start:g} requests a second for {plan.recover:g} s, to see it recover")
        done = self._send(part, poisson(plan.start, plan.recover, seed=self._next_seed()), failing=False)
        if done is None:
            return None
        at, schedule, measured = done
        seconds = self._sent_seconds(schedule, measured)
        found = self._windows(measured, part, at, 0.0, seconds, plan.start)
        errors = plan.target.errors
        return recovery_of(found, self._readings(), at, seconds, plan.start, self.result.bound, errors)

    def _windows(
        self, measured: Measurement, part: Part, at: float, begin: float, end: float, rate: float
    ) -> list[Step]:
        # A window's percentile rests on its own requests.
        width = max(WINDOW, FEWEST / rate)
        percentile = self._plan.target.percentile
        found = windows(measured, part, start=at, begin=begin, end=end, width=width, percentile=percentile)
        kept = [replace(each, rate=rate, late=self._is_late(each), instances=self._instances(each)) for each in found]
        self.result.steps.extend(kept)
        return [each for each in kept if not each.late]

    def _send(
        self, part: Part, schedule: Schedule, *, failing: bool = True
    ) -> Optional[tuple[float, Schedule, Measurement]]:
        """Sends what the budget allows. None: nothing was."""
        self._part = part
        cut = self._limits.cut(schedule, failing=failing)
        if cut is None:
            self._note_end()
            return None
        at = self._clock()
        measured = self._measure(cut)
        count = int((measured.failure != Failure.NOT_SENT).sum())
        self._limits.sent(count)
        self.result.requests += count
        self._note(measured.notes)
        self._note_end()
        self.result.seconds = self._clock() - self._begun
        return at, cut, measured

    def _note(self, notes: Iterable[str]) -> None:
        """Keeps what a run says once, with its first numbers. That it was stopped is known, and by what."""
        for each in notes:
            kept = {_without_numbers(one) for one in self.result.notes}
            if not each.startswith("the run was stopped") and _without_numbers(each) not in kept:
                self.result.notes.append(each)

    def _note_end(self) -> None:
        if self._limits.interrupted:
            self._limits.end = End.INTERRUPTED
        if self._limits.end:
            self.result.ends.append((self._part, self._limits.end, self._clock()))

    def _sent_seconds(self, schedule: Schedule, measured: Measurement) -> float:
        """How long was sent: shorter than the schedule if something ended it."""
        sent = measured.intended[measured.failure != Failure.NOT_SENT]
        return schedule.seconds if len(sent) == len(measured.intended) else float(sent.max(initial=0.0)) or 1e-9

    def _judged(
        self, measured: Measurement, part: Part, run: int, at: float, begin: float, seconds: float, rate: float
    ) -> Step:
        step = step_of(
            measured,
            part,
            run=run,
            start=at + begin,
            seconds=seconds,
            rate=rate,
            percentile=self._plan.target.percentile,
            begin=begin,
            shift=self._shift,
        )
        if self._shift == 0.0 and math.isfinite(step.p50):
            # The first answers are those without load.
            self._shift = step.p50
        if math.isnan(self.result.bound) and part is not Part.WARM_UP and math.isfinite(step.response):
            self.result.bound = FLAT_TIMES * step.response
        # Only the last window of a run can be the one in which the server died.
        stopped = self._limits.end in (End.FAILING, End.SILENT) and begin + seconds >= measured.intended[
            measured.was_sent
        ].max(initial=0.0)
        return replace(
            step,
            late=self._is_late(step),
            instances=self._instances(step),
            died=bool(stopped and died(measured, self._shift)),
        )

    def _is_late(self, step: Step) -> bool:
        bound = self.result.bound
        return step.unsent > 0 or (not math.isnan(bound) and step.lateness > SHARE * bound)

    def _instances(self, step: Step) -> Optional[int]:
        return instances_at(self._readings(), step.start + step.seconds / 2)

    def _keep(self, step: Step) -> None:
        self.result.steps.append(step)

    def _ramped(self, run: int) -> list[Step]:
        parts = (Part.RAMP, Part.KNEE)
        return [each for each in self.result.steps if each.part in parts and each.run == run and each.counts]

    def _judge(self) -> None:
        result, errors = self.result, self._plan.target.errors
        result.readings = tuple(self._readings())
        found = [knee_of(steps, result.bound, errors) for run in range(self._plan.runs) if (steps := self._ramped(run))]
        result.knee = found[0] if found else None
        result.capacities = [each.capacity for each in found if each.capacity is not None]
        result.interval = interval_of(result.capacities)

    def _next_seed(self) -> int:
        self._seed += 1
        return self._seed - 1


def _without_numbers(text: str) -> str:
    return re.sub(r"[\d.,]+", "", text)


def _told(step: Step) -> str:
    instances = "" if step.instances is None else f", instances: {step.instances}"
    late = ", the generator was late" if step.late else ""
    return (
        f"{step.part}: {step.offered:.1f} requests a second, {step.achieved:.1f} answered, "
        f"p50 {step.p50 * 1000:.1f} ms, p95 {step.p95 * 1000:.1f} ms, errors {step.errors:.1%}{instances}{late}"
    )


def of_run(steps: Iterable[Step], run: int = 0) -> list[Step]:
    """The steps of a ramp, by rate."""
    found = [each for each in steps if each.run == run and each.part in (Part.RAMP, Part.KNEE)]
    return sorted(found, key=lambda each: each.offered)
