"""Who hears of batches that failed, of triggers that failed, and of runs that should have been.

Metrics, their dimensions and the tables of logs are those of "Supported metrics" and "Supported logs" for
Microsoft.DataFactory/factories and Microsoft.Synapse/workspaces (Azure Monitor, Microsoft Learn).
"""

from typing import Any, NamedTuple

import pulumi
import pulumi_azure_native as native

from ._component import In, PlacedArgs, child
from .foundation.naming import Kind
from .settings.batch import BatchAlertSettings, Orchestrator
from .settings.batch_jobs import BatchJobSettings


class _Watched(NamedTuple):
    """How an orchestrator reports its runs."""

    namespace: str
    pipelines: tuple[str, str]
    """Metric, and the dimension that names the pipeline."""

    triggers: tuple[str, str]
    """Metric, and the dimension that names the trigger."""

    failed: dict[str, str]
    """Dimensions that tell failed ones from others."""

    table: str
    """Of the log of pipeline runs."""


_WATCHED = {
    Orchestrator.DATA_FACTORY: _Watched(
        "Microsoft.DataFactory/factories",
        ("PipelineFailedRuns", "Name"),
        ("TriggerFailedRuns", "Name"),
        {},
        "ADFPipelineRun",
    ),
    Orchestrator.SYNAPSE: _Watched(
        "Microsoft.Synapse/workspaces",
        ("IntegrationPipelineRunsEnded", "Pipeline"),
        ("IntegrationTriggerRunsEnded", "Trigger"),
        {"Result": "Failed"},
        "SynapseIntegrationPipelineRuns",
    ),
}

_DAY = 24


class BatchAlerts(NamedTuple):
    """What is watched, and who hears of it."""

    settings: BatchAlertSettings
    orchestrator: Orchestrator
    orchestrator_id: In[str]
    """The factory or Synapse workspace, by id."""

    log_id: In[str]
    """The Log Analytics workspace, by id, that it reports to."""

    jobs: dict[str, BatchJobSettings]
    """Pipeline → its job."""

    triggers: list[str]
    late: bool
    """Whether its logs are there to tell of runs that are late."""


def batch_alerts(name: str, alerts: BatchAlerts, *, args: PlacedArgs, parent: pulumi.Resource) -> None:
    """Alerts on failed pipelines and triggers, and one for each job that is expected to have succeeded."""
    groups: list[In[str]] = list(alerts.settings.action_group_ids)
    if alerts.settings.emails:
        groups.append(_action_group(name, alerts.settings.emails, args, parent))
    watched = _WATCHED[alerts.orchestrator]
    shared: dict[str, Any] = {
        "resource_group_name": args.resource_group_name,
        "severity": alerts.settings.severity,
        "enabled": True,
        "auto_mitigate": True,
        "tags": args.tags,
        "opts": child(parent),
    }
    for label, (metric, dimension), names in (
        ("pipelines", watched.pipelines, list(alerts.jobs)),
        ("triggers", watched.triggers, alerts.triggers),
    ):
        native.monitor.MetricAlert(
            f"{name}-failed-{label}",
            rule_name=args.name_of(Kind.ALERT_RULE, f"failed-{label}"),
            # Metric alerts are nowhere in particular.
            location="global",
            description=f"Batch scoring: {label} failed",
            scopes=[alerts.orchestrator_id],
            evaluation_frequency="PT5M",
            window_size="PT15M",
            criteria=_failed(watched, metric, {dimension: names}),
            actions=[native.monitor.MetricAlertActionArgs(action_group_id=each) for each in groups],
            **shared,
        )
    for pipeline, job in alerts.jobs.items():
        hours = job.expected_hours if alerts.late and job.active else None
        if hours is None:
            continue
        native.monitor.ScheduledQueryRule(
            f"{name}-late-{job.name}",
            rule_name=args.name_of(Kind.ALERT_RULE, f"late-{job.name}"),
            location=args.location,
            kind="LogAlert",
            description=f"Batch scoring: {job.name} has not succeeded for {hours} hours",
            scopes=[alerts.log_id],
            evaluation_frequency="PT1H",
            window_size=_window(hours),
            # The table is not there before the first run is logged.
            skip_query_validation=True,
            criteria=_late(watched, alerts.orchestrator_id, pipeline, hours),
            actions={"action_groups": groups},
            **shared,
        )


def _action_group(name: str, emails: list[str], args: PlacedArgs, parent: pulumi.Resource) -> "pulumi.Output[str]":
    return native.monitor.ActionGroup(
        f"{name}-action-group",
        action_group_name=args.name_of(Kind.ACTION_GROUP, "batch"),
        # What a message shows of it; Azure takes 12 characters.
        group_short_name=args.project[:12],
        resource_group_name=args.resource_group_name,
        location="Global",
        enabled=True,
        email_receivers=[{"name": each, "email_address": each, "use_common_alert_schema": True} for each in emails],
        tags=args.tags,
        opts=child(parent),
    ).id


def _failed(watched: _Watched, metric: str, names: dict[str, list[str]]) -> Any:
    """That one of these has failed, whatever else the orchestrator runs."""
    monitor = native.monitor
    dimensions = names | {each: [value] for each, value in watched.failed.items()}
    return monitor.MetricAlertSingleResourceMultipleMetricCriteriaArgs(
        odata_type="Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria",
        all_of=[
            monitor.MetricCriteriaArgs(
                criterion_type="StaticThresholdCriterion",
                name="failed",
                metric_namespace=watched.namespace,
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


def _late(watched: _Watched, orchestrator_id: In[str], pipeline: str, hours: int) -> Any:
    """That no run has succeeded. It is counted to a row of its own, so that no row at all is no special case."""
    query = pulumi.Output.from_input(orchestrator_id).apply(
        lambda id_: "\n".join(
            [
                watched.table,
                f"| where TimeGenerated > ago({hours}h) and _ResourceId =~ '{id_}'",
                f"| where PipelineName == '{pipeline}' and Status == 'Succeeded'",
                "| summarize runs = count()",
                "| where runs == 0",
            ]
        )
    )
    # azure-native's enumeration of operators has the words of another service.
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
    """The shortest window that Azure Monitor has for so many hours."""
    if hours <= 6:
        return f"PT{hours}H"
    return "P1D" if hours <= _DAY else "P2D"
