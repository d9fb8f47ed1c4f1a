"""Settings of batch scoring: the orchestrator, the cluster, the jobs and the alerts."""

import datetime
from collections.abc import Iterator
from enum import StrEnum
from typing import Optional

from pydantic import Field

from ...catalogue.private_link import PrivateService
from ...foundation.duplicates import duplicate_names, duplicate_values
from ...foundation.model import Settings, check
from ...foundation.rules import field_rule, needs_plain_text, pattern_rule
from ...foundation.secret_values import SECRET
from ...foundation.values import arm_id, email, name_of, nearest
from ...foundation.violations import Violation, prefixed_each
from ...parts.settings.part import PartSettings, other_subscription
from ...workspace.settings.computes import ClusterSettings
from ...workspace.settings.datastores import DatastoreSettings
from .jobs import BatchJobSettings, BatchMode

MOST_ACTION_GROUPS = 5
"""The most action groups that an alert rule can have ("Alert rules", Azure Monitor)."""

_runtime = pattern_rule(
    r"(?=.{3,63}$)[A-Za-z0-9](-?[A-Za-z0-9])*",
    "is not a valid integration runtime name",
    "3 to 63 letters, digits, hyphens",
)


class Orchestrator(StrEnum):
    """The service that runs the scoring pipelines."""

    DATA_FACTORY = "data_factory"
    SYNAPSE = "synapse"
    """The environment's Synapse workspace. It takes pipelines only from its Git repository."""


class BatchAlertSettings(Settings):
    """Alerts on failed runs, failed triggers and late runs, and who receives them."""

    emails: list[str] = Field(default_factory=list, examples=[["ml-oncall@example.com"]])
    """The e-mail addresses that receive alerts. Default: none."""

    action_group_ids: list[str] = Field(
        default_factory=list, examples=[["/subscriptions/…/providers/Microsoft.Insights/actionGroups/ag-oncall"]]
    )
    """Action groups that others made, by id. Default: none."""

    severity: int = Field(default=1, ge=0, le=4)
    """The severity of the alerts: 0 (critical) to 4 (verbose). Default: 1."""

    _emails = field_rule(email, "emails")
    _groups = field_rule(arm_id("Microsoft.Insights/actionGroups"), "action_group_ids")

    @check
    def _groups_are_few_enough(self) -> Iterator[Violation]:
        most = MOST_ACTION_GROUPS - bool(self.emails)
        if len(self.action_group_ids) > most:
            yield Violation(
                ("action_group_ids",),
                len(self.action_group_ids),
                f"an alert rule takes at most {MOST_ACTION_GROUPS} action groups"
                + (", and emails use one of them" if self.emails else ""),
                f"Give at most {most}",
            )

    @check
    def _receivers_stand_once(self) -> Iterator[Violation]:
        yield from duplicate_values(self.emails, ("emails",))
        yield from duplicate_values(self.action_group_ids, ("action_group_ids",))

    @check
    def _somebody_hears(self) -> Iterator[Violation]:
        if not self.emails and not self.action_group_ids:
            yield Violation(
                ("emails",), None, "nobody receives the alerts", "Add emails: [<address>], or action_group_ids: [<id>]"
            )


