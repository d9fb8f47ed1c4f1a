"""What the emulated Azure takes, refuses, sorts and holds."""

import datetime
import threading

import pytest

from azure_mlplatform.emulation import azure as emulated
from azure_mlplatform.emulation.azure import Azure
from azure_mlplatform.emulation.refusal import AzureError
from azure_mlplatform.emulation.tables.keys import KEY_VAULTS
from azure_mlplatform.emulation.world import Fault, World

SUBSCRIPTION = "00000000-0000-0000-0000-000000000001"
GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg"
IN = {"resourceGroupName": "rg"}
HERE = {**IN, "location": "westeurope"}
GROUP_TYPE = "azure-native:resources:ResourceGroup"
CLUSTER_TYPE = "azure-native:containerservice:ManagedCluster"
POOL_TYPE = "azure-native:containerservice:AgentPool"
VAULT_TYPE = "azure-native:keyvault:Vault"
ACCOUNT_TYPE = "azure-native:cognitiveservices:Account"
LOG_TYPE = "azure-native:operationalinsights:Workspace"
LOCK_TYPE = "azure-native:authorization:ManagementLockByScope"
ROLE_TYPE = "azure-native:authorization:RoleAssignment"
DEPLOYMENT_TYPE = "azure-native:cognitiveservices:Deployment"
NETWORK_TYPE = "azure-native:network:VirtualNetwork"
ENDPOINT_TYPE = "azure-native:network:PrivateEndpoint"
TRIGGER_TYPE = "azure-native:datafactory:Trigger"
SYSTEM = {"name": "system", "mode": "System", "vmSize": "Standard_D4ds_v5"}
CLUSTER = {**HERE, "resourceName": "aks", "agentPoolProfiles": [SYSTEM]}
VAULT = {**HERE, "vaultName": "kv", "properties": {"softDeleteRetentionInDays": 7}}
ACCOUNT = {**HERE, "accountName": "ai", "kind": "OpenAI", "sku": {"name": "S0"}}


def urn(type_, name="it"):
    return f"urn:pulumi:dev::churn::{type_}::{name}"


@pytest.fixture
def azure():
    made = Azure(World())
    create(made, GROUP_TYPE, {**HERE})
    return made


def create(azure, type_, inputs, name="it"):
    return azure.create(type_, urn(type_, name), inputs, SUBSCRIPTION)


def update(azure, id_, type_, inputs):
    return azure.update(id_, urn(type_), inputs, SUBSCRIPTION)


def refused(call, *args):
    with pytest.raises(AzureError) as error:
        call(*args)
    return error.value


def acted(azure, operation, id_):
    with azure.acting(operation, id_):
        pass


def test_a_resource_is_shown_with_what_azure_adds(azure):
    id_, (written, shown) = create(azure, VAULT_TYPE, VAULT)
    assert id_ == f"{GROUP}/providers/Microsoft.KeyVault/vaults/kv"
    assert written == {key: value for key, value in VAULT.items() if key not in ("vaultName", "resourceGroupName")}
    assert shown["name"] == "kv"
    assert azure.read(id_, VAULT_TYPE) == (written, shown)


def test_a_parent_must_exist(azure):
    assert refused(create, azure, POOL_TYPE, {**IN, "resourceName": "aks", "agentPoolName": "cpu"}).code == (
        "ParentResourceNotFound"
    )
    azure.delete(GROUP)
    assert refused(create, azure, VAULT_TYPE, VAULT).code == "ResourceGroupNotFound"


def test_what_others_run_counts_as_there(azure):
    lake = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/theirs/providers/Microsoft.Storage/storageAccounts/lake"
    assert azure.read(lake, "azure-native:storage:StorageAccount") == (
        {"isHnsEnabled": False},
        {
            "isHnsEnabled": False,
            "name": "lake",
        },
    )
    role = {"scope": lake, "roleAssignmentName": "r", "roleDefinitionId": "d", "principalId": "p"}
    assert create(azure, ROLE_TYPE, role)[0].startswith(lake)


def test_a_cluster_shows_all_its_pools_sorted_by_name(azure):
    id_, _ = create(azure, CLUSTER_TYPE, CLUSTER)
    create(azure, POOL_TYPE, {**IN, "resourceName": "aks", "agentPoolName": "cpu", "vmSize": "Standard_D8ds_v5"})
    written, _ = azure.read(id_, CLUSTER_TYPE)
    assert [each["name"] for each in written["agentPoolProfiles"]] == ["cpu", "system"]


