"""The order in which every stack of the repository is made: one write at a time where Azure takes one, and reachability
before use. Held against the graphs of the plans, so for any number of operations at once."""

import copy
import itertools
from collections import defaultdict
from functools import cached_property
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from azure_mlplatform.emulation.azure import Azure
from azure_mlplatform.emulation.ids import arm_type, parent_of
from azure_mlplatform.emulation.one_at_a_time import kept_busy, met
from azure_mlplatform.emulation.refusal import AzureError
from azure_mlplatform.emulation.tables.deletion import SERIAL
from azure_mlplatform.emulation.world import World
from azure_mlplatform.plan.resource import PlannedResource
from support.stacks import IDS, STACKS, plan_of


class Graph:
    """The resources of a stack that azure-native makes, and what each waits for, near and far."""

    def __init__(self, folder: Path, stack: str) -> None:
        self._by_urn = {each.urn: each for each in plan_of(folder, stack).resources}
        self._before: dict[str, frozenset[str]] = {}
        for urn in TopologicalSorter({urn: self._waits_for(each) for urn, each in self._by_urn.items()}).static_order():
            near = self._waits_for(self._by_urn[urn])
            self._before[urn] = frozenset(near).union(*(self._before[each] for each in near))

    def _waits_for(self, resource: PlannedResource) -> set[str]:
        # A parent that Azure has is made first; a component is not waited for.
        parents = [each for each in [self._by_urn.get(resource.parent)] if each is not None and each.custom]
        return {each for each in (*resource.dependencies, *(each.urn for each in parents)) if each in self._by_urn}

    @cached_property
    def made(self) -> list[PlannedResource]:
        """Each after what it waits for."""
        found = [self._by_urn[urn] for urn in self._before]
        return [each for each in found if each.custom and each.type.startswith("azure-native:")]

    def waits(self, later: PlannedResource, first: PlannedResource) -> bool:
        return first.urn in self._before[later.urn]

    def ordered(self, one: PlannedResource, other: PlannedResource) -> bool:
        return self.waits(one, other) or self.waits(other, one)

    def clashes(self) -> dict[frozenset[str], tuple[PlannedResource, PlannedResource]]:
        """The pairs of writes that Azure refuses at once, always or now and then."""
        keepers = defaultdict(list)
        for each in self.made:
            for busy in kept_busy(SERIAL, each.id, "create", dict(each.inputs)):
                keepers[busy].append(each)
        found = {}
        for each in self.made:
            for row, id_ in met(SERIAL, each.id, dict(each.inputs)):
                for other in keepers[id_.lower(), row.key]:
                    if other is not each:
                        found[frozenset((each.urn, other.urn))] = (other, each)
        return found


@pytest.fixture(scope="module")
def graphs() -> dict[str, Graph]:
    return {name: Graph(*each) for name, each in zip(IDS, STACKS, strict=True)}


def names(*resources: PlannedResource) -> str:
    return " and ".join(sorted(each.name for each in resources))


@pytest.mark.parametrize("stack", IDS)
def test_two_writes_that_clash_are_never_under_way_at_once(graphs, stack):
    graph = graphs[stack]
    assert [names(*pair) for pair in graph.clashes().values() if not graph.ordered(*pair)] == []


def test_writes_clash_in_the_stacks_on_each_kind_of_resource_that_we_sequence(graphs):
    kinds = {frozenset(each.kind for each in pair) for graph in graphs.values() for pair in graph.clashes().values()}
    for one, other in (
        ("AgentPool", "AgentPool"),
        ("AgentPool", "Extension"),
        ("AgentPool", "ManagedNamespace"),
        ("AgentPool", "MaintenanceConfiguration"),
        ("Extension", "FluxConfiguration"),
        ("ManagedNamespace", "TrustedAccessRoleBinding"),
        ("ManagedCluster", "VirtualNetworkPeering"),
        ("PrivateEndpoint", "PrivateEndpoint"),
        ("BlobServiceProperties", "FileServiceProperties"),
        ("Deployment", "Deployment"),
        ("Deployment", "PrivateEndpoint"),
        ("WebAppSlot", "WebAppScmAllowed"),
    ):
        assert frozenset({one, other}) in kinds


def test_endpoints_of_different_targets_do_not_wait_for_each_other(graphs):
    graph = graphs["reference-prod"]
    endpoints = [each for each in graph.made if each.kind == "PrivateEndpoint"]
    first = {}
    for each in endpoints:
        target = each.inputs["privateLinkServiceConnections"][0]["privateLinkServiceId"]
        if all(graph.waits(later, each) or later is each for later in endpoints if target in str(later.inputs)):
            first[target] = each
    free = [pair for pair in itertools.combinations(first.values(), 2) if not graph.ordered(*pair)]
    assert len(free) > len(first)
    assert not [names(*pair) for pair in itertools.combinations(first.values(), 2) if graph.ordered(*pair)]


def is_started(resource: PlannedResource) -> bool:
    """Whether a resource is a compute in the own network that starts at once."""
    nodes = resource.input("properties.properties.scaleSettings.minNodeCount")
    instance = resource.input("properties.computeType") == "ComputeInstance"
    return bool(resource.kind == "Compute" and resource.input("properties.properties.subnet") and (instance or nodes))


