"""What the machine-learning workspace has as computes beside its own clusters: names that tell all of them apart."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..foundation.duplicates import Named, duplicates_among
from ..foundation.violations import Violation

if TYPE_CHECKING:
    from .environment import EnvironmentSettings
    from .workspace import WorkspaceSettings


def attached_violations(environment: "EnvironmentSettings") -> Iterator[Violation]:
    """A violation for each compute of the workspace, its own or attached, whose name an earlier one has."""
    if environment.workspace is not None:
        yield from duplicates_among(_computes(environment, environment.workspace), "compute of the workspace")


def _computes(environment: "EnvironmentSettings", workspace: "WorkspaceSettings") -> Iterator[Named]:
    for index, cluster in enumerate(workspace.clusters):
        yield Named(("workspace", "clusters", index, "name"), cluster.name, "a cluster")
    if environment.batch is not None and environment.batch.cluster is not None:
        yield Named(("batch", "cluster", "name"), environment.batch.cluster.name, "the cluster of batches")
    aks = environment.inference.aks if environment.inference else None
    if aks is not None:
        yield Named(("inference", "aks", "compute_name"), aks.compute_name, "the attached AKS")
    if environment.databricks is not None:
        yield Named(("databricks", "compute_name"), environment.databricks.compute_name, "the attached Databricks")
    for index, pool in enumerate(environment.synapse.pools if environment.synapse else ()):
        if pool.attach:
            yield Named(("synapse", "pools", index, "name"), pool.name, "an attached Spark pool")
