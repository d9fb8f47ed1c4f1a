"""The nodes and edges of a plan, as the records of its resource types give them."""

import re
from collections.abc import Iterable, Iterator
from typing import Optional

from ...foundation.naming import SHORT
from ...resource_types import RESOURCE_TYPES, resource_type
from ...resource_types.resource_type import UNKNOWN, Edge, Outside, Relation, Resource, Shown
from ...resource_types.topic import Topic
from ..resource import Plan, PlannedResource
from .picture import Box

_ENVIRONMENT = re.compile(rf"(?<![a-z0-9])({'|'.join(SHORT.values())})(?![a-z0-9])")


class Nodes:
    """Finds the nodes of a plan by id, name, type, principal or scope. A node is the URN of a resource, or the key of
    something that others run."""

    def __init__(self, plan: Plan) -> None:
        self.resources = {each.urn: each for each in plan.azure_resources}
        self.others: dict[str, Outside] = {}
        # Resources that are hidden have the id of what they work on, such as a detach that of its compute.
        first = sorted(plan.azure_resources, key=lambda each: resource_type(each.type).shown is Shown.HIDDEN)
        self._by_id: dict[str, str] = {}
        for each in first:
            if each.id != UNKNOWN:
                self._by_id.setdefault(each.id.lower(), each.urn)
        # A group holds resources that are none of the plan's.
        self._parents = [each for each in self._by_id if "/providers/" in each]
        self._by_name = {(each.type, each.azure_name.lower()): each.urn for each in first}
        self._by_principal = {each.principal_id: each.urn for each in first if each.principal_id != UNKNOWN}
        self._by_type = {each.type: each.urn for each in first}

    def outside(self, outside: Outside) -> str:
        """The node of something that others run."""
        key = f"outside:{outside.words} {outside.name}"
        self.others.setdefault(key, outside)
        return key

    def with_id(self, id_: object, outside: Optional[Outside] = None) -> str:
        """The node of a resource by its ARM id."""
        return self._by_id.get(str(id_).lower()) or self._or(outside)

    def named(self, type_: str, name: object, outside: Optional[Outside] = None) -> str:
        """The node of a resource by its type and its name in Azure."""
        return self._by_name.get((type_, str(name).lower())) or self._or(outside)

    def only(self, type_: str) -> str:
        """The node of the only resource of a type."""
        return self._by_type.get(type_, "")

    def principal(self, resource: Resource) -> str:
        """The node of the principal that gets a role assignment, also where its id is unknown before Azure answers."""
        id_ = str(resource.input("principalId"))
        source = self._source_of(resource, "principalId") if id_ == UNKNOWN else ""
        words = str(resource.input("principalType") or "principal")
        return self._by_principal.get(id_) or source or self.outside(Outside(_in_words(words), id_, Topic.IDENTITY))

    def scope(self, resource: Resource) -> str:
        """The node of what a role assignment is on: a resource, or a part of one that is no resource of the plan."""
        scope = str(resource.input("scope"))
        if scope == UNKNOWN and (source := self._source_of(resource, "scope")):
            return source
        own = any(scope.lower().startswith(f"{each}/") for each in self._parents)
        return self.with_id(scope) or self.outside(_scope(scope)._replace(own=own))

    def _source_of(self, resource: Resource, path: str) -> str:
        """The resource of the plan that an input's value comes from. Empty if it comes from several or from none."""
        sources = self.resources[resource.urn].property_dependencies.get(path, ())
        found = [each for each in sources if each in self.resources]
        return found[0] if len(found) == 1 else ""

    def _or(self, outside: Optional[Outside]) -> str:
        """Returns a resource that others run. Empty if its name is unknown yet, because it may be the plan's own."""
        return self.outside(outside) if outside and outside.name not in ("", UNKNOWN) else ""


def without_environment(name: str) -> str:
    """A name in Azure without the environment's part, which differs for the same thing in another environment."""
    return _ENVIRONMENT.sub("*", name)


def _scope(id_: str) -> Outside:
    """A scope that the plan does not make, by its ARM id: its type in words, and its names below the provider."""
    _, _, path = id_.rpartition("/providers/")
    parts = path.strip("/").split("/")
    types, names = parts[-2::-2], parts[::-1][::2]
    if len(parts) < 2:
        return Outside("scope", id_)
    record = _BY_PATH.get(_types_in(id_))
    known = record.words if record and isinstance(record.words, str) else ""
    topic = record.topic if record and isinstance(record.topic, Topic) else Topic.OTHER
    if topic is Topic.PARTS and "/storageaccounts/" in id_.lower():
        topic = Topic.DATA
    name = f"{names[0]} in {names[-2]}" if path != id_ and len(names) > 2 else names[0]
    return Outside(known or _singular(_in_words(types[0])), name, topic)


