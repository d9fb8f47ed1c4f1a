"""Azure Resource Manager and Entra ID on loopback, over TLS, as far as the library's own clients call them.

The resources are those of the emulated Azure, in ARM's shape.
"""

import contextlib
import json
import re
import ssl
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple, Optional
from urllib.parse import parse_qs, urlsplit

from ..foundation.values import name_of
from . import behaviour
from .azure import Azure
from .behaviour import MANAGED_ENDPOINT, TRIGGER
from .refusal import AzureError
from .world import Held

CLIENT_ID = "00000000-0000-0000-0000-0000000000c1"
SECRET = "nothing-here-is-real"  # noqa: S105 - it opens nothing
_TOKEN = "emulated"  # noqa: S105 - it opens nothing


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


@contextlib.contextmanager
def resource_manager(azure: Azure, folder: Path) -> Iterator[dict[str, str]]:
    """Serves until the end of the block. Yields the variables that lead a client there, with a sign-in of its own."""
    import trustme

    authority = trustme.CA()
    bundle = folder / "ca.pem"
    authority.cert_pem.write_to_path(str(bundle))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    server = _Server(("127.0.0.1", 0), _Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    host = f"localhost:{server.server_address[1]}"
    server.manager = _ResourceManager(azure, f"https://{host}")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield {
            "ARM_METADATA_HOSTNAME": host,
            "ARM_CLIENT_ID": CLIENT_ID,
            "ARM_CLIENT_SECRET": SECRET,
            "REQUESTS_CA_BUNDLE": str(bundle),
            "SSL_CERT_FILE": str(bundle),
        }
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _ResourceManager:
    def __init__(self, azure: Azure, url: str) -> None:
        self._azure, self._url = azure, url

    def answer(self, call: Call, form: dict[str, str], authorization: Optional[str]) -> Answer:
        if call.path == "/metadata/endpoints":
            return Answer(body={"resourceManager": f"{self._url}/", "authentication": {"loginEndpoint": self._url}})
        if call.path.endswith("/.well-known/openid-configuration"):
            base = f"{self._url}{call.path.removesuffix('/v2.0/.well-known/openid-configuration')}"
            return Answer(
                body={
                    "token_endpoint": f"{base}/oauth2/v2.0/token",
                    "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
                    "issuer": f"{base}/v2.0",
                }
            )
        if call.path.endswith("/token"):
            if form.get("client_secret") != SECRET:
                return Answer(401, {"error": "invalid_client", "error_description": "AADSTS7000215: Invalid secret."})
            return Answer(body={"token_type": "Bearer", "expires_in": 3600, "access_token": _TOKEN})
        if authorization != f"Bearer {_TOKEN}":
            return Answer(401, {"error": {"code": "AuthenticationFailed", "message": "The token is not valid."}})
        try:
            return self._of_resource(call)
        except AzureError as error:
            return Answer(error.status, {"error": {"code": error.code, "message": error.message}})

    def _of_resource(self, call: Call) -> Answer:
        for pattern, method in _ROUTES:
            if found := re.fullmatch(pattern, call.path, re.IGNORECASE):
                return method(self, call, found[1])
        held = self._azure.world.get(call.path)
        if call.method == "DELETE":
            self._azure.delete(call.path)
            return Answer(204 if held is None else 200)
        if held is None:
            raise _missing(call.path)
        if call.method != "GET":
            raise AzureError(405, "MethodNotAllowed", f"{call.method} of {call.path} is not emulated.")
        return Answer(body=_in_arms_shape(held))

    def _tags(self, call: Call, id_: str) -> Answer:
        held = self._azure.world.get(id_)
        if held is None:
            # A resource that others run is there, and keeps its tags.
            if self._azure.read(id_, "") is None:
                raise _missing(id_)
            held = self._azure.world.outside(id_)
        tags = held.body.setdefault("tags", {})
        if call.method == "PATCH":
            given = call.body["properties"]["tags"]
            if call.body["operation"] == "Delete":
                for key in given:
                    tags.pop(key, None)
            else:
                tags.update(given)
        return Answer(body={"properties": {"tags": dict(tags)}})

    def _agent_pool(self, call: Call, cluster_id: str) -> Answer:
        """A pool, also one that stands in its cluster only."""
        cluster, name = self._azure.world.get(cluster_id), name_of(call.path)
        if cluster is None:
            raise _missing(call.path)
        pools = {each["name"]: each for each in behaviour.shown(self._azure.world, cluster)["agentPoolProfiles"]}
        if name not in pools:
            raise _missing(call.path)
        pool = pools[name]
        if call.method == "PUT":
            given = {key: value for key, value in call.body["properties"].items() if key != "provisioningState"}
            behaviour.change_pool(self._azure.world, cluster, name, given)
            self._azure.world.log.append(("update", call.path))
            pool = {**pool, **given}
        properties = {key: value for key, value in pool.items() if key != "name"}
        return Answer(
            body={"id": call.path, "name": name, "properties": {**properties, "provisioningState": "Succeeded"}}
        )

    def _trigger(self, call: Call, id_: str) -> Answer:
        held = self._azure.world.get(id_)
        if held is None:
            raise AzureError(404, "TriggerNotFound", "The document could not be retrieved: it does not exist.")
        action, state = call.path.rsplit("/", 1)[-1].lower(), held.read_only
        if action == "geteventsubscriptionstatus":
            return Answer(body={"triggerName": name_of(id_), "status": state["subscription"]})
        events = held.body.get("properties", {}).get("type") == "BlobEventsTrigger"
        if action == "start":
            if events and state["subscription"] != "Enabled":
                raise AzureError(400, "TriggerNotSubscribed", "The trigger is not subscribed to its events.")
            state["properties"]["runtimeState"] = "Started"
        elif action == "stop":
            state["properties"]["runtimeState"] = "Stopped"
        elif action == "subscribetoevents":
            state["subscription"] = "Enabled"
        else:
            state["subscription"] = "Disabled"
        self._azure.world.log.append((action, held.id))
        return Answer(200)

    def _connections(self, call: Call, target: str) -> Answer:
        found = [
            _connection(each, target)
            for each in self._azure.world.of_type(MANAGED_ENDPOINT)
            if each.read_only["connection"]["target"].lower() == target.lower()
        ]
        return Answer(body={"value": found})

    def _connection(self, call: Call, target: str) -> Answer:
        name = name_of(call.path)
        for each in self._azure.world.of_type(MANAGED_ENDPOINT):
            if each.read_only["connection"]["target"].lower() == target.lower() and _connection_name(each) == name:
                if call.method == "PUT":
                    state = call.body["properties"]["privateLinkServiceConnectionState"]
                    each.read_only["connection"]["status"] = state["status"]
                    self._azure.world.log.append(("approve", each.id))
                return Answer(body=_connection(each, target))
        raise _missing(call.path)


def _missing(id_: str) -> AzureError:
    return AzureError(404, "ResourceNotFound", f"The Resource '{id_}' was not found.")


def _in_arms_shape(held: Held) -> dict[str, Any]:
    if held.type == TRIGGER:
        flat = held.body.get("properties", {})
        properties = {key: flat[key] for key in _OF_EVERY_TRIGGER if key in flat}
        properties["typeProperties"] = {key: value for key, value in flat.items() if key not in _OF_EVERY_TRIGGER}
        properties |= held.read_only["properties"]
    elif held.type == MANAGED_ENDPOINT:
        status = held.read_only["connection"]["status"]
        properties = {
            **held.body.get("properties", {}),
            "provisioningState": "Succeeded",
            "connectionState": {"status": status},
        }
    else:
        properties = held.body.get("properties", held.body)
    return {"id": held.id, "name": name_of(held.id), "properties": properties}


_OF_EVERY_TRIGGER = ("type", "description", "annotations", "pipeline", "pipelines")
"""The properties of a trigger that do not depend on its type. azure-native writes the others beside them."""


def _connection_name(endpoint: Held) -> str:
    return f"{name_of(endpoint.id)}.{abs(hash(endpoint.id)) % 10**8}"


def _connection(endpoint: Held, target: str) -> dict[str, Any]:
    factory, _, _ = endpoint.id.partition("/managedVirtualNetworks/")
    source = f"{name_of(factory)}.{name_of(endpoint.id)}"
    return {
        "id": f"{target}/privateEndpointConnections/{_connection_name(endpoint)}",
        "name": _connection_name(endpoint),
        "properties": {
            "privateEndpoint": {"id": f"/subscriptions/ms/resourceGroups/vnet/privateEndpoints/{source}"},
            "privateLinkServiceConnectionState": {
                "status": endpoint.read_only["connection"]["status"],
                "description": "",
                "actionsRequired": "None",
            },
            "provisioningState": "Succeeded",
        },
    }


_ROUTES: list[tuple[str, Callable[[_ResourceManager, Call, str], Answer]]] = [
    (r"(.+/managedClusters/[^/]+)/agentPools/[^/]+", _ResourceManager._agent_pool),
    (r"(.+)/providers/Microsoft\.Resources/tags/default", _ResourceManager._tags),
    (
        (
            r"(.+/factories/[^/]+/triggers/[^/]+)/(?:start|stop|subscribeToEvents|unsubscribeFromEvents"
            r"|getEventSubscriptionStatus)"
        ),
        _ResourceManager._trigger,
    ),
    (r"(.+)/privateEndpointConnections", _ResourceManager._connections),
    (r"(.+)/privateEndpointConnections/[^/]+", _ResourceManager._connection),
]


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    manager: _ResourceManager


class _Handler(BaseHTTPRequestHandler):
    server: Any
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # Otherwise each body waits 40 ms for the client to acknowledge the headers.

    def _answer(self) -> None:
        parts = urlsplit(self.path)
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        form = {}
        body = None
        if "json" in (self.headers.get("Content-Type") or ""):
            body = json.loads(raw) if raw else None
        else:
            form = {key: values[0] for key, values in parse_qs(raw).items()}
        answer = self.server.manager.answer(
            Call(self.command, parts.path, query, body), form, self.headers.get("Authorization")
        )
        data = json.dumps(answer.body).encode() if answer.body is not None else b""
        self.send_response(answer.status)
        for key, value in answer.headers:
            self.send_header(key, value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = _answer  # noqa: N815 - the names of the methods

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name of the parameter
        """Says nothing: a world has its own log."""
