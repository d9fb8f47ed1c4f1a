"""Who holds which range: requests/addresses.lock.yaml, which only the program writes."""

import datetime
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from ipaddress import IPv4Network
from pathlib import Path as FilePath
from typing import Optional

from pydantic import Field, ValidationError

from ..config.files import read
from ..foundation.model import Settings, check
from ..foundation.naming import SHORT_NAME
from ..foundation.problems import Problem, ProblemsError, located, problems_of
from ..foundation.profiles import Environment
from ..foundation.rules import field_rule
from ..foundation.values import date, private_range
from ..foundation.violations import Violation
from .address_pool import overlaps

LOCK_FILE = "addresses.lock.yaml"

_PLACE = f"requests/{LOCK_FILE}"

_MOST_VALUES = 1_000_000
"""The largest number of values in the file: some 70,000 environments."""

_ABOUT = """\
# Who holds which range of addresses. `mlplatform request render` writes it; do not edit it by hand.
# A range never moves. It stays after a retirement until the last soft delete of the environment has run out.
# Two branches may each add one; where they took the same, `mlplatform request check` says so.
"""


class HeldRange(Settings):
    """A range and who holds it."""

    range: str
    """The range."""

    project: str = Field(pattern=f"^{SHORT_NAME}$")
    """The project."""

    environment: Environment
    """The environment."""

    region: str
    """The Azure region, whose pool it comes from."""

    held_until: Optional[str] = None
    """After the retirement: the first day on which the range is free. Before: none."""

    seal: str
    """Eight digits of all other values, which show an edit by hand."""

    _range = field_rule(private_range, "range")
    _date = field_rule(date, "held_until")

    @property
    def network(self) -> IPv4Network:
        """The range."""
        return IPv4Network(self.range)

    @property
    def holder(self) -> str:
        """Who holds it, in words."""
        return f"{self.project} {self.environment}"

    @property
    def right_seal(self) -> str:
        """The seal of its values."""
        text = " ".join((self.range, self.project, self.environment, self.region, self.held_until or ""))
        return hashlib.sha256(text.encode()).hexdigest()[:8]

    def is_free_on(self, day: datetime.date) -> bool:
        """Whether nobody needs it any more."""
        return self.held_until is not None and self.held_until <= day.isoformat()

    @check
    def _is_sealed(self) -> Iterator[Violation]:
        if self.seal != self.right_seal:
            yield Violation(
                ("seal",),
                self.seal,
                f"the entry of {self.holder} ({self.range}) was edited by hand",
                f"Take it back from git (`git checkout -- {_PLACE}`). Only `mlplatform request render` writes it",
            )


def held(network: IPv4Network, project: str, environment: Environment, region: str) -> HeldRange:
    """A range in use, with its seal."""
    return _sealed(str(network), project, environment, region, None)


def _sealed(text: str, project: str, environment: Environment, region: str, until: Optional[str]) -> HeldRange:
    values = {"range": text, "project": project, "environment": environment, "region": region, "held_until": until}
    open_ = HeldRange.model_construct(seal="", **values)
    return HeldRange(seal=open_.right_seal, **values)


class _LockDocument(Settings):
    """The file."""

    version: int = Field(ge=1, le=1)
    """The version of its form: 1."""

    addresses: list[HeldRange]
    """The ranges."""


Holder = tuple[str, Environment]
"""A project and one of its environments."""


@dataclass(frozen=True)
class AddressLock:
    """The ranges that are held."""

    ranges: tuple[HeldRange, ...] = ()
    lines: tuple[int, ...] = ()
    """The line of each range in the file."""

    @property
    def by_holder(self) -> dict[Holder, HeldRange]:
        """Holder → its range: the one in use, if an earlier environment of the name still holds another one."""
        found: dict[Holder, HeldRange] = {}
        for each in sorted(self.ranges, key=lambda one: one.held_until is None):
            found[each.project, each.environment] = each
        return found

    def problems(self) -> Iterator[Problem]:
        """Ranges that overlap, and environments that hold two."""
        places = {each.range + each.holder: line for each, line in zip(self.ranges, self.lines, strict=False)}
        named = [(each.network, each.holder) for each in self.ranges]
        for (first, one), (second, other) in overlaps(named):
            what = (
                f"{one} and {other} hold the same range {first}"
                if first == second
                else f"{second} of {other} overlaps {first} of {one}"
            )
            fix = (
                "Two branches took it. In the one that is merged last, take the file of the other branch "
                f"(`git checkout <its branch> -- {_PLACE}`) and run `mlplatform request render` again"
            )
            line = places.get(str(second) + other)
            yield Problem((), what, fix, f"{_PLACE}:{line}" if line else _PLACE)
        seen: dict[Holder, HeldRange] = {}
        for each in self.ranges:
            if (
                each.held_until is None
                and (first_range := seen.setdefault((each.project, each.environment), each)) is not each
            ):
                what = f"{each.holder} holds {first_range.range} and {each.range}"
                fix = "Keep the one that projects/ has (Pulumi.<stack>.yaml, network), and remove the other"
                line = places.get(each.range + each.holder)
                yield Problem((), what, fix, f"{_PLACE}:{line}" if line else _PLACE)

    def with_range(self, network: IPv4Network, project: str, environment: Environment, region: str) -> "AddressLock":
        """The lock with one more range in use."""
        return AddressLock((*self.ranges, held(network, project, environment, region)))

    def released(self, holder: Holder, until: datetime.date) -> "AddressLock":
        """The lock in which the range of an environment that was destroyed is held until a day."""
        return AddressLock(
            tuple(
                _sealed(each.range, each.project, each.environment, each.region, until.isoformat())
                if (each.project, each.environment) == holder and each.held_until is None
                else each
                for each in self.ranges
            )
        )

    def without_free(self, day: datetime.date) -> "AddressLock":
        """The lock without the ranges that nobody needs any more."""
        return AddressLock(tuple(each for each in self.ranges if not each.is_free_on(day)))

    def text(self) -> str:
        """The file, a line for each range, sorted by holder so that branches add in different places."""
        order = list(Environment)
        lines = [
            f"  - {{range: {each.range}, project: {each.project}, environment: {each.environment}, "
            f"region: {each.region}, "
            + (f'held_until: "{each.held_until}", ' if each.held_until else "")
            + f'seal: "{each.seal}"}}\n'
            for each in sorted(
                self.ranges,
                key=lambda one: (one.project, order.index(one.environment), one.held_until or "", one.range),
            )
        ]
        return f"{_ABOUT}version: 1\naddresses:{'' if lines else ' []'}\n{''.join(lines)}"

    @classmethod
    def read(cls, path: FilePath) -> "AddressLock":
        """The ranges in a file; none if there is no file. Raises ProblemsError with all that is wrong in it."""
        if not path.exists():
            return cls()
        try:
            file = read(path, _MOST_VALUES)
        except ProblemsError as error:
            raise ProblemsError([_with_advice(each) for each in error.problems]) from None
        places = {at: f"{_PLACE}:{line}" for at, line in file.lines.items()}
        try:
            found = _LockDocument.model_validate(file.data)
        except ValidationError as error:
            problems = problems_of(error, _LockDocument, data=file.data)
            raise ProblemsError(located(problems, places, _PLACE)) from None
        lines = tuple(file.lines.get(("addresses", index), 1) for index in range(len(found.addresses)))
        return cls(tuple(found.addresses), lines)


def _with_advice(problem: Problem) -> Problem:
    fix = f"{problem.fix}. Or take the file back from git: only `mlplatform request render` writes it"
    return replace(problem, file=f"requests/{problem.file}", fix=fix)
