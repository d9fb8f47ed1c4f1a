"""Whether a candidate meets the target at one rate: decided by independent runs, and only when it is clear."""

import math
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from ..load.judgement import judgement
from ..load.percentiles import error_kinds, waited
from ..statistics.intervals import Interval, percentile_of_runs, share_of_runs

if TYPE_CHECKING:
    from ..load.measurement import Measurement
    from .candidates import Runs, Target

BEYOND = 20
"""A run's percentile rests on at least so many requests beyond it: a run for p95 has 400."""

FIRST_LOOK = 4
"""The number of runs after which a rate is looked at first. Each next look is after twice as many."""

MOST_RATES = 16
"""How many rates of one candidate are decided at most: the risk of a wrong decision is shared among them."""


MOST_LATE = 3
"""After so many late runs, and no more that were in time, the generator is taken to be too slow for a rate."""


class Verdict(StrEnum):
    """What the runs at a rate say."""

    MEETS = "meets"
    FAILS = "fails"
    OPEN = "open"
    """Not clear with the runs so far."""

    LATE = "late"
    """The generator could not keep the schedule: nothing is known of the candidate."""


@dataclass(frozen=True, slots=True)
class AtRate:
    """What was measured at a rate."""

    rate: float
    """Scorings a second of the schedule."""

    response: Interval
    """The percentile of response times, in seconds."""

    errors: Interval
    """The share of errors."""

    runs: int
    """The runs that count."""

    verdict: Verdict
    lateness: float
    """The highest p99 of the generator's lateness among the runs, in seconds."""

    requests: int = 0
    """All requests that were sent for it, the warm-up and late runs included."""

    statuses: tuple[tuple[str, int], ...] = ()
    """The errors by kind, the most frequent first."""

    ceiling: float = 0.0
    """The rate at which the generator would have taken a whole core, in requests a second: more than it can send. 0:
    unknown."""


def looks(runs: "Runs") -> tuple[int, ...]:
    """The numbers of runs after which a rate is looked at."""
    found = [FIRST_LOOK]
    while found[-1] * 2 < runs.most:
        found.append(found[-1] * 2)
    return (*found, runs.most) if runs.most > found[-1] else tuple(found)


def level(confidence: float, runs: "Runs") -> float:
    """The confidence of one bound at one look, so that all decisions on a candidate together are right with
    `confidence` (Bonferroni: over the rates, and over the looks at each)."""
    return 1 - (1 - confidence) / (MOST_RATES * len(looks(runs)))


def counted_seconds(rate: float, batch: int, target: "Target", runs: "Runs") -> float:
    """The length of a run at a rate, without its warm-up."""
    return max(runs.seconds, math.ceil(BEYOND / (1 - target.percentile / 100)) * batch / rate)


@dataclass
class Trial:
    """The runs of a candidate at a rate. It can go on where it ended."""

    rate: float
    target: "Target"
    runs: "Runs"
    confidence: float
    responses: list[Any] = field(default_factory=list)
    errors: list[Any] = field(default_factory=list)
    late: int = 0
    """Late runs."""

    lateness: float = 0.0
    ceiling: float = 0.0
    requests: int = 0
    kinds: dict[str, int] = field(default_factory=dict)
    verdict: Verdict = Verdict.OPEN

    def add(self, run: "Measurement", *, warm_up: float) -> None:
        """Counts a run after its warm-up. One that is no evidence, because the generator was late or could not send,
        is counted as that and for nothing else."""
        judged = judgement(run, self.target.bound)
        if math.isfinite(judged.lateness):
            self.lateness = max(self.lateness, judged.lateness)
        if math.isfinite(judged.ceiling):
            self.ceiling = max(self.ceiling, judged.ceiling)
        self.requests += len(run.intended)
        if judged.is_refused or not run.was_sent.all():
            self.late += 1
            if self.late >= MOST_LATE and self.late >= len(self.responses):
                self.verdict = Verdict.LATE
            return
        counts = run.intended >= warm_up
        self.errors.append((~run.succeeded[counts]).astype(float))
        self.responses.append(waited(run)[counts])
        for kind in error_kinds(run, counts & ~run.succeeded):
            self.kinds[kind] = self.kinds.get(kind, 0) + 1

    def decide(self) -> None:
        """Decides if it is clear. Once it is, it stays so."""
        if self.verdict is Verdict.OPEN:
            self.verdict = self._verdict(level(self.confidence, self.runs))

    def summary(self) -> AtRate:
        """What the runs so far say."""
        return AtRate(
            self.rate,
            percentile_of_runs(self.responses, self.target.percentile),
            share_of_runs(self.errors),
            len(self.responses),
            self.verdict,
            self.lateness,
            self.requests,
            tuple(sorted(self.kinds.items(), key=lambda each: (-each[1], each[0]))),
            self.ceiling,
        )

    def _verdict(self, sure: float) -> Verdict:
        response = percentile_of_runs(self.responses, self.target.percentile, confidence=sure, one_sided=True)
        errors = share_of_runs(self.errors, confidence=sure, one_sided=True)
        if response.low > self.target.bound or errors.low > self.target.errors:
            return Verdict.FAILS
        met = response.high <= self.target.bound and errors.high <= self.target.errors
        return Verdict.MEETS if met else Verdict.OPEN
