"""Settings of the node pools of an AKS cluster, and the part of a node that a model gets."""

from collections.abc import Iterator
from enum import StrEnum
from typing import Any, NamedTuple, Optional

from pydantic import Field

from ....catalogue.vm_sizes import Accelerator, VmSize, size_names, vm_size
from ....foundation.cluster_sharing import POOL_LABEL
from ....foundation.duplicates import duplicate_values
from ....foundation.model import check
from ....foundation.rules import field_rule, pattern_rule
from ....foundation.scaling import scaling_violations
from ....foundation.secret_values import SECRET
from ....foundation.violations import Violation
from ....parts.settings.vm_size import HasVmSize, unknown_size
from ....parts.settings.zones import AvailabilityZones
from .allocatable import NOTHING, SIDECARS, Capacity, for_workloads

node_pool_name = pattern_rule(
    r"[a-z][a-z0-9]{0,11}",
    "is not a valid node pool name",
    "1 to 12 lower-case letters and digits, starting with a letter",
)


class OsDisk(StrEnum):
    """The kind of disk for a node's operating system."""

    EPHEMERAL = "ephemeral"
    """The host's own disk: faster, free, and lost with the node."""

    MANAGED = "managed"
    """A managed disk."""


class MigProfile(StrEnum):
    """The profiles with which NVIDIA's MIG splits a card ("Multi-instance GPU node pool in AKS")."""

    MIG1G = "MIG1g"
    MIG2G = "MIG2g"
    MIG3G = "MIG3g"
    MIG4G = "MIG4g"
    MIG7G = "MIG7g"


_SLICES = {MigProfile.MIG1G: 7, MigProfile.MIG2G: 3, MigProfile.MIG3G: 2, MigProfile.MIG4G: 1, MigProfile.MIG7G: 1}
"""The number of devices that a card becomes."""

LEAST = (4, 14)
"""vCPUs and GiB that a node needs for the extension ("Deploy Azure Machine Learning extension on AKS")."""

ALL_ZONES = ["1", "2", "3"]

SURGE = 0.1
"""The part of a pool that an upgrade adds at most, rounded up: AKS's own default. A pool with accelerators is upgraded
in place, because there is seldom quota for an extra node."""

DRIVERLESS = "AKS installs no driver for them, so Kubernetes would see no device"


class InstanceType(NamedTuple):
    """The part of a node that one instance of a model gets."""

    name: str
    room: Capacity
    """The requests of an instance, and its limits."""

    devices: dict[str, int]
    """Device (such as `nvidia.com/gpu`) → how many."""

    node_selector: dict[str, str]
    """Labels of the nodes that it runs on."""

    @property
    def requests(self) -> dict[str, str]:
        """CPU and memory, as Kubernetes writes them."""
        return {"cpu": f"{self.room.cpu_m}m", "memory": f"{self.room.memory_mib}Mi"}

    @property
    def limits(self) -> dict[str, str]:
        """The limits. CPU and memory are needed in both requests and limits, a device in limits only ("Create and
        manage instance types")."""
        return {**self.requests, **{device: str(number) for device, number in self.devices.items()}}

    @property
    def manifest(self) -> dict[str, Any]:
        """The custom resource of the instance type, for Azure ML's extension (the same page)."""
        return {
            "apiVersion": "amlarc.azureml.com/v1alpha1",
            "kind": "InstanceType",
            "metadata": {"name": self.name},
            "spec": {
                "nodeSelector": self.node_selector,
                "resources": {"requests": self.requests, "limits": self.limits},
            },
        }


