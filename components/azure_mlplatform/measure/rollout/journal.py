"""Keeps what a rollout saw, so that one that is taken up again does not begin its test anew.

The journal is a hint. Where the endpoint stands is what its traffic says. Without a journal, or with one of another
rollout, nothing is lost but the evidence: the test begins again at 1, and a false alarm gets a second chance.

One JSON object a line, written at once. A line that was cut off by a kill is not read. A lock keeps a second rollout of
the same endpoint on this machine out; the system frees it if the process dies.
"""

import contextlib
import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, Optional, TextIO

from .baseline import Baseline
from .evidence import Minute, Served
from .plan import Plan

VERSION = 1


class InUseError(Exception):
    """Another process on this machine runs a rollout of the endpoint."""


def journal_file(folder: Path, endpoint_id: str) -> Path:
    """The journal of an endpoint."""
    digest = hashlib.sha256(endpoint_id.lower().encode()).hexdigest()[:12]
    return folder / f"{endpoint_id.rstrip('/').rsplit('/', 1)[-1]}-{digest}.jsonl"


class Journal:
    """The journal of one endpoint. Open it as a context: that holds the lock."""

    def __init__(self, file: Path, endpoint_id: str) -> None:
        self.file = file
        self._endpoint_id = endpoint_id.lower()
        self._stream: Optional[TextIO] = None

    def __enter__(self) -> "Journal":
        self.file.parent.mkdir(parents=True, exist_ok=True)
        self._stream = self.file.open("a+", encoding="utf-8")
        try:
            _lock(self._stream)
        except OSError:
            self._stream.close()
            raise InUseError(
                f"a rollout of this endpoint runs on this machine already ({self.file}). Wait until it has ended, or "
                "end it: it leaves the traffic at a whole step"
            ) from None
        return self

    def __exit__(self, *_: object) -> None:
        if self._stream is not None:
            self._stream.close()

    def write(self, event: str, time: float, **fields: Any) -> None:
        """Adds an event. A full disk loses the event, never the rollout."""
        if self._stream is None:
            return
        line = json.dumps({"event": event, "time": round(time, 3), **fields}, separators=(",", ":"))
        with contextlib.suppress(OSError):
            # A line that a kill cut off stays a line of its own.
            self._stream.write(f"{'' if self._ends_whole() else chr(10)}{line}\n")
            self._stream.flush()
            os.fsync(self._stream.fileno())

    def begin(self, plan: Plan, baseline: Baseline, time: float, **fields: Any) -> None:
        """Begins a rollout. What was written before is of an older one."""
        self.write(
            "begin",
            time,
            version=VERSION,
            endpoint=self._endpoint_id,
            plan=asdict(plan),
            baseline=baseline.as_json(),
            **fields,
        )

    def minutes(self, stage: int, minutes: list[Minute], plan: Plan, time: float) -> None:
        """Keeps complete minutes."""
        rows = [[each.start, *_row(each.of(plan.new)), *_row(each.of(plan.old))] for each in minutes]
        self.write("minutes", time, stage=stage, rows=rows)

    def events(self) -> list[dict[str, Any]]:
        """The events of the latest rollout, in order. Empty if there is none, or if it was of another endpoint."""
        found: list[dict[str, Any]] = []
        for each in self._all():
            if each["event"] == "begin":
                found = []
            found.append(each)
        if not found or found[0]["event"] != "begin" or found[0].get("version") != VERSION:
            return []
        return found if found[0].get("endpoint") == self._endpoint_id else []

    def _all(self) -> Iterator[dict[str, Any]]:
        try:
            text = self.file.read_text(encoding="utf-8", errors="replace")
        except OSError:
            return
        for line in text.splitlines():
            with contextlib.suppress(ValueError):
                found = json.loads(line)
                if isinstance(found, dict) and isinstance(found.get("event"), str):
                    yield found

    def _ends_whole(self) -> bool:
        try:
            data = self.file.read_bytes()
        except OSError:
            return True
        return not data or data.endswith(b"\n")


def _row(served: Served) -> list[float]:
    return [served.requests, served.failed, served.slow]


def minutes_of(event: dict[str, Any], plan: Plan) -> list[Minute]:
    """The minutes of an event. Empty if it is not in their shape."""
    found: list[Minute] = []
    with contextlib.suppress(KeyError, TypeError, ValueError):
        for start, *numbers in event["rows"]:
            new, old = Served(*map(float, numbers[:3])), Served(*map(float, numbers[3:6]))
            found.append(Minute(float(start), {plan.new: new, plan.old: old}))
    return found


def is_same(begin: dict[str, Any], plan: Plan) -> bool:
    """Whether a rollout that was begun asks what this plan asks, so that its evidence counts for it."""
    kept = begin.get("plan") or {}
    names = ("old", "new", "mirror", "alpha", "tolerated")
    return all(kept.get(each) == getattr(plan, each) for each in names) and tuple(kept.get("steps") or ()) == plan.steps


def baseline_from(begin: dict[str, Any]) -> Optional[Baseline]:
    """The baseline that a rollout was begun with."""
    try:
        return Baseline(**begin["baseline"])
    except (KeyError, TypeError):
        return None


def _lock(stream: TextIO) -> None:
    """Raises OSError if another process has it. Where the system has no such lock (Windows), nothing is held."""
    try:
        import fcntl
    except ImportError:
        return
    fcntl.flock(stream.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
