"""Trust in the tokens of pipelines, in place of secrets: which token of which issuer may act as an identity.

Entra compares issuer and subject of a token as whole texts, with upper and lower case, and takes no wildcards (Learn:
entra/workload-id/workload-identity-federation-considerations, read 2026-11-28).
"""

import base64
import datetime
import hashlib
import re
import uuid
from collections.abc import Iterator
from typing import Optional

from pydantic import Field

from ...catalogue.lifecycle import Lifecycle, ended, ending
from ...foundation.duplicates import duplicate_names
from ...foundation.model import Settings, check
from ...foundation.profiles import PROFILES, Environment
from ...foundation.rules import field_rule, known_to_owner, stands_for
from ...foundation.values import https_url
from ...foundation.violations import Path, Violation, prefixed
from .part import PartSettings

MOST_CREDENTIALS = 20
"""The maximum number of federated credentials on an identity ("Considerations for federated identity credentials")."""

GITHUB = "https://token.actions.githubusercontent.com"
"""The issuer of the tokens of GitHub Actions."""

IMMUTABLE_SINCE = datetime.date(2026, 7, 15)
"""The day since which a repository that is made, renamed or transferred has its ids in the subject of its tokens
("Immutable subject claims", GitHub; Azure/azure-dev#9382, Azure/login#635, read 2026-11-28)."""

DEVOPS_ISSUER = Lifecycle(datetime.date(2027, 7, 1), "Entra's issuer (convert the service connection)", notice_days=180)
"""The end of Azure DevOps' own issuer for managed identities (Learn: azure/devops/pipelines/release/
convert-service-connections, read 2026-11-28). Half a year of notice: each pipeline has to change."""

_GUID = r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"

_GITHUB_ISSUER = re.compile(re.escape(GITHUB) + r"(?:/[\w.-]+)?")
"""The issuer, or that of an enterprise that added its name (GitHub: "OpenID Connect reference", customizing the issuer
value for an enterprise)."""

_GITHUB_SUBJECT = re.compile(
    r"repo:(?P<owner>[A-Za-z0-9-]+)(?:@\d+)?/(?P<repository>[A-Za-z0-9._-]+)(?:@\d+)?:(?P<what>[^:]+)(?::(?P<of>.+))?"
)
"""The subject of a job (GitHub: "OpenID Connect reference", example subject claims; with ids: see IMMUTABLE_SINCE)."""

_DEVOPS_ISSUER = re.compile(rf"https://vstoken\.dev\.azure\.com/{_GUID}")
_DEVOPS_SUBJECT = re.compile(r"sc://(?P<owner>[^/]+)/(?P<repository>[^/]+)/(?P<of>[^/]+)")
"""Issuer and subject of a service connection, and its `p://…` of a pipeline, until 2027
(microsoft/terraform-provider-azuredevops#1361, #1443)."""

_ENTRA_ISSUER = re.compile(rf"https://login\.microsoftonline\.com/(?P<tenant>{_GUID})/v2\.0")
_ENTRA_SUBJECT = re.compile(
    rf"/eid1/c/pub/t/(?P<tenant>[\w-]{{22}})/a/rISbSSETf0KqFyZ8ppdXmA/sc/{_GUID}/{_GUID}",
)
"""Issuer and subject of a newer service connection: tenant, Azure DevOps, organization, connection
(microsoft/terraform-provider-azuredevops#1361; the parts were read in a dozen public repositories: no page of Microsoft
says them, so they count in prod only)."""


