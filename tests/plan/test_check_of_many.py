"""A check of many stacks: in one process, in several, and with kept results. All give the same."""

import datetime
import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from azure_mlplatform.emulation.answers import SUBSCRIPTION
from azure_mlplatform.plan import kept_results
from azure_mlplatform.plan.check import check_stacks
from azure_mlplatform.plan.comparisons import ALL
from azure_mlplatform.plan.conflicts import COMPARISONS
from azure_mlplatform.plan.kept_results import KeptResults, cache_folder
from azure_mlplatform.plan.planning import Job, Planning
from azure_mlplatform.plan.summary import Summaries, Summary, summary_of
from support.stacks import IDS, STACKS, plan_of

ROOT = Path(__file__).parents[2]
TODAY = datetime.date(2026, 11, 25)

MADE = """
import pulumi
pulumi.CustomResource("azure-native:storage:StorageAccount", "st", {{
    "accountName": {name!r}, "resourceGroupName": "rg", "location": "westeurope"}})
pulumi.log.warn("{stack} was planned")
"""


def project(root, name, program, *stacks):
    """A project with a program of its own, beside its settings."""
    folder = root / "projects" / name
    folder.mkdir(parents=True)
    settings = f"name: {name}\nruntime: python\nconfig: {{azure-mlplatform:project: {{value: {{}}}}}}\n"
    (folder / "Pulumi.yaml").write_text(settings)
    for stack in stacks or ("dev",):
        (folder / f"Pulumi.{stack}.yaml").write_text("config: {}\n")
    (folder / "__main__.py").write_text(program)
    return folder


def account(root, name, account_name=None, *stacks):
    return project(root, name, MADE.format(name=account_name or f"st{name}", stack=name), *stacks)


FINDINGS = f"""
import pulumi
ID = "/subscriptions/{SUBSCRIPTION}/resourceGroups"
"""
FINDINGS += """
group = f"rg-{pulumi.get_project()}-{pulumi.get_stack()}"

def native(kind, name, **inputs):
    where = {"resourceGroupName": group, "location": "westeurope"}
    pulumi.CustomResource(f"azure-native:{kind}", name, {**where, **inputs})

native("storage:StorageAccount", "st", accountName="stshared")
native("network:VirtualNetwork", "vnet", virtualNetworkName="vnet", addressSpace={"addressPrefixes": ["10.9.0.0/24"]})
native("network:VirtualNetworkPeering", "hub", virtualNetworkName="vnet", virtualNetworkPeeringName="hub",
    remoteVirtualNetwork={"id": f"{ID}/hub/providers/Microsoft.Network/virtualNetworks/vnet-hub"})
native("datafactory:Pipeline", "pipeline", resourceGroupName="data", factoryName="adf", pipelineName=group)
native("machinelearningservices:Compute", "aks", workspaceName="mlw", computeName="aks", tags={"mlplatform-attach":
    "exclusive"}, properties={"computeType": "Kubernetes", "resourceId": f"{ID}/c/providers/c/managedClusters/aks"})
if pulumi.get_stack() == "prod":
    network = f"{ID}/rg-{pulumi.get_project()}-dev/providers/Microsoft.Network/virtualNetworks/vnet"
    native("network:PrivateEndpoint", "pe", privateEndpointName="pe", subnet={"id": f"{network}/subnets/s"})
"""


@pytest.fixture
def small(tmp_path):
    """A repository of small programs with each kind of finding."""
    root = tmp_path / "repository"
    account(root, "alpha", "stone")
    account(root, "beta")
    account(root, "gamma", "stone")
    project(root, "findings", FINDINGS, "dev", "prod")
    project(root, "raises", "1 / 0")
    project(root, "runs", "import pulumi; raise pulumi.RunError('no luck')")
    project(root, "ends", "raise SystemExit(3)")
    project(root, "prints", "print('said by the program')")
    (project(root, "none", "", "dev") / "Pulumi.dev.yaml").unlink()
    other = project(root, "other", "")
    (other / "Pulumi.yaml").write_text("name: other\nruntime: nodejs\n")
    return root


@pytest.fixture
def cache(tmp_path):
    return tmp_path / "cache"


@pytest.fixture
def planned(monkeypatch):
    """The stacks that were planned in this process."""
    jobs = []
    result = Planning.result

    def noted(self, job):
        jobs.append(f"{job.folder} {job.stack}")
        return result(self, job)

    monkeypatch.setattr(Planning, "result", noted)
    return jobs


def check(root, **options):
    return check_stacks(root, today=TODAY, **options)


KINDS = (
    "already belongs to",
    "which is in the group of",
    "can be had once",
    "overlaps 10.9.0.0/24",
    "a second workspace breaks",
    "already runs the pipelines of",
)
"""A text of the problems of each comparison."""


