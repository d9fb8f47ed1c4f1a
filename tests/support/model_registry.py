"""Azure ML's registries, workspaces and their storage on loopback, as far as `mlplatform model` calls them.

What it does is documented, and where documents are silent it is the harder of two: a version is there only after some
questions, a block counts for nothing until it is committed, a version's files never change, a signature opens one
container and ends. Clients reach it under the real names of storage accounts, through a proxy on loopback. Each
identity has a token of its own, and its rights are judged by the emulated Azure's authorization.

Sources: azure-rest-api-specs, Microsoft.MachineLearningServices 2025-12-01; MicrosoftDocs, Blob Storage REST API;
azure-docs, role-based-access-control/permissions/ai-machine-learning, 2024-02-07 (registries/assets/read and /write are
the only operations on what a registry has: that ARM asks for these, whatever the kind of asset, is assumed). Read
2026-11-28.
"""

import base64
import contextlib
import hashlib
import json
import re
import select
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple, Optional
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

import trustme

from azure_mlplatform.emulation.authorization import Grant, Principal, ask
from azure_mlplatform.emulation.refusal import AzureError

TENANT = "00000000-0000-0000-0000-0000000000aa"
SECRET = "nothing-here-is-real"
SIGNATURE = "c2lnbmF0dXJlIHRoYXQgbm9ib2R5IG1heSBzZWU"
"""What each signature has. A test that finds it somewhere has found a leak."""

_ML = "Microsoft.MachineLearningServices"
_PUBLIC = ".blob.core.windows.net"


class Request(NamedTuple):
    """A request of a client."""

    host: str
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes


class Response(NamedTuple):
    """The answer to it. `cut`: the connection ends in the middle of the body."""

    status: int = 200
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    cut: bool = False


@dataclass
class Fault:
    """What goes wrong with requests to come."""

    matches: Callable[[Request], bool]
    answer: Callable[[Request], Optional[Response]]
    """None: the request is carried out, after what the function did."""

    times: int = 1


@dataclass
class Identity:
    """Who calls."""

    client_id: str
    grants: tuple[Grant, ...]
    storage: frozenset[str] = frozenset()
    """The accounts on which it is Storage Blob Data Contributor."""

    @property
    def principal(self) -> Principal:
        return Principal(self.grants, self.client_id)


@dataclass
class Store:
    """A storage account's blobs, and blocks that nobody committed."""

    blobs: dict[tuple[str, str, str], bytes] = field(default_factory=dict)
    blocks: dict[tuple[str, str, str], dict[str, bytes]] = field(default_factory=dict)


def on_loopback(folder: Path) -> "contextlib.AbstractContextManager[AzureMl]":
    """Serves until the end of the block."""
    return _serving(AzureMl(), folder)


