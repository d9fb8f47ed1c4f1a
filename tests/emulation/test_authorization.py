"""The emulated Azure authorizes, and the rights that the plan computes are those that a stack's life takes.

The witness: the tables of the emulated Azure were transcribed apart from `catalogue/operations.py`, and neither imports
the other.
"""

import copy
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azure_mlplatform.dynamic.arm import ArmError
from azure_mlplatform.emulation.authorization import Grant, Principal, RoleError, links, principal_of
from azure_mlplatform.emulation.azure import Azure
from azure_mlplatform.emulation.ids import arm_type
from azure_mlplatform.emulation.refusal import AzureError
from azure_mlplatform.emulation.tables.permissions import LINKED
from azure_mlplatform.emulation.values import values_at
from azure_mlplatform.emulation.world import World
from azure_mlplatform.plan import Plan
from azure_mlplatform.plan.rights import Need, Right, rights_of
from support.lives import Life, Step, served_to_this_process
from support.programs import DOCUMENTS, whole
from support.stacks import IDS, ROOT, STACKS, plan_of, rights_of_stack

SUBSCRIPTION = "00000000-0000-0000-0000-000000000001"
GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg"
HUB = "/subscriptions/other/resourceGroups/rg-hub/providers/Microsoft.Network/virtualNetworks/vnet-hub"


def principal(rights: list[Right]) -> Principal:
    """Who has exactly these rights."""
    return Principal(Grant(each.scope, (each.action,)) for each in rights)


def phases(life: Life) -> Iterator[tuple[Need, Iterator[Step]]]:
    yield Need.UP, life.up()
    yield Need.REMOVAL, life.removal()
    yield Need.RETIREMENT, life.retirement()


@pytest.mark.parametrize(("folder", "stack"), STACKS, ids=IDS)
def test_a_stacks_life_takes_the_computed_rights_and_no_other(folder, stack, tmp_path):
    live(plan_of(folder, stack), plan_of(folder, stack, retired=True), tmp_path)


def test_so_does_the_life_of_an_environment_with_a_customers_key(tmp_path):
    plan = with_a_customers_key()
    live(plan, plan, tmp_path)


def with_a_customers_key() -> Plan:
    vault = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-keys/providers/Microsoft.KeyVault/vaults/kv-keys"
    key = {"key_vault_id": vault, "key_id": "https://kv-keys.vault.azure.net/keys/ml"}
    return whole("prod", customer_managed_key=key, ai_services=[DOCUMENTS])


def live(plan: Plan, retired: Plan, tmp_path: Path) -> None:
    """Lets a stack live by its computed rights, and sees that each of them is asked for."""
    rights = rights_of(plan, retired)
    azure = Azure(World())
    with served_to_this_process(azure, tmp_path):
        for need, steps in phases(Life(plan, retired, azure)):
            mine = rights.on(need=need)
            who = azure.world.principal = principal(mine)
            for step in steps:
                step.run()
            if need is not Need.REMOVAL:  # It removes some things only. See the test of the lists.
                unused = [each for each in mine if not uses(each, who.asked)]
                assert [f"{each.action} {each.scope}" for each in unused] == []
    assert [each.id for each in azure.world.resources.values() if each.type != "outside"] == []


def uses(right: Right, asked: set[tuple[str, str]]) -> bool:
    """Whether something that was asked is allowed by a right."""
    one = principal([right])
    return any(one.allows(action, scope) for action, scope in asked)


@pytest.mark.parametrize(("folder", "stack"), STACKS, ids=IDS)
def test_both_tables_say_the_same_of_what_each_resource_names(folder, stack):
    """A right on a whole group hides whose it is: several resources of a group may join its subnets."""
    plan = plan_of(folder, stack)
    by_urn = {each.urn: each for each in plan.resources}
    computed: dict[str, set[str]] = {}
    for right in rights_of_stack(folder, stack).on(need=Need.UP):
        for each in right.because:
            made = by_urn.get(each.urn)
            if each.does and made is not None and made.type != "azure-native:resources:Deployment":
                computed.setdefault(each.urn, set()).add(right.action)
    for each in plan.azure_resources:
        if each.type.startswith("azure-native:"):
            asked = {action for action, _ in links(each.id, each.inputs)}
            rules = computed.get(each.urn, set())
            assert {action for action in asked if not any(allows(rule, action) for rule in rules)} == set(), each.urn
            assert {rule for rule in rules if not any(allows(rule, action) for action in asked)} == set(), each.urn


def allows(rule: str, action: str) -> bool:
    return Principal([Grant("/", (rule,))]).allows(action, "/")


