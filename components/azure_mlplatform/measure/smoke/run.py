"""Sends all cases of a file, and judges each answer."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Optional

from ...foundation.printable import printable
from ..endpoints.endpoint import Endpoint, EndpointError, Kind, NotSignedInError
from .cases import Case, Cases
from .comparison import differences, schema_violations
from .request import Answered, Sender

LONGEST_ANSWER = 300
"""The maximum length of an answer's text in a message."""

_DATA_SCIENTIST = "the role AzureML Data Scientist has it"
_CALLERS = "Add the caller's object id to `sign_in.callers` of the app"
_SIGN_IN = {
    Kind.MANAGED: f"The caller needs onlineEndpoints/score/action on the endpoint: {_DATA_SCIENTIST}",
    Kind.KUBERNETES: f"The caller needs onlineEndpoints/token/action on the endpoint: {_DATA_SCIENTIST}",
    Kind.CONTAINER_APP: _CALLERS,
    Kind.APP_SERVICE: _CALLERS,
    Kind.URL: "Is --scope the audience that it accepts, and is the caller allowed?",
}
"""What is missing where an endpoint answers 401 or 403. Managed and Kubernetes: "Authenticate clients for online
endpoints" (Azure ML, 2024-04-23, read 2026-11-28)."""


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a case."""

    case: Case
    failures: tuple[str, ...]
    """Why it failed. Empty: it passed."""

    answered: Optional[Answered]
    """None if it was not sent."""

    @property
    def passed(self) -> bool:
        """Whether the answer is the one that was wanted."""
        return not self.failures


@dataclass(frozen=True, slots=True)
class SmokeTest:
    """What became of all cases."""

    results: tuple[Result, ...]
    unreachable: str = ""
    """Why the rest was not sent. Empty: all were."""


def smoke_test(
    endpoint: Endpoint,
    cases: Cases,
    *,
    deployment: str = "",
    timeout: float = 60,
    sending: Callable[[Case], None] = lambda _: None,
) -> SmokeTest:
    """Sends each case once, in order, and goes on if one fails. `timeout` is in seconds, for each.

    It ends early only where no other case could do better: nothing answers, the certificate is not trusted, or the
    caller is not allowed. `sending` hears of each case. Raises NoSuchError if there is no such deployment.
    """
    sender = Sender(endpoint.route(deployment), endpoint.token, timeout)
    results: list[Result] = []
    for case in cases.cases:
        sending(case)
        try:
            answered = sender.send(case.input)
            _refuse_unauthorized(endpoint, case, answered)
        except EndpointError as error:
            return SmokeTest(tuple(results), str(error))
        results.append(Result(case, tuple(_failures(cases, case, answered)), answered))
    return SmokeTest(tuple(results))


def _refuse_unauthorized(endpoint: Endpoint, case: Case, answered: Answered) -> None:
    if answered.status in (401, 403) and case.status != answered.status:
        raise NotSignedInError(
            f"{endpoint.name} answers {answered.status}: {_cut(answered)}. {_SIGN_IN[endpoint.kind]}"
        )


def _failures(cases: Cases, case: Case, answered: Answered) -> list[str]:
    if answered.wrong:
        return [answered.wrong]
    found: list[str] = []
    if answered.status != case.status:
        model = f" (the model answered {answered.model_status})" if answered.model_status else ""
        found.append(f"status {answered.status} instead of {case.status}{model}: {_cut(answered)}")
    elif case.compares or case.json_schema is not None:
        found += _content_failures(cases, case, answered)
    bound = cases.max_ms_of(case)
    if bound is not None and answered.ms > bound:
        found.append(f"took {answered.ms:.0f} ms, allowed are {bound:g}")
    return found


def _content_failures(cases: Cases, case: Case, answered: Answered) -> list[str]:
    try:
        content: Any = json.loads(answered.body)
    except (ValueError, RecursionError):
        return [f"the answer is no JSON: {_cut(answered)}"]
    found = differences(case.expected, content, cases.tolerance_of(case)) if case.compares else []
    if case.json_schema is not None:
        found += schema_violations(case.json_schema, content)
    return found


def _cut(answered: Answered) -> str:
    text = printable(answered.text[: 4 * LONGEST_ANSWER])
    return text if len(text) <= LONGEST_ANSWER else f"{text[:LONGEST_ANSWER]}…"
