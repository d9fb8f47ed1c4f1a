"""Container Apps: versions are revisions, and shares are weights of the ingress.

A change is a PATCH (JSON Merge Patch, which replaces the list of weights whole), as `az containerapp ingress traffic
set` sends it. "The combined weight of all traffic split rules must equal 100 %" ("Traffic splitting in Azure Container
Apps", 2023-03-28). A revision has an address of its own (`fqdn` in RevisionProperties, azure-mgmt-appcontainers 5.1).
It leads there even if somebody moves a label. Read 2026-11-28.
"""

from collections.abc import Mapping
from typing import Any, Optional

from .arm_endpoint import ArmEndpoint, plain_errors, without_none
from .easy_auth import scope_of
from .endpoint import Deployment, EndpointError, Kind, NoSuchError, Route, Token, Traffic
from .tokens import entra_token

API_VERSION = "2025-02-02-preview"
"""As azure-native 3.29 deploys them."""

DEFAULT_PATH = "/score"

_CHANGING = ("inprogress", "deleting")


class ContainerApp(ArmEndpoint):
    """A Container App with an ingress. `path` is where its model answers."""

    api_version = API_VERSION
    version_word = "revision"

    def __init__(self, manager: Any, id_: str, path: str = DEFAULT_PATH) -> None:
        super().__init__(manager, id_)
        self._path = path

    @property
    def kind(self) -> Kind:
        """A Container App."""
        return Kind.CONTAINER_APP

    def _signs_in(self) -> Optional[Token]:
        with plain_errors(f"reading the sign-in of {self.name}"):
            found = self._manager.begin().get(f"{self._id}/authConfigs/current", API_VERSION)
        scope = scope_of((found or {}).get("properties") or {})
        return entra_token(self._manager.credential, scope) if scope else None

    def route(self, deployment: str = "") -> Route:
        """The address of the app, or of one revision."""
        if not deployment:
            return Route(f"https://{self._host(self._ingress(self._first).get('fqdn'))}{self._path}")
        found = self.deployment(deployment)
        fqdn = next(each["properties"].get("fqdn") for each in self._revisions() if each["name"] == found.name)
        return Route(f"https://{self._host(fqdn)}{self._path}")

    def _host(self, fqdn: Any) -> str:
        if not fqdn:
            raise EndpointError(f"{self.name} has no address: its ingress is off, or the revision is not active")
        return str(fqdn)

    def deployments(self) -> tuple[Deployment, ...]:
        """All active revisions, sorted by name."""
        with plain_errors(f"reading the revisions of {self.name}"):
            app = self._read()
            labels = {
                name: str(each["label"])
                for each in self._weights(app)
                if each.get("label") and (name := self._revision_of(each, app))
            }
            found = [_revision(each, labels) for each in self._revisions() if each["properties"].get("active", True)]
        return tuple(sorted(found, key=lambda each: each.name))

    def _revisions(self) -> list[dict[str, Any]]:
        found = self._manager.begin().list(f"{self._id}/revisions", API_VERSION)
        if found is None:
            raise NoSuchError(f"there is no endpoint {self._id}")
        return found

    def _ingress(self, app: Mapping[str, Any]) -> dict[str, Any]:
        return (app["properties"].get("configuration") or {}).get("ingress") or {}

    def _weights(self, app: Mapping[str, Any]) -> list[dict[str, Any]]:
        return list(self._ingress(app).get("traffic") or [])

    def _revision_of(self, weight: Mapping[str, Any], app: Mapping[str, Any]) -> str:
        """The revision that a weight means. "The latest" is the latest one that is ready."""
        if not weight.get("latestRevision"):
            return str(weight.get("revisionName") or "")
        properties = app["properties"]
        return str(properties.get("latestReadyRevisionName") or properties.get("latestRevisionName") or "")

    def _is_changing(self, resource: Mapping[str, Any]) -> bool:
        return str(resource["properties"].get("provisioningState", "")).lower() in _CHANGING

    def _is_ready(self, deployment: Deployment) -> bool:
        return deployment.state.lower() in ("provisioned", "succeeded")

    def _shown_traffic(self, resource: Mapping[str, Any]) -> Traffic:
        shares: dict[str, int] = {}
        for each in self._weights(resource):
            name = self._revision_of(each, resource)
            shares[name] = shares.get(name, 0) + int(each.get("weight") or 0)
        return without_none(Traffic(shares))

    def _write(self, resource: Mapping[str, Any], aim: Traffic) -> None:
        if aim.mirror:
            raise EndpointError(f"{self.name}: Container Apps copy no requests. Leave mirroring out")
        if str((resource["properties"].get("configuration") or {}).get("activeRevisionsMode")).lower() == "single":
            raise EndpointError(
                f"{self.name} runs one revision at a time (activeRevisionsMode Single). Set it to Multiple first"
            )
        shares = dict(aim.shares)
        weights: list[dict[str, Any]] = []
        for each in self._weights(resource):
            # Labels stay where they are: they are addresses that others use.
            if label := each.get("label"):
                name = self._revision_of(each, resource)
                weights.append({"revisionName": name, "weight": shares.pop(name, 0), "label": label})
        weights += [{"revisionName": name, "weight": share} for name, share in sorted(shares.items()) if share]
        body = {"properties": {"configuration": {"ingress": {"traffic": weights}}}}
        self._manager.begin().patch_and_wait(self._id, API_VERSION, body)


def _revision(found: Mapping[str, Any], labels: Mapping[str, str]) -> Deployment:
    properties = found["properties"]
    containers = (properties.get("template") or {}).get("containers") or [{}]
    return Deployment(
        name=found["name"],
        state=str(properties.get("provisioningState") or "unknown"),
        instances=properties.get("replicas"),
        image=containers[0].get("image"),
        label=labels.get(found["name"]),
    )
