"""A real CLI judges how scalars are read: those of the table, and many drawn at random."""

import json
import os
import random
import subprocess

import pytest
import yaml

from azure_mlplatform.config.files import stack_config
from azure_mlplatform.config.go_yaml import UnreadableError, parse
from support.engine.engine import find_cli
from support.scalars import SCALARS, same

PIECES = [
    *"01795_.:eExob+-~TZynt ",
    *("0b", "0o", "0x", "0X", "2026-01-0", "2026-1-", ".5", "1e", "00", "true", "inf", "1:2:3", "10:00:00"),
]


class Cli:
    """A stack of a project in a folder, whose configuration the CLI reads."""

    def __init__(self, folder):
        self.folder = folder
        (folder / "Pulumi.yaml").write_text("name: yaml\nruntime: python\n")
        self._pulumi("stack", "init", "dev")

    def _pulumi(self, *arguments):
        mine = {"HOME": self.folder, "PULUMI_HOME": self.folder, "PULUMI_BACKEND_URL": f"file://{self.folder}"}
        mine |= {"PULUMI_CONFIG_PASSPHRASE": "x", "PULUMI_SKIP_UPDATE_CHECK": "true"}
        done = subprocess.run(
            [find_cli(), *arguments],
            cwd=self.folder,
            env={**os.environ, **mine},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def write(self, config):
        (self.folder / "Pulumi.dev.yaml").write_text(f"config:\n{config}")

    def read(self):
        """Key → what the CLI shows of it."""
        return json.loads(self._pulumi("config", "--json", "--stack", "dev"))

    def read_list(self, scalars):
        """The values of a list as the CLI hands them over."""
        self.write("  yaml:list:\n" + "".join(f"  - {each}\n" for each in scalars))
        return json.loads(self._pulumi("config", "get", "yaml:list", "--stack", "dev"))


@pytest.fixture
def cli(tmp_path):
    return Cli(tmp_path)


def test_the_table_is_what_the_cli_reads(cli):
    found = cli.read_list([each.written for each in SCALARS])
    assert [
        (each.written, value, each.value)
        for each, value in zip(SCALARS, found, strict=True)
        if not same(value, each.value)
    ] == []


def test_scalars_drawn_at_random_are_read_alike(cli):
    drawn = random.Random(20261128)  # noqa: S311 - not a secret
    scalars = set()
    while len(scalars) < 3000:
        text = "".join(drawn.choices(PIECES, k=drawn.randint(1, 5)))
        try:
            data = parse(f"a:\n- {text}\n").data
        except (yaml.YAMLError, UnreadableError):
            continue
        if isinstance(data, dict) and len(data["a"]) == 1 and not isinstance(data["a"][0], list | dict):
            scalars.add(text)
    ordered = sorted(scalars)
    found = cli.read_list(ordered)
    ours = stack_config(cli.folder, "dev").values["yaml:list"]
    assert [each for each in zip(ordered, found, ours, strict=True) if not same(each[1], each[2])] == []


def test_scalars_of_keys_of_their_own_are_handed_over_alike(cli):
    cli.write("".join(f"  yaml:k{number}: {each.written}\n" for number, each in enumerate(SCALARS)))
    found = cli.read()
    ours = stack_config(cli.folder, "dev").texts

    def value(text):
        try:
            return json.loads(text)
        except ValueError:
            return text

    wrong = []
    for number, each in enumerate(SCALARS):
        theirs = found[f"yaml:k{number}"]["value"]
        # For a key without a value the CLI hands over an empty text, and we nothing: a setting of ours is refused.
        if not same(value(theirs), value(ours.get(f"yaml:k{number}", ""))):
            wrong.append((each.written, theirs, ours.get(f"yaml:k{number}")))
    assert wrong == []


def test_mappings_that_merge_are_read_alike(cli):
    text = (
        "  yaml:one: &one {a: 1, b: 0500, 1: x, true: y}\n"
        "  yaml:two: {a: 2, <<: *one}\n"
        "  yaml:three: {<<: [{b: 3}, *one], c: 4}\n"
        "  yaml:four: {<<: {<<: *one, z: 1}}\n"
    )
    cli.write(text)
    found = {key: each.get("objectValue") for key, each in cli.read().items()}
    assert stack_config(cli.folder, "dev").values == found
