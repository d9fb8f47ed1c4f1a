"""Tests of the interpreter of Data Factory pipelines against the service's documentation, page by page."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from adf.expressions import Context, ExpressionError, Properties, evaluate
from adf.runs import (
    EndlessRunError,
    Factory,
    InvalidPipelineError,
    JobResult,
    Run,
    Web,
    WebRequest,
    WebResponse,
    problems,
)

NOW = datetime(2018, 4, 15, 13, tzinfo=UTC)
FAILED = {"activities": {"Web1": Properties(Status="Failed", error=Properties(message="no"))}}
SERVER = "https://example.com/jobs"


def value(expression: Any, **context: Any) -> Any:
    parameters = Properties(myNumber=42, myString="foo", flag=True)
    pipeline = Properties(parameters=parameters, RunId="r1", Pipeline="p1")
    return evaluate(expression, Context(**{"now": NOW, "pipeline": pipeline, **context}))


@pytest.mark.parametrize(
    ("expression", "result"),
    [
        ("parameters", "parameters"),
        ("parameters[1]", "parameters[1]"),
        ("@@", "@"),
        (" @", " @"),
        ("@pipeline().parameters.myString", "foo"),
        ("@{pipeline().parameters.myString}", "foo"),
        ("@pipeline().parameters.myNumber", 42),
        ("@{pipeline().parameters.myNumber}", "42"),
        ("Answer is: @{pipeline().parameters.myNumber}", "Answer is: 42"),
        ("@concat('Answer is: ', string(pipeline().parameters.myNumber))", "Answer is: 42"),
        ("Answer is: @@{pipeline().parameters.myNumber}", "Answer is: @{pipeline().parameters.myNumber}"),
        ("@concat('Test_',  formatDateTime(utcnow(), 'yyyy-dd-MM'))", "Test_2018-15-04"),
        (
            '{ "type": "@{if(equals(1, 2), \'Blob\', \'Table\' )}", "name": "@{toUpper(\'myData\')}"}',
            '{ "type": "Table", "name": "MYDATA"}',
        ),
        ("@concat('Baba', '''s ', 'book store')", "Baba's book store"),
        ({"a": ["@add(1, 2)", {"type": "Expression", "value": "@mul(1.5, 2)"}]}, {"a": [3, 3]}),
    ],
)
def test_values(expression: Any, result: Any) -> None:
    """The tables and examples of "Expressions" in "Expressions and functions in Azure Data Factory"."""
    assert value(expression) == result


@pytest.mark.parametrize(
    ("expression", "result"),
    [
        ("add(1, 1.5)", 2.5),
        ("addDays('2018-03-15T00:00:00Z', 10)", "2018-03-25T00:00:00.0000000Z"),
        ("addHours('2018-03-15T15:00:00Z', -5)", "2018-03-15T10:00:00.0000000Z"),
        ("addMinutes('2018-03-15T00:10:00Z', 10)", "2018-03-15T00:20:00.0000000Z"),
        ("addSeconds('2018-03-15T00:00:30Z', -5)", "2018-03-15T00:00:25.0000000Z"),
        ("addToTime('2018-01-01T00:00:00Z', 1, 'Day')", "2018-01-02T00:00:00.0000000Z"),
        ("addToTime('2018-01-01T00:00:00Z', 1, 'Day', 'D')", "Tuesday, January 2, 2018"),
        ("addToTime('2018-01-31T00:00:00Z', 1, 'Month', 'd')", "2/28/2018"),
        ("and(true, true)", True),
        ("array('hello')", ["hello"]),
        ("base64('hello')", "aGVsbG8="),
        ("bool(1)", True),
        ("coalesce(null, 'hello', 'world')", "hello"),
        ("coalesce(null, null, null)", None),
        ("contains('hello world', 'world')", True),
        ("contains('hello world', 'World')", False),
        ("convertFromUtc('2018-01-01T08:00:00.0000000Z', 'Pacific Standard Time', 'D')", "Monday, January 1, 2018"),
        (
            "convertTimeZone('2018-01-01T08:00:00.0000000Z', 'UTC', 'Pacific Standard Time')",
            "2018-01-01T00:00:00.0000000",
        ),
        ("convertToUtc('01/01/2018 00:00:00', 'Pacific Standard Time')", "2018-01-01T08:00:00.0000000Z"),
        ("createArray('h', 'e', 'l')", ["h", "e", "l"]),
        ("dayOfWeek('2018-04-15T13:27:36Z')", 0),
        ("div(11, 5)", 2),
        ("empty('')", True),
        ("encodeUriComponent('https://contoso.com')", "https%3A%2F%2Fcontoso.com"),
        ("endsWith('hello world', 'WORLD')", True),
        ("equals(true, 1)", True),
        ("equals('abc', 'abcd')", False),
        ("first(createArray(0, 1, 2))", 0),
        ("formatDateTime('03/15/2018 12:00:00', 'yyyy-MM-ddTHH:mm:ss')", "2018-03-15T12:00:00"),
        ("getFutureTime(5, 'Day', 'D')", "Friday, April 20, 2018"),
        ("getPastTime(5, 'Day')", "2018-04-10T13:00:00.0000000Z"),
        ("greater('apple', 'banana')", False),
        ("greaterOrEquals(5, 5)", True),
        ("if(equals(1, 1), 'yes', 'no')", "yes"),
        ("indexOf('hello world', 'World')", 6),
        ("int('10')", 10),
        ("json('[1, 2, 3]')", [1, 2, 3]),
        ('json(\'{"fullName": "Sophia Owen"}\').fullName', "Sophia Owen"),
        ("join(createArray('a', 'b', 'c'), '.')", "a.b.c"),
        ("last('abcd')", "d"),
        ("lastIndexOf('hello world', 'o')", 7),
        ("length(createArray(0, 1, 2, 3))", 4),
        ("less('banana', 'apple')", False),
        ("lessOrEquals('apply', 'apple')", False),
        ("max(createArray(1, 2, 3))", 3),
        ("min(1, 2, 3)", 1),
        ("mod(3, 2)", 1),
        ("not(equals(1, 2))", True),
        ("or(false, false)", False),
        ("range(1, 4)", [1, 2, 3, 4]),
        ("replace('the old string', 'old', 'new')", "the new string"),
        ("skip(createArray(0, 1, 2, 3), 1)", [1, 2, 3]),
        ("split('a_b_c', '_')", ["a", "b", "c"]),
        ("startOfDay('2018-03-15T13:30:30Z')", "2018-03-15T00:00:00.0000000Z"),
        ("startOfHour('2018-03-15T13:30:30Z')", "2018-03-15T13:00:00.0000000Z"),
        ("startOfMonth('2018-03-15T13:30:30Z')", "2018-03-01T00:00:00.0000000Z"),
        ("startsWith('hello world', 'Hello')", True),
        ("string(10)", "10"),
        ("sub(10.3, .3)", 10),
        ("substring('hello world', 6, 5)", "world"),
        ("subtractFromTime('2018-01-02T00:00:00Z', 1, 'Day')", "2018-01-01T00:00:00.0000000Z"),
        ("take('abcde', 3)", "abc"),
        ("ticks('0001-01-01T00:00:01Z')", 10_000_000),
        ("TOLOWER('Hello World')", "hello world"),
        ("trim(' Hello World  ')", "Hello World"),
        ("union(createArray(1, 2, 3), createArray(1, 2, 10, 101))", [1, 2, 3, 10, 101]),
        ("utcNow()", "2018-04-15T13:00:00.0000000Z"),
        ("utcNow('D')", "Sunday, April 15, 2018"),
        ("utcNow('yyyyMMdd''T''HHmmssfff\"Z\"')", "20180415T130000000Z"),
        ("utcNow('u')", "2018-04-15 13:00:00Z"),
    ],
)
def test_functions(expression: str, result: Any) -> None:
    """The examples of "Function reference" in "Expressions and functions in Azure Data Factory"."""
    assert value(f"@{expression}") == result


@pytest.mark.parametrize(
    "expression",
    [
        "@and(true, true, true)",
        "@or(true)",
        "@and(true, 'x')",
        "@unknown('x')",
        "@concat('a', 1)",
        "@pipeline().parameters.other",
        "@pipeline().TriggeredByPipelineRunId",
        "@activity('Web1').output",
        "@activity('Web1')?.output.id",
        "@activity('Web2')?.output",
        "@if(true, 'x', activity('Web1').output)",
        "@variables('unset')",
        "@createArray(1, 2)[2]",
        "@int('x')",
        "@substring('abc', 2, 5)",
        "@first(createArray(1, 2)).x",
        "@trigger().startTime",
        "@item()",
        "@convertFromUtc('2018-01-01', 'Europe/Berlin')",
        "@utcNow('H')",
        "@concat('a', 'b')x",
        "@concat('a', 'b'",
        "@concat('a' 'b')",
        "a@{concat('a', 'b')",
        "@",
    ],
)
def test_expressions_that_fail(expression: str) -> None:
    """Wrong arguments, missing properties, and activities without output or run, even in a branch not taken."""
    with pytest.raises(ExpressionError):
        value(expression, **FAILED)


def test_null_safe_access() -> None:
    """`?.` gives null where a property is missing ("System variables": `pipeline()?.TriggeredByPipelineRunId`)."""
    assert value("@pipeline()?.TriggeredByPipelineRunId") is None
    assert value("@coalesce(activity('Web1')?.output?.id, activity('Web1').error.message)", **FAILED) == "no"
    assert value("@activity('Web1').status", **FAILED) == "Failed"


def test_daylight_saving_time() -> None:
    """ ".NET: TimeZoneInfo.ConvertTimeToUtc": a skipped time is an error, a repeated one is in standard time."""
    zone = "'W. Europe Standard Time'"
    assert value(f"@convertToUtc('2026-10-25T02:30:00', {zone}, 'u')") == "2026-10-25 01:30:00Z"
    assert value(f"@convertFromUtc('2026-10-25T00:30:00Z', {zone}, 's')") == "2026-10-25T02:30:00"
    assert value(f"@convertFromUtc('2026-07-01T00:00:00Z', {zone}, 's')") == "2026-07-01T02:00:00"
    for failing in ("2026-03-29T02:30:00", "2026-03-29T04:30:00Z"):
        with pytest.raises(ExpressionError):
            value(f"@convertToUtc('{failing}', {zone})")


def activity(name: str, kind: str = "Wait", *, after: Any = None, policy: Any = None, **properties: Any) -> Any:
    """An activity. Default: it waits a second. `after` has the conditions of each activity that it depends on."""
    depends = [{"activity": other, "dependencyConditions": each.split("|")} for other, each in (after or {}).items()]
    properties = properties or ({"waitTimeInSeconds": 1} if kind == "Wait" else {})
    found = {"name": name, "type": kind, "typeProperties": properties, "dependsOn": depends}
    return found | ({"policy": policy} if policy else {})


def failing(name: str, **options: Any) -> Any:
    return activity(name, "Fail", message=f"{name} failed", errorCode="500", **options)


def setting(name: str, text: Any, **options: Any) -> Any:
    return activity(f"Set {name}", "SetVariable", variableName=name, value=text, **options)


def web(name: str, **options: Any) -> Any:
    return activity(name, "WebActivity", **{"method": "GET", "url": SERVER, **options})


def until(expression: str, *activities: Any, **options: Any) -> Any:
    return activity("Loop", "Until", expression=expressed(expression), activities=list(activities), **options)


def expressed(text: str) -> dict[str, str]:
    return {"type": "Expression", "value": text}


def pipeline(*activities: Any, parameters: Any = None, **variables: str) -> Any:
    declared = {name: {"type": kind} for name, kind in variables.items()}
    return {"properties": {"activities": list(activities), "parameters": parameters or {}, "variables": declared}}


def run(*activities: Any, using: Web | None = None, given: Any = None, parameters: Any = None, **variables: str) -> Run:
    return Factory({"main": pipeline(*activities, parameters=parameters, **variables)}, using).run("main", given)


def answers(*each: Any) -> tuple[Callable[[WebRequest], Any], list[WebRequest]]:
    """An endpoint that gives these answers in turn and raises exceptions among them, and the list of its requests."""
    asked: list[WebRequest] = []

    def call(request: WebRequest) -> Any:
        asked.append(request)
        answer = each[len(asked) - 1]
        if isinstance(answer, Exception):
            raise answer
        return answer

    return call, asked


@pytest.mark.parametrize("broken", [False, True])
@pytest.mark.parametrize(
    ("rest", "when_broken"),
    [
        ([activity("UponFailure", after={"Do": "Failed"})], "Succeeded"),
        (
            [activity("UponFailure", after={"Do": "Failed"}), activity("UponSuccess", after={"Do": "Succeeded"})],
            "Failed",
        ),
        (
            [
                activity("UponFailure", after={"Do": "Failed"}),
                activity("UponSuccess", after={"Do": "Succeeded"}),
                activity("Dummy", after={"UponSuccess": "Skipped"}),
            ],
            "Succeeded",
        ),
    ],
    ids=["Try-Catch", "Do-If-Else", "Do-If-Skip-Else"],
)
def test_outcome_by_leaves(rest: list[Any], when_broken: str, broken: bool) -> None:
    """The summary table of "Errors and Conditional execution"."""
    result = run(failing("Do") if broken else activity("Do"), *rest)
    assert result.status == (when_broken if broken else "Succeeded")
    assert result.error == ("Operation on target Do failed: Do failed" if result.status == "Failed" else None)


@pytest.mark.parametrize("broken", ["First", "Second", "Last", None])
def test_generic_error_handling(broken: str | None) -> None:
    """ "Generic error handling" in "Errors and Conditional execution": the last step failed or was skipped."""
    chain = [("First", {}), ("Second", {"First": "Succeeded"}), ("Last", {"Second": "Succeeded"})]
    made = [(failing if name == broken else activity)(name, after=after) for name, after in chain]
    result = run(*made, activity("Handler", after={"Last": "Failed|Skipped"}))
    assert result.statuses()["Handler"] == ("Succeeded" if broken else "Skipped")
    assert result.status == "Succeeded"


def test_try_catch_proceed() -> None:
    """ "Try-Catch-Proceed" in "Errors and Conditional execution"; a Fail activity keeps the run failed."""
    rest = [activity("Handle", after={"First": "Failed"}), activity("Next", after={"Handle": "Failed|Skipped"})]
    assert run(activity("First"), *rest).statuses() == {"First": "Succeeded", "Handle": "Skipped", "Next": "Succeeded"}
    result = run(failing("First"), failing("Handle", after={"First": "Failed"}), rest[1])
    assert result.statuses() == {"First": "Failed", "Handle": "Failed", "Next": "Succeeded"}
    assert run(failing("First"), failing("Handle", after={"First": "Failed"})).status == "Failed"


def test_conditions_and_skipping() -> None:
    """ "Activity dependency" in "Pipelines and activities": all dependencies must be met; Skipped spreads."""
    result = run(
        failing("X"),
        activity("Good"),
        activity("Y", after={"X": "Succeeded"}),
        activity("Z", after={"Y": "Succeeded"}),
        activity("Both", after={"X": "Failed", "Good": "Completed"}),
        activity("Either", after={"X": "Succeeded|Failed"}),
        activity("Missed", after={"X": "Failed", "Z": "Completed"}),
    )
    skipped = [name for name, status in result.statuses().items() if status == "Skipped"]
    assert sorted(skipped) == ["Missed", "Y", "Z"]
    assert result.last("Both").status == result.last("Either").status == "Succeeded"


@pytest.mark.parametrize(
    ("expression", "result"),
    [
        ("@activity('Bad').Status", "Failed"),
        ("@activity('Bad').error.message", "Bad failed"),
        ("@coalesce(activity('Bad')?.output?.id, 'none')", "none"),
        ("@string(activity('Bad').output)", None),
        ("@string(activity('Unmet')?.output)", None),
    ],
)
def test_what_later_activities_see(expression: str, result: str | None) -> None:
    """A failed activity has a status and an error but no output. A skipped one has nothing."""
    after = {"Bad": "Failed", "Unmet": "Skipped"}
    ran = run(
        failing("Bad"), activity("Unmet", after={"Bad": "Succeeded"}), setting("v", expression, after=after), v="String"
    )
    assert ran.variables.get("v") == result
    assert ran.last("Set v").status == ("Failed" if result is None else "Succeeded")


def test_activities_run_at_once() -> None:
    """ "Multiple activities in a pipeline": those that don't depend on each other may run in parallel."""
    result = run(
        activity("A", waitTimeInSeconds=10),
        activity("B", waitTimeInSeconds=30),
        activity("C", after={"A": "Succeeded"}),
    )
    assert result.end == result.start + timedelta(seconds=30)
    assert result.last("C").start == result.start + timedelta(seconds=10)


