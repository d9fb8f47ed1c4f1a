"""Scoring in batches: who runs the pipelines, on what, and who hears of what went wrong."""

import datetime
from collections.abc import Iterator
from enum import StrEnum
from typing import TYPE_CHECKING, Optional

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

if TYPE_CHECKING:
    pass

MOST_ACTION_GROUPS = 5
"""Of an alert rule ("Alert rules", Azure Monitor)."""

_runtime = pattern_rule(
    r"(?=.{3,63}$)[A-Za-z0-9](-?[A-Za-z0-9])*",
    "is no name of an integration runtime",
    "3 to 63 letters, digits, hyphens",
)


class Orchestrator(StrEnum):
    """What runs the scoring pipelines."""

    DATA_FACTORY = "data_factory"
    SYNAPSE = "synapse"
    """The environment's Synapse workspace, which takes pipelines from its Git repository only."""


class BatchAlertSettings(Settings):
    """Who hears of failed runs, of failed triggers, and of runs that should have been."""

    emails: list[str] = Field(default_factory=list, examples=[["ml-oncall@example.com"]])
    """Addresses that are written to. Left out, none."""

    action_group_ids: list[str] = Field(
        default_factory=list, examples=[["/subscriptions/…/providers/Microsoft.Insights/actionGroups/ag-oncall"]]
    )
    """Action groups that others made, by id. Left out, none."""

    severity: int = Field(default=1, ge=0, le=4)
    """How bad it is: 0 (critical) to 4 (verbose). Left out: 1."""

    _emails = field_rule(email, "emails")
    _groups = field_rule(arm_id("Microsoft.Insights/actionGroups"), "action_group_ids")

    @check
    def _groups_are_few_enough(self) -> Iterator[Violation]:
        most = MOST_ACTION_GROUPS - bool(self.emails)
        if len(self.action_group_ids) > most:
            yield Violation(
                ("action_group_ids",),
                len(self.action_group_ids),
                f"a rule takes {MOST_ACTION_GROUPS} action groups, and emails make one of their own",
                f"Give {most} at most",
            )

    @check
    def _receivers_stand_once(self) -> Iterator[Violation]:
        yield from duplicate_values(self.emails, ("emails",))
        yield from duplicate_values(self.action_group_ids, ("action_group_ids",))

    @check
    def _somebody_hears(self) -> Iterator[Violation]:
        if not self.emails and not self.action_group_ids:
            yield Violation(
                ("emails",), None, "nobody hears of an alert", "Add emails: [<address>], or action_group_ids: [<id>]"
            )


