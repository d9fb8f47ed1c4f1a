"""Attaches existing computes to a workspace: AKS, Databricks, Spark pools. Each domain attaches its own."""

from typing import TYPE_CHECKING, Any, NamedTuple, Optional

import pulumi
import pulumi_azure_native as native

from ..parts.authorization import user_assigned_only
from ..parts.component import Component, child, is_hosted
from .reference import WorkspaceReference

if TYPE_CHECKING:
    from ..dynamic.compute_detach import ComputeDetach


class AttachedCompute(NamedTuple):
    """An attached compute."""

    compute: "native.machinelearningservices.Compute"

    first_to_go: pulumi.Resource
    """Detaches the compute before it is deleted. Users of the compute depend on this, so they are deleted first."""


def attached_compute(
    parent: Component,
    label: str,
    *,
    workspace: WorkspaceReference,
    compute_name: str,
    properties: Any,
    thing: str,
    signs_in: bool = True,
    tags: Optional[dict[str, str]] = None,
    depends_on: Optional[list[pulumi.Resource]] = None,
    ignore_changes: Optional[list[str]] = None,
    replace_on_changes: Optional[list[str]] = None,
    secret_outputs: Optional[list[str]] = None,
) -> AttachedCompute:
    """Attaches a compute. Returns it, and the resource that detaches it.

    `thing` is the attached resource in the words of a warning. `signs_in`: whether its jobs sign in as the workspace's
    computes. `tags` are added to the environment's. A component hosted for another language cannot detach the compute,
    so it keeps the compute at deletion: Azure does not document what a deletion without `Detach` does.
    """
    placement = parent.placement
    compute = native.machinelearningservices.Compute(
        parent.logical_name(f"{label}-compute" if label else "compute"),
        compute_name=compute_name,
        workspace_name=workspace.name,
        resource_group_name=placement.resource_group_name,
        location=placement.location,
        identity=user_assigned_only(workspace.compute_identity_id) if signs_in else None,
        properties=properties,
        tags={**placement.tags, **(tags or {})},
        opts=child(
            parent,
            delete_before_replace=True,
            retain_on_delete=is_hosted() or None,
            depends_on=depends_on,
            ignore_changes=ignore_changes,
            replace_on_changes=replace_on_changes,
            secret_outputs=secret_outputs,
        ),
    )
    if is_hosted():
        pulumi.log.warn(
            f"{compute_name} stays when this component is deleted: a component that another language uses cannot "
            f"detach it. Detach it with `az ml compute detach` before you delete {thing}",
            parent,
        )
        return AttachedCompute(compute, compute)
    detach = _detach_of(properties)(
        parent.logical_name(f"{label}-detach" if label else "detach"),
        compute_id=compute.id,
        tenant_id=placement.tenant_id,
        opts=child(parent),
    )
    return AttachedCompute(compute, detach)


def _detach_of(properties: Any) -> "type[ComputeDetach]":
    """The resource class that detaches the compute. Imported here: the import is slow, and few programs need it."""
    from ..dynamic.compute_detach import ComputeDetach
    from ..dynamic.kubernetes_detach import KubernetesDetach

    return KubernetesDetach if isinstance(properties, native.machinelearningservices.KubernetesArgs) else ComputeDetach
