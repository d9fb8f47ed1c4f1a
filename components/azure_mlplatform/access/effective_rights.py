"""Who may do what, where: the grants of plans, with built-in, own and other roles, and whom they are given to.

`grants_of` returns the little of a plan that is kept to compare thousands of them: a `PlanGrants` of some kilobytes,
made of named tuples of texts, so it goes through JSON and between processes. A role is resolved only when all plans are
known: the stack that makes a definition is not the one that assigns it.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property, lru_cache
from typing import Any, NamedTuple, Optional, Protocol

from ..catalogue.role_permissions import BUILT_IN, EVERYTHING, Permissions
from ..foundation.cluster_sharing import CLUSTER_CLAIM, Attach
from ..foundation.custom_roles import CUSTOM_ROLES, custom_role_of
from ..foundation.operation_patterns import CHANGING, matches, meet
from ..foundation.values import name_of
from ..resource_types.resource_type import UNKNOWN
from .conditions import ASSIGN, Asked, ConditionError, allows

PROD = "prod"
"""The tag `environment` of what is production. All others are nonprod."""

ANY = "*"
"""In a share: every project or environment."""


class Resource(Protocol):
    """A planned resource, as far as it is read here."""

    @property
    def urn(self) -> str: ...
    @property
    def type(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def azure_name(self) -> str: ...
    @property
    def id(self) -> str: ...
    @property
    def parent(self) -> str: ...
    @property
    def principal_id(self) -> str: ...
    @property
    def inputs(self) -> Mapping[str, Any]: ...
    @property
    def outputs(self) -> Mapping[str, Any]: ...
    def input(self, path: str) -> Any: ...


class Adopted(Protocol):
    """A resource of others, as far as it is read here."""

    @property
    def type(self) -> str: ...
    @property
    def id(self) -> str: ...


class Planned(Protocol):
    """A plan, as far as it is read here."""

    @property
    def label(self) -> str: ...
    @property
    def file(self) -> str: ...
    @property
    def project(self) -> str: ...
    @property
    def resources(self) -> Iterable[Resource]: ...
    @property
    def azure_resources(self) -> Iterable[Resource]: ...
    @property
    def components(self) -> Iterable[Resource]: ...
    @property
    def adopted(self) -> Iterable[Adopted]: ...


class Identity(NamedTuple):
    """A principal that a plan makes."""

    principal_id: str
    kind: str
    """Its purpose, in a person's words."""

    name: str
    trusted: bool = False
    """Whether tokens of others may act as it: it has a federated credential."""

    resource_id: str = ""
    """In lower case."""


class Grant(NamedTuple):
    """A right that a plan gives."""

    principal: str
    principal_type: str
    role: str
    """The GUID of a role's definition, or one of `OTHER_GRANTS`."""

    scope: str
    condition: str = ""


class Definition(NamedTuple):
    """A custom role that a plan makes."""

    id: str
    """The GUID."""

    name: str
    actions: tuple[str, ...]
    not_actions: tuple[str, ...]
    data_actions: tuple[str, ...]
    not_data_actions: tuple[str, ...]


class Share(NamedTuple):
    """A resource that the settings of a stack share with another environment."""

    resource_id: str
    project: str
    environment: str
    reason: str


class PlanGrants(NamedTuple):
    """The rights that a plan gives, and all that is needed to judge them beside others."""

    label: str
    file: str
    project: str
    environment: str
    """As its resources are tagged. Empty: it is not known, and counts as prod and as nonprod."""

    groups: tuple[str, ...]
    """The resource groups in which it makes resources, in lower case."""

    identities: tuple[Identity, ...]
    grants: tuple[Grant, ...]
    definitions: tuple[Definition, ...]
    shares: tuple[Share, ...]
    shared_clusters: tuple[str, ...]
    """The clusters that it makes for several workspaces, in lower case."""

    @property
    def key(self) -> tuple[str, str]:
        """The project and kind of its environment, which tell it from others. The stacks that land and that make an
        environment have one key."""
        return self.project, self.environment or self.label

    @property
    def tier(self) -> str:
        """`prod` or `nonprod`."""
        return PROD if self.environment == PROD else "nonprod"


