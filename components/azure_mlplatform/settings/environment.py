"""An environment as a value: everything that a deployment is a function of, but for the clock."""

import datetime
from collections.abc import Iterator
from typing import Optional

from pydantic import Field

from ..catalogue.private_link import PrivateService, private_link, zones
from ..foundation.duplicates import duplicate_names
from ..foundation.model import Settings, check
from ..foundation.profiles import PROFILES, Environment, Profile
from ..foundation.project import ProjectSettings
from ..foundation.rules import field_rule
from ..foundation.secret_values import SECRET
from ..foundation.tags import tag_violations
from ..foundation.values import arm_group_id, date, guid, name_of, region, subscription_of
from ..foundation.violations import Path, Violation, prefixed
from .access import AccessSettings, WorkloadIdentitySettings
from .ai_services import AIServiceSettings
from .attached import attached_violations
from .batch import BatchSettings, batch_violations
from .budget import BudgetSettings
from .computes import ClusterSettings
from .databricks import TOKEN_KEY, DatabricksSettings, databricks_notices, databricks_violations
from .diagnostics import DiagnosticsSettings
from .encryption import CustomerManagedKey
from .inference import InferenceSettings
from .managed_network import Isolation
from .network import RESERVED, DnsMode, NetworkSettings, SubnetRole
from .placement import placement_notices, placement_violations
from .synapse import SynapseSettings, synapse_violations
from .workspace import NetworkMode, WorkspaceSettings


class Retirement(Settings):
    """Says that the environment is to be destroyed."""

    reason: str = Field(min_length=10, examples=["The project ended, ticket ML-321"])
    """Why, for those who review it: at least 10 characters."""


