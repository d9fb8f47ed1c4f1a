from typing import Any

import pytest

from azure_mlplatform.batch import data_factory
from azure_mlplatform.batch.batch_scoring import BatchScoring, BatchScoringArgs
from azure_mlplatform.emulation.answers import SUBSCRIPTION
from azure_mlplatform.foundation.built_in_roles import Role, role_name
from azure_mlplatform.foundation.custom_roles import CUSTOM_ROLES, CustomRole
from azure_mlplatform.parts.arguments import RefusedError
from azure_mlplatform.parts.encryption import EncryptionKey
from azure_mlplatform.parts.placement import Placement
from azure_mlplatform.plan.resource import UNKNOWN
from azure_mlplatform.settings import CustomerManagedKey
from azure_mlplatform.testing import TENANT, children
from support.programs import (
    CENTRAL,
    LAKE,
    LOG,
    OPEN,
    STORE,
    WORKSPACES,
    ZONES,
    attachable,
    from_office,
    one,
    serving,
    twice_granted,
)

WORKSPACE = f"{WORKSPACES}/mlw-churn"
STORAGE = f"{CENTRAL}/Microsoft.Storage/storageAccounts/stchurn"
LAKE_ID = f"{LAKE}/Microsoft.Storage/storageAccounts/stlake"
BLOBS_ID = f"{LAKE}/Microsoft.Storage/storageAccounts/stblobs"
SCORES = {
    "name": "scores",
    "storage_account_id": BLOBS_ID,
    "container": "scores",
    "access": "write",
    "hierarchical": False,
}
DAILY = {
    "name": "nightly",
    "schedule": {"frequency": "Day", "at": ["04:00"], "time_zone": "W. Europe Standard Time"},
    "input": {"store": "sales", "folder": "sales/{yyyy}/{MM}/{dd}"},
    "output": {"store": "scores", "folder": "daily"},
}
AS_BLOBS = {"hierarchical": True, "as_blobs": True}
ARRIVED = {
    "name": "arrived",
    "blob_created": {"store": "sales", "folder": "incoming", "suffix": ".csv"},
    "output": {"folder": "arrived"},
}
LEGACY = {
    "name": "old",
    "mode": "published_pipeline",
    "published_pipeline_id": "00000000-0000-0000-0000-0000000000b1",
    "schedule": DAILY["schedule"],
    "output": {"folder": "old"},
}
ALERTS = {"emails": ["ml@example.com"]}
GROUP = f"{CENTRAL}/Microsoft.Insights/actionGroups/ag-oncall"
FACTORY = "adf-churn-prod-abc123"
RESOURCES = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-test/providers"
FACTORY_ID = f"{RESOURCES}/Microsoft.DataFactory/factories/{FACTORY}"
SHARED_ID = (
    f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-shared/providers/Microsoft.DataFactory/factories/adf-shared"
)
SHARED = {SHARED_ID: {"identity": {"type": "SystemAssigned", "principalId": "00000000-0000-0000-0000-0000000000ad"}}}
SYNAPSE_ID = f"{CENTRAL}/Microsoft.Synapse/workspaces/synw-churn"
SCORE = "score-churn-nightly-prod"
TRIGGERS = "serve-failed-triggers"


def batch(*jobs, preview=False, existing=None, alerts=None, **changes):
    component = {"workspace": attachable(storage_account_id=STORAGE), "datastores": [STORE, SCORES]}
    taken = {*BatchScoringArgs.model_fields, *Placement.model_fields, "lock"} - {"settings"}
    component |= {each: changes.pop(each) for each in taken if each in changes}
    settings = {"compute": "cpu", "jobs": list(jobs) or [DAILY], **changes}
    if alerts is not None:
        settings["alerts"] = alerts
    return serving(BatchScoring, BatchScoringArgs, settings, preview=preview, existing=existing, **component)


