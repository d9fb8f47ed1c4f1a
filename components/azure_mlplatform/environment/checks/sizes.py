"""Notices about the VM sizes of an environment."""

from collections.abc import Iterator

from ...catalogue.regions import READ
from ...catalogue.vm_sizes import VmSize


def region_notices(accelerated: list[VmSize], location: str) -> Iterator[str]:
    """A notice that names the sizes with accelerators whose regions are not checked."""
    unchecked = sorted({each.name for each in accelerated if each.regions is None})
    if unchecked:
        yield (
            f"{', '.join(unchecked)}: not checked whether {location} has it, since no list of regions was found on "
            f"{READ}; `az vm list-skus --location {location} --size {unchecked[0]}` tells"
        )
