"""The deployments of candidates: made from one that is there, without traffic, and taken away whatever happens.

The mark of a deployment that was made here is a tag, which is written with it in one call. So nothing has to be kept on
this machine: after a kill, the next start finds what is left at the endpoint itself, from wherever it runs.
"""

import contextlib
import copy
import datetime
import os
import socket
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import TYPE_CHECKING, Any, Optional, Self

from ...foundation.problems import Problem, ProblemsError
from ..endpoints.deploys import Deploys, deploys_of
from ..endpoints.endpoint import Deployment, Endpoint, EndpointError, Kind, NoSuchError, Route
from .candidates import Candidate, Resources
from .search import CandidateError, Entrant

if TYPE_CHECKING:
    from ..load.schedule import Measure

MARK = "mlplatform-profile"
"""The tag of a deployment that was made to be measured."""

PREFIX = "pf-"
"""How the names of these deployments begin."""

WORKERS = "WORKER_COUNT"
"""The variable for the number of workers (azureml-inference-server-http 1.5.1, constants.py: ENV_WORKER_COUNT, default
1; read 2026-11-28)."""

DEFAULT_CONCURRENCY = 1
"""Azure ML's max_concurrent_requests_per_instance where none is set ("CLI (v2) managed online deployment YAML schema",
2022-04-26, and OnlineRequestSettings in azure-native 3.29; read 2026-11-28)."""

REMOVALS = 30
"""How often it is tried to take a deployment away: Azure refuses it while it is still being made."""

REMOVAL_PAUSE = 20.0

Says = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Maker:
    """Who made a deployment to measure it, as its mark says."""

    host: str
    process: int
    until: datetime.datetime
    """When it ends at the latest."""

    def __str__(self) -> str:
        return f"{self.host} {self.process} {self.until:%Y-%m-%dT%H:%MZ}"

    @classmethod
    def read(cls, text: str) -> Optional[Self]:
        """The maker in a mark, or None if it is none."""
        try:
            host, process, until = text.split()
            when = datetime.datetime.strptime(until, "%Y-%m-%dT%H:%MZ").replace(tzinfo=datetime.UTC)
            return cls(host, int(process), when)
        except ValueError:
            return None

    def may_run(self, now: datetime.datetime) -> bool:
        """Whether it may still be at work."""
        if now >= self.until:
            return False
        if self.host != socket.gethostname():
            return True
        try:
            os.kill(self.process, 0)
        except ProcessLookupError:
            return False
        except OSError:
            return True
        return self.process != os.getpid()


@dataclass
class Made:
    """A deployment that was made here."""

    name: str
    since: float
    """The clock when it was asked for."""

    until: Optional[float] = None
    """The clock when it was gone."""


