"""A key vault as this library makes them: role-based, purge-protected, reached privately."""

from typing import Any

import pulumi
import pulumi_azure_native as native

from ._component import child
from .foundation.naming import Kind
from .network import NetworkedArgs


def key_vault(
    name: str,
    *,
    args: NetworkedArgs,
    tenant_id: str,
    retention_days: int,
    parent: pulumi.Resource,
) -> "native.keyvault.Vault":
    """A vault."""
    properties: Any = {
        "tenant_id": tenant_id,
        "sku": {"family": "A", "name": "standard"},
        "enable_rbac_authorization": True,
        "enable_soft_delete": True,
        "soft_delete_retention_in_days": retention_days,
        "enable_purge_protection": True,
        "enabled_for_deployment": False,
        "enabled_for_disk_encryption": False,
        "enabled_for_template_deployment": False,
        "public_network_access": args.public_network_access,
        "network_acls": {
            "bypass": "AzureServices",
            "default_action": args.default_action,
            "ip_rules": [{"value": each} for each in args.allowed_ip_ranges],
        },
    }
    return native.keyvault.Vault(
        name,
        vault_name=args.name_of(Kind.KEY_VAULT),
        resource_group_name=args.resource_group_name,
        location=args.location,
        properties=properties,
        tags=args.tags,
        opts=child(parent, protect=args.lock),
    )
