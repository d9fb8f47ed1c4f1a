"""Settings of App Service for containers: a plan, and web apps with a slot for the next release."""

from collections.abc import Iterator
from enum import StrEnum
from typing import Optional, Self

from pydantic import Field

from ...catalogue.private_link import PrivateService
from ...foundation.duplicates import duplicate_names
from ...foundation.model import check
from ...foundation.profiles import Profile
from ...foundation.rules import field_rule
from ...foundation.violations import Violation
from ...parts.settings.zones import AvailabilityZones
from ..settings.container import ServedByContainer, registry_rule
from ..settings.target import TargetSettings


class PlanSku(StrEnum):
    """The size of an instance: vCPUs and GiB ("App Service pricing"). All sizes support slots, private endpoints,
    network integration and Always On. Smaller plans lack one of these."""

    P0V3 = "P0v3"
    """1 vCPU and 4 GiB."""

    P1V3 = "P1v3"
    """2 vCPUs and 8 GiB."""

    P2V3 = "P2v3"
    """4 vCPUs and 16 GiB."""

    P3V3 = "P3v3"
    """8 vCPUs and 32 GiB."""

    P1MV3 = "P1mv3"
    """2 vCPUs and 16 GiB."""

    P2MV3 = "P2mv3"
    """4 vCPUs and 32 GiB."""

    P3MV3 = "P3mv3"
    """8 vCPUs and 64 GiB."""

    P4MV3 = "P4mv3"
    """16 vCPUs and 128 GiB."""

    P5MV3 = "P5mv3"
    """32 vCPUs and 256 GiB."""


class WebAppSettings(ServedByContainer):
    """A web app. Production answers calls. The next release warms up in the slot `green`, then the two are swapped."""

    start_seconds: int = Field(default=600, ge=60, le=1800)
    """The time limit for a container to start and load its model, in seconds. Default: 600."""


class AppServiceSettings(TargetSettings):
    """The plan and its web apps."""

    sku: PlanSku = PlanSku.P1V3
    """The size of an instance. All apps and both their slots share the instances. Default: `P1v3`."""

    instances: Optional[int] = Field(default=None, ge=1, le=30)
    """The number of instances, at least 2 if the environment is spread over zones. Default: 3 if the environment is
    highly available, else 1."""

    registry_id: Optional[str] = Field(default=None, examples=["/subscriptions/…/registries/crmodels"])
    """The registry of the images, by id. Default: the workspace's registry."""

    apps: list[WebAppSettings] = Field(min_length=1)
    """The web apps."""

    _registry = field_rule(registry_rule, "registry_id")

    def count(self, *, highly_available: bool) -> int:
        """The number of instances."""
        return self.instances or (3 if highly_available else 1)

    @check
    def _apps_have_names_of_their_own(self) -> Iterator[Violation]:
        yield from duplicate_names(self.apps, ("apps",), "app")

    @property
    def private_services(self) -> list[PrivateService]:
        """An entry for each app. It covers the app's slot too."""
        return [PrivateService.WEB_APP] * len(self.apps)

    @property
    def zone_redundant_parts(self) -> list[str]:
        """The plan."""
        return ["the App Service plan"]

    def at_rest(self) -> Self:
        """The same plan with the fewest instances that Azure allows: one."""
        return self.model_copy(update={"instances": 1})

    @property
    def costs_at_rest(self) -> list[str]:
        """The plan, which costs whether its apps run or not."""
        return ["one instance of the App Service plan, until the plan is deleted"]

    def zone_violations(self, zones: AvailabilityZones) -> Iterator[Violation]:
        """A violation if there is one instance, but the environment is spread over zones."""
        yield from super().zone_violations(zones)
        if zones.profile.zone_redundant and self.instances == 1:
            yield Violation(
                ("instances",),
                self.instances,
                "one instance cannot be spread over availability zones",
                "Set instances: 2 or more, or leave it out",
            )

    def addresses(self, profile: Profile) -> int:
        """The maximum number of subnet addresses in use: one for each instance, and twice that during scaling."""
        return 2 * self.count(highly_available=profile.highly_available)

    def addresses_in_words(self, profile: Profile) -> str:
        """What takes the addresses, for a message."""
        return "two for each instance, which takes both while it scales"
