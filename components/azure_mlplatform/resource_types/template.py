"""ARM templates: the managed network of a factory, and data assets."""

from collections.abc import Iterator

from ..foundation.values import name_of
from .batch import FACTORY
from .resource_type import GROUP_ID, Edge, Nodes, Relation, Resource, ResourceType, Shown
from .topic import Topic

_MAKES = {
    "Microsoft.DataFactory/factories/managedVirtualNetworks": ("managed network", Topic.NETWORK),
    "Microsoft.MachineLearningServices/workspaces/data/versions": ("data asset", Topic.DATA),
}


def _makes(deployment: Resource) -> str:
    return _made(deployment)[0]


def _topic(deployment: Resource) -> Topic:
    return _made(deployment)[1]


def _made(deployment: Resource) -> tuple[str, Topic]:
    kind = str(deployment.input("properties.template.resources.0.type"))
    return _MAKES.get(kind, ("template", Topic.OTHER))


def _size(deployment: Resource) -> str:
    """The place of a data asset."""
    uri = str(deployment.input("properties.template.resources.0.properties.dataUri"))
    return uri.partition("/datastores/")[2]


def _runs_in(deployment: Resource, nodes: Nodes) -> Iterator[Edge]:
    if _makes(deployment) == "managed network":
        name = str(deployment.input("properties.template.resources.0.name"))
        yield Edge(nodes.named(FACTORY, name_of(name.rpartition("/")[0])), deployment.urn, "runs in", Relation.PART)


TYPES = {
    "azure-native:resources:Deployment": ResourceType(
        id=GROUP_ID + "/providers/Microsoft.Resources/deployments/{deploymentName}",
        words=_makes,
        size=_size,
        topic=_topic,
        shown=Shown.COUNTED,
        edges=_runs_in,
    ),
}
