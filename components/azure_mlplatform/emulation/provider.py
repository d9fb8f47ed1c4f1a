"""azure-native on the emulated Azure: a provider that a real Pulumi engine talks to.

It behaves as azure-native does: asks before it creates, replaces where azure-native replaces, repeats what Azure asks
to repeat, and puts what Azure shows into the inputs on a refresh.
"""

import re
import time
from collections.abc import Callable
from typing import Any, NoReturn, Optional

import grpc
from google.protobuf import any_pb2, empty_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc, status_pb2

from ..resource_types.resource_type import UNKNOWN
from .azure import Azure, is_emulated
from .behaviour import ALWAYS_THERE
from .ids import arm_type, parameters_of
from .refresh import only_shown, refreshed, without
from .refusal import AzureError
from .replacement import changes, replaced_by
from .wire import plain, wire_fields

TRIES = 4
"""The number of times that azure-native sends a request at most (azcore's default: three retries)."""

_REPEATED = frozenset({408, 429, 500, 502, 503, 504})
_REPEATED_CONFLICTS = frozenset({"AnotherOperationInProgress", "RetryableError", "ReferencedResourceNotProvisioned"})


class AzureNative(provider_pb2_grpc.ResourceProviderServicer):
    """One provider resource of a program, with its subscription."""

    def __init__(self, azure: Azure, subscription_id: str = "") -> None:
        self._azure, self._subscription = azure, subscription_id

    def Handshake(self, request: Any, context: Any) -> Any:  # noqa: N802 - the name of the call
        return provider_pb2.ProviderHandshakeResponse()

    def GetPluginInfo(self, request: Any, context: Any) -> Any:  # noqa: N802 - the name of the call
        return plugin_pb2.PluginInfo(version="3.29.0")

    def CheckConfig(self, request: Any, context: Any) -> Any:  # noqa: N802 - the name of the call
        return provider_pb2.CheckResponse(inputs=request.news)

    def DiffConfig(self, request: Any, context: Any) -> Any:  # noqa: N802 - the name of the call
        olds, news = plain(request.old_inputs), plain(request.news)
        changed = sorted(key for key in {*olds, *news} if olds.get(key) != news.get(key))
        # Another subscription is an update to azure-native; a program has to refuse it.
        return _difference(dict.fromkeys(changed, provider_pb2.PropertyDiff.UPDATE), replace=False)

    def Configure(self, request: Any, context: Any) -> Any:  # noqa: N802 - the name of the call
        given = plain(request.args).get("subscriptionId") or request.variables.get("azure-native:config:subscriptionId")
        self._subscription = str(given or self._subscription)
        return provider_pb2.ConfigureResponse(supportsPreview=True)

    def Check(self, request: Any, context: Any) -> Any:  # noqa: N802 - the name of the call
        type_ = _type(request.urn)
        if not is_emulated(type_):
            _abort(
                context,
                f"{type_} is not emulated, so nothing can be said of it (see docs/local.md of azure-mlplatform)",
            )
        return provider_pb2.CheckResponse(inputs=request.news)

    def Diff(self, request: Any, context: Any) -> Any:  # noqa: N802 - the name of the call
        type_, olds, news = _type(request.urn), plain(request.old_inputs), plain(request.news)
        changed = dict(changes(olds, news))
        replaced = {path for path in changed if replaced_by(type_, path)}
        kinds = provider_pb2.PropertyDiff
        detailed = {
            path: kinds.Kind.Value(f"{kind}_REPLACE" if path in replaced else kind) for path, kind in changed.items()
        }
        return _difference(detailed, replace=bool(replaced))

    def Create(self, request: Any, context: Any) -> Any:  # noqa: N802 - the name of the call
        type_, inputs = _type(request.urn), plain(request.properties)
        if request.preview:
            return provider_pb2.CreateResponse(properties=wire_fields(_in_a_preview(type_, inputs)))
        id_ = self._repeated(context, lambda: self._azure.id_of(type_, request.urn, inputs, self._subscription))
        there = arm_type(id_) in ALWAYS_THERE
        if not there and self._repeated(context, lambda: self._azure.has(id_)):
            _abort(context, f"cannot create already existing resource '{id_}'")
        id_, (_, shown) = self._repeated(
            context,
            lambda: self._azure.create(type_, request.urn, inputs, self._subscription),
            half_way=lambda: (id_, request.properties),
        )
        return provider_pb2.CreateResponse(id=id_, properties=wire_fields(shown))

    def Read(self, request: Any, context: Any) -> Any:  # noqa: N802 - the name of the call
        type_ = _type(request.urn)
        found = self._repeated(context, lambda: self._azure.read(request.id, type_))
        if found is None:
            return provider_pb2.ReadResponse()
        written, shown = found
        before, inputs = plain(request.properties), plain(request.inputs)
        if before and inputs:
            read_only = only_shown(shown, written)
            inputs = refreshed(inputs, without(before, read_only), without(shown, read_only))
        else:
            # An import: azure-native reads what is part of the id from there.
            inputs = {**written, **parameters_of(type_, request.id)}
        return provider_pb2.ReadResponse(id=request.id, properties=wire_fields(shown), inputs=wire_fields(inputs))

    def Update(self, request: Any, context: Any) -> Any:  # noqa: N802 - the name of the call
        inputs = plain(request.news)
        if request.preview:
            properties = wire_fields(_in_a_preview(_type(request.urn), inputs))
        else:
            _, shown = self._repeated(
                context,
                lambda: self._azure.update(request.id, request.urn, inputs, self._subscription),
                half_way=lambda: (request.id, request.news),
            )
            properties = wire_fields(shown)
        return provider_pb2.UpdateResponse(properties=properties)

    def Delete(self, request: Any, context: Any) -> Any:  # noqa: N802 - the name of the call
        self._repeated(context, lambda: self._azure.delete(request.id))
        return empty_pb2.Empty()

    def Cancel(self, request: Any, context: Any) -> Any:  # noqa: N802 - the name of the call
        return empty_pb2.Empty()

    def _repeated(
        self, context: Any, call: Callable[[], Any], half_way: Optional[Callable[[], tuple[str, Any]]] = None
    ) -> Any:
        """The answer of a call. Repeats it as azure-native does, and ends the request with Azure's refusal."""
        for attempt in range(1, TRIES + 1):
            try:
                return call()
            except AzureError as error:
                if error.half_way and half_way is not None:
                    self._abort_half_way(context, error, *half_way())
                if attempt < TRIES and (error.status in _REPEATED or error.code in _REPEATED_CONFLICTS):
                    time.sleep(0.02 * attempt)
                    continue
                _abort(context, f'Status={error.status} Code="{error.code}" Message="{error.message}"')
        raise AssertionError("the last try returns or ends the request")

    def _abort_half_way(self, context: Any, error: AzureError, id_: str, inputs: Any) -> NoReturn:
        """Tells the engine that the resource exists and is not ready: the next update goes on with it."""
        found = self._azure.read(id_, "")
        shown = wire_fields(found[1]) if found else inputs
        reason = f'Status={error.status} Code="{error.code}" Message="{error.message}"'
        failed = provider_pb2.ErrorResourceInitFailed(id=id_, properties=shown, reasons=[reason], inputs=inputs)
        detail = any_pb2.Any()
        detail.Pack(failed)
        status = status_pb2.Status(code=grpc.StatusCode.UNKNOWN.value[0], message=reason, details=[detail])
        context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
        _abort(context, reason)


