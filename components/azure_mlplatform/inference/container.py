"""What containers that serve models share: who runs one and may pull its image, and who may call it."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import pulumi
import pulumi_azure_native as native

from ..foundation.roles import Role
from ..foundation.rules import field_rule
from ..foundation.values import arm_id
from ..parts.arguments import In
from ..parts.authorization import assign_role, user_assigned_identity
from ..parts.component import Component
from ..parts.placement import NetworkedArgs
from .settings.container import EntraSignIn


class ContainerHostArgs(NetworkedArgs):
    """The arguments of what runs containers that serve models."""

    registry_id: In[str]
    """The registry, by id, that images are pulled from."""

    _registry = field_rule(arm_id("Microsoft.ContainerRegistry/registries"), "registry_id")


class ContainerHost(Component):
    """What runs containers that serve models: a plan of App Service, or an environment of Container Apps."""

    name: pulumi.Output[str]
    """The name of the plan or environment."""

    resource_id: pulumi.Output[str]
    """Its id."""

    hosts: pulumi.Output[dict[str, str]]
    """App → the host name that callers use."""

    app_names: pulumi.Output[dict[str, str]]
    """App, by the name the settings give it → its name in Azure, which releases deploy to."""

    principal_ids: pulumi.Output[dict[str, str]]
    """App → the principal of its identity, for grants on what models read."""

    @property
    def exports(self) -> Mapping[str, "pulumi.Output[Any]"]:
        """What a stack shows of it."""
        return {"model_hosts": self.hosts, "model_apps": self.app_names}


class ImagePuller(NamedTuple):
    """An identity, and the role that lets it pull images."""

    identity: "native.managedidentity.UserAssignedIdentity"

    role: pulumi.Resource
    """What has to be there before the container, which would not start without it."""


def image_puller(parent: Component, app: str, registry_id: In[str]) -> ImagePuller:
    """An identity for the container of an app, which may pull images of a registry."""
    identity = user_assigned_identity(parent, f"{app}-identity", app)
    role = assign_role(parent, f"{app}-images", Role.ACR_PULL, principal_id=identity.principal_id, scope=registry_id)
    return ImagePuller(identity, role)


def entra_authentication(sign_in: EntraSignIn, tenant_id: str, **required: Any) -> dict[str, Any]:
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
