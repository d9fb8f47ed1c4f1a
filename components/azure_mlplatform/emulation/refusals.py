"""What Azure refuses, by the tables that were transcribed from outside."""

import dataclasses
import fnmatch
from collections.abc import Container, Iterator
from ipaddress import IPv4Network
from itertools import combinations
from typing import Any, NoReturn, Optional

from ..foundation.values import name_of
from . import behaviour, one_at_a_time
from .ids import arm_type, extended, lock_scope, parent_of
from .one_at_a_time import Busy
from .refresh import merged
from .refusal import AzureError
from .tables.deletion import (
    BLOCKED,
    DELEGATED,
    HELD,
    IN_USE,
    LOCKS,
    SERIAL,
    Delegated,
    Held,
    InUse,
    Operation,
    Reach,
    Serial,
)
from .tables.immutable import ALLOWED, IMMUTABLE, ONE_WAY, Outcome
from .tables.keys import KEY_VAULTS
from .tables.names import OVERLAPS, SOFT_DELETED, TAKEN, UNIQUE, Again, Overlap, Scope, SoftDeleted, Taken, Unique
from .tables.reached import REACHED
from .tables.retired import RETIRED, Retired
from .tables.roles import FRESH, ROLE_IDS, ROLES, Needed
from .tables.row import Refusal
from .values import Found, differing, first_at, values_at
from .world import EFFECT, World
from .world import Held as Resource

_LOCK = "azure-native:authorization:ManagementLockByScope"
_VAULT = "azure-native:keyvault:Vault"
_ROLE_ASSIGNMENT = "azure-native:authorization:RoleAssignment"


def refuse(world: World, row: Refusal, *, half_way: bool = False, **values: Any) -> NoReturn:
    """Refuses by a row, with its text filled. The world remembers the row."""
    world.refused.append(row.key)
    text = row.text
    for key, value in values.items():
        text = text.replace(f"{{{key}}}", str(value))
    raise AzureError(row.status, row.code, text, half_way=half_way, assumed=row.assumed)


def refuse_change(world: World, held: Resource, body: dict[str, Any]) -> None:
    """Refuses a change of a property that cannot change."""
    before = behaviour.shown(world, held)
    for row in IMMUTABLE:
        if row.type != held.type or row.outcome is not Outcome.REFUSED:
            continue
        for old, new in _changes(values_at(before, row.path), values_at(body, row.path), row.path):
            if not _may_change((row.type, row.path), old, new):
                refuse(world, row, old=old, new=new, path=row.path)


def _changes(old: list[Found], new: list[Found], path: str) -> Iterator[tuple[Any, Any]]:
    """The values that change. Items of a list are known by their names, so a name itself changes by its place."""
    if path.endswith("[].name") and len(old) == len(new):
        old, new = ([(str(at), value) for at, (_, value) in enumerate(each)] for each in (old, new))
    return differing(old, new)


def _may_change(property_: tuple[str, str], old: Any, new: Any) -> bool:
    if property_ in ONE_WAY and ONE_WAY[property_] != old:
        return True
    return (str(old), str(new)) in ALLOWED.get(property_, ())


def refuse_retired(world: World, resource: Resource, before: Optional[Resource] = None) -> None:
    """Refuses values that nothing new may have any more. A resource that had them before keeps them."""
    for row in RETIRED:
        if row.type != arm_type(resource.id) or world.today < row.since:
            continue
        if (value := _retired(resource, row)) and not (before and _retired(before, row)):
            refuse(
                world,
                row,
                value=value,
                since=f"{row.since:%m/%d/%Y}",
                subscription=resource.id.split("/")[2],
                location=resource.body.get("location", ""),
            )


def _retired(resource: Resource, row: Retired) -> str:
    """The first value of a resource that a row names, if it has all of them."""
    found = [_first_like(resource.body, each) for each in row.values]
    return found[0] if all(found) else ""


def _first_like(body: dict[str, Any], condition: str) -> str:
    """The first value that a condition such as `path=value` holds for. Empty if there is none."""
    path, _, pattern = condition.partition("=")
    values = (str(value) for _, value in values_at(body, path))
    return next((each for each in values if fnmatch.fnmatch(each.lower(), pattern.lower())), "")


