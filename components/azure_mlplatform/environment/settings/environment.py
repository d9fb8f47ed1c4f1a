"""The settings of an environment: everything that a deployment depends on, except the date."""

import datetime
from collections.abc import Iterator
from typing import Optional, Self

from pydantic import Field

from ...ai.settings import AIServiceSettings
from ...batch.settings.batch import BatchSettings
from ...catalogue.private_link import zones
from ...catalogue.regions import region
from ...foundation.duplicates import duplicate_names, ids_of_others
from ...foundation.environment_names import group_name
from ...foundation.free_range import OWN_RANGE
from ...foundation.model import check
from ...foundation.naming import Kind, azure_name
from ...foundation.plurals import counted
from ...foundation.profiles import PROFILES, Environment, Profile
from ...foundation.project import ProjectSettings
from ...foundation.rules import field_rule, known_to_owner
from ...foundation.tags import tag_violations
from ...foundation.values import arm_group_id, date, guid, name_of
from ...foundation.violations import Violation, prefixed
from ...inference.settings.inference import InferenceSettings
from ...network.settings import NetworkSettings
from ...parts.settings.break_glass import BreakGlass
from ...parts.settings.encryption import CustomerManagedKey
from ...parts.settings.locks import LiftedLocks
from ...parts.settings.part import PartSettings
from ...parts.settings.retirement import Retirement
from ...parts.settings.zones import AvailabilityZones
from ...spark.databricks.settings import TOKEN_KEY, DatabricksSettings
from ...spark.synapse.settings import SynapseSettings
from ...workspace.settings.computes import ClusterSettings
from ...workspace.settings.workspace import WorkspaceSettings
from ..checks import (
    batch,
    ci,
    inference,
    kind,
    name_resolution,
    people,
    required_subnets,
    sizes,
    spark,
    subnet_addresses,
    subscription,
    unpromoted,
    workspace,
)
from .access import AccessSettings, WorkloadIdentitySettings
from .budget import BudgetSettings
from .diagnostics import DiagnosticsSettings
from .expiry import Expiry, Phase
from .sharing import ShareSettings


