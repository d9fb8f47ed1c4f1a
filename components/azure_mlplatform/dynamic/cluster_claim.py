"""Claims an adopted cluster for one workspace, by a tag on it that other repositories read.

It touches its own tag only (Resource Management, "Tags - Update At Scope", operations Merge and Delete), and takes no
cluster that another has claimed.
"""

from typing import Any

import pulumi
from pulumi.dynamic import CreateResult, DiffResult, ReadResult, Resource, UpdateResult

from ..foundation.cluster_sharing import CLUSTER_CLAIM
from .arm import ArmError, ResourceManager
from .provider import ArmProvider, difference

API_VERSION = "2021-04-01"


class ClusterClaimProvider(ArmProvider):
    """Sets the tag, finds that somebody took it away, and takes it away."""

    def create(self, props: Any) -> CreateResult:
        """Claims the cluster, unless another has."""
        self._claim(self.resource_manager(props), props, ours="")
        return CreateResult(id_=props["cluster_id"], outs=_claimed(props))

    def read(self, id_: str, props: Any) -> ReadResult:
        """Whose the cluster is now. Whose claim this is stays beside it: what is found may be another's."""
        found = _claim_on(self.resource_manager(props), props["cluster_id"])
        return ReadResult(id_=id_, outs={**props, "claimed_by": found})

    def diff(self, _id: str, olds: Any, news: Any) -> DiffResult:
        """A claim that somebody took away is made again; another cluster's is another claim."""
        taken = olds["claimed_by"].lower() != str(news.get("workspace_id")).lower()
        return difference(olds, news, "cluster_id", drifted=taken)

    def update(self, _id: str, olds: Any, news: Any) -> UpdateResult:
        """Makes the claim again, or makes it another workspace's of the same program; never takes another's."""
        self._claim(self.resource_manager(news), news, ours=olds["workspace_id"])
        return UpdateResult(outs=_claimed(news))

    def delete(self, _id: str, props: Any) -> None:
        """Gives the cluster back, unless it is another's by now."""
        arm = self.resource_manager(props)
        claimed = _claim_on(arm, props["cluster_id"])
        if claimed.lower() == props["workspace_id"].lower():
            _tag(arm, props["cluster_id"], "Delete", claimed)

    @staticmethod
    def _claim(arm: ResourceManager, props: Any, *, ours: str) -> None:
        cluster_id, workspace_id = props["cluster_id"], props["workspace_id"]
        claimed = _claim_on(arm, cluster_id)
        if claimed.lower() not in ("", ours.lower(), workspace_id.lower()):
            raise ArmError(f"{cluster_id} belongs to {claimed}, and {workspace_id} claims it too")
        _tag(arm, cluster_id, "Merge", workspace_id)


def _claimed(props: Any) -> dict[str, Any]:
    return {**props, "claimed_by": props["workspace_id"]}


def _claim_on(arm: ResourceManager, cluster_id: str) -> str:
    found = arm.get(f"{cluster_id}/providers/Microsoft.Resources/tags/default", API_VERSION)
    if found is None:
        raise ArmError(f"{cluster_id} is not there")
    return (found.get("properties", {}).get("tags") or {}).get(CLUSTER_CLAIM, "")


def _tag(arm: ResourceManager, cluster_id: str, operation: str, value: str) -> None:
    path = f"{cluster_id}/providers/Microsoft.Resources/tags/default"
    arm.patch(path, API_VERSION, {"operation": operation, "properties": {"tags": {CLUSTER_CLAIM: value}}})


class ClusterClaim(Resource, module="azure-mlplatform", name="ClusterClaim"):
    """A workspace's claim on an adopted cluster."""

    def __init__(
        self,
        name: str,
        *,
        cluster_id: "pulumi.Input[str]",
        workspace_id: "pulumi.Input[str]",
        tenant_id: str,
        opts: pulumi.ResourceOptions,
    ) -> None:
        props = {"cluster_id": cluster_id, "workspace_id": workspace_id, "tenant_id": tenant_id}
        super().__init__(ClusterClaimProvider(), name, props, opts)
