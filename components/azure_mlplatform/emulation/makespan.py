"""The time that it takes to make an environment: computed from a state, not waited for.

A creation starts when the last one that it waits for has ended, and takes the time of `tables/durations.py`. So any
number of creations run at once, and nothing is slow but Azure. `registered` is what the engine waits for, `required` is
what Azure asks for. The longest chain over `required` is a lower bound: no program is faster with the same resources.

Resources are those of `pulumi stack export`, after a run that made them all.
"""

import fnmatch
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from graphlib import TopologicalSorter
from itertools import pairwise
from typing import Any, NamedTuple, Optional

from .behaviour import ALWAYS_THERE, of_template
from .ids import ancestors, arm_type, extended, parent_of
from .one_at_a_time import Busy, kept_busy, met
from .tables.deletion import SERIAL
from .tables.durations import DURATIONS, DYNAMIC, OTHERS
from .tables.reached import REACHED
from .values import first_at, values_at
from .world import Held

Resource = Mapping[str, Any]
"""A resource of a state: `urn`, `type`, `id`, `inputs`, `outputs`, `dependencies` and so on."""

Edges = Mapping[str, Collection[str]]
"""URN of a resource → the URNs of what has to end before it starts."""


class Schedule(NamedTuple):
    """When each creation ends if each starts as early as it can."""

    ends: dict[str, int]
    """URN → the second in which its creation ends, from the start. What others wait for stands before them."""

    chain: list[str]
    """The creations that decide the last end, by URN. Each waits for the one before it."""

    @property
    def seconds(self) -> int:
        """Seconds from the start to the last end."""
        return max(self.ends.values(), default=0)


def makespan(resources: Iterable[Resource], edges: Edges) -> Schedule:
    """Computes when each creation ends.

    Raises `graphlib.CycleError` if resources wait for each other, and KeyError if one waits for a URN that is not among
    them.
    """
    takes = {each["urn"]: seconds_to_create(each) for each in resources}
    order = TopologicalSorter({urn: sorted(edges.get(urn, ())) for urn in takes}).static_order()
    ends: dict[str, int] = {}
    last: dict[str, str] = {}
    for urn in order:
        last[urn] = _last(edges.get(urn, ()), ends)
        ends[urn] = takes[urn] + ends.get(last[urn], 0)
    chain: list[str] = []
    urn = _last(ends, ends)
    while urn:
        chain.insert(0, urn)
        urn = last[urn]
    return Schedule(ends, chain)


def _last(urns: Iterable[str], ends: Mapping[str, int]) -> str:
    return max(urns, key=lambda each: (ends[each], each), default="")


def seconds_to_create(resource: Resource) -> int:
    """Seconds to create a resource, and what a template deploys with it.

    0 for what is not in Azure (components, providers, stashes, random strings), and for what the program only reads.
    """
    if not (kind := _kind(resource)):
        return 0
    table = DURATIONS if _in_azure(resource) else DYNAMIC
    of_template = (DURATIONS.get(arm_type(each), OTHERS).create for each in _of_template(resource))
    return table.get(kind, OTHERS).create + max(of_template, default=0)


def registered(resources: Iterable[Resource]) -> dict[str, set[str]]:
    """The edges that the engine waits for, as the program registered them.

    Dependencies, those of properties too; the provider, whose process must run; and the parent, whose URN is a part of
    the child's: a component has one at once, a resource when it is made.
    """
    edges: dict[str, set[str]] = {}
    for each in resources:
        of_properties = (urns or () for urns in (each.get("propertyDependencies") or {}).values())
        provider = each.get("provider", "").rpartition("::")[0]
        first = {*(each.get("dependencies") or ()), *(urn for urns in of_properties for urn in urns)}
        edges[each["urn"]] = {*first, provider, each.get("parent", "")} - {"", each["urn"]}
    return edges


class Rule(NamedTuple):
    """A reason why Azure needs one resource before another."""

    type: str
    """Whom it holds for: an ARM type in lower case, or the name of a dynamic resource. Empty: all that is in Azure."""

    first: Callable[["_Made", Resource], Iterator[Optional[str]]]
    """The URNs of what it needs first."""

    why: str
    """The failure otherwise."""

    source: str
    """Where this was read."""

    assumed: bool = False
    """Whether Azure takes the other order as well, or the source does not say that it refuses it."""


