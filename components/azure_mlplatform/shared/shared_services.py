"""What exists once for all environments of nonprod, and once for all of prod.

It does not manage the hub, whose owner runs it, nor what only one environment uses. An administrator deploys it: it
makes roles, policies and zones that reach over whole subscriptions (docs/landing.md).
"""

import uuid
from collections.abc import Mapping
from typing import Any, Optional

import pulumi
import pulumi_azure_native as native

from ..catalogue.changes import replacing
from ..catalogue.policies import POLICIES, Policy
from ..catalogue.private_link import PrivateService, private_link
from ..environment.identity import guard
from ..environment.tags import environment_tags
from ..foundation.custom_roles import CustomRole, custom_role_guid
from ..foundation.rules import field_rule
from ..foundation.values import date, name_of, resource_group_of
from ..parts.arguments import ArgsOrDict, ComponentArgs, In, ModelOrDict
from ..parts.authorization import assign_role
from ..parts.component import Component, child, without_none
from ..parts.custom_roles import role_definition
from ..parts.outputs import known_value_of
from ..parts.placement import Placement, PrivateNetwork
from ..parts.private_endpoint import private_endpoints
from .settings import ModelRegistrySettings, PoliciesSettings, RegistryUser, SharedHubSettings, SharedSettings

_NAMESPACE = uuid.UUID("5a0d6c0e-4f1b-5d7e-8c3a-9b2e7f6d1c48")
_UNUSED_SUFFIX = "shared"
"""No name has a suffix: what is shared is known by its name to all environments."""

_REGISTRY = "Microsoft.MachineLearningServices/registries"
_READ = (f"{_REGISTRY}/read", f"{_REGISTRY}/assets/read")
_PUBLISH = (*_READ, f"{_REGISTRY}/assets/write")
"""What reading and publishing assets take: MicrosoftDocs/azure-ai-docs, machine-learning/how-to-manage-registries ("Add
users to the registry", read 2026-11-28). Deleting is a permission of its own there, and nobody gets it here. The
built-in AzureML Registry User may delete."""


class SharedServicesArgs(ComponentArgs):
    """The arguments of SharedServices."""

    settings: ModelOrDict[SharedSettings]
    """What is shared, and by which subscriptions."""

    today: str
    """The day on which the program runs, as year-month-day."""

    _date = field_rule(date, "today")


