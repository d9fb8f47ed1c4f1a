from graphlib import CycleError

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azure_mlplatform.emulation.makespan import (
    ONE_AT_A_TIME,
    RULES,
    makespan,
    registered,
    required,
    seconds_to_create,
)
from azure_mlplatform.emulation.tables.durations import DURATIONS, DYNAMIC, OTHERS

GROUP = "/subscriptions/s/resourceGroups/rg"
ACCOUNT = f"{GROUP}/providers/Microsoft.CognitiveServices/accounts/ais"
CLUSTER = f"{GROUP}/providers/Microsoft.ContainerService/managedClusters/aks"
FACTORY = f"{GROUP}/providers/Microsoft.DataFactory/factories/adf"
IDENTITY = f"{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id"
NETWORK = f"{GROUP}/providers/Microsoft.Network/virtualNetworks/vnet"
WORKSPACE = f"{GROUP}/providers/Microsoft.MachineLearningServices/workspaces/mlw"
TAINT = ["CriticalAddonsOnly=true:NoSchedule"]
TYPES = [*DURATIONS, "microsoft.unheard/of"]


def resource(urn, id_="", type_="azure-native:a:B", outputs=None, **inputs):
    return {
        "urn": urn,
        "id": id_ or f"{GROUP}/providers/A/b/{urn}",
        "type": type_,
        "inputs": inputs,
        "outputs": outputs,
    }


def of_type(urn, type_):
    provider, *types = type_.split("/")
    return resource(urn, f"{GROUP}/providers/{provider}/" + "/".join(f"{each}/{urn}" for each in types))


def role(urn, scope, principal):
    # Azure shows what was written, too.
    id_ = f"{scope}/providers/Microsoft.Authorization/roleAssignments/{urn}"
    return resource(urn, id_, outputs={"principalId": principal}, principalId=principal)


def dynamic(urn, name, id_, **inputs):
    return resource(urn, id_, f"pulumi-python:dynamic/azure-mlplatform:{name}", **inputs)


VAULT, STORAGE, LOG = (
    of_type("vault", "microsoft.keyvault/vaults"),
    of_type("storage", "microsoft.storage/storageaccounts"),
    of_type("log", "microsoft.operationalinsights/workspaces"),
)
V, S, L = (seconds_to_create(each) for each in (VAULT, STORAGE, LOG))


def first_of(urn, *resources):
    """What a resource waits for, beside writes that could come after it as well."""
    return {first for first, rule in required(resources)[urn].items() if rule is not ONE_AT_A_TIME}


def test_a_chain_takes_the_sum():
    schedule = makespan([VAULT, STORAGE, LOG], {"storage": ["vault"], "log": ["storage"]})
    assert schedule.ends == {"vault": V, "storage": V + S, "log": V + S + L}
    assert schedule.chain == ["vault", "storage", "log"]
    assert schedule.seconds == V + S + L


def test_a_diamond_waits_for_the_later_side():
    last = of_type("site", "microsoft.web/sites")
    schedule = makespan(
        [VAULT, STORAGE, LOG, last], {"storage": ["log"], "vault": ["log"], "site": ["storage", "vault"]}
    )
    assert schedule.chain == ["log", "vault", "site"]
    assert schedule.seconds == L + max(S, V) + seconds_to_create(last)


def test_nothing_takes_no_time():
    assert makespan([], {}).seconds == 0


def test_resources_that_wait_for_each_other_are_refused():
    with pytest.raises(CycleError):
        makespan([VAULT, LOG], {"vault": ["log"], "log": ["vault"]})


def test_a_resource_that_is_not_there_is_refused():
    with pytest.raises(KeyError):
        makespan([VAULT], {"vault": ["log"]})


