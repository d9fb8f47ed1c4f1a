"""The access of people, always through Entra groups, and of pipelines."""

import datetime
import hashlib
from collections.abc import Iterator
from typing import Optional

from pydantic import Field

from ...foundation.duplicates import duplicate_names, duplicate_values
from ...foundation.model import Settings, check
from ...foundation.profiles import PROFILES, Environment
from ...foundation.rules import field_rule, known_to_owner, stands_for
from ...foundation.values import guid, https_url
from ...foundation.violations import Path, Violation
from ...parts.settings.part import PartSettings


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

    _url = field_rule(stands_for("https://<issuer>")(https_url), "issuer")
    _own_subject = known_to_owner("<subject>", "subject")

    @property
    def digest(self) -> str:
        """Eight digits of its issuer and subject, which tell it from every other credential."""
        return hashlib.sha256(f"{self.issuer} {self.subject}".encode()).hexdigest()[:8]


GITHUB = "https://token.actions.githubusercontent.com"
"""The issuer of the tokens of GitHub Actions."""

IMMUTABLE_SINCE = datetime.date(2026, 7, 15)
"""The day since which a repository that is made, renamed or transferred has its ids in the subject of its tokens
("Immutable subject claims", GitHub; Azure/azure-dev#9382, Azure/login#635, read 2026-11-28)."""


class GitHubIds(Settings):
    """The ids that GitHub puts into the tokens of a repository, so that no other one can take its name over.

    `gh api repos/<organisation>/<repository> --jq '.owner.id, .id'` prints both.
    """

    owner: int = Field(ge=1, examples=[9919])
    """The id of the organisation or person."""

    repository: int = Field(ge=1, examples=[1296269])
    """The id of the repository."""

    _own_ids = known_to_owner("<number>", "owner", "repository")

    names_too: bool = False
    """Whether tokens without ids are trusted as well, while a repository moves from one form to the other. Default:
    no."""


class WorkloadIdentitySettings(PartSettings):
    """The pipelines that may act as the environment's workload identity."""

    github_repository: Optional[str] = Field(
        default=None, pattern=r"^[A-Za-z0-9][A-Za-z0-9-]*/[A-Za-z0-9._-]+$", examples=["example/churn"]
    )
    """`organisation/repository`, in GitHub's spelling: Entra tells capitals from small letters. Its jobs in the GitHub
    environment with this environment's name may act as the identity. Default: none may."""

    github_ids: Optional[GitHubIds] = None
    """The ids of that repository. Needed if it was made, renamed or transferred since 2026-07-15, or asked for ids in
    its tokens. Default: its tokens have names only."""

    federated_credentials: list[FederatedCredential] = Field(default_factory=list)
    """Other token issuers, such as Azure DevOps."""

    _own_repository = known_to_owner("<organisation>/<repository>", "github_repository")

    def credentials(self, environment: Environment) -> dict[str, FederatedCredential]:
        """Every credential of the identity, by its name in the program.

        Entra has one for each issuer and subject. So these name it, and another name of a credential replaces it.
        """
        return {f"trust-{each.digest}": each for each in self.federated_credentials} | self._of_github(environment)

    def _of_github(self, environment: Environment) -> dict[str, FederatedCredential]:
        """The credentials that `github_repository` makes."""
        if self.github_repository is None:
            return {}

        def trust(label: str, name: str, repository: str) -> dict[str, FederatedCredential]:
            subject = f"repo:{repository}:environment:{environment}"
            return {label: FederatedCredential(name=name, issuer=GITHUB, subject=subject)}

        by_name = trust("trust-github", f"github-{environment}", self.github_repository)
        if self.github_ids is None:
            return by_name
        owner, _, repository = self.github_repository.partition("/")
        named = f"{owner}@{self.github_ids.owner}/{repository}@{self.github_ids.repository}"
        by_id = trust("trust-github-ids", f"github-{environment}-ids", named)
        return {**by_id, **by_name} if self.github_ids.names_too else by_id

    @check
    def _credentials_have_names_of_their_own(self) -> Iterator[Violation]:
        yield from duplicate_names(self.federated_credentials, ("federated_credentials",), "federated credential")

    @check
    def _ids_are_of_a_repository(self) -> Iterator[Violation]:
        if self.github_ids is not None and self.github_repository is None:
            yield Violation(
                ("github_ids",), None, "ids of no repository", "Add github_repository: <organisation>/<repository>"
            )

    def profile_violations(self, environment: Environment) -> Iterator[Violation]:
        """Violations for credentials that meet: in their name, or in issuer and subject; and if there are too many."""
        ours = list(self._of_github(environment).values())
        seen = {(each.issuer, each.subject): "github_repository" for each in ours}
        taken = {"github", *(each.name for each in ours)}
        for index, credential in enumerate(self.federated_credentials):
            path = ("federated_credentials", index)
            if credential.name.lower() in taken:
                yield Violation(
                    (*path, "name"),
                    credential.name,
                    f"'{credential.name}' is the name of the credential that github_repository makes",
                    "Give it another name",
                )
            trusted = (credential.issuer, credential.subject)
            if trusted in seen:
                yield Violation(
                    (*path, "subject"),
                    credential.subject,
                    f"issuer and subject are those of {seen[trusted]}: an identity trusts each once",
                    "Remove it",
                )
            seen.setdefault(trusted, f"'{credential.name}'")
        count = len(self.federated_credentials) + len(ours)
        if count > MOST_CREDENTIALS:
            yield Violation(
                ("federated_credentials",),
                count,
                f"{count} federated credentials are too many for one identity",
                f"Allowed: up to {MOST_CREDENTIALS}",
            )

    def notices_on(self, today: datetime.date) -> Iterator[str]:
        """Says what a repository without ids may meet."""
        if self.github_repository is not None and self.github_ids is None and today >= IMMUTABLE_SINCE:
            yield (
                f"GitHub's tokens of {self.github_repository} have ids if it was made, renamed or transferred since "
                f"{IMMUTABLE_SINCE}; Entra then refuses them (AADSTS700213). Give github_ids: "
                f"`gh api repos/{self.github_repository} --jq '.owner.id, .id'`"
            )