PUBLIC = [
    ("BatchEndpoint", "serve-endpoint-nightly"),
    ("DiagnosticSetting", "serve-factory-diagnostics"),
    ("Factory", "serve-factory"),
    ("LinkedService", "serve-service-stblobs"),
    ("LinkedService", "serve-service-stlake"),
    ("LinkedService", "serve-service-workspace"),
    ("Pipeline", "serve-attempt-nightly"),
    ("Pipeline", "serve-pipeline-nightly"),
    ("RoleAssignment", "serve-store-stlake-curated"),
    ("RoleAssignment", "serve-score"),
    ("RoleAssignment", "serve-store-stblobs-scores"),
    ("RoleDefinition", "serve-role-batch-caller"),
    ("Trigger", "serve-trigger-nightly-schedule"),
]
STARTED = [
    ("StartTrigger", "serve-trigger-nightly-schedule-start"),
    ("StopRemoved", "serve-removed-triggers"),
    ("StopTrigger", "serve-trigger-nightly-schedule-stop"),
]
PRIVATE = [
    ("Deployment", "serve-managed-network"),
    ("IntegrationRuntime", "serve-runtime"),
    *(("ManagedPrivateEndpoint", f"serve-reach-{each}") for each in ("stblobs", "stlake", "workspace")),
    ("PrivateDnsZoneGroup", "serve-factory-endpoint-dataFactory-zones"),
    ("PrivateEndpoint", "serve-factory-endpoint-dataFactory"),
]
APPROVED = [("ApproveConnection", f"serve-reach-{each}-approval") for each in ("stblobs", "stlake", "workspace")]
TOLD = [
    ("ActionGroup", "serve-action-group"),
    ("MetricAlert", "serve-failed-pipelines"),
    ("MetricAlert", "serve-failed-triggers"),
    ("ScheduledQueryRule", "serve-late-nightly"),
]


@pytest.mark.parametrize("preview", [False, True])
@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, PUBLIC + STARTED + PRIVATE + APPROVED),
        ({"alerts": ALERTS}, PUBLIC + STARTED + PRIVATE + APPROVED + TOLD),
        ({"alerts": {"action_group_ids": [GROUP]}}, PUBLIC + STARTED + PRIVATE + APPROVED + TOLD[1:]),
        ({"approve_connections": False}, PUBLIC + STARTED + PRIVATE),
        ({"start_triggers": False}, PUBLIC + PRIVATE + APPROVED),
        (OPEN, PUBLIC + STARTED),
    ],
)
def test_children(changes, expected, preview):
    assert children(batch(preview=preview, **changes), "serve") == sorted(expected)


def test_an_inactive_job_is_stopped_and_stays():
    plan = batch({**DAILY, "active": False}, alerts=ALERTS)
    kinds = {each.kind for each in plan.resources if each.name.startswith("serve-trigger")}
    assert kinds == {"Trigger", "StopTrigger"}
    assert plan.of_type("ScheduledQueryRule") == []


@pytest.mark.parametrize("preview", [False, True])
def test_what_is_in_the_factory_comes_after_it(preview):
    plan = batch(preview=preview)
    factory = one(plan, "Factory", "serve-")
    for kind in ("IntegrationRuntime", "LinkedService", "ManagedPrivateEndpoint", "Pipeline", "Trigger"):
        for each in plan.of_type(kind):
            assert each.property_dependencies["factoryName"] == (factory.urn,), each.name
    assert one(plan, "Deployment", "serve-").property_dependencies["deploymentName"] == (factory.urn,)


@pytest.mark.parametrize("preview", [False, True])
def test_triggers_stop_before_the_pipelines_that_they_start_change(preview):
    plan = batch(preview=preview)
    removed, stop = one(plan, "StopRemoved", "serve-"), one(plan, "StopTrigger", "serve-")
    assert removed.input("triggers") == [stop.input("trigger")]
    assert removed.input("factory_id") == stop.input("factory_id")
    attempt, whole = one(plan, "Pipeline", "serve-attempt"), one(plan, "Pipeline", "serve-pipeline")
    assert {removed.urn, stop.urn} <= set(attempt.dependencies)
    assert attempt.urn in whole.dependencies


def test_a_first_preview_knows_which_trigger_of_which_factory_stops():
    stop = one(batch(preview=True), "StopTrigger", "serve-")
    assert (stop.input("factory_id"), stop.input("trigger")) == (FACTORY_ID, f"{SCORE}-schedule")
    assert stop.dependencies == ()


def test_the_factory_signs_in_as_itself_and_is_closed():
    plan = batch(lock=True)
    factory = one(plan, "Factory", "serve-")
    assert factory.inputs == {
        "factoryName": FACTORY,
        "identity": {"type": "SystemAssigned"},
        "location": "westeurope",
        "publicNetworkAccess": "Disabled",
        "resourceGroupName": "rg-test",
        "tags": {"project": "churn"},
    }
    assert factory.protect
    assert one(plan, "Factory", "serve-").inputs["publicNetworkAccess"] == "Disabled"
    assert one(batch(**OPEN), "Factory", "serve-").inputs["publicNetworkAccess"] == "Enabled"