@given(
    st.lists(st.sampled_from(TYPES), min_size=2, max_size=12),
    st.sets(st.tuples(st.integers(0, 11), st.integers(0, 11)).filter(lambda each: each[0] < each[1]), max_size=30),
)
def test_an_edge_never_shortens_and_the_longest_is_a_lower_bound(types, pairs):
    resources = [of_type(f"{at}", type_) for at, type_ in enumerate(types)]
    edges = {each["urn"]: set() for each in resources}
    before = makespan(resources, edges).seconds
    assert before == max(map(seconds_to_create, resources))
    for first, second in sorted(each for each in pairs if each[1] < len(types)):
        edges[f"{second}"].add(f"{first}")
        schedule = makespan(resources, edges)
        assert before <= schedule.seconds <= sum(map(seconds_to_create, resources))
        assert schedule.seconds == sum(seconds_to_create(resources[int(each)]) for each in schedule.chain)
        before = schedule.seconds


def test_what_is_not_in_azure_takes_no_time():
    kinds = [
        "azure-mlplatform:index:Network",
        "pulumi:providers:azure-native",
        "random:index/randomString:RandomString",
    ]
    assert [seconds_to_create(resource("x", type_=each)) for each in kinds] == [0, 0, 0]
    assert seconds_to_create({**VAULT, "external": True}) == 0


def test_times_are_those_of_the_tables():
    assert seconds_to_create(VAULT) == DURATIONS["microsoft.keyvault/vaults"].create
    assert seconds_to_create(of_type("x", "microsoft.unheard/of")) == OTHERS.create
    assert seconds_to_create(dynamic("x", "StartTrigger", "")) == DYNAMIC["StartTrigger"].create
    assert seconds_to_create(dynamic("x", "Unheard", "")) == OTHERS.create


def test_a_template_takes_as_long_as_what_it_deploys():
    id_ = f"{GROUP}/providers/Microsoft.Resources/deployments/d"
    template = {"resources": [{"type": "Microsoft.KeyVault/vaults", "name": "kv"}]}
    deployment = resource("d", id_, properties={"template": template})
    assert seconds_to_create(deployment) == DURATIONS["microsoft.resources/deployments"].create + V


def test_the_engine_waits_for_dependencies_provider_and_parent():
    one = {
        "urn": "urn:a",
        "parent": "urn:component",
        "provider": "urn:provider::id",
        "dependencies": ["urn:b"],
        "propertyDependencies": {"x": ["urn:c"], "y": None},
    }
    assert registered([one]) == {"urn:a": {"urn:b", "urn:c", "urn:component", "urn:provider"}}
    assert registered([{"urn": "urn:a"}]) == {"urn:a": set()}


def test_a_child_and_an_extension_wait_for_their_parent():
    group, network = resource("group", GROUP), resource("network", NETWORK)
    child = resource("child", f"{NETWORK}/virtualNetworkPeerings/p")
    lock = resource("lock", f"{NETWORK}/providers/Microsoft.Authorization/locks/l")
    found = required([lock, child, network, group])
    assert {urn: set(first) for urn, first in found.items()} == {
        "lock": {"network"},
        "child": {"network"},
        "network": {"group"},
        "group": set(),
    }


def test_what_comes_with_its_parent_is_not_waited_for():
    account = resource("account", f"{GROUP}/providers/Microsoft.Storage/storageAccounts/st")
    blobs = resource("blobs", f"{account['id']}/blobServices/default")
    assert first_of("setting", account, blobs, resource("setting", f"{blobs['id']}/providers/A/b/c")) == {"account"}


def test_an_id_in_the_inputs_is_made_first_wherever_it_stands():
    network = resource("network", NETWORK)
    endpoint = resource("endpoint", properties=[{"subnet": {"id": f"{NETWORK.upper()}/subnets/one"}}])
    assert first_of("endpoint", network, endpoint) == {"network"}
    assert first_of("tagged", network, resource("tagged", tags={"of": NETWORK})) == set()
    assert first_of("outside", network, resource("outside", id2="/subscriptions/s/resourceGroups/b/c")) == set()


def test_a_sibling_is_found_by_its_name_and_kind():
    pipeline = resource("pipeline", f"{FACTORY}/pipelines/score")
    linked = resource("linked", f"{FACTORY}/linkedservices/score")
    trigger = resource(
        "trigger", f"{FACTORY}/triggers/t", pipelines=[{"referenceName": "score", "type": "PipelineReference"}]
    )
    assert first_of("trigger", pipeline, linked, trigger) == {"pipeline"}


