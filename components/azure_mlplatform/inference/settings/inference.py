"""Settings of model serving: the target, its endpoints, and what it needs from the environment."""

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
from .target import Target, TargetSettings


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


TARGETS = {
    InferenceTarget.AKS: Target(SubnetRole.AKS, has_endpoints=True),
    InferenceTarget.MANAGED: Target(has_endpoints=True),
    InferenceTarget.APP_SERVICE: Target(
        SubnetRole.CONTAINERS, "Microsoft.Web/serverFarms", works_without_network=True, pulls_images=True
    ),
    InferenceTarget.CONTAINER_APP: Target(SubnetRole.CONTAINERS, "Microsoft.App/environments", pulls_images=True),
}
"""The properties of each target."""


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
        return getattr(self, self.target, None)

    @property
    def subnet_role(self) -> Optional[SubnetRole]:
        """The subnet of the environment that the target runs in. None if Azure or others run it."""
        return None if self.block is None or self.block.adopted else TARGETS[self.target].subnet_role

    @property
    def needs_workspace(self) -> bool:
        """Whether it needs a workspace. `aks` and `managed` do, except a central cluster without endpoints."""
        central = self.aks is not None and self.aks.is_central
        return TARGETS[self.target].has_endpoints and not (central and not self.endpoints)

    @property
    def registry_id(self) -> Optional[str]:
        """The registry of the containers' images, by id. None if the settings name none."""
        return getattr(self.block, "registry_id", None)

    @property
    def container_delegation(self) -> Optional[str]:
        """The service that the containers subnet is delegated to. None for targets without containers."""
        return TARGETS[self.target].delegation

    @property
    def pod_cidr(self) -> Optional[str]:
        """The pods' address range of a new cluster with `pod_network: overlay`, else None."""
        if self.aks is None or self.aks.adopted or self.aks.pod_network is not PodNetwork.OVERLAY:
            return None
        return self.aks.pod_cidr

    @check
    def _blocks_go_with_the_target(self) -> Iterator[Violation]:
        for target in InferenceTarget:
            field = target.value
            if field not in type(self).model_fields:
                continue
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
        if self.endpoints and not TARGETS[self.target].has_endpoints:
            yield Violation(
                ("endpoints",),
                None,
                f"endpoints are given, but target is '{self.target}'",
                f"Leave them out: callers use the apps in {self.target}.apps",
            )

    @check
    def _endpoints_have_names_of_their_own(self) -> Iterator[Violation]:
        yield from duplicate_names(self.endpoints, ("endpoints",), "endpoint")
