"""An example of each setting, which the loader takes in the files that a new project has."""

import copy
import re
from collections.abc import Mapping
from functools import cache
from typing import Annotated, Any

from pydantic import TypeAdapter, ValidationError
from pydantic_core import PydanticCustomError

from ..environment.settings.platform import PlatformSettings
from ..foundation.model import Settings
from ..foundation.placeholders import GROUP
from ..landing.settings import LandingSettings
from ..shared.settings import SharedSettings
from .schema import SCHEMAS
from .settings_tree import Setting, settings_tree

_GROUP = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-central"

_SUBNETS = f"{_GROUP}/providers/Microsoft.Network/virtualNetworks/vnet-spoke/subnets"
_CPU = {"name": "cpu", "vm_size": "Standard_D4ds_v5"}
_NIGHTLY = {"frequency": "Day", "at": ["03:00"], "time_zone": "W. Europe Standard Time"}
_STORE = f"{_GROUP}/providers/Microsoft.Storage/storageAccounts/stlake"
_STORES = [
    {"name": "customers", "storage_account_id": _STORE, "container": "curated"},
    {"name": "scores", "storage_account_id": _STORE, "container": "scores", "access": "write", "as_blobs": True},
]
_GPU = {"inference.aks.pools.accelerator": "gpu", "inference.aks.pools.vm_size": "Standard_NC24ads_A100_v4"}
_AT_THREE = {"batch.jobs.schedule.at": ["03:00"], "batch.jobs.schedule.time_zone": "W. Europe Standard Time"}
_HTTPS = {"cname": "scoring.churn.ml.example.com", "secret_name": "scoring-tls"}
_SIGN_IN = {"client_id": "00000000-0000-0000-0000-00000000c11e"}
LEFT_OUT: Any = object()
"""Stands for no value."""

