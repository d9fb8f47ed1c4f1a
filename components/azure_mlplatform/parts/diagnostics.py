"""Diagnostic settings (Microsoft.Insights), which send a resource's logs and metrics to Log Analytics."""

from typing import Optional

import pulumi_azure_native as native

from .arguments import In
from .component import Component, child


def send_diagnostics(
    parent: Component,
    label: str,
    resource_id: In[str],
    *,
    logs: bool = True,
    metrics: bool = True,
    tables: Optional[list[str]] = None,
) -> "native.monitor.DiagnosticSetting":
    """Sends all logs and metrics of a resource to the environment's Log Analytics workspace.

    `logs` or `metrics` is False if the resource has none. `tables` names the categories of logs that queries need in
    dedicated tables: then only these are sent. `label` names the resource; the setting's name adds `-diagnostics`.
    """
    log = native.monitor.DiagnosticsLogSettingsArgs
    named = [log(category=each, enabled=True) for each in tables or []]
    return native.monitor.DiagnosticSetting(
        f"{parent.logical_name(label)}-diagnostics",
        name="to-log-analytics",
        resource_uri=resource_id,
        workspace_id=parent.placement.log_analytics_id,
        log_analytics_destination_type="Dedicated" if named else None,
        logs=named or ([log(category_group="allLogs", enabled=True)] if logs else None),
        metrics=[{"category": "AllMetrics", "enabled": True}] if metrics else None,
        opts=child(parent),
    )
