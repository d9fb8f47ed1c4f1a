"""What the documents show works as shown."""

import json
import os
import re
import shutil
import subprocess
import sys
from ipaddress import IPv4Network
from pathlib import Path

import pytest

import azure_mlplatform
from azure_mlplatform.catalogue.vm_sizes import size_names
from azure_mlplatform.emulation.server import write_executable
from azure_mlplatform.network.settings import DOCUMENTED
from azure_mlplatform.plan import run_stack
from azure_mlplatform.plan.rights import Need
from azure_mlplatform.settings import PROFILES
from azure_mlplatform.testing import record, urns
from support.documents import shell_blocks
from support.stacks import rights_of_stack

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])


def code(document):
    return re.findall(r"```python\n(.*?)```", (ROOT / document).read_text(), re.DOTALL)


def test_the_readmes_example_is_the_reference_stack(tmp_path):
    [example] = code("README.md")
    assert len([line for line in example.splitlines() if line.strip()]) <= 10
    (tmp_path / "__main__.py").write_text(example)
    (tmp_path / "Pulumi.yaml").write_text((ROOT / "Pulumi.yaml").read_text().replace("main: stacks/project\n", ""))
    (tmp_path / "Pulumi.dev.yaml").write_text((ROOT / "Pulumi.dev.yaml").read_text())
    assert urns(run_stack(tmp_path, "dev")) == urns(run_stack(ROOT, "dev"))


COMPONENTS = {name for name in azure_mlplatform.__all__ if f"{name}Args" in azure_mlplatform.__all__}


def library_program():
    return "\n".join(code("docs/library.md"))


@pytest.mark.parametrize("preview", [False, True])
def test_the_library_page_is_a_program_with_every_component(preview):
    program = compile(library_program(), "docs/library.md", "exec")
    plan = record(lambda: exec(program, {}), preview=preview)  # noqa: S102 - our own document
    made = {each.kind for each in plan.resources if each.type.startswith("azure-mlplatform:")}
    # One environment's settings make the whole, as the README shows.
    assert made == COMPONENTS - {"ProjectEnvironment"}
    assert {each.input("publicNetworkAccess") for each in plan.of_type("azure-native:storage:StorageAccount")} == {
        "Disabled"
    }