class _Pool(HasVmSize):
    """The settings that all pools share."""

    min_nodes: Optional[int] = Field(default=None, ge=0, le=1000)
    """The autoscaler's minimum number of nodes. Default: 0 for entries of `pools`; for `system` and `cpu`, 3 if the
    environment is highly available, else 1."""

    max_nodes: Optional[int] = Field(default=None, ge=1, le=1000)
    """The autoscaler's maximum number of nodes. Default: 3 more than the minimum, at least 4."""

    zones: Optional[list[str]] = Field(default=None, examples=[["1", "2", "3"]])
    """Availability zones of the nodes; `[]` means none. A change replaces the pool. Default: all three if the
    environment is spread over zones, the first if it is not, and none in a region without zones."""

    no_zones_reason: Optional[str] = Field(
        default=None, min_length=10, examples=["The region has A100 outside zones only, ticket ML-322"]
    )
    """With `zones: []` in an environment that is spread over zones: the reason, at least 10 characters. Default: none;
    such an environment refuses a pool without zones."""

    max_pods: int = Field(default=50, ge=30, le=250)
    """The maximum number of pods on a node. AKS reserves 20 MiB of memory for each, and an address with
    `pod_network: subnet`. A change replaces the pool. Default: 50."""

    os_disk: Optional[OsDisk] = None
    """`ephemeral` or `managed`. A change replaces the pool. Default: `ephemeral` if the size's local disk is large
    enough, else `managed`."""

    os_disk_gib: Optional[int] = Field(default=None, ge=30, le=2048)
    """The size of the operating system's disk, in GiB. It holds the images too. A change replaces the pool. Default:
    128; 256 for nodes with accelerators, whose images are large."""

    unencrypted_host_reason: Optional[str] = Field(
        default=None, min_length=10, examples=["The size cannot, ticket ML-321"]
    )
    """The reason why the host does not encrypt the nodes' disks and caches: at least 10 characters. To add or
    remove it replaces the pool. Default: the host encrypts them. This needs the feature
    Microsoft.Compute/EncryptionAtHost in the subscription, and some sizes do not support it."""

    @property
    def disk_gib(self) -> int:
        """The size of the operating system's disk, in GiB."""
        accelerated = self.size is not None and self.size.accelerator is not Accelerator.NONE
        return self.os_disk_gib or (256 if accelerated else 128)

    @property
    def disk(self) -> OsDisk:
        """The kind of disk for the operating system."""
        fits = self.size is not None and self.size.local_disk_gib >= self.disk_gib
        return self.os_disk or (OsDisk.EPHEMERAL if fits else OsDisk.MANAGED)

    def surge(self, most: int) -> int:
        """The number of nodes that an upgrade adds to `most` nodes."""
        accelerated = self.size is not None and self.size.accelerator is not Accelerator.NONE
        return 0 if accelerated else -int(-most * SURGE // 1)

    @check
    def _max_is_no_less_than_min(self) -> Iterator[Violation]:
        yield from scaling_violations(self, "nodes")

    @check
    def _zones_are_zones(self) -> Iterator[Violation]:
        for index, zone in enumerate(self.zones or []):
            if zone not in (*ALL_ZONES, SECRET):
                yield Violation(
                    ("zones", index), zone, f"'{zone}' is not an availability zone", "Allowed: '1', '2' and '3'"
                )
        yield from duplicate_values(self.zones or [], ("zones",))

    @check
    def _reason_goes_with_no_zones(self) -> Iterator[Violation]:
        if self.no_zones_reason is not None and self.zones != []:
            yield Violation(
                ("no_zones_reason",),
                self.no_zones_reason,
                "no_zones_reason is given, but the pool uses zones",
                "Set zones: [], or leave no_zones_reason out",
            )

    def zone_violations(self, zones: AvailabilityZones) -> Iterator[Violation]:
        """A violation if zones are named that cannot be used, or if a pool without zones has no reason."""
        yield from zones.named_violations(("zones",), self.zones)
        if self.zones == [] and zones.profile.zone_redundant and self.no_zones_reason is None:
            yield Violation(
                ("zones",),
                self.zones,
                f"a pool without zones is not spread, and a {zones.environment} environment is",
                "Name zones, leave zones out, or add no_zones_reason: why the pool needs none",
            )

    def zones_in(self, zones: AvailabilityZones) -> list[str]:
        """The zones of the nodes. Empty: the pool is in no zone."""
        if self.zones is not None or not zones.usable:
            return self.zones or []
        return ALL_ZONES if zones.profile.zone_redundant else ALL_ZONES[:1]

    @check
    def _size_is_known(self) -> Iterator[Violation]:
        if self.vm_size != SECRET and self.size is None:
            wanted = getattr(self, "accelerator", Accelerator.NONE)
            sizes = [each for each in size_names() if _in_use(each).accelerator is wanted]
            yield unknown_size(self.vm_size, sizes, "A model's part of a node is computed from the size")

    @check
    def _disk_fits(self) -> Iterator[Violation]:
        if self.os_disk is OsDisk.EPHEMERAL and self.size is not None and self.size.local_disk_gib < self.disk_gib:
            has = f"{self.size.local_disk_gib} GiB" if self.size.local_disk_gib else "the catalogue knows none"
            yield Violation(
                ("os_disk",),
                self.os_disk,
                f"an ephemeral disk of {self.disk_gib} GiB does not fit on the local disk of {self.vm_size}: {has}",
                "Set os_disk: managed, lower os_disk_gib, or choose a size with a local disk, such as Standard_D4ds_v5",
            )


def _in_use(name: str) -> VmSize:
    size = vm_size(name)
    assert size is not None  # noqa: S101 - one of the catalogue's own names
    return size


class ServicePoolSettings(_Pool):
    """A pool for Kubernetes' own pods, or for Azure ML's extension."""

    vm_size: str = Field(default="Standard_D4ds_v5", examples=["Standard_D8ds_v5"])
    """The size of a node: at least 4 vCPUs and 14 GiB. A change replaces the nodes. Default: `Standard_D4ds_v5`."""

    @check
    def _size_is_large_enough(self) -> Iterator[Violation]:
        if self.size is None:
            return
        if self.size.vcpus < LEAST[0] or self.size.memory_gib < LEAST[1]:
            yield Violation(
                ("vm_size",),
                self.vm_size,
                f"a {self.vm_size} has {self.size.vcpus} vCPUs and {self.size.memory_gib:g} GiB, which is too little",
                f"Choose a size with at least {LEAST[0]} vCPUs and {LEAST[1]} GiB, such as Standard_D4ds_v5",
            )
        elif self.size.accelerator is not Accelerator.NONE:
            yield Violation(
                ("vm_size",),
                self.vm_size,
                f"a {self.vm_size} has an accelerator, but nothing on this pool uses it",
                "Choose a size without an accelerator, and add a pool with one to pools",
            )
        elif self.vm_size.lower().startswith("standard_b"):
            yield Violation(
                ("vm_size",),
                self.vm_size,
                f"{self.vm_size} is burstable, which AKS does not allow for this pool",
                "Choose a size that is not burstable, such as Standard_D4ds_v5",
            )

    def nodes(self, least: int) -> tuple[int, int]:
        """The minimum and maximum number of nodes. `least` is the minimum if the settings give none."""
        low = least if self.min_nodes is None else self.min_nodes
        return low, max(low, 1) + 3 if self.max_nodes is None else self.max_nodes


class NodePoolSettings(_Pool):
    """A pool for models only: its nodes have a taint that only Azure ML's pods tolerate."""

    name: str = Field(examples=["gpu"])
    """The name of the pool, and of the instance type that deployments use. `system` and `cpu` are taken."""

    accelerator: Accelerator = Accelerator.NONE
    """`none`, `gpu` or `fpga`. It decides drivers, labels and devices. It must match the size, so that nobody pays for
    a card by mistake. Default: `none`."""

    spot: bool = False
    """Whether nodes are spot nodes: cheaper, but Azure may take them back. A change replaces the pool."""

    mig_profile: Optional[MigProfile] = None
    """The MIG profile that splits each card. A change replaces the pool. Default: a card is one device."""

    instances_per_node: Optional[int] = Field(default=None, ge=1, le=250)
    """The number of model instances that share a node in equal parts. Default: one for each device, or one for every
    two vCPUs if there are no devices."""

    device_resource: Optional[str] = Field(
        default=None,
        pattern=r"^(amd|xilinx)\.com/[A-Za-z0-9._-]{1,63}$",
        examples=["amd.com/xilinx_u250_gen3x16_xdma_shell_2_1-0"],
    )
    """With `fpga`: the name that the device plugin gives the device; `kubectl describe node` shows it. Default: an
    instance requests no device."""

    _name = field_rule(node_pool_name, "name")

    @property
    def label(self) -> str:
        """The first words of a notice."""
        return f"pool {self.name}: "

    @property
    def least(self) -> int:
        """The minimum number of nodes."""
        return self.min_nodes or 0

    @property
    def most(self) -> int:
        """The maximum number of nodes."""
        return max(self.least, 1) + 3 if self.max_nodes is None else self.max_nodes

    @property
    def devices(self) -> int:
        """The number of devices that a node offers."""
        return (self.size.devices if self.size else 0) * _SLICES.get(self.mig_profile or MigProfile.MIG7G, 1)

    @property
    def instances(self) -> int:
        """The number of model instances that share a node."""
        vcpus = self.size.vcpus if self.size else 2
        return self.instances_per_node or self.devices or max(vcpus // 2, 1)

    def instance_type(self, prefix: str = "", beside: Capacity = NOTHING) -> Optional[InstanceType]:
        """The part of a node that an instance gets. The node's capacity without `beside` is divided equally, and each
        part loses Azure ML's sidecars. None if the size is unknown."""
        if self.size is None:
            return None
        devices = {self.device: self.devices // self.instances} if self.device is not None else {}
        return InstanceType(
            f"{prefix}{self.name}",
            for_workloads(self.size, self.max_pods).without(beside).shared_by(self.instances).without(SIDECARS),
            devices,
            {POOL_LABEL: self.name},
        )

    @property
    def device(self) -> Optional[str]:
        """The name of the device in Kubernetes. None if instances request no device."""
        return "nvidia.com/gpu" if self.accelerator is Accelerator.GPU else self.device_resource

    @check
    def _accelerator_is_the_sizes(self) -> Iterator[Violation]:
        size = self.size
        if size is None:
            return
        if size.accelerator is not self.accelerator:
            has = f"has {size.card.name} cards ({size.accelerator})" if size.card else "has no accelerator"
            yield Violation(
                ("accelerator",),
                self.accelerator,
                f"accelerator is '{self.accelerator}', but a {self.vm_size} {has}",
                f"Set accelerator: {size.accelerator}, or choose {_EXAMPLES[self.accelerator]}",
            )
        elif size.card is not None and size.accelerator is Accelerator.GPU and not size.card.driver:
            yield Violation(
                ("vm_size",),
                self.vm_size,
                f"a {self.vm_size} has {size.card.name} cards: {DRIVERLESS}",
                f"Choose NVIDIA cards: {_EXAMPLES[Accelerator.GPU]}",
            )

    @check
    def _mig_is_the_cards(self) -> Iterator[Violation]:
        if self.mig_profile is not None and self.size is not None and not (self.size.card and self.size.card.mig):
            card = f"{self.size.card.name} cards" if self.size.card else "no cards"
            yield Violation(
                ("mig_profile",),
                self.mig_profile,
                f"mig_profile is given, but a {self.vm_size} has {card}, so MIG cannot be used",
                "Leave it out, or choose a size with A100, H100 or H200 cards, such as Standard_NC24ads_A100_v4",
            )

    @check
    def _devices_are_shared_evenly(self) -> Iterator[Violation]:
        if self.instances_per_node and self.devices and self.devices % self.instances_per_node:
            allowed = [each for each in range(1, self.devices + 1) if self.devices % each == 0]
            yield Violation(
                ("instances_per_node",),
                self.instances_per_node,
                f"{self.instances_per_node} instances cannot share the {self.devices} devices of a node evenly",
                f"Allowed: {', '.join(map(str, allowed))}",
            )

    @check
    def _an_instance_gets_something(self) -> Iterator[Violation]:
        made = self.instance_type()
        if made is not None and 0 in made.room:
            assert self.size is not None  # noqa: S101 - it has an instance type
            yield Violation(
                ("instances_per_node",),
                self.instances_per_node,
                f"{self.instances} instances are too many for a {self.vm_size}: a node has "
                f"{for_workloads(self.size, self.max_pods)} left, and each needs {SIDECARS} for Azure ML's sidecars",
                "Lower it, or choose a larger size",
            )

    @check
    def _device_goes_with_fpga(self) -> Iterator[Violation]:
        if self.device_resource is not None and self.accelerator is not Accelerator.FPGA:
            yield Violation(
                ("device_resource",),
                self.device_resource,
                f"device_resource is given, but accelerator is '{self.accelerator}'",
                "Leave it out: only FPGAs need it",
            )

    @check
    def _system_pools_are_others(self) -> Iterator[Violation]:
        if self.name in ("system", "cpu"):
            yield Violation(
                ("name",),
                self.name,
                f"'{self.name}' is the name of a pool that every cluster has",
                "Choose another name",
            )

    def device_notices(self, *, plugins: bool) -> Iterator[str]:
        """A notice for each reason why models may not get their devices. `plugins`: others may install device
        plugins."""
        if self.accelerator is Accelerator.FPGA:
            if not plugins:
                yield (
                    f"pool {self.name} offers no device: neither AKS nor Azure ML installs XRT and a device plugin, "
                    "and no gitops source does"
                )
            elif self.device_resource is None:
                yield f"pool {self.name}: instances request no device, because device_resource is not given"
        if self.mig_profile is not None and not plugins:
            yield (
                f"pool {self.name} may offer no device: it is unknown whether the extension's device plugin supports "
                "MIG, and no gitops source installs another"
            )
        if self.spot:
            yield (
                f"pool {self.name}: AKS taints spot nodes, and Azure ML's workloads tolerate the taint only by a "
                "setting of the extension that Microsoft does not document (workLoadToleration)"
            )


_EXAMPLES = {
    Accelerator.NONE: "a size without one, such as Standard_D8ds_v5",
    Accelerator.GPU: "a size with GPUs, such as Standard_NC24ads_A100_v4",
    Accelerator.FPGA: "a size with FPGAs, such as Standard_NP10s",
}
