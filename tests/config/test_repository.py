from pathlib import Path

import pytest

from azure_mlplatform.config.repository import is_ours, projects, settings_of
from azure_mlplatform.foundation.problems import ProblemsError

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
