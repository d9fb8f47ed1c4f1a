"""What the three views show of a plan."""

import re
from collections import Counter
from dataclasses import replace

import pytest

from azure_mlplatform.foundation.built_in_roles import role_name
from azure_mlplatform.plan import Plan, PlannedResource
from azure_mlplatform.plan.diagram.identity import identity
from azure_mlplatform.plan.diagram.network import network
from azure_mlplatform.plan.diagram.overview import overview
from azure_mlplatform.resource_types import resource_type
from azure_mlplatform.resource_types.resource_type import Shown
from azure_mlplatform.resource_types.topic import Topic
from support.diagrams import crowded
from support.programs import BATCH, BRICKS, CENTRAL, GROUP, LOG, SYNAPSE, whole
from support.stacks import IDS, STACKS, plan_of

FROM_OFFICE = {
    "address_space": ["10.20.0.0/22"],
    "public_access": {"ip_ranges": ["203.0.113.0/24"], "reason": "Office access, NET-123"},
}
stacks = pytest.mark.parametrize(("folder", "stack"), STACKS, ids=IDS)


def frames(flow):
    return {frame.title: frame for column in flow.columns for frame in column}


def told(flow):
    """Everything that is said in boxes."""
    return "\n".join(text for box in flow.boxes.values() for text in (box.words, box.name, *box.lines))


@stacks
def test_each_resource_is_drawn_counted_or_hidden_by_its_record(folder, stack):
    plan = plan_of(folder, stack)
    flow = overview(plan)
    urns = {each.urn for each in plan.azure_resources}
    hidden = {each.urn for each in plan.azure_resources if resource_type(each.type).shown is Shown.HIDDEN}
    assert flow.shown.drawn | flow.shown.counted | hidden == urns
    assert len(flow.shown.drawn) + len(flow.shown.counted) + len(hidden) == len(urns)
    text = told(flow)
    for urn in flow.shown.drawn:
        assert plan[urn].azure_name.rpartition("-")[2] in text
    numbers = [int(each) for frame in frames(flow).values() for each in re.findall(r"(\d+) [a-zA-Z]", frame.counted)]
    assert sum(numbers) == len(flow.shown.counted)


@stacks
def test_the_network_view_has_all_of_the_network(folder, stack):
    plan = plan_of(folder, stack)
    flow = network(plan)
    of_network = {
        each.urn
        for each in plan.azure_resources
        if resource_type(each.type).topic_of(each) is Topic.NETWORK
        and resource_type(each.type).shown is not Shown.HIDDEN
    }
    assert of_network <= flow.shown.drawn
    endpoints = plan.of_type("PrivateEndpoint")
    drawn = frames(flow)["Private endpoints"].boxes if endpoints else ()
    groups = [each for box in drawn for line in box.lines for each in line.partition(": ")[2].split(", ")]
    made = [each for one in endpoints for each in one.input("privateLinkServiceConnections.0.groupIds")]
    assert sorted(groups) == sorted(made)


@stacks
def test_the_identity_view_has_every_role(folder, stack):
    plan = plan_of(folder, stack)
    table = identity(plan)
    given = Counter(role_name(str(each.input("roleDefinitionId"))) for each in plan.of_type("RoleAssignment"))
    assert Counter(role for roles in table.roles.values() for role in roles) == given
    kinds = ("RoleAssignment", "UserAssignedIdentity", "FederatedIdentityCredential")
    assert {each.urn for kind in kinds for each in plan.of_type(kind)} <= table.shown.drawn
    keys = {box.key for box in table.principals}, {box.key for box in table.scopes}
    assert all(principal in keys[0] and scope in keys[1] for scope, principal in table.roles)


def test_nobody_but_identities_has_a_role_in_prod_without_a_setting():
    assert not [box for box in identity(plan_of(*STACKS[IDS.index("vision-prod")])).principals if box.outside]


def test_a_cell_has_the_roles_of_a_principal_on_a_scope():
    table = identity(plan_of(*STACKS[IDS.index("reference-dev")]))
    names = {box.key: box.name for box in (*table.principals, *table.scopes)}
    roles = {(names[scope], names[principal]): found for (scope, principal), found in table.roles.items()}
    assert roles["kv-churn-dev-x9cn1k", "id-churn-workspace-dev"] == (
        "Azure AI Administrator",
        "Key Vault Administrator",
    )
    assert roles["curated in stcustomer360dev", "adf-churn-dev-x9cn1k"] == ("Storage Blob Data Reader",)
    [pipeline] = [box for box in table.principals if box.name == "id-churn-dev"]
    assert pipeline.lines == ("signs in: repo:example@1/churn@2:environment:dev",)
    [subnet] = [box for box in table.scopes if box.words == "subnet"]
    assert (subnet.name, subnet.outside) == ("snet-churn-aks-dev in vnet-churn-dev", False)


