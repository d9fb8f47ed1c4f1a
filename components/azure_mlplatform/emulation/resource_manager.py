"""Azure Resource Manager on loopback, as far as the library's own clients call it.

The resources are those of the emulated Azure, in ARM's shape.
"""

import contextlib
import re
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from ..foundation.values import name_of
from . import authorization, behaviour, connections, instances, serving, triggers
from .azure import Azure, error_of
from .entra import CLIENT_ID, SECRET, TOKEN, Entra
from .ids import arm_type
from .long_operations import PATH, LongOperations
from .loopback import Answer, Call, listening
from .refusal import AzureError
from .tables.api_versions import API_VERSIONS
from .world import Held

_VERBS = {"PUT": "write", "PATCH": "write", "DELETE": "delete"}
"""Method → the verb of its right. `read` otherwise."""

AT_ONCE = (("Retry-After", "0"),)
"""Lets a client ask again without a pause."""


class ManagementPlane(NamedTuple):
    """Resource Manager and Entra ID on loopback."""

    manager: "ResourceManager"
    entra: Entra
    environment: dict[str, str]
    """The variables that lead a client there, with a sign-in of its own."""


@contextlib.contextmanager
def resource_manager(azure: Azure, folder: Path) -> Iterator[ManagementPlane]:
    """Serves until the end of the block. `folder` gets the certificate."""
    made: list[tuple[ResourceManager, Entra]] = []

    def answering(url: str) -> Callable[[Call], Answer]:
        manager, entra = ResourceManager(azure, url), Entra(url)
        made.append((manager, entra))
        return lambda call: entra.answer(call) or manager.answer(call)

    with listening(folder, answering) as server:
        [(manager, entra)] = made
        environment = {
            "ARM_METADATA_HOSTNAME": server.url.removeprefix("https://"),
            "ARM_CLIENT_ID": CLIENT_ID,
            "ARM_CLIENT_SECRET": SECRET,
            "REQUESTS_CA_BUNDLE": str(server.bundle),
            "SSL_CERT_FILE": str(server.bundle),
        }
        yield ManagementPlane(manager, entra, environment)
    manager.operations.settle()