def test_a_template_makes_what_others_refer_to():
    template = {
        "resources": [{"type": "Microsoft.DataFactory/factories/managedVirtualNetworks", "name": "adf/default"}]
    }
    id_ = f"{GROUP}/providers/Microsoft.Resources/deployments/d"
    deployment = resource("deployment", id_, properties={"template": template})
    endpoint = resource("endpoint", f"{FACTORY}/managedVirtualNetworks/default/managedPrivateEndpoints/e")
    found = required([resource("factory", FACTORY), deployment, endpoint])
    assert set(found["deployment"]) == {"factory"}
    assert set(found["endpoint"]) == {"deployment"}


def test_a_role_waits_for_its_principal():
    owner = resource("owner", IDENTITY, outputs={"principalId": "p", "tenantId": "t"})
    other = role("other", GROUP, "t")
    assert first_of("role", owner, other, role("role", GROUP, "p"), role("second", GROUP, "p")) == {"owner"}
    assert first_of("other", owner, other) == set()


@pytest.mark.parametrize("id_", [CLUSTER, WORKSPACE])
def test_what_has_an_identity_waits_for_its_roles_on_what_it_names(id_):
    identity = resource("identity", IDENTITY, outputs={"principalId": "p"})
    roles = [role("network-role", NETWORK, "p"), role("elsewhere", ACCOUNT, "p"), role("another", NETWORK, "q")]
    user = resource("user", id_, identity=[IDENTITY], subnet=f"{NETWORK}/subnets/one")
    assert first_of("user", identity, *roles, user) == {"identity", "network-role"}


@pytest.mark.parametrize("name", ["ApproveConnection", "ClusterClaim", "StartTrigger", "SystemPool"])
def test_what_is_called_is_made_first(name):
    one, other = resource("one", CLUSTER), resource("other", FACTORY)
    call = dynamic("call", name, f"{CLUSTER}/agentPools/system", factory_id=FACTORY)
    assert first_of("call", one, other, call) == {"one", "other"}


@pytest.mark.parametrize(
    ("system", "kind", "first"),
    [
        (TAINT, "Microsoft.AzureML.Kubernetes", {"cluster", "cpu"}),
        ([], "Microsoft.AzureML.Kubernetes", {"cluster"}),
        (TAINT, "microsoft.flux", {"cluster"}),
    ],
)
def test_azure_mls_extension_waits_for_nodes_that_take_it(system, kind, first):
    cluster = resource("cluster", CLUSTER, agentPoolProfiles=[{"name": "system", "nodeTaints": system}])
    pools = [
        resource("gpu", f"{CLUSTER}/agentPools/gpu", nodeTaints=["ml.azure.com/amlarc=true:NoSchedule"]),
        resource("cpu", f"{CLUSTER}/agentPools/cpu"),
    ]
    id_ = f"{CLUSTER}/providers/Microsoft.KubernetesConfiguration/extensions/e"
    assert first_of("extension", cluster, *pools, resource("extension", id_, extensionType=kind)) == first


def test_an_attachment_waits_for_what_it_uses_on_the_cluster():
    identity = resource("identity", IDENTITY, outputs={"principalId": "p"})
    on_cluster = f"{CLUSTER}/providers/Microsoft.KubernetesConfiguration/extensions"
    before = [
        resource("cluster", CLUSTER),
        resource("workspace", WORKSPACE, identity=[IDENTITY]),
        resource("azureml", f"{on_cluster}/azureml", extensionType="Microsoft.AzureML.Kubernetes"),
        resource("flux", f"{on_cluster}/flux", extensionType="microsoft.flux"),
        resource("mine", f"{CLUSTER}/managedNamespaces/mine", managedNamespaceName="mine"),
        resource("yours", f"{CLUSTER}/managedNamespaces/yours", managedNamespaceName="yours"),
        resource("trusted", f"{CLUSTER}/trustedAccessRoleBindings/t", sourceResourceId=WORKSPACE),
        role("contributor", CLUSTER, "p"),
    ]
    properties = {"computeType": "Kubernetes", "resourceId": CLUSTER, "properties": {"namespace": "mine"}}
    compute = resource("compute", f"{WORKSPACE}/computes/aks", properties=properties)
    expected = {"cluster", "workspace", "azureml", "mine", "trusted", "contributor"}
    assert first_of("compute", identity, *before, compute) == expected
    own = resource("compute", f"{WORKSPACE}/computes/cpu", properties={"computeType": "AmlCompute"})
    assert first_of("compute", identity, *before, own) == {"workspace"}


