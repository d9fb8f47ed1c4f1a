"""The access model against what the plans of all stacks grant."""

import re
from collections import defaultdict
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from azure_mlplatform.export.access import access_document
from azure_mlplatform.foundation.access_model import GRANTS, PARTS, PEOPLE, On, Who, grants_in
from azure_mlplatform.foundation.built_in_roles import PrincipalType, role_name
from azure_mlplatform.foundation.profiles import PROFILES
from azure_mlplatform.plan import UNKNOWN
from azure_mlplatform.settings import Environment
from azure_mlplatform.testing import check_golden
from support.programs import (
    BATCH,
    BRICKS,
    GROUP,
    INFERENCE,
    OPENAI,
    OTHER_GROUP,
    OTHER_TARGETS,
    STORE,
    SYNAPSE,
    WORKSPACE,
    ZONES,
    whole,
)
from support.stacks import IDS, ROOT, STACKS, plan_of

READERS, ADMINS = OTHER_GROUP, "00000000-0000-0000-0000-0000000000a3"
CI = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-customer-360-churn-{}-ci/providers"
KEY = {
    "key_vault_id": "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-central/providers/"
    "Microsoft.KeyVault/vaults/kv-keys",
    "key_id": "https://kv-keys.vault.azure.net/keys/ml",
}

BY_TYPE = {
    "microsoft.cognitiveservices/accounts": On.AI,
    "microsoft.containerregistry/registries": On.REGISTRY,
    "microsoft.containerservice/managedclusters": On.CLUSTER,
    "microsoft.insights/components": On.INSIGHTS,
    "microsoft.keyvault/vaults": On.KEY_VAULT,
    "microsoft.machinelearningservices/workspaces": On.WORKSPACE,
    "microsoft.network/privatednszones": On.ZONE,
    "microsoft.network/privateendpoints": On.ENDPOINT,
    "microsoft.network/virtualnetworks": On.NETWORK,
    "microsoft.network/virtualnetworks/subnets": On.SUBNET,
    "microsoft.storage/storageaccounts": On.STORAGE,
    "microsoft.storage/storageaccounts/blobservices/containers": On.CONTAINER,
}

IDENTITIES = (
    (r"MLWorkspace\$.*::.*-compute-identity$", Who.COMPUTES),
    (r"MLWorkspace\$.*UserAssignedIdentity::", Who.WORKSPACE),
    (r"-workload-identity$", Who.WORKLOAD),
    (r"-key-identity$", Who.KEY),
    (r"OnlineEndpoint\$.*UserAssignedIdentity::", Who.ENDPOINTS),
    (r"AKSInference\$.*UserAssignedIdentity::", Who.CLUSTER),
    (r"(AppService|ContainerApp)Inference\$.*UserAssignedIdentity::", Who.APPS),
    (r"datafactory:Factory::", Who.ORCHESTRATOR),
    (r"synapse:Workspace::", Who.ORCHESTRATOR),
    (r"databricks:AccessConnector::", Who.DATABRICKS),
)


def who_of(plan, settings):
    """Principal id → who it is, by the place in the program of the identity that a plan makes, or by the settings."""
    found = {}
    for each in plan.azure_resources:
        if each.principal_id and each.principal_id != UNKNOWN:
            found[each.principal_id] = next((who for by, who in IDENTITIES if re.search(by, each.urn)), each.urn)
    return {**found, **settings}


def on_of(scope):
    if "/providers/" not in scope:
        return On.GROUP
    parts = scope.rpartition("/providers/")[2].split("/")
    return BY_TYPE["/".join([parts[0], *parts[1::2]]).lower()]


def granted(plan, settings):
    """(who, role, on, principal type) of each assignment."""
    who = who_of(plan, settings)
    for each in plan.of_type("RoleAssignment"):
        principal, kind = str(each.input("principalId")), str(each.input("principalType"))
        yield (
            who.get(principal, principal),
            role_name(str(each.input("roleDefinitionId"))),
            on_of(str(each.input("scope"))),
            kind,
        )


def groups(plan, **settings):
    """The groups of a stack's own settings: those that AzureML Data Scientist works for, and those that only see."""
    people = [each for each in plan.of_type("RoleAssignment") if each.input("principalType") == "Group"]
    by = defaultdict(set)
    for each in people:
        by[str(each.input("principalId"))].add(role_name(str(each.input("roleDefinitionId"))))
    seen = {"Azure ML reader without data"}
    return {each: Who.READERS if roles == seen else Who.DATA_SCIENTISTS for each, roles in by.items()} | settings


