"""A container registry as this library makes them: no admin user, no anonymous pull, nothing leaves it."""

from typing import Any, Optional

import pulumi
import pulumi_azure_native as native

from ._component import child
from .encryption import EncryptionKey
from .foundation.naming import Kind
from .network import NetworkedArgs
from .settings.workspace import RegistrySku

UNTAGGED_DAYS = 30
"""For how long an image without a tag is kept."""


def container_registry(
    name: str,
    *,
    args: NetworkedArgs,
    sku: RegistrySku,
    zone_redundant: bool,
    encryption: Optional[EncryptionKey],
    parent: pulumi.Resource,
) -> "native.containerregistry.Registry":
    """A registry. Below Premium it has no network rules, no policies, no zones and no key of the customer's."""
    return native.containerregistry.Registry(
        name,
        registry_name=args.name_of(Kind.CONTAINER_REGISTRY),
        resource_group_name=args.resource_group_name,
        location=args.location,
        sku={"name": sku.value},
        admin_user_enabled=False,
        anonymous_pull_enabled=False,
        data_endpoint_enabled=False,
        public_network_access=args.public_network_access,
        **(_premium(args, zone_redundant, encryption) if sku is RegistrySku.PREMIUM else {}),
        tags=args.tags,
        opts=child(parent, protect=args.lock),
    )


def _premium(args: NetworkedArgs, zone_redundant: bool, key: Optional[EncryptionKey]) -> dict[str, Any]:
    properties: dict[str, Any] = {
        "network_rule_bypass_options": "AzureServices",
        "network_rule_set": {
            "default_action": args.default_action,
            "ip_rules": [{"i_p_address_or_range": each, "action": "Allow"} for each in args.allowed_ip_ranges],
        },
        "zone_redundancy": "Enabled" if zone_redundant else "Disabled",
        "policies": {
            # Azure takes a closed export only where public access is closed too.
            "export_policy": {"status": "enabled" if args.public_network_access == "Enabled" else "disabled"},
            "retention_policy": {"status": "enabled", "days": UNTAGGED_DAYS},
        },
    }
    if key is not None:
        # A map here, and a list everywhere else.
        identities = pulumi.Output.from_input(key.identity_id).apply(lambda each: {each: {}})
        properties["identity"] = {"type": "UserAssigned", "user_assigned_identities": identities}
        properties["encryption"] = {
            "status": "enabled",
            "key_vault_properties": {"identity": key.identity_client_id, "key_identifier": key.key.key_id},
        }
    return properties