def test_until_polls() -> None:
    """ "Until activity": the condition is evaluated after the inner activities, until it is true."""
    statuses = [(200, {"status": status}) for status in ("Running", "Running", "Completed")]
    call, asked = answers(*statuses)
    check = web("Check", after={"Pause": "Succeeded"})
    loop = until(
        "@equals(activity('Check').output.status, 'Completed')", activity("Pause", waitTimeInSeconds=60), check
    )
    result = run(loop, using=call)
    assert result.status == "Succeeded"
    assert [request.now - result.start for request in asked] == [timedelta(minutes=minutes) for minutes in (1, 2, 3)]
    assert [each.scope for each in result.named("Check")] == ["Loop#1/", "Loop#2/", "Loop#3/"]


def test_until_goes_on_after_a_failure() -> None:
    """ "Until activity": "If an inner activity fails, the Until activity doesn't stop"."""
    expression = "@equals(activity('Check')?.output?.status, 'Completed')"
    call, _ = answers((500, {}), (200, {"status": "Completed"}))
    result = run(until(expression, web("Check")), using=call)
    assert [each.status for each in result.named("Check")] == ["Failed", "Succeeded"]
    assert result.status == "Succeeded"
    assert (
        run(until("@equals(activity('Check').output.status, 'x')", web("Check")), using=lambda _: (500, {})).status
        == "Failed"
    )