class AzureMl:
    """A world that a test fills and breaks."""

    def __init__(self) -> None:
        self.url = ""
        self.environment: dict[str, str] = {}
        self.identities: dict[str, Identity] = {}
        self.resources: dict[str, dict[str, Any]] = {}
        """Path in lower case → the resource. Versions of models, datastores, jobs, endpoints."""

        self.store = Store()
        self.requests: list[Request] = []
        self.faults: list[Fault] = []
        self.slow = 2
        """How often a version in a registry says that it is being created."""

        self.absent = 0
        """How often it is not found before that. Clients ask again after ten seconds."""

        self.signature_lives = 10_000
        """How many requests a signature is good for."""

        self._left: dict[str, int] = {}
        self._pending: dict[str, int] = {}
        self._absent: dict[str, int] = {}
        self._signatures: dict[str, tuple[str, str]] = {}
        self.lock = threading.RLock()

    # What a test says.

    def has(self, path: str, **properties: Any) -> None:
        """Adds a resource that is there already."""
        self.resources[path.lower()] = {"id": path, "name": path.rsplit("/", 1)[1], "properties": properties}

    def put(self, account: str, container: str, files: dict[str, bytes]) -> None:
        """Adds blobs that are there already."""
        self.store.blobs |= {(account, container, name): content for name, content in files.items()}

    def files(self, account: str, container: str = "") -> dict[str, bytes]:
        """The blobs of an account, or of one of its containers."""
        return {
            name: content
            for (where, of, name), content in self.store.blobs.items()
            if where == account and container in ("", of)
        }

    def breaks(
        self,
        pattern: str,
        answer: Response | Callable[[Request], Optional[Response]],
        *,
        method: str = "",
        times: int = 1,
    ) -> None:
        """Lets requests to come go wrong whose host, path and query fit a pattern."""

        def matches(request: Request) -> bool:
            query = "&".join(f"{key}={value}" for key, value in request.query.items())
            return method in ("", request.method) and bool(
                re.search(pattern, f"{request.host}{request.path}?{query}", re.IGNORECASE)
            )

        self.faults.append(Fault(matches, answer if callable(answer) else lambda _: answer, times))

    def asked(self, method: str, pattern: str) -> list[Request]:
        """The requests that fit."""
        return [
            each
            for each in self.requests
            if each.method == method and re.search(pattern, f"{each.host}{each.path}", re.IGNORECASE)
        ]

    # What Azure answers.

    def answer(self, request: Request) -> Response:
        with self.lock:
            self.requests.append(request)
            for fault in self.faults:
                if fault.times and fault.matches(request):
                    fault.times -= 1
                    break
            else:
                fault = None
        if fault is not None and (given := fault.answer(request)) is not None:
            return given
        with self.lock:
            try:
                if request.host.endswith(_PUBLIC):
                    return self._blob(request)
                return self._entra(request) or self._arm(request)
            except AzureError as error:
                return _json(error.status, error.body, error.headers)

    def _entra(self, request: Request) -> Optional[Response]:
        if request.path == "/metadata/endpoints":
            found = {"resourceManager": f"{self.url}/", "authentication": {"loginEndpoint": self.url}}
            return _json(200, found)
        if request.path.endswith("/.well-known/openid-configuration"):
            base = f"{self.url}{request.path.removesuffix('/v2.0/.well-known/openid-configuration')}"
            found = {
                "token_endpoint": f"{base}/oauth2/v2.0/token",
                "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
                "issuer": f"{base}/v2.0",
            }
            return _json(200, found)
        if not request.path.endswith("/oauth2/v2.0/token"):
            return None
        form = {key: values[0] for key, values in parse_qs(request.body.decode()).items()}
        who = form.get("client_id", "")
        if request.path.split("/")[1] != TENANT or who not in self.identities:
            text = f"AADSTS700016: Application '{who}' was not found in the directory."
            return _json(400, {"error": "unauthorized_client", "error_description": text})
        if form.get("client_secret") != SECRET:
            text = "AADSTS7000215: Invalid client secret."
            return _json(401, {"error": "invalid_client", "error_description": text})
        audience = "storage" if "storage.azure.com" in form.get("scope", "") else "arm"
        return _json(200, {"token_type": "Bearer", "expires_in": 3600, "access_token": f"{audience}:{who}"})

    def _caller(self, request: Request, audience: str) -> Identity:
        kind, _, who = request.headers.get("authorization", "").removeprefix("Bearer ").partition(":")
        if kind != audience or who not in self.identities:
            raise AzureError(401, "InvalidAuthenticationToken", "The access token is invalid.")
        return self.identities[who]

    def _arm(self, request: Request) -> Response:
        caller = self._caller(request, "arm")
        path = request.path
        if request.query.get("api-version") != "2025-12-01":
            raise AzureError(400, "NoRegisteredProviderFound", "No registered resource provider found.")
        self._authorize(caller, request)
        last = path.rsplit("/", 1)[1]
        if request.method == "POST":
            body = json.loads(request.body)
            if last == "startPendingUpload":
                return self._pending_upload(path, body)
            return self._data_reference(path, body)
        if request.method == "PUT":
            return self._registered(path, json.loads(request.body))
        if last in ("versions", "onlineEndpoints", "datastores"):
            return self._listed(path, request.query)
        found = self.resources.get(path.lower())
        if found is None or self._absent.get(path.lower(), 0) > 0:
            self._absent[path.lower()] = self._absent.get(path.lower(), 1) - 1
            raise AzureError(404, "ResourceNotFound", f"The resource '{path}' could not be found.")
        shown = json.loads(json.dumps(found))
        shown["properties"].pop("_content", None)
        if self._pending.get(path.lower(), 0) > 0:
            self._pending[path.lower()] -= 1
            shown["properties"]["provisioningState"] = "Creating"
        return _json(200, shown, (("Retry-After", "0"),))

    def _authorize(self, caller: Identity, request: Request) -> None:
        found = re.match(rf"(/subscriptions/.+?/providers/{_ML}/(registries|workspaces)/[^/]+)/(.+)", request.path)
        assert found, request.path
        scope, kind, rest = found.groups()
        writes = request.method == "PUT" or rest.endswith("/startPendingUpload")
        verb = "write" if writes else "read"
        if kind == "registries":
            ask(caller.principal, f"{_ML}/registries/assets/{verb}", scope)
            return
        types = "/".join(rest.split("/")[::2])
        ask(caller.principal, f"{_ML}/workspaces/{types}/{verb}", request.path)

    def _listed(self, path: str, query: dict[str, str]) -> Response:
        below = f"{path.lower()}/"
        found = [
            each for key, each in self.resources.items() if key.startswith(below) and "/" not in key.removeprefix(below)
        ]
        if query.get("isDefault") == "true":
            found = [each for each in found if each["properties"].get("isDefault")]
        # Pages of one, so that whoever reads the first alone is seen.
        number = int(query.get("$skip", "0"))
        page: dict[str, Any] = {"value": found[number : number + 1]}
        if number + 1 < len(found):
            rest = "".join(f"&{key}={value}" for key, value in query.items() if key != "$skip")
            page["nextLink"] = f"{self.url}{path}?$skip={number + 1}{rest}"
        return _json(200, page)

    def _registered(self, path: str, body: dict[str, Any]) -> Response:
        before = self.resources.get(path.lower())
        said = body["properties"]
        is_registry = "/registries/" in path
        content = self._content(said["modelUri"])
        if not content:
            raise AzureError(400, "UserError", f"No files were found at '{said['modelUri']}'.")
        if before is not None:
            if before["properties"]["modelUri"] != said["modelUri"] or before["properties"]["_content"] != content:
                raise AzureError(
                    409, "Conflict", "Asset with this name and version exists, and its path cannot change."
                )
            return _json(200, before)
        state = {"provisioningState": "Succeeded"} if is_registry else {}
        made = {"id": path, "name": path.rsplit("/", 1)[1], "properties": {**said, **state, "_content": content}}
        self.resources[path.lower()] = made
        if is_registry:
            self._pending[path.lower()], self._absent[path.lower()] = self.slow, self.absent
        return _json(201 if is_registry else 200, made)

    def _content(self, uri: str) -> str:
        if found := re.match(r"azureml://(.+/workspaces/[^/]+)/datastores/([^/]+)/paths/(.+)", uri):
            workspace = found[1].replace("/workspaces/", f"/providers/{_ML}/workspaces/")
            workspace = workspace.replace("resourcegroups", "resourceGroups")
            store = self.resources[f"/{workspace}/datastores/{found[2]}".lower()]["properties"]
            account, container, path = store["accountName"], store["containerName"], found[3]
        else:
            host, _, rest = uri.removeprefix("https://").partition("/")
            account, (container, _, path) = host.removesuffix(_PUBLIC), rest.partition("/")
        files = self.files(account, container)
        found_files = {name: each for name, each in files.items() if name == path or name.startswith(f"{path}/")}
        if not found_files:
            return ""
        return hashlib.sha256(repr(sorted(found_files.items())).encode()).hexdigest()

    def _pending_upload(self, path: str, body: dict[str, str]) -> Response:
        assert body["pendingUploadType"] == "TemporaryBlobReference"
        if path.rsplit("/", 1)[0].lower() in self.resources:
            raise AzureError(409, "Conflict", "Asset already exists.")
        container = f"ml-{body['pendingUploadId']}"
        return self._granted(container, body["pendingUploadId"])

    def _data_reference(self, path: str, body: dict[str, str]) -> Response:
        registry, _, rest = path.partition("/datareferences/")
        name, _, version = rest.partition("/versions/")
        there = self.resources.get(f"{registry}/models/{name}/versions/{version}".lower())
        asset = f"azureml://registries/{registry.rsplit('/', 1)[1]}/models/{name}/versions/{version}"
        if there is None or body["assetId"] != asset or body["blobUri"] != there["properties"]["modelUri"]:
            raise AzureError(404, "NotFound", "The asset was not found.")
        return self._granted(body["blobUri"].split("/")[3])

    def _granted(self, container: str, upload: str = "") -> Response:
        token = f"{SIGNATURE}{len(self._signatures)}"
        self._signatures[token] = ("registrystore", container)
        self._left[token] = self.signature_lives
        address = f"https://registrystore{_PUBLIC}/{container}"
        sas = f"{address}?sv=2023-11-03&sr=c&sp=racwl&sig={token}"
        reference = {"blobUri": address, "credential": {"credentialType": "SAS", "sasUri": sas}}
        return _json(200, {"pendingUploadId": upload, "blobReferenceForConsumption": reference})

    # Storage.

    def _blob(self, request: Request) -> Response:
        account = request.host.removesuffix(_PUBLIC)
        container, _, name = unquote(request.path.lstrip("/")).partition("/")
        refused = self._refused(request, account, container)
        if refused is not None:
            return refused
        key = (account, container, name)
        comp = request.query.get("comp")
        if comp == "list":
            return self._list(account, container, request.query)
        if request.method == "PUT" and comp == "block":
            md5 = base64.b64encode(hashlib.md5(request.body, usedforsecurity=False).digest()).decode()
            if request.headers.get("content-md5") != md5:
                return _storage(400, "Md5Mismatch")
            self.store.blocks.setdefault(key, {})[request.query["blockid"]] = request.body
            return Response(201)
        if request.method == "PUT" and comp == "blocklist":
            named = re.findall(r"<Latest>([^<]+)</Latest>", request.body.decode())
            blocks = self.store.blocks.pop(key, {})
            if set(named) - set(blocks):
                return _storage(400, "InvalidBlockList")
            self.store.blobs[key] = b"".join(blocks[each] for each in named)
            return Response(201)
        if key not in self.store.blobs:
            return _storage(404, "BlobNotFound")
        if request.method == "DELETE":
            del self.store.blobs[key]
            return Response(202)
        content = self.store.blobs[key]
        if request.headers.get("if-match", _etag(content)) != _etag(content):
            return _storage(412, "ConditionNotMet")
        first, _, last = request.headers["x-ms-range"].removeprefix("bytes=").partition("-")
        return Response(206, content[int(first) : int(last) + 1], (("ETag", _etag(content)),))

    def _refused(self, request: Request, account: str, container: str) -> Optional[Response]:
        if "x-ms-version" not in request.headers:
            return _storage(400, "MissingRequiredHeader")
        if sig := request.query.get("sig"):
            self._left[sig] = self._left.get(sig, 0) - 1
            fits = self._signatures.get(sig) == (account, container) and self._left[sig] >= 0
            return None if fits else _storage(403, "AuthenticationFailed")
        try:
            caller = self._caller(request, "storage")
        except AzureError:
            return _storage(401, "NoAuthenticationInformation")
        return None if account in caller.storage else _storage(403, "AuthorizationPermissionMismatch")

    def _list(self, account: str, container: str, query: dict[str, str]) -> Response:
        names = sorted(name for name in self.files(account, container) if name.startswith(query.get("prefix", "")))
        # Pages of two, and the marker is the next name.
        names = [each for each in names if each >= query.get("marker", "")]
        shown = "".join(self._listed_blob(account, container, each) for each in names[:2])
        marker = escape(names[2]) if len(names) > 2 else ""
        body = f"<EnumerationResults><Blobs>{shown}</Blobs><NextMarker>{marker}</NextMarker></EnumerationResults>"
        return Response(200, f'<?xml version="1.0" encoding="utf-8"?>{body}'.encode())

    def _listed_blob(self, account: str, container: str, name: str) -> str:
        content = self.store.blobs[account, container, name]
        size = f"<Content-Length>{len(content)}</Content-Length><Etag>{_etag(content)}</Etag>"
        folder = "<Metadata><hdi_isfolder>true</hdi_isfolder></Metadata>" if content == b"<folder>" else ""
        return f"<Blob><Name>{escape(name)}</Name><Properties>{size}</Properties>{folder}</Blob>"


