"""Replaces the Pulumi engine: takes registrations, answers as Azure would, and keeps a list."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Optional

from google.protobuf import empty_pb2, struct_pb2
from pulumi.runtime.mocks import MockMonitor, Mocks
from pulumi.runtime.proto import engine_pb2, resource_pb2

from ..emulation.answers import SUBSCRIPTION, emulate
from ..emulation.wire import plain, wire, wire_fields, wire_secret
from ..foundation.secret_values import SECRET
from ..resource_types import resource_type
from .resource import UNKNOWN, AdoptedResource, PlannedResource

_STACK = "pulumi:pulumi:Stack"


class RecordingError(Exception):
    """The program did something that a plan does not support."""


class _NoMocks(Mocks):
    def call(self, args: Any) -> Any:
        raise RecordingError(f"unexpected call of {args.token}")

    def new_resource(self, args: Any) -> Any:
        raise RecordingError(f"unexpected resource {args.name}")


class Recorder(MockMonitor):
    """A resource monitor that keeps every registered resource. `known` says whether Azure's answers are emulated.

    `existing` is what Azure already has, by id: it answers reads, and gives the values of properties whose changes
    are ignored. `subscription_id` is the subscription of resources without an explicit provider.
    """

    def __init__(
        self,
        project: str,
        stack: str,
        *,
        known: bool = True,
        existing: Optional[Mapping[str, Mapping]] = None,
        subscription_id: str = SUBSCRIPTION,
    ) -> None:
        super().__init__(_NoMocks())
        self._project, self._stack, self._known = project, stack, known
        self._existing = {id_.lower(): outputs for id_, outputs in (existing or {}).items()}
        self._read: dict[str, AdoptedResource] = {}
        self._planned: dict[str, PlannedResource] = {}
        self._registered_outputs: dict[str, dict[str, Any]] = {}
        self._subscription_id = subscription_id
        self._subscriptions: dict[str, str] = {}

    @property
    def planned(self) -> list[PlannedResource]:
        """All resources registered so far."""
        return [
            resource if resource.custom else _with_outputs(resource, self._registered_outputs.get(urn, {}))
            for urn, resource in self._planned.items()
        ]

    @property
    def adopted(self) -> list[AdoptedResource]:
        """All resources of others that were read so far."""
        return list(self._read.values())

    def make_urn(self, parent: str, type_: str, name: str) -> str:
        """The URN as the engine makes it, with the types of all parents."""
        chain = parent.split("::")[2] if parent else ""
        qualified = type_ if chain in ("", _STACK) else f"{chain}${type_}"
        return f"urn:pulumi:{self._stack}::{self._project}::{qualified}::{name}"

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802 - the name of the call
        urn = self.make_urn(request.parent, request.type, request.name)
        if urn in self._planned:
            raise RecordingError(f"two resources have the URN {urn}")
        inputs = plain(request.object)
        _no_output_in_text(inputs, urn)
        id_, outputs = "", {}
        secret = set(request.additionalSecretOutputs)
        if request.custom:
            id_, outputs = self._answer(urn, request, inputs)
        self._planned[urn] = PlannedResource(
            urn=urn,
            type=request.type,
            name=request.name,
            parent=request.parent,
            custom=request.custom,
            inputs=inputs,
            # Resources that are only read exist already.
            dependencies=tuple(sorted(set(request.dependencies) - self._read.keys())),
            property_dependencies={
                key: tuple(sorted(set(value.urns) - self._read.keys()))
                for key, value in sorted(request.propertyDependencies.items())
            },
            protect=request.protect,
            provider=request.provider,
            id=id_ or UNKNOWN,
            outputs={key: SECRET if key in secret else value for key, value in outputs.items()},
            aliases=tuple(_aliases(request.aliases, request.type)),
            ignore_changes=tuple(request.ignoreChanges),
            replace_on_changes=tuple(request.replaceOnChanges),
            delete_before_replace=request.deleteBeforeReplace,
            retain_on_delete=request.retainOnDelete,
        )
        answer = struct_pb2.Struct()
        if self._known or request.type.startswith("pulumi:providers:"):
            for key, value in request.object.fields.items():
                if key == "tags" or _comes_back(value):
                    answer.fields[key].CopyFrom(value)
            for key, value in outputs.items():
                answer.fields[key].CopyFrom(wire_secret(value) if key in secret else wire(value))
        return resource_pb2.RegisterResourceResponse(urn=urn, id=id_, object=answer)

    def _answer(self, urn: str, request: Any, inputs: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        if request.type.startswith("pulumi:providers:"):
            self._subscriptions[urn] = str(inputs.get("subscriptionId", UNKNOWN))
            return request.name, {}
        if not self._known:
            return "", {}
        provider = request.provider.rsplit("::", 1)[0]
        id_, outputs = emulate(request.type, urn, inputs, self._subscriptions.get(provider, self._subscription_id))
        before = self._existing.get(id_.lower(), {})
        kept = {re.split(r"[.\[]", path)[0] for path in request.ignoreChanges}
        if request.type == "pulumi:index:Stash":
            kept.add("output")  # The first value.
        return id_, {**outputs, **{key: value for key, value in before.items() if key in kept}}

    def RegisterResourceOutputs(self, request: Any) -> Any:  # noqa: N802 - the name of the call
        self._registered_outputs[request.urn] = plain(request.outputs)
        return empty_pb2.Empty()

    def ReadResource(self, request: Any) -> Any:  # noqa: N802 - the name of the call
        """Answers with what Azure shows. All other outputs stay unknown."""
        urn = self.make_urn(request.parent, request.type, request.name)
        shown = dict(self._shown(request.id, request.type))
        self._read[urn] = AdoptedResource(urn, request.type, request.id, str(shown.get("principalId") or ""))
        properties = wire_fields(shown)
        return resource_pb2.ReadResourceResponse(urn=urn, properties=properties)

    def _shown(self, id_: str, type_: str) -> Mapping[str, Any]:
        """What Azure shows of a resource of others: what stands in `existing`, else what its type's record says."""
        if id_.lower() in self._existing or not self._known or not id_.startswith("/"):
            return self._existing.get(id_.lower(), {})
        return resource_type(type_).read(id_)

    def Invoke(self, request: Any) -> Any:  # noqa: N802 - the name of the call
        raise RecordingError(f"{request.tok} calls Azure, which a plan cannot do: pass the value as a setting")


