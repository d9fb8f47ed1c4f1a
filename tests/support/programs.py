"""Programs that tests record, and their settings."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Optional

import pulumi

from azure_mlplatform.batch.batch_scoring import BatchScoring, BatchScoringArgs
from azure_mlplatform.catalogue.private_link import PrivateService, zones
from azure_mlplatform.emulation.answers import SUBSCRIPTION
from azure_mlplatform.environment.data_product_rg import DataProductRG, DataProductRGArgs
from azure_mlplatform.parts.placement import Placement, PrivateNetwork
from azure_mlplatform.plan.resource import UNKNOWN, Plan, PlannedResource
from azure_mlplatform.project_environment import ProjectEnvironment, ProjectEnvironmentArgs
from azure_mlplatform.settings import EnvironmentSettings
from azure_mlplatform.stack import azure_provider
from azure_mlplatform.testing import TENANT, example_settings, record
from azure_mlplatform.workspace.ml_workspace import MLWorkspace
from azure_mlplatform.workspace.reference import WorkspaceReference

TODAY = "2026-01-15"
GROUP = "00000000-0000-0000-0000-0000000000a1"
OTHER_GROUP = "00000000-0000-0000-0000-0000000000a2"
CENTRAL = "/subscriptions/00000000-0000-0000-0000-00000000cafe/resourceGroups/rg-central/providers"
LOG = f"{CENTRAL}/Microsoft.OperationalInsights/workspaces/log-central"
HUB = f"{CENTRAL}/Microsoft.Network/virtualNetworks/vnet-hub"
OPENAI = {
    "name": "assistant",
    "kind": "OpenAI",
    "deployments": [
        {"name": "chat", "model": "gpt-5.4", "version": "2026-03-05"},
        {"name": "embed", "model": "text-embedding-3-small", "version": "1"},
        {"name": "batch", "model": "gpt-4o", "version": "2024-11-20"},
    ],
}
LAKE = "/subscriptions/00000000-0000-0000-0000-00000000cafe/resourceGroups/rg-lake/providers"
STORE = {
    "name": "sales",
    "storage_account_id": f"{LAKE}/Microsoft.Storage/storageAccounts/stlake",
    "container": "curated",
    "folders": [{"name": "transactions", "path": "sales/transactions"}],
}
WORKSPACE = {
    "network_mode": "own",
    "clusters": [{"name": "cpu", "vm_size": "Standard_D4ds_v4"}],
    "datastores": [STORE],
}
DOCUMENTS = {"name": "documents", "kind": "FormRecognizer"}
SUBNET = f"{HUB}/subnets"


WITHIN_ANOTHER = {
    "AgentPool",
    "ApproveConnection",
    "BigDataPool",
    "BlobContainer",
    "BlobServiceProperties",
    "Compute",
    "ContainerAppsAuthConfig",
    "DataCollectionRuleAssociation",
    "ComputeDetach",
    "Datastore",
    "Deployment",
    "DiagnosticSetting",
    "Extension",
    "FederatedIdentityCredential",
    "FileServiceProperties",
    "FluxConfiguration",
    "IpFirewallRule",
    "KubernetesDetach",
    "MaintenanceConfiguration",
    "ManagedPrivateEndpoint",
    "ManagementLockByScope",
    "PrivateDnsZoneGroup",
    "PrivateZone",
    "RandomString",
    "WebAppAuthSettingsV2WithoutSecrets",
    "WebAppAuthSettingsV2WithoutSecretsSlot",
    "WebAppFtpAllowed",
    "WebAppFtpAllowedSlot",
    "WebAppScmAllowed",
    "WebAppScmAllowedSlot",
    "WebAppSlot",
    "WorkspaceConnection",
}
"""Kinds whose names do not contain the environment. They belong to a resource whose name does, or to none."""


def placed(environment: str = "dev", **changes: Any) -> dict[str, Any]:
    """The arguments that every component takes: a placement, with some of its fields changed."""
    settings = example_settings(environment)
    return {
        "placement": {
            "project": settings.project.name,
            "environment": settings.environment,
            "location": settings.location,
            "subscription_id": settings.subscription_id,
            "tenant_id": TENANT,
            "resource_group_name": "rg-test",
            "suffix": "abc123",
            "tags": {"project": settings.project.name},
            "diagnostics": LOG,
            **changes,
        }
    }


def networked(environment: str = "dev", **changes: Any) -> dict[str, Any]:
    """The same for a component that others call, with the network of its private endpoints."""
    network = PrivateNetwork(
        subnet_id=f"{SUBNETS}/endpoints", zone_ids={**zone_ids(changes.get("location", "westeurope"))}
    )
    return placed(environment, **{"private_network": network, **changes})


OPEN: dict[str, Any] = {
    "environment": "sandbox",
    "private_network": None,
    "open_reason": "a sandbox without a network",
}
"""The arguments of a component that is open to all."""


def from_office(*ranges: str) -> dict[str, Any]:
    """The arguments of a component that public addresses may call, besides its private endpoints."""
    return {"environment": "dev", "public_access": {"ip_ranges": [*ranges], "reason": "Office access, NET-123"}}


def of_placement(changes: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The changes to a placement, and the other changes."""
    ours = {key: value for key, value in changes.items() if key in Placement.model_fields}
    return ours, {key: value for key, value in changes.items() if key not in ours}


