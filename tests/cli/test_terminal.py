"""The page of a preview on a terminal: its width, its colours, and what is under way."""

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
import threading
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.slow


def on_a_terminal(*words, columns, **variables):
    """What a command writes to a terminal of a width, on both streams: the code and the text."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    kept = {key: os.environ[key] for key in ("PATH", "HOME") if key in os.environ}
    process = subprocess.Popen(
        [sys.executable, "-m", "azure_mlplatform", *words],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=theirs,
        env={**kept, "TERM": "xterm-256color", "LANG": "C.UTF-8", **variables},
    )
    os.close(theirs)
    parts: list[bytes] = []

    def read() -> None:
        # A terminal whose other end is closed fails to be read.
        try:
            while part := os.read(ours, 65536):
                parts.append(part)
        except OSError:
            return

    reader = threading.Thread(target=read)
    reader.start()
    code = process.wait(timeout=120)
    reader.join(timeout=30)
    os.close(ours)
    return code, b"".join(parts).decode()


def page(text):
    """The lines of the page, without what moves the cursor or colours."""
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text).replace("\r", "")
    return plain[plain.index("What is made") :].splitlines()


@pytest.mark.parametrize("columns", [72, 140])
def test_a_page_is_as_wide_as_the_terminal_and_says_what_is_under_way(columns):
    code, text = on_a_terminal("preview", columns=columns)
    assert code == 0
    lines = page(text)
    assert columns - 12 < max(map(len, lines)) <= columns
    assert "planning prod (2 of 2)" in text
    assert "\x1b[1;36mWhat is made" in text


def test_no_color_has_none():
    _, text = on_a_terminal("preview", "prod", columns=100, NO_COLOR="1")
    assert not re.search(r"\x1b\[[0-9;]*3[0-9]", text)
    assert "What is made" in text


def test_a_pipe_gets_neither_colours_nor_progress():
    done = subprocess.run(
        [sys.executable, "-m", "azure_mlplatform", "preview", "prod"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "TERM": "xterm-256color", "COLUMNS": "40"},
    )
    assert "\x1b" not in done.stdout + done.stderr
    assert "planning" not in done.stderr
    assert 90 < max(map(len, done.stdout.splitlines())) <= 100
