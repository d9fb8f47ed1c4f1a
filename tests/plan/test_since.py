"""What a change of settings does to a plan, against the same plan from files and from a saved preview."""

import json
import shutil

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from azure_mlplatform.config.files import stack_config
from azure_mlplatform.foundation.problems import ProblemsError
from azure_mlplatform.plan.settings_difference import settings_in
from azure_mlplatform.plan.since import effect_since, none_yet, planned, saved
from azure_mlplatform.plan.update import Operation
from support.stacks import DAY, IDS, ROOT, STACKS, plan_of


def preview(folder, stack, plan=None):
    """The object that `mlplatform preview --json` prints."""
    plan = plan or plan_of(folder, stack)
    return {
        "version": 1,
        "command": "preview",
        "notices": [],
        "problems": [],
        "stacks": [
            {
                "project": plan.project,
                "stack": stack,
                "settings": settings_in(stack_config(folder, stack)),
                "resources": [each.as_json() for each in plan.resources],
            }
        ],
    }


def changed_copy(folder, target, stack, change):
    """A copy of a project with one stack's settings changed."""
    for file in folder.glob("Pulumi*.yaml"):
        shutil.copy(file, target)
    project = yaml.safe_load((target / "Pulumi.yaml").read_text())
    project["main"] = str((folder / project["main"]).resolve())
    (target / "Pulumi.yaml").write_text(yaml.safe_dump(project))
    path = target / f"Pulumi.{stack}.yaml"
    data = yaml.safe_load(path.read_text())
    change({key.removeprefix("azure-mlplatform:"): value for key, value in data["config"].items()}, data["config"])
    path.write_text(yaml.safe_dump(data))
    return target


@pytest.mark.slow
@pytest.mark.parametrize(("folder", "stack"), STACKS, ids=IDS)
def test_a_saved_preview_and_the_same_settings_do_not_differ(folder, stack):
    before = saved(json.dumps(preview(folder, stack)), "plan.json", DAY)[stack]
    found = effect_since(folder, stack, before, DAY)
    assert [(each.operation, each.urn, each.changes) for each in found.steps] == []
    assert found.settings == ()
    assert found.same == len(plan_of(folder, stack).azure_resources)


@pytest.fixture(scope="module")
def before():
    """The reference project's dev, from its files and from a saved preview."""
    [replayed] = saved(json.dumps(preview(ROOT, "dev")), "plan.json", DAY).values()
    return planned(ROOT, "dev", DAY), replayed


def more_nodes(settings, config):
    settings["workspace"]["clusters"][0]["max_nodes"] = 6
    settings["ai_services"].append({"name": "words", "kind": "TextAnalytics"})
    del config["azure-mlplatform:batch"]


@pytest.fixture(scope="module")
def changed(before, tmp_path_factory):
    folder = changed_copy(ROOT, tmp_path_factory.mktemp("a project"), "dev", more_nodes)
    return [effect_since(folder, "dev", each, DAY) for each in before]


def test_a_plan_from_files_and_a_saved_one_say_the_same(changed):
    one, other = changed
    assert one.as_json() == other.as_json()


def test_a_change_is_said_in_the_words_of_settings(changed):
    found = {each.setting: each for each in changed[0].settings}
    assert set(found) == {"workspace.clusters[cpu].max_nodes", "ai_services[words]", "batch"}
    nodes = found["workspace.clusters[cpu].max_nodes"]
    assert (nodes.before, nodes.after, nodes.outcomes) == (4, 6, ("in place",))
    assert found["ai_services[words]"].outcomes == ("made",)
    assert found["batch"].after is None


def test_resources_come_change_and_go(changed):
    steps = {each.name: each for each in changed[0].steps}
    nodes = steps["churn-ml-cluster-cpu"]
    assert nodes.operation is Operation.UPDATE
    [change] = nodes.changes
    assert (change.path, change.before, change.after) == (
        "properties.properties.scaleSettings.maxNodeCount",
        4,
        6,
    )
    assert steps["churn-data-product-words-account"].operation is Operation.CREATE
    assert steps["churn-batch-factory"].operation is Operation.DELETE
    assert "churn-batch-factory" in {each.name for each in changed[0].lost}


def test_a_change_that_replaces_says_so(before, tmp_path):
    def other_size(settings, config):
        settings["workspace"]["clusters"][0]["vm_size"] = "Standard_D8ds_v4"

    found = effect_since(changed_copy(ROOT, tmp_path, "dev", other_size), "dev", before[1], DAY)
    [cluster] = [each for each in found.steps if each.name == "churn-ml-cluster-cpu"]
    assert cluster.operation is Operation.REPLACE or cluster.refusals or found.problems


def test_a_stack_that_was_not_there_is_all_new():
    found = effect_since(ROOT, "dev", none_yet(ROOT, "dev"), DAY)
    assert {each.operation for each in found.steps} == {Operation.CREATE}
    assert (found.same, found.settings) == (0, ())


def test_a_saved_preview_without_ids_compares_with_nothing():
    text = json.dumps(preview(ROOT, "dev", plan_of(ROOT, "dev", known=False)))
    with pytest.raises(ProblemsError) as error:
        saved(text, "plan.json", DAY)
    [problem] = error.value.problems
    assert (problem.what, problem.fix) == (
        "is a preview with unknown values, which compares with nothing",
        "Save one without --unknown",
    )


def test_a_saved_preview_that_was_refused_has_no_plan():
    text = json.dumps({"version": 1, "command": "preview", "problems": [{"what": "x"}], "stacks": []})
    with pytest.raises(ProblemsError, match="was refused, so it has no plan"):
        saved(text, "plan.json", DAY)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
ODD = st.fixed_dictionaries(
    {},
    optional={
        "version": st.sampled_from([1, 2, "1"]) | JSON,
        "command": st.just("preview") | JSON,
        "problems": st.just([]) | JSON,
        "stacks": st.lists(
            st.fixed_dictionaries(
                {},
                optional={
                    "stack": st.just("dev") | JSON,
                    "project": st.just("p") | JSON,
                    "settings": st.just({}) | JSON,
                    "resources": JSON | st.lists(st.fixed_dictionaries({}, optional={"urn": JSON, "type": JSON})),
                },
            ),
            max_size=2,
        )
        | JSON,
    },
)


def places(text):
    """The places of the problems of a text, and None if it is read."""
    try:
        found = saved(text, "plan.json", DAY)
    except ProblemsError as error:
        return {each.file for each in error.problems}
    return None if all(isinstance(each.settings, dict) for each in found.values()) else set()


@given(ODD | JSON)
def test_any_other_json_is_refused_or_read(data):
    assert places(json.dumps(data)) in ({"plan.json"}, None)


@given(st.text(max_size=30))
def test_any_text_is_refused(text):
    assert places(text) == {"plan.json"}
