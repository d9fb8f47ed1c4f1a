"""The dynamic resources of `dynamic/`. Each has the id of the resource that it acts on."""

from dataclasses import replace
from typing import Any

from .resource_type import Inputs, ResourceType, Shown, stable_guid


def _acts_on(id_: str) -> ResourceType:
    return ResourceType(id=id_, size=(), shown=Shown.HIDDEN, named_by_azure=False)


def _stop(urn: str, inputs: Inputs) -> dict[str, Any]:
    return {"stop": stable_guid(f"{urn} stop")}


def _approved(urn: str, inputs: Inputs) -> dict[str, Any]:
    return {"status": "Approved"}


def _started(urn: str, inputs: Inputs) -> dict[str, Any]:
    return {"runtime_state": "Started"}


def _stopped(urn: str, inputs: Inputs) -> dict[str, Any]:
    return {"power": "Stopped"}


def _limited(urn: str, inputs: Inputs) -> dict[str, Any]:
    return {"in_effect": inputs["limits"]}


TYPES = {
    "pulumi-python:dynamic/azure-mlplatform:ApproveConnection": replace(_acts_on("{endpoint_id}"), outputs=_approved),
    "pulumi-python:dynamic/azure-mlplatform:ClusterClaim": _acts_on("{cluster_id}"),
    "pulumi-python:dynamic/azure-mlplatform:ComputeDetach": _acts_on("{compute_id}"),
    "pulumi-python:dynamic/azure-mlplatform:DeployedModel": _acts_on("{account_id}"),
    "pulumi-python:dynamic/azure-mlplatform:KubernetesDetach": _acts_on("{compute_id}"),
    "pulumi-python:dynamic/azure-mlplatform:StartTrigger": replace(
        _acts_on("{factory_id}/triggers/{trigger}"), outputs=_started
    ),
    "pulumi-python:dynamic/azure-mlplatform:StoppedInstance": replace(_acts_on("{compute_id}"), outputs=_stopped),
    "pulumi-python:dynamic/azure-mlplatform:SystemPool": _acts_on("{cluster_id}"),
    "pulumi-python:dynamic/azure-mlplatform:StopRemoved": _acts_on("{factory_id}"),
    "pulumi-python:dynamic/azure-mlplatform:WorkspaceQuota": replace(_acts_on("{workspace_id}"), outputs=_limited),
    "pulumi-python:dynamic/azure-mlplatform:StopTrigger": replace(
        _acts_on("{factory_id}/triggers/{trigger}"), outputs=_stop
    ),
}
