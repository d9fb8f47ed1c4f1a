"""Stress tests of queues with a simulated clock, whose capacity, autoscaler and death are known."""

from dataclasses import replace
from typing import Any

import pytest

from azure_mlplatform.measure.stress.limits import End, Limits
from azure_mlplatform.measure.stress.plan import StressPlan, Target
from azure_mlplatform.measure.stress.steps import Part
from azure_mlplatform.measure.stress.stress_test import MOST_LATE, Outcome, StressTest
from support.queues import Autoscaled, BoundedQueue, Servers
from support.watched_queue import WatchedQueue

RAMP = StressPlan(start=5, top=200, steps=8, hold=0, recover=0)


def stressed(server, plan=RAMP, **watched) -> tuple[Any, WatchedQueue]:
    """The result of a test, and the queue that it measured."""
    queue = server if isinstance(server, WatchedQueue) else WatchedQueue(server, **watched)
    queue.limits = Limits(plan.seconds, plan.requests, queue.clock)
    return StressTest(plan, queue, queue.limits, queue.clock, readings=queue.readings).go(), queue


STEPPED = [
    pytest.param(lambda seed: Servers(seed=seed), 50, id="M/D/1"),
    pytest.param(lambda seed: Servers(seed=seed, spread=1.0), 50, id="M/M/1"),
    pytest.param(lambda seed: Servers(seed=seed, service=0.03, servers=4), 4 / 0.03, id="M/D/4"),
    pytest.param(lambda seed: BoundedQueue(seed=seed, spread=0.5, waiting=20), 50, id="refuses with 429"),
    pytest.param(lambda seed: BoundedQueue(seed=seed, service=0.2, servers=8), 40, id="slow, 8 at once"),
]


def off(server, capacity, plan):
    """How far the knee of 100 seeded runs is from the capacity, as shares of it. Infinite: none was found."""
    found = [stressed(server(seed), replace(plan, seed=1000 * seed))[0].capacity for seed in range(100)]
    return [abs(each - capacity) / capacity if each else float("inf") for each in found]


@pytest.mark.parametrize(("server", "capacity"), STEPPED)
def test_the_knee_is_the_capacity(server, capacity):
    """Within a tenth in 95 of 100 runs."""
    assert sorted(off(server, capacity, RAMP))[94] <= 0.1


@pytest.mark.slow
@pytest.mark.parametrize(("server", "capacity"), STEPPED)
def test_the_knee_of_an_even_ramp_is_the_capacity_too(server, capacity):
    assert sorted(off(server, capacity, replace(RAMP, continuous=True, steps=12)))[94] <= 0.1


def test_what_is_seen_before_the_knee_comes_before_it():
    result, _ = stressed(BoundedQueue(waiting=20))
    knee = result.knee
    assert result.outcome is Outcome.KNEE
    assert 0 < knee.bend <= knee.capacity * 1.1
    assert knee.follows < knee.fails
    # Refusals begin where the queue is full, so near the capacity.
    assert 0.8 * 50 <= knee.errors <= 1.3 * 50
    assert knee.meets <= knee.errors
    assert 0.02 <= knee.flat <= 0.035


def test_slow_answers_are_no_throughput_that_stays_behind():
    """Answers take 2 s, so that those to the last requests of a step come after its end."""
    plan = replace(RAMP, start=4, top=12, steps=3, step_seconds=15)
    result, _ = stressed(Servers(service=2.0, servers=60), plan)
    assert result.outcome is Outcome.TOP
    assert all(each.follows for each in result.steps if each.part is Part.RAMP)


def test_runs_give_an_interval_and_fewer_than_three_none():
    two, _ = stressed(Servers(spread=1.0), replace(RAMP, runs=2))
    assert (len(two.capacities), two.interval) == (2, None)
    covered = 0
    for seed in range(30):
        five, _ = stressed(Servers(spread=1.0, seed=seed), replace(RAMP, runs=5, seed=seed * 1000))
        assert five.interval.runs == 5
        assert five.interval.high - five.interval.low < 0.3 * 50
        covered += five.interval.low <= 50 <= five.interval.high
    assert covered >= 25, "95 % of 30 are 28.5, and 25 are exceeded with 99.9 %"


