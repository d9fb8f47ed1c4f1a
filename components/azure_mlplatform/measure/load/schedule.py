"""When requests are sent: fixed before the run, whatever the server does (an open model)."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from .measurement import Measurement


@dataclass(frozen=True, slots=True)
class Schedule:
    """The intended times of a run."""

    times: "NDArray[np.float64]"
    """Seconds since the start, not descending."""

    seconds: float
    """The length of the run. No request is intended later."""

    description: str
    """Its shape in words, such as `Poisson, 40 requests a second, 60 s, seed 7`."""


class Measure(Protocol):
    """Sends requests by a schedule and returns what was measured. A queue with a simulated clock is one as well."""

    def __call__(self, schedule: Schedule) -> "Measurement": ...
