"""A plan as a tree that a person reads: components, their resources, each with its name, kind and size."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from ..foundation.roles import role_name
from .resource import Plan, PlannedResource

_SIZES: dict[str, tuple[str, ...]] = {
    "Account": ("kind", "sku.name"),
    "AccessConnector": ("identity.type",),
    "ActionGroup": ("emailReceivers.0.emailAddress",),
    "AgentPool": ("vmSize", "minCount", "maxCount"),
    "AppServicePlan": ("sku.name", "sku.capacity"),
    "ApproveConnection": (),
    "BatchEndpoint": ("properties.authMode",),
    "BigDataPool": ("nodeSize", "autoScale.minNodeCount", "autoScale.maxNodeCount"),
    "Budget": ("amount", "timeGrain"),
    "Deployment": ("properties.model.name", "properties.model.version", "sku.name", "sku.capacity"),
    "ClusterClaim": (),
    "Component": (),
    "Compute": (
        "properties.properties.vmSize",
        "properties.properties.scaleSettings.maxNodeCount",
        "properties.properties.namespace",
    ),
    "ContainerApp": ("template.containers.0.resources.cpu", "template.scale.minReplicas", "template.scale.maxReplicas"),
    "ComputeDetach": (),
    "Datastore": ("properties.accountName", "properties.filesystem", "properties.containerName"),
    "DiagnosticSetting": (),
    "Extension": ("extensionType",),
    "Factory": (),
    "FederatedIdentityCredential": ("subject",),
    "FluxConfiguration": ("gitRepository.url",),
    "IntegrationRuntime": ("properties.type",),
    "KubernetesDetach": (),
    "LinkedService": ("properties.type",),
    "MaintenanceConfiguration": ("maintenanceWindow.schedule.weekly.dayOfWeek", "maintenanceWindow.startTime"),
    "ManagedCluster": ("sku.tier", "networkProfile.outboundType"),
    "ManagedEnvironment": ("workloadProfiles.1.name",),
    "ManagedNamespace": ("properties.defaultResourceQuota.cpuLimit",),
    "ManagedPrivateEndpoint": ("properties.groupId",),
    "ManagementLockByScope": ("level",),
    "MetricAlert": ("description",),
    "NetworkSecurityGroup": (),
    "OnlineEndpoint": ("kind", "properties.authMode"),
    "Pipeline": ("concurrency",),
    "PrivateEndpoint": ("privateLinkServiceConnections.0.groupIds",),
    "RandomString": ("length",),
    "RouteTable": ("routes.0.nextHopIpAddress",),
    "ScheduledQueryRule": ("description",),
    "StartTrigger": (),
    "StopTrigger": (),
    "TrustedAccessRoleBinding": (),
    "VirtualNetwork": ("addressSpace.addressPrefixes",),
    "WebApp": ("siteConfig.linuxFxVersion",),
    "WebAppSlot": ("siteConfig.linuxFxVersion",),
    "WorkspaceConnection": ("properties.category", "properties.authType"),
    "Workspace": ("sku.name", "retentionInDays"),
}
"""Kind → the inputs that say how big or of what sort it is; `sku.name` for those not named."""

_UNITS = {
    "autoScale.maxNodeCount": " nodes at most",
    "autoScale.minNodeCount": " to",
    "concurrency": " at once",
    "maxCount": " nodes at most",
    "minCount": " to",
    "properties.defaultResourceQuota.cpuLimit": " CPUs at most",
    "template.containers.0.resources.cpu": " vCPUs",
    "template.scale.maxReplicas": " replicas",
    "template.scale.minReplicas": " to",
    "properties.properties.scaleSettings.maxNodeCount": " nodes at most",
    "retentionInDays": " days",
    "length": " characters",
    "amount": " a month",
}


def size(resource: PlannedResource) -> str:
    """How big a resource is, or of what sort, in a few words; empty where nothing says so."""
    if resource.kind == "RoleAssignment":
        role = role_name(str(resource.input("roleDefinitionId")))
        return f"{role} for a {resource.input('principalType')}"
    if resource.kind == "Budget":
        return f"{resource.input('amount')} a month"
    if resource.kind == "DataVersion":
        return str(resource.input("properties.dataUri")).partition("/datastores/")[2]
    if resource.kind == "Trigger":
        return _starts(resource)
    parts = []
    for path in _SIZES.get(resource.kind, ("sku.name",)):
        value = resource.input(path)
        if value not in (None, [], {}):
            parts.append(_text(value) + _UNITS.get(path, ""))
    return " ".join(parts)


def _starts(trigger: PlannedResource) -> str:
    """What a trigger waits for."""
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


def _label(resource: PlannedResource, parent: PlannedResource) -> str:
    """The name in Azure, or in the component where Azure's says nothing to a person."""
    if resource.kind in (
        "RoleAssignment",
        "ApproveConnection",
        "ClusterClaim",
        "ComputeDetach",
        "DiagnosticSetting",
        "KubernetesDetach",
        "ManagementLockByScope",
        "PrivateDnsZoneGroup",
        "StartTrigger",
        "StopTrigger",
    ):
        return resource.name.removeprefix(f"{parent.name}-")
    return resource.azure_name


def _text(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def counts(plan: Plan) -> Counter[str]:
    """Kind → how many of it."""
    return Counter(each.kind for each in plan.azure_resources)


def tree(plan: Plan) -> Iterator[str]:
    """The lines of a plan's tree, with a heading and the counts."""
    made = plan.azure_resources
    protected = sum(each.protect for each in made)
    yield (
        f"{plan.project} {plan.stack}: {len(made)} resources in {len(plan.components)} components"
        + (f", {protected} protected" if protected else "")
    )
    yield from _branches(plan, plan.root, "")
    yield "  " + ", ".join(f"{count} {kind}" for kind, count in sorted(counts(plan).items()))


def _branches(plan: Plan, parent: PlannedResource, indent: str) -> Iterator[str]:
    children = [each for each in plan.children(parent.urn) if not each.type.startswith("pulumi:providers:")]
    leaves = {each.urn: _label(each, parent) for each in children if each.custom}
    wide_kind = max((len(each.kind) for each in children if each.custom), default=0)
    wide_name = max(map(len, leaves.values()), default=0)
    for each in children:
        last = each is children[-1]
        branch = f"{indent}{'└─' if last else '├─'} "
        if not each.custom:
            yield f"{branch}{each.name}  ({each.kind})"
            yield from _branches(plan, each, indent + ("   " if last else "│  "))
            continue
        mark = "  protected" if each.protect else ""
        yield f"{branch}{each.kind:{wide_kind}}  {leaves[each.urn]:{wide_name}}  {size(each)}{mark}".rstrip()