@pytest.mark.parametrize("fails", [False, True])
def test_until_after_a_last_round_that_failed(fails: bool) -> None:
    """Not documented, so the interpreter can do both."""
    document = pipeline(until("@equals(activity('Bad').Status, 'Failed')", failing("Bad")))
    result = Factory({"main": document}, until_fails_with_last_round=fails).run("main")
    assert result.status == ("Failed" if fails else "Succeeded")


def test_until_cancels_a_child_run() -> None:
    """Not documented: a child run ends with an Until that waits for it, and otherwise continues."""
    for waits, status, seconds in ((True, "Cancelled", 50), (False, "Succeeded", 100)):
        loop = until(
            "@equals(1, 2)", call_child(waits=waits), activity("Pause", waitTimeInSeconds=90), timeout="00:00:50"
        )
        child = pipeline(activity("Pause", waitTimeInSeconds=100))
        result = Factory({"main": pipeline(loop), "child": child}).run("main").children[0]
        assert (result.status, result.end) == (status, result.start + timedelta(seconds=seconds))


def test_until_times_out() -> None:
    """ "Until activity", `timeout`: the loop fails, and its running activities end."""
    loop = until("@equals(1, 2)", activity("Pause", waitTimeInSeconds=40), timeout="0.00:01:00")
    result = run(loop, activity("Tell", after={"Loop": "Failed"}), failing("End", after={"Tell": "Succeeded"}))
    assert [each.status for each in result.named("Pause")] == ["Succeeded", "Cancelled"]
    assert result.last("Loop").end == result.start + timedelta(minutes=1)
    assert result.status == "Failed"
    with pytest.raises(EndlessRunError):
        run(until("@equals(1, 2)", setting("v", "x")), v="String")


