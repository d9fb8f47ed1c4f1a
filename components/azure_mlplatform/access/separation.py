"""Finds where environments are not apart in what they may do: what two may write, who is in both, who can give rights.

Each rule is an index by scope or principal, so its work grows with the number of rights, not of pairs of plans.
"""

from collections.abc import Iterable, Iterator
from functools import lru_cache

from ..catalogue.role_permissions import EVERYTHING, Permissions
from ..foundation.built_in_roles import ROLE_IDS, Role
from ..foundation.problems import Problem
from .conditions import ASSIGN, UNASSIGN
from .effective_rights import (
    ANY,
    GIVING,
    PROD,
    Estate,
    Grant,
    PlanGrants,
    Right,
    above,
    at_scope,
    both_write,
    gives_roles,
    giving,
    place_of,
    reads_data,
)

_SHOWN = 3

SHARED_BY_NATURE = {
    "microsoft.network/privatednszones/join/action": "a private endpoint's zone group adds and takes away the records "
    "of that endpoint alone",
    "microsoft.network/virtualnetworks/peer/action": "a hub is peered to all; the hub's owner makes the other side, "
    "without which no peering connects",
    "microsoft.network/virtualnetworks/join/action": "links a zone of one's own to a hub; what is put into a subnet "
    "takes another right, on the subnet",
    "microsoft.operationalinsights/workspaces/sharedkeys/action": "sending logs to a central workspace takes it; with "
    "the key, logs can be added, and none read or deleted",
}
"""Operations on what several environments use, none of which can harm another with it, and why."""

HANDED_OUT_BY_NEED = {
    ROLE_IDS[Role.CONTRIBUTOR]: (
        "microsoft.containerservice/managedclusters",
        (
            "Azure ML asks for it on a cluster with Trusted Access, for the workspace's identity (MicrosoftDocs/"
            "azure-ai-docs: machine-learning/how-to-attach-kubernetes-to-workspace, 2025-03-08, read 2026-11-28), and "
            "refuses the attachment without it (Azure/AML-Kubernetes#279). A condition cannot say whose identity, "
            "because the deployment makes it"
        ),
    ),
}
"""Roles that allow to give more, and that whoever deploys a plan with them has to hand out: the type of resource on
which alone a plan may give it, and why. Nobody may give them to identities of pipelines. docs/rights.md."""


def violations(plans: Iterable[PlanGrants]) -> Iterator[Problem]:
    """Every way in which environments are not apart. The order of the plans does not matter."""
    estate = Estate(plans)
    yield from _groups_are_apart(estate)
    yield from _principals_are_apart(estate)
    yield from _prod_is_closed(estate)
    yield from _rights_are_on_own_resources(estate)
    yield from _writers_are_apart(estate)
    yield from _nobody_gives_more(estate)


def _groups_are_apart(estate: Estate) -> Iterator[Problem]:
    """A problem if two environments make resources in one resource group: a role on it counts for both."""
    for plan in estate.plans:
        for each in plan.groups:
            first = estate.owners[each]
            if first.key != plan.key:
                yield Problem(
                    ("azure-mlplatform:resource_group_id",),
                    f"{place_of(each)} is also the group of {first.label}: who has a role on it has it in both",
                    "Give each environment a group of its own",
                    plan.file,
                )


def _principals_are_apart(estate: Estate) -> Iterator[Problem]:
    """A problem if a principal that no plan makes has rights from two environments, and in one more than reading."""
    first: dict[str, Right] = {}
    more: set[str] = {each.who.principal_id for each in estate.rights if each.of is None and _more_than_reading(each)}
    said: set[tuple[str, tuple[str, str]]] = set()
    for each in estate.rights:
        principal = each.who.principal_id
        if each.of is not None or principal not in more:
            continue
        other = first.setdefault(principal, each)
        if other.by.key != each.by.key and (principal, each.by.key) not in said:
            said.add((principal, each.by.key))
            yield Problem(
                ("azure-mlplatform:access",) if each.who.kind == "group" else (),
                f"{each.who.kind} {principal} has rights here and in {other.by.label}, and may do more than read",
                f"Give each environment a {each.who.kind.removeprefix('unknown ')} of its own",
                each.by.file,
            )


def _more_than_reading(right: Right) -> bool:
    return right.writes() or reads_data(right.permissions)


def _prod_is_closed(estate: Estate) -> Iterator[Problem]:
    """A problem for each person with a right in prod, and for each group that may write there."""
    for each in estate.rights:
        owner = estate.owner(each.scope)
        if PROD not in (each.by.tier, owner.tier if owner else ""):
            continue
        kind = each.grant.principal_type
        if each.of is None and kind in ("User", ANY):
            who = "a person" if kind == "User" else "of an unknown kind, so it may be a person"
            yield Problem(
                (),
                f"{each.role} on {each.place} is given to {each.who.principal_id}, {who}",
                "In prod nothing is given to a person. Use a managed identity, or a group that may only read",
                each.by.file,
            )
        elif kind == "Group" and _more_than_reading(each):
            yield Problem(
                ("azure-mlplatform:access",),
                f"group {each.who.principal_id} has {each.role} on {each.place}, with which it may do more than read",
                "In prod a group may only read. Use a managed identity, or Entra PIM for an emergency",
                each.by.file,
            )


