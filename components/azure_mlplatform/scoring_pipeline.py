"""The pipelines that score a batch, and what starts them, as Data Factory and Synapse read them: JSON of their REST
API. Nothing here knows Pulumi, so a test can run what stands here.

A job has two pipelines. The one that triggers start works out what is scored, and makes attempts: it calls the other
up to `retries + 1` times, each with an output folder of its own. The other calls the endpoint, waits, and fails where
the job does. They are two because Data Factory lets no loop stand inside a condition.

Where a step fails, what follows on "Succeeded" is skipped; a pipeline succeeds where the last step of each path did,
and a skipped one counts as what it waited for ("Errors and Conditional execution", Microsoft Learn).
"""

from typing import Any, NamedTuple, Optional

from .settings.batch import Orchestrator
from .settings.batch_jobs import MODEL_OUTPUT, BatchDeployment, BatchJobSettings, BatchMode
from .settings.datastores import DatastoreSettings
from .settings.schedule import Frequency, ScheduleSettings, Windows

SCORING_SCOPE = "https://ml.azure.com"
"""Whom tokens for calling a batch endpoint are meant for ("Authorization on batch endpoints")."""

MANAGEMENT = "https://management.azure.com"
JOBS_API_VERSION = "2025-12-01"
"""That of the azure-native version that this library is built with."""

ENDED = ("Completed", "Failed", "Canceled")
"""How a job ends; from any other status, such as NotResponding, it can come back (azure-ai-ml, `JobStatus`)."""

_UTC = "yyyy-MM-ddTHH:mm:ssZ"
_WALL = "yyyy-MM-ddTHH:mm:ss"

Json = dict[str, Any]


class ScoringNames(NamedTuple):
    """What a job's parts are named in a factory."""

    pipeline: str
    """What triggers start, and somebody who replays a window."""

    attempt: str
    """What the pipeline calls."""

    schedule: str
    """The trigger by the clock."""

    blob: str
    """The trigger by a blob that lands."""


class ScoredWhere(NamedTuple):
    """Where a job is scored. Addresses may be outputs of resources: they are defaults of parameters, and so never
    part of an expression."""

    workspace_id: Any
    """The workspace, by id."""

    scoring_uri: Any = ""
    """The batch endpoint's address."""

    workspace_service: Any = ""
    """The linked service of the workspace, for a published pipeline."""

    integration_runtime: Optional[str] = None
    """The integration runtime that reaches the workspace. None: the factory's default."""

    orchestrator: Orchestrator = Orchestrator.DATA_FACTORY
    """What runs the pipeline: the two do not have all settings of an activity in common."""


def scoring_names(pipeline: str) -> ScoringNames:
    """What the parts of the job are named whose pipeline is `pipeline`."""
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
        # Without a schedule nothing says what is scored but these.
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
    """Trigger → its properties. They hand over what Data Factory tells, and the pipeline computes with it."""
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
            scheduled_time="@trigger().scheduledTime",
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
            folder_path="@triggerBody().folderPath",
            file_name="@triggerBody().fileName",
        )
    return found


def flattened(value: Any) -> Any:
    """The same as azure-native takes it: what REST has under `typeProperties` stands beside the type."""
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


def _expression(value: str) -> Json:
    return {"type": "Expression", "value": f"@{value}"}


def _set(variable: str, value: str, *, after: Optional[str] = None, name: str = "") -> Json:
    properties = {"variableName": variable, "value": _expression(value)}
    return _activity(name or f"Set {variable.replace('_', ' ')}", "SetVariable", properties, after=after)


def _text(value: str) -> str:
    """A text in an expression."""
    return "'" + value.replace("'", "''") + "'"


def _concat(*parts: str) -> str:
    return parts[0] if len(parts) == 1 else f"concat({', '.join(parts)})"


def _parameter(name: str) -> str:
    return f"pipeline().parameters.{name}"


def _variable(name: str) -> str:
    return f"variables('{name}')"


def _unless_given(parameter: str, computed: str) -> str:
    """Both branches of an `if` are worked out, so `computed` has to be legal whatever was given."""
    return f"if(empty({_parameter(parameter)}), {computed}, {_parameter(parameter)})"


def _passed(job: BatchJobSettings) -> list[str]:
    """What an attempt is told, beside where it writes."""
    window = ["window_start", "window_end"] if job.passes_window else []
    return [*(["input", "input_type"] if job.inputs else []), *window]