@pytest.mark.parametrize(
    ("retries", "status", "attempts"), [(1, "Failed", 2), (2, "Succeeded", 3), (5, "Succeeded", 3)]
)
def test_retry(retries: int, status: str, attempts: int) -> None:
    """ "Activity policy" in "Pipelines and activities": the number of retries, with a pause before each."""
    call, asked = answers((503, "busy"), TimeoutError(), (200, {"id": 7}))
    result = run(web("Call", policy={"retry": retries, "retryIntervalInSeconds": 45}), using=call)
    record = result.last("Call")
    assert (record.status, record.attempts, len(asked)) == (status, attempts, attempts)
    assert asked[1].now == result.start + timedelta(seconds=45)
    if status == "Failed":
        assert record.error is not None
        assert record.error["errorCode"] == "2128"
        assert result.end == asked[1].now + timedelta(minutes=1)
    else:
        assert record.output == {"id": 7}
        assert asked[2].now == asked[1].now + timedelta(minutes=1, seconds=45)


def test_web_activity() -> None:
    """ "Web activity": the request that is sent, and the response as `output`."""
    call, asked = answers((201, {"id": "j1", "properties": {"status": "Running"}}))
    body = {"input": "@pipeline().parameters.path", "n": [1, True]}
    sent = web("Start", method="Post", body=body, headers={"A": "b"}, authentication={"type": "MSI", "resource": "r"})
    result = run(sent, using=call, given={"path": "x/y"}, parameters={"path": {"type": "String"}})
    assert (asked[0].method, asked[0].url, asked[0].resource) == ("POST", SERVER, "r")
    assert asked[0].body == '{"input":"x/y","n":[1,true]}'
    assert result.last("Start").output == {"id": "j1", "properties": {"status": "Running"}}


