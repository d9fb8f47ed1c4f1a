"""`mlplatform local` with a real Pulumi CLI on a copy of the repository, and what a command leaves behind."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from .engine import copy_repository, path_with_plugins

PATIENCE = 300
"""The seconds after which what a test waits for never happens."""

PULUMI = ("--non-interactive", "--color", "never")
CI = ("--yes", "--skip-preview", *PULUMI)


class Local:
    """A copy of the repository in which a person runs `mlplatform local`."""

    def __init__(self, folder: Path) -> None:
        self.repository = folder / "a repository"
        self.world = self.repository / ".local-azure" / "world.json"
        copy_repository(self.repository)
        self.environment = {
            **os.environ,
            "PATH": path_with_plugins(folder / "the plugins"),
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        }

    def run(self, *arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
        """Runs `mlplatform local` with arguments."""
        return subprocess.run(
            command(*arguments),
            cwd=self.repository,
            env={**self.environment, **environment},
            capture_output=True,
            text=True,
            check=False,
        )

    def init(self, stack: str, **environment: str) -> "subprocess.CompletedProcess[str]":
        """Makes a stack."""
        name = f"organization/churn/{stack}"
        return self.run("--", "pulumi", "stack", "init", "--no-select", name, *PULUMI, **environment)

    def change(self, stack: str, change: Callable[[dict[str, Any]], Any]) -> None:
        """Changes the file of a stack. `change` gets its settings, as they stand there."""
        file = self.repository / f"Pulumi.{stack}.yaml"
        data = yaml.safe_load(file.read_text())
        change(data["config"])
        file.write_text(yaml.safe_dump(data, sort_keys=False))

    @property
    def state(self) -> Path:
        """The folder of the state."""
        return self.world.parent / "state"


def command(*arguments: str) -> list[str]:
    """The words that run `mlplatform local` with arguments."""
    return [sys.executable, "-m", "azure_mlplatform", "local", *arguments]


def pending(state: Path, stack: str) -> list[str]:
    """The names in the program of what an engine is about to make, change or delete, as its state says."""
    file = state / ".pulumi" / "stacks" / "churn" / f"{stack}.json"
    if not file.exists():
        return []
    latest = json.loads(file.read_text())["checkpoint"].get("latest") or {}
    return sorted(each["resource"]["urn"].rsplit("::", 1)[-1] for each in latest.get("pending_operations", []))


def quiet(state: Path, seconds: float = 3) -> bool:
    """Whether nothing was written to a state for a while."""
    try:
        written = [file.stat().st_mtime for file in (state / ".pulumi" / "stacks").rglob("*.json*")]
    except FileNotFoundError:
        return False  # The engine renames a file when it is whole.
    return bool(written) and time.time() - max(written) > seconds


def family(pid: int) -> list[int]:
    """A process, and all that it started."""
    parents, found = _processes(), [pid]
    for each in found:
        found += [child for child, parent in parents.items() if parent == each]
    return found


def alive(pids: list[int]) -> list[int]:
    """Those of the processes that have not ended."""
    return [each for each in pids if each in _processes()]


def until(holds: Callable[[], bool]) -> None:
    """Waits until something holds."""
    end = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.05)


def _processes() -> dict[int, int]:
    """Process → its parent, without those that have ended and wait for their parent to see it."""
    found: dict[int, int] = {}
    for file in Path("/proc").glob("[0-9]*/stat"):
        try:
            # The name of a command, in brackets, may have brackets and spaces.
            state, parent, *_ = file.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if state != "Z":
            found[int(file.parent.name)] = int(parent)
    return found
