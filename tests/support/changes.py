"""Environments that exist, and for each setting a change of it on one of them."""

import copy
import datetime
from dataclasses import replace
from functools import cache
from typing import Any, NamedTuple, Optional

import pulumi
import yaml

from azure_mlplatform.config.stress_test import with_prods_pools
from azure_mlplatform.emulation.world import World
from azure_mlplatform.environment.settings.environment import EnvironmentSettings
from azure_mlplatform.environment.settings.platform import PlatformSettings
from azure_mlplatform.landing.landing import Landing, LandingArgs
from azure_mlplatform.landing.settings import LandingSettings
from azure_mlplatform.parts.settings.trust import GITHUB
from azure_mlplatform.plan.against import Effect, effect_of
from azure_mlplatform.plan.program import run
from azure_mlplatform.plan.state import State
from azure_mlplatform.plan.update import Update
from azure_mlplatform.project_environment import ProjectEnvironment, ProjectEnvironmentArgs
from azure_mlplatform.shared.settings import SharedSettings
from azure_mlplatform.shared.shared_services import SharedServices, SharedServicesArgs
from azure_mlplatform.stack import azure_provider
from azure_mlplatform.testing import SUBSCRIPTION, example_settings
from support.landings import PROJECT, of_landing, reviewed
from support.programs import (
    CENTRAL,
    CPU,
    DOCUMENTS,
    GPU_POOL,
    GROUP,
    HTTPS,
    HUB,
    LAKE,
    LOG,
    OTHER_GROUP,
    REGISTRY,
    SIGN_IN,
    STORE,
)
from support.stacks import ROOT

DAY = datetime.date(2026, 11, 28)
"""The day of all changes."""

Settings = dict[str, Any]

REASON = "So that it can be tried"
OTHER_REASON = "So that it can be tried again"
GONE: Any = "(gone)"
"""The new value of a setting that is taken out."""

_OWN = f"/subscriptions/{SUBSCRIPTION}/resourceGroups"
_SUBNETS = f"{_OWN}/rg-net/providers/Microsoft.Network/virtualNetworks/vnet-spoke/subnets"


def _id(provider: str, name: str) -> str:
    return f"{CENTRAL}/{provider}/{name}"


def _settings(environment: str = "dev", **more: Any) -> Settings:
    given = example_settings(environment).model_dump(mode="json", exclude_unset=True)
    return {**given, **more}


_NETWORK = {"address_space": ["10.20.0.0/22"]}
_CHAT = {"name": "chat", "model": "gpt-5.4", "version": "2026-03-05", "sku": "DataZoneStandard"}
_SCORES = {
    "name": "scores",
    "storage_account_id": f"{LAKE}/Microsoft.Storage/storageAccounts/stscores",
    "container": "scores",
    "hierarchical": False,
    "access": "write",
}
_ALICE = {
    "name": "alice",
    "vm_size": "Standard_E4ds_v4",
    "assigned_user": GROUP,
    "schedule": {"time_zone": "UTC", "start": "08:00", "stop": "18:30"},
    "setup_script": {"text": "echo 1", "arguments": "a"},
}
_FAMILY = "Standard_DSv2_Family_Cluster_Dedicated_vCPUs"
_JOB = {
    "name": "nightly",
    "schedule": {
        "frequency": "Day",
        "at": ["04:00"],
        "time_zone": "W. Europe Standard Time",
        "start": "2026-12-01",
    },
    "input": {"store": "sales", "folder": "sales/{yyyy}/{MM}/{dd}"},
    "output": {"folder": "nightly"},
}
_ARRIVED = {
    "name": "arrived",
    "blob_created": {"store": "sales", "folder": "incoming", "suffix": ".csv"},
    "output": {"folder": "arrived"},
}
_BATCH = {
    "cluster": {"name": "batch", "vm_size": "Standard_D4ds_v4"},
    "jobs": [_JOB, _ARRIVED],
    "alerts": {"emails": ["ml@example.com"]},
}
_WORKSPACE = {"network_mode": "own", "clusters": [CPU], "datastores": [STORE, _SCORES]}
_AKS = {
    "https": HTTPS,
    "pools": [GPU_POOL, {"name": "more", "vm_size": "Standard_D16ds_v5"}],
    "quota": {"cpu": 200, "memory_gib": 900},
    "gitops": {
        "url": "https://git.example.com/clusters",
        "tag": "v1",
        "kustomizations": [{"name": "plugins", "path": "./plugins"}],
    },
}
_SUBNET_IDS = {
    role: f"{_SUBNETS}/{role.replace('_', '-')}"
    for role in ("endpoints", "training", "aks", "containers", "runners", "databricks_host", "databricks_container")
}
_WEB_APPS = {"registry_id": REGISTRY, "apps": [{"name": "scoring", "sign_in": SIGN_IN}]}
_APPS = {"registry_id": REGISTRY, "apps": [{"name": "damage", "sign_in": SIGN_IN}]}
_TWO_HOSTS = {"targets": ["app_service", "container_app"], "app_service": _WEB_APPS, "container_app": _APPS}

_CREDENTIAL = {"name": "ado", "issuer": "https://issuer.example", "subject": "sc://a/b/c"}


def _stack_of(file: str) -> Settings:
    """The settings of a stack of projects/shared, with those of its project."""
    folder = ROOT / "projects" / "shared"
    settings = yaml.safe_load((folder / file).read_text())["config"]
    project = yaml.safe_load((folder / "Pulumi.yaml").read_text())["config"]["azure-mlplatform:project"]["value"]
    return {"project": project, **{key.removeprefix("azure-mlplatform:"): each for key, each in settings.items()}}