@pytest.mark.parametrize(
    ("asked", "within", "top", "outcome"),
    [
        (None, 0.5, 200, Outcome.KNEE),
        (40, 0.5, 200, Outcome.KNEE),
        (100, 0.5, 200, Outcome.MISSES),
        (30, 0.5, 30, Outcome.HOLDS),
        (None, 0.5, 30, Outcome.TOP),
        (30, 0.001, 200, Outcome.MISSES),
    ],
)
def test_what_is_asked_decides(asked, within, top, outcome):
    plan = replace(RAMP, top=top, target=Target(bound=within, rate=asked))
    assert stressed(Servers(), plan)[0].outcome is outcome


AUTOSCALED = StressPlan(start=5, top=200, steps=8, hold=900, recover=600, seconds=7200, target=Target(bound=0.25))


@pytest.mark.parametrize("delay", [40.0, 150.0, 300.0])
@pytest.mark.parametrize("poll", [5.0, 15.0])
def test_the_time_to_scale_is_known_to_an_interval_of_readings(delay, poll):
    # The ramp is left out, so that the load steps up once.
    plan = replace(AUTOSCALED, start=10, top=60, steps=2, step_seconds=20, warm_up=0, hold_rate=60)
    server = Autoscaled(smallest=1, largest=2, delay=delay, waiting=30)
    queue = WatchedQueue(server, poll=poll)
    result, _ = stressed(queue, plan)
    scaling = result.scaling
    moved = next(each.at for each in server.scaled if each.at > scaling.at and each.instances == 2)
    low, high = scaling.grew
    assert low <= moved - scaling.at <= high
    assert high - low == pytest.approx(poll)
    assert (scaling.instances, scaling.most, scaling.missed) == (1, 2, True)
    # Two instances carry it: the target is met again soon after, once the queue is empty.
    assert moved - scaling.at - 2 <= scaling.met_again <= moved - scaling.at + 30
    assert not scaling.never_moved


def test_recovery_and_the_going_of_instances_are_seen():
    plan = replace(AUTOSCALED, start=10, top=60, steps=2, step_seconds=20, warm_up=0, hold_rate=60)
    server = Autoscaled(smallest=1, largest=2, delay=100, waiting=200)
    result, _ = stressed(WatchedQueue(server), plan)
    recovery = result.recovery
    gone = next(each.at for each in server.scaled if each.at > recovery.at)
    low, high = recovery.shrank
    assert low <= gone - recovery.at <= high
    assert recovery.instances == 1
    assert recovery.met_again == 0


def test_a_queue_that_is_long_takes_time_to_recover():
    plan = replace(AUTOSCALED, start=25, top=60, steps=2, step_seconds=20, warm_up=0, hold=100, hold_rate=60)
    result, _ = stressed(WatchedQueue(Servers()), plan)
    # 100 s at 10 a second too many: 1,000 wait, and shrink by 25 a second.
    assert result.recovery.met_again == pytest.approx(40, abs=8)
    assert result.scaling.instances is None
    assert not result.scaling.never_moved, "nobody knows"


def test_an_autoscaler_that_never_moves_is_said_to():
    result, _ = stressed(WatchedQueue(Autoscaled(smallest=1, largest=1, waiting=30)), AUTOSCALED)
    assert result.outcome is Outcome.KNEE
    assert result.scaling.never_moved
    assert result.scaling.met_again is None
    assert result.scaling.grew is None


def test_the_knee_is_that_of_the_instances_it_was_seen_at():
    plan = replace(AUTOSCALED, top=500, step_seconds=60, hold=0, recover=0, steps=16)
    server = Autoscaled(smallest=1, largest=4, delay=30, cool_down=30, interval=30, window=30, waiting=20)
    result, _ = stressed(WatchedQueue(server), plan)
    knee = result.knee
    assert knee.instances >= 1
    assert knee.capacity == pytest.approx(50 * knee.instances, rel=0.1)
    assert result.changes, "it grew in the ramp"


def test_a_server_that_dies_ends_the_test_and_gets_no_more():
    result, _ = stressed(WatchedQueue(Servers(service=0.005), dies_at=75.0), AUTOSCALED)
    assert result.outcome is Outcome.BREAKS
    [(part, end, at)] = [each for each in result.ends if each[1] in (End.SILENT, End.FAILING)][:1]
    assert part is Part.RAMP
    assert end is End.FAILING
    assert at <= 75 + 5 + 1
    after = [each for each in result.steps if each.start > at]
    assert all(each.rate == AUTOSCALED.start for each in after), "only the first rate, to see whether it recovers"
    assert sum(each.sent for each in after) <= AUTOSCALED.start * 40 * 1.5, "and not for long"
    assert result.knee.follows > 0


