"""Settings of a batch job: its input, its triggers and its output."""

import re
from collections.abc import Iterator
from enum import StrEnum
from typing import Optional, Self

from pydantic import Field

from ...foundation.model import Settings, check
from ...foundation.naming import endpoint_name
from ...foundation.rules import field_rule, matching, needs_plain_text, pattern_rule, published_as, published_like
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
"""The file that a deployed model writes."""

PLACEHOLDERS = ("yyyy", "MM", "dd", "HH", "mm")
"""Placeholders in a folder for parts of the window's start: year, month, day, hour and minute."""

LONGEST_ALERT_HOURS = 48
"""The most hours that a log alert can look back ("Create or edit a log search alert rule", Microsoft Learn)."""


class BatchMode(StrEnum):
    """The target that a scoring pipeline calls."""

    BATCH_ENDPOINT = "batch_endpoint"
    PUBLISHED_PIPELINE = "published_pipeline"
    """Legacy: a pipeline published with version 1 of Azure ML's SDK."""


class BatchDeployment(StrEnum):
    """The kind of deployment that releases make on the batch endpoint. It decides the content of a call."""

    MODEL = "model"
    """A model: one input, one output."""

    PIPELINE = "pipeline"
    """A pipeline component: input `data`, output `scores`, the window as strings `window_start` and `window_end`."""


@needs_plain_text
@published_like(folder_path)
def template_path(value: str) -> str:
    """A folder path that may contain placeholders for the window's start."""
    if "{mm}" in value and "{HH}" not in value:
        raise rule_error(
            f"'{value}' has {{mm}}, the minute, without {{HH}}, the hour",
            "Use {MM} for the month, or add {HH}",
        )
    filled = re.sub(f"{{({'|'.join(PLACEHOLDERS)})}}", "0", value)
    if "{" in filled or "}" in filled:
        raise rule_error(
            f"'{value}' has an unknown placeholder",
            f"Allowed: {', '.join('{' + each + '}' for each in PLACEHOLDERS)}, parts of the window's start",
        )
    folder_path(filled)
    return value


@needs_plain_text
@published_as(
    lambda: matching(
        r"""(?!(?:.*/)?[. ]*(?:/|$))[^{}\\?#%*:|"<>\s]+""",
        "Not a folder without placeholders. Allowed: one folder of the container for all runs",
    )
)
def fixed_folder(value: str) -> str:
    """A folder path without placeholders."""
    if "{" in value or "}" in value:
        raise rule_error(
            f"'{value}' has a placeholder, but only the folder of an input may have one",
            "Allowed: one folder for all runs; the run's id keeps their output apart",
        )
    return folder_path(value)


_suffix = pattern_rule(r"[^/\s*?{}]{1,64}", "is not a valid end of a blob's name", "such as .csv, without wildcards")


class BatchInput(Settings):
    """The folder that each scheduled run reads."""

    store: str = Field(examples=["customers"])
    """The datastore, by name: one of workspace.datastores."""

    folder: str = Field(examples=["sales/{yyyy}/{MM}/{dd}"])
    """The folder in the datastore. `{yyyy}`, `{MM}`, `{dd}`, `{HH}` and `{mm}` are replaced by the start of the run's
    window, in the schedule's time zone."""

    _store = field_rule(store_name, "store")
    _folder = field_rule(template_path, "folder")


class BatchOutput(Settings):
    """The place for the scores. Each attempt of a run writes to its own folder, so nothing is overwritten."""

    store: str = Field(default=WORKSPACE_STORE, examples=["scores"])
    """The datastore, by name: one of workspace.datastores with access `write`, or `workspaceblobstore`, the
    workspace's own. A batch endpoint writes to Blob datastores only. Default: `workspaceblobstore`."""

    folder: str = Field(examples=["churn"])
    """The folder in the datastore. Each attempt makes `<run id>-<attempt>` in it."""

    _store = field_rule(store_name, "store")
    _folder = field_rule(fixed_folder, "folder")


class BlobCreatedSettings(Settings):
    """A trigger that starts one run for each new blob. Azure may repeat the event for a blob: each event starts its
    own run, which writes to its own folder. There is no event for a file that is renamed into a folder of a lake."""

    store: str = Field(examples=["customers"])
    """The datastore whose container receives the blobs, by name: one of workspace.datastores."""

    folder: Optional[str] = Field(default=None, examples=["incoming/churn"])
    """The folder in the datastore, with its subfolders. Default: the whole container."""

    suffix: Optional[str] = Field(default=None, examples=[".csv"])
    """The end of the blob's name. Default: any."""

    ignore_empty: bool = True
    """Whether empty blobs are ignored. Some tools make an empty blob before they write. Default: true."""

    _store = field_rule(store_name, "store")
    _folder = field_rule(fixed_folder, "folder")
    _suffix_rule = field_rule(needs_plain_text(_suffix), "suffix")