def test_a_cluster_takes_no_new_pool_and_changes_the_pools_that_it_has(azure):
    id_, _ = create(azure, CLUSTER_TYPE, CLUSTER)
    pool, _ = create(
        azure, POOL_TYPE, {**IN, "resourceName": "aks", "agentPoolName": "cpu", "vmSize": "a", "maxCount": 3}
    )
    both = [{"name": "cpu", "vmSize": "a", "maxCount": 5}, SYSTEM]
    update(azure, id_, CLUSTER_TYPE, {**CLUSTER, "agentPoolProfiles": both})
    assert azure.read(pool, POOL_TYPE)[0]["maxCount"] == 5
    other = [{"name": "cpu", "vmSize": "b"}, SYSTEM]
    assert refused(update, azure, id_, CLUSTER_TYPE, {**CLUSTER, "agentPoolProfiles": other}).code == (
        "PropertyChangeNotAllowed"
    )
    new = [SYSTEM, {"name": "gpu", "vmSize": "a"}]
    assert "A new agent pool was introduced (gpu)" in str(
        refused(update, azure, id_, CLUSTER_TYPE, {**CLUSTER, "agentPoolProfiles": new})
    )


def test_what_cannot_change_is_refused_and_what_can_is_not(azure):
    id_, _ = create(azure, VAULT_TYPE, {**VAULT, "properties": {"enablePurgeProtection": True, "tenantId": "t"}})
    changed = {**VAULT, "properties": {"enablePurgeProtection": False, "tenantId": "t"}}
    assert refused(update, azure, id_, VAULT_TYPE, changed).status == 400
    update(azure, id_, VAULT_TYPE, {**VAULT, "properties": {"enablePurgeProtection": True}, "tags": {"a": "b"}})
    assert azure.read(id_, VAULT_TYPE)[0]["tags"] == {"a": "b"}


def test_a_name_is_taken_in_all_of_azure(azure):
    create(azure, VAULT_TYPE, VAULT)
    create(azure, GROUP_TYPE, {"resourceGroupName": "other", "location": "westeurope"}, "other")
    error = refused(create, azure, VAULT_TYPE, {**VAULT, "resourceGroupName": "other"})
    assert (error.status, error.code) == (409, "VaultAlreadyExists")


def test_one_role_for_one_principal_at_one_scope_once(azure):
    role = {"scope": GROUP, "roleDefinitionId": "d", "principalId": "p"}
    create(azure, ROLE_TYPE, {**role, "roleAssignmentName": "one"})
    assert refused(create, azure, ROLE_TYPE, {**role, "roleAssignmentName": "two"}).code == "RoleAssignmentExists"
    create(azure, ROLE_TYPE, {**role, "principalId": "q", "roleAssignmentName": "three"})


def test_soft_delete_holds_a_name_until_its_day(azure):
    id_, _ = create(azure, ACCOUNT_TYPE, ACCOUNT)
    azure.delete(id_)
    error = refused(create, azure, ACCOUNT_TYPE, ACCOUNT)
    assert error.code == "FlagMustBeSetForRestore"
    assert str(azure.world.today + datetime.timedelta(days=2)) in str(error)
    azure.world.move_clock(azure.world.today + datetime.timedelta(days=2))
    create(azure, ACCOUNT_TYPE, ACCOUNT)


def test_a_deleted_account_is_restored_where_it_is_asked_for(azure):
    id_, (_, before) = create(azure, ACCOUNT_TYPE, {**ACCOUNT, "identity": {"type": "SystemAssigned"}})
    azure.delete(id_)
    again = {**ACCOUNT, "properties": {"restore": True}, "identity": {"type": "SystemAssigned"}}
    _, (_, after) = create(azure, ACCOUNT_TYPE, again)
    assert after["identity"]["principalId"] == before["identity"]["principalId"]
    assert azure.world.deleted == {}


def test_log_analytics_comes_back_without_a_word(azure):
    log = {**HERE, "workspaceName": "log"}
    id_, _ = create(azure, LOG_TYPE, log)
    azure.delete(id_)
    create(azure, LOG_TYPE, log)
    assert azure.world.deleted == {}


def test_what_is_made_again_is_another_principal(azure):
    identity = {**HERE, "resourceName": "id"}
    type_ = "azure-native:managedidentity:UserAssignedIdentity"
    id_, (_, first) = create(azure, type_, identity)
    azure.delete(id_)
    _, (_, second) = create(azure, type_, identity)
    assert first["principalId"] != second["principalId"]


