"""The scoring pipelines and their triggers, as JSON of the REST API of Data Factory and Synapse. The module does not
use Pulumi, so tests can run the pipelines.

A job has two pipelines. Triggers start the first one. It computes the input and makes attempts: it calls the second one
up to `retries + 1` times, each time with a new output folder. The second one calls the endpoint, waits, and fails if
the job fails. There are two because Data Factory allows no loop inside a condition.

If a step fails, steps that follow on "Succeeded" are skipped. A pipeline succeeds if the last step of each path
succeeds. A skipped last step counts as the step that it waited for ("Errors and Conditional execution", Microsoft
Learn).
"""

from typing import Any, NamedTuple, Optional

from ..workspace.settings.datastores import DatastoreSettings
from .expressions import (
    RUN_ID,
    TRIGGER_TIME,
    Expression,
    call,
    concat,
    either,
    given_or,
    json_of,
    output_of,
    parameter,
    variable,
)
from .settings.batch import Orchestrator
from .settings.jobs import MODEL_OUTPUT, BatchDeployment, BatchJobSettings, BatchMode
from .settings.schedule import Frequency, ScheduleSettings, Windows

SCORING_SCOPE = "https://ml.azure.com"
"""The audience of the tokens that call a batch endpoint ("Authorization on batch endpoints")."""

MANAGEMENT = "https://management.azure.com"
JOBS_API_VERSION = "2025-12-01"
"""The same API version as in the azure-native release that this library uses."""

ENDED = ("Completed", "Failed", "Canceled")
"""The final statuses of a job. It can recover from all others, such as NotResponding (azure-ai-ml, `JobStatus`)."""

_UTC = "yyyy-MM-ddTHH:mm:ssZ"
_WALL = "yyyy-MM-ddTHH:mm:ss"

Json = dict[str, Any]


class ScoringNames(NamedTuple):
    """The names of a job's pipelines and triggers in a factory."""

    pipeline: str
    """The pipeline that triggers start, and that a person starts to replay a window."""

    attempt: str
    """The pipeline for one attempt, which the first pipeline calls."""

    schedule: str
    """The schedule trigger."""

    blob: str
    """The trigger for new blobs."""


class ScoredWhere(NamedTuple):
    """The workspace and the endpoint that score a job. Addresses may be Pulumi outputs, because they are defaults of
    parameters and never part of an expression."""

    workspace_id: Any
    """The workspace, by id."""

    scoring_uri: Any = ""
    """The batch endpoint's address."""

    workspace_service: Any = ""
    """The linked service of the workspace, for a published pipeline."""

    integration_runtime: Optional[str] = None
    """The integration runtime that reaches the workspace. None: the factory's default."""

    orchestrator: Orchestrator = Orchestrator.DATA_FACTORY
    """The service that runs the pipeline. Some settings of an activity exist in only one of the two."""


def scoring_names(pipeline: str) -> ScoringNames:
    """The names of the job whose pipeline is `pipeline`."""
    return ScoringNames(pipeline, f"{pipeline}-attempt", f"{pipeline}-schedule", f"{pipeline}-blob")


def scoring_pipeline(job: BatchJobSettings, names: ScoringNames, stores: dict[str, DatastoreSettings]) -> Json:
    """The properties of the pipeline that a job's triggers start."""
    steps, parameters, variables = _what_is_scored(job, stores)
    before = steps[-1]["name"] if steps else None
    for number in range(1, job.retries + 2):
        if number > 1:
            steps.append(
                _activity(
                    f"Wait {number - 1}",
                    "Wait",
                    {"waitTimeInSeconds": job.retry_interval_seconds},
                    after=f"Attempt {number - 1}",
                    condition="Failed",
                )
            )
            before = f"Wait {number - 1}"
        steps.append(_attempt(job, names, number, variables, after=before))
    return {
        "description": f"Scores {job.name}; docs/batch.md says how to replay a window",
        **({} if job.concurrency is None else {"concurrency": job.concurrency}),
        # Without a schedule, only these parameters define the input, so they have no default.
        "parameters": {
            each: {"type": "String", **({"defaultValue": ""} if job.schedule else {})} for each in parameters
        },
        "variables": {each: {"type": "String", "defaultValue": ""} for each in variables},
        "activities": steps,
    }


