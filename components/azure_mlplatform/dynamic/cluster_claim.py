"""Claims an adopted cluster for one workspace with a tag on the cluster that other repositories read.

Changes only this tag ("Tags - Update At Scope", Resource Management, operations Merge and Delete), and never claims a
cluster of another workspace.
"""

from typing import Any

import pulumi
from pulumi.dynamic import CreateResult, DiffResult, ReadResult, Resource, UpdateResult

from ..foundation.cluster_sharing import CLUSTER_CLAIM
from .arm import ArmError, ResourceManager
from .provider import ArmProvider, difference

API_VERSION = "2021-04-01"


class ClusterClaimProvider(ArmProvider):
    """Sets the tag, detects that somebody removed it, and removes it on deletion."""

    def create(self, props: Any) -> CreateResult:
        """Claims the cluster. Raises ArmError if another workspace has claimed it."""
        self._claim(self.resource_manager(props), props, ours="")
        return CreateResult(id_=props["cluster_id"], outs=_claimed(props))

    def read(self, id_: str, props: Any) -> ReadResult:
        """The current claim on the cluster. Keeps `workspace_id`, because the found claim may be another's."""
        found = _claim_on(self.resource_manager(props), props["cluster_id"])
        return ReadResult(id_=id_, outs={**props, "claimed_by": found})

    def diff(self, _id: str, olds: Any, news: Any) -> DiffResult:
        """An update if the claim is missing or another's, a replacement for another cluster."""
        taken = olds["claimed_by"].lower() != str(news.get("workspace_id")).lower()
        return difference(olds, news, "cluster_id", drifted=taken)

    def update(self, _id: str, olds: Any, news: Any) -> UpdateResult:
        """Renews the claim, or moves it to another workspace of the same program. Never takes another's claim."""
        self._claim(self.resource_manager(news), news, ours=olds["workspace_id"])
        return UpdateResult(outs=_claimed(news))

    def delete(self, _id: str, props: Any) -> None:
        """Removes the claim, unless the cluster now belongs to another workspace."""
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
        raise ArmError(f"{cluster_id} does not exist")
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
