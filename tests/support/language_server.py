"""A client of yaml-language-server, which editors run: it opens a file and asks what an editor would show."""

import itertools
import json
import os
import queue
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

SETTINGS = {
    "yaml": {
        "validate": True,
        "hover": True,
        "completion": True,
        # No schemas from the network: only what a file's first line names.
        "schemaStore": {"enable": False},
        "kubernetesCRDStore": {"enable": False},
    }
}
JUDGE = Path(__file__).parents[1] / "config" / "language_server"


def installed(folder: Path) -> Path:
    """The server's program, installed from its lock file. Skips where Node.js or npm is missing."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        pytest.skip("npm and node are not installed")
    shutil.copytree(JUDGE, folder, dirs_exist_ok=True)
    command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"npm cannot install the language server: {done.stderr[-600:]}"
    return folder / "node_modules" / "yaml-language-server" / "bin" / "yaml-language-server"


class LanguageServer:
    """A running server. Positions are lines and columns, counted from 0."""

    def __init__(self, process: "subprocess.Popen[bytes]", root: Path) -> None:
        self._process = process
        self._numbers = itertools.count(1)
        self._versions = itertools.count(1)
        self._answers: dict[int, queue.Queue[Any]] = {}
        self._diagnostics: dict[str, queue.Queue[list[dict[str, Any]]]] = {}
        self._writes = threading.Lock()
        threading.Thread(target=self._read, daemon=True).start()
        # A client without dynamic registration gets everything at once.
        capabilities = {
            "textDocument": {
                "completion": {"completionItem": {"documentationFormat": ["markdown"], "snippetSupport": False}},
                "hover": {"contentFormat": ["markdown"]},
            },
            "workspace": {"configuration": True},
        }
        folders = [{"uri": root.as_uri(), "name": root.name}]
        self._ask(
            "initialize",
            {
                "processId": os.getpid(),
                "rootUri": root.as_uri(),
                "workspaceFolders": folders,
                "capabilities": capabilities,
            },
        )
        self._tell("initialized", {})
        self._tell("workspace/didChangeConfiguration", {"settings": SETTINGS})

    def open(self, file: Path, text: str) -> "Document":
        """Opens a file with a text that need not be on the disk."""
        uri = file.as_uri()
        self._diagnostics[uri] = queue.Queue()
        self._tell(
            "textDocument/didOpen",
            {"textDocument": {"uri": uri, "languageId": "yaml", "version": next(self._versions), "text": text}},
        )
        return Document(self, uri, text)

    def _ask(self, method: str, params: Any) -> Any:
        number = next(self._numbers)
        waiting = self._answers[number] = queue.Queue()
        self._send({"id": number, "method": method, "params": params})
        answer = waiting.get(timeout=60)
        assert "error" not in answer, answer["error"]
        return answer["result"]

    def _tell(self, method: str, params: Any) -> None:
        self._send({"method": method, "params": params})

    def _send(self, message: dict[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self._process.stdin is not None
        with self._writes:
            self._process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
            self._process.stdin.flush()

    def _read(self) -> None:
        stream = self._process.stdout
        assert stream is not None
        while header := stream.readline():
            length = int(header.split(b":")[1])
            while stream.readline().strip():
                pass
            message = json.loads(stream.read(length))
            if "method" not in message:
                self._answers[message["id"]].put(message)
            elif message["method"] == "textDocument/publishDiagnostics":
                found = message["params"]
                self._diagnostics.setdefault(found["uri"], queue.Queue()).put(found["diagnostics"])
            elif "id" in message:
                self._send({"id": message["id"], "result": _answer(message)})


def _answer(message: dict[str, Any]) -> Any:
    """What an editor answers to a question of the server."""
    if message["method"] != "workspace/configuration":
        return None
    return [SETTINGS.get(each.get("section", ""), {}) for each in message["params"]["items"]]


class Document:
    """An open file."""

    def __init__(self, server: LanguageServer, uri: str, text: str) -> None:
        self._server, self._uri, self._text = server, uri, text

    def problems(self) -> list[str]:
        """`line: message` of all that the editor underlines, in order. Lines are counted from 1."""
        found = self._server._diagnostics[self._uri].get(timeout=60)
        return [
            f"{each['range']['start']['line'] + 1}: {each['message']}"
            for each in sorted(found, key=lambda each: (each["range"]["start"]["line"], each["message"]))
        ]

    def offered(self, after: str) -> list[str]:
        """The labels that the editor offers where the cursor stands behind a text."""
        found = self._at("textDocument/completion", after)
        return [each["label"] for each in found["items"]]

    def help(self, on: str) -> str:
        """What the editor shows for the word that begins a text."""
        found = self._at("textDocument/hover", on, begin=True)
        return found["contents"]["value"] if found else ""

    def _at(self, method: str, text: str, *, begin: bool = False) -> Any:
        assert self._text.count(text) == 1, f"{text!r} stands {self._text.count(text)} times"
        before = self._text[: self._text.index(text) + (1 if begin else len(text))]
        position = {"line": before.count("\n"), "character": len(before) - before.rfind("\n") - 1}
        return self._server._ask(method, {"textDocument": {"uri": self._uri}, "position": position})


@contextmanager
def running(program: Path, root: Path) -> Iterator[LanguageServer]:
    """A server that ends with the block."""
    process = subprocess.Popen(
        ["node", str(program), "--stdio"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    try:
        yield LanguageServer(process, root)
    finally:
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                stream.close()