def refuse_key_vault(world: World, resource: Resource) -> None:
    """Refuses a customer-managed key whose vault lacks a property that the service asks for."""
    for row in KEY_VAULTS:
        named = first_at(resource.body, row.vault) if row.type == arm_type(resource.id) else None
        if named is None:
            continue
        host = str(named).removeprefix("https://").partition(".")[0]
        name = name_of(str(named)) if str(named).startswith("/") else host
        for vault in world.of_type(_VAULT):
            if name_of(vault.id).lower() == name.lower() and first_at(vault.body, row.needed) is not True:
                refuse(world, row, vault=vault.id)


def refuse_without_role(world: World, resource: Resource) -> None:
    """Refuses a resource whose identity lacks a role, or has one that has no effect yet."""
    for row in ROLES:
        if row.type != arm_type(resource.id):
            continue
        for identity_id, target in _pairs(world, resource, row):
            identity = world.get(identity_id)
            if identity is None or not _counts(world, target, row):
                continue
            principal = identity.read_only.get("principalId")
            if not _has_role(world, principal, target, row):
                refuse(
                    world,
                    row,
                    principal=principal,
                    identity=identity_id,
                    target=target,
                    type=arm_type(target) if target.startswith("/") else "",
                    name=name_of(resource.id),
                )


def _pairs(world: World, resource: Resource, row: Needed) -> Iterator[tuple[str, str]]:
    """The ids of identities and what each needs the role on. Of one item of a list, they belong together."""
    holder, path = resource, row.identity
    if path.startswith("parent:"):
        parent = world.get(str(parent_of(resource.id)))
        if parent is None:
            return
        holder, path = parent, path.removeprefix("parent:")
    for identity in values_at(holder.body, path):
        for target in values_at(resource.body, row.target):
            if holder is not resource or _together(identity, target):
                yield str(identity[1]), str(target[1])


def _together(one: Found, other: Found) -> bool:
    items = [where.rpartition("]")[0] for where, _ in (one, other)]
    same_list = items[0].partition("[")[0] == items[1].partition("[")[0]
    return items[0] == items[1] or not same_list


def _counts(world: World, target: str, row: Needed) -> bool:
    """Whether a row counts for a target: it can be found, and is as the row says."""
    if "." not in target and not target.startswith("/"):
        return False
    path, _, value = row.given.partition("=")
    if not path:
        return True
    if path == "type":
        return arm_type(target) == value
    there = world.get(target)
    return there is None or str(first_at(there.body, path)).lower() == value


def _has_role(world: World, principal: Any, target: str, row: Needed) -> bool:
    ids = {ROLE_IDS[each] for each in row.roles}
    for each in world.of_type(_ROLE_ASSIGNMENT):
        scope = each.id.rpartition("/providers/")[0].lower()
        if (
            each.body.get("principalId") == principal
            and name_of(str(each.body.get("roleDefinitionId"))) in ids
            and _covers(scope, target.lower())
            and _in_effect(world, each)
        ):
            return True
    return False


def _covers(scope: str, target: str) -> bool:
    """Whether a role on a scope counts on a target, which a registry's host name may stand for."""
    if target.startswith("/"):
        return f"{target}/".startswith(f"{scope}/")
    return name_of(scope) == target.partition(".")[0]


def _in_effect(world: World, assignment: Resource) -> bool:
    """Whether a role assignment has effect: no fault keeps it from it."""
    for fault in world.faults:
        if fault.operation == EFFECT and fault.target.lower() in assignment.id.lower():
            fault.times -= 1
            if fault.times <= 0:
                world.faults.remove(fault)
            return False
    return True


