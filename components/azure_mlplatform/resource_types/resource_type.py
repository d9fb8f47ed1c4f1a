"""The record of a resource type: Azure's answers, and the presentation to a person."""

import hashlib
import re
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, NamedTuple, Optional, Protocol, Union

from ..foundation.values import name_of
from .topic import Topic

UNKNOWN = "[unknown]"
"""The placeholder for a value that is unknown before Azure answers."""

GROUP_ID = "/subscriptions/{subscription}/resourceGroups/{resourceGroupName}"
"""The id of a resource group, as a template of inputs."""

Inputs = Mapping[str, Any]


class Resource(Protocol):
    """A resource of a plan, as a record reads it."""

    @property
    def urn(self) -> str:
        """Its URN."""
        ...

    @property
    def type(self) -> str:
        """Its full type, such as `azure-native:network:VirtualNetwork`."""
        ...

    def input(self, path: str) -> Any:
        """An input by its dotted path, or None if it is absent."""
        ...


class Outside(NamedTuple):
    """A resource or a principal that the plan names and does not make."""

    words: str
    """The name that a person uses for it, such as `storage account`."""

    name: str
    topic: Topic = Topic.OTHER

    own: bool = False
    """Whether it belongs to a resource of the plan, as a subnet does, and others do not run it."""


class Nodes(Protocol):
    """Finds the nodes of a diagram. `outside` is the node of a resource that the plan does not make. Without
    `outside`, the result is empty if nothing is found, and the edge is not drawn."""

    def with_id(self, id_: object, outside: Optional[Outside] = None) -> str:
        """The node of a resource by its ARM id."""
        ...

    def named(self, type_: str, name: object, outside: Optional[Outside] = None) -> str:
        """The node of a resource by its type and its name in Azure."""
        ...

    def outside(self, outside: Outside) -> str:
        """The node of something that others run."""
        ...

    def only(self, type_: str) -> str:
        """The node of the only resource of a type."""
        ...

    def principal(self, resource: Resource) -> str:
        """The node of the principal that gets a role assignment."""
        ...

    def scope(self, resource: Resource) -> str:
        """The node of what a role assignment is on."""
        ...


class Relation(Enum):
    """The sense of an edge. A diagram's view draws some of them."""

    USES = auto()
    """The source works with the target."""

    PART = auto()
    """The target is a part of the source, and a line in its box."""

    LOGS = auto()
    """The source sends its logs to the target."""

    SUBNET = auto()
    """The target stands in a subnet of the source. The label is the subnet's name."""

    PRIVATE_LINK = auto()
    """The source is a private endpoint of the target."""

    PEERING = auto()
    EGRESS = auto()

    ROLE = auto()
    """The source has a role on the target. The label is the role."""

    SIGNS_IN = auto()
    """The source signs in as the target."""


class Edge(NamedTuple):
    """An arrow of a diagram, between two nodes."""

    source: str
    target: str
    label: str = ""
    relation: Relation = Relation.USES


class Shown(Enum):
    """The ways in which the overview shows a resource."""

    DRAWN = auto()
    """As a box; as a line in the box of the resource that it is a part of."""

    COUNTED = auto()
    """As one of a number, such as `14 private endpoints`."""

    HIDDEN = auto()
    """Not at all: it only makes something else work, such as a private endpoint's DNS entries."""


class Machines(NamedTuple):
    """Virtual machines that are paid for while they run, used or not."""

    size: str
    """The VM size, or the size in the words of the service."""

    least: int
    most: int
    """The number that scaling can reach. Equal to `least` without scaling."""


Edges = Callable[[Resource, Nodes], Iterator[Edge]]
Size = Union[tuple[Union[str, tuple[str, str]], ...], Callable[[Resource], str]]


def _no_outputs(urn: str, inputs: Inputs) -> dict[str, Any]:
    return {}


def _nothing_read(id_: str) -> dict[str, Any]:
    return {}


def _no_network(resource: Resource) -> str:
    return ""


def _no_edges(resource: Resource, nodes: Nodes) -> Iterator[Edge]:
    yield from ()


def _no_machines(resource: Resource) -> Iterator[Machines]:
    yield from ()


