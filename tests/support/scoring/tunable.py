"""A scoring server that behaves as a test tells it: service time, parallel requests, errors, freezing, dying.

`with tunable_server("v1", service_ms=5) as server:` starts it in a process of its own. `server.url` answers POST at any
path: `{"version": "v1", "result": …}`, where the result is the sum of all numbers in the request's `data`.
"""

import asyncio
import contextlib
import json
import random
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Optional

from support.scoring.http_server import Request, Response, Server, commands, run, serve
from support.scoring.processes import Child

DEFAULTS: dict[str, Any] = {
    "service_ms": 0.0,
    "distribution": "constant",
    "parallel": 1,
    "error_share": 0.0,
    "error_status": 500,
    "slow_share": 0.0,
    "slow_ms": 0.0,
    "close_each": False,
    "break_share": 0.0,
    "health_status": 200,
}
"""What can be tuned. `service_ms` is taken by one of `parallel` servers, `constant` or `exponential`; the others wait
in a queue. `error_share` of answers have `error_status`. `slow_share` take `slow_ms` longer. `close_each` closes each
connection after its answer. `break_share` of requests meet a closed connection."""


class TunableServer:
    """A server that runs."""

    def __init__(self, child: Child, port: int) -> None:
        self._child, self.port = child, port
        self.url = f"http://127.0.0.1:{port}"

    def set(self, **tuned: Any) -> None:
        """Changes how it behaves from now on: keys of DEFAULTS."""
        unknown = set(tuned) - set(DEFAULTS)
        assert not unknown, f"not tunable: {unknown}"
        self._child.ask(do="set", values=tuned)

    def log(self) -> list[dict[str, Any]]:
        """The requests since the start: `at` and `done` (seconds of its monotonic clock), `status`, `headers`."""
        return self._child.ask(do="log")

    def count(self) -> int:
        """The number of requests since the start."""
        return self._child.ask(do="count")

    def freeze(self, seconds: float) -> None:
        """Lets it do nothing at all for a while, as a stop-the-world pause does. Returns at once."""
        self._child.ask(do="freeze", seconds=seconds)

    def refuse(self) -> None:
        """Closes its port and all connections: it is dead, and can come back."""
        self._child.ask(do="refuse")

    def come_back(self) -> None:
        """Listens on the same port again."""
        self._child.ask(do="come back")

    def die(self) -> None:
        """Kills its process."""
        self._child.end()


@contextlib.contextmanager
def tunable_server(version: str = "v1", *, seed: int = 1, port: int = 0, **tuned: Any) -> Iterator[TunableServer]:
    """Starts a server for the block. `tuned` are keys of DEFAULTS."""
    child = Child(Path(__file__), version, str(seed), str(port))
    try:
        server = TunableServer(child, child.ask(do="port"))
        if tuned:
            server.set(**tuned)
        yield server
    finally:
        child.end()


class _Scoring:
    def __init__(self, version: str, seed: int) -> None:
        self._version, self._random = version, random.Random(seed)  # noqa: S311 - a test is repeatable
        self.tuned = dict(DEFAULTS)
        self.log: list[dict[str, Any]] = []
        self._serving = 0
        self._queue: list[asyncio.Future[None]] = []

    async def answer(self, request: Request) -> Response:
        if request.method == "GET":
            return Response(self.tuned["health_status"], b'{"status": "ok"}')
        at = time.monotonic()
        tuned, drawn = self.tuned, [self._random.random() for _ in range(3)]
        if drawn[2] < tuned["break_share"]:
            self._note(request, at, 0)
            return Response(broken=True)
        await self._turn()
        try:
            seconds = tuned["service_ms"] / 1000
            if tuned["distribution"] == "exponential":
                seconds = self._random.expovariate(1 / seconds) if seconds else 0
            if drawn[1] < tuned["slow_share"]:
                seconds += tuned["slow_ms"] / 1000
            if seconds:
                await asyncio.sleep(seconds)
        finally:
            self._next()
        status = tuned["error_status"] if drawn[0] < tuned["error_share"] else 200
        self._note(request, at, status)
        body, status = self._body(request, status)
        return Response(status, json.dumps(body).encode(), close=tuned["close_each"])

    def _body(self, request: Request, status: int) -> tuple[Any, int]:
        if status != 200:
            return {"error": f"{self._version} fails"}, status
        try:
            data = json.loads(request.body or b"{}")
            result = sum(_numbers(data["data"] if isinstance(data, dict) else data))
        except (ValueError, KeyError, TypeError) as error:
            return {"error": f"the input cannot be scored: {error}"}, 400
        return {"version": self._version, "result": result}, 200

    def _note(self, request: Request, at: float, status: int) -> None:
        self.log.append({"at": at, "done": time.monotonic(), "status": status, "headers": request.headers})

    async def _turn(self) -> None:
        if self._serving < self.tuned["parallel"]:
            self._serving += 1
            return
        turn = asyncio.get_running_loop().create_future()
        self._queue.append(turn)
        await turn

    def _next(self) -> None:
        while self._queue:
            turn = self._queue.pop(0)
            if not turn.done():
                turn.set_result(None)
                return
        self._serving -= 1


def _numbers(value: Any) -> Iterator[float]:
    if isinstance(value, list):
        for each in value:
            yield from _numbers(each)
    elif isinstance(value, int | float):
        yield value
    else:
        raise TypeError(f"{value!r} is no number")


async def _main(version: str, seed: int, port: int) -> None:
    scoring = _Scoring(version, seed)
    server: Optional[Server] = await serve(scoring.answer, port)
    port = server.port

    async def carry_out(command: dict[str, Any]) -> Any:
        nonlocal server
        match command["do"]:
            case "port":
                return port
            case "set":
                scoring.tuned.update(command["values"])
            case "log":
                return scoring.log
            case "count":
                return len(scoring.log)
            case "freeze":
                asyncio.get_running_loop().call_soon(time.sleep, command["seconds"])
            case "refuse" if server is not None:
                server.listener.close()
                server.drop()
                server = None
            case "come back" if server is None:
                server = await serve(scoring.answer, port)
        return None

    await commands(carry_out)


if __name__ == "__main__":
    import sys

    run(lambda: _main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
