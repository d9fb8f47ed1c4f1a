"""The shared base of the App Service and Container Apps components: identities, image pulls, and callers' sign-in."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import pulumi
import pulumi_azure_native as native

from ..foundation.built_in_roles import Role
from ..foundation.rules import field_rule
from ..foundation.values import arm_id
from ..parts.arguments import In
from ..parts.authorization import assign_role, user_assigned_identity
from ..parts.component import Component
from ..parts.placement import NetworkedArgs
from .settings.container import EntraSignIn


class ContainerHostArgs(NetworkedArgs):
    """The arguments of a ContainerHost."""

    registry_id: In[str]
    """The registry of the images, by id."""

    _registry = field_rule(arm_id("Microsoft.ContainerRegistry/registries"), "registry_id")


class ContainerHost(Component):
    """A host of containers that serve models: an App Service plan, or a Container Apps environment."""

    name: pulumi.Output[str]
    """The name of the plan or environment."""

    resource_id: pulumi.Output[str]
    """The id of the plan or environment."""

    hosts: pulumi.Output[dict[str, str]]
    """App → the host name that callers use."""

    app_names: pulumi.Output[dict[str, str]]
    """App name in the settings → app name in Azure, which releases deploy to."""

    principal_ids: pulumi.Output[dict[str, str]]
    """App → the principal id of its identity. Grant it access to the data that models read."""

    @property
    def exports(self) -> Mapping[str, "pulumi.Output[Any]"]:
        """The outputs that a stack exports."""
        return {"model_hosts": self.hosts, "model_apps": self.app_names}


class ImagePuller(NamedTuple):
    """An identity, and the role assignment that lets it pull images."""

    identity: "native.managedidentity.UserAssignedIdentity"

    role: pulumi.Resource
    """The role assignment. The container depends on it: it cannot start without the role."""


def image_puller(parent: Component, app: str, registry_id: In[str]) -> ImagePuller:
    """Makes an identity for the container of an app, and lets it pull images from a registry."""
    identity = user_assigned_identity(parent, f"{app}-identity", app)
    role = assign_role(parent, f"{app}-images", Role.ACR_PULL, principal_id=identity.principal_id, scope=registry_id)
    return ImagePuller(identity, role)


def entra_authentication(sign_in: EntraSignIn, tenant_id: str, **required: Any) -> dict[str, Any]:
    """The built-in authentication, in the form that App Service and Container Apps share. A request needs an Entra ID
    token with an allowed audience and from an allowed caller. All others get the answer 401."""
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
