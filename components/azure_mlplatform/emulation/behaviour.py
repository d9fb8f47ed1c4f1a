"""The behaviour of services beyond keeping a resource: they add, sort and move properties."""

import copy
from collections.abc import Iterator
from typing import Any

from ..foundation.values import name_of
from .ids import arm_type, parent_of
from .refusal import AzureError
from .tables.retired import DEFAULTS, RETIRED, UPDATED
from .values import first_at
from .world import Held, World

CLUSTER = "azure-native:containerservice:ManagedCluster"
GROUP = "azure-native:resources:ResourceGroup"
AGENT_POOL = "azure-native:containerservice:AgentPool"
TRIGGER = "azure-native:datafactory:Trigger"
MANAGED_ENDPOINT = "azure-native:datafactory:ManagedPrivateEndpoint"
DEPLOYMENT = "azure-native:cognitiveservices:Deployment"
PRIVATE_ENDPOINT = "azure-native:network:PrivateEndpoint"
ZONE_GROUP = "azure-native:network:PrivateDnsZoneGroup"
VNET = "azure-native:network:VirtualNetwork"
SUBNET = "azure-native:network:Subnet"

_REFUSALS = 2
"""The number of actions on a trigger that are refused while Event Grid works on its subscription. Assumed."""

ALWAYS_THERE = (
    "microsoft.storage/storageaccounts/blobservices",
    "microsoft.storage/storageaccounts/fileservices",
    "microsoft.storage/storageaccounts/queueservices",
    "microsoft.storage/storageaccounts/tableservices",
    "microsoft.web/sites/config",
    "microsoft.web/sites/slots/config",
    "microsoft.web/sites/basicpublishingcredentialspolicies",
    "microsoft.web/sites/slots/basicpublishingcredentialspolicies",
    "microsoft.datafactory/factories/managedvirtualnetworks",
    "microsoft.machinelearningservices/workspaces/data",
)
"""Children that exist as soon as their parent does. azure-native writes them without asking, and resets them instead of
deleting (its `DefaultBody`)."""


def shown(world: World, held: Held) -> dict[str, Any]:
    """The properties that can be written, as the service shows them."""
    if held.type == CLUSTER:
        return _with_all_pools(world, held)
    return held.body


def made(resource: Held) -> None:
    """Adds what the service adds when a resource is made."""
    if resource.type == TRIGGER:
        resource.read_only["properties"] = {"runtimeState": "Stopped"}
        resource.state["subscription"] = "Disabled"
        _provision(resource)
    elif resource.type == MANAGED_ENDPOINT:
        resource.state["connection"] = {"status": "Pending"}


def ready(world: World, resource: Held) -> None:
    """Puts a resource that exists into the state in which a stack changes it: others have approved and stopped it."""
    if resource.type == AGENT_POOL and (cluster := world.get(str(parent_of(resource.id)))):
        profiles = cluster.body.get("agentPoolProfiles", [])
        cluster.body["agentPoolProfiles"] = [each for each in profiles if each["name"] != name_of(resource.id)]
    elif resource.type == TRIGGER:
        resource.read_only["properties"] = {"runtimeState": "Stopped"}
    elif resource.type == MANAGED_ENDPOINT:
        resource.state["connection"] = {"status": "Approved"}


def changed(world: World, held: Held, body: dict[str, Any]) -> None:
    """Does what the service does before a resource is changed. Raises AzureError if the service refuses it."""
    if held.type == CLUSTER:
        _pools_take_over(world, held, body)
    elif held.type == TRIGGER:
        _provision(held)


def replace_retired_models(world: World) -> None:
    """Does what the AI service does on the retirement day of a model: it moves deployments to another one."""
    for held in world.of_type(DEPLOYMENT):
        model = first_at(held.body, "properties.model")
        if model is None or any(first_at(held.body, path) not in values for path, values in UPDATED.items()):
            continue
        wanted = {f"properties.model.{key}={model.get(key)}" for key in ("name", "version")}
        for row in RETIRED:
            if set(row.values) == wanted and row.since <= world.today:
                name, version = DEFAULTS.get(model["name"], (model["name"], row.since.isoformat()))
                properties = {**held.body["properties"], "model": {**model, "name": name, "version": version}}
                held.body = {**held.body, "properties": properties}
                world.log.append(("move", held.id))
                break


def _provision(trigger: Held) -> None:
    """A trigger of blob events takes no action for a while after each write."""
    if first_at(trigger.body, "properties.type") == "BlobEventsTrigger":
        trigger.state["refusals"] = _REFUSALS


