from collections.abc import Iterator
from pathlib import Path

import pytest

from azure_mlplatform.foundation.environments_file import EnvironmentNames, environments_text
from support.model_registry import TENANT, AzureMl, on_loopback
from support.promoted_models import SUBSCRIPTIONS, Cli, fill


@pytest.fixture(scope="session")
def _serving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AzureMl]:
    with on_loopback(tmp_path_factory.mktemp("azure")) as azure:
        yield azure


@pytest.fixture
def azure(_serving: AzureMl) -> AzureMl:
    url, environment = _serving.url, _serving.environment
    AzureMl.__init__(_serving)
    _serving.url, _serving.environment = url, environment
    fill(_serving)
    return _serving


@pytest.fixture
def cli(azure: AzureMl, tmp_path: Path) -> Cli:
    names = {
        each: EnvironmentNames(
            subscription_id=SUBSCRIPTIONS[each],
            tenant_id=TENANT,
            resource_group=f"rg-churn-{each}",
            workspace=f"mlw-churn-{each}",
        )
        for each in ("dev", "prod")
    }
    (tmp_path / "environments.json").write_text(environments_text(names), encoding="utf-8")
    return Cli(azure, tmp_path)
