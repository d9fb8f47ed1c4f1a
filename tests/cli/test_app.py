"""The command as a person runs it: a process of its own, on files of its own."""

import json
import os
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
import yaml

from azure_mlplatform.plan import run_stack
from azure_mlplatform.settings import ProblemsError
from azure_mlplatform.stack import PLACEHOLDERS
from support.programs import BY_BLOB

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.slow


def run(*args, cwd=ROOT):
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("PULUMI", "ARM", "AZURE"))}
    return subprocess.run(
        [sys.executable, "-m", "azure_mlplatform", *map(str, args)],
        cwd=cwd,
        capture_output=True,
        text=True,
        env=environment,
        check=False,
        timeout=120,
    )


@pytest.fixture
def project(tmp_path):
    """A copy of the reference project's settings, with the same program."""
    for file in ROOT.glob("Pulumi*.yaml"):
        shutil.copy(file, tmp_path)
    text = (tmp_path / "Pulumi.yaml").read_text()
    (tmp_path / "Pulumi.yaml").write_text(text.replace("stacks/project", str(ROOT / "stacks" / "project")))
    return tmp_path


def change(project, file, **keys):
    path = project / file
    data = yaml.safe_load(path.read_text())
    data["config"].update(
        {key.replace("__", ":").replace("azure_mlplatform", "azure-mlplatform"): value for key, value in keys.items()}
    )
    path.write_text(yaml.safe_dump(data))


def notices(done):
    """The lines of standard error but those about placeholders, which each example has."""
    return [line for line in done.stderr.splitlines() if not line.startswith(f"warning: {PLACEHOLDERS}")]


def refused(done):
    """The paragraphs of the problems, where the command ended as it must for bad input."""
    assert done.returncode == 2, done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    return done.stderr.split("error: ")[1:]


def test_both_stacks_show_as_trees_with_counts_and_their_differences():
    done = run("preview", "--full")
    assert done.returncode == 0
    said = [line.split(":")[1].split()[0] for line in notices(done)]
    trust = "workload_identity"
    assert said == [trust, "batch", trust, "Standard_NC24ads_A100_v4", "network.dns"], done.stderr
    assert f"warning: {BY_BLOB.format('customers')}" in done.stderr.splitlines()
    assert "churn dev: " in done.stdout
    assert "churn prod: " in done.stdout
    assert "Differences between dev and prod, apart from names:" in done.stdout
    assert "retentionInDays: 30  →  365" in done.stdout


def test_one_stack_alone_is_not_compared():
    done = run("preview", "prod", "--full")
    assert "churn dev" not in done.stdout
    assert "differ" not in done.stdout


def test_json_is_what_the_provider_gets():
    done = run("preview", "dev", "--json")
    [stack] = json.loads(done.stdout)["stacks"]
    resources = stack["resources"]
    urns = {each["urn"] for each in resources}
    assert len(urns) == len(resources)
    for each in resources:
        assert set(each["dependencies"]) <= urns
        assert each["parent"] in urns | {""}
    [budget] = [each for each in resources if each["type"] == "azure-native:consumption:Budget"]
    assert budget["inputs"]["timeGrain"] == "Monthly"
    assert '"amount": 1500,' in done.stdout


def test_all_json_is_one_object_and_a_second_run_gives_the_same():
    one, other = (run("preview", "--json").stdout for _ in range(2))
    assert [each["stack"] for each in json.loads(one)["stacks"]] == ["dev", "prod"]
    assert one == other


def test_unknown_shows_what_a_first_preview_knows():
    [stack] = json.loads(run("preview", "dev", "--json", "--unknown").stdout)["stacks"]
    resources = stack["resources"]
    [vnet] = [each for each in resources if each["type"] == "azure-native:network:VirtualNetwork"]
    assert vnet["inputs"]["resourceGroupName"] == "rg-customer-360-churn-dev"
    assert vnet["inputs"]["subnets"][0]["networkSecurityGroup"]["id"] == "[unknown]"


@pytest.mark.parametrize("folder", ["projects/forecast", ROOT / "projects" / "forecast"])
def test_a_project_of_its_own_is_named_by_its_folder(folder):
    done = run("preview", "-C", folder)
    assert done.returncode == 0
    assert done.stdout.split()[:3] == ["forecast", "dev", "prod"]


