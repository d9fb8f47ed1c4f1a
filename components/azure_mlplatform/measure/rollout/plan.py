"""What a rollout is to do: its steps, its limits, and where an endpoint stands in it by its own traffic."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Optional

from ..endpoints.endpoint import MOST_MIRRORED, EndpointError, Traffic, written
from ..statistics.sequential import alarm_level

DEFAULT_STEPS = (10, 25, 50, 100)

TESTS = 2
"""Failures and slowness: each has half of the false-alarm rate."""


@dataclass(frozen=True, slots=True)
class Stage:
    """A share of the traffic at which new and old are compared."""

    share: int
    """Percent of the traffic that new answers."""

    mirror: int = 0
    """Percent of the requests that new gets a copy of."""

    def __str__(self) -> str:
        return f"mirroring {self.mirror} %" if self.mirror else f"{self.share} %"


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """A rollout. Times are in seconds, shares of requests from 0 to 1."""

    old: str
    new: str
    steps: tuple[int, ...] = DEFAULT_STEPS
    """Percent for new, ascending. The last one is 100."""

    mirror: int = 0
    """Percent of the requests that are copied to new before it answers any. 0: none."""

    alpha: float = 0.05
    """The chance that a new version which is no worse is taken back: over all looks and steps, and both tests."""

    power: float = 0.9
    """The chance with which a step must be able to see a worse version before it is passed."""

    ratio: float = 2.0
    """What "worse" means: so many times as many failures, or slow requests, as old has in the same minutes."""

    floor: float = 0.005
    """And at least this share of the requests: twice nothing is nothing."""

    tolerated: float = 1.0
    """How many times as many are fine."""

    guard: float = 0.2
    """The hard guard: this share of failures takes traffic back at once."""

    guard_requests: int = 20
    """The requests of new that the hard guard needs."""

    pause: float = 60.0
    """Between two looks."""

    settle: float = 60.0
    """After a step is in effect: what is measured then is dropped, since a version warms up."""

    longest: float = 24 * 3600.0
    """The longest time for one step. After that the answer is: inconclusive."""

    baseline: float = 24 * 3600.0
    """How much of old's past is looked at before the first step."""

    watch: float = 600.0
    """How long the hard guard watches new when it has all traffic."""

    patience: int = 5
    """How many looks in a row may fail before the rollout ends."""

    back_if_inconclusive: bool = False
    """Whether traffic goes back to old if a step ends without an answer. Else it stays at the step."""

    @property
    def stages(self) -> tuple[Stage, ...]:
        """The stages that compare, in order. What follows them is all traffic for new."""
        mirrored = (Stage(0, self.mirror),) if self.mirror else ()
        return (*mirrored, *(Stage(each) for each in self.steps if each < 100))

    @property
    def level(self) -> float:
        """The e-value at which one of both tests raises the alarm."""
        return alarm_level(self.alpha, TESTS)

    def shares(self, stage: Optional[Stage]) -> dict[str, int]:
        """The whole map of a stage; None is all traffic for new. A version without a share is not in it."""
        share = 100 if stage is None else stage.share
        return {name: each for name, each in ((self.old, 100 - share), (self.new, share)) if each}

    def mirrored(self, stage: Optional[Stage]) -> dict[str, int]:
        """The copies of a stage."""
        return {self.new: stage.mirror} if stage is not None and stage.mirror else {}


def steps_of(text: str) -> tuple[int, ...]:
    """The steps of `10,25,50,100`. Raises ValueError with what is wrong and what is allowed."""
    allowed = "Allowed: whole percents from 1 to 100, ascending, such as 10,25,50,100"
    try:
        found = tuple(int(each.strip().removesuffix("%").strip()) for each in text.split(","))
    except ValueError:
        raise ValueError(f"'{text}' is no list of percents. {allowed}") from None
    if any(not 1 <= each <= 100 for each in found):
        raise ValueError(f"'{text}' has a share outside 1 to 100. {allowed}")
    if list(found) != sorted(set(found)):
        raise ValueError(f"'{text}' does not ascend. {allowed}")
    return found if found[-1] == 100 else (*found, 100)


def mirror_problem(mirror: int) -> str:
    """What is wrong with a share of copies. Empty if nothing is."""
    return "" if 0 <= mirror <= MOST_MIRRORED else f"{mirror} % is not allowed. Allowed: 0 to {MOST_MIRRORED}"


@dataclass(frozen=True, slots=True)
class Standing:
    """Where an endpoint stands in a rollout."""

    stage: int
    """The index of the stage it is at. -1: before the first one. The number of stages: new has all traffic."""

    done: bool = False


class NotOfThisRolloutError(EndpointError):
    """The traffic is none of this rollout's. The message says what it is, and what to do."""


def traffic_in_words(traffic: Traffic) -> str:
    """Shares, and copies where there are any."""
    mirror = given(traffic.mirror)
    return written(given(traffic.shares)) + (f", copies {written(mirror)}" if mirror else "")


def given(shares: Mapping[str, int]) -> dict[str, int]:
    """The versions that have a share."""
    return {name: share for name, share in shares.items() if share}


def standing(plan: Plan, traffic: Traffic) -> Standing:
    """Where the traffic says that the endpoint stands. Raises NotOfThisRolloutError if it is no step of the plan."""
    shares, mirror = given(traffic.shares), given(traffic.mirror)
    if not shares:
        raise NotOfThisRolloutError(
            f"no version takes traffic, so there is nothing to compare '{plan.new}' with. Give the first version all "
            "traffic where you deploy it"
        )
    others = {name: share for name, share in (*shares.items(), *mirror.items()) if name not in (plan.old, plan.new)}
    if others:
        raise NotOfThisRolloutError(
            f"{written(others)} goes to another version than '{plan.old}' and '{plan.new}'. A rollout compares two: "
            "give its share to one of both first"
        )
    if shares == {plan.new: 100}:
        return Standing(len(plan.stages), done=True)
    if not mirror and shares == {plan.old: 100}:
        return Standing(-1)
    for index, stage in enumerate(plan.stages):
        if shares == plan.shares(stage) and mirror == plan.mirrored(stage):
            return Standing(index)
    steps = ", ".join(map(str, plan.stages))
    raise NotOfThisRolloutError(
        f"the traffic is {written(shares)}{f', with copies {written(mirror)}' if mirror else ''}, which is no step of "
        f"this rollout ({steps}, 100 %). Name the steps that it was begun with, or go back first: --back"
    )


def old_of(traffic: Traffic, new: str, known: Iterable[str]) -> str:
    """The version that new is to replace, if nobody named it: the only other one with traffic."""
    shares = given(traffic.shares)
    found = sorted(each for each in shares if each != new)
    if len(found) == 1:
        return found[0]
    rest = sorted(each for each in known if each != new)
    if len(found) > 1:
        raise NotOfThisRolloutError(
            f"several versions have traffic ({written(shares)}). A rollout compares two: give all of it to one first"
        )
    if shares:
        raise NotOfThisRolloutError(
            f"'{new}' has all traffic already. Name the version that had it before with --from: "
            f"{', '.join(rest) or 'there is no other one'}"
        )
    raise NotOfThisRolloutError(
        f"no version takes traffic, so there is nothing to compare '{new}' with. Give the first version all traffic "
        "where you deploy it"
    )