def test_runs_are_logged_to_tables_of_their_own():
    reported = one(batch(), "DiagnosticSetting", "serve-factory")
    assert (reported.input("workspaceId"), reported.input("logAnalyticsDestinationType")) == (LOG, "Dedicated")
    assert reported.input("logs") == [
        {"category": each, "enabled": True} for each in ("ActivityRuns", "PipelineRuns", "TriggerRuns")
    ]
    assert reported.input("metrics") == [{"category": "AllMetrics", "enabled": True}]


def test_activities_run_in_a_network_of_the_factorys_own():
    plan = batch()
    network, runtime = one(plan, "Deployment", "serve-"), one(plan, "IntegrationRuntime", "serve-")
    assert network.input("properties.mode") == "Incremental"
    assert network.input("properties.template.resources") == [
        {
            "type": "Microsoft.DataFactory/factories/managedVirtualNetworks",
            "apiVersion": "2018-06-01",
            "name": f"{FACTORY}/default",
            "properties": {},
        }
    ]
    assert network.input("deploymentName") == f"{FACTORY}-managed-network"
    assert runtime.inputs["integrationRuntimeName"] == "ir-churn-prod"
    assert runtime.input("properties") == {
        "type": "Managed",
        "managedVirtualNetwork": {"type": "ManagedVirtualNetworkReference", "referenceName": "default"},
        "computeProperties": {"location": "AutoResolve"},
    }
    assert runtime.replace_on_changes == ("properties.managedVirtualNetwork",)
    assert network.urn in runtime.dependencies
    attempt = one(plan, "Pipeline", "serve-attempt")
    web = [each for each in every_activity(attempt) if each["type"] == "WebActivity"]
    assert [each["name"] for each in web] == ["Invoke", "Get job", "Cancel job"]
    reference = {"type": "IntegrationRuntimeReference", "referenceName": "ir-churn-prod"}
    assert [each["connectVia"] for each in web] == [reference] * 3
    assert {each.input("properties.connectVia.referenceName") for each in plan.of_type("LinkedService")} == {
        "ir-churn-prod"
    }
    for each in (attempt, *plan.of_type("LinkedService")):
        assert runtime.urn in each.dependencies


def every_activity(pipeline):
    todo = list(pipeline.input("activities"))
    while todo:
        each = todo.pop(0)
        yield each
        todo[:0] = [*each.get("activities", ()), *each.get("ifFalseActivities", ())]


def test_the_factorys_endpoints_lead_to_workspace_and_storage_and_are_approved():
    plan = batch()
    found = {each.name: each for each in plan.of_type("ManagedPrivateEndpoint")}
    assert {name: each.input("properties") for name, each in found.items()} == {
        "serve-reach-workspace": {"groupId": "amlworkspace", "privateLinkResourceId": WORKSPACE},
        "serve-reach-stlake": {"groupId": "dfs", "privateLinkResourceId": LAKE_ID},
        "serve-reach-stblobs": {"groupId": "blob", "privateLinkResourceId": BLOBS_ID},
    }
    network = one(plan, "Deployment", "serve-")
    for name, each in found.items():
        assert network.urn in each.dependencies
        # Azure changes neither, and has one of a name.
        assert each.replace_on_changes == ("properties.groupId", "properties.privateLinkResourceId")
        assert each.delete_before_replace
        approval = one(plan, "ApproveConnection", name)
        assert {key: approval.input(key) for key in ("endpoint_id", "target_id", "tenant_id")} == {
            "endpoint_id": each.id,
            "target_id": each.input("properties.privateLinkResourceId"),
            "tenant_id": TENANT,
        }
        made = each.name.removeprefix("serve-reach-")
        assert each.id == f"{FACTORY_ID}/managedVirtualNetworks/default/managedPrivateEndpoints/{made}"


def test_a_lake_that_jobs_see_as_blobs_is_reached_as_a_lake():
    plan = batch({**DAILY, "input": None, "deployment": "pipeline"}, datastores=[{**SCORES, **AS_BLOBS}])
    assert one(plan, "ManagedPrivateEndpoint", "serve-reach-stblobs").input("properties.groupId") == "dfs"
    assert one(plan, "LinkedService", "serve-service-stblobs").input("properties.type") == "AzureBlobFS"