@pytest.mark.parametrize("what", ["itself", "a role on it", "its group", "a setting on it"])
def test_a_lock_holds_what_it_is_on_and_what_stands_on_it(azure, what):
    vault, _ = create(azure, VAULT_TYPE, VAULT)
    role = {"scope": vault, "roleDefinitionId": "d", "principalId": "p", "roleAssignmentName": "r"}
    role_id, _ = create(azure, ROLE_TYPE, role)
    setting_id, _ = create(azure, "azure-native:monitor:DiagnosticSetting", {"resourceUri": vault, "name": "d"})
    lock, _ = create(azure, LOCK_TYPE, {"scope": vault, "lockName": "keep", "level": "CanNotDelete"})
    held = {"itself": vault, "a role on it": role_id, "its group": GROUP, "a setting on it": setting_id}[what]
    error = refused(azure.delete, held)
    assert (error.status, error.code) == (409, "ScopeLocked")
    assert held in str(error)
    azure.delete(lock)
    azure.delete(held)
    assert azure.world.get(held) is None


def test_a_lock_lets_changes_through(azure):
    vault, _ = create(azure, VAULT_TYPE, VAULT)
    create(azure, LOCK_TYPE, {"scope": vault, "lockName": "keep", "level": "CanNotDelete"})
    update(azure, vault, VAULT_TYPE, {**VAULT, "tags": {"a": "b"}})
    create(azure, ROLE_TYPE, {"scope": vault, "roleDefinitionId": "d", "principalId": "p", "roleAssignmentName": "r"})


def test_a_private_endpoint_of_a_locked_target_stays(azure):
    vault, _ = create(azure, VAULT_TYPE, VAULT)
    endpoint, _ = create(
        azure,
        "azure-native:network:PrivateEndpoint",
        {**HERE, "privateEndpointName": "pep", "privateLinkServiceConnections": [{"privateLinkServiceId": vault}]},
    )
    create(azure, LOCK_TYPE, {"scope": vault, "lockName": "keep", "level": "CanNotDelete"})
    assert refused(azure.delete, endpoint).code == "ScopeLocked"


def test_what_is_in_use_stays(azure):
    network = {**HERE, "virtualNetworkName": "vnet", "subnets": [{"name": "snet"}]}
    vnet, _ = create(azure, "azure-native:network:VirtualNetwork", network)
    subnet = {"id": f"{vnet}/subnets/snet"}
    endpoint, _ = create(
        azure, "azure-native:network:PrivateEndpoint", {**HERE, "privateEndpointName": "pep", "subnet": subnet}
    )
    assert refused(azure.delete, vnet).code == "InUseSubnetCannotBeDeleted"
    azure.delete(endpoint)
    azure.delete(vnet)


def test_a_pipeline_stays_while_a_trigger_starts_it(azure):
    create(azure, "azure-native:datafactory:Factory", {**HERE, "factoryName": "adf"})
    one = {**IN, "factoryName": "adf"}
    pipeline, _ = create(azure, "azure-native:datafactory:Pipeline", {**one, "pipelineName": "score"})
    reference = {"type": "PipelineReference", "referenceName": "score"}
    trigger, _ = create(
        azure,
        TRIGGER_TYPE,
        {
            **one,
            "triggerName": "t",
            "properties": {"type": "ScheduleTrigger", "pipelines": [{"pipelineReference": reference}]},
        },
    )
    assert refused(azure.delete, pipeline).code == "BadRequest"
    azure.delete(trigger)
    azure.delete(pipeline)


def test_a_started_trigger_neither_changes_nor_goes(azure):
    create(azure, "azure-native:datafactory:Factory", {**HERE, "factoryName": "adf"})
    inputs = {**IN, "factoryName": "adf", "triggerName": "t", "properties": {"type": "ScheduleTrigger"}}
    trigger, _ = create(azure, TRIGGER_TYPE, inputs)
    azure.world.get(trigger).read_only["properties"]["runtimeState"] = "Started"
    assert refused(update, azure, trigger, TRIGGER_TYPE, inputs).code == "TriggerEnabledCannotUpdate"
    assert refused(azure.delete, trigger).code == "TriggerEnabledCannotUpdate"


