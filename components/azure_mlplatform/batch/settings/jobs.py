"""One thing that is scored in batches: what is scored, when, and where scores go."""

import re
from collections.abc import Iterator
from enum import StrEnum
from typing import Optional

from pydantic import Field

from ...foundation.model import Settings, check
from ...foundation.naming import endpoint_name
from ...foundation.rules import field_rule, needs_plain_text, pattern_rule
from ...foundation.values import guid, nearest
from ...foundation.violations import Violation, prefixed, rule_error
from ...parts.settings.part import PartSettings
from ...workspace.settings.datastores import (
    SYSTEM_STORES,
    WORKSPACE_STORE,
    DatastoreSettings,
    StoreAccess,
    folder_path,
    store_name,
)
from .schedule import ScheduleSettings

MODEL_OUTPUT = "predictions.csv"
"""What a deployed model writes."""

PLACEHOLDERS = ("yyyy", "MM", "dd", "HH", "mm")
"""What stands for a part of the window's start in a folder: year, month, day, hour and minute."""

LONGEST_ALERT_HOURS = 48
"""A log alert looks back two days at most ("Create or edit a log search alert rule", Microsoft Learn)."""


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


@needs_plain_text
def template_path(value: str) -> str:
    """A folder whose names may hold placeholders of the window's start."""
    if "{mm}" in value and "{HH}" not in value:
        raise rule_error(
            f"'{value}' has the minutes of a window and not its hour",
            "{mm} is the minute; the month is {MM}",
        )
    filled = re.sub(f"{{({'|'.join(PLACEHOLDERS)})}}", "0", value)
    if "{" in filled or "}" in filled:
        raise rule_error(
            f"'{value}' has a placeholder that stands for nothing",
            f"Allowed: {', '.join('{' + each + '}' for each in PLACEHOLDERS)}, parts of the window's start",
        )
    folder_path(filled)
    return value


@needs_plain_text
def fixed_folder(value: str) -> str:
    """A folder that is the same for every run."""
    if "{" in value or "}" in value:
        raise rule_error(
            f"'{value}' has a placeholder, which only the folder of an input takes",
            "Allowed: one folder for all runs; the run's id tells what they write apart",
        )
    return folder_path(value)


_suffix = pattern_rule(r"[^/\s*?{}]{1,64}", "is no end of a blob's name", "such as .csv, without wildcards")


class BatchInput(Settings):
    """A folder that each run of a schedule reads."""

    store: str = Field(examples=["customers"])
    """The datastore, by name: one of workspace.datastores."""

    folder: str = Field(examples=["sales/{yyyy}/{MM}/{dd}"])
    """The folder in it. `{yyyy}`, `{MM}`, `{dd}`, `{HH}` and `{mm}` stand for the start of the run's window, in the
    schedule's time zone."""

    _store = field_rule(store_name, "store")
    _folder = field_rule(template_path, "folder")


class BatchOutput(Settings):
    """Where scores are written: each attempt of a run into a folder of its own, so that nothing is overwritten."""

    store: str = Field(default=WORKSPACE_STORE, examples=["scores"])
    """The datastore, by name: one of workspace.datastores with access `write`, or `workspaceblobstore`, the
    workspace's own. A batch endpoint writes to Blob datastores only. Left out: `workspaceblobstore`."""

    folder: str = Field(examples=["churn"])
    """The folder in it, under which a run makes `<run id>-<attempt>`."""

    _store = field_rule(store_name, "store")
    _folder = field_rule(fixed_folder, "folder")


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

    _store = field_rule(store_name, "store")
    _folder = field_rule(fixed_folder, "folder")
    _suffix_rule = field_rule(needs_plain_text(_suffix), "suffix")


