"""`mlplatform request init`: the repository of a platform team, from an empty folder on."""

import json
import os
import subprocess
import sys

import pytest
import yaml

from azure_mlplatform.foundation.profiles import Environment
from azure_mlplatform.plan import run_stack
from azure_mlplatform.requests.repository import read_requests

NONPROD, PROD = "5a2c4f0e-7a51-4c8a-9a37-5f1c6a0d2e01", "5a2c4f0e-7a51-4c8a-9a37-5f1c6a0d2e02"
HUBS, TENANT = "5a2c4f0e-7a51-4c8a-9a37-5f1c6a0d2e03", "5a2c4f0e-7a51-4c8a-9a37-5f1c6a0d2e04"
HUB = f"/subscriptions/{HUBS}/resourceGroups/rg-hub/providers/Microsoft.Network/virtualNetworks/vnet-hub"
ASKED = (
    "--owner", "ml-platform", "--email", "ml-platform@bank.com", "--reviewer", "@bank/ml-platform", "--tenant", TENANT,
    "--subscription", f"nonprod={NONPROD}", "--subscription", f"prod={PROD}", "--address-pool", "10.160.0.0/14",
    "--cost-center", "CC-1000", "--cost-code", "P-2026-0001",
)  # fmt: skip


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "an empty folder"
    made.mkdir()
    return made


