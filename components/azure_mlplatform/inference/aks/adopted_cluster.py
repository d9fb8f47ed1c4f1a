"""Adopts a cluster that others run: reads it, checks that it can be attached, and claims it for one workspace."""

from typing import Any

import pulumi
import pulumi_azure_native as native

from ...foundation.cluster_sharing import CLUSTER_CLAIM, Attach
from ...foundation.problems import Problem
from ...foundation.values import name_of, resource_group_of
from ...parts.arguments import In
from ...parts.component import Component, child, is_hosted
from ...parts.in_turn import InTurn
from ...parts.outputs import after_check, gated_by
from .arguments import AKSInferenceArgs
from .cluster import Cluster
from .cluster_claims import Claim, adoption_problems


def adopted_cluster(parent: Component, args: AKSInferenceArgs) -> Cluster:
    """Reads and checks the cluster. Claims it if the workspace attaches it exclusively."""
    cluster_id = str(args.settings.cluster_id)
    read = native.containerservice.ManagedCluster.get(parent.logical_name("adopted"), cluster_id, opts=child(parent))
    mine: In[str] = args.workspace.workspace_id if args.workspace else ""

    def problems(facts: list[Any]) -> list[Problem]:
        tags, location, entra, workspace_id = facts
        claim = Claim(parent.logical_name(), workspace_id, args.settings.attach, args.namespace)
        found = {"found_tags": tags, "found_location": location, "found_entra": entra}
        return list(adoption_problems(cluster_id, claim, args.placement.location, **found))

    found = pulumi.Output.all(read.tags, read.location, read.aad_profile, mine).apply(problems)
    checked = gated_by([found], cluster_id)
    return Cluster(
        id=checked,
        name=after_check(checked, name_of(cluster_id)),
        group=resource_group_of(cluster_id),
        writes=InTurn(*_claimed(parent, args, checked)),
    )


def _claimed(parent: Component, args: AKSInferenceArgs, cluster_id: In[str]) -> list[pulumi.Resource]:
    """Makes the claim for an exclusive attachment. It takes the checked id, so a refused cluster is not claimed."""
    if args.workspace is None or args.settings.attach is Attach.SHARED:
        return []
    if is_hosted():
        pulumi.log.warn(
            f"{args.settings.cluster_id} is not claimed for the workspace: a component that another language uses "
            f"cannot do it. Set the tag {CLUSTER_CLAIM} on the cluster to the id of the workspace",
            parent,
        )
        return []
    from ...dynamic.cluster_claim import ClusterClaim

    return [
        ClusterClaim(
            parent.logical_name("claim"),
            cluster_id=cluster_id,
            workspace_id=args.workspace.workspace_id,
            tenant_id=args.placement.tenant_id,
            opts=child(parent),
        )
    ]