@pytest.mark.parametrize("answer", [(400, {}), (200, [1]), (200, None), (200, "text")])
def test_web_responses_that_fail(answer: Any) -> None:
    """ "Web activity", the table of content: a response must be a JSON object; a status from 400 is an error."""
    assert run(web("Call"), using=lambda _: answer).status == "Failed"


@pytest.mark.parametrize("body", ["not json", "[1]", "", "@json('null')"])
def test_web_bodies_that_fail(body: str) -> None:
    """ "Web activity": the body is required for POST, and must be JSON but not an array."""
    assert run(web("Call", method="POST", body=body), using=lambda _: (200, {})).status == "Failed"


def test_web_timeouts() -> None:
    """ "Web activity", `httpRequestTimeout`: one minute, or as given."""
    slow = WebResponse(200, {}, seconds=90)
    late = run(web("Call"), using=lambda _: slow)
    assert (late.status, late.end) == ("Failed", late.start + timedelta(minutes=1))
    assert run(web("Call", httpRequestTimeout="00:02:00"), using=lambda _: slow).status == "Succeeded"


def test_web_activity_follows_202() -> None:
    """ "Web activity", `turnOffAsync`: it calls the `Location` of a 202 until the job is done."""
    accepted = WebResponse(202, {}, {"Location": f"{SERVER}/1", "Retry-After": "20"})
    call, asked = answers(accepted, accepted, (200, {"done": True}))
    result = run(web("Call", method="POST", body="{}"), using=call)
    assert [(request.method, request.url) for request in asked[1:]] == [("GET", f"{SERVER}/1")] * 2
    assert result.end == result.start + timedelta(seconds=40)
    assert run(web("Call", turnOffAsync=True), using=lambda _: accepted).end == result.start