def _with_a_network(settings: Settings) -> Settings:
    return {**settings, "dns": {**settings["dns"], "linked_network_ids": [f"{_SUBNETS.rpartition('/')[0]}-2"]}}


_RELEASE = f"{_OWN}/rg-customer-360-churn-dev-ci/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-release"
_VENDOR = {
    "issuer": "https://token.actions.githubusercontent.com",
    "subject": "repo:vendor/tools:environment:dev",
}

BASES: dict[str, Settings] = {
    "landing": {
        "project": PROJECT,
        **of_landing(
            "dev",
            **{
                use: {
                    "github_repository": "example/credits",
                    "github_ids": {"owner": 1, "repository": 2},
                    "federated_credentials": [
                        {**_CREDENTIAL, "subject": f"sc://a/b/{use}"},
                        {"name": "vendor", "issuer": GITHUB, "subject": f"repo:others/x:environment:{use}"},
                    ],
                    "other_owner_reason": REASON,
                }
                for use in ("deploy", "release")
            },
        ),
    },
    "shared": _stack_of("Pulumi.nonprod.yaml"),
    "shared_prod": _with_a_network(_stack_of("Pulumi.prod.yaml")),
    "group": _settings(
        network={
            **_NETWORK,
            "hub": {"vnet_id": HUB, "address_space": ["10.0.0.0/16"]},
            "public_access": {"ip_ranges": ["203.0.113.0/24"], "reason": REASON},
        },
        ai_services=[{"name": "assistant", "kind": "OpenAI", "deployments": [_CHAT]}, DOCUMENTS],
        access={"data_scientists": [GROUP], "readers": [GROUP]},
        workload_identity={
            "github_repository": "example/churn",
            "github_ids": {"owner": 1, "repository": 2},
            "federated_credentials": [
                {"name": "ado", "issuer": "https://issuer.example", "subject": "sc://a/b/c"},
                {**_VENDOR, "name": "vendor"},
            ],
            "other_owner_reason": REASON,
        },
        budget={"amount": 500, "contact_emails": ["ml@example.com"]},
    ),
    "prod": _settings("prod", network=_NETWORK),
    "lifted": _settings(
        "prod",
        network=_NETWORK,
        lift_locks={"until": "2026-12-02", "reason": REASON},
        break_glass={"until": "2026-11-30", "reason": REASON},
    ),
    "workspace": _settings(
        access={"admins": [GROUP], "release_identity_id": _RELEASE},
        workspace={
            **_WORKSPACE,
            "clusters": [CPU, {"name": "more", "vm_size": "Standard_D4ds_v4"}],
            "instances": [_ALICE],
        },
    ),
    "managed": _settings(
        workspace={
            "network_mode": "managed",
            "clusters": [CPU],
            "managed_network": {
                "private_endpoints": [
                    {
                        "name": "warehouse",
                        "resource_id": _id("Microsoft.Sql/servers", "sql"),
                        "group_id": "sqlServer",
                    }
                ],
                "service_tags": [{"name": "monitor", "service_tag": "AzureMonitor"}],
                "fqdns": [{"name": "pypi", "fqdn": "pypi.org"}],
            },
        }
    ),
    "open": _settings(
        "sandbox",
        expires_on="2026-12-30",
        workspace={"network_mode": "managed", "clusters": [CPU], "vm_family_quotas": {_FAMILY: 16}},
        network=None,
    ),
    "batch": _settings(workspace=_WORKSPACE, batch=_BATCH),
    "aks": _settings(
        shares=[{"resource_id": f"{_OWN}/rg-lake", "project": "fraud", "environment": "dev", "reason": REASON}],
        workspace={"network_mode": "own", "clusters": [CPU]},
        inference={"target": "aks", "endpoints": [{"name": "scoring"}], "aks": _AKS},
    ),
    "central": _settings(
        workspace={"network_mode": "own", "clusters": [CPU]},
        inference={
            "target": "aks",
            "endpoints": [{"name": "scoring"}],
            "aks": {
                "cluster_id": f"{_OWN}/rg-k8s/providers/Microsoft.ContainerService/managedClusters/aks-central",
                "attach": "shared",
                "quota": {"cpu": 16, "memory_gib": 64},
            },
        },
    ),
    "app_service": _settings(
        inference={
            "target": "app_service",
            "app_service": {"registry_id": REGISTRY, "apps": [{"name": "scoring", "sign_in": SIGN_IN}]},
        },
    ),
    "container_app": _settings(
        inference={
            "target": "container_app",
            "container_app": {
                "workload_profile": "D4",
                "registry_id": REGISTRY,
                "apps": [{"name": "scoring", "sign_in": SIGN_IN}],
            },
        },
    ),
    "synapse": _settings(
        workspace={"network_mode": "own", "clusters": [CPU]},
        synapse={"pools": [{"name": "spark"}], "administrators_group_id": GROUP},
    ),
    "old_spark": _settings(synapse={"pools": [{"name": "spark"}]}),
    "databricks": _settings(
        network={
            "address_space": ["10.20.0.0/22", "10.21.0.0/23"],
            "subnets": {"databricks_host": "10.21.0.0/25", "databricks_container": "10.21.0.128/25"},
        },
        workspace={"network_mode": "own", "clusters": [CPU]},
        databricks={},
    ),
    "adopted": _settings(
        network={"subnet_ids": _SUBNET_IDS, "dns": {"mode": "adopt", "resource_group_id": f"{_OWN}/rg-dns"}},
        workspace={"network_mode": "own", "clusters": [CPU]},
        databricks={},
        inference={
            "target": "aks",
            "endpoints": [{"name": "scoring"}],
            "aks": {"https": HTTPS, "shared_zone_reason": REASON},
        },
    ),
    "adopted_apps": _settings(
        network={"subnet_ids": _SUBNET_IDS, "dns": {"mode": "policy"}},
        inference={
            "target": "container_app",
            "container_app": {"registry_id": REGISTRY, "apps": [{"name": "scoring", "sign_in": SIGN_IN}]},
        },
    ),
    "key": _settings(
        customer_managed_key={
            "key_vault_id": f"{_OWN}/rg-keys/providers/Microsoft.KeyVault/vaults/kv-keys",
            "key_id": "https://kv-keys.vault.azure.net/keys/ml",
        },
        workspace={"network_mode": "own", "clusters": [CPU]},
        ai_services=[DOCUMENTS],
    ),
    "firewall": _settings(network={**_NETWORK, "egress": {"kind": "firewall", "firewall_ip": "10.0.0.4"}}),
    "adopted_factory": _settings(
        workspace=_WORKSPACE,
        batch={
            "compute": "cpu",
            "data_factory_id": f"{_OWN}/rg-shared/providers/Microsoft.DataFactory/factories/adf",
            "jobs": [_JOB],
        },
    ),
    "platform": _settings(
        "prod",
        network={"address_space": ["10.88.0.0/21"]},
        workspace={"network_mode": "own", "clusters": [CPU]},
        inference={"target": "aks", "endpoints": [{"name": "load"}], "aks": {"https": HTTPS}},
    ),
    "fpga": _settings(
        workspace={"network_mode": "own", "clusters": [CPU]},
        inference={
            "target": "aks",
            "aks": {
                "https": HTTPS,
                "pools": [
                    {
                        "name": "fpga",
                        "vm_size": "Standard_NP10s",
                        "accelerator": "fpga",
                        "device_resource": "amd.com/some",
                    }
                ],
            },
        },
    ),
    "plain": _settings(),
    "legacy": _settings(
        workspace=_WORKSPACE,
        batch={
            "compute": "cpu",
            "jobs": [{**_JOB, "mode": "published_pipeline", "published_pipeline_id": OTHER_GROUP}],
        },
    ),
    "central_log": _settings(diagnostics={"log_analytics_workspace_id": LOG}),
    "adopted_zones": _settings(
        network={**_NETWORK, "dns": {"mode": "adopt", "resource_group_id": f"{_OWN}/rg-dns"}}, ai_services=[DOCUMENTS]
    ),
    "adopted_web_apps": _settings(
        network={"subnet_ids": _SUBNET_IDS, "dns": {"mode": "policy"}},
        inference={
            "target": "app_service",
            "app_service": {"registry_id": REGISTRY, "apps": [{"name": "scoring", "sign_in": SIGN_IN}]},
        },
    ),
    "two_hosts": _settings(
        network={
            "address_space": ["10.20.0.0/22", "10.24.0.0/20"],
            "subnets": {"app_service": "10.24.0.0/26", "container_app": "10.24.0.64/26"},
        },
        inference=_TWO_HOSTS,
    ),
    "adopted_hosts": _settings(
        network={
            "subnet_ids": {
                **_SUBNET_IDS,
                "app_service": f"{_SUBNETS}/app-service",
                "container_app": f"{_SUBNETS}/container-app",
            },
            "dns": {"mode": "policy"},
        },
        inference=_TWO_HOSTS,
    ),
    "two_targets": _settings(
        workspace={"network_mode": "own", "clusters": [CPU]},
        inference={
            "targets": ["aks", "managed"],
            "endpoints": [{"name": "more", "target": "managed"}, {"name": "small", "target": "managed"}],
            "aks": {"https": HTTPS},
        },
    ),
    "cluster": _settings(
        workspace={"network_mode": "own", "clusters": [CPU]}, inference={"target": "aks", "aks": {"https": HTTPS}}
    ),
    "unzoned": _settings(
        workspace={"network_mode": "own", "clusters": [CPU]},
        inference={
            "target": "aks",
            "aks": {
                "https": HTTPS,
                "cpu": {"zones": [], "no_zones_reason": REASON},
                "system": {"zones": [], "no_zones_reason": REASON},
                "pools": [{**GPU_POOL, "zones": [], "no_zones_reason": REASON}],
            },
        },
    ),
    "service_key": _settings(
        customer_managed_key={
            "key_vault_id": f"{_OWN}/rg-keys/providers/Microsoft.KeyVault/vaults/kv-keys",
            "key_id": "https://kv-keys.vault.azure.net/keys/ml",
        },
        ai_services=[DOCUMENTS],
    ),
    "out": _settings(
        workspace={
            "network_mode": "managed",
            "clusters": [CPU],
            "managed_network": {"isolation": "AllowInternetOutbound"},
        }
    ),
}


