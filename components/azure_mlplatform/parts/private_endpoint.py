"""Private endpoints with their DNS zone groups, and the diagnostics and lock of resources that others call."""

from typing import NamedTuple, Optional

import pulumi
import pulumi_azure_native as native

from ..catalogue.changes import replacing
from ..catalogue.private_link import PrivateService, private_link
from ..foundation.naming import Kind
from .arguments import In
from .authorization import lock
from .component import Component, child
from .diagnostics import send_diagnostics
from .outputs import known_value_of


class Endpoints(NamedTuple):
    """The private endpoints of a resource, and their DNS zone groups."""

    endpoints: "list[native.network.PrivateEndpoint]"
    zone_groups: "list[native.network.PrivateDnsZoneGroup]"

    @property
    def all(self) -> list[pulumi.Resource]:
        """Endpoints and zone groups: a caller finds the resource once all of them exist."""
        return [*self.endpoints, *self.zone_groups]


def private_endpoints(
    parent: Component,
    label: str,
    target_id: In[str],
    service: PrivateService,
    *,
    part: str,
    depends_on: Optional[list[pulumi.Resource]] = None,
) -> Endpoints:
    """Makes a private endpoint for each group id of a service, with its zone group. None without a private network.

    `part` distinguishes the endpoint's Azure name from others in the environment.
    """
    placement, name = parent.placement, parent.logical_name(label)
    made = Endpoints([], [])
    if placement.private_network is None:
        return made
    groups = private_link(service, placement.location)
    for group_id, zones in groups.items():
        azure_part = f"{part}-{group_id.lower()}" if len(groups) > 1 else part
        endpoint_name = placement.name_of(Kind.PRIVATE_ENDPOINT, azure_part)
        endpoint = native.network.PrivateEndpoint(
            f"{name}-endpoint-{group_id}",
            private_endpoint_name=endpoint_name,
            resource_group_name=placement.resource_group_name,
            location=placement.location,
            subnet={"id": placement.private_network.subnet_id},
            custom_network_interface_name=placement.name_of(Kind.NETWORK_INTERFACE, azure_part),
            private_link_service_connections=[
                {"name": group_id, "private_link_service_id": target_id, "group_ids": [group_id]}
            ],
            tags=placement.tags,
            opts=child(parent, depends_on=depends_on),
        )
        made.endpoints.append(endpoint)
        zone_ids = placement.private_network.zone_ids
        if zone_ids is None:
            continue
        made.zone_groups.append(
            native.network.PrivateDnsZoneGroup(
                f"{name}-endpoint-{group_id}-zones",
                private_dns_zone_group_name="default",
                private_endpoint_name=known_value_of(endpoint, endpoint_name),
                resource_group_name=placement.resource_group_name,
                private_dns_zone_configs=[
                    {"name": zone.replace(".", "-"), "private_dns_zone_id": zone_ids[zone]} for zone in zones
                ],
                opts=child(
                    parent,
                    delete_before_replace=True,
                    replace_on_changes=replacing("azure-native:network:PrivateDnsZoneGroup"),
                ),
            )
        )
    return made


def with_endpoints_and_diagnostics(
    parent: Component,
    label: str,
    resource: pulumi.CustomResource,
    service: PrivateService,
    *,
    part: str,
    logs: bool = True,
    locked: bool = True,
) -> Endpoints:
    """Gives a resource its diagnostics, its private endpoints and, if the environment is protected, its lock. Without
    `locked`, it gets no lock."""
    reported = send_diagnostics(parent, label, resource.id, logs=logs)
    made = private_endpoints(parent, label, resource.id, service, part=part)
    if parent.placement.locked and locked:
        lock(parent, f"{label}-lock", resource, guards=[reported, *made.endpoints])
    return made
