"""The roles that a workspace's identities need on its associated resources, a row for each resource.

Since 2024-11-19 Azure itself gives the system-assigned identity of a workspace *Azure AI Administrator* in place of
Contributor: it has "the minimum permissions needed for the managed identity to perform its tasks"
(MicrosoftDocs/azure-ai-docs: machine-learning/how-to-assign-roles, 2024-09-03). The page on user-assigned identities
(how-to-identity-based-service-authentication, 2025-06-10) still lists Contributor on each resource; that the narrower
role is enough for them, too, is assumed. Both read 2026-11-28.
"""

from typing import NamedTuple

from ..foundation.access_model import On, Who, roles_of
from ..foundation.built_in_roles import Role

KEY_VAULT, STORAGE, REGISTRY, INSIGHTS = "key-vault", "storage", "registry", "insights"


class NeededRoles(NamedTuple):
    """The roles on one associated resource."""

    workspace: tuple[Role, ...] = (Role.AI_ADMINISTRATOR,)
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