@pytest.mark.slow
def test_a_type_checker_takes_the_library_page(tmp_path):
    """Texts for enums and dicts for settings are natural Python; a checker that marks them would teach nobody."""
    (tmp_path / "program.py").write_text(library_program())
    (tmp_path / "wrong.py").write_text(
        "import azure_mlplatform as m\n"
        "m.AIServiceArgs(placement={}, settings=5)\n"  # A number is no settings,
        "m.AIServiceArgs(placement={})\n"  # and settings cannot be left out.
    )
    settings = {"typeCheckingMode": "standard", "extraPaths": [str(ROOT / "components")]}
    (tmp_path / "pyrightconfig.json").write_text(json.dumps(settings))
    command = [sys.executable, "-m", "pyright", "--outputjson", "--pythonpath", sys.executable, "-p", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    found = json.loads(done.stdout)["generalDiagnostics"]
    assert [(Path(each["file"]).name, each["range"]["start"]["line"]) for each in found] == [
        ("wrong.py", 1),
        ("wrong.py", 2),
    ]


def test_the_tests_that_the_documents_show_pass():
    [example] = code("docs/testing.md")
    space = {}
    exec(compile(example, "docs/testing.md", "exec"), space)  # noqa: S102 - our own document
    shown = [value for name, value in space.items() if name.startswith("test_")]
    assert len(shown) == 2
    for each in shown:
        each()


def test_the_commands_of_the_readme_are_those_of_ci():
    ci = (ROOT / ".ci" / "run").read_text()
    readme = (ROOT / "README.md").read_text()
    makefile = (ROOT / "Makefile").read_text()
    assert "make check" in ci
    assert "make preview" in ci
    for target in re.findall(r"^make (\w+)", readme, re.MULTILINE):
        assert f"\n{target}:" in makefile
    assert "$(MAKE) test" in makefile


def shell(document):
    """The lines of the shell's blocks, indented ones too."""
    blocks = re.findall(r"^ *```sh\n(.*?)^ *```", (ROOT / document).read_text(), re.DOTALL | re.MULTILINE)
    return [line.strip() for block in blocks for line in block.splitlines() if line.strip()]


def typed(folder, lines, executable):
    """What a shell says to lines of a document, one after another, as they are printed."""
    executable.parent.mkdir(parents=True)
    write_executable(executable, "-m", "azure_mlplatform")
    environment = {**os.environ, "PATH": f"{executable.parent}{os.pathsep}{os.environ['PATH']}"}
    done = [
        subprocess.run(["sh", "-ec", line], cwd=folder, env=environment, capture_output=True, text=True, check=False)
        for line in lines
    ]
    return [(line, each.returncode, each.stderr) for line, each in zip(lines, done, strict=True) if each.returncode]


@pytest.mark.slow
def test_the_way_from_nothing_works_as_it_is_printed(tmp_path):
    """In a folder whose name has a space, for somebody without a repository."""
    lines = [line for line in shell("docs/start.md") if line.startswith("mlplatform")]
    assert {line.split()[1] for line in lines} == {"init", "preview", "check", "explain", "rights"}
    folder = tmp_path / "a new folder"
    folder.mkdir()
    assert typed(folder, lines, tmp_path / "bin" / "mlplatform") == []


@pytest.mark.slow
def test_the_beginning_of_the_readme_works_as_it_is_printed(tmp_path):
    lines = [line for line in shell("README.md") if line.startswith(".venv/bin/mlplatform")]
    first = lines[
        : next(number for number, line in enumerate(lines) if " init " not in line and "demand" not in line) + 1
    ]
    assert [line.split()[1] for line in first] == ["init", "preview", "explain"]
    for part in ("stacks", "projects", "schemas"):
        shutil.copytree(ROOT / part, tmp_path / part, ignore=shutil.ignore_patterns("__pycache__"))
    assert typed(tmp_path, first, tmp_path / ".venv" / "bin" / "mlplatform") == []
    assert (tmp_path / "projects" / "demand" / "Pulumi.dev.yaml").read_text().startswith("# yaml-language-server: ")


@pytest.mark.slow
def test_the_way_of_a_team_works_as_it_is_printed(tmp_path):
    """From an empty folder whose name has a space to a checked request, stacks and their previews. The rest of the page
    takes an engine: tests/engine/test_request.py."""
    blocks = shell_blocks("docs/requests.md", "Once: the repository", "Ask", "Render", "How far is it")
    folder = tmp_path / "a new folder"
    folder.mkdir()
    assert typed(folder, blocks, tmp_path / "bin" / "mlplatform") == []
    commands = {line.split(" -")[0] for block in blocks for line in block.splitlines()}
    assert {f"mlplatform {each}" for each in ("request init", "request check", "projects", "check")} <= commands
    assert sorted(each.name for each in (folder / "projects" / "lending" / "landing").iterdir()) == [
        "Pulumi.dev.yaml",
        "Pulumi.prod.yaml",
        "Pulumi.yaml",
    ]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda file: str(file.relative_to(ROOT)))
def test_links_lead_somewhere(document):
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", document.read_text()):
        assert (document.parent / target).exists(), target


