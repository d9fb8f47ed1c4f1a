"""The settings that give an environment its identity, kept in the state, so that a change of them is refused.

And the guard that lets nothing of an environment go before it is retired.
"""

from collections.abc import Iterable

import pulumi

from ..foundation.problems import Problem
from ..foundation.profiles import PROFILES
from ..foundation.violations import Path
from ..parts.component import child
from .checks.inference import egress_of_own_cluster
from .settings.environment import EnvironmentSettings

_SETTINGS: dict[str, Path] = {
    "project": ("project", "name"),
    "data_product": ("project", "data_product"),
    "environment": ("environment",),
    "location": ("location",),
    "subscription_id": ("subscription_id",),
    "tenant_id": ("tenant_id",),
    "resource_group_id": ("resource_group_id",),
    "cluster_egress": ("network", "egress", "kind"),
    "shared_range": ("network", "address_space", 0),
    "zones": ("no_zones_reason",),
}
"""Key of a kept value → the setting that it comes from."""

_UNWRITTEN = {"zones": "spread over zones"}
"""Key → the value that is not kept, because every environment had it before there was a choice."""

_FIX = "An environment cannot move. Set it back, or make a new stack, move the work there, and retire this one"
_FIX_OF = {
    "shared_range": "Subnets are shares of it, and Azure moves none that is in use. Set it back, add a second range, "
    "and put the subnet that needs more into it, such as subnets.training",
    "zones": "Azure changes the zones of no address, storage account or registry. Set it back, or make a new stack, "
    "move the work there, and retire this one",
}
"""Key → the way out if it is another one."""


def identity_violations(settings: EnvironmentSettings) -> "pulumi.Output[list[Problem]]":
    """A problem for each setting that gives the environment its identity and differs from the first deployment.

    A stash of the engine keeps the first values. Before the first deployment there is nothing to compare.
    """
    wanted = {
        "project": settings.project.name,
        "data_product": settings.project.data_product,
        "environment": settings.environment.value,
        "location": settings.location,
        "subscription_id": settings.subscription_id,
        "tenant_id": settings.tenant_id,
        "resource_group_id": settings.resource_group_id or "a group of its own",
        # Its nodes would lose their way out. Without an own cluster, the egress may change.
        "cluster_egress": egress_of_own_cluster(settings.network, settings.inference) or "",
        "shared_range": (settings.network and settings.network.shared_range) or "",
    }
    if PROFILES[settings.environment].zone_redundant and not settings.zones.profile.zone_redundant:
        wanted["zones"] = "in no zones"

    def compare(first: dict[str, str]) -> list[Problem]:
        problems: list[Problem] = []
        for key, path in _SETTINGS.items():
            made, now = (each.get(key) or _UNWRITTEN.get(key, "") for each in (first, wanted))
            # An empty value fixes nothing.
            if made and now and made.lower() != now.lower():
                what = f"immutable: deployed as '{made}', cannot become '{now}'"
                problems.append(Problem(path, what, _FIX_OF.get(key, _FIX)))
        return problems

    return pulumi.Stash("environment", input=wanted).output.apply(compare)


def guard(parent: pulumi.Resource, name: str, *, protect: bool, after: Iterable[pulumi.Resource]) -> None:
    """Makes a resource that is deleted before all others. While it is protected, `pulumi destroy` ends before anything
    is gone. It does not hinder an update that removes or replaces single resources."""
    pulumi.Stash(
        name,
        input="Add azure-mlplatform:retire to the settings, run `pulumi up`, then `pulumi destroy`.",
        opts=child(parent, protect=protect, depends_on=list(after)),
    )
