"""What a deploying identity must be allowed. `tests/emulation/test_authorization.py` lets each stack live by it."""

import json
import re
from dataclasses import replace

import pytest

from azure_mlplatform.catalogue.operations import IN_TEMPLATES, OF_TARGETS, OPERATIONS
from azure_mlplatform.foundation.built_in_roles import ROLE_IDS, Role
from azure_mlplatform.foundation.problems import ProblemsError
from azure_mlplatform.plan.resource import OF_THE_ENGINE, Plan
from azure_mlplatform.plan.rights import Need, Rights, rights_of, table
from azure_mlplatform.resource_types import RESOURCE_TYPES
from azure_mlplatform.testing import SUBSCRIPTION
from support.programs import CENTRAL, OTHER_TARGETS, SYNAPSE, whole
from support.stacks import IDS, ROOT, STACKS, plan_of, rights_of_stack

CAFE = "/subscriptions/00000000-0000-0000-0000-00000000cafe/resourceGroups"
HUB = f"{CAFE}/rg-hub/providers/Microsoft.Network/virtualNetworks/vnet-hub"
STORE = f"{CAFE}/rg-customer-360/providers/Microsoft.Storage/storageAccounts/stcustomer360"
ZONES = f"{CAFE}/rg-dns/providers/Microsoft.Network/privateDnsZones"
GROUP = "/subscriptions/00000000-0000-0000-0000-00000000f00d/resourceGroups/rg-customer-360-churn-prod"
ASSIGNMENTS = [f"Microsoft.Authorization/roleAssignments/{each}" for each in ("delete", "read", "write")]


@pytest.fixture(scope="module")
def prod() -> Rights:
    return rights_of_stack(ROOT, "prod")


def actions(rights: Rights, scope: str, need: Need | None = None) -> list[str]:
    return [each.action for each in rights.on(scope, need)]


def test_each_type_that_the_library_registers_has_its_operations():
    ours = {each for each in RESOURCE_TYPES if not each.startswith(OF_THE_ENGINE)}
    assert set(OPERATIONS) == ours
    for type_, row in OPERATIONS.items():
        assert row.source
        if type_.startswith("azure-native:"):
            assert row.read, type_
            assert row.write, type_
            assert row.delete, type_


def test_names_are_written_as_operations_are():
    names = {each.action for row in OPERATIONS.values() for each in (*row.read, *row.write, *row.delete)}
    names = {each for each in names if not each.startswith("/")} | set(IN_TEMPLATES.values())
    names |= {name for row in OF_TARGETS.values() for name in row.values()}
    for each in names:
        assert re.fullmatch(
            r"[Mm]icrosoft\.\w+(/\w+)+/(read|write|delete|action)", each.replace("*", ""), re.IGNORECASE
        )
    # Two spellings of one name would be two rights.
    assert len({each.lower() for each in names}) == len(names)
    # A pattern stands only where a provider does not publish what it asks.
    assert {each for each in names if "*" in each} == {
        "Microsoft.CognitiveServices/accounts/privateEndpointConnection*/action",
        "microsoft.app/managedenvironments/privateEndpointConnection*/action",
    }


@pytest.mark.parametrize(("folder", "stack"), STACKS, ids=IDS)
def test_the_three_lists_of_each_stack(folder, stack):
    rights = rights_of_stack(folder, stack)
    up, removal, retirement = ({(each.action, each.scope) for each in rights.on(need=need)} for need in Need)
    group = {pair for pair in retirement if pair[0] == "Microsoft.Resources/subscriptions/resourceGroups/delete"}
    assert len(group) == bool(plan_of(folder, stack).of_type("ResourceGroup"))
    assert removal == up | (retirement - group)
    assert ("Microsoft.ContainerService/managedClusters/managedNamespaces/write" in {a for a, _ in retirement}) is (
        stack == "prod" and bool(plan_of(folder, stack).of_type("ManagedNamespace"))
    )
    assert not [action for action, _ in up if action.lower().endswith("/delete") and "eventgrid" not in action.lower()]
    # Retiring makes nothing: it lets namespaces go with their content, and puts back what cannot be deleted.
    writes = {action for action, _ in retirement if action.lower().endswith("/write")}
    written = ("managedNamespaces", "blobServices", "fileServices", "config", "basicPublishingCredentialsPolicies")
    assert {each for each in writes if each.split("/")[-2] not in written} == set()


