"""Writes the pictures of measurements."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FORMATS = (".png", ".svg")

SALT: dict[Any, Any] = {"svg.hashsalt": "azure-mlplatform"}
"""A setting of matplotlib. The ids in an SVG are random without it: two equal pictures would differ."""


def save(figure: "Figure", file: Path, *, dpi: int = 120) -> None:
    """Writes a figure as PNG or SVG, by the ending of the file, without the time and the program that made it."""
    metadata = {"Date": None} if file.suffix.lower() == ".svg" else {"Software": None}
    figure.savefig(file, format=file.suffix.lower().removeprefix("."), dpi=dpi, metadata=metadata)
