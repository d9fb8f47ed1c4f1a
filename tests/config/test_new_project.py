import datetime
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from azure_mlplatform.catalogue.changes import CHANGES, Outcome
from azure_mlplatform.catalogue.regions import REGIONS, has_zones
from azure_mlplatform.config.files import read
from azure_mlplatform.config.new_project import IN_REPOSITORY, Layout, NewEnvironment, NewProject, files
from azure_mlplatform.config.repository import settings_of
from azure_mlplatform.foundation.naming import SHORT_NAME
from azure_mlplatform.foundation.placeholders import is_placeholder, placeholders
from azure_mlplatform.foundation.problems import dotted
from azure_mlplatform.foundation.profiles import PROFILES, Environment
from azure_mlplatform.foundation.secret_values import holds_key
from azure_mlplatform.plan.program import run_stack
from azure_mlplatform.stack import PLACEHOLDERS
from support.violations import refused

TODAY = datetime.date(2026, 11, 28)
RANGES = dict(zip(Environment, ("10.128.0.0/22", "10.128.4.0/22", "10.128.8.0/23", "172.20.0.0/24"), strict=True))
KINDS = [each.value for each in Environment]


def project(*kinds, **values):
    environments = [
        {
            "environment": kind,
            "location": "westeurope",
            "address_space": RANGES[Environment(kind)] if PROFILES[Environment(kind)].needs_network else None,
        }
        for kind in kinds
    ]
    return NewProject.model_validate({"name": "churn", "environments": environments, **values})


def write(folder, new, layout=Layout()):  # noqa: B008 - frozen
    made = files(new, layout, requirement="azure-mlplatform", today=TODAY)
    for name, text in made.items():
        (folder / name).write_bytes(text.encode())
    return made


NAMES = st.from_regex(SHORT_NAME, fullmatch=True).filter(lambda name: 2 <= len(name) <= 24 and "ondemand" not in name)
IDS = st.uuids(version=4).map(str)
TEXTS = st.text(min_size=1, max_size=256).filter(lambda text: not holds_key(text) and not is_placeholder(text))
SPREAD = [name for name in REGIONS if has_zones(name)]


@st.composite
def new_projects(draw):
    def may(strategy):
        return draw(st.none() | strategy)

    kinds = draw(st.lists(st.sampled_from(list(Environment)), min_size=1, unique=True))
    ids = draw(st.lists(IDS, min_size=8, max_size=8, unique=True))
    tenant, group, user, *subscriptions = (draw(st.sampled_from([None, each])) for each in ids)
    environments = [
        NewEnvironment(
            environment=kind,
            location=draw(st.sampled_from(SPREAD)),
            address_space=RANGES[kind] if PROFILES[kind].needs_network else may(st.just(RANGES[kind])),
            subscription_id=subscription,
            data_scientists=[group] if group else [],
            user_id=user,
            budget=draw(st.floats(1, 1e6).map(lambda amount: round(amount, 2))),
        )
        for kind, subscription in zip(kinds, subscriptions, strict=False)
    ]
    return NewProject(
        name=draw(NAMES),
        environments=environments,
        tenant_id=tenant,
        data_product=may(NAMES),
        owner_team=may(TEXTS),
        owner_email=may(st.just("team@bank.com")),
        cost_center=may(TEXTS),
        cost_code=may(TEXTS),
    )


@settings(max_examples=60, deadline=None)
@given(new=new_projects(), layout=st.sampled_from([Layout(), IN_REPOSITORY]))
def test_what_is_asked_for_is_what_the_loader_reads(tmp_path_factory, new, layout):
    folder = tmp_path_factory.mktemp("new")
    write(folder, new, layout)
    for each in new.environments:
        found = settings_of(folder, each.environment)
        assert (found.project.name, found.environment, found.location) == (new.name, each.environment, each.location)
        assert found.project.data_product == (new.data_product or new.name)
        for field in ("owner_team", "owner_email", "cost_center", "cost_code"):
            if (given_one := getattr(new, field)) is not None:
                assert getattr(found.project, field) == given_one
        assert [*found.violations_on(TODAY)] == []
        marked = marks(folder, each.environment)
        assert marked == {dotted(path) for path, _ in placeholders(found.model_dump(mode="json", exclude_unset=True))}


