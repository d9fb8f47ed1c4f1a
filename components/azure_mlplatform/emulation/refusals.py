"""What Azure refuses, by the tables that were transcribed from outside."""

from collections.abc import Iterator
from typing import Any, Optional

from ..foundation.values import name_of
from . import behaviour
from .ids import ancestors, arm_type, extended, lock_scope, parent_of
from .refresh import merged
from .refusal import AzureError
from .tables.deletion import (
    HELD,
    IN_USE,
    LOCKED_CODE,
    LOCKED_STATUS,
    LOCKED_TEXT,
    LOCKS,
    SERIAL,
    InUse,
    Operation,
    Reach,
)
from .tables.immutable import ALLOWED, ANY_VALUE, IMMUTABLE, ONE_WAY, Outcome
from .tables.names import SOFT_DELETED, TAKEN, UNIQUE, Again, Scope, SoftDeleted, Taken, Unique
from .values import differing, first_at, values_at
from .world import Held as Resource
from .world import World

_LOCK = "azure-native:authorization:ManagementLockByScope"


def refuse_change(held: Resource, body: dict[str, Any]) -> None:
    """Refuses a change of a property that cannot change."""
    for row in IMMUTABLE:
        if row.type != held.type or row.outcome is not Outcome.REFUSED:
            continue
        for old, new in differing(values_at(held.body, row.path), values_at(body, row.path)):
            if _may_change((row.type, row.path), old, new):
                continue
            text = row.message or "Changing property '{path}' from '{old}' to '{new}' is not allowed."
            text = text.replace("{old}", str(old)).replace("{new}", str(new)).replace("{path}", row.path)
            raise AzureError(400, row.code or "PropertyChangeNotAllowed", text)


def _may_change(property_: tuple[str, str], old: Any, new: Any) -> bool:
    if property_ in ONE_WAY and ONE_WAY[property_] not in (ANY_VALUE, old):
        return True
    return (str(old), str(new)) in ALLOWED.get(property_, ())


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
            raise AzureError(row.status, row.code, row.text.replace("{name}", mine).replace("{id}", resource.id))


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
            raise AzureError(row.status, row.code, _filled(row.text, resource, each))


def _combination(resource: Resource, row: Unique) -> tuple[Any, ...]:
    if row.within == "scope":
        place: Any = resource.id.lower().rpartition("/providers/")[0]
    elif row.within == "parent":
        place = str(parent_of(resource.id)).lower()
    else:
        place = str(first_at(resource.body, row.within)).lower()
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
            text = f"{_filled(row.text, resource, each.resource)} The name is held until {each.until}."
            raise AzureError(row.status, row.code, text)
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


def refuse_locked(world: World, id_: str) -> None:
    """Refuses the deletion of a resource that a lock holds, or of a group with one."""
    for lock in world.of_type(_LOCK):
        reach = _reach(id_, lock)
        if reach is None:
            continue
        if any(
            row.refused
            and row.level == lock.body.get("level")
            and row.operation is Operation.DELETE
            and row.reach is reach
            for row in LOCKS
        ):
            text = LOCKED_TEXT.replace("{id}", id_).replace("{operation}", "delete")
            raise AzureError(LOCKED_STATUS, LOCKED_CODE, text.replace("{locked}", lock_scope(lock.id)))


def refuse_locked_target(world: World, endpoint: Resource) -> None:
    """Refuses the deletion of a private endpoint whose target a lock holds: its connection lies below the target."""
    for _, target in values_at(endpoint.body, "privateLinkServiceConnections[].properties.privateLinkServiceId"):
        refuse_locked(world, f"{target}/privateEndpointConnectionProxies/{name_of(endpoint.id)}")


def _reach(id_: str, lock: Resource) -> Optional[Reach]:
    scope, deleted = lock_scope(lock.id).lower(), id_.lower()
    if arm_type(deleted) == "microsoft.authorization/locks":
        return Reach.LOCK
    if scope == deleted:
        return Reach.SELF
    if deleted.startswith(f"{scope}/"):
        return Reach.EXTENSION if extended(deleted) != deleted else Reach.CHILD
    if scope.startswith(f"{deleted}/"):
        # A whole that holds what is locked: the group, or the parent of a locked child.
        return Reach.GROUP
    return None


def refuse_state(world: World, held: Resource, *, delete: bool) -> None:
    """Refuses a change or deletion that the state of a resource forbids."""
    for row in HELD:
        if row.type != arm_type(held.id) or not (delete or row.writes):
            continue
        shown = merged(behaviour.shown(world, held), held.read_only)
        if str(first_at(shown, row.path)) != row.value:
            continue
        if row.last and any(
            arm_type(each.id) == row.type and each.id != held.id and str(first_at(each.body, row.path)) == row.value
            for each in world.below(str(parent_of(held.id)))
        ):
            continue
        if row.last and held.type == behaviour.AGENT_POOL:
            # The system pool stands in the cluster's own body.
            continue
        raise AzureError(row.status, row.code, row.text)


def refuse_in_use(world: World, held: Resource) -> None:
    """Refuses the deletion of a resource that others use."""
    going = {each.id.lower() for each in world.below(held.id)} | {held.id.lower()}
    for row in IN_USE:
        if row.type != arm_type(held.id):
            continue
        for each in world.resources.values():
            if arm_type(each.id) == row.user and _uses(world, each, held, row):
                if row.path and each.id.lower() in going:
                    continue
                raise AzureError(row.status, row.code, _filled(row.text, held, each))


def _uses(world: World, user: Resource, held: Resource, row: InUse) -> bool:
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
        if named == held.id.lower() or (row.below and named.startswith(f"{held.id.lower()}/")):
            return True
    return False


def busy(id_: str) -> Iterator[tuple[str, Any]]:
    """The resources that take one write at a time and that an operation on an id keeps busy, with their row."""
    rows = {row.type: row for row in SERIAL if row.always and not row.path}
    for each in ancestors(id_):
        if (row := rows.get(arm_type(each))) is not None and arm_type(each) != "microsoft.resources/resourcegroups":
            yield each.lower(), row


def _filled(text: str, resource: Resource, other: Resource) -> str:
    """A text of a table, with its placeholders filled."""
    return (
        text.replace("{id}", resource.id)
        .replace("{name}", name_of(resource.id))
        .replace("{zone}", name_of(str(parent_of(resource.id))))
        .replace("{user_name}", name_of(other.id))
        .replace("{user}", other.id)
        .replace("{other}", name_of(other.id))
        .replace("{count}", "1")
    )
