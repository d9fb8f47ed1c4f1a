"""The settings of a landing: the place of one environment, and who deploys and releases there."""

import datetime
from collections.abc import Iterator
from typing import Optional

from pydantic import Field

from ..catalogue.regions import region
from ..environment.checks import kind
from ..environment.settings.budget import BudgetSettings
from ..foundation.duplicates import ids_of_others
from ..foundation.environment_names import group_name
from ..foundation.model import check
from ..foundation.profiles import PROFILES, Environment, Profile
from ..foundation.project import ProjectSettings
from ..foundation.rules import field_rule, known_to_owner
from ..foundation.tags import tag_violations
from ..foundation.values import date, guid
from ..foundation.violations import Violation, prefixed
from ..parts.settings.break_glass import BreakGlass
from ..parts.settings.part import PartSettings
from ..parts.settings.retirement import Retirement
from ..parts.settings.trust import TrustSettings, github_environment


class LandingSettings(PartSettings):
    """The settings of the place of one environment, which the platform team makes before the project's own stack."""

    project: ProjectSettings
    """The project of the environment. It is in Pulumi.yaml, as in the project's own stack."""

    environment: Environment
    """`sandbox`, `dev`, `test` or `prod`. It decides what is needed, allowed and protected (docs/landing.md)."""

    location: str = Field(examples=["westeurope"])
    """The Azure region of the groups and of the identities."""

    subscription_id: str = Field(examples=["00000000-0000-0000-0000-000000000001"])
    """The subscription of the environment. It cannot change."""

    tenant_id: str = Field(examples=["00000000-0000-0000-0000-000000000002"])
    """The Entra tenant of the subscription."""

    deploy: Optional[TrustSettings] = None
    """The pipelines that may deploy the environment: they run `pulumi`. A sandbox has none: the platform team deploys
    it. Needed elsewhere."""

    release: Optional[TrustSettings] = None
    """The pipelines that may release models: they submit jobs, register and deploy. A sandbox has none. Needed
    elsewhere."""

    rights: Optional[str] = Field(default=None, min_length=1, max_length=512, examples=["../rights.dev.json"])
    """The file with the rights that the project's own stack takes, as `mlplatform rights <stack> --json` prints them
    and somebody has reviewed them. Relative to the folder of Pulumi.yaml. Default: `../rights.<environment>.json`."""

    budget: Optional[BudgetSettings] = None
    """The monthly budget of the environment's group. A sandbox needs one. Default elsewhere: none."""

    tags: dict[str, str] = Field(default_factory=dict, examples=[{"criticality": "low"}])
    """Tags of this environment. They are added to the project's tags and override them."""

    stack_name_reason: Optional[str] = Field(
        default=None, min_length=10, examples=["The trial of the prod pipeline, ML-77"]
    )
    """The reason why the name of the stack has the word of another kind of environment, as `prod` with
    `environment: dev`: at least 10 characters. Default: such a stack is refused."""

    expires_on: Optional[str] = Field(default=None, examples=["2026-12-31"])
    """The day from which the environment counts as expired. A sandbox needs one. Default elsewhere: none."""

    break_glass: Optional[BreakGlass] = None
    """Lets a person deploy a landing of prod, for some days and with a reason. Default: only pipelines deploy it."""

    retire: Optional[Retirement] = None
    """Takes the roles from the identities and removes protection, so that `pulumi destroy` can delete the groups with
    all that is in them. Retire and destroy the project's own stack first."""

    _region = field_rule(region, "location")
    _guids = field_rule(guid, "subscription_id", "tenant_id")
    _date = field_rule(date, "expires_on")
    _own_file = known_to_owner("<file of reviewed rights>", "rights")

    @property
    def profile(self) -> Profile:
        """The requirements and permissions of this kind of environment."""
        return PROFILES[self.environment]

    @property
    def group_name(self) -> str:
        """The environment's resource group, which the project's own stack adopts by its id."""
        return group_name(self.project, self.environment)

    @property
    def group_id(self) -> str:
        """The id of the environment's resource group."""
        return f"/subscriptions/{self.subscription_id}/resourceGroups/{self.group_name}"

    @property
    def rights_file(self) -> str:
        """The file with the reviewed rights, relative to the folder of Pulumi.yaml."""
        return self.rights or f"../rights.{self.environment}.json"

    @check
    def _has_what_its_kind_needs(self) -> Iterator[Violation]:
        yield from kind.has_its_bounds(self.environment, self.budget, self.expires_on)

    @check
    def _has_the_identities_of_its_kind(self) -> Iterator[Violation]:
        for field in ("deploy", "release"):
            given = getattr(self, field) is not None
            if self.profile.has_ci_identities and not given:
                yield kind.needed(
                    self.environment, field, f"{field}: {{github_repository: <organisation>/<repository>}}"
                )
            elif given and not self.profile.has_ci_identities:
                yield Violation(
                    (field,),
                    None,
                    f"a {self.environment} has no {field} identity: it is never promoted, and the platform deploys it",
                    "Remove it",
                )

    @check
    def _sandboxes_take_no_rights(self) -> Iterator[Violation]:
        if self.rights is not None and not self.profile.has_ci_identities:
            yield Violation(("rights",), self.rights, f"a {self.environment} has no deploy identity", "Remove it")

    @check
    def _somebody_is_trusted(self) -> Iterator[Violation]:
        for field in ("deploy", "release"):
            trust: Optional[TrustSettings] = getattr(self, field)
            if trust is not None and trust.github_repository is None and not trust.federated_credentials:
                yield Violation(
                    (field,),
                    None,
                    f"nobody may act as the {field} identity",
                    "Give github_repository: <organisation>/<repository>, or federated_credentials",
                )

    @check
    def _a_token_belongs_to_one_identity(self) -> Iterator[Violation]:
        if self.deploy is None or self.release is None:
            return
        deploying = self.deploy.credentials(github_environment(self.environment, self.project.name)).values()
        taken = {(each.issuer, each.subject) for each in deploying}
        for index, each in enumerate(self.release.federated_credentials):
            if (each.issuer, each.subject) in taken:
                yield Violation(
                    ("release", "federated_credentials", index, "subject"),
                    each.subject,
                    f"'{each.subject}' is trusted by the deploy identity: a release could then change what it runs on",
                    "Use the subject of another service connection, or of the GitHub environment "
                    f"{github_environment(self.environment, self.project.name, release=True)}",
                )

    @check
    def _has_a_cost_code(self) -> Iterator[Violation]:
        yield from prefixed(("project",), self.project.violations_in(self.environment))

    @check
    def _trust_fits_the_profile(self) -> Iterator[Violation]:
        yield from self.profile_violations(self.environment)

    @check
    def _tenant_is_no_subscription(self) -> Iterator[Violation]:
        yield from ids_of_others([(("tenant_id",), self.tenant_id)], {"the subscription": self.subscription_id})

    @check
    def _tags_are_legal(self) -> Iterator[Violation]:
        yield from tag_violations(self.tags, ("tags",))

    def profile_violations(self, environment: Environment) -> Iterator[Violation]:
        """Violations of what each identity may trust, as its own GitHub environment; and of the other settings."""
        if self.break_glass is not None:
            yield from prefixed(("break_glass",), self.break_glass.profile_violations(environment))
        for field, release in (("deploy", False), ("release", True)):
            trust: Optional[TrustSettings] = getattr(self, field)
            if trust is not None:
                own = github_environment(environment, self.project.name, release=release)
                yield from prefixed((field,), trust.trust_violations(environment, [own]))

    def violations_on(self, today: datetime.date) -> Iterator[Violation]:
        """Violations on a day: a life that is too long. None if `retire` is set.

        A landing that has expired stays: it is what ends the environment.
        """
        if self.retire is not None:
            return
        if self.expires_on is not None:
            yield from kind.lives_too_long(self.environment, self.expires_on, today)
        yield from super().violations_on(today)
