"""The document in which a team asks for its environments. It says what is wanted, never an address."""

import datetime
from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import Optional

from pydantic import Field

from ..catalogue import regions
from ..catalogue.ai_kinds import AIServiceKind
from ..environment.settings.access import GitHubIds
from ..foundation.duplicates import duplicate_names, duplicate_values, duplicates_across
from ..foundation.model import Settings, check
from ..foundation.naming import SHORT_NAME, compute_name
from ..foundation.profiles import PROFILES, Environment, Profile
from ..foundation.rules import Rule, field_rule, known_to_owner, stands_for
from ..foundation.values import date, email, guid, https_url
from ..foundation.violations import Path, Violation, prefixed_each, rule_error
from ..inference.settings.target import InferenceTarget
from ..workspace.settings.computes import HasListedSize
from ..workspace.settings.datastores import StoreAccess, folder_path


class Tier(StrEnum):
    """The two ways in."""

    SANDBOX = "sandbox"
    """To explore: ready in minutes, without cost code and project manager, limited by budget and expiry, never
    promoted."""

    PROJECT = "project"
    """To work on something that goes into production: dev and prod, a project manager, a cost code."""


class NetworkSize(StrEnum):
    """How large a network is. Its range comes from a pool of the platform team."""

    SMALL = "small"
    """A /24, which has 256 addresses: training clusters and endpoints."""

    MEDIUM = "medium"
    """A /23, which has 512 addresses: that and a few services."""

    LARGE = "large"
    """A /22, which has 1,024 addresses: that and an AKS cluster with several node pools."""

    @property
    def prefix(self) -> int:
        """The prefix length of its range. The default subnets need at least a /24 (network/settings.py)."""
        return {NetworkSize.SMALL: 24, NetworkSize.MEDIUM: 23, NetworkSize.LARGE: 22}[self]


def _no_person(rule: Rule) -> Rule:
    """Refuses an address of a person before it says that it is no GUID."""

    def group(value: str) -> str:
        if "@" in value:
            raise rule_error(
                f"'{value}' is a person or a mailbox, and access is given to groups",
                "Give the object id of an Entra group (`az ad group show --group <name> --query id`)",
            )
        return rule(value)

    group.__dict__.update(rule.__dict__)
    return group


group_id = _no_person(guid)
"""The object id of an Entra group."""


class RequestedGroups(Settings):
    """The Entra groups of an environment, by object id. Individuals are never named."""

    data_scientists: list[str] = Field(default_factory=list, examples=[["00000000-0000-0000-0000-000000000002"]])
    """Groups that work in it. Refused in test and prod, where only pipelines do."""

    readers: list[str] = Field(default_factory=list, examples=[["00000000-0000-0000-0000-000000000001"]])
    """Groups that may see its resources and their metrics."""

    _ids = field_rule(group_id, "data_scientists", "readers")

    @check
    def _groups_stand_once(self) -> Iterator[Violation]:
        for field in ("data_scientists", "readers"):
            yield from duplicate_values(getattr(self, field), (field,))


class RequestedBudget(Settings):
    """A month's budget. Azure sends alerts; in a sandbox, quotas and the expiry stop what runs."""

    amount: float = Field(ge=1, examples=[500])
    """The amount for a month, in the currency of the bill."""

    contacts: list[str] = Field(default_factory=list, max_length=50, examples=[["lending@example.com"]])
    """The e-mail addresses that get its alerts, up to 50. Default: the owner's."""

    _emails = field_rule(email, "contacts")

    @check
    def _contacts_stand_once(self) -> Iterator[Violation]:
        yield from duplicate_values(self.contacts, ("contacts",))


class RequestedCluster(HasListedSize):
    """A compute cluster. Its nodes start with jobs and stop after them."""

    name: str = Field(examples=["cpu"])
    """The name that jobs use."""

    max_nodes: int = Field(default=4, ge=1, le=1000)
    """The most nodes at a time. Default: 4."""

    _name = field_rule(compute_name, "name")


class RequestedInstance(HasListedSize):
    """A compute instance: a person's own machine, in sandbox and dev."""

    name: str = Field(pattern=f"^{SHORT_NAME}$", min_length=2, max_length=12, examples=["alice"])
    """A short name, such as the person's."""

    assigned_user: str = Field(examples=["00000000-0000-0000-0000-000000000003"])
    """The person, by object id (`az ad user show --id <name> --query id`)."""

    _user = field_rule(guid, "assigned_user")


