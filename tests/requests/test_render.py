"""What a request becomes, beside what was changed by hand."""

import datetime
import json
import shutil

import pytest
import yaml

from azure_mlplatform.config.files import stacks
from azure_mlplatform.config.repository import settings_of, taken_ranges
from azure_mlplatform.foundation.problems import ProblemsError
from azure_mlplatform.foundation.profiles import Environment
from azure_mlplatform.inference.settings.target import InferenceTarget
from azure_mlplatform.landing.settings import LandingSettings
from azure_mlplatform.requests.render import render, stale_problems, suffix, write
from azure_mlplatform.requests.repository import read_requests
from azure_mlplatform.requests.retirement import write_retirement
from azure_mlplatform.requests.three_way import merged
from support.requests import PLATFORM, PROJECT, ROOT, SANDBOX, changed, named, repository_at
from support.requests import write as write_request

TODAY = datetime.date(2026, 11, 28)
GROUP = "5a2c4f0e-7a51-4c8a-9a37-5f1c6a0d2e01"
LENDING = changed(
    changed(PROJECT, "environments.0.groups", {"data_scientists": [GROUP]}),
    "reads",
    [{"product": "customer-360", "folder": "curated/customers"}],
)


def computed(folder, names):
    """Stands for plans: says of which files they would be made."""
    assert all((folder / f"Pulumi.{each}.yaml").is_file() for each in names)
    text = "".join(path.read_text() for path in sorted(folder.glob("Pulumi*.yaml")))
    return {"environments.json": json.dumps({"stacks": names, "lines": len(text.splitlines())}) + "\n"}


def rendered(root, *names, today=TODAY):
    repository = read_requests(root)
    assert repository.problems == ()
    found = render(repository, names or list(repository.requests), computed, today=today)
    for each in found:
        if not each.problems and not each.conflicts:
            write(root, each)
    return found


def files_in(root):
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for folder in ("projects", "requests")
        for path in (root / folder).rglob("*")
        if path.is_file()
    }


@pytest.fixture
def root(tmp_path):
    return repository_at(tmp_path, LENDING)


@pytest.fixture
def landed(root):
    shutil.copytree(ROOT / "stacks" / "landing", root / "stacks" / "landing")
    return root


def stale(root):
    return [f"{each.file}: {each.what}" for each in stale_problems(read_requests(root), TODAY)]


def test_a_request_becomes_a_project_that_the_loader_reads(root):
    rendered(root)
    folder = root / "projects" / "lending"
    assert stacks(folder) == ["dev", "prod"]
    dev, prod = (settings_of(folder, each) for each in ("dev", "prod"))
    assert (dev.project.name, dev.project.cost_code) == ("lending", "P-2026-0311")
    assert dev.network is not None
    assert prod.network is not None
    assert [dev.network.address_space, prod.network.address_space] == [["10.160.0.0/24"], ["10.160.1.0/24"]]
    assert (dev.access.data_scientists, prod.access.data_scientists) == ([GROUP], [])
    assert dev.workspace is not None
    assert [each.name for each in dev.workspace.clusters] == ["cpu"]
    [store] = dev.workspace.datastores
    assert (store.name, store.storage_account_id.rpartition("/")[2]) == ("customer_360", "stlakenonprod")
    assert [each.path for each in store.folders] == ["curated/customers"]
    assert dev.suffix != prod.suffix
    assert dev.subscription_id == PLATFORM["subscriptions"]["nonprod"]


@pytest.mark.parametrize("target", [None, *InferenceTarget])
@pytest.mark.parametrize("size", ["medium", "large"])
def test_what_can_be_asked_for_is_settings_that_are_right(tmp_path, target, size):
    request = LENDING
    for number in (0, 1):
        own = {"network": size, "ai_services": ["AIServices", "OpenAI", "CustomVision.Training", "FormRecognizer"]}
        if target is not None:
            own["inference"] = target.value
        request = changed(request, f"environments.{number}", {**request["environments"][number], **own})
    [project, _] = rendered(repository_at(tmp_path, request))
    assert project.problems == ()


def test_a_network_that_is_too_small_is_said_with_where_to_ask_for_more(tmp_path):
    many = ["AIServices", "OpenAI", "Face", "SpeechServices", "TextAnalytics", "TextTranslation"]
    [lending, _] = rendered(repository_at(tmp_path, changed(LENDING, "environments.0.ai_services", many)))
    assert any("endpoints subnet" in each.what and "requests/lending.yaml" in each.fix for each in lending.problems)