def test_a_source_waits_for_flux():
    on_cluster = f"{CLUSTER}/providers/Microsoft.KubernetesConfiguration"
    flux = resource("flux", f"{on_cluster}/extensions/flux", extensionType="microsoft.flux")
    azureml = resource("azureml", f"{on_cluster}/extensions/ml", extensionType="Microsoft.AzureML.Kubernetes")
    assert first_of("source", flux, azureml, resource("source", f"{on_cluster}/fluxConfigurations/a")) == {"flux"}


def test_a_batch_endpoint_waits_for_the_workspaces_private_endpoint():
    private = "Microsoft.Network/privateEndpoints"
    endpoints = [
        resource("mine", f"{GROUP}/providers/{private}/a", target=WORKSPACE),
        resource("other", f"{GROUP}/providers/{private}/b", target=ACCOUNT),
    ]
    batch = resource("batch", f"{WORKSPACE}/batchEndpoints/b")
    assert first_of("batch", resource("workspace", WORKSPACE), *endpoints, batch) == {"workspace", "mine"}


def test_a_trigger_starts_after_roles_and_own_approvals():
    network = f"{FACTORY}/managedVirtualNetworks/default/managedPrivateEndpoints"
    resources = [
        resource("factory", FACTORY, outputs={"identity": {"principalId": "p"}}),
        resource("workspace", WORKSPACE),
        resource("trigger", f"{FACTORY}/triggers/t"),
        role("role", WORKSPACE, "p"),
        dynamic("own", "ApproveConnection", f"{network}/a", target_id=WORKSPACE),
        dynamic("foreign", "ApproveConnection", f"{network}/b", target_id="/subscriptions/x/resourceGroups/y"),
        dynamic("stop", "StopTrigger", f"{FACTORY}/triggers/t", factory_id=FACTORY),
        dynamic("start", "StartTrigger", f"{FACTORY}/triggers/t", factory_id=FACTORY),
    ]
    assert first_of("start", *resources) == {"factory", "trigger", "role", "own"}
    assert first_of("stop", *resources) == set()


def test_writes_on_a_parent_that_takes_one_at_a_time_stand_in_turn():
    account = resource("account", ACCOUNT)
    late = resource("late", f"{GROUP}/providers/A/b/late")
    models = [resource(each, f"{ACCOUNT}/deployments/{each}") for each in ("a", "b")]
    waiting = resource("a-waiting", f"{ACCOUNT}/deployments/c", x=late["id"], y=models[1]["id"])
    resources = [waiting, *models, late, account]
    found = required(resources)
    # Another one waits for `b`, so it goes first.
    assert found["a"]["b"] is ONE_AT_A_TIME
    assert first_of("a-waiting", *resources) == {"account", "late", "b"}
    each = seconds_to_create(models[0])
    assert makespan(resources, found).seconds == seconds_to_create(account) + 3 * each