def test_a_diagram_is_drawn_for_each_stack(tmp_path):
    done = run("preview", "--diagram", tmp_path / "environment.svg")
    assert done.returncode == 0
    for stack in ("dev", "prod"):
        assert ET.parse(tmp_path / f"environment-{stack}.svg").getroot().tag.endswith("svg")  # noqa: S314
    assert run("preview", "dev", "--diagram", tmp_path / "one.svg").returncode == 0
    assert (tmp_path / "one.svg").exists()


def test_a_diagram_is_the_same_whether_drawn_alone_or_with_others(tmp_path):
    run("preview", "--diagram", tmp_path / "both.svg")
    run("preview", "prod", "--diagram", tmp_path / "alone.svg")
    assert (tmp_path / "both-prod.svg").read_bytes() == (tmp_path / "alone.svg").read_bytes()


def test_the_files_ending_chooses_the_format_and_each_view_has_a_file(tmp_path):
    views = ["--view", "network", "--view", "identity", "--view", "network"]
    done = run("preview", "-C", "projects/forecast", "prod", "--diagram", tmp_path / "p.MD", *views)
    assert notices(done) == [f"wrote {tmp_path / f'p-{view}.MD'}" for view in ("network", "identity")]
    assert (tmp_path / "p-network.MD").read_text().startswith("# forecast prod: network\n\n```mermaid\nflowchart LR\n")
    assert run("preview", "-C", "projects/forecast", "dev", "--diagram", tmp_path / "p.mmd").returncode == 0
    assert (tmp_path / "p.mmd").read_text().startswith("flowchart LR\n  accTitle: forecast dev: overview\n")


def test_a_png_is_drawn_or_the_message_says_what_is_missing(tmp_path):
    done = run("preview", "-C", "projects/forecast", "dev", "--diagram", tmp_path / "p.png")
    if done.returncode == 0:
        assert (tmp_path / "p.png").read_bytes().startswith(b"\x89PNG")
    else:
        assert "PNG needs" in refused(done)[0]


def test_all_that_is_wrong_with_a_diagram_is_said_at_once_before_anything_is_planned(tmp_path):
    done = run("preview", "-C", tmp_path, "--unknown", "--diagram", "p.pdf", "--view", "netwrk", "--view", "overview")
    unknown, ending, view = refused(done)
    assert unknown.startswith("--diagram: cannot be used with --unknown\n")
    assert ending == (
        "--diagram p.pdf: is not a format that can be drawn\n    Allowed: a name that ends in .svg, .png, .mmd or .md\n"
    )
    assert view == "--view: 'netwrk' is not allowed\n    Allowed: overview, network, identity\n"
    [alone] = refused(run("preview", "--view", "network"))
    assert alone == "--view: needs --diagram FILE\n    Add it, or leave --view out\n"


def test_a_stack_that_cannot_be_planned_keeps_no_place_in_the_diagram_of_another(project, tmp_path):
    change(project, "Pulumi.prod.yaml", azure_mlplatform__location="westeurop")
    done = run("preview", "dev", "-C", project, "--diagram", tmp_path / "dev.svg")
    assert (done.returncode, "Traceback" in done.stderr) == (0, False)
    assert "note: prod has problems; no place is kept for what only prod has" in done.stderr
    assert "only in prod" not in (tmp_path / "dev.svg").read_text()


def test_a_diagram_that_cannot_be_written_is_bad_input(tmp_path):
    [problem] = refused(run("preview", "dev", "--diagram", tmp_path / "no" / "one.svg"))
    assert problem.rstrip().endswith("one.svg: cannot be written (No such file or directory)")


@pytest.mark.parametrize(("args", "title"), [([], "Pulumi.<stack>.yaml"), (["--file", "project"], "Pulumi.yaml")])
def test_the_schema_is_printed(args, title):
    assert json.loads(run("schema", *args).stdout)["title"].endswith(title)


def test_a_schema_that_there_is_not_is_refused():
    [problem] = refused(run("schema", "--file", "stak"))
    assert "Allowed: stack, platform-stack, landing, shared, project, request" in problem


