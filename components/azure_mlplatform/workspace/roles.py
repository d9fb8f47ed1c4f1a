"""The roles that a workspace's identities need on its associated resources, a row for each resource.

From "Set up authentication between Azure Machine Learning and other services" (Microsoft Learn).
"""

from typing import NamedTuple

from ..foundation.built_in_roles import Role

KEY_VAULT, STORAGE, REGISTRY, INSIGHTS = "key-vault", "storage", "registry", "insights"


class NeededRoles(NamedTuple):
    """The roles on one associated resource."""

    workspace: tuple[Role, ...] = (Role.CONTRIBUTOR,)
    """The roles of the workspace's identity."""

    computes: tuple[Role, ...] = ()
    """The roles of the computes' identity, which jobs run with."""

    approves_connections: bool = True
    """Whether a managed network reaches the resource by a private endpoint, which the workspace's identity approves."""


NEEDED_ROLES: dict[str, NeededRoles] = {
    KEY_VAULT: NeededRoles((Role.CONTRIBUTOR, Role.KEY_VAULT_ADMINISTRATOR)),
    STORAGE: NeededRoles(
        workspace=(
            Role.CONTRIBUTOR,
            Role.STORAGE_BLOB_DATA_CONTRIBUTOR,
            Role.STORAGE_FILE_DATA_PRIVILEGED_CONTRIBUTOR,
        ),
        computes=(
            Role.STORAGE_BLOB_DATA_CONTRIBUTOR,
            # Parallel run steps keep their state there.
            Role.STORAGE_QUEUE_DATA_CONTRIBUTOR,
            Role.STORAGE_TABLE_DATA_CONTRIBUTOR,
        ),
    ),
    REGISTRY: NeededRoles(computes=(Role.ACR_PULL,)),
    INSIGHTS: NeededRoles(approves_connections=False),
}
