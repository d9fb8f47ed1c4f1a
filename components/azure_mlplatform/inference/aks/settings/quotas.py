"""What a subscription, or a namespace, may have at most."""

import re
from typing import Optional

from pydantic import Field

from ....foundation.model import Settings
from .allocatable import Capacity


class NamespaceQuota(Settings):
    """What all pods in the workspace's namespace may request together. Kubernetes knows no quota for GPUs here."""

    cpu: int = Field(ge=1, le=10000, examples=[16])
    """CPUs."""

    memory_gib: int = Field(ge=1, le=100000, examples=[64])
    """Memory, in GiB."""

    @property
    def room(self) -> Capacity:
        """The same, as instance types count."""
        return Capacity(self.cpu * 1000, self.memory_gib * 1024)


class VcpuQuota(Settings):
    """The subscription's quotas for virtual machines in the region, to refuse what they do not hold before Azure does.
    `az vm list-usage` shows them."""

    regional: Optional[int] = Field(default=None, ge=1, examples=[200])
    """Total regional vCPUs. Left out, nothing is compared."""

    series: dict[str, int] = Field(default_factory=dict, examples=[{"NCads_A100_v4": 96}])
    """Series → vCPUs: as Microsoft's pages name it (`NCads_A100_v4`), or as the command does
    (`standardNCADSA100v4Family`). Spot nodes are not counted: they have a quota of their own."""


def same_series(one: str, other: str) -> bool:
    """Whether two spellings mean the same series."""
    return _bare(one) == _bare(other)


def _bare(series: str) -> str:
    return series.lower().removeprefix("standard").removesuffix("family").replace("_", "").strip()


def series_of(vm_size: str) -> str:
    """The series of a size, as Microsoft's pages name it: `NCads_A100_v4` for `Standard_NC24ads_A100_v4`."""
    return re.sub(r"^([A-Z]+)\d+(-\d+)?", r"\1", vm_size.removeprefix("Standard_"))
