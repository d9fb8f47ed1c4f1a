"""The one table of what sandbox, dev, test and prod differ in."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Environment(StrEnum):
    """What an environment is for."""

    SANDBOX = "sandbox"
    """Ad-hoc discovery, bounded by a budget and an expiry date, never promoted."""

    DEV = "dev"
    """Where a team develops, with its own access to data and tools."""

    TEST = "test"
    """Where a release is proved; pipelines only, like prod."""

    PROD = "prod"
    """Where it runs; no individual has access."""


@dataclass(frozen=True, slots=True)
class Profile:
    """What the settings of one kind of environment need, may, and default to."""

    needs_cost_code: bool
    """Whether the project has to name a cost code."""

    needs_budget: bool
    """Whether a budget has to be set."""

    longest_life_days: int | None
    """For how many days ahead `expires_on` may be set, and must be; None where it needs none."""

    needs_network: bool
    """Whether the environment has to be in a network. Without one, services have public addresses and
    are guarded by Entra sign-in alone."""

    may_be_public: bool
    """Whether `network.public_access` may be set."""

    may_let_all_out: bool
    """Whether a managed network may let its computes out to all of the internet."""

    may_grant: frozenset[str]
    """The fields of `access` that may name groups."""

    may_have_instances: bool
    """Whether a workspace may have compute instances, each of which belongs to a person."""

    protect: bool
    """Whether what holds data or a team's work is protected from `pulumi destroy`, and locked where a
    lock does no harm."""

    highly_available: bool
    """Whether what serves models runs several times: AKS with an SLA and three nodes of each service pool, three
    routers, a replica that stays."""

    may_serve_insecurely: bool
    """Whether models may be called without encryption inside the network, for a reason."""

    zone_redundant: bool
    """Whether what can be spread over availability zones is."""

    vault_retention_days: int
    """For how long a deleted vault and its secrets can be brought back, in days (7 to 90)."""

    log_retention_days: int
    """How long an own Log Analytics workspace keeps data, in days."""


_EVERYONE = frozenset({"readers", "data_scientists"})
_READERS = frozenset({"readers"})
_TABLE: dict[str, tuple[Any, Any, Any, Any]] = {
    # Field: sandbox, dev, test, prod
    "needs_cost_code": (False, True, True, True),
    "needs_budget": (True, False, False, False),
    "longest_life_days": (90, None, None, None),
    "needs_network": (False, True, True, True),
    "may_be_public": (True, True, False, False),
    "may_let_all_out": (True, True, False, False),
    "may_grant": (_EVERYONE, _EVERYONE, _READERS, _READERS),
    "may_have_instances": (True, True, False, False),
    "protect": (False, False, False, True),
    "highly_available": (False, False, False, True),
    "may_serve_insecurely": (True, True, False, False),
    "zone_redundant": (False, False, False, True),
    "vault_retention_days": (7, 7, 7, 90),
    "log_retention_days": (30, 30, 90, 365),
}

PROFILES: dict[Environment, Profile] = {
    environment: Profile(**{field: values[column] for field, values in _TABLE.items()})
    for column, environment in enumerate(Environment)
}


def environments_where(field: str) -> str:
    """The kinds of environment whose profile has `field`, as a message lists them."""
    return ", ".join(each.value for each, profile in PROFILES.items() if getattr(profile, field))
