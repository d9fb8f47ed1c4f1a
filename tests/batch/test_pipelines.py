"""The pipelines of a batch, run by an interpreter of Data Factory's documentation and judged by Microsoft's SDKs."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tzlocal.windows_tz import win_tz

from adf.runs import Factory, JobResult, WebRequest
from azure_mlplatform.batch.pipelines import (
    ScoredWhere,
    attempt_pipeline,
    flattened,
    scoring_names,
    scoring_pipeline,
    scoring_triggers,
)
from azure_mlplatform.batch.settings.jobs import BatchJobSettings
from azure_mlplatform.workspace.settings.datastores import DatastoreSettings

WORKSPACE = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.MachineLearningServices/workspaces/mlw"
SALES = f"{WORKSPACE}/datastores/sales/paths"
URI = "https://bep-churn.westeurope.inference.ml.azure.com/jobs"
STORES = {
    "sales": DatastoreSettings.model_validate(
        {
            "name": "sales",
            "storage_account_id": "/subscriptions/00000000-0000-0000-0000-00000000cafe/resourceGroups/rg/providers"
            "/Microsoft.Storage/storageAccounts/stlake",
            "container": "curated",
        }
    )
}
NAMES = scoring_names("score-churn-nightly-dev")
BERLIN = "W. Europe Standard Time"
DAILY = {"frequency": "Day", "at": ["04:00"], "time_zone": BERLIN}
FOLDER = {"store": "sales", "folder": "sales/{yyyy}/{MM}/{dd}"}
BLOB = {"store": "sales", "folder": "incoming", "suffix": ".csv"}
NIGHTLY = {"name": "nightly", "schedule": DAILY, "input": FOLDER, "output": {"folder": "churn"}, "retries": 0}
ARRIVED = {"name": "arrived", "blob_created": BLOB, "output": {"folder": "churn"}, "retries": 0}
BOTH = {**NIGHTLY, "blob_created": BLOB}
WINDOW = {"name": "window", "deployment": "pipeline", "schedule": DAILY, "output": {"folder": "w"}, "retries": 0}
LEGACY = {
    **{key: value for key, value in WINDOW.items() if key != "deployment"},
    "mode": "published_pipeline",
    "published_pipeline_id": "00000000-0000-0000-0000-0000000000b1",
    "input": FOLDER,
}
KINDS = {"nightly": NIGHTLY, "arrived": ARRIVED, "both": BOTH, "window": WINDOW, "legacy": LEGACY}
FOUR = datetime(2026, 2, 3, 3, tzinfo=UTC)
"""Four in the morning in Berlin, in winter."""


@dataclass
class BatchEndpoint:
    """An endpoint of Azure ML: each job ends as `ends` says, after a quarter of an hour."""

    ends: list[str] = field(default_factory=lambda: ["Completed"])
    refused: list[int] = field(default_factory=list)
    """How calls that start a job are answered first."""

    unwell: int = 0
    """So many questions for a job are answered with 503."""

    started: list[tuple[datetime, dict[str, Any]]] = field(default_factory=list)
    asked: list[datetime] = field(default_factory=list)
    cancelled: list[str] = field(default_factory=list)

    def __call__(self, request: WebRequest) -> tuple[int, Any]:
        if request.url.startswith("https://management.azure.com"):
            assert request.resource == "https://management.azure.com"
            self.cancelled.append(request.url)
            return 202, {}
        assert request.resource == "https://ml.azure.com"
        if request.method == "POST":
            assert request.url == URI
            assert request.headers == {"Content-Type": "application/json"}
            if self.refused:
                return self.refused.pop(0), {"error": {"code": "UserError", "message": "No"}}
            self.started.append((request.now, json.loads(request.body or "")))
            number = len(self.started)
            return 201, {"id": f"{WORKSPACE}/batchEndpoints/bep-churn/jobs/job-{number}", "properties": {}}
        return self._job(request)

    def _job(self, request: WebRequest) -> tuple[int, Any]:
        self.asked.append(request.now)
        if self.unwell:
            self.unwell -= 1
            return 503, {"error": {"code": "ServiceUnavailable", "message": "Later"}}
        base, _, job = request.url.rpartition("/")
        assert base == URI
        number = int(job.removeprefix("job-")) - 1
        done = request.now - self.started[number][0] >= timedelta(minutes=15)
        # A job comes back from NotResponding.
        status = self.ends[number] if done else ("Queued", "NotResponding", "Running")[len(self.asked) % 3]
        return 200, {"id": job, "properties": {"status": status}}

    @property
    def outputs(self) -> list[str]:
        return [body["properties"]["OutputData"]["scores"]["Uri"] for _, body in self.started]

    @property
    def inputs(self) -> list[dict[str, Any]]:
        return [body["properties"]["InputData"] for _, body in self.started]


def of(data: dict[str, Any], **changes: Any) -> BatchJobSettings:
    return BatchJobSettings.model_validate({**data, **changes})


def documents(job: BatchJobSettings, where: ScoredWhere) -> dict[str, Any]:
    return {
        NAMES.pipeline: {"properties": scoring_pipeline(job, NAMES, STORES)},
        NAMES.attempt: {"properties": attempt_pipeline(job, where)},
    }


def factory(job: BatchJobSettings, endpoint: Any, *, start: datetime = FOUR, until_fails: bool = True) -> Factory:
    where = ScoredWhere(WORKSPACE, URI, integration_runtime="ir-churn-dev")
    return Factory(documents(job, where), endpoint, start=start, until_fails_with_last_round=until_fails)


def by_the_clock(job: BatchJobSettings, runs: Factory, at: datetime = FOUR) -> Any:
    [run] = runs.fire({"properties": scoring_triggers(job, NAMES, STORES)[NAMES.schedule]}, scheduled_time=at)
    return run


def by_a_blob(job: BatchJobSettings, runs: Factory, folder: str, file: str) -> Any:
    trigger = {"properties": scoring_triggers(job, NAMES, STORES)[NAMES.blob]}
    [run] = runs.fire(trigger, body={"folderPath": folder, "fileName": file})
    return run


until_fails = pytest.mark.parametrize("until_fails", [True, False])
"""Whether a loop fails with its last round is not documented, so both have to do."""


@until_fails
def test_a_day_is_scored(until_fails):
    job, endpoint = of(NIGHTLY), BatchEndpoint()
    run = by_the_clock(job, factory(job, endpoint, until_fails=until_fails))
    assert run.status == "Succeeded"
    assert [body for _, body in endpoint.started] == [
        {
            "properties": {
                "InputData": {
                    "data": {
                        "JobInputType": "UriFolder",
                        "Uri": f"{WORKSPACE}/datastores/sales/paths/sales/2026/02/02/",
                    }
                },
                "OutputData": {
                    "scores": {
                        "JobOutputType": "UriFile",
                        "Uri": f"{WORKSPACE}/datastores/workspaceblobstore/paths/churn/{run.run_id}-1/predictions.csv",
                    }
                },
            }
        }
    ]
    assert run.end - FOUR == timedelta(minutes=15)
    assert endpoint.asked == [FOUR + timedelta(minutes=each) for each in range(1, 16)]
    assert endpoint.cancelled == []


@until_fails
def test_a_job_that_fails_is_tried_again_in_a_folder_of_its_own(until_fails):
    job, endpoint = of(NIGHTLY, retries=2), BatchEndpoint(ends=["Failed", "Canceled", "Completed"])
    run = by_the_clock(job, factory(job, endpoint, until_fails=until_fails))
    assert run.status == "Succeeded"
    place = f"{WORKSPACE}/datastores/workspaceblobstore/paths/churn/{run.run_id}"
    assert endpoint.outputs == [f"{place}-{each}/predictions.csv" for each in (1, 2, 3)]
    assert [at - FOUR for at, _ in endpoint.started] == [timedelta(minutes=each) for each in (0, 20, 40)]
    assert endpoint.inputs[0] == endpoint.inputs[1] == endpoint.inputs[2]


def test_an_attempt_that_succeeds_is_the_last():
    job, endpoint = of(NIGHTLY, retries=2), BatchEndpoint()
    assert by_the_clock(job, factory(job, endpoint)).status == "Succeeded"
    assert len(endpoint.started) == 1


@until_fails
@pytest.mark.parametrize("status", ["Failed", "Canceled"])
def test_a_run_whose_last_attempt_fails_has_failed_and_says_why(status, until_fails):
    job, endpoint = of(NIGHTLY, retries=1), BatchEndpoint(ends=["Failed", status])
    run = by_the_clock(job, factory(job, endpoint, until_fails=until_fails))
    assert run.status == "Failed"
    assert f"Job job-2 ended as {status}" in run.error
    assert len(endpoint.started) == 2


@until_fails
def test_a_job_that_does_not_end_is_cancelled_and_has_failed(until_fails):
    job, endpoint = of(NIGHTLY, timeout_minutes=10), BatchEndpoint()
    run = by_the_clock(job, factory(job, endpoint, until_fails=until_fails))
    assert run.status == "Failed"
    assert "Job job-1 did not end within 10 minutes" in run.error
    assert endpoint.cancelled == [f"https://management.azure.com{WORKSPACE}/jobs/job-1/cancel?api-version=2025-12-01"]
    assert timedelta(minutes=10) <= run.end - FOUR < timedelta(minutes=12)


@until_fails
def test_a_job_that_cannot_be_cancelled_is_late_all_the_same(until_fails):
    class Stubborn(BatchEndpoint):
        def __call__(self, request: WebRequest) -> tuple[int, Any]:
            status, body = super().__call__(request)
            return (403 if request.url.startswith("https://management.azure.com") else status), body

    job, endpoint = of(NIGHTLY, timeout_minutes=10), Stubborn()
    run = by_the_clock(job, factory(job, endpoint, until_fails=until_fails))
    assert (run.status, len(endpoint.cancelled)) == ("Failed", 4)
    assert "Job job-1 did not end within 10 minutes" in run.error


@until_fails
def test_after_a_timeout_it_is_tried_again(until_fails):
    class Slow(BatchEndpoint):
        def _job(self, request: WebRequest) -> tuple[int, Any]:
            if request.url.endswith("job-1"):
                return 200, {"properties": {"status": "Running"}}
            return super()._job(request)

    job, endpoint = of(NIGHTLY, timeout_minutes=30, retries=1), Slow(ends=["", "Completed"])
    run = by_the_clock(job, factory(job, endpoint, until_fails=until_fails))
    assert (run.status, len(endpoint.started), len(endpoint.cancelled)) == ("Succeeded", 2, 1)


def test_a_workspace_that_does_not_answer_for_a_while_fails_nothing():
    job, endpoint = of(NIGHTLY), BatchEndpoint(unwell=9)
    run = by_the_clock(job, factory(job, endpoint, until_fails=False))
    assert run.status == "Succeeded"
    assert endpoint.cancelled == []


def test_a_question_without_an_answer_is_asked_again_soon():
    job, endpoint = of(NIGHTLY), BatchEndpoint(unwell=1)
    by_the_clock(job, factory(job, endpoint))
    assert [at - FOUR for at in endpoint.asked[:3]] == [timedelta(seconds=each) for each in (60, 90, 150)]


def test_a_job_is_asked_for_as_often_as_is_said():
    job, endpoint = of(NIGHTLY, poll_seconds=300), BatchEndpoint()
    by_the_clock(job, factory(job, endpoint))
    assert endpoint.asked == [FOUR + timedelta(minutes=each) for each in (5, 10, 15)]


@pytest.mark.parametrize(
    ("minutes", "duration"),
    [(10, "0.00:10:00"), (240, "0.04:00:00"), (1445, "1.00:05:00"), (10080, "7.00:00:00")],
)
def test_a_timeout_as_data_factory_reads_it(minutes, duration):
    where = ScoredWhere(WORKSPACE, URI)
    until = attempt_pipeline(of(NIGHTLY, timeout_minutes=minutes), where)["activities"][2]
    assert (until["type"], until["typeProperties"]["timeout"]) == ("Until", duration)
    [legacy] = attempt_pipeline(of(LEGACY, timeout_minutes=minutes), where)["activities"]
    assert legacy["policy"] == {"timeout": duration, "retry": 0}


@pytest.mark.parametrize("runtime", [None, "ir-churn-dev"])
def test_a_call_waits_for_one_answer_and_no_longer_than_a_quarter_of_an_hour(runtime):
    invoke = attempt_pipeline(of(NIGHTLY), ScoredWhere(WORKSPACE, URI, integration_runtime=runtime))["activities"][0]
    reference = {"type": "IntegrationRuntimeReference", "referenceName": runtime}
    assert {key: each for key, each in invoke["typeProperties"].items() if key != "body"} == {
        "method": "POST",
        "url": {"type": "Expression", "value": "@pipeline().parameters.scoring_uri"},
        "authentication": {"type": "MSI", "resource": "https://ml.azure.com"},
        "headers": {"Content-Type": "application/json"},
        "httpRequestTimeout": "00:10:00",
        "turnOffAsync": True,
        **({"connectVia": reference} if runtime else {}),
    }
    assert invoke["policy"] == {"timeout": "0.00:15:00", "retry": 0, "retryIntervalInSeconds": 30}


def test_so_many_runs_go_on_at_once():
    assert "concurrency" not in scoring_pipeline(of(NIGHTLY), NAMES, STORES)
    assert scoring_pipeline(of(NIGHTLY, concurrency=2), NAMES, STORES)["concurrency"] == 2


def test_a_call_that_is_refused_fails_the_run_and_is_not_repeated_by_itself():
    job, endpoint = of(NIGHTLY), BatchEndpoint(refused=[403])
    run = by_the_clock(job, factory(job, endpoint))
    assert run.status == "Failed"
    assert "403" in str(run.error) or "No" in str(run.error)
    assert (endpoint.started, endpoint.asked, endpoint.cancelled) == ([], [], [])


def test_a_refused_call_is_an_attempt():
    job, endpoint = of(NIGHTLY, retries=1), BatchEndpoint(refused=[500])
    run = by_the_clock(job, factory(job, endpoint))
    assert run.status == "Succeeded"
    assert endpoint.outputs == [f"{WORKSPACE}/datastores/workspaceblobstore/paths/churn/{run.run_id}-2/predictions.csv"]


@pytest.mark.parametrize(
    ("folder", "file", "path"),
    [
        ("curated/incoming/2026", "a.csv", "incoming/2026/a.csv"),
        ("curated", "a.csv", "a.csv"),
        ("curated/incoming/curated", "curated.csv", "incoming/curated/curated.csv"),
        ("curated/incoming", 'it\'s 5% "new" \\ & {x}.csv', 'incoming/it\'s 5% "new" \\ & {x}.csv'),
    ],
)
@pytest.mark.parametrize("kind", ["arrived", "both"])
def test_a_blob_that_lands_is_scored_whatever_its_name(kind, folder, file, path):
    job, endpoint = of(KINDS[kind]), BatchEndpoint()
    assert by_a_blob(job, factory(job, endpoint), folder, file).status == "Succeeded"
    assert endpoint.inputs == [
        {"data": {"JobInputType": "UriFile", "Uri": f"{WORKSPACE}/datastores/sales/paths/{path}"}}
    ]


def test_who_starts_it_by_hand_has_to_say_which_blob_is_meant():
    endpoint = BatchEndpoint()
    run = factory(of(ARRIVED), endpoint).run(NAMES.pipeline, {"folder_path": "curated/incoming"})
    assert (run.status, endpoint.started) == ("Failed", [])
    assert "file_name" in str(run.error)


def test_an_event_that_comes_twice_overwrites_nothing():
    job, endpoint = of(ARRIVED), BatchEndpoint(ends=["Completed", "Completed"])
    runs = factory(job, endpoint)
    for _ in range(2):
        by_a_blob(job, runs, "curated/incoming", "a.csv")
    assert len(set(endpoint.outputs)) == 2
    assert endpoint.inputs[0] == endpoint.inputs[1]


def test_a_pipeline_is_told_the_window():
    job, endpoint = of(WINDOW, input=FOLDER), BatchEndpoint()
    by_the_clock(job, factory(job, endpoint))
    literal = {"JobInputType": "Literal"}
    assert endpoint.inputs == [
        {
            "data": {"JobInputType": "UriFolder", "Uri": f"{WORKSPACE}/datastores/sales/paths/sales/2026/02/02/"},
            "window_start": {**literal, "Value": "2026-02-02T03:00:00Z"},
            "window_end": {**literal, "Value": "2026-02-03T03:00:00Z"},
        }
    ]
    assert endpoint.outputs[0].endswith("-1")
    assert endpoint.started[0][1]["properties"]["OutputData"]["scores"]["JobOutputType"] == "UriFolder"


def window(job: BatchJobSettings, parameters: dict[str, str], *, start: datetime = FOUR) -> list[str]:
    endpoint = BatchEndpoint()
    runs = factory(job, endpoint, start=start)
    assert runs.run(NAMES.pipeline, parameters).status == "Succeeded"
    [inputs] = endpoint.inputs
    return [inputs[each]["Value"] for each in ("window_start", "window_end")]


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({"scheduled_time": "2026-01-10T03:00:00Z"}, ["2026-01-09T03:00:00Z", "2026-01-10T03:00:00Z"]),
        ({"scheduled_time": "2026-01-10T03:00:00.0000000Z"}, ["2026-01-09T03:00:00Z", "2026-01-10T03:00:00Z"]),
        # The night in which Berlin's clocks go forward has an hour less.
        ({"scheduled_time": "2026-03-29T02:00:00Z"}, ["2026-03-28T03:00:00Z", "2026-03-29T02:00:00Z"]),
        ({"scheduled_time": "2026-10-25T03:00:00Z"}, ["2026-10-24T02:00:00Z", "2026-10-25T03:00:00Z"]),
        (
            {"window_start": "2025-12-01T00:00:00Z", "window_end": "2026-01-01T00:00:00Z"},
            ["2025-12-01T00:00:00Z", "2026-01-01T00:00:00Z"],
        ),
        ({"window_end": "2026-01-01T00:00:00Z"}, ["2025-12-31T00:00:00Z", "2026-01-01T00:00:00Z"]),
        # Nothing said: the day until now.
        ({}, ["2026-02-02T03:00:00Z", "2026-02-03T03:00:00Z"]),
    ],
)
def test_a_window_can_be_replayed(parameters, expected):
    assert window(of(WINDOW), parameters) == expected


def occurrences(schedule: dict[str, Any], first: datetime) -> Iterator[datetime]:
    """When a schedule runs, by trying every minute of the wall's clock for ten weeks or more."""
    zone = ZoneInfo(win_tz[schedule["time_zone"]])
    days = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
    anchor = first.date()
    for number in range(140):
        day = anchor + timedelta(days=number)
        if schedule["frequency"] == "Week" and days[day.weekday()] not in schedule["week_days"]:
            continue
        if schedule["frequency"] == "Month" and day.day not in schedule["month_days"]:
            continue
        for time in sorted(schedule["at"]):
            local = datetime.fromisoformat(f"{day}T{time}").replace(tzinfo=zone)
            yield local.astimezone(UTC)