class EnvironmentSettings(PartSettings):
    """One environment of one project. The project's own part is in Pulumi.yaml, everything else in
    Pulumi.<stack>.yaml."""

    project: ProjectSettings
    """The project of the environment. It is in Pulumi.yaml."""

    environment: Environment
    """`sandbox`, `dev`, `test` or `prod`. It decides what is needed, allowed and protected (docs/settings.md)."""

    location: str = Field(examples=["westeurope"])
    """The Azure region of all resources."""

    subscription_id: str = Field(examples=["00000000-0000-0000-0000-000000000001"])
    """The subscription of all resources. It cannot change: another subscription needs another environment. A provider
    or a resource group in another subscription is refused."""

    tenant_id: str = Field(examples=["00000000-0000-0000-0000-000000000002"])
    """The Entra tenant of the subscription."""

    resource_group_id: Optional[str] = Field(
        default=None,
        examples=["/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-churn-dev"],
    )
    """A resource group that others made, by id. Default: the environment makes its own."""

    network: Optional[NetworkSettings] = None
    """The network. Only a sandbox works without one."""

    ai_services: list[AIServiceSettings] = Field(default_factory=list)
    """The data product's AI services. Each environment has its own. Default: none."""

    workspace: Optional[WorkspaceSettings] = None
    """The machine-learning workspace. Default: none."""

    inference: Optional[InferenceSettings] = None
    """The serving of models, by one target or several. Default: models are served in batches only."""

    databricks: Optional[DatabricksSettings] = None
    """A Databricks workspace in the network. Default: none."""

    batch: Optional[BatchSettings] = None
    """The batch scoring, with its schedules. Default: none."""

    synapse: Optional[SynapseSettings] = None
    """The Synapse workspace, the alternative to Data Factory. Default: none."""

    access: AccessSettings = Field(default_factory=AccessSettings)
    """The access of groups of people. Default: nobody has access."""

    workload_identity: WorkloadIdentitySettings = Field(default_factory=WorkloadIdentitySettings)
    """The pipelines that may act as the environment's workload identity. Default: none."""

    budget: Optional[BudgetSettings] = None
    """The monthly budget. A sandbox needs one. Default elsewhere: none."""

    diagnostics: DiagnosticsSettings = Field(default_factory=DiagnosticsSettings)
    """The destination of logs and metrics. Default: the environment's own Log Analytics workspace."""

    customer_managed_key: Optional[CustomerManagedKey] = None
    """The key that encrypts the data of the AI services, the workspace, its storage, its registry, Synapse and its
    lake. Default: Microsoft's keys. It cannot be set or removed later if a workspace or a registry exists."""

    no_zones_reason: Optional[str] = Field(
        default=None, min_length=10, examples=["The data stays in Wales, ticket ARC-118"]
    )
    """The reason why the environment uses no availability zones: at least 10 characters. `prod` needs it in a region
    without zones. It cannot be set or removed later in `prod`; elsewhere it replaces node pools. Default: what can be
    is spread over zones in `prod`, and node pools are in one zone elsewhere."""

    stack_name_reason: Optional[str] = Field(
        default=None, min_length=10, examples=["The trial of the prod pipeline, ML-77"]
    )
    """The reason why the name of the stack has the word of another kind of environment, as `prod` with
    `environment: dev`: at least 10 characters. Default: such a stack is refused."""

    shares: list[ShareSettings] = Field(default_factory=list)
    """The resources on which another environment has rights too, each with its reason. `mlplatform check` refuses what
    two environments may write unless both list it. Default: nothing is shared."""

    tags: dict[str, str] = Field(default_factory=dict, examples=[{"criticality": "low"}])
    """Tags of this environment. They are added to the project's tags and override them."""

    suffix: Optional[str] = Field(default=None, pattern=r"^[a-z0-9]{6}$", examples=["x7k2p9"])
    """The six characters at the end of globally unique names: lower-case letters and digits. Default: random, drawn
    once and kept in the stack's state. Set it to keep the names of a lost state."""

    expires_on: Optional[str] = Field(default=None, examples=["2026-12-31"])
    """The day from which the environment counts as expired. A sandbox needs one. Default elsewhere: none."""

    expiry_grace_days: Optional[int] = Field(default=None, ge=0, le=90)
    """The days after `expires_on` in which the environment is at rest: computes have no nodes, instances, schedules and
    triggers are stopped, and nothing is deleted. Then `mlplatform expire` retires it. Not in `prod`, which no date
    stops. Default: 14 in a sandbox. Elsewhere nothing is stopped by a date: past `expires_on`, each update is refused
    until a later day or `retire` is set."""

    retire: Optional[Retirement] = None
    """Removes protection and locks, so that the next `pulumi destroy` can delete the environment."""

    lift_locks: Optional[LiftedLocks] = None
    """Lifts the locks for some days, so that an update can remove what has roles, endpoints or diagnostics on something
    locked. Protection stays. Default: the locks stay."""

    break_glass: Optional[BreakGlass] = None
    """Lets a person deploy prod for some days, with a reason. Default: in prod, `pulumi up` goes on only with OIDC, a
    managed identity or a client certificate."""

    _region = field_rule(region, "location")
    _guids = field_rule(guid, "subscription_id", "tenant_id")
    _group = field_rule(arm_group_id, "resource_group_id")
    _date = field_rule(date, "expires_on")
    _own_suffix = known_to_owner("<6 letters and digits>", "suffix")

    @property
    def zones(self) -> AvailabilityZones:
        """The availability zones that its resources may be in."""
        return AvailabilityZones(self.environment, self.location, self.no_zones_reason)

    @property
    def profile(self) -> Profile:
        """The requirements, permissions and defaults of this kind of environment. `zones.profile` knows the region
        too."""
        return PROFILES[self.environment]

    @property
    def protected(self) -> bool:
        """Whether resources with data or work are protected and locked."""
        return self.profile.protect and self.retire is None

    @property
    def expiry(self) -> Optional[Expiry]:
        """Its end. None without `expires_on`."""
        if self.expires_on is None:
            return None
        grace = self.profile.expiry_grace_days if self.expiry_grace_days is None else self.expiry_grace_days
        return Expiry(datetime.date.fromisoformat(self.expires_on), grace)

    def as_of(self, today: datetime.date) -> Self:
        """What a deployment on a day makes: these settings, at rest once they have expired."""
        return self.at_rest() if self.expiry is not None and self.expiry.rests(today) else self

    @property
    def clusters(self) -> list[ClusterSettings]:
        """The workspace's clusters, and the cluster that only batch scoring uses."""
        clusters = self.workspace.clusters if self.workspace else []
        return [*clusters, *([self.batch.cluster] if self.batch and self.batch.cluster else [])]

    @property
    def encrypted_near_the_vault(self) -> list[str]:
        """What takes a customer-managed key of its own region only, in words."""
        parts = {
            "AI services": bool(self.ai_services),
            "the data factory": self.batch is not None and self.batch.makes_factory,
            "Synapse": self.synapse is not None,
        }
        return [part for part, there in parts.items() if there]

    @property
    def dns_zones(self) -> list[str]:
        """The private DNS zones of its private endpoints."""
        return sorted({zone for each in self.private_services for zone in zones(each, self.location)})

    @property
    def _group_name(self) -> str:
        if self.resource_group_id is not None:
            return name_of(self.resource_group_id)
        return group_name(self.project, self.environment)

    @check
    def _has_what_its_kind_needs(self) -> Iterator[Violation]:
        yield from kind.has_its_bounds(self.environment, self.budget, self.expires_on)

    @check
    def _has_a_network(self) -> Iterator[Violation]:
        if self.profile.needs_network and self.network is None:
            yield kind.needed(self.environment, "network", f"network: {{address_space: [{OWN_RANGE}]}}")

    @check
    def _grace_follows_an_expiry(self) -> Iterator[Violation]:
        if self.expiry_grace_days is None:
            return
        if self.profile.protect:
            yield Violation(
                ("expiry_grace_days",),
                self.expiry_grace_days,
                f"no date stops a {self.environment} environment",
                "Remove it. Past expires_on, each update is refused until a later day or retire is set",
            )
        elif self.expires_on is None:
            yield Violation(
                ("expiry_grace_days",), self.expiry_grace_days, "there is no expires_on", "Add it, or remove this"
            )

    @check
    def _no_pipeline_signs_in(self) -> Iterator[Violation]:
        yield from unpromoted.no_pipeline_signs_in(self.environment, self.workload_identity)

    @check
    def _budget_alerts_in_time(self) -> Iterator[Violation]:
        yield from unpromoted.budget_alerts_in_time(self.environment, self.budget)

    @check
    def _quotas_are_in_reach(self) -> Iterator[Violation]:
        if self.workspace is not None:
            yield from unpromoted.quotas_are_in_reach(self.environment, self.workspace.vm_family_quotas)

    @check
    def _nodes_are_few(self) -> Iterator[Violation]:
        yield from unpromoted.nodes_are_few(self.environment, self.clusters)

    @check
    def _lifts_locks_that_are_there(self) -> Iterator[Violation]:
        if self.lift_locks is None or self.protected:
            return
        why = "retire lifts the locks too" if self.retire else f"nothing is locked in a {self.environment} environment"
        yield Violation(("lift_locks",), None, why, "Remove it")

    @check
    def _has_a_cost_code(self) -> Iterator[Violation]:
        yield from prefixed(("project",), self.project.violations_in(self.environment))

    @check
    def _parts_fit_the_profile(self) -> Iterator[Violation]:
        yield from self.profile_violations(self.environment)

    @check
    def _parts_fit_the_region(self) -> Iterator[Violation]:
        yield from self.region_violations(self.location)

    @check
    def _region_has_the_zones(self) -> Iterator[Violation]:
        yield from self.zones.region_violations(("location",), self.zone_redundant_parts)

    @check
    def _parts_fit_the_zones(self) -> Iterator[Violation]:
        yield from self.zone_violations(self.zones)

    @check
    def _parts_work_privately(self) -> Iterator[Violation]:
        if self.network is not None:
            yield from self.private_violations()

    @check
    def _parts_are_in_the_subscription(self) -> Iterator[Violation]:
        yield from self.subscription_violations(self.subscription_id)

    @check
    def _group_is_in_the_subscription(self) -> Iterator[Violation]:
        yield from subscription.group_is_in_the_subscription(self.resource_group_id, self.subscription_id)

    @check
    def _computes_are_in_the_subscription(self) -> Iterator[Violation]:
        yield from subscription.computes_are_in_the_subscription(self.network, self.workspace, self.subscription_id)

    @check
    def _databricks_is_in_the_subscription(self) -> Iterator[Violation]:
        yield from subscription.databricks_is_in_the_subscription(self.network, self.databricks, self.subscription_id)

    @check
    def _key_is_in_the_subscription(self) -> Iterator[Violation]:
        yield from subscription.key_is_in_the_subscription(
            self.customer_managed_key, self.workspace, self.subscription_id
        )

    @check
    def _tenant_is_no_subscription(self) -> Iterator[Violation]:
        yield from ids_of_others([(("tenant_id",), self.tenant_id)], {"the subscription": self.subscription_id})

    @check
    def _groups_are_groups(self) -> Iterator[Violation]:
        others = {"the subscription": self.subscription_id, "the tenant": self.tenant_id}
        yield from prefixed(("access",), ids_of_others(self.access.groups, others))

    @check
    def _release_has_no_rights_on_itself(self) -> Iterator[Violation]:
        yield from prefixed(("access",), ci.release_is_outside_the_group(self.access, self._group_name))

    @check
    def _tags_are_legal(self) -> Iterator[Violation]:
        yield from tag_violations(self.tags, ("tags",))

    @check
    def _services_have_own_names(self) -> Iterator[Violation]:
        yield from duplicate_names(self.ai_services, ("ai_services",), "AI service")

    @check
    def _connections_have_legal_names(self) -> Iterator[Violation]:
        yield from workspace.connections_have_legal_names(self.workspace, self.ai_services)

    @check
    def _computes_have_own_names(self) -> Iterator[Violation]:
        yield from workspace.computes_have_own_names(
            self.workspace, self.batch, self.inference, self.databricks, self.synapse
        )

    @check
    def _zones_are_given(self) -> Iterator[Violation]:
        yield from required_subnets.zones_are_given(self.network, self.dns_zones)

    @check
    def _cluster_zone_is_given(self) -> Iterator[Violation]:
        yield from required_subnets.cluster_zone_is_given(self.network, self.inference, self.location)

    @check
    def _computes_have_a_subnet(self) -> Iterator[Violation]:
        yield from required_subnets.computes_have_a_subnet(self.network, self.workspace)

    @check
    def _models_have_a_subnet(self) -> Iterator[Violation]:
        yield from required_subnets.models_have_a_subnet(self.network, self.inference)

    @check
    def _databricks_has_subnets(self) -> Iterator[Violation]:
        yield from required_subnets.databricks_has_subnets(self.network, self.databricks)

    @check
    def _endpoints_fit(self) -> Iterator[Violation]:
        yield from subnet_addresses.endpoints_fit(self.network, self, self.location)

    @check
    def _computes_fit(self) -> Iterator[Violation]:
        yield from subnet_addresses.computes_fit(self.network, self.workspace, self.clusters)

    @check
    def _models_fit(self) -> Iterator[Violation]:
        yield from subnet_addresses.models_fit(self.network, self.inference, self.zones.profile)

    @check
    def _cluster_ranges_are_apart(self) -> Iterator[Violation]:
        yield from subnet_addresses.cluster_ranges_are_apart(self.network, self.inference)

    @check
    def _target_works_in_the_workspace(self) -> Iterator[Violation]:
        yield from inference.target_works_in_the_workspace(self.inference, self.workspace)

    @check
    def _images_have_a_registry(self) -> Iterator[Violation]:
        yield from inference.images_have_a_registry(self.inference, self.workspace)

    @check
    def _identities_have_own_names(self) -> Iterator[Violation]:
        yield from inference.identities_have_own_names(
            self.inference, self.workspace, encrypted=self.customer_managed_key is not None
        )

    @check
    def _own_cluster_has_a_default_route(self) -> Iterator[Violation]:
        yield from inference.own_cluster_has_a_default_route(self.network, self.inference)

    @check
    def _egress_is_said_once(self) -> Iterator[Violation]:
        yield from inference.egress_is_said_once(self.network, self.inference)

    @check
    def _synapse_has_a_legal_name(self) -> Iterator[Violation]:
        yield from spark.synapse_has_a_legal_name(self.synapse, self.project)

    @check
    def _pools_can_be_attached(self) -> Iterator[Violation]:
        yield from spark.pools_can_be_attached(self.synapse, self.workspace)

    @check
    def _batches_have_a_workspace(self) -> Iterator[Violation]:
        yield from batch.batches_have_a_workspace(self.batch, self.workspace)

    @check
    def _orchestrator_is_there(self) -> Iterator[Violation]:
        yield from batch.orchestrator_is_there(self.batch, self.synapse)

    @check
    def _batches_go_without_a_customers_key(self) -> Iterator[Violation]:
        yield from batch.batches_go_without_a_customers_key(self.batch, self.workspace, self.customer_managed_key)

    def violations_on(self, today: datetime.date) -> Iterator[Violation]:
        """Violations on a day: an expired environment, retired sizes. None if `retire` is set. At rest, nothing that is
        retired may keep the rest from being stopped."""
        if self.retire is None:
            yield from self._expiry_violations(today)
            if self.expiry is None or not self.expiry.rests(today):
                yield from super().violations_on(today)

    def notices_on(self, today: datetime.date) -> Iterator[str]:
        """Notices on a day about settings that are allowed but need attention."""
        yield from super().notices_on(today)
        yield from self.people_notices
        yield from ci.release_notices(self.access, self.workspace)
        yield from self.zones.notices
        yield from sizes.region_notices(self.accelerated_sizes, self.location)
        yield from inference.inference_notices(self.inference, self.network, self.workspace)
        yield from spark.databricks_notices(self.databricks, self.customer_managed_key)
        yield from spark.synapse_notices(self.synapse, self.customer_managed_key)
        yield from name_resolution.name_resolution_notices(
            self.network,
            self.inference,
            self.dns_zones,
            self.location,
            azure_name(Kind.VIRTUAL_NETWORK, self.project.name, self.environment),
        )
        yield from self._expiry_notices(today)

    def _expiry_notices(self, today: datetime.date) -> Iterator[str]:
        expiry = self.expiry
        if expiry is None or self.retire is not None:
            return
        if expiry.on.year - today.year > _FAR:
            yield f"expires_on: {expiry.on} is more than {_FAR} years ahead; is the year right?"
        match expiry.phase(today):
            case Phase.EXPIRES_SOON:
                then = "each update is refused" if expiry.over_on is None else "everything is stopped"
                until = "" if expiry.over_on is None else f", and `mlplatform expire` retires it on {expiry.over_on}"
                yield f"expires_on: it expires in {counted(expiry.days_left(today), 'day')}; then {then}{until}"
            case Phase.AT_REST:
                yield (
                    f"expires_on: it expired on {expiry.on}, so computes have no nodes, and instances, schedules and "
                    f"triggers are stopped. `mlplatform expire` retires it on {expiry.over_on}; a later day in "
                    "expires_on wakes it"
                )
                costs = "; ".join([*self.costs_at_rest, "what stores data, private endpoints and logs"])
                yield f"expires_on: costs on until it is retired: {costs}"
            case _:
                pass

    @property
    def people_notices(self) -> Iterator[str]:
        """Notices if it is for people and nobody can work in it. None while it is retired."""
        if self.retire is None:
            yield from people.people_notices(self.environment, self.workspace, self.access)

    def _expiry_violations(self, today: datetime.date) -> Iterator[Violation]:
        expiry = self.expiry
        if expiry is None or self.expires_on is None:
            return
        at, phase = ("expires_on",), expiry.phase(today)
        if phase is Phase.REFUSED:
            yield Violation(
                at,
                self.expires_on,
                f"the environment expired on {expiry.on}",
                "Set a later day, or retire it: docs/living-with-an-environment.md, 'The end'",
            )
        elif phase is Phase.OVER:
            yield Violation(
                at,
                self.expires_on,
                f"the environment expired on {expiry.on}, and its {counted(expiry.grace_days or 0, 'day')} of grace "
                f"ended on {expiry.over_on}",
                "Run `mlplatform expire`, which retires it, or set a later day",
            )
        else:
            yield from kind.lives_too_long(self.environment, self.expires_on, today)


_FAR = 10
"""The years ahead from which a day of expiry is said to be far."""

PROJECT_KEYS = ("project",)
"""The keys in Pulumi.yaml. All others are in Pulumi.<stack>.yaml. A stack's key replaces the project's key completely,
so no key may be in both."""

SECRET_KEYS = (TOKEN_KEY,)
"""The keys in Pulumi.<stack>.yaml that are secrets, not settings: encrypted, and read by their names."""
