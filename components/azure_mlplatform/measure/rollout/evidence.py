"""What a rollout looks at: how many requests each version got in each minute, and how many of them failed or were slow.

Each place where these numbers come from is a Source in a file of its own. A source that has no numbers says so: no
data is not health.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Optional, Protocol

FAILED = frozenset({408, 424, 429})
"""Statuses below 500 that are the version's fault: too slow, an error of the model, and too many requests at once
(MicrosoftDocs/azure-ai-docs: machine-learning/how-to-troubleshoot-online-endpoints, HTTP status codes; read
2026-11-28). Any other 4xx is the caller's."""

PERCENTILE = 0.95
"""A request is slow if it takes longer than so many of old's did."""


class EvidenceError(Exception):
    """The source cannot be read, or has no numbers of this endpoint. The message says what to do."""


def is_failure(status: int) -> bool:
    """Whether a status counts as a failure of the version. 0: there was no answer."""
    return status >= 500 or status in FAILED or status == 0


@dataclass(frozen=True, slots=True)
class Served:
    """What one version did in one minute."""

    requests: float = 0
    failed: float = 0
    slow: float = 0
    """The requests that took longer than the threshold. 0 if the source has no durations."""

    def __add__(self, other: "Served") -> "Served":
        return Served(self.requests + other.requests, self.failed + other.failed, self.slow + other.slow)


def add(served: dict[float, dict[str, Served]], start: float, version: str, more: Served) -> None:
    """Adds numbers of a version to those of the minute that begins then."""
    at = served.setdefault(start, {})
    at[version] = at.get(version, Served()) + more


@dataclass(frozen=True, slots=True)
class Minute:
    """What the versions did in the same minute, or in another window of the source."""

    start: float
    """Seconds since 1970, UTC."""

    served: Mapping[str, Served]

    def of(self, version: str) -> Served:
        """The numbers of a version; zeros if it got no request."""
        return self.served.get(version, Served())


class Source(Protocol):
    """Where the numbers come from."""

    @property
    def name(self) -> str:
        """Its name in messages."""
        ...

    @property
    def lag(self) -> float:
        """Seconds after which a minute is taken as complete. Later rows of it are not counted, of either version."""
        ...

    @property
    def window(self) -> float:
        """The length of its minutes, in seconds."""
        ...

    @property
    def fixed_share(self) -> Optional[float]:
        """New's share of the requests that it sees, from 0 to 1, whatever the traffic. None: that of the traffic."""
        ...

    def minutes(
        self, versions: Sequence[str], since: float, until: float, slower_than: Optional[float]
    ) -> list[Minute]:
        """The minutes that begin in this time, in order; those without a request may be left out.

        `slower_than`: the threshold in milliseconds. Raises EvidenceError.
        """
        ...

    def percentile(self, version: str, since: float, until: float) -> Optional[float]:
        """The duration in milliseconds that 95 % of the version's requests did not exceed.

        None if the source has no durations of single requests, or if there was no request. Raises EvidenceError.
        """
        ...


def total(minutes: Iterable[Minute], version: str) -> Served:
    """All that a version did."""
    found = Served()
    for each in minutes:
        found += each.of(version)
    return found
