"""How long an endpoint takes to get more instances, to meet its target again, and to recover once the load has gone."""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Optional

from .instances import Reading, instances_at
from .steps import Step

GOOD = 3
"""As many windows in a row have to meet the target for it to be met again."""

STAYS = 0.95
"""And so many of all windows after that: one bad window later is chance, many are none."""


@dataclass(frozen=True, slots=True)
class Change:
    """A change of the instances. Times are seconds of the test's clock."""

    after: float
    """The last reading before it was asked for then: it came later."""

    by: float
    """The first reading with it came then: it came earlier."""

    before: int
    now: int


@dataclass(frozen=True, slots=True)
class Scaling:
    """What happened after the load stepped up and was held. Times are seconds since the step."""

    at: float
    """The step, in seconds of the test's clock."""

    rate: float
    seconds: float
    """How long the rate was held."""

    instances: Optional[int]
    """The instances at the step. None: unknown, and so is whether they grew."""

    most: Optional[int]
    """The most that were seen until the load went."""

    grew: Optional[tuple[float, float]]
    """Between which times the first of more instances came. None: none came."""

    missed: bool
    """Whether the target was missed at all."""

    met_again: Optional[float]
    """From when on the target was met. 0: all the time. None: not before the load went."""

    @property
    def never_moved(self) -> bool:
        """Whether the instances are known, and stayed as they were."""
        return self.instances is not None and self.grew is None


@dataclass(frozen=True, slots=True)
class Recovery:
    """What happened after the load went. Times are seconds since then."""

    at: float
    """When the load went, in seconds of the test's clock."""

    rate: float
    """The rate that was left."""

    seconds: float
    """How long it was watched."""

    met_again: Optional[float]
    """From when on the target was met. None: not while it was watched."""

    shrank: Optional[tuple[float, float]]
    """Between which times the first instance went. None: none went."""

    instances: Optional[int]
    """The instances at the end."""


def scaling_of(
    held: Sequence[Step],
    readings: Sequence[Reading],
    at: float,
    seconds: float,
    rate: float,
    bound: float,
    errors: float,
) -> Scaling:
    """What the windows of a held rate and the readings say."""
    at_step = instances_at(readings, at)
    grew = next((each for each in changes(readings, at, at + seconds) if each.now > each.before), None)
    within = [each.instances for each in readings if at <= each.at <= at + seconds]
    return Scaling(
        at=at,
        rate=rate,
        seconds=seconds,
        instances=at_step,
        most=None if at_step is None else max([at_step, *within]),
        grew=grew and (max(grew.after - at, 0.0), grew.by - at),
        missed=any(not each.meets(bound, errors) for each in held),
        met_again=met_again(held, at, bound, errors),
    )


def recovery_of(
    after: Sequence[Step],
    readings: Sequence[Reading],
    at: float,
    seconds: float,
    rate: float,
    bound: float,
    errors: float,
) -> Recovery:
    """What the windows after the load and the readings say."""
    shrank = next((each for each in changes(readings, at, at + seconds) if each.now < each.before), None)
    return Recovery(
        at=at,
        rate=rate,
        seconds=seconds,
        met_again=met_again(after, at, bound, errors),
        shrank=shrank and (max(shrank.after - at, 0.0), shrank.by - at),
        instances=instances_at(readings, at + seconds),
    )


def changes(readings: Sequence[Reading], start: float = -math.inf, end: float = math.inf) -> list[Change]:
    """The changes that were seen from `start` to `end`."""
    return [
        Change(before.asked, now.at, before.instances, now.instances)
        for before, now in itertools.pairwise(readings)
        if before.instances != now.instances and start < now.at <= end
    ]


def met_again(windows: Sequence[Step], at: float, bound: float, errors: float) -> Optional[float]:
    """How long after `at` the target is met, and stays so. 0: from the first window on. None: it is not."""
    good = [each.meets(bound, errors) for each in windows]
    for number, each in enumerate(windows):
        left = good[number:]
        if all(left[:GOOD]) and len(left) >= min(GOOD, len(good)) and sum(left) >= STAYS * len(left):
            return 0.0 if number == 0 else each.start - at
    return None
