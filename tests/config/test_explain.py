import re
from itertools import islice

import pytest
import yaml

from azure_mlplatform.catalogue.changes import CHANGES
from azure_mlplatform.config.explain import KINDS, explain, find, kind_of, known, program_of
from azure_mlplatform.config.repository import settings_of
from azure_mlplatform.config.schema import SCHEMAS
from azure_mlplatform.config.settings_tree import settings_tree, values_of
from azure_mlplatform.environment.settings.environment import EnvironmentSettings
from azure_mlplatform.environment.settings.platform import PlatformSettings
from azure_mlplatform.foundation.problems import ProblemsError
from azure_mlplatform.foundation.profiles import PROFILES
from azure_mlplatform.landing.settings import LandingSettings
from azure_mlplatform.shared.settings import SharedSettings

EVERY = sorted(known(), key=lambda each: (kind_of(each), each.name))
IDS = [f"{kind_of(each)}-{each.name}" for each in EVERY]
NAMES = sorted(each.name for each in EVERY if each.root is PlatformSettings)


def of_environments(name):
    """The setting of a project's own stack, or of its Pulumi.yaml."""
    return next(each for each in find(name) if each.root is PlatformSettings)


@pytest.mark.parametrize("setting", EVERY, ids=IDS)
def test_each_setting_is_explained_whole(setting):
    name = setting.name
    [found] = [explain(each) for each in find(name) if each.root is setting.root]
    assert (found.name, found.kind) == (name, kind_of(setting))
    assert setting in find(name, found.kind)
    assert found.meaning.endswith((".", "."))
    assert found.type
    assert found.changes
    assert all(found.changes)
    assert list(found.environments) == [each.value for each in program_of(setting).kinds]
    assert all(found.environments.values())
    assert found.required == setting.info.is_required()
    assert "(LEFT_OUT)" not in found.example
    beside = {each.name for each in EVERY if each.root is setting.root}
    assert set(found.below) == {each for each in beside if re.fullmatch(rf"{re.escape(name)}\.\w+", each)}


@pytest.mark.parametrize("setting", EVERY, ids=IDS)
def test_each_example_is_taken_by_the_loader_where_the_setting_is_allowed(setting, tmp_path):
    found, name, program = explain(setting), setting.name, program_of(setting)
    allowed = [kind for kind, text in found.environments.items() if not text.startswith("refused")]
    assert allowed
    shown = yaml.safe_load(found.example)["config"]
    assert leaf(shown, name) is not None
    kind = "dev" if "dev" in allowed else allowed[0]
    # A reason is for a name that says another kind.
    kind, stack = ("prod", "dev") if name == "stack_name_reason" else (kind, kind)
    own = {f"azure-mlplatform:{key}": value for key, value in program.tried(kind).items()}
    project = {"azure-mlplatform:project": {"value": own.pop("azure-mlplatform:project")}}
    if found.file == "Pulumi.yaml":
        # What is the project's stands beside what is the new project's.
        shown = {
            "azure-mlplatform:project": {"value": project["azure-mlplatform:project"]["value"] | shown_project(shown)}
        }
        (tmp_path / "Pulumi.yaml").write_text(yaml.safe_dump({"name": "x", "runtime": "python", "config": shown}))
        (tmp_path / f"Pulumi.{stack}.yaml").write_text(yaml.safe_dump({"config": own}))
    else:
        (tmp_path / "Pulumi.yaml").write_text(yaml.safe_dump({"name": "x", "runtime": "python", "config": project}))
        kept = {key: value for key, value in own.items() if key not in shown}
        rest = yaml.safe_dump(kept) if kept else ""
        # The example as it is shown, and the rest of the file below it.
        below = "".join(f"  {line}\n" for line in rest.splitlines())
        (tmp_path / f"Pulumi.{stack}.yaml").write_text(f"{found.example.rstrip()}\n{below}")
    settings_of(tmp_path, stack, program.model if found.kind in ("landing", "shared") else EnvironmentSettings)


def shown_project(shown):
    return shown["azure-mlplatform:project"]["value"]


def leaf(shown, name):
    """The value of a setting in an example."""
    top, *rest = name.split(".")
    at = shown[f"azure-mlplatform:{top}"]
    at = at["value"] if top == "project" else at
    for each in rest:
        at = at[0] if isinstance(at, list) else at
        at = at[each]
    return at