def test_an_account_is_the_same_in_upper_and_lower_case():
    again = {**STORE, "name": "again", "storage_account_id": LAKE_ID.replace("stlake", "StLake"), "folders": []}
    jobs = (DAILY, {**DAILY, "name": "second", "input": {"store": "again", "folder": "x"}})
    plan = batch(*jobs, datastores=[STORE, again, SCORES])
    parts = ("workspace", "stlake", "stblobs")
    assert {each.name for each in plan.of_type("LinkedService")} == {f"serve-service-{each}" for each in parts}
    assert {each.name for each in plan.of_type("ManagedPrivateEndpoint")} == {f"serve-reach-{each}" for each in parts}
    assert [each.name for each in plan.of_type("RoleAssignment") if "stlake" in each.name] == [
        "serve-store-stlake-curated"
    ]
    assert twice_granted(plan) == []


def test_every_service_is_signed_in_to_without_a_key():
    assert {each.name: each.input("properties") for each in batch(**OPEN).of_type("LinkedService")} == {
        "serve-service-workspace": {
            "type": "AzureMLService",
            "authentication": "MSI",
            "subscriptionId": SUBSCRIPTION,
            "resourceGroupName": "rg-test",
            "mlWorkspaceName": "mlw-churn",
        },
        "serve-service-stlake": {"type": "AzureBlobFS", "url": "https://stlake.dfs.core.windows.net"},
        "serve-service-stblobs": {
            "type": "AzureBlobStorage",
            "accountKind": "StorageV2",
            "authenticationType": "Msi",
            "serviceEndpoint": "https://stblobs.blob.core.windows.net",
        },
    }


@pytest.mark.parametrize("preview", [False, True])
def test_the_endpoint_takes_entra_tokens_alone_and_releases_choose_its_default(preview):
    plan = batch(lock=True, preview=preview)
    endpoint = one(plan, "BatchEndpoint", "serve-")
    assert endpoint.inputs == {
        "endpointName": "bep-churn-nightly-prod-abc123",
        "location": "westeurope",
        "properties": {"authMode": "AADToken"},
        "resourceGroupName": "rg-test",
        "tags": {"project": "churn"},
        "workspaceName": "mlw-churn",
    }
    assert (endpoint.protect, endpoint.ignore_changes) == (True, ("properties.defaults",))
    address = "https://bep-churn-nightly-prod-abc123.westeurope.inference.ml.azure.com/jobs"
    parameters = one(plan, "Pipeline", "serve-attempt").input("parameters")
    assert parameters["scoring_uri"]["defaultValue"] == (UNKNOWN if preview else address)
    assert parameters["workspace_id"]["defaultValue"] == WORKSPACE


def grants(plan):
    principal = {each.input("principalId") for each in plan.of_type("RoleAssignment")}
    assert len(principal) == 1
    assert {each.input("principalType") for each in plan.of_type("RoleAssignment")} == {"ServicePrincipal"}
    roles = {
        (role_name(each.input("roleDefinitionId")), each.input("scope")) for each in plan.of_type("RoleAssignment")
    }
    return principal.pop(), roles


def container(account_id, name):
    return f"{account_id}/blobServices/default/containers/{name}"


def test_the_factory_may_score_and_read_and_write_what_the_jobs_do():
    plan = batch(DAILY, ARRIVED)
    principal, roles = grants(plan)
    assert principal == one(plan, "Factory", "serve-").outputs["identity"]["principalId"]
    assert roles == {
        (CUSTOM_ROLES[CustomRole.BATCH_CALLER].name, WORKSPACE),
        (Role.STORAGE_BLOB_DATA_READER, container(LAKE_ID, "curated")),
        (Role.STORAGE_BLOB_DATA_CONTRIBUTOR, container(BLOBS_ID, "scores")),
        (Role.STORAGE_BLOB_DATA_CONTRIBUTOR, STORAGE),
    }


def test_who_writes_to_a_container_needs_no_role_to_read_it():
    _, roles = grants(batch({**DAILY, "input": {"store": "scores", "folder": "in"}}))
    assert roles == {
        (CUSTOM_ROLES[CustomRole.BATCH_CALLER].name, WORKSPACE),
        (Role.STORAGE_BLOB_DATA_CONTRIBUTOR, container(BLOBS_ID, "scores")),
    }