def test_what_is_outside_stands_on_its_own_scope(prod):
    # The zone of the cluster's API server is the environment's own, and linked to the hub too.
    assert actions(prod, HUB) == [
        "Microsoft.Network/virtualNetworks/join/action",
        "Microsoft.Network/virtualNetworks/peer/action",
    ]
    assert actions(prod, f"{ZONES}/privatelink.azurecr.io") == ["Microsoft.Network/privateDnsZones/join/action"]
    assert f"{ZONES}/privatelink.westeurope.azmk8s.io" not in prod.scopes
    assert actions(prod, f"{STORE}/blobServices/default/containers/curated") == ASSIGNMENTS
    assert actions(prod, STORE, Need.UP) == [
        "Microsoft.EventGrid/eventSubscriptions/delete",
        "Microsoft.EventGrid/eventSubscriptions/read",
        "Microsoft.EventGrid/eventSubscriptions/write",
        "Microsoft.Storage/storageAccounts/privateEndpointConnections/read",
        "Microsoft.Storage/storageAccounts/privateEndpointConnections/write",
        "Microsoft.Storage/storageAccounts/PrivateEndpointConnectionsApproval/action",
    ]
    assert actions(prod, f"{CAFE}/rg-monitoring/providers/Microsoft.Insights/actionGroups/ag-ml-oncall") == [
        "Microsoft.Insights/ActionGroups/Read"
    ]
    assert prod.scopes[:2] == [GROUP.partition("/resourceGroups/")[0], GROUP]
    assert prod.scopes[2:] == sorted(prod.scopes[2:], key=str.lower)


def test_an_adopted_cluster_is_the_scope_of_what_is_made_on_it():
    rights = rights_of_stack(ROOT / "projects" / "pricing", "prod")
    [cluster] = [each for each in rights.scopes if each.rpartition("/")[0].endswith("/managedClusters")]
    names = {each.rpartition("Microsoft.")[2] for each in actions(rights, cluster)}
    assert names == {
        f"{name}/{verb}"
        for name in (
            "Authorization/roleAssignments",
            "ContainerService/managedClusters/managedNamespaces",
            "ContainerService/managedClusters/trustedAccessRoleBindings",
        )
        for verb in ("delete", "read", "write")
    } | {"ContainerService/managedClusters/read"}  # The program reads what it adopts.


def test_an_exclusive_claim_takes_tags_on_the_cluster():
    cluster = f"{CENTRAL}/Microsoft.ContainerService/managedClusters/aks-central"
    plan = replaced(plan_of(ROOT / "projects" / "pricing", "prod"), claim=cluster)
    assert [each for each in actions(rights_of(plan, plan), cluster) if "tags" in each] == [
        "Microsoft.Resources/tags/read",
        "Microsoft.Resources/tags/write",
    ]


def replaced(plan: Plan, *, claim: str) -> Plan:
    """A plan with a claim on a cluster beside the rest."""
    [detach] = plan.of_type("KubernetesDetach")
    type_ = "pulumi-python:dynamic/azure-mlplatform:ClusterClaim"
    made = replace(detach, urn=f"{detach.urn}-claim", type=type_, inputs={"cluster_id": claim}, id=claim)
    return replace(plan, resources=(*plan.resources, made))


def test_a_group_that_azure_makes_is_not_there_before_so_its_rights_are_on_the_subscription():
    rights = rights_of_stack(ROOT / "projects" / "fraud", "prod")
    assert actions(rights, "/subscriptions/00000000-0000-0000-0000-00000000fa0f", Need.UP) == [
        "Microsoft.Resources/subscriptions/resourceGroups/read",
        "Microsoft.Resources/subscriptions/resourceGroups/write",
        "Microsoft.Storage/storageAccounts/PrivateEndpointConnectionsApproval/action",
    ]


