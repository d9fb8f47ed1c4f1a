"""Computes what an AKS node has left for pods, so that the requests of an instance type fit on a node.

Source: "Node resource reservations in AKS" (Kubernetes 1.29 and later). A test holds its published table and examples.
The requests of the pods on every node are from their manifests and from Azure/AKS issues.
"""

from typing import NamedTuple

from ....catalogue.vm_sizes import VmSize


class Capacity(NamedTuple):
    """CPU and memory, as Kubernetes counts them."""

    cpu_m: int
    """Thousandths of a CPU."""

    memory_mib: int

    def without(self, other: "Capacity") -> "Capacity":
        """This capacity minus `other`, never below zero."""
        return Capacity(max(self.cpu_m - other.cpu_m, 0), max(self.memory_mib - other.memory_mib, 0))

    def and_also(self, other: "Capacity") -> "Capacity":
        """The sum of both."""
        return Capacity(self.cpu_m + other.cpu_m, self.memory_mib + other.memory_mib)

    def times(self, number: int) -> "Capacity":
        """This capacity `number` times."""
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
"""The part of a size's memory that the node reports as its capacity. The kernel keeps the rest before Kubernetes counts
(4 % on the 4 GiB node of Azure/AKS issue 3525; karpenter-provider-azure assumes 7.5 % of every size)."""

EVICTION_MIB = 100
"""Kubernetes evicts pods if less memory than this is left."""

DAEMONS = Capacity(600, 1228)
"""The requests of the pods on every node: kube-proxy, CNS, CSI, cloud-node-manager, monitoring, policy and Defender
agents. Their sum (Azure/AKS issues 5251, 3105, 2033, 3525) plus a margin, because no list is published."""

SIDECARS = Capacity(100, 300)
"""The requests of Azure ML's sidecars beside each instance's container, for identity and logs ("Reference for
configuring Kubernetes cluster for Azure Machine Learning")."""


def reserved_cpu_m(vcpus: int) -> int:
    """Thousandths of a CPU that AKS reserves on a node: 6 % of the first core, 4 % of the second, 2 % of the next two,
    1 % of each further one. The published table has 1, 2, 4, 8, 16, 32 and 64 cores."""
    return sum(60 if core == 0 else 40 if core == 1 else 20 if core < 4 else 10 for core in range(vcpus))


def reserved_memory_mib(capacity_mib: int, max_pods: int) -> int:
    """MiB that AKS reserves on a node: 20 for each possible pod plus 50, but at most a quarter of the memory."""
    return min(20 * max_pods + 50, capacity_mib // 4)


def allocatable(size: VmSize, max_pods: int) -> Capacity:
    """The capacity that pods may request on a node."""
    capacity = int(size.memory_gib * 1024 * REPORTED)
    return Capacity(
        size.vcpus * 1000 - reserved_cpu_m(size.vcpus),
        capacity - reserved_memory_mib(capacity, max_pods) - EVICTION_MIB,
    )


def for_workloads(size: VmSize, max_pods: int) -> Capacity:
    """The capacity that is left on a node beside the pods that every node has."""
    return allocatable(size, max_pods).without(DAEMONS)
