"""The network of an environment: its subnets and what stands in them, private endpoints, name zones and ways out."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ...foundation.plurals import counted, listed
from ...foundation.values import name_of, resource_group_of
from ...resource_types import resource_type
from ...resource_types.network import VNET
from ...resource_types.resource_type import UNKNOWN, Relation
from ...resource_types.topic import Topic
from ..resource import Plan, PlannedResource
from .headings import heading
from .nodes import Graph, without_environment
from .picture import Arrow, Box, Flow, Frame, Shown, View

_ENDPOINT = "azure-native:network:PrivateEndpoint"
_ZONE = "azure-native:privatedns:PrivateZone"
_ZONES_OF_ENDPOINT = "azure-native:network:PrivateDnsZoneGroup"
_ALLOWED = {
    "ipRules": ("value", "iPAddressOrRange", "ipAddress"),
    "ipAllowlist": (),
    "ipSecurityRestrictions": ("ipAddress",),
    "authorizedIPRanges": (),
}
"""Input with addresses that may come in from the internet → where each item has them."""


def network(plan: Plan) -> Flow:
    """The network view of a plan."""
    return _Network(plan).flow()


class _Network:
    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._graph = Graph(plan)
        self._drawn: set[str] = set()
        self._arrows: set[Arrow] = set()

    def flow(self) -> Flow:
        """All frames with their arrows."""
        frames = (
            (("Beyond the network", Topic.OTHER, self._beyond()), ("Ways out", Topic.OPERATIONS, self._ways_out())),
            (("Virtual network", Topic.NETWORK, self._subnets()),),
            (("Private endpoints", Topic.AI, self._endpoints()), ("In the subnets", Topic.HOST, self._in_subnets())),
            (
                ("Private names", Topic.IDENTITY, self._zones()),
                ("Networks that services keep", Topic.BATCH, self._managed_networks()),
            ),
        )
        columns = tuple(
            tuple(
                Frame(title=title, fill=topic.fill, boxes=tuple(sorted(boxes, key=lambda each: each.key)))
                for title, topic, found in column
                if (boxes := list(found))
            )
            for column in frames
        )
        keys = {box.key for column in columns for frame in column for box in frame.boxes}
        arrows = {each for each in self._arrows if each.source in keys and each.target in keys}
        return Flow(
            heading=heading(self._plan, View.NETWORK),
            columns=columns,
            arrows=tuple(sorted(arrows, key=lambda each: (each.source, each.target, each.label))),
            shown=Shown(drawn=frozenset(self._drawn)),
        )

    def _draw(self, node: str, lines: Iterable[str] = ()) -> Box:
        self._drawn |= {node} & set(self._graph.resources)
        return self._graph.box(node, lines)

    def _beyond(self) -> Iterator[Box]:
        """The networks that this one is peered with, and the addresses on the internet that may come in."""
        peered = {each.target: each.source for each in self._graph.of(Relation.PEERING)}
        self._drawn |= {each.urn for each in self._plan.of_type("azure-native:network:VirtualNetworkPeering")}
        for hub, vnet in peered.items():
            yield self._draw(hub)
            self._arrow(vnet, hub, "peering")
        callers = tuple(f"{allowed} to {listed(who, most=2)}" for allowed, who in sorted(self._callers().items()))
        if callers:
            yield Box(key="callers", words="callers", name="from the internet", lines=callers, outside=True)

    def _callers(self) -> dict[str, list[str]]:
        """Addresses on the internet → what they may call."""
        graph = self._graph
        allowed: dict[str, set[str]] = defaultdict(set)
        for urn, each in graph.resources.items():
            allowed[graph.whole(urn)] |= set(_allowed(each.inputs))
        for urn, each in graph.resources.items():
            if _is_public(each) and not allowed[graph.whole(urn)]:
                allowed[graph.whole(urn)] = {"all addresses"}
        ranges: dict[str, list[str]] = defaultdict(list)
        for node, addresses in allowed.items():
            for each in addresses:
                ranges[each].append(f"{graph.words(node)} {graph.name(node)}")
        return {each: sorted(called) for each, called in ranges.items()}

    def _ways_out(self) -> Iterator[Box]:
        for each in self._graph.of(Relation.EGRESS):
            parts = self._graph.parts(each.target)
            self._drawn |= {part.urn for part in parts}
            yield self._draw(each.target, [self._graph.line(part, each.target) for part in parts])
            self._arrow(each.source, each.target, "egress")

    def _subnets(self) -> Iterator[Box]:
        """The networks, and their subnets: of a network that others run, those that something stands in."""
        inside = Counter((each.source, each.label) for each in self._of_endpoints(Relation.SUBNET))
        networks = {each.source for each in self._graph.of(Relation.SUBNET)} | {
            each.urn for each in self._plan.of_type(VNET)
        }
        for node in networks:
            subnets = self._subnets_of(node)
            yield self._draw(node, [counted(len(subnets), "subnet")])
            for name, given in subnets.items():
                endpoints = inside[node, name]
                yield Box(
                    key=self._subnet(node, name),
                    words="subnet",
                    name=name,
                    lines=(*_facts(given), *([counted(endpoints, "private endpoint")] if endpoints else [])),
                    outside=self._graph.is_outside(node),
                )
        used = {name_of(text) for node in networks for text in _ids(self._subnets_of(node))}
        rules = self._plan.of_type("azure-native:network:NetworkSecurityGroup")
        self._drawn |= {each.urn for each in rules if each.azure_name in used or each.id == UNKNOWN}

    def _subnets_of(self, node: str) -> dict[str, Mapping[str, Any]]:
        if node in self._graph.resources:
            return {str(each["name"]): each for each in self._graph.resources[node].input("subnets") or []}
        return {each.label: {} for each in self._graph.of(Relation.SUBNET) if each.source == node}

    def _subnet(self, node: str, name: str) -> str:
        """The key of a subnet, which has the environment in its name."""
        return f"{self._graph.key(node)}::{without_environment(name)}"

    def _of_endpoints(self, relation: Relation) -> Iterator[Any]:
        """The edges from or to private endpoints."""
        for each in self._graph.of(relation):
            end = each.target if relation is Relation.SUBNET else each.source
            if end in self._graph.resources and self._graph.resources[end].type == _ENDPOINT:
                yield each

    def _endpoints(self) -> Iterator[Box]:
        """Returns the resources with private endpoints, each with all of them."""
        subnets = {each.target: self._subnet(each.source, each.label) for each in self._of_endpoints(Relation.SUBNET)}
        targets: dict[str, list[str]] = defaultdict(list)
        for each in self._of_endpoints(Relation.PRIVATE_LINK):
            targets[each.target].append(each.source)
        alone = {each.urn for each in self._plan.of_type(_ENDPOINT)} - {each for of in targets.values() for each in of}
        for node in [*targets, *sorted(alone)]:
            endpoints = targets[node] or [node]
            self._drawn |= set(endpoints)
            groups = sorted(self._graph.size(each) for each in endpoints)
            key = f"reached::{self._graph.key(node)}"
            words = "private endpoint" if len(endpoints) == 1 else "private endpoints"
            yield Box(
                key=key,
                words=self._graph.words(node),
                name=self._graph.name(node),
                lines=(f"{words}: {', '.join(groups)}",),
                outside=self._graph.is_outside(node),
            )
            self._arrows |= {Arrow(source=subnets[each], target=key) for each in endpoints if each in subnets}

    def _in_subnets(self) -> Iterator[Box]:
        """Returns the resources in the subnets that are no private endpoints."""
        endpoints = {each.target for each in self._of_endpoints(Relation.SUBNET)}
        placed = [each for each in self._graph.of(Relation.SUBNET) if each.target not in endpoints]
        for node in dict.fromkeys(each.target for each in placed):
            yield self._draw(node)
            for each in placed:
                if each.target == node:
                    source = self._subnet(each.source, each.label)
                    self._arrows.add(Arrow(source=source, target=self._graph.key(node)))

    def _zones(self) -> Iterator[Box]:
        """The private DNS zones of the plan, and those that others run and endpoints write to."""
        own = self._plan.of_type(_ZONE)
        self._drawn |= {each.urn for each in own}
        names = {each.azure_name for each in own}
        adopted: dict[str, set[str]] = defaultdict(set)
        for each in self._plan.of_type(_ZONES_OF_ENDPOINT):
            for zone in each.input("privateDnsZoneConfigs") or []:
                id_ = str(zone.get("privateDnsZoneId"))
                if id_ != UNKNOWN and name_of(id_) not in names:
                    adopted[resource_group_of(id_)].add(name_of(id_))
        kept = [(f"in {group}", zones, True) for group, zones in sorted(adopted.items())]
        if own:
            kept.insert(0, ("of this environment", names, False))
        for index, (name, zones, outside) in enumerate(kept):
            lines = tuple(sorted(each.removeprefix("privatelink.") for each in zones))
            words = counted(len(zones), "private DNS zone")
            yield Box(key=f"zones::{index}", words=words, name=name, lines=lines, outside=outside)

    def _managed_networks(self) -> Iterator[Box]:
        """The networks that services keep for themselves, with the private endpoints that lead out of them."""
        graph = self._graph
        leading: dict[str, list[str]] = defaultdict(list)
        for each in graph.of(Relation.PRIVATE_LINK):
            if (whole := graph.whole(each.source)) != each.source:
                target = f"{graph.words(each.target)} {graph.name(each.target)}"
                leading[whole].append(f"private endpoint to {target}: {graph.size(each.source)}")
                self._drawn.add(each.source)
        for urn, each in graph.resources.items():
            managed = resource_type(each.type).managed_network(each)
            parts = [part for part in graph.parts(urn) if graph.words(part.urn) == "managed network"]
            self._drawn |= {part.urn for part in parts}
            if managed or parts or urn in leading:
                words = managed or "managed network"
                yield Box(
                    key=f"managed::{graph.key(urn)}",
                    words=graph.words(urn),
                    name=each.azure_name,
                    lines=(words, *sorted(leading.pop(urn, []))),
                )
        for node, lines in sorted(leading.items()):
            yield graph.box(node, sorted(lines), key=f"managed::{graph.key(node)}")

    def _arrow(self, source: str, target: str, label: str) -> None:
        self._arrows.add(Arrow(source=self._graph.key(source), target=self._graph.key(target), label=label))


def _facts(subnet: Mapping[str, Any]) -> Iterator[str]:
    """The range of a subnet, its way out, its rules and whom it is given to."""
    prefixes = [subnet.get("addressPrefix"), *(subnet.get("addressPrefixes") or [])]
    if found := [str(each) for each in prefixes if each]:
        yield ", ".join(found)
    kept = (("networkSecurityGroup", "security group"), ("natGateway", "NAT gateway"), ("routeTable", "route table"))
    has = [words for key, words in kept if subnet.get(key)]
    if has:
        yield ", ".join(has)
    for each in subnet.get("delegations") or []:
        yield f"given to {each.get('serviceName')}"


def _ids(value: Any) -> Iterator[str]:
    """Every id in a value."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            if key == "id":
                yield str(item)
            else:
                yield from _ids(item)
    elif isinstance(value, list):
        for item in value:
            yield from _ids(item)


def _allowed(value: Any, key: str = "") -> Iterator[str]:
    """The addresses from which callers on the internet may come in, anywhere in a value."""
    if isinstance(value, Mapping):
        if first := value.get("startIpAddress"):
            yield f"{first} to {value.get('endIpAddress')}"
        for name, item in value.items():
            yield from _allowed(item, name)
    elif isinstance(value, list):
        for item in value:
            if key in _ALLOWED:
                yield from _address(item, _ALLOWED[key])
            else:
                yield from _allowed(item, key)


def _is_public(resource: PlannedResource) -> bool:
    """Whether callers on the internet reach it, whatever their address."""
    return "Enabled" in (resource.input("publicNetworkAccess"), resource.input("properties.publicNetworkAccess"))


def _address(item: Any, fields: tuple[str, ...]) -> Iterator[str]:
    if isinstance(item, Mapping):
        yield from (str(item[each]) for each in fields if item.get(each))
    else:
        yield str(item)
