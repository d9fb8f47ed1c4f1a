"""The access of people, always through Entra groups, and of pipelines."""

import datetime
from collections.abc import Iterator
from typing import Optional

from pydantic import Field

from ...foundation.custom_roles import CustomRolesFrom
from ...foundation.duplicates import duplicate_values
from ...foundation.model import check
from ...foundation.profiles import PROFILES, Environment, environments_where
from ...foundation.rules import field_rule
from ...foundation.values import arm_id, guid
from ...foundation.violations import Path, Violation
from ...parts.settings.part import PartSettings
from ...parts.settings.trust import FederatedCredential, GitHubIds, TrustSettings

__all__ = ["AccessSettings", "FederatedCredential", "GitHubIds", "WorkloadIdentitySettings"]


_GROUP = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-customer-360-churn-dev-ci"

GROUPS = ("readers", "data_scientists", "admins")
"""The fields that name groups of people."""


class AccessSettings(PartSettings):
    """Who may do what: Entra groups by object id, and the identity that releases. Individuals are never named. The
    whole model stands in docs/access.md."""

    readers: list[str] = Field(default_factory=list, examples=[["00000000-0000-0000-0000-000000000001"]])
    """Groups that may see the resources, their settings and metrics: no data, no logs, no keys. Names, tags, and what
    jobs and models say of themselves are seen."""

    data_scientists: list[str] = Field(default_factory=list, examples=[["00000000-0000-0000-0000-000000000002"]])
    """Groups that may work in the environment, such as call its AI services. Refused in test and prod."""

    admins: list[str] = Field(default_factory=list, examples=[["00000000-0000-0000-0000-000000000003"]])
    """Groups that may do what data scientists may, and start, stop and remove computes of the workspace. Refused in
    test and prod. No group of `data_scientists`."""

    release_identity_id: Optional[str] = Field(
        default=None,
        examples=[
            f"{_GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-churn-release-dev",
        ],
    )
    """The identity whose pipelines release models, by id; landing makes it. It may submit jobs, register and deploy
    models and shift traffic in the workspace, and write its storage's blobs. In dev it also clears away. Refused in a
    sandbox. Default: none, so no pipeline may release."""

    custom_roles: CustomRolesFrom = CustomRolesFrom.OWN
    """Who makes the definitions of the library's own roles. `shared`: the platform team's stack of what is shared,
    which must exist first; whoever deploys then needs no right to define roles. Default: `own`, in the resource
    group."""

    _ids = field_rule(guid, *GROUPS)
    _identity = field_rule(arm_id("Microsoft.ManagedIdentity/userAssignedIdentities"), "release_identity_id")

    @property
    def groups(self) -> list[tuple[Path, str]]:
        """Every group with its place."""
        fields = {each: getattr(self, each) for each in GROUPS}
        return [((field, index), each) for field, ids in fields.items() for index, each in enumerate(ids)]

    @property
    def workers(self) -> list[str]:
        """The groups that work in the environment."""
        return [*self.data_scientists, *self.admins]

    @check
    def _admins_are_no_data_scientists(self) -> Iterator[Violation]:
        for index, each in enumerate(self.admins):
            if each in self.data_scientists:
                yield Violation(
                    ("admins", index),
                    each,
                    f"'{each}' is a group of data_scientists too, and admins may do what these may",
                    "Name it in one of them",
                )

    @check
    def _groups_stand_once(self) -> Iterator[Violation]:
        for field in GROUPS:
            yield from duplicate_values(getattr(self, field), (field,))

    def profile_violations(self, environment: Environment) -> Iterator[Violation]:
        """A violation for each list of groups that this kind of environment does not allow, and for an identity that
        releases where nothing is released."""
        if self.release_identity_id is not None and not PROFILES[environment].has_ci_identities:
            yield Violation(
                ("release_identity_id",),
                self.release_identity_id,
                f"nothing is released in a {environment} environment",
                f"Remove it. Allowed: in {environments_where('has_ci_identities')}",
            )
        may_grant = PROFILES[environment].may_grant
        for field in GROUPS:
            if getattr(self, field) and field not in may_grant:
                yield Violation(
                    (field,),
                    None,
                    f"in a {environment} environment no individual has access, so {field} is not allowed",
                    f"Remove it. Allowed: {', '.join(sorted(may_grant))}",
                )


class WorkloadIdentitySettings(TrustSettings):
    """The pipelines that may act as the environment's workload identity, which is what running workloads act as.

    Trust in GitHub moves to the identities that deploy and release (docs/access.md).
    """

    def profile_violations(self, environment: Environment) -> Iterator[Violation]:
        """Violations of what this kind of environment may trust."""
        yield from self.trust_violations(environment, [environment.value])

    def notices_on(self, today: datetime.date) -> Iterator[str]:
        """Says that GitHub's trust moves, and what `TrustSettings` says."""
        if self.trusts_github:
            yield (
                "workload_identity trusts GitHub: from the next release on, pipelines act as the identities that "
                "deploy and release instead, which are made beside the environment (docs/access.md)"
            )
        yield from super().notices_on(today)