def required(resources: Iterable[Resource]) -> dict[str, dict[str, Rule]]:
    """The edges that Azure needs, each with the rule that says so. None comes from what the program registered.

    Where Azure takes one write at a time, they stand in the order of Schrage's rule: of those that can start, the one
    goes first after which the rest of the environment takes longest.
    """
    made = _Made(resources)
    edges: dict[str, dict[str, Rule]] = {urn: {} for urn in made.by_urn}
    for urn, resource in made.by_urn.items():
        for rule in RULES:
            if rule.type == _kind(resource) if rule.type else _in_azure(resource):
                for first in rule.first(made, resource):
                    if first and first != urn:
                        edges[urn].setdefault(first, rule)
    for writes in _writes_at_one_place(made):
        for first, urn in pairwise(_in_turn(made, writes, edges)):
            edges[urn].setdefault(first, ONE_AT_A_TIME)
    return edges


def _in_turn(made: "_Made", writes: Collection[str], edges: Edges) -> list[str]:
    """The writes by Schrage's rule. None stands before what it waits for."""
    takes = {urn: seconds_to_create(each) for urn, each in made.by_urn.items()}
    schedule = makespan(made.by_urn.values(), edges)
    place = {urn: at for at, urn in enumerate(schedule.ends)}
    after: dict[str, int] = dict.fromkeys(takes, 0)
    """URN → the seconds from its end to the last end that waits for it."""
    for urn in reversed(schedule.ends):
        for first in edges.get(urn, ()):
            after[first] = max(after[first], takes[urn] + after[urn])
    starts = {urn: schedule.ends[urn] - takes[urn] for urn in writes}
    order: list[str] = []
    left, now = set(writes), 0
    while left:
        now = max(now, min(starts[urn] for urn in left))
        ready = [urn for urn in left if starts[urn] <= now]
        order.append(min(ready, key=lambda urn: (-after[urn], place[urn])))
        left.remove(order[-1])
        now += takes[order[-1]]
    return order


PRINCIPALS = (
    "principalId",
    "clientId",
    "identity.principalId",
    "aksAssignedIdentity.principalId",
    "identityProfile.*.objectId",
    "identityProfile.*.clientId",
)
"""Where a resource shows the principals that Entra ID gave it."""


class _Made:
    """Finds what a program makes by its ids and principals."""

    def __init__(self, resources: Iterable[Resource]) -> None:
        self.by_urn = {each["urn"]: each for each in resources}
        self._by_id: dict[str, str] = {}
        self._by_principal: dict[str, str] = {}
        for urn, each in self.by_urn.items():
            if not _in_azure(each):
                continue
            # What exists with its parent is there before it is written, unless a template makes it.
            own = [] if _kind(each) in ALWAYS_THERE else [each["id"]]
            self._by_id |= {id_.lower(): urn for id_ in (*own, *_of_template(each))}
            given = _texts(each["inputs"])
            for path in PRINCIPALS:
                for _, principal in values_at(each.get("outputs") or {}, path):
                    if principal not in given:
                        self._by_principal[principal] = urn

    def at(self, id_: str) -> Optional[str]:
        """The resource that makes an id: itself, or the one that it is a part of, as a subnet of its network."""
        while id_ and id_.lower() not in self._by_id:
            id_ = id_.rpartition("/")[0]
        return self._by_id.get(id_.lower())

    def of_principal(self, principal: str) -> Optional[str]:
        """The resource that has a principal."""
        return self._by_principal.get(principal)

    def of_kind(self, kind: str) -> Iterator[Resource]:
        """The resources of an ARM type, or the dynamic ones of a name."""
        return (each for each in self.by_urn.values() if _kind(each) == kind)

    def on(self, kind: str, id_: str, path: str, value: Any) -> Iterator[str]:
        """The resources of an ARM type below an id or on it that have a value at a path."""
        for each in self.of_kind(kind):
            found = first_at(each["inputs"], path)
            if each["id"].lower().startswith(f"{id_.lower()}/") and str(found).lower() == str(value).lower():
                yield each["urn"]

    def roles(self, of: Collection[Optional[str]], on: Optional[Iterable[str]] = None) -> Iterator[str]:
        """The role assignments of identities. With `on`: those that hold on one of these ids."""
        scopes = None if on is None else [f"{each.lower()}/" for each in on]
        for each in self.of_kind("microsoft.authorization/roleassignments"):
            scope = f"{extended(each['id']).lower()}/"
            holds = scopes is None or any(one.startswith(scope) for one in scopes)
            owner = self.of_principal(each["inputs"]["principalId"])
            if owner and owner in of and holds:
                yield each["urn"]


