"""Settings, files and programs that are careless or hostile: no traceback, no hang, no secret, no command to CI."""

import contextlib
import io
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from azure_mlplatform.cli import edge
from azure_mlplatform.cli.app import app
from azure_mlplatform.plan import planning

ROOT = Path(__file__).parents[2]
HUNTER = "hunter2" * 3
TOKEN = "ghp_" + "aB3" * 12


def run(*args):
    """Exit code, standard output and standard error of a command in this process."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = edge._code(lambda: app([str(each) for each in args]))
    return code, out.getvalue(), err.getvalue()


def harmless(text):
    """Whether nothing in a text is a traceback, a defect, a secret, or a command to a terminal or CI."""
    for word in ("Traceback", "defect of azure-mlplatform", HUNTER, TOKEN, "##vso[", "##["):
        assert word not in text, text
    for line in text.split("\n"):
        assert line.isprintable(), repr(line)
        assert not line.lstrip().startswith("::"), line
    return True


@pytest.fixture
def in_this_process(monkeypatch):
    """Lets `check` plan in this process: a new one for each of hundreds of inputs would be most of the suite's time."""
    monkeypatch.setattr(planning, "cores", lambda: 0)


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """The reference project's settings for dev, with the same program."""
    folder = tmp_path_factory.mktemp("hostile")
    text = (ROOT / "Pulumi.yaml").read_text()
    (folder / "Pulumi.yaml").write_text(text.replace("stacks/project", str(ROOT / "stacks" / "project")))
    shutil.copy(ROOT / "Pulumi.dev.yaml", folder)
    return folder


REFERENCE = yaml.safe_load((ROOT / "Pulumi.dev.yaml").read_text())
LEAN = {
    key: value
    for key, value in REFERENCE["config"].items()
    if key.removeprefix("azure-mlplatform:") not in ("workspace", "inference", "batch")
}
COMMANDS = [("preview", "dev", "-C"), ("check", "-C")]
ATTACKS = [
    "\x1b[31mred",
    "x\n::error::y",
    "::add-mask::x",
    "##vso[task.setvariable variable=a]b",
    "a\u202eb",
    "\x00",
    "\x9b2J",
]


def with_tag(value, key="note"):
    config = {**LEAN, "azure-mlplatform:tags": {key: value}}
    return yaml.safe_dump({"config": config}, allow_unicode=False)


@pytest.mark.usefixtures("in_this_process")
@pytest.mark.parametrize("command", COMMANDS, ids=lambda each: each[0])
@pytest.mark.parametrize("attack", ATTACKS)
def test_a_value_cannot_write_commands_wherever_it_is(project, command, attack):
    file = project / "Pulumi.dev.yaml"
    places = [
        with_tag(attack),
        with_tag("x", key=attack),
        yaml.safe_dump({"config": {**LEAN, f"azure-mlplatform:{attack}": 1, f"{attack}:x": 1}}),
        yaml.safe_dump({"config": {**LEAN, "azure-mlplatform:location": attack}}),
        yaml.safe_dump({"config": {**LEAN, "azure-mlplatform:environment": attack}}),
        yaml.safe_dump({"config": {**LEAN, "azure-mlplatform:budget": {attack: attack}}}),
    ]
    for text in places:
        file.write_text(text)
        code, out, err = run(*command, project)
        assert code in (0, 2)
        assert harmless(out + "\n" + err)


def test_names_of_folders_and_stacks_cannot_either(tmp_path):
    folder = tmp_path / "::error::pwned"
    folder.mkdir()
    (folder / "Pulumi.yaml").write_text("name: x\nruntime: python\nconfig:\n  azure-mlplatform:project: {value: {}}\n")
    (folder / "Pulumi.\x1b[31m.yaml").write_text("config:\n  azure-mlplatform:location: x\n")
    (tmp_path / "::warning::other").mkdir()
    (tmp_path / "::warning::other" / "Pulumi.yaml").write_text("name: y\nruntime: python\n")
    code, out, err = run("check", "-C", tmp_path)
    assert code == 2
    assert harmless(out + "\n" + err)
    assert "skipped" in out


KEYS = [
    TOKEN,
    "https://user:" + HUNTER + "@git.example.com/x",
    "abc8Q~" + "dEf4" * 8,
    "Password=" + HUNTER,
]


@pytest.mark.usefixtures("in_this_process")
@pytest.mark.parametrize("key", KEYS)
def test_a_secret_is_refused_and_not_shown_by_any_command(project, tmp_path, key):
    texts = [with_tag(key), with_tag("x", key=key)]
    texts += [
        yaml.safe_dump({"config": {**REFERENCE["config"], f"azure-mlplatform:{field}": value}})
        for field, value in (
            ("location", key),
            ("environment", key),
            ("expires_on", key),
            ("suffix", key),
            (key, "x"),
            ("workspace", {"name": key}),
            ("ai_services", [{"name": "one", "kind": key}]),
            ("inference", {"target": "aks", "aks": {"gitops": {"url": key, "kustomizations": []}}}),
        )
    ]
    for text in texts:
        (project / "Pulumi.dev.yaml").write_text(text)
        for command in (
            ("preview", "dev", "--json", "-C", project),
            ("check", "--json", "-C", project),
            ("export", "synapse", tmp_path, "-s", "dev", "--outputs", project / "Pulumi.yaml", "-C", project),
        ):
            code, out, err = run(*command)
            assert code == 2, text
            for shown in (key, HUNTER, "aB3aB3", "dEf4dEf4"):
                assert shown not in out + err


