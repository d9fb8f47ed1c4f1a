"""Runs a schedule against a real server, and returns what was measured."""

import asyncio
import gc
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Optional

from azure_mlplatform.foundation.problems import Problem, ProblemsError
from azure_mlplatform.measure.extra import needs_extra

from .measurement import Measurement
from .schedule import Schedule
from .target import Target

if TYPE_CHECKING:
    from .client import Progress

_FILES_BESIDE = 64
"""File descriptors that the process has for other things than connections."""

_SWITCH = 0.0005
"""Seconds for which another thread, such as one that shows progress, may hold Python's lock. Python's own is 0.005."""


def run(
    schedule: Schedule,
    target: Target,
    *,
    timeout: float = 30.0,
    connections: int = 512,
    progress: Optional[Callable[["Progress"], None]] = None,
    stop: Optional[Callable[["Progress"], bool]] = None,
) -> Measurement:
    """Sends each request of the schedule at its time, whatever became of those before, and waits for the answers.

    Blocks for the schedule's length and `timeout` at most, and has an event loop of its own. `timeout` counts, in
    seconds, from when a request's turn came, so it includes the wait for a connection. `connections` is the most that
    are open at once; requests beyond wait, and a note says how many did.

    `progress` and `stop` are called some four times a second, in another thread. After `stop` has returned True nothing
    more is sent, and what is under way is waited for. Ctrl-C closes all connections and is raised again.

    Raises UnreachableError if no connection can be made at the start, ProblemsError if a setting is wrong or the extra
    `measure` is not installed, and what `target.token` raises when it is called first. What fails later is a Failure in
    the measurement.
    """
    needs_extra("A run of requests", "numpy", "httptools")
    _refuse(timeout, connections)

    from .client import Run

    async def go() -> Measurement:
        sending = Run(schedule, target, timeout=timeout, connections=connections, progress=progress, stop=stop)
        await sending.go()
        return sending.measurement()

    with _without_pauses(), asyncio.Runner(loop_factory=_loop_factory()) as runner:
        return runner.run(go())


def _loop_factory() -> Optional[Callable[[], asyncio.AbstractEventLoop]]:
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop


@contextmanager
def _without_pauses() -> Iterator[None]:
    """Keeps the garbage collector from all that lives before the run, and other threads from holding Python long.

    The collector stays on: a server that closes each connection leaves some garbage with each.
    """
    switch = sys.getswitchinterval()
    gc.collect()
    gc.freeze()
    sys.setswitchinterval(_SWITCH)
    try:
        yield
    finally:
        sys.setswitchinterval(switch)
        gc.unfreeze()


def _refuse(timeout: float, connections: int) -> None:
    problems: list[Problem] = []
    if not 0 < timeout <= 3600:
        problems.append(Problem(("timeout",), f"{timeout:g} s is no time to wait", "Give more than 0 and up to 3600 s"))
    if connections < 1:
        problems.append(Problem(("connections",), f"{connections} is no number of connections", "Give 1 or more"))
    elif (most := _descriptors(connections + _FILES_BESIDE)) < connections + _FILES_BESIDE:
        what = f"{connections} connections are more than the {most} files that this process may open"
        fix = (
            f"Give {max(1, most - _FILES_BESIDE)} or fewer, or raise the bound: ulimit -n {connections + _FILES_BESIDE}"
        )
        problems.append(Problem(("connections",), what, fix))
    if problems:
        raise ProblemsError(problems)


def _descriptors(wanted: int) -> int:
    """How many files this process may open, after raising the bound to `wanted` if the system lets it."""
    try:
        import resource
    except ImportError:  # Windows, where sockets are no files.
        return wanted
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return wanted
    most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    return most
