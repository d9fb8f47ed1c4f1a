"""What old did before, and how long each step must be: in numbers and in sentences."""

import pytest

from azure_mlplatform.measure.rollout.baseline import advice, baseline_of, in_words, needed, percent
from azure_mlplatform.measure.rollout.evidence import EvidenceError
from azure_mlplatform.measure.rollout.plan import Plan
from support.rollouts import START, Behaviour, Callers, CallersLog

DAY = 24 * 3600


def words(plan, **callers):
    log = CallersLog(Callers(**callers))
    found = baseline_of(log, "blue", START, DAY)
    steps = needed(plan, found, log)
    return found, steps, list(advice(plan, found, steps))


def test_a_small_step_at_little_traffic_is_advised_against():
    """At 3 requests a second, a step of 1 % sees a doubling of 0.5 % after days; 10 % does within one."""
    plan = Plan(old="blue", new="green", steps=(1, 10, 50, 100))
    baseline, found, text = words(plan, behaviour={"blue": Behaviour(failed=0.005)}, a_minute=180)
    assert baseline.rate == pytest.approx(3, rel=0.02)
    assert baseline.failed == pytest.approx(0.005, rel=0.1)
    seconds = [each.seconds or 0 for each in found]
    assert seconds == sorted(seconds, reverse=True)
    assert seconds[0] > DAY > seconds[1] > 0
    assert text[0] == "'blue' has 3.01 requests a second, 0.49 % of them fail, and 95 % take at most 120 ms"
    assert "longer than a step may take" in text[1]
    assert text[-1] == "start at 10 %"


def test_no_step_is_short_enough():
    plan = Plan(old="blue", new="green", longest=3600)
    _, _, text = words(plan, behaviour={"blue": Behaviour(failed=0.005)}, a_minute=6)
    assert text[-1].startswith("at 0.0993 requests a second no step sees that within 60 min")
    assert "--longest" in text[-1]


def test_much_traffic_needs_no_advice():
    _, found, text = words(Plan(old="blue", new="green"), a_minute=60_000)
    assert all(0 < (each.seconds or 0) < 3600 for each in found)
    assert not any("start at" in each for each in text)


def test_a_source_without_durations_is_said():
    log = CallersLog(Callers(), durations=False)
    found = baseline_of(log, "blue", START, DAY)
    plan = Plan(old="blue", new="green")
    assert {each.test for each in needed(plan, found, log)} == {"failures"}
    assert "slowness is not compared" in next(advice(plan, found, []))


@pytest.mark.parametrize("log", [{"hidden": {"blue"}}, {"fails": lambda _at: True}])
def test_no_data_is_not_health(log):
    with pytest.raises(EvidenceError):
        baseline_of(CallersLog(Callers(), **log), "blue", START, DAY)


def test_the_last_minutes_are_not_looked_at_before_they_are_complete():
    asked = []

    class Log(CallersLog):
        def minutes(self, versions, since, until, slower_than):
            asked.append(until)
            return super().minutes(versions, since, until, slower_than)

    baseline_of(Log(Callers(), lag=600), "blue", START + 30, DAY)
    assert asked == [START - 600]


@pytest.mark.parametrize(
    ("seconds", "text"), [(40, "40 s"), (720, "12 min"), (64_800, "18 h"), (276_480, "3.2 days"), (7199, "120 min")]
)
def test_times_in_words(seconds, text):
    assert in_words(seconds) == text


def test_shares_in_words():
    assert [percent(each) for each in (0, 0.005, 0.1, 0.905, 1)] == ["0 %", "0.5 %", "10 %", "90.5 %", "100 %"]