def test_set_variable() -> None:
    """ "Set Variable activity": the value must have the declared type, and cannot use the variable itself."""
    count = [
        setting("next", "@string(add(int(variables('last')), 1))"),
        setting("last", "@variables('next')", after={"Set next": "Succeeded"}),
    ]
    document = pipeline(*count, next="String", last="String")
    document["properties"]["variables"]["last"]["defaultValue"] = "1"
    assert Factory({"main": document}).run("main").variables == {"last": "2", "next": "2"}
    assert run(setting("v", "@add(1, 2)"), v="String").status == "Failed"
    assert run(setting("v", "@createArray('a', 'b')"), v="Array").status == "Succeeded"


def test_if_and_switch() -> None:
    """ "If Condition activity" and "Switch activity": the branch that runs decides the outcome."""
    for flag, status in ((True, "Failed"), (False, "Succeeded")):
        choice = activity(
            "If", "IfCondition", expression=expressed("@pipeline().parameters.flag"), ifTrueActivities=[failing("Bad")]
        )
        result = run(choice, given={"flag": flag}, parameters={"flag": {"type": "Bool"}})
        assert result.status == status
    cases = [{"value": "a", "activities": [activity("A")]}]
    switch = activity(
        "Switch", "Switch", on=expressed("@concat('', 'b')"), cases=cases, defaultActivities=[activity("B")]
    )
    assert run(switch).statuses() == {"Switch": "Succeeded", "B": "Succeeded"}


def test_for_each() -> None:
    """ "ForEach activity": items run one after the other, or at once. `item()` is the item."""
    items = expressed("@createArray('a', 'b')")
    for sequential, seconds in ((True, 2), (False, 1)):
        loop = activity(
            "Each",
            "ForEach",
            items=items,
            isSequential=sequential,
            activities=[activity("Pause"), web("Call", url=f"{SERVER}/@{{item()}}")],
        )
        call, asked = answers((200, {}), (200, {}))
        result = run(loop, using=call)
        assert {request.url for request in asked} == {f"{SERVER}/a", f"{SERVER}/b"}
        assert result.end == result.start + timedelta(seconds=seconds)


