"""A real Pulumi engine on the emulated Azure: projects in a copy, state in a folder, and what each command did."""

import contextlib
import json
import os
import shutil
import subprocess
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Optional

import yaml

from azure_mlplatform.emulation.azure import Azure
from azure_mlplatform.emulation.server import served, write_executable
from azure_mlplatform.emulation.world import World
from support.stacks import ROOT

HERE = Path(__file__).parent


def find_cli() -> str:
    """The Pulumi CLI: the one on PATH, else the one that `make engine` built."""
    built = ROOT / "build" / "engine" / "pulumi"
    if found := shutil.which("pulumi"):
        return found
    assert built.exists(), "no Pulumi CLI: run `make engine`"
    return str(built)


@dataclass
class Done:
    """What a command did."""

    code: int
    output: str
    """What a person reads."""

    events: list[dict[str, Any]] = field(default_factory=list)
    """The engine's events."""

    def operations(self, *leave_out: str) -> list[tuple[str, str]]:
        """Operation and name in the program of each step that changed something, in the order in which it ended."""
        return [
            (op, urn.rsplit("::", 1)[-1])
            for op, urn, _ in self.steps()
            if op not in ("same", "refresh", "read", *leave_out)
        ]

    def steps(self) -> Iterator[tuple[str, str, dict[str, Any]]]:
        """Operation, URN and metadata of each step that ended."""
        for event in self.events:
            if (ended := event.get("resOutputsEvent")) is not None:
                yield ended["metadata"]["op"], ended["metadata"]["urn"], ended["metadata"]

    def changes(self) -> list[tuple[str, str]]:
        """What happened to each resource of a provider, sorted by its URN: create, update, replace or delete."""
        return sorted(
            (urn, op)
            for op, urn, metadata in self.steps()
            if op in ("create", "update", "replace", "delete")
            and (metadata.get("new") or metadata["old"]).get("custom")
            and not metadata["type"].startswith("pulumi:")
        )

    @property
    def errors(self) -> list[str]:
        """The errors that a person reads."""
        texts = (event["diagnosticEvent"] for event in self.events if "diagnosticEvent" in event)
        return [each["message"] for each in texts if each["severity"] == "error"]


class Engine:
    """One project in a folder of its own, with a world of its own."""

    def __init__(self, folder: Path, environment: dict[str, str], azure: Azure, project: str) -> None:
        self.azure, self._folder, self._environment = azure, folder, environment
        self.project = folder / "repository" / project if project else folder / "repository"

    def pulumi(self, *arguments: str, stack: str = "", check: bool = False, **environment: str) -> Done:
        """Runs a command of the CLI."""
        events = self._folder / f"events-{uuid.uuid4()}.json"
        command = [find_cli(), *arguments, "--non-interactive", "--color", "never"]
        if stack:
            command += ["--stack", stack]
        if arguments[0] in ("up", "destroy", "refresh", "preview"):
            command += ["--event-log", str(events)]
        done = subprocess.run(
            command,
            cwd=self.project,
            env={**self._environment, **environment},
            capture_output=True,
            text=True,
            check=False,
        )
        found = [json.loads(line) for line in events.read_text().splitlines()] if events.exists() else []
        result = Done(done.returncode, done.stdout + done.stderr, found)
        assert not check or result.code == 0, result.output
        return result

    def init(self, stack: str) -> None:
        """Makes a stack."""
        self.pulumi("stack", "init", "--no-select", f"organization/{self._name}/{stack}", check=True)

    def up(self, stack: str, *arguments: str, check: bool = True, **environment: str) -> Done:
        """Deploys, as CI does."""
        return self.pulumi("up", "--yes", "--skip-preview", *arguments, stack=stack, check=check, **environment)

    def destroy(self, stack: str, *arguments: str, check: bool = True) -> Done:
        """Destroys, as CI does."""
        return self.pulumi("destroy", "--yes", "--skip-preview", *arguments, stack=stack, check=check)

    def change(self, stack: str, change: Any) -> None:
        """Changes the settings of a stack. `change` gets them and changes them in place."""
        file = self.project / (f"Pulumi.{stack}.yaml" if stack else "Pulumi.yaml")
        data = yaml.safe_load(file.read_text())
        config = data["config"]
        settings = {key.removeprefix("azure-mlplatform:"): value for key, value in config.items()}
        change(settings)
        rest = {key: value for key, value in config.items() if not key.startswith("azure-mlplatform:")}
        data["config"] = rest | {
            key if ":" in key else f"azure-mlplatform:{key}": value for key, value in settings.items()
        }
        file.write_text(yaml.safe_dump(data, sort_keys=False))

    def exported(self, stack: str) -> dict[str, Any]:
        """The state of a stack."""
        return json.loads(self.pulumi("stack", "export", stack=stack, check=True).output)

    @property
    def _name(self) -> str:
        return yaml.safe_load((self.project / "Pulumi.yaml").read_text())["name"]


@contextlib.contextmanager
def engine(folder: Path, project: str = "", world: Optional[World] = None) -> Iterator[Engine]:
    """An engine for the project at the root, or for `projects/<name>`."""
    copy_repository(folder / "repository")
    azure = Azure(world or World())
    # What Azure refuses now and then is refused always.
    azure.world.strict = True
    own = {**os.environ, "PULUMI_CONFIG_PASSPHRASE": "a passphrase"}
    with served(azure, folder, own) as environment:
        write_plugins(folder / "bin")
        settings = {"PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true", "PULUMI_DEBUG_COMMANDS": "true"}
        yield Engine(folder, {**environment, **settings}, azure, project)


def copy_repository(to: Path) -> None:
    """Copies the programs and settings of this repository, which a test may change."""
    to.mkdir(parents=True)
    for file in ROOT.glob("Pulumi*.yaml"):
        shutil.copy(file, to)
    for part in ("stacks", "projects"):
        shutil.copytree(ROOT / part, to / part, ignore=shutil.ignore_patterns("__pycache__"))


def path_with_plugins(folder: Path) -> str:
    """A PATH with the plugins in a new folder, the CLI, and all that is on it already."""
    folder.mkdir(parents=True)
    write_plugins(folder)
    return os.pathsep.join([str(folder), os.path.dirname(find_cli()), os.environ["PATH"]])


def write_plugins(folder: Path) -> None:
    """Writes the plugins that come with the CLI or from Pulumi, and that no package registry has."""
    write_executable(folder / "pulumi-language-python", str(HERE / "language_host.py"))
    write_executable(folder / "pulumi-resource-random", str(HERE / "random_provider.py"))
    write_executable(folder / "pulumi-resource-pulumi-python", "-u", "-m", "pulumi.dynamic")
