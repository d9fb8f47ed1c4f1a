"""Calls Azure Resource Manager: signs in, retries, waits for long operations, and takes nothing for done that is not.

One set of rules for all calls: only a 2xx is a success. A resource is gone only if ARM itself says so. No call, page or
poll goes to another host or outside a subscription. Azure's requests to wait are capped, one by one and in total.
"""

import os
import re
import time
from collections.abc import Callable, Mapping
from typing import Any, Optional
from urllib.parse import unquote, urlsplit

from .sign_in import Read, SignInError, cloud, credential

POLL_SECONDS = 10
"""The pause between two questions if Azure does not name one."""
LONGEST_PAUSE = 60
"""The longest pause that Azure may ask for, in seconds."""
TOTAL_PAUSE = 20 * 60
"""All pauses of one operation, in seconds: far more than Azure needs for the operations here."""
QUESTIONS = 120
"""The maximum number of questions for one state."""
PAGES = 100
"""The maximum number of pages of a list."""
LONGEST_ANSWER = 4 * 1024 * 1024
"""The maximum length of an answer that is read, in bytes. What follows is cut off."""
LONGEST_TEXT = 1000
"""The maximum length of Azure's text in a message."""

REPEATABLE: dict[str, Any] = {"retry_on_methods": ["GET", "PUT", "PATCH", "POST", "DELETE"]}
"""Retry all methods: every call here is idempotent. By default, azure-core does not retry an interrupted POST or
PATCH."""

_ENGINE = os.getppid()
"""The process that started this one. If it ends, another one takes over (not on Windows)."""


class ArmError(Exception):
    """A call failed; the message has ARM's code and text."""

    def __init__(self, text: str, status: int = 0) -> None:
        super().__init__(text)
        self.status = status
        """The HTTP status of the answer. 0 without one."""


class Pauses:
    """The pauses of one operation, capped one by one and in total.

    By default, they end with the engine that started this process: who cancels an update for good does not expect it to
    go on. A command of its own goes on when the shell that started it ends.
    """

    def __init__(self, seconds: float = TOTAL_PAUSE, *, with_engine: bool = True) -> None:
        self._total = self._left = seconds
        self._with_engine = with_engine

    def begin(self) -> None:
        """Begins the pauses of another operation."""
        self._left = self._total

    def pause(self, seconds: float) -> None:
        """Waits. Raises ArmError if all pauses are used up or the engine has ended."""
        wanted = min(max(seconds, 0), LONGEST_PAUSE)
        if wanted > self._left:
            raise ArmError(f"Azure did not finish within {self._total / 60:g} minutes")
        self._left -= wanted
        while wanted > 0:
            time.sleep(min(wanted, 1))
            wanted -= 1
            if self._with_engine and os.getppid() != _ENGINE:
                raise ArmError("the update was cancelled")


