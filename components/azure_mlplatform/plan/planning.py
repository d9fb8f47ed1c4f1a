"""Plans stacks for a check: in this process, or in processes that end with it.

A worker is started anew (never forked), plans one stack after another, and is replaced when it has grown. A program
that ends its worker, or does not end, gives a problem. Results are small: the summaries of plans.
"""

import contextlib
import datetime
import gc
import io
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, Optional

from pydantic import TypeAdapter

from ..config import files
from ..foundation.problems import Problem
from .comparisons import ALL
from .reads import Reads, watched
from .summary import Summary, summary_of

SECONDS = 600.0
"""The time that a program may take to plan one stack. A large environment takes one second."""

_MOST_BYTES = 380_000_000
"""The memory from which a worker is replaced: one plan more stays below 500 MB."""

_MOST_STACKS = 100
"""The number of stacks after which a worker is replaced where its memory cannot be read."""

_COLLECT_EVERY = 5
"""The number of plans after which garbage is collected: 10 MB each."""

_MOST_PRINTED = 100_000
"""The characters of a program's output that are shown, from its end."""


@dataclass(frozen=True, slots=True)
class Job:
    """A stack to plan."""

    folder: str
    """The project's folder, relative to the root."""

    stack: str


@dataclass(frozen=True, slots=True)
class Result:
    """What planning a stack gave: a summary, or problems."""

    summary: Optional[Summary] = None
    problems: tuple[Problem, ...] = ()
    printed: str = ""
    """What the program printed."""

    reads: Optional[Reads] = None
    """What it read, if the result may be kept."""

    last: bool = False
    """Whether its worker plans no more."""


_WIRE = TypeAdapter(Result)


@dataclass(frozen=True, slots=True)
class Planning:
    """How stacks are planned."""

    root: Path
    day: datetime.date
    watch: bool = False
    """Whether to note what programs read, so that their results may be kept."""

    seconds: float = SECONDS

    def here(self, jobs: Iterable[Job]) -> Iterator[tuple[Job, Result]]:
        """Plans in this process."""
        yield from ((each, _printing(lambda job=each: self.result(job))) for each in jobs)

    def result(self, job: Job) -> Result:
        """Plans one stack."""
        from .failures import problems_in
        from .program import program_file, run_stack

        folder = self.root / job.folder
        try:
            if not self.watch:
                plan, reads = run_stack(folder, job.stack, today=self.day), None
            else:
                files.forget()
                with watched() as seen:
                    plan = run_stack(folder, job.stack, today=self.day)
                program = program_file(folder, files.stack_config(folder, job.stack))
                reads = seen.reads(program.parent)
            return Result(summary_of(replace(plan, folder=job.folder), ALL), reads=reads)
        except Exception as error:  # A program may raise anything. The other stacks must still be checked.
            where = f"{job.folder}/".lstrip("/")
            return Result(
                problems=tuple(
                    replace(each, file=f"{where}{each.file or f'Pulumi.{job.stack}.yaml'}")
                    for each in problems_in(error)
                )
            )

    def in_workers(self, jobs: Iterable[Job], count: int) -> Iterator[tuple[Job, Result]]:
        """Plans in `count` processes. The results come as they are done, in any order.

        Ends all processes, and what programs started in them, however it ends.
        """
        waiting = deque(jobs)
        workers: list[_Worker] = []
        try:
            while waiting or workers:
                while waiting and len(workers) < count:
                    workers.append(_Worker(self))
                for each in workers:
                    if each.job is None and waiting:
                        each.take(waiting.popleft())
                for each in [each for each in workers if each.job is None]:
                    each.end()
                    workers.remove(each)
                for each in _answering(workers) if workers else ():
                    job, result = each.answer()
                    if result is None and each.planned:
                        # What the stacks before it left behind may be the reason: a new worker decides.
                        waiting.appendleft(job)
                    else:
                        yield job, result or _ended(job, each)
                    if result is None or result.last:
                        each.end()
                        workers.remove(each)
        finally:
            for each in workers:
                each.end()