class ResourceManager:
    """Answers the calls of clients on a world."""

    def __init__(self, azure: Azure, url: str) -> None:
        self._azure, self.url = azure, url
        self.operations = LongOperations(url)
        self.calls: deque[Call] = deque(maxlen=1000)
        """The last calls that were signed in."""

        self.token_seconds = 3600.0
        """How long a token of Azure ML for one endpoint is valid."""

    def answer(self, call: Call) -> Answer:
        """The answer to a call, a refusal if Azure refuses it."""
        if call.authorization != f"Bearer {TOKEN}":
            return Answer.refusal(401, "AuthenticationFailed", "The token is not valid.")
        self.calls.append(call)
        try:
            if call.path.startswith(PATH):
                with self._azure.reading(call.path):
                    return self.operations.poll(call)
            self._authorize(call)
            for pattern, answering in serving.ROUTES:
                if found := re.fullmatch(pattern, call.path, re.IGNORECASE):
                    _refuse_api_version(call)
                    emulated = serving.Emulated(self._azure, self.operations, call, self.token_seconds)
                    return answering(emulated, found[1])
            for pattern, method in _ROUTES:
                if found := re.fullmatch(pattern, call.path, re.IGNORECASE):
                    _refuse_api_version(call)
                    return method(self, call, found[1])
            return self._resource(call)
        except AzureError as error:
            return Answer(error.status, error.body, error.headers)

    def _authorize(self, call: Call) -> None:
        principal = self._azure.world.principal
        if principal is None:
            return
        if call.method == "POST":
            id_, _, action = call.path.rpartition("/")
            authorization.authorize(principal, action, id_)
            if (trigger := self._azure.world.get(id_)) is not None:
                authorization.authorize_on_source(principal, action, trigger.body)
        else:
            authorization.authorize(principal, _VERBS.get(call.method, "read"), call.path)

    def _resource(self, call: Call) -> Answer:
        if call.method == "GET":
            with self._azure.reading(call.path):
                self.operations.was_read(call.path)
                held = self._azure.world.get(call.path)
                if held is None:
                    raise missing(call.path)
                _refuse_api_version(call)
                return Answer(body=_in_arms_shape(held), headers=AT_ONCE)
        if call.method == "DELETE":
            there = self._azure.world.get(call.path) is not None
            self._azure.remove(call.path)
            return Answer(200 if there else 204)
        raise AzureError(405, "MethodNotAllowed", f"{call.method} of {call.path} is not emulated.")

    def _compute(self, call: Call, id_: str) -> Answer:
        """A compute goes with or without what is attached, and Azure wants to know which."""
        held = self._azure.world.get(id_)
        if call.method == "GET" and held is not None and instances.is_instance(held):
            with self._azure.reading(id_):
                self.operations.was_read(id_)
                return Answer(body=instances.shown(_in_arms_shape(held), held), headers=AT_ONCE)
        if call.method != "DELETE" or held is None:
            return self._resource(call)
        action = call.query.get("underlyingResourceAction")
        if action not in ("Delete", "Detach"):
            raise AzureError(400, "BadArgument", "underlyingResourceAction is required: Delete or Detach.")
        with self._azure.acting("delete", id_) as fault:
            behind = str(held.body.get("properties", {}).get("resourceId", ""))

            def carry_out() -> None:
                self._azure.remove(id_)
                if action == "Delete" and behind:
                    self._azure.remove(behind)
                self._azure.world.log.append((action.lower(), id_))

            failure = error_of(fault) if fault and fault.late else None
            return self.operations.accept(id_, carry_out, failure=failure, shown_later=False)

    def _instance(self, call: Call, id_: str) -> Answer:
        return instances.act(self._azure, self.operations, call, id_)

    def _tags(self, call: Call, id_: str) -> Answer:
        with self._azure.acting("update", id_) if call.method == "PATCH" else self._azure.reading(id_):
            held = self._azure.world.get(id_)
            if held is None:
                # A resource that others run is there, and keeps its tags.
                if not self._azure.is_there(id_):
                    raise missing(id_)
                held = self._azure.world.outside(id_)
            tags = held.body.setdefault("tags", {})
            if call.method == "PATCH":
                held.body["tags"] = tags = _patched(tags, call.body)
            return Answer(body={"properties": {"tags": dict(tags)}})

    def _agent_pool(self, call: Call, cluster_id: str) -> Answer:
        """A pool, also one that stands in its cluster only."""
        world, name = self._azure.world, name_of(call.path)
        put = call.method == "PUT"
        with self._azure.acting("update", call.path) if put else self._azure.reading(call.path) as fault:
            cluster = world.get(cluster_id)
            pools = behaviour.shown(world, cluster)["agentPoolProfiles"] if cluster else []
            pool = next((each for each in pools if each["name"] == name), None)
            if cluster is None or pool is None:
                raise missing(call.path)
            states = cluster.state.setdefault("provisioning", {})
            if put:
                given = {key: value for key, value in call.body["properties"].items() if key != "provisioningState"}
                self._azure.change_pool(cluster, name, given)
                pool, states[name] = {**pool, **given}, "Updating"
                ends = "Failed" if fault and fault.late else "Succeeded"
                self.operations.later(call.path, lambda: states.update({name: ends}))
            else:
                self.operations.was_read(call.path)
            properties = {key: value for key, value in pool.items() if key != "name"}
            properties["provisioningState"] = states.get(name, "Succeeded")
            return Answer(body={"id": call.path, "name": name, "properties": properties}, headers=AT_ONCE)

    def _trigger(self, call: Call, id_: str) -> Answer:
        return triggers.act(self._azure, self.operations, call, id_)

    def _managed_endpoint(self, call: Call, id_: str) -> Answer:
        if call.method != "GET":
            return self._resource(call)
        with self._azure.reading(id_):
            held = self._azure.world.get(id_)
            if held is None:
                # Not a 404: hashicorp/terraform-provider-azurerm#12618, read 2026-11-28. Code and text are assumed.
                raise AzureError(400, "BadRequest", f"Managed private endpoint '{name_of(id_)}' was not found.")
            return Answer(body=_in_arms_shape(held, **connections.shown_by_endpoint(held)), headers=AT_ONCE)

    def _managed_endpoints(self, call: Call, network: str) -> Answer:
        with self._azure.reading(network):
            found = [each for each in self._azure.world.below(network) if each.type == behaviour.MANAGED_ENDPOINT]
            return Answer(body={"value": [_in_arms_shape(each) for each in found]})

    def _connections(self, call: Call, target: str) -> Answer:
        with self._azure.reading(target):
            if not self._azure.is_there(target):
                raise missing(target)
            return Answer(body={"value": [each.as_json() for each in connections.at(self._azure.world, target)]})

    def _connection(self, call: Call, target: str) -> Answer:
        put = call.method == "PUT"
        with self._azure.acting("update", call.path) if put else self._azure.reading(call.path):
            found = [each for each in connections.at(self._azure.world, target) if each.name == name_of(call.path)]
            if not found:
                raise missing(call.path)
            if put:
                found[0].put(call.body["properties"])
                self._azure.world.log.append(("approve", found[0].source.id))
            return Answer(body=found[0].as_json())