def marks(folder, stack):
    """The settings whose line in the files says that they are placeholders."""
    found = set()
    for name in ("Pulumi.yaml", f"Pulumi.{stack}.yaml"):
        file = read(folder / name)
        lines = (folder / name).read_text().splitlines()
        assert ("# placeholder: fill it in." in "\n".join(lines)) == any(
            each.endswith(" # placeholder") for each in lines
        )
        # Of the places in a line, the longest is the value's own.
        own = {line: path for path, line in sorted(file.lines.items(), key=lambda each: len(each[0]))}
        for number, line in enumerate(lines, 1):
            if line.endswith(" # placeholder"):
                keys = [each for each in own[number][1:] if each != "value"]
                found.add(dotted(tuple(keys)).removeprefix("azure-mlplatform:"))
    return found


@settings(max_examples=12, deadline=None)
@given(new=new_projects())
def test_each_environment_previews_with_no_notice_but_of_placeholders(tmp_path_factory, new):
    folder = tmp_path_factory.mktemp("new")
    made = write(folder, new)
    for each in new.environments:
        plan = run_stack(folder, each.environment, today=TODAY)
        kinds = {one.kind for one in plan.resources}
        assert {"MLWorkspace", "AIService", "Compute", "Budget"} <= kinds
        open_ones = "# placeholder" in made["Pulumi.yaml"] + made[f"Pulumi.{each.environment}.yaml"]
        known = [text for _, text in plan.messages if not text.startswith("location: whether")]
        assert [text.startswith(PLACEHOLDERS) for text in known] == [True] * open_ones


def test_a_sandbox_has_every_tool_that_works_without_a_network_and_ends(tmp_path):
    write(tmp_path, project("sandbox"))
    plan = run_stack(tmp_path, "sandbox", today=TODAY)
    kinds = {each.kind for each in plan.resources}
    assert {"MLWorkspace", "SynapseWorkspace", "BigDataPool", "AIService", "Budget"} <= kinds
    assert "VirtualNetwork" not in kinds
    computes = {each.input("properties.computeType") for each in plan.of_type("Compute")}
    assert computes == {"AmlCompute", "ComputeInstance", "SynapseSpark"}
    found = settings_of(tmp_path, "sandbox")
    assert (found.expires_on, found.project.cost_code) == ("2026-12-28", None)
    assert "cost_code:" not in re.sub(r"#.*", "", (tmp_path / "Pulumi.yaml").read_text())


def test_prod_has_no_people_and_a_network_of_its_own(tmp_path):
    write(tmp_path, project("dev", "prod"))
    dev, prod = (settings_of(tmp_path, each) for each in ("dev", "prod"))
    assert dev.access.data_scientists
    assert not prod.access.groups
    assert prod.workspace
    assert prod.workspace.network_mode == "own"
    plan = run_stack(tmp_path, "prod", today=TODAY)
    assert not [each for each in plan.of_type("RoleAssignment") if each.input("principalType") in ("Group", "User")]


def test_a_person_gets_an_instance_where_people_may_have_one(tmp_path):
    user = "3b2c4f0e-7a51-4c8a-9a37-5f1c6a0d2e11"
    new = project("dev", "test")
    environments = [each.model_copy(update={"user_id": user}) for each in new.environments]
    write(tmp_path, new.model_copy(update={"environments": environments}))
    dev, test = (settings_of(tmp_path, each).workspace for each in ("dev", "test"))
    assert dev
    assert [each.assigned_user for each in dev.instances] == [user]
    assert test
    assert test.instances == []


