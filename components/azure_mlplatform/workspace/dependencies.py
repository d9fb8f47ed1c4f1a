"""The parts that a workspace needs: key vault, storage, registry and Application Insights, each made or adopted.

An adopted part is read, so that an unsuitable one is refused before the workspace is made. It keeps its own network
rules, diagnostics and locks. The roles are those of "Set up authentication between Azure Machine Learning and other
services" (Microsoft Learn).
"""

from typing import NamedTuple

import pulumi
import pulumi_azure_native as native

from ..catalogue.private_link import PrivateService, private_link
from ..foundation.naming import Kind
from ..foundation.problems import Problem
from ..foundation.roles import Role
from ..parts.arguments import In, RefusedError
from ..parts.component import Component, child
from ..parts.container_registry import container_registry
from ..parts.key_vault import key_vault
from ..parts.outputs import after_check
from ..parts.settings.registry import RegistrySku
from ..parts.storage import storage_account
from .settings.workspace import WorkspaceSettings


class Dependency(NamedTuple):
    """One part, with the roles that identities need on it."""

    label: str
    id: In[str]

    identity_roles: tuple[Role, ...] = (Role.CONTRIBUTOR,)
    """The roles of the workspace's identity."""

    compute_roles: tuple[Role, ...] = ()
    """The roles that the clusters' identity needs to run a job."""

    private: bool = True
    """Whether a managed network reaches it by a private endpoint. The workspace's identity approves the endpoint."""


class Dependencies(NamedTuple):
    """All parts of a workspace."""

    key_vault: Dependency
    storage: Dependency
    registry: Dependency
    insights: Dependency
    storage_endpoints: dict[str, pulumi.CustomResource]
    """Group id → the private endpoint to the storage. Empty if there is none."""

    @property
    def all(self) -> list[Dependency]:
        """The four parts."""
        return [self.key_vault, self.storage, self.registry, self.insights]


def make_or_adopt_dependencies(parent: Component, settings: WorkspaceSettings) -> Dependencies:
    """Makes the parts that the settings do not adopt, and reads the adopted ones."""
    storage_id, endpoints = _storage(parent, settings)
    return Dependencies(
        Dependency("key-vault", _key_vault(parent, settings), (Role.CONTRIBUTOR, Role.KEY_VAULT_ADMINISTRATOR)),
        Dependency(
            "storage",
            storage_id,
            (Role.CONTRIBUTOR, Role.STORAGE_BLOB_DATA_CONTRIBUTOR, Role.STORAGE_FILE_DATA_PRIVILEGED_CONTRIBUTOR),
            (
                Role.STORAGE_BLOB_DATA_CONTRIBUTOR,
                # Parallel run steps keep their state there.
                Role.STORAGE_QUEUE_DATA_CONTRIBUTOR,
                Role.STORAGE_TABLE_DATA_CONTRIBUTOR,
            ),
        ),
        Dependency("registry", _registry(parent, settings), compute_roles=(Role.ACR_PULL,)),
        Dependency("insights", _insights(parent, settings), private=False),
        endpoints,
    )


def _key_vault(parent: Component, settings: WorkspaceSettings) -> In[str]:
    if settings.key_vault_id is None:
        return key_vault(parent, "vault").id
    read = native.keyvault.Vault.get(parent.logical_name("adopted-key-vault"), settings.key_vault_id, child(parent))
    return _adopted(
        settings,
        "key_vault_id",
        read.properties.apply(lambda each: each.enable_rbac_authorization is False),
        "the vault uses access policies, so the roles of the workspace's identity have no effect",
        "Switch it to role-based access, or leave key_vault_id out",
    )


def _storage(parent: Component, settings: WorkspaceSettings) -> tuple[In[str], dict[str, pulumi.CustomResource]]:
    if settings.storage_account_id is None:
        storage = storage_account(parent, "storage")
        groups = private_link(PrivateService.WORKSPACE_STORAGE, parent.placement.location)
        return storage.account.id, dict(zip(groups, storage.endpoints.endpoints, strict=False))
    name = parent.logical_name("adopted-storage")
    read = native.storage.StorageAccount.get(name, settings.storage_account_id, child(parent))
    storage_id = _adopted(
        settings,
        "storage_account_id",
        read.is_hns_enabled.apply(bool),
        "the account has a hierarchical namespace, which a workspace does not support",
        "Adopt an account without a hierarchical namespace, or remove storage_account_id; a lake can be a datastore",
    )
    return storage_id, {}


def _registry(parent: Component, settings: WorkspaceSettings) -> In[str]:
    if settings.container_registry_id is None:
        return container_registry(parent, "registry", settings.container_registry_sku).id
    private = parent.placement.private_network is not None
    name = parent.logical_name("adopted-registry")
    read = native.containerregistry.Registry.get(name, settings.container_registry_id, child(parent))
    return _adopted(
        settings,
        "container_registry_id",
        read.sku.apply(lambda each: private and each.name != RegistrySku.PREMIUM.value),
        "the registry is not Premium, but a private workspace needs private endpoints, which only Premium supports",
        "Upgrade it to Premium, or leave container_registry_id out",
    )


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
    """The id of an adopted part, or an error if Azure shows that a workspace cannot use it."""
    id_ = getattr(settings, setting)

    def refuse(is_unfit: bool) -> None:
        if is_unfit:
            raise RefusedError([Problem(("workspace", setting), f"'{id_}': {what}", fix)])

    return after_check(unfit.apply(refuse), id_)
