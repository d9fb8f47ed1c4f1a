"""The sequential test: a false alarm is as rare as stated although somebody looks at every request, and it is the
exact beta-binomial. Simulations have a seed; each asserts with what its number of runs leaves open."""

import math

import numpy as np
import pytest
from scipy import integrate, stats

from azure_mlplatform.measure.statistics import sequential
from azure_mlplatform.measure.statistics.sequential import SequentialTest, alarm_level, bets, dispersion, log_factors

RUNS = 400


def peeked(rng, *, old, new, shares, requests, tolerated=1.0, level):
    """The number of requests at the first alarm, or None, if somebody looks after each request of all steps."""
    test = SequentialTest(len(shares), tolerated)
    for step, share in enumerate(shares):
        to_new = rng.random(requests) < share
        failed = np.flatnonzero(rng.random(requests) < np.where(to_new, new, old))
        for at in failed:
            # Without a failure the wealth stays as it is: a look at each failure is one at each request.
            test.observe(step=step, new=float(to_new[at]), old=float(not to_new[at]), share=share)
            if test.e_value >= level:
                return step * requests + int(at) + 1
    return None


@pytest.mark.parametrize(
    ("old", "new", "tolerated"), [(0.02, 0.02, 1.0), (0.2, 0.2, 1.0), (0.05, 0.1, 2.0), (0.05, 0.02, 1.0)]
)
def test_false_alarms_are_as_rare_as_stated_over_all_looks_and_steps(old, new, tolerated):
    rng = np.random.default_rng(20261128)
    alpha = 0.1
    alarms = sum(
        peeked(rng, old=old, new=new, shares=(0.1, 0.25, 0.5), requests=2500, tolerated=tolerated, level=1 / alpha)
        is not None
        for _ in range(RUNS)
    )
    # The chance to see more than this, if the rate were the stated one, is one in a thousand.
    assert alarms <= stats.binom.ppf(0.999, RUNS, alpha)


def test_the_same_looks_at_a_plain_test_are_wrong_far_more_often():
    """What the sequential test is for: a binomial test at 5 %, looked at after each failure."""
    rng = np.random.default_rng(1)
    alarms = 0
    for _ in range(100):
        new = np.cumsum(rng.random(2000) < 0.25)
        at = np.arange(1, 2001)
        alarms += bool((stats.binom.sf(new - 1, at, 0.25)[20:] < 0.05).any())
    assert alarms > 25


def test_a_version_that_fails_twice_as_often_is_found():
    rng = np.random.default_rng(7)
    found = [peeked(rng, old=0.02, new=0.04, shares=(0.25,), requests=30_000, level=40) for _ in range(60)]
    assert sum(each is not None for each in found) >= 57


def test_what_one_step_hides_the_next_one_shows():
    """A version that is better at first and worse under load: the wealth lost at first does not hide it."""
    level = alarm_level(0.05, 2)
    test = SequentialTest(2)
    test.observe(step=0, new=5, old=300, share=0.1)
    assert test.e_value < 1
    test.observe(step=1, new=90, old=30, share=0.5)
    assert test.e_value > level
    one = SequentialTest(1)
    one.observe(step=0, new=5, old=300, share=0.1)
    one.observe(step=0, new=90, old=30, share=0.5)
    assert one.e_value < level


@pytest.mark.parametrize(
    ("new", "old", "share"), [(0, 0, 0.1), (3, 5, 0.1), (12, 70, 0.1), (40, 40, 0.5), (1, 90, 0.3)]
)
def test_it_is_the_exact_beta_binomial(new, old, share, monkeypatch):
    """With bets on the chance q of a failed request to be one of new, spread as a Beta law above the share, the wealth
    is the ratio of the truncated beta-binomial to the binomial: here by scipy, without a bet of ours."""
    a, b = 2.0, 5.0
    edges = np.linspace(share, 1.0, 20_001)
    q = (edges[1:] + edges[:-1]) / 2
    weights = np.diff(stats.beta.cdf(edges, a, b))
    q, weights = q[weights > 0], weights[weights > 0]
    ratios = q * (1 - share) / (share * (1 - q))
    monkeypatch.setattr(sequential, "bets", lambda: (ratios, np.log(weights / weights.sum())))
    test = SequentialTest(1)
    test.observe(step=0, new=new, old=old, share=share)
    above = stats.beta.sf(share, a + new, b + old) / stats.beta.sf(share, a, b)
    expected = stats.betabinom.pmf(new, new + old, a, b) * above / stats.binom.pmf(new, new + old, share)
    assert test.e_value == pytest.approx(expected, rel=1e-4)


def test_its_wealth_is_that_of_bets_spread_evenly_in_the_logarithm():
    """The 48 bets against the integral that they stand for."""
    test = SequentialTest(1)
    test.observe(step=0, new=14, old=60, share=0.1)

    def at(log_ratio):
        ratio = math.exp(log_ratio)
        q = ratio * 0.1 / (ratio * 0.1 + 0.9)
        return stats.binom.pmf(14, 74, q) / stats.binom.pmf(14, 74, 0.1)

    low, high = math.log(sequential.LEAST_RATIO), math.log(sequential.MOST_RATIO)
    expected = integrate.quad(at, low, high)[0] / (high - low)
    assert test.e_value == pytest.approx(expected, rel=0.1)


@pytest.mark.parametrize("tolerated", [1.0, 1.5, 3.0])
@pytest.mark.parametrize("share", [0.01, 0.5, 0.9])
@pytest.mark.parametrize("p", [0.001, 0.1, 0.3])
def test_no_request_is_expected_to_raise_the_wealth(tolerated, share, p):
    """The property that the rate rests on, for each bet: exactly, without a simulation."""
    of_new, of_old = log_factors(bets()[0], share, tolerated)
    for ratio in (0.2, 0.7, 1.0):
        new = p * tolerated * ratio
        expected = 1 + share * new * np.expm1(of_new) + (1 - share) * p * np.expm1(of_old)
        assert (expected <= 1 + 1e-12).all()


def test_minutes_without_a_request_to_one_of_both_say_nothing():
    test = SequentialTest(1)
    for share in (0.0, 1.0):
        test.observe(step=0, new=50, old=0, share=share)
    assert test.e_value == pytest.approx(1)


def test_failures_that_come_together_count_once():
    rng = np.random.default_rng(5)
    alarms = {True: 0, False: 0}
    for _ in range(200):
        minutes = [(600, 10 * rng.poisson(1.2)) for _ in range(120)]
        burst = dispersion(minutes)
        assert 5 < burst < 18
        for counted in alarms:
            test = SequentialTest(1, burst=burst if counted else 1.0)
            worst = 0.0
            for _ in range(120):
                # Each burst of ten hits one of the versions: new with its share.
                test.observe(step=0, new=10 * rng.poisson(0.3), old=10 * rng.poisson(0.9), share=0.25)
                worst = max(worst, test.e_value)
            alarms[counted] += worst >= 20
    assert alarms[True] <= stats.binom.ppf(0.999, 200, 0.05)
    assert alarms[False] > 60


def test_independent_failures_are_no_bursts():
    rng = np.random.default_rng(5)
    assert dispersion([(600, rng.binomial(600, 0.02)) for _ in range(500)]) < 1.2
    assert dispersion([(600, 0)] * 50) == 1
    assert dispersion([(600, 30)] * 9) == 1
    assert dispersion([]) == 1