def test_what_is_deployed_stops_changes_and_starts():
    """The order of an update: engines take what others depend on first."""
    plan = batch(DAILY, ARRIVED)
    for name, pipeline in (
        ("serve-trigger-nightly-schedule", "serve-pipeline-nightly"),
        ("serve-trigger-arrived-blob", "serve-pipeline-arrived"),
    ):
        stop, trigger, start, whole = (
            next(each for each in plan.resources if each.name == wanted)
            for wanted in (f"{name}-stop", name, f"{name}-start", pipeline)
        )
        assert {stop.urn, whole.urn} <= set(trigger.dependencies)
        assert trigger.delete_before_replace
        assert trigger.urn not in stop.dependencies
        assert start.property_dependencies["trigger"] == (trigger.urn,)
        assert stop.property_dependencies.get("trigger", ()) == ()
        # A change of the trigger is one of both.
        assert stop.input("definition") == start.input("definition")
        assert stop.input("definition.type") == trigger.input("properties.type")
        assert stop.input("definition.pipelines") == trigger.input("properties.pipelines")
        for each in (stop, start):
            assert (each.input("factory_id"), each.input("trigger")) == (FACTORY_ID, trigger.azure_name)
            assert each.input("tenant_id") == TENANT
        # What starts has all that a run needs: it calls the workspace alone.
        approvals = {each.urn for each in plan.of_type("ApproveConnection")}
        workspace = one(plan, "ApproveConnection", "serve-reach-workspace").urn
        assert {each.urn for each in plan.of_type("RoleAssignment")} < set(start.dependencies)
        assert approvals & set(start.dependencies) == {workspace}
        attempt = one(plan, "Pipeline", name.replace("trigger", "attempt").rsplit("-", 1)[0])
        assert attempt.urn in whole.dependencies


def test_another_schedule_changes_stop_trigger_and_start():
    def definitions(hour):
        changed = {**DAILY, "schedule": {**DAILY["schedule"], "at": [hour]}}
        plan = batch(changed)
        return [one(plan, kind, "serve-").input("definition") for kind in ("StopTrigger", "StartTrigger")]

    before, after = definitions("04:00"), definitions("05:00")
    assert before[0] != after[0]
    assert (before[0], after[0]) == (before[1], after[1])


def test_triggers_hand_over_the_blob_and_the_time():
    plan = batch(DAILY, ARRIVED)
    blob = one(plan, "Trigger", "serve-trigger-arrived")
    assert blob.inputs == {
        "factoryName": FACTORY,
        "resourceGroupName": "rg-test",
        "triggerName": "score-churn-arrived-prod-blob",
        "properties": {
            "type": "BlobEventsTrigger",
            "scope": LAKE_ID,
            "events": ["Microsoft.Storage.BlobCreated"],
            "blobPathBeginsWith": "/curated/blobs/incoming/",
            "blobPathEndsWith": ".csv",
            "ignoreEmptyBlobs": True,
            "pipelines": [
                {
                    "pipelineReference": {"type": "PipelineReference", "referenceName": "score-churn-arrived-prod"},
                    "parameters": {"folder_path": "@triggerBody().folderPath", "file_name": "@triggerBody().fileName"},
                }
            ],
        },
    }
    assert one(plan, "Trigger", "serve-trigger-nightly").input("properties.recurrence") == {
        "frequency": "Day",
        "interval": 1,
        "startTime": "2026-01-01T00:00:00",
        "timeZone": "W. Europe Standard Time",
        "schedule": {"hours": [4], "minutes": [0]},
    }


def test_a_pipeline_has_all_that_is_in_its_rest_form():
    plan = batch({**DAILY, "concurrency": 2})
    text = {"type": "String", "defaultValue": ""}
    whole, attempt = (one(plan, "Pipeline", f"serve-{each}-nightly") for each in ("pipeline", "attempt"))
    assert (whole.input("concurrency"), attempt.input("concurrency")) == (2, None)
    assert whole.input("description") == "Scores nightly; docs/batch.md says how to replay a window"
    assert attempt.input("description") == "One attempt at scoring nightly"
    assert whole.input("parameters") == dict.fromkeys(["scheduled_time", "window_start", "window_end"], text)
    assert whole.input("variables") == dict.fromkeys(["window_start", "window_end", "input", "input_type"], text)
    assert attempt.input("variables") == dict.fromkeys(["job", "status"], text)


def test_a_published_pipeline_is_named_by_its_linked_service_and_has_no_endpoint():
    plan = batch(LEGACY)
    assert plan.of_type("BatchEndpoint") == []
    [activity] = one(plan, "Pipeline", "serve-attempt").input("activities")
    service = one(plan, "LinkedService", "serve-service-workspace")
    assert activity["linkedServiceName"]["referenceName"] == service.inputs["linkedServiceName"]
    assert service.urn in one(plan, "Pipeline", "serve-attempt").dependencies
    assert activity["mlPipelineId"] == LEGACY["published_pipeline_id"]


