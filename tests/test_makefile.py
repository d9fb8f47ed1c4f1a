"""What `make` does with the Python that it gets."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="needs make")

# As far as the Makefile asks: `-c` fails on an old one, `-m venv` makes an environment of it, and pip does nothing.
PYTHON = """\
#!/bin/sh
case "$1$2" in
  -c*) exit {code} ;;
  -mvenv) [ "$3" = --clear ] && rm -rf "$4"; mkdir -p "$4/bin" && cp "$0" "$4/bin/python" ;;
  -mpip) exit {code} ;;
esac
"""


@pytest.fixture
def folder(tmp_path):
    """A folder whose path has a space, with an old and a new Python."""
    folder = tmp_path / "a checkout"
    folder.mkdir()
    for name in ("Makefile", "pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, folder)
    for name, code in (("old", 1), ("new", 0)):
        (folder / name).write_text(PYTHON.format(code=code))
        (folder / name).chmod(0o755)
    return folder


def make(folder, python):
    return subprocess.run(
        ["make", ".venv/.installed", f"PYTHON={python}"], cwd=folder, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("python", ["./old", "./none"])
def test_an_old_python_is_told_what_is_needed_and_leaves_nothing(folder, python):
    done = make(folder, python)
    assert done.returncode != 0
    needed = f"Python 3.11 or newer is needed, and {python} is not: make .venv/.installed PYTHON=python3.12"
    assert needed in done.stderr
    assert not (folder / ".venv").exists()


@pytest.mark.parametrize("before", ["old", "new", "dangling", "empty", "none"])
def test_an_environment_that_is_wrong_mends_itself(folder, before):
    there = folder / ".venv" / "bin"
    if before != "none":
        there.mkdir(parents=True)
    if before in ("old", "new"):
        shutil.copy(folder / before, there / "python")
    if before == "dangling":
        (there / "python").symlink_to("/nowhere/python")
    if before == "new":
        (folder / ".venv" / "kept").touch()
    done = make(folder, "./new")
    assert done.returncode == 0, done.stderr
    assert (folder / ".venv" / ".installed").exists()
    assert (there / "python").read_text() == (folder / "new").read_text()
    # One that is right is kept as it is.
    assert (folder / ".venv" / "kept").exists() is (before == "new")


def test_an_old_python_does_not_touch_an_environment_that_is_right(folder):
    assert make(folder, "./new").returncode == 0
    (folder / "pyproject.toml").touch()
    assert make(folder, "./old").returncode == 0


def test_the_makefile_asks_for_what_the_package_needs():
    needs = next(line for line in (ROOT / "pyproject.toml").read_text().splitlines() if "requires-python" in line)
    assert needs == 'requires-python = ">=3.11"'
    assert "sys.version_info < (3, 11)" in (ROOT / "Makefile").read_text()
