from collections.abc import Iterator

import pytest

from support.management_plane import Azure, DynamicProviders, azure_on_loopback, dynamic_providers


@pytest.fixture(scope="module")
def _running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Azure, DynamicProviders]]:
    folder = tmp_path_factory.mktemp("azure")
    with azure_on_loopback(folder) as (azure, environment), dynamic_providers(**environment) as providers:
        yield azure, providers


@pytest.fixture
def azure(_running: tuple[Azure, DynamicProviders]) -> Azure:
    """Azure, in which nothing is yet. Starting it and the providers takes a second, so both stay."""
    _running[0].reset()
    return _running[0]


@pytest.fixture
def providers(_running: tuple[Azure, DynamicProviders]) -> DynamicProviders:
    """The providers that call it."""
    return _running[1]
