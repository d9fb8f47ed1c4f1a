"""A simulated server as a stress test sees a real one: a run can be stopped, and instances are read at an interval."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Optional

import numpy as np

from azure_mlplatform.measure.load.measurement import Failure, Measurement
from azure_mlplatform.measure.load.schedule import Schedule
from azure_mlplatform.measure.stress.instances import Reading
from azure_mlplatform.measure.stress.limits import Limits
from support.queues import Autoscaled, Server

EVERY = 0.25
"""How often a run asks whether to stop, as the generator does."""


@dataclass(frozen=True)
class SimulatedProgress:
    seconds: float
    sent: int
    answered: int
    failed: int


class WatchedQueue:
    """Measures on the clock of a server. `dies_at` is when it answers nothing any more, on that clock."""

    def __init__(self, server: Server, *, poll: float = 15.0, dies_at: float = np.inf, timeout: float = 30.0) -> None:
        self.server, self._poll, self._dies_at, self._timeout = server, poll, dies_at, timeout
        self.limits: Optional[Limits] = None
        self.requests = 0
        """Requests that reached the server."""

        self.between: Callable[[int], None] = lambda _: None
        """Is called before each schedule with its number."""

        self.schedules: list[Schedule] = []

    def clock(self) -> float:
        return self.server.now

    def __call__(self, schedule: Schedule) -> Measurement:
        self.between(len(self.schedules))
        start = self.server.now
        self.schedules.append(schedule)
        measured = self._dead(self.server(schedule), start)
        stopped = self._stopped(measured)
        if stopped is not None:
            # What was not sent did not pass either: time goes on from where it stopped.
            self.server.now = max(
                start + stopped, start + float(measured.done[measured.intended < stopped].max(initial=0))
            )
            measured = _without(measured, stopped)
        self.requests += int((measured.failure != Failure.NOT_SENT).sum())
        return measured

    def readings(self) -> Sequence[Reading]:
        if not isinstance(self.server, Autoscaled):
            return ()
        found = []
        for at in np.arange(0, self.server.now, self._poll):
            before = [each.instances for each in self.server.scaled if each.at <= at]
            found.append(Reading(float(at), float(at), before[-1] if before else self.server.smallest))
        return found

    def _dead(self, measured: Measurement, start: float) -> Measurement:
        dead = start + measured.done > self._dies_at
        done = np.where(
            dead, np.minimum(measured.done, np.maximum(measured.sent, self._dies_at - start) + 0.001), measured.done
        )
        return replace(
            measured,
            done=done,
            status=np.where(dead, 0, measured.status).astype(np.int16),
            failure=np.where(dead, Failure.CLOSED, measured.failure).astype(np.int8),
        )

    def _stopped(self, measured: Measurement) -> Optional[float]:
        if self.limits is None or not len(measured.intended):
            return None
        done, bad = np.sort(measured.done), np.sort(measured.done[~measured.succeeded])
        for at in np.arange(EVERY, float(measured.intended[-1]), EVERY):
            counts = (int(np.searchsorted(each, at, side="right")) for each in (measured.intended, done, bad))
            progress = SimulatedProgress(float(at), *counts)
            if self.limits(progress):
                return float(at)
        return None


def _without(measured: Measurement, stopped: float) -> Measurement:
    unsent = measured.intended > stopped
    times = {name: np.where(unsent, np.nan, getattr(measured, name)) for name in ("taken", "sent", "done")}
    return replace(
        measured,
        **times,
        status=np.where(unsent, 0, measured.status).astype(np.int16),
        failure=np.where(unsent, Failure.NOT_SENT, measured.failure).astype(np.int8),
    )