def test_fail_activity() -> None:
    """The table of "Execute a Fail activity in Azure Data Factory"."""
    for message, code, expected in (
        ("@concat('a', 'b')", "9", ("ab", "9")),
        ("@activity('X').output.a", "9", ("F fail message parameter couldn't be interpreted as a string", "9")),
        ("  ", "9", ("Failed to interpret F fail message or error code", "9")),
        ("m", "@json('null')", ("m", "ErrorCodeNotString")),
    ):
        fail = activity("F", "Fail", message=message, errorCode=code, after={"X": "Completed"})
        error = run(activity("X"), fail).last("F").error
        assert error is not None
        assert (error["message"], error["errorCode"]) == expected


def call_child(*, waits: bool = True, **parameters: Any) -> Any:
    reference = {"referenceName": "child", "type": "PipelineReference"}
    return activity("Call", "ExecutePipeline", pipeline=reference, waitOnCompletion=waits, parameters=parameters)


def test_execute_pipeline() -> None:
    """ "Execute Pipeline activity": the caller's expressions, the callee's run, and its outcome."""
    child = pipeline(
        setting("caller", "@pipeline()?.TriggeredByPipelineRunId"),
        activity("Pause", waitTimeInSeconds="@pipeline().parameters.n"),
        failing("Bad", after={"Pause": "Succeeded"}),
        parameters={"n": {"type": "Int"}, "text": {"type": "String", "defaultValue": "x"}},
        caller="String",
    )
    main = pipeline(call_child(n="@add(1, 2)"), activity("After", after={"Call": "Failed"}))
    result = Factory({"main": main, "child": child}).run("main")
    called = result.children[0]
    assert called.parameters == {"n": 3, "text": "x"}
    assert called.variables == {"caller": result.run_id}
    assert (called.status, result.last("Call").status, result.status) == ("Failed", "Failed", "Succeeded")
    assert result.last("Call").error == {
        "errorCode": "BadRequest",
        "message": "Operation on target Bad failed: Bad failed",
        "failureType": "UserError",
        "target": "Call",
    }
    factory = Factory({"main": pipeline(call_child(waits=False, n=3)), "child": child})
    result = factory.run("main")
    assert (result.status, result.end, result.children[0].status) == ("Succeeded", result.start, "Failed")
    assert result.last("Call").output == {"pipelineName": "child", "pipelineRunId": result.children[0].run_id}
    assert factory.now == result.start + timedelta(seconds=3)


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({}, "No value provided for Parameter 'n'"),
        ({"n": "3"}, "isn't of type Int"),
        ({"n": True}, "isn't of type Int"),
        ({"n": 3, "other": 1}, "has no parameter 'other'"),
    ],
)
def test_parameters_that_fail(given: dict[str, Any], error: str) -> None:
    """A parameter is given or has a default, is declared, and has its type."""
    child = pipeline(activity("A"), parameters={"n": {"type": "Int"}})
    factory = Factory({"main": pipeline(call_child(**given)), "child": child})
    for result in (factory.run("child", given), factory.run("main")):
        assert result.status == "Failed"
        assert error in str(result.error)


def test_machine_learning_pipeline() -> None:
    """Error 4126 of "Troubleshoot Azure Data Factory": the job's failure fails the activity."""
    job = activity(
        "Job",
        "AzureMLExecutePipeline",
        mlPipelineId="p",
        mlPipelineParameters={"day": "@utcNow('d')"},
        policy={"retry": 1},
    )
    job["linkedServiceName"] = {"referenceName": "ml", "type": "LinkedServiceReference"}
    results = [JobResult("Failed", "j1", seconds=60), JobResult(output={"id": "j2"}, seconds=60)]
    seen = []
    factory = Factory(
        {"main": pipeline(job)}, machine_learning=lambda request: (seen.append(request), results.pop(0))[1]
    )
    result = factory.run("main")
    assert result.last("Job").output == {"id": "j2"}
    assert (seen[0].linked_service, seen[0].properties["mlPipelineParameters"]) == ("ml", {"day": "1/1/2026"})
    assert result.end == result.start + timedelta(seconds=150)