times = st.tuples(
    st.sets(st.integers(4, 23), min_size=1, max_size=3), st.sets(st.sampled_from([0, 15, 30]), min_size=1, max_size=2)
).map(lambda both: [f"{hour:02}:{minute:02}" for hour in both[0] for minute in both[1]])
zones = st.sampled_from([BERLIN, "UTC", "Eastern Standard Time", "India Standard Time"])
schedules = st.one_of(
    st.fixed_dictionaries({"frequency": st.just("Day"), "at": times, "time_zone": zones}),
    st.fixed_dictionaries(
        {
            "frequency": st.just("Week"),
            "at": times,
            "time_zone": zones,
            "week_days": st.lists(st.sampled_from(["Monday", "Wednesday", "Sunday"]), min_size=1, unique=True),
        }
    ),
    st.fixed_dictionaries(
        {
            "frequency": st.just("Month"),
            "at": times,
            "time_zone": zones,
            "month_days": st.lists(st.integers(1, 28), min_size=1, max_size=3, unique=True),
        }
    ),
)


@given(schedule=schedules, number=st.integers(1, 12))
def test_every_window_begins_where_the_one_before_ended(schedule, number):
    found = list(occurrences(schedule, datetime(2026, 2, 20, tzinfo=UTC)))
    number = min(number * len(found) // 13 or 1, len(found) - 1)
    before, now = found[number - 1 : number + 1]
    wanted = [each.strftime("%Y-%m-%dT%H:%M:%SZ") for each in (before, now)]
    assert window(of(WINDOW, schedule=schedule), {"scheduled_time": now.isoformat()}, start=now) == wanted


@pytest.mark.parametrize(
    ("schedule", "start"),
    [
        ({"frequency": "Hour", "interval": 6, "time_zone": BERLIN}, "2026-02-02T21:00:00Z"),
        ({"frequency": "Minute", "interval": 15, "time_zone": "UTC"}, "2026-02-03T02:45:00Z"),
        ({**DAILY, "interval": 3}, "2026-01-31T03:00:00Z"),
        ({**DAILY, "frequency": "Week", "week_days": ["Tuesday"], "interval": 2}, "2026-01-20T03:00:00Z"),
        ({**DAILY, "frequency": "Month", "month_days": [3], "interval": 3}, "2025-11-03T03:00:00Z"),
    ],
)
def test_windows_that_an_interval_makes_longer(schedule, start):
    assert window(of(WINDOW, schedule=schedule), {}) == [start, "2026-02-03T03:00:00Z"]


def test_a_folder_is_named_by_the_windows_start_in_the_schedules_zone():
    schedule = {"frequency": "Hour", "interval": 1, "time_zone": "India Standard Time"}
    job = of(NIGHTLY, schedule=schedule, input={"store": "sales", "folder": "{yyyy}/m{MM}-{dd}/{HH}{mm}/x"})
    endpoint = BatchEndpoint()
    by_the_clock(job, factory(job, endpoint))
    assert endpoint.inputs[0]["data"]["Uri"].endswith("/paths/2026/m02-03/0730/x/")


def test_folders_may_have_apostrophes():
    folder = {"store": "sales", "folder": "o'neill/{yyyy}"}
    job, endpoint = of(NIGHTLY, input=folder, output={"folder": "o'neill"}), BatchEndpoint()
    assert by_the_clock(job, factory(job, endpoint)).status == "Succeeded"
    assert endpoint.inputs[0]["data"]["Uri"] == f"{SALES}/o'neill/2026/"
    assert "/workspaceblobstore/paths/o'neill/" in endpoint.outputs[0]


@pytest.mark.parametrize(("status", "outcome"), [("Completed", "Succeeded"), ("Failed", "Failed")])
def test_a_published_pipeline_is_run_in_the_old_way(status, outcome):
    asked: list[Any] = []

    def machine_learning(request: Any) -> JobResult:
        asked.append(request)
        return JobResult(status=status)

    job = of(LEGACY)
    runs = Factory(
        documents(job, ScoredWhere(WORKSPACE, workspace_service="ls-churn-workspace-dev")),
        machine_learning=machine_learning,
        start=FOUR,
    )
    run = by_the_clock(job, runs)
    assert run.status == outcome
    [request] = asked
    assert request.linked_service == "ls-churn-workspace-dev"
    assert request.properties == {
        "mlPipelineId": LEGACY["published_pipeline_id"],
        "experimentName": "window",
        "mlPipelineParameters": {
            "input": f"{WORKSPACE}/datastores/sales/paths/sales/2026/02/02/",
            "input_type": "UriFolder",
            "output": f"{WORKSPACE}/datastores/workspaceblobstore/paths/w/{run.run_id}-1",
            "window_start": "2026-02-02T03:00:00Z",
            "window_end": "2026-02-03T03:00:00Z",
        },
    }


@pytest.mark.parametrize(
    ("schedule", "recurrence"),
    [
        (
            {**DAILY, "at": ["16:30", "04:30"], "start": "2026-12-01", "interval": 2},
            {
                "frequency": "Day",
                "interval": 2,
                "startTime": "2026-12-01T00:00:00",
                "timeZone": BERLIN,
                "schedule": {"hours": [4, 16], "minutes": [30]},
            },
        ),
        (
            {"frequency": "Hour", "time_zone": "UTC"},
            {"frequency": "Hour", "interval": 1, "startTime": "2026-01-01T00:00:00Z", "timeZone": "UTC"},
        ),
        (
            {**DAILY, "frequency": "Week", "week_days": ["monday", "Friday"]},
            {
                "frequency": "Week",
                "interval": 1,
                "startTime": "2026-01-01T00:00:00",
                "timeZone": BERLIN,
                "schedule": {"hours": [4], "minutes": [0], "weekDays": ["Monday", "Friday"]},
            },
        ),
        (
            {**DAILY, "frequency": "Month", "month_days": [1]},
            {
                "frequency": "Month",
                "interval": 1,
                "startTime": "2026-01-01T00:00:00",
                "timeZone": BERLIN,
                "schedule": {"hours": [4], "minutes": [0], "monthDays": [1]},
            },
        ),
    ],
)
def test_a_schedule_as_data_factory_reads_it(schedule, recurrence):
    found = scoring_triggers(of(WINDOW, schedule=schedule), NAMES, STORES)
    assert found == {
        "score-churn-nightly-dev-schedule": {
            "type": "ScheduleTrigger",
            "pipelines": [
                {
                    "pipelineReference": {"type": "PipelineReference", "referenceName": "score-churn-nightly-dev"},
                    "parameters": {"scheduled_time": "@trigger().scheduledTime"},
                }
            ],
            "typeProperties": {"recurrence": recurrence},
        }
    }


CSV = {"blobPathEndsWith": ".csv", "ignoreEmptyBlobs": True}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, {"blobPathBeginsWith": "/curated/blobs/incoming/", "blobPathEndsWith": ".csv", "ignoreEmptyBlobs": True}),
        (
            {"folder": None},
            {"blobPathBeginsWith": "/curated/blobs/", "blobPathEndsWith": ".csv", "ignoreEmptyBlobs": True},
        ),
        (
            {"suffix": None, "ignore_empty": False},
            {"blobPathBeginsWith": "/curated/blobs/incoming/", "ignoreEmptyBlobs": False},
        ),
    ],
)
def test_blobs_as_data_factory_reads_them(changes, expected):
    [trigger] = scoring_triggers(of(ARRIVED, blob_created={**BLOB, **changes}), NAMES, STORES).values()
    assert trigger["typeProperties"] == {
        "scope": STORES["sales"].storage_account_id,
        "events": ["Microsoft.Storage.BlobCreated"],
        **expected,
    }