def refuse_unreached(world: World, resource: Resource) -> None:
    """Refuses a machine that starts and cannot reach what it needs by the private links of its network."""
    for row in REACHED:
        if row.type != arm_type(resource.id) or not all(_first_like(resource.body, each) for each in row.given):
            continue
        network = str(first_at(resource.body, row.subnet) or "").partition("/subnets/")[0]
        parent = world.get(str(parent_of(resource.id)))
        if not network or parent is None:
            continue
        target = world.get(str(first_at(parent.body, row.target))) if row.target else parent
        if target is None or first_at(target.body, "properties.publicNetworkAccess") != "Disabled":
            continue
        if not all(_is_reached(world, network, target.id, group, by_name=row.by_name) for group in row.groups):
            refuse(world, row, name=name_of(resource.id), target=target.id)


def _is_reached(world: World, network: str, target: str, group: str, *, by_name: bool) -> bool:
    connection = "privateLinkServiceConnections[].properties"
    for each in world.of_type(behaviour.PRIVATE_ENDPOINT):
        to = str(first_at(each.body, f"{connection}.privateLinkServiceId")).lower()
        if to == target.lower() and group in (first_at(each.body, f"{connection}.groupIds") or []):
            return not by_name or _is_resolved(world, network, each)
    return False


def _is_resolved(world: World, network: str, endpoint: Resource) -> bool:
    """Whether a network resolves the names of an endpoint."""
    if not any(world.of_type(behaviour.ZONE_GROUP)):
        return True
    zones = [
        world.get(str(zone))
        for each in world.below(endpoint.id)
        for _, zone in values_at(each.body, "privateDnsZoneConfigs[].properties.privateDnsZoneId")
    ]
    return bool(zones) and all(zone is None or _is_linked(world, network, zone) for zone in zones)


def _is_linked(world: World, network: str, zone: Resource) -> bool:
    return any(
        str(first_at(each.body, "virtualNetwork.id")).lower() == network.lower() for each in world.below(zone.id)
    )


def refuse_fresh_principal(world: World, resource: Resource) -> None:
    """Refuses a role for a principal that was made just now and that Azure has to look up."""
    for row in FRESH:
        if row.type != arm_type(resource.id) or first_at(resource.body, row.path):
            continue
        principal = first_at(resource.body, "properties.principalId")
        made = {id_.lower() for operation, id_ in world.log if operation == "create"}
        for each in world.resources.values():
            shown = (each.read_only, each.read_only.get("identity", {}))
            if each.id.lower() in made and any(of.get("principalId") == principal for of in shown):
                tenant = next((of["tenantId"] for of in shown if "tenantId" in of), "")
                refuse(world, row, principal=principal, tenant=tenant)


def refuse_taken(world: World, resource: Resource) -> None:
    """Refuses a name or a combination of properties that another resource has."""
    kind = arm_type(resource.id)
    for row in TAKEN:
        if row.type == kind:
            _refuse_taken_name(world, resource, row)
    for row in UNIQUE:
        if row.type == kind:
            _refuse_combination(world, resource, row)


def _refuse_taken_name(world: World, resource: Resource, row: Taken) -> None:
    mine = _claimed(resource, row.path)
    if not mine:
        return
    for each in (*world.resources.values(), *(each.resource for each in world.deleted.values())):
        if arm_type(each.id) != row.type or each.id.lower() == resource.id.lower():
            continue
        here = row.scope is Scope.GLOBAL or each.body.get("location") == resource.body.get("location")
        if here and _claimed(each, row.path) == mine and _holds(world, each):
            refuse(world, row, name=mine, id=resource.id)


def _claimed(resource: Resource, path: str) -> str:
    return name_of(resource.id).lower() if path == "name" else str(first_at(resource.body, path) or "").lower()


def _holds(world: World, each: Resource) -> bool:
    """Whether a resource, or a deleted one by its soft delete, still holds its name."""
    if each.id.lower() in world.resources:
        return True
    return any(row.type == arm_type(each.id) and row.again is not Again.NEW for row in SOFT_DELETED)


