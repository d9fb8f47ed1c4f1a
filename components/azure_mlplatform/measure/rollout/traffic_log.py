"""Numbers from the log of an endpoint's requests: `AmlOnlineEndpointTrafficLog`, a row a request.

It is there if the diagnostic setting of the endpoint's log `AmlOnlineEndpointTrafficLog` sends it to a Log Analytics
workspace. Columns: TimeGenerated, EndpointName, DeploymentName, ResponseCode ("the final response code returned to the
client") and TotalDurationMs ("from the request start time to the time the last response byte is sent back to the
client"). Source: MicrosoftDocs/azure-ai-docs: machine-learning/how-to-monitor-online-endpoints, 2023-10-24, with its
include endpoint-monitor-traffic-reference; azure-monitor/reference/tables/amlonlineendpointtrafficlog, 2026-03-11. Read
2026-11-28. That copies of requests (mirroring) have rows as well is assumed; if not, nothing is seen of them and the
step ends inconclusive.
"""

import datetime
import math
from collections.abc import Sequence
from typing import Any, Optional

from .evidence import FAILED, PERCENTILE, EvidenceError, Minute, Served

TABLE = "AmlOnlineEndpointTrafficLog"

LAG = 600.0
"""Seconds. "Resource logs are usually available within 3 to 10 minutes end-to-end" (MicrosoftDocs/azure-monitor-docs:
logs/data-ingestion-time, 2026-02-27; read 2026-11-28)."""


class TrafficLog:
    """The log of one endpoint's requests.

    It is asked by the resource that it is of, the Azure ML workspace, so that the right to read one table of one
    workspace is enough; or by a Log Analytics workspace, if its id is given. That a question about the workspace finds
    the rows of its endpoints is assumed: the table's page names workspaces as its only resource type.
    """

    name = TABLE
    window = 60.0
    fixed_share = None

    def __init__(self, client: Any, endpoint_id: str, *, log_workspace: str = "", lag: float = LAG) -> None:
        self._client, self._log_workspace, self.lag = client, log_workspace, lag
        self._workspace, _, self._endpoint = endpoint_id.rpartition("/onlineEndpoints/")

    def minutes(
        self, versions: Sequence[str], since: float, until: float, slower_than: Optional[float]
    ) -> list[Minute]:
        """The minutes with requests."""
        failed = f"code >= 500 or code == 0 or code in ({', '.join(map(str, sorted(FAILED)))})"
        slow = "false" if slower_than is None else f"TotalDurationMs > {slower_than:g}"
        rows = self._ask(
            since,
            until,
            versions,
            "| extend code = toint(ResponseCode)\n"
            f"| summarize requests = count(), failed = countif({failed}), slow = countif({slow}) "
            "by minute = bin(TimeGenerated, 1m), version = DeploymentName",
        )
        served: dict[float, dict[str, Served]] = {}
        named = {each.lower(): each for each in versions}
        for row in rows:
            version = named.get(str(row["version"]).lower())
            if version is not None:
                at = served.setdefault(_seconds(row["minute"]), {})
                at[version] = Served(float(row["requests"]), float(row["failed"]), float(row["slow"]))
        return [Minute(start, served[start]) for start in sorted(served)]

    def percentile(self, version: str, since: float, until: float) -> Optional[float]:
        """Old's 95th percentile in milliseconds. Log Analytics estimates it (`percentile`)."""
        rows = self._ask(
            since, until, (version,), f"| summarize limit = percentile(TotalDurationMs, {100 * PERCENTILE:g})"
        )
        found = rows[0]["limit"] if rows else None
        return None if found is None or not math.isfinite(float(found)) else float(found)

    def _ask(self, since: float, until: float, versions: Sequence[str], then: str) -> list[dict[str, Any]]:
        from azure.core.exceptions import AzureError
        from azure.monitor.query import LogsQueryStatus

        from ...dynamic.sign_in import SignInError

        names = ", ".join(_quoted(each) for each in versions)
        query = (
            f"{TABLE}\n| where TimeGenerated >= {_time(since)} and TimeGenerated < {_time(until)}\n"
            f"| where EndpointName =~ {_quoted(self._endpoint)} and DeploymentName in~ ({names})\n{then}"
        )
        span = (_day(since), _day(until))
        try:
            if self._log_workspace:
                answer = self._client.query_workspace(self._log_workspace, query, timespan=span)
            else:
                answer = self._client.query_resource(self._workspace, query, timespan=span)
        except (AzureError, SignInError) as error:
            raise EvidenceError(_told(error)) from None
        if answer.status != LogsQueryStatus.SUCCESS:
            raise EvidenceError(f"{TABLE}: only a part of the answer came ({answer.partial_error})")
        if not answer.tables:
            raise EvidenceError(f"{TABLE}: the answer has no table")
        table = answer.tables[0]
        return [dict(zip(table.columns, row, strict=True)) for row in table.rows]


def _told(error: Any) -> str:
    text = " ".join(str(getattr(error, "message", error)).split())
    status = getattr(error, "status_code", None)
    if status in (401, 403):
        right = f"Microsoft.Insights/logs/{TABLE}/read on the Azure ML workspace"
        return f"{TABLE}: {text}. Who runs this needs {right}, which the library's release roles have"
    if "resolve table" in text or "could not be resolved" in text:
        return (
            f"{TABLE}: there is no such table here. Send the log to Log Analytics with a diagnostic setting of the "
            "endpoint (it takes up to an hour to begin), or choose another source: --source metrics, probes"
        )
    return f"{TABLE}: {text}"


def _quoted(text: str) -> str:
    """A text as Kusto quotes it."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _day(seconds: float) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(seconds, datetime.UTC)


def _time(seconds: float) -> str:
    return f"datetime({_day(seconds).isoformat()})"


def _seconds(value: Any) -> float:
    found = value if isinstance(value, datetime.datetime) else datetime.datetime.fromisoformat(str(value))
    return (found if found.tzinfo else found.replace(tzinfo=datetime.UTC)).timestamp()
