"""What every inference target answers, so that checks need not know the targets."""

from abc import abstractmethod
from typing import NamedTuple, Optional

from ...foundation.profiles import Profile
from ...network.settings import SubnetRole
from ...parts.settings.part import PartSettings


class Target(NamedTuple):
    """The properties of a target."""

    subnet_role: Optional[SubnetRole] = None
    """The subnet that it runs in. None: Azure runs it in a network of its own."""

    delegation: Optional[str] = None
    """The service that the subnet is delegated to. None: the subnet is not delegated."""

    works_without_network: bool = False
    """Whether it can run without a network."""

    has_endpoints: bool = False
    """Whether models are served by `inference.endpoints`, which need a workspace. If not, callers use its apps."""

    pulls_images: bool = False
    """Whether it pulls the models' images from a registry itself. Its settings then have `registry_id`."""


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