def test_the_overview_says_what_works_with_what():
    plan = whole("prod", inference=None, batch=BATCH)
    flow = overview(plan)
    names = {key: box.name for key, box in flow.boxes.items()}
    arrows = {(names[each.source], names[each.target], each.label) for each in flow.arrows}
    assert ("mlw-churn-prod-qj9eem", "stlake", "data") in arrows
    assert ("stlake", "score-churn-arrived-prod", "blob lands") in arrows
    assert ("score-churn-nightly-prod", "mlw-churn-prod-qj9eem", "jobs run in") in arrows
    assert ("mlw-churn-prod-qj9eem", "cpu", "runs jobs on") in arrows
    [nightly] = [box for box in flow.boxes.values() if box.name == "score-churn-nightly-prod"]
    assert nightly.lines[-1].startswith("batch endpoint bep-churn-nightly-prod")
    assert "trigger schedule: every day at 04:00 W. Europe Standard Time" in nightly.lines


def test_what_others_run_is_marked():
    network_ = {"subnet_ids": {"endpoints": f"{CENTRAL}/Microsoft.Network/virtualNetworks/v/subnets/endpoints"}}
    plan = whole("dev", network=network_, diagnostics={"log_analytics_workspace_id": LOG}, workspace=None)
    assert {box.name for box in overview(plan).boxes.values() if box.outside} == {"log-central"}
    assert {box.name for box in network(plan).boxes.values() if box.outside} == {"v", "endpoints"}


def test_callers_from_the_internet_are_in_the_network_view():
    flow = network(whole("dev", inference=None, synapse=SYNAPSE, network=FROM_OFFICE))
    [callers] = [box for box in flow.boxes.values() if box.words == "callers"]
    synapse, office = callers.lines
    assert synapse.startswith("203.0.113.0 to 203.0.113.255 to Synapse")
    assert office.startswith("203.0.113.0/24 to AI service ais-churn-assistant-dev-x9cn1k and ")
    assert not [box for box in network(plan_of(*STACKS[0])).boxes.values() if box.words == "callers"]


def test_who_lets_everybody_in_says_so():
    flow = network(whole("sandbox", network=None, workspace=None))
    [callers] = [box for box in flow.boxes.values() if box.words == "callers"]
    assert [line.partition(" to ")[0] for line in callers.lines] == ["all addresses"]


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"inference": None, "synapse": SYNAPSE}, "managed virtual network"),
        ({"inference": None, "batch": BATCH}, "managed network"),
    ],
)
def test_networks_that_services_keep_are_drawn(settings, words):
    kept = frames(network(whole("prod", **settings)))["Networks that services keep"]
    assert [box.lines[0] for box in kept.boxes] == [words]


def test_zones_of_others_stand_where_own_ones_would():
    dev, prod = (network(plan_of(*STACKS[IDS.index(f"reference-{each}")])) for each in ("dev", "prod"))
    [own], [of_cluster, adopted] = (frames(each)["Private names"].boxes for each in (dev, prod))
    assert (own.outside, of_cluster.outside, adopted.outside) == (False, False, True)
    assert (own.lines, adopted.name) == (adopted.lines, "in rg-dns")
    assert of_cluster.lines == ("churn-prod.privatelink.westeurope.azmk8s.io",)


def test_databricks_is_drawn_with_its_parts_once():
    flow = overview(whole("dev", token=GROUP, inference=None, **BRICKS))
    [databricks] = [box for box in flow.boxes.values() if box.words == "Databricks"]
    assert [line.partition(":")[0] for line in databricks.lines] == [
        "premium",
        "access connector dbac-churn-dev-x9cn1k",
        "attached Databricks databricks",
    ]


def test_a_crowded_plan_is_all_there():
    plan = crowded()
    flow = overview(plan)
    assert len([box for box in flow.boxes.values() if box.words == "AI service"]) == 20
    assert len(frames(flow)["Compute for jobs"].boxes) == 21


def test_a_resource_of_a_users_own_program_is_drawn():
    def resource(type_, name, parent="", **inputs):
        return PlannedResource(
            urn=f"urn:pulumi:dev::p::{type_}::{name}", type=type_, name=name, parent=parent, custom=True,
            inputs=inputs, dependencies=(), property_dependencies={}, protect=True,
        )  # fmt: skip

    root = replace(resource("pulumi:pulumi:Stack", "p-dev"), custom=False)
    plan = Plan("p", "dev", (root, resource("aws:s3/bucket:LogBucket", "logs", root.urn, sku={"name": "big"})))
    [box] = [box for box in overview(plan).boxes.values() if box.words == "log bucket"]
    assert (box.name, box.lines, box.protected) == ("logs", ("big",), True)
    assert frames(overview(plan))["Other resources"].boxes == (box,)
