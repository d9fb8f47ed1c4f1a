"""Whether a run is evidence: the generator must not have been what was slow."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .measurement import Failure
from .percentiles import lateness_quantile

if TYPE_CHECKING:
    from .measurement import Measurement
    from .schedule import Schedule

SHARE = 0.05
"""How much of the target the generator may be late, at the 99th percentile. Lateness is in the response times, so they
are wrong by up to this share."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a run is worth."""

    lateness: float
    """The generator's lateness at the 99th percentile, in seconds."""

    allowed: float
    """The most that it may be, in seconds."""

    ceiling: float
    """The rate at which this generator would have taken a whole core, from the share that it took. An upper bound: it
    falls behind some way below. NaN where nothing was measured."""

    reasons: tuple[str, ...]
    """Why the run is refused. Empty: it is evidence."""

    @property
    def is_refused(self) -> bool:
        return bool(self.reasons)

    def __str__(self) -> str:
        if not self.reasons:
            return (
                f"the generator was {_ms(self.lateness)} late at the 99th percentile; {_ms(self.allowed)} are allowed"
            )
        return "The run is no evidence:\n" + "\n".join(f"    {each}" for each in self.reasons)


def judgement(measurement: "Measurement", target: float) -> Judgement:
    """Judges a run whose requests are to be answered within `target` seconds."""
    import numpy as np

    lateness, allowed = lateness_quantile(measurement, 0.99), SHARE * target
    reasons: list[str] = []
    if math.isnan(lateness):
        reasons.append("no request was sent")
    elif lateness > allowed:
        reasons.append(_too_late(measurement, lateness, allowed, target))
    lacking = int(np.sum(measurement.failure == Failure.GENERATOR))
    if lacking:
        reasons.append(
            f"this machine had no port or file descriptor left for {lacking:,} requests. Raise its bounds (ulimit -n),"
            " or let the server keep its connections"
        )
    return Judgement(lateness, allowed, ceiling(measurement), tuple(reasons))


def ceiling(measurement: "Measurement") -> float:
    """The rate at which the generator would have taken a whole core. See Judgement."""
    import numpy as np

    if not len(measurement.done) or not measurement.busy > 0:
        return math.nan
    took = np.nanmax(measurement.done) if np.isfinite(measurement.done).any() else math.nan
    return float(measurement.was_sent.sum() / took / measurement.busy)


def rate_reached(measurement: "Measurement", schedule: "Schedule") -> float:
    """The rate of requests that got an answer 2xx, over the run or until the last answer if that is later."""
    import numpy as np

    last = float(np.nanmax(measurement.done)) if np.isfinite(measurement.done).any() else 0.0
    return int(measurement.succeeded.sum()) / max(schedule.seconds, last)


def _too_late(measurement: "Measurement", lateness: float, allowed: float, target: float) -> str:
    text = (
        f"the generator was {_ms(lateness)} late at the 99th percentile, and {_ms(allowed)} are allowed"
        f" ({SHARE:.0%} of the target of {_ms(target)})"
    )
    most = ceiling(measurement)
    if measurement.busy > 0.7:
        return (
            f"{text}. It took {measurement.busy:.0%} of its core, and is at its end at {most:,.0f} requests a second."
            " Lower the rate, or send from several machines, with Azure Load Testing"
        )
    return (
        f"{text}. It took {measurement.busy:.0%} of a core itself, so something else had the machine: close other"
        " programs, or run it on a machine of its own"
    )


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.3g} ms"
