"""The picture of a stress test: what each rate gave, and what happened over time."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..picture import SALT, save
from .steps import Step
from .stress_test import Result, of_run

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_BLUE, _ORANGE, _RED, _GREY, _GREEN, _LIGHT = "#0063b1", "#d97706", "#b91c1c", "#6b7280", "#15803d", "#7aa7d6"

_PAUSE = 0.5
"""Seconds between two steps that are drawn as a gap."""

_STYLE: Any = {
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#e5e7eb",
    "axes.titlesize": 10,
    "axes.titlelocation": "left",
    "legend.frameon": False,
    **SALT,
}


def plot(result: Result, title: str, file: Path) -> None:
    """Writes the picture as PNG or SVG, by the suffix. Raises OSError if the file cannot be written."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context(_STYLE):
        count = 4 if result.readings else 3
        figure = Figure(figsize=(10, 2.25 * count), layout="constrained")
        axes: list[Axes] = [figure.add_subplot(count, 1, number + 1) for number in range(count)]
        _throughput(axes[0], result)
        _response(axes[1], result)
        _over_time(axes[2], result)
        if result.readings:
            _instances(axes[3], result, axes[2])
        figure.suptitle(title, x=0.01, ha="left", fontsize=11)
        save(figure, file)


def _shown(result: Result) -> list[Step]:
    """The steps of the first ramp that are evidence, at the instances of the knee."""
    only = result.knee and result.knee.instances
    steps = [each for each in of_run(result.steps) if each.counts]
    return [each for each in steps if only is None or each.instances in (None, only)]


def _throughput(axes: "Axes", result: Result) -> None:
    steps = _shown(result)
    offered = [each.offered for each in steps]
    axes.plot(offered, offered, color=_GREY, linestyle="--", linewidth=1, label="offered")
    axes.plot(offered, [each.achieved for each in steps], color=_BLUE, marker="o", markersize=4, label="answered well")
    instances = result.knee and result.knee.instances
    axes.set_title("Throughput over the offered rate" + (f" (instances: {instances})" if instances else ""))
    axes.set_ylabel("requests a second")
    axes.set_ylim(bottom=0)
    _knee_line(axes, result)
    if any(each.errors for each in steps):
        share = axes.twinx()
        share.plot(offered, [100 * each.errors for each in steps], color=_RED, linewidth=1, label="errors (right)")
        share.set_ylabel("errors, %")
        share.set_ylim(0, 105)
        share.grid(visible=False)
        share.spines["right"].set_visible(True)
        lines = [*axes.get_lines(), *share.get_lines()]
        axes.legend(lines, [str(each.get_label()) for each in lines], loc="upper left")
    else:
        axes.legend(loc="upper left")


def _response(axes: "Axes", result: Result) -> None:
    steps = _shown(result)
    for name, color in (("p50", _LIGHT), ("p95", _BLUE), ("p99", _ORANGE)):
        shown = [(each.offered, 1000 * value) for each in steps if math.isfinite(value := getattr(each, name))]
        if shown:
            axes.plot(*zip(*shown, strict=True), color=color, marker="o", markersize=3, label=name)
    if math.isfinite(result.bound):
        text = f"bound of p{result.plan.target.percentile:g}"
        axes.axhline(1000 * result.bound, color=_RED, linewidth=1, linestyle=":", label=text)
    axes.set_yscale("log")
    axes.set_title("Response times from the intended time; no point: so many requests failed")
    axes.set_ylabel("ms")
    axes.set_xlabel("offered, requests a second")
    _knee_line(axes, result)
    axes.legend(loc="upper left")


def _knee_line(axes: "Axes", result: Result) -> None:
    if (capacity := result.capacity) is not None:
        axes.axvline(capacity, color=_GREEN, linewidth=1.2, label=f"knee: {capacity:.0f} a second")
    if result.interval:
        axes.axvspan(result.interval.low, result.interval.high, color=_GREEN, alpha=0.12, linewidth=0)


def _over_time(axes: "Axes", result: Result) -> None:
    steps = sorted(result.steps, key=lambda each: each.start)
    _stairs(axes, steps, [each.offered for each in steps], color=_GREY, label="offered")
    _stairs(axes, steps, [each.achieved for each in steps], color=_BLUE, label="answered well")
    axes.set_title("The whole test over time")
    axes.set_ylabel("requests a second")
    axes.set_ylim(bottom=0)
    waits = axes.twinx()
    percentile = result.plan.target.percentile
    values = [1000 * each.response if math.isfinite(each.response) else math.nan for each in steps]
    _stairs(waits, steps, values, color=_ORANGE, label=f"p{percentile:g} (right)")
    waits.set_yscale("log")
    waits.set_ylabel("ms")
    waits.grid(visible=False)
    waits.spines["right"].set_visible(True)
    lines = [*axes.get_lines(), *waits.get_lines()]
    axes.legend(lines, [str(each.get_label()) for each in lines], loc="upper left")
    axes.set_xlabel("" if result.readings else "seconds since the start")
    for found, text in ((result.calm, "calm"), (result.scaling, "load step"), (result.recovery, "load goes")):
        if found is not None:
            axes.axvline(found.at, color=_GREY, linewidth=0.8, linestyle=":")
            place = {"va": "top", "xytext": (3, 0), "textcoords": "offset points"}
            axes.annotate(text, (found.at, axes.get_ylim()[1]), color=_GREY, **place)


def _stairs(axes: "Axes", steps: Sequence[Step], values: Sequence[float], *, color: str, label: str) -> None:
    times: list[float] = []
    shown: list[float] = []
    for each, value in zip(steps, values, strict=True):
        if times and each.start > times[-1] + _PAUSE:
            times.append(math.nan)
            shown.append(math.nan)
        times += [each.start, each.start + each.seconds]
        shown += [value, value]
    axes.plot(times, shown, color=color, linewidth=1.2, label=label)


def _instances(axes: "Axes", result: Result, beside: "Axes") -> None:
    from matplotlib.ticker import MaxNLocator

    axes.sharex(beside)
    axes.set_xlabel("seconds since the start")
    axes.set_title("Instances, as Azure tells them")
    counts = [each.instances for each in result.readings]
    axes.step([each.at for each in result.readings], counts, where="post", color=_GREEN)
    axes.set_ylim(0, max(counts) + 1)
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))