@cache
def everything(environment):
    """The plans of what no project has all of, in one kind of environment."""
    works = environment in ("sandbox", "dev")
    access: dict[str, Any] = {"readers": [READERS]}
    who = {READERS: Who.READERS, GROUP: Who.DATA_SCIENTISTS, ADMINS: Who.ADMINS}
    if works:
        access |= {"data_scientists": [GROUP], "admins": [ADMINS]}
    if environment != "sandbox":
        access["release_identity_id"] = (
            f"{CI.format(environment)}/Microsoft.ManagedIdentity/userAssignedIdentities/id-churn-release-{environment}"
        )
    common = {"access": access, "ai_services": [OPENAI, {"name": "documents", "kind": "FormRecognizer"}]}
    network = {} if environment != "sandbox" else {"network": {"address_space": ["10.20.0.0/22"]}}
    out = {**STORE, "name": "out", "container": "out", "access": "write", "folders": []}
    written = {**WORKSPACE, "datastores": [STORE, out]}
    managed = {**WORKSPACE, "network_mode": "managed"}
    adopted = {"address_space": ["10.20.0.0/22"], "dns": {"mode": "adopt", "zone_ids": ZONES}}
    promoted = PROFILES[Environment(environment)].is_promoted
    inference = INFERENCE if promoted else OTHER_TARGETS["managed"]
    plans = [
        whole(environment, inference=inference, batch=BATCH, **common, **network),
        whole(environment, inference=None, workspace=managed, **common, **network),
        whole(environment, inference=None, synapse=SYNAPSE, customer_managed_key=KEY, **common, **network),
        whole(environment, inference=None, workspace=written, **BRICKS),
        whole(environment, inference=inference, network=adopted),
        *(whole(environment, inference=each, **network) for each in OTHER_TARGETS.values()),
    ]
    return plans, who


def released(plan, who):
    """The same with the identity that releases, which the plan only reads."""
    found = {str(each.input("principalId")) for each in plan.of_type("RoleAssignment") if "-ml-release" in each.name}
    return {**who, **dict.fromkeys(found, Who.RELEASE)}


def table(environment):
    return {(each.who, each.role_name, each.on, each.principal_type.value) for each in grants_in(environment)}


ENVIRONMENTS = [
    pytest.param(*each, id=id_)
    for each, id_ in zip(STACKS, IDS, strict=True)
    if each[0].name not in ("landing", "shared")
]
"""The stacks of environments. What a landing and shared services grant is not in the table, but in docs/landing.md."""


@pytest.mark.parametrize(("folder", "stack"), ENVIRONMENTS)
def test_a_stack_grants_nothing_else_than_the_table(folder, stack):
    plan = plan_of(folder, stack)
    assert set(granted(plan, released(plan, groups(plan)))) - table(Environment(stack)) == set()


@pytest.mark.parametrize("environment", Environment)
def test_everything_together_grants_exactly_the_table(environment):
    plans, who = everything(environment.value)
    found = {row for plan in plans for row in granted(plan, released(plan, who))}
    assert found - table(environment) == set()
    missing = table(environment) - found
    assert missing == set()


def test_a_row_stands_once_for_an_environment():
    for environment in Environment:
        keys = [(each.who, each.role, each.on) for each in grants_in(environment)]
        assert len(keys) == len(set(keys))


@pytest.mark.parametrize("environment", [Environment.TEST, Environment.PROD])
def test_where_no_person_works_groups_only_see(environment):
    people = [each for each in grants_in(environment) if each.who in PEOPLE]
    assert {(each.who, each.role_name) for each in people} == {(Who.READERS, "Azure ML reader without data")}


def test_people_are_groups_and_all_others_service_principals():
    assert {each.who for each in GRANTS if each.principal_type is PrincipalType.GROUP} == set(PEOPLE)


def test_each_part_says_what_it_may_in_each_environment():
    assert all(len(each.may) == len(Environment) for each in PARTS)


def test_the_document_is_what_the_tables_give():
    check_golden(access_document(), Path(ROOT) / "docs" / "access.md")
