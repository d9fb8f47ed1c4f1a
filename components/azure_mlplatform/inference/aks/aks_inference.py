"""An AKS cluster that serves models, attached so that no workspace breaks another one's scoring.

It does not manage what runs on the cluster. Releases manage deployments, traffic and images. A Git source manages what
it applies. An adopted cluster keeps its pools, its network and its upgrades.
"""

from collections.abc import Mapping
from typing import Any, Optional

import pulumi

from ...parts.arguments import ArgsOrDict
from ...parts.authorization import lock
from ...parts.component import Component
from ...parts.outputs import known_value_of
from .adopted_cluster import adopted_cluster
from .arguments import AKSInferenceArgs
from .attachment import attach_cluster
from .extension import azureml_extension, gitops
from .managed_cluster import maintenance, managed_cluster, pools_for_models


class AKSInference(Component):
    """An AKS cluster with Azure ML's extension, attached as a compute of a workspace."""

    name: pulumi.Output[str]
    """The cluster's name."""

    resource_id: pulumi.Output[str]
    """The cluster's id."""

    principal_id: pulumi.Output[Optional[str]]
    """The principal id of the cluster's identity. None for an adopted cluster."""

    namespace: pulumi.Output[Optional[str]]
    """The workspace's namespace in the cluster. None if no workspace is given."""

    compute_id: pulumi.Output[Optional[str]]
    """The compute that endpoints are made on, by id. None if no workspace is given."""

    instance_types: pulumi.Output[list[str]]
    """The names of the instance types that deployments can use."""

    def __init__(
        self, name: str, args: ArgsOrDict[AKSInferenceArgs], opts: Optional[pulumi.ResourceOptions] = None
    ) -> None:
        args = AKSInferenceArgs.model_validate(args)
        super().__init__(name, args, opts)
        settings = args.settings
        # AKS takes one write on a cluster at a time, so the order here is that of `cluster.writes`: first what
        # endpoints wait for, last what fails most often, a pool without quota.
        cluster = adopted_cluster(self, args) if settings.adopted else managed_cluster(self, args)
        # The router waits for its certificate, and the extension's installation for the router. So the source comes
        # before it, if it may bring the certificate.
        source = settings.gitops if settings.installs_extension else None
        if source is not None and settings.https is not None:
            gitops(self, cluster, source)
        extension = azureml_extension(self, cluster, settings) if settings.installs_extension else None
        compute_id = None
        if args.workspace is not None:
            attached = attach_cluster(self, args, cluster, args.workspace, extension)
            # Built from names: the id stays the same if the compute is attached again. Endpoints are deleted before it.
            known = pulumi.Output.concat(args.workspace.workspace_id, f"/computes/{settings.compute_name}")
            compute_id = known_value_of(attached.first_to_go, known)
        if not settings.adopted:
            maintenance(self, args, cluster)
        if source is not None and settings.https is None:
            gitops(self, cluster, source)
        if not settings.adopted:
            pools_for_models(self, args, cluster)
        if settings.is_central and cluster.made is not None and self.placement.locked:
            # The identities of all workspaces on it are Contributor, which may delete it but takes no lock away. What
            # scales is in the group of the nodes, which the lock does not hold.
            lock(self, "cluster-lock", cluster.made, guards=cluster.writes.before)
        self._finish(
            {
                "name": cluster.name,
                "resource_id": cluster.id,
                "principal_id": cluster.principal_id,
                "namespace": args.namespace if args.workspace else None,
                "compute_id": compute_id,
                "instance_types": [each.name for each in args.instance_types],
            }
        )

    @property
    def exports(self) -> Mapping[str, "pulumi.Output[Any]"]:
        """The outputs that a stack exports."""
        return {
            "kubernetes_cluster_id": self.resource_id,
            "kubernetes_namespace": self.namespace,
            "instance_types": self.instance_types,
        }
