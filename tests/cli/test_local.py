"""`mlplatform local` as a person runs it: processes, a folder with a space, and no real sign-in."""

import json
import os
import subprocess
import sys

import pytest

pytestmark = pytest.mark.slow


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "a folder"
    made.mkdir()
    return made


def run(folder, *arguments, **environment):
    return subprocess.run(
        [sys.executable, "-m", "azure_mlplatform", "local", *arguments],
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def environment_of(folder, **environment):
    """The variables that a command gets, and what the person reads."""
    program = "import json, os; print(json.dumps(dict(os.environ)))"
    done = run(folder, "--", sys.executable, "-c", program, **environment)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout), done.stderr


def test_no_sign_in_of_the_person_reaches_the_command_and_it_is_said(folder):
    given = {
        "PULUMI_ACCESS_TOKEN": "real",
        "ARM_CLIENT_SECRET": "real",
        "AZURE_CLIENT_ID": "real",
        "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "real",
    }
    found, said = environment_of(folder, **given)
    assert "real" not in found.values()
    assert "nothing here is real" in said
    assert "not passed on: ACTIONS_ID_TOKEN_REQUEST_TOKEN, ARM_CLIENT_SECRET, AZURE_CLIENT_ID" in said
    assert "real" not in said.replace("nothing here is real", "")


def test_state_and_sign_in_are_in_the_folder_and_the_plugin_comes_first(folder):
    found, _ = environment_of(folder, PULUMI_BACKEND_URL="s3://real", PULUMI_HOME="/real")
    here = str(folder / ".local-azure")
    assert found["PULUMI_BACKEND_URL"] == f"file://{here}/state"
    for key in ("PULUMI_HOME", "AZURE_CONFIG_DIR", "REQUESTS_CA_BUNDLE"):
        assert found[key].startswith(here)
    plugin = f"{found['PATH'].split(os.pathsep)[0]}/pulumi-resource-azure-native"
    assert os.access(plugin, os.X_OK)
    assert found["ARM_METADATA_HOSTNAME"].startswith("localhost:")
    assert (folder / ".local-azure" / ".gitignore").read_text() == "*\n"


def test_the_exit_code_is_the_commands(folder):
    assert run(folder, "--", sys.executable, "-c", "raise SystemExit(7)").returncode == 7


def test_the_exit_code_of_a_command_that_a_signal_ended_is_a_shells(folder):
    program = "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"
    assert run(folder, "--", sys.executable, "-c", program).returncode == 128 + 9


def test_a_wish_to_end_reaches_the_command_and_the_world_is_saved(folder):
    program = (
        "import signal, sys, time\n"
        "signal.signal(signal.SIGTERM, lambda *_: sys.exit(5))\n"
        "print('runs', flush=True)\n"
        "time.sleep(600)"
    )
    words = [sys.executable, "-m", "azure_mlplatform", "local", "--", sys.executable, "-c", program]
    with subprocess.Popen(words, cwd=folder, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "runs\n"
        process.terminate()
        assert process.wait() == 5
    assert run(folder, "show").returncode == 0


def test_a_command_that_is_not_there_is_said_with_the_way_to_get_one(folder):
    done = run(folder, "--", "pulumi-of-nobody", "up")
    assert done.returncode == 2
    assert "pulumi-of-nobody: is not on PATH" in done.stderr
    assert "pulumi.com/docs/install" in done.stderr


@pytest.mark.parametrize("command", [["show"], ["reset"], ["clock", "2999-01-01"], ["break", "vaults"]])
def test_where_nothing_is_there_is_nothing_to_do(folder, command):
    done = run(folder, *command)
    assert done.returncode == 2
    assert "has no emulated Azure" in done.stderr
    assert not (folder / ".local-azure").exists()


def test_a_world_is_shown_moved_broken_and_reset(folder):
    environment_of(folder)
    assert "0 resources" in run(folder, "show").stdout
    assert "2999-01-01: 0 names are free again" in run(folder, "clock", "2999-01-01").stdout
    done = run(folder, "clock", "2020-01-01")
    assert (done.returncode, "a clock goes forward only" in done.stderr) == (2, True)
    assert (
        "delete of 'vaults' will fail 2 times with 409 Conflict"
        in run(
            folder, "break", "vaults", "--operation", "delete", "--times", "2", "--status", "409", "--code", "Conflict"
        ).stdout
    )
    wrong = run(folder, "break", "x", "--operation", "burn", "--late", "--lost", "--header", "Retry-After").stderr
    for each in ("Allowed: create, update, read, delete, start", "exclude each other", "'Retry-After' is not a header"):
        assert each in wrong
    world = json.loads(run(folder, "show", "--json").stdout)["world"]
    [fault] = world["faults"]
    assert (fault["operation"], fault["times"], fault["status"]) == ("delete", 2, 409)
    assert "fault: delete of 'vaults' will fail 2 times with 409 Conflict" in run(folder, "show").stdout
    for given, seconds in ([], None), (["--seconds", "5"], 5):
        assert "will be slow 1 times" in run(folder, "break", "aks", "--slow", *given).stdout
        assert json.loads(run(folder, "show", "--json").stdout)["world"]["faults"][-1]["seconds"] == seconds
    assert run(folder, "reset").returncode == 0
    assert run(folder, "show").returncode == 2


@pytest.mark.parametrize("command", [["show"], ["--", sys.executable, "-c", "print('it ran')"]])
@pytest.mark.parametrize(("text", "said"), [('{"version": 99}', "version 99"), ("[]", "is not a world")])
def test_a_world_that_cannot_be_read_is_refused_and_stays(folder, command, text, said):
    environment_of(folder)
    world = folder / ".local-azure" / "world.json"
    world.write_text(text)
    done = run(folder, *command)
    assert done.returncode == 2
    assert said in done.stderr
    assert "mlplatform local reset" in done.stderr
    assert "Traceback" not in done.stderr
    assert "it ran" not in done.stdout
    assert world.read_text() == text


def test_a_clock_that_goes_back_changes_nothing(folder):
    environment_of(folder)
    run(folder, "clock", "2999-01-01")
    world = (folder / ".local-azure" / "world.json").read_text()
    done = run(folder, "clock", "2998-12-31")
    assert done.returncode == 2
    assert "a clock goes forward only" in done.stderr
    assert (folder / ".local-azure" / "world.json").read_text() == world


@pytest.mark.parametrize(
    "command",
    [
        ["show"],
        ["reset"],
        ["clock", "2999-01-01"],
        ["break", "vaults"],
        ["--", sys.executable, "-c", "print('it ran')"],
    ],
)
def test_two_commands_do_not_use_one_world_at_once(folder, command):
    words = [sys.executable, "-m", "azure_mlplatform", "local", *command]
    inner = f"import subprocess, sys; sys.exit(subprocess.call({words!r}))"
    done = run(folder, "--", sys.executable, "-c", inner)
    assert done.returncode == 2
    assert "another command uses it" in done.stderr
    assert "it ran" not in done.stdout
    shown = run(folder, "show")
    assert "0 resources" in shown.stdout
    assert "fault" not in shown.stdout
    assert "2999" not in shown.stdout
