"""The Pulumi CLI on PATH, as the commands that act on stacks call it."""

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path as FilePath
from typing import Any, Optional

from ..foundation.printable import printable

_LAST_LINES = 12
"""The lines of a failed command that an error shows."""


class PulumiError(Exception):
    """A command of the CLI failed. The message has the end of what it said."""


class PulumiCli:
    """Calls the CLI in the folder of a project. It signs in to backend and Azure as its own environment says."""

    def __init__(self, says: Callable[[str], None] = lambda line: None) -> None:
        self._says = says
        """Is told each line of an update."""

        self._stacks: dict[FilePath, dict[str, int]] = {}

    @staticmethod
    def is_there() -> bool:
        """Whether there is a CLI."""
        return shutil.which("pulumi") is not None

    def resources(self, folder: FilePath, stack: str) -> int:
        """The number of resources that a stack has; 0 if there is no such stack, or nothing of it any more."""
        if folder not in self._stacks:
            found = _json(self._run(folder, "stack", "ls", "--json"))
            if not isinstance(found, list):
                raise PulumiError("`pulumi stack ls --json` printed no list")
            self._stacks[folder] = {
                str(each.get("name", "")).rsplit("/", 1)[-1]: int(each.get("resourceCount") or 0)
                for each in found
                if isinstance(each, dict)
            }
        return self._stacks[folder].get(stack, 0)

    def tagged(self, folder: FilePath, stack: str, tag: str) -> set[str]:
        """The values that a tag has on the resources of a stack."""
        found = _json(self._run(folder, "stack", "export", "--stack", stack))
        resources = (found.get("deployment") or {}).get("resources") if isinstance(found, dict) else None
        if not isinstance(resources, list):
            raise PulumiError("`pulumi stack export` printed no resources")
        tags = ((each.get("inputs") or {}).get("tags") for each in resources if isinstance(each, dict))
        return {str(each[tag]) for each in tags if isinstance(each, dict) and tag in each}

    def act(self, folder: FilePath, command: str, stack: str) -> None:
        """Runs `up` or `destroy`, without a question, and tells each line."""
        self._stacks.pop(folder, None)
        self._run(folder, *arguments(command, stack), says=self._says)

    def _run(self, folder: FilePath, *words: str, says: Optional[Callable[[str], None]] = None) -> str:
        command = ["pulumi", *words, "--non-interactive"]
        # What is meant for a person goes to standard error, and JSON to standard output.
        streams: dict[str, Any] = {"stderr": subprocess.STDOUT if says else subprocess.PIPE}
        try:
            running = subprocess.Popen(  # noqa: S603
                command, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, errors="replace",
                encoding="utf-8", **streams,
            )  # fmt: skip
        except OSError as error:
            raise PulumiError(f"the Pulumi CLI cannot be run: {error.strerror}") from None
        lines: list[str] = []
        with running:
            assert running.stdout is not None  # noqa: S101 - a pipe
            if says is None:
                output, errors = running.communicate()
                lines = (errors or output).splitlines()
            else:
                output = ""
                for line in running.stdout:
                    lines.append(line.rstrip())
                    says(printable(line.rstrip()))
        if running.returncode:
            told = " | ".join(printable(each.strip()) for each in lines[-_LAST_LINES:] if each.strip())
            raise PulumiError(f"`{' '.join(command[:-1])}` failed: {told or f'exit code {running.returncode}'}")
        return output


def arguments(command: str, stack: str) -> list[str]:
    """The words of an `up` or `destroy`."""
    return [command, "--yes", "--skip-preview", "--stack", stack]


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        raise PulumiError("the Pulumi CLI printed no JSON") from None
