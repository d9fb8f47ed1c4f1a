"""A cluster of AKS that models are served from, attached to a workspace so that none breaks another's scoring.

It does not manage what runs on the cluster: deployments, traffic and images belong to releases, and what a Git source
applies to that source. An adopted cluster keeps its pools, its network and its upgrades.
"""

import json
from collections.abc import Iterator
from typing import Any, Optional

import pulumi
import pulumi_azure_native as native

from ._component import Component, In, RefusedError, after_check, child, gated_by, is_hosted, known_value_of
from .authorization import assign_role, user_assigned_identity
from .cluster_claims import Claim, adoption_problems, claim
from .compute import AttachableWorkspace, kubernetes_compute, not_attached
from .foundation.model import check
from .foundation.naming import Kind
from .foundation.problems import Problem
from .foundation.roles import PrincipalType, Role
from .foundation.values import name_of, resource_group_of
from .foundation.violations import Violation
from .kubernetes_cluster import agent_pool, container_insights, managed_cluster
from .kubernetes_extension import azureml_extension, gitops
from .network import NetworkedArgs
from .settings.aks import AKSSettings, Attach
from .settings.network import EgressKind
from .tags import CLUSTER_CLAIM


class AKSInferenceArgs(NetworkedArgs):
    """What an AKSInference is made of."""

    settings: AKSSettings
    """The cluster, made or adopted, its pools, and how it is attached."""

    tenant_id: str
    """The Entra tenant of the cluster."""

    diagnostics: In[str]
    """The Log Analytics workspace, by id, that logs and metrics go to."""

    subnet_id: Optional[In[str]] = None
    """The subnet of the nodes. A cluster that is made needs one."""

    egress: EgressKind = EgressKind.NAT_GATEWAY
    """How that subnet leads out. Left out: by a NAT gateway."""

    private_dns_zone_id: Optional[In[str]] = None
    """The zone, by id, that names the API server. Left out, AKS makes one."""

    workspace: Optional[AttachableWorkspace] = None
    """The workspace that it is attached to. Left out, it is a cluster for others to attach."""

    highly_available: bool = True
    """Whether there are three nodes of each service pool, three routers, and an SLA. Left out, there are."""

    zone_redundant: bool = True
    """Whether nodes are spread over availability zones. Left out, they are."""

    @check
    def _workspace_reaches_it(self) -> Iterator[Violation]:
        if self.workspace is not None and self.workspace.managed_network:
            yield Violation(
                ("workspace",),
                None,
                "the workspace has a managed network, to which no Kubernetes cluster can be attached",
                "Set the workspace's network_mode: own, or serve from managed endpoints",
            )


