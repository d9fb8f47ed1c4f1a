"""Ids of Azure Resource Manager: types, parents and scopes."""

import re
from collections.abc import Iterator
from typing import Any, Optional

from ..resource_types import resource_type

_SHOWN = frozenset({"scope", "resourceUri"})
"""Path parameters that are properties too."""


def arm_type(id_: str) -> str:
    """The type of a resource in lower case, such as `microsoft.storage/storageaccounts/blobservices`."""
    parts = id_.strip("/").split("/")
    at = max((index for index, each in enumerate(parts) if each.lower() == "providers"), default=-1)
    if at < 0:
        return "microsoft.resources/resourcegroups" if len(parts) == 4 else "microsoft.resources/subscriptions"
    return "/".join([parts[at + 1], *parts[at + 2 :: 2]]).lower()


def extended(id_: str) -> str:
    """The id of the resource that an extension resource extends. Of any other resource: its own id."""
    head, _, _ = id_.rpartition("/providers/")
    return head if "/providers/" in head else id_


def parent_of(id_: str) -> Optional[str]:
    """The id of the resource that must exist first: the parent, the extended resource, or the group."""
    head, _, tail = id_.rpartition("/providers/")
    if not head:
        return None
    parts = tail.split("/")
    if len(parts) > 3:
        return f"{head}/providers/{'/'.join(parts[:-2])}"
    return head if "/resourcegroups/" in head.lower() else None


def ancestors(id_: str) -> Iterator[str]:
    """A resource and its parents of the same provider, the nearest first."""
    head, _, tail = id_.rpartition("/providers/")
    parts = tail.split("/")
    for end in range(len(parts), 2, -2):
        yield f"{head}/providers/{'/'.join(parts[:end])}"


def resource_group_of(id_: str) -> str:
    """The id of the resource group that an id lies in. Empty if it lies in none."""
    found = re.match(r"(/subscriptions/[^/]+/resourcegroups/[^/]+)", id_, re.IGNORECASE)
    return found[1] if found else ""


def lock_scope(lock_id: str) -> str:
    """The id of the resource that a lock holds."""
    return re.split(r"/providers/Microsoft\.Authorization/locks/", lock_id, flags=re.IGNORECASE)[0]


def path_parameters(type_: str) -> set[str]:
    """The inputs of a type that are part of its id. Another value is another resource."""
    return set(re.findall(r"{(\w+)}", resource_type(type_).id)) - {"subscription", "name_in_program"}


def parameters_of(type_: str, id_: str) -> dict[str, str]:
    """The path parameters of a resource, read from its id."""
    pattern = re.sub(
        r"\\{(\w+)\\}",
        lambda each: f"(?P<{each[1]}>{'.+' if each[1] in _SHOWN else '[^/]+'})",
        re.escape(resource_type(type_).id),
    )
    found = re.fullmatch(pattern, id_, re.IGNORECASE)
    names = path_parameters(type_)
    return {name: value for name, value in found.groupdict().items() if name in names} if found else {}


def without_path_parameters(type_: str, inputs: dict[str, Any]) -> dict[str, Any]:
    """The inputs that go into the body of a request."""
    names = path_parameters(type_) - _SHOWN
    return {key: value for key, value in inputs.items() if key not in names}
