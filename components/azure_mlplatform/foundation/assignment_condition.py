"""The condition on a role assignment that limits which roles its holder may give, and to whom."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import NamedTuple, Optional

from .built_in_roles import GIVEN_BEFORE, PrincipalType

_ASSIGNMENTS = "Microsoft.Authorization/roleAssignments"


class Given(NamedTuple):
    """A role that somebody gets."""

    role_id: str
    """The GUID of its definition."""

    principal_type: str


def assignment_condition(given: Iterable[Given], only: Optional[Mapping[str, Collection[str]]] = None) -> str:
    """The condition that allows to give each role to its kinds of principal only. Empty without roles.

    `only` has principals, by object id, each with the roles that it may get and no other: who gives roles may get none,
    or it could give them to itself. Default: no principal is known.

    Source: Learn, "Examples to delegate Azure role assignment management with conditions" (role-based-access-control/
    delegate-role-assignments-examples: roles and principal types, specific principals; GuidNotEquals with all values of
    roles), 2024-04-15, and conditions-authorization-actions-attributes, 2023-09-20 (the attributes of both operations;
    GuidNotEquals of a principal). Both read 2026-11-28.
    """
    wanted, known = set(given), only or {}
    if not wanted and not any(known.values()):
        return ""
    before = {Given(GIVEN_BEFORE[each], kind) for each, kind in wanted if each in GIVEN_BEFORE and kind == _SERVICE}
    return " AND ".join(
        f"((!(ActionMatches{{'{_ASSIGNMENTS}/{verb}'}})) OR {' OR '.join(_clauses(of, roles, known))})"
        for verb, of, roles in (("write", "Request", wanted), ("delete", "Resource", wanted | before))
    )


_SERVICE = PrincipalType.SERVICE_PRINCIPAL.value


def _clauses(of: str, given: Collection[Given], only: Mapping[str, Collection[str]]) -> Iterator[str]:
    """Of each kind of principal, which roles it may get, and of each principal in `only`."""
    others = ""
    if only:
        others = f" AND @{of}[{_ASSIGNMENTS}:PrincipalId] ForAnyOfAllValues:GuidNotEquals {{{_listed(only)}}}"
    for kind in sorted({each.principal_type for each in given}):
        yield (
            f"({_is_one_of(of, (each.role_id for each in given if each.principal_type == kind))}"
            f" AND @{of}[{_ASSIGNMENTS}:PrincipalType] ForAnyOfAnyValues:StringEqualsIgnoreCase {{'{kind}'}}{others})"
        )
    for principal, roles in sorted(only.items()):
        if roles:
            yield (
                f"({_is_one_of(of, roles)}"
                f" AND @{of}[{_ASSIGNMENTS}:PrincipalId] ForAnyOfAnyValues:GuidEquals {{{principal}}})"
            )


def _is_one_of(of: str, role_ids: Iterable[str]) -> str:
    return f"@{of}[{_ASSIGNMENTS}:RoleDefinitionId] ForAnyOfAnyValues:GuidEquals {{{_listed(role_ids)}}}"


def _listed(ids: Iterable[str]) -> str:
    return ", ".join(sorted(set(ids)))
