"""The state of a stack, as `pulumi stack export` writes it."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from pulumi.runtime import rpc

from ..foundation.problems import Problem, ProblemsError
from ..foundation.secret_values import SECRET

VERSIONS = (3, 4)
"""The versions of an export that this library reads (pulumi sdk/go/common/apitype: DeploymentSchemaVersionCurrent and
-Latest of v3.260.0, read 2026-11-28)."""

_SIGNATURE = rpc._special_sig_key
_EXPORT = "Give the output of `pulumi stack export`"


@dataclass(frozen=True, slots=True)
class Deployed:
    """A resource or component of a state. Inputs and outputs have `[secret]` in place of what is secret."""

    urn: str
    type: str
    custom: bool
    external: bool
    """Whether the program only reads it."""

    id: str
    inputs: Mapping[str, Any]
    outputs: Mapping[str, Any]
    property_dependencies: Mapping[str, tuple[str, ...]]
    provider: str
    protect: bool
    retain_on_delete: bool
    ignore_changes: tuple[str, ...]
    replace_on_changes: tuple[str, ...]
    going: bool
    """Whether it was replaced, and its deletion is still to come."""

    unfinished: bool
    """Whether its last creation or change broke off, or its replacement did."""

    @property
    def name(self) -> str:
        """The name in the program."""
        return self.urn.rsplit("::", 1)[-1]


@dataclass(frozen=True, slots=True)
class State:
    """The resources of one stack, each after those that it depends on."""

    project: str
    stack: str
    resources: tuple[Deployed, ...]
    pending: tuple[str, ...] = ()
    """The operations that were under way when a run was killed: what was done, and the URN."""


def state_of(text: str, source: str) -> State:
    """Reads an export. Raises ProblemsError if it is none, is encrypted as a whole, or has an unknown version."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        _refuse(source, "is not JSON", f"{_EXPORT}, unencrypted; single secrets in it may stay encrypted")
    version = data.get("version") if isinstance(data, dict) else None
    if not isinstance(data, dict) or "deployment" not in data:
        what = "is a checkpoint of a backend, not an export" if _is_checkpoint(data) else "is not a stack's export"
        _refuse(source, what, _EXPORT)
    if version not in VERSIONS:
        allowed = " and ".join(map(str, VERSIONS))
        _refuse(
            source, f"has version {version}", f"Versions {allowed} are read. Export it anew with Pulumi 3.60 or newer"
        )
    deployment = data["deployment"]
    if not isinstance(deployment, dict):
        _refuse(source, "is encrypted or damaged: its deployment is not an object", _EXPORT)
    try:
        resources = tuple(_resource(each) for each in deployment.get("resources") or [])
        pending = tuple(
            f"{each['type']} {each['resource']['urn']}" for each in deployment.get("pending_operations") or []
        )
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError):
        _refuse(source, "is damaged: a resource has no URN or type", f"{_EXPORT}, unchanged")
    if not resources:
        _refuse(source, "has no resources", "Nothing is deployed: run `mlplatform preview` without --against")
    stacks = {tuple(each.urn.split("::")[:2]) for each in resources}
    if len(stacks) > 1:
        found = ", ".join(sorted("/".join(reversed(each)).replace("urn:pulumi:", "") for each in stacks))
        _refuse(source, f"mixes stacks: {found}", f"{_EXPORT} of one stack")
    [(stack, project)] = stacks
    return State(project, stack.removeprefix("urn:pulumi:"), resources, pending)


def _is_checkpoint(data: Any) -> bool:
    return isinstance(data, dict) and "checkpoint" in data


def _refuse(source: str, what: str, fix: str) -> NoReturn:
    raise ProblemsError([Problem((), what, fix, source)])


def _resource(data: Mapping[str, Any]) -> Deployed:
    urn, type_ = str(data["urn"]), str(data["type"])
    if not re.fullmatch(r"urn:pulumi:[^:]+::[^:]+::.+::.+", urn):
        raise ValueError(urn)
    return Deployed(
        urn=urn,
        type=type_,
        custom=bool(data.get("custom")),
        external=bool(data.get("external")),
        id=str(data.get("id") or ""),
        inputs=_plain(data.get("inputs") or {}),
        outputs=_plain(data.get("outputs") or {}),
        property_dependencies={
            key: tuple(urns or ()) for key, urns in (data.get("propertyDependencies") or {}).items()
        },
        provider=str(data.get("provider") or ""),
        protect=bool(data.get("protect")),
        retain_on_delete=bool(data.get("retainOnDelete")),
        ignore_changes=tuple(data.get("ignoreChanges") or ()),
        replace_on_changes=tuple(data.get("replaceOnChanges") or ()),
        going=bool(data.get("delete")),
        unfinished=bool(data.get("initErrors") or data.get("pendingReplacement")),
    )


def _plain(value: Any) -> Any:
    """A value as a plan has it. Keys that bridged providers add for themselves are left out."""
    if isinstance(value, dict):
        if _SIGNATURE in value:
            return (
                SECRET
                if value[_SIGNATURE] == rpc._special_secret_sig
                else f"[{'archive' if 'assets' in value else 'asset'}]"
            )
        return {key: _plain(each) for key, each in _known(value)}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _known(value: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    return ((key, each) for key, each in sorted(value.items()) if key not in ("__defaults", "__meta"))
