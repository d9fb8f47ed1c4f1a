"""The data plane of the emulated Azure: takes requests as endpoints do, and leads them to the servers behind.

It routes by the shares that are in effect in the emulated Azure (seeded), by the header azureml-model-deployment, by
the own hosts of revisions and slots, and by the cookie or query x-ms-routing-name. It checks the bearer token.

Answers, "Troubleshoot online endpoints" (Azure ML, 2024-09-18, read 2026-11-28): 401 without a valid token, 404 without
a deployment with traffic, 408 after `requestTimeout`, 424 in place of any other answer of a model than 200 with its
status in `ms-azureml-model-error-statuscode`, 429 over twice maxConcurrentRequestsPerInstance an instance. Assumed: 404
for a deployment in the header that does not exist, 503 if nothing answers behind, and the header
azureml-model-deployment in answers.
"""

import asyncio
import base64
import contextlib
import itertools
import json
import os
import random
import re
import ssl
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Optional

from support.scoring.http_server import Client, Request, Response, commands, run, serve
from support.scoring.processes import Child

DEPLOYMENT = "azureml-model-deployment"
ROUTING = "x-ms-routing-name"


class DataPlane:
    """The data plane, as a test steers it. Changes of the emulated Azure reach it within a few milliseconds."""

    def __init__(self, azure: Any, child: Child) -> None:
        self._azure, self._child = azure, child
        self._servers: dict[tuple[str, str], str] = {}
        self._knobs: dict[str, dict[str, Any]] = {}
        self._hosts: dict[str, str] = {}
        self._sent = ""
        self._lock = threading.RLock()

    def host(self, endpoint_id: str, version: str = "") -> str:
        """Where an endpoint listens, or one version of it: `localhost:<port>`."""
        key = f"{endpoint_id.lower()}|{version}"
        with self._lock:
            if key not in self._hosts:
                self._hosts[key] = f"localhost:{self._child.ask(do='listen', key=key)}"
            return self._hosts[key]

    def backs(self, endpoint_id: str, version: str, url: str) -> None:
        """Lets a server (`http://127.0.0.1:<port>`, with a path or not) stand behind a version."""
        self._servers[endpoint_id.lower(), version] = url
        self.refresh()

    def tune(self, endpoint_id: str, **knobs: Any) -> None:
        """`answer`: a status that every request gets. `delay_ms`: what each takes longer. `timeout_ms`: replaces the
        requestTimeout of all deployments. `open`: requests need no token. `audiences`: those that it accepts."""
        self._knobs.setdefault(endpoint_id.lower(), {}).update(knobs)
        self.refresh()

    def untune(self) -> None:
        """Takes all knobs back."""
        self._knobs.clear()
        self.refresh()

    def log(self, endpoint_id: str) -> list[dict[str, Any]]:
        """The requests: `time` (seconds since 1970), `deployment`, `status`, `duration_ms`, `mirrored`."""
        return self._child.ask(do="log", key=endpoint_id.lower())

    def clear_log(self) -> None:
        """Forgets all requests."""
        self._child.ask(do="clear log")

    def refresh(self) -> None:
        """Tells the process what is in effect in the emulated Azure now."""
        with self._lock:
            routes = self._routes()
            text = json.dumps(routes, sort_keys=True)
            if text != self._sent:
                self._child.ask(do="route", routes=routes)
                self._sent = text

    def _routes(self) -> dict[str, Any]:
        from azure_mlplatform.emulation import serving

        found = {}
        for held in list(self._azure.world.resources.values()):
            if held.type not in (serving.ENDPOINT, serving.CONTAINER_APP, serving.WEB_APP):
                continue
            key = held.id.lower()
            traffic = serving.in_effect(held)
            runs: dict[str, str] = {}
            if held.type == serving.ENDPOINT:
                versions = {each.id.rsplit("/", 1)[-1]: each for each in self._deployments(held)}
                limits = {name: _limits(each) for name, each in versions.items()}
                ready = [name for name, each in versions.items() if each.state.get("provisioningState") != "Creating"]
            elif held.type == serving.CONTAINER_APP:
                ready = [each["name"] for each in serving.revisions_of(held) if each.get("active", True)]
                limits = {}
            else:
                slots = {each.id.rsplit("/", 1)[-1]: each for each in self._slots(held)}
                ready, limits = [serving.PRODUCTION, *slots], {}
                runs = {serving.PRODUCTION: serving.runs_in(held)}
                runs |= {name: serving.runs_in(each) for name, each in slots.items()}
            found[key] = {
                "kind": held.type.rsplit(":", 1)[-1],
                "shares": traffic["shares"],
                "mirror": traffic["mirror"],
                "versions": ready,
                "limits": limits,
                "rules": [each["name"] for each in serving.rules_of(held)] if held.type == serving.WEB_APP else [],
                "servers": {
                    name: self._servers[key, runs.get(name, name)]
                    for name in ready
                    if (key, runs.get(name, name)) in self._servers
                },
                "audiences": _audiences(held),
                **self._knobs.get(key, {}),
            }
        return found

    def _deployments(self, held: Any) -> list[Any]:
        from azure_mlplatform.emulation.serving import DEPLOYMENT as TYPE

        return [each for each in self._azure.world.below(held.id) if each.type == TYPE]

    def _slots(self, held: Any) -> list[Any]:
        from azure_mlplatform.emulation.serving import SLOT

        return [each for each in self._azure.world.below(held.id) if each.type == SLOT]


