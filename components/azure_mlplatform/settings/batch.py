"""Scoring in batches: who runs the pipelines, what is scored, when, and who hears of what went wrong."""

import datetime
import re
from collections.abc import Iterator
from enum import StrEnum
from typing import TYPE_CHECKING, Optional

from pydantic import Field

from ._model import SECRET, Refusal, Settings, below, check, computed, matches, obeys, refused, repeated
from .ai_services import twice
from .computes import ClusterSettings
from .datastores import SYSTEM_STORES, DatastoreSettings, StoreAccess, folder_path, store_name
from .endpoints import endpoint_name
from .private_link import PrivateService
from .schedule import ScheduleSettings
from .values import email, guid, name_of, nearest, resource_id

if TYPE_CHECKING:
    from .environment import EnvironmentSettings

MODEL_OUTPUT = "predictions.csv"
"""What a deployed model writes."""

WORKSPACE_STORE = "workspaceblobstore"
"""The datastore on the workspace's own blobs, which batches may write to as well."""

PLACEHOLDERS = ("yyyy", "MM", "dd", "HH", "mm")
"""What stands for a part of the window's start in a folder: year, month, day, hour and minute."""

MOST_ACTION_GROUPS = 5
LONGEST_ALERT_HOURS = 48
"""A log alert looks back two days at most ("Create or edit a log search alert rule", Microsoft Learn)."""


class Orchestrator(StrEnum):
    """What runs the scoring pipelines."""

    DATA_FACTORY = "data_factory"
    SYNAPSE = "synapse"
    """The environment's Synapse workspace, which takes pipelines from its Git repository only."""


class BatchMode(StrEnum):
    """What a scoring pipeline calls."""

    BATCH_ENDPOINT = "batch_endpoint"
    PUBLISHED_PIPELINE = "published_pipeline"
    """Legacy: a pipeline published with version 1 of Azure ML's SDK."""


class BatchDeployment(StrEnum):
    """What releases deploy to the batch endpoint, which decides what a call may hold."""

    MODEL = "model"
    """A model: one input, one output."""

    PIPELINE = "pipeline"
    """A pipeline component: input `data`, output `scores`, and the window as texts `window_start` and `window_end`."""


@computed
def template_path(value: str) -> str:
    """A folder whose names may hold placeholders of the window's start."""
    if "{mm}" in value and "{HH}" not in value:
        raise refused(
            f"'{value}' has the minutes of a window and not its hour",
            "{mm} is the minute; the month is {MM}",
        )
    filled = re.sub(f"{{({'|'.join(PLACEHOLDERS)})}}", "0", value)
    if "{" in filled or "}" in filled:
        raise refused(
            f"'{value}' has a placeholder that stands for nothing",
            f"Allowed: {', '.join('{' + each + '}' for each in PLACEHOLDERS)}, parts of the window's start",
        )
    folder_path(filled)
    return value


@computed
def fixed_folder(value: str) -> str:
    """A folder that is the same for every run."""
    if "{" in value or "}" in value:
        raise refused(
            f"'{value}' has a placeholder, which only the folder of an input takes",
            "Allowed: one folder for all runs; the run's id tells what they write apart",
        )
    return folder_path(value)


_runtime = matches(
    r"(?=.{3,63}$)[A-Za-z0-9](-?[A-Za-z0-9])*",
    "is no name of an integration runtime",
    "3 to 63 letters, digits, hyphens",
)
_suffix = matches(r"[^/\s*?{}]{1,64}", "is no end of a blob's name", "such as .csv, without wildcards")


class BatchInput(Settings):
    """A folder that each run of a schedule reads."""

    store: str = Field(examples=["customers"])
    """The datastore, by name: one of workspace.datastores."""

    folder: str = Field(examples=["sales/{yyyy}/{MM}/{dd}"])
    """The folder in it. `{yyyy}`, `{MM}`, `{dd}`, `{HH}` and `{mm}` stand for the start of the run's window, in the
    schedule's time zone."""

    _store = obeys(store_name, "store")
    _folder = obeys(template_path, "folder")


class BatchOutput(Settings):
    """Where scores are written: each attempt of a run into a folder of its own, so that nothing is overwritten."""

    store: str = Field(default=WORKSPACE_STORE, examples=["scores"])
    """The datastore, by name: one of workspace.datastores with access `write`, or `workspaceblobstore`, the
    workspace's own. A batch endpoint writes to Blob datastores only. Left out: `workspaceblobstore`."""

    folder: str = Field(examples=["churn"])
    """The folder in it, under which a run makes `<run id>-<attempt>`."""

    _store = obeys(store_name, "store")
    _folder = obeys(fixed_folder, "folder")


