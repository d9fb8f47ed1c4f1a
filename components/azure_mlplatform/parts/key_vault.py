"""Makes key vaults with role-based access, purge protection and private endpoints."""

from typing import Any, NamedTuple

import pulumi_azure_native as native

from ..catalogue.private_link import PrivateService
from ..foundation.naming import Kind
from .component import Component, child
from .private_endpoint import Endpoints, with_endpoints_and_diagnostics


class KeyVault(NamedTuple):
    """A key vault and its private endpoints."""

    vault: "native.keyvault.Vault"
    endpoints: Endpoints


def key_vault(parent: Component, label: str) -> KeyVault:
    """Makes a vault with its private endpoint, its diagnostics and its lock."""
    placement = parent.placement
    properties: Any = {
        "tenant_id": placement.tenant_id,
        "sku": {"family": "A", "name": "standard"},
        "enable_rbac_authorization": True,
        "enable_soft_delete": True,
        "soft_delete_retention_in_days": placement.profile.vault_retention_days,
        "enable_purge_protection": True,
        "enabled_for_deployment": False,
        "enabled_for_disk_encryption": False,
        "enabled_for_template_deployment": False,
        "public_network_access": placement.public_network_access,
        "network_acls": {
            "bypass": "AzureServices",
            "default_action": placement.default_action,
            "ip_rules": [{"value": each} for each in placement.allowed_ip_ranges],
        },
    }
    vault = native.keyvault.Vault(
        parent.logical_name(label),
        vault_name=placement.name_of(Kind.KEY_VAULT),
        resource_group_name=placement.resource_group_name,
        location=placement.location,
        properties=properties,
        tags=placement.tags,
        opts=child(parent, protect=placement.protected),
    )
    return KeyVault(vault, with_endpoints_and_diagnostics(parent, label, vault, PrivateService.KEY_VAULT, part=label))