def test_all_problems_of_all_stacks_come_at_once_with_file_line_value_and_fix(project):
    change(project, "Pulumi.dev.yaml", azure_mlplatform__location="westeurop", azure_mlplatform__netwrk={})
    change(
        project,
        "Pulumi.prod.yaml",
        azure_mlplatform__network={
            "address_space": ["10.40.0.0/21", "10.40.0.0/24"],
            "subnets": {"aks": "10.99.0.0/24"},
            "public_access": {"ip_ranges": ["203.0.113.0/24"], "reason": "because we can"},
        },
    )
    problems = refused(run("preview", "-C", project, "dev", "prod", "staging"))
    lines = [each.splitlines()[0] for each in problems]
    found = {line.split(": ")[1]: line.split(": ")[0].split(":")[0] for line in lines}
    assert found == {
        "azure-mlplatform:location": "Pulumi.dev.yaml",
        "azure-mlplatform:netwrk": "Pulumi.dev.yaml",
        "azure-mlplatform:network.address_space[1]": "Pulumi.prod.yaml",
        "azure-mlplatform:network.subnets.aks": "Pulumi.prod.yaml",
        "azure-mlplatform:network.public_access": "Pulumi.prod.yaml",
        "is missing": "Pulumi.staging.yaml",
    }
    number = (project / "Pulumi.dev.yaml").read_text().splitlines().index("  azure-mlplatform:location: westeurop") + 1
    assert lines[0] == (
        f"Pulumi.dev.yaml:{number}: azure-mlplatform:location: 'westeurop' is not an Azure region; "
        "did you mean 'westeurope'?"
    )
    assert all("\n    " in each for each in problems)


@pytest.mark.parametrize(
    ("file", "keys", "says"),
    [
        ("Pulumi.dev.yaml", {"azure_mlplatform__budget": {"amount": "lots"}}, "budget.amount: 'lots' is a text"),
        ("Pulumi.dev.yaml", {"azure_mlplatform__budget": "lots"}, "budget: 'lots' is a text"),
        ("Pulumi.dev.yaml", {"azure_mlplatform__environment": None}, "environment: required, and missing"),
        ("Pulumi.yaml", {"azure_mlplatform__project": {"value": {"name": "churn"}}}, "project.owner_team: required"),
        ("Pulumi.yaml", {"azure_mlplatform__project": {"value": {"name": "c" * 30}}}, "has 30 characters"),
        ("Pulumi.yaml", {"azure_mlplatform__project": {"value": {"name": "Churn!"}}}, "'Churn!' is not allowed"),
        (
            "Pulumi.dev.yaml",
            {"azure_mlplatform__ai_services": [{"name": "one", "kind": "Face"}, {"name": "one", "kind": "Face"}]},
            "ai_services[1].name: a second AI service is named 'one'",
        ),
        (
            "Pulumi.dev.yaml",
            {"azure_mlplatform__network": {"address_space": ["10.20.0.0/22"], "subnets": {"training": "10.20.2.0/28"}}},
            "network.subnets.training: the training subnet gets /28 (10.20.2.0/28), which is too small",
        ),
        ("Pulumi.dev.yaml", {"azure_mlplatform__project": {"name": "churn"}}, "is in Pulumi.yaml too"),
    ],
)
def test_bad_input_gets_a_message(project, file, keys, says):
    change(project, file, **keys)
    problems = refused(run("preview", "-C", project, "dev"))
    assert any(says in each for each in problems), problems


def test_a_missing_cost_code_is_missed_where_the_profile_needs_it(project):
    text = (project / "Pulumi.yaml").read_text()
    (project / "Pulumi.yaml").write_text(text.replace("      cost_code: P-2026-0042\n", ""))
    problems = refused(run("preview", "-C", project))
    assert [each.splitlines()[0].split(": ", 1)[1] for each in problems] == [
        f"azure-mlplatform:project.cost_code: a {each} environment needs the project's cost code"
        for each in ("dev", "prod")
    ]


@pytest.mark.parametrize("text", ["config:\n  a: [\n", "\t- x", "[1, 2"])
def test_a_file_that_is_not_yaml_says_in_which_line(project, text):
    (project / "Pulumi.dev.yaml").write_text(text)
    [problem] = refused(run("preview", "-C", project, "dev"))
    assert problem.startswith("Pulumi.dev.yaml:")
    assert "is not YAML" in problem


def test_a_folder_without_a_project_or_without_stacks_says_so(tmp_path):
    [problem] = refused(run("preview", "-C", tmp_path))
    assert problem.startswith("Pulumi.yaml: is missing")
    (tmp_path / "Pulumi.yaml").write_text("name: x\nruntime: python\n")
    [problem] = refused(run("preview", "-C", tmp_path))
    assert "pulumi stack init" in problem


