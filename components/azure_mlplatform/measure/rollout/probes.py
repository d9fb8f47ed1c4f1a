"""Numbers from requests of our own, for an endpoint without a log or with little traffic.

Both versions get the same requests at the same times, each by its own route, whatever its share of the traffic. So a
step sees as much of new as of old, and callers see nothing of it. What probes cannot show: payloads that only callers
send, and the load of the step.
"""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Optional

from ..load.schedule import Measure, Schedule
from .evidence import PERCENTILE, EvidenceError, Minute, Served, is_failure

if TYPE_CHECKING:
    from ..load.measurement import Measurement


ROUNDS = 10
"""Windows of old before the rollout: the fewest that show whether its failures come in bursts."""


class Probes:
    """Sends requests when it is asked for numbers: a window of them, to all versions at once."""

    name = "probes"
    lag = 0.0
    fixed_share = 0.5

    def __init__(
        self,
        measure: Callable[[str], Measure],
        schedule: Callable[[int], Schedule],
        now: Callable[[], float],
        *,
        window: float = 60.0,
        rounds: int = ROUNDS,
    ) -> None:
        """`measure`: what sends requests to a version. `schedule`: when, over one window, by a seed."""
        self._measure, self._schedule, self._now = measure, schedule, now
        self.window, self._rounds = window, rounds
        self._sent = 0
        self.stopping = threading.Event()
        """Set by Ctrl-C: what sends requests ends early."""

        self._past: list[tuple[float, Measurement]] = []

    def minutes(
        self, versions: Sequence[str], since: float, until: float, slower_than: Optional[float]
    ) -> list[Minute]:
        """One window of requests to several versions, sent now. Of one version: those of its past."""
        del since, until
        if len(versions) == 1:
            return [Minute(at, {versions[0]: _served(found, slower_than)}) for at, found in self._past]
        at, found = self._send(versions)
        return [Minute(at, {name: _served(each, slower_than) for name, each in found.items()})]

    def percentile(self, version: str, since: float, until: float) -> Optional[float]:
        """The 95th percentile of some windows of requests, sent now."""
        import numpy as np

        del since, until
        for _ in range(self._rounds):
            at, found = self._send((version,))
            self._past.append((at, found[version]))
        durations = np.concatenate([each.response[each.status > 0] for _, each in self._past])
        return float(np.quantile(durations, PERCENTILE)) * 1000 if len(durations) else None

    def _send(self, versions: Sequence[str]) -> "tuple[float, dict[str, Measurement]]":
        """When the window began, and what each version did in it: the same schedule for all."""
        from ..endpoints.endpoint import EndpointError

        schedule = self._schedule(self._sent)
        self._sent += 1
        at = self._now()
        try:
            with ThreadPoolExecutor(len(versions)) as pool:
                running = {each: pool.submit(_run, self._measure(each), schedule) for each in versions}
                try:
                    return at, {each: one.result() for each, one in running.items()}
                except KeyboardInterrupt:
                    self.stopping.set()
                    raise
        except EndpointError as error:
            raise EvidenceError(f"probes: {error}") from None


def _run(measure: Measure, schedule: Schedule) -> "Measurement":
    """What was measured. A version that nobody can connect to has failed in all requests."""
    import numpy as np

    from ..load.client import UnreachableError
    from ..load.measurement import Failure, Measurement

    try:
        return measure(schedule)
    except UnreachableError as error:
        times, number = schedule.times, len(schedule.times)
        status, failure = np.zeros(number, np.int16), np.full(number, Failure.CONNECT, np.int8)
        return Measurement(times, times, times, times, status, failure, (str(error),))


def _served(found: "Measurement", slower_than: Optional[float]) -> Served:
    from ..load.measurement import Failure

    sent = found.failure != Failure.NOT_SENT
    failed = sum(is_failure(int(each)) for each in found.status[sent])
    slow = 0 if slower_than is None else int((found.response[sent] * 1000 > slower_than).sum())
    return Served(int(sent.sum()), failed, slow)