def _refuse_combination(world: World, resource: Resource, row: Unique) -> None:
    mine = _combination(resource, row)
    if not all(mine):
        return
    for each in world.resources.values():
        if arm_type(each.id) != row.type or each.id.lower() == resource.id.lower():
            continue
        if _within(mine, _combination(each, row)):
            refuse(
                world,
                row,
                other=name_of(each.id),
                zone=name_of(str(parent_of(resource.id))),
                sink=first_at(resource.body, "properties.workspaceId"),
                category=first_at(resource.body, row.paths[-1]),
            )


def _combination(resource: Resource, row: Unique) -> tuple[Any, ...]:
    if row.within == "scope":
        place: Any = resource.id.lower().rpartition("/providers/")[0]
    elif row.within == "parent":
        place = str(parent_of(resource.id)).lower()
    else:
        place = str(first_at(resource.body, row.within) or "").lower()
    values = (
        name_of(str(parent_of(resource.id))).lower()
        if path == "zone"
        else frozenset(str(value).lower() for _, value in values_at(resource.body, path))
        for path in row.paths
    )
    return place, *values


def _equal(one: Any, other: Any) -> bool:
    return bool(one & other) if isinstance(one, frozenset) and isinstance(other, frozenset) else one == other


def _within(mine: tuple[Any, ...], others: tuple[Any, ...]) -> bool:
    """Whether two combinations are in the same place, and equal in every part."""
    return mine[0] == others[0] and all(_equal(one, other) for one, other in zip(mine[1:], others[1:], strict=True))


def refuse_overlap(world: World, resource: Resource) -> None:
    """Refuses address ranges that overlap where they must not."""
    for row in OVERLAPS:
        if row.type != arm_type(resource.id):
            continue
        ranges = _ranges_within(world, resource, row)
        hub = name_of(str(first_at(resource.body, row.within) if row.within else resource.id))
        mine = str(parent_of(resource.id)).lower() if row.within else ""
        for (owner, one), (other, another) in combinations(ranges, 2):
            if owner != other and (not mine or mine in (owner, other)) and one.overlaps(another):
                refuse(
                    world, row, id=resource.id, other=other if owner == mine else owner, hub=hub, name=name_of(other)
                )


def _ranges_within(world: World, resource: Resource, row: Overlap) -> list[tuple[str, IPv4Network]]:
    """The ranges that must not overlap, each with its owner."""
    if not row.within:
        subnets = first_at(resource.body, "properties.subnets") or []
        return [(each["name"], IPv4Network(each["addressPrefix"])) for each in subnets if "addressPrefix" in each]
    hub = str(first_at(resource.body, row.within)).lower()
    peered = {str(parent_of(resource.id)).lower(), hub}
    for each in world.resources.values():
        if arm_type(each.id) == row.type and str(first_at(each.body, row.within)).lower() == hub:
            peered.add(str(parent_of(each.id)).lower())
    return [
        (network, IPv4Network(str(prefix)))
        for network in sorted(peered)
        if (held := world.get(network)) is not None
        for _, prefix in values_at(held.body, "properties.addressSpace.addressPrefixes[]")
    ]


def refuse_held_name(world: World, resource: Resource) -> Optional[Resource]:
    """Refuses a name that a soft-deleted resource holds. Returns the resource that comes back instead, if one does."""
    for row in SOFT_DELETED:
        if row.type != arm_type(resource.id):
            continue
        for key, each in list(world.deleted.items()):
            same = key == resource.id.lower()
            if row.scope is Scope.GLOBAL:
                same = arm_type(key) == row.type and name_of(key) == name_of(resource.id).lower()
            if not same or row.again is Again.NEW:
                continue
            if row.again is Again.RECOVERED or _asks_to_recover(resource, row):
                return world.deleted.pop(key).resource
            held = dataclasses.replace(row, text=f"{row.text} The name is held until {each.until}.")
            refuse(world, held, id=resource.id)
    return None


def _asks_to_recover(resource: Resource, row: SoftDeleted) -> bool:
    path, _, value = row.recover.partition("=")
    return bool(path) and str(first_at(resource.body, path)).lower() == value.lower()


