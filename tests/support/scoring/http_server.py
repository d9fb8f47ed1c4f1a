"""A small HTTP/1.1 server on asyncio and httptools, for servers of tests. It keeps connections alive."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple, Optional

import httptools


class Request(NamedTuple):
    method: str
    path: str
    """With the query."""

    headers: dict[str, str]
    """Names in lower case."""

    body: bytes


class Response(NamedTuple):
    status: int = 200
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    close: bool = False
    """Whether the server closes the connection after it."""

    broken: bool = False
    """Whether the server closes the connection in place of an answer."""

    def bytes(self) -> bytes:
        lines = [f"HTTP/1.1 {self.status} x", f"content-length: {len(self.body)}"]
        names = {name.lower() for name, _ in self.headers}
        if "content-type" not in names:
            lines.append("content-type: application/json")
        if self.close:
            lines.append("connection: close")
        lines += [f"{name}: {value}" for name, value in self.headers]
        return "\r\n".join([*lines, "", ""]).encode("latin-1") + self.body


Handler = Callable[[Request], Awaitable[Response]]


class _Connection(asyncio.Protocol):
    def __init__(self, handler: Handler, open_: "set[_Connection]") -> None:
        self._handler, self._open = handler, open_
        self._parser: Any = httptools.HttpRequestParser(self)
        self._queue: asyncio.Queue[Request] = asyncio.Queue()
        self._task: Optional[asyncio.Task[None]] = None

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        self._open.add(self)
        self._begin()
        self._task = asyncio.get_running_loop().create_task(self._answer())

    def connection_lost(self, exc: Optional[Exception]) -> None:
        self._open.discard(self)
        if self._task:
            self._task.cancel()

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self.transport.close()

    def _begin(self) -> None:
        self._url, self._headers, self._body = b"", {}, b""

    def on_message_begin(self) -> None:
        self._begin()

    def on_url(self, url: bytes) -> None:
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_body(self, body: bytes) -> None:
        self._body += body

    def on_message_complete(self) -> None:
        method = self._parser.get_method().decode()
        self._queue.put_nowait(Request(method, self._url.decode("latin-1"), dict(self._headers), self._body))

    async def _answer(self) -> None:
        while True:
            request = await self._queue.get()
            response = await self._handler(request)
            if response.broken:
                self.transport.abort()
                return
            self.transport.write(response.bytes())
            if response.close or request.headers.get("connection", "").lower() == "close":
                self.transport.close()
                return


class Server(NamedTuple):
    port: int
    listener: asyncio.AbstractServer
    connections: "set[_Connection]"

    def drop(self) -> None:
        """Ends all connections at once."""
        for each in list(self.connections):
            each.transport.abort()


async def serve(handler: Handler, port: int = 0, context: Optional[ssl.SSLContext] = None) -> Server:
    """Listens on loopback."""
    connections: set[_Connection] = set()
    loop = asyncio.get_running_loop()
    listener = await loop.create_server(
        lambda: _Connection(handler, connections), "127.0.0.1", port, ssl=context, backlog=2048
    )
    return Server(listener.sockets[0].getsockname()[1], listener, connections)


class Client:
    """Connections to one server, kept alive and used again."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._idle: list[_Upstream] = []

    async def send(self, request: Request, path: str) -> Response:
        """The answer. Raises OSError if there is none."""
        head = [f"{request.method} {path} HTTP/1.1", f"host: 127.0.0.1:{self._port}"]
        head += [
            f"{name}: {value}"
            for name, value in request.headers.items()
            if name not in ("host", "connection", "authorization", "content-length", "transfer-encoding")
        ]
        data = "\r\n".join([*head, f"content-length: {len(request.body)}", "", ""]).encode("latin-1") + request.body
        while self._idle:
            kept = self._idle.pop()
            if not kept.lost:
                try:
                    return await self._on(kept, data)
                except ConnectionError:
                    # The server closed it meanwhile.
                    continue
        _, made = await asyncio.get_running_loop().create_connection(_Upstream, "127.0.0.1", self._port)
        return await self._on(made, data)

    async def _on(self, connection: "_Upstream", data: bytes) -> Response:
        try:
            response = await connection.ask(data)
        except asyncio.CancelledError:
            connection.transport.abort()
            raise
        if not connection.lost and not response.close:
            self._idle.append(connection)
        return response


class _Upstream(asyncio.Protocol):
    def __init__(self) -> None:
        self.lost = False
        self._waiting: Optional[asyncio.Future[Response]] = None

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def connection_lost(self, exc: Optional[Exception]) -> None:
        self.lost = True
        if self._waiting and not self._waiting.done():
            self._waiting.set_exception(ConnectionResetError("closed"))

    def ask(self, data: bytes) -> "asyncio.Future[Response]":
        self._waiting = asyncio.get_running_loop().create_future()
        self._parser: Any = httptools.HttpResponseParser(self)
        self._headers: list[tuple[str, str]] = []
        self._body = b""
        self.transport.write(data)
        return self._waiting

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self.transport.abort()

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers.append((name.decode("latin-1").lower(), value.decode("latin-1")))

    def on_body(self, body: bytes) -> None:
        self._body += body

    def on_message_complete(self) -> None:
        if self._waiting and not self._waiting.done():
            keep = tuple(
                each for each in self._headers if each[0] not in ("content-length", "connection", "transfer-encoding")
            )
            close = not self._parser.should_keep_alive()
            self._waiting.set_result(Response(self._parser.get_status_code(), self._body, keep, close))


def run(main: Callable[[], Awaitable[None]]) -> None:
    """Runs a server until its process ends, on uvloop where it is."""
    try:
        import uvloop
    except ImportError:
        asyncio.run(main())  # type: ignore[arg-type]
    else:
        uvloop.run(main())  # type: ignore[arg-type]


async def commands(carry_out: Callable[[dict[str, Any]], Awaitable[Any]]) -> None:
    """Carries out the commands on standard input, and ends with it."""
    import json
    import sys

    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        answer = await carry_out(json.loads(line))
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()