class FederatedCredential(Settings):
    """Trust in the tokens of another issuer, in place of a secret."""

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{2,119}$", examples=["github-dev"])
    """Its name on the identity: 3 to 120 letters, digits, `_` and `-`."""

    issuer: str = Field(examples=["https://vstoken.dev.azure.com/00000000-0000-0000-0000-000000000001"])
    """The issuer of the token. For Azure DevOps, the service connection shows it."""

    subject: str = Field(min_length=1, examples=["sc://example/churn/dev"])
    """The subject of the token: the whole text, in the issuer's spelling. For Azure DevOps, the service connection
    shows it. In prod, GitHub's must be the one of this environment's GitHub environment."""

    audience: str = Field(default="api://AzureADTokenExchange", min_length=1)
    """The audience of the token. Default: Entra ID's token exchange."""

    other_issuer_reason: Optional[str] = Field(
        default=None, min_length=10, examples=["GitLab deploys it, reviewed in SEC-402"]
    )
    """The reason why prod trusts an issuer whose subjects this library cannot check: at least 10 characters. Default:
    prod trusts GitHub Actions and service connections of Azure DevOps only."""

    _url = field_rule(stands_for("https://<issuer>")(https_url), "issuer")
    _own_subject = known_to_owner("<subject>", "subject")

    @property
    def digest(self) -> str:
        """Eight digits of its issuer and subject, which tell it from every other credential."""
        return hashlib.sha256(f"{self.issuer} {self.subject}".encode()).hexdigest()[:8]

    @property
    def github_owner(self) -> str:
        """The owner of the GitHub repository that it trusts, in lower case. Empty if it trusts none."""
        found = _GITHUB_SUBJECT.fullmatch(self.subject) if _GITHUB_ISSUER.fullmatch(self.issuer) else None
        return found["owner"].lower() if found else ""

    @check
    def _issuer_is_known_by_its_host(self) -> Iterator[Violation]:
        for host, issuer, shape in (
            ("token.actions.githubusercontent.com", _GITHUB_ISSUER, GITHUB),
            ("vstoken.dev.azure.com", _DEVOPS_ISSUER, "https://vstoken.dev.azure.com/<id of the organization>"),
        ):
            if re.match(rf"https://{re.escape(host)}(?:/|$)", self.issuer) and not issuer.fullmatch(self.issuer):
                yield Violation(
                    ("issuer",), self.issuer, f"'{self.issuer}' is no issuer of {host}", f"Allowed: {shape}"
                )

    @check
    def _subject_can_match(self) -> Iterator[Violation]:
        if "*" in self.subject:
            yield self._wrong(
                "would never match: Entra compares the whole subject and takes no wildcards",
                "Name one subject; give each further one a credential of its own",
            )

    @check
    def _subject_is_no_pull_request(self) -> Iterator[Violation]:
        found = _GITHUB_SUBJECT.fullmatch(self.subject) if _GITHUB_ISSUER.fullmatch(self.issuer) else None
        if found and found["what"] == "pull_request":
            yield self._wrong(
                "lets the code of each pull request act as the identity, before anybody has read it",
                "Use the subject of a GitHub environment: repo:<organisation>/<repository>:environment:<environment>. "
                "A preview for a pull request needs no Azure: `mlplatform preview`",
            )

    def profile_violations(self, environment: Environment, github_environments: list[str]) -> Iterator[Violation]:
        """Violations of what this kind of environment may trust. `github_environments`: the names that its own GitHub
        environment may have."""
        if PROFILES[environment].may_trust_any_job or "*" in self.subject:
            return
        if _GITHUB_ISSUER.fullmatch(self.issuer):
            yield from self._github_violations(environment, github_environments)
        elif _DEVOPS_ISSUER.fullmatch(self.issuer):
            if not _DEVOPS_SUBJECT.fullmatch(self.subject):
                yield self._wrong(
                    "is not the subject of a service connection",
                    "Allowed in a prod environment: sc://<organization>/<project>/<service connection>",
                )
        elif entra := _ENTRA_ISSUER.fullmatch(self.issuer):
            yield from self._entra_violations(entra["tenant"])
        elif self.other_issuer_reason is None:
            yield Violation(
                ("issuer",),
                self.issuer,
                f"this library does not know the subjects of {self.issuer}, so it cannot tell whom a {environment}"
                " environment would trust",
                "Trust GitHub Actions or Azure DevOps, or add other_issuer_reason: <why this subject is narrow enough>",
            )

    def _github_violations(self, environment: Environment, github_environments: list[str]) -> Iterator[Violation]:
        found = _GITHUB_SUBJECT.fullmatch(self.subject)
        allowed = " or ".join(f"environment:{each}" for each in github_environments)
        fix = f"Allowed in a {environment} environment: repo:<organisation>/<repository>:{allowed}"
        if found is None:
            yield self._wrong("is not the subject of a job of one repository", fix)
        elif found["what"] == "environment" and found["of"]:
            # A subject may go on with further claims (GitHub: customizing the subject claims), which only narrow it.
            name = found["of"].split(":")[0]
            if name not in github_environments:
                yield self._wrong(f"is of the GitHub environment '{name}', not of this one's", fix)
        elif found["what"] != "pull_request":
            yield self._wrong("trusts each job on a branch or tag, without the approval of an environment", fix)

    def _entra_violations(self, tenant_id: str) -> Iterator[Violation]:
        found = _ENTRA_SUBJECT.fullmatch(self.subject)
        if found is None:
            yield self._wrong(
                "is not the subject of a service connection of Azure DevOps",
                "Copy it from the service connection: /eid1/c/pub/t/<tenant>/a/<Azure DevOps>/sc/<organization>/<id>",
            )
        elif found["tenant"] != encoded_tenant(tenant_id):
            yield self._wrong(
                f"is of another tenant than the issuer, {tenant_id}",
                "Copy both from the same service connection",
            )

    def _wrong(self, what: str, fix: str) -> Violation:
        return Violation(("subject",), self.subject, f"'{self.subject}' {what}", fix)


