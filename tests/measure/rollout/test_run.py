"""A rollout in simulated time: it goes on with a good version, back with a bad one, and says when it cannot know."""

import dataclasses
import json
from itertools import pairwise

import pytest

from azure_mlplatform.measure.endpoints.endpoint import EndpointError, Kind
from azure_mlplatform.measure.rollout.evidence import EvidenceError
from azure_mlplatform.measure.rollout.journal import InUseError, Journal, journal_file
from azure_mlplatform.measure.rollout.plan import NotOfThisRolloutError, Plan, given
from azure_mlplatform.measure.rollout.run import Answer, Rollout, StoppedError
from support.rollouts import START, Behaviour, Callers, CallersLog, Killed, SimulatedEndpoint

PLAN = Plan(old="blue", new="green", pause=300, ratio=3, longest=6 * 3600, baseline=6 * 3600)
GOOD = Behaviour()
STEPS = [{"blue": 100 - each, "green": each} for each in (10, 25, 50)]
GREEN = {"green": 100}
BLUE = {"blue": 100}


@dataclasses.dataclass
class Scene:
    """A rollout, and what it told."""

    rollout: Rollout
    callers: Callers
    endpoint: SimulatedEndpoint
    told: list

    def run(self):
        with self.rollout.journal:
            return self.rollout.run()

    @property
    def turns(self):
        """The shares that the endpoint had, one after the other."""
        return [given(shares) for _, shares, _ in self.callers.history]

    @property
    def shares(self):
        return given(self.callers.shares)


@pytest.fixture
def scene(tmp_path):
    def make(green=GOOD, *, plan=PLAN, callers=None, log=None, **endpoint):
        callers = callers or Callers({"green": green})
        made = SimulatedEndpoint(callers, **endpoint)
        told = []
        source = CallersLog(callers, **(log or {}))
        journal = Journal(journal_file(tmp_path, made.id), made.id)
        return Scene(Rollout(made, source, plan, journal, callers.clock, told.append), callers, made, told)

    return make


def test_a_good_version_gets_all_traffic_step_by_step(scene):
    found = scene()
    outcome = found.run()
    assert (outcome.answer, outcome.shares) == (Answer.GO, GREEN)
    assert found.turns == [BLUE, *STEPS, GREEN]
    assert all(look.e_values.keys() == {"failures", "slow requests"} for look in outcome.looks)
    assert {look.share for look in outcome.looks} == {10, 25, 50}


@pytest.mark.parametrize(
    ("green", "word"),
    [
        (Behaviour(failed=0.04), "more failures"),
        (Behaviour(slow=0.2), "more slow requests"),
        (Behaviour(failed=0.6), "hard guard"),
        (Behaviour(failed=1.0), "hard guard"),
    ],
)
def test_a_bad_version_goes_back_from_the_first_step(scene, green, word):
    found = scene(green)
    outcome = found.run()
    assert (outcome.answer, outcome.shares) == (Answer.BACK, BLUE)
    assert word in outcome.reason
    assert found.turns == [BLUE, STEPS[0], BLUE]


def test_a_dead_version_goes_back_before_its_minutes_are_complete(scene):
    found = scene(Behaviour(failed=1.0), plan=dataclasses.replace(PLAN, pause=60), log={"lag": 3600})
    found.run()
    assert found.callers.at - START <= 180


def test_a_version_that_dies_in_the_middle_goes_back(scene):
    callers = Callers({"green": lambda at: Behaviour(failed=0.9 if at > START + 7200 else 0.01)})
    found = scene(callers=callers, plan=dataclasses.replace(PLAN, ratio=2))
    outcome = found.run()
    assert (outcome.answer, outcome.shares) == (Answer.BACK, BLUE)
    assert len(found.turns) > 2


def test_a_version_that_cannot_carry_all_traffic_goes_back(scene):
    callers = Callers({})
    found = scene(callers=callers)
    callers.behaviour["green"] = lambda at: Behaviour(
        failed=0.5 if given([s for t, s, _ in callers.history if t <= at][-1]) == GREEN else 0.01
    )
    outcome = found.run()
    assert (outcome.answer, outcome.shares) == (Answer.BACK, BLUE)
    assert found.turns == [BLUE, *STEPS, GREEN, BLUE]


def test_trouble_that_both_have_is_no_reason_to_go_back(scene):
    """The platform fails for an hour: both versions fail in the same minutes, and nothing goes on until it is over."""

    def both(at):
        return Behaviour(failed=0.5 if START + 1800 < at < START + 5400 else 0.01)

    found = scene(callers=Callers({"green": both, "blue": both}))
    assert found.run().answer is Answer.GO
    assert not [at for at, _, _ in found.callers.history if START + 2100 < at < START + 5400]