def test_triggers() -> None:
    """ "System variables": a trigger's JSON maps `trigger()` and `triggerBody()` to parameters."""
    document = pipeline(
        activity("A"), parameters={"when": {"type": "String"}, "file": {"type": "String", "defaultValue": ""}}
    )
    parameters = {
        "when": "@trigger().startTime",
        "file": "@concat(triggerBody().folderPath, '/', triggerBody().fileName)",
    }
    reference = {"pipelineReference": {"referenceName": "main", "type": "PipelineReference"}, "parameters": parameters}
    trigger = {"properties": {"type": "BlobEventsTrigger", "pipelines": [reference]}}
    result = Factory({"main": document}).fire(trigger, body={"fileName": "a.csv", "folderPath": "c/in"})[0]
    assert result.parameters == {"when": "2026-01-01T00:00:00.0000000Z", "file": "c/in/a.csv"}
    assert result.system["TriggerType"] == "BlobEventsTrigger"


NESTED = [
    activity("In", "Until", expression=expressed("@equals(1, 1)"), activities=[activity("A")]),
    activity("In", "IfCondition", expression=expressed("@equals(1, 1)"), ifTrueActivities=[activity("A")]),
]


@pytest.mark.parametrize(
    ("problem", "activities"),
    [
        ("55 characters", [activity("x" * 56)]),
        ("isn't allowed", [activity("a.b")]),
        ("more than one activity", [until("@equals(1, 1)", activity("a")), activity("A")]),
        ("81 activities", [activity(f"a{number}") for number in range(81)]),
        ("8192", [web("a", url=f"@concat('{'x' * 8192}', 'x')")]),
        ("refers to itself", [setting("v", "@concat(variables('v'), 'x')")]),
        ("no variable 'w'", [setting("w", "x")]),
        ("no parameter 'p'", [web("a", url="@pipeline().parameters.p")]),
        ("isn't one before it", [activity("A"), web("b", url="@activity('A').output.url")]),
        (
            "isn't one before it",
            [
                until("@equals(1, 1)", activity("A")),
                web("b", url="@activity('A').output.u", after={"Loop": "Succeeded"}),
            ],
        ),
        ("depend on each other", [activity("a", after={"b": "Succeeded"}), activity("b", after={"a": "Succeeded"})]),
        ("no activity 'b'", [activity("a", after={"b": "Succeeded"})]),
        (
            "cannot stand next to",
            [activity("a"), activity("b", after={"a": "Completed"}), activity("c", after={"a": "Failed"})],
        ),
        ("Until isn't allowed inside Until", [until("@equals(1, 1)", NESTED[0])]),
        (
            "Until isn't allowed inside IfCondition",
            [activity("If", "IfCondition", expression=expressed("@equals(1, 1)"), ifTrueActivities=[NESTED[0]])],
        ),
        (
            "IfCondition isn't allowed inside IfCondition",
            [activity("If", "IfCondition", expression=expressed("@equals(1, 1)"), ifFalseActivities=[NESTED[1]])],
        ),
        ("'body' is missing", [web("a", method="PUT")]),
        ("policy.timeout", [web("a", policy={"timeout": "0.00:05:00"})]),
        ("retryIntervalInSeconds", [web("a", policy={"retry": 1, "retryIntervalInSeconds": 5})]),
        ("httpRequestTimeout", [web("a", httpRequestTimeout="00:11:00")]),
        ("timeout 91", [until("@equals(1, 1)", activity("a"), timeout="91.00:00:00")]),
        ("policy 'retry' doesn't apply", [activity("a", policy={"retry": 1})]),
        ("isn't a function", [web("a", url="@nope('x')")]),
        ("no pipeline 'child'", [call_child()]),
        ("type Expression", [activity("a", "IfCondition", expression="@equals(1, 1)")]),
        ("isn't known", [activity("a", waitTime=1)]),
        ("isn't interpreted", [activity("a", "Copy", source={})]),
    ],
)
def test_pipelines_that_are_refused(problem: str, activities: list[Any]) -> None:
    """ "Pipelines and activities", "Nested activities", "Azure Data Factory limits" and the pages of activities."""
    document = pipeline(*activities, v="String")
    with pytest.raises(InvalidPipelineError, match=problem):
        Factory({"main": document})


def test_if_inside_until_is_allowed() -> None:
    """ "Nested activities": If Condition and Switch may be inside ForEach and Until."""
    assert problems("main", pipeline(until("@equals(1, 1)", NESTED[1])), {}) == []
    assert run(until("@equals(1, 1)", NESTED[1])).status == "Succeeded"
