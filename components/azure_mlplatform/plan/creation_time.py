"""How long it takes to make an environment, from times that somebody measured and published.

The times stand in the tables of the emulated Azure, each with its source: they are of one run or a few, so the sum is a
size, not a promise. The longest chain of what waits for each other decides, because Azure makes the rest beside it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Optional

from ..emulation.ids import arm_type
from ..emulation.makespan import makespan, registered
from ..emulation.tables.durations import DURATIONS, DYNAMIC
from ..resource_types import resource_type
from .resource import UNKNOWN, Plan, PlannedResource

_DYNAMIC = "pulumi-python:dynamic/"


@dataclass(frozen=True, slots=True)
class CreationTime:
    """How long the first `pulumi up` of a stack takes."""

    seconds: int
    """The longest chain of creations."""

    documented: int
    """The resources whose time has a source. Of the others it is assumed."""

    resources: int
    """All resources that take time."""

    slowest: tuple[str, ...]
    """The kinds of resource that take most of it, in the order in which they are made."""

    @property
    def minutes(self) -> int:
        """Rounded up: at least 1."""
        return max(1, -(-self.seconds // 60))

    def as_json(self) -> dict[str, Any]:
        """The time as `mlplatform preview --json` prints it."""
        return {
            "seconds": self.seconds,
            "documented": self.documented,
            "resources": self.resources,
            "slowest": list(self.slowest),
        }

    def __str__(self) -> str:
        return f"about {self.minutes} minutes (documented for {self.documented} of {self.resources} resources)"


def creation_time(plan: Plan) -> Optional[CreationTime]:
    """The time to make all that a plan has. None if the plan leaves Azure's values unknown."""
    if any(each.id == UNKNOWN for each in plan.azure_resources):
        return None
    resources = [_of_state(each) for each in plan.resources]
    there = {each["urn"] for each in resources}
    edges = {urn: first & there for urn, first in registered(resources).items()}
    schedule = makespan(resources, edges)
    made = {each.urn: each for each in plan.azure_resources}
    took = {urn: schedule.ends[urn] - before for urn, before in _before(schedule.chain, schedule.ends) if urn in made}
    longest = sorted(took, key=lambda urn: -took[urn])[:3]
    return CreationTime(
        seconds=schedule.seconds,
        documented=sum(_is_documented(each) for each in made.values()),
        resources=len(made),
        slowest=tuple(resource_type(made[urn].type).words_for(made[urn]) for urn in took if urn in longest),
    )


def _before(chain: list[str], ends: Mapping[str, int]) -> Iterator[tuple[str, int]]:
    """Each of a chain, and the second in which the one before it ends."""
    last = 0
    for urn in chain:
        yield urn, last
        last = ends[urn]


def _of_state(resource: PlannedResource) -> dict[str, Any]:
    """A planned resource as a state has it."""
    return {
        "urn": resource.urn,
        "type": resource.type,
        "id": resource.id,
        "inputs": resource.inputs,
        "outputs": resource.outputs,
        "dependencies": resource.dependencies,
        "propertyDependencies": resource.property_dependencies,
        "provider": resource.provider,
        "parent": resource.parent,
    }


def _is_documented(resource: PlannedResource) -> bool:
    dynamic = resource.type.startswith(_DYNAMIC)
    row = DYNAMIC.get(resource.kind) if dynamic else DURATIONS.get(arm_type(resource.id))
    return row is not None and not row.assumed
