"""Checks that model serving has a workspace, a registry, egress, and names that nothing else has."""

from collections.abc import Iterator
from typing import Optional

from ...foundation.duplicates import Named, duplicates_among
from ...foundation.violations import Path, Violation
from ...inference.settings.inference import TARGETS, InferenceSettings
from ...inference.settings.target import InferenceTarget
from ...network.settings import EgressKind, NetworkSettings
from ...workspace.settings.workspace import NetworkMode, WorkspaceSettings


def target_works_in_the_workspace(
    inference: Optional[InferenceSettings], workspace: Optional[WorkspaceSettings]
) -> Iterator[Violation]:
    """A violation for each target that needs a workspace if there is none, or that cannot be attached to it."""
    if inference is None:
        return
    for target in inference.needing_workspace if workspace is None else ():
        others = " or ".join(f"target: {each}" for each, row in TARGETS.items() if not row.has_endpoints)
        yield Violation(
            place_of(target, inference),
            target,
            f"target '{target}' needs a workspace, and there is none",
            f"Add workspace, or {f'set {others}' if inference.target else 'take it out of targets'}",
        )
    if inference.aks is not None and workspace is not None and workspace.network_mode is NetworkMode.MANAGED:
        yield Violation(
            place_of(InferenceTarget.AKS, inference),
            InferenceTarget.AKS,
            "the workspace has a managed network, and no cluster can be attached to it",
            "Set workspace.network_mode: own, or "
            + ("target: managed" if inference.target else "take aks out of targets"),
        )


def place_of(target: InferenceTarget, inference: InferenceSettings) -> Path:
    """The place where the settings choose a target."""
    if inference.target is not None:
        return ("inference", "target")
    return ("inference", "targets", inference.targets.index(target))


def images_have_a_registry(
    inference: Optional[InferenceSettings], workspace: Optional[WorkspaceSettings]
) -> Iterator[Violation]:
    """A violation for each target that has no registry to pull container images from."""
    if inference is None or workspace is not None:
        return
    for target, block in inference.blocks.items():
        if TARGETS[target].pulls_images and getattr(block, "registry_id", None) is None:
            yield Violation(
                ("inference", target.value, "registry_id"),
                None,
                "there is neither a workspace with a registry nor registry_id",
                "Add registry_id: <the id of the registry to pull images from>",
            )


def identities_have_own_names(
    inference: Optional[InferenceSettings], workspace: Optional[WorkspaceSettings], *, encrypted: bool
) -> Iterator[Violation]:
    """A violation for each app whose identity would have the Azure name of another identity of the environment.
    `encrypted`: there is an identity that reads a customer-managed key."""
    if inference is None:
        return
    nowhere: Path = ()
    identities = [Named(nowhere, "key", "that of the customer-managed key")] if encrypted else []
    if workspace is not None:
        identities += [Named(nowhere, each, f"the workspace's own: {each}") for each in ("workspace", "compute")]
    if inference.aks is not None and not inference.aks.adopted:
        identities.append(Named(nowhere, "aks", "the cluster's"))
    identities += [
        Named(nowhere, f"endpoint-{each.name}", f"that of the endpoint {each.name}") for each in inference.endpoints
    ]
    taken = {each.name: each for each in identities}
    for target, apps in inference.apps.items():
        for index, app in enumerate(apps):
            if app.name in taken:
                named = Named(("inference", target.value, "apps", index, "name"), app.name, "")
                yield from duplicates_among([taken[app.name], named], "identity")


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
    if inference is None or InferenceTarget.MANAGED not in inference.chosen:
        return
    if network is not None and workspace is not None and workspace.network_mode is NetworkMode.OWN:
        yield (
            "managed endpoints in a workspace with network_mode 'own': each deployment needs "
            "egress_public_network_access: disabled, and then reaches only the workspace, its storage and its registry"
        )
