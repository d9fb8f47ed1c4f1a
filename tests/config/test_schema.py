import copy
import dataclasses
import itertools
import json
import re
from pathlib import Path
from typing import Any, get_args

import jsonschema
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from azure_mlplatform.batch.settings.jobs import BlobCreatedSettings
from azure_mlplatform.config.repository import settings_of
from azure_mlplatform.config.schema import SCHEMAS
from azure_mlplatform.config.schema_rules import MODEL_RULES, PROFILE_RULES
from azure_mlplatform.environment.checks.stack_name import WORDS
from azure_mlplatform.environment.settings.environment import PROJECT_KEYS, EnvironmentSettings
from azure_mlplatform.environment.settings.platform import PlatformSettings
from azure_mlplatform.foundation.problems import ProblemsError
from azure_mlplatform.foundation.profiles import PROFILES, Environment, Profile
from azure_mlplatform.foundation.project import ProjectSettings
from azure_mlplatform.foundation.rules import shapes
from azure_mlplatform.foundation.secret_values import Encrypted
from support.changes import BASES, EXPERIMENTS
from support.changes import settings_of as changed_settings

ROOT = Path(__file__).parents[2]
FILES = sorted([*ROOT.glob("Pulumi*.yaml"), *ROOT.glob("projects/*/Pulumi*.yaml")])
PREFIX = "azure-mlplatform:"
PUBLISHED = {which: schema() for which, schema in SCHEMAS.items()}
VALIDATORS = {which: jsonschema.Draft202012Validator(schema) for which, schema in PUBLISHED.items()}


def load(file):
    return yaml.safe_load(file.read_text())


def kind(file):
    if file.name == "Pulumi.yaml":
        return "project"
    return "platform-stack" if load(file.parent / "Pulumi.yaml")["main"].endswith("/platform") else "stack"


def valid(which, data):
    return VALIDATORS[which].is_valid(data)


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
        {"azure-mlplatform:location": None},
        {"azure-mlplatform:location": "mars!"},
        {"azure-mlplatform:subscription_id": "00000000-0000-0000-0000-000000000000"},
        {"azure-mlplatform:network": {"address_space": ["10.20.0.0/33"]}},
        {"azure-mlplatform:network": {"address_space": ["8.8.0.0/16"]}},
        {"azure-mlplatform:network": {"address_space": []}},
        {"azure-mlplatform:network": {"address_space": ["10.20.0.0/22"], "egress": {"kind": "firewall"}}},
        {"azure-mlplatform:network": {"address_space": ["10.20.0.0/22"], "dns": {"mode": "adopt"}}},
        {"azure-mlplatform:ai_services": [{"name": "docs", "kind": "DocumentIntelligence"}]},
        {"azure-mlplatform:ai_services": [{"name": "docs", "kind": "FormRecognizer", "sku": "S1"}]},
        {"azure-mlplatform:ai_services": [{"name": "docs", "kind": "Face", "deployments": [{}]}]},
        {"azure-mlplatform:expires_on": "31.12.2026"},
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


def loaded(data: dict[str, Any], model: type[EnvironmentSettings] = EnvironmentSettings) -> bool:
    """Whether the library accepts settings, by key without namespace and as they are written in YAML."""
    if any(value is None for value in data.values()):
        return False  # files.empty_problems
    try:
        model.model_validate(without_secrets(data))
    except ValidationError:
        return False
    return True


def without_secrets(value: Any) -> Any:
    if isinstance(value, dict):
        return Encrypted() if set(value) == {"secure"} else {key: without_secrets(each) for key, each in value.items()}
    return [without_secrets(each) for each in value] if isinstance(value, list) else value


def fits(data: dict[str, Any], which: str = "stack") -> bool:
    """Whether the schemas accept settings, in the two files that they belong in."""
    project = {key: {"value": value} for key, value in data.items() if key in PROJECT_KEYS}
    stack = {f"{PREFIX}{key}": value for key, value in data.items() if key not in PROJECT_KEYS}
    in_project = {"name": "x", "runtime": "python", "config": {f"{PREFIX}{key}": each for key, each in project.items()}}
    return valid("project", in_project) and valid(which, {"config": stack})


def settings_in(file: Path) -> dict[str, Any]:
    """The settings of a stack, by key without namespace."""
    project = load(file.parent / "Pulumi.yaml")["config"]
    own = {key: value["value"] for key, value in project.items() if key.startswith(PREFIX)}
    return {key.removeprefix(PREFIX): value for key, value in {**own, **load(file)["config"]}.items()}


