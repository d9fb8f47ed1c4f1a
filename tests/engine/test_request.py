"""The life of a new team's environments, from an empty folder on, by the commands of docs/requests.md as printed.

Each block of the page runs in a shell, in its order. What the page tells somebody to write is written as by an editor.
"""

import datetime
import json
import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from azure_mlplatform.emulation.server import write_executable
from azure_mlplatform.emulation.world import Held, World
from azure_mlplatform.foundation.built_in_roles import ROLE_IDS
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

    def changes(self, file: str, change: Callable[[dict[str, Any]], Any]) -> None:
        """Changes what stands in a file. `change` gets it, and changes it in place."""
        data = yaml.safe_load(self.text(file))
        change(data)
        (self.folder / file).write_text(yaml.safe_dump(data, sort_keys=False))

    @property
    def held(self) -> dict[str, str]:
        """Name of what was deleted → the day until which Azure holds it."""
        return {each.resource.id.rpartition("/")[2]: each.until for each in self._world.deleted.values()}

    @property
    def azure(self) -> dict[str, Held]:
        """What the emulated Azure has, by id in lower case."""
        return self._world.resources

    @property
    def _world(self) -> World:
        return World.load(self.folder / ".local-azure" / "world.json")


def blocks(heading: str) -> list[str]:
    return shell_blocks(PAGE, heading)


def of_prod(block: str) -> str:
    """The block for prod, as the page says it: the same, with `prod` for `dev`."""
    return re.sub(r"\bdev\b", "prod", block.replace("nonprod", "prod"))


NONPROD, PROD = "00000000-0000-0000-0000-0000000005d1", "00000000-0000-0000-0000-0000000005f1"
GROUP = {
    "dev": f"/subscriptions/{NONPROD}/resourcegroups/rg-lending-lending-dev",
    "prod": f"/subscriptions/{PROD}/resourcegroups/rg-lending-lending-prod",
}
LAKE = f"/subscriptions/{NONPROD}/resourceGroups/rg-customer/providers/Microsoft.Storage/storageAccounts/stcustomer"
READERS = "5a2c4f0e-7a51-4c8a-9a37-5f1c6a0d2e01"
PRODUCT = {
    "name": "customer-360",
    "owner": "customer-360@example.com",
    "reviewers": ["@example/customer-360"],
    "nonprod": {"storage_account_id": LAKE, "container": "curated"},
    "prod": {"storage_account_id": LAKE.replace(NONPROD, PROD), "container": "curated"},
}
WORKSPACE, STORAGE = "microsoft.machinelearningservices/workspaces", "microsoft.storage/storageaccounts"
ASSIGNMENT, DEFINITION = "azure-native:authorization:RoleAssignment", "azure-native:authorization:RoleDefinition"


def in_groups(azure: dict[str, Held], environment: str) -> dict[str, Held]:
    """What stands in the environment's group and in that of its pipelines' identities."""
    groups = (GROUP[environment], f"{GROUP[environment]}-ci")
    return {key: each for key, each in azure.items() if f"{key}/".startswith(tuple(f"{one}/" for one in groups))}


def names(azure: dict[str, Held]) -> dict[str, str]:
    """Object id → the name of the identity."""
    return {
        each.read_only["principalId"]: key.rpartition("/")[2]
        for key, each in azure.items()
        if each.type.endswith(":UserAssignedIdentity")
    }


def roles(azure: dict[str, Held]) -> set[tuple[str, str, str]]:
    """Who has which role on what, by their names. Fails if a role is neither Azure's nor made here."""
    people = names(azure)
    known = {guid: role.value for role, guid in ROLE_IDS.items()}
    known |= {key.rpartition("/")[2]: each.body["roleName"] for key, each in azure.items() if each.type == DEFINITION}
    found = set()
    for each in azure.values():
        if each.type == ASSIGNMENT:
            role = known[each.body["roleDefinitionId"].rpartition("/")[2].lower()]
            who, scope = each.body["principalId"], each.body["scope"].rpartition("/")[2]
            found.add((people.get(who, who), role.partition(" (")[0], scope))
    return found


def bodies(azure: dict[str, Held]) -> dict[str, str]:
    """Id → what Azure has."""
    return {key: json.dumps(each.body, sort_keys=True) for key, each in azure.items()}


def named(azure: dict[str, Held], kind: str, environment: str) -> str:
    """The name of the one resource of a type in an environment's group."""
    [found] = [key for key in in_groups(azure, environment) if re.fullmatch(rf".*/{kind}/[^/]+", key)]
    return found.rpartition("/")[2]


def assert_vended(azure: dict[str, Held], environment: str) -> None:
    """The identities of pipelines, whom they trust, and what they may do."""
    deploy, release = f"id-lending-deploy-{environment}", f"id-lending-release-{environment}"
    subjects = {
        key.split("/")[8]: each.body["subject"]
        for key, each in in_groups(azure, environment).items()
        if each.type.endswith(":FederatedIdentityCredential")
    }
    assert subjects == {
        deploy: f"repo:example@9919/ml-platform@1296269:environment:lending-{environment}",
        release: f"repo:example@9919/lending@73114:environment:lending-{environment}-release",
    }
    given = roles(azure)
    hub = "vnet-hub-nonprod" if environment == "dev" else "vnet-hub-prod"
    group = f"rg-lending-lending-{environment}"
    assert {(role, on) for who, role, on in given if who == deploy and not on.startswith("privatelink.")} == {
        (f"{group} deploy", group),
        ("Role Based Access Control Administrator", group),
        (f"{group} deploy-outside", hub),
        (f"{group} deploy-outside", release),
    }
    assert {(role, on) for who, role, on in given if who == release} == {
        (f"Azure ML release{' and training' if environment == 'dev' else ''}", named(azure, WORKSPACE, environment)),
        ("Storage Blob Data Contributor", named(azure, STORAGE, environment)),
    }


