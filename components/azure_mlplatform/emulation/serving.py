"""What releases do with online endpoints, Container Apps and web apps: versions, shares of traffic, tokens.

The refusals stand in `tables/serving.py` and in SERIAL of `tables/deletion.py`. That a new map shows at once while the
operation runs, takes effect at its end, and is undone if the operation fails, is assumed. Provisioning states:
EndpointProvisioningState and DeploymentProvisioningState in azure-ai-ml 1.35, RevisionProvisioningState in
azure-mgmt-appcontainers 5.1. That a deployment goes with its endpoint: Learn, `az ml online-endpoint delete`. Read
2026-11-28.
"""

import copy
import time
from collections.abc import Callable
from typing import Any, NamedTuple, NoReturn, Optional

from ..foundation.values import name_of
from .azure import Azure, error_of
from .ids import arm_type
from .long_operations import LongOperations
from .loopback import Answer, Call
from .refusal import AzureError
from .scoring_tokens import scoring_token
from .tables.deletion import SERIAL
from .tables.serving import SERVING
from .world import Fault, Held

ENDPOINT = "azure-native:machinelearningservices:OnlineEndpoint"
DEPLOYMENT = "azure-native:machinelearningservices:OnlineDeployment"
CONTAINER_APP = "azure-native:app:ContainerApp"
WEB_APP = "azure-native:web:WebApp"
SLOT = "azure-native:web:WebAppSlot"

PRODUCTION = "production"
AT_ONCE = (("Retry-After", "0"),)

_TOP = ("location", "tags", "kind", "sku", "identity", "managedBy", "extendedLocation")
"""The properties of a resource that do not stand below `properties`."""

_ML = r".+/workspaces/[^/]+/onlineEndpoints/[^/]+"
_APP = r".+/Microsoft\.App/containerApps/[^/]+"
_SITE = r".+/Microsoft\.Web/sites/[^/]+"


class Emulated(NamedTuple):
    """What an answer needs."""

    azure: Azure
    operations: LongOperations
    call: Call
    token_seconds: float


def _refuse(what: str, **told: Any) -> NoReturn:
    row = SERVING[what]
    raise AzureError(row.status, row.code, row.text.format(most=row.bound, **told), assumed=row.assumed)


def in_effect(held: Held) -> dict[str, Any]:
    """The traffic that requests meet now: `shares`, and `mirror` of an online endpoint."""
    return held.state.get("in_effect") or _wanted(held)


def _wanted(held: Held) -> dict[str, Any]:
    """The traffic that stands in a resource."""
    properties = arm_properties(held)
    if held.type == ENDPOINT:
        return {"shares": properties.get("traffic") or {}, "mirror": properties.get("mirrorTraffic") or {}}
    if held.type == CONTAINER_APP:
        weights = ((properties.get("configuration") or {}).get("ingress") or {}).get("traffic") or []
        shares: dict[str, int] = {}
        for each in weights:
            name = latest(held) if each.get("latestRevision") else each.get("revisionName")
            shares[str(name)] = shares.get(str(name), 0) + int(each.get("weight") or 0)
        return {"shares": shares, "mirror": {}}
    rules = rules_of(held)
    shares = {each["name"]: each["reroutePercentage"] for each in rules}
    return {"shares": {PRODUCTION: 100 - sum(shares.values()), **shares}, "mirror": {}}


def arm_properties(held: Held) -> dict[str, Any]:
    """What stands below `properties` in ARM: azure-native writes it beside the rest for some types."""
    given = held.body.get("properties")
    return given if isinstance(given, dict) else {key: each for key, each in held.body.items() if key not in _TOP}


def _shown(held: Held, **properties: Any) -> dict[str, Any]:
    """A resource as ARM shows it."""
    return {
        "id": held.id,
        "name": name_of(held.id),
        **{key: held.body[key] for key in _TOP if key in held.body},
        "properties": copy.deepcopy({**arm_properties(held), **_added(held), **properties}),
    }


def _added(held: Held) -> dict[str, Any]:
    """What the service adds below `properties`."""
    given = held.read_only.get("properties")
    if isinstance(given, dict):
        return given
    return {key: each for key, each in held.read_only.items() if key not in (*_TOP, "id", "name", "type")}