def unknown(model: Any, at: str = "") -> list[str]:
    """Keys that a model of Microsoft's SDK holds and has no field for."""
    if isinstance(model, list):
        return [each for index, item in enumerate(model) for each in unknown(item, f"{at}[{index}]")]
    if isinstance(model, dict):
        return [each for key, item in model.items() for each in unknown(item, f"{at}.{key}")]
    if not hasattr(type(model), "_attr_to_rest_field"):
        return []
    model = concrete(model)
    fields = type(model)._attr_to_rest_field
    found = [f"{at}.{key}" for key in model.keys() - {each._rest_name for each in fields.values()}]
    return found + [each for name in fields for each in unknown(getattr(model, name), f"{at}.{name}")]


def concrete(model: Any) -> Any:
    """The model of its `type`: the SDK finds one level of kinds by itself, and there are two."""
    kinds: dict[str, Any] = getattr(type(model), "__mapping__", {})
    inner = next((each for each in kinds.values() if model["type"] in getattr(each, "__mapping__", {})), None)
    found = inner.__mapping__[model["type"]] if inner else kinds.get(model.get("type"))
    return found(dict(model)) if found else model


@pytest.mark.parametrize("kind", KINDS)
def test_microsofts_sdk_knows_every_key(kind):
    from azure.mgmt.datafactory import models
    from azure.mgmt.datafactory._utils.model_base import _deserialize

    job = of(KINDS[kind], retries=2)
    where = ScoredWhere(WORKSPACE, URI, "ls", "ir")
    for document in documents(job, where).values():
        assert unknown(_deserialize(models.PipelineResource, document)) == []
    for properties in scoring_triggers(job, NAMES, STORES).values():
        assert unknown(_deserialize(models.TriggerResource, {"properties": properties})) == []
    broken = {"properties": {"activities": [{"name": "x", "type": "Wait", "typeProperties": {"seconds": 1}}]}}
    assert unknown(_deserialize(models.PipelineResource, broken)) == [
        ".properties.activities[0].type_properties.seconds"
    ]


def test_what_rest_nests_stands_beside_the_type():
    nested = {
        "name": "a",
        "type": "Until",
        "typeProperties": {"activities": [{"type": "Wait", "typeProperties": {"s": 1}}]},
    }
    assert flattened({"activities": [nested], "typeProperties": {}}) == {
        "activities": [{"name": "a", "type": "Until", "activities": [{"type": "Wait", "s": 1}]}]
    }
