"""Wakes an event loop at a time that is precise to some 50 µs.

uvloop's own timers, and those of asyncio on Linux, are whole milliseconds. That is 5 % of a target of 20 ms before
anything has happened. Linux has timers that are files (timerfd), which any loop can watch. Elsewhere the loop's timer
wakes it two milliseconds early, and it goes round without sleep until the time has come.
"""

import asyncio
import ctypes
import os
import sys
import time
from collections.abc import Callable
from typing import Optional, Protocol

_ROUND = 0.002
"""How early a loop's own timer may fire, or how late, by the rounding to milliseconds."""

_SOONEST = 0.0001
"""A wake-up that is due earlier is put off to this. It bounds them to 10,000 a second; requests due since then are
sent together."""


class PreciseTimer(Protocol):
    """Calls back once for each `set`. A new `set` replaces the one before."""

    def set(self, seconds: float) -> None:
        """Calls back in `seconds`, or as soon as it may."""
        ...

    def close(self) -> None:
        """Calls back no more."""
        ...


def precise_timer(loop: asyncio.AbstractEventLoop, callback: Callable[[], None]) -> PreciseTimer:
    """The best timer of this machine."""
    if sys.platform == "linux":
        try:
            return _FileTimer(loop, callback)
        except (OSError, AttributeError):  # A sandbox without timerfd, or a C library without it.
            pass
    return _LoopTimer(loop, callback)


class _Spec(ctypes.Structure):
    """C's `struct itimerspec`: when it repeats (never), and when it fires."""

    _fields_ = (
        ("repeat_seconds", ctypes.c_long),
        ("repeat_nanoseconds", ctypes.c_long),
        ("seconds", ctypes.c_long),
        ("nanoseconds", ctypes.c_long),
    )


class _FileTimer:
    def __init__(self, loop: asyncio.AbstractEventLoop, callback: Callable[[], None]) -> None:
        library = ctypes.CDLL(None, use_errno=True)
        self._settime = library.timerfd_settime
        self._fd: int = library.timerfd_create(time.CLOCK_MONOTONIC, os.O_NONBLOCK | os.O_CLOEXEC)
        if self._fd < 0:
            raise OSError(ctypes.get_errno(), "timerfd_create")
        self._loop, self._spec = loop, _Spec()
        self._at = ctypes.byref(self._spec)
        self._callback = callback
        loop.add_reader(self._fd, self._fired)

    def set(self, seconds: float) -> None:
        # Setting it again also takes back what has fired, so the callback's next `set` need not read the file.
        seconds = max(seconds, _SOONEST)
        self._spec.seconds = whole = int(seconds)
        self._spec.nanoseconds = int((seconds - whole) * 1e9)
        self._settime(self._fd, 0, self._at, None)

    def _fired(self) -> None:
        try:
            os.read(self._fd, 8)
        except BlockingIOError:  # It was set again after the loop had seen it.
            return
        self._callback()

    def close(self) -> None:
        if self._fd >= 0:
            self._loop.remove_reader(self._fd)
            os.close(self._fd)
            self._fd = -1


class _LoopTimer:
    def __init__(self, loop: asyncio.AbstractEventLoop, callback: Callable[[], None]) -> None:
        self._loop, self._callback = loop, callback
        self._handle: Optional[asyncio.Handle] = None
        self._due = 0.0

    def set(self, seconds: float) -> None:
        self.close()
        self._due = time.perf_counter() + max(seconds, _SOONEST)
        self._wait()

    def _wait(self) -> None:
        left = self._due - time.perf_counter()
        if left <= 0:
            self._callback()
        elif left <= _ROUND:
            self._handle = self._loop.call_soon(self._wait)
        else:
            self._handle = self._loop.call_later(left - _ROUND, self._wait)

    def close(self) -> None:
        if self._handle is not None:
            self._handle.cancel()