class ResourceManager:
    """A signed-in client for one operation of a provider, or for several ones if each calls `begin`."""

    def __init__(self, read: Read, tenant_id: str, pauses: Optional[Pauses] = None) -> None:
        from azure.mgmt.core import ARMPipelineClient

        where = cloud(read)
        self._host = urlsplit(where.resource_manager).netloc
        self._pauses = pauses or Pauses()
        self._after: float = POLL_SECONDS
        self.credential = credential(read, where, tenant_id)
        """Signs in for other audiences as well."""

        self._client = ARMPipelineClient(
            where.resource_manager,
            policies=_policies(self._host, self.credential, f"{where.resource_manager}/.default"),
            transport=bounded_transport(self._pauses, LONGEST_ANSWER),
        )

    def begin(self) -> "ResourceManager":
        """Begins another operation, with pauses of its own. Returns this client."""
        self._pauses.begin()
        return self

    def get(self, path: str, api_version: str) -> Optional[Any]:
        """The resource at a path, with an object `properties`, or None if there is none."""
        found = self._call("GET", path, {"api-version": api_version})
        if found is not None and not isinstance(found.get("properties"), dict):
            raise ArmError(f"GET {_short(path)}: the answer has no properties")
        return found

    def list(self, path: str, api_version: str, **query: str) -> Optional[list[Any]]:
        """The resources of a list, from all its pages, or None if ARM says that what they belong to is gone."""
        found: list[Any] = []
        page = self._call("GET", path, {"api-version": api_version, **query})
        for _ in range(PAGES):
            if page is None:
                return None
            values = page.get("value")
            if not isinstance(values, list) or not all(isinstance(each, dict) for each in values):
                raise ArmError(f"GET {path}: the answer has no list of resources")
            found += values
            if not page.get("nextLink"):
                return found
            page = self._call("GET", str(page["nextLink"]), {})
        raise ArmError(f"GET {path}: the list has more than {PAGES} pages")

    def wait(self, ask: Callable[[], Optional[Any]], done: Callable[[Optional[Any]], bool]) -> Optional[Any]:
        """The answer of `ask` as soon as it is `done`, else the last one.

        `ask` calls this client. Pauses as Azure asks for, else POLL_SECONDS.
        """
        for _ in range(QUESTIONS - 1):
            answer = ask()
            if done(answer):
                return answer
            self.pause()
        return ask()

    def pause(self) -> None:
        """Waits as the last answer asks for, else POLL_SECONDS."""
        self._pauses.pause(self._after)

    def patch(self, path: str, api_version: str, body: Any) -> Any:
        """Changes the resource at a path. Raises ArmError if there is none."""
        return self._written("PATCH", path, api_version, body)

    def put(self, path: str, api_version: str, body: Any) -> Any:
        """Creates or replaces the resource at a path. Raises ArmError if what it belongs to is gone."""
        return self._written("PUT", path, api_version, body)

    def put_and_wait(self, path: str, api_version: str, body: Any) -> None:
        """Creates or replaces the resource at a path, and waits until Azure has carried it out."""
        if self._long("PUT", path, {"api-version": api_version}, body) is None:
            raise ArmError(f"PUT {path}: what it belongs to does not exist", 404)

    def patch_and_wait(self, path: str, api_version: str, body: Any) -> None:
        """Changes the resource at a path, and waits until Azure has done it. Raises ArmError if there is none."""
        if self._long("PATCH", path, {"api-version": api_version}, body) is None:
            raise ArmError(f"PATCH {path}: it does not exist", 404)

    def post(self, path: str, api_version: str, body: Any = None) -> Optional[Any]:
        """Carries out an action and waits for its end. Returns its first answer, or None if there is no resource."""
        return self._long("POST", path, {"api-version": api_version}, body)

    def delete(self, path: str, api_version: str, **query: str) -> None:
        """Deletes the resource at a path and waits until it is gone. Does nothing if there is none."""
        self._long("DELETE", path, {"api-version": api_version, **query})

    def _written(self, method: str, path: str, api_version: str, body: Any) -> Any:
        found = self._call(method, path, {"api-version": api_version}, body)
        if found is None:
            raise ArmError(f"{method} {path}: it does not exist", 404)
        return found

    def _call(self, method: str, path: str, query: Mapping[str, str], body: Any = None) -> Optional[Any]:
        return _found(method, path, self._send(method, path, query, body).http_response)

    def _long(self, method: str, path: str, query: Mapping[str, str], body: Any = None) -> Optional[Any]:
        from azure.core.exceptions import AzureError
        from azure.mgmt.core.polling.arm_polling import ARMPolling

        first = self._send(method, path, query, body)
        found = _found(method, path, first.http_response)
        if found is None:
            return None
        # The poller itself, without the thread that azure-core's own poller starts for it.
        polling = ARMPolling(timeout=POLL_SECONDS)
        try:
            polling.initialize(self._client, first, lambda _: None)
            polling.run()
        except AzureError as error:
            raise _refused(f"{method} {_short(path)}", error) from None
        except SignInError as error:
            raise ArmError(f"{method} {_short(path)}: {error}", 401) from None
        except (ValueError, TypeError, AttributeError, KeyError) as error:
            raise ArmError(f"{method} {_short(path)}: its end cannot be read ({type(error).__name__})") from None
        return found

    def _send(self, method: str, path: str, query: Mapping[str, str], body: Any = None) -> Any:
        from azure.core.exceptions import AzureError
        from azure.core.rest import HttpRequest

        request = HttpRequest(method, path, params=dict(query), json=body)
        request.url = self._client.format_url(request.url)
        try:
            answer = self._client.send_request(request, _return_pipeline_response=True, **REPEATABLE)
        except AzureError as error:
            raise _refused(f"{method} {_short(path)}", error) from None
        except SignInError as error:
            raise ArmError(f"{method} {_short(path)}: {error}", 401) from None
        self._after = _retry_after(answer.http_response)
        return answer


def _refused(call: str, error: Any) -> ArmError:
    """The error of a call, with ARM's code and text, or azure-core's text if the response is not in ARM's shape."""
    response = getattr(error, "response", None)
    text = _told(_problem(response), str(getattr(error, "message", error)))
    return ArmError(f"{call}: {text}", getattr(response, "status_code", 0) or 0)