_OF_ENVIRONMENTS: dict[str, dict[str, Any]] = {
    "environment": {"environment": "dev"},
    "network": {"network.address_space": ["10.200.0.0/22"]},
    "network.subnets.databricks_host": {
        "network.address_space": ["10.200.0.0/22", "10.200.10.0/23"],
        "network.subnets.databricks_container": "10.200.10.128/25",
    },
    "network.subnets.databricks_container": {
        "network.address_space": ["10.200.0.0/22", "10.200.10.0/23"],
        "network.subnets.databricks_host": "10.200.10.0/25",
    },
    **{
        f"network.subnets.{target}": {"network.address_space": ["10.200.0.0/22", "10.200.10.0/23"]}
        for target in ("app_service", "container_app")
    },
    "network.subnet_ids": {
        "network.address_space": LEFT_OUT,
        "network.subnet_ids.endpoints": f"{_SUBNETS}/endpoints",
        "network.subnet_ids.training": f"{_SUBNETS}/training",
    },
    "network.subnet_ids.aks": {"network.subnet_ids.aks": f"{_SUBNETS}/aks"},
    "network.subnet_ids.containers": {"network.subnet_ids.containers": f"{_SUBNETS}/containers"},
    "network.subnet_ids.runners": {"network.subnet_ids.runners": f"{_SUBNETS}/runners"},
    **{
        key: {
            "network.subnet_ids.databricks_host": f"{_SUBNETS}/databricks-host",
            "network.subnet_ids.databricks_container": f"{_SUBNETS}/databricks-container",
        }
        for key in ("network.subnet_ids.databricks_host", "network.subnet_ids.databricks_container")
    },
    "network.egress": {"network.egress.kind": "firewall", "network.egress.firewall_ip": "10.0.0.4"},
    "network.dns.mode": {"network.dns.mode": "policy"},
    "network.dns.resource_group_id": {"network.dns.mode": "adopt"},
    "network.dns.zone_ids": {
        "network.dns.mode": "adopt",
        "network.dns.resource_group_id": f"{_GROUP}",
        "network.dns.zone_ids": {
            "privatelink.azurecr.io": f"{_GROUP}/providers/Microsoft.Network/privateDnsZones/privatelink.azurecr.io"
        },
    },
    "workspace": {"workspace.network_mode": "own", "workspace.clusters": [_CPU]},
    "workspace.managed_network": {"workspace.network_mode": "managed"},
    "workspace.managed_network.private_endpoints": {
        "workspace.managed_network.private_endpoints.resource_id": f"{_GROUP}/providers/Microsoft.Sql/servers/sql-sales"
    },
    "workspace.container_registry_sku": {"workspace.container_registry_sku": "Premium"},
    "workspace.instances.schedule": {"workspace.instances.schedule.stop": "18:30"},
    "inference": {"inference.target": "managed", "inference.endpoints": [{"name": "scoring"}]},
    "inference.targets": {
        "inference.target": LEFT_OUT,
        "inference.targets": ["managed", "app_service"],
        "inference.app_service.apps.name": "small",
        "inference.app_service.apps.sign_in": _SIGN_IN,
    },
    "inference.endpoints.target": {
        "inference.target": LEFT_OUT,
        "inference.targets": ["aks", "managed"],
        "inference.endpoints.target": "managed",
        "inference.aks.https": _HTTPS,
    },
    "inference.aks": {
        "inference.target": "aks",
        "inference.aks.https": _HTTPS,
    },
    "inference.aks.insecure_reason": {"inference.aks.https": LEFT_OUT},
    "inference.aks.shared_cluster_reason": {
        "inference.aks.cluster_id": f"{_GROUP}/providers/Microsoft.ContainerService/managedClusters/aks-central",
        "inference.aks.attach": "shared",
        "inference.aks.quota": {"cpu": 16, "memory_gib": 64},
        "inference.aks.https": LEFT_OUT,
    },
    "inference.aks.shared_zone_reason": {
        "network.address_space": ["10.200.0.0/22"],
        "network.dns.mode": "adopt",
        "network.dns.resource_group_id": _GROUP,
    },
    "shares": {"shares.resource_id": f"{_STORE}/blobServices/default/containers/sales"},
    **{
        f"inference.aks.{pool}.{field}": {f"inference.aks.{pool}.{field}": value}
        for pool in ("system", "cpu")
        for field, value in (("min_nodes", 3), ("max_nodes", 6))
    },
    **{
        f"inference.aks.{pool}.no_zones_reason": {f"inference.aks.{pool}.zones": []}
        for pool in ("system", "cpu", "pools")
    },
    "inference.aks.pools": {"inference.aks.pools.vm_size": "Standard_D8ds_v5"},
    "inference.aks.pools.accelerator": _GPU,
    "inference.aks.pools.mig_profile": _GPU,
    "inference.aks.pools.device_resource": {
        "inference.aks.pools.accelerator": "fpga",
        "inference.aks.pools.vm_size": "Standard_NP10s",
    },
    "inference.aks.vcpu_quota.series": _GPU,
    "inference.aks.pod_network": {"inference.aks.pod_network": "overlay"},
    "inference.aks.egress": {
        "network.address_space": LEFT_OUT,
        "network.subnet_ids.endpoints": f"{_SUBNETS}/endpoints",
        "network.subnet_ids.training": f"{_SUBNETS}/training",
        "network.subnet_ids.aks": f"{_SUBNETS}/aks",
    },
    "inference.aks.scheduler_config_map": {
        "inference.aks.training": True,
        "inference.aks.scheduler_config_map": "volcano",
    },
    "inference.aks.gitops": {"inference.aks.gitops.tag": "v1.4.0"},
    "inference.aks.gitops.branch": {"inference.aks.gitops.tag": LEFT_OUT},
    "inference.aks.gitops.commit": {
        "inference.aks.gitops.tag": LEFT_OUT,
        "inference.aks.gitops.commit": "5f0c8de1a2b34c5d6e7f80912a3b4c5d6e7f8091",
    },
    **{
        f"inference.{target}": {
            "inference.target": target,
            "inference.endpoints": LEFT_OUT,
            f"inference.{target}.apps.sign_in": _SIGN_IN,
        }
        for target in ("app_service", "container_app")
    },
    **{
        f"inference.{target}.apps.open_reason": {f"inference.{target}.apps.sign_in": LEFT_OUT}
        for target in ("app_service", "container_app")
    },
    "inference.app_service.instances": {"inference.app_service.instances": 3},
    "inference.container_app.min_nodes": {
        "inference.container_app.workload_profile": "D4",
        "inference.container_app.min_nodes": 3,
    },
    "inference.container_app.max_nodes": {
        "inference.container_app.workload_profile": "D4",
        "inference.container_app.max_nodes": 6,
    },
    "inference.container_app.apps.memory_gib": {"inference.container_app.apps.memory_gib": 2},
    "inference.container_app.apps.min_replicas": {"inference.container_app.apps.min_replicas": 3},
    "databricks.compute_name": {"databricks.compute_name": "databricks"},
    "databricks": {
        "network.address_space": ["10.200.0.0/22", "10.200.10.0/23"],
        "network.subnets.databricks_host": "10.200.10.0/25",
        "network.subnets.databricks_container": "10.200.10.128/25",
    },
    "batch": {"batch.compute": "cpu", "batch.jobs.schedule": _NIGHTLY, "batch.jobs.deployment": "pipeline"},
    **{
        key: {
            "workspace.network_mode": "own",
            "workspace.clusters": [_CPU],
            "workspace.datastores": _STORES,
            "batch.jobs.deployment": LEFT_OUT,
            "batch.jobs.input": {"store": "customers", "folder": "sales/{yyyy}/{MM}/{dd}"},
        }
        for key in ("batch.jobs.input", "batch.jobs.output.store")
    },
    "batch.jobs.blob_created": {
        "workspace.network_mode": "own",
        "workspace.clusters": [_CPU],
        "workspace.datastores": _STORES,
        "batch.jobs.schedule": LEFT_OUT,
        "batch.jobs.deployment": LEFT_OUT,
    },
    **{
        key: {
            "batch.jobs.mode": "published_pipeline",
            "batch.jobs.published_pipeline_id": "00000000-0000-0000-0000-0000000000b1",
            "batch.jobs.deployment": LEFT_OUT,
        }
        for key in ("batch.jobs.mode", "batch.jobs.published_pipeline_id")
    },
    "batch.jobs.schedule.week_days": {"batch.jobs.schedule.frequency": "Week", **_AT_THREE},
    "batch.jobs.schedule.month_days": {"batch.jobs.schedule.frequency": "Month", **_AT_THREE},
    "batch.jobs.schedule.frequency": {"batch.jobs.schedule": _NIGHTLY},
    "batch.jobs.expected_within_hours": {"batch.jobs.expected_within_hours": 26},
    "batch.orchestrator": {"synapse.pools": [{"name": "spark"}]},
    "batch.integration_runtime": {
        "batch.data_factory_id": f"{_GROUP}/providers/Microsoft.DataFactory/factories/adf-shared"
    },
    "batch.cluster": {"batch.compute": LEFT_OUT, "batch.cluster.name": "batch"},
    "batch.alerts": {"batch.alerts.emails": ["ml-oncall@example.com"]},
    "stress_tests": {
        "environment": "prod",
        "inference.target": "aks",
        "inference.aks.https": {"cname": "scoring.load.ml.example.com", "secret_name": "scoring-tls"},
    },
    "budget": {"budget.contact_emails": ["ml-team@example.com"]},
    "budget.action_group_ids": {
        "budget.action_group_ids": [f"{_GROUP}/providers/Microsoft.Insights/actionGroups/ag-ml"]
    },
    "workload_identity.other_owner_reason": {
        "workload_identity.github_repository": "example/churn",
        "workload_identity.federated_credentials": [
            {
                "name": "vendor",
                "issuer": "https://token.actions.githubusercontent.com",
                "subject": "repo:vendor/tools:environment:prod",
            }
        ],
    },
    "workload_identity.github_ids": {"workload_identity.github_repository": "example/churn"},
    "synapse.data_exfiltration_protection": {"synapse.pools.attach": False},
    "access.readers": {"access.readers": [GROUP]},
    "access.admins": {"access.admins": [GROUP]},
    "access.data_scientists": {"access.data_scientists": [GROUP]},
}
_HUB = f"{_GROUP}/providers/Microsoft.Network/virtualNetworks/vnet-hub"
_OF_LANDINGS: dict[str, dict[str, Any]] = {
    "environment": {"environment": "dev"},
    "budget": {"budget.contact_emails": ["ml-team@example.com"]},
    "budget.action_group_ids": _OF_ENVIRONMENTS["budget.action_group_ids"],
    "rights": {"rights": "../rights.dev.json"},
    **{use: {f"{use}.github_repository": "example/churn"} for use in ("deploy", "release")},
    **{
        f"{use}.other_owner_reason": {
            f"{use}.federated_credentials": [
                {
                    "name": "vendor",
                    "issuer": "https://token.actions.githubusercontent.com",
                    "subject": f"repo:vendor/tools:environment:{environment}",
                }
            ]
        }
        for use, environment in (("deploy", "churn-prod"), ("release", "churn-prod-release"))
    },
}
_OF_WHAT_IS_SHARED: dict[str, dict[str, Any]] = {
    "hub": {"hub.vnet_id": _HUB},
    "dns": {"hub.vnet_id": _HUB},
    "dns.linked_network_ids": {
        "dns.linked_network_ids": [f"{_GROUP}/providers/Microsoft.Network/virtualNetworks/vnet-tools"],
    },
    "model_registry.regions": {"model_registry.regions": ["westeurope", "northeurope"]},
    "subscriptions": {"subscriptions": ["00000000-0000-0000-0000-000000000003"]},
}
COMPANIONS: dict[type[Settings], dict[str, dict[str, Any]]] = {
    PlatformSettings: _OF_ENVIRONMENTS,
    LandingSettings: _OF_LANDINGS,
    SharedSettings: _OF_WHAT_IS_SHARED,
}
"""Settings of a program → setting → what has to stand beside it and what is below it, in its example."""


