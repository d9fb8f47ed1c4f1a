"""The file of reviewed rights: what is refused, and which roles it gives."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azure_mlplatform.access.conditions import ASSIGN, Asked, allows
from azure_mlplatform.catalogue.role_permissions import BUILT_IN
from azure_mlplatform.foundation.built_in_roles import ROLE_IDS, Role, role_name
from azure_mlplatform.landing.rights_file import ReviewedRights, deploy_roles, reviewed_rights, rights_violations
from azure_mlplatform.landing.settings import LandingSettings
from support.landings import PROJECT, group_id, hub, of_landing, reviewed

FILE = "../rights.dev.json"
DEPLOY, RELEASE = "00000000-0000-0000-0000-00000000c1d0", "00000000-0000-0000-0000-00000000c1f0"
HELD = {
    "Microsoft.KeyVault/vaults/delete",
    "Microsoft.MachineLearningServices/workspaces/delete",
    "Microsoft.Storage/storageAccounts/delete",
}


def settings(environment="dev", **changes):
    return LandingSettings.model_validate({"project": PROJECT, **of_landing(environment, **changes)})


def changed(change, environment="dev"):
    data = json.loads(reviewed(environment))
    change(data["stacks"][0])
    return json.dumps(data)


def problems(text, **changes):
    return [f"{each.what} | {each.fix}" for each in rights_violations(text, FILE, settings(**changes))]


def roles(environment):
    found = reviewed_rights(reviewed(environment))
    assert isinstance(found, ReviewedRights)
    return deploy_roles(found, settings(environment))


@pytest.mark.parametrize("environment", ["dev", "prod"])
def test_what_the_command_prints_is_taken(environment):
    assert not list(rights_violations(reviewed(environment), FILE, settings(environment)))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is no JSON"),
        ("[]", "the file: "),
        ("{}", "command: "),
        ('{"command": "rights", "version": 1, "stacks": []}', "stacks: "),
        ('{"command": "check", "version": 1, "stacks": []}', "command: "),
        ('{"command": "rights", "version": 2, "stacks": []}', "version: "),
    ],
)
def test_what_is_no_file_of_rights_is_said_with_what_to_do(text, said):
    found = problems(text)
    assert any(f"{FILE}: {said}" in each for each in found)
    assert all("Write it again: `mlplatform rights dev -C <folder of the project> --json -o" in each for each in found)


def test_all_that_is_broken_by_hand_is_said_at_once():
    def breaks(stack):
        stack["rights"][0]["action"] = "everything"
        stack["rights"][1]["note"] = "asked by the team"
        del stack["rights"][2]["scope"]
        stack["role_assignments"][0]["principal_type"] = "User"

    found = problems(changed(breaks))
    for each in ("rights[0].action", "rights[1].note", "rights[2].scope", "role_assignments[0].principal_type"):
        assert any(f"stacks[0].{each}: " in one for one in found), each


def test_a_long_list_of_problems_is_cut():
    found = problems(changed(lambda stack: [each.pop("scope") for each in stack["rights"]]))
    assert len(found) == 11
    assert "problems more" in found[-1]


def test_the_rights_of_another_stack_are_refused():
    [found] = problems(reviewed("prod"))
    assert (
        f"and this landing makes {group_id('dev')} | Set azure-mlplatform:resource_group_id: {group_id('dev')}" in found
    )
    [other] = problems(changed(lambda stack: stack.update(project="churn")))
    assert "is of the project 'churn', this landing is of 'credits'" in other


def test_what_is_added_by_hand_to_the_roles_that_may_be_given_is_refused():
    owner = {
        "role": "Owner",
        "role_id": "8e3af657-a8ff-443c-a75c-2fe8c4bcb635",
        "scope": group_id("dev"),
        "principal": "somebody",
        "principal_type": "ServicePrincipal",
    }
    [found] = problems(changed(lambda stack: stack["role_assignments"].append(owner)))
    assert "its condition is not the one of its role_assignments" in found


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"action": "Microsoft.Authorization/roleDefinitions/write"}, "who may change a role that it holds"),
        ({"scope": "/".join(group_id("dev").split("/")[:3])}, "on the whole subscription"),
        (
            {
                "action": "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials/write",
                "scope": f"{group_id('dev')}-ci/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id",
            },
            "who deploys may only read what pipelines act as",
        ),
        (
            {"action": "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials/write"},
            "who lets others act as an identity has all of its rights",
        ),
        ({"needed_for": ["everything"]}, "for everything; allowed: up, removal, retirement"),
        (
            {"action": "Microsoft.Authorization/roleAssignments/write", "scope": hub("dev")},
            "and gives none there",
        ),
    ],
)
def test_a_right_that_no_landed_stack_needs_is_refused(change, said):
    def add(stack):
        stack["rights"].append({**stack["rights"][0], "needed_for": ["up"], **change})

    assert any(said in each for each in problems(changed(add)))


def actions(given, scope):
    return {each for role in given.custom if scope in role.scopes for each in role.actions}


def test_deploying_takes_what_up_and_removal_take_and_nothing_that_only_retiring_takes():
    stack = json.loads(reviewed("dev"))["stacks"][0]
    found = actions(roles("dev"), group_id("dev"))
    asked = {each["action"] for each in stack["rights"] if each["scope"] == group_id("dev")}
    wanted = {
        each["action"]
        for each in stack["rights"]
        if each["scope"] == group_id("dev") and {"up", "removal"} & set(each["needed_for"])
    }
    assert found == {each for each in wanted if "roleAssignments" not in each}
    assert found < asked
    assert found >= HELD, "in dev nothing is locked"


def test_in_prod_it_deletes_no_lock_and_nothing_that_is_held():
    found = actions(roles("prod"), group_id("prod"))
    assert "Microsoft.Authorization/locks/write" in found
    assert "Microsoft.Authorization/locks/delete" not in found
    assert not HELD & found
    assert "Microsoft.Network/privateEndpoints/delete" in found, "what nothing holds may be removed"


@pytest.mark.parametrize("environment", ["dev", "prod"])
def test_nobody_may_change_or_give_a_role_without_a_condition(environment):
    given = roles(environment)
    every = {each for role in given.custom for each in role.actions}
    assert not [each for each in every if re.search("role(Assignments|Definitions)/(write|delete)", each)]
    assert given.may_assign
    for may in given.may_assign.values():
        condition = may.condition(DEPLOY, RELEASE)
        every = [Asked(ASSIGN, role, "ServicePrincipal", who) for role in BUILT_IN for who in (DEPLOY, RELEASE, "")]
        passed = {(each.principal_id, each.role_id) for each in every if allows(condition, each)}
        assert not {role for who, role in passed if who == DEPLOY}
        assert {role for who, role in passed if who == RELEASE} == set(may.to_release) & BUILT_IN.keys()
        assert ROLE_IDS[Role.CONTRIBUTOR] not in {role for _, role in passed}


def test_the_release_identity_may_get_its_two_roles_in_the_group_only():
    for scope, may in roles("dev").may_assign.items():
        names = sorted(role_name(each) for each in may.to_release)
        own = ["Azure ML release and training", "Storage Blob Data Contributor"]
        assert names == (own if scope == group_id("dev") else [])
    assert "Azure ML release and training" not in {
        role_name(each.role_id) for may in roles("dev").may_assign.values() for each in may.given
    }


@pytest.mark.parametrize("environment", ["dev", "prod"])
def test_a_scope_outside_gets_what_it_asks_and_nothing_more(environment):
    given = roles(environment)
    stack = json.loads(reviewed(environment))["stacks"][0]
    outside = {each["scope"] for each in stack["rights"]} - {group_id(environment)}
    assert hub(environment) in outside
    for scope in outside:
        asked = {each["action"] for each in stack["rights"] if each["scope"] == scope}
        kind = "/".join(scope.rpartition("/providers/")[2].split("/")[::2][:1])
        mine = {each for each in actions(given, scope) if each.startswith(kind)}
        assert asked <= mine, scope
    vnet = actions(given, hub(environment))
    assert {each for each in vnet if each.startswith("Microsoft.Network/virtualNetworks/")} == {
        "Microsoft.Network/virtualNetworks/peer/action"
    }
    # One for the group and one for all outside: a tenant has 5,000.
    assert [each.label for each in given.custom] == ["deploy", "deploy-outside"]


def test_scopes_that_would_get_more_have_a_role_of_their_own():
    store = hub("dev").replace("Microsoft.Network/virtualNetworks/vnet-hub", "Microsoft.Storage/storageAccounts/st")

    def add(stack):
        first = {**stack["rights"][0], "needed_for": ["up"]}
        for name, verb in (("one", "write"), ("two", "write"), ("two", "delete")):
            action = f"Microsoft.Storage/storageAccounts/blobServices/containers/{verb}"
            stack["rights"].append({**first, "action": action, "scope": f"{store}{name}"})

    found = reviewed_rights(changed(add))
    assert isinstance(found, ReviewedRights)
    given = deploy_roles(found, settings())
    assert [each.label for each in given.custom] == ["deploy", "deploy-outside", "deploy-outside-2"]
    assert actions(given, f"{store}two") == {
        f"Microsoft.Storage/storageAccounts/blobServices/containers/{verb}" for verb in ("delete", "write")
    }


def test_events_of_a_store_are_by_the_built_in_role_at_that_store():
    store = hub("dev").replace("Microsoft.Network/virtualNetworks/vnet-hub", "Microsoft.Storage/storageAccounts/st")

    def add(stack):
        action = "Microsoft.EventGrid/eventSubscriptions/write"
        stack["rights"].append({**stack["rights"][0], "needed_for": ["up"], "action": action, "scope": store})

    found = reviewed_rights(changed(add))
    assert isinstance(found, ReviewedRights)
    given = deploy_roles(found, settings())
    assert given.subscribes == (store,)
    assert not actions(given, store)


@given(
    st.text()
    | st.recursive(st.none() | st.integers() | st.text(), lambda of: st.lists(of) | st.dictionaries(st.text(), of))
)
def test_whatever_stands_in_the_file_ends_in_problems(value):
    text = value if isinstance(value, str) else json.dumps(value)
    assert problems(text)
