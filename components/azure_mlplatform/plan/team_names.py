"""The names that a team's own repository needs: of computes, stores, endpoints and instance types, by environment."""

from collections.abc import Iterable, Iterator
from typing import Optional

from ..foundation import environments_file
from ..foundation.environments_file import EnvironmentNames
from ..resource_types.resource_type import UNKNOWN
from .resource import Plan, PlannedResource

_ML = "azure-native:machinelearningservices"

_KINDS = {
    "computes": (f"{_ML}:Compute", "computeName"),
    "datastores": (f"{_ML}:Datastore", "name"),
    "online_endpoints": (f"{_ML}:OnlineEndpoint", "endpointName"),
    "batch_endpoints": (f"{_ML}:BatchEndpoint", "endpointName"),
    "web_apps": ("azure-native:web:WebApp", "name"),
    "container_apps": ("azure-native:app:ContainerApp", "containerAppName"),
    "ai_services": ("azure-native:cognitiveservices:Account", "accountName"),
}
"""Key of the file → the resource type, and the input that has the name."""


def environments_text(plans: Iterable[Plan]) -> str:
    """The text of environments.json: the names in the plan of each stack. Names have the suffix of the settings, so
    they are those that Azure gets."""
    return environments_file.environments_text({plan.stack: _names(plan) for plan in plans})


def _names(plan: Plan) -> EnvironmentNames:
    [workspace] = plan.of_type(f"{_ML}:Workspace") or [None]
    [provider] = plan.of_type("pulumi:providers:azure-native")[:1] or [None]
    found = {
        key: sorted({str(name) for each in plan.of_type(type_) if (name := _input(each, field))})
        for key, (type_, field) in _KINDS.items()
    }
    return EnvironmentNames(
        subscription_id=_subscription(plan),
        tenant_id=_input(provider, "tenantId") if provider else None,
        resource_group=_input(workspace, "resourceGroupName") if workspace else None,
        workspace=_input(workspace, "workspaceName") if workspace else None,
        **found,
        instance_types=sorted(_instance_types(plan)),
    )


def _input(resource: PlannedResource, field: str) -> Optional[str]:
    value = resource.input(field)
    return value if isinstance(value, str) and value != UNKNOWN else None


def _subscription(plan: Plan) -> Optional[str]:
    ids = (each.id.split("/") for each in plan.azure_resources if each.id.startswith("/subscriptions/"))
    return next((each[2] for each in ids), None)


def _instance_types(plan: Plan) -> Iterator[str]:
    """The instance types of clusters that are attached."""
    for each in plan.of_type(f"{_ML}:Compute"):
        yield from each.input("properties.properties.instanceTypes") or ()