def test_the_profile_table_in_the_documents_is_the_one_in_the_code():
    rows = {}
    for line in (ROOT / "docs" / "settings.md").read_text().splitlines():
        if line.count("|") == 6 and not line.startswith("|---"):
            label, *cells = (cell.strip() for cell in line.strip("|").split("|"))
            rows[label] = cells
    profiles = [PROFILES[each] for each in PROFILES]
    assert rows[""] == [each.value for each in PROFILES]
    assert [cell == "needed" for cell in rows["cost code"]] == [each.needs_cost_code for each in profiles]
    assert [cell == "needed" for cell in rows["budget"]] == [each.needs_budget for each in profiles]
    assert [cell == "needed" for cell in rows["network"]] == [each.needs_network for each in profiles]
    assert [cell != "refused" for cell in rows["`network.public_access`"]] == [each.may_be_public for each in profiles]
    for label, field in (
        ("a managed network that lets", "may_let_all_out"),
        ("scoring without", "may_serve_insecurely"),
    ):
        [cells] = [cells for each, cells in rows.items() if each.startswith(label)]
        assert [cell != "refused" for cell in cells] == [getattr(each, field) for each in profiles]
    [several] = [cells for label, cells in rows.items() if label.startswith("models served several times")]
    assert [cell == "yes" for cell in several] == [each.highly_available for each in profiles]
    [working] = [cells for label, cells in rows.items() if "data_scientists" in label]
    assert [cell == "yes" for cell in working] == ["data_scientists" in each.may_grant for each in profiles]
    [protected] = [cells for label, cells in rows.items() if "protected" in label]
    assert [cell == "yes" for cell in protected] == [each.protect for each in profiles]
    [kept] = [cells for label, cells in rows.items() if "own log" in label]
    assert kept == [f"{each.log_retention_days} days" for each in profiles]
    [vault] = [cells for label, cells in rows.items() if "vault" in label]
    assert vault == [f"{each.vault_retention_days} days" for each in profiles]
    [rest] = [cells for label, cells in rows.items() if "at rest" in label]
    assert [cell.partition(" ")[0].removesuffix(":") for cell in rest] == [
        "none" if each.expiry_grace_days is None else str(each.expiry_grace_days) for each in profiles
    ]
    [promoted] = [cells for label, cells in rows.items() if label.startswith("AKS, and pipelines")]
    assert [cell == "allowed" for cell in promoted] == [each.is_promoted for each in profiles]
    [nodes] = [cells for label, cells in rows.items() if label.startswith("nodes of all")]
    assert [cell.partition(",")[0] for cell in nodes] == [str(each.most_nodes or "any number") for each in profiles]
    [expiry] = [cells for label, cells in rows.items() if "expires_on" in label]
    assert expiry[0] == f"needed, {profiles[0].longest_life_days} days ahead at most"


def test_the_rights_in_the_readme_are_those_of_the_command():
    rows = re.findall(
        r"^   \| (dev|prod) \| (\d+) \| (\d+) \| (\d+) on (\d+) things \| (\d+) \|$", README, re.MULTILINE
    )
    found = []
    for stack in ("dev", "prod"):
        rights = rights_of_stack(ROOT, stack)
        subscription, group, *outside = rights.scopes
        up = [len(rights.on(scope, Need.UP)) for scope in (subscription, group)]
        others = [len(rights.on(scope, Need.UP)) for scope in outside]
        later = [each for each in rights.rights if Need.UP not in each.needed_for]
        found.append((stack, *map(str, (*up, sum(others), len(others), len(later)))))
    assert rows == found


def test_the_table_of_rights_is_that_of_the_reference_prod():
    page = (ROOT / "docs" / "rights.md").read_text().splitlines()
    start = page.index("| on | for `up` | also to remove or retire |") + 2
    rights = rights_of_stack(ROOT, "prod")
    rows: dict[tuple[str, str], int] = {}
    for scope in rights.scopes:
        up, all_ = ([each.action for each in rights.on(scope, need)] for need in (Need.UP, None))
        cells = f"{listed(up)} | {listed([each for each in all_ if each not in up])}"
        rows[kind_of(rights, scope), cells] = rows.get((kind_of(rights, scope), cells), 0) + 1
    assert page[start : start + len(rows) + 1] == [
        *(f"| {f'{count} of ' if '`' in kind else ''}{kind} | {cells} |" for (kind, cells), count in rows.items()),
        "",
    ]


def kind_of(rights, scope):
    """The type of what others own, or the own scope in words."""
    if scope.count("/") == 2:
        return "the subscription"
    provider, *rest = scope.rpartition("/providers/")[2].split("/")
    return "the environment's resource group" if scope in rights.groups else f"`{'/'.join([provider, *rest[::2]])}`"


def listed(actions):
    if len(actions) > 6:
        return f"{len(actions)} rights"
    return "<br>".join(f"`{each}`" for each in actions) or "nothing"


def test_the_policy_for_clusters_is_one_and_ends_idle_nodes():
    [policy] = re.findall(r"```json\n(.*?)```", (ROOT / "docs" / "databricks.md").read_text(), re.DOTALL)
    rules = json.loads(policy)
    kinds = {"allowlist", "blocklist", "fixed", "forbidden", "range", "regex", "unlimited"}
    assert {each["type"] for each in rules.values()} <= kinds
    assert rules["autotermination_minutes"]["minValue"] > 0  # Zero would let them run for ever.
    assert rules["data_security_mode"] == {"type": "fixed", "value": "SINGLE_USER"}
    for name in ("node_type_id", "driver_node_type_id"):
        assert set(rules[name]["values"]) <= set(size_names())


