"""The associated resources of a workspace: key vault, storage, registry and Application Insights, each made or adopted.

An adopted one is read, so that an unsuitable one is refused before the workspace is made. It keeps its own network
rules, diagnostics and locks. `roles.py` has the roles that identities need on each.
"""

from typing import NamedTuple

import pulumi
import pulumi_azure_native as native

from ..foundation.naming import Kind
from ..foundation.problems import Problem
from ..parts.adopted_key_vault import adopted_key_vault
from ..parts.arguments import In, refuse_deployed
from ..parts.component import Component, child
from ..parts.container_registry import container_registry
from ..parts.key_vault import key_vault
from ..parts.outputs import after_check
from ..parts.private_endpoint import Endpoints
from ..parts.settings.registry import RegistrySku
from ..parts.storage import storage_account
from .roles import INSIGHTS, KEY_VAULT, REGISTRY, STORAGE
from .settings.workspace import WorkspaceSettings


class AssociatedResources(NamedTuple):
    """The ids of the resources that a workspace stands on."""

    key_vault: In[str]
    storage: In[str]
    registry: In[str]
    insights: In[str]
    storage_endpoints: "dict[str, native.network.PrivateEndpoint]"
    """Group id → the private endpoint to the storage. Empty if there is none."""

    reached: list[pulumi.Resource]
    """What a compute in the network waits for before it starts: the private endpoints to what is made, and what
    resolves their names."""

    @property
    def ids(self) -> dict[str, In[str]]:
        """Label → id of each. The labels are part of the names of role assignments."""
        return {
            KEY_VAULT: self.key_vault,
            STORAGE: self.storage,
            REGISTRY: self.registry,
            INSIGHTS: self.insights,
        }


def make_or_adopt_associated_resources(parent: Component, settings: WorkspaceSettings) -> AssociatedResources:
    """Makes the resources that the settings do not adopt, and reads the adopted ones."""
    storage_id, storage = _storage(parent, settings)
    vault_id, vault = _key_vault(parent, settings)
    registry_id, registry = _registry(parent, settings)
    return AssociatedResources(
        key_vault=vault_id,
        storage=storage_id,
        registry=registry_id,
        insights=_insights(parent, settings),
        storage_endpoints=storage.by_group,
        # Queues and tables are for runs of jobs.
        reached=[*storage.reached("blob", "file"), *vault.reached(), *registry.reached()],
    )


_NO_ENDPOINTS = Endpoints({}, {})
"""Of an adopted resource, whose endpoints others make."""


def _key_vault(parent: Component, settings: WorkspaceSettings) -> tuple[In[str], Endpoints]:
    if settings.key_vault_id is None:
        made = key_vault(parent, "vault")
        return made.vault.id, made.endpoints
    read = adopted_key_vault(parent, "adopted-key-vault", settings.key_vault_id)
    vault_id = _adopted(
        settings,
        "key_vault_id",
        read.properties.apply(lambda each: each.enable_rbac_authorization is False),
        "the vault uses access policies, so the roles of the workspace's identity have no effect",
        "Switch it to role-based access, or leave key_vault_id out",
    )
    return vault_id, _NO_ENDPOINTS


def _storage(parent: Component, settings: WorkspaceSettings) -> tuple[In[str], Endpoints]:
    if settings.storage_account_id is None:
        made = storage_account(parent, "storage")
        return made.account.id, made.endpoints
    name = parent.logical_name("adopted-storage")
    read = native.storage.StorageAccount.get(name, settings.storage_account_id, child(parent))
    storage_id = _adopted(
        settings,
        "storage_account_id",
        read.is_hns_enabled.apply(bool),
        "the account has a hierarchical namespace, which a workspace does not support",
        "Adopt an account without a hierarchical namespace, or remove storage_account_id; a lake can be a datastore",
    )
    return storage_id, _NO_ENDPOINTS


def _registry(parent: Component, settings: WorkspaceSettings) -> tuple[In[str], Endpoints]:
    if settings.container_registry_id is None:
        discard = settings.discard_registry_reason is not None
        made = container_registry(parent, "registry", settings.container_registry_sku, discard=discard)
        return made.registry.id, made.endpoints
    private = parent.placement.private_network is not None
    name = parent.logical_name("adopted-registry")
    read = native.containerregistry.Registry.get(name, settings.container_registry_id, child(parent))
    registry_id = _adopted(
        settings,
        "container_registry_id",
        read.sku.apply(lambda each: private and each.name != RegistrySku.PREMIUM.value),
        "the registry is not Premium, but a private workspace needs private endpoints, which only Premium supports",
        "Upgrade it to Premium, or leave container_registry_id out",
    )
    return registry_id, _NO_ENDPOINTS


def _insights(parent: Component, settings: WorkspaceSettings) -> In[str]:
    placement = parent.placement
    if settings.application_insights_id is None:
        # It stores its data in Log Analytics already: a diagnostic setting would write everything there twice.
        return native.applicationinsights.Component(
            parent.logical_name("insights"),
            resource_name_=placement.name_of(Kind.APPLICATION_INSIGHTS),
            resource_group_name=placement.resource_group_name,
            location=placement.location,
            kind="web",
            application_type="web",
            workspace_resource_id=placement.log_analytics_id,
            ingestion_mode="LogAnalytics",
            disable_ip_masking=False,
            tags=placement.tags,
            # Azure ML writes with these keys, so they cannot be disabled. They allow writing, not reading.
            opts=child(parent, secret_outputs=["connectionString", "instrumentationKey"]),
        ).id
    name = parent.logical_name("adopted-insights")
    read = native.applicationinsights.Component.get(name, settings.application_insights_id, child(parent))
    return _adopted(
        settings,
        "application_insights_id",
        read.workspace_resource_id.apply(lambda each: not each),
        "it is classic Application Insights, which Azure has retired",
        "Move it to a Log Analytics workspace, or leave application_insights_id out",
    )


def _adopted(
    settings: WorkspaceSettings, setting: str, unfit: "pulumi.Output[bool]", what: str, fix: str
) -> "pulumi.Output[str]":
    """The id of an adopted resource, or an error if Azure shows that a workspace cannot use it."""
    id_ = getattr(settings, setting)

    def refuse(is_unfit: bool) -> None:
        if is_unfit:
            refuse_deployed([Problem(("workspace", setting), f"'{id_}': {what}", fix)])

    return after_check(unfit.apply(refuse), id_)