def _in_azure(resource: Resource) -> bool:
    """Whether azure-native makes it."""
    return resource["type"].startswith("azure-native:") and not resource.get("external")


def _kind(resource: Resource) -> str:
    """The ARM type of what azure-native makes, or the name of a dynamic resource. Of anything else: empty."""
    if resource["type"].startswith("pulumi-python:dynamic/"):
        return resource["type"].rpartition(":")[2]
    return arm_type(resource["id"]) if _in_azure(resource) else ""


def _of_template(resource: Resource) -> list[str]:
    """The ids of what a template deployment makes."""
    if _kind(resource) != "microsoft.resources/deployments":
        return []
    return [each.id for each in of_template(Held(resource["id"], resource["type"], resource["inputs"]))]


def _texts(inputs: Any) -> list[str]:
    """The texts at any depth."""
    return [value for _, value in values_at(inputs, "**") if isinstance(value, str)]


def _ids(resource: Resource) -> list[str]:
    """The ids in the inputs. A tag is only a text to Azure."""
    inputs = {key: value for key, value in resource["inputs"].items() if key != "tags"}
    return [text for text in _texts(inputs) if text.lower().startswith("/subscriptions/")]


def _writes_at_one_place(made: _Made) -> Iterator[list[str]]:
    """The creations that clash with each other on a resource, always or now and then."""
    writes: defaultdict[Busy, list[str]] = defaultdict(list)
    for urn, each in made.by_urn.items():
        if _in_azure(each):
            kept = kept_busy(SERIAL, each["id"], "create", each["inputs"])
            for row, id_ in met(SERIAL, each["id"], each["inputs"]):
                if (busy := (id_.lower(), row.key)) in kept and id_.lower() != each["id"].lower():
                    writes[busy].append(urn)
    yield from writes.values()


def _parent(made: _Made, resource: Resource) -> Iterator[Optional[str]]:
    for id_ in (resource["id"], *_of_template(resource)):
        yield made.at(parent_of(id_) or "")


def _references(made: _Made, resource: Resource) -> Iterator[Optional[str]]:
    yield from map(made.at, _ids(resource))


def _siblings(made: _Made, resource: Resource) -> Iterator[Optional[str]]:
    *_, whole = ancestors(resource["id"])
    for _, each in values_at(resource["inputs"], "**"):
        if isinstance(each, dict) and "referenceName" in each:
            kind = str(each.get("type")).removesuffix("Reference")
            yield made.at(f"{whole}/{kind}s/{each['referenceName']}")


def _principals(made: _Made, resource: Resource) -> Iterator[Optional[str]]:
    yield from map(made.of_principal, _texts(resource["inputs"]))


def _itself(made: _Made, resource: Resource) -> Iterator[Optional[str]]:
    yield made.at(resource["id"])
    yield from _references(made, resource)


def _own_roles(made: _Made, resource: Resource) -> Iterator[Optional[str]]:
    ids = _ids(resource)
    yield from made.roles([made.at(each) for each in ids], ids)


def _nodes(made: _Made, extension: Resource) -> Iterator[Optional[str]]:
    cluster = made.by_urn.get(made.at(extended(extension["id"])) or "")
    if cluster is None or extension["inputs"]["extensionType"].lower() != AZUREML:
        return
    own = cluster["inputs"].get("agentPoolProfiles", [])
    if all(TAINT in each.get("nodeTaints", ()) for each in own):
        # Pools with a taint are kept for models. One that is open is enough.
        yield next((urn for urn in made.on(_POOL, cluster["id"], "nodeTaints", None)), None)


def _flux(made: _Made, resource: Resource) -> Iterator[Optional[str]]:
    yield from made.on(_EXTENSION, extended(resource["id"]), "extensionType", "microsoft.flux")


