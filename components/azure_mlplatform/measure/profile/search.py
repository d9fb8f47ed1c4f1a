"""Finds what each candidate holds, and the cheapest that holds enough. Knows no Azure: it measures by a function.

Each candidate is asked first what decides: does it meet the target at the rate that it needs to survive the loss of an
instance? Rounds of successive halving answer that: in each, the candidates that are left get twice as many runs, and
the less promising half of those that are still open waits. Nothing that waits is lost: it is taken up again before a
dearer one is recommended. Who cannot win any more is measured no further. Then bisection on the rate finds the highest
that the winner holds.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Optional

from ..load.percentiles import error_kinds
from ..load.warm_up import warm_up
from ..statistics.intervals import CONFIDENCE
from .at_rate import MOST_RATES, AtRate, Trial, Verdict, counted_seconds, looks

if TYPE_CHECKING:
    from ..load.measurement import Measurement
    from ..load.schedule import Measure
    from .candidates import Bounds, Runs, Target
    from .cost import MonthlyCost

HIGHEST = 4.0
"""The search ends at this multiple of the rate that a candidate needs: more is headroom that nobody asked for."""

LOWEST = 1 / 16
"""The search ends below this share of the rate that a candidate needs."""

PROBES = 10
"""Requests of the probe, before anything else: is there an answer at all, and how long does one take alone?"""

PROBE_RATE = 1.0
"""Requests of the probe a second."""


@dataclass(frozen=True)
class Entrant:
    """A candidate, as the search sees it."""

    name: str
    instances: Optional[int] = None
    """None: unknown. Then no loss can be survived."""

    batch: int = 1
    """Scorings in one request."""

    slots: Optional[int] = None
    """The number of requests that all instances work on at once. None: unknown."""

    cost: "Optional[MonthlyCost]" = None
    """A month. None: no price."""

    money_an_hour: Optional[float] = None
    """What an hour of it costs, if it exists for the search alone."""


class Fate(StrEnum):
    """How the search ended for a candidate."""

    WINS = "wins"
    FAILS = "fails"
    """It clearly does not meet the target at the rate that it needs."""

    DEARER = "dearer"
    """Another one meets the target and costs less, or stands before it."""

    UNCLEAR = "unclear"
    """Too close to call with the most runs."""

    OPEN = "open"
    """The budget ended before it was decided."""

    LATE = "late"
    """The generator was too slow for the rate that it needs."""

    BROKEN = "broken"
    """It could not be deployed, or answers nothing."""


@dataclass
class Found:
    """What the search found of a candidate."""

    entrant: Entrant
    required_rate: float
    """The rate that it needs, in scorings a second."""

    fate: Fate = Fate.OPEN
    why: str = ""
    """Why it lost, in a sentence."""

    rates: dict[float, AtRate] = field(default_factory=dict)
    """Rate → what was measured there."""

    alone: Optional[float] = None
    """The median time of a request without load, in seconds."""

    warm_up: str = ""
    """What its first run said of a warm-up."""

    answers: str = ""
    """What the probe was answered, if no answer was good: `HTTP 401`."""

    @property
    def low(self) -> float:
        """The highest rate that clearly meets the target. 0: none."""
        return max((each.rate for each in self.rates.values() if each.verdict is Verdict.MEETS), default=0.0)

    @property
    def high(self) -> float:
        """The lowest rate that clearly fails. Infinite: none."""
        return min((each.rate for each in self.rates.values() if each.verdict is Verdict.FAILS), default=math.inf)

    @property
    def ceiling(self) -> float:
        """The lowest rate at which the generator was late. Infinite: never."""
        return min((each.rate for each in self.rates.values() if each.verdict is Verdict.LATE), default=math.inf)

    def utilisation(self, rate: float) -> Optional[float]:
        """The share of its slots that a rate takes, by the time of a request alone. None: unknown."""
        if self.alone is None or not self.entrant.slots:
            return None
        return rate / self.entrant.batch * self.alone / self.entrant.slots


class OverError(Exception):
    """The budget is used up. The message says what of it."""


@dataclass
class Budget:
    """What the search may use, and what it has used."""

    bounds: "Bounds"
    clock: Optional[Callable[[], float]] = None
    """Seconds, monotonic. Default: the length of what was measured, as a simulated queue needs it."""

    bill: Optional[Callable[[], float]] = None
    """What was spent so far. Default: the hours of measuring, at each candidate's price."""

    requests: int = 0
    seconds: float = 0.0
    _money: float = 0.0
    _start: float = field(default=0.0, init=False)

    def __post_init__(self) -> None:
        self._start = self.clock() if self.clock else 0.0

    @property
    def elapsed(self) -> float:
        """Seconds since the start."""
        return self.clock() - self._start if self.clock else self.seconds

    @property
    def money(self) -> float:
        """What was spent so far."""
        return self.bill() if self.bill else self._money

    def use(self, requests: int, seconds: float, money_an_hour: float) -> None:
        """Counts a run."""
        self.requests += requests
        self.seconds += seconds
        self._money += money_an_hour * seconds / 3600

    def ask(self, requests: int, seconds: float) -> None:
        """Raises OverError if a run does not fit into what is left."""
        if self.requests + requests > self.bounds.requests:
            raise OverError(f"{self.bounds.requests:,} requests (bounds.requests)")
        if self.elapsed + seconds > self.bounds.minutes * 60:
            raise OverError(f"{self.bounds.minutes:g} minutes (bounds.minutes)")
        if self.bounds.money is not None and self.money > self.bounds.money:
            raise OverError(f"{self.bounds.money:g} of money (bounds.money)")


