"""A cluster of AKS that models are served from, and its attachment to a workspace."""

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
from ....foundation.profiles import PROFILES, Environment
from ....foundation.rules import field_rule, pattern_rule
from ....foundation.secret_values import SECRET
from ....foundation.values import arm_id, nearest, private_range, week_day
from ....foundation.violations import Path, Violation, rule_error
from ....network.settings import EgressKind
from ....parts.settings.part import PartSettings, other_subscription
from .allocatable import Capacity
from .gitops import GitOpsSettings
from .node_pools import InstanceType, NodePoolSettings, ServicePoolSettings
from .quotas import NamespaceQuota, VcpuQuota, same_series, series_of


class PodNetwork(StrEnum):
    """Where pods get their addresses (Azure CNI)."""

    OVERLAY = "overlay"
    """From `pod_cidr`, which only the cluster knows: a node takes one address of the subnet."""

    SUBNET = "subnet"
    """From the subnet, as nodes do: a node takes max_pods more."""


class UpgradeChannel(StrEnum):
    """To which versions of Kubernetes AKS moves the cluster by itself."""

    PATCH = "patch"
    """The newest patch of the minor version. Somebody has to change the minor version before its support ends."""

    STABLE = "stable"
    """The newest patch of the last minor version but one."""


class HttpsSettings(Settings):
    """How scoring is encrypted. The certificate's key never passes through the settings or the state."""

    cname: str = Field(
        pattern=r"^([A-Za-z0-9-]+\.)+[A-Za-z]{2,}$", max_length=253, examples=["scoring.churn.ml.example.com"]
    )
    """The host name in the certificate, which callers use. Its DNS record leads to the router's private address."""

    secret_name: str = Field(pattern=r"^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$", examples=["scoring-tls"])
    """The Kubernetes secret with `cert.pem` and `key.pem`, in the namespace azureml. A gitops source or the secrets
    store driver puts it there."""


class MaintenanceWindow(Settings):
    """When AKS may upgrade the cluster and its nodes by itself, in UTC."""

    day: str = Field(default="Sunday", examples=["Saturday"])
    """The day of the week. Left out: Sunday."""

    start_hour: int = Field(default=1, ge=0, le=23)
    """The hour it starts. Left out: 1."""

    hours: int = Field(default=6, ge=4, le=24)
    """How long it lasts, 4 to 24 hours. Left out: 6."""

    _day = field_rule(week_day, "day")


version_of_kubernetes = pattern_rule(
    r"1\.[0-9]{2}(\.[0-9]{1,3})?", "is no version of Kubernetes", "a minor version such as '1.33', or a patch of it"
)

namespace_name = pattern_rule(
    r"(?!kube-|azureml$|default$|gatekeeper-system$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?",
    "is no name for a workspace's namespace",
    "up to 63 lower-case letters, digits and hyphens, and none that Kubernetes, AKS or Azure ML have for themselves",
)


def cluster_range(value: str) -> str:
    """An address range that only the cluster knows."""
    private_range(value)
    forbidden = ("169.254.0.0/16", "172.30.0.0/16", "172.31.0.0/16", "192.0.2.0/24")
    taken = next((each for each in forbidden if IPv4Network(value).overlaps(IPv4Network(each))), None)
    if taken is not None:
        raise rule_error(f"'{value}' overlaps {taken}, which AKS keeps", "Choose another private range")
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
)
"""What belongs to a cluster of the environment's own."""

_EXTENSION = ("https", "insecure_reason", "training", "scheduler_config_map", "gitops")
"""What belongs to the extension, which is installed once on a cluster."""

COMPONENTS = Capacity(1780, 2440)
COMPONENTS_HA = Capacity(3600, 4240)
TRAINING_COMPONENTS = Capacity(130, 444)
"""What the extension's own pods request: for inference, for inference with three routers, and for training beside
("Reference for configuring Kubernetes cluster for Azure Machine Learning", AzureML extension components)."""

ROUTERS = 3
"""Nodes that `inferenceRouterHA` needs, and that a system pool has over three zones."""

