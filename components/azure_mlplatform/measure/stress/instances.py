"""How many instances an endpoint has, read beside the load."""

import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Optional, Self

from ..endpoints.endpoint import Deployment, EndpointError

INTERVAL = 15.0
"""Seconds between two readings. Azure Resource Manager gives a subscription and identity a bucket of 250 reads, which
fills by 25 a second ("Understand how Azure Resource Manager throttles requests", read 2026-11-28): four a minute and
deployment are far below."""

LONGEST = 120.0
"""Seconds between two readings while Azure refuses them: each refusal doubles the time."""


@dataclass(frozen=True, slots=True)
class Reading:
    """An answer of Azure."""

    asked: float
    """When it was asked for, in seconds of the test's clock."""

    at: float
    """When the answer came."""

    instances: int


def instances_of(deployments: Iterable[Deployment], deployment: str = "") -> Optional[int]:
    """The instances of a deployment, or of all together. None if the place does not tell."""
    told = [
        each.instances
        for each in deployments
        if each.instances is not None
        and (not deployment or deployment.lower() in (each.name.lower(), (each.label or "").lower()))
    ]
    return sum(told) if told else None


class InstanceWatch:
    """Reads the instances in a thread, from the start of the block to its end."""

    def __init__(
        self, read: Callable[[], Optional[int]], clock: Callable[[], float], *, interval: float = INTERVAL
    ) -> None:
        self._read, self._clock, self._interval = read, clock, interval
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._go, name="instances", daemon=True)
        self._readings: list[Reading] = []
        self._failures: dict[str, int] = {}

    @property
    def readings(self) -> Sequence[Reading]:
        """All so far, in their order."""
        return tuple(self._readings)

    @property
    def notes(self) -> tuple[str, ...]:
        """What Azure refused."""
        return tuple(f"instances could not be read {count} times: {why}" for why, count in self._failures.items())

    def look(self) -> bool:
        """Reads once. False if Azure refuses."""
        asked = self._clock()
        try:
            found = self._read()
        except EndpointError as error:
            self._failures[str(error)] = self._failures.get(str(error), 0) + 1
            return False
        if found is not None:
            self._readings.append(Reading(asked, self._clock(), found))
        return True

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: Optional[type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        self._ended.set()
        # A reading that hangs does not keep the command: the thread ends with the process.
        self._thread.join(timeout=5)

    def _go(self) -> None:
        pause = self._interval
        while True:
            pause = self._interval if self.look() else min(pause * 2, LONGEST)
            if self._ended.wait(pause):
                return


def instances_at(readings: Sequence[Reading], at: float) -> Optional[int]:
    """The instances at a time: the last reading before it, else the first one after. None: there is none."""
    before = [each for each in readings if each.at <= at]
    found = before[-1] if before else readings[0] if readings else None
    return found and found.instances
