"""Which part of a run came before the server was warm: loading code, filling caches, opening connections."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from .measurement import Measurement

BATCH = 5
"""Requests whose mean is one observation. White, "An effective truncation heuristic for bias reduction in simulation
output", Simulation 69 (1997), and White, Cobb and Spratt (2000), where batches of five did best (MSER-5). The rule and
the titles were written down from memory."""

FEWEST = 20 * BATCH
"""Shorter runs say nothing of a warm-up."""

_LONGEST = 0.5
"""If more than this share of a run were to be dropped, it had no steady part."""

_CUT = 0.99
"""Response times beyond this quantile of the second half count as it."""


@dataclass(frozen=True, slots=True)
class WarmUp:
    """What of a run is dropped."""

    requests: int
    """How many of its first requests."""

    seconds: float
    """Until when, since the start of the run. 0 if nothing is dropped."""

    steady: bool
    """Whether a steady part is left. If not, nothing is dropped, and percentiles of the run mean little."""

    why: str
    """A sentence for a report."""


def warm_up(measurement: "Measurement") -> WarmUp:
    """Finds the warm-up of a run at one steady rate, by MSER-5 on its response times.

    The rule drops the beginning whose absence makes the mean of the rest most precise: slow first answers make it less
    precise, and so does each request that is dropped. It is for a run at one rate, constant or Poisson, not for a ramp.
    """
    import numpy as np

    times = _times(measurement)
    count = len(times) // BATCH
    if len(times) < FEWEST:
        return WarmUp(0, 0.0, True, f"nothing was dropped: {len(times)} requests are too few to find a warm-up")
    means = times[: count * BATCH].reshape(count, BATCH).mean(axis=1)
    # Rounded, so that equal times have no spread at all.
    means = np.round(means / means.mean() - 1, 9)
    # The variance and the number of what is left when the first n batches are dropped, for all n at once.
    left = np.arange(count, 0, -1)
    sums, squares = np.cumsum(means[::-1])[::-1], np.cumsum(means[::-1] ** 2)[::-1]
    spread = np.maximum(squares - sums**2 / left, 0) / left.astype(float) ** 2
    # The very last batches have no spread, because there are so few.
    candidates = spread[: max(1, count - FEWEST // BATCH // 2)]
    best = int(np.argmin(candidates))
    if best > _LONGEST * count:
        why = "the run had no steady part: its response times still changed in its second half. Nothing was dropped"
        return WarmUp(0, 0.0, False, why)
    if best == 0:
        return WarmUp(0, 0.0, True, "nothing was dropped: the first requests were answered as the later ones")
    dropped = best * BATCH
    seconds = float(measurement.intended[dropped])
    before, after = (np.nanmedian(measurement.response[part]) for part in (slice(dropped), slice(dropped, None)))
    why = (
        f"the first {dropped:,} requests ({seconds:.1f} s) were dropped: their median is {before * 1000:.3g} ms,"
        f" that of the later ones {after * 1000:.3g} ms (MSER-5)"
    )
    return WarmUp(dropped, seconds, True, why)


def without_warm_up(measurement: "Measurement") -> tuple["Measurement", WarmUp]:
    """The steady part of a run, and what was dropped."""
    found = warm_up(measurement)
    return measurement.part(found.requests), found


def _times(measurement: "Measurement") -> "NDArray[np.float64]":
    """Response times up to the last request that was sent, cut at a high quantile of those of the second half.

    In a warm-up one request after the other stands at the cut. A hiccup is a few among many, and moves nothing: what
    was slow for a moment is not dropped.
    """
    import numpy as np

    sent = measurement.was_sent & np.isfinite(measurement.done)
    if not sent.any():
        return np.empty(0)
    times = np.where(sent, measurement.response, np.inf)[: int(np.flatnonzero(sent)[-1]) + 1]
    late = times[len(times) // 2 :]
    return np.minimum(times, np.quantile(late[np.isfinite(late)], _CUT))