def held_days(resource: Resource) -> Optional[int]:
    """The days that soft delete holds the name of a resource. None if its deletion is final."""
    for row in SOFT_DELETED:
        if row.type != arm_type(resource.id):
            continue
        if "user-assigned" in row.unless and "SystemAssigned" not in str(first_at(resource.body, "identity.type")):
            return None
        if isinstance(row.days, str):
            days = None if ":" in row.days else first_at(resource.body, row.days)
            return int(days) if isinstance(days, int | float) else (row.default or None)
        return row.days
    return None


def refuse_locked(world: World, id_: str, operation: Operation) -> None:
    """Refuses an operation on a resource that a lock holds, or the deletion of a group with one."""
    for lock in world.of_type(_LOCK):
        if (reach := _reach(id_, lock)) is not None:
            _refuse_by_lock(world, lock, id_, operation, reach)


def refuse_locked_target(world: World, endpoint: Resource) -> None:
    """Refuses the deletion of a private endpoint whose target a lock holds: its connection lies below the target."""
    for _, target in values_at(endpoint.body, "privateLinkServiceConnections[].properties.privateLinkServiceId"):
        connection = f"{target}/privateEndpointConnectionProxies/{name_of(endpoint.id)}"
        for lock in world.of_type(_LOCK):
            if _reach(connection, lock) is not None:
                _refuse_by_lock(world, lock, connection, Operation.DELETE, Reach.ENDPOINT)


def _refuse_by_lock(world: World, lock: Resource, id_: str, operation: Operation, reach: Reach) -> None:
    for row in LOCKS:
        if (row.level, row.operation, row.reach) == (lock.body.get("level"), operation, reach):
            refuse(
                world,
                row,
                half_way=row.half_way,
                id=id_,
                operation=operation,
                locked=lock_scope(lock.id),
                type=arm_type(str(parent_of(id_))),
            )


def _reach(id_: str, lock: Resource) -> Optional[Reach]:
    """The relation of a resource to what a lock holds. None if there is none, or if it is a lock itself."""
    scope, here = lock_scope(lock.id).lower(), id_.lower()
    if arm_type(here) == "microsoft.authorization/locks":
        return None
    if scope == here:
        return Reach.SELF
    if here.startswith(f"{scope}/"):
        return Reach.EXTENSION if extended(here) != here else Reach.CHILD
    return Reach.GROUP if scope.startswith(f"{here}/") else None


def refuse_state(world: World, held: Resource, *, delete: bool) -> None:
    """Refuses a change or deletion that the state of a resource forbids."""
    for row in HELD:
        if row.type != arm_type(held.id) or not (delete or row.writes):
            continue
        shown = merged(behaviour.shown(world, held), held.read_only)
        if str(first_at(shown, row.path)) != row.value:
            continue
        if not row.last or not _has_another(world, held, row):
            refuse(world, row)


def _has_another(world: World, held: Resource, row: Held) -> bool:
    """Whether another resource below the same parent is in the state of a row."""
    parent = world.get(str(parent_of(held.id)))
    if parent is not None and parent.type == behaviour.CLUSTER:
        pools = behaviour.shown(world, parent)["agentPoolProfiles"]
        return any(each["name"] != name_of(held.id) and str(first_at(each, row.path)) == row.value for each in pools)
    return any(
        arm_type(each.id) == row.type and each.id != held.id and str(first_at(each.body, row.path)) == row.value
        for each in world.below(str(parent_of(held.id)))
    )


def refuse_in_use(world: World, held: Resource) -> None:
    """Refuses the deletion of a resource that others use."""
    going = {each.id.lower() for each in world.below(held.id)} | {held.id.lower()}
    for row in IN_USE:
        if row.type != arm_type(held.id):
            continue
        for each in world.resources.values():
            if row.path and each.id.lower() in going:
                continue
            if _uses(world, each, held, row):
                refuse(world, row, id=held.id, name=name_of(held.id), user=each.id, user_name=name_of(each.id), count=1)


def refuse_lost_subnets(world: World, held: Resource, body: dict[str, Any]) -> None:
    """Refuses a network without a subnet that it had and that others use."""
    if held.type != behaviour.VNET:
        return
    names = {str(value).lower() for _, value in values_at(body, "subnets[].name")}
    for _, name in values_at(held.body, "subnets[].name"):
        if str(name).lower() not in names:
            refuse_in_use(world, Resource(f"{held.id}/subnets/{name}", behaviour.SUBNET, {}))