def _kept(held: Held, body: dict[str, Any]) -> None:
    """Puts a body in ARM's shape into a resource, in the shape that it has."""
    properties = copy.deepcopy(body.get("properties") or {})
    top = {key: body[key] for key in _TOP if body.get(key) is not None}
    held.body = {**top, "properties": properties} if "properties" in held.body else {**top, **properties}


def latest(app: Held) -> str:
    """The newest revision of an app that is ready."""
    ready = [each["name"] for each in revisions_of(app) if each.get("provisioningState") == "Provisioned"]
    return ready[-1] if ready else ""


def revisions_of(app: Held) -> list[dict[str, Any]]:
    """The revisions of an app: name, fqdn, active, replicas, template, provisioningState."""
    return app.state.setdefault("revisions", [])


def rules_of(site: Held) -> list[dict[str, Any]]:
    """The ramp-up rules of a site."""
    config = arm_properties(site).get("siteConfig") or {}
    return list((config.get("experiments") or {}).get("rampUpRules") or [])


def deployments_of(azure: Azure, endpoint_id: str) -> dict[str, Held]:
    """The deployments of an online endpoint by name in lower case."""
    return {name_of(each.id).lower(): each for each in azure.world.below(endpoint_id) if each.type == DEPLOYMENT}


def slots_of(azure: Azure, site_id: str) -> dict[str, Held]:
    """The slots of a site by name in lower case, without production."""
    return {name_of(each.id).lower(): each for each in azure.world.below(site_id) if each.type == SLOT}


def _there(azure: Azure, id_: str, what: str, **told: Any) -> Held:
    held = azure.world.get(id_)
    if held is None:
        if what in SERVING:
            _refuse(what, **told)
        raise AzureError(404, "ResourceNotFound", f"The Resource '{id_}' was not found.")
    return held


def _refuse_busy(emulated: Emulated, id_: str) -> None:
    if not emulated.operations.is_running(id_):
        return
    row = next((each for each in SERIAL if each.type == arm_type(id_) and not each.path), None)
    if row is None:
        _refuse("deployment busy", name=_workspace_of(id_))
    name = _workspace_of(id_) if "/workspaces/" in id_.lower() else name_of(id_)
    text = row.text.format(name=name, id=id_, operation="Id: emulated")
    raise AzureError(row.status, row.code, text, assumed=row.assumed)


def _workspace_of(id_: str) -> str:
    parts = id_.split("/")
    return parts[[each.lower() for each in parts].index("workspaces") + 1]


def _takes_effect(
    emulated: Emulated, held: Held, new: dict[str, Any], fault: Optional[Fault], state: str = "Updating"
) -> Callable[[], Answer]:
    """Writes a body and lets it take effect at the end of a long operation. Returns what makes the answer."""
    before, effective = copy.deepcopy(held.body), in_effect(held)
    held.state["in_effect"] = effective
    _kept(held, new)
    held.state["provisioningState"] = state

    def end() -> None:
        held.state.update(provisioningState="Succeeded")
        held.state.pop("in_effect", None)

    def undo() -> None:
        held.body = before
        held.state.update(provisioningState="Failed")
        held.state.pop("in_effect", None)

    def answer() -> Answer:
        return emulated.operations.follow(
            held.id,
            end,
            undo,
            _shown(held, provisioningState=state),
            failure=error_of(fault) if fault and fault.late else None,
            lost=bool(fault and fault.lost),
        )

    return answer


def endpoint(emulated: Emulated, id_: str) -> Answer:
    """The answer to a call on an online endpoint."""
    azure, operations, call, _ = emulated
    if call.method == "GET":
        with azure.reading(id_):
            operations.was_read(id_)
            held = _there(azure, id_, "missing endpoint", name=name_of(id_))
            return Answer(body=_shown(held, **_state(held)), headers=AT_ONCE)
    if call.method == "PATCH":
        with azure.acting("update", id_):
            held = _there(azure, id_, "missing endpoint", name=name_of(id_))
            held.body |= {key: call.body[key] for key in ("tags", "identity") if key in call.body}
            return Answer(body=_shown(held, **_state(held)))
    if call.method == "DELETE":
        there = azure.world.get(id_) is not None
        azure.remove(id_)
        return Answer(200 if there else 204)
    with azure.acting("update", id_) as fault:
        held = _there(azure, id_, "missing endpoint", name=name_of(id_))
        _refuse_busy(emulated, id_)
        _refuse_traffic(azure, held, call.body["properties"])
        azure.world.log.append(("update", held.id))
        return _takes_effect(emulated, held, call.body, fault)()