def test_a_sandbox_is_rendered_without_a_landing(landed):
    write_request(landed, SANDBOX)
    rendered(landed, "trial")
    assert sorted(path.name for path in (landed / "projects" / "trial").iterdir()) == [
        "Pulumi.sandbox.yaml", "Pulumi.yaml", "environments.json",
    ]  # fmt: skip
    assert settings_of(landed / "projects" / "trial", "sandbox").expires_on == "2026-12-31"


def test_a_landing_has_the_group_the_trust_and_the_budget_that_its_project_needs(landed):
    write_request(landed, LENDING)
    rendered(landed)
    folder = landed / "projects" / "lending"
    own = settings_of(folder, "prod")
    data = yaml.safe_load((folder / "landing" / "Pulumi.prod.yaml").read_text())["config"]
    project = yaml.safe_load((folder / "landing" / "Pulumi.yaml").read_text())
    given = {key.partition(":")[2]: value for key, value in data.items()}
    landing = LandingSettings(project=own.project, **given)
    assert landing.group_id == own.resource_group_id
    assert landing.release is not None
    assert landing.release.github_repository == "bank/lending"
    assert (own.budget, landing.budget and landing.budget.amount) == (None, 500)
    assert (folder / "landing" / project["main"]).resolve() == landed / "stacks" / "landing"
    assert project["config"]["azure-mlplatform:project"]["value"]["name"] == "lending"


def test_the_platforms_repository_deploys_and_the_teams_releases(landed):
    repository = {"github": "bank/ml-platform", "ids": {"owner": 9919, "repository": 5}}
    repository_at(landed, platform={**PLATFORM, "repository": repository})
    rendered(landed)
    data = yaml.safe_load((landed / "projects/lending/landing/Pulumi.dev.yaml").read_text())["config"]
    trusted = [data[f"azure-mlplatform:{each}"]["github_repository"] for each in ("deploy", "release")]
    assert trusted == ["bank/ml-platform", "bank/lending"]


def test_service_connections_become_federated_credentials(landed):
    connections = {
        name: {"issuer": f"https://vstoken.dev.azure.com/{GROUP}", "subject": f"sc://bank/lending/{name}"}
        for name in ("deploy", "release")
    }
    request = {key: value for key, value in LENDING.items() if key != "repository"}
    for number in (0, 1):
        own = {name: {**one, "subject": f"{one['subject']}-{number}"} for name, one in connections.items()}
        request = changed(request, f"environments.{number}.service_connections", own)
    write_request(landed, request)
    rendered(landed)
    data = yaml.safe_load((landed / "projects/lending/landing/Pulumi.prod.yaml").read_text())["config"]
    [deploy] = data["azure-mlplatform:deploy"]["federated_credentials"]
    assert (deploy["name"], deploy["subject"]) == ("devops-deploy", "sc://bank/lending/deploy-1")


def test_rendering_again_changes_nothing(root):
    rendered(root)
    before = files_in(root)
    assert [each.files for each in rendered(root)] == [{}]
    assert files_in(root) == before
    assert stale(root) == []


def test_a_range_is_one_that_no_project_by_hand_has(root):
    other = root / "projects" / "other"
    other.mkdir(parents=True)
    (other / "Pulumi.yaml").write_text("name: other\nruntime: python\n")
    own = "config:\n  azure-mlplatform:network: {address_space: [10.160.0.0/23]}\n"
    (other / "Pulumi.dev.yaml").write_text(own)
    rendered(root)
    lock = read_requests(root).lock
    assert lock is not None
    assert lock.by_holder["lending", Environment.DEV].range == "10.160.2.0/24"


def test_new_projects_by_hand_get_no_range_of_a_pool(root):
    (root / ".git").mkdir()
    assert "10.160.0.0/20" in map(str, taken_ranges(root / "stacks"))


def test_a_suffix_is_always_the_same_and_of_one_environment():
    known = suffix("t", "s", "lending", Environment.DEV)
    assert known == suffix("t", "s", "lending", Environment.DEV)
    assert len({suffix("t", "s", f"p{one}", kind) for one in range(500) for kind in Environment}) == 2000


