"""Renders SVG as PNG, with resvg."""

from functools import cache

from .words import FONTS

_SCALE = 2
"""Pixels of the PNG for each of the SVG: sharp on a screen with many, and in a document."""


class DiagramError(Exception):
    """The diagram cannot be drawn. The message says what to do."""


def png(svg: str) -> bytes:
    """The SVG as a PNG, with the fonts of this machine. Raises DiagramError if resvg or every font is missing."""
    check()
    return rendered(svg, zoom=_SCALE)


def check() -> None:
    """Raises DiagramError if a PNG cannot be rendered here."""
    try:
        import resvg_py  # noqa: F401 - only whether it is there
    except ImportError:
        raise DiagramError("PNG needs resvg\n    Run: pip install 'azure-mlplatform[diagram]'") from None
    if not has_fonts():
        names = FONTS.replace("'", "")
        raise DiagramError(
            f"PNG needs a font, and this machine has none of {names}\n"
            "    Install one, such as the package fonts-dejavu-core of Debian, or write SVG"
        )


@cache
def has_fonts() -> bool:
    """Whether letters appear on this machine: resvg leaves out a text for which it finds no font."""
    blank, letters = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="20" height="20">{text}</svg>'
        for text in ("", f'<text y="15" font-family="{FONTS}">M</text>')
    )
    return rendered(blank) != rendered(letters)


def rendered(svg: str, *, zoom: int = 1) -> bytes:
    """The SVG as a PNG with `zoom` pixels for each of the SVG."""
    import resvg_py

    return bytes(resvg_py.svg_to_bytes(svg_string=svg, zoom=zoom))
