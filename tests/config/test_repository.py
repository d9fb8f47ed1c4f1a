from pathlib import Path

import pytest
from pydantic import ValidationError

from azure_mlplatform.config.repository import is_ours, projects, settings_of, taken_ranges
from azure_mlplatform.foundation.problems import ProblemsError
from azure_mlplatform.testing import example_settings

ROOT = Path(__file__).parents[2]


def make(folder, *, project="name: x\nruntime: python\n", **stacks):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "Pulumi.yaml").write_text(project)
    for stack, text in stacks.items():
        (folder / f"Pulumi.{stack}.yaml").write_text(text)
    return folder


def test_projects_are_found_at_any_depth_but_in_no_hidden_or_installed_folder(tmp_path):
    for each in (".", "b/c", "a", ".venv/x", "a/node_modules/y", "a/.git"):
        make(tmp_path / each)
    (tmp_path / "d").symlink_to(tmp_path / "b")
    assert [each.relative_to(tmp_path).as_posix() for each in projects(tmp_path)] == [".", "a", "b/c"]


@pytest.mark.parametrize(
    ("project", "stack", "ours"),
    [
        ("name: x\nruntime: nodejs\n", "config: {aws:region: x}", False),
        ("name: x\nruntime: nodejs\n", "", False),
        ("name: x\nruntime: python\nconfig: {azure-mlplatform:project: {value: {}}}\n", "", True),
        ("name: x\nruntime: python\n", "config: {azure-mlplatform:environment: dev}", True),
        ("name: x\nruntime: python\n", "config: [", True),
        ("config: 1", "", True),
    ],
)
def test_a_project_is_ours_by_its_settings(tmp_path, project, stack, ours):
    assert is_ours(make(tmp_path / "x", project=project, dev=stack)) == ours


def test_settings_are_read_as_a_program_would():
    settings = settings_of(ROOT, "prod")
    assert (settings.project.name, settings.environment, settings.location) == ("churn", "prod", "westeurope")
    assert settings.inference
    assert settings.inference.aks
    assert [each.name for each in settings.inference.aks.pools] == ["gpu"]


def test_problems_name_file_and_line(tmp_path):
    text = (ROOT / "Pulumi.dev.yaml").read_text().replace("location: westeurope", "location: {secure: v1:cipher}")
    make(tmp_path, project=(ROOT / "Pulumi.yaml").read_text(), dev=text)
    with pytest.raises(ProblemsError) as error:
        settings_of(tmp_path, "dev")
    [problem] = error.value.problems
    assert problem.file == "Pulumi.dev.yaml:4"
    assert "[secret] cannot be read" in problem.what
    assert "cipher" not in str(problem)


def test_an_encrypted_text_that_nothing_computes_with_passes(tmp_path):
    text = (ROOT / "Pulumi.dev.yaml").read_text() + "  azure-mlplatform:token: {secure: v1:cipher}\n"
    project = (ROOT / "Pulumi.yaml").read_text().replace("CC-4711", "{secure: v1:cipher}")
    make(tmp_path, project=project, dev=text)
    assert settings_of(tmp_path, "dev").project.cost_center == "[secret]"


def test_a_stack_of_another_environment_is_refused_with_its_line(tmp_path):
    text = (ROOT / "Pulumi.dev.yaml").read_text()
    make(tmp_path, project=(ROOT / "Pulumi.yaml").read_text(), prod=text, blue=text)
    with pytest.raises(ProblemsError) as error:
        settings_of(tmp_path, "prod")
    assert str(error.value).startswith("Pulumi.prod.yaml:3: azure-mlplatform:environment: the stack's name 'prod' says")
    assert settings_of(tmp_path, "blue").environment == "dev"


def test_ranges_of_the_whole_repository_are_taken(tmp_path):
    (tmp_path / ".git").mkdir()
    make(tmp_path / "a", dev="config: {azure-mlplatform:network: {address_space: [10.20.0.0/22, nonsense/8, 1]}}")
    make(tmp_path / "b/c", prod="config: {x:y: {hub: {address_space: [10.0.0.0/16]}}}", dev="config: [")
    found = {str(each) for each in taken_ranges(tmp_path / "b/c")}
    assert found == {"10.20.0.0/22", "10.0.0.0/16"}
    (tmp_path / ".git").rmdir()
    assert {str(each) for each in taken_ranges(tmp_path / "a")} == {"10.20.0.0/22"}


def test_a_suggested_range_is_free_in_the_repository(tmp_path):
    """It can be pasted as it is, which a reader does."""
    (tmp_path / ".git").mkdir()
    taken = (ROOT / "Pulumi.dev.yaml").read_text().replace("10.20.0.0/22", "10.128.0.0/22")
    without = taken.replace("azure-mlplatform:network:", "azure-native:network:")
    project = (ROOT / "Pulumi.yaml").read_text()
    make(tmp_path / "one", project=project, dev=taken)
    folder = make(tmp_path / "two", project=project, dev=without)
    with pytest.raises(ProblemsError) as error:
        settings_of(folder, "dev")
    [advice] = [each.fix for each in error.value.problems if each.path == ("azure-mlplatform:network",)]
    assert advice == "Add network: {address_space: [10.128.4.0/22]}"
    wrong = taken.replace("address_space: [10.128.0.0/22]", "address_space: [10.128.0.0/33]")
    (folder / "Pulumi.dev.yaml").write_text(wrong)
    with pytest.raises(ProblemsError, match=r"Allowed: a private range in CIDR form: 10\.128\.4\.0/22"):
        settings_of(folder, "dev")


def test_without_a_repository_a_suggested_range_cannot_be_pasted():
    with pytest.raises(ValidationError) as error:
        example_settings(network=None)
    assert "Add network: {address_space: [10.<number>.<number>.0/22]}" in str(error.value)
    with pytest.raises(ValidationError, match="is a shape, not a value"):
        example_settings(network={"address_space": ["10.<number>.<number>.0/22"]})
