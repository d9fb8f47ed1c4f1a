"""Settings of an AKS cluster that serves models, and of its attachment to a workspace."""

import datetime
from collections.abc import Iterator
from enum import StrEnum
from ipaddress import IPv4Network
from typing import NamedTuple, Optional

from pydantic import Field

from ....foundation.cluster_sharing import Attach
from ....foundation.duplicates import duplicate_names
from ....foundation.model import Settings, check
from ....foundation.naming import attached_compute_name
from ....foundation.profiles import PROFILES, Environment, Profile, environments_where
from ....foundation.rules import field_rule, known_to_owner, pattern_rule, published_like, stands_for
from ....foundation.secret_values import SECRET
from ....foundation.values import arm_id, nearest, private_range, week_day
from ....foundation.violations import Path, Violation, rule_error
from ....network.settings import EgressKind
from ....parts.settings.part import other_subscription
from ....parts.settings.zones import AvailabilityZones
from ...settings.target import TargetSettings
from .allocatable import Capacity
from .gitops import GitOpsSettings
from .node_pools import InstanceType, NodePoolSettings, ServicePoolSettings
from .quotas import NamespaceQuota, VcpuQuota, same_series, series_of


class PodNetwork(StrEnum):
    """The source of the pods' addresses (Azure CNI)."""

    OVERLAY = "overlay"
    """From `pod_cidr`, which is used inside the cluster only. A node takes one address of the subnet."""

    SUBNET = "subnet"
    """From the subnet. A node takes one address, and max_pods more for its pods."""


class UpgradeChannel(StrEnum):
    """The Kubernetes versions that AKS upgrades the cluster to automatically."""

    PATCH = "patch"
    """The newest patch of the same minor version. You have to change the minor version before its support ends."""

    STABLE = "stable"
    """The newest patch of the second newest minor version."""


class HttpsSettings(Settings):
    """HTTPS for scoring. The certificate's key is never in the settings or the state."""

    cname: str = Field(
        pattern=r"^([A-Za-z0-9-]+\.)+[A-Za-z]{2,}$", max_length=253, examples=["scoring.churn.ml.example.com"]
    )
    """The host name in the certificate, which callers use. Its DNS record must point to the router's private
    address."""

    secret_name: str = Field(pattern=r"^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$", examples=["scoring-tls"])
    """The Kubernetes secret with `cert.pem` and `key.pem`, in the namespace azureml. A gitops source or the secrets
    store driver has to make it."""

    _own_name = known_to_owner("<host>.<domain>", "cname")


class MaintenanceWindow(Settings):
    """The weekly window for automatic upgrades of the cluster and its nodes, in UTC."""

    day: str = Field(default="Sunday", examples=["Saturday"])
    """The day of the week. Default: Sunday."""

    start_hour: int = Field(default=1, ge=0, le=23)
    """The hour when it starts, 0 to 23. Default: 1."""

    hours: int = Field(default=6, ge=4, le=24)
    """The length in hours, 4 to 24. Default: 6."""

    _day = field_rule(week_day, "day")


version_of_kubernetes = pattern_rule(
    r"1\.[0-9]{2}(\.[0-9]{1,3})?", "is not a Kubernetes version", "a minor version such as '1.33', or a patch of it"
)

namespace_name = pattern_rule(
    r"(?!kube-|azureml$|default$|gatekeeper-system$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?",
    "is not allowed as the name of a workspace's namespace",
    "up to 63 lower-case letters, digits and inner hyphens, except kube-…, azureml, default and gatekeeper-system",
)


@published_like(private_range)
def cluster_range(value: str) -> str:
    """Checks an address range that is used inside the cluster only, and returns it."""
    private_range(value)
    forbidden = ("169.254.0.0/16", "172.30.0.0/16", "172.31.0.0/16", "192.0.2.0/24")
    taken = next((each for each in forbidden if IPv4Network(value).overlaps(IPv4Network(each))), None)
    if taken is not None:
        raise rule_error(f"'{value}' overlaps {taken}, which AKS reserves", "Choose another private range")
    return value


_OWN = (
    "system",
    "cpu",
    "kubernetes_version",
    "pod_network",
    "pod_cidr",
    "service_cidr",
    "egress",
    "upgrade_channel",
    "maintenance",
    "vcpu_quota",
    "local_accounts_reason",
    "shared_zone_reason",
)
"""The settings of a new cluster. An adopted one cannot have them."""

