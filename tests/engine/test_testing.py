"""The tests that the documents show for the emulated Azure pass."""

import re
import subprocess

import pytest

from support.engine.engine import ROOT, copy_repository, path_with_plugins

EXAMPLE = "\n".join(re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "local.md").read_text(), re.DOTALL))
TESTS = re.findall(r"def (test_\w+)", EXAMPLE)


@pytest.mark.parametrize("name", TESTS)
def test_the_tests_that_the_document_shows_pass(name, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", path_with_plugins(tmp_path / "the plugins"))
    copy_repository(tmp_path / "a repository")
    monkeypatch.chdir(tmp_path / "a repository" / "projects" / "vision")
    space = {}
    exec(compile(EXAMPLE, "docs/local.md", "exec"), space)  # noqa: S102 - our own document
    folder = tmp_path / "a folder"
    folder.mkdir()
    try:
        space[name](folder)
    except subprocess.CalledProcessError as error:
        pytest.fail(f"{error}\n{error.stdout}\n{error.stderr}")
