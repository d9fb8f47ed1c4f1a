"""Names of what the machine-learning workspace has as computes."""

import pytest

from azure_mlplatform.settings import Encrypted, EnvironmentSettings
from azure_mlplatform.testing import example_settings
from support.violations import problems, refused

WORKSPACE = {
    "network_mode": "own",
    "clusters": [{"name": "cpu", "vm_size": "Standard_D4ds_v4"}],
    "datastores": [
        {
            "name": "sales",
            "storage_account_id": "/subscriptions/00000000-0000-0000-0000-00000000cafe/resourceGroups/rg/providers"
            "/Microsoft.Storage/storageAccounts/stlake",
            "container": "curated",
        }
    ],
}
BRICKS = {
    "address_space": ["10.20.0.0/22", "10.21.0.0/24"],
    "subnets": {"databricks_host": "10.21.0.0/25", "databricks_container": "10.21.0.128/25"},
}
POOL = "synapse.pools[0].name"


def aks(name):
    https = {"cname": "scoring.ml.example.com", "secret_name": "scoring-tls"}
    return {"inference": {"target": "aks", "aks": {"https": https, "compute_name": name}}}


def databricks(name):
    return {"databricks": {"compute_name": name}}


def pool(name, **changes):
    return {"synapse": {"pools": [{"name": name, **changes}]}}


def batches(name):
    job = {"name": "nightly", "blob_created": {"store": "sales"}, "output": {"folder": "a"}}
    return {"batch": {"jobs": [job], "cluster": {"name": name, "vm_size": "Standard_D4ds_v4"}}}


def environment(*parts, workspace: object = WORKSPACE):
    base = example_settings("prod").model_dump(mode="json", exclude_unset=True)
    together = {key: value for part in parts for key, value in part.items()}
    return {**base, "network": BRICKS, "workspace": workspace, **together}


@pytest.mark.parametrize(
    ("parts", "paths"),
    [
        ([aks("aks"), databricks("databricks"), pool("spark")], []),
        ([aks("CPU")], ["inference.aks.compute_name"]),
        ([databricks("Cpu")], ["databricks.compute_name"]),
        ([pool("cpu")], [POOL]),
        ([pool("cpu", attach=False)], []),
        ([aks("shared"), databricks("shared")], ["databricks.compute_name"]),
        ([aks("shared"), pool("shared")], [POOL]),
        ([databricks("spark"), pool("Spark")], [POOL]),
        ([databricks("spark"), pool("spark", attach=False)], []),
        ([batches("batch"), aks("Batch")], ["inference.aks.compute_name"]),
    ],
)
def test_every_compute_has_a_name_of_its_own(parts, paths):
    assert refused(EnvironmentSettings, environment(*parts)) == paths


def test_what_is_encrypted_is_not_compared():
    parts = [batches(Encrypted()), databricks(Encrypted())]
    assert refused(EnvironmentSettings, environment(*parts)) == []


def test_without_a_workspace_there_is_nothing_to_tell_apart():
    assert refused(EnvironmentSettings, environment(databricks("spark"), pool("spark"), workspace=None)) == []


def test_what_has_the_name_is_said():
    [problem] = problems(EnvironmentSettings, environment(databricks("spark"), pool("spark")))
    assert problem.what == "a second compute of the workspace is named 'spark' (the first is the attached Databricks)"