def _rights_are_on_own_resources(estate: Estate) -> Iterator[Problem]:
    """A problem for each role with which an identity changes, or reads the data of, what another environment makes."""
    for each in estate.rights:
        owner = estate.owner(each.scope)
        if owner is None or owner.key == each.holder.key:
            continue
        alone = each._replace(permissions=_together((each.permissions,), False))
        if not (alone.writes() or reads_data(each.permissions)):
            continue
        named_by_owner = each.by.key == owner.key and owner.tier == each.holder.tier
        if named_by_owner or _is_shared_cluster(estate, each, owner) or _shared(each.scope, each.holder, owner):
            continue
        yield Problem(
            ("azure-mlplatform:shares",),
            f"{each.who.kind} {each.who.name} gets {each.role} on {each.place}, which {owner.label} makes",
            _share_fix(each.holder, owner, each.grant.scope),
            each.by.file,
        )


def _is_shared_cluster(estate: Estate, right: Right, owner: PlanGrants) -> bool:
    """Whether a right is on a cluster that its owner made for several workspaces, and may be there: of the same kind
    of environment, and in prod with a reason, because Azure asks for a role with which the cluster can be changed."""
    clusters = [each for each in above(right.scope) if each in estate.shared_clusters]
    if not clusters or owner.tier != right.holder.tier:
        return False
    return owner.tier != PROD or not right.writes() or _says(right.holder, clusters[0], owner) != ""


def _writers_are_apart(estate: Estate) -> Iterator[Problem]:
    """A problem for each scope on which two environments may write, without a reason that both their settings give."""
    at: dict[str, dict[Permissions, list[tuple[int, Right]]]] = {}
    writers: list[tuple[int, Right, Permissions]] = []
    seen: set[tuple[str, tuple[str, str], Permissions]] = set()
    for number, each in enumerate(estate.rights):
        may = _widest(estate, each)
        if (each.scope, each.holder.key, may) not in seen:
            seen.add((each.scope, each.holder.key, may))
            writers.append((number, each, may))
            at.setdefault(each.scope, {}).setdefault(may, []).append((number, each))
    said: set[tuple[str, tuple[str, str]]] = set()
    for number, each, may in writers:
        if estate.owner(each.scope) is not None or (each.scope, each.holder.key) in said:
            continue
        found = _first_writer(at, number, each, may)
        if found is not None:
            other, operation = found
            said.add((each.scope, each.holder.key))
            yield Problem(
                ("azure-mlplatform:shares",),
                f"{each.who.kind} {each.who.name} may write {each.place} ({each.role}: {operation}), and so may "
                f"{other.who.kind} {other.who.name} of {other.holder.label} ({other.role})",
                _share_fix(each.holder, other.holder, each.grant.scope),
                each.by.file,
            )


def _first_writer(
    at: dict[str, dict[Permissions, list[tuple[int, Right]]]], number: int, right: Right, may: Permissions
) -> "tuple[Right, str] | None":
    """The first right of another environment that may write at the scope of a right, and what both may."""
    for scope in above(right.scope):
        for theirs, rights in at.get(scope, {}).items():
            operation = both_write(may, theirs, right.scope)
            for earlier, other in rights if operation else ():
                if scope == right.scope and earlier >= number:
                    break
                if other.holder.key != right.holder.key and not _shared(right.scope, right.holder, other.holder):
                    return other, operation
    return None


def _widest(estate: Estate, right: Right) -> Permissions:
    """Returns all that a right allows, with all that its holder can give itself by it, and without what is shared by
    nature."""
    given = {role for role, _ in estate.handed_out(right)} if gives_roles(right.permissions) else set()
    return _together((right.permissions, *(estate.role(each)[1] for each in sorted(given))), bool(given))


@lru_cache(maxsize=10_000)
def _together(roles: tuple[Permissions, ...], gives: bool) -> Permissions:
    left_out = {*SHARED_BY_NATURE, *((ASSIGN.lower(), UNASSIGN.lower()) if gives else ())}
    first, *others = roles
    if not others:
        kept = tuple(each for each in first.actions if each.lower() not in left_out)
        return Permissions(kept, first.not_actions, first.data_actions, first.not_data_actions)
    return Permissions(
        actions=tuple(dict.fromkeys(each for one in roles for each in one.actions if each.lower() not in left_out)),
        data_actions=tuple(dict.fromkeys(each for one in roles for each in one.data_actions)),
    )


