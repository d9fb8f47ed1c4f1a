"""Numbers from Azure Monitor's metrics: requests a minute by version and status. They have no durations of single
requests, so slowness is not compared.

- Online endpoints: `RequestsPerMinute`, dimensions `deployment` and `statusCode`, as Average: over one minute, that is
  the number of that minute (Azure Monitor: supported metrics of
  Microsoft.MachineLearningServices/workspaces/onlineEndpoints, 2024-07-30).
- Container Apps: `Requests`, dimensions `revisionName` and `statusCode`, as Total (supported metrics of
  Microsoft.App/containerapps).
- App Service: `Http5xx` and `Requests` of an app have no dimension for the slot (a slot is a resource of its own), so
  they are asked of each slot (supported metrics of Microsoft.Web/sites and sites/slots). That the status is not known
  but as 5xx is why 408, 424 and 429 do not count there.

Read 2026-11-28.
"""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Optional, Protocol
from urllib.parse import urlencode

from ..endpoints.endpoint import PRODUCTION, Kind
from .evidence import EvidenceError, Minute, Served, add, is_failure

API_VERSION = "2023-10-01"

MOST_SERIES = 1000
"""The series that are asked for. Azure gives 10 by default, and leaves out the rest without a word (`top` of Azure
Monitor's Metrics - List, as ArmResourceGetMonitorMetricsOptions of its library for .NET has it; read 2026-11-28)."""

LAG = 180.0
"""Seconds. "Azure platform metrics are available in under a minute in the metrics database"
(MicrosoftDocs/azure-monitor-docs: logs/data-ingestion-time, 2026-02-27; read 2026-11-28). Three are taken, since no
source states when a minute is complete."""


class Lists(Protocol):
    """Azure Resource Manager, as far as it is used here."""

    def begin(self) -> "Lists":
        """Begins another operation, with pauses of its own."""
        ...

    def list(self, path: str, api_version: str) -> Optional[list[Any]]:
        """The resources of a list, or None if what they belong to is gone."""
        ...


@dataclass(frozen=True, slots=True)
class _Metric:
    name: str
    aggregation: str
    version: str
    """The dimension with the version."""

    status: str
    """The dimension with the status."""


_METRICS: Mapping[Kind, _Metric] = {
    Kind.MANAGED: _Metric("RequestsPerMinute", "Average", "deployment", "statusCode"),
    Kind.KUBERNETES: _Metric("RequestsPerMinute", "Average", "deployment", "statusCode"),
    Kind.CONTAINER_APP: _Metric("Requests", "Total", "revisionName", "statusCode"),
}


class PlatformMetrics:
    """The metrics of one endpoint."""

    name = "Azure Monitor"
    window = 60.0
    fixed_share = None

    def __init__(self, manager: Lists, endpoint_id: str, kind: Kind, *, lag: float = LAG) -> None:
        self._manager, self._id, self._kind, self.lag = manager, endpoint_id, kind, lag

    def minutes(
        self, versions: Sequence[str], since: float, until: float, slower_than: Optional[float]
    ) -> list[Minute]:
        """The minutes with requests."""
        del slower_than
        served: dict[float, dict[str, Served]] = {}
        if self._kind is Kind.APP_SERVICE:
            for version in versions:
                self._of_slot(version, since, until, served)
        else:
            self._of_endpoint(versions, since, until, served)
        return [Minute(start, served[start]) for start in sorted(served)]

    def percentile(self, version: str, since: float, until: float) -> Optional[float]:
        """None: Azure Monitor has percentiles of percentiles only."""
        del version, since, until

    def _of_endpoint(
        self, versions: Sequence[str], since: float, until: float, served: dict[float, dict[str, Served]]
    ) -> None:
        metric = _METRICS.get(self._kind)
        if metric is None:
            raise EvidenceError(f"Azure Monitor has no metrics of a {self._kind}. Choose another source with --source")
        named = {each.lower(): each for each in versions}
        wanted = f"{metric.version} eq '*' and {metric.status} eq '*'"
        for series in self._ask(self._id, metric.name, metric.aggregation, since, until, wanted):
            labels = _labels(series)
            version = named.get(labels.get(metric.version.lower(), "").lower())
            if version is None:
                continue
            fails = is_failure(_status(labels.get(metric.status.lower(), "")))
            for start, value in _points(series, metric.aggregation):
                add(served, start, version, Served(value, value if fails else 0))

    def _of_slot(self, slot: str, since: float, until: float, served: dict[float, dict[str, Served]]) -> None:
        resource = self._id if slot.lower() == PRODUCTION else f"{self._id}/slots/{slot}"
        for name in ("Requests", "Http5xx"):
            for series in self._ask(resource, name, "Total", since, until, ""):
                for start, value in _points(series, "Total"):
                    add(served, start, slot, Served(value) if name == "Requests" else Served(failed=value))

    def _ask(
        self, resource: str, metric: str, aggregation: str, since: float, until: float, wanted: str
    ) -> list[Mapping[str, Any]]:
        from ...dynamic.arm import ArmError

        query = {
            "metricnames": metric,
            "aggregation": aggregation,
            "interval": "PT1M",
            "timespan": f"{_time(since)}/{_time(until)}",
        } | ({"$filter": wanted, "top": str(MOST_SERIES)} if wanted else {})
        path = f"{resource}/providers/Microsoft.Insights/metrics?{urlencode(query)}"
        try:
            found = self._manager.begin().list(path, API_VERSION)
        except ArmError as error:
            hint = ". Who runs this needs Microsoft.Insights/metrics/read" if error.status in (401, 403) else ""
            raise EvidenceError(f"{error}{hint}") from None
        if found is None:
            raise EvidenceError(f"Azure Monitor knows no resource {resource}")
        series = [series for each in found for series in each.get("timeseries") or []]
        if len(series) >= MOST_SERIES:
            raise EvidenceError(f"{metric} has {MOST_SERIES} series or more, so some may be missing. Use --source log")
        return series


def _labels(series: Mapping[str, Any]) -> dict[str, str]:
    return {
        str((each.get("name") or {}).get("value", "")).lower(): str(each.get("value", ""))
        for each in series.get("metadatavalues") or []
    }


def _points(series: Mapping[str, Any], aggregation: str) -> list[tuple[float, float]]:
    found = []
    for each in series.get("data") or []:
        value = each.get(aggregation.lower())
        if value:
            start = datetime.datetime.fromisoformat(str(each["timeStamp"]).replace("Z", "+00:00"))
            found.append((start.timestamp(), float(value)))
    return found


def _status(text: str) -> int:
    """A status; what is none counts as no answer."""
    return int(text) if text.isdecimal() else 0


def _time(seconds: float) -> str:
    return datetime.datetime.fromtimestamp(seconds, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
