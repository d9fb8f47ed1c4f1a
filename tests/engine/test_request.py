"""The life of a new team's environments, from an empty folder on, by the commands of docs/requests.md as they are printed.

Each block of the page runs in a shell, in its order. What the page tells somebody to write is written as an editor would.
"""

import datetime
import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from azure_mlplatform.emulation.server import write_executable
from azure_mlplatform.emulation.world import Held, World
from support.documents import shell_blocks
from support.engine.engine import path_with_plugins

PAGE = "docs/requests.md"


class Team:
    """Somebody in an empty folder, with `mlplatform`, git and the Pulumi CLI."""

    def __init__(self, above: Path) -> None:
        self.folder = above / "a new team"
        self.folder.mkdir()
        path = path_with_plugins(above / "the programs")
        write_executable(above / "the programs" / "mlplatform", "-m", "azure_mlplatform")
        self._environment = {
            **os.environ,
            "PATH": path,
            "NO_COLOR": "1",
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
            # The yes of a person to each update.
            "PULUMI_SKIP_CONFIRMATIONS": "true",
        }

    def types(self, block: str, code: int = 0) -> str:
        """Runs a block of the page; one with `pulumi` in a shell on the emulated Azure. Returns what it printed."""
        shell = ["sh", "-ec", block]
        if re.search(r"^pulumi|\(pulumi", block, re.MULTILINE):
            shell = ["mlplatform", "local", "--", *shell]
        done = subprocess.run(
            shell, cwd=self.folder, env=self._environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == code, f"{block}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def text(self, file: str) -> str:
        return (self.folder / file).read_text()

    def edits(self, file: str, before: str, after: str) -> None:
        """Changes a text that stands once in a file."""
        text = self.text(file)
        assert text.count(before) == 1, text
        (self.folder / file).write_text(text.replace(before, after))

    @property
    def azure(self) -> dict[str, Held]:
        """What the emulated Azure has, by id in lower case."""
        return World.load(self.folder / ".local-azure" / "world.json").resources


def blocks(heading: str) -> list[str]:
    return shell_blocks(PAGE, heading)


def test_debug(tmp_path):
    team = Team(tmp_path)
    for heading in ("Once: the repository", "Ask", "Render", "Deploy"):
        for each in blocks(heading):
            print(team.types(each)[-3000:])
    for key, each in sorted(team.azure.items()):
        if "authorization" in each.type or "managedidentity" in each.type or "Peering" in each.type:
            print(key, each.type, json.dumps(each.body), each.read_only)
