"""The rights that a deploying identity needs for a plan: which operation, on which scope, because of what.

Computed from the recorded resources and `catalogue/operations.py`. A right on a resource that the plan makes is for its
resource group; a right on anything else, for that thing, so that each owner sees what to grant where.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Optional

from ..catalogue.operations import IN_TEMPLATES, OF_TARGETS, OPERATIONS, RESERVED_GROUP, Operation
from ..foundation.assignment_condition import Given, assignment_condition
from ..foundation.built_in_roles import role_name
from ..foundation.problems import Problem, ProblemsError
from ..foundation.values import name_of
from ..resource_types import resource_type
from .resource import UNKNOWN, AdoptedResource, Plan, PlannedResource

_GROUP = "azure-native:resources:ResourceGroup"
_ROLE_ASSIGNMENT = "azure-native:authorization:RoleAssignment"
_DEPLOYMENT = "azure-native:resources:Deployment"
_LOCK = "azure-native:authorization:ManagementLockByScope"


class Need(StrEnum):
    """What a right is needed for."""

    UP = "up"
    """`pulumi up` that makes and changes, also again."""

    REMOVAL = "removal"
    """`pulumi up` that takes something out of the settings, with `lift_locks` where locks stand against it."""

    RETIREMENT = "retirement"
    """`retire`, `pulumi up`, and then `pulumi destroy`."""


@dataclass(frozen=True, slots=True)
class Reason:
    """A resource because of which a right is needed."""

    urn: str
    what: str
    """The resource, in a person's words."""

    does: str
    """What it does with the scope. Empty: it is itself read, written or deleted."""

    assumed: bool
    """Whether no source states that the right is needed."""

    def __str__(self) -> str:
        return f"{self.what}: {self.does}" if self.does else self.what


@dataclass(frozen=True, slots=True)
class Right:
    """An operation on a scope."""

    action: str
    scope: str
    needed_for: tuple[Need, ...]
    because: tuple[Reason, ...]
    deletes_held: bool = False
    """Whether it deletes something that Pulumi protects or that a lock holds."""

    @property
    def assumed(self) -> bool:
        """Whether no source states that it is needed."""
        return all(each.assumed for each in self.because)

    def as_json(self) -> dict[str, Any]:
        """The right as `mlplatform rights --json` prints it."""
        return {
            "action": self.action,
            "scope": self.scope,
            "needed_for": list(self.needed_for),
            "assumed": self.assumed,
            "deletes_held": self.deletes_held,
            "because": [{"urn": each.urn, "what": each.what, "does": each.does} for each in self.because],
        }


@dataclass(frozen=True, slots=True, order=True)
class Assignment:
    """A built-in role that the deployment gives somebody."""

    role: str
    role_id: str
    scope: str
    principal: str
    """The name of the identity that the plan makes, or the object id of another one."""

    principal_type: str


@dataclass(frozen=True, slots=True, order=True)
class ByOthers:
    """Something that somebody else has to do, with the rights that this takes."""

    what: str
    rights: tuple[tuple[str, str], ...]
    """Action and scope."""


