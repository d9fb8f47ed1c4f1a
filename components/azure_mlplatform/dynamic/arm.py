"""Calls Azure Resource Manager: signs in, retries throttled calls, and waits for long operations."""

import time
from collections.abc import Callable, Mapping
from typing import Any, Optional, TypeVar

from .sign_in import Read, cloud, credential

Answer = TypeVar("Answer")
Client = TypeVar("Client")

NOT_FOUND = 404
POLL_SECONDS = 10
"""The time between two polls if Azure sends no `Retry-After`."""
POLLS = 120
"""The maximum number of polls: twenty minutes, far more than Azure needs for the operations here."""
REPEATABLE: dict[str, Any] = {"retry_on_methods": ["GET", "PUT", "PATCH", "POST", "DELETE"]}
"""Retry all methods: every call here is idempotent. By default, azure-core does not retry an interrupted POST or
PATCH."""


class ArmError(Exception):
    """A call failed; the message has ARM's code and text."""


class ResourceManager:
    """A signed-in client."""

    def __init__(self, read: Read, tenant_id: str) -> None:
        from azure.mgmt.core import ARMPipelineClient

        self._cloud = cloud(read)
        self._scope = f"{self._cloud.resource_manager}/.default"
        self._credential = credential(read, self._cloud, tenant_id)
        self._client = ARMPipelineClient(self._cloud.resource_manager, policies=self._policies())

    def client(self, kind: Callable[..., Client], subscription_id: str) -> Client:
        """Microsoft's client for a service, such as DataFactoryManagementClient, with the same sign-in and retries."""
        return kind(
            self._credential,
            subscription_id,
            base_url=self._cloud.resource_manager,
            credential_scopes=[self._scope],
            policies=self._policies(),
            polling_interval=POLL_SECONDS,
        )

    def get(self, path: str, api_version: str) -> Optional[Any]:
        """The resource at a path, or None if there is none."""
        return self._call("GET", path, {"api-version": api_version})

    def wait(self, path: str, api_version: str, done: Callable[[Optional[Any]], bool]) -> Optional[Any]:
        """The resource at a path as soon as it is `done`, else its last state (see `until`)."""

        def ask() -> tuple[Optional[Any], Any]:
            response = self._send("GET", path, {"api-version": api_version}).http_response
            return self._found(response), response

        return until(ask, done)

    def patch(self, path: str, api_version: str, body: Any) -> Optional[Any]:
        """Changes the resource at a path."""
        return self._call("PATCH", path, {"api-version": api_version}, body)

    def put(self, path: str, api_version: str, body: Any) -> Optional[Any]:
        """Creates or replaces the resource at a path."""
        return self._call("PUT", path, {"api-version": api_version}, body)

    def delete(self, path: str, api_version: str, **query: str) -> None:
        """Deletes the resource at a path and waits until it is gone. Does nothing if there is none."""
        from azure.core.exceptions import AzureError
        from azure.core.polling import LROPoller
        from azure.mgmt.core.polling.arm_polling import ARMPolling

        response = self._send("DELETE", path, {"api-version": api_version, **query})
        if self._found(response.http_response) is None:
            return
        # The response of a long operation has the URL to poll.
        try:
            LROPoller(self._client, response, lambda _: None, ARMPolling(timeout=POLL_SECONDS)).result()
        except AzureError as error:
            raise refused(f"DELETE {path.rsplit('/', 1)[-1]}", error) from None

    def _policies(self) -> list[Any]:
        """The policies of a pipeline. Each pipeline needs its own list, because it links its policies."""
        from azure.core.pipeline import policies
        from azure.mgmt.core.policies import ARMChallengeAuthenticationPolicy

        return [
            policies.RequestIdPolicy(),
            policies.UserAgentPolicy("azure-mlplatform"),
            # Retry ten times and respect Retry-After: ARM throttles by the hour, and a deployment can wait.
            policies.RetryPolicy(retry_status=10),
            ARMChallengeAuthenticationPolicy(self._credential, self._scope),
        ]

    def _call(self, method: str, path: str, query: Mapping[str, str], body: Any = None) -> Optional[Any]:
        return self._found(self._send(method, path, query, body).http_response)

    def _send(self, method: str, path: str, query: Mapping[str, str], body: Any = None) -> Any:
        from azure.core.exceptions import AzureError
        from azure.core.rest import HttpRequest

        request = HttpRequest(method, path, params=dict(query), json=body)
        request.url = self._client.format_url(request.url)
        try:
            return self._client.send_request(request, _return_pipeline_response=True, **REPEATABLE)
        except AzureError as error:
            raise refused(f"{method} {path.rsplit('/', 1)[-1]}", error) from None

    @staticmethod
    def _found(response: Any) -> Optional[Any]:
        from azure.core.exceptions import HttpResponseError

        if response.status_code == NOT_FOUND:
            return None
        if response.status_code >= 400:
            request = response.request
            raise refused(f"{request.method} {request.url.split('?')[0]}", HttpResponseError(response=response))
        return response.json() if response.body() else {}


def refused(call: str, error: Any) -> ArmError:
    """The error of a call, with ARM's code and text, or azure-core's text if the response is not in ARM's shape."""
    try:
        problem = error.response.json()["error"]
        text = f"{problem.get('code')}: {problem.get('message')}"
    except (ValueError, KeyError, TypeError, AttributeError):
        text = error.message[:1000]
    return ArmError(f"{call}: {text}")


def until(ask: Callable[[], tuple[Answer, Any]], done: Callable[[Answer], bool]) -> Answer:
    """Asks until the answer is `done`, at most POLLS times. Returns the last answer, done or not.

    `ask` returns the answer and its response, which may say how long to wait.
    """
    from azure.core.pipeline.policies import RetryPolicy

    for _ in range(POLLS - 1):
        answer, response = ask()
        if done(answer):
            return answer
        after = response.headers.get("Retry-After")
        time.sleep(RetryPolicy().parse_retry_after(after) if after else POLL_SECONDS)
    return ask()[0]
