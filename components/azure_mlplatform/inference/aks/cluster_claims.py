"""Checks which workspace has a cluster: within a program, and across repositories by a tag on the cluster."""

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
    """A workspace's claim on a cluster."""

    component: str
    """The component's name in the program."""

    workspace_id: str
    attach: Attach

    namespace: str
    """The workspace's namespace in the cluster."""

    def __str__(self) -> str:
        return f"{self.attach} to {name_of(self.workspace_id)} by {self.component}"


_CLAIMS: "WeakKeyDictionary[Any, dict[str, list[Claim]]]" = WeakKeyDictionary()
"""Stack → cluster id in lower case → the claims on the cluster in the program."""


def claim(cluster_id: str, mine: Claim) -> None:
    """Records a claim. Raises RefusedError if another workspace has a claim and one of the two is exclusive, or if
    another claim has the same namespace."""
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
                        f"{name_of(cluster_id)} has the namespace '{mine.namespace}' twice: attached {other}, "
                        f"and attached {mine}",
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
    """A problem for each reason why the cluster cannot be adopted. The `found_` values are its properties in Azure."""
    name = name_of(cluster_id)
    claimed = (found_tags or {}).get(CLUSTER_CLAIM, "")
    if claimed == Attach.SHARED and mine.attach is Attach.EXCLUSIVE:
        yield Problem(
            _AT,
            f"{name} is shared by several workspaces, but {mine.workspace_id} would attach it exclusively",
            "Set attach: shared, or name a cluster that is not shared",
        )
    elif claimed not in ("", Attach.SHARED) and not same_id(claimed, mine.workspace_id):
        yield Problem(
            _AT,
            f"{name} belongs to {claimed} alone, and {mine.workspace_id} would attach it too: that breaks the "
            "first workspace's scoring",
            f"Name another cluster. If the first workspace is deleted, remove the tag {CLUSTER_CLAIM} from the cluster",
        )
    elif claimed == "" and mine.attach is Attach.SHARED:
        yield Problem(
            _AT,
            f"{name} has no tag that marks it as shared, so another repository could still attach it exclusively",
            f"Ask its operator to set the tag {CLUSTER_CLAIM}: {Attach.SHARED} on it, and to install Azure ML's "
            "extension",
        )
    region = (found_location or location).replace(" ", "").lower()
    if region != location:
        yield Problem(
            _AT,
            f"{name} is in {region}, but the workspace is in {location}: a private endpoint needs both in one region",
            f"Name a cluster in {location}",
        )
    if not (found_entra or {}).get("enable_azure_rbac"):
        yield Problem(
            _AT,
            f"{name} does not use Azure RBAC, so Azure cannot make a namespace in it",
            "Switch it on: `az aks update --enable-aad --enable-azure-rbac`",
        )
