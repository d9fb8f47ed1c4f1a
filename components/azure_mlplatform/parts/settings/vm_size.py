"""Settings of nodes with one VM size, and the checks of the size."""

import datetime
from collections.abc import Iterable, Iterator
from typing import Optional

from pydantic import Field

from ...catalogue.lifecycle import ended, ending
from ...catalogue.regions import REGIONS
from ...catalogue.vm_sizes import EXAMPLES, VmSize, size_name, vm_size
from ...foundation.rules import field_rule
from ...foundation.values import nearest
from ...foundation.violations import Violation
from .part import PartSettings


class HasVmSize(PartSettings):
    """Nodes with one VM size."""

    vm_size: str = Field(examples=["Standard_D4ds_v4"])
    """The VM size of each node. A change replaces the nodes."""

    _form = field_rule(size_name, "vm_size")

    @property
    def size(self) -> Optional[VmSize]:
        """The catalogue's entry for the size, or None if there is none."""
        return vm_size(self.vm_size)

    @property
    def label(self) -> str:
        """The first words of a notice. Default: none; the owner of the nodes adds them."""
        return ""

    @property
    def accelerated_sizes(self) -> list[VmSize]:
        """Its size, if it has accelerators."""
        return [self.size] if self.size is not None and self.size.card is not None else []

    def region_violations(self, location: str) -> Iterator[Violation]:
        """A violation if the region is known not to have the size."""
        regions = self.size.regions if self.size is not None else None
        # A region that the catalogue does not have may have come later than the list.
        if regions is not None and location not in regions and location in REGIONS:
            yield Violation(
                ("vm_size",),
                self.vm_size,
                f"{self.vm_size} is not available in {location}",
                f"Regions that have it: {', '.join(sorted(regions))}",
            )

    def violations_on(self, today: datetime.date) -> Iterator[Violation]:
        """A violation if the size is retired."""
        yield from ended(("vm_size",), self.vm_size, self.vm_size, self.size and self.size.lifecycle, today)

    def notices_on(self, today: datetime.date) -> Iterator[str]:
        """A notice if the size will be retired."""
        yield from ending(f"{self.label}{self.vm_size}", self.size and self.size.lifecycle, today)


def unknown_size(name: str, among: Iterable[str], instead: str) -> Violation:
    """A violation for a size that the catalogue does not list. Suggests the most similar size in `among`."""
    return Violation(
        ("vm_size",),
        name,
        f"'{name}' is not a VM size in the catalogue{nearest(name, among, cutoff=0.9)}",
        f"Allowed: {EXAMPLES}, and the others in catalogue/vm_sizes.py. {instead}",
    )