def test_failures_are_told_of_by_the_pipelines_and_triggers_of_the_jobs():
    plan = batch(DAILY, ARRIVED, alerts={"emails": ["ml@example.com"], "action_group_ids": [GROUP], "severity": 0})
    group = one(plan, "ActionGroup", "serve-")
    assert group.input("emailReceivers") == [
        {"name": "ml@example.com", "emailAddress": "ml@example.com", "useCommonAlertSchema": True}
    ]
    for label, metric, names in (
        ("pipelines", "PipelineFailedRuns", [SCORE, "score-churn-arrived-prod"]),
        ("triggers", "TriggerFailedRuns", [f"{SCORE}-schedule", "score-churn-arrived-prod-blob"]),
    ):
        alert = one(plan, "MetricAlert", f"serve-failed-{label}")
        assert (alert.input("scopes"), alert.input("severity")) == ([FACTORY_ID], 0)
        assert alert.input("criteria.allOf") == [
            {
                "criterionType": "StaticThresholdCriterion",
                "name": "failed",
                "metricNamespace": "Microsoft.DataFactory/factories",
                "metricName": metric,
                "timeAggregation": "Total",
                "operator": "GreaterThan",
                "threshold": 0,
                "dimensions": [{"name": "Name", "operator": "Include", "values": names}],
            }
        ]
        assert [each["actionGroupId"] for each in alert.input("actions")] == [GROUP, group.id]


def test_of_a_job_with_two_triggers_both_are_watched():
    alert = one(batch({**DAILY, "blob_created": ARRIVED["blob_created"]}, alerts=ALERTS), "MetricAlert", TRIGGERS)
    assert alert.input("criteria.allOf.0.dimensions.0.values") == [f"{SCORE}-schedule", f"{SCORE}-blob"]


def without_criteria(alert):
    return {key: value for key, value in alert.inputs.items() if key != "criteria"}


@pytest.mark.parametrize(("given", "severity"), [({}, 1), ({"severity": 3}, 3)])
def test_alerts_run_and_tell_the_groups(given, severity):
    plan = batch(alerts={**ALERTS, "action_group_ids": [GROUP], **given})
    groups = [GROUP, one(plan, "ActionGroup", "serve-").id]
    shared = {
        "autoMitigate": True,
        "enabled": True,
        "resourceGroupName": "rg-test",
        "severity": severity,
        "tags": {"project": "churn"},
    }
    for label in ("pipelines", "triggers"):
        assert without_criteria(one(plan, "MetricAlert", f"serve-failed-{label}")) == {
            **shared,
            "actions": [{"actionGroupId": each} for each in groups],
            "description": f"Batch scoring: {label} failed",
            "evaluationFrequency": "PT5M",
            "location": "global",
            "ruleName": f"alert-churn-failed-{label}-prod",
            "scopes": [FACTORY_ID],
            "windowSize": "PT15M",
        }
    late = one(plan, "ScheduledQueryRule", "serve-late")
    assert without_criteria(late) == {
        **shared,
        "actions": {"actionGroups": groups},
        "description": "Batch scoring: nightly has not succeeded for 33 hours",
        "evaluationFrequency": "PT1H",
        "kind": "LogAlert",
        "location": "westeurope",
        "ruleName": "alert-churn-late-nightly-prod",
        "scopes": [LOG],
        "skipQueryValidation": True,
        "windowSize": "P2D",
    }
    assert late.input("criteria.allOf.0.failingPeriods") == {
        "minFailingPeriodsToAlert": 1,
        "numberOfEvaluationPeriods": 1,
    }


@pytest.mark.parametrize(("project", "short"), [("churn", "churn"), ("customer-churn", "customer-chu")])
def test_a_group_has_a_name_that_messages_have_room_for(project, short):
    group = one(batch(alerts=ALERTS, project=project), "ActionGroup", "serve-")
    assert group.input("groupShortName") == short
    assert (group.input("enabled"), group.input("location")) == (True, "Global")
    assert group.input("actionGroupName") == f"ag-{project}-batch-prod"


