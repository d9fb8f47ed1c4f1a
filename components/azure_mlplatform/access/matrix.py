"""Who may do what, where: the effective rights of all plans as rows for people, by environment."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from .effective_rights import Estate, PlanGrants, Right, gives_roles, reads_data


class Row(NamedTuple):
    """All rights of one principal with one role, given by one stack."""

    environment: str
    """The stack that gives them, by folder and name."""

    who: str
    """What it is for, and its name."""

    principal: str
    """The object id."""

    role: str

    may: str
    """`reads`, `reads data`, `writes` or `gives roles`: the most of these."""

    where: tuple[str, ...]
    """Each thing in a person's words, with who makes it if that is another environment."""

    scopes: tuple[str, ...]
    """The ids of the same things."""


def rows(plans: Iterable[PlanGrants]) -> Iterator[Row]:
    """The rows of all plans, by stack, principal and role."""
    estate = Estate(plans)
    found: dict[tuple[str, str, str, str], list[Right]] = {}
    for each in estate.rights:
        key = (each.by.label, f"{each.who.kind} {each.who.name}", each.who.principal_id, each.role)
        found.setdefault(key, []).append(each)
    for (environment, who, principal, role), rights in sorted(found.items(), key=lambda each: each[0]):
        places = {_place(estate, each): each.grant.scope for each in rights}
        most = max(rights, key=_rank)
        yield Row(environment, who, principal, role, _MAY[_rank(most)], tuple(places), tuple(places.values()))


_MAY = ("reads", "reads data", "writes", "gives roles")


def _rank(right: Right) -> int:
    if gives_roles(right.permissions):
        return 3
    return 2 if right.writes() else int(reads_data(right.permissions))


def _place(estate: Estate, right: Right) -> str:
    owner = estate.owner(right.scope)
    if owner is not None and owner.key != right.by.key:
        return f"{right.place} of {owner.label}"
    return right.place if owner is not None else f"{right.place} of others"
