"""Numbers from Prometheus, for endpoints on clusters and in Container Apps whose servers are scraped.

What a metric is called is a matter of the server, so the query is given: PromQL that counts requests, by the labels
`version` and `code`. `$window` stands for the length of a minute, `$slow` for the threshold in seconds, such as

    sum by (version, code) (increase(http_requests_total{service="demand"}[$window]))

and, for slow requests, a query of a histogram by the label `version`. Answers are those of Prometheus' HTTP API,
`/api/v1/query_range` (prometheus/docs: querying/api; read 2026-11-28).
"""

import math
from collections.abc import Sequence
from string import Template
from typing import Any, Optional

from ..endpoints.url import shown
from .evidence import EvidenceError, Minute, Served, add, is_failure

LAG = 60.0
"""Seconds: one scrape, every 60 s by default (prometheus/docs: configuration, scrape_interval; read 2026-11-28)."""

SECONDS = 30
"""The longest time for an answer."""


class Prometheus:
    """One server, and what to ask it."""

    name = "Prometheus"
    window = 60.0
    fixed_share = None

    def __init__(
        self, url: str, requests_query: str, *, slow_query: str = "", p95_query: str = "", lag: float = LAG
    ) -> None:
        self._url, self.lag = url.rstrip("/"), lag
        self._requests, self._slow, self._p95 = requests_query, slow_query, p95_query

    def minutes(
        self, versions: Sequence[str], since: float, until: float, slower_than: Optional[float]
    ) -> list[Minute]:
        """The minutes with requests. Prometheus names a minute by its end."""
        served: dict[float, dict[str, Served]] = {}
        for labels, start, value in self._ask(self._requests, since, until, slower_than):
            if (version := labels.get("version", "")) in versions:
                code = labels.get("code", "")
                fails = is_failure(int(code) if code.isdecimal() else 0)
                add(served, start, version, Served(value, value if fails else 0))
        if self._slow and slower_than is not None:
            for labels, start, value in self._ask(self._slow, since, until, slower_than):
                if (version := labels.get("version", "")) in versions:
                    add(served, start, version, Served(slow=value))
        return [Minute(start, served[start]) for start in sorted(served)]

    def percentile(self, version: str, since: float, until: float) -> Optional[float]:
        """The latest value of the query for it, which answers in seconds. None without one."""
        if not self._p95:
            return None
        found = [
            value for labels, _, value in self._ask(self._p95, since, until, None) if labels.get("version") == version
        ]
        return 1000 * found[-1] if found else None

    def _ask(
        self, query: str, since: float, until: float, slower_than: Optional[float]
    ) -> list[tuple[dict[str, str], float, float]]:
        import requests

        slow = "0" if slower_than is None else f"{slower_than / 1000:g}"
        window = self.window
        # The value at a time is that of the minute before it.
        first, last = math.ceil(since / window) * window + window, math.floor(until / window) * window
        if last < first:
            return []
        asked = {
            "query": Template(query).safe_substitute(window=f"{window:g}s", slow=slow),
            "start": f"{first:g}",
            "end": f"{last:g}",
            "step": f"{window:g}",
        }
        try:
            answer = requests.get(f"{self._url}/api/v1/query_range", params=asked, timeout=SECONDS)
            found: Any = answer.json()
        except requests.RequestException as error:
            raise EvidenceError(f"{shown(self._url)}: {type(error).__name__}. Prometheus did not answer") from None
        if not isinstance(found, dict) or found.get("status") != "success":
            why = found.get("error") if isinstance(found, dict) else answer.status_code
            raise EvidenceError(f"{shown(self._url)}: {why}")
        return [
            ({str(key): str(value) for key, value in series["metric"].items()}, float(at) - window, float(value))
            for series in found["data"]["result"]
            for at, value in series["values"]
            if math.isfinite(float(value))
        ]
