"""The quotas of a namespace and of a subscription."""

import re
from typing import Optional

from pydantic import Field

from ....foundation.model import Settings
from .allocatable import Capacity


class NamespaceQuota(Settings):
    """The maximum that all pods in the workspace's namespace may request together. It cannot limit GPUs."""

    cpu: int = Field(ge=1, le=10000, examples=[16])
    """The number of CPUs."""

    memory_gib: int = Field(ge=1, le=100000, examples=[64])
    """Memory, in GiB."""

    @property
    def room(self) -> Capacity:
        """The quota as a Capacity, as instance types have it."""
        return Capacity(self.cpu * 1000, self.memory_gib * 1024)


class VcpuQuota(Settings):
    """The subscription's vCPU quotas in the region. Pools that exceed one are refused before Azure refuses them.
    `az vm list-usage` shows the quotas."""

    regional: Optional[int] = Field(default=None, ge=1, examples=[200])
    """Total regional vCPUs. Default: not checked."""

    series: dict[str, int] = Field(default_factory=dict, examples=[{"NCads_A100_v4": 96}])
    """Series → vCPUs. Name a series as Microsoft's pages do (`NCads_A100_v4`) or as the command does
    (`standardNCADSA100v4Family`). Spot nodes do not count: they have a quota of their own."""


def same_series(one: str, other: str) -> bool:
    """Whether two spellings mean the same series."""
    return _bare(one) == _bare(other)


def _bare(series: str) -> str:
    return series.lower().removeprefix("standard").removesuffix("family").replace("_", "").strip()


def series_of(vm_size: str) -> str:
    """The series of a size, as Microsoft's pages name it: `NCads_A100_v4` for `Standard_NC24ads_A100_v4`."""
    return re.sub(r"^([A-Z]+)\d+(-\d+)?", r"\1", vm_size.removeprefix("Standard_"))