def test_too_little_traffic_is_inconclusive_and_stays_at_the_step(scene):
    found = scene(callers=Callers(a_minute=2))
    outcome = found.run()
    assert (outcome.answer, outcome.shares) == (Answer.INCONCLUSIVE, STEPS[0])
    assert "too little was seen" in outcome.reason


def test_what_is_inconclusive_goes_back_if_wanted(scene):
    found = scene(callers=Callers(a_minute=2), plan=dataclasses.replace(PLAN, back_if_inconclusive=True))
    outcome = found.run()
    assert (outcome.answer, outcome.shares) == (Answer.INCONCLUSIVE, BLUE)


def test_a_step_is_extended_as_often_as_somebody_says_so(scene):
    found = scene(callers=Callers(a_minute=2))
    asked = []
    found.rollout.extend = lambda reason: asked.append(reason) is None and len(asked) < 3
    assert found.run().answer is Answer.INCONCLUSIVE
    assert len(asked) == 3
    assert found.callers.at - START >= 3 * PLAN.longest


def test_no_numbers_of_the_old_version_are_refused_before_anything_changes(scene):
    found = scene(log={"hidden": {"blue"}})
    with pytest.raises(EvidenceError, match="No data is not health"):
        found.run()
    assert found.turns == [BLUE]


def test_no_numbers_of_the_new_version_are_no_pass(scene):
    found = scene(log={"hidden": {"green"}})
    outcome = found.run()
    assert (outcome.answer, outcome.shares) == (Answer.INCONCLUSIVE, BLUE)
    assert "No data is not health" in outcome.reason


def test_a_source_without_durations_compares_failures_only(scene):
    found = scene(Behaviour(slow=0.9), log={"durations": False})
    outcome = found.run()
    assert outcome.answer is Answer.GO
    assert outcome.looks[0].e_values.keys() == {"failures"}


def test_a_short_loss_of_the_source_is_waited_out(scene):
    found = scene(log={"fails": lambda at: START + 600 < at < START + 1500})
    assert found.run().answer is Answer.GO


def test_a_source_that_stays_away_takes_traffic_back(scene):
    found = scene(log={"fails": lambda at: at > START + 600})
    outcome = found.run()
    assert (outcome.answer, outcome.shares) == (Answer.BLIND, BLUE)
    assert "token has expired" in outcome.reason


@pytest.mark.parametrize("at", [400, 2 * 3600])
@pytest.mark.parametrize("others", [{"blue": 100}, {"blue": 20, "green": 80}, {"blue": 50, "red": 50}])
def test_somebody_elses_change_ends_it_and_is_left_alone(scene, others, at):
    found = scene(
        plan=dataclasses.replace(PLAN, ratio=2), versions=dict.fromkeys(("blue", "green", "red"), "Succeeded")
    )
    found.callers.events.append((START + at, lambda: found.callers.turn(others, {})))
    outcome = found.run()
    assert outcome.answer is Answer.CHANGED
    assert found.shares == outcome.shares == others


def test_a_change_right_before_a_write_is_not_overwritten(scene):
    found = scene()

    def others(call, _number):
        if call == "set_traffic" and len(found.turns) == 3:
            found.callers.turn({"blue": 80, "green": 20}, {})

    found.endpoint.before = others
    outcome = found.run()
    assert outcome.answer is Answer.CHANGED
    assert found.shares == {"blue": 80, "green": 20}


def test_a_write_that_azure_refuses_takes_traffic_back(scene):
    found = scene()

    def refuse(call, _number):
        if call == "set_traffic" and len(found.turns) == 3 and found.shares == STEPS[1]:
            raise EndpointError("the operation failed: OutOfQuota")

    found.endpoint.before = refuse
    with pytest.raises(StoppedError, match="OutOfQuota") as error:
        found.run()
    assert "Going back failed" in str(error.value)
    found = scene()
    tried = []

    def refuse_once(call, _number):
        if call == "set_traffic" and found.shares == STEPS[1] and not tried:
            tried.append(1)
            raise EndpointError("the operation failed: OutOfQuota")

    found.endpoint.before = refuse_once
    found.callers.turn(BLUE, {})
    with pytest.raises(StoppedError, match="OutOfQuota") as error:
        found.run()
    assert found.shares == BLUE
    assert "'blue' has all traffic" in str(error.value)


def test_azure_that_is_away_for_a_moment_is_waited_out(scene):
    found = scene()

    def away(call, _number):
        if call == "traffic" and START + 600 < found.callers.at < START + 1500:
            raise EndpointError("503 ServiceUnavailable")

    found.endpoint.before = away
    assert found.run().answer is Answer.GO


