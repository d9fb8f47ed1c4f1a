"""The judges of all that is measured: formulas of queues, and queues with a simulated clock, against each other."""

import math
from decimal import Decimal, getcontext

import numpy as np
import pytest
from scipy.integrate import quad

from azure_mlplatform.measure.load.measurement import Failure
from azure_mlplatform.measure.load.schedule import constant, joined, poisson
from support.queueing_theory import highest_rate, mean_wait, response_quantile, waits_at_most
from support.queues import Autoscaled, BoundedQueue, Servers, WarmingUp


def alternating_sum(wait: float, rate: float, service: float) -> float:
    """M/D/1 by Erlang's alternating sum, with so many digits that what cancels does not matter."""
    getcontext().prec = 60
    x, lam, d = Decimal(str(wait)), Decimal(str(rate)), Decimal(str(service))
    total = sum(
        (-lam * (x - k * d)) ** k / math.factorial(k) * (lam * (x - k * d)).exp() if k else (lam * x).exp()
        for k in range(int(x // d) + 1)
    )
    return float((1 - lam * d) * total)


@pytest.mark.parametrize("load", [0.2, 0.5, 0.8, 0.95])
@pytest.mark.parametrize("wait", [0.0, 0.3, 1.0, 2.5, 7.1, 20.0])
def test_two_formulas_agree_on_one_server(load, wait):
    assert waits_at_most(wait, load, 1.0) == pytest.approx(alternating_sum(wait, load, 1.0), abs=1e-10)


@pytest.mark.parametrize("load", [0.5, 0.8, 0.9])
def test_the_distribution_has_the_mean_of_pollaczek_and_khinchine(load):
    tail = [quad(lambda x: 1 - waits_at_most(x, load, 1.0), n, n + 1)[0] for n in range(math.ceil(40 / (1 - load)))]
    assert sum(tail) == pytest.approx(mean_wait(load, 1.0), rel=1e-6)


@pytest.mark.parametrize(("load", "servers"), [(0.5, 1), (0.8, 1), (0.8, 3), (0.8, 8)])
def test_a_simulated_queue_has_the_quantiles_of_the_formula(load, servers):
    rate, service = load * servers / 0.02, 0.02
    measured = Servers(service, servers=servers)(poisson(rate, 300_000 / rate, seed=11))
    for share in (0.5, 0.95, 0.99):
        expected = response_quantile(share, rate, service, servers)
        assert np.quantile(measured.response, share) == pytest.approx(expected, rel=0.06)


def test_the_highest_rate_meets_its_target_and_no_higher_one_does():
    rate = highest_rate(0.95, 0.1, 0.02)
    assert response_quantile(0.95, rate * 0.999, 0.02) < 0.1 < response_quantile(0.95, rate * 1.001, 0.02)


def test_requests_too_few_to_wait_take_their_service_time():
    measured = Servers(0.02)(constant(40, 10))
    assert measured.response == pytest.approx(np.full(400, 0.02))


def test_the_same_seed_gives_the_same_times_and_the_next_call_others():
    schedule = poisson(40, 10, seed=3)
    one, other = Servers(0.02, spread=1.0, errors=0.1), Servers(0.02, spread=1.0, errors=0.1)
    first = one(schedule)
    assert np.array_equal(first.done, other(schedule).done)
    assert not np.array_equal(first.done, one(schedule).done)


def test_service_times_of_many_servers_and_errors_have_their_means():
    measured = Servers(0.02, spread=0.5, errors=0.03, servers=4)(poisson(10, 5000, seed=3))
    assert measured.service.mean() == pytest.approx(0.02, rel=0.02)
    assert measured.service.std() == pytest.approx(0.01, rel=0.05)
    assert (measured.status == 500).mean() == pytest.approx(0.03, rel=0.2)


def test_a_caller_gives_up_at_its_timeout():
    measured = Servers(0.02, timeout=0.5)(constant(100, 10))
    late = measured.failure == Failure.TIMEOUT
    assert late.any()
    assert not measured.succeeded[late].any()
    assert measured.response.max() == pytest.approx(0.5)


def test_a_bounded_queue_refuses_what_has_no_room_and_keeps_its_throughput():
    measured = BoundedQueue(0.02, servers=2, waiting=10)(poisson(300, 60, seed=5))
    assert measured.succeeded.sum() / 60 == pytest.approx(100, rel=0.02)
    assert measured.response.max() < (10 / 2 + 1) * 0.02 + 1e-9
    assert set(measured.status) == {200, 429}


def test_a_cold_server_is_slow_at_first_and_stays_warm():
    server, schedule = WarmingUp(0.02, slower=20, requests=30), constant(2, 100)
    first = server(schedule)
    assert first.service[0] == pytest.approx(0.02 * 21)
    assert first.service[-1] == pytest.approx(0.02, rel=0.05)
    assert server(schedule).service[0] == pytest.approx(0.02, rel=0.05)
    server.restart()
    assert server(schedule).service[0] == pytest.approx(0.02 * 21)


def test_an_autoscaled_server_grows_after_its_delay_and_shrinks_again():
    server = Autoscaled(0.02, smallest=1, largest=3, delay=180)
    measured = server(joined(poisson(20, 120, seed=1), poisson(90, 1200, seed=2)))
    grown = [(each.at, each.instances) for each in server.scaled]
    # The look at 180 s is the first that sees a busy window.
    assert grown == [(360.0, 2), (600.0, 3)]
    overloaded = (measured.intended > 300) & (measured.intended < 360)
    assert np.median(measured.response[overloaded]) > 10 * np.median(measured.response[measured.intended > 1000])
    server.rest(3600)
    assert server.instances() == 1


def test_an_autoscaler_that_may_not_move_does_not():
    server = Autoscaled(0.02, smallest=2, largest=2, waiting=20)
    measured = server(poisson(200, 600, seed=1))
    assert server.scaled == []
    assert (measured.status == 429).mean() == pytest.approx(0.5, abs=0.03)


def test_autoscaled_servers_that_never_scale_are_plain_servers():
    schedule = poisson(80, 60, seed=9)
    plain, scaled = Servers(0.02, servers=2)(schedule), Autoscaled(0.02, smallest=2, largest=2)(schedule)
    assert scaled.done == pytest.approx(plain.done)
