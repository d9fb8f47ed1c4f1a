"""A storage account as this library makes them: no account keys, no anonymous reads, deleted data comes back."""

from typing import Any, NamedTuple

import pulumi
import pulumi_azure_native as native

from ._component import PlacedArgs, child, known_after
from .naming import Kind

RETENTION_DAYS = 7
"""For how long deleted blobs, containers and shares can be brought back (Azure's own default in the portal)."""


class Storage(NamedTuple):
    """A storage account and the settings of its services."""

    account: "native.storage.StorageAccount"
    blobs: "native.storage.BlobServiceProperties"
    files: "native.storage.FileServiceProperties"


def storage_account(
    name: str,
    *,
    args: PlacedArgs,
    zone_redundant: bool,
    public: bool,
    allowed_ip_ranges: list[str],
    protect: bool,
    parent: pulumi.Resource,
) -> Storage:
    """An account without a hierarchical namespace. `public` opens it to `allowed_ip_ranges`, or to all."""
    account_name = args.name_of(Kind.STORAGE_ACCOUNT)
    rules: Any = {
        "bypass": "AzureServices",
        "default_action": "Deny" if allowed_ip_ranges or not public else "Allow",
        "ip_rules": [{"i_p_address_or_range": each, "action": "Allow"} for each in allowed_ip_ranges],
    }
    kept: Any = {"enabled": True, "days": RETENTION_DAYS}
    account = native.storage.StorageAccount(
        name,
        account_name=account_name,
        resource_group_name=args.resource_group_name,
        location=args.location,
        kind="StorageV2",
        sku={"name": "Standard_ZRS" if zone_redundant else "Standard_LRS"},
        access_tier=native.storage.AccessTier.HOT,
        enable_https_traffic_only=True,
        minimum_tls_version="TLS1_2",
        allow_blob_public_access=False,
        allow_shared_key_access=False,
        default_to_o_auth_authentication=True,
        allow_cross_tenant_replication=False,
        is_local_user_enabled=False,
        public_network_access="Enabled" if public else "Disabled",
        network_rule_set=rules,
        encryption={
            "key_source": "Microsoft.Storage",
            "require_infrastructure_encryption": True,
            "services": {
                "blob": {"enabled": True, "key_type": "Account"},
                "file": {"enabled": True, "key_type": "Account"},
            },
        },
        tags=args.tags,
        opts=child(parent, protect=protect),
    )
    blobs = native.storage.BlobServiceProperties(
        f"{name}-blobs",
        blob_services_name="default",
        account_name=known_after(account, account_name),
        resource_group_name=args.resource_group_name,
        is_versioning_enabled=True,
        delete_retention_policy=kept,
        container_delete_retention_policy=kept,
        opts=child(parent),
    )
    files = native.storage.FileServiceProperties(
        f"{name}-files",
        file_services_name="default",
        account_name=known_after(account, account_name),
        resource_group_name=args.resource_group_name,
        share_delete_retention_policy=kept,
        opts=child(parent),
    )
    return Storage(account, blobs, files)
