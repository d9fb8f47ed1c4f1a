"""What the emulated Azure has: resources, names held by soft delete, a clock, and faults to come. Kept in a file."""

import datetime
import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Optional

if TYPE_CHECKING:
    from .authorization import Principal

FORMAT = 1
"""The version of the file. A world of another version is refused."""


OPERATIONS = ("create", "update", "read", "delete")
"""The operations on a resource that can fail."""

ACTIONS = ("start", "stop", "subscribeToEvents", "unsubscribeFromEvents", "getEventSubscriptionStatus")
"""The actions that can fail. They run for a while after Azure has accepted them."""

ANY = "any"
"""Any operation and action."""

EFFECT = "effect"
"""The effect of a role assignment. A fault on it lets the assignment count as not there while it is checked."""

OUTSIDE = "outside"
"""The type of a resource that others run."""


class WorldError(Exception):
    """A world cannot be used; the message says why and what to do."""


@dataclass
class Held:
    """A resource that the emulated Azure has."""

    id: str
    type: str
    """Its type in azure-native, such as `azure-native:network:VirtualNetwork`."""

    body: dict[str, Any]
    """What can be written, in the words of azure-native's inputs."""

    read_only: dict[str, Any] = field(default_factory=dict)
    """What the service adds."""

    state: dict[str, Any] = field(default_factory=dict)
    """The service's own notes, which are no properties."""


@dataclass
class SoftDeleted:
    """A deleted resource whose name is held until a day."""

    resource: Held
    until: str
    """The day on which the name is free, as YYYY-MM-DD."""


@dataclass
class Fault:
    """A failure to come."""

    target: str
    """A part of the id of the resource that it hits, without regard to case. Empty: any resource."""

    operation: str = "create"
    """One of OPERATIONS or ACTIONS, or ANY."""

    times: int = 1
    """The number of operations that it hits."""

    status: int = 500
    code: str = "InternalServerError"
    message: str = "An injected fault."
    half_way: bool = False
    """Whether the operation takes effect before it fails."""

    seconds: Optional[float] = 0
    """The time that the operation takes longer. None: the documented time of the resource's type."""

    headers: dict[str, str] = field(default_factory=dict)
    """Headers of the answer, such as `Retry-After`."""

    body: Any = None
    """The body of the answer instead of ARM's error: JSON, or a text, such as a proxy's page."""

    late: bool = False
    """Whether Azure accepts the action, and fails while it carries it out."""

    lost: bool = False
    """Whether Azure accepts the action, and never carries it out."""

    def __str__(self) -> str:
        how = "will be lost" if self.lost else "will be slow" if not self.status else "will fail"
        answer = "" if self.lost or not self.status else f" with {self.status} {self.code}"
        when = " half-way" if self.half_way else " later" if self.late else ""
        return f"{self.operation} of '{self.target or 'anything'}' {how} {self.times} times{answer}{when}"


class World:
    """The state of the emulated Azure. It does not check what is put into it; `azure.py` does."""

    def __init__(self) -> None:
        self.resources: dict[str, Held] = {}
        """Id in lower case → the resource."""

        self.deleted: dict[str, SoftDeleted] = {}
        """Id in lower case → the soft-deleted resource."""

        self.made: dict[str, int] = {}
        """Id in lower case → how often it was made. A resource that is made again gets new principals."""

        self.faults: list[Fault] = []
        self.ahead_days = 0
        """The days that its clock is ahead of the real one."""

        self.log: list[tuple[str, str]] = []
        """Operation and id of each change since the start of the process."""

        self.refused: list[str] = []
        """The keys of the rows that refused something since the start of the process."""

        self.strict = False
        """Whether every second write clashes where Azure refuses one now and then. Not saved."""

        self.principal: Optional[Principal] = None
        """Who calls, with all rights that count. None: everybody may do anything. Not saved."""

    @classmethod
    def on(cls, day: datetime.date) -> "World":
        """A new world whose clock shows a day."""
        world = cls()
        world.ahead_days = (day - world.today).days
        return world

    @property
    def today(self) -> datetime.date:
        """The day on its clock."""
        return datetime.datetime.now(datetime.UTC).date() + datetime.timedelta(days=self.ahead_days)

    def move_clock(self, day: datetime.date) -> None:
        """Moves the clock to a later day, and frees the names that were held until then."""
        if day < self.today:
            raise WorldError(f"the clock shows {self.today}, and {day} is earlier: a clock goes forward only")
        self.ahead_days += (day - self.today).days
        self.free_names()

    def free_names(self) -> None:
        """Forgets the soft-deleted resources whose day has come."""
        self.deleted = {key: each for key, each in self.deleted.items() if each.until > self.today.isoformat()}

    def get(self, id_: str) -> Optional[Held]:
        """The resource with an id, or None."""
        return self.resources.get(id_.lower())

    def outside(self, id_: str) -> Held:
        """A resource that others run, kept for what this world writes to it, such as a tag."""
        return self.resources.setdefault(id_.lower(), Held(id_, OUTSIDE, {}))

    def below(self, id_: str) -> list[Held]:
        """The resources below an id: children, and resources that extend it."""
        start = f"{id_.lower()}/"
        return [each for key, each in self.resources.items() if key.startswith(start)]

    def of_type(self, type_: str) -> Iterator[Held]:
        """The resources of a type of azure-native."""
        return (each for each in list(self.resources.values()) if each.type == type_)

    def save(self, file: Path) -> None:
        """Writes the world to a file, whole or not at all."""
        beside = file.with_name(f"{file.name}.{os.getpid()}")
        beside.write_text(json.dumps(self.as_json(), indent=1, sort_keys=True), encoding="utf-8")
        beside.replace(file)

    def as_json(self) -> dict[str, Any]:
        """The world as it stands in its file."""
        return {
            "version": FORMAT,
            "ahead_days": self.ahead_days,
            "resources": [asdict(each) for each in self.resources.values()],
            "deleted": [asdict(each) for each in self.deleted.values()],
            "made": self.made,
            "faults": [asdict(each) for each in self.faults],
        }

    @classmethod
    def load(cls, file: Path) -> "World":
        """The world in a file, or a new one if there is no file."""
        world = cls()
        if not file.exists():
            return world
        try:
            data = json.loads(file.read_text(encoding="utf-8"))
            version = data["version"]
        except (OSError, ValueError, KeyError, TypeError):
            text = f"{file}: is not a world of the emulated Azure. Remove it, or run `mlplatform local reset`"
            raise WorldError(text) from None
        if version != FORMAT:
            raise WorldError(
                f"{file}: is a world of version {version}, and this library reads version {FORMAT}. Use the library "
                "that made it, or run `mlplatform local reset`"
            )
        for each in data["resources"]:
            world.resources[each["id"].lower()] = Held(**each)
        for each in data["deleted"]:
            world.deleted[each["resource"]["id"].lower()] = SoftDeleted(Held(**each["resource"]), each["until"])
        world.made, world.ahead_days = dict(data["made"]), data["ahead_days"]
        world.faults = [Fault(**each) for each in data["faults"]]
        world.free_names()
        return world
