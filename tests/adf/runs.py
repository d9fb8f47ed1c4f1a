"""Runs pipelines in the form of REST JSON. Functions replace the services that they call.

Time is virtual: nothing waits. Activities that don't depend on each other run at the same time.
"""

import heapq
import itertools
import json
import re
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from graphlib import CycleError, TopologicalSorter
from typing import Any
from uuid import UUID

from adf.expressions import (
    MAX_EXPRESSION_LENGTH,
    MISSING,
    Context,
    ExpressionError,
    Properties,
    evaluate,
    is_expression,
    references,
    strings,
    timestamp,
)

MAX_ACTIVITIES = 80
"""The default limit per pipeline, including inner activities. The newest text of the limits has 120."""
MAX_NAME, MAX_PIPELINE_NAME, MAX_PARAMETERS, MAX_CASES = 55, 140, 50, 25
MAX_PIPELINE_BYTES, MAX_RESPONSE_BYTES = 200 * 1024, 4 * 1024 * 1024
POLICY_TIMEOUTS = timedelta(minutes=10), timedelta(days=7)
HTTP_TIMEOUTS = timedelta(minutes=1), timedelta(minutes=10)
MAX_UNTIL = timedelta(days=90)
DEFAULT_POLICY_TIMEOUT, DEFAULT_HTTP_TIMEOUT = timedelta(hours=12), timedelta(minutes=1)
DEFAULT_UNTIL = timedelta(days=7)
DEFAULT_RETRY_INTERVAL = 30
RETRY_INTERVALS = 30, 86400
"""The range that the .NET library checks, which is generated from the API's description (`ActivityPolicy.Validate`)."""
POLL_SECONDS = 30
"""The seconds between calls of the `Location` of a 202 without `Retry-After`. Not documented."""
IDLE_ROUNDS, MAX_DEPTH = 1000, 50

Json = Mapping[str, Any]


class InvalidPipelineError(ValueError):
    """The service would refuse the pipelines, for the reasons in `problems`."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class EndlessRunError(RuntimeError):
    """A loop repeats and no time passes, or pipelines start each other endlessly."""


@dataclass(frozen=True)
class WebRequest:
    """The request of a Web activity. `resource` is the audience of the managed identity's token."""

    activity: str
    method: str
    url: str
    headers: Mapping[str, str]
    body: str | None
    resource: str | None
    authentication: Json
    now: datetime


@dataclass(frozen=True)
class WebResponse:
    """The answer of the endpoint after `seconds`. Default: after the factory's `seconds_per_call`."""

    status: int
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    seconds: float | None = None


@dataclass(frozen=True)
class JobRequest:
    """The job that an AzureMLExecutePipeline activity starts, with its evaluated `typeProperties`."""

    activity: str
    linked_service: str
    properties: Json
    now: datetime


@dataclass(frozen=True)
class JobResult:
    """The result of the job of an AzureMLExecutePipeline activity. Only Completed and Finished are success."""

    status: str = "Completed"
    run_id: str = "job"
    output: Json = field(default_factory=dict)
    seconds: float = 0


Web = Callable[[WebRequest], WebResponse | tuple[int, Any]]
MachineLearning = Callable[[JobRequest], JobResult]


@dataclass
class ActivityRun:
    """One run of one activity, with all its attempts. `scope` names the rounds of the loops around it."""

    name: str
    type: str
    scope: str
    start: datetime
    status: str = "InProgress"
    attempts: int = 0
    input: Any = None
    output: Any = None
    error: dict[str, str] | None = None
    end: datetime | None = None
    child: "Run | None" = None


@dataclass
class Run:
    """One run of one pipeline. `activities` are in the order in which they started or were skipped."""

    pipeline: str
    run_id: str
    start: datetime
    parameters: dict[str, Any] = field(default_factory=dict)
    variables: dict[str, Any] = field(default_factory=dict)
    system: dict[str, Any] = field(default_factory=dict)
    status: str = "InProgress"
    error: str | None = None
    activities: list[ActivityRun] = field(default_factory=list)
    children: list["Run"] = field(default_factory=list)
    end: datetime | None = None

    def named(self, name: str) -> list[ActivityRun]:
        """Every run of the activity, in all rounds."""
        return [run for run in self.activities if run.name == name]

    def last(self, name: str) -> ActivityRun:
        """The last run of the activity."""
        return self.named(name)[-1]

    def statuses(self) -> dict[str, str]:
        """The last status of every activity."""
        return {run.name: run.status for run in self.activities}


def duration(text: Any) -> timedelta:
    """The time span of a text in the form `hh:mm:ss` or `d.hh:mm:ss`."""
    match = re.fullmatch(r"(?:(\d+)\.)?([01]\d|2[0-3]):([0-5]\d):([0-5]\d)", text) if isinstance(text, str) else None
    if match is None:
        raise ExpressionError(f"{text!r} isn't a span of the form d.hh:mm:ss.")
    days, hours, minutes, seconds = (int(number or 0) for number in match.groups())
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)


