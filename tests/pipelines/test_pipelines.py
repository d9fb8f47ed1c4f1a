"""The pipelines for platform teams: judged by actionlint, zizmor and the schema of Azure Pipelines, and run in part."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from azure_mlplatform.cli.app import app
from support.azure_pipelines import compiled

ROOT = Path(__file__).parents[2]
PIPELINES = ROOT / "pipelines"
WORKFLOWS = sorted((PIPELINES / "github" / "workflows").glob("*.yml"))
AZURE = sorted((PIPELINES / "azure").rglob("*.yml"))
SCRIPTS = sorted((PIPELINES / "scripts").iterdir())
DOCUMENT = (ROOT / "docs" / "pipelines.md").read_text(encoding="utf-8")
NAMES = [each.stem for each in WORKFLOWS]


def judge(name):
    """A tool beside this Python, in build/ or on PATH."""
    places = os.pathsep.join((str(Path(sys.executable).parent), str(ROOT / "build"), os.environ.get("PATH", "")))
    found = shutil.which(name, path=places)
    if found is None:
        pytest.skip(f"{name} is not installed: `make actionlint`, or pip install -e .[dev]")
    return found


def jobs(file):
    return yaml.safe_load(file.read_text(encoding="utf-8"))["jobs"]


@pytest.fixture
def repository(tmp_path):
    """A repository of a platform team, with the workflows where GitHub reads them."""
    root = tmp_path / "repository"
    root.mkdir()
    git(root, "init", "-q", "-b", "main")
    shutil.copytree(PIPELINES, root / "pipelines")
    shutil.copytree(PIPELINES / "github", root / ".github")
    return root


def git(root, *words):
    known = {
        "GIT_AUTHOR_NAME": "a",
        "GIT_AUTHOR_EMAIL": "a@b.c",
        "GIT_COMMITTER_NAME": "a",
        "GIT_COMMITTER_EMAIL": "a@b.c",
    }
    done = subprocess.run(["git", *words], cwd=root, env={**os.environ, **known}, capture_output=True, check=True)
    return done.stdout.decode().strip()


def commit(root):
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "a change")
    return git(root, "rev-parse", "HEAD")


@pytest.mark.slow
def test_actionlint_finds_nothing(repository):
    done = subprocess.run([judge("actionlint")], cwd=repository, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.slow
def test_zizmor_finds_nothing(repository):
    command = [judge("zizmor"), "--offline", "--no-progress", "--config", ".github/zizmor.yml", ".github/workflows"]
    done = subprocess.run(command, cwd=repository, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert "No findings to report" in done.stdout


@pytest.mark.slow
@pytest.mark.parametrize("file", AZURE, ids=lambda file: file.stem)
def test_the_schema_of_azure_pipelines_refuses_nothing(tmp_path, file):
    written = tmp_path / "compiled.json"
    written.write_text(json.dumps(compiled(file)))
    schema = ["--builtin-schema", "vendor.azure-pipelines", "--regex-variant", "nonunicode"]
    done = subprocess.run([judge("check-jsonschema"), *schema, written], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_actions_are_pinned_to_the_commits_that_were_read():
    read = re.findall(r"^\| `(\S+)` \| `([0-9a-f]{40})` \| (v[\d.]+) \|", DOCUMENT, re.MULTILINE)
    used = set()
    for file in WORKFLOWS:
        for line in re.findall(r"uses: (.*)", file.read_text(encoding="utf-8")):
            if not line.startswith("./"):
                found = re.fullmatch(r"(\S+)@([0-9a-f]{40}) # (v[\d.]+)", line)
                assert found, line
                used.add(found.groups())
    assert used == set(read)


@pytest.mark.parametrize("file", WORKFLOWS, ids=NAMES)
def test_each_job_has_the_rights_that_it_needs_and_no_more(file):
    assert yaml.safe_load(file.read_text(encoding="utf-8"))["permissions"] == {}
    for name, job in jobs(file).items():
        rights = job["permissions"]
        assert set(rights.values()) - {"read"} <= {"write"}, name
        writes = {right for right, level in rights.items() if level == "write"}
        if "id-token" in writes:
            # Who signs in to Azure does so as a GitHub environment, and can write nothing here.
            assert "environment" in job or "uses" in job, name
            assert writes == {"id-token"}, name
        for step in job.get("steps", ()):
            if "checkout" in step.get("uses", ""):
                assert step["with"]["persist-credentials"] is False, name
                assert "pull-requests" not in rights, name


@pytest.mark.parametrize("file", [*WORKFLOWS, *AZURE, *SCRIPTS], ids=lambda file: file.name)
def test_no_secret_is_stored_and_no_protection_is_passed_over(file):
    text = file.read_text(encoding="utf-8")
    for word in ("--ignore-protect", "secrets.", "pull_request_target", "--unprotect", "curl | ", "--force"):
        assert word not in text, word


@pytest.mark.parametrize("file", WORKFLOWS, ids=NAMES)
def test_no_script_holds_an_expression(file):
    for name, job in jobs(file).items():
        for step in job.get("steps", ()):
            assert "${{" not in step.get("run", ""), name


def scripts_in(value):
    """Every script in a file of Azure Pipelines."""
    if isinstance(value, list):
        for each in value:
            yield from scripts_in(each)
    elif isinstance(value, dict):
        for key, each in value.items():
            if key in ("bash", "script", "inlineScript") and isinstance(each, str):
                yield each
            else:
                yield from scripts_in(each)


@pytest.mark.parametrize("file", AZURE, ids=lambda file: file.stem)
def test_no_script_of_azure_holds_a_variable_of_azure(file):
    """`$(…)` is written into a script as it is: a branch's name could be a command."""
    for each in scripts_in(compiled(file)):
        assert not re.search(r"\$\((Build|System|Agent|Pipeline)\.|\$\{\{", each), each


