"""Serves the emulated Azure to a Pulumi engine: azure-native as a plugin, and Azure Resource Manager over TLS.

All of it listens on loopback only, and in one process, which owns the world.
"""

import contextlib
import os
import shlex
import socket
import socketserver
import stat
import sys
import threading
from collections.abc import Iterator, Mapping
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


def sign_in_variables(own: Mapping[str, str]) -> list[str]:
    """The names of the variables in which a real sign-in may stand."""
    return sorted(each for each in own if each.startswith(SIGN_IN))


@contextlib.contextmanager
def served(azure: Azure, folder: Path, own: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """Serves until the end of the block. Yields the variables for a command, such as `pulumi`.

    They are `own` without those of a real sign-in, and those that keep Pulumi's state and every sign-in in `folder`. It
    also gets the plugin, which stands first on PATH, and the certificate.
    """
    for each in ("bin", "state", "home", "azure"):
        (folder / each).mkdir(parents=True, exist_ok=True)
    write_executable(folder / "bin" / "pulumi-resource-azure-native", "-S", "-E", plugin.__file__)
    server = _Plugins(("127.0.0.1", 0), _Plugin)
    server.azure = azure
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        with resource_manager(azure, folder) as plane:
            yield {
                **{key: value for key, value in own.items() if not key.startswith(SIGN_IN)},
                **plane.environment,
                plugin.ADDRESS: str(server.server_address[1]),
                "PATH": os.pathsep.join([str(folder / "bin"), own.get("PATH", "")]),
                "PULUMI_BACKEND_URL": f"file://{folder / 'state'}",
                "PULUMI_HOME": str(folder / "home"),
                "PULUMI_ACCESS_TOKEN": "",
                "PULUMI_CONFIG_PASSPHRASE": own.get("PULUMI_CONFIG_PASSPHRASE", "nothing here is real"),
                "PULUMI_SKIP_UPDATE_CHECK": "true",
                "AZURE_CONFIG_DIR": str(folder / "azure"),
            }
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def write_executable(file: Path, *arguments: str) -> None:
    """Writes a command that runs this Python with the arguments, and then its own.

    It is a shell's script: a shebang cannot name an interpreter whose path has a space.
    """
    words = shlex.join((sys.executable, *arguments))
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
