"""Settings of nodes with one VM size, and the checks of the size."""

import datetime
from collections.abc import Iterable, Iterator
from typing import Optional

from pydantic import Field

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
        if self.size is not None and self.size.retired_by(today):
            yield Violation(
                ("vm_size",),
                self.vm_size,
                f"{self.vm_size} was retired on {self.size.retires}",
                f"Use its successor {self.size.successor}",
            )

    def notices_on(self, today: datetime.date) -> Iterator[str]:
        """A notice if the size will be retired."""
        if self.size is not None and self.size.retires is not None and not self.size.retired_by(today):
            yield f"{self.label}{self.vm_size} retires on {self.size.retires}; its successor is {self.size.successor}"


def unknown_size(name: str, among: Iterable[str], instead: str) -> Violation:
    """A violation for a size that the catalogue does not list. Suggests the most similar size in `among`."""
    return Violation(
        ("vm_size",),
        name,
        f"'{name}' is not a VM size in the catalogue{nearest(name, among, cutoff=0.9)}",
        f"Allowed: {EXAMPLES}, and the others in catalogue/vm_sizes.py. {instead}",
    )