def _state(held: Held) -> dict[str, Any]:
    return {"provisioningState": held.state.get("provisioningState", "Succeeded")}


def _refuse_traffic(azure: Azure, held: Held, properties: dict[str, Any]) -> None:
    name, traffic, mirror = name_of(held.id), properties.get("traffic") or {}, properties.get("mirrorTraffic") or {}
    there = deployments_of(azure, held.id)
    for each in (*traffic, *mirror):
        if each.lower() not in there:
            _refuse("traffic to a missing deployment", name=name, version=each)
    if sum(traffic.values()) not in (0, 100):
        _refuse("traffic that does not sum up", name=name, sum=sum(traffic.values()))
    if sum(mirror.values()) > SERVING["too many copies"].bound:
        _refuse("too many copies", name=name, sum=sum(mirror.values()))
    if any(mirror.values()) and properties.get("compute"):
        _refuse("copies on a cluster", name=name)


def token(emulated: Emulated, id_: str) -> Answer:
    """The answer to the action `token` of an online endpoint."""
    with emulated.azure.reading(id_):
        _there(emulated.azure, id_, "missing endpoint", name=name_of(id_))
        now = time.time()
        ends = now + emulated.token_seconds
        body = {
            "accessToken": scoring_token(id_.lower(), ends),
            "expiryTimeUtc": int(ends),
            "refreshAfterTimeUtc": int(now + emulated.token_seconds * 0.9),
            "tokenType": "Bearer",
        }
        return Answer(body=body)


def deployments(emulated: Emulated, id_: str) -> Answer:
    """The answer to the list of the deployments of an endpoint."""
    with emulated.azure.reading(id_):
        _there(emulated.azure, id_, "missing endpoint", name=name_of(id_))
        found = deployments_of(emulated.azure, id_).values()
        for each in found:
            emulated.operations.was_read(each.id)
        return Answer(body={"value": [_shown(each, **_state(each)) for each in found]}, headers=AT_ONCE)


def deployment(emulated: Emulated, endpoint_id: str) -> Answer:
    """The answer to a call on a deployment."""
    azure, operations, call, _ = emulated
    id_, told = call.path, {"name": name_of(endpoint_id), "version": name_of(call.path)}
    if call.method == "GET":
        with azure.reading(id_):
            operations.was_read(id_)
            held = _there(azure, id_, "missing deployment", **told)
            return Answer(body=_shown(held, **_state(held)), headers=AT_ONCE)
    if call.method == "DELETE":
        return _delete(emulated, endpoint_id, told)
    held = azure.world.get(id_)
    with azure.acting("update" if held else "create", id_) as fault:
        _there(azure, endpoint_id, "missing endpoint", name=told["name"])
        _refuse_busy(emulated, id_)
        capacity = (call.body.get("sku") or {}).get("capacity")
        if capacity is not None and capacity < SERVING["too few instances"].bound:
            _refuse("too few instances", sum=capacity, **told)
        if held is None:
            held = azure.world.resources[id_.lower()] = Held(id_, DEPLOYMENT, {"properties": {}})
            azure.world.log.append(("create", id_))
            return _takes_effect(emulated, held, call.body, fault, "Creating")()._replace(status=201)
        azure.world.log.append(("update", id_))
        only_capacity = {**held.body, "sku": call.body.get("sku")} == {**held.body, **call.body}
        return _takes_effect(emulated, held, call.body, fault, "Scaling" if only_capacity else "Updating")()


def _delete(emulated: Emulated, endpoint_id: str, told: dict[str, str]) -> Answer:
    azure, id_ = emulated.azure, emulated.call.path
    held = azure.world.get(id_)
    if held is None:
        return Answer(204)
    with azure.acting("delete", id_) as fault:
        _refuse_busy(emulated, id_)
        owner = azure.world.get(endpoint_id)
        traffic = in_effect(owner) if owner else {"shares": {}, "mirror": {}}
        carrying = {name.lower() for part in traffic.values() for name, share in part.items() if share}
        if told["version"].lower() in carrying:
            _refuse("deletion with traffic", **told)
        held.state["provisioningState"] = "Deleting"

        def end() -> None:
            azure.world.resources.pop(id_.lower(), None)
            azure.world.log.append(("delete", id_))

        return emulated.operations.follow(
            id_,
            end,
            lambda: held.state.update(provisioningState="Failed"),
            status=202,
            failure=error_of(fault) if fault and fault.late else None,
            lost=bool(fault and fault.lost),
        )