@pytest.mark.parametrize(
    ("shares", "word"),
    [
        ({}, "no version takes traffic"),
        ({"red": 100}, "another version"),
        ({"blue": 60, "green": 30, "red": 10}, "another version"),
        ({"blue": 67, "green": 33}, "no step of this rollout"),
    ],
)
def test_traffic_of_no_step_is_refused(scene, shares, word):
    found = scene(callers=Callers(shares=shares))
    with pytest.raises(NotOfThisRolloutError, match=word):
        found.run()
    assert found.shares == shares


def test_a_version_without_traffic_beside_both_is_left_alone(scene):
    found = scene(versions=dict.fromkeys(("blue", "green", "red"), "Succeeded"))
    assert found.run().answer is Answer.GO


@pytest.mark.parametrize("versions", [{"blue": "Succeeded"}, {"green": "Succeeded"}])
def test_a_version_that_is_not_there_is_refused(scene, versions):
    found = scene(versions=versions)
    with pytest.raises(EndpointError, match="has no '"):
        found.run()
    assert found.turns == [BLUE]


def test_a_version_that_is_not_ready_is_refused(scene):
    found = scene(versions={"blue": "Succeeded", "green": "Creating"})
    with pytest.raises(StoppedError, match="Creating"):
        found.run()
    assert found.turns == [BLUE]


def test_a_version_with_all_traffic_has_nothing_to_do(scene):
    found = scene(callers=Callers(shares=GREEN))
    outcome = found.run()
    assert (outcome.answer, found.turns) == (Answer.GO, [GREEN])
    assert "nothing to do" in outcome.reason


def test_mirroring_comes_first_and_ends_with_the_first_step(scene):
    found = scene(plan=dataclasses.replace(PLAN, mirror=30))
    assert found.run().answer is Answer.GO
    assert [(given(shares), given(mirror)) for _, shares, mirror in found.callers.history][:3] == [
        (BLUE, {}),
        (BLUE, {"green": 30}),
        (STEPS[0], {}),
    ]


def test_a_bad_version_is_found_while_mirrored_and_never_answers(scene):
    found = scene(Behaviour(failed=0.05), plan=dataclasses.replace(PLAN, mirror=30))
    outcome = found.run()
    assert outcome.answer is Answer.BACK
    assert found.turns == [BLUE, BLUE, BLUE]
    assert found.callers.mirror == {}


@pytest.mark.parametrize("kind", [Kind.KUBERNETES, Kind.CONTAINER_APP, Kind.APP_SERVICE])
def test_where_nothing_is_mirrored_it_is_refused(scene, kind):
    found = scene(plan=dataclasses.replace(PLAN, mirror=30), kind=kind)
    with pytest.raises(EndpointError, match="copies no requests"):
        found.run()


def test_back_at_once(scene):
    found = scene(callers=Callers(shares={"blue": 75, "green": 25}))
    with found.rollout.journal:
        outcome = found.rollout.back()
    assert (outcome.answer, found.shares) == (Answer.BACK, BLUE)


def test_a_second_rollout_on_this_machine_is_kept_out(scene):
    found, other = scene(), scene()
    with found.rollout.journal, pytest.raises(InUseError, match="runs on this machine already"):
        other.run()


def test_a_second_rollout_elsewhere_ends_and_changes_nothing(scene, tmp_path):
    """Another machine goes on with the same endpoint: this one sees the change at its next look."""
    found = scene()
    found.callers.events.append((START + 900, lambda: found.callers.turn(STEPS[1], {})))
    assert found.run().answer is Answer.CHANGED
    assert found.shares == STEPS[1]


KILLS = range(1, 200)


def test_killed_after_any_call_and_started_again_it_ends_as_if_it_had_not_been(scene):
    """After each call of Azure in turn: the traffic is a whole step, and the same command goes on to the end."""
    whole = [BLUE, *STEPS, GREEN]
    killed = 0
    for number in KILLS:
        callers = Callers({"green": Behaviour()})
        first = scene(callers=callers)
        first.rollout.journal.file.unlink(missing_ok=True)

        def kill(_call, at, number=number):
            if at == number:
                raise Killed

        first.endpoint.after = kill
        try:
            first.run()
        except Killed:
            killed += 1
        else:
            break
        assert first.shares in whole
        again = scene(callers=callers)
        outcome = again.run()
        assert (outcome.answer, again.shares) == (Answer.GO, GREEN)
        turns = again.turns
        assert [turns[0], *[b for a, b in pairwise(turns) if a != b]] == whole
    assert killed > 10


def test_what_was_seen_before_a_kill_counts_after_it(scene):
    """Evidence against new is not forgotten by starting again until it passes."""
    callers = Callers({"green": Behaviour(failed=0.02)})
    first = scene(callers=callers, plan=dataclasses.replace(PLAN, longest=1200))
    outcome = first.run()
    assert outcome.answer is Answer.INCONCLUSIVE
    again = scene(callers=callers, plan=dataclasses.replace(PLAN, longest=600))
    second = again.run()
    assert "with what was seen before" in again.told[0]
    known, more = outcome.judge.seen[0], second.judge.seen[0]
    # The minutes between both are there as well, once each.
    passed = sum(callers.minute(at)["green"].requests for at in minutes_between(second, callers))
    assert more[0].requests == passed > known[0].requests