def test_a_group_that_others_made_is_the_scope():
    group = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-x"
    plan = whole("prod", resource_group_id=group, inference=None)
    rights = rights_of(plan, plan)
    assert rights.groups == (group,)
    assert rights.scopes[0] == group
    assert "Microsoft.MachineLearningServices/workspaces/write" in actions(rights, group)
    assert not [each for each in rights.rights if "resourceGroups" in each.action]
    assert rights.role(group, Need.UP)["AssignableScopes"] == [group]


@pytest.mark.parametrize("environment", ["dev", "prod"])
@pytest.mark.parametrize("target", [{}, *OTHER_TARGETS.values(), {"synapse": SYNAPSE}], ids=str)
def test_every_target_has_its_rights(environment, target):
    changes = {"inference": target} if "target" in target else target
    plan = whole(environment, **changes)
    assert rights_of(plan, plan).rights


def test_a_customers_key_takes_its_identity_and_roles_on_the_vault():
    vault = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-keys/providers/Microsoft.KeyVault/vaults/kv-keys"
    key = {"key_vault_id": vault, "key_id": "https://kv-keys.vault.azure.net/keys/ml"}
    plan = whole("prod", customer_managed_key=key)
    rights = rights_of(plan, plan)
    assert [scope for scope in rights.scopes if scope.startswith(vault)] == [vault]
    assert actions(rights, vault) == sorted([*ASSIGNMENTS, "Microsoft.KeyVault/vaults/read"])
    [assign] = [each for each in rights.rights if each.action.endswith("/assign/action")]
    assert {"storage account", "container registry", "AI service"} <= {
        each.what.rpartition(" ")[0] for each in assign.because
    }


def test_a_condition_names_the_roles_that_are_assigned_there(prod):
    container = prod.condition(f"{STORE}/blobServices/default/containers/curated")
    role = ROLE_IDS[Role.STORAGE_BLOB_DATA_READER]
    write, delete = (
        f"((!(ActionMatches{{'Microsoft.Authorization/roleAssignments/{verb}'}})) OR "
        f"(@{of}[Microsoft.Authorization/roleAssignments:RoleDefinitionId] ForAnyOfAnyValues:GuidEquals {{{role}}} AND "
        f"@{of}[Microsoft.Authorization/roleAssignments:PrincipalType] ForAnyOfAnyValues:StringEqualsIgnoreCase "
        "{'ServicePrincipal'}))"
        for verb, of in (("write", "Request"), ("delete", "Resource"))
    )
    assert container == f"{write} AND {delete}"
    assert ROLE_IDS[Role.PRIVATE_DNS_ZONE_CONTRIBUTOR] in prod.condition(GROUP)
    assert ROLE_IDS[Role.AZUREML_COMPUTE_OPERATOR] not in prod.condition(GROUP)
    assert prod.condition(HUB) == ""
    assert {each.role_id for each in prod.assignments} == set(re.findall(r"[0-9a-f-]{36}", prod.condition()))


def test_a_role_is_what_azure_takes(prod):
    role = prod.role(GROUP, Need.UP)
    assert list(role) == [
        "Name", "Description", "Actions", "NotActions", "DataActions", "NotDataActions", "AssignableScopes",
    ]  # fmt: skip
    assert role["Actions"] == sorted(actions(prod, GROUP, Need.UP), key=str.lower)
    assert "Microsoft.Authorization/locks/write" in role["Actions"]
    assert "Microsoft.KeyVault/vaults/delete" not in role["Actions"]
    assert "Microsoft.KeyVault/vaults/delete" in prod.role(GROUP, Need.RETIREMENT)["Actions"]
    # The group does not exist before the first update.
    assert role["AssignableScopes"] == [GROUP.partition("/resourceGroups/")[0]]
    assert prod.role(HUB, Need.UP)["AssignableScopes"] == [f"{CAFE}/rg-hub"]
    names = [prod.role(scope, need)["Name"] for scope in prod.scopes[1:] for need in Need]
    assert len(set(names)) == len(names)


