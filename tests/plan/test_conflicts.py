import re
from collections import Counter
from dataclasses import replace
from ipaddress import IPv4Network
from typing import Any, Optional

import pulumi
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from azure_mlplatform.emulation.azure import Azure
from azure_mlplatform.emulation.refusal import AzureError
from azure_mlplatform.emulation.world import World
from azure_mlplatform.inference.aks.aks_inference import AKSInference
from azure_mlplatform.inference.aks.arguments import AKSInferenceArgs
from azure_mlplatform.plan.conflicts import conflicts
from azure_mlplatform.plan.limits import LIMITS, Planned
from azure_mlplatform.plan.resource import UNKNOWN, Plan
from azure_mlplatform.testing import SUBSCRIPTION, record
from support.programs import (
    CENTRAL,
    HTTPS,
    HUB,
    LOG,
    OWN,
    SHARED_FACTORY,
    attachable,
    batch_in,
    data_product,
    ml_workspace,
    serving,
    whole,
)
from support.stacks import IDS, STACKS, plan_of

OTHER_HUB = HUB.replace("vnet-hub", "vnet-other")
OTHER = "00000000-0000-0000-0000-00000000beef"


def spoke(environment, space, hub=HUB):
    network = {"address_space": space, **({"hub": {"vnet_id": hub}} if hub else {})}
    return data_product(environment, stack=environment, network=network)


def said(*plans):
    return [str(each) for each in conflicts(plans)]


@pytest.mark.parametrize(
    ("space", "hub", "overlap"),
    [
        (["10.20.0.0/20"], HUB, "10.20.0.0/20 overlaps 10.20.0.0/22 of dev"),
        (["10.60.0.0/22", "10.20.2.0/24"], HUB, "10.20.2.0/24 overlaps 10.20.0.0/22 of dev"),
        (["10.20.0.0/20"], HUB.replace("vnet-hub", "VNET-HUB"), "10.20.0.0/20 overlaps 10.20.0.0/22 of dev"),
        (["10.60.0.0/22"], HUB, None),
        (["10.20.0.0/20"], OTHER_HUB, None),
        (["10.20.0.0/20"], None, None),
    ],
)
def test_networks_that_share_a_hub_share_no_address(space, hub, overlap):
    found = said(spoke("dev", ["10.20.0.0/22"]), spoke("prod", space, hub))
    assert len(found) == (overlap is not None)
    if overlap:
        assert found[0].startswith(f"Pulumi.prod.yaml: azure-mlplatform:network.address_space: {overlap}")
        suggested = re.search(r"Choose another range, such as (\S+): networks", found[0])
        assert suggested
        taken = ["10.20.0.0/22", *space]
        assert not any(IPv4Network(suggested[1]).overlaps(IPv4Network(each)) for each in taken)


def test_two_stacks_cannot_make_the_same_resource():
    one, other = data_product("dev", stack="dev"), data_product("dev", stack="later")
    [problem] = said(one, other)
    assert problem.startswith("Pulumi.later.yaml: ResourceGroup rg-customer-360-churn-dev already belongs to dev")
    assert said(one, data_product("dev", stack="later", subscription_id=OTHER)) == []
    assert said(one, data_product("prod", stack="prod")) == []


def test_a_data_factory_runs_the_pipelines_of_one_environment_alone():
    def adopting(environment: str, factory: Optional[str] = SHARED_FACTORY) -> Plan:
        return replace(batch_in(factory, environment), stack=environment)

    def shares(*plans):
        return [each for each in said(*plans) if "data_factory_id" in each]

    [problem] = shares(adopting("dev"), adopting("prod", SHARED_FACTORY.replace("rg-shared", "RG-Shared")))
    assert problem.startswith(
        "Pulumi.prod.yaml: azure-mlplatform:batch.data_factory_id: adf already runs the pipelines of dev"
    )
    assert shares(adopting("dev", None), adopting("prod", None)) == []
    assert shares(adopting("dev"), adopting("prod", None)) == []