def test_without_any_single_right_the_life_of_the_reference_prod_fails(tmp_path):
    """A first life notes which step asks for a right first. In a second one, this step is tried without the right."""
    plan, retired = plan_of(ROOT, "prod"), plan_of(ROOT, "prod", retired=True)
    rights = rights_of(plan, retired)
    first: dict[tuple[Need, str], list[Right]] = {}
    azure = Azure(World())
    (tmp_path / "1").mkdir()
    with served_to_this_process(azure, tmp_path / "1"):
        for need, steps in phases(Life(plan, retired, azure)):
            left = rights.on(need=need)
            for step in steps:
                who = azure.world.principal = principal(rights.on(need=need))
                step.run()
                first[need, step.name] = [each for each in left if uses(each, who.asked)]
                left = [each for each in left if each not in first[need, step.name]]

    tried = set()
    azure = Azure(World())
    (tmp_path / "2").mkdir()
    with served_to_this_process(azure, tmp_path / "2"):
        for need, steps in phases(Life(plan, retired, azure)):
            mine = rights.on(need=need)
            for step in steps:
                world = azure.world
                for right in first[need, step.name]:
                    azure.world = copy.deepcopy(world)  # A step may go some of its way.
                    azure.world.principal = principal([each for each in mine if each is not right])
                    with pytest.raises((AzureError, ArmError), match="AuthorizationFailed"):
                        step.run()
                    tried.add((right.action, right.scope))
                azure.world = world
                azure.world.principal = principal(mine)
                step.run()
    assert tried == {(each.action, each.scope) for each in rights.rights}
    assert len(tried) > 180


CONTRIBUTOR = Grant("/", ("*",), ("Microsoft.Authorization/*/Delete", "Microsoft.Authorization/*/Write"))
RBAC_ADMINISTRATOR = Grant(
    "/", ("Microsoft.Authorization/roleAssignments/write", "Microsoft.Authorization/roleAssignments/delete", "*/read")
)
LOCKS_CONTRIBUTOR = Grant("/", tuple(f"Microsoft.Authorization/locks/{each}" for each in ("read", "write", "delete")))
ROLE_DEFINITIONS = Grant("/", ("Microsoft.Authorization/roleDefinitions/write",))
"""Built-in roles, as far as they matter here (Learn: role-based-access-control/built-in-roles, read 2026-11-28)."""


def test_contributor_and_rbac_administrator_make_no_lock_and_no_role(tmp_path):
    plan = plan_of(ROOT, "prod")
    azure = Azure(World())
    life = Life(plan, plan, azure)
    with served_to_this_process(azure, tmp_path):
        azure.world.principal = Principal([CONTRIBUTOR, RBAC_ADMINISTRATOR])
        refused = []
        for step in life.up():
            try:
                step.run()
            except AzureError as error:
                refused.append((step.name, error.message.split("'")[5]))
                azure.world.principal = Principal(
                    [CONTRIBUTOR, RBAC_ADMINISTRATOR, LOCKS_CONTRIBUTOR, ROLE_DEFINITIONS]
                )
                step.run()
                azure.world.principal = Principal([CONTRIBUTOR, RBAC_ADMINISTRATOR])
    locks = {name for name, action in refused if action == "microsoft.authorization/locks/write"}
    assert len(locks) == 8  # Four, each once made and once written again.
    roles = {name for name, action in refused if action == "microsoft.authorization/roledefinitions/write"}
    assert len(roles) + len(locks) == len(refused)
    assert len(roles) == 4  # Two.


@pytest.fixture
def azure():
    made = Azure(World())
    for type_, inputs in (("azure-native:resources:ResourceGroup", {}), ("azure-native:network:VirtualNetwork", VNET)):
        create(made, type_, inputs)
    return made


VNET = {"virtualNetworkName": "vnet", "subnets": []}
PEERING = {
    "virtualNetworkName": "vnet",
    "virtualNetworkPeeringName": "to-hub",
    "remoteVirtualNetwork": {"id": HUB},
}
PEERING_TYPE = "azure-native:network:VirtualNetworkPeering"


def create(azure: Azure, type_: str, inputs: dict) -> str:
    urn = f"urn:pulumi:dev::test::{type_}::it"
    return azure.create(type_, urn, {"resourceGroupName": "rg", **inputs}, SUBSCRIPTION)[0]


def refusal(act) -> AzureError:
    with pytest.raises(AzureError) as caught:
        act()
    return caught.value


def test_without_a_principal_everybody_may_do_anything(azure):
    create(azure, PEERING_TYPE, PEERING)


def test_a_missing_right_is_refused_as_azure_says_it(azure):
    azure.world.principal = Principal([Grant(GROUP, ("Microsoft.Network/virtualNetworks/read",))], "me")
    error = refusal(lambda: create(azure, PEERING_TYPE, PEERING))
    assert (error.status, error.code) == (403, "AuthorizationFailed")
    assert error.message == (
        "The client 'me' with object id 'me' does not have authorization to perform action "
        "'microsoft.network/virtualnetworks/virtualnetworkpeerings/write' over scope "
        f"'{GROUP}/providers/Microsoft.Network/virtualNetworks/vnet/virtualNetworkPeerings/to-hub' or the scope is "
        "invalid. If access was recently granted, please refresh your credentials."
    )
    azure.read(f"{GROUP}/providers/Microsoft.Network/virtualNetworks/vnet", "")
    assert refusal(lambda: azure.read(GROUP, "")).code == "AuthorizationFailed"
    assert refusal(lambda: azure.delete(GROUP)).code == "AuthorizationFailed"
    assert [each.id for each in azure.world.resources.values() if each.type == PEERING_TYPE] == []