def refuse_lost_delegations(world: World, held: Resource, body: dict[str, Any]) -> None:
    """Refuses a network with a subnet that lost its delegation while something of the service is in it."""
    if held.type != behaviour.VNET:
        return
    for subnet in body.get("subnets") or []:
        id_ = f"{held.id}/subnets/{subnet.get('name')}"
        services = {str(value).lower() for _, value in values_at(subnet, "delegations[].serviceName")}
        for row in DELEGATED:
            if row.service.lower() not in services and _holds_subnet(world, id_, row):
                refuse(world, row, id=id_, service=row.service, link=row.link)


def _holds_subnet(world: World, id_: str, row: Delegated) -> bool:
    """Whether a resource of a service is in a subnet."""
    users = (each for each in world.resources.values() if arm_type(each.id) == row.user)
    return any(str(first_at(behaviour.shown(world, each), row.path)).lower() == id_.lower() for each in users)


def staying(world: World, group: Resource) -> list[Resource]:
    """The resources that the deletion of a group cannot take: something outside refers to them, or they hold one that
    stays."""
    inside = world.below(group.id)
    within = {each.id.lower() for each in inside}
    users = [each for key, each in world.resources.items() if key not in within and key != group.id.lower()]
    stays: dict[str, Resource] = {}
    while more := [
        each
        for each in inside
        if each.id.lower() not in stays
        and any(
            user.id.lower().startswith(f"{each.id.lower()}/")
            or any(row.type == arm_type(each.id) and _uses(world, user, each, row) for row in IN_USE)
            for user in users
        )
    ]:
        users = more
        stays |= {each.id.lower(): each for each in more}
    return list(stays.values())


def refuse_blocked(world: World, group: Resource, stays: list[Resource]) -> None:
    """Refuses the deletion of a group in which something stays. What could be deleted is gone by then."""
    for row in BLOCKED:
        if row.type == arm_type(group.id) and stays:
            users = ",".join(each.id for each in stays)
            refuse(world, row, half_way=True, name=name_of(group.id), users=users, tracking="none")


def _uses(world: World, user: Resource, held: Resource, row: InUse) -> bool:
    if arm_type(user.id) != row.user:
        return False
    if not row.path:
        return parent_of(user.id.lower()) == held.id.lower()
    if row.kind:
        if parent_of(user.id.lower()) != parent_of(held.id.lower()):
            return False
        prefix = row.path.removesuffix(".referenceName")
        found = (value for _, value in values_at(user.body, prefix) if isinstance(value, dict))
        return any(
            each.get("type") == row.kind and str(each.get("referenceName")).lower() == name_of(held.id).lower()
            for each in found
        )
    for _, value in values_at(behaviour.shown(world, user), row.path):
        named = str(value).lower()
        if row.by_name and name_of(named) == name_of(held.id).lower():
            return True
        if named == held.id.lower() or (row.below and named.startswith(f"{held.id.lower()}/")):
            return True
    return False


def kept_busy(world: World, id_: str, operation: str, body: dict[str, Any]) -> set[Busy]:
    """The resources that an operation keeps busy, each with the key of its row."""
    return one_at_a_time.kept_busy(_serial(world), id_, operation, body)


def refuse_busy(world: World, id_: str, body: dict[str, Any], busy: Container[Busy]) -> None:
    """Refuses an operation on or below a resource that another operation keeps busy, or that refers to one."""
    for row, each in one_at_a_time.met(_serial(world), id_, body):
        if (each.lower(), row.key) in busy:
            refuse(
                world,
                row,
                id=each,
                name=name_of(each),
                user=id_,
                state="Updating",
                operation="Update",
                uri=f"https://management.azure.com{each}/operations/busy",
            )


def _serial(world: World) -> Iterator[Serial]:
    return (row for row in SERIAL if row.always or world.strict)
