"""Servers with a simulated clock: each is a Measure, takes a schedule and answers in milliseconds.

All are first come, first served. The same seed and the same calls give the same measurements. What mathematics says of
`Servers` with Poisson arrivals stands in `queueing_theory.py`.

A server keeps its clock and its state from one call to the next, as a real one does: the clock goes on by the length of
the schedule, or until all is answered if that is later. `rest` lets it go on without requests.
"""

import heapq
from collections import deque
from dataclasses import dataclass, field
from typing import NamedTuple, Optional

import numpy as np
from numpy.typing import NDArray

from azure_mlplatform.measure.load.measurement import Failure, Measurement
from azure_mlplatform.measure.load.schedule import Schedule

Times = NDArray[np.float64]


@dataclass
class Server:
    """What all servers here have. Times are seconds."""

    service: float = 0.02
    """How long one request is worked on, once its turn has come."""

    spread: float = 0.0
    """Coefficient of variation of the service time: 0 is always the same, 1 is exponential (gamma in between)."""

    errors: float = 0.0
    """The share of answers that are a 500, at random. An error takes as long as an answer."""

    timeout: float = 60.0
    """After how long a caller gives up, from its sending. The server does not know that and works on."""

    lateness: float = 0.0
    """How late the generator is: the mean of an exponential distribution."""

    seed: int = 0

    now: float = field(default=0.0, init=False)
    """The simulated clock: seconds since the first call."""

    calls: int = field(default=0, init=False)
    """How many schedules were run."""

    def __call__(self, schedule: Schedule) -> Measurement:
        random = np.random.default_rng([self.seed, self.calls])
        taken = schedule.times + (random.exponential(self.lateness, len(schedule.times)) if self.lateness else 0.0)
        arrivals = np.maximum.accumulate(taken) if len(taken) else taken
        done, status = self._serve(self.now + arrivals, self._service_times(random, len(taken)))
        done = done - self.now
        failed = random.random(len(taken)) < self.errors
        status = np.where(failed & (status == 200), 500, status).astype(np.int16)
        late = done - arrivals > self.timeout
        answered = np.where(late, arrivals + self.timeout, done)
        self.now += max(schedule.seconds, float(done.max(initial=0.0)))
        self.calls += 1
        return Measurement(
            intended=schedule.times,
            taken=arrivals,
            sent=arrivals,
            done=answered,
            status=np.where(late, 0, status).astype(np.int16),
            failure=np.where(late, Failure.TIMEOUT, Failure.NONE).astype(np.int8),
        )

    def rest(self, seconds: float) -> None:
        """Lets time go by without requests."""
        self.now += seconds

    def _service_times(self, random: np.random.Generator, count: int) -> Times:
        if self.spread == 0:
            return np.full(count, self.service)
        shape = 1 / self.spread**2
        return random.gamma(shape, self.service / shape, count)

    def _serve(self, arrivals: Times, service: Times) -> tuple[Times, NDArray[np.int_]]:
        """When each is done on the server's clock, and its status."""
        raise NotImplementedError


@dataclass
class Servers(Server):
    """A number of servers and one queue without a bound: M/D/1 and M/D/c if arrivals are Poisson and spread is 0."""

    servers: int = 1

    def _serve(self, arrivals: Times, service: Times) -> tuple[Times, NDArray[np.int_]]:
        return _first_come(arrivals, service, self.servers), np.full(len(arrivals), 200)


@dataclass
class BoundedQueue(Server):
    """Servers with room for `waiting` requests. Who finds it full is refused at once with `refusal`, as Azure ML does.

    Its throughput never exceeds servers/service; beyond, response times stay at (waiting/servers + 1) * service and the
    share of refusals grows.
    """

    servers: int = 1
    waiting: int = 50
    refusal: int = 429
    refused_after: float = 0.001

    def _serve(self, arrivals: Times, service: Times) -> tuple[Times, NDArray[np.int_]]:
        free = [0.0] * self.servers
        starts: deque[float] = deque()
        done, status = np.empty_like(arrivals), np.full(len(arrivals), 200)
        for index, (arrival, work) in enumerate(zip(arrivals.tolist(), service.tolist(), strict=True)):
            while starts and starts[0] <= arrival:
                starts.popleft()
            if len(starts) >= self.waiting and free[0] > arrival:
                done[index], status[index] = arrival + self.refused_after, self.refusal
                continue
            start = max(arrival, heapq.heappop(free))
            heapq.heappush(free, start + work)
            starts.append(start)
            done[index] = start + work
        return done, status


@dataclass
class WarmingUp(Server):
    """Servers whose first requests are slow: the n-th takes service * (1 + slower * exp(-n / requests)).

    It stays warm until `restart`.
    """

    servers: int = 1
    slower: float = 20.0
    requests: float = 30.0
    served: int = field(default=0, init=False)

    def restart(self) -> None:
        """Makes it cold again."""
        self.served = 0

    def _serve(self, arrivals: Times, service: Times) -> tuple[Times, NDArray[np.int_]]:
        number = self.served + np.arange(len(arrivals))
        self.served += len(arrivals)
        cold = service * (1 + self.slower * np.exp(-number / self.requests))
        return _first_come(arrivals, cold, self.servers), np.full(len(arrivals), 200)


