"""Steps, shares and where the traffic says that a rollout stands."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azure_mlplatform.measure.endpoints.endpoint import Traffic
from azure_mlplatform.measure.rollout.duration import seconds_of
from azure_mlplatform.measure.rollout.plan import (
    NotOfThisRolloutError,
    Plan,
    Standing,
    mirror_problem,
    old_of,
    standing,
    steps_of,
)

STEPS = st.sets(st.integers(1, 99), min_size=1, max_size=6).map(lambda found: (*sorted(found), 100))


@given(STEPS, st.integers(0, 50))
def test_each_stage_is_a_whole_map_and_is_found_again(steps, mirror):
    plan = Plan(old="blue", new="green", steps=steps, mirror=mirror)
    for index, stage in enumerate(plan.stages):
        shares = plan.shares(stage)
        assert sum(shares.values()) == 100
        assert all(shares.values())
        assert standing(plan, Traffic(shares, plan.mirrored(stage))) == Standing(index)
    assert plan.shares(None) == {"green": 100}
    assert standing(plan, Traffic({"green": 100, "blue": 0})).done
    assert standing(plan, Traffic({"blue": 100})) == Standing(-1)


@given(STEPS)
def test_steps_are_read_as_they_are_written(steps):
    assert steps_of(",".join(map(str, steps))) == steps
    assert steps_of(" , ".join(f"{each} %" for each in steps[:-1])) == steps


@pytest.mark.parametrize("text", ["", "10,", "ten", "10;20", "0,10", "10,101", "50,25", "10,10", "10.5", "-1"])
def test_what_is_no_list_of_steps_is_refused(text):
    with pytest.raises(ValueError, match=r"Allowed: whole percents"):
        steps_of(text)


@given(st.text(max_size=20))
def test_any_text_is_steps_or_refused(text):
    with contextlib.suppress(ValueError):
        assert steps_of(text)[-1] == 100


@pytest.mark.parametrize("copies", [{"green": 20}, {"red": 30}, {"blue": 30}])
def test_copies_of_somebody_else_are_no_step(copies):
    with pytest.raises(NotOfThisRolloutError):
        standing(Plan(old="blue", new="green", mirror=30), Traffic({"blue": 100}, copies))


def test_old_is_the_one_with_the_traffic():
    known = ("blue", "green", "red")
    assert old_of(Traffic({"blue": 100, "red": 0}), "green", known) == "blue"
    assert old_of(Traffic({"blue": 75, "green": 25}), "green", known) == "blue"
    for shares, word in (
        ({"blue": 50, "red": 50}, "several"),
        ({"green": 100}, "--from: blue, red"),
        ({}, "no version"),
    ):
        with pytest.raises(NotOfThisRolloutError, match=word):
            old_of(Traffic(shares), "green", known)


@pytest.mark.parametrize(("text", "seconds"), [("90s", 90), ("15m", 900), ("1.5 h", 5400), ("3D", 259200), ("0s", 0)])
def test_times(text, seconds):
    assert seconds_of(text) == seconds


@pytest.mark.parametrize("text", ["", "5", "5 minutes", "-1h", "h", "1e3s", "٣h x"])
def test_what_is_no_time_is_refused(text):
    with pytest.raises(ValueError, match="Allowed"):
        seconds_of(text)


def test_copies_are_fifty_at_most():
    assert [mirror_problem(each) for each in (0, 50)] == ["", ""]
    assert all("Allowed: 0 to 50" in mirror_problem(each) for each in (-1, 51))
