"""The access of people, always through Entra groups, and of pipelines."""

from collections.abc import Iterator
from typing import Optional

from pydantic import Field

from ...foundation.duplicates import duplicate_names, duplicate_values
from ...foundation.model import Settings, check
from ...foundation.profiles import PROFILES, Environment
from ...foundation.rules import field_rule
from ...foundation.values import guid, https_url
from ...foundation.violations import Violation
from ...parts.settings.part import PartSettings


class AccessSettings(PartSettings):
    """Entra groups for each kind of access, by object id. Individuals are never named."""

    readers: list[str] = Field(default_factory=list, examples=[["00000000-0000-0000-0000-000000000001"]])
    """Groups that may see the resources and their metrics, but no data and no secrets."""

    data_scientists: list[str] = Field(default_factory=list, examples=[["00000000-0000-0000-0000-000000000002"]])
    """Groups that may work in the environment, such as call its AI services. Refused in test and prod."""

    _ids = field_rule(guid, "readers", "data_scientists")

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


MOST_CREDENTIALS = 20
"""The maximum number of federated credentials on an identity ("Considerations for federated identity credentials")."""


class FederatedCredential(Settings):
    """Trust in the tokens of another issuer, in place of a secret."""

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{2,119}$", examples=["github-dev"])
    """Its name on the identity: 3 to 120 letters, digits, `_` and `-`."""

    issuer: str = Field(examples=["https://vstoken.dev.azure.com/00000000-0000-0000-0000-000000000001"])
    """The issuer of the token. For Azure DevOps, the service connection shows it."""

    subject: str = Field(min_length=1, examples=["sc://example/churn/dev"])
    """The subject of the token. For Azure DevOps, the service connection shows it."""

    audience: str = Field(default="api://AzureADTokenExchange", min_length=1)
    """The audience of the token. Default: Entra ID's token exchange."""

    _url = field_rule(https_url, "issuer")


class WorkloadIdentitySettings(PartSettings):
    """The pipelines that may act as the environment's workload identity."""

    github_repository: Optional[str] = Field(
        default=None, pattern=r"^[A-Za-z0-9][A-Za-z0-9-]*/[A-Za-z0-9._-]+$", examples=["example/churn"]
    )
    """`organisation/repository`. Its jobs in the GitHub environment with this environment's name may act as the
    identity. Default: none may."""

    federated_credentials: list[FederatedCredential] = Field(default_factory=list)
    """Other token issuers, such as Azure DevOps."""

    @check
    def _credentials_have_names_of_their_own(self) -> Iterator[Violation]:
        yield from duplicate_names(self.federated_credentials, ("federated_credentials",), "federated credential")

    @check
    def _not_too_many(self) -> Iterator[Violation]:
        count = len(self.federated_credentials) + (self.github_repository is not None)
        if count > MOST_CREDENTIALS:
            yield Violation(
                ("federated_credentials",),
                count,
                f"{count} federated credentials are too many for one identity",
                f"Allowed: up to {MOST_CREDENTIALS}",
            )

    def profile_violations(self, environment: Environment) -> Iterator[Violation]:
        """A violation for each credential with the name of the one that `github_repository` makes."""
        if self.github_repository is None:
            return
        taken = ("github", f"github-{environment}")
        for index, credential in enumerate(self.federated_credentials):
            if credential.name.lower() in taken:
                yield Violation(
                    ("federated_credentials", index, "name"),
                    credential.name,
                    f"'{credential.name}' is the name of the credential that github_repository makes",
                    "Give it another name",
                )
