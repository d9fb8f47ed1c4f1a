"""What a server that stands still for two seconds looks like: to this generator, and to a closed loop."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

from azure_mlplatform.measure.load.judgement import judgement
from azure_mlplatform.measure.load.percentiles import response_quantile, service_quantile
from azure_mlplatform.measure.load.run import run
from azure_mlplatform.measure.load.schedule import constant
from azure_mlplatform.measure.load.target import Target

_SECONDS, _RATE, _USERS = 10, 50, 5

_SERVER = """
import asyncio

class Answers(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport, self.data = transport, b""

    def data_received(self, data):
        self.data += data
        while b"\\r\\n\\r\\n" in self.data:
            self.data = self.data.partition(b"\\r\\n\\r\\n")[2]
            self.transport.write(b"HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\n\\r\\nok")

async def main():
    server = await asyncio.get_running_loop().create_server(Answers, "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()

asyncio.run(main())
"""


class _ClosedLoop:
    """Users who each wait for their answer, then for the rest of their tenth of a second: Locust's constant pacing."""

    def __init__(self, port: int) -> None:
        self.times: list[float] = []
        self._port, self._end = port, time.monotonic() + _SECONDS
        self._users = [threading.Thread(target=self._user) for _ in range(_USERS)]
        for each in self._users:
            each.start()

    def _user(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._port)
        while (start := time.monotonic()) < self._end:
            connection.request("GET", "/")
            connection.getresponse().read()
            took = time.monotonic() - start
            self.times.append(took)
            time.sleep(max(0.0, _USERS / _RATE - took))
        connection.close()

    def quantile(self, share: float) -> float:
        for each in self._users:
            each.join()
        return float(np.quantile(self.times, share))


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="no process can be frozen here")
def test_a_frozen_server_is_seen_as_its_callers_see_it():
    frozen: list[float] = []

    def freeze() -> None:
        time.sleep(4)
        start = time.monotonic()
        os.kill(server.pid, signal.SIGSTOP)
        time.sleep(2)
        os.kill(server.pid, signal.SIGCONT)
        frozen.append(time.monotonic() - start)

    with subprocess.Popen([sys.executable, "-c", _SERVER], stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        port = int(server.stdout.readline())
        loop = _ClosedLoop(port)
        freezer = threading.Thread(target=freeze)
        freezer.start()
        measured = run(constant(_RATE, _SECONDS), Target(f"http://127.0.0.1:{port}/", method="GET"))
        freezer.join()
        closed_loop = loop.quantile(0.95)
        server.kill()

    assert measured.succeeded.all()
    assert not judgement(measured, 2.0).is_refused
    # Requests come evenly, so those that met the freeze waited for evenly spread times up to its whole length.
    for share in (0.95, 0.99):
        truth = frozen[0] - (1 - share) * _SECONDS
        assert response_quantile(measured, share) == pytest.approx(truth, rel=0.15)
    # The closed loop sent five requests in the freeze and then none, and its p95 knows nothing of it.
    assert closed_loop < 0.5
    # Nor is it a matter of the connection: the requests had been sent, and the time from sending tells the same.
    assert service_quantile(measured, 0.95) > 1


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="no process can be frozen here")
def test_a_server_that_never_answers_ends_with_the_timeout():
    listener = socket.create_server(("127.0.0.1", 0), backlog=64)
    with listener:
        target = Target(f"http://127.0.0.1:{listener.getsockname()[1]}/")
        measured = run(constant(20, 1), target, timeout=1.0, connections=8)
    assert not measured.succeeded.any()
    assert measured.done.max() < 10
    assert response_quantile(measured, 0.5) == np.inf
