import re
from itertools import islice

import pytest
import yaml

from azure_mlplatform.catalogue.changes import CHANGES
from azure_mlplatform.config.explain import KINDS, base, explain, find, known
from azure_mlplatform.config.repository import settings_of
from azure_mlplatform.config.settings_tree import settings_tree
from azure_mlplatform.environment.settings.platform import PlatformSettings
from azure_mlplatform.foundation.problems import ProblemsError
from azure_mlplatform.foundation.profiles import PROFILES, Environment
from azure_mlplatform.landing.settings import LandingSettings
from azure_mlplatform.shared.settings import SharedSettings

NAMES = sorted(known())
KINDS_OF = [each.value for each in Environment]


@pytest.mark.parametrize("name", NAMES)
def test_each_setting_is_explained_whole(name):
    found = explain(find(name))
    assert found.name == name
    assert found.meaning.endswith((".", "."))
    assert found.type
    assert found.changes
    assert all(found.changes)
    assert list(found.environments) == KINDS_OF
    assert all(found.environments.values())
    assert found.required == find(name).info.is_required()
    assert "(LEFT_OUT)" not in found.example
    assert set(found.below) == {each for each in NAMES if re.fullmatch(rf"{re.escape(name)}\.\w+", each)}


@pytest.mark.parametrize("name", NAMES)
def test_each_example_is_taken_by_the_loader_where_the_setting_is_allowed(name, tmp_path):
    found = explain(find(name))
    allowed = [kind for kind, text in found.environments.items() if not text.startswith("refused")]
    assert allowed
    shown = yaml.safe_load(found.example)["config"]
    assert leaf(shown, name) is not None
    kind = Environment("dev" if "dev" in allowed else allowed[0])
    # A reason is for a name that says another kind.
    kind, stack = (Environment.PROD, "dev") if name == "stack_name_reason" else (kind, kind.value)
    own = {f"azure-mlplatform:{key}": value for key, value in base(kind, in_network=True).items()}
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
    settings_of(tmp_path, stack)


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


def leaves(tree):
    return {each.full_name for each in tree.values() if each.shape.model is None}


EXPLAINED = [each for each in CHANGES if each.setting in leaves(known())]


def test_the_catalogue_of_changes_and_the_settings_know_each_other():
    others = leaves(settings_tree(LandingSettings)) | leaves(settings_tree(SharedSettings))
    assert leaves(known()) | others == {each.setting for each in CHANGES}


@pytest.mark.parametrize(
    ("name", "program"), [("deploy", "landing"), ("deploy.github_repository", "landing"), ("hub.spokes", "shared")]
)
def test_a_setting_of_another_program_is_said_to_be_one(name, program):
    with pytest.raises(ProblemsError, match=rf"'{name}' is a setting of stacks/{program}\s.*--file {program}"):
        find(name)


@pytest.mark.parametrize("change", EXPLAINED, ids=lambda each: each.key)
def test_what_the_catalogue_says_is_said(change):
    said = " ".join(explain(find(change.setting)).changes)
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
    assert list(explain(find(name)).environments.values()) == expected


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
    found = explain(find(name)).environments
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
        for name, each in known().items()
        if re.search(r"Default: .*(profile|highly available|spread over zones)", each.meaning) and "." in name
    }
    computed = {name for name in speaks if "default" in explain(find(name)).environments["prod"]}
    # Its default is that of a pool for models: the same in each kind of environment.
    assert speaks - computed == {"inference.aks.pools.min_nodes"}


def test_a_default_in_the_docstring_is_the_fields_own():
    checked = 0
    for name in NAMES:
        found = explain(find(name))
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
    assert find(written).name == name


@pytest.mark.parametrize(
    ("written", "fix"),
    [
        ("netwrk", "Did you mean network?"),
        ("egress", "Did you mean network.egress or inference.aks.egress?"),
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
    own = {kind: set(known(kind)) for kind in KINDS}
    assert "stress_tests" in own["platform-stack"] - own["stack"]
    assert not own["project"] & own["stack"]
    assert set().union(*own.values()) == set(NAMES)
    with pytest.raises(ProblemsError):
        find("network", "project")
    assert explain(find("stress_tests")).file == "Pulumi.<stack>.yaml of stacks/platform"


def test_the_top_settings_come_in_the_order_of_the_model():
    top = [name for name in known() if "." not in name]
    assert top == list(PlatformSettings.model_fields)
    assert list(islice(top, 3)) == ["project", "environment", "location"]