def through_provider(program: Callable[[pulumi.ResourceOptions], Any], settings: EnvironmentSettings) -> Any:
    """Runs the program with the options for the one provider."""
    return program(pulumi.ResourceOptions(providers=[azure_provider(settings)]))


def remembered(program: Callable[..., Plan]) -> Callable[..., Plan]:
    """Records each plan once, and returns it again for the same arguments. `anew=True` records it again."""
    plans: dict[str, Plan] = {}

    @wraps(program)
    def plan_of(*args: Any, anew: bool = False, **changes: Any) -> Plan:
        key = repr((args, sorted(changes.items())))
        if anew or key not in plans:
            plans[key] = program(*args, **changes)
        return plans[key]

    return plan_of


@remembered
def data_product(
    environment: str = "dev",
    *,
    preview: bool = False,
    today: str = TODAY,
    stack: str = "dev",
    existing: Optional[dict[str, Any]] = None,
    **changes: Any,
) -> Plan:
    """The plan of a DataProductRG."""
    settings = example_settings(environment, **changes)
    return record(
        lambda: through_provider(
            lambda opts: DataProductRG("dp", DataProductRGArgs(settings=settings, today=today), opts), settings
        ),
        preview=preview,
        stack=stack,
        existing=existing,
    )


SUBNETS = f"{CENTRAL}/Microsoft.Network/virtualNetworks/v/subnets"


def zone_ids(location: str) -> dict[str, str]:
    """The ids of a hub's private DNS zones for a region, by zone name."""
    names = {zone for service in PrivateService for zone in zones(service, location)}
    return {name: f"{CENTRAL}/Microsoft.Network/privateDnsZones/{name}" for name in sorted(names)}


ZONES = zone_ids("westeurope")
CPU = {"name": "cpu", "vm_size": "Standard_D4ds_v4"}
OWN = {"network_mode": "own", "clusters": [CPU]}
MANAGED = {"network_mode": "managed", "clusters": [CPU]}


@remembered
def ml_workspace(
    settings: Any = OWN,
    *,
    environment: str = "dev",
    preview: bool = False,
    then: Optional[Callable[[MLWorkspace], Any]] = None,
    existing: Optional[dict[str, Any]] = None,
    **changes: Any,
) -> Plan:
    """The plan of an MLWorkspace named `ml`, and of the resources that `then` adds."""
    placement, others = of_placement(changes)
    args = {
        **networked(environment, **placement),
        "settings": settings,
        "training_subnet_id": f"{SUBNETS}/training",
        **others,
    }

    def program() -> None:
        made = MLWorkspace("ml", args)
        if then:
            then(made)

    return record(program, preview=preview, existing=existing)


