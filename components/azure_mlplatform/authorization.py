"""Who may do what: identities (Microsoft.ManagedIdentity), role assignments and locks (Microsoft.Authorization)."""

from typing import Optional

import pulumi
import pulumi_azure_native as native

from ._component import In, PlacedArgs, RefusedError, child
from .foundation.naming import Kind
from .foundation.problems import Problem
from .foundation.profiles import PROFILES
from .foundation.roles import PrincipalType, Role, assignment_name, role_definition_id


def user_assigned_identity(
    name: str, part: str, *, args: PlacedArgs, parent: pulumi.Resource
) -> "native.managedidentity.UserAssignedIdentity":
    """An identity; `part` tells its Azure name apart from the environment's others."""
    return native.managedidentity.UserAssignedIdentity(
        name,
        resource_name_=args.name_of(Kind.USER_ASSIGNED_IDENTITY, part),
        resource_group_name=args.resource_group_name,
        location=args.location,
        tags=args.tags,
        opts=child(parent),
    )


def assign_role(
    name: str,
    role: Role,
    *,
    principal_id: In[str],
    principal_type: PrincipalType,
    scope: In[str],
    args: PlacedArgs,
    parent: pulumi.Resource,
) -> "native.authorization.RoleAssignment":
    """Gives `principal_id` a role on `scope`.

    The assignment's GUID is made of the subscription, the group and the logical `name`, so it is known
    before scope and principal are, and stays when either is made anew. Azure refuses another principal
    under the same GUID, so the old assignment goes first.
    """
    return native.authorization.RoleAssignment(
        name,
        role_assignment_name=pulumi.Output.from_input(args.resource_group_name).apply(
            lambda group: assignment_name(args.subscription_id, group, name)
        ),
        role_definition_id=role_definition_id(args.subscription_id, role),
        principal_id=principal_id,
        principal_type=principal_type.value,
        scope=scope,
        opts=child(parent, delete_before_replace=True),
    )


def refuse_individuals(args: PlacedArgs, fix: str) -> None:
    """Raises RefusedError in an environment where no individual has access; `fix` is what to do instead."""
    if "data_scientists" not in PROFILES[args.environment].may_grant:
        raise RefusedError(
            [Problem(("group_id",), f"in a {args.environment} environment no individual has access", fix)]
        )


def lock(
    name: str,
    resource: pulumi.CustomResource,
    *,
    parent: pulumi.Resource,
    guards: Optional[list[pulumi.Resource]] = None,
) -> "native.authorization.ManagementLockByScope":
    """Locks `resource` against deletion. It comes last, after what it `guards`, or destroy would fail."""
    return native.authorization.ManagementLockByScope(
        name,
        scope=resource.id,
        lock_name="do-not-delete",
        level="CanNotDelete",
        notes="Holds what cannot be made again; azure-mlplatform:retire takes the lock away.",
        opts=child(parent, depends_on=guards),
    )
