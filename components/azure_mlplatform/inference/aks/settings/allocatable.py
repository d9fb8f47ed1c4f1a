"""What a node of AKS has left for pods, so that what an instance type requests really fits one.

From "Node resource reservations in AKS" (Kubernetes 1.29 and later), of which a test has the published table and
examples; what stands on every node beside from the requests that its manifests and Azure/AKS's issues show.
"""

from typing import NamedTuple

from ....catalogue.vm_sizes import VmSize


class Capacity(NamedTuple):
    """CPU and memory, as Kubernetes counts them."""

    cpu_m: int
    """Thousandths of a CPU."""

    memory_mib: int

    def without(self, other: "Capacity") -> "Capacity":
        """What is left when `other` is taken; nothing is less than nothing."""
        return Capacity(max(self.cpu_m - other.cpu_m, 0), max(self.memory_mib - other.memory_mib, 0))

    def and_also(self, other: "Capacity") -> "Capacity":
        """Both together."""
        return Capacity(self.cpu_m + other.cpu_m, self.memory_mib + other.memory_mib)

    def times(self, number: int) -> "Capacity":
        """So many of it."""
        return Capacity(self.cpu_m * number, self.memory_mib * number)

    def shared_by(self, number: int) -> "Capacity":
        """An equal part, rounded down."""
        return Capacity(self.cpu_m // number, self.memory_mib // number)

    def holds(self, other: "Capacity") -> bool:
        """Whether `other` fits."""
        return self.cpu_m >= other.cpu_m and self.memory_mib >= other.memory_mib

    def __str__(self) -> str:
        return f"{self.cpu_m}m CPU and {self.memory_mib} MiB"


NOTHING = Capacity(0, 0)

REPORTED = 0.93
"""The part of a size's memory that the node reports as its capacity: the kernel keeps some before Kubernetes counts
(4 % on the 4 GiB node of Azure/AKS issue 3525; karpenter-provider-azure assumes 7.5 % of every size)."""

EVICTION_MIB = 100
"""Kubernetes evicts pods when less is left."""

DAEMONS = Capacity(600, 1228)
"""What stands on every node: kube-proxy, CNS, CSI, cloud-node-manager, monitoring, policy and Defender agents. The
sum of their requests (Azure/AKS issues 5251, 3105, 2033, 3525) with room to spare, since no list is published."""

SIDECARS = Capacity(100, 300)
"""What Azure ML puts beside each instance's container: identity and log sidecars ("Reference for configuring
Kubernetes cluster for Azure Machine Learning")."""


def reserved_cpu_m(vcpus: int) -> int:
    """Thousandths of a CPU that AKS keeps on a node: 6 % of the first core, 4 % of the second, 2 % of the next two,
    1 % of each further one. The published table has 1, 2, 4, 8, 16, 32 and 64 cores."""
    return sum(60 if core == 0 else 40 if core == 1 else 20 if core < 4 else 10 for core in range(vcpus))


def reserved_memory_mib(capacity_mib: int, max_pods: int) -> int:
    """MiB that AKS keeps on a node: 20 for each pod it may have and 50, at most a quarter of the memory."""
    return min(20 * max_pods + 50, capacity_mib // 4)


def allocatable(size: VmSize, max_pods: int) -> Capacity:
    """What pods may request on a node."""
    capacity = int(size.memory_gib * 1024 * REPORTED)
    return Capacity(
        size.vcpus * 1000 - reserved_cpu_m(size.vcpus),
        capacity - reserved_memory_mib(capacity, max_pods) - EVICTION_MIB,
    )


def for_workloads(size: VmSize, max_pods: int) -> Capacity:
    """What a node has left beside what stands on every node."""
    return allocatable(size, max_pods).without(DAEMONS)
