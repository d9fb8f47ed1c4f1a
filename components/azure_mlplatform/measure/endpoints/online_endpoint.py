"""Online endpoints of Azure ML: on managed machines, and on attached clusters.

Traffic is a part of the endpoint. Its PATCH takes tags and an identity only (PartialMinimalTrackedResourceWithIdentity
in Azure ML's REST API, as azure-ai-ml 1.35 has it), so a change is a PUT of the whole endpoint as it was read. A
request reaches one deployment with the header `azureml-model-deployment` (EndpointInvokeFields there). Read 2026-11-28.
"""

import contextlib
from collections.abc import Mapping
from typing import Any, Optional

from ...dynamic.arm import ArmError
from .arm_endpoint import ArmEndpoint, plain_errors, without_none
from .endpoint import Deployment, EndpointError, Kind, NoSuchError, NotSignedInError, Route, Token, Traffic
from .tokens import ML_SCOPE, aml_token, entra_token

API_VERSION = "2025-12-01"
"""As azure-native 3.29 deploys them."""

DEPLOYMENT_HEADER = "azureml-model-deployment"

_CHANGING = ("creating", "updating", "deleting", "scaling")
_WRITABLE = ("location", "tags", "kind", "sku", "identity", "properties")
_READ_ONLY = ("provisioningState", "scoringUri", "swaggerUri")


class OnlineEndpoint(ArmEndpoint):
    """A managed or Kubernetes online endpoint."""

    api_version = API_VERSION

    @property
    def kind(self) -> Kind:
        """Kubernetes if it names an attached compute, else managed."""
        compute = str(self._properties.get("compute") or "")
        return Kind.KUBERNETES if "/computes/" in compute.lower() else Kind.MANAGED

    def _signs_in(self) -> Token:
        mode = str(self._properties.get("authMode") or "")
        match mode.lower():
            case "aadtoken":
                return entra_token(self._manager.credential, ML_SCOPE)
            case "amltoken":
                return aml_token(self._ask_for_token)
        raise EndpointError(
            f"{self.name} takes keys (authMode {mode or 'unknown'}). Allowed: AADToken, or AMLToken on a cluster: "
            "everything here signs in with Entra ID"
        )

    def _ask_for_token(self) -> Any:
        try:
            found = self._manager.begin().post(f"{self._id}/token", API_VERSION)
        except ArmError as error:
            if error.status != 403:
                raise NotSignedInError(f"no token for {self.name}: {error}") from None
            raise NotSignedInError(
                f"no token for {self.name}: {error}. The role AzureML Data Scientist on the workspace allows "
                "onlineEndpoints/token/action"
            ) from None
        if found is None:
            raise NoSuchError(f"there is no endpoint {self._id}")
        return found

    def route(self, deployment: str = "") -> Route:
        """The scoring URI, with the header that leads to one deployment."""
        url = str(self._properties.get("scoringUri") or "")
        if not url:
            raise EndpointError(
                f"{self.name} has no scoring URI yet (state {self._properties.get('provisioningState')})"
            )
        return Route(url, {DEPLOYMENT_HEADER: self.deployment(deployment).name} if deployment else {})

    def deployments(self) -> tuple[Deployment, ...]:
        """All deployments, sorted by name."""
        with plain_errors(f"reading the deployments of {self.name}"):
            found = self._manager.begin().list(f"{self._id}/deployments", API_VERSION)
        if found is None:
            raise NoSuchError(f"there is no endpoint {self._id}")
        return tuple(sorted(map(_deployment, found), key=lambda each: each.name))

    def definition(self, deployment: str) -> dict[str, Any]:
        """A deployment as it can be written again, under another name too."""
        name = self.deployment(deployment).name
        with plain_errors(f"reading {name}"):
            found = self._manager.begin().get(f"{self._id}/deployments/{name}", API_VERSION)
        if found is None:
            raise NoSuchError(f"{self.name} has no deployment '{name}'")
        return writable(found)

    def deploy(self, name: str, definition: Mapping[str, Any]) -> Deployment:
        """Makes or changes a deployment, which gets no traffic, and waits until it is ready. Takes minutes.

        Raises EndpointError if Azure refuses it or it does not start. A deployment may then be there: `remove` it.
        """
        with plain_errors(f"deploying '{name}' to {self.name}"):
            self._manager.begin().put_and_wait(f"{self._id}/deployments/{name}", API_VERSION, dict(definition))
        return self.deployment(name)

    def remove(self, name: str) -> None:
        """Deletes a deployment, or does nothing if there is none. Azure refuses it while it has traffic."""
        with contextlib.suppress(NoSuchError), plain_errors(f"deleting '{name}' of {self.name}"):
            self._manager.begin().delete(f"{self._id}/deployments/{name}", API_VERSION)

    @property
    def _properties(self) -> dict[str, Any]:
        return self._first["properties"]

    def _is_changing(self, resource: Mapping[str, Any]) -> bool:
        return str(resource["properties"].get("provisioningState", "")).lower() in _CHANGING

    def _is_ready(self, deployment: Deployment) -> bool:
        # A deployment that is being scaled or updated goes on answering.
        return deployment.state.lower() in ("succeeded", "scaling", "updating")

    def _shown_traffic(self, resource: Mapping[str, Any]) -> Traffic:
        properties = resource["properties"]
        return without_none(Traffic(dict(properties.get("traffic") or {}), dict(properties.get("mirrorTraffic") or {})))

    def _write(self, resource: Mapping[str, Any], aim: Traffic) -> None:
        if any(aim.mirror.values()) and self.kind is Kind.KUBERNETES:
            raise EndpointError(f"{self.name}: only managed endpoints copy requests. Leave mirroring out")
        body = writable(resource)
        body["properties"] |= {"traffic": dict(aim.shares), "mirrorTraffic": dict(aim.mirror)}
        self._manager.begin().put_and_wait(self._id, API_VERSION, body)


def writable(resource: Mapping[str, Any]) -> dict[str, Any]:
    """A resource as it was read, without what only Azure writes."""
    body = {key: resource[key] for key in _WRITABLE if resource.get(key) is not None}
    body["properties"] = {
        key: value for key, value in resource["properties"].items() if key not in _READ_ONLY and value is not None
    }
    if identity := body.get("identity"):
        assigned = identity.get("userAssignedIdentities")
        body["identity"] = {"type": identity.get("type")} | (
            {"userAssignedIdentities": {each: {} for each in assigned}} if assigned else {}
        )
    return body


def _deployment(found: Mapping[str, Any]) -> Deployment:
    properties = found["properties"]
    return Deployment(
        name=str(found.get("name") or str(found.get("id", "")).rsplit("/", 1)[-1]),
        state=str(properties.get("provisioningState") or "unknown"),
        instances=_count((found.get("sku") or {}).get("capacity")),
        vm_size=properties.get("instanceType"),
        model=properties.get("model"),
        image=properties.get("environmentId"),
    )


def _count(value: Any) -> Optional[int]:
    return value if isinstance(value, int) else None
