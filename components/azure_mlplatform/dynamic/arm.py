"""Calls of Azure Resource Manager: signed in, repeated where throttled, waited for where they take long."""

from collections.abc import Mapping
from typing import Any, Optional

from .sign_in import Read, cloud, credential

NOT_FOUND = 404


class ArmError(Exception):
    """A call was refused; the message has the code and the text that ARM gives."""


class ResourceManager:
    """A signed-in client."""

    def __init__(self, read: Read, tenant_id: str) -> None:
        from azure.core.pipeline import policies
        from azure.mgmt.core import ARMPipelineClient
        from azure.mgmt.core.policies import ARMChallengeAuthenticationPolicy

        where = cloud(read)
        self._client = ARMPipelineClient(
            where.resource_manager,
            policies=[
                policies.RequestIdPolicy(),
                policies.UserAgentPolicy("azure-mlplatform"),
                # Ten times, as long as Retry-After says: ARM throttles by the hour, and a deployment can wait.
                policies.RetryPolicy(),
                ARMChallengeAuthenticationPolicy(
                    credential(read, where, tenant_id), f"{where.resource_manager}/.default"
                ),
            ],
        )

    def get(self, path: str, api_version: str) -> Optional[Any]:
        """What is at a path, or None where nothing is."""
        return self._call("GET", path, {"api-version": api_version})

    def patch(self, path: str, api_version: str, body: Any) -> Optional[Any]:
        """Changes what is at a path."""
        return self._call("PATCH", path, {"api-version": api_version}, body)

    def delete(self, path: str, api_version: str, **query: str) -> None:
        """Deletes what is at a path, and waits until it is gone. That there is nothing is as good."""
        from azure.core.exceptions import AzureError
        from azure.core.polling import LROPoller
        from azure.mgmt.core.polling.arm_polling import ARMPolling

        response = self._send("DELETE", path, {"api-version": api_version, **query})
        if response.http_response.status_code == NOT_FOUND:
            return
        self._checked(response.http_response)
        # The answer of an operation that goes on names where to ask.
        try:
            LROPoller(self._client, response, lambda _: None, ARMPolling(timeout=10)).result()
        except AzureError as error:
            raise ArmError(f"DELETE {path.rsplit('/', 1)[-1]}: {error.message}") from None

    def _call(self, method: str, path: str, query: Mapping[str, str], body: Any = None) -> Optional[Any]:
        response = self._send(method, path, query, body).http_response
        if response.status_code == NOT_FOUND:
            return None
        self._checked(response)
        return response.json() if response.body() else {}

    def _send(self, method: str, path: str, query: Mapping[str, str], body: Any = None) -> Any:
        from azure.core.exceptions import AzureError
        from azure.core.rest import HttpRequest

        request = HttpRequest(method, path, params=dict(query), json=body)
        request.url = self._client.format_url(request.url)
        try:
            return self._client.send_request(request, _return_pipeline_response=True)
        except AzureError as error:
            raise ArmError(f"{method} {path.rsplit('/', 1)[-1]}: {error.message}") from None

    @staticmethod
    def _checked(response: Any) -> None:
        if response.status_code < 400:
            return
        try:
            problem = response.json()["error"]
            text = f"{problem.get('code')}: {problem.get('message')}"
        except (ValueError, KeyError, TypeError, AttributeError):
            text = response.text()[:300]
        raise ArmError(f"{response.request.method} {response.request.url.split('?')[0]}: {text}")
