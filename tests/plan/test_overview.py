"""The page of a preview: counted anew from the plans, and short for every project."""

import io
import re
from collections import Counter
from dataclasses import replace

import pytest

from azure_mlplatform.cli import page
from azure_mlplatform.config.files import stack_config, stacks
from azure_mlplatform.plan.overview import Row, Section, sections
from azure_mlplatform.plan.settings_difference import settings_in
from support.stacks import ROOT, STACKS, plan_of

FOLDERS = list(dict.fromkeys(folder for folder, _ in STACKS))


def read(folder):
    names = stacks(folder)
    return [plan_of(folder, each) for each in names], [settings_in(stack_config(folder, each)) for each in names]


def rows(found, title):
    return {row.label: row.values for section in found if section.title == title for row in section.rows}


def text(plans, found):
    stream = io.StringIO()
    page.show(plans[0].project, [plan.stack for plan in plans], found, stream)
    return stream.getvalue()


@pytest.fixture(scope="module")
def reference():
    plans, settings = read(ROOT)
    return plans, settings, sections(plans, settings)


def test_the_reference_project_fits_60_lines_of_100_columns(reference):
    plans, _, found = reference
    lines = text(plans, found).splitlines()
    assert len(lines) <= 60
    assert max(map(len, lines)) <= 100
    assert not any(line.endswith(" ") for line in lines)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda each: each.name)
def test_every_project_fits_a_page(folder):
    plans, settings = read(folder)
    lines = text(plans, sections(plans, settings)).splitlines()
    assert len(lines) <= 60
    assert max(map(len, lines)) <= 100


def test_what_is_made_is_counted(reference):
    plans, _, found = reference
    made = rows(found, "What is made")
    dev, prod = plans
    assert made["components"] == (str(len(dev.components)), str(len(prod.components)))
    assert made["resources"] == (
        f"{len(dev.azure_resources)}, {sum(each.protect for each in dev.azure_resources)} protected",
        f"{len(prod.azure_resources)}, {sum(each.protect for each in prod.azure_resources)} protected, 4 locked",
    )
    assert all(
        re.fullmatch(r"about \d+ minutes \(documented for \d+ of \d+ resources\)", each)
        for each in made["first update"]
    )
    assert f"of {len(prod.azure_resources)} resources" in made["first update"][1]
    assert made["storage account"] == ("Standard_LRS", "Standard_ZRS")
    assert made["virtual network"] == ("10.20.0.0/22", "10.40.0.0/21")
    assert "1 NAT gateway" in made["only here"][0]
    assert "1 route table" in made["only here"][1]
    counted = Counter(each.kind for each in dev.azure_resources)
    assert f"{counted['RoleAssignment']} role assignments" in made["more or fewer"][0]
    assert "2 AI services" in made["as many in all"][0]


def test_people_have_their_roles_and_in_prod_few_do(reference):
    _, _, found = reference
    who = rows(found, "Who may do what")
    assert who["people"][0].startswith("group …000d5c: AzureML Data Scientist, ")
    assert who["people"][1] == "group …005eed: Azure ML reader without data"
    assert who["signs in as them"] == (
        "repo:example@1/churn@2:environment:dev",
        "repo:example@1/churn@2:environment:prod",
    )


def test_nobody_is_said(reference):
    plans, settings = read(ROOT / "projects" / "forecast")
    assert rows(sections(plans, settings), "Who may do what")["people"] == ("nobody", "nobody")


def changed(plan, type_, **changes):
    """The plan with other attributes of the resources of a type."""
    resources = tuple(
        replace(each, **{key: value(each) for key, value in changes.items()}) if each.type == type_ else each
        for each in plan.resources
    )
    return replace(plan, resources=resources)


def test_what_is_open_or_unprotected_is_a_risk(reference):
    (_, prod), (_, settings), _ = reference
    vault = "azure-native:keyvault:Vault"
    before = rows(sections([prod], [settings]), "Risk")
    assert "key vault" not in str(before["open to internet"] + before["unprotected"])
    opened = changed(prod, vault, inputs=lambda each: {**each.inputs, "properties": {"publicNetworkAccess": "Enabled"}})
    assert "1 key vault" in rows(sections([opened], [settings]), "Risk")["open to internet"][0]
    loose = changed(prod, vault, protect=lambda each: False)
    assert "1 key vault" in rows(sections([loose], [settings]), "Risk")["unprotected"][0]


