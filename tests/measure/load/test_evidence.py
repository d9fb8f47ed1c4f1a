"""What is made of a measurement: percentiles, what a run is worth, and its warm-up."""

import math
from typing import Any

import numpy as np
import pytest

from azure_mlplatform.measure.load.judgement import ceiling, judgement, rate_reached
from azure_mlplatform.measure.load.measurement import Failure, Measurement
from azure_mlplatform.measure.load.percentiles import (
    error_share,
    lateness_quantile,
    response_quantile,
    service_quantile,
)
from azure_mlplatform.measure.load.schedule import constant, poisson
from azure_mlplatform.measure.load.warm_up import warm_up, without_warm_up
from support.queueing_theory import response_quantile as in_theory
from support.queues import BoundedQueue, Servers, WarmingUp


def measured(response, *, lateness: Any = 0.0, status=200, failure: Any = Failure.NONE, busy=0.2):
    count = len(response)
    intended = np.arange(count, dtype=np.float64) / 100
    unsent = np.full(count, failure) == Failure.NOT_SENT
    return Measurement(
        intended=intended,
        taken=np.where(unsent, np.nan, intended + lateness),
        sent=np.where(unsent, np.nan, intended + lateness),
        done=np.where(unsent, np.nan, intended + np.asarray(response)),
        status=np.where(np.full(count, failure), 0, status).astype(np.int16),
        failure=np.full(count, failure, dtype=np.int8),
        busy=busy,
    )


class TestPercentiles:
    def test_a_percentile_is_a_value_that_was_measured(self):
        run = measured([0.1, 0.2, 0.3, 0.4])
        assert [response_quantile(run, share) for share in (0, 0.25, 0.5, 0.75, 0.76, 1)] == pytest.approx(
            [0.1, 0.1, 0.2, 0.3, 0.4, 0.4]
        )

    def test_a_quick_refusal_is_infinitely_slow(self):
        run = BoundedQueue(0.02, servers=1, waiting=5)(poisson(200, 60, seed=1))
        assert error_share(run) == pytest.approx(0.75, abs=0.02)
        assert response_quantile(run, 0.5) == math.inf
        assert response_quantile(run, 0.2) < 0.13

    def test_what_was_not_sent_does_not_count(self):
        run = measured([0.1] * 10, failure=np.array([0] * 6 + [Failure.NOT_SENT] * 2 + [Failure.GENERATOR] * 2))
        assert response_quantile(run, 1.0) == pytest.approx(0.1)
        assert error_share(run) == 0

    def test_nothing_measured_is_not_a_number(self):
        run = measured([])
        assert math.isnan(response_quantile(run, 0.5))
        assert math.isnan(lateness_quantile(run, 0.5))
        assert math.isnan(error_share(run))

    def test_service_and_response_differ_by_the_wait(self):
        run = measured([0.1] * 100, lateness=0.03)
        assert service_quantile(run, 0.5) == pytest.approx(0.07)
        assert response_quantile(run, 0.5) == pytest.approx(0.1)


class TestJudgement:
    def test_a_punctual_run_is_evidence(self):
        found = judgement(measured([0.1] * 100, lateness=0.001), 0.1)
        assert not found.is_refused
        assert str(found) == "the generator was 1 ms late at the 99th percentile; 5 ms are allowed"

    @pytest.mark.parametrize(("lateness", "refused"), [(0.0049, False), (0.0051, True)])
    def test_the_bound_is_five_percent_of_the_target(self, lateness, refused):
        assert judgement(measured([0.1] * 100, lateness=lateness), 0.1).is_refused is refused

    def test_one_late_request_in_a_hundred_is_not_enough(self):
        lateness = np.zeros(200)
        lateness[7:9] = 1.0
        assert not judgement(measured([2.0] * 200, lateness=lateness), 0.1).is_refused
        lateness[9] = 1.0
        assert judgement(measured([2.0] * 200, lateness=lateness), 0.1).is_refused

    def test_a_generator_at_its_end_says_at_which_rate_and_what_to_do(self):
        found = judgement(measured([0.01] * 1000, lateness=0.005, busy=0.95), 0.01)
        assert found.ceiling == pytest.approx(1000 / 10.0 / 0.95, rel=0.01)
        assert "It took 95% of its core, and is at its end at 105 requests a second" in found.reasons[0]
        assert "Azure Load Testing" in found.reasons[0]

    def test_a_generator_that_was_held_up_says_so(self):
        assert "something else had the machine" in judgement(measured([0.01] * 100, lateness=0.005), 0.01).reasons[0]

    def test_a_machine_without_ports_is_no_evidence(self):
        assert "ulimit -n" in str(judgement(measured([0.1] * 10, status=0, failure=Failure.GENERATOR), 1.0))

    def test_nothing_sent_is_no_evidence(self):
        assert judgement(measured([0.1] * 10, failure=Failure.NOT_SENT), 1.0).reasons == ("no request was sent",)
        assert math.isnan(ceiling(measured([])))

    def test_a_queue_behind_a_late_generator_is_refused(self):
        run = Servers(0.02, lateness=0.01)(poisson(20, 100, seed=1))
        assert judgement(run, 0.1).is_refused

    def test_the_rate_reached_is_that_of_good_answers(self):
        schedule = poisson(200, 60, seed=1)
        assert rate_reached(BoundedQueue(0.02, waiting=5)(schedule), schedule) == pytest.approx(50, rel=0.02)


class TestWarmUp:
    def test_a_cold_start_is_dropped_and_the_rest_has_the_percentiles_of_theory(self):
        run = WarmingUp(0.02, slower=20, requests=30)(poisson(25, 800, seed=4))
        kept, found = without_warm_up(run)
        assert 30 <= found.requests <= 600
        assert found.steady
        assert kept.intended[0] == pytest.approx(found.seconds)
        assert response_quantile(kept, 0.95) == pytest.approx(in_theory(0.95, 25, 0.02), rel=0.05)
        assert found.why.startswith(f"the first {found.requests:,} requests ({found.seconds:.1f} s) were dropped: ")

    def test_equal_answers_lose_nothing(self):
        found = warm_up(Servers(0.02)(constant(20, 100)))
        assert (found.requests, found.seconds, found.steady) == (0, 0.0, True)

    @pytest.mark.parametrize("load", [0.5, 0.8])
    def test_a_warm_queue_loses_little(self, load):
        dropped = [warm_up(Servers(0.02)(poisson(load / 0.02, 400, seed=n))).requests for n in range(20)]
        assert np.median(dropped) < 0.1 * load / 0.02 * 400

    def test_a_hiccup_in_the_middle_is_not_dropped(self):
        response = np.random.default_rng(1).gamma(4, 0.01, 4000)
        response[1500:1510] = 5.0
        kept, _ = without_warm_up(measured(response))
        assert (kept.response > 4).sum() == 10

    def test_a_run_that_never_becomes_steady_says_so(self):
        found = warm_up(Servers(0.02)(constant(60, 100)))
        assert not found.steady
        assert found.requests == 0
        assert "no steady part" in found.why

    def test_a_short_run_says_nothing(self):
        assert "too few" in warm_up(measured([1.0] * 10 + [0.1] * 60)).why
        assert "too few" in warm_up(measured([])).why


def test_parts_of_a_measurement_are_those_of_the_intended_times():
    run = Servers(0.02)(constant(10, 10))
    part = run.between(2, 5)
    assert part.intended[0] == pytest.approx(2)
    assert len(part.done) == len(part.status) == 30
    assert part.notes == run.notes