def attempt_pipeline(job: BatchJobSettings, where: ScoredWhere) -> Json:
    """The properties of the pipeline that makes one attempt."""
    legacy = job.mode is BatchMode.PUBLISHED_PIPELINE
    defaults = {"workspace_id": where.workspace_id} | ({} if legacy else {"scoring_uri": where.scoring_uri})
    given = ["output", *_passed(job)]
    return {
        "description": f"One attempt at scoring {job.name}",
        "parameters": {
            **{each: {"type": "String"} for each in given},
            **{each: {"type": "String", "defaultValue": value} for each, value in defaults.items()},
        },
        **(
            {"activities": [_published_pipeline(job, where, given)]}
            if legacy
            else {
                "variables": {each: {"type": "String", "defaultValue": ""} for each in ("job", "status")},
                "activities": _endpoint_job(job, where),
            }
        ),
    }


def scoring_triggers(
    job: BatchJobSettings, names: ScoringNames, stores: dict[str, DatastoreSettings]
) -> dict[str, Json]:
    """Trigger → its properties. Triggers pass the event's values unchanged, and the pipeline computes with them."""
    found: dict[str, Json] = {}

    def trigger(name: str, kind: str, properties: Json, **parameters: str) -> None:
        reference = {"type": "PipelineReference", "referenceName": names.pipeline}
        found[name] = {
            "type": kind,
            "pipelines": [{"pipelineReference": reference, "parameters": parameters}],
            "typeProperties": properties,
        }

    if job.schedule is not None:
        trigger(
            names.schedule,
            "ScheduleTrigger",
            {"recurrence": _recurrence(job.schedule)},
            scheduled_time=Expression("trigger().scheduledTime").as_text,
        )
    if job.blob_created is not None:
        store = stores[job.blob_created.store]
        folder = f"{job.blob_created.folder}/" if job.blob_created.folder else ""
        ends = {"blobPathEndsWith": job.blob_created.suffix} if job.blob_created.suffix else {}
        trigger(
            names.blob,
            "BlobEventsTrigger",
            {
                "scope": store.storage_account_id,
                "events": ["Microsoft.Storage.BlobCreated"],
                "blobPathBeginsWith": f"/{store.container}/blobs/{folder}",
                **ends,
                "ignoreEmptyBlobs": job.blob_created.ignore_empty,
            },
            folder_path=Expression("triggerBody().folderPath").as_text,
            file_name=Expression("triggerBody().fileName").as_text,
        )
    return found


def flattened(value: Any) -> Any:
    """The REST JSON in the form of azure-native: moves the content of `typeProperties` up one level."""
    if isinstance(value, list):
        return [flattened(each) for each in value]
    if not isinstance(value, dict):
        return value
    own = {key: flattened(each) for key, each in value.items() if key != "typeProperties"}
    return own | flattened(value["typeProperties"]) if "typeProperties" in value else own


def _activity(
    name: str, kind: str, properties: Json, *, after: Optional[str] = None, condition: str = "Succeeded", **others: Any
) -> Json:
    depends_on = [{"activity": after, "dependencyConditions": [condition]}] if after else []
    return {"name": name, "type": kind, "dependsOn": depends_on, **others, "typeProperties": properties}


def _set(name: str, value: Expression, *, after: Optional[str] = None) -> Json:
    """An activity that sets a variable."""
    properties = {"variableName": name, "value": value.as_json}
    return _activity(f"Set {name.replace('_', ' ')}", "SetVariable", properties, after=after)


def _passed(job: BatchJobSettings) -> list[str]:
    """The parameters of an attempt, without `output`."""
    window = ["window_start", "window_end"] if job.passes_window else []
    return [*(["input", "input_type"] if job.inputs else []), *window]


def _what_is_scored(
    job: BatchJobSettings, stores: dict[str, DatastoreSettings]
) -> tuple[list[Json], list[str], list[str]]:
    """The steps that compute the window and the input, and the parameters and variables that they need."""
    steps: list[Json] = []
    parameters: list[str] = []
    variables: list[str] = []
    inputs: list[Expression] = []
    if job.schedule is not None:
        parameters += ["scheduled_time", "window_start", "window_end"]
        variables += ["window_end", "window_start"]
        # A manual run without parameters uses the current time.
        time = given_or("scheduled_time", TRIGGER_TIME)
        steps.append(_set("window_end", given_or("window_end", call("formatDateTime", time, _UTC))))
        start = _window_start(job.schedule, variable("window_end"))
        steps.append(_set("window_start", given_or("window_start", start), after=steps[-1]["name"]))
        if job.input is not None:
            local = call("convertFromUtc", variable("window_start"), job.schedule.time_zone)
            store = f"/datastores/{job.input.store}/paths/"
            inputs.append(concat(store, *_filled(job.input.folder, local), "/"))
    if job.blob_created is not None:
        parameters += ["folder_path", "file_name"]
        blob = concat(parameter("folder_path"), "/", parameter("file_name"))
        # The first part of the path is the container.
        path = call("join", call("skip", call("split", blob, "/"), 1), "/")
        inputs.append(concat(f"/datastores/{job.blob_created.store}/paths/", path))
    if inputs:
        variables += ["input", "input_type"]
        scheduled = call("empty", parameter("file_name"))
        kinds = ["UriFolder"] * (job.input is not None) + ["UriFile"] * (job.blob_created is not None)
        for name, values in (("input", inputs), ("input_type", kinds)):
            value = concat(values[0]) if len(values) == 1 else either(scheduled, values[0], values[1])
            steps.append(_set(name, value, after=steps[-1]["name"] if steps else None))
    return steps, parameters, variables


