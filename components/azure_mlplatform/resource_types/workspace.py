"""The machine-learning workspace, its computes, data and endpoints."""

from collections.abc import Iterator

from ..foundation.values import name_of
from .palette import Colour
from .resource_type import (
    GROUP_ID,
    UNKNOWN,
    Edge,
    Inputs,
    Nodes,
    Resource,
    ResourceType,
    all_of,
    part_of,
    runs_as,
)

WORKSPACE = "azure-native:machinelearningservices:Workspace"
_WORKSPACE = GROUP_ID + "/providers/Microsoft.MachineLearningServices/workspaces/{workspaceName}"
_COMPUTES = {
    "AmlCompute": "compute cluster",
    "ComputeInstance": "compute instance",
    "Databricks": "attached Databricks",
    "Kubernetes": "attached Kubernetes",
    "SynapseSpark": "attached Spark",
}


def _workspace(urn: str, inputs: Inputs) -> dict:
    return {"managedNetwork": inputs.get("managedNetwork", {"isolationMode": "Disabled"})}


def _online_endpoint(urn: str, inputs: Inputs) -> dict:
    """The endpoint with its address. On a cluster, this is the router's address, unknown before Azure answers."""
    properties = inputs.get("properties", {})
    address = f"https://{inputs.get('endpointName')}.{inputs.get('location')}.inference.ml.azure.com/score"
    if "compute" in properties:
        address = UNKNOWN
    return {"properties": {**properties, "scoringUri": address}}


def _batch_endpoint(urn: str, inputs: Inputs) -> dict:
    address = f"https://{inputs.get('endpointName')}.{inputs.get('location')}.inference.ml.azure.com/jobs"
    return {"properties": {**inputs.get("properties", {}), "scoringUri": address}}


def _compute_words(resource: Resource) -> str:
    return _COMPUTES.get(str(resource.input("properties.computeType")), "compute")


def _compute(resource: Resource, nodes: Nodes) -> Iterator[Edge]:
    cluster = resource.input("properties.resourceId")
    workspace = nodes.named(WORKSPACE, resource.input("workspaceName"))
    yield Edge(workspace, resource.urn, "runs jobs on" if cluster is None else "attached")
    if cluster is not None:
        yield Edge(resource.urn, nodes.with_id(cluster, f"AKS {name_of(str(cluster))}"), "on")


def _models_run_on(resource: Resource, nodes: Nodes) -> Iterator[Edge]:
    compute = resource.input("properties.compute")
    if compute is not None:
        yield Edge(resource.urn, nodes.with_id(compute), "models run on")


def _reads(resource: Resource, nodes: Nodes) -> Iterator[Edge]:
    yield Edge(resource.urn, f"outside:storage {resource.input('properties.accountName')}")


def _connection(resource: Resource, nodes: Nodes) -> Iterator[Edge]:
    account = nodes.with_id(resource.input("properties.metadata.ResourceId"))
    yield Edge(nodes.named(WORKSPACE, resource.input("workspaceName")), account, "connection")


TYPES = {
    "azure-native:machinelearningservices:BatchEndpoint": ResourceType(
        holds="deployments that pipelines made",
        id=_WORKSPACE + "/batchEndpoints/{endpointName}",
        outputs=_batch_endpoint,
        size=("properties.authMode",),
        colour=Colour.SERVING,
        edges=part_of(WORKSPACE, "workspaceName", "batches"),
    ),
    "azure-native:machinelearningservices:Compute": ResourceType(
        id=_WORKSPACE + "/computes/{computeName}",
        words=_compute_words,
        size=(
            "properties.properties.vmSize",
            ("properties.properties.scaleSettings.maxNodeCount", " nodes at most"),
            "properties.properties.namespace",
        ),
        colour=Colour.COMPUTE,
        edges=_compute,
    ),
    "azure-native:machinelearningservices:Datastore": ResourceType(
        id=_WORKSPACE + "/datastores/{name}",
        size=("properties.accountName", "properties.filesystem", "properties.containerName"),
        colour=Colour.DATA,
        edges=all_of(part_of(WORKSPACE, "workspaceName", "data"), _reads),
    ),
    "azure-native:machinelearningservices:OnlineEndpoint": ResourceType(
        holds="deployments that pipelines made",
        id=_WORKSPACE + "/onlineEndpoints/{endpointName}",
        outputs=_online_endpoint,
        size=("kind", "properties.authMode"),
        colour=Colour.SERVING,
        edges=all_of(part_of(WORKSPACE, "workspaceName", "endpoint"), _models_run_on, runs_as),
    ),
    WORKSPACE: ResourceType(
        holds="models, runs and registered data",
        id=_WORKSPACE,
        outputs=_workspace,
        words="ML workspace",
        colour=Colour.WORKSPACE,
    ),
    "azure-native:machinelearningservices:WorkspaceConnection": ResourceType(
        id=_WORKSPACE + "/connections/{connectionName}",
        size=("properties.category", "properties.authType"),
        hidden=True,
        edges=_connection,
    ),
}