TRUSTED_ACCESS, ACCESS_POLICY, CLUSTER_ADMINS = "Trusted Access", "access policy", "cluster administrators"
OTHER_GRANTS = {
    TRUSTED_ACCESS: Permissions(data_actions=("Microsoft.ContainerService/managedClusters/*",)),
    ACCESS_POLICY: Permissions(data_actions=("Microsoft.KeyVault/vaults/*",)),
    CLUSTER_ADMINS: Permissions(data_actions=("Microsoft.ContainerService/managedClusters/*",)),
}
"""Rights that are not role assignments. Each counts as all data of the thing, because what it gives there is decided
elsewhere."""

_ASSIGNMENT = "azure-native:authorization:RoleAssignment"
_DEFINITION = "azure-native:authorization:RoleDefinition"
_WHOLE = re.compile(r"(/subscriptions/[^/]+/resourcegroups/[^/]+)/providers/([^/]+(?:/[^/]+){2})")
_ON_OTHERS = ("microsoft.authorization/", "microsoft.consumption/", "microsoft.insights/diagnosticsettings/")
"""What lies on a group and does not show whose group it is."""

_GROUP = re.compile(r"/subscriptions/[^/]+/resourcegroups/[^/]+")

_KINDS = (
    ("CIIdentity", "deploy", "CI: deploy"),
    ("CIIdentity", "release", "CI: release"),
    ("DataProductRG", "workload", "workload"),
    ("DataProductRG", "key", "encryption"),
    ("MLWorkspace", "compute", "computes"),
    ("MLWorkspace", "", "workspace"),
    ("OnlineEndpoint", "", "endpoint"),
    ("AKSInference", "extension", "extension of a cluster"),
    ("AKSInference", "flux", "extension of a cluster"),
    ("AKSInference", "", "cluster"),
    ("AppServiceInference", "", "app"),
    ("ContainerAppInference", "", "app"),
    ("BatchScoring", "", "data factory"),
    ("DatabricksWorkspace", "", "Databricks"),
    ("SynapseWorkspace", "", "Synapse"),
    ("AIService", "", "AI service"),
)
"""Component, a part of the name in the program, what its identity is for. The first that fits counts."""


def grants_of(plan: Planned) -> PlanGrants:
    """Returns the rights that a plan gives. Its outputs must be known."""
    resources = [each for each in plan.azure_resources if each.type.startswith("azure-native:")]
    tags = _tags(resources)
    return PlanGrants(
        label=plan.label,
        file=plan.file,
        project=tags.get("project", plan.project),
        environment=tags.get("environment", ""),
        groups=tuple(sorted(_groups(resources))),
        identities=tuple(sorted(_identities(plan, resources))),
        grants=tuple(dict.fromkeys(_known(_grants(resources), plan))),
        definitions=tuple(_definitions(resources)),
        shares=tuple(_shares(plan)),
        shared_clusters=tuple(
            each.id.lower()
            for each in resources
            if each.kind == "ManagedCluster" and each.input(f"tags.{CLUSTER_CLAIM}") == Attach.SHARED
        ),
    )


def _tags(resources: Iterable[Resource]) -> Mapping[str, str]:
    """The tags of the first resource that says its environment."""
    tags = (each.inputs.get("tags") for each in resources)
    return next((each for each in tags if isinstance(each, Mapping) and "environment" in each), {})


def _groups(resources: Iterable[Resource]) -> Iterator[str]:
    found: set[str] = set()
    for each in resources:
        whole = _WHOLE.fullmatch(each.id.lower())
        if whole and whole[2].startswith(_ON_OTHERS):
            continue
        if whole or _GROUP.fullmatch(each.id.lower()):
            found.add(whole[1] if whole else each.id.lower())
    yield from found


def _identities(plan: Planned, resources: Iterable[Resource]) -> Iterator[Identity]:
    kinds = {each.urn: each.kind for each in plan.resources}
    trusted = {
        (_group_of(each.id), str(each.input("resourceName")).lower())
        for each in resources
        if each.kind == "FederatedIdentityCredential"
    }
    for each in resources:
        if each.principal_id == UNKNOWN:
            continue
        parent, label = kinds.get(each.parent, ""), each.name
        kind = next((kind for of, part, kind in _KINDS if of == parent and part in label), each.kind)
        federated = (_group_of(each.id), each.azure_name.lower()) in trusted
        yield Identity(each.principal_id.lower(), kind, each.azure_name, federated, each.id.lower())