class EnvironmentSettings(Settings):
    """One environment of one project. The project's own part stands in Pulumi.yaml, everything else in
    Pulumi.<stack>.yaml."""

    project: ProjectSettings
    """Whose environment it is. Stands in Pulumi.yaml."""

    environment: Environment
    """`sandbox`, `dev`, `test` or `prod`; settings/profiles.py says what follows from it."""

    location: str = Field(examples=["westeurope"])
    """The Azure region that everything is in."""

    subscription_id: str = Field(examples=["00000000-0000-0000-0000-000000000001"])
    """The subscription that everything is in. It cannot change: another subscription is another
    environment, and a provider or a resource group in another one is refused."""

    tenant_id: str = Field(examples=["00000000-0000-0000-0000-000000000002"])
    """The Entra tenant of the subscription."""

    resource_group_id: Optional[str] = Field(
        default=None,
        examples=["/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-churn-dev"],
    )
    """A resource group that others made, by id. Left out, the environment makes its own."""

    network: Optional[NetworkSettings] = None
    """The network. Only a sandbox can do without one."""

    ai_services: list[AIServiceSettings] = Field(default_factory=list)
    """The data product's AI services, a set of its own in every environment."""

    workspace: Optional[WorkspaceSettings] = None
    """The machine-learning workspace. Left out, there is none."""

    inference: Optional[InferenceSettings] = None
    """How models are served. Left out, they are not, but for batches."""

    databricks: Optional[DatabricksSettings] = None
    """A Databricks workspace in the network. Left out, there is none."""

    batch: Optional[BatchSettings] = None
    """What is scored in batches, and when. Left out, nothing is."""

    synapse: Optional[SynapseSettings] = None
    """The Synapse workspace, the alternative to Data Factory. Left out, there is none."""

    access: AccessSettings = Field(default_factory=AccessSettings)
    """Which groups of people may do what. Left out, nobody may do anything."""

    workload_identity: WorkloadIdentitySettings = Field(default_factory=WorkloadIdentitySettings)
    """Which pipelines may act as the environment's workload identity. Left out, none may."""

    budget: Optional[BudgetSettings] = None
    """The monthly budget. A sandbox needs one; left out elsewhere, there is none."""

    diagnostics: DiagnosticsSettings = Field(default_factory=DiagnosticsSettings)
    """Where logs and metrics go. Left out, to a Log Analytics workspace of the environment's own."""

    customer_managed_key: Optional[CustomerManagedKey] = None
    """The key that encrypts what the AI services, the workspace, its storage, its registry, Synapse and its lake
    store. Left out, Microsoft's keys do. It cannot be set or taken away later where a workspace or a registry
    exists."""

    tags: dict[str, str] = Field(default_factory=dict, examples=[{"criticality": "low"}])
    """Tags of this environment, beside the project's, which they override."""

    suffix: Optional[str] = Field(default=None, pattern=r"^[a-z0-9]{6}$", examples=["x7k2p9"])
    """The six characters at the end of globally unique names: lower-case letters and digits. Left out,
    they are drawn once and kept in the stack's state; given, they adopt the names of a lost state."""

    expires_on: Optional[str] = Field(default=None, examples=["2026-12-31"])
    """The day from which the environment counts as expired. A sandbox needs one."""

    retire: Optional[Retirement] = None
    """Takes protection and locks away, so that the next `pulumi destroy` can delete the environment."""

    _region = field_rule(region, "location")
    _guids = field_rule(guid, "subscription_id", "tenant_id")
    _group = field_rule(arm_group_id, "resource_group_id")
    _date = field_rule(date, "expires_on")

    @property
    def profile(self) -> Profile:
        """What this kind of environment needs, may, and defaults to."""
        return PROFILES[self.environment]

    @property
    def protected(self) -> bool:
        """Whether what holds data or work is protected and locked."""
        return self.profile.protect and self.retire is None

    @property
    def clusters(self) -> list[ClusterSettings]:
        """The workspace's clusters, with the one that only batches run on."""
        clusters = self.workspace.clusters if self.workspace else []
        return [*clusters, *([self.batch.cluster] if self.batch and self.batch.cluster else [])]

    @property
    def private_services(self) -> list[PrivateService]:
        """What the environment has private endpoints to, an entry each."""
        workspace = self.workspace.private_services if self.workspace else []
        inference = self.inference.private_services if self.inference else []
        databricks = self.databricks.private_services if self.databricks else []
        synapse = self.synapse.private_services if self.synapse else []
        batch = self.batch.private_services if self.batch else []
        services = [each.private_service for each in self.ai_services]
        return [*services, *workspace, *inference, *databricks, *synapse, *batch]

    @property
    def dns_zones(self) -> list[str]:
        """The private DNS zones that its endpoints are named in."""
        return sorted({zone for each in self.private_services for zone in zones(each, self.location)})

    @check
    def _has_what_its_kind_needs(self) -> Iterator[Violation]:
        profile = PROFILES[self.environment]
        if profile.needs_budget and self.budget is None:
            yield self._needed("budget", "budget: {amount: 500, contact_emails: [ml-team@example.com]}")
        if profile.longest_life_days and self.expires_on is None:
            yield self._needed("expires_on", f"a day within the next {profile.longest_life_days}")

    @check
    def _has_a_network(self) -> Iterator[Violation]:
        if PROFILES[self.environment].needs_network and self.network is None:
            yield self._needed("network", "network: {address_space: [10.20.0.0/22]}")

    def _needed(self, field: str, example: str) -> Violation:
        return Violation((field,), None, f"a {self.environment} environment needs {field}", f"Add {example}")

    @check
    def _has_a_cost_code(self) -> Iterator[Violation]:
        if PROFILES[self.environment].needs_cost_code and self.project.cost_code is None:
            yield Violation(
                ("project", "cost_code"),
                None,
                f"a {self.environment} environment needs the project's cost code",
                "Add cost_code: <the code the project is booked on> to the project's settings in Pulumi.yaml",
            )

    @check
    def _is_not_public(self) -> Iterator[Violation]:
        if self.network and self.network.public_access and not PROFILES[self.environment].may_be_public:
            allowed = ", ".join(each.value for each, profile in PROFILES.items() if profile.may_be_public)
            yield Violation(
                ("network", "public_access"),
                None,
                f"a {self.environment} environment has no public access",
                f"Remove it, and connect through the network (allowed in: {allowed})",
            )

    @check
    def _grants_what_it_may(self) -> Iterator[Violation]:
        may_grant = PROFILES[self.environment].may_grant
        for field in AccessSettings.model_fields:
            if getattr(self.access, field) and field not in may_grant:
                yield Violation(
                    ("access", field),
                    None,
                    f"in a {self.environment} environment no individual has access, not through {field} either",
                    f"Remove it; groups may be given: {', '.join(sorted(may_grant))}",
                )

    @check
    def _group_is_in_the_subscription(self) -> Iterator[Violation]:
        if SECRET in (self.resource_group_id, self.subscription_id):
            return
        if self.resource_group_id and subscription_of(self.resource_group_id) != self.subscription_id.lower():
            yield Violation(
                ("resource_group_id",),
                self.resource_group_id,
                f"the resource group is in another subscription than subscription_id {self.subscription_id}",
                "Adopt a group of the environment's own subscription",
            )

    @check
    def _credentials_are_not_githubs(self) -> Iterator[Violation]:
        if self.workload_identity.github_repository is None:
            return
        taken = ("github", f"github-{self.environment}")
        for index, credential in enumerate(self.workload_identity.federated_credentials):
            if credential.name.lower() in taken:
                yield Violation(
                    ("workload_identity", "federated_credentials", index, "name"),
                    credential.name,
                    f"'{credential.name}' is how the credential of github_repository is named",
                    "Give it another name",
                )

    @check
    def _services_have_names_of_their_own(self) -> Iterator[Violation]:
        yield from duplicate_names(self.ai_services, ("ai_services",), "AI service")

    @check
    def _endpoints_have_room(self) -> Iterator[Violation]:
        if self.network is None or self.network.adopted or not self.network.address_space:
            return
        needed = sum(len(private_link(each, self.location)) for each in self.private_services)
        subnet = self.network.ranges().get(SubnetRole.ENDPOINTS)
        if subnet is not None and subnet.num_addresses - RESERVED < needed:
            yield Violation(
                ("network", "subnets", "endpoints"),
                str(subnet),
                f"the endpoints subnet {subnet} has {subnet.num_addresses - RESERVED} free addresses, "
                f"and {needed} are needed",
                "Widen it: every private endpoint takes an address, and Azure keeps 5 itself",
            )

    @check
    def _zones_are_known(self) -> Iterator[Violation]:
        if self.network is None or self.network.dns.mode is not DnsMode.ADOPT:
            return
        for zone in self.dns_zones:
            if self.network.dns.zone_id(zone) is None:
                yield Violation(
                    ("network", "dns", "zone_ids"),
                    None,
                    f"no zone is given for {zone}",
                    f"Add '{zone}: <id>', or resource_group_id of the group that holds every zone",
                )

    @check
    def _free_services_are_public(self) -> Iterator[Violation]:
        if self.network is None:
            return
        for index, service in enumerate(self.ai_services):
            if service.sku_name.startswith("F"):
                yield Violation(
                    ("ai_services", index, "sku"),
                    service.sku,
                    f"the free sku {service.sku_name} takes no private endpoint",
                    "Leave sku out for the paid one",
                )

    @check
    def _own_computes_have_a_subnet(self) -> Iterator[Violation]:
        if self.workspace is None or self.workspace.network_mode is not NetworkMode.OWN:
            return
        if self.network is None:
            yield Violation(
                ("workspace", "network_mode"),
                self.workspace.network_mode,
                "network_mode is 'own', but the environment has no network",
                "Add network, or set network_mode: managed",
            )
        elif self.network.subnet_ids is not None and self.network.subnet_ids.training is None:
            yield Violation(
                ("network", "subnet_ids", "training"),
                None,
                "network_mode is 'own', but no training subnet is adopted",
                "Add training: <the id of the subnet that computes go in>",
            )

    @check
    def _tags_are_legal(self) -> Iterator[Violation]:
        yield from tag_violations(self.tags, ("tags",))

    @check
    def _instances_are_where_people_may_work(self) -> Iterator[Violation]:
        if self.workspace and self.workspace.instances and not PROFILES[self.environment].may_have_instances:
            allowed = ", ".join(each.value for each, profile in PROFILES.items() if profile.may_have_instances)
            yield Violation(
                ("workspace", "instances"),
                None,
                f"a {self.environment} environment has no compute instances, since each belongs to a person",
                f"Remove them; jobs run on clusters (instances are allowed in: {allowed})",
            )

    @check
    def _workspace_works_privately(self) -> Iterator[Violation]:
        if self.workspace is not None and self.network is not None:
            yield from prefixed(("workspace",), self.workspace.private_violations())

    @check
    def _network_lets_out_what_it_may(self) -> Iterator[Violation]:
        if self.workspace is None or self.workspace.network_mode is not NetworkMode.MANAGED:
            return
        isolation = self.workspace.managed_network.isolation
        if isolation is Isolation.ALLOW_INTERNET_OUTBOUND and not PROFILES[self.environment].may_let_all_out:
            yield Violation(
                ("workspace", "managed_network", "isolation"),
                isolation,
                f"in a {self.environment} environment a managed network lets out what its rules name only",
                f"Leave isolation out, or set {Isolation.ALLOW_ONLY_APPROVED_OUTBOUND}",
            )

    @check
    def _computes_are_in_the_subscription(self) -> Iterator[Violation]:
        if self.workspace is None or self.workspace.network_mode is not NetworkMode.OWN:
            return
        adopted = self.network.subnet_ids if self.network else None
        for path, subnet in (
            (("network", "subnet_ids", "training"), adopted.training if adopted else None),
            (("workspace", "serverless_subnet_id"), self.workspace.serverless_subnet_id),
        ):
            if subnet and SECRET not in (subnet, self.subscription_id):
                yield from self._elsewhere(path, subnet, "a workspace's computes are in a network of its subscription")

    @check
    def _key_is_in_the_subscription(self) -> Iterator[Violation]:
        key = self.customer_managed_key
        if self.workspace is not None and key is not None and SECRET not in (key.key_vault_id, self.subscription_id):
            at = ("customer_managed_key", "key_vault_id")
            yield from self._elsewhere(at, key.key_vault_id, "a workspace's key is in a vault of its subscription")

    def _elsewhere(self, path: Path, arm_id: str, why: str) -> Iterator[Violation]:
        if subscription_of(arm_id) != self.subscription_id.lower():
            yield Violation(
                path,
                arm_id,
                f"'{name_of(arm_id)}' is in the subscription {subscription_of(arm_id)}, and {why}",
                f"Name one in {self.subscription_id}",
            )

    @check
    def _connections_have_legal_names(self) -> Iterator[Violation]:
        for index, service in enumerate(self.ai_services if self.workspace else ()):
            if len(service.name) < 3:
                yield Violation(
                    ("ai_services", index, "name"),
                    service.name,
                    f"'{service.name}' is too short for the workspace's connection of that name",
                    "Give it at least 3 characters",
                )

    @check
    def _models_can_be_served(self) -> Iterator[Violation]:
        yield from placement_violations(self)

    @check
    def _databricks_can_be_made(self) -> Iterator[Violation]:
        yield from databricks_violations(self)

    @check
    def _databricks_is_in_the_subscription(self) -> Iterator[Violation]:
        adopted = self.network.subnet_ids if self.network else None
        subnet = adopted.databricks_host if adopted and self.databricks else None
        if subnet and SECRET not in (subnet, self.subscription_id):
            at = ("network", "subnet_ids", "databricks_host")
            yield from self._elsewhere(at, subnet, "Databricks is in a network of its subscription")

    @check
    def _what_is_attached_has_a_name_of_its_own(self) -> Iterator[Violation]:
        yield from attached_violations(self)

    @check
    def _synapse_fits_in(self) -> Iterator[Violation]:
        yield from synapse_violations(self)

    @check
    def _batches_can_be_scored(self) -> Iterator[Violation]:
        yield from batch_violations(self)

    @check
    def _factory_is_in_the_subscription(self) -> Iterator[Violation]:
        factory = self.batch.data_factory_id if self.batch else None
        if factory and self.subscription_id != SECRET:
            yield from self._elsewhere(("batch", "data_factory_id"), factory, "a program works in one subscription")

    @check
    def _computes_have_room(self) -> Iterator[Violation]:
        if self.workspace is None or self.workspace.network_mode is not NetworkMode.OWN:
            return
        if self.network is None or self.network.adopted or not self.network.address_space:
            return
        nodes = sum(each.max_nodes for each in self.clusters)
        needed = nodes + len(self.workspace.instances)
        subnet = self.network.ranges().get(SubnetRole.TRAINING)
        if subnet is not None and subnet.num_addresses - RESERVED < needed:
            yield Violation(
                ("network", "subnets", "training"),
                str(subnet),
                f"the training subnet {subnet} has {subnet.num_addresses - RESERVED} free addresses, and {needed} are "
                f"needed: {nodes} nodes of clusters at most and {len(self.workspace.instances)} instances",
                "Widen it, or lower max_nodes: every node takes an address, and Azure keeps 5 itself",
            )

    def violations_on(self, today: datetime.date) -> Iterator[Violation]:
        """What is wrong on the day the program runs: an expired environment, retired sizes."""
        if self.retire is not None:
            return
        yield from self._expiry_violations(today)
        if self.workspace is not None:
            yield from prefixed(("workspace",), self.workspace.violations_on(today))
        if self.inference is not None:
            yield from prefixed(("inference",), self.inference.violations_on(today))
        if self.synapse is not None:
            yield from prefixed(("synapse",), self.synapse.violations_on(today))
        if self.batch is not None:
            yield from prefixed(("batch",), self.batch.violations_on(today))

    def notices_on(self, today: datetime.date) -> Iterator[str]:
        """What is right on the day the program runs and should still be known."""
        if self.workspace is not None:
            yield from self.workspace.notices_on(today)
        if self.inference is not None:
            yield from self.inference.notices_on(today)
            yield from placement_notices(self)
        yield from databricks_notices(self)
        if self.synapse is not None:
            yield from self.synapse.notices_on(today)
        if self.batch is not None:
            yield from self.batch.notices_on(today)

    def _expiry_violations(self, today: datetime.date) -> Iterator[Violation]:
        if self.expires_on is None:
            return
        ahead = (datetime.date.fromisoformat(self.expires_on) - today).days
        longest = self.profile.longest_life_days
        if ahead <= 0:
            yield Violation(
                ("expires_on",),
                self.expires_on,
                f"the environment expired on {self.expires_on}",
                "Destroy it (`pulumi destroy`), or set a later day",
            )
        elif longest is not None and ahead > longest:
            yield Violation(
                ("expires_on",),
                self.expires_on,
                f"{self.expires_on} is {ahead} days ahead",
                f"A {self.environment} environment may live for {longest} days: "
                f"set {today + datetime.timedelta(longest)} or earlier",
            )


PROJECT_KEYS = ("project",)
"""The keys that stand in Pulumi.yaml. All others stand in Pulumi.<stack>.yaml: a stack's key replaces the
project's whole, so no key may stand in both."""

SECRET_KEYS = (TOKEN_KEY,)
"""Keys of Pulumi.<stack>.yaml that are no settings but secrets: encrypted, and read by their own names."""
