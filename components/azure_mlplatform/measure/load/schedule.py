"""When requests are sent: fixed before the run, whatever the server does (an open model).

Builders refuse what cannot be sent with a ProblemsError that lists all that is wrong. A trace is read in `trace.py`.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Optional, Protocol

from azure_mlplatform.foundation.problems import Problem, ProblemsError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from .measurement import Measurement

MOST_REQUESTS = 10_000_000
"""The longest schedule. A run keeps about 50 bytes a request, so this is half a gigabyte."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """The intended times of a run."""

    times: "NDArray[np.float64]"
    """Seconds since the start, not descending."""

    seconds: float
    """The length of the run. No request is intended later."""

    description: str
    """Its shape in words, such as `Poisson, 40 requests a second, 60 s, seed 7`."""

    @property
    def rate(self) -> float:
        """Requests a second, over the whole run. 0 for a run of no length."""
        return len(self.times) / self.seconds if self.seconds else 0.0


class Measure(Protocol):
    """Sends requests by a schedule and returns what was measured. A queue with a simulated clock is one as well."""

    def __call__(self, schedule: Schedule) -> "Measurement": ...


def constant(rate: float, seconds: float) -> Schedule:
    """A request every 1/`rate` seconds, the first at once. Real callers are not so regular: see `poisson`."""
    import numpy as np

    _refuse([*_of_rate("rate", rate, above_zero=True), *_of_seconds(seconds), *_of_count(rate, rate, seconds)])
    times = np.arange(math.ceil(rate * seconds)) / rate
    return Schedule(times[times < seconds], seconds, f"constant, {_rate(rate)}, {_seconds(seconds)}")


def poisson(rate: float, seconds: float, *, seed: int) -> Schedule:
    """Requests of many callers who do not know each other: exponential gaps with a mean of 1/`rate` seconds.

    The same arguments give the same times.
    """
    _refuse([*_of_rate("rate", rate, above_zero=True), *_of_seconds(seconds), *_of_count(rate, rate, seconds)])
    times = _unit_poisson(rate * seconds, seed) / rate
    return Schedule(times[times < seconds], seconds, f"Poisson, {_rate(rate)}, {_seconds(seconds)}, seed {seed}")


def ramp(start: float, end: float, seconds: float, *, seed: Optional[int] = None) -> Schedule:
    """A rate that changes evenly from `start` to `end` requests a second; one of them may be 0.

    Regular without a seed, else with the gaps of a Poisson process.
    """
    import numpy as np

    problems = [
        *_of_rate("start", start),
        *_of_rate("end", end),
        *_of_seconds(seconds),
        *_of_count(start, end, seconds),
    ]
    if not problems and start == end == 0:
        problems = [Problem(("end",), "nothing is sent between a rate of 0 and a rate of 0", "Give a rate above 0")]
    _refuse(problems)
    count = (start + end) / 2 * seconds
    due = np.arange(math.ceil(count), dtype=np.float64) if seed is None else _unit_poisson(count, seed)
    # Solves start * t + slope * t² / 2 = due for t, in the form that loses no digits where the slope is near 0.
    slope = (end - start) / seconds
    below = start + np.sqrt(np.maximum(start * start + 2 * slope * due, 0))
    times = np.divide(2 * due, below, out=np.zeros_like(due), where=below > 0)
    spacing = "regular" if seed is None else f"Poisson, seed {seed}"
    words = f"ramp from {start:g} to {end:g} requests a second, {_seconds(seconds)}, {spacing}"
    return Schedule(times[times < seconds], seconds, words)


def joined(*parts: Schedule) -> Schedule:
    """One schedule after the other, without a pause: steps, or a ramp and what follows it."""
    import numpy as np

    if not parts:
        raise ProblemsError([Problem((), "there is no schedule to join", "Give one or more")])
    starts = np.cumsum([0.0, *(each.seconds for each in parts)])
    times = np.concatenate([each.times + start for each, start in zip(parts, starts[:-1], strict=True)])
    return Schedule(times, float(starts[-1]), ", then ".join(each.description for each in parts))


def _unit_poisson(length: float, seed: int) -> "NDArray[np.float64]":
    """The times of a Poisson process of rate 1, up to `length` or a little later."""
    import numpy as np

    random = np.random.default_rng(seed)
    times = np.cumsum(random.exponential(size=int(length + 6 * math.sqrt(length) + 20)))
    while times[-1] < length:
        more = random.exponential(size=int(6 * math.sqrt(length) + 20))
        times = np.concatenate([times, times[-1] + np.cumsum(more)])
    return times[times < length]


def _refuse(problems: list[Problem]) -> None:
    if problems:
        raise ProblemsError(problems)


def _of_rate(name: str, value: float, *, above_zero: bool = False) -> Iterator[Problem]:
    if not math.isfinite(value) or value < 0 or (above_zero and value == 0):
        bound = "above 0" if above_zero else "of 0 or more"
        yield Problem((name,), f"{value:g} is not a rate", f"Give requests a second: a number {bound}")


def _of_seconds(value: float) -> Iterator[Problem]:
    if not math.isfinite(value) or value <= 0:
        yield Problem(("seconds",), f"{value:g} is not a length of time", "Give seconds: a number above 0")


def _of_count(start: float, end: float, seconds: float) -> Iterator[Problem]:
    count = (start + end) / 2 * seconds
    if math.isfinite(count) and count > MOST_REQUESTS:
        fix = f"A run has {MOST_REQUESTS:,} at most: lower the rate or the time"
        yield Problem(("seconds",), f"{count:,.0f} requests are too many", fix)


def _rate(rate: float) -> str:
    return f"{rate:g} request{'' if rate == 1 else 's'} a second"


def _seconds(seconds: float) -> str:
    return f"{seconds:g} s"
