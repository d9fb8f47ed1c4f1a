"""Draws a view of a plan in a format."""

from collections.abc import Callable, Sequence

from ..resource import Plan
from .flow_layout import flow_sheets
from .identity import identity
from .mermaid import markdown, mermaid
from .network import network
from .overview import overview
from .picture import Flow, Picture, Table, View
from .png import png
from .sheet import Sheet
from .svg import svg
from .table_layout import table_sheets

_VIEWS: dict[View, Callable[[Plan], Picture]] = {
    View.OVERVIEW: overview,
    View.NETWORK: network,
    View.IDENTITY: identity,
}
FORMATS = (".svg", ".png", ".mmd", ".md")
"""The endings of files that can be drawn: SVG, PNG, Mermaid, and Mermaid in Markdown."""


def picture(plan: Plan, view: View) -> Picture:
    """The content of a view of a plan."""
    return _VIEWS[view](plan)


def sheet(plan: Plan, view: View, among: Sequence[Plan] = ()) -> Sheet:
    """A view of a plan with all places. The same thing has the same place in the plans of `among`: the environments of
    the plan's project. Default: the plan alone."""
    plans = sorted({each.stack: each for each in (*among, plan)}.values(), key=lambda each: each.stack)
    pictures = [picture(each, view) for each in plans]
    flows = [each for each in pictures if isinstance(each, Flow)]
    tables = [each for each in pictures if isinstance(each, Table)]
    sheets = flow_sheets(flows) if flows else table_sheets(tables)
    return sheets[[each.stack for each in plans].index(plan.stack)]


def drawn(plan: Plan, view: View, ending: str, among: Sequence[Plan] = ()) -> bytes:
    """A view of a plan as a file's content, by the file's ending. Raises DiagramError if PNG lacks something."""
    match ending:
        case ".mmd":
            return mermaid(picture(plan, view)).encode()
        case ".md":
            return markdown(picture(plan, view)).encode()
        case ".png":
            return png(svg(sheet(plan, view, among)))
    return svg(sheet(plan, view, among)).encode()