_TYPES: dict[str, Callable[[Any], bool]] = {
    "string": lambda value: isinstance(value, str),
    "securestring": lambda value: isinstance(value, str),
    "int": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "float": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "bool": lambda value: isinstance(value, bool),
    "array": lambda value: isinstance(value, list),
    "object": lambda value: isinstance(value, Mapping),
}
_VARIABLE_TYPES = {"string", "bool", "array"}
_CONDITIONS = {"Succeeded", "Failed", "Skipped", "Completed"}
_CONDITION = {"Until": "expression", "IfCondition": "expression", "Switch": "on", "ForEach": "items"}
_INNER = {
    "Until": ("activities",),
    "ForEach": ("activities",),
    "IfCondition": ("ifTrueActivities", "ifFalseActivities"),
}
_PROPERTIES: dict[str, tuple[set[str], set[str]]] = {
    "WebActivity": (
        {"method", "url"},
        {"headers", "body", "authentication", "httpRequestTimeout", "turnOffAsync", "disableCertValidation"}
        | {"connectVia", "datasets", "linkedServices"},
    ),
    "Until": ({"expression", "activities"}, {"timeout"}),
    "ForEach": ({"items", "activities"}, {"isSequential", "batchCount"}),
    "IfCondition": ({"expression"}, {"ifTrueActivities", "ifFalseActivities"}),
    "Switch": ({"on", "cases"}, {"defaultActivities"}),
    "Wait": ({"waitTimeInSeconds"}, set()),
    "SetVariable": ({"variableName", "value"}, set()),
    "Fail": (set(), {"message", "errorCode"}),
    "ExecutePipeline": ({"pipeline", "waitOnCompletion"}, {"parameters"}),
    "AzureMLExecutePipeline": (
        set(),
        {"mlPipelineId", "mlPipelineEndpointId", "version", "experimentName", "mlPipelineParameters"}
        | {"dataPathAssignments", "mlParentRunId", "continueOnStepFailure"},
    ),
}
_MEMBERS = {"name", "type", "typeProperties", "dependsOn", "policy", "userProperties", "description", "state"} | {
    "onInactiveMarkAs",
    "linkedServiceName",
}
_POLICIES = {
    "WebActivity": {"timeout", "retry", "retryIntervalInSeconds", "secureInput", "secureOutput"},
    "AzureMLExecutePipeline": {"timeout", "retry", "retryIntervalInSeconds", "secureInput", "secureOutput"},
    "SetVariable": {"secureInput", "secureOutput"},
    "ExecutePipeline": {"secureInput"},
}


def _type_properties(activity: Json) -> Json:
    return activity.get("typeProperties", {})


def _branches(activity: Json) -> list[list[Json]]:
    """The lists of activities inside an activity."""
    properties = _type_properties(activity)
    if activity["type"] == "Switch":
        cases = [case.get("activities", []) for case in properties.get("cases", [])]
        return [*cases, properties.get("defaultActivities", [])]
    return [properties.get(name, []) for name in _INNER.get(activity["type"], ())]


def _own(activity: Json) -> Json:
    """The activity without its inner activities."""
    inner = {*_INNER.get(activity["type"], ()), "cases", "defaultActivities"}
    properties = {name: value for name, value in _type_properties(activity).items() if name not in inner}
    return {**activity, "typeProperties": properties}


def _all(activities: Iterable[Json]) -> Iterator[Json]:
    for activity in activities:
        yield activity
        for branch in _branches(activity):
            yield from _all(branch)


def _depends(activity: Json) -> dict[str, list[str]]:
    return {item["activity"]: item["dependencyConditions"] for item in activity.get("dependsOn", [])}


def _order(activities: list[Json]) -> list[str]:
    return list(TopologicalSorter({activity["name"]: _depends(activity) for activity in activities}).static_order())


def problems(name: str, document: Json, pipelines: Mapping[str, Json]) -> list[str]:
    """The reasons why the service would refuse the pipeline, by its documented limits and rules."""
    properties = document["properties"]
    activities = properties.get("activities", [])
    every = list(_all(activities))
    found = _name_problems("pipeline", name, MAX_PIPELINE_NAME)
    names = Counter(activity["name"].lower() for activity in every)
    found += [f"more than one activity is named '{repeated}'" for repeated, count in names.items() if count > 1]
    if not 1 <= len(every) <= MAX_ACTIVITIES:
        found.append(f"{len(every)} activities, where 1 to {MAX_ACTIVITIES} may be")
    if len(json.dumps(document)) > MAX_PIPELINE_BYTES:
        found.append(f"the pipeline has more than {MAX_PIPELINE_BYTES} bytes")
    found += _declaration_problems(properties)
    for activity in every:
        found += [f"{activity['name']}: {problem}" for problem in _activity_problems(activity, properties, pipelines)]
    found += _graph_problems(activities, frozenset(), ())
    return [f"{name}: {problem}" for problem in found]


def _name_problems(what: str, name: str, longest: int) -> list[str]:
    found = []
    if len(name) > longest:
        found.append(f"the {what}'s name '{name}' has more than {longest} characters")
    if not re.fullmatch(r"[A-Za-z0-9_][^.+?/<>*%&:\\]*", name):
        found.append(f"the {what}'s name '{name}' starts with or has a character that isn't allowed")
    return found


def _declaration_problems(properties: Json) -> list[str]:
    found = []
    parameters, variables = properties.get("parameters", {}), properties.get("variables", {})
    if len(parameters) > MAX_PARAMETERS:
        found.append(f"{len(parameters)} parameters, where {MAX_PARAMETERS} may be")
    for what, declared, types in (("parameter", parameters, set(_TYPES)), ("variable", variables, _VARIABLE_TYPES)):
        names = Counter(name.lower() for name in declared)
        found += [f"more than one {what} is named '{name}'" for name, count in names.items() if count > 1]
        for name, declaration in declared.items():
            kind = declaration.get("type", "").lower()
            if kind not in types:
                found.append(f"{what} '{name}' has no type of {', '.join(sorted(types))}")
            elif "defaultValue" in declaration and not _TYPES[kind](declaration["defaultValue"]):
                found.append(f"{what} '{name}' has a default that isn't {declaration['type']}")
    return found