def test_the_cli_has_the_version_that_the_tests_run():
    version = re.search(r"^version=(\S+)$", (PIPELINES / "scripts" / "set-up.sh").read_text(), re.MULTILINE)
    assert version
    assert f"pulumi/pkg/v3 v{version[1]}\n" in (ROOT / "engine" / "go.mod").read_text()


def command_lines():
    """Each line of a script that runs `mlplatform`, in words."""
    for file in SCRIPTS:
        if file.suffix == ".sh":
            for line in re.findall(r"^\s*(?:if )?(mlplatform .*)", file.read_text(encoding="utf-8"), re.MULTILINE):
                yield pytest.param(
                    shlex.split(re.split(r"\s(?:>|2>|\|\|)", line)[0])[1:], id=f"{file.stem}: {line[:40]}"
                )


@pytest.mark.parametrize("words", list(command_lines()))
def test_each_command_exists_with_its_options(words):
    command: Any = typer.main.get_command(app)
    context = None
    while hasattr(command, "commands"):
        context = command.make_context(words[0], [], parent=context, resilient_parsing=True)
        command = command.commands[words[0]]
        words = words[1:]
    command.make_context("command", list(words), parent=context, resilient_parsing=True)
    spellings = {spelling for each in command.params for spelling in each.opts}
    assert {each for each in words if each.startswith("-")} <= spellings


def test_scripts_that_the_pipelines_run_are_there():
    named = set()
    for file in (*WORKFLOWS, *AZURE):
        text = file.read_text(encoding="utf-8")
        named |= set(re.findall(r"pipelines/scripts/([\w-]+\.\w+)", text)) | set(re.findall(r"([\w-]+\.sh)\b", text))
    assert named <= {each.name for each in SCRIPTS}
    # `path.sh` is read by the others.
    assert {each.name for each in SCRIPTS} - named == {"path.sh"}
    for file in SCRIPTS:
        if file.suffix == ".sh":
            subprocess.run(["bash", "-n", file], check=True)