def parent(resource: PlannedResource) -> str:
    return str(parent_of(resource.id)).lower()


def ways(graph: Graph, compute: PlannedResource) -> list[PlannedResource]:
    """The endpoints, zone groups and links by which a compute reaches its workspace, storage, vault and registry."""
    [workspace] = [each for each in graph.made if each.id.lower() == parent(compute)]
    targets = {workspace.inputs[each].lower() for each in ("storageAccount", "keyVault", "containerRegistry")}
    endpoints, groups, links = [], [], []
    for each in graph.made:
        if each.kind == "PrivateEndpoint":
            connection = each.inputs["privateLinkServiceConnections"][0]
            target = connection["privateLinkServiceId"].lower()
            # Runs of jobs need queues and tables, a start does not.
            if target in {workspace.id.lower(), *targets} and connection["groupIds"][0] not in ("queue", "table"):
                endpoints.append(each)
    for each in graph.made:
        if each.kind == "PrivateDnsZoneGroup" and parent(each) in {one.id.lower() for one in endpoints}:
            groups.append(each)
    zones = {zone["privateDnsZoneId"].lower() for each in groups for zone in each.inputs["privateDnsZoneConfigs"]}
    for each in graph.made:
        if each.kind == "VirtualNetworkLink" and parent(each) in zones:
            links.append(each)
    return [*endpoints, *groups, *links]


@pytest.mark.parametrize("stack", IDS)
def test_what_starts_at_once_comes_after_what_makes_it_reach_its_data(graphs, stack):
    graph = graphs[stack]
    for compute in filter(is_started, graph.made):
        found = ways(graph, compute)
        assert [names(compute, each) for each in found if not graph.waits(compute, each)] == []


def test_some_stack_has_what_starts_at_once(graphs):
    found = [(graph, each) for graph in graphs.values() for each in graph.made if is_started(each)]
    assert found
    kinds = {each.kind for graph, compute in found for each in ways(graph, compute)}
    assert kinds == {"PrivateEndpoint", "PrivateDnsZoneGroup", "VirtualNetworkLink"}


@pytest.mark.parametrize("stack", IDS)
def test_a_zone_is_used_after_its_link(graphs, stack):
    graph = graphs[stack]
    links = [each for each in graph.made if each.kind == "VirtualNetworkLink"]
    for group in (each for each in graph.made if each.kind == "PrivateDnsZoneGroup"):
        zones = {each["privateDnsZoneId"].lower() for each in group.inputs["privateDnsZoneConfigs"]}
        wanted = [each for each in links if parent(each) in zones]
        assert [names(group, each) for each in wanted if not graph.waits(group, each)] == []


def test_a_cluster_of_nodes_that_starts_none_does_not_wait_for_its_data(graphs):
    graph = graphs["reference-prod"]
    idle = [each for each in graph.made if each.input("properties.computeType") == "AmlCompute"]
    assert idle
    assert not any(map(is_started, idle))
    [vault] = [each for each in graph.made if each.name.endswith("ml-vault-endpoint-vault")]
    assert not any(graph.waits(each, vault) for each in idle)


@pytest.mark.parametrize("stack", IDS)
def test_machines_come_after_the_peering_that_leads_out(graphs, stack):
    graph = graphs[stack]
    peerings = [each for each in graph.made if each.kind == "VirtualNetworkPeering"]
    by_nat = any(each.kind == "NatGateway" for each in graph.made)
    for each in graph.made:
        machines = each.kind == "ManagedEnvironment" or is_started(each)
        if each.kind == "ManagedCluster" or (machines and not by_nat):
            assert [names(each, peering) for peering in peerings if not graph.waits(each, peering)] == []


@pytest.mark.parametrize("stack", IDS)
def test_a_stack_is_made_and_unmade_in_a_strict_world(graphs, stack):
    world = World()
    world.strict = True
    azure = Azure(world)
    for each in graphs[stack].made:
        subscription = each.id.split("/")[2]
        azure.create(each.type, each.urn, copy.deepcopy(dict(each.inputs)), subscription)
    assert world.refused == []
    last_first = graphs[stack].made[::-1]
    for each in sorted(last_first, key=lambda each: each.kind != "ManagementLockByScope"):
        azure.delete(each.id)
    assert world.refused == []


def test_each_clash_of_a_stack_is_refused_in_a_strict_world(graphs):
    """The pairs that the graphs order are those that the emulated Azure refuses."""
    graph, world = graphs["reference-prod"], World()
    world.strict = True
    azure = Azure(world)
    for each in graph.made:
        azure.create(each.type, each.urn, copy.deepcopy(dict(each.inputs)), each.id.split("/")[2])
    siblings = [pair for pair in graph.clashes().values() if arm_type(pair[0].id) != arm_type(parent(pair[1]))]
    assert len(siblings) > 32
    for first, second in siblings:
        with azure.acting("update", first.id), pytest.raises(AzureError) as error:
            azure.update(second.id, second.urn, copy.deepcopy(dict(second.inputs)), second.id.split("/")[2])
        assert error.value.status in (400, 409, 429)
        assert world.refused[-1].startswith("SERIAL ")