def _activity_problems(activity: Json, properties: Json, pipelines: Mapping[str, Json]) -> list[str]:
    kind = activity["type"]
    if kind not in _PROPERTIES:
        return [f"type '{kind}' isn't interpreted"]
    found = _name_problems("activity", activity["name"], MAX_NAME)
    required, optional = _PROPERTIES[kind]
    given = set(_type_properties(activity))
    found += [f"'{name}' is missing" for name in sorted(required - given)]
    found += [f"'{name}' isn't known" for name in sorted(given - required - optional)]
    found += [f"'{name}' isn't known" for name in sorted(set(activity) - _MEMBERS)]
    unused = sorted(set(activity.get("policy", {})) - _POLICIES.get(kind, set()))
    found += [f"policy '{name}' doesn't apply to {kind}" for name in unused]
    found += _number_problems(activity) + _kind_problems(activity, pipelines)
    return found + _text_problems(activity, properties)


def _span_problems(what: str, value: Any, least: timedelta, most: timedelta) -> list[str]:
    if value is None or any(map(is_expression, strings(value))):
        return []
    try:
        return [] if least <= duration(value) <= most else [f"{what} {value} isn't from {least} to {most}"]
    except ExpressionError as error:
        return [f"{what}: {error}"]


def _number_problems(activity: Json) -> list[str]:
    properties, policy = _type_properties(activity), activity.get("policy", {})
    found = _span_problems("policy.timeout", policy.get("timeout"), *POLICY_TIMEOUTS)
    found += _span_problems("httpRequestTimeout", properties.get("httpRequestTimeout"), *HTTP_TIMEOUTS)
    if activity["type"] == "Until":
        found += _span_problems("timeout", properties.get("timeout"), timedelta(seconds=1), MAX_UNTIL)
    retry, pause = policy.get("retry", 0), policy.get("retryIntervalInSeconds", DEFAULT_RETRY_INTERVAL)
    if not (_TYPES["int"](retry) and retry >= 0) and not any(map(is_expression, strings(retry))):
        found.append(f"policy.retry {retry!r} isn't a whole number from 0")
    if not _TYPES["int"](pause) or not RETRY_INTERVALS[0] <= pause <= RETRY_INTERVALS[1]:
        found.append(f"policy.retryIntervalInSeconds {pause!r} isn't from {RETRY_INTERVALS[0]} to {RETRY_INTERVALS[1]}")
    return found


def _kind_problems(activity: Json, pipelines: Mapping[str, Json]) -> list[str]:
    kind, properties = activity["type"], _type_properties(activity)
    condition = _CONDITION.get(kind, "")
    if condition in properties and set(properties[condition]) != {"type", "value"}:
        return [f"'{condition}' must be an object with type Expression and a value"]
    if kind == "Switch" and not 1 <= len(properties.get("cases", [])) <= MAX_CASES:
        return [f"{len(properties.get('cases', []))} cases, where 1 to {MAX_CASES} may be"]
    if kind == "WebActivity" and str(properties.get("method", "")).upper() not in _METHODS:
        return [f"method '{properties.get('method')}' isn't one of {', '.join(_METHODS)}"]
    if kind == "WebActivity" and properties["method"].upper() in _METHODS[1:4] and "body" not in properties:
        return [f"'body' is missing for {properties['method']}"]
    if kind == "ExecutePipeline" and _reference(properties.get("pipeline")) not in pipelines:
        return [f"there is no pipeline '{_reference(properties.get('pipeline'))}'"]
    if kind == "ExecutePipeline" and not isinstance(properties.get("waitOnCompletion"), bool):
        return ["'waitOnCompletion' must be given as true or false: the page and the API differ on its default"]
    if kind == "AzureMLExecutePipeline" and _reference(activity.get("linkedServiceName")) is None:
        return ["'linkedServiceName' is missing"]
    if kind == "AzureMLExecutePipeline" and len({"mlPipelineId", "mlPipelineEndpointId"} & set(properties)) != 1:
        return ["one of 'mlPipelineId' and 'mlPipelineEndpointId' is expected"]
    return []


def _reference(value: Any) -> Any:
    return value.get("referenceName") if isinstance(value, Mapping) else None


def _text_problems(activity: Json, properties: Json) -> list[str]:
    """Problems of the activity's expressions that can be found before a run."""
    own = _own(activity)
    try:
        long = [text for text in strings(own) if len(text) > MAX_EXPRESSION_LENGTH and is_expression(text)]
        used = references(own)
    except ExpressionError as error:
        return [str(error)]
    found = [f"an expression has {len(text)} characters, more than {MAX_EXPRESSION_LENGTH}" for text in long]
    variables = set(used.variables)
    if activity["type"] == "SetVariable":
        target = str(_type_properties(activity).get("variableName"))
        if target.lower() in {name.lower() for name in variables}:
            found.append(f"variable '{target}' refers to itself")
        variables.add(target)
    for what, names, declared in (
        ("variable", variables, properties.get("variables", {})),
        ("parameter", used.parameters, properties.get("parameters", {})),
    ):
        known = {name.lower() for name in declared}
        found += [f"there is no {what} '{name}'" for name in sorted(names) if name.lower() not in known]
    return found


