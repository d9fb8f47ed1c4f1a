"""Data Factory."""

from collections.abc import Iterator

from ..foundation.values import name_of
from .resource_type import GROUP_ID, Edge, Nodes, Outside, Relation, Resource, ResourceType, Shown
from .topic import Topic

FACTORY = "azure-native:datafactory:Factory"
PIPELINE = "azure-native:datafactory:Pipeline"
_FACTORY = GROUP_ID + "/providers/Microsoft.DataFactory/factories/{factoryName}"


def _starts(trigger: Resource) -> str:
    """The event or the schedule that starts a trigger."""
    recurrence = trigger.input("properties.recurrence")
    if recurrence is None:
        begins, ends = (trigger.input(f"properties.blobPath{each}With") or "" for each in ("Begins", "Ends"))
        return f"a blob in {begins}" + (f"*{ends}" if ends else "")
    count, schedule = recurrence["interval"], recurrence.get("schedule") or {}
    unit = str(recurrence["frequency"]).lower()
    days = [str(each) for each in (*schedule.get("weekDays", ()), *schedule.get("monthDays", ()))]
    times = [f"{hour:02}:{minute:02}" for hour in schedule.get("hours", ()) for minute in schedule.get("minutes", ())]
    every = f"every {unit}" if count == 1 else f"every {count} {unit}s"
    at = f" at {', '.join(times)}" if times else ""
    return every + (f" on {', '.join(days)}" if days else "") + f"{at} {recurrence['timeZone']}"


def _reaches(resource: Resource, nodes: Nodes) -> Iterator[Edge]:
    target = str(resource.input("properties.privateLinkResourceId"))
    yield Edge(nodes.named(FACTORY, resource.input("factoryName")), resource.urn, "", Relation.PART)
    storage = Outside("storage account", name_of(target), Topic.DATA)
    yield Edge(resource.urn, nodes.with_id(target, storage), "Private Link", Relation.PRIVATE_LINK)


def _calls(resource: Resource, nodes: Nodes) -> Iterator[Edge]:
    factory = resource.input("factoryName")
    owner = Outside("Data Factory", str(factory), Topic.BATCH)
    yield Edge(nodes.named(FACTORY, factory, owner), resource.urn, "runs")
    if address := resource.input("parameters.scoring_uri.defaultValue"):
        endpoint = str(address).removeprefix("https://").partition(".")[0]
        called = nodes.named("azure-native:machinelearningservices:BatchEndpoint", endpoint)
        yield Edge(resource.urn, called, "calls", Relation.PART)
    for activity in resource.input("activities") or []:
        attempt = (activity.get("pipeline") or {}).get("referenceName")
        yield Edge(resource.urn, nodes.named(PIPELINE, attempt), "makes attempts", Relation.PART)


def _triggers(resource: Resource, nodes: Nodes) -> Iterator[Edge]:
    pipeline = resource.input("properties.pipelines.0.pipelineReference.referenceName")
    yield Edge(nodes.named(PIPELINE, pipeline), resource.urn, "", Relation.PART)
    if account := resource.input("properties.scope"):
        storage = Outside("storage account", name_of(str(account)), Topic.DATA)
        yield Edge(nodes.with_id(account, storage), resource.urn, "blob lands")


TYPES = {
    FACTORY: ResourceType(holds="the history of runs", id=_FACTORY, words="Data Factory", size=(), topic=Topic.BATCH),
    "azure-native:datafactory:IntegrationRuntime": ResourceType(
        id=_FACTORY + "/integrationRuntimes/{integrationRuntimeName}", size=("properties.type",), shown=Shown.HIDDEN
    ),
    "azure-native:datafactory:LinkedService": ResourceType(
        id=_FACTORY + "/linkedservices/{linkedServiceName}", size=("properties.type",), shown=Shown.HIDDEN
    ),
    "azure-native:datafactory:ManagedPrivateEndpoint": ResourceType(
        id=_FACTORY
        + "/managedVirtualNetworks/{managedVirtualNetworkName}/managedPrivateEndpoints/{managedPrivateEndpointName}",
        size=("properties.groupId",),
        topic=Topic.NETWORK,
        shown=Shown.COUNTED,
        edges=_reaches,
    ),
    PIPELINE: ResourceType(
        id=_FACTORY + "/pipelines/{pipelineName}",
        size=(("concurrency", " at once"),),
        topic=Topic.BATCH,
        edges=_calls,
    ),
    "azure-native:datafactory:Trigger": ResourceType(
        id=_FACTORY + "/triggers/{triggerName}", size=_starts, topic=Topic.BATCH, edges=_triggers
    ),
}