def _told(problem: dict[str, Any], otherwise: str) -> str:
    """ARM's code and text, or another text, cut to what a message takes."""
    return _cut(f"{problem.get('code')}: {problem.get('message')}" if problem else otherwise)


def _policies(host: str, credential: Any, scope: str) -> list[Any]:
    from azure.core.pipeline import policies
    from azure.mgmt.core.policies import ARMChallengeAuthenticationPolicy

    class OneHost(policies.SansIOHTTPPolicy[Any, Any]):
        """Sends no token, and nothing else, to another host: an answer may name one as the next page or poll."""

        def on_request(self, request: Any) -> None:
            url = urlsplit(request.http_request.url)
            path = unquote(url.path)
            inside = re.match(r"/subscriptions/[^/]+/", path) and not re.search(r"(^|/)\.\.?(/|$)|[\\%]", path)
            if url.scheme != "https" or url.netloc.lower() != host.lower() or not inside:
                raise ArmError(f"Azure named an address that is not below https://{host}/subscriptions/: nothing sent")

    return [
        OneHost(),
        policies.RequestIdPolicy(),
        policies.UserAgentPolicy("azure-mlplatform"),
        # Retry ten times and respect Retry-After: ARM throttles by the hour, and a deployment can wait.
        policies.RetryPolicy(retry_status=10),
        ARMChallengeAuthenticationPolicy(credential, scope),
    ]


def bounded_transport(pauses: Pauses, longest: int) -> Any:
    """A transport of azure-core that reads at most `longest` bytes of an answer, and pauses within `pauses`."""
    from azure.core.pipeline.transport import RequestsTransport
    from requests.adapters import HTTPAdapter
    from urllib3.exceptions import HTTPError

    import requests

    class Bounded(HTTPAdapter):
        """Reads no more of an answer than `longest`, and no pause that is none: azure-core raises ValueError."""

        def send(self, *args: Any, **kwargs: Any) -> requests.Response:
            response = super().send(*args, **kwargs)
            for name in _PAUSES:
                if name in response.headers and _seconds(name, response.headers[name]) is None:
                    del response.headers[name]
            try:
                response._content = response.raw.read(longest, decode_content=True)
            except HTTPError as error:
                # An answer that was cut: azure-core asks again only after an error of requests.
                raise requests.ConnectionError(error) from None
            response._content_consumed = True
            response.close()
            return response

    class Transport(RequestsTransport):
        def sleep(self, duration: float) -> None:
            pauses.pause(duration)

    session = requests.Session()
    session.mount("https://", Bounded(max_retries=0))
    return Transport(session=session)


def _found(method: str, path: str, response: Any) -> Optional[Any]:
    """The object in an answer, or None if ARM says that there is no such resource."""
    call = f"{method} {_short(path)}"
    problem = _problem(response)
    if response.status_code == 404 and str(problem.get("code", "")).lower().endswith("notfound"):
        return None
    if not 200 <= response.status_code < 300:
        text = _told(problem, response.text())
        raise ArmError(f"{call}: {response.status_code} {text}", response.status_code)
    if not response.body():
        return {}
    found = _json(response)
    if not isinstance(found, dict):
        raise ArmError(f"{call}: the answer is no JSON object: {_cut(response.text())}", response.status_code)
    return found


def _problem(response: Any) -> dict[str, Any]:
    found = _json(response)
    problem = found.get("error") if isinstance(found, dict) else None
    return problem if isinstance(problem, dict) else {}


def _json(response: Any) -> Any:
    try:
        return response.json()
    except Exception:
        # Not JSON, not text, or no answer: azure-core and requests each have errors of their own for it.
        return None


_PAUSES = ("Retry-After", "retry-after-ms", "x-ms-retry-after-ms")


def _seconds(name: str, value: str) -> Optional[float]:
    """The seconds that a header asks to wait, or None if it is not readable."""
    from azure.core.pipeline.policies import RetryPolicy

    try:
        return float(value) / 1000 if name.endswith("-ms") else RetryPolicy().parse_retry_after(value)
    except (ValueError, TypeError, OverflowError):
        return None


def _retry_after(response: Any) -> float:
    seconds = _seconds("Retry-After", response.headers.get("Retry-After"))
    return POLL_SECONDS if seconds is None else seconds


def _short(path: str) -> str:
    return urlsplit(path).path.rsplit("/", 1)[-1]


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_TEXT else f"{text[:LONGEST_TEXT]}…"
