"""A server on loopback that answers whatever bytes a test says, as rudely as it says."""

import asyncio
import contextlib
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Optional

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it came."""

    number: int
    """Since the server's start, from 0."""

    connection: int
    """On which connection, from 0."""

    head: str
    body: bytes

    def header(self, name: str) -> str:
        """The value of a header; empty if it is not there."""
        for line in self.head.split("\r\n")[1:]:
            key, _, value = line.partition(":")
            if key.lower() == name.lower():
                return value.strip()
        return ""


@dataclass(frozen=True, slots=True)
class Reply:
    """What to send, when, and what becomes of the connection."""

    data: bytes = OK
    after: float = 0.0
    close: bool = False
    reset: bool = False
    in_pieces: int = 0
    """How many bytes at once, with a pause between; 0 is all."""


@dataclass
class Served:
    """What the server saw."""

    port: int = 0
    requests: list[Request] = field(default_factory=list)
    connections: int = 0


class _Server:
    def __init__(self, reply: Callable[[Request], Reply | bytes], context: Optional[ssl.SSLContext]) -> None:
        self.served = Served()
        self.ready = threading.Event()
        self.loop = asyncio.new_event_loop()
        self.ended = asyncio.Event()
        self._reply, self._context = reply, context
        self._open: set[asyncio.StreamWriter] = set()

    def run(self) -> None:
        asyncio.set_event_loop(self.loop)
        self.loop.set_exception_handler(lambda *_: None)
        self.loop.run_until_complete(self._serve())
        for task in asyncio.all_tasks(self.loop):
            task.cancel()
        self.loop.run_until_complete(asyncio.sleep(0.01))
        self.loop.close()

    async def _serve(self) -> None:
        server = await asyncio.start_server(self._connection, "127.0.0.1", 0, ssl=self._context, backlog=512)
        self.served.port = server.sockets[0].getsockname()[1]
        self.ready.set()
        await self.ended.wait()
        server.close()
        for each in self._open:
            each.transport.abort()
        await asyncio.sleep(0.02)

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        number, self.served.connections = self.served.connections, self.served.connections + 1
        self._open.add(writer)
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError, ssl.SSLError):
            while await self._answer(number, reader, writer):
                pass
        self._open.discard(writer)
        writer.close()
        with contextlib.suppress(ConnectionError, ssl.SSLError):
            await writer.wait_closed()

    async def _answer(self, number: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Answers one request, and says whether the connection goes on."""
        served = self.served
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        length = int(Request(0, 0, head, b"").header("Content-Length") or 0)
        request = Request(len(served.requests), number, head, await reader.readexactly(length))
        served.requests.append(request)
        given = self._reply(request)
        answer = Reply(given) if isinstance(given, bytes) else given
        await asyncio.sleep(answer.after)
        if answer.reset:
            writer.transport.abort()
            return False
        size = answer.in_pieces or max(1, len(answer.data))
        for start in range(0, len(answer.data), size):
            writer.write(answer.data[start : start + size])
            await writer.drain()
            if answer.in_pieces:
                await asyncio.sleep(0.001)
        return not answer.close


@contextlib.contextmanager
def serving(
    reply: Callable[[Request], Reply | bytes] = lambda _: OK, *, context: Optional[ssl.SSLContext] = None
) -> Iterator[Served]:
    """Serves in a thread. `reply` says what a request gets."""
    server = _Server(reply, context)
    thread = threading.Thread(target=server.run)
    thread.start()
    assert server.ready.wait(10), "the server did not start"
    try:
        yield server.served
    finally:
        server.loop.call_soon_threadsafe(server.ended.set)
        thread.join()