_EXTENSION = ("https", "insecure_reason", "training", "scheduler_config_map", "gitops")
"""The settings of the extension, which is installed once on a cluster."""

COMPONENTS = Capacity(1780, 2440)
COMPONENTS_HA = Capacity(3600, 4240)
TRAINING_COMPONENTS = Capacity(130, 444)
"""The requests of the extension's own pods: for inference, for inference with three routers, and for training in
addition ("Reference for configuring Kubernetes cluster for Azure Machine Learning", AzureML extension components)."""

ROUTERS = 3
"""The number of nodes that `inferenceRouterHA` needs, and that a system pool needs for three zones."""

OTHER_ADDRESSES = 2
"""Addresses that a cluster takes in addition to its nodes: the API server's endpoint and the router's load balancer."""

LEAST_PODS = 50
"""The least max_pods of a service pool in a highly available environment (PSRule for Azure, Azure.AKS.NodeMinPods)."""


class PoolAtPeak(NamedTuple):
    """A pool at its largest, during an upgrade."""

    name: str
    vm_size: str
    most: int
    """The autoscaler's maximum number of nodes."""

    surge: int
    """The number of nodes that an upgrade adds."""

    vcpus_of_one: int
    max_pods: int

    @property
    def nodes(self) -> int:
        """The total number of nodes."""
        return self.most + self.surge

    @property
    def vcpus(self) -> int:
        """The vCPUs of all nodes, which count against a quota."""
        return self.nodes * self.vcpus_of_one

    def __str__(self) -> str:
        return f"{self.name} {self.most}+{self.surge} nodes"


