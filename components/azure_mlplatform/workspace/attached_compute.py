"""What is there without a workspace, as a compute of it: AKS, Databricks, Spark pools. Each domain attaches its own."""

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
    """What detaches it before it is deleted. What works on the compute depends on this, to go before."""


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
    """The compute, and what detaches it.

    `thing` is what it stands for, in a warning. `signs_in` says whether its jobs sign in as the workspace's computes.
    `tags` go beside the environment's. Where a component is hosted for another language, nothing can detach it, and
    the compute stays when it is deleted: what Azure does at a deletion without its word is not documented.
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
            f"detach it. Detach it with `az ml compute detach` before {thing} goes",
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
    """Imported where it is used: importing it costs, and few programs attach anything."""
    from ..dynamic.compute_detach import ComputeDetach
    from ..dynamic.kubernetes_detach import KubernetesDetach

    return KubernetesDetach if isinstance(properties, native.machinelearningservices.KubernetesArgs) else ComputeDetach