def _graph_problems(activities: list[Json], outer: frozenset[str], parents: tuple[str, ...]) -> list[str]:
    """Problems of dependencies and nesting. `outer` are the activities that ran before the enclosing ones."""
    found = _dependency_problems(activities)
    if found:
        return found
    by_name = {activity["name"]: activity for activity in activities}
    before: dict[str, frozenset[str]] = {}
    for name in _order(activities):
        activity = by_name[name]
        needed = _depends(activity)
        before[name] = frozenset(needed).union(outer, *(before[other] for other in needed))
        inner = [item["name"] for branch in _branches(activity) for item in branch]
        known = before[name] | (frozenset(inner) if activity["type"] == "Until" else frozenset())
        try:
            used = references(_own(activity)).activities
        except ExpressionError:
            used = frozenset()
        found += [f"{name}: activity '{other}' isn't one before it" for other in sorted(used - known)]
        if not _may_nest(activity["type"], parents):
            found.append(f"{name}: {activity['type']} isn't allowed inside {parents[-1]}")
        for branch in _branches(activity):
            found += _graph_problems(branch, before[name], (*parents, activity["type"]))
    return found


def _may_nest(kind: str, parents: tuple[str, ...]) -> bool:
    if kind in {"Until", "ForEach"}:
        return not parents
    return kind not in {"IfCondition", "Switch"} or not parents or parents[-1] in {"Until", "ForEach"}


def _dependency_problems(activities: list[Json]) -> list[str]:
    found = []
    names = {activity["name"] for activity in activities}
    after: dict[str, set[str]] = {}
    for activity in activities:
        for other, conditions in _depends(activity).items():
            if other not in names:
                found.append(f"{activity['name']}: there is no activity '{other}' to depend on")
            if not conditions or not set(conditions) <= _CONDITIONS:
                found.append(f"{activity['name']}: {conditions} aren't conditions")
            after.setdefault(other, set()).update(conditions)
    for other, conditions in after.items():
        if "Completed" in conditions and conditions & {"Succeeded", "Failed"}:
            found.append(f"{other}: Completed cannot stand next to Succeeded or Failed after one activity")
    if not found:
        try:
            _order(activities)
        except CycleError as error:
            found.append(f"activities depend on each other: {error.args[1]}")
    return found


@dataclass(frozen=True)
class _Pause:
    """A wait of a task, until `seconds` have passed or all `tasks` have ended, whichever comes first."""

    seconds: float | None = None
    tasks: list["_Task"] | None = None


_Steps = Generator[_Pause, None, None]


@dataclass(eq=False)
class _Task:
    steps: _Steps
    children: list["_Task"] = field(default_factory=list)
    watchers: list[tuple["_Task", int, list[int]]] = field(default_factory=list)
    wake: int = 0
    done: bool = False


