"""Private endpoints with their DNS zone groups, and the diagnostics and lock of resources that others call."""

from typing import NamedTuple, Optional

import pulumi
import pulumi_azure_native as native

from ..catalogue.changes import replacing
from ..catalogue.private_link import ONE_ENDPOINT_AT_A_TIME, PrivateService, private_link
from ..foundation.naming import Kind
from .arguments import In
from .authorization import lock
from .component import Component, child
from .diagnostics import send_diagnostics
from .in_turn import InTurn
from .outputs import known_value_of


class Endpoints(NamedTuple):
    """The private endpoints of a resource, and their DNS zone groups, each by its group id. All empty without a private
    network; no zone groups if Azure Policy registers the endpoints."""

    by_group: "dict[str, native.network.PrivateEndpoint]"
    zone_groups_by_group: "dict[str, native.network.PrivateDnsZoneGroup]"

    @property
    def endpoints(self) -> "list[native.network.PrivateEndpoint]":
        """The endpoints."""
        return [*self.by_group.values()]

    @property
    def zone_groups(self) -> "list[native.network.PrivateDnsZoneGroup]":
        """The zone groups."""
        return [*self.zone_groups_by_group.values()]

    def reached(self, *group_ids: str) -> list[pulumi.Resource]:
        """What a caller in the network waits for: the endpoints of these group ids, and what resolves their names. A
        zone group comes after the links of its zones, because `Network` knows a zone after its link. Default: all."""
        wanted = group_ids or tuple(self.by_group)
        both = (self.by_group, self.zone_groups_by_group)
        return [made[each] for made in both for each in wanted if each in made]


def private_endpoints(
    parent: Component,
    label: str,
    target_id: In[str],
    service: PrivateService,
    *,
    part: str,
    writes: Optional[InTurn] = None,
) -> Endpoints:
    """Makes a private endpoint for each group id of a service, with its zone group. None without a private network.

    `part` distinguishes the endpoint's Azure name from others in the environment. The endpoints come after the other
    `writes` on the target, and one after another if the target takes one at a time. Endpoints of different targets do
    not wait for each other. Default: nothing else writes on the target.
    """
    writes = writes or InTurn()
    placement, name = parent.placement, parent.logical_name(label)
    made = Endpoints({}, {})
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
            opts=child(parent, depends_on=writes.before),
        )
        if service in ONE_ENDPOINT_AT_A_TIME:
            writes.then(endpoint)
        made.by_group[group_id] = endpoint
        zone_ids = placement.private_network.zone_ids
        if zone_ids is None:
            continue
        made.zone_groups_by_group[group_id] = native.network.PrivateDnsZoneGroup(
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
    writes: Optional[InTurn] = None,
) -> Endpoints:
    """Gives a resource its diagnostics, its private endpoints and, if the environment is protected, its lock. Without
    `locked`, it gets no lock. For `writes`, see private_endpoints."""
    reported = send_diagnostics(parent, label, resource.id, logs=logs)
    made = private_endpoints(parent, label, resource.id, service, part=part, writes=writes)
    if parent.placement.locked and locked:
        lock(parent, f"{label}-lock", resource, guards=[reported, *made.endpoints])
    return made