class Experiment(NamedTuple):
    """A change of one setting on one of BASES, and of others that must change with it."""

    base: str
    value: Any
    also: Optional[Settings] = None
    """Setting → its value, for what cannot stay as it is."""

    item: int = 0
    """The number of the item in the list, if the setting is in one."""

    key: str = ""
    """The key, if the setting has keys of the user's own."""


def _of(base: str, part: str, /, **values: Any) -> dict[str, Experiment]:
    """An experiment for each setting of a part: its name → its new value, or an Experiment without a base."""
    return {f"{part}.{name}" if part else name: _on(base, value) for name, value in values.items()}


def _on(base: str, value: Any) -> Experiment:
    return value._replace(base=value.base or base) if isinstance(value, Experiment) else Experiment(base, value)


def _with(value: Any, /, also: Optional[Settings] = None, **more: Any) -> Experiment:
    return Experiment(more.pop("base", ""), value, also, **more)


_OTHER = {
    "vault": _id("Microsoft.KeyVault/vaults", "kv-other"),
    "storage": _id("Microsoft.Storage/storageAccounts", "stother"),
    "registry": _id("Microsoft.ContainerRegistry/registries", "crother"),
    "insights": _id("Microsoft.Insights/components", "appi-other"),
}


def _of_identity(use: str) -> dict[str, Experiment]:
    """The experiments of the trust of a landing's identity."""
    return {
        **_of("landing", f"{use}.github_ids", names_too=True, owner=3, repository=4),
        f"{use}.github_repository": Experiment("landing", "example/others"),
        f"{use}.other_owner_reason": Experiment("landing", OTHER_REASON),
        **_of(
            "landing",
            f"{use}.federated_credentials[]",
            name="azure-devops",
            issuer="https://others.example",
            subject="sc://x/y/z",
            audience="api://others",
            other_issuer_reason=REASON,
        ),
    }