def test_no_environment_names_what_belongs_to_another_of_its_project():
    placed = {"environment": "prod", "resource_group_name": "rg-prod"}
    dev, prod = ml_workspace(), replace(ml_workspace(**placed), stack="prod")
    [vault] = [each.id for each in dev.of_type("Vault")]
    adopting = replace(ml_workspace({**OWN, "key_vault_id": vault}, **placed), stack="prod")
    [problem] = said(dev, adopting)
    assert problem.startswith("Pulumi.prod.yaml: RoleAssignment ")
    assert f"refers to {vault.rsplit('/', 1)[1]}, which is in the group of dev" in problem
    assert said(dev, replace(adopting, project="other")) == []
    # What others made in dev's group is dev's too.
    given = f"{vault.rsplit('/providers/', 1)[0]}/providers/Microsoft.KeyVault/vaults/kv-given"
    assert len(said(dev, replace(ml_workspace({**OWN, "key_vault_id": given}, **placed), stack="prod"))) == 1
    # Both send their logs to the same place, which neither makes.
    assert said(dev, prod) == []


CLUSTER = (
    f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-central/providers/Microsoft.ContainerService/managedClusters/"
    "aks-central"
)


def attaching(workspace, attach, cluster=CLUSTER):
    """The compute alone of a plan that attaches a cluster."""
    shared = {"quota": {"cpu": 64, "memory_gib": 512}, "shared_cluster_reason": "All teams on it agreed, ARC-77"}
    own = shared if attach == "shared" else {"https": HTTPS}
    settings = {"cluster_id": cluster, "attach": attach, **own}
    plan = serving(AKSInference, AKSInferenceArgs, settings, workspace=attachable(workspace))
    compute = tuple(each for each in plan.resources if each.kind == "Compute")
    return replace(plan, stack=workspace, resources=compute)


@pytest.mark.parametrize(
    ("one", "other", "refused"),
    [
        (("mlw-a", "exclusive"), ("mlw-b", "exclusive"), True),
        (("mlw-a", "exclusive"), ("mlw-b", "shared"), True),
        (("mlw-a", "shared"), ("mlw-b", "exclusive"), True),
        (("mlw-a", "shared"), ("mlw-b", "shared"), False),
        (("mlw-a", "exclusive"), ("mlw-b", "exclusive", CLUSTER.replace("aks-central", "aks-other")), False),
        (("mlw-a", "exclusive"), ("mlw-b", "exclusive", CLUSTER.replace("aks-central", "AKS-Central")), True),
    ],
)
def test_a_cluster_is_attached_by_one_workspace_or_shared(one, other, refused):
    found = said(*(attaching(*each) for each in (one, other)))
    assert len(found) == refused
    for problem in found:
        assert problem.startswith("Pulumi.mlw-b.yaml: azure-mlplatform:inference.aks.cluster_id: ")
        assert f"is attached {one[1]} to mlw-a by mlw-a, and {other[1]} to mlw-b by mlw-b: a second" in problem


def test_what_is_not_known_yet_is_no_second_attach():
    one, other = (attaching(each, "exclusive") for each in ("mlw-a", "mlw-b"))
    unknown = [replace(each, id=UNKNOWN) if each.kind == "Compute" else each for each in other.resources]
    assert said(one, replace(other, resources=tuple(unknown))) == []
    # A workspace does not attach twice what it has.
    assert [each for each in said(one, one) if "attached" in each] == []


ADOPTED = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-net/providers/Microsoft.Network/virtualNetworks/vnet-shared"


def in_adopted_network(environment, **network):
    """An environment in a network that others run."""
    subnets = {role: f"{ADOPTED}/subnets/{role}" for role in ("endpoints", "training", "aks")}
    return whole(environment, network={"subnet_ids": subnets, **network})