def _etag(content: bytes) -> str:
    return f'"{hashlib.sha256(content).hexdigest()[:16]}"'


def _json(status: int, body: Any, headers: tuple[tuple[str, str], ...] = ()) -> Response:
    return Response(status, json.dumps(body).encode(), (*headers, ("Content-Type", "application/json")))


def _storage(status: int, code: str) -> Response:
    body = f'<?xml version="1.0"?><Error><Code>{code}</Code></Error>'.encode()
    return Response(status, body, (("x-ms-error-code", code), ("Content-Type", "application/xml")))


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    answering: Any = None

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Says nothing: clients that are killed are part of the tests."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Any

    def _answer(self) -> None:
        parts = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        query = {key: values[0] for key, values in parse_qs(parts.query, keep_blank_values=True).items()}
        headers = {key.lower(): value for key, value in self.headers.items()}
        host = headers.get("host", "").partition(":")[0]
        response = self.server.answering(Request(host, self.command, parts.path, query, headers, body))
        self.send_response(response.status)
        for key, value in response.headers:
            self.send_header(key, value)
        self.send_header("Content-Length", str(len(response.body)))
        self.end_headers()
        if response.cut:
            self.wfile.write(response.body[: len(response.body) // 2])
            self.close_connection = True
            self.connection.close()
            return
        self.wfile.write(response.body)

    do_GET = do_POST = do_PUT = do_DELETE = _answer  # noqa: N815 - the names of the methods

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name of the parameter
        """Says nothing."""


class _Proxy(BaseHTTPRequestHandler):
    """Leads each tunnel to the one server."""

    server: Any

    def do_CONNECT(self) -> None:
        with socket.create_connection(("127.0.0.1", self.server.answering)) as other:
            self.send_response(200)
            self.end_headers()
            self.close_connection = True
            sides = {self.connection: other, other: self.connection}
            with contextlib.suppress(OSError):
                while True:
                    for ready in select.select(list(sides), [], [])[0]:
                        data = ready.recv(1 << 16)
                        if not data:
                            return
                        sides[ready].sendall(data)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name of the parameter
        """Says nothing."""


@contextlib.contextmanager
def _serving(azure: AzureMl, folder: Path) -> Iterator[AzureMl]:
    authority = trustme.CA()
    bundle = folder / "ca.pem"
    authority.cert_pem.write_to_path(str(bundle))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost", f"*{_PUBLIC}").configure_cert(context)
    server, proxy = _Server(("127.0.0.1", 0), _Handler), _Server(("127.0.0.1", 0), _Proxy)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    server.answering, proxy.answering = azure.answer, server.server_address[1]
    azure.url = f"https://localhost:{server.server_address[1]}"
    azure.environment = {
        "ARM_METADATA_HOSTNAME": azure.url.removeprefix("https://"),
        "ARM_TENANT_ID": TENANT,
        "ARM_CLIENT_SECRET": SECRET,
        "REQUESTS_CA_BUNDLE": str(bundle),
        "SSL_CERT_FILE": str(bundle),
        "HTTPS_PROXY": f"http://127.0.0.1:{proxy.server_address[1]}",
        "NO_PROXY": "localhost",
    }
    threads = [threading.Thread(target=each.serve_forever, daemon=True) for each in (server, proxy)]
    for each in threads:
        each.start()
    try:
        yield azure
    finally:
        for each in (server, proxy):
            each.shutdown()
            each.server_close()