@dataclass
class CandidateDeployments:
    """All candidates of an endpoint, as the search needs them. A context: at its end, what it made is gone."""

    endpoint: Endpoint
    candidates: Sequence[Candidate]
    measure: "Callable[[Route, Candidate], Measure]"
    """Makes what measures a route with the requests of a candidate."""

    minutes: float
    says: Says
    clock: Callable[[], float] = time.monotonic
    pause: Callable[[float], None] = time.sleep
    made: dict[str, Made] = field(default_factory=dict, init=False)
    """Candidate → its deployment."""

    taken_away: list[str] = field(default_factory=list, init=False)
    """Deployments of a run before, which was interrupted."""

    _there: dict[str, Deployment] = field(default_factory=dict, init=False)
    _busiest: str = field(default="", init=False)
    """The deployment with the most traffic, as `read` found it: all candidates are copies of the same one."""

    _measures: "dict[str, Measure]" = field(default_factory=dict, init=False)
    _deploys: Optional[Deploys] = field(default=None, init=False)
    _hourly: dict[str, float] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        self._deploys = deploys_of(self.endpoint)
        now = datetime.datetime.now(datetime.UTC)
        self._maker = Maker(socket.gethostname(), os.getpid(), now + datetime.timedelta(minutes=self.minutes + 30))
        self._run = f"{os.getpid() % 36**2:02x}{int(now.timestamp()) % 4096:03x}"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for candidate in list(self.made):
            self._remove(candidate)

    def read(self, *, live: bool) -> list[Problem]:
        """Reads what is there. Returns everything that is wrong with the candidates here."""
        self._there = {each.name.lower(): each for each in self.endpoint.deployments()}
        shares: Mapping[str, int] = {} if self.endpoint.kind is Kind.URL else self.endpoint.traffic().shares
        self._busiest = max(sorted(shares), key=lambda each: shares[each], default="")
        return [
            problem
            for index, each in enumerate(self.candidates)
            for problem in self._problems(each, ("candidates", index), shares, live=live)
        ]

    def clean(self, *, take_over: bool) -> None:
        """Takes away what an interrupted run left. Raises ProblemsError if another one may still be at work."""
        if self._deploys is None:
            return
        now = datetime.datetime.now(datetime.UTC)
        for deployment in list(self._there.values()):
            if not is_ours(deployment.name):
                continue
            mark = mark_in(self._deploys.definition(deployment.name))
            if mark is None:
                continue
            maker = Maker.read(mark)
            if maker and maker.may_run(now) and not take_over:
                what = f"another profile measures here with '{deployment.name}', on {maker.host}"
                fix = f"Wait until {maker.until:%H:%M} UTC, or take it away with --take-over if that run has ended"
                raise ProblemsError([Problem((), what, fix, self.endpoint.name)])
            self.says(f"taking away '{deployment.name}', which an interrupted run left")
            self._deploys.remove(deployment.name)
            self.taken_away.append(deployment.name)
            del self._there[deployment.name.lower()]

    @property
    def can_deploy(self) -> bool:
        """Whether candidates can be deployed here."""
        return self._deploys is not None

    def deployment(self, candidate: Candidate) -> Optional[Deployment]:
        """The deployment that a candidate is, or is like. None: nothing is known of it."""
        name = candidate.deployment or candidate.like or self._busiest
        return self._found(name) if name else None

    def entrant(self, candidate: Candidate, **more: Any) -> Entrant:
        """A candidate as the search sees it."""
        instances = self.instances(candidate)
        return Entrant(candidate.name, instances, candidate.batch, self._slots(candidate, instances), **more)

    def instances(self, candidate: Candidate) -> Optional[int]:
        """The number of instances that it runs on."""
        found = self.deployment(candidate)
        return candidate.instances or (found.instances if found else None)

    def vm_size(self, candidate: Candidate) -> Optional[str]:
        """The size of its machines, or its instance type."""
        found = self.deployment(candidate)
        return candidate.vm_size or candidate.instance_type or (found.vm_size if found else None)

    def definition(self, candidate: Candidate) -> dict[str, Any]:
        """What is deployed for a candidate."""
        assert self._deploys is not None  # noqa: S101 - `read` refuses candidates that cannot be deployed
        like = self._deploys.definition(candidate.like or self._busiest)
        return definition_of(candidate, like, self.endpoint.kind, str(self._maker))

    def measure_of(self, entrant: Entrant) -> "Measure":
        """What measures a candidate. The first time, it is deployed. Raises CandidateError if that fails."""
        if entrant.name in self._measures:
            return self._measures[entrant.name]
        candidate = self._candidate(entrant)
        try:
            name = candidate.deployment or ""
            if not candidate.is_there and self._deploys is not None:
                name = self._deploy(candidate, entrant)
            self._measures[entrant.name] = self.measure(self.endpoint.route(name), candidate)
        except EndpointError as error:
            self._remove(candidate.name)
            raise CandidateError(f"cannot be measured: {error}") from None
        return self._measures[entrant.name]

    def leave(self, entrant: Entrant) -> None:
        """Takes away what was made for a candidate."""
        self._remove(entrant.name)

    @property
    def left_behind(self) -> list[str]:
        """Deployments that were made and are not gone: after the end, those that could not be taken away."""
        return [each.name for each in self.made.values() if each.until is None]

    def bill(self) -> float:
        """What the deployments that were made have cost so far."""
        now = self.clock()
        return sum(
            self._hourly.get(candidate, 0.0) * ((each.until or now) - each.since) / 3600
            for candidate, each in self.made.items()
        )

    def _deploy(self, candidate: Candidate, entrant: Entrant) -> str:
        assert self._deploys is not None  # noqa: S101 - asked by the caller
        definition = self.definition(candidate)
        name = f"{PREFIX}{self._run}-{candidate.name}"
        self._hourly[candidate.name] = entrant.money_an_hour or 0.0
        # Before the call: whatever becomes of it, the name is taken away.
        self.made[candidate.name] = Made(name, self.clock())
        self.says(f"{candidate.name}: deploying '{name}' without traffic")
        made = self._deploys.deploy(name, definition)
        self.made[candidate.name].name = made.name
        return made.name

    def _remove(self, candidate: str) -> None:
        found = self.made.get(candidate)
        if found is None or found.until is not None or self._deploys is None:
            return
        self.says(f"{candidate}: taking away '{found.name}'")
        why = ""
        for _ in range(REMOVALS):
            try:
                self._deploys.remove(found.name)
                # What Azure accepted is not yet done.
                self._deploys.definition(found.name)
            except NoSuchError:
                found.until = self.clock()
                return
            except Exception as error:
                # Whatever it is, such as a sign-in that has ended: the others are to go as well.
                why = str(error)
                with contextlib.suppress(Exception):
                    self._deploys.definition(found.name)
            self.pause(REMOVAL_PAUSE)
        self.says(f"{candidate}: '{found.name}' is still there. {why}")

    def _candidate(self, entrant: Entrant) -> Candidate:
        return next(each for each in self.candidates if each.name == entrant.name)

    def _found(self, name: str) -> Optional[Deployment]:
        by_label = {each.label.lower(): each for each in self._there.values() if each.label}
        return self._there.get(name.lower()) or by_label.get(name.lower())

    def _slots(self, candidate: Candidate, instances: Optional[int]) -> Optional[int]:
        """How many requests are worked on at once: known where Azure ML bounds them, or from the workers."""
        bounds = [each for each in (candidate.max_concurrent_requests_per_instance, candidate.workers) if each]
        if not bounds and not candidate.is_there and self._deploys and self.endpoint.kind in _ONLINE:
            like = self._deploys.definition(candidate.like or self._busiest)
            settings = like["properties"].get("requestSettings") or {}
            bounds = [int(settings.get("maxConcurrentRequestsPerInstance") or DEFAULT_CONCURRENCY)]
        return min(bounds) * instances if bounds and instances else None

    def _problems(
        self, candidate: Candidate, path: tuple[str | int, ...], shares: Mapping[str, int], *, live: bool
    ) -> Iterator[Problem]:
        kind = self.endpoint.kind
        names = sorted(each.name for each in self._there.values())
        for field_name in ("deployment", "like"):
            name = getattr(candidate, field_name)
            if name is not None and kind is not Kind.URL and self._found(name) is None:
                what = f"{self.endpoint.name} has no '{name}'"
                yield Problem((*path, field_name), what, f"It has {', '.join(names) or 'none'}")
        if candidate.deployment is not None and kind is Kind.URL:
            yield Problem(
                (*path, "deployment"),
                "a URL leads to no single deployment",
                "Remove it, or name the endpoint by its resource id",
            )
        taking = self._found(candidate.deployment) if candidate.deployment and kind is not Kind.URL else None
        if taking and shares.get(taking.name) and not live:
            what = f"'{taking.name}' takes {shares[taking.name]} % of the traffic, and the search overloads it"
            fix = f"Measure a copy of it: `like: {taking.name}`. Or say --live if nobody minds"
            yield Problem((*path, "deployment"), what, fix)
        if candidate.is_there:
            return
        yield from self._problems_of_one_to_make(candidate, path)

    def _problems_of_one_to_make(self, candidate: Candidate, path: tuple[str | int, ...]) -> Iterator[Problem]:
        kind, name = self.endpoint.kind, self.endpoint.name
        if self._deploys is None and kind is not Kind.URL:
            there = ", ".join(each.name for each in self._there.values()) or "none"
            fix = f"Name one that is there: `deployment`. It has {there}"
            yield Problem(path, f"nothing can be deployed to {_a(kind)} from here", fix)
            return
        for each in (one for one in _ONLY if getattr(candidate, one) not in (None, {}, Resources())):
            if kind not in _ONLY[each]:
                fix = f"It can where the endpoint is {' or '.join(map(_a, _ONLY[each]))}"
                yield Problem((*path, each), f"cannot be chosen here: {name} is {_a(kind)}", fix)
        if kind is Kind.URL and len(self.candidates) > 1:
            fix = "Leave one candidate, or name the endpoint by its resource id"
            yield Problem(path, "a URL has one candidate: nothing can be deployed behind it", fix)
        elif kind is not Kind.URL and candidate.like is None and not self._busiest:
            fix = "Name the deployment that model, code and environment come from: `like`"
            yield Problem((*path, "like"), f"is missing: nothing at {name} has traffic", fix)