def assert_gone(team: Team, environment: str, days: int) -> None:
    """Nothing is left of an environment but its names, its addresses and its tombstone."""
    azure, today = team.azure, datetime.datetime.now(datetime.UTC).date()
    assert in_groups(azure, environment) == {}
    assert not [each for each in roles(azure) if environment in each[0].split("-")]
    assert not [key for key in azure if key.endswith(f"/peer-vnet-lending-{environment}")]
    until = (today + datetime.timedelta(days)).isoformat()
    # The longest of them: of the workspace, or of the vault.
    assert max(each for name, each in team.held.items() if environment in name.split("-")) == until
    request = yaml.safe_load(team.text("requests/lending.yaml"))
    [entry] = [each for each in request["environments"] if each["environment"] == environment]
    assert entry["retiring_since"] == entry["retired_on"] == today.isoformat()
    lock = yaml.safe_load(team.text("requests/addresses.lock.yaml"))["addresses"]
    assert [each["held_until"] for each in lock if each["environment"] == environment] == [until]
    assert not list(team.folder.glob(f"projects/lending/**/Pulumi.{environment}.yaml"))
    assert not (team.folder / f"projects/lending/rights.{environment}.json").exists()


def test_a_new_team_asks_gets_changes_and_gives_back(tmp_path):
    team = Team(tmp_path)
    for heading in ("Once: the repository", "Ask", "Render"):
        for each in blocks(heading):
            team.types(each)

    shared, environment, peering = blocks("Deploy")
    for each in (shared, environment, of_prod(environment), peering, of_prod(peering)):
        team.types(each)
    azure = team.azure
    assert_vended(azure, "dev")
    assert_vended(azure, "prod")
    nobody = {"Group", "User"}
    assert not [each for each in in_groups(azure, "prod").values() if each.body.get("principalType") in nobody]
    assert len([key for key in azure if re.search(r"vnet-(hub|lending)-\w+/virtualnetworkpeerings/", key)]) == 4
    assert "nothing is wrong" in team.types("mlplatform request check")

    change(team)
    retire(team)


def change(team: Team) -> None:
    # Approved and in use, as the page shows it; and a setting that no request has, by hand.
    team.changes("requests/lending.yaml", approved)
    assert "lending dev: vended since 2026-11-06" in team.types("mlplatform request status lending")
    team.edits("projects/lending/Pulumi.dev.yaml", "- name: cpu\n", "- name: cpu\n        idle_seconds: 600\n")
    team.changes("requests/platform.yaml", lambda platform: platform.update(data_products=[PRODUCT]))
    team.changes("requests/lending.yaml", changed)
    before, given = bodies(team.azure), roles(team.azure)
    [change] = blocks("Change it")
    team.types(change)
    azure = team.azure
    cluster = next(each for key, each in in_groups(azure, "dev").items() if key.endswith("/computes/cpu"))
    scale = cluster.body["properties"]["properties"]["scaleSettings"]
    assert (scale["maxNodeCount"], scale["nodeIdleTimeBeforeScaleDown"]) == (6, "PT600S")
    assert given - roles(azure) == set()
    assert roles(azure) - given == {
        (READERS, "Azure ML reader without data", "rg-lending-lending-dev"),
        # Who works there (a placeholder), what runs there, and whom the deploying identity may give that.
        ("00000000-0000-0000-0000-000000000003", "Storage Blob Data Reader", "curated"),
        ("id-lending-compute-dev", "Storage Blob Data Reader", "curated"),
        ("id-lending-workspace-dev", "Storage Blob Data Reader", "curated"),
        ("id-lending-deploy-dev", "Role Based Access Control Administrator", "curated"),
    }
    after = bodies(azure)
    assert set(before) - set(after) == set()
    assert {azure[key].type.rpartition(":")[2] for key in after if key in before and after[key] != before[key]} == {
        "Compute",
        "RoleAssignment",
        "RoleDefinition",
    }
    new = {key.split("/")[-2] for key in after if key not in before and azure[key].type != ASSIGNMENT}
    assert new == {"datastores", "versions", "deployments"}
    assert bodies(in_groups(azure, "prod")).items() <= before.items()
    assert "Everything is as it was rendered." in team.types("mlplatform request render")


def retire(team: Team) -> None:
    before = bodies(in_groups(team.azure, "prod"))
    show, act = blocks("Retire it")
    assert "vnet-hub-nonprod: the hub's own side of it stays" in team.types(show, code=1)
    assert "retired on" in team.types(act)
    assert_gone(team, "dev", 14)
    assert bodies(in_groups(team.azure, "prod")) == before
    team.types(of_prod(show), code=1)
    assert "nothing is left to destroy" in team.types(of_prod(act))
    assert_gone(team, "prod", 90)
    assert roles(team.azure) == set()
    assert "nothing is wrong" in team.types("mlplatform request check")
    assert team.types("mlplatform request status lending").count(": retired since") == 2


def approved(request: dict[str, Any]) -> None:
    """Writes what the page shows into each environment."""
    for each in request["environments"]:
        people = ["ml-platform@example.com", "security@example.com"]
        each["approvals"] = [{"by": one, "day": "2026-11-05"} for one in people]
        each["vended_on"] = "2026-11-06"


def changed(request: dict[str, Any]) -> None:
    """Asks for more nodes, for readers, and for the data of another product."""
    dev = request["environments"][0]
    dev["clusters"][0]["max_nodes"] = 6
    dev["groups"] = {"readers": [READERS]}
    request["reads"] = [{"product": "customer-360", "folder": "curated/customers"}]
