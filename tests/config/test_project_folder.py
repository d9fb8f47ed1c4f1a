import datetime
import shutil
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from azure_mlplatform.config import project_folder
from azure_mlplatform.config.project_folder import Asked, requirement, start, write
from azure_mlplatform.config.repository import settings_of
from azure_mlplatform.foundation.naming import SHORT_NAME
from azure_mlplatform.foundation.problems import ProblemsError
from azure_mlplatform.foundation.profiles import Environment
from azure_mlplatform.plan.check import check_stacks

ROOT = Path(__file__).parents[2]
TODAY = datetime.date(2026, 11, 28)
ONE, OTHER, THIRD = (f"3b2c4f0e-7a51-4c8a-9a37-5f1c6a0d2e1{number}" for number in range(3))
KINDS = [each.value for each in Environment]


def asked(name="churn", environments=("dev", "prod"), **more):
    return Asked(name, environments, **more)


def made(where, *args, **more):
    found = start(where, asked(*args, **more), today=TODAY)
    write(found)
    return found


def problems(where, *args, **more):
    with pytest.raises(ProblemsError) as error:
        start(where, asked(*args, **more), today=TODAY)
    return {(each.path[-1] if each.path else ""): each.what for each in error.value.problems}


def network(folder, stack):
    found = settings_of(folder, stack).network
    assert found
    return found


@pytest.fixture
def repository(tmp_path):
    """A platform team's repository: a program that its projects share, and no project yet."""
    shutil.copytree(ROOT / "stacks", tmp_path / "a repository" / "stacks")
    return tmp_path / "a repository"


def test_a_project_alone_is_a_folder_with_a_program(tmp_path):
    found = made(tmp_path)
    assert found.folder == tmp_path / "churn"
    assert sorted(each.name for each in found.folder.iterdir()) == [
        ".gitignore", "Pulumi.dev.yaml", "Pulumi.prod.yaml", "Pulumi.yaml", "__main__.py", "requirements.txt",
    ]  # fmt: skip
    (tmp_path / "as usual").mkdir()
    assert found.folder.stat().st_mode == (tmp_path / "as usual").stat().st_mode


@pytest.mark.parametrize("inside", ["", "stacks", "projects/others"])
def test_in_a_repository_it_goes_beside_its_siblings_wherever_somebody_stands(repository, inside):
    (repository / inside).mkdir(parents=True, exist_ok=True)
    found = made(repository / inside)
    assert found.folder == repository / "projects" / "churn"
    assert sorted(found.files) == ["Pulumi.dev.yaml", "Pulumi.prod.yaml", "Pulumi.yaml"]
    assert "$schema" not in found.files["Pulumi.yaml"]  # The repository has no schemas.
    assert check_stacks(repository, today=TODAY).problems == ()


def test_in_this_repository_it_is_as_its_siblings_are():
    found = start(ROOT, asked("demo"), today=TODAY)
    own = yaml.safe_load(found.files["Pulumi.yaml"])
    sibling = yaml.safe_load((ROOT / "projects" / "vision" / "Pulumi.yaml").read_text())
    assert {key: own[key] for key in ("main", "runtime", "options")} == {
        key: sibling[key] for key in ("main", "runtime", "options")
    }
    theirs = (ROOT / "projects" / "vision" / "Pulumi.dev.yaml").read_text()
    assert found.files["Pulumi.dev.yaml"].splitlines()[0] == theirs.splitlines()[0]
    assert set(found.agreed) == {"tenant_id", "location"}
    assert not found.folder.exists()


def test_it_has_what_the_others_agree_on_and_nothing_that_they_differ_in(repository):
    hub = "/subscriptions/3b2c4f0e-7a51-4c8a-9a37-5f1c6a0d2e19/resourceGroups/rg-hub/providers/Microsoft.Network"
    hub += "/virtualNetworks/vnet-hub"
    values = {"owner_team": "risk", "tenant_id": ONE, "cost_center": "K-1", "cost_code": "P-1"}
    everywhere = {"location": "northeurope", "hub": {"vnet_id": hub}}
    made(repository, "one", project=values, everywhere=everywhere, subscription_ids={"dev": OTHER, "prod": THIRD})
    for stack in ("dev", "prod"):
        change(repository / "projects" / "one" / f"Pulumi.{stack}.yaml", "network", dns={"mode": "policy"})
    two = made(repository, "two", subscription_ids={"prod": ONE.replace("3b", "4b")})
    assert two.agreed == {
        "project.owner_team": "risk",
        "project.cost_center": "K-1",
        "tenant_id": ONE,
        "location": "northeurope",
        "subscription_id": OTHER,
        "network.hub": hub,
    }
    dev = settings_of(two.folder, "dev")
    assert (dev.tenant_id, dev.subscription_id, dev.location) == (ONE, OTHER, "northeurope")
    assert dev.network
    assert dev.network.hub
    assert (dev.network.hub.vnet_id, dev.network.dns.mode) == (hub, "policy")
    assert "such as P-1" in two.files["Pulumi.yaml"]
    change(repository / "projects" / "two" / "Pulumi.yaml", "project", "owner_team", value="sales")
    three = made(repository, "three")
    assert "project.owner_team" not in three.agreed
    assert dev.subscription_id == settings_of(three.folder, "dev").subscription_id
    assert "prod" in three.placeholders["subscription_id"]


