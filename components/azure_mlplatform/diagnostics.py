"""Diagnostic settings (Microsoft.Insights): every log and metric of a resource to Log Analytics."""

import pulumi
import pulumi_azure_native as native

from ._component import In, child


def send_diagnostics(
    name: str,
    resource_id: In[str],
    workspace_id: In[str],
    *,
    parent: pulumi.Resource,
    logs: bool = True,
    metrics: bool = True,
) -> "native.monitor.DiagnosticSetting":
    """Sends all that a resource reports to Log Analytics; `logs` or `metrics` is False where it has none."""
    return native.monitor.DiagnosticSetting(
        name,
        name="to-log-analytics",
        resource_uri=resource_id,
        workspace_id=workspace_id,
        logs=[{"category_group": "allLogs", "enabled": True}] if logs else None,
        metrics=[{"category": "AllMetrics", "enabled": True}] if metrics else None,
        opts=child(parent),
    )