class ServiceConnection(Settings):
    """A service connection of Azure DevOps with workload identity federation. Its page shows both values."""

    issuer: str = Field(examples=["https://vstoken.dev.azure.com/00000000-0000-0000-0000-000000000001"])
    """The issuer of its tokens."""

    subject: str = Field(min_length=1, examples=["sc://example/lending/lending-dev"])
    """The subject of its tokens."""

    _url = field_rule(stands_for("https://<issuer>")(https_url), "issuer")
    _own_subject = known_to_owner("<subject>", "subject")


class ServiceConnections(Settings):
    """The service connections of an environment: one for each of its two identities."""

    deploy: ServiceConnection
    """The connection of the pipeline that runs `pulumi`."""

    release: ServiceConnection
    """The connection of the pipeline that trains, registers and deploys models."""

    @check
    def _are_two(self) -> Iterator[Violation]:
        if (self.deploy.issuer, self.deploy.subject) == (self.release.issuer, self.release.subject):
            yield Violation(
                ("release",), None, "is the connection of deploy too", "Make a service connection for each of the two"
            )


class Repository(Settings):
    """The GitHub repository of the team's own code. `gh api repos/<organisation>/<repository>` shows its ids."""

    github: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9-]*/[A-Za-z0-9._-]+$", examples=["example/lending"])
    """`organisation/repository`, in GitHub's spelling: Entra tells capitals from small letters."""

    ids: GitHubIds
    """The ids of the organisation and of the repository, so that nobody can take its name over
    (`gh api repos/<organisation>/<repository> --jq '.owner.id, .id'`)."""

    _own_repository = known_to_owner("<organisation>/<repository>", "github")

    @property
    def owner(self) -> str:
        """The organisation or person."""
        return self.github.partition("/")[0]


class ReadData(Settings):
    """A folder of a data product that the project works with."""

    product: str = Field(pattern=f"^{SHORT_NAME}$", min_length=2, max_length=24, examples=["customer-360"])
    """The data product, by its name in requests/platform.yaml. Its owner reviews the request."""

    folder: Optional[str] = Field(default=None, examples=["curated/customers"])
    """The folder in the product's container that becomes a data asset. Default: none; jobs give a path."""

    access: StoreAccess = StoreAccess.READ
    """`read` or `write`. The role is on the whole container. Default: `read`."""

    _folder = field_rule(folder_path, "folder")


class Approval(Settings):
    """Somebody's yes to an environment. The platform team writes it when the change is merged."""

    by: str = Field(min_length=1, max_length=256, examples=["platform-team@example.com"])
    """Who approved, by e-mail address or GitHub's handle."""

    day: str = Field(examples=["2026-12-01"])
    """The day of the approval."""

    _dates = field_rule(date, "day")


APPROVALS = {Environment.SANDBOX: 1, Environment.DEV: 1, Environment.TEST: 1, Environment.PROD: 2}
"""The number of people that must approve an environment."""


