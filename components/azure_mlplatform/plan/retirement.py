"""What stands in the way of the end of an environment, and in which order it ends: read from its plan.

Nothing here asks Azure: what others added by hand, and what releases made, is not in a plan.
"""

import datetime
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Optional

from ..catalogue.soft_delete import AI_SERVICE_DAYS, LOG_ANALYTICS_DAYS, WORKSPACE_DAYS
from ..foundation.values import name_of, resource_group_of, same_id, subscription_of
from ..resource_types import resource_type
from .resource import UNKNOWN, Plan, PlannedResource
from .rights import groups_of

_NATIVE = "azure-native:"
_GROUP = f"{_NATIVE}resources:ResourceGroup"


class Kind(StrEnum):
    """The kinds of obstacle, in the order in which they are met."""

    PROTECTION = "protection"
    """`pulumi destroy` refuses it until `retire` is set and deployed."""

    LOCK = "lock"
    """Azure refuses the deletion until the lock is gone."""

    EVENT_SUBSCRIPTION = "event subscription"
    """A trigger listens to the storage of others."""

    ATTACHED_COMPUTE = "attached compute"
    """A compute that stands outside the workspace. It is detached, not deleted."""

    FEDERATED_CREDENTIAL = "federated credential"
    """A pipeline signs in as an identity that goes."""

    ROLE_OUTSIDE = "role outside"
    """A role on something of others."""

    DNS_LINK = "DNS link"
    """Names in private DNS."""

    PEERING = "peering"
    """The network is peered to a hub."""

    SOFT_DELETED_NAME = "soft-deleted name"
    """Azure holds the name for some days."""

    DATA = "data"
    """It holds what nobody can make again."""

    @property
    def heading(self) -> str:
        """The heading of all obstacles of the kind."""
        return _TITLES.get(self, f"{self.value}s")


_TITLES = {
    Kind.PROTECTION: "protected",
    Kind.LOCK: "locked",
    Kind.ROLE_OUTSIDE: "roles outside",
    Kind.DATA: "with data",
}