def _nobody_gives_more(estate: Estate) -> Iterator[Problem]:
    """A problem for each principal that can give itself or another more than its environment's plans give."""
    given: dict[tuple[str, str], dict[str, set[Grant]]] = {}
    for each in estate.rights:
        for scope in above(each.scope):
            given.setdefault(each.by.key, {}).setdefault(scope, set()).add(each.grant)
    for each in estate.rights:
        ways = list(giving(each.permissions, each.scope))
        for way in ways:
            if way != ASSIGN:
                yield Problem(
                    (),
                    f"{each.who.kind} {each.who.name} has {each.role} on {each.place}, which {GIVING[way]} ({way})",
                    "Take the operation out of the role: who has it can give itself more",
                    each.by.file,
                )
        if ASSIGN in ways:
            yield from _gives_too_much(estate, each, given.get(each.holder.key, {}).get(each.scope, set()))


def _gives_too_much(estate: Estate, right: Right, given: set[Grant]) -> Iterator[Problem]:
    yield from _gives_pipelines(estate, right, given)
    handed = estate.handed_out(right)
    own = {each.role for each in given}
    beyond = {role for role, _ in handed if role not in own}
    giving_more = {
        role
        for role, _ in handed
        if role in own and any(giving(estate.role(role)[1], right.scope)) and not _is_needed(role, given)
    }
    people = sorted({kind for _, kind in handed if _may_not_get(estate, right, handed, kind)})
    if not beyond and not giving_more and not people:
        return
    what = f"any of {len(beyond)} roles that its plans do not give there ({_role_names(estate, beyond)})"
    more = f"roles that let their holder give more ({_role_names(estate, giving_more)})"
    to = f"roles to principals of the kind {' and '.join(people)} in prod"
    yield Problem(
        (),
        f"{right.who.kind} {right.who.name} may assign roles on {right.place}, and hand out "
        f"{' and '.join(filter(None, [what if beyond else '', more if giving_more else '', to if people else '']))}",
        "Give the assignment the condition that `mlplatform rights` prints for the scope"
        if not right.grant.condition
        else "Write the condition anew from `mlplatform rights`",
        right.by.file,
    )


def _gives_pipelines(estate: Estate, right: Right, given: set[Grant]) -> Iterator[Problem]:
    """A problem for each identity of the environment's pipelines, who gives the roles too, that may get a role there
    which no plan gives it."""
    for each in estate.pipelines(right.holder):
        own = {one.role for one in given if one.principal == each.principal_id}
        beyond = estate.handed_to(right, each.principal_id) - own
        if beyond:
            to = "itself" if each == right.who else f"{each.kind} {each.name}"
            yield Problem(
                (),
                f"{right.who.kind} {right.who.name} may assign roles on {right.place}, and give {to} what no plan "
                f"gives it there: {_role_names(estate, beyond)}",
                "Let the landing make the assignment: its condition leaves out the identities of pipelines",
                right.by.file,
            )


def _role_names(estate: Estate, roles: set[str]) -> str:
    names = sorted(estate.role(each)[0] for each in roles)
    return ", ".join(names[:_SHOWN]) + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")


def _is_needed(role: str, given: set[Grant]) -> bool:
    """Whether a role has to be handed out: plans give it, on the one type of resource that asks for it alone."""
    type_, _ = HANDED_OUT_BY_NEED.get(role, ("", ""))
    scopes = {each.scope for each in given if each.role == role}
    return bool(type_ and scopes) and all(at_scope(each)[0] == f"{type_}/*" for each in scopes)


def _may_not_get(estate: Estate, right: Right, handed: list[tuple[str, str]], kind: str) -> bool:
    """Whether principals of a kind must not get, in prod, what somebody may hand out to them."""
    if right.holder.tier != PROD or kind == "ServicePrincipal":
        return False
    if kind == "User":
        return True
    roles = (estate.role(role)[1] for role, to in handed if to == kind)
    return any(both_write(each, EVERYTHING, right.scope) or reads_data(each) for each in roles)


def _shared(scope: str, one: PlanGrants, other: PlanGrants) -> bool:
    """Whether the settings of both say that a scope is shared with the other, for the same reason."""
    mine, theirs = _says(one, scope, other), _says(other, scope, one)
    return mine != "" and mine == theirs


def _says(plan: PlanGrants, scope: str, other: PlanGrants) -> str:
    """The reason for which a plan's settings share a scope with another one. Empty: they do not."""
    for each in plan.shares:
        with_other = (each.project, each.environment) in ((other.project, other.environment), (ANY, ANY))
        if with_other and f"{scope}/".startswith(f"{each.resource_id}/"):
            return each.reason
    return ""


def _share_fix(mine: PlanGrants, theirs: PlanGrants, scope: str) -> str:
    return (
        f"Use a resource of its own. If both must have it, add the same reason to the settings of both: shares: "
        f"[{{resource_id: {scope}, project: {theirs.project}, environment: {theirs.environment or '?'}, reason: …}}], "
        f"and in {theirs.label} project: {mine.project}, environment: {mine.environment or '?'}"
    )