def test_an_encrypted_value_shows_as_a_secret_and_is_no_error(project):
    change(
        project, "Pulumi.dev.yaml", azure_mlplatform__token={"secure": "v1:ciphertext"}, other__key={"secure": "v1:x"}
    )
    text = (project / "Pulumi.yaml").read_text()
    (project / "Pulumi.yaml").write_text(text.replace("CC-4711", "{secure: v1:ciphertext}"))
    done = run("preview", "-C", project, "dev", "--json")
    assert done.returncode == 0, done.stderr
    [stack] = json.loads(done.stdout)["stacks"]
    [group] = [each for each in stack["resources"] if each["type"].endswith(":ResourceGroup")]
    assert group["inputs"]["tags"]["cost-center"] == "[secret]"
    found = [each["text"] for each in json.loads(done.stdout)["notices"]]
    [encrypted] = [each for each in found if not each.startswith((PLACEHOLDERS, "workload_identity trusts GitHub"))]
    assert encrypted.startswith("azure-mlplatform:project.cost_center is encrypted, but Pulumi keeps settings in")
    assert "ciphertext" not in done.stdout + done.stderr


def test_an_encrypted_value_that_must_be_read_is_refused_without_being_shown(project):
    change(project, "Pulumi.dev.yaml", azure_mlplatform__location={"secure": "v1:ciphertext"})
    [problem] = refused(run("preview", "-C", project, "dev"))
    assert "[secret] cannot be read in a preview" in problem
    assert "ciphertext" not in problem


