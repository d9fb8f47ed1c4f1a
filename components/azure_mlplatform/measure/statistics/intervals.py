"""Intervals for what a queue's requests measured: a percentile of response times, or the share of errors.

Requests of one run are correlated: who comes after a burst waits as long as the burst. An interval that takes them for
independent is far too narrow (tests/measure/statistics/test_intervals.py says by how much). So the variance is taken
between groups that are nearly independent: runs of their own, or long batches of one run.

The method is sectioning: the centre is the percentile of all requests together, and the variance that of the groups'
own percentiles around it, with Student's t. Sources: S. Asmussen, P. Glynn, "Stochastic Simulation" (2007), III.5a;
M. Nakayama, "Confidence intervals for quantiles using sectioning when applying variance-reduction techniques", ACM
TOMACS 24 (2014), 19. Both were named from memory and not read again; the tests judge what the intervals cover.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..load.percentiles import quantile

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Samples = NDArray[Any]

CONFIDENCE = 0.95

FEWEST_GROUPS = 3
"""Below it, a variance between groups says nothing."""

FEWEST_BATCHES = 16
"""Below it, a test of the batches' correlation finds nothing: it cannot say that batches are long enough."""

MOST_BATCHES = 64

CORRELATION_RISK = 0.1
"""How often batches that are long enough are taken for too short."""

PER_BATCH = 20
"""A batch's percentile rests on at least so many requests beyond it: a batch for p95 has 400."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A value that was measured, and where the true one lies."""

    value: float
    low: float
    high: float
    """`high` is infinite if there are too few groups."""

    n: int
    """The number of requests."""

    groups: int
    """The number of runs or batches that the variance was taken from."""

    confidence: float = CONFIDENCE
    weakness: str = ""
    """Why it may be too narrow. Empty: nothing says so."""


def percentile_of_runs(
    runs: "Sequence[Samples]", percentile: float, *, confidence: float = CONFIDENCE, one_sided: bool = False
) -> Interval:
    """The interval of a percentile from independent runs: each with its own arrivals, and its warm-up dropped.
    A request without an answer counts as infinite.

    `confidence` is that both bounds hold; with `one_sided`, that each does.
    """
    return _sectioned(runs, lambda samples: quantile(samples, percentile / 100), confidence, one_sided=one_sided)


def share_of_runs(runs: "Sequence[Samples]", *, confidence: float = CONFIDENCE, one_sided: bool = False) -> Interval:
    """The interval of a share, such as that of errors, from independent runs of ones and zeros.

    It is the wider one of that between the runs and Clopper and Pearson's: a few errors say little of their variance.
    """
    from scipy.stats import beta

    between = _sectioned(runs, lambda samples: float(samples.mean()), confidence, one_sided=one_sided)
    n, found = between.n, round(between.value * between.n) if between.n else 0
    if n == 0:
        return between
    tail = 1 - _level(confidence, one_sided=one_sided)
    low = float(beta.ppf(tail, found, n - found + 1)) if found else 0.0
    high = float(beta.ppf(1 - tail, found + 1, n - found)) if found < n else 1.0
    # Runs without any error have no variance, and that of few runs is infinite: Clopper and Pearson then speak alone.
    if between.groups >= FEWEST_GROUPS:
        low, high = min(low, max(between.low, 0.0)), max(high, min(between.high, 1.0))
    return Interval(between.value, low, high, n, between.groups, confidence, between.weakness)


def mean_of_runs(values: Sequence[float], *, confidence: float = CONFIDENCE) -> Interval:
    """The interval of a mean from one value of each independent run."""
    import numpy as np

    return _sectioned([np.array([each]) for each in values], lambda samples: float(samples.mean()), confidence)


def percentile_of_batches(run: "Samples", percentile: float, *, confidence: float = CONFIDENCE) -> Interval:
    """The interval of a percentile from batches of one long run, in the order of their arrival, its warm-up dropped.

    Batches are lengthened until their percentiles are no longer correlated. If the run is too short for that,
    `weakness` says so.
    """
    shortest = math.ceil(PER_BATCH / (1 - percentile / 100))
    return _batched(run, lambda samples: quantile(samples, percentile / 100), shortest, confidence)


def share_of_batches(run: "Samples", *, confidence: float = CONFIDENCE) -> Interval:
    """The interval of a share from batches of one long run of ones and zeros."""
    return _batched(run, lambda samples: float(samples.mean()), PER_BATCH, confidence)


def lag_one_correlation(values: Sequence[float]) -> float:
    """How much a value says of the next one, from -1 to 1. 0 if all are the same."""
    import numpy as np

    around = np.asarray(values, dtype=float) - np.mean(values)
    square = float(around @ around)
    # What is left of equal numbers after rounding is no variance.
    if square <= 1e-24 * float(np.sum(np.square(values))):
        return 0.0
    return float(around[:-1] @ around[1:]) / square


def _batched(run: "Samples", of: "Callable[[Samples], float]", shortest: int, confidence: float) -> Interval:
    import numpy as np
    from scipy.stats import norm

    count = min(MOST_BATCHES, len(run) // shortest)
    if count < FEWEST_BATCHES:
        needed = FEWEST_BATCHES * shortest
        weakness = f"{len(run)} requests are too few for {FEWEST_BATCHES} batches of {shortest}: {needed} are needed"
        return _sectioned(np.array_split(run, max(count, 1)), of, confidence, weakness=weakness)
    while True:
        batches = np.array_split(run, count)
        found = lag_one_correlation([of(each) for each in batches])
        # That of independent values is nearly normal, with the variance (n - 2) / (n² - 1) and the mean -1/n.
        limit = float(norm.ppf(1 - CORRELATION_RISK)) * math.sqrt((count - 2) / (count**2 - 1)) - 1 / count
        if found <= limit:
            # The test overlooks what is small: batches twice as long, where enough are left, have less of it.
            count = count // 2 if count // 2 >= FEWEST_BATCHES else count
            return _sectioned(np.array_split(run, count), of, confidence)
        if count // 2 < FEWEST_BATCHES:
            weakness = f"batches of {len(run) // count} requests are still correlated ({found:.2f}): run longer"
            return _sectioned(batches, of, confidence, weakness=weakness)
        count //= 2


def _sectioned(
    groups: "Sequence[Samples]",
    of: "Callable[[Samples], float]",
    confidence: float,
    *,
    one_sided: bool = False,
    weakness: str = "",
) -> Interval:
    import numpy as np
    from scipy.stats import t

    groups = [each for each in groups if len(each)]
    n = sum(map(len, groups))
    if not groups:
        return Interval(math.nan, -math.inf, math.inf, 0, 0, confidence, weakness or "nothing was measured")
    centre, count = of(np.concatenate(groups)), len(groups)
    if count < FEWEST_GROUPS:
        weakness = weakness or f"{count} groups are too few for a variance"
        return Interval(centre, -math.inf, math.inf, n, count, confidence, weakness)
    values = np.array([of(each) for each in groups])
    if not np.isfinite(values).all():
        # Requests without an answer are infinitely late. Where each group has too many, so has the truth.
        low = -math.inf if np.isfinite(values).any() else math.inf
        return Interval(centre, low, math.inf, n, count, confidence, weakness)
    spread = math.sqrt(float(np.sum((values - centre) ** 2)) / (count - 1) / count)
    half = float(t.ppf(_level(confidence, one_sided=one_sided), count - 1)) * spread
    return Interval(centre, centre - half, centre + half, n, count, confidence, weakness)


def _level(confidence: float, *, one_sided: bool) -> float:
    return confidence if one_sided else (1 + confidence) / 2