def twice_granted(plan: Plan) -> list[str]:
    """Role assignments that Azure would refuse: the same role for the same principal on the same scope."""
    seen: dict[tuple[str, ...], str] = {}
    found = []
    for each in plan.of_type("RoleAssignment"):
        key = tuple(str(each.input(name)).lower() for name in ("principalId", "roleDefinitionId", "scope"))
        if key in seen and UNKNOWN not in key:
            found.append(f"{seen[key]} and {each.name}")
        seen.setdefault(key, each.name)
    return found


def one(plan: Plan, kind: str, name: str = "ml-") -> PlannedResource:
    """The only resource of a kind whose name begins with `name`."""
    [found] = [each for each in plan.of_type(kind) if each.name.startswith(name)]
    return found


WORKSPACES = (
    f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-test/providers/Microsoft.MachineLearningServices/workspaces"
)
IDENTITIES = f"{CENTRAL}/Microsoft.ManagedIdentity/userAssignedIdentities"
HTTPS = {"cname": "scoring.ml.example.com", "secret_name": "scoring-tls"}
SIGN_IN = {
    "client_id": "00000000-0000-0000-0000-00000000c11e",
    "callers": ["00000000-0000-0000-0000-0000000ca11e"],
}
GPU_POOL = {"name": "gpu", "vm_size": "Standard_NC24ads_A100_v4", "accelerator": "gpu", "max_nodes": 2}
INFERENCE = {"target": "aks", "endpoints": [{"name": "scoring"}], "aks": {"https": HTTPS, "pools": [GPU_POOL]}}
MODEL_APP = {"name": "scoring", "sign_in": SIGN_IN}
OPEN_APP = {"name": "scoring", "open_reason": "The gateway checks tokens, ML-321"}
REGISTRY = f"{CENTRAL}/Microsoft.ContainerRegistry/registries/crmodels"
SYNAPSE = {"pools": [{"name": "spark"}]}
OTHER_TARGETS = {
    "managed": {"target": "managed", "endpoints": [{"name": "scoring"}]},
    "app_service": {"target": "app_service", "app_service": {"apps": [MODEL_APP]}},
    "container_app": {"target": "container_app", "container_app": {"apps": [MODEL_APP]}},
}


COMPUTES = "00000000-0000-0000-0000-0000000000f2"
"""The principal id of the computes of an `attachable` workspace."""


def attachable(name: str = "mlw-churn", **changes: Any) -> WorkspaceReference:
    """A workspace to serve models from and attach computes to."""
    workspace_id = f"{WORKSPACES}/{name}"
    given = {
        "workspace_id": workspace_id,
        "name": name,
        "resource_id": workspace_id,
        "principal_id": "00000000-0000-0000-0000-0000000000f1",
        "compute_identity_id": f"{IDENTITIES}/id-compute",
        "compute_principal_id": COMPUTES,
        "storage_account_id": f"{LAKE}/Microsoft.Storage/storageAccounts/stml",
        "container_registry_id": REGISTRY,
        **changes,
    }
    return WorkspaceReference.model_validate(given)


def served(args: Any, *, environment: str = "prod", lock: bool = False, **changes: Any) -> dict[str, Any]:
    """The arguments that a component for serving models has fields for. It is about to be retired and so not protected,
    unless `lock` is true."""
    placement, others = of_placement(changes)
    if not lock:
        placement["retire"] = {"reason": "so that nothing is locked"}
    every = {
        **networked(environment, **placement),
        "subnet_id": f"{SUBNETS}/nodes",
        "registry_id": REGISTRY,
        **others,
    }
    return {key: value for key, value in every.items() if key in args.model_fields}


def serving(
    component: Any, args: Any, settings: Any, *, preview: bool = False, existing: Any = None, **changes: Any
) -> Plan:
    """The plan of a component that serves models, named `serve`."""
    given = {**served(args, **changes), "settings": settings}
    return record(lambda: component("serve", args.model_validate(given)), preview=preview, existing=existing)