class Scaled(NamedTuple):
    """A change of an autoscaler."""

    at: float
    """When the new number takes requests, on the server's clock."""

    instances: int


@dataclass
class Autoscaled(Server):
    """Servers that an autoscaler adds and takes away, as Azure's rules do on the mean utilisation of a window.

    Every `interval` it looks at the last `window`: above `scale_out_at` it adds `step` instances, which take requests
    after `delay`; below `scale_in_at` it takes one away at once. It does nothing while instances are on their way, nor
    for `cool_down` after a change. Beyond `waiting` requests in the queue it refuses with 429; None: no bound.
    """

    smallest: int = 1
    largest: int = 5
    """The same number as `smallest`: an autoscaler that never moves."""

    scale_out_at: float = 0.7
    scale_in_at: float = 0.3
    step: int = 1
    interval: float = 60.0
    window: float = 60.0
    delay: float = 180.0
    cool_down: float = 60.0
    waiting: Optional[int] = None

    scaled: list[Scaled] = field(default_factory=list, init=False)
    """Each change so far."""

    def __post_init__(self) -> None:
        self._free = [0.0] * self.smallest
        self._coming: list[Scaled] = []
        self._busy: deque[tuple[float, float]] = deque()
        self._queue: deque[tuple[int, float, float]] = deque()
        self._next_look = self.interval
        self._quiet_until = 0.0

    def instances(self) -> int:
        """How many take requests now."""
        return len(self._free)

    def rest(self, seconds: float) -> None:
        super().rest(seconds)
        self._go_on(self.now, np.empty(0))

    def _serve(self, arrivals: Times, service: Times) -> tuple[Times, NDArray[np.int_]]:
        done, status = np.empty_like(arrivals), np.full(len(arrivals), 200)
        for index, (arrival, work) in enumerate(zip(arrivals.tolist(), service.tolist(), strict=True)):
            self._go_on(arrival, done)
            if self.waiting is not None and len(self._queue) >= self.waiting and self._free[0] > arrival:
                done[index], status[index] = arrival + 0.001, 429
            else:
                self._queue.append((index, arrival, work))
        while self._queue:
            self._go_on(max(self._free[0], self._queue[0][1]), done)
        return done, status

    def _go_on(self, now: float, done: Times) -> None:
        """Starts what can start until `now`, and lets the autoscaler look and act on its way there."""
        while True:
            event = min(self._coming[0].at if self._coming else np.inf, self._next_look)
            self._start(min(now, event), done)
            if event > now:
                return
            if self._coming and self._coming[0].at == event:
                self._arrive(self._coming.pop(0))
            else:
                self._look(event)
                self._next_look += self.interval

    def _start(self, until: float, done: Times) -> None:
        while self._queue and (start := max(self._free[0], self._queue[0][1])) <= until:
            index, _, work = self._queue.popleft()
            heapq.heapreplace(self._free, start + work)
            self._busy.append((start, start + work))
            done[index] = start + work

    def _arrive(self, change: Scaled) -> None:
        while len(self._free) < change.instances:
            heapq.heappush(self._free, change.at)
        self.scaled.append(change)
        self._quiet_until = change.at + self.cool_down

    def _look(self, at: float) -> None:
        while self._busy and self._busy[0][1] <= at - self.window:
            self._busy.popleft()
        busy = sum(max(0.0, min(end, at) - max(start, at - self.window)) for start, end in self._busy)
        used = busy / (self.window * len(self._free))
        if self._coming or at < self._quiet_until:
            return
        if used > self.scale_out_at and len(self._free) < self.largest:
            wanted = min(self.largest, len(self._free) + self.step)
            self._coming.append(Scaled(at + self.delay, wanted))
        elif used < self.scale_in_at and len(self._free) > self.smallest:
            heapq.heappop(self._free)
            self.scaled.append(Scaled(at, len(self._free)))
            self._quiet_until = at + self.cool_down


def _first_come(arrivals: Times, service: Times, servers: int) -> Times:
    """When each request is done: first come, first served, by whichever server is free first."""
    if servers == 1:
        work = np.cumsum(service)
        before = np.concatenate([[0.0], work[:-1]]) if len(work) else work
        return work + np.maximum.accumulate(arrivals - before) if len(work) else work
    free = [0.0] * servers
    done = np.empty_like(arrivals)
    for index, (arrival, work) in enumerate(zip(arrivals.tolist(), service.tolist(), strict=True)):
        done[index] = max(arrival, heapq.heappop(free)) + work
        heapq.heappush(free, done[index])
    return done