def test_what_was_changed_by_hand_stays_and_what_the_request_changes_comes(root):
    rendered(root)
    stack = root / "projects" / "lending" / "Pulumi.dev.yaml"
    stack.write_text(stack.read_text() + "  azure-mlplatform:tags: {criticality: low}\n")
    write_request(root, changed(LENDING, "environments.0.clusters.0.max_nodes", 6))
    assert stale(root) == [
        "projects/lending/Pulumi.dev.yaml: is older than requests/lending.yaml",
        "projects/lending/environments.json: is older than the plan of dev and prod",
    ]
    rendered(root)
    settings = settings_of(root / "projects" / "lending", "dev")
    assert settings.tags == {"criticality": "low"}
    assert settings.workspace is not None
    assert settings.workspace.clusters[0].max_nodes == 6
    assert stale(root) == []
    assert [each.files for each in rendered(root)] == [{}]


def test_a_conflict_shows_both_and_overwrites_nothing_of_its_project(root):
    write_request(root, named("other"))
    rendered(root)
    stack = root / "projects" / "lending" / "Pulumi.dev.yaml"
    stack.write_text(stack.read_text().replace("max_nodes: 2", "max_nodes: 3"))
    write_request(root, changed(LENDING, "environments.0.clusters.0.max_nodes", 6))
    write_request(root, changed(named("other"), "environments.0.clusters.0.max_nodes", 5))
    before = files_in(root)
    lending, other = rendered(root)
    [conflict] = lending.conflicts
    assert conflict.file == "projects/lending/Pulumi.dev.yaml"
    assert "<<<<<<< projects/lending/Pulumi.dev.yaml\n        max_nodes: 3\n" in conflict.both
    assert "=======\n        max_nodes: 6\n>>>>>>> requests/lending.yaml\n" in conflict.both
    after = files_in(root)
    assert {name for name in after if before.get(name) != after[name]} == {
        "projects/other/Pulumi.dev.yaml",
        "requests/.rendered/other/Pulumi.dev.yaml",
        "requests/.rendered/other/computed.json",
    }
    assert other.conflicts == ()


def test_a_project_that_somebody_wrote_by_hand_is_not_overwritten(root):
    (root / "projects" / "lending").mkdir(parents=True)
    (root / "projects" / "lending" / "Pulumi.yaml").write_text("name: lending\n")
    before = files_in(root)
    lending = rendered(root)[0]
    assert "+# What is the same in all environments of lending.\n" in lending.conflicts[0].both
    assert {name for name in files_in(root) if name not in before} <= {"requests/addresses.lock.yaml"}


def test_a_file_that_was_removed_by_hand_comes_again_with_a_word(root):
    rendered(root)
    (root / "projects" / "lending" / "Pulumi.prod.yaml").unlink()
    assert rendered(root)[0].notices == ("projects/lending/Pulumi.prod.yaml was removed by hand, and is written again",)
    assert (root / "projects" / "lending" / "Pulumi.prod.yaml").is_file()


def test_computed_files_that_are_old_or_edited_are_found(root):
    rendered(root)
    computed_file = root / "projects" / "lending" / "environments.json"
    computed_file.write_text("{}\n")
    assert stale(root) == ["projects/lending/environments.json: was edited by hand, and is computed from the plan"]
    rendered(root)
    assert stale(root) == []
    computed_file.unlink()
    assert stale(root) == ["projects/lending/environments.json: is missing"]
    program = root / "stacks" / "project" / "__main__.py"
    program.write_text(program.read_text() + "# changed\n")
    rendered(root)
    assert stale(root) == []


def test_a_network_that_was_moved_by_hand_is_found(root):
    rendered(root)
    stack = root / "projects" / "lending" / "Pulumi.dev.yaml"
    stack.write_text(stack.read_text().replace("10.160.0.0/24", "10.160.9.0/24"))
    assert any("has not the range 10.160.0.0/24" in each for each in stale(root))


def ended(number, request=LENDING, day="2026-11-20"):
    own = {**request["environments"][number], "retiring_since": day, "retired_on": day}
    return changed(request, f"environments.{number}", own)


def test_a_retired_environment_loses_its_files_and_keeps_its_range(landed):
    rendered(landed)
    write_request(landed, ended(0))
    rendered(landed)
    folder = landed / "projects" / "lending"
    assert stacks(folder) == stacks(folder / "landing") == ["prod"]
    assert not (landed / "requests/.rendered/lending/Pulumi.dev.yaml").exists()
    lock = read_requests(landed).lock
    assert lock is not None
    assert lock.by_holder["lending", Environment.DEV].held_until == "2026-12-04"
    assert stale(landed) == []
    write_request(landed, ended(1, ended(0)))
    rendered(landed)
    assert [each.name for each in folder.glob("Pulumi*")] == []