def _attached(made: _Made, compute: Resource) -> Iterator[Optional[str]]:
    properties = compute["inputs"].get("properties") or {}
    if properties.get("computeType") != "Kubernetes":
        return
    cluster, workspace = properties["resourceId"], parent_of(compute["id"]) or ""
    namespace = first_at(properties, "properties.namespace")
    yield from made.on(_EXTENSION, cluster, "extensionType", AZUREML)
    yield from made.on(f"{_CLUSTER}/managednamespaces", cluster, "managedNamespaceName", namespace)
    yield from made.on(f"{_CLUSTER}/trustedaccessrolebindings", cluster, "sourceResourceId", workspace)
    above = made.at(workspace)
    identities = [above, *map(made.at, _ids(made.by_urn[above]))] if above else []
    yield from made.roles(identities, [cluster])


def _reached_workspace(made: _Made, endpoint: Resource) -> Iterator[Optional[str]]:
    workspace = str(parent_of(endpoint["id"])).lower()
    for each in made.of_kind("microsoft.network/privateendpoints"):
        if workspace in map(str.lower, _ids(each)):
            yield each["urn"]


def _reached(made: _Made, compute: Resource) -> Iterator[Optional[str]]:
    """What reaches what a compute needs that starts at once: private endpoints, zone groups, and links of zones."""
    workspace = made.by_urn.get(made.at(parent_of(compute["id"]) or "") or "")
    for row in REACHED:
        if workspace is None or not all(_has(compute["inputs"], each) for each in (*row.given, f"{row.subnet}=*")):
            continue
        target = first_at(workspace["inputs"], row.target) if row.target else workspace["id"]
        for each in made.of_kind(_ENDPOINT):
            groups = first_at(each["inputs"], "privateLinkServiceConnections[].groupIds") or []
            if str(target).lower() in map(str.lower, _ids(each)) and {*groups} & {*row.groups}:
                yield each["urn"]
                if row.by_name:
                    yield from _resolving(made, each)


def _has(inputs: Any, condition: str) -> bool:
    path, _, pattern = condition.partition("=")
    return any(fnmatch.fnmatch(str(value), pattern) for _, value in values_at(inputs, path))


def _resolving(made: _Made, endpoint: Resource) -> Iterator[Optional[str]]:
    for group in made.of_kind(f"{_ENDPOINT}/privatednszonegroups"):
        if group["id"].lower().startswith(f"{endpoint['id'].lower()}/"):
            yield group["urn"]
            for link in made.of_kind("microsoft.network/privatednszones/virtualnetworklinks"):
                if str(parent_of(link["id"])).lower() in map(str.lower, _ids(group)):
                    yield link["urn"]


def _peerings(made: _Made, user: Resource) -> Iterator[Optional[str]]:
    networks = {each.partition("/subnets/")[0].lower() for each in _ids(user) if "/subnets/" in each}
    for each in made.of_kind("microsoft.network/virtualnetworks/virtualnetworkpeerings"):
        if str(parent_of(each["id"])).lower() in networks:
            yield each["urn"]


def _way_out(made: _Made, user: Resource) -> Iterator[Optional[str]]:
    network = next((made.by_urn[urn] for each in _ids(user) if "/subnets/" in each and (urn := made.at(each))), None)
    if network is not None and not values_at(network["inputs"], "subnets[].natGateway"):
        yield from _peerings(made, user)


def _run_of_a_trigger(made: _Made, start: Resource) -> Iterator[Optional[str]]:
    factory = start["inputs"]["factory_id"]
    yield from made.roles([made.at(factory)])
    for each in made.of_kind("ApproveConnection"):
        if each["id"].lower().startswith(f"{factory.lower()}/") and made.at(each["inputs"]["target_id"]):
            yield each["urn"]


AZUREML = "microsoft.azureml.kubernetes"
"""The type of Azure ML's extension, in lower case."""

TAINT = "CriticalAddonsOnly=true:NoSchedule"
"""Keeps pods off a system pool, unless they tolerate it."""

_ENDPOINT = "microsoft.network/privateendpoints"
_CLUSTER = "microsoft.containerservice/managedclusters"
_POOL = f"{_CLUSTER}/agentpools"
_EXTENSION = "microsoft.kubernetesconfiguration/extensions"
_ATTACH = "Learn: how-to-attach-kubernetes-to-workspace"