def missing(id_: str) -> AzureError:
    """The refusal where there is no resource."""
    return AzureError(404, "ResourceNotFound", f"The Resource '{id_}' was not found.")


def _refuse_api_version(call: Call) -> None:
    given = call.query.get("api-version")
    if not given:
        text = "The api-version query parameter (?api-version=) is required for all requests."
        raise AzureError(400, "MissingApiVersionParameter", text)
    kind = arm_type(call.path)
    known = next((versions for type_, versions in API_VERSIONS.items() if f"{kind}/".startswith(f"{type_}/")), (given,))
    if given not in known:
        text = (
            f"No registered resource provider found for API version '{given}' of '{kind}'. Known: {', '.join(known)}."
        )
        raise AzureError(400, "NoRegisteredProviderFound", text)


def _patched(tags: dict[str, str], body: Any) -> dict[str, str]:
    given, operation = body["properties"]["tags"], body["operation"]
    if operation == "Merge":
        return {**tags, **given}
    if operation == "Replace":
        return dict(given)
    if operation == "Delete":
        return {key: value for key, value in tags.items() if given.get(key) != value}
    raise AzureError(400, "InvalidTagPatchOperation", f"'{operation}' is not allowed: Merge, Replace or Delete.")


def _in_arms_shape(held: Held, **added: Any) -> dict[str, Any]:
    properties = triggers.definition(held) if held.type == behaviour.TRIGGER else held.body.get("properties", held.body)
    shown = {**properties, **held.read_only.get("properties", {}), **added}
    return {"id": held.id, "name": name_of(held.id), "properties": shown}


_ROUTES: list[tuple[str, Callable[[ResourceManager, Call, str], Answer]]] = [
    (r"(.+/managedClusters/[^/]+)/agentPools/[^/]+", ResourceManager._agent_pool),
    (rf"(.+/workspaces/[^/]+/computes/[^/]+)/(?:{'|'.join(instances.ACTIONS)})", ResourceManager._instance),
    (r"(.+/workspaces/[^/]+/computes/[^/]+)", ResourceManager._compute),
    (r"(.+)/providers/Microsoft\.Resources/tags/default", ResourceManager._tags),
    (rf"(.+/factories/[^/]+/triggers/[^/]+)/(?:{'|'.join(triggers.ACTIONS)})", ResourceManager._trigger),
    (r"(.+/managedVirtualNetworks/[^/]+)/managedPrivateEndpoints", ResourceManager._managed_endpoints),
    (r"(.+/managedPrivateEndpoints/[^/]+)", ResourceManager._managed_endpoint),
    (r"(.+)/privateEndpointConnections", ResourceManager._connections),
    (r"(.+)/privateEndpointConnections/[^/]+", ResourceManager._connection),
]