def test_a_retired_environment_that_was_changed_by_hand_keeps_its_files(root):
    rendered(root)
    stack = root / "projects" / "lending" / "Pulumi.dev.yaml"
    stack.write_text(stack.read_text() + "# mine\n")
    write_request(root, ended(0))
    assert [each.file for each in rendered(root)[0].conflicts] == ["projects/lending/Pulumi.dev.yaml"]
    assert stack.is_file()


SALT = "encryptionsalt: v1:8Jk=:v1:x+/=\n"


def as_the_cli_writes(file):
    """Writes what `pulumi stack init` makes of a stack's file: without blank lines, and with a salt."""
    lines = file.read_text().splitlines(keepends=True)
    file.write_text("".join(each for each in lines if each.strip()) + SALT)


def test_what_the_pulumi_cli_writes_into_a_file_is_no_change_by_hand(root):
    rendered(root)
    stack = root / "projects" / "lending" / "Pulumi.dev.yaml"
    before = stack.read_text()
    as_the_cli_writes(stack)
    assert stale(root) == []
    assert not [name for each in rendered(root) for name in each.files if name.endswith(".yaml")]
    # What is new stands at the end, where the salt is, and on both sides of a blank line that is gone.
    stack.write_text(
        stack.read_text().replace("        max_nodes: 2\n", "        max_nodes: 2\n        idle_seconds: 90\n")
    )
    asked = changed(changed(LENDING, "environments.0.inference", "managed"), "region", "westeurope")
    write_request(root, changed(asked, "environments.0.groups.readers", [GROUP[:-1] + "2"]))
    [lending, *_] = rendered(root)
    assert lending.conflicts == ()
    settings = settings_of(root / "projects" / "lending", "dev")
    assert settings.inference is not None
    assert settings.workspace is not None
    assert settings.workspace.clusters[0].idle_seconds == 90
    text = stack.read_text()
    assert text.endswith(f"\n{SALT}")
    assert text.count("\n\n") >= before.count("\n\n")
    assert stale(root) == []


def test_a_file_that_says_that_its_stack_ended_goes(landed):
    rendered(landed)
    for folder in ("projects/lending", "projects/lending/landing"):
        write_retirement(landed / folder, "dev", "The project ended, ML-3")
        as_the_cli_writes(landed / folder / "Pulumi.dev.yaml")
        as_the_cli_writes(landed / folder / "Pulumi.prod.yaml")
    write_request(landed, ended(0))
    assert rendered(landed)[0].conflicts == ()
    assert stacks(landed / "projects" / "lending") == stacks(landed / "projects" / "lending" / "landing") == ["prod"]


def test_what_the_loader_refuses_is_said_and_nothing_is_written(root):
    ukwest = {**PLATFORM, "regions": [{"region": "ukwest", "address_pool": ["10.160.0.0/20"]}]}
    repository_at(root, changed(LENDING, "region", "ukwest"), platform=ukwest)
    lending = rendered(root)[0]
    assert any("no availability zones" in each.what for each in lending.problems)
    assert not (root / "projects").exists()


def test_a_plan_that_fails_leaves_no_draft(root):
    def fails(folder, names):
        raise ProblemsError([])

    [lending, _] = render(read_requests(root), ["lending"], fails, today=TODAY)
    assert lending.files == {}
    assert list((root / "projects").iterdir()) == []


@pytest.mark.parametrize(
    ("current", "last", "new", "text", "conflict"),
    [
        (None, None, "n", "n", False),
        (None, "l", "n", "n", False),
        ("n", None, "n", "n", False),
        ("l", "l", "n", "n", False),
        ("c", "l", "l", "c", False),
        ("1\n2\n3\n4\nc\n", "1\n2\n3\n4\n5\n", "n\n2\n3\n4\n5\n", "n\n2\n3\n4\nc\n", False),
    ],
)
def test_three_texts_are_merged(current, last, new, text, conflict):
    found = merged(current, last, new, ("by hand", "rendered"))
    assert (found.text, found.conflict) == (text, conflict)


def test_without_git_the_merge_says_so(monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(ProblemsError, match="git is not on PATH"):
        merged("c", "l", "n", ("by hand", "rendered"))
