"""How much traffic a step must see before it means something that no alarm was raised.

The power of a step is the chance that the sequential test raises the alarm if the new version is as much worse as one
wants to notice. It is computed for one look at the end; looks in between can only raise it.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Optional

from .sequential import bets, log_factors

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

DEVIATIONS = 6.0
"""Counts further than this from the mean are left out: they have a chance below one in a hundred million."""

MOST_COUNTS = 200
"""How many counts of old stand for all. With more than that, neighbours are taken together."""

MOST_REQUESTS = 10**9
"""No step sees more."""


@dataclass(frozen=True, slots=True)
class Effect:
    """A difference that a rollout wants to notice."""

    old: float
    """The share of old's requests that fail, or are slow."""

    new: float
    """The share of new's, if it is as bad as this."""

    level: float
    """The e-value at which the test that begins with a step raises the alarm: the alarm level times the steps."""

    tolerated: float = 1.0
    burst: float = 1.0


def effect_of(
    old: float, *, ratio: float, floor: float, level: float, tolerated: float = 1.0, burst: float = 1.0
) -> Effect:
    """`ratio` times as often as old, but at least `floor`: ten times nothing is nothing."""
    return Effect(old, min(max(old * ratio * tolerated, floor), 1.0), level, tolerated, burst)


def power(effect: Effect, new_requests: float, old_requests: float) -> float:
    """The chance of an alarm after so many requests to new and to old, from 0 to 1."""
    import numpy as np
    from scipy.stats import poisson

    if new_requests <= 0 or old_requests <= 0:
        return 0.0
    ratios, parts = bets()
    of_new, of_old = log_factors(ratios, new_requests / (new_requests + old_requests), effect.tolerated)
    old, chances = _counts(old_requests * effect.old / effect.burst)
    mean = new_requests * effect.new / effect.burst
    # More failures of new are more wealth: for each count of old, the fewest of new that raise the alarm.
    least = np.zeros(len(old))
    most = np.full(len(old), np.ceil(mean + DEVIATIONS * (mean**0.5 + 1)) + 1)
    while (most - least > 1).any():
        middle = np.floor((least + most) / 2)
        logs = middle[:, None] * of_new + old[:, None] * of_old + parts
        alarms = np.logaddexp.reduce(logs, axis=1) >= np.log(effect.level)
        least, most = np.where(alarms, least, middle), np.where(alarms, middle, most)
    return float(chances @ poisson.sf(most - 1, mean))


def minimum_exposure(effect: Effect, share: float, *, wanted: float) -> Optional[int]:
    """The number of requests, to both versions together, after which the power is at least `wanted`.

    None if no number of requests is enough: the effect is none, or the share is 0 or 1.
    """
    if not 0 < share < 1 or effect.new <= effect.old * effect.tolerated:
        return None
    least, most = 1, 2
    while power(effect, most * share, most * (1 - share)) < wanted:
        least, most = most, most * 2
        if most > MOST_REQUESTS:
            return None
    while most - least > max(1, most // 200):
        middle = (least + most) // 2
        if power(effect, middle * share, middle * (1 - share)) < wanted:
            least = middle
        else:
            most = middle
    return most


def _counts(mean: float) -> "tuple[NDArray[np.float64], NDArray[np.float64]]":
    """The counts around a mean that can happen, thinned out where they are many, and the chance of each."""
    import numpy as np
    from scipy.stats import poisson

    wide = DEVIATIONS * (mean**0.5 + 1)
    edges = np.unique(np.linspace(max(0.0, np.floor(mean - wide)), np.ceil(mean + wide), MOST_COUNTS).round())
    chances = np.diff(poisson.cdf(edges, mean), prepend=0.0)
    return edges, chances