class _Clock:
    """Runs tasks in virtual time."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self._queue: list[tuple[datetime, int, int, _Task]] = []
        self._count = itertools.count()
        self._current: _Task | None = None

    def spawn(self, steps: _Steps, *, attached: bool = True) -> _Task:
        """Starts a task now. An attached task is cancelled together with the task that starts it."""
        task = _Task(steps)
        if attached and self._current:
            self._current.children.append(task)
        self._push(task, 0)
        return task

    def run(self) -> None:
        """Runs until no task is left."""
        while self._queue:
            when, _, wake, task = heapq.heappop(self._queue)
            if not task.done and wake == task.wake:
                self.now = when
                self._step(task)

    def cancel(self, task: _Task) -> None:
        """Ends the task and its attached tasks immediately."""
        for child in task.children:
            self.cancel(child)
        if not task.done:
            task.steps.close()
            self._finish(task)

    def _push(self, task: _Task, seconds: float) -> None:
        heapq.heappush(self._queue, (self.now + timedelta(seconds=seconds), next(self._count), task.wake, task))

    def _step(self, task: _Task) -> None:
        task.wake += 1
        outer, self._current = self._current, task
        try:
            pause = next(task.steps)
        except StopIteration:
            self._finish(task)
            return
        finally:
            self._current = outer
        if pause.seconds is not None:
            self._push(task, pause.seconds)
        if pause.tasks is not None:
            pending = [other for other in pause.tasks if not other.done]
            left = [len(pending)]
            for other in pending:
                other.watchers.append((task, task.wake, left))
            if not pending:
                self._push(task, 0)

    def _finish(self, task: _Task) -> None:
        task.done = True
        for watcher, wake, left in task.watchers:
            left[0] -= 1
            if left[0] == 0 and not watcher.done and watcher.wake == wake:
                self._push(watcher, 0)


class _ActivityError(Exception):
    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass
class _Scope:
    """The activities that ran in a pipeline, a branch or one round of a loop."""

    run: Run
    outer: "_Scope | None" = None
    path: str = ""
    item: Any = MISSING
    results: dict[str, ActivityRun] = field(default_factory=dict)

    def visible(self) -> dict[str, ActivityRun]:
        return {**(self.outer.visible() if self.outer else {}), **self.results}


_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
_SUCCESS = {"Completed", "Finished"}


class Factory:
    """A data factory with pipelines. Its clock continues from run to run."""

    def __init__(
        self,
        pipelines: Mapping[str, Json],
        web: Web | None = None,
        machine_learning: MachineLearning | None = None,
        *,
        start: datetime = datetime(2026, 1, 1, tzinfo=UTC),
        name: str = "factory",
        seconds_per_call: float = 0,
        until_fails_with_last_round: bool = True,
        global_parameters: Json | None = None,
    ) -> None:
        """Checks the pipelines first.

        The documentation does not say whether Until fails if activities of its last round failed: test both.
        """
        found = [problem for each, document in pipelines.items() for problem in problems(each, document, pipelines)]
        if found:
            raise InvalidPipelineError(found)
        self.name = name
        self._pipelines = pipelines
        self._web = web
        self._machine_learning = machine_learning
        self._clock = _Clock(start)
        self._seconds_per_call = seconds_per_call
        self._until_fails = until_fails_with_last_round
        self._global_parameters = Properties(global_parameters or {})
        self._depths: dict[str, int] = {}
        self._ids = itertools.count(1)
        self._guids = itertools.count(1)
        self._handlers: dict[str, Callable[[_Scope, Json, ActivityRun], _Steps]] = {
            "Wait": self._wait,
            "SetVariable": self._set_variable,
            "Fail": self._fail,
            "IfCondition": self._if_condition,
            "Switch": self._switch,
            "Until": self._until,
            "ForEach": self._for_each,
            "ExecutePipeline": self._execute_pipeline,
            "WebActivity": self._web_activity,
            "AzureMLExecutePipeline": self._machine_learning_pipeline,
        }

    @property
    def now(self) -> datetime:
        """The virtual time after all runs, including runs that nothing waits for."""
        return self._clock.now

    def run(self, pipeline: str, parameters: Json | None = None, *, trigger: str = "Manual", by: str = "Manual") -> Run:
        """Runs the pipeline with literal values of its parameters. `trigger` is a trigger's type, `by` its name."""
        system = {"TriggerType": trigger, "TriggerName": by, "TriggerId": self._id()}
        run = self._new(pipeline, {**system, "TriggerTime": timestamp(self.now)})
        run.system["GroupId"] = run.run_id
        try:
            self._bind(run, parameters or {})
        except _ActivityError as error:
            run.status, run.error, run.end = "Failed", str(error), self.now
            return run
        self._clock.spawn(self._pipeline(run))
        self._clock.run()
        return run

    def fire(
        self,
        trigger: Json,
        *,
        name: str = "trigger",
        scheduled_time: datetime | None = None,
        body: Json | None = None,
        outputs: Json | None = None,
    ) -> list[Run]:
        """Runs the pipelines that a trigger (REST JSON) starts now, with the trigger's parameters."""
        properties = trigger["properties"]
        values = Properties(startTime=timestamp(self.now))
        if scheduled_time:
            values["scheduledTime"] = timestamp(scheduled_time)
        if outputs:
            values["outputs"] = Properties(outputs)
        started = properties.get("pipelines") or [properties["pipeline"]]
        context = Context(now=self.now, trigger=values, trigger_body=None if body is None else Properties(body))
        runs = []
        for item in started:
            parameters = evaluate(item.get("parameters", {}), context)
            pipeline = str(_reference(item["pipelineReference"]))
            runs.append(self.run(pipeline, parameters, trigger=properties["type"], by=name))
        return runs

    def _id(self) -> str:
        return str(UUID(int=next(self._ids)))

    def _new(self, pipeline: str, system: dict[str, Any]) -> Run:
        variables = self._pipelines[pipeline]["properties"].get("variables", {})
        values = {name: item["defaultValue"] for name, item in variables.items() if "defaultValue" in item}
        return Run(pipeline, self._id(), self.now, variables=values, system=system)

    def _bind(self, run: Run, given: Json) -> None:
        declared = self._pipelines[run.pipeline]["properties"].get("parameters", {})
        by_name = {name.lower(): name for name in declared}
        unknown = [name for name in given if name.lower() not in by_name]
        if unknown:
            raise _ActivityError("BadRequest", f"Pipeline '{run.pipeline}' has no parameter '{unknown[0]}'.")
        values = {by_name[name.lower()]: value for name, value in given.items()}
        for name, declaration in declared.items():
            if name not in values and "defaultValue" not in declaration:
                raise _ActivityError("BadRequest", f"No value provided for Parameter '{name}'.")
            run.parameters[name] = values.get(name, declaration.get("defaultValue"))
            if not _TYPES[declaration["type"].lower()](run.parameters[name]):
                message = f"Parameter '{name}' of pipeline '{run.pipeline}' isn't of type {declaration['type']}."
                raise _ActivityError("BadRequest", message)

    def _context(self, scope: _Scope) -> Context:
        run = scope.run
        activities = {name: _result(record) for name, record in scope.visible().items() if record.attempts}
        item, outer = scope.item, scope.outer
        while item is MISSING and outer:
            item, outer = outer.item, outer.outer
        system = Properties(DataFactory=self.name, Pipeline=run.pipeline, RunId=run.run_id, **run.system)
        system["parameters"] = Properties(run.parameters)
        system["globalParameters"] = self._global_parameters
        return Context(
            now=self.now,
            pipeline=system,
            variables=run.variables,
            activities=activities,
            item=item,
            guid=lambda: UUID(int=(1 << 64) + next(self._guids)),
        )

    def _evaluate(self, scope: _Scope, value: Any, kind: str, what: str) -> Any:
        result = evaluate(value, self._context(scope))
        if not _TYPES[kind](result):
            raise ExpressionError(f"'{what}' must be of type {kind}, not {result!r}.")
        return result

    def _pipeline(self, run: Run) -> _Steps:
        activities = self._pipelines[run.pipeline]["properties"]["activities"]
        failed: list[ActivityRun] = []
        try:
            yield from self._activities(_Scope(run), activities, failed)
            run.status = "Failed" if failed else "Succeeded"
            run.error = "; ".join(_failure(record) for record in failed) or None
        except GeneratorExit:
            run.status = "Cancelled"
            raise
        finally:
            run.end = self.now

    def _activities(self, scope: _Scope, activities: list[Json], failed: list[ActivityRun]) -> _Steps:
        """Runs activities by their dependencies. Adds to `failed` those that make the whole fail."""
        by_name = {activity["name"]: activity for activity in activities}
        tasks: dict[str, _Task] = {}
        for name in _order(activities):
            before = [tasks[other] for other in _depends(by_name[name])]
            tasks[name] = self._clock.spawn(self._activity(scope, by_name[name], before))
        yield _Pause(tasks=list(tasks.values()))
        failed += _outcome(by_name, scope.results)

    def _activity(self, scope: _Scope, activity: Json, before: list[_Task]) -> _Steps:
        yield _Pause(tasks=before)
        record = ActivityRun(activity["name"], activity["type"], scope.path, self.now)
        scope.run.activities.append(record)
        inactive = activity.get("state") == "Inactive"
        met = all(_meets(scope.results[name].status, conditions) for name, conditions in _depends(activity).items())
        try:
            if not met:
                record.status = "Skipped"
            elif inactive:
                record.status = activity.get("onInactiveMarkAs", "Succeeded")
            else:
                record.attempts = 1
                yield from self._handlers[activity["type"]](scope, activity, record)
                record.status = "Succeeded"
                record.output = {} if record.output is None else record.output
        except GeneratorExit:
            record.status = "Cancelled"
            raise
        except ExpressionError as error:
            _set_error(record, "InvalidTemplate", str(error))
        except _ActivityError as error:
            _set_error(record, error.code, str(error))
        finally:
            record.end = self.now
            scope.results[record.name] = record

    def _wait(self, scope: _Scope, activity: Json, record: ActivityRun) -> _Steps:
        seconds = self._evaluate(scope, _type_properties(activity)["waitTimeInSeconds"], "int", "waitTimeInSeconds")
        if seconds < 1:
            raise ExpressionError(f"'waitTimeInSeconds' must be 1 or more, not {seconds}.")
        record.input = {"waitTimeInSeconds": seconds}
        yield _Pause(seconds)

    def _set_variable(self, scope: _Scope, activity: Json, record: ActivityRun) -> _Steps:
        properties = _type_properties(activity)
        declared = self._pipelines[scope.run.pipeline]["properties"]["variables"]
        name = next(name for name in declared if name.lower() == properties["variableName"].lower())
        value = self._evaluate(scope, properties["value"], declared[name]["type"].lower(), f"variable {name}")
        record.input = {"variableName": name, "value": value}
        scope.run.variables[name] = value
        yield from ()

    def _fail(self, scope: _Scope, activity: Json, record: ActivityRun) -> _Steps:
        """Follows the table of "Execute a Fail activity"."""
        properties, values = _type_properties(activity), {}
        for name in ("message", "errorCode"):
            try:
                values[name] = evaluate(properties.get(name), self._context(scope))
            except ExpressionError:
                values[name] = MISSING
        message, code = values["message"], values["errorCode"]
        record.input = {name: value for name, value in values.items() if value is not MISSING}
        yield from ()
        if "message" not in properties:
            message = "Fail message wasn't provided"
        elif message is None or (isinstance(message, str) and not message.strip()) or MISSING is message is code:
            message = f"Failed to interpret {record.name} fail message or error code"
        elif not isinstance(message, str):
            message = f"{record.name} fail message parameter couldn't be interpreted as a string"
        raise _ActivityError(code if isinstance(code, str) and code.strip() else "ErrorCodeNotString", message)

    def _if_condition(self, scope: _Scope, activity: Json, record: ActivityRun) -> _Steps:
        properties = _type_properties(activity)
        condition = self._evaluate(scope, properties["expression"], "bool", "expression")
        record.input = {"expression": condition}
        branch = properties.get("ifTrueActivities" if condition else "ifFalseActivities", [])
        yield from self._branch(_Scope(scope.run, scope, scope.path), branch)

    def _switch(self, scope: _Scope, activity: Json, record: ActivityRun) -> _Steps:
        properties = _type_properties(activity)
        value = self._evaluate(scope, properties["on"], "string", "on")
        record.input = {"on": value}
        cases = (case.get("activities", []) for case in properties["cases"] if case["value"] == value)
        branch = next(cases, properties.get("defaultActivities", []))
        yield from self._branch(_Scope(scope.run, scope, scope.path), branch)

    def _branch(self, scope: _Scope, activities: list[Json]) -> _Steps:
        failed: list[ActivityRun] = []
        yield from self._activities(scope, activities, failed)
        _raise_inner(failed)

    def _until(self, scope: _Scope, activity: Json, record: ActivityRun) -> _Steps:
        properties = _type_properties(activity)
        limit = DEFAULT_UNTIL
        if "timeout" in properties:
            limit = duration(evaluate(properties["timeout"], self._context(scope)))
        ended: list[Exception | list[ActivityRun]] = []
        rounds = self._clock.spawn(self._rounds(scope, activity, ended))
        yield _Pause(limit.total_seconds(), [rounds])
        if not ended:
            self._clock.cancel(rounds)
            raise _ActivityError("Timeout", f"Activity '{record.name}' timed out after {limit}.")
        if isinstance(ended[0], Exception):
            raise ended[0]
        if self._until_fails:
            _raise_inner(ended[0])

    def _rounds(self, scope: _Scope, activity: Json, ended: list[Exception | list[ActivityRun]]) -> _Steps:
        properties = _type_properties(activity)
        idle = 0
        for number in itertools.count(1):
            started = self.now
            inner = _Scope(scope.run, scope, f"{scope.path}{activity['name']}#{number}/")
            failed: list[ActivityRun] = []
            yield from self._activities(inner, properties["activities"], failed)
            try:
                done = self._evaluate(inner, properties["expression"], "bool", "expression")
            except ExpressionError as error:
                ended.append(error)
                return
            if done:
                ended.append(failed)
                return
            idle = idle + 1 if self.now == started else 0
            if idle > IDLE_ROUNDS:
                raise EndlessRunError(f"'{activity['name']}' goes round without any time passing.")

    def _for_each(self, scope: _Scope, activity: Json, record: ActivityRun) -> _Steps:
        properties = _type_properties(activity)
        items = self._evaluate(scope, properties["items"], "array", "items")
        record.input = {"items": items}
        width = 1 if properties.get("isSequential", False) else properties.get("batchCount", 20)
        queue = enumerate(items, 1)
        failed: list[ActivityRun] = []
        workers = [self._clock.spawn(self._worker(scope, activity, queue, failed)) for _ in range(min(width, 50))]
        yield _Pause(tasks=workers)
        _raise_inner(failed)

    def _worker(
        self, scope: _Scope, activity: Json, queue: Iterator[tuple[int, Any]], failed: list[ActivityRun]
    ) -> _Steps:
        for number, item in queue:
            inner = _Scope(scope.run, scope, f"{scope.path}{activity['name']}#{number}/", item)
            yield from self._activities(inner, _type_properties(activity)["activities"], failed)

    def _execute_pipeline(self, scope: _Scope, activity: Json, record: ActivityRun) -> _Steps:
        properties = _type_properties(activity)
        parameters = evaluate(properties.get("parameters", {}), self._context(scope))
        parent = scope.run
        system = {**parent.system, "TriggerType": "PipelineActivity", "TriggerTime": timestamp(self.now)}
        system |= {"TriggeredByPipelineName": parent.pipeline, "TriggeredByPipelineRunId": parent.run_id}
        child = self._new(_reference(properties["pipeline"]), system)
        record.input = {"pipeline": child.pipeline, "parameters": parameters}
        self._bind(child, parameters)
        parent.children.append(child)
        record.child = child
        self._check_depth(child)
        waits = properties["waitOnCompletion"]
        task = self._clock.spawn(self._pipeline(child), attached=waits)
        if waits:
            yield _Pause(tasks=[task])
            if child.status != "Succeeded":
                raise _ActivityError("BadRequest", child.error or f"Pipeline '{child.pipeline}' failed.")
        record.output = {"pipelineName": child.pipeline, "pipelineRunId": child.run_id}

    def _check_depth(self, child: Run) -> None:
        depth = self._depths.get(child.system["TriggeredByPipelineRunId"], 0) + 1
        self._depths[child.run_id] = depth
        if depth > MAX_DEPTH:
            raise EndlessRunError(f"Pipeline '{child.pipeline}' starts itself without end.")

    def _policy(
        self, scope: _Scope, activity: Json, record: ActivityRun, attempt: Callable[[timedelta], _Steps]
    ) -> _Steps:
        """Repeats the attempt until it succeeds, as often as the policy allows, with the policy's pause in between."""
        context = self._context(scope)
        policy = evaluate(activity.get("policy", {}), context)
        limit = duration(policy["timeout"]) if "timeout" in policy else DEFAULT_POLICY_TIMEOUT
        retries = policy.get("retry", 0)
        if not (_TYPES["int"](retries) and retries >= 0):
            raise ExpressionError(f"'policy.retry' must be a whole number from 0, not {retries!r}.")
        for number in range(retries + 1):
            record.attempts = number + 1
            try:
                yield from attempt(limit)
                return
            except _ActivityError:
                if number == retries:
                    raise
            yield _Pause(policy.get("retryIntervalInSeconds", DEFAULT_RETRY_INTERVAL))

    def _web_activity(self, scope: _Scope, activity: Json, record: ActivityRun) -> _Steps:
        properties = evaluate(_type_properties(activity), self._context(scope))
        request = _request(record.name, properties, self.now)
        record.input = {"method": request.method, "url": request.url, "headers": request.headers, "body": request.body}
        text = properties.get("httpRequestTimeout")
        http = DEFAULT_HTTP_TIMEOUT if text is None else duration(text)

        def attempt(limit: timedelta) -> _Steps:
            deadline = self.now + limit
            response = yield from self._exchange(request, min(http, limit))
            while response.status == 202 and not properties.get("turnOffAsync") and _header(response, "Location"):
                pause = float(_header(response, "Retry-After") or POLL_SECONDS)
                left = (deadline - self.now).total_seconds()
                if pause >= left:
                    yield _Pause(left)
                    raise _ActivityError("Timeout", f"Activity '{record.name}' timed out after {limit}.")
                yield _Pause(pause)
                poll = replace(request, method="GET", url=_header(response, "Location"), body=None)
                response = yield from self._exchange(poll, min(http, deadline - self.now))
            record.output = _web_output(request.url, response)

        yield from self._policy(scope, activity, record, attempt)

    def _exchange(self, request: WebRequest, limit: timedelta) -> Generator[_Pause, None, WebResponse]:
        if self._web is None:
            raise LookupError(f"'{request.activity}' calls {request.url}, and the factory has no web.")
        late = _ActivityError(
            "2128",
            "No response from the endpoint. Possible causes: network connectivity, DNS failure, server certificate "
            "validation or timeout.",
        )
        try:
            answer = self._web(replace(request, now=self.now))
        except TimeoutError:
            yield _Pause(limit.total_seconds())
            raise late from None
        except ConnectionError:
            raise late from None
        response = answer if isinstance(answer, WebResponse) else WebResponse(*answer)
        seconds = self._seconds_per_call if response.seconds is None else response.seconds
        yield _Pause(min(seconds, limit.total_seconds()))
        if seconds > limit.total_seconds():
            raise late
        return response

    def _machine_learning_pipeline(self, scope: _Scope, activity: Json, record: ActivityRun) -> _Steps:
        properties = evaluate(_type_properties(activity), self._context(scope))
        record.input = properties

        def attempt(limit: timedelta) -> _Steps:
            if self._machine_learning is None:
                raise LookupError(f"'{record.name}' starts a job, and the factory has no machine learning.")
            service = str(_reference(activity["linkedServiceName"]))
            result = self._machine_learning(JobRequest(record.name, service, properties, self.now))
            yield _Pause(min(result.seconds, limit.total_seconds()))
            if result.seconds > limit.total_seconds():
                raise _ActivityError("Timeout", f"Activity '{record.name}' timed out after {limit}.")
            if result.status not in _SUCCESS:
                message = f"Azure ML pipeline run failed with status: '{result.status}'. "
                raise _ActivityError("4126", f"{message}Azure ML pipeline run Id: '{result.run_id}'.")
            record.output = dict(result.output)

        yield from self._policy(scope, activity, record, attempt)