def _what_is_scored(
    job: BatchJobSettings, stores: dict[str, DatastoreSettings]
) -> tuple[list[Json], list[str], list[str]]:
    """Steps that work out the window and the input; the parameters and variables that they need."""
    steps: list[Json] = []
    parameters: list[str] = []
    variables: list[str] = []
    inputs: list[str] = []
    if job.schedule is not None:
        parameters += ["scheduled_time", "window_start", "window_end"]
        variables += ["window_end", "window_start"]
        # Whoever starts it by hand and says nothing means now.
        time = _unless_given("scheduled_time", "pipeline().TriggerTime")
        steps.append(_set("window_end", _unless_given("window_end", f"formatDateTime({time}, '{_UTC}')")))
        start = _window_start(job.schedule, _variable("window_end"))
        steps.append(_set("window_start", _unless_given("window_start", start), after=steps[-1]["name"]))
        if job.input is not None:
            zone, local = job.schedule.time_zone, _variable("window_start")
            folder = _filled(job.input.folder, f"convertFromUtc({local}, {_text(zone)})")
            inputs.append(_concat(_text(f"/datastores/{job.input.store}/paths/"), *folder, "'/'"))
    if job.blob_created is not None:
        parameters += ["folder_path", "file_name"]
        blob = _concat(_parameter("folder_path"), "'/'", _parameter("file_name"))
        # The first name in the path is the container's.
        path = f"join(skip(split({blob}, '/'), 1), '/')"
        inputs.append(_concat(_text(f"/datastores/{job.blob_created.store}/paths/"), path))
    if inputs:
        variables += ["input", "input_type"]
        by_blob = f"empty({_parameter('file_name')})" if job.blob_created else ""
        kinds = ["'UriFolder'"] * (job.input is not None) + ["'UriFile'"] * (job.blob_created is not None)
        for variable, values in (("input", inputs), ("input_type", kinds)):
            value = values[0] if len(values) == 1 else f"if({by_blob}, {values[0]}, {values[1]})"
            steps.append(_set(variable, value, after=steps[-1]["name"] if steps else None))
    return steps, parameters, variables


def _window_start(schedule: ScheduleSettings, end: str) -> str:
    """The occurrence before `end`, in UTC."""
    if schedule.frequency in (Frequency.MINUTE, Frequency.HOUR):
        return f"addMinutes({end}, -{schedule.windows.otherwise}, '{_UTC}')"
    zone = _text(schedule.time_zone)
    local = f"convertFromUtc({end}, {zone}, '{_WALL}')"
    return f"convertToUtc({_wall_start(schedule, local, schedule.windows)}, {zone}, '{_UTC}')"


def _wall_start(schedule: ScheduleSettings, local: str, windows: Windows) -> str:
    if windows.months:
        month = f"subtractFromTime(startOfMonth({local}, '{_WALL}'), {windows.months}, 'Month', '{_WALL}')"
        value = f"addMinutes({month}, {windows.otherwise}, '{_WALL}')"
    else:
        value = f"addMinutes({local}, -{windows.otherwise}, '{_WALL}')"
    for gap, keys in windows.gaps.items():
        among = f"contains('|{'|'.join(keys)}|', concat('|', {_key(schedule, local)}, '|'))"
        value = f"if({among}, addMinutes({local}, -{gap}, '{_WALL}'), {value})"
    return value


def _key(schedule: ScheduleSettings, local: str) -> str:
    """An occurrence's key; see `Occurrence`."""
    if schedule.frequency is Frequency.WEEK:
        return f"string(dayOfWeek({local})), formatDateTime({local}, 'HHmm')"
    return f"formatDateTime({local}, '{'ddHHmm' if schedule.frequency is Frequency.MONTH else 'HHmm'}')"


def _filled(folder: str, local: str) -> list[str]:
    """A folder with its placeholders filled, as parts of a text."""
    parts: list[str] = []
    for piece in folder.split("{"):
        name, closed, rest = piece.partition("}")
        if closed:
            parts.append(f"formatDateTime({local}, {_text(name)})")
        if text := rest if closed else name:
            parts.append(_text(text))
    return parts


def _attempt(
    job: BatchJobSettings, names: ScoringNames, number: int, variables: list[str], *, after: Optional[str]
) -> Json:
    # The run's id makes the folder new, as Azure ML asks for, and keeps what a repeated event would overwrite.
    output = _concat(
        _text(f"/datastores/{job.output.store}/paths/{job.output.folder}/"), "pipeline().RunId", _text(f"-{number}")
    )
    values = {"output": output} | {each: _variable(each) for each in _passed(job) if each in variables}
    return _activity(
        f"Attempt {number}",
        "ExecutePipeline",
        {
            "pipeline": {"type": "PipelineReference", "referenceName": names.attempt},
            "parameters": {each: _expression(value) for each, value in values.items()},
            "waitOnCompletion": True,
        },
        after=after,
    )


