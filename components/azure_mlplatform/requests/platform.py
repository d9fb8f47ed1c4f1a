"""What the platform team answers for all requests: the file requests/platform.yaml."""

from collections.abc import Iterator
from ipaddress import IPv4Network
from typing import Optional

from pydantic import Field

from ..catalogue import regions
from ..environment.settings.access import GitHubIds
from ..foundation.duplicates import duplicate_names, duplicate_values
from ..foundation.model import Settings, check
from ..foundation.naming import SHORT_NAME
from ..foundation.profiles import PROFILES, Environment, Tier
from ..foundation.rules import field_rule, known_to_owner, pattern_rule, stands_for
from ..foundation.values import arm_id, email, guid, private_range
from ..foundation.violations import Violation
from ..network.settings import DnsSettings, EgressSettings, HubSettings
from ..workspace.settings.datastores import container_name

github_reviewer = stands_for("@<organisation>/<team>")(
    pattern_rule(
        r"@[A-Za-z0-9][A-Za-z0-9-]*(/[A-Za-z0-9._-]+)?",
        "is not a GitHub team or person",
        "`@<organisation>/<team>`, or `@<person>`",
    )
)
"""A team or person as CODEOWNERS writes it."""


class PlatformTeam(Settings):
    """The team that answers requests."""

    name: str = Field(min_length=1, max_length=256, examples=["ml-platform"])
    """Its name in the organisation."""

    email: str = Field(examples=["ml-platform@example.com"])
    """Its e-mail address."""

    reviewers: list[str] = Field(min_length=1, examples=[["@example/ml-platform"]])
    """Its GitHub teams, as CODEOWNERS writes them. They review each request."""

    _own_name = known_to_owner("<team>", "name")
    _reviewers = field_rule(github_reviewer, "reviewers")


class PlatformRepository(Settings):
    """The platform team's GitHub repository, which has all stacks. Its pipelines deploy them."""

    github: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9-]*/[A-Za-z0-9._-]+$", examples=["example/ml-platform"])
    """`organisation/repository`, in GitHub's spelling."""

    ids: GitHubIds
    """The ids of the organisation and of the repository
    (`gh api repos/<organisation>/<repository> --jq '.owner.id, .id'`)."""

    _own_repository = known_to_owner("<organisation>/<repository>", "github")


class Subscriptions(Settings):
    """The subscriptions of environments."""

    nonprod: str = Field(examples=["00000000-0000-0000-0000-00000000000d"])
    """The subscription of sandbox, dev and test."""

    prod: str = Field(examples=["00000000-0000-0000-0000-00000000000e"])
    """The subscription of prod."""

    _ids = field_rule(guid, "nonprod", "prod")

    @check
    def _are_two(self) -> Iterator[Violation]:
        if self.nonprod == self.prod:
            yield Violation(
                ("prod",),
                self.prod,
                "is the subscription of nonprod too",
                "Give prod a subscription of its own: whoever rules the other one must not rule prod",
            )


class Connectivity(Settings):
    """How the networks of a region reach others. As in `network` of an environment's settings."""

    hub: Optional[HubSettings] = None
    """The hub that each network is peered to. Default: none."""

    egress: Optional[EgressSettings] = None
    """The egress. Default: a NAT gateway of each network."""

    dns: Optional[DnsSettings] = None
    """The DNS of private endpoints. Default: zones of each environment."""


class RegionalPlatform(Settings):
    """A region in which teams may ask for environments."""

    region: str = Field(examples=["westeurope"])
    """The Azure region."""

    address_pool: list[str] = Field(min_length=1, examples=[["10.160.0.0/12"]])
    """The private ranges from which each environment gets its network. No other network may have them."""

    nonprod: Connectivity = Field(default_factory=Connectivity)
    """The hub, egress and DNS of sandbox, dev and test."""

    prod: Connectivity = Field(default_factory=Connectivity)
    """The hub, egress and DNS of prod."""

    nonprod_cores: Optional[int] = Field(default=None, ge=1, examples=[2000])
    """The most vCPUs of all clusters and instances of sandbox, dev and test, each at its largest. Default: no limit."""

    prod_cores: Optional[int] = Field(default=None, ge=1, examples=[2000])
    """The most vCPUs of all clusters of prod, each at its largest. Default: no limit."""

    _region = field_rule(regions.region, "region")
    _ranges = field_rule(private_range, "address_pool")

    @property
    def name(self) -> str:
        """The region, for messages."""
        return self.region

    def connectivity(self, environment: Environment) -> Connectivity:
        """The hub, egress and DNS of an environment."""
        return self.prod if PROFILES[environment].tier == Tier.PROD else self.nonprod

    def cores(self, environment: Environment) -> Optional[int]:
        """The most vCPUs of the half that an environment is in."""
        return self.prod_cores if PROFILES[environment].tier == Tier.PROD else self.nonprod_cores


class ProductStore(Settings):
    """A container with the data of a product."""

    storage_account_id: str = Field(examples=["/subscriptions/…/providers/Microsoft.Storage/storageAccounts/stlake"])
    """The storage account, by id."""

    container: str = Field(examples=["curated"])
    """The container (file system) in the account."""

    _account = field_rule(arm_id("Microsoft.Storage/storageAccounts"), "storage_account_id")
    _container = field_rule(container_name, "container")


