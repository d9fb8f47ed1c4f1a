"""Schedules are fixed, in order, within their time, and have the rate that they say."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from azure_mlplatform.foundation.problems import ProblemsError
from azure_mlplatform.measure.load.schedule import constant, joined, poisson, ramp

RATES = st.floats(0.01, 2000)
SECONDS = st.floats(0.01, 60)
SEEDS = st.integers(0, 2**32)


def is_schedule(schedule):
    assert (np.diff(schedule.times) >= 0).all()
    assert ((schedule.times >= 0) & (schedule.times < schedule.seconds)).all()


@given(rate=RATES, seconds=SECONDS)
def test_a_constant_rate_has_equal_gaps(rate, seconds):
    schedule = constant(rate, seconds)
    is_schedule(schedule)
    assert abs(len(schedule.times) - rate * seconds) <= 1
    np.testing.assert_allclose(np.diff(schedule.times), 1 / rate, rtol=1e-6)


@given(rate=RATES, seconds=SECONDS, seed=SEEDS)
def test_a_poisson_schedule_has_its_rate_and_is_the_same_each_time(rate, seconds, seed):
    schedule = poisson(rate, seconds, seed=seed)
    is_schedule(schedule)
    count = rate * seconds
    assert abs(len(schedule.times) - count) <= 8 * np.sqrt(count) + 12
    assert np.array_equal(schedule.times, poisson(rate, seconds, seed=seed).times)


def test_gaps_of_a_poisson_schedule_are_exponential():
    gaps = np.diff(poisson(100, 1000, seed=5).times)
    assert gaps.mean() == pytest.approx(0.01, rel=0.02)
    assert gaps.std() == pytest.approx(0.01, rel=0.02)
    assert (gaps > 0.02).mean() == pytest.approx(np.exp(-2), rel=0.05)
    # Gaps know nothing of the gap before.
    assert abs(np.corrcoef(gaps[:-1], gaps[1:])[0, 1]) < 0.02


def test_another_seed_gives_other_times():
    assert not np.array_equal(poisson(100, 1, seed=1).times[:50], poisson(100, 1, seed=2).times[:50])


@given(start=st.floats(0, 2000), end=st.floats(0.01, 2000), seconds=SECONDS, seed=st.none() | SEEDS, down=st.booleans())
def test_a_ramp_reaches_each_rate_when_it_is_due(start, end, seconds, seed, down):
    start, end = (end, start) if down else (start, end)
    schedule = ramp(start, end, seconds, seed=seed)
    is_schedule(schedule)
    for share in (0.25, 0.5, 1.0):
        time = share * seconds
        expected = start * time + (end - start) * time**2 / (2 * seconds)
        noise = 2 if seed is None else 8 * np.sqrt(expected) + 14
        assert abs((schedule.times < time).sum() - expected) <= noise


def test_a_ramp_between_equal_rates_is_constant():
    assert ramp(50, 50, 2).times == pytest.approx(constant(50, 2).times)


def test_parts_follow_each_other():
    schedule = joined(constant(10, 1), constant(20, 0.5), ramp(0, 10, 2))
    assert schedule.seconds == 3.5
    assert schedule.times[:10] == pytest.approx(np.arange(10) / 10)
    assert schedule.times[10:20] == pytest.approx(1 + np.arange(10) / 20)
    assert schedule.description == (
        "constant, 10 requests a second, 1 s, then constant, 20 requests a second, 0.5 s,"
        " then ramp from 0 to 10 requests a second, 2 s, regular"
    )


@pytest.mark.parametrize(
    ("build", "paths"),
    [
        (lambda: constant(0, 10), [("rate",)]),
        (lambda: constant(-1, 0), [("rate",), ("seconds",)]),
        (lambda: poisson(float("nan"), float("inf"), seed=1), [("rate",), ("seconds",)]),
        (lambda: constant(1e6, 1e6), [("seconds",)]),
        (lambda: ramp(-1, float("inf"), -1), [("start",), ("end",), ("seconds",)]),
        (lambda: ramp(0, 0, 10), [("end",)]),
        (joined, [()]),
    ],
)
def test_all_that_is_wrong_is_said(build, paths):
    with pytest.raises(ProblemsError) as error:
        build()
    assert [each.path for each in error.value.problems] == paths