def test_what_others_have_to_do_is_said(prod):
    [peering] = prod.by_others
    network = f"{GROUP}/providers/Microsoft.Network/virtualNetworks/vnet-churn-prod"
    assert peering.rights == (
        ("Microsoft.Network/virtualNetworks/virtualNetworkPeerings/write", HUB),
        ("Microsoft.Network/virtualNetworks/peer/action", network),
    )
    assert "Microsoft.EventGrid" in prod.registrations["/subscriptions/00000000-0000-0000-0000-00000000cafe"]


def test_a_connection_that_the_deployer_does_not_approve_is_the_owners():
    plan = plan_of(ROOT, "prod")
    without = replace(plan, resources=tuple(each for each in plan.resources if each.kind != "ApproveConnection"))
    rights = rights_of(without, without)
    assert not [each for each in actions(rights, STORE) if "privateEndpoint" in each]
    [store] = [each for each in rights.by_others if "stcustomer360 approves" in each.what]
    assert [action for action, _ in store.rights] == [
        "Microsoft.Storage/storageAccounts/privateEndpointConnections/read",
        "Microsoft.Storage/storageAccounts/privateEndpointConnections/write",
        "Microsoft.Storage/storageAccounts/PrivateEndpointConnectionsApproval/action",
    ]


def changed(plan: Plan, kind: str, **changes: object) -> Plan:
    [first, *_] = plan.of_type(kind)
    return replace(
        plan, resources=tuple(replace(each, **changes) if each is first else each for each in plan.resources)
    )


def test_what_has_no_row_is_named_all_at_once():
    plan = changed(plan_of(ROOT, "prod"), "Vault", type="azure-native:sql:Server")
    plan = changed(plan, "VirtualNetworkPeering", inputs={"remoteVirtualNetwork": {"id": "[unknown]"}})
    private = {
        "privateLinkServiceConnections": [{"privateLinkServiceId": f"{CAFE}/g/providers/Microsoft.Sql/servers/s"}]
    }
    plan = changed(plan, "PrivateEndpoint", inputs=private)
    template = {"properties": {"template": {"resources": [{"type": "Microsoft.Sql/servers", "name": "s"}]}}}
    plan = changed(plan, "Deployment", inputs=template)
    with pytest.raises(ProblemsError) as caught:
        rights_of(plan, plan)
    assert sorted(each.what for each in caught.value.problems) == [
        "'approve' of microsoft.sql/servers has no row in catalogue/operations.py",
        "Microsoft.Sql/servers has no row in catalogue/operations.py",
        "azure-native:sql:Server has no row in catalogue/operations.py",
        "remoteVirtualNetwork.id: '[unknown]' is not an id, so its scope is not known",
    ]


def test_the_order_does_not_depend_on_that_of_the_resources():
    plan = plan_of(ROOT, "dev")
    turned = replace(plan, resources=plan.resources[::-1])
    assert json.dumps(rights_of(turned, turned).as_json()) == json.dumps(rights_of(plan, plan).as_json())


def test_a_table_has_each_right_with_its_reason(prod):
    lines = list(table(prod))
    rows = [line for line in lines if re.match(r"  [x-] ", line)]
    assert len(rows) == len(prod.rights)
    [peer] = [line for line in rows if "peer/action" in line]
    assert peer.split() == [
        "x", "x", "-", "Microsoft.Network/virtualNetworks/peer/action",
        "peering", "peer-churn-hub-prod:", "peers", "with", "it",
    ]  # fmt: skip
    assert sum("(assumed)" in line for line in rows) == sum(each.assumed for each in prod.rights) > 0
    assert list(table(prod, HUB))[2].startswith(f"{HUB}  (what others own: microsoft.network/virtual")
    assert len([line for line in table(prod, GROUP, Need.RETIREMENT) if re.match(r"  [x-] ", line)]) == len(
        prod.on(GROUP, Need.RETIREMENT)
    )
