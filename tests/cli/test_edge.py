"""What fails outside ends as one line and an exit code. Each command is a process of its own."""

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from typing import IO

import pytest

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.slow


def environment(**changes):
    mine = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "PULUMI", "ARM", "AZURE"))}
    return {**mine, **changes}


def edge(
    body, stdout: int | IO[str] = subprocess.PIPE, stderr: int | IO[str] = subprocess.PIPE, encoding="utf-8", **changes
):
    """Runs a command that has this body."""
    lines = textwrap.indent(textwrap.dedent(body), "    ")
    program = f"import os, sys\nfrom azure_mlplatform.cli.edge import run\ndef command():\n{lines}\nrun(command)\n"
    return subprocess.run(
        [sys.executable, "-c", program],
        stdout=stdout,
        stderr=stderr,
        stdin=subprocess.DEVNULL,
        env=environment(**changes),
        encoding=encoding,
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize(
    ("encoding", "shown"),
    [
        ("utf-8", "├─ Zürich → └─ │ 日"),
        ("cp1252", "|- Zürich -> `- | \\u65e5"),
        ("ascii", "|- Z\\xfcrich -> `- | \\u65e5"),
    ],
)
def test_a_text_is_written_in_every_encoding(encoding, shown, unbuffered):
    done = edge(
        "print('├─ Zürich → └─ │ 日'); print('├─ Zürich → └─ │ 日', file=sys.stderr)",
        encoding=encoding,
        PYTHONIOENCODING=encoding,
        PYTHONUNBUFFERED=unbuffered,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{shown}\n", f"{shown}\n")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only some systems have it")
@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("body", ["print('a')", "print('a' * 100_000)", "print('a'); sys.exit(1)"])
def test_a_full_disk_is_one_line(body, unbuffered):
    with Path("/dev/full").open("w") as full:
        done = edge(body, stdout=full, PYTHONUNBUFFERED=unbuffered)
    assert (done.returncode, done.stderr) == (
        2,
        "error: standard output: cannot be written (No space left on device)\n",
    )


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only some systems have it")
def test_standard_error_that_is_full_changes_no_exit_code():
    with Path("/dev/full").open("w") as full:
        assert edge("print('a', file=sys.stderr); sys.exit(1)", stderr=full).returncode == 1


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("code", [0, 1, 2])
def test_a_pipe_that_nobody_reads_ends_with_the_commands_own_code(code, unbuffered):
    reads, writes = os.pipe()
    os.close(reads)
    body = f"for each in range(20_000): print('line', each)\nprint('said', file=sys.stderr)\nsys.exit({code})"
    done = edge(body, stdout=writes, PYTHONUNBUFFERED=unbuffered)
    os.close(writes)
    assert (done.returncode, done.stderr) == (code, "said\n")


def test_a_closed_output_is_none():
    done = edge("os.close(1); print('a' * 100_000)")
    assert done.returncode == 2
    assert done.stderr.startswith("error: standard output: cannot be written (")
    program = "from azure_mlplatform.cli.edge import run; run(lambda: print(1))"
    command = [sys.executable, "-c", program]
    closed = ["sh", "-c", '"$@" >&- 2>&-', "sh", *command]
    assert subprocess.run(closed, check=False, env=environment()).returncode == 0


@pytest.mark.parametrize(
    ("raised", "code", "says"),
    [
        ("PermissionError(13, 'Permission denied', '/etc/x')", 2, "error: /etc/x: Permission denied"),
        ("OSError(36, 'File name too long', b'/\\xff')", 2, "error: /\ufffd: File name too long"),
        ("OSError(28, 'No space left on device')", 2, "error: No space left on device"),
        ("ConnectionResetError(104, 'Connection reset by peer')", 3, "ConnectionResetError: [Errno 104] Connection"),
        ("TimeoutError('the read timed out')", 3, "error: TimeoutError: the read timed out"),
        ("__import__('socket').gaierror(-2, 'Name or service not known')", 3, "Azure or the network to it did not"),
        ("__import__('azure.core.exceptions').core.exceptions.ServiceRequestError('no')", 3, "ServiceRequestError: no"),
        ("MemoryError()", 4, "error: there is not enough memory"),
        (
            "ValueError('a\\nb\\x1b[2J')",
            4,
            "error: ValueError: a b\\x1b[2J (<string>:5)\n    This is a defect of azure",
        ),
        ("KeyError()", 4, "error: KeyError (<string>:5)"),
        ("GeneratorExit()", 4, "error: GeneratorExit (<string>:5)"),
        ("SystemExit('over')", 2, "over"),
        ("KeyboardInterrupt()", 130, ""),
    ],
)
def test_an_error_is_one_line_and_a_code(raised, code, says):
    done = edge(f"print('a')\nraise {raised}")
    assert done.returncode == code, done.stderr
    assert done.stdout == "a\n"
    assert says in done.stderr
    assert "Traceback" not in done.stderr
    assert sum(line.startswith("error: ") for line in done.stderr.splitlines()) <= 1


def test_problems_that_no_command_caught_are_said_as_problems():
    body = """
    from azure_mlplatform.foundation.problems import Problem, ProblemsError
    raise ProblemsError([Problem(("a",), "x", "y"), Problem(("b",), "z", "")])
    """
    done = edge(body)
    assert (done.returncode, done.stderr) == (2, "error: a: x\n    y\nerror: b: z\n")


def test_all_calls_are_shown_to_who_asks_for_them():
    assert "Traceback (most recent call last)" in edge("raise ValueError('a')", MLPLATFORM_TRACEBACK="1").stderr


def test_nothing_becomes_a_command_of_ci_or_of_a_terminal_and_colours_stay():
    body = r"""
    print("a", end=""); print("::error::b")
    print("::error::c")
    print("d\n  ::warning::e\nf ##vso[task.setvariable variable=g]h")
    print("\x1b[1;31mred\x1b[0m \x1b]0;title\x07 \x1b[2J \x08 \x85")
    print("")
    print("::error::i", file=sys.stderr)
    """
    done = edge(body)
    assert done.stdout.splitlines() == [
        "a::error::b",
        r"\u003a:error::c",
        "d",
        r"  \u003a:warning::e",
        r"f \u0023#vso[task.setvariable variable=g]h",
        "\x1b[1;31mred\x1b[0m" + r" \x1b]0;title\x07 \x1b[2J \x08 \x85",
        "",
    ]
    assert done.stderr == r"\u003a:error::i" + "\n"


def test_json_stays_the_same_data():
    done = edge("import json; print(json.dumps({'##vso[x]y': '##[error]::'}))")
    assert json.loads(done.stdout) == {"##vso[x]y": "##[error]::"}
    assert "##" not in done.stdout


def test_standard_input_is_utf_8_whatever_the_locale():
    program = "from azure_mlplatform.cli.edge import run; import sys; run(lambda: print(ascii(sys.stdin.read())))"
    done = subprocess.run(
        [sys.executable, "-c", program],
        input="Zürich".encode(),
        capture_output=True,
        env=environment(PYTHONIOENCODING="cp1252"),
        check=True,
    )
    assert done.stdout.decode().strip() == "'Z\\xfcrich'"


@pytest.mark.parametrize("args", [["preview"], ["check"], ["schema"]])
def test_an_interrupt_ends_a_command_cleanly_wherever_it_is(args):
    codes = []
    for wait in (0.6, 1.5, 2.5, 3.5):
        process = subprocess.Popen(
            [sys.executable, "-m", "azure_mlplatform", *args],
            cwd=ROOT,
            env=environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        time.sleep(wait)
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
        codes.append(process.returncode)
        if process.returncode == 130:
            assert said == ""
    # A command may have ended before.
    assert set(codes) <= {0, 130}
    assert args == ["schema"] or 130 in codes
