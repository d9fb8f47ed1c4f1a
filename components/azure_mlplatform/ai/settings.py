"""The settings of the data product's own Azure AI (Cognitive) Services."""

import datetime
from collections.abc import Iterator
from enum import StrEnum
from typing import Optional

from pydantic import Field

from ..catalogue.ai_kinds import AI_KINDS, AIServiceKind
from ..catalogue.lifecycle import Lifecycle, ended, ending
from ..catalogue.models import READ, model_lifecycle
from ..catalogue.private_link import PrivateService
from ..foundation.duplicates import duplicate_names
from ..foundation.model import Settings, check
from ..foundation.naming import SHORT_NAME
from ..foundation.rules import known_to_owner
from ..foundation.violations import Violation
from ..parts.settings.part import PartSettings


class DeploymentSku(StrEnum):
    """The way a model's capacity is bought ("Deployment types for Azure AI Foundry Models")."""

    STANDARD = "Standard"
    GLOBAL_STANDARD = "GlobalStandard"
    DATA_ZONE_STANDARD = "DataZoneStandard"
    PROVISIONED_MANAGED = "ProvisionedManaged"
    GLOBAL_PROVISIONED_MANAGED = "GlobalProvisionedManaged"
    DATA_ZONE_PROVISIONED_MANAGED = "DataZoneProvisionedManaged"
    GLOBAL_BATCH = "GlobalBatch"
    DATA_ZONE_BATCH = "DataZoneBatch"


_UPDATED = (DeploymentSku.STANDARD, DeploymentSku.GLOBAL_STANDARD, DeploymentSku.DATA_ZONE_STANDARD)
"""The deployment types with automatic updates."""


class VersionUpgrade(StrEnum):
    """When the service may replace a deployment's model version with a newer one."""

    NO_AUTO_UPGRADE = "NoAutoUpgrade"
    ONCE_NEW_DEFAULT = "OnceNewDefaultVersionAvailable"
    ONCE_EXPIRED = "OnceCurrentVersionExpired"


_NAME_WHAT_RUNS = (
    "If the service has moved a deployment that exists, name the model and version that it runs now: "
    "az cognitiveservices account deployment list"
)


class ModelDeployment(Settings):
    """A model that an account serves."""

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}[A-Za-z0-9]$", examples=["chat"])
    """The name that callers use: 2 to 64 letters, digits, `_`, `.` and `-`."""

    model: str = Field(min_length=1, examples=["gpt-5.4"])
    """The model's name in the service's catalogue."""

    version: str = Field(min_length=1, examples=["2026-03-05"])
    """The model's version. Only a newer one in the settings or `version_upgrade` changes it: if the service has moved
    the deployment to a newer one, that one stands, and a warning says so."""

    format: str = Field(default="OpenAI", min_length=1)
    """The model's format, which names its provider. Default: `OpenAI`."""

    sku: DeploymentSku = DeploymentSku.STANDARD
    """The way capacity is bought. Default: `Standard`, which keeps the data in the account's region."""

    capacity: int = Field(default=10, ge=1, le=100000)
    """Thousands of tokens per minute, or provisioned units with a provisioned sku. Default: 10."""

    version_upgrade: VersionUpgrade = VersionUpgrade.ONCE_EXPIRED
    """When the service may move to a newer version. Default: when the pinned one is retired."""

    content_filter: Optional[str] = Field(default=None, examples=["Microsoft.DefaultV2"])
    """The content filter (RAI policy), by name. Default: the service's own default."""

    @property
    def title(self) -> str:
        """The model as people name it, with its version and sku."""
        return f"{self.model} {self.version} {self.sku}"

    @property
    def moves(self) -> bool:
        """Whether the service may replace the model while it runs: with an automatic update, and by the token only
        ("Working with models", read 2026-11-28)."""
        return self.version_upgrade is not VersionUpgrade.NO_AUTO_UPGRADE and self.sku in _UPDATED

    @property
    def lifecycle(self) -> Optional[Lifecycle]:
        """Its end, or None if the catalogue does not have it."""
        return model_lifecycle(self.model, self.version, self.sku)


