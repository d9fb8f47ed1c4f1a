"""The tags of every resource of an environment, of its landing, and of what all environments share."""

from typing import Optional, Protocol

from ..foundation.project import ProjectSettings


class Tagged(Protocol):
    """The settings of a stack, as its tags need them."""

    @property
    def project(self) -> ProjectSettings:
        """Whose it is."""
        ...

    @property
    def environment(self) -> str:
        """The kind of environment."""
        ...

    @property
    def expires_on(self) -> Optional[str]:
        """The day from which it counts as expired."""
        ...

    @property
    def tags(self) -> dict[str, str]:
        """Its own tags."""
        ...


def environment_tags(settings: Tagged) -> dict[str, str]:
    """The tags of project, environment and library; in this order, each overrides the ones before it."""
    project = settings.project
    own = {
        "project": project.name,
        "data-product": project.data_product,
        "environment": str(settings.environment),
        "owner-team": project.owner_team,
        "owner-email": project.owner_email,
        "cost-center": project.cost_center,
        "cost-code": project.cost_code,
        "expires-on": settings.expires_on,
        "managed-by": "azure-mlplatform",
    }
    return {
        **project.tags,
        **settings.tags,
        **{tag: value for tag, value in own.items() if value is not None},
    }
