"""How what takes its time is asked for."""

import time
from types import SimpleNamespace

import pytest

from azure_mlplatform.dynamic.arm import POLL_SECONDS, POLLS, until


@pytest.fixture
def slept(monkeypatch):
    """The seconds of every pause, none of which is made."""
    seconds = []
    monkeypatch.setattr(time, "sleep", seconds.append)
    return seconds


def test_it_is_asked_again_when_azure_says_or_after_ten_seconds(slept):
    answers = iter([(1, {"Retry-After": "7"}), (2, {}), (3, {"Retry-After": "0"}), (4, {})])

    def ask():
        answer, headers = next(answers)
        return answer, SimpleNamespace(headers=headers)

    assert until(ask, lambda answer: answer == 4) == 4
    assert slept == [7, POLL_SECONDS, 0]


def test_it_is_given_up_and_what_was_answered_last_is_told(slept):
    asked = []

    def ask():
        asked.append(1)
        return len(asked), SimpleNamespace(headers={})

    assert until(ask, lambda _: False) == POLLS
    assert sum(slept) == pytest.approx(20 * 60, rel=0.01)