def program(folder, text, stack="config: {}\n"):
    (folder / "Pulumi.yaml").write_text("name: x\nruntime: python\nconfig:\n  azure-mlplatform:project: {value: {}}\n")
    (folder / "Pulumi.dev.yaml").write_text(stack)
    (folder / "__main__.py").write_bytes(text if isinstance(text, bytes) else text.encode())
    return folder


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("a = 1\nraise ValueError('no\\nluck')\n", 2, "ValueError: no luck"),
        ("import helper\nhelper.fail()\n", 2, "in helper.py, line 2: ZeroDivisionError: division by zero"),
        ("def f(:\n", 1, "SyntaxError"),
        ("import nothing_like_this\n", 1, "ModuleNotFoundError: No module named 'nothing_like_this'"),
        (b"\xff\xfe = 1\n", 1, "SyntaxError"),
        ("import pulumi\npulumi.Output.from_input(1).apply(\n    lambda each: each / 0)\n", 3, "ZeroDivisionError"),
        ("def f():\n    f()\nf()\n", 2, "RecursionError: maximum recursion depth exceeded"),
        ("raise KeyError\n", 1, "KeyError"),
        ("raise Exception('::error::x\\x1b[2J')\n", 1, r"Exception: ::error::x\x1b[2J"),
        ("raise Exception('" + TOKEN + "')\n", 1, "Exception: [secret]"),
    ],
)
def test_a_users_program_that_fails_says_its_file_and_line(tmp_path, monkeypatch, text, line, says):
    folder = program(tmp_path, text)
    (folder / "helper.py").write_text("def fail():\n    1 / 0\n")
    monkeypatch.chdir(tmp_path)
    for command in (("preview", "dev"), ("check",)):
        code, out, err = run(*command)
        assert code == 2
        assert harmless(out + err)
        assert f"in {'helper' if 'helper' in str(text) else '__main__'}.py, line {line}" in err
        assert says in err


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("import sys\nsys.exit('over')\n", "the program ended by itself, with exit code over"),
        ("raise GeneratorExit\n", "the program ended by itself, with GeneratorExit"),
        ("import asyncio\nraise asyncio.CancelledError\n", "the program ended by itself, with CancelledError"),
        ("x = '\x00'\n", "the program failed"),
        ("import pulumi\nraise pulumi.RunError('one\\ntwo')\n", "Pulumi.dev.yaml: one two"),
    ],
)
def test_a_users_program_that_ends_itself_says_so(tmp_path, text, says):
    code, out, err = run("preview", "dev", "-C", program(tmp_path, text))
    assert code == 2
    assert harmless(out + err)
    assert says in err


def test_what_a_program_prints_is_no_part_of_the_json(tmp_path):
    code, out, err = run("preview", "dev", "--json", "-C", program(tmp_path, "print('hello')\n"))
    assert (code, [each["name"] for each in json.loads(out)["stacks"][0]["resources"]], err) == (
        0,
        ["x-dev"],
        "hello\n",
    )


def test_all_calls_are_shown_to_who_asks_for_them(tmp_path, monkeypatch):
    monkeypatch.setenv("MLPLATFORM_TRACEBACK", "1")
    assert "Traceback" in run("preview", "dev", "-C", program(tmp_path, "1 / 0\n"))[2]


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda path: path.mkdir(), "is not a file, but a folder"),
        (os.mkfifo, "is not a file, but a named pipe"),
        (lambda path: path.symlink_to("/dev/zero"), "is not a file, but a device"),
        (lambda path: path.symlink_to(path), "Too many levels of symbolic links"),
    ],
    ids=["folder", "pipe", "device", "loop"],
)
@pytest.mark.parametrize("name", ["Pulumi.yaml", "Pulumi.dev.yaml"])
def test_what_is_no_file_is_said_by_every_command(tmp_path, name, make, says):
    program(tmp_path, "")
    (tmp_path / name).unlink()
    make(tmp_path / name)
    state = tmp_path / "state.json"
    state.write_text(
        json.dumps({"version": 3, "deployment": {"resources": [{"urn": "urn:pulumi:dev::x::a::b", "type": "a"}]}})
    )
    for command in (
        ("preview", "dev", "-C", tmp_path),
        ("check", "-C", tmp_path),
        ("preview", "dev", "-C", tmp_path, "--against", state),
        ("export", "synapse", tmp_path, "-s", "dev", "--outputs", state, "-C", tmp_path),
    ):
        code, out, err = run(*command)
        assert code == 2, command
        assert says in err
        assert harmless(out + err)


