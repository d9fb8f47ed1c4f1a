"""Calls of Azure Resource Manager: signed in, repeated where throttled, waited for where they take long."""

import time
from collections.abc import Callable, Mapping
from typing import Any, Optional, TypeVar

from .sign_in import Read, cloud, credential

Answer = TypeVar("Answer")
Client = TypeVar("Client")

NOT_FOUND = 404
POLL_SECONDS = 10
"""Between two questions about what takes its time, where Azure does not say how long (`Retry-After`)."""
POLLS = 120
"""Questions before it is given up: twenty minutes, far more than Azure takes for what is asked here."""
REPEATABLE: dict[str, Any] = {"retry_on_methods": ["GET", "PUT", "PATCH", "POST", "DELETE"]}
"""Of a request: that it may be repeated after any failure. All that is asked for here is as good when asked twice;
azure-core repeats no POST and no PATCH that broke off."""


class ArmError(Exception):
    """A call was refused; the message has the code and the text that ARM gives."""


class ResourceManager:
    """A signed-in client."""

    def __init__(self, read: Read, tenant_id: str) -> None:
        from azure.mgmt.core import ARMPipelineClient

        self._cloud = cloud(read)
        self._scope = f"{self._cloud.resource_manager}/.default"
        self._credential = credential(read, self._cloud, tenant_id)
        self._client = ARMPipelineClient(self._cloud.resource_manager, policies=self._policies())

    def client(self, kind: Callable[..., Client], subscription_id: str) -> Client:
        """A client of Microsoft's for one service, such as DataFactoryManagementClient, that calls as this one does."""
        return kind(
            self._credential,
            subscription_id,
            base_url=self._cloud.resource_manager,
            credential_scopes=[self._scope],
            policies=self._policies(),
            polling_interval=POLL_SECONDS,
        )

    def get(self, path: str, api_version: str) -> Optional[Any]:
        """What is at a path, or None where nothing is."""
        return self._call("GET", path, {"api-version": api_version})

    def wait(self, path: str, api_version: str, done: Callable[[Optional[Any]], bool]) -> Optional[Any]:
        """What is at a path as soon as it is so; what was there last, where it does not become so (see `until`)."""

        def ask() -> tuple[Optional[Any], Any]:
            response = self._send("GET", path, {"api-version": api_version}).http_response
            return self._found(response), response

        return until(ask, done)

    def patch(self, path: str, api_version: str, body: Any) -> Optional[Any]:
        """Changes what is at a path."""
        return self._call("PATCH", path, {"api-version": api_version}, body)

    def put(self, path: str, api_version: str, body: Any) -> Optional[Any]:
        """Makes what is at a path, or puts this in its place."""
        return self._call("PUT", path, {"api-version": api_version}, body)

    def delete(self, path: str, api_version: str, **query: str) -> None:
        """Deletes what is at a path, and waits until it is gone. That there is nothing is as good."""
        from azure.core.exceptions import AzureError
        from azure.core.polling import LROPoller
        from azure.mgmt.core.polling.arm_polling import ARMPolling

        response = self._send("DELETE", path, {"api-version": api_version, **query})
        if self._found(response.http_response) is None:
            return
        # The answer of an operation that goes on names where to ask.
        try:
            LROPoller(self._client, response, lambda _: None, ARMPolling(timeout=POLL_SECONDS)).result()
        except AzureError as error:
            raise refused(f"DELETE {path.rsplit('/', 1)[-1]}", error) from None

    def _policies(self) -> list[Any]:
        """What a call passes through. A pipeline links its policies, so each has its own."""
        from azure.core.pipeline import policies
        from azure.mgmt.core.policies import ARMChallengeAuthenticationPolicy

        return [
            policies.RequestIdPolicy(),
            policies.UserAgentPolicy("azure-mlplatform"),
            # Ten times, as long as Retry-After says: ARM throttles by the hour, and a deployment can wait.
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
    """An error of azure-core as what Azure says about a call, or where that has not ARM's shape, as azure-core does."""
    try:
        problem = error.response.json()["error"]
        text = f"{problem.get('code')}: {problem.get('message')}"
    except (ValueError, KeyError, TypeError, AttributeError):
        text = error.message[:1000]
    return ArmError(f"{call}: {text}")


def until(ask: Callable[[], tuple[Answer, Any]], done: Callable[[Answer], bool]) -> Answer:
    """Asks until it is so, at most POLLS times; what was answered last, so or not.

    `ask` gives the answer and the response that it came in, which may say how long to wait.
    """
    from azure.core.pipeline.policies import RetryPolicy

    for _ in range(POLLS - 1):
        answer, response = ask()
        if done(answer):
            return answer
        after = response.headers.get("Retry-After")
        time.sleep(RetryPolicy().parse_retry_after(after) if after else POLL_SECONDS)
    return ask()[0]