_SPOKE = "/subscriptions/00000000-0000-0000-0000-0000000005d1/resourceGroups/rg-x/providers/Microsoft.Network"
_ONE_MORE = {"name": "one", "principal_id": "00000000-0000-0000-0000-0000000d1009"}

EXPERIMENTS: dict[str, Experiment] = {
    **_of_identity("deploy"),
    **_of_identity("release"),
    "rights": Experiment("landing", "../reviewed.json"),
    "subscriptions[]": Experiment("shared", ["00000000-0000-0000-0000-0000000005d1"]),
    "hub.offers_gateway": Experiment("shared", True),
    "hub.spokes[]": Experiment("shared", [f"{_SPOKE}/virtualNetworks/vnet-x"]),
    "hub.vnet_id": Experiment(
        "shared",
        "/subscriptions/00000000-0000-0000-0000-0000000005d0/resourceGroups/rg-hub-2/providers/Microsoft.Network/"
        "virtualNetworks/vnet-hub-2",
    ),
    "dns.regions[]": Experiment("shared", ["westeurope"]),
    "dns.without[]": Experiment("shared", ["privatelink.azuredatabricks.net"]),
    "dns.linked_network_ids[]": Experiment("shared_prod", [f"{_SPOKE}/virtualNetworks/vnet-x"]),
    **_of(
        "shared_prod",
        "model_registry",
        name="mlr-other-models",
        subnet_id=f"{_SPOKE}/virtualNetworks/vnet-x/subnets/endpoints",
        **{"regions[]": ["westeurope", "swedencentral"]},
    ),
    **{
        f"model_registry.{each}[].{field}": Experiment("shared_prod", value)
        for each in ("readers", "writers")
        for field, value in _ONE_MORE.items()
    },
    "load_testing.description": Experiment("shared", "For releases"),
    "policies.allowed_locations[]": Experiment("shared", ["westeurope"]),
    "policies.no_local_accounts": Experiment("shared", False),
    "policies.private_workspaces": Experiment("shared", False),
    **_of(
        "group",
        "",
        environment=_with("test", base="plain"),
        location="northeurope",
        subscription_id="00000000-0000-0000-0000-0000000000ff",
        tenant_id="00000000-0000-0000-0000-0000000000ff",
        resource_group_id=f"{_OWN}/rg-other",
        suffix="abc123",
        expires_on="2027-12-31",
        expiry_grace_days=_with(20, base="open"),
        **{"stress_tests[]": _with(["../.."], base="platform")},
    ),
    "tags{}": Experiment("group", "low", key="criticality"),
    "workspace.vm_family_quotas{}": Experiment("open", 32, key=_FAMILY),
    **_of(
        "group",
        "project",
        name="churned",
        data_product="customer-720",
        owner_team="others",
        owner_email="others@example.com",
        cost_center="CC-1",
        cost_code="P-1",
    ),
    "project.tags{}": Experiment("group", "internal", key="confidentiality"),
    "no_zones_reason": Experiment("group", REASON),
    "stack_name_reason": Experiment("group", REASON),
    **_of(
        "aks",
        "shares[]",
        environment="prod",
        project="fraud",
        reason=OTHER_REASON,
        resource_id=f"{_OWN}/rg-other",
    ),
    "inference.aks.shared_zone_reason": Experiment("adopted", GONE),
    "inference.aks.shared_cluster_reason": Experiment("central", REASON),
    "no_zones_reason (where an environment is spread over zones)": Experiment("prod", REASON),
    **{
        f"inference.aks.{pool}.no_zones_reason": Experiment("unzoned", OTHER_REASON)
        for pool in ("cpu", "system", "pools[]")
    },
    "network.dns.servers[]": Experiment("group", ["10.0.0.5"]),
    "retire.reason": Experiment("prod", REASON),
    **_of("lifted", "lift_locks", until="2026-12-01", reason=OTHER_REASON),
    **_of("lifted", "break_glass", until="2026-12-01", reason=OTHER_REASON),
    "access.admins[]": Experiment("workspace", [OTHER_GROUP]),
    "access.data_scientists[]": Experiment("group", [OTHER_GROUP]),
    "access.readers[]": Experiment("group", [OTHER_GROUP]),
    "access.release_identity_id": Experiment("workspace", f"{_RELEASE}-other"),
    "access.custom_roles": Experiment("batch", "shared"),
    "workload_identity.other_owner_reason": Experiment("group", OTHER_REASON),
    "workload_identity.federated_credentials[].other_issuer_reason": Experiment("group", OTHER_REASON),
    **_of(
        "group",
        "ai_services[]",
        kind=_with("Face", item=1),
        name=_with("papers", item=1),
        restore=_with(True, item=1),
        sku="S0",
    ),
    "ai_services[].allowed_fqdns[]": Experiment("group", ["example.com"]),
    **_of(
        "group",
        "ai_services[].deployments[]",
        capacity=20,
        content_filter="strict",
        format="Other",
        model=_with("gpt-5-mini", {"ai_services[].deployments[].version": "2025-08-07"}),
        name="talk",
        sku="GlobalStandard",
        version="2026-04-05",
        version_upgrade="NoAutoUpgrade",
    ),
    **_of(
        "batch",
        "batch",
        compute=_with("cpu", {"batch.cluster": GONE}),
        data_factory_id=f"{_OWN}/rg-shared/providers/Microsoft.DataFactory/factories/adf",
        start_triggers=False,
        approve_connections=False,
        orchestrator=_with("synapse", {"synapse": {"pools": [{"name": "spark"}]}}),
        integration_runtime=_with("ir-private", base="adopted_factory"),
    ),
    "batch.alerts.action_group_ids[]": Experiment("batch", [_id("Microsoft.Insights/actionGroups", "ag")]),
    "batch.alerts.emails[]": Experiment("batch", ["others@example.com"]),
    "batch.alerts.severity": Experiment("batch", 3),
    **_of(
        "batch",
        "batch.cluster",
        idle_seconds=300,
        max_nodes=6,
        min_nodes=1,
        name="scores",
        priority="LowPriority",
        unlisted_size_reason=REASON,
        vm_size="Standard_D8ds_v4",
    ),
    **_of(
        "batch",
        "batch.jobs[]",
        active=False,
        concurrency=2,
        deployment="pipeline",
        expected_within_hours=40,
        mode=_with("published_pipeline", {"batch.jobs[].published_pipeline_id": GROUP}),
        name="daily",
        poll_seconds=30,
        published_pipeline_id=_with(GROUP, base="legacy"),
        retries=3,
        retry_interval_seconds=60,
        timeout_minutes=100,
    ),
    **_of("batch", "batch.jobs[].input", folder="sales/{yyyy}", store="scores"),
    **_of("batch", "batch.jobs[].output", folder="others", store="scores"),
    **_of(
        "batch",
        "batch.jobs[].blob_created",
        folder=_with("others", item=1),
        ignore_empty=_with(False, item=1),
        store=_with("scores", item=1),
        suffix=_with(".parquet", item=1),
    ),
    **_of(
        "batch",
        "batch.jobs[].schedule",
        frequency=_with(
            "Hour",
            {"batch.jobs[].schedule.at": GONE, "batch.jobs[].input.folder": "sales/{yyyy}/{MM}/{dd}/{HH}"},
        ),
        interval=2,
        start="2026-12-02",
        time_zone="UTC",
    ),
    "batch.jobs[].schedule.at[]": Experiment("batch", ["05:00"]),
    "batch.jobs[].schedule.week_days[]": Experiment("batch", ["Monday"], {"batch.jobs[].schedule.frequency": "Week"}),
    "batch.jobs[].schedule.month_days[]": Experiment("batch", [1], {"batch.jobs[].schedule.frequency": "Month"}),
    "budget.action_group_ids[]": Experiment("group", [_id("Microsoft.Insights/actionGroups", "ag")]),
    "budget.actual_percent[]": Experiment("group", [50, 90]),
    "budget.forecast_percent[]": Experiment("group", [120]),
    "budget.contact_emails[]": Experiment("group", ["others@example.com"]),
    "budget.amount": Experiment("group", 900),
    **_of(
        "key",
        "customer_managed_key",
        key_id="https://kv-keys.vault.azure.net/keys/other",
        **{
            case: _with(
                f"{_OWN}/rg-keys/providers/Microsoft.KeyVault/vaults/kv-others",
                {"customer_managed_key.key_id": "https://kv-others.vault.azure.net/keys/ml"},
                base=base,
            )
            for case, base in (("key_vault_id (with a workspace)", "key"), ("key_vault_id", "service_key"))
        },
    ),
    **_of("databricks", "databricks", browser_authentication=True, compute_name="bricks"),
    "diagnostics.log_analytics_workspace_id (from one that others run to another)": Experiment(
        "central_log", f"{LOG}-other"
    ),
    **_of("group", "diagnostics", daily_cap_gb=5, log_analytics_workspace_id=LOG, retention_days=90),
    **_of(
        "aks",
        "inference.aks",
        attach="shared",
        **{
            "cluster_id (with endpoints)": _with(
                f"{_OWN}/rg-k8s/providers/Microsoft.ContainerService/managedClusters/aks-other",
                {"inference.aks.gitops": GONE},
            )
        },
        **{"compute_name (with endpoints)": "cluster", "namespace (with endpoints)": "others"},
        egress=_with("nat_gateway", base="adopted"),
        insecure_reason=_with(REASON, {"inference.aks.https": GONE}),
        kubernetes_version="1.33",
        local_accounts_reason=REASON,
        pod_cidr="100.80.0.0/16",
        pod_network=_with(
            "subnet",
            {"network.address_space": ["10.20.0.0/22", "10.24.0.0/18"], "network.subnets": {"aks": "10.24.0.0/18"}},
        ),
        scheduler_config_map=_with("volcano", {"inference.aks.training": True}),
        service_cidr="172.20.0.0/16",
        training=True,
        trusted_access=False,
        upgrade_channel="patch",
    ),
    **_of(
        "aks",
        "inference.aks.cpu",
        max_nodes=9,
        max_pods=60,
        min_nodes=2,
        os_disk="managed",
        os_disk_gib=150,
        unencrypted_host_reason=REASON,
        vm_size="Standard_D8ds_v5",
    ),
    "inference.aks.cpu.zones[]": Experiment("aks", ["2"]),
    **_of(
        "aks",
        "inference.aks.system",
        max_nodes=9,
        max_pods=60,
        min_nodes=2,
        os_disk="managed",
        os_disk_gib=150,
        unencrypted_host_reason=REASON,
        vm_size="Standard_D8ds_v5",
    ),
    "inference.aks.system.zones[]": Experiment("aks", ["2"]),
    **_of(
        "aks",
        "inference.aks.pools[]",
        accelerator=_with("none", {"inference.aks.pools[].vm_size": "Standard_D16ds_v5"}),
        device_resource=_with("amd.com/other", base="fpga"),
        instances_per_node=_with(2, item=1),
        max_nodes=3,
        max_pods=60,
        mig_profile="MIG3g",
        min_nodes=1,
        name="fast",
        os_disk=_with("managed", item=1),
        os_disk_gib=300,
        spot=True,
        unencrypted_host_reason=REASON,
        vm_size=_with("Standard_D32ds_v5", item=1),
    ),
    "inference.aks.pools[].zones[]": Experiment("aks", ["2"]),
    **_of(
        "aks",
        "inference.aks.gitops",
        branch=_with("main", {"inference.aks.gitops.tag": GONE}),
        commit=_with("0" * 40, {"inference.aks.gitops.tag": GONE}),
        interval_seconds=300,
        tag="v2",
        url="https://git.example.com/others",
    ),
    **_of("aks", "inference.aks.gitops.kustomizations[]", name="others", path="./others"),
    **_of("aks", "inference.aks.https", cname="others.example.com", secret_name="others"),  # noqa: S106 - a name
    **_of("aks", "inference.aks.maintenance", day="Monday", hours=8, start_hour=2),
    **_of("aks", "inference.aks.quota", cpu=300, memory_gib=1000),
    "inference.aks.vcpu_quota.regional": Experiment("aks", 10000),
    "inference.aks.vcpu_quota.series{}": Experiment("aks", 10000, key="NCADS_A100_v4"),
    **_of("app_service", "inference.app_service", instances=2, registry_id=_OTHER["registry"], sku="P2v3"),
    **_of(
        "app_service",
        "inference.app_service.apps[]",
        health_check_path="/live",
        image="mcr.microsoft.com/other:1",
        name="others",
        open_reason=_with(REASON, {"inference.app_service.apps[].sign_in": GONE}),
        port=9000,
        start_seconds=900,
    ),
    "inference.app_service.apps[].environment_variables{}": Experiment("app_service", "1", key="OTHER"),
    "inference.app_service.apps[].sign_in.audiences[]": Experiment("app_service", ["api://others"]),
    "inference.app_service.apps[].sign_in.callers[]": Experiment("app_service", [GROUP]),
    "inference.app_service.apps[].sign_in.client_id": Experiment("app_service", GROUP),
    **_of(
        "container_app",
        "inference.container_app",
        max_nodes=9,
        min_nodes=2,
        registry_id=_OTHER["registry"],
        workload_profile="E4",
    ),
    **_of(
        "container_app",
        "inference.container_app.apps[]",
        concurrent_requests=20,
        cpu=2,
        health_check_path="/live",
        image="mcr.microsoft.com/other:1",
        max_replicas=20,
        memory_gib=4,
        min_replicas=1,
        name="others",
        open_reason=_with(REASON, {"inference.container_app.apps[].sign_in": GONE}),
        port=9000,
    ),
    "inference.container_app.apps[].environment_variables{}": Experiment("container_app", "1", key="OTHER"),
    "inference.container_app.apps[].sign_in.audiences[]": Experiment("container_app", ["api://others"]),
    "inference.container_app.apps[].sign_in.callers[]": Experiment("container_app", [GROUP]),
    "inference.container_app.apps[].sign_in.client_id": Experiment("container_app", GROUP),
    **_of("aks", "inference.endpoints[]", description="Another one", name="others"),
    "inference.target": Experiment(
        "app_service",
        "container_app",
        {
            "inference.app_service": GONE,
            "inference.container_app": {"registry_id": REGISTRY, "apps": [{"name": "scoring", "sign_in": SIGN_IN}]},
        },
    ),
    "inference.targets[]": Experiment(
        "two_targets",
        ["aks", "app_service", "managed"],
        {"inference.app_service": {"apps": [{"name": "third", "sign_in": SIGN_IN}]}},
    ),
    "inference.endpoints[].target": Experiment("two_targets", "aks", item=1),
    "inference.app_service.apps[].name (the name of an app of another target)": Experiment(
        "two_hosts", "damage", {"inference.container_app.apps[].name": "scoring"}
    ),
    "inference.container_app.apps[].name (the name of an app of another target)": Experiment(
        "two_hosts", "scoring", {"inference.app_service.apps[].name": "damage"}
    ),
    "inference.aks.cluster_id": Experiment(
        "cluster", f"{_OWN}/rg-k8s/providers/Microsoft.ContainerService/managedClusters/aks-other"
    ),
    "inference.aks.compute_name": Experiment("cluster", "other"),
    "inference.aks.namespace": Experiment("cluster", "other"),
    "network.address_space[]": Experiment("group", ["10.20.0.0/22", "10.24.0.0/22"]),
    "network.address_space[] (the first range, if a subnet is a share of it)": Experiment("group", ["10.20.0.0/21"]),
    **_of(
        "group",
        "network.dns",
        mode="policy",
        resource_group_id=_with(f"{_OWN}/rg-dns-other", base="adopted_zones"),
    ),
    **{
        f"network.dns.{setting} (with an own cluster, if its zone changes)": experiment
        for setting, experiment in {
            "mode": Experiment("aks", "adopt", {"network.dns.resource_group_id": f"{_OWN}/rg-dns"}),
            "resource_group_id": Experiment("adopted", f"{_OWN}/rg-dns-other"),
            "zone_ids{}": Experiment(
                "adopted",
                f"{_OWN}/rg-zones/providers/Microsoft.Network/privateDnsZones/privatelink.westeurope.azmk8s.io",
                key="privatelink.westeurope.azmk8s.io",
            ),
        }.items()
    },
    "network.dns.zone_ids{}": Experiment(
        "adopted",
        f"{_OWN}/rg-zones/providers/Microsoft.Network/privateDnsZones/privatelink.vaultcore.azure.net",
        key="privatelink.vaultcore.azure.net",
    ),
    "network.egress.kind (with an own cluster)": Experiment(
        "aks", "firewall", {"network.egress.firewall_ip": "10.0.0.4"}
    ),
    **_of(
        "group",
        "network.egress",
        kind=_with("firewall", {"network.egress.firewall_ip": "10.0.0.4"}),
        firewall_ip=_with("10.0.0.5", base="firewall"),
    ),
    "network.hub.address_space[]": Experiment("group", ["10.0.0.0/15"]),
    "network.hub.use_gateway": Experiment("group", True),
    "network.hub.vnet_id": Experiment("group", f"{HUB}-other"),
    "network.public_access.ip_ranges[]": Experiment("group", ["203.0.114.0/24"]),
    "network.public_access.reason": Experiment("group", OTHER_REASON),
    **_of(
        "adopted",
        "network.subnet_ids",
        **{
            "containers (with App Service)": _with(f"{_SUBNETS}/containers-other", base="adopted_web_apps"),
            "databricks_host (of another network)": _with(
                f"{_SUBNETS}-other/host".replace("/subnets-other", "-other/subnets"),
                {
                    "network.subnet_ids.databricks_container": f"{_SUBNETS}-other/container".replace(
                        "/subnets-other", "-other/subnets"
                    )
                },
            ),
            "endpoints (from an own network to adopted subnets, or back)": _with(
                f"{_SUBNETS}/endpoints",
                {"network.address_space": GONE, "network.hub": GONE, "network.egress": GONE},
                base="group",
            ),
        },
        aks=f"{_SUBNETS}/aks-other",
        containers=_with(f"{_SUBNETS}/containers-other", base="adopted_apps"),
        databricks_container=f"{_SUBNETS}/container-other",
        databricks_host=f"{_SUBNETS}/host-other",
        app_service=_with(f"{_SUBNETS}/app-service-other", base="adopted_hosts"),
        container_app=_with(f"{_SUBNETS}/container-app-other", base="adopted_hosts"),
        endpoints=f"{_SUBNETS}/endpoints-other",
        runners=f"{_SUBNETS}/runners-other",
        training=f"{_SUBNETS}/training-other",
    ),
    "network.subnets.app_service": Experiment("two_hosts", "10.24.1.0/26"),
    "network.subnets.container_app": Experiment("two_hosts", GONE, {"network.subnets.containers": "10.24.2.0/26"}),
    **{
        f"network.subnets.{role}": Experiment(
            "group", f"10.24.{number}.0/24", {"network.address_space": ["10.20.0.0/22", "10.24.0.0/20"]}
        )
        for number, role in enumerate(("aks", "containers", "endpoints", "runners", "training"))
    },
    **_of(
        "databricks",
        "network.subnets",
        databricks_host="10.21.1.0/25",
        databricks_container="10.21.1.128/25",
    ),
    **_of(
        "synapse",
        "synapse",
        administrators_group_id=OTHER_GROUP,
        data_exfiltration_protection=_with(True, {"synapse.pools[].attach": False}),
    ),
    **_of(
        "synapse",
        "synapse.pools[]",
        attach=False,
        max_nodes=12,
        min_nodes=4,
        name="others",
        node_size="Medium",
        pause_minutes=30,
        spark_version=_with("3.5", base="old_spark"),
    ),
    **_of(
        "group",
        "workload_identity.federated_credentials[]",
        audience="api://others",
        issuer="https://others.example",
        name="others",
        subject="sc://a/b/d",
    ),
    **_of("group", "workload_identity.github_ids", names_too=True, owner=3, repository=4),
    "workload_identity.github_repository": Experiment("group", "example/others"),
    **_of(
        "workspace",
        "workspace",
        application_insights_id=_OTHER["insights"],
        container_registry_id=_OTHER["registry"],
        container_registry_sku=_with("Basic", base="open"),
        discard_registry_reason=REASON,
        high_business_impact=True,
        image_build_compute="more",
        key_vault_id=_OTHER["vault"],
        **{"network_mode (from own to managed)": "managed"},
        serverless_subnet_id=f"{_SUBNETS}/serverless",
        storage_account_id=_OTHER["storage"],
    ),
    **_of(
        "workspace",
        "workspace.clusters[]",
        idle_seconds=300,
        max_nodes=6,
        min_nodes=1,
        name="others",
        priority="LowPriority",
        unlisted_size_reason=REASON,
        vm_size="Standard_D8ds_v4",
    ),
    **_of(
        "workspace",
        "workspace.datastores[]",
        access="write",
        as_blobs=True,
        container="others",
        hierarchical=False,
        name="others",
        storage_account_id=f"{LAKE}/Microsoft.Storage/storageAccounts/stothers",
    ),
    **_of("workspace", "workspace.datastores[].folders[]", generation=2, name="others", path="others"),
    **_of(
        "workspace",
        "workspace.instances[]",
        assigned_user=OTHER_GROUP,
        idle_shutdown_minutes=90,
        name="bob",
        stopped=True,
        unlisted_size_reason=REASON,
        vm_size="Standard_E8ds_v4",
    ),
    **_of(
        "workspace", "workspace.instances[].schedule", start="09:00", stop="19:00", time_zone="W. Europe Standard Time"
    ),
    "workspace.instances[].schedule.days[]": Experiment("workspace", ["Monday"]),
    **_of("workspace", "workspace.instances[].setup_script", arguments="b", text="echo 2", timeout_minutes=30),
    **_of(
        "managed",
        "workspace.managed_network",
        **{
            "isolation (to AllowOnlyApprovedOutbound)": _with("AllowOnlyApprovedOutbound", base="out"),
            "isolation (to AllowInternetOutbound)": _with(
                "AllowInternetOutbound",
                {"workspace.managed_network.fqdns": GONE, "workspace.managed_network.service_tags": GONE},
            ),
        },
        provision_now=False,
    ),
    "workspace.network_mode (from managed to own)": Experiment("managed", "own", {"workspace.managed_network": GONE}),
    **_of("managed", "workspace.managed_network.fqdns[]", fqdn="conda.io", name="others"),
    **_of(
        "managed",
        "workspace.managed_network.private_endpoints[]",
        group_id="other",
        name="other-endpoint",
        resource_id=_id("Microsoft.Sql/servers", "others"),
    ),
    **_of(
        "managed",
        "workspace.managed_network.service_tags[]",
        name="other-tag",
        port_ranges="8443",
        protocol="UDP",
        service_tag="AzureActiveDirectory",
    ),
}
"""Setting → the change of it."""


