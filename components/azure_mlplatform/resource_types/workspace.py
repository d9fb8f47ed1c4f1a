"""The machine-learning workspace, its computes, data and endpoints."""

from collections.abc import Iterator

from ..foundation.values import name_of
from .resource_type import (
    GROUP_ID,
    UNKNOWN,
    Edge,
    Inputs,
    Machines,
    Nodes,
    Outside,
    Relation,
    Resource,
    ResourceType,
    Shown,
    all_of,
    from_subnet,
    machines,
    runs_as,
)
from .topic import Topic

WORKSPACE = "azure-native:machinelearningservices:Workspace"
_WORKSPACE = GROUP_ID + "/providers/Microsoft.MachineLearningServices/workspaces/{workspaceName}"
_COMPUTES = {
    "AmlCompute": "compute cluster",
    "ComputeInstance": "compute instance",
    "Databricks": "attached Databricks",
    "Kubernetes": "attached Kubernetes",
    "SynapseSpark": "attached Spark",
}


def _machines(resource: Resource) -> Iterator[Machines]:
    given = "properties.properties"
    if resource.input("properties.computeType") == "ComputeInstance":
        yield Machines(str(resource.input(f"{given}.vmSize")), 1, 1)
    scale = f"{given}.scaleSettings"
    yield from machines(f"{given}.vmSize", f"{scale}.minNodeCount", f"{scale}.maxNodeCount")(resource)


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
        host = Outside("AKS", name_of(str(cluster)), Topic.HOST)
        yield Edge(nodes.with_id(cluster, host), resource.urn, "attached", Relation.PART)


def _models_run_on(resource: Resource, nodes: Nodes) -> Iterator[Edge]:
    compute = resource.input("properties.compute")
    if compute is not None:
        yield Edge(resource.urn, nodes.with_id(compute), "models run on")


def _reads(resource: Resource, nodes: Nodes) -> Iterator[Edge]:
    workspace = nodes.named(WORKSPACE, resource.input("workspaceName"))
    storage = nodes.outside(Outside("storage account", str(resource.input("properties.accountName")), Topic.DATA))
    yield Edge(workspace, resource.urn, "data")
    yield Edge(storage, resource.urn, "", Relation.PART)


def _endpoint_of(resource: Resource, nodes: Nodes) -> Iterator[Edge]:
    yield Edge(nodes.named(WORKSPACE, resource.input("workspaceName")), resource.urn, "endpoint")


def _runs_jobs_in(resource: Resource, nodes: Nodes) -> Iterator[Edge]:
    yield Edge(resource.urn, nodes.named(WORKSPACE, resource.input("workspaceName")), "jobs run in")


def _managed_network(resource: Resource) -> str:
    """The mode of the managed network, in words."""
    mode = str(resource.input("managedNetwork.isolationMode") or "Disabled")
    words = {"AllowInternetOutbound": "lets all out", "AllowOnlyApprovedOutbound": "lets out what is approved"}
    return "" if mode == "Disabled" else f"managed network: {words.get(mode, mode)}"


def _connection(resource: Resource, nodes: Nodes) -> Iterator[Edge]:
    account = nodes.with_id(resource.input("properties.metadata.ResourceId"))
    yield Edge(nodes.named(WORKSPACE, resource.input("workspaceName")), account, "connection")


TYPES = {
    "azure-native:machinelearningservices:BatchEndpoint": ResourceType(
        holds="deployments that pipelines made",
        id=_WORKSPACE + "/batchEndpoints/{endpointName}",
        outputs=_batch_endpoint,
        size=("properties.authMode",),
        topic=Topic.BATCH,
        edges=_runs_jobs_in,
    ),
    "azure-native:machinelearningservices:Compute": ResourceType(
        id=_WORKSPACE + "/computes/{computeName}",
        words=_compute_words,
        size=(
            "properties.properties.vmSize",
            ("properties.properties.scaleSettings.maxNodeCount", " nodes at most"),
            "properties.properties.namespace",
        ),
        machines=_machines,
        topic=Topic.COMPUTE,
        edges=all_of(_compute, runs_as, from_subnet("properties.properties.subnet.id")),
    ),
    "azure-native:machinelearningservices:Datastore": ResourceType(
        id=_WORKSPACE + "/datastores/{name}",
        size=("properties.accountName", "properties.filesystem", "properties.containerName"),
        topic=Topic.DATA,
        edges=_reads,
    ),
    "azure-native:machinelearningservices:OnlineEndpoint": ResourceType(
        holds="deployments that pipelines made",
        id=_WORKSPACE + "/onlineEndpoints/{endpointName}",
        outputs=_online_endpoint,
        size=("kind", "properties.authMode"),
        topic=Topic.SERVING,
        edges=all_of(_endpoint_of, _models_run_on, runs_as),
    ),
    WORKSPACE: ResourceType(
        holds="models, runs and registered data",
        id=_WORKSPACE,
        outputs=_workspace,
        words="ML workspace",
        topic=Topic.WORKSPACE,
        edges=runs_as,
        managed_network=_managed_network,
    ),
    "azure-native:machinelearningservices:WorkspaceConnection": ResourceType(
        id=_WORKSPACE + "/connections/{connectionName}",
        size=("properties.category", "properties.authType"),
        shown=Shown.HIDDEN,
        edges=_connection,
    ),
}
