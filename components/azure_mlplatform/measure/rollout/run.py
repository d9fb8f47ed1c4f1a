"""Runs a rollout: gives the new version its next share, looks until the step has an answer, and goes on or back.

The endpoint's own traffic is the truth. It is read at the start and at every look; each write is the whole map, and
names what was seen. Whoever stops the process at any moment leaves old at 100, new at 100, or a step of the plan, and
the same command goes on from there.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Optional, Protocol

from ..endpoints.endpoint import PRODUCTION, ChangedByOthersError, Endpoint, EndpointError, Kind, Traffic
from .baseline import Baseline, baseline_of, in_words, percent, share_of
from .evidence import EvidenceError, Minute, Source
from .journal import Journal, baseline_from, is_same, minutes_of
from .judge import Judge
from .plan import Plan, Stage, given, standing, traffic_in_words

GUARDED = 300.0
"""The hard guard looks at so many of the latest seconds."""


class Answer(StrEnum):
    """How a rollout ended."""

    GO = "go"
    BACK = "back"
    INCONCLUSIVE = "inconclusive"
    CHANGED = "changed by others"
    """Somebody else changed the traffic. Nothing was written after that."""

    BLIND = "no evidence"
    """The source could not be read any more."""


@dataclass(frozen=True)
class Clock:
    """The time, and how it passes."""

    now: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep


class Swaps(Protocol):
    """An endpoint whose versions change places instead of taking all traffic."""

    def swap(self, slot: str) -> None:
        """Swaps a slot with production, and waits until it is done."""
        ...


@dataclass(frozen=True, slots=True)
class Look:
    """What one look found."""

    time: float
    stage: int
    share: int
    e_values: dict[str, float]
    power: float


@dataclass
class Outcome:
    """How a rollout ended, and what it saw."""

    answer: Answer
    reason: str
    shares: dict[str, int]
    """The traffic at the end, as the endpoint says it; as it was last seen, where Azure could not be asked."""

    looks: list[Look] = field(default_factory=list)
    written: list[tuple[float, dict[str, int]]] = field(default_factory=list)
    """When which traffic was in effect."""

    judge: Optional[Judge] = None


class StoppedError(Exception):
    """Azure refused or did not answer, and the rollout ended. The message says what the traffic is."""

    def __init__(self, text: str, outcome: Outcome) -> None:
        super().__init__(text)
        self.outcome = outcome


class _Ended(Exception):  # noqa: N818 - an end, not an error
    def __init__(self, answer: Answer, reason: str) -> None:
        super().__init__(reason)
        self.answer, self.reason = answer, reason


def silent(_line: str) -> None:
    """Tells nobody."""


@dataclass
class Rollout:
    """One run of the command."""

    endpoint: Endpoint
    source: Source
    plan: Plan
    journal: Journal
    clock: Clock = field(default_factory=Clock)
    tell: Callable[[str], None] = silent
    extend: Callable[[str], bool] = lambda _reason: False
    """Asks whether a step without an answer goes on for as long again."""

    traffic: Traffic = field(init=False, default_factory=lambda: Traffic({}))
    """As it was last seen."""

    _outcome: Outcome = field(init=False)

    def __post_init__(self) -> None:
        self._outcome = Outcome(Answer.INCONCLUSIVE, "", {})
        self._failures = 0

    def run(self) -> Outcome:
        """Carries the rollout out, or takes it up where the traffic says that it stands.

        Raises EndpointError or EvidenceError before anything was changed, StoppedError after that.
        """
        self.traffic = self.endpoint.traffic()
        at = standing(self.plan, self.traffic)
        events = self.journal.events()
        # Before all else: what was swapped is over, and starting again must not release the old version.
        swapped = self._is_swapped(events)
        events = events if events and is_same(events[0], self.plan) and not _is_over(events) else []
        if swapped:
            return self._end(Answer.GO, f"'{self.plan.new}' was swapped into production already: nothing to do")
        if at.done:
            return self._end(Answer.GO, f"'{self.plan.new}' has all traffic already: nothing to do")
        self._refuse_impossible()
        judge = self._judge(at.stage, events)
        self._outcome.judge = judge
        try:
            self._carry_out(judge, max(at.stage, 0), going=at.stage >= 0)
        except _Ended as end:
            return self._end(end.answer, end.reason)
        except ChangedByOthersError as error:
            self._reread()
            return self._end(Answer.CHANGED, str(error))
        except EndpointError as error:
            return self._after_refusal(error)
        text = f"'{self.plan.new}' has all traffic"
        return self._end(Answer.GO, f"{text}; '{self.plan.old}' stays deployed without traffic: --back returns to it")

    def back(self, reason: str = "asked for") -> Outcome:
        """Gives old all traffic at once, whatever step the endpoint is at."""
        self.traffic = self.endpoint.traffic()
        shares = given(self.traffic.shares)
        try:
            if self._is_swapped(self.journal.events()):
                return self._swap_back()
            if shares == {self.plan.old: 100} and not given(self.traffic.mirror):
                return self._end(Answer.BACK, f"'{self.plan.old}' has all traffic already: nothing to do")
            self._write(None, back=True)
        except ChangedByOthersError as error:
            self._reread()
            return self._end(Answer.CHANGED, str(error))
        return self._end(Answer.BACK, reason)

    def _refuse_impossible(self) -> None:
        kind = self.endpoint.kind
        if self.plan.mirror and kind is not Kind.MANAGED:
            raise EndpointError(f"{self.endpoint.name} is a {kind}, which copies no requests. Leave --mirror out")
        if kind is Kind.APP_SERVICE and self.plan.old != PRODUCTION:
            raise EndpointError(
                f"{self.endpoint.name}: what is replaced is the slot '{PRODUCTION}', not '{self.plan.old}'"
            )
        found = {each.name: each for each in self.endpoint.deployments()}
        images = {each.image for each in found.values() if each.name in (self.plan.old, self.plan.new)}
        if kind is Kind.APP_SERVICE and (None in images or len(images) < 2):
            raise EndpointError(
                f"{self.endpoint.name}: after a swap, nobody could tell which version is in production, because "
                f"'{self.plan.old}' and '{self.plan.new}' have no images of different names. Give each release a "
                "tag or a digest of its own"
            )
        for name in (self.plan.old, self.plan.new):
            if name not in found:
                raise EndpointError(
                    f"{self.endpoint.name} has no '{name}'. It has {', '.join(sorted(found)) or 'no version'}"
                )

    def _judge(self, stage: int, events: list[dict[str, Any]]) -> Judge:
        """The judge, with what the journal kept of this rollout if it is under way."""
        plan = self.plan
        kept = baseline_from(events[0]) if events and stage >= 0 else None
        if kept is not None:
            judge = Judge(plan, kept)
            for each in events:
                if each["event"] == "minutes" and each.get("stage") in range(len(plan.stages)):
                    judge.observe(each["stage"], minutes_of(each, plan))
            self.tell(f"taken up at {plan.stages[stage]}, with what was seen before")
            return judge
        if stage >= 0:
            self.tell(
                f"taken up at {plan.stages[stage]}; what was seen before is not known here, so the test begins anew"
            )
        baseline = baseline_of(self.source, plan.old, self.clock.now(), plan.baseline)
        self._begin(baseline)
        return Judge(plan, baseline)

    def _begin(self, baseline: Baseline) -> None:
        images = {each.name: each.image for each in self.endpoint.deployments()}
        self.journal.begin(self.plan, baseline, self.clock.now(), images=images)

    def _carry_out(self, judge: Judge, first: int, *, going: bool) -> None:
        for index in range(first, len(self.plan.stages)):
            stage = self.plan.stages[index]
            if going and index == first:
                since = self._since(index)
                self._note()
            else:
                self._write(stage)
                since = self.clock.now()
            self._look(judge, index, stage, since)
        if self.endpoint.kind is Kind.APP_SERVICE:
            self._swap()
        else:
            self._write(None)
            self._watch(judge)

    def _since(self, index: int) -> float:
        """From when on the minutes of the current stage are not known yet: by the journal, else from now on."""
        known = self.clock.now()
        for each in self.journal.events():
            if each["event"] == "at" and each.get("stage") == index:
                known = float(each["time"])
            if each["event"] == "minutes" and each.get("stage") == index and (rows := minutes_of(each, self.plan)):
                known = rows[-1].start + self.source.window - self.plan.settle
        return known

    def _look(self, judge: Judge, index: int, stage: Stage, since: float) -> None:
        """Looks until the stage is passed. Raises _Ended if it is not."""
        plan, window = self.plan, self.source.window
        first = since // window * window
        fed = -(-(since + plan.settle) // window) * window
        end = self.clock.now() + plan.longest
        latest: dict[float, Minute] = {}
        while True:
            self.clock.sleep(plan.pause)
            if not self._is_ours() or (minutes := self._minutes(judge, first)) is None:
                continue
            now = self.clock.now()
            complete = [each for each in minutes if each.start >= fed and each.start + window <= now - self.source.lag]
            if complete:
                judge.observe(index, complete)
                self.journal.minutes(index, complete, plan, now)
                first = fed = complete[-1].start + window
            power = judge.power(index)
            self._outcome.looks.append(Look(now, index, stage.share, judge.e_values, power))
            latest |= {each.start: each for each in minutes}
            latest = {start: each for start, each in latest.items() if start > now - max(GUARDED, window)}
            if alarm := judge.guarded(latest.values()) or judge.alarm():
                self._go_back(alarm)
            if missing := judge.unseen(index, share_of(stage, self.source)):
                # Nobody can see how it does, so it keeps no callers.
                self._write(None, back=True)
                raise _Ended(Answer.INCONCLUSIVE, missing)
            trouble = judge.trouble(latest.values())
            if power >= plan.power and not judge.leaning and not trouble:
                self.tell(f"{stage}: passed. {_seen(judge, index)}; {_power(plan, power)}")
                return
            self.tell(trouble or f"{stage}: {_seen(judge, index)}; {_e_values(judge)}; power {percent(power)}")
            if now >= end:
                why = trouble or self._why_open(judge, power)
                reason = f"after {in_words(plan.longest)} at {stage}, {why}"
                if not self.extend(reason):
                    self._inconclusive(reason)
                end = self.clock.now() + plan.longest

    def _why_open(self, judge: Judge, power: float) -> str:
        if judge.leaning:
            return (
                f"there is evidence against '{self.plan.new}', and not enough to take it back ({_e_values(judge)}; the "
                f"alarm is at {self.plan.level:.3g})"
            )
        return f"too little was seen: {_power(self.plan, power)} only, and {percent(self.plan.power)} are wanted"

    def _watch(self, judge: Judge) -> None:
        """Watches new with all traffic, under the hard guard: nothing is left to compare it with."""
        plan, since = self.plan, self.clock.now()
        if not plan.watch:
            return
        # What happens in the last minute shows only after the lag.
        end = since + plan.watch + self.source.lag
        self.tell(f"100 %: the hard guard watches for {in_words(end - since)}")
        while self.clock.now() < end:
            self.clock.sleep(min(plan.pause, end - self.clock.now()))
            if self._is_ours() and (minutes := self._minutes(judge, since)):
                latest = [each for each in minutes if each.start > self.clock.now() - self.source.lag - GUARDED]
                if alarm := judge.guarded(latest, alone=True):
                    self._go_back(alarm)

    def _minutes(self, judge: Judge, since: float) -> Optional[list[Minute]]:
        """The minutes since then. None if the source failed, which is not health: it may only do so a few times."""
        plan = self.plan
        try:
            found = self.source.minutes((plan.old, plan.new), since, self.clock.now(), judge.baseline.slower_than)
        except EvidenceError as error:
            self._failures += 1
            self.tell(f"{self.source.name} cannot be read ({self._failures} of {plan.patience}): {error}")
            if self._failures < plan.patience:
                return None
            self._write(None, back=True)
            raise _Ended(
                Answer.BLIND, f"{self.source.name} could not be read {plan.patience} times in a row: {error}"
            ) from None
        self._failures = 0
        return found

    def _is_ours(self) -> bool:
        """Whether the traffic could be read. Raises ChangedByOthersError if it is not what this rollout wrote."""
        try:
            now = self.endpoint.traffic()
        except EndpointError as error:
            self._failures += 1
            self.tell(f"Azure did not say the traffic ({self._failures} of {self.plan.patience}): {error}")
            if self._failures >= self.plan.patience:
                raise
            return False
        if given(now.shares) != given(self.traffic.shares) or given(now.mirror) != given(self.traffic.mirror):
            then = traffic_in_words(self.traffic)
            raise ChangedByOthersError(
                f"somebody else changed the traffic of {self.endpoint.name}: it was {then}, and now it is "
                f"{traffic_in_words(now)}. Nothing was written"
            )
        self.traffic = now
        return True

    def _write(self, stage: Optional[Stage], *, back: bool = False) -> None:
        """Writes the whole map of a stage; None is new's end, or old's with `back`."""
        plan = self.plan
        shares = {plan.old: 100} if back else plan.shares(stage)
        mirror = {} if back else plan.mirrored(stage)
        self.journal.write("write", self.clock.now(), shares=shares, mirror=mirror)
        self.tell(f"traffic: {traffic_in_words(Traffic(shares, mirror))} …")
        self.traffic = self.endpoint.set_traffic(shares, self.traffic, mirror)
        index = plan.stages.index(stage) if stage is not None else None
        self.journal.write("at", self.clock.now(), shares=shares, mirror=mirror, stage=index)
        self._note()

    def _note(self) -> None:
        self._outcome.written.append((self.clock.now(), given(self.traffic.shares)))

    def _swap(self) -> None:
        """App Service: production takes all traffic again, and then new takes its place.

        In this order: after a swap the other slot holds the old version, and a rule that was left would lead to it.
        """
        self._write(None, back=True)
        self.journal.write("swap", self.clock.now())
        self.tell(f"swapping '{self.plan.new}' into production …")
        swaps: Swaps = self.endpoint  # pyright: ignore[reportAssignmentType]
        swaps.swap(self.plan.new)
        self.journal.write("swapped", self.clock.now())
        raise _Ended(
            Answer.GO,
            f"what was in slot '{self.plan.new}' is in production, and the slot holds the old version. To go back, "
            "swap again",
        )

    def _swap_back(self) -> Outcome:
        """App Service: the old version takes its place again."""
        self.tell(f"swapping '{self.plan.new}' back …")
        swaps: Swaps = self.endpoint  # pyright: ignore[reportAssignmentType]
        swaps.swap(self.plan.new)
        return self._end(Answer.BACK, f"the old version is in production again, and the new one in '{self.plan.new}'")

    def _is_swapped(self, events: list[dict[str, Any]]) -> bool:
        """Whether this rollout's swap was begun, and production holds what new held."""
        if self.endpoint.kind is not Kind.APP_SERVICE or not any(each["event"] == "swap" for each in events):
            return False
        then = events[0].get("images") or {}
        now = {each.name: each.image for each in self.endpoint.deployments()}
        new = then.get(self.plan.new)
        return new is not None and new != then.get(self.plan.old) and now.get(self.plan.old) == new

    def _go_back(self, reason: str) -> None:
        self.tell(f"back: {reason}")
        self._write(None, back=True)
        raise _Ended(Answer.BACK, reason)

    def _inconclusive(self, reason: str) -> None:
        if self.plan.back_if_inconclusive:
            self._write(None, back=True)
        raise _Ended(Answer.INCONCLUSIVE, reason)

    def _after_refusal(self, error: EndpointError) -> Outcome:
        """Azure refused a write or could not be asked: old gets all traffic, if Azure can be reached."""
        try:
            self.traffic = self.endpoint.traffic()
            if self._is_swapped(self.journal.events()):
                return self._end(
                    Answer.GO, f"'{self.plan.new}' was swapped into production, though Azure said: {error}"
                )
            standing(self.plan, self.traffic)
            if given(self.traffic.shares) != {self.plan.old: 100} or given(self.traffic.mirror):
                self._write(None, back=True)
        except EndpointError as second:
            seen = traffic_in_words(self.traffic)
            text = f"{error}\n    Going back failed as well: {second}. The traffic was last seen as {seen}"
        else:
            text = f"{error}\n    '{self.plan.old}' has all traffic"
        outcome = self._end(Answer.BACK, str(error))
        raise StoppedError(text, outcome) from None

    def _reread(self) -> None:
        try:
            self.traffic = self.endpoint.traffic()
        except EndpointError:
            return

    def _end(self, answer: Answer, reason: str) -> Outcome:
        self.journal.write("end", self.clock.now(), answer=answer.value, reason=reason)
        self._outcome.answer, self._outcome.reason = answer, reason
        self._outcome.shares = given(self.traffic.shares)
        return self._outcome


def _is_over(events: list[dict[str, Any]]) -> bool:
    """Whether a rollout came to its end, so that its evidence is of no other one."""
    last = events[-1]
    return last["event"] == "end" and last.get("answer") in (Answer.GO, Answer.BACK, Answer.BLIND)


def _power(plan: Plan, power: float) -> str:
    return f"a version {plan.ratio:g} times as bad would have been seen with a chance of {percent(power)}"


def _seen(judge: Judge, index: int) -> str:
    if index not in judge.seen:
        return "no complete minute yet"
    new, old = judge.seen[index]
    return f"{new.failed:g} of {new.requests:g} failed, against {old.failed:g} of {old.requests:g}"


def _e_values(judge: Judge) -> str:
    return ", ".join(f"e-value of {name} {value:.3g}" for name, value in judge.e_values.items())
