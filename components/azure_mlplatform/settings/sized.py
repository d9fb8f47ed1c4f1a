"""What runs on nodes of one VM size, and what is to be said of the size."""

import datetime
from collections.abc import Iterable, Iterator
from typing import Optional

from pydantic import Field

from ..catalogue.vm_sizes import EXAMPLES, VmSize, size_name, vm_size
from ..foundation.model import Settings
from ..foundation.rules import field_rule
from ..foundation.values import nearest
from ..foundation.violations import Violation


class HasVmSize(Settings):
    """Nodes of one size."""

    vm_size: str = Field(examples=["Standard_D4ds_v4"])
    """The size of a node. Another size replaces them."""

    _form = field_rule(size_name, "vm_size")

    @property
    def size(self) -> Optional[VmSize]:
        """What the catalogue knows of the size."""
        return vm_size(self.vm_size)

    def retirement_violations(self, today: datetime.date) -> Iterator[Violation]:
        """What is wrong with the size on the day the program runs."""
        if self.size is not None and self.size.retired_by(today):
            yield Violation(
                ("vm_size",),
                self.vm_size,
                f"{self.vm_size} was retired on {self.size.retires}",
                f"Its successor is {self.size.successor}",
            )

    def retirement_notice(self, today: datetime.date) -> Optional[str]:
        """What is to be said of a size that will be retired."""
        if self.size is None or self.size.retires is None or self.size.retired_by(today):
            return None
        return f"{self.vm_size} retires on {self.size.retires}; its successor is {self.size.successor}"


def unknown_size(name: str, among: Iterable[str], instead: str) -> Violation:
    """Refuses a size that the catalogue does not list, with the one of `among` that is most like it."""
    return Violation(
        ("vm_size",),
        name,
        f"'{name}' is no VM size that the catalogue knows{nearest(name, among, cutoff=0.9)}",
        f"Allowed: {EXAMPLES}, and others of catalogue/vm_sizes.py. {instead}",
    )
