"""What runs on nodes of one VM size, and what is to be said of the size."""

import datetime
from collections.abc import Iterable, Iterator
from typing import Optional

from pydantic import Field

from ._model import Refusal, Settings, obeys
from .values import nearest
from .vm_sizes import EXAMPLES, VmSize, size_name, vm_size


class Sized(Settings):
    """Nodes of one size."""

    vm_size: str = Field(examples=["Standard_D4ds_v4"])
    """The size of a node. Another size replaces them."""

    _form = obeys(size_name, "vm_size")

    @property
    def size(self) -> Optional[VmSize]:
        """What the catalogue knows of the size."""
        return vm_size(self.vm_size)

    def retirement_refusals(self, today: datetime.date) -> Iterator[Refusal]:
        """What is wrong with the size on the day the program runs."""
        if self.size is not None and self.size.retired_by(today):
            yield Refusal(
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


def unknown_size(name: str, among: Iterable[str], instead: str) -> Refusal:
    """Refuses a size that the catalogue does not list, with the one of `among` that is most like it."""
    return Refusal(
        ("vm_size",),
        name,
        f"'{name}' is no VM size that the catalogue knows{nearest(name, among, cutoff=0.9)}",
        f"Allowed: {EXAMPLES}, and others of settings/vm_sizes.py. {instead}",
    )