PLACES = ("bench", "components", "docs", "projects", "schemas", "stacks", "tests")
TEXTS = sorted(
    file
    for pattern in ("*", ".ci/*", *(f"{place}/**/*" for place in PLACES))
    for file in ROOT.glob(pattern)
    if file.is_file() and not re.search(r"__pycache__|\.egg-info|\.pyc$", str(file.relative_to(ROOT)))
)


def papers_elsewhere(file, text):
    """The documents that a text names and that are not in the repository, and issues without their project."""
    for name in re.findall(r"(?<![\w./-])([\w./-]*\w\.md)\b", text):
        if not any((place / name).exists() for place in (file.parent, ROOT, ROOT / "docs")):
            yield name
    for project, number in re.findall(r"(\S*)\s+[Ii]ssue #?(\d+)", text):
        if "/" not in project and project != "(CPython":
            yield f"issue {number}"


def test_no_file_refers_to_a_paper_that_is_not_here():
    """A reader has the repository and the public web, not the papers and issues that a change came from."""
    # Data from outside names its source, a public repository.
    texts = [file for file in TEXTS if file.parent.name != "data" and file.name != "go.sum"]
    assert len(texts) > 300
    assert {file: found for file in texts if (found := list(papers_elsewhere(file, file.read_text())))} == {}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("see facts" + ".md, row 4", ["facts" + ".md"]),
        ("as issue " + "12 asks", ["issue 12"]),
        ("Azure/AKS issue 3525", []),
        ("docs/batch.md says how", []),
    ],
)
def test_papers_are_seen(text, found):
    assert list(papers_elsewhere(ROOT / "tests" / "a.py", text)) == found


def requirements():
    """Id → the row of docs/requirements.md."""
    page = (ROOT / "docs" / "requirements.md").read_text()
    return {
        cells[0]: cells for cells in (line.strip("| ").split(" | ") for line in page.splitlines()) if len(cells) > 2
    }


def test_each_requirement_says_where_it_stands_and_what_shows_it():
    rows = {key: cells for key, cells in requirements().items() if re.fullmatch(r"[A-Z]\d", key)}
    assert list(rows) == [
        f"{letter}{number}"
        for letter, most in (("E", 7), ("S", 6), ("B", 1), ("M", 3), ("U", 6))
        for number in range(1, most + 1)
    ]
    for key, cells in rows.items():
        assert cells[2].startswith(("built", "partly", "open")), key
        shown = re.findall(r"`(tests/[\w./]+)`", cells[-1])
        assert all((ROOT / each).exists() for each in shown), key
        assert shown or cells[2].startswith("open"), key


DECISIONS = sorted((ROOT / "docs" / "decisions").glob("[0-9]*.md"))


def test_each_decision_is_dated_found_and_says_what_was_refused():
    index = (ROOT / "docs" / "decisions" / "README.md").read_text()
    assert [file.name[:4] for file in DECISIONS] == [f"{number:04}" for number in range(1, len(DECISIONS) + 1)]
    for file in DECISIONS:
        text = file.read_text()
        title = text.splitlines()[0].removeprefix("# ")
        [date] = re.findall(r"^Date: (\d{4}-\d\d-\d\d)\. Area: ", text, re.MULTILINE)
        assert f"- [{title}]({file.name}) ({date})" in index
        assert re.findall(r"^## (\w+)", text, re.MULTILINE)[:3] == ["Decision", "Why", "Refused"], file.name
        cited = set(re.findall(r"\b[EUSMB]\d\b", text))
        assert cited <= set(requirements()), file.name


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda each: each.name)
def test_address_spaces_of_examples_are_those_that_a_check_knows(document):
    """Somebody pastes them."""
    for line in document.read_text().splitlines():
        for space in re.findall(r"""address_space["']?: \[([^]]*)\]""", line):
            for each in re.findall(r"[\d./]+", space):
                assert IPv4Network(each).subnet_of(DOCUMENTED), line
