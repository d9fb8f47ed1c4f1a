"""What ends a stress test: each bound alone, with a clock that stands where a test puts it."""

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from azure_mlplatform.measure.load.schedule import constant, poisson
from azure_mlplatform.measure.stress.limits import End, Limits


@dataclass
class Progress:
    seconds: float
    sent: int
    answered: int
    failed: int


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


def limits(seconds=1000.0, requests=10_000, timeout=30.0, *, failing=True):
    clock = Clock()
    made = Limits(seconds, requests, clock, timeout=timeout)
    made.cut(constant(1, 10), failing=failing)
    return made, clock


def told(made, *progress):
    """What ended it, and at which second. None: nothing."""
    for seconds, sent, answered, failed in progress:
        if made(Progress(seconds, sent, answered, failed)):
            return made.end, seconds
    return None


def flow(seconds, good=0, bad=0, sent=0):
    """A progress each second: so many good answers, bad ones, and requests without any, each second."""
    return [(s, s * (good + bad + sent), s * (good + bad), s * bad) for s in range(seconds + 1)]


@pytest.mark.parametrize(
    ("progress", "ended"),
    [
        (flow(60, good=10), None),
        (flow(60, good=10, bad=9), None),
        (flow(60, good=10, bad=10), (End.FAILING, 5)),
        (flow(60, bad=10), (End.FAILING, 5)),
        # Too few to judge, and none of them good.
        (flow(60, bad=1), (End.SILENT, 30)),
        (flow(60, sent=5), (End.SILENT, 30)),
        # Nothing is asked, so nothing is answered.
        (flow(60), None),
    ],
)
def test_errors_and_silence_end_a_ramp(progress, ended):
    assert told(limits()[0], *progress) == ended


def test_only_silence_ends_what_is_held_on_purpose():
    assert told(limits(failing=False)[0], *flow(60, good=1, bad=20)) is None
    assert told(limits(failing=False)[0], *flow(60, bad=20)) == (End.SILENT, 30)


def test_slow_models_have_the_time_of_one_request():
    assert told(limits(timeout=45)[0], *flow(60, sent=1)) == (End.SILENT, 45)


def test_a_server_that_stops_later_is_silent_from_then_on():
    before = flow(10, good=2)
    after = [(10 + s, 20 + s, 20, 0) for s in range(60)]
    assert told(limits()[0], *before, *after) == (End.SILENT, 40)


def test_time_and_ctrl_c():
    made, clock = limits(seconds=7)
    assert told(made, (6, 6, 6, 0)) is None
    clock.now = 7.0
    assert told(made, (7, 7, 7, 0)) == (End.TIME, 7)
    assert made.cut(constant(1, 5)) is None
    made, _ = limits()
    made.interrupted = True
    assert told(made, (1, 1, 1, 0)) == (End.INTERRUPTED, 1)
    assert made.cut(constant(1, 5)) is None
    assert made.end is End.INTERRUPTED


@given(
    rates=st.lists(st.floats(0.5, 50), min_size=1, max_size=8),
    requests=st.integers(1, 300),
    seconds=st.floats(0.5, 60),
)
def test_no_schedules_together_have_more_than_the_budget(rates, requests, seconds):
    clock = Clock()
    made = Limits(seconds, requests, clock)
    total = 0
    for number, rate in enumerate(rates):
        schedule = poisson(rate, 10, seed=number)
        cut = made.cut(schedule)
        if cut is None:
            assert made.is_over or not len(schedule.times) or schedule.times[0] >= seconds - clock.now
            continue
        assert np.array_equal(cut.times, schedule.times[: len(cut.times)])
        assert len(cut.times) == 0 or cut.times[-1] < cut.seconds + 1e-9
        total += len(cut.times)
        made.sent(len(cut.times))
        clock.now += cut.seconds
        if len(cut.times) < len(schedule.times):
            assert made.end in (End.REQUESTS, End.TIME)
    assert total <= requests
    assert clock.now <= seconds + 1e-6