@pytest.mark.parametrize(
    ("hours", "window"), [(1, "PT1H"), (6, "PT6H"), (7, "P1D"), (24, "P1D"), (25, "P2D"), (48, "P2D")]
)
def test_a_run_that_is_late_is_told_of(hours, window):
    hourly = {**DAILY, "schedule": {"frequency": "Hour", "time_zone": "UTC"}, "expected_within_hours": hours}
    late = one(batch(hourly, alerts=ALERTS), "ScheduledQueryRule", "serve-late")
    assert (late.input("scopes"), late.input("windowSize"), late.input("kind")) == ([LOG], window, "LogAlert")
    [condition] = late.input("criteria.allOf")
    assert condition["query"] == (
        "ADFPipelineRun\n"
        f"| where TimeGenerated > ago({hours}h) and _ResourceId =~ '{FACTORY_ID}'\n"
        f"| where PipelineName == '{SCORE}' and Status == 'Succeeded'\n"
        "| summarize runs = count()\n"
        "| where runs == 0"
    )
    assert (condition["operator"], condition["threshold"], condition["timeAggregation"]) == ("GreaterThan", 0, "Count")


def test_no_one_is_told_of_late_runs_where_nothing_says_when_they_should_be():
    assert batch(ARRIVED, alerts=ALERTS).of_type("ScheduledQueryRule") == []


def test_an_adopted_factory_gets_pipelines_and_roles_and_keeps_its_network():
    plan = batch(data_factory_id=SHARED_ID, integration_runtime="ir-own", existing=SHARED, alerts=ALERTS)
    kinds = {each.kind for each in plan.azure_resources if each.name.startswith("serve-")}
    assert kinds & {"Deployment", "IntegrationRuntime", "ManagedPrivateEndpoint", "DiagnosticSetting"} == set()
    assert plan.of_type("ScheduledQueryRule") == []
    assert grants(plan)[0] == "00000000-0000-0000-0000-0000000000ad"
    for kind in ("Pipeline", "Trigger", "LinkedService"):
        for each in plan.of_type(kind):
            assert (each.inputs["factoryName"], each.inputs["resourceGroupName"]) == ("adf-shared", "rg-shared")
    invoke = one(plan, "Pipeline", "serve-attempt").input("activities.0")
    assert invoke["connectVia"]["referenceName"] == "ir-own"
    assert one(plan, "StopTrigger", "serve-").input("factory_id") == SHARED_ID
    assert one(plan, "MetricAlert", "serve-failed-pipelines").input("scopes") == [SHARED_ID]


def test_without_a_runtime_an_adopted_factory_uses_its_default():
    plan = batch(data_factory_id=SHARED_ID, existing=SHARED)
    assert "connectVia" not in one(plan, "Pipeline", "serve-attempt").input("activities.0")


def test_an_adopted_factory_without_an_identity_is_refused():
    with pytest.raises(RefusedError, match="has no identity of its own"):
        batch(data_factory_id=SHARED_ID, existing={SHARED_ID: {"identity": {"type": "UserAssigned"}}})


def test_with_synapse_there_are_endpoints_roles_and_alerts_and_no_factory():
    principal = "00000000-0000-0000-0000-0000000005a1"
    plan = batch(
        {**DAILY, "output": {"folder": "x"}},
        orchestrator="synapse",
        synapse={"resource_id": SYNAPSE_ID, "principal_id": principal},
        alerts={"action_group_ids": [GROUP]},
    )
    assert children(plan, "serve") == [
        ("BatchEndpoint", "serve-endpoint-nightly"),
        ("MetricAlert", "serve-failed-pipelines"),
        ("MetricAlert", "serve-failed-triggers"),
        ("RoleAssignment", "serve-score"),
        ("RoleAssignment", "serve-store-stlake-curated"),
        ("RoleAssignment", "serve-store-workspace"),
        ("RoleDefinition", "serve-role-batch-caller"),
        ("ScheduledQueryRule", "serve-late-nightly"),
    ]
    assert grants(plan)[0] == principal
    alert = one(plan, "MetricAlert", "serve-failed-pipelines")
    assert alert.input("scopes") == [SYNAPSE_ID]
    [criterion] = alert.input("criteria.allOf")
    assert (criterion["metricNamespace"], criterion["metricName"]) == (
        "Microsoft.Synapse/workspaces",
        "IntegrationPipelineRunsEnded",
    )
    assert criterion["dimensions"] == [
        {"name": "Pipeline", "operator": "Include", "values": [SCORE]},
        {"name": "Result", "operator": "Include", "values": ["Failed"]},
    ]
    [criterion] = one(plan, "MetricAlert", TRIGGERS).input("criteria.allOf")
    assert criterion["metricName"] == "IntegrationTriggerRunsEnded"
    assert criterion["dimensions"] == [
        {"name": "Trigger", "operator": "Include", "values": [f"{SCORE}-schedule"]},
        {"name": "Result", "operator": "Include", "values": ["Failed"]},
    ]
    assert "SynapseIntegrationPipelineRuns\n" in one(plan, "ScheduledQueryRule", "serve-").input(
        "criteria.allOf.0.query"
    )


