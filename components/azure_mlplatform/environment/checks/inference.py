"""Checks that model serving has a workspace, a registry and egress."""

from collections.abc import Iterator
from typing import Optional

from ...foundation.violations import Violation
from ...inference.settings.inference import TARGETS, InferenceSettings, InferenceTarget
from ...network.settings import EgressKind, NetworkSettings
from ...workspace.settings.workspace import NetworkMode, WorkspaceSettings


def target_works_in_the_workspace(
    inference: Optional[InferenceSettings], workspace: Optional[WorkspaceSettings]
) -> Iterator[Violation]:
    """A violation if the target needs a workspace and there is none, or if it cannot be attached to the workspace."""
    if inference is None:
        return
    if inference.needs_workspace and workspace is None:
        others = " or ".join(f"target: {each}" for each, row in TARGETS.items() if not row.has_endpoints)
        yield Violation(
            ("inference", "target"),
            inference.target,
            f"target '{inference.target}' needs a workspace, and there is none",
            f"Add workspace, or set {others}",
        )
    if inference.aks is not None and workspace is not None and workspace.network_mode is NetworkMode.MANAGED:
        yield Violation(
            ("inference", "target"),
            inference.target,
            "the workspace has a managed network, and no cluster can be attached to it",
            "Set workspace.network_mode: own, or target: managed",
        )


def images_have_a_registry(
    inference: Optional[InferenceSettings], workspace: Optional[WorkspaceSettings]
) -> Iterator[Violation]:
    """A violation if there is no registry to pull container images from."""
    if inference is None or inference.block is None or not TARGETS[inference.target].pulls_images:
        return
    if inference.registry_id is None and workspace is None:
        yield Violation(
            ("inference", inference.target.value, "registry_id"),
            None,
            "there is neither a workspace with a registry nor registry_id",
            "Add registry_id: <the id of the registry to pull images from>",
        )


def egress_of_own_cluster(
    network: Optional[NetworkSettings], inference: Optional[InferenceSettings]
) -> Optional[EgressKind]:
    """The egress of an own network with an own cluster. None if one of the two is missing or adopted."""
    aks = inference.aks if inference else None
    if network is None or network.adopted or aks is None or aks.adopted:
        return None
    return network.egress.kind


def egress_is_said_once(
    network: Optional[NetworkSettings], inference: Optional[InferenceSettings]
) -> Iterator[Violation]:
    """A violation if egress is set for an own cluster in an own network, which has egress already."""
    kind, aks = egress_of_own_cluster(network, inference), inference.aks if inference else None
    if kind is not None and aks is not None and aks.egress is not None:
        yield Violation(
            ("inference", "aks", "egress"),
            aks.egress,
            f"egress is given for the cluster, but the network already has egress '{kind}'",
            "Leave it out: it is for adopted subnets only",
        )


def own_cluster_has_a_default_route(
    network: Optional[NetworkSettings], inference: Optional[InferenceSettings]
) -> Iterator[Violation]:
    """A violation if an own cluster in an own network has its routes from the hub only.

    AKS refuses `userDefinedRouting` unless the subnet's own route table has a default route to an appliance. Routes
    that a gateway announces do not count (MicrosoftDocs/azure-docs#108240, Azure/AKS#5000, read 2026-11).
    """
    if (kind := egress_of_own_cluster(network, inference)) is EgressKind.HUB_ROUTES:
        yield Violation(
            ("network", "egress", "kind"),
            kind,
            "an own cluster needs a default route in the route table of its subnet, and hub_routes makes none",
            "Set kind: firewall with firewall_ip: <the address of the hub's firewall>, or kind: nat_gateway",
        )


def inference_notices(
    inference: Optional[InferenceSettings],
    network: Optional[NetworkSettings],
    workspace: Optional[WorkspaceSettings],
) -> Iterator[str]:
    """A notice about what managed endpoints can reach in a workspace with `network_mode: own`."""
    if inference is None or inference.target is not InferenceTarget.MANAGED:
        return
    if network is not None and workspace is not None and workspace.network_mode is NetworkMode.OWN:
        yield (
            "managed endpoints in a workspace with network_mode 'own': each deployment needs "
            "egress_public_network_access: disabled, and then reaches only the workspace, its storage and its registry"
        )