def test_two_environments_in_one_network_link_its_zones_once():
    dev, prod = in_adopted_network("dev"), in_adopted_network("prod")
    [problem] = said(dev, prod)
    assert problem.startswith(
        "Pulumi.prod.yaml: azure-mlplatform:network.dns: the network vnet-shared can be linked to one private DNS zone "
        "of a name, but dev and prod both have privatelink.api.azureml.ms, privatelink.azurecr.io, "
        "privatelink.blob.core.windows.net and "
    )
    assert "set network.dns in both: {mode: adopt, resource_group_id: …}" in problem
    central = {"dns": {"mode": "adopt", "resource_group_id": CENTRAL.removesuffix("/providers")}}
    assert said(in_adopted_network("dev", **central), in_adopted_network("prod", **central)) == []
    assert said(in_adopted_network("dev", dns={"mode": "policy"}), in_adopted_network("prod")) == []


def test_azure_refuses_what_check_says_of_the_zones():
    azure = Azure(World())
    made = (
        each
        for plan in (in_adopted_network("dev"), in_adopted_network("prod"))
        for kind in ("ResourceGroup", "PrivateZone", "VirtualNetworkLink")
        for each in plan.of_type(kind)
    )
    refused = []
    for each in made:
        try:
            azure.create(each.type, each.urn, dict(each.inputs), SUBSCRIPTION)
        except AzureError as error:
            refused.append((each.urn.split(":")[2], error.message))
    assert len(refused) == len(in_adopted_network("prod").of_type("VirtualNetworkLink"))
    for stack, message in refused:
        assert stack == "prod"
        assert "cannot be linked to multiple zones with overlapping namespaces" in message


NETWORK = f"{CENTRAL}/Microsoft.Network/virtualNetworks/vnet-shared"
STORAGE = f"{CENTRAL}/Microsoft.Storage/storageAccounts/stshared"
IDENTITY = {"resourceGroupName": "rg-shared", "resourceName": "id-shared"}
PRINCIPAL = "00000000-0000-0000-0000-00000000cafe"
READER = "/providers/Microsoft.Authorization/roleDefinitions/2a2b9908-6ea1-4ae2-8e65-a410df84e7d1"


def native(type_, **inputs):
    """A resource as a program of its own registers it. `{n}` in a text stands for the number of the resource."""
    return f"azure-native:{type_}", inputs


def numbered(value: Any, number: int) -> Any:
    if isinstance(value, str):
        return value.replace("{n}", str(number))
    if isinstance(value, dict):
        return {key: numbered(each, number) for key, each in value.items()}
    return [numbered(each, number) for each in value] if isinstance(value, list) else value


def made(stack, *resources):
    """The plan of a stack that makes some resources, each given as its number and what `native` returns."""

    def program():
        for place, (number, (type_, inputs)) in enumerate(resources):
            pulumi.CustomResource(type_, f"{type_.rsplit(':', 1)[1]}-{place}-{number}", numbered(inputs, number))

    return record(program, stack=stack)


IN = {"resourceGroupName": "rg-{n}", "location": "westeurope"}
LINK = {**IN, "virtualNetworkLinkName": "link", "privateZoneName": "zone.{n}", "virtualNetwork": {"id": NETWORK}}
ENDPOINT = {**IN, "privateEndpointName": "pe", "subnet": {"id": f"{NETWORK}/subnets/{{n}}"}}
PEERING = {**IN, "resourceGroupName": "rg", "virtualNetworkName": "vnet", "virtualNetworkPeeringName": "{n}"}
SETTING = {"name": "{n}", "resourceUri": STORAGE, "logs": [{"category": "StorageRead", "enabled": True}]}
CREDENTIAL = {**IDENTITY, "federatedIdentityCredentialResourceName": "{n}", "issuer": "https://issuer.example"}
ASSIGNMENT = {"scope": STORAGE, "roleDefinitionId": READER, "principalId": PRINCIPAL, "roleAssignmentName": "{n}"}
COMPUTES = {"resourceGroupName": "rg-{n}", "workspaceName": "mlw", "location": "westeurope"}
ZONE_GROUP = {
    "resourceGroupName": "rg-{n}",
    "privateEndpointName": "pe",
    "privateDnsZoneGroupName": "default",
    "privateDnsZoneConfigs": [{"name": "blob", "privateDnsZoneId": f"{CENTRAL}/Microsoft.Network/privateDnsZones/z"}],
}
CONNECTION = {"name": "blob", "privateLinkServiceId": STORAGE, "groupIds": ["blob"]}
NAT = {"natGateway": {"id": f"{CENTRAL}/Microsoft.Network/natGateways/nat"}}

