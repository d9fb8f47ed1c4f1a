"""A simulated Azure on loopback: Entra ID and Resource Manager over TLS, as documented, as far as the tests need them.

It also starts Pulumi's own server of dynamic providers, as the engine does.
"""

import contextlib
import json
import os
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple, Optional
from urllib.parse import parse_qs, urlsplit

import grpc
import trustme
from google.protobuf import struct_pb2
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

TENANT = "00000000-0000-0000-0000-0000000000aa"
CLIENT = "00000000-0000-0000-0000-0000000000c1"


class Call(NamedTuple):
    """A request to Resource Manager."""

    method: str
    path: str
    query: dict[str, str]
    body: Any


class Answer(NamedTuple):
    """The answer to a call."""

    status: int = 200
    body: Any = None
    headers: tuple[tuple[str, str], ...] = ()

    @classmethod
    def refusal(cls, status: int, code: str, message: str = "") -> "Answer":
        return cls(status, {"error": {"code": code, "message": message}})


Resource = Callable[[Call], Answer]


class Azure:
    """The state behind the server. `resources` answer by path. `faults` are answered first, one per call."""

    def __init__(self) -> None:
        self.secret = "right"
        self.assertion = ""
        self.url = ""
        self.reset()

    def reset(self) -> None:
        """Clears the resources, the faults and the recorded requests."""
        self.resources: dict[str, Resource] = {}
        self.faults: list[Answer] = []
        self.calls: list[Call] = []
        self.grants: list[dict[str, str]] = []

    def entra(self, path: str, form: dict[str, str]) -> Answer:
        if path.endswith("/.well-known/openid-configuration"):
            base = f"{self.url}{path.removesuffix('/v2.0/.well-known/openid-configuration')}"
            return Answer(
                body={
                    "token_endpoint": f"{base}/oauth2/v2.0/token",
                    "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
                    "issuer": f"{base}/v2.0",
                }
            )
        self.grants.append(form)
        known = form.get("client_secret") == self.secret or (
            self.assertion and form.get("client_assertion") == self.assertion
        )
        if form.get("client_id") != CLIENT or not known:
            return Answer(
                401, {"error": "invalid_client", "error_description": "AADSTS7000215: Invalid client secret."}
            )
        return Answer(body={"token_type": "Bearer", "expires_in": 3600, "access_token": "a-token"})

    def arm(self, call: Call, authorization: Optional[str]) -> Answer:
        if authorization != "Bearer a-token":
            return Answer(401, {"error": {"code": "AuthenticationFailed", "message": "The token is not valid."}})
        self.calls.append(call)
        if self.faults:
            return self.faults.pop(0)
        resource = self.resources.get(call.path)
        if resource is None:
            return Answer(404, {"error": {"code": "ResourceNotFound", "message": f"{call.path} was not found."}})
        return resource(call)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # Otherwise each body waits 40 ms for the client to acknowledge the headers.
    azure: Azure

    def _answer(self) -> None:
        parts = urlsplit(self.path)
        length = int(self.headers.get("Content-Length") or 0)
        raw = self.rfile.read(length).decode()
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        if parts.path == "/metadata/endpoints":
            answer = Answer(
                body={"resourceManager": f"{self.azure.url}/", "authentication": {"loginEndpoint": self.azure.url}}
            )
        elif parts.path == "/oidc":
            right = self.headers.get("Authorization") == "Bearer pipeline" and query.get("audience")
            answer = Answer(body={"value": self.azure.assertion}) if right else Answer(403, {})
        elif parts.path.endswith(("/openid-configuration", "/token")):
            answer = self.azure.entra(parts.path, {key: values[0] for key, values in parse_qs(raw).items()})
        else:
            call = Call(self.command, parts.path, query, json.loads(raw) if raw else None)
            answer = self.azure.arm(call, self.headers.get("Authorization"))
        body = json.dumps(answer.body).encode() if answer.body is not None else b""
        self.send_response(answer.status)
        for key, value in answer.headers:
            self.send_header(key, value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = _answer  # noqa: N815 - the names of the methods

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name of the parameter
        pass


@contextlib.contextmanager
def azure_on_loopback(folder: Path) -> Iterator[tuple[Azure, dict[str, str]]]:
    """Starts the server. Yields it, and the environment variables to reach it and sign in."""
    authority = trustme.CA()
    bundle = folder / "ca.pem"
    authority.cert_pem.write_to_path(str(bundle))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    azure = Azure()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"azure": azure}))
    server.daemon_threads = True
    server.socket = context.wrap_socket(server.socket, server_side=True)
    azure.url = f"https://localhost:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield (
            azure,
            {
                "ARM_METADATA_HOSTNAME": azure.url.removeprefix("https://"),
                "ARM_CLIENT_ID": CLIENT,
                "ARM_CLIENT_SECRET": azure.secret,
                "ARM_TENANT_ID": TENANT,
                "REQUESTS_CA_BUNDLE": str(bundle),
            },
        )
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class ProviderError(Exception):
    """An error from the provider, with its message."""


