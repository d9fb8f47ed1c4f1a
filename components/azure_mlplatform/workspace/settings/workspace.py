"""The machine-learning workspace: its network mode, its parts, its computes, its data."""

import re
from collections.abc import Iterator
from enum import StrEnum
from typing import Optional

from pydantic import Field

from ...catalogue.private_link import PrivateService
from ...foundation.duplicates import duplicate_names
from ...foundation.model import check
from ...foundation.profiles import PROFILES, Environment, environments_where
from ...foundation.rules import field_rule
from ...foundation.values import arm_id, same_id
from ...foundation.violations import Violation
from ...parts.settings.part import PartSettings, other_subscription
from ...parts.settings.registry import RegistrySku
from .computes import ClusterSettings, InstanceSettings
from .datastores import DatastoreSettings, store_violations
from .managed_network import Isolation, ManagedNetworkSettings


class NetworkMode(StrEnum):
    """The network of the computes. It cannot change later."""

    OWN = "own"
    """The project's training subnet. AKS can be attached."""

    MANAGED = "managed"
    """A network that Azure runs for the workspace. AKS cannot be attached."""


COMPUTES_NEED_OWN_SUBSCRIPTION = "a workspace's computes need a network in its subscription"
"""The reason why the subnet of computes must be in the environment's subscription."""