def _meets(status: str, conditions: list[str]) -> bool:
    return status in conditions or ("Completed" in conditions and status in {"Succeeded", "Failed"})


def _result(record: ActivityRun) -> Properties:
    """The value of `activity()`. A failed activity has no output, a successful one has no error."""
    found = Properties(Status=record.status)
    if record.output is not None:
        found["output"] = record.output
    if record.error is not None:
        found["error"] = Properties(record.error)
    return found


def _set_error(record: ActivityRun, code: str, message: str) -> None:
    record.status, record.output = "Failed", None
    record.error = {"errorCode": code, "message": message, "failureType": "UserError", "target": record.name}


def _failure(record: ActivityRun) -> str:
    return f"Operation on target {record.name} failed: {record.error['message'] if record.error else record.status}"


def _raise_inner(failed: list[ActivityRun]) -> None:
    if failed:
        message = failed[0].error["message"] if failed[0].error else failed[0].status
        prefix = "Activity failed because an inner activity failed; Inner activity name: "
        raise _ActivityError("ActionFailed", f"{prefix}{failed[0].name}, Error: {message}")


def _outcome(activities: Mapping[str, Json], results: Mapping[str, ActivityRun]) -> list[ActivityRun]:
    """The activities that make the whole fail: leaves that did not succeed. A skipped leaf counts as its parents."""
    parents = {name: set(_depends(activity)) for name, activity in activities.items()}
    waiting = [name for name in activities if not any(name in others for others in parents.values())]
    evaluated: dict[str, ActivityRun] = {}
    while waiting:
        name = waiting.pop()
        if results[name].status == "Skipped":
            waiting += parents[name]
        else:
            evaluated[name] = results[name]
    return [evaluated[name] for name in activities if name in evaluated and evaluated[name].status != "Succeeded"]