class BatchJobSettings(PartSettings):
    """A batch job: an endpoint, the pipeline that calls it, and the pipeline's triggers."""

    name: str = Field(examples=["nightly"])
    """The name of the job: 2 to 12 characters. Part of the names of its endpoint, pipelines and triggers."""

    mode: BatchMode = BatchMode.BATCH_ENDPOINT
    """The target of the pipeline: `batch_endpoint` or `published_pipeline` (legacy). Default: `batch_endpoint`."""

    deployment: BatchDeployment = BatchDeployment.MODEL
    """With `batch_endpoint`: whether releases deploy a `model` or a `pipeline` component to it. Default: `model`."""

    published_pipeline_id: Optional[str] = Field(default=None, examples=["00000000-0000-0000-0000-0000000000b1"])
    """With `published_pipeline`: the pipeline, by id."""

    schedule: Optional[ScheduleSettings] = None
    """The schedule of its runs. Default: none."""

    input: Optional[BatchInput] = None
    """With `schedule`: the folder that a run scores. Required for a model, optional for a pipeline."""

    blob_created: Optional[BlobCreatedSettings] = None
    """The new blobs that start a run. Default: none."""

    output: BatchOutput
    """The place for the scores."""

    retries: int = Field(default=1, ge=0, le=5)
    """The number of retries after a failure: 0 to 5. Default: 1."""

    retry_interval_seconds: int = Field(default=300, ge=30, le=86400)
    """The wait before a retry, in seconds: 30 to 86400. Default: 300."""

    timeout_minutes: int = Field(default=240, ge=10, le=10080)
    """The number of minutes after which an attempt is cancelled and fails: 10 to 10080 (seven days). Default: 240."""

    poll_seconds: int = Field(default=60, ge=10, le=3600)
    """The time between two checks whether the job has ended, in seconds: 10 to 3600. Default: 60."""

    concurrency: Optional[int] = Field(default=None, ge=1, le=50)
    """The most runs at the same time. Up to 100 further runs wait, and Data Factory fails the rest. Default: no limit;
    jobs wait for the cluster."""

    active: bool = True
    """Whether its triggers run. False stops them and leaves everything in place. Default: true."""

    expected_within_hours: Optional[int] = Field(default=None, ge=1, le=LONGEST_ALERT_HOURS)
    """The number of hours within which a run must succeed: 1 to 48. Otherwise an alert is sent. Default: with a
    schedule, the longest time between two runs plus the time of all attempts, or no alert if this is more than 48
    hours; with blobs only, no alert."""

    _name = field_rule(endpoint_name, "name")
    _pipeline = field_rule(guid, "published_pipeline_id")

    @property
    def inputs(self) -> list[tuple[str, str]]:
        """Field and name of each datastore that it reads."""
        read = [("input", self.input.store)] if self.input else []
        return [*read, *([("blob_created", self.blob_created.store)] if self.blob_created else [])]

    @property
    def stores(self) -> list[str]:
        """The names of the datastores that it reads and writes."""
        return [*(name for _, name in self.inputs), self.output.store]

    @property
    def passes_window(self) -> bool:
        """Whether the window is passed to the job as strings."""
        return self.schedule is not None and (
            self.mode is BatchMode.PUBLISHED_PIPELINE or self.deployment is BatchDeployment.PIPELINE
        )

    @property
    def expected_hours(self) -> Optional[int]:
        """The number of hours within which a run must succeed. None if there is no alert."""
        if self.expected_within_hours is not None or self.schedule is None:
            return self.expected_within_hours
        attempts = (self.retries + 1) * self.timeout_minutes + self.retries * self.retry_interval_seconds // 60
        hours = -(-(self.schedule.longest_gap_minutes + attempts) // 60)
        return hours if hours <= LONGEST_ALERT_HOURS else None

    def starts(self, other: "BatchJobSettings", stores: dict[str, DatastoreSettings]) -> bool:
        """Whether its output triggers `other`, which may be the job itself. `stores` are the workspace's, by name."""
        if other.blob_created is None or not {other.blob_created.store, self.output.store} <= set(stores):
            return False
        watched, written = stores[other.blob_created.store], stores[self.output.store]
        folder = f"{other.blob_created.folder}/" if other.blob_created.folder else ""
        # A pipeline can write files with any name.
        model = self.mode is BatchMode.BATCH_ENDPOINT and self.deployment is BatchDeployment.MODEL
        named = not model or MODEL_OUTPUT.endswith(other.blob_created.suffix or "")
        same = watched.container_id.lower() == written.container_id.lower()
        return same and named and f"{self.output.folder}/".startswith(folder)

    def at_rest(self) -> Self:
        """The same job, with its triggers stopped."""
        return self.model_copy(update={"active": False})

    def store_violations(self, stores: dict[str, DatastoreSettings]) -> Iterator[Violation]:
        """Violations for the datastores that it names. `stores` are the workspace's, by name."""
        declared = ", ".join(stores) or "none, since workspace.datastores is empty"
        for field, name in self.inputs:
            if name not in stores:
                yield Violation(
                    (field, "store"),
                    name,
                    f"{name} is the workspace's own datastore, which is only for scores"
                    if name in SYSTEM_STORES
                    else f"there is no datastore '{name}'{nearest(name, stores)}",
                    f"Declare its container in workspace.datastores, or use one of: {declared}",
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
                f"a batch endpoint writes to Blob datastores only, but '{name}' is a lake datastore",
                "Declare a datastore with another name on the same container, with as_blobs: true",
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
                "input is given, but schedule is not: without a schedule, a run scores the new blob",
                "Leave input out, or add schedule",
            )

    @check
    def _one_start_where_the_window_is_passed(self) -> Iterator[Violation]:
        if self.passes_window and self.blob_created is not None:
            yield Violation(
                ("blob_created",),
                None,
                "a pipeline takes either a window or a blob, but both schedule and blob_created are given",
                "Make two jobs",
            )

    @check
    def _it_is_asked_in_time(self) -> Iterator[Violation]:
        if self.poll_seconds >= self.timeout_minutes * 60:
            yield Violation(
                ("poll_seconds",),
                self.poll_seconds,
                f"the first check of the job is after {self.poll_seconds} seconds, but it is cancelled after "
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
                f"two runs are up to {-(-gap // 60)} hours apart, so a run would always be late",
                f"Leave it out, or give at least {-(-gap // 60)}",
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
