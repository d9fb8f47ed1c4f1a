"""environments.json: what is written is read again, and what is no such file is refused."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azure_mlplatform.foundation.environments_file import (
    EnvironmentNames,
    environment_names,
    environments_text,
    read_environments,
)
from azure_mlplatform.foundation.problems import ProblemsError

DEV = EnvironmentNames(
    subscription_id="00000000-0000-0000-0000-00000000000d",
    tenant_id="00000000-0000-0000-0000-0000000000aa",
    resource_group="rg-credit-lending-dev",
    workspace="mlw-lending-dev-abcdef",
    online_endpoints=["ep-lending"],
)


def refused(tmp_path, text: str) -> list[str]:
    file = tmp_path / "names.json"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ProblemsError) as error:
        read_environments(file)
    return [each.line.removeprefix(f"{file}: ") for each in error.value.problems]


@given(st.lists(st.from_regex(r"[a-z][a-z0-9-]{0,20}", fullmatch=True), max_size=4))
def test_what_is_written_is_read_again(tmp_path_factory, endpoints):
    file = tmp_path_factory.mktemp("names") / "environments.json"
    written = {"dev": DEV.model_copy(update={"online_endpoints": endpoints})}
    file.write_text(environments_text(written), encoding="utf-8")
    assert read_environments(file) == written


def test_ids_are_made_of_the_names():
    group = "/subscriptions/00000000-0000-0000-0000-00000000000d/resourceGroups/rg-credit-lending-dev"
    assert DEV.workspace_id == (
        f"{group}/providers/Microsoft.MachineLearningServices/workspaces/mlw-lending-dev-abcdef"
    )
    assert DEV.id_of("Microsoft.App/containerApps", "ca") == f"{group}/providers/Microsoft.App/containerApps/ca"
    assert EnvironmentNames().workspace_id is None
    assert EnvironmentNames(workspace="w").workspace_id is None


def test_keys_of_a_newer_version_are_read_over(tmp_path):
    file = tmp_path / "environments.json"
    file.write_text(json.dumps({"version": 1, "new": 1, "environments": {"dev": {"new": [1], "workspace": "w"}}}))
    assert read_environments(file)["dev"].workspace == "w"


def test_all_that_is_wrong_is_said_at_once(tmp_path):
    text = json.dumps(
        {
            "version": 2,
            "environments": {
                "dev": {"subscription_id": "no", "workspace": "../prod"},
                "prod": {"computes": ["a/b"], "web_apps": 7},
            },
        }
    )
    found = "\n".join(refused(tmp_path, text))
    for place in ("version", "dev.subscription_id", "dev.workspace", "prod.computes", "prod.web_apps"):
        assert place in found
    assert refused(tmp_path, "{") == ["is no JSON text"]
    assert refused(tmp_path, "[" * 100_000) == ["is no JSON text"]
    assert len(refused(tmp_path, "[]")) == 1
    assert refused(tmp_path, "{}") == ["environments: required, and missing"]


def test_without_an_option_two_places_are_looked_at(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ProblemsError, match=r"environments\.json and .*is missing"):
        read_environments()
    (tmp_path / ".cloud").mkdir()
    (tmp_path / ".cloud" / "environments.json").write_text(environments_text({"dev": DEV}))
    assert environment_names("dev") == DEV
    (tmp_path / "environments.json").write_text(environments_text({"prod": DEV}))
    assert environment_names("prod") == DEV
    with pytest.raises(ProblemsError, match="did you mean 'prod'") as error:
        environment_names("prd")
    assert "It has: prod" in str(error.value)


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    with pytest.raises(ProblemsError, match=r"none\.json: cannot be read"):
        environment_names("dev", tmp_path / "none.json")
    with pytest.raises(ProblemsError, match="cannot be read"):
        environment_names("dev", tmp_path)