@dataclass(frozen=True, slots=True)
class Rights:
    """All that a deploying identity must be allowed for a stack."""

    project: str
    stack: str
    notices: tuple[tuple[str, str], ...]
    """What the program logged: severity and text."""

    groups: tuple[str, ...]
    """The ids of the resource groups in which the plan makes resources."""

    made_groups: frozenset[str]
    """Those of them that the plan makes too, in lower case."""

    rights: tuple[Right, ...]
    assignments: tuple[Assignment, ...]
    registrations: Mapping[str, tuple[str, ...]]
    """Subscription → the resource providers that must be registered there, once, by its owner."""

    by_others: tuple[ByOthers, ...]

    @property
    def scopes(self) -> list[str]:
        """The scopes: subscriptions, then the plan's groups, then what others own."""
        return list(dict.fromkeys(each.scope for each in self.rights))

    @property
    def own_scope(self) -> str:
        """The scope of most rights: the plan's first group."""
        return self.groups[0] if self.groups else self.scopes[0]

    def on(self, scope: Optional[str] = None, need: Optional[Need] = None) -> list[Right]:
        """The rights on a scope, and for a need. Default: all."""
        return [
            each for each in self.rights if scope in (None, each.scope) and (need is None or need in each.needed_for)
        ]

    def condition(self, scope: Optional[str] = None) -> str:
        """The condition for a role assignment that limits which roles may be given, each to its kinds of principal.

        Empty if no role is given on the scope. Default: any scope. See `assignment_condition`.
        """
        given = [each for each in self.assignments if scope is None or self._granted_on(each) == scope.lower()]
        return assignment_condition(Given(each.role_id, each.principal_type) for each in given)

    def _granted_on(self, assignment: Assignment) -> str:
        scope = assignment.scope.lower()
        return next((each.lower() for each in self.groups if f"{scope}/".startswith(f"{each.lower()}/")), scope)

    def role(self, scope: str, need: Need) -> dict[str, Any]:
        """A custom role for a scope, as `az role definition create` takes it.

        It may be assigned in the scope's resource group; in its subscription if the plan makes that group, because
        nothing can be assigned on a group before.
        """
        place = re.match(r"/subscriptions/[^/]+(/resourceGroups/[^/]+)?", scope, re.IGNORECASE)
        group = place[0] if place else scope
        assignable = _subscription(group) if group.lower() in self.made_groups else group
        names = scope.rpartition("/providers/")[2].split("/")[2::2]
        of = "" if scope in self.groups else f" on {'/'.join(names) or name_of(scope)}"
        return {
            "Name": f"{self.project} {self.stack} {need}{of}",
            "Description": f"What deploys {self.project} {self.stack} needs for {_NEEDS[need]}. Assign it on {scope}",
            "Actions": sorted({each.action for each in self.on(scope, need)}, key=str.lower),
            "NotActions": [],
            "DataActions": [],
            "NotDataActions": [],
            "AssignableScopes": [assignable],
        }

    def as_json(self, scope: Optional[str] = None, need: Optional[Need] = None) -> dict[str, Any]:
        """The rights as `mlplatform rights --json` prints them."""
        return {
            "project": self.project,
            "stack": self.stack,
            "groups": list(self.groups),
            "rights": [each.as_json() for each in self.on(scope, need)],
            "role_assignments": [
                {
                    "role": each.role,
                    "role_id": each.role_id,
                    "scope": each.scope,
                    "principal": each.principal,
                    "principal_type": each.principal_type,
                }
                for each in self.assignments
                if scope is None or self._granted_on(each) == scope.lower()
            ],
            "condition": self.condition(scope),
            "registrations": {key: list(value) for key, value in self.registrations.items()},
            "by_others": [
                {"what": each.what, "rights": [{"action": action, "scope": on} for action, on in each.rights]}
                for each in self.by_others
            ],
        }


_NEEDS = {
    Need.UP: "`pulumi up`",
    Need.REMOVAL: "a `pulumi up` that removes something",
    Need.RETIREMENT: "retiring it, and `pulumi destroy`",
}


def rights_of(plan: Plan, retired: Plan) -> Rights:
    """The rights for a plan, whose outputs must be known. `retired` is the plan of the same stack once it is retired.

    Raises ProblemsError if a type or id is not known here.
    """
    before = {each.urn: each.inputs for each in plan.azure_resources}
    changed = {each.urn for each in retired.azure_resources if before.get(each.urn) != each.inputs}
    found = _Found(plan, changed)
    for each in plan.azure_resources:
        found.add(each)
    for each in plan.adopted:
        found.add_read(each)
    if found.problems:
        raise ProblemsError(dict.fromkeys(found.problems))
    order = {each.lower(): number for number, each in enumerate(found.groups)}

    def place(right: Right) -> tuple[int, str, str]:
        scope = right.scope.lower()
        rank = 0 if scope.count("/") == 2 else 1 + order[scope] if scope in order else 1 + len(order)
        return rank, scope, right.action.lower()

    return Rights(
        project=plan.project,
        stack=plan.stack,
        notices=plan.messages,
        groups=tuple(found.groups),
        made_groups=frozenset(each.id.lower() for each in plan.of_type(_GROUP)),
        rights=tuple(sorted(found.rights(), key=place)),
        assignments=tuple(sorted(_assignments(plan))),
        registrations=_registrations(plan),
        by_others=tuple(sorted(_by_others(plan))),
    )


@dataclass
class _Entry:
    action: str
    scope: str
    needs: set[Need] = field(default_factory=set)
    deletes_held: bool = False
    reasons: dict[Reason, None] = field(default_factory=dict)


