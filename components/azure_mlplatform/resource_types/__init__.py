"""The records of all resource types that the library registers, by full type name.

Each domain has one module, with the name of the components' folder.
"""

from . import (
    ai,
    batch,
    dynamic,
    environment,
    inference,
    landing,
    network,
    parts,
    shared,
    spark,
    template,
    workspace,
)
from .resource_type import ResourceType

RESOURCE_TYPES: dict[str, ResourceType] = {
    type_: record
    for module in (
        ai,
        batch,
        dynamic,
        environment,
        inference,
        landing,
        network,
        parts,
        shared,
        spark,
        template,
        workspace,
    )
    for type_, record in module.TYPES.items()
}
"""Full type, such as `azure-native:network:VirtualNetwork` → its record."""

_OF_OTHERS = ResourceType(id="")


def resource_type(type_: str) -> ResourceType:
    """The record of a type. A type that only a user's own program registers gets a record with defaults."""
    return RESOURCE_TYPES.get(type_, _OF_OTHERS)
