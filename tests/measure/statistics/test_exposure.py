"""The power of a step, and the traffic that it needs: judged by simulation."""

import numpy as np
import pytest

from azure_mlplatform.measure.statistics.exposure import Effect, effect_of, minimum_exposure, power
from azure_mlplatform.measure.statistics.sequential import SequentialTest


def simulated(effect, share, requests, runs=300):
    """How often the alarm is raised, if somebody looks once, at the end."""
    rng = np.random.default_rng(3)
    alarms = 0
    for _ in range(runs):
        test = SequentialTest(1, effect.tolerated)
        new = rng.binomial(round(requests * share), effect.new)
        old = rng.binomial(round(requests * (1 - share)), effect.old)
        test.observe(step=0, new=new, old=old, share=share)
        alarms += test.e_value >= effect.level
    return alarms / runs


@pytest.mark.parametrize(
    ("effect", "share"),
    [
        (Effect(0.01, 0.02, 40), 0.1),
        (Effect(0.05, 0.1, 120), 0.5),
        (Effect(0.0, 0.005, 40), 0.25),
        (Effect(0.02, 0.06, 40, tolerated=1.5), 0.25),
    ],
)
def test_the_minimum_exposure_has_the_power_that_it_states(effect, share):
    least = minimum_exposure(effect, share, wanted=0.9)
    assert least is not None
    assert simulated(effect, share, least) == pytest.approx(0.9, abs=0.06)
    assert simulated(effect, share, least // 2) < 0.75


def test_more_traffic_more_power_and_a_larger_share_needs_less():
    effect = Effect(0.01, 0.02, 40)
    powers = [power(effect, each * 0.1, each * 0.9) for each in (100, 1000, 10_000, 100_000)]
    assert powers == sorted(powers)
    least = [minimum_exposure(effect, share, wanted=0.9) for share in (0.01, 0.1, 0.5)]
    assert least == sorted(least, key=lambda each: -(each or 0))


def test_bursts_need_so_many_times_the_traffic():
    one = minimum_exposure(Effect(0.01, 0.02, 40), 0.25, wanted=0.9)
    ten = minimum_exposure(Effect(0.01, 0.02, 40, burst=10), 0.25, wanted=0.9)
    assert one is not None
    assert ten == pytest.approx(10 * one, rel=0.03)


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_without_both_versions_there_is_nothing_to_compare(share):
    assert minimum_exposure(Effect(0.01, 0.02, 40), share, wanted=0.9) is None
    assert power(Effect(0.01, 0.02, 40), 0, 1000) == 0


def test_no_effect_is_never_found():
    assert minimum_exposure(Effect(0.01, 0.01, 40), 0.5, wanted=0.9) is None
    assert minimum_exposure(Effect(0.01, 0.02, 40, tolerated=2), 0.5, wanted=0.9) is None


def test_ten_times_nothing_is_the_floor():
    assert effect_of(0.0, ratio=10, floor=0.005, level=40).new == 0.005
    assert effect_of(0.3, ratio=10, floor=0.005, level=40).new == 1