def test_two_writes_on_one_account_at_once_clash(azure):
    create(azure, ACCOUNT_TYPE, ACCOUNT)
    codes = []
    ready = threading.Barrier(2)

    def deploy(name):
        inputs = {**IN, "accountName": "ai", "deploymentName": name}
        ready.wait()
        try:
            create(azure, "azure-native:cognitiveservices:Deployment", inputs, name)
            codes.append("made")
        except AzureError as error:
            codes.append(error.code)

    both = [threading.Thread(target=deploy, args=(name,)) for name in ("one", "two")]
    for each in both:
        each.start()
    for each in both:
        each.join()
    assert sorted(codes) == ["RequestConflict", "made"]


def test_a_group_takes_all_that_is_in_it(azure):
    create(azure, VAULT_TYPE, VAULT)
    azure.delete(GROUP)
    assert azure.world.resources == {}
    assert [each.resource.id.rsplit("/", 1)[1] for each in azure.world.deleted.values()] == ["kv"]


def test_what_is_gone_can_be_deleted_again(azure):
    azure.delete(f"{GROUP}/providers/Microsoft.KeyVault/vaults/none")


@pytest.mark.parametrize("half_way", [False, True])
def test_a_fault_hits_as_often_as_it_says_and_may_come_late(azure, half_way):
    azure.world.faults.append(Fault("vaults", "create", 1, 503, "ServiceUnavailable", half_way=half_way))
    error = refused(create, azure, VAULT_TYPE, VAULT)
    assert (error.status, error.code, error.half_way) == (503, "ServiceUnavailable", half_way)
    there = azure.world.get(f"{GROUP}/providers/Microsoft.KeyVault/vaults/kv") is not None
    assert there is half_way
    create(azure, VAULT_TYPE, {**VAULT, "properties": {"softDeleteRetentionInDays": 7}})


def model(name, version, **more):
    properties = {"model": {"format": "OpenAI", "name": name, "version": version}}
    return {**IN, "accountName": "ai", "deploymentName": "chat", "properties": properties, **more}


def test_a_model_is_refused_from_its_day_on_and_what_runs_goes_on(azure, monkeypatch):
    monkeypatch.setattr(World, "today", datetime.date(2027, 4, 14))
    create(azure, ACCOUNT_TYPE, ACCOUNT)
    id_, _ = create(azure, DEPLOYMENT_TYPE, model("text-embedding-3-small", "1"))
    monkeypatch.setattr(World, "today", datetime.date(2027, 4, 15))
    update(azure, id_, DEPLOYMENT_TYPE, model("text-embedding-3-small", "1", sku={"capacity": 9}))
    azure.delete(id_)
    error = refused(create, azure, DEPLOYMENT_TYPE, model("text-embedding-3-small", "1"))
    assert (error.status, error.code) == (400, "ServiceModelDeprecated")
    assert "Version:1' has been deprecated since 04/15/2027 00:00:00." in str(error)
    create(azure, DEPLOYMENT_TYPE, model("of-tomorrow", "1"))
    assert refused(update, azure, id_, DEPLOYMENT_TYPE, model("text-embedding-3-small", "1")).code == (
        "CannotChangeDeploymentModel"
    )


def test_a_pool_is_changed_where_it_stands_and_its_size_is_not(azure):
    id_, _ = create(azure, CLUSTER_TYPE, CLUSTER)
    cluster = azure.world.get(id_)
    azure.change_pool(cluster, "system", {"maxCount": 7})
    assert azure.read(id_, CLUSTER_TYPE)[0]["agentPoolProfiles"] == [{**SYSTEM, "maxCount": 7}]
    error = refused(azure.change_pool, cluster, "system", {"vmSize": "Standard_D8ds_v5"})
    assert (error.code, str(error).count("vmSize")) == ("PropertyChangeNotAllowed", 1)


def test_a_read_only_lock_holds_writes_and_actions_but_not_itself(azure):
    vault, _ = create(azure, VAULT_TYPE, VAULT)
    lock, _ = create(azure, LOCK_TYPE, {"scope": vault, "lockName": "keep", "level": "ReadOnly"})
    role = {"scope": vault, "roleDefinitionId": "d", "principalId": "p", "roleAssignmentName": "r"}
    for call in (
        lambda: update(azure, vault, VAULT_TYPE, {**VAULT, "tags": {"a": "b"}}),
        lambda: create(azure, ROLE_TYPE, role),
        lambda: acted(azure, "listKeys", vault),
    ):
        error = refused(call)
        assert (error.status, error.code) == (409, "ScopeLocked")
    assert "cannot perform action operation" in str(error)
    azure.delete(lock)
    update(azure, vault, VAULT_TYPE, {**VAULT, "tags": {"a": "b"}})


