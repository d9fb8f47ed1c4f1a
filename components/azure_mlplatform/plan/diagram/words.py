"""Texts of a picture: words, numbers and names in the room that they have."""

from collections.abc import Iterable

ELLIPSIS = "…"

FONTS = "Helvetica, Arial, 'Liberation Sans', 'DejaVu Sans', sans-serif"
"""The fonts that a picture asks for. The first that is there is used; no machine has all."""

# The advance widths of the printable ASCII characters from the space on, in hundredths of the font's size, rounded up:
# DejaVu Sans 2.37 (its hmtx table, read 2026-11-28), the widest of FONTS. A text fits in any of them.
_FIRST = 32
_WIDTHS = (
    *(32, 41, 46, 84, 64, 96, 78, 28, 40, 40, 50, 84, 32, 37, 32, 34, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 34, 34),
    *(84, 84, 84, 54, 100, 69, 69, 70, 78, 64, 58, 78, 76, 30, 30, 66, 56, 87, 75, 79, 61, 79, 70, 64, 62, 74, 69, 99),
    *(69, 62, 69, 40, 34, 40, 84, 50, 50, 62, 64, 55, 64, 62, 36, 64, 64, 28, 28, 58, 28, 98, 64, 62, 64, 64, 42, 53),
    *(40, 64, 60, 82, 60, 60, 53, 64, 34, 64, 84),
)
_BOLD = (
    *(35, 46, 53, 84, 70, 101, 88, 31, 46, 46, 53, 84, 38, 42, 38, 37, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 40, 40),
    *(84, 84, 84, 59, 100, 78, 77, 74, 84, 69, 69, 83, 84, 38, 38, 78, 64, 100, 84, 86, 74, 86, 78, 73, 69, 82),
    *(78, 111),
    *(78, 73, 73, 46, 37, 46, 84, 50, 50, 68, 72, 60, 72, 68, 44, 72, 72, 35, 35, 67, 35, 105, 72, 69, 72, 72, 50, 60),
    *(48, 72, 66, 93, 65, 66, 59, 72, 37, 72, 84),
)
_OTHER = 160
"""Any other character: as wide as the widest Latin one of DejaVu Sans Bold."""
_OWN = {ELLIPSIS: 100, "·": 38}


def width(text: str, size: float, *, bold: bool = False) -> float:
    """The room that a text needs in the widest of FONTS, in the unit of `size`."""
    table = _BOLD if bold else _WIDTHS
    return sum(_advance(each, table) for each in text) * size / 100


def _advance(character: str, table: tuple[int, ...]) -> int:
    index = ord(character) - _FIRST
    return table[index] if 0 <= index < len(table) else _OWN.get(character, _OTHER)


def fitted(text: str, room: float, size: float, *, bold: bool = False) -> str:
    """The text, or its beginning and its end around an ellipsis if it is wider than `room`."""
    if width(text, size, bold=bold) <= room:
        return text
    least = size * min(_WIDTHS) / 100
    for kept in range(min(len(text) - 1, int(room / least)), 0, -1):
        shorter = text[: (kept + 1) // 2].rstrip() + ELLIPSIS + text[len(text) - kept // 2 :].lstrip()
        if width(shorter, size, bold=bold) <= room:
            return shorter
    return ELLIPSIS


def wrapped(text: str, room: float, size: float, *, rows: int) -> list[str]:
    """The text in at most `rows` rows. Breaks at spaces, then after `-`, `/`, `.`, `:`; the last row is shortened."""
    lines = [""]
    for piece in _pieces(text):
        if lines[-1] and len(lines) < rows and width((lines[-1] + piece).rstrip(), size) > room:
            lines.append("")
        lines[-1] += piece if lines[-1] else piece.lstrip()
    return [fitted(each.strip(), room, size) for each in lines]


def _pieces(text: str) -> Iterable[str]:
    """The text in pieces, after each of which a row may end."""
    piece = ""
    for each in text:
        piece += each
        if each in " -/.:":
            yield piece
            piece = ""
    if piece:
        yield piece
