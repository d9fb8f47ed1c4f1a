"""How far an environment is."""

import datetime

import pytest

from azure_mlplatform.requests.states import State, statuses
from support.requests import PROJECT, SANDBOX, changed, in_memory

TODAY = datetime.date(2026, 11, 28)
ONE = [{"by": "a@bank.com", "day": "2026-11-02"}]
VENDED = {"approvals": ONE, "vended_on": "2026-11-03"}
RETIRED = {**VENDED, "retiring_since": "2026-11-10", "retired_on": "2026-11-20"}


def state(tmp_path, more, *, wrong=(), base=PROJECT, rendered=True, today=TODAY):
    if rendered:
        (tmp_path / "requests" / ".rendered" / base["project"]).mkdir(parents=True)
    request = changed(base, "environments.0", {**base["environments"][0], **more})
    return next(iter(statuses(in_memory(tmp_path, request), wrong, today)))


@pytest.mark.parametrize(
    ("more", "expected", "command"),
    [
        ({}, State.CHECKED, "gh pr create --fill"),
        ({"approvals": ONE}, State.APPROVED, "pulumi -C projects/lending up --stack dev"),
        (VENDED, State.VENDED, "mlplatform preview -C projects/lending dev"),
        ({**VENDED, "expires_on": "2026-12-12"}, State.EXPIRING, "mlplatform request status lending"),
        ({**VENDED, "expires_on": "2026-12-13"}, State.VENDED, "mlplatform preview -C projects/lending dev"),
        ({**VENDED, "expires_on": "2026-11-01"}, State.EXPIRING, "mlplatform request status lending"),
        (
            {**VENDED, "retiring_since": "2026-11-10"},
            State.RETIRING,
            "mlplatform request retire lending dev",
        ),
        (RETIRED, State.RETIRED, None),
    ],
)
def test_a_state_has_a_next_step_and_its_command(tmp_path, more, expected, command):
    found = state(tmp_path, more)
    assert (found.state, found.command) == (expected, command)
    assert found.step


def test_a_request_with_problems_is_only_requested(tmp_path):
    assert state(tmp_path, {}, wrong={"lending"}).state is State.REQUESTED


def test_a_checked_request_is_rendered_next(tmp_path):
    assert state(tmp_path, {}, rendered=False).command == "mlplatform request render lending"


def test_where_landings_are_the_landing_is_made_first(tmp_path):
    (tmp_path / "stacks" / "landing").mkdir(parents=True)
    (tmp_path / "stacks" / "landing" / "__main__.py").touch()
    assert state(tmp_path, {"approvals": ONE}).command == "pulumi -C projects/lending/landing up --stack dev"
    alone = state(tmp_path, {"approvals": ONE}, base=SANDBOX)
    assert alone.command == "pulumi -C projects/trial up --stack sandbox"


def test_a_retired_one_is_purgeable_on_a_day(tmp_path):
    assert state(tmp_path, RETIRED).until == "2026-12-04"
    after = state(tmp_path, RETIRED, rendered=False, today=datetime.date(2026, 12, 4))
    assert (after.state, after.since) == (State.PURGEABLE, "2026-12-04")
