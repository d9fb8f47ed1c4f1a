"""The reviewed rights of a project's own stack: a file, checked, and the roles that it gives the deploy identity.

`mlplatform rights <stack> --json` prints the file from the plan of the project's stack, and somebody reviews it. A
landing reads the file and plans nothing, so the rights change by a review and not because a program changed.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ..foundation.assignment_condition import Given, assignment_condition
from ..foundation.environment_names import CIUse, ci_identity_name
from ..foundation.plurals import listed
from ..foundation.problems import dotted
from ..foundation.violations import Violation
from .settings import LandingSettings

_WRITE_AGAIN = "Write it again: `mlplatform rights {stack} -C <folder of the project> --json -o {file}`, and review it"
_MOST = 10
"""The most problems of a file that are shown."""


class _Strict(BaseModel):
    """A part of the file. A key that `mlplatform rights` does not print was written by hand."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Reason(_Strict):
    """A resource that takes a right."""

    urn: str
    what: str
    does: str


class ReviewedRight(_Strict):
    """An action on a scope."""

    action: str = Field(pattern=r"^[A-Za-z][A-Za-z.]*(/[A-Za-z*]+)+$")
    scope: str = Field(pattern=r"^/subscriptions/[0-9a-fA-F-]{36}(/|$)")
    needed_for: list[str]
    assumed: bool
    deletes_held: bool
    because: list[Reason]