def run(folder, *words, code=0):
    done = subprocess.run(
        [sys.executable, "-m", "azure_mlplatform", "request", "init", *words],
        cwd=folder,
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done


def files(folder):
    return {each.relative_to(folder).as_posix() for each in folder.rglob("*") if each.is_file()}


def settings(folder, stack):
    data = yaml.safe_load((folder / "projects" / "shared" / f"Pulumi.{stack}.yaml").read_text())["config"]
    return {key.removeprefix("azure-mlplatform:"): value for key, value in data.items()}


def test_a_repository_begins(folder):
    said = run(folder, *ASKED).stdout
    assert said.endswith("Next: mlplatform request new <project>\n")
    stacks = ("project", "landing", "shared")
    assert files(folder) == {
        ".gitignore",
        "requests/platform.yaml",
        *(f"stacks/{each}/{file}" for each in stacks for file in ("__main__.py", "requirements.txt")),
        *(f"projects/shared/Pulumi{part}.yaml" for part in ("", ".nonprod", ".prod")),
    }
    found = read_requests(folder)
    assert found.problems == ()
    assert found.platform is not None
    assert found.platform.content.subscription_id(Environment.TEST) == NONPROD
    assert "placeholder" not in (folder / "projects" / "shared" / "Pulumi.nonprod.yaml").read_text()
    assert settings(folder, "prod")["subscriptions"] == [PROD]
    for stack in ("nonprod", "prod"):
        assert len(run_stack(folder / "projects" / "shared", stack).of_type("RoleDefinition")) == 5
    before = {each: (folder / each).read_bytes() for each in files(folder)}
    assert run(folder).stdout == "Everything is there.\n"
    assert before == {each: (folder / each).read_bytes() for each in files(folder)}


def test_what_is_shared_stands_where_the_hub_is_and_has_its_zones(folder):
    run(folder, *ASKED, "--hub", f"prod={HUB}", "--dns-server", "prod=10.1.0.5")
    prod = settings(folder, "prod")
    assert (prod["subscription_id"], prod["subscriptions"], prod["hub"]) == (HUBS, [PROD], {"vnet_id": HUB})
    platform = read_requests(folder).platform
    assert platform is not None
    dns = platform.content.regions[0].prod.dns
    assert dns is not None
    plan = run_stack(folder / "projects" / "shared", "prod")
    zones = {each.azure_name for each in plan.of_type("PrivateZone")}
    # What an environment adopts is what is made.
    assert "privatelink.vaultcore.azure.net" in zones
    assert {each.id.lower() for each in plan.of_type("PrivateZone")} == {
        (dns.zone_id(each) or "").lower() for each in zones
    }
    assert "hub" not in settings(folder, "nonprod")


def test_what_is_there_stays_and_what_is_not_comes_from_it(folder):
    run(folder, *ASKED)
    answers = folder / "requests" / "platform.yaml"
    answers.write_text(answers.read_text().replace("westeurope", "swedencentral"))
    program = folder / "stacks" / "landing" / "__main__.py"
    program.write_text("# mine\n")
    for each in (folder / "projects" / "shared").iterdir():
        each.unlink()
    assert run(folder, "--cost-center", "CC-2000").stdout.count("wrote projects/shared/Pulumi") == 3
    assert program.read_text() == "# mine\n"
    assert settings(folder, "nonprod")["location"] == "swedencentral"
    assert "cost_center: CC-2000" in (folder / "projects" / "shared" / "Pulumi.yaml").read_text()


def test_nothing_is_written_that_is_only_shown(folder):
    shown = run(folder, *ASKED, "--dry-run").stdout
    assert "--- requests/platform.yaml\n# What the platform team answers" in shown
    found = json.loads(run(folder, *ASKED, "--dry-run", "--json").stdout)
    assert (found["command"], found["written"], found["next"]) == (
        "request init",
        False,
        "mlplatform request new <project>",
    )
    assert all(text in shown for text in found["files"].values())
    assert files(folder) == set()


def test_all_that_is_missing_is_said_at_once(folder):
    said = run(folder, code=2).stderr
    options = [line.split(": ")[1] for line in said.splitlines() if line.startswith("error: ")]
    assert options == [
        "--owner",
        "--email",
        "--reviewer",
        "--tenant",
        "--subscription",
        "--subscription",
        "--address-pool",
    ]
    assert files(folder) == set()


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (("--subscription", NONPROD), f"--subscription: '{NONPROD}' is neither of nonprod nor of prod"),
        (("--subscription", f"dev={NONPROD}"), "Write nonprod=<value> or prod=<value>"),
        (("--subscription", f"nonprod={NONPROD}"), "--subscription: of nonprod is given twice"),
        (("--dns-server", "prod=10.0.0.5"), "--dns-server: prod has no hub"),
        (("--hub", "prod=vnet-hub"), "--hub: regions[0].prod.hub.vnet_id: "),
        (("--hub", f"prod={HUB}", "--dns-server", "prod=dns"), "--dns-server: regions[0].prod.dns.servers[0]: "),
        (("--region", "nowhere"), "--region: regions[0].region: "),
        (("--address-pool", "8.8.0.0/16"), "--address-pool: regions[0].address_pool[1]: "),
        (("--repository", "bank/ml-platform"), "--repository-ids: required, and missing"),
        (("--repository-ids", "1"), "--repository: required, and missing"),
        (("--reviewer", "ml-platform"), "--reviewer: team.reviewers[1]: "),
        (("-C", "nowhere"), "-C nowhere: is not a folder"),
    ],
)
def test_what_cannot_be_is_refused_with_its_option(folder, words, what):
    said = run(folder, *ASKED, *words, code=2).stderr
    assert what in said
    assert "Traceback" not in said
    assert files(folder) == set()


def test_a_tenant_that_is_the_subscription_is_refused(folder):
    words = [each.replace(TENANT, NONPROD) for each in ASKED]
    assert "tenant" in run(folder, *words, code=2).stderr
    assert files(folder) == set()


def test_answers_that_are_there_are_changed_in_their_file(folder):
    run(folder, *ASKED)
    said = run(folder, "--owner", "others", "--hub", f"prod={HUB}", code=2).stderr
    assert said.startswith("error: --owner, --hub: is an answer in requests/platform.yaml\n")
    (folder / "requests" / "platform.yaml").write_text("team: 5\n")
    assert "requests/platform.yaml" in run(folder, code=2).stderr


def test_a_repository_with_schemas_names_them_for_editors(folder):
    (folder / "schemas").mkdir()
    (folder / "schemas" / "platform.schema.json").write_text("{}")
    run(folder, *ASKED)
    assert (folder / "requests" / "platform.yaml").read_text().startswith("# yaml-language-server: $schema=../schemas/")
