"""What serving models asks of other parts: a workspace, a registry, a way out."""

from collections.abc import Iterator
from typing import Optional

from ...foundation.violations import Violation
from ...inference.settings.inference import InferenceSettings, InferenceTarget
from ...network.settings import NetworkSettings
from ...workspace.settings.workspace import NetworkMode, WorkspaceSettings


def target_works_in_the_workspace(
    inference: Optional[InferenceSettings], workspace: Optional[WorkspaceSettings]
) -> Iterator[Violation]:
    """A violation if the target needs a workspace and there is none, or one to which it cannot be attached."""
    if inference is None:
        return
    if inference.needs_workspace and workspace is None:
        yield Violation(
            ("inference", "target"),
            inference.target,
            f"target '{inference.target}' works in a workspace, and there is none",
            "Add workspace, or serve from app_service or container_app",
        )
    if inference.aks is not None and workspace is not None and workspace.network_mode is NetworkMode.MANAGED:
        yield Violation(
            ("inference", "target"),
            inference.target,
            "the workspace has a managed network, to which no cluster can be attached",
            "Set workspace.network_mode: own, or target: managed",
        )


def images_have_a_registry(
    inference: Optional[InferenceSettings], workspace: Optional[WorkspaceSettings]
) -> Iterator[Violation]:
    """A violation if containers have no registry to be pulled from."""
    block = (inference.app_service or inference.container_app) if inference else None
    if inference is not None and block is not None and inference.registry_id is None and workspace is None:
        yield Violation(
            ("inference", inference.target.value, "registry_id"),
            None,
            "there is neither a workspace with a registry nor registry_id",
            "Add registry_id: <the registry that images are pulled from>",
        )


def egress_is_said_once(
    network: Optional[NetworkSettings], inference: Optional[InferenceSettings]
) -> Iterator[Violation]:
    """A violation if an own cluster says how nodes lead out, although the network is the environment's own."""
    aks = inference.aks if inference else None
    if network is None or network.adopted or aks is None or aks.adopted:
        return
    if aks.egress is not None:
        yield Violation(
            ("inference", "aks", "egress"),
            aks.egress,
            f"egress is given for the cluster, and the network's own says '{network.egress.kind}'",
            "Leave it out: it is for adopted subnets",
        )


def inference_notices(
    inference: Optional[InferenceSettings],
    network: Optional[NetworkSettings],
    workspace: Optional[WorkspaceSettings],
) -> Iterator[str]:
    """What managed endpoints reach from a workspace with a network of its own."""
    if inference is None or inference.target is not InferenceTarget.MANAGED:
        return
    if network is not None and workspace is not None and workspace.network_mode is NetworkMode.OWN:
        yield (
            "managed endpoints in a workspace with a network of its own: each deployment needs "
            "egress_public_network_access: disabled, and then reaches nothing but the workspace, its storage and its "
            "registry"
        )
