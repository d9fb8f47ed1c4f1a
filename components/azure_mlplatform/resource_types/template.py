"""ARM templates: the managed network of a factory, and data assets."""

from collections.abc import Iterator

from ..foundation.values import name_of
from .batch import FACTORY
from .palette import Colour
from .resource_type import GROUP_ID, Edge, Nodes, Resource, ResourceType

_WORDS = {
    "Microsoft.DataFactory/factories/managedVirtualNetworks": "managed network",
    "Microsoft.MachineLearningServices/workspaces/data/versions": "data asset",
}


def _makes(deployment: Resource) -> str:
    return _WORDS.get(str(deployment.input("properties.template.resources.0.type")), "template")


def _is_hidden(deployment: Resource) -> bool:
    return _makes(deployment) == "data asset"


def _size(deployment: Resource) -> str:
    """The place of a data asset."""
    uri = str(deployment.input("properties.template.resources.0.properties.dataUri"))
    return uri.partition("/datastores/")[2]


def _runs_in(deployment: Resource, nodes: Nodes) -> Iterator[Edge]:
    if _makes(deployment) == "managed network":
        name = str(deployment.input("properties.template.resources.0.name"))
        yield Edge(nodes.named(FACTORY, name_of(name.rpartition("/")[0])), deployment.urn, "runs in")


TYPES = {
    "azure-native:resources:Deployment": ResourceType(
        id=GROUP_ID + "/providers/Microsoft.Resources/deployments/{deploymentName}",
        words=_makes,
        size=_size,
        colour=Colour.MODEL,
        hidden=_is_hidden,
        edges=_runs_in,
    ),
}