def _group_of(id_: str) -> str:
    found = _GROUP.match(id_.lower())
    return found[0] if found else ""


def _grants(resources: Iterable[Resource]) -> Iterator[Grant]:
    for each in resources:
        if each.type == _ASSIGNMENT:
            yield Grant(
                str(each.input("principalId")).lower(),
                str(each.input("principalType") or ANY),
                name_of(str(each.input("roleDefinitionId"))).lower(),
                str(each.input("scope")),
                str(each.input("condition") or ""),
            )
        elif each.kind == "TrustedAccessRoleBinding":
            cluster = each.id.rsplit("/trustedAccessRoleBindings/", 1)[0]
            workspace = str(each.input("sourceResourceId"))
            yield Grant(workspace.lower(), "ServicePrincipal", TRUSTED_ACCESS, cluster)
        elif each.kind == "Vault":
            for policy in each.input("properties.accessPolicies") or []:
                yield Grant(str(policy.get("objectId")).lower(), ANY, ACCESS_POLICY, each.id)
        elif each.kind == "ManagedCluster":
            for group in each.input("aadProfile.adminGroupObjectIDs") or []:
                yield Grant(str(group).lower(), "Group", CLUSTER_ADMINS, each.id)


_HAVE_IDENTITIES = ("Factory", "ManagedCluster", "UserAssignedIdentity", "Workspace")


def _known(grants: Iterable[Grant], plan: Planned) -> Iterator[Grant]:
    """The grants whose scope is known. A principal that is read from what others made has the ids of all that it can
    be in place of its own, so it is the same one in two plans that read the same."""
    read = sorted(each.id.lower() for each in plan.adopted if each.type.rpartition(":")[2] in _HAVE_IDENTITIES)
    for each in grants:
        if UNKNOWN in each.scope:
            continue
        if each.principal == UNKNOWN:
            yield each._replace(principal=" or ".join(read) or f"a principal of {plan.label}")
        else:
            yield each


def _definitions(resources: Iterable[Resource]) -> Iterator[Definition]:
    for each in resources:
        if each.type != _DEFINITION:
            continue
        permissions = each.input("permissions") or []
        lists = (
            tuple(str(one) for permission in permissions for one in permission.get(key) or [])
            for key in ("actions", "notActions", "dataActions", "notDataActions")
        )
        guid = each.input("roleDefinitionId") or name_of(each.id)
        yield Definition(str(guid).lower(), str(each.input("roleName") or guid), *lists)


def _shares(plan: Planned) -> Iterator[Share]:
    for component in plan.components:
        for each in component.outputs.get("shares") or []:
            yield Share(each["resource_id"].lower(), each["project"], each["environment"], each["reason"])


class Right(NamedTuple):
    """A grant whose role and principal are resolved."""

    by: PlanGrants
    """The plan that gives it."""

    of: Optional[PlanGrants]
    """The plan that makes the principal. None: nobody knows whose it is."""

    who: Identity
    role: str
    permissions: Permissions
    grant: Grant

    @property
    def scope(self) -> str:
        """The scope, in lower case."""
        return self.grant.scope.lower().rstrip("/")

    @property
    def holder(self) -> PlanGrants:
        """The plan to which the right counts: of who made the principal, otherwise of who gives the right."""
        return self.of or self.by

    @property
    def place(self) -> str:
        """The scope in a person's words: its kind and name."""
        return place_of(self.grant.scope)

    def writes(self, at: Optional[str] = None) -> bool:
        """Whether it changes something at a scope in it, on either plane. Default: at its own."""
        scope = self.scope if at is None else at
        return any(_changes(self.permissions, scope))


