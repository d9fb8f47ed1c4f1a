"""Endpoints in the emulated Azure that the data plane serves: one call makes an endpoint with its versions."""

from collections.abc import Mapping
from typing import Any, Optional

from support.management_plane import Azure
from support.scoring.data_plane import DataPlane

GROUP = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg"
WORKSPACE = f"{GROUP}/providers/Microsoft.MachineLearningServices/workspaces/mlw"
CLIENT_ID = "00000000-0000-0000-0000-00000000c11e"


def online_endpoint(
    azure: Azure,
    plane: DataPlane,
    servers: Mapping[str, str],
    traffic: Mapping[str, int],
    *,
    name: str = "scoring",
    auth_mode: str = "AADToken",
    cluster: str = "",
    environment: str = "dev",
    settings: Optional[Mapping[str, Any]] = None,
    instances: int = 1,
) -> str:
    """Makes an online endpoint with a deployment for each server (`http://127.0.0.1:<port>`). Returns its id.

    `cluster` is the name of an attached compute. `settings` are the `requestSettings` of its deployments.
    """
    id_ = f"{WORKSPACE}/onlineEndpoints/{name}"
    properties: dict[str, Any] = {"authMode": auth_mode, "traffic": dict(traffic), "mirrorTraffic": {}}
    if cluster:
        properties["compute"] = f"{WORKSPACE}/computes/{cluster}"
    held = azure.has(
        id_,
        "azure-native:machinelearningservices:OnlineEndpoint",
        {
            "location": "westeurope",
            "kind": "K8S" if cluster else "Managed",
            "tags": {"project": "churn", "environment": environment},
            "identity": {"type": "UserAssigned", "userAssignedIdentities": {f"{GROUP}/id": {"clientId": "c"}}},
            "properties": properties,
        },
    )
    held.read_only = {"properties": {"scoringUri": f"https://{plane.host(id_)}/score", "swaggerUri": "https://s"}}
    for version, url in servers.items():
        online_deployment(azure, id_, version, settings=settings, instances=instances)
        plane.backs(id_, version, url)
    plane.refresh()
    return id_


def online_deployment(
    azure: Azure, endpoint_id: str, name: str, *, settings: Optional[Mapping[str, Any]] = None, instances: int = 1
) -> str:
    """Adds a deployment that is ready. Returns its id."""
    id_ = f"{endpoint_id}/deployments/{name}"
    body = {
        "location": "westeurope",
        "sku": {"name": "Default", "capacity": instances},
        "properties": {
            "endpointComputeType": "Managed",
            "instanceType": "Standard_DS3_v2",
            "model": f"{WORKSPACE}/models/churn/versions/{name}",
            "environmentId": f"{WORKSPACE}/environments/serving/versions/1",
            "requestSettings": dict(settings or {}),
        },
    }
    azure.has(id_, "azure-native:machinelearningservices:OnlineDeployment", body)
    return id_


def container_app(
    azure: Azure,
    plane: DataPlane,
    servers: Mapping[str, str],
    traffic: list[dict[str, Any]],
    *,
    name: str = "scoring",
    environment: str = "dev",
    signs_in: bool = True,
    mode: str = "Multiple",
) -> str:
    """Makes a Container App with a revision for each server, such as `scoring--v1`. Returns its id."""
    id_ = f"{GROUP}/providers/Microsoft.App/containerApps/{name}"
    held = azure.has(
        id_,
        "azure-native:app:ContainerApp",
        {
            "location": "westeurope",
            "tags": {"environment": environment},
            "configuration": {
                "activeRevisionsMode": mode,
                "ingress": {"external": True, "fqdn": plane.host(id_), "traffic": traffic},
            },
        },
    )
    held.state["sign_in"] = _sign_in() if signs_in else None
    held.state["revisions"] = [
        {
            "name": each,
            "fqdn": plane.host(id_, each),
            "active": True,
            "replicas": 1,
            "provisioningState": "Provisioned",
            "template": {"containers": [{"image": f"acr.azurecr.io/churn:{each}"}]},
        }
        for each in servers
    ]
    for version, url in servers.items():
        plane.backs(id_, version, url)
    plane.refresh()
    return id_


def web_app(
    azure: Azure,
    plane: DataPlane,
    servers: Mapping[str, str],
    rules: Mapping[str, int],
    *,
    name: str = "scoring",
    environment: str = "dev",
    signs_in: bool = True,
) -> str:
    """Makes a web app with the production slot and another slot for each other server. Returns its id.

    `rules` are slot → percent.
    """
    id_ = f"{GROUP}/providers/Microsoft.Web/sites/{name}"
    held_rules = [
        {"name": slot, "actionHostName": plane.host(id_, slot), "reroutePercentage": share}
        for slot, share in rules.items()
    ]
    config = {"linuxFxVersion": "DOCKER|acr.azurecr.io/churn:production", "experiments": {"rampUpRules": held_rules}}
    body = {"location": "westeurope", "tags": {"environment": environment}, "siteConfig": config}
    held = azure.has(id_, "azure-native:web:WebApp", body)
    held.read_only = {"defaultHostName": plane.host(id_)}
    held.state["sign_in"] = _sign_in() if signs_in else None
    for slot, url in servers.items():
        if slot != "production":
            own = {"location": "westeurope", "siteConfig": {"linuxFxVersion": f"DOCKER|acr.azurecr.io/churn:{slot}"}}
            made = azure.has(f"{id_}/slots/{slot}", "azure-native:web:WebAppSlot", own)
            made.read_only = {"defaultHostName": plane.host(id_, slot)}
        plane.backs(id_, slot, url)
    plane.refresh()
    return id_


def _sign_in() -> dict[str, Any]:
    return {
        "platform": {"enabled": True},
        "identityProviders": {
            "azureActiveDirectory": {
                "registration": {"clientId": CLIENT_ID},
                "validation": {"allowedAudiences": [f"api://{CLIENT_ID}", CLIENT_ID]},
            }
        },
    }
