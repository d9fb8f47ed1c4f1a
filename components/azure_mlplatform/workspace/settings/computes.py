"""The computes of a workspace: clusters, and instances that belong to one person."""

import datetime
from collections.abc import Iterator
from enum import StrEnum
from typing import Optional, Self

from pydantic import Field

from ...catalogue.vm_sizes import EXAMPLES, size_names
from ...foundation.model import Settings, check
from ...foundation.naming import SHORT_NAME, compute_name
from ...foundation.profiles import PROFILES, Environment
from ...foundation.rules import field_rule
from ...foundation.scaling import scaling_violations
from ...foundation.secret_values import SECRET
from ...foundation.values import WEEK_DAYS, guid, time_of_day, week_day, windows_time_zone
from ...foundation.violations import Violation
from ...parts.settings.vm_size import HasVmSize, unknown_size


class Priority(StrEnum):
    """The priority of nodes: Azure may reclaim low-priority nodes at any time."""

    DEDICATED = "Dedicated"
    LOW_PRIORITY = "LowPriority"


SPOT_SINCE = datetime.date(2026, 3, 31)
"""The day since which low-priority nodes are Spot VMs (MicrosoftDocs/azure-ai-docs#791, #806, Azure/Batch#196, read
2026-11-28)."""


class HasListedSize(HasVmSize):
    """A compute whose size is in the catalogue, unless a reason is given."""

    unlisted_size_reason: Optional[str] = Field(default=None, min_length=10, examples=["New in our region, NET-12"])
    """The reason to use a size that this library's catalogue does not list: at least 10 characters. Default: such a
    size is refused."""

    @check
    def _size_is_known(self) -> Iterator[Violation]:
        if self.vm_size == SECRET:
            return
        if self.size is None and self.unlisted_size_reason is None:
            yield unknown_size(
                self.vm_size, size_names(), "If Azure has it (`az vm list-skus`), give unlisted_size_reason"
            )
        elif self.size is not None and not self.size.for_machine_learning:
            yield Violation(
                ("vm_size",),
                self.vm_size,
                f"{self.vm_size} is not a size for machine-learning computes",
                f"Allowed: {EXAMPLES}, and others that 'What are compute targets' (Microsoft Learn) lists",
            )


class ClusterSettings(HasListedSize):
    """A compute cluster: nodes start with jobs and stop after them."""

    name: str = Field(examples=["cpu"])
    """The name that jobs use, unique in the workspace."""

    min_nodes: int = Field(default=0, ge=0, le=1000)
    """Minimum number of nodes, which run without jobs too. Default: 0, which costs nothing between jobs."""

    max_nodes: int = Field(default=4, ge=1, le=1000)
    """Maximum number of nodes. Default: 4."""

    idle_seconds: int = Field(default=120, ge=60, le=86400)
    """The time that a node waits for another job, in seconds. Default: 120."""

    priority: Priority = Priority.DEDICATED
    """`Dedicated` or `LowPriority`. Low-priority nodes are Spot VMs: their price moves, and Azure may take them away.
    Default: `Dedicated`. A change replaces the cluster."""

    _name = field_rule(compute_name, "name")

    @property
    def label(self) -> str:
        """The first words of a notice."""
        return f"compute {self.name}: "

    def at_rest(self) -> Self:
        """The same cluster without nodes: jobs wait in its queue. That Azure takes a maximum of 0 is assumed: its API
        asks for a whole number and names no minimum (Compute, API version 2025-12-01)."""
        return self.model_copy(update={"min_nodes": 0, "max_nodes": 0})

    def profile_violations(self, environment: Environment) -> Iterator[Violation]:
        """A violation if nodes stay between jobs where the profile limits the nodes."""
        if self.min_nodes and PROFILES[environment].most_nodes is not None:
            yield Violation(
                ("min_nodes",),
                self.min_nodes,
                f"in a {environment} environment no node stays between jobs",
                "Set min_nodes: 0, or leave it out",
            )

    def notices_on(self, today: datetime.date) -> Iterator[str]:
        """Notices if the size will be retired, and about what low-priority nodes cost."""
        yield from super().notices_on(today)
        if self.priority is Priority.LOW_PRIORITY and today >= SPOT_SINCE:
            yield (
                f"{self.label}low-priority nodes are Spot VMs since {SPOT_SINCE}: their price moves, up to that of "
                "dedicated ones, and a job that is evicted starts again and is billed again. For batches it can cost "
                "more than Dedicated"
            )

    @check
    def _max_is_no_less_than_min(self) -> Iterator[Violation]:
        yield from scaling_violations(self, "nodes")