class SharedServices(Component):
    """The own roles, and what the settings name: DNS zones, peerings of the hub, the model registry, load testing,
    policies."""

    name: pulumi.Output[str]
    """The resource group's name."""

    resource_id: pulumi.Output[str]
    """The resource group's id."""

    zone_ids: pulumi.Output[dict[str, str]]
    """Private DNS zone → id, for `network.dns.zone_ids` of environments."""

    role_ids: pulumi.Output[dict[str, str]]
    """The library's own role → the GUID of its definition."""

    model_registry_id: pulumi.Output[Optional[str]]
    """The model registry, by id. None without one."""

    def __init__(
        self, name: str, args: ArgsOrDict[SharedServicesArgs], opts: Optional[pulumi.ResourceOptions] = None
    ) -> None:
        args = SharedServicesArgs.model_validate(args)
        super().__init__(name, args, opts)
        settings = args.settings
        self._protected = settings.profile.protect and settings.retire is None
        self._place(
            Placement(
                project=settings.project.name,
                environment=settings.profile.environment,
                location=settings.location,
                subscription_id=settings.subscription_id,
                tenant_id=settings.tenant_id,
                resource_group_name=settings.group_name,
                suffix=_UNUSED_SUFFIX,
                tags=environment_tags(settings),
                retire=settings.retire,
            )
        )
        group = native.resources.ResourceGroup(
            self.logical_name("group"),
            resource_group_name=settings.group_name,
            location=settings.location,
            tags=self.placement.tags,
            # In each tier: every environment of it depends on what is here.
            opts=child(self, protect=settings.retire is None),
        )
        self._made: list[pulumi.Resource] = [group]
        self.placement = self.placement.model_copy(
            update={"resource_group_name": known_value_of(group, settings.group_name)}
        )
        roles = self._roles(settings)
        zone_ids = self._zones(settings)
        if settings.hub is not None:
            self._peer(settings.hub)
        registry = self._registry(settings.model_registry, settings, zone_ids) if settings.model_registry else None
        if settings.load_testing is not None:
            self._load_testing(settings)
        if settings.policies is not None:
            self._policies(settings.policies, settings)
        guard(self, self.logical_name("retire-first"), protect=settings.retire is None, after=self._made)
        self._finish(
            {
                "name": self.placement.resource_group_name,
                "resource_id": group.id,
                "zone_ids": zone_ids,
                "role_ids": roles,
                "model_registry_id": registry.id if registry else None,
            }
        )

    @property
    def exports(self) -> Mapping[str, "pulumi.Output[Any]"]:
        """The outputs that a stack exports."""
        return {
            "resource_group_name": self.name,
            "zone_ids": self.zone_ids,
            "role_ids": self.role_ids,
            "model_registry_id": self.model_registry_id,
        }

    def _roles(self, settings: SharedSettings) -> dict[str, str]:
        """Makes the library's own roles. Returns the GUIDs of their definitions, by role."""
        # The scope is part of a definition's id, so it must not follow the list of subscriptions.
        own = f"/subscriptions/{settings.subscription_id}"
        others = [f"/subscriptions/{each}" for each in settings.subscriptions if each != settings.subscription_id]
        made = {}
        for role in CustomRole:
            guid = custom_role_guid(settings.tenant_id, settings.profile.environment, role)
            definition = role_definition(
                self.logical_name(f"role-{role.replace('_', '-')}"),
                role,
                guid=guid,
                scope=own,
                of=f"{settings.project.name} {settings.environment}",
                assignable_scopes=[own, *others],
                opts=child(self),
            )
            self._made.append(definition)
            made[role.value] = guid
        return made

    def _zones(self, settings: SharedSettings) -> dict[str, In[str]]:
        """Makes the zones and their links. Returns their ids, each known once all of its links are there."""
        made: dict[str, In[str]] = {}
        for zone in settings.zone_names:
            private_zone = native.privatedns.PrivateZone(
                self.logical_name(zone),
                private_zone_name=zone,
                resource_group_name=self.placement.resource_group_name,
                location="global",
                tags=self.placement.tags,
                opts=child(self, protect=self._protected),
            )
            self._made.append(private_zone)
            zone_id: In[str] = private_zone.id
            for network_id in settings.linked_network_ids:
                network = name_of(network_id)
                link = native.privatedns.VirtualNetworkLink(
                    self.logical_name(f"{zone}-{network}"),
                    virtual_network_link_name=network,
                    private_zone_name=known_value_of(private_zone, zone),
                    resource_group_name=self.placement.resource_group_name,
                    location="global",
                    registration_enabled=False,
                    virtual_network={"id": network_id},
                    tags=self.placement.tags,
                    opts=child(self),
                )
                # No name in the zone resolves in a network before the zone is linked to it.
                zone_id = known_value_of(link, zone_id)
                self._made.append(link)
            made[zone] = zone_id
        return made

    def _peer(self, hub: SharedHubSettings) -> None:
        for spoke in hub.spokes:
            peering = native.network.VirtualNetworkPeering(
                self.logical_name(f"to-{name_of(spoke)}"),
                virtual_network_peering_name=f"peer-{name_of(spoke)}",
                resource_group_name=resource_group_of(hub.vnet_id),
                virtual_network_name=name_of(hub.vnet_id),
                remote_virtual_network={"id": spoke},
                allow_virtual_network_access=True,
                allow_forwarded_traffic=True,
                allow_gateway_transit=hub.offers_gateway,
                opts=child(
                    self,
                    delete_before_replace=True,
                    replace_on_changes=replacing("azure-native:network:VirtualNetworkPeering"),
                ),
            )
            self._made.append(peering)

    def _registry(
        self, wanted: ModelRegistrySettings, settings: SharedSettings, zone_ids: dict[str, In[str]]
    ) -> "native.machinelearningservices.Registry":
        details: list[Any] = [
            {
                "location": each,
                "acr_details": [{"system_created_acr_account": {"acr_account_sku": "Premium"}}],
                "storage_account_details": [
                    {
                        "system_created_storage_account": {
                            "storage_account_type": "Standard_ZRS",
                            "storage_account_hns_enabled": False,
                            "allow_blob_public_access": False,
                        }
                    }
                ],
            }
            for each in wanted.regions or [settings.location]
        ]
        registry = native.machinelearningservices.Registry(
            self.logical_name("models"),
            registry_name=wanted.name,
            resource_group_name=self.placement.resource_group_name,
            location=settings.location,
            identity={"type": "SystemAssigned"},
            public_network_access="Disabled",
            region_details=details,
            tags=self.placement.tags,
            opts=child(self, protect=self._protected),
        )
        zones = [
            each for group in private_link(PrivateService.ML_REGISTRY, settings.location).values() for each in group
        ]
        found = {each: zone_ids[each] for each in zones if each in zone_ids}
        self.placement = self.placement.model_copy(
            update={
                # Without zones of its own here, Azure Policy registers the endpoint.
                "private_network": PrivateNetwork(
                    subnet_id=wanted.subnet_id, zone_ids=found if len(found) == len(zones) else None
                )
            }
        )
        reached = private_endpoints(self, "models", registry.id, PrivateService.ML_REGISTRY, part="models")
        self._made += [registry, *reached.endpoints, *reached.zone_groups]
        users = {"publish": (wanted.writers, _PUBLISH, "Publishes"), "fetch": (wanted.readers, _READ, "Fetches")}
        for label, (identities, actions, does) in users.items():
            if identities:
                self._registry_users(label, identities, actions, does, registry, settings)
        return registry

    def _registry_users(
        self,
        label: str,
        users: list[RegistryUser],
        actions: tuple[str, ...],
        does: str,
        registry: "native.machinelearningservices.Registry",
        settings: SharedSettings,
    ) -> None:
        """Makes the role that users of a kind have on the registry, and gives it to them."""
        guid = str(uuid.uuid5(_NAMESPACE, f"{settings.group_id.lower()}\n{label}"))
        role = native.authorization.RoleDefinition(
            self.logical_name(f"models-{label}-role"),
            role_definition_id=guid,
            role_name=f"{settings.group_name} models {label} ({settings.subscription_id[:8]})",
            role_type="CustomRole",
            description=f"{does} models, and deletes none",
            scope=settings.group_id,
            assignable_scopes=[settings.group_id],
            permissions=[{"actions": list(actions), "not_actions": [], "data_actions": [], "not_data_actions": []}],
            opts=child(self, depends_on=[registry]),
        )
        self._made.append(role)
        prefix = f"/subscriptions/{settings.subscription_id}/providers/Microsoft.Authorization/roleDefinitions"
        for each in users:
            # Azure takes no second assignment of a role to an identity, so the identity names it.
            name = f"models-{label}-{each.principal_id}"
            role_id = known_value_of(role, f"{prefix}/{guid}")
            self._made.append(assign_role(self, name, role_id, principal_id=each.principal_id, scope=registry.id))

    def _load_testing(self, settings: SharedSettings) -> None:
        wanted = settings.load_testing
        made = native.loadtestservice.LoadTest(
            self.logical_name("load-testing"),
            load_test_name=f"lt-{settings.project.name}-{settings.environment}",
            resource_group_name=self.placement.resource_group_name,
            location=settings.location,
            identity={"type": "SystemAssigned"},
            tags=self.placement.tags,
            **without_none(description=wanted.description if wanted else None),
            opts=child(self),
        )
        self._made.append(made)

    def _policies(self, policies: PoliciesSettings, settings: SharedSettings) -> None:
        wanted: dict[Policy, dict[str, Any]] = {}
        if policies.allowed_locations:
            # Resources without a region, such as DNS zones, have the location `global`, which the policy leaves out.
            wanted[Policy.ALLOWED_LOCATIONS] = {"listOfAllowedLocations": {"value": policies.allowed_locations}}
        if policies.private_workspaces:
            wanted[Policy.PRIVATE_WORKSPACES] = {"effect": {"value": settings.profile.public_workspaces}}
        if policies.no_local_accounts:
            wanted[Policy.NO_LOCAL_ACCOUNTS] = {"effect": {"value": "Deny"}}
        for subscription in settings.subscriptions:
            for policy, parameters in wanted.items():
                row = POLICIES[policy]
                made = native.authorization.PolicyAssignment(
                    self.logical_name(f"policy-{policy}-{subscription}"),
                    # At most 24 characters on a management group, so a short name serves everywhere.
                    policy_assignment_name=f"mlplatform-{row.short}",
                    scope=f"/subscriptions/{subscription}",
                    display_name=row.title,
                    description=f"{settings.project.name} {settings.environment}",
                    policy_definition_id=row.definition_id,
                    enforcement_mode="Default",
                    parameters=parameters,
                    opts=child(self),
                )
                self._made.append(made)
