"""Who may do what in an environment: the principals, what they may reach, and their roles there."""

import re
from collections import defaultdict
from collections.abc import Iterable

from ...foundation.plurals import listed
from ...resource_types.resource_type import Relation
from ...resource_types.topic import Topic
from ..resource import Plan
from .headings import heading
from .nodes import Graph, without_environment
from .picture import Box, Shown, Table, View

_IDENTITY = "azure-native:managedidentity:UserAssignedIdentity"
_TRUST = "azure-native:managedidentity:FederatedIdentityCredential"
_ROLE = "azure-native:authorization:RoleAssignment"
_GUID = re.compile(r"-?[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def identity(plan: Plan) -> Table:
    """The data and identity view of a plan."""
    graph = Graph(plan)
    granted = [each for each in graph.edges if each.relation is Relation.ROLE]
    principals = dict.fromkeys([*(each.source for each in granted), *(each.urn for each in plan.of_type(_IDENTITY))])
    scopes = dict.fromkeys(each.target for each in granted)
    columns, rows = _keys(graph, principals), _keys(graph, scopes)
    roles: dict[tuple[str, str], set[str]] = defaultdict(set)
    for each in granted:
        roles[rows[each.target], columns[each.source]].add(each.label)
    drawn = {each.urn for type_ in (_IDENTITY, _TRUST, _ROLE) for each in plan.of_type(type_)}
    drawn |= {*principals, *scopes} & set(graph.resources)
    return Table(
        heading=heading(plan, View.IDENTITY),
        principals=tuple(
            sorted((_principal(graph, each, columns[each]) for each in principals), key=lambda box: _order(box, "0"))
        ),
        scopes=tuple(
            _scope(graph, each, rows[each])
            for each in sorted(scopes, key=lambda node: (_rank(graph, node), graph.words(node), rows[node]))
        ),
        roles={cell: tuple(sorted(found)) for cell, found in roles.items()},
        shown=Shown(drawn=frozenset(drawn)),
    )


def _order(box: Box, people: str) -> tuple[str, str]:
    """People and workloads of others first, then identities by name."""
    return (people if box.outside else "1", box.key)


def _rank(graph: Graph, node: str) -> tuple[bool, int]:
    """Data that others keep first, then by topic."""
    topics = list(Topic)
    return (not (node in graph.others and graph.topic(node) is Topic.DATA), topics.index(graph.topic(node)))


def _keys(graph: Graph, nodes: Iterable[str]) -> dict[str, str]:
    """The same key for the same thing in every environment. What others run has other names and ids there, so all role
    assignments that name it say which it is, without the id in their own names."""
    found: dict[str, str] = {}
    for node in nodes:
        if node in graph.resources:
            found[node] = graph.key(node)
    strange: dict[str, list[str]] = defaultdict(list)
    for node in nodes:
        if node not in found:
            strange[_function(graph, node)].append(node)
    for function, alike in strange.items():
        for index, node in enumerate(sorted(alike)):
            found[node] = f"{function}::{index}"
    return found


def _function(graph: Graph, node: str) -> str:
    other = graph.others[node]
    if other.topic is Topic.IDENTITY:
        roles = {_without_id(graph, each.target) for each in graph.of(Relation.ROLE) if each.source == node}
        return f"outside:{other.words}::{'+'.join(sorted(roles))}"
    part, _, whole = other.name.partition(" in ")
    return f"outside:{other.words}::{without_environment(part) if whole else ''}"


def _without_id(graph: Graph, node: str) -> str:
    return _GUID.sub("", graph.key(node)) if node in graph.resources else graph.others[node].words


def _principal(graph: Graph, node: str, key: str) -> Box:
    """A principal, with who signs in as it."""
    used = [each.source for each in graph.of(Relation.SIGNS_IN) if each.target == node]
    trusted = [graph.name(each) for each in used if each in graph.others]
    runs = sorted({graph.words(each) for each in used if each in graph.resources})
    lines = [
        *([f"used by {listed(runs, most=3)}"] if runs else []),
        *(f"signs in: {subject}" for subject in sorted(trusted)),
    ]
    return Box(
        key=key,
        words=graph.words(node),
        name=graph.name(node),
        lines=tuple(lines),
        outside=graph.is_outside(node),
        protected=node in graph.resources and graph.resources[node].protect,
    )


def _scope(graph: Graph, node: str, key: str) -> Box:
    whole = graph.whole(node)
    name = graph.name(node) if whole == node else f"{graph.name(node)} in {graph.name(whole)}"
    return Box(key=key, words=graph.words(node), name=name, outside=graph.is_outside(node))
