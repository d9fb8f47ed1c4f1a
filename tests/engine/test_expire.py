"""A sandbox expires: `mlplatform expire` with a real engine on the emulated Azure."""

import datetime
import json
import os
import subprocess
import sys
from pathlib import Path

from support.engine.engine import Engine, engine, find_cli

TODAY = datetime.datetime.now(datetime.UTC).date()
INSTANCE = "/computes/ci"


def expire(made: Engine, *words: str) -> tuple[int, dict]:
    """Runs the command in the repository, as a pipeline does. Returns its code, and what it says of the sandbox."""
    environment = dict(made._environment)
    environment["PATH"] = f"{Path(find_cli()).parent}{os.pathsep}{environment['PATH']}"
    command = [sys.executable, "-m", "azure_mlplatform", "expire", "--json", *words]
    done = subprocess.run(command, cwd=made.project, env=environment, capture_output=True, text=True, check=False)
    assert done.stdout, done.stderr
    [found] = json.loads(done.stdout)["stacks"]
    assert not any(each["error"] for each in found["steps"]), found
    return done.returncode, found


def ends(made: Engine, days: int, grace: int) -> None:
    """Sets the day of expiry, some days ahead, and the grace period."""
    day = (TODAY + datetime.timedelta(days)).isoformat()
    made.change("sandbox", lambda settings: settings.update(expires_on=day, expiry_grace_days=grace))


def computes(made: Engine) -> dict[str, object]:
    """What each compute may use: the most nodes of a cluster, the state of an instance."""
    found = {}
    for each in made.azure.world.resources.values():
        properties = each.body.get("properties", {})
        if properties.get("computeType") == "AmlCompute":
            found["cluster"] = properties["properties"]["scaleSettings"]["maxNodeCount"]
        elif properties.get("computeType") == "ComputeInstance":
            found["instance"] = each.state.get("power", "Running")
        elif each.type.endswith("datafactory:Trigger"):
            found["trigger"] = each.read_only["properties"]["runtimeState"]
    return found


def test_a_sandbox_rests_and_goes(tmp_path):
    with engine(tmp_path / "a folder", "projects/explore") as made:
        made.init("sandbox")
        ends(made, 7, 14)
        code, found = expire(made)
        assert (code, found["phase"], found["deployed"]) == (1, "expires soon", None)
        made.up("sandbox")
        assert computes(made) == {"cluster": 4, "instance": "Running", "trigger": "Started"}
        world = set(made.azure.world.resources)

        ends(made, -1, 14)
        code, found = expire(made, "--dry-run")
        assert (code, [each["step"] for each in found["steps"]]) == (1, ["rest"])
        code, found = expire(made)
        assert (code, found["steps"][0]["done"]) == (0, True)
        assert computes(made) == {"cluster": 0, "instance": "Stopped", "trigger": "Stopped"}
        # Nothing that people work with is gone.
        assert set(made.azure.world.resources) == world
        log = list(made.azure.world.log)
        assert expire(made)[0] == 0
        assert made.azure.world.log == log

        # The instance's user starts it again.
        [instance] = [each for each in made.azure.world.resources.values() if each.state.get("power")]
        instance.state["power"] = "Running"
        expire(made)
        assert computes(made)["instance"] == "Stopped"

        # A year that was mistyped ends nothing: what runs was told another day.
        ends(made, -300, 14)
        code, found = expire(made)
        assert (code, bool(found["waits"])) == (1, True)
        assert set(made.azure.world.resources) == world

        ends(made, -1, 1)
        code, found = expire(made)
        assert (code, [each["step"] for each in found["steps"]]) == (0, ["retire", "up", "destroy"])
        assert made.azure.world.resources == {}
        files = (made.project / "Pulumi.sandbox.yaml").read_text()
        code, found = expire(made)
        assert (code, found["deployed"], found["steps"]) == (0, False, [])
        assert (made.project / "Pulumi.sandbox.yaml").read_text() == files
