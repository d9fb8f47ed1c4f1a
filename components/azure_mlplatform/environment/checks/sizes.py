"""Notices about the VM sizes of an environment."""

from collections.abc import Iterator

from ...catalogue.regions import READ
from ...catalogue.vm_sizes import VmSize


def region_notices(accelerated: list[VmSize], location: str) -> Iterator[str]:
    """A notice that names the sizes with accelerators whose regions are not checked."""
    unchecked = sorted({each.name for each in accelerated if each.regions is None})
    if unchecked:
        yield (
            f"{', '.join(unchecked)}: no page that was read on {READ} lists the regions, so it is not checked whether "
            f"{location} has it. Ask Azure: az vm list-skus --location {location} --size {unchecked[0]} --output table"
        )