def _window_start(schedule: ScheduleSettings, end: Expression) -> Expression:
    """The occurrence before `end`, in UTC."""
    if schedule.frequency in (Frequency.MINUTE, Frequency.HOUR):
        return call("addMinutes", end, -schedule.windows.otherwise, _UTC)
    local = call("convertFromUtc", end, schedule.time_zone, _WALL)
    return call("convertToUtc", _wall_start(schedule, local, schedule.windows), schedule.time_zone, _UTC)


def _wall_start(schedule: ScheduleSettings, local: Expression, windows: Windows) -> Expression:
    """The occurrence before `local`, both in local time."""
    if windows.months:
        month = call("subtractFromTime", call("startOfMonth", local, _WALL), windows.months, "Month", _WALL)
        value = call("addMinutes", month, windows.otherwise, _WALL)
    else:
        value = call("addMinutes", local, -windows.otherwise, _WALL)
    for gap, keys in windows.gaps.items():
        key = call("concat", "|", *_key(schedule, local), "|")
        among = call("contains", f"|{'|'.join(keys)}|", key)
        value = either(among, call("addMinutes", local, -gap, _WALL), value)
    return value


def _key(schedule: ScheduleSettings, local: Expression) -> list[Expression]:
    """The parts of an occurrence's key; see `Occurrence`."""
    if schedule.frequency is Frequency.WEEK:
        return [call("string", call("dayOfWeek", local)), call("formatDateTime", local, "HHmm")]
    return [call("formatDateTime", local, "ddHHmm" if schedule.frequency is Frequency.MONTH else "HHmm")]


def _filled(folder: str, local: Expression) -> list[Expression | str]:
    """The parts of a folder path with its placeholders filled."""
    parts: list[Expression | str] = []
    for piece in folder.split("{"):
        name, closed, rest = piece.partition("}")
        if closed:
            parts.append(call("formatDateTime", local, name))
        if text := rest if closed else name:
            parts.append(text)
    return parts


def _attempt(
    job: BatchJobSettings, names: ScoringNames, number: int, variables: list[str], *, after: Optional[str]
) -> Json:
    # The run's id makes the folder new, as Azure ML requires, so a repeated event overwrites nothing.
    output = concat(f"/datastores/{job.output.store}/paths/{job.output.folder}/", RUN_ID, f"-{number}")
    values = {"output": output} | {each: variable(each) for each in _passed(job) if each in variables}
    return _activity(
        f"Attempt {number}",
        "ExecutePipeline",
        {
            "pipeline": {"type": "PipelineReference", "referenceName": names.attempt},
            "parameters": {each: value.as_json for each, value in values.items()},
            "waitOnCompletion": True,
        },
        after=after,
    )


def _endpoint_job(job: BatchJobSettings, where: ScoredWhere) -> list[Json]:
    """Activities that call the endpoint, wait for the job to end, and fail if it did not complete."""
    uri, status = parameter("scoring_uri"), variable("status")
    cancel = concat(
        MANAGEMENT,
        parameter("workspace_id"),
        "/jobs/",
        variable("job"),
        f"/cancel?api-version={JOBS_API_VERSION}",
    )
    in_time = f"{job.timeout_minutes} minutes"
    return [
        # No retry: a call that timed out may have started a job.
        _web("Invoke", "POST", uri, SCORING_SCOPE, where, body=_body(job).as_json, retry=0),
        _set("job", call("last", call("split", output_of("Invoke", "id"), "/")), after="Invoke"),
        _activity(
            "Wait for job",
            "Until",
            {
                "expression": call("contains", call("createArray", *ENDED), status).as_json,
                "timeout": _duration(job.timeout_minutes),
                "activities": [
                    _activity("Wait", "Wait", {"waitTimeInSeconds": job.poll_seconds}),
                    _web("Get job", "GET", concat(uri, "/", variable("job")), SCORING_SCOPE, where, after="Wait"),
                    _set("status", output_of("Get job", "properties.status"), after="Get job"),
                ],
            },
            after="Set job",
        ),
        _activity(
            "Check job",
            "IfCondition",
            {
                "expression": call("equals", status, ENDED[0]).as_json,
                "ifFalseActivities": [
                    _fail("Job failed", "ScoringFailed", concat("Job ", variable("job"), " ended as ", status))
                ],
            },
            after="Wait for job",
        ),
        # If this call fails, the attempt still fails with ScoringTimedOut.
        _web("Cancel job", "POST", cancel, MANAGEMENT, where, body="{}", after="Wait for job", condition="Failed"),
        _fail(
            "Job is late",
            "ScoringTimedOut",
            concat("Job ", variable("job"), f" did not end within {in_time}"),
            after="Cancel job",
            condition="Completed",
        ),
    ]