class BatchJobSettings(PartSettings):
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

    _name = field_rule(endpoint_name, "name")
    _pipeline = field_rule(guid, "published_pipeline_id")

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

    def starts(self, other: "BatchJobSettings", stores: dict[str, DatastoreSettings]) -> bool:
        """Whether what it writes starts another job, or itself. `stores` are the workspace's, by name."""
        if other.blob_created is None or not {other.blob_created.store, self.output.store} <= set(stores):
            return False
        watched, written = stores[other.blob_created.store], stores[self.output.store]
        folder = f"{other.blob_created.folder}/" if other.blob_created.folder else ""
        # What a pipeline writes can have any name.
        model = self.mode is BatchMode.BATCH_ENDPOINT and self.deployment is BatchDeployment.MODEL
        named = not model or MODEL_OUTPUT.endswith(other.blob_created.suffix or "")
        same = watched.container_id.lower() == written.container_id.lower()
        return same and named and f"{self.output.folder}/".startswith(folder)

    def store_violations(self, stores: dict[str, DatastoreSettings]) -> Iterator[Violation]:
        """What is wrong with the datastores that it names. `stores` are the workspace's, by name."""
        declared = ", ".join(stores) or "none, since workspace.datastores is empty"
        for field, name in self.inputs:
            if name not in stores:
                yield Violation(
                    (field, "store"),
                    name,
                    f"{name} is the workspace's own, which scores alone go to"
                    if name in SYSTEM_STORES
                    else f"there is no datastore '{name}'{nearest(name, stores)}",
                    f"Declare its container in workspace.datastores, or take one of: {declared}",
                )
        yield from prefixed(("output", "store"), self._output_violations(stores))

    def _output_violations(self, stores: dict[str, DatastoreSettings]) -> Iterator[Violation]:
        name = self.output.store
        if name == WORKSPACE_STORE:
            return
        endpoint = self.mode is BatchMode.BATCH_ENDPOINT
        writable = [
            each.name
            for each in stores.values()
            if each.access is StoreAccess.WRITE and not (endpoint and each.is_file_system)
        ]
        allowed = f"Allowed: {', '.join([WORKSPACE_STORE, *writable])}"
        store = stores.get(name)
        if store is None:
            near = nearest(name, [WORKSPACE_STORE, *stores])
            yield Violation((), name, f"there is no datastore '{name}'{near}", allowed)
        elif store.access is not StoreAccess.WRITE:
            yield Violation((), name, f"jobs may only read '{name}'", f"Set access: write on it. {allowed}")
        elif store.is_file_system and endpoint:
            yield Violation(
                (),
                name,
                f"a batch endpoint writes to Blob datastores only, and '{name}' is one of a lake",
                "Declare a datastore of another name on the same container, with as_blobs: true",
            )

    @check
    def _something_starts_it(self) -> Iterator[Violation]:
        if self.schedule is None and self.blob_created is None:
            yield Violation(
                ("schedule",),
                None,
                f"nothing starts {self.name}: neither schedule nor blob_created is given",
                "Add schedule: {frequency: Day, at: ['03:00'], time_zone: UTC}, or "
                "blob_created: {store: <datastore>, folder: <folder>}",
            )

    @check
    def _input_goes_with_the_schedule(self) -> Iterator[Violation]:
        by_window = self.passes_window
        if self.schedule is not None and self.input is None and not by_window:
            yield Violation(
                ("input",),
                None,
                "a scheduled run of a model has nothing to score",
                "Add input: {store: <datastore>, folder: sales/{yyyy}/{MM}/{dd}}",
            )
        if self.input is not None and self.schedule is None:
            yield Violation(
                ("input",),
                None,
                "input is given, but no schedule: what is scored is the blob that lands",
                "Leave input out, or add schedule",
            )

    @check
    def _one_start_where_the_window_is_passed(self) -> Iterator[Violation]:
        if self.passes_window and self.blob_created is not None:
            yield Violation(
                ("blob_created",),
                None,
                "a pipeline takes either a window or a blob, and both schedule and blob_created are given",
                "Make two jobs of it",
            )

    @check
    def _it_is_asked_in_time(self) -> Iterator[Violation]:
        if self.poll_seconds >= self.timeout_minutes * 60:
            yield Violation(
                ("poll_seconds",),
                self.poll_seconds,
                f"the job is first asked for after {self.poll_seconds} seconds, and cancelled after "
                f"{self.timeout_minutes} minutes",
                "Lower poll_seconds, or raise timeout_minutes",
            )

    @check
    def _runs_can_be_expected(self) -> Iterator[Violation]:
        if self.expected_within_hours is None or self.schedule is None:
            return
        gap = self.schedule.longest_gap_minutes
        if self.expected_within_hours * 60 < gap:
            yield Violation(
                ("expected_within_hours",),
                self.expected_within_hours,
                f"up to {-(-gap // 60)} hours lie between two runs, so it would always be late",
                f"Leave it out, or give {-(-gap // 60)} at least",
            )

    @check
    def _mode_has_what_it_calls(self) -> Iterator[Violation]:
        legacy = self.mode is BatchMode.PUBLISHED_PIPELINE
        if legacy and self.published_pipeline_id is None:
            yield Violation(
                ("published_pipeline_id",),
                None,
                "mode is 'published_pipeline', but published_pipeline_id is missing",
                "Add it, or leave mode out: version 1 of the SDK is no longer supported",
            )
        if not legacy and self.published_pipeline_id is not None:
            yield Violation(
                ("published_pipeline_id",),
                self.published_pipeline_id,
                "published_pipeline_id is given, but mode is 'batch_endpoint'",
                "Leave one of them out",
            )
        if legacy and "deployment" in self.model_fields_set:
            yield Violation(
                ("deployment",),
                self.deployment,
                "deployment is given, but mode is 'published_pipeline'",
                "Leave it out: nothing is deployed to an endpoint",
            )
