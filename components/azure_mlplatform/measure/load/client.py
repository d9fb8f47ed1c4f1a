"""Sends requests when a schedule says so, over as many connections as that takes: one thread, one event loop.

Nothing here waits for an answer before the next request is sent. All that is measured goes into arrays of fixed length,
so a run costs the same per request at its end as at its start.
"""

import asyncio
import contextlib
import errno
import ssl
import threading
from array import array
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter, thread_time
from typing import TYPE_CHECKING, Any, Optional, TypeVar, cast

import httptools

from .measurement import Failure, Measurement
from .precise_timer import PreciseTimer, precise_timer
from .schedule import Schedule
from .target import Target, trust

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_BATCH = 32
"""As many requests are sent before answers that came meanwhile are read."""

_TOKEN_EVERY = 30.0
"""How often a token is asked for, in seconds. Its source keeps it until shortly before its end."""

_PROGRESS_EVERY = 0.25

_CROSSING = 0.01
"""A server may close a connection just as a request goes out on it. Such a closing is here within twice the time that
connecting took, or this time if it is longer. Later, the server had the request and gave no answer."""

_GENERATOR_ERRORS = frozenset({errno.EMFILE, errno.ENFILE, errno.EADDRNOTAVAIL, errno.ENOBUFS, errno.ENOMEM})
_NAN = float("nan")
_NEVER = -1
_Result = TypeVar("_Result")


class UnreachableError(Exception):
    """No request can be sent at all: no such name, no connection, or a certificate that is not trusted."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is."""

    seconds: float
    """Since its start."""

    of_seconds: float
    """The length of its schedule."""

    sent: int
    """Requests whose turn has come."""

    of_requests: int
    """Requests of the whole schedule."""

    answered: int
    """Answers, and requests that will get none."""

    failed: int
    """Those of them without a status from 200 to 299."""