@pytest.mark.parametrize("base", BASES)
def test_the_schema_refuses_no_settings_of_the_tests(base):
    """For every setting there is an experiment, so each is tried with a value of its own."""
    mine = [each for each, experiment in EXPERIMENTS.items() if experiment.base == base]
    for settings_ in (BASES[base], *(changed_settings(base, each) for each in mine)):
        platform = "stress_tests" in settings_
        plain = json.loads(json.dumps(settings_, default=str))
        if loaded(plain, PlatformSettings if platform else EnvironmentSettings):
            assert fits(plain, "platform-stack" if platform else "stack"), plain


def models(model: type[BaseModel], found: dict[type[BaseModel], None]) -> dict[type[BaseModel], None]:
    """A model and all that it has in it."""
    if model not in found:
        found[model] = None
        pending = [field.annotation for field in model.model_fields.values()]
        while pending:
            each = pending.pop()
            if isinstance(each, type) and issubclass(each, BaseModel):
                models(each, found)
            pending += get_args(each)
    return found


MODELS = list(models(PlatformSettings, {}))


def refusals(model: type[BaseModel], field: str, value: Any) -> list[str]:
    """Why a model refuses the value of one field, whatever it says of others and of several together."""
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(model, "_checks", ())
            model.model_validate({field: value})
    except ValidationError as error:
        return [each["msg"] for each in error.errors() if each["loc"][:1] == (field,) and each["type"] != "missing"]
    return []


OTHER_VALUES: list[Any] = [
    *(None, "", -1, 0, 1.5, 4.0, "4", "+4", "0x4", "yes", "Off", True, [], {}, "lots", 10**9, ["x"], {"x": 1}),
    *("prod", "West Europe", "finlandcentral2", "Standard_D4DS_V4", {"secure": "v1:x"}, "2026-12-31", "monday"),
]


