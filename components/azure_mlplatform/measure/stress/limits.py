"""What ends a stress test before its plan does: its budget, a server that no longer answers, or Ctrl-C."""

from collections import deque
from collections.abc import Callable
from dataclasses import replace
from enum import StrEnum
from typing import Optional, Protocol

from ..load.schedule import Schedule

FAILING = 0.5
"""The share of errors in FAILING_SECONDS that ends a ramp: it has found the failure that it looks for."""

FAILING_SECONDS = 5.0
FAILING_FEWEST = 20

SILENT = 30.0
"""Seconds without any good answer that end a test: the server is dead, and more requests would keep it so. Longer if
requests may take longer."""


class Progress(Protocol):
    """How far a run is: `measure.load.client.Progress`."""

    @property
    def seconds(self) -> float: ...
    @property
    def sent(self) -> int: ...
    @property
    def answered(self) -> int: ...
    @property
    def failed(self) -> int: ...


class End(StrEnum):
    """What ended a part."""

    FAILING = "half of the requests failed"
    SILENT = "no request got a good answer any more"
    REQUESTS = "the budget of requests is used up"
    TIME = "the budget of time is used up"
    INTERRUPTED = "interrupted"


class Limits:
    """Ask it before each schedule (`cut`), and while one runs (an instance is the `stop` of a run).

    `clock` gives seconds and never goes back. The time counts from now.
    """

    def __init__(self, seconds: float, requests: int, clock: Callable[[], float], *, timeout: float = 30.0) -> None:
        self._clock, self._deadline, self._silent = clock, clock() + seconds, max(SILENT, timeout)
        self.requests = requests
        """Requests that are left."""

        self.end: Optional[End] = None
        """What ended the last part before its schedule did. None: nothing."""

        self.interrupted = False
        """Set it to end the test: no request goes out after that, and what was seen is reported."""

        self._begin(failing=True)

    @property
    def is_over(self) -> bool:
        """Whether nothing may be sent any more."""
        return self.interrupted or self.requests <= 0 or self._clock() >= self._deadline

    @property
    def why_over(self) -> End:
        """What ended it all."""
        return End.INTERRUPTED if self.interrupted else End.REQUESTS if self.requests <= 0 else End.TIME

    def cut(self, schedule: Schedule, *, failing: bool = True) -> Optional[Schedule]:
        """What of a schedule may be sent. None: nothing.

        `failing` says whether many errors end it. They do not where a rate beyond the knee is held on purpose.
        """
        self._begin(failing=failing)
        if self.is_over:
            self.end = self.why_over
            return None
        left = self._deadline - self._clock()
        times, seconds = schedule.times, schedule.seconds
        if seconds > left:
            times, seconds, self.end = times[times < left], left, End.TIME
        if len(times) > self.requests:
            # It ends right where the first request would be that is too many.
            times, seconds, self.end = times[: self.requests], float(times[self.requests]), End.REQUESTS
        return replace(schedule, times=times, seconds=seconds) if seconds > 0 and len(times) else None

    def sent(self, count: int) -> None:
        """Takes requests from the budget."""
        self.requests -= count

    def __call__(self, progress: Progress) -> bool:
        """Whether to send nothing more."""
        if self.interrupted:
            self.end = End.INTERRUPTED
        elif self._clock() >= self._deadline:
            self.end = End.TIME
        elif self._is_silent(progress):
            self.end = End.SILENT
        elif self._failing and self._is_failing(progress):
            self.end = End.FAILING
        else:
            return False
        return True

    def _begin(self, *, failing: bool) -> None:
        self.end = None
        self._failing = failing
        self._seen: deque[tuple[float, int, int]] = deque([(0.0, 0, 0)])
        self._good, self._good_at, self._sent_then = 0, 0.0, 0

    def _is_silent(self, progress: Progress) -> bool:
        good = progress.answered - progress.failed
        # While nothing is sent, there is nothing to answer.
        if good > self._good or progress.sent == self._sent_then:
            self._good, self._good_at, self._sent_then = good, progress.seconds, progress.sent
        return progress.seconds - self._good_at >= self._silent

    def _is_failing(self, progress: Progress) -> bool:
        self._seen.append((progress.seconds, progress.answered, progress.failed))
        while len(self._seen) > 1 and self._seen[1][0] <= progress.seconds - FAILING_SECONDS:
            self._seen.popleft()
        at, answered, failed = self._seen[0]
        count = progress.answered - answered
        is_full = progress.seconds - at >= FAILING_SECONDS
        return is_full and count >= FAILING_FEWEST and (progress.failed - failed) / count >= FAILING
