"""The roles that a workspace's identities need on its associated resources, a row for each resource.

From "Set up authentication between Azure Machine Learning and other services" (Microsoft Learn).
"""

from typing import NamedTuple

from ..foundation.access_model import On, Who, roles_of
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


def _needed(on: On) -> NeededRoles:
    workspace = roles_of(Who.WORKSPACE, on)
    return NeededRoles(
        workspace=tuple(each for each in workspace if each is not Role.NETWORK_CONNECTION_APPROVER),
        computes=roles_of(Who.COMPUTES, on),
        approves_connections=Role.NETWORK_CONNECTION_APPROVER in workspace,
    )


NEEDED_ROLES: dict[str, NeededRoles] = {
    KEY_VAULT: _needed(On.KEY_VAULT),
    STORAGE: _needed(On.STORAGE),
    REGISTRY: _needed(On.REGISTRY),
    INSIGHTS: _needed(On.INSIGHTS),
}
