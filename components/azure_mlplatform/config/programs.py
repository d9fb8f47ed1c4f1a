"""The programs whose settings stand in files: what each takes, in which kinds of stack, and the least that it needs."""

import datetime
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any

import yaml

from ..environment.settings.platform import PlatformSettings
from ..foundation.model import NAMESPACE
from ..foundation.profiles import PROFILES, Environment, Tier
from ..landing.settings import LandingSettings
from ..parts.settings.part import PartSettings
from ..parts.settings.trust import TrustSettings
from ..shared.settings import SharedSettings
from .files import PROJECT_FILE
from .new_landing import landing_files
from .new_project import LIFE_DAYS, Layout, NewEnvironment, NewProject, files

REGION = "westeurope"
"""A region with availability zones, in which examples are tried."""

_PREFIX = f"{NAMESPACE}:"
_DAY = datetime.date(2026, 11, 28)
"""No day of expiry is judged against today here."""


@dataclass(frozen=True)
class Program:
    """A program of stacks."""

    model: type[PartSettings]
    """Its settings. Those of `stacks/platform` have all of `stacks/project`."""

    kinds: type[StrEnum]
    """The kinds of its stacks, as `environment` names them."""

    least: Callable[[str], dict[str, Any]]
    """Kind of stack → the settings of a new one."""

    tried: Callable[[str], dict[str, Any]]
    """Kind of stack → settings beside which each example works."""


def _values(made: dict[str, str], file: str) -> dict[str, Any]:
    """The settings in two files of a new project."""
    project, own = (yaml.safe_load(made[each])["config"] for each in (PROJECT_FILE, file))
    return {
        "project": project[f"{_PREFIX}project"]["value"],
        **{key.removeprefix(_PREFIX): value for key, value in own.items()},
    }


def _new(kind: Environment, *, in_network: bool) -> NewProject:
    address_space = "10.128.0.0/22" if in_network or PROFILES[kind].needs_network else None
    ends = (_DAY + datetime.timedelta(LIFE_DAYS)).isoformat() if PROFILES[kind].longest_life_days else None
    new = NewEnvironment(environment=kind, location=REGION, address_space=address_space, expires_on=ends)
    return NewProject(name="churn", environments=[new])


@cache
def _environment(kind: str, *, in_network: bool = False) -> dict[str, Any]:
    """The settings of a new project's environment. `in_network`: even a sandbox has a network."""
    new = _new(Environment(kind), in_network=in_network)
    return _values(files(new, Layout(), requirement="", today=_DAY), f"Pulumi.{kind}.yaml")


def _in_network(kind: str) -> dict[str, Any]:
    return _environment(kind, in_network=True)


@cache
def _landing(kind: str) -> dict[str, Any]:
    environment = Environment(kind)
    trust = TrustSettings.model_validate({"github_repository": "example/churn"})
    trusts = {environment: (trust, trust)} if PROFILES[environment].has_ci_identities else {}
    return _values(landing_files(_new(environment, in_network=False), trusts, Layout()), f"Pulumi.{kind}.yaml")


@cache
def _shared(kind: str) -> dict[str, Any]:
    fields = SharedSettings.model_fields.items()
    examples = {field: info.examples[0] for field, info in fields if info.is_required() and info.examples}
    return {"project": _environment(Environment.PROD)["project"], **examples, "environment": kind}


PROGRAMS = (
    Program(PlatformSettings, Environment, _environment, _in_network),
    Program(LandingSettings, Environment, _landing, _landing),
    Program(SharedSettings, Tier, _shared, _shared),
)
"""All of them, that of environments first."""