@pytest.mark.parametrize("option", ["--against", "--outputs"])
@pytest.mark.parametrize("text", [b"[" * 100_000, b'{"a":' * 50_000, b"\xff", b"", b"1" * 5000, b"nan", b"\x00"])
def test_json_that_is_none_is_refused(tmp_path, option, text):
    program(tmp_path, "")
    file = tmp_path / "in.json"
    file.write_bytes(text)
    command = ("preview", "dev") if option == "--against" else ("export", "synapse", tmp_path, "-s", "dev")
    code, out, err = run(*command, "-C", tmp_path, option, file)
    assert code == 2
    assert harmless(out + err)


@pytest.mark.parametrize("name", ["a" * 5000, "x\udc80", "..", "a/b/", "", "\x1b[31m"])
def test_odd_names_of_stacks_and_folders_are_missing(tmp_path, name):
    program(tmp_path, "")
    code, out, err = run("preview", name, "-C", tmp_path)
    assert code == 2
    assert "is missing" in err or "is empty" in err
    assert harmless(out + err.replace("\udc80", ""))
    if name:
        code, out, err = run("preview", "-C", tmp_path / "none" / name)
        assert code == 2
        assert harmless(out + err.replace("\udc80", ""))


def test_a_repository_with_folders_in_folders_is_searched_to_its_end(tmp_path):
    deep = tmp_path
    for _ in range(600):
        deep = deep / "a"
    os.makedirs(deep)
    program(deep, "1 / 0\n")
    code, _, err = run("check", "-C", tmp_path)
    assert code == 2
    assert "ZeroDivisionError" in err


# What a careless or hostile hand puts in the place of a value.
odd = st.one_of(
    st.sampled_from(
        [None, "", True, 0, -1, 1e308, 2**70, 0.1, [], {}, [[]], [None], {"": ""}, "\x1b[31m", "::error::x"]
    ),
    st.sampled_from([HUNTER, TOKEN, "0500", "2026-12-31", "16:30", "yes", "a" * 300, "é" * 40, "../..", "${x}"]),
    st.text(max_size=8),
    st.integers(),
    st.floats(),
    st.lists(st.text(max_size=3), max_size=3),
    st.dictionaries(st.text(max_size=6), st.text(max_size=3), max_size=3),
)


def places(value, at=()):
    yield at
    if isinstance(value, dict | list):
        for key in value if isinstance(value, dict) else range(len(value)):
            yield from places(value[key], (*at, key))


PLACES = list(places(REFERENCE["config"]))[1:]


@pytest.mark.usefixtures("in_this_process")
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
@given(changes=st.lists(st.tuples(st.sampled_from(PLACES), odd), min_size=1, max_size=3), checks=st.booleans())
def test_settings_with_anything_in_any_place_are_shown_or_refused(project, changes, checks):
    config = json.loads(json.dumps(REFERENCE["config"], default=str))
    for path, value in changes:
        inner = config
        with contextlib.suppress(KeyError, IndexError, TypeError):
            for part in path[:-1]:
                inner = inner[part]
            inner[path[-1]] = {"secure": HUNTER} if value == HUNTER else value
    (project / "Pulumi.dev.yaml").write_text(yaml.safe_dump({"config": config}), encoding="utf-8")
    code, out, err = run("check", "-C", project) if checks else run("preview", "dev", "-C", project)
    assert code in (0, 2)
    assert harmless(out + "\n" + err)


WORDS = [
    "config:\n",
    "  azure-mlplatform:",
    "tags: ",
    "- ",
    "&a ",
    "*a",
    "<<: ",
    "!!int ",
    "? ",
    ": ",
    "secure: ",
    TOKEN,
]
WORDS += [*"{}[]\t\n|>'\"#\x00\ufeff", "%YAML 1.1", "---\n", "...\n", "0500", ".inf", "name: x\n", "runtime: python\n"]
pieces = st.sampled_from(WORDS).map(str.encode) | st.binary(max_size=3)
names = st.sampled_from(["Pulumi.yaml", "Pulumi.dev.yaml"])


@pytest.mark.usefixtures("in_this_process")
@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
@given(data=st.lists(pieces, max_size=25).map(b"".join), name=names)
def test_files_of_any_bytes_are_read_or_refused(tmp_path_factory, data, name):
    folder = program(tmp_path_factory.mktemp("bytes"), "")
    (folder / name).write_bytes(data)
    for command in (("preview", "dev", "-C", folder), ("check", "-C", folder)):
        code, out, err = run(*command)
        assert code in (0, 2)
        assert harmless(out + "\n" + err)


@pytest.mark.slow
def test_aliases_that_explode_end_at_once(tmp_path):
    program(tmp_path, "")
    levels = "".join(f"  x:{chr(98 + n)}: &{chr(98 + n)} [{','.join(['*' + chr(97 + n)] * 9)}]\n" for n in range(9))
    (tmp_path / "Pulumi.dev.yaml").write_text(f"config:\n  x:a: &a [x,x,x,x,x,x,x,x,x]\n{levels}")
    done = subprocess.run(
        [sys.executable, "-m", "azure_mlplatform", "preview", "dev", "-C", tmp_path],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: Pulumi.dev.yaml: has more than 10,000 values\n")
