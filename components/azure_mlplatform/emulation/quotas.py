"""Quotas of workspaces: how many vCPUs of a family of VM sizes each may use.

Sources: Quotas - List and Quotas - Update of Azure ML's REST API (examples of 2025-09-01), the statuses of
azure-mgmt-machinelearningservices 1.0.1, and "Manage and increase quotas" of MicrosoftDocs/azure-ai-docs (2026-01-27:
no negative value, none above the subscription's); all read 2026-11-28. That a workspace has no row before a quota is
set, and what the subscription has here, is assumed.
"""

from typing import Any

from .azure import Azure
from .loopback import Answer, Call
from .refusal import AzureError

SUBSCRIPTION = {"Standard_D_Family_Cluster_Dedicated_vCPUs": 48, "Standard_DSv2_Family_Cluster_Dedicated_vCPUs": 100}
"""Family → the vCPUs of every subscription here."""

QUOTAS = "quotas"
"""The key of a workspace's notes: family → limit."""

_TYPE = "Microsoft.MachineLearningServices"


def answer(azure: Azure, call: Call, subscription: str) -> Answer:
    """The answer to a list (GET) or an update (POST) of the quotas of a subscription in a region."""
    if call.method == "GET":
        with azure.reading(subscription):
            found = {f"{subscription}/quotas/{family}": limit for family, limit in SUBSCRIPTION.items()}
            for held in azure.world.below(subscription):
                found |= {f"{held.id}/quotas/{family}": each for family, each in held.state.get(QUOTAS, {}).items()}
            return Answer(body={"value": [_row(id_, limit) for id_, limit in found.items()]})
    with azure.acting("update", f"{subscription}/quotas"):
        return Answer(body={"value": [_set(azure, each) for each in call.body["value"]]})


def _set(azure: Azure, wanted: dict[str, Any]) -> dict[str, Any]:
    workspace, _, family = wanted["id"].rpartition("/quotas/")
    held = azure.world.get(workspace)
    if held is None:
        raise AzureError(404, "ResourceNotFound", f"The Resource '{workspace}' was not found.")
    known = {each.lower(): each for each in SUBSCRIPTION}
    limit, name = wanted["limit"], known.get(family.lower())
    if name is None:
        return {**wanted, "status": "InvalidVMFamilyName"}
    if limit > SUBSCRIPTION[name]:
        return {**wanted, "status": "InvalidQuotaExceedsSubscriptionLimit"}
    if limit < 0:
        return {**wanted, "status": "Failure"}
    held.state.setdefault(QUOTAS, {})[name] = limit
    azure.world.log.append(("quota", wanted["id"]))
    return {**wanted, "status": "Success"}


def _row(id_: str, limit: int) -> dict[str, Any]:
    family = id_.rsplit("/", 1)[-1]
    of = "workspaces" if "/workspaces/" in id_ else "vmFamily"
    name = family.replace("_", " ")
    return {
        "id": id_,
        "type": f"{_TYPE}/{of}/quotas",
        "limit": limit,
        "unit": "Count",
        "name": {"value": name, "localizedValue": name},
    }