class WorkspaceSettings(PartSettings):
    """The workspace with its vault, storage, registry and Application Insights, each made or adopted."""

    network_mode: NetworkMode
    """`own` or `managed`. It is never derived from other settings."""

    managed_network: ManagedNetworkSettings = Field(default_factory=ManagedNetworkSettings)
    """With `managed`: its outbound rules. Default: it allows only the traffic that the workspace itself needs."""

    high_business_impact: bool = False
    """Whether Microsoft collects less data and encrypts scratch disks. It cannot change later."""

    clusters: list[ClusterSettings] = Field(default_factory=list)
    """Compute clusters. Default: none."""

    instances: list[InstanceSettings] = Field(default_factory=list)
    """Compute instances, in sandbox and dev only. Default: none."""

    serverless_subnet_id: Optional[str] = Field(default=None, examples=["/subscriptions/…/subnets/snet-serverless"])
    """The subnet of serverless jobs, by id, with `own` only. Default: the training subnet."""

    vm_family_quotas: dict[str, int] = Field(
        default_factory=dict, examples=[{"Standard_DSv2_Family_Cluster_Dedicated_vCPUs": 32}]
    )
    """The most vCPUs that the workspace may use at once, by family of VM sizes: what users start counts too, such as
    serverless jobs and deployments. The names are those of Azure ML (`az ml workspace list-quota`). Azure sets a quota
    by a right on the subscription, so only environments that no pipeline deploys have them. Default: each family has
    what the subscription has."""

    datastores: list[DatastoreSettings] = Field(default_factory=list)
    """Containers of data products that jobs read or write. The workspace's own blobs and files need no settings.
    Default: none."""

    image_build_compute: Optional[str] = Field(default=None, examples=["cpu"])
    """The cluster that builds images, since a private registry cannot. Default in a network: the first cluster."""

    key_vault_id: Optional[str] = None
    """A vault that others made, by id. Default: one is made."""

    storage_account_id: Optional[str] = None
    """A storage account that others made, by id, without a hierarchical namespace. Default: one is made."""

    container_registry_id: Optional[str] = None
    """A registry that others made, by id. Default: one is made. To change to another registry later, first deploy with
    `discard_registry_reason`: the environment's own registry goes with its images."""

    discard_registry_reason: Optional[str] = Field(default=None, min_length=10, examples=["Moved to crml, ML-321"])
    """The reason why the environment's own registry may be deleted with its images: at least 10 characters. It removes
    the registry's protection and lock. Default: both stay."""

    container_registry_sku: RegistrySku = RegistrySku.PREMIUM
    """The sku of the registry that is made: `Basic`, `Standard` or `Premium`. Default: `Premium`, the only one with
    private endpoints. Without a network, the others are enough."""

    application_insights_id: Optional[str] = None
    """Application Insights that others made, by id. Default: one is made."""

    _vault = field_rule(arm_id("Microsoft.KeyVault/vaults"), "key_vault_id")
    _storage = field_rule(arm_id("Microsoft.Storage/storageAccounts"), "storage_account_id")
    _registry = field_rule(arm_id("Microsoft.ContainerRegistry/registries"), "container_registry_id")
    _subnet = field_rule(arm_id("Microsoft.Network/virtualNetworks/subnets"), "serverless_subnet_id")
    _insights = field_rule(arm_id("Microsoft.Insights/components"), "application_insights_id")

    @property
    def image_build(self) -> Optional[str]:
        """The cluster that builds images."""
        return self.image_build_compute or (self.clusters[0].name if self.clusters else None)

    @property
    def private_services(self) -> list[PrivateService]:
        """The services with a private endpoint: the workspace, and each part that it makes."""
        made = {
            PrivateService.KEY_VAULT: self.key_vault_id,
            PrivateService.WORKSPACE_STORAGE: self.storage_account_id,
            PrivateService.CONTAINER_REGISTRY: self.container_registry_id,
        }
        return [PrivateService.ML_WORKSPACE, *(service for service, adopted in made.items() if adopted is None)]

    @check
    def _quotas_are_of_families(self) -> Iterator[Violation]:
        for family, vcpus in self.vm_family_quotas.items():
            if not re.fullmatch(r"[A-Za-z0-9_]+", family):
                yield Violation(
                    ("vm_family_quotas", family),
                    family,
                    f"'{family}' is not the name of a family of VM sizes",
                    "Use letters, digits and underscores, such as Standard_DSv2_Family_Cluster_Dedicated_vCPUs",
                )
            if vcpus < 0:
                yield Violation(
                    ("vm_family_quotas", family), vcpus, "a quota below 0 does not exist", "Use 0 or more vCPUs"
                )
        lower: dict[str, str] = {}
        for family in self.vm_family_quotas:
            if (first := lower.setdefault(family.lower(), family)) != family:
                yield Violation(
                    ("vm_family_quotas", family),
                    family,
                    f"'{family}' and '{first}' are the same family for Azure",
                    "Remove one of them",
                )

    @check
    def _only_an_own_registry_can_be_discarded(self) -> Iterator[Violation]:
        if self.discard_registry_reason is not None and self.container_registry_id is not None:
            yield Violation(
                ("discard_registry_reason",),
                self.discard_registry_reason,
                "discard_registry_reason is given together with container_registry_id",
                "Deploy once with discard_registry_reason alone, and then with container_registry_id alone",
            )

    @check
    def _computes_have_names_of_their_own(self) -> Iterator[Violation]:
        yield from duplicate_names(self.clusters, ("clusters",), "compute")
        # Instance names in Azure have no hyphens.
        yield from duplicate_names(self.instances, ("instances",), "instance", without_hyphens=True)

    @check
    def _stores_have_names_of_their_own(self) -> Iterator[Violation]:
        yield from store_violations(self.datastores)

    @check
    def _storage_is_no_lake(self) -> Iterator[Violation]:
        for store in self.datastores:
            if store.hierarchical and same_id(store.storage_account_id, self.storage_account_id):
                yield Violation(
                    ("storage_account_id",),
                    self.storage_account_id,
                    f"the account has a hierarchical namespace (see the datastore {store.name}), which a workspace "
                    "does not support",
                    "Leave storage_account_id out, or adopt an account without a hierarchical namespace",
                )

    @check
    def _sku_goes_with_an_own_registry(self) -> Iterator[Violation]:
        if self.container_registry_id is not None and "container_registry_sku" in self.model_fields_set:
            yield Violation(
                ("container_registry_sku",),
                self.container_registry_sku,
                "container_registry_sku is given together with container_registry_id",
                "Leave it out: the owner of the adopted registry decides its sku",
            )

    @check
    def _images_are_built_on_a_cluster(self) -> Iterator[Violation]:
        names = [each.name for each in self.clusters]
        if self.image_build_compute is not None and self.image_build_compute not in names:
            yield Violation(
                ("image_build_compute",),
                self.image_build_compute,
                f"there is no cluster '{self.image_build_compute}'",
                f"Allowed: {', '.join(names) or 'none, since clusters is empty'}",
            )

    @check
    def _rules_go_with_managed(self) -> Iterator[Violation]:
        if "managed_network" in self.model_fields_set and self.network_mode is NetworkMode.OWN:
            yield Violation(
                ("managed_network",),
                None,
                "managed_network is given, but network_mode is 'own'",
                "Leave it out: outbound rules are for a managed network; network.egress controls an own one",
            )
        if self.serverless_subnet_id is not None and self.network_mode is NetworkMode.MANAGED:
            yield Violation(
                ("serverless_subnet_id",),
                self.serverless_subnet_id,
                "serverless_subnet_id is given, but network_mode is 'managed'",
                "Leave it out: serverless jobs run in the managed network",
            )

    def profile_violations(self, environment: Environment) -> Iterator[Violation]:
        """Violations of the environment's profile: compute instances, nodes that stay, a network that lets all out."""
        profile = PROFILES[environment]
        if self.instances and not profile.may_have_instances:
            yield Violation(
                ("instances",),
                None,
                f"a {environment} environment allows no compute instances, since each belongs to a person",
                "Remove them; jobs run on clusters (instances are allowed in: "
                f"{environments_where('may_have_instances')})",
            )
        isolation = self.managed_network.isolation
        lets_all_out = self.network_mode is NetworkMode.MANAGED and isolation is Isolation.ALLOW_INTERNET_OUTBOUND
        if lets_all_out and not profile.may_let_all_out:
            yield Violation(
                ("managed_network", "isolation"),
                isolation,
                f"in a {environment} environment a managed network may allow only the traffic that its rules name",
                f"Leave isolation out, or set {Isolation.ALLOW_ONLY_APPROVED_OUTBOUND}",
            )
        yield from super().profile_violations(environment)

    @property
    def zone_redundant_parts(self) -> list[str]:
        """The storage and the registry that are made. Only a Premium registry is told to be zone redundant."""
        own = [] if self.storage_account_id is not None else ["the workspace's storage"]
        premium = self.container_registry_id is None and self.container_registry_sku is RegistrySku.PREMIUM
        return [*own, *(["the registry"] if premium else [])]

    def subscription_violations(self, subscription_id: str) -> Iterator[Violation]:
        """A violation if the subnet of serverless jobs is in another subscription."""
        if self.serverless_subnet_id is not None and self.network_mode is NetworkMode.OWN:
            yield from other_subscription(
                ("serverless_subnet_id",), self.serverless_subnet_id, subscription_id, COMPUTES_NEED_OWN_SUBSCRIPTION
            )

    def private_violations(self) -> Iterator[Violation]:
        """Violations of settings that do not work with a private registry."""
        if self.container_registry_sku is not RegistrySku.PREMIUM:
            yield Violation(
                ("container_registry_sku",),
                self.container_registry_sku,
                f"a {self.container_registry_sku} registry supports no private endpoint",
                "Leave container_registry_sku out to get Premium",
            )
        if self.image_build is None:
            yield Violation(
                ("clusters",),
                None,
                "there is no cluster, and a private registry cannot build images itself",
                "Add one; with min_nodes 0 it costs nothing while idle: "
                "clusters: [{name: cpu, vm_size: Standard_D4ds_v4}]",
            )