class _Worker:
    """A process that plans, seen from the one that started it."""

    def __init__(self, planning: Planning) -> None:
        context = multiprocessing.get_context("spawn")
        self.connection, theirs = context.Pipe()
        self.process: BaseProcess = context.Process(target=_work, args=(theirs, planning), daemon=True)
        with _without_interrupts():
            self.process.start()
        theirs.close()
        self.job: Optional[Job] = None
        self.seconds = planning.seconds
        self.until = 0.0
        self.planned = 0
        self.late = False

    def take(self, job: Job) -> None:
        self.job, self.until = job, time.monotonic() + self.seconds
        with contextlib.suppress(OSError):  # It has ended, and its answer says so.
            self.connection.send(job)

    def answer(self) -> tuple[Job, Optional[Result]]:
        """Its job and the result, or None if it ended or did not answer in time."""
        job, self.job = self.job, None
        assert job is not None  # noqa: S101 - only a worker with a job answers
        self.late = not self.connection.poll() and time.monotonic() >= self.until
        try:
            result = None if self.late else _WIRE.validate_json(self.connection.recv_bytes())
        except (EOFError, OSError, ValueError):
            return job, None
        self.planned += result is not None
        return job, result

    def end(self) -> None:
        """Ends the process, and all that were started in it."""
        self.connection.close()
        if self.job is None and not self.late:
            self.process.join(2)
        with contextlib.suppress(OSError):
            if sys.platform != "win32" and self.process.pid:
                os.killpg(self.process.pid, signal.SIGKILL)
        if self.process.is_alive():
            self.process.kill()
        self.process.join()


def _answering(workers: list[_Worker]) -> list[_Worker]:
    """The workers that answer, have ended, or are late. Waits for the first of them."""
    seconds = max(0.0, min(each.until for each in workers) - time.monotonic())
    ready = set(wait([each.connection for each in workers], seconds))
    now = time.monotonic()
    return [each for each in workers if each.connection in ready or now >= each.until]


def _ended(job: Job, worker: _Worker) -> Result:
    """The problem of a program that ended its worker, or did not end."""
    file = f"{job.folder}/Pulumi.{job.stack}.yaml".lstrip("/")
    if worker.late:
        what = f"the program did not end within {worker.seconds:g} seconds"
        return Result(problems=(Problem((), what, "Find what it waits for: mlplatform preview", file),))
    worker.process.join(2)
    code = worker.process.exitcode
    if code is not None and code < 0:
        name = signal.Signals(-code).name if -code in set(signal.Signals) else f"signal {-code}"
        what = f"the program was ended by {name}"
        fix = "The machine may lack memory: try --processes 1" if name == "SIGKILL" else "Run: mlplatform preview"
    else:
        what, fix = f"the program ended its process, with exit code {code}", "Let it return, or raise an error"
    return Result(problems=(Problem((), what, fix, file),))


@contextlib.contextmanager
def _without_interrupts() -> Iterator[None]:
    """Holds Ctrl-C back while a process starts, so that it inherits that: it is for this process to end the others."""
    if sys.platform == "win32":
        yield
        return
    from multiprocessing import resource_tracker

    resource_tracker.ensure_running()  # Its own start would let interrupts through.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _work(connection: Connection, planning: Planning) -> None:
    """Plans the stacks that come, in a process of its own, until no more come."""
    if sys.platform != "win32":
        os.setpgrp()
    else:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    gc.disable()
    planned = 0
    while True:
        try:
            job = connection.recv()
        except (EOFError, OSError):
            return
        result = _printing(lambda job=job: _any_result(planning, job))
        planned += 1
        if planned == 1:
            # What the first plan loaded stays, and need not be looked at again.
            gc.collect()
            gc.freeze()
        elif not planned % _COLLECT_EVERY:
            gc.collect()
        last = planned >= _MOST_STACKS or _memory() > _MOST_BYTES
        connection.send_bytes(_WIRE.dump_json(replace(result, last=last)))
        if last:
            return


def _any_result(planning: Planning, job: Job) -> Result:
    try:
        return planning.result(job)
    except BaseException as error:  # A worker ends by itself only.
        what = f"the program failed: {type(error).__name__}"
        return Result(problems=(Problem((), what, "", f"{job.folder}/Pulumi.{job.stack}.yaml".lstrip("/")),))


def _printing(plan: Callable[[], Result]) -> Result:
    """A result, with what its program printed. That may be anything, so such a result is not kept."""
    printed = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", errors="backslashreplace")
    with contextlib.redirect_stderr(printed):
        result = plan()
    text = "what the program printed is lost: it closed its output\n"
    with contextlib.suppress(ValueError):
        printed.flush()
        buffer: Any = printed.buffer
        text = buffer.getvalue().decode(errors="backslashreplace")[-_MOST_PRINTED:]
    return replace(result, printed=text, reads=None) if text else result


def _end_with_parent() -> None:
    """Ends this process, and all that it started, once the one that started it has ended."""
    parent = multiprocessing.parent_process()
    if parent is None:
        return
    wait([parent.sentinel])
    if sys.platform != "win32":
        os.killpg(0, signal.SIGKILL)
    os._exit(1)


def _memory() -> int:
    """The bytes that this process has in memory, or the most that it had. 0 where nothing says it."""
    try:
        # Linux counts for the most that a process had what the one had that started it.
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        pass
    try:
        import resource
    except ImportError:
        return 0
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def cores() -> int:
    """The number of cores that this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:
        return os.cpu_count() or 1
