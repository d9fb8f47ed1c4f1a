"""Settings of nodes with one VM size, and the checks of the size."""

import datetime
from collections.abc import Iterable, Iterator
from typing import Optional

from pydantic import Field

from ...catalogue.lifecycle import ended, ending
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