class RequestedEnvironment(Settings):
    """An environment that a team asks for, and what became of it."""

    environment: Environment
    """`sandbox`, `dev`, `test` or `prod`. It is the name of the stack too."""

    expires_on: Optional[str] = Field(default=None, examples=["2026-12-31"])
    """The day from which it counts as expired. A sandbox needs one, within the days that its profile allows. Default
    elsewhere: never."""

    budget: RequestedBudget
    """The budget of a month."""

    groups: RequestedGroups = Field(default_factory=RequestedGroups)
    """The groups that may work in it or look at it. Default: none."""

    network: Optional[NetworkSize] = None
    """The size of its network: `small`, `medium` or `large`. Only a sandbox works without one."""

    clusters: list[RequestedCluster] = Field(default_factory=list)
    """The compute clusters. Default: none."""

    instances: list[RequestedInstance] = Field(default_factory=list)
    """The compute instances of persons. Refused in test and prod. Default: none."""

    inference: Optional[InferenceTarget] = None
    """The service that models run on: `aks`, `managed`, `app_service` or `container_app`. Default: none."""

    ai_services: list[AIServiceKind] = Field(default_factory=list, examples=[["AIServices"]])
    """The AI services, by kind. Default: none."""

    service_connections: Optional[ServiceConnections] = None
    """Azure DevOps in place of GitHub: the connections of its pipelines. Default: none."""

    subscription_id: Optional[str] = None
    """A subscription of its own. Default: that of its kind in requests/platform.yaml."""

    no_zones_reason: Optional[str] = Field(default=None, min_length=10, examples=["The data stays in Wales, ARC-118"])
    """The reason why prod uses no availability zones, in a region without: at least 10 characters."""

    approvals: list[Approval] = Field(default_factory=list)
    """Who approved it: one for sandbox, dev and test, two for prod. Kept by the platform team."""

    vended_on: Optional[str] = Field(default=None, examples=["2026-12-02"])
    """The day on which its landing stack was made. Kept by the platform team."""

    retiring_since: Optional[str] = Field(default=None, examples=["2027-06-01"])
    """The day on which its retirement began (`mlplatform request retire`)."""

    retired_on: Optional[str] = Field(default=None, examples=["2027-06-15"])
    """The day on which it was destroyed. The entry stays: its addresses and names are held until the last soft delete
    has run out."""

    _dates = field_rule(date, "expires_on", "vended_on", "retiring_since", "retired_on")
    _guid = field_rule(guid, "subscription_id")

    @property
    def name(self) -> str:
        """The name of its stack."""
        return self.environment.value

    @property
    def profile(self) -> Profile:
        """The profile of its kind of environment."""
        return PROFILES[self.environment]

    @property
    def retired(self) -> bool:
        """Whether it is destroyed, and only its entry stays."""
        return self.retired_on is not None

    @property
    def approved_on(self) -> Optional[str]:
        """The day on which it had enough approvals; None before."""
        days = sorted(each.day for each in self.approvals)
        needed = APPROVALS[self.environment]
        return days[needed - 1] if len(days) >= needed else None

    def violations_on(self, today: datetime.date) -> Iterator[Violation]:
        """Violations that depend on the day: an expiry that is too far away. One that passed is a state."""
        longest = self.profile.longest_life_days
        if self.expires_on is None or not longest or self.retired:
            return
        ahead = (datetime.date.fromisoformat(self.expires_on) - today).days
        if ahead > longest:
            last = today + datetime.timedelta(longest)
            yield Violation(
                ("expires_on",),
                self.expires_on,
                f"{self.expires_on} is {ahead} days ahead, and a {self.environment} lives at most {longest}",
                f"Give a day up to {last.isoformat()}",
            )

    @check
    def _is_what_its_kind_allows(self) -> Iterator[Violation]:
        profile, kind = self.profile, self.environment
        if profile.longest_life_days and self.expires_on is None:
            yield Violation(
                ("expires_on",),
                None,
                f"required for a {kind}, and missing",
                f"Give a day within the next {profile.longest_life_days}, in quotes",
            )
        if profile.needs_network and self.network is None:
            yield Violation(
                ("network",), None, f"required for {kind}, and missing", f"Allowed: {', '.join(NetworkSize)}"
            )
        if self.instances and not profile.may_have_instances:
            yield Violation(
                ("instances",),
                None,
                f"in {kind} no individual has access, so nobody has a compute instance",
                "Remove it, or ask for it in dev",
            )

        if not profile.is_promoted and self.inference is InferenceTarget.AKS:
            yield Violation(
                ("inference",),
                self.inference.value,
                "a sandbox has no AKS cluster of its own: it costs money by day and by night",
                f"Allowed: {', '.join(each for each in InferenceTarget if each is not InferenceTarget.AKS)}",
            )

    @check
    def _groups_are_allowed(self) -> Iterator[Violation]:
        for field in RequestedGroups.model_fields:
            if getattr(self.groups, field) and field not in self.profile.may_grant:
                yield Violation(
                    ("groups", field),
                    None,
                    f"in {self.environment} no group writes: only pipelines work there",
                    f"Remove it. Allowed: {', '.join(sorted(self.profile.may_grant))}",
                )

    @check
    def _names_stand_once(self) -> Iterator[Violation]:
        computes: dict[Path, Sequence[RequestedCluster | RequestedInstance]] = {
            ("clusters",): self.clusters,
            ("instances",): self.instances,
        }
        for path, items in computes.items():
            yield from duplicate_names(items, path, "compute")
        yield from duplicates_across(computes, "compute")
        yield from duplicate_values(self.ai_services, ("ai_services",))

    @check
    def _approvals_are_of_different_people(self) -> Iterator[Violation]:
        yield from (
            each._replace(fix="An environment needs different people")
            for each in duplicate_values([each.by for each in self.approvals], ("approvals",))
        )

    @check
    def _days_are_in_order(self) -> Iterator[Violation]:
        if self.vended_on is not None and self.approved_on is None:
            yield Violation(
                ("vended_on",),
                self.vended_on,
                "it is vended without its approvals",
                f"Write the {APPROVALS[self.environment]} approvals that {self.environment} needs, or remove vended_on",
            )
        if self.retired_on is not None and self.retiring_since is None:
            yield Violation(
                ("retired_on",), self.retired_on, "it is retired without retiring_since", "Add retiring_since"
            )
        if self.retired_on is not None and self.retiring_since is not None and self.retired_on < self.retiring_since:
            yield Violation(
                ("retired_on",),
                self.retired_on,
                f"'{self.retired_on}' is before retiring_since",
                f"Give a day from {self.retiring_since} on",
            )


