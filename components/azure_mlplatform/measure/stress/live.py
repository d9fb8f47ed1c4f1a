"""Measures a real endpoint for a stress test, within its limits."""

from collections import Counter

from ..load.client import UnreachableError
from ..load.measurement import Failure, Measurement
from ..load.run import run
from ..load.schedule import Schedule, constant
from ..load.target import Target
from .limits import End, Limits

PROBES = 3
"""Requests before the test: does the endpoint let us in, and does its model take the body?"""

PROBE_RATE = 2.0

_DENIED = (401, 403)
_REFUSED = (400, 404, 405, 413, 415, 422, 424)
"""Azure ML answers 424 in place of any other answer of a model than 200 ("Troubleshoot online endpoints",
2024-09-18, read 2026-11-28)."""


class DeniedError(Exception):
    """The endpoint does not let the caller in."""


class RefusedError(Exception):
    """The model takes no such request."""


class LiveMeasure:
    """Sends schedules to a target. Once it has answered, a server that cannot be reached any more is a result."""

    def __init__(self, target: Target, limits: Limits, *, timeout: float) -> None:
        self._target, self._limits = target, limits
        self._timeout = timeout

    def probe(self) -> None:
        """Sends a few requests, which count. Raises DeniedError, RefusedError, or UnreachableError."""
        schedule = self._limits.cut(constant(PROBE_RATE, PROBES / PROBE_RATE), failing=False)
        if schedule is None:
            return
        measured = run(schedule, self._target, timeout=self._timeout, stop=self._limits)
        self._limits.sent(int((measured.failure != Failure.NOT_SENT).sum()))
        if measured.succeeded.any() or not measured.was_sent.any():
            return
        answers = Counter(zip(measured.status.tolist(), measured.failure.tolist(), strict=True))
        [((status, failure), _)] = answers.most_common(1)
        raise _error(status, failure)

    def __call__(self, schedule: Schedule) -> Measurement:
        """Sends a schedule."""
        try:
            return run(schedule, self._target, timeout=self._timeout, stop=self._limits)
        except UnreachableError as error:
            self._limits.end = End.SILENT
            return _nothing_sent(schedule, f"before {schedule.description}: {error}")


def _error(status: int, failure: int) -> Exception:
    if status in _DENIED:
        return DeniedError(f"it answers HTTP {status}. Ask its owner for the role that may score, or sign in again")
    if status in _REFUSED:
        return RefusedError(f"it answers HTTP {status} to this body")
    said = f"HTTP {status}" if status else Failure(failure).name.lower()
    return UnreachableError(f"it gave no good answer to {PROBES} requests before the test: {said}")


def _nothing_sent(schedule: Schedule, note: str) -> Measurement:
    import numpy as np

    count = len(schedule.times)
    never = np.full(count, np.nan)
    return Measurement(
        intended=schedule.times,
        taken=never,
        sent=never,
        done=never,
        status=np.zeros(count, dtype=np.int16),
        failure=np.full(count, Failure.NOT_SENT, dtype=np.int8),
        notes=(note,),
    )
