"""Who runs a container, and may pull its image; and who may call it."""

from typing import Any, NamedTuple

import pulumi
import pulumi_azure_native as native

from ._component import In, PlacedArgs
from .authorization import assign_role, user_assigned_identity
from .foundation.roles import PrincipalType, Role
from .settings.endpoints import EntraSignIn


class ImagePuller(NamedTuple):
    """An identity, and the role that lets it pull."""

    identity: "native.managedidentity.UserAssignedIdentity"
    role: pulumi.Resource
    """What comes before the container, which would not start without it."""


def image_puller(
    name: str, part: str, registry_id: In[str], *, args: PlacedArgs, parent: pulumi.Resource
) -> ImagePuller:
    """An identity for a container, which may pull images of a registry; `part` tells it apart from others."""
    identity = user_assigned_identity(f"{name}-identity", part, args=args, parent=parent)
    role = assign_role(
        f"{name}-images",
        Role.ACR_PULL,
        principal_id=identity.principal_id,
        principal_type=PrincipalType.SERVICE_PRINCIPAL,
        scope=registry_id,
        args=args,
        parent=parent,
    )
    return ImagePuller(identity, role)


def checked_by_entra(sign_in: EntraSignIn, tenant_id: str, **required: Any) -> dict[str, Any]:
    """The built-in authentication of App Service and Container Apps, as both take it: a token of Entra ID that is meant
    for the model and is of one of its callers, or 401."""
    return {
        "platform": {"enabled": True},
        "global_validation": {"unauthenticated_client_action": "Return401", **required},
        "identity_providers": {
            "azure_active_directory": {
                "enabled": True,
                "registration": {
                    "client_id": sign_in.client_id,
                    "open_id_issuer": f"https://login.microsoftonline.com/{tenant_id}/v2.0",
                },
                "validation": {
                    "allowed_audiences": sign_in.allowed_audiences,
                    "default_authorization_policy": {"allowed_principals": {"identities": sign_in.callers}},
                },
            }
        },
        "http_settings": {"require_https": True},
        "login": {"token_store": {"enabled": False}},
    }
