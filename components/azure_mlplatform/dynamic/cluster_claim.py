"""Claims an adopted cluster for one workspace with a tag on the cluster that other repositories read.

Changes only tags of its own ("Tags - Update At Scope", Resource Management, operations Merge and Delete), and never
claims a cluster of another workspace. Two claims at once: each first writes a tag under a name of its own, and then
reads all. At least the later one sees the other, and gives way before it attaches anything.
"""

import hashlib
from http import HTTPStatus
from typing import Any, Optional

import pulumi
from pulumi.dynamic import CreateResult, DiffResult, ReadResult, Resource, UpdateResult

from ..foundation.cluster_sharing import CLUSTER_CLAIM
from .arm import ArmError, ResourceManager
from .provider import ArmProvider, difference

API_VERSION = "2021-04-01"

_CLAIMING = f"{CLUSTER_CLAIM}-claiming-"


class ClusterClaimProvider(ArmProvider):
    """Sets the tag, detects that somebody removed it, and removes it on deletion."""

    def create(self, props: Any) -> CreateResult:
        """Claims the cluster. Raises ArmError if another workspace has claimed it."""
        self._claim(self.resource_manager(props), props, ours="")
        return CreateResult(id_=props["cluster_id"], outs=_claimed(props))

    def read(self, id_: str, props: Any) -> ReadResult:
        """The current claim on the cluster. Keeps `workspace_id`, because the found claim may be another's."""
        tags = _tags(self.resource_manager(props), props["cluster_id"])
        # With the cluster, the claim on it is gone.
        if tags is None:
            return ReadResult(id_="", outs={})
        return ReadResult(id_=id_, outs={**props, "claimed_by": tags.get(CLUSTER_CLAIM, "")})

    def diff(self, _id: str, olds: Any, news: Any) -> DiffResult:
        """An update if the claim is missing or another's, a replacement for another cluster."""
        taken = olds["claimed_by"].lower() != str(news.get("workspace_id")).lower()
        return difference(olds, news, "cluster_id", drifted=taken)

    def update(self, _id: str, olds: Any, news: Any) -> UpdateResult:
        """Renews the claim, or moves it to another workspace of the same program. Never takes another's claim."""
        self._claim(self.resource_manager(news), news, ours=olds["workspace_id"])
        return UpdateResult(outs=_claimed(news))

    def delete(self, _id: str, props: Any) -> None:
        """Removes the claim, unless the cluster is gone or now belongs to another workspace."""
        arm, workspace_id = self.resource_manager(props), props["workspace_id"]
        tags = _tags(arm, props["cluster_id"]) or {}
        names = (CLUSTER_CLAIM, _claiming(workspace_id))
        own = {key: tags[key] for key in names if tags.get(key, "").lower() == workspace_id.lower()}
        if own:
            _change(arm, props["cluster_id"], "Delete", own)

    @staticmethod
    def _claim(arm: ResourceManager, props: Any, *, ours: str) -> None:
        """Claims the cluster. `ours` is the workspace of this program that has it."""
        cluster_id, workspace_id = props["cluster_id"], props["workspace_id"]
        _refuse_anothers(arm, cluster_id, workspace_id, ours)
        flag = {_claiming(workspace_id): workspace_id}
        _change(arm, cluster_id, "Merge", flag)
        try:
            _refuse_anothers(arm, cluster_id, workspace_id, ours)
        except ArmError:
            _change(arm, cluster_id, "Delete", flag)
            raise
        # The claim stands before the flag goes, so that one of them can always be seen.
        _change(arm, cluster_id, "Merge", {CLUSTER_CLAIM: workspace_id})
        _change(arm, cluster_id, "Delete", flag)


def _claimed(props: Any) -> dict[str, Any]:
    return {**props, "claimed_by": props["workspace_id"]}


def _claiming(workspace_id: str) -> str:
    """The name of the tag by which a workspace says that it is about to claim."""
    return f"{_CLAIMING}{hashlib.sha256(workspace_id.lower().encode()).hexdigest()[:8]}"


def _refuse_anothers(arm: ResourceManager, cluster_id: str, *ours: str) -> None:
    tags = _tags(arm, cluster_id)
    if tags is None:
        raise ArmError(f"{cluster_id} does not exist")
    claims = [value for key, value in tags.items() if key == CLUSTER_CLAIM or key.startswith(_CLAIMING)]
    others = [each for each in claims if each.lower() not in ("", *(mine.lower() for mine in ours))]
    if others:
        raise ArmError(f"{cluster_id} belongs to {others[0]}, and {ours[0]} claims it too")


def _tags(arm: ResourceManager, cluster_id: str) -> Optional[dict[str, str]]:
    """The tags of a cluster, or None if it is gone."""
    found = arm.get(f"{cluster_id}/providers/Microsoft.Resources/tags/default", API_VERSION)
    if found is None:
        return None
    tags = found["properties"].get("tags")
    return {key: str(value) for key, value in tags.items()} if isinstance(tags, dict) else {}


def _change(arm: ResourceManager, cluster_id: str, operation: str, tags: dict[str, str]) -> None:
    """Changes tags. Asks again while another write on the cluster is under way, since AKS takes one at a time."""
    path = f"{cluster_id}/providers/Microsoft.Resources/tags/default"
    busy: list[ArmError] = []

    def ask() -> Optional[bool]:
        try:
            arm.patch(path, API_VERSION, {"operation": operation, "properties": {"tags": tags}})
        except ArmError as error:
            if error.status != HTTPStatus.CONFLICT:
                raise
            busy.append(error)
            return None
        return True

    if not arm.wait(ask, bool):
        raise busy[-1]


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