def change(file, key, *path, **more):
    data = yaml.safe_load(file.read_text())
    at = data["config"][f"azure-mlplatform:{key}"]
    if path:
        at["value"][path[0]] = more["value"]
    else:
        at |= more
    file.write_text(yaml.safe_dump(data))


def test_placeholders_of_others_are_no_values(repository):
    made(repository, "one")
    assert made(repository, "two").agreed == {"location": "westeurope"}


def test_networks_are_apart_from_those_of_all_others_and_of_hubs(repository):
    made(repository, "one", address_space="10.0.0.0/16")
    ranges = {network(repository / "projects" / "one", each).address_space[0] for each in ("dev", "prod")}
    assert ranges == {"10.0.0.0/22", "10.0.4.0/22"}
    two = made(repository, "two", address_space="10.0.0.0/16")
    assert network(two.folder, "dev").address_space == ["10.0.8.0/22"]
    three = made(repository, "three")
    assert network(three.folder, "dev").address_space == ["10.128.0.0/22"]
    assert check_stacks(repository, today=TODAY).problems == ()


@pytest.mark.parametrize(
    ("space", "prefix"), [("10.0.0.0/21", 22), ("10.0.0.0/22", 23), ("10.0.0.0/23", 24), ("10.0.0.0/24", None)]
)
def test_a_small_range_is_shared_while_it_is_enough(tmp_path, space, prefix):
    if prefix is None:
        what = f"'{space}' has no room for 2 networks of /24 beside those of other projects"
        assert problems(tmp_path, address_space=space) == {"address_space": what}
    else:
        found = made(tmp_path, address_space=space)
        assert {network(found.folder, each).address_space[0].split("/")[1] for each in ("dev", "prod")} == {str(prefix)}


def test_a_cluster_that_comes_later_finds_its_own_ranges_free(tmp_path):
    found = made(tmp_path, address_space="172.16.0.0/12")
    assert network(found.folder, "dev").address_space == ["172.17.0.0/22"]


def test_a_sandbox_has_a_network_only_if_one_is_asked_for(tmp_path):
    assert settings_of(made(tmp_path, "one", ["sandbox"]).folder, "sandbox").network is None
    two = made(tmp_path, "two", ["sandbox"], address_space="10.9.0.0/22")
    assert network(two.folder, "sandbox").address_space == ["10.9.0.0/22"]


NAMES = st.from_regex(SHORT_NAME, fullmatch=True).filter(lambda name: 2 <= len(name) <= 24 and "ondemand" not in name)


@settings(max_examples=5, deadline=None)
@given(
    names=st.lists(NAMES, min_size=2, max_size=2, unique=True),
    kinds=st.lists(st.lists(st.sampled_from(KINDS), min_size=1, unique=True), min_size=2, max_size=2),
    shared=st.booleans(),
)
def test_projects_made_one_after_another_never_conflict(tmp_path_factory, names, kinds, shared):
    root = tmp_path_factory.mktemp("a repository")
    if shared:
        shutil.copytree(ROOT / "stacks", root / "stacks")
    for name, environments in zip(names, kinds, strict=True):
        made(root, name, environments)
    report = check_stacks(root, today=TODAY)
    assert report.problems == ()
    assert len(report.stacks) == sum(map(len, kinds))


def test_a_file_that_cannot_be_read_is_said(tmp_path):
    made(tmp_path, "one")
    (tmp_path / "one" / "Pulumi.dev.yaml").write_text("config: [")
    [notice] = made(tmp_path, "two").notices
    assert notice.startswith("one/Pulumi.dev.yaml cannot be read (`mlplatform check` says why)")


@pytest.mark.parametrize(
    "value", ["x", "null", "5", "[]", "{secure: v1:x}", "[{secure: v1:x}]", "{address_space: 5}", '{hub: "x"}']
)
@pytest.mark.parametrize("key", ["network", "location", "tenant_id", "environment", "subscription_id"])
def test_settings_of_others_that_make_no_sense_hinder_nobody(tmp_path, key, value):
    """What is wrong in a sibling, its own preview says."""
    made(tmp_path, "one", ["dev"])
    file = tmp_path / "one" / "Pulumi.dev.yaml"
    lines = (line for line in file.read_text().splitlines() if "address_space" not in line and "#" not in line)
    kept = [line for line in lines if not line.startswith(f"  azure-mlplatform:{key}:")]
    file.write_text("\n".join([*kept, f"  azure-mlplatform:{key}: {value}\n"]))
    (tmp_path / "one" / "Pulumi.yaml").write_text(
        f"name: one\nruntime: python\nconfig: {{azure-mlplatform:project: {{value: {value}}}}}\n"
    )
    assert made(tmp_path, "two", ["dev"]).folder.is_dir()


