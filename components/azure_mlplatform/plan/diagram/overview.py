"""The overview: what an environment is made of, and what works with what."""

from collections import Counter, defaultdict
from collections.abc import Iterator

from ...foundation.plurals import counted
from ...resource_types import resource_type
from ...resource_types.resource_type import Edge, Relation
from ...resource_types.resource_type import Shown as How
from ...resource_types.topic import Topic
from ..resource import Plan
from .headings import heading
from .nodes import Graph
from .picture import Arrow, Box, Flow, Frame, Shown, View

COLUMNS = (
    (Topic.DATA, Topic.BATCH),
    (Topic.WORKSPACE, Topic.COMPUTE, Topic.PARTS),
    (Topic.SERVING, Topic.HOST, Topic.AI, Topic.SPARK),
    (Topic.NETWORK, Topic.IDENTITY, Topic.OPERATIONS, Topic.OTHER),
)
"""Where each topic stands: what works with each other stands side by side, so that arrows are short."""


def overview(plan: Plan) -> Flow:
    """The overview of a plan."""
    graph = Graph(plan)
    arrows = [each for each in (_lifted(graph, edge) for edge in graph.of(Relation.USES)) if each]
    nodes = {*_boxes(graph), *(end for each in arrows for end in (each.source, each.target))}
    named = (end for edge in graph.of(Relation.USES, Relation.PART, Relation.LOGS) for end in edge[:2])
    nodes |= {each for each in map(graph.whole, named) if each in graph.others}
    keys = {node: graph.key(node) for node in nodes}
    numbers: dict[Topic, Counter[str]] = defaultdict(Counter)
    found: dict[Topic, list[Box]] = defaultdict(list)
    for each in graph.resources.values():
        record = resource_type(each.type)
        if record.shown is How.COUNTED:
            numbers[record.topic_of(each)][record.words_for(each)] += 1
    for node in sorted(nodes, key=keys.__getitem__):
        found[graph.topic(node)].append(graph.box(node, _lines(graph, node), key=keys[node]))
    columns = tuple(
        tuple(
            Frame(
                title=topic.title,
                fill=topic.fill,
                boxes=tuple(found[topic]),
                counted=", ".join(counted(number, words) for words, number in sorted(numbers[topic].items())),
            )
            for topic in column
            if found[topic] or numbers[topic]
        )
        for column in COLUMNS
    )
    lines = {Arrow(source=keys[each.source], target=keys[each.target], label=each.label) for each in arrows}
    return Flow(
        heading=heading(plan, View.OVERVIEW),
        columns=columns,
        arrows=tuple(sorted(lines, key=lambda each: (each.source, each.target, each.label))),
        shown=Shown(
            drawn=frozenset(urn for urn in graph.resources if graph.is_drawn(urn)),
            counted=frozenset(urn for urn in graph.resources if _is_counted(graph, urn)),
        ),
    )


def _is_counted(graph: Graph, urn: str) -> bool:
    return resource_type(graph.resources[urn].type).shown is How.COUNTED


def _boxes(graph: Graph) -> Iterator[str]:
    """The nodes that have a box: what is drawn and is no part of something else."""
    return (graph.whole(urn) for urn in graph.resources if graph.is_drawn(urn))


def _lines(graph: Graph, node: str) -> tuple[str, ...]:
    return tuple(graph.line(each, node) for each in graph.parts(node) if graph.is_drawn(each.urn))


def _lifted(graph: Graph, edge: Edge) -> "Edge | None":
    """The edge between the boxes of its ends, if they stand in different frames."""
    source, target = graph.whole(edge.source), graph.whole(edge.target)
    if not (graph.is_drawn(source) and graph.is_drawn(target)):
        return None
    if graph.topic(source) is graph.topic(target):
        return None
    return Edge(source, target, edge.label)
