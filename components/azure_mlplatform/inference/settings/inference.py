"""How models are served: where, behind which endpoints, and what that asks of the environment."""

from collections.abc import Iterator
from enum import StrEnum
from typing import Optional

from pydantic import Field

from ...foundation.duplicates import duplicate_names
from ...foundation.model import check
from ...foundation.violations import Violation
from ...network.settings import SubnetRole
from ...parts.settings.part import PartSettings
from ..aks.settings.aks import AKSSettings, PodNetwork
from ..app_service.settings import AppServiceSettings
from ..container_app.settings import ContainerAppsSettings
from .endpoints import OnlineEndpointSettings


class InferenceTarget(StrEnum):
    """Where models run."""

    AKS = "aks"
    """A cluster of AKS, attached to the workspace."""

    MANAGED = "managed"
    """Machines that Azure ML runs."""

    APP_SERVICE = "app_service"
    """App Service for containers."""

    CONTAINER_APP = "container_app"
    """Container Apps."""


_BLOCKS = {
    InferenceTarget.AKS: "aks",
    InferenceTarget.APP_SERVICE: "app_service",
    InferenceTarget.CONTAINER_APP: "container_app",
}
SUBNETS = {
    InferenceTarget.AKS: SubnetRole.AKS,
    InferenceTarget.APP_SERVICE: SubnetRole.CONTAINERS,
    InferenceTarget.CONTAINER_APP: SubnetRole.CONTAINERS,
}
"""The subnet that each target needs."""

_DELEGATIONS = {
    InferenceTarget.APP_SERVICE: "Microsoft.Web/serverFarms",
    InferenceTarget.CONTAINER_APP: "Microsoft.App/environments",
}
_WITH_ENDPOINTS = (InferenceTarget.AKS, InferenceTarget.MANAGED)


class InferenceSettings(PartSettings):
    """Where models are served, and by what name they are called. docs/inference.md says when which target fits."""

    target: InferenceTarget
    """`aks`, `managed`, `app_service` or `container_app`."""

    endpoints: list[OnlineEndpointSettings] = Field(default_factory=list)
    """With `aks` and `managed`: the stable endpoints."""

    aks: Optional[AKSSettings] = None
    """With `aks`: the cluster."""

    app_service: Optional[AppServiceSettings] = None
    """With `app_service`: the plan and its web apps."""

    container_app: Optional[ContainerAppsSettings] = None
    """With `container_app`: the environment and its apps."""

    @property
    def needs_workspace(self) -> bool:
        """Whether it works in a workspace: all but a cluster that is made for others to attach."""
        return self.target in _WITH_ENDPOINTS and not (self.aks and self.aks.is_central and not self.endpoints)

    @property
    def registry_id(self) -> Optional[str]:
        """The registry of the containers' images, where the settings name one."""
        block = self.app_service or self.container_app
        return block.registry_id if block else None

    @property
    def container_delegation(self) -> Optional[str]:
        """Which service the containers subnet is given to."""
        return _DELEGATIONS.get(self.target)

    @property
    def pod_cidr(self) -> Optional[str]:
        """The addresses of pods that the network does not know, where a cluster of the environment's own has some."""
        if self.aks is None or self.aks.adopted or self.aks.pod_network is not PodNetwork.OVERLAY:
            return None
        return self.aks.pod_cidr

    @check
    def _blocks_go_with_the_target(self) -> Iterator[Violation]:
        for target, field in _BLOCKS.items():
            if target is self.target and getattr(self, field) is None:
                yield Violation((field,), None, f"target is '{target}', but {field} is missing", f"Add {field}")
            if target is not self.target and getattr(self, field) is not None:
                yield Violation(
                    (field,), None, f"{field} is given, but target is '{self.target}'", "Leave one of them out"
                )
        if self.target is InferenceTarget.MANAGED and not self.endpoints:
            yield Violation(
                ("endpoints",),
                None,
                "target is 'managed', but there is no endpoint",
                "Add endpoints: [{name: scoring}]",
            )
        if self.endpoints and self.target not in _WITH_ENDPOINTS:
            yield Violation(
                ("endpoints",),
                None,
                f"endpoints are given, but target is '{self.target}'",
                f"Leave them out: what is called is an app, in {_BLOCKS[self.target]}.apps",
            )

    @check
    def _endpoints_have_names_of_their_own(self) -> Iterator[Violation]:
        yield from duplicate_names(self.endpoints, ("endpoints",), "endpoint")
