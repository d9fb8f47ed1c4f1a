"""Stress tests of queues with a simulated clock, whose capacity, autoscaler and death are known."""

from dataclasses import replace

import pytest

from azure_mlplatform.measure.stress.limits import End, Limits
from azure_mlplatform.measure.stress.plan import StressPlan, Target
from azure_mlplatform.measure.stress.steps import Part
from azure_mlplatform.measure.stress.stress_test import Outcome, StressTest
from support.queues import Autoscaled, BoundedQueue, Servers
from support.watched_queue import WatchedQueue

RAMP = StressPlan(start=5, top=400, hold=0, recover=0)


def stressed(server, plan=RAMP, **watched):
    """The result of a test, and the queue that it measured."""
    queue = server if isinstance(server, WatchedQueue) else WatchedQueue(server, **watched)
    queue.limits = Limits(plan.seconds, plan.requests, queue.clock)
    return StressTest(plan, queue, queue.limits, queue.clock, readings=queue.readings).go(), queue


QUEUES = [
    pytest.param(lambda seed: Servers(seed=seed), 50, id="M/D/1"),
    pytest.param(lambda seed: Servers(seed=seed, spread=1.0), 50, id="M/M/1"),
    pytest.param(lambda seed: Servers(seed=seed, service=0.03, servers=4), 4 / 0.03, id="M/D/4"),
    pytest.param(lambda seed: BoundedQueue(seed=seed, spread=0.5, waiting=20), 50, id="refuses with 429"),
    pytest.param(lambda seed: BoundedQueue(seed=seed, service=0.2, servers=8), 40, id="slow, 8 at once"),
]


@pytest.mark.parametrize(("server", "capacity"), QUEUES)
@pytest.mark.parametrize("continuous", [False, True])
def test_the_knee_is_the_capacity(server, capacity, continuous):
    """Within a tenth in 95 of 100 runs."""
    plan = replace(RAMP, continuous=continuous)
    found = [stressed(server(seed), replace(plan, seed=1000 * seed))[0].capacity for seed in range(100)]
    near = [each for each in found if each is not None and abs(each - capacity) <= 0.1 * capacity]
    assert len(near) >= 95, sorted(each or 0 for each in found)
