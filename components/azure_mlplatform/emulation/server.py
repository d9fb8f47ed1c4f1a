"""Serves the emulated Azure to a Pulumi engine: azure-native as a plugin, and Azure Resource Manager over TLS.

All of it listens on loopback only, and in one process, which owns the world.
"""

import contextlib
import os
import socket
import socketserver
import stat
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc
from pulumi.runtime._grpc_settings import _GRPC_CHANNEL_OPTIONS
from pulumi.runtime.proto import provider_pb2_grpc

from . import plugin
from .azure import Azure
from .provider import AzureNative
from .resource_manager import resource_manager

SIGN_IN = ("ARM_", "AZURE_", "AZD_", "ACTIONS_ID_TOKEN_", "MSI_", "IDENTITY_")
"""The beginnings of the variables that a real sign-in may stand in. None of them reaches the program."""


def without_sign_in(environment: dict[str, str]) -> tuple[dict[str, str], list[str]]:
    """The variables without those of a real sign-in, and the names of those left out."""
    left_out = sorted(each for each in environment if each.startswith(SIGN_IN))
    return {key: value for key, value in environment.items() if key not in left_out}, left_out


@contextlib.contextmanager
def served(azure: Azure, folder: Path) -> Iterator[dict[str, str]]:
    """Serves until the end of the block. Yields the variables for the process of the engine.

    `folder` gets the plugin, which stands first on PATH, and the certificate.
    """
    plugins = folder / "bin"
    plugins.mkdir(parents=True, exist_ok=True)
    write_plugin(plugins / "pulumi-resource-azure-native", "-S", "-E", plugin.__file__)
    server = _Plugins(("127.0.0.1", 0), _Plugin)
    server.azure = azure
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        with resource_manager(azure, folder) as plane:
            yield {
                **plane.environment,
                plugin.ADDRESS: str(server.server_address[1]),
                "PATH": os.pathsep.join([str(plugins), os.environ.get("PATH", "")]),
            }
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def write_plugin(file: Path, *arguments: str) -> None:
    """Writes a plugin of an engine: an executable that runs this Python with the arguments."""
    words = " ".join(f"'{each}'" for each in (sys.executable, *arguments))
    file.write_text(f'#!/bin/sh\nexec {words} "$@"\n', encoding="utf-8")
    file.chmod(file.stat().st_mode | stat.S_IXUSR)


class _Plugins(socketserver.ThreadingTCPServer):
    """Starts a provider for each plugin process that connects."""

    allow_reuse_address = daemon_threads = True
    azure: Azure


class _Plugin(socketserver.BaseRequestHandler):
    server: Any
    request: socket.socket

    def handle(self) -> None:
        provider = grpc.server(ThreadPoolExecutor(64), options=_GRPC_CHANNEL_OPTIONS)
        provider_pb2_grpc.add_ResourceProviderServicer_to_server(AzureNative(self.server.azure), provider)
        port = provider.add_insecure_port("127.0.0.1:0")
        provider.start()
        try:
            self.request.sendall(f"{port}\n".encode())
            with contextlib.suppress(OSError):
                self.request.recv(1)
        finally:
            provider.stop(None)
