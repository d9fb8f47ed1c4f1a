"""Makes storage accounts: no account keys, no anonymous reads, and deleted data can be restored."""

from typing import Any, NamedTuple, Optional

import pulumi
import pulumi_azure_native as native

from ..catalogue.private_link import PrivateService
from ..foundation.naming import Kind
from .authorization import user_assigned_only
from .component import Component, child, without_none
from .diagnostics import send_diagnostics
from .encryption import EncryptionKey
from .in_turn import InTurn
from .outputs import known_value_of
from .private_endpoint import Endpoints, with_endpoints_and_diagnostics

RETENTION_DAYS = 7
"""The days in which deleted blobs, containers and shares can be restored (Azure's own default in the portal)."""


class Storage(NamedTuple):
    """A storage account, its private endpoints and its container, if it has one."""

    account: "native.storage.StorageAccount"
    endpoints: Endpoints
    container: "Optional[native.storage.BlobContainer]"


def storage_account(parent: Component, label: str, *, lake: bool = False, container: Optional[str] = None) -> Storage:
    """Makes an account with its endpoints, its diagnostics and its lock. Only a `lake` has a hierarchical namespace.

    `container` names a container to make in it. Default: none.
    """
    placement, name = parent.placement, parent.logical_name(label)
    account_name = placement.name_of(Kind.LAKE if lake else Kind.STORAGE_ACCOUNT)
    rules: Any = {
        "bypass": "AzureServices",
        "default_action": placement.default_action,
        "ip_rules": [{"i_p_address_or_range": each, "action": "Allow"} for each in placement.allowed_ip_ranges],
    }
    account = native.storage.StorageAccount(
        name,
        account_name=account_name,
        resource_group_name=placement.resource_group_name,
        location=placement.location,
        kind="StorageV2",
        sku={"name": "Standard_ZRS" if placement.profile.zone_redundant else "Standard_LRS"},
        access_tier=native.storage.AccessTier.HOT,
        is_hns_enabled=lake or None,
        enable_https_traffic_only=True,
        minimum_tls_version="TLS1_2",
        allow_blob_public_access=False,
        allow_shared_key_access=False,
        default_to_o_auth_authentication=True,
        allow_cross_tenant_replication=False,
        is_local_user_enabled=False,
        public_network_access=placement.public_network_access,
        network_rule_set=rules,
        # An account has an identity only to read the customer's key.
        identity=user_assigned_only(placement.encryption.identity_id) if placement.encryption else None,
        encryption=_encryption(placement.encryption),
        tags=placement.tags,
        opts=child(parent, protect=placement.protected),
    )
    known_name = known_value_of(account, account_name)
    # The container comes first, because something waits for it. The endpoints take a minute each.
    writes = InTurn()
    made = container and _container(parent, label, container, known_name, writes)
    _services(parent, label, account, known_name, writes, lake=lake)
    service = PrivateService.LAKE if lake else PrivateService.WORKSPACE_STORAGE
    endpoints = with_endpoints_and_diagnostics(parent, label, account, service, part=label, logs=False, writes=writes)
    return Storage(account, endpoints, made or None)


def _container(
    parent: Component, label: str, name: str, account_name: "pulumi.Output[str]", writes: InTurn
) -> "native.storage.BlobContainer":
    return writes.then(
        native.storage.BlobContainer(
            parent.logical_name(f"{label}-container"),
            container_name=name,
            account_name=account_name,
            resource_group_name=parent.placement.resource_group_name,
            public_access=native.storage.PublicAccess.NONE,
            opts=child(parent, protect=parent.placement.protected),
        )
    )


def _services(
    parent: Component,
    label: str,
    account: "native.storage.StorageAccount",
    account_name: "pulumi.Output[str]",
    writes: InTurn,
    *,
    lake: bool,
) -> None:
    """Sets how long the account's services keep deleted data, and sends the diagnostics of each service."""
    group, name = parent.placement.resource_group_name, parent.logical_name(label)
    kept: Any = {"enabled": True, "days": RETENTION_DAYS}
    blobs = native.storage.BlobServiceProperties(
        f"{name}-blobs",
        blob_services_name="default",
        account_name=account_name,
        resource_group_name=group,
        # A lake supports no versioning (Azure Storage, soft-delete-vs-versioning-options): overwritten data is lost.
        is_versioning_enabled=not lake,
        delete_retention_policy=kept,
        container_delete_retention_policy=kept,
        opts=child(parent, depends_on=writes.before),
    )
    writes.then(blobs)
    files = native.storage.FileServiceProperties(
        f"{name}-files",
        file_services_name="default",
        account_name=account_name,
        resource_group_name=group,
        share_delete_retention_policy=kept,
        opts=child(parent, depends_on=writes.before),
    )
    writes.then(files)
    for service, service_id in (
        ("blobs", blobs.id),
        ("files", files.id),
        ("queues", pulumi.Output.concat(account.id, "/queueServices/default")),
        ("tables", pulumi.Output.concat(account.id, "/tableServices/default")),
    ):
        send_diagnostics(parent, f"{label}-{service}", service_id)


def _encryption(key: Optional[EncryptionKey]) -> Any:
    # Queues and tables use the same key only if this is set when the account is made.
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