ONCE = {
    "zones of one name": native("privatedns:VirtualNetworkLink", **{**LINK, "privateZoneName": "a.zone"}),
    "two zones for machines": native("privatedns:VirtualNetworkLink", **LINK, registrationEnabled=True),
    "peerings of one pair": native("network:VirtualNetworkPeering", **PEERING, remoteVirtualNetwork={"id": HUB}),
    "gateways of two networks": native(
        "network:VirtualNetworkPeering",
        **PEERING,
        remoteVirtualNetwork={"id": f"{HUB}{{n}}"},
        useRemoteGateways=True,
    ),
    "one NAT gateway": native(
        "network:VirtualNetwork", **IN, virtualNetworkName="vnet", subnets=[{"name": "a", **NAT}, {"name": "b", **NAT}]
    ),
    "Container Apps in one subnet": native(
        "app:ManagedEnvironment",
        **IN,
        environmentName="cae",
        vnetConfiguration={"infrastructureSubnetId": f"{NETWORK}/subnets/apps"},
    ),
    "Databricks in one subnet": native(
        "databricks:Workspace",
        **IN,
        workspaceName="dbw",
        parameters={
            "customVirtualNetworkId": {"value": NETWORK},
            "customPublicSubnetName": {"value": "host"},
            "customPrivateSubnetName": {"value": "container-{n}"},
        },
    ),
    "one extension of a cluster": native(
        "kubernetesconfiguration:Extension",
        resourceGroupName="rg",
        clusterRp="Microsoft.ContainerService",
        clusterResourceName="managedClusters",
        clusterName="aks",
        extensionName="azureml-{n}",
        extensionType="Microsoft.AzureML.Kubernetes",
    ),
    "one trusted subject": native(
        "managedidentity:FederatedIdentityCredential", **CREDENTIAL, subject="repo:a/b:environment:dev"
    ),
    "one subject on two identities": native(
        "managedidentity:FederatedIdentityCredential",
        **{**CREDENTIAL, "resourceName": "id-{n}"},
        subject="repo:a/b:environment:dev",
    ),
    "topics of one account": native("eventgrid:SystemTopic", **IN, systemTopicName="topic-{n}", source=STORAGE),
    "subscriptions of one name": native("eventgrid:EventSubscription", scope=STORAGE, eventSubscriptionName="arrived"),
    "one category to one workspace": native("monitor:DiagnosticSetting", **SETTING, workspaceId=LOG),
    "one category to one account": native("monitor:DiagnosticSetting", **SETTING, storageAccountId=STORAGE),
    "one grant": native("authorization:RoleAssignment", **ASSIGNMENT),
    "one name of a grant": native(
        "authorization:RoleAssignment", **{**ASSIGNMENT, "roleAssignmentName": "name", "scope": f"{STORAGE}{{n}}"}
    ),
    "one storage account": native("storage:StorageAccount", **IN, accountName="stone"),
    "one subdomain": native(
        "cognitiveservices:Account",
        **IN,
        accountName="ai-{n}",
        kind="OpenAI",
        properties={"customSubDomainName": "one"},
    ),
    "one Synapse": native("synapse:Workspace", **IN, workspaceName="synw"),
    "one instance": native(
        "machinelearningservices:Compute",
        **COMPUTES,
        computeName="ci-one",
        properties={"computeType": "ComputeInstance"},
    ),
    "one batch endpoint": native("machinelearningservices:BatchEndpoint", **COMPUTES, endpointName="batch"),
}
"""What an environment and another one each make, and cannot both have."""

