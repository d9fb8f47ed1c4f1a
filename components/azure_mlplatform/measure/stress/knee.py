"""Where an endpoint's throughput stops following what is asked of it, and what is seen before that.

Throughput is a broken line: it equals the offered rate up to the capacity, and stays there beyond. The capacity is that
of the line with the smallest squares (each step weighs as long as it took). It needs no assumption on how service times
are distributed, unlike a bend of response times, which comes earlier the more they vary.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Optional

from ..statistics.intervals import FEWEST_GROUPS, mean_of_runs
from .steps import Step

COLLAPSE = 0.5
"""A step with less than this share of the best throughput so far is a collapse, and no part of the flat line."""

BEND = 2.0
"""Response times have left the flat part where they are more than twice those without load."""

FEWEST_RUNS = FEWEST_GROUPS
"""Fewer say nothing of a variance."""


@dataclass(frozen=True, slots=True)
class Knee:
    """What the steps of a run say. Rates are requests a second; None: not seen."""

    capacity: Optional[float]
    """Where throughput stops following."""

    follows: Optional[float]
    """The highest rate that throughput followed, with all lower ones."""

    fails: Optional[float]
    """The lowest rate that it did not follow."""

    bend: Optional[float]
    """The lowest rate from which on response times are more than BEND times those without load."""

    errors: Optional[float]
    """The lowest rate with more errors than allowed."""

    collapses: Optional[float]
    """The lowest rate at which throughput fell below half of what it was."""

    meets: Optional[float]
    """The highest rate that meets the target, with all lower ones."""

    flat: float
    """The response time without load, at the target's percentile, in seconds. NaN: unknown."""

    instances: Optional[int] = None
    """The instances at which the capacity was seen. None: unknown."""


@dataclass(frozen=True, slots=True)
class Interval:
    """The mean of independent runs, and where the true capacity lies with CONFIDENCE."""

    value: float
    low: float
    high: float
    runs: int


def knee_of(steps: Iterable[Step], bound: float, errors: float) -> Knee:
    """The knee of one run's steps, in any order."""
    counted = sorted((each for each in steps if each.counts), key=lambda each: each.offered)
    broken = [each for each in counted if not each.follows]
    instances = broken[0].instances if broken else None
    same = [each for each in counted if instances is None or each.instances in (None, instances)]
    flat = _flat(counted)
    return Knee(
        capacity=capacity_of(same),
        follows=_highest(same, lambda each: each.follows),
        fails=_lowest(same, lambda each: not each.follows),
        bend=_bend(same, flat),
        errors=_lowest(same, lambda each: each.errors > errors),
        collapses=_lowest(_collapsed(same), lambda _: True),
        meets=_highest(same, lambda each: each.meets(bound, errors)),
        flat=flat,
        instances=instances,
    )


def capacity_of(steps: Sequence[Step]) -> Optional[float]:
    """Where the broken line bends. None if throughput followed at every rate, or fell at once where it did not."""
    fallen = set(map(id, _collapsed(steps)))
    steps = sorted((each for each in steps if id(each) not in fallen), key=lambda each: each.offered)
    if all(each.follows for each in steps):
        return None
    best, best_error = None, math.inf
    for first in range(len(steps)):
        flat = steps[first:]
        weight = sum(each.seconds for each in flat)
        capacity = sum(each.achieved * each.seconds for each in flat) / weight
        error = sum((each.achieved - min(each.offered, capacity)) ** 2 * each.seconds for each in steps)
        if error < best_error:
            best, best_error = capacity, error
    return best


def interval_of(capacities: Sequence[float]) -> Optional[Interval]:
    """The interval of the capacity from independent runs, by Student's t. None: there are too few."""
    if len(capacities) < FEWEST_RUNS:
        return None
    found = mean_of_runs(capacities)
    return Interval(found.value, found.low, found.high, found.groups)


def _flat(steps: Sequence[Step]) -> float:
    """The median response time of the slowest third of the rates."""
    import statistics

    told = [each.response for each in steps if each.follows and math.isfinite(each.response)]
    return statistics.median(told[: max(1, len(told) // 3)]) if told else math.nan


def _bend(steps: Sequence[Step], flat: float) -> Optional[float]:
    found = None
    for each in reversed(steps):
        if each.response <= BEND * flat:
            break
        found = each.offered
    return found


def _collapsed(steps: Sequence[Step]) -> list[Step]:
    best, found = 0.0, []
    for each in sorted(steps, key=lambda each: each.offered):
        if each.died or (not each.follows and each.achieved < COLLAPSE * best):
            found.append(each)
        best = max(best, each.achieved)
    return found


def _highest(steps, holds) -> Optional[float]:
    found = None
    for each in steps:
        if not holds(each):
            break
        found = each.offered
    return found


def _lowest(steps, is_so) -> Optional[float]:
    return next((each.offered for each in steps if is_so(each)), None)