def of_template(deployment: Held) -> Iterator[Held]:
    """The resources of a template deployment."""
    group = deployment.id.partition("/providers/")[0]
    for each in first_at(deployment.body, "properties.template.resources") or []:
        provider, *types = each["type"].split("/")
        names = each["name"].split("/")
        path = "/".join(f"{type_}/{name}" for type_, name in zip(types, names, strict=True))
        type_ = _IN_TEMPLATES.get(each["type"].lower()) or str(each["type"])
        yield Held(f"{group}/providers/{provider}/{path}", type_, {"properties": each.get("properties", {})})


def is_inline(world: World, id_: str) -> bool:
    """Whether a resource is part of another's body, such as a subnet, or exists with its parent."""
    if arm_type(id_) in ALWAYS_THERE or arm_type(id_).rsplit("/", 1)[0] in ALWAYS_THERE:
        return True
    parent = parent_of(id_)
    network = world.get(parent) if parent else None
    if network is not None and network.type == VNET:
        return name_of(id_) in [each.get("name") for each in network.body.get("subnets", [])]
    return False


def outside(id_: str, type_: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """A resource that others run, as one that suits: nothing of it is known."""
    answers = copy.deepcopy(_OUTSIDE.get(type_, {}))
    return answers, {**answers, "name": name_of(id_)}


def _with_all_pools(world: World, cluster: Held) -> dict[str, Any]:
    """A cluster shows its pools and those that are resources of their own, sorted by name."""
    pools = {each["name"]: each for each in cluster.body.get("agentPoolProfiles", [])}
    for each in world.of_type(AGENT_POOL):
        if (parent_of(each.id) or "").lower() == cluster.id.lower():
            pools[name_of(each.id)] = {"name": name_of(each.id), **each.body}
    return {**cluster.body, "agentPoolProfiles": [pools[name] for name in sorted(pools)]}


def change_pool(world: World, cluster: Held, name: str, properties: dict[str, Any]) -> None:
    """Writes a pool by its name, wherever it stands."""
    for each in cluster.body.get("agentPoolProfiles", []):
        if each["name"] == name:
            each.update(properties)
    for each in world.of_type(AGENT_POOL):
        if (parent_of(each.id) or "").lower() == cluster.id.lower() and name_of(each.id) == name:
            each.body.update(properties)


def _pools_take_over(world: World, cluster: Held, body: dict[str, Any]) -> None:
    """A cluster that is written with the profile of a pool changes that pool, whoever made it."""
    given = {each.get("name"): each for each in body.get("agentPoolProfiles", [])}
    for each in world.of_type(AGENT_POOL):
        if (parent_of(each.id) or "").lower() == cluster.id.lower() and (profile := given.pop(name_of(each.id), None)):
            each.body = {key: value for key, value in profile.items() if key != "name"}
    own = {each["name"] for each in cluster.body.get("agentPoolProfiles", [])}
    if new := sorted(set(given) - own):
        raise AzureError(
            400,
            "BadRequest",
            f"A new agent pool was introduced ({', '.join(map(str, new))}). Adding agent pools to an existing cluster "
            "is not allowed through managed cluster operations.",
        )
    if missing := sorted(own - set(given)):
        raise AzureError(400, "BadRequest", f"The agent pool {', '.join(missing)} of the cluster is missing.")
    body["agentPoolProfiles"] = [each for name, each in given.items() if name in own]


_IN_TEMPLATES = {
    "microsoft.machinelearningservices/workspaces/data/versions": "azure-native:machinelearningservices:DataVersion",
}
"""Type in a template → its type in azure-native, which tables name."""

_OUTSIDE: dict[str, dict[str, Any]] = {
    "azure-native:keyvault:Vault": {
        "properties": {
            "enableRbacAuthorization": True,
            "enableSoftDelete": True,
            "enablePurgeProtection": True,
            "publicNetworkAccess": "Disabled",
            "networkAcls": {"bypass": "AzureServices", "defaultAction": "Deny"},
        }
    },
    "azure-native:storage:StorageAccount": {"isHnsEnabled": False},
    "azure-native:containerregistry:Registry": {"sku": {"name": "Premium", "tier": "Premium"}},
    "azure-native:applicationinsights:Component": {"workspaceResourceId": "outside"},
}
"""The properties of a resource that others run, such that an environment can use it. Assumed."""