def test_on_a_cluster_goes_first_what_the_rest_waits_for_longest():
    cluster = resource("cluster", CLUSTER, agentPoolProfiles=[{"name": "system", "nodeTaints": TAINT}])
    on_cluster = f"{CLUSTER}/providers/Microsoft.KubernetesConfiguration/extensions"
    writes = [
        resource("gpu", f"{CLUSTER}/agentPools/gpu", nodeTaints=["ml.azure.com/amlarc=true:NoSchedule"]),
        resource("window", f"{CLUSTER}/maintenanceConfigurations/w"),
        resource("azureml", f"{on_cluster}/azureml", extensionType="Microsoft.AzureML.Kubernetes"),
        resource("cpu", f"{CLUSTER}/agentPools/cpu"),
    ]
    user = of_type("endpoint", "microsoft.machinelearningservices/workspaces/onlineendpoints")
    endpoint = {**user, "inputs": {"x": writes[2]["id"]}}
    resources = [cluster, *writes, endpoint]
    schedule = makespan(resources, required(resources))
    assert [each for each in schedule.ends if each in {"cpu", "azureml", "gpu", "window"}][:2] == ["cpu", "azureml"]
    assert schedule.seconds == sum(map(seconds_to_create, [cluster, *writes]))


def test_endpoints_of_one_storage_account_take_turns_and_those_of_two_do_not():
    def endpoint(urn, account):
        id_ = f"{GROUP}/providers/Microsoft.Network/privateEndpoints/{urn}"
        return resource(urn, id_, privateLinkServiceConnections=[{"privateLinkServiceId": account}])

    one, other = (f"{GROUP}/providers/Microsoft.Storage/storageAccounts/{each}" for each in ("one", "other"))
    resources = [endpoint("a", one), endpoint("b", one), endpoint("c", other)]
    edges = {(urn, first) for urn, firsts in required(resources).items() for first in firsts}
    assert edges in ({("a", "b")}, {("b", "a")})


def test_what_starts_at_once_waits_for_endpoints_zone_groups_and_links():
    vault = f"{GROUP}/providers/Microsoft.KeyVault/vaults/kv"
    zone = f"{GROUP}/providers/Microsoft.Network/privateDnsZones/privatelink.vaultcore.azure.net"
    endpoint = f"{GROUP}/providers/Microsoft.Network/privateEndpoints/pep"
    connections = [{"privateLinkServiceId": vault, "groupIds": ["vault"]}]
    before = [
        resource("workspace", WORKSPACE, keyVault=vault),
        resource("endpoint", endpoint, privateLinkServiceConnections=connections),
        resource("group", f"{endpoint}/privateDnsZoneGroups/d", privateDnsZoneConfigs=[{"privateDnsZoneId": zone}]),
        resource("link", f"{zone}/virtualNetworkLinks/vnet"),
        resource("other-link", f"{zone}.other/virtualNetworkLinks/vnet"),
    ]

    def compute(kind, subnet=f"{NETWORK}/subnets/s", nodes=0):
        inner = {"subnet": {"id": subnet} if subnet else None, "scaleSettings": {"minNodeCount": nodes}}
        properties = {"computeType": kind, "properties": {key: each for key, each in inner.items() if each}}
        return first_of("c", *before, resource("c", f"{WORKSPACE}/computes/c", properties=properties))

    whole = {"workspace", "endpoint", "group", "link"}
    assert compute("ComputeInstance") == whole
    assert compute("AmlCompute", nodes=1) == whole
    assert compute("AmlCompute") == {"workspace"}
    assert compute("ComputeInstance", subnet="") == {"workspace"}


@pytest.mark.parametrize("id_", [CLUSTER, f"{GROUP}/providers/Microsoft.App/managedEnvironments/cae"])
@pytest.mark.parametrize("gateway", [False, True])
def test_machines_wait_for_the_peering_that_leads_out(id_, gateway):
    subnet = {"name": "s", **({"natGateway": {"id": "nat"}} if gateway else {})}
    network = resource("network", NETWORK, subnets=[subnet])
    peering = resource("peering", f"{NETWORK}/virtualNetworkPeerings/hub")
    user = resource("user", id_, agentPoolProfiles=[{"vnetSubnetID": f"{NETWORK}/subnets/s"}])
    # AKS cannot join a network that is being written.
    expected = {"network"} if gateway and id_ != CLUSTER else {"network", "peering"}
    assert first_of("user", network, peering, user) == expected


def test_every_rule_says_why_and_from_where():
    assert all(each.why and each.source for each in [*RULES, ONE_AT_A_TIME])
    assert {each.type for each in RULES} <= {"", *DURATIONS, *DYNAMIC}