def changed(settings: Settings, setting: str, value: Any, *, item: int = 0, key: str = "") -> None:
    """Gives a setting, with or without a case, another value.

    `item` is the number of the item in the innermost list that has the setting.
    """
    here: Any = settings
    parts = setting.partition(" (")[0].removesuffix("[]").split(".")
    lists = [number for number, part in enumerate(parts[:-1]) if part.endswith("[]")]
    for number, part in enumerate(parts[:-1]):
        name = part.removesuffix("[]")
        if name not in here or here[name] is None:
            here[name] = {}
        here = here[name]
        if part.endswith("[]"):
            here = here[item if number == lists[-1] else 0]
    last = parts[-1].removesuffix("{}")
    if parts[-1].endswith("{}"):
        here.setdefault(last, {})[key] = value
    elif value is GONE:
        here.pop(last, None)
    else:
        here[last] = value


def settings_of(base: str, *settings: str) -> Settings:
    """The settings of a base, with the experiments of these settings."""
    made = copy.deepcopy(BASES[base])
    for each in settings:
        experiment = EXPERIMENTS[each]
        for other, value in (experiment.also or {}).items():
            changed(made, other, copy.deepcopy(value), item=experiment.item)
        changed(made, each, copy.deepcopy(experiment.value), item=experiment.item, key=experiment.key)
    return made