class WhoPays(Settings):
    """Who pays."""

    cost_center: str = Field(min_length=1, max_length=256, examples=["CC-4711"])
    """The cost center."""

    cost_code: Optional[str] = Field(default=None, min_length=1, max_length=256, examples=["P-2026-0042"])
    """The project's cost code. Required for a project, refused for a sandbox."""

    contact: str = Field(examples=["finance-lending@example.com"])
    """The e-mail address of the person or team that answers for it. It reviews the request."""

    _email = field_rule(email, "contact")
    _own_costs = known_to_owner("<code>", "cost_center", "cost_code")


class Request(Settings):
    """A team's request for its environments: the file requests/<project>.yaml."""

    project: str = Field(pattern=f"^{SHORT_NAME}$", min_length=2, max_length=24, examples=["lending"])
    """The project's short name, and that of the file: 2 to 24 lower-case letters, digits and single hyphens, starting
    with a letter. It is in every Azure name, so it cannot change later."""

    why: str = Field(min_length=10, max_length=1000, examples=["Score loan applications within a second"])
    """What it is for, in a sentence: at least 10 characters."""

    tier: Tier
    """`sandbox` to explore, `project` for what goes into production."""

    owner_team: str = Field(min_length=1, max_length=256, examples=["lending-analytics"])
    """The team that is responsible, by its name in the organisation."""

    owner_email: str = Field(examples=["lending-analytics@example.com"])
    """The team's e-mail address. It gets the alerts of budgets."""

    requested_by: str = Field(examples=["alice@example.com"])
    """The person who asks, by e-mail address."""

    requested_on: Optional[str] = Field(default=None, examples=["2026-11-28"])
    """The day of the request. `mlplatform request new` writes it."""

    project_manager: Optional[str] = Field(default=None, examples=["bob@example.com"])
    """The project manager, by e-mail address. A project needs one, a sandbox none."""

    who_pays: WhoPays
    """Who pays."""

    data_product: Optional[str] = Field(
        default=None, pattern=f"^{SHORT_NAME}$", min_length=2, max_length=24, examples=["loans"]
    )
    """The data product that owns the environments. It is in the name of each resource group, so it cannot change
    later. Default: one with the project's name."""

    region: str = Field(examples=["westeurope"])
    """The Azure region. It cannot change later."""

    reads: list[ReadData] = Field(default_factory=list)
    """The data products that it works with. Default: none."""

    repository: Optional[Repository] = None
    """The GitHub repository whose pipelines release models. A project needs one, or service connections; a sandbox has
    none."""

    environments: list[RequestedEnvironment] = Field(min_length=1)
    """The environments, in the order of their lives: `sandbox` alone, or `dev` and `prod`, with `test` if wanted."""

    _emails = field_rule(email, "owner_email", "requested_by", "project_manager")
    _own_team = known_to_owner("<team>", "owner_team")
    _region = field_rule(regions.region, "region")
    _date = field_rule(date, "requested_on")

    @property
    def product(self) -> str:
        """The data product that owns the environments."""
        return self.data_product or self.project

    def environment(self, kind: Environment) -> Optional[RequestedEnvironment]:
        """The environment of a kind, if it is asked for."""
        return next((each for each in self.environments if each.environment is kind), None)

    def violations_on(self, today: datetime.date) -> Iterator[Violation]:
        """Violations that depend on the day."""
        yield from prefixed_each(("environments",), self.environments, lambda each: each.violations_on(today))

    @check
    def _environments_are_those_of_the_tier(self) -> Iterator[Violation]:
        kinds = [each.environment for each in self.environments]
        yield from duplicate_values([each.value for each in kinds], ("environments",))
        sandbox = self.tier is Tier.SANDBOX
        for index, each in enumerate(kinds):
            if PROFILES[each].is_promoted == sandbox:
                allowed = "sandbox" if sandbox else "dev, test, prod"
                yield Violation(
                    ("environments", index, "environment"),
                    each.value,
                    f"a request of tier '{self.tier}' has no environment '{each}'",
                    f"Allowed: {allowed}. A sandbox is a request of its own, and is never promoted",
                )
        missing = [each.value for each in (Environment.DEV, Environment.PROD) if each not in kinds]
        if not sandbox and missing:
            yield Violation(
                ("environments",),
                None,
                f"a project has at least dev and prod, and {' and '.join(missing)} is missing",
                "Add it, or ask for a sandbox (tier: sandbox)",
            )

    @check
    def _says_who_leads_and_pays(self) -> Iterator[Violation]:
        if self.tier is Tier.SANDBOX:
            return
        if self.project_manager is None:
            yield Violation(
                ("project_manager",), None, "required for a project, and missing", "Give an address: <name>@<domain>"
            )

    @check
    def _has_the_cost_code_of_its_tier(self) -> Iterator[Violation]:
        path, sandbox = ("who_pays", "cost_code"), self.tier is Tier.SANDBOX
        if sandbox and self.who_pays.cost_code is not None:
            yield Violation(path, self.who_pays.cost_code, "a sandbox has no cost code", "Remove it")
        elif not sandbox and self.who_pays.cost_code is None:
            yield Violation(
                path, None, "required for a project, and missing", "Give the cost code that the environments book on"
            )

    @check
    def _is_released_by_pipelines(self) -> Iterator[Violation]:
        sandbox = self.tier is Tier.SANDBOX
        if sandbox and self.repository is not None:
            yield Violation(("repository",), None, "a sandbox has no pipelines, so it needs no repository", "Remove it")
        connected = [each.service_connections is not None for each in self.environments]
        if not sandbox and self.repository is None and not any(connected):
            yield Violation(
                ("repository",),
                None,
                "required for a project, and missing: no pipeline can release models",
                "Give repository: {github: <organisation>/<repository>, ids: {owner: <number>, repository: <number>}}, "
                "or service_connections in each environment",
            )
        for index, has_some in enumerate(connected):
            path = ("environments", index, "service_connections")
            if has_some and sandbox:
                yield Violation(path, None, "a sandbox has no pipelines", "Remove it")
            elif has_some and self.repository is not None:
                yield Violation(
                    path, None, "the project has a GitHub repository too", "Keep the one whose pipelines release models"
                )
            elif not has_some and self.repository is None and any(connected):
                yield Violation(
                    path, None, "required as in the other environments, and missing", "Give both connections"
                )

    @check
    def _reads_each_product_once(self) -> Iterator[Violation]:
        seen: set[tuple[str, Optional[str]]] = set()
        access: dict[str, StoreAccess] = {}
        for index, each in enumerate(self.reads):
            if (each.product, each.folder) in seen:
                yield Violation(
                    ("reads", index), each.product, f"'{each.product}' is listed twice", "Remove the second one"
                )
            elif access.setdefault(each.product, each.access) is not each.access:
                yield Violation(
                    ("reads", index, "access"),
                    each.access.value,
                    f"'{each.product}' is read and written, and the role is on its whole container",
                    f"Write the same access for all folders of {each.product}",
                )
            seen.add((each.product, each.folder))