class AKSSettings(TargetSettings):
    """The cluster (new or adopted), its pools, and its attachment."""

    cluster_id: Optional[str] = Field(
        default=None, examples=["/subscriptions/…/providers/Microsoft.ContainerService/managedClusters/aks-central"]
    )
    """A cluster that others run, by id. Default: a new cluster is made."""

    attach: Attach = Attach.EXCLUSIVE
    """`exclusive` or `shared`. A second workspace on a cluster breaks the first one's scoring unless each has a
    namespace. Default: `exclusive`."""

    compute_name: str = Field(default="aks", examples=["aks-central"])
    """The cluster's name in the workspace, which deployments use: 2 to 16 characters. Default: `aks`."""

    namespace: Optional[str] = Field(default=None, examples=["churn-prod"])
    """The workspace's namespace in the cluster, which the environment makes. Default: `<project>-<environment>`."""

    quota: Optional[NamespaceQuota] = None
    """The maximum that the namespace may request. Required if an adopted cluster is shared. Default: no maximum."""

    system: ServicePoolSettings = Field(default_factory=ServicePoolSettings)
    """The pool for Kubernetes' own pods. Its size, zones, disks, host encryption and max_pods cannot change: AKS
    refuses it."""

    cpu: ServicePoolSettings = Field(default_factory=ServicePoolSettings)
    """The pool for Azure ML's extension, and for models that need no accelerator (instance type `cpu`)."""

    pools: list[NodePoolSettings] = Field(default_factory=list)
    """Further pools. Each has an instance type of the same name. For an adopted cluster: the pools that it already has
    and that models may run on."""

    kubernetes_version: Optional[str] = Field(default=None, examples=["1.33"])
    """The version that the cluster is made with. `upgrade_channel` decides later versions. Default: AKS' default."""

    pod_network: PodNetwork = PodNetwork.OVERLAY
    """`overlay` or `subnet`. Cannot change: that needs a new cluster. Default: `overlay`."""

    pod_cidr: str = Field(default="100.64.0.0/16", examples=["100.64.0.0/16"])
    """With `overlay`: the pods' addresses, a /24 for each node. Clusters that do not call each other may have the same
    range. Cannot change: that needs a new cluster. Default: 100.64.0.0/16."""

    service_cidr: str = Field(default="172.16.0.0/16", examples=["172.16.0.0/16"])
    """The addresses of Kubernetes' services, used inside the cluster only. Cannot change: that needs a new cluster.
    Default: 172.16.0.0/16."""

    egress: Optional[EgressKind] = None
    """The egress of an adopted subnet: `nat_gateway` if it has one, else `firewall` or `hub_routes`. Default:
    `hub_routes`. Not allowed with an own network, whose settings decide the egress."""

    upgrade_channel: UpgradeChannel = UpgradeChannel.STABLE
    """`stable` or `patch`. Default: `stable`."""

    maintenance: MaintenanceWindow = Field(default_factory=MaintenanceWindow)
    """The window for automatic upgrades. Default: Sunday, 1:00 to 7:00 UTC."""

    https: Optional[HttpsSettings] = None
    """HTTPS for scoring. Required unless `insecure_reason` is given."""

    insecure_reason: Optional[str] = Field(default=None, min_length=10, examples=["No certificate yet, ticket ML-321"])
    """The reason why scoring may be called without encryption inside the network: at least 10 characters. Allowed only
    if the profile allows it."""

    training: bool = False
    """Whether training jobs run here too. This installs the Volcano scheduler. Its default configuration keeps the
    autoscaler from adding nodes for jobs; `scheduler_config_map` replaces it."""

    scheduler_config_map: Optional[str] = Field(default=None, pattern=r"^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$")
    """With `training`: the ConfigMap in the namespace azureml that configures Volcano. A gitops source has to make
    it."""

    gitops: Optional[GitOpsSettings] = None
    """A Git source that is applied to the cluster. FPGAs need one."""

    trusted_access: bool = True
    """Whether Azure ML reaches the cluster by Trusted Access. A cluster without local accounts needs it. A cluster can
    have eight such bindings."""

    local_accounts_reason: Optional[str] = Field(default=None, min_length=10, examples=["Attach fails, ticket ML-321"])
    """The reason why the cluster keeps local accounts, whose certificates never expire: at least 10 characters.
    Microsoft's pages disagree on whether Azure ML works without them; see docs/inference.md. Default: no local
    accounts."""

    shared_zone_reason: Optional[str] = Field(
        default=None, min_length=10, examples=["A cluster made before zones were apart, ML-410"]
    )
    """The reason why the API server's record is in the adopted zone itself: at least 10 characters. Clusters of other
    environments may then write it, so `mlplatform check` asks all that share the zone for a reason. It cannot be set or
    removed later. Default: with `network.dns.mode: adopt`, the cluster gets a zone of its own below the adopted one."""

    shared_cluster_reason: Optional[str] = Field(
        default=None, min_length=10, examples=["Small models, accepted by all teams on it, ARC-77"]
    )
    """The reason why a production workspace is on a cluster that others use too: at least 10 characters. Azure asks for
    *Contributor* on the cluster, so the workspace's identity may change what serves the others' models. `prod` needs it
    with `attach: shared` and `cluster_id`. Default: none."""

    vcpu_quota: VcpuQuota = Field(default_factory=VcpuQuota)
    """The subscription's vCPU quotas. Default: quotas are not checked."""

    _cluster = field_rule(arm_id("Microsoft.ContainerService/managedClusters"), "cluster_id")
    _compute = field_rule(attached_compute_name, "compute_name")
    _namespace = field_rule(stands_for("<project>-<environment>")(namespace_name), "namespace")
    _version = field_rule(version_of_kubernetes, "kubernetes_version")
    _ranges = field_rule(cluster_range, "pod_cidr", "service_cidr")

    @property
    def adopted(self) -> bool:
        """Whether others run the cluster."""
        return self.cluster_id is not None

    @property
    def is_central(self) -> bool:
        """Whether it is a new cluster that several workspaces may attach."""
        return self.attach is Attach.SHARED and not self.adopted

    @property
    def installs_extension(self) -> bool:
        """Whether the environment installs Azure ML's extension. An adopted shared cluster has it already."""
        return not (self.adopted and self.attach is Attach.SHARED)

    def namespace_for(self, project: str, environment: str) -> str:
        """The namespace in the settings, or `<project>-<environment>`."""
        return self.namespace or f"{project}-{environment}"

    def service_pools(self, *, highly_available: bool) -> dict[str, tuple[ServicePoolSettings, int, int]]:
        """Name → pool, with its minimum and maximum number of nodes."""
        least = ROUTERS if highly_available else 1
        return {name: (pool, *pool.nodes(least)) for name, pool in (("system", self.system), ("cpu", self.cpu))}

    def pools_at_peak(self, *, highly_available: bool) -> list["PoolAtPeak"]:
        """Every pool of a new cluster at its largest, during an upgrade."""
        services = self.service_pools(highly_available=highly_available)
        pools = [(name, pool, most) for name, (pool, _, most) in services.items()]
        return [
            PoolAtPeak(name, pool.vm_size, most, pool.surge(most), pool.size.vcpus if pool.size else 0, pool.max_pods)
            for name, pool, most in (*pools, *((each.name, each, each.most) for each in self.pools))
        ]

    def addresses(self, profile: Profile) -> int:
        """The maximum number of subnet addresses in use: those of each pool, of the API server and of the router."""
        pools = self.pools_at_peak(highly_available=profile.highly_available)
        return sum(map(self._addresses_of, pools)) + OTHER_ADDRESSES

    def addresses_in_words(self, profile: Profile) -> str:
        """What takes the addresses, for a message."""
        pools = self.pools_at_peak(highly_available=profile.highly_available)
        parts = ", ".join(f"{each} with {self._addresses_of(each)} addresses" for each in pools)
        return f"{parts}, and {OTHER_ADDRESSES} for the API server and the router"

    def _addresses_of(self, pool: "PoolAtPeak") -> int:
        return pool.nodes * (1 if self.pod_network is PodNetwork.OVERLAY else 1 + pool.max_pods)

    def components(self, *, highly_available: bool) -> Capacity:
        """The requests of the extension's own pods."""
        inference = COMPONENTS_HA if highly_available else COMPONENTS
        return inference.and_also(TRAINING_COMPONENTS) if self.training else inference

    def instance_types(self, *, highly_available: bool, prefix: str = "") -> list[InstanceType]:
        """The instance types that deployments can use: one for each pool."""
        made = [each.instance_type(prefix) for each in self.pools]
        if not self.adopted:
            made.insert(0, self._cpu_instance_type(highly_available, prefix))
        return [each for each in made if each is not None]

    def _cpu_instance_type(self, highly_available: bool, prefix: str) -> Optional[InstanceType]:
        """The instance type of the cpu pool: half of what the extension's own pods leave of a node."""
        size = self.cpu.size
        if size is None:
            return None
        _, least, _ = self.service_pools(highly_available=highly_available)["cpu"]
        share = self.components(highly_available=highly_available).shared_by(max(least, 1))
        as_pool = NodePoolSettings.model_construct(
            name="cpu", vm_size=self.cpu.vm_size, max_pods=self.cpu.max_pods, instances_per_node=2
        )
        return as_pool.instance_type(prefix, beside=share)

    @check
    def _cluster_is_own_or_adopted(self) -> Iterator[Violation]:
        if not self.adopted:
            return
        fields = _OWN if self.installs_extension else (*_OWN, *_EXTENSION)
        for field in fields:
            if field in self.model_fields_set and getattr(self, field) not in (None, False):
                yield Violation(
                    (field,),
                    None,
                    f"{field} is given together with cluster_id",
                    "Leave it out: the operator of the adopted cluster decides it",
                )

    @check
    def _shared_has_a_quota(self) -> Iterator[Violation]:
        if self.attach is Attach.SHARED and self.quota is None and self.adopted:
            yield Violation(
                ("quota",),
                None,
                "the cluster is shared, but without a quota this namespace could take all of it",
                "Add quota: {cpu: 16, memory_gib: 64}",
            )

    @check
    def _reason_is_of_a_shared_cluster(self) -> Iterator[Violation]:
        if self.shared_cluster_reason is not None and not (self.adopted and self.attach is Attach.SHARED):
            yield Violation(
                ("shared_cluster_reason",),
                self.shared_cluster_reason,
                "no cluster is shared with others",
                "Remove it, or give cluster_id and attach: shared",
            )

    @check
    def _pools_have_names_of_their_own(self) -> Iterator[Violation]:
        yield from duplicate_names(self.pools, ("pools",), "pool")

    @check
    def _scheduler_goes_with_training(self) -> Iterator[Violation]:
        if self.scheduler_config_map is not None and not self.training:
            yield Violation(
                ("scheduler_config_map",),
                self.scheduler_config_map,
                "scheduler_config_map is given, but training is false",
                "Leave it out, or set training: true",
            )

    @check
    def _scoring_is_encrypted(self) -> Iterator[Violation]:
        if not self.installs_extension:
            return
        if self.https is None and self.insecure_reason is None:
            yield Violation(
                ("https",),
                None,
                "scoring has no certificate",
                "Add https: {cname: <host name of the certificate>, secret_name: <secret>}, or insecure_reason if "
                "the profile allows it",
            )
        if self.https is not None and self.insecure_reason is not None:
            yield Violation(
                ("insecure_reason",),
                self.insecure_reason,
                "insecure_reason is given together with https",
                "Leave one of them out",
            )

    @check
    def _ranges_are_apart(self) -> Iterator[Violation]:
        pods, services = IPv4Network(self.pod_cidr), IPv4Network(self.service_cidr)
        if self.pod_network is PodNetwork.OVERLAY and pods.overlaps(services):
            yield Violation(
                ("service_cidr",),
                self.service_cidr,
                f"{services} overlaps pod_cidr {pods}",
                "Choose ranges that share no address",
            )
        if services.prefixlen < 12 or services.prefixlen > 27:
            yield Violation(
                ("service_cidr",),
                self.service_cidr,
                f"{services} has the wrong size for Kubernetes' services",
                "Allowed: a prefix length of 12 to 27",
            )

    @check
    def _instances_fit_the_quota(self) -> Iterator[Violation]:
        if self.quota is None:
            return
        for index, pool in enumerate(self.pools):
            made = pool.instance_type()
            if made is not None and not self.quota.room.holds(made.room):
                yield Violation(
                    ("quota",),
                    None,
                    f"an instance on pool {pool.name} requests {made.room}, but the quota of the "
                    f"namespace is {self.quota.room}",
                    f"Raise the quota, or pools[{index}].instances_per_node",
                )

    @property
    def costs_at_rest(self) -> list[str]:
        """The nodes of an own cluster: the extension and the endpoints run on them."""
        return [] if self.adopted else ["the cluster and its nodes, until `az aks stop` stops them"]

    def profile_violations(self, environment: Environment) -> Iterator[Violation]:
        """A violation for unencrypted scoring, and for each pool, quota or range that is too small for the
        environment."""
        if not PROFILES[environment].is_promoted:
            yield Violation(
                (),
                None,
                f"a {environment} environment has no AKS: its nodes run day and night, and nothing is promoted from it",
                f"Use target: managed, or serve from: {environments_where('is_promoted')}",
            )
        profile = PROFILES[environment]
        highly_available = profile.highly_available
        if self.insecure_reason is not None and not profile.may_serve_insecurely:
            yield Violation(
                ("insecure_reason",),
                self.insecure_reason,
                "scoring without encryption is not allowed in this kind of environment",
                "Add https with a certificate, and leave insecure_reason out",
            )
        if self.adopted:
            yield from self._shared_cluster_violations(environment)
            return
        yield from self._service_pool_violations(highly_available)
        yield from self._quota_violations(highly_available)
        yield from self._pod_cidr_violations(highly_available)

    def _shared_cluster_violations(self, environment: Environment) -> Iterator[Violation]:
        needs = PROFILES[environment].protect and self.attach is Attach.SHARED
        if needs and self.shared_cluster_reason is None:
            yield Violation(
                ("shared_cluster_reason",),
                None,
                f"in a {environment} environment, a cluster that others use too needs a reason: the workspace's "
                "identity gets Contributor on all of it",
                "Use a cluster of its own, or add shared_cluster_reason: why this one, accepted by whom",
            )

    @property
    def zone_redundant_parts(self) -> list[str]:
        """The pools of an own cluster."""
        return [] if self.adopted else ["the cluster's pools"]

    def zone_violations(self, zones: AvailabilityZones) -> Iterator[Violation]:
        """The violations of the pools, and one for each service pool that would not survive the loss of a zone
        ("Baseline architecture for an AKS cluster")."""
        if self.adopted:
            return
        yield from super().zone_violations(zones)
        if not zones.profile.zone_redundant:
            return
        for name, pool in (("system", self.system), ("cpu", self.cpu)):
            if len(pool.zones or []) == 1:
                yield Violation(
                    (name, "zones"),
                    pool.zones,
                    f"the {name} pool is in one zone only",
                    "Name two or three zones, or leave it out",
                )

    def _service_pool_violations(self, highly_available: bool) -> Iterator[Violation]:
        """A violation for each service pool that is too small for Kubernetes or the router, or that would not survive
        an upgrade ("Baseline architecture for an AKS cluster")."""
        for name, (pool, least, most) in self.service_pools(highly_available=highly_available).items():
            if most < least:
                yield Violation(
                    (name, "max_nodes"),
                    most,
                    f"max_nodes {most} is less than the {least} nodes that the environment needs",
                    "Raise max_nodes",
                )
            elif least < 1:
                yield Violation((name, "min_nodes"), least, f"the {name} pool needs at least 1 node", "Raise min_nodes")
            elif highly_available and least < ROUTERS:
                why = "Kubernetes' own pods need" if name == "system" else "the router needs"
                yield Violation(
                    (name, "min_nodes"),
                    least,
                    f"{why} {ROUTERS} nodes, but the {name} pool has {least}",
                    f"Set min_nodes: {ROUTERS} or more, or leave it out",
                )
            if highly_available and pool.max_pods < LEAST_PODS:
                yield Violation(
                    (name, "max_pods"),
                    pool.max_pods,
                    f"a node of the {name} pool takes {pool.max_pods} pods only, and system pods can fill that",
                    f"Set max_pods: {LEAST_PODS} or more, or leave it out",
                )

    def _quota_violations(self, highly_available: bool) -> Iterator[Violation]:
        """A violation for each quota that the pools at their largest exceed, or that no pool uses."""
        spot = {each.name for each in self.pools if each.spot}
        # Spot nodes have a quota of their own.
        pools = [each for each in self.pools_at_peak(highly_available=highly_available) if each.name not in spot]
        quotas: list[tuple[Path, int, list[PoolAtPeak]]] = []
        if self.vcpu_quota.regional is not None:
            quotas.append((("regional",), self.vcpu_quota.regional, pools))
        for series, most in self.vcpu_quota.series.items():
            counted = [each for each in pools if same_series(series, series_of(each.vm_size))]
            if counted:
                quotas.append((("series", series), most, counted))
            elif series != SECRET:
                in_use = sorted({series_of(each.vm_size) for each in pools})
                yield Violation(
                    ("vcpu_quota", "series", series),
                    most,
                    f"no pool uses the series {series}{nearest(series, in_use)}",
                    f"Leave it out, or name a series in use: {', '.join(in_use)}",
                )
        for path, most, counted in quotas:
            needed = sum(each.vcpus for each in counted)
            if needed > most:
                parts = ", ".join(f"{each} of {each.vcpus_of_one} vCPUs" for each in counted)
                yield Violation(
                    ("vcpu_quota", *path),
                    most,
                    f"the pools need up to {needed} vCPUs ({parts}), but the quota is {most}",
                    "Lower max_nodes, or request a higher quota",
                )

    def _pod_cidr_violations(self, highly_available: bool) -> Iterator[Violation]:
        if self.pod_network is not PodNetwork.OVERLAY:
            return
        pools = self.pools_at_peak(highly_available=highly_available)
        nodes = sum(each.nodes for each in pools)
        has = 2 ** (24 - IPv4Network(self.pod_cidr).prefixlen) // 1
        if has < nodes:
            yield Violation(
                ("pod_cidr",),
                self.pod_cidr,
                f"{self.pod_cidr} has room for {int(has)} nodes (a /24 each), but there are up to {nodes}: "
                + ", ".join(map(str, pools)),
                "Use a larger range, or lower max_nodes",
            )

    def subscription_violations(self, subscription_id: str) -> Iterator[Violation]:
        """A violation if the adopted cluster is in another subscription."""
        if self.cluster_id is not None:
            yield from other_subscription(
                ("cluster_id",),
                self.cluster_id,
                subscription_id,
                "a workspace attaches clusters of its own subscription only",
            )

    def notices_on(self, today: datetime.date) -> Iterator[str]:
        """A notice for each setting that is allowed but needs attention, such as a size that will be retired."""
        for name, pool in (("system", self.system), ("cpu", self.cpu)):
            yield from (f"pool {name}: {notice}" for notice in pool.notices_on(today))
        # The operator of a shared cluster installs its plugins.
        plugins = self.gitops is not None or not self.installs_extension
        for pool in self.pools:
            yield from pool.notices_on(today)
            yield from pool.device_notices(plugins=plugins)
        if self.training and self.scheduler_config_map is None:
            yield (
                "training on AKS: by default, Volcano holds a job back until all its pods fit, so the autoscaler adds "
                "no node for it; give scheduler_config_map, or set min_nodes to what jobs need"
            )