class Run:
    """One run: `await go()`, then `measurement()`."""

    def __init__(
        self,
        schedule: Schedule,
        target: Target,
        *,
        timeout: float,
        connections: int,
        progress: Optional[Callable[[Progress], None]],
        stop: Optional[Callable[[Progress], bool]],
    ) -> None:
        self.times = array("d", schedule.times.tobytes())
        self.count = count = len(self.times)
        self.schedule, self.target = schedule, target
        self.timeout, self.limit = timeout, connections
        self.progress, self.stop = progress, stop
        self.taken, self.sent, self.done = (array("d", [_NAN]) * count for _ in range(3))
        self.status, self.failure = array("h", [0]) * count, array("b", [Failure.NOT_SENT]) * count
        self.next = 0
        self.under_way = 0
        self.failed = 0
        self.requests: list[bytes] = []
        self.cases = len(target.bodies)
        self.signs_in = target.token is not None
        self.idle: list[_Connection] = []
        self.connections: set[_Connection] = set()
        self.connecting = 0
        self.waiting: deque[int] = deque()
        self.generation = 0
        self.notes: list[str] = []
        self.counts: Counter[str] = Counter()
        self.start = 0.0
        self.busy = _NAN
        self._context = trust() if target.secure else None
        self._addresses: list[str] = []
        self._token = ""
        self._rejected = _NEVER
        self._unauthorized: list[tuple[int, float]] = []
        self._again: set[int] = set()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._timer: Optional[PreciseTimer] = None

    async def go(self) -> None:
        """Connects once, then sends by the schedule, and returns when each request is answered or failed.

        Raises UnreachableError, or what `target.token` raises when it is called first.
        """
        self._loop = asyncio.get_running_loop()
        self._ended = self._loop.create_future()
        if self.target.token:
            self._token = _checked(await _in_thread(self.target.token))
        self.requests = self.target.requests(self._token)
        await self._first_connection()
        self._timer = precise_timer(self._loop, self._send_due)
        self.start, used = perf_counter(), thread_time()
        self._in_background(self._watch())
        self._in_background(self._report())
        if self.target.token:
            self._in_background(self._keep_token())
        try:
            self._send_due()
            await self._ended
        finally:
            self._timer.close()
            took = perf_counter() - self.start
            self.busy = min(1.0, (thread_time() - used) / took) if took else _NAN
            await self._leave()

    def measurement(self) -> Measurement:
        """What was measured, with the notes."""
        import numpy as np

        status = np.frombuffer(self.status, "i2") if self.count else np.empty(0, "i2")

        def column(values: "array[Any]", kind: str) -> "NDArray[np.generic]":
            return np.frombuffer(values, dtype=kind) if len(values) else np.empty(0, kind)

        return Measurement(
            intended=self.schedule.times,
            taken=column(self.taken, "f8"),  # pyright: ignore[reportArgumentType]
            sent=column(self.sent, "f8"),  # pyright: ignore[reportArgumentType]
            done=column(self.done, "f8"),  # pyright: ignore[reportArgumentType]
            status=status,
            failure=np.where(status > 0, Failure.NONE, column(self.failure, "i1")).astype(np.int8),
            notes=(*self.notes, *self._counted()),
            busy=self.busy,
        )

    def _counted(self) -> list[str]:
        words = {
            "closed": "{} connections were closed by the server after an answer; connecting anew is in the times",
            "again": "{} requests were sent again, because the server closed their idle connection as they went out",
            "held": f"{{}} requests waited for one of {self.limit} connections, the most that this run may open;"
            " the wait is in their response times",
            "tokens": "{} times the token was replaced while the run went on",
            "redirected": "{} answers were redirects, which are not followed",
        }
        return [text.format(f"{self.counts[key]:,}") for key, text in words.items() if self.counts[key]]

    def _send_due(self) -> None:
        first = index = self.next
        times, idle, taken, waiting, start = self.times, self.idle, self.taken, self.waiting, self.start
        last = min(self.count, index + _BATCH)
        now = perf_counter() - start
        while index < last and times[index] <= now:
            taken[index] = now
            if idle:
                idle.pop().send(index)
            else:
                waiting.append(index)
            index += 1
            now = perf_counter() - start
        self.next = index
        self.under_way += index - first
        if waiting and index > first:
            self.open_for_waiting()
            # What waits beyond the connections that are on their way waits for one to be free.
            self.counts["held"] += min(index - first, max(0, len(waiting) - self.connecting))
        if index < self.count:
            self._timer.set(times[index] - now)  # pyright: ignore[reportOptionalMemberAccess]
        elif not self.under_way:
            self._end()

    def open_for_waiting(self) -> None:
        """Opens connections, one for each request that waits, within the limit."""
        while self.connecting < len(self.waiting) and len(self.connections) + self.connecting < self.limit:
            self.connecting += 1
            self._in_background(self._connect())

    def send_again(self, index: int) -> None:
        """Sends a request again, before those that wait."""
        if self.idle:
            self.idle.pop().send(index)
        else:
            self.waiting.appendleft(index)
            self.open_for_waiting()

    def finish(self, index: int, at: float, status: int) -> None:
        """A request got its answer."""
        self.done[index] = at
        self.status[index] = status
        if status >= 300:
            self.failed += 1
            if status < 400:
                self.counts["redirected"] += 1
        self.under_way -= 1
        if not self.under_way and self.next >= self.count:
            self._end()

    def fail(self, index: int, failure: Failure) -> None:
        """A request will get no answer."""
        self.done[index] = perf_counter() - self.start
        self.failure[index] = failure
        self.failed += 1
        self.under_way -= 1
        if not self.under_way and self.next >= self.count:
            self._end()

    def lost(self, index: int, *, crossing: bool) -> None:
        """The server closed a request's connection without an answer. `crossing`: before it can have read it."""
        if crossing and index not in self._again:
            self._again.add(index)
            self.counts["again"] += 1
            self.send_again(index)
        else:
            self.fail(index, Failure.CLOSED)

    def unauthorized(self, index: int, at: float, generation: int) -> None:
        """A request got a 401 with the token of this generation: it is sent again, once, if there is another token."""
        if index in self._again or generation == self._rejected:
            self.finish(index, at, 401)
        elif generation < self.generation:
            self._again.add(index)
            self.send_again(index)
        else:
            self._unauthorized.append((index, at))
            if len(self._unauthorized) == 1:
                self._in_background(self._replace_token(rejected=True))

    def _end(self) -> None:
        if not self._ended.done():
            self._ended.set_result(None)

    def _stop(self, note: str) -> None:
        """Sends nothing more. What is under way is waited for."""
        if self.next >= self.count and not self.waiting:
            return
        self.notes.append(note)
        self.next = self.count
        for index in self.waiting:
            self.taken[index] = _NAN
        self.under_way -= len(self.waiting)
        self.waiting.clear()
        self._timer.close()  # pyright: ignore[reportOptionalMemberAccess]
        if not self.under_way:
            self._end()

    async def _watch(self) -> None:
        """Gives up what takes too long."""
        pause = min(max(self.timeout / 50, 0.005), 0.1)
        while True:
            await asyncio.sleep(pause)
            now = perf_counter() - self.start
            due = now - self.timeout
            while self.waiting and self.taken[self.waiting[0]] <= due:
                self.fail(self.waiting.popleft(), Failure.TIMEOUT)
            for each in [each for each in self.connections if each.index != _NEVER and self.taken[each.index] <= due]:
                each.give_up(Failure.TIMEOUT)
            for each in [each for each in self._unauthorized if self.taken[each[0]] <= due]:
                self._unauthorized.remove(each)
                self.finish(*each, 401)
            if self.next < self.count and self.times[self.next] <= due:
                self._stop(f"the generator fell more than {self.timeout:g} s behind, and the rest was not sent")

    async def _report(self) -> None:
        """Tells how far the run is, and asks whether to stop. Both happen in a thread, so they may take their time."""
        if not self.progress and not self.stop:
            return

        def ask(now: Progress) -> bool:
            if self.progress:
                self.progress(now)
            return bool(self.stop and self.stop(now))

        while not await _in_thread(lambda: ask(self._now())):
            await asyncio.sleep(_PROGRESS_EVERY)
        seconds = perf_counter() - self.start
        self._stop(f"the run was stopped after {seconds:.1f} of {self.schedule.seconds:g} s")

    def _now(self) -> Progress:
        seconds = perf_counter() - self.start
        answered = self.next - self.under_way
        return Progress(seconds, self.schedule.seconds, self.next, self.count, answered, self.failed)

    async def _keep_token(self) -> None:
        while True:
            await asyncio.sleep(_TOKEN_EVERY)
            await self._replace_token(rejected=False)

    async def _replace_token(self, *, rejected: bool) -> None:
        """Asks for a token. What got a 401 is sent again with a new one, and keeps its 401 without."""
        try:
            token = _checked(await _in_thread(self.target.token))  # pyright: ignore[reportArgumentType]
        except (
            Exception
        ) as error:  # What a source of tokens raises is its own affair; the run goes on with the old one.
            token = self._token
            note = f"no new token could be had: {str(error).splitlines()[0] if str(error) else type(error).__name__}"
            if note not in self.notes:
                self.notes.append(note)
        held, self._unauthorized = (self._unauthorized, []) if rejected else ([], self._unauthorized)
        if token == self._token:
            if rejected:
                self._rejected = self.generation
            for index, at in held:
                self.finish(index, at, 401)
            return
        self._token, self.generation = token, self.generation + 1
        self.requests = self.target.requests(token)
        self.counts["tokens"] += 1
        for index, _ in held:
            self._again.add(index)
            self.send_again(index)

    async def _first_connection(self) -> None:
        where = f"{self.target.host}:{self.target.port}"
        try:
            async with asyncio.timeout(self.timeout):
                found = await self._loop.getaddrinfo(self.target.host, self.target.port, type=1)
        except OSError as error:
            raise UnreachableError(f"{self.target.host} is no name that this machine can resolve: {error}") from None
        addresses = list(dict.fromkeys(str(each[4][0]) for each in found))
        for position, address in enumerate(addresses):
            self._addresses = [address]
            try:
                self.idle.append(await self._connection())
                return
            except ssl.SSLCertVerificationError as error:
                raise UnreachableError(
                    f"the certificate of {where} is not trusted: {error.verify_message}\n"
                    "    Call it by the name in its certificate. If your network has an authority of its own, set"
                    " SSL_CERT_FILE to a file that has it"
                ) from None
            except ssl.SSLError as error:
                raise UnreachableError(f"{where} does not speak TLS as this machine does: {error.reason}") from None
            except OSError as error:
                if position == len(addresses) - 1:
                    reason = "no answer" if isinstance(error, TimeoutError) else error.strerror or error
                    raise UnreachableError(f"{where} cannot be connected to: {reason}") from None

    async def _connection(self) -> "_Connection":
        started = perf_counter()
        async with asyncio.timeout(self.timeout):
            _, connection = await self._loop.create_connection(
                lambda: _Connection(self),
                self._addresses[0],
                self.target.port,
                ssl=self._context,
                server_hostname=self.target.host if self._context else None,
            )
        connection.crossing = max(2 * (perf_counter() - started), _CROSSING)
        return connection

    async def _connect(self) -> None:
        try:
            connection = await self._connection()
        except OSError as error:
            self.connecting -= 1
            if self.waiting:
                self.fail(self.waiting.popleft(), _failure_of(error))
            return
        self.connecting -= 1
        if connection.index == _NEVER and not connection.is_gone:
            connection.next()

    def _in_background(self, work: Any) -> None:
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended_task)

    def _ended_task(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None and not self._ended.done():
            self._ended.set_exception(error)

    async def _leave(self) -> None:
        self._ended.cancel()
        tasks = list(self._tasks)
        for each in tasks:
            each.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for each in list(self.connections):
            each.leave()
        for _ in range(100):
            if not self.connections:
                break
            await asyncio.sleep(0.01)


class _Connection(asyncio.Protocol):
    """A connection, and the answer that is read on it. One request at a time: pipelining would measure the wait of one
    request as the service of the next."""

    __slots__ = (
        "_head",
        "_is_fresh",
        "_keep",
        "_parser",
        "_paused",
        "_run",
        "_sent_at",
        "_status",
        "_transport",
        "crossing",
        "generation",
        "index",
        "is_gone",
    )

    def __init__(self, run: Run) -> None:
        self._run = run
        self._parser = httptools.HttpResponseParser(self)
        self.index = _NEVER
        """The request that is under way on it."""

        self._status = 0
        self._keep = True
        self._head = b""
        self._paused = False
        self._is_fresh = True
        self.generation = 0
        self.crossing = _CROSSING
        self.is_gone = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport = cast(asyncio.Transport, transport)
        # Without a buffer of their own, the loop hands bytes to the system at once, and says when it could not.
        transport.set_write_buffer_limits(high=0)
        self._transport = transport
        self._run.connections.add(self)

    def send(self, index: int) -> None:
        """Sends a request."""
        run = self._run
        self.index = index
        self.generation = run.generation
        self._transport.write(run.requests[index % run.cases])
        if not self._paused:
            run.sent[index] = perf_counter() - run.start

    def next(self) -> None:
        """Sends what waits, or rests."""
        run = self._run
        if run.waiting:
            self.send(run.waiting.popleft())
        else:
            run.idle.append(self)

    def pause_writing(self) -> None:
        self._paused = True

    def resume_writing(self) -> None:
        self._paused = False
        if self.index != _NEVER:
            self._run.sent[self.index] = perf_counter() - self._run.start

    def on_message_complete(self) -> None:
        """httptools: the last byte of an answer was read."""
        parser = self._parser
        status = parser.get_status_code()
        if status < 200:
            return
        if not self._status:
            self._status = status
            self._keep = parser.should_keep_alive()
        else:
            # A second answer to one request leaves nobody who knows what the next one would be.
            self._keep = False

    def data_received(self, data: bytes) -> None:
        index, run = self.index, self._run
        if index == _NEVER:
            self.leave()
            return
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self._keep = False
            if not self._status:
                self.give_up(Failure.PROTOCOL)
        status = self._status
        if not status:
            self._head = (self._head + data)[:65536]
            return
        at = perf_counter() - run.start
        generation = self.generation
        if self._paused:
            # An answer before the whole request was sent: the server does not want the rest.
            run.sent[index] = at
            self._keep = False
        self.index, self._status, self._is_fresh = _NEVER, 0, False
        if self._head:
            self._head = b""
        waiting = run.waiting
        if not self._keep:
            run.counts["closed"] += 1
            self.leave()
        elif waiting:
            self.send(waiting.popleft())
        else:
            run.idle.append(self)
        if status < 300 and run.under_way > 1:
            # As `finish`, without the call: these lines decide how much one core can send.
            run.done[index] = at
            run.status[index] = status
            run.under_way -= 1
        elif status == 401 and run.signs_in:
            run.unauthorized(index, at, generation)
        else:
            run.finish(index, at, status)

    def give_up(self, failure: Failure) -> None:
        """Fails the request that is under way, and closes the connection, on which its answer may still come."""
        index, self.index = self.index, _NEVER
        self.leave()
        self._run.fail(index, failure)

    def leave(self) -> None:
        """Closes the connection."""
        if not self.is_gone:
            if self in self._run.idle:
                self._run.idle.remove(self)
            self._transport.abort()

    def connection_lost(self, exc: Optional[Exception]) -> None:
        run, index = self._run, self.index
        self.is_gone = True
        run.connections.discard(self)
        if self in run.idle:
            run.idle.remove(self)
        self.index = _NEVER
        if index != _NEVER:
            if exc is None and _ends_with_connection(self._head):
                run.counts["closed"] += 1
                run.finish(index, perf_counter() - run.start, self._parser.get_status_code())
            else:
                # A request that could not be sent whole has no time of sending yet.
                at = run.sent[index]
                early = not at + self.crossing < perf_counter() - run.start
                run.lost(index, crossing=early and not self._is_fresh and not self._head)
        run.open_for_waiting()


def _ends_with_connection(head: bytes) -> bool:
    """Whether the end of the connection is the end of this answer: it says neither a length nor that it is chunked."""
    fields, end, _ = head.partition(b"\r\n\r\n")
    fields = fields.lower()
    return bool(end) and b"\r\ncontent-length:" not in fields and b"\r\ntransfer-encoding:" not in fields


def _failure_of(error: OSError) -> Failure:
    """Why there is no connection."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return Failure.CERTIFICATE
    if isinstance(error, ssl.SSLError):
        return Failure.PROTOCOL
    if isinstance(error, TimeoutError):
        return Failure.TIMEOUT
    return Failure.GENERATOR if error.errno in _GENERATOR_ERRORS else Failure.CONNECT


def _checked(token: str) -> str:
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        raise ValueError("the token is empty, or has characters that no token has")
    return token


async def _in_thread(work: Callable[[], _Result]) -> _Result:
    """Runs `work` in a thread of its own, which an interrupted run does not wait for."""
    loop = asyncio.get_running_loop()
    result: asyncio.Future[_Result] = loop.create_future()

    def tell(value: Optional[_Result], error: Optional[BaseException]) -> None:
        if result.done():
            return
        if error is not None:
            result.set_exception(error)
        else:
            result.set_result(value)  # pyright: ignore[reportArgumentType]

    def call() -> None:
        value, error = None, None
        try:
            value = work()
        except BaseException as raised:
            error = raised
        with contextlib.suppress(RuntimeError):  # The loop is closed: nobody waits any more.
            loop.call_soon_threadsafe(tell, value, error)

    threading.Thread(target=call, daemon=True).start()
    return await result