class ReviewedAssignment(_Strict):
    """A role that the project's stack gives somebody."""

    role: str
    role_id: str = Field(pattern=r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$")
    scope: str = Field(pattern=r"^/subscriptions/[0-9a-fA-F-]{36}/")
    principal: str
    principal_type: str = Field(pattern="^(Group|ServicePrincipal)$")


class Asked(_Strict):
    """An action on a scope, for somebody else."""

    action: str
    scope: str


class ByOthers(_Strict):
    """A task of others."""

    what: str
    rights: list[Asked]


class ReviewedRights(_Strict):
    """The rights of one stack."""

    project: str
    stack: str
    groups: list[str]
    rights: list[ReviewedRight]
    role_assignments: list[ReviewedAssignment]
    condition: str
    registrations: dict[str, list[str]]
    by_others: list[ByOthers]


class _File(BaseModel):
    """What `mlplatform rights --json` prints."""

    model_config = ConfigDict(extra="ignore", frozen=True, strict=True)

    command: str = Field(pattern="^rights$")
    version: int = Field(ge=1, le=1)
    problems: list[dict[str, Any]] = Field(default_factory=list, max_length=0)
    stacks: list[ReviewedRights] = Field(min_length=1, max_length=1)


_ROLE_ACTIONS = "microsoft.authorization/roleassignments/"
_EVENT_ACTIONS = "microsoft.eventgrid/eventsubscriptions/"
_BUILT_IN_HAS = {True: (_ROLE_ACTIONS, _EVENT_ACTIONS), False: (_EVENT_ACTIONS,)}
"""Whether roles are given on a scope → the actions that built-in roles have there."""

_DEFINITIONS = "microsoft.authorization/roledefinitions/"
_TRUSTS = "microsoft.managedidentity/userassignedidentities/federatedidentitycredentials/write"
_LOCKS_DELETE = "microsoft.authorization/locks/delete"
_GIVEN = frozenset({"up", "removal"})
"""The needs of a pipeline. Retiring is a right of its own, given for the day."""


class CustomRole(NamedTuple):
    """A custom role to make, and the scopes on which it is given."""

    label: str
    """`deploy`; outside the group `deploy-outside`, and a number from the second one on."""

    actions: tuple[str, ...]
    scopes: tuple[str, ...]

    @property
    def assignable_scopes(self) -> list[str]:
        """The resource groups of its scopes."""
        found = {each.lower(): each for each in map(_group_of, self.scopes)}
        return [found[key] for key in sorted(found)]


class MayAssign(NamedTuple):
    """The roles that the deploy identity may give on a scope, and to whom."""

    given: tuple[Given, ...]
    to_release: tuple[str, ...]
    """The ids of the roles that the release identity may get."""

    def condition(self, deploy_principal_id: str, release_principal_id: str) -> str:
        """The condition of its assignment. It gives itself nothing, and the release identity what the plan gives it."""
        return assignment_condition(self.given, {deploy_principal_id: (), release_principal_id: self.to_release})


class DeployRoles(NamedTuple):
    """All that the deploy identity is given."""

    custom: tuple[CustomRole, ...]
    may_assign: dict[str, "MayAssign"]
    """Scope → the roles that it may give there."""

    subscribes: tuple[str, ...]
    """The scopes to whose events it subscribes."""


def reviewed_rights(text: str) -> ReviewedRights | list[str]:
    """The rights in the text of a file, or all that is wrong with it."""
    try:
        data = json.loads(text)
    except ValueError as error:
        return [f"is no JSON ({error})"]
    try:
        return _File.model_validate(data).stacks[0]
    except ValidationError as error:
        return [
            f"{dotted(tuple(each['loc'])) or 'the file'}: {each['msg'][:1].lower()}{each['msg'][1:]}"
            for each in error.errors(include_url=False, include_input=False)
        ]


def rights_violations(text: str, file: str, settings: LandingSettings) -> Iterator[Violation]:
    """A violation for each problem in the text of the file of a landing, with the name of the `file`."""
    found = reviewed_rights(text)
    again = _WRITE_AGAIN.format(stack=settings.environment, file=file)
    if isinstance(found, list):
        for each in found[:_MOST]:
            yield Violation(("rights",), file, f"{file}: {each}", again)
        if len(found) > _MOST:
            yield Violation(("rights",), file, f"{file}: {len(found) - _MOST} problems more", again)
        return
    for what, fix in _wrong(found, settings.project.name, settings.group_id):
        yield Violation(("rights",), file, f"{file} {what}", fix or again)


def _wrong(rights: ReviewedRights, project: str, group_id: str) -> Iterator[tuple[str, str]]:
    """Each problem of rights that can be read, and what to do. Nothing: write the file again."""
    subscription = "/".join(group_id.split("/")[:3]).lower()
    if rights.project != project:
        yield f"is of the project '{rights.project}', this landing is of '{project}'", ""
    if [each.lower() for each in rights.groups] != [group_id.lower()]:
        groups = listed(rights.groups, most=3) or "no group"
        fix = f"Set azure-mlplatform:resource_group_id: {group_id} in the project's stack, and write the file again"
        yield f"is of a stack in {groups}, and this landing makes {group_id}", fix
        return
    for each in rights.rights:
        if each.action.lower().startswith(_DEFINITIONS) and not each.action.lower().endswith("/read"):
            fix = "Set azure-mlplatform:access: {custom_roles: shared} in the project's stack, and write the file again"
            yield f"has {each.action} on {each.scope}: who may change a role that it holds has every right", fix
        if each.action.lower() == _TRUSTS:
            fix = "Take workload_identity.github_repository and federated_credentials out of the project's stack: "
            fix += "pipelines act as the identities of the landing. Then write the file again"
            yield f"has {each.action} on {each.scope}: who lets others act as an identity has all of its rights", fix
        if each.scope.lower() == subscription:
            yield f"has {each.action} on the whole subscription: a landed stack needs nothing there", ""
        if f"{each.scope.lower()}/".startswith(f"{group_id.lower()}-ci/") and not each.action.lower().endswith("/read"):
            yield f"has {each.action} on {each.scope}: who deploys may only read what pipelines act as", ""
        if strange := sorted(set(each.needed_for) - {"up", "removal", "retirement"}):
            yield f"has {each.action} for {', '.join(strange)}; allowed: up, removal, retirement", ""
    for scope in sorted(_assigns_on(rights)):
        if not _given_there(rights, scope, group_id):
            yield f"may give roles on {scope} and gives none there", ""
    if rights.condition != assignment_condition(map(_given, rights.role_assignments)):
        what = "was edited by hand, or an earlier version of the library wrote it"
        yield f"{what}: its condition is not the one of its role_assignments", ""


def deploy_roles(rights: ReviewedRights, settings: LandingSettings) -> DeployRoles:
    """The roles of the deploy identity: what `pulumi up` takes, also one that removes something.

    Where the profile protects, it may delete no lock, and nothing that a lock or Pulumi's protection holds.
    """
    group_id, guards = settings.group_id, settings.profile.protect
    wanted: dict[str, set[str]] = {}
    for each in rights.rights:
        if _GIVEN & set(each.needed_for) and not (guards and _is_guarded(each)):
            wanted.setdefault(each.scope, set()).add(each.action)
    assigns = _assigns_on(rights)
    plain: dict[str, tuple[str, ...]] = {}
    for scope, actions in wanted.items():
        own = {each for each in actions if not each.lower().startswith(_BUILT_IN_HAS[scope in assigns])}
        if own:
            plain[scope] = tuple(sorted(own, key=str.lower))
    inside = [scope for scope in plain if scope.lower() == group_id.lower()]
    return DeployRoles(
        custom=(*(CustomRole("deploy", plain.pop(each), (each,)) for each in inside), *_outside(plain)),
        may_assign={scope: _may_assign(_given_there(rights, scope, group_id), settings) for scope in sorted(assigns)},
        subscribes=tuple(scope for scope, actions in wanted.items() if any(map(_is_of_events, actions))),
    )


def _assigns_on(rights: ReviewedRights) -> set[str]:
    """The scopes on which roles are given."""
    return {
        each.scope
        for each in rights.rights
        if each.action.lower().startswith(_ROLE_ACTIONS) and not each.action.lower().endswith("/read")
    }


def _given_there(rights: ReviewedRights, scope: str, group_id: str) -> list[ReviewedAssignment]:
    return [each for each in rights.role_assignments if _given_on(each.scope, group_id) == scope.lower()]


def _is_of_events(action: str) -> bool:
    return action.lower().startswith(_EVENT_ACTIONS)


def _is_guarded(right: ReviewedRight) -> bool:
    return right.deletes_held or right.action.lower() == _LOCKS_DELETE


def _outside(plain: dict[str, tuple[str, ...]]) -> Iterator[CustomRole]:
    """Custom roles for scopes outside the group, as few as give no scope more than it asks.

    Azure allows 5,000 custom roles in a tenant ("Azure RBAC limits"), so one role serves many scopes: an action on
    another type of resource means nothing on a scope.
    """
    roles: list[dict[str, tuple[str, ...]]] = []
    for scope, actions in plain.items():
        role = next((each for each in roles if _share(each, scope, actions)), None)
        if role is None:
            roles.append({scope: actions})
        else:
            role[scope] = actions
    for number, role in enumerate(roles, 1):
        every = {each.lower(): each for actions in role.values() for each in actions}
        label = "deploy-outside" if number == 1 else f"deploy-outside-{number}"
        yield CustomRole(label, tuple(every[key] for key in sorted(every)), tuple(role))


def _share(role: dict[str, tuple[str, ...]], scope: str, actions: tuple[str, ...]) -> bool:
    """Whether a scope may be given the same role as others: none of them would get more than it asks."""
    every = {each for given in role.values() for each in given} | set(actions)
    return all(
        {each.lower() for each in every if _means_something(each, on)} <= {each.lower() for each in asked}
        for on, asked in (*role.items(), (scope, actions))
    )


def _means_something(action: str, scope: str) -> bool:
    """Whether an action can be done on a scope or on a part of it."""
    parts = scope.rpartition("/providers/")[2].split("/")
    return action.lower().startswith(f"{'/'.join([parts[0], *parts[1::2]]).lower()}/")


def _may_assign(there: Iterable[ReviewedAssignment], settings: LandingSettings) -> MayAssign:
    release = ci_identity_name(settings.project.name, settings.environment, CIUse.RELEASE)
    every = list(there)
    return MayAssign(
        given=tuple(dict.fromkeys(_given(each) for each in every if each.principal != release)),
        to_release=tuple(dict.fromkeys(each.role_id for each in every if each.principal == release)),
    )


def _given(assignment: ReviewedAssignment) -> Given:
    return Given(assignment.role_id, assignment.principal_type)


def _given_on(scope: str, group_id: str) -> str:
    inside = f"{scope.lower()}/".startswith(f"{group_id.lower()}/")
    return group_id.lower() if inside else scope.lower()


def _group_of(scope: str) -> str:
    found = re.match(r"/subscriptions/[^/]+/resourceGroups/[^/]+", scope, re.IGNORECASE)
    return found[0] if found else scope


def short_scope(scope: str) -> str:
    """A scope as part of a name in the program: the names in its id, and six digits that tell it from all others."""
    parts = scope.split("/")
    names = scope.rpartition("/providers/")[2].split("/")[2::2] if "/providers/" in scope else []
    digest = hashlib.sha256(scope.lower().encode()).hexdigest()[:6]
    return "-".join(filter(None, [*parts[4:5], *names, digest]))