@pytest.mark.slow
def test_one_process_several_and_kept_results_give_the_same(small, cache, capsys):
    alone = check(small)
    printed = capsys.readouterr().err
    assert len(alone.problems) == 4
    said = [each.what for each in alone.conflicts]
    for text in KINDS:
        assert any(text in each for each in said), (text, said)
    assert len(COMPARISONS) == len(KINDS)
    assert alone.skipped == ("projects/other",)
    assert printed == "said by the program\n"
    for options in ({"processes": 1}, {"processes": 3}, {"processes": 2, "cache": cache}, {"cache": cache}):
        shown = []
        report = check(small, shows=shown.append, **options)
        assert report == alone, options
        assert shown == list(report.stacks)
        assert capsys.readouterr().err == printed, options


@pytest.mark.slow
def test_the_stacks_of_this_repository_give_the_same(cache):
    """With conflicts of a real size: each project here, and a copy of one."""
    root = cache.parent / "repository"
    shutil.copytree(ROOT / "stacks", root / "stacks")
    for name in ("central", "pricing", "telemetry"):
        shutil.copytree(ROOT / "projects" / name, root / "projects" / name)
    shutil.copytree(ROOT / "projects" / "pricing", root / "projects" / "tariffs")
    several = check(root, processes=2, cache=cache)
    assert several.conflicts
    assert check(root, cache=cache) == several == check(root)


def test_what_did_not_change_is_not_planned_again(small, cache, planned):
    first = check(small, cache=cache)
    assert len(planned) == 9
    planned.clear()
    assert check(small, cache=cache) == first
    # A program that fails or prints is planned each time.
    assert {each.split("/")[1] for each in planned} == {"raises dev", "runs dev", "ends dev", "prints dev"}


@pytest.mark.parametrize(
    "change",
    [
        lambda folder: (folder / "Pulumi.dev.yaml").write_text("config: {a:b: c}\n"),
        lambda folder: (folder / "Pulumi.yaml").write_text((folder / "Pulumi.yaml").read_text() + "description: x\n"),
        lambda folder: (folder / "__main__.py").write_text((folder / "__main__.py").read_text() + "\n"),
        lambda folder: (folder / "helper.py").write_text(""),
        lambda folder: (folder / "data").mkdir(),
    ],
    ids=["settings", "project", "program", "helper", "folder"],
)
def test_what_changed_is_planned_again(tmp_path, cache, planned, change):
    root = tmp_path / "repository"
    folder = account(root, "alpha")
    account(root, "beta")
    check(root, cache=cache)
    planned.clear()
    change(folder)
    check(root, cache=cache)
    assert planned == ["projects/alpha dev"]


def test_a_file_a_folder_and_a_variable_that_a_program_reads_count(tmp_path, cache, planned, monkeypatch):
    root = tmp_path / "repository"
    (tmp_path / "folder").mkdir()
    rights, missing = tmp_path / "rights.json", tmp_path / "missing.json"
    rights.write_text("{}")
    program = f"""
import contextlib, os
with open({str(rights)!r}) as file: file.read()
os.listdir({str(tmp_path / "folder")!r})
os.environ.get("ARM_OF_A_TEST")
with contextlib.suppress(OSError):
    open({str(missing)!r}).close()
"""
    project(root, "alpha", program)
    changes = (
        lambda: rights.write_text("[]"),
        (tmp_path / "folder" / "one").touch,
        lambda: missing.write_text("there"),
        lambda: monkeypatch.setenv("ARM_OF_A_TEST", "1"),
    )
    for change in (lambda: None, *changes):
        change()
        planned.clear()
        check(root, cache=cache)
        assert len(planned) == 1
        planned.clear()
        check(root, cache=cache)
        assert planned == []


@pytest.mark.parametrize(
    "does",
    [
        "import subprocess, sys; subprocess.run([sys.executable, '-c', ''])",
        "open('written', 'w').close()",
        "import socket\ntry: socket.create_connection(('127.0.0.1', 1), timeout=1)\nexcept OSError: pass",
    ],
    ids=["a process", "a file", "a connection"],
)
def test_a_program_that_does_more_than_read_is_never_kept(tmp_path, cache, planned, does):
    root = tmp_path / "repository"
    project(root, "alpha", does)
    check(root, cache=cache)
    check(root, cache=cache)
    assert len(planned) == 2


def test_another_day_and_another_library_count(tmp_path, cache, planned, monkeypatch):
    root = tmp_path / "repository"
    account(root, "alpha")
    check(root, cache=cache)
    check_stacks(root, today=TODAY + datetime.timedelta(days=1), cache=cache)
    monkeypatch.setattr(kept_results, "made_of_library", lambda: "another")
    check_stacks(root, today=TODAY + datetime.timedelta(days=1), cache=cache)
    assert len(planned) == 3


