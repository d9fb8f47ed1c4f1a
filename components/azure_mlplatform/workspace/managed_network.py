"""The network that Azure runs for a workspace: its outbound rules, and a check that its isolation does not change."""

from collections.abc import Iterator, Mapping
from typing import Any, Optional

import pulumi_azure_native as native

from ..catalogue.changes import way_out
from ..foundation.problems import Problem, dotted
from ..foundation.values import same_id
from ..parts.arguments import In
from ..parts.component import without_none
from .settings.managed_network import OWN_PREFIX, ManagedNetworkSettings
from .settings.workspace import NetworkMode, WorkspaceSettings

NOT_ISOLATED = "Disabled"
"""Azure's value for a workspace without a managed network."""


def isolation_mode(settings: WorkspaceSettings) -> str:
    """Azure's value for the isolation in the settings."""
    return NOT_ISOLATED if settings.network_mode is NetworkMode.OWN else settings.managed_network.isolation.value


def managed_network(settings: WorkspaceSettings, storage_id: In[str], ai_service_ids: Mapping[str, In[str]]) -> Any:
    """The managed network with its rules: the given ones, and those for resources that the workspace uses."""
    rules: dict[str, Any] = {}
    if settings.network_mode is NetworkMode.MANAGED:
        rules = {**_given_rules(settings.managed_network), **_own_rules(settings, storage_id, ai_service_ids)}
    return without_none(isolation_mode=isolation_mode(settings), outbound_rules=rules or None)


def isolation_mode_violations(actual: Optional[str], wanted: str) -> Iterator[Problem]:
    """A problem if the isolation in the settings differs from the deployed one ("Workspace managed virtual network
    isolation", limitations)."""
    actual = actual or NOT_ISOLATED
    if actual == wanted:
        return
    if actual == NOT_ISOLATED:
        path, what = ("network_mode",), "the workspace's computes are in the project's own network"
        when = "from own to managed"
    elif wanted == NOT_ISOLATED:
        path, what = ("network_mode",), "the workspace has a managed network"
        when = "from managed to own"
    else:
        path, what = ("managed_network", "isolation"), f"the workspace's isolation is {actual}"
        when = f"to {wanted}"
    setting = ("workspace", *path)
    yield Problem(setting, f"{what}, and an update does not change that", way_out(dotted(setting), when))


def _given_rules(network: ManagedNetworkSettings) -> dict[str, Any]:
    ml = native.machinelearningservices
    rules: dict[str, Any] = {
        rule.name: _endpoint(rule.resource_id, rule.group_id) for rule in network.private_endpoints
    }
    rules |= {
        rule.name: ml.ServiceTagOutboundRuleArgs(
            type="ServiceTag",
            category="UserDefined",
            destination=ml.ServiceTagDestinationArgs(
                service_tag=rule.service_tag, protocol=rule.protocol, port_ranges=rule.port_ranges
            ),
        )
        for rule in network.service_tags
    }
    rules |= {
        rule.name: ml.FqdnOutboundRuleArgs(type="FQDN", category="UserDefined", destination=rule.fqdn)
        for rule in network.fqdns
    }
    return rules


def _own_rules(
    settings: WorkspaceSettings, storage_id: In[str], ai_service_ids: Mapping[str, In[str]]
) -> dict[str, Any]:
    # Azure adds rules for blobs and files itself; batch jobs keep their state in queues and tables.
    rules = {f"{OWN_PREFIX}storage-{group}": _endpoint(storage_id, group) for group in ("queue", "table")}
    for store in settings.datastores:
        if same_id(store.storage_account_id, settings.storage_account_id):
            continue
        for group in ("blob", "dfs") if store.hierarchical else ("blob",):
            rules[f"{OWN_PREFIX}{store.account_name.lower()}-{group}"] = _endpoint(store.storage_account_id, group)
    for name, account_id in ai_service_ids.items():
        rules[f"{OWN_PREFIX}{name}-account"] = _endpoint(account_id, "account")
    return rules


def _endpoint(resource_id: In[str], group_id: str) -> Any:
    ml = native.machinelearningservices
    return ml.PrivateEndpointOutboundRuleArgs(
        type="PrivateEndpoint",
        category="UserDefined",
        destination=ml.PrivateEndpointDestinationArgs(
            service_resource_id=resource_id, subresource_target=group_id, spark_enabled=False
        ),
    )