def places(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [*([at] if at else []), *(place for key, each in inner for place in places(each, (*at, key)))]


def at(value: Any, place: tuple[Any, ...]) -> Any:
    for part in place:
        value = value[part]
    return value


def mutations(data: dict[str, Any]):
    """The settings with one thing changed at each place: taken out, called something else, or with another value."""
    for place in places(data):
        names = {f"{place[-1]}s", re.sub("_(.)", lambda found: found[1].upper(), str(place[-1]))} - {place[-1]}
        edits = [lambda holder, key: holder.pop(key)]
        if isinstance(place[-1], str):
            edits += [lambda holder, key, name=name: holder.update({name: holder.pop(key)}) for name in sorted(names)]
        texts = [f"{at(data, place)}x"] if isinstance(at(data, place), str) else []
        edits += [
            lambda holder, key, value=value: (
                holder.update({key: value}) if isinstance(holder, dict) else holder.__setitem__(key, value)
            )
            for value in [*OTHER_VALUES, *texts]
        ]
        for edit in edits:
            changed = copy.deepcopy(data)
            edit(at(changed, place[:-1]), place[-1])
            yield place, changed


STACKS = [file for file in FILES if file.name != "Pulumi.yaml" and kind(file) == "stack"]


def spellings(value: Any) -> list[Any]:
    """Other ways to write a value, which the library takes for the same one, or not."""
    if isinstance(value, bool):
        return ["yes" if value else "Off", str(value), int(value)]
    if isinstance(value, int | float):
        return [str(value), float(value)]
    if isinstance(value, str):
        return [{"secure": "v1:x"}, value.upper(), value.capitalize()]
    return [None]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_a_field_that_may_be_empty_may_be_in_the_schema_too(model):
    published = PUBLISHED["project" if model is ProjectSettings else "platform-stack"]
    if model.__name__ in published["$defs"]:
        for name, value in published["$defs"][model.__name__]["properties"].items():
            if refusals(model, name, None) == []:
                schema = {**value, "$defs": published["$defs"]}
                assert jsonschema.Draft202012Validator(schema).is_valid(None), name


def of_each_setting():
    """A stack and a place in it, for each setting that our files have."""
    seen = set()
    for file in STACKS:
        data = settings_in(file)
        for place in places(data):
            setting = tuple(part for part in place if isinstance(part, str))
            if setting not in seen:
                seen.add(setting)
                yield data, place


def test_other_spellings_that_the_library_takes_fit_too():
    taken = 0
    for data, place in of_each_setting():
        for value in spellings(at(data, place)):
            changed = copy.deepcopy(data)
            at(changed, place[:-1])[place[-1]] = value
            if loaded(changed):
                taken += 1
                assert fits(changed), (place, value)
    assert taken > 100


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_what_the_library_accepts_the_schema_accepts(data):
    """With one or two things changed at random in one of our files."""
    changed = settings_in(data.draw(st.sampled_from(STACKS)))
    for _ in range(data.draw(st.integers(1, 2))):
        place = data.draw(st.sampled_from(places(changed)))
        holder = at(changed, place[:-1])
        if data.draw(st.booleans()) and isinstance(holder, dict):
            del holder[place[-1]]
        else:
            holder[place[-1]] = data.draw(st.sampled_from([*spellings(holder[place[-1]]), *OTHER_VALUES]))
    if loaded(changed):
        assert fits(changed)


@pytest.mark.slow
def test_of_what_the_library_refuses_the_schema_refuses_nearly_all():
    """The rest takes more than a schema: names that must be unique or that name each other, ranges that overlap, and a
    misspelt region."""
    refused, seen = 0, 0
    for file in (ROOT / "Pulumi.dev.yaml", ROOT / "Pulumi.prod.yaml"):
        for place, changed in itertools.islice(mutations(settings_in(file)), 0, None, 5):
            accepted, fitting = loaded(changed), fits(changed)
            assert fitting or not accepted, (file.name, place, at(changed, place[:-1]))
            refused += not accepted
            seen += not accepted and not fitting
    assert refused > 900
    assert seen / refused > 0.95


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_examples_fit_and_shapes_do_not(model):
    """An editor offers examples, and messages have them. What is pasted from either is right, or refused: ids, names
    and ranges that would be accepted could be somebody else's."""
    published = PUBLISHED["project" if model is ProjectSettings else "platform-stack"]
    named = published["$defs"].get(model.__name__) or published["properties"]["config"]
    assert model in (EnvironmentSettings, PlatformSettings) or model.__name__ in published["$defs"]
    for name, value in named["properties"].items():
        field = name.removeprefix(PREFIX)
        for example in value.get("examples", ()):
            assert refusals(model, field, example) == [], (field, example)
            schema = {**value, "$defs": published["$defs"]}
            assert jsonschema.Draft202012Validator(schema).is_valid(example), (field, example)
    for field, shape in shapes(model).items():
        examples = named["properties"].get(field, {}).get("examples")
        assert examples is None, f"{model.__name__}.{field} offers {examples}"
        many = model.model_fields[field].annotation
        value = [shape] if "list" in str(many) else {"x": shape} if "dict" in str(many) else shape
        assert refusals(model, field, value), (field, shape)


def test_ids_ranges_and_global_names_have_a_shape():
    """Somebody else may have them."""
    names = re.compile(r".+_ids?|suffix|cname|address_space|image|github_repository|contact_emails|cost_(center|code)")
    for model in MODELS:
        fields = {
            name
            for name, field in model.model_fields.items()
            if names.fullmatch(name) and "Settings" not in str(field.annotation)
        }
        without = fields - set(shapes(model)) - {"group_id", "github_ids", "subnet_ids"}
        assert without <= ({"suffix"} if model is BlobCreatedSettings else set()), (model.__name__, without)


NODES = {"workload_profile": "D4", "apps": [{"name": "scoring", "open_reason": "The gateway checks"}]}


RELEASE = (
    "/subscriptions/00000000-0000-0000-0000-0000000000a1/resourceGroups/rg-ci/providers/Microsoft.ManagedIdentity/"
    "userAssignedIdentities/id-release"
)


@pytest.mark.parametrize("environment", Environment)
@pytest.mark.parametrize(
    ("holds", "change"),
    [
        ("needs_network", {"network": None}),
        ("needs_budget", {"budget": None}),
        ("longest_life_days", {"expires_on": None}),
        ("!may_be_public", {"network": {"public_access": {"ip_ranges": ["203.0.113.0/24"], "reason": "An office"}}}),
        (
            "!may_let_all_out",
            {"workspace": {"network_mode": "managed", "managed_network": {"isolation": "AllowInternetOutbound"}}},
        ),
        ("!may_have_instances", {"workspace": {"instances": [{"name": "al", "vm_size": "Standard_D4ds_v4"}]}}),
        ("!may_serve_insecurely", {"inference": {"target": "aks", "aks": {"insecure_reason": "No certificate yet"}}}),
        ("!data_scientists", {"access": {"data_scientists": ["00000000-0000-0000-0000-0000000000a1"]}}),
        ("!data_scientists", {"synapse": {"administrators_group_id": "00000000-0000-0000-0000-0000000000a1"}}),
        ("!protect", {"lift_locks": {"until": "2026-12-05", "reason": "One goes, CHG-123"}}),
        ("people_may_deploy", {"break_glass": {"until": "2026-12-05", "reason": "GitHub is down, INC-1"}}),
        ("!has_ci_identities", {"access": {"release_identity_id": RELEASE}}),
        ("highly_available", {"inference": {"target": "container_app", "container_app": {**NODES, "min_nodes": 0}}}),
        ("highly_available", {"inference": {"target": "container_app", "container_app": {**NODES, "min_nodes": "0"}}}),
    ],
)
def test_the_schema_and_the_checks_have_the_same_rules_by_environment(environment, holds, change):
    profile = PROFILES[environment]
    name = holds.removeprefix("!")
    has = name in profile.may_grant if name == "data_scientists" else bool(getattr(profile, name))
    refused = has != holds.startswith("!")
    [(key, value)] = change.items()
    given: dict[str, Any] = {
        "environment": environment.value,
        "location": "westeurope",
        "subscription_id": "00000000-0000-0000-0000-0000000000a1",
        "tenant_id": "00000000-0000-0000-0000-0000000000a2",
        "network": {"address_space": ["10.20.0.0/22"]},
        "budget": {"amount": 5, "contact_emails": ["a@b.example"]},
        "expires_on": "2026-12-31",
    }
    if value is None:
        del given[key]
    else:
        given[key] = {**(given.get(key) or {}), **value}

    def by_schema(environment: Environment) -> set[str]:
        config = {f"{PREFIX}{name}": each for name, each in {**given, "environment": environment.value}.items()}
        return {f"{list(each.path)}{each.message}" for each in VALIDATORS["stack"].iter_errors({"config": config})}

    anywhere = set.intersection(*map(by_schema, Environment))
    assert bool(by_schema(environment) - anywhere) == refused
    problems = validation_paths({**given, "project": settings_in(ROOT / "Pulumi.dev.yaml")["project"]})
    elsewhere = set.intersection(
        *(
            validation_paths(
                {**given, "environment": each.value, "project": settings_in(ROOT / "Pulumi.dev.yaml")["project"]}
            )
            for each in Environment
        )
    )
    assert any(path[:1] == (key,) for path in problems - elsewhere) == refused


def validation_paths(data: dict[str, Any]) -> set[tuple[Any, ...]]:
    try:
        EnvironmentSettings.model_validate(data)
    except ValidationError as error:
        return {each["loc"] for each in error.errors()}
    return set()


def test_each_property_of_a_profile_that_refuses_or_needs_is_in_the_schema():
    """Those that are not are defaults, or judge what stands in another file, in the size of pools, or in a token."""
    judged = {each.name for each in dataclasses.fields(Profile)} - {
        "may_trust_any_job",
        "needs_cost_code",
        "tier",
        "trains_in_pipelines",
        "zone_redundant",
        "vault_retention_days",
        "log_retention_days",
    }
    for name in judged:
        prod = PROFILES[Environment.PROD]
        value = getattr(prod, name)
        other = frozenset() if isinstance(value, frozenset) and value else not value
        if isinstance(value, frozenset):
            other = frozenset({"data_scientists"})
        changed = dataclasses.replace(prod, **{name: other})
        assert any(rule.holds(prod) != rule.holds(changed) for rule in PROFILE_RULES), name


def test_rules_across_fields_are_of_classes_that_exist():
    names = {base.__name__ for model in MODELS for base in model.__mro__}
    assert set(MODEL_RULES) <= names


def test_rules_by_the_name_of_the_file_refuse_nothing_where_the_name_is_unknown():
    for environment in Environment:
        given = {**load(ROOT / "Pulumi.dev.yaml")["config"], f"{PREFIX}environment": environment.value}
        errors = list(VALIDATORS["stack"].iter_errors({"config": given}))
        assert not any(f"{PREFIX}environment" in each.path for each in errors)
    assert set(WORDS) > set(Environment)


def test_a_pattern_is_one_that_python_and_javascript_read_alike():
    """Flags in the middle and `\\w` with other letters are Python's only. The slow test of the editor runs them all."""

    def patterns(value: Any):
        if isinstance(value, dict):
            for key, each in value.items():
                if key == "pattern" and isinstance(each, str):
                    yield each
                yield from patterns(each)
        elif isinstance(value, list):
            for each in value:
                yield from patterns(each)

    for pattern in patterns(SCHEMAS["platform-stack"]()):
        re.compile(pattern)
        assert not re.search(r"\(\?[a-zA-Z]|\\[wWAZ]|\(\?P", pattern), pattern


def test_our_files_are_read_by_the_library():
    for file in STACKS:
        try:
            settings_of(file.parent, file.name.split(".")[1])
        except ProblemsError as error:
            pytest.fail(str(error))