def _request(name: str, properties: Json, now: datetime) -> WebRequest:
    """The request for a Web activity's evaluated properties, by the tables of "Web activity"."""
    url, method = properties["url"], properties["method"].upper()
    headers = properties.get("headers", {})
    if not isinstance(url, str) or not url.startswith(("https://", "http://")):
        raise _ActivityError("2104", f"The type of the property 'url' is incorrect: {url!r}.")
    if not isinstance(headers, Mapping) or not all(isinstance(value, str) for value in headers.values()):
        raise _ActivityError("2104", "The type of the property 'headers' is incorrect.")
    body = properties.get("body")
    if isinstance(body, Mapping):
        body = json.dumps(body, separators=(",", ":"), ensure_ascii=False)
    if body is None and method in _METHODS[1:4]:
        raise _ActivityError("2103", "Please provide value for the required property 'body'.")
    if body is not None:
        _check_body(body)
    authentication = properties.get("authentication") or {}
    return WebRequest(name, method, url, dict(headers), body, authentication.get("resource"), authentication, now)


def _check_body(body: Any) -> None:
    try:
        array = isinstance(json.loads(body), list)
    except (TypeError, ValueError) as error:
        raise _ActivityError("2105", f"An invalid json is provided for property 'body': '{error}'.") from None
    if array:
        raise _ActivityError("2105", "A JSON array doesn't work as the body of a Web activity.")


def _header(response: WebResponse, header: str) -> str:
    return next((value for name, value in response.headers.items() if name.lower() == header.lower()), "")


def _web_output(url: str, response: WebResponse) -> dict[str, Any]:
    if response.status >= 400:
        text = response.body if isinstance(response.body, str) else json.dumps(response.body)
        message = f"Error calling the endpoint '{url}'. Response status code: '{response.status}'. More details: {text}"
        raise _ActivityError("2108", message)
    if not isinstance(response.body, Mapping):
        raise _ActivityError("2108", f"Invalid response from the endpoint '{url}': it isn't a JSON object.")
    if len(json.dumps(response.body)) > MAX_RESPONSE_BYTES:
        raise _ActivityError("2108", f"The response of the endpoint '{url}' has more than {MAX_RESPONSE_BYTES} bytes.")
    headers = {"ADFWebActivityResponseHeaders": dict(response.headers)} if response.headers else {}
    return {**response.body, **headers}
