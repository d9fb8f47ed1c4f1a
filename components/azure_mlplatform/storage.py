"""A storage account as this library makes them: no account keys, no anonymous reads, deleted data comes back."""

from typing import Any, NamedTuple, Optional

import pulumi
import pulumi_azure_native as native

from ._component import In, child, known_value_of, without_none
from .encryption import EncryptionKey
from .foundation.naming import Kind
from .network import NetworkedArgs

RETENTION_DAYS = 7
"""For how long deleted blobs, containers and shares can be brought back (Azure's own default in the portal)."""


class Storage(NamedTuple):
    """A storage account and the settings of its services."""

    account: "native.storage.StorageAccount"
    blobs: "native.storage.BlobServiceProperties"
    files: "native.storage.FileServiceProperties"

    @property
    def services(self) -> dict[str, In[str]]:
        """Service → its id, for what each reports by itself."""
        return {
            "blobs": self.blobs.id,
            "files": self.files.id,
            "queues": pulumi.Output.concat(self.account.id, "/queueServices/default"),
            "tables": pulumi.Output.concat(self.account.id, "/tableServices/default"),
        }


def storage_account(
    name: str,
    *,
    args: NetworkedArgs,
    zone_redundant: bool,
    encryption: Optional[EncryptionKey],
    parent: pulumi.Resource,
    lake: bool = False,
) -> Storage:
    """An account, without a hierarchical namespace unless it is a `lake`."""
    account_name = args.name_of(Kind.LAKE if lake else Kind.STORAGE_ACCOUNT)
    rules: Any = {
        "bypass": "AzureServices",
        "default_action": args.default_action,
        "ip_rules": [{"i_p_address_or_range": each, "action": "Allow"} for each in args.allowed_ip_ranges],
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
        is_hns_enabled=lake or None,
        enable_https_traffic_only=True,
        minimum_tls_version="TLS1_2",
        allow_blob_public_access=False,
        allow_shared_key_access=False,
        default_to_o_auth_authentication=True,
        allow_cross_tenant_replication=False,
        is_local_user_enabled=False,
        public_network_access=args.public_network_access,
        network_rule_set=rules,
        identity=_identity(encryption),
        encryption=_encryption(encryption),
        tags=args.tags,
        opts=child(parent, protect=args.lock),
    )
    blobs = native.storage.BlobServiceProperties(
        f"{name}-blobs",
        blob_services_name="default",
        account_name=known_value_of(account, account_name),
        resource_group_name=args.resource_group_name,
        # A lake can have none (Azure Storage, soft-delete-vs-versioning-options): what is written over there is lost.
        is_versioning_enabled=not lake,
        delete_retention_policy=kept,
        container_delete_retention_policy=kept,
        opts=child(parent),
    )
    files = native.storage.FileServiceProperties(
        f"{name}-files",
        file_services_name="default",
        account_name=known_value_of(account, account_name),
        resource_group_name=args.resource_group_name,
        share_delete_retention_policy=kept,
        opts=child(parent),
    )
    return Storage(account, blobs, files)


def _identity(key: Optional[EncryptionKey]) -> Any:
    """An account has an identity only to read the customer's key."""
    if key is None:
        return None
    return {"type": "UserAssigned", "user_assigned_identities": [key.identity_id]}


def _encryption(key: Optional[EncryptionKey]) -> Any:
    # Queues and tables are encrypted with the same key only if the account is made so.
    services = {each: {"enabled": True, "key_type": "Account"} for each in ("blob", "file", "queue", "table")}
    shared: dict[str, Any] = {"require_infrastructure_encryption": True, "services": services}
    if key is None:
        return {"key_source": "Microsoft.Storage", **shared}
    return {
        "key_source": "Microsoft.Keyvault",
        "encryption_identity": {"encryption_user_assigned_identity": key.identity_id},
        "key_vault_properties": without_none(
            key_vault_uri=key.key.vault_uri, key_name=key.key.key_name, key_version=key.key.key_version
        ),
        **shared,
    }
