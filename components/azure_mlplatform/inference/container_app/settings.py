"""Settings of Container Apps: an environment in the network, and apps whose revisions share the traffic."""

from collections.abc import Iterator
from enum import StrEnum
from typing import NamedTuple, Optional, Self

from pydantic import Field

from ...catalogue.private_link import PrivateService
from ...catalogue.regions import REGIONS, regions_with
from ...foundation.duplicates import duplicate_names
from ...foundation.model import check
from ...foundation.profiles import PROFILES, Environment, Profile
from ...foundation.rules import field_rule
from ...foundation.scaling import scaling_violations
from ...foundation.violations import Violation
from ..settings.container import ServedByContainer, registry_rule
from ..settings.target import TargetSettings


class WorkloadProfile(StrEnum):
    """The hardware that replicas run on ("Workload profiles in Azure Container Apps")."""

    CONSUMPTION = "Consumption"
    D4 = "D4"
    D8 = "D8"
    D16 = "D16"
    D32 = "D32"
    E4 = "E4"
    E8 = "E8"
    E16 = "E16"
    E32 = "E32"
    SERVERLESS_T4 = "Consumption-GPU-NC8as-T4"
    SERVERLESS_A100 = "Consumption-GPU-NC24-A100"
    A100_1 = "NC24-A100"
    A100_2 = "NC48-A100"
    A100_4 = "NC96-A100"


_SHORT_NAMES = {WorkloadProfile.SERVERLESS_T4: "gpu-t4", WorkloadProfile.SERVERLESS_A100: "gpu-a100"}
"""Names of profiles whose type is too long to be one (Azure/azure-cli#31239, read 2026-11)."""


def profile_name(profile: WorkloadProfile) -> str:
    """The name of a profile in an environment: its type, or a short name."""
    return _SHORT_NAMES.get(profile, profile.value)


class _Profile(NamedTuple):
    cpu: int
    memory_gib: int
    """vCPUs and GiB of the largest replica, or of a node if the profile is dedicated."""

    dedicated: bool = True
    """Whether it runs on dedicated nodes, with a minimum and a maximum number."""

    gpus: int = 0


WORKLOAD_PROFILES: dict[WorkloadProfile, _Profile] = {
    WorkloadProfile.CONSUMPTION: _Profile(4, 8, dedicated=False),
    **{WorkloadProfile(f"D{vcpus}"): _Profile(vcpus, 4 * vcpus) for vcpus in (4, 8, 16, 32)},
    **{WorkloadProfile(f"E{vcpus}"): _Profile(vcpus, 8 * vcpus) for vcpus in (4, 8, 16, 32)},
    WorkloadProfile.SERVERLESS_T4: _Profile(8, 56, dedicated=False, gpus=1),
    WorkloadProfile.SERVERLESS_A100: _Profile(24, 220, dedicated=False, gpus=1),
    WorkloadProfile.A100_1: _Profile(24, 220, gpus=1),
    WorkloadProfile.A100_2: _Profile(48, 440, gpus=2),
    WorkloadProfile.A100_4: _Profile(96, 880, gpus=4),
}
"""From "Workload profiles in Azure Container Apps" (2025-11)."""


class ContainerAppSettings(ServedByContainer):
    """An app. It can have several revisions at once. A release splits the traffic between them."""

    cpu: float = Field(default=1, gt=0, le=96, allow_inf_nan=False)
    """vCPUs of a replica. On `Consumption`: up to 4, in steps of 0.25. Default: 1."""

    memory_gib: Optional[float] = Field(default=None, gt=0, le=880, allow_inf_nan=False)
    """Memory of a replica, in GiB. Default: twice its vCPUs, as `Consumption` requires."""

    min_replicas: Optional[int] = Field(default=None, ge=0, le=1000)
    """The minimum number of replicas. Default: 3 if the environment is spread over zones, 1 if it is highly available,
    else 0."""

    max_replicas: int = Field(default=10, ge=1, le=1000)
    """The maximum number of replicas. Default: 10."""

    concurrent_requests: int = Field(default=10, ge=1, le=1000)
    """Concurrent requests of one replica. Above this number, a replica is added. Default: 10."""

    @property
    def memory(self) -> float:
        """Memory of a replica, in GiB."""
        return self.memory_gib or 2 * self.cpu

    def least(self, *, highly_available: bool, zone_redundant: bool) -> int:
        """The minimum number of replicas."""
        if self.min_replicas is not None:
            return self.min_replicas
        return 3 if zone_redundant else int(highly_available)

    @check
    def _max_is_no_less_than_min(self) -> Iterator[Violation]:
        yield from scaling_violations(self, "replicas")


