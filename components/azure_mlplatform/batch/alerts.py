"""Alerts on failed pipelines, failed triggers and late runs.

Metrics, their dimensions and the log tables are those of "Supported metrics" and "Supported logs" for
Microsoft.DataFactory/factories and Microsoft.Synapse/workspaces (Azure Monitor, Microsoft Learn).
"""

from typing import Any, NamedTuple

import pulumi
import pulumi_azure_native as native

from ..foundation.naming import Kind
from ..parts.arguments import In
from ..parts.component import Component, child
from .settings.batch import BatchAlertSettings, Orchestrator
from .settings.jobs import BatchJobSettings


class _Reports(NamedTuple):
    """The metrics and the log in which an orchestrator reports its runs."""

    namespace: str
    pipelines: tuple[str, str]
    """Metric, and the dimension that names the pipeline."""

    triggers: tuple[str, str]
    """Metric, and the dimension that names the trigger."""

    failed: dict[str, str]
    """The dimensions that select failed runs."""

    table: str
    """The log table of pipeline runs."""


_REPORTS = {
    Orchestrator.DATA_FACTORY: _Reports(
        "Microsoft.DataFactory/factories",
        ("PipelineFailedRuns", "Name"),
        ("TriggerFailedRuns", "Name"),
        {},
        "ADFPipelineRun",
    ),
    Orchestrator.SYNAPSE: _Reports(
        "Microsoft.Synapse/workspaces",
        ("IntegrationPipelineRunsEnded", "Pipeline"),
        ("IntegrationTriggerRunsEnded", "Trigger"),
        {"Result": "Failed"},
        "SynapseIntegrationPipelineRuns",
    ),
}

_DAY = 24


class BatchAlerts(NamedTuple):
    """The jobs and triggers to watch, and the receivers of the alerts."""

    settings: BatchAlertSettings
    orchestrator: Orchestrator
    orchestrator_id: In[str]
    """The factory or Synapse workspace, by id."""

    jobs: dict[str, BatchJobSettings]
    """Pipeline → its job."""

    triggers: list[str]
    late: bool
    """Whether the logs are available, so that late runs can be found."""


def batch_alerts(parent: Component, alerts: BatchAlerts) -> None:
    """Makes alerts on failed pipelines and triggers, and an alert on late runs for each job with expected hours."""
    placement = parent.placement
    groups: list[In[str]] = list(alerts.settings.action_group_ids)
    if alerts.settings.emails:
        groups.append(_action_group(parent, alerts.settings.emails))
    reports = _REPORTS[alerts.orchestrator]
    shared: dict[str, Any] = {
        "resource_group_name": placement.resource_group_name,
        "severity": alerts.settings.severity,
        "enabled": True,
        "auto_mitigate": True,
        "tags": placement.tags,
        "opts": child(parent),
    }
    for label, (metric, dimension), names in (
        ("pipelines", reports.pipelines, list(alerts.jobs)),
        ("triggers", reports.triggers, alerts.triggers),
    ):
        native.monitor.MetricAlert(
            parent.logical_name(f"failed-{label}"),
            rule_name=placement.name_of(Kind.ALERT_RULE, f"failed-{label}"),
            # Metric alerts have no region.
            location="global",
            description=f"Batch scoring: {label} failed",
            scopes=[alerts.orchestrator_id],
            evaluation_frequency="PT5M",
            window_size="PT15M",
            criteria=_failed(reports, metric, {dimension: names}),
            actions=[native.monitor.MetricAlertActionArgs(action_group_id=each) for each in groups],
            **shared,
        )
    for pipeline, job in alerts.jobs.items():
        hours = job.expected_hours if alerts.late and job.active else None
        if hours is None:
            continue
        native.monitor.ScheduledQueryRule(
            parent.logical_name(f"late-{job.name}"),
            rule_name=placement.name_of(Kind.ALERT_RULE, f"late-{job.name}"),
            location=placement.location,
            kind="LogAlert",
            description=f"Batch scoring: {job.name} has not succeeded for {hours} hours",
            scopes=[placement.log_analytics_id],
            evaluation_frequency="PT1H",
            window_size=_window(hours),
            # The table does not exist before the first run is logged.
            skip_query_validation=True,
            criteria=_late(reports, alerts.orchestrator_id, pipeline, hours),
            actions={"action_groups": groups},
            **shared,
        )


def _action_group(parent: Component, emails: list[str]) -> "pulumi.Output[str]":
    placement = parent.placement
    return native.monitor.ActionGroup(
        parent.logical_name("action-group"),
        action_group_name=placement.name_of(Kind.ACTION_GROUP, "batch"),
        # Messages show this name. Azure allows 12 characters.
        group_short_name=placement.project[:12],
        resource_group_name=placement.resource_group_name,
        location="Global",
        enabled=True,
        email_receivers=[{"name": each, "email_address": each, "use_common_alert_schema": True} for each in emails],
        tags=placement.tags,
        opts=child(parent),
    ).id


def _failed(reports: _Reports, metric: str, names: dict[str, list[str]]) -> Any:
    """The criteria that one of `names` has failed. Other runs of the orchestrator do not count."""
    monitor = native.monitor
    dimensions = names | {each: [value] for each, value in reports.failed.items()}
    return monitor.MetricAlertSingleResourceMultipleMetricCriteriaArgs(
        odata_type="Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria",
        all_of=[
            monitor.MetricCriteriaArgs(
                criterion_type="StaticThresholdCriterion",
                name="failed",
                metric_namespace=reports.namespace,
                metric_name=metric,
                time_aggregation="Total",
                operator="GreaterThan",
                threshold=0,
                dimensions=[
                    monitor.MetricDimensionArgs(name=each, operator="Include", values=values)
                    for each, values in dimensions.items()
                ],
            )
        ],
    )


def _late(reports: _Reports, orchestrator_id: In[str], pipeline: str, hours: int) -> Any:
    """The criteria that no run has succeeded. The query counts runs, so an empty log also raises the alert."""
    query = pulumi.Output.from_input(orchestrator_id).apply(
        lambda id_: "\n".join(
            [
                reports.table,
                f"| where TimeGenerated > ago({hours}h) and _ResourceId =~ '{id_}'",
                f"| where PipelineName == '{pipeline}' and Status == 'Succeeded'",
                "| summarize runs = count()",
                "| where runs == 0",
            ]
        )
    )
    # azure-native's enumeration of operators has the values of another service.
    operator: Any = "GreaterThan"
    return native.monitor.ScheduledQueryRuleCriteriaArgs(
        all_of=[
            native.monitor.ConditionArgs(
                query=query,
                time_aggregation="Count",
                operator=operator,
                threshold=0,
                failing_periods=native.monitor.ConditionFailingPeriodsArgs(
                    min_failing_periods_to_alert=1, number_of_evaluation_periods=1
                ),
            )
        ]
    )


def _window(hours: int) -> str:
    """The shortest window of Azure Monitor that covers `hours`."""
    if hours <= 6:
        return f"PT{hours}H"
    return "P1D" if hours <= _DAY else "P2D"
