"""What a run of requests measured: one row a request, in the order of the schedule."""

import math
from dataclasses import dataclass, field, replace
from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Failure(IntEnum):
    """Why a request has no answer with a status."""

    NONE = 0
    TIMEOUT = 1
    CONNECT = 2
    """No connection: refused, unreachable, or no such name."""

    CERTIFICATE = 3
    CLOSED = 4
    """The server closed the connection before the whole answer."""

    PROTOCOL = 5
    """The answer is not HTTP."""

    NOT_SENT = 6
    """The run ended before its turn, by a bound or because the caller stopped it."""

    GENERATOR = 7
    """This machine could not send it: no port or file descriptor was left. It says nothing of the server."""


@dataclass(frozen=True, slots=True)
class Measurement:
    """Times are seconds since the start of the run, on one monotonic clock."""

    intended: "NDArray[np.float64]"
    """When each request was to be sent. Latency counts from here."""

    taken: "NDArray[np.float64]"
    """When the generator turned to it. It had to wait for a connection only after that. NaN if never."""

    sent: "NDArray[np.float64]"
    """When its last byte was handed to the system. NaN if never."""

    done: "NDArray[np.float64]"
    """When the last byte of its answer was read, or it failed. NaN if it was not sent."""

    status: "NDArray[np.int16]"
    """The HTTP status; 0 without an answer."""

    failure: "NDArray[np.int8]"
    """A Failure for each."""

    notes: tuple[str, ...] = field(default=())
    """What a reader must know: a bound that ended the run, how often the server closed connections, and so on."""

    busy: float = field(default=math.nan)
    """The share of one core that the generator took, 1 at most: it is one thread. NaN where it did not run."""

    @property
    def response(self) -> "NDArray[np.float64]":
        """Response times: from the intended time to the end."""
        return self.done - self.intended

    @property
    def service(self) -> "NDArray[np.float64]":
        """Service times: from the sending to the end."""
        return self.done - self.sent

    @property
    def lateness(self) -> "NDArray[np.float64]":
        """How late the generator itself was. A run whose p99 exceeds 5 % of the target is no evidence."""
        return self.taken - self.intended

    @property
    def succeeded(self) -> "NDArray[np.bool_]":
        """Which requests got a status from 200 to 299."""
        return (self.status >= 200) & (self.status < 300)

    @property
    def was_sent(self) -> "NDArray[np.bool_]":
        """Which requests are evidence: those that the run reached, and this machine could send."""
        return (self.failure != Failure.NOT_SENT) & (self.failure != Failure.GENERATOR)

    def part(self, start: int, stop: int | None = None) -> "Measurement":
        """The requests from the position `start` to the one before `stop`, with the same times and notes."""
        columns = ("intended", "taken", "sent", "done", "status", "failure")
        return replace(self, **{each: getattr(self, each)[start:stop] for each in columns})

    def between(self, start: float, end: float) -> "Measurement":
        """The requests that were intended from `start` to just before `end`, in seconds since the start of the run."""
        import numpy as np

        first, last = np.searchsorted(self.intended, [start, end])
        return self.part(int(first), int(last))
