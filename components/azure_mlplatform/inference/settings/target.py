"""What every inference target answers, so that checks need not know the targets."""

from abc import abstractmethod
from enum import StrEnum
from typing import NamedTuple, Optional

from ...foundation.profiles import Profile
from ...foundation.values import nearest
from ...foundation.violations import rule_error
from ...network.settings import DELEGATIONS, SubnetRole
from ...parts.settings.part import PartSettings


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


def target_name(value: str) -> str:
    """The name of a target. For lists: the host of other languages reads no list of enums."""
    if value not in list(InferenceTarget):
        raise rule_error(
            f"'{value}' is not a target{nearest(value, InferenceTarget)}", f"Allowed: {', '.join(InferenceTarget)}"
        )
    return value


class Target(NamedTuple):
    """The properties of a target."""

    subnet_role: Optional[SubnetRole] = None
    """The subnet that it runs in. None: Azure runs it in a network of its own."""

    own_subnet: Optional[SubnetRole] = None
    """The subnet that it runs in instead, if the settings give one: beside another target, which has the first one.
    None: it shares its subnet with no other target."""

    works_without_network: bool = False
    """Whether it can run without a network."""

    has_endpoints: bool = False
    """Whether models are served by `inference.endpoints`, which need a workspace. If not, callers use its apps."""

    pulls_images: bool = False
    """Whether it pulls the models' images from a registry itself. Its settings then have `registry_id` and `apps`."""

    @property
    def delegation(self) -> Optional[str]:
        """The service that its subnet is delegated to. None: the subnet is not delegated."""
        return DELEGATIONS[self.own_subnet] if self.own_subnet else None


class TargetSettings(PartSettings):
    """The settings of a target, in the field of `inference` with the target's name."""

    @property
    def adopted(self) -> bool:
        """Whether others run it, in their own subnet. Default: no."""
        return False

    @abstractmethod
    def addresses(self, profile: Profile) -> int:
        """The maximum number of subnet addresses in use."""

    @abstractmethod
    def addresses_in_words(self, profile: Profile) -> str:
        """What takes the addresses, for a message."""
