"""Draws the response times of candidates over the rate, with their intervals and the bound."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..picture import SALT, save
from .at_rate import AtRate, Verdict

if TYPE_CHECKING:
    from .candidates import Target
    from .search import Found

_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#000000", "#999999")
"""Okabe and Ito's, which most people can tell apart whatever their sight; each has a marker of its own, too."""

_MARKERS = "osD^vP*X"


def plot(found: "Sequence[Found]", target: "Target", winner: str, file: Path) -> None:
    """Draws into a PNG or SVG file, by its ending. Needs no display."""
    from matplotlib import rc_context
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.ticker import FuncFormatter

    with rc_context({**SALT, "font.size": 10, "svg.fonttype": "path"}):
        figure = Figure(figsize=(10, 5.5), layout="constrained")
        FigureCanvasAgg(figure)
        axes = figure.add_subplot()
        measured = [each for each in found if any(_shown(at) or _unanswered(at) for at in each.rates.values())]
        for number, each in enumerate(measured):
            rates = [at for _, at in sorted(each.rates.items()) if _shown(at)]
            values = [at.response.value * 1000 for at in rates]
            below = [(at.response.value - at.response.low) * 1000 for at in rates]
            above = [(at.response.high - at.response.value) * 1000 for at in rates]
            name = each.entrant.name
            axes.errorbar(
                [at.rate for at in rates],
                values,
                yerr=[[_bar(value) for value in below], [_bar(value) for value in above]],
                label=f"{name} (recommended)" if name == winner else name,
                color=_COLOURS[number % len(_COLOURS)],
                marker=_MARKERS[number % len(_MARKERS)],
                linewidth=2.2 if name == winner else 1.2,
                markersize=5,
                capsize=3,
            )
            not_met = [at for at in rates if at.verdict is not Verdict.MEETS]
            axes.plot(
                [at.rate for at in not_met],
                [at.response.value * 1000 for at in not_met],
                linestyle="none",
                marker=_MARKERS[number % len(_MARKERS)],
                markersize=5,
                markerfacecolor="white",
                markeredgecolor=_COLOURS[number % len(_COLOURS)],
                zorder=5,
            )
            axes.plot(
                lost := [at.rate for _, at in sorted(each.rates.items()) if _unanswered(at)],
                [0.97] * len(lost),
                transform=axes.get_xaxis_transform(),
                linestyle="none",
                marker="x",
                color=_COLOURS[number % len(_COLOURS)],
            )
        axes.axhline(target.bound_ms, color="#444444", linestyle="--", linewidth=1.2, label="bound")
        axes.axvline(target.expected_rate, color="#888888", linestyle=":", linewidth=1.2, label="expected rate")
        axes.axvline(target.peak_rate, color="#888888", linestyle="-.", linewidth=1.2, label="peak rate")
        highest = max((value for each in measured for value in _values(each)), default=0.0)
        if highest > 5 * target.bound_ms:
            axes.set_yscale("log")
        else:
            axes.set_ylim(bottom=0)
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}"))
        axes.set_xlim(left=0)
        axes.set_xlabel("scorings a second")
        axes.set_ylabel(f"p{target.percentile:g} of response times, ms")
        axes.set_title(f"Response times with 95 % intervals; at most {target.bound_ms:g} ms wanted")
        axes.grid(visible=True, which="major", color="#dddddd", linewidth=0.6)
        axes.plot([], [], "o", color="#444444", markerfacecolor="white", label="target not (clearly) met")
        axes.plot([], [], "x", color="#444444", label="too many without an answer")
        figure.legend(loc="outside right upper", frameon=False)
        save(figure, file, dpi=130)


def _values(found: "Found") -> list[float]:
    return [at.response.value * 1000 for at in found.rates.values() if _shown(at)]


def _shown(at: AtRate) -> bool:
    """Whether there is something to draw: a rate at which the generator was late shows nothing of the candidate."""
    response, verdict = at.response, at.verdict
    return verdict is not Verdict.LATE and response.n > 0 and math.isfinite(response.value)


def _unanswered(at: AtRate) -> bool:
    """Whether so many requests had no answer that the percentile is infinite."""
    return at.verdict is not Verdict.LATE and at.response.n > 0 and math.isinf(at.response.value)


def _bar(value: float) -> float:
    return value if math.isfinite(value) and value > 0 else 0.0
