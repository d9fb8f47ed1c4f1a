"""The settings that give an environment and its parts their identity, kept in the state, so that a change is refused.

And the guard that lets nothing of an environment go before it is retired.
"""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import pulumi

from ..catalogue.changes import way_out
from ..foundation.problems import Problem, dotted
from ..foundation.profiles import PROFILES
from ..foundation.project import ProjectSettings
from ..foundation.violations import Path
from ..inference.aks.settings.aks import AKSSettings
from ..inference.settings.target import InferenceTarget
from ..parts.component import child
from .checks.inference import egress_of_own_cluster
from .settings.environment import EnvironmentSettings

_SPREAD = "spread over zones"
_IN_NO_ZONES = "in no zones"


class Kept(NamedTuple):
    """A value that stays as it was when its part was first deployed."""

    path: Path
    """The setting that it comes from."""

    value: str
    """An empty value fixes nothing."""

    when: str = ""
    """The case in catalogue/changes.py."""

    unwritten: str = ""
    """The value that is not written into the state, because every environment had it before there was a choice."""

    @property
    def way(self) -> str:
        """The way out of a change."""
        return way_out(re.sub(r"\[\d+\]", "[]", dotted(self.path)), self.when)


def identity_violations(settings: EnvironmentSettings) -> "list[pulumi.Output[list[Problem]]]":
    """A problem for each setting that gives the environment or one of its parts its identity, and differs from the
    first deployment of it.

    A stash of the engine keeps the first values. Before the first deployment there is nothing to compare. The stash of
    a part goes with the part, so what is taken out may come back as another.
    """
    return [kept_violations(name, kept) for name, kept in _kept(settings)]


def kept_violations(name: str, kept: dict[str, Kept]) -> "pulumi.Output[list[Problem]]":
    """A problem for each value that differs from the first deployment. A stash with this name keeps the first ones."""

    def compare(first: dict[str, str]) -> list[Problem]:
        made = {key: first.get(key) or each.unwritten for key, each in kept.items()}
        return [
            Problem(each.path, f"immutable: deployed as '{made[key]}', cannot become '{each.value}'", each.way)
            for key, each in kept.items()
            if made[key] and each.value and made[key].lower() != each.value.lower()
        ]

    written = {key: each.value for key, each in kept.items() if not each.value or each.value != each.unwritten}
    return pulumi.Stash(name, input=written).output.apply(compare)


def _kept(settings: EnvironmentSettings) -> Iterator[tuple[str, dict[str, Kept]]]:
    """The name of each stash and what it keeps, by key."""
    yield "environment", _of_environment(settings)
    if settings.workspace is not None:
        key = settings.customer_managed_key
        at = ("customer_managed_key", "key_vault_id")
        yield (
            "workspace",
            {"key_vault_id": Kept(at, key.key_vault_id if key else "Microsoft's keys", "with a workspace")},
        )
    yield from _of_inference(settings)
    yield from _of_batch(settings)
    for number, each in enumerate(settings.workload_identity.federated_credentials):
        at = ("workload_identity", "federated_credentials", number)
        kept = {field: Kept((*at, field), getattr(each, field)) for field in ("issuer", "subject")}
        yield f"trust-{each.name}", kept


def kept_place(
    project: ProjectSettings, environment: str, location: str, subscription_id: str, tenant_id: str
) -> dict[str, Kept]:
    """Whose a stack is and where: what no stack of this library can change."""
    return {
        "project": Kept(("project", "name"), project.name),
        "data_product": Kept(("project", "data_product"), project.data_product),
        "environment": Kept(("environment",), str(environment)),
        "location": Kept(("location",), location),
        "subscription_id": Kept(("subscription_id",), subscription_id),
        "tenant_id": Kept(("tenant_id",), tenant_id),
    }


