"""Authorization as Azure Resource Manager does it: before anything else, by the caller's roles and their scopes."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, Field, TypeAdapter

from .ids import arm_type, parent_of
from .refusal import AzureError
from .tables.permissions import LINKED, LINKED_UNAUTHORIZED, NAMES, ON_SOURCE, UNAUTHORIZED
from .values import first_at, values_at

OBJECT_ID = "00000000-0000-0000-0000-0000000000c2"
"""Who deploys, in refusals."""


@dataclass(frozen=True)
class Grant:
    """A role on a scope. It counts on all below the scope."""

    scope: str
    actions: tuple[str, ...]
    """Patterns: `*` stands for any text."""

    not_actions: tuple[str, ...] = ()


_Scope = Annotated[str, Field(pattern="^/")]


class RoleError(Exception):
    """Files are no roles; the message says why and what to do."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class Principal:
    """Who deploys, with roles. Only its rights count, not those of other callers."""

    def __init__(self, grants: Iterable[Grant], object_id: str = OBJECT_ID) -> None:
        self.grants, self.object_id = tuple(grants), object_id
        self.asked: set[tuple[str, str]] = set()
        """Each action and scope that was asked for, in lower case."""

        self._known: dict[tuple[str, str], bool] = {}

    def allows(self, action: str, scope: str) -> bool:
        """Whether a role allows an action on a scope."""
        key = action.lower(), scope.lower()
        self.asked.add(key)
        if key not in self._known:
            self._known[key] = self._is_allowed(*key)
        return self._known[key]

    def _is_allowed(self, action: str, scope: str) -> bool:
        return any(
            f"{scope}/".startswith(f"{each.scope.lower().rstrip('/')}/")
            and _matches(each.actions, action)
            and not _matches(each.not_actions, action)
            for each in self.grants
        )


def _matches(patterns: Iterable[str], action: str) -> bool:
    return any(fnmatchcase(action, each.lower()) for each in patterns)


def authorize(principal: Principal, verb: str, id_: str, body: Any = None) -> None:
    """Refuses a request of a caller who lacks a right. `verb` is `read`, `write`, `delete`, or an action's name."""
    kind = NAMES.get(arm_type(id_), arm_type(id_))
    ask(principal, f"{kind}/{verb}" if verb in ("read", "write", "delete") else f"{kind}/{verb}/action", id_)
    if verb == "write":
        for action, target in links(id_, body):
            if not principal.allows(action, target):
                raise AzureError(
                    403,
                    "LinkedAuthorizationFailed",
                    LINKED_UNAUTHORIZED.format(
                        client=principal.object_id, action=f"{kind}/write", scope=id_, linked=action, target=target
                    ),
                )


def authorize_on_source(principal: Principal, action: str, trigger: Any) -> None:
    """Refuses an action on a trigger whose source of events the caller may not subscribe to."""
    for row in ON_SOURCE:
        source = first_at(trigger, "properties.scope")
        if row.action == action.lower() and source:
            ask(principal, row.asks, str(source))


def ask(principal: Principal, action: str, scope: str) -> None:
    """Refuses an action that no role allows."""
    if not principal.allows(action, scope):
        text = UNAUTHORIZED.format(client=principal.object_id, action=action, scope=scope)
        raise AzureError(403, "AuthorizationFailed", text)


def links(id_: str, body: Any) -> Iterator[tuple[str, str]]:
    """The actions that the body of a resource takes on others, each with the id of what it is on."""
    for row in LINKED:
        if row.type == arm_type(id_):
            targets = values_at(body, row.path) if row.path else [("", parent_of(id_))]
            for _, named in targets:
                # A registry names its identities as the keys of a map.
                for target in named if isinstance(named, dict) else [str(named)]:
                    if target.startswith("/"):
                        yield row.action.format(type=arm_type(target)), target


def principal_of(files: Iterable[Path]) -> Principal:
    """The principal with the roles in some files, each a role definition or the rights of a stack.

    A role definition counts on each of its `AssignableScopes`. Raises RoleError with the problems of all files.
    """
    grants: list[Grant] = []
    problems: list[str] = []
    for file in files:
        try:
            grants += _grants(file)
        except OSError as error:
            problems.append(f"{file}: cannot be read ({error.strerror})")
        except ValueError:
            problems.append(
                f"{file}: is no role\n    Give a role definition with Actions and AssignableScopes, as `az role"
                " definition create` takes it, or the output of `mlplatform rights STACK --json`"
            )
    if problems:
        raise RoleError(problems)
    return Principal(grants)


class _Permission(BaseModel):
    actions: list[str]
    notactions: list[str] = []


class _Role(BaseModel):
    assignablescopes: Annotated[list[_Scope], Field(min_length=1)]
    permissions: list[_Permission]


class _Right(BaseModel):
    action: str
    scope: _Scope


class _StackRights(BaseModel):
    rights: list[_Right]


class _Rights(BaseModel):
    stacks: Annotated[list[_StackRights], Field(min_length=1)]


def _grants(file: Path) -> Iterator[Grant]:
    data = _with_lower_keys(json.loads(file.read_text(encoding="utf-8")))
    if isinstance(data, dict) and "actions" in data:
        data["permissions"] = [data]
    found = TypeAdapter(_Rights | _Role).validate_python(data)
    if isinstance(found, _Rights):
        yield from (Grant(each.scope, (each.action,)) for stack in found.stacks for each in stack.rights)
    else:
        for scope in found.assignablescopes:
            yield from (Grant(scope, tuple(each.actions), tuple(each.notactions)) for each in found.permissions)


def _with_lower_keys(value: Any) -> Any:
    """The value with all keys in lower case: `az` takes and prints them in different ones."""
    if isinstance(value, dict):
        return {key.lower(): _with_lower_keys(each) for key, each in value.items()}
    return [_with_lower_keys(each) for each in value] if isinstance(value, list) else value