ALSO = {
    "one zone record": [
        native("network:PrivateEndpoint", **ENDPOINT, privateLinkServiceConnections=[CONNECTION]),
        native("network:PrivateDnsZoneGroup", **ZONE_GROUP),
    ],
}
CLASHES = {**{name: [each] for name, each in ONCE.items()}, **ALSO}
MANY = {
    "credentials": (20, native("managedidentity:FederatedIdentityCredential", **CREDENTIAL, subject="{n}")),
    "diagnostic settings": (5, native("monitor:DiagnosticSetting", **SETTING, workspaceId="/workspaces/{n}")),
}


@pytest.mark.parametrize("name", CLASHES)
def test_what_can_be_had_once_is_not_had_twice(name):
    one, other = ([(number, each) for each in CLASHES[name]] for number in (1, 2))
    [problem] = conflicts([made("dev", *one), made("prod", *other)])
    assert problem.file == "Pulumi.prod.yaml"
    assert ", but dev " in problem.what
    assert "prod " in problem.what.rpartition(", but dev ")[2]
    assert problem.fix
    [within] = conflicts([made("dev", *one, *other)])
    assert "-1)" in within.what
    assert "-2)" in within.what
    assert within.file == "Pulumi.dev.yaml"
    assert said(made("dev", *one)) == said(made("dev", *one), made("prod")) == []


@pytest.mark.parametrize("name", MANY)
def test_what_can_be_had_so_many_times_is_not_had_once_more(name):
    most, resource = MANY[name]
    some = [(number, resource) for number in range(most)]
    assert said(made("dev", *some)) == []
    [problem] = said(made("dev", *some), made("prod", (most, resource)))
    assert problem.startswith("Pulumi.prod.yaml: ")
    assert f"dev has {most}, prod has 1" in problem
    assert len(said(made("dev", *some, (most, resource)))) == 1


def test_each_limit_has_an_example():
    met = {problem.what.partition(", but ")[0] for name in CLASHES for problem in conflicts(twice(CLASHES[name]))}
    for most, resource in MANY.values():
        plans = [made("dev", *((number, resource) for number in range(most + 1)))]
        met |= {problem.what.partition(", but ")[0] for problem in conflicts(plans)}
    for limit in LIMITS:
        begins, _, ends = limit.rule.partition("{thing}")
        assert any(each.startswith(begins) and each.endswith(ends) for each in met), limit.rule
        assert limit.source
        assert limit.assumed == ("assumed" in limit.source or "no page" in limit.source), limit.rule


def twice(resources):
    return [made(stack, *((number, each) for each in resources)) for number, stack in enumerate(("dev", "prod"))]


def test_a_subnet_of_container_apps_takes_nothing_else():
    apps = ONCE["Container Apps in one subnet"]
    endpoint = native("network:PrivateEndpoint", **{**ENDPOINT, "subnet": {"id": f"{NETWORK}/subnets/apps"}})
    for one, other in ((apps, endpoint), (endpoint, apps)):
        [problem] = said(made("dev", (1, one)), made("prod", (2, other)))
        assert "the subnet apps of a Container Apps environment or a Databricks workspace takes nothing else" in problem
        assert "ManagedEnvironment cae" in problem
        assert "PrivateEndpoint pe" in problem
    assert said(made("dev", (1, endpoint)), made("prod", (2, endpoint))) == []


def test_what_is_emulated_equals_nothing_of_another_plan():
    """Two projects of one name would draw the same suffix and get the same principals here, but not in Azure."""

    def drawn_in(folder, subscription):
        def program():
            drawn = pulumi.CustomResource("random:index/randomString:RandomString", "suffix", {"length": 6})
            identity = pulumi.CustomResource(
                "azure-native:managedidentity:UserAssignedIdentity", "id", numbered(IN, 1) | {"resourceName": "id"}
            )
            account, grant = ONCE["one storage account"], ONCE["one grant"]
            name, principal = drawn.urn.apply(lambda _: "stone"), identity.urn.apply(lambda _: PRINCIPAL)
            pulumi.CustomResource(account[0], "st", numbered(account[1], 1) | {"accountName": name})
            pulumi.CustomResource(grant[0], "role", numbered(grant[1], folder) | {"principalId": principal})

        return replace(record(program, subscription_id=subscription), folder=folder)

    assert said(drawn_in("one", SUBSCRIPTION), drawn_in("other", OTHER)) == []


