"""The attachment of a cluster to a workspace: roles, Trusted Access and a namespace, then the compute."""

import json
from typing import Any, Optional

import pulumi
import pulumi_azure_native as native

from ...foundation.built_in_roles import Role
from ...foundation.cluster_sharing import ATTACH
from ...foundation.naming import Kind
from ...parts.authorization import assign_role
from ...parts.component import Component, child
from ...parts.outputs import after_check
from ...workspace.attached_compute import AttachedCompute, attached_compute
from ...workspace.reference import WorkspaceReference
from .arguments import AKSInferenceArgs
from .cluster import Cluster
from .cluster_claims import Claim, claim
from .settings.node_pools import InstanceType

_INSTANCE_TYPES = ("defaultInstanceType", "instanceTypes")


def attach_cluster(
    parent: Component,
    args: AKSInferenceArgs,
    cluster: Cluster,
    workspace: WorkspaceReference,
    extension: "Optional[native.kubernetesconfiguration.Extension]",
) -> AttachedCompute:
    """Attaches the cluster, in one namespace. Azure cannot change an attached compute, so instance types that come
    later must be applied to the cluster with kubectl."""
    ml, settings = native.machinelearningservices, args.settings
    before = [*_grant_workspace(parent, args, cluster, workspace), _namespace(parent, args, cluster)]
    if settings.trusted_access:
        before.append(_trusted_access(parent, cluster, workspace))
    types = args.instance_types
    attached = attached_compute(
        parent,
        "",
        workspace=workspace,
        compute_name=settings.compute_name,
        properties=ml.KubernetesArgs(
            compute_type="Kubernetes",
            compute_location=args.placement.location,
            resource_id=_claimed_id(parent, args, cluster, workspace),
            properties=ml.KubernetesPropertiesArgs(
                namespace=args.namespace,
                instance_types={each.name: _instance_type(each) for each in types} or None,
                default_instance_type=types[0].name if types else None,
                extension_principal_id=extension
                and extension.aks_assigned_identity.apply(lambda each: each and each.principal_id),
            ),
        ),
        thing="the cluster",
        tags={ATTACH: settings.attach.value},
        depends_on=[*before, *([extension] if extension else [])],
        replace_on_changes=["identity", "location", "properties"],
        # Else a new pool or tag would detach the cluster while endpoints use it.
        ignore_changes=[*(f"properties.properties.{each}" for each in _INSTANCE_TYPES), "tags"],
    )
    attached.compute.properties.apply(lambda each: _warn_of_missing_types(parent, args, each))
    return attached


def _claimed_id(
    parent: Component, args: AKSInferenceArgs, cluster: Cluster, workspace: WorkspaceReference
) -> "pulumi.Output[str]":
    """The cluster's id, or an error if another component of the program attaches it too and one of them exclusively."""
    placement = args.placement
    known = args.settings.cluster_id or placement.id_of(
        "Microsoft.ContainerService/managedClusters", placement.name_of(Kind.KUBERNETES_CLUSTER)
    )

    def claim_it(both: list[str]) -> None:
        claim(both[0], Claim(parent.logical_name(), both[1], args.settings.attach, args.namespace))

    return after_check(pulumi.Output.all(known, workspace.workspace_id).apply(claim_it), cluster.id)


def _grant_workspace(
    parent: Component, args: AKSInferenceArgs, cluster: Cluster, workspace: WorkspaceReference
) -> list[pulumi.Resource]:
    """Assigns the roles that the workspace's identity needs on the cluster ("Attach a Kubernetes cluster"). Trusted
    Access needs Contributor, which includes the other three."""
    roles = [
        ("reader", Role.READER),
        ("extension-contributor", Role.KUBERNETES_EXTENSION_CONTRIBUTOR),
        ("cluster-admin", Role.AKS_CLUSTER_ADMIN),
    ]
    if args.settings.trusted_access:
        roles = [("contributor", Role.CONTRIBUTOR)]
    return [
        assign_role(parent, f"workspace-{label}", role, principal_id=workspace.principal_id, scope=cluster.id)
        for label, role in roles
    ]


def _trusted_access(parent: Component, cluster: Cluster, workspace: WorkspaceReference) -> pulumi.Resource:
    made = native.containerservice.TrustedAccessRoleBinding(
        parent.logical_name("trusted-access"),
        trusted_access_role_binding_name=parent.placement.name_of(Kind.TRUSTED_ACCESS),
        resource_name_=cluster.name,
        resource_group_name=cluster.group,
        source_resource_id=workspace.resource_id,
        roles=["Microsoft.MachineLearningServices/workspaces/mlworkload"],
        opts=child(parent, delete_before_replace=True, depends_on=cluster.writes.before),
    )
    return cluster.writes.then(made)


def _namespace(parent: Component, args: AKSInferenceArgs, cluster: Cluster) -> pulumi.Resource:
    """Makes the workspace's namespace. The router is in another namespace, so every pod of the cluster may call."""
    quota, protected = args.settings.quota, args.placement.protected
    limits = quota and {
        "cpu_request": f"{quota.cpu}",
        "cpu_limit": f"{quota.cpu}",
        "memory_request": f"{quota.memory_gib}Gi",
        "memory_limit": f"{quota.memory_gib}Gi",
    }
    properties: Any = {
        "adoption_policy": "IfIdentical",
        "delete_policy": "Keep" if protected else "Delete",
        "default_network_policy": {"ingress": "AllowAll", "egress": "AllowAll"},
        **({"default_resource_quota": limits} if limits else {}),
    }
    made = native.containerservice.ManagedNamespace(
        parent.logical_name("namespace"),
        managed_namespace_name=args.namespace,
        resource_name_=cluster.name,
        resource_group_name=cluster.group,
        location=args.placement.location,
        properties=properties,
        tags=args.placement.tags,
        opts=child(parent, protect=protected, depends_on=cluster.writes.before),
    )
    return cluster.writes.then(made)


def _instance_type(wanted: InstanceType) -> Any:
    ml = native.machinelearningservices
    return ml.InstanceTypeSchemaArgs(
        node_selector=wanted.node_selector,
        resources=ml.InstanceTypeSchemaResourcesArgs(requests=wanted.requests, limits=wanted.limits),
    )


def _warn_of_missing_types(parent: Component, args: AKSInferenceArgs, properties: Any) -> None:
    """Warns of each pool that was added after the attachment: its instance type must be applied with kubectl."""
    for each in missing_types(properties, args.instance_types):
        pulumi.log.warn(
            f"{args.settings.compute_name} was attached without the instance type {each.name}, and Azure cannot add it "
            f"to an attached cluster. Apply it (`kubectl apply -f`): {json.dumps(each.manifest)}",
            parent,
        )


def missing_types(properties: Any, wanted: list[InstanceType]) -> list[InstanceType]:
    """The instance types of `wanted` that a compute was attached without. `properties` is Azure's answer for it."""
    attached = ((properties or {}).get("properties") or {}).get("instanceTypes")
    return [each for each in wanted if each.name not in attached] if attached else []