Says = Callable[[str], None]


@dataclass
class Search:
    """The whole search."""

    entrants: Sequence[Entrant]
    target: "Target"
    runs: "Runs"
    measure_of: "Callable[[Entrant], Measure]"
    """Returns what measures a candidate: deploys it at the first call. Both raise CandidateError if they cannot."""

    budget: Budget
    seed: int = 1
    confidence: float = CONFIDENCE
    all_rates: bool = False
    """Whether the highest rate of each is found, also of those that cannot win."""

    leave: Callable[[Entrant], None] = lambda _: None
    """Is told which candidate is measured no more."""

    says: Says = lambda _: None
    found: list[Found] = field(default_factory=list, init=False)
    over: str = field(default="", init=False)
    """What of the budget ended the search. Empty: it came to its end."""

    _trials: dict[tuple[str, float], Trial] = field(default_factory=dict, init=False)
    _left: set[str] = field(default_factory=set, init=False)
    _schedules: int = field(default=0, init=False)

    @property
    def priced(self) -> bool:
        """Whether all have a price, in one currency. If not, their order says which is the cheaper one."""
        costs = [each.cost for each in self.entrants]
        return all(costs) and len({each.currency for each in costs if each}) == 1

    def line_up(self) -> None:
        """Puts the candidates in their order, the cheapest first."""
        order = sorted(
            range(len(self.entrants)),
            key=lambda i: (cost.amount if self.priced and (cost := self.entrants[i].cost) else 0, i),
        )
        for index in order:
            entrant = self.entrants[index]
            self.found.append(Found(entrant, self.target.required_rate(entrant.instances or 1)))

    def run(self) -> Optional[Found]:
        """Searches. Returns the winner, or None."""
        self.line_up()
        winner = None
        try:
            winner = self._first_that_meets()
            if winner:
                self._bisect(winner)
                winner = winner if winner.fate is Fate.WINS else None
            elif nearest := self.nearest():
                self._bisect(nearest)
            if self.all_rates:
                for each in self.found:
                    if each.fate not in (Fate.BROKEN, Fate.LATE):
                        self._bisect(each)
        except OverError as error:
            self.over = str(error)
            winner = winner or self._met_before_the_end()
        for each in self.found:
            self._explain(each, winner)
            self._leave(each)
        return winner

    @property
    def so_far(self) -> Optional[Found]:
        """The cheapest that was shown to meet the target at the rate that it needs. A cheaper one may be open."""
        return next((each for each in self.found if self._verdict(each) is Verdict.MEETS), None)

    @property
    def is_open(self) -> bool:
        """Whether there is no winner and one may be among those that were not decided."""
        fates = {each.fate for each in self.found}
        return Fate.WINS not in fates and bool(fates & {Fate.OPEN, Fate.UNCLEAR, Fate.LATE})

    def nearest(self) -> Optional[Found]:
        """The candidate that comes nearest to the target at the rate that it needs, of those that were measured."""
        measured = [each for each in self.found if any(at.errors.n for at in each.rates.values())]
        return min(measured, key=self._distance, default=None)

    def _distance(self, found: Found) -> float:
        """How many times the bound (or the errors, if they are worse) was measured at the rate that it needs."""
        known = {rate: at for rate, at in found.rates.items() if at.errors.n}
        if not known:
            return math.inf
        at = known.get(found.required_rate) or max(known.values(), key=lambda each: each.rate)
        response = at.response.value / self.target.bound if math.isfinite(at.response.value) else math.inf
        errors = at.errors.value / self.target.errors if at.errors.n else 0.0
        return max(response, errors) * found.required_rate / at.rate

    def _first_that_meets(self) -> Optional[Found]:
        """The first candidate, from the cheapest on, that meets the target at the rate that it needs."""
        for each in self.found:
            self._screen(each)
        for number in looks(self.runs):
            waiting = self._waiting(number)
            for each in self._contenders():
                if each in waiting:
                    continue
                if not self._decide(each, each.required_rate, number):
                    continue
                if self._verdict(each) is Verdict.MEETS:
                    self._drop_dearer(each)
                    break
                self._lose(each)
        # What waited is cheaper than a winner, or there is none: it is decided with all runs.
        for each in self.found:
            if each.fate is not Fate.OPEN:
                continue
            if self._verdict(each) is Verdict.OPEN:
                self._decide(each, each.required_rate, self.runs.most)
            if self._verdict(each) is not Verdict.MEETS:
                self._lose(each)
            elif self._holds_below(each):
                each.fate = Fate.WINS
                self._drop_dearer(each)
                return each
        return None

    def _screen(self, found: Found) -> None:
        """Puts aside who cannot survive the loss, whatever it is measured."""
        if found.entrant.instances is None and self.target.survives != "nothing":
            found.fate, found.why = Fate.BROKEN, "the number of its instances is not known: give `instances`"
        elif math.isinf(found.required_rate):
            found.fate = Fate.FAILS
            found.why = f"nothing is left of it after the loss of one {self.target.survives}"

    def _contenders(self) -> list[Found]:
        return [each for each in self.found if each.fate is Fate.OPEN]

    def _waiting(self, number: int) -> list[Found]:
        """The less promising half of those that are open after the look before: they wait for the others."""
        if number == looks(self.runs)[0]:
            return []
        undecided = [each for each in self._contenders() if self._verdict(each) is Verdict.OPEN]
        ranked = sorted(undecided, key=lambda each: (self._distance(each) > 1, max(self._distance(each), 1)))
        return ranked[math.ceil(len(ranked) / 2) :] if len(ranked) > 1 else []

    def _drop_dearer(self, winner: Found) -> None:
        for each in self.found[self.found.index(winner) + 1 :]:
            if each.fate is Fate.OPEN:
                each.fate = Fate.DEARER
                if not self.all_rates:
                    self._leave(each)

    def _lose(self, found: Found) -> None:
        if found.fate is not Fate.OPEN:
            return
        fates = {Verdict.FAILS: Fate.FAILS, Verdict.LATE: Fate.LATE, Verdict.OPEN: Fate.UNCLEAR}
        found.fate = fates.get(self._verdict(found), Fate.FAILS)

    def _leave(self, found: Found) -> None:
        if found.entrant.name not in self._left:
            self._left.add(found.entrant.name)
            self.leave(found.entrant)

    def _verdict(self, found: Found) -> Verdict:
        at = found.rates.get(found.required_rate)
        return at.verdict if at else Verdict.OPEN

    def _holds_below(self, found: Found) -> bool:
        """Whether it meets the target at the peak and at the expected rate, too: a server may be slow with little to
        do, as one that sleeps."""
        for rate in dict.fromkeys((self.target.peak_rate, self.target.expected_rate)):
            if rate != found.required_rate:
                self._decide(found, rate, self.runs.most)
                if found.rates[rate].verdict is not Verdict.MEETS:
                    found.fate = Fate.FAILS if found.rates[rate].verdict is Verdict.FAILS else Fate.UNCLEAR
                    return False
        return True

    def _bisect(self, found: Found) -> None:
        """Narrows the highest rate that meets the target. A rate that is too close to call counts as not met."""
        for rate in self._next_rates(found):
            self._decide(found, rate, self.runs.most)

    def _next_rates(self, found: Found) -> Iterator[float]:
        required = found.required_rate if math.isfinite(found.required_rate) else self.target.peak_rate
        was = found.fate
        while len(found.rates) < MOST_RATES and found.fate is was is not Fate.BROKEN:
            low = found.low
            not_met = [each.rate for each in found.rates.values() if each.verdict is not Verdict.MEETS]
            above = min((each for each in not_met if each > low), default=math.inf)
            if not found.rates:
                yield required
            elif math.isinf(above):
                if low >= required * HIGHEST:
                    return
                yield low * 1.5
            elif low == 0:
                if above <= required * LOWEST:
                    return
                yield above / 2
            elif above - low <= self.runs.resolution * above:
                # What is too close to call is not met, and has not failed either.
                highest = max(not_met)
                if math.isfinite(found.high) or math.isfinite(found.ceiling) or highest >= required * HIGHEST:
                    return
                yield highest * 1.25
            else:
                yield math.sqrt(low * above)

    def _decide(self, found: Found, rate: float, most: int) -> bool:
        """Measures a candidate at a rate until it is clear, or until it has `most` runs. Says whether it is clear."""
        measure = self._measure(found)
        if measure is None:
            return False
        trial = self._trials.setdefault(
            (found.entrant.name, rate), Trial(rate, self.target, self.runs, self.confidence)
        )
        try:
            for number in (each for each in looks(self.runs) if each <= most):
                while len(trial.responses) < number and trial.verdict is Verdict.OPEN:
                    self._one_run(found, trial, measure)
                trial.decide()
                if trial.verdict is not Verdict.OPEN:
                    break
        except CandidateError as error:
            # What breaks under a load that nobody asked for may be right, and nobody knows.
            found.fate = Fate.OPEN if found.fate is Fate.WINS else Fate.BROKEN
            found.why = f"broke at {rate:.3g} a second: {error}"
            return False
        finally:
            if trial.requests:
                found.rates[rate] = trial.summary()
        return trial.verdict is not Verdict.OPEN

    def _measure(self, found: Found) -> "Optional[Measure]":
        """What measures a candidate, or None if it is broken. The first time, it is probed."""
        if found.fate is Fate.BROKEN:
            return None
        self.budget.ask(0, 0)
        try:
            measure = self.measure_of(found.entrant)
        except CandidateError as error:
            found.fate, found.why = Fate.BROKEN, str(error)
            return None
        if found.alone is None:
            try:
                self._probe(found, measure)
            except CandidateError as error:
                found.fate, found.why = Fate.BROKEN, str(error)
        return None if found.alone is None else measure

    def _probe(self, found: Found, measure: "Measure") -> None:
        """Sends a few requests, slowly."""
        import numpy as np

        from ..load.schedule import constant

        schedule = constant(PROBE_RATE, PROBES / PROBE_RATE)
        self.budget.ask(PROBES, schedule.seconds)
        self.says(f"{found.entrant.name}: {PROBES} requests without load")
        run = measure(schedule)
        self._count(run, schedule.seconds, found)
        if not run.succeeded.any():
            found.answers = next(iter(error_kinds(run, run.status >= 0)), "nothing")
            found.fate = Fate.BROKEN
            found.why = f"answers no request: {found.answers}. Look at its answer: mlplatform endpoint smoke"
            return
        found.alone = float(np.median(run.service[run.succeeded]))

    def _one_run(self, found: Found, trial: Trial, measure: "Measure") -> None:
        from ..load.schedule import poisson

        batch = found.entrant.batch
        counted = counted_seconds(trial.rate, batch, self.target, self.runs)
        self._schedules += 1
        schedule = poisson(trial.rate / batch, self.runs.warm_up + counted, seed=self.seed * 100_003 + self._schedules)
        self.budget.ask(len(schedule.times), schedule.seconds)
        number = len(trial.responses) + 1
        self.says(f"{found.entrant.name}: {trial.rate:.3g} a second, run {number} of {self.runs.most} at most")
        run = measure(schedule)
        self._count(run, schedule.seconds, found)
        trial.add(run, warm_up=self._warm_up(found, run))

    def _warm_up(self, found: Found, run: "Measurement") -> float:
        """How many seconds of a run are not counted: as many as the settings say, and in a candidate's first run all
        that it takes to be as fast as later."""
        if found.warm_up:
            return self.runs.warm_up
        first = warm_up(run)
        found.warm_up = first.why
        return max(self.runs.warm_up, first.seconds)

    def _count(self, run: "Measurement", seconds: float, found: Found) -> None:
        self.budget.use(len(run.intended), seconds, found.entrant.money_an_hour or 0.0)

    def _met_before_the_end(self) -> Optional[Found]:
        """The candidate that met the target before the budget ended, if no cheaper one is open."""
        for each in self.found:
            if each.fate is Fate.WINS:
                return each
        return None

    def _explain(self, found: Found, winner: Optional[Found]) -> None:
        """Says why a candidate lost."""
        if found.why or found is winner:
            return
        at = found.rates.get(found.required_rate)
        if found.fate is Fate.DEARER and winner is not None:
            order = "is cheaper" if self.priced else "stands before it in the file"
            found.why = f"{winner.entrant.name} {order} and meets the target"
            if at is None:
                found.why += ": not measured"
        elif found.fate is Fate.OPEN:
            found.why = f"not decided: the search ended with {self.over}" if self.over else "not measured"
        elif found.fate is Fate.LATE:
            found.why = f"the generator is too slow for {found.required_rate:.3g} a second"
        else:
            below = (each for each in found.rates.values() if each.rate <= found.required_rate)
            if shown := next((each for each in below if each.verdict is Verdict.FAILS), at):
                word = "too close to call at" if found.fate is Fate.UNCLEAR else "does not hold"
                found.why = f"{word} {shown.rate:.3g} a second: {lacks(shown, self.target)}"


def lacks(at: AtRate, target: "Target") -> str:
    """What was measured at a rate, beside the target."""
    response, errors = at.response, at.errors
    words = []
    if errors.n and (errors.low > target.errors or errors.high > target.errors):
        kinds = ", ".join(kind for kind, _ in at.statuses[:2])
        words.append(
            f"errors {errors.value:.2%} [{max(errors.low, 0):.2%}, {errors.high:.2%}] of {target.errors:.2%}"
            + (f" ({kinds})" if kinds else "")
        )
    if response.n and (response.high > target.bound or not words):
        words.insert(
            0,
            f"p{target.percentile:g} {milliseconds(response.value)} "
            f"[{milliseconds(max(response.low, 0))}, {milliseconds(response.high)}] of {target.bound_ms:g} ms",
        )
    return ", ".join(words) or "no answers"


def milliseconds(seconds: float) -> str:
    """A time with three digits, such as `12.3` for 0.0123. `∞`: too many requests had no answer."""
    value = seconds * 1000
    if math.isinf(value):
        return "∞"
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


class CandidateError(Exception):
    """A candidate cannot be measured. The message says why."""
