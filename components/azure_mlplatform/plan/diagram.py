"""Draws a plan as an SVG diagram of the environment.

Graphviz makes the layout: the self-contained `graphviz-pure` of the extra `diagram`, or else a `dot` on the PATH.
"""

import html
import shutil
import subprocess
import sysconfig
from collections.abc import Iterator
from pathlib import Path

from ..foundation.printable import printable
from ..resource_types import resource_type
from ..resource_types.network import VNET
from ..resource_types.resource_type import Edge, Resource
from .resource import UNKNOWN, Plan, PlannedResource


class DiagramError(Exception):
    """The diagram cannot be drawn. The message says what to do."""


def svg(plan: Plan) -> str:
    """The environment as an SVG document. Raises DiagramError if Graphviz is not found or fails."""
    program = _graphviz()
    done = subprocess.run(  # noqa: S603 - our own program, with no argument from outside
        [program, "-Tsvg"], input=dot(plan), capture_output=True, text=True, encoding="utf-8", check=False
    )
    if done.returncode != 0:
        raise DiagramError(f"{Path(program).name} failed: {done.stderr.strip()}")
    return done.stdout


def _graphviz() -> str:
    found = shutil.which("graphviz-pure", path=sysconfig.get_path("scripts")) or shutil.which("graphviz-pure")
    found = found or shutil.which("dot")
    if found is None:
        raise DiagramError("drawing needs Graphviz: pip install 'azure-mlplatform[diagram]'")
    return found


def dot(plan: Plan) -> str:
    """The environment in Graphviz's DOT language."""
    shown = {each.urn: each for each in plan.azure_resources if not resource_type(each.type).hides(each)}
    edges = list(_edges(plan, shown))
    lines = [
        "digraph {",
        "rankdir=LR; compound=true; nodesep=0.3; ranksep=1.1; splines=true; newrank=true;",
        'graph [fontname="Helvetica" fontsize=13 style="rounded" color="#94a3b8" labeljust=l];',
        'node [fontname="Helvetica" fontsize=11 shape=box style="rounded,filled" fillcolor=white color="#64748b"];',
        'edge [fontname="Helvetica" fontsize=9 color="#475569"];',
    ]
    group = next(iter(plan.of_type("ResourceGroup")), None)
    title = f"{plan.project} {plan.stack}" + (f", {group.azure_name}, {group.input('location')}" if group else "")
    lines.append(f"label={_quoted(title)}; labelloc=t; fontsize=18;")
    lines += _cluster(plan, plan.root, shown)
    outside = {end for edge in edges for end in (edge.source, edge.target) if end.startswith("outside:")}
    lines += [
        f'{_quoted(each)} [label={_quoted(each.removeprefix("outside:"))} style="rounded,dashed"];'
        for each in sorted(outside)
    ]
    labels: dict[tuple[str, str, str], set[str]] = {}
    for edge in edges:
        labels.setdefault((edge.source, edge.target, edge.style), set()).add(edge.label)
    for (source, target, style), texts in sorted(labels.items()):
        label = _quoted("\n".join(sorted(texts))).replace("\n", r"\n")
        lines.append(f"{_quoted(source)} -> {_quoted(target)} [label={label} style={style}];")
    return "\n".join([*lines, "}"])


def _cluster(plan: Plan, parent: PlannedResource, shown: dict[str, PlannedResource]) -> Iterator[str]:
    for each in plan.children(parent.urn):
        if each.urn in shown:
            yield _node(each)
        elif not each.custom:
            yield f"subgraph {_quoted('cluster ' + each.urn)} {{ label={_quoted(f'{each.kind}  {each.name}')};"
            yield from _cluster(plan, each, shown)
            yield "}"


def _node(resource: PlannedResource) -> str:
    record = resource_type(resource.type)
    lines = [f"<b>{_escaped(record.words_for(resource))}</b>", _escaped(resource.azure_name)]
    if detail := record.size_of(resource):
        lines.append(f'<font color="#475569">{_escaped(detail)}</font>')
    if resource.type == VNET:
        lines += [
            f'<font color="#475569">{_escaped(each["name"])}  {_escaped(each["addressPrefix"])}</font>'
            for each in resource.input("subnets") or []
        ]
    if resource.protect:
        lines.append("protected")
    return f'{_quoted(resource.urn)} [label=<{"<br/>".join(lines)}> fillcolor="{record.colour}"];'


class _Shown:
    """Finds the nodes of a diagram by id, name, type or principal."""

    def __init__(self, plan: Plan, shown: dict[str, PlannedResource]) -> None:
        self._by_id = {each.id.lower(): urn for urn, each in shown.items()}
        self._by_name = {(each.type, each.azure_name): urn for urn, each in shown.items()}
        self._by_principal = {each.principal_id: urn for urn, each in shown.items() if each.principal_id != UNKNOWN}
        self._by_type = {each.type: urn for urn, each in shown.items()}

    def with_id(self, id_: object, outside: str = "") -> str:
        return self._by_id.get(str(id_).lower(), f"outside:{outside}" if outside else "")

    def named(self, type_: str, name: object, outside: str = "") -> str:
        return self._by_name.get((type_, str(name)), f"outside:{outside}" if outside else "")

    def only(self, type_: str) -> str:
        return self._by_type.get(type_, "")

    def principal(self, resource: Resource) -> str:
        id_ = str(resource.input("principalId"))
        return self._by_principal.get(id_, f"outside:{resource.input('principalType')} {id_}")


def _edges(plan: Plan, shown: dict[str, PlannedResource]) -> Iterator[Edge]:
    nodes = _Shown(plan, shown)
    for each in plan.azure_resources:
        for edge in resource_type(each.type).edges(each, nodes):
            if edge.source and edge.target and edge.source != edge.target:
                yield edge


def _escaped(text: str) -> str:
    return html.escape(printable(text))


def _quoted(text: str) -> str:
    escaped = "\n".join(map(printable, text.split("\n"))).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