class BatchSettings(PartSettings):
    """Scoring in batches."""

    jobs: list[BatchJobSettings] = Field(min_length=1)
    """What is scored."""

    orchestrator: Orchestrator = Orchestrator.DATA_FACTORY
    """`data_factory` or `synapse`, which needs `synapse` settings and takes the pipelines from its Git repository
    (`mlplatform export synapse`). Left out: `data_factory`."""

    data_factory_id: Optional[str] = Field(
        default=None, examples=["/subscriptions/…/providers/Microsoft.DataFactory/factories/adf-shared"]
    )
    """A data factory that others made, by id, with an identity of its own. Left out, one is made."""

    integration_runtime: Optional[str] = Field(default=None, examples=["ir-private"])
    """With `data_factory_id`: the integration runtime that reaches the workspace. Left out: the factory's default."""

    cluster: Optional[ClusterSettings] = None
    """A cluster that only batches run on. Left out, `compute` names one of the workspace's."""

    compute: Optional[str] = Field(default=None, examples=["cpu"])
    """The workspace's cluster that batches run on."""

    alerts: Optional[BatchAlertSettings] = None
    """Who hears of what went wrong. Left out, nobody does."""

    start_triggers: bool = True
    """Whether what is deployed runs: triggers are stopped before an update and started after it. False is for those
    who start them in CI. Left out, they are started."""

    approve_connections: bool = True
    """Whether the factory's private endpoints are approved at the storage and the workspace. False is for those whose
    network team approves them. Left out, they are approved."""

    _runtime_rule = field_rule(_runtime, "integration_runtime")
    _factory = field_rule(needs_plain_text(arm_id("Microsoft.DataFactory/factories")), "data_factory_id")

    @property
    def compute_name(self) -> str:
        """The cluster that batches run on."""
        return self.cluster.name if self.cluster else self.compute or ""

    @property
    def makes_factory(self) -> bool:
        """Whether a data factory is made."""
        return self.orchestrator is Orchestrator.DATA_FACTORY and self.data_factory_id is None

    @property
    def private_services(self) -> list[PrivateService]:
        """What it has private endpoints to."""
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
                "integration_runtime is given, but no data_factory_id",
                "Leave it out: the factory that is made has one of its own",
            )
        if self.data_factory_id is not None:
            if "approve_connections" in self.model_fields_set:
                yield Violation(
                    ("approve_connections",),
                    self.approve_connections,
                    "approve_connections is given together with data_factory_id",
                    "Leave one of them out: the network of an adopted factory is run by others",
                )
            for index, job in enumerate(self.jobs):
                if job.expected_within_hours is not None:
                    yield Violation(
                        ("jobs", index, "expected_within_hours"),
                        job.expected_within_hours,
                        "whether an adopted factory's runs are late stands in logs that others keep",
                        "Leave it out; failed runs are told of all the same",
                    )

    def subscription_violations(self, subscription_id: str) -> Iterator[Violation]:
        """Ids in another subscription: the factory."""
        if self.data_factory_id is not None:
            yield from other_subscription(
                ("data_factory_id",), self.data_factory_id, subscription_id, "a program works in one subscription"
            )

    def store_violations(self, stores: list[DatastoreSettings]) -> Iterator[Violation]:
        """What is wrong with the datastores that jobs name, where the workspace has `stores`."""
        known = {each.name: each for each in stores}
        yield from prefixed_each(("jobs",), self.jobs, lambda job: job.store_violations(known))
        yield from self._loop_violations(known)

    def _loop_violations(self, stores: dict[str, DatastoreSettings]) -> Iterator[Violation]:
        """Scores that would start the job that wrote them, at once or by way of others."""
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
                    f"its scores start {f'{others}, whose start it' if others else 'it'} again, without end",
                    "Write to another container or folder, or give blob_created a folder or suffix of its own",
                )

    def compute_violations(self, clusters: list[ClusterSettings]) -> Iterator[Violation]:
        """What is wrong with the cluster, where the workspace has `clusters`."""
        names = [each.name for each in clusters]
        if self.compute is not None and SECRET not in (self.compute, *names) and self.compute not in names:
            yield Violation(
                ("compute",),
                self.compute,
                f"there is no cluster '{self.compute}'{nearest(self.compute, names)}",
                f"Allowed: {', '.join(names) or 'none, since workspace.clusters is empty; add cluster'}",
            )

    def notices_on(self, today: datetime.date) -> Iterator[str]:
        """What is allowed and should still be known: rights that blobs need, runs that nobody hears of."""
        yield from super().notices_on(today)
        by_blob = [each.name for each in self.jobs if each.blob_created]
        if by_blob:
            yield (
                f"batch: blobs start {', '.join(by_blob)}: who deploys needs EventGrid EventSubscription Contributor "
                "on their storage account, whose subscription needs the provider Microsoft.EventGrid"
            )
        if self.data_factory_id is not None and self.integration_runtime is None:
            yield (
                f"batch: {name_of(self.data_factory_id)} calls the workspace through its default runtime, which is "
                "public as Azure makes it; integration_runtime names another"
            )
        if self.makes_factory and self.start_triggers and not self.approve_connections:
            yield (
                "batch: triggers are started, and somebody else approves the factory's private endpoints: have it done "
                "before the first run, or set start_triggers: false"
            )
        if self.alerts is None:
            yield "batch: nobody hears of failed runs; batch.alerts says who should"
        else:
            silent = [each.name for each in self.jobs if each.expected_hours is None]
            if silent or self.data_factory_id is not None:
                late = ", ".join(silent) or "all jobs of an adopted factory"
                yield f"batch: no alert tells when a run is late: {late}"
        legacy = [each.name for each in self.jobs if each.mode is BatchMode.PUBLISHED_PIPELINE]
        if legacy:
            yield f"batch: {', '.join(legacy)} calls a pipeline of version 1, which is legacy; use a batch endpoint"