class _Found:
    """Collects rights from resources."""

    def __init__(self, plan: Plan, changed_by_retiring: Set[str]) -> None:
        self._changed = changed_by_retiring
        self.groups = groups_of(plan)
        # Azure makes these groups with a resource, so nothing can be granted on them before.
        self._reserved = [
            str(each.input(RESERVED_GROUP)) for each in plan.azure_resources if each.input(RESERVED_GROUP)
        ]
        self._locked = [str(each.input("scope")).lower() for each in plan.of_type(_LOCK)]
        self._entries: dict[tuple[str, str], _Entry] = {}
        self.problems: list[Problem] = []

    def rights(self) -> Iterator[Right]:
        """The rights found so far."""
        for each in self._entries.values():
            needs = tuple(need for need in Need if need in each.needs)
            reasons = tuple(sorted(each.reasons, key=lambda one: one.urn))
            yield Right(each.action, each.scope, needs, reasons, each.deletes_held)

    def add(self, resource: PlannedResource) -> None:
        """Adds what a resource takes."""
        row = OPERATIONS.get(resource.type)
        if row is None:
            self._problem(resource.name, f"{resource.type} has no row in catalogue/operations.py")
            return
        for operation in row.read:
            self._add(resource, operation, *Need)
        retiring = (Need.RETIREMENT,) if resource.urn in self._changed else ()
        for operation in (*row.write, *self._in_template(resource)):
            self._add(resource, operation, Need.UP, Need.REMOVAL, *retiring)
        if not resource.retain_on_delete:
            needs = (Need.RETIREMENT,) if resource.type == _GROUP else (Need.REMOVAL, Need.RETIREMENT)
            for operation in row.delete:
                held = operation.action.lower().endswith("/delete") and not operation.on and self._is_held(resource)
                self._add(resource, operation, *needs, deletes_held=held)

    def add_read(self, adopted: AdoptedResource) -> None:
        """Adds the right to read what others made."""
        row, kind = OPERATIONS.get(adopted.type), adopted.type.rsplit(":", 1)[-1]
        if row is None or not adopted.id.lower().startswith("/subscriptions/"):
            what = f"{adopted.type} has no row in catalogue/operations.py" if row is None else f"{kind} has no known id"
            self._problem(adopted.urn.rsplit("::", 1)[-1], what)
            return
        reason = Reason(adopted.urn, f"{kind} {name_of(adopted.id)}", "is adopted and read", assumed=False)
        for operation in row.read:
            self._enter(operation.action, self._scope(adopted.id), Need, reason)

    def _in_template(self, resource: PlannedResource) -> Iterator[Operation]:
        if resource.type != _DEPLOYMENT:
            return
        for each in resource.input("properties.template.resources") or []:
            if each["type"] in IN_TEMPLATES:
                yield Operation(action=IN_TEMPLATES[each["type"]], reason=f"makes {name_of(each['name'])}")
            else:
                self._problem(resource.name, f"{each['type']} has no row in catalogue/operations.py")

    def _is_held(self, resource: PlannedResource) -> bool:
        """Whether it is protected, locked, or a part of something locked. What only stands on something locked, as a
        role or a diagnostic setting, is not: the right to delete one is needed elsewhere too."""
        id_ = resource.id.lower()
        parts = (id_.removeprefix(each) for each in self._locked if f"{id_}/".startswith(f"{each}/"))
        return resource.protect or any("/providers/" not in part for part in parts)

    def _add(self, resource: PlannedResource, operation: Operation, *needs: Need, deletes_held: bool = False) -> None:
        path, _, value = operation.only_if.partition("=")
        if path and str(resource.input(path)) != value:
            return
        targets = list(_ids(resource.inputs, operation.on)) if operation.on else [resource.id]
        for target in targets:
            if not target.lower().startswith("/subscriptions/"):
                self._problem(
                    resource.name, f"{operation.on or 'id'}: '{target}' is not an id, so its scope is not known"
                )
                continue
            action = self._action(resource, operation, target)
            scope = self._scope(target) if operation.on else self._own_scope(resource)
            reason = _reason(resource, operation, unpublished=action.endswith("*/action"))
            self._enter(action, scope, needs, reason, deletes_held=deletes_held)

    def _enter(
        self, action: str, scope: str, needs: Iterable[Need], reason: Reason, *, deletes_held: bool = False
    ) -> None:
        entry = self._entries.setdefault((action.lower(), scope.lower()), _Entry(action, scope))
        entry.needs.update(needs)
        entry.deletes_held |= deletes_held
        entry.reasons[reason] = None

    def _action(self, resource: PlannedResource, operation: Operation, target: str) -> str:
        if not operation.action.startswith("/"):
            return operation.action
        short, type_ = operation.action[1:], _arm_type(target)
        found = OF_TARGETS.get(type_, {}).get(short, "")
        if not found:
            self._problem(resource.name, f"'{short}' of {type_} has no row in catalogue/operations.py")
        return found

    def _own_scope(self, resource: PlannedResource) -> str:
        """The scope of the rights on a resource itself: what is there before it."""
        if resource.type == _GROUP:
            return _subscription(resource.id)
        if not resource.type.startswith("azure-native:"):
            return self._scope(resource.id)
        head, _, tail = resource.id.rpartition("/providers/")
        parts = tail.split("/")
        return self._scope(f"{head}/providers/{'/'.join(parts[:-2])}" if len(parts) > 3 else head)

    def _scope(self, id_: str) -> str:
        """The plan's own group for what is in it; otherwise the thing itself, or the next above it that is there."""
        for each in self.groups:
            if f"{id_.lower()}/".startswith(f"{each.lower()}/"):
                return each
        if any(f"{id_.lower()}/".startswith(f"{each.lower()}/") for each in self._reserved):
            return _subscription(id_)
        return id_

    def _problem(self, name: str, what: str) -> None:
        fix = "Add it with its source, or report it: the rights are not complete without it"
        self.problems.append(Problem((name,), what, fix))