def _types_in(id_: str) -> tuple[str, ...]:
    """The provider and the types in an ARM id, without the names."""
    parts = id_.lower().rpartition("/providers/")[2].strip("/").split("/")
    return (parts[0], *parts[1::2])


_BY_PATH = {_types_in(record.id): record for record in RESOURCE_TYPES.values() if "/providers/" in record.id}


def _in_words(text: str) -> str:
    """The words of a type in camel case."""
    spaced = "".join(f" {each.lower()}" if each.isupper() else each for each in text)
    return spaced.strip().replace("dns", "DNS")


def _singular(words: str) -> str:
    if words.endswith("ies"):
        return f"{words[:-3]}y"
    return words.removesuffix("s")


class Graph:
    """The nodes and edges of a plan, and the box of each: a part of something is a line in the box of the whole."""

    def __init__(self, plan: Plan) -> None:
        nodes = Nodes(plan)
        self.resources = nodes.resources
        self.others = nodes.others
        self.edges: list[Edge] = list(dict.fromkeys(_edges(nodes)))
        self._whole: dict[str, str] = {}
        for each in self.of(Relation.PART):
            if not self.is_drawn(each.target) or self.is_drawn(each.source):
                self._whole.setdefault(each.target, each.source)

    def is_drawn(self, node: str) -> bool:
        """Whether a node is drawn singly: what others run is."""
        return node in self.others or resource_type(self.resources[node].type).shown is Shown.DRAWN

    def is_outside(self, node: str) -> bool:
        """Whether others run a node."""
        return node in self.others and not self.others[node].own

    def of(self, *relations: Relation) -> Iterator[Edge]:
        """The edges of some relations."""
        return (each for each in self.edges if each.relation in relations)

    def whole(self, node: str) -> str:
        """The node of which this one is a part, in the end; the node itself if it is no part."""
        seen = {node}
        while (above := self._whole.get(node)) and above not in seen:
            seen.add(above)
            node = above
        return node

    def parts(self, node: str) -> list[PlannedResource]:
        """The resources that are parts of a node, by type and name."""
        found = [each for urn, each in self.resources.items() if urn != node and self.whole(urn) == node]
        return sorted(found, key=lambda each: (each.type, each.name))

    def topic(self, node: str) -> Topic:
        """The topic of a node."""
        if node in self.others:
            return self.others[node].topic
        return resource_type(self.resources[node].type).topic_of(self.resources[node])

    def key(self, node: str) -> str:
        """The same for the same thing in every environment of a project. What others run has other names in other
        environments, so the resource that names it says which it is."""
        if node in self.resources:
            return f"{self.resources[node].type}::{self.resources[node].name}"
        ends = [(each.relation is not Relation.PART, end) for each in self.edges for end in _other_end(each, node)]
        named_by = min((part, self.resources[end].name) for part, end in ends if end in self.resources)[1]
        return f"outside:{self.others[node].words}::{named_by}"

    def words(self, node: str) -> str:
        """The description of a node."""
        if node in self.others:
            return self.others[node].words
        return resource_type(self.resources[node].type).words_for(self.resources[node])

    def name(self, node: str) -> str:
        """Its name in Azure, or in the program if it has none there yet."""
        return self.others[node].name if node in self.others else self.resources[node].azure_name

    def size(self, node: str) -> str:
        """Its size or sort. Empty if unknown, or if others run it."""
        return "" if node in self.others else resource_type(self.resources[node].type).size_of(self.resources[node])

    def box(self, node: str, lines: Iterable[str] = (), *, key: str = "") -> Box:
        """The box of a node, with its size and some more lines."""
        return Box(
            key=key or self.key(node),
            words=self.words(node),
            name=self.name(node),
            lines=tuple(each for each in (self.size(node), *lines) if each),
            outside=self.is_outside(node),
            protected=node in self.resources and self.resources[node].protect,
        )

    def line(self, part: PlannedResource, whole: str) -> str:
        """A part of something in one line, without what its name shares with the name of the whole."""
        shorter = part.azure_name.removeprefix(self.name(whole)).strip("-")
        named = f"{self.words(part.urn)} {shorter or part.azure_name}"
        size = " ".join(each for each in self.size(part.urn).split(" ") if each != self.name(whole))
        return f"{named}: {size}" if size else named


def _other_end(edge: Edge, node: str) -> Iterator[str]:
    if node == edge.source:
        yield edge.target
    elif node == edge.target:
        yield edge.source


def _edges(nodes: Nodes) -> Iterator[Edge]:
    for each in list(nodes.resources.values()):
        for edge in resource_type(each.type).edges(each, nodes):
            if edge.source and edge.target and edge.source != edge.target:
                yield edge
