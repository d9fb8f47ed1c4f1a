"""The broken line, and what is read from steps, on steps that are written down."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azure_mlplatform.measure.stress.knee import capacity_of, interval_of, knee_of
from azure_mlplatform.measure.stress.plan import StressPlan, Target
from support.stress_steps import step


def steps(capacity, *offered):
    return [step(each, min(each, capacity)) for each in offered]


@given(
    capacity=st.floats(1, 1000),
    below=st.lists(st.floats(0.05, 0.9), min_size=1, max_size=6),
    beyond=st.lists(st.floats(1.1, 3), min_size=1, max_size=6),
)
def test_a_line_without_noise_gives_its_bend(capacity, below, beyond):
    found = capacity_of(steps(capacity, *(each * capacity for each in (*below, *beyond))))
    assert found == pytest.approx(capacity)


def test_no_bend_no_capacity():
    assert capacity_of(steps(100, 10, 20, 40)) is None
    assert capacity_of([]) is None


def test_a_collapse_is_no_flat_line():
    """Throughput that falls to a fifth would drag the line down."""
    falling = [*steps(50, 10, 30, 60), step(90, 10), step(120, 5)]
    assert capacity_of(falling) == pytest.approx(50)
    assert knee_of(falling, 1, 0.01).collapses == 90
    # It breaks at once: nothing flat was seen.
    assert capacity_of([*steps(50, 10, 30), step(60, 2)]) is None


def test_what_a_dying_server_carried_in_its_last_step_is_no_capacity():
    found = knee_of([*steps(1000, 10, 20), step(40, 30, died=True)], 1, 0.01)
    assert (found.capacity, found.follows, found.fails) == (None, 20, 40)


def test_late_and_short_steps_say_nothing():
    found = knee_of([*steps(50, 10, 30), step(60, 20, late=True), step(80, 30, sent=19)], 1, 0.01)
    assert (found.capacity, found.follows, found.fails) == (None, 30, None)


def test_each_sign_is_read():
    found = knee_of(
        [
            step(10, response=0.02),
            step(20, response=0.03),
            step(30, response=0.02),
            step(40, response=0.05),
            step(50, response=0.2, errors=0.02),
            step(60, 50, response=math.inf, errors=0.2),
        ],
        bound=0.1,
        errors=0.01,
    )
    assert (found.flat, found.bend, found.meets, found.errors) == (0.02, 40, 40, 50)
    assert (found.follows, found.fails) == (50, 60)


def test_the_steps_of_other_instances_are_no_part_of_the_line():
    found = knee_of(
        [step(10, instances=1), step(60, 50, instances=1), step(80, 79, instances=2), step(120, 100, instances=2)],
        1,
        0.01,
    )
    assert (found.capacity, found.instances) == (pytest.approx(50), 1)


def test_an_interval_is_that_of_students_t():
    found = interval_of([48.0, 50.0, 52.0])
    assert found
    # t of 2 degrees at 97.5 % is 4.3027; the spread is 2 / sqrt(3).
    assert (found.value, found.runs) == (50, 3)
    assert found.high - found.value == pytest.approx(4.3027 * 2 / math.sqrt(3), rel=1e-4)
    assert interval_of([48.0, 50.0]) is None


def test_rates_grow_by_one_factor_to_the_top():
    rates = StressPlan(start=1, top=64, steps=7).rates
    assert rates == pytest.approx([1, 2, 4, 8, 16, 32, 64])
    assert rates[-1] == 64


@pytest.mark.parametrize(
    ("changes", "paths"),
    [
        ({}, set()),
        ({"start": 0}, {"start"}),
        ({"start": math.nan, "top": math.inf}, {"start", "top"}),
        ({"top": 1}, {"top"}),
        ({"hold_rate": 11}, {"hold_rate"}),
        ({"steps": 201, "runs": 0, "requests": 0, "seconds": -1}, {"steps", "runs", "requests", "seconds"}),
        ({"target": Target(percentile=100, bound=0, errors=0.5, rate=11)}, {"percentile", "bound", "errors", "rate"}),
        ({"warm_up": -1, "hold": math.inf, "recover": math.nan}, {"warm_up", "hold", "recover"}),
    ],
)
def test_all_problems_of_a_plan(changes, paths):
    plan = StressPlan(**{"start": 1, "top": 10, **changes})
    assert {each.path[0] for each in plan.problems()} == paths