class Estate:
    """The effective rights of many plans."""

    def __init__(self, plans: Iterable[PlanGrants]) -> None:
        self.plans = sorted(plans, key=lambda each: (each.label, each.project, each.file))
        self._made = {
            key: (plan, each)
            for plan in self.plans
            for each in plan.identities
            for key in (each.principal_id, each.resource_id)
            if key
        }
        self._definitions = {each.id: each for plan in self.plans for each in plan.definitions}
        self._handed_out: dict[tuple[str, str], list[tuple[str, str]]] = {}

    @cached_property
    def rights(self) -> list[Right]:
        """Every right, by plan."""
        return [self._right(plan, each) for plan in self.plans for each in plan.grants]

    @cached_property
    def owners(self) -> dict[str, PlanGrants]:
        """Resource group → the first plan that makes resources in it."""
        found: dict[str, PlanGrants] = {}
        for plan in self.plans:
            for each in plan.groups:
                found.setdefault(each, plan)
        return found

    @cached_property
    def shared_clusters(self) -> frozenset[str]:
        """The clusters that are made for several workspaces."""
        return frozenset(each for plan in self.plans for each in plan.shared_clusters)

    def owner(self, scope: str) -> Optional[PlanGrants]:
        """The plan that makes resources in the scope's group, if a plan does."""
        return self.owners.get(_group_of(scope))

    def role(self, guid: str) -> tuple[str, Permissions]:
        """A role's name and what it allows. A role that nobody here knows allows everything."""
        if guid in OTHER_GRANTS:
            return guid, OTHER_GRANTS[guid]
        if guid in BUILT_IN:
            return BUILT_IN[guid].name, BUILT_IN[guid].permissions
        made = self._definitions.get(guid)
        if made is not None:
            return made.name, Permissions(made.actions, made.not_actions, made.data_actions, made.not_data_actions)
        ours = custom_role_of(guid)
        if ours is not None:
            row = CUSTOM_ROLES[ours]
            return row.name, Permissions(row.actions, row.not_actions, row.data_actions)
        return "any other role" if guid == OTHER_ROLE else f"unknown role {guid}", EVERYTHING

    def handed_out(self, right: Right) -> list[tuple[str, str]]:
        """The roles that a principal may give at a right's scope, each with a kind of principal to which it may: to one
        that the condition does not name.

        Every built-in role is tried, every role that the condition names, and one that stands for all others. A
        condition that is not understood limits nothing.
        """
        if not gives_roles(right.permissions):
            return []
        return self._let_through(right.grant.condition, "")

    def handed_to(self, right: Right, principal_id: str) -> set[str]:
        """The roles that a principal may give one identity at a right's scope. See `handed_out`."""
        if not gives_roles(right.permissions):
            return set()
        return {role for role, kind in self._let_through(right.grant.condition, principal_id) if kind == _IDENTITY}

    def pipelines(self, of: PlanGrants) -> list[Identity]:
        """The identities of pipelines that the plans of an environment make, whoever's plan it is."""
        return self._pipelines.get(of.key, [])

    @cached_property
    def _pipelines(self) -> dict[tuple[str, str], list[Identity]]:
        found: dict[tuple[str, str], list[Identity]] = {}
        for plan in self.plans:
            found.setdefault(plan.key, []).extend(each for each in plan.identities if each.kind.startswith("CI: "))
        return found

    def _let_through(self, condition: str, principal_id: str) -> list[tuple[str, str]]:
        key = condition, principal_id
        if key not in self._handed_out:
            self._handed_out[key] = _let_through(condition, principal_id)
        return self._handed_out[key]

    def _right(self, plan: PlanGrants, grant: Grant) -> Right:
        made = self._made.get(grant.principal)
        name, permissions = self.role(grant.role)
        if made is not None:
            return Right(plan, made[0], made[1], name, permissions, grant)
        kind = {"Group": "group", "User": "user"}.get(grant.principal_type, "unknown principal")
        if grant.role == TRUSTED_ACCESS:
            kind = "workspace"
        who = Identity(grant.principal, kind, name_of(grant.principal))
        return Right(plan, None, who, name, permissions, grant)


OTHER_ROLE = "ffffffff-ffff-4fff-8fff-ffffffffffff"
"""Stands for each role that a condition does not name: conditions compare roles only with those that they name."""

_GUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


_IDENTITY = "ServicePrincipal"


def _let_through(condition: str, principal_id: str) -> list[tuple[str, str]]:
    roles = dict.fromkeys((*BUILT_IN, *_GUID.findall(condition.lower()), OTHER_ROLE))
    every = [(role, kind) for role in roles for kind in ("Group", _IDENTITY, "User")]
    try:
        return [each for each in every if not condition or allows(condition, Asked(ASSIGN, *each, principal_id))]
    except ConditionError:
        return every


