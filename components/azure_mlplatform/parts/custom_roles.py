"""Definitions of the library's own roles (Microsoft.Authorization/roleDefinitions)."""

from typing import Any, Optional
from weakref import WeakKeyDictionary

import pulumi
import pulumi_azure_native as native

from ..foundation.custom_roles import (
    CUSTOM_ROLES,
    CustomRole,
    CustomRolesFrom,
    custom_role_id,
    own_custom_role_guid,
    own_custom_role_id,
)
from .arguments import In
from .component import Component, child

_MADE: "WeakKeyDictionary[Any, dict[tuple[str, ...], pulumi.Output[str]]]" = WeakKeyDictionary()
"""Stack → environment and role → the id of the definition that was made."""


def custom_role(parent: Component, role: CustomRole) -> In[str]:
    """The id of the definition of one of the library's own roles, for `assign_role`.

    Makes the definition in the environment's group, whoever asks first, unless the platform team shares one.
    """
    placement = parent.placement
    if placement.custom_roles is CustomRolesFrom.SHARED:
        return custom_role_id(placement.subscription_id, placement.tenant_id, placement.environment, role)
    stack = pulumi.runtime.settings.get_root_resource()
    # A component that is hosted for another language has no stack: it makes its own.
    made = {} if stack is None else _MADE.setdefault(stack, {})
    group = placement.resource_group_name if isinstance(placement.resource_group_name, str) else ""
    key = (placement.subscription_id, placement.project, placement.environment, group, role)
    if key not in made:
        made[key] = _own_role(parent, role)
    return made[key]


def _own_role(parent: Component, role: CustomRole) -> "pulumi.Output[str]":
    placement = parent.placement
    subscription = placement.subscription_id
    group = pulumi.Output.from_input(placement.resource_group_name)
    made = role_definition(
        parent.logical_name(f"role-{role.replace('_', '-')}"),
        role,
        guid=group.apply(lambda name: own_custom_role_guid(subscription, name, role)),
        scope=group.apply(lambda name: f"/subscriptions/{subscription}/resourceGroups/{name}"),
        of=group.apply(lambda name: f"{name}, {subscription}"),
        opts=child(parent),
    )
    return pulumi.Output.all(group, made.urn).apply(lambda both: own_custom_role_id(subscription, both[0], role))


def role_definition(
    name: str,
    role: CustomRole,
    *,
    guid: In[str],
    scope: In[str],
    of: In[str],
    assignable_scopes: Optional[list[In[str]]] = None,
    opts: Optional[pulumi.ResourceOptions] = None,
) -> "native.authorization.RoleDefinition":
    """Makes the definition of one of the library's own roles.

    `of` says in its name whose it is, as a tenant has each name once. `assignable_scopes` are where it may be assigned.
    Default: on `scope` and below.
    """
    row = CUSTOM_ROLES[role]
    return native.authorization.RoleDefinition(
        name,
        role_definition_id=guid,
        role_name=pulumi.Output.from_input(of).apply(lambda whose: f"{row.name} ({whose})"),
        role_type="CustomRole",
        description=row.description,
        scope=scope,
        assignable_scopes=assignable_scopes or [scope],
        permissions=[
            {
                "actions": [*row.actions],
                "not_actions": [*row.not_actions],
                "data_actions": [*row.data_actions],
                "not_data_actions": [],
            }
        ],
        opts=opts,
    )
