"""Node pools of an AKS cluster (agentPools), and the properties of their nodes."""

from typing import Any

import pulumi_azure_native as native

from ...catalogue.changes import replacing
from ...catalogue.vm_sizes import Accelerator
from ...parts.arguments import In
from ...parts.component import Component, child, without_none
from ...parts.in_turn import InTurn
from ...parts.placement import Placement
from .settings.node_pools import NodePoolSettings, OsDisk, ServicePoolSettings

TAINT = "ml.azure.com/amlarc=true:NoSchedule"
"""Keeps all pods off a pool except Azure ML's workloads and its system pods, such as the device plugin ("Deploy Azure
Machine Learning extension", recommended taints)."""

ACCELERATOR_LABEL = "ml.azure.com/accelerator"
"""The label with the accelerator of the nodes. Device plugins select nodes by it."""


def agent_pool(
    parent: Component,
    name: str,
    pool: ServicePoolSettings | NodePoolSettings,
    nodes: tuple[int, int],
    *,
    cluster_name: In[str],
    subnet_id: In[str],
    writes: InTurn,
) -> None:
    """Makes a pool for models or for the extension. A change of an immutable property replaces the pool."""
    placement = parent.placement
    for_models = pool if isinstance(pool, NodePoolSettings) else None
    made = native.containerservice.AgentPool(
        parent.logical_name(f"pool-{name}"),
        agent_pool_name=name,
        resource_name_=cluster_name,
        resource_group_name=placement.resource_group_name,
        mode="User",
        node_labels={ACCELERATOR_LABEL: (for_models.accelerator if for_models else Accelerator.NONE).value},
        node_taints=[TAINT] if for_models else None,
        **nodes_of(placement, pool, *nodes, subnet_id),
        **(_of_models(for_models) if for_models else {}),
        tags=placement.tags,
        opts=child(
            parent,
            delete_before_replace=True,
            depends_on=writes.before,
            ignore_changes=["count", "orchestratorVersion"],
            replace_on_changes=[
                *replacing("azure-native:containerservice:AgentPool"),
                # They follow from others: the size, and the subnet of the whole cluster.
                "osSKU",
                "vnetSubnetID",
            ],
        ),
    )
    writes.then(made)


def nodes_of(
    placement: Placement, pool: ServicePoolSettings | NodePoolSettings, least: int, most: int, subnet_id: In[str]
) -> dict[str, Any]:
    """The node properties of every pool."""
    accelerated = pool.size is not None and pool.size.accelerator is not Accelerator.NONE
    return {
        "type": "VirtualMachineScaleSets",
        "vm_size": pool.vm_size,
        "count": least,
        "min_count": least,
        "max_count": most,
        "enable_auto_scaling": True,
        **without_none(availability_zones=pool.zones_in(placement.zones) or None),
        "max_pods": pool.max_pods,
        "os_type": "Linux",
        # The FPGA runtime is validated on older versions only, so FPGA pools do not get the newest one.
        "os_sku": "Ubuntu2204" if pool.size and pool.size.accelerator is Accelerator.FPGA else "Ubuntu",
        "os_disk_type": "Ephemeral" if pool.disk is OsDisk.EPHEMERAL else "Managed",
        "os_disk_size_gb": pool.disk_gib,
        "vnet_subnet_id": subnet_id,
        "enable_node_public_ip": False,
        "enable_encryption_at_host": pool.unencrypted_host_reason is None,
        # There is seldom quota for an extra node with accelerators.
        "upgrade_settings": ({"max_surge": "0", "max_unavailable": "1"} if accelerated else {"max_surge": "10%"}),
    }


def _of_models(pool: NodePoolSettings) -> dict[str, Any]:
    """The properties that depend on the accelerator and on `spot`."""
    return without_none(
        gpu_profile={"driver": "Install"} if pool.accelerator is Accelerator.GPU else None,
        gpu_instance_profile=pool.mig_profile.value if pool.mig_profile else None,
        scale_set_priority="Spot" if pool.spot else None,
        scale_set_eviction_policy="Delete" if pool.spot else None,
        spot_max_price=-1 if pool.spot else None,
    )
