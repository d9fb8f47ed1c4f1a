import json
from pathlib import Path

import jsonschema
import pytest
import yaml

from azure_mlplatform.config.schema import SCHEMAS
from azure_mlplatform.environment.settings.environment import PROJECT_KEYS, EnvironmentSettings

ROOT = Path(__file__).parents[2]
FILES = sorted([*ROOT.glob("Pulumi*.yaml"), *ROOT.glob("projects/*/Pulumi*.yaml")])


def load(file):
    return yaml.safe_load(file.read_text())


def kind(file):
    if file.name == "Pulumi.yaml":
        return "project"
    return "platform-stack" if load(file.parent / "Pulumi.yaml")["main"].endswith("/platform") else "stack"


def valid(which, data):
    return jsonschema.Draft202012Validator(SCHEMAS[which]()).is_valid(data)


@pytest.mark.parametrize("which", SCHEMAS)
def test_the_committed_schema_is_current(which):
    committed = json.loads((ROOT / "schemas" / f"pulumi-{which}.schema.json").read_text())
    assert committed == SCHEMAS[which](), "`make schemas` writes it anew"


@pytest.mark.parametrize("which", SCHEMAS)
def test_a_schema_is_one(which):
    jsonschema.Draft202012Validator.check_schema(SCHEMAS[which]())


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_our_files_fit_and_point_to_their_schema(file):
    assert valid(kind(file), load(file))
    reference = file.read_text().splitlines()[0].removeprefix("# yaml-language-server: $schema=")
    assert (file.parent / reference).resolve() == ROOT / "schemas" / f"pulumi-{kind(file)}.schema.json"


def test_both_schemas_together_know_every_key():
    known = {
        *SCHEMAS["stack"]()["properties"]["config"]["properties"],
        *SCHEMAS["project"]()["properties"]["config"]["properties"],
    }
    assert known == {f"azure-mlplatform:{name}" for name in EnvironmentSettings.model_fields}
    platform = set(SCHEMAS["platform-stack"]()["properties"]["config"]["properties"])
    assert platform - known == {"azure-mlplatform:stress_tests"}
    assert set(PROJECT_KEYS) < set(EnvironmentSettings.model_fields)


@pytest.mark.parametrize(
    "change",
    [
        {"azure-mlplatform:locaton": "westeurope"},
        {"azure-mlplatform:environment": "production"},
        {"azure-mlplatform:network": {"adress_space": []}},
        {"azure-mlplatform:ai_services": [{"name": "x"}]},
        {"azure-mlplatform:budget": {"amount": "lots"}},
        {"azure-mlplatform:project": {"name": "churn"}},
    ],
)
def test_an_editor_sees_what_is_wrong(change):
    data = load(ROOT / "Pulumi.dev.yaml")
    assert not valid("stack", {"config": {**data["config"], **change}})


@pytest.mark.parametrize("change", [{"azure-native:location": "x"}, {"azure-mlplatform:token": {"secure": "v1:x"}}])
def test_an_editor_leaves_other_keys_and_secrets_alone(change):
    data = load(ROOT / "Pulumi.dev.yaml")
    assert valid("stack", {"config": {**data["config"], **change}})


def test_every_field_says_what_it_is():
    def described(node, at):
        for name, value in node.get("properties", {}).items():
            if name not in ("config", "secure", "value", "name", "main"):
                assert value.get("description") or "$ref" in value, f"{at}.{name}"
        for name, value in node.get("$defs", {}).items():
            described(value, name)

    for which in SCHEMAS:
        described(SCHEMAS[which](), which)
