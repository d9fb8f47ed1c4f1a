"""What runs on nodes of one VM size, and what is to be said of the size."""

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
    """Nodes of one size."""

    vm_size: str = Field(examples=["Standard_D4ds_v4"])
    """The size of a node. Another size replaces them."""

    _form = field_rule(size_name, "vm_size")

    @property
    def size(self) -> Optional[VmSize]:
        """What the catalogue knows of the size."""
        return vm_size(self.vm_size)

    @property
    def label(self) -> str:
        """The words that a notice begins with. Default: none, where whoever has the nodes adds them."""
        return ""

    def violations_on(self, today: datetime.date) -> Iterator[Violation]:
        """A violation if the size is retired."""
        if self.size is not None and self.size.retired_by(today):
            yield Violation(
                ("vm_size",),
                self.vm_size,
                f"{self.vm_size} was retired on {self.size.retires}",
                f"Its successor is {self.size.successor}",
            )

    def notices_on(self, today: datetime.date) -> Iterator[str]:
        """A notice if the size will be retired."""
        if self.size is not None and self.size.retires is not None and not self.size.retired_by(today):
            yield f"{self.label}{self.vm_size} retires on {self.size.retires}; its successor is {self.size.successor}"


def unknown_size(name: str, among: Iterable[str], instead: str) -> Violation:
    """Refuses a size that the catalogue does not list, with the one of `among` that is most like it."""
    return Violation(
        ("vm_size",),
        name,
        f"'{name}' is no VM size that the catalogue knows{nearest(name, among, cutoff=0.9)}",
        f"Allowed: {EXAMPLES}, and others of catalogue/vm_sizes.py. {instead}",
    )