def test_a_server_that_dies_while_a_rate_is_held_ends_it_after_half_a_minute():
    plan = replace(AUTOSCALED, start=10, top=60, steps=2, step_seconds=20, warm_up=0, recover=0, hold_rate=60)
    result, queue = stressed(WatchedQueue(Servers(), dies_at=200.0), plan)
    [(part, end, at)] = [each for each in result.ends if each[1] is End.SILENT]
    assert (part, end) == (Part.HOLD, End.SILENT)
    assert 229 <= at <= 232
    assert result.recovery is None
    assert queue.schedules[-1].seconds == 900, "it was stopped, not short"


def test_a_server_that_chokes_while_a_rate_is_held_is_asked_gently_whether_it_comes_back():
    # All wait longer than callers do, so none gets an answer in time, and all the work is for nothing.
    plan = replace(AUTOSCALED, start=2, top=60, steps=2, step_seconds=20, warm_up=0, recover=120, hold_rate=60)
    queue = WatchedQueue(Servers(timeout=5.0))
    result, _ = stressed(queue, plan)
    assert [(part, end) for part, end, _ in result.ends] == [(Part.HOLD, End.SILENT)]
    assert result.scaling.met_again is None
    assert queue.schedules[-1].rate == pytest.approx(2, rel=0.3)
    assert result.recovery.met_again is not None


def test_a_server_that_is_dead_from_the_start_gets_few_requests():
    result, queue = stressed(WatchedQueue(Servers(), dies_at=0.0), RAMP)
    assert result.outcome is Outcome.BREAKS
    assert queue.requests <= 5 * 31


@pytest.mark.parametrize("requests", [1, 7, 333, 2500, 9999])
@pytest.mark.parametrize("continuous", [False, True])
def test_not_one_request_more_than_the_budget(requests, continuous):
    plan = replace(AUTOSCALED, requests=requests, continuous=continuous)
    result, queue = stressed(WatchedQueue(Servers()), plan)
    assert result.requests == queue.requests == requests
    assert End.REQUESTS in {end for _, end, _ in result.ends}


@pytest.mark.parametrize("seconds", [3.0, 60.0, 400.0])
def test_no_request_is_sent_after_the_budget_of_time(seconds):
    plan = replace(AUTOSCALED, seconds=seconds)
    result, queue = stressed(WatchedQueue(Servers(service=0.001)), plan)
    assert sum(each.seconds for each in queue.schedules) == pytest.approx(seconds)
    # In 400 s all steps are done, and what comes after them is cut.
    assert result.outcome is (Outcome.TOP if seconds == 400 else Outcome.BUDGET)
    assert result.ends[-1][1] is End.TIME


def test_ctrl_c_reports_what_was_seen():
    queue = WatchedQueue(Servers())

    def interrupt(number):
        if queue.limits:
            queue.limits.interrupted = number == 3

    queue.between = interrupt
    result, _ = stressed(queue, AUTOSCALED)
    assert result.outcome is Outcome.INTERRUPTED
    assert len(result.steps) == 4
    assert len(queue.schedules) == 4, "nothing was sent after it"


def test_a_late_generator_is_the_limit_and_not_the_server():
    plan = replace(RAMP, target=Target(bound=0.1))
    result, queue = stressed(Servers(lateness=0.01), plan)
    assert result.outcome is Outcome.GENERATOR
    assert result.generator_was_limit
    assert result.knee is None, "late steps are no evidence"
    assert len(queue.schedules) == 1 + MOST_LATE, "the warm-up, and the first step several times"


def test_a_knee_that_was_found_is_held_though_the_generator_was_late_after_it():
    queue = WatchedQueue(Servers())

    def late(number):
        # The warm-up, seven steps of which the last stays behind, and then the ones around the knee.
        queue.server.lateness = 0.05 if 8 <= number < 8 + MOST_LATE else 0.0

    queue.between = late
    result, _ = stressed(queue, replace(RAMP, hold=60, recover=60, target=Target(bound=0.1)))
    assert result.generator_was_limit
    assert result.outcome is Outcome.KNEE
    assert result.capacity == pytest.approx(50, rel=0.1)
    assert result.scaling is not None


def test_one_late_step_is_repeated():
    queue = WatchedQueue(Servers())

    def late(number):
        queue.server.lateness = 0.05 if number == 2 else 0.0

    queue.between = late
    result, _ = stressed(queue, replace(RAMP, target=Target(bound=0.1)))
    assert result.outcome is Outcome.KNEE
    assert [each.late for each in result.steps].count(True) == 1
    assert result.capacity == pytest.approx(50, rel=0.1)
