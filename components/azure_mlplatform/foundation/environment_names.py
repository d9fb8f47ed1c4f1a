"""Names and ids of an environment's groups and of the identities that deploy and release: known before all of them."""

from enum import StrEnum

from .naming import Kind, azure_name
from .profiles import Environment
from .project import ProjectSettings


class CIUse(StrEnum):
    """What pipelines use an identity for. One environment has one identity for each, never one for both."""

    DEPLOY = "deploy"
    """It runs `pulumi`."""

    RELEASE = "release"
    """It submits jobs, registers and deploys models."""


def group_name(project: ProjectSettings, environment: Environment) -> str:
    """The name of the resource group that an environment makes."""
    return azure_name(Kind.RESOURCE_GROUP, f"{project.data_product}-{project.name}", environment)


def ci_group_name(project: ProjectSettings, environment: Environment) -> str:
    """The name of the group of the identities. It is not the environment's: the identity that deploys rules that one,
    and must have no right on identities that pipelines may act as, its own included."""
    return f"{group_name(project, environment)}-ci"


def ci_identity_name(project: str, environment: Environment, use: CIUse) -> str:
    """The name of the identity that deploys an environment or releases models in it."""
    return azure_name(Kind.USER_ASSIGNED_IDENTITY, project, environment, use)


def ci_identity_id(subscription_id: str, project: ProjectSettings, environment: Environment, use: CIUse) -> str:
    """The id of the identity that deploys an environment or releases models in it."""
    return (
        f"/subscriptions/{subscription_id}/resourceGroups/{ci_group_name(project, environment)}"
        f"/providers/Microsoft.ManagedIdentity/userAssignedIdentities/"
        f"{ci_identity_name(project.name, environment, use)}"
    )
