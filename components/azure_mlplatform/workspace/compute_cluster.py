"""Compute clusters of a workspace: nodes start with jobs and stop after them."""

from typing import Any, Optional

import pulumi
import pulumi_azure_native as native

from ..catalogue.changes import replacing
from ..parts.arguments import In
from ..parts.component import Component, child
from .settings.computes import ClusterSettings

COMPUTE = "azure-native:machinelearningservices:Compute"


def compute_cluster(
    parent: Component,
    cluster: ClusterSettings,
    *,
    workspace_name: In[str],
    identity_id: In[str],
    subnet_id: Optional[In[str]],
    depends_on: list[pulumi.Resource],
) -> "native.machinelearningservices.Compute":
    """Makes a cluster whose jobs sign in as `identity_id`. Without a `subnet_id` it is in the managed network."""
    ml, placement = native.machinelearningservices, parent.placement
    return native.machinelearningservices.Compute(
        parent.logical_name(f"cluster-{cluster.name}"),
        compute_name=cluster.name,
        workspace_name=workspace_name,
        resource_group_name=placement.resource_group_name,
        location=placement.location,
        identity={"type": "UserAssigned", "user_assigned_identities": [identity_id]},
        properties=ml.AmlComputeArgs(
            compute_type="AmlCompute",
            compute_location=placement.location,
            disable_local_auth=True,
            properties=ml.AmlComputePropertiesArgs(
                vm_size=cluster.vm_size,
                vm_priority=cluster.priority.value,
                os_type="Linux",
                enable_node_public_ip=False,
                remote_login_port_public_access="Disabled",
                scale_settings=ml.ScaleSettingsArgs(
                    min_node_count=cluster.min_nodes,
                    max_node_count=cluster.max_nodes,
                    node_idle_time_before_scale_down=f"PT{cluster.idle_seconds}S",
                ),
                subnet=in_subnet(subnet_id),
            ),
        ),
        tags=placement.tags,
        opts=child(
            parent,
            delete_before_replace=True,
            depends_on=depends_on,
            replace_on_changes=[
                # No setting changes it, but a cluster may have been made by hand.
                "properties.disableLocalAuth",
                *replacing(COMPUTE, "workspace.clusters[]", "batch.cluster", "network.subnet_ids.training"),
            ],
        ),
    )


def in_subnet(subnet_id: Optional[In[str]]) -> Any:
    """The subnet of a compute as azure-native expects it. None for the managed network."""
    return None if subnet_id is None else native.machinelearningservices.ResourceIdArgs(id=subnet_id)