def _of_environment(settings: EnvironmentSettings) -> dict[str, Kept]:
    network = settings.network
    return {
        **kept_place(
            settings.project,
            settings.environment,
            settings.location,
            settings.subscription_id,
            settings.tenant_id,
        ),
        "resource_group_id": Kept(("resource_group_id",), settings.resource_group_id or "a group of its own"),
        "suffix": Kept(("suffix",), settings.suffix or "a random one"),
        "network": Kept(
            ("network", "subnet_ids", "endpoints"),
            "" if network is None else "adopted subnets" if network.adopted else "a network of its own",
            "from an own network to adopted subnets, or back",
        ),
        # Its nodes would lose their way out. Without an own cluster, the egress may change.
        "cluster_egress": Kept(
            ("network", "egress", "kind"),
            egress_of_own_cluster(network, settings.inference) or "",
            "with an own cluster",
        ),
        "shared_range": Kept(
            ("network", "address_space", 0),
            (network and network.shared_range) or "",
            "the first range, if a subnet is a share of it",
        ),
        "zones": Kept(
            ("no_zones_reason",),
            _IN_NO_ZONES if _gives_up_zones(settings) else _SPREAD,
            "where an environment is spread over zones",
            unwritten=_SPREAD,
        ),
    }


def _gives_up_zones(settings: EnvironmentSettings) -> bool:
    """Whether an environment that should be spread over zones is in none."""
    return PROFILES[settings.environment].zone_redundant and not settings.zones.profile.zone_redundant


def _of_inference(settings: EnvironmentSettings) -> Iterator[tuple[str, dict[str, Kept]]]:
    """The one target, the target of each model among several, and what endpoints on a cluster stand on."""
    inference = settings.inference
    if inference is None:
        return
    yield "inference", {"target": Kept(("inference", "target"), inference.target or "")}
    for number, endpoint in enumerate(inference.endpoints):
        target, kept = inference.target_of(endpoint), {}
        if target is InferenceTarget.AKS or inference.target is None:
            at = ("inference", "endpoints", number, "target")
            # Before there were several targets, endpoints on a cluster alone had a stash.
            kept["target"] = Kept(at, target or "", unwritten=InferenceTarget.AKS)
        if target is InferenceTarget.AKS and inference.aks is not None:
            kept |= _of_cluster(settings, inference.aks)
        if kept:
            yield f"endpoint-{endpoint.name}", kept
    # With one target, none can move to another. A release puts the image of an app where the app is.
    for target, apps in inference.apps.items() if inference.target is None else ():
        for number, app in enumerate(apps):
            at = ("inference", target.value, "apps", number, "name")
            yield f"app-{app.name}", {"target": Kept(at, target.value, "the name of an app of another target")}


def _of_cluster(settings: EnvironmentSettings, aks: AKSSettings) -> dict[str, Kept]:
    """Returns the cluster settings on which deployments of endpoints depend."""
    values = {
        "cluster_id": aks.cluster_id or "a cluster of its own",
        "compute_name": aks.compute_name,
        "namespace": aks.namespace_for(settings.project.name, settings.environment.value),
    }
    return {key: Kept(("inference", "aks", key), value, "with endpoints") for key, value in values.items()}


def _of_batch(settings: EnvironmentSettings) -> Iterator[tuple[str, dict[str, Kept]]]:
    """The factory of the history of runs, and the endpoint of each job."""
    batch = settings.batch
    if batch is None:
        return
    factory = batch.data_factory_id or ("a factory of its own" if batch.makes_factory else "")
    yield (
        "batch",
        {
            "orchestrator": Kept(("batch", "orchestrator"), batch.orchestrator.value),
            "data_factory_id": Kept(("batch", "data_factory_id"), factory),
        },
    )
    for number, each in enumerate(batch.jobs):
        yield f"batch-{each.name}", {"mode": Kept(("batch", "jobs", number, "mode"), each.mode.value)}


def guard(parent: pulumi.Resource, name: str, *, protect: bool, after: Iterable[pulumi.Resource]) -> None:
    """Makes a resource that is deleted before all others. While it is protected, `pulumi destroy` ends before anything
    is gone. It does not hinder an update that removes or replaces single resources."""
    pulumi.Stash(
        name,
        input="Add azure-mlplatform:retire to the settings, run `pulumi up`, then `pulumi destroy`.",
        opts=child(parent, protect=protect, depends_on=list(after)),
    )
