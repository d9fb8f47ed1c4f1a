"""Makes container registries: no admin user, no anonymous pull, and no export from a private one."""

from typing import Any, NamedTuple, Optional

import pulumi_azure_native as native

from ..catalogue.private_link import PrivateService
from ..foundation.naming import Kind
from .authorization import user_assigned_only
from .component import Component, child
from .encryption import EncryptionKey
from .placement import Placement
from .private_endpoint import Endpoints, with_endpoints_and_diagnostics
from .settings.registry import RegistrySku

UNTAGGED_DAYS = 30
"""The days that an image without a tag is kept."""


class ContainerRegistry(NamedTuple):
    """A registry and its private endpoints."""

    registry: "native.containerregistry.Registry"
    endpoints: Endpoints


def container_registry(parent: Component, label: str, sku: RegistrySku, *, discard: bool) -> ContainerRegistry:
    """Makes a registry with its private endpoint, its diagnostics and its lock. Only a Premium one has network rules,
    policies, zones and a customer-managed key.

    It is protected in every environment, because its images would go with it, unless the environment is retired or the
    registry is to be discarded.
    """
    placement = parent.placement
    registry = native.containerregistry.Registry(
        parent.logical_name(label),
        registry_name=placement.name_of(Kind.CONTAINER_REGISTRY),
        resource_group_name=placement.resource_group_name,
        location=placement.location,
        sku={"name": sku.value},
        admin_user_enabled=False,
        anonymous_pull_enabled=False,
        data_endpoint_enabled=False,
        public_network_access=placement.public_network_access,
        **(_premium(placement) if sku is RegistrySku.PREMIUM else {}),
        tags=placement.tags,
        opts=child(parent, protect=placement.retire is None and not discard),
    )
    endpoints = with_endpoints_and_diagnostics(
        parent, label, registry, PrivateService.CONTAINER_REGISTRY, part=label, locked=not discard
    )
    return ContainerRegistry(registry, endpoints)


def _premium(placement: Placement) -> dict[str, Any]:
    return {
        "network_rule_bypass_options": "AzureServices",
        "network_rule_set": {
            "default_action": placement.default_action,
            "ip_rules": [{"i_p_address_or_range": each, "action": "Allow"} for each in placement.allowed_ip_ranges],
        },
        "zone_redundancy": "Enabled" if placement.profile.zone_redundant else "Disabled",
        "policies": {
            # Azure lets export be disabled only if public access is disabled too.
            "export_policy": {"status": "enabled" if placement.public_network_access == "Enabled" else "disabled"},
            "retention_policy": {"status": "enabled", "days": UNTAGGED_DAYS},
        },
        **_encrypted_with(placement.encryption),
    }


def _encrypted_with(key: Optional[EncryptionKey]) -> dict[str, Any]:
    if key is None:
        return {}
    return {
        "identity": user_assigned_only(key.identity_id, as_map=True),
        "encryption": {
            "status": "enabled",
            "key_vault_properties": {"identity": key.identity_client_id, "key_identifier": key.key.key_id},
        },
    }
