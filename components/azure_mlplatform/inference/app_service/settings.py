"""App Service for containers: a plan, and web apps with a slot for the next release."""

from collections.abc import Iterator
from enum import StrEnum
from typing import Optional

from pydantic import Field

from ...catalogue.private_link import PrivateService
from ...foundation.duplicates import duplicate_names
from ...foundation.model import check
from ...foundation.profiles import PROFILES, Environment
from ...foundation.rules import field_rule
from ...foundation.violations import Violation
from ...parts.settings.part import PartSettings
from ..settings.container import ServedByContainer, registry_rule


class PlanSku(StrEnum):
    """The size of an instance: vCPUs and GiB ("App Service pricing"). All have slots, private endpoints, a way into a
    network and always on; smaller plans lack one of them."""

    P0V3 = "P0v3"
    """1 and 4."""

    P1V3 = "P1v3"
    """2 and 8."""

    P2V3 = "P2v3"
    """4 and 16."""

    P3V3 = "P3v3"
    """8 and 32."""

    P1MV3 = "P1mv3"
    """2 and 16."""

    P2MV3 = "P2mv3"
    """4 and 32."""

    P3MV3 = "P3mv3"
    """8 and 64."""

    P4MV3 = "P4mv3"
    """16 and 128."""

    P5MV3 = "P5mv3"
    """32 and 256."""


class WebAppSettings(ServedByContainer):
    """A web app: production, which answers, and the slot `green`, where the next release warms up before they swap."""

    start_seconds: int = Field(default=600, ge=60, le=1800)
    """For how long a container may load its model before App Service gives it up, in seconds. Left out: 600."""


class AppServiceSettings(PartSettings):
    """The plan and its web apps."""

    sku: PlanSku = PlanSku.P1V3
    """The size of an instance. Left out: `P1v3`. Both slots of all apps share the instances."""

    instances: Optional[int] = Field(default=None, ge=1, le=30)
    """How many instances. Left out: 3 where the environment is highly available, else 1. Spread over zones, at least
    2."""

    registry_id: Optional[str] = Field(default=None, examples=["/subscriptions/…/registries/crmodels"])
    """The registry of the images, by id. Left out, the workspace's."""

    apps: list[WebAppSettings] = Field(min_length=1)
    """The web apps."""

    _registry = field_rule(registry_rule, "registry_id")

    def count(self, *, highly_available: bool) -> int:
        """How many instances there are."""
        return self.instances or (3 if highly_available else 1)

    @check
    def _apps_have_names_of_their_own(self) -> Iterator[Violation]:
        yield from duplicate_names(self.apps, ("apps",), "app")

    @property
    def private_services(self) -> list[PrivateService]:
        """What has private endpoints: each app, with its slot."""
        return [PrivateService.WEB_APP] * len(self.apps)

    def profile_violations(self, environment: Environment) -> Iterator[Violation]:
        """What this kind of environment does not allow: one instance where there are to be several zones."""
        if PROFILES[environment].zone_redundant and self.instances == 1:
            yield Violation(
                ("instances",),
                self.instances,
                "one instance cannot be spread over availability zones",
                "Set instances: 2 or more, or leave it out",
            )

    def addresses(self, *, highly_available: bool) -> int:
        """Addresses of the subnet it takes at most: one an instance, and twice that while it is scaled."""
        return 2 * self.count(highly_available=highly_available)