_SEVERITIES = {
    engine_pb2.INFO: "info",
    engine_pb2.WARNING: "warning",
    engine_pb2.ERROR: "error",
}


class Log:
    """Replaces the engine's log. Keeps all messages except debug messages."""

    def __init__(self) -> None:
        self.messages: list[tuple[str, str]] = []

    def Log(self, request: Any) -> None:  # noqa: N802 - the name of the call
        if request.severity in _SEVERITIES:
            self.messages.append((_SEVERITIES[request.severity], request.message))


def _comes_back(value: struct_pb2.Value) -> bool:
    """Whether Azure returns an input unchanged. An object comes back with more properties."""
    kind = value.WhichOneof("kind")
    if kind == "list_value":
        return all(map(_comes_back, value.list_value.values))
    return kind != "struct_value"


def _with_outputs(resource: PlannedResource, outputs: dict[str, Any]) -> PlannedResource:
    return replace(resource, outputs=outputs)


def _aliases(aliases: Iterable[Any], type_: str) -> Iterable[str]:
    """The aliases that a component gives. Skips the SDK's own aliases: a type for each API version."""
    for alias in aliases:
        if alias.urn:
            yield alias.urn
        elif alias.spec.name or (alias.spec.type and not alias.spec.type.startswith("azure-native")):
            yield alias.spec.name or alias.spec.type


def _no_output_in_text(value: Any, urn: str) -> None:
    if isinstance(value, str):
        if "Output[" in value or "Calling __str__ on an Output" in value:
            raise RecordingError(f"{urn} has an output inside a text; use Output.apply or Output.concat")
    elif isinstance(value, dict):
        for each in value.values():
            _no_output_in_text(each, urn)
    elif isinstance(value, list):
        for each in value:
            _no_output_in_text(each, urn)
