"""One grammar for all commands: their options, help, exit codes and JSON. Examples run as they are printed."""

import itertools
import json
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import typer

from azure_mlplatform.cli.app import app
from azure_mlplatform.cli.exit_codes import MEANINGS
from azure_mlplatform.cli.schema import output_schema
from azure_mlplatform.emulation.world import World
from support.stacks import plan_of

ROOT = Path(__file__).parents[2]
DOCUMENT = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
SCHEMA = json.loads((ROOT / "schemas" / "output.schema.json").read_text(encoding="utf-8"))

STEERS_THE_EMULATION = ("local run", "local reset", "local clock", "local break")
"""Commands that answer nothing: they change the emulated Azure."""

READS_STACKS = ("preview", "check", "rights", "cost")


def commands(command: Any = None, name: str = "") -> dict[str, Any]:
    """The commands by name, without groups."""
    command = command or typer.main.get_command(app)
    if not hasattr(command, "commands"):
        return {name: command}
    return {
        full: each
        for inner, one in command.commands.items()
        for full, each in commands(one, f"{name} {inner}".strip()).items()
    }


COMMANDS = commands()
ANSWERS = [each for each in COMMANDS if each not in STEERS_THE_EMULATION]


def options(name):
    """The spellings of a command's options, each with its help."""
    return {spelling: each.help for each in COMMANDS[name].params for spelling in each.opts if spelling.startswith("-")}


def help_of(name):
    done = run(*name.split(), "--help")
    assert done.returncode == 0
    return done.stdout


def run(*words, cwd=ROOT, text=None):
    return subprocess.run(
        [sys.executable, "-m", "azure_mlplatform", *map(str, words)],
        cwd=cwd,
        capture_output=True,
        text=True,
        input=text,
        check=False,
        timeout=300,
    )


def test_an_option_has_one_meaning_in_all_commands():
    meanings = {}
    for name in ANSWERS:
        for spelling, text in options(name).items():
            meanings.setdefault(spelling, set()).add(text)
    # -C is the folder of a project; of `check`, the folder with all projects.
    several = {spelling for spelling, texts in meanings.items() if len(texts) > 1}
    # A project, a request and a repository are asked for the same things, each with its own defaults.
    asks = [set(options(name)) for name in ("init", "request new", "request init")]
    asked = {each for one, other in itertools.combinations(asks, 2) for each in one & other}
    # A model goes from an environment to another one, a rollout from a version to another one.
    assert several - asked <= {"-C", "--file", "--since", "--dry-run", "--region", "--from", "--to"}


def test_what_answers_can_answer_to_a_program_and_into_a_file():
    without = {name for name in ANSWERS if "--json" not in options(name)}
    assert without == {"schema"}, "a schema is JSON already"
    assert {name for name in ANSWERS if {"-o", "--output"} - set(options(name))} == set()


def test_what_reads_stacks_names_them_alike():
    for name in READS_STACKS:
        [stacks] = [each for each in COMMANDS[name].params if each.param_type_name == "argument"]
        assert (stacks.nargs, stacks.required) == (-1, False)
        assert {"-C", "--on", "--json"} <= set(options(name))
    for name in set(COMMANDS) - set(READS_STACKS):
        arguments = [each for each in COMMANDS[name].params if each.param_type_name == "argument"]
        assert not any(each.nargs == -1 for each in arguments), name


def test_every_command_and_every_shared_option_is_documented():
    for spelling in ("-C", "--since", "--against", "--json", "--markdown", "-o", "--output", "--on"):
        assert f"`{spelling}" in DOCUMENT
    for code in MEANINGS:
        assert re.search(rf"^\| {code} \| ", DOCUMENT, re.MULTILINE)


@pytest.mark.slow
@pytest.mark.parametrize("name", ANSWERS)
def test_help_has_examples_and_exit_codes(name):
    text = help_of(name)
    assert re.search(r"^  Examples:\n    \S", text, re.MULTILINE)
    assert re.search(r"^  Exit codes:\n    0   nothing to look at$", text, re.MULTILINE)
    assert max(map(len, text.splitlines())) <= 110
    assert run(*name.split(), "-h").stdout == text


@pytest.mark.slow
def test_the_version_is_the_installed_one():
    from importlib.metadata import version

    assert run("--version").stdout == f"mlplatform {version('azure-mlplatform')}\n"