def _with_another_number(data):
    assert b'"resources":1,' in data
    return data.replace(b'"resources":1,', b'"resources":7,')


@pytest.mark.parametrize(
    "damage",
    [lambda data: b"", lambda data: b"{}", lambda data: b"\xff\n", lambda data: data[:-9], _with_another_number],
    ids=["empty", "no checksum", "no text", "cut", "a number"],
)
def test_a_damaged_result_counts_for_none(tmp_path, cache, planned, damage):
    root = tmp_path / "repository"
    account(root, "alpha")
    whole = check(root, cache=cache)
    [file] = cache.iterdir()
    file.write_bytes(damage(file.read_bytes()))
    assert check(root, cache=cache) == whole
    assert len(planned) == 2
    check(root, cache=cache)
    assert len(planned) == 2


def test_what_is_kept_is_for_its_owner_alone(tmp_path, cache, planned):
    root = tmp_path / "repository"
    account(root, "alpha")
    check(root, cache=cache)
    assert stat.S_IMODE(cache.stat().st_mode) == 0o700
    assert {stat.S_IMODE(each.stat().st_mode) for each in cache.iterdir()} == {0o600}
    cache.chmod(0o755)
    check(root, cache=cache)
    assert len(planned) == 2


def test_what_cannot_be_written_keeps_nobody_from_a_result(tmp_path, planned):
    root = tmp_path / "repository"
    account(root, "alpha")
    (tmp_path / "file").touch()
    for place in (tmp_path / "file", tmp_path / "file" / "below"):
        assert len(check(root, cache=place).stacks) == 1
    link = tmp_path / "link"
    (tmp_path / "real").mkdir(mode=0o700)
    link.symlink_to(tmp_path / "real")
    check(root, cache=link)
    assert list((tmp_path / "real").iterdir()) == []


def test_results_that_nobody_uses_go(tmp_path, cache):
    root = tmp_path / "repository"
    account(root, "alpha")
    check(root, cache=cache)
    old = cache / "old.json"
    old.touch()
    os.utime(old, (1, 1))
    check(root, cache=cache)
    assert len(list(cache.iterdir())) == 1


def test_two_repositories_and_two_stacks_keep_apart(tmp_path, cache, planned):
    for number in (1, 2):
        account(tmp_path / f"repository{number}", "alpha", f"st{number}", "dev", "test")
        check(tmp_path / f"repository{number}", cache=cache)
    assert len(planned) == len(list(cache.iterdir())) == 4


