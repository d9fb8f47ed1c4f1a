"""The machine-learning workspace: its network mode, its parts, its clusters."""

from collections.abc import Iterator
from enum import StrEnum
from typing import Optional

from pydantic import Field

from ._model import Refusal, Settings, check, obeys
from .ai_services import twice
from .private_link import PrivateService
from .values import matches, resource_id

compute_rule = matches(
    r"(?!.*-\d+$)[A-Za-z][A-Za-z0-9-]{1,22}[A-Za-z0-9]",
    "is no name for a compute",
    "3 to 24 letters, digits and hyphens, starting with a letter and not ending in a hyphen and digits",
)

size_name = matches(
    r"Standard_[A-Z]{1,3}[0-9]+[A-Za-z0-9]*(-[0-9]+)?[a-z]*(_[A-Za-z0-9]+)*(_v[0-9]+)?",
    "is no VM size",
    "a size as Azure writes it, such as Standard_DS3_v2 or Standard_NC24ads_A100_v4",
)


class NetworkMode(StrEnum):
    """Whose network the computes are in. It cannot change later."""

    OWN = "own"
    """The project's training subnet. AKS can be attached."""

    MANAGED = "managed"
    """A network that Azure runs for the workspace. AKS cannot be attached."""


class Isolation(StrEnum):
    """What a managed network lets out. It cannot be loosened later."""

    ALLOW_INTERNET_OUTBOUND = "AllowInternetOutbound"
    ALLOW_ONLY_APPROVED_OUTBOUND = "AllowOnlyApprovedOutbound"


class PrivateEndpointRule(Settings):
    """Lets a managed network out to a resource, through a private endpoint that Azure makes."""

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$", examples=["lake"])
    """The rule's name."""

    resource_id: str = Field(
        pattern=r"^/subscriptions/.+/providers/.+", examples=["/subscriptions/…/storageAccounts/stlake"]
    )
    """The resource, by id."""

    group_id: str = Field(min_length=1, examples=["dfs"])
    """The part of it, such as `blob`, `dfs` or `vault`."""


class ServiceTagRule(Settings):
    """Lets a managed network out to a service tag."""

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$", examples=["monitor"])
    """The rule's name."""

    service_tag: str = Field(min_length=1, examples=["AzureMonitor"])
    """The tag."""

    protocol: str = Field(default="TCP", pattern=r"^(TCP|UDP|\*)$", examples=["TCP"])
    """`TCP`, `UDP` or `*`. Left out: `TCP`."""

    port_ranges: str = Field(default="443", pattern=r"^[0-9,\- *]+$", examples=["443,8443"])
    """Ports, separated by commas. Left out: 443."""


class FqdnRule(Settings):
    """Lets a managed network out to a host name. The first one makes Azure add a firewall, at a cost."""

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$", examples=["pypi"])
    """The rule's name."""

    fqdn: str = Field(pattern=r"^(\*\.)?([A-Za-z0-9-]+\.)+[A-Za-z]{2,}$", examples=["pypi.org"])
    """The host, or `*.` and a domain."""


class ManagedNetworkSettings(Settings):
    """The network that Azure runs, with `network_mode: managed` only."""

    isolation: Isolation = Isolation.ALLOW_ONLY_APPROVED_OUTBOUND
    """What it lets out. Left out: only what the rules name."""

    private_endpoints: list[PrivateEndpointRule] = Field(default_factory=list)
    """Resources it reaches privately, beside the workspace's own parts."""

    service_tags: list[ServiceTagRule] = Field(default_factory=list)
    """Services it reaches."""

    fqdns: list[FqdnRule] = Field(default_factory=list)
    """Hosts it reaches."""

    provision_now: bool = True
    """Whether it is made with the workspace (some 30 minutes) or with the first compute."""

    @check
    def _rules_have_names_of_their_own(self) -> Iterator[Refusal]:
        names: dict[str, str] = {}
        for field in ("private_endpoints", "service_tags", "fqdns"):
            for index, rule in enumerate(getattr(self, field)):
                if rule.name.lower() in names:
                    yield Refusal(
                        (field, index, "name"),
                        rule.name,
                        f"a second outbound rule is named '{rule.name}' (the first is in {names[rule.name.lower()]})",
                        "Give each a name of its own",
                    )
                names.setdefault(rule.name.lower(), field)


class Priority(StrEnum):
    """Whether Azure may take a node back."""

    DEDICATED = "Dedicated"
    LOW_PRIORITY = "LowPriority"