class BlobCreatedSettings(Settings):
    """Runs once for each blob that lands. Azure tells of a blob at least once: a repeated event is a run of its own,
    and writes to a folder of its own. Of a file that is renamed into a folder of a lake it does not tell."""

    store: str = Field(examples=["customers"])
    """The datastore, by name, in whose container blobs land: one of workspace.datastores."""

    folder: Optional[str] = Field(default=None, examples=["incoming/churn"])
    """The folder in it, with those below. Left out, the whole container."""

    suffix: Optional[str] = Field(default=None, examples=[".csv"])
    """How the blob's name ends. Left out, it may end as it will."""

    ignore_empty: bool = True
    """Whether blobs of no bytes are passed over, as those are that some tools make before they write. Left out, they
    are."""

    _store = obeys(store_name, "store")
    _folder = obeys(fixed_folder, "folder")
    _suffix_rule = obeys(computed(_suffix), "suffix")


class BatchJobSettings(Settings):
    """One thing that is scored in batches: an endpoint, the pipeline that calls it, and what starts that."""

    name: str = Field(examples=["nightly"])
    """What the project calls it: 2 to 12 characters. Part of the names of its endpoint, pipelines and triggers."""

    mode: BatchMode = BatchMode.BATCH_ENDPOINT
    """`batch_endpoint` or `published_pipeline` (legacy). Left out: `batch_endpoint`."""

    deployment: BatchDeployment = BatchDeployment.MODEL
    """With `batch_endpoint`: whether releases deploy a `model` or a `pipeline` component to it. Left out: `model`."""

    published_pipeline_id: Optional[str] = Field(default=None, examples=["00000000-0000-0000-0000-0000000000b1"])
    """With `published_pipeline`: the pipeline, by id."""

    schedule: Optional[ScheduleSettings] = None
    """When it runs by the clock. Left out, it does not."""

    input: Optional[BatchInput] = None
    """With `schedule`: the folder that a run scores. Only a pipeline can do without."""

    blob_created: Optional[BlobCreatedSettings] = None
    """Which blobs start it when they land. Left out, none do."""

    output: BatchOutput
    """Where scores are written."""

    retries: int = Field(default=1, ge=0, le=5)
    """How often a failed run is tried again: 0 to 5 times. Left out: once."""

    retry_interval_seconds: int = Field(default=300, ge=30, le=86400)
    """For how long it waits before, in seconds: 30 to 86400. Left out: 300."""

    timeout_minutes: int = Field(default=240, ge=10, le=10080)
    """After how many minutes an attempt is cancelled and has failed: 10 to 10080 (seven days). Left out: 240."""

    poll_seconds: int = Field(default=60, ge=10, le=3600)
    """How often it is asked whether the job has ended, in seconds: 10 to 3600. Left out: 60."""

    concurrency: Optional[int] = Field(default=None, ge=1, le=50)
    """How many runs go on at once. Then 100 others wait their turn, and Data Factory fails those beyond. Left out, as
    many as there are; their jobs wait for the cluster."""

    active: bool = True
    """Whether its triggers run. False stops them and leaves everything in place. Left out, they run."""

    expected_within_hours: Optional[int] = Field(default=None, ge=1, le=LONGEST_ALERT_HOURS)
    """Within how many hours a run has to succeed, or else the alerts tell: 1 to 48. Left out: with a schedule, the
    longest time between two runs and all attempts; with blobs alone, or where that is longer than 48, none tells."""

    _name = obeys(endpoint_name, "name")
    _pipeline = obeys(guid, "published_pipeline_id")

    @property
    def inputs(self) -> list[tuple[str, str]]:
        """Field and name of each datastore that it reads."""
        read = [("input", self.input.store)] if self.input else []
        return [*read, *([("blob_created", self.blob_created.store)] if self.blob_created else [])]

    @property
    def stores(self) -> list[str]:
        """The datastores that it reads and writes, by name."""
        return [*(name for _, name in self.inputs), self.output.store]

    @property
    def passes_window(self) -> bool:
        """Whether the window is passed on as texts."""
        return self.schedule is not None and (
            self.mode is BatchMode.PUBLISHED_PIPELINE or self.deployment is BatchDeployment.PIPELINE
        )

    @property
    def expected_hours(self) -> Optional[int]:
        """Within how many hours a run has to succeed; None where no alert can tell."""
        if self.expected_within_hours is not None or self.schedule is None:
            return self.expected_within_hours
        attempts = (self.retries + 1) * self.timeout_minutes + self.retries * self.retry_interval_seconds // 60
        hours = -(-(self.schedule.longest_gap_minutes + attempts) // 60)
        return hours if hours <= LONGEST_ALERT_HOURS else None

    @check
    def _something_starts_it(self) -> Iterator[Refusal]:
        if self.schedule is None and self.blob_created is None:
            yield Refusal(
                ("schedule",),
                None,
                f"nothing starts {self.name}: neither schedule nor blob_created is given",
                "Add schedule: {frequency: Day, at: ['03:00'], time_zone: UTC}, or "
                "blob_created: {store: <datastore>, folder: <folder>}",
            )

    @check
    def _input_goes_with_the_schedule(self) -> Iterator[Refusal]:
        by_window = self.passes_window
        if self.schedule is not None and self.input is None and not by_window:
            yield Refusal(
                ("input",),
                None,
                "a scheduled run of a model has nothing to score",
                "Add input: {store: <datastore>, folder: sales/{yyyy}/{MM}/{dd}}",
            )
        if self.input is not None and self.schedule is None:
            yield Refusal(
                ("input",),
                None,
                "input is given, but no schedule: what is scored is the blob that lands",
                "Leave input out, or add schedule",
            )

    @check
    def _one_start_where_the_window_is_passed(self) -> Iterator[Refusal]:
        if self.passes_window and self.blob_created is not None:
            yield Refusal(
                ("blob_created",),
                None,
                "a pipeline takes either a window or a blob, and both schedule and blob_created are given",
                "Make two jobs of it",
            )

    @check
    def _it_is_asked_in_time(self) -> Iterator[Refusal]:
        if self.poll_seconds >= self.timeout_minutes * 60:
            yield Refusal(
                ("poll_seconds",),
                self.poll_seconds,
                f"the job is first asked for after {self.poll_seconds} seconds, and cancelled after "
                f"{self.timeout_minutes} minutes",
                "Lower poll_seconds, or raise timeout_minutes",
            )

    @check
    def _runs_can_be_expected(self) -> Iterator[Refusal]:
        if self.expected_within_hours is None or self.schedule is None:
            return
        gap = self.schedule.longest_gap_minutes
        if self.expected_within_hours * 60 < gap:
            yield Refusal(
                ("expected_within_hours",),
                self.expected_within_hours,
                f"up to {-(-gap // 60)} hours lie between two runs, so it would always be late",
                f"Leave it out, or give {-(-gap // 60)} at least",
            )

    @check
    def _mode_has_what_it_calls(self) -> Iterator[Refusal]:
        legacy = self.mode is BatchMode.PUBLISHED_PIPELINE
        if legacy and self.published_pipeline_id is None:
            yield Refusal(
                ("published_pipeline_id",),
                None,
                "mode is 'published_pipeline', but published_pipeline_id is missing",
                "Add it, or leave mode out: version 1 of the SDK is no longer supported",
            )
        if not legacy and self.published_pipeline_id is not None:
            yield Refusal(
                ("published_pipeline_id",),
                self.published_pipeline_id,
                "published_pipeline_id is given, but mode is 'batch_endpoint'",
                "Leave one of them out",
            )
        if legacy and "deployment" in self.model_fields_set:
            yield Refusal(
                ("deployment",),
                self.deployment,
                "deployment is given, but mode is 'published_pipeline'",
                "Leave it out: nothing is deployed to an endpoint",
            )


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

    _emails = obeys(email, "emails")
    _groups = obeys(resource_id("Microsoft.Insights/actionGroups"), "action_group_ids")

    @check
    def _groups_are_few_enough(self) -> Iterator[Refusal]:
        # "Alert rules", Azure Monitor.
        most = MOST_ACTION_GROUPS - bool(self.emails)
        if len(self.action_group_ids) > most:
            yield Refusal(
                ("action_group_ids",),
                len(self.action_group_ids),
                f"a rule takes {MOST_ACTION_GROUPS} action groups, and emails make one of their own",
                f"Give {most} at most",
            )

    @check
    def _receivers_stand_once(self) -> Iterator[Refusal]:
        yield from repeated(self.emails, ("emails",))
        yield from repeated(self.action_group_ids, ("action_group_ids",))

    @check
    def _somebody_hears(self) -> Iterator[Refusal]:
        if not self.emails and not self.action_group_ids:
            yield Refusal(
                ("emails",), None, "nobody hears of an alert", "Add emails: [<address>], or action_group_ids: [<id>]"
            )


class BatchSettings(Settings):
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

    _runtime_rule = obeys(_runtime, "integration_runtime")
    _factory = obeys(computed(resource_id("Microsoft.DataFactory/factories")), "data_factory_id")

    @property
    def compute_name(self) -> str:
        """The cluster that batches run on."""
        return self.cluster.name if self.cluster else self.compute or ""

    @property
    def makes_factory(self) -> bool:
        """Whether a data factory is made."""
        return self.orchestrator is Orchestrator.DATA_FACTORY and self.data_factory_id is None

    @property
    def has_endpoints(self) -> bool:
        """Whether there are batch endpoints."""
        return any(each.mode is BatchMode.BATCH_ENDPOINT for each in self.jobs)

    @property
    def private_services(self) -> list[PrivateService]:
        """What it has private endpoints to."""
        return [PrivateService.DATA_FACTORY] if self.makes_factory else []

    @check
    def _jobs_have_names_of_their_own(self) -> Iterator[Refusal]:
        yield from twice([each.name for each in self.jobs], ("jobs",), "batch job")

    @check
    def _one_cluster(self) -> Iterator[Refusal]:
        if self.cluster is None and self.compute is None:
            yield Refusal(
                ("compute",),
                None,
                "neither cluster nor compute is given",
                "Add compute: <a cluster of the workspace>, or cluster: {name: batch, vm_size: Standard_D4ds_v4}",
            )
        if self.cluster is not None and self.compute is not None:
            yield Refusal(("compute",), self.compute, "compute is given together with cluster", "Leave one of them out")

    @check
    def _factory_goes_with_the_orchestrator(self) -> Iterator[Refusal]:
        synapse = self.orchestrator is Orchestrator.SYNAPSE
        for field in ("data_factory_id", "start_triggers", "approve_connections"):
            if synapse and field in self.model_fields_set:
                yield Refusal(
                    (field,),
                    getattr(self, field),
                    f"{field} is given, but orchestrator is 'synapse'",
                    "Leave one of them out: Synapse takes pipelines and triggers from its Git repository",
                )
        if self.integration_runtime is not None and self.data_factory_id is None:
            yield Refusal(
                ("integration_runtime",),
                self.integration_runtime,
                "integration_runtime is given, but no data_factory_id",
                "Leave it out: the factory that is made has one of its own",
            )
        if self.data_factory_id is not None:
            if "approve_connections" in self.model_fields_set:
                yield Refusal(
                    ("approve_connections",),
                    self.approve_connections,
                    "approve_connections is given together with data_factory_id",
                    "Leave one of them out: the network of an adopted factory is run by others",
                )
            for index, job in enumerate(self.jobs):
                if job.expected_within_hours is not None:
                    yield Refusal(
                        ("jobs", index, "expected_within_hours"),
                        job.expected_within_hours,
                        "whether an adopted factory's runs are late stands in logs that others keep",
                        "Leave it out; failed runs are told of all the same",
                    )

    def store_refusals(self, stores: list[DatastoreSettings]) -> Iterator[Refusal]:
        """What is wrong with the datastores that jobs name, where the workspace has `stores`."""
        known = {each.name: each for each in stores}
        declared = ", ".join(known) or "none, since workspace.datastores is empty"
        for index, job in enumerate(self.jobs):
            for field, name in job.inputs:
                if name not in known:
                    advice = nearest(name, known)
                    yield Refusal(
                        ("jobs", index, field, "store"),
                        name,
                        f"{name} is the workspace's own, which scores alone go to"
                        if name in SYSTEM_STORES
                        else f"there is no datastore '{name}'" + (f"; {advice}" if advice else ""),
                        f"Declare its container in workspace.datastores, or take one of: {declared}",
                    )
            yield from below(("jobs", index, "output", "store"), self._output_refusals(job, known))
        yield from self._loop_refusals(known)

    @staticmethod
    def _output_refusals(job: BatchJobSettings, known: dict[str, DatastoreSettings]) -> Iterator[Refusal]:
        name = job.output.store
        if name == WORKSPACE_STORE:
            return
        endpoint = job.mode is BatchMode.BATCH_ENDPOINT
        writable = [
            each.name
            for each in known.values()
            if each.access is StoreAccess.WRITE and not (endpoint and each.is_file_system)
        ]
        allowed = f"Allowed: {', '.join([WORKSPACE_STORE, *writable])}"
        store = known.get(name)
        if store is None:
            advice = nearest(name, [WORKSPACE_STORE, *known])
            yield Refusal((), name, f"there is no datastore '{name}'" + (f"; {advice}" if advice else ""), allowed)
        elif store.access is not StoreAccess.WRITE:
            yield Refusal((), name, f"jobs may only read '{name}'", f"Set access: write on it. {allowed}")
        elif store.is_file_system and endpoint:
            yield Refusal(
                (),
                name,
                f"a batch endpoint writes to Blob datastores only, and '{name}' is one of a lake",
                "Declare a datastore of another name on the same container, with as_blobs: true",
            )

    def _loop_refusals(self, stores: dict[str, DatastoreSettings]) -> Iterator[Refusal]:
        """Scores that would start the job that wrote them, at once or by way of others."""
        starts = {job.name: {each.name for each in self.jobs if _starts(job, each, stores)} for job in self.jobs}
        for index, job in enumerate(self.jobs):
            reached, pending = set[str](), starts[job.name]
            while pending:
                reached |= pending
                pending = set().union(*(starts[each] for each in pending)) - reached
            if job.name in reached:
                others = ", ".join(sorted(reached - {job.name}))
                yield Refusal(
                    ("jobs", index, "output", "folder"),
                    job.output.folder,
                    f"its scores start {f'{others}, whose start it' if others else 'it'} again, without end",
                    "Write to another container or folder, or give blob_created a folder or suffix of its own",
                )

    def compute_refusals(self, clusters: list[ClusterSettings]) -> Iterator[Refusal]:
        """What is wrong with the cluster, where the workspace has `clusters`."""
        names = [each.name for each in clusters]
        if self.compute is not None and self.compute != SECRET and self.compute not in names:
            advice = nearest(self.compute, names)
            yield Refusal(
                ("compute",),
                self.compute,
                f"there is no cluster '{self.compute}'" + (f"; {advice}" if advice else ""),
                f"Allowed: {', '.join(names) or 'none, since workspace.clusters is empty; add cluster'}",
            )
        if self.cluster is not None and self.cluster.name.lower() in (each.lower() for each in names):
            yield Refusal(
                ("cluster", "name"),
                self.cluster.name,
                f"the workspace has a cluster '{self.cluster.name}' already",
                "Give it another name, or name the workspace's by compute",
            )

    def refusals_on(self, today: datetime.date) -> Iterator[Refusal]:
        """What is wrong on the day the program runs: a retired size, times that a change of the clocks skips."""
        if self.cluster is not None:
            yield from below(("cluster",), self.cluster.retirement_refusals(today))
        for index, job in enumerate(self.jobs):
            if job.schedule is not None:
                yield from below(("jobs", index, "schedule"), job.schedule.refusals_on(today))

    def notices_on(self, today: datetime.date) -> Iterator[str]:
        """What is right and should still be known."""
        if self.cluster is not None and (notice := self.cluster.retirement_notice(today)):
            yield f"compute {self.cluster.name}: {notice}"
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


def _starts(job: BatchJobSettings, other: BatchJobSettings, stores: dict[str, DatastoreSettings]) -> bool:
    """Whether what a job writes starts another."""
    if other.blob_created is None or not {other.blob_created.store, job.output.store} <= set(stores):
        return False
    watched, written = stores[other.blob_created.store], stores[job.output.store]
    folder = f"{other.blob_created.folder}/" if other.blob_created.folder else ""
    # What a pipeline writes can have any name.
    model = job.mode is BatchMode.BATCH_ENDPOINT and job.deployment is BatchDeployment.MODEL
    named = not model or MODEL_OUTPUT.endswith(other.blob_created.suffix or "")
    same = watched.container_id.lower() == written.container_id.lower()
    return same and named and f"{job.output.folder}/".startswith(folder)


def batch_refusals(environment: "EnvironmentSettings") -> Iterator[Refusal]:
    """What of the batches cannot be in this environment."""
    batch, workspace = environment.batch, environment.workspace
    if batch is None:
        return
    if workspace is None:
        yield Refusal(
            ("batch",), None, "batches are scored in a workspace, and there is none", "Add workspace, or remove batch"
        )
        return
    yield from below(("batch",), batch.compute_refusals(workspace.clusters))
    if batch.orchestrator is Orchestrator.SYNAPSE and environment.synapse is None:
        yield Refusal(
            ("batch", "orchestrator"),
            batch.orchestrator,
            "orchestrator is 'synapse', but there is no Synapse workspace",
            "Add synapse, or leave orchestrator out for Data Factory",
        )
    if environment.customer_managed_key is not None:
        for index, job in enumerate(batch.jobs):
            if job.mode is BatchMode.BATCH_ENDPOINT:
                # "Network isolation in batch endpoints", Microsoft Learn.
                yield Refusal(
                    ("batch", "jobs", index, "mode"),
                    job.mode,
                    "Azure ML has no batch deployments in a workspace that a customer's key encrypts",
                    "Leave customer_managed_key out, or set mode: published_pipeline, which is legacy",
                )
    yield from below(("batch",), batch.store_refusals(workspace.datastores))
