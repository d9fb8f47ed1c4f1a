"""Private Link by service: the group ids for the endpoints, and the DNS zones that resolve them.

Source: "Azure Private Endpoint private DNS zone values" (Microsoft Learn), commercial cloud.
"""

import datetime
from enum import StrEnum

READ = datetime.date(2026, 11, 22)
"""The day on which the source was read."""


class PrivateService(StrEnum):
    """A kind of resource that a private endpoint can connect to."""

    COGNITIVE_SERVICES = "cognitive_services"
    OPENAI = "openai"
    AI_SERVICES = "ai_services"
    ML_WORKSPACE = "ml_workspace"
    ML_REGISTRY = "ml_registry"
    """A registry of models, environments and components. Its group id is assumed: the page of its network isolation
    names none (machine-learning/how-to-registry-network-isolation, 2023-05-23, read 2026-11-28)."""

    KEY_VAULT = "key_vault"
    WORKSPACE_STORAGE = "workspace_storage"
    """Blobs and files, and the queues and tables in which parallel runs keep their state."""

    CONTAINER_REGISTRY = "container_registry"
    WEB_APP = "web_app"
    """A web app and its slot `green`."""

    CONTAINER_APPS = "container_apps"
    DATABRICKS = "databricks"
    """The workspace's own pages and API, for people and for its clusters."""

    DATABRICKS_SIGN_IN = "databricks_sign_in"
    """The sign-in of people to all workspaces of a region. A DNS zone has one such endpoint per region."""

    DATABRICKS_STORAGE = "databricks_storage"
    """The account in which a workspace keeps its own files."""

    KUBERNETES = "kubernetes"
    """The API server of a private cluster. AKS makes the endpoint itself."""

    DATA_FACTORY = "data_factory"
    """For integration runtimes in the customer's network. The pages of factories need another endpoint, one for all
    factories of a DNS zone."""

    SYNAPSE = "synapse"
    LAKE = "lake"
    """A storage account with a hierarchical namespace. Clients that write files call its blobs too."""


_COGNITIVE = "privatelink.cognitiveservices.azure.com"
_OPENAI = "privatelink.openai.azure.com"
_DATABRICKS = "privatelink.azuredatabricks.net"
_FOUNDRY = "privatelink.services.ai.azure.com"

_PRIVATE_LINK: dict[PrivateService, dict[str, tuple[str, ...]]] = {
    PrivateService.COGNITIVE_SERVICES: {"account": (_COGNITIVE,)},
    PrivateService.OPENAI: {"account": (_COGNITIVE, _OPENAI)},
    PrivateService.AI_SERVICES: {"account": (_COGNITIVE, _OPENAI, _FOUNDRY)},
    PrivateService.ML_WORKSPACE: {"amlworkspace": ("privatelink.api.azureml.ms", "privatelink.notebooks.azure.net")},
    PrivateService.ML_REGISTRY: {"amlregistry": ("privatelink.api.azureml.ms",)},
    PrivateService.KEY_VAULT: {"vault": ("privatelink.vaultcore.azure.net",)},
    PrivateService.WORKSPACE_STORAGE: {
        group: (f"privatelink.{group}.core.windows.net",) for group in ("blob", "file", "queue", "table")
    },
    PrivateService.CONTAINER_REGISTRY: {"registry": ("privatelink.azurecr.io",)},
    PrivateService.WEB_APP: dict.fromkeys(("sites", "sites-green"), ("privatelink.azurewebsites.net",)),
    PrivateService.CONTAINER_APPS: {"managedEnvironments": ("privatelink.{region}.azurecontainerapps.io",)},
    PrivateService.DATABRICKS: {"databricks_ui_api": (_DATABRICKS,)},
    PrivateService.DATABRICKS_SIGN_IN: {"browser_authentication": (_DATABRICKS,)},
    PrivateService.DATABRICKS_STORAGE: {group: (f"privatelink.{group}.core.windows.net",) for group in ("blob", "dfs")},
    PrivateService.KUBERNETES: {"management": ("privatelink.{region}.azmk8s.io",)},
    PrivateService.DATA_FACTORY: {"dataFactory": ("privatelink.datafactory.azure.net",)},
    PrivateService.SYNAPSE: {
        "Dev": ("privatelink.dev.azuresynapse.net",),
        **dict.fromkeys(("Sql", "SqlOnDemand"), ("privatelink.sql.azuresynapse.net",)),
    },
    PrivateService.LAKE: {group: (f"privatelink.{group}.core.windows.net",) for group in ("blob", "dfs")},
}

ONE_ENDPOINT_AT_A_TIME = frozenset(
    {
        PrivateService.DATABRICKS,
        PrivateService.DATABRICKS_SIGN_IN,
        PrivateService.DATABRICKS_STORAGE,
        PrivateService.LAKE,
        PrivateService.WORKSPACE_STORAGE,
    }
)
"""The services whose resources take one new endpoint at a time.

Storage refuses a second one now and then (StorageAccountOperationInProgress; Azure/bicep-registry-modules#6001 of
2025-09-24, Azure/terraform-azurerm-avm-res-storage-storageaccount#382 of 2026-08-03), Databricks too
(ConcurrentUpdateError; hashicorp/terraform-provider-azurerm#26373 of 2024-06-18,
databricks/terraform-databricks-examples#177 of 2025-02-18). Read on 2026-11-28. Nothing was found that says so of
Synapse and of App Service.
"""


def private_link(service: PrivateService, location: str) -> dict[str, list[str]]:
    """Group id → the DNS zones that resolve it in a region. Each group id gets its own endpoint."""
    return {group: [each.format(region=location) for each in zones] for group, zones in _PRIVATE_LINK[service].items()}


def zones(service: PrivateService, location: str) -> list[str]:
    """Every DNS zone that a service's endpoints need in a region."""
    return sorted({zone for group in private_link(service, location).values() for zone in group})
