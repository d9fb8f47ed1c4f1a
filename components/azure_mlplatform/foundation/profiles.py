"""The only table of differences between sandbox, dev, test and prod."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Environment(StrEnum):
    """The purpose of an environment."""

    SANDBOX = "sandbox"
    """For ad-hoc discovery. Limited by a budget and an expiry date, and never promoted."""

    DEV = "dev"
    """For development. The team has its own access to data and tools."""

    TEST = "test"
    """For testing a release. Only pipelines have access, as in prod."""

    PROD = "prod"
    """For production. No individual has access."""


@dataclass(frozen=True, slots=True)
class Profile:
    """Requirements, permissions and defaults of one kind of environment."""

    tier: str
    """`nonprod` or `prod`: the half of the platform that it belongs to. What environments share exists once for each,
    and no right reaches from one into the other."""

    needs_cost_code: bool
    """Whether the project needs a cost code."""

    needs_budget: bool
    """Whether a budget is required."""

    longest_life_days: int | None
    """The maximum time until `expires_on`, in days; `expires_on` is then required. None: no expiry date is needed."""

    needs_network: bool
    """Whether the environment needs a network. Without one, services have public addresses, and only Entra sign-in
    protects them."""

    may_be_public: bool
    """Whether `network.public_access` may be set."""

    may_let_all_out: bool
    """Whether a managed network may let its computes reach the whole internet."""

    may_grant: frozenset[str]
    """The fields of `access` that may name groups."""

    has_ci_identities: bool
    """Whether pipelines deploy it and release models in it, each by an identity of its own."""

    trains_in_pipelines: bool
    """Whether the identity that releases may also do what training needs, such as clear away what it made."""

    people_may_deploy: bool
    """Whether `pulumi up` goes on with a person's sign-in."""

    may_trust_any_job: bool
    """Whether identities may trust other tokens than those of the environment's own GitHub environment and of service
    connections of Azure DevOps."""

    may_have_instances: bool
    """Whether a workspace may have compute instances, each of which belongs to a person."""

    protect: bool
    """Whether resources with data or a team's work are protected from `pulumi destroy`, and locked where a lock does no
    harm."""

    highly_available: bool
    """Whether model serving is redundant: AKS with an SLA and three nodes in each service pool, three routers, and at
    least one running replica."""

    may_serve_insecurely: bool
    """Whether models may be called without encryption inside the network, if a reason is given."""

    zone_redundant: bool
    """Whether resources that support availability zones are spread over them."""

    vault_retention_days: int
    """The time in which a deleted vault and its secrets can be recovered, in days (7 to 90)."""

    log_retention_days: int
    """The retention of data in the environment's own Log Analytics workspace, in days."""


_EVERYONE = frozenset({"readers", "data_scientists", "admins"})
_READERS = frozenset({"readers"})
_TABLE: dict[str, tuple[Any, Any, Any, Any]] = {
    # Field: sandbox, dev, test, prod
    "tier": ("nonprod", "nonprod", "nonprod", "prod"),
    "needs_cost_code": (False, True, True, True),
    "needs_budget": (True, False, False, False),
    "longest_life_days": (90, None, None, None),
    "needs_network": (False, True, True, True),
    "may_be_public": (True, True, False, False),
    "may_let_all_out": (True, True, False, False),
    "may_grant": (_EVERYONE, _EVERYONE, _READERS, _READERS),
    "has_ci_identities": (False, True, True, True),
    "trains_in_pipelines": (False, True, False, False),
    "people_may_deploy": (True, True, True, False),
    "may_trust_any_job": (True, True, True, False),
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
    """The kinds of environment whose profile sets `field`, as a list for messages."""
    return ", ".join(each.value for each, profile in PROFILES.items() if getattr(profile, field))