class ContainerAppsSettings(TargetSettings):
    """The environment and its apps."""

    workload_profile: WorkloadProfile = WorkloadProfile.CONSUMPTION
    """The hardware that all apps run on: `Consumption`, dedicated nodes such as `D4`, or GPUs such as
    `Consumption-GPU-NC24-A100`. Default: `Consumption`."""

    min_nodes: Optional[int] = Field(default=None, ge=0, le=50)
    """With dedicated nodes (such as `D4`): the minimum number. Default: 3 if the environment is spread over zones, else
    1."""

    max_nodes: Optional[int] = Field(default=None, ge=1, le=50)
    """With dedicated nodes: the maximum number. Default: 2 more than the minimum."""

    registry_id: Optional[str] = Field(default=None, examples=["/subscriptions/…/registries/crmodels"])
    """The registry of the images, by id. Default: the workspace's registry."""

    apps: list[ContainerAppSettings] = Field(min_length=1)
    """The apps."""

    _registry = field_rule(registry_rule, "registry_id")

    @property
    def profile(self) -> _Profile:
        """The properties of the workload profile."""
        return WORKLOAD_PROFILES[self.workload_profile]

    def nodes(self, *, zone_redundant: bool) -> tuple[int, int]:
        """The minimum and maximum number of nodes of a dedicated profile."""
        least = (3 if zone_redundant else 1) if self.min_nodes is None else self.min_nodes
        return least, least + 2 if self.max_nodes is None else self.max_nodes

    @check
    def _apps_have_names_of_their_own(self) -> Iterator[Violation]:
        yield from duplicate_names(self.apps, ("apps",), "app")

    @check
    def _nodes_go_with_a_dedicated_profile(self) -> Iterator[Violation]:
        for field in ("min_nodes", "max_nodes"):
            if getattr(self, field) is not None and not self.profile.dedicated:
                yield Violation(
                    (field,),
                    getattr(self, field),
                    f"{field} is given, but {self.workload_profile} has no dedicated nodes",
                    "Leave it out, and set min_replicas and max_replicas of the apps instead",
                )
        yield from scaling_violations(self, "nodes")

    @check
    def _replicas_fit_the_profile(self) -> Iterator[Violation]:
        most = self.profile
        for index, app in enumerate(self.apps):
            at = ("apps", index)
            if app.cpu > most.cpu or app.memory > most.memory_gib:
                yield Violation(
                    (*at, "cpu"),
                    app.cpu,
                    f"a replica of {app.cpu:g} vCPUs and {app.memory:g} GiB does not fit {self.workload_profile}, "
                    f"which has {most.cpu} vCPUs and {most.memory_gib} GiB",
                    "Lower cpu and memory_gib, or choose a larger workload_profile",
                )
            elif self.workload_profile is WorkloadProfile.CONSUMPTION and (
                app.cpu * 4 % 1 or app.memory != 2 * app.cpu
            ):
                yield Violation(
                    (*at, "cpu"),
                    app.cpu,
                    f"Consumption has no replica of {app.cpu:g} vCPUs and {app.memory:g} GiB",
                    "Allowed: 0.25 to 4 vCPUs in steps of 0.25, with twice as many GiB of memory",
                )

    @property
    def private_services(self) -> list[PrivateService]:
        """One entry: the environment of the apps."""
        return [PrivateService.CONTAINER_APPS]

    @property
    def zone_redundant_parts(self) -> list[str]:
        """The environment of the apps."""
        return ["the Container Apps environment"]

    def at_rest(self) -> Self:
        """The same apps, without replicas between requests, and no dedicated node that need not be."""
        apps = [each.model_copy(update={"min_replicas": 0}) for each in self.apps]
        return self.model_copy(update={"apps": apps, **({"min_nodes": 0} if self.profile.dedicated else {})})

    @property
    def costs_at_rest(self) -> list[str]:
        """The revisions of releases, which have a minimum of their own."""
        return ["replicas of revisions that releases made with a minimum of their own, until those are deactivated"]

    def profile_violations(self, environment: Environment) -> Iterator[Violation]:
        """A violation for each minimum of 0 nodes or replicas in a highly available environment."""
        least = {("min_nodes",): self.min_nodes}
        least |= {("apps", index, "min_replicas"): each.min_replicas for index, each in enumerate(self.apps)}
        for path, number in least.items():
            if number == 0 and PROFILES[environment].highly_available:
                yield Violation(
                    path,
                    number,
                    "a highly available environment needs at least one at all times",
                    "Set 1 or more, or leave it out",
                )

    def region_violations(self, location: str) -> Iterator[Violation]:
        """A violation if the region is known not to have the workload profile."""
        regions = regions_with(self.workload_profile.value)
        if regions is not None and location not in regions and location in REGIONS:
            yield Violation(
                ("workload_profile",),
                self.workload_profile,
                f"{self.workload_profile} is not available in {location}",
                f"Regions that have it: {', '.join(sorted(regions))}",
            )

    def addresses(self, profile: Profile) -> int:
        """The maximum number of subnet addresses in use ("Networking in Azure Container Apps"): 12 for the environment,
        and one for each node, each replica with a GPU, or each ten other replicas."""
        if self.profile.dedicated:
            return 12 + self.nodes(zone_redundant=profile.zone_redundant)[1]
        replicas = sum(each.max_replicas for each in self.apps)
        return 12 + (replicas if self.profile.gpus else -(-replicas // 10))

    def addresses_in_words(self, profile: Profile) -> str:
        """What takes the addresses, for a message."""
        return "12 for the Container Apps environment, the rest for nodes or replicas"
