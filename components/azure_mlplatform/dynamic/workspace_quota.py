"""Sets workspace-level quotas: the most vCPUs of a family of VM sizes that a workspace may use at once.

azure-native has no such resource. Azure sets and lists the quotas of all workspaces of a region by one operation of the
subscription.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Optional

import pulumi
from pulumi.dynamic import CreateResult, DiffResult, ReadResult, Resource, UpdateResult

from ..foundation.values import name_of
from .arm import ArmError, ResourceManager
from .provider import ArmProvider, difference

API_VERSION = "2025-12-01"
"""The API version of the azure-native version of this library."""

_SUCCESS = "Success"
_REASONS = {
    "InvalidQuotaBelowClusterMinimum": "the quota is below what the clusters of the workspace keep: raise it, or lower "
    "their min_nodes first",
    "InvalidQuotaExceedsSubscriptionLimit": "the quota is more than the subscription has of this family: lower it, or "
    "ask Azure for more",
    "InvalidVMFamilyName": "Azure has no such family in this region: `az ml workspace list-quota` lists the names",
    "OperationNotEnabledForRegion": "Azure has no such quotas in this region: leave vm_family_quotas out",
    "OperationNotSupportedForSku": "Azure has no such quotas for this workspace: leave vm_family_quotas out",
}
"""Status of an update → what it means. Statuses: `Status` of azure-mgmt-machinelearningservices 1.0.1, read
2026-11-28."""


class WorkspaceQuotaProvider(ArmProvider):
    """Sets the quotas of a workspace, and detects that somebody changed them."""

    def create(self, props: Any) -> CreateResult:
        """Sets them."""
        return CreateResult(id_=props["workspace_id"], outs=self._set(props, props["limits"]))

    def read(self, id_: str, props: Any) -> ReadResult:
        """The quotas now, of the families in `props`. Needs only read access."""
        found = _limits(self.resource_manager(props), props, props["workspace_id"])
        return ReadResult(id_, {**props, "in_effect": {each: found.get(each.lower()) for each in props["limits"]}})

    def diff(self, _id: str, olds: Any, news: Any) -> DiffResult:
        """An update if a quota differs, a replacement for another workspace."""
        inputs = {key: value for key, value in news.items() if key != "in_effect"}
        return difference(olds, inputs, "workspace_id", drifted=olds.get("in_effect") != olds.get("limits"))

    def update(self, _id: str, olds: Any, news: Any) -> UpdateResult:
        """Sets them. A family that is no longer named gets back what the subscription has."""
        dropped = [each for each in olds.get("limits") or {} if each not in news["limits"]]
        return UpdateResult(outs=self._set(news, {**self._whole(news, dropped), **news["limits"]}))

    def delete(self, _id: str, props: Any) -> None:
        """Gives the workspace back what the subscription has. If it is gone, so are its quotas."""
        if self.resource_manager(props).get(props["workspace_id"], API_VERSION) is not None:
            self._set(props, self._whole(props, props["limits"]))

    def _set(self, props: Any, limits: Mapping[str, Any]) -> dict[str, Any]:
        if limits:
            _update(self.resource_manager(props), props, {family: int(vcpus) for family, vcpus in limits.items()})
        return {**props, "in_effect": props["limits"]}

    def _whole(self, props: Any, families: Iterable[str]) -> dict[str, Any]:
        """Family → what the subscription has of it, which every workspace may use by default."""
        if not families:
            return {}
        found = _limits(self.resource_manager(props), props, props["subscription"])
        return {family: found[family.lower()] for family in families if family.lower() in found}


def _update(arm: ResourceManager, props: Any, wanted: Mapping[str, int]) -> None:
    """Writes the quotas of families. Raises ArmError with all that Azure did not take."""
    value = [
        {
            "id": f"{props['workspace_id']}/quotas/{family}",
            "type": "Microsoft.MachineLearningServices/workspaces/quotas",
            "limit": vcpus,
            "unit": "Count",
        }
        for family, vcpus in sorted(wanted.items())
    ]
    answer = arm.post(f"{_region(props)}/updateQuotas", API_VERSION, {"location": props["location"], "value": value})
    told = answer.get("value") if isinstance(answer, dict) else None
    statuses = {
        name_of(str(each.get("id"))).lower(): str(each.get("status")) for each in told or () if isinstance(each, dict)
    }
    refused = {family: statuses.get(family.lower(), "no answer") for family in wanted}
    problems = [
        f"{family}: {_REASONS.get(status, f'Azure did not set the quota ({status})')}"
        for family, status in sorted(refused.items())
        if status != _SUCCESS
    ]
    if problems:
        raise ArmError("; ".join(problems))


def _limits(arm: ResourceManager, props: Any, of: str) -> dict[str, Any]:
    """Family, in lower case → limit, of a workspace or of the subscription."""
    above = f"{of}/quotas/".lower()
    found = arm.list(f"{_region(props)}/quotas", API_VERSION) or []
    return {
        name_of(str(each["id"])).lower(): each.get("limit")
        for each in found
        if str(each.get("id", "")).lower().startswith(above)
    }


def _region(props: Any) -> str:
    return f"{props['subscription']}/providers/Microsoft.MachineLearningServices/locations/{props['location']}"


class WorkspaceQuota(Resource, module="azure-mlplatform", name="WorkspaceQuota"):
    """The quotas of a workspace, by family of VM sizes."""

    in_effect: "pulumi.Output[Optional[dict[str, int]]]"
    """Family → the vCPUs that Azure allows the workspace."""

    def __init__(
        self,
        name: str,
        *,
        workspace_id: "pulumi.Input[str]",
        location: str,
        limits: Mapping[str, int],
        tenant_id: str,
        opts: pulumi.ResourceOptions,
    ) -> None:
        # The name of an output has to be there as an input.
        props = {
            "workspace_id": workspace_id,
            # Its id, because the rights to this are on it.
            "subscription": pulumi.Output.from_input(workspace_id).apply(lambda id_: "/".join(id_.split("/")[:3])),
            "location": location,
            "limits": dict(limits),
            "tenant_id": tenant_id,
            "in_effect": None,
        }
        super().__init__(WorkspaceQuotaProvider(), name, props, opts)
