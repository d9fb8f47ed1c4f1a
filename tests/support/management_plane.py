"""The emulated Azure's management plane on loopback, and Pulumi's own server of dynamic providers, for one test."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
from google.protobuf import struct_pb2
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

from azure_mlplatform.emulation.azure import Azure as EmulatedAzure
from azure_mlplatform.emulation.entra import CLIENT_ID as CLIENT
from azure_mlplatform.emulation.entra import SECRET, TENANT_ID
from azure_mlplatform.emulation.loopback import Call
from azure_mlplatform.emulation.resource_manager import ManagementPlane, resource_manager
from azure_mlplatform.emulation.world import ANY, Fault, Held, World

__all__ = ["CLIENT", "SECRET", "TENANT", "Azure", "DynamicProviders", "ProviderError", "azure_on_loopback"]

TENANT = TENANT_ID
SUBSCRIPTION = "s"


class Azure:
    """A world that a test fills and breaks, and what clients asked of it."""

    def __init__(self, azure: EmulatedAzure, plane: ManagementPlane) -> None:
        self._azure, self.manager, self.entra = azure, plane.manager, plane.entra

    @property
    def world(self) -> World:
        return self._azure.world

    @property
    def calls(self) -> list[Call]:
        """The calls that were signed in, without the questions for the state of an operation."""
        return [each for each in self.manager.calls if "/operations/" not in each.path]

    @property
    def grants(self) -> list[dict[str, str]]:
        """The forms by which clients asked for a token."""
        return self.entra.grants

    def reset(self) -> None:
        """Begins anew with an empty world."""
        self._azure.world = World()
        self.manager.operations.settle()
        self.manager.calls.clear()
        self.entra.grants.clear()

    def create(self, type_: str, inputs: dict[str, Any]) -> str:
        """Makes or changes a resource as azure-native does. Returns its id."""
        return self._azure.create(type_, f"urn:pulumi:dev::test::{type_}::it", inputs, SUBSCRIPTION)[0]

    def delete(self, id_: str) -> None:
        """Deletes a resource as azure-native does."""
        self._azure.delete(id_)

    def has(self, id_: str, type_: str, body: dict[str, Any]) -> Held:
        """Adds a resource that is there already."""
        held = self.world.resources[id_.lower()] = Held(id_, type_, body)
        return held

    def breaks(self, operation: str = ANY, *, target: str = "", status: int = 0, **fault: Any) -> None:
        """Lets operations to come fail."""
        self.world.faults.append(Fault(target, operation, status=status, **fault))


@contextlib.contextmanager
def azure_on_loopback(folder: Path) -> Iterator[tuple[Azure, dict[str, str]]]:
    """Starts the server. Yields it, and the environment variables to reach it and sign in."""
    azure = EmulatedAzure(World())
    with resource_manager(azure, folder) as plane:
        yield Azure(azure, plane), plane.environment


class ProviderError(Exception):
    """An error from the provider, with its message."""


class DynamicProviders:
    """Pulumi's server of dynamic providers, as the engine talks to it."""

    def __init__(self, port: int) -> None:
        options = [("grpc.enable_http_proxy", 0)]
        self._channel = grpc.insecure_channel(f"127.0.0.1:{port}", options=options)
        self._stub = provider_pb2_grpc.ResourceProviderStub(self._channel)
        self._stub.Configure(provider_pb2.ConfigureRequest(args=struct_pb2.Struct()))

    def close(self) -> None:
        self._channel.close()

    def create(self, inputs: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        answer = self._call("Create", provider_pb2.CreateRequest(properties=_struct(inputs)))
        return answer.id, dict(answer.properties)

    def diff(self, id_: str, olds: dict[str, Any], news: dict[str, Any]) -> tuple[bool, list[str]]:
        answer = self._call("Diff", provider_pb2.DiffRequest(id=id_, olds=_struct(olds), news=_struct(news)))
        return answer.changes == provider_pb2.DiffResponse.DIFF_SOME, list(answer.replaces)

    def read(self, id_: str, state: dict[str, Any]) -> dict[str, Any]:
        return dict(self._read(id_, state).properties)

    def gone(self, id_: str, state: dict[str, Any]) -> bool:
        """Whether a refresh finds nothing: the engine takes a resource without an id out of the state."""
        return not self._read(id_, state).id

    def update(self, id_: str, olds: dict[str, Any], news: dict[str, Any]) -> dict[str, Any]:
        request = provider_pb2.UpdateRequest(id=id_, olds=_struct(olds), news=_struct(news))
        return dict(self._call("Update", request).properties)

    def delete(self, id_: str, state: dict[str, Any]) -> None:
        self._call("Delete", provider_pb2.DeleteRequest(id=id_, properties=_struct(state)))

    def _read(self, id_: str, state: dict[str, Any]) -> Any:
        return self._call("Read", provider_pb2.ReadRequest(id=id_, properties=_struct(state)))

    def _call(self, name: str, request: Any) -> Any:
        try:
            return getattr(self._stub, name)(request)
        except grpc.RpcError as error:
            raise ProviderError(error.details()) from None


def _struct(values: dict[str, Any]) -> struct_pb2.Struct:
    made = struct_pb2.Struct()
    made.update(values)
    return made


@contextlib.contextmanager
def dynamic_providers(**environment: str) -> Iterator[DynamicProviders]:
    """Starts the server without this process's Azure variables."""
    own = {key: value for key, value in os.environ.items() if not key.startswith(("ARM_", "AZURE_", "ACTIONS_"))}
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "pulumi.dynamic"],
        env={**own, **environment},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        providers = DynamicProviders(int(process.stdout.readline()))
        try:
            yield providers
        finally:
            providers.close()
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()