def example(setting: Setting) -> dict[str, Any]:
    """Key → value: the setting with an example of a value, and all that has to stand beside it."""
    tree, companions = settings_tree(setting.root), COMPANIONS[setting.root]
    made: dict[str, Any] = {}
    above = [name for name in companions if setting.name == name or setting.name.startswith(f"{name}.")]
    for name in sorted(above, key=len, reverse=True):
        for other, value in companions[name].items():
            _put(made, tree[other], copy.deepcopy(value) if value is not LEFT_OUT else value, tree)
    _put(made, setting, _value(setting), tree)
    return {key: _completed(tree[key], value, tree) for key, value in made.items()}


def _put(into: dict[str, Any], setting: Setting, value: Any, tree: Mapping[str, Setting]) -> None:
    """Puts a value at its place, unless one is there. Of a list, into its first item."""
    at = into
    names = setting.name.split(".")
    for depth in range(1, len(names)):
        above = tree[".".join(names[:depth])]
        if above.shape.container == "list":
            at = at.setdefault(names[depth - 1], [{}])[0]
        else:
            at = at.setdefault(names[depth - 1], {})
    at.setdefault(names[-1], value)


def _completed(setting: Setting, value: Any, tree: Mapping[str, Setting]) -> Any:
    """The value with all that is required in it, in the order of the fields."""
    model = setting.shape.model
    if model is None:
        return value
    if isinstance(value, list):
        return [_item(setting, model, each, tree) for each in value]
    return _item(setting, model, value, tree)


