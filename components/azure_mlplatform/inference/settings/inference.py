"""Settings of model serving: the target, its endpoints, and what it needs from the environment."""

from collections.abc import Iterator
from enum import StrEnum
from typing import Optional

from pydantic import Field

from ...foundation.duplicates import duplicate_names
from ...foundation.model import check
from ...foundation.violations import Violation
from ...parts.settings.part import PartSettings
from ..aks.settings.aks import AKSSettings, PodNetwork
from ..app_service.settings import AppServiceSettings
from ..container_app.settings import ContainerAppsSettings
from .endpoints import OnlineEndpointSettings
from .target import TargetSettings


class InferenceTarget(StrEnum):
    """The service that models run on."""

    AKS = "aks"
    """An AKS cluster, attached to the workspace."""

    MANAGED = "managed"
    """Machines that Azure ML runs."""

    APP_SERVICE = "app_service"
    """App Service for containers."""

    CONTAINER_APP = "container_app"
    """Container Apps."""


_BLOCKS: dict[InferenceTarget, type[TargetSettings]] = {
    InferenceTarget.AKS: AKSSettings,
    InferenceTarget.APP_SERVICE: AppServiceSettings,
    InferenceTarget.CONTAINER_APP: ContainerAppsSettings,
}
"""Target → its settings, in the field of the same name. `managed` has none: Azure ML runs the machines."""

WITH_ENDPOINTS = [each for each in InferenceTarget if each not in _BLOCKS or _BLOCKS[each].has_endpoints]
"""The targets whose models are served by `endpoints`. Azure ML needs a workspace for them."""


class InferenceSettings(PartSettings):
    """The target that serves models, and its endpoints. docs/inference.md helps to choose the target."""

    target: InferenceTarget
    """The service that models run on: `aks`, `managed`, `app_service` or `container_app`."""

    endpoints: list[OnlineEndpointSettings] = Field(default_factory=list)
    """With `aks` and `managed`: the stable endpoints."""

    aks: Optional[AKSSettings] = None
    """With `aks`: the cluster."""

    app_service: Optional[AppServiceSettings] = None
    """With `app_service`: the plan and its web apps."""

    container_app: Optional[ContainerAppsSettings] = None
    """With `container_app`: the environment and its apps."""

    @property
    def block(self) -> Optional[TargetSettings]:
        """The settings of the target. None for `managed`, which has none."""
        return getattr(self, self.target) if self.target in _BLOCKS else None

    @property
    def in_subnet(self) -> Optional[TargetSettings]:
        """The settings of a target that runs in a subnet of the environment. None if Azure or others run it."""
        return None if self.block is None or self.block.adopted else self.block

    @property
    def needs_workspace(self) -> bool:
        """Whether it needs a workspace. `aks` and `managed` do, except a central cluster without endpoints."""
        return self.target in WITH_ENDPOINTS and not (self.aks and self.aks.is_central and not self.endpoints)

    @property
    def registry_id(self) -> Optional[str]:
        """The registry of the containers' images, by id. None if the settings name none."""
        return getattr(self.block, "registry_id", None)

    @property
    def container_delegation(self) -> Optional[str]:
        """The service that the containers subnet is delegated to. None for targets without containers."""
        return self.block.delegation if self.block else None

    @property
    def pod_cidr(self) -> Optional[str]:
        """The pods' address range of a new cluster with `pod_network: overlay`, else None."""
        if self.aks is None or self.aks.adopted or self.aks.pod_network is not PodNetwork.OVERLAY:
            return None
        return self.aks.pod_cidr

    @check
    def _blocks_go_with_the_target(self) -> Iterator[Violation]:
        for target in _BLOCKS:
            field = target.value
            if target is self.target and getattr(self, field) is None:
                yield Violation((field,), None, f"target is '{target}', but {field} is missing", f"Add {field}")
            if target is not self.target and getattr(self, field) is not None:
                yield Violation(
                    (field,), None, f"{field} is given, but target is '{self.target}'", "Leave it out, or change target"
                )
        if self.target is InferenceTarget.MANAGED and not self.endpoints:
            yield Violation(
                ("endpoints",),
                None,
                "target is 'managed', but there is no endpoint",
                "Add endpoints: [{name: scoring}]",
            )
        if self.endpoints and self.target not in WITH_ENDPOINTS:
            yield Violation(
                ("endpoints",),
                None,
                f"endpoints are given, but target is '{self.target}'",
                f"Leave them out: callers use the apps in {self.target}.apps",
            )

    @check
    def _endpoints_have_names_of_their_own(self) -> Iterator[Violation]:
        yield from duplicate_names(self.endpoints, ("endpoints",), "endpoint")