@dataclass(frozen=True, kw_only=True, slots=True)
class ResourceType:
    """One type of resource."""

    id: str
    """The id that Azure gives it, as a template of its inputs, `{subscription}` and `{name_in_program}`. Empty if
    it cannot be known."""

    outputs: Callable[[str, Inputs], dict[str, Any]] = _no_outputs
    """Makes the outputs that Azure adds besides id, name and identity, from the URN and the inputs."""

    read: Callable[[str], dict[str, Any]] = _nothing_read
    """Makes what Azure shows of one that others made, from its id, where a plan has to know it. Default: nothing."""

    words: Union[str, Callable[[Resource], str]] = ""
    """The name that a person uses for it. Default: the last part of the type in words, such as `private endpoint`."""

    size: Size = ("sku.name",)
    """The inputs that show its size or sort, each alone or with its unit."""

    topic: Union[Topic, Callable[[Resource], Topic]] = Topic.OTHER
    """The frame in which a diagram draws it."""

    shown: Shown = Shown.DRAWN
    """The way in which the overview shows it."""

    managed_network: Callable[[Resource], str] = _no_network
    """The network that the service keeps for it, in words. Empty if there is none."""

    edges: Edges = _no_edges
    """The edges that it adds to a diagram."""

    machines: Callable[[Resource], Iterator[Machines]] = _no_machines
    """The virtual machines that it runs on."""

    holds: str = ""
    """The data or work that goes with it, in words. Empty if everything in it comes back by itself."""

    named_by_azure: bool = True
    """Whether its name in Azure tells a person more than its name in the program."""

    def topic_of(self, resource: Resource) -> Topic:
        """The frame in which a diagram draws a resource of this type."""
        return self.topic if isinstance(self.topic, Topic) else self.topic(resource)

    def words_for(self, resource: Resource) -> str:
        """The name that a person uses for a resource of this type."""
        if callable(self.words):
            return self.words(resource)
        return self.words or re.sub(r"(?<=[a-z])(?=[A-Z])", " ", resource.type.rsplit(":", 1)[-1]).lower()

    def size_of(self, resource: Resource) -> str:
        """The size or sort of a resource in a few words. Empty if unknown."""
        if callable(self.size):
            return self.size(resource)
        parts = []
        for each in self.size:
            path, unit = (each, "") if isinstance(each, str) else each
            value = resource.input(path)
            if value not in (None, [], {}):
                parts.append((", ".join(map(str, value)) if isinstance(value, list) else str(value)) + unit)
        return " ".join(parts)


def stable_guid(seed: str) -> str:
    """A GUID in place of a random one from Azure. The same seed gives the same GUID."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, seed))


def stable_characters(seed: str, length: int) -> str:
    """Lower-case letters and digits in place of random ones. The same seed gives the same text."""
    alphabet = "abcdefghijklmnopqrstuvwxyz0123456789"
    digest = hashlib.sha256(seed.encode()).digest()
    return "".join(alphabet[digest[index % len(digest)] % len(alphabet)] for index in range(length))


def from_subnet(path: str) -> Edges:
    """An edge from the network to a resource, if an input names the resource's subnet."""

    def edges(resource: Resource, nodes: Nodes) -> Iterator[Edge]:
        if given := resource.input(path):
            network, _, subnet = str(given).rpartition("/subnets/")
            outside = Outside("virtual network", name_of(network), Topic.NETWORK)
            yield Edge(nodes.with_id(network, outside), resource.urn, subnet, Relation.SUBNET)

    return edges


def machines(size: str, least: str, most: str, *, below: str = "") -> Callable[[Resource], Iterator[Machines]]:
    """The machines in inputs, by their paths. `below` is the path of a list with such inputs."""

    def found(resource: Resource) -> Iterator[Machines]:
        places = [f"{below}.{index}." for index in range(len(resource.input(below) or []))] if below else [""]
        for place in places:
            kind, fewest, greatest = (resource.input(place + each) for each in (size, least, most))
            if kind is not None and isinstance(fewest, int) and isinstance(greatest, int):
                yield Machines(str(kind), fewest, greatest)

    return found


def runs_as(resource: Resource, nodes: Nodes) -> Iterator[Edge]:
    """Edges to the identities that a resource signs in as."""
    for identity in resource.input("identity.userAssignedIdentities") or []:
        yield Edge(resource.urn, nodes.with_id(identity), "runs as", Relation.SIGNS_IN)


def part_of(type_: str, path: str, *, words: str = "", topic: Topic = Topic.OTHER) -> Edges:
    """An edge from the resource of `type_` that an input names, to the resource that is part of it. With `words`, also
    from one that others run."""

    def edges(resource: Resource, nodes: Nodes) -> Iterator[Edge]:
        name = resource.input(path)
        outside = Outside(words, str(name), topic) if words else None
        yield Edge(nodes.named(type_, name, outside), resource.urn, "", Relation.PART)

    return edges


def all_of(*parts: Edges) -> Edges:
    """The edges of all `parts`."""

    def edges(resource: Resource, nodes: Nodes) -> Iterator[Edge]:
        for each in parts:
            yield from each(resource, nodes)

    return edges
