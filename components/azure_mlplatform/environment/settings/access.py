"""The access of people, always through Entra groups, and of pipelines."""

import datetime
from collections.abc import Iterator

from pydantic import Field

from ...foundation.duplicates import duplicate_values
from ...foundation.model import check
from ...foundation.profiles import PROFILES, Environment
from ...foundation.rules import field_rule
from ...foundation.values import guid
from ...foundation.violations import Path, Violation
from ...parts.settings.part import PartSettings
from ...parts.settings.trust import FederatedCredential, GitHubIds, TrustSettings, github_environment

__all__ = ["AccessSettings", "FederatedCredential", "GitHubIds", "WorkloadIdentitySettings"]


class AccessSettings(PartSettings):
    """Entra groups for each kind of access, by object id. Individuals are never named."""

    readers: list[str] = Field(default_factory=list, examples=[["00000000-0000-0000-0000-000000000001"]])
    """Groups that may see the resources and their metrics, but no data and no secrets."""

    data_scientists: list[str] = Field(default_factory=list, examples=[["00000000-0000-0000-0000-000000000002"]])
    """Groups that may work in the environment, such as call its AI services. Refused in test and prod."""

    _ids = field_rule(guid, "readers", "data_scientists")

    @property
    def groups(self) -> list[tuple[Path, str]]:
        """Every group with its place."""
        fields = {"readers": self.readers, "data_scientists": self.data_scientists}
        return [((field, index), each) for field, ids in fields.items() for index, each in enumerate(ids)]

    @check
    def _groups_stand_once(self) -> Iterator[Violation]:
        for field in ("readers", "data_scientists"):
            yield from duplicate_values(getattr(self, field), (field,))

    def profile_violations(self, environment: Environment) -> Iterator[Violation]:
        """A violation for each list of groups that this kind of environment does not allow."""
        may_grant = PROFILES[environment].may_grant
        for field in type(self).model_fields:
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
        yield from self.trust_violations(environment, [github_environment(environment)])

    def notices_on(self, today: datetime.date) -> Iterator[str]:
        """Says that GitHub's trust moves, and what `TrustSettings` says."""
        if self.trusts_github:
            yield (
                "workload_identity trusts GitHub: from the next release on, pipelines act as the identities that "
                "deploy and release instead, which are made beside the environment (docs/access.md)"
            )
        yield from super().notices_on(today)
