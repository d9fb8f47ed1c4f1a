import pytest

from azure_mlplatform.environment.isolation import isolation_violations
from azure_mlplatform.foundation.environment_names import group_name
from azure_mlplatform.foundation.problems import dotted
from azure_mlplatform.parts.arguments import RefusedError
from azure_mlplatform.testing import example_settings
from support.programs import CPU, STORE, whole


def account(group):
    return (
        f"/subscriptions/00000000-0000-0000-0000-00000000cafe/resourceGroups/{group}"
        "/providers/Microsoft.Storage/storageAccounts/stlake"
    )


def storing(environment, group):
    store = {**STORE, "storage_account_id": account(group)}
    workspace = {
        "network_mode": "own",
        "clusters": [CPU],
        "datastores": [STORE, {**store, "name": "more", "folders": []}],
    }
    return example_settings(environment, workspace=workspace)


@pytest.mark.parametrize(
    ("group", "other"),
    [
        ("rg-customer-360-churn-prod", "prod"),
        ("RG-Customer-360-Churn-TEST", "test"),
        ("rg-customer-360-churn-dev", None),
        ("rg-customer-360-other-prod", None),
        ("rg-lake", None),
    ],
)
def test_a_store_in_another_environment_of_the_project_is_refused(group, other):
    found = list(isolation_violations(storing("dev", group)))
    assert [dotted(each.path) for each in found] == ["workspace.datastores[1].storage_account_id"] * (other is not None)
    if other:
        assert found[0].what.endswith(f"is in {group}, a group of the {other} environment of churn")


def test_so_is_anything_else_that_lies_there():
    vault = account("rg-customer-360-churn-prod").replace(
        "Microsoft.Storage/storageAccounts", "Microsoft.KeyVault/vaults"
    )
    workspace = {"network_mode": "own", "clusters": [CPU], "key_vault_id": vault}
    with pytest.raises(RefusedError, match=r"settings\.workspace\.key_vault_id: .* is in rg-customer-360-churn-prod"):
        whole("dev", workspace=workspace)


def test_the_group_is_named_for_data_product_project_and_environment():
    settings = example_settings("prod")
    assert group_name(settings.project, settings.environment) == "rg-customer-360-churn-prod"