def _type(urn: str) -> str:
    return urn.split("::")[2].rsplit("$", 1)[-1]


def _abort(context: Any, text: str) -> NoReturn:
    context.abort(grpc.StatusCode.UNKNOWN, text)
    raise AssertionError("abort raises")


def _difference(detailed: dict[str, Any], *, replace: bool) -> Any:
    some = provider_pb2.DiffResponse.DIFF_SOME if detailed else provider_pb2.DiffResponse.DIFF_NONE
    replacing = provider_pb2.PropertyDiff
    replaces = [
        path
        for path, kind in detailed.items()
        if kind in (replacing.ADD_REPLACE, replacing.DELETE_REPLACE, replacing.UPDATE_REPLACE)
    ]
    return provider_pb2.DiffResponse(
        changes=some,
        diffs=sorted({re.split(r"[.\[]", path)[0] for path in detailed}),
        replaces=replaces,
        detailedDiff={path: replacing(kind=kind) for path, kind in detailed.items()},
        hasDetailedDiff=True,
        # The name stays, so the old one has to go first.
        deleteBeforeReplace=replace,
    )


def _in_a_preview(type_: str, inputs: dict[str, Any]) -> dict[str, Any]:
    """The inputs that are known before Azure answers. Without an identity: identities go in as a list and come out as
    a map, with principals that nobody knows yet."""
    return {key: value for key, value in inputs.items() if value != UNKNOWN and key != "identity"}