def leaves(value, at=()):
    if isinstance(value, dict):
        for key, item in value.items():
            yield from leaves(item, (*at, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from leaves(item, (*at, index))
    else:
        yield at


def problems_in(project):
    try:
        run_stack(project, "dev")
    except ProblemsError as error:
        return str(error)
    return ""


def test_whatever_is_encrypted_there_is_neither_a_traceback_nor_a_leak(project):
    original = (project / "Pulumi.dev.yaml").read_text()
    paths = {
        (path[1], path[-1] if isinstance(path[-1], str) else path[-2]): path
        for path in leaves(yaml.safe_load(original))
    }
    violations = set()
    for (key, name), path in paths.items():
        changed = yaml.safe_load(original)
        inner = changed
        for part in path[:-1]:
            inner = inner[part]
        inner[path[-1]] = {"secure": "v1:ciphertext"}
        (project / "Pulumi.dev.yaml").write_text(yaml.safe_dump(changed))
        if message := problems_in(project):
            assert "[secret]" in message, path
            assert "ciphertext" not in message
            violations.add(f"{key.split(':')[1]}.{name.split(':')[-1]}")
    # What a preview has to compute with cannot be encrypted; every other text can.
    assert violations == {
        "environment.environment",
        "location.location",
        "network.address_space",
        "ai_services.kind",
        "workload_identity.owner",
        "workload_identity.repository",
        "ai_services.sku",
        "ai_services.capacity",
        "budget.amount",
        "inference.target",
        "workspace.network_mode",
        "workspace.max_nodes",
        "workspace.start",
        "workspace.stop",
        "workspace.storage_account_id",
        "workspace.access",
        "workspace.name",
        "workspace.container",
        "workspace.as_blobs",
        "batch.frequency",
        "batch.at",
        "batch.time_zone",
        "batch.store",
        "batch.folder",
        "batch.severity",
    }


def test_a_program_that_ends_itself_is_no_preview(tmp_path):
    (tmp_path / "Pulumi.yaml").write_text("name: x\nruntime: python\n")
    (tmp_path / "Pulumi.dev.yaml").touch()
    (tmp_path / "__main__.py").write_text("import sys\nsys.exit(0)\n")
    [problem] = refused(run("preview", "-C", tmp_path))
    assert "ended by itself" in problem


def test_two_stacks_cannot_make_the_same_resource(project):
    dev = (project / "Pulumi.dev.yaml").read_text()
    (project / "Pulumi.prod.yaml").write_text(
        dev.replace("10.20.0.0/22", "10.60.0.0/22") + "  azure-mlplatform:stack_name_reason: A copy by mistake\n"
    )
    problems = refused(run("preview", "-C", project))
    assert any("rg-customer-360-churn-dev" in each and "already belong" in each for each in problems), problems


def test_a_stack_can_be_named_as_pulumi_does_in_full(project):
    assert run("preview", "organisation/churn/dev", "-C", project).stdout == run("preview", "dev", "-C", project).stdout


@pytest.mark.parametrize("args", [["-C", "Makefile"], ["dev", "--diagram", "dev.pdf"]])
def test_a_wrong_name_is_bad_input(args):
    assert len(refused(run("preview", *args))) == 1


def test_a_programs_own_error_shows_without_a_traceback(tmp_path):
    (tmp_path / "Pulumi.yaml").write_text("name: x\nruntime: python\n")
    (tmp_path / "Pulumi.dev.yaml").touch()
    (tmp_path / "__main__.py").write_text("import pulumi\nraise pulumi.RunError('no luck today')\n")
    assert refused(run("preview", "-C", tmp_path)) == ["Pulumi.dev.yaml: no luck today\n"]


def test_the_installed_command_is_the_same():
    command = Path(sys.executable).parent / "mlplatform"
    done = subprocess.run([command, "preview", "dev"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stdout == run("preview", "dev").stdout


def test_a_repository_is_checked_with_all_its_projects():
    done = run("check", "--on", "2026-11-28")
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert [line.split(":")[0] for line in lines if line.endswith(" resources")] == [
        *("Pulumi.dev.yaml", "Pulumi.prod.yaml"),
        *(each.relative_to(ROOT).as_posix() for each in sorted(ROOT.glob("projects/**/Pulumi.*.yaml"))),
    ]
    assert any(line.startswith("    warning: pool fpga offers no device") for line in lines)


def test_a_report_can_be_read_by_programs():
    done = run("check", "--on", "2026-11-25", "--json", "-C", ROOT / "projects" / "genomics")
    report = json.loads(done.stdout)
    assert (done.returncode, done.stderr, report["problems"], report["skipped"]) == (0, "", [], [])
    assert [(each["folder"], each["project"], each["stack"]) for each in report["stacks"]] == [
        (".", "genomics", "dev"),
        (".", "genomics", "prod"),
    ]
    done = run("check", "--on", "2027-06-01", "--json", "-C", ROOT / "projects" / "genomics")
    assert (done.returncode, done.stderr) == (2, "")
    files = [each["file"].split(":")[0] for each in json.loads(done.stdout)["problems"]]
    assert files == ["Pulumi.dev.yaml", "Pulumi.prod.yaml"]


def test_check_shows_who_may_do_what():
    genomics = ROOT / "projects" / "genomics"
    done = run("check", "prod", "--rights", "--on", "2026-11-25", "-C", genomics)
    assert done.returncode == 0, done.stderr
    table = done.stdout.partition("\nprod\n")[2]
    assert table.split()[:5] == ["who", "may", "with", "the", "role"]
    rows = json.loads(run("check", "prod", "--rights", "--json", "--on", "2026-11-25", "-C", genomics).stdout)["rights"]
    assert {each["environment"] for each in rows} == {"prod"}
    assert {each["may"] for each in rows} == {"reads", "writes", "reads data"}
    for each in rows:
        assert len(each["where"]) == len(each["scopes"]) > 0
        assert each["who"].split()[-1] in "".join(table.split())
    assert json.loads(run("check", "prod", "--json", "--on", "2026-11-25", "-C", genomics).stdout)["rights"] is None


def test_what_is_wrong_in_a_repository_ends_the_check_with_its_problems(project):
    change(project, "Pulumi.dev.yaml", azure_mlplatform__location="westeurop")
    done = run("check", "-C", project)
    assert done.returncode == 2
    assert done.stdout.startswith("Pulumi.prod.yaml: ")
    assert done.stderr.startswith("error: Pulumi.dev.yaml:")


def test_a_folder_or_an_unknown_name_in_place_of_a_stack_is_said(project):
    assert refused(run("check", project)) == [f"{project}: is a folder, not a stack\n    Give it with -C {project}\n"]
    assert refused(run("check", "-C", project, "nope")) == [
        "nope: is the name of no stack in these projects\n    Leave it out to check all\n"
    ]


@pytest.mark.parametrize(
    ("folder", "says"), [("", "contains no Pulumi project with settings"), ("none", "is not a folder")]
)
def test_a_repository_without_projects_says_so(tmp_path, folder, says):
    [problem] = refused(run("check", "-C", tmp_path / folder))
    assert says in problem


def test_a_day_decides_what_a_preview_refuses():
    genomics = ROOT / "projects" / "genomics"
    assert run("preview", "-C", genomics, "dev", "--on", "2027-05-30").returncode == 0
    [problem] = refused(run("preview", "-C", genomics, "dev", "--on", "2027-06-01"))
    assert "Standard_NP10s was retired on 2027-05-31" in problem
    assert run("preview", "--on", "tomorrow").returncode == 2