@pytest.mark.parametrize(
    ("variables", "folder"),
    [
        ({"MLPLATFORM_CACHE": "/own"}, "/own"),
        ({"XDG_CACHE_HOME": "/xdg"}, "/xdg/azure-mlplatform/check"),
        ({"HOME": "/home/one"}, "/home/one/.cache/azure-mlplatform/check"),
    ],
)
@pytest.mark.skipif(sys.platform != "linux", reason="the folder of Linux")
def test_the_folder_for_results(monkeypatch, variables, folder):
    for each in ("MLPLATFORM_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(each, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert cache_folder() == Path(folder)


@pytest.mark.parametrize(("folder", "stack"), STACKS, ids=IDS)
def test_a_summary_goes_through_json_unchanged(folder, stack):
    plan = plan_of(folder, stack)
    summary = summary_of(plan, ALL)
    for each in ALL:
        assert each.read(summary.rows[each.name]) == tuple(each.keep(plan))
    assert sum(map(len, summary.rows.values())) < 200_000


@pytest.mark.slow
def test_a_program_that_ends_its_process_or_never_ends_gives_a_problem(tmp_path):
    root = tmp_path / "repository"
    account(root, "alpha")
    project(root, "exits", "import os; os._exit(7)")
    project(root, "hangs", "import time; time.sleep(600)")
    project(root, "interrupts", "raise KeyboardInterrupt")
    project(root, "killed", "import os, signal; os.kill(os.getpid(), signal.SIGKILL)")
    account(root, "omega")
    started = time.monotonic()
    report = check(root, processes=1, seconds=20)
    assert time.monotonic() - started < 120
    assert [each.folder for each in report.stacks] == ["projects/alpha", "projects/omega"]
    assert [f"{each.file}: {each.what}" for each in report.problems] == [
        "projects/exits/Pulumi.dev.yaml: the program ended its process, with exit code 7",
        "projects/hangs/Pulumi.dev.yaml: the program did not end within 20 seconds",
        "projects/interrupts/Pulumi.dev.yaml: the program failed: KeyboardInterrupt",
        "projects/killed/Pulumi.dev.yaml: the program was ended by SIGKILL",
    ]


def _alive(pid):
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return False


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_an_end_ends_all_processes_and_theirs(tmp_path, number):
    root = tmp_path / "repository"
    pids = tmp_path / "pids"
    pids.mkdir()
    program = f"""
import os, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
for each in (os.getpid(), child.pid):
    open(os.path.join({str(pids)!r}, str(each)), "w").close()
time.sleep(600)
"""
    for name in ("alpha", "beta"):
        project(root, name, program)
    command = [sys.executable, "-m", "azure_mlplatform", "check", "--processes", "2", "-C", root]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    until = time.monotonic() + 120
    while len(list(pids.iterdir())) < 4:
        assert time.monotonic() < until
        time.sleep(0.1)
    process.send_signal(number)
    _, said = process.communicate(timeout=60)
    assert process.returncode == (130 if number == signal.SIGINT else -number)
    assert b"Traceback" not in said
    while any(_alive(each.name) for each in pids.iterdir()):
        assert time.monotonic() < until
        time.sleep(0.1)


@pytest.mark.slow
def test_two_checks_at_once_do_no_harm(small, cache):
    command = [sys.executable, "-m", "azure_mlplatform", "check", "--json", "--on", TODAY.isoformat(), "-C", small]
    variables = {**os.environ, "MLPLATFORM_CACHE": str(cache)}
    several = [subprocess.Popen(command, stdout=subprocess.PIPE, env=variables) for _ in range(2)]
    one, other = (json.loads(each.communicate(timeout=300)[0]) for each in several)
    assert one == other
    again = subprocess.run(command, stdout=subprocess.PIPE, env=variables, check=False)
    assert json.loads(again.stdout) == one


MEASURED = """
import datetime, json, re, resource, sys
from pathlib import Path
from azure_mlplatform.plan.check import check_stacks
if __name__ == "__main__":
    report = check_stacks(Path(sys.argv[1]), today=datetime.date(2026, 11, 25), processes=2)
    # Linux counts for the most that a process had what the one had that started it, here pytest.
    own = int(re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1])
    print(json.dumps([len(report.stacks), own, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss]))
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="ru_maxrss has other units elsewhere")
def test_no_process_holds_more_than_500_mb(tmp_path):
    root = tmp_path / "repository"
    shutil.copytree(ROOT / "stacks", root / "stacks")
    for number in range(12):
        folder = shutil.copytree(ROOT / "projects" / "pricing", root / "projects" / f"p{number}")
        settings = (folder / "Pulumi.yaml").read_text().replace("name: pricing", f"name: p{number}")
        (folder / "Pulumi.yaml").write_text(settings)
    script = tmp_path / "measured.py"
    script.write_text(MEASURED)
    done = subprocess.run([sys.executable, script, root], capture_output=True, text=True, check=True, timeout=500)
    stacks, own, workers = json.loads(done.stdout)
    assert stacks == 24
    assert own < 200 * 1024
    assert workers < 500 * 1024


def test_a_worker_that_has_grown_is_replaced(tmp_path, monkeypatch):
    from azure_mlplatform.plan import planning

    monkeypatch.setattr(planning, "_memory", lambda: planning._MOST_BYTES + 1)

    class Ours:
        """The worker's end of a connection, in this process."""

        def __init__(self, jobs):
            self.jobs, self.sent = list(jobs), []

        def recv(self):
            return self.jobs.pop(0)

        def send_bytes(self, data):
            self.sent.append(planning._WIRE.validate_json(data))

    monkeypatch.setattr(planning.os, "setpgrp", lambda: None)
    monkeypatch.setattr(planning.gc, "disable", lambda: None)
    monkeypatch.setattr(planning.gc, "freeze", lambda: None)
    for name in ("alpha", "beta"):
        account(tmp_path, name)
    ours = Ours([Job("projects/alpha", "dev"), Job("projects/beta", "dev")])
    planning._work(ours, Planning(tmp_path, TODAY))  # pyright: ignore[reportArgumentType]
    assert [each.last for each in ours.sent] == [True]
    assert [each.folder for each in ours.jobs] == ["projects/beta"]


def test_many_summaries_take_kilobytes_each():
    summary = summary_of(plan_of(*STACKS[0]), ALL)
    summaries = Summaries(ALL)
    for number in range(50):
        summaries.add(Summary("p", f"s{number}", "", summary.resources, summary.messages, summary.rows))
    size = sum(len(each) for _, packed in summaries._packed for each in packed.values())
    assert size / 50 < 20_000


def test_a_result_of_another_form_counts_for_none(tmp_path, cache, planned):
    import hashlib

    root = tmp_path / "repository"
    account(root, "alpha")
    check(root, cache=cache)
    [file] = cache.iterdir()
    body = json.dumps({**json.loads(file.read_bytes().partition(b"\n")[2]), "summary": {"project": 1}}).encode()
    file.write_bytes(hashlib.sha256(body).hexdigest().encode() + b"\n" + body)
    assert KeptResults(cache, root, TODAY).find("projects/alpha", "dev") is None