REFUSED = {each.setting for each in CHANGES} - {each.setting for each in CHANGES if each.outcome is not Outcome.REFUSED}
"""The settings of which every change is refused."""


@pytest.mark.parametrize("kinds", [KINDS, ["sandbox"]])
def test_what_cannot_change_later_is_said_above_its_line_and_of_nothing_else(tmp_path, kinds):
    for name in write(tmp_path, project(*kinds)):
        if not name.endswith(".yaml"):
            continue
        lines = (tmp_path / name).read_text().splitlines()
        said, stay = set(), set()
        for path, number in read(tmp_path / name).lines.items():
            setting = full_name(path)
            if "cannot change later" in comment_above(lines, number):
                said.add(setting)
            if setting in REFUSED:
                stay.add(setting)
        # Of the ranges, only the first one stays. The comment is about the whole network.
        if "network" in said:
            said.remove("network")
        assert said == stay, name


def full_name(path):
    """The full name of the setting at a place in a file, as the catalogue has it."""
    names = dotted(path[1:]).replace("[0]", "[]").removeprefix("azure-mlplatform:")
    return names.replace("project.value", "project")


def comment_above(lines, number):
    """The comment right above a line, which is counted from 1."""
    found = ""
    for line in reversed(lines[: number - 1]):
        if not line.lstrip().startswith("#"):
            break
        found += line
    return found


def test_a_project_of_its_own_brings_its_program_and_one_in_a_repository_shares_it():
    own = files(project("dev"), Layout(), requirement="azure-mlplatform==1.2", today=TODAY)
    assert [*own] == ["Pulumi.yaml", "Pulumi.dev.yaml", "__main__.py", "requirements.txt", ".gitignore"]
    assert own["requirements.txt"] == "azure-mlplatform==1.2\n"
    assert "main:" not in own["Pulumi.yaml"]
    assert "$schema" not in "".join(own.values())
    shared = files(project("dev"), IN_REPOSITORY, requirement="", today=TODAY)
    assert [*shared] == ["Pulumi.yaml", "Pulumi.dev.yaml"]
    assert "\nmain: ../../stacks/project\n" in shared["Pulumi.yaml"]
    for name, schema in (("Pulumi.yaml", "project"), ("Pulumi.dev.yaml", "stack")):
        first = shared[name].splitlines()[0]
        assert first == f"# yaml-language-server: $schema=../../schemas/pulumi-{schema}.schema.json"


@pytest.mark.parametrize("kind", KINDS)
def test_lines_are_short_and_no_comment_is_left_at_the_end(kind):
    for name, text in files(project(kind), Layout(), requirement="", today=TODAY).items():
        assert max(map(len, text.splitlines())) <= 110, name
        assert text.endswith("\n")
        assert not text.endswith("\n\n")


@pytest.mark.parametrize(
    ("values", "path"),
    [
        ({"name": "Churn"}, "name"),
        ({"name": "c" * 25}, "name"),
        ({"environments": []}, "environments"),
        ({"tenant_id": "contoso.com"}, "tenant_id"),
        ({"owner_email": "nobody"}, "owner_email"),
        ({"data_product": "a--b"}, "data_product"),
    ],
)
def test_what_cannot_be_is_refused_with_the_field(values, path):
    assert refused(NewProject, {**project("dev").model_dump(mode="json"), **values}) == [path]


def test_an_environment_stands_once_and_an_id_is_of_one_thing():
    dev = project("dev").model_dump(mode="json")
    one = "3b2c4f0e-7a51-4c8a-9a37-5f1c6a0d2e11"
    twice = {**dev, "environments": dev["environments"] * 2}
    assert refused(NewProject, twice) == ["environments[1]"]
    mixed = {**dev, "tenant_id": one, "environments": [{**dev["environments"][0], "subscription_id": one}]}
    assert refused(NewProject, mixed) == ["environments[0].subscription_id"]
