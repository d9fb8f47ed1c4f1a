"""The judge of a rollout: both tests together keep the stated rate, and what the guard needs."""

import dataclasses

import numpy as np
import pytest
from scipy import stats

from azure_mlplatform.measure.rollout.baseline import Baseline
from azure_mlplatform.measure.rollout.evidence import Minute, Served
from azure_mlplatform.measure.rollout.judge import Judge
from azure_mlplatform.measure.rollout.plan import Plan

PLAN = Plan(old="blue", new="green")
BASELINE = Baseline(10_000, 3600, 0.01, 0.05, 120.0, 1.0, 1.0)


def minutes(rng, share, number, failed=(0.01, 0.01), slow=(0.05, 0.05)):
    """Minutes with so many requests each, of which new gets a share."""
    found = []
    for at in range(number):
        new = rng.binomial(600, share)
        served = {
            name: Served(requests, rng.binomial(requests, fails), rng.binomial(requests, slows))
            for name, requests, fails, slows in (
                ("green", new, failed[0], slow[0]),
                ("blue", 600 - new, failed[1], slow[1]),
            )
        }
        found.append(Minute(60.0 * at, served))
    return found


def test_both_tests_and_all_steps_together_keep_the_rate():
    rng = np.random.default_rng(11)
    runs, plan = 100, dataclasses.replace(PLAN, alpha=0.2)
    alarms = 0
    for _ in range(runs):
        judge, raised = Judge(plan, BASELINE), False
        for stage, share in enumerate((0.1, 0.25, 0.5)):
            for each in minutes(rng, share, 40):
                judge.observe(stage, [each])
                raised = raised or judge.alarm() is not None
        alarms += raised
    assert alarms <= stats.binom.ppf(0.999, runs, plan.alpha)
    assert plan.level == pytest.approx(2 / plan.alpha)


def test_minutes_at_once_or_one_by_one_are_the_same():
    found = minutes(np.random.default_rng(3), 0.25, 30, failed=(0.03, 0.01))
    one, many = Judge(PLAN, BASELINE), Judge(PLAN, BASELINE)
    one.observe(1, found)
    for each in found:
        many.observe(1, [each])
    assert one.e_values == pytest.approx(many.e_values)
    assert one.power(1) == many.power(1)
    assert one.power(0) == 0


def of(new, old=None):
    return [Minute(0, {"green": new} if old is None else {"green": new, "blue": old})]


@pytest.mark.parametrize(
    ("found", "fires"),
    [
        (of(Served(19, 19), Served(100)), False),
        (of(Served(20, 4), Served(100)), True),
        (of(Served(20, 3), Served(100)), False),
        (of(Served(100, 50), Served(100, 30)), False),
        (of(Served(100, 70), Served(100, 30)), True),
        (of(Served(100, 70)), True),
        ([], False),
    ],
)
def test_the_hard_guard_needs_requests_many_failures_and_an_old_version_that_is_well(found, fires):
    assert (Judge(PLAN, BASELINE).guarded(found) is not None) is fires


def test_alone_the_guard_also_sees_that_most_are_slow():
    judge = Judge(PLAN, BASELINE)
    found = of(Served(100, 1, 60))
    assert judge.guarded(found) is None
    assert "took longer than 120 ms" in (judge.guarded(found, alone=True) or "")
    assert Judge(PLAN, dataclasses.replace(BASELINE, burst_of_slow=10.0)).guarded(found, alone=True) is None


def test_without_durations_slowness_is_no_test():
    judge = Judge(PLAN, dataclasses.replace(BASELINE, slower_than=None))
    assert set(judge.tests) == {"failures"}
