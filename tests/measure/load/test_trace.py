"""Recorded traces."""

import contextlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from azure_mlplatform.foundation.problems import ProblemsError
from azure_mlplatform.measure.load.trace import read_trace, recorded


@pytest.fixture
def file(tmp_path):
    def write(text):
        path = tmp_path / "trace.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def problems(path, **settings):
    with pytest.raises(ProblemsError) as error:
        read_trace(path, **settings)
    return [(each.file, each.what) for each in error.value.problems]


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=50).map(sorted), st.floats(0.1, 10))
def test_gaps_are_kept_and_divided_by_the_speed(times, speed):
    schedule = recorded(times, speed=speed)
    assert schedule.times[0] == 0
    assert schedule.times * speed == pytest.approx(np.array(times) - times[0], rel=1e-6, abs=1e-6)
    assert schedule.seconds == schedule.times[-1]


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=50).map(sorted))
def test_a_file_says_the_same_as_the_list(tmp_path_factory, times):
    path = tmp_path_factory.mktemp("trace") / "trace.txt"
    path.write_text("\n".join(map(repr, times)))
    assert read_trace(path).times == pytest.approx(recorded(times).times)


def test_an_export_of_log_analytics_is_read_and_sorted(file):
    text = (
        '\ufeff"TimeGenerated [UTC]",Name\r\n"2026-11-28T10:00:01.5Z",a\r\n"2026-11-28T10:00:00Z",b\r\n\r\n'
        "# a note\r\n2026-11-28T12:00:02+02:00,c\r\n"
    )
    schedule = read_trace(file(text))
    assert list(schedule.times) == [0, 1.5, 2]
    assert schedule.description == "recorded in trace.csv, 3 requests in 2 s"


def test_twice_the_speed_is_said(file):
    schedule = read_trace(file("0\n4\n"), speed=2)
    assert list(schedule.times) == [0, 2]
    assert schedule.description.endswith("2 times as fast as recorded")


def test_all_problems_of_a_file_come_at_once(file):
    found = problems(file("seconds\n0\n0.5\n0.2\nsoon\n-1\nnan\n2026-11-28T10:00:00\n2026-11-28T10:00:00Z\n"), speed=0)
    assert found == [
        ("", "0 is not a speed"),
        ("trace.csv:5", "'soon' is no time"),
        ("trace.csv:6", "-1 is no time"),
        ("trace.csv:7", "nan is no time"),
        ("trace.csv:4", "0.2 comes after 0.5"),
        ("trace.csv", "line 2 has seconds, line 8 a time stamp"),
        ("trace.csv", "line 9 has a time zone, line 8 none"),
    ]


def test_a_heading_is_only_the_first_line(file):
    assert problems(file("0\ntime\n")) == [("trace.csv:2", "'time' is no time")]


@pytest.mark.parametrize("text", ["", "\n\n", "# nothing\n", "time\n"])
def test_a_file_without_a_time(file, text):
    assert problems(file(text)) == [("trace.csv", "has no time in it")]


def test_a_file_that_is_no_text_or_is_not_there(file, tmp_path):
    assert problems(file(b"\xff\xfe\x00")) == [("trace.csv", "is not text in UTF-8")]
    assert problems(tmp_path / "none.csv") == [("none.csv", "cannot be read: No such file or directory")]
    assert problems(tmp_path) == [(tmp_path.name, "cannot be read: Is a directory")]


def test_a_file_full_of_problems_lists_the_first(file):
    found = problems(file("x\n" * 1000))
    assert len(found) == 21
    assert found[-1] == ("trace.csv", "has 980 more problems")


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(tmp_path_factory, text):
    path = tmp_path_factory.mktemp("trace") / "trace.txt"
    path.write_text(text, "utf-8", errors="replace")
    with contextlib.suppress(ProblemsError):
        assert (np.diff(read_trace(path).times) >= 0).all()


@pytest.mark.parametrize("times", [[], [1.0, 0.5], [float("inf")]])
def test_a_list_that_is_no_trace(times):
    with pytest.raises(ProblemsError):
        recorded(times)