def container_app(emulated: Emulated, id_: str) -> Answer:
    """The answer to a call on a Container App."""
    azure, operations, call, _ = emulated
    if call.method == "GET":
        with azure.reading(id_):
            operations.was_read(id_)
            return Answer(body=_app(_there(azure, id_, "")), headers=AT_ONCE)
    if call.method == "DELETE":
        azure.remove(id_)
        return Answer(200)
    with azure.acting("update", id_) as fault:
        held = _there(azure, id_, "")
        _refuse_busy(emulated, id_)
        new = _merged(_app(held), call.body) if call.method == "PATCH" else call.body
        _refuse_weights(held, new["properties"])
        for each in ("latestRevisionName", "latestReadyRevisionName", "provisioningState"):
            new["properties"].pop(each, None)
        azure.world.log.append(("update", held.id))
        return _takes_effect(emulated, held, new, fault, "InProgress")()


def _app(held: Held) -> dict[str, Any]:
    names = [each["name"] for each in revisions_of(held)]
    return _shown(
        held, **_state(held), latestReadyRevisionName=latest(held), latestRevisionName=names[-1] if names else ""
    )


def _merged(value: Any, patch: Any) -> Any:
    """JSON Merge Patch (RFC 7396)."""
    if not isinstance(patch, dict):
        return patch
    made = dict(value) if isinstance(value, dict) else {}
    for key, each in patch.items():
        if each is None:
            made.pop(key, None)
        else:
            made[key] = _merged(made.get(key), each)
    return made


def _refuse_weights(held: Held, properties: dict[str, Any]) -> None:
    weights = ((properties.get("configuration") or {}).get("ingress") or {}).get("traffic") or []
    total = sum(int(each.get("weight") or 0) for each in weights)
    if weights and total != 100:
        _refuse("weights that do not sum up", name=name_of(held.id), sum=total)
    active = {each["name"] for each in revisions_of(held) if each.get("active", True)}
    for each in weights:
        if not each.get("latestRevision") and each.get("revisionName") not in active:
            _refuse("weight of a missing revision", name=name_of(held.id), version=each.get("revisionName"))


def revisions(emulated: Emulated, id_: str) -> Answer:
    """The answer to the list of the revisions of an app."""
    with emulated.azure.reading(id_):
        held = _there(emulated.azure, id_, "")
        shares = in_effect(held)["shares"]
        found = [
            {
                "id": f"{held.id}/revisions/{each['name']}",
                "name": each["name"],
                "properties": {
                    "active": True,
                    "trafficWeight": shares.get(each["name"], 0),
                    **{key: value for key, value in each.items() if key != "name"},
                },
            }
            for each in revisions_of(held)
        ]
        return Answer(body={"value": found}, headers=AT_ONCE)


def sign_in(emulated: Emulated, id_: str) -> Answer:
    """The answer to the sign-in settings of an app or a site: those in its state, else none."""
    with emulated.azure.reading(id_):
        held = _there(emulated.azure, id_, "")
        settings = held.state.get("sign_in")
        if settings is None and held.type == CONTAINER_APP:
            raise AzureError(404, "AuthConfigNotFound", "The auth config 'current' was not found.", assumed=True)
        return Answer(body={"id": emulated.call.path, "properties": settings or {"platform": {"enabled": False}}})


def site(emulated: Emulated, id_: str) -> Answer:
    """The answer to a call on a web app."""
    azure, operations, call, _ = emulated
    if call.method != "GET":
        raise AzureError(405, "MethodNotAllowed", f"{call.method} of {call.path} is not emulated.")
    with azure.reading(id_):
        operations.was_read(id_)
        return Answer(body=_site(_there(azure, id_, "")), headers=AT_ONCE)


def _site(held: Held) -> dict[str, Any]:
    swaps = held.state.get("swapping")
    return _shown(held, state=held.state.get("running", "Running"), **({"slotSwapStatus": swaps} if swaps else {}))


def slots(emulated: Emulated, id_: str) -> Answer:
    """The answer to the list of the slots of a site."""
    with emulated.azure.reading(id_):
        held = _there(emulated.azure, id_, "")
        found = slots_of(emulated.azure, id_).values()
        shown = [{**_site(each), "name": f"{name_of(held.id)}/{name_of(each.id)}"} for each in found]
        return Answer(body={"value": shown}, headers=AT_ONCE)