def test_the_catalogue_of_changes_and_the_settings_know_each_other():
    models = (PlatformSettings, LandingSettings, SharedSettings)
    assert {each.full_name for model in models for each in values_of(model)} == {each.setting for each in CHANGES}


@pytest.mark.parametrize(
    ("name", "kinds"),
    [
        ("deploy", ["landing"]),
        ("deploy.github_repository", ["landing"]),
        ("hub.spokes", ["shared"]),
        ("location", ["stack", "landing", "shared"]),
        ("budget.amount", ["stack", "landing"]),
        ("tags.criticality", ["stack", "landing", "shared"]),
        ("project.name", ["project"]),
        ("stress_tests", ["platform-stack"]),
        ("network", ["stack"]),
    ],
)
def test_a_setting_is_explained_for_each_program_that_has_it(name, kinds):
    found = find(name)
    assert [explain(each).kind for each in found] == kinds
    for kind, setting in zip(kinds, found, strict=True):
        assert find(name, kind) == [setting]
    for kind in set(KINDS) - {*kinds, *(["platform-stack"] if "stack" in kinds else [])}:
        with pytest.raises(ProblemsError):
            find(name, kind)


def test_each_program_says_what_its_own_setting_means():
    meanings = [explain(each).meaning for each in find("environment")]
    assert "`nonprod`" in meanings[2]
    assert "docs/landing.md" in meanings[1]
    assert len(set(meanings)) == 3


@pytest.mark.parametrize(
    ("name", "kind", "expected"),
    [
        ("rights", "landing", {each: f"optional, default ../rights.{each}.json" for each in ("dev", "test", "prod")}),
        ("deploy", "landing", dict.fromkeys(("dev", "test", "prod"), "required")),
        ("expires_on", "landing", {"sandbox": "required, at most 90 days ahead", "prod": "optional"}),
        ("budget", "landing", {"sandbox": "required", "dev": "optional"}),
        ("subscriptions", "shared", {"nonprod": "required", "prod": "required"}),
        ("hub.vnet_id", "shared", {"nonprod": "required in hub"}),
        ("model_registry", "shared", {"prod": "optional"}),
        ("load_testing", "shared", {"nonprod": "optional", "prod": "refused: load tests do not run in prod"}),
    ],
)
def test_a_landing_and_what_is_shared_have_their_own_kinds(name, kind, expected):
    [setting] = find(name, kind)
    found = explain(setting).environments
    assert {each: found[each] for each in expected} == expected
    refused = {"deploy": "sandbox", "rights": "sandbox", "model_registry": "nonprod"}.get(name)
    assert refused is None or found[refused].startswith("refused: ")


def test_the_kinds_of_files_are_those_of_schemas():
    assert set(KINDS) == set(SCHEMAS)


@pytest.mark.parametrize("change", CHANGES, ids=lambda each: each.key)
def test_what_the_catalogue_says_is_said(change):
    for setting in find(change.setting):
        said = " ".join(explain(setting).changes)
        for part in (change.outcome.value, change.what, change.when, change.way):
            assert part in said


NO_AKS = "refused: a sandbox environment has no AKS: its nodes run day and night, and nothing is promoted from it"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("network", ["optional", "required", "required", "required"]),
        ("budget", ["required", "optional", "optional", "optional"]),
        ("expires_on", ["required, at most 90 days ahead", "optional", "optional", "optional"]),
        ("project.cost_code", ["optional", "required", "required", "required"]),
        ("project.name", ["required"] * 4),
        ("workspace", ["optional"] * 4),
        ("workspace.network_mode", ["required in workspace"] * 4),
        ("diagnostics.retention_days", [f"optional, default {each.log_retention_days}" for each in PROFILES.values()]),
        ("inference.aks.cpu.min_nodes", [NO_AKS, *["optional, default 1"] * 2, "optional, default 3"]),
    ],
)
def test_each_environment_has_what_its_profile_says(name, expected):
    assert list(explain(of_environments(name)).environments.values()) == expected


