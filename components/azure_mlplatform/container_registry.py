"""A container registry as this library makes them: no admin user, no anonymous pull, nothing leaves it."""

import pulumi
import pulumi_azure_native as native

from ._component import PlacedArgs, child
from .naming import Kind

UNTAGGED_DAYS = 30
"""For how long an image without a tag is kept."""


def container_registry(
    name: str,
    *,
    args: PlacedArgs,
    zone_redundant: bool,
    public: bool,
    allowed_ip_ranges: list[str],
    protect: bool,
    parent: pulumi.Resource,
) -> "native.containerregistry.Registry":
    """A Premium registry, since only that takes private endpoints and network rules."""
    return native.containerregistry.Registry(
        name,
        registry_name=args.name_of(Kind.CONTAINER_REGISTRY),
        resource_group_name=args.resource_group_name,
        location=args.location,
        sku={"name": "Premium"},
        admin_user_enabled=False,
        anonymous_pull_enabled=False,
        data_endpoint_enabled=False,
        public_network_access="Enabled" if public else "Disabled",
        network_rule_bypass_options="AzureServices",
        network_rule_set={
            "default_action": "Deny" if allowed_ip_ranges or not public else "Allow",
            "ip_rules": [{"i_p_address_or_range": each, "action": "Allow"} for each in allowed_ip_ranges],
        },
        zone_redundancy="Enabled" if zone_redundant else "Disabled",
        policies={
            # Azure takes a closed export only where public access is closed too.
            "export_policy": {"status": "enabled" if public else "disabled"},
            "retention_policy": {"status": "enabled", "days": UNTAGGED_DAYS},
        },
        tags=args.tags,
        opts=child(parent, protect=protect),
    )
