"""Programs that tests record."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Optional

import pulumi

from azure_mlplatform.data_product_rg import DataProductRG, DataProductRGArgs
from azure_mlplatform.ml_workspace import MLWorkspace, MLWorkspaceArgs
from azure_mlplatform.network import PrivateNetwork
from azure_mlplatform.project_environment import ProjectEnvironment, ProjectEnvironmentArgs
from azure_mlplatform.settings import EnvironmentSettings
from azure_mlplatform.settings.private_link import PrivateService, zones
from azure_mlplatform.stack import azure_provider
from azure_mlplatform.testing import TENANT, UNKNOWN, Plan, PlannedResource, example_settings, record

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
        {"name": "chat", "model": "gpt-4o-mini", "version": "2024-07-18"},
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
    "BlobServiceProperties",
    "Compute",
    "DataVersion",
    "Datastore",
    "Deployment",
    "DiagnosticSetting",
    "FederatedIdentityCredential",
    "FileServiceProperties",
    "ManagementLockByScope",
    "PrivateDnsZoneGroup",
    "PrivateZone",
    "RandomString",
    "WorkspaceConnection",
}
"""Kinds whose names say nothing of the environment: they stand on, or in, something whose name does, or on
nothing."""


def placed(settings: EnvironmentSettings) -> dict[str, Any]:
    """What every component takes, from settings."""
    return {
        "project": settings.project.name,
        "environment": settings.environment,
        "suffix": "abc123",
        "subscription_id": settings.subscription_id,
        "resource_group_name": "rg-test",
        "location": settings.location,
        "tags": {"project": settings.project.name},
    }


def through_provider(program: Callable[[pulumi.ResourceOptions], Any], settings: EnvironmentSettings) -> Any:
    """The program with the options that give it the one provider."""
    return program(pulumi.ResourceOptions(providers=[azure_provider(settings)]))


def remembered(program: Callable[..., Plan]) -> Callable[..., Plan]:
    """A plan does not change, so the same one need not be recorded twice. `anew=True` records it all the same."""
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
    environment: str = "dev", *, preview: bool = False, today: str = TODAY, stack: str = "dev", **changes: Any
) -> Plan:
    """The plan of a DataProductRG."""
    settings = example_settings(environment, **changes)
    return record(
        lambda: through_provider(
            lambda opts: DataProductRG("dp", DataProductRGArgs(settings=settings, today=today), opts), settings
        ),
        preview=preview,
        stack=stack,
    )


SUBNETS = f"{CENTRAL}/Microsoft.Network/virtualNetworks/v/subnets"
ZONES = {
    zone: f"{CENTRAL}/Microsoft.Network/privateDnsZones/{zone}"
    for service in PrivateService
    for zone in zones(service, "westeurope")
}
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
    """The plan of an MLWorkspace by the name of `ml`, and of what `then` does with it."""
    args = {
        **placed(example_settings(environment)),
        "settings": settings,
        "tenant_id": TENANT,
        "diagnostics": LOG,
        "private_network": PrivateNetwork(subnet_id=f"{SUBNETS}/endpoints", zone_ids=dict(ZONES)),
        "training_subnet_id": f"{SUBNETS}/training",
        **changes,
    }

    def program() -> None:
        made = MLWorkspace("ml", MLWorkspaceArgs.model_validate(args))
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
    """The only resource of a kind whose name begins so."""
    [found] = [each for each in plan.of_type(kind) if each.name.startswith(name)]
    return found


@remembered
def whole(environment: str, *, preview: bool = False, stack: str = "", **changes: Any) -> Plan:
    """The plan of a ProjectEnvironment with everything that this library can add to it."""
    settings = example_settings(environment, **{"ai_services": [OPENAI, DOCUMENTS], "workspace": WORKSPACE, **changes})
    return record(
        lambda: through_provider(
            lambda opts: ProjectEnvironment("churn", ProjectEnvironmentArgs(settings=settings, today=TODAY), opts),
            settings,
        ),
        preview=preview,
        project="churn",
        stack=stack or environment,
    )
