"""Writes a sheet as SVG."""

from collections.abc import Iterator
from xml.sax.saxutils import escape, quoteattr

from .sheet import BOLD, SIZES, Border, Rectangle, Sheet, Style, Text, Wire
from .words import FONTS

INK = "#0f172a"
MUTED = "#475569"
_STROKES = {
    Border.STRIPE: "stroke:none",
    Border.FRAME: "stroke:#94a3b8",
    Border.SOLID: "stroke:#475569",
    Border.DASHED: "stroke:#475569;stroke-dasharray:6 3",
    Border.DOTTED: "stroke:#64748b;stroke-dasharray:1 3",
}
_WIRE = "#334155"


def svg(sheet: Sheet) -> str:
    """The sheet as an SVG document. The same sheet gives the same text."""
    return "\n".join([*_lines(sheet), ""])


def _lines(sheet: Sheet) -> Iterator[str]:
    size = f'width="{_n(sheet.width)}" height="{_n(sheet.height)}" viewBox="0 0 {_n(sheet.width)} {_n(sheet.height)}"'
    yield f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-labelledby="title description">'
    yield f'<title id="title">{_text(sheet.title)}</title>'
    yield f'<desc id="description">{_text(sheet.description)}</desc>'
    yield f"<style>{_style()}</style>"
    yield f'<rect width="{_n(sheet.width)}" height="{_n(sheet.height)}" fill="#ffffff"/>'
    yield from map(_rectangle, sheet.rectangles)
    for each in sheet.wires:
        yield from _wire(each)
    yield from map(_written, sheet.texts)
    yield "</svg>"


def _style() -> str:
    rules = [f"text{{font-family:{FONTS};fill:{INK}}}", f".muted{{fill:{MUTED}}}"]
    rules += [
        f".t-{style}{{font-size:{_n(size)}px{';font-weight:bold' if style in BOLD else ''}}}"
        for style, size in SIZES.items()
    ]
    rules += [f".{border}{{{stroke}}}" for border, stroke in _STROKES.items()]
    return "".join([*rules, f".wire{{fill:none;stroke:{_WIRE};stroke-width:1.2}}"])


def _rectangle(each: Rectangle) -> str:
    place = f'x="{_n(each.x)}" y="{_n(each.y)}" width="{_n(each.width)}" height="{_n(each.height)}"'
    shape = f'<rect class="{each.border}" {place} rx="5" fill={quoteattr(each.fill)}'
    return f"{shape}><title>{_text(each.tip)}</title></rect>" if each.tip else f"{shape}/>"


def _wire(each: Wire) -> Iterator[str]:
    points = " ".join(f"{_n(x)},{_n(y)}" for x, y in each.points)
    (x0, _), (x, y) = each.points[-2:]
    back = -6 if x > x0 else 6
    yield f'<polyline class="wire" points="{points}"><title>{_text(each.tip)}</title></polyline>'
    yield f'<path d="M{_n(x)},{_n(y)} l{back},-3.5 v7 z" fill="{_WIRE}"/>'


def _written(each: Text) -> str:
    classes = f"t-{each.style} muted" if each.muted or each.style in (Style.FACTS, Style.LABEL) else f"t-{each.style}"
    anchor = ' text-anchor="end"' if each.right else ""
    return f'<text class="{classes}" x="{_n(each.x)}" y="{_n(each.y)}"{anchor}>{_text(each.text)}</text>'


def _n(number: float) -> str:
    """A number in few digits."""
    return f"{round(number, 1):g}"


def _text(text: str) -> str:
    """The text without what XML cannot hold."""
    return escape("".join(each for each in text if _is_xml(ord(each))))


def _is_xml(code: int) -> bool:
    """Whether XML can hold a character: no control characters, and no half of a pair."""
    return code in (0x9, 0xA) or 0x20 <= code < 0xD800 or 0xE000 <= code < 0xFFFE or code > 0xFFFF
