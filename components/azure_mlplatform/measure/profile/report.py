"""What a profile says: as JSON, as a table and as Markdown, all from the same facts."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Optional

from ...foundation.markdown import escaped
from ..load.judgement import SHARE
from .at_rate import AtRate, Verdict
from .search import Fate, Found, Search, lacks, milliseconds

if TYPE_CHECKING:
    from ..endpoints.endpoint import Deployment, Endpoint
    from .candidates import Candidate, Candidates

NO_PRICE = "no price"


class Outcome(StrEnum):
    """The answer in a word."""

    RECOMMENDED = "recommended"
    NOTHING_MEETS = "nothing meets the target"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True)
class Tried:
    """A candidate with what is known of it beside the search."""

    candidate: "Candidate"
    vm_size: Optional[str]
    deployment: "Optional[Deployment]"
    """What it is, or what it was made from."""

    name: str = ""
    """The deployment that was measured. Empty: none."""

    max_concurrent: Optional[int] = None


@dataclass(frozen=True)
class Profile:
    """A search that has ended, with what a reader must know of it."""

    endpoint: "Endpoint"
    candidates: "Candidates"
    search: Search
    winner: Optional[Found]
    tried: Mapping[str, Tried]
    body_bytes: Mapping[str, int]
    """Candidate → the length of the body of its requests."""

    prices: str = ""
    """The price table."""

    plots: Sequence[str] = ()
    taken_away: Sequence[str] = ()
    left_behind: Sequence[str] = ()
    notes: Sequence[str] = field(default=())

    @property
    def outcome(self) -> Outcome:
        """The answer in a word."""
        if self.winner:
            return Outcome.RECOMMENDED
        return Outcome.INCONCLUSIVE if self.search.is_open else Outcome.NOTHING_MEETS

    @property
    def nearest(self) -> Optional[Found]:
        """The candidate that comes nearest, if none is recommended."""
        return None if self.winner else self.search.nearest()

    def lacks(self, found: Found) -> str:
        """What a candidate lacks, in a sentence."""
        at = found.rates.get(found.required_rate)
        short = f"holds {found.low:.3g} of {found.required_rate:.3g} a second" if found.low else "holds no rate"
        return f"{short}; at {at.rate:.3g} a second {lacks(at, self.candidates.target)}" if at else short

    def peak(self, found: Found) -> float:
        """The highest peak that a candidate holds after the loss. Computed: the rate that all hold, by the share that
        is left."""
        instances = found.entrant.instances or 1
        return found.low * max(self.candidates.target.left(instances), 0) / instances

    def headroom(self, found: Found) -> float:
        """How much higher the peak could be, as a share of it: 0.2 is 20 %."""
        return self.peak(found) / self.candidates.target.peak_rate - 1

    def not_varied(self) -> list[str]:
        """What is the same for all candidates, or was not looked at."""
        tried = list(self.tried.values())
        settings: dict[str, set[Any]] = {
            "VM size or instance type": {each.vm_size for each in tried},
            "instances": {each.entrant.instances for each in self.search.found},
            "requests at once": {each.max_concurrent for each in tried},
            "workers": {each.candidate.workers for each in tried},
            "batch": {each.candidate.batch for each in tried},
            "model": {each.deployment.model if each.deployment else None for each in tried},
            "image or environment": {each.deployment.image if each.deployment else None for each in tried},
        }
        found = [
            f"{what}: {next(iter(values))}" if None not in values else what
            for what, values in settings.items()
            if len(values) == 1
        ]
        lengths = sorted(set(self.body_bytes.values()))
        if len(lengths) == 1:
            found.append(f"the request: {lengths[0]:,} bytes, the same each time")
        return [*found, "the place of the generator, the network and the time of day"]

    def assumed(self) -> list[str]:
        """What was computed or taken for granted, not measured."""
        target = self.candidates.target
        found = []
        if target.survives != "nothing":
            found.append(f"the loss of one {target.survives}: those that are left hold their share of the rate")
        found.append("arrivals are those of many independent callers (Poisson)")
        if any(each.alone is not None and each.entrant.slots for each in self.search.found):
            found.append("utilisation: the time of a request alone, times the rate, over the requests at once")
        return found

    def as_json(self) -> dict[str, Any]:
        """The fields of the JSON object."""
        search, target, runs = self.search, self.candidates.target, self.candidates.runs
        nearest, so_far = self.nearest, None if self.winner else search.so_far
        budget = search.budget
        return {
            "endpoint": self.endpoint.id,
            "kind": self.endpoint.kind.value,
            "outcome": self.outcome.value,
            "recommended": self.winner and self.winner.entrant.name,
            "shown_to_meet": so_far and so_far.entrant.name,
            "nearest": nearest and nearest.entrant.name,
            "nearest_lacks": nearest and self.lacks(nearest),
            "target": target.model_dump(mode="json"),
            "confidence": search.confidence,
            "ordered_by": "price" if search.priced else "file",
            "prices": self.prices,
            "candidates": [self._candidate(each) for each in search.found],
            "warm_up": {"seconds": runs.warm_up, "why": WARM_UP},
            "generator": {
                "lateness_ms": _ms(max((at.lateness for at in self._rates()), default=0.0)),
                "ceiling": max((at.ceiling for at in self._rates()), default=0.0) or None,
                "allowed_ms": _ms(SHARE * target.bound),
                "kept_up_to": max((at.rate for at in self._rates() if at.verdict is not Verdict.LATE), default=0.0),
                "too_slow_from": _finite(min((each.ceiling for each in search.found), default=math.inf)),
            },
            "not_varied": self.not_varied(),
            "assumed": self.assumed(),
            "requests": budget.requests,
            "minutes": budget.elapsed / 60,
            "money": budget.money,
            "ended_by": search.over or None,
            "plots": list(self.plots),
            "taken_away": list(self.taken_away),
            "left_behind": list(self.left_behind),
        }

    def _rates(self) -> Iterator[AtRate]:
        return (at for each in self.search.found for at in each.rates.values())

    def _candidate(self, found: Found) -> dict[str, Any]:
        entrant, tried = found.entrant, self.tried[found.entrant.name]
        target, there = self.candidates.target, tried.deployment
        return {
            "name": entrant.name,
            "fate": found.fate.value,
            "why": found.why or None,
            "deployment": tried.name or None,
            "made": not tried.candidate.is_there and bool(tried.name),
            "settings": tried.candidate.model_dump(mode="json", exclude_defaults=True, exclude={"name"}),
            "vm_size": tried.vm_size,
            "instances": entrant.instances,
            "requests_at_once": entrant.slots,
            "model": there.model if there else None,
            "image": there.image if there else None,
            "cost": _cost(entrant.cost),
            "required_rate": _finite(found.required_rate),
            "highest_rate": {"low": found.low, "high": _finite(found.high)} if found.rates else None,
            "headroom": self.headroom(found) if found.low else None,
            "utilisation": {
                "expected": found.utilisation(target.expected_rate),
                "peak": found.utilisation(target.peak_rate),
            },
            "warm_up": found.warm_up or None,
            "alone_ms": None if found.alone is None else _ms(found.alone),
            "rates": [_at(each) for _, each in sorted(found.rates.items())],
        }

    def table(self) -> Iterator[str]:
        """Lines for a terminal."""
        yield from self._answer()
        yield ""
        rows = [_COLUMNS, *(self._row(each) for each in self.search.found)]
        widths = [max(len(row[column]) for row in rows) for column in range(len(_COLUMNS))]
        for row in rows:
            yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        lost = [each for each in self.search.found if each.why]
        if lost:
            yield ""
            yield "Why the others lost" if self.winner else "Why they lost"
            yield from (f"  {each.entrant.name}: {each.why}" for each in lost)
        yield ""
        yield from self._notes()

    def markdown(self) -> Iterator[str]:
        """Lines of a document."""
        yield "# Right-sizing"
        yield ""
        yield from (f"{escaped(line)}  " for line in self._answer())
        yield ""
        yield f"| {' | '.join(_COLUMNS)} |"
        yield f"|{'---|' * len(_COLUMNS)}"
        yield from (f"| {' | '.join(map(escaped, self._row(each)))} |" for each in self.search.found)
        if lost := [each for each in self.search.found if each.why]:
            yield ""
            yield "## Why the others lost" if self.winner else "## Why they lost"
            yield ""
            yield from (f"- `{each.entrant.name}`: {escaped(each.why)}" for each in lost)
        yield ""
        yield "## How it was measured"
        yield ""
        yield from (f"- {escaped(line)}" for line in self._notes())
        for plot in self.plots:
            yield ""
            yield f"![Response times over the rate]({plot})"

    def _answer(self) -> Iterator[str]:
        target = self.candidates.target
        survives = "" if target.survives == "nothing" else f", after the loss of one {target.survives}"
        yield (
            f"Target: p{target.percentile:g} of {target.bound_ms:g} ms and {target.errors:.2%} errors at most, at "
            f"{target.expected_rate:g} a second, and at {target.peak_rate:g}{survives}"
        )
        match self.outcome:
            case Outcome.RECOMMENDED if self.winner:
                yield f"Recommended: {self.winner.entrant.name}, {_price(self.winner)}"
                yield from self._shown(self.winner)
            case Outcome.NOTHING_MEETS:
                yield "Nothing meets it"
            case _:
                yield f"Inconclusive: {self._why_open()}"
        if (so_far := self.search.so_far) and not self.winner:
            yield f"Shown to meet it so far: {so_far.entrant.name}, {_price(so_far)}. A cheaper one may, too"
        elif nearest := self.nearest:
            yield f"Nearest: {nearest.entrant.name}, {_price(nearest)}: {self.lacks(nearest)}"

    def _why_open(self) -> str:
        if self.search.over:
            return f"the search ended with {self.search.over}"
        fates = {each.fate for each in self.search.found}
        if Fate.LATE in fates:
            return "the generator is too slow; run it on a larger machine, nearer to the endpoint"
        return "too close to call; give more runs (runs.most), or a candidate that is a little larger"

    def _shown(self, winner: Found) -> Iterator[str]:
        target = self.candidates.target
        for word, rate in (
            ("Expected", target.expected_rate),
            ("Peak", target.peak_rate),
            ("With room for the loss", winner.required_rate),
        ):
            at = winner.rates.get(rate)
            if at is None or (rate == winner.required_rate and rate == target.peak_rate and word != "Peak"):
                continue
            used = winner.utilisation(rate)
            busy = "" if used is None else f", utilisation {used:.0%}"
            yield (
                f"  {word}: at {rate:.3g} a second p{target.percentile:g} is {_interval(at)} ms, errors "
                f"{at.errors.value:.2%} [{max(at.errors.low, 0):.2%}, {at.errors.high:.2%}], "
                f"{at.response.n:,} requests in {at.runs} runs{busy}"
            )
        yield f"  Holds {_range(winner)} a second: headroom {self.headroom(winner):.0%} over the peak"

    def _row(self, found: Found) -> list[str]:
        target = self.candidates.target
        at = found.rates.get(found.required_rate)
        used = found.utilisation(target.peak_rate)
        return [
            found.entrant.name,
            found.fate.value,
            self.tried[found.entrant.name].vm_size or "",
            str(found.entrant.instances or ""),
            _price(found),
            f"{found.required_rate:.3g}" if math.isfinite(found.required_rate) else "",
            _interval(at) if at else "",
            _range(found) if found.rates else "",
            "" if used is None else f"{used:.0%}",
            "" if found.alone is None else milliseconds(found.alone),
        ]

    def _notes(self) -> Iterator[str]:
        search, runs, target = self.search, self.candidates.runs, self.candidates.target
        budget = search.budget
        money = f", {budget.money:.2f} of money" if budget.money else ""
        yield f"Used: {budget.requests:,} requests, {budget.elapsed / 60:.1f} minutes{money}"
        if search.over and self.winner:
            yield f"The search ended with {search.over}: the highest rate may be higher"
        yield f"Warm-up: {runs.warm_up:g} s of each run are dropped. {WARM_UP}"
        for each in search.found:
            if each.warm_up and not each.warm_up.startswith("nothing"):
                yield f"Warm-up of {each.entrant.name}: {each.warm_up}"
        late = max((at.lateness for at in self._rates()), default=0.0)
        ceiling = max((at.ceiling for at in self._rates()), default=0.0)
        most = f"; its ceiling is {ceiling:,.0f} requests a second or less" if ceiling else ""
        kept = max((at.rate for at in self._rates() if at.verdict is not Verdict.LATE), default=0.0)
        yield (
            f"Generator: p99 of its lateness {milliseconds(late)} ms at most; it kept up to {kept:.3g} a second{most}. "
            f"{milliseconds(SHARE * target.bound)} ms are allowed; later runs do not count"
        )
        yield f"Intervals: {search.confidence:.0%}, between independent runs; of the highest rate, over all decisions"
        order = f"by price ({self.prices})" if search.priced else "as in the file, because not all have a price"
        yield f"Order: {order}"
        versions = {(each.deployment.model, each.deployment.image) for each in self.tried.values() if each.deployment}
        for model, image in sorted(versions, key=str):
            yield f"Model {model or 'unknown'}, image or environment {image or 'unknown'}"
        yield f"Not varied: {'; '.join(self.not_varied())}"
        yield f"Assumed: {'; '.join(self.assumed())}"
        yield from self.notes
        if self.taken_away:
            yield f"Taken away, left by an interrupted run: {', '.join(self.taken_away)}"
        if self.left_behind:
            yield f"STILL THERE, and billed: {', '.join(self.left_behind)}. Delete them"


WARM_UP = (
    "Each run begins with an empty queue, new connections and cold caches: its first requests are faster or slower "
    "than all later ones"
)
"""Why the start of each run is dropped."""

_COLUMNS = (
    "candidate",
    "fate",
    "size",
    "instances",
    "a month",
    "needs /s",
    "there, ms",
    "holds /s",
    "busy at peak",
    "alone, ms",
)


def _interval(at: AtRate) -> str:
    response = at.response
    if not response.n:
        return "no answers"
    low, high = milliseconds(max(response.low, 0)), milliseconds(response.high)
    return f"{milliseconds(response.value)} [{low}, {high}]"


def _range(found: Found) -> str:
    high = f"{found.high:.3g}" if math.isfinite(found.high) else "?"
    return f"{found.low:.3g} to {high}"


def _price(found: Found) -> str:
    cost = found.entrant.cost
    return f"{cost.amount:,.0f} {cost.currency} a month" if cost else NO_PRICE


def _cost(cost: Any) -> Optional[dict[str, Any]]:
    if cost is None:
        return None
    row = cost.row
    return {
        "amount": float(cost.amount),
        "currency": cost.currency,
        "machines": cost.machines,
        "source": row.source,
        "day": row.day.isoformat(),
    }


def _at(at: AtRate) -> dict[str, Any]:
    response, errors = at.response, at.errors
    return {
        "rate": at.rate,
        "verdict": at.verdict.value,
        "response_ms": {
            "value": _finite(response.value * 1000),
            "low": _finite(response.low * 1000),
            "high": _finite(response.high * 1000),
        },
        "errors": {"value": _finite(errors.value), "low": _finite(errors.low), "high": _finite(errors.high)},
        "kinds": dict(at.statuses),
        "n": errors.n,
        "runs": at.runs,
        "lateness_ms": _ms(at.lateness),
    }


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 6)


def _finite(value: float) -> Optional[float]:
    return value if math.isfinite(value) else None