def test_all_that_is_wrong_is_said_at_once(tmp_path):
    (tmp_path / "Bad").mkdir()
    found = problems(
        tmp_path,
        "Bad",
        ["dev", "stage"],
        project={"tenant_id": "x", "owner_email": "x"},
        everywhere={"location": "westeurop", "data_scientists": ["x"], "budget": "0"},
        subscription_ids={"dev": "x", "qa": ONE},
        address_space="1.1.1.1",
    )
    assert set(found) == {
        "name", "environment", "tenant_id", "owner_email", "location", 0, "budget", "subscription_id",
        "address_space",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("values", "kinds", "says"),
    [
        ({"everywhere": {"location": "ukwest"}}, ["dev", "prod"], "no availability zones"),
        ({"everywhere": {"expires_on": "2026-01-01"}}, ["sandbox"], "expired on 2026-01-01"),
        ({"everywhere": {"expires_on": "2026-11-28"}}, ["sandbox"], "expired on 2026-11-28, before it begins"),
        ({"everywhere": {"expires_on": "2027-11-01"}}, ["sandbox"], "338 days ahead"),
    ],
)
def test_what_only_the_files_show_is_refused_too_and_nothing_is_written(tmp_path, values, kinds, says):
    with pytest.raises(ProblemsError, match=says):
        made(tmp_path, "churn", kinds, **values)
    assert [*tmp_path.iterdir()] == []


def test_a_name_that_azure_reserves_is_refused(tmp_path):
    with pytest.raises(ProblemsError, match="Azure reserves"):
        made(tmp_path, "ondemand", ["sandbox"])
    assert made(tmp_path, "ondemand", ["dev"]).folder.is_dir()


def test_a_region_without_zones_takes_a_reason(tmp_path):
    everywhere = {"location": "ukwest", "no_zones_reason": "The data stays in Wales"}
    assert settings_of(made(tmp_path, everywhere=everywhere).folder, "prod").no_zones_reason


def test_a_folder_that_is_taken_is_refused_and_stays_as_it_is(tmp_path):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").write_text("mine")
    (tmp_path / "file").write_text("mine")
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    assert problems(tmp_path, "full") == {"name": f"the folder {tmp_path / 'full'} is not empty"}
    for each in ("file", "link"):
        assert problems(tmp_path, each) == {"name": f"{tmp_path / each} is there, and is not a folder"}
    assert (tmp_path / "full" / "file").read_text() == (tmp_path / "file").read_text() == "mine"
    assert made(tmp_path, "empty").folder == tmp_path / "empty"


def test_a_name_that_another_project_has_is_refused_in_whichever_folder_it_is(repository):
    made(repository, "one").folder.rename(repository / "elsewhere")
    assert problems(repository, "one") == {"name": "'one' is the name of the project in elsewhere"}


@pytest.mark.parametrize("shared", [False, True])
def test_a_disk_that_is_full_leaves_nothing_behind(tmp_path, monkeypatch, shared):
    if shared:
        shutil.copytree(ROOT / "stacks", tmp_path / "stacks")
    before = sorted(tmp_path.rglob("*"))
    writes = Path.write_bytes

    def until_full(file, data):
        if file.name == "Pulumi.prod.yaml":
            raise OSError(28, "No space left on device", str(file))
        return writes(file, data)

    found = start(tmp_path, asked(), today=TODAY)
    monkeypatch.setattr(Path, "write_bytes", until_full)
    with pytest.raises(OSError, match="No space left"):
        write(found)
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize(
    ("origin", "line"),
    [
        (None, "azure-mlplatform==1.2"),
        ('{"url": "file:///src/lib", "dir_info": {"editable": true}}', "azure-mlplatform @ file:///src/lib"),
        (
            '{"url": "https://git.example.com/x", "vcs_info": {"vcs": "git", "commit_id": "5f0c"}}',
            "azure-mlplatform @ git+https://git.example.com/x@5f0c",
        ),
    ],
)
def test_the_program_requires_the_library_from_where_this_one_came(monkeypatch, origin, line):
    installed = type("Installed", (), {"version": "1.2", "read_text": lambda self, name: origin})()
    monkeypatch.setattr(project_folder.importlib.metadata, "distribution", lambda name: installed)
    assert requirement() == line
