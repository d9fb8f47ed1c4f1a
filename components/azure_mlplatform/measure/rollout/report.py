"""What a rollout found, for people: lines for a terminal, Markdown for a release, and a picture."""

import datetime
from collections.abc import Iterator
from pathlib import Path

from ...foundation.markdown import escaped
from ..picture import SALT, save
from .baseline import Baseline, Needed, percent
from .evidence import Served
from .plan import Plan
from .run import Outcome

HUES = {"failures": "#b3261e", "slow requests": "#8a5a00"}
"""The colour of each test's line."""


def lines(plan: Plan, outcome: Outcome) -> Iterator[str]:
    """The outcome in some lines."""
    yield f"{outcome.answer.value}: {outcome.reason}"
    yield f"traffic: {_shares(outcome.shares)}"
    for stage, new, old in _stages(plan, outcome):
        yield (f"    {stage:<16}{plan.new}: {_served(new)}; {plan.old}: {_served(old)}")


def markdown(name: str, plan: Plan, outcome: Outcome, baseline: Baseline | None) -> str:
    """The outcome as Markdown."""
    rows = [
        f"## Rollout of `{escaped(plan.new)}` on `{escaped(name)}`: {outcome.answer.value}",
        "",
        escaped(outcome.reason),
        "",
        f"Traffic: {escaped(_shares(outcome.shares))}",
    ]
    stages = list(_stages(plan, outcome))
    if stages:
        rows += [
            "",
            f"| step | {escaped(plan.new)} | {escaped(plan.old)} |",
            "|---|---|---|",
            *(f"| {stage} | {_served(new)} | {_served(old)} |" for stage, new, old in stages),
        ]
    if outcome.judge is not None:
        values = ", ".join(f"{name} {value:.3g}" for name, value in outcome.judge.e_values.items())
        rows += [
            "",
            (
                f"e-values: {values}; the alarm is at {plan.level:.3g}. A version that is no worse is taken back "
                f"with a chance of {percent(plan.alpha)} at most, over all looks and steps."
            ),
        ]
    if baseline is not None:
        rows += ["", f"Before: {baseline.rate:.3g} requests a second, {percent(baseline.failed)} failed."]
    return "\n".join(rows) + "\n"


def _stages(plan: Plan, outcome: Outcome) -> Iterator[tuple[str, Served, Served]]:
    if outcome.judge is None:
        return
    for index, (new, old) in sorted(outcome.judge.seen.items()):
        yield str(plan.stages[index]), new, old


def _served(served: Served) -> str:
    return f"{served.failed:g} of {served.requests:g} failed, {served.slow:g} slow"


def _shares(shares: dict[str, int]) -> str:
    return ", ".join(f"{name} {share} %" for name, share in sorted(shares.items())) or "nothing takes traffic"


def needed_as_json(found: list[Needed]) -> list[dict[str, object]]:
    """The minimum exposure of each stage."""
    return [
        {
            "share": each.stage.share,
            "mirror": each.stage.mirror,
            "requests": each.requests,
            "seconds": None if each.seconds is None else round(each.seconds),
            "test": each.test,
        }
        for each in found
    ]


def draw(plan: Plan, outcome: Outcome, file: Path) -> None:
    """Writes a picture of the share and the e-values over time: PNG or SVG, as the file's name ends."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context({**SALT, "svg.fonttype": "none", "font.size": 9}):
        figure = Figure(figsize=(8, 4.5), layout="constrained")
        above, below = figure.subplots(2, 1, sharex=True, height_ratios=(1, 2))
        begin = outcome.written[0][0] if outcome.written else (outcome.looks[0].time if outcome.looks else 0.0)
        end = max([begin, *(each.time for each in outcome.looks), *(at for at, _ in outcome.written)])
        steps = [*outcome.written, (end, outcome.shares)]
        above.step(
            [(at - begin) / 60 for at, _ in steps],
            [each.get(plan.new, 0) for _, each in steps],
            where="post",
            color="#1f4e79",
        )
        above.set(ylabel=f"{plan.new}, %", ylim=(-5, 105), yticks=(0, 50, 100))
        for name in outcome.judge.tests if outcome.judge else ():
            below.plot(
                [(each.time - begin) / 60 for each in outcome.looks],
                [each.e_values[name] for each in outcome.looks],
                label=name,
                color=HUES[name],
            )
        below.axhline(plan.level, color="black", linestyle="--", linewidth=1, label=f"alarm at {plan.level:.3g}")
        below.set(yscale="log", xlabel="minutes", ylabel="e-value")
        below.legend(loc="best", frameon=False)
        figure.suptitle(f"{plan.old} → {plan.new}: {outcome.answer.value}")
        save(figure, file)


def time_of(seconds: float) -> str:
    """A time in UTC, as ISO 8601 writes it."""
    return datetime.datetime.fromtimestamp(seconds, datetime.UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