def _fail(name: str, code: str, message: Expression, **when: Any) -> Json:
    return _activity(name, "Fail", {"message": message.as_json, "errorCode": code}, **when)


def _web(
    name: str,
    method: str,
    url: Expression,
    audience: str,
    where: ScoredWhere,
    *,
    body: Any = None,
    retry: int = 3,
    **when: Any,
) -> Json:
    """A web call that signs in with the factory's own identity."""
    properties: Json = {
        "method": method,
        "url": url.as_json,
        "authentication": {"type": "MSI", "resource": audience},
    }
    if where.orchestrator is Orchestrator.DATA_FACTORY:
        # The timeout is the longest possible one ("Web activity"). The pipeline polls the job itself, so the activity
        # does not follow a 202 answer. Synapse documents neither setting.
        properties |= {"httpRequestTimeout": "00:10:00", "turnOffAsync": True}
    if body is not None:
        properties |= {"headers": {"Content-Type": "application/json"}, "body": body}
    if where.integration_runtime is not None:
        properties["connectVia"] = {
            "type": "IntegrationRuntimeReference",
            "referenceName": where.integration_runtime,
        }
    policy = {"timeout": "0.00:15:00", "retry": retry, "retryIntervalInSeconds": 30}
    return _activity(name, "WebActivity", properties, policy=policy, **when)


def _body(job: BatchJobSettings) -> Expression:
    """The request body for the endpoint ("Create jobs and input data for batch endpoints")."""
    workspace = parameter("workspace_id")
    inputs: Json = {}
    if job.inputs:
        inputs["data"] = {"JobInputType": parameter("input_type"), "Uri": concat(workspace, parameter("input"))}
    if job.passes_window:
        inputs |= {
            each: {"JobInputType": "Literal", "Value": parameter(each)} for each in ("window_start", "window_end")
        }
    whole = job.deployment is BatchDeployment.PIPELINE
    place = [workspace, parameter("output"), *([] if whole else [f"/{MODEL_OUTPUT}"])]
    scores = {"JobOutputType": "UriFolder" if whole else "UriFile", "Uri": concat(*place)}
    return json_of({"properties": {"InputData": inputs, "OutputData": {"scores": scores}}})


def _published_pipeline(job: BatchJobSettings, where: ScoredWhere, passed: list[str]) -> Json:
    workspace = parameter("workspace_id")
    values = {
        each: concat(workspace, parameter(each)) if each in ("input", "output") else parameter(each) for each in passed
    }
    return _activity(
        "Run pipeline",
        "AzureMLExecutePipeline",
        {
            "mlPipelineId": job.published_pipeline_id,
            "experimentName": job.name,
            "mlPipelineParameters": {each: value.as_json for each, value in values.items()},
        },
        linkedServiceName={"type": "LinkedServiceReference", "referenceName": where.workspace_service},
        policy={"timeout": _duration(job.timeout_minutes), "retry": 0},
    )


def _duration(minutes: int) -> str:
    return f"{minutes // 1440}.{minutes // 60 % 24:02}:{minutes % 60:02}:00"


def _recurrence(schedule: ScheduleSettings) -> Json:
    times: Json = {}
    if schedule.at:
        times["hours"] = sorted({int(each[:2]) for each in schedule.at})
        times["minutes"] = sorted({int(each[3:]) for each in schedule.at})
    if schedule.week_days:
        times["weekDays"] = schedule.week_days
    if schedule.month_days:
        times["monthDays"] = schedule.month_days
    return {
        "frequency": schedule.frequency.value,
        "interval": schedule.interval,
        # A local time has no Z at the end; a time in UTC must have one ("Create schedule triggers").
        "startTime": f"{schedule.start}T00:00:00{'Z' if schedule.time_zone == 'UTC' else ''}",
        "timeZone": schedule.time_zone,
        **({"schedule": times} if times else {}),
    }