def test_synapse_without_its_workspace_is_refused_with_what_is_missing():
    with pytest.raises(RefusedError) as error:
        batch(orchestrator="synapse")
    assert [each.path for each in error.value.problems] == [("synapse",)]


def test_synapse_that_nothing_asks_for_is_refused():
    with pytest.raises(RefusedError) as error:
        batch(synapse={"resource_id": SYNAPSE_ID, "principal_id": "00000000-0000-0000-0000-0000000005a1"})
    assert [(each.path, each.fix) for each in error.value.problems] == [(("synapse",), "Leave it out")]


def test_hosted_with_synapse_there_is_nothing_to_say(monkeypatch):
    monkeypatch.setattr(data_factory, "is_hosted", lambda: True)
    synapse = {"resource_id": SYNAPSE_ID, "principal_id": "00000000-0000-0000-0000-0000000005a1"}
    assert batch(orchestrator="synapse", synapse=synapse).messages == ()
    assert batch(start_triggers=False, approve_connections=False).messages == ()


def test_what_watches_the_factory_comes_after_it():
    plan = batch(alerts={"action_group_ids": [GROUP]})
    factory = one(plan, "Factory", "serve-")
    for kind in ("MetricAlert", "ScheduledQueryRule"):
        for each in plan.of_type(kind):
            assert factory.urn in each.dependencies


def test_the_factory_is_closed_although_some_addresses_are_let_in_elsewhere():
    factory = one(batch(**from_office("203.0.113.0/24")), "Factory", "serve-")
    assert factory.inputs["publicNetworkAccess"] == "Disabled"


@pytest.mark.parametrize("version", ["", "/0123456789abcdef0123456789abcdef"])
def test_a_customers_key_is_read_by_an_identity_that_may(version):
    reader = f"{CENTRAL}/Microsoft.ManagedIdentity/userAssignedIdentities/id-key"
    key = EncryptionKey(
        key=CustomerManagedKey(
            key_vault_id=f"{CENTRAL}/Microsoft.KeyVault/vaults/kv-keys",
            key_id=f"https://kv-keys.vault.azure.net/keys/ml{version}",
        ),
        identity_id=reader,
        identity_client_id="00000000-0000-0000-0000-0000000000f3",
    )
    factory = one(batch(encryption=key), "Factory", "serve-")
    assert factory.inputs["identity"] == {"type": "SystemAssigned,UserAssigned", "userAssignedIdentities": {reader: {}}}
    assert factory.inputs["encryption"] == {
        "vaultBaseUrl": "https://kv-keys.vault.azure.net/",
        "keyName": "ml",
        **({"keyVersion": version[1:]} if version else {}),
        "identity": {"userAssignedIdentity": reader},
    }


def test_names_that_data_factory_makes_of_two_are_short_enough_for_an_endpoint():
    """It names a private endpoint `{factory}.{endpoint}`, and Azure takes 80 characters of one."""
    longest: dict[str, Any] = {"project": "a" * 24}
    plan = batch(**longest)
    for each in plan.of_type("ManagedPrivateEndpoint"):
        assert len(f"{one(plan, 'Factory', 'serve-').azure_name}.{each.azure_name}") <= 80


def test_a_store_that_is_not_there_is_refused():
    with pytest.raises(RefusedError, match="there is no datastore 'raw'"):
        batch({**DAILY, "input": {"store": "raw", "folder": "x"}})


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, [data_factory.HOSTED]),
        ({"start_triggers": False}, [data_factory.HOSTED]),
        ({"approve_connections": False}, [data_factory.HOSTED]),
        ({"start_triggers": False, "approve_connections": False}, []),
    ],
)
def test_hosted_for_another_language_nothing_starts_and_it_says_so(monkeypatch, changes, said):
    monkeypatch.setattr(data_factory, "is_hosted", lambda: True)
    plan = batch(**changes)
    assert plan.of_type("StopTrigger") == plan.of_type("StartTrigger") == plan.of_type("ApproveConnection") == []
    assert plan.of_type("StopRemoved") == []
    assert [text for severity, text in plan.messages if severity == "warning"] == said


def test_the_factorys_own_endpoint_is_named_in_its_zone():
    zones = one(batch(), "PrivateDnsZoneGroup", "serve-factory")
    assert zones.input("privateDnsZoneConfigs.0.privateDnsZoneId") == ZONES["privatelink.datafactory.azure.net"]
