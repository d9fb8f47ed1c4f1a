"""What is known of each type of resource that the library registers: one record a type, by its full name.

A module for each domain, as the folders of the components are called.
"""

from . import ai, batch, dynamic, environment, inference, network, parts, spark, workspace
from .resource_type import ResourceType

RESOURCE_TYPES: dict[str, ResourceType] = {
    type_: record
    for module in (ai, batch, dynamic, environment, inference, network, parts, spark, workspace)
    for type_, record in module.TYPES.items()
}
"""Full type, such as `azure-native:network:VirtualNetwork` → its record."""

_OF_OTHERS = ResourceType(id="")


def resource_type(type_: str) -> ResourceType:
    """The record of a type; of one that only a user's own program registers, what can be said of any."""
    return RESOURCE_TYPES.get(type_, _OF_OTHERS)
