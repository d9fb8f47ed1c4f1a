"""Data Factory."""

from collections.abc import Iterator

from ..foundation.values import name_of
from .palette import Colour
from .resource_type import GROUP_ID, Edge, Nodes, Resource, ResourceType

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
    yield Edge(nodes.named(FACTORY, resource.input("factoryName")), resource.urn)
    yield Edge(resource.urn, nodes.with_id(target, f"storage {name_of(target)}"), "Private Link")


def _calls(resource: Resource, nodes: Nodes) -> Iterator[Edge]:
    factory = resource.input("factoryName")
    yield Edge(nodes.named(FACTORY, factory, f"Data Factory {factory}"), resource.urn, "runs")
    if address := resource.input("parameters.scoring_uri.defaultValue"):
        endpoint = str(address).removeprefix("https://").partition(".")[0]
        yield Edge(resource.urn, nodes.named("azure-native:machinelearningservices:BatchEndpoint", endpoint), "calls")
    for activity in resource.input("activities") or []:
        called = activity.get("pipeline") or {}
        yield Edge(resource.urn, nodes.named(PIPELINE, called.get("referenceName")), "makes attempts")


def _triggers(resource: Resource, nodes: Nodes) -> Iterator[Edge]:
    pipeline = resource.input("properties.pipelines.0.pipelineReference.referenceName")
    yield Edge(resource.urn, nodes.named(PIPELINE, pipeline))
    if account := resource.input("properties.scope"):
        yield Edge(f"outside:storage {name_of(str(account))}", resource.urn, "blob lands")


TYPES = {
    FACTORY: ResourceType(
        holds="the history of runs", id=_FACTORY, words="Data Factory", size=(), colour=Colour.WORKSPACE
    ),
    "azure-native:datafactory:IntegrationRuntime": ResourceType(
        id=_FACTORY + "/integrationRuntimes/{integrationRuntimeName}", size=("properties.type",), hidden=True
    ),
    "azure-native:datafactory:LinkedService": ResourceType(
        id=_FACTORY + "/linkedservices/{linkedServiceName}", size=("properties.type",), hidden=True
    ),
    "azure-native:datafactory:ManagedPrivateEndpoint": ResourceType(
        id=_FACTORY
        + "/managedVirtualNetworks/{managedVirtualNetworkName}/managedPrivateEndpoints/{managedPrivateEndpointName}",
        size=("properties.groupId",),
        colour=Colour.NETWORK,
        edges=_reaches,
    ),
    PIPELINE: ResourceType(
        id=_FACTORY + "/pipelines/{pipelineName}",
        size=(("concurrency", " at once"),),
        colour=Colour.DATA,
        edges=_calls,
    ),
    "azure-native:datafactory:Trigger": ResourceType(
        id=_FACTORY + "/triggers/{triggerName}", size=_starts, colour=Colour.DATA, edges=_triggers
    ),
}