NIGHTLY = {
    "name": "nightly",
    "schedule": {"frequency": "Day", "at": ["04:00"], "time_zone": "W. Europe Standard Time"},
    "input": {"store": "sales", "folder": "sales/{yyyy}/{MM}/{dd}"},
    "output": {"folder": "nightly"},
}
ARRIVED = {
    "name": "arrived",
    "blob_created": {"store": "sales", "folder": "incoming", "suffix": ".csv"},
    "output": {"folder": "arrived"},
}
BATCH = {"compute": "cpu", "jobs": [NIGHTLY, ARRIVED], "alerts": {"emails": ["ml@example.com"]}}
BY_BLOB = (
    "batch: blobs trigger {}: the deployer needs EventGrid EventSubscription Contributor on their storage account, and "
    "its subscription needs the provider Microsoft.EventGrid"
)
"""The notice of a preview for jobs with a blob trigger."""

SHARED_FACTORY = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-shared/providers/Microsoft.DataFactory/factories/adf"


def batch_in(factory: Optional[str], environment: str = "prod") -> Plan:
    """The plan of a BatchScoring that adopts a factory, or makes one."""
    signs_in = {"identity": {"type": "SystemAssigned", "principalId": "00000000-0000-0000-0000-00000000beef"}}
    given: dict[str, Any] = {
        "workspace": attachable("mlw", storage_account_id=f"{LAKE}/Microsoft.Storage/storageAccounts/stlake"),
        "datastores": [{**STORE, "folders": []}],
    }
    return serving(
        BatchScoring,
        BatchScoringArgs,
        {"compute": "cpu", "jobs": [NIGHTLY], **({"data_factory_id": factory} if factory else {})},
        existing={factory: signs_in} if factory else None,
        environment=environment,
        **given,
    )


LEGACY = {
    "mode": "published_pipeline",
    "published_pipeline_id": "00000000-0000-0000-0000-0000000000b1",
}
"""The settings of a job that calls a pipeline of SDK version 1, for a workspace with a customer's key."""

BRICKS = {
    "databricks": {},
    "network": {
        "address_space": ["10.20.0.0/22", "10.21.0.0/24"],
        "subnets": {"databricks_host": "10.21.0.0/25", "databricks_container": "10.21.0.128/25"},
    },
}
"""The changes to an environment that add Databricks."""


def of_targets(*targets: str) -> dict[str, Any]:
    """The settings of some targets, with one endpoint or app on each: `on-aks`, `web`, …"""
    blocks = {
        "aks": {"https": HTTPS, "pools": [GPU_POOL]},
        "app_service": {"apps": [{**MODEL_APP, "name": "web"}]},
        "container_app": {"apps": [{**MODEL_APP, "name": "apps"}]},
    }
    return {
        "targets": list(targets),
        "endpoints": [{"name": f"on-{each}", "target": each} for each in targets if each in ("aks", "managed")],
        **{each: blocks[each] for each in targets if each in blocks},
    }


HOSTS = {
    "network": {
        **BRICKS["network"],
        "address_space": [*BRICKS["network"]["address_space"], "10.22.0.0/24"],
        "subnets": {
            **BRICKS["network"]["subnets"],
            "app_service": "10.22.0.0/26",
            "container_app": "10.22.0.64/26",
        },
    }
}
"""The changes to an environment that give App Service and Container Apps subnets of their own."""

EVERY_TARGET = {"inference": of_targets("aks", "managed", "app_service", "container_app"), "databricks": {}, **HOSTS}
"""The changes to an environment that serve models by every target, beside Databricks."""


@remembered
def whole(environment: str, *, preview: bool = False, stack: str = "", token: Any = None, **changes: Any) -> Plan:
    """The plan of a ProjectEnvironment with everything that this library can add to it. Databricks is attached if there
    is a token."""
    everything = {"ai_services": [OPENAI, DOCUMENTS], "workspace": WORKSPACE, "inference": INFERENCE}
    if changes.get("workspace", WORKSPACE) is None or changes.get("workspace", WORKSPACE)["network_mode"] == "managed":
        everything["inference"] = None  # A cluster needs a workspace with its own network.
    settings = example_settings(environment, **{**everything, **changes})
    return record(
        lambda: through_provider(
            lambda opts: ProjectEnvironment(
                "churn", ProjectEnvironmentArgs(settings=settings, today=TODAY, databricks_token=token), opts
            ),
            settings,
        ),
        preview=preview,
        project="churn",
        stack=stack or environment,
    )
