"""A provider for random:index/randomString:RandomString, which no package registry has as an executable."""

import random
import string
from typing import Any

from google.protobuf import empty_pb2
from plugin import serve
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

from azure_mlplatform.emulation.wire import plain, wire_fields


class Random(provider_pb2_grpc.ResourceProviderServicer):
    def Handshake(self, request: Any, context: Any) -> Any:  # noqa: N802 - the name of the call
        return provider_pb2.ProviderHandshakeResponse()

    def GetPluginInfo(self, request: Any, context: Any) -> Any:  # noqa: N802 - the name of the call
        return plugin_pb2.PluginInfo(version="4.21.4")

    def CheckConfig(self, request: Any, context: Any) -> Any:  # noqa: N802 - the name of the call
        return provider_pb2.CheckResponse(inputs=request.news)

    def DiffConfig(self, request: Any, context: Any) -> Any:  # noqa: N802 - the name of the call
        return provider_pb2.DiffResponse(changes=provider_pb2.DiffResponse.DIFF_NONE)

    def Configure(self, request: Any, context: Any) -> Any:  # noqa: N802 - the name of the call
        return provider_pb2.ConfigureResponse(supportsPreview=True)

    def Check(self, request: Any, context: Any) -> Any:  # noqa: N802 - the name of the call
        return provider_pb2.CheckResponse(inputs=request.news)

    def Diff(self, request: Any, context: Any) -> Any:  # noqa: N802 - the name of the call
        olds, news = plain(request.old_inputs), plain(request.news)
        changed = sorted(key for key in {*olds, *news} if olds.get(key) != news.get(key))
        kinds = provider_pb2.DiffResponse
        return kinds(changes=kinds.DIFF_SOME if changed else kinds.DIFF_NONE, diffs=changed, replaces=changed)

    def Create(self, request: Any, context: Any) -> Any:  # noqa: N802 - the name of the call
        inputs = plain(request.properties)
        if request.preview:
            return provider_pb2.CreateResponse(properties=request.properties)
        letters = string.ascii_lowercase + string.digits
        made = "".join(random.SystemRandom().choice(letters) for _ in range(inputs["length"]))
        return provider_pb2.CreateResponse(id=made, properties=wire_fields({**inputs, "result": made}))

    def Read(self, request: Any, context: Any) -> Any:  # noqa: N802 - the name of the call
        return provider_pb2.ReadResponse(id=request.id, properties=request.properties, inputs=request.inputs)

    def Update(self, request: Any, context: Any) -> Any:  # noqa: N802 - the name of the call
        return provider_pb2.UpdateResponse(properties=request.olds)

    def Delete(self, request: Any, context: Any) -> Any:  # noqa: N802 - the name of the call
        return empty_pb2.Empty()

    def Cancel(self, request: Any, context: Any) -> Any:  # noqa: N802 - the name of the call
        return empty_pb2.Empty()


if __name__ == "__main__":
    serve(lambda server: provider_pb2_grpc.add_ResourceProviderServicer_to_server(Random(), server))
