"""Serves a plugin of an engine: says its port, and lives until it is told to end."""

import os
import signal
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc


def serve(add: Callable[[Any], None]) -> None:
    """Serves what `add` adds to a gRPC server."""
    server = grpc.server(ThreadPoolExecutor(16), options=[("grpc.max_receive_message_length", 400 * 1024 * 1024)])
    add(server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    ended = threading.Event()
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, lambda *_: ended.set())
    # An engine that is killed tells nobody.
    engine = os.getppid()
    while not ended.wait(1) and os.getppid() == engine:
        pass
    server.stop(None)