class BatchSettings(PartSettings):
    """Batch scoring."""

    jobs: list[BatchJobSettings] = Field(min_length=1)
    """The batch jobs."""

    orchestrator: Orchestrator = Orchestrator.DATA_FACTORY
    """The service that runs the pipelines: `data_factory` or `synapse`. `synapse` needs `synapse` settings, and takes
    the pipelines from its Git repository (`mlplatform export synapse`). Default: `data_factory`."""

    data_factory_id: Optional[str] = Field(
        default=None, examples=["/subscriptions/…/providers/Microsoft.DataFactory/factories/adf-shared"]
    )
    """A data factory that others made, by id. It must have its own identity. Default: a new factory."""

    integration_runtime: Optional[str] = Field(default=None, examples=["ir-private"])
    """With `data_factory_id`: the integration runtime that reaches the workspace. Default: the factory's default."""

    cluster: Optional[ClusterSettings] = None
    """A cluster that runs only batch jobs. Default: none, and `compute` names a cluster of the workspace."""

    compute: Optional[str] = Field(default=None, examples=["cpu"])
    """The workspace's cluster that runs the batch jobs, by name. Needed if `cluster` is not given."""

    alerts: Optional[BatchAlertSettings] = None
    """The alerts. Default: no alerts."""

    start_triggers: bool = True
    """Whether a deployment stops triggers before it changes them and starts them afterwards. Set it to false if CI
    starts them. Default: true."""

    approve_connections: bool = True
    """Whether a deployment approves the factory's private endpoints at the storage and the workspace. Set it to false
    if a network team approves them. Default: true."""

    _runtime_rule = field_rule(_runtime, "integration_runtime")
    _factory = field_rule(needs_plain_text(arm_id("Microsoft.DataFactory/factories")), "data_factory_id")

    @property
    def compute_name(self) -> str:
        """The name of the cluster that runs the batch jobs."""
        return self.cluster.name if self.cluster else self.compute or ""

    @property
    def makes_factory(self) -> bool:
        """Whether a data factory is made."""
        return self.orchestrator is Orchestrator.DATA_FACTORY and self.data_factory_id is None

    @property
    def private_services(self) -> list[PrivateService]:
        """The services that get private endpoints."""
        return [PrivateService.DATA_FACTORY] if self.makes_factory else []

    @check
    def _jobs_have_names_of_their_own(self) -> Iterator[Violation]:
        yield from duplicate_names(self.jobs, ("jobs",), "batch job")

    @check
    def _one_cluster(self) -> Iterator[Violation]:
        if self.cluster is None and self.compute is None:
            yield Violation(
                ("compute",),
                None,
                "neither cluster nor compute is given",
                "Add compute: <a cluster of the workspace>, or cluster: {name: batch, vm_size: Standard_D4ds_v4}",
            )
        if self.cluster is not None and self.compute is not None:
            yield Violation(
                ("compute",), self.compute, "compute is given together with cluster", "Leave one of them out"
            )

    @check
    def _factory_goes_with_the_orchestrator(self) -> Iterator[Violation]:
        synapse = self.orchestrator is Orchestrator.SYNAPSE
        for field in ("data_factory_id", "start_triggers", "approve_connections"):
            if synapse and field in self.model_fields_set:
                yield Violation(
                    (field,),
                    getattr(self, field),
                    f"{field} is given, but orchestrator is 'synapse'",
                    "Leave one of them out: Synapse takes pipelines and triggers from its Git repository",
                )
        if self.integration_runtime is not None and self.data_factory_id is None:
            yield Violation(
                ("integration_runtime",),
                self.integration_runtime,
                "integration_runtime is given, but data_factory_id is not",
                "Leave it out: a new factory has its own integration runtime",
            )
        if self.data_factory_id is not None:
            if "approve_connections" in self.model_fields_set:
                yield Violation(
                    ("approve_connections",),
                    self.approve_connections,
                    "approve_connections is given together with data_factory_id",
                    "Leave one of them out: others manage the network of an adopted factory",
                )
            for index, job in enumerate(self.jobs):
                if job.expected_within_hours is not None:
                    yield Violation(
                        ("jobs", index, "expected_within_hours"),
                        job.expected_within_hours,
                        "late runs of an adopted factory cannot be found, because others keep its logs",
                        "Leave it out; alerts on failed runs work without it",
                    )

    def subscription_violations(self, subscription_id: str) -> Iterator[Violation]:
        """A violation if the factory is in another subscription."""
        if self.data_factory_id is not None:
            yield from other_subscription(
                ("data_factory_id",), self.data_factory_id, subscription_id, "a program works in one subscription"
            )

    def store_violations(self, stores: list[DatastoreSettings]) -> Iterator[Violation]:
        """Violations for the datastores that jobs name. `stores` are the workspace's datastores."""
        known = {each.name: each for each in stores}
        yield from prefixed_each(("jobs",), self.jobs, lambda job: job.store_violations(known))
        yield from self._loop_violations(known)

    def _loop_violations(self, stores: dict[str, DatastoreSettings]) -> Iterator[Violation]:
        """Violations for jobs whose output triggers them again, directly or through other jobs."""
        starts = {job.name: {each.name for each in self.jobs if job.starts(each, stores)} for job in self.jobs}
        for index, job in enumerate(self.jobs):
            reached, pending = set[str](), starts[job.name]
            while pending:
                reached |= pending
                pending = set().union(*(starts[each] for each in pending)) - reached
            if job.name in reached:
                others = ", ".join(sorted(reached - {job.name}))
                yield Violation(
                    ("jobs", index, "output", "folder"),
                    job.output.folder,
                    "the job's output triggers "
                    f"{f'{others}, whose output triggers the job' if others else 'the job'} again (endless loop)",
                    "Write to another container or folder, or give blob_created another folder or suffix",
                )

    def compute_violations(self, clusters: list[ClusterSettings]) -> Iterator[Violation]:
        """A violation if `compute` is not one of the workspace's `clusters`."""
        names = [each.name for each in clusters]
        if self.compute is not None and SECRET not in (self.compute, *names) and self.compute not in names:
            yield Violation(
                ("compute",),
                self.compute,
                f"there is no cluster '{self.compute}'{nearest(self.compute, names)}",
                f"Allowed: {', '.join(names) or 'none, since workspace.clusters is empty; add cluster'}",
            )

    def notices_on(self, today: datetime.date) -> Iterator[str]:
        """Notices on allowed settings: roles that blob triggers need, connections, missing alerts, legacy pipelines."""
        yield from super().notices_on(today)
        by_blob = [each.name for each in self.jobs if each.blob_created]
        if by_blob:
            yield (
                f"batch: blobs trigger {', '.join(by_blob)}: the deployer needs EventGrid EventSubscription "
                "Contributor on their storage account, and its subscription needs the provider Microsoft.EventGrid"
            )
        if self.data_factory_id is not None and self.integration_runtime is None:
            yield (
                f"batch: {name_of(self.data_factory_id)} calls the workspace through its default integration "
                "runtime, which is public unless changed; set integration_runtime to use another"
            )
        if self.makes_factory and self.start_triggers and not self.approve_connections:
            yield (
                "batch: triggers are started, but somebody else approves the factory's private endpoints: have them "
                "approved before the first run, or set start_triggers: false"
            )
        if self.alerts is None:
            yield "batch: nobody is alerted to failed runs; set batch.alerts"
        else:
            silent = [each.name for each in self.jobs if each.expected_hours is None]
            if silent or self.data_factory_id is not None:
                late = ", ".join(silent) or "all jobs of an adopted factory"
                yield f"batch: no alert is sent for late runs: {late}"
        legacy = [each.name for each in self.jobs if each.mode is BatchMode.PUBLISHED_PIPELINE]
        if legacy:
            yield f"batch: {', '.join(legacy)} calls a pipeline of SDK version 1, which is legacy; use a batch endpoint"
