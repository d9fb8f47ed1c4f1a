"""Lives of recorded stacks on an emulated Azure without an engine: the calls that azure-native and the library's own
providers make, one after another."""

import contextlib
import copy
import os
from collections.abc import Callable, Iterator, Sequence
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any, NamedTuple
from unittest import mock

from azure_mlplatform.dynamic.approved_connection import ApproveConnectionProvider
from azure_mlplatform.dynamic.cluster_claim import ClusterClaimProvider
from azure_mlplatform.dynamic.compute_detach import ComputeDetachProvider
from azure_mlplatform.dynamic.deployed_model import DeployedModelProvider
from azure_mlplatform.dynamic.kubernetes_detach import KubernetesDetachProvider
from azure_mlplatform.dynamic.sign_in import settings
from azure_mlplatform.dynamic.stopped_instance import StoppedInstanceProvider
from azure_mlplatform.dynamic.system_pool import SystemPoolProvider
from azure_mlplatform.dynamic.trigger_state import StartTriggerProvider, StopRemovedProvider, StopTriggerProvider
from azure_mlplatform.dynamic.workspace_quota import WorkspaceQuotaProvider
from azure_mlplatform.emulation.azure import Azure
from azure_mlplatform.emulation.behaviour import ALWAYS_THERE
from azure_mlplatform.emulation.ids import arm_type
from azure_mlplatform.emulation.resource_manager import resource_manager
from azure_mlplatform.emulation.server import SIGN_IN
from azure_mlplatform.plan import Plan
from azure_mlplatform.plan.resource import PlannedResource

LOCK = "azure-native:authorization:ManagementLockByScope"
GROUP = "azure-native:resources:ResourceGroup"
_OWN = {
    each.__name__.removesuffix("Provider"): each
    for each in (
        ApproveConnectionProvider,
        ClusterClaimProvider,
        ComputeDetachProvider,
        DeployedModelProvider,
        KubernetesDetachProvider,
        StartTriggerProvider,
        StopRemovedProvider,
        StopTriggerProvider,
        StoppedInstanceProvider,
        SystemPoolProvider,
        WorkspaceQuotaProvider,
    )
}


def subscription_of(resources: Sequence[PlannedResource]) -> str:
    """The subscription of a stack: that of its groups, or of all where a landing made the group."""
    groups = [each for each in resources if each.type == GROUP]
    return next(each.id.split("/")[2] for each in groups or resources if each.id.startswith("/subscriptions/"))


class Step(NamedTuple):
    """One call of a life."""

    name: str
    run: Callable[[], Any]


class Life:
    """A recorded stack, whose calls go to an emulated Azure."""

    def __init__(self, plan: Plan, retired: Plan, azure: Azure) -> None:
        self.azure = azure
        before = {each.urn: each.inputs for each in plan.azure_resources}
        self._changed = [each for each in retired.azure_resources if before.get(each.urn) != each.inputs]
        by_urn = {each.urn: each for each in plan.resources}
        order = TopologicalSorter({urn: each.dependencies for urn, each in by_urn.items()}).static_order()
        made = [by_urn[urn] for urn in order if urn in by_urn]
        self.resources = [each for each in made if each.type.startswith("azure-native:") or each.kind in _OWN]
        self._adopted = plan.adopted
        self._subscription = subscription_of(self.resources)
        self._states: dict[str, tuple[str, dict[str, Any]]] = {}

    def up(self) -> Iterator[Step]:
        """Reads what others made, makes everything, reads it, and changes it, each after what it depends on."""
        yield from (Step(f"create {each.name}", lambda each=each: self._create(each)) for each in self.resources)
        yield from self.refresh()
        yield from (Step(f"update {each.name}", lambda each=each: self._update(each)) for each in self.resources)

    def refresh(self) -> Iterator[Step]:
        """Reads everything, also what others made."""
        for each in self._adopted:
            yield Step(f"read {each.urn}", lambda each=each: self.azure.read(each.id, each.type))
        yield from (Step(f"read {each.name}", lambda each=each: self._read(each)) for each in self.resources)

    def removal(self) -> Iterator[Step]:
        """Lifts the locks, removes and makes again each thing that nothing else depends on, and puts the locks back."""
        locks = [each for each in self.resources if each.type == LOCK]
        needed = {urn for each in self.resources for urn in each.dependencies}
        leaves = [each for each in self.resources if each.urn not in needed and each.type not in (LOCK, GROUP)]
        yield from self.refresh()
        yield from (Step(f"unlock {each.name}", lambda each=each: self._delete(each)) for each in locks)
        for leaf in leaves:
            yield Step(f"remove {leaf.name}", lambda leaf=leaf: self._delete(leaf))
            yield Step(f"make {leaf.name} again", lambda leaf=leaf: self._create(leaf))
        yield from (Step(f"lock {each.name}", lambda each=each: self._create(each)) for each in locks)

    def retirement(self) -> Iterator[Step]:
        """Changes what retiring changes, lifts the locks, and deletes everything, the last first."""
        yield from self.refresh()
        yield from (Step(f"retire {each.name}", lambda each=each: self._update(each)) for each in self._changed)
        last_first = self.resources[::-1]
        locks = [each for each in last_first if each.type == LOCK]
        for each in (*locks, *(each for each in last_first if each.type != LOCK)):
            yield Step(f"delete {each.name}", lambda each=each: self._delete(each))

    def _create(self, resource: PlannedResource) -> None:
        inputs = _inputs(resource)
        if resource.kind in _OWN:
            made = _provider(resource).create(inputs)
            self._states[resource.urn] = (str(made.id), dict(made.outs or {}))
            return
        if arm_type(resource.id) not in ALWAYS_THERE:
            self.azure.has(resource.id)
        self.azure.create(resource.type, resource.urn, inputs, self._subscription)

    def _read(self, resource: PlannedResource) -> None:
        if resource.kind in _OWN:
            _provider(resource).read(*self._states[resource.urn])
        else:
            self.azure.read(resource.id, resource.type)

    def _update(self, resource: PlannedResource) -> None:
        if resource.kind in _OWN:
            id_, olds = self._states[resource.urn]
            done = _provider(resource).update(id_, olds, {**olds, **_inputs(resource)})
            self._states[resource.urn] = (id_, dict(done.outs or {}))
        else:
            self.azure.update(resource.id, resource.urn, _inputs(resource), self._subscription)

    def _delete(self, resource: PlannedResource) -> None:
        if resource.kind in _OWN:
            _provider(resource).delete(*self._states[resource.urn])
        else:
            self.azure.delete(resource.id)


def _inputs(resource: PlannedResource) -> dict[str, Any]:
    return {key: value for key, value in copy.deepcopy(dict(resource.inputs)).items() if key != "__provider"}


def _provider(resource: PlannedResource) -> Any:
    provider: Any = _OWN[resource.kind]()
    provider._read = settings(lambda name: None)
    return provider


@contextlib.contextmanager
def served_to_this_process(azure: Azure, folder: Path) -> Iterator[None]:
    """Serves an emulated Azure to the library's own providers, in this process."""
    with resource_manager(azure, folder) as plane:
        own = {key: value for key, value in os.environ.items() if not key.startswith(SIGN_IN)}
        with mock.patch.dict(os.environ, {**own, **plane.environment}, clear=True):
            yield
