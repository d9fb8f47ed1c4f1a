"""Reads recorded times of requests, to send them again with the same gaps."""

import math
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import pairwise
from pathlib import Path

from azure_mlplatform.foundation.problems import Problem, ProblemsError

from .schedule import MOST_REQUESTS, Schedule

_SHOWN = 20
"""So many problems of one file are listed."""

_HEADINGS = frozenset({"time", "times", "timestamp", "timegenerated", "seconds"})
"""What the first line of a file may be, as logs are exported with one."""

_FORMS = "Write one time a line: seconds, such as 12.5, or a time stamp, such as 2026-11-28T10:00:00.25Z"


def recorded(times: Sequence[float], description: str = "", *, speed: float = 1.0) -> Schedule:
    """Times in seconds, from the first one on, with their gaps divided by `speed`.

    They may not descend. Raises a ProblemsError if one does, if there is none, or if one is no number.
    """
    import numpy as np

    problems = list(_of_speed(speed))
    values = np.asarray(times, dtype=np.float64)
    if not len(values):
        problems.append(Problem((), "there is no time", "Give one or more"))
    elif not np.isfinite(values).all():
        problems.append(Problem((int(np.argmin(np.isfinite(values))),), "is no number", "Give seconds"))
    elif (np.diff(values) < 0).any():
        at = int(np.argmax(np.diff(values) < 0)) + 1
        problems.append(Problem((at,), f"{values[at]:g} comes after {values[at - 1]:g}", "Give times that ascend"))
    if len(values) > MOST_REQUESTS:
        problems.append(Problem((), f"{len(values):,} requests are too many", f"Give {MOST_REQUESTS:,} at most"))
    if problems:
        raise ProblemsError(problems)
    shifted = (values - values[0]) / speed
    words = [description or "recorded", f"{len(values):,} requests in {shifted[-1]:.6g} s"]
    if speed != 1:
        words.append(f"{speed:g} times as fast as recorded")
    return Schedule(shifted, float(shifted[-1]), ", ".join(words))


def read_trace(path: Path, *, speed: float = 1.0) -> Schedule:
    """Reads a file with one time a line: seconds, or time stamps of ISO 8601, in the first column of a CSV file.

    Empty lines and those that begin with `#` are left out, as is a heading. Time stamps are sorted, because logs are
    written when requests end; seconds must ascend, because gaps between requests look like seconds. Raises a
    ProblemsError with the line of each problem.
    """
    name = path.name
    try:
        lines = path.read_text("utf-8-sig").splitlines()
    except OSError as error:
        raise ProblemsError([Problem((), f"cannot be read: {error.strerror}", "Name a file of times", name)]) from None
    except UnicodeDecodeError:
        raise ProblemsError([Problem((), "is not text in UTF-8", "Save it as UTF-8", name)]) from None
    problems = list(_of_speed(speed))
    seconds: list[tuple[int, float]] = []
    stamps: list[tuple[int, datetime]] = []
    for number, text in _times(lines):
        try:
            value = float(text)
        except ValueError:
            try:
                stamps.append((number, datetime.fromisoformat(text)))
            except ValueError:
                problems.append(Problem((), f"{text[:40]!r} is no time", _FORMS, f"{name}:{number}"))
            continue
        if not math.isfinite(value) or value < 0:
            problems.append(Problem((), f"{text[:40]} is no time", "Give seconds of 0 or more", f"{name}:{number}"))
        else:
            seconds.append((number, value))
    problems += _of_order(seconds, name)
    problems += _of_kind(seconds, stamps, name)
    if not seconds and not stamps and not problems:
        problems.append(Problem((), "has no time in it", _FORMS, name))
    if problems:
        raise ProblemsError(_first(problems, name))
    values = [each for _, each in seconds] or sorted(each.timestamp() for _, each in stamps)
    return recorded(values, f"recorded in {name}", speed=speed)


def _times(lines: Sequence[str]) -> Iterator[tuple[int, str]]:
    """The first column of each line that has one, with its number."""
    is_first = True
    for number, line in enumerate(lines, 1):
        text = line.split(",")[0].strip().strip('"')
        if not text or text.startswith("#"):
            continue
        if not (is_first and text.lower().replace("_", "").split(" ")[0] in _HEADINGS):
            yield number, text
        is_first = False


def _of_speed(speed: float) -> Iterator[Problem]:
    if not math.isfinite(speed) or speed <= 0:
        yield Problem(("speed",), f"{speed:g} is not a speed", "Give a number above 0; 2 is twice as fast as recorded")


def _of_order(seconds: Sequence[tuple[int, float]], name: str) -> Iterator[Problem]:
    for (_, before), (number, value) in pairwise(seconds):
        if value < before:
            fix = "Sort the file. If these are gaps between requests, sum them up"
            yield Problem((), f"{value:g} comes after {before:g}", fix, f"{name}:{number}")


def _of_kind(
    seconds: Sequence[tuple[int, float]], stamps: Sequence[tuple[int, datetime]], name: str
) -> Iterator[Problem]:
    if seconds and stamps:
        what = f"line {seconds[0][0]} has seconds, line {stamps[0][0]} a time stamp"
        yield Problem((), what, "Use one of them in all lines", name)
    zoned = [each for each in stamps if each[1].tzinfo is not None]
    if stamps and 0 < len(zoned) < len(stamps):
        bare = next(each for each in stamps if each[1].tzinfo is None)
        what = f"line {zoned[0][0]} has a time zone, line {bare[0]} none"
        yield Problem((), what, "Write a time zone, such as Z for UTC, in all lines or in none", name)


def _first(problems: Sequence[Problem], name: str) -> list[Problem]:
    if len(problems) <= _SHOWN:
        return list(problems)
    more = Problem((), f"has {len(problems) - _SHOWN:,} more problems", "Mend these first", name)
    return [*problems[:_SHOWN], more]
