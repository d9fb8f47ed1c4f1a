"""One emulated Azure with its data plane, and two servers behind it, for the tests of a module."""

from collections.abc import Iterator
from typing import NamedTuple

import pytest

from azure_mlplatform.measure.endpoints.address import Address, endpoint_at
from support.scoring.emulated import EmulatedAzure, emulated_azure
from support.scoring.tunable import TunableServer, tunable_server


class Stage(NamedTuple):
    emulated: EmulatedAzure
    blue: TunableServer
    green: TunableServer

    @property
    def azure(self):
        return self.emulated.azure

    @property
    def plane(self):
        return self.emulated.plane

    def read(self, id_):
        """The endpoint with an id."""
        return endpoint_at(Address(id=id_))


@pytest.fixture(scope="module")
def _stage(tmp_path_factory) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("azure")
    with (
        emulated_azure(folder) as emulated,
        tunable_server("blue") as blue,
        tunable_server("green") as green,
        emulated.signed_in(),
    ):
        yield Stage(emulated, blue, green)


@pytest.fixture
def stage(_stage) -> Stage:
    _stage.azure.reset()
    _stage.azure.entra.scoring_seconds = 3600
    _stage.azure.manager.token_seconds = 3600
    return _stage