@pytest.mark.parametrize(
    ("name", "field", "allowed"),
    [
        ("access.data_scientists", "may_grant", lambda value: "data_scientists" in value),
        ("workspace.instances", "may_have_instances", bool),
        ("network.public_access", "may_be_public", bool),
        ("workspace.managed_network.isolation", "may_let_all_out", bool),
        ("inference.aks.insecure_reason", "may_serve_insecurely", bool),
        ("lift_locks", "protect", bool),
        ("break_glass", "people_may_deploy", lambda value: not value),
        ("access.release_identity_id", "has_ci_identities", bool),
    ],
)
def test_what_a_profile_refuses_is_said_with_the_reason(name, field, allowed):
    found = explain(of_environments(name)).environments
    for kind, profile in PROFILES.items():
        refused = found[kind.value].startswith("refused: ")
        if name.startswith("inference.aks") and not profile.is_promoted:
            assert "has no AKS" in found[kind.value]
            continue
        assert refused is not allowed(getattr(profile, field)), kind


def test_a_default_that_depends_on_the_environment_is_computed():
    """A docstring that speaks of the environment in its default names a value that somebody has to know."""
    speaks = {
        name
        for name, each in settings_tree(PlatformSettings).items()
        if re.search(r"Default: .*(profile|highly available|spread over zones)", each.meaning) and "." in name
    }
    computed = {name for name in speaks if "default" in explain(of_environments(name)).environments["prod"]}
    # Its default is that of a pool for models: the same in each kind of environment.
    assert speaks - computed == {"inference.aks.pools.min_nodes"}


def test_a_default_in_the_docstring_is_the_fields_own():
    checked = 0
    for name in NAMES:
        found = explain(of_environments(name))
        said = re.search(r"Default: `([^`]+)`", found.meaning)
        if said and found.default is not None:
            checked += 1
            assert said[1] == yaml.safe_load(found.default), name
    assert checked > 25


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("azure-mlplatform:network", "network"),
        ("workspace.clusters[].vm_size", "workspace.clusters.vm_size"),
        (" workspace.clusters[0].vm_size ", "workspace.clusters.vm_size"),
        ("azure-mlplatform:project.value.name", "project.name"),
        ("project.value", "project"),
        ("tags.criticality", "tags"),
        ("tags{}", "tags"),
    ],
)
def test_a_setting_is_found_as_a_file_or_a_message_writes_it(written, name):
    assert {each.name for each in find(written)} == {name}


@pytest.mark.parametrize(
    ("written", "fix"),
    [
        ("netwrk", "Did you mean network?"),
        ("egress", "Did you mean network.egress or inference.aks.egress?"),
        ("deploy.github_repositry", "Did you mean deploy.github_repository"),
        ("spokes", "Did you mean hub.spokes?"),
        ("cluster_idd", "Did you mean inference.aks.cluster_id?"),
        ("workspace.instance", "Did you mean workspace.instances, "),
        (
            "vm_size",
            "Did you mean workspace.clusters.vm_size, workspace.instances.vm_size, inference.aks.system.vm_size, ",
        ),
        ("qqqqq", "`mlplatform explain` lists all, level by level"),
        ("", "`mlplatform explain` lists all, level by level"),
        ("[", "`mlplatform explain` lists all, level by level"),
    ],
)
def test_a_setting_that_there_is_not_is_refused_with_those_like_it(written, fix):
    with pytest.raises(ProblemsError) as error:
        find(written)
    [problem] = error.value.problems
    assert problem.what == f"'{written}' is not a setting"
    assert problem.fix.startswith(fix)


def test_a_file_has_its_own_settings():
    own = {kind: {each.name for each in known(kind)} for kind in KINDS}
    assert "stress_tests" in own["platform-stack"] - own["stack"]
    assert not own["project"] & own["stack"]
    assert own["project"] | own["platform-stack"] == set(NAMES)
    assert set().union(*own.values()) == {each.name for each in EVERY}
    with pytest.raises(ProblemsError):
        find("network", "project")
    assert explain(of_environments("stress_tests")).file == "Pulumi.<stack>.yaml of stacks/platform"
    assert [explain(each).file for each in find("rights")] == ["Pulumi.<stack>.yaml of stacks/landing"]


def test_the_top_settings_come_in_the_order_of_the_model():
    top = [each.name for each in known() if "." not in each.name]
    own = [each for model in (LandingSettings, SharedSettings) for each in model.model_fields if each != "project"]
    assert top == [*PlatformSettings.model_fields, *own]
    assert list(islice(top, 3)) == ["project", "environment", "location"]
