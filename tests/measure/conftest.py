"""Real scoring servers, started once for all tests of measuring."""

from collections.abc import Iterator
from typing import NamedTuple

import pytest

from support.scoring.real_servers import (
    RealServer,
    ScoringEnvironment,
    azureml_server,
    mlflow_server,
    scoring_environment,
)


class RealServers(NamedTuple):
    azureml: RealServer
    mlflow: RealServer
    made: ScoringEnvironment


@pytest.fixture(scope="session")
def real_servers(tmp_path_factory) -> Iterator[RealServers]:
    """azureml-inference-server-http and `mlflow models serve` with the same model."""
    made, folder = scoring_environment(), tmp_path_factory.mktemp("real")
    with azureml_server(made, folder) as azureml, mlflow_server(made, folder) as mlflow:
        yield RealServers(azureml, mlflow, made)
