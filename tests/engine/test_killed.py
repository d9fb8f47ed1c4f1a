"""A run that is cut off in the middle: what the next one does, and the way out that docs/local.md describes."""

import contextlib
import json
import os
import re
import shlex
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from azure_mlplatform.emulation import azure
from azure_mlplatform.emulation.world import Fault
from support.engine.engine import ROOT, Done, Engine, engine, find_cli
from support.engine.local import CI, PATIENCE, Local, alive, command, family, pending, quiet, until

SLOW = 3600
"""The seconds of an operation that is under way until a test lets it go on."""

LEAN = ("ai_services", "batch", "budget", "inference", "workspace")
"""What a small environment does without."""

RULES = ["churn-data-product-network-aks-rules", "churn-data-product-network-training-rules"]
IDS = ["nsg-churn-aks-dev", "nsg-churn-training-dev"]
ENDED = {"reason": "The project ended, ticket ML-321"}

SECTION = (ROOT / "docs" / "local.md").read_text().partition("## If a run is cut off")[2]
WAY_OUT = [
    shlex.split(line, comments=True)
    for line in "\n".join(re.findall(r"```sh\n(.*?)```", SECTION, re.DOTALL)).splitlines()
]
"""The commands of the way out, in their order."""


class Gate:
    """Stands for `time` in the emulated Azure: slow operations end when the gate opens."""

    def __init__(self) -> None:
        self._opened = threading.Event()

    def open(self) -> None:
        self._opened.set()

    def sleep(self, seconds: float) -> None:
        if seconds == SLOW:
            self._opened.wait(PATIENCE)
        else:
            time.sleep(seconds)


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
    made = Gate()
    monkeypatch.setattr(azure, "time", made)
    yield made
    made.open()


@pytest.fixture
def dev(tmp_path: Path, gate: Gate) -> Iterator[Engine]:
    """A small dev that is not deployed yet."""
    with engine(tmp_path / "a folder") as made:
        made.init("dev")
        made.change("dev", lambda settings: [settings.pop(each, None) for each in LEAN])
        yield made


def state_of(made: Engine) -> Path:
    return made.project.parent / "state"


def output_of(made: Engine) -> Path:
    return made.project.parent / "output"


