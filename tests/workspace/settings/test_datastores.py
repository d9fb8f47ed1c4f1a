import pytest
from hypothesis import given
from hypothesis import strategies as st

from azure_mlplatform.workspace.settings.datastores import SYSTEM_STORES, DatastoreSettings, FolderSettings
from azure_mlplatform.workspace.settings.workspace import WorkspaceSettings
from support.violations import problems, refused

ACCOUNT = "/subscriptions/00000000-0000-0000-0000-00000000cafe/resourceGroups/rg/providers/Microsoft.Storage"
LAKE = f"{ACCOUNT}/storageAccounts/stlake"
STORE = {"name": "sales", "storage_account_id": LAKE, "container": "curated"}
FOLDER = {"name": "transactions", "path": "sales/transactions"}


@pytest.mark.parametrize(
    ("changes", "paths"),
    [
        ({}, []),
        ({"access": "admin"}, ["access"]),
        ({"name": "Sales"}, ["name"]),
        ({"name": "sales-data"}, ["name"]),
        *(({"name": each}, ["name"]) for each in SYSTEM_STORES),
        ({"container": "$logs"}, ["container"]),
        ({"container": "a--b"}, ["container"]),
        ({"container": "ab"}, ["container"]),
        ({"storage_account_id": "stlake"}, ["storage_account_id"]),
        ({"folders": [{**FOLDER, "name": "-x"}]}, ["folders[0].name"]),
        ({"account_key": "x"}, ["account_key"]),
    ],
)
def test_what_cannot_be_is_refused_where_it_stands(changes, paths):
    assert refused(DatastoreSettings, {**STORE, **changes}) == paths


@pytest.mark.parametrize("key", ["account_key", "sas_token", "connection_string", "SAS", "client_secret", "password"])
def test_a_setting_for_a_key_is_answered_with_how_it_is_done(key):
    [problem] = problems(DatastoreSettings, {**STORE, key: "hunter2"})
    assert (problem.path, problem.what) == ((key,), f"unknown key '{key}'")
    assert "everything signs in with Entra ID" in problem.fix
    assert "hunter2" not in str(problem)


@pytest.mark.parametrize(
    "value",
    [
        "https://stlake.blob.core.windows.net/curated?sv=2024-01-01&sig=aBcDeFgHiJkLmNoPqRsTuVwXyZ%3D",
        "DefaultEndpointsProtocol=https;AccountName=stlake;AccountKey=aBcDeFgHiJkLmNoPqRsTuVwXyZ0123==",
    ],
)
def test_a_key_anywhere_is_refused_and_not_shown(value):
    for path, given_ in (
        (("container",), {**STORE, "container": value}),
        (("folders", 0, "path"), {**STORE, "folders": [{**FOLDER, "path": value}]}),
    ):
        [problem] = problems(DatastoreSettings, given_)
        assert problem.path == path
        assert problem.what == "[secret] looks like a key, a token, a password or a connection string"
        assert "sig=" not in str(problem)
        assert "AccountKey=" not in str(problem)


@pytest.mark.parametrize(
    "path", ["", "/sales", "sales/", "a//b", "../other", "a/./b", "a/*", "https://x/y", "a b", "a?sv=1", "a\\b"]
)
def test_a_folder_stays_in_its_container(path):
    assert refused(FolderSettings, {**FOLDER, "path": path}) == ["path"]


@given(st.lists(st.from_regex(r"[a-z0-9=_-]{1,12}", fullmatch=True), min_size=1, max_size=5))
def test_every_plain_folder_is_taken(parts):
    assert refused(FolderSettings, {**FOLDER, "path": "/".join(parts)}) == []


def test_names_are_of_ones_own():
    stores = [{**STORE, "folders": [FOLDER]}, {**STORE, "folders": [{**FOLDER, "path": "x"}]}]
    found = problems(WorkspaceSettings, {"network_mode": "own", "datastores": stores})
    assert [each.path for each in found] == [
        ("datastores", 1, "name"),
        ("datastores", 1, "folders", 0, "name"),
    ]
    assert found[1].what == "a second data asset is named 'transactions' (the first is in the store sales)"


def test_an_account_is_a_lake_or_none():
    stores = [STORE, {**STORE, "name": "flat", "hierarchical": False}]
    [problem] = problems(WorkspaceSettings, {"network_mode": "own", "datastores": stores})
    assert problem.path == ("datastores", 1, "hierarchical")
    assert "sales has hierarchical true, and flat has false" in problem.what


def test_ids_are_told_in_parts():
    store = DatastoreSettings.model_validate(STORE)
    assert store.account_name == "stlake"
    assert store.container_id == f"{LAKE}/blobServices/default/containers/curated"