def test_a_missing_right_on_what_a_body_names_is_refused_as_azure_says_it(azure):
    azure.world.principal = Principal([Grant(GROUP, ("*",)), Grant(HUB, ("*/read",))], "me")
    error = refusal(lambda: create(azure, PEERING_TYPE, PEERING))
    assert (error.status, error.code) == (403, "LinkedAuthorizationFailed")
    assert error.message == (
        "The client 'me' with object id 'me' has permission to perform action "
        "'microsoft.network/virtualnetworks/virtualnetworkpeerings/write' on scope "
        f"'{GROUP}/providers/Microsoft.Network/virtualNetworks/vnet/virtualNetworkPeerings/to-hub'; however, it does "
        f"not have permission to perform action 'microsoft.network/virtualnetworks/peer/action' on the linked scope(s) "
        f"'{HUB}' or the linked scope(s) are invalid."
    )
    azure.world.principal = Principal([Grant(GROUP, ("*",)), Grant(HUB.upper(), ("Microsoft.NETWORK/*/peer/action",))])
    create(azure, PEERING_TYPE, PEERING)


def test_what_a_role_takes_away_is_not_allowed_and_another_role_may_give_it():
    contributor = Grant("/", ("*",), ("Microsoft.Authorization/*/Write",))
    assert not Principal([contributor]).allows("Microsoft.Authorization/locks/write", GROUP)
    other = Grant(GROUP, ("Microsoft.Authorization/locks/write",))
    assert Principal([contributor, other]).allows("microsoft.authorization/locks/write", f"{GROUP}/providers/x/y/z")


def test_a_scope_is_no_beginning_of_a_name():
    assert not Principal([Grant(GROUP, ("*",))]).allows("a/b/read", f"{GROUP}-other")


@given(st.text(alphabet="abcAB/.", min_size=1), st.text(alphabet="abcAB/.", min_size=1))
def test_an_action_without_a_star_allows_itself_only(action, other):
    who = Principal([Grant("/", (action,))])
    assert who.allows(other, "/s") is (action.lower() == other.lower())


def test_each_link_is_met_by_some_stack():
    met = set()
    for plan in (with_a_customers_key(), *(plan_of(*each) for each in STACKS)):
        for each in plan.azure_resources:
            met |= {row.key for row in LINKED if row.type == arm_type(each.id) and values_at(each.inputs, row.path)}
    approvals = {row.key for row in LINKED if not row.path}
    assert {row.key for row in LINKED} - met - approvals == set()
    assert len(LINKED) == len({row.key for row in LINKED})


ROLE = {"Name": "a role", "Actions": ["a/b/read"], "NotActions": [], "AssignableScopes": ["/subscriptions/s"]}
AS_AZURE_PRINTS_IT = {
    "roleName": "a role",
    "assignableScopes": ["/subscriptions/s"],
    "permissions": [{"actions": ["a/b/read"], "notActions": ["a/b/c/read"], "dataActions": []}],
}


@pytest.mark.parametrize("role", [ROLE, AS_AZURE_PRINTS_IT])
def test_a_principal_has_the_roles_of_files(role, tmp_path):
    (tmp_path / "role.json").write_text(json.dumps(role))
    who = principal_of([tmp_path / "role.json"])
    assert who.allows("A/b/read", "/subscriptions/s/resourceGroups/g")
    assert not who.allows("a/b/write", "/subscriptions/s")


def test_a_principal_has_the_rights_that_the_command_prints(tmp_path):
    rights = rights_of_stack(ROOT, "dev")
    (tmp_path / "rights.json").write_text(json.dumps({"version": 1, "command": "rights", "stacks": [rights.as_json()]}))
    grants = principal_of([tmp_path / "rights.json"]).grants
    assert grants == principal(list(rights.rights)).grants


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"Actions": []}',
        '{"Actions": ["a"], "AssignableScopes": []}',
        '{"Actions": [5], "AssignableScopes": ["/s"]}',
        '{"Actions": ["a"], "AssignableScopes": ["s"]}',
        '{"Actions": "a", "AssignableScopes": ["/s"]}',
        '{"rights": [{}]}',
        '{"rights": [5]}',
        '{"permissions": 5, "AssignableScopes": ["/s"]}',
    ],
)
def test_what_is_no_role_is_said(text, tmp_path):
    (tmp_path / "role.json").write_text(text)
    with pytest.raises(RoleError, match=r"role\.json"):
        principal_of([tmp_path / "role.json"])


def test_a_file_that_is_missing_is_said(tmp_path):
    with pytest.raises(RoleError, match=r"role\.json: cannot be read"):
        principal_of([tmp_path / "role.json"])