def test_a_given_suffix_gives_two_environments_the_same_names():
    one, other = (
        whole("dev", stack=stack, suffix="x7k2p9", subscription_id=subscription)
        for stack, subscription in (("dev", SUBSCRIPTION), ("twin", OTHER))
    )
    found = [each for each in said(one, other) if "suffix" in each]
    assert any("the name stchurndevx7k2p9 can be had once in all of Azure" in each for each in found)


def test_what_is_not_known_yet_is_not_compared():
    previews = [
        whole(
            environment,
            preview=True,
            network={"subnet_ids": {"endpoints": f"{ADOPTED}/subnets/endpoints"}},
            workspace=None,
            inference=None,
        )
        for environment in ("dev", "prod")
    ]
    assert [each for each in said(*previews) if "[unknown]" in each] == []


def test_ranges_within_one_network_and_with_the_hub_itself():
    def network(name, *prefixes, subnets=()):
        shown = [{"name": f"s{number}", "addressPrefix": each} for number, each in enumerate(subnets)]
        spaces = {"addressSpace": {"addressPrefixes": [*prefixes]}}
        return native(
            "network:VirtualNetwork",
            **{**IN, "resourceGroupName": "rg"},
            virtualNetworkName=name,
            **spaces,
            subnets=shown,
        )

    def peered(name, hub):
        of = {**PEERING, "virtualNetworkName": name, "virtualNetworkPeeringName": "hub"}
        return native("network:VirtualNetworkPeering", **of, remoteVirtualNetwork={"id": hub})

    hub = made("hub", (1, network("vnet-hub", "10.0.0.0/16")))
    [hub_id] = [each.id for each in hub.of_type("VirtualNetwork")]
    spoke_ = made("spoke", (1, network("vnet", "10.0.4.0/22")), (2, peered("vnet", hub_id)))
    [problem] = said(hub, spoke_)
    assert "10.0.4.0/22 overlaps 10.0.0.0/16 of hub, and one is peered to the other, vnet-hub" in problem
    subnets = made(
        "dev", (1, network("vnet-a", "10.1.0.0/16", subnets=["10.1.0.0/24", "10.1.1.0/24", "10.1.0.128/25"]))
    )
    [problem] = said(subnets)
    assert "10.1.0.128/25 overlaps 10.1.0.0/24 of dev, and both are subnets of vnet-a" in problem


def test_every_conflict_is_said_once_and_all_are():
    dev, prod = (
        made(stack, *((number, each) for each in ONCE.values()), *((number, each) for each in ALSO["one zone record"]))
        for number, stack in enumerate(("dev", "prod"))
    )
    found = said(dev, prod)
    assert len(found) == len(set(found))
    for name, resources in CLASHES.items():
        [alone] = conflicts(twice(resources))
        assert any(alone.what.partition(", but ")[0] in each for each in found), name


@settings(deadline=None, max_examples=6)
@given(st.permutations(("dev", "prod", "sandbox")))
def test_the_order_of_the_plans_does_not_matter(order):
    plans = {
        stack: made(stack, *((number, each) for each in ONCE.values()))
        for number, stack in enumerate(("dev", "prod", "sandbox"))
    }
    assert said(*(plans[stack] for stack in order)) == said(*plans.values())


@pytest.mark.parametrize(("folder", "stack"), STACKS, ids=IDS)
def test_a_stack_is_in_no_conflict_with_itself(folder, stack):
    plan = plan_of(folder, stack)
    assert said(plan) == said(plan, plan) == []


def test_many_plans_are_compared_in_little_time(monkeypatch):
    plans = [made(f"s{number}", *((number, each) for each in ONCE.values())) for number in range(30)]
    work = Counter()
    read = Planned.text

    def text(self, path):
        work["texts"] += 1
        return read(self, path)

    monkeypatch.setattr(Planned, "text", text)
    list(conflicts(plans))
    all_, work["texts"] = work["texts"], 0
    list(conflicts(plans[:15]))
    assert all_ == 2 * work["texts"]
