"""Judges a rollout by what was seen: the two sequential tests, the hard guard, and whether a step saw enough."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Optional

from ..statistics.exposure import power
from ..statistics.sequential import SequentialTest
from .baseline import Baseline, effects, percent
from .evidence import Minute, Served, total
from .plan import Plan

LEANING = 10.0
"""A step is not passed while an e-value is above this: it is evidence against new, if none that takes it back yet. Of
new versions that are no worse, it holds up one in ten at most."""

UNSEEN = 50
"""With so many requests expected of new and none seen, its numbers are missing."""

SLOW_GUARD = 0.5
"""When new has all traffic: so many of its requests may be slower than old's 95th percentile."""


@dataclass
class Judge:
    """What was seen of a rollout, over all its stages."""

    plan: Plan
    baseline: Baseline
    tests: dict[str, SequentialTest] = field(init=False)
    seen: dict[int, tuple[Served, Served]] = field(init=False, default_factory=dict)
    """Stage → what new and old did in it."""

    def __post_init__(self) -> None:
        stages = max(len(self.plan.stages), 1)
        bursts = {"failures": self.baseline.burst_of_failures, "slow requests": self.baseline.burst_of_slow}
        self.tests = {
            name: SequentialTest(stages, self.plan.tolerated, bursts[name])
            for name in effects(self.plan, self.baseline)
        }

    def observe(self, stage: int, minutes: Iterable[Minute]) -> None:
        """Takes in complete minutes of a stage."""
        for each in minutes:
            new, old = each.of(self.plan.new), each.of(self.plan.old)
            before = self.seen.get(stage, (Served(), Served()))
            self.seen[stage] = before[0] + new, before[1] + old
            if not new.requests or not old.requests:
                continue
            share = new.requests / (new.requests + old.requests)
            for name, test in self.tests.items():
                hits = (new.failed, old.failed) if name == "failures" else (new.slow, old.slow)
                test.observe(step=stage, new=hits[0], old=hits[1], share=share)

    @property
    def e_values(self) -> dict[str, float]:
        """The e-value of each test."""
        return {name: test.e_value for name, test in self.tests.items()}

    def alarm(self) -> Optional[str]:
        """Why traffic goes back. None: there is no alarm."""
        for name, value in self.e_values.items():
            if value >= self.plan.level:
                new, old = self._all()
                hits = (new.failed, old.failed) if name == "failures" else (new.slow, old.slow)
                return (
                    f"'{self.plan.new}' has more {name} than '{self.plan.old}' in the same minutes: "
                    f"{hits[0]:g} of {new.requests:g} against {hits[1]:g} of {old.requests:g} "
                    f"(e-value {value:.3g}, alarm at {self.plan.level:.3g})"
                )
        return None

    def guarded(self, minutes: Iterable[Minute], *, alone: bool = False) -> Optional[str]:
        """Why traffic goes back at once: new fails in many of its latest requests, and old does not as well.

        `alone`: new has all traffic, and is held against old's past.
        """
        minutes = list(minutes)
        new, old = total(minutes, self.plan.new), total(minutes, self.plan.old)
        if new.requests < self.plan.guard_requests:
            return None
        share = new.failed / new.requests
        usual = self.baseline.failed if alone or not old.requests else old.failed / old.requests
        if share >= self.plan.guard and share >= 2 * usual:
            return (
                f"the hard guard: {new.failed:g} of the latest {new.requests:g} requests to '{self.plan.new}' failed "
                f"({percent(share)}; the limit is {percent(self.plan.guard)})"
            )
        enough = self.plan.guard_requests * self.baseline.burst_of_slow
        slow = alone and self.baseline.slower_than is not None and new.requests >= enough
        if slow and new.slow / new.requests >= SLOW_GUARD:
            return (
                f"the hard guard: with all traffic, {percent(new.slow / new.requests)} of the requests to "
                f"'{self.plan.new}' took longer than {self.baseline.slower_than:.0f} ms; with '{self.plan.old}', "
                f"{percent(self.baseline.slow)} did"
            )
        return None

    def trouble(self, minutes: Iterable[Minute]) -> Optional[str]:
        """Why nothing goes on although both are alike: old fails in many of its latest requests as well."""
        old = total(minutes, self.plan.old)
        if old.requests < self.plan.guard_requests or old.failed / old.requests < self.plan.guard:
            return None
        return (
            f"'{self.plan.old}' fails as well, in {old.failed:g} of its latest {old.requests:g} requests: that is no "
            "time for a next step"
        )

    def power(self, stage: int) -> float:
        """The chance with which this stage would have seen a worse version by now."""
        new, old = self.seen.get(stage, (Served(), Served()))
        return min(power(each, new.requests, old.requests) for each in effects(self.plan, self.baseline).values())

    def unseen(self, stage: int, share: float) -> Optional[str]:
        """What is missing, if new should have got requests and none was seen."""
        new, old = self.seen.get(stage, (Served(), Served()))
        if new.requests or old.requests * share / (1 - share) < UNSEEN:
            return None
        return (
            f"{old.requests:g} requests of '{self.plan.old}' were seen and none of '{self.plan.new}', which has a "
            f"share of {percent(share)}: its numbers are missing, or no request reaches it. No data is not health"
        )

    @property
    def leaning(self) -> bool:
        """Whether there is evidence against new."""
        return any(value > LEANING for value in self.e_values.values())

    def _all(self) -> tuple[Served, Served]:
        new, old = Served(), Served()
        for of_new, of_old in self.seen.values():
            new, old = new + of_new, old + of_old
        return new, old