class AKSInference(Component):
    """A cluster with Azure ML's extension, as a compute of a workspace."""

    name: pulumi.Output[str]
    """The cluster's name."""

    resource_id: pulumi.Output[str]
    """The cluster's id."""

    principal_id: pulumi.Output[Optional[str]]
    """The principal of the cluster's identity; None of an adopted one."""

    namespace: pulumi.Output[Optional[str]]
    """The workspace's namespace in it; None where it is attached to none."""

    compute_id: pulumi.Output[Optional[str]]
    """The compute, by id, that endpoints are made on; None where it is attached to none."""

    instance_types: pulumi.Output[list[str]]
    """What deployments can ask for."""

    def __init__(self, name: str, args: AKSInferenceArgs, opts: Optional[pulumi.ResourceOptions] = None) -> None:
        args = AKSInferenceArgs.model_validate(args)
        super().__init__(name, args, opts)
        self._args = args
        self._principal_id: In[Optional[str]] = None
        ready = self._adopted(args) if args.settings.adopted else self._own(args)
        extension = self._extensions(args, ready) if args.settings.installs_extension else None
        compute_id = self._attached(args, args.workspace, extension) if args.workspace else None
        self._finish(
            {
                "name": self._cluster_name,
                "resource_id": self._cluster_id,
                "principal_id": self._principal_id,
                "namespace": self._namespace if args.workspace else None,
                "compute_id": compute_id,
                "instance_types": [each.name for each in self._instance_types],
            }
        )

    @property
    def _namespace(self) -> str:
        return self._args.settings.namespace_for(self._args.project, self._args.environment)

    @property
    def _instance_types(self) -> list[Any]:
        # Their names are known to the whole cluster.
        shared = self._args.settings.attach is Attach.SHARED
        prefix = f"{self._args.project}-{self._args.environment}-" if shared else ""
        return self._args.settings.instance_types(highly_available=self._args.highly_available, prefix=prefix)

    def _own(self, args: AKSInferenceArgs) -> list[pulumi.Resource]:
        """Makes the cluster and its pools; returns what has to be there before the extension."""
        if args.subnet_id is None:
            raise RefusedError(
                [Problem(("subnet_id",), "required for a cluster that is made", "Give the nodes' subnet")]
            )
        settings, name = args.settings, self._name_in_program
        identity = user_assigned_identity(f"{name}-identity", "aks", args=args, parent=self)
        self._principal_id = identity.principal_id
        cluster, violations = managed_cluster(
            f"{name}-cluster",
            settings,
            args=args,
            tenant_id=args.tenant_id,
            subnet_id=args.subnet_id,
            egress=args.egress,
            identity_id=identity.id,
            private_dns_zone_id=args.private_dns_zone_id,
            diagnostics=args.diagnostics,
            tags={**args.tags, **self._claim_tag(args)},
            highly_available=args.highly_available,
            zone_redundant=args.zone_redundant,
            protect=args.lock,
            parent=self,
            # AKS writes to its subnet, and its zone, as it is made.
            depends_on=self._grant_identity(args, args.subnet_id, identity.principal_id),
        )
        self._cluster_id: In[str] = cluster.id
        name_after = known_value_of(cluster, args.name_of(Kind.KUBERNETES_CLUSTER))
        self._cluster_name: In[str] = gated_by(violations, name_after)
        self._cluster_group: In[str] = args.resource_group_name
        container_insights(f"{name}-insights", cluster.id, args.diagnostics, args=args, parent=self)
        shared: dict[str, Any] = {
            "args": args,
            "cluster_name": self._cluster_name,
            "subnet_id": args.subnet_id,
            "zone_redundant": args.zone_redundant,
            "parent": self,
        }
        cpu, least, most = settings.service_pools(highly_available=args.highly_available)["cpu"]
        for pool in settings.pools:
            agent_pool(f"{name}-pool-{pool.name}", pool, label=pool.name, nodes=(pool.least, pool.most), **shared)
        # The extension's pods find no other nodes.
        return [agent_pool(f"{name}-pool-cpu", cpu, label="cpu", nodes=(least, most), **shared)]

    def _grant_identity(
        self, args: AKSInferenceArgs, subnet_id: In[str], principal_id: In[str]
    ) -> list[pulumi.Resource]:
        """What the cluster's identity needs before there is a cluster."""
        if args.private_dns_zone_id is None:
            wanted = [("subnet-contributor", Role.NETWORK_CONTRIBUTOR, subnet_id)]
        else:
            # AKS links the zone to the network itself, even where a hub has it ("Create a private AKS cluster").
            vnet_id = pulumi.Output.from_input(subnet_id).apply(lambda each: each.rsplit("/subnets/", 1)[0])
            wanted = [
                ("network-contributor", Role.NETWORK_CONTRIBUTOR, vnet_id),
                ("zone-contributor", Role.PRIVATE_DNS_ZONE_CONTRIBUTOR, args.private_dns_zone_id),
            ]
        return [self._assign(label, role, principal_id, scope) for label, role, scope in wanted]

    def _claim_tag(self, args: AKSInferenceArgs) -> dict[str, In[str]]:
        if args.settings.attach is Attach.SHARED:
            return {CLUSTER_CLAIM: args.settings.attach.value}
        return {CLUSTER_CLAIM: args.workspace.workspace_id} if args.workspace else {}

    def _adopted(self, args: AKSInferenceArgs) -> list[pulumi.Resource]:
        """Reads the cluster, and claims it where it is to be the workspace's alone; returns the claim."""
        cluster_id = str(args.settings.cluster_id)
        name = f"{self._name_in_program}-adopted"
        read = native.containerservice.ManagedCluster.get(name, cluster_id, opts=child(self))
        mine: In[str] = args.workspace.workspace_id if args.workspace else ""

        def problems(facts: list[Any]) -> list[Problem]:
            tags, location, entra, workspace_id = facts
            found = {"found_tags": tags, "found_location": location, "found_entra": entra}
            return list(adoption_problems(cluster_id, self._claim(args, workspace_id), args.location, **found))

        refused = pulumi.Output.all(read.tags, read.location, read.aad_profile, mine).apply(problems)
        checked = gated_by([refused], cluster_id)
        self._cluster_id = checked
        self._cluster_name = after_check(checked, name_of(cluster_id))
        self._cluster_group = resource_group_of(cluster_id)
        if args.workspace is None or args.settings.attach is Attach.SHARED:
            return []
        if is_hosted():
            pulumi.log.warn(
                f"{cluster_id} is not claimed for the workspace: a component that another language uses cannot do it. "
                f"Set the tag {CLUSTER_CLAIM} on it",
                self,
            )
            return []
        from .dynamic.cluster_claim import ClusterClaim

        claim = ClusterClaim(
            f"{self._name_in_program}-claim",
            # The checked one: what is refused is not claimed either.
            cluster_id=checked,
            workspace_id=args.workspace.workspace_id,
            tenant_id=args.tenant_id,
            opts=child(self),
        )
        return [claim]

    def _extensions(self, args: AKSInferenceArgs, ready: list[pulumi.Resource]) -> Any:
        """Azure ML's extension, and Flux where there is a Git source."""
        name, cluster = (
            self._name_in_program,
            {"cluster_name": self._cluster_name, "cluster_group": self._cluster_group},
        )
        if args.settings.gitops is not None:
            # Beside Azure ML's: Azure says that it took a source, not that it applied it. The router waits for the
            # certificate by itself.
            gitops(name, args.settings.gitops, parent=self, depends_on=ready, **cluster)
        return azureml_extension(
            f"{name}-extension",
            args.settings,
            args=args,
            cluster_id=self._cluster_id,
            highly_available=args.highly_available,
            parent=self,
            depends_on=ready,
            **cluster,
        )

    def _attached(self, args: AKSInferenceArgs, workspace: AttachableWorkspace, extension: Any) -> Any:
        """Attaches the cluster: roles, Trusted Access and the namespace beside the extension, then the compute."""
        name, settings = self._name_in_program, args.settings
        before = [*self._grant_workspace(args, workspace), self._made_namespace(args)]
        if settings.trusted_access:
            before.append(
                native.containerservice.TrustedAccessRoleBinding(
                    f"{name}-trusted-access",
                    trusted_access_role_binding_name=args.name_of(Kind.TRUSTED_ACCESS),
                    resource_name_=self._cluster_name,
                    resource_group_name=self._cluster_group,
                    source_resource_id=workspace.resource_id,
                    roles=["Microsoft.MachineLearningServices/workspaces/mlworkload"],
                    opts=child(self, delete_before_replace=True),
                )
            )
        principal = extension and extension.aks_assigned_identity.apply(lambda each: each and each.principal_id)
        attached = kubernetes_compute(
            name,
            settings.compute_name,
            cluster_id=self._claimed(args, workspace),
            namespace=self._namespace,
            instance_types=self._instance_types,
            extension_principal_id=principal,
            attach=settings.attach,
            args=args,
            tenant_id=args.tenant_id,
            workspace=workspace,
            parent=self,
            depends_on=[*before, *([extension] if extension else [])],
        )
        attached.compute.properties.apply(self._say_what_is_not_attached)
        # Made of names: a compute that is attached anew is the same to its endpoints. They go before it is detached.
        compute_id = pulumi.Output.concat(workspace.workspace_id, f"/computes/{settings.compute_name}")
        return known_value_of(attached.first_to_go, compute_id)

    def _say_what_is_not_attached(self, properties: Any) -> None:
        """A pool that came after the cluster was attached: its instance type has to be applied, as Azure takes none."""
        for each in not_attached(properties, self._instance_types):
            pulumi.log.warn(
                f"{self._args.settings.compute_name} was attached without the instance type {each.name}, and Azure "
                f"adds none to an attached cluster. Apply it (`kubectl apply -f`): {json.dumps(each.manifest)}",
                self,
            )

    def _grant_workspace(self, args: AKSInferenceArgs, workspace: AttachableWorkspace) -> list[pulumi.Resource]:
        """What the workspace's identity needs on the cluster ("Attach a Kubernetes cluster"). Contributor, which
        Trusted Access asks for, holds the other three."""
        roles = [
            ("reader", Role.READER),
            ("extension-contributor", Role.KUBERNETES_EXTENSION_CONTRIBUTOR),
            ("cluster-admin", Role.AKS_CLUSTER_ADMIN),
        ]
        if args.settings.trusted_access:
            roles = [("contributor", Role.CONTRIBUTOR)]
        return [
            self._assign(f"workspace-{label}", role, workspace.principal_id, self._cluster_id) for label, role in roles
        ]

    def _made_namespace(self, args: AKSInferenceArgs) -> pulumi.Resource:
        """The workspace's namespace. The router stands in another one, so every pod of the cluster may call."""
        quota = args.settings.quota
        limits = quota and {
            "cpu_request": f"{quota.cpu}",
            "cpu_limit": f"{quota.cpu}",
            "memory_request": f"{quota.memory_gib}Gi",
            "memory_limit": f"{quota.memory_gib}Gi",
        }
        properties: Any = {
            "adoption_policy": "IfIdentical",
            "delete_policy": "Keep" if args.lock else "Delete",
            "default_network_policy": {"ingress": "AllowAll", "egress": "AllowAll"},
            **({"default_resource_quota": limits} if limits else {}),
        }
        return native.containerservice.ManagedNamespace(
            f"{self._name_in_program}-namespace",
            managed_namespace_name=self._namespace,
            resource_name_=self._cluster_name,
            resource_group_name=self._cluster_group,
            location=args.location,
            properties=properties,
            tags=args.tags,
            opts=child(self, protect=args.lock),
        )

    def _claimed(self, args: AKSInferenceArgs, workspace: AttachableWorkspace) -> "pulumi.Output[str]":
        """The cluster's id, unless another component of the program has it, and one of them alone."""
        known = args.settings.cluster_id or args.id_of(
            "Microsoft.ContainerService/managedClusters", args.name_of(Kind.KUBERNETES_CLUSTER)
        )
        checked = pulumi.Output.all(known, workspace.workspace_id).apply(
            lambda both: claim(both[0], self._claim(args, both[1]))
        )
        return after_check(checked, self._cluster_id)

    def _claim(self, args: AKSInferenceArgs, workspace_id: str) -> Claim:
        return Claim(self._name_in_program, workspace_id, args.settings.attach, self._namespace)

    def _assign(self, label: str, role: Role, principal_id: In[str], scope: In[str]) -> pulumi.Resource:
        return assign_role(
            f"{self._name_in_program}-{label}",
            role,
            principal_id=principal_id,
            principal_type=PrincipalType.SERVICE_PRINCIPAL,
            scope=scope,
            args=self._args,
            parent=self,
        )