class InstanceSchedule(Settings):
    """The times at which an instance starts and stops by itself."""

    time_zone: str = Field(examples=["W. Europe Standard Time"])
    """The time zone of the times, by its Windows name, or `UTC`."""

    start: Optional[str] = Field(default=None, examples=["08:00"])
    """The time at which it starts. Default: its user starts it."""

    stop: Optional[str] = Field(default=None, examples=["18:30"])
    """The time at which it stops. Default: it stops when it is idle."""

    days: list[str] = Field(
        default_factory=lambda: list(WEEK_DAYS[:5]), min_length=1, examples=[["Monday", "Thursday"]]
    )
    """The days of the week. Default: Monday to Friday."""

    _zone = field_rule(windows_time_zone, "time_zone")
    _times = field_rule(time_of_day, "start", "stop")
    _days = field_rule(week_day, "days")

    @check
    def _does_something(self) -> Iterator[Violation]:
        if self.start is None and self.stop is None:
            yield Violation(("start",), None, "neither start nor stop is given", "Give one of them, or both")
        elif self.start == self.stop:
            yield Violation(
                ("stop",),
                self.stop,
                f"it starts and stops at {self.stop}",
                "Give two different times, or only one of them",
            )


class SetupScript(Settings):
    """A script that runs as root when an instance is made."""

    text: str = Field(min_length=1, max_length=8192, examples=["#!/bin/bash\nconda env update -f base.yml"])
    """The script itself. A change replaces the instance."""

    arguments: str = ""
    """The arguments of the script. Default: none."""

    timeout_minutes: int = Field(default=25, ge=1, le=60)
    """The minutes after which the script is stopped and the instance fails. Default: 25."""


class InstanceSettings(HasListedSize):
    """A compute instance: one person's machine, used through the studio. Only where the profile allows it."""

    name: str = Field(pattern=f"^{SHORT_NAME}$", min_length=2, max_length=12, examples=["alice"])
    """Its name in the team: 2 to 12 lower-case letters, digits and single hyphens, starting with a letter.
    Part of its name in Azure, which must be unique in the region."""

    assigned_user: str = Field(examples=["00000000-0000-0000-0000-000000000003"])
    """Its user, by object id. Nobody else can use it. A change replaces the instance."""

    idle_shutdown_minutes: int = Field(default=60, ge=15, le=4320)
    """The minutes without activity after which it stops: 15 to 4320 (three days). Default: 60."""

    stopped: bool = False
    """Whether each update stops it, whoever started it. Its files stay. Its schedule, which Azure cannot change, goes
    on. Default: its user starts and stops it."""

    schedule: Optional[InstanceSchedule] = None
    """The times at which it starts and stops by itself. Default: its user starts it."""

    setup_script: Optional[SetupScript] = None
    """A script that runs when it is made. Default: none."""

    _user = field_rule(guid, "assigned_user")

    @property
    def label(self) -> str:
        """The first words of a notice."""
        return f"compute {self.name}: "

    def at_rest(self) -> Self:
        """The same instance, stopped by each update."""
        return self.model_copy(update={"stopped": True})

    @property
    def costs_at_rest(self) -> list[str]:
        """Its disk, and the hours after a start by its schedule."""
        disk = f"the disk of instance '{self.name}', until it is deleted"
        if self.schedule is None or self.schedule.start is None:
            return [disk]
        starts = f"its schedule, which Azure cannot change, starts it at {self.schedule.start}"
        return [f"{disk}; and {starts}, until the next `pulumi up` or `mlplatform expire`"]