class ClusterSettings(Settings):
    """A compute cluster: nodes come with jobs and go after them."""

    name: str = Field(examples=["cpu"])
    """What jobs name it by, unique in the workspace."""

    vm_size: str = Field(examples=["Standard_DS3_v2"])
    """The size of a node. Another size replaces the cluster."""

    min_nodes: int = Field(default=0, ge=0, le=1000)
    """Nodes that stay. Left out: 0, which costs nothing between jobs."""

    max_nodes: int = Field(default=4, ge=1, le=1000)
    """Nodes at most. Left out: 4."""

    idle_seconds: int = Field(default=120, ge=60, le=86400)
    """For how long a node waits for another job. Left out: 120."""

    priority: Priority = Priority.DEDICATED
    """`Dedicated` or `LowPriority`. Another one replaces the cluster."""

    _name = obeys(compute_rule, "name")
    _size = obeys(size_name, "vm_size")

    @check
    def _max_is_no_less_than_min(self) -> Iterator[Refusal]:
        if self.max_nodes < self.min_nodes:
            yield Refusal(
                ("max_nodes",),
                self.max_nodes,
                f"max_nodes {self.max_nodes} is less than min_nodes {self.min_nodes}",
                "Raise max_nodes, or lower min_nodes",
            )


class WorkspaceSettings(Settings):
    """The workspace with its vault, storage, registry and Application Insights, each made or adopted."""

    network_mode: NetworkMode
    """`own` or `managed`, never derived from anything else."""

    managed_network: ManagedNetworkSettings = Field(default_factory=ManagedNetworkSettings)
    """With `managed`: what it lets out. Left out: only what the workspace itself needs."""

    high_business_impact: bool = False
    """Whether Microsoft collects less and encrypts scratch disks. It cannot change later."""

    clusters: list[ClusterSettings] = Field(default_factory=list)
    """Compute clusters."""

    image_build_compute: Optional[str] = Field(default=None, examples=["cpu"])
    """The cluster that builds images, which a private registry needs. Left out: the first cluster."""

    key_vault_id: Optional[str] = None
    """A vault that others made, by id. Left out, one is made."""

    storage_account_id: Optional[str] = None
    """A storage account that others made, by id, without a hierarchical namespace. Left out, one is made."""

    container_registry_id: Optional[str] = None
    """A registry that others made, by id. Left out, one is made."""

    application_insights_id: Optional[str] = None
    """Application Insights that others made, by id. Left out, one is made."""

    _vault = obeys(resource_id("Microsoft.KeyVault/vaults"), "key_vault_id")
    _storage = obeys(resource_id("Microsoft.Storage/storageAccounts"), "storage_account_id")
    _registry = obeys(resource_id("Microsoft.ContainerRegistry/registries"), "container_registry_id")
    _insights = obeys(resource_id("Microsoft.Insights/components"), "application_insights_id")

    @property
    def image_build(self) -> Optional[str]:
        """The cluster that builds images."""
        return self.image_build_compute or (self.clusters[0].name if self.clusters else None)

    @property
    def private_services(self) -> list[PrivateService]:
        """What it has private endpoints to: itself, and each part that it makes."""
        made = {
            PrivateService.KEY_VAULT: self.key_vault_id,
            PrivateService.WORKSPACE_STORAGE: self.storage_account_id,
            PrivateService.CONTAINER_REGISTRY: self.container_registry_id,
        }
        return [PrivateService.ML_WORKSPACE, *(service for service, adopted in made.items() if adopted is None)]

    @check
    def _clusters_have_names_of_their_own(self) -> Iterator[Refusal]:
        yield from twice([each.name for each in self.clusters], ("clusters",), "compute")

    @check
    def _images_are_built_on_a_cluster(self) -> Iterator[Refusal]:
        names = [each.name for each in self.clusters]
        if self.image_build_compute is not None and self.image_build_compute not in names:
            yield Refusal(
                ("image_build_compute",),
                self.image_build_compute,
                f"there is no cluster '{self.image_build_compute}'",
                f"Allowed: {', '.join(names) or 'none, since clusters is empty'}",
            )

    @check
    def _rules_go_with_managed(self) -> Iterator[Refusal]:
        if "managed_network" in self.model_fields_set and self.network_mode is NetworkMode.OWN:
            yield Refusal(
                ("managed_network",),
                None,
                "managed_network is given, but network_mode is 'own'",
                "Outbound rules belong to a managed network; an own one is ruled by network.egress",
            )