@cache
def state_of(base: str) -> State:
    """The state of a stack that a base has made."""
    update = Update(State("churn", "dev", ()), World.on(DAY))
    run(_program(BASES[base]), project="churn", stack="dev", recorder=update)
    state = update.state
    if base == "old_spark":  # Azure has one version for new pools, and pools that were made with another.
        pools = [
            replace(each, inputs={**each.inputs, "sparkVersion": "3.4"}) if each.type.endswith(":BigDataPool") else each
            for each in state.resources
        ]
        state = replace(state, resources=tuple(pools))
    return state


def effect(base: str, *settings: str) -> Effect:
    """What the experiments of these settings do to a base, all at once."""
    update = Update(state_of(base), World.on(DAY))
    made = settings_of(base, *settings)
    return effect_of(update, lambda: run(_program(made), project="churn", stack="dev", recorder=update))


def _landing(given: Settings) -> Any:
    settings = LandingSettings.model_validate(given)
    rights = reviewed("dev") if settings.retire is None else None

    def program() -> None:
        options = pulumi.ResourceOptions(providers=[azure_provider(settings)])
        Landing("credits", LandingArgs(settings=settings, today=str(DAY), rights=rights), options)

    return program


def _shared(given: Settings) -> Any:
    settings = SharedSettings.model_validate(given)

    def program() -> None:
        options = pulumi.ResourceOptions(providers=[azure_provider(settings)])
        SharedServices("shared", SharedServicesArgs(settings=settings, today=str(DAY)), options)

    return program


def _program(given: Settings) -> Any:
    if "subscriptions" in given:
        return _shared(given)
    if "deploy" in given:
        return _landing(given)
    settings: Any = (PlatformSettings if "stress_tests" in given else EnvironmentSettings).model_validate(given)
    if isinstance(settings, PlatformSettings):
        settings = with_prods_pools(settings, ROOT / "projects" / "stress-test")

    def program() -> None:
        ProjectEnvironment(
            "churn",
            ProjectEnvironmentArgs(
                settings=settings,
                today=str(DAY),
                databricks_token="dapi-some" if settings.databricks else None,
            ),
            pulumi.ResourceOptions(providers=[azure_provider(settings)]),
        )

    return program