class AIServiceSettings(PartSettings):
    """One account. It is reached through its private endpoint and accepts Entra sign-in only."""

    name: str = Field(pattern=f"^{SHORT_NAME}$", min_length=2, max_length=20, examples=["assistant"])
    """Its name in the project, unique in the environment: 2 to 20 lower-case letters, digits and single
    hyphens, starting with a letter. Part of the account's name and address."""

    kind: AIServiceKind
    """The kind of service."""

    sku: Optional[str] = Field(default=None, examples=["S0"])
    """The sku. Default: the paid sku of the kind. Free skus support no private endpoint."""

    deployments: list[ModelDeployment] = Field(default_factory=list)
    """The models that it serves, with the kinds `OpenAI` and `AIServices` only."""

    allowed_fqdns: list[str] = Field(default_factory=list, examples=[["churnstorage.blob.core.windows.net"]])
    """Host names that the service itself may call. Default: none."""

    _own_hosts = known_to_owner("<host>.<domain>", "allowed_fqdns")

    restore: bool = False
    """Whether to bring back a deleted account. Azure holds the name of a deleted account for 48 hours and refuses a new
    one with it. Set it for the deployment that puts the service back, then leave it out again. Default: no."""

    @property
    def sku_name(self) -> str:
        """The given sku, or the kind's default."""
        return self.sku or AI_KINDS[self.kind].skus[0]

    @property
    def private_service(self) -> PrivateService:
        """The target of its private endpoint."""
        return AI_KINDS[self.kind].private_service

    @property
    def private_services(self) -> list[PrivateService]:
        """The services with a private endpoint: the account."""
        return [self.private_service]

    @property
    def costs_at_rest(self) -> list[str]:
        """Each model with provisioned units, which cost by the hour."""
        return [
            f"the provisioned units of '{each.name}' of AI service '{self.name}', until the deployment is deleted"
            for each in self.deployments
            if "Provisioned" in each.sku
        ]

    def private_violations(self) -> Iterator[Violation]:
        """A violation if the sku is free and supports no private endpoint."""
        if self.sku_name.startswith("F"):
            yield Violation(
                ("sku",),
                self.sku,
                f"the free sku {self.sku_name} supports no private endpoint",
                "Leave sku out to get the paid one",
            )

    def violations_on(self, today: datetime.date) -> Iterator[Violation]:
        """Violations if the kind or a model is retired."""
        yield from ended(("kind",), self.kind, f"the service {self.kind}", AI_KINDS[self.kind].lifecycle, today)
        for number, each in enumerate(self.deployments):
            path = ("deployments", number, "version")
            for violation in ended(path, each.version, f"model {each.title}", each.lifecycle, today):
                yield violation._replace(fix=f"{violation.fix}. {_NAME_WHAT_RUNS}") if each.moves else violation

    def notices_on(self, today: datetime.date) -> Iterator[str]:
        """Notices if the kind or a model ends soon, or if nobody knows when a model ends."""
        yield from ending(f"AI service {self.name}: {self.kind}", AI_KINDS[self.kind].lifecycle, today)
        for each in self.deployments:
            label = f"AI service {self.name}: model {each.title}"
            if each.lifecycle is None:
                yield f"{label} is not in the catalogue of {READ}: nothing here says when it retires"
            yield from ending(label, each.lifecycle, today)

    @check
    def _sku_is_of_the_kind(self) -> Iterator[Violation]:
        allowed = AI_KINDS[self.kind].skus
        if self.sku is not None and self.sku not in allowed:
            yield Violation(
                ("sku",),
                self.sku,
                f"a {self.kind} account has no sku '{self.sku}'",
                f"Allowed: {', '.join(allowed)}",
            )

    @check
    def _kind_deploys_models(self) -> Iterator[Violation]:
        if self.deployments and not AI_KINDS[self.kind].deploys_models:
            able = ", ".join(kind.value for kind, facts in AI_KINDS.items() if facts.deploys_models)
            yield Violation(
                ("deployments",),
                None,
                f"a {self.kind} account serves no models",
                f"Remove it, or set kind to one of: {able}",
            )

    @check
    def _deployments_have_names_of_their_own(self) -> Iterator[Violation]:
        yield from duplicate_names(self.deployments, ("deployments",), "deployment")