def _item(setting: Setting, model: type[Settings], value: Any, tree: Mapping[str, Setting]) -> Any:
    if not isinstance(value, dict):
        return value
    found: dict[str, Any] = {}
    for field, info in model.model_fields.items():
        below = tree[f"{setting.name}.{field}"]
        if value.get(field) is LEFT_OUT:
            continue
        if field in value:
            found[field] = _completed(below, value[field], tree)
        elif info.is_required():
            found[field] = _completed(below, _value(below), tree)
    return found


def _value(setting: Setting) -> Any:
    """The first example of the field that the field's own rules take; else one made of its type, choices and bounds."""
    shape = setting.shape
    for given in (*_schema_examples().get((setting.owner.__name__, setting.field), ()), *(setting.info.examples or ())):
        if (found := _fitting(setting, given)) is not None:
            return found
    if shape.model is not None:
        return [{}] if shape.container == "list" else {}
    value = _of_type(setting)
    if shape.container == "list":
        return [value]
    return {"name": value} if shape.container == "dict" else value


def _of_type(setting: Setting) -> Any:
    shape, default = setting.shape, setting.info.get_default(call_default_factory=True)
    if isinstance(default, list) and default:
        return default[0]
    if shape.choices is not None:
        return next((each.value for each in shape.choices if each != default), None)
    if shape.item is bool:
        return not default
    if shape.item in (int, float):
        return _number(setting, default)
    if isinstance(default, str) and default:
        return default
    return _fitting(setting, "example") or "example"