def test_roles_on_what_others_own_are_a_risk(reference):
    _, _, found = reference
    assert rows(found, "Risk")["roles outside"] == (
        "churn-scores, curated",
        "churn-scores, curated",
    )


def test_machines_cost_while_they_run(reference):
    _, settings, found = reference
    costs = rows(found, "What costs, used or not")
    assert costs["budget"] == ("1500 a month", "9000 a month")
    [cluster] = settings[0]["workspace"]["clusters"]
    assert costs[cluster["vm_size"].removeprefix("Standard_")][0] == f"0 always, {cluster['max_nodes']} at most"
    # An instance has one machine, which is paid for until it stops.
    assert costs["E4ds_v4"] == ("1 always", "–")  # noqa: RUF001
    # The system pool of AKS has 1 to 4 in dev and 3 to 6 in prod; so has the pool for models.
    assert costs["D4ds_v5"] == ("2 always, 8 at most", "6 always, 12 at most")


def test_plans_and_spark_pools_are_machines_too():
    plans, settings = read(ROOT / "projects" / "forecast")
    assert rows(sections(plans, settings), "What costs, used or not")["P1v3"] == ("1 always", "3 always")
    plans, settings = read(ROOT / "projects" / "telemetry")
    assert "0 always, 20 at most" in rows(sections(plans, settings), "What costs, used or not")["Medium Spark node"]


def test_what_somebody_chose_differs_and_names_and_ids_do_not(reference):
    _, _, found = reference
    chosen = rows(found, "Chosen differently")
    assert chosen["budget.amount"] == ("1500", "9000")
    assert chosen["workspace.clusters[cpu].max_nodes"] == ("4", "8")
    assert not {"environment", "subscription_id", "network.address_space"} & set(chosen)
    [batch] = chosen["batch"]
    assert re.match(r"\d+ differ: compute, ", batch)


def test_one_environment_has_all_its_kinds_and_no_differences(reference):
    (dev, _), (settings, _), _ = reference
    found = sections([dev], [settings])
    assert "Chosen differently" not in {each.title for each in found}
    assert "43 role assignments" in rows(found, "What is made")["kinds"][0]


def test_a_notice_is_shortened_and_said_once_for_all(reference):
    plans, settings, _ = reference
    both = [replace(each, messages=(("warning", "a " * 200), ("info", "b"))) for each in plans]
    [notices] = [each for each in sections(both, settings) if each.title == "Notices"]
    one, other = notices.rows
    assert one.label == other.label == "dev, prod"
    assert len(one.values[0]) < 80
    assert one.values[0].endswith(" … (--full)")
    assert other.values == ("info: b",)


def test_more_environments_share_the_width(reference):
    plans, settings, _ = reference
    four = [replace(plans[index % 2], stack=f"s{index}") for index in range(4)]
    lines = text(four, sections(four, [settings[index % 2] for index in range(4)])).splitlines()
    assert max(map(len, lines)) <= 100
    assert all(f"s{index}" in lines[0] for index in range(4))


def test_markdown_has_a_table_for_each_section_and_no_cell_breaks_it():
    section = Section("Risk", (page_row("a|b", "x\ny", "<b>`c`"),))
    lines = list(page.markdown("p", ["dev", "prod"], [section]))
    assert lines == [
        "### p",
        "",
        "| Risk | dev | prod |",
        "|---|---|---|",
        "| a\\|b | x<br>y | &lt;b>\\`c\\` |",
    ]


def page_row(label, *values):
    return Row(label, values)


def test_a_page_for_no_terminal_has_no_control_characters():
    stream = io.StringIO()
    page.show("p", ["dev"], [Section("Risk", (page_row("a", "\x1b[31m::error::[bold]"),))], stream)
    assert "\x1b" not in stream.getvalue()
    assert "[bold]" in stream.getvalue()