def config(emulated: Emulated, id_: str) -> Answer:
    """The answer to a call on the configuration of a site."""
    azure, _, call, _ = emulated
    if call.method == "GET":
        with azure.reading(id_):
            held = _there(azure, id_, "")
            return Answer(body=_config(held, call.path), headers=AT_ONCE)
    with azure.acting("update", id_):
        held = _there(azure, id_, "")
        _refuse_busy(emulated, id_)
        rules = ((call.body.get("properties") or {}).get("experiments") or {}).get("rampUpRules")
        if rules is not None:
            _refuse_rules(azure, held, rules)
            properties = arm_properties(held)
            properties.setdefault("siteConfig", {})["experiments"] = {"rampUpRules": copy.deepcopy(rules)}
            held.body |= properties if "properties" not in held.body else {"properties": properties}
        azure.world.log.append(("update", held.id))
        return Answer(body=_config(held, call.path))


def _config(held: Held, path: str) -> dict[str, Any]:
    return {
        "id": path,
        "name": name_of(held.id),
        "properties": copy.deepcopy(arm_properties(held).get("siteConfig", {})),
    }


def _refuse_rules(azure: Azure, held: Held, rules: list[dict[str, Any]]) -> None:
    hosts = {_host(each) for each in slots_of(azure, held.id).values()}
    for each in rules:
        if each.get("actionHostName") not in hosts:
            _refuse("rule of a missing slot", name=name_of(held.id), version=each.get("actionHostName"))
    total = sum(each.get("reroutePercentage") or 0 for each in rules)
    if total > SERVING["rules over 100"].bound:
        _refuse("rules over 100", name=name_of(held.id), sum=total)


def _host(held: Held) -> str:
    return str({**arm_properties(held), **_added(held)}.get("defaultHostName", ""))


def swap(emulated: Emulated, id_: str) -> Answer:
    """The answer to a swap of a slot with production."""
    azure, operations, call, _ = emulated
    with azure.acting("update", id_) as fault:
        held = _there(azure, id_, "")
        _refuse_busy(emulated, id_)
        name = str((call.body or {}).get("targetSlot", ""))
        other = slots_of(azure, id_).get(name.lower())
        if other is None:
            _refuse("missing slot", name=name_of(id_), version=name)
        held.state["swapping"] = "InProgress"

        def end() -> None:
            # What runs moves, hosts and rules stay. The data plane reads which is where.
            held.state["runs"], other.state["runs"] = runs_in(other), runs_in(held)
            _swap_images(held, other)
            held.state.pop("swapping", None)
            azure.world.log.append(("swap", held.id))

        return operations.follow(
            held.id,
            end,
            lambda: held.state.pop("swapping", None),
            status=202,
            failure=error_of(fault) if fault and fault.late else None,
            lost=bool(fault and fault.lost),
        )


def _swap_images(one: Held, other: Held) -> None:
    """The stack with its version is one of the settings that move ("Set up staging environments in Azure App Service",
    which settings are swapped). That an image is a part of it is assumed."""
    configs = [dict(each.body.get("siteConfig") or {}) for each in (one, other)]
    images = [each.pop("linuxFxVersion", None) for each in configs]
    for held, config, image in zip((one, other), configs, reversed(images), strict=True):
        held.body = {**held.body, "siteConfig": config | ({"linuxFxVersion": image} if image else {})}


def runs_in(held: Held) -> str:
    """The version that runs in a slot: the name of the slot that it was deployed to."""
    return held.state.get("runs") or (PRODUCTION if held.type == WEB_APP else name_of(held.id))


ROUTES: tuple[tuple[str, Callable[[Emulated, str], Answer]], ...] = (
    (rf"({_ML})", endpoint),
    (rf"({_ML})/token", token),
    (rf"({_ML})/deployments", deployments),
    (rf"({_ML})/deployments/[^/]+", deployment),
    (rf"({_APP})", container_app),
    (rf"({_APP})/revisions", revisions),
    (rf"({_APP})/authConfigs/current", sign_in),
    (rf"({_SITE})", site),
    (rf"({_SITE})/slots", slots),
    (rf"({_SITE})/config/web", config),
    (rf"({_SITE})/config/authsettingsV2", sign_in),
    (rf"({_SITE})/slotsswap", swap),
)
"""Pattern of a path → what answers it."""