def encoded_tenant(tenant_id: str) -> str:
    """A tenant's id as subjects of Entra's own tokens have it: its bytes, low ones first, in base64 of addresses."""
    return base64.urlsafe_b64encode(uuid.UUID(tenant_id).bytes_le).decode().rstrip("=")


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


def github_environment(environment: Environment, project: str, *, release: bool = False) -> str:
    """The GitHub environment whose jobs deploy an environment of a project, or release models in it.

    It has the project's name: one repository deploys many projects, and a token belongs to one identity.
    """
    return f"{project}-{environment}-release" if release else f"{project}-{environment}"


class TrustSettings(PartSettings):
    """The pipelines that may act as one identity."""

    github_repository: Optional[str] = Field(
        default=None, pattern=r"^[A-Za-z0-9][A-Za-z0-9-]*/[A-Za-z0-9._-]+$", examples=["example/churn"]
    )
    """`organisation/repository`, in GitHub's spelling: Entra tells capitals from small letters. Its jobs in the
    identity's GitHub environment may act as the identity. Default: none may."""

    github_ids: Optional[GitHubIds] = None
    """The ids of that repository. Needed if it was made, renamed or transferred since 2026-07-15, or asked for ids in
    its tokens. Default: its tokens have names only."""

    federated_credentials: list[FederatedCredential] = Field(default_factory=list)
    """Other token issuers, such as Azure DevOps."""

    other_owner_reason: Optional[str] = Field(
        default=None, min_length=10, examples=["The vendor's repository deploys it, SEC-311"]
    )
    """The reason why repositories of several GitHub owners are trusted: at least 10 characters. Default: all belong to
    one owner, that of `github_repository` if it is set."""

    _own_repository = known_to_owner("<organisation>/<repository>", "github_repository")

    def credentials(self, github_environment: str) -> dict[str, FederatedCredential]:
        """Every credential of the identity, by its name in the program.

        Entra has one for each issuer and subject. So these name it, and another name of a credential replaces it.
        """
        return {f"trust-{each.digest}": each for each in self.federated_credentials} | self._of_github(
            github_environment
        )

    @property
    def github_owners(self) -> list[str]:
        """The owners of the GitHub repositories that are trusted, in lower case, the first one first."""
        first = (self.github_repository or "").partition("/")[0].lower()
        named = [first, *(each.github_owner for each in self.federated_credentials)]
        return list(dict.fromkeys(filter(None, named)))

    @property
    def trusts_github(self) -> bool:
        """Whether jobs of GitHub Actions may act as the identity."""
        return self.github_repository is not None or any(
            _GITHUB_ISSUER.fullmatch(each.issuer) for each in self.federated_credentials
        )

    def _of_github(self, github_environment: str) -> dict[str, FederatedCredential]:
        """The credentials that `github_repository` makes."""
        if self.github_repository is None:
            return {}

        def trust(label: str, name: str, repository: str) -> dict[str, FederatedCredential]:
            subject = f"repo:{repository}:environment:{github_environment}"
            return {label: FederatedCredential(name=name, issuer=GITHUB, subject=subject)}

        by_name = trust("trust-github", f"github-{github_environment}", self.github_repository)
        if self.github_ids is None:
            return by_name
        owner, _, repository = self.github_repository.partition("/")
        named = f"{owner}@{self.github_ids.owner}/{repository}@{self.github_ids.repository}"
        by_id = trust("trust-github-ids", f"github-{github_environment}-ids", named)
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

    @check
    def _repositories_have_one_owner(self) -> Iterator[Violation]:
        owners = self.github_owners
        if len(owners) < 2 and self.other_owner_reason is not None:
            yield Violation(
                ("other_owner_reason",), self.other_owner_reason, "no other owner's repository is trusted", "Remove it"
            )
        if self.other_owner_reason is not None:
            return
        for index, each in enumerate(self.federated_credentials):
            if each.github_owner not in ("", *owners[:1]):
                yield Violation(
                    ("federated_credentials", index, "subject"),
                    each.subject,
                    f"'{each.subject}' is a repository of {each.github_owner}, the others are {owners[0]}'s",
                    "Remove it, or add other_owner_reason: <why another owner's jobs may act as the identity>",
                )

    def trust_violations(self, environment: Environment, github_environments: list[str]) -> Iterator[Violation]:
        """Violations for credentials that meet: in their name, or in issuer and subject; if there are too many; and of
        what the kind of environment may trust. `github_environments`: those that the identity is for, the first one
        that of `github_repository`."""
        ours = list(self._of_github(github_environments[0]).values())
        seen = {(each.issuer, each.subject): "github_repository" for each in ours}
        taken = {"github", *(each.name for each in ours)}
        for index, credential in enumerate(self.federated_credentials):
            path: Path = ("federated_credentials", index)
            yield from prefixed(path, credential.profile_violations(environment, github_environments))
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
        """Says what a repository without ids may meet, and which issuer ends."""
        if self.github_repository is not None and self.github_ids is None and today >= IMMUTABLE_SINCE:
            yield (
                f"GitHub's tokens of {self.github_repository} have ids if it was made, renamed or transferred since "
                f"{IMMUTABLE_SINCE}; Entra then refuses them (AADSTS700213). Give github_ids: "
                f"`gh api repos/{self.github_repository} --jq '.owner.id, .id'`"
            )
        for each in self._of_devops_own_issuer.values():
            yield from ending(f"the issuer of the federated credential '{each.name}'", DEVOPS_ISSUER, today)

    def violations_on(self, today: datetime.date) -> Iterator[Violation]:
        """A violation for each credential whose issuer has ended."""
        yield from super().violations_on(today)
        for index, each in self._of_devops_own_issuer.items():
            path = ("federated_credentials", index, "issuer")
            yield from ended(path, each.issuer, "Azure DevOps' own issuer", DEVOPS_ISSUER, today)

    @property
    def _of_devops_own_issuer(self) -> dict[int, FederatedCredential]:
        found = enumerate(self.federated_credentials)
        return {index: each for index, each in found if _DEVOPS_ISSUER.fullmatch(each.issuer)}
