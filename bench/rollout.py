"""Simulates rollouts: how often a good version is taken back, and how soon a bad one is: `make bench-rollout`.

Seeded, and without a server: callers send 10 requests a second, 1 % of the old version's fail, and somebody looks every
minute. Prints the tables of docs/measure.md. ROLLOUT_RUNS names another number of runs.
"""

import os
import statistics

import numpy as np
from scipy.stats import binomtest

from azure_mlplatform.measure.rollout.plan import Plan
from azure_mlplatform.measure.statistics.exposure import effect_of, minimum_exposure
from azure_mlplatform.measure.statistics.sequential import SequentialTest

RUNS = int(os.environ.get("ROLLOUT_RUNS", "400"))
A_MINUTE = 600
OLD = 0.01
SLOW = 0.05
HOURS_A_STEP = 4
PLAN = Plan(old="old", new="new")
SHARES = [each.share / 100 for each in PLAN.stages]


def minute(rng: np.random.Generator, share: float, chances: tuple[float, float]) -> tuple[int, int, int, int]:
    """Requests and failures of new, and of old."""
    total = rng.poisson(A_MINUTE)
    new = rng.binomial(total, share)
    return new, rng.binomial(new, chances[0]), total - new, rng.binomial(total - new, chances[1])


def false_alarms(seed: int) -> int:
    """Of all runs, those in which one of both tests takes a version back that is as good as the old one."""
    rng, found = np.random.default_rng(seed), 0
    for _ in range(RUNS):
        tests = [(SequentialTest(len(SHARES)), OLD), (SequentialTest(len(SHARES)), SLOW)]
        found += any(
            alarm(rng, tests, step, share) for step, share in enumerate(SHARES) for _ in range(60 * HOURS_A_STEP)
        )
    return found


def alarm(rng: np.random.Generator, tests: list[tuple[SequentialTest, float]], step: int, share: float) -> bool:
    """One minute of both tests, and whether one of them raises the alarm."""
    raised = False
    for test, chance in tests:
        new, bad, old, of_old = minute(rng, share, (chance, chance))
        test.observe(step=step, new=bad, old=of_old, share=new / (new + old))
        raised = raised or test.e_value >= PLAN.level
    return raised


def delays(seed: int, step: int, ratio: float) -> list[float]:
    """The minutes at the alarm, of each run; infinity if there is none within three days."""
    rng, found = np.random.default_rng(seed), []
    for _ in range(RUNS):
        test, at = SequentialTest(len(SHARES)), float("inf")
        for number in range(1, 3 * 24 * 60):
            new, bad, old, of_old = minute(rng, SHARES[step], (OLD * ratio, OLD))
            test.observe(step=step, new=bad, old=of_old, share=new / (new + old))
            if test.e_value >= PLAN.level:
                at = number
                break
        found.append(at)
    return found


def main() -> None:
    """Prints the tables."""
    found = false_alarms(20261128)
    most = binomtest(found, RUNS).proportion_ci(0.95).high
    print(f"false alarms: {found} of {RUNS} rollouts (at most {most:.3f} with 95 %), stated {PLAN.alpha:g}")
    print("| new fails | at 10 % | at 25 % | at 50 % |\n|---|---|---|---|")
    for ratio in (1.5, 2.0, 4.0, 10.0):
        cells = []
        for step, share in enumerate(SHARES):
            minutes = delays(7, step, ratio)
            effect = effect_of(OLD, ratio=ratio, floor=0.0, level=PLAN.level * len(SHARES))
            least = minimum_exposure(effect, share, wanted=PLAN.power)
            wanted = f"; {least / A_MINUTE:,.0f}" if least else ""
            cells.append(f"{statistics.median(minutes):,.0f}, {np.quantile(minutes, 0.9):,.0f}{wanted}")
        print(f"| {ratio:g} times as often | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
