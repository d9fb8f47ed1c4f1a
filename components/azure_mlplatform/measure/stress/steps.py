"""What was measured at each rate: a step, or a window of a run that goes on."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Optional

from ..load.measurement import Failure, Measurement
from ..load.percentiles import error_kinds, error_share, lateness_quantile, response_quantile

FOLLOWS = 0.95
"""Throughput follows if at least this share of the offered rate is answered well."""

FEWEST = 20
"""Requests below which a step says nothing."""


DIED = 1.0
"""Seconds without any good answer at the end of a run that many errors stopped: the server is dead, not only full."""


class Part(StrEnum):
    """What a step belongs to."""

    WARM_UP = "warm-up"
    RAMP = "ramp"
    KNEE = "knee"
    """A step around the knee, to place it."""

    CALM = "calm"
    """The first rate again, between the ramp and the hold."""

    HOLD = "hold"
    RECOVERY = "recovery"


@dataclass(frozen=True, slots=True)
class Step:
    """What was measured. Times are seconds; `start` counts from the beginning of the test."""

    part: Part
    run: int
    start: float
    seconds: float
    rate: float
    """The planned rate. Of a window of a ramp: its mean."""

    sent: int
    offered: float
    """Requests a second that were intended."""

    achieved: float
    """Good answers a second, in the time of the step moved on by what an answer takes without load."""

    response: float
    """The target's percentile of response times. A failed request counts as infinitely late. NaN: none was sent."""

    p50: float
    p95: float
    p99: float
    errors: float
    """The share of requests without a good answer."""

    kinds: tuple[tuple[str, int], ...]
    """The errors by kind, the most frequent first."""

    lateness: float
    """The p99 of the generator's own lateness."""

    unsent: int
    """Requests that this machine could not send: no port or file was left."""

    instances: Optional[int] = None
    """The instances at its middle. None: unknown."""

    late: bool = False
    """Whether the generator was the limit, so that it says nothing of the server."""

    died: bool = False
    """Whether no good answer came at its end. Such a step tells where the server fails, not what it carries."""

    @property
    def counts(self) -> bool:
        """Whether it says something of the server."""
        return not self.late and self.sent >= FEWEST

    @property
    def follows(self) -> bool:
        """Whether throughput follows the offered rate."""
        return not self.died and self.achieved >= FOLLOWS * self.offered

    def meets(self, bound: float, errors: float) -> bool:
        """Whether it meets the target."""
        return self.errors <= errors and self.response <= bound


def step_of(
    measured: Measurement,
    part: Part,
    *,
    start: float,
    seconds: float,
    rate: float,
    percentile: float,
    run: int = 0,
    begin: float = 0.0,
    shift: float = 0.0,
) -> Step:
    """What a measurement says of its `seconds` from `begin` on, which were `start` seconds into the test.

    `shift` is what an answer takes without load.
    """
    import numpy as np

    inside = measured.between(begin, begin + seconds)
    done = measured.done[measured.succeeded]
    answered = int(np.count_nonzero((done >= begin + shift) & (done < begin + shift + seconds)))
    count = int(np.count_nonzero(inside.was_sent))
    return Step(
        part=part,
        run=run,
        start=start,
        seconds=seconds,
        rate=rate,
        sent=count,
        offered=count / seconds,
        achieved=answered / seconds,
        response=response_quantile(inside, percentile / 100),
        p50=response_quantile(inside, 0.50),
        p95=response_quantile(inside, 0.95),
        p99=response_quantile(inside, 0.99),
        errors=error_share(inside) if count else 0.0,
        kinds=_kinds(inside),
        lateness=lateness_quantile(inside, 0.99),
        unsent=int(np.count_nonzero(inside.failure == Failure.GENERATOR)),
    )


def windows(
    measured: Measurement, part: Part, *, start: float, begin: float, end: float, width: float, percentile: float
) -> Iterator[Step]:
    """The windows of a part of a measurement, from `begin` to `end`, with the requests that were intended in each."""
    count = max(1, round((end - begin) / width))
    for number in range(count):
        at = begin + (end - begin) * number / count
        seconds = (end - begin) / count
        found = step_of(measured, part, start=start + at, seconds=seconds, rate=0.0, percentile=percentile, begin=at)
        if found.sent:
            yield found


def died(measured: Measurement, usual: float) -> bool:
    """Whether no good answer came at the end of a run that was stopped. `usual` is what one takes without load."""
    import numpy as np

    ended = measured.intended[measured.was_sent].max(initial=0.0)
    return not np.any(measured.done[measured.succeeded] > ended - max(DIED, 2 * usual))


def _kinds(measured: Measurement) -> tuple[tuple[str, int], ...]:
    found = Counter(error_kinds(measured, measured.was_sent & ~measured.succeeded))
    return tuple(found.most_common())