@contextlib.contextmanager
def under_way(made: Engine, operation: str) -> "Iterator[subprocess.Popen[bytes]]":
    """Runs `up` or `destroy` until the end of the block, and ends all that it leaves behind."""
    with output_of(made).open("wb") as output:
        process = subprocess.Popen(
            [find_cli(), operation, "--stack", "dev", *CI],
            cwd=made.project,
            env=made._environment,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        yield process
    finally:
        kill(process)


def kill(process: "subprocess.Popen[bytes]") -> None:
    """Kills a command and all that it started, as a machine does on which a job ends."""
    started = family(process.pid)
    process.kill()
    process.wait()
    for each in alive(started):
        with contextlib.suppress(ProcessLookupError):
            os.kill(each, signal.SIGKILL)
    until(lambda: not alive(started))


def slow_rules(made: Engine, status: int = 0) -> None:
    """Makes the creation of two security groups slow. With a status, Azure refuses it in the end."""
    made.azure.world.faults += [Fault(f"/{each}", "create", 1, status, "Conflict", seconds=SLOW) for each in IDS]


def wait_for(made: Engine, names: list[str]) -> None:
    """Waits until an engine waits for these operations, and for nothing else."""
    until(lambda: quiet(state_of(made)) and pending(state_of(made), "dev") == names)


def made_ids(made: Engine) -> list[str]:
    return sorted(each.id.rsplit("/", 1)[-1] for each in list(made.azure.world.resources.values()))


def refused_as_there(done: Done) -> dict[str, str]:
    """Name in the program → id of each resource that Azure has and the state does not know."""
    texts = (event["diagnosticEvent"] for event in done.events if "diagnosticEvent" in event)
    return {
        each["urn"].rsplit("::", 1)[-1]: found[1]
        for each in texts
        if (found := re.search(r"cannot create already existing resource '(.+)'", each["message"]))
    }


def walk_out(made: Engine) -> list[Done]:
    """Runs the commands of the document in their order. After the preview, does what it says with the file."""
    done: list[Done] = []
    there: dict[str, str] = {}
    for words in WAY_OUT:
        program, *arguments = words
        assert program == "pulumi"
        done.append(made.pulumi(*arguments))
        there |= refused_as_there(done[-1])
        if "--import-file" in arguments:
            file = made.project / "import.json"
            given = json.loads(file.read_text())
            given["resources"] = [
                {**each, "id": there[each["name"]]} for each in given["resources"] if each["name"] in there
            ]
            file.write_text(json.dumps(given))
    return done


def test_a_run_that_is_interrupted_once_ends_what_it_began_and_the_next_one_goes_on(dev, gate):
    slow_rules(dev)
    with under_way(dev, "up") as process:
        wait_for(dev, RULES)
        started = family(process.pid)
        process.send_signal(signal.SIGINT)
        until(lambda: "^C received; cancelling" in output_of(dev).read_text(errors="replace"))
        gate.open()
        assert process.wait(PATIENCE) != 0
        until(lambda: not alive(started))
    assert "update canceled" in output_of(dev).read_text(errors="replace")
    assert set(IDS) <= set(made_ids(dev))
    assert not any("vnet" in each for each in made_ids(dev))
    assert pending(state_of(dev), "dev") == []
    done = dev.up("dev")
    assert not set(RULES) & {name for _, name in done.operations()}
    assert dev.up("dev").operations() == []


def test_a_killed_run_goes_on_if_nothing_had_reached_azure(dev, gate):
    slow_rules(dev, 409)
    with under_way(dev, "up") as process:
        wait_for(dev, RULES)
        kill(process)
        gate.open()
    before = made_ids(dev)
    locked = dev.up("dev", check=False)
    assert locked.code != 0
    assert "the stack is currently locked" in locked.output
    assert "pulumi cancel" in locked.output
    assert made_ids(dev) == before
    cancel, up, *_ = WAY_OUT
    dev.pulumi(*cancel[1:], check=True)
    done = dev.pulumi(*up[1:], check=True)
    assert {("create", each) for each in RULES} <= set(done.operations())
    assert dev.up("dev").operations() == []
    # The CLI keeps what was pending until it is cleared.
    assert pending(state_of(dev), "dev") == RULES
    [clear] = [each for each in WAY_OUT if "--clear-pending-creates" in each]
    dev.pulumi(*clear[1:], check=True)
    assert pending(state_of(dev), "dev") == []
    assert dev.up("dev").operations() == []


def test_the_way_out_of_the_document_works_for_what_azure_made_and_the_state_does_not_know(dev, gate):
    slow_rules(dev)
    with under_way(dev, "up") as process:
        wait_for(dev, RULES)
        kill(process)
        gate.open()
    until(lambda: set(IDS) <= set(made_ids(dev)))
    done = walk_out(dev)
    failed = {number: each.output for number, each in enumerate(done) if each.code != 0}
    assert set(failed) == {1}, "\n".join(output for number, output in failed.items() if number != 1)
    assert sorted(refused_as_there(done[1])) == RULES
    assert "Traceback" not in "".join(done[1].errors)
    assert pending(state_of(dev), "dev") == []
    assert dev.up("dev").operations() == []
    assert any(each.startswith("vnet-") for each in made_ids(dev))
    assert "replace" not in {op for each in done for op, _ in each.operations()}


def test_a_state_that_a_killed_run_left_half_written_is_mended_as_the_document_says(dev):
    dev.up("dev")
    [attributes] = (state_of(dev) / ".pulumi" / "stacks").rglob("dev.json.attrs")
    # The CLI empties the file before it writes it: a kill between the two leaves it so.
    attributes.write_bytes(b"")
    before = made_ids(dev)
    done = dev.up("dev", check=False)
    assert done.code != 0
    assert "failed to load checkpoint: EOF" in done.output
    for each in ("failed to load checkpoint: EOF", f".pulumi/stacks/<project>/<stack>{attributes.name[3:]}"):
        assert each in " ".join(SECTION.split())
    attributes.unlink()
    assert dev.up("dev").operations() == []
    assert made_ids(dev) == before


def test_a_killed_destroy_goes_on(dev, gate):
    dev.up("dev")
    dev.change("dev", lambda settings: settings.update(retire=ENDED))
    dev.up("dev")
    before = len(made_ids(dev))
    dev.azure.world.faults.append(Fault("/virtualNetworks/", "delete", 1, 0, seconds=SLOW))
    with under_way(dev, "destroy") as process:
        until(lambda: not dev.azure.world.faults and quiet(state_of(dev)) and bool(pending(state_of(dev), "dev")))
        kill(process)
        gate.open()
    assert 0 < len(made_ids(dev)) < before
    locked = dev.destroy("dev", check=False)
    assert "the stack is currently locked" in locked.output
    dev.pulumi(*WAY_OUT[0][1:], check=True)
    dev.destroy("dev")
    assert made_ids(dev) == []
    assert dev.exported("dev")["deployment"].get("resources", []) == []


def test_nothing_is_left_of_a_run_whose_mlplatform_is_killed_and_the_next_one_goes_on(tmp_path):
    local = Local(tmp_path)
    local.change("dev", lambda settings: [settings.pop(f"azure-mlplatform:{each}", None) for each in LEAN])
    assert local.init("dev").returncode == 0
    broken = local.run("break", "/virtualNetworks/vnet-", "--slow", "--seconds", str(SLOW))
    assert broken.returncode == 0, broken.stderr
    up = ("--", "pulumi", "up", "--stack", "dev", *CI)
    with (tmp_path / "output").open("wb") as output:
        process = subprocess.Popen(
            command(*up), cwd=local.repository, env=local.environment, stdout=output, stderr=subprocess.STDOUT
        )
    try:
        until(lambda: quiet(local.state) and pending(local.state, "dev") == ["churn-data-product-network-vnet"])
        started = family(process.pid)
        assert len(started) > 2
        process.kill()
        process.wait()
        until(lambda: not alive(started))
    finally:
        kill(process)
    # The fault is in the world of before the run.
    file = json.loads(local.world.read_text())
    local.world.write_text(json.dumps({**file, "faults": []}))
    done = local.run(*up)
    assert done.returncode == 0, done.stdout + done.stderr
    again = local.run(*up, "--expect-no-changes")
    assert again.returncode == 0, again.stdout + again.stderr