@pytest.mark.slow
def test_a_shell_completes_stacks(tmp_path):
    for stack in ("dev", "prod", "preprod"):
        (tmp_path / f"Pulumi.{stack}.yaml").touch()
    done = subprocess.run(
        [sys.executable, "-c", "from azure_mlplatform.cli.app import app; app(prog_name='mlplatform')"],
        env={
            "PATH": "",
            "_MLPLATFORM_COMPLETE": "complete_bash",
            "COMP_WORDS": "mlplatform preview p",
            "COMP_CWORD": "2",
        },
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.split() == ["prod", "preprod"]


def test_the_published_schema_is_that_of_the_objects():
    assert output_schema() == SCHEMA, "make schemas"
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def answer(*words, cwd=ROOT, text=None, code=0):
    """The JSON object of a command, which fits the published schema."""
    done = run(*words, "--json", cwd=cwd, text=text)
    assert done.returncode == code, done.stderr + done.stdout[:500]
    found = json.loads(done.stdout)
    jsonschema.validate(found, SCHEMA)
    assert list(found)[:3] == ["version", "notices", "problems"]
    return found


@pytest.fixture(scope="module")
def repository(tmp_path_factory):
    """A clone of this repository with all that the examples name, in a folder with a space."""
    target = tmp_path_factory.mktemp("a clone") / "it"
    ignored = shutil.ignore_patterns(".git", ".venv", "build", "node_modules", "__pycache__", ".*_cache")
    shutil.copytree(ROOT, target, ignore=ignored)
    for words in (
        ["init", "--quiet", "--initial-branch", "main"],
        ["add", "."],
        ["-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "--quiet", "--message", "all"],
    ):
        subprocess.run(["git", *words], cwd=target, check=True)
    (target / "state.json").write_text(json.dumps(state_of_prod()))
    made = World()
    (target / ".local-azure").mkdir()
    made.save(target / ".local-azure" / "world.json")
    return target


def state_of_prod():
    """A state of the reference project's prod, as an export has it."""
    resources = [
        {
            "urn": each.urn,
            "type": each.type,
            "custom": each.custom,
            "id": each.id if each.custom else "",
            "inputs": dict(each.inputs),
            "outputs": {**each.inputs, **each.outputs},
            "protect": each.protect,
            "provider": each.provider,
        }
        for each in plan_of(ROOT, "prod").resources
    ]
    return {"version": 3, "deployment": {"resources": resources}}


@pytest.mark.slow
def test_each_answer_fits_the_schema(repository):
    found = answer("preview", cwd=repository)
    assert [each["stack"] for each in found["stacks"]] == ["dev", "prod"]
    assert {each["stack"] for each in found["notices"]} <= {"dev", "prod"}
    assert answer("preview", "dev", "--since", "main", cwd=repository)["changed"][0]["same"] > 100
    assert answer("check", "dev", cwd=repository)["stacks"]
    assert answer("rights", cwd=repository)["stacks"][1]["stack"] == "prod"
    assert answer("local", "show", cwd=repository)["world"]
    answer("preview", "prod", "--against", "state.json", cwd=repository)


@pytest.mark.slow
@pytest.mark.parametrize(
    "words",
    [
        ["preview", "nope"],
        ["preview", "-C", "nope"],
        ["preview", "--since", "nope"],
        ["preview", "--since", "a", "--against", "b"],
        ["preview", "--against", "nope"],
        ["check", "-C", "nope"],
        ["rights", "nope"],
        ["rights", "--for", "nope"],
        ["rights", "--role"],
        ["export", "synapse", "nope", "-s", "nope", "--outputs", "nope"],
        ["local", "show"],
    ],
)
def test_what_is_refused_is_an_object_too(words, tmp_path):
    shutil.copy(ROOT / "Pulumi.yaml", tmp_path)
    shutil.copy(ROOT / "Pulumi.dev.yaml", tmp_path)
    found = answer(*words, cwd=tmp_path, code=2)
    assert found["problems"]
    assert all(each["what"] for each in found["problems"])
    text = run(*words, cwd=tmp_path)
    assert (text.returncode, text.stdout) == (2, "")
    assert text.stderr.startswith("error: ")
    assert "Traceback" not in text.stderr


@pytest.mark.slow
def test_an_answer_goes_into_a_file_as_it_goes_to_a_terminal(tmp_path):
    file = tmp_path / "an answer.json"
    done = run("rights", "dev", "--json", "-o", file)
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr.endswith(f"wrote {file}\n")
    assert file.read_text() == run("rights", "dev", "--json").stdout
    done = run("rights", "dev", "-o", tmp_path / "no" / "folder")
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1] == f"error: {tmp_path / 'no' / 'folder'}: No such file or directory"


def examples():
    """Those of all commands but `export synapse`, which needs a project with Synapse (tests/cli/test_export.py),
    `prices update`, which asks Azure (tests/cli/test_cost.py), and those that measure endpoints (tests/measure)."""
    asks_azure = {each for each in ANSWERS if each.startswith("endpoint ")}
    for name in sorted(set(ANSWERS) - {"export synapse", "prices update"} - asks_azure):
        lines = (COMMANDS[name].epilog or "").partition("Examples:")[2].partition("Exit codes:")[0].splitlines()
        elsewhere = "asks in a terminal" if not name.startswith("model ") else ""  # tests/promotion runs these.
        for line in (each.strip() for each in lines if each.startswith("  ") and elsewhere not in each):
            yield pytest.param(re.split(r"\s{2,}", line)[0], id=f"{name}: {re.split(r'  +', line)[0]}")


@pytest.mark.slow
@pytest.mark.parametrize("example", list(examples()))
def test_each_example_of_a_help_text_runs_as_printed(example, repository):
    command = example.rpartition("|")[2].strip()
    words = shlex.split(command)
    assert words[0] == "mlplatform"
    done = run(*words[1:], cwd=repository)
    # Some of what is used here retires before the day of an example.
    assert done.returncode in ((0, 1, 2) if "--on" in words else (0, 1)), done.stderr
    assert done.stdout or "-o" in words or "--diagram" in words
