"""What was measured at each rate: a step, or a window of a run that goes on."""

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Optional

from ..load.measurement import Failure, Measurement

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FOLLOWS = 0.95
"""Throughput follows if at least this share of the offered rate is answered well."""

FEWEST = 20
"""Requests below which a step says nothing."""


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
    """The target's percentile of response times. NaN: no answer."""

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

    @property
    def counts(self) -> bool:
        """Whether it says something of the server."""
        return not self.late and self.sent >= FEWEST

    @property
    def follows(self) -> bool:
        """Whether throughput follows the offered rate."""
        return self.achieved >= FOLLOWS * self.offered

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

    first, last = np.searchsorted(measured.intended, [begin, begin + seconds])
    inside = slice(int(first), int(last))
    failure, good = measured.failure[inside], measured.succeeded[inside]
    sent = (failure != Failure.NOT_SENT) & (failure != Failure.GENERATOR)
    done = measured.done[measured.succeeded]
    answered = int(np.count_nonzero((done >= begin + shift) & (done < begin + shift + seconds)))
    # A quick refusal is no fast answer, and who was given up on waited at least so long.
    told = (measured.done - measured.intended)[inside][good | (failure == Failure.TIMEOUT)]
    lateness = measured.lateness[inside][sent]
    count = int(np.count_nonzero(sent))
    return Step(
        part=part,
        run=run,
        start=start,
        seconds=seconds,
        rate=rate,
        sent=count,
        offered=count / seconds,
        achieved=answered / seconds,
        response=_percentile(told, percentile),
        p50=_percentile(told, 50),
        p95=_percentile(told, 95),
        p99=_percentile(told, 99),
        errors=1 - int(np.count_nonzero(good & sent)) / count if count else 0.0,
        kinds=_kinds(measured.status[inside][sent & ~good], failure[sent & ~good]),
        lateness=_percentile(lateness, 99),
        unsent=int(np.count_nonzero(failure == Failure.GENERATOR)),
    )


def windows(
    measured: Measurement, part: Part, *, start: float, begin: float, end: float, width: float, percentile: float
) -> Iterator[Step]:
    """The windows of a part of a measurement, from `begin` to `end`, with the requests that were intended in each."""
    count = max(1, round((end - begin) / width))
    for number in range(count):
        at = begin + (end - begin) * number / count
        seconds = (end - begin) / count
        found = step_of(
            measured, part, start=start + at, seconds=seconds, rate=0.0, percentile=percentile, begin=at
        )
        if found.sent:
            yield found


def _percentile(samples: "NDArray[np.float64]", percentile: float) -> float:
    """A value of the sample, so that none is made up between two. NaN of nothing."""
    import numpy as np

    return float(np.percentile(samples, percentile, method="inverted_cdf")) if len(samples) else math.nan


def _kinds(status: "NDArray[np.int16]", failure: "NDArray[np.int8]") -> tuple[tuple[str, int], ...]:
    found = Counter(
        f"HTTP {code}" if code else Failure(why).name.lower().replace("_", " ")
        for code, why in zip(status.tolist(), failure.tolist(), strict=True)
    )
    return tuple(found.most_common())