def _reason(resource: PlannedResource, operation: Operation, *, unpublished: bool) -> Reason:
    record = resource_type(resource.type)
    what = f"{record.words_for(resource)} {resource.azure_name if record.named_by_azure else resource.name}"
    return Reason(resource.urn, what, operation.reason, operation.assumed or unpublished)


def _ids(value: Any, path: str) -> Iterator[str]:
    """The texts at a path. `[]` stands for each item of a list and each key of a map."""
    if not path:
        if value:
            yield str(value)
        return
    part, _, rest = path.partition(".")
    below = value.get(part.removesuffix("[]")) if isinstance(value, Mapping) else None
    for each in (below or []) if part.endswith("[]") else [below]:
        yield from _ids(each, rest)


def groups_of(plan: Plan) -> list[str]:
    """The groups that a plan makes, and those in which it makes a whole resource: one that is not part of another."""
    found = {each.id.lower(): each.id for each in plan.of_type(_GROUP)}
    for each in plan.azure_resources:
        whole = re.fullmatch(
            r"(/subscriptions/[^/]+/resourceGroups/[^/]+)/providers(/[^/]+){3}", each.id, re.IGNORECASE
        )
        if whole and each.type.startswith("azure-native:"):
            found.setdefault(whole[1].lower(), whole[1])
    return [found[key] for key in sorted(found)]


def _arm_type(id_: str) -> str:
    """The type of a resource in lower case, such as `microsoft.storage/storageaccounts`."""
    parts = id_.rpartition("/providers/")[2].split("/")
    return "/".join([parts[0], *parts[1::2]]).lower()


def _subscription(id_: str) -> str:
    return "/".join(id_.split("/")[:3])


def _assignments(plan: Plan) -> Iterator[Assignment]:
    known = {each.principal_id: name_of(each.id) for each in plan.adopted if each.principal_id}
    known |= {each.principal_id: each.azure_name for each in plan.azure_resources if each.principal_id != UNKNOWN}
    for each in plan.of_type(_ROLE_ASSIGNMENT):
        definition, principal = str(each.input("roleDefinitionId")), str(each.input("principalId"))
        yield Assignment(
            role_name(definition),
            name_of(definition),
            str(each.input("scope")),
            known.get(principal, principal),
            str(each.input("principalType")),
        )


_ALWAYS_REGISTERED = ("microsoft.authorization", "microsoft.consumption", "microsoft.resources")
"""Resource providers that every subscription has. Assumed."""


