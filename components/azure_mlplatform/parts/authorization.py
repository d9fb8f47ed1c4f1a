"""Identities (Microsoft.ManagedIdentity), role assignments and locks (Microsoft.Authorization)."""

from typing import Any, Optional, Union

import pulumi
import pulumi_azure_native as native

from ..catalogue.changes import replacing
from ..foundation.built_in_roles import PrincipalType, Role, assignment_name, role_definition_id
from ..foundation.naming import Kind
from ..foundation.problems import Problem
from .arguments import In, RefusedError
from .component import Component, child
from .placement import Placement

ROLE_ASSIGNMENT = "azure-native:authorization:RoleAssignment"
_CONDITIONS = "2.0"
"""The version of the language of conditions. It is the only one (azure-native: "Currently the only accepted value")."""


def user_assigned_identity(parent: Component, label: str, part: str) -> "native.managedidentity.UserAssignedIdentity":
    """Makes an identity. `part` distinguishes its Azure name from others in the environment."""
    placement = parent.placement
    return native.managedidentity.UserAssignedIdentity(
        parent.logical_name(label),
        resource_name_=placement.name_of(Kind.USER_ASSIGNED_IDENTITY, part),
        resource_group_name=placement.resource_group_name,
        location=placement.location,
        tags=placement.tags,
        opts=child(parent),
    )


def system_assigned(*user_assigned: In[str], joint: str = ",", as_map: bool = False) -> Any:
    """The `identity` property with a system-assigned identity, and with the given user-assigned ones, by id.

    `joint` is between the two words of the type, and `as_map` passes the ids as a map: azure-native's types differ by
    service.
    """
    if not user_assigned:
        return {"type": "SystemAssigned"}
    return {**user_assigned_only(*user_assigned, as_map=as_map), "type": f"SystemAssigned{joint}UserAssigned"}


def user_assigned_only(*user_assigned: In[str], as_map: bool = False) -> Any:
    """The `identity` property with user-assigned identities only, by id. See `system_assigned`."""
    ids: Any = list(user_assigned)
    if as_map:
        ids = pulumi.Output.all(*user_assigned).apply(lambda known: {each: {} for each in known})
    return {"type": "UserAssigned", "user_assigned_identities": ids}


def assign_role(
    parent: Component,
    label: str,
    role: Union[Role, In[str]],
    *,
    principal_id: In[str],
    scope: In[str],
    principal_type: PrincipalType = PrincipalType.SERVICE_PRINCIPAL,
    condition: Optional[In[str]] = None,
) -> "native.authorization.RoleAssignment":
    """Gives a principal a role on `scope`: a built-in one, or the id of another definition. A managed identity is a
    service principal. `condition` limits what it may do with the role. Default: nothing.

    The assignment's GUID is made from the subscription, the group and the name in the program. So it is known before
    scope and principal are, and stays the same when one of them is replaced. Azure refuses another principal for the
    same GUID, or another role, so the old assignment is deleted first.
    """
    placement, name = parent.placement, parent.logical_name(label)
    return native.authorization.RoleAssignment(
        name,
        role_assignment_name=pulumi.Output.from_input(placement.resource_group_name).apply(
            lambda group: assignment_name(placement.subscription_id, group, name)
        ),
        role_definition_id=role_definition_id(placement.subscription_id, role) if isinstance(role, Role) else role,
        principal_id=principal_id,
        principal_type=principal_type.value,
        scope=scope,
        condition=condition,
        condition_version=_CONDITIONS if condition is not None else None,
        opts=child(parent, delete_before_replace=True, replace_on_changes=replacing(ROLE_ASSIGNMENT)),
    )


def refuse_individuals(placement: Placement, fix: str) -> None:
    """Raises RefusedError in an environment where no individual has access. `fix` says what to do instead."""
    if "data_scientists" not in placement.profile.may_grant:
        raise RefusedError(
            [Problem(("group_id",), f"in a {placement.environment} environment no individual has access", fix)]
        )


def lock(
    parent: Component, label: str, resource: pulumi.CustomResource, *, guards: Optional[list[pulumi.Resource]] = None
) -> "native.authorization.ManagementLockByScope":
    """Locks `resource` against deletion. The lock depends on its `guards`, or else destroy would fail."""
    return native.authorization.ManagementLockByScope(
        parent.logical_name(label),
        scope=resource.id,
        lock_name="do-not-delete",
        level="CanNotDelete",
        notes="Holds what cannot be made again; azure-mlplatform:lift_locks and :retire take the lock away.",
        opts=child(parent, depends_on=guards),
    )