BY_HAND = frozenset({Kind.FEDERATED_CREDENTIAL, Kind.PEERING})
"""What somebody has to end outside of the stack."""


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Something that has to be thought of before an environment is destroyed."""

    kind: Kind
    name: str
    """The resource, by its name in Azure."""

    what: str
    """Why it stands in the way, and what ends it."""

    who: str
    """Who ends it: `retire`, `destroy`, or a person."""

    free_on: Optional[str] = None
    """The first day on which Azure gives the name again, if it holds it."""

    def as_json(self) -> dict[str, Any]:
        """The obstacle as the command prints it."""
        return {**asdict(self), "kind": self.kind.value}


def obstacles(plan: Plan, retired: Plan, destroyed: datetime.date) -> list[Obstacle]:
    """What stands in the way of destroying what a plan makes on a day. `retired` is the plan with `retire` set."""
    found = [
        *_protected(plan, retired),
        *_locked(plan),
        *_subscriptions(plan),
        *_attached(plan),
        *_credentials(plan),
        *_roles_outside(plan),
        *_names_in_dns(plan),
        *_peerings(plan),
        *_soft_deleted(plan, destroyed),
        *_data(plan),
    ]
    order = list(Kind)
    return sorted(dict.fromkeys(found), key=lambda each: (order.index(each.kind), each.name, each.what))


def _protected(plan: Plan, retired: Plan) -> Iterator[Obstacle]:
    still = {each.urn for each in retired.resources if each.protect}
    for each in plan.azure_resources:
        if each.protect:
            what = f"{_words(each)}: Pulumi refuses to delete it until the update with `retire`"
            if each.urn in still:
                what = f"{_words(each)}: protected also when it is retired; `pulumi state unprotect`"
            yield Obstacle(Kind.PROTECTION, each.azure_name, what, "retire")


def _locked(plan: Plan) -> Iterator[Obstacle]:
    for each in plan.of_type("ManagementLockByScope"):
        of = name_of(str(each.input("scope")))
        what = "locked: the update with `retire` takes the lock away, by somebody who may delete locks"
        yield Obstacle(Kind.LOCK, of, what, "retire")


def _subscriptions(plan: Plan) -> Iterator[Obstacle]:
    for each in plan.of_type("StartTrigger"):
        if each.input("definition.type") == "BlobEventsTrigger":
            account = name_of(str(each.input("definition.typeProperties.scope")))
            what = f"subscribes to the events of {account}; `destroy` ends that, with a right on {account}"
            yield Obstacle(Kind.EVENT_SUBSCRIPTION, str(each.input("trigger")), what, "destroy")


def _attached(plan: Plan) -> Iterator[Obstacle]:
    made = {each.id.lower() for each in plan.azure_resources if each.id != UNKNOWN}
    for each in plan.of_type("Compute"):
        behind = each.input("properties.resourceId")
        if behind is None:
            continue
        whose = "made here, and goes after it" if str(behind).lower() in made else "run by others, and stays"
        what = f"attaches {name_of(str(behind))}, which is {whose}; `destroy` detaches it first"
        yield Obstacle(Kind.ATTACHED_COMPUTE, each.azure_name, what, "destroy")
    for each in plan.of_type("ClusterClaim"):
        name = name_of(str(each.input("cluster_id")))
        what = "the claim on the cluster of others is given back by `destroy`, with a right on its tags"
        yield Obstacle(Kind.ATTACHED_COMPUTE, name, what, "destroy")


def _credentials(plan: Plan) -> Iterator[Obstacle]:
    for each in plan.of_type("FederatedIdentityCredential"):
        subject = str(each.input("subject"))
        what = (
            f"{subject} can no longer sign in; remove the GitHub environment or service connection, or its pipeline "
            "fails"
        )
        yield Obstacle(Kind.FEDERATED_CREDENTIAL, each.azure_name, what, "the pipeline's owner")


def _roles_outside(plan: Plan) -> Iterator[Obstacle]:
    own = groups_of(plan)
    scopes = {str(each.input("scope")) for each in plan.of_type("RoleAssignment")}
    for scope in sorted(scopes - {UNKNOWN}):
        if "/resourcegroups/" in scope.lower() and not any(_within(scope, group) for group in own):
            what = "`destroy` takes its roles away, with the right to delete role assignments there"
            yield Obstacle(Kind.ROLE_OUTSIDE, name_of(scope), what, "destroy")


def _names_in_dns(plan: Plan) -> Iterator[Obstacle]:
    own = {each.id.lower() for each in plan.of_type("PrivateZone")}
    zones: set[str] = set()
    for each in plan.of_type("PrivateDnsZoneGroup"):
        for config in each.input("privateDnsZoneConfigs") or []:
            zones.add(str(config.get("privateDnsZoneId")))
    for zone in sorted(zones - {UNKNOWN}):
        if zone.lower() not in own:
            what = "the zone is of others, who keep it; `destroy` takes the records away, with a right on the zone"
            yield Obstacle(Kind.DNS_LINK, name_of(zone), what, "destroy")
    for each in plan.of_type("VirtualNetworkLink"):
        zone = str(each.input("privateZoneName"))
        what = "links the own network; `destroy` takes it before the zone. A link that others added keeps the zone"
        yield Obstacle(Kind.DNS_LINK, zone, what, "destroy")


def _peerings(plan: Plan) -> Iterator[Obstacle]:
    networks = {each.azure_name: each.id for each in plan.of_type("VirtualNetwork")}
    made = [
        (str(each.input("virtualNetworkName")), str(each.input("remoteVirtualNetwork.id")))
        for each in plan.of_type("VirtualNetworkPeering")
    ]
    for mine, remote in made:
        back = any(
            there == name_of(remote) and same_id(other, networks.get(mine, "")) for there, other in made if there
        )
        if mine in networks and not back:
            hub, where = name_of(remote), f"{subscription_of(remote)}/{resource_group_of(remote)}"
            what = (
                f"the hub's own side of it stays, disconnected: the owner of {hub} ({where}) deletes its peering to "
                f"{mine}. Until then the hub refuses another network with these addresses"
            )
            yield Obstacle(Kind.PEERING, hub, what, "the hub's owner")


def _soft_deleted(plan: Plan, destroyed: datetime.date) -> Iterator[Obstacle]:
    for each in plan.azure_resources:
        days, purge = _held(each)
        if days:
            free = (destroyed + datetime.timedelta(days)).isoformat()
            what = f"{_words(each)}: Azure holds the name for {days} days; {purge}"
            yield Obstacle(Kind.SOFT_DELETED_NAME, each.azure_name, what, "nobody", free)


def _held(resource: PlannedResource) -> tuple[int, str]:
    """The days for which Azure holds the name of a deleted resource, and how it comes free earlier. 0: not at all."""
    match resource.type.removeprefix(_NATIVE):
        case "keyvault:Vault":
            protected = resource.input("properties.enablePurgeProtection")
            days = resource.input("properties.softDeleteRetentionInDays")
            # Azure's default is 90 days (key-vault-ovw-soft-delete).
            return int(days or 90), "purge protection lets nobody free it earlier" if protected else "it can be purged"
        case "machinelearningservices:Workspace":
            return WORKSPACE_DAYS, "deleting it permanently frees it earlier"
        case "operationalinsights:Workspace":
            return LOG_ANALYTICS_DAYS, "deleting it by force frees it earlier"
        case "cognitiveservices:Account":
            return AI_SERVICE_DAYS, "purging it frees it earlier"
        case _:
            return 0, ""


def _data(plan: Plan) -> Iterator[Obstacle]:
    for each in plan.azure_resources:
        holds = resource_type(each.type).holds
        if holds and each.type != _GROUP:
            yield Obstacle(
                Kind.DATA, each.azure_name, f"{_words(each)}: holds {holds}; copy what is needed", "its owner"
            )


def _words(resource: PlannedResource) -> str:
    return resource_type(resource.type).words_for(resource)


def _within(scope: str, group: str) -> bool:
    return f"{scope.lower()}/".startswith(f"{group.lower()}/")


def by_kind(found: Iterable[Obstacle]) -> dict[Kind, list[Obstacle]]:
    """The obstacles of each kind, in the order of the kinds."""
    kinds: dict[Kind, list[Obstacle]] = {each: [] for each in Kind}
    for each in found:
        kinds[each.kind].append(each)
    return {kind: obstacles for kind, obstacles in kinds.items() if obstacles}