def test_the_endpoint_of_a_locked_target_fails_half_way_with_the_text_of_the_target(azure):
    vault, _ = create(azure, VAULT_TYPE, VAULT)
    connections = [{"privateLinkServiceId": vault}]
    inputs = {**HERE, "privateEndpointName": "pep", "privateLinkServiceConnections": connections}
    endpoint, _ = create(azure, ENDPOINT_TYPE, inputs)
    create(azure, LOCK_TYPE, {"scope": vault, "lockName": "keep", "level": "CanNotDelete"})
    error = refused(azure.delete, endpoint)
    assert error.half_way
    assert error.message.startswith("Call to microsoft.keyvault/vaults failed. Error message: The scope '")


def test_a_group_that_is_used_from_outside_loses_the_rest(azure):
    create(azure, GROUP_TYPE, {"resourceGroupName": "other", "location": "westeurope"}, "other")
    create(azure, VAULT_TYPE, VAULT)
    guard, _ = create(azure, "azure-native:network:NetworkSecurityGroup", {**HERE, "networkSecurityGroupName": "nsg"})
    subnets = [{"name": "snet", "networkSecurityGroup": {"id": guard}}]
    vnet, _ = create(azure, NETWORK_TYPE, {**HERE, "virtualNetworkName": "vnet", "subnets": subnets})
    inputs = {"resourceGroupName": "other", "privateEndpointName": "pep", "subnet": {"id": f"{vnet}/subnets/snet"}}
    endpoint, _ = create(azure, ENDPOINT_TYPE, inputs)
    error = refused(azure.delete, GROUP)
    assert (error.status, error.code, error.half_way) == (409, "ResourceGroupDeletionBlocked", True)
    assert f"'{vnet},{guard}'" in str(error)
    assert {each.id for each in azure.world.below(GROUP)} == {vnet, guard}
    azure.delete(endpoint)
    azure.delete(GROUP)
    assert azure.world.get(vnet) is None


def test_a_network_keeps_a_subnet_that_is_in_use(azure):
    network = {**HERE, "virtualNetworkName": "vnet", "subnets": [{"name": "a"}, {"name": "b"}]}
    vnet, _ = create(azure, NETWORK_TYPE, network)
    inputs = {**HERE, "privateEndpointName": "pep", "subnet": {"id": f"{vnet}/subnets/a"}}
    create(azure, ENDPOINT_TYPE, inputs)
    less = {**network, "subnets": [{"name": "b"}]}
    assert refused(update, azure, vnet, NETWORK_TYPE, less).code == "InUseSubnetCannotBeDeleted"
    update(azure, vnet, NETWORK_TYPE, {**network, "subnets": [{"name": "a"}]})


@pytest.mark.parametrize("strict", [False, True])
def test_what_clashes_now_and_then_clashes_always_in_a_strict_world(azure, strict):
    azure.world.strict = strict
    network = {**HERE, "virtualNetworkName": "vnet", "subnets": []}
    vnet, _ = create(azure, NETWORK_TYPE, network)
    with azure.acting("update", vnet):
        if strict:
            error = refused(update, azure, vnet, NETWORK_TYPE, network)
            assert (error.status, error.code) == (429, "AnotherOperationInProgress")
        else:
            update(azure, vnet, NETWORK_TYPE, network)
    update(azure, vnet, NETWORK_TYPE, network)


def test_nothing_is_made_in_a_group_that_is_being_deleted(azure):
    with azure.acting("delete", GROUP):
        assert refused(create, azure, VAULT_TYPE, VAULT).code == "ResourceGroupBeingDeleted"
    create(azure, VAULT_TYPE, VAULT)


def test_a_principal_that_was_made_just_now_needs_its_kind(azure):
    type_ = "azure-native:managedidentity:UserAssignedIdentity"
    _, (_, identity) = create(azure, type_, {**HERE, "resourceName": "id"})
    role = {"scope": GROUP, "roleDefinitionId": "d", "principalId": identity["principalId"], "roleAssignmentName": "r"}
    error = refused(create, azure, ROLE_TYPE, role)
    assert (error.status, error.code) == (400, "PrincipalNotFound")
    assert azure.world.refused == ["FRESH microsoft.authorization/roleassignments properties.principalType"]
    create(azure, ROLE_TYPE, {**role, "principalType": "ServicePrincipal"})