def _limits(deployment: Any) -> dict[str, Any]:
    from azure_mlplatform.emulation.serving import arm_properties

    settings = arm_properties(deployment).get("requestSettings") or {}
    timeout = re.fullmatch(r"PT(\d+(?:\.\d+)?)S", str(settings.get("requestTimeout", "")))
    parallel = settings.get("maxConcurrentRequestsPerInstance")
    instances = (deployment.body.get("sku") or {}).get("capacity") or 1
    return {
        "timeout_ms": float(timeout[1]) * 1000 if timeout else 5000.0,
        "parallel": 2 * parallel * instances if parallel else 0,
    }


def _audiences(held: Any) -> list[str]:
    from azure_mlplatform.emulation.serving import ENDPOINT, arm_properties

    if held.type == ENDPOINT:
        mode = str(arm_properties(held).get("authMode", "")).lower()
        return ["https://ml.azure.com"] if mode == "aadtoken" else [held.id.lower()]
    settings = held.state.get("sign_in") or {}
    entra = (settings.get("identityProviders") or {}).get("azureActiveDirectory") or {}
    return list((entra.get("validation") or {}).get("allowedAudiences") or [])


@contextlib.contextmanager
def data_plane(azure: Any, folder: Path, *, seed: int = 1) -> Iterator[tuple[DataPlane, Path]]:
    """Starts the data plane of an emulated Azure (support.management_plane.Azure). Yields it and its certificate."""
    import trustme

    authority = trustme.CA()
    bundle, key = folder / "data-plane-ca.pem", folder / "data-plane.pem"
    authority.cert_pem.write_to_path(str(bundle))
    issued = authority.issue_cert("localhost")
    issued.private_key_and_cert_chain_pem.write_to_path(str(key))
    child = Child(Path(__file__), str(key), str(seed))
    plane = DataPlane(azure, child)
    ends = threading.Event()

    def watch() -> None:
        while not ends.wait(0.01):
            with contextlib.suppress(EOFError, RuntimeError):
                plane.refresh()

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield plane, bundle
    finally:
        ends.set()
        watcher.join()
        child.end()


def joint_bundle(folder: Path, *bundles: Path) -> Path:
    """One file with all certificates, for REQUESTS_CA_BUNDLE and SSL_CERT_FILE."""
    joint = folder / "all-ca.pem"
    joint.write_text("".join(each.read_text(encoding="utf-8") for each in bundles), encoding="utf-8")
    return joint