def _number(setting: Setting, default: Any) -> Any:
    if isinstance(default, int | float):
        return default
    bounds = setting.owner.model_json_schema()["properties"][setting.field]
    inner = next((each for each in bounds.get("anyOf", [bounds]) if each.get("type") != "null"), bounds)
    least = inner.get("minimum", inner.get("exclusiveMinimum", 0) + 1)
    return int(least) if setting.shape.item is int or float(least).is_integer() else least


def _fitting(setting: Setting, given: Any) -> Any:
    """The value if the field takes it. An id in short takes the form that the field's rule names. Else None."""
    problem = _refusal(setting, given)
    if not problem:
        return given
    single = given[0] if isinstance(given, list) and len(given) == 1 else given
    shape = re.search(r"Allowed: (/subscriptions/<id>/resourceGroups/<group>\S*)", problem)
    if shape is None or not isinstance(single, str):
        return None
    names = iter(single.split("/")[::-2][: shape[1].count("<name>")][::-1])
    full = shape[1].replace("/subscriptions/<id>/resourceGroups/<group>", _GROUP)
    full = re.sub("<name>", lambda _: next(names, "example"), full)
    value = [full] if isinstance(given, list) else full
    return None if _refusal(setting, value) else value


def _refusal(setting: Setting, value: Any) -> str:
    """Returns the problem of a value by the type, bounds and rules of its field; empty if none. Asks no other field."""
    declared: Any = Annotated[setting.info.annotation, setting.info]
    try:
        found = value if setting.shape.model else TypeAdapter(declared).validate_python(value)
        for each in setting.owner.__pydantic_decorators__.field_validators.values():
            if each.info.mode == "after" and setting.field in each.info.fields:
                each.func(found)
    except (ValidationError, PydanticCustomError) as error:
        return str(error)
    return ""


@cache
def _schema_examples() -> dict[tuple[str, str], list[Any]]:
    """Model and field → the examples that the JSON Schemas have."""
    found: dict[tuple[str, str], list[Any]] = {}
    for schema in (make() for make in SCHEMAS.values()):
        for model, definition in schema["$defs"].items():
            for field, value in definition.get("properties", {}).items():
                if isinstance(value, dict) and value.get("examples"):
                    found[model, field] = value["examples"]
    return found
