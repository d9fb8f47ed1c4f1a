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
from ..foundation.violations import Path
from ..inference.aks.settings.aks import AKSSettings
from ..inference.settings.target import InferenceTarget
from ..parts.component import child
from .checks.inference import egress_of_own_cluster
from .settings.environment import EnvironmentSettings

_SPREAD = "spread over zones"
_IN_NO_ZONES = "in no zones"


class _Kept(NamedTuple):
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
    return [_violations(name, kept) for name, kept in _kept(settings)]


def _violations(name: str, kept: dict[str, _Kept]) -> "pulumi.Output[list[Problem]]":
    def compare(first: dict[str, str]) -> list[Problem]:
        made = {key: first.get(key) or each.unwritten for key, each in kept.items()}
        return [
            Problem(each.path, f"immutable: deployed as '{made[key]}', cannot become '{each.value}'", each.way)
            for key, each in kept.items()
            if made[key] and each.value and made[key].lower() != each.value.lower()
        ]

    written = {key: each.value for key, each in kept.items() if not each.value or each.value != each.unwritten}
    return pulumi.Stash(name, input=written).output.apply(compare)


def _kept(settings: EnvironmentSettings) -> Iterator[tuple[str, dict[str, _Kept]]]:
    """The name of each stash and what it keeps, by key."""
    yield "environment", _of_environment(settings)
    if settings.workspace is not None:
        key = settings.customer_managed_key
        at = ("customer_managed_key", "key_vault_id")
        yield (
            "workspace",
            {"key_vault_id": _Kept(at, key.key_vault_id if key else "Microsoft's keys", "with a workspace")},
        )
    yield from _of_inference(settings)
    yield from _of_batch(settings)
    for number, each in enumerate(settings.workload_identity.federated_credentials):
        at = ("workload_identity", "federated_credentials", number)
        kept = {field: _Kept((*at, field), getattr(each, field)) for field in ("issuer", "subject")}
        yield f"trust-{each.name}", kept


def _of_environment(settings: EnvironmentSettings) -> dict[str, _Kept]:
    network = settings.network
    return {
        "project": _Kept(("project", "name"), settings.project.name),
        "data_product": _Kept(("project", "data_product"), settings.project.data_product),
        "environment": _Kept(("environment",), settings.environment.value),
        "location": _Kept(("location",), settings.location),
        "subscription_id": _Kept(("subscription_id",), settings.subscription_id),
        "tenant_id": _Kept(("tenant_id",), settings.tenant_id),
        "resource_group_id": _Kept(("resource_group_id",), settings.resource_group_id or "a group of its own"),
        "suffix": _Kept(("suffix",), settings.suffix or "a random one"),
        "network": _Kept(
            ("network", "subnet_ids", "endpoints"),
            "" if network is None else "adopted subnets" if network.adopted else "a network of its own",
            "from an own network to adopted subnets, or back",
        ),
        # Its nodes would lose their way out. Without an own cluster, the egress may change.
        "cluster_egress": _Kept(
            ("network", "egress", "kind"),
            egress_of_own_cluster(network, settings.inference) or "",
            "with an own cluster",
        ),
        "shared_range": _Kept(
            ("network", "address_space", 0),
            (network and network.shared_range) or "",
            "the first range, if a subnet is a share of it",
        ),
        "zones": _Kept(
            ("no_zones_reason",),
            _IN_NO_ZONES if _gives_up_zones(settings) else _SPREAD,
            "where an environment is spread over zones",
            unwritten=_SPREAD,
        ),
    }


def _gives_up_zones(settings: EnvironmentSettings) -> bool:
    """Whether an environment that should be spread over zones is in none."""
    return PROFILES[settings.environment].zone_redundant and not settings.zones.profile.zone_redundant


def _of_inference(settings: EnvironmentSettings) -> Iterator[tuple[str, dict[str, _Kept]]]:
    """The one target, the target of each model among several, and what endpoints on a cluster stand on."""
    inference = settings.inference
    if inference is None:
        return
    yield "inference", {"target": _Kept(("inference", "target"), inference.target or "")}
    for number, endpoint in enumerate(inference.endpoints):
        target, kept = inference.target_of(endpoint), {}
        if target is InferenceTarget.AKS or inference.target is None:
            at = ("inference", "endpoints", number, "target")
            # Before there were several targets, endpoints on a cluster alone had a stash.
            kept["target"] = _Kept(at, target or "", unwritten=InferenceTarget.AKS)
        if target is InferenceTarget.AKS and inference.aks is not None:
            kept |= _of_cluster(settings, inference.aks)
        if kept:
            yield f"endpoint-{endpoint.name}", kept
    # With one target, none can move to another. A release puts the image of an app where the app is.
    for target, apps in inference.apps.items() if inference.target is None else ():
        for number, app in enumerate(apps):
            at = ("inference", target.value, "apps", number, "name")
            yield f"app-{app.name}", {"target": _Kept(at, target.value, "the name of an app of another target")}


def _of_cluster(settings: EnvironmentSettings, aks: AKSSettings) -> dict[str, _Kept]:
    """Returns the cluster settings on which deployments of endpoints depend."""
    values = {
        "cluster_id": aks.cluster_id or "a cluster of its own",
        "compute_name": aks.compute_name,
        "namespace": aks.namespace_for(settings.project.name, settings.environment.value),
    }
    return {key: _Kept(("inference", "aks", key), value, "with endpoints") for key, value in values.items()}


def _of_batch(settings: EnvironmentSettings) -> Iterator[tuple[str, dict[str, _Kept]]]:
    """The factory of the history of runs, and the endpoint of each job."""
    batch = settings.batch
    if batch is None:
        return
    factory = batch.data_factory_id or ("a factory of its own" if batch.makes_factory else "")
    yield (
        "batch",
        {
            "orchestrator": _Kept(("batch", "orchestrator"), batch.orchestrator.value),
            "data_factory_id": _Kept(("batch", "data_factory_id"), factory),
        },
    )
    for number, each in enumerate(batch.jobs):
        yield f"batch-{each.name}", {"mode": _Kept(("batch", "jobs", number, "mode"), each.mode.value)}


def guard(parent: pulumi.Resource, name: str, *, protect: bool, after: Iterable[pulumi.Resource]) -> None:
    """Makes a resource that is deleted before all others. While it is protected, `pulumi destroy` ends before anything
    is gone. It does not hinder an update that removes or replaces single resources."""
    pulumi.Stash(
        name,
        input="Add azure-mlplatform:retire to the settings, run `pulumi up`, then `pulumi destroy`.",
        opts=child(parent, protect=protect, depends_on=list(after)),
    )
