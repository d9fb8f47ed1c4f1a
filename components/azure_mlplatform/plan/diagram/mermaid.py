"""Writes a picture as a Mermaid flowchart, which GitHub, GitLab and Azure DevOps draw where it stands in Markdown."""

from collections.abc import Iterator

from .flow_layout import sparing_flow
from .picture import Box, Flow, Picture, Table
from .table_layout import sparing_table
from .words import fitted

_MOST_LINES = 5
_ROOM = 440
"""The room of a line, at a size of 10. Mermaid draws nothing of a text of more than 50,000 characters."""


def mermaid(picture: Picture) -> str:
    """The picture as a Mermaid flowchart. The same picture gives the same text."""
    return "\n".join([*_lines(picture), ""])


def markdown(picture: Picture) -> str:
    """The same in a Markdown document, under a heading."""
    return f"# {_plain(picture.heading.title)}\n\n```mermaid\n{mermaid(picture)}```\n"


def _lines(picture: Picture) -> Iterator[str]:
    yield "flowchart LR"
    yield f"  accTitle: {_plain(picture.heading.title)}"
    yield f"  accDescr: {_plain(picture.heading.facts)}"
    yield from _flow(sparing_flow(picture)) if isinstance(picture, Flow) else _table(sparing_table(picture))
    yield "  classDef own fill:#ffffff,stroke:#475569,color:#0f172a"
    yield "  classDef others fill:#ffffff,stroke:#475569,color:#0f172a,stroke-dasharray:6 3"


def _flow(flow: Flow) -> Iterator[str]:
    frames = [frame for column in flow.columns for frame in column]
    ids = {key: f"box{index}" for index, key in enumerate(flow.boxes)}
    for index, frame in enumerate(frames):
        yield f'  subgraph frame{index}["{_quoted(frame.title)}"]'
        for box in frame.boxes:
            yield _node(ids[box.key], box)
        if frame.counted:
            yield f'    counted{index}["{_quoted(_short(frame.counted))}"]:::own'
        yield "  end"
        yield f"  style frame{index} fill:{frame.fill},stroke:#94a3b8,color:#0f172a"
    for each in flow.arrows:
        yield _arrow(ids[each.source], ids[each.target], [each.label] if each.label else [])


def _table(table: Table) -> Iterator[str]:
    principals = {box.key: f"who{index}" for index, box in enumerate(table.principals)}
    scopes = {box.key: f"what{index}" for index, box in enumerate(table.scopes)}
    for id_, title, boxes, ids in (
        ("principals", "Who", table.principals, principals),
        ("scopes", "On what", table.scopes, scopes),
    ):
        yield f'  subgraph {id_}["{title}"]'
        for box in boxes:
            yield _node(ids[box.key], box)
        yield "  end"
        yield f"  style {id_} fill:#f1f5f9,stroke:#94a3b8,color:#0f172a"
    for (scope, principal), roles in sorted(table.roles.items()):
        yield _arrow(principals[principal], scopes[scope], roles)


def _node(id_: str, box: Box) -> str:
    lines = box.lines if len(box.lines) <= _MOST_LINES else (*box.lines[: _MOST_LINES - 1], "and more")
    rows = [f"<b>{_quoted(_short(box.words))}</b>", *(_quoted(_short(each)) for each in (box.name, *lines))]
    if box.protected:
        rows.append("protected")
    return f'    {id_}["{"<br/>".join(rows)}"]:::{"others" if box.outside else "own"}'


def _arrow(source: str, target: str, labels: "list[str] | tuple[str, ...]") -> str:
    if not labels:
        return f"  {source} --> {target}"
    return f'  {source} -->|"{"<br/>".join(map(_quoted, labels))}"| {target}'


def _short(text: str) -> str:
    return fitted(text, _ROOM, 10)


def _quoted(text: str) -> str:
    """The text in quotes: Mermaid's entity codes for what ends them, for markup and for Markdown."""
    printable = "".join(each if each.isprintable() else " " for each in text)
    return "".join(f"#{ord(each)};" if each in '#"&<>`*_[]{}|\\' else each for each in printable)


def _plain(text: str) -> str:
    """The text in a line of its own, which has no quotes."""
    return "".join(each if each.isprintable() and each not in "#;{}" else " " for each in text)