class DynamicProviders:
    """Pulumi's server of dynamic providers, as the engine talks to it."""

    def __init__(self, port: int) -> None:
        options = [("grpc.enable_http_proxy", 0)]
        self._channel = grpc.insecure_channel(f"127.0.0.1:{port}", options=options)
        self._stub = provider_pb2_grpc.ResourceProviderStub(self._channel)
        self._stub.Configure(provider_pb2.ConfigureRequest(args=struct_pb2.Struct()))

    def close(self) -> None:
        self._channel.close()

    def create(self, inputs: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        answer = self._call("Create", provider_pb2.CreateRequest(properties=_struct(inputs)))
        return answer.id, dict(answer.properties)

    def diff(self, id_: str, olds: dict[str, Any], news: dict[str, Any]) -> tuple[bool, list[str]]:
        answer = self._call("Diff", provider_pb2.DiffRequest(id=id_, olds=_struct(olds), news=_struct(news)))
        return answer.changes == provider_pb2.DiffResponse.DIFF_SOME, list(answer.replaces)

    def read(self, id_: str, state: dict[str, Any]) -> dict[str, Any]:
        return dict(self._read(id_, state).properties)

    def gone(self, id_: str, state: dict[str, Any]) -> bool:
        """Whether a refresh finds nothing: the engine takes a resource without an id out of the state."""
        return not self._read(id_, state).id

    def update(self, id_: str, olds: dict[str, Any], news: dict[str, Any]) -> dict[str, Any]:
        request = provider_pb2.UpdateRequest(id=id_, olds=_struct(olds), news=_struct(news))
        return dict(self._call("Update", request).properties)

    def delete(self, id_: str, state: dict[str, Any]) -> None:
        self._call("Delete", provider_pb2.DeleteRequest(id=id_, properties=_struct(state)))

    def _read(self, id_: str, state: dict[str, Any]) -> Any:
        return self._call("Read", provider_pb2.ReadRequest(id=id_, properties=_struct(state)))

    def _call(self, name: str, request: Any) -> Any:
        try:
            return getattr(self._stub, name)(request)
        except grpc.RpcError as error:
            raise ProviderError(error.details()) from None


def _struct(values: dict[str, Any]) -> struct_pb2.Struct:
    made = struct_pb2.Struct()
    made.update(values)
    return made


@contextlib.contextmanager
def dynamic_providers(**environment: str) -> Iterator[DynamicProviders]:
    """Starts the server without this process's Azure variables."""
    own = {key: value for key, value in os.environ.items() if not key.startswith(("ARM_", "AZURE_", "ACTIONS_"))}
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "pulumi.dynamic"],
        env={**own, **environment},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        providers = DynamicProviders(int(process.stdout.readline()))
        try:
            yield providers
        finally:
            providers.close()
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()
