"""Checks that batch scoring has a workspace with a cluster and datastores, and an orchestrator."""

from collections.abc import Iterator
from typing import Optional

from ...batch.settings.batch import BatchSettings, Orchestrator
from ...batch.settings.jobs import BatchMode
from ...foundation.violations import Violation, prefixed
from ...parts.settings.encryption import CustomerManagedKey
from ...spark.synapse.settings import SynapseSettings
from ...workspace.settings.workspace import WorkspaceSettings


def batches_have_a_workspace(
    batch: Optional[BatchSettings], workspace: Optional[WorkspaceSettings]
) -> Iterator[Violation]:
    """A violation if there is no workspace for batch scoring, or it lacks the cluster or a datastore."""
    if batch is None:
        return
    if workspace is None:
        yield Violation(
            ("batch",), None, "batch scoring needs a workspace, and there is none", "Add workspace, or remove batch"
        )
        return
    yield from prefixed(("batch",), batch.compute_violations(workspace.clusters))
    yield from prefixed(("batch",), batch.store_violations(workspace.datastores))


def orchestrator_is_there(batch: Optional[BatchSettings], synapse: Optional[SynapseSettings]) -> Iterator[Violation]:
    """A violation if the orchestrator is Synapse and there is no Synapse workspace."""
    if batch is not None and batch.orchestrator is Orchestrator.SYNAPSE and synapse is None:
        yield Violation(
            ("batch", "orchestrator"),
            batch.orchestrator,
            "orchestrator is 'synapse', but there is no Synapse workspace",
            "Add synapse, or leave orchestrator out for Data Factory",
        )


def batches_go_without_a_customers_key(
    batch: Optional[BatchSettings], workspace: Optional[WorkspaceSettings], key: Optional[CustomerManagedKey]
) -> Iterator[Violation]:
    """A violation for each batch endpoint in a workspace with a customer-managed key ("Network isolation in batch
    endpoints", Microsoft Learn)."""
    if batch is None or workspace is None or key is None:
        return
    for index, job in enumerate(batch.jobs):
        if job.mode is BatchMode.BATCH_ENDPOINT:
            yield Violation(
                ("batch", "jobs", index, "mode"),
                job.mode,
                "Azure ML supports no batch deployments in a workspace with a customer-managed key",
                "Leave customer_managed_key out, or set mode: published_pipeline (legacy)",
            )
