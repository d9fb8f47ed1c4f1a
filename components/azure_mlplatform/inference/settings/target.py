"""The settings that every inference target has, so that checks need not know the targets."""

from abc import abstractmethod
from typing import ClassVar, Optional

from ...foundation.profiles import Profile
from ...network.settings import SubnetRole
from ...parts.settings.part import PartSettings


class TargetSettings(PartSettings):
    """The settings of a target that has a block of its own, such as `inference.aks`."""

    subnet_role: ClassVar[SubnetRole]
    """The subnet that it runs in."""

    delegation: ClassVar[Optional[str]] = None
    """The service that the subnet is delegated to. None: the subnet is not delegated."""

    works_without_network: ClassVar[bool] = False
    """Whether it can run without a network."""

    has_endpoints: ClassVar[bool] = False
    """Whether models are served by `inference.endpoints`. If not, callers use its apps."""

    pulls_images: ClassVar[bool] = False
    """Whether it pulls the models' images from a registry itself. It then has `registry_id`."""

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
