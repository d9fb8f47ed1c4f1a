"""The one table of what sandbox, dev, test and prod differ in."""

from dataclasses import dataclass
from enum import StrEnum


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

PROFILES: dict[Environment, Profile] = {
    Environment.SANDBOX: Profile(
        needs_cost_code=False,
        needs_budget=True,
        longest_life_days=90,
        needs_network=False,
        may_be_public=True,
        may_let_all_out=True,
        may_grant=_EVERYONE,
        may_have_instances=True,
        protect=False,
        highly_available=False,
        may_serve_insecurely=True,
        zone_redundant=False,
        vault_retention_days=7,
        log_retention_days=30,
    ),
    Environment.DEV: Profile(
        needs_cost_code=True,
        needs_budget=False,
        longest_life_days=None,
        needs_network=True,
        may_be_public=True,
        may_let_all_out=True,
        may_grant=_EVERYONE,
        may_have_instances=True,
        protect=False,
        highly_available=False,
        may_serve_insecurely=True,
        zone_redundant=False,
        vault_retention_days=7,
        log_retention_days=30,
    ),
    Environment.TEST: Profile(
        needs_cost_code=True,
        needs_budget=False,
        longest_life_days=None,
        needs_network=True,
        may_be_public=False,
        may_let_all_out=False,
        may_grant=_READERS,
        may_have_instances=False,
        protect=False,
        highly_available=False,
        may_serve_insecurely=False,
        zone_redundant=False,
        vault_retention_days=7,
        log_retention_days=90,
    ),
    Environment.PROD: Profile(
        needs_cost_code=True,
        needs_budget=False,
        longest_life_days=None,
        needs_network=True,
        may_be_public=False,
        may_let_all_out=False,
        may_grant=_READERS,
        may_have_instances=False,
        protect=True,
        highly_available=True,
        may_serve_insecurely=False,
        zone_redundant=True,
        vault_retention_days=90,
        log_retention_days=365,
    ),
}


def environments_where(field: str) -> str:
    """The kinds of environment whose profile has `field`, as a message lists them."""
    return ", ".join(each.value for each, profile in PROFILES.items() if getattr(profile, field))
