"""A repository of several projects, checked at once."""

import datetime
import re
import shutil
from pathlib import Path

import pytest

from azure_mlplatform.plan.check import check_stacks
from azure_mlplatform.stack import PLACEHOLDERS

ROOT = Path(__file__).parents[2]
TODAY = datetime.date(2026, 11, 25)


@pytest.fixture
def repository(tmp_path):
    """The platform's cluster and a project that attaches it, in a repository of their own."""
    shutil.copytree(ROOT / "stacks", tmp_path / "stacks")
    for name in ("central", "pricing"):
        shutil.copytree(ROOT / "projects" / name, tmp_path / "projects" / name)
    return tmp_path


def copy(repository, name, other, **replaced):
    """Another project, made of a committed one with some texts replaced in its files."""
    folder = repository / "projects" / other
    shutil.copytree(repository / "projects" / name, folder)
    for file in folder.glob("Pulumi*.yaml"):
        text = file.read_text().replace(f"name: {name}", f"name: {other}")
        for old, new in replaced.items():
            text = text.replace(old.replace("_", " "), new)
        file.write_text(text)
    return folder


def replace_in(file, *pairs):
    text = file.read_text()
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    file.write_text(text)


def said(repository):
    report = check_stacks(repository, today=TODAY)
    return [str(each) for each in (*report.problems, *report.conflicts)]


def test_a_repository_without_problems_says_what_it_has(repository):
    report = check_stacks(repository, today=TODAY)
    assert report.problems == ()
    assert [each.file for each in report.stacks] == [
        f"projects/{name}/Pulumi.{stack}.yaml" for name in ("central", "pricing") for stack in ("dev", "prod")
    ]
    [first, *_] = report.as_json()["stacks"]
    assert {key: first[key] for key in ("folder", "project", "stack")} == {
        "folder": "projects/central",
        "project": "central",
        "stack": "dev",
    }
    [(_, placeholders), (severity, text)] = report.stacks[0].messages
    assert placeholders.startswith(PLACEHOLDERS)
    assert severity == "warning"
    assert text.startswith("Standard_NC4as_T4_v3: not checked whether westeurope has it")
    assert first["resources"] == report.stacks[0].resources


def exclusive(folder, stack):
    """Makes a project attach its cluster alone."""
    own = "attach: exclusive\n      insecure_reason: Nobody calls it from outside"
    replace_in(folder / f"Pulumi.{stack}.yaml", ("attach: shared", own))


def test_a_second_workspace_on_a_cluster_is_refused_across_projects_and_both_are_named(repository):
    other = copy(repository, "pricing", "tariffs", **{"10.80.0.0/23": "10.90.0.0/23", "10.82.0.0/23": "10.92.0.0/23"})
    assert said(repository) == []
    exclusive(other, "dev")
    problem, central = said(repository)
    assert "aks-central-dev-vhz6dl is made for several workspaces, but is attached exclusive to mlw-tar" in central
    assert problem.startswith("projects/tariffs/Pulumi.dev.yaml: azure-mlplatform:inference.aks.cluster_id: ")
    first, second = (f"mlw-{each}-dev-" for each in ("pricing", "tariffs"))
    assert "aks-central-dev-vhz6dl is attached shared to " + first in problem
    assert " by projects/pricing dev, and exclusive to " + second in problem
    assert "by projects/tariffs dev: a second workspace breaks the first one's scoring" in problem


def test_a_pool_that_the_shared_cluster_has_not_is_refused(repository):
    replace_in(repository / "projects/pricing/Pulumi.prod.yaml", ("name: gpu", "name: gpus"))
    [problem] = said(repository)
    assert problem.startswith("projects/pricing/Pulumi.prod.yaml: azure-mlplatform:inference.aks.pools: ")
    assert "has no pool gpus" in problem
    assert "Use one of its pools: cpu, gpu" in problem


def test_two_projects_behind_one_hub_share_no_address(repository):
    copy(repository, "pricing", "tariffs", **{"10.82.0.0/23": "10.92.0.0/23"})
    [problem] = said(repository)
    assert problem.startswith("projects/tariffs/Pulumi.dev.yaml: azure-mlplatform:network.address_space: ")
    assert "10.80.0.0/23 overlaps 10.80.0.0/23 of projects/pricing dev" in problem
    suggested = re.search(r"such as (\S+):", problem)
    assert suggested
    replace_in(repository / "projects/tariffs/Pulumi.dev.yaml", ("10.80.0.0/23", suggested[1]))
    assert said(repository) == []


def test_settings_copied_from_another_stack_are_refused(repository):
    folder = repository / "projects/pricing"
    text = (folder / "Pulumi.dev.yaml").read_text().replace("10.80.0.0/23", "10.82.0.0/23")
    (folder / "Pulumi.prod.yaml").write_text(text)
    [problem] = [each for each in said(repository) if "stack's name" in each]
    assert problem.startswith(
        "projects/pricing/Pulumi.prod.yaml:3: azure-mlplatform:environment: the stack's name 'prod' says prod, but "
        "environment is 'dev'\n    Set environment: prod, give the stack another name"
    )


