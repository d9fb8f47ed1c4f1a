"""The arguments of an AKSInference. The functions that make its parts take them too."""

from collections.abc import Iterator
from typing import Optional

from pydantic import Field

from ...foundation.cluster_sharing import CLUSTER_CLAIM, Attach
from ...foundation.model import check
from ...foundation.rules import field_rule
from ...foundation.values import arm_id
from ...foundation.violations import Violation
from ...network.settings import EgressKind
from ...parts.arguments import LEFT_OUT, In, ModelOrDict
from ...parts.placement import NetworkedArgs
from ...workspace.reference import WorkspaceReference
from .settings.aks import AKSSettings
from .settings.node_pools import InstanceType


class AKSInferenceArgs(NetworkedArgs):
    """The arguments of an AKSInference."""

    settings: ModelOrDict[AKSSettings]
    """The cluster (new or adopted), its pools, and its attachment."""

    subnet_id: Optional[In[str]] = None
    """The subnet of the nodes, by id. Required for a new cluster."""

    egress: EgressKind = EgressKind.NAT_GATEWAY
    """The egress of that subnet. Default: a NAT gateway."""

    private_dns_zone_id: Optional[In[str]] = None
    """The private DNS zone of the API server, by id. Default: AKS makes one."""

    zone_below: Optional[str] = None
    """The zone below which the API server gets a private DNS zone of its own, such as
    `privatelink.westeurope.azmk8s.io`. Default: none is made."""

    zone_networks: list[In[str]] = Field(default_factory=list)
    """Other networks in which names of that zone resolve, by id, such as the hub. Default: the nodes' network only."""

    workspace: ModelOrDict[Optional[WorkspaceReference]] = LEFT_OUT
    """The workspace that the cluster is attached to. Default: none, so that other projects can attach it."""

    _subnet = field_rule(arm_id("Microsoft.Network/virtualNetworks/subnets"), "subnet_id")
    _zone = field_rule(arm_id("Microsoft.Network/privateDnsZones"), "private_dns_zone_id")

    @check
    def _workspace_reaches_it(self) -> Iterator[Violation]:
        if self.workspace is not None and self.workspace.managed_network:
            yield Violation(
                ("workspace",),
                None,
                "the workspace has a managed network, so no Kubernetes cluster can be attached to it",
                "Set the workspace's network_mode: own, or serve models from managed endpoints",
            )

    @check
    def _nodes_have_a_subnet(self) -> Iterator[Violation]:
        if not self.settings.adopted and self.subnet_id is None:
            yield Violation(("subnet_id",), None, "required for a new cluster", "Give the id of the nodes' subnet")

    @property
    def namespace(self) -> str:
        """The workspace's namespace in the cluster."""
        return self.settings.namespace_for(self.placement.project, self.placement.environment)

    @property
    def instance_types(self) -> list[InstanceType]:
        """The instance types that deployments can use."""
        # Instance types belong to the whole cluster, so a shared one needs unique names.
        shared = self.settings.attach is Attach.SHARED
        prefix = f"{self.placement.project}-{self.placement.environment}-" if shared else ""
        return self.settings.instance_types(highly_available=self.placement.profile.highly_available, prefix=prefix)

    @property
    def claim_tags(self) -> dict[str, In[str]]:
        """The tag that names the cluster's workspace, or says that the cluster is shared."""
        if self.settings.attach is Attach.SHARED:
            return {CLUSTER_CLAIM: self.settings.attach.value}
        return {CLUSTER_CLAIM: self.workspace.workspace_id} if self.workspace else {}