@pytest.mark.parametrize(("operation", "seconds"), [("create", 40), ("update", 5), ("delete", 8)])
def test_a_slow_operation_takes_the_documented_time(azure, monkeypatch, operation, seconds):
    slept = []
    monkeypatch.setattr(emulated.time, "sleep", slept.append)
    if operation != "create":
        create(azure, VAULT_TYPE, VAULT)
    azure.world.faults.append(Fault("/vaults/kv", operation, status=0, seconds=None))
    id_ = f"{GROUP}/providers/Microsoft.KeyVault/vaults/kv"
    if operation == "create":
        create(azure, VAULT_TYPE, VAULT)
    elif operation == "update":
        update(azure, id_, VAULT_TYPE, VAULT)
    else:
        azure.delete(id_)
    assert seconds in slept


@pytest.mark.parametrize(
    ("option", "sku", "version"),
    [
        ("OnceCurrentVersionExpired", "Standard", "2027-02-06"),
        ("OnceNewDefaultVersionAvailable", "GlobalStandard", "2027-02-06"),
        ("NoAutoUpgrade", "Standard", "2025-08-07"),
        ("OnceCurrentVersionExpired", "ProvisionedManaged", "2025-08-07"),
    ],
)
def test_the_service_moves_a_deployment_on_the_day_on_which_its_model_retires(azure, option, sku, version):
    create(azure, ACCOUNT_TYPE, ACCOUNT)
    chat = {
        **IN,
        "accountName": "ai",
        "deploymentName": "chat",
        "sku": {"name": sku},
        "properties": {"model": {"name": "gpt-5-mini", "version": "2025-08-07"}, "versionUpgradeOption": option},
    }
    id_, _ = create(azure, DEPLOYMENT_TYPE, chat)

    def runs():
        return azure.read(id_, DEPLOYMENT_TYPE)[0]["properties"]["model"]["version"]

    azure.world.move_clock(datetime.date(2027, 2, 5))
    assert runs() == "2025-08-07"
    azure.world.move_clock(datetime.date(2027, 2, 6))
    assert runs() == version
    if version != "2025-08-07":
        assert refused(update, azure, id_, DEPLOYMENT_TYPE, chat).code == "ServiceModelDeprecated"


NAMES_THE_VAULT = {
    "microsoft.storage/storageaccounts": (
        "azure-native:storage:StorageAccount",
        {"accountName": "st", "encryption": {"keyVaultProperties": {"keyVaultUri": "https://KV.vault.azure.net/"}}},
    ),
    "microsoft.cognitiveservices/accounts": (
        ACCOUNT_TYPE,
        {
            **ACCOUNT,
            "properties": {"encryption": {"keyVaultProperties": {"keyVaultUri": "https://kv.vault.azure.net/"}}},
        },
    ),
    "microsoft.machinelearningservices/workspaces": (
        "azure-native:machinelearningservices:Workspace",
        {
            "workspaceName": "mlw",
            "encryption": {"keyVaultProperties": {"keyVaultArmId": f"{GROUP}/providers/Microsoft.KeyVault/vaults/kv"}},
        },
    ),
    "microsoft.datafactory/factories": (
        "azure-native:datafactory:Factory",
        {"factoryName": "adf", "encryption": {"vaultBaseUrl": "https://kv.vault.azure.net/"}},
    ),
    "microsoft.synapse/workspaces": (
        "azure-native:synapse:Workspace",
        {
            "workspaceName": "syn",
            "encryption": {"cmk": {"key": {"keyVaultUrl": "https://kv.vault.azure.net/keys/ml"}}},
        },
    ),
}


@pytest.mark.parametrize("row", KEY_VAULTS, ids=lambda row: row.type)
@pytest.mark.parametrize("protected", [True, False, None])
def test_a_key_is_taken_from_a_vault_with_purge_protection_only(azure, row, protected):
    type_, inputs = NAMES_THE_VAULT[row.type]
    vault = {**VAULT, "properties": {"enablePurgeProtection": protected} if protected is not None else {}}
    create(azure, VAULT_TYPE, vault)
    if protected:
        assert create(azure, type_, {**HERE, **inputs})
        return
    with pytest.raises(AzureError) as error:
        create(azure, type_, {**HERE, **inputs})
    assert (error.value.status, error.value.code) == (row.status, row.code)
    assert azure.world.refused == [row.key]


def test_a_vault_that_others_run_counts_as_suitable_for_a_key(azure):
    type_, inputs = NAMES_THE_VAULT["microsoft.storage/storageaccounts"]
    assert create(azure, type_, {**HERE, **inputs})