class DataProduct(Settings):
    """A data product that projects may read, and its owner."""

    name: str = Field(pattern=f"^{SHORT_NAME}$", min_length=2, max_length=24, examples=["customer-360"])
    """Its short name."""

    owner: str = Field(examples=["customer-360@example.com"])
    """The owner's e-mail address."""

    reviewers: list[str] = Field(min_length=1, examples=[["@example/customer-360"]])
    """The owner's GitHub teams or persons. They review each request that reads the product."""

    nonprod: Optional[ProductStore] = None
    """The data that dev and test read, such as a sample without persons. Default: they may not read it."""

    prod: Optional[ProductStore] = None
    """The data that prod reads. Default: it may not read it."""

    may_write: bool = False
    """Whether a request may ask for `access: write`. Default: read only."""

    _email = field_rule(email, "owner")
    _reviewers = field_rule(github_reviewer, "reviewers")

    def store(self, environment: Environment) -> Optional[ProductStore]:
        """The data that an environment reads."""
        return self.prod if PROFILES[environment].tier == Tier.PROD else self.nonprod

    @check
    def _halves_are_apart(self) -> Iterator[Violation]:
        one, other = self.nonprod, self.prod
        if one and other and one.storage_account_id.lower() == other.storage_account_id.lower():
            yield Violation(
                ("nonprod", "storage_account_id"),
                one.storage_account_id,
                "is the account of prod too",
                "Give the data for dev and test an account of its own: what is written there must not reach prod",
            )


class Quota(Settings):
    """The most that a request may ask for in one kind of environment."""

    environment: Environment
    """`sandbox`, `dev`, `test` or `prod`."""

    budget: Optional[float] = Field(default=None, ge=1, examples=[5000])
    """The largest budget of a month. Default: no limit."""

    nodes: Optional[int] = Field(default=None, ge=0, examples=[20])
    """The most nodes of all its clusters. Default: no limit."""

    instances: Optional[int] = Field(default=None, ge=0, examples=[5])
    """The most compute instances. Default: no limit."""

    @property
    def name(self) -> str:
        """The kind, for messages."""
        return self.environment.value


class Platform(Settings):
    """What is the same for all requests."""

    team: PlatformTeam
    """The platform team."""

    tenant_id: str = Field(examples=["00000000-0000-0000-0000-0000000000aa"])
    """The Entra tenant."""

    subscriptions: Subscriptions
    """The subscriptions of nonprod and prod."""

    repository: Optional[PlatformRepository] = None
    """The repository whose pipelines deploy all stacks. Default: each team's own repository deploys its stacks."""

    regions: list[RegionalPlatform] = Field(min_length=1)
    """The regions, with address pool, hub, egress, DNS and vCPUs."""

    data_products: list[DataProduct] = Field(default_factory=list)
    """The data products that projects may read. Default: none."""

    quotas: list[Quota] = Field(default_factory=list)
    """The most that a request may ask for, by kind of environment. Default: no limits."""

    cost_center_pattern: Optional[str] = Field(default=None, examples=["CC-[0-9]{4}"])
    """The form of a cost center, as a regular expression. Default: any text."""

    cost_code_pattern: Optional[str] = Field(default=None, examples=["P-[0-9]{4}-[0-9]{4}"])
    """The form of a cost code, as a regular expression. Default: any text."""

    _tenant = field_rule(guid, "tenant_id")

    def region(self, name: str) -> Optional[RegionalPlatform]:
        """The region of a name, if teams may ask for it."""
        return next((each for each in self.regions if each.region == name), None)

    def data_product(self, name: str) -> Optional[DataProduct]:
        """The data product of a name."""
        return next((each for each in self.data_products if each.name == name), None)

    def quota(self, environment: Environment) -> Optional[Quota]:
        """The quota of a kind of environment."""
        return next((each for each in self.quotas if each.environment is environment), None)

    def subscription_id(self, environment: Environment) -> str:
        """The subscription of a kind of environment."""
        return self.subscriptions.prod if PROFILES[environment].tier == Tier.PROD else self.subscriptions.nonprod

    @check
    def _names_stand_once(self) -> Iterator[Violation]:
        yield from duplicate_names(self.data_products, ("data_products",), "data product")
        yield from duplicate_values([each.region for each in self.regions], ("regions",))
        yield from duplicate_values([each.name for each in self.quotas], ("quotas",))

    @check
    def _pools_are_apart(self) -> Iterator[Violation]:
        seen: list[tuple[IPv4Network, str]] = []
        for index, each in enumerate(self.regions):
            hubs = [each.nonprod.hub, each.prod.hub]
            taken = [
                (IPv4Network(found), f"the hub of {each.region}") for hub in hubs if hub for found in hub.address_space
            ]
            for at, text in enumerate(each.address_pool):
                pool = IPv4Network(text)
                for other, whose in (*seen, *taken):
                    if pool.overlaps(other):
                        yield Violation(
                            ("regions", index, "address_pool", at),
                            text,
                            f"'{text}' overlaps {other}, {whose}",
                            "Give each region ranges that no other network has",
                        )
                seen.append((pool, f"a pool of {each.region}"))

    @check
    def _patterns_are_regular_expressions(self) -> Iterator[Violation]:
        import re

        for field in ("cost_center_pattern", "cost_code_pattern"):
            pattern = getattr(self, field)
            try:
                re.compile(pattern or "")
            except re.error as error:
                yield Violation(
                    (field,),
                    pattern,
                    f"'{pattern}' is not a regular expression: {error}",
                    "Write one, such as CC-[0-9]{4}",
                )