def minutes_between(outcome, callers):
    """The complete minutes of the step until the last look."""
    begun = next(at for at, shares, _ in callers.history if "green" in shares)
    first = -(-(begun + PLAN.settle) // 60) * 60
    last = outcome.looks[-1].time - 180
    return [first + 60 * each for each in range(int((last - first) // 60))]


def test_a_journal_that_is_gone_or_torn_is_only_a_hint(scene):
    callers = Callers({"green": Behaviour()})
    first = scene(callers=callers, plan=dataclasses.replace(PLAN, longest=600))
    assert first.run().answer is Answer.INCONCLUSIVE
    file = first.rollout.journal.file
    text = file.read_text()
    for torn in ("", text[: len(text) // 2], text[:-7], "{}\n[]\nnull\nnothing\n", text.replace("rows", "wors")):
        file.write_text(torn)
        again = scene(callers=dataclasses.replace(callers, history=list(callers.history)), plan=PLAN)
        assert again.run().answer is Answer.GO, torn[-80:]
        for line in file.read_text().splitlines()[-3:]:
            json.loads(line)


def test_a_rollout_that_went_back_leaves_its_evidence_behind(scene):
    callers = Callers({"green": Behaviour(failed=0.5)})
    assert scene(callers=callers).run().answer is Answer.BACK
    callers.behaviour["green"] = Behaviour()
    assert scene(callers=callers).run().answer is Answer.GO


SLOTS = Plan(old="production", new="staging", pause=300, ratio=3, longest=6 * 3600, baseline=6 * 3600)


def slots(scene, green=GOOD, callers=None):
    callers = callers or Callers({"staging": green}, shares={"production": 100})
    return scene(
        plan=SLOTS,
        callers=callers,
        kind=Kind.APP_SERVICE,
        versions={"production": "Succeeded", "staging": "Succeeded"},
        images={"production": "demand:1", "staging": "demand:2"},
    )


def test_slots_are_swapped_after_the_last_step_and_no_rule_stays(scene):
    found = slots(scene)
    outcome = found.run()
    assert outcome.answer is Answer.GO
    assert found.endpoint.swaps == ["staging"]
    assert found.shares == {"production": 100}
    assert found.turns[-2:] == [{"production": 50, "staging": 50}, {"production": 100}]


def test_a_swap_is_not_undone_by_starting_again(scene):
    found = slots(scene)

    def kill(call, _number):
        if call == "swap":
            raise Killed

    found.endpoint.after = kill
    with pytest.raises(Killed):
        found.run()
    again = slots(scene, callers=found.callers)
    again.endpoint.images = found.endpoint.images
    outcome = again.run()
    assert (outcome.answer, again.endpoint.swaps) == (Answer.GO, [])
    assert "swapped into production already" in outcome.reason


def test_a_slot_that_was_swapped_is_not_released_again_and_goes_back_by_a_swap(scene):
    found = slots(scene)
    assert found.run().answer is Answer.GO
    again = slots(scene, callers=found.callers)
    again.endpoint.images = found.endpoint.images
    assert "nothing to do" in again.run().reason
    assert again.endpoint.swaps == []
    back = slots(scene, callers=found.callers)
    back.endpoint.images = found.endpoint.images
    outcome = back.rollout.back()
    assert (outcome.answer, back.endpoint.swaps) == (Answer.BACK, ["staging"])
    assert back.endpoint.images == {"production": "demand:1", "staging": "demand:2"}
    assert "nothing to do" in slots(scene, callers=found.callers).rollout.back().reason


def test_a_swap_that_azure_reports_as_failed_is_looked_at(scene):
    found = slots(scene)

    def fail(call, _number):
        if call == "swap":
            raise EndpointError("the operation did not end in time")

    found.endpoint.after = fail
    outcome = found.run()
    assert (outcome.answer, found.endpoint.swaps) == (Answer.GO, ["staging"])


@pytest.mark.parametrize("images", [{}, {"production": "demand:latest", "staging": "demand:latest"}])
def test_slots_that_cannot_be_told_apart_are_refused(scene, images):
    found = slots(scene)
    found.endpoint.images = images
    with pytest.raises(EndpointError, match="nobody could tell"):
        found.run()
    assert found.turns == [{"production": 100}]


def test_a_bad_slot_is_not_swapped(scene):
    found = slots(scene, Behaviour(failed=0.1))
    assert found.run().answer is Answer.BACK
    assert (found.endpoint.swaps, found.shares) == ([], {"production": 100})