def _endpoint_job(job: BatchJobSettings, where: ScoredWhere) -> list[Json]:
    """Calls the endpoint, waits until the job has ended, and fails where it did not complete."""
    uri = _parameter("scoring_uri")
    started = "activity('Invoke').output.id"
    cancel = _concat(
        _text(MANAGEMENT),
        _parameter("workspace_id"),
        "'/jobs/'",
        _variable("job"),
        _text(f"/cancel?api-version={JOBS_API_VERSION}"),
    )
    in_time = f"{job.timeout_minutes} minutes"
    return [
        # Never twice by itself: a call that was answered too late may have started a job.
        _web("Invoke", "POST", uri, SCORING_SCOPE, where, body=_body(job), retry=0),
        _set("job", f"last(split({started}, '/'))", after="Invoke"),
        _activity(
            "Wait for job",
            "Until",
            {
                "expression": _expression(
                    f"contains(createArray({', '.join(map(_text, ENDED))}), {_variable('status')})"
                ),
                "timeout": _duration(job.timeout_minutes),
                "activities": [
                    _activity("Wait", "Wait", {"waitTimeInSeconds": job.poll_seconds}),
                    _web(
                        "Get job", "GET", f"concat({uri}, '/', {_variable('job')})", SCORING_SCOPE, where, after="Wait"
                    ),
                    _set("status", "activity('Get job').output.properties.status", after="Get job"),
                ],
            },
            after="Set job",
        ),
        _activity(
            "Check job",
            "IfCondition",
            {
                "expression": _expression(f"equals({_variable('status')}, '{ENDED[0]}')"),
                "ifFalseActivities": [
                    _activity(
                        "Job failed",
                        "Fail",
                        {
                            "message": _expression(
                                f"concat('Job ', {_variable('job')}, ' ended as ', {_variable('status')})"
                            ),
                            "errorCode": "ScoringFailed",
                        },
                    )
                ],
            },
            after="Wait for job",
        ),
        # Its own failure does not hide why the attempt failed.
        _web("Cancel job", "POST", cancel, MANAGEMENT, where, body="{}", after="Wait for job", condition="Failed"),
        _activity(
            "Job is late",
            "Fail",
            {
                "message": _expression(f"concat('Job ', {_variable('job')}, ' did not end within {in_time}')"),
                "errorCode": "ScoringTimedOut",
            },
            after="Cancel job",
            condition="Completed",
        ),
    ]


def _web(
    name: str,
    method: str,
    url: str,
    audience: str,
    where: ScoredWhere,
    *,
    body: Any = None,
    retry: int = 3,
    after: Optional[str] = None,
    condition: str = "Succeeded",
) -> Json:
    """A call that the factory signs with its own identity."""
    properties: Json = {
        "method": method,
        "url": _expression(url),
        "authentication": {"type": "MSI", "resource": audience},
    }
    if where.orchestrator is Orchestrator.DATA_FACTORY:
        # The longest that it waits for an answer ("Web activity"). An answer may say where to ask on: the pipeline
        # itself does the asking. Synapse's description of the activity has neither.
        properties |= {"httpRequestTimeout": "00:10:00", "turnOffAsync": True}
    if body is not None:
        properties |= {"headers": {"Content-Type": "application/json"}, "body": body}
    if where.integration_runtime is not None:
        properties["connectVia"] = {
            "type": "IntegrationRuntimeReference",
            "referenceName": where.integration_runtime,
        }
    policy = {"timeout": "0.00:15:00", "retry": retry, "retryIntervalInSeconds": 30}
    return _activity(name, "WebActivity", properties, after=after, condition=condition, policy=policy)


def _body(job: BatchJobSettings) -> Json:
    """What the endpoint is sent ("Create jobs and input data for batch endpoints")."""
    inputs: list[str] = []
    workspace = _parameter("workspace_id")
    if job.inputs:
        place = _quoted(_concat(workspace, _parameter("input")))
        inputs.append(
            _concat("""'"data":{"JobInputType":"'""", _parameter("input_type"), """'","Uri":"'""", place, "'\"}'")
        )
    if job.passes_window:
        inputs += [
            _concat(f"""'"{each}":{{"JobInputType":"Literal","Value":"'""", _quoted(_parameter(each)), "'\"}'")
            for each in ("window_start", "window_end")
        ]
    kind, file = ("UriFolder", "") if job.deployment is BatchDeployment.PIPELINE else ("UriFile", f"/{MODEL_OUTPUT}")
    place = _quoted(_concat(workspace, _parameter("output"), *([_text(file)] if file else [])))
    return _expression(
        _concat(
            """'{"properties":{"InputData":{'""",
            ", ',', ".join(inputs),
            f"""'}},"OutputData":{{"scores":{{"JobOutputType":"{kind}","Uri":"'""",
            place,
            "'\"}}}}'",
        )
    )


def _quoted(value: str) -> str:
    """A text as JSON writes it between quotation marks: blobs may have some in their names."""
    return f"""replace(replace({value}, '\\', '\\\\'), '"', '\\"')"""


def _published_pipeline(job: BatchJobSettings, where: ScoredWhere, given: list[str]) -> Json:
    return _activity(
        "Run pipeline",
        "AzureMLExecutePipeline",
        {
            "mlPipelineId": job.published_pipeline_id,
            "experimentName": job.name,
            "mlPipelineParameters": {
                each: _expression(
                    _concat(_parameter("workspace_id"), _parameter(each))
                    if each in ("input", "output")
                    else _parameter(each)
                )
                for each in given
            },
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
        # Of a zone's own time there is no Z at the end; of UTC there has to be one ("Create schedule triggers").
        "startTime": f"{schedule.start}T00:00:00{'Z' if schedule.time_zone == 'UTC' else ''}",
        "timeZone": schedule.time_zone,
        **({"schedule": times} if times else {}),
    }