def changed(root, *words):
    done = subprocess.run(
        [sys.executable, "pipelines/scripts/changed_stacks.py", *words],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [f"{each['folder']} {each['stack']}" for each in json.loads(done.stdout)]


def written(root, *names):
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(f"{name}\n")


@pytest.fixture
def stacks(repository):
    """Two projects with landings, what they share, and a sandbox."""
    written(repository, "stacks/project/__main__.py", "README.md")
    for folder, found in {
        "shared": ("nonprod", "prod"),
        "alpha": ("dev", "prod"),
        "alpha/landing": ("dev", "prod"),
        "beta": ("dev", "prod"),
        "beta/landing": ("dev", "prod"),
        "explore": ("sandbox",),
    }.items():
        written(
            repository, f"projects/{folder}/Pulumi.yaml", *(f"projects/{folder}/Pulumi.{each}.yaml" for each in found)
        )
    return repository


@pytest.mark.parametrize(
    ("change", "kind", "stage", "expected"),
    [
        ("projects/alpha/Pulumi.dev.yaml", "projects", "nonprod", ["projects/alpha dev"]),
        ("projects/alpha/Pulumi.dev.yaml", "projects", "prod", ["projects/alpha prod"]),
        ("projects/alpha/Pulumi.dev.yaml", "landing", "nonprod", []),
        ("projects/alpha/landing/Pulumi.yaml", "landing", "prod", ["projects/alpha/landing prod"]),
        ("projects/alpha/landing/Pulumi.yaml", "projects", "prod", []),
        ("projects/beta/rights.dev.json", "landing", "nonprod", ["projects/beta/landing dev"]),
        ("projects/beta/rights.dev.json", "projects", "nonprod", []),
        ("projects/shared/Pulumi.prod.yaml", "shared", "prod", ["projects/shared prod"]),
        ("projects/shared/Pulumi.prod.yaml", "projects", "prod", []),
        ("README.md", "projects", "nonprod", []),
        (
            "stacks/project/__main__.py",
            "projects",
            "nonprod",
            ["projects/alpha dev", "projects/beta dev", "projects/explore sandbox"],
        ),
    ],
)
def test_only_what_changed_is_updated(stacks, change, kind, stage, expected):
    before = commit(stacks)
    (stacks / change).write_text("changed\n")
    commit(stacks)
    assert changed(stacks, kind, stage, "--since", before) == expected


def test_all_stacks_count_without_a_commit_to_compare_with(stacks):
    commit(stacks)
    for since in ([], ["--since", ""], ["--since", "0" * 40]):
        assert changed(stacks, "shared", "nonprod", *since) == ["projects/shared nonprod"]
        assert len(changed(stacks, "landing", "prod", *since)) == 2


@pytest.mark.slow
def test_a_change_is_described(repository):
    shutil.copytree(ROOT / "stacks", repository / "stacks")
    for name in ("central", "pricing"):
        shutil.copytree(ROOT / "projects" / name, repository / "projects" / name)
    before = commit(repository)
    settings = repository / "projects" / "pricing" / "Pulumi.dev.yaml"
    text = settings.read_text()
    settings.write_text(text.replace("max_nodes: ", "max_nodes: 1", 1) if "max_nodes: " in text else text + "\n")
    commit(repository)
    said = repository.parent / "comment.txt"

    def describe():
        path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
        return subprocess.run(
            ["pipelines/scripts/describe-change.sh", before, said],
            cwd=repository,
            env={**os.environ, "PATH": path},
            capture_output=True,
            text=True,
            check=False,
        )

    done = describe()
    assert done.returncode == 0, (done.stderr, said.read_text())
    comment = said.read_text()
    assert comment.startswith("## What this change does\n\nThe check of all stacks finds nothing.\n")
    assert "### projects/pricing\n" in comment
    assert "projects/central" not in comment
    settings.write_text(text.replace("location: westeurope", "location: nowhere"))
    commit(repository)
    done = describe()
    assert done.returncode == 1
    comment = said.read_text()
    assert "### The check finds problems" in comment
    assert "'nowhere' is not an Azure region" in comment
    assert "### projects/pricing: no preview" in comment
