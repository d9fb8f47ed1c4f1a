"""The destination of logs and metrics."""

from collections.abc import Iterator
from typing import Optional

from pydantic import Field

from ...foundation.model import Settings, check
from ...foundation.rules import field_rule
from ...foundation.values import arm_id
from ...foundation.violations import Violation


class DiagnosticsSettings(Settings):
    """One Log Analytics workspace for everything in the environment: its own, or a central one."""

    log_analytics_workspace_id: Optional[str] = Field(
        default=None, examples=["/subscriptions/…/Microsoft.OperationalInsights/workspaces/log-central"]
    )
    """A workspace that others run, by id. Default: the environment makes its own."""

    retention_days: Optional[int] = Field(default=None, ge=30, le=730)
    """The days that an own workspace keeps data, 30 to 730. Default: set by the environment's profile."""

    daily_cap_gb: Optional[float] = Field(default=None, gt=0)
    """The gigabytes per day after which an own workspace takes no more data. Default: no cap, since a cap also stops
    the audit log."""

    _id = field_rule(arm_id("Microsoft.OperationalInsights/workspaces"), "log_analytics_workspace_id")

    @check
    def _own_or_adopted(self) -> Iterator[Violation]:
        for field in ("retention_days", "daily_cap_gb"):
            if self.log_analytics_workspace_id is not None and getattr(self, field) is not None:
                yield Violation(
                    (field,),
                    getattr(self, field),
                    f"{field} is given together with log_analytics_workspace_id",
                    "Leave it out: the owner of the adopted workspace decides it",
                )