RULES = (
    Rule("", _parent, "404 ParentResourceNotFound, ResourceGroupNotFound", "Learn: error-parent-resource"),
    Rule("", _references, "404 ResourceNotFound, 400 InvalidResourceReference", "Learn: error-not-found"),
    Rule(
        "",
        _siblings,
        "400 'The document creation or update failed because of invalid reference'",
        "liprec/vsts-publish-adf#52 (linked services), MicrosoftDocs/azure-docs#19909 (pipelines)",
    ),
    Rule(
        "",
        _principals,
        "a principal is drawn when its owner is made; 400 PrincipalNotFound",
        "Learn: role-based-access-control, troubleshooting",
    ),
    Rule(
        "microsoft.machinelearningservices/workspaces",
        _own_roles,
        "the workspace cannot reach its storage, vault, registry and insights",
        "Learn: how-to-identity-based-service-authentication ('required on your user-assigned managed identity')",
        assumed=True,
    ),
    Rule(
        _CLUSTER,
        _own_roles,
        "400 CustomPrivateDNSZoneMissingPermissionError; the identity joins the subnet",
        "Azure/Azure-Landing-Zones#2892, Azure/AKS#3470; of the network without a zone: assumed",
    ),
    Rule(
        _EXTENSION,
        _nodes,
        "no node takes its pods: a system pool has CriticalAddonsOnly, and the extension tolerates taints of Azure ML"
        " only, so its installation waits until it fails",
        "Learn: reference-kubernetes ('We only support placing the amlarc-specific taints'), Azure/AML-Kubernetes#210,"
        " Azure/AKS#3359; how it fails was read of Flux only, which tolerates the taint now (Azure/AKS#4780)",
        assumed=True,
    ),
    Rule(
        "microsoft.kubernetesconfiguration/fluxconfigurations",
        _flux,
        "404 ResourceNotFound 'Extension instance with name 'flux' not found'",
        "Azure/AKS-Construction#291",
    ),
    Rule(
        "microsoft.machinelearningservices/workspaces/computes",
        _attached,
        "the attachment fails with 'extension not installed' or 'internal server' error; the namespace 'should be"
        " previously created'",
        f"{_ATTACH}; Trusted Access: Azure/AML-Kubernetes, page azureml-aks-ta-support",
    ),
    Rule(
        "microsoft.machinelearningservices/workspaces/batchendpoints",
        _reached_workspace,
        "it keeps the network configuration that the workspace has when it is made",
        "Learn: how-to-secure-batch-endpoint, limitations; that the private endpoint counts, not only the workspace's"
        " property: assumed",
        assumed=True,
    ),
    Rule(
        "microsoft.machinelearningservices/workspaces/computes",
        _reached,
        "a compute that starts at once mounts the storage: StorageMountError; without the workspace's endpoint: 400"
        " 'requires workspace private endpoint'",
        "tables/reached.py",
        assumed=True,
    ),
    Rule(
        _CLUSTER,
        _peerings,
        "400 VirtualNetworkNotInSucceededState while the peering of the network is written",
        "Azure/AKS#4522 (of pools), hashicorp/terraform-provider-azurerm#3780 (peerings); of both at once: assumed",
        assumed=True,
    ),
    Rule(
        "microsoft.app/managedenvironments",
        _way_out,
        "its machines start without a way out, which a hub's firewall or routes give",
        "assumed",
        assumed=True,
    ),
    Rule("ApproveConnection", _itself, "there is no connection to approve", "dynamic/approved_connection.py"),
    Rule("StoppedInstance", _itself, "there is no instance to stop", "dynamic/stopped_instance.py"),
    Rule("WorkspaceQuota", _itself, "there is no workspace to limit", "dynamic/workspace_quota.py"),
    Rule("SystemPool", _itself, "there is no pool to read", "dynamic/system_pool.py"),
    Rule("ClusterClaim", _itself, "there is no cluster to tag", "dynamic/cluster_claim.py"),
    Rule("StartTrigger", _itself, "there is no trigger to start", "dynamic/trigger_state.py"),
    Rule(
        "StartTrigger",
        _run_of_a_trigger,
        "its first run fails: the factory has no role yet, or its connection to what the program makes waits",
        "docs/decisions/0061: Azure starts it in any case",
        assumed=True,
    ),
)
"""The order that Azure needs, beside writes that it takes one at a time. Read on 2026-11-28.

Nothing else waits: not for a lock, a diagnostic setting, an alert, nor for a role of an identity that no row names.
"""

ONE_AT_A_TIME = Rule("", lambda *_: iter(()), "a second write meets the first one", "tables/deletion.py, SERIAL")
"""Writes on one resource that takes one at a time. Either order will do."""