def _registrations(plan: Plan) -> dict[str, tuple[str, ...]]:
    found: dict[str, set[str]] = {}
    for each in plan.azure_resources:
        if each.type.startswith("azure-native:") and "/providers/" in each.id:
            provider = each.id.rpartition("/providers/")[2].split("/")[0]
            if provider.lower() not in _ALWAYS_REGISTERED:
                found.setdefault(_subscription(each.id), set()).add(provider)
        if each.input("definition.type") == "BlobEventsTrigger":
            account = str(each.input("definition.typeProperties.scope"))
            found.setdefault(_subscription(account), set()).add("Microsoft.EventGrid")
    return {key: tuple(sorted(found[key])) for key in sorted(found)}


def _by_others(plan: Plan) -> Iterator[ByOthers]:
    networks = {each.azure_name: each.id for each in plan.of_type("azure-native:network:VirtualNetwork")}
    for each in plan.of_type("azure-native:network:VirtualNetworkPeering"):
        remote, mine = str(each.input("remoteVirtualNetwork.id")), networks.get(str(each.input("virtualNetworkName")))
        if mine is not None:
            yield ByOthers(
                f"The owner of {name_of(remote)} makes the peering back to {name_of(mine)}",
                (
                    ("Microsoft.Network/virtualNetworks/virtualNetworkPeerings/write", remote),
                    ("Microsoft.Network/virtualNetworks/peer/action", mine),
                ),
            )
    approved = {str(each.input("endpoint_id")).lower() for each in plan.of_type("ApproveConnection")}
    for each in plan.of_type("azure-native:datafactory:ManagedPrivateEndpoint"):
        target = str(each.input("properties.privateLinkResourceId"))
        if each.id.lower() not in approved:
            names = OF_TARGETS.get(_arm_type(target), {})
            takes = [names[key] for key in ("connections/read", "connections/write", "approve") if key in names]
            yield ByOthers(
                f"The owner of {name_of(target)} approves the connection of {each.azure_name}",
                tuple((action, target) for action in takes),
            )


def table(rights: Rights, scope: Optional[str] = None, need: Optional[Need] = None) -> Iterator[str]:
    """The lines of a table by scope, with what others have to do."""
    shown = rights.on(scope, need)
    scopes = list(dict.fromkeys(each.scope for each in shown))
    yield f"{rights.project} {rights.stack}: {len(shown)} rights on {len(scopes)} scopes"
    for each in scopes:
        mine = [right for right in shown if right.scope == each]
        yield ""
        yield f"{each}  ({_owner(rights, each)})"
        width = max(len(right.action) for right in mine)
        yield f"  {'up':7} {'removal':8} {'retirement':11} {'action':{width}}  because of"
        for right in mine:
            marks = ("x" if one in right.needed_for else "-" for one in Need)
            columns = " ".join(f"{mark:{size}}" for mark, size in zip(marks, (7, 8, 11), strict=True))
            yield f"  {columns} {right.action:{width}}  {_because(right)}"
        if condition := rights.condition(each):
            yield f"  condition for who may assign roles here: {condition}"
    if scope is None:
        yield from _outside(rights)


def _owner(rights: Rights, scope: str) -> str:
    if scope.count("/") == 2:
        return "the subscription"
    if scope.lower() in rights.made_groups:
        return "the environment's group, which the first `pulumi up` makes: until then, assign on the subscription"
    return "the environment's group" if scope in rights.groups else f"what others own: {_arm_type(scope)}"


def _because(right: Right) -> str:
    first = right.because[0]
    more = f", and {len(right.because) - 1} more" if len(right.because) > 1 else ""
    return f"{first}{more}{' (assumed)' if right.assumed else ''}"


def _outside(rights: Rights) -> Iterator[str]:
    yield ""
    yield "Roles that it assigns:"
    for role in sorted({each.role for each in rights.assignments}):
        to = sorted({f"{each.principal_type} {each.principal}" for each in rights.assignments if each.role == role})
        yield f"  {role}: {_list(to)}"
    yield ""
    yield "Registered once by the owner of each subscription (`az provider register --namespace …`):"
    for subscription, names in rights.registrations.items():
        yield f"  {subscription}: {', '.join(names)}"
    if rights.by_others:
        yield ""
        yield "By others:"
    for each in rights.by_others:
        yield f"  {each.what}:"
        for action, scope in each.rights:
            yield f"    {action}  {scope}"


def _list(names: Sequence[str], most: int = 3) -> str:
    return ", ".join(names[:most]) + (f", and {len(names) - most} more" if len(names) > most else "")