_ONLINE = (Kind.MANAGED, Kind.KUBERNETES)
_ONLY: Mapping[str, tuple[Kind, ...]] = {
    "vm_size": (Kind.MANAGED,),
    "instance_type": (Kind.KUBERNETES,),
    "requests": (Kind.KUBERNETES,),
    "node_size": (Kind.KUBERNETES,),
    "limits": (Kind.KUBERNETES,),
    "max_concurrent_requests_per_instance": _ONLINE,
    "workers": _ONLINE,
    "environment_variables": _ONLINE,
}
"""Field → where it means something."""


def _a(kind: Kind) -> str:
    return _WORDS.get(kind, f"a {kind}")


_WORDS = {
    Kind.URL: "a URL",
    Kind.APP_SERVICE: "an app service",
    Kind.MANAGED: "a managed endpoint",
    Kind.KUBERNETES: "a Kubernetes endpoint",
}


def is_ours(name: str) -> bool:
    """Whether a deployment may have been made here, by its name. Its mark says whether it was."""
    return name.startswith(PREFIX)


def mark_in(definition: Mapping[str, Any]) -> Optional[str]:
    """The mark of a deployment that was made here. None: it was not."""
    found = (definition.get("tags") or {}).get(MARK)
    return None if found is None else str(found)


def definition_of(candidate: Candidate, like: Mapping[str, Any], kind: Kind, mark: str) -> dict[str, Any]:
    """The definition of a candidate's deployment: that of another one, with its own changes and a mark."""
    made = copy.deepcopy(dict(like))
    properties = made["properties"]
    made["tags"] = (made.get("tags") or {}) | {MARK: mark}
    if size := candidate.vm_size or candidate.instance_type:
        properties["instanceType"] = size
    if candidate.instances:
        made["sku"] = (made.get("sku") or {"name": "Default"}) | {"capacity": candidate.instances}
    # An autoscaler in mid-run would measure something else.
    properties["scaleSettings"] = {"scaleType": "Default"}
    if candidate.max_concurrent_requests_per_instance:
        properties["requestSettings"] = (properties.get("requestSettings") or {}) | {
            "maxConcurrentRequestsPerInstance": candidate.max_concurrent_requests_per_instance
        }
    workers = {WORKERS: str(candidate.workers)} if candidate.workers else {}
    if variables := workers | candidate.environment_variables:
        properties["environmentVariables"] = (properties.get("environmentVariables") or {}) | variables
    if kind is Kind.KUBERNETES:
        needs = dict(properties.get("containerResourceRequirements") or {})
        for key, wanted in (
            ("containerResourceRequests", candidate.requests),
            ("containerResourceLimits", candidate.limits),
        ):
            given = {name: str(value) for name, value in wanted.model_dump(exclude_none=True).items()}
            if given:
                needs[key] = (needs.get(key) or {}) | given
        if needs:
            properties["containerResourceRequirements"] = needs
    return made