LEAST_PODS = 50
"""Pods that a node of a service pool takes at least in prod (PSRule for Azure, Azure.AKS.NodeMinPods)."""


class PoolAtPeak(NamedTuple):
    """A pool at its largest."""

    name: str
    vm_size: str
    most: int
    """Nodes by the autoscaler."""

    surge: int
    """Nodes that an upgrade adds."""

    vcpus_of_one: int
    max_pods: int

    @property
    def nodes(self) -> int:
        """All of them."""
        return self.most + self.surge

    @property
    def vcpus(self) -> int:
        """What they take of a quota."""
        return self.nodes * self.vcpus_of_one

    def __str__(self) -> str:
        return f"{self.name} {self.most}+{self.surge} nodes"


class AKSSettings(PartSettings):
    """The cluster, made or adopted, its pools, and how it is attached."""

    cluster_id: Optional[str] = Field(
        default=None, examples=["/subscriptions/…/providers/Microsoft.ContainerService/managedClusters/aks-central"]
    )
    """A cluster that others run, by id. Left out, one is made."""

    attach: Attach = Attach.EXCLUSIVE
    """`exclusive` or `shared`. Left out: `exclusive`, since a second workspace on a cluster breaks the first one's
    scoring unless each has a namespace."""

    compute_name: str = Field(default="aks", examples=["aks-central"])
    """What deployments name the cluster by in the workspace: 2 to 16 characters. Left out: `aks`."""

    namespace: Optional[str] = Field(default=None, examples=["churn-prod"])
    """The workspace's namespace in the cluster, which the environment makes. Left out: project and environment."""

    quota: Optional[NamespaceQuota] = None
    """What the namespace may request at most. A shared cluster needs one."""

    system: ServicePoolSettings = Field(default_factory=ServicePoolSettings)
    """The pool of Kubernetes' own pods. Its size cannot change: AKS would refuse it."""

    cpu: ServicePoolSettings = Field(default_factory=ServicePoolSettings)
    """The pool that Azure ML's extension runs on, and models that need no accelerator: the instance type `cpu`."""

    pools: list[NodePoolSettings] = Field(default_factory=list)
    """Further pools, each with an instance type of its name. Of an adopted cluster: the pools it has already, that
    models may run on."""

    kubernetes_version: Optional[str] = Field(default=None, examples=["1.33"])
    """The version that the cluster is made with. Later ones come by `upgrade_channel`. Left out: AKS' default."""

    pod_network: PodNetwork = PodNetwork.OVERLAY
    """`overlay` or `subnet`. Left out: `overlay`. Another one is another cluster."""

    pod_cidr: str = Field(default="100.64.0.0/16", examples=["100.64.0.0/16"])
    """With `overlay`: the pods' addresses, a /24 a node. Clusters that do not talk to each other may have the same.
    Left out: 100.64.0.0/16. Another one is another cluster."""

    service_cidr: str = Field(default="172.16.0.0/16", examples=["172.16.0.0/16"])
    """The addresses of Kubernetes' services, of no use outside it. Left out: 172.16.0.0/16. Another one is another
    cluster."""

    egress: Optional[EgressKind] = None
    """How an adopted subnet leads out: `nat_gateway` where one stands on it, else `firewall` or `hub_routes`. Left out:
    by a route. An own network says it itself."""

    upgrade_channel: UpgradeChannel = UpgradeChannel.STABLE
    """`stable` or `patch`. Left out: `stable`."""

    maintenance: MaintenanceWindow = Field(default_factory=MaintenanceWindow)
    """When AKS may upgrade. Left out: Sunday, 1:00 to 7:00 UTC."""

    https: Optional[HttpsSettings] = None
    """How scoring is encrypted. Needed, unless `insecure_reason` is given."""

    insecure_reason: Optional[str] = Field(default=None, min_length=10, examples=["No certificate yet, ticket ML-321"])
    """Why scoring may be called without encryption inside the network: at least 10 characters. Refused where the
    profile says so."""

    training: bool = False
    """Whether training jobs run here too. They bring the Volcano scheduler, whose configuration keeps the autoscaler
    from adding nodes for them unless `scheduler_config_map` replaces it."""

    scheduler_config_map: Optional[str] = Field(default=None, pattern=r"^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$")
    """With `training`: the ConfigMap in the namespace azureml that configures Volcano; a gitops source puts it
    there."""

    gitops: Optional[GitOpsSettings] = None
    """What else is applied to the cluster. FPGAs need one."""

    trusted_access: bool = True
    """Whether Azure ML reaches the cluster by Trusted Access, which a cluster without local accounts needs. A cluster
    takes eight such bindings."""

    local_accounts_reason: Optional[str] = Field(default=None, min_length=10, examples=["Attach fails, ticket ML-321"])
    """Why the cluster keeps local accounts, whose certificates never expire: at least 10 characters. Left out, it has
    none. Microsoft's pages disagree on whether Azure ML works without; see docs/inference.md."""

    vcpu_quota: VcpuQuota = Field(default_factory=VcpuQuota)
    """The subscription's quotas. Left out, nothing is compared."""

    _cluster = field_rule(arm_id("Microsoft.ContainerService/managedClusters"), "cluster_id")
    _compute = field_rule(attached_compute_name, "compute_name")
    _namespace = field_rule(namespace_name, "namespace")
    _version = field_rule(version_of_kubernetes, "kubernetes_version")
    _ranges = field_rule(cluster_range, "pod_cidr", "service_cidr")

    @property
    def adopted(self) -> bool:
        """Whether others run the cluster."""
        return self.cluster_id is not None

    @property
    def is_central(self) -> bool:
        """Whether it is made for several workspaces to attach."""
        return self.attach is Attach.SHARED and not self.adopted

    @property
    def installs_extension(self) -> bool:
        """Whether the environment installs Azure ML's extension: not on a central cluster, which has it."""
        return not (self.adopted and self.attach is Attach.SHARED)

    def namespace_for(self, project: str, environment: str) -> str:
        """The namespace given, or the project's own."""
        return self.namespace or f"{project}-{environment}"

    def service_pools(self, *, highly_available: bool) -> dict[str, tuple[ServicePoolSettings, int, int]]:
        """Name → pool, with its nodes at least and at most."""
        least = ROUTERS if highly_available else 1
        return {name: (pool, *pool.nodes(least)) for name, pool in (("system", self.system), ("cpu", self.cpu))}

    def pools_at_peak(self, *, highly_available: bool) -> list["PoolAtPeak"]:
        """Every pool of an own cluster at its largest, while it is upgraded."""
        services = self.service_pools(highly_available=highly_available)
        pools = [(name, pool, most) for name, (pool, _, most) in services.items()]
        return [
            PoolAtPeak(name, pool.vm_size, most, pool.surge(most), pool.size.vcpus if pool.size else 0, pool.max_pods)
            for name, pool, most in (*pools, *((each.name, each, each.most) for each in self.pools))
        ]

    def addresses(self, pool: "PoolAtPeak") -> int:
        """Addresses of the subnet that a pool takes at most."""
        return pool.nodes * (1 if self.pod_network is PodNetwork.OVERLAY else 1 + pool.max_pods)

    def components(self, *, highly_available: bool) -> Capacity:
        """What the extension's own pods request."""
        inference = COMPONENTS_HA if highly_available else COMPONENTS
        return inference.and_also(TRAINING_COMPONENTS) if self.training else inference

    def instance_types(self, *, highly_available: bool, prefix: str = "") -> list[InstanceType]:
        """What deployments can ask for: an instance type a pool."""
        made = [each.instance_type(prefix) for each in self.pools]
        if not self.adopted:
            made.insert(0, self._cpu_instance_type(highly_available, prefix))
        return [each for each in made if each is not None]

    def _cpu_instance_type(self, highly_available: bool, prefix: str) -> Optional[InstanceType]:
        """Half a node of the pool that the extension runs on, beside the extension's own pods."""
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
                    "Whoever runs the adopted cluster decides it: leave it out",
                )

    @check
    def _shared_has_a_quota(self) -> Iterator[Violation]:
        if self.attach is Attach.SHARED and self.quota is None and self.adopted:
            yield Violation(
                ("quota",),
                None,
                "the cluster is shared, and nothing keeps this namespace from taking all of it",
                "Add quota: {cpu: 16, memory_gib: 64}",
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
                "Add https: {cname: scoring.churn.ml.example.com, secret_name: scoring-tls}, or insecure_reason where "
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
                f"{services} is no size for Kubernetes' services",
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
                    f"an instance on pool {pool.name} requests {made.room}, and the namespace may have "
                    f"{self.quota.room} in all",
                    f"Raise the quota, or pools[{index}].instances_per_node",
                )

    def profile_violations(self, environment: Environment) -> Iterator[Violation]:
        """What this kind of environment does not allow: scoring in the clear, and pools that it would not survive."""
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
            return
        yield from self._service_pool_violations(highly_available, profile.zone_redundant)
        yield from self._quota_violations(highly_available)
        yield from self._pod_cidr_violations(highly_available)

    def _service_pool_violations(self, highly_available: bool, zone_redundant: bool) -> Iterator[Violation]:
        """What Kubernetes or the router could not run on, and what would undo that the cluster survives a zone, or an
        upgrade ("Baseline architecture for an AKS cluster")."""
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
                why = "Kubernetes' own pods are spread over" if name == "system" else "the router runs on"
                yield Violation(
                    (name, "min_nodes"),
                    least,
                    f"{why} {ROUTERS} nodes, and the {name} pool has {least}",
                    f"Set min_nodes: {ROUTERS} or more, or leave it out",
                )
            if zone_redundant and len(pool.zones) == 1:
                yield Violation(
                    (name, "zones"), pool.zones, f"the {name} pool is in one zone", "Name two or three, or leave it out"
                )
            if highly_available and pool.max_pods < LEAST_PODS:
                yield Violation(
                    (name, "max_pods"),
                    pool.max_pods,
                    f"a node of the {name} pool takes {pool.max_pods} pods, which its own pods can fill",
                    f"Set max_pods: {LEAST_PODS} or more, or leave it out",
                )

    def _quota_violations(self, highly_available: bool) -> Iterator[Violation]:
        """vCPUs at most against the quotas given."""
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
                    f"no pool is of the series {series}{nearest(series, in_use)}",
                    f"Leave it out, or name one that has pools: {', '.join(in_use)}",
                )
        for path, most, counted in quotas:
            needed = sum(each.vcpus for each in counted)
            if needed > most:
                parts = ", ".join(f"{each} of {each.vcpus_of_one} vCPUs" for each in counted)
                yield Violation(
                    ("vcpu_quota", *path),
                    most,
                    f"the pools need {needed} vCPUs at most ({parts}), and the quota is {most}",
                    "Lower max_nodes, or have the quota raised",
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
                f"{self.pod_cidr} has room for {int(has)} nodes, a /24 each, and there are {nodes} at most: "
                + ", ".join(map(str, pools)),
                "Widen it, or lower max_nodes",
            )

    def subscription_violations(self, subscription_id: str) -> Iterator[Violation]:
        """Ids in another subscription: the adopted cluster."""
        if self.cluster_id is not None:
            yield from other_subscription(
                ("cluster_id",), self.cluster_id, subscription_id, "a workspace attaches clusters of its own only"
            )

    def notices_on(self, today: datetime.date) -> Iterator[str]:
        """What is right on the day the program runs and should still be known."""
        for name, pool in (("system", self.system), ("cpu", self.cpu)):
            yield from (f"pool {name}: {notice}" for notice in pool.notices_on(today))
        # Whoever runs a shared cluster installs its plugins.
        plugins = self.gitops is not None or not self.installs_extension
        for pool in self.pools:
            yield from pool.notices_on(today)
            yield from pool.device_notices(plugins=plugins)
        if self.training and self.scheduler_config_map is None:
            yield (
                "training on AKS: the autoscaler adds no node for a job that Volcano waits with, which it does by "
                "default; give scheduler_config_map, or keep min_nodes"
            )
