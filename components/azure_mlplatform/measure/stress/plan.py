"""What a stress test does: the ramp, what is held after it, and what it may use."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Optional

from ...foundation.problems import Problem
from ..load.schedule import MOST_REQUESTS

FLAT_TIMES = 3.0
"""The bound, if none is asked for, as a multiple of the response time without load. Assumed: below it, a queue is
short. A reader of the answer sees that nobody asked for it."""

MOST_STEPS = 200


@dataclass(frozen=True, slots=True)
class Target:
    """What callers need."""

    percentile: float = 95.0
    bound: Optional[float] = None
    """Seconds. None: FLAT_TIMES the response time of the first step."""

    errors: float = 0.01
    """The most errors, as a share of all requests."""

    rate: Optional[float] = None
    """Requests a second that have to be carried, such as the peak of production. None: whatever it is."""


@dataclass(frozen=True, slots=True)
class StressPlan:
    """A stress test. Rates are requests a second, times seconds."""

    start: float
    top: float
    """The highest rate of all: of steps and of what is held."""

    steps: int = 12
    """The steps from `start` to `top`, each faster than the last by the same factor."""

    step_seconds: float = 30.0
    continuous: bool = False
    """One even ramp of `steps` * `step_seconds`, and windows of `step_seconds`, in place of steps."""

    runs: int = 1
    """Independent runs. An interval needs three or more. Those after the first send only what lies around its knee."""

    warm_up: float = 10.0
    """How long `start` is sent before the ramp. It is measured and dropped."""

    hold: float = 600.0
    """How long a rate beyond the knee is held, so that an autoscaler can act. 0: not at all."""

    hold_rate: Optional[float] = None
    """None: HOLD_TIMES the knee."""

    recover: float = 300.0
    """How long `start` is sent after the ramp, and after the hold. 0: not at all."""

    seed: int = 1
    target: Target = Target()
    seconds: float = 1800.0
    """The time for all. Answers that are under way at its end are waited for."""

    requests: int = 1_000_000
    """The most requests of all."""

    @property
    def rates(self) -> tuple[float, ...]:
        """The rates of the steps."""
        if self.steps == 1:
            return (self.top,)
        factor = (self.top / self.start) ** (1 / (self.steps - 1))
        return (*(self.start * factor**each for each in range(self.steps - 1)), self.top)

    def problems(self) -> Iterator[Problem]:
        """What is wrong with it. The path is that of the field."""
        for name in ("start", "top", "step_seconds", "seconds"):
            if not (math.isfinite(value := getattr(self, name)) and value > 0):
                yield _problem(name, f"{value:g} is not above 0", "Give a number above 0")
        for name in ("warm_up", "hold", "recover"):
            if not (math.isfinite(value := getattr(self, name)) and value >= 0):
                yield _problem(name, f"{value:g} is not a length of time", "Give seconds: 0 for none")
        if 0 < self.top <= self.start:
            yield _problem("top", f"{self.top:g} is not above the first rate, {self.start:g}", "Give a higher one")
        if not 1 < self.steps <= MOST_STEPS:
            yield _problem("steps", f"{self.steps} steps", f"Allowed: 2 to {MOST_STEPS}")
        if self.runs < 1:
            yield _problem("runs", f"{self.runs} runs", "Give 1 or more; an interval needs 3")
        if not 0 < self.requests <= MOST_REQUESTS:
            yield _problem("requests", f"{self.requests:,} requests", f"Allowed: 1 to {MOST_REQUESTS:,}")
        if self.hold_rate is not None and not 0 < self.hold_rate <= self.top:
            yield _problem("hold_rate", f"{self.hold_rate:g}", f"Allowed: above 0, and up to the top, {self.top:g}")
        yield from self._target_problems()

    def _target_problems(self) -> Iterator[Problem]:
        target = self.target
        if not 1 <= target.percentile <= 99.9:
            yield _problem("percentile", f"{target.percentile:g}", "Allowed: 1 to 99.9")
        if target.bound is not None and not (math.isfinite(target.bound) and target.bound > 0):
            yield _problem("bound", f"{target.bound:g} s is no bound", "Give more than 0")
        if not 0 <= target.errors < 0.5:
            yield _problem("errors", f"{target.errors:g}", "Allowed: a share from 0 to below 0.5")
        if target.rate is not None and not self.start <= target.rate <= self.top:
            yield _problem(
                "rate", f"{target.rate:g} is outside of the ramp", f"Allowed: {self.start:g} to {self.top:g}"
            )


def _problem(name: str, what: str, fix: str) -> Problem:
    return Problem((name,), what, fix)