def gives_roles(permissions: Permissions) -> bool:
    """Whether a role may assign roles."""
    return _allows(permissions, ASSIGN)


GIVING = {
    ASSIGN: "assigns roles",
    "Microsoft.Authorization/roleDefinitions/write": "changes what roles allow",
    "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials/write": "lets others act as an "
    "identity",
    "Microsoft.Authorization/locks/delete": "takes locks away",
}
"""Operations with which a principal can give itself or another more than it has."""


def giving(permissions: Permissions, scope: str) -> Iterator[str]:
    """The operations of `GIVING` that a role allows at a scope."""
    for each in GIVING:
        if _allows(permissions, each) and any(meet(each, place) for place in at_scope(scope)):
            yield each


def _allows(permissions: Permissions, operation: str) -> bool:
    return any(matches(each, operation) for each in permissions.actions) and not any(
        matches(each, operation) for each in permissions.not_actions
    )


_EXTENSIONS = (
    "microsoft.authorization/*",
    "microsoft.eventgrid/eventsubscriptions/*",
    "microsoft.insights/diagnosticsettings/*",
)
"""Operations on what belongs to other services and lies on a resource."""

ONLY_READS = {
    "microsoft.storage/storageaccounts/blobservices/generateuserdelegationkey/action": "what the key signs has only "
    "the rights of who signs it",
    "microsoft.keyvault/vaults/secrets/getsecret/action": "reads a secret",
    "microsoft.keyvault/vaults/secrets/readmetadata/action": "reads a secret's description",
}
"""Actions that change nothing, and why. All others count as writing."""


def at_scope(scope: str) -> tuple[str, ...]:
    """The patterns of the operations on a scope and on what lies in it."""
    head, found, tail = scope.lower().rpartition("/providers/")
    parts = tail.split("/")
    if not found or not head or len(parts) < 3:
        return ("*",)
    type_ = "/".join([parts[0], *parts[1::2]])
    return (f"{type_}/*", *_EXTENSIONS)


@lru_cache(maxsize=50_000)
def _changes_at(permissions: Permissions, places: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    found: list[tuple[str, str]] = []
    for plane, allowed, denied in (
        ("control", permissions.actions, permissions.not_actions),
        ("data", permissions.data_actions, permissions.not_data_actions),
    ):
        for pattern in allowed:
            if pattern.lower() in ONLY_READS or any(matches(each, pattern) for each in denied if "*" not in pattern):
                continue
            if any(meet(pattern, place, verb) for place in places for verb in CHANGING):
                found.append((plane, pattern))
    return tuple(found)


def _changes(permissions: Permissions, scope: str) -> tuple[tuple[str, str], ...]:
    """The patterns with which a role changes something at a scope, with their plane."""
    return _changes_at(permissions, at_scope(scope))


@lru_cache(maxsize=50_000)
def _common(one: Permissions, other: Permissions, places: tuple[str, ...]) -> str:
    theirs = _changes_at(other, places)
    for plane, pattern in _changes_at(one, places):
        for plane_of_other, also in theirs:
            if plane == plane_of_other and any(
                meet(pattern, also, place, verb) for place in places for verb in CHANGING
            ):
                return pattern if len(pattern) >= len(also) else also
    return ""


def both_write(one: Permissions, other: Permissions, scope: str) -> str:
    """An operation, or a pattern of some, with which both roles change something at a scope. Empty: there is none."""
    return _common(one, other, at_scope(scope))


@lru_cache(maxsize=50_000)
def reads_data(permissions: Permissions) -> bool:
    """Whether a role has rights on data."""
    return bool(permissions.data_actions)


def place_of(scope: str) -> str:
    """A scope in a person's words: `privateDnsZones privatelink.westeurope.azmk8s.io`."""
    parts = scope.rstrip("/").rpartition("/providers/")[2].split("/")
    if len(parts) >= 3 and "/providers/" in scope:
        return f"{parts[-2]} {parts[-1]}"
    if scope.count("/") <= 2:
        return f"subscription {name_of(scope)}"
    return f"resource group {name_of(scope)}"


def above(scope: str) -> Iterator[str]:
    """A scope in lower case, and every scope in which it is, from near to far."""
    parts = scope.lower().rstrip("/").split("/")
    for end in range(len(parts), 1, -1):
        yield "/".join(parts[:end])
