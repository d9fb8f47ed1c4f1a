"""Checks that the computes and the connections of the workspace have legal names."""

from collections.abc import Iterator
from typing import Optional

from ...ai.settings import AIServiceSettings
from ...batch.settings.batch import BatchSettings
from ...foundation.duplicates import Named, duplicates_among
from ...foundation.violations import Violation
from ...inference.settings.inference import InferenceSettings
from ...spark.databricks.settings import DatabricksSettings
from ...spark.synapse.settings import SynapseSettings
from ...workspace.settings.workspace import WorkspaceSettings


def computes_have_own_names(
    workspace: Optional[WorkspaceSettings],
    batch: Optional[BatchSettings],
    inference: Optional[InferenceSettings],
    databricks: Optional[DatabricksSettings],
    synapse: Optional[SynapseSettings],
) -> Iterator[Violation]:
    """A violation for each compute of the workspace, own or attached, whose name an earlier one has."""
    if workspace is None:
        return
    computes = [
        Named(("workspace", "clusters", index, "name"), cluster.name, "a cluster")
        for index, cluster in enumerate(workspace.clusters)
    ]
    if batch is not None and batch.cluster is not None:
        computes.append(Named(("batch", "cluster", "name"), batch.cluster.name, "the batch cluster"))
    if inference is not None and inference.aks is not None:
        computes.append(Named(("inference", "aks", "compute_name"), inference.aks.compute_name, "the attached AKS"))
    if databricks is not None:
        computes.append(Named(("databricks", "compute_name"), databricks.compute_name, "the attached Databricks"))
    computes += [
        Named(("synapse", "pools", index, "name"), pool.name, "an attached Spark pool")
        for index, pool in enumerate(synapse.pools if synapse else ())
        if pool.attach
    ]
    yield from duplicates_among(computes, "compute of the workspace")


def connections_have_legal_names(
    workspace: Optional[WorkspaceSettings], ai_services: list[AIServiceSettings]
) -> Iterator[Violation]:
    """A violation for each AI service whose name is too short for the workspace's connection to it."""
    for index, service in enumerate(ai_services if workspace else ()):
        if len(service.name) < 3:
            yield Violation(
                ("ai_services", index, "name"),
                service.name,
                f"'{service.name}' is too short for the name of a workspace connection",
                "Give it at least 3 characters",
            )
