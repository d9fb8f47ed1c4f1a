"""An endpoint with callers, in simulated time: its traffic as Azure keeps it, and what versions did in each minute."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Optional

import numpy as np

from azure_mlplatform.measure.endpoints.endpoint import (
    ChangedByOthersError,
    Deployment,
    EndpointError,
    Kind,
    Route,
    Traffic,
    check_shares,
)
from azure_mlplatform.measure.rollout.evidence import EvidenceError, Minute, Served
from azure_mlplatform.measure.rollout.run import Clock

START = 1_800_000_000.0
MINUTE = 60.0


@dataclass(frozen=True)
class Behaviour:
    """A version: the share of its requests that fail, and that are slow."""

    failed: float = 0.01
    slow: float = 0.05


@dataclass
class Callers:
    """Callers of an endpoint, who send so many requests a minute, in simulated time."""

    behaviour: dict[str, Any] = field(default_factory=dict)
    """Version → its Behaviour, or a function of the time that returns it."""

    a_minute: float = 600
    shares: dict[str, int] = field(default_factory=lambda: {"blue": 100})
    mirror: dict[str, int] = field(default_factory=dict)
    seed: int = 20261128
    at: float = START
    history: list[tuple[float, dict[str, int], dict[str, int]]] = field(default_factory=list)
    events: list[tuple[float, Callable[[], None]]] = field(default_factory=list)
    """What happens when: somebody's change, for example."""

    def __post_init__(self) -> None:
        self.history.append((0.0, dict(self.shares), dict(self.mirror)))

    @property
    def clock(self) -> Clock:
        """Their clock."""
        return Clock(lambda: self.at, self.sleep)

    def sleep(self, seconds: float) -> None:
        """Lets time pass."""
        assert seconds >= 0
        self.at += seconds
        for each in [one for one in self.events if one[0] <= self.at]:
            self.events.remove(each)
            each[1]()

    def turn(self, shares: Mapping[str, int], mirror: Mapping[str, int]) -> None:
        """Gives traffic other shares, from now on."""
        self.shares, self.mirror = dict(shares), dict(mirror)
        self.history.append((self.at, self.shares, self.mirror))

    def minute(self, start: float) -> dict[str, Served]:
        """What each version did in a minute: the same whenever it is asked."""
        rng = np.random.default_rng([self.seed, int(start)])
        _, shares, mirror = [each for each in self.history if each[0] <= start][-1]
        total = rng.poisson(self.a_minute)
        found = {}
        for name, share in (*shares.items(), *mirror.items()):
            requests = int(rng.binomial(total, share / 100))
            known = self.behaviour.get(name, Behaviour())
            how: Behaviour = known if isinstance(known, Behaviour) else known(start)
            if requests:
                found[name] = Served(
                    requests, int(rng.binomial(requests, how.failed)), int(rng.binomial(requests, how.slow))
                )
        return found


@dataclass
class CallersLog:
    """A source that reads what callers met."""

    callers: Callers
    lag: float = 180.0
    durations: bool = True
    hidden: set[str] = field(default_factory=set)
    """Versions whose rows are missing."""

    fails: Callable[[float], bool] = lambda _at: False
    """When it cannot be read."""

    window: float = MINUTE
    fixed_share: None = None
    name: str = "the callers' log"

    def minutes(
        self, versions: Sequence[str], since: float, until: float, slower_than: Optional[float]
    ) -> list[Minute]:
        if self.fails(self.callers.at):
            raise EvidenceError("401 the token has expired")
        assert until <= self.callers.at
        found = []
        start = -(-since // MINUTE) * MINUTE
        while start < until:
            served = {
                name: each if slower_than is not None else Served(each.requests, each.failed)
                for name, each in self.callers.minute(start).items()
                if name in versions and name not in self.hidden
            }
            if served:
                found.append(Minute(start, served))
            start += MINUTE
        return found

    def percentile(self, version: str, since: float, until: float) -> Optional[float]:
        if self.fails(self.callers.at):
            raise EvidenceError("401 the token has expired")
        return 120.0 if self.durations else None


class Killed(BaseException):
    """The process ended here."""


@dataclass
class SimulatedEndpoint:
    """An endpoint that keeps what Endpoint says of a write: whole, conditional, and for versions that are there."""

    callers: Callers
    kind: Kind = Kind.MANAGED
    versions: dict[str, str] = field(default_factory=lambda: {"blue": "Succeeded", "green": "Succeeded"})
    images: dict[str, str] = field(default_factory=dict)
    before: Callable[[str, int], None] = lambda _call, _number: None
    """Called before each call of Azure, with its name and number."""

    after: Callable[[str, int], None] = lambda _call, _number: None
    name: str = "ep-demand"
    id: str = (
        "/subscriptions/1/resourceGroups/g/providers/Microsoft.MachineLearningServices/workspaces/w/onlineEndpoints/"
        "ep-demand"
    )
    is_prod: bool = False
    token: None = None
    calls: int = 0
    swaps: list[str] = field(default_factory=list)

    def _call(self, name: str) -> int:
        self.calls += 1
        self.before(name, self.calls)
        return self.calls

    def route(self, deployment: str = "") -> Route:
        return Route("https://ep-demand.example/score")

    def deployments(self) -> tuple[Deployment, ...]:
        number = self._call("deployments")
        found = tuple(
            Deployment(each, self.versions[each], image=self.images.get(each)) for each in sorted(self.versions)
        )
        self.after("deployments", number)
        return found

    def traffic(self) -> Traffic:
        number = self._call("traffic")
        found = Traffic(dict(self.callers.shares), dict(self.callers.mirror))
        self.after("traffic", number)
        return found

    def set_traffic(self, wanted: Mapping[str, int], seen: Traffic, mirror: Mapping[str, int] | None = None) -> Traffic:
        number = self._call("set_traffic")
        copies = dict(seen.mirror if mirror is None else mirror)
        check_shares(wanted, copies)
        now = (_some(self.callers.shares), _some(self.callers.mirror))
        if now != (_some(wanted), _some(copies)):
            if now != (_some(seen.shares), _some(seen.mirror)):
                raise ChangedByOthersError(f"somebody else changed the traffic: {self.callers.shares}")
            for each in wanted:
                if self.versions.get(each) != "Succeeded":
                    raise EndpointError(f"deployment '{each}' is {self.versions.get(each)}, and takes no traffic")
            self.callers.turn(wanted, copies)
        self.after("set_traffic", number)
        return Traffic(dict(self.callers.shares), dict(self.callers.mirror))

    def swap(self, slot: str) -> None:
        number = self._call("swap")
        self.swaps.append(slot)
        self.images["production"], self.images[slot] = self.images[slot], self.images["production"]
        self.after("swap", number)


def _some(shares: Mapping[str, int]) -> dict[str, int]:
    return {name: share for name, share in shares.items() if share}
