"""Databricks and Synapse."""

import uuid
from collections.abc import Iterator

from ..foundation.values import name_of
from .resource_type import (
    GROUP_ID,
    Edge,
    Inputs,
    Machines,
    Nodes,
    Outside,
    Relation,
    Resource,
    ResourceType,
    Shown,
    machines,
    part_of,
    stable_guid,
)
from .topic import Topic

SYNAPSE = "azure-native:synapse:Workspace"
_DATABRICKS = GROUP_ID + "/providers/Microsoft.Databricks"
_SYNAPSE = GROUP_ID + "/providers/Microsoft.Synapse/workspaces/{workspaceName}"


def _databricks(urn: str, inputs: Inputs) -> dict:
    """The outputs of a workspace. Azure makes the host name from a random number and this number modulo 20."""
    number = str(uuid.UUID(stable_guid(f"{urn} workspace")).int)[:16]
    return {
        "parameters": inputs.get("parameters", {}),
        "workspaceId": number,
        "workspaceUrl": f"adb-{number}.{int(number) % 20}.azuredatabricks.net",
    }


def _synapse(urn: str, inputs: Inputs) -> dict:
    """The inputs that cannot change, and the addresses. SQL has its own domain."""
    name = inputs.get("workspaceName")
    kept = ("cspWorkspaceAdminProperties", "managedVirtualNetworkSettings")
    return {
        **{each: inputs[each] for each in kept if each in inputs},
        "connectivityEndpoints": {
            "dev": f"https://{name}.dev.azuresynapse.net",
            "sql": f"{name}.sql.azuresynapse.net",
            "sqlOnDemand": f"{name}-ondemand.sql.azuresynapse.net",
        },
    }


def _in_network(resource: Resource, nodes: Nodes) -> Iterator[Edge]:
    network = resource.input("parameters.customVirtualNetworkId.value")
    for role in ("Public", "Private"):
        if subnet := resource.input(f"parameters.custom{role}SubnetName.value"):
            outside = Outside("virtual network", name_of(str(network)), Topic.NETWORK)
            yield Edge(nodes.with_id(network, outside), resource.urn, str(subnet), Relation.SUBNET)
    if connector := resource.input("accessConnector.id"):
        yield Edge(resource.urn, nodes.with_id(connector), "reads as", Relation.PART)


def _lake(resource: Resource, nodes: Nodes) -> Iterator[Edge]:
    if lake := resource.input("defaultDataLakeStorage.resourceId"):
        yield Edge(resource.urn, nodes.with_id(lake), "lake")


def _managed_network(resource: Resource) -> str:
    return "managed virtual network" if resource.input("managedVirtualNetwork") else ""


def _none_at_rest(resource: Resource) -> Iterator[Machines]:
    """The machines of a Spark pool, which has none while no session runs."""
    for each in machines("nodeSize", "autoScale.minNodeCount", "autoScale.maxNodeCount")(resource):
        yield each._replace(size=f"{each.size} Spark node", least=0)


TYPES = {
    "azure-native:databricks:AccessConnector": ResourceType(
        id=_DATABRICKS + "/accessConnectors/{connectorName}", size=("identity.type",), topic=Topic.SPARK
    ),
    "azure-native:databricks:Workspace": ResourceType(
        holds="notebooks, jobs and clusters",
        id=_DATABRICKS + "/workspaces/{workspaceName}",
        outputs=_databricks,
        words="Databricks",
        topic=Topic.SPARK,
        edges=_in_network,
    ),
    "azure-native:synapse:BigDataPool": ResourceType(
        id=_SYNAPSE + "/bigDataPools/{bigDataPoolName}",
        words="Spark pool",
        size=("nodeSize", ("autoScale.minNodeCount", " to"), ("autoScale.maxNodeCount", " nodes at most")),
        machines=_none_at_rest,
        topic=Topic.SPARK,
        edges=part_of(SYNAPSE, "workspaceName"),
    ),
    "azure-native:synapse:IpFirewallRule": ResourceType(
        id=_SYNAPSE + "/firewallRules/{ruleName}", shown=Shown.HIDDEN, edges=part_of(SYNAPSE, "workspaceName")
    ),
    SYNAPSE: ResourceType(
        holds="pipelines, notebooks and pools",
        id=_SYNAPSE,
        outputs=_synapse,
        words="Synapse",
        size=(),
        topic=Topic.SPARK,
        edges=_lake,
        managed_network=_managed_network,
    ),
}
