"""The condition on a role assignment that limits which roles its holder may give, and to which kinds of principal."""

from collections.abc import Iterable

_ASSIGNMENTS = "Microsoft.Authorization/roleAssignments"


def assignment_condition(role_ids: Iterable[str], principal_types: Iterable[str]) -> str:
    """The condition that allows these roles only, by the GUIDs of their definitions, for these kinds of principal.

    Empty without roles. Source: Learn, "Examples to delegate Azure role assignment management with conditions"
    (role-based-access-control/delegate-role-assignments-examples, "Constrain roles and principal types", 2024-04-15,
    read 2026-11-28).
    """
    roles = ", ".join(sorted(set(role_ids)))
    kinds = ", ".join(sorted({f"'{each}'" for each in principal_types}))
    if not roles:
        return ""
    return " AND ".join(
        f"((!(ActionMatches{{'{_ASSIGNMENTS}/{verb}'}}))"
        f" OR (@{of}[{_ASSIGNMENTS}:RoleDefinitionId] ForAnyOfAnyValues:GuidEquals {{{roles}}}"
        f" AND @{of}[{_ASSIGNMENTS}:PrincipalType] ForAnyOfAnyValues:StringEqualsIgnoreCase {{{kinds}}}))"
        for verb, of in (("write", "Request"), ("delete", "Resource"))
    )