def test_two_projects_cannot_make_the_same_resource(repository):
    folder = repository / "projects" / "copy"
    shutil.copytree(repository / "projects" / "central", folder)
    for stack, space in (("dev", "10.72.0.0/22"), ("prod", "10.76.0.0/22")):
        replace_in(folder / f"Pulumi.{stack}.yaml", (space, space.replace("10.7", "10.17")))
    found = said(repository)
    assert len(found) == 2
    assert found[0].startswith("projects/copy/Pulumi.dev.yaml: ResourceGroup rg-shared-compute-central-dev already ")
    assert "belongs to projects/central dev" in found[0]


def test_what_is_wrong_in_one_project_keeps_none_of_the_others_from_being_looked_at(repository):
    replace_in(repository / "projects/central/Pulumi.dev.yaml", ("location: westeurope", "location: nowhere"))
    replace_in(repository / "projects/pricing/Pulumi.prod.yaml", ("network_mode: own", "network_mode: mine"))
    for name, program in (("raises", "1 / 0"), ("runs", "import pulumi; raise pulumi.RunError('no luck')")):
        folder = repository / "projects" / name
        folder.mkdir()
        (folder / "Pulumi.yaml").write_text("name: x\nruntime: python\nconfig: {azure-mlplatform:project: {value: {}}}")
        (folder / "Pulumi.dev.yaml").touch()
        (folder / "__main__.py").write_text(program)
    (repository / "projects" / "none").mkdir()
    (repository / "projects/none/Pulumi.yaml").write_text(
        "name: none\nruntime: python\nconfig: {azure-mlplatform:project: {value: {}}}"
    )
    report = check_stacks(repository, today=TODAY)
    assert [each.file for each in report.stacks] == [
        "projects/central/Pulumi.prod.yaml",
        "projects/pricing/Pulumi.dev.yaml",
    ]
    lines = [str(each).split("\n")[0] for each in report.problems]
    failed = f"the program failed in {repository / 'projects' / 'raises' / '__main__.py'}, line 1"
    assert lines[0].startswith("projects/central/Pulumi.dev.yaml:4: azure-mlplatform:location: 'nowhere' is not")
    assert lines[1:] == [
        "projects/none/Pulumi.yaml: has no stack",
        lines[2],
        f"projects/raises/Pulumi.dev.yaml: {failed}: ZeroDivisionError: division by zero",
        "projects/runs/Pulumi.dev.yaml: no luck",
    ]
    assert lines[2].startswith("projects/pricing/Pulumi.prod.yaml:18: azure-mlplatform:workspace.network_mode: 'mine'")
    [failed] = [each for each in report.problems if "failed" in each.what]
    assert failed.fix == "Set MLPLATFORM_TRACEBACK=1 to see all calls"


def test_the_problems_as_json_have_their_places(repository):
    replace_in(repository / "projects/central/Pulumi.dev.yaml", ("location: westeurope", "location: nowhere"))
    [problem] = [each.as_json() for each in check_stacks(repository, today=TODAY).problems]
    assert problem["file"] == "projects/central/Pulumi.dev.yaml:4"
    assert problem["path"] == ["azure-mlplatform:location"]
    assert "'nowhere' is not an Azure region" in problem["what"]


def test_projects_of_others_are_left_out(repository):
    folder = repository / "other"
    folder.mkdir()
    (folder / "Pulumi.yaml").write_text("name: other\nruntime: nodejs\n")
    (folder / "Pulumi.dev.yaml").write_text("config: {aws:region: eu-west-1}")
    assert check_stacks(repository, today=TODAY).skipped == ("other",)
    assert check_stacks(folder).as_json() == {"stacks": [], "skipped": ["."], "conflicts": []}


def test_what_retires_is_judged_as_on_a_day(tmp_path):
    shutil.copytree(ROOT / "stacks", tmp_path / "stacks")
    shutil.copytree(ROOT / "projects" / "genomics", tmp_path / "projects" / "genomics")
    assert check_stacks(tmp_path, today=datetime.date(2027, 5, 30)).problems == ()
    later = check_stacks(tmp_path, today=datetime.date(2027, 6, 1))
    assert len(later.problems) == 2
    for problem in later.problems:
        assert "Standard_NP10s was retired on 2027-05-31" in problem.what
        assert problem.file.startswith("projects/genomics/Pulumi.")


def test_two_environments_in_one_given_group_are_told_across_projects(repository):
    group = "/subscriptions/00000000-0000-0000-0000-00000000ce0d/resourceGroups/rg-ours"
    for name in ("central", "pricing"):
        file = repository / "projects" / name / "Pulumi.dev.yaml"
        file.write_text(f"{file.read_text().rstrip()}\n  azure-mlplatform:resource_group_id: {group}\n")
    [problem] = [each for each in said(repository) if "is also the group of" in each]
    assert "projects/pricing/Pulumi.dev.yaml: azure-mlplatform:resource_group_id: resource group rg-ours" in problem
    assert "projects/central dev" in problem


def test_a_reason_for_a_shared_cluster_in_prod_is_asked_for(repository):
    file = repository / "projects" / "pricing" / "Pulumi.prod.yaml"
    lines = [each for each in file.read_text().splitlines() if "shared_cluster_reason" not in each]
    file.write_text("\n".join(lines) + "\n")
    [problem] = said(repository)
    assert "shared_cluster_reason" in problem