class _Plane:
    """The process: what is in effect, and what was asked for."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311 - a test is repeatable
        self.routes: dict[str, Any] = {}
        self.log: dict[str, list[dict[str, Any]]] = {}
        self._clients: dict[int, Client] = {}
        self._under_way: dict[tuple[str, str], int] = {}
        self._copies: set[asyncio.Task[None]] = set()

    async def answer(self, key: str, fixed: str, request: Request) -> Response:
        begin, at = time.monotonic(), time.time()
        version, response = await self._led(key, fixed, request)
        self._note(key, at, begin, version, response.status)
        named = ((DEPLOYMENT, version),) if version else ()
        return response._replace(headers=(*response.headers, *named))

    async def _led(self, key: str, fixed: str, request: Request) -> tuple[str, Response]:
        route = self.routes.get(key)
        if route is None:
            return "", _said(404, "there is no such endpoint")
        if refused := _refused(route, request):
            return "", refused
        if status := route.get("answer"):
            return "", _said(status, "as the test wants it")
        version = self._version(route, fixed, request)
        if version is None:
            return "", _said(404, "no valid deployment to route to")
        for name, share in route["mirror"].items():
            if self._random.random() * 100 < share:
                copy = asyncio.get_running_loop().create_task(self._copy(key, route, name, request))
                self._copies.add(copy)
                copy.add_done_callback(self._copies.discard)
        return version, await self._forward(key, route, version, request)

    def _version(self, route: dict[str, Any], fixed: str, request: Request) -> Optional[str]:
        there = {each.lower(): each for each in route["versions"]}
        if fixed:
            return there.get(fixed.lower())
        if route["kind"] == "OnlineEndpoint" and (named := request.headers.get(DEPLOYMENT)):
            return there.get(named.lower())
        if route["kind"] == "WebApp" and (named := _routed(request)):
            if named == "self":
                return "production"
            if named.lower() in {each.lower() for each in route["rules"]}:
                return there.get(named.lower())
        drawn = self._random.random() * 100
        sums = itertools.accumulate(route["shares"].values())
        return next((name for name, end in zip(route["shares"], sums, strict=True) if drawn < end), None)

    async def _forward(self, key: str, route: dict[str, Any], version: str, request: Request) -> Response:
        limits = route["limits"].get(version, {})
        timeout = route.get("timeout_ms", limits.get("timeout_ms", 60000.0)) / 1000
        place = key, version
        under_way = self._under_way.get(place, 0)
        if limits.get("parallel") and under_way >= limits["parallel"]:
            return _said(429, "too many pending requests")
        self._under_way[place] = under_way + 1
        try:
            async with asyncio.timeout(timeout):
                if delay := route.get("delay_ms"):
                    await asyncio.sleep(delay / 1000)
                found = await self._behind(route, version, request)
        except TimeoutError:
            return _said(408 if route["kind"] == "OnlineEndpoint" else 504, "the model took too long")
        except OSError:
            return _said(503, "nothing answers behind this")
        finally:
            self._under_way[place] -= 1
        if route["kind"] == "OnlineEndpoint" and found.status != 200:
            headers = (*found.headers, ("ms-azureml-model-error-statuscode", str(found.status)))
            return Response(424, found.body, (*headers, ("ms-azureml-model-error-reason", "model_error")))
        return found._replace(close=False)

    async def _behind(self, route: dict[str, Any], version: str, request: Request) -> Response:
        server = route["servers"].get(version)
        if server is None:
            raise OSError
        found = re.fullmatch(r"http://127\.0\.0\.1:(\d+)(/.*)?", server)
        assert found, server
        port = int(found[1])
        client = self._clients.setdefault(port, Client(port))
        return await client.send(request, found[2] or request.path)

    async def _copy(self, key: str, route: dict[str, Any], version: str, request: Request) -> None:
        begin, at = time.monotonic(), time.time()
        response = await self._forward(key, route, version, request)
        self._note(key, at, begin, version, response.status, mirrored=True)

    def _note(self, key: str, at: float, begin: float, version: str, status: int, *, mirrored: bool = False) -> None:
        row = {"time": at, "deployment": version, "status": status, "mirrored": mirrored}
        self.log.setdefault(key, []).append(row | {"duration_ms": (time.monotonic() - begin) * 1000})


def _said(status: int, text: str) -> Response:
    return Response(status, json.dumps({"error": {"code": status, "message": text}}).encode())


def _refused(route: dict[str, Any], request: Request) -> Optional[Response]:
    """The refusal of a request without a token that is valid now."""
    if route.get("open") or not route["audiences"]:
        return None
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        return _said(401, "no token")
    try:
        told = json.loads(base64.urlsafe_b64decode(token))
        audience, ends = str(told["aud"]), float(told["exp"])
    except (ValueError, KeyError, TypeError):
        return _said(401, "the token is in the wrong format")
    if audience not in route["audiences"]:
        return _said(401, f"the token is for {audience}")
    return _said(401, "the token is expired") if ends < time.time() else None


def _routed(request: Request) -> str:
    """The slot that a query or a cookie names."""
    found = re.search(rf"[?&]{ROUTING}=([^&]+)", request.path)
    found = found or re.search(rf"(?:^|;\s*){ROUTING}=([^;]+)", request.headers.get("cookie", ""))
    return found[1] if found else ""


async def _main(certificate: str, seed: int) -> None:
    plane = _Plane(seed)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)

    async def carry_out(command: dict[str, Any]) -> Any:
        match command["do"]:
            case "listen":
                key, _, fixed = command["key"].partition("|")
                server = await serve(lambda request: plane.answer(key, fixed, request), context=context)
                return server.port
            case "route":
                plane.routes = command["routes"]
            case "log":
                return plane.log.get(command["key"], [])
            case "clear log":
                plane.log.clear()
        return None

    await commands(carry_out)


if __name__ == "__main__":
    import sys

    os.environ.pop("SSL_CERT_FILE", None)
    run(lambda: _main(sys.argv[1], int(sys.argv[2])))
