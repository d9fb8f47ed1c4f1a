"""Whose a cluster is: within a program, and across repositories by a tag on the cluster."""

from collections.abc import Iterator
from typing import Any, NamedTuple, Optional
from weakref import WeakKeyDictionary

import pulumi

from ...foundation.cluster_sharing import CLUSTER_CLAIM, Attach, second_attach
from ...foundation.problems import Problem
from ...foundation.values import name_of, same_id
from ...parts.arguments import RefusedError

_AT = ("inference", "aks", "cluster_id")


class Claim(NamedTuple):
    """A workspace that attaches a cluster."""

    component: str
    """The component's name in the program."""

    workspace_id: str
    attach: Attach

    namespace: str
    """Its namespace in the cluster."""

    def __str__(self) -> str:
        return f"{self.attach} to {name_of(self.workspace_id)} by {self.component}"


_CLAIMS: "WeakKeyDictionary[Any, dict[str, list[Claim]]]" = WeakKeyDictionary()
"""Stack → cluster, by id in lower case → its claims in the program."""


def claim(cluster_id: str, mine: Claim) -> None:
    """Notes a claim. Raises RefusedError where another workspace has the cluster, and one of both wants it alone."""
    stack = pulumi.runtime.settings.get_root_resource()
    claims = _CLAIMS.setdefault(stack, {}) if stack is not None else {}
    taken = claims.setdefault(cluster_id.lower(), [])
    for other in taken:
        alone = Attach.EXCLUSIVE in (other.attach, mine.attach)
        if alone and not same_id(other.workspace_id, mine.workspace_id):
            raise RefusedError([second_attach(_AT, name_of(cluster_id), str(other), str(mine))])
        if other.namespace == mine.namespace:
            raise RefusedError(
                [
                    Problem(
                        ("inference", "aks", "namespace"),
                        f"{name_of(cluster_id)} has '{mine.namespace}' as the namespace of {other} already, and "
                        f"{mine} asks for it too",
                        "Give each workspace a namespace of its own",
                    )
                ]
            )
    taken.append(mine)


def adoption_problems(
    cluster_id: str,
    mine: Claim,
    location: str,
    *,
    found_tags: Optional[dict[str, str]],
    found_location: Optional[str],
    found_entra: Optional[dict[str, Any]],
) -> Iterator[Problem]:
    """What is wrong with adopting a cluster that was found to be so; None where it has none."""
    name = name_of(cluster_id)
    claimed = (found_tags or {}).get(CLUSTER_CLAIM, "")
    if claimed == Attach.SHARED and mine.attach is Attach.EXCLUSIVE:
        yield Problem(
            _AT,
            f"{name} is shared by several workspaces, and {mine.workspace_id} would attach it for itself alone",
            "Set attach: shared, or name a cluster that is not shared",
        )
    elif claimed not in ("", Attach.SHARED) and not same_id(claimed, mine.workspace_id):
        yield Problem(
            _AT,
            f"{name} belongs to {claimed} alone, and {mine.workspace_id} would attach it too: that breaks the first "
            "one's scoring",
            f"Name another cluster; if the first workspace is gone, take the tag {CLUSTER_CLAIM} off the cluster",
        )
    elif claimed == "" and mine.attach is Attach.SHARED:
        yield Problem(
            _AT,
            f"{name} does not say that it is shared, so another repository could still attach it for itself alone",
            f"Have whoever runs it set the tag {CLUSTER_CLAIM}: {Attach.SHARED} on it, and install Azure ML's "
            "extension",
        )
    region = (found_location or location).replace(" ", "").lower()
    if region != location:
        yield Problem(
            _AT,
            f"{name} is in {region}, and the workspace in {location}: with a private endpoint both are in one region",
            f"Name a cluster in {location}",
        )
    if not (found_entra or {}).get("enable_azure_rbac"):
        yield Problem(
            _AT,
            f"{name} has no Azure RBAC, without which Azure makes no namespace in it",
            "Switch it on: `az aks update --enable-aad --enable-azure-rbac`",
        )
